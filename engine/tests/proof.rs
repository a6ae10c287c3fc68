//! Causes of events of the root update: each proven on a machine that has it, and no other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

#[path = "proof/mutations.rs"]
mod mutations;
#[path = "proof/pairs.rs"]
mod pairs;
#[path = "proof/support.rs"]
mod support;
#[path = "proof/traps.rs"]
mod traps;

use chaincheck_engine::base::digest::{hex, sha1, sha256};
use chaincheck_engine::base::hresult::{self, HResult};
use chaincheck_engine::format::collection::MemberPath;
use chaincheck_engine::object::message::SignedData;
use chaincheck_engine::proof::evidence::{Evidence, EvidenceOptions, EvidenceReader};
use chaincheck_engine::proof::{
    Case, Cause, CauseKind, ClockKnowledge, Coverage, EMPTY_STORE, EventDiagnosis, Record, Status,
    StoreProblem, base64, diagnose, replay,
};
use chaincheck_engine::scenario::{
    Fault, LIST_ROOTS, NetworkAnswer, ObjectInput, RegistryValue, Scenario, run,
};
use chaincheck_testdata::fixtures;
use serde_json::json;

const URL: &str =
    "http://ctldl.windowsupdate.com/msdownload/update/v3/static/trustedr/en/authrootstl.cab";

fn fixture(path: &str) -> Vec<u8> {
    let found = fixtures::all().into_iter().find(|fixture| fixture.path == path);
    found.unwrap_or_else(|| panic!("no fixture {path}")).octets
}

/// A machine with a list of the test root in its cache, and the record of an event.
fn case(list: &str, error: HResult) -> Case {
    let root = fixture("list/root.cer");
    let machine = Scenario::from_json(
        &json!({
            "schema": "chaincheck/scenario-1",
            "profile": "windows-7",
            "clock": "2026-06-01T00:00:00Z",
            "stores": { "ROOT": [base64(&root)] },
            "registry": { LIST_ROOTS: [hex(&sha256(&root))] },
            "url_cache": [{ "url": URL, "object": base64(&fixture(list)), "profile": "S-1-5-20" }],
            "request": { "root_update": {} },
        })
        .to_string(),
    )
    .unwrap();
    Case {
        machine,
        record: Some(Record {
            source: "Application.xml".to_owned(),
            provider: "Microsoft-Windows-CAPI2".to_owned(),
            record_id: Some(1),
            id: 4107,
            definition_id: 4107,
            time: "2026-06-01T00:00:00Z".parse().unwrap(),
            computer: None,
            user: None,
            url: Some(URL.to_owned()),
            text: error.message().map(str::to_owned),
            error: Some(error),
        }),
        repeated: 0,
        clock: ClockKnowledge::Right { witness: "a test says so".to_owned() },
        lists: Vec::new(),
        certificates: vec![root],
        sources: Vec::new(),
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

fn proven(found: &EventDiagnosis) -> Vec<CauseKind> {
    let proven = found.causes.iter().filter(|cause| cause.status == Status::Proven);
    proven.map(|cause| cause.kind).collect()
}

fn cause(found: &EventDiagnosis, kind: CauseKind) -> &Cause {
    found.causes.iter().find(|cause| cause.kind == kind).unwrap()
}

/// The cause is proven, every other refuted, the remedy holds, and the proof can be run again.
fn assert_sole_cause(case: &Case, kind: CauseKind) {
    let found = diagnose(case).unwrap();
    let report = serde_json::to_string_pretty(&found).unwrap();
    assert_eq!(found.reproduced, Some(true), "{report}");
    assert_eq!(proven(&found), [kind], "{report}");
    for other in &found.causes {
        assert!(other.kind == kind || other.status == Status::Refuted, "{report}");
    }
    assert_eq!(found.causes.len(), CauseKind::ALL.len());
    let proof = cause(&found, kind).proof.as_deref().unwrap();
    let document = serde_json::to_value(proof).unwrap();
    let again = replay(&document);
    assert!(again.proven && again.sealed, "{again:?}");
}

#[test]
fn faults_of_the_file() {
    for (list, error, kind) in [
        ("list/expired.cab", hresult::CERT_E_EXPIRED, CauseKind::ExpiredListSigner),
        ("list/not-yet-valid.cab", hresult::CERT_E_EXPIRED, CauseKind::SignerNotYetValid),
        ("list/web-page.cab", hresult::ERROR_INVALID_DATA, CauseKind::NotACabinet),
        ("list/truncated.cab", hresult::ERROR_INVALID_DATA, CauseKind::TruncatedFile),
        ("list/empty.cab", hresult::ERROR_INVALID_DATA, CauseKind::TruncatedFile),
        ("list/tampered-content.cab", hresult::CRYPT_E_HASH_VALUE, CauseKind::TamperedList),
        ("list/tampered-signature.cab", hresult::NTE_BAD_SIGNATURE, CauseKind::TamperedList),
        ("list/wrong-usage.cab", hresult::CERT_E_WRONG_USAGE, CauseKind::WrongUsage),
        ("list/other-content.cab", HResult(0x8009_310b), CauseKind::CorruptList),
    ] {
        println!("{list}");
        assert_sole_cause(&case(list, error), kind);
    }
}

#[test]
fn faults_of_the_stores() {
    let mut lacks_root = case("list/authrootstl.cab", hresult::CERT_E_CHAINING);
    lacks_root.machine.stores.ROOT = vec![ObjectInput::Base64(EMPTY_STORE.to_owned())];
    assert_sole_cause(&lacks_root, CauseKind::MissingRoot);

    let mut damaged = lacks_root.clone();
    damaged.store_problems.push(StoreProblem {
        store: "ROOT".to_owned(),
        sha1: hex(&sha1(&fixture("list/root.cer"))),
        what: "record 32 is cut".to_owned(),
        file: "SOFTWARE".to_owned(),
    });
    assert_sole_cause(&damaged, CauseKind::StoreCorrupt);

    let mut lacks_ca = case("list/missing-intermediate.cab", hresult::CERT_E_CHAINING);
    lacks_ca.lists.push(fixture("list/authrootstl.cab"));
    assert_sole_cause(&lacks_ca, CauseKind::MissingIntermediate);

    let mut distrusts = case("list/authrootstl.cab", hresult::CRYPT_E_REVOKED);
    distrusts.machine.stores.Disallowed = vec![base64(&list_authority())];
    assert_sole_cause(&distrusts, CauseKind::DistrustedListChain);

    let mut denied = case("list/authrootstl.cab", HResult(0x8007_0005));
    denied.machine.faults = vec![fault("ROOT", "0x80070005")];
    assert_sole_cause(&denied, CauseKind::StoreAccessDenied);
    denied.machine.faults = vec![fault("TEMP", "0x80070005")];
    assert_sole_cause(&denied, CauseKind::StoreAccessDenied);

    let mut corrupt = case("list/authrootstl.cab", HResult(0x8007_03f1));
    corrupt.machine.faults = vec![fault("ROOT", "0x800703f1")];
    assert_sole_cause(&corrupt, CauseKind::StoreCorrupt);
}

#[test]
fn faults_of_the_network() {
    let answer =
        |value: serde_json::Value| -> Vec<NetworkAnswer> { serde_json::from_value(value).unwrap() };
    let mut page = case("list/authrootstl.cab", hresult::ERROR_INVALID_DATA);
    page.machine.url_cache.clear();
    let web_page = base64(&fixture("list/web-page.cab"));
    page.machine.network = answer(json!([{ "url": URL, "status": 200, "object": web_page }]));
    assert_sole_cause(&page, CauseKind::Proxy);

    let mut dns = case("list/authrootstl.cab", HResult(0x8007_2ee7));
    dns.machine.url_cache.clear();
    dns.machine.network = answer(json!([{ "url": URL, "error": "dns" }]));
    let record = dns.record.as_mut().unwrap();
    (record.id, record.definition_id) = (4099, 4099);
    assert_sole_cause(&dns, CauseKind::Unreachable);

    // a root's own certificate: 4101, and 4100 when it comes
    let (name, url) = {
        let thumbprint = hex(&sha1(&fixture("list/root.cer"))).to_uppercase();
        (thumbprint.clone(), format!("{}{thumbprint}.crt", URL.trim_end_matches("authrootstl.cab")))
    };
    let mut root = case("list/authrootstl.cab", HResult(0x8007_2efd));
    root.machine.network = answer(json!([{ "url": url, "error": "refused" }]));
    let record = root.record.as_mut().unwrap();
    (record.id, record.definition_id, record.url) = (4101, 4101, Some(url.clone()));
    assert_sole_cause(&root, CauseKind::Unreachable);
    let certificate = base64(&fixture("list/root.cer"));
    let other = base64(&list_authority());
    for (object, id) in [(certificate, 4100), (other, 4101)] {
        root.machine.network = answer(json!([{ "url": url, "object": object }]));
        let outcome = run(&root.machine, &|_: &str| Err(String::new()));
        let ids: Vec<u32> = outcome.events.unwrap().iter().map(|event| event.id).collect();
        assert_eq!(ids, [id], "{name}");
    }
}

#[test]
fn a_wrong_clock_is_told_from_an_expired_signer() {
    // the list is sound in 2026; the machine believes it is 2029
    let mut wrong = case("list/authrootstl.cab", hresult::CERT_E_EXPIRED);
    wrong.machine.clock = "2029-06-01T00:00:00Z".to_owned();
    wrong.clock = ClockKnowledge::Wrong {
        really: "2026-06-01T00:00:00Z".parse().unwrap(),
        witness: "a test says so".to_owned(),
    };
    assert_sole_cause(&wrong, CauseKind::WrongClock);

    // a wrong clock that does not matter: the signer had expired at either time
    let mut either = case("list/expired.cab", hresult::CERT_E_EXPIRED);
    either.clock = ClockKnowledge::Wrong {
        really: "2026-05-01T00:00:00Z".parse().unwrap(),
        witness: "a test says so".to_owned(),
    };
    assert_sole_cause(&either, CauseKind::ExpiredListSigner);

    // nothing known of the clock: that it may have been wrong stays open, and is said
    let mut unknown = case("list/expired.cab", hresult::CERT_E_EXPIRED);
    unknown.clock = ClockKnowledge::Unknown;
    let found = diagnose(&unknown).unwrap();
    assert_eq!(proven(&found), [CauseKind::ExpiredListSigner]);
    assert_eq!(cause(&found, CauseKind::WrongClock).status, Status::Undecided);
    assert!(found.would_decide.iter().any(|wanted| wanted.contains("Date")));
}

#[test]
fn two_causes_are_both_found() {
    let mut both = case("list/expired.cab", hresult::CRYPT_E_REVOKED);
    both.machine.stores.Disallowed = vec![base64(&list_authority())];
    let found = diagnose(&both).unwrap();
    let kinds = [CauseKind::DistrustedListChain, CauseKind::ExpiredListSigner];
    let report = serde_json::to_string_pretty(&found).unwrap();
    assert_eq!(proven(&found), kinds, "{report}");
    assert_eq!(cause(&found, kinds[0]).jointly_with, [kinds[1]]);
    for remedy in &found.remedies {
        assert!(remedy.verified, "{remedy:?}");
    }
    for kind in kinds {
        let proof = cause(&found, kind).proof.as_deref().unwrap();
        let again = replay(&serde_json::to_value(proof).unwrap());
        assert!(again.proven, "{again:?}");
    }
}

#[test]
fn nothing_is_proven_where_the_event_is_not_reproduced() {
    // the cache was repaired since
    let clean = case("list/authrootstl.cab", hresult::CERT_E_EXPIRED);
    let found = diagnose(&clean).unwrap();
    assert_eq!(found.reproduced, Some(false));
    assert_eq!(proven(&found), []);
    // another code than the one recorded
    let other = case("list/expired.cab", hresult::ERROR_INVALID_DATA);
    assert_eq!(proven(&diagnose(&other).unwrap()), []);
    // a version of Windows of which no such event is known
    let mut newer = case("list/expired.cab", hresult::CERT_E_EXPIRED);
    newer.machine.profile = Some("windows-11".to_owned());
    let found = diagnose(&newer).unwrap();
    assert_eq!(found.reproduced, Some(false));
    assert_eq!(cause(&found, CauseKind::ExpiredListSigner).status, Status::Consistent);
    // no record: this is what would happen, not what did
    let mut unrecorded = case("list/expired.cab", hresult::CERT_E_EXPIRED);
    unrecorded.record = None;
    let found = diagnose(&unrecorded).unwrap();
    assert_eq!((found.reproduced, proven(&found)), (None, vec![]));
    assert_eq!(found.event.as_ref().map(|event| event.id), Some(4107));
    assert_eq!(cause(&found, CauseKind::ExpiredListSigner).status, Status::Consistent);
}

#[test]
fn a_policy_that_switches_the_update_off() {
    let mut off = case("list/authrootstl.cab", hresult::S_OK);
    off.record = None;
    let key =
        "HKLM\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\AuthRoot!DisableRootAutoUpdate";
    off.machine.registry.insert(key.to_owned(), RegistryValue::Number(1));
    let found = diagnose(&off).unwrap();
    assert_eq!(proven(&found), [CauseKind::UpdateDisabled]);
    // it is no cause of an event that was logged
    let mut logged = case("list/expired.cab", hresult::CERT_E_EXPIRED);
    logged.machine.registry.insert(key.to_owned(), RegistryValue::Number(1));
    let found = diagnose(&logged).unwrap();
    assert_eq!(cause(&found, CauseKind::UpdateDisabled).status, Status::Refuted);
}

#[test]
fn a_proof_that_was_changed_is_none() {
    let found = diagnose(&case("list/expired.cab", hresult::CERT_E_EXPIRED)).unwrap();
    let proof = cause(&found, CauseKind::ExpiredListSigner).proof.as_deref().unwrap();
    let document = serde_json::to_value(proof).unwrap();
    let mut paths = Vec::new();
    leaves(&document, String::new(), &mut paths);
    assert!(paths.len() > 20);
    for path in &paths {
        let mut changed = document.clone();
        let place = changed.pointer_mut(path).unwrap();
        *place = match &*place {
            serde_json::Value::String(text) => json!(format!("{text}A")),
            serde_json::Value::Number(number) => json!(number.as_i64().unwrap() + 1),
            _ => json!("changed"),
        };
        assert!(!replay(&changed).proven, "{path}");
    }
}

fn leaves(value: &serde_json::Value, path: String, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => map.iter().for_each(|(key, inner)| {
            let key = key.replace('~', "~0").replace('/', "~1");
            leaves(inner, format!("{path}/{key}"), found);
        }),
        serde_json::Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(index, inner)| leaves(inner, format!("{path}/{index}"), found)),
        _ => found.push(path),
    }
}

fn fault(store: &str, error: &str) -> Fault {
    Fault { store: store.to_owned(), error: error.to_owned() }
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

/// The evidence of a laboratory, as its files.
fn lab_evidence(cause: &str) -> Evidence {
    let mut reader =
        EvidenceReader::new(EvidenceOptions::new("2026-06-01T00:00:00Z".parse().unwrap()));
    let root = MemberPath::new("lab");
    for file in chaincheck_testdata::lab::lab(cause).unwrap() {
        reader.add(&root.member(&file.path), &file.octets, None);
    }
    reader.finish()
}

#[test]
fn every_laboratory_proves_its_cause_and_no_other() {
    assert_eq!(chaincheck_testdata::lab::CAUSES, CauseKind::ALL.map(CauseKind::name));
    let mut failed = Vec::new();
    for kind in CauseKind::ALL {
        if let Err(why) = std::panic::catch_unwind(|| assert_lab(kind)) {
            let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
            failed.push(format!("{kind}: {why}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn assert_lab(kind: CauseKind) {
    {
        let evidence = lab_evidence(kind.name());
        assert!(evidence.lab.is_some());
        assert_eq!(evidence.cases.len(), 1, "{kind}: {:?}", evidence.notes);
        let case = &evidence.cases[0];
        let found = diagnose(case).unwrap();
        let report = serde_json::to_string_pretty(&found).unwrap();
        assert_eq!(proven(&found), [kind], "{:?}\n{report}", evidence.notes);
        for other in found.causes.iter().filter(|other| other.kind != kind) {
            assert_eq!(other.status, Status::Refuted, "{report}");
        }
        let proof = cause(&found, kind).proof.as_deref().unwrap();
        let again = replay(&serde_json::to_value(proof).unwrap());
        assert!(again.proven, "{again:?}");
    }
}
