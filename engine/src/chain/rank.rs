//! Which of several chains is the best.

use std::cmp::{Ordering, Reverse};

use super::build::Judged;
use super::context::Element;
use super::issuer::Sources;
use super::path::Path;
use super::status::{TrustError, TrustInfo};
use crate::base::time::Time;

/// A chain's quality; the greater wins.
///
/// The first three are documented (pass 1). Then a usable chain wins over one that is not, and the
/// shorter over the longer (documented, KB 2831004); the rest is the reference's proposal
/// (chain-engine 3.5; inferred).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Quality {
    signatures_valid: bool,
    complete: bool,
    trusted: bool,
    not_distrusted: bool,
    not_revoked: bool,
    time_valid: bool,
    basic_constraints: bool,
    usage: bool,
    names_and_extensions: bool,
    policies: bool,
    strong: bool,
    revocation_known: bool,
    store_root: bool,
    shorter: Reverse<usize>,
    match_kinds: u32,
    issuer_not_after: Option<Time>,
    issuer_not_before: Option<Time>,
}

/// Which of two chains is the better. What Windows takes where their quality is equal is unknown;
/// here the order in which certificates are given must not decide: the thumbprints do.
pub(super) fn compare(a: &Judged, b: &Judged) -> Ordering {
    fn thumbprints(path: &Judged) -> impl Iterator<Item = [u8; 20]> {
        path.elements.iter().map(|element| element.certificate.sha1())
    }
    a.quality.cmp(&b.quality).then_with(|| thumbprints(a).cmp(thumbprints(b)))
}

impl Quality {
    pub(super) fn of(
        sources: &Sources<'_>,
        path: &Path,
        error: TrustError,
        elements: &[Element],
    ) -> Self {
        use TrustError as E;
        let none = |bits: E| !error.intersects(bits);
        let issuer = path.elements.get(1).map(|issuer| issuer.context.certificate());
        let last = path.elements.last().map(|last| last.context.certificate());
        Self {
            signatures_valid: none(E::IS_NOT_SIGNATURE_VALID),
            complete: none(E::IS_PARTIAL_CHAIN | E::IS_CYCLIC),
            trusted: path.is_trusted(),
            not_distrusted: none(E::IS_EXPLICIT_DISTRUST),
            not_revoked: none(E::IS_REVOKED),
            time_valid: none(E::IS_NOT_TIME_VALID),
            basic_constraints: none(E::INVALID_BASIC_CONSTRAINTS),
            usage: none(E::IS_NOT_VALID_FOR_USAGE),
            names_and_extensions: none(
                E::INVALID_NAME_CONSTRAINTS
                    | E::HAS_NOT_SUPPORTED_NAME_CONSTRAINT
                    | E::HAS_NOT_PERMITTED_NAME_CONSTRAINT
                    | E::HAS_EXCLUDED_NAME_CONSTRAINT
                    | E::INVALID_EXTENSION
                    | E::HAS_NOT_SUPPORTED_CRITICAL_EXT,
            ),
            policies: none(E::NO_ISSUANCE_CHAIN_POLICY | E::INVALID_POLICY_CONSTRAINTS),
            strong: none(E::HAS_WEAK_SIGNATURE),
            revocation_known: none(E::REVOCATION_STATUS_UNKNOWN),
            store_root: last.is_some_and(|last| sources.root_store_holds(last)),
            shorter: Reverse(path.elements.len()),
            match_kinds: elements.iter().map(|element| match_value(element.status.info)).sum(),
            issuer_not_after: issuer.map(|issuer| issuer.not_after()),
            issuer_not_before: issuer.map(|issuer| issuer.not_before()),
        }
    }

    /// Whether the chain ends in something trusted, over good signatures.
    pub(super) const fn is_trusted(&self) -> bool {
        self.is_acceptable() && self.trusted
    }

    /// Whether nothing that another issuer could mend is wrong: signatures, completeness, trust.
    pub(super) const fn is_acceptable(&self) -> bool {
        self.signatures_valid && self.complete
    }
}

fn match_value(info: TrustInfo) -> u32 {
    if info.contains(TrustInfo::HAS_EXACT_MATCH_ISSUER) {
        2
    } else {
        u32::from(info.contains(TrustInfo::HAS_KEY_MATCH_ISSUER))
    }
}
