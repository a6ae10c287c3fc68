//! The behaviour vectors of the reference (chain-engine 15), on certificates made anew: recorded
//! by others on Windows.

use chaincheck_engine::chain::context::ChainContext;
use chaincheck_engine::chain::engine::ChainRequest;
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_testdata::certificate::{ca, cert_sign, extension, permitted_dns};
use chaincheck_testdata::der;

use crate::support::{Cert, ask, authority, digital_signature, end, errors, infos, key, no_ca};
use crate::support::{question, root, time, trusting};

const UNTRUSTED: u32 = 0x20;

fn at_2007<'a>(leaf: &Cert, others: &[&Cert]) -> ChainRequest<'a> {
    let others: Vec<Certificate> = others.iter().map(|cert| old(cert).make()).collect();
    let mut request = question(&old(leaf).make(), &others.iter().collect::<Vec<_>>());
    request.time = Some(time("2007-10-01T00:00:00Z"));
    request
}

/// Valid around 2007 unless the vector says otherwise.
fn old(cert: &Cert) -> Cert {
    if cert.is_default_validity() {
        cert.clone().valid("20070101000000", "20071001000000")
    } else {
        cert.clone()
    }
}

fn unknown_root(leaf: &Cert, others: &[&Cert]) -> ChainContext {
    ask(&trusting(&[]), &at_2007(leaf, others))
}

fn expired(cert: Cert) -> Cert {
    cert.valid("20060101000000", "20070601000000")
}

/// The obsolete subjectAltName, which counts like the other.
fn old_dns_name(value: &[u8]) -> Vec<u8> {
    extension("2.5.29.7", false, &der::sequence(&[der::tlv(0x82, value)]))
}

#[test]
fn vector_0_expired_leaf() {
    let found = unknown_root(&expired(end("leaf", "R")), &[&root("R")]);
    assert_eq!((errors(&found), found.status.error.0), (vec![1, UNTRUSTED], 0x21));
    assert_eq!(infos(&found), [0x104, 0x10c]);
}

#[test]
fn vector_1_expired_leaf_with_a_wrong_signature() {
    let found = unknown_root(&expired(end("leaf", "R")).tampered(), &[&root("R")]);
    assert_eq!((errors(&found), found.status.error.0), (vec![9, UNTRUSTED], 0x29));
    assert_eq!(infos(&found), [0x4, 0x10c]);
}

#[test]
fn vector_2_both_expired() {
    let found = unknown_root(&expired(end("leaf", "R")), &[&expired(root("R"))]);
    assert_eq!(errors(&found), [1, 0x21]);
}

#[test]
fn vector_3_root_that_is_no_ca() {
    let found = unknown_root(&expired(end("leaf", "R")), &[&end("R", "R").with(no_ca())]);
    assert_eq!((errors(&found), found.status.error.0), (vec![1, 0x420], 0x421));
}

#[test]
fn vector_4_path_length_marks_both_cas() {
    let top = end("R", "R").with(ca(Some(0))).with(cert_sign());
    let found = unknown_root(&expired(end("leaf", "I")), &[&authority("I", "R"), &top]);
    assert_eq!(errors(&found), [1, 0x400, 0x420]);
}

fn constrained(subtree: &str, alternative_name: &[u8]) -> ChainContext {
    let top = root("R").with(permitted_dns(subtree));
    unknown_root(&end("leaf", "R").with(old_dns_name(alternative_name)), &[&top])
}

#[test]
fn vector_5_name_outside_the_permitted_subtree() {
    let found = constrained("winehq.org", b"winehq.com");
    assert_eq!((errors(&found), found.status.error.0), (vec![0, 0x4020], 0x4020));
}

#[test]
fn vectors_6_and_7_any_certificate_may_be_the_end() {
    for leaf in [authority("leaf", "R"), end("leaf", "R")] {
        assert_eq!(errors(&unknown_root(&leaf, &[&root("R")])), [0, UNTRUSTED]);
    }
}

#[test]
fn vector_8_intermediate_without_basic_constraints_below_an_expired_root() {
    let found = unknown_root(&end("leaf", "I"), &[&end("I", "R"), &expired(root("R"))]);
    assert_eq!((errors(&found), found.status.error.0), (vec![0, 0x400, 0x21], 0x421));
}

#[test]
fn vector_8b_nothing_in_the_stores() {
    let found = unknown_root(&end("leaf", "I"), &[]);
    assert_eq!((errors(&found), found.status.error.0), (vec![0], 0x1_0000));
    assert_eq!((infos(&found), found.status.info.0), (vec![4], 0), "the last has no issuer");
}

#[test]
fn vector_9_two_that_have_issued_each_other() {
    let found = unknown_root(&end("A", "B"), &[&end("B", "A")]);
    assert_eq!((errors(&found), found.status.error.0), (vec![0, 0x400, 0x480], 0x1_0480));
}

#[test]
fn vectors_10_and_11_of_two_roots_of_one_name_the_good_one_is_taken() {
    let wrong_key = root("R").serial(9).key(key("other").spki()).signed_by(key("other"));
    for bad in [expired(root("R")).serial(9), wrong_key] {
        for order in [[&bad, &root("R")], [&root("R"), &bad]] {
            assert_eq!(errors(&unknown_root(&end("leaf", "R"), &order)), [0, UNTRUSTED]);
        }
    }
}

#[test]
fn vector_12_root_with_a_wrong_signature() {
    let found = unknown_root(&end("leaf", "R"), &[&root("R").tampered()]);
    assert_eq!(errors(&found), [0, 0x28]);
    assert_eq!(infos(&found), [0x104, 0xc]);
}

#[test]
fn vector_13_periods_need_not_nest() {
    let leaf = end("leaf", "R").valid("20060101000000", "20080101000000");
    assert_eq!(errors(&unknown_root(&leaf, &[&root("R")])), [0, UNTRUSTED]);
}

#[test]
fn vectors_15_and_18_issuers_need_key_cert_sign() {
    let weak = |name: &str| end(name, "R").with(ca(None)).with(digital_signature());
    assert_eq!(errors(&unknown_root(&end("leaf", "R"), &[&weak("R")])), [0, 0x30]);
    let found = unknown_root(&end("leaf", "I"), &[&weak("I"), &root("R")]);
    assert_eq!(errors(&found), [0, 0x10, UNTRUSTED]);
}

#[test]
fn vector_16_end_certificate_that_is_no_ca_but_signs_certificates() {
    let leaf = end("leaf", "R").with(no_ca()).with(cert_sign());
    assert_eq!(errors(&unknown_root(&leaf, &[&root("R")])), [0x10, UNTRUSTED]);
}

#[test]
fn vector_17_sound_chain_under_an_unknown_root() {
    let found = unknown_root(&end("leaf", "I"), &[&authority("I", "R"), &root("R")]);
    assert_eq!(errors(&found), [0, 0, UNTRUSTED]);
    assert_eq!((infos(&found), found.status.info.0), (vec![0x104, 0x104, 0x10c], 0x100));
}

#[test]
fn vectors_19_to_22_dns_names_compare_without_case() {
    for (subtree, name) in [("a.com", &b"a.com"[..]), ("A.com", b"a.COM")] {
        let found = constrained(subtree, name);
        assert_eq!((errors(&found), infos(&found)), (vec![0, UNTRUSTED], vec![0x104, 0x50c]));
        assert_eq!(found.status.info.0, 0x500);
    }
    for (subtree, name) in [("a.com", &b"b.com"[..]), ("A.com", b"b.COM")] {
        assert_eq!(errors(&constrained(subtree, name)), [0, 0x4020]);
    }
}

#[test]
fn vectors_23_to_28_an_asterisk_has_no_meaning_in_a_subtree() {
    for (subtree, name) in
        [("*.com", &b"foo.com"[..]), ("f*.com", b"foo.com"), ("foo.*.com", b"foo.bar.com")]
    {
        assert_eq!(errors(&constrained(subtree, name)), [0, 0x4020], "{subtree}");
    }
}

#[test]
fn vector_27_nul_inside_a_name() {
    assert_eq!(errors(&constrained("foo.com", b"foo.com\0baddie")), [0, 0x920]);
}

#[test]
fn vector_30_unknown_critical_extension_of_an_intermediate() {
    let middle = authority("I", "R").with(extension("1.2.3", true, &[0x05, 0x00]));
    let found = unknown_root(&end("leaf", "I"), &[&middle, &root("R")]);
    assert_eq!(errors(&found), [0, 0x0800_0100, UNTRUSTED]);
}

#[test]
fn tampering_marks_the_certificate_that_carries_the_signature() {
    let (leaf, middle, top) = (end("leaf", "I"), authority("I", "R"), root("R"));
    let cases = [
        (leaf.clone().tampered(), middle.clone(), top.clone(), [8, 0, UNTRUSTED]),
        (leaf.clone(), middle.clone().tampered(), top.clone(), [0, 8, UNTRUSTED]),
        (leaf, middle, top.tampered(), [0, 0, 0x28]),
    ];
    for (leaf, middle, top, expected) in cases {
        assert_eq!(errors(&unknown_root(&leaf, &[&middle, &top])), expected);
    }
}

#[test]
fn damaged_copy_of_a_trusted_root_is_not_called_untrusted() {
    let damaged = root("R").tampered().make();
    let found = ask(&trusting(&[&root("R").make()]), &question(&damaged, &[]));
    assert_eq!(errors(&found), [8]);
}
