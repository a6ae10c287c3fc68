//! A sample of the hostile files through every command, one process each: `fuzz/malformed.py`
//! judges them. All of them take it two minutes (docs/malformed.md).
#![allow(clippy::unwrap_used)] // tests

use std::path::Path;
use std::process::Command;

#[test]
fn no_hostile_file_ends_a_command_badly() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let shared =
        std::env::var_os("CHAINCHECK_SHARED").map_or_else(|| root.join("../shared"), Into::into);
    let archive = shared.join("data/malformed.tar.xz");
    let has_python = Command::new("python3").arg("--version").output().is_ok();
    if !archive.exists() || !has_python {
        let required = std::env::var("CHAINCHECK_REQUIRE_SHARED").is_ok_and(|value| value == "1");
        assert!(!required, "{} or python3 is missing", archive.display());
        println!("skipped: {} or python3 is missing", archive.display());
        return;
    }
    let result = Command::new("python3")
        .arg(root.join("fuzz/malformed.py"))
        .args(["--sample", "250", "--binary", env!("CARGO_BIN_EXE_chaincheck"), "--archive"])
        .arg(&archive)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&result.stdout);
    assert!(result.status.success(), "{said}{}", String::from_utf8_lossy(&result.stderr));
    println!("{said}");
}
