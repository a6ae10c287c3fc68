//! What a cause rests on, as the answer shows it.

use super::{Cause, Evidence};
use crate::proof::case::{Case, Source};
use crate::proof::cause::Status;
use crate::proof::fact::Fact;
use crate::proof::suspect::Suspect;

/// Something that is wrong with the machine, but raises nothing.
pub(super) fn unfelt(case: &Case, suspect: &Suspect) -> Cause {
    Cause {
        kind: suspect.kind,
        status: Status::Consistent,
        statement: suspect.statement.clone(),
        evidence: evidence(case, suspect),
        without_it: None,
        only_it: None,
        jointly_with: Vec::new(),
        note: Some(
            "No event is known to come of it on this version of Windows: there is nothing to \
             prove."
                .to_owned(),
        ),
        scenario: None,
        proof: None,
        fact: suspect.fact.clone(),
        masked: false,
        takes_company: false,
    }
}

pub(super) fn evidence(case: &Case, suspect: &Suspect) -> Vec<Evidence> {
    let of_fact = case
        .sources
        .iter()
        .filter(|source| suspect.fact.as_ref().is_some_and(|fact| speaks_of(source, fact)));
    let files = of_fact.map(|source| Evidence {
        file: Some(source.file.clone()),
        sha256: source.sha256.clone(),
        what: source.what.clone(),
        value: source.value.clone(),
    });
    let details = suspect.details.iter().map(|(what, value)| Evidence {
        file: None,
        sha256: None,
        what: what.clone(),
        value: value.clone(),
    });
    files.chain(details).collect()
}

/// Whether a source is about this fact. That a signer's age matters is known from the list itself.
fn speaks_of(source: &Source, fact: &Fact) -> bool {
    match (&source.fact, fact) {
        (Fact::Cached { .. } | Fact::Answer { .. }, Fact::Registry { key }) => {
            key == crate::scenario::LIST_SIGNER_TIME
        }
        (Fact::Store { store: a, sha1 }, Fact::Store { store: b, sha1: wanted }) => {
            a.eq_ignore_ascii_case(b) && sha1.iter().any(|found| wanted.contains(found))
        }
        (known, wanted) => known == wanted,
    }
}
