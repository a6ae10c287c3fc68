//! Each extension, decoded by its own reader: the first octet says which one, the rest is its value.
//! It is decoded alike wherever the certificate stands, and an error points into the value.
#![no_main]

use chaincheck_engine::object::certificate::Certificate;
use chaincheck_testdata::der;
use chaincheck_testdata::hostile::Parts;
use chaincheck_testdata::key::Key;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

const TYPES: [&str; 26] = [
    "2.5.29.1",
    "2.5.29.7",
    "2.5.29.8",
    "2.5.29.10",
    "2.5.29.14",
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.18",
    "2.5.29.19",
    "2.5.29.30",
    "2.5.29.31",
    "2.5.29.32",
    "2.5.29.33",
    "2.5.29.35",
    "2.5.29.36",
    "2.5.29.37",
    "2.5.29.46",
    "2.5.29.54",
    "1.3.6.1.5.5.7.1.1",
    "1.3.6.1.5.5.7.1.11",
    "1.3.6.1.4.1.311.10.9.1",
    "1.3.6.1.4.1.311.20.2",
    "1.3.6.1.4.1.311.21.1",
    "1.3.6.1.4.1.311.21.7",
    "1.3.6.1.4.1.311.21.10",
    "1.3.6.1.4.1.311.21.11",
];

static PARTS: LazyLock<Parts> = LazyLock::new(|| {
    let key = Key::from_pem(include_str!("../../testdata/keys/ec-server.p256.pem"));
    Parts::new("leaf", "I", &key, &key)
});

fuzz_target!(|octets: &[u8]| {
    let Some((&which, value)) = octets.split_first() else { return };
    let id = TYPES[usize::from(which) % TYPES.len()];
    let mut parts = PARTS.clone();
    parts.extensions = vec![der::sequence(&[der::oid(id), der::octet_string(value)])];
    let encoded = parts.with_signature(&[0; 8]);
    let certificate = Certificate::from_der(&encoded).expect("an extension is not looked into");
    let raw = certificate.raw_extensions().next().expect("there is one");
    assert_eq!(raw.value, value);
    let read = format!("{:?}", certificate.extensions());
    let again = Certificate::from_der(&[&encoded[..], b"behind"].concat()).expect("as before");
    assert_eq!(read, format!("{:?}", again.extensions()));

    let extensions = certificate.extensions();
    let errors = [
        extensions.basic_constraints.as_ref().and_then(|d| d.value.as_ref().err()),
        extensions.key_usage.as_ref().and_then(|d| d.value.as_ref().err()),
        extensions.subject_alt_name.as_ref().and_then(|d| d.value.as_ref().err()),
        extensions.name_constraints.as_ref().and_then(|d| d.value.as_ref().err()),
        extensions.certificate_policies.as_ref().and_then(|d| d.value.as_ref().err()),
        extensions.crl_distribution_points.as_ref().and_then(|d| d.value.as_ref().err()),
        extensions.authority_key_identifier.as_ref().and_then(|d| d.value.as_ref().err()),
    ];
    for error in errors.into_iter().flatten() {
        let value = raw.offset..=raw.offset + raw.value.len();
        assert!(value.contains(&error.offset), "{error}: {value:?}");
    }
});
