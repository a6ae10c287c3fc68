//! The MAC that vouches for a PKCS #12 file.

use hmac::{EagerHash, Hmac, KeyInit, Mac as _};

use super::cipher::{Derivation, iterations};
use super::error::{PfxError, PfxErrorKind};
use super::kdf::{self, Budget, Purpose, Salted};
use super::password::Password;
use crate::base::der::{Tlv, tag};
use crate::base::digest::HashAlgorithm;
use crate::base::oid::{self, Oid};

/// How the MAC of a file is made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mac {
    /// The HMAC's digest; `None` if it is not known here.
    pub hash: Option<HashAlgorithm>,
    /// How often the password is hashed.
    pub iterations: u32,
    /// Octets of the salt.
    pub salt_length: usize,
    /// Octets of the MAC.
    pub length: usize,
    /// Whether the key comes from PBKDF2 (PBMAC1) instead of PKCS #12's own derivation.
    pub is_pbmac1: bool,
}

/// ```asn1
/// MacData ::= SEQUENCE {
///     mac        SEQUENCE { digestAlgorithm AlgorithmIdentifier, digest OCTET STRING },
///     macSalt    OCTET STRING,
///     iterations INTEGER DEFAULT 1 }
/// ```
/// (RFC 7292 section 4; with PBMAC1 of RFC 9579 salt and iterations stand in the algorithm)
pub(super) struct MacData {
    method: Result<Method, PfxErrorKind>,
    digest: Vec<u8>,
    salted: Salted,
    pub(super) offset: usize,
}

enum Method {
    Own(HashAlgorithm),
    Pbmac1 { derivation: Derivation, hash: HashAlgorithm },
}

impl MacData {
    pub(super) fn read(value: &Tlv<'_>) -> Result<Self, PfxError> {
        let mut fields = value.expect(tag::SEQUENCE)?.reader();
        let mut info = fields.sequence()?;
        let algorithm = info.expect(tag::SEQUENCE)?;
        let digest = info.octet_string()?.into_owned();
        let salt = fields.octet_string()?.into_owned();
        let iterations = if fields.is_empty() { 1 } else { iterations(&mut fields)? };
        let method = match Method::read(&algorithm) {
            Ok(method) => Ok(method),
            Err(PfxError { kind: PfxErrorKind::Der(_), .. }) => {
                Err(PfxErrorKind::Parameters("the MAC's algorithm is malformed"))
            }
            Err(error) => Err(error.kind),
        };
        Ok(Self { method, digest, salted: Salted { salt, iterations }, offset: value.offset })
    }

    pub(super) fn describe(&self) -> Mac {
        let (hash, salted) = match &self.method {
            Ok(Method::Own(hash)) => (Some(*hash), &self.salted),
            Ok(Method::Pbmac1 { derivation, hash }) => (Some(*hash), &derivation.salted),
            Err(_) => (None, &self.salted),
        };
        Mac {
            hash,
            iterations: salted.iterations,
            salt_length: salted.salt.len(),
            length: self.digest.len(),
            is_pbmac1: matches!(self.method, Ok(Method::Pbmac1 { .. })),
        }
    }

    /// Whether this is the MAC of these octets under this password.
    ///
    /// # Errors
    /// The algorithm is not known, or too many iterations are asked for.
    pub(super) fn fits(
        &self,
        password: &Password,
        octets: &[u8],
        budget: &mut Budget,
    ) -> Result<bool, PfxErrorKind> {
        let method = self.method.as_ref().map_err(Clone::clone)?;
        let (hash, key) = match method {
            Method::Own(hash) => {
                let length = hash.output_length();
                let salted = &self.salted;
                (*hash, kdf::pkcs12(*hash, Purpose::Mac, password, salted, length, budget)?)
            }
            Method::Pbmac1 { derivation, hash } => {
                let Derivation { prf, salted, key_length } = derivation;
                // RFC 9579, section 5: a key length must be given
                let length = key_length.filter(|length| (1..=MAX_KEY_LENGTH).contains(length));
                let missing = PfxErrorKind::Parameters("PBMAC1 without a usable key length");
                let length = length.ok_or(missing)?;
                (*hash, kdf::pbkdf2(*prf, password, salted, length, budget)?)
            }
        };
        Ok(verify(hash, &key, octets, &self.digest))
    }
}

/// The longest HMAC key PBMAC1 may ask for, in octets; more would be hashed first.
const MAX_KEY_LENGTH: usize = 128;

impl Method {
    fn read(algorithm: &Tlv<'_>) -> Result<Self, PfxError> {
        let mut fields = algorithm.reader();
        let id = fields.oid()?;
        if id != oid::PBMAC1.as_octets() {
            let known = DIGESTS.iter().find(|(known, _)| known.as_octets() == id);
            return match known {
                Some((_, hash)) => Ok(Self::Own(*hash)),
                None => Err(unknown(id, algorithm.offset)),
            };
        }
        let mut parameters = fields.sequence()?;
        let derivation = Derivation::read(&parameters.expect(tag::SEQUENCE)?)?;
        let hash = hmac_hash(&parameters.expect(tag::SEQUENCE)?)?;
        Ok(Self::Pbmac1 { derivation, hash })
    }
}

const DIGESTS: [(&Oid, HashAlgorithm); 6] = [
    (&oid::MD5, HashAlgorithm::Md5),
    (&oid::SHA1, HashAlgorithm::Sha1),
    (&oid::SHA224, HashAlgorithm::Sha224),
    (&oid::SHA256, HashAlgorithm::Sha256),
    (&oid::SHA384, HashAlgorithm::Sha384),
    (&oid::SHA512, HashAlgorithm::Sha512),
];

/// The digest of the HMAC that an AlgorithmIdentifier names.
pub(super) fn hmac_hash(algorithm: &Tlv<'_>) -> Result<HashAlgorithm, PfxError> {
    const HMACS: [(&Oid, HashAlgorithm); 5] = [
        (&oid::HMAC_SHA1, HashAlgorithm::Sha1),
        (&oid::HMAC_SHA224, HashAlgorithm::Sha224),
        (&oid::HMAC_SHA256, HashAlgorithm::Sha256),
        (&oid::HMAC_SHA384, HashAlgorithm::Sha384),
        (&oid::HMAC_SHA512, HashAlgorithm::Sha512),
    ];
    let id = algorithm.reader().oid()?;
    let known = HMACS.iter().find(|(known, _)| known.as_octets() == id);
    known.map(|(_, hash)| *hash).ok_or_else(|| unknown(id, algorithm.offset))
}

fn unknown(id: &[u8], offset: usize) -> PfxError {
    PfxError::new(PfxErrorKind::Algorithm(Oid::from_octets(id)), offset)
}

fn verify(hash: HashAlgorithm, key: &[u8], octets: &[u8], expected: &[u8]) -> bool {
    fn hmac<D: EagerHash>(key: &[u8], octets: &[u8], expected: &[u8]) -> bool {
        let Ok(mac) = Hmac::<D>::new_from_slice(key) else { return false };
        mac.chain_update(octets).verify_slice(expected).is_ok()
    }
    match hash {
        HashAlgorithm::Md5 => hmac::<md5::Md5>(key, octets, expected),
        HashAlgorithm::Sha1 => hmac::<sha1::Sha1>(key, octets, expected),
        HashAlgorithm::Sha224 => hmac::<sha2::Sha224>(key, octets, expected),
        HashAlgorithm::Sha256 => hmac::<sha2::Sha256>(key, octets, expected),
        HashAlgorithm::Sha384 => hmac::<sha2::Sha384>(key, octets, expected),
        HashAlgorithm::Sha512 => hmac::<sha2::Sha512>(key, octets, expected),
        HashAlgorithm::Md2 | HashAlgorithm::Md4 => false,
    }
}
