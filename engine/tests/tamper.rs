//! Single octets changed at random in what is sound: no answer may be positive that the change
//! should have prevented. The changes are the same every time. A thousand are tried here;
//! `CHAINCHECK_TAMPER=10000 cargo test --test tamper` tries ten thousand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::engine::{
    ChainEngine, ChainFlags, ChainRequest, EngineKind, EngineOptions,
};
use chaincheck_engine::format::serialized_store::write_store;
use chaincheck_engine::format::{Kind, Limits, open};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::crl::Crl;
use chaincheck_engine::root_update::list::{ListSettings, examine};
use chaincheck_engine::store::{Store, StoreBuilder, SystemStores};
use chaincheck_testdata::fixtures;

/// Which octet is changed, and into what: SplitMix64 from a fixed seed.
struct Changes(u64);

impl Changes {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The octets with one of them changed, and where.
    fn apply(&mut self, octets: &[u8]) -> (usize, Vec<u8>) {
        let at = usize::try_from(self.number() % octets.len() as u64).unwrap();
        let mut changed = octets.to_vec();
        let by = u8::try_from(self.number() % 255).unwrap() + 1;
        changed[at] ^= by;
        (at, changed)
    }
}

/// Tries a part of all changes on `octets`. `is_wrong` tells a positive answer that should not be.
fn tamper(what: &str, share: usize, octets: &[u8], is_wrong: impl Fn(&[u8]) -> bool) {
    let all = std::env::var("CHAINCHECK_TAMPER").ok().and_then(|count| count.parse().ok());
    let count = all.unwrap_or(1_000_usize) * share / 100;
    let seed = what.bytes().fold(1, |seed: u64, octet| seed.wrapping_mul(31) + u64::from(octet));
    let mut changes = Changes(seed);
    assert!(!is_wrong(octets), "{what}: the original is not accepted as it is");
    for _ in 0..count {
        let (at, changed) = changes.apply(octets);
        assert!(!is_wrong(&changed), "{what}: octet {at} is now {:02x}", changed[at]);
    }
    println!("{what}: {count} changes");
}

fn fixture(path: &str) -> Vec<u8> {
    fixtures::all().into_iter().find(|fixture| fixture.path == path).unwrap().octets
}

fn now() -> Time {
    Time::from_civil(2026, 6, 1, 0, 0, 0).unwrap()
}

fn certificates(octets: &[u8]) -> Vec<Certificate> {
    let Ok(contents) = open(octets, &Limits::default()) else { return Vec::new() };
    let found = contents.items.iter().filter(|item| item.kind == Kind::Certificate);
    found.filter_map(|item| Certificate::from_der(&item.octets).ok()).collect()
}

fn machine() -> ChainEngine {
    let root = certificates(&fixture("tls/root.pem"));
    let stores = SystemStores { root: Store::of(root), ..SystemStores::default() };
    ChainEngine::new(stores, EngineKind::System, EngineOptions::default())
}

#[test]
fn lists_and_cabinets() {
    let root = Certificate::from_der(&fixture("list/root.cer")).unwrap();
    let mut settings = ListSettings::new(now());
    settings.stores.root = Store::of([root.clone()]);
    settings.list_roots = Some(Store::of([root]));
    let list = examine(&fixture("list/authroot.stl"), &settings).list.unwrap();
    for (path, share) in [
        ("list/authroot.stl", 15),
        ("list/authrootstl.cab", 15),
        ("list/stored.cab", 10),
        ("list/newer.cab", 5),
    ] {
        let original = examine(&fixture(path), &settings);
        assert!(original.is_accepted(), "{path}");
        let original = original.list.unwrap();
        // what no signature covers may change; what the list says may not
        tamper(path, share, &fixture(path), |octets| {
            let report = examine(octets, &settings);
            report.is_accepted() && report.list.unwrap().der() != original.der()
        });
    }
    assert!(list.len() > 5);
}

/// A chain that is good consists of what was signed.
fn is_good_but_not(engine: &ChainEngine, octets: &[u8], signed: &[Vec<u8>]) -> bool {
    let given = certificates(octets);
    given.iter().any(|end| {
        let mut request = ChainRequest::new(end.clone(), now());
        request.additional = Store::of(given.iter().cloned());
        let Ok(found) = engine.chain(&request) else { return false };
        found.is_ok()
            && !found.elements().iter().all(|e| signed.iter().any(|tbs| tbs == e.certificate.tbs()))
    })
}

#[test]
fn chains_bundles_and_stores() {
    let engine = machine();
    let chain = certificates(&fixture("tls/good.pem"));
    let root = certificates(&fixture("tls/root.pem"));
    let signed: Vec<_> = chain.iter().chain(&root).map(|c| c.tbs().to_vec()).collect();
    let ders: Vec<Vec<u8>> = chain.iter().map(|c| c.der().to_vec()).collect();
    let store =
        write_store(ders.iter().map(|der| (Kind::Certificate, der.as_slice(), &[][..]))).unwrap();
    for (what, share, octets) in [
        ("tls/good.cer", 5, fixture("tls/good.cer")),
        ("tls/good.pem", 10, fixture("tls/good.pem")),
        ("tls/good.p7b", 10, fixture("tls/good.p7b")),
        ("a serialized store", 10, store),
    ] {
        assert!(!certificates(&octets).is_empty(), "{what}");
        tamper(what, share, &octets, |octets| is_good_but_not(&engine, octets, &signed));
    }
}

/// With this list at hand, and revocation to be checked: whether the chain is good.
fn is_good_with(engine: &ChainEngine, chain: &[Certificate], crl: &Crl) -> bool {
    let mut builder = StoreBuilder::new();
    for certificate in chain {
        builder.certificate(certificate.clone().into());
    }
    builder.crl(crl.clone());
    let mut request = ChainRequest::new(chain[0].clone(), now());
    request.additional = builder.build();
    request.flags = ChainFlags::REVOCATION_CHECK_END_CERT;
    engine.chain(&request).unwrap().is_ok()
}

#[test]
fn revocation_lists() {
    let engine = machine();
    let chain = certificates(&fixture("tls/good.pem"));
    let (good, revoked) = (fixture("tls/good.crl"), fixture("tls/revoked.crl"));
    let tbs = Crl::from_der(&good).unwrap().tbs().to_vec();
    assert!(is_good_with(&engine, &chain, &Crl::from_der(&good).unwrap()));
    tamper("tls/good.crl", 10, &good, |octets| {
        Crl::from_der(octets)
            .is_ok_and(|crl| is_good_with(&engine, &chain, &crl) && crl.tbs() != tbs)
    });
    tamper("tls/revoked.crl", 10, &revoked, |octets| {
        Crl::from_der(octets).is_ok_and(|crl| is_good_with(&engine, &chain, &crl))
    });
}
