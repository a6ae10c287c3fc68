//! Rules about where certificates are: trust, distrust, the root program, retrieval, other chains.

use std::sync::Arc;

use chaincheck_engine::base::hresult;
use chaincheck_engine::base::oid::{CLIENT_AUTH, SERVER_AUTH};
use chaincheck_engine::chain::context::{ChainContext, Origin};
use chaincheck_engine::chain::engine::{
    ChainEngine, ChainFlags, EngineKind, EngineOptions, Profile,
};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::property;
use chaincheck_engine::object::trust_list::TrustList;
use chaincheck_engine::retrieval::{Answer, Recorded};
use chaincheck_engine::store::{Store, StoreBuilder, SystemStores};
use chaincheck_testdata::key::Digest;
use chaincheck_testdata::list::{Entry, List, bundle};

use crate::support::{ask, authority, ca_issuers, end, engine, errors, infos, key, oid_list};
use crate::support::{question, root, store, store_of, time, trusting, wants, with_properties};

const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT: &str = "1.3.6.1.5.5.7.3.2";

struct Chain {
    leaf: Certificate,
    middle: Certificate,
    top: Certificate,
}

fn chain() -> Chain {
    Chain {
        leaf: end("leaf", "I").make(),
        middle: authority("I", "R").make(),
        top: root("R").make(),
    }
}

fn exclusive(
    roots: &[&Certificate],
    enable_ca: bool,
    profile: Profile,
    system: &[&Certificate],
) -> ChainEngine {
    let mut options = EngineOptions::default();
    options.profile = profile;
    let kind =
        EngineKind::Exclusive { roots: store(roots), trusted_people: Store::default(), enable_ca };
    let stores = SystemStores { root: store(system), ..SystemStores::default() };
    ChainEngine::new(stores, kind, options)
}

#[test]
fn exclusive_root_is_told() {
    let Chain { leaf, middle, top } = chain();
    let engine = exclusive(&[&top], false, Profile::Windows11, &[]);
    let found = ask(&engine, &question(&leaf, &[&middle]));
    assert_eq!((errors(&found), infos(&found)), (vec![0, 0, 0], vec![0x104, 0x104, 0x210c]));
}

#[test]
fn exclusive_intermediate_is_no_anchor_unless_allowed() {
    let Chain { leaf, middle, top } = chain();
    let engine = exclusive(&[&middle], false, Profile::Windows11, &[]);
    assert_eq!(errors(&ask(&engine, &question(&leaf, &[&top]))), [0, 0, 0x20]);
    let engine = exclusive(&[&middle], true, Profile::Windows11, &[]);
    let found = ask(&engine, &question(&leaf, &[&top]));
    assert_eq!((errors(&found), infos(&found)), (vec![0, 0], vec![0x104, 0x6004]));
    assert_eq!(found.status.info.0 & 0x4000, 0x4000);
    // both are anchors: the nearest ends the chain
    let engine = exclusive(&[&middle, &top], true, Profile::Windows11, &[]);
    assert_eq!(ask(&engine, &question(&leaf, &[])).elements().len(), 2);
}

#[test]
fn exclusive_engine_without_roots() {
    let Chain { leaf, middle, top } = chain();
    let nothing = exclusive(&[], false, Profile::Windows11, &[]);
    let found = ask(&nothing, &question(&leaf, &[]));
    assert_eq!((errors(&found), found.status.error.0), (vec![0], 0x1_0000));
    let newer = exclusive(&[], false, Profile::Windows11, &[&top]);
    assert_eq!(errors(&ask(&newer, &question(&leaf, &[&middle]))), [0, 0, 0x20]);
    let older = exclusive(&[], false, Profile::Windows7, &[&top]);
    let found = ask(&older, &question(&leaf, &[&middle]));
    assert_eq!((errors(&found), found.status.error.0), (vec![0, 0], 0x1_0000));
}

#[test]
fn restricted_roots_must_be_roots_of_the_system() {
    let Chain { leaf, middle, top } = chain();
    let restricted = |roots: &[&Certificate], profile| {
        let mut options = EngineOptions::default();
        options.profile = profile;
        let stores = SystemStores { root: store(&[&top]), ..SystemStores::default() };
        let kind = EngineKind::Restricted { roots: store(roots) };
        ChainEngine::new(stores, kind, options)
    };
    let question = question(&leaf, &[&middle]);
    assert_eq!(errors(&ask(&restricted(&[&top], Profile::Windows11), &question)), [0, 0, 0]);
    let none = ask(&restricted(&[], Profile::Windows11), &question);
    assert!(!none.is_ok(), "{none}");
    let foreign = root("foreign").make();
    for (profile, code) in [
        (Profile::Windows7, hresult::CRYPT_E_NOT_FOUND),
        (Profile::Windows10, hresult::ERROR_FILE_NOT_FOUND),
    ] {
        let error = restricted(&[&foreign], profile).chain(&question).unwrap_err();
        assert_eq!(error.hresult(), code);
    }
}

#[test]
fn two_revocation_flags_are_refused() {
    let mut request = question(&chain().leaf, &[]);
    request.flags = ChainFlags::REVOCATION_CHECK_END_CERT | ChainFlags::REVOCATION_CHECK_CHAIN;
    let error = trusting(&[]).chain(&request).unwrap_err();
    assert_eq!(error.hresult(), hresult::E_INVALIDARG);
}

#[test]
fn trusted_people_trust_end_certificates_for_peer_usages() {
    let leaf = end("leaf", "nobody").make();
    let stores = SystemStores { trusted_people: store(&[&leaf]), ..SystemStores::default() };
    let engine = engine(stores);
    let mut request = question(&leaf, &[]);
    request.usage = wants(&[CLIENT_AUTH]);
    assert_eq!(ask(&engine, &request).status.error.0, 0x1_0000, "without the flag");
    request.flags = ChainFlags::ENABLE_PEER_TRUST;
    let found = ask(&engine, &request);
    assert_eq!((errors(&found), infos(&found)), (vec![0], vec![0x804]));
    assert_eq!(found.status.info.0 & 0x800, 0x800);
    request.usage = wants(&[SERVER_AUTH]);
    assert_eq!(ask(&engine, &request).status.error.0, 0x1_0000, "no peer usage");
}

/// The chain below a root whose AuthRoot copy has these properties.
fn third_party(properties: &[(u32, Vec<u8>)]) -> ChainEngine {
    let auth_root = store_of([with_properties(&chain().top, properties)]);
    engine(SystemStores { auth_root, ..SystemStores::default() })
}

fn filetime(text: &str) -> Vec<u8> {
    time(text).filetime().to_le_bytes().to_vec()
}

fn asked(engine: &ChainEngine, usage: &[&str], when: Option<&str>, flags: ChainFlags) -> Vec<u32> {
    let Chain { leaf, middle, .. } = chain();
    let mut request = question(&leaf, &[&middle]);
    request.usage = wants(&usage.iter().map(|u| u.parse().unwrap()).collect::<Vec<_>>());
    request.time = when.map(time);
    request.flags = flags;
    errors(&ask(engine, &request))
}

const PLAIN: ChainFlags = ChainFlags(0);
const DISTRUST: u32 = 0x0400_0000;

#[test]
fn property_9_restricts_a_root_to_its_usages() {
    let engine = third_party(&[(property::ENHKEY_USAGE, oid_list(&[CLIENT]))]);
    assert_eq!(asked(&engine, &[CLIENT], None, PLAIN), [0, 0, 0]);
    assert_eq!(asked(&engine, &[SERVER], None, PLAIN), [0x10, 0x10, 0x10]);
    let disabled = third_party(&[(property::ENHKEY_USAGE, oid_list(&[]))]);
    assert_eq!(asked(&disabled, &[CLIENT], None, PLAIN), [0x10, 0x10, 0x10]);
}

#[test]
fn property_122_takes_usages_from_a_root() {
    let engine = third_party(&[(property::DISALLOWED_ENHKEY_USAGE, oid_list(&[SERVER]))]);
    assert_eq!(asked(&engine, &[CLIENT], None, PLAIN), [0, 0, 0]);
    assert_eq!(asked(&engine, &[SERVER], None, PLAIN), [0x10, 0x10, 0x10]);
    assert_eq!(asked(&engine, &[], None, PLAIN), [0, 0, 0]);
}

#[test]
fn property_104_disables_a_root_from_its_date_on() {
    let disabled = |date| third_party(&[(property::DISALLOWED_FILETIME, filetime(date))]);
    let (past, future) = ("2026-05-01T00:00:00Z", "2026-07-01T00:00:00Z");
    for (date, when, flags, error) in [
        (past, None, PLAIN, DISTRUST),
        (future, None, PLAIN, 0),
        ("2026-06-01T00:00:00Z", None, PLAIN, DISTRUST),
        // another time does not help, a time stamp from before does
        (past, Some("2026-04-01T00:00:00Z"), PLAIN, DISTRUST),
        (past, Some("2026-04-01T00:00:00Z"), ChainFlags::TIMESTAMP_TIME, 0),
        (past, Some("2026-05-02T00:00:00Z"), ChainFlags::TIMESTAMP_TIME, DISTRUST),
    ] {
        let found = asked(&disabled(date), &[SERVER], when, flags);
        assert_eq!(found, [0, 0, error], "{date} {when:?} {flags:?}");
    }
    // an empty value withdraws the date
    let withdrawn = third_party(&[(property::DISALLOWED_FILETIME, Vec::new())]);
    assert_eq!(asked(&withdrawn, &[SERVER], None, PLAIN), [0, 0, 0]);
}

#[test]
fn properties_126_and_127_distrust_what_was_issued_after_their_date() {
    // the end certificate was issued on 2020-01-01T00:00:00Z
    for (date, of, usage, error) in [
        ("2019-12-31T23:59:59Z", None, SERVER, DISTRUST),
        ("2020-01-01T00:00:00Z", None, SERVER, 0),
        ("2019-12-31T23:59:59Z", Some(SERVER), SERVER, DISTRUST),
        ("2019-12-31T23:59:59Z", Some(SERVER), CLIENT, 0),
        ("2020-01-01T00:00:00Z", Some(SERVER), SERVER, 0),
    ] {
        let mut properties = vec![(property::NOT_BEFORE_FILETIME, filetime(date))];
        properties.extend(of.map(|of| (property::NOT_BEFORE_ENHKEY_USAGE, oid_list(&[of]))));
        let found = asked(&third_party(&properties), &[usage], None, PLAIN);
        assert_eq!(found, [0, 0, error], "{date} {of:?} {usage}");
    }
}

fn disallowing(disallowed: Store) -> Vec<u32> {
    let root = store(&[&chain().top]);
    let engine = engine(SystemStores { root, disallowed, ..SystemStores::default() });
    asked(&engine, &[], None, PLAIN)
}

#[test]
fn disallowed_store_marks_the_certificate_it_holds() {
    let Chain { leaf, middle, top } = chain();
    assert_eq!(disallowing(store(&[&leaf])), [DISTRUST, 0, 0]);
    assert_eq!(disallowing(store(&[&middle])), [0, DISTRUST, 0]);
    assert_eq!(disallowing(store(&[&top])), [0, 0, DISTRUST]);
}

#[test]
fn disallowed_list_names_keys_by_md5_and_certificates_by_the_hash_of_their_content() {
    let list = |identifier: Vec<u8>| {
        let octets = List {
            usage: "1.3.6.1.4.1.311.10.3.30",
            identifier: None,
            sequence_number: vec![1],
            this_update: "20260101000000",
            next_update: None,
            subject_algorithm: "1.3.6.1.4.1.311.10.11.15",
            entries: vec![Entry { identifier, properties: Vec::new() }],
        };
        let mut builder = StoreBuilder::new();
        builder.trust_list(TrustList::from_der(&octets.to_der()).unwrap());
        builder.build()
    };
    let Chain { leaf, middle, .. } = chain();
    assert_eq!(disallowing(list(middle.public_key_md5().to_vec())), [0, DISTRUST, 0]);
    assert_eq!(disallowing(list(Digest::Sha256.of(leaf.tbs()))), [DISTRUST, 0, 0]);
    assert_eq!(disallowing(list(leaf.sha1().to_vec())), [0, 0, 0]);
}

fn network(answers: &[(&str, Vec<u8>)]) -> Recorded {
    let answer = |(url, octets): &(&str, Vec<u8>)| Answer {
        url: (*url).to_owned(),
        outcome: Ok((200, Arc::from(octets.as_slice()))),
        delay_ms: 0,
    };
    Recorded::new(answers.iter().map(answer), [])
}

fn fetched(leaf: &Certificate, network: &Recorded, flags: ChainFlags) -> ChainContext {
    let mut request = question(leaf, &[]);
    request.retrieval = network;
    request.flags = flags;
    ask(&trusting(&[&chain().top]), &request)
}

#[test]
fn missing_issuers_are_fetched_unless_that_is_off() {
    let url = "http://ca.example/i.cer".to_owned();
    let leaf = end("leaf", "I").with(ca_issuers(std::slice::from_ref(&url))).make();
    let middle = authority("I", "R").der();
    for body in [middle.clone(), bundle(&[middle])] {
        let network = network(&[(&url, body)]);
        let found = fetched(&leaf, &network, PLAIN);
        assert_eq!(errors(&found), [0, 0, 0]);
        assert_eq!(found.elements()[1].origin, Origin::Retrieved);
        let off = fetched(&leaf, &network, ChainFlags::DISABLE_AIA);
        assert_eq!(off.status.error.0, 0x1_0000);
    }
    for body in [Vec::new(), b"<html></html>".to_vec()] {
        assert_eq!(fetched(&leaf, &network(&[(&url, body)]), PLAIN).status.error.0, 0x1_0000);
    }
}

#[test]
fn five_addresses_of_a_certificate_are_tried() {
    let url = |n| format!("http://ca.example/{n}");
    let ask = |good: usize| {
        let urls: Vec<_> = (1..=6).map(url).collect();
        let leaf = end("leaf", "I").with(ca_issuers(&urls)).make();
        let network = network(&[(&url(good), authority("I", "R").der())]);
        fetched(&leaf, &network, PLAIN).status.error.0
    };
    assert_eq!((ask(5), ask(6)), (0, 0x1_0000));
}

#[test]
fn three_retrievals_a_chain_succeed() {
    // leaf, CA 1, CA 2 ..., each known only from the one below it
    let ask = |length: usize| {
        let url = |n: usize| format!("http://ca.example/{n}");
        let name = |n: usize| if n > length { "R".to_owned() } else { format!("CA {n}") };
        let bodies: Vec<_> = (1..=length)
            .map(|n| {
                let cert = authority(&name(n), &name(n + 1)).with(ca_issuers(&[url(n + 1)]));
                (url(n), cert.der())
            })
            .collect();
        let answers: Vec<_> = bodies.iter().map(|(u, b)| (u.as_str(), b.clone())).collect();
        let leaf = end("leaf", &name(1)).with(ca_issuers(&[url(1)])).make();
        fetched(&leaf, &network(&answers), PLAIN).status.error.0
    };
    assert_eq!((ask(3), ask(4)), (0, 0x1_0000));
}

#[test]
fn long_answers_and_crowded_bundles_are_not_read_to_the_end() {
    let url = "http://ca.example/all.p7c".to_owned();
    let leaf = end("leaf", "I").with(ca_issuers(std::slice::from_ref(&url))).make();
    let others = |count| (0..count).map(|n| authority(&format!("other {n}"), "R").der());
    let ask = |count: usize| {
        let certificates: Vec<_> = others(count).chain([authority("I", "R").der()]).collect();
        fetched(&leaf, &network(&[(&url, bundle(&certificates))]), PLAIN).status.error.0
    };
    assert_eq!((ask(9), ask(10)), (0, 0x1_0000));
    let padding = chaincheck_testdata::certificate::extension("1.2.3", false, &[0; 100_001]);
    let long = authority("I", "R").with(padding).der();
    assert_eq!(fetched(&leaf, &network(&[(&url, long)]), PLAIN).status.error.0, 0x1_0000);
}

#[test]
fn other_chains_are_returned_when_asked_for() {
    let Chain { leaf, middle, top } = chain();
    let cross = authority("I", "other").serial(2).make();
    let mut request = question(&leaf, &[&middle, &cross]);
    let engine = trusting(&[&top]);
    assert!(ask(&engine, &request).lower_quality.is_empty());
    request.flags = ChainFlags::RETURN_LOWER_QUALITY_CONTEXTS;
    let found = ask(&engine, &request);
    assert!(found.is_ok());
    let lower: Vec<_> = found.lower_quality.iter().map(|c| c.status.error.0).collect();
    assert_eq!(lower, [0x1_0000]);
}

#[test]
fn issuer_that_does_not_verify_is_used_rather_than_none() {
    let wrong = authority("I", "R").key(key("other").spki()).make();
    let found = ask(&trusting(&[&chain().top]), &question(&chain().leaf, &[&wrong]));
    assert_eq!(errors(&found), [8, 0, 0]);
}

#[test]
fn trusted_root_wins_over_an_untrusted_one_of_the_same_key() {
    let Chain { leaf, middle, top } = chain();
    let cross = authority("R", "elsewhere").serial(5).make();
    let elsewhere = root("elsewhere").make();
    for additional in [[&middle, &cross, &elsewhere], [&elsewhere, &cross, &middle]] {
        let found = ask(&trusting(&[&top]), &question(&leaf, &additional));
        assert_eq!((errors(&found), found.elements().len()), (vec![0, 0, 0], 3));
    }
}

#[test]
fn additional_and_auth_root_alone() {
    let Chain { leaf, middle, top } = chain();
    let mut request = question(&leaf, &[&middle]);
    request.flags = ChainFlags::ONLY_ADDITIONAL_AND_AUTH_ROOT;
    let found = ask(&trusting(&[&top]), &request);
    assert_eq!(found.status.error.0, 0x1_0000);
    assert!(ask(&third_party(&[]), &request).is_ok());
}
