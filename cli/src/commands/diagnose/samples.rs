//! Documents that the tests of the reports are made with.

use std::sync::LazyLock;

use chaincheck_engine::base::digest::{hex, sha256};
use chaincheck_engine::base::hresult::{self, HResult};
use chaincheck_engine::object::message::SignedData;
use chaincheck_engine::proof::{
    Case, ClockKnowledge, Coverage, EMPTY_STORE, Fact, Record, Source, base64, diagnose, forecast,
};
use chaincheck_engine::scenario::{Fault, LIST_ROOTS, ObjectInput, RegistryValue, Scenario};
use chaincheck_testdata::fixtures;
use serde_json::json;

use super::document::{Document, FileSeen};

pub(super) const URL: &str =
    "http://ctldl.windowsupdate.com/msdownload/update/v3/static/trustedr/en/authrootstl.cab";
const CLOCK: &str = "2026-06-01T00:00:00Z";

pub(super) fn fixture(path: &str) -> Vec<u8> {
    fixtures::all().into_iter().find(|fixture| fixture.path == path).unwrap().octets
}

/// A machine with a list of the test root in its cache, and the record of an event.
pub(super) fn case(list: &str, error: HResult) -> Case {
    let root = fixture("list/root.cer");
    let octets = fixture(list);
    let machine = Scenario::from_json(
        &json!({
            "schema": "chaincheck/scenario-1",
            "profile": "windows-7",
            "clock": CLOCK,
            "stores": { "ROOT": [base64(&root)] },
            "registry": { LIST_ROOTS: [hex(&sha256(&root))] },
            "url_cache": [{ "url": URL, "object": base64(&octets), "profile": "S-1-5-20" }],
            "request": { "root_update": {} },
        })
        .to_string(),
    )
    .unwrap();
    Case {
        machine,
        record: Some(Record {
            source: "evidence/Application.evtx".to_owned(),
            provider: "Microsoft-Windows-CAPI2".to_owned(),
            record_id: Some(4711),
            id: 4107,
            definition_id: 4107,
            time: CLOCK.parse().unwrap(),
            computer: Some("PC-17.example.com".to_owned()),
            user: Some("S-1-5-20".to_owned()),
            url: Some(URL.to_owned()),
            text: error.message().map(str::to_owned),
            error: Some(error),
        }),
        repeated: 2,
        clock: ClockKnowledge::Right {
            witness: "servers' Date headers agree with it in 7 replies".to_owned(),
        },
        lists: Vec::new(),
        certificates: vec![root],
        sources: vec![Source {
            fact: Fact::Cached { url: URL.to_owned(), profile: Some("S-1-5-20".to_owned()) },
            file: "evidence/CryptnetUrlCache/Content/77EC63BDA74BD0D0E0426DC8F8008506".to_owned(),
            sha256: Some(hex(&sha256(&octets))),
            what: "cached file".to_owned(),
            value: format!("{} octets", octets.len()),
        }],
        store_problems: Vec::new(),
        assumed: Vec::new(),
        page_sender: None,
        coverage: Coverage {
            stores: true,
            url_caches: true,
            network: true,
            registry: true,
            windows: true,
        },
    }
}

/// The document of these cases, with a proof file for each proof.
pub(super) fn document(cases: &[Case]) -> Document {
    let mut document = Document::new(CLOCK.to_owned(), "windows-7".to_owned());
    document.events = cases.iter().map(|case| diagnose(case).unwrap()).collect();
    let mut number = 0;
    for cause in document.events.iter_mut().flat_map(|event| &mut event.causes) {
        if cause.proof.is_some() {
            number += 1;
            cause.scenario = Some(format!("proof-{number}.json"));
        }
    }
    document.forecast = forecast(cases);
    document.lab = true;
    document.files = vec![FileSeen {
        path: "evidence/Application.evtx".to_owned(),
        kind: "event log".to_owned(),
        sha256: hex(&sha256(b"log")),
        size: 1_118_208,
        what: "3 events of the root update".to_owned(),
    }];
    document
}

/// An expired signer, and the clock was right.
fn expired() -> Document {
    document(&[case("list/expired.cab", hresult::CERT_E_EXPIRED)])
}

/// A sound list, and a machine that believes it is 2029.
fn wrong_clock() -> Document {
    let mut wrong = case("list/authrootstl.cab", hresult::CERT_E_EXPIRED);
    wrong.machine.clock = "2029-06-01T00:00:00Z".to_owned();
    wrong.record.as_mut().unwrap().time = "2029-06-01T00:00:00Z".parse().unwrap();
    wrong.clock = ClockKnowledge::Wrong {
        really: CLOCK.parse().unwrap(),
        witness: "servers' Date headers differ from it by the same amount in 7 replies".to_owned(),
    };
    document(&[wrong])
}

/// An expired signer under a CA that is distrusted.
fn two_causes() -> Document {
    let mut both = case("list/expired.cab", hresult::CRYPT_E_REVOKED);
    both.machine.stores.Disallowed = vec![base64(&list_authority())];
    document(&[both])
}

/// A root that is not in the Root store.
fn missing_root() -> Document {
    let mut lacks = case("list/authrootstl.cab", hresult::CERT_E_CHAINING);
    lacks.machine.stores.ROOT = vec![ObjectInput::Base64(EMPTY_STORE.to_owned())];
    document(&[lacks])
}

/// A web page in the list's place, and nothing known of the clock or network.
fn web_page() -> Document {
    let mut page = case("list/web-page.cab", hresult::ERROR_INVALID_DATA);
    page.clock = ClockKnowledge::Unknown;
    page.coverage = Coverage::default();
    document(&[page])
}

/// A cache that was repaired before anyone looked.
fn not_reproduced() -> Document {
    document(&[case("list/authrootstl.cab", hresult::CERT_E_EXPIRED)])
}

/// No record: what the machine would log.
fn predicted() -> Document {
    let mut unrecorded = case("list/expired.cab", hresult::CERT_E_EXPIRED);
    unrecorded.record = None;
    unrecorded.clock = ClockKnowledge::Unknown;
    document(&[unrecorded])
}

/// Nothing wrong, nothing logged.
fn quiet() -> Document {
    let mut sound = case("list/authrootstl.cab", hresult::S_OK);
    sound.record = None;
    document(&[sound])
}

/// A policy that switches the update off.
fn disabled() -> Document {
    let mut off = case("list/authrootstl.cab", hresult::S_OK);
    off.record = None;
    let key =
        "HKLM\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\AuthRoot!DisableRootAutoUpdate";
    off.machine.registry.insert(key.to_owned(), RegistryValue::Number(1));
    document(&[off])
}

/// A store that may not be opened, and a record in German.
fn denied() -> Document {
    let mut denied = case("list/authrootstl.cab", HResult(0x8007_0005));
    denied.record.as_mut().unwrap().text = Some("Zugriff verweigert".to_owned());
    denied.machine.faults =
        vec![Fault { store: "ROOT".to_owned(), error: "0x80070005".to_owned() }];
    document(&[denied])
}

/// Several events.
fn several() -> Document {
    document(&[
        case("list/expired.cab", hresult::CERT_E_EXPIRED),
        case("list/truncated.cab", hresult::ERROR_INVALID_DATA),
        case("list/tampered-signature.cab", hresult::NTE_BAD_SIGNATURE),
        case("list/wrong-usage.cab", hresult::CERT_E_WRONG_USAGE),
    ])
}

/// Every sample by its name, made once.
pub(super) fn all() -> &'static [(&'static str, Document)] {
    static SAMPLES: LazyLock<Vec<(&str, Document)>> = LazyLock::new(|| {
        vec![
            ("expired", expired()),
            ("wrong-clock", wrong_clock()),
            ("two-causes", two_causes()),
            ("missing-root", missing_root()),
            ("web-page", web_page()),
            ("not-reproduced", not_reproduced()),
            ("predicted", predicted()),
            ("quiet", quiet()),
            ("disabled", disabled()),
            ("denied", denied()),
            ("several", several()),
            ("hostile", hostile()),
        ]
    });
    &SAMPLES
}

pub(super) fn named(wanted: &str) -> &'static Document {
    &all().iter().find(|(name, _)| *name == wanted).unwrap().1
}

/// A text that tries everything: markup, entities, quotes, control characters, directions.
pub(super) const HOSTILE: &str = "</title></svg><script>alert(1)</script>\"' onload=alert(2) \
     &lt; &#x3c; ]]> --> \u{202e}gnp\u{1b}[31m\u{0}\u{ffff}\u{200b} <img src=x onerror=alert(3)>";

/// Evidence that an attacker wrote: every text in it is hostile, and one is very long.
fn hostile() -> Document {
    let mut document = several();
    let long = "x".repeat(400);
    for event in &mut document.events {
        if let Some(record) = &mut event.record {
            record.computer = Some(HOSTILE.to_owned());
            record.user = Some(HOSTILE.to_owned());
            record.url = Some(format!("http://{HOSTILE}/{long}"));
            record.text = Some(HOSTILE.to_owned());
            record.source = HOSTILE.to_owned();
        }
        for cause in &mut event.causes {
            cause.statement = format!("{HOSTILE} {long}");
            for evidence in &mut cause.evidence {
                evidence.file = Some(HOSTILE.to_owned());
                evidence.value = HOSTILE.to_owned();
            }
            if let Some(without) = &mut cause.without_it {
                without.changed = format!("{HOSTILE} {long}");
            }
        }
        for remedy in &mut event.remedies {
            remedy.commands.push(format!("echo {HOSTILE} {long}"));
        }
        let chains = event.chain.iter_mut().flat_map(|chain| &mut chain.simple_chains);
        for element in chains.flat_map(|chain| &mut chain.elements) {
            element.subject = format!("CN={HOSTILE}");
            element.issuer = format!("CN={long}");
        }
        event.steps.push(HOSTILE.to_owned());
        event.would_decide.push(HOSTILE.to_owned());
    }
    document.notes.push(HOSTILE.to_owned());
    for file in &mut document.files {
        file.path = format!("{HOSTILE}{long}");
    }
    document
}

/// The CA between the list's signer and its root.
fn list_authority() -> Vec<u8> {
    let list = SignedData::from_der(&fixture("list/authroot.stl")).unwrap();
    let authority = list
        .certificates()
        .into_iter()
        .find(|certificate| certificate.subject().to_string().contains("List CA"));
    authority.unwrap().der().to_vec()
}
