//! Names that say one thing to the CA and another to whoever compares them.

use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::policy::{NameOptions, match_host};
use chaincheck_testdata::certificate::{extension, permitted_dns};
use chaincheck_testdata::der;
use chaincheck_testdata::hostile::Parts;

use crate::judge;
use crate::support::{authority, errors, key, root};

fn leaf(common_name: &[u8], tag: u8, names: &[&[u8]]) -> Vec<u8> {
    let mut parts = Parts::new("leaf", "I", &key("leaf"), &key("I"));
    let attribute = der::sequence(&[der::oid("2.5.4.3"), der::tlv(tag, common_name)]);
    parts.subject = der::sequence(&[der::set(&[attribute])]);
    if !names.is_empty() {
        let names: Vec<_> = names.iter().map(|name| der::tlv(0x82, name)).collect();
        parts.extensions.push(extension("2.5.29.17", false, &der::sequence(&names)));
    }
    parts.sign(&key("I"))
}

fn is_for(certificate: &[u8], host: &str) -> bool {
    let certificate = Certificate::from_der(certificate).unwrap();
    match_host(&certificate, host, &NameOptions::default()).matched
}

/// CVE-2009-2408, CVE-2009-2510: `www.bank.test\0.attacker.test`.
#[test]
fn a_nul_in_a_name_ends_nothing() {
    let tricks: [&[u8]; 5] = [
        b"www.bank.test\0.attacker.test",
        b"\0www.bank.test",
        b"*\0.bank.test",
        b"*.bank.test\0.attacker.test",
        b"www.bank.test\0\0\0",
    ];
    for trick in tricks {
        for tag in [0x0c, 0x13, 0x16, 0x14] {
            assert!(!is_for(&leaf(trick, tag, &[]), "www.bank.test"), "CN {trick:?}, tag {tag}");
        }
        let named = leaf(b"other", 0x0c, &[trick]);
        assert!(!is_for(&named, "www.bank.test"), "dNSName {trick:?}");
        assert!(!is_for(&named, "bank.test"));
    }
    let wide: Vec<u8> =
        "www.bank.test\0.attacker.test".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert!(!is_for(&leaf(&wide, 0x1e, &[]), "www.bank.test"));
    // one NUL at the very end is dropped from a CN (documented, MS09-056), in no dNSName
    assert!(is_for(&leaf(b"www.bank.test\0", 0x0c, &[]), "www.bank.test"));
    assert!(!is_for(&leaf(b"x", 0x0c, &[b"www.bank.test\0"]), "www.bank.test"));
    // without the trick
    assert!(is_for(&leaf(b"www.bank.test", 0x0c, &[]), "www.bank.test"));
    assert!(is_for(&leaf(b"other", 0x0c, &[b"www.bank.test"]), "www.bank.test"));
    assert!(is_for(&leaf(b"other", 0x0c, &[b"*.bank.test"]), "www.bank.test"));
}

#[test]
fn wildcards_and_blanks_match_no_more_than_they_say() {
    for trick in [
        &b"*"[..],
        b"*.*.test",
        b"w*.bank.test",
        b"**.bank.test",
        b"www.*",
        b" www.bank.test",
        b"www.bank.test ",
        b"www.bank.test\n",
        b"www.bank.test/",
        b".bank.test",
        b"",
    ] {
        assert!(!is_for(&leaf(b"x", 0x0c, &[trick]), "www.bank.test"), "{trick:?}");
    }
    assert!(!is_for(&leaf(b"x", 0x0c, &[b"*.bank.test"]), "a.b.bank.test"));
}

/// A CN is a host name where there is no dNSName, so constraints hold for it, too.
#[test]
fn name_constraints_see_through_the_same_tricks() {
    let top = root("R").make();
    let middle = authority("I", "R").with(permitted_dns("good.test")).make();
    for (leaf, error) in [
        (leaf(b"www.good.test", 0x0c, &[]), 0),
        (leaf(b"x", 0x0c, &[b"www.good.test"]), 0),
        (leaf(b"www.bank.test", 0x0c, &[]), 0x4000),
        (leaf(b"x", 0x0c, &[b"www.bank.test"]), 0x4000),
        // a dNSName with a NUL cannot be read at all
        (leaf(b"x", 0x0c, &[b"www.bank.test\0.good.test"]), 0x900),
        (leaf(b"x", 0x0c, &[b"www.good.test", b"www.bank.test"]), 0x4000),
        (leaf(b"x", 0x0c, &[b"evilgood.test"]), 0x4000),
    ] {
        let found = judge(&leaf, &middle, &top);
        assert_eq!(errors(&found), [0, error, 0], "{found}");
    }
}
