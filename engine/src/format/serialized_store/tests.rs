use super::*;
use crate::format::tests::shared;

fn element(id: u32, encoding: u32, value: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    for field in [id, encoding, u32::try_from(value.len()).unwrap()] {
        octets.extend(field.to_le_bytes());
    }
    octets.extend(value);
    octets
}

const OBJECT: &[u8] = &[0x30, 0x03, 0x02, 0x01, 0x07];

#[test]
fn an_element_ends_with_its_object() {
    let mut octets = element(11, 1, b"n\0");
    octets.extend(element(33, 1, OBJECT));
    octets.extend([0; 5]);
    assert!(looks_like_element(&octets));
    let read = read_element(&octets).unwrap();
    assert_eq!((read.kind, read.object, read.offset), (Kind::Crl, OBJECT, 26));
    assert_eq!(read.properties, [RawProperty { id: 11, value: b"n\0".to_vec() }]);
    assert_eq!(read.end, octets.len() - 5);
}

#[test]
fn wrong_encoding_and_wrong_length_have_their_own_codes() {
    let mut octets = element(32, 2, OBJECT);
    assert!(looks_like_element(&octets));
    assert_eq!(read_element(&octets).unwrap_err().hresult().0, 0x8007_0002);
    octets = element(32, 1, OBJECT);
    octets[8] = 200;
    assert!(looks_like_element(&octets));
    let error = read_element(&octets).unwrap_err();
    assert_eq!(error.kind, FormatErrorKind::ElementLength(200));
    assert_eq!(error.hresult().0, 0x8007_0057);
}

#[test]
fn a_bad_element_does_not_hide_the_next() {
    let mut octets = HEADER.to_vec();
    octets.extend(element(32, 2, OBJECT));
    octets.extend(element(36, 1, OBJECT));
    octets.extend(element(34, 1, OBJECT));
    octets.extend([0; 12]);
    octets.push(9);
    let store = read_store(&octets).unwrap();
    assert_eq!(store.elements.len(), 1);
    assert_eq!(store.elements[0].kind, Kind::CertificateTrustList);
    let kinds: Vec<_> = store.problems.iter().map(|p| p.kind.clone()).collect();
    assert_eq!(kinds, [FormatErrorKind::ElementEncoding(2), FormatErrorKind::ElementKind(36)]);
    assert_eq!(store.end, octets.len() - 1);
}

#[test]
fn a_store_cut_anywhere_is_noted() {
    let properties = [RawProperty { id: 3, value: vec![7; 20] }];
    let object = (Kind::Certificate, OBJECT, &properties[..]);
    let octets = write_store([object, object]).unwrap();
    assert_eq!(read_store(&octets).unwrap().problems, []);
    for end in HEADER.len()..octets.len() {
        let store = read_store(&octets[..end]).unwrap();
        assert!(!store.problems.is_empty(), "cut at {end}");
    }
}

#[test]
fn shared_stores_are_read_and_written_back_unchanged() {
    let Some(folder) = shared("data/samples/sst") else { return };
    for (name, count) in [
        ("dotnet-serialized-store-2certs.sst", 2),
        ("roots-2021-10.sst", 434),
        ("roots-2025-08.sst", 514),
    ] {
        let octets = std::fs::read(folder.join(name)).unwrap();
        let store = read_store(&octets).unwrap();
        assert_eq!((store.elements.len(), store.problems.len()), (count, 0), "{name}");
        let objects = store.elements.iter().map(|e| (e.kind, e.object, e.properties.as_slice()));
        assert!(write_store(objects).unwrap() == octets[..store.end], "{name}");
    }
    let octets = std::fs::read(folder.join("dotnet-serialized-cert.bin")).unwrap();
    let read = read_element(&octets).unwrap();
    assert_eq!((read.properties[0].id, read.properties[0].value.len()), (2, 188));
    assert_eq!((read.object.len(), read.end), (489, octets.len()));
}
