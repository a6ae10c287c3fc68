//! `verify` over the registry of a machine: its own stores, lists and policies count.

use chaincheck_testdata::lab;

use crate::{run, status, words};

/// The evidence of a laboratory on disk; verified at a time when its list is sound.
fn verified(cause: &str) -> (tempfile::TempDir, String, i32) {
    let folder = tempfile::tempdir().unwrap();
    for file in lab::lab(cause).unwrap() {
        let path = folder.path().join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.octets).unwrap();
    }
    let evidence = folder.path().to_str().unwrap().to_owned();
    let output = run(&["verify", &evidence, "--clock", "2026-06-01"]);
    let (text, code) = (words(&output), status(&output));
    (folder, text, code)
}

#[test]
fn its_roots_and_no_others() {
    let (_folder, text, code) = verified("unreachable");
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("the ROOT and AuthRoot stores of the machine of"), "{text}");
    assert!(text.contains("no root list is in its registry; this program's stands in"), "{text}");
    assert!(text.contains("no list of disallowed certificates is in its registry"), "{text}");

    // the root lies beside the evidence, but not in the machine's ROOT
    let (_folder, text, code) = verified("missing-root");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("IS_UNTRUSTED_ROOT"), "{text}");
}

#[test]
fn its_policies_and_its_distrust() {
    let (_folder, text, _) = verified("update-disabled");
    assert!(text.contains("a policy switches the automatic root update off"), "{text}");
    assert!(!text.contains("authroot list of 20"), "{text}");
    assert!(text.contains("only its store Disallowed counts"), "{text}");
    assert!(!text.contains("disallowed list of 20"), "{text}");

    let (_folder, text, code) = verified("distrusted-list-chain");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("IS_EXPLICIT_DISTRUST"), "{text}");
}
