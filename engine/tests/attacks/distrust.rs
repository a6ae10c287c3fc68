//! Ways around distrust: the same certificate written another way.

use chaincheck_engine::chain::engine::ChainEngine;
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::trust_list::TrustList;
use chaincheck_engine::store::{Store, StoreBuilder, SystemStores};
use chaincheck_testdata::der;
use chaincheck_testdata::hostile::{Parts, content, indefinite, long_length};
use chaincheck_testdata::key::Digest;
use chaincheck_testdata::list::{Entry, List};
use p256::ecdsa::Signature;

use crate::support::{ask, authority, end, engine, errors, key, question, root, store};

const EXPLICIT_DISTRUST: u32 = 0x400_0000;

fn leaf() -> Parts {
    Parts::new("leaf", "I", &key("leaf"), &key("I"))
}

/// The same certificate in every encoding that still verifies.
fn same_again() -> Vec<(&'static str, Certificate)> {
    let parts = leaf();
    let signature = key("I").sign(Digest::Sha256, &parts.tbs());
    let plain = parts.with_signature(&signature);
    // ECDSA: with s, the order less s verifies, too
    let (r, s) = Signature::from_der(&signature).unwrap().split_scalars();
    let other = Signature::from_scalars(r, -*s).unwrap();
    let padded = der::sequence(&[
        der::tlv(2, &[&[0, 0, 0], &r.to_bytes()[..]].concat()),
        der::tlv(2, &[&[0, 0, 0], &s.to_bytes()[..]].concat()),
    ]);
    let read = |octets: &[u8]| Certificate::from_der(octets).unwrap();
    vec![
        ("as it was", read(&plain)),
        ("the other s", read(&parts.with_signature(other.to_der().as_bytes()))),
        ("BER in the signature", read(&parts.with_signature(&padded))),
        ("a longer length", read(&long_length(0x30, 5, content(&plain)))),
        ("an indefinite length", read(&indefinite(0x30, content(&plain)))),
        ("octets behind it", read(&[&plain[..], &[0; 9]].concat())),
    ]
}

fn trusting_but(disallowed: Store) -> ChainEngine {
    let stores =
        SystemStores { root: store(&[&root("R").make()]), disallowed, ..SystemStores::default() };
    engine(stores)
}

fn verdict(engine: &ChainEngine, certificate: &Certificate) -> Vec<u32> {
    errors(&ask(engine, &question(certificate, &[&authority("I", "R").make()])))
}

fn list(identifier: Vec<u8>) -> Store {
    let list = List {
        usage: "1.3.6.1.4.1.311.10.3.30",
        identifier: Some("DisallowedCert_AutoUpdate_1"),
        sequence_number: vec![1],
        this_update: "20260101000000",
        next_update: None,
        subject_algorithm: "1.3.6.1.4.1.311.10.11.15",
        entries: vec![Entry { identifier, properties: Vec::new() }],
    };
    let mut builder = StoreBuilder::new();
    builder.trust_list(TrustList::from_der(&list.to_der()).unwrap());
    builder.build()
}

#[test]
fn every_encoding_verifies_where_nothing_is_distrusted() {
    for (what, certificate) in same_again() {
        assert_eq!(verdict(&trusting_but(Store::default()), &certificate), [0, 0, 0], "{what}");
    }
}

/// A list names the hash of what is signed, or of the key: no encoding of the rest evades it.
#[test]
fn a_disallowed_list_is_not_evaded() {
    let hash = Digest::Sha256.of(&leaf().tbs());
    let key_hash = same_again()[0].1.public_key_md5().to_vec();
    for (what, certificate) in same_again() {
        for identifier in [hash.clone(), key_hash.clone()] {
            let found = verdict(&trusting_but(list(identifier)), &certificate);
            assert_eq!(found, [EXPLICIT_DISTRUST, 0, 0], "{what}");
        }
    }
    // exact octets and length: a prefix of the hash names nothing
    let found = verdict(&trusting_but(list(hash[..16].to_vec())), &same_again()[0].1);
    assert_eq!(found, [0, 0, 0]);
}

/// So it is with a certificate in the Disallowed store.
#[test]
fn the_disallowed_store_is_not_evaded() {
    let distrusting = trusting_but(Store::of([same_again()[0].1.clone()]));
    for (what, certificate) in same_again() {
        assert_eq!(verdict(&distrusting, &certificate), [EXPLICIT_DISTRUST, 0, 0], "{what}");
    }
    let other = end("other", "I").make();
    assert_eq!(verdict(&distrusting, &other), [0, 0, 0]);
}

/// A distrusted CA with a new certificate for its old key: the key is named.
#[test]
fn a_new_certificate_for_a_distrusted_key() {
    let key_hash = authority("I", "R").make().public_key_md5().to_vec();
    let engine = trusting_but(list(key_hash));
    let again = authority("I", "R").serial(99).make();
    let found = ask(&engine, &question(&end("leaf", "I").make(), &[&again]));
    assert_eq!(errors(&found), [0, EXPLICIT_DISTRUST, 0], "{found}");
}
