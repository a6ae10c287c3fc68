//! Host names against a naive model. The first line is the host, each other line a dNSName.
#![no_main]

use std::sync::LazyLock;

use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::policy::{CommonNameRule, NameOptions, match_host};
use chaincheck_testdata::der;
use chaincheck_testdata::certificate::extension;
use chaincheck_testdata::hostile::Parts;
use chaincheck_testdata::key::Key;
use libfuzzer_sys::fuzz_target;

static PARTS: LazyLock<Parts> = LazyLock::new(|| {
    let key = Key::from_pem(include_str!("../../testdata/keys/ec-server.p256.pem"));
    Parts::new("leaf", "I", &key, &key)
});

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let host = lines.next().unwrap_or_default();
    let names: Vec<&str> = lines.take(8).collect();
    // an address is compared in other ways, and what is no IA5String is no dNSName
    if host.parse::<std::net::IpAddr>().is_ok() || !text.is_ascii() || text.contains('\0') {
        return;
    }
    let mut parts = PARTS.clone();
    let encoded: Vec<_> = names.iter().map(|name| der::tlv(0x82, name.as_bytes())).collect();
    parts.extensions = vec![extension("2.5.29.17", false, &der::sequence(&encoded))];
    let certificate = Certificate::from_der(&parts.with_signature(&[0; 8])).expect("well formed");
    let mut options = NameOptions::default();
    options.common_name = CommonNameRule::Never;
    options.strip_trailing_dot = false;
    let found = match_host(&certificate, host, &options);
    let expected = names.iter().any(|name| naive(name, host));
    assert_eq!(found.matched, expected, "{host:?} {names:?} {found:?}");
});

/// Equal without case; or `*.` and the rest, for a host of one label more.
fn naive(name: &str, host: &str) -> bool {
    let (name, host) = (name.to_ascii_lowercase(), host.to_ascii_lowercase());
    if host.is_empty() || host == "." {
        return false;
    }
    if name == host {
        return true;
    }
    let labels: Vec<&str> = host.split('.').collect();
    let pattern: Vec<&str> = name.split('.').collect();
    pattern.len() > 1
        && pattern[0] == "*"
        && labels.len() == pattern.len()
        && !labels[0].is_empty()
        && labels[1..] == pattern[1..]
        && pattern[1..] != [""]
}
