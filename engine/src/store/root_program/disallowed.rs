//! The list of disallowed certificates (reference, ctl 3.1).

use std::collections::HashSet;
use std::sync::Arc;

use super::{ListFacts, RootProgramError};
use crate::base::oid;
use crate::crypto::{AlgorithmIdentifier, signature_hash};
use crate::object::certificate::Certificate;
use crate::object::trust_list::TrustList;

/// Certificates and keys that nothing makes trusted. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DisallowedList {
    facts: ListFacts,
    identifiers: Arc<HashSet<Vec<u8>>>,
}

/// By which of its hashes a certificate is disallowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisallowedMatch {
    /// MD5 of its public key (property 25).
    PublicKeyMd5,
    /// The hash of its TBSCertificate with its signature's hash algorithm (property 15).
    SignatureHash,
}

impl DisallowedMatch {
    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PublicKeyMd5 => "the MD5 of its public key",
            Self::SignatureHash => "the hash of its TBSCertificate",
        }
    }
}

impl DisallowedList {
    /// The disallowed certificates of a list. Whether the list is genuine is not looked at.
    ///
    /// # Errors
    /// If it is no list of disallowed certificates.
    pub fn from_list(list: &TrustList, facts: ListFacts) -> Result<Self, RootProgramError> {
        if !list.usage.contains(&oid::DISALLOWED_LIST) {
            let (wanted, found) = (oid::DISALLOWED_LIST, list.usage.clone());
            return Err(RootProgramError::WrongUsage { wanted, found });
        }
        Ok(Self::new(facts, list.entries().map(|entry| entry.identifier().to_vec())))
    }

    /// A list of these identifiers.
    #[must_use]
    pub fn new(facts: ListFacts, identifiers: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self { facts, identifiers: Arc::new(identifiers.into_iter().collect()) }
    }

    /// What is known of the list.
    #[must_use]
    pub fn facts(&self) -> &ListFacts {
        &self.facts
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.identifiers.len()
    }

    /// Whether nothing is disallowed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.identifiers.is_empty()
    }

    /// The identifiers, in order of their octets.
    #[must_use]
    pub fn identifiers(&self) -> Vec<&[u8]> {
        let mut all: Vec<&[u8]> = self.identifiers.iter().map(Vec::as_slice).collect();
        all.sort_unstable();
        all
    }

    /// How this certificate is disallowed, if it is.
    #[must_use]
    pub fn matches(&self, certificate: &Certificate) -> Option<DisallowedMatch> {
        if self.identifiers.contains(certificate.public_key_md5().as_slice()) {
            return Some(DisallowedMatch::PublicKeyMd5);
        }
        let algorithm = AlgorithmIdentifier::parse(certificate.signature_algorithm()).ok()?;
        let hash = signature_hash(certificate.tbs(), &algorithm)?;
        self.identifiers.contains(hash.as_slice()).then_some(DisallowedMatch::SignatureHash)
    }
}
