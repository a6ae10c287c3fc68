//! The root program: Microsoft's list of roots as a source of trust (reference, ctl 3 and 4;
//! auto-root-update 1).
//!
//! A machine need not hold the roots it trusts: the list names them by hash, key identifier and
//! subject, says what each may be used for and until when, and the certificate is taken from where
//! it can be had when a chain needs it. [`RootProgram`] is that list, from a signed list or from
//! the table of facts that the engine carries ([`embedded`]), with the certificates at hand.

mod certificates;
mod disallowed;
pub mod embedded;
pub mod table;
pub mod verdict;

pub use certificates::at_hand;
pub use disallowed::{DisallowedList, DisallowedMatch};

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::{CertificateContext, Properties};
use crate::base::der::trim_integer;
use crate::base::digest::{hex, md5, sha1, sha256};
use crate::base::oid::{self, Oid};
use crate::base::time::Time;
use crate::object::certificate::Certificate;
use crate::object::property;
use crate::object::trust_list::TrustList;

/// The folder of the lists and roots since June 2012 (observed; KB 2677070).
pub const ROOT_DIR_URL: &str =
    "http://ctldl.windowsupdate.com/msdownload/update/v3/static/trustedr/en/";

/// The cabinet of the root list (observed).
pub const AUTH_ROOT_CAB: &str = "authrootstl.cab";
/// The cabinet of the disallowed list (observed).
pub const DISALLOWED_CAB: &str = "disallowedcertstl.cab";
/// The cabinet of the pin rules (observed).
pub const PIN_RULES_CAB: &str = "pinrulesstl.cab";

/// Seconds after which Windows looks for another root list, and for other pin rules (measured on
/// URL caches for the former, inferred for the latter; reference, auto-root-update 8.3).
pub const AUTH_ROOT_SYNC_SECONDS: i64 = 7 * 24 * 3_600;
/// The same for the disallowed list (measured likewise).
pub const DISALLOWED_SYNC_SECONDS: i64 = 16 * 3_600;

/// What is known of a list as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFacts {
    /// sequenceNumber: big-endian octets as encoded, none if absent.
    pub sequence_number: Vec<u8>,
    /// ctlThisUpdate
    pub this_update: Time,
    /// SHA-256 of the signed message.
    pub sha256: [u8; 32],
    /// The end of the signer's certificate's validity, if the message holds that.
    pub signed_until: Option<Time>,
}

impl ListFacts {
    /// The facts of a list that came in this message, signed by this certificate.
    #[must_use]
    pub fn of(list: &TrustList, message: &[u8], signer: Option<&Certificate>) -> Self {
        Self {
            sequence_number: list.sequence_number.clone().unwrap_or_default(),
            this_update: list.this_update,
            sha256: sha256(message),
            signed_until: signer.map(Certificate::not_after),
        }
    }

    /// Whether this list replaces another: by sequence number, else by ThisUpdate (inferred;
    /// reference, ctl 5.1 and 9).
    #[must_use]
    pub fn is_newer_than(&self, other: &Self) -> bool {
        let (ours, theirs) = (digits(&self.sequence_number), digits(&other.sequence_number));
        if !ours.is_empty() && !theirs.is_empty() && ours != theirs {
            return (ours.len(), ours) > (theirs.len(), theirs);
        }
        self.this_update > other.this_update
    }
}

/// A number's octets without leading zeros.
fn digits(number: &[u8]) -> &[u8] {
    let trimmed = trim_integer(number);
    let zeros = trimmed.iter().take_while(|octet| **octet == 0).count();
    trimmed.get(zeros..).unwrap_or_default()
}

/// Why a list cannot be a source of trust.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootProgramError {
    /// subjectUsage is another list's.
    WrongUsage {
        /// What was wanted.
        wanted: Oid,
        /// What the list has.
        found: Vec<Oid>,
    },
    /// Its entries are identified by something else.
    WrongSubjectAlgorithm(Oid),
    /// An entry's identifier has a length that none has.
    WrongIdentifier {
        /// Which entry, from 0.
        index: usize,
        /// The identifier's octets.
        length: usize,
    },
    /// Two entries have one identifier (reference, ctl 8).
    DuplicateIdentifier(Vec<u8>),
}

impl fmt::Display for RootProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongUsage { wanted, found } => {
                let found: Vec<String> = found.iter().map(Oid::to_string).collect();
                write!(f, "a list for {}, where one for {wanted} is wanted", found.join(", "))
            }
            Self::WrongSubjectAlgorithm(found) => {
                write!(f, "its entries are identified by {found}")
            }
            Self::WrongIdentifier { index, length } => {
                write!(f, "entry {index} has an identifier of {length} octets")
            }
            Self::DuplicateIdentifier(id) => write!(f, "entry {} stands twice", hex(id)),
        }
    }
}

impl std::error::Error for RootProgramError {}

/// One root of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootEntry {
    /// SHA-1 of the certificate: the entry's identifier.
    pub sha1: [u8; 20],
    /// What the list says of it, in the list's order.
    pub properties: Properties,
}

impl RootEntry {
    /// SHA-256 of the certificate (property 98). Lists before 2011 have none.
    #[must_use]
    pub fn sha256(&self) -> Option<&[u8]> {
        self.properties.get(property::AUTH_ROOT_SHA256_HASH)
    }

    /// Its key identifier (property 20).
    #[must_use]
    pub fn key_identifier(&self) -> Option<&[u8]> {
        self.properties.get(property::KEY_IDENTIFIER)
    }

    /// MD5 of its encoded subject (property 29).
    #[must_use]
    pub fn subject_name_md5(&self) -> Option<&[u8]> {
        self.properties.get(property::SUBJECT_NAME_MD5_HASH)
    }

    /// The name the list gives it, else its thumbprint.
    #[must_use]
    pub fn name(&self) -> String {
        self.properties.friendly_name().unwrap_or_else(|| hex(&self.sha1))
    }

    /// Where Windows fetches the certificate (observed: event 4100).
    #[must_use]
    pub fn url(&self) -> String {
        format!("{ROOT_DIR_URL}{}.crt", hex(&self.sha1).to_ascii_uppercase())
    }

    /// Whether these octets are this root's certificate: SHA-1, and SHA-256 where the list has it.
    #[must_use]
    pub fn is_hash_of(&self, certificate: &[u8]) -> bool {
        sha1(certificate) == self.sha1
            && self.sha256().is_none_or(|expected| sha256(certificate) == *expected)
    }
}

/// A list of trusted roots, and the certificates of those that are at hand. Cheap to clone.
#[derive(Clone)]
pub struct RootProgram(Arc<Inner>);

#[derive(Default)]
struct Inner {
    facts: Option<ListFacts>,
    entries: Vec<RootEntry>,
    by_sha1: HashMap<[u8; 20], usize>,
    by_key_identifier: HashMap<Box<[u8]>, Vec<usize>>,
    by_subject_name_md5: HashMap<Box<[u8]>, Vec<usize>>,
    by_sha256: HashMap<Box<[u8]>, usize>,
    given: HashMap<[u8; 20], Arc<[u8]>>,
    contexts: Vec<OnceLock<Option<CertificateContext>>>,
}

impl fmt::Debug for RootProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootProgram")
            .field("facts", &self.0.facts)
            .field("entries", &self.0.entries.len())
            .finish_non_exhaustive()
    }
}

impl RootProgram {
    /// The program a list describes. Whether the list is genuine is for
    /// [`crate::root_update::list::examine`] to say; this looks at its content only.
    ///
    /// # Errors
    /// If it is no list of trusted roots.
    pub fn from_list(list: &TrustList, facts: ListFacts) -> Result<Self, RootProgramError> {
        if !list.usage.contains(&oid::ROOT_LIST_SIGNER) {
            let (wanted, found) = (oid::ROOT_LIST_SIGNER, list.usage.clone());
            return Err(RootProgramError::WrongUsage { wanted, found });
        }
        if list.subject_algorithm != oid::SHA1 {
            let found = list.subject_algorithm.clone();
            return Err(RootProgramError::WrongSubjectAlgorithm(found));
        }
        let mut entries = Vec::with_capacity(list.len());
        for (index, entry) in list.entries().enumerate() {
            let identifier = entry.identifier();
            let sha1 = identifier.try_into().map_err(|_| RootProgramError::WrongIdentifier {
                index,
                length: identifier.len(),
            })?;
            let mut properties = Properties::new();
            for found in entry.properties() {
                properties.set(found.id, found.octets.to_vec());
            }
            entries.push(RootEntry { sha1, properties });
        }
        Self::new(facts, entries)
    }

    /// A program of these entries.
    ///
    /// # Errors
    /// If two entries have one identifier.
    pub fn new(facts: ListFacts, entries: Vec<RootEntry>) -> Result<Self, RootProgramError> {
        let mut inner = Inner { facts: Some(facts), ..Inner::default() };
        for (at, entry) in entries.iter().enumerate() {
            if inner.by_sha1.insert(entry.sha1, at).is_some() {
                return Err(RootProgramError::DuplicateIdentifier(entry.sha1.to_vec()));
            }
            if let Some(hash) = entry.sha256() {
                inner.by_sha256.insert(hash.into(), at);
            }
            let several = [
                (&mut inner.by_key_identifier, entry.key_identifier()),
                (&mut inner.by_subject_name_md5, entry.subject_name_md5()),
            ];
            for (index, key) in several {
                if let Some(key) = key {
                    index.entry(key.into()).or_default().push(at);
                }
            }
        }
        inner.contexts.resize_with(entries.len(), OnceLock::new);
        inner.entries = entries;
        Ok(Self(Arc::new(inner)))
    }

    /// The same program with more certificates at hand. They are compared with their entry's
    /// hashes when they are used; what is no root of the program is never used.
    #[must_use]
    pub fn with_certificates(&self, certificates: impl IntoIterator<Item = Arc<[u8]>>) -> Self {
        let inner = &*self.0;
        let mut given = inner.given.clone();
        for certificate in certificates {
            let hash = sha1(&certificate);
            if inner.by_sha1.contains_key(&hash) {
                given.insert(hash, certificate);
            }
        }
        let mut contexts = Vec::new();
        contexts.resize_with(inner.entries.len(), OnceLock::new);
        Self(Arc::new(Inner {
            facts: inner.facts.clone(),
            entries: inner.entries.clone(),
            by_sha1: inner.by_sha1.clone(),
            by_key_identifier: inner.by_key_identifier.clone(),
            by_subject_name_md5: inner.by_subject_name_md5.clone(),
            by_sha256: inner.by_sha256.clone(),
            given,
            contexts,
        }))
    }

    /// What is known of the list.
    #[must_use]
    pub fn facts(&self) -> Option<&ListFacts> {
        self.0.facts.as_ref()
    }

    /// The roots, in the list's order.
    #[must_use]
    pub fn entries(&self) -> &[RootEntry] {
        &self.0.entries
    }

    /// The root whose certificate has this SHA-1.
    #[must_use]
    pub fn by_sha1(&self, sha1: &[u8; 20]) -> Option<&RootEntry> {
        self.0.entries.get(*self.0.by_sha1.get(sha1)?)
    }

    /// The root whose certificate has this SHA-256.
    #[must_use]
    pub fn by_sha256(&self, sha256: &[u8]) -> Option<&RootEntry> {
        self.0.entries.get(*self.0.by_sha256.get(sha256)?)
    }

    /// The roots with this key identifier.
    pub fn by_key_identifier(&self, id: &[u8]) -> impl Iterator<Item = &RootEntry> {
        self.pick(self.0.by_key_identifier.get(id))
    }

    /// The roots whose encoded subject has this MD5.
    pub fn by_subject_name_md5(&self, md5: &[u8]) -> impl Iterator<Item = &RootEntry> {
        self.pick(self.0.by_subject_name_md5.get(md5))
    }

    fn pick(&self, found: Option<&Vec<usize>>) -> impl Iterator<Item = &RootEntry> {
        let found = found.map_or(&[][..], Vec::as_slice).iter();
        found.filter_map(|at| self.0.entries.get(*at))
    }

    /// What the list says of this very certificate.
    #[must_use]
    pub fn find(&self, certificate: &Certificate) -> Option<&RootEntry> {
        self.by_sha1(&certificate.sha1()).filter(|entry| entry.is_hash_of(certificate.der()))
    }

    /// What the list says of a root with this certificate's subject and public key, the very
    /// certificate first. Roots whose certificate is not at hand cannot be compared.
    #[must_use]
    pub fn find_by_name_and_key(&self, certificate: &Certificate) -> Option<&RootEntry> {
        self.find(certificate).or_else(|| {
            self.by_subject_name_md5(&certificate.subject_name_md5()).find(|entry| {
                self.certificate(entry).is_some_and(|root| {
                    let root = root.certificate();
                    root.subject() == certificate.subject() && root.spki() == certificate.spki()
                })
            })
        })
    }

    /// The roots that may stand above a certificate: itself, and those its authority key
    /// identifier or its issuer's name lead to (reference, auto-root-update 1; the keys of the
    /// look-up are inferred from what the list holds).
    #[must_use]
    pub fn candidates<'a>(&'a self, certificate: &Certificate) -> Vec<&'a RootEntry> {
        let mut found: Vec<&RootEntry> = Vec::new();
        let mut add = |entry: &'a RootEntry| {
            if !found.iter().any(|known| known.sha1 == entry.sha1) {
                found.push(entry);
            }
        };
        if certificate.is_self_issued() {
            self.find(certificate).into_iter().for_each(&mut add);
        }
        let aki = certificate.extensions().authority_key_identifier.as_ref().and_then(|d| d.ok());
        if let Some(key_identifier) = aki.and_then(|aki| aki.key_identifier.as_ref()) {
            self.by_key_identifier(key_identifier).for_each(&mut add);
        }
        self.by_subject_name_md5(&md5(certificate.issuer().raw())).for_each(&mut add);
        found
    }

    /// The root's certificate with the properties of its entry, as the automatic update puts it
    /// into AuthRoot; `None` if it is not at hand.
    #[must_use]
    pub fn certificate(&self, entry: &RootEntry) -> Option<&CertificateContext> {
        let at = *self.0.by_sha1.get(&entry.sha1)?;
        let context = self.0.contexts.get(at)?.get_or_init(|| {
            let given = self.0.given.get(&entry.sha1).map(|octets| &**octets);
            let octets = given.or_else(|| at_hand(&entry.sha1))?;
            store_copy(entry, octets)
        });
        context.as_ref()
    }

    /// How many of the roots' certificates are at hand.
    #[must_use]
    pub fn at_hand(&self) -> usize {
        self.0.entries.iter().filter(|entry| self.certificate(entry).is_some()).count()
    }
}

/// A root as the store will hold it, if the octets are its certificate.
#[must_use]
pub fn store_copy(entry: &RootEntry, octets: &[u8]) -> Option<CertificateContext> {
    if !entry.is_hash_of(octets) {
        return None;
    }
    let certificate = Certificate::from_der(octets).ok()?;
    Some(CertificateContext::with_properties(certificate, entry.properties.clone()))
}

#[cfg(test)]
mod tests;
