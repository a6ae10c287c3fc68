//! `reproduce` makes evidence; `diagnose` proves its cause and no other; `run` shows it again.

use std::fs;
use std::path::Path;

use chaincheck_testdata::lab;
use serde_json::Value;

use crate::{assert_fits, generated, json, run, run_with, shared, status, stderr, stdout, words};

/// The causes of the first event with this status.
fn causes<'a>(document: &'a Value, wanted: &str) -> Vec<&'a str> {
    let causes = document["events"][0]["causes"].as_array().unwrap();
    let found = causes.iter().filter(|cause| cause["status"] == wanted);
    found.map(|cause| cause["kind"].as_str().unwrap()).collect()
}

fn reproduce(cause: &str, folder: &Path) -> String {
    let name = folder.join(cause).to_str().unwrap().to_owned();
    let output = run(&["reproduce", cause, "--out", &name]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    name
}

/// Where there is nothing to judge, no event is no answer.
#[test]
fn nothing_follows_from_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().to_str().unwrap();
    let output = run(&["diagnose", name]);
    assert_eq!((status(&output), stdout(&output).as_str()), (2, ""));
    assert!(stderr(&output).contains("holds no evidence"), "{}", stderr(&output));
    for number in 0..60 {
        let path = folder.path().join(format!("{number}.txt"));
        fs::write(path, "neither fish nor fowl").unwrap();
    }
    fs::copy(generated("tls/good.pem"), folder.path().join("good.pem")).unwrap();
    let output = run(&["diagnose", name]);
    assert_eq!(status(&output), 2, "{}", stdout(&output));
    assert_fits(&output);
    assert!(words(&output).contains("nothing here speaks of the update itself"));
    assert!(stdout(&output).lines().count() < 100, "{}", stdout(&output));
}

#[test]
fn every_cause_is_reproduced_proven_and_replayed() {
    let folder = tempfile::tempdir().unwrap();
    for cause in lab::CAUSES {
        let evidence = reproduce(cause, folder.path());
        let proofs = folder.path().join(format!("{cause}-proofs"));
        let proofs = proofs.to_str().unwrap();
        let output = run(&["diagnose", &evidence, "--format", "json", "--out", proofs]);
        let document = json(&output);
        assert_eq!(document["schema"], "chaincheck/diagnosis-1");
        assert_eq!(document["lab"], true);
        assert_eq!(causes(&document, "proven"), [cause], "{}", stdout(&output));
        assert_eq!(causes(&document, "refuted").len(), lab::CAUSES.len() - 1, "{cause}");
        let event = cause != "update-disabled";
        assert_eq!(status(&output), i32::from(event), "{cause}");
        assert_eq!(document["events"][0]["reproduced"] == true, event, "{cause}");

        let proof = format!(
            "{proofs}/{}",
            document["events"][0]["causes"][0]["scenario"].as_str().unwrap()
        );
        let again = run(&["run", &proof]);
        assert_eq!(status(&again), 0, "{cause}: {}", stdout(&again));
        assert_eq!(json(&again)["proof"]["proven"], true, "{cause}");
    }
}

#[test]
fn remedies_are_tried() {
    let folder = tempfile::tempdir().unwrap();
    for cause in lab::CAUSES {
        let evidence = reproduce(cause, folder.path());
        let document = json(&run(&["diagnose", &evidence, "--format", "json"]));
        let remedy = &document["events"][0]["remedies"][0];
        assert_eq!(remedy["kind"], cause);
        assert_eq!(remedy["verified"], true, "{cause}: {remedy}");
        assert!(!remedy["what"].as_str().unwrap().is_empty());
        if cause == "distrusted-list-chain" {
            let command = remedy["commands"][0].as_str().unwrap();
            assert!(command.starts_with("certutil -delstore Disallowed "), "{remedy}");
        }
        let text = remedy.to_string();
        assert!(!text.contains("DisableRootAutoUpdate /d 1"), "{cause} hides the symptom");
    }
}

#[test]
fn the_report_is_for_people() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = reproduce("missing-root", folder.path());
    let proofs = folder.path().join("proofs");
    let output = run(&["diagnose", &evidence, "--out", proofs.to_str().unwrap(), "--verbose"]);
    assert_fits(&output);
    let text = words(&output);
    for part in [
        "LABORATORY EVIDENCE",
        "Microsoft's root above the list is not in the Root store",
        "0x800b010a CERT_E_CHAINING",
        "certutil -f -addstore Root",
        "chaincheck run proof-1.json",
        "Ruled out (18)",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // the certificate that the remedy names lies beside the proof
    let certificate = fs::read_dir(&proofs).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(certificate.filter(|path| path.extension().is_some_and(|e| e == "cer")).count(), 1);

    let page = stdout(&run(&["diagnose", &evidence, "--format", "html"]));
    assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
    assert!(page.contains("CERT_E_CHAINING") && page.contains("<svg"));
    assert!(!page.contains("<script"));
}

#[test]
fn a_proof_that_was_altered_is_not_met() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = reproduce("expired-list-signer", folder.path());
    let proofs = folder.path().join("proofs");
    run(&["diagnose", &evidence, "--out", proofs.to_str().unwrap()]);
    let proof = fs::read_to_string(proofs.join("proof-1.json")).unwrap();
    for (from, to) in [
        ("2026-06-01", "2026-06-02"),
        ("S-1-5-20", "S-1-5-18"),
        ("expired-list-signer", "missing-root"),
        ("Example Certificate Trust", "Exemple Certificate Trust"),
    ] {
        let altered = proof.replacen(from, to, 1);
        assert_ne!(altered, proof);
        let output = run_with(&["run", "-"], altered.as_bytes());
        assert_eq!(status(&output), 1, "{from}: {}", stdout(&output));
        assert_eq!(json(&output)["met"], false);
        assert_eq!(json(&output)["proof"]["sealed"], false, "{from}");
    }
    let output = run_with(&["run", "-"], proof.as_bytes());
    assert_eq!(status(&output), 0);
}

#[test]
fn evidence_without_the_cause_has_no_proof_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = reproduce("expired-list-signer", folder.path());
    let content = Path::new(&evidence).join(
        "C/Windows/ServiceProfiles/NetworkService/AppData/LocalLow/Microsoft/CryptnetUrlCache/Content",
    );
    let file = fs::read_dir(content).unwrap().next().unwrap().unwrap().path();
    // repaired since: no acquittal, and no proof
    fs::copy(generated("list/authrootstl.cab"), &file).unwrap();
    let document = json(&run(&["diagnose", &evidence, "--format", "json"]));
    assert_eq!(document["events"][0]["reproduced"], false);
    assert!(causes(&document, "proven").is_empty());
    assert!(causes(&document, "undecided").contains(&"expired-list-signer"));
    // gone altogether
    fs::remove_file(&file).unwrap();
    let document = json(&run(&["diagnose", &evidence, "--format", "json"]));
    assert!(causes(&document, "proven").is_empty());
}

#[test]
fn the_wave_of_july_2010_is_explained() {
    let (Some(old), Some(signed_again)) = (
        shared("authroot/2010-05-03/authrootstl.cab"),
        shared("authroot/2010-05-03b/authrootstl.cab"),
    ) else {
        return;
    };
    for log in ["4107-2010-07-28-sysadmins.xml", "4107-2010-08-05-techguy.xml"] {
        let log = shared(&format!("samples/event-xml/{log}")).unwrap();
        let explained = json(&run(&["diagnose", &old, &log, "--format", "json"]));
        let event = &explained["events"][0];
        assert_eq!((&event["reproduced"], &event["profile"]), (&true.into(), &"windows-7".into()));
        assert_eq!(event["record"]["error"], "0x800b0101");
        assert_eq!(causes(&explained, "proven"), ["expired-list-signer"]);
        // whether the clock was right is not in the evidence, and is said not to be
        assert_eq!(causes(&explained, "undecided"), ["wrong-clock"]);

        let other = json(&run(&["diagnose", &signed_again, &log, "--format", "json"]));
        assert_eq!(other["events"][0]["reproduced"], false);
        assert!(causes(&other, "proven").is_empty());

        // an expired list alone proves nothing on a Windows of today
        let today =
            json(&run(&["diagnose", &old, &log, "--profile", "windows-11", "--format", "json"]));
        assert_eq!(today["events"][0]["reproduced"], false);
        assert!(causes(&today, "consistent").contains(&"expired-list-signer"));
    }
    for (clock, events) in [("2010-07-11T06:19:39Z", 0), ("2010-07-11T06:19:40Z", 1)] {
        let output = run(&["diagnose", &old, "--clock", clock]);
        assert_eq!(status(&output), events, "{clock}");
    }
}

#[test]
fn reproduce_writes_into_empty_folders_only() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine"), "x").unwrap();
    let output = run(&["reproduce", "proxy", "--out", folder.path().to_str().unwrap()]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("is not empty"), "{}", stderr(&output));
    assert_eq!(status(&run(&["reproduce", "bad-luck", "--out", "x"])), 2);
    let list = stdout(&run(&["reproduce", "--list"]));
    assert_eq!(list.lines().count(), lab::CAUSES.len());
}

#[test]
fn nothing_to_explain_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["diagnose", folder.path().to_str().unwrap()]);
    assert_eq!(status(&output), 2, "{}", stdout(&output));
    let note = folder.path().join("note.txt");
    fs::write(&note, "see you tomorrow").unwrap();
    let output = run(&["diagnose", folder.path().to_str().unwrap()]);
    assert!(words(&output).contains("unknown format"), "{}", stdout(&output));
}

#[test]
fn several_causes_are_reproduced_and_found() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = reproduce("expired-list-signer,distrusted-list-chain", folder.path());
    let output = run(&["diagnose", &evidence, "--format", "json"]);
    let found = json(&output);
    let mut proven = causes(&found, "proven");
    proven.sort_unstable();
    assert_eq!(proven, ["distrusted-list-chain", "expired-list-signer"], "{}", stdout(&output));
    let name = folder.path().join("both").to_str().unwrap().to_owned();
    let output = run(&["reproduce", "proxy,unreachable", "--out", &name]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("same part of a machine"), "{}", stderr(&output));
    assert!(!Path::new(&name).exists());
}

#[test]
fn a_laboratory_in_an_archive_is_the_same() {
    let files = lab::lab("missing-root").unwrap();
    let members: Vec<(&str, &[u8])> =
        files.iter().map(|file| (file.path.as_str(), file.octets.as_slice())).collect();
    let folder = tempfile::tempdir().unwrap();
    for (name, octets) in
        [("lab.zip", crate::archive::zip(&members)), ("lab.tar", crate::archive::tar(&members))]
    {
        let path = folder.path().join(name);
        fs::write(&path, octets).unwrap();
        let found = json(&run(&["diagnose", path.to_str().unwrap(), "--format", "json"]));
        assert_eq!(causes(&found, "proven"), ["missing-root"], "{name}: {found}");
        assert_eq!(found["lab"], true);
    }
}

#[test]
fn why_is_part_of_the_answer_of_verify() {
    let output = run(&[
        "verify",
        "--why",
        "--format",
        "json",
        "--trust",
        "none",
        "--clock",
        "2026-06-01",
        &generated("tls/expired.pem"),
    ]);
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    let text = stdout(&output);
    let answer: Value = serde_json::from_str(text.lines().next().unwrap_or_default())
        .unwrap_or_else(|_| json(&output));
    let text = answer.to_string();
    for part in ["\"why\"", "2025-06-30T23:59:59Z", "\"verified\":true"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
