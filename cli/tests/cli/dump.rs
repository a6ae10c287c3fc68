//! `dump` and `verify` over files, folders and archives.

use super::archive::{tar, zip};
use super::*;
use chaincheck_engine::format::url_cache::{UrlCacheEntry, UrlCacheObject, file_name};
use chaincheck_engine::format::{Limits, open, serialized_store};
use chaincheck_engine::object::certificate::Certificate;

const LIST_URL: &str = "http://a.example/authrootstl.cab";

fn read(name: &str) -> Vec<u8> {
    std::fs::read(generated(name)).unwrap()
}

fn write(folder: &Path, name: &str, octets: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, octets).unwrap();
    path.to_str().unwrap().to_owned()
}

fn lines(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A triage collection: a certificate of bob's, a list in his URL cache, a page in SYSTEM's.
fn triage() -> Vec<(String, Vec<u8>)> {
    let cabinet = read("list/authrootstl.cab");
    let size = u32::try_from(cabinet.len()).unwrap();
    let entry = UrlCacheEntry::new(LIST_URL, UrlCacheObject::AuthRootCab, size);
    let name = file_name(LIST_URL);
    let bob = "C/Users/bob/AppData/LocalLow/Microsoft/CryptnetUrlCache";
    let system = "C/Windows/System32/config/systemprofile/AppData/LocalLow/Microsoft";
    let page = b"<html>please log in</html>".to_vec();
    vec![
        ("../C/Users/bob/Desktop/server.pem".to_owned(), read("tls/good.pem")),
        (format!("{bob}/Content/{name}"), cabinet),
        (format!("{bob}/MetaData/{name}"), entry.to_octets().unwrap()),
        (format!("{system}/CryptnetUrlCache/Content/{name}"), page),
        (format!("{system}/CryptnetUrlCache/MetaData/{name}"), entry.to_octets().unwrap()),
        ("C/Users/bob/notes.txt".to_owned(), b"nothing of interest".to_vec()),
    ]
}

fn members(files: &[(String, Vec<u8>)]) -> Vec<(&str, &[u8])> {
    files.iter().map(|(name, octets)| (name.as_str(), octets.as_slice())).collect()
}

#[test]
fn files_are_dumped() {
    let output = run(&["dump", &generated("tls/good.pem")]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert_fits(&output);
    for part in [
        "Subject: CN=www.example.test, O=Example Test",
        "Signature Algorithm: sha256WithRSAEncryption (1.2.840.113549.1.1.11)",
        "Enhanced Key Usage (2.5.29.37): not critical Usage: Server Authentication",
    ] {
        assert!(words(&output).contains(part), "{part}: {}", stdout(&output));
    }
    let value = json(&run(&["dump", "--format", "json", &generated("list/authrootstl.cab")]));
    assert_eq!(value[0]["kind"], "cabinet");
    assert_eq!(value[0]["items"][0]["kind"], "certificate trust list");
    assert!(value[0]["items"][0]["origin"].as_str().unwrap().ends_with("in cabinet"));
    let list = run(&["dump", "--all", &generated("list/authrootstl.cab")]);
    assert!(words(&list).contains("Subject Usage: Root List Signer"), "{}", stdout(&list));
    assert_fits(&list);
}

#[test]
fn json_and_lines_say_the_same() {
    let files = [generated("tls/good.pem"), generated("tls/good.crl"), generated("tls/good.p7b")];
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    let whole = json(&run(&[&["dump", "--format", "json"], &files[..]].concat()));
    let lines = lines(&run(&[&["dump", "--format", "jsonl"], &files[..]].concat()));
    assert_eq!(whole.as_array().unwrap(), &lines);
    assert_eq!(lines.len(), 3);
    let nothing = run(&["dump", "--format", "json", "no-such-file"]);
    assert_eq!((status(&nothing), stdout(&nothing).as_str()), (2, "[]\n"));
}

#[test]
fn a_folder_and_archives_of_it_hold_the_same() {
    let files = triage();
    let folder = tempfile::tempdir().unwrap();
    let in_folder: Vec<_> =
        files.iter().map(|(name, octets)| (name.trim_start_matches("../"), octets)).collect();
    let tree = folder.path().join("tree");
    for (name, octets) in in_folder {
        write(&tree, name, octets);
    }
    let zipped = write(folder.path(), "a.zip", &zip(&members(&files)));
    let tarred = write(folder.path(), "b.bin", &tar(&members(&files)));
    let nested = zip(&[("inner.zip", &zip(&members(&files)))]);
    let nested = write(folder.path(), "c", &nested);
    for input in [tree.to_str().unwrap(), &zipped, &tarred, &nested] {
        let output = run(&["dump", "--format", "jsonl", input]);
        assert_eq!(status(&output), 0, "{input}: {}", stderr(&output));
        assert!(stderr(&output).contains("1 file holds nothing that is known here"), "{input}");
        let mut found: Vec<_> = lines(&output);
        found.sort_by_key(|dump| dump["file"].as_str().unwrap_or("~").len());
        let pem = found.iter().find(|dump| dump["kind"] == "PEM text").unwrap();
        assert_eq!(pem["windows_path"], "C:\\Users\\bob\\Desktop\\server.pem", "{input}");
        assert_eq!(pem["account"], "bob");
        assert_eq!(pem["items"].as_array().unwrap().len(), 2);
        assert!(!pem["file"].as_str().unwrap().contains(".."), "{}", pem["file"]);
        let caches: Vec<_> = found.iter().filter(|dump| dump["url_cache"].is_string()).collect();
        assert_eq!(caches.len(), 2, "{input}");
        let text = caches.iter().map(ToString::to_string).collect::<String>();
        for part in [LIST_URL, "\"bob\"", "\"SYSTEM\"", "HTML page", "fewer than"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    let text = run(&["dump", &zipped]);
    assert_fits(&text);
    assert!(words(&text).contains("profile of SYSTEM"), "{}", stdout(&text));
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (good, cut) = (read("tls/good.pem"), read("list/truncated.cab"));
    let file = zip(&[("cut.cab", &cut), ("good.pem", &good)]);
    let whole = write(folder.path(), "whole.zip", &file);
    let output = run(&["dump", &whole]);
    assert_eq!(status(&output), 1);
    assert!(words(&output).contains("the cabinet ends too early"), "{}", stdout(&output));
    assert!(words(&output).contains("Subject: CN=www.example.test"));

    let lost = write(folder.path(), "lost.zip", &file[..file.len() - 30]);
    let output = run(&["dump", &lost]);
    assert_eq!(status(&output), 1);
    assert!(stderr(&output).contains("lost.zip: the zip archive's directory is lost"));
    assert!(words(&output).contains("Subject: CN=www.example.test"), "{}", stdout(&output));

    let empty = write(folder.path(), "empty", b"");
    let junk = write(folder.path(), "junk", b"neither fish nor fowl");
    for (file, what) in [(&empty, "empty file"), (&junk, "unknown format")] {
        let output = run(&["dump", file, &whole]);
        assert_eq!(status(&output), 2, "{file}");
        assert!(stderr(&output).contains(what), "{}", stderr(&output));
        assert!(words(&output).contains("Subject: CN=www.example.test"), "the rest goes on");
    }
    let only_junk = zip(&[("junk", b"neither fish nor fowl")]);
    let only_junk = write(folder.path(), "junk.zip", &only_junk);
    let output = run(&["dump", &only_junk]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("holds nothing that is known here"));
    assert!(stderr(&run(&["dump", "-v", &only_junk])).contains("junk.zip/junk: unknown format"));
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let outside = write(folder.path(), "outside.pem", &read("tls/root.pem"));
    write(folder.path(), "in/good.pem", &read("tls/good.pem"));
    let inside = folder.path().join("in");
    std::os::unix::fs::symlink(&outside, inside.join("link.pem")).unwrap();
    std::os::unix::fs::symlink(&inside, inside.join("loop")).unwrap();
    let output = run(&["dump", "--format", "jsonl", inside.to_str().unwrap()]);
    assert_eq!(status(&output), 1);
    assert_eq!(lines(&output).len(), 1);
    assert_eq!(stderr(&output).matches("a link is not followed").count(), 2);
}

#[test]
fn a_dump_is_verified_with_its_own_stores() {
    let folder = tempfile::tempdir().unwrap();
    let (good, expired) = (read("tls/good.pem"), read("tls/expired.pem"));
    let (root, page) = (read("tls/root.pem"), read("list/web-page.cab"));
    let store = "C/Users/bob/AppData/Roaming/Microsoft/SystemCertificates/Root/Certificates/AB";
    let loose = [("a/good.pem", &good[..]), ("a/expired.pem", &expired), ("page.htm", &page)];
    let loose = zip(&[&loose[..], &[("root.pem", &root)]].concat());
    let loose = write(folder.path(), "loose.zip", &loose);
    let output = run(&[&["verify", &loose], &CLOCK[..]].concat());
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    assert_fits(&output);
    let text = words(&output);
    assert!(text.contains("a self-signed certificate is never trusted by itself"), "{text}");
    assert!(text.contains("2 certificates: 0 accepted, 2 not accepted"), "{text}");

    let stored = zip(&[("a/good.pem", &good[..]), ("a/expired.pem", &expired), (store, &root)]);
    let stored = write(folder.path(), "stored.zip", &stored);
    let output = run(&[&["verify", &stored], &CLOCK[..]].concat());
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    let text = words(&output);
    assert!(
        text.contains("ACCEPTED CN=www.example.test, O=Example Test (SHA-1 757aeefe"),
        "{text}"
    );
    assert!(text.contains("2 certificates: 1 accepted, 1 not accepted"), "{text}");
    assert!(text.contains("IS_NOT_TIME_VALID"), "{text}");
    assert!(!text.contains("only Microsoft's own roots"), "{text}");
    let many = run(&[&["verify", "--format", "json", &stored], &CLOCK[..]].concat());
    assert_eq!(lines(&many).len(), 2);
    for jobs in ["1", "7"] {
        let same =
            run(&[&["verify", "--jobs", jobs, "--format", "json", &stored], &CLOCK[..]].concat());
        assert_eq!(stdout(&same), stdout(&many), "{jobs} jobs");
    }

    let nothing = zip(&[("page.htm", &page[..])]);
    let nothing = write(folder.path(), "nothing.zip", &nothing);
    let output = run(&[&["verify", &nothing], &CLOCK[..]].concat());
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("holds no certificate"), "{}", stderr(&output));
}

#[test]
fn certificates_of_authorities_are_judged_where_there_is_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (good, root) = (read("tls/good.pem"), read("list/root.cer"));
    let both = write(folder.path(), "both.zip", &zip(&[("a", &good[..]), ("b", &root)]));
    let output = run(&[&["verify", &both], &CLOCK[..]].concat());
    let text = words(&output);
    assert!(text.contains("1 certificate: 0 accepted, 1 not accepted"), "{text}");
    assert!(text.contains("1 CA certificate that issued none of these"), "{text}");
    let alone = run(&[&["verify", &generated("list/root.cer")], &CLOCK[..]].concat());
    assert!(words(&alone).contains("NOT ACCEPTED"), "{}", stdout(&alone));
}

#[test]
fn stores_of_a_registry_hive_count_as_the_machines() {
    let folder = tempfile::tempdir().unwrap();
    let root = Certificate::from_der(&pem(&read("tls/root.pem"))).unwrap();
    let sha1: String = root.sha1().iter().map(|octet| format!("{octet:02X}")).collect();
    let mut blob = Vec::new();
    let kind = chaincheck_engine::format::Kind::Certificate;
    serialized_store::write_element(&mut blob, kind, root.der(), &[]).unwrap();
    let digits: Vec<_> = blob.iter().map(|octet| format!("{octet:02x}")).collect();
    for (store, accepted) in [("ROOT", true), ("CA", false), ("Disallowed", false)] {
        let key = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\SystemCertificates";
        let text = format!(
            "Windows Registry Editor Version 5.00\r\n\r\n[{key}\\{store}\\Certificates\\{sha1}]\r\n\
             \"Blob\"=hex:{}\r\n",
            digits.join(",")
        );
        let file = zip(&[("export.reg", text.as_bytes()), ("good.pem", &read("tls/good.pem"))]);
        let file = write(folder.path(), store, &file);
        let output = run(&[&["verify", "--verbose", &file], &CLOCK[..]].concat());
        assert_eq!(status(&output) == 0, accepted, "{store}: {}", stdout(&output));
        let said = format!("objects from the machine's stores in the input: {store} 1");
        assert!(words(&output).contains(&said), "{}", stdout(&output));
        let dumped = lines(&run(&["dump", "--format", "jsonl", &file]));
        assert_eq!(dumped[0]["items"][0]["store"], format!("LOCAL_MACHINE\\{store}"));
    }
    // a program's own store, whatever its name, is none of the machine's
    let key = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Program\\ROOT\\Certificates";
    let text = format!(
        "Windows Registry Editor Version 5.00\r\n\r\n[{key}\\{sha1}]\r\n\"Blob\"=hex:{}\r\n",
        digits.join(",")
    );
    let export = write(folder.path(), "own.reg", text.as_bytes());
    for trust in [&[][..], &["--trust", &export]] {
        let good = generated("tls/good.pem");
        let output = run(&[&["verify", &export, &good], trust, &CLOCK[..]].concat());
        assert_ne!(status(&output), 0, "{trust:?}: {}", stdout(&output));
        assert!(!words(&output).contains("from the machine's stores"), "{}", stdout(&output));
    }
}

#[test]
fn nobody_need_listen_to_what_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let member = "steers\u{1b}[2Jthe terminal";
    let file = write(folder.path(), "a.zip", &zip(&[(member, b"MSCF cut short")]));
    let output = run(&["dump", &file]);
    let said = stderr(&output);
    assert!(said.contains("steers\\u{1b}[2Jthe terminal") && !said.contains('\u{1b}'), "{said}");

    let mut child = Command::new(env!("CARGO_BIN_EXE_chaincheck"))
        .args(["dump", &file])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), output.status.code());
}

fn pem(text: &[u8]) -> Vec<u8> {
    let contents = open(text, &Limits::default()).unwrap();
    contents.items[0].octets.to_vec()
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_chaincheck"))
        .args(["dump", "--all", &generated("list/authrootstl.cab"), &generated("tls/good.p7b")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}
