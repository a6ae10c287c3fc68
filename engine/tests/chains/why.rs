//! Why a chain is not accepted: the smallest change of the world, found and tried.

use chaincheck_engine::base::oid;
use chaincheck_engine::chain::engine::{ChainEngine, ChainFlags, EngineOptions};
use chaincheck_engine::policy::{PolicyName, PolicyRequest};
use chaincheck_engine::proof::why::{Question, Reason, Why, why};
use chaincheck_engine::store::SystemStores;
use chaincheck_testdata::certificate::{dns_names, permitted_dns, usages};

use crate::support::*;

const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";

fn trusted(roots: &[&chaincheck_engine::object::certificate::Certificate]) -> SystemStores {
    SystemStores { root: store(roots), ..SystemStores::default() }
}

fn asked(question: &Question<'_>) -> Why {
    why(question).unwrap()
}

fn reason<'w>(why: &'w Why, error: &str) -> &'w Reason {
    let found = why.reasons.iter().find(|reason| reason.error.contains(error));
    found.unwrap_or_else(|| panic!("{error}: {why:?}"))
}

/// The error goes by this change, nothing is left, and it was tried.
fn assert_mended(why: &Why, error: &str, change: &str) {
    let found = reason(why, error);
    assert!(found.change.as_ref().is_some_and(|text| text.contains(change)), "{found:?}");
    assert_eq!((found.verified, found.leaves.as_slice()), (true, &[][..]), "{found:?}");
}

#[test]
fn nothing_to_explain() {
    let (root, end) = (root("R").make(), end("e", "R").make());
    let question = Question::new(trusted(&[&root]), EngineOptions::default(), question(&end, &[]));
    assert_eq!(why(&question), None);
}

#[test]
fn another_time() {
    let root = root("R").make();
    let over = end("e", "R").valid("20240101000000", "20250101000000").make();
    let asked_now = question(&over, &[]);
    let found =
        asked(&Question::new(trusted(&[&root]), EngineOptions::default(), asked_now.clone()));
    assert_mended(&found, "NOT_TIME_VALID", "when judged at 2025-01-01T00:00:00Z");
    // the change, made by hand
    let mut then = asked_now;
    then.time = Some(time("2025-01-01T00:00:00Z"));
    assert_eq!(ask(&trusting(&[&root]), &then).status.error.0, 0);

    let to_come = end("e", "R").valid("20300101000000", "20310101000000").make();
    let stores = trusted(&[&root]);
    let found = asked(&Question::new(stores, EngineOptions::default(), question(&to_come, &[])));
    assert_mended(&found, "NOT_TIME_VALID", "when judged at 2030-01-01T00:00:00Z");
}

#[test]
fn a_root_trusted() {
    let (root, end) = (root("R").make(), end("e", "R").make());
    let stores = SystemStores::default();
    let found = asked(&Question::new(stores, EngineOptions::default(), question(&end, &[&root])));
    assert_mended(&found, "UNTRUSTED_ROOT", "among the trusted roots");
    assert_eq!(ask(&trusting(&[&root]), &question(&end, &[])).status.error.0, 0);
}

#[test]
fn an_issuer_added_or_several() {
    let (root, end) = (root("R").make(), end("e", "B").make());
    let (a, b) = (authority("A", "R").make(), authority("B", "A").make());
    let ask_for = |pool: &[&chaincheck_engine::object::certificate::Certificate], stores| {
        let mut asked_for = Question::new(stores, EngineOptions::default(), question(&end, &[]));
        asked_for.pool = pool.iter().map(|one| (*one).clone()).collect();
        asked(&asked_for)
    };
    let found = ask_for(&[&a, &b], trusted(&[&root]));
    assert_mended(&found, "PARTIAL_CHAIN", "at hand and with");
    // the root is not trusted either: then trust it, too
    let found = ask_for(&[&root, &a, &b], SystemStores::default());
    assert_mended(&found, "PARTIAL_CHAIN", "among the trusted roots");
    // one alone that is missing
    let mut one = Question::new(trusted(&[&root]), EngineOptions::default(), question(&end, &[&a]));
    one.pool = vec![b.clone()];
    assert_mended(&asked(&one), "PARTIAL_CHAIN", "at hand");
    // nobody has it
    let found = ask_for(&[], trusted(&[&root]));
    let partial = reason(&found, "PARTIAL_CHAIN");
    assert_eq!((partial.verified, &partial.change), (false, &None));
    assert!(partial.note.as_ref().unwrap().contains("missing and not at hand"), "{partial:?}");
}

#[test]
fn another_usage() {
    let (root, end) = (root("R").make(), end("e", "R").with(usages(&[CLIENT_AUTH])).make());
    let mut request = question(&end, &[]);
    request.usage = wants(&[oid(SERVER_AUTH)]);
    let found = asked(&Question::new(trusted(&[&root]), EngineOptions::default(), request));
    assert_mended(&found, "NOT_VALID_FOR_USAGE", "when asked for");
}

#[test]
fn another_host() {
    let (root, end) = (root("R").make(), end("e", "R").with(dns_names(&["*.example.test"])).make());
    let mut asked_for =
        Question::new(trusted(&[&root]), EngineOptions::default(), question(&end, &[]));
    let mut ssl = PolicyRequest::new(PolicyName::Ssl);
    ssl.server = Some("www.other.test".to_owned());
    asked_for.policies = vec![ssl];
    let found = asked(&asked_for);
    assert_mended(&found, "policy", "for the host www.example.test");
}

#[test]
fn a_certificate_no_longer_distrusted() {
    let (root, end) = (root("R").make(), end("e", "A").make());
    let a = authority("A", "R").make();
    let mut stores = trusted(&[&root]);
    stores.disallowed = store(&[&a]);
    let found = asked(&Question::new(stores, EngineOptions::default(), question(&end, &[&a])));
    assert_mended(&found, "EXPLICIT_DISTRUST", "not disallowed");
    assert!(reason(&found, "EXPLICIT_DISTRUST").about.as_ref().unwrap().contains('A'));
}

#[test]
fn a_root_without_the_root_programs_dates() {
    let (root, end) = (root("R").make(), end("e", "R").make());
    // property 104: not trusted after 2021
    let over = 132_539_328_000_000_000_u64.to_le_bytes().to_vec();
    let root_store = store_of([with_properties(&root, &[(104, over)])]);
    let stores = SystemStores { root: root_store, ..SystemStores::default() };
    let asked_for = Question::new(stores.clone(), EngineOptions::default(), question(&end, &[]));
    let chain = ChainEngine::new(stores, asked_for.kind.clone(), EngineOptions::default());
    assert_ne!(ask(&chain, &asked_for.request).status.error.0, 0);
    let found = asked(&asked_for);
    assert!(
        found.reasons.iter().any(|reason| {
            reason.change.as_ref().is_some_and(|change| change.contains("root program"))
                && reason.leaves.is_empty()
        }),
        "{found:?}"
    );
}

#[test]
fn revocation_that_cannot_be_asked() {
    let (root, end) = (root("R").make(), end("e", "R").make());
    let mut request = question(&end, &[]);
    request.flags = ChainFlags::REVOCATION_CHECK_END_CERT;
    let found = asked(&Question::new(trusted(&[&root]), EngineOptions::default(), request));
    assert_mended(&found, "REVOCATION_STATUS_UNKNOWN", "without a check of revocation");
}

#[test]
fn what_lies_in_the_certificates_themselves() {
    let root = root("R").make();
    let bad = end("e", "R").tampered().make();
    let stores = trusted(&[&root]);
    let found =
        asked(&Question::new(stores.clone(), EngineOptions::default(), question(&bad, &[])));
    let signature = reason(&found, "NOT_SIGNATURE_VALID");
    assert_eq!((signature.verified, &signature.change), (false, &None));
    assert!(signature.note.as_ref().unwrap().contains("in the certificates themselves"));

    let a = authority("A", "R").with(permitted_dns("other.test")).make();
    let outside = end("e", "A").with(dns_names(&["www.example.test"])).make();
    let asked_for = Question::new(stores, EngineOptions::default(), question(&outside, &[&a]));
    let found = asked(&asked_for);
    let name = reason(&found, "NAME_CONSTRAINT");
    assert_eq!((name.verified, &name.change), (false, &None), "{name:?}");
}

#[test]
fn several_errors_go_together() {
    let root = root("R").make();
    let over = end("e", "R").valid("20240101000000", "20250101000000").make();
    let stores = SystemStores::default();
    let found = asked(&Question::new(stores, EngineOptions::default(), question(&over, &[&root])));
    assert_eq!(found.together, Some(true), "{found:?}");
    assert_eq!(found.reasons.len(), 2);
    // each alone leaves the other
    for reason in &found.reasons {
        assert_eq!((reason.verified, reason.leaves.len()), (true, 1), "{reason:?}");
    }
    assert_eq!(oid::SERVER_AUTH.to_string(), SERVER_AUTH);
}
