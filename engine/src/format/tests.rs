use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::*;

/// A part of the shared data, or `None` after saying that it is not there.
pub(super) fn shared(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CHAINCHECK_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let path = root.join(part);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var("CHAINCHECK_REQUIRE_SHARED").is_ok_and(|v| v == "1");
    assert!(!required, "{} is missing", path.display());
    println!("skipped: {} is missing", path.display());
    None
}

fn open_all(octets: &[u8]) -> Contents {
    open(octets, &Limits::default()).unwrap()
}

/// DER of a SEQUENCE, or of any other constructed or primitive value.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut octets = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length @ ..0x80) => octets.push(length),
        _ => {
            octets.push(0x82);
            octets.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
        }
    }
    octets.extend(content);
    octets
}

fn tbs_certificate() -> Vec<u8> {
    let algorithm = tlv(0x30, &[&[6, 0]]);
    let time = tlv(0x18, &[b"20250101000000Z"]);
    let key = tlv(0x30, &[&algorithm, &[3, 1, 0]]);
    let validity = tlv(0x30, &[&time, &time]);
    tlv(0x30, &[&[2, 1, 1], &algorithm, &[0x30, 0], &validity, &[0x30, 0], &key])
}

fn certificate() -> Vec<u8> {
    tlv(0x30, &[&tbs_certificate(), &tlv(0x30, &[&[6, 0]]), &[3, 1, 0]])
}

fn signed_data(content_type: &[u8], certificates: &[&[u8]]) -> Vec<u8> {
    let content = tlv(0x30, &[&tlv(6, &[content_type])]);
    let set = tlv(0xa0, certificates);
    let signed = tlv(0x30, &[&[2, 1, 1], &[0x31, 0], &content, &set, &[0x31, 0]]);
    let id = tlv(6, &[crate::base::oid::PKCS7_SIGNED_DATA.as_octets()]);
    tlv(0x30, &[&id, &tlv(0xa0, &[&signed])])
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn der_in_all_its_wrappings() {
    let certificate = certificate();
    let base64 = BASE64_STANDARD.encode(&certificate);
    let pem = format!("-----BEGIN CERTIFICATE-----\r\n{base64}\r\n-----END CERTIFICATE-----\r\n");
    let mut with_mark = vec![0xff, 0xfe];
    with_mark.extend(utf16(&pem));
    let hex: String = certificate.iter().map(|b| format!("{b:02X} ")).collect();
    for (octets, kind) in [
        (certificate.clone(), Kind::Certificate),
        (base64.clone().into_bytes(), Kind::Base64),
        (utf16(&base64), Kind::Base64),
        (pem.clone().into_bytes(), Kind::Pem),
        (format!("subject: x\n{pem}").into_bytes(), Kind::Pem),
        (utf16(&pem), Kind::Pem),
        (with_mark, Kind::Pem),
        (format!("{{ASN}}{hex}").into_bytes(), Kind::AsciiHex),
    ] {
        let contents = open_all(&octets);
        assert_eq!(contents.kind, kind);
        assert_eq!(contents.notes, []);
        assert_eq!(contents.items.len(), 1);
        assert_eq!(contents.items[0].kind, Kind::Certificate);
        assert_eq!(&*contents.items[0].octets, certificate);
    }
}

#[test]
fn a_bad_pem_block_is_noted_and_the_next_is_read() {
    let base64 = BASE64_STANDARD.encode(certificate());
    let text = format!(
        "-----BEGIN CERTIFICATE-----\nMI!C\n-----END CERTIFICATE-----\n\
         -----BEGIN RSA PRIVATE KEY-----\nMAAA\n-----END RSA PRIVATE KEY-----\n\
         -----BEGIN TRUSTED CERTIFICATE-----\nX-Note: y\n\n{base64}\n-----END CERTIFICATE-----"
    );
    let contents = open_all(text.as_bytes());
    assert_eq!(contents.items.len(), 1);
    assert_eq!(contents.items[0].origin, "PEM block 3 (TRUSTED CERTIFICATE)");
    assert_eq!(contents.items[0].offset, text.find("-----BEGIN TRUSTED").unwrap());
    assert_eq!(contents.notes[0].kind, FormatErrorKind::Base64);
    assert_eq!(contents.notes[0].offset, text.find('!').unwrap());
    assert_eq!(contents.notes[0].context, "PEM block 1 (CERTIFICATE)");
    assert_eq!(contents.notes[1].kind, FormatErrorKind::NotOpened(Kind::PrivateKey));
}

/// Labels may lie, kinds may mix, anything may stand between (reference, stores-and-formats 7).
#[test]
fn a_label_does_not_decide() {
    let certificate = certificate();
    let bundle = signed_data(crate::base::oid::PKCS7_DATA.as_octets(), &[&certificate]);
    let block = |label: &str, octets: &[u8]| {
        let body = BASE64_STANDARD.encode(octets);
        format!(
            "Bag Attributes: <none>\r\n-----BEGIN {label}-----\r\n{body}\r\n-----END {label}-----\r\n"
        )
    };
    let text = [
        block("CERTIFICATE", &bundle),
        block("X509 CRL", &certificate),
        block("PKCS7", b"0\x03\x0a\x01\x06"),
        block("CERTIFICATE", b"nothing known"),
        block("ENCRYPTED PRIVATE KEY", b"0\0"),
    ]
    .concat();
    for octets in [text.clone().into_bytes(), utf16(&format!("\u{feff}{text}"))] {
        let contents = open_all(&octets);
        let found: Vec<_> = contents.items.iter().map(|i| (i.kind, i.origin.as_str())).collect();
        let expected = [
            (Kind::Certificate, "certificate 1 in PKCS #7 in PEM block 1 (CERTIFICATE)"),
            (Kind::Certificate, "PEM block 2 (X509 CRL)"),
            (Kind::OcspResponse, "PEM block 3 (PKCS7)"),
        ];
        assert_eq!(found, expected);
        let kinds: Vec<_> = contents.notes.iter().map(|note| &note.kind).collect();
        let key = FormatErrorKind::NotOpened(Kind::PrivateKey);
        assert_eq!(kinds, [&FormatErrorKind::Unrecognised, &key]);
    }
}

#[test]
fn many_blocks_without_an_end_cost_one_scan() {
    let text = "-----BEGIN A\n".repeat(60_000);
    let contents = open_all(text.as_bytes());
    assert_eq!((contents.items.len(), contents.notes.len()), (0, 60_000));
}

#[test]
fn objects_behind_one_another_and_what_trails() {
    let mut octets = certificate();
    let length = octets.len();
    octets.extend(signed_data(crate::base::oid::PKCS7_DATA.as_octets(), &[&certificate()]));
    octets.extend(b"\0\0\0");
    let contents = open_all(&octets);
    assert_eq!((contents.items.len(), contents.trailing), (2, 3));
    assert_eq!(contents.items[1].origin, "certificate 1 in PKCS #7 in value 2");
    assert!(contents.items[1].offset > length);
}

#[test]
fn messages_by_type() {
    let list = signed_data(crate::base::oid::CTL.as_octets(), &[&certificate()]);
    let contents = open_all(&list);
    assert_eq!(contents.kind, Kind::CertificateTrustList);
    assert_eq!(&*contents.items[0].octets, list);
    let id = tlv(6, &[crate::base::oid::PKCS7_DIGESTED_DATA.as_octets()]);
    let digested = tlv(0x30, &[&id, &tlv(0xa0, &[&[0x30, 0]])]);
    let error = open(&digested, &Limits::default()).unwrap_err();
    assert_eq!(error.kind, FormatErrorKind::MessageType(MessageType::Digested));
    assert_eq!(error.hresult().0, 0x8009_1004);
}

#[test]
fn what_wine_tests_accept_and_refuse() {
    let Some(vectors) = shared("vectors/windows/other.jsonl") else { return };
    let lines = std::fs::read_to_string(vectors).unwrap();
    let mut checked = 0;
    for line in lines.lines() {
        let Some(at) = line.find(r#""decode":{"object":""#) else { continue };
        let rest = &line[at + 20..];
        let object = BASE64_STANDARD.decode(&rest[..rest.find('"').unwrap()]).unwrap();
        let code = match open(&object, &Limits::default()) {
            Ok(contents) => {
                let known = matches!(contents.kind, Kind::Pfx | Kind::Pe);
                assert!(known || !contents.items.is_empty(), "{line}");
                "null".to_owned()
            }
            Err(error) => format!(r#"["{}"]"#, error.hresult()),
        };
        let expected = format!(r#""expect":{{"call_error":{code}}}"#);
        assert!(line.contains(&expected), "{code}: {line}");
        checked += 1;
    }
    assert!(checked >= 12, "only {checked} checked");
}

#[test]
fn depth_items_and_input_are_bounded() {
    let certificate = certificate();
    let mut nested = certificate.clone();
    for _ in 0..6 {
        let base64 = BASE64_STANDARD.encode(&nested);
        nested = format!("-----BEGIN X-----\n{base64}\n-----END X-----\n").into_bytes();
    }
    assert_eq!(open_all(&nested).items.len(), 1);
    let limits = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        limits
    };
    let contents = open(&nested, &limits(|l| l.max_depth = 3)).unwrap();
    assert_eq!(contents.notes[0].kind, FormatErrorKind::TooLarge(Limit::MaxDepth));
    let error = open(&nested, &limits(|l| l.max_input = 10)).unwrap_err();
    assert_eq!(error.kind, FormatErrorKind::TooLarge(Limit::MaxInput));
    let bundle =
        signed_data(crate::base::oid::PKCS7_DATA.as_octets(), &[certificate.as_slice(); 5]);
    let error = open(&bundle, &limits(|l| l.max_items = 4)).unwrap_err();
    assert_eq!(error.kind, FormatErrorKind::TooLarge(Limit::MaxItems));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]
    #[test]
    fn changed_octets_never_panic(
        seed in 0usize..4, at in proptest::prelude::any::<proptest::sample::Index>(),
        with in proptest::collection::vec(proptest::prelude::any::<u8>(), 1..5),
    ) {
        let certificate = certificate();
        let properties = [RawProperty { id: 11, value: vec![65, 0, 0, 0] }];
        let mut octets = match seed {
            0 => signed_data(crate::base::oid::PKCS7_DATA.as_octets(), &[certificate.as_slice(); 2]),
            1 => serialized_store::write_store(
                [(Kind::Certificate, &*certificate, &properties[..])]).unwrap(),
            2 => format!("-----BEGIN X-----\n{}", BASE64_STANDARD.encode(&certificate)).into_bytes(),
            _ => certificate.clone(),
        };
        let at = at.index(octets.len());
        let end = (at + with.len()).min(octets.len());
        octets.splice(at..end, with);
        if let Ok(contents) = open(&octets, &Limits::default()) {
            for item in contents.items {
                proptest::prop_assert!(item.octets.len() <= octets.len());
            }
        }
    }
}
