//! The verdict does not depend on the order of what is given, and the search ends.

use chaincheck_engine::chain::context::ChainContext;
use chaincheck_engine::chain::engine::{ChainEngine, EngineKind, EngineOptions, SearchBudget};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::store::SystemStores;
use proptest::prelude::*;

use crate::support::{ask, authority, end, errors, question, root, store, thumbprints};
use crate::support::{key, trusting};

/// A certificate of a random hierarchy: who, by whom, with which of the name's keys, until when.
#[derive(Debug, Clone, Copy)]
struct Edge {
    subject: usize,
    issuer: usize,
    subject_key: bool,
    issuer_key: bool,
    expired: bool,
}

fn edges() -> impl Strategy<Value = (Vec<Edge>, usize, usize)> {
    (3_usize..9).prop_flat_map(|count| {
        let edge = (0..count, 0..count, prop::bool::weighted(0.15), prop::bool::weighted(0.15))
            .prop_flat_map(|(subject, issuer, subject_key, issuer_key)| {
                prop::bool::weighted(0.2).prop_map(move |expired| Edge {
                    subject,
                    issuer,
                    subject_key,
                    issuer_key,
                    expired,
                })
            });
        (prop::collection::vec(edge, 2..14), 0..count, 0..count)
    })
}

fn named(ca: usize) -> String {
    format!("CA {ca}")
}

/// A CA has one key, sometimes a second one; few keys serve many names.
fn key_of(ca: usize, second: bool) -> chaincheck_testdata::key::Key {
    key(&format!("key {}", ca % 4 + if second { 4 } else { 0 }))
}

fn certificates(edges: &[Edge]) -> Vec<Certificate> {
    let make = |(serial_number, edge): (usize, &Edge)| {
        let until = if edge.expired { "20250101000000" } else { "20400101000000" };
        authority(&named(edge.subject), &named(edge.issuer))
            .serial(u8::try_from(serial_number).unwrap() + 1)
            .valid("20200101000000", until)
            .key(key_of(edge.subject, edge.subject_key).spki())
            .signed_by(key_of(edge.issuer, edge.issuer_key))
            .make()
    };
    edges.iter().enumerate().map(make).collect()
}

fn verdict(context: &ChainContext) -> (u32, Vec<u32>, Vec<[u8; 20]>) {
    (context.status.error.0, errors(context), thumbprints(context))
}

fn in_order(engine: &ChainEngine, end: &Certificate, given: &[Certificate]) -> ChainContext {
    let given: Vec<_> = given.iter().collect();
    ask(engine, &question(end, &given))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_does_not_matter(
        (edges, anchor, issuer) in edges(),
        (first, second) in any::<(prop::sample::Index, prop::sample::Index)>(),
        shuffled in Just((0..14_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let given = certificates(&edges);
        let anchor = root(&named(anchor))
            .serial(99)
            .key(key_of(anchor, false).spki())
            .signed_by(key_of(anchor, false))
            .make();
        let leaf = end("end", &named(issuer)).signed_by(key_of(issuer, false)).make();
        let engine = trusting(&[&anchor]);
        let expected = in_order(&engine, &leaf, &given);
        prop_assert_eq!(expected.search.exhausted, None);
        let mut reversed = given.clone();
        reversed.reverse();
        let permuted: Vec<_> =
            shuffled.iter().filter_map(|at| given.get(*at).cloned()).collect();
        let mut swapped = given.clone();
        swapped.swap(first.index(given.len()), second.index(given.len()));
        for other in [reversed, permuted, swapped] {
            let found = in_order(&engine, &leaf, &other);
            prop_assert_eq!(verdict(&found), verdict(&expected), "{}\n{}", found, expected);
        }
    }

    #[test]
    fn a_valid_chain_is_found_wherever_there_is_one((edges, anchor, issuer) in edges()) {
        let given = certificates(&edges);
        let leaf = end("end", &named(issuer)).signed_by(key_of(issuer, false)).make();
        let anchor_certificate = root(&named(anchor))
            .serial(99)
            .key(key_of(anchor, false).spki())
            .signed_by(key_of(anchor, false))
            .make();
        let found = in_order(&trusting(&[&anchor_certificate]), &leaf, &given);
        // what can be reached from the end certificate over names and keys, nothing expired
        let mut reached = vec![(issuer, false)];
        let mut next = 0;
        while let Some(&(subject, subject_key)) = reached.get(next) {
            next += 1;
            for edge in &edges {
                let usable = edge.subject == subject
                    && edge.subject_key == subject_key
                    && !edge.expired;
                // a self-signed certificate is a root of its own, and leads nowhere
                let above = (edge.issuer, edge.issuer_key);
                if usable && !reached.contains(&above) {
                    reached.push(above);
                }
            }
        }
        let reachable = reached.contains(&(anchor, false));
        prop_assert_eq!(found.is_ok(), reachable, "{}", found);
    }
}

/// Every CA of `count` has certified every other.
fn mesh(count: usize) -> Vec<Certificate> {
    let mut certificates = Vec::new();
    for subject in 0..count {
        for issuer in (0..count).filter(|issuer| *issuer != subject) {
            let cross = authority(&named(subject), &named(issuer));
            let cross = cross.key(key_of(subject, false).spki()).signed_by(key_of(issuer, false));
            certificates.push(cross.serial(1).make());
        }
    }
    certificates
}

fn mesh_answer(roots: &[&Certificate], budget: SearchBudget) -> ChainContext {
    let mut options = EngineOptions::default();
    options.budget = budget;
    let stores = SystemStores { root: store(roots), ..SystemStores::default() };
    let engine = ChainEngine::new(stores, EngineKind::System, options);
    let leaf = end("end", &named(3)).signed_by(key_of(3, false)).make();
    in_order(&engine, &leaf, &mesh(12))
}

fn assert_bounded(context: &ChainContext, budget: SearchBudget) {
    let search = context.search;
    assert!(search.steps <= budget.max_steps + budget.max_candidates, "{search:?}");
    assert!(search.paths <= budget.max_paths, "{search:?}");
    assert!(search.signatures <= budget.max_signatures, "{search:?}");
}

#[test]
fn a_mesh_with_an_anchor_gives_the_trusted_chain() {
    let anchor = root(&named(7)).serial(99).key(key_of(7, false).spki());
    let anchor = anchor.signed_by(key_of(7, false)).make();
    let budget = SearchBudget::default();
    let found = mesh_answer(&[&anchor], budget);
    assert!(found.is_ok(), "{found}");
    assert_eq!(found.elements().len(), 3, "{found}");
    assert!(found.search.exhausted.is_some(), "not every path of a mesh can be judged");
    assert_bounded(&found, budget);
}

#[test]
fn a_mesh_gives_the_next_best_chain_where_the_shortest_is_expired() {
    let anchor = root(&named(7)).serial(99).key(key_of(7, false).spki());
    let anchor = anchor.signed_by(key_of(7, false)).make();
    let mut given = mesh(12);
    let direct = |c: &Certificate| {
        c.subject().to_string().contains("CA 3") && c.issuer().to_string().contains("CA 7")
    };
    let count = given.len();
    given.retain(|certificate| !direct(certificate));
    assert_eq!(given.len(), count - 1);
    let expired = authority(&named(3), &named(7)).valid("20200101000000", "20210101000000");
    let expired = expired.key(key_of(3, false).spki()).signed_by(key_of(7, false));
    given.push(expired.make());
    let leaf = end("end", &named(3)).signed_by(key_of(3, false)).make();
    let found = in_order(&trusting(&[&anchor]), &leaf, &given);
    assert!(found.is_ok(), "{found}");
    assert_eq!(found.elements().len(), 4, "{found}");
}

#[test]
fn a_mesh_without_an_anchor_ends_and_says_that_its_budget_is_used_up() {
    let budget = SearchBudget::default();
    let found = mesh_answer(&[], budget);
    assert_ne!(found.status.error.0, 0, "{found}");
    assert!(found.search.exhausted.is_some());
    assert_bounded(&found, budget);
}

#[test]
fn each_budget_ends_the_search_and_is_named() {
    let full = SearchBudget::default();
    let deep = SearchBudget { max_paths: 1_000_000, ..full };
    for (budget, name) in [
        (SearchBudget { max_steps: 40, ..full }, "max_steps"),
        (SearchBudget { max_paths: 2, ..full }, "max_paths"),
        (SearchBudget { max_candidates: 1, ..deep }, "max_candidates"),
        (SearchBudget { max_signatures: 1, ..full }, "max_signatures"),
        (SearchBudget { max_elements: 3, ..deep }, "max_elements"),
    ] {
        let found = mesh_answer(&[], budget);
        assert_eq!(found.search.exhausted, Some(name), "{:?}", found.search);
        assert_bounded(&found, budget);
        assert!(!found.is_ok());
    }
}

#[test]
fn a_signature_is_verified_once_for_each_key() {
    // 12 * 11 certificates and the end certificate; each candidate of one has the same key
    let found = mesh_answer(&[], SearchBudget { max_paths: 1_000_000, ..SearchBudget::default() });
    assert!(found.search.signatures <= 12 * 11 + 1, "{:?}", found.search);
}

#[test]
fn the_question_is_answered_twice_alike() {
    let anchor = root(&named(0)).key(key_of(0, false).spki()).signed_by(key_of(0, false)).make();
    let engine = trusting(&[&anchor]);
    let leaf = end("end", &named(3)).signed_by(key_of(3, false)).make();
    let (first, second) = (in_order(&engine, &leaf, &mesh(5)), in_order(&engine, &leaf, &mesh(5)));
    assert_eq!(verdict(&first), verdict(&second));
    assert_eq!(first.search, second.search);
    assert!(first.is_ok());
}

#[test]
fn what_was_not_verified_is_not_valid() {
    let (top, middle) = (root("R").make(), authority("I", "R").make());
    let leaf = end("leaf", "I").make();
    for (max_signatures, valid) in [(0, false), (1, false), (2, false), (3, true)] {
        let mut options = EngineOptions::default();
        options.budget.max_signatures = max_signatures;
        let stores = SystemStores { root: store(&[&top]), ..SystemStores::default() };
        let engine = ChainEngine::new(stores, EngineKind::System, options);
        let found = ask(&engine, &question(&leaf, &[&middle]));
        assert_eq!(found.is_ok(), valid, "{max_signatures}: {found}");
        assert_eq!(found.search.exhausted.is_none(), valid);
    }
}
