//! What is checked in is what the generator makes.
#![allow(clippy::unwrap_used)] // tests

use std::path::Path;

use chaincheck_testdata::fixtures;

#[test]
fn every_file_is_reproducible_byte_for_byte() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("generated");
    let (first, second) = (fixtures::all(), fixtures::all());
    assert_eq!(first.len(), second.len());
    for (fixture, again) in first.iter().zip(&second) {
        assert_eq!(fixture.octets, again.octets, "{} differs from run to run", fixture.path);
        let checked_in = std::fs::read(folder.join(fixture.path)).unwrap();
        assert_eq!(checked_in, fixture.octets, "{} is not what the generator makes", fixture.path);
    }
}

#[test]
fn nothing_is_checked_in_that_is_not_made() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("generated");
    let made: Vec<_> = fixtures::all().iter().map(|fixture| folder.join(fixture.path)).collect();
    for kind in ["list", "tls", "pfx"] {
        for entry in std::fs::read_dir(folder.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            assert!(made.contains(&path), "{} is not made by the generator", path.display());
        }
    }
}
