//! From files of evidence to causes: nothing is proven but what was reproduced and can be proven
//! again, and every cause there is gets its word.
#![no_main]

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use chaincheck_engine::base::time::Time;
use chaincheck_engine::format::collection::MemberPath;
use chaincheck_engine::proof::evidence::{EvidenceOptions, EvidenceReader, MAX_EVENTS};
use chaincheck_engine::proof::{CauseKind, EventDiagnosis, Status, diagnose, replay};
use chaincheck_testdata::lab::{CAUSES, File, lab};
use libfuzzer_sys::fuzz_target;

/// Making a laboratory takes longer than reading it: each is made once.
static LABS: LazyLock<Mutex<HashMap<&str, Vec<File>>>> = LazyLock::new(Mutex::default);

/// Cases that are looked at; each may cost hundreds of runs of the update.
const CASES: usize = 3;

fuzz_target!(|octets: &[u8]| {
    let [cause, file, how, rest @ ..] = octets else { return };
    let mut files = match CAUSES.get(usize::from(*cause) % (CAUSES.len() + 1)) {
        Some(cause) => made(cause),
        None => Vec::new(),
    };
    change(&mut files, usize::from(*file), how % 8, rest);

    let mut reader = EvidenceReader::new(EvidenceOptions::new(now()));
    let folder = MemberPath::new("lab");
    let alone = MemberPath::new("loose");
    for file in &files {
        let path = if file.path.is_empty() { alone.clone() } else { folder.member(&file.path) };
        reader.add(&path, &file.octets, None);
    }
    let evidence = reader.finish();
    assert_eq!(evidence.files.len(), files.len());
    assert!(evidence.cases.len() <= MAX_EVENTS.max(files.len()) + files.len());
    for case in evidence.cases.iter().take(CASES) {
        // a scenario with a clock or a profile that is none cannot be run, and says so
        let Ok(found) = diagnose(case) else { continue };
        let again = diagnose(case).expect("as before");
        assert_eq!(json(&found), json(&again));
        check(&found);
    }
});

fn now() -> Time {
    Time::from_civil(2026, 6, 1, 0, 0, 0).expect("a date")
}

fn made(cause: &'static str) -> Vec<File> {
    let mut labs = LABS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    labs.entry(cause).or_insert_with(|| lab(cause).expect("there is one")).clone()
}

fn change(files: &mut Vec<File>, number: usize, how: u8, rest: &[u8]) {
    let Some(file) = files.len().checked_sub(1).and_then(|last| files.get_mut(number.min(last)))
    else {
        files.push(File { path: String::new(), octets: rest.to_vec() });
        return;
    };
    match how {
        0 => file.octets = rest.to_vec(),
        // a file that nobody has asked for
        1 => {
            let path = ["", "a.xml", "authrootstl.cab", "x/SOFTWARE", "x/SOFTWARE.LOG1", "m.json"];
            let path = path[number % path.len()].to_owned();
            files.push(File { path, octets: rest.to_vec() });
        }
        2 => {
            let two = |at: usize| usize::from(rest.get(at).copied().unwrap_or_default());
            file.octets.truncate(two(0) << 8 | two(1));
        }
        // the file is lost
        3 => {
            let lost = number.min(files.len() - 1);
            files.remove(lost);
        }
        // octets here and there
        _ => {
            for [high, low, value] in rest.as_chunks::<3>().0 {
                let at = usize::from(*high) << 8 | usize::from(*low);
                let length = file.octets.len().max(1);
                if let Some(octet) = file.octets.get_mut(at % length) {
                    *octet ^= value;
                }
            }
        }
    }
}

fn json(found: &EventDiagnosis) -> String {
    serde_json::to_string(found).expect("JSON")
}

fn check(found: &EventDiagnosis) {
    let is_disabled = found.outcome == "the update does not run";
    if found.record.is_some() || found.event.is_some() || is_disabled {
        for kind in CauseKind::ALL {
            assert!(found.causes.iter().any(|cause| cause.kind == kind), "{kind}: {found:?}");
        }
    }
    for cause in &found.causes {
        if cause.status != Status::Proven {
            assert!(cause.proof.is_none(), "{cause:?}");
            continue;
        }
        assert!(found.reproduced == Some(true) || found.record.is_none() && is_disabled);
        let proof = cause.proof.as_deref().expect("a proof can be handed on");
        let replayed = replay(&serde_json::to_value(proof).expect("JSON"));
        assert!(replayed.proven && replayed.sealed, "{replayed:?}");
        assert_eq!(replayed.cause, Some(cause.kind));
    }
    assert!(found.causes.is_sorted_by_key(|cause| cause.status));
}
