//! What a store holds, from a text of `certutil -store`: it names objects by their hashes, and those
//! that are at hand elsewhere are put where it says.

use crate::base::digest::{hex, sha1};
use crate::base::time::Time;
use crate::format::certutil_text::{self, Entry};
use crate::proof::case::Source;
use crate::proof::fact::{EMPTY_STORE, Fact, base64};
use crate::root_update::list::{ListSettings, examine};
use crate::scenario::{ObjectInput, Stores};
use crate::store::embedded;

/// The most certificates at hand that a listing is compared with.
const MAX_AT_HAND: usize = 65_536;

/// A text that names the objects of stores.
#[derive(Debug)]
pub(super) struct Listing {
    path: String,
    entries: Vec<Entry>,
}

impl Listing {
    /// How many objects it names.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// A text of certutil that names a store; `None` if it names none.
    pub(super) fn read(path: &str, octets: &[u8]) -> Option<Self> {
        let mut entries = certutil_text::read(octets).entries;
        entries.retain(|entry| entry.store.is_some() && entry.sha1.is_some());
        (!entries.is_empty()).then(|| Self { path: path.to_owned(), entries })
    }
}

/// Certificates at hand: given, built in, and those that the lists bring.
pub(super) fn at_hand(given: &[Vec<u8>], lists: &[Vec<u8>], now: Time) -> Vec<Vec<u8>> {
    let settings = ListSettings::new(now);
    let of_lists = lists.iter().flat_map(|list| examine(list, &settings).certificates);
    let built_in = embedded::microsoft_roots().certificates().iter();
    let built_in = built_in.chain(embedded::list_authorities().certificates());
    given
        .iter()
        .cloned()
        .chain(of_lists.map(|certificate| certificate.der().to_vec()))
        .chain(built_in.map(|held| held.certificate().der().to_vec()))
        .take(MAX_AT_HAND)
        .collect()
}

/// Fills stores of which nothing else is said, and tells what was used.
pub(super) fn fill(listings: &[Listing], at_hand: &[Vec<u8>], stores: &mut Stores) -> Vec<Source> {
    let mut sources = Vec::new();
    let known: Vec<([u8; 20], &Vec<u8>)> =
        at_hand.iter().map(|octets| (sha1(octets), octets)).collect();
    for name in Stores::NAMES {
        let Some(place) = stores.get_mut(name).filter(|place| place.is_empty()) else { continue };
        for listing in listings {
            let of_store = |entry: &&Entry| {
                entry.store.as_ref().is_some_and(|store| store.eq_ignore_ascii_case(name))
            };
            let named: Vec<[u8; 20]> =
                listing.entries.iter().filter(of_store).filter_map(|entry| entry.sha1).collect();
            if named.is_empty() {
                continue;
            }
            for thumbprint in &named {
                let Some((_, octets)) = known.iter().find(|(known, _)| known == thumbprint) else {
                    continue;
                };
                place.push(base64(octets));
                sources.push(Source {
                    fact: Fact::Store { store: name.to_owned(), sha1: vec![hex(thumbprint)] },
                    file: listing.path.clone(),
                    sha256: None,
                    what: format!("certutil's listing of the store {name}"),
                    value: format!("names {}", hex(thumbprint)),
                });
            }
            // nothing of it is at hand, but it is not a store of which nothing is said
            if place.is_empty() {
                place.push(ObjectInput::Base64(EMPTY_STORE.to_owned()));
            }
            break;
        }
    }
    sources
}
