//! Signatures against ring and RustCrypto: what one of the others accepts, we accept; what we accept
//! is what it was when it was made. The first octet says which of the known answers is changed, the
//! rest stands in for its signature, or is added to it where it is short.
#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chaincheck_engine::base::der::Reader;
use chaincheck_engine::crypto::{AlgorithmIdentifier, PublicKey, SubjectPublicKeyInfo};
use libfuzzer_sys::fuzz_target;
use ring::signature as ring_signature;

const MESSAGE: &[u8] = b"chaincheck";

struct Answer {
    name: String,
    spki: Vec<u8>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
}

/// The known answers of keys that are quick enough.
static ANSWERS: LazyLock<Vec<Answer>> = LazyLock::new(|| {
    let text = include_str!("../../engine/src/crypto/tests/vectors.txt");
    let octets = |text: &str| STANDARD.decode(text).expect("base64");
    let lines = || text.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let key = |name: &str| {
        let found = lines().find(|line| line[0] == "key" && line[1] == name).expect("a key");
        octets(found[2])
    };
    let quick = ["p256", "p384", "rsa2048", "rsa2048e3", "rsa1024", "ed25519", "dsa1024", "k256"];
    lines()
        .filter(|line| line[0] == "good" && quick.contains(&line[1]))
        .map(|line| Answer {
            name: format!("{} {}", line[1], line[2]),
            spki: key(line[1]),
            algorithm: octets(line[3]),
            signature: octets(line[4]),
        })
        .collect()
});

fuzz_target!(|octets: &[u8]| {
    let [which, how, change @ ..] = octets else { return };
    let answer = &ANSWERS[usize::from(*which) % ANSWERS.len()];
    let mut signature = answer.signature.clone();
    match how % 3 {
        0 => signature = change.to_vec(),
        1 => signature.iter_mut().zip(change).for_each(|(octet, change)| *octet ^= change),
        _ => {
            let at = usize::from(change.first().copied().unwrap_or(0)) % (signature.len() + 1);
            signature.splice(at..at, change.iter().skip(1).copied());
        }
    }
    let mut reader = Reader::new(&answer.spki);
    let spki = SubjectPublicKeyInfo::from_der(&mut reader).expect("a known key");
    let algorithm = AlgorithmIdentifier::parse(&answer.algorithm).expect("a known algorithm");
    let key = PublicKey::from_spki(&spki, None).expect("a known key");
    let ours = key.verify(&algorithm, MESSAGE, &signature).is_ok();
    if let Some(theirs) = by_ring(&answer.name, spki.key, &signature) {
        assert!(ours || !theirs, "{}: ring accepts {signature:x?}", answer.name);
    }
    if let Some(theirs) = by_rustcrypto(&answer.name, spki.key, &signature) {
        assert!(ours || !theirs, "{}: RustCrypto accepts {signature:x?}", answer.name);
    }
    if ours {
        // ECDSA and DSA: the same two numbers, or the order less the second
        let encoded = answer.name.starts_with(['p', 'k', 'd']);
        assert_eq!(numbers(&signature, encoded).0, numbers(&answer.signature, encoded).0);
        assert!(encoded || signature == answer.signature, "{}: {signature:x?}", answer.name);
    }
    assert!(ours || signature != answer.signature);
    assert!(key.verify(&algorithm, b"another message", &signature).is_err());
});

/// The first number of a signature that is two, or all of one that is not.
fn numbers(signature: &[u8], encoded: bool) -> (Vec<u8>,) {
    if !encoded {
        return (signature.to_vec(),);
    }
    let mut fields = Reader::new(signature).sequence().expect("accepted");
    let number = fields.integer().expect("accepted");
    (number.iter().copied().skip_while(|octet| *octet == 0).collect(),)
}

fn by_ring(name: &str, key: &[u8], signature: &[u8]) -> Option<bool> {
    use ring_signature as r;
    let algorithm: &'static dyn r::VerificationAlgorithm = match name {
        "p256 sha256" => &r::ECDSA_P256_SHA256_ASN1,
        "p256 sha384" => &r::ECDSA_P256_SHA384_ASN1,
        "p384 sha256" => &r::ECDSA_P384_SHA256_ASN1,
        "p384 sha384" => &r::ECDSA_P384_SHA384_ASN1,
        "ed25519 pure" => &r::ED25519,
        "rsa2048 sha256" => &r::RSA_PKCS1_2048_8192_SHA256,
        "rsa2048 sha384" => &r::RSA_PKCS1_2048_8192_SHA384,
        "rsa2048 sha512" => &r::RSA_PKCS1_2048_8192_SHA512,
        _ => return None,
    };
    Some(r::UnparsedPublicKey::new(algorithm, key).verify(MESSAGE, signature).is_ok())
}

fn by_rustcrypto(name: &str, key: &[u8], signature: &[u8]) -> Option<bool> {
    use p256::ecdsa::signature::Verifier as _;
    if name != "p256 sha256" {
        return None;
    }
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).expect("a known key");
    let signature = p256::ecdsa::Signature::from_der(signature);
    Some(signature.is_ok_and(|signature| key.verify(MESSAGE, &signature).is_ok()))
}
