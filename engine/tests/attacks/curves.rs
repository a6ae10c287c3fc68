//! CVE-2020-0601: a key that brings its own elliptic curve, with a generator chosen so that a
//! trusted root's public point belongs to a private key the attacker knows.

use chaincheck_engine::chain::engine::{ChainEngine, EngineKind, EngineOptions};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::store::{Store, SystemStores};
use chaincheck_testdata::certificate::{ca, cert_sign};
use chaincheck_testdata::der;
use chaincheck_testdata::hostile::{Parts, explicit_curve};
use chaincheck_testdata::key::{Digest, Key};
use p256::elliptic_curve::PrimeField as _;
use p256::elliptic_curve::point::AffineCoordinates as _;
use p256::{FieldBytes, ProjectivePoint, Scalar};

use crate::support::{ask, authority, end, errors, key, question, root, trusting};

const BAD_SIGNATURE: u32 = 0x8;
const UNTRUSTED_ROOT: u32 = 0x20;
const WEAK_SIGNATURE: u32 = 0x10_0000;

/// The public point of a key, uncompressed.
fn point(key: &Key) -> Vec<u8> {
    match key {
        Key::P256(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
        Key::Rsa(_) => unreachable!(),
    }
}

/// Signs with the private key 1 on the curve whose generator is `target`'s public point.
fn sign_as(target: &Key, message: &[u8]) -> Vec<u8> {
    let Key::P256(signing) = target else { unreachable!() };
    let generator = ProjectivePoint::from(*signing.verifying_key().as_affine());
    let number = |octets: &[u8]| {
        let octets: [u8; 32] = octets.try_into().unwrap();
        Scalar::from_repr(FieldBytes::from(octets)).unwrap()
    };
    // a small nonce and a digest below the order: this signature need not be safe
    let nonce = Scalar::from(7u64);
    let digest = number(&Digest::Sha256.of(message));
    let r = number((generator * nonce).to_affine().x().as_slice());
    let s = nonce.invert().unwrap() * (digest + r);
    // it verifies on that curve with the generator for a key
    let inverse = s.invert().unwrap();
    let again = generator * (digest * inverse) + generator * (r * inverse);
    assert_eq!(number(again.to_affine().x().as_slice()), r);
    der::sequence(&[der::integer(&r.to_repr()), der::integer(&s.to_repr())])
}

fn rogue_root() -> (Certificate, Certificate) {
    let target = key("R");
    let mut forged = Parts::new("R", "R", &target, &target);
    forged.spki = explicit_curve(&point(&target), &point(&target));
    forged.extensions = vec![ca(None), cert_sign()];
    let rogue = Certificate::from_der(&forged.with_signature(&sign_as(&target, &forged.tbs())));
    let leaf = Parts::new("leaf", "R", &key("leaf"), &target);
    let leaf = Certificate::from_der(&leaf.with_signature(&sign_as(&target, &leaf.tbs())));
    (rogue.unwrap(), leaf.unwrap())
}

#[test]
fn cve_2020_0601_a_copy_of_a_trusted_root_on_another_curve() {
    let top = root("R").make();
    let engine = trusting(&[&top]);
    let sound = ask(&engine, &question(&end("leaf", "R").make(), &[]));
    assert_eq!(errors(&sound), [0, 0]);

    let (rogue, leaf) = rogue_root();
    assert_eq!(rogue.public_key_octets(), top.public_key_octets());
    assert_eq!(rogue.subject(), top.subject());
    // the key octets are those of the trusted root, the parameters are not: another key
    let found = ask(&engine, &question(&leaf, &[&rogue]));
    assert!(!found.is_ok(), "{found}");
    assert_eq!(errors(&found)[0], BAD_SIGNATURE, "{found}");
    // asked about by itself, the copy is not trusted either
    let alone = ask(&engine, &question(&rogue, &[]));
    assert!(!alone.is_ok(), "{alone}");
    // alone on a machine, the chain ends in a root that is not trusted
    let found = ask(&trusting(&[]), &question(&leaf, &[&rogue]));
    assert_eq!(errors(&found)[1] & UNTRUSTED_ROOT, UNTRUSTED_ROOT, "{found}");
}

#[test]
fn cve_2020_0601_an_intermediate_on_another_curve() {
    let (top, middle) = (root("R").make(), authority("I", "R").make());
    let target = key("I");
    let mut forged = Parts::new("I", "R", &target, &key("R"));
    forged.spki = explicit_curve(&point(&target), &point(&target));
    forged.extensions = vec![ca(None), cert_sign()];
    // not signed by the root: the attacker hopes that the cached key of `middle` is taken
    let forged = forged.with_signature(&sign_as(&target, b"anything"));
    let forged = Certificate::from_der(&forged).unwrap();
    let leaf = Parts::new("leaf", "I", &key("leaf"), &target);
    let leaf = leaf.with_signature(&sign_as(&target, &leaf.tbs()));
    let leaf = Certificate::from_der(&leaf).unwrap();
    for additional in [vec![&middle, &forged], vec![&forged, &middle], vec![&forged]] {
        let found = ask(&trusting(&[&top]), &question(&leaf, &additional));
        assert_eq!(errors(&found)[0] & BAD_SIGNATURE, BAD_SIGNATURE, "{found}");
    }
    let sound = end("leaf", "I").make();
    assert_eq!(errors(&ask(&trusting(&[&top]), &question(&sound, &[&middle, &forged]))), [0; 3]);
}

#[test]
fn an_administrator_can_call_every_explicit_curve_weak() {
    let (rogue, _) = rogue_root();
    let mut options = EngineOptions::default();
    options.weak.reject_explicit_ec_parameters = true;
    let stores = SystemStores { root: Store::of([rogue.clone()]), ..SystemStores::default() };
    let engine = ChainEngine::new(stores, EngineKind::System, options);
    let found = ask(&engine, &question(&rogue, &[]));
    assert_eq!(errors(&found)[0] & WEAK_SIGNATURE, WEAK_SIGNATURE, "{found}");
}
