//! The table of host names: does the name matcher answer as Windows would?
//!
//! Each scenario holds an end certificate made for one name and a host. Its chain is otherwise
//! sound, so `valid` is the answer of the name comparison alone. Scenarios whose answer on Windows
//! is not known carry no expectation and are left out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::policy::{KeySet, MICROSOFT_ROOTS, NameOptions, match_host};
use serde_json::Value;

/// A file or folder of the shared data. `None`, said aloud, if it is not there.
fn shared(path: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let folder = std::env::var("CHAINCHECK_SHARED").unwrap_or_else(|_| default.to_owned());
    let path = PathBuf::from(folder).join(path);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var("CHAINCHECK_REQUIRE_SHARED").is_ok_and(|value| value == "1");
    assert!(!required, "{} is missing", path.display());
    println!("skipped: {} is missing", path.display());
    None
}

/// Certificate, host and expectation. `None` if what Windows answers is not known.
fn case(scenario: &Value) -> Option<(Vec<u8>, String, bool)> {
    let class = scenario["_class"].as_str().expect("every scenario has a class");
    if !matches!(class, "applies" | "differs") {
        return None;
    }
    let valid = scenario["expect"]["valid"].as_bool().expect("an expectation");
    let chain = &scenario["request"]["chain"];
    let host = chain["policies"][0]["server"].as_str().expect("a host");
    let end = STANDARD.decode(chain["end"].as_str().expect("a certificate")).expect("base64");
    Some((end, host.to_owned(), valid))
}

#[test]
fn the_table_of_host_names() {
    let Some(path) = shared("vectors/conformance/hostnames.jsonl") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let mut judged = 0;
    let mut wrong = Vec::new();
    for line in text.lines() {
        let scenario: Value = serde_json::from_str(line).unwrap();
        let Some((end, host, valid)) = case(&scenario) else { continue };
        let certificate = Certificate::from_der(&end).unwrap();
        let found = match_host(&certificate, &host, &NameOptions::default());
        judged += 1;
        if found.matched != valid {
            wrong.push(format!("{} {host}: expected {valid}: {found:?}", scenario["id"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {judged} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_ne!(judged, 0);
}

#[test]
fn the_constants_are_the_keys_of_microsofts_roots() {
    let Some(folder) = shared("data/microsoft-roots") else { return };
    let every: Vec<&str> = MICROSOFT_ROOTS.iter().map(|root| root.name).collect();
    let keys = KeySet::of_microsoft(&every);
    assert_eq!(keys.len(), MICROSOFT_ROOTS.len());
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "cer") {
            let root = Certificate::from_der(&std::fs::read(&path).unwrap()).unwrap();
            let subject = root.subject().to_string();
            let named: Vec<&str> =
                every.iter().copied().filter(|name| subject.contains(name)).collect();
            assert!(KeySet::of_microsoft(&named).contains(&root), "{subject}");
            seen += 1;
        }
    }
    assert_eq!(seen, MICROSOFT_ROOTS.len());
}
