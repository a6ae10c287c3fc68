//! The program as it is used: what it prints, and with which status it ends.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "these are tests")]

#[path = "cli/archive.rs"]
mod archive;
#[path = "cli/diagnose.rs"]
mod diagnose;
#[path = "cli/docs.rs"]
mod docs;
#[path = "cli/dump.rs"]
mod dump;
#[path = "cli/machine.rs"]
mod machine;
#[path = "cli/samples.rs"]
mod samples;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A file that is made with the project.
fn generated(name: &str) -> String {
    workspace().join("testdata/generated").join(name).to_str().unwrap().to_owned()
}

/// A file kept outside the project: absent is a failure only if it is required to be there.
fn shared(name: &str) -> Option<String> {
    let folder = std::env::var_os("CHAINCHECK_SHARED")
        .map_or_else(|| workspace().join("../shared"), PathBuf::from);
    let path = folder.join("data").join(name);
    if path.exists() {
        return Some(path.to_str().unwrap().to_owned());
    }
    let required = std::env::var_os("CHAINCHECK_REQUIRE_SHARED").is_some_and(|value| value == "1");
    assert!(!required, "{} is required", path.display());
    println!("skipped: {} is absent", path.display());
    None
}

fn run(arguments: &[&str]) -> Output {
    run_with(arguments, b"")
}

fn run_with(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_chaincheck"))
        .args(arguments)
        // not what the person who runs the tests has put in force
        .env("CHAINCHECK_STATE", workspace().join("testdata/no-state"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // the program may end without reading
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The text with every run of white space as one space.
fn words(output: &Output) -> String {
    stdout(output).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn assert_fits(output: &Output) {
    let text = stdout(output);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "longer than 80 columns: {line}");
    }
}

const CLOCK: [&str; 2] = ["--clock", "2026-06-01"];

#[test]
fn unreadable_inputs_are_status_2_and_named() {
    for command in ["list", "diagnose", "dump", "verify", "run"] {
        let output = run(&[command, "no-such-file"]);
        assert_eq!(status(&output), 2, "{command}");
        assert!(stderr(&output).contains("no-such-file"), "{command}: {}", stderr(&output));
    }
    for command in ["list", "run"] {
        let output = run(&[command, env!("CARGO_MANIFEST_DIR")]);
        assert_eq!(status(&output), 2, "{command}");
        assert!(stderr(&output).contains("is a folder"), "{command}: {}", stderr(&output));
    }
    for command in ["list", "dump", "verify", "run"] {
        assert_eq!(status(&run(&[command, "-"])), 2, "{command} of nothing");
        assert_eq!(status(&run_with(&[command, "-"], b"neither fish nor fowl")), 2, "{command}");
    }
}

#[test]
fn bad_usage_is_status_2() {
    for arguments in [
        &["list", "x", "--bogus"][..],
        &["--bogus"],
        &["list"],
        &["list", "x", "--clock", "yesterday"],
        &["list", "x", "--profile", "windows-95"],
        &["verify", "x", "--store", "ROOTS=x"],
        &["verify", "x", "--usage", "noSuchUsage"],
        &["verify", "x", "--policy", "none-such"],
        &["verify", "x", "--policy", "base", "--host", "www.example.test"],
        &["man", "none-such"],
        &["verify", "x", "--jobs", "0"],
    ] {
        let output = run(arguments);
        assert_eq!(status(&output), 2, "{arguments:?}");
        assert!(!stderr(&output).is_empty(), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_broken_scenario_is_answered_with_an_error() {
    let output = run_with(&["run", "-"], b"{\"id\": \"broken\", \"request\": 7}\n");
    assert_eq!(status(&output), 2);
    let result = json(&output);
    assert_eq!(result["id"], "broken");
    assert!(result["error"]["message"].as_str().unwrap().contains("line 1"));
}

#[test]
fn a_sound_list_is_accepted_and_shown() {
    let root = generated("list/root.cer");
    let list = generated("list/authrootstl.cab");
    let mut arguments = vec!["list", &list, "--list-root", &root, "--entries"];
    arguments.extend(CLOCK);
    let output = run(&arguments);
    assert_eq!(status(&output), 0, "{}", stdout(&output));
    assert_fits(&output);
    let text = words(&output);
    for part in ["ACCEPTED at 2026-06-01", "szOID_ROOT_LIST_SIGNER", "Entry 1:", "verified yes"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    arguments.extend(["--format", "json"]);
    let value = json(&run(&arguments));
    assert_eq!(value["error"], "0x00000000");
    assert_eq!(value["items"].as_array().unwrap().len() as u64, value["entries"].as_u64().unwrap());
}

#[test]
fn a_list_is_read_out_of_its_wrapping() {
    let octets = std::fs::read(generated("list/authroot.stl")).unwrap();
    let digits: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    let root = generated("list/root.cer");
    let arguments = ["list", "-", "--list-root", &root, CLOCK[0], CLOCK[1]];
    let wrapped = run_with(&arguments, format!("{{ASN}}{digits}").as_bytes());
    assert_eq!(status(&wrapped), 0, "{}", stdout(&wrapped));
    let trailing = [&octets[..], b"xyz"].concat();
    let trailing = run_with(&arguments, &trailing);
    assert!(words(&trailing).contains("3 behind the message"), "{}", stdout(&trailing));
}

#[test]
fn a_list_of_another_root_is_not_accepted() {
    let output = run(&["list", &generated("list/authrootstl.cab"), CLOCK[0], CLOCK[1]]);
    assert_eq!(status(&output), 1);
    assert!(words(&output).contains("NOT ACCEPTED"));
    assert!(!words(&output).contains("chain: no error"));
}

#[test]
fn lists_are_compared_property_by_property() {
    let (a, b) = (generated("list/authrootstl.cab"), generated("list/disallowedcertstl.cab"));
    let same = run(&["list", &a, "--diff", &a, CLOCK[0], CLOCK[1]]);
    assert!(words(&same).contains("Difference: 0 entries added, 0 removed, 0 changed"));
    let value = json(&run(&["list", &a, "--diff", &b, "--format", "json"]));
    let back = json(&run(&["list", &b, "--diff", &a, "--format", "json"]));
    assert_eq!(value["diff"]["added"], back["diff"]["removed"]);
    assert_ne!(value["diff"]["added"], Value::Array(Vec::new()));
    let unreadable = run(&["list", &a, "--diff", &generated("list/web-page.cab")]);
    assert_eq!(status(&unreadable), 2);
}

#[test]
fn each_fault_of_a_list_is_named() {
    let root = generated("list/root.cer");
    for (file, kind, symbol) in [
        ("expired.cab", "expired-list-signer", "CERT_E_EXPIRED"),
        ("not-yet-valid.cab", "signer-not-yet-valid", "CERT_E_EXPIRED"),
        ("wrong-usage.cab", "wrong-usage", "CERT_E_WRONG_USAGE"),
        ("missing-intermediate.cab", "missing-intermediate", "CERT_E_CHAINING"),
        ("tampered-content.cab", "tampered-list", "CRYPT_E_HASH_VALUE"),
        ("tampered-signature.cab", "tampered-list", "NTE_BAD_SIGNATURE"),
        ("web-page.cab", "not-a-cabinet", "ERROR_INVALID_DATA"),
        ("empty.cab", "truncated-file", "ERROR_INVALID_DATA"),
        ("truncated.cab", "truncated-file", "ERROR_INVALID_DATA"),
    ] {
        let list = generated(&format!("list/{file}"));
        let mut arguments = vec!["diagnose", &list, "--list-root", &root];
        arguments.extend(CLOCK);
        let text = run(&arguments);
        assert_eq!(status(&text), 1, "{file}: {}", stdout(&text));
        assert_fits(&text);
        arguments.extend(["--format", "json"]);
        let value = json(&run(&arguments));
        let event = &value["events"][0];
        assert_eq!(event["event"]["id"], 4107, "{file}");
        assert_eq!(event["event"]["symbol"], symbol, "{file}");
        assert_eq!(event["causes"][0]["kind"], kind, "{file}");
        assert_eq!(event["causes"][0]["status"], "consistent", "{file}");
        if kind == "missing-intermediate" {
            // nothing at hand would mend it
            assert!(event["causes"][0].get("without_it").is_none());
            continue;
        }
        assert_eq!(event["causes"][0]["without_it"]["outcome"], "no event", "{file}");
        let alone = format!("4107 {}", event["event"]["error"].as_str().unwrap());
        assert_eq!(event["causes"][0]["only_it"]["outcome"], alone, "{file}");
    }
    let sound = generated("list/authrootstl.cab");
    let output = run(&["diagnose", &sound, "--list-root", &root, CLOCK[0], CLOCK[1]]);
    assert_eq!(status(&output), 0, "{}", stdout(&output));
}

#[test]
fn later_systems_write_no_event_for_an_expired_signer() {
    let (list, root) = (generated("list/expired.cab"), generated("list/root.cer"));
    let mut arguments = vec!["diagnose", &list, "--list-root", &root];
    arguments.extend(["--profile", "windows-8.1"]);
    arguments.extend(CLOCK);
    let output = run(&arguments);
    assert_eq!(status(&output), 0, "{}", stdout(&output));
    let text = words(&output);
    assert!(text.contains("No event"), "{text}");
    assert!(text.contains("the list's signer is not valid at 2026-06-01"), "{text}");

    arguments[0] = "list";
    let text = words(&run(&arguments));
    assert!(text.contains("not proven: the list's signer is not valid at 2026-06-01"), "{text}");
    arguments.extend(["--profile", "windows-7"]);
    let profile = arguments.iter().position(|argument| *argument == "windows-8.1").unwrap();
    arguments.drain(profile - 1..=profile);
    assert!(!words(&run(&arguments)).contains("not proven"));
}

#[test]
fn the_event_of_july_2010() {
    let Some(list) = shared("authroot/2010-05-03/authrootstl.cab") else { return };
    let last = ["--clock", "2010-07-11T06:19:39Z", "--profile", "windows-7"];
    let after = ["--clock", "2010-07-11T06:19:40Z", "--profile", "windows-7"];
    assert_eq!(status(&run(&[&["list", &list], &last[..]].concat())), 0);
    assert_eq!(status(&run(&[&["list", &list], &after[..]].concat())), 1);
    assert_eq!(status(&run(&[&["diagnose", &list], &last[..]].concat())), 0);
    let output = run(&[&["diagnose", &list], &after[..]].concat());
    assert_eq!(status(&output), 1);
    assert_fits(&output);
    let text = words(&output);
    for part in [
        "event 4107",
        "0x800b0101 CERT_E_EXPIRED",
        "expired-list-signer: fits, not proven",
        "is valid from 2009-04-11",
        "it is gone",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn certificates_are_verified_by_default() {
    let (end, root) = (generated("tls/good.pem"), generated("tls/root.pem"));
    let store = format!("ROOT={root}");
    let mut arguments = vec![end.as_str(), "--store", &store];
    arguments.extend(CLOCK);
    let output = run(&arguments);
    assert_eq!(status(&output), 0, "{}{}", stdout(&output), stderr(&output));
    assert_fits(&output);
    let text = words(&output);
    assert!(text.contains("policy base: satisfied") && text.contains("ACCEPTED at 2026-06-01"));
    assert!(text.contains("is in the ROOT store that was given"), "{text}");

    let explicit = run(&[&["verify"], &arguments[..]].concat());
    assert_eq!(stdout(&explicit), stdout(&output));

    arguments.extend(["--usage", "SERVERAUTH", "--host", "wrong.example.test"]);
    let wrong = run(&arguments);
    assert_eq!(status(&wrong), 1);
    assert!(words(&wrong).contains("CERT_E_CN_NO_MATCH"), "{}", stdout(&wrong));
}

#[test]
fn an_unknown_root_is_untrusted_and_the_sources_of_trust_are_said() {
    let end = generated("tls/good.pem");
    let output = run(&[&end, CLOCK[0], CLOCK[1]]);
    assert_eq!(status(&output), 1);
    assert!(words(&output).contains("trust: authroot list of"), "{}", stdout(&output));
    let value = json(&run(&[&end, "--format", "json", CLOCK[0], CLOCK[1]]));
    assert_eq!(value["schema"], "chaincheck/result-1");
    assert_ne!(value["chain"]["error_status"], "0x00000000");
    assert_eq!(value["policies"][0]["name"], "base");
    assert_eq!(value["trust"]["lists"][0]["source"], "embedded");
}

#[test]
fn certutil_form() {
    let (end, root) = (generated("tls/expired.pem"), generated("tls/root.pem"));
    let store = format!("ROOT={root}");
    let mut arguments = vec!["verify", &end, "--store", &store, "--format", "certutil"];
    arguments.extend(CLOCK);
    let output = run(&arguments);
    assert_eq!(status(&output), 1);
    let text = stdout(&output);
    assert!(
        text.starts_with("Issuer:\r\n    CN=Example TLS CA\r\n    O=Example Test\r\n"),
        "{text}"
    );
    for part in [
        "-------- CERT_CHAIN_CONTEXT --------\r\n",
        "ChainContext.dwErrorStatus = CERT_TRUST_IS_NOT_TIME_VALID (0x1)\r\n",
        "  Element.dwErrorStatus = CERT_TRUST_IS_NOT_TIME_VALID (0x1)\r\n",
        "0x800b0101 (-2146762495 CERT_E_EXPIRED)\r\n",
        "CertUtil: -verify command completed successfully.\r\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(stderr(&output).contains("UTC"));
}

#[test]
fn revocation_is_checked_when_asked() {
    let (end, root) = (generated("tls/good.pem"), generated("tls/root.pem"));
    let store = format!("ROOT={root}");
    let mut arguments = vec![end.as_str(), "--store", &store, "--revocation", "end"];
    arguments.extend(CLOCK);
    let output = run(&arguments);
    assert_eq!(status(&output), 1);
    assert!(words(&output).contains("REVOCATION_STATUS_UNKNOWN"), "{}", stdout(&output));
    let crl = format!("CA={}", generated("tls/good.crl"));
    arguments.extend(["--store", &crl]);
    let output = run(&arguments);
    assert_eq!(status(&output), 0, "{}", stdout(&output));
    // which answer, how old it is, and until when it holds
    let text = words(&output);
    for part in ["from: CRL in a store", "CRL SHA-1 ", "issued 20", " ago), holds until 20"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_fits(&output);
    let mut as_json = arguments.clone();
    as_json.extend(["--format", "json"]);
    let found = json(&run(&as_json));
    let revocation = &found["chain"]["simple_chains"][0]["elements"][0]["revocation"];
    assert_eq!((&revocation["source"], &revocation["place"]), (&"crl".into(), &"store".into()));
    assert_eq!(revocation["crl_sha1"].as_str().map(str::len), Some(40));
    assert!(revocation["freshness"].as_i64() > Some(0) && revocation["this_update"].is_string());
    arguments.extend(["--format", "certutil"]);
    let text = stdout(&run(&arguments));
    assert!(text.contains("ChainFlags = CERT_CHAIN_REVOCATION_CHECK_END_CERT (0x10000000)"));
    assert!(text.contains("    ThisUpdate: "), "{text}");
}

#[test]
fn words_are_explained() {
    let output = run(&["explain", "0x800b0101", "-2146762495"]);
    assert_eq!(status(&output), 0);
    assert_fits(&output);
    assert_eq!(stdout(&output).matches("CERT_E_EXPIRED = 0x800b0101 (HRESULT)").count(), 2);
    let unknown = run(&["explain", "CERT_E_EXPIRD"]);
    assert_eq!(status(&unknown), 1);
    assert!(stdout(&unknown).contains("similar: CERT_E_EXPIRED"));
    let value = json(&run(&["explain", "--format", "json", "CERT_E_EXPIRED"]));
    assert_eq!(value[0]["explanations"][0]["value"], "0x800b0101");
}

#[test]
fn completions_and_manual() {
    let output = run(&["completions", "bash"]);
    assert_eq!(status(&output), 0);
    assert!(stdout(&output).contains("diagnose"));
    let output = run(&["man"]);
    assert_eq!(status(&output), 0);
    assert!(stdout(&output).contains(".TH chaincheck"));
    let output = run(&["man", "diagnose"]);
    assert!(stdout(&output).contains("CryptnetUrlCache"), "{}", stdout(&output));
    let page = stdout(&run(&["man", "trust", "update"]));
    let heading =
        format!(".TH chaincheck-trust-update 1  \"chaincheck {}\"", env!("CARGO_PKG_VERSION"));
    assert!(page.contains(&heading), "{page}");
    assert!(page.contains("\\fBchaincheck trust update\\fR"), "{page}");
}

#[test]
fn a_pfx_needs_its_password() {
    let pfx = generated("pfx/aes-256.pfx");
    let password = "Pa$$w\u{f6}rd";
    let mut file = tempfile();
    file.1.write_all(format!("{password}\r\nsecond line\n").as_bytes()).unwrap();
    for options in [["--password", password], ["--password-file", file.0.to_str().unwrap()]] {
        let output = run(&["dump", &pfx, "--format", "json", options[0], options[1]]);
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(value[0]["items"].as_array().unwrap().len(), 2);
        assert_eq!(value[0]["items"][0]["properties"][0]["name"], "friendly_name");
        let output = run(&["verify", &pfx, "--clock", "2026-06-01", options[0], options[1]]);
        assert_eq!(status(&output), 1, "{}", stderr(&output));
        assert!(stdout(&output).contains("CN=www.example.test"));
    }
    std::fs::remove_file(&file.0).unwrap();
    let output = run(&["dump", &pfx, "--password", "wrong"]);
    assert_eq!(status(&output), 2);
    assert!(stdout(&output).contains("no password"), "{}", stdout(&output));
}

/// That a private key lies in a file is no defect of it; a password that is missing is.
#[test]
fn a_private_key_is_no_defect() {
    let pfx = generated("pfx/aes-256.pfx");
    let output = run(&["dump", &pfx, "--password", "Pa$$w\u{f6}rd"]);
    assert_eq!(status(&output), 0, "{}", stdout(&output));
    assert!(words(&output).contains("a private key, which is left unread"), "{}", stdout(&output));
    let output = run(&["verify", &pfx, "--clock", "2026-06-01", "--password", "Pa$$w\u{f6}rd"]);
    assert_eq!(stderr(&output), "");
    let output = run(&["verify", &pfx, "--clock", "2026-06-01"]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("give the right one with --password-file"));
}

/// What is cut off might be what would have been refused.
#[test]
fn an_input_that_is_read_in_part_is_no_yes() {
    let root = format!("ROOT={}", generated("tls/root.pem"));
    let whole = std::fs::read(generated("tls/good.pem")).unwrap();
    let verify =
        |input: &[u8]| run_with(&["verify", "-", "--store", &root, "--clock", "2026-06-01"], input);
    assert_eq!(status(&verify(&whole)), 0);
    let again = [&whole[..], &whole[..]].concat();
    assert_eq!(status(&verify(&again)), 0);
    let cut = &again[..again.len() - 400];
    assert_eq!(status(&verify(cut)), 2);
    assert!(stderr(&verify(cut)).contains("PEM block"), "{}", stderr(&verify(cut)));
    let zip = archive::zip(&[("a.pem", &whole), ("b.pem", &whole)]);
    assert_eq!(status(&verify(&zip)), 0);
    assert_eq!(status(&verify(&zip[..zip.len() * 3 / 4])), 2);
}

/// A signed list in a store brings no root with it.
#[test]
fn a_lists_signer_is_no_root() {
    let list = generated("list/authroot.stl");
    let store = format!("ROOT={list}");
    let output = run(&["verify", &list, "--clock", "2026-06-01", "--store", &store]);
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    assert!(stdout(&output).contains("IS_PARTIAL_CHAIN"), "{}", stdout(&output));
    // that its certificates are judged says nothing of the signature
    assert!(words(&output).contains("not whether a signature fits the file"));
    let output = run(&["verify", &list, "--format", "json"]);
    assert!(stderr(&output).contains("not whether a signature fits"), "{}", stderr(&output));
    let plain = run(&["verify", &generated("tls/good.pem"), "--clock", "2026-06-01"]);
    assert!(!stdout(&plain).contains("signature fits"), "{}", stdout(&plain));
}

/// A new file for this test alone.
fn tempfile() -> (PathBuf, std::fs::File) {
    let name = format!("chaincheck-cli-{}-password", std::process::id());
    let path = std::env::temp_dir().join(name);
    let file = std::fs::File::create(&path).unwrap();
    (path, file)
}
