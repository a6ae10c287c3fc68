//! The machine in evidence, as it would be if nothing were wrong with it.

use crate::base::digest::hex;
use crate::base::time::Time;
use crate::object::certificate::Certificate;
use crate::root_update::list::ListReport;
use crate::scenario::{
    self, CachedObject, LIST_REVOCATION, LIST_ROOTS, LIST_SIGNER_TIME, ObjectInput, RegistryValue,
    Scenario, Stores, examine_list,
};

use super::case::{Case, ClockKnowledge};
use super::fact::{base64, certificate, objects, octets};

/// A scenario of a proof holds its objects itself.
pub(super) fn no_files(path: &str) -> Result<Vec<u8>, String> {
    Err(format!("{path} is not part of the proof"))
}

/// The sound machine: its clock right, its stores as delivered, no policy, no fault, and in each
/// place where the machine has a list, a list that would be accepted, if the evidence has one.
///
/// A list whose only fault is its age stays, and its signer's period does not matter: then the
/// experiment that makes it matter again is about nothing else.
pub(super) fn sound_machine(case: &Case) -> Scenario {
    let machine = &case.machine;
    let mut sound = Scenario {
        stores: Stores::default(),
        registry: Default::default(),
        url_cache: Vec::new(),
        network: Vec::new(),
        faults: Vec::new(),
        note: None,
        expect: None,
        ..machine.clone()
    };
    if let ClockKnowledge::Wrong { really, .. } = &case.clock {
        sound.clock = really.to_string();
    }
    // how the question is put is no fact of the machine
    for key in [LIST_ROOTS, LIST_REVOCATION] {
        if let Some(value) = machine.registry.get(key) {
            sound.registry.insert(key.to_owned(), value.clone());
        }
    }
    if machine.registry.contains_key(LIST_ROOTS) {
        sound.stores.ROOT = lab_roots(case);
    }
    sound.stores.CA = authorities(case, &sound);
    let places: Vec<(&String, Option<Vec<u8>>)> = machine
        .url_cache
        .iter()
        .map(|entry| (&entry.url, entry.object.as_ref()))
        .chain(machine.network.iter().map(|answer| (&answer.url, answer.object.as_ref())))
        .filter(|(url, _)| is_list(url))
        .map(|(url, object)| (url, object.and_then(octets)))
        .collect();
    let held = places.iter().filter_map(|(_, octets)| octets.as_deref());
    let lists: Vec<&[u8]> = held.chain(case.lists.iter().map(Vec::as_slice)).collect();
    let mut replacement = lists.iter().copied().find(|list| accepts(&sound, list));
    if replacement.is_none() {
        let mut ageless = sound.clone();
        let ignore = RegistryValue::Text("ignore".to_owned());
        ageless.registry.insert(LIST_SIGNER_TIME.to_owned(), ignore);
        replacement = lists.iter().copied().find(|list| accepts(&ageless, list));
        if let Some(list) = replacement {
            // no list outlives its signer, so a wrong clock may matter to any list
            if let Some(period) = period(case, &ageless, list) {
                ageless.registry.insert(LIST_SIGNER_TIME.to_owned(), RegistryValue::Text(period));
            }
            sound = ageless;
        }
    }
    for entry in machine.url_cache.iter().filter(|entry| is_list(&entry.url)) {
        let own = entry.object.as_ref().and_then(octets).filter(|list| accepts(&sound, list));
        if let Some(list) = own.as_deref().or(replacement) {
            sound.url_cache.push(CachedObject { object: Some(base64(list)), ..entry.clone() });
        }
    }
    for answer in machine.network.iter().filter(|answer| is_list(&answer.url)) {
        let own = answer.object.as_ref().and_then(octets).filter(|list| accepts(&sound, list));
        if let Some(list) = own.as_deref().or(replacement) {
            sound.network.push(scenario::NetworkAnswer {
                url: answer.url.clone(),
                status: None,
                object: Some(base64(list)),
                delay_ms: None,
                error: None,
            });
        }
    }
    sound
}

/// When a signer would be valid, were it as long as this list's and in its middle now, by the right
/// clock. `None` where the clock is not known to be wrong.
fn period(case: &Case, sound: &Scenario, list: &[u8]) -> Option<String> {
    let ClockKnowledge::Wrong { really, .. } = &case.clock else { return None };
    let report = examine_list(sound, list, &no_files).ok()?;
    let signer = report.signer()?;
    let half = (signer.not_after().unix() - signer.not_before().unix()) / 2;
    let (from, to) = (really.unix() - half, really.unix() + half);
    Some(format!("{}/{}", Time::from_unix(from), Time::from_unix(to)))
}

/// Whether an address is that of the root list.
pub(super) fn is_list(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    path.to_ascii_lowercase().ends_with(crate::root_update::LIST_FILE)
}

/// Whether the evidence has a list that a sound machine would take.
pub(super) fn has_list(case: &Case) -> bool {
    let sound = sound_machine(case);
    !sound.url_cache.is_empty() || !sound.network.is_empty()
}

fn accepts(machine: &Scenario, list: &[u8]) -> bool {
    examine_list(machine, list, &no_files).is_ok_and(|report: ListReport| report.is_accepted())
}

/// The CAs of lists as delivered, and those under the machine's roots that the evidence has: beside
/// other things, or in the lists themselves. Empty where it has none.
fn authorities(case: &Case, sound: &Scenario) -> Vec<ObjectInput> {
    let roots: Vec<Certificate> =
        objects(sound, "ROOT").iter().filter_map(|(_, object)| certificate(object)).collect();
    let loose = case.certificates.iter().filter_map(|octets| Certificate::from_der(octets).ok());
    let cached = case.machine.url_cache.iter().filter_map(|entry| octets(entry.object.as_ref()?));
    let in_lists = case.lists.iter().cloned().chain(cached).flat_map(|list| {
        let report = examine_list(sound, &list, &no_files).ok();
        report.map(|report| report.certificates).unwrap_or_default()
    });
    let mut found: Vec<Certificate> = Vec::new();
    for certificate in loose.chain(in_lists) {
        let basic = certificate.extensions().basic_constraints.as_ref();
        let is_authority = basic.and_then(|basic| basic.ok()).is_some_and(|basic| basic.ca);
        let is_root = certificate.subject().raw() == certificate.issuer().raw();
        let fits = roots.iter().any(|root| root.subject().raw() == certificate.issuer().raw());
        if is_authority && !is_root && fits && !found.contains(&certificate) {
            found.push(certificate);
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    let delivered = objects(sound, "CA").into_iter().map(|(_, object)| object);
    delivered.chain(found.iter().map(|certificate| base64(certificate.der()))).collect()
}

/// The roots that a machine with lists of its own names, from wherever in the evidence they are.
fn lab_roots(case: &Case) -> Vec<ObjectInput> {
    let named = match case.machine.registry.get(LIST_ROOTS) {
        Some(RegistryValue::Text(text)) => vec![text.to_lowercase()],
        Some(RegistryValue::Texts(texts)) => texts.iter().map(|t| t.to_lowercase()).collect(),
        _ => Vec::new(),
    };
    let known = case.certificates.iter().filter_map(|octets| Certificate::from_der(octets).ok());
    let mut roots: Vec<Certificate> =
        known.filter(|found| named.contains(&hex(&found.sha256()))).collect();
    roots.dedup_by(|a, b| a.der() == b.der());
    roots.iter().map(|root| base64(root.der())).collect()
}
