//! PKCS #12: the certificates of a `.pfx` or `.p12` file (RFC 7292).
//!
//! For a chain engine such a file is a source of certificates and CRLs. Private keys are never
//! decrypted: they are counted, and matched with their certificates by localKeyId. BER is accepted
//! throughout.
//!
//! Windows cannot tell a wrong password from a damaged file, for in both cases the MAC does not
//! fit. [`read`] can, most of the time: with the right password the encrypted parts still open
//! ([`PfxErrorKind::Integrity`]), with a wrong one nothing does ([`PfxErrorKind::Password`]).

mod cipher;
mod error;
mod kdf;
mod mac;
mod password;
mod safe;

use crate::base::der::{self, Reader, Tlv, tag};
use crate::base::oid::{self, Oid};
use crate::object::message::read_content_info;

use super::RawProperty;
use super::kind::Kind;

pub use cipher::{Cipher, Encryption, Scheme};
pub use error::{PfxError, PfxErrorKind};
pub use mac::Mac;
pub use password::{MAX_PASSWORDS, Passwords};

pub(super) use kdf::Budget;

use cipher::Decrypted;
use mac::MacData;
use password::Password;

/// Password iterations that reading one file may cost, over all its parts and all passwords.
///
/// Windows writes 2,000, today's tools up to a million; this many take some seconds.
pub const MAX_ITERATIONS: u64 = 10_000_000;

/// How deep SafeContents may nest in bags of SafeContents. Nobody is known to write any.
pub const MAX_SAFE_DEPTH: usize = 8;

/// What a PKCS #12 file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PfxContents {
    /// Certificates and CRLs, in the file's order.
    pub objects: Vec<PfxObject>,
    /// Private keys, in the file's order.
    pub keys: Vec<PfxKey>,
    /// What the file says of itself before any password: its parts.
    pub safes: Vec<Safe>,
    /// The MAC, if the file has one.
    pub mac: Option<Mac>,
    /// Whether the octets are those that were written.
    pub integrity: Integrity,
    /// What could not be read.
    pub problems: Vec<PfxError>,
    /// Octets behind the end.
    pub trailing: usize,
}

/// Whether a file is as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Integrity {
    /// The MAC fits with one of the passwords.
    Verified,
    /// The MAC fits with no password.
    Mismatch,
    /// The MAC is of a kind that is not computed here, or would cost too much.
    NotChecked,
    /// There is no MAC.
    Absent,
    /// A signature stands in the MAC's place. It is not verified.
    Signed,
}

/// One ContentInfo of the AuthenticatedSafe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Safe {
    /// How it is encrypted, if it is and the algorithm could be read.
    pub encryption: Option<Encryption>,
    /// Whether its bags could be read.
    pub is_open: bool,
}

/// A certificate or a CRL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PfxObject {
    /// [`Kind::Certificate`] or [`Kind::Crl`].
    pub kind: Kind,
    /// Its DER.
    pub octets: Vec<u8>,
    /// What stands beside it.
    pub attributes: Attributes,
    /// Which part of the file it stands in, from 0.
    pub safe: usize,
    /// Where it begins in that part, decrypted, in octets.
    pub offset: usize,
}

/// A private key, as far as it is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PfxKey {
    /// How it is encrypted. `None` if it is not (keyBag), or in a way that is not known here.
    pub encryption: Option<Encryption>,
    /// Whether it is in a pkcs8ShroudedKeyBag.
    pub is_shrouded: bool,
    /// What stands beside it.
    pub attributes: Attributes,
    /// Which part of the file it stands in, from 0.
    pub safe: usize,
    /// Where its bag begins in that part, decrypted, in octets.
    pub offset: usize,
    /// The index in [`PfxContents::objects`] of the certificate with the same localKeyId.
    pub certificate: Option<usize>,
}

/// The attributes of a bag (RFC 7292, section 4.2, and Microsoft's own).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// friendlyName
    pub friendly_name: Option<String>,
    /// localKeyId: the same for a key and its certificate
    pub local_key_id: Option<Vec<u8>>,
    /// szOID_PKCS_12_KEY_PROVIDER_NAME_ATTR: which provider to import the key into
    pub key_provider_name: Option<String>,
    /// szOID_LOCAL_MACHINE_KEYSET: the key was the machine's
    pub is_machine_key: bool,
    /// Extended properties, 1.3.6.1.4.1.311.10.11.*id*, in the file's order.
    pub properties: Vec<RawProperty>,
    /// Every other attribute: its type and the encoded SET of its values.
    pub other: Vec<(Oid, Vec<u8>)>,
}

impl PfxContents {
    /// The certificates, in the file's order.
    pub fn certificates(&self) -> impl Iterator<Item = &PfxObject> {
        self.objects.iter().filter(|object| object.kind == Kind::Certificate)
    }
}

/// Reads a PKCS #12 file with whichever of the passwords fits.
///
/// A part that cannot be read is a problem, and the rest is read. What is not encrypted is given
/// even if no password fits, as with PKCS12_ONLY_NOT_ENCRYPTED_CERTIFICATES.
///
/// # Errors
/// The octets are no PKCS #12, or nothing in them could be read: then the first problem is the
/// error. No password fits: [`PfxErrorKind::Password`].
pub fn read(octets: &[u8], passwords: &Passwords) -> Result<PfxContents, PfxError> {
    read_bounded(octets, passwords, &mut Budget::new(MAX_ITERATIONS))
}

/// [`read`] with what is left of a budget of iterations.
pub(super) fn read_bounded(
    octets: &[u8],
    passwords: &Passwords,
    budget: &mut Budget,
) -> Result<PfxContents, PfxError> {
    let pfx = Pfx::read(octets)?;
    let mut reading = Reading {
        candidates: passwords.candidates(),
        verified: None,
        opened: None,
        refused: false,
        budget,
        contents: PfxContents {
            objects: Vec::new(),
            keys: Vec::new(),
            safes: Vec::new(),
            mac: pfx.mac.as_ref().map(MacData::describe),
            integrity: if pfx.is_signed { Integrity::Signed } else { Integrity::Absent },
            problems: Vec::new(),
            trailing: pfx.trailing,
        },
    };
    if let Some(mac) = &pfx.mac {
        reading.verify(mac, &pfx.safe);
    }
    reading.safes(&pfx.safe);
    reading.finish()
}

/// ```asn1
/// PFX ::= SEQUENCE {
///     version  INTEGER {v3(3)},
///     authSafe ContentInfo,
///     macData  MacData OPTIONAL }
/// ```
/// (RFC 7292 section 4)
struct Pfx {
    /// The octets of the AuthenticatedSafe: what the MAC is over.
    safe: Vec<u8>,
    mac: Option<MacData>,
    is_signed: bool,
    trailing: usize,
}

impl Pfx {
    fn read(octets: &[u8]) -> Result<Self, PfxError> {
        let mut outermost = Reader::new(octets);
        let outer = outermost.expect(tag::SEQUENCE).map_err(|e| e.within("PFX"))?;
        let mut fields = outer.reader();
        let version = fields.small_integer().map_err(|e| e.within("PFX version"))?;
        if version != 3 {
            let kind = PfxErrorKind::Unsupported("a version of PKCS #12 other than 3");
            return Err(PfxError::new(kind, outer.content_offset()));
        }
        let info = fields.expect(tag::SEQUENCE).map_err(|e| e.within("authSafe"))?;
        let (safe, is_signed) = auth_safe(&info)?;
        let mac = match fields.next().map_err(|e| e.within("MacData"))? {
            Some(value) => Some(MacData::read(&value).map_err(|e| e.within("MacData"))?),
            None => None,
        };
        Ok(Self { safe, mac, is_signed, trailing: outermost.rest().len() })
    }
}

/// The octets of the AuthenticatedSafe, and whether they are signed.
fn auth_safe(info: &Tlv<'_>) -> Result<(Vec<u8>, bool), PfxError> {
    let read = |info: &Tlv<'_>| -> der::Result<(Vec<u8>, Vec<u8>)> {
        let (kind, content) = read_content_info(info)?;
        let missing = || info.error(der::DerErrorKind::UnexpectedEnd);
        let content = content.ok_or_else(missing)?;
        if kind == oid::PKCS7_DATA.as_octets() {
            let octets = string(&content, tag::OCTET_STRING)?;
            return Ok((kind.to_vec(), octets));
        }
        // SignedData: version, digestAlgorithms, contentInfo, ...
        let mut signed = content.expect(tag::SEQUENCE)?.reader();
        signed.integer()?;
        signed.set()?;
        let (_, inner) = read_content_info(&signed.expect(tag::SEQUENCE)?)?;
        let octets = string(&inner.ok_or_else(missing)?, tag::OCTET_STRING)?;
        Ok((kind.to_vec(), octets))
    };
    let kind = read_content_info(info).map_err(|e| e.within("authSafe"))?.0;
    if kind != oid::PKCS7_DATA.as_octets() && kind != oid::PKCS7_SIGNED_DATA.as_octets() {
        let what = "an authSafe that is neither data nor signedData";
        return Err(PfxError::new(PfxErrorKind::Unsupported(what), info.offset));
    }
    let (kind, octets) = read(info).map_err(|e| e.within("authSafe"))?;
    Ok((octets, kind == oid::PKCS7_SIGNED_DATA.as_octets()))
}

/// A string's octets, joined if it is constructed, whatever its own tag is.
fn string(value: &Tlv<'_>, part_tag: u8) -> der::Result<Vec<u8>> {
    value.string_octets(part_tag).map(std::borrow::Cow::into_owned)
}

struct Reading<'b> {
    candidates: Vec<Password>,
    /// The candidate that fits the MAC.
    verified: Option<usize>,
    /// The candidate that has opened an encrypted part.
    opened: Option<usize>,
    /// Whether an encrypted part was opened by no candidate.
    refused: bool,
    budget: &'b mut Budget,
    contents: PfxContents,
}

impl Reading<'_> {
    fn problem(&mut self, error: PfxError) {
        self.contents.problems.push(error);
    }

    fn verify(&mut self, mac: &MacData, safe: &[u8]) {
        for (index, password) in self.candidates.iter().enumerate() {
            match mac.fits(password, safe, self.budget) {
                Ok(true) => {
                    self.verified = Some(index);
                    self.contents.integrity = Integrity::Verified;
                    return;
                }
                Ok(false) => self.contents.integrity = Integrity::Mismatch,
                Err(kind) => {
                    self.contents.integrity = Integrity::NotChecked;
                    self.problem(PfxError::new(kind, mac.offset).within("MacData"));
                    return;
                }
            }
        }
    }

    /// ```asn1
    /// AuthenticatedSafe ::= SEQUENCE OF ContentInfo
    /// ```
    fn safes(&mut self, octets: &[u8]) {
        const CONTEXT: &str = "AuthenticatedSafe";
        let mut reader = match Reader::new(octets).sequence() {
            Ok(reader) => reader,
            Err(error) => return self.problem(error.within(CONTEXT).into()),
        };
        loop {
            match reader.next() {
                Ok(Some(info)) => self.safe(&info),
                Ok(None) => return,
                Err(error) => return self.problem(error.within(CONTEXT).into()),
            }
        }
    }

    fn safe(&mut self, info: &Tlv<'_>) {
        let number = self.contents.safes.len();
        self.contents.safes.push(Safe { encryption: None, is_open: false });
        let result = self.safe_octets(info, number).and_then(|octets| {
            if let Some(safe) = self.contents.safes.get_mut(number) {
                safe.is_open = true;
            }
            safe::read(&octets, number, &mut self.contents)
        });
        match result {
            Ok(()) => {}
            Err(PfxError { kind: PfxErrorKind::Password, .. }) => self.refused = true,
            Err(error) => self.problem(error.in_safe(number)),
        }
    }

    /// The SafeContents of one part, decrypted.
    fn safe_octets(&mut self, info: &Tlv<'_>, number: usize) -> Result<Vec<u8>, PfxError> {
        let info = info.expect(tag::SEQUENCE).map_err(|e| e.within("ContentInfo"))?;
        let (kind, content) = read_content_info(&info)?;
        let missing = || info.error(der::DerErrorKind::UnexpectedEnd).within("ContentInfo");
        let content = content.ok_or_else(missing)?;
        if kind == oid::PKCS7_DATA.as_octets() {
            return Ok(string(&content, tag::OCTET_STRING)?);
        }
        if kind != oid::PKCS7_ENCRYPTED_DATA.as_octets() {
            let what = "a part that is encrypted for a certificate's key";
            return Err(PfxError::new(PfxErrorKind::Unsupported(what), info.offset));
        }
        // EncryptedData ::= SEQUENCE { version, EncryptedContentInfo { type, algorithm, [0] } }
        let mut data =
            content.expect(tag::SEQUENCE).map_err(|e| e.within("EncryptedData"))?.reader();
        data.integer()?;
        let mut inner = data.sequence().map_err(|e| e.within("EncryptedContentInfo"))?;
        inner.oid()?;
        let algorithm =
            inner.expect(tag::SEQUENCE).map_err(|e| e.within("EncryptedContentInfo"))?;
        let octets = inner.any().map_err(|e| e.within("encryptedContent"))?;
        let offset = octets.offset;
        let octets =
            string(&octets, tag::OCTET_STRING).map_err(|e| e.within("encryptedContent"))?;
        let encryption = Encryption::read(&algorithm)?;
        if let Some(safe) = self.contents.safes.get_mut(number) {
            safe.encryption = Some(encryption.clone());
        }
        self.decrypt(&encryption, &octets, offset)
    }

    fn decrypt(
        &mut self,
        encryption: &Encryption,
        octets: &[u8],
        offset: usize,
    ) -> Result<Vec<u8>, PfxError> {
        let known = self.verified.or(self.opened);
        let candidates = self.candidates.iter().enumerate();
        let candidates = candidates.filter(|(index, _)| known.is_none_or(|known| known == *index));
        for (index, password) in candidates {
            match encryption.decrypt(octets, password, self.budget) {
                Ok(Decrypted::Safe(plain)) => {
                    self.opened = Some(index);
                    return Ok(plain);
                }
                // the MAC vouches for the password: what it opens is what there is
                Ok(Decrypted::Other(plain)) if self.verified.is_some() => return Ok(plain),
                Ok(_) => {}
                Err(kind) => return Err(PfxError::new(kind, offset)),
            }
        }
        let kind = match known {
            Some(_) => PfxErrorKind::Decryption,
            None => PfxErrorKind::Password,
        };
        Err(PfxError::new(kind, offset))
    }

    /// Matches keys with certificates, and says what the passwords have come to.
    fn finish(mut self) -> Result<PfxContents, PfxError> {
        for key in &mut self.contents.keys {
            let Some(id) = &key.attributes.local_key_id else { continue };
            let has_id = |object: &PfxObject| object.attributes.local_key_id.as_ref() == Some(id);
            key.certificate = self
                .contents
                .objects
                .iter()
                .position(|object| object.kind == Kind::Certificate && has_id(object));
        }
        let is_mismatch = self.contents.integrity == Integrity::Mismatch;
        if is_mismatch && self.opened.is_some() {
            self.contents.problems.insert(0, PfxError::new(PfxErrorKind::Integrity, 0));
        } else if is_mismatch || self.refused {
            self.contents.problems.insert(0, PfxError::new(PfxErrorKind::Password, 0));
        }
        let is_empty = self.contents.objects.is_empty() && self.contents.keys.is_empty();
        if is_empty && !self.contents.problems.is_empty() {
            return Err(self.contents.problems.swap_remove(0));
        }
        Ok(self.contents)
    }
}

#[cfg(test)]
mod tests;
