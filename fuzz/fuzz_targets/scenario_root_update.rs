//! The root update over machines that a scenario describes: sound parts put together at random. A
//! machine always has the same answer, a policy keeps it from running, and nothing but the list
//! that was signed comes into force.
#![no_main]

use std::sync::LazyLock;

use chaincheck_engine::base::digest::{hex, sha256};
use chaincheck_engine::chain::engine::Profile;
use chaincheck_engine::format::{Limits, open};
use chaincheck_engine::object::message::SignedData;
use chaincheck_engine::proof::{EMPTY_STORE, base64};
use chaincheck_engine::root_update::{LIST_FILE, ROOT_DIR_URL, SEQUENCE_FILE};
use chaincheck_engine::scenario::{LIST_ROOTS, Scenario, run, simulate_root_update};
use chaincheck_testdata::fixtures;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

struct Parts {
    files: Vec<Vec<u8>>,
    root: Vec<u8>,
    /// The root lists that were signed.
    signed: Vec<Vec<u8>>,
}

static PARTS: LazyLock<Parts> = LazyLock::new(|| {
    let all = fixtures::all();
    let of = |name: &str| {
        let found = all.iter().find(|fixture| fixture.path == name);
        found.expect("it is made").octets.clone()
    };
    let lists = all.iter().filter(|fixture| fixture.path.starts_with("list/"));
    let content = |name: &str| {
        let opened = open(&of(name), &Limits::default()).expect("a list, or a cabinet of one");
        let message = SignedData::from_der(&opened.items[0].octets).expect("a message");
        message.content().expect("it holds a list").to_vec()
    };
    Parts {
        files: lists.map(|fixture| fixture.octets.clone()).collect(),
        root: of("list/root.cer"),
        signed: vec![content("list/authroot.stl"), content("list/newer.cab")],
    }
});

const CODES: [&str; 4] = ["0x80070005", "0x800703f1", "5", "0x80070002"];
const NETWORK: [&str; 6] = ["dns", "refused", "timeout", "proxy-auth", "tls", "reset"];
const CLOCKS: [&str; 5] = [
    "2026-06-01T00:00:00Z",
    "2029-06-01T00:00:00Z",
    "1999-12-31T23:59:59Z",
    "2024-02-29T12:00:00Z",
    "2051-01-01T00:00:00Z",
];

fuzz_target!(|octets: &[u8]| {
    let [profile, clock, stores, policy, rest @ ..] = octets else { return };
    let profile = Profile::ALL[usize::from(*profile) % Profile::ALL.len()];
    let machine = machine(profile, *clock, *stores, *policy, rest);
    let text = machine.to_string();
    let scenario = Scenario::from_json(&text).expect("it says what it should");
    let no_files = |path: &str| Err(format!("no file {path}"));

    let outcome = run(&scenario, &no_files);
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    let json = |outcome| serde_json::to_value(outcome).expect("results are JSON");
    let value = json(&outcome);
    assert_eq!(value, json(&run(&scenario, &no_files)));
    let report = simulate_root_update(&scenario, &no_files).expect("it ran before");
    assert_eq!(outcome.steps, report.steps);
    let events = outcome.events.expect("the update was run");
    assert_eq!(events.len(), report.events.len());
    for event in &events {
        assert!(!event.message.contains("%1"), "{event:?}");
    }
    let disabled = policy & 3 == 1;
    if disabled {
        assert!(report.attempts.is_empty() && events.is_empty(), "{value}");
    }
    for attempt in report.attempts.iter().filter(|attempt| attempt.report.is_accepted()) {
        let list = attempt.report.list.as_ref().expect("accepted");
        assert!(PARTS.signed.iter().any(|signed| signed == list.der()), "{value}");
    }
    // what its own result expects, it meets
    let mut expecting = machine;
    expecting["expect"] = json!({ "events": value["events"], "steps": value["steps"] });
    let expecting = Scenario::from_json(&expecting.to_string()).expect("as before");
    let judged = run(&expecting, &no_files);
    assert_eq!(judged.met, Some(true), "{:?}", judged.differences);
});

fn machine(profile: Profile, clock: u8, stores: u8, policy: u8, rest: &[u8]) -> Value {
    let root = serde_json::to_value(base64(&PARTS.root)).expect("text");
    let mut store = json!({});
    match stores & 3 {
        0 | 1 => store["ROOT"] = json!([root]),
        2 => store["ROOT"] = json!([EMPTY_STORE]),
        _ => {}
    }
    match stores >> 2 & 3 {
        1 => store["CA"] = json!([EMPTY_STORE]),
        2 => store["Disallowed"] = json!([root]),
        3 => store["MY"] = json!([root, root]),
        _ => {}
    }
    let mut registry = json!({ LIST_ROOTS: [hex(&sha256(&PARTS.root))] });
    let folder = "HKLM\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\AuthRoot";
    if policy & 3 != 0 {
        registry[format!("{folder}!DisableRootAutoUpdate")] = json!(u8::from(policy & 3 == 1));
    }
    let other = "http://lists.example/";
    if policy & 4 == 4 {
        registry[format!("{folder}!RootDirUrl")] = json!(other);
    }
    let mut machine = json!({
        "schema": "chaincheck/scenario-1",
        "profile": profile.name(),
        "clock": CLOCKS[usize::from(clock) % CLOCKS.len()],
        "stores": store,
        "registry": registry,
        "url_cache": [],
        "network": [],
        "faults": [],
        "request": { "root_update": {} },
    });
    for [what, file, how] in rest.as_chunks::<3>().0.iter().take(12) {
        let base = if what & 0x40 == 0 { ROOT_DIR_URL } else { other };
        let name = if what & 0x80 == 0 { LIST_FILE } else { SEQUENCE_FILE };
        let url = format!("{base}{name}");
        let mut octets = PARTS.files[usize::from(*file) % PARTS.files.len()].clone();
        if how & 0x80 != 0 {
            let at = usize::from(how & 0x7f) * octets.len() / 128;
            if let Some(octet) = octets.get_mut(at) {
                *octet ^= 1 << (file >> 5);
            }
        }
        let object = serde_json::to_value(base64(&octets)).expect("text");
        let (part, value) = match what % 4 {
            0 => ("url_cache", json!({ "url": url, "object": object })),
            1 => ("network", json!({ "url": url, "object": object, "status": 200 })),
            2 => {
                let error = NETWORK[usize::from(*file) % NETWORK.len()];
                ("network", json!({ "url": url, "error": error }))
            }
            _ => {
                let store = ["ROOT", "TEMP", "AuthRoot", "CA"][usize::from(*file) % 4];
                let error = CODES[usize::from(*how) % CODES.len()];
                ("faults", json!({ "store": store, "error": error }))
            }
        };
        machine[part].as_array_mut().expect("a list").push(value);
    }
    machine
}
