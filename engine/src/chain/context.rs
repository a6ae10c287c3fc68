//! What CertGetCertificateChain answers with: CERT_CHAIN_CONTEXT and what it holds.

use std::fmt;
use std::sync::Arc;

use super::status::{TrustError, TrustStatus};
use crate::base::oid::Oid;
use crate::object::certificate::Certificate;
use crate::store::SignedTrustList;

/// CERT_CHAIN_CONTEXT. It borrows nothing.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ChainContext {
    /// The status of the whole.
    pub status: TrustStatus,
    /// The simple chains: one, or more where a trust list links them.
    pub chains: Vec<SimpleChain>,
    /// Other chains that were found, best first, if they were asked for
    /// (CERT_CHAIN_RETURN_LOWER_QUALITY_CONTEXTS).
    pub lower_quality: Vec<ChainContext>,
    /// Seconds since the oldest revocation data were issued, if every checked element has some.
    pub revocation_freshness: Option<i64>,
    /// What of this answer rests on rules of Windows that are not known.
    pub unproven: Vec<String>,
    /// What the search did: how much of its budget it used, and whether it ran out.
    pub search: SearchReport,
    /// Listed roots that may be missing from this chain and could not be had.
    pub roots_wanted: Vec<super::auto_root::WantedRoot>,
}

/// CERT_SIMPLE_CHAIN: an end certificate and its issuers.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SimpleChain {
    /// The status of this chain.
    pub status: TrustStatus,
    /// Element 0 is the end certificate.
    pub elements: Vec<Element>,
    /// pTrustListInfo: the trust list that the last element is on. The next simple chain is that of
    /// the list's signer.
    pub trust_list: Option<TrustListInfo>,
}

/// CERT_TRUST_LIST_INFO: a trust list that links one simple chain to the next.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TrustListInfo {
    /// The list (pCtlContext).
    pub list: Arc<SignedTrustList>,
    /// subjectIdentifier of the entry (pCtlEntry).
    pub subject_identifier: Vec<u8>,
    /// Who signed the list.
    pub signer: Certificate,
    /// The store that holds it.
    pub origin: Origin,
    /// The reason for each CTL_ bit of the simple chain.
    pub findings: Vec<Finding>,
}

/// CERT_CHAIN_ELEMENT
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Element {
    /// The certificate.
    pub certificate: Certificate,
    /// Its status.
    pub status: TrustStatus,
    /// What revocation checking found, if it was done.
    pub revocation: Option<crate::revocation::RevocationInfo>,
    /// The usages left for it and what it signs: `None` is any, an empty list none.
    pub application_usage: Option<Vec<Oid>>,
    /// The issuance policies left for it: `None` is any, an empty list none.
    pub issuance_usage: Option<Vec<Oid>>,
    /// The reason for each error bit, in the order in which they were found.
    pub findings: Vec<Finding>,
    /// Where the certificate was found.
    pub origin: Origin,
}

/// One reason for one or more error bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The bits.
    pub bits: TrustError,
    /// What was found, in a sentence with the facts that matter.
    pub what: String,
    /// The source of the rule.
    pub rule: &'static str,
}

/// Where a certificate of a chain came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// It is what was asked about.
    End,
    /// The engine's exclusive or restricted roots.
    EngineRoot,
    /// The Root store.
    Root,
    /// The AuthRoot store.
    AuthRoot,
    /// The additional store.
    Additional,
    /// The CA store.
    Ca,
    /// The My store.
    My,
    /// The Trust store.
    Trust,
    /// The TrustedPeople store.
    TrustedPeople,
    /// Fetched from an address in another certificate.
    Retrieved,
}

impl Origin {
    /// A name for a report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::End => "asked about",
            Self::EngineRoot => "engine roots",
            Self::Root => "ROOT",
            Self::AuthRoot => "AuthRoot",
            Self::Additional => "additional store",
            Self::Ca => "CA",
            Self::My => "MY",
            Self::Trust => "Trust",
            Self::TrustedPeople => "TrustedPeople",
            Self::Retrieved => "retrieved",
        }
    }
}

/// How much work the search for chains did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SearchReport {
    /// Complete paths that were judged.
    pub paths: usize,
    /// Steps from a certificate to an issuer that were tried.
    pub steps: usize,
    /// Signatures that were verified.
    pub signatures: usize,
    /// What they cost, in verifications with RSA-2048.
    pub signature_work: usize,
    /// The limit that ended the search early, if one did: other paths may exist.
    pub exhausted: Option<&'static str>,
}

impl ChainContext {
    /// The elements of the first simple chain.
    #[must_use]
    pub fn elements(&self) -> &[Element] {
        self.chains.first().map_or(&[], |chain| &chain.elements)
    }

    /// Whether no error bit is set.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.status.error.is_empty()
    }
}

impl fmt::Display for ChainContext {
    /// One line for each element, with its errors and their reasons below it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "chain {:?}", self.status.error)?;
        for (index, element) in self.elements().iter().enumerate() {
            writeln!(
                f,
                "  [{index}] {} ({})",
                element.certificate.subject(),
                element.origin.name()
            )?;
            for finding in &element.findings {
                writeln!(f, "      {}: {}", finding.bits.names().join(" | "), finding.what)?;
            }
        }
        Ok(())
    }
}
