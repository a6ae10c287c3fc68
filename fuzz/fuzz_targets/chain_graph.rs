//! Certificates of a random hierarchy: the order in which they are given does not matter, the search
//! ends within its budget, and a chain is valid exactly where a walk over the graph reaches the root.
#![no_main]

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::context::ChainContext;
use chaincheck_engine::chain::engine::{
    ChainEngine, ChainRequest, EngineKind, EngineOptions, SearchBudget,
};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::store::{Store, SystemStores};
use chaincheck_testdata::certificate::{ca, cert_sign};
use chaincheck_testdata::der;
use chaincheck_testdata::hostile::Parts;
use chaincheck_testdata::key::{Digest, Key};
use libfuzzer_sys::fuzz_target;
use p256::ecdsa::SigningKey;

const NAMES: u8 = 6;
const KEYS: u8 = 4;

/// A certificate: names and keys of subject and issuer, whether it is expired, whether it is an end
/// certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Edge {
    subject: (u8, u8),
    issuer: (u8, u8),
    expired: bool,
    serial_number: u8,
}

/// Making a certificate takes longer than judging it: each is made once.
static MADE: LazyLock<Mutex<HashMap<Edge, Certificate>>> = LazyLock::new(Mutex::default);

fn key(number: u8) -> Key {
    let secret = Digest::Sha256.of(&[number]);
    Key::P256(Box::new(SigningKey::from_slice(&secret).expect("a number below the order")))
}

fn make(edge: Edge) -> Certificate {
    let mut made = MADE.lock().expect("nobody has panicked");
    if let Some(known) = made.get(&edge) {
        return known.clone();
    }
    let named = |name: u8| if name == u8::MAX { "end".to_owned() } else { format!("CA {name}") };
    let (subject, issuer) = (named(edge.subject.0), named(edge.issuer.0));
    let signer = key(edge.issuer.1);
    let mut parts = Parts::new(&subject, &issuer, &key(edge.subject.1), &signer);
    parts.serial_number = der::integer(&[edge.serial_number]);
    if edge.expired {
        let times = [der::time("20200101000000"), der::time("20210101000000")];
        parts.validity = der::sequence(&times);
    }
    if edge.subject.0 != u8::MAX {
        parts.extensions = vec![ca(None), cert_sign()];
    }
    let certificate = Certificate::from_der(&parts.sign(&signer)).expect("well formed");
    made.insert(edge, certificate.clone());
    certificate
}

fuzz_target!(|octets: &[u8]| {
    let [issuer, anchor, small, rest @ ..] = octets else { return };
    let name_and_key = |octet: u8| (octet % NAMES, octet / NAMES % KEYS);
    let edges: Vec<Edge> = rest
        .as_chunks::<3>()
        .0
        .iter()
        .take(24)
        .map(|[subject, issuer, more]| Edge {
            subject: name_and_key(*subject),
            issuer: name_and_key(*issuer),
            expired: more & 3 == 3,
            serial_number: 1 + (more >> 2 & 1),
        })
        .collect();
    let (issuer, anchor) = (name_and_key(*issuer), name_and_key(*anchor));
    let edge = |subject, issuer| Edge { subject, issuer, expired: false, serial_number: 99 };
    let (end, root) = (make(edge((u8::MAX, 7), issuer)), make(edge(anchor, anchor)));
    let given: Vec<Certificate> = edges.iter().map(|edge| make(*edge)).collect();

    let mut options = EngineOptions::default();
    if small & 1 == 1 {
        options.budget = SearchBudget {
            max_elements: 2 + usize::from(small >> 1 & 3),
            max_paths: 1 + usize::from(small >> 3 & 7),
            max_candidates: 1 + usize::from(small >> 6),
            ..SearchBudget::default()
        };
    }
    let stores = SystemStores { root: Store::of([root]), ..SystemStores::default() };
    let engine = ChainEngine::new(stores, EngineKind::System, options);
    let ask = |given: &mut dyn Iterator<Item = &Certificate>| {
        let now = Time::from_civil(2026, 6, 1, 0, 0, 0).expect("a date");
        let mut request = ChainRequest::new(end.clone(), now);
        request.additional = Store::of(given.cloned());
        engine.chain(&request).expect("a sound end certificate")
    };
    let found = ask(&mut given.iter());
    let budget = engine.options().budget;
    assert!(found.search.paths <= budget.max_paths.max(1), "{:?}", found.search);
    assert!(found.search.signatures <= budget.max_signatures, "{:?}", found.search);
    assert!(found.elements().len() <= budget.max_elements + 1, "{found}");
    if found.search.exhausted.is_some() {
        return;
    }
    let reversed = ask(&mut given.iter().rev());
    assert_eq!(verdict(&found), verdict(&reversed), "{found}\n{reversed}");
    let mut reached = vec![issuer];
    let mut next = 0;
    while let Some(&subject) = reached.get(next) {
        next += 1;
        for edge in edges.iter().filter(|edge| edge.subject == subject && !edge.expired) {
            if !reached.contains(&edge.issuer) {
                reached.push(edge.issuer);
            }
        }
    }
    if found.is_ok() {
        assert!(reached.contains(&anchor), "{found}");
    } else if reached.contains(&anchor) {
        // a walk that meets a name and key twice is no chain, and a self-signed certificate that is
        // not trusted ends one: only then may a way on the graph be none
        let passes_self_signed = edges.iter().any(|edge| edge.subject == edge.issuer);
        assert!(passes_self_signed, "{found}");
    }
});

fn verdict(context: &ChainContext) -> (u32, Vec<(u32, [u8; 20])>) {
    let elements = context.elements().iter();
    let elements = elements.map(|e| (e.status.error.0, e.certificate.sha1()));
    (context.status.error.0, elements.collect())
}
