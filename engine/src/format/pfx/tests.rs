use chaincheck_testdata::der;
use chaincheck_testdata::fixtures::{self, PFX_PASSWORD};
use chaincheck_testdata::pfx::{Mac as MadeMac, Pfx as Made, Protection};

use super::*;
use crate::base::digest::HashAlgorithm;

fn made(path: &str) -> Vec<u8> {
    fixtures::all().into_iter().find(|fixture| fixture.path == path).unwrap().octets
}

fn password() -> Passwords {
    Passwords::new([PFX_PASSWORD])
}

/// A store whose key costs nothing to derive.
fn quick() -> Made<'static> {
    Made { iterations: 1, ..fixtures::pfx() }
}

#[test]
fn every_protection_is_opened() {
    let aes = Scheme::Pbes2 { prf: HashAlgorithm::Sha256, cipher: Cipher::Aes256 };
    for (path, scheme, hash) in [
        ("pfx/rc2-40.pfx", Some(Scheme::Rc2With40Bits), Some(HashAlgorithm::Sha1)),
        ("pfx/rc2-128.pfx", Some(Scheme::Rc2With128Bits), Some(HashAlgorithm::Sha1)),
        ("pfx/2des.pfx", Some(Scheme::TripleDes2Key), Some(HashAlgorithm::Sha1)),
        ("pfx/3des.pfx", Some(Scheme::TripleDes3Key), Some(HashAlgorithm::Sha1)),
        ("pfx/aes-256.pfx", Some(aes), Some(HashAlgorithm::Sha256)),
        ("pfx/pbmac1.pfx", Some(aes), Some(HashAlgorithm::Sha256)),
        ("pfx/open.pfx", None, Some(HashAlgorithm::Sha1)),
        ("pfx/no-mac.pfx", Some(Scheme::TripleDes3Key), None),
        ("pfx/no-password.pfx", Some(Scheme::TripleDes3Key), Some(HashAlgorithm::Sha1)),
        ("pfx/empty-password.pfx", Some(Scheme::TripleDes3Key), Some(HashAlgorithm::Sha1)),
        ("pfx/indefinite.pfx", Some(Scheme::TripleDes3Key), Some(HashAlgorithm::Sha1)),
    ] {
        let contents = read(&made(path), &password()).unwrap();
        assert_eq!(contents.problems, [], "{path}");
        assert_eq!(contents.trailing, 0);
        let encryption = contents.safes[0].encryption.as_ref();
        assert_eq!(
            encryption.map(|e| (e.scheme, e.iterations)),
            scheme.map(|s| (s, 2000)),
            "{path}"
        );
        let mac = contents.mac.as_ref();
        assert_eq!(
            mac.map(|mac| (mac.hash, mac.iterations, mac.salt_length)),
            hash.map(|hash| { (Some(hash), 2000, 8) })
        );
        assert_eq!(mac.is_some_and(|mac| mac.is_pbmac1), path == "pfx/pbmac1.pfx");
        let integrity = if mac.is_some() { Integrity::Verified } else { Integrity::Absent };
        assert_eq!(contents.integrity, integrity);
        assert_whole(&contents);
    }
}

fn assert_whole(contents: &PfxContents) {
    let wanted = fixtures::pfx();
    let (found, wanted_bags): (Vec<_>, _) = (contents.certificates().collect(), &wanted.bags);
    assert_eq!(found.len(), wanted_bags.len());
    for (object, bag) in found.iter().zip(wanted_bags) {
        assert_eq!(object.octets, bag.certificate);
        assert_eq!(object.attributes.friendly_name.as_deref(), bag.friendly_name);
        assert_eq!(object.attributes.local_key_id, bag.local_key_id);
        let properties = object.attributes.properties.iter().map(|p| (p.id, p.value.clone()));
        assert_eq!(properties.collect::<Vec<_>>(), bag.properties);
        assert_eq!(object.attributes.other, []);
    }
    assert_eq!(contents.keys.len(), 1);
    assert!(contents.keys[0].is_shrouded && contents.keys[0].encryption.is_some());
    assert_eq!(contents.keys[0].certificate, Some(0));
}

#[test]
fn a_wrong_password_gives_what_is_not_encrypted() {
    for path in ["pfx/3des.pfx", "pfx/no-mac.pfx", "pfx/aes-256.pfx"] {
        let contents = read(&made(path), &Passwords::new(["wrong"])).unwrap();
        assert_eq!(contents.objects, []);
        assert_eq!(contents.keys.len(), 1);
        assert_eq!(contents.problems.len(), 1);
        assert_eq!(contents.problems[0].kind, PfxErrorKind::Password);
        assert_eq!(contents.problems[0].hresult().to_string(), "0x80070056");
    }
    let contents = read(&made("pfx/open.pfx"), &Passwords::default()).unwrap();
    assert_whole(&contents);
    assert_eq!(contents.integrity, Integrity::Mismatch);
    assert_eq!(contents.problems[0].kind, PfxErrorKind::Password);
    let without_key = Made { key: None, ..quick() }.encode();
    let error = read(&without_key, &Passwords::default()).unwrap_err();
    assert_eq!(error.kind, PfxErrorKind::Password);
}

/// Damage in the middle of what is encrypted garbles a block and leaves the padding: the password
/// still opens it.
#[test]
fn damage_is_told_from_a_wrong_password() {
    let octets = quick().encode();
    let sound = read(&octets, &password()).unwrap();
    assert_eq!(sound.integrity, Integrity::Verified);
    // the certificates begin some 100 octets in and end before the key
    for at in [200, 300, 400, 500, 600, 700, 800, 900, 1000] {
        let mut damaged = octets.clone();
        damaged[at] ^= 0x10;
        let contents = read(&damaged, &password()).unwrap();
        assert_eq!(contents.problems[0].kind, PfxErrorKind::Integrity, "octet {at}");
        let contents = read(&damaged, &Passwords::default()).unwrap();
        assert_eq!(contents.problems[0].kind, PfxErrorKind::Password, "octet {at}");
    }
}

/// Whatever octet is changed, and wherever the file is cut: no panic, and never a clean answer that
/// differs from the sound one.
#[test]
fn no_change_goes_unnoticed() {
    for made in [
        quick(),
        Made { protection: Some(Protection::Aes256), mac: Some(MadeMac::Pbmac1), ..quick() },
        Made { is_indefinite: true, protection: None, ..quick() },
    ] {
        let octets = made.encode();
        let sound = read(&octets, &password()).unwrap();
        let same =
            |found: &PfxContents| (&found.objects, &found.keys) == (&sound.objects, &sound.keys);
        for at in 0..octets.len() {
            for change in [0x01, 0x80] {
                let mut damaged = octets.clone();
                damaged[at] ^= change;
                let mut budget = Budget::new(10_000);
                if let Ok(found) = read_bounded(&damaged, &password(), &mut budget) {
                    let noticed = !found.problems.is_empty() || found.trailing > 0;
                    assert!(noticed || same(&found), "octet {at} ^ {change:02x} goes unnoticed");
                }
            }
            let cut = read(&octets[..at], &password());
            assert!(cut.is_err_and(|error| error.offset <= at), "cut at {at}");
        }
    }
}

#[test]
fn iterations_are_bounded() {
    let octets = Made { iterations: 0x7fff, ..fixtures::pfx() }.encode();
    let mut budget = Budget::new(0x7fff);
    let contents = read_bounded(&octets, &Passwords::default(), &mut budget).unwrap();
    assert_eq!(contents.integrity, Integrity::NotChecked);
    let kinds: Vec<_> = contents.problems.iter().map(|problem| &problem.kind).collect();
    assert_eq!(kinds, [&PfxErrorKind::Iterations(0x7fff), &PfxErrorKind::Iterations(2 * 0x7fff)]);
}

fn bag(kind: &str, value: &[u8]) -> Vec<u8> {
    der::sequence(&[der::oid(kind), der::tlv(0xa0, value)])
}

fn data(octets: &[u8]) -> Vec<u8> {
    let content = der::tlv(0xa0, &der::octet_string(octets));
    der::sequence(&[der::oid("1.2.840.113549.1.7.1"), content])
}

fn unprotected(bags: &[Vec<u8>]) -> Vec<u8> {
    let safe = der::sequence(&[data(&der::sequence(bags))]);
    der::sequence(&[der::integer(&[3]), data(&safe)])
}

#[test]
fn bags_of_every_kind() {
    let certificate = &fixtures::pfx().bags[0].certificate;
    let object = |id: &str, octets: &[u8]| {
        der::sequence(&[der::oid(id), der::tlv(0xa0, &der::octet_string(octets))])
    };
    let certificate_bag =
        bag("1.2.840.113549.1.12.10.1.3", &object("1.2.840.113549.1.9.22.1", certificate));
    let nested = bag("1.2.840.113549.1.12.10.1.6", &der::sequence(&[certificate_bag]));
    let crl = bag("1.2.840.113549.1.12.10.1.4", &object("1.2.840.113549.1.9.23.1", b"a CRL"));
    let sdsi = bag("1.2.840.113549.1.12.10.1.3", &object("1.2.840.113549.1.9.22.2", b"sdsi"));
    let secret = bag("1.2.840.113549.1.12.10.1.5", &der::sequence(&[]));
    let key = bag("1.2.840.113549.1.12.10.1.1", &der::sequence(&[der::integer(&[0])]));
    let other = bag("1.2.3", &der::null());
    let octets = unprotected(&[nested, crl, sdsi, secret, key, other, vec![5, 0]]);
    let contents = read(&octets, &Passwords::default()).unwrap();
    assert_eq!(contents.integrity, Integrity::Absent);
    let objects: Vec<_> = contents.objects.iter().map(|o| (o.kind, o.octets.as_slice())).collect();
    assert_eq!(objects, [(Kind::Certificate, certificate.as_slice()), (Kind::Crl, b"a CRL")]);
    assert_eq!((contents.keys.len(), contents.keys[0].is_shrouded), (1, false));
    assert_eq!(contents.problems.len(), 4);
    let places: Vec<_> = contents.problems.iter().map(|p| (p.safe, p.offset)).collect();
    assert!(places.iter().all(|(safe, _)| *safe == Some(0)), "{places:?}");
    assert!(places.windows(2).all(|pair| pair[0].1 < pair[1].1));
}

#[test]
fn nested_safe_contents_are_bounded() {
    let mut bags = der::sequence(&[]);
    for _ in 0..=MAX_SAFE_DEPTH {
        bags = der::sequence(&[bag("1.2.840.113549.1.12.10.1.6", &bags)]);
    }
    let safe = der::sequence(&[data(&bags)]);
    let octets = der::sequence(&[der::integer(&[3]), data(&safe)]);
    let error = read(&octets, &Passwords::default()).unwrap_err();
    assert!(matches!(error.kind, PfxErrorKind::Unsupported(what) if what.contains("nest")));
}

/// Public-key privacy and integrity: what can be said is said.
#[test]
fn what_is_protected_by_certificates_is_named() {
    let enveloped =
        der::sequence(&[der::oid("1.2.840.113549.1.7.3"), der::tlv(0xa0, &der::sequence(&[]))]);
    let safe = der::sequence(&[enveloped, data(&der::sequence(&[]))]);
    let signed = der::sequence(&[der::integer(&[1]), der::set(&[]), data(&safe), der::set(&[])]);
    let info = der::sequence(&[der::oid("1.2.840.113549.1.7.2"), der::tlv(0xa0, &signed)]);
    let octets = der::sequence(&[der::integer(&[3]), info]);
    let error = read(&octets, &Passwords::default()).unwrap_err();
    assert!(matches!(error.kind, PfxErrorKind::Unsupported(what) if what.contains("key")));
    assert_eq!(error.safe, Some(0));
}

#[test]
fn other_versions_and_algorithms_are_errors() {
    let error = read(&der::sequence(&[der::integer(&[4]), data(b"")]), &Passwords::default());
    assert!(matches!(error.unwrap_err().kind, PfxErrorKind::Unsupported(_)));
    let mut octets = quick().encode();
    // pbeWithSHAAnd3-KeyTripleDES-CBC of the certificates becomes RC4
    let id = der::oid("1.2.840.113549.1.12.1.3");
    let at = octets.windows(id.len()).position(|window| window == id).unwrap();
    octets[at + id.len() - 1] = 1;
    let contents = read(&octets, &password()).unwrap();
    let expected = PfxErrorKind::Algorithm(oid::PBE_SHA_RC4_128);
    assert!(contents.problems.iter().any(|problem| problem.kind == expected));
}
