//! Keys that are refused, at once and under their right name.

use std::time::{Duration, Instant};

use super::vectors::{MESSAGE, Vectors, read_key, read_spki};
use crate::base::der::Reader;
use crate::base::hresult;
use crate::base::oid::{self, Oid};
use crate::crypto::{AlgorithmIdentifier, PublicKey, SignatureError, SubjectPublicKeyInfo};
use crate::test_support::der;

fn integer(octets: &[u8]) -> Vec<u8> {
    der(2, &[&[0], octets].concat())
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<PublicKey, SignatureError> {
    let key = der(0x30, &[integer(modulus), integer(exponent)].concat());
    let name = oid::RSA_ENCRYPTION;
    let oid = name.as_octets();
    let spki = SubjectPublicKeyInfo {
        algorithm: AlgorithmIdentifier { oid, parameters: Some(&[5, 0]) },
        key: &key,
    };
    let start = Instant::now();
    let result = PublicKey::from_spki(&spki, None);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    result
}

#[test]
fn rsa_moduli_and_exponents() {
    use SignatureError::{MalformedKey, UnsupportedKey};
    const E: &[u8] = &[1, 0, 1];
    let odd = |bits: usize| {
        let mut octets = vec![0xff; bits / 8];
        octets[0] = 0x80;
        octets
    };
    let even = [&odd(2040)[..], &[0xfe]].concat();
    for (what, modulus, exponent, expected) in [
        ("zero", vec![0], E, MalformedKey),
        ("zero of many octets", vec![0; 4096], E, MalformedKey),
        ("one", vec![1], E, UnsupportedKey),
        ("even", even, E, MalformedKey),
        ("504 bits", odd(504), E, UnsupportedKey),
        ("16392 bits", odd(16392), E, UnsupportedKey),
        ("17000 bits", odd(17000), E, UnsupportedKey),
        ("a million octets", odd(8_000_000), E, UnsupportedKey),
        ("exponent 0", odd(2048), &[0], MalformedKey),
        ("exponent 1", odd(2048), &[1], MalformedKey),
        ("even exponent", odd(2048), &[4], MalformedKey),
        ("exponent of 264 bits", odd(2048), &[0xff; 33], UnsupportedKey),
        ("exponent of 2048 bits", odd(2048), &[0xff; 256], UnsupportedKey),
    ] {
        assert_eq!(rsa(&modulus, exponent).unwrap_err(), expected, "{what}");
    }
    for bits in [512, 2048, 16384] {
        assert_eq!(rsa(&odd(bits), E).unwrap().bit_length() as usize, bits);
    }
}

#[test]
fn the_costliest_rsa_key_takes_no_seconds() {
    let mut modulus = [0xff; 2048];
    modulus[0] = 0xfe;
    let key = rsa(&modulus, &[0xff; 32]).unwrap();
    let name = oid::SHA256_WITH_RSA;
    let algorithm = AlgorithmIdentifier { oid: name.as_octets(), parameters: None };
    let start = Instant::now();
    let result = key.verify(&algorithm, MESSAGE, &[0x7f; 2048]);
    assert_eq!(result, Err(SignatureError::BadSignature));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn rsa_signatures_at_and_over_the_modulus() {
    let vectors = Vectors::read();
    let key = vectors.key("rsa1024");
    let vector = vectors.good("rsa1024", "sha256");
    let mut fields = Reader::new(read_spki(&vectors.spkis["rsa1024"]).key).sequence().unwrap();
    let modulus = fields.integer().unwrap().strip_prefix(&[0]).unwrap().to_vec();
    for signature in [modulus, vec![0xff; 128], vec![0; 128], vec![0xff; 100_000]] {
        let result = vector.verify(&key, MESSAGE, &signature);
        assert_eq!(result, Err(SignatureError::BadSignature));
    }
}

#[test]
fn curves_that_are_not_named_or_not_supported() {
    let vectors = Vectors::read();
    for (key, expected, code) in [
        ("explicit", SignatureError::ExplicitEcParameters, hresult::NTE_BAD_ALGID),
        ("p192", SignatureError::UnsupportedKey, hresult::NTE_BAD_ALGID),
        ("p224", SignatureError::UnsupportedKey, hresult::NTE_BAD_ALGID),
    ] {
        let error = read_key(&vectors.spkis[key]).unwrap_err();
        assert_eq!((error, error.hresult()), (expected, code), "{key}");
    }
    let mut spki = read_spki(&vectors.spkis["p256"]);
    for parameters in [None, Some(&[5, 0][..]), Some(&[6][..])] {
        spki.algorithm.parameters = parameters;
        let error = PublicKey::from_spki(&spki, None).unwrap_err();
        assert_eq!(error, SignatureError::MalformedKey, "{parameters:?}");
    }
}

#[test]
fn points_that_are_none() {
    let vectors = Vectors::read();
    for name in ["p256", "p384", "p521", "k256", "bp256r1", "bp256t1", "bp384r1", "bp384t1"] {
        let vector = vectors.good(name, "sha256");
        let spki = read_spki(&vectors.spkis[name]);
        let mut off_curve = spki.key.to_vec();
        *off_curve.last_mut().unwrap() ^= 1;
        for point in [&off_curve[..], &spki.key[..spki.key.len() - 1], &[0], &[]] {
            let key = SubjectPublicKeyInfo { key: point, ..spki };
            let result = PublicKey::from_spki(&key, None)
                .and_then(|key| vector.verify(&key, MESSAGE, &vector.signature));
            assert_eq!(result, Err(SignatureError::MalformedKey), "{name} {point:x?}");
        }
        // the compressed form of the same point
        let half = spki.key.len() / 2;
        let sign = 2 + (spki.key.last().unwrap() & 1);
        let compressed = [&[sign], &spki.key[1..=half]].concat();
        let key = SubjectPublicKeyInfo { key: &compressed, ..spki };
        let key = PublicKey::from_spki(&key, None).unwrap();
        assert_eq!(vector.verify(&key, MESSAGE, &vector.signature), Ok(()), "{name}");
    }
}

#[test]
fn algorithms_that_are_not_known() {
    let vectors = Vectors::read();
    let rsa = vectors.key("rsa2048");
    for name in [&oid::ML_DSA_44, &oid::ML_DSA_65, &oid::ML_DSA_87] {
        let algorithm = AlgorithmIdentifier { oid: Oid::as_octets(name), parameters: None };
        let key = SubjectPublicKeyInfo { algorithm, key: &[7; 1312] };
        let key = PublicKey::from_spki(&key, None).unwrap();
        assert_eq!((key.bit_length(), key.algorithm_name()), (0, "unknown"));
        let unknown = Err(SignatureError::UnknownAlgorithm);
        assert_eq!(key.verify(&algorithm, MESSAGE, &[7; 2420]), unknown);
        assert_eq!(rsa.verify(&algorithm, MESSAGE, &[7; 256]), unknown);
        let vector = vectors.good("rsa2048", "sha256");
        assert_eq!(vector.verify(&key, MESSAGE, &vector.signature), unknown);
    }
    assert_eq!(SignatureError::UnknownAlgorithm.hresult(), hresult::CRYPT_E_UNKNOWN_ALGO);
}

#[test]
fn dsa_keys_out_of_range() {
    use SignatureError::{MalformedKey, UnsupportedKey};
    let read = |p: &[u8], q: &[u8], g: &[u8], y: &[u8]| {
        let parameters = der(0x30, &[integer(p), integer(q), integer(g)].concat());
        let key = integer(y);
        let name = oid::DSA;
        let oid = name.as_octets();
        let algorithm = AlgorithmIdentifier { oid, parameters: Some(&parameters) };
        PublicKey::from_spki(&SubjectPublicKeyInfo { algorithm, key: &key }, None).unwrap_err()
    };
    let (p, q) = ([0xff; 128], [0xff; 20]);
    assert_eq!(read(&[0xff; 513], &q, &[2], &[2]), UnsupportedKey);
    assert_eq!(read(&p, &[0xff; 65], &[2], &[2]), UnsupportedKey);
    assert_eq!(read(&[0], &q, &[0], &[0]), MalformedKey);
    assert_eq!(read(&[0xfe; 128], &q, &[2], &[2]), MalformedKey);
    assert_eq!(read(&p, &[0], &[2], &[2]), MalformedKey);
    assert_eq!(read(&p, &[1], &[2], &[2]), MalformedKey);
    assert_eq!(read(&p, &q, &p, &[2]), MalformedKey);
    assert_eq!(read(&p, &q, &[2], &p), MalformedKey);
}

#[test]
fn octets_that_are_no_key() {
    let vectors = Vectors::read();
    for name in ["rsa2048", "dsa1024"] {
        let spki = read_spki(&vectors.spkis[name]);
        for key in [&[][..], &[0x30, 0], &[2, 0], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &[4, 0]] {
            let error = PublicKey::from_spki(&SubjectPublicKeyInfo { key, ..spki }, None);
            assert_eq!(error.unwrap_err(), SignatureError::MalformedKey, "{name} {key:x?}");
        }
    }
    let whole = &vectors.spkis["rsa2048"];
    for length in 0..whole.len() {
        let result = SubjectPublicKeyInfo::from_der(&mut Reader::new(&whole[..length]));
        assert!(result.is_err(), "{length} octets");
    }
    let vector = vectors.good("ed25519", "pure");
    let spki = read_spki(&vectors.spkis["ed25519"]);
    let key = SubjectPublicKeyInfo { key: &spki.key[1..], ..spki };
    let result = PublicKey::from_spki(&key, None)
        .and_then(|key| vector.verify(&key, MESSAGE, &vector.signature));
    assert_eq!(result, Err(SignatureError::MalformedKey));
}
