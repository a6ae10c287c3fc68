//! Extended key usage and application policies (reference, chain-engine 7.5; windows-facts 7).

use std::collections::HashSet;

use super::Findings;
use crate::base::oid::Oid;
use crate::chain::issuer::Sources;
use crate::chain::path::Path;
use crate::chain::status::TrustError;
use crate::chain::work::MAX_COMPARISONS;
use crate::object::certificate::Certificate;
use crate::object::property;
use crate::store::CertificateContext;
use crate::store::root_program::verdict::{Usages, restrict_usages, without_wildcards};

const RULE: &str = "chain-engine 7.5, windows-facts 7 (observed)";

/// Usages that a finding names.
const MAX_SHOWN: usize = 64;

/// Intersects the usages from the root down, and marks each element whose running intersection
/// lacks what was asked for.
pub(super) fn check(sources: &Sources<'_>, path: &Path, findings: &mut Findings) {
    let mut running: Usages = None;
    for (index, element) in path.elements.iter().enumerate().rev() {
        let certificate = element.context.certificate();
        report_undecodable(certificate, index, findings);
        if index + 1 < path.elements.len() {
            running = map(running, path, index);
        }
        let mut own = effective(&element.context);
        if index + 1 == path.elements.len() && path.is_anchored() {
            own = restrict_anchor(sources, certificate, own);
        }
        // each set is gone through once, and copied into the answer
        let count = |usages: &Usages| usages.as_ref().map_or(0, Vec::len);
        if !sources.work.take(count(&running) + count(&own)) {
            findings.error(index, TrustError::IS_NOT_VALID_FOR_USAGE, RULE, || {
                format!("more usages than {MAX_COMPARISONS} allows")
            });
            continue;
        }
        running = intersect(running, own);
        let satisfied = sources
            .request
            .usage
            .is_satisfied_by(|oid| running.as_ref().is_none_or(|usages| usages.contains(oid)));
        if !satisfied {
            findings.error(index, TrustError::IS_NOT_VALID_FOR_USAGE, RULE, || {
                let list = |oids: &mut dyn Iterator<Item = &Oid>| {
                    oids.take(MAX_SHOWN).map(describe).collect::<Vec<_>>().join(", ")
                };
                let allowed = list(&mut running.iter().flatten());
                let asked = list(&mut sources.request.usage.oids.iter());
                let more = running.as_ref().map_or(0, Vec::len).saturating_sub(MAX_SHOWN);
                let more = if more == 0 { String::new() } else { format!(" and {more} more") };
                format!("allowed here: {allowed}{more}; asked for: {asked}")
            });
        }
        if let Some(found) = findings.elements.get_mut(index) {
            found.application_usage = if index == 0 { running.take() } else { running.clone() };
        }
    }
}

fn describe(oid: &Oid) -> String {
    oid.name().map_or_else(|| oid.to_string(), str::to_owned)
}

/// A usage extension that cannot be decoded marks its element, whatever was asked; it then
/// restricts nothing. Of the two extensions, only the one that decides is looked at (observed,
/// windows-facts 7.10 to 7.13).
fn report_undecodable(certificate: &Certificate, index: usize, findings: &mut Findings) {
    let extensions = certificate.extensions();
    let error = match (&extensions.application_policies, &extensions.ext_key_usage) {
        (Some(policies), _) => policies.value.as_ref().err(),
        (None, Some(usage)) => usage.value.as_ref().err(),
        (None, None) => None,
    };
    if let Some(error) = error {
        let bits = TrustError::INVALID_EXTENSION | TrustError::INVALID_POLICY_CONSTRAINTS;
        findings.error(index, bits, RULE, || error.to_string());
    }
}

/// What a certificate may be used for: Microsoft's application policies, else extKeyUsage, and
/// property 9 of the store's copy (documented: they intersect).
fn effective(context: &CertificateContext) -> Usages {
    let extensions = context.certificate().extensions();
    let stated = match (&extensions.application_policies, &extensions.ext_key_usage) {
        (Some(policies), _) => {
            policies.ok().map(|list| list.iter().map(|p| p.policy.clone()).collect())
        }
        (None, Some(usage)) => usage.ok().cloned(),
        (None, None) => None,
    };
    let property = context.properties().oids(property::ENHKEY_USAGE);
    intersect(without_wildcards(stated), without_wildcards(property))
}

fn intersect(a: Usages, b: Usages) -> Usages {
    match (a, b) {
        (None, other) | (other, None) => other,
        (Some(a), Some(b)) => {
            let a: HashSet<Oid> = a.into_iter().collect();
            Some(b.into_iter().filter(|oid| a.contains(oid)).collect())
        }
    }
}

/// Application policy mappings of the issuer (1.3.6.1.4.1.311.21.11): an allowed policy also
/// allows what it is mapped to. Only where the issuer has application policies (inferred).
fn map(running: Usages, path: &Path, index: usize) -> Usages {
    let mut running = running?;
    let issuer = path.elements.get(index + 1)?.context.certificate().extensions();
    if issuer.application_policies.is_some()
        && let Some(mappings) = issuer.application_policy_mappings.as_ref().and_then(|m| m.ok())
    {
        let mut known: HashSet<Oid> = running.iter().cloned().collect();
        for (from, to) in mappings {
            if known.contains(from) && known.insert(to.clone()) {
                running.push(to.clone());
            }
        }
    }
    Some(running)
}

/// The root program's restrictions on the trust store's copy: property 9, minus property 122.
fn restrict_anchor(sources: &Sources<'_>, anchor: &Certificate, own: Usages) -> Usages {
    let Some(entry) = sources.root_entry(anchor) else { return own };
    restrict_usages(entry.properties(), own, &sources.request.usage.oids)
}
