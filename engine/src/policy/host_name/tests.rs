use super::*;
use crate::base::oid::Oid;
use crate::policy::tests::certificate::{Builder, tlv};

fn with_names(alt_names: &[(u8, &[u8])], subject: &[(&Oid, &str)]) -> Certificate {
    let mut builder = Builder::default();
    for (kind, value) in subject {
        builder = builder.subject(kind, value);
    }
    if !alt_names.is_empty() {
        let names: Vec<Vec<u8>> =
            alt_names.iter().map(|(tag, value)| tlv(*tag, &[value])).collect();
        builder = builder.extension(&oid::SUBJECT_ALT_NAME, &tlv(0x30, &[&names.concat()]));
    }
    builder.build()
}

fn dns(names: &[&str]) -> Certificate {
    let names: Vec<(u8, &[u8])> = names.iter().map(|name| (0x82, name.as_bytes())).collect();
    with_names(&names, &[])
}

fn matched(certificate: &Certificate, server: &str) -> bool {
    match_host(certificate, server, &NameOptions::default()).matched
}

#[test]
fn a_wildcard_is_one_whole_label() {
    let certificate = dns(&["*.openssl.org"]);
    assert!(matched(&certificate, "a.openssl.org"));
    assert!(matched(&certificate, "A.OpenSSL.org"));
    for host in ["openssl.org", "fopenssl.org", "a.b.openssl.org", ".openssl.org", "", "."] {
        assert!(!matched(&certificate, host), "{host}");
    }
}

#[test]
fn other_wildcards_do_not_match_and_say_that_this_is_not_proven() {
    for name in ["f*.example.com", "*", "www.*.com", "*.*.com", "*oo.example.com"] {
        let found = match_host(&dns(&[name]), "foo.example.com", &NameOptions::default());
        assert!(!found.matched, "{name}");
        assert!(found.unproven.is_some(), "{name}");
    }
    assert_eq!(match_host(&dns(&["x.org"]), "y.org", &NameOptions::default()), no_match(None));
}

#[test]
fn common_names_count_without_a_dns_name() {
    let kind = oid::COMMON_NAME;
    let cn = |name| (&kind, name);
    let several = with_names(&[], &[cn("*.foo.com"), cn("foo.com")]);
    assert!(matched(&several, "foo.com"));
    assert!(matched(&several, "a.foo.com"));
    assert!(!matched(&several, "afoo.com"));

    let address_only = with_names(&[(0x87, &[1, 2, 3, 4])], &[cn("a.example")]);
    assert!(matched(&address_only, "a.example"));
    let dns_too = with_names(&[(0x82, b"b.example")], &[cn("a.example")]);
    assert!(!matched(&dns_too, "a.example"));

    let rule = |common_name| NameOptions { common_name, ..NameOptions::default() };
    for (name_rule, by_address, by_nothing) in [
        (CommonNameRule::WithoutDnsName, true, true),
        (CommonNameRule::WithoutDnsNameOrAddress, false, true),
        (CommonNameRule::WithoutAltName, false, true),
        (CommonNameRule::Never, false, false),
    ] {
        let options = rule(name_rule);
        assert_eq!(match_host(&address_only, "a.example", &options).matched, by_address);
        assert_eq!(match_host(&several, "foo.com", &options).matched, by_nothing);
    }
}

#[test]
fn the_obsolete_alternative_name_counts() {
    let name = tlv(0x30, &[&tlv(0x82, &[b"*.winehq.org"])]);
    let certificate = Builder::default()
        .subject(&oid::COMMON_NAME, "other.example")
        .extension(&oid::OBSOLETE_SUBJECT_ALT_NAME, &name)
        .build();
    assert!(matched(&certificate, "test.winehq.org"));
    assert!(!matched(&certificate, "other.example"));
}

#[test]
fn a_terminating_nul_is_dropped_an_embedded_one_matches_nothing() {
    assert!(matched(
        &with_names(&[], &[(&oid::COMMON_NAME, "www.battle.net\0")]),
        "www.battle.net"
    ));
    let forged = with_names(&[], &[(&oid::COMMON_NAME, "good.example\0.evil.example")]);
    assert!(!matched(&forged, "good.example"));
    let forged = dns(&["good.example\0.evil.example"]);
    let found = match_host(&forged, "good.example", &NameOptions::default());
    assert!(!found.matched && found.unproven.is_some());
}

#[test]
fn addresses() {
    let v4 = with_names(&[(0x87, &[127, 0, 0, 1])], &[]);
    assert!(matched(&v4, "127.0.0.1"));
    assert!(!matched(&v4, "127.0.0.2"));
    let mut loopback = [0; 16];
    loopback[15] = 1;
    let v6 = with_names(&[(0x87, &loopback)], &[]);
    assert!(matched(&v6, "::1"));
    assert!(matched(&v6, "0:0:0:0:0:0:0:1"));
    assert!(!matched(&v6, "::ffff:c6a8:1"));
    let no_addresses = NameOptions { address: false, ..NameOptions::default() };
    assert!(!match_host(&v4, "127.0.0.1", &no_addresses).matched);

    let text = dns(&["1.2.3.4"]);
    let found = match_host(&text, "1.2.3.4", &NameOptions::default());
    assert!(found.matched && found.unproven.is_some());
    let strict = NameOptions { address_in_dns_name: false, ..NameOptions::default() };
    assert!(!match_host(&text, "1.2.3.4", &strict).matched);
    assert!(!matched(&dns(&["*.2.3.4"]), "1.2.3.4"));
    assert!(matched(&with_names(&[], &[(&oid::COMMON_NAME, "1.2.3.4")]), "1.2.3.4"));
}

#[test]
fn a_trailing_dot_is_dropped_from_the_host() {
    let found = match_host(&dns(&["example.com"]), "example.com.", &NameOptions::default());
    assert!(found.matched && found.unproven.is_some());
    let strict = NameOptions { strip_trailing_dot: false, ..NameOptions::default() };
    assert!(!match_host(&dns(&["example.com"]), "example.com.", &strict).matched);
    let found = match_host(&dns(&["example.com."]), "example.com", &NameOptions::default());
    assert!(!found.matched && found.unproven.is_some());
}

#[test]
fn international_names_are_an_option() {
    let certificate = dns(&["xn--bcher-kva.example"]);
    assert!(matched(&certificate, "xn--bcher-kva.example"));
    assert!(!matched(&certificate, "bücher.example"));
    let idn = NameOptions { idn_to_ascii: true, ..NameOptions::default() };
    let found = match_host(&certificate, "bücher.example", &idn);
    assert!(found.matched && found.unproven.is_some());
}

#[test]
fn domain_components_are_the_labels_of_the_host() {
    let kind = oid::DOMAIN_COMPONENT;
    let dc = |name| (&kind, name);
    let certificate =
        with_names(&[], &[dc("www"), dc("example"), dc("com"), (&oid::COMMON_NAME, "other.com")]);
    let rule = |domain_components| NameOptions { domain_components, ..NameOptions::default() };
    for (rule, by_components, by_common_name) in [
        (rule(DomainComponentRule::Instead), true, false),
        (rule(DomainComponentRule::Also), true, true),
        (rule(DomainComponentRule::Ignore), false, true),
    ] {
        assert_eq!(match_host(&certificate, "www.example.com", &rule).matched, by_components);
        assert_eq!(match_host(&certificate, "other.com", &rule).matched, by_common_name);
    }
}
