//! Chains of three, each octet a choice about one of them, judged as CAPI2 and by rustls-webpki.
//! They agree, but for the differences that are named here and in engine/tests/chains/webpki.rs.
#![no_main]

use std::time::Duration;

use chaincheck_engine::base::oid::SERVER_AUTH;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::engine::{
    ChainEngine, ChainRequest, EngineKind, EngineOptions, UsageMatch,
};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::store::{Store, SystemStores};
use chaincheck_testdata::certificate::{
    ca, cert_sign, dns_names, extension, permitted_dns, usages,
};
use chaincheck_testdata::der;
use chaincheck_testdata::hostile::Parts;
use chaincheck_testdata::key::{Digest, Key};
use libfuzzer_sys::fuzz_target;
use p256::ecdsa::SigningKey;
use rustls_pki_types::{CertificateDer, UnixTime};

fn key(number: u8) -> Key {
    let secret = Digest::Sha256.of(&[number]);
    Key::P256(Box::new(SigningKey::from_slice(&secret).expect("a number below the order")))
}

/// What the octets say of one certificate.
#[derive(Debug, Clone, Copy)]
struct Choice {
    period: u8,
    constraints: u8,
    usage: u8,
    names: u8,
    key_usage: u8,
    signature: u8,
}

impl Choice {
    fn read(octets: &[u8]) -> Self {
        let at = |index: usize| octets.get(index).copied().unwrap_or(0);
        Self {
            period: at(0) % 3,
            constraints: at(1) % 5,
            usage: at(2) % 4,
            names: at(3) % 4,
            key_usage: at(4) % 3,
            signature: at(5) % 8,
        }
    }

    fn is_ca(self) -> bool {
        self.constraints >= 2
    }

    fn make(self, subject: &str, issuer: &str, own: u8, signer: u8) -> Vec<u8> {
        let wrong = self.signature == 7;
        let signer = key(if wrong { 9 } else { signer });
        let mut parts = Parts::new(subject, issuer, &key(own), &signer);
        let period = [
            ["20200101000000", "20400101000000"],
            ["20200101000000", "20250101000000"],
            ["20300101000000", "20400101000000"],
        ][usize::from(self.period)];
        parts.validity = der::sequence(&period.map(der::time));
        parts.extensions.extend(match self.constraints {
            0 => None,
            1 => Some(extension("2.5.29.19", true, &der::sequence(&[]))),
            2 => Some(ca(None)),
            3 => Some(ca(Some(0))),
            _ => Some(ca(Some(1))),
        });
        parts.extensions.extend(match self.usage {
            0 => None,
            1 => Some(usages(&["1.3.6.1.5.5.7.3.1"])),
            2 => Some(usages(&["1.3.6.1.5.5.7.3.2"])),
            _ => Some(usages(&["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"])),
        });
        parts.extensions.extend(match (self.names, subject) {
            (0, _) | (_, "R") => None,
            (1, "leaf") => Some(dns_names(&["www.example.com"])),
            (2, "leaf") => Some(dns_names(&["www.example.org"])),
            (_, "leaf") => Some(dns_names(&["a.example.com", "b.example.org"])),
            (1, _) => Some(permitted_dns("example.com")),
            (2, _) => Some(permitted_dns("example.org")),
            _ => Some(permitted_dns("www.example.com")),
        });
        parts.extensions.extend(match self.key_usage {
            0 => None,
            1 => Some(cert_sign()),
            _ => Some(extension("2.5.29.15", true, &der::tlv(0x03, &[7, 0x80]))),
        });
        parts.sign(&signer)
    }
}

fuzz_target!(|octets: &[u8]| {
    let choice = |index: usize| Choice::read(octets.get(6 * index..).unwrap_or_default());
    let (leaf, middle, top) = (choice(0), choice(1), choice(2));
    let (leaf_der, middle_der, top_der) =
        (leaf.make("leaf", "I", 1, 2), middle.make("I", "R", 2, 3), top.make("R", "R", 3, 3));
    let ours = capi2(&leaf_der, &middle_der, &top_der);
    let theirs = webpki(&leaf_der, &middle_der, &top_der);
    if differs(leaf, middle, top) {
        return;
    }
    assert_eq!(ours.is_empty(), theirs.is_ok(), "{ours:?} {theirs:?} {leaf:?} {middle:?} {top:?}");
});

/// What the two are known to see differently.
fn differs(leaf: Choice, middle: Choice, top: Choice) -> bool {
    // to webpki an anchor is a name and a key: nothing else of the root counts (chain-engine 7)
    let root = top.period == 1
        || top.constraints != 2
        || top.usage >= 2
        || top.key_usage == 2
        || top.signature == 7;
    // an issuer's notBefore is not held against it (chain-engine 7.1)
    let early = middle.period == 2;
    // webpki reads no keyUsage: an issuer without keyCertSign is none (7.3)
    let cannot_sign = middle.key_usage == 2;
    // an end certificate may be a CA (7.3); one that is none must not claim keyCertSign
    let end = leaf.is_ca() || leaf.key_usage == 1;
    // webpki wants a name that is permitted; CAPI2 takes a CN for one where there is no dNSName
    let nameless = leaf.names == 0;
    root || early || cannot_sign || end || nameless
}

fn capi2(leaf: &[u8], middle: &[u8], top: &[u8]) -> chaincheck_engine::chain::status::TrustError {
    let read = |octets: &[u8]| Certificate::from_der(octets).expect("well formed");
    let stores = SystemStores { root: Store::of([read(top)]), ..SystemStores::default() };
    let engine = ChainEngine::new(stores, EngineKind::System, EngineOptions::default());
    let now = Time::from_civil(2026, 6, 1, 0, 0, 0).expect("a date");
    let mut request = ChainRequest::new(read(leaf), now);
    request.additional = Store::of([read(middle)]);
    request.usage = UsageMatch::all(vec![SERVER_AUTH]);
    engine.chain(&request).expect("a sound end certificate").status.error
}

fn webpki(leaf: &[u8], middle: &[u8], top: &[u8]) -> Result<(), webpki::Error> {
    let [leaf, middle, top] = [leaf, middle, top].map(CertificateDer::from);
    let anchor = webpki::anchor_from_trusted_cert(&top)?;
    let seconds = 1_780_272_000; // 2026-06-01
    webpki::EndEntityCert::try_from(&leaf)?
        .verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &[anchor],
            &[middle],
            UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            webpki::KeyUsage::server_auth(),
            None,
            None,
        )
        .map(|_| ())
}
