//! Explicit distrust and the root program's restrictions (reference, chain-engine 7.9; ctl 4).

use super::Findings;
use crate::base::oid;
use crate::chain::engine::ChainFlags;
use crate::chain::issuer::Sources;
use crate::chain::path::Path;
use crate::chain::status::{TrustError, TrustInfo};
use crate::crypto::{AlgorithmIdentifier, signature_hash};
use crate::object::certificate::Certificate;
use crate::object::property;
use crate::store::root_program::verdict::{self, RootQuestion};

const RULE: &str = "chain-engine 7.9 (documented, observed)";
const DISALLOWED_CA: &str = "chain-engine 5 (the info bit is documented, the rest an option)";
const PROGRAM: &str = "ctl 4.3 (documented by Microsoft's deprecation page; the bit is inferred)";

/// Marks certificates that are disallowed, and roots that the root program has disabled.
pub(super) fn check(sources: &Sources<'_>, path: &Path, findings: &mut Findings) {
    for (index, element) in path.elements.iter().enumerate() {
        let certificate = element.context.certificate();
        if let Some(why) = disallowed(sources, certificate) {
            mark(sources, path, findings, index, RULE, why);
        }
    }
    check_disallowed_ca(sources, path, findings);
    check_root_program(sources, path, findings);
}

fn mark(
    sources: &Sources<'_>,
    path: &Path,
    findings: &mut Findings,
    index: usize,
    rule: &'static str,
    why: String,
) {
    let mut bits = TrustError::IS_EXPLICIT_DISTRUST;
    if sources.engine.options.distrust_sets_revoked {
        bits |= TrustError::IS_REVOKED;
        if path.is_root(index) {
            bits |= TrustError::IS_UNTRUSTED_ROOT;
        }
    }
    findings.error(index, bits, rule, || why);
}

/// Why this certificate is disallowed: by itself, or by a list that names the hash of its
/// TBSCertificate (property 15) or the MD5 of its key (property 25).
fn disallowed(sources: &Sources<'_>, certificate: &Certificate) -> Option<String> {
    let store = &sources.engine.stores.disallowed;
    if store.find(certificate).is_some() {
        return Some("the Disallowed store holds it".to_owned());
    }
    // The same signed part with its signature or its lengths written another way (inferred from
    // property 15, by which lists name certificates: the hash of what is signed).
    let mut namesakes = store.with_subject(certificate.subject().raw());
    if namesakes.any(|held| held.certificate().tbs() == certificate.tbs()) {
        return Some("the Disallowed store holds it in another encoding".to_owned());
    }
    if let Some(list) = &sources.engine.stores.disallowed_list
        && let Some(by) = list.matches(certificate)
    {
        let date = list.facts().this_update;
        return Some(format!("the disallowed list of {date} names {}", by.name()));
    }
    let lists: Vec<_> = store
        .trust_lists()
        .iter()
        .filter(|list| list.usage.contains(&oid::DISALLOWED_LIST))
        .collect();
    if lists.is_empty() {
        return None;
    }
    let key_md5 = certificate.public_key_md5();
    let tbs_hash = AlgorithmIdentifier::parse(certificate.signature_algorithm())
        .ok()
        .and_then(|algorithm| signature_hash(certificate.tbs(), &algorithm));
    lists.iter().find_map(|list| {
        let what = if list.find(&key_md5).is_some() {
            "the MD5 of its public key"
        } else if tbs_hash.as_ref().is_some_and(|hash| list.find(hash).is_some()) {
            "the hash of its TBSCertificate"
        } else {
            return None;
        };
        Some(format!("the disallowed list of {} names {what}", list.this_update))
    })
}

/// DISALLOWED_CA_FILETIME of a CA's copy in a store. A caller that has said it knows the bit is told
/// that pTime lies before the date (documented).
fn check_disallowed_ca(sources: &Sources<'_>, path: &Path, findings: &mut Findings) {
    let request = sources.request;
    let knows = request.flags.contains(ChainFlags::ENABLE_DISALLOWED_CA);
    let distrusts = sources.engine.options.disallowed_ca_time_distrusts;
    if !knows && !distrusts {
        return;
    }
    let time = request.verification_time();
    for (index, element) in path.elements.iter().enumerate().skip(1) {
        let copy = sources.root_entry(element.context.certificate()).unwrap_or(&element.context);
        let Some(date) = copy.properties().time(property::DISALLOWED_CA_FILETIME) else { continue };
        if time < date {
            if knows {
                findings.info(index, TrustInfo::BEFORE_DISALLOWED_CA_FILETIME);
                findings.chain_info |= TrustInfo::BEFORE_DISALLOWED_CA_FILETIME;
            }
        } else if distrusts {
            let why = format!("this CA is distrusted from {date} on");
            mark(sources, path, findings, index, DISALLOWED_CA, why);
        }
    }
}

/// The root program's disable and not-before dates (properties 104, 126, 127) on the root's copy.
fn check_root_program(sources: &Sources<'_>, path: &Path, findings: &mut Findings) {
    let last = path.elements.len().saturating_sub(1);
    if !path.is_root(last) || !path.is_anchored() {
        return;
    }
    let Some(root) = path.elements.last() else { return };
    let entry = sources.root_entry(root.context.certificate()).unwrap_or(&root.context).clone();
    let properties = entry.properties();
    if let Some(policies) = properties.oids(property::ROOT_PROGRAM_CHAIN_POLICIES) {
        let bits = [
            (oid::ROOT_PROGRAM_AUTO_UPDATE_CA_REVOCATION, TrustInfo::AUTO_UPDATE_CA_REVOCATION),
            (oid::ROOT_PROGRAM_AUTO_UPDATE_END_REVOCATION, TrustInfo::AUTO_UPDATE_END_REVOCATION),
            (oid::ROOT_PROGRAM_NO_OCSP_FAILOVER_TO_CRL, TrustInfo::NO_OCSP_FAILOVER_TO_CRL),
        ];
        for (policy, bit) in bits {
            if policies.contains(&policy) {
                findings.info(last, bit);
            }
        }
    }
    if !sources.engine.options.profile.honours_root_program_dates() {
        return;
    }
    let request = sources.request;
    let above = path.elements.first().filter(|_| last > 0);
    let question = RootQuestion {
        usages: &request.usage.oids,
        now: request.now,
        time: request.verification_time(),
        time_stamped: request.flags.contains(ChainFlags::TIMESTAMP_TIME),
        issued: above.map(|end| end.context.certificate().not_before()),
    };
    if let Some(date) = verdict::disabled(properties, &question) {
        let why = format!("the root program disabled this root from {date} on");
        mark(sources, path, findings, last, PROGRAM, why);
    }
    if let Some(date) = verdict::issued_after(properties, &question) {
        let why = format!(
            "the root program does not trust certificates of this root issued after {date}"
        );
        mark(sources, path, findings, last, PROGRAM, why);
    }
}
