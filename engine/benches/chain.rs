//! Building and judging the chain leaf, CA, root, against rustls-webpki on the same certificates
//! and against nothing but the signatures: `cargo bench -p chaincheck-engine --bench chain`.
//!
//! The same question is put to both: is this leaf good for server authentication now, given this CA
//! and this root? Stores are parsed beforehand: ours is a `Store`, webpki's is a prepared trust
//! anchor for the root, while it takes the CA as octets in any case. Three states of knowledge:
//!
//! - "leaf read": the leaf comes as octets, as a TLS handshake has it; no signature is known.
//! - "leaf parsed": both have parsed the leaf before; no signature is known.
//! - "CA known": the leaf comes as octets; the store has verified its CA's signature for an earlier
//!   question. webpki keeps nothing between questions.
//!
//! In each, the root's own signature has been verified by an earlier question (webpki does not look
//! at it). So two signatures are left, or one for "CA known". Counting instructions:
//! `support/measure.rs`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

#[path = "support/measure.rs"]
mod measure;
#[path = "support/raw.rs"]
mod raw;
#[allow(dead_code)]
#[path = "../tests/chains/support.rs"]
mod support;

use chaincheck_engine::base::oid;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::context::ChainContext;
use chaincheck_engine::chain::engine::{
    ChainEngine, ChainRequest, EngineKind, EngineOptions, UsageMatch,
};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::store::{CertificateContext, Store, SystemStores};
use chaincheck_testdata::certificate::usages;
use measure::{Work, compare, heading};
use raw::RawSignature;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

macro_rules! chain {
    ($kind:literal) => {
        [
            include_bytes!(concat!("data/", $kind, "-leaf.der")).as_slice(),
            include_bytes!(concat!("data/", $kind, "-ca.der")),
            include_bytes!(concat!("data/", $kind, "-root.der")),
        ]
    };
}

fn main() {
    heading("subject", "yardstick");
    three("RSA-2048", chain!("rsa"));
    three("P-256", chain!("p256"));
    seven();
    mesh(12);
}

fn three(label: &str, encoded: [&[u8]; 3]) {
    let certificates = encoded.map(|octets| Certificate::from_der(octets).unwrap());
    let [leaf, ca, root] = &certificates;
    let now = leaf.not_before().plus_seconds(86_400);
    let engine = engine(root);
    let ask = |leaf: CertificateContext, store: &Store| ask(&engine, leaf, store, now, 3);
    let unverified = || Store::of([ca.clone()]);
    let known = unverified();
    ask(leaf.clone().into(), &known);
    let read = || CertificateContext::new(Certificate::from_der(encoded[0]).unwrap());

    let leaf_read = Work::prepared(unverified, |store| ask(read(), store));
    let leaf_parsed = Work::prepared(
        || (CertificateContext::new(leaf.clone()), unverified()),
        |(leaf, store)| ask(leaf.clone(), store),
    );
    let ca_known = Work::new(|| ask(read(), &known));

    let [leaf_der, ca_der, root_der] = encoded.map(CertificateDer::from);
    let anchor = anchor_from_trusted_cert(&root_der).unwrap();
    let verify =
        |leaf: &EndEntityCert<'_>| ask_webpki(leaf, &anchor, std::slice::from_ref(&ca_der), now);
    let webpki_read = Work::new(|| verify(&EndEntityCert::try_from(&leaf_der).unwrap()));
    let webpki_leaf = EndEntityCert::try_from(&leaf_der).unwrap();
    let webpki_parsed = Work::new(|| verify(&webpki_leaf));

    let raw = [(leaf, ca), (ca, root)].map(|(s, i)| RawSignature::of(s, i));
    let two = Work::new(|| raw.iter().for_each(RawSignature::verify));
    let one = Work::new(|| raw[0].verify());
    let row = |what: &str, subject, yardstick| {
        compare(&format!("{label}: {what}"), subject, yardstick);
    };
    row("leaf read / webpki, leaf read", &leaf_read, &webpki_read);
    row("leaf read / its 2 signatures", &leaf_read, &two);
    row("leaf parsed / webpki, leaf parsed", &leaf_parsed, &webpki_parsed);
    row("leaf parsed / its 2 signatures", &leaf_parsed, &two);
    row("CA known, leaf read / webpki, leaf read", &ca_known, &webpki_read);
    row("CA known, leaf read / its 1 signature", &ca_known, &one);
    row("webpki, leaf read / its 2 signatures", &webpki_read, &two);
    row("webpki, leaf parsed / its 2 signatures", &webpki_parsed, &two);
}

/// Leaf, five CAs and root, no signature known.
fn seven() {
    let names = ["root", "CA 1", "CA 2", "CA 3", "CA 4", "CA 5"];
    let root = support::root("root").make();
    let cas: Vec<_> =
        names.windows(2).map(|pair| support::authority(pair[1], pair[0]).make()).collect();
    let leaf = support::end("leaf", "CA 5").with(usages(&["1.3.6.1.5.5.7.3.1"])).make();
    let now = support::now();
    let engine = engine(&root);
    let ours = Work::prepared(
        || Store::of(cas.clone()),
        |store| {
            let leaf = Certificate::from_der(leaf.der()).unwrap();
            ask(&engine, leaf.into(), store, now, 7)
        },
    );
    let octets = |certificate: &Certificate| CertificateDer::from(certificate.der().to_vec());
    let (leaf_der, root_der) = (octets(&leaf), octets(&root));
    let cas_der: Vec<_> = cas.iter().map(octets).collect();
    let anchor = anchor_from_trusted_cert(&root_der).unwrap();
    let webpki = Work::new(|| {
        ask_webpki(&EndEntityCert::try_from(&leaf_der).unwrap(), &anchor, &cas_der, now)
    });
    let subjects = cas.iter().rev().chain([&root]);
    let raw: Vec<_> =
        [&leaf].into_iter().chain(cas.iter().rev()).zip(subjects).map(raw_of).collect();
    let signatures = Work::new(|| raw.iter().for_each(RawSignature::verify));
    compare("P-256, 7 certificates: leaf read / webpki, leaf read", &ours, &webpki);
    compare("P-256, 7 certificates: leaf read / its 6 signatures", &ours, &signatures);
}

/// Every CA of `count` has certified every other; one of them is a root. No signature is known.
fn mesh(count: usize) {
    let named = |ca: usize| format!("CA {ca}");
    let pairs = (0..count).flat_map(|a| (0..count).filter(move |b| *b != a).map(move |b| (a, b)));
    let given: Vec<_> =
        pairs.map(|(a, b)| support::authority(&named(a), &named(b)).make()).collect();
    let root = support::root(&named(0)).make();
    let leaf = support::end("leaf", &named(3)).make();
    let engine = engine(&root);
    let question = |store: &Store| {
        let mut request = ChainRequest::new(leaf.clone(), support::now());
        request.additional = store.clone();
        engine.chain(&request).unwrap()
    };
    let prepare = || Store::of(given.clone());
    let report = question(&prepare()).search;
    let ours = Work::prepared(prepare, question);
    let raw = RawSignature::of(&root, &root);
    let signatures = Work::new(|| (0..report.signatures).for_each(|_| raw.verify()));
    let label = format!("P-256, mesh of {count} CAs / its {} signatures", report.signatures);
    compare(&label, &ours, &signatures);
}

fn raw_of((subject, issuer): (&Certificate, &Certificate)) -> RawSignature {
    RawSignature::of(subject, issuer)
}

fn ask_webpki(
    leaf: &EndEntityCert<'_>,
    anchor: &TrustAnchor<'_>,
    cas: &[CertificateDer<'_>],
    now: Time,
) -> usize {
    let time = UnixTime::since_unix_epoch(seconds(now));
    let algorithms = [webpki::ring::RSA_PKCS1_2048_8192_SHA256, webpki::ring::ECDSA_P256_SHA256];
    let anchors = std::slice::from_ref(anchor);
    let usage = KeyUsage::server_auth();
    leaf.verify_for_usage(&algorithms, anchors, cas, time, usage, None, None)
        .map(|path| path.anchor().subject.len())
        .unwrap()
}

fn engine(root: &Certificate) -> ChainEngine {
    let stores = SystemStores { root: Store::of([root.clone()]), ..SystemStores::default() };
    ChainEngine::new(stores, EngineKind::System, EngineOptions::default())
}

fn ask(
    engine: &ChainEngine,
    leaf: CertificateContext,
    store: &Store,
    now: Time,
    elements: usize,
) -> ChainContext {
    let mut request = ChainRequest::new(leaf, now);
    request.additional = store.clone();
    request.usage = UsageMatch::all(vec![oid::SERVER_AUTH]);
    let context = engine.chain(&request).unwrap();
    assert!(context.is_ok() && context.elements().len() == elements, "{context}");
    context
}

fn seconds(time: Time) -> std::time::Duration {
    std::time::Duration::from_secs(u64::try_from(time.unix()).unwrap())
}
