//! Judging an ordered path: each rule is one file, this one only asks them in turn.

mod basic_constraints;
mod certificate_policies;
mod critical_extensions;
mod distrust;
mod key_usage;
pub mod name_constraints;
mod revocation;
mod signature;
mod trust;
mod usage;
mod validity;
pub mod weak;

use super::build::{Judged, end_status};
use super::context::{Element, Finding};
use super::engine::Profile;
use super::issuer::{self, Sources};
use super::path::{Path, PathElement, PathEnd};
use super::rank::Quality;
use super::status::{TrustError, TrustInfo, TrustStatus};
use crate::base::oid::{self, Oid};
use crate::crypto::AlgorithmIdentifier;

/// What the rules have found so far.
pub(crate) struct Findings {
    elements: Vec<ElementFindings>,
    chain_info: TrustInfo,
    /// What of the answer rests on rules that are not known.
    unproven: Vec<String>,
}

#[derive(Default)]
struct ElementFindings {
    status: TrustStatus,
    findings: Vec<Finding>,
    application_usage: Option<Vec<Oid>>,
    issuance_usage: Option<Vec<Oid>>,
    revocation: Option<crate::revocation::RevocationInfo>,
}

impl Findings {
    fn new(count: usize) -> Self {
        let mut elements = Vec::with_capacity(count);
        elements.resize_with(count, ElementFindings::default);
        Self { elements, chain_info: TrustInfo::default(), unproven: Vec::new() }
    }

    /// Marks an element, and says why.
    pub(crate) fn error(
        &mut self,
        element: usize,
        bits: TrustError,
        rule: &'static str,
        what: impl FnOnce() -> String,
    ) {
        if let Some(found) = self.elements.get_mut(element) {
            found.status.error |= bits;
            found.findings.push(Finding { bits, what: what(), rule });
        }
    }

    fn info(&mut self, element: usize, bits: TrustInfo) {
        if let Some(found) = self.elements.get_mut(element) {
            found.status.info |= bits;
        }
    }

    fn errors_of(&self, element: usize) -> TrustError {
        self.elements.get(element).map_or(TrustError::default(), |found| found.status.error)
    }
}

/// Judges a path.
pub(super) fn judge(sources: &Sources<'_>, path: &Path) -> Judged {
    let mut findings = Findings::new(path.elements.len());
    for (index, element) in path.elements.iter().enumerate() {
        let mut info = issuer::match_kind(element.context.certificate());
        if path.is_root(index) {
            info |= TrustInfo::IS_SELF_SIGNED;
        }
        if index > 0
            && sources.engine.options.mark_key_rollover
            && sources.has_other_key(element.context.certificate())
        {
            info |= TrustInfo::IS_KEY_ROLLOVER;
        }
        if sources.is_exclusive(element.context.certificate()) {
            info |= TrustInfo::IS_FROM_EXCLUSIVE_TRUST_STORE;
        }
        findings.info(index, info);
    }
    if path.end != PathEnd::PeerTrusted {
        signature::check(path, &mut findings);
        trust::check(sources, path, &mut findings);
    } else {
        findings.info(0, TrustInfo::IS_PEER_TRUSTED);
    }
    validity::check(sources, path, &mut findings);
    basic_constraints::check(sources, path, &mut findings);
    key_usage::check(sources, path, &mut findings);
    critical_extensions::check(sources, path, &mut findings);
    name_constraints::check(sources, path, &mut findings);
    usage::check(sources, path, &mut findings);
    certificate_policies::check(sources, path, &mut findings);
    weak::check(sources, path, &mut findings);
    distrust::check(sources, path, &mut findings);
    let freshness = revocation::check(sources, path, &mut findings);
    note_other_names(sources, path, &mut findings);
    note_edwards_keys(path, &mut findings);
    finish(sources, path, findings, freshness)
}

/// An issuer that is named by its key alone, its subject not being the name that the certificate
/// gives its issuer: seen on Windows XP (observed, windows-facts 2.3), and not known of later
/// versions.
fn note_other_names(sources: &Sources<'_>, path: &Path, findings: &mut Findings) {
    if sources.engine.options.profile == Profile::WindowsXp {
        return;
    }
    for pair in path.elements.windows(2) {
        let [subject, issuer] = pair else { continue };
        let (subject, issuer) = (subject.context.certificate(), issuer.context.certificate());
        if subject.issuer().raw() != issuer.subject().raw() {
            findings.unproven.push(format!(
                "{} names its issuer {}; that {} stands for it, by its key alone, is proven of \
                 Windows XP only",
                subject.subject(),
                subject.issuer(),
                issuer.subject()
            ));
        }
    }
}

/// Whether Windows verifies Ed25519 in certificates is not known (reference, chain-engine: none of
/// its sources tries it).
fn note_edwards_keys(path: &Path, findings: &mut Findings) {
    let is_edwards = |element: &PathElement| {
        let certificate = element.context.certificate();
        AlgorithmIdentifier::parse(certificate.signature_algorithm())
            .is_ok_and(|algorithm| algorithm.oid == oid::ED25519.as_octets())
    };
    if path.elements.iter().any(is_edwards) {
        findings.unproven.push(
            "a certificate is signed with Ed25519: that Windows verifies such signatures is not \
             proven"
                .to_owned(),
        );
    }
}

/// Adds up what the elements say (reference, chain-engine 6).
fn finish(
    sources: &Sources<'_>,
    path: &Path,
    findings: Findings,
    freshness: Option<i64>,
) -> Judged {
    let mut status = end_status(path);
    if path.end == PathEnd::CaAnchor {
        status.info |= TrustInfo::IS_CA_TRUSTED;
    }
    status.info |= findings.chain_info;
    let all = |bit: TrustInfo| {
        !findings.elements.is_empty()
            && findings.elements.iter().all(|element| element.status.info.contains(bit))
    };
    if all(TrustInfo::HAS_PREFERRED_ISSUER) {
        status.info |= TrustInfo::HAS_PREFERRED_ISSUER;
    }
    if path.end == PathEnd::PeerTrusted {
        status.info |= TrustInfo::IS_PEER_TRUSTED;
    }
    let elements: Vec<Element> = path
        .elements
        .iter()
        .zip(findings.elements)
        .map(|(element, found)| {
            status.error |= found.status.error;
            Element {
                certificate: element.context.certificate().clone(),
                status: found.status,
                revocation: found.revocation,
                application_usage: found.application_usage,
                issuance_usage: found.issuance_usage,
                findings: found.findings,
                origin: element.origin,
            }
        })
        .collect();
    let quality = Quality::of(sources, path, status.error, &elements);
    let link = path.link.clone();
    Judged { quality, elements, status, freshness, link, unproven: findings.unproven }
}
