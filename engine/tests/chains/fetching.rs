//! Cross certificates, and how old what the URL cache has may be (reference, chain-engine 3.4).

use std::sync::{Arc, Mutex};

use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::context::{ChainContext, Origin};
use chaincheck_engine::chain::engine::{ChainEngine, ChainFlags, EngineKind, EngineOptions};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::property::CROSS_CERT_DIST_POINTS;
use chaincheck_engine::retrieval::{
    Answer, CacheEntry, Purpose, Recorded, Request, Retrieval, RetrievalError, Retrieved,
};
use chaincheck_engine::store::{Store, SystemStores};
use chaincheck_testdata::certificate::extension;
use chaincheck_testdata::der;
use chaincheck_testdata::list::bundle;

use crate::support::{ask, authority, ca_issuers, end, errors, now, question, root, store};
use crate::support::{store_of, with_properties};

const URL: &str = "http://pki.example/cross.p7c";
const UNTRUSTED: u32 = 0x20;

/// CrossCertDistPoints: one point with these addresses.
fn points(interval: Option<u8>, urls: &[&str]) -> Vec<u8> {
    let names: Vec<_> = urls.iter().map(|url| der::tlv(0x86, url.as_bytes())).collect();
    let mut fields: Vec<_> = interval.map(|seconds| der::integer(&[seconds])).into_iter().collect();
    fields.push(der::sequence(&[der::sequence(&names)]));
    der::sequence(&fields)
}

fn point_extension(value: &[u8]) -> Vec<u8> {
    extension("1.3.6.1.4.1.311.10.9.1", false, value)
}

/// A leaf under a private root, which a trusted one certifies across.
struct World {
    leaf: Certificate,
    private: Certificate,
    trusted: Certificate,
    cross: Certificate,
}

fn world(extensions: &[Vec<u8>]) -> World {
    let private = extensions.iter().fold(root("private"), |made, one| made.with(one.clone()));
    World {
        leaf: end("leaf", "private").make(),
        private: private.make(),
        trusted: root("trusted").make(),
        cross: authority("private", "trusted").serial(9).make(),
    }
}

impl World {
    fn engine(&self, options: EngineOptions) -> ChainEngine {
        let stores = SystemStores { root: store(&[&self.trusted]), ..SystemStores::default() };
        ChainEngine::new(stores, EngineKind::System, options)
    }

    fn ask(
        &self,
        network: &dyn Retrieval,
        flags: ChainFlags,
        options: EngineOptions,
    ) -> ChainContext {
        let mut request = question(&self.leaf, &[&self.private]);
        request.retrieval = network;
        request.flags = flags;
        ask(&self.engine(options), &request)
    }

    fn network(&self) -> Recorded {
        Recorded::new([answer(URL, &bundle(&[self.cross.der().to_vec()]))], [])
    }
}

fn answer(url: &str, octets: &[u8]) -> Answer {
    Answer { url: url.to_owned(), outcome: Ok((200, octets.into())), delay_ms: 0 }
}

fn cached(url: &str, octets: &[u8], last_sync: Time) -> CacheEntry {
    CacheEntry { url: url.to_owned(), octets: octets.into(), last_sync: Some(last_sync) }
}

/// Writes down what was asked for.
struct Watched<R> {
    inner: R,
    asked: Arc<Mutex<Vec<(String, Purpose)>>>,
}

impl<R: Retrieval> Retrieval for Watched<R> {
    fn retrieve(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError> {
        self.asked.lock().unwrap().push((request.url.to_owned(), request.purpose));
        self.inner.retrieve(request)
    }
}

#[test]
fn a_cross_certificate_from_the_point_in_the_extension() {
    let world = world(&[point_extension(&points(None, &["http://gone.example/", URL]))]);
    let found = world.ask(&world.network(), ChainFlags(0), EngineOptions::default());
    assert_eq!(errors(&found), [0, 0, 0], "{found}");
    assert_eq!(found.elements()[1].certificate, world.cross);
    assert_eq!(found.elements()[1].origin, Origin::Retrieved);
    assert_eq!(found.elements()[2].certificate, world.trusted);
}

#[test]
fn a_cross_certificate_from_the_point_in_the_property() {
    let world = world(&[]);
    let network = world.network();
    let without = world.ask(&network, ChainFlags(0), EngineOptions::default());
    assert_eq!(errors(&without), [0, UNTRUSTED]);
    let property = [(CROSS_CERT_DIST_POINTS, points(Some(60), &[URL]))];
    let mut request = question(&world.leaf, &[]);
    request.additional = store_of([with_properties(&world.private, &property)]);
    request.retrieval = &network;
    let found = ask(&world.engine(EngineOptions::default()), &request);
    assert_eq!(errors(&found), [0, 0, 0], "{found}");
}

#[test]
fn what_keeps_cross_certificates_from_being_fetched() {
    let world = world(&[point_extension(&points(None, &[URL]))]);
    let network = world.network();
    let asked = |flags, options| errors(&world.ask(&network, flags, options));
    assert_eq!(asked(ChainFlags::DISABLE_AIA, EngineOptions::default()), [0, UNTRUSTED]);
    assert_eq!(
        asked(ChainFlags::CACHE_ONLY_URL_RETRIEVAL, EngineOptions::default()),
        [0, UNTRUSTED]
    );
    let mut options = EngineOptions::default();
    options.fetch_cross_certificates = false;
    assert_eq!(asked(ChainFlags(0), options), [0, UNTRUSTED]);
    let mut options = EngineOptions::default();
    options.max_aia_octets = 100;
    assert_eq!(asked(ChainFlags(0), options), [0, UNTRUSTED]);
    // a chain that is trusted asks nobody
    let watched = Watched { inner: network.clone(), asked: Arc::default() };
    let mut request = question(&world.leaf, &[&world.private, &world.cross]);
    request.retrieval = &watched;
    assert_eq!(errors(&ask(&world.engine(EngineOptions::default()), &request)), [0, 0, 0]);
    assert!(watched.asked.lock().unwrap().is_empty());
}

#[test]
fn an_old_cross_certificate_in_the_cache_is_asked_for_anew() {
    let world = world(&[point_extension(&points(None, &[URL]))]);
    let wire = [answer(URL, world.cross.der())];
    let nothing = b"nothing of use";
    let day = 86_400;
    for (age, fetched) in [(6 * day, false), (8 * day, true)] {
        let cache = [cached(URL, nothing, now().plus_seconds(-age))];
        let network = Recorded::new(wire.clone(), cache);
        let found = world.ask(&network, ChainFlags(0), EngineOptions::default());
        assert_eq!(errors(&found).len() == 3, fetched, "{age}");
    }
    // where nothing newer is to be had, the old one does
    let network = Recorded::new([], [cached(URL, world.cross.der(), now().plus_seconds(-8 * day))]);
    for flags in [ChainFlags(0), ChainFlags::CACHE_ONLY_URL_RETRIEVAL] {
        assert_eq!(errors(&world.ask(&network, flags, EngineOptions::default())), [0, 0, 0]);
    }
    // but not if it is from before the resync time
    let mut options = EngineOptions::default();
    options.revocation.cache_resync = Some(now());
    assert_eq!(errors(&world.ask(&network, ChainFlags(0), options)), [0, UNTRUSTED]);
}

#[test]
fn subject_info_access_only_where_it_is_switched_on() {
    let description =
        der::sequence(&[der::oid("1.3.6.1.5.5.7.48.5"), der::tlv(0x86, URL.as_bytes())]);
    let sia = extension("1.3.6.1.5.5.7.1.11", false, &der::sequence(&[description]));
    let world = world(&[sia]);
    let network = world.network();
    let found = world.ask(&network, ChainFlags(0), EngineOptions::default());
    assert_eq!(errors(&found), [0, UNTRUSTED]);
    let mut options = EngineOptions::default();
    options.enable_sia = true;
    assert_eq!(errors(&world.ask(&network, ChainFlags(0), options)), [0, 0, 0]);
}

#[test]
fn issuers_are_not_fetched_where_the_policy_says_so() {
    let top = root("top").make();
    let middle = authority("middle", "top").make();
    let url = "http://pki.example/middle.cer".to_owned();
    let leaf = end("leaf", "middle").with(ca_issuers(std::slice::from_ref(&url))).make();
    let network = Recorded::new([answer(&url, middle.der())], []);
    for (disable_aia, count) in [(false, 3), (true, 1)] {
        let mut options = EngineOptions::default();
        options.disable_aia = disable_aia;
        let stores = SystemStores { root: Store::of([top.clone()]), ..SystemStores::default() };
        let engine = ChainEngine::new(stores, EngineKind::System, options);
        let mut request = question(&leaf, &[]);
        request.retrieval = &network;
        assert_eq!(ask(&engine, &request).elements().len(), count);
    }
}
