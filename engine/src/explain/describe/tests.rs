use super::*;
use crate::base::oid;
use crate::format::url_cache::{UrlCacheEntry, UrlCacheObject};
use crate::format::{Kind, Limits, open};
use crate::object::certificate::Certificate;
use crate::object::crl::Crl;
use chaincheck_testdata::der as write;
use std::fmt::Write as _;

fn generated(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/generated");
    std::fs::read(folder.join(name)).unwrap()
}

fn first(name: &str, kind: Kind) -> Vec<u8> {
    let contents = open(&generated(name), &Limits::default()).unwrap();
    contents.items.iter().find(|item| item.kind == kind).unwrap().octets.to_vec()
}

/// One line for each field: its depth, label and value.
fn lines(fields: &[Field]) -> String {
    fn walk(fields: &[Field], depth: usize, text: &mut String) {
        for field in fields {
            writeln!(text, "{}{}: {}", "  ".repeat(depth), field.label, field.value).unwrap();
            walk(&field.children, depth + 1, text);
        }
    }
    let mut text = String::new();
    walk(fields, 0, &mut text);
    text
}

fn extension_lines(id: &oid::Oid, value: &[u8]) -> String {
    match super::extension::value(id, value, 0, Extent::default()) {
        Some(Ok(fields)) => lines(&fields),
        Some(Err(error)) => error.to_string(),
        None => "unknown".to_owned(),
    }
}

#[test]
fn a_certificate_in_words() {
    let found = Certificate::from_der(&generated("tls/good.cer")).unwrap();
    let text = lines(&certificate(&found, Extent::default()));
    for part in [
        "Version: 2 (v3)\n",
        "Subject: CN=www.example.test, O=Example Test\n",
        "Public Key Length: RSA 2048 bits\n",
        "  Enhanced Key Usage (2.5.29.37): not critical\n",
        "    Usage: Server Authentication (1.3.6.1.5.5.7.3.1)\n",
        "    DNS Name: www.example.test\n",
        "Kind: Non-root Certificate\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("PROBLEM"), "{text}");
    let hash = format!("  Cert Hash(sha1): {}\n", crate::base::digest::hex(&found.sha1()));
    assert!(text.contains(&hash));
}

#[test]
fn a_crl_in_words_and_as_long_as_asked() {
    let found = Crl::from_der(&first("tls/revoked.crl", Kind::Crl)).unwrap();
    let text = lines(&crl(&found, Extent::default()));
    assert!(text.contains("Kind: Base CRL\n") && text.contains("  Serial Number: "), "{text}");
    assert!(text.contains("    Revocation Date: "), "{text}");
    let none = Extent { max_entries: 0, max_octets: 1 };
    let text = lines(&crl(&found, none));
    assert!(text.contains("more entries are not shown"), "{text}");
}

#[test]
fn extensions_in_words() {
    let text = |string: &str| write::tlv(0x16, string.as_bytes());
    let url = write::tlv(0x86, b"http://a.example/x");
    let points = write::sequence(&[write::sequence(&[write::tlv(0xa0, &write::tlv(0xa0, &url))])]);
    let access = write::sequence(&[write::sequence(&[
        write::tlv(0x06, oid::OCSP.as_octets()),
        url.clone(),
    ])]);
    let policies = write::sequence(&[write::sequence(&[
        write::tlv(0x06, oid::ANY_POLICY.as_octets()),
        write::sequence(&[write::sequence(&[
            write::tlv(0x06, oid::CPS_QUALIFIER.as_octets()),
            text("http://a.example/cps"),
        ])]),
    ])]);
    let names =
        write::sequence(&[write::tlv(0x87, &[10, 0, 0, 1]), write::tlv(0x81, b"ann@a.example")]);
    let constraints =
        write::sequence(&[write::tlv(0xa0, &write::sequence(&[write::tlv(0x82, b".a.example")]))]);
    let template = write::sequence(&[
        write::tlv(0x06, &[0x2a, 3, 4]),
        write::tlv(2, &[100]),
        write::tlv(2, &[7]),
    ]);
    let period = write::sequence(&[write::tlv(0x81, b"20300102030405Z")]);
    for (id, value, expected) in [
        (
            oid::KEY_USAGE,
            vec![3, 2, 5, 0xa0],
            "Key Usage: Digital Signature, Key Encipherment (a0)",
        ),
        (oid::BASIC_CONSTRAINTS, vec![0x30, 3, 1, 1, 0xff], "Subject Type: CA"),
        (oid::CRL_DISTRIBUTION_POINTS, points, "  URL: http://a.example/x"),
        (oid::AUTHORITY_INFO_ACCESS, access, "On-line Certificate Status Protocol (1.3.6.1"),
        (oid::CERTIFICATE_POLICIES, policies, "  CPS (1.3.6.1.5.5.7.2.1): http://a.example/cps"),
        (oid::SUBJECT_ALT_NAME, names.clone(), "IP Address: 10.0.0.1\nRFC822 Name: ann@a.example"),
        (oid::NAME_CONSTRAINTS, constraints, "Permitted: \n  DNS Name: .a.example\nExcluded: None"),
        (oid::CERTIFICATE_TEMPLATE, template, "Major Version Number: 100\nMinor Version Number: 7"),
        (oid::CERTSRV_CA_VERSION, vec![2, 3, 1, 0, 2], "CA Version: V2.1"),
        (oid::PRIVATE_KEY_USAGE_PERIOD, period, "NotAfter: 2030-01-02T03:04:05Z"),
        (oid::TLS_FEATURE, vec![0x30, 3, 2, 1, 5], "status_request (5)"),
        (oid::NETSCAPE_CERT_TYPE, vec![3, 2, 5, 0xa0], "SSL Client Authentication, SMIME (a0)"),
        (oid::CRL_NUMBER, vec![2, 2, 1, 0], "CRL Number: 256 (0x100)"),
        (oid::INHIBIT_ANY_POLICY, vec![2, 1, 3], "Skip Certs: 3 certificates"),
        (oid::EXT_KEY_USAGE, vec![0x30, 0], "Usage: none: the list is empty"),
    ] {
        let shown = extension_lines(&id, &value);
        assert!(shown.contains(expected), "{id}: {shown}");
        for length in 0..value.len() {
            let cut = super::extension::value(&id, &value[..length], 0, Extent::default());
            assert!(cut.unwrap().is_err(), "{id} cut to {length}");
        }
    }
    let raw = crate::object::certificate::RawExtension {
        oid: &[0x2a, 3],
        critical: true,
        value: &[1, 2],
        offset: 0,
    };
    let shown = lines(&[extension(&raw, Extent::default())]);
    assert_eq!(shown, "1.2.3 (no known name): critical\n  Octets: 0102\n");
}

#[test]
fn properties_in_words() {
    let name: Vec<u8> = "Ann\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (id, value, expected) in [
        (11, name, "CERT_FRIENDLY_NAME_PROP_ID(11): Ann\n"),
        (92, vec![0, 8, 0, 0], "CERT_SUBJECT_PUB_KEY_BIT_LENGTH_PROP_ID(92): 2048 bits\n"),
        (104, Vec::new(), "CERT_DISALLOWED_FILETIME_PROP_ID(104): empty: an earlier"),
        (19, Vec::new(), "CERT_ARCHIVED_PROP_ID(19): present\n"),
        (3, vec![0xab], "CERT_SHA1_HASH_PROP_ID(3): ab\n"),
        (0x8001, vec![1], "Property 32769 (an application's own): 01\n"),
        (6, vec![1, 0, 0, 0], "CERT_KEY_SPEC_PROP_ID(6): 1 (AT_KEYEXCHANGE)\n"),
        (1, vec![1], "  PROBLEM: a handle of a process"),
        (92, vec![1], "  PROBLEM: cannot be read"),
    ] {
        let shown = lines(&[property(id, &value, Extent::default())]);
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    let long = property(3, &[0; 300], Extent::default()).value;
    assert!(long.ends_with("... (300 octets in all)"), "{long}");
    assert_eq!(property(3, &[0; 300], Extent::ALL).value.len(), 600);
}

#[test]
fn properties_that_contradict_their_certificate() {
    let found = Certificate::from_der(&generated("tls/good.cer")).unwrap();
    let sha1 = found.sha1();
    assert!(contradictions(&found, &[(3, &sha1), (11, b"x")]).is_empty());
    let wrong = contradictions(&found, &[(3, &[0; 20]), (25, &found.public_key_md5())]);
    assert_eq!(wrong.len(), 1);
    assert!(wrong[0].starts_with("CERT_SHA1_HASH_PROP_ID(3) is 0000"), "{}", wrong[0]);
}

#[test]
fn a_cache_entry_in_words() {
    let mut entry = UrlCacheEntry::new("http://a.example/x", UrlCacheObject::Crl, 7);
    entry.error = 4350;
    entry.response.flags = 0x8000;
    let text = lines(&url_cache_metadata(&entry));
    for part in [
        "URL: http://a.example/x\n",
        "Kind: CRL\n",
        "Last sync: never\n",
        "Pre-fetch error: 4350 ERROR_FILE_OFFLINE: the content was unchanged\n",
        "Response flags: 0x8000 (validated by the server)\n",
        "Content size: 7 octets\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
