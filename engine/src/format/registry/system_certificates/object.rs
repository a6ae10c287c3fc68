//! The objects of a store, and whether what is kept beside them is true.

use std::fmt;
use std::sync::Arc;

use super::super::RegistryKey;
use super::super::security::SecurityDescriptor;
use super::Refusal;
use super::location::StoreId;
use crate::base::der::Reader;
use crate::base::digest::{HashAlgorithm, md5, sha1, sha256};
use crate::base::oid;
use crate::base::time::Time;
use crate::crypto::algorithm::{KeyFamily, signature_algorithm};
use crate::crypto::{AlgorithmIdentifier, PublicKey, SubjectPublicKeyInfo, signature_hash};
use crate::format::serialized_store::{read_element, read_key_identifier};
use crate::format::{Kind, RawProperty};
use crate::object::certificate::Certificate;
use crate::object::property;

/// What kind of object a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// A certificate.
    Certificate,
    /// A revocation list.
    Crl,
    /// A trust list.
    Ctl,
    /// The properties of a key, under its identifier; the object's octets are the identifier's.
    KeyIdentifier,
}

impl ObjectKind {
    /// The kind of what is in a store's subkey of this name.
    pub(super) fn of_folder(name: &str) -> Option<Self> {
        match name {
            _ if name.eq_ignore_ascii_case("Certificates") => Some(Self::Certificate),
            _ if name.eq_ignore_ascii_case("CRLs") => Some(Self::Crl),
            _ if name.eq_ignore_ascii_case("CTLs") => Some(Self::Ctl),
            _ if name.eq_ignore_ascii_case("Keys") => Some(Self::KeyIdentifier),
            _ => None,
        }
    }

    /// The kind of its octets. `None` for a key's identifier, which is no object of a file.
    #[must_use]
    pub const fn kind(self) -> Option<Kind> {
        match self {
            Self::Certificate => Some(Kind::Certificate),
            Self::Crl => Some(Kind::Crl),
            Self::Ctl => Some(Kind::CertificateTrustList),
            Self::KeyIdentifier => None,
        }
    }
}

/// An object of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreObject {
    /// Which store it is in.
    pub store: StoreId,
    /// What it is.
    pub kind: ObjectKind,
    /// Its key's name: the object's SHA-1, or a key's identifier, in hexadecimal digits.
    pub key_name: String,
    /// Its key.
    pub path: String,
    /// The object.
    pub octets: Arc<[u8]>,
    /// Its properties, in the order in which they are stored.
    pub properties: Vec<RawProperty>,
    /// When it was last written.
    pub last_written: Option<Time>,
    /// Who may do what with its key.
    pub security: Option<Arc<SecurityDescriptor>>,
    /// Where the value `Blob` begins in the file, in octets; of data in segments, the first one. In
    /// an export, where the value's line begins.
    pub offset: usize,
    /// Octets behind the object in `Blob`.
    pub trailing: usize,
    /// Properties that Windows computes and that are not what they should be: somebody wrote them
    /// (reference, stores-and-formats 9.5).
    pub differences: Vec<PropertyDifference>,
}

/// A property that is not what computing it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyDifference {
    /// CERT_*_PROP_ID
    pub id: u32,
    /// What is stored.
    pub stored: Vec<u8>,
    /// What it should be.
    pub computed: Vec<u8>,
}

/// Hashes that should be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch {
    /// The object's SHA-1.
    pub computed: [u8; 20],
    /// Whether the key's name is another.
    pub key_name: bool,
    /// Whether property 3 is another.
    pub property: bool,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sha1 = crate::base::digest::hex(&self.computed);
        match (self.key_name, self.property) {
            (true, true) => write!(f, "its SHA-1 is {sha1}, not its key's name nor property 3"),
            (true, false) => write!(f, "its SHA-1 is {sha1}, not its key's name"),
            (false, _) => write!(f, "its SHA-1 is {sha1}, not what property 3 says"),
        }
    }
}

impl StoreObject {
    pub(super) fn read(
        key: &RegistryKey,
        store: &StoreId,
        kind: ObjectKind,
    ) -> Result<Self, Refusal> {
        let blob = key.value("Blob").ok_or(Refusal::NoBlob)?;
        let (octets, properties, end): (&[u8], _, _) = match kind.kind() {
            Some(expected) => {
                let element = read_element(&blob.data).map_err(Refusal::Blob)?;
                if element.kind != expected {
                    return Err(Refusal::Kind);
                }
                (element.object, element.properties, element.end)
            }
            None => read_key_identifier(&blob.data).map_err(Refusal::Blob)?,
        };
        let mut object = Self {
            store: store.clone(),
            kind,
            key_name: key.path.last().cloned().unwrap_or_default(),
            path: key.path_text(),
            octets: octets.into(),
            properties,
            last_written: key.last_written,
            security: key.security.clone(),
            offset: blob.offset,
            trailing: blob.data.len() - end,
            differences: Vec::new(),
        };
        object.differences = object.compare();
        match object.mismatch() {
            Some(mismatch) => Err(Refusal::Thumbprint(Box::new(object), mismatch)),
            None => Ok(object),
        }
    }

    /// The stored property with this number.
    #[must_use]
    pub fn property(&self, id: u32) -> Option<&[u8]> {
        let found = self.properties.iter().find(|property| property.id == id);
        found.map(|property| property.value.as_slice())
    }

    /// The object's hash against its key's name and property 3 (documented for the name, MS-GPEF;
    /// observed for both). A key's identifier has no hash.
    fn mismatch(&self) -> Option<Mismatch> {
        if self.kind == ObjectKind::KeyIdentifier {
            return None;
        }
        let computed = sha1(&self.octets);
        let name = crate::base::digest::hex(&computed);
        let key_name = !self.key_name.eq_ignore_ascii_case(&name);
        let property = self.property(property::SHA1_HASH).is_some_and(|stored| stored != computed);
        (key_name || property).then_some(Mismatch { computed, key_name, property })
    }

    /// Computes what can be computed of the properties that are there.
    fn compare(&self) -> Vec<PropertyDifference> {
        let certificate = match self.kind {
            ObjectKind::Certificate => Certificate::from_der(&self.octets).ok(),
            _ => None,
        };
        let differs = |stored: &RawProperty| {
            let id = stored.id;
            let computed = match (id, &certificate) {
                // wincrypt.h has these for any object; seen on certificates
                (property::SHA1_HASH, _) => sha1(&self.octets).to_vec(),
                (property::MD5_HASH, _) => md5(&self.octets).to_vec(),
                (property::SHA256_HASH, _) => sha256(&self.octets).to_vec(),
                (_, Some(certificate)) => computed_property(certificate, id)?,
                _ => return None,
            };
            let stored = stored.value.clone();
            (stored != computed).then_some(PropertyDifference { id, stored, computed })
        };
        if self.kind == ObjectKind::KeyIdentifier {
            return Vec::new();
        }
        self.properties.iter().filter_map(differs).collect()
    }
}

/// What Windows computes for a certificate's property (reference, stores-and-formats 5: measured on
/// 46 real certificates; 29 on the trust list of roots). `None` if it is not one of these, or the
/// certificate's algorithms are not known.
fn computed_property(certificate: &Certificate, id: u32) -> Option<Vec<u8>> {
    let algorithm = || AlgorithmIdentifier::parse(certificate.signature_algorithm()).ok();
    Some(match id {
        property::SIGNATURE_HASH => signature_hash(certificate.tbs(), &algorithm()?)?,
        property::KEY_IDENTIFIER => certificate.key_identifier().to_vec(),
        property::SUBJECT_PUBLIC_KEY_MD5_HASH => certificate.public_key_md5().to_vec(),
        property::SUBJECT_NAME_MD5_HASH => certificate.subject_name_md5().to_vec(),
        property::SIGN_HASH_CNG_ALG => {
            let name = signature_name(&algorithm()?)?;
            name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
        }
        property::SUBJECT_PUB_KEY_BIT_LENGTH => {
            let spki = SubjectPublicKeyInfo::from_der(&mut Reader::new(certificate.spki())).ok()?;
            let bits = PublicKey::from_spki(&spki, None).ok()?.bit_length();
            if bits == 0 {
                return None;
            }
            bits.to_le_bytes().to_vec()
        }
        _ => return None,
    })
}

/// Such as `RSA/SHA256`, as measured; other algorithms' spelling is not known.
fn signature_name(algorithm: &AlgorithmIdentifier<'_>) -> Option<String> {
    let known = signature_algorithm(algorithm)?;
    let hash: HashAlgorithm = known.hash?;
    match known.key {
        KeyFamily::Rsa => Some(format!("RSA/{}", hash.name())),
        KeyFamily::Ecdsa if algorithm.oid != oid::ECDSA_SPECIFIED.as_octets() => {
            Some(format!("ECDSA/{}", hash.name()))
        }
        _ => None,
    }
}
