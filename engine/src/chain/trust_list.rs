//! Trust lists that stand in for a root (reference, ctl 6): the last certificate of a chain is on a
//! list, and the list's signer has a chain of its own, the next simple chain of the context.
//!
//! Documented are the bits, where the lists are looked for, that pTime has no say, and what usages
//! list and signer need. How Windows weighs a list that is not in order is not known:
//! [`TrustListOptions`] says what is done here, and the answer says that it is unproven.

use std::sync::Arc;

use super::build::build_linked;
use super::context::{ChainContext, Finding, Origin, TrustListInfo};
use super::engine::{ChainFlags, ChainRequest, UsageMatch};
use super::issuer::Sources;
use super::path::{Path, PathEnd};
use super::status::{TrustError, TrustInfo};
use crate::base::digest::{HashAlgorithm, sha1};
use crate::base::oid::{self, Oid};
use crate::crypto::hash_algorithm;
use crate::crypto::message::verify_signer;
use crate::object::certificate::Certificate;
use crate::store::{CertificateContext, SignedTrustList, StoreBuilder};

/// Lists with an entry for one certificate that are looked into, at most.
pub const MAX_LISTS: usize = 8;

/// Roots of one search for which lists are looked for, at most.
pub const MAX_ROOTS: usize = 8;

const RULE: &str = "ctl 6 (documented)";

/// Usages of lists that are no answer to whom a user trusts: the root program's, what is
/// disallowed, pins.
const OTHER_PURPOSES: [Oid; 4] =
    [oid::ROOT_LIST_SIGNER, oid::DISALLOWED_LIST, oid::REVOKED_LIST_SIGNER, oid::PIN_RULES_CTL];

/// How trust lists are used. Windows' own ways are unknown where it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrustListOptions {
    /// Lists stand in for roots at all (documented).
    pub enabled: bool,
    /// A list whose signer's chain is not good is linked all the same, with that chain's errors
    /// (unknown; off, so that anybody's list in a message changes nothing).
    pub link_untrusted_signers: bool,
    /// A list that is for another usage, or whose signature does not verify, leaves
    /// IS_UNTRUSTED_ROOT beside its own bit (unknown; on, so that a policy that overlooks a wrong
    /// usage does not trust the root). A list past its time never does: there is a policy flag to
    /// overlook just that (inferred).
    pub errors_leave_root_untrusted: bool,
}

impl Default for TrustListOptions {
    fn default() -> Self {
        Self { enabled: true, link_untrusted_signers: false, errors_leave_root_untrusted: true }
    }
}

/// A list with an entry for a chain's last certificate.
pub(crate) struct Link {
    info: TrustListInfo,
    /// The CTL_ bits.
    errors: TrustError,
    /// The chain of its signer.
    signer: ChainContext,
    confers_trust: bool,
}

/// The root of this path, if a list may stand in for it.
pub(super) fn may_link<'p>(sources: &Sources<'_>, path: &'p Path) -> Option<&'p Certificate> {
    let wanted = sources.links
        && sources.engine.options.trust_lists.enabled
        && path.end == PathEnd::SelfSigned
        && !path.is_anchored()
        && sources.trust_lists().next().is_some();
    path.elements.last().filter(|_| wanted).map(|last| last.context.certificate())
}

/// The best list that names this root.
pub(super) fn find(sources: &Sources<'_>, root: &Certificate) -> Option<Link> {
    let lists = sources.trust_lists().filter(|(_, signed)| confers(&signed.list.usage));
    let named = lists.filter_map(|(origin, signed)| {
        let identifier = identifier(&signed.list.subject_algorithm, root)?;
        signed.list.find(&identifier).map(|_| (origin, signed, identifier))
    });
    let links = named
        .take(MAX_LISTS)
        .filter_map(|(origin, signed, identifier)| Link::new(sources, origin, signed, identifier));
    // what else is equal is decided by the newest, then by the octets, not by the order of stores
    links.min_by_key(|link| {
        let list = &link.info.list.list;
        let age = std::cmp::Reverse(list.this_update);
        (!link.confers_trust, link.errors.0, link.signer.status.error.0, age, sha1(list.der()))
    })
}

fn confers(usage: &[Oid]) -> bool {
    !usage.iter().any(|oid| OTHER_PURPOSES.contains(oid))
}

/// What a list calls this certificate: its hash (documented for SHA-1; SHA-2 taken likewise).
fn identifier(algorithm: &Oid, certificate: &Certificate) -> Option<Vec<u8>> {
    use HashAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    let hash = hash_algorithm(algorithm.as_octets())?;
    matches!(hash, Sha1 | Sha256 | Sha384 | Sha512).then(|| hash.digest(certificate.der()))
}

impl Link {
    /// `None` if nobody is known to have signed the list, or nobody who is trusted.
    fn new(
        sources: &Sources<'_>,
        origin: Origin,
        signed: &Arc<SignedTrustList>,
        subject_identifier: Vec<u8>,
    ) -> Option<Self> {
        let options = sources.engine.options.trust_lists;
        let signer_info = signed.message.signers.first()?;
        let enclosed = signed.message.certificates();
        let signer = match signer_info.find_certificate(&enclosed) {
            Some(signer) => signer.clone(),
            None => signer_info.find_certificate(&sources.certificates())?.clone(),
        };
        let request = signer_request(sources.request, &signer, &enclosed);
        let chain = build_linked(sources.engine, &request, false).ok()?;
        let overlooked = TrustError::IS_NOT_TIME_VALID
            | TrustError::REVOCATION_STATUS_UNKNOWN
            | TrustError::IS_OFFLINE_REVOCATION;
        let trusted = (chain.status.error & !overlooked).is_empty();
        if !trusted && !options.link_untrusted_signers {
            return None;
        }
        let verified = verify_signer(signer_info, &signer, signed.message.digested_octets());
        let mut findings = Vec::new();
        if let Err(error) = verified {
            let bits = TrustError::CTL_IS_NOT_SIGNATURE_VALID;
            findings.push(Finding { bits, what: error.to_string(), rule: RULE });
        }
        findings.extend(check_list(sources.request, signed));
        let errors =
            findings.iter().fold(TrustError::default(), |bits, finding| bits | finding.bits);
        let grave = errors & !TrustError::CTL_IS_NOT_TIME_VALID;
        let info = TrustListInfo {
            list: Arc::clone(signed),
            subject_identifier,
            signer,
            origin,
            findings,
        };
        let confers_trust = trusted && (grave.is_empty() || !options.errors_leave_root_untrusted);
        Some(Self { info, errors, signer: chain, confers_trust })
    }

    /// Whether the root counts as trusted: then what is wrong with the list stands in its own bits.
    pub(crate) fn confers_trust(&self) -> bool {
        self.confers_trust
    }

    /// Adds the list and its signer's chain to the context that ends in it. The errors of simple
    /// chains add up; of the information bits only those that both chains have stay (inferred).
    pub(super) fn extend(&self, context: &mut ChainContext) {
        if let Some(first) = context.chains.first_mut() {
            first.status.error |= self.errors;
            first.trust_list = Some(self.info.clone());
        }
        context.status.error |= self.errors | self.signer.status.error;
        if !self.signer.status.info.contains(TrustInfo::HAS_PREFERRED_ISSUER) {
            context.status.info &= !TrustInfo::HAS_PREFERRED_ISSUER;
        }
        context.status.info |= TrustInfo::IS_COMPLEX_CHAIN;
        context.revocation_freshness = context
            .revocation_freshness
            .zip(self.signer.revocation_freshness)
            .map(|(one, other)| one.max(other));
        context.chains.extend(self.signer.chains.iter().cloned());
        context.unproven.push(
            "a trust list stands in for the root: Windows documents the bits for it, not how it \
             weighs them"
                .to_owned(),
        );
    }
}

/// The question about a list's signer. pTime and time stamps have no say in trust lists
/// (documented).
fn signer_request<'a>(
    request: &ChainRequest<'a>,
    signer: &Certificate,
    enclosed: &[Certificate],
) -> ChainRequest<'a> {
    let mut additional = StoreBuilder::new();
    for certificate in enclosed {
        additional.certificate(certificate.clone().into());
    }
    for context in request.additional.certificates() {
        additional.certificate(context.clone());
    }
    for crl in request.additional.crls() {
        additional.crl(crl.clone());
    }
    let without = ChainFlags::RETURN_LOWER_QUALITY_CONTEXTS
        | ChainFlags::TIMESTAMP_TIME
        | ChainFlags::ENABLE_PEER_TRUST;
    let mut ask = ChainRequest::new(CertificateContext::new(signer.clone()), request.now);
    ask.additional = additional.build();
    ask.usage = UsageMatch::all(vec![oid::KP_CTL_USAGE_SIGNING]);
    ask.flags = ChainFlags(request.flags.0 & !without.0);
    ask.strong_sign.clone_from(&request.strong_sign);
    ask.url_retrieval_timeout = request.url_retrieval_timeout;
    ask.retrieval = request.retrieval;
    ask
}

/// Time and usage of a list.
fn check_list(request: &ChainRequest<'_>, signed: &SignedTrustList) -> Vec<Finding> {
    let (list, now) = (&signed.list, request.now);
    let mut findings = Vec::new();
    let mut error = |bits, what| findings.push(Finding { bits, what, rule: RULE });
    if now < list.this_update || list.next_update.is_some_and(|next| now > next) {
        let end = list.next_update.map_or_else(|| "no end".to_owned(), |next| next.to_string());
        let what = format!("the trust list holds from {} to {end}; it is {now}", list.this_update);
        error(TrustError::CTL_IS_NOT_TIME_VALID, what);
    }
    if !request.usage.is_satisfied_by(|oid| list.usage.contains(oid)) {
        let usages: Vec<String> = list.usage.iter().map(ToString::to_string).collect();
        let what = format!("the trust list is for {}, not for what is asked", usages.join(", "));
        error(TrustError::CTL_IS_NOT_VALID_FOR_USAGE, what);
    }
    findings
}
