//! docs/limits.md lists every limit that the code has, with its value and what it bounds.
//! `CHAINCHECK_BLESS=1 cargo test --test limits` writes it anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const HEAD: &str = "\
# Limits

Written from the code by `CHAINCHECK_BLESS=1 cargo test -p chaincheck-engine --test limits`; the
same test fails if the two differ.

A limit that is reached is told by its name: as an error of the file, as a note beside what could be
read, as a finding of the element, or in a chain's `search.exhausted`. Nothing is cut off in silence,
and a signature, name or policy that was not looked at counts as bad.

Limits that are fields (`Limits`, `SearchBudget`, `EngineOptions`, `RevocationOptions`,
`DiskCacheOptions`) are set by whoever calls the engine; those that stand for a registry value are
read from a machine's registry where a scenario has it. The rest is fixed: it lies far above what is
real and low enough that a hostile file costs little, and no user has needed another value.
How long the worst cases take: `cargo bench --bench hostile`. The aim is 250 ms on one core for each.

| limit | default | what it bounds | where |
|---|---|---|---|
";

struct Limit {
    name: String,
    value: String,
    what: String,
    place: String,
}

#[test]
fn every_limit_is_in_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut table = HEAD.to_owned();
    let mut count = 0;
    for folder in ["engine/src", "cli/src"] {
        for path in sources(&root.join(folder)) {
            let place = path.strip_prefix(&root).unwrap().display().to_string();
            for limit in limits_in(&std::fs::read_to_string(&path).unwrap(), &place) {
                let Limit { name, value, what, place } = limit;
                writeln!(table, "| `{name}` | {value} | {what} | {place} |").unwrap();
                count += 1;
            }
        }
    }
    assert!(count > 50, "{count} limits found");
    let file = root.join("docs/limits.md");
    if std::env::var_os("CHAINCHECK_BLESS").is_some() {
        std::fs::write(&file, &table).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    for (here, there) in table.lines().zip(written.lines().chain(std::iter::repeat(""))) {
        assert_eq!(here, there, "docs/limits.md is not what the code says: write it anew");
    }
    assert_eq!(table.lines().count(), written.lines().count());
}

/// The constants whose names begin with MAX, and the like; the fields whose names do.
fn limits_in(text: &str, place: &str) -> Vec<Limit> {
    let mut found = Vec::new();
    let mut documentation: Vec<&str> = Vec::new();
    let own = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines: Vec<&str> = own.lines().map(str::trim).collect();
    for (number, line) in lines.iter().enumerate() {
        if let Some(words) = line.strip_prefix("///") {
            documentation.push(words.trim());
            continue;
        }
        let what = sentence(&documentation);
        documentation.clear();
        let line = line.strip_prefix("pub ").unwrap_or(line);
        let line =
            line.strip_prefix("pub(crate) ").or(line.strip_prefix("pub(super) ")).unwrap_or(line);
        let limit = |name: &str, value: &str| Limit {
            name: name.to_owned(),
            value: value.trim().trim_end_matches(',').to_owned(),
            what: what.clone(),
            place: place.to_owned(),
        };
        if let Some((name, rest)) = line.strip_prefix("const ").and_then(|l| l.split_once(": ")) {
            let value = rest.split_once('=').map(|(_, value)| value.trim_end_matches(';'));
            let begins = [
                "MAX_",
                "MIN_MODULUS",
                "RETRIES",
                "RATIO_",
                "DEFAULT_MAX",
                "DEFAULT_TIME",
                "DEFAULT_ACC",
                "LONGER_PATHS",
                "MAPPING_FACTOR",
            ];
            let is_limit =
                |value: &&str| !value.contains('"') && begins.iter().any(|b| name.starts_with(b));
            if let Some(value) = value.filter(is_limit) {
                found.push(limit(name, value));
            }
        } else if let Some((name, _)) = line.split_once(": ")
            && name.starts_with("max_")
            && line.ends_with(',')
            && !what.is_empty()
        {
            // the default stands further down in the same file
            let mut values = lines[number + 1..].iter();
            let value = values.find_map(|l| l.strip_prefix(&format!("{name}: ")));
            found.push(limit(name, value.unwrap_or("none")));
        }
    }
    found
}

/// The first sentence.
fn sentence(documentation: &[&str]) -> String {
    let text = documentation.join(" ");
    let first = text.split(". ").next().unwrap_or_default();
    first.trim_end_matches('.').replace('|', "\\|")
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        let is_tests =
            path.file_stem().is_some_and(|stem| stem == "tests" || stem == "test_support");
        if path.is_dir() && !is_tests {
            found.extend(sources(&path));
        } else if !is_tests && path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}
