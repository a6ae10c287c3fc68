//! Two and three things wrong at once: each is found, and nothing else is.

use chaincheck_engine::proof::{CauseKind, EventDiagnosis, Status};
use chaincheck_testdata::lab;

use crate::support::{assert_replays, cause, diagnoses, lab_of, proven, read, report, with_status};
use CauseKind as K;

/// What hides all that comes after it from the update: nothing is known of it before it is mended.
fn hides_the_chain(kind: K) -> bool {
    matches!(
        kind,
        K::NotACabinet
            | K::TruncatedFile
            | K::CorruptCabinet
            | K::CorruptList
            | K::Proxy
            | K::TamperedList
            | K::UnsupportedAlgorithm
            | K::StoreAccessDenied
            | K::MissingIntermediate
            | K::MissingRoot
            | K::StoreCorrupt
    )
}

/// Whether a cause cannot be seen beside the other.
fn is_unseen(kind: K, beside: K) -> bool {
    match kind {
        // that the update asks CRLs is believed only where the record says so
        K::RevokedSigner => hides_the_chain(beside) || beside == K::UpdateDisabled,
        // there is no list in the evidence whose chain could show what is wrong
        K::MissingRoot | K::StoreCorrupt | K::DistrustedListChain | K::WrongClock => {
            matches!(
                beside,
                K::NotACabinet | K::TruncatedFile | K::CorruptCabinet | K::CorruptList | K::Proxy
            ) || (kind, beside) == (K::WrongClock, K::UpdateDisabled)
        }
        _ => false,
    }
}

/// Every cause is proven or named with its reason where the update meets it, and no other is.
fn check(causes: &[K]) -> Result<(), String> {
    let evidence = read(&lab_of(causes));
    let found = diagnoses(&evidence);
    let events = usize::from(causes.contains(&K::Unreachable))
        + usize::from(causes.iter().any(|kind| !matches!(kind, K::Unreachable)));
    let events = if causes.contains(&K::UpdateDisabled) { 1 } else { events };
    let fail = |what: String, diagnosis: &EventDiagnosis| {
        Err(format!("{causes:?}: {what}\n{}", report(diagnosis)))
    };
    if found.len() != events {
        return Err(format!("{causes:?}: {} events", found.len()));
    }
    for diagnosis in &found {
        if diagnosis.reproduced == Some(false) {
            return fail("not reproduced".to_owned(), diagnosis);
        }
        let proven = proven(diagnosis);
        if proven.is_empty() || proven.iter().any(|kind| !causes.contains(kind)) {
            return fail(format!("proven {proven:?}"), diagnosis);
        }
        if with_status(diagnosis, Status::Consistent).iter().any(|kind| !causes.contains(kind)) {
            return fail("another is consistent".to_owned(), diagnosis);
        }
        for cause in &diagnosis.causes {
            if cause.status == Status::Consistent && cause.note.is_none() {
                return fail(format!("{} without a reason", cause.kind), diagnosis);
            }
        }
        assert_replays(diagnosis);
        for remedy in &diagnosis.remedies {
            if !remedy.verified {
                return fail(format!("remedy of {} not verified", remedy.kind), diagnosis);
            }
            if remedy.commands.is_empty() {
                return fail(format!("remedy of {} without a command", remedy.kind), diagnosis);
            }
        }
    }
    for kind in causes {
        let named = found.iter().any(|diagnosis| {
            matches!(cause(diagnosis, *kind).status, Status::Proven | Status::Consistent)
        });
        let excused = causes.iter().any(|other| other != kind && is_unseen(*kind, *other));
        if !named && !excused {
            return fail(format!("{kind} is not found"), &found[0]);
        }
    }
    Ok(())
}

fn possible(causes: &[K]) -> bool {
    let names: Vec<&str> = causes.iter().map(|kind| kind.name()).collect();
    lab::lab_of(&names).is_ok()
}

fn assert_all(sets: &[Vec<K>]) {
    let failed: Vec<String> = sets.iter().filter_map(|set| check(set).err()).collect();
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), sets.len(), failed.join("\n"));
}

#[test]
fn every_pair_is_found() {
    let mut pairs = Vec::new();
    for (at, first) in K::ALL.iter().enumerate() {
        for second in &K::ALL[at + 1..] {
            if possible(&[*first, *second]) {
                pairs.push(vec![*first, *second]);
            }
        }
    }
    assert!(pairs.len() > 80, "{}", pairs.len());
    assert_all(&pairs);
}

#[test]
fn triples_are_found() {
    assert_all(&[
        vec![K::ExpiredListSigner, K::WrongClock, K::MissingRoot],
        vec![K::ExpiredListSigner, K::DistrustedListChain, K::StoreAccessDenied],
        vec![K::TamperedList, K::MissingRoot, K::WrongClock],
        vec![K::ExpiredListSigner, K::DistrustedListChain, K::Unreachable],
        vec![K::WrongUsage, K::StoreCorrupt, K::UpdateDisabled],
        vec![K::SignerNotYetValid, K::WrongClock, K::DistrustedListChain],
    ]);
}

#[test]
fn what_excludes_each_other_has_no_laboratory() {
    assert!(!possible(&[K::NotACabinet, K::TruncatedFile]));
    assert!(!possible(&[K::Proxy, K::Unreachable]));
    assert!(!possible(&[K::MissingRoot, K::StoreCorrupt]));
    assert!(possible(&[K::WrongClock, K::MissingRoot]));
    let unknown = lab::lab_of(&["bad-luck"]).unwrap_err();
    assert_eq!(unknown.to_string(), "no laboratory for 'bad-luck'");
}
