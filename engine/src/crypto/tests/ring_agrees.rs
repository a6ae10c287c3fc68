//! Two implementations, one answer: ring and the pure path, each alone.

use super::vectors::{MESSAGE, Vectors};
use crate::base::digest::HashAlgorithm;
use crate::crypto::rsa::ring_pkcs1;
use crate::crypto::{AlgorithmIdentifier, Key, KeyFamily, PublicKey, signature_algorithm};

/// What each says. `None` if ring does not serve this key with this hash.
fn both(
    key: &PublicKey,
    hash: HashAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> Option<(bool, bool)> {
    match &key.0 {
        Key::Rsa(key) => {
            let parameters = ring_pkcs1(hash, key.bit_length().into())?;
            Some((
                key.ring_accepts(Some(parameters), message, signature),
                key.verify_pkcs1_pure(hash, message, signature).is_ok(),
            ))
        }
        Key::Ec(key) => Some((
            key.ring_accepts(hash, message, signature),
            key.verify_prehash(&hash.digest(message), signature).is_ok(),
        )),
        _ => None,
    }
}

fn served(key: &str, hash: HashAlgorithm) -> bool {
    match key {
        "rsa2048" | "rsa2048e3" | "rsa4096" => {
            use HashAlgorithm::{Sha1, Sha256, Sha384, Sha512};
            [Sha1, Sha256, Sha384, Sha512].contains(&hash)
        }
        "p256" | "p384" => [HashAlgorithm::Sha256, HashAlgorithm::Sha384].contains(&hash),
        _ => false,
    }
}

#[test]
fn ring_and_the_pure_path_agree() {
    let vectors = Vectors::read();
    let mut compared = 0;
    for vector in &vectors.good {
        let id = AlgorithmIdentifier::parse(&vector.algorithm).unwrap();
        let algorithm = signature_algorithm(&id).unwrap();
        let Some(hash) = algorithm.hash.filter(|hash| served(vector.key, *hash)) else { continue };
        if !matches!(algorithm.key, KeyFamily::Rsa | KeyFamily::Ecdsa) {
            continue;
        }
        let key = vectors.key(vector.key);
        let answers = |message: &[u8], signature: &[u8]| both(&key, hash, message, signature);
        let name = vector.name();
        let whole = &vector.signature;
        assert_eq!(answers(MESSAGE, whole), Some((true, true)), "{name}");
        assert_eq!(answers(b"chainchecl", whole), Some((false, false)), "{name}");
        let steps = if whole.len() > 200 { 31 } else { 1 };
        for at in (0..whole.len()).step_by(steps) {
            let mut signature = whole.clone();
            signature[at] ^= 1 << (at % 8);
            assert_eq!(answers(MESSAGE, &signature), Some((false, false)), "{name}, octet {at}");
        }
        for length in [0, whole.len() / 2, whole.len() - 1] {
            assert_eq!(answers(MESSAGE, &whole[..length]), Some((false, false)), "{name}");
        }
        compared += 1;
    }
    assert_eq!(compared, 13);
}

#[test]
fn ring_and_the_pure_path_refuse_the_same_forgeries() {
    let vectors = Vectors::read();
    let mut compared = 0;
    for vector in vectors.odd.iter().filter(|v| v.case.starts_with("bad-")) {
        let id = AlgorithmIdentifier::parse(&vector.algorithm).unwrap();
        let algorithm = signature_algorithm(&id).unwrap();
        let Some(hash) = algorithm.hash.filter(|hash| served(vector.key, *hash)) else { continue };
        let answers = both(&vectors.key(vector.key), hash, MESSAGE, &vector.signature);
        assert_eq!(answers, Some((false, false)), "{}", vector.name());
        compared += 1;
    }
    assert!(compared >= 20, "only {compared}");
}
