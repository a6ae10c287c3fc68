//! Which elements are checked for revocation, and what their results do to one another
//! (reference, chain-engine 10.2 and 10.3; windows-facts 9 and 13.10).

use super::{Findings, weak};
use crate::base::der::{Reader, tag};
use crate::base::{hresult, oid};
use crate::chain::engine::ChainFlags;
use crate::chain::issuer::{self, Sources};
use crate::chain::path::{Path, PathEnd};
use crate::chain::status::{TrustError, TrustInfo};
use crate::crypto::SubjectPublicKeyInfo;
use crate::object::certificate::Certificate;
use crate::object::property::OCSP_RESPONSE;
use crate::revocation::{self, RevocationContext, RevocationInfo, Source};

const RULE: &str = "chain-engine 10, windows-facts 9 (observed)";

/// Checks what the flags ask for, from the root down: what is wrong with an issuer hides the
/// state of what it signed. The age of the oldest data, if every checked element has some.
pub(super) fn check(sources: &Sources<'_>, path: &Path, findings: &mut Findings) -> Option<i64> {
    let flags = sources.request.flags;
    let count = path.elements.len();
    let checked = if path.end == PathEnd::PeerTrusted {
        0..0
    } else if flags.contains(ChainFlags::REVOCATION_CHECK_CHAIN) {
        0..count
    } else if flags.contains(ChainFlags::REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT) {
        let root = path.is_root(count.saturating_sub(1));
        0..count - usize::from(root || path.end == PathEnd::Cyclic)
    } else if flags.contains(ChainFlags::REVOCATION_CHECK_END_CERT) {
        0..1
    } else {
        0..0
    };
    if checked.is_empty() {
        return None;
    }
    let mut options = issuer::revocation_options(sources.engine, sources.request);
    let last = count.saturating_sub(1);
    if findings
        .elements
        .get(last)
        .is_some_and(|root| root.status.info.contains(TrustInfo::NO_OCSP_FAILOVER_TO_CRL))
    {
        options.ocsp_failover_to_crl = false;
    }
    let strong = sources.request.strong_sign.as_ref();
    let weak_test = |algorithm: &[u8], _: &Certificate| {
        strong.is_some_and(|strong| weak::is_weak_signature(strong, algorithm))
    };
    let crls = sources.crls();
    let certificates = sources.certificates();
    let context = RevocationContext {
        retrieval: sources.request.retrieval,
        store_crls: &crls,
        certificates: &certificates,
        now: sources.request.now,
        time: sources.request.verification_time(),
        stapled_ocsp: None,
        options: &options,
        session: &sources.revocation,
        issuer_key_parameters: None,
        signature_is_weak: strong.map(|_| &weak_test as &revocation::WeakSignatureTest<'_>),
    };
    let mut issuer_is_hidden = false;
    for index in checked.clone().rev() {
        issuer_is_hidden =
            check_element(sources, path, index, issuer_is_hidden, &context, findings);
    }
    let ages = findings.elements.get(checked)?;
    let ages: Option<Vec<i64>> =
        ages.iter().map(|found| found.revocation.as_ref()?.freshness_seconds).collect();
    ages?.into_iter().max()
}

/// Whether this element's state is hidden by what is wrong above it.
fn check_element(
    sources: &Sources<'_>,
    path: &Path,
    index: usize,
    issuer_is_hidden: bool,
    context: &RevocationContext<'_>,
    findings: &mut Findings,
) -> bool {
    let Some(element) = path.elements.get(index) else { return false };
    let subject = element.context.certificate();
    let is_root = path.is_root(index);
    if path.end == PathEnd::CaAnchor && index + 1 == path.elements.len() {
        return false; // an anchor's revocation is not checked (documented)
    }
    if sources.request.flags.contains(ChainFlags::REVOCATION_CHECK_OCSP_CERT)
        && index == 0
        && subject.extensions().ocsp_nocheck
    {
        return false;
    }
    let why = issuer_is_hidden.then_some("the state of its issuer is hidden");
    if let Some(why) = why.or_else(|| hidden(path, index, is_root, findings)) {
        let info = RevocationInfo {
            result: hresult::CRYPT_E_REVOCATION_OFFLINE,
            notes: vec![why.to_owned()],
            ..RevocationInfo::default()
        };
        record(index, info, findings);
        return true;
    }
    let issuer = if is_root { Some(element) } else { path.elements.get(index + 1) };
    let Some(issuer) = issuer else { return false };
    let context = RevocationContext {
        stapled_ocsp: element.context.properties().get(OCSP_RESPONSE),
        issuer_key_parameters: inherited_dsa_parameters(path, index + 1),
        ..*context
    };
    let mut info = revocation::check(subject, issuer.context.certificate(), &context);
    if is_root && index > 0 && info.result != hresult::CRYPT_E_REVOKED {
        // a root whose state cannot be determined is no error (observed)
        info = RevocationInfo { notes: info.notes, ..RevocationInfo::default() };
    }
    let offline = context.options.unknown_to_responder_is_offline
        && info.result == hresult::CRYPT_E_NOT_IN_REVOCATION_DATABASE;
    record(index, info, findings);
    if offline {
        let bits = TrustError::IS_OFFLINE_REVOCATION;
        findings.error(index, bits, RULE, || "its responder does not know it".to_owned());
    }
    false
}

/// The DSA parameters that the key of this element inherits, if it has none of its own: those of
/// the nearest key above that has (RFC 3279, section 2.3.2).
fn inherited_dsa_parameters(path: &Path, index: usize) -> Option<&[u8]> {
    let mut keys = path.elements.iter().skip(index).map_while(|element| {
        let spki = element.context.certificate().spki();
        let key = SubjectPublicKeyInfo::from_der(&mut Reader::new(spki)).ok()?.algorithm;
        let is_dsa = [&oid::DSA, &oid::OIW_DSA].iter().any(|dsa| dsa.as_octets() == key.oid);
        is_dsa.then(|| key.parameters.filter(|octets| octets.first() == Some(&tag::SEQUENCE)))
    });
    match keys.next()? {
        Some(_) => None,
        None => keys.flatten().next(),
    }
}

/// Why this element's state cannot be vouched for, whatever a CRL or responder says: its issuer is
/// missing, untrusted, revoked or badly signed, or its own signature is bad (windows-facts 13.10;
/// inferred from what was observed).
fn hidden(path: &Path, index: usize, is_root: bool, findings: &Findings) -> Option<&'static str> {
    if is_root {
        return None;
    }
    let issuer = findings.errors_of(index + 1);
    if index + 1 >= path.elements.len() {
        return Some("its issuer is missing");
    }
    if issuer.contains(TrustError::IS_REVOKED) {
        return Some("its issuer is revoked");
    }
    let own = findings.errors_of(index);
    if own.contains(TrustError::IS_NOT_SIGNATURE_VALID) {
        return Some("its own signature does not verify");
    }
    if issuer.contains(TrustError::IS_NOT_SIGNATURE_VALID) {
        return Some("its issuer's signature does not verify");
    }
    if issuer.contains(TrustError::IS_UNTRUSTED_ROOT) {
        return Some("its issuer is not trusted");
    }
    None
}

fn record(index: usize, info: RevocationInfo, findings: &mut Findings) {
    let bits = info.trust_bits();
    if !bits.is_empty() {
        findings.error(index, bits, RULE, || describe(&info));
    }
    if info.source == Some(Source::StapledOcsp) && info.freshness_seconds.is_some() {
        findings.info(index, TrustInfo::SSL_HANDSHAKE_OCSP);
    }
    if info.extended_validity {
        findings.info(index, TrustInfo::HAS_CRL_VALIDITY_EXTENDED);
    }
    if let Some(found) = findings.elements.get_mut(index) {
        found.revocation = Some(info);
    }
}

fn describe(info: &RevocationInfo) -> String {
    let mut text = match (info.result, info.revocation_date) {
        (hresult::CRYPT_E_REVOKED, Some(date)) => format!("revoked since {date}"),
        (hresult::CRYPT_E_REVOKED, None) => "revoked".to_owned(),
        (code, _) => code.message().unwrap_or("revocation could not be checked").to_owned(),
    };
    if let Some(source) = info.source {
        text.push_str(&format!(" (from a {})", source.description()));
    }
    for note in info.notes.iter().take(4) {
        text.push_str("; ");
        text.push_str(note);
    }
    text
}
