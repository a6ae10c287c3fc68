//! Building and judging the chain leaf, CA, root, against rustls-webpki on the same certificates
//! and against nothing but the signatures: `cargo bench --bench chain`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

#[path = "support/measure.rs"]
mod measure;
#[path = "support/raw.rs"]
mod raw;

use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::engine::{ChainEngine, ChainRequest, EngineKind, EngineOptions};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::store::{CertificateContext, Store, SystemStores};
use measure::compare;
use raw::RawSignature;
use rustls_pki_types::{CertificateDer, UnixTime};
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
    println!("{:<44} {:>12} {:>12}", "", "subject", "yardstick");
    bench("RSA-2048", chain!("rsa"));
    bench("P-256", chain!("p256"));
}

fn bench(label: &str, encoded: [&[u8]; 3]) {
    let certificates = encoded.map(|octets| Certificate::from_der(octets).unwrap());
    let [leaf, ca, root] = &certificates;
    let now = leaf.not_before().plus_seconds(86_400);

    let stores = SystemStores { root: Store::of([root.clone()]), ..SystemStores::default() };
    let engine = ChainEngine::new(stores, EngineKind::System, EngineOptions::default());
    let mut request = ChainRequest::new(CertificateContext::new(leaf.clone()), now);
    request.additional = Store::of([ca.clone()]);
    let ask = |request: &ChainRequest<'_>| {
        let context = engine.chain(request).unwrap();
        assert!(context.is_ok() && context.elements().len() == 3, "{context}");
        context
    };
    // the certificates are read, and nothing is known of the two signatures
    let nothing_kept = || {
        let mut fresh = request.clone();
        fresh.end = CertificateContext::new(leaf.clone());
        fresh.additional = Store::of([ca.clone()]);
        ask(&fresh)
    };
    // a server's view: the leaf comes as octets and is new each time, the stores are not
    let fresh_leaf = || {
        let leaf = Certificate::from_der(encoded[0]).unwrap();
        let mut fresh = request.clone();
        fresh.end = CertificateContext::new(leaf);
        ask(&fresh)
    };

    let [leaf_der, ca_der, root_der] = encoded.map(CertificateDer::from);
    let anchor = anchor_from_trusted_cert(&root_der).unwrap();
    let time = UnixTime::since_unix_epoch(seconds(now));
    let webpki = || {
        let leaf = EndEntityCert::try_from(&leaf_der).unwrap();
        let algorithms =
            [webpki::ring::RSA_PKCS1_2048_8192_SHA256, webpki::ring::ECDSA_P256_SHA256];
        leaf.verify_for_usage(
            &algorithms,
            std::slice::from_ref(&anchor),
            std::slice::from_ref(&ca_der),
            time,
            KeyUsage::server_auth(),
            None,
            None,
        )
        .map(|path| path.anchor().subject.len())
        .unwrap()
    };

    // the root's own signature is verified once for an engine: two are left for each chain. A CA's
    // copy in a store keeps the result, too; then the leaf's alone is left
    let raw = [(leaf, ca), (ca, root)].map(|(s, i)| RawSignature::of(s, i));
    let both_raw = || raw.iter().for_each(RawSignature::verify);
    compare(&format!("{label}: nothing kept / its 2 signatures"), nothing_kept, both_raw);
    compare(&format!("{label}: nothing kept / webpki"), nothing_kept, webpki);
    compare(&format!("{label}: fresh leaf, same stores / webpki"), fresh_leaf, webpki);
    compare(&format!("{label}: fresh leaf / its signature"), fresh_leaf, || raw[0].verify());
    compare(&format!("{label}: webpki / its 2 signatures"), webpki, both_raw);
}

fn seconds(time: Time) -> std::time::Duration {
    std::time::Duration::from_secs(u64::try_from(time.unix()).unwrap())
}
