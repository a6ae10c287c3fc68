//! The engine's rooms stand on floors, and a room uses only rooms below it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and its floor.
const FLOORS: [(&str, u8); 16] = [
    ("base", 1),
    ("object", 2),
    ("retrieval", 2),
    ("format", 3),
    ("store", 3),
    ("crypto", 3),
    ("disk_cache", 4), // retrieval over files in the URL cache's format
    ("revocation", 4),
    ("chain", 5),
    ("root_update", 6),
    ("policy", 6),
    ("scenario", 7),
    ("proof", 8),
    ("explain", 9),
    ("lib", 9),
    ("test_support", 9),
];

/// Edges within a floor that are meant: a store hands out keys that were read once; what a store's
/// file says of an object's signature and key is computed again.
const SAME_FLOOR: [(&str, &str); 2] = [("store", "crypto"), ("format", "crypto")];

fn floor(room: &str) -> u8 {
    let known = FLOORS.iter().find(|(name, _)| *name == room);
    known.unwrap_or_else(|| panic!("the room {room} stands on no floor")).1
}

fn is_allowed(from: &str, to: &str) -> bool {
    from == to || floor(to) < floor(from) || SAME_FLOOR.contains(&(from, to))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // test modules stand outside the house
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn room_of(path: &Path) -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    if path.ends_with("retrieval/disk_cache.rs") {
        return "disk_cache".to_owned();
    }
    let first = path.strip_prefix(source).unwrap().components().next().unwrap();
    first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// The rooms that a source names by `crate::`, in an import or anywhere else in the code. A test
/// module stands outside the house, and a comment may point anywhere.
fn rooms_used(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
    let lines: Vec<_> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = lines.join("\n");
    let mut rooms = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let group = match after.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap().split(',').collect(),
            None => vec![after],
        };
        for path in group {
            let name = path.trim_start();
            let end = name.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
            let name = &name[..end.unwrap_or(name.len())];
            if FLOORS.iter().any(|(room, _)| *room == name) {
                rooms.insert(name.to_owned());
            } else {
                assert!(name.is_empty(), "crate::{name} is no room");
            }
        }
    }
    rooms
}

#[test]
fn no_room_uses_one_above_it() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut wrong = Vec::new();
    let mut edges = 0;
    for path in &files {
        let room = room_of(path);
        let is_test = path.ends_with("tests.rs") || room == "test_support";
        if is_test {
            continue;
        }
        for used in rooms_used(&fs::read_to_string(path).unwrap()) {
            edges += 1;
            if !is_allowed(&room, &used) {
                wrong.push(format!("{}: {room} uses {used}", path.display()));
            }
        }
    }
    assert!(edges > 50, "only {edges} imports were found: the test reads them wrongly");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_are_read() {
    let text = "use crate::base::oid;\nuse crate::{object::name, store};\n// crate::chain\n\
                fn f() { crate::crypto::g() }\n#[cfg(test)]\nmod tests { use crate::policy; }\n";
    let rooms: Vec<_> = rooms_used(text).into_iter().collect();
    assert_eq!(rooms, ["base", "crypto", "object", "store"]);
    assert!(is_allowed("chain", "store") && !is_allowed("store", "chain"));
    assert!(is_allowed("store", "crypto") && !is_allowed("crypto", "store"));
}
