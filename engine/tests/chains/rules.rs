//! Rules about elements: match kinds, time, paths, usages, policies, weak cryptography.

use chaincheck_engine::base::oid::{CLIENT_AUTH, Oid, SERVER_AUTH};
use chaincheck_engine::chain::context::ChainContext;
use chaincheck_engine::chain::engine::{ChainEngine, EngineKind, EngineOptions};
use chaincheck_engine::chain::engine::{ChainFlags, Profile, UsageMatch};
use chaincheck_engine::chain::verify::weak::StrongSign;
use chaincheck_engine::store::SystemStores;
use chaincheck_testdata::certificate::{
    authority_key_identifier, ca, cert_sign, subject_key_identifier, usages,
};
use chaincheck_testdata::key::{Digest, Key};

use crate::support::{
    Cert, ask, authority, end, errors, explicit_policy, infos, issuer_and_serial,
};
use crate::support::{key, mapping, no_ca, policies, question, root, rsa_spki, store, time};
use crate::support::{oid, trusting, wants};

const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT: &str = "1.3.6.1.5.5.7.3.2";
const ANY_USAGE: &str = "2.5.29.37.0";

/// Leaf, intermediate and trusted root, and what is asked.
fn trusted(
    leaf: &Cert,
    middle: &Cert,
    top: &Cert,
    usage: &[Oid],
    issuance: &[Oid],
) -> ChainContext {
    let mut request = question(&leaf.make(), &[&middle.make()]);
    request.usage = wants(usage);
    request.issuance = wants(issuance);
    ask(&trusting(&[&top.make()]), &request)
}

fn plain(leaf: &Cert, middle: &Cert) -> ChainContext {
    trusted(leaf, middle, &root("R"), &[], &[])
}

#[test]
fn match_kind_follows_the_authority_key_identifier() {
    let middle = authority("I", "R").serial(7).with(subject_key_identifier(&key("I")));
    let exact = end("leaf", "I").with(issuer_and_serial("R", 7));
    let by_key = end("leaf", "I").with(authority_key_identifier(&key("I")));
    for (leaf, info) in [(exact, 0x101), (by_key, 0x102), (end("leaf", "I"), 0x104)] {
        let found = plain(&leaf, &middle);
        assert_eq!((errors(&found), infos(&found)), (vec![0, 0, 0], vec![info, 0x104, 0x10c]));
        assert_eq!(found.status.info.0, 0x100);
    }
}

#[test]
fn match_kind_stands_without_an_issuer_and_preferred_does_not() {
    let leaf = end("leaf", "nobody").with(authority_key_identifier(&key("nobody")));
    let found = ask(&trusting(&[]), &question(&leaf.make(), &[]));
    assert_eq!((infos(&found), found.status.info.0), (vec![2], 0));
}

#[test]
fn root_carries_its_own_match_kind() {
    let top = root("R").with(authority_key_identifier(&key("R")));
    let found = trusted(&end("leaf", "I"), &authority("I", "R"), &top, &[], &[]);
    assert_eq!(infos(&found), [0x104, 0x104, 0x10a]);
    let top = root("R").with(issuer_and_serial("R", 1));
    let found = trusted(&end("leaf", "I"), &authority("I", "R"), &top, &[], &[]);
    assert_eq!(infos(&found), [0x104, 0x104, 0x109]);
}

#[test]
fn mismatching_key_identifiers_do_not_break_a_chain() {
    let leaf = end("leaf", "I").with(authority_key_identifier(&key("somebody else")));
    let middle = authority("I", "R").with(subject_key_identifier(&key("I")));
    assert_eq!(errors(&plain(&leaf, &middle)), [0, 0, 0]);
}

fn at(leaf: &Cert, middle: &Cert, when: &str, flags: ChainFlags, profile: Profile) -> Vec<u32> {
    let mut options = EngineOptions::default();
    options.profile = profile;
    let stores = SystemStores { root: store(&[&root("R").make()]), ..SystemStores::default() };
    let engine = ChainEngine::new(stores, EngineKind::System, options);
    let mut request = question(&leaf.make(), &[&middle.make()]);
    request.time = Some(time(when));
    request.flags = flags;
    errors(&ask(&engine, &request))
}

#[test]
fn both_ends_of_the_period_are_inside() {
    let leaf = end("leaf", "I").valid("20250101000000", "20251231235959");
    let middle = authority("I", "R");
    for (when, error) in [
        ("2024-12-31T23:59:59Z", 1),
        ("2025-01-01T00:00:00Z", 0),
        ("2025-12-31T23:59:59Z", 0),
        ("2026-01-01T00:00:00Z", 1),
    ] {
        let found = at(&leaf, &middle, when, ChainFlags::default(), Profile::Windows11);
        assert_eq!(found, [error, 0, 0], "{when}");
    }
}

#[test]
fn time_before_all_periods_marks_the_end_certificate_alone() {
    let (leaf, middle) = (end("leaf", "I"), authority("I", "R"));
    let early =
        |profile| at(&leaf, &middle, "2019-01-01T00:00:00Z", ChainFlags::default(), profile);
    assert_eq!(early(Profile::Windows11), [1, 0, 0]);
    assert_eq!(early(Profile::WindowsXp), [1, 1, 1]);
}

#[test]
fn time_stamp_time_is_for_the_end_certificate_and_the_clock_for_the_rest() {
    let leaf = end("leaf", "I").valid("20210101000000", "20220101000000");
    let short = authority("I", "R").valid("20200101000000", "20230101000000");
    let long = authority("I", "R");
    let stamp = ChainFlags::TIMESTAMP_TIME;
    let when = "2021-06-01T00:00:00Z";
    let profile = Profile::Windows11;
    assert_eq!(at(&leaf, &long, when, stamp, profile), [0, 0, 0]);
    assert_eq!(at(&leaf, &short, when, stamp, profile), [0, 1, 0]);
    assert_eq!(at(&leaf, &short, when, ChainFlags::default(), profile), [0, 0, 0]);
    // valid now although not at the time stamp
    assert_eq!(at(&end("leaf", "I"), &long, "2019-01-01T00:00:00Z", stamp, profile), [0, 0, 0]);
}

#[test]
fn path_length_counts_the_cas_below() {
    let top = |length| end("R", "R").with(ca(Some(length))).with(cert_sign());
    let ask = |top: &Cert| trusted(&end("leaf", "I"), &authority("I", "R"), top, &[], &[]);
    assert_eq!(errors(&ask(&top(0))), [0, 0x400, 0x400]);
    assert_eq!(errors(&ask(&top(1))), [0, 0, 0]);
}

#[test]
fn intermediates_must_be_cas() {
    for middle in [end("I", "R"), end("I", "R").with(no_ca())] {
        assert_eq!(errors(&plain(&end("leaf", "I"), &middle)), [0, 0x400, 0]);
    }
}

#[test]
fn usages_intersect_from_the_root_down() {
    let restricted = |cert: Cert| cert.with(usages(&[SERVER]));
    let (leaf, middle, top) = (end("leaf", "I"), authority("I", "R"), root("R"));
    let client = [CLIENT_AUTH];
    let found = trusted(&restricted(leaf.clone()), &middle, &top, &client, &[]);
    assert_eq!(errors(&found), [0x10, 0, 0]);
    let found = trusted(&leaf, &restricted(middle.clone()), &top, &client, &[]);
    assert_eq!(errors(&found), [0x10, 0x10, 0]);
    let found = trusted(&leaf, &middle, &restricted(top.clone()), &client, &[]);
    assert_eq!(errors(&found), [0x10, 0x10, 0x10]);
    let found = trusted(&restricted(leaf.clone()), &middle, &top, &[SERVER_AUTH], &[]);
    assert_eq!(errors(&found), [0, 0, 0]);
    let reported: Vec<_> = found.elements().iter().map(|e| e.application_usage.clone()).collect();
    assert_eq!(reported, [Some(vec![SERVER_AUTH]), None, None]);
    let any = leaf.with(usages(&[ANY_USAGE]));
    assert_eq!(errors(&trusted(&any, &middle, &top, &client, &[])), [0, 0, 0]);
}

#[test]
fn and_needs_every_usage_and_or_needs_one() {
    let leaf = end("leaf", "R").with(usages(&[CLIENT])).make();
    let engine = trusting(&[&root("R").make()]);
    let mut request = question(&leaf, &[]);
    request.usage = UsageMatch::all(vec![SERVER_AUTH, CLIENT_AUTH]);
    assert_eq!(errors(&ask(&engine, &request)), [0x10, 0]);
    request.usage = UsageMatch::any_of(vec![SERVER_AUTH, CLIENT_AUTH]);
    assert_eq!(errors(&ask(&engine, &request)), [0, 0]);
}

#[test]
fn usages_compare_whole() {
    let leaf = end("leaf", "I").with(usages(&[&format!("{SERVER}.1")]));
    let found = trusted(&leaf, &authority("I", "R"), &root("R"), &[SERVER_AUTH], &[]);
    assert_eq!(errors(&found), [0x10, 0, 0]);
}

const P: &str = "1.3.6.1.4.1.99999.1";
const Q: &str = "1.3.6.1.4.1.99999.2";
const ANY_POLICY: &str = "2.5.29.32.0";

fn explicit(policies_of_ca: &[&str], of_leaf: &[&str], mapped: Option<(&str, &str)>) -> Vec<u32> {
    let mut middle = authority("I", "R").with(explicit_policy());
    if !policies_of_ca.is_empty() {
        middle = middle.with(policies(policies_of_ca));
    }
    if let Some((from, to)) = mapped {
        middle = middle.with(mapping(from, to));
    }
    errors(&plain(&end("leaf", "I").with(policies(of_leaf)), &middle))
}

#[test]
fn explicit_policy_needs_a_policy_that_is_valid_all_the_way() {
    const NONE: u32 = 0x0200_0000;
    assert_eq!(explicit(&[P], &[P], None), [0, 0, 0]);
    assert_eq!(explicit(&[P], &[Q], None), [NONE, 0, 0]);
    assert_eq!(explicit(&[], &[P], None), [NONE, 0, 0]);
    assert_eq!(explicit(&[ANY_POLICY], &[Q], None), [0, 0, 0]);
    assert_eq!(explicit(&[P], &[Q], Some((P, Q))), [0, 0, 0]);
}

#[test]
fn issuance_policy_that_was_asked_for_and_is_missing() {
    let leaf = end("leaf", "I").with(policies(&[P]));
    let ask = |policy| {
        trusted(
            &leaf,
            &authority("I", "R").with(policies(&[ANY_POLICY])),
            &root("R"),
            &[],
            &[oid(policy)],
        )
    };
    assert_eq!(errors(&ask(P)), [0, 0, 0]);
    assert_eq!(errors(&ask(Q)), [0x10, 0, 0]);
}

#[test]
fn explicit_policy_that_is_met_is_told() {
    let middle = authority("I", "R").with(explicit_policy()).with(policies(&[P]));
    let found = plain(&end("leaf", "I").with(policies(&[P])), &middle);
    assert_eq!(found.status.info.0, 0x300);
}

#[test]
fn rsa_keys_below_the_minimum_are_weak_since_2010() {
    let weak = |bits| end("leaf", "I").key(rsa_spki(bits));
    let middle = authority("I", "R");
    assert_eq!(errors(&plain(&weak(1022), &middle)), [0x10_0008, 0, 0]);
    assert_eq!(errors(&plain(&weak(1023), &middle)), [0, 0, 0]);
    let early = weak(1022).valid("20090101000000", "20300101000000");
    let flags = ChainFlags::default();
    let found = at(&early, &middle, "2009-06-01T00:00:00Z", flags, Profile::Windows11);
    assert_eq!(found, [0, 0, 0]);
}

fn rsa() -> Key {
    Key::from_pem(include_str!("../../../testdata/keys/root.rsa.pem"))
}

#[test]
fn strong_sign_judges_hashes_and_keys_but_not_the_roots_signature() {
    let top = root("R").key(rsa().spki()).signed_by(rsa()).digest(Digest::Sha1).make();
    let sha1 = end("leaf", "R").signed_by(rsa()).digest(Digest::Sha1);
    let sha256 = end("leaf", "R").signed_by(rsa());
    let engine = trusting(&[&top]);
    let ask = |leaf: &Cert, strong: StrongSign| {
        let mut request = question(&leaf.make(), &[]);
        request.strong_sign = Some(strong);
        errors(&ask(&engine, &request))
    };
    assert_eq!(ask(&sha1, StrongSign::os_1()), [0x10_0008, 0]);
    assert_eq!(ask(&sha256, StrongSign::os_1()), [0, 0]);
    let short = sha256.key(rsa_spki(1024));
    assert_eq!(ask(&short, StrongSign::os_1()), [0x10_0008, 0]);
    let spared = StrongSign { disable_end_check: true, ..StrongSign::os_1() };
    assert_eq!(ask(&short, spared), [0, 0]);
}
