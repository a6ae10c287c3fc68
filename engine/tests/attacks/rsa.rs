//! Bleichenbacher's forgery of 2006 and its descendants (CVE-2006-4339, CVE-2014-1568): under a key
//! with exponent 3, a cube root makes signatures whose padding only a lax reader finds sound.

use chaincheck_engine::object::certificate::Certificate;
use chaincheck_testdata::certificate::{ca, cert_sign};
use chaincheck_testdata::der;
use chaincheck_testdata::hostile::Parts;
use chaincheck_testdata::key::{Digest, Key};
use num_bigint::BigUint;

use crate::judge;
use crate::support::{errors, key, root};

/// Octets of the modulus.
const LENGTH: usize = 384;

fn weak_key() -> Key {
    Key::from_pem(include_str!("../../../testdata/keys/exponent-3.rsa.pem"))
}

fn authority() -> Certificate {
    let mut parts = Parts::new("I", "R", &weak_key(), &key("R"));
    parts.extensions = vec![ca(None), cert_sign()];
    Certificate::from_der(&parts.sign(&key("R"))).unwrap()
}

/// A leaf whose digest is odd (so that a cube root modulo a power of two exists), and the digest.
fn leaf() -> (Parts, Vec<u8>) {
    (1..=255)
        .map(|serial| {
            let mut parts = Parts::new("leaf", "I", &key("leaf"), &weak_key());
            parts.serial_number = der::integer(&[serial]);
            let digest = Digest::Sha256.of(&parts.tbs());
            (parts, digest)
        })
        .find(|(_, digest)| digest[31] & 1 == 1)
        .unwrap()
}

/// A number whose cube, in as many octets as the modulus has, begins with `front` and ends with
/// `back`. The cube is smaller than the modulus, so no private key is needed.
fn forge(front: &[u8], back: &[u8]) -> Vec<u8> {
    let free = (LENGTH - front.len()) * 8;
    // the middle of the interval: what is added below leaves `front` alone
    let target: BigUint = ((BigUint::from_bytes_be(front) << 1) + 1u8) << (free - 1);
    let mut root = target.nth_root(3);
    if !back.is_empty() {
        let bits = back.len() as u64 * 8;
        let wanted = BigUint::from_bytes_be(back);
        // bit by bit from the lowest: x^3 = wanted modulo 2^bits
        let mut low = BigUint::from(1u8);
        for bit in 1..bits {
            let cube = &low * &low * &low;
            if (cube ^ &wanted).bit(bit) {
                low.set_bit(bit, true);
            }
        }
        root = (root >> bits << bits) + low;
    }
    let cube = (&root * &root * &root).to_bytes_be();
    let cube = [vec![0; LENGTH - cube.len()], cube].concat();
    assert!(cube.starts_with(front) && cube.ends_with(back), "{cube:02x?}");
    let root = root.to_bytes_be();
    [vec![0; LENGTH - root.len()], root].concat()
}

const SHA256: &[u8] = &[0x06, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

fn digest_info(digest: &[u8], parameters: &[u8]) -> Vec<u8> {
    let algorithm = der::tlv(0x30, &[SHA256, parameters].concat());
    der::sequence(&[algorithm, der::octet_string(digest)])
}

fn padded(padding: usize, rest: &[u8]) -> Vec<u8> {
    [&[0, 1], vec![0xff; padding].as_slice(), &[0], rest].concat()
}

#[test]
fn a_signature_with_the_key_is_good() {
    let (parts, _) = leaf();
    let found = judge(&parts.sign(&weak_key()), &authority(), &root("R").make());
    assert_eq!(errors(&found), [0, 0, 0], "{found}");
}

/// What the recovered octets look like to a lax reader, and the forged signature.
fn forgeries(digest: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let info = digest_info(digest, &[5, 0]);
    let back = der::octet_string(digest);
    // lengths that swallow everything up to the digest at the end
    let opening = |front: &[u8], more: &[u8], padding: usize| {
        let used = 2 + padding + 1 + front.len() + more.len();
        (used, LENGTH - used)
    };
    let long = |tag: u8, length: usize| {
        let length = u16::try_from(length).unwrap().to_be_bytes();
        vec![tag, 0x82, length[0], length[1]]
    };
    // DigestInfo { AlgorithmIdentifier { SHA-256, OCTET STRING of anything }, digest }
    let (_, left) = opening(&[], &[0; 8 + 11 + 4], 8);
    let garbage = left - back.len();
    let algorithm = [&long(0x30, 11 + 4 + garbage)[..], SHA256, &long(0x04, garbage)].concat();
    let in_parameters =
        [&long(0x30, algorithm.len() + garbage + back.len())[..], &algorithm].concat();
    // the same inside a length of 127 octets, of which old readers kept the last (BERserk)
    let in_length = [&[0x30, 0xff][..], &[0; 40]].concat();
    vec![
        ("octets behind the digest", forge(&padded(8, &info), &[])),
        ("octets behind the digest, no NULL", forge(&padded(8, &digest_info(digest, &[])), &[])),
        ("shorter padding", forge(&padded(1, &info), &[])),
        ("no padding", forge(&padded(0, &info), &[])),
        ("octets in the parameters", forge(&padded(8, &in_parameters), &back)),
        ("octets in a length", forge(&padded(8, &in_length), &back)),
        ("the digest alone at the end", forge(&[0, 1, 0xff, 0xff, 0xff, 0xff], &back)),
        ("block type 2", forge(&[&[0, 2, 0xff, 0xff, 0], &info[..]].concat(), &[])),
    ]
}

#[test]
fn forged_without_the_key() {
    let (parts, digest) = leaf();
    for (what, signature) in forgeries(&digest) {
        let found = judge(&parts.with_signature(&signature), &authority(), &root("R").make());
        assert_eq!(errors(&found), [0x8, 0, 0], "{what}: {found}");
    }
}

#[test]
fn the_number_plus_the_modulus_and_the_number_cut() {
    let (parts, _) = leaf();
    let good = weak_key().sign(Digest::Sha256, &parts.tbs());
    let spki = weak_key().spki();
    let modulus = spki.windows(LENGTH).find(|octets| octets[0] & 0x80 != 0).unwrap();
    let longer = BigUint::from_bytes_be(&good) + BigUint::from_bytes_be(modulus);
    let zero = [&[0], &good[..]].concat();
    for signature in [longer.to_bytes_be(), zero, good[..LENGTH - 1].to_vec(), Vec::new()] {
        let found = judge(&parts.with_signature(&signature), &authority(), &root("R").make());
        assert_eq!(errors(&found), [0x8, 0, 0], "{} octets: {found}", signature.len());
    }
}
