//! Archives that Python's own modules write are read to the same members.
#![allow(clippy::unwrap_used, clippy::panic)] // tests

use std::ops::ControlFlow;
use std::process::Command;

use chaincheck_engine::format::collection::{CollectionLimits, Found, MemberPath, for_each_member};

/// Writes an archive of each kind into the folder it is given: the same members in all.
const SCRIPT: &str = r#"
import io, sys, tarfile, zipfile, gzip, pathlib
folder = pathlib.Path(sys.argv[1])
members = [("C/Users/bob/a.txt", b"text " * 1000), ("C/empty", b""), ("b.bin", bytes(range(256)) * 700),
           ("d/" * 80 + "long name \u00fc.txt", b"deep")]

class Stream(io.RawIOBase):
    def __init__(self): self.data = bytearray()
    def writable(self): return True
    def write(self, data): self.data += bytes(data); return len(data)

for label, method in [("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)]:
    with zipfile.ZipFile(folder / f"{label}.zip", "w", method) as archive:
        for name, data in members: archive.writestr(name, data)
stream = Stream()
with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
    for name, data in members: archive.writestr(name, data)
(folder / "streamed.zip").write_bytes(stream.data)
with zipfile.ZipFile(folder / "zip64.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    for name, data in members:
        with archive.open(name, "w", force_zip64=True) as member: member.write(data)
for label, form in [("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)]:
    with tarfile.open(folder / f"{label}.tar", "w", format=form) as archive:
        for name, data in members:
            entry = tarfile.TarInfo(name); entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
octets = (folder / "pax.tar").read_bytes()
half = len(octets) // 2
(folder / "two-parts.tgz").write_bytes(gzip.compress(octets[:half]) + gzip.compress(octets[half:]))
"#;

fn expected() -> Vec<(String, Vec<u8>)> {
    let all: Vec<u8> = (0..=255).collect();
    vec![
        ("C/Users/bob/a.txt".to_owned(), b"text ".repeat(1000)),
        ("C/empty".to_owned(), Vec::new()),
        ("b.bin".to_owned(), all.repeat(700)),
        ("d/".repeat(80) + "long name \u{fc}.txt", b"deep".to_vec()),
    ]
}

#[test]
fn python_writes_the_same_members() {
    let folder = tempfile::tempdir().unwrap();
    let written = Command::new("python3").args(["-c", SCRIPT]).arg(folder.path()).status();
    match written {
        Ok(status) => assert!(status.success(), "python3 failed: {status}"),
        Err(error) => {
            println!("skipped: python3 cannot be run: {error}");
            return;
        }
    }
    let mut files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    let mut walked = 0;
    for file in files {
        let name = file.file_name().into_string().unwrap();
        let octets = std::fs::read(file.path()).unwrap();
        let mut seen = Vec::new();
        let limits = CollectionLimits::default();
        let _ = for_each_member(&MemberPath::new("in"), &octets, &limits, &mut |found| {
            match found {
                Found::Member(member) => {
                    assert_eq!(member.damage, None, "{name}: {}", member.path);
                    let path = member.path.parts().join("/");
                    seen.push((path, member.octets.to_vec()));
                }
                Found::Problem(path, error) => panic!("{name}: {path}: {error}"),
            }
            ControlFlow::Continue(())
        });
        assert!(seen == expected(), "{name}: {:?}", seen.iter().map(|m| &m.0).collect::<Vec<_>>());
        walked += 1;
    }
    assert_eq!(walked, 8);
}
