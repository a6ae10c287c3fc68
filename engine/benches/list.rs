//! Examining the newest root list and decoding all it says, against its signatures and one pass of
//! SHA-256 and SHA-1 over it: `cargo bench --bench list`. The list is among the shared data
//! (CHAINCHECK_SHARED).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

#[path = "support/measure.rs"]
mod measure;
#[path = "support/raw.rs"]
mod raw;

use std::path::{Path, PathBuf};

use chaincheck_engine::base::digest::{sha1, sha256};
use chaincheck_engine::base::time::Time;
use chaincheck_engine::object::message::SignedData;
use chaincheck_engine::object::trust_list::TrustList;
use chaincheck_engine::root_update::list::{ListReport, ListSettings, examine};
use measure::{Work, compare, heading};
use raw::RawSignature;

const LIST: &str = "data/authroot/2026-10-23/authroot.stl";

fn main() {
    let shared = std::env::var_os("CHAINCHECK_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let Ok(octets) = std::fs::read(shared.join(LIST)) else {
        println!("skipped: {LIST} is not there");
        return;
    };
    let settings = ListSettings::new(Time::from_civil(2026, 11, 1, 0, 0, 0).unwrap());
    let whole = || {
        let report = examine(&octets, &settings);
        assert!(report.is_accepted(), "{:?}", report.why);
        walk(report.list.as_ref().unwrap())
    };
    let report = examine(&octets, &settings);
    let raw = signatures(&octets, &report);
    let digests = || (sha256(&octets), sha1(&octets));
    let all_raw = || {
        raw.iter().for_each(RawSignature::verify);
        digests()
    };
    let message = SignedData::from_der(&octets).unwrap();
    let list = report.list.as_ref().unwrap();
    println!("{} octets, {} entries, {} properties", octets.len(), list.len(), walk(list));
    heading("subject", "yardstick");
    let label = format!("examine and walk / {} signatures, 2 digests", raw.len());
    let (all_raw, two_digests) = (Work::new(all_raw), Work::new(digests));
    let content = message.content().unwrap();
    compare(&label, &Work::new(whole), &all_raw);
    compare("examine / the same", &Work::new(|| examine(&octets, &settings)), &all_raw);
    let read_message = Work::new(|| SignedData::from_der(&octets).unwrap());
    compare("reading the message / 2 digests", &read_message, &two_digests);
    let read_list = Work::new(|| TrustList::from_der(&content).unwrap());
    compare("reading the list / 2 digests", &read_list, &two_digests);
    compare("walking all properties / 2 digests", &Work::new(|| walk(list)), &two_digests);
}

/// Decodes every property of every entry.
fn walk(list: &TrustList) -> usize {
    list.entries().flat_map(|entry| entry.properties()).filter(|p| p.value().is_ok()).count()
}

/// The signatures that [`examine`] verifies: the list's own, and those of its signer's chain.
fn signatures(octets: &[u8], report: &ListReport) -> Vec<RawSignature> {
    let message = SignedData::from_der(octets).unwrap();
    let signer = &message.signers[0];
    let elements = report.chain.as_ref().unwrap().elements();
    let chain: Vec<_> = elements.iter().map(|element| &element.certificate).collect();
    let mut found = vec![RawSignature {
        algorithm: &ring::signature::RSA_PKCS1_2048_8192_SHA256,
        key: chain[0].public_key_octets().to_vec(),
        message: signer.signed_attributes().unwrap(),
        signature: signer.signature().to_vec(),
    }];
    let issuers = chain.iter().skip(1).chain(chain.last());
    found.extend(chain.iter().zip(issuers).map(|(s, i)| RawSignature::of(s, i)));
    found
}
