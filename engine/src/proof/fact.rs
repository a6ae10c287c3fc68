//! One fact of a machine, and taking it from one machine to another.
//!
//! An experiment is nothing else: take a fact from the sound machine to the one in evidence and see
//! whether the event goes, then take it the other way and see whether it comes.

use std::collections::BTreeSet;

use base64::Engine as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::digest::{hex, sha1};
use crate::format::{self, Kind, Limits};
use crate::object::certificate::Certificate;
use crate::scenario::{ObjectInput, Scenario};
use crate::store::{Store, embedded};

/// One fact of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fact {
    /// What time the machine believes it is.
    Clock,
    /// What the URL cache holds for an address.
    Cached {
        /// The address.
        url: String,
        /// Whose cache.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<String>,
    },
    /// What an address answers.
    Answer {
        /// The address.
        url: String,
    },
    /// Whether a store holds certain objects.
    Store {
        /// The store.
        store: String,
        /// SHA-1 of the objects, hexadecimal.
        sha1: Vec<String>,
    },
    /// Whether a store or folder can be opened.
    Fault {
        /// The store or folder.
        store: String,
    },
    /// A registry value.
    Registry {
        /// `KEY!VALUE`
        key: String,
    },
}

impl Fact {
    /// Makes the fact in `to` what it is in `from`, and leaves all else.
    pub fn copy(&self, from: &Scenario, to: &mut Scenario) {
        match self {
            Self::Clock => to.clock.clone_from(&from.clock),
            Self::Cached { url, profile } => {
                to.url_cache.retain(|entry| entry.url != *url || entry.profile != *profile);
                let entries = from.url_cache.iter();
                to.url_cache.extend(
                    entries.filter(|entry| entry.url == *url && entry.profile == *profile).cloned(),
                );
            }
            Self::Answer { url } => {
                to.network.retain(|answer| answer.url != *url);
                to.network.extend(from.network.iter().filter(|a| a.url == *url).cloned());
            }
            Self::Store { store, sha1 } => copy_objects(store, sha1, from, to),
            Self::Fault { store } => {
                to.faults.retain(|fault| !fault.store.eq_ignore_ascii_case(store));
                let faults = from.faults.iter();
                to.faults.extend(faults.filter(|f| f.store.eq_ignore_ascii_case(store)).cloned());
            }
            Self::Registry { key } => {
                to.registry.remove(key);
                if let Some(value) = from.registry.get(key) {
                    to.registry.insert(key.clone(), value.clone());
                }
            }
        }
    }
}

/// Makes `to` hold those of the named objects that `from` holds, and no others of them.
fn copy_objects(store: &str, wanted: &[String], from: &Scenario, to: &mut Scenario) {
    let wanted: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
    let given: Vec<(String, ObjectInput)> = objects(from, store)
        .into_iter()
        .filter(|(thumbprint, _)| wanted.contains(thumbprint.as_str()))
        .collect();
    let kept = objects(to, store)
        .into_iter()
        .filter(|(thumbprint, _)| !wanted.contains(thumbprint.as_str()));
    let mut all: Vec<ObjectInput> = kept.chain(given).map(|(_, object)| object).collect();
    // a store that is described as empty is not one of which nothing is said
    if all.is_empty() {
        all.push(ObjectInput::Base64(EMPTY_STORE.to_owned()));
    }
    if let Some(place) = to.stores.get_mut(store) {
        *place = all;
    }
}

/// A serialized store without elements, in base64.
pub const EMPTY_STORE: &str = "AAAAAENFUlQAAAAAAAAAAAAAAAA=";

/// The objects of a store one by one, with the SHA-1 of each. A Root store of which nothing is said
/// has Microsoft's roots, a CA store the CAs of its lists.
pub(super) fn objects(machine: &Scenario, store: &str) -> Vec<(String, ObjectInput)> {
    let Some(described) = machine.stores.get(store) else { return Vec::new() };
    if described.is_empty() {
        return match store.to_ascii_uppercase().as_str() {
            "ROOT" => delivered(embedded::microsoft_roots()),
            "CA" => delivered(embedded::list_authorities()),
            _ => Vec::new(),
        };
    }
    described.iter().flat_map(single_objects).collect()
}

fn delivered(store: &Store) -> Vec<(String, ObjectInput)> {
    let certificates = store.certificates().iter().map(|context| context.certificate());
    certificates.map(|found| (hex(&found.sha1()), base64(found.der()))).collect()
}

/// Takes an object apart into those it holds. One with properties stays whole if it is single.
fn single_objects(object: &ObjectInput) -> Vec<(String, ObjectInput)> {
    let items = octets(object)
        .and_then(|octets| format::open(&octets, &Limits::default()).ok())
        .map(|contents| contents.items)
        .unwrap_or_default();
    if let [item] = items.as_slice() {
        return vec![(hex(&sha1(&item.octets)), object.clone())];
    }
    items.iter().map(|item| (hex(&sha1(&item.octets)), base64(&item.octets))).collect()
}

/// The certificate an object holds, in whatever form.
pub(super) fn certificate(object: &ObjectInput) -> Option<Certificate> {
    let contents = format::open(&octets(object)?, &Limits::default()).ok()?;
    let item = contents.items.iter().find(|item| item.kind == Kind::Certificate)?;
    Certificate::from_der(&item.octets).ok()
}

/// The octets of an object that is written out.
pub(super) fn octets(object: &ObjectInput) -> Option<Vec<u8>> {
    let text = match object {
        ObjectInput::Base64(text) => text,
        ObjectInput::Detailed { base64, .. } => base64.as_ref()?,
    };
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

/// An object of these octets.
#[must_use]
pub fn base64(octets: &[u8]) -> ObjectInput {
    ObjectInput::Base64(base64::engine::general_purpose::STANDARD.encode(octets))
}
