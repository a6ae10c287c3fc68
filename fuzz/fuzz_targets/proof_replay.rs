//! A proof that was changed is none, whoever has sealed it anew: what is then called proven has
//! been run, and came out so.
#![no_main]

use std::sync::LazyLock;

use chaincheck_engine::base::digest::{hex, sha256};
use chaincheck_engine::base::time::Time;
use chaincheck_engine::format::collection::MemberPath;
use chaincheck_engine::proof::evidence::{EvidenceOptions, EvidenceReader};
use chaincheck_engine::proof::{Status, diagnose, is_proof, replay};
use chaincheck_testdata::lab::lab;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// Proofs of a cached file, of the clock, of a store, of an answer and of a policy.
const CAUSES: [&str; 5] =
    ["expired-list-signer", "wrong-clock", "missing-root", "unreachable", "update-disabled"];

static PROOFS: LazyLock<Vec<Value>> = LazyLock::new(|| CAUSES.map(proof).to_vec());

fn proof(cause: &str) -> Value {
    let now = Time::from_civil(2026, 6, 1, 0, 0, 0).expect("a date");
    let mut reader = EvidenceReader::new(EvidenceOptions::new(now));
    for file in lab(cause).expect("there is one") {
        reader.add(&MemberPath::new("lab").member(&file.path), &file.octets, None);
    }
    let evidence = reader.finish();
    let found = diagnose(&evidence.cases[0]).expect("a machine that runs");
    let mut causes = found.causes.iter().filter(|cause| cause.status == Status::Proven);
    let document = causes.next().and_then(|cause| cause.proof.as_deref()).expect("proven");
    serde_json::to_value(document).expect("JSON")
}

fuzz_target!(|octets: &[u8]| {
    let [which, seal, rest @ ..] = octets else { return };
    let original = &PROOFS[usize::from(*which) % PROOFS.len()];
    let mut document = original.clone();
    let mut rest = rest;
    while let [place, more, how, after @ ..] = rest {
        let place = usize::from(*place) << 8 | usize::from(*more);
        let (text, after) = after.split_at(after.len().min(usize::from(how >> 4)));
        change(&mut document, place, how & 15, text);
        rest = after;
    }
    let resealed = seal & 1 == 1 && reseal(&mut document);
    let found = replay(&document);
    assert_eq!(found, replay(&document), "the same document, the same answer");
    assert_eq!(found.proven, found.problems.is_empty());
    if !found.proven {
        assert!(document != *original, "{found:?}");
        return;
    }
    assert!(found.sealed && is_proof(&document));
    assert!(document == *original || resealed, "a changed document is called proven: {found:?}");
    assert_ne!(found.as_it_was, found.without_it, "{found:?}");
    // the event that the document names is the one that was raised
    match document["proof"]["target"]["id"].as_u64() {
        Some(id) => {
            // Windows XP has numbers of its own
            let is_old = document["profile"] == "windows-xp";
            assert!(is_old || found.as_it_was.contains(&id.to_string()), "{found:?}");
            assert!(is_old || !found.without_it.contains(&format!("{id} ")), "{found:?}");
        }
        None => assert_eq!(found.as_it_was, "the update does not run"),
    }
});

/// Changes a value of the document, counted through.
fn change(document: &mut Value, place: usize, how: u8, text: &[u8]) {
    let count = count(document);
    let mut left = place % count;
    let Some(value) = at(document, &mut left) else { return };
    let words = String::from_utf8_lossy(text).into_owned();
    match (how, &mut *value) {
        (0, _) => *value = Value::Null,
        (1, _) => *value = json!(text.len()),
        (2, _) => *value = json!(words),
        (3, _) => *value = json!([]),
        (4, _) => *value = json!({}),
        (5, Value::Array(items)) => {
            items.pop();
        }
        (6, Value::Array(items)) => {
            let last = items.last().cloned();
            items.extend(last);
        }
        (7, Value::Object(keys)) => {
            let nth = keys.keys().nth(text.len() % keys.len().max(1)).cloned();
            nth.and_then(|key| keys.remove(&key));
        }
        (8, Value::Object(keys)) => {
            keys.insert(words, json!(1));
        }
        // one character is another
        (_, Value::String(old)) => {
            let place = usize::from(*text.first().unwrap_or(&0)) * old.len() / 256;
            let with = text.get(1).map_or('0', |octet| char::from(octet & 0x7f));
            *old = old
                .char_indices()
                .map(|(at, letter)| if at == place { with } else { letter })
                .collect();
        }
        (_, Value::Number(number)) => {
            let old = number.as_u64().unwrap_or_default();
            *value = json!(old ^ u64::from(*text.first().unwrap_or(&1)));
        }
        (_, Value::Bool(is)) => *is = !*is,
        _ => {}
    }
}

fn children(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(keys) => keys.values_mut().collect(),
        _ => Vec::new(),
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum::<usize>(),
        Value::Object(keys) => keys.values().map(count).sum(),
        _ => 0,
    }
}

fn at<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    for child in children(value) {
        let inside = count(child);
        if *left < inside {
            return at(child, left);
        }
        *left -= inside;
    }
    None
}

/// Seals a document as its maker does.
fn reseal(document: &mut Value) -> bool {
    let Some(part) = document.get_mut("proof").and_then(Value::as_object_mut) else { return false };
    part.remove("sha256");
    let seal = hex(&sha256(document.to_string().as_bytes()));
    document["proof"]["sha256"] = json!(seal);
    true
}
