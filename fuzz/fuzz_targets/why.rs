//! Why a chain is not accepted: each change that is said to help is made here, from its words
//! alone, and the error must be gone.
#![no_main]

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use chaincheck_engine::base::digest::hex;
use chaincheck_engine::base::hresult;
use chaincheck_engine::base::oid::Oid;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::context::ChainContext;
use chaincheck_engine::chain::engine::{
    ChainEngine, ChainFlags, ChainRequest, EngineOptions, UsageMatch,
};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::policy::{PolicyName, PolicyRequest, verify_all};
use chaincheck_engine::proof::why::{Question, Reason, Why, why};
use chaincheck_engine::store::{Store, StoreBuilder, SystemStores};
use chaincheck_testdata::certificate::{ca, cert_sign, dns_names, usages};
use chaincheck_testdata::der;
use chaincheck_testdata::hostile::Parts;
use chaincheck_testdata::key::{Digest, Key};
use libfuzzer_sys::fuzz_target;
use p256::ecdsa::SigningKey;

const NAMES: u8 = 4;
const KEYS: u8 = 3;
const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";

/// A certificate: names and keys of subject and issuer, and what is special about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Edge {
    subject: (u8, u8),
    issuer: (u8, u8),
    period: u8,
    usage: u8,
    is_end: bool,
    forged: bool,
}

/// Making a certificate takes longer than judging it: each is made once.
static MADE: LazyLock<Mutex<HashMap<Edge, Certificate>>> = LazyLock::new(Mutex::default);

fn key(number: u8) -> Key {
    let secret = Digest::Sha256.of(&[number]);
    Key::P256(Box::new(SigningKey::from_slice(&secret).expect("a number below the order")))
}

fn make(edge: Edge) -> Certificate {
    let mut made = MADE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(known) = made.get(&edge) {
        return known.clone();
    }
    let (subject, issuer) = (format!("CA {}", edge.subject.0), format!("CA {}", edge.issuer.0));
    let subject = if edge.is_end { "end".to_owned() } else { subject };
    let signer = key(edge.issuer.1);
    let mut parts = Parts::new(&subject, &issuer, &key(edge.subject.1), &signer);
    let times = match edge.period {
        1 => Some(["20200101000000", "20210101000000"]),
        2 => Some(["20300101000000", "20350101000000"]),
        _ => None,
    };
    if let Some([from, to]) = times {
        parts.validity = der::sequence(&[der::time(from), der::time(to)]);
    }
    let constraint = if edge.is_end { dns_names(&["a.test", "*.b.test"]) } else { ca(None) };
    parts.extensions = vec![constraint];
    if !edge.is_end {
        parts.extensions.push(cert_sign());
    }
    match edge.usage {
        1 => parts.extensions.push(usages(&[SERVER_AUTH])),
        2 => parts.extensions.push(usages(&[CLIENT_AUTH])),
        _ => {}
    }
    let signer = if edge.forged { key(9) } else { signer };
    let certificate = Certificate::from_der(&parts.sign(&signer)).expect("well formed");
    made.insert(edge, certificate.clone());
    certificate
}

fuzz_target!(|octets: &[u8]| {
    let [issuer, root, how, asked, rest @ ..] = octets else { return };
    let name_and_key = |octet: u8| (octet % NAMES, octet / NAMES % KEYS);
    let edge = |subject: u8, issuer: u8, more: u8| Edge {
        subject: name_and_key(subject),
        issuer: name_and_key(issuer),
        period: more & 3,
        usage: more >> 2 & 3,
        is_end: false,
        forged: more >> 4 & 15 == 15,
    };
    let end = Edge { is_end: true, ..edge(7, *issuer, *how) };
    let mut held: [Vec<Certificate>; 4] = Default::default();
    for [subject, issuer, more, place] in rest.as_chunks::<4>().0.iter().take(10) {
        held[usize::from(place % 4)].push(make(edge(*subject, *issuer, *more)));
    }
    let [given, pool, mut roots, disallowed] = held;
    if how >> 4 & 1 == 0 {
        roots.push(make(edge(*root, *root, 0)));
    }
    let all: Vec<Certificate> =
        [given.clone(), pool.clone(), roots.clone(), disallowed.clone()].concat();
    let stores = SystemStores {
        root: Store::of(roots),
        disallowed: Store::of(disallowed.into_iter().take(1)),
        ..SystemStores::default()
    };
    let now = Time::from_civil(2026, 6, 1, 0, 0, 0).expect("a date");
    let mut request = ChainRequest::new(make(end), now);
    request.additional = Store::of(given);
    if asked & 1 == 1 {
        request.usage = UsageMatch::all(vec![SERVER_AUTH.parse().expect("an identifier")]);
    }
    if asked & 2 == 2 {
        request.flags = ChainFlags::REVOCATION_CHECK_CHAIN;
    }
    let mut question = Question::new(stores, EngineOptions::default(), request);
    if asked & 4 == 4 {
        let mut policy = PolicyRequest::new(PolicyName::Ssl);
        let hosts = ["a.test", "c.b.test", "other.test", "b.test"];
        policy.server = Some(hosts[usize::from(asked >> 3 & 3)].to_owned());
        question.policies.push(policy);
    }
    question.pool = pool;

    let chain = ask(&question);
    let found = why(&question);
    assert_eq!(found, why(&question), "the same question, the same answer");
    let wrong = errors(&question, &chain);
    let Some(found) = found else {
        assert!(wrong.is_empty(), "{wrong:?}");
        return;
    };
    let named: Vec<&String> = found.reasons.iter().map(|reason| &reason.error).collect();
    assert_eq!(named, wrong.iter().collect::<Vec<_>>());
    check(&question, &found, &all);
});

fn check(question: &Question<'_>, found: &Why, all: &[Certificate]) {
    let mut together = question.clone();
    for reason in &found.reasons {
        assert_eq!(reason.verified, reason.change.is_some(), "{reason:?}");
        assert!(reason.verified || reason.note.is_some(), "{reason:?}");
        if !reason.verified {
            continue;
        }
        assert!(!reason.leaves.contains(&reason.error), "{reason:?}");
        let mut other = question.clone();
        apply(reason, &mut other, all);
        let left = errors(&other, &ask(&other));
        assert!(!left.contains(&reason.error), "it stays: {reason:?}");
        assert_eq!(left, reason.leaves, "{reason:?}");
        apply(reason, &mut together, all);
    }
    if found.together == Some(true) {
        assert!(errors(&together, &ask(&together)).is_empty(), "{found:?}");
    }
}

fn ask(question: &Question<'_>) -> ChainContext {
    let engine =
        ChainEngine::new(question.stores.clone(), question.kind.clone(), question.options.clone());
    engine.chain(&question.request).expect("a sound end certificate")
}

/// The chain's errors, and a host that is another.
fn errors(question: &Question<'_>, chain: &ChainContext) -> Vec<String> {
    let mut found = chain.status.error.names();
    let now = question.request.now;
    for status in verify_all(chain, &question.policies, &question.stores, now) {
        if status.error == hresult::CERT_E_CN_NO_MATCH {
            let symbol = status.error.symbol().unwrap_or_default();
            found.push(format!("policy {}: {} {symbol}", status.policy, status.error));
        }
    }
    found
}

/// Changes the world as the words say.
fn apply(reason: &Reason, to: &mut Question<'_>, all: &[Certificate]) {
    for words in reason.change.as_deref().unwrap_or_default().split(" and ") {
        let named = all
            .iter()
            .chain([to.request.end.certificate()])
            .find(|certificate| words.contains(&hex(&certificate.sha1())))
            .cloned();
        match (words, named) {
            (words, Some(root)) if words.ends_with("among the trusted roots") => {
                to.stores.root = with(&to.stores.root, &root);
            }
            (words, Some(issuer)) if words.ends_with("at hand") => {
                to.request.additional = with(&to.request.additional, &issuer);
            }
            (words, Some(named)) if words.ends_with("not disallowed") => {
                let others = to.stores.disallowed.certificates().iter().map(|c| c.certificate());
                to.stores.disallowed =
                    Store::of(others.filter(|other| other.tbs() != named.tbs()).cloned());
            }
            ("when asked for no particular usage", None) => {
                to.request.usage = UsageMatch::default();
            }
            ("without a check of revocation", None) => to.request.flags = ChainFlags(0),
            // here no root has dates, and no key is weak
            ("without the root program's dates and usages on the root", None)
            | ("where weak algorithms and keys are let through", None) => {}
            (words, None) => apply_named(words, to),
            (words, named) => panic!("unknown words: {words} {named:?}"),
        }
    }
}

fn apply_named(words: &str, to: &mut Question<'_>) {
    if let Some(time) = words.strip_prefix("when judged at ") {
        let time: Time = time.parse().expect("a time");
        (to.request.time, to.request.now) = (Some(time), time);
    } else if let Some(host) = words.strip_prefix("for the host ") {
        to.policies.iter_mut().for_each(|policy| policy.server = Some(host.to_owned()));
    } else if let Some(usage) = words.strip_prefix("when asked for ") {
        let known = [SERVER_AUTH, CLIENT_AUTH].map(|text| text.parse::<Oid>().expect("known"));
        let named = known.into_iter().find(|oid| oid.name() == Some(usage));
        to.request.usage = UsageMatch::all(vec![named.expect("a usage of ours")]);
    } else {
        panic!("unknown words: {words}");
    }
}

fn with(store: &Store, certificate: &Certificate) -> Store {
    let mut builder = StoreBuilder::new();
    for held in store.certificates() {
        builder.certificate(held.clone());
    }
    builder.certificate(certificate.clone().into());
    builder.build()
}
