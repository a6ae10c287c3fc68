//! Writes the test data, or checks that what is checked in is what would be written.
#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chaincheck_testdata::key::Digest;
use chaincheck_testdata::{Fixture, fixtures};

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("generated");
    let files = files(&folder);
    match std::env::args().nth(1).as_deref() {
        Some("write") => match write(&files) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("chaincheck-testdata: {error}");
                ExitCode::from(2)
            }
        },
        Some("check") => {
            let different: Vec<_> = files
                .iter()
                .filter(|(path, octets)| fs::read(path).ok().as_ref() != Some(octets))
                .collect();
            for (path, _) in &different {
                eprintln!("{} is not what the generator makes", path.display());
            }
            ExitCode::from(u8::from(!different.is_empty()))
        }
        _ => {
            eprintln!("usage: chaincheck-testdata write | check");
            ExitCode::from(2)
        }
    }
}

/// Every file, with the index beside them.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let fixtures = fixtures::all();
    let mut files: Vec<_> = fixtures
        .iter()
        .map(|fixture| (folder.join(fixture.path), fixture.octets.clone()))
        .collect();
    files.push((folder.join("index.tsv"), index(&fixtures).into_bytes()));
    files
}

fn index(fixtures: &[Fixture]) -> String {
    fixtures.iter().fold("path\tsha256\twhat\n".to_owned(), |mut text, fixture| {
        let digest = Digest::Sha256.of(&fixture.octets);
        let digest: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
        // writing to a String does not fail
        let _ = writeln!(text, "{}\t{digest}\t{}", fixture.path, fixture.what);
        text
    })
}

fn write(files: &[(PathBuf, Vec<u8>)]) -> std::io::Result<()> {
    for (path, octets) in files {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, octets)?;
    }
    Ok(())
}
