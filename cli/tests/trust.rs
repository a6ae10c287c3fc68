//! `chaincheck trust`, and what `verify` trusts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "these are tests")]

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
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
    let path = folder.join(name);
    if path.exists() {
        return Some(path.to_str().unwrap().to_owned());
    }
    let required = std::env::var_os("CHAINCHECK_REQUIRE_SHARED").is_some_and(|value| value == "1");
    assert!(!required, "{} is required", path.display());
    println!("skipped: {} is absent", path.display());
    None
}

/// A state folder of its own.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn state(&self) -> PathBuf {
        self.0.path().join("state")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chaincheck"));
        command.args(arguments).env("CHAINCHECK_STATE", self.state()).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// With the generated lists' root, at a time at which their signer is valid.
    fn run_generated(&self, arguments: &[&str]) -> Output {
        let root = generated("list/root.cer");
        let common = ["--list-root", &root, "--clock", "2026-06-10"];
        self.run(&[arguments, &common].concat())
    }

    fn update(&self, list: &str) -> Output {
        self.run_generated(&["trust", "update", &generated(list)])
    }

    /// The files of the state folder.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let Ok(entries) = fs::read_dir(self.state()) else { return Vec::new() };
        let mut files: Vec<_> = entries
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, fs::read(path).unwrap())
            })
            .filter(|(name, _)| name != "lock")
            .collect();
        files.sort();
        files
    }

    /// When the root list in force is of, and where it is from.
    fn in_force(&self) -> (String, Value) {
        let output = self.run_generated(&["trust", "status", "--format", "json"]);
        let value = json(&output);
        let list = &value["lists"][0];
        assert_eq!(list["list"], "authroot");
        (list["this_update"].as_str().unwrap().to_owned(), list["source"].clone())
    }
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The text with every run of white space as one space.
fn words(output: &Output) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "longer than 80 columns: {line}");
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const EMBEDDED: &str = "2026-10-23T23:18:35Z";

#[test]
fn without_an_update_the_embedded_lists_are_in_force() {
    let machine = Machine::new();
    let output = machine.run(&["trust", "status", "--clock", "2026-10-24"]);
    let text = words(&output);
    for part in [EMBEDDED, "entries 555", "embedded in this program", "signed until 2027-09-22"] {
        assert!(text.contains(part), "{text}");
    }
    // the disallowed list is old: a connected Windows would look for another
    assert_eq!(status(&output), 1);
    assert!(text.contains("chaincheck trust update --online"));
    assert!(machine.files().is_empty());
    let value = json(&machine.run(&["trust", "status", "--format", "json"]));
    assert_eq!(value["lists"][0]["entries"], 555);
    assert_eq!(value["lists"][1]["list"], "disallowed");
    assert!(value["certificates_at_hand"].as_u64().unwrap() > 100);
}

#[test]
fn the_embedded_lists_are_checked_against_the_signed_ones() {
    let machine = Machine::new();
    let same = [
        "data/authroot/2026-10-23/authroot.stl",
        "data/disallowed/2020-12-10/disallowedcertstl.cab",
    ];
    for name in same {
        let Some(file) = shared(name) else { continue };
        let output = machine.run(&["trust", "verify-embedded", &file]);
        assert_eq!(status(&output), 0, "{name}: {}", words(&output));
        assert!(words(&output).contains("THE SAME"));
        let table = machine.run(&["trust", "embed", &file]).stdout;
        let kept = if name.contains("authroot") { "authroot.tsv" } else { "disallowed.tsv" };
        let kept = fs::read(workspace().join("engine/data/trust").join(kept)).unwrap();
        assert!(table == kept, "{name}: the table in the tree is another");
    }
    if let Some(file) = shared("data/authroot/2026-08-25/authroot.stl") {
        let output = machine.run(&["trust", "verify-embedded", &file]);
        assert_eq!(status(&output), 1);
        assert!(words(&output).contains("DIFFERENT"));
    }
    // a list that somebody else has signed
    let output = machine.run(&["trust", "verify-embedded", &generated("list/authroot.stl")]);
    assert_eq!(status(&output), 1);
    assert!(errors(&output).contains("refused at step signer-chain"), "{}", errors(&output));
    assert_eq!(status(&machine.run(&["trust", "verify-embedded", "/nonexistent"])), 2);
}

#[test]
fn an_update_puts_a_newer_list_in_force_and_goes_no_step_back() {
    let machine = Machine::new();
    assert_eq!(machine.in_force().0, EMBEDDED);
    assert_eq!(status(&machine.update("list/authrootstl.cab")), 0);
    let (date, source) = machine.in_force();
    assert_eq!(date, "2026-01-15T12:00:00Z");
    assert!(source["state"].as_str().unwrap().ends_with("authroot.stl"));
    let again = machine.update("list/authroot.stl");
    assert_eq!(status(&again), 0);
    assert!(words(&again).contains("CURRENT"), "{}", words(&again));

    assert_eq!(status(&machine.update("list/newer.cab")), 0);
    assert_eq!(machine.in_force().0, "2026-06-01T00:00:00Z");
    let before = machine.files();
    let back = machine.update("list/authrootstl.cab");
    assert_eq!(status(&back), 1);
    assert!(words(&back).contains("REFUSED") && words(&back).contains("is older than"));
    assert_eq!(machine.files(), before);
    // without their root, the lists in the folder are nothing
    let text = words(&machine.run(&["trust", "status", "--clock", "2026-06-10"]));
    assert!(text.contains("authroot.stl is not used") && text.contains(EMBEDDED), "{text}");
}

#[test]
fn what_is_not_genuine_changes_nothing() {
    let machine = Machine::new();
    assert_eq!(status(&machine.update("list/authrootstl.cab")), 0);
    let before = machine.files();
    let refused = [
        "list/wrong-usage.cab",
        "list/tampered-content.cab",
        "list/tampered-signature.cab",
        "list/missing-intermediate.cab",
        "list/truncated.cab",
        "list/bad-checksum.cab",
        "list/web-page.cab",
        "list/empty.cab",
        "list/other-content.cab",
        "list/expired.cab",
        "list/not-yet-valid.cab",
        "tls/root.pem",
    ];
    for name in refused {
        let output = machine.update(name);
        assert_eq!(status(&output), 1, "{name}: {}", words(&output));
        assert!(words(&output).contains("REFUSED"), "{name}");
        assert_eq!(machine.files(), before, "{name}");
    }
    // signed by somebody else: refused where their root is not named
    let newer = generated("list/newer.cab");
    let output = machine.run(&["trust", "update", &newer, "--clock", "2026-06-10"]);
    assert_eq!(status(&output), 1);
    assert!(words(&output).contains("refused at step signer-chain"));
    assert_eq!(machine.files(), before);
    // one bad file does not keep a good one out
    let (bad, root) = (generated("list/tampered-content.cab"), generated("list/root.cer"));
    let both = ["trust", "update", &bad, &newer, "--clock", "2026-06-10", "--list-root", &root];
    assert_eq!(status(&machine.run(&both)), 1);
    assert_eq!(machine.in_force().0, "2026-06-01T00:00:00Z");
}

#[test]
fn a_list_whose_signer_has_expired_is_taken_only_if_that_is_asked_for() {
    let machine = Machine::new();
    assert_eq!(status(&machine.update("list/expired.cab")), 1);
    let list = generated("list/expired.cab");
    let output = machine.run_generated(&["trust", "update", &list, "--accept-expired"]);
    assert_eq!(status(&output), 0, "{}", words(&output));
    // the same list signed for longer takes its place
    assert_eq!(status(&machine.update("list/authrootstl.cab")), 0);
    let output = machine.run_generated(&["trust", "status", "--format", "json"]);
    assert_eq!(json(&output)["lists"][0]["signed_until"], "2027-12-31T23:59:59Z");
}

#[test]
fn a_changed_state_folder_is_noticed_and_not_believed() {
    let machine = Machine::new();
    assert_eq!(status(&machine.update("list/newer.cab")), 0);
    let path = machine.state().join("authroot.stl");
    let sound = fs::read(&path).unwrap();
    let mut changed = sound.clone();
    let at = changed.len() / 2;
    changed[at] ^= 1;
    let disallowed = fs::read(generated("list/disallowedcertstl.cab")).unwrap();
    for octets in [&changed, &sound[..sound.len() / 2].to_vec(), &Vec::new(), &disallowed] {
        fs::write(&path, octets).unwrap();
        let output = machine.run_generated(&["trust", "status"]);
        let text = words(&output);
        assert!(text.contains("is not used") && text.contains(EMBEDDED), "{text}");
        let verify = machine.run_generated(&["verify", &generated("tls/good.pem")]);
        assert!(words(&verify).contains("is not used"), "{}", words(&verify));
    }
    // an update mends it
    assert_eq!(status(&machine.update("list/authrootstl.cab")), 0);
    assert_eq!(machine.in_force().0, "2026-01-15T12:00:00Z");
}

#[test]
fn a_folder_that_cannot_be_written_leaves_all_as_it_was() {
    let machine = Machine::new();
    fs::write(machine.state(), b"a file where the folder would be").unwrap();
    let output = machine.update("list/newer.cab");
    assert_eq!(status(&output), 2, "{}", words(&output));
    assert!(words(&output).contains("FAILED") && words(&output).contains("cannot be used"));
    assert_eq!(machine.in_force().0, EMBEDDED);
    assert_eq!(fs::read(machine.state()).unwrap(), b"a file where the folder would be");
}

#[test]
fn a_file_that_cannot_be_replaced_leaves_all_as_it_was() {
    let machine = Machine::new();
    assert_eq!(status(&machine.update("list/authrootstl.cab")), 0);
    let before = machine.files();
    // in the place of the file that is written first
    fs::create_dir(machine.state().join("authroot.stl.new")).unwrap();
    let output = machine.update("list/newer.cab");
    assert_eq!(status(&output), 2, "{}", words(&output));
    assert!(words(&output).contains("nothing has changed"));
    fs::remove_dir(machine.state().join("authroot.stl.new")).unwrap();
    assert_eq!(machine.files(), before);
    assert_eq!(status(&machine.update("list/newer.cab")), 0);
}

/// A disk that is full: no file may grow over 512 octets. The kernel ends the process in the
/// middle of its writing.
#[test]
#[cfg(unix)]
fn a_full_disk_leaves_all_as_it_was() {
    let machine = Machine::new();
    assert_eq!(status(&machine.update("list/authrootstl.cab")), 0);
    let before = machine.files();
    let script = "ulimit -f 1; exec \"$0\" \"$@\"";
    let run = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_chaincheck"), "trust", "update"])
        .args([&generated("list/newer.cab"), "--list-root", &generated("list/root.cer")])
        .args(["--clock", "2026-06-10"])
        .env("CHAINCHECK_STATE", machine.state())
        .output()
        .unwrap();
    assert!(!run.status.success(), "the limit was not met");
    let left: Vec<_> =
        machine.files().into_iter().filter(|(name, _)| !name.ends_with(".new")).collect();
    assert_eq!(left, before);
    assert_eq!(machine.in_force().0, "2026-01-15T12:00:00Z");
    assert_eq!(status(&machine.update("list/newer.cab")), 0);
    assert_eq!(machine.in_force().0, "2026-06-01T00:00:00Z");
    assert!(machine.files().iter().all(|(name, _)| !name.ends_with(".new")));
}

#[test]
fn several_processes_update_at_once() {
    let machine = Machine::new();
    let lists = ["list/authrootstl.cab", "list/newer.cab", "list/disallowedcertstl.cab"];
    let root = generated("list/root.cer");
    let mut running = Vec::new();
    for round in 0..12 {
        let list = generated(lists[round % lists.len()]);
        let arguments = ["trust", "update", &list, "--list-root", &root, "--clock", "2026-06-10"];
        let mut command = machine.command(&arguments);
        running.push(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    }
    // whoever reads meanwhile sees a whole list, old or new
    for _ in 0..4 {
        let output = machine.run_generated(&["trust", "status"]);
        assert!(!words(&output).contains("is not used"), "{}", words(&output));
    }
    for mut process in running {
        let code = process.wait().unwrap().code().unwrap();
        assert!(code == 0 || code == 1, "{code}");
    }
    assert_eq!(machine.in_force().0, "2026-06-01T00:00:00Z");
    let names: Vec<_> = machine.files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["authroot.stl", "disallowedcert.stl"]);
}

/// A server on this host that answers each request with a file of a folder, or 404.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            use std::io::Write as _;
            let Ok(mut stream) = stream else { return };
            let mut request = Vec::new();
            let mut octets = [0; 1024];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut octets) {
                    Ok(0) | Err(_) => break,
                    Ok(count) => request.extend(&octets[..count]),
                }
            }
            let text = String::from_utf8_lossy(&request).into_owned();
            let path = text.split_whitespace().nth(1).unwrap_or("/");
            let found = fs::read(folder.join(path.trim_start_matches('/')));
            let (line, body) = match found {
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head = format!(
                "HTTP/1.1 {line}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    address
}

#[test]
fn lists_are_fetched_from_a_mirror() {
    let machine = Machine::new();
    let mirror = tempfile::tempdir().unwrap();
    let put = |from: &str, to: &str| {
        fs::copy(generated(from), mirror.path().join(to)).unwrap();
    };
    put("list/authrootstl.cab", "authrootstl.cab");
    put("list/disallowedcertstl.cab", "disallowedcertstl.cab");
    put("list/authrootstl.cab", "pinrulesstl.cab");
    let url = serve(mirror.path().to_owned());
    let online = ["trust", "update", "--online", "--url", &url];
    let output = machine.run_generated(&online);
    let text = words(&output);
    assert_eq!(status(&output), 0, "{text}");
    assert_eq!(machine.in_force().0, "2026-01-15T12:00:00Z");
    assert_eq!(text.matches("UPDATED").count(), 2, "{text}");

    // an error page in the place of the list, and nothing at all
    fs::write(mirror.path().join("authrootstl.cab"), b"<html>try later</html>").unwrap();
    fs::remove_file(mirror.path().join("disallowedcertstl.cab")).unwrap();
    let before: Vec<_> =
        machine.files().into_iter().filter(|(name, _)| name.ends_with(".stl")).collect();
    let output = machine.run_generated(&online);
    let text = words(&output);
    assert_eq!(status(&output), 2, "{text}");
    assert!(text.contains("REFUSED") && text.contains("the server answered 404"), "{text}");
    let after: Vec<_> =
        machine.files().into_iter().filter(|(name, _)| name.ends_with(".stl")).collect();
    assert_eq!(before, after);

    // nothing is fetched where the number is that of the list in force
    let number = json(&machine.run_generated(&["trust", "status", "--format", "json"]));
    let number = number["lists"][0]["sequence_number"].as_str().unwrap().to_uppercase();
    fs::write(mirror.path().join("authrootseq.txt"), format!("{number}\r\n")).unwrap();
    put("list/disallowedcertstl.cab", "disallowedcertstl.cab");
    let output = machine.run_generated(&online);
    assert_eq!(status(&output), 0, "{}", words(&output));
    assert!(words(&output).contains("the list in force is the newest"));
    // and now nothing is due, although the list is old
    let value = json(&machine.run_generated(&["trust", "status", "--format", "json"]));
    assert_eq!(value["lists"][0]["newest_at"], "2026-06-10T00:00:00Z");
    assert_eq!(value["lists"][0]["due"], false);
}

#[test]
fn a_public_chain_is_accepted_on_the_first_run() {
    let Some(file) = shared("vectors/windows/rustls.jsonl") else { return };
    let text = fs::read_to_string(file).unwrap();
    let line = text.lines().find(|line| line.contains("rpv-real::letsencrypt")).unwrap();
    let case: Value = serde_json::from_str(line).unwrap();
    let question = &case["request"]["chain"];
    let machine = Machine::new();
    let path = machine.0.path().join("server.pem");
    let mut pem = String::new();
    for certificate in
        [&question["end"]].into_iter().chain(question["additional"].as_array().unwrap())
    {
        let base64 = certificate.as_str().unwrap();
        pem += &format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n");
    }
    fs::write(&path, pem).unwrap();
    let path = path.to_str().unwrap();
    let ask = |more: &[&str]| {
        let common = ["verify", path, "--host", "letsencrypt.org", "--clock", "2026-04-08"];
        machine.run(&[&common, more].concat())
    };
    let output = ask(&[]);
    assert_eq!(status(&output), 0, "{}", words(&output));
    let text = words(&output);
    for part in [
        "ACCEPTED",
        "ISRG Root X1 is in the root list of",
        "enabled for clientAuth, serverAuth",
        "embedded in this program",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let value = json(&ask(&["--format", "json"]));
    assert_eq!(value["trust"]["root_entry"]["name"], "ISRG Root X1");
    assert_eq!(value["trust"]["lists"][0]["source"], "embedded");
    let without = ask(&["--trust", "none"]);
    assert_eq!(status(&without), 1);
    assert!(words(&without).contains("none but what --store gives"));

    // the list of another day, and a list of nobody's
    if let Some(list) = shared("data/authroot/2021-01-15/authroot.stl") {
        let output = ask(&["--trust", &list]);
        assert_eq!(status(&output), 0, "{}", words(&output));
        assert!(words(&output).contains("authroot list of 2021-01-15T00:42:37Z"));
    }
    if let Some(list) = shared("data/authroot/2006-12-14/authrootstl.cab") {
        let output = ask(&["--trust", &list]);
        assert_eq!(status(&output), 1, "ISRG was unknown in 2006: {}", words(&output));
    }
    let output = ask(&["--trust", &generated("list/authroot.stl")]);
    assert_eq!(status(&output), 2);
    assert!(errors(&output).contains("refused at step signer-chain"));
}

#[test]
fn trust_comes_from_where_it_is_said_to() {
    let machine = Machine::new();
    let (good, root) = (generated("tls/good.pem"), generated("tls/root.pem"));
    let ask =
        |more: &[&str]| machine.run(&[&["verify", &good, "--clock", "2026-06-01"], more].concat());
    let store = format!("ROOT={root}");
    for (arguments, expected, part) in [
        (vec![], 1, "in no list and no store that is trusted"),
        (vec!["--trust", "none"], 1, "in no list"),
        (vec!["--trust", &root], 0, "roots from"),
        (vec!["--store", &store], 0, "in the ROOT store that was given"),
        (vec!["--store", &store, "--trust", "none"], 0, "in the ROOT store that was given"),
        (vec!["--store", &store, "--trust", "embedded"], 0, "in the ROOT store that was given"),
    ] {
        let output = ask(&arguments);
        assert_eq!(status(&output), expected, "{arguments:?}: {}", words(&output));
        let text = words(&output);
        assert!(text.contains(part) || !text.contains("root:"), "{arguments:?}: {text}");
    }
    for (arguments, part) in [
        (vec!["--trust", "none", "--trust", &root], "stands alone"),
        (vec!["--trust", "/nonexistent"], "nonexistent"),
    ] {
        let output = ask(&arguments);
        assert_eq!(status(&output), 2);
        assert!(errors(&output).contains(part), "{}", errors(&output));
    }
    if !cfg!(windows) {
        let output = ask(&["--trust", "system"]);
        assert_eq!(status(&output), 2);
        assert!(errors(&output).contains("this is no Windows"), "{}", errors(&output));
    }
}

#[test]
fn exports_hold_what_the_list_says() {
    let machine = Machine::new();
    let path = |name: &str| machine.0.path().join(name).to_str().unwrap().to_owned();
    let export = |format: &str, more: &[&str]| {
        let file = path(format);
        let common = ["trust", "export", "--format", format, "--output", &file];
        let output = machine.run(&[&common, more].concat());
        // not every certificate is at hand
        assert_eq!(status(&output), 1, "{}", errors(&output));
        assert!(errors(&output).contains("are not at hand"));
        file
    };
    let sst = export("sst", &["--clock", "2026-11-01"]);
    let dump = json(&machine.run(&["dump", &sst, "--format", "json"]));
    assert!(dump.to_string().contains("enhkey_usage"), "{dump}");
    let value: Value =
        serde_json::from_slice(&fs::read(export("json", &["--clock", "2026-11-01"])).unwrap())
            .unwrap();
    assert_eq!(value["roots"].as_array().unwrap().len(), 555);
    let at_hand = value["roots"].as_array().unwrap().iter();
    let at_hand = at_hand.filter(|root| !root["certificate"].is_null()).count();

    // what is exported differs from the list in nothing but what is not at hand
    let diff = json(&machine.run(&["trust", "diff", "embedded", &sst, "--format", "json"]));
    assert_eq!(diff["added"].as_array().unwrap().len(), 0);
    assert_eq!(diff["changed"].as_array().unwrap().len(), 0, "{}", diff["changed"]);
    assert_eq!(diff["removed"].as_array().unwrap().len(), 555 - at_hand);

    let pem = fs::read_to_string(export("pem", &["--clock", "2026-11-01"])).unwrap();
    let for_code =
        fs::read_to_string(export("pem", &["--clock", "2026-11-01", "--usage", "codeSigning"]))
            .unwrap();
    let count = |text: &str| text.matches("BEGIN CERTIFICATE").count();
    assert!(
        count(&pem) > 100 && count(&for_code) < count(&pem) && count(&for_code) > 20,
        "{} {}",
        count(&pem),
        count(&for_code)
    );
    assert!(pem.contains("# ISRG Root X1\n# enabled for clientAuth, serverAuth\n"));
    // and is trusted again
    let file = path("pem");
    let output = machine.run(&["trust", "diff", &sst, &file, "--format", "json"]);
    assert_eq!(json(&output)["changed"].as_array().unwrap().len(), 0);
}

/// The certificates of a dump are kept for the roots of the list, and of no other.
#[test]
fn certificates_that_are_given_are_at_hand_afterwards() {
    let Some(dump) = shared("data/samples/sst/roots-2025-08.sst") else { return };
    let machine = Machine::new();
    let at_hand = |machine: &Machine| {
        let value = json(&machine.run(&["trust", "status", "--format", "json"]));
        value["certificates_at_hand"].as_u64().unwrap()
    };
    let before = at_hand(&machine);
    let output = machine.run(&["trust", "update", &dump]);
    assert_eq!(status(&output), 0, "{}", words(&output));
    assert!(words(&output).contains("514 certificates, 505 of listed roots"), "{}", words(&output));
    assert!(at_hand(&machine) >= 505 && before < 200);
    let again = machine.run(&["trust", "update", &dump]);
    assert!(words(&again).contains("CURRENT"));
    // a damaged file is noticed, and no certificate is believed unseen
    let stored = machine.state().join("roots.sst");
    let octets = fs::read(&stored).unwrap();
    let mut changed = octets.clone();
    let at = octets.len() / 3;
    changed[at] ^= 0xff;
    fs::write(&stored, &changed).unwrap();
    assert!(at_hand(&machine) < 507);
    let output = machine.run(&["trust", "update", &dump]);
    assert_eq!(status(&output), 0, "{}", words(&output));
    assert!(at_hand(&machine) >= 505);
}

fn diff(machine: &Machine, a: &str, b: &str) -> Value {
    let output = machine.run(&["trust", "diff", a, b, "--format", "json", "--clock", "2026-11-01"]);
    let value = json(&output);
    let same = value["same"].as_bool().unwrap();
    assert_eq!(status(&output), i32::from(!same));
    value
}

fn count(value: &Value, what: &str) -> usize {
    value[what].as_array().unwrap().len()
}

#[test]
fn windows_dumps_against_themselves_and_planted_differences() {
    let machine = Machine::new();
    for (name, entries) in [("roots-2021-10.sst", 434), ("roots-2025-08.sst", 514)] {
        let Some(file) = shared(&format!("data/samples/sst/{name}")) else { return };
        let same = diff(&machine, &file, &file);
        assert_eq!((&same["same"], &same["a"]["entries"]), (&Value::Bool(true), &entries.into()));

        if name.contains("2021") {
            continue;
        }
        // an element is property records and a certificate (reference, stores-and-formats 3.1)
        let octets = fs::read(&file).unwrap();
        let elements = elements(&octets);
        assert_eq!(elements.len(), entries);
        let planted = |change: &dyn Fn(&mut Vec<Element>)| {
            let mut elements = elements.clone();
            change(&mut elements);
            let path = machine.0.path().join("planted.sst");
            fs::write(&path, store(&elements)).unwrap();
            diff(&machine, &file, path.to_str().unwrap())
        };
        let removed = planted(&|elements| drop(elements.remove(7)));
        assert_eq!((count(&removed, "removed"), count(&removed, "added")), (1, 0));
        let root = fs::read(generated("list/root.cer")).unwrap();
        let added = planted(&|elements| elements.push(vec![(32, root.clone())]));
        assert_eq!((count(&added, "added"), count(&added, "removed")), (1, 0));
        // one property at a time: changed, removed, added
        for id in [9, 11, 98, 104, 105, 122, 126, 127, 83, 20, 29] {
            let at = elements.iter().position(|e| e.iter().any(|(known, _)| *known == id)).unwrap();
            let changed = planted(&|elements| {
                let property = elements[at].iter_mut().find(|(known, _)| *known == id).unwrap();
                let last = property.1.len();
                match property.1.get_mut(last.saturating_sub(1)) {
                    Some(octet) => *octet ^= 1,
                    None => property.1.extend([0; 8]),
                }
            });
            assert_eq!(count(&changed, "changed"), 1, "{id}: {changed}");
            let property = &changed["changed"][0]["properties"];
            assert_eq!(
                (count(&changed["changed"][0], "properties"), &property[0]["before"]["id"]),
                (1, &id.into())
            );
            let gone = planted(&|elements| elements[at].retain(|(known, _)| *known != id));
            // what the certificate says itself is known without the property
            let derived = [98, 20, 29].contains(&id);
            assert_eq!(count(&gone, "changed"), usize::from(!derived), "{id}: {gone}");
        }
        // bookkeeping of Windows' own is no difference
        let other = planted(&|elements| elements[0].insert(0, (13, vec![0, 0])));
        assert_eq!(other["same"], true);
        let order = planted(&|elements| elements.reverse());
        assert_eq!(order["same"], true);
    }
}

type Element = Vec<(u32, Vec<u8>)>;

fn elements(octets: &[u8]) -> Vec<Element> {
    let word = |at: usize| u32::from_le_bytes(octets[at..at + 4].try_into().unwrap());
    let (mut at, mut found, mut element) = (8, Vec::new(), Element::new());
    while word(at) != 0 {
        let (id, length) = (word(at), word(at + 8) as usize);
        element.push((id, octets[at + 12..at + 12 + length].to_vec()));
        at += 12 + length;
        if id == 32 {
            found.push(std::mem::take(&mut element));
        }
    }
    found
}

fn store(elements: &[Element]) -> Vec<u8> {
    let mut octets = b"\0\0\0\0CERT".to_vec();
    for (id, value) in elements.iter().flatten() {
        for word in [*id, 1, u32::try_from(value.len()).unwrap()] {
            octets.extend(word.to_le_bytes());
        }
        octets.extend(value);
    }
    octets.extend([0; 12]);
    octets
}

/// The lists that Windows made the dumps from are not among the evidence, but what was counted in
/// them is (ctl-vs-windows-sst.truth.json): the same roots, and the same number of each property.
#[test]
fn windows_dumps_hold_what_the_lists_of_their_date_held() {
    let Some(truth) = shared("data/samples/ctl/ctl-vs-windows-sst.truth.json") else { return };
    let truth: Value = serde_json::from_slice(&fs::read(truth).unwrap()).unwrap();
    for case in truth.as_array().unwrap() {
        let file = shared(&format!("data/samples/sst/{}", case["sst"].as_str().unwrap())).unwrap();
        let elements = elements(&fs::read(file).unwrap());
        assert_eq!(elements.len() as u64, case["ctl_entries"].as_u64().unwrap());
        assert_eq!(case["same_thumbprints"], true);
        for (id, counts) in case["per_property"].as_object().unwrap() {
            let id: u32 = id.parse().unwrap();
            let total: u64 =
                counts.as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
            let found = elements.iter().filter(|e| e.iter().any(|(known, _)| *known == id)).count();
            assert_eq!(found as u64, total, "property {id}");
        }
    }
}

/// A dump as Windows makes it, of a list that is at hand: the properties of the list's entries, and
/// the certificates.
#[test]
fn a_list_equals_a_dump_that_was_made_from_it() {
    let Some(list) = shared("data/authroot/2026-10-23/authroot.stl") else { return };
    let Some(dump) = shared("data/samples/sst/roots-2025-08.sst") else { return };
    let machine = Machine::new();
    assert_eq!(status(&machine.run(&["trust", "update", &dump])), 0);
    let sst = machine.0.path().join("all.sst");
    let sst = sst.to_str().unwrap();
    machine.run(&["trust", "export", "--format", "sst", "--output", sst]);
    let found = diff(&machine, &list, sst);
    assert_eq!((count(&found, "added"), count(&found, "changed")), (0, 0), "{found}");
    assert_eq!(count(&found, "removed"), 555 - elements(&fs::read(sst).unwrap()).len());
    assert!(count(&found, "removed") < 50);
    // against the list in this program it is the same, and the list is that
    assert_eq!(diff(&machine, "embedded", &list)["same"], true);
    assert_eq!(diff(&machine, "in-force", &list)["same"], true);
    // the newest list against a dump of a year before: what the lists' history counts
    let old = diff(&machine, &dump, &list);
    assert_eq!((count(&old, "added"), count(&old, "removed")), (555 - 505, 514 - 505));
}

#[test]
fn the_disallowed_list_equals_windows_dump_of_it() {
    let Some(list) = shared("data/disallowed/2020-12-10/disallowedcert.stl") else { return };
    let dump = shared("data/disallowed/2020-12-10/disallowedcert.sst").unwrap();
    let machine = Machine::new();
    let found = diff(&machine, &list, &dump);
    assert_eq!((count(&found, "added"), count(&found, "changed")), (0, 0), "{found}");
}

/// The stores of a hive: roots that a user has added by hand.
#[test]
fn roots_added_by_hand_are_found_in_a_hive() {
    let name = "data/samples/hive/ntuser-partial-user-root.hive";
    let Some(hive) = shared(name) else { return };
    let truth = fs::read(shared(&format!("{name}.truth.json")).unwrap()).unwrap();
    let truth: Value = serde_json::from_slice(&truth).unwrap();
    let certificates = truth["certificates"].as_array().unwrap().iter();
    let roots: std::collections::BTreeSet<String> = certificates
        .filter(|found| found["store"].as_str().unwrap().eq_ignore_ascii_case("root"))
        .map(|found| found["cert_sha1"].as_str().unwrap().to_lowercase())
        .collect();
    assert!(!roots.is_empty());
    let machine = Machine::new();
    let found = diff(&machine, "embedded", &hive);
    assert_eq!(found["b"]["entries"], roots.len());
    let table = fs::read_to_string(workspace().join("engine/data/trust/authroot.tsv")).unwrap();
    let added = roots.iter().filter(|sha1| !table.contains(&format!("root\t{sha1}\t"))).count();
    assert_eq!(count(&found, "added"), added);
    // and are trusted where the hive is
    let output = machine.run(&["verify", &generated("tls/good.pem"), "--trust", &hive]);
    assert_eq!(status(&output), 1);
    assert!(words(&output).contains(&format!("{} roots from", roots.len())), "{}", words(&output));
}

#[test]
fn a_dump_without_properties_is_compared_by_its_certificates() {
    let machine = Machine::new();
    let pem = machine.0.path().join("roots.pem");
    let pem = pem.to_str().unwrap();
    machine.run(&["trust", "export", "--output", pem, "--clock", "2026-11-01"]);
    let found = diff(&machine, "embedded", pem);
    assert_eq!(count(&found, "changed"), 0, "{found}");
    assert!(found["b"]["notes"][0].as_str().unwrap().contains("says nothing of usages"));
    let output = machine.run(&["trust", "diff", "embedded", pem]);
    assert_eq!(status(&output), 1);
    assert!(words(&output).contains("removed:"));
    assert_eq!(status(&machine.run(&["trust", "diff", "embedded", "/nonexistent"])), 2);
}
