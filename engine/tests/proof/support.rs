//! Evidence as its files, and what a diagnosis of it says.

use chaincheck_engine::base::time::Time;
use chaincheck_engine::format::collection::MemberPath;
use chaincheck_engine::proof::evidence::{Evidence, EvidenceOptions, EvidenceReader};
use chaincheck_engine::proof::{Cause, CauseKind, EventDiagnosis, Status, diagnose, replay};
use chaincheck_testdata::lab;
pub(crate) use chaincheck_testdata::lab::File;

/// The moment the laboratories are made for.
pub(crate) fn now() -> Time {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn options() -> EvidenceOptions {
    EvidenceOptions::new(now())
}

/// Evidence of these files.
pub(crate) fn read(files: &[File]) -> Evidence {
    read_with(options(), files)
}

pub(crate) fn read_with(options: EvidenceOptions, files: &[File]) -> Evidence {
    let mut reader = EvidenceReader::new(options);
    let root = MemberPath::new("lab");
    for file in files {
        reader.add(&root.member(&file.path), &file.octets, None);
    }
    reader.finish()
}

pub(crate) fn lab_of(causes: &[CauseKind]) -> Vec<File> {
    let names: Vec<&str> = causes.iter().map(|kind| kind.name()).collect();
    lab::lab_of(&names).unwrap()
}

/// What is found about each event.
pub(crate) fn diagnoses(evidence: &Evidence) -> Vec<EventDiagnosis> {
    evidence.cases.iter().map(|case| diagnose(case).unwrap()).collect()
}

/// The diagnosis of evidence that has one event.
pub(crate) fn sole(files: &[File]) -> EventDiagnosis {
    let evidence = read(files);
    assert_eq!(evidence.cases.len(), 1, "{:?}", evidence.notes);
    diagnose(&evidence.cases[0]).unwrap()
}

pub(crate) fn proven(found: &EventDiagnosis) -> Vec<CauseKind> {
    with_status(found, Status::Proven)
}

pub(crate) fn with_status(found: &EventDiagnosis, status: Status) -> Vec<CauseKind> {
    let those = found.causes.iter().filter(|cause| cause.status == status);
    those.map(|cause| cause.kind).collect()
}

pub(crate) fn cause(found: &EventDiagnosis, kind: CauseKind) -> &Cause {
    found.causes.iter().find(|cause| cause.kind == kind).unwrap()
}

/// A diagnosis in a few lines, for failures of tests.
pub(crate) fn report(found: &EventDiagnosis) -> String {
    let record = found.record.as_ref().map(|r| format!("{} {:?} {:?}", r.id, r.error, r.url));
    let mut text = format!("{record:?} reproduced {:?}: {}\n", found.reproduced, found.outcome);
    for cause in found.causes.iter().filter(|cause| cause.status != Status::Refuted) {
        let (name, note) = (cause.status.name(), cause.note.as_deref().unwrap_or_default());
        text.push_str(&format!(
            "  {} {name} {:?}: {} [{note}]\n    without {:?}, alone {:?}\n",
            cause.kind, cause.jointly_with, cause.statement, cause.without_it, cause.only_it
        ));
    }
    let refuted = found.causes.iter().filter(|cause| cause.status == Status::Refuted);
    for cause in refuted.filter(|cause| cause.without_it.is_some()) {
        text.push_str(&format!("  {} refuted: {}\n", cause.kind, cause.statement));
    }
    for remedy in &found.remedies {
        text.push_str(&format!(
            "  remedy {}: {} {:?}\n",
            remedy.kind, remedy.verified, remedy.outcome
        ));
    }
    for wanted in &found.would_decide {
        text.push_str(&format!("  would decide: {wanted}\n"));
    }
    text
}

/// Every proof can be made again from its document.
pub(crate) fn assert_replays(found: &EventDiagnosis) {
    for cause in found.causes.iter().filter(|cause| cause.status == Status::Proven) {
        let again = replay(&serde_json::to_value(cause.proof.as_deref().unwrap()).unwrap());
        assert!(again.proven, "{}: {again:?}", cause.kind);
    }
}

/// The file with this end of its path.
pub(crate) fn file<'f>(files: &'f mut [File], end: &str) -> &'f mut File {
    let found = files.iter_mut().find(|file| file.path.ends_with(end));
    found.unwrap_or_else(|| panic!("no file {end}"))
}

pub(crate) fn without(files: Vec<File>, part: &str) -> Vec<File> {
    let count = files.len();
    let kept: Vec<File> = files.into_iter().filter(|file| !file.path.contains(part)).collect();
    assert!(kept.len() < count, "no file {part}");
    kept
}

/// The text of a file, changed; what is replaced must be there.
pub(crate) fn replace(files: &mut [File], end: &str, from: &str, to: &str) {
    let file = file(files, end);
    let text = String::from_utf8(file.octets.clone()).unwrap();
    assert!(text.contains(from), "{from}");
    file.octets = text.replace(from, to).into_bytes();
}
