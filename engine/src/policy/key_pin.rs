//! Key pins (reference, chain-policy 4.12; ctl 3.2).

use super::{Answer, PolicyContext, PolicyExtra, PolicyRequest, last_element};
use crate::base::der::{self, Reader, tag};
use crate::base::digest::sha256;
use crate::base::hresult;
use crate::base::oid;
use crate::chain::context::{ChainContext, Origin};
use crate::object::trust_list::{Entry, TrustList};

/// SITE_PIN_RULES_ALL_SUBDOMAINS_FLAG
const ALL_SUBDOMAINS: i64 = 1;
/// SSL_KEY_PIN_ERROR_MISMATCH and its siblings.
const MISMATCH_ERROR: i32 = -2;
const MITM_ERROR: i32 = -1;

/// Judges the chain by the pin rules for the server. A name without a rule passes.
pub(super) fn verify(
    context: &ChainContext,
    request: &PolicyRequest,
    policy_context: &PolicyContext<'_>,
) -> Answer {
    let mut answer = Answer { extra: PolicyExtra::KeyPin { status: 0 }, ..Answer::default() };
    answer.note("pins that servers gave by HTTP header are state of the machine: not judged");
    let (Some(server), Some(list)) = (&request.server, policy_context.pin_rules) else {
        answer.note("no server name or no list of pin rules: nothing to compare");
        return answer;
    };
    if let (Some(time), Some(next)) = (policy_context.time, list.next_update)
        && next < time
    {
        answer.note("the list of pin rules has expired; whether Windows still obeys it is unknown");
    }
    let Some(entry) = entry_for(list, server) else { return answer };
    let rules = match pinned(list, &entry) {
        // CAPI2 (inferred, ctl 3.2): an entry without an index takes the name out of the rules.
        Ok(rules) if rules.is_empty() => return answer,
        Ok(rules) => rules,
        Err(error) => {
            answer.refused = true;
            answer.note(format!("the pin rules cannot be read: {error}"));
            answer.error(error.hresult(), -1, -1);
            return answer;
        }
    };
    let elements = context.elements();
    let third_party = last_element(context)
        .is_some_and(|(_, root)| (policy_context.third_party)(&root.certificate));
    let keys = elements.iter().map(|e| sha256(e.certificate.public_key_octets()));
    let matches = keys.into_iter().any(|key| rules.contains(&key));
    let status = match (third_party, matches) {
        (true, true) => return answer,
        (true, false) => MISMATCH_ERROR,
        (false, _) => MITM_ERROR,
    };
    if status == MITM_ERROR && elements.last().is_some_and(|root| root.origin == Origin::Root) {
        answer.note("a root from Group Policy would only be a warning (1): not told apart here");
    }
    answer.extra = PolicyExtra::KeyPin { status };
    answer.error(hresult::CERT_E_CN_NO_MATCH, -1, -1);
    answer.note("the indexes of the error are inferred");
    answer
}

/// The most specific entry that speaks of this server.
fn entry_for<'a>(list: &'a TrustList, server: &str) -> Option<Entry<'a>> {
    let server = server.strip_suffix('.').unwrap_or(server).to_ascii_lowercase();
    let speaks = |entry: &Entry<'_>| {
        let domain = entry.identifier();
        if domain.eq_ignore_ascii_case(server.as_bytes()) {
            return true;
        }
        let dotted = domain.first() == Some(&b'.');
        if !dotted && (domain.is_empty() || !covers_subdomains(entry)) {
            return false;
        }
        let above = server.len().checked_sub(domain.len());
        let Some((head, tail)) = above.and_then(|at| server.as_bytes().split_at_checked(at)) else {
            return false;
        };
        let boundary = if dotted { !head.is_empty() } else { head.last() == Some(&b'.') };
        boundary && tail.eq_ignore_ascii_case(domain)
    };
    list.entries().filter(speaks).max_by_key(|entry| entry.identifier().len())
}

fn covers_subdomains(entry: &Entry<'_>) -> bool {
    integers(entry, &oid::PIN_RULES_FLAGS)
        .is_ok_and(|flags| flags.iter().any(|flags| flags & ALL_SUBDOMAINS != 0))
}

/// The integers of an attribute of this kind.
fn integers(entry: &Entry<'_>, kind: &oid::Oid) -> der::Result<Vec<i64>> {
    let mut found = Vec::new();
    for attribute in entry.attributes().filter(|attribute| attribute.kind == kind.as_octets()) {
        let mut values = Reader::new(attribute.values);
        while !values.is_empty() {
            found.push(values.small_integer()?);
        }
    }
    Ok(found)
}

/// The SHA-256 digests of the keys that the entry pins.
///
/// ```asn1
/// PinRules ::= SEQUENCE OF SEQUENCE { INTEGER, INTEGER, SEQUENCE OF SEQUENCE {
///   md5 OCTET STRING, sha256 OCTET STRING, NULL } }
/// ```
fn pinned(list: &TrustList, entry: &Entry<'_>) -> der::Result<Vec<[u8; 32]>> {
    let wanted = integers(entry, &oid::PIN_RULES_INDEX)?;
    let mut keys = Vec::new();
    let extension = list.extensions.iter().find(|e| e.oid == oid::PIN_RULES_EXT);
    let Some(extension) = extension.filter(|_| !wanted.is_empty()) else { return Ok(keys) };
    let mut rules = Reader::new(&extension.value).sequence()?;
    let mut position = 0;
    while !rules.is_empty() {
        let mut rule = rules.sequence()?;
        if wanted.contains(&position) {
            rule.expect(tag::INTEGER)?;
            rule.expect(tag::INTEGER)?;
            let mut pins = rule.sequence()?;
            while !pins.is_empty() {
                let mut pin = pins.sequence()?;
                pin.octet_string()?;
                if let Ok(key) = <[u8; 32]>::try_from(pin.octet_string()?.as_ref()) {
                    keys.push(key);
                }
            }
        }
        position += 1;
    }
    Ok(keys)
}
