//! Encodings that two readers may read differently: BER, odd numbers, things that stand twice.

use chaincheck_engine::base::der::MAX_NESTING;
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::crl::Crl;
use chaincheck_testdata::certificate::{ca, cert_sign, crl, extension};
use chaincheck_testdata::der;
use chaincheck_testdata::hostile::{Parts, content, indefinite, long_length, nested, pieces};
use chaincheck_testdata::key::{Digest, Key};

use crate::judge;
use crate::support::{authority, errors, key, no_ca, root};

fn parts() -> Parts {
    Parts::new("leaf", "I", &key("leaf"), &key("I"))
}

/// The errors of a leaf's chain; `None` if it cannot be read.
fn verdict(leaf: &[u8]) -> Option<Vec<u32>> {
    Certificate::from_der(leaf).ok()?;
    Some(errors(&judge(leaf, &authority("I", "R").make(), &root("R").make())))
}

const GOOD: Option<&[u32]> = Some(&[0, 0, 0]);
const BAD_SIGNATURE: Option<&[u32]> = Some(&[8, 0, 0]);

#[test]
fn the_control_is_good() {
    assert_eq!(verdict(&parts().sign(&key("I"))).as_deref(), GOOD);
}

/// What is signed is the octets as they are: written another way, the signature no longer fits.
#[test]
fn the_signed_part_written_another_way() {
    let parts = parts();
    let signature = der::bit_string(&key("I").sign(Digest::Sha256, &parts.tbs()));
    let tbs = parts.tbs();
    let inside = content(&tbs).to_vec();
    let around = |tbs: Vec<u8>| der::sequence(&[tbs, parts.algorithm.clone(), signature.clone()]);
    assert_eq!(verdict(&around(tbs.clone())).as_deref(), GOOD);
    for octets in [2, 3, 4, 8] {
        if octets > 2 {
            let other = around(long_length(0x30, octets, &inside));
            assert_eq!(verdict(&other).as_deref(), BAD_SIGNATURE, "{octets}");
        }
    }
    assert_eq!(verdict(&around(indefinite(0x30, &inside))).as_deref(), BAD_SIGNATURE);
}

/// CAPI2 reads BER (observed), and what is not signed may be written in it: the certificate is the
/// same, its thumbprint another.
#[test]
fn the_unsigned_part_written_another_way() {
    let parts = parts();
    let signature = key("I").sign(Digest::Sha256, &parts.tbs());
    let plain = parts.with_signature(&signature);
    let fields = [parts.tbs(), parts.algorithm.clone()].concat();
    let with = |bits: Vec<u8>| der::tlv(0x30, &[&fields[..], &bits].concat());
    let bits = [&[0], &signature[..]].concat();
    for other in [
        long_length(0x30, 4, content(&plain)),
        indefinite(0x30, content(&plain)),
        with(long_length(0x03, 3, &bits)),
    ] {
        assert_eq!(verdict(&other).as_deref(), GOOD);
        let certificate = Certificate::from_der(&other).unwrap();
        assert_ne!(certificate.sha1(), Certificate::from_der(&plain).unwrap().sha1());
        assert_eq!(certificate.tbs(), parts.tbs());
    }
    // a BIT STRING in pieces is not read: refused whole, not read in part
    assert_eq!(verdict(&with(pieces(0x03, 8, &bits))), None);
}

#[test]
fn lengths_that_wrap_or_lie() {
    for length in [
        &[0x84, 0xff, 0xff, 0xff, 0xff][..],
        &[0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x88, 0x80, 0, 0, 0, 0, 0, 0, 0],
        &[0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0x84, 0x7f, 0xff, 0xff, 0xff],
        &[0xfe; 128],
        &[0xff],
        &[0x80],
    ] {
        let octets = [&[0x30], length, content(&parts().sign(&key("I")))].concat();
        assert!(Certificate::from_der(&octets).is_err(), "{length:x?}");
        let inner = [&[0x30], length, content(&parts().tbs())].concat();
        assert!(Certificate::from_der(&der::sequence(&[inner])).is_err(), "{length:x?}");
    }
}

#[test]
fn tags_in_the_long_form_are_not_those_of_the_short_form() {
    let whole = parts().sign(&key("I"));
    // SEQUENCE as 3f 10, and with leading zeros
    for tag in [&[0x3f, 0x10][..], &[0x3f, 0x80, 0x10]] {
        assert!(Certificate::from_der(&[tag, &whole[1..]].concat()).is_err());
    }
    let mut parts = parts();
    parts.serial_number = vec![0x1f, 0x02, 0x01, 0x01];
    assert!(Certificate::from_der(&parts.sign(&key("I"))).is_err());
}

#[test]
fn values_nested_without_end() {
    for depth in [MAX_NESTING + 2, 10_000] {
        let deep = nested(depth, Vec::new());
        let mut parts = parts();
        parts.extensions = vec![extension("1.3.6.1.4.1.99999.1", false, &deep)];
        // what nobody decodes may be as deep as it likes
        assert_eq!(verdict(&parts.sign(&key("I"))).as_deref(), GOOD, "{depth}");
        parts.extensions = vec![extension("2.5.29.17", true, &deep)];
        assert!(verdict(&parts.sign(&key("I"))).is_some());
        assert!(Certificate::from_der(&deep).is_err());
        let open: Vec<u8> = [0x30, 0x80].repeat(depth);
        assert!(Certificate::from_der(&open).is_err());
    }
}

/// Serial numbers that RFC 5280 forbids are read, and are told apart octet by octet.
#[test]
fn negative_overlong_and_zero_numbers() {
    let revoked =
        crl("I", &key("I"), "20260101000000", "20300101000000", &[(&[0x80], "20260101000000")]);
    let revoked = Crl::from_der(&revoked).unwrap();
    for (serial_number, listed) in [
        (vec![0x02, 1, 0x80], false),            // -128
        (vec![0x02, 2, 0x00, 0x80], true),       // 128
        (vec![0x02, 3, 0x00, 0x00, 0x80], true), // 128 in too many octets
        (vec![0x02, 1, 0x00], false),
        (vec![0x02, 2, 0xff, 0x80], false), // -128 in too many octets
        (der::tlv(0x02, &[0x7f; 100]), false),
    ] {
        let mut parts = parts();
        parts.serial_number = serial_number.clone();
        let encoded = parts.sign(&key("I"));
        assert_eq!(verdict(&encoded).as_deref(), GOOD, "{serial_number:x?}");
        let certificate = Certificate::from_der(&encoded).unwrap();
        let found = revoked.find(certificate.serial_number()).count();
        assert_eq!(found == 1, listed, "{serial_number:x?}");
    }
    let mut parts = parts();
    parts.serial_number = vec![0x02, 0];
    assert!(Certificate::from_der(&parts.sign(&key("I"))).is_err());
}

#[test]
fn negative_and_huge_versions() {
    for (version, readable) in [(&[0xff][..], true), (&[0x7f; 9], false), (&[3], true)] {
        let mut parts = parts();
        parts.version = der::tlv(0xa0, &der::tlv(0x02, version));
        assert_eq!(verdict(&parts.sign(&key("I"))).is_some(), readable, "{version:x?}");
    }
}

/// Of an extension that stands twice, CryptoAPI finds the first (documented: CertFindExtension). A
/// CA that says both is judged by what it says first; and never by the more lenient of the two
/// because of the order in which they are looked at.
#[test]
fn an_extension_that_stands_twice() {
    let authority = |extensions: Vec<Vec<u8>>| {
        let mut parts = Parts::new("I", "R", &key("I"), &key("R"));
        parts.extensions = extensions;
        parts.extensions.push(cert_sign());
        Certificate::from_der(&parts.sign(&key("R"))).unwrap()
    };
    let leaf = parts().sign(&key("I"));
    let top = root("R").make();
    for (extensions, error) in [
        (vec![ca(None)], 0),
        (vec![no_ca()], 0x400),
        (vec![no_ca(), ca(None)], 0x400),
        (vec![ca(None), no_ca()], 0),
    ] {
        let found = judge(&leaf, &authority(extensions.clone()), &top);
        assert_eq!(errors(&found), [0, error, 0], "{extensions:x?}: {found}");
    }
}

/// An object identifier written with leading zeros, or with an arc too large, is another one: a
/// critical extension of that type is unknown, not basicConstraints.
#[test]
fn object_identifiers_that_are_not_canonical() {
    let value =
        der::octet_string(content(&der::sequence(&[der::sequence(&[der::tlv(1, &[0xff])])])));
    let critical = der::tlv(1, &[0xff]);
    for id in [
        &[0x55, 0x1d, 0x80, 0x13][..], // 2.5.29.(0)19
        &[0x55, 0x80, 0x1d, 0x13],
        &[0x80, 0x55, 0x1d, 0x13],
        &[0x55, 0x1d, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x13], // 19 mod 2^64
        &[0x55, 0x1d, 0x93],                                                       // unfinished
    ] {
        let mut parts = Parts::new("I", "R", &key("I"), &key("R"));
        let odd = der::sequence(&[der::tlv(6, id), critical.clone(), value.clone()]);
        parts.extensions = vec![odd, cert_sign()];
        let middle = Certificate::from_der(&parts.sign(&key("R"))).unwrap();
        let found = judge(&self::parts().sign(&key("I")), &middle, &root("R").make());
        // no basicConstraints, and a critical extension that nobody knows
        assert_eq!(errors(&found), [0, 0x800_0500, 0], "{id:x?}: {found}");
    }
}

/// Octets behind the certificate are no part of it (observed: CertCreateCertificateContext takes
/// them); octets behind the fields inside the signed part are refused.
#[test]
fn octets_behind() {
    let plain = parts().sign(&key("I"));
    let longer = [&plain[..], b"behind"].concat();
    assert_eq!(verdict(&longer).as_deref(), GOOD);
    let certificate = Certificate::from_der(&longer).unwrap();
    assert_eq!((certificate.trailing_octets(), certificate.der()), (6, &plain[..]));
    assert_eq!(certificate.sha1(), Certificate::from_der(&plain).unwrap().sha1());

    let mut inside = parts();
    inside.spki = [inside.spki, der::null()].concat();
    assert!(Certificate::from_der(&inside.sign(&key("I"))).is_err());
}

/// The algorithm is named twice. Only that inside is signed; a difference is refused.
#[test]
fn algorithms_inside_and_outside_differ() {
    let signer = Key::from_pem(include_str!("../../../testdata/keys/server-ca.rsa.pem"));
    let mut middle = Parts::new("I", "R", &signer, &key("R"));
    middle.extensions = vec![ca(None), cert_sign()];
    let middle = Certificate::from_der(&middle.sign(&key("R"))).unwrap();
    let judge = |leaf: &[u8]| errors(&judge(leaf, &middle, &root("R").make()));
    let parts = Parts::new("leaf", "I", &key("leaf"), &signer);
    assert_eq!(judge(&parts.sign(&signer)), [0, 0, 0]);

    // inside MD5 or SHA-1, outside what was really signed with; and the other way round
    for inside in ["1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10045.4.3.2"] {
        let mut mixed = parts.clone();
        mixed.algorithm = der::sequence(&[der::oid(inside), der::null()]);
        mixed.outer_algorithm = Some(parts.algorithm.clone());
        assert_eq!(judge(&mixed.sign(&signer)), [8, 0, 0], "{inside}");
        let mut mixed = parts.clone();
        mixed.outer_algorithm = Some(der::sequence(&[der::oid(inside), der::null()]));
        let found = judge(&mixed.sign(&signer));
        assert_eq!(found[0] & 8, 8, "{inside}: {found:x?}");
    }
    // absent parameters instead of NULL name the same algorithm
    let mut bare = parts.clone();
    bare.outer_algorithm = Some(der::sequence(&[der::oid("1.2.840.113549.1.1.11")]));
    assert_eq!(judge(&bare.sign(&signer)), [0, 0, 0]);
}
