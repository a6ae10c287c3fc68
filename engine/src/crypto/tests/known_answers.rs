//! Every algorithm against signatures made elsewhere, whole and damaged.

use std::collections::BTreeMap;

use super::vectors::{MESSAGE, Vectors, read_spki};
use crate::base::digest::HashAlgorithm;
use crate::base::oid::{self, Oid};
use crate::crypto::{AlgorithmIdentifier, PublicKey, SignatureError, signature_hash};

#[test]
fn every_algorithm_verifies() {
    let vectors = Vectors::read();
    let mut per_key = BTreeMap::new();
    for vector in &vectors.good {
        let key = vectors.key(vector.key);
        assert_eq!(vector.verify(&key, MESSAGE, &vector.signature), Ok(()), "{}", vector.name());
        *per_key.entry(vector.key).or_insert(0) += 1;
    }
    let expected = [
        // SHA-384 and SHA-512 do not fit into 512 bits
        ("rsa512", 7),
        ("rsa512e3", 6),
        ("rsa1000", 9),
        ("rsa1024", 8),
        ("rsa1025", 1),
        ("rsa2048", 14),
        ("rsa2048e3", 1),
        ("rsa4096", 9),
        ("rsa16384", 1),
        ("p256", 5),
        ("p384", 5),
        ("p521", 5),
        ("k256", 5),
        ("bp256r1", 5),
        ("bp256t1", 5),
        ("bp384r1", 5),
        ("bp384t1", 5),
        ("dsa1024", 3),
        ("dsa2048", 3),
        ("ed25519", 1),
    ];
    assert_eq!(per_key, expected.into_iter().collect());
}

#[test]
fn one_bit_of_the_message_or_the_signature_decides() {
    let vectors = Vectors::read();
    for vector in vectors.good.iter().filter(|v| v.key != "rsa16384") {
        let key = vectors.key(vector.key);
        for at in [0, MESSAGE.len() - 1] {
            let mut message = MESSAGE.to_vec();
            message[at] ^= 1;
            let result = vector.verify(&key, &message, &vector.signature);
            assert_eq!(result, Err(SignatureError::BadSignature), "{}", vector.name());
        }
        let last = vector.signature.len() - 1;
        for (at, bit) in [(0, 0x80), (0, 1), (last / 2, 0x10), (last, 1)] {
            let mut signature = vector.signature.clone();
            signature[at] ^= bit;
            refused(vector.verify(&key, MESSAGE, &signature), &vector.name());
        }
    }
}

#[test]
fn signatures_of_another_length_are_refused() {
    let vectors = Vectors::read();
    for vector in vectors.good.iter().filter(|v| v.key != "rsa16384") {
        let key = vectors.key(vector.key);
        let whole = &vector.signature;
        for length in [0, 1, whole.len() / 2, whole.len() - 1] {
            refused(vector.verify(&key, MESSAGE, &whole[..length]), &vector.name());
        }
        if vector.key.starts_with("rsa") || vector.key == "ed25519" {
            let longer = [&whole[..], &[0]].concat();
            refused(vector.verify(&key, MESSAGE, &longer), &vector.name());
        }
    }
}

#[test]
fn another_key_refuses() {
    let vectors = Vectors::read();
    let others = [
        ("rsa2048", "rsa2048e3"),
        ("rsa1024", "rsa1025"),
        ("rsa4096", "rsa2048"),
        ("p256", "k256"),
        ("k256", "p256"),
        ("p384", "bp384r1"),
        ("p521", "p384"),
        ("bp256r1", "bp256t1"),
        ("bp256t1", "bp256r1"),
        ("bp384r1", "bp384t1"),
        ("bp384t1", "bp384r1"),
        ("dsa1024", "dsa2048"),
        ("dsa2048", "dsa1024"),
    ];
    for (signer, other) in others {
        let key = vectors.key(other);
        for vector in vectors.good.iter().filter(|v| v.key == signer) {
            refused(vector.verify(&key, MESSAGE, &vector.signature), &vector.name());
        }
    }
    // a key of another kind is named as such
    for (signer, other) in [("rsa2048", "p256"), ("p256", "rsa2048"), ("dsa1024", "ed25519")] {
        let vector = vectors.good.iter().find(|v| v.key == signer).unwrap();
        let result = vector.verify(&vectors.key(other), MESSAGE, &vector.signature);
        assert_eq!(result, Err(SignatureError::AlgorithmMismatch), "{}", vector.name());
    }
}

#[test]
fn forged_and_odd_signatures() {
    let vectors = Vectors::read();
    let mut seen = BTreeMap::new();
    for vector in &vectors.odd {
        let key = vectors.key(vector.key);
        let result = vector.verify(&key, MESSAGE, &vector.signature);
        let (kind, _) = vector.case.split_once('-').unwrap();
        let expected = match kind {
            "ok" => Ok(()),
            "bad" => Err(SignatureError::BadSignature),
            _ => Err(SignatureError::UnknownAlgorithm),
        };
        assert_eq!(result, expected, "{}", vector.name());
        *seen.entry(kind).or_insert(0) += 1;
    }
    assert_eq!(seen, [("bad", 100), ("ok", 21), ("unknown", 2)].into_iter().collect());
}

#[test]
fn the_names_of_older_standards_mean_the_same() {
    let vectors = Vectors::read();
    let same: [(&Oid, &str, &str); 13] = [
        (&oid::OIW_SHA1_WITH_RSA, "rsa1024", "sha1"),
        (&oid::OIW_SHA_WITH_RSA, "rsa1024", "sha1"),
        (&oid::OIW_MD5_WITH_RSA, "rsa1024", "md5"),
        (&oid::OIW_MD4_WITH_RSA, "rsa1024", "md4"),
        (&oid::OIW_MD4_WITH_RSA_ENCRYPTION, "rsa1024", "md4"),
        (&oid::TELETRUST_MD2_WITH_RSA, "rsa1024", "md2"),
        (&oid::OIW_DSA_WITH_SHA1, "dsa1024", "sha1"),
        (&oid::OIW_DSA_SHA1, "dsa1024", "sha1"),
        (&oid::OIW_DSA, "dsa1024", "sha1"),
        (&oid::DSA, "dsa1024", "sha1"),
        (&oid::SHA256_WITH_RSA, "rsa1024", "sha256"),
        (&oid::DSA_WITH_SHA256, "dsa2048", "sha256"),
        (&oid::ECDSA_WITH_SHA1, "p521", "sha1"),
    ];
    for (name, key, case) in same {
        let algorithm = AlgorithmIdentifier { oid: name.as_octets(), parameters: None };
        let signature = &vectors.good(key, case).signature;
        assert_eq!(vectors.key(key).verify(&algorithm, MESSAGE, signature), Ok(()), "{name:?}");
    }
}

#[test]
fn ecdsa_may_name_its_digest_apart() {
    let vectors = Vectors::read();
    let vector = vectors.good("p384", "sha512");
    let digest = [&[0x30, 0x0b, 0x06, 0x09], oid::SHA512.as_octets()].concat();
    let name = oid::ECDSA_SPECIFIED;
    let algorithm = AlgorithmIdentifier { oid: name.as_octets(), parameters: Some(&digest) };
    let key = vectors.key("p384");
    assert_eq!(key.verify(&algorithm, MESSAGE, &vector.signature), Ok(()));
    assert_eq!(
        signature_hash(MESSAGE, &algorithm),
        Some(HashAlgorithm::Sha512.digest(MESSAGE)),
        "property 15 follows the parameters"
    );
    let bare = AlgorithmIdentifier { parameters: None, ..algorithm };
    assert_eq!(
        key.verify(&bare, MESSAGE, &vector.signature),
        Err(SignatureError::UnknownAlgorithm)
    );
}

#[test]
fn signer_infos_name_digest_and_key_apart() {
    let vectors = Vectors::read();
    for (name, key, case) in [
        (&oid::RSA_ENCRYPTION, "rsa1024", "sha512"),
        (&oid::DSA, "dsa2048", "sha256"),
        (&oid::EC_PUBLIC_KEY, "p384", "sha256"),
    ] {
        let id = AlgorithmIdentifier { oid: name.as_octets(), parameters: None };
        let signature = &vectors.good(key, case).signature;
        let verify = |digest: Oid| {
            let digest = AlgorithmIdentifier { oid: digest.as_octets(), parameters: None };
            vectors.key(key).verify_pkcs7(&digest, &id, MESSAGE, signature)
        };
        let digest = if case == "sha512" { oid::SHA512 } else { oid::SHA256 };
        assert_eq!(verify(digest), Ok(()), "{key}");
        assert_eq!(verify(oid::SHA1), Err(SignatureError::BadSignature), "{key}");
        assert_eq!(verify(oid::MGF1), Err(SignatureError::UnknownAlgorithm), "{key}");
    }
}

#[test]
fn dsa_parameters_are_inherited() {
    let vectors = Vectors::read();
    for (key, case, other) in [("dsa1024", "sha1", "dsa2048"), ("dsa2048", "sha256", "dsa1024")] {
        let vector = vectors.good(key, case);
        let whole = read_spki(&vectors.spkis[key]);
        let parameters = whole.algorithm.parameters;
        for own in [None, Some(&[5, 0][..])] {
            let mut bare = whole;
            bare.algorithm.parameters = own;
            let key = PublicKey::from_spki(&bare, parameters).unwrap();
            assert_eq!(vector.verify(&key, MESSAGE, &vector.signature), Ok(()));
            let error = PublicKey::from_spki(&bare, None).unwrap_err();
            assert_eq!(error, SignatureError::UnsupportedKey);
        }
        // a key's own parameters come first
        let foreign = read_spki(&vectors.spkis[other]).algorithm.parameters;
        let key = PublicKey::from_spki(&whole, foreign).unwrap();
        assert_eq!(vector.verify(&key, MESSAGE, &vector.signature), Ok(()));
    }
}

#[test]
fn keys_have_the_length_windows_counts() {
    let vectors = Vectors::read();
    for (name, bits, algorithm) in [
        ("rsa1000", 1000, "RSA"),
        ("rsa1025", 1025, "RSA"),
        ("rsa16384", 16384, "RSA"),
        ("dsa2048", 2048, "DSA"),
        ("p521", 521, "ECDSA"),
        ("bp384t1", 384, "ECDSA"),
        ("ed25519", 256, "Ed25519"),
    ] {
        let key = vectors.key(name);
        assert_eq!((key.bit_length(), key.algorithm_name()), (bits, algorithm), "{name}");
    }
}

fn refused(result: Result<(), SignatureError>, name: &str) {
    let expected = [SignatureError::BadSignature, SignatureError::MalformedSignature];
    assert!(result.is_err_and(|error| expected.contains(&error)), "{name}: {result:?}");
}
