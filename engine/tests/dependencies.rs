//! docs/dependencies.md names every direct dependency with its licence, and nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

const DOCUMENT: &str = include_str!("../../docs/dependencies.md");
/// Of the fuzz targets, which are a workspace of their own.
const FUZZ_ONLY: &[&str] = &["libfuzzer-sys"];

/// The crates of the document's tables, each with its row's licences.
fn documented() -> BTreeMap<&'static str, &'static str> {
    let mut found = BTreeMap::new();
    for row in DOCUMENT.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        for name in cells[1].split(", ") {
            // "ring (feature `ring`, default)"
            let name = name.split(" (").next().unwrap();
            if name != "crate" && !name.ends_with(')') {
                found.insert(name, cells[3]);
            }
        }
    }
    found
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--all-features"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_direct_dependency_is_named_with_its_licence() {
    let documented = documented();
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let members = metadata["workspace_members"].as_array().unwrap();
    let mut wrong = Vec::new();
    let mut used = FUZZ_ONLY.to_vec();
    for package in packages.iter().filter(|package| members.contains(&package["id"])) {
        let dependencies = package["dependencies"].as_array().unwrap();
        for dependency in dependencies.iter().filter(|found| found["path"].is_null()) {
            let name = dependency["name"].as_str().unwrap();
            used.push(name);
            let Some(row) = documented.get(name) else {
                wrong.push(format!("{name} of {} is not named", package["name"]));
                continue;
            };
            let found = packages.iter().find(|package| package["name"] == name);
            let licence = found.unwrap()["license"].as_str().unwrap();
            for part in licence.split(" OR ").flat_map(|part| part.split(" AND ")) {
                if !row.contains(part) {
                    wrong.push(format!("{name}: {licence}, not {row}"));
                }
            }
        }
    }
    wrong.extend(
        documented
            .keys()
            .filter(|name| !used.contains(name))
            .map(|name| format!("{name} is used by nothing")),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
