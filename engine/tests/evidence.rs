//! What the engine says of evidence recorded on Windows, and of Microsoft's real trust lists.
//!
//! The evidence does not ship with the project. It is found through `CHAINCHECK_SHARED`, by
//! default `../shared` beside the workspace; where it is absent the tests say so and pass, unless
//! `CHAINCHECK_REQUIRE_SHARED=1` asks for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use chaincheck_engine::base::digest::hex;
use chaincheck_engine::base::hresult;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::engine::Profile;
use chaincheck_engine::object::trust_list::PropertyValue;
use chaincheck_engine::retrieval::{CacheEntry, Recorded};
use chaincheck_engine::root_update::list::{ListReport, ListSettings, SignatureKind, examine};
use chaincheck_engine::root_update::{LIST_FILE, ROOT_DIR_URL, RootUpdate};
use chaincheck_engine::scenario::{self, Scenario};

fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::var_os("CHAINCHECK_SHARED")
        .map_or_else(|| root.join("../shared"), |path| root.join(path));
    if folder.is_dir() {
        return Some(folder);
    }
    assert_ne!(
        std::env::var("CHAINCHECK_REQUIRE_SHARED").as_deref(),
        Ok("1"),
        "CHAINCHECK_REQUIRE_SHARED is set, and {} is no folder",
        folder.display()
    );
    println!("skipped: no evidence at {}", folder.display());
    None
}

fn exceptions() -> BTreeMap<String, String> {
    let text = include_str!("exceptions.tsv");
    text.lines()
        .skip(1)
        .map(|line| line.split_once('\t').expect("id and reason"))
        .map(|(id, reason)| (id.to_owned(), reason.to_owned()))
        .collect()
}

/// Runs every scenario below a folder. What is not met must be a known exception, and every
/// exception must still be one.
fn run_suites(kind: &str) {
    let Some(folder) = shared().map(|shared| shared.join("vectors").join(kind)) else { return };
    let exceptions = exceptions();
    let mut unexpected = Vec::new();
    let mut seen = BTreeSet::new();
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let mut total = 0;
    for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e == "jsonl")) {
        let files = |name: &str| fs::read(folder.join(name)).map_err(|error| error.to_string());
        let (mut met, mut unmet) = (0, 0);
        for line in fs::read_to_string(path).unwrap().lines() {
            let scenario = Scenario::from_json(line).unwrap();
            let outcome = scenario::run(&scenario, &files);
            assert!(outcome.error.is_none(), "{}: {:?}", outcome.id, outcome.error);
            match outcome.met {
                Some(true) => met += 1,
                Some(false) if exceptions.contains_key(&outcome.id) => {
                    seen.insert(outcome.id);
                    unmet += 1;
                }
                Some(false) => {
                    unmet += 1;
                    unexpected.push(format!("{}: {}", outcome.id, outcome.differences.join("; ")));
                }
                None => {}
            }
        }
        total += met;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        println!("{kind}/{name}: {met} met, {unmet} not met");
    }
    assert!(total > 0, "no scenario with an expectation in {}", folder.display());
    assert!(unexpected.is_empty(), "{} not met:\n{}", unexpected.len(), unexpected.join("\n"));
    if kind == "conformance" {
        let stale: Vec<_> = exceptions.keys().filter(|id| !seen.contains(*id)).collect();
        assert!(stale.is_empty(), "exceptions that are met: {stale:?}");
    }
}

#[test]
fn every_scenario_recorded_on_windows_is_met() {
    run_suites("windows");
}

#[test]
fn every_conformance_scenario_is_met_or_a_known_exception() {
    run_suites("conformance");
}

/// A list at hand: the folder's name, the list, its cabinet, and the table beside it.
type ListAtHand = (String, Vec<u8>, Option<Vec<u8>>, String);

fn lists() -> Vec<ListAtHand> {
    let Some(shared) = shared() else { return Vec::new() };
    let mut folders: Vec<_> = fs::read_dir(shared.join("data/authroot"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
        .iter()
        .map(|folder| {
            (
                folder.file_name().unwrap().to_string_lossy().into_owned(),
                fs::read(folder.join("authroot.stl")).unwrap(),
                fs::read(folder.join("authrootstl.cab")).ok(),
                fs::read_to_string(folder.join("truth.tsv")).unwrap(),
            )
        })
        .collect()
}

fn settings(now: Time) -> ListSettings {
    let mut settings = ListSettings::new(now);
    settings.profile = Profile::Windows7;
    settings
}

/// A time at which the list's signer is valid.
fn sound_time(list: &[u8]) -> Time {
    let report = examine(list, &settings(Time::from_unix(0)));
    let signer = report.signer().expect("every list brings its signer");
    signer.not_after()
}

#[test]
fn every_list_decodes_to_its_table() {
    let mut values = 0;
    for (name, list, cabinet, truth) in lists() {
        let now = sound_time(&list);
        let report = examine(&list, &settings(now));
        let decoded = report.list.as_ref().unwrap();
        let mut rows = truth.lines();
        let columns: Vec<&str> = rows.next().unwrap().split('\t').collect();
        let rows: Vec<Vec<&str>> = rows.map(|row| row.split('\t').collect()).collect();
        assert_eq!(decoded.len(), rows.len(), "{name}");
        for (entry, row) in decoded.entries().zip(&rows) {
            let cell = |column: &str| {
                row[columns.iter().position(|c| *c == column).expect("the column is there")]
            };
            assert_eq!(hex(entry.identifier()), cell("sha1"), "{name}");
            let order: Vec<String> = entry.properties().map(|p| p.id.to_string()).collect();
            assert_eq!(order.join(","), cell("property_order"), "{name}");
            for (id, column) in [
                (9, "eku_9"),
                (11, "friendly_name_11"),
                (20, "key_id_20"),
                (29, "subject_md5_29"),
                (83, "cert_policies_83"),
                (98, "sha256_98"),
                (104, "disallowed_time_104"),
                (105, "chain_policies_105"),
                (122, "disallowed_eku_122"),
                (126, "notbefore_time_126"),
                (127, "notbefore_eku_127"),
            ] {
                let property = entry.properties().find(|property| property.id == id);
                let found = property
                    .map_or_else(|| "-".to_owned(), |property| show(&property.value().unwrap()));
                let expected = cell(column);
                assert_eq!(found, expected, "{name}, {}, property {id}", cell("sha1"));
                values += 1;
            }
        }
        if let Some(cabinet) = cabinet {
            let from_cabinet = examine(&cabinet, &settings(now));
            assert_eq!(from_cabinet.list.unwrap().der(), decoded.der(), "{name}");
        }
    }
    println!("{values} values compared");
}

fn show(value: &PropertyValue) -> String {
    match value {
        PropertyValue::Text(text) => text.clone(),
        PropertyValue::OidList(oids) => {
            oids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        }
        PropertyValue::FileTime(time) => time.to_string(),
        PropertyValue::Withdrawn => "()".to_owned(),
        PropertyValue::Octets(octets) => hex(octets),
        PropertyValue::Policies(policies) => {
            let show = |(id, der): &(_, Vec<u8>)| format!("{id}={}", hex(der));
            let list = policies.iter().map(|policy| {
                let qualifiers: Vec<String> = policy.qualifiers.iter().map(show).collect();
                format!("{}[{}]", policy.policy, qualifiers.join(","))
            });
            list.collect::<Vec<_>>().join(";")
        }
        _ => "?".to_owned(),
    }
}

#[test]
fn every_list_is_signed_and_its_signers_chain_is_complete() {
    for (name, list, _, _) in lists() {
        let report = examine(&list, &settings(sound_time(&list)));
        assert!(report.is_accepted(), "{name}: {:?}", report.why);
        let chain = report.chain.as_ref().unwrap();
        assert!(chain.is_ok(), "{name}: {chain}");
        assert_eq!(chain.elements().len(), 3, "{name}");
        for signature in &report.signatures {
            if signature.kind != SignatureKind::Counter {
                assert_eq!(signature.verified, Ok(()), "{name} {:?}", signature.kind);
            }
        }
    }
}

/// Runs the root update with this file in the URL cache.
fn update(cabinet: &[u8], settings: ListSettings) -> Vec<(u16, Option<String>)> {
    let entry = CacheEntry {
        url: format!("{ROOT_DIR_URL}{LIST_FILE}"),
        octets: cabinet.into(),
        last_sync: None,
    };
    let network = Recorded::new([], [entry]);
    let report = RootUpdate::new(settings, &network).run();
    report
        .events
        .iter()
        .map(|event| (event.definition.id, event.error.map(|error| error.to_string())))
        .collect()
}

#[test]
fn the_signers_validity_decides_to_the_second() {
    let expired = (4107, Some("0x800b0101".to_owned()));
    for (name, list, _, _) in lists() {
        let report = examine(&list, &settings(sound_time(&list)));
        let elements = report.chain.as_ref().unwrap().elements();
        let signer = &elements[0].certificate;
        for (time, events) in [
            (signer.not_after(), vec![]),
            (signer.not_after().plus_seconds(1), vec![expired.clone()]),
            (signer.not_before(), vec![]),
            (signer.not_before().plus_seconds(-1), vec![expired.clone()]),
        ] {
            assert_eq!(update(&list, settings(time)), events, "{name} at {time}");
        }
        // later systems are not known to log it (authroot-history)
        let mut later = settings(signer.not_after().plus_seconds(1));
        later.profile = Profile::Windows11;
        assert_eq!(update(&list, later), [], "{name}");
    }
}

#[test]
fn a_changed_or_cut_list_is_never_accepted() {
    let Some((_, list, Some(cabinet), _)) = lists().into_iter().next() else { return };
    let now = sound_time(&list);
    let sound = examine(&list, &settings(now));
    let accepts = |octets: &[u8]| -> Option<ListReport> {
        let report = examine(octets, &settings(now));
        report.is_accepted().then_some(report)
    };
    let mut tried = 0;
    for octets in [&list, &cabinet] {
        for at in (0..octets.len()).step_by(97) {
            let mut changed = octets.clone();
            changed[at] ^= 0x20;
            if let Some(report) = accepts(&changed) {
                // what no signature covers may change; what the list says may not
                assert_eq!(
                    report.list.unwrap().der(),
                    sound.list.as_ref().unwrap().der(),
                    "octet {at}"
                );
            }
            assert!(accepts(&octets[..at]).is_none(), "cut at {at}");
            tried += 1;
        }
    }
    assert!(tried > 500);
    for (octets, code) in [
        (&b""[..], hresult::ERROR_INVALID_DATA),
        (b"<html></html>", hresult::ERROR_INVALID_DATA),
        (&[0x5a; 4096], hresult::ERROR_INVALID_DATA),
    ] {
        let events = update(octets, settings(now));
        assert_eq!(events, [(4107, Some(code.to_string()))]);
    }
}
