//! The root program: every root of Microsoft's list, judged beside a model that is written here
//! from the properties alone.
//!
//! Evidence is found as in `evidence.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use chaincheck_engine::base::digest::{hex, sha1};
use chaincheck_engine::base::oid::Oid;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::context::{ChainContext, Origin};
use chaincheck_engine::chain::engine::{
    ChainEngine, ChainFlags, ChainRequest, EngineKind, UsageMatch,
};
use chaincheck_engine::chain::status::{TrustError, TrustInfo};
use chaincheck_engine::format::{Kind, Limits, open};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::property;
use chaincheck_engine::policy::{PolicyName, PolicyRequest, verify_all};
use chaincheck_engine::retrieval::{Purpose, Request, Retrieval, RetrievalError, Retrieved};
use chaincheck_engine::root_update::admit::{
    AdmittedList, ListKind, Refusal, SignerTime, Succession, admit, succession,
};
use chaincheck_engine::root_update::list::{ListSettings, Step};
use chaincheck_engine::store::root_program::verdict::{RootQuestion, verdict};
use chaincheck_engine::store::root_program::{RootProgram, embedded};
use chaincheck_engine::store::{Store, SystemStores};
use chaincheck_testdata::der;

fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::var_os("CHAINCHECK_SHARED")
        .map_or_else(|| root.join("../shared"), |path| root.join(path));
    if folder.is_dir() {
        return Some(folder);
    }
    assert_ne!(
        std::env::var("CHAINCHECK_REQUIRE_SHARED").as_deref(),
        Ok("1"),
        "CHAINCHECK_REQUIRE_SHARED is set, and {} is no folder",
        folder.display()
    );
    println!("skipped: no evidence at {}", folder.display());
    None
}

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

/// What the list says of one root, as another tool has read it (truth.tsv).
#[derive(Debug, Clone)]
struct Facts {
    name: String,
    usages: Option<Vec<String>>,
    removed: Vec<String>,
    disabled: Option<Time>,
    not_before: Option<Time>,
    not_before_usages: Option<Vec<String>>,
}

fn truth(shared: &Path) -> BTreeMap<String, Facts> {
    let text = fs::read_to_string(shared.join("data/authroot/2026-10-23/truth.tsv")).unwrap();
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap().split('\t').collect();
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let field = |name| fields[columns.iter().position(|c| *c == name).unwrap()];
            let oids = |name| {
                let text = field(name);
                (text != "-").then(|| text.split(',').map(str::to_owned).collect::<Vec<_>>())
            };
            // "()" is present and empty: withdrawn
            let date = |name| field(name).parse::<Time>().ok();
            let facts = Facts {
                name: field("friendly_name_11").to_owned(),
                usages: oids("eku_9"),
                removed: oids("disallowed_eku_122").unwrap_or_default(),
                disabled: date("disallowed_time_104"),
                not_before: date("notbefore_time_126"),
                not_before_usages: oids("notbefore_eku_127"),
            };
            (field("sha1").to_owned(), facts)
        })
        .collect()
}

/// One point of the grid.
#[derive(Debug, Clone, Copy)]
struct Point<'a> {
    usage: &'a str,
    now: Time,
    issued: Time,
    stamped: Option<Time>,
}

impl Facts {
    fn enabled(&self, point: &Point<'_>) -> bool {
        let listed = match &self.usages {
            Some(usages) => usages.iter().any(|usage| usage == point.usage),
            None => true,
        };
        listed && !self.removed.iter().any(|usage| usage == point.usage)
    }

    fn disabled(&self, point: &Point<'_>) -> bool {
        match self.disabled {
            Some(date) => point.stamped.unwrap_or(point.now) >= date,
            None => false,
        }
    }

    fn too_late(&self, point: &Point<'_>) -> bool {
        let Some(date) = self.not_before else { return false };
        let concerned = match &self.not_before_usages {
            Some(usages) => usages.iter().any(|usage| usage == point.usage),
            None => true,
        };
        let rescued = point.stamped.is_some_and(|stamped| stamped < date);
        concerned && point.issued > date && !rescued
    }
}

const USAGES: [&str; 8] = [
    "1.3.6.1.5.5.7.3.1",
    "1.3.6.1.5.5.7.3.2",
    "1.3.6.1.5.5.7.3.3",
    "1.3.6.1.5.5.7.3.4",
    "1.3.6.1.5.5.7.3.8",
    "1.3.6.1.5.5.7.3.9",
    "1.3.6.1.4.1.311.10.3.4",
    "1.3.6.1.4.1.311.94.1.2",
];

/// Every date of the list, a second before it and a second after it, thinned out, and some far off.
fn dates(truth: &BTreeMap<String, Facts>, every: usize) -> Vec<Time> {
    let dates = truth.values().flat_map(|facts| [facts.disabled, facts.not_before]).flatten();
    let mut dates: Vec<Time> = dates.collect();
    dates.sort();
    dates.dedup();
    let mut all = vec![time("1999-12-31"), time("2026-11-01"), time("2040-01-01")];
    let around = |date: &Time| [date.plus_seconds(-1), *date, date.plus_seconds(1)];
    all.extend(dates.iter().step_by(every).flat_map(around));
    all
}

#[test]
fn the_verdict_on_every_listed_root_is_that_of_its_properties() {
    let Some(shared) = shared() else { return };
    let truth = truth(&shared);
    let program = embedded::root_program().unwrap();
    assert_eq!((truth.len(), program.entries().len()), (555, 555));
    let (mut asked, mut refused) = (0, 0);
    let dates = dates(&truth, 5);
    for entry in program.entries() {
        let facts = &truth[&hex(&entry.sha1)];
        assert_eq!(entry.name(), facts.name);
        for usage in USAGES {
            let oid: Oid = usage.parse().unwrap();
            for &now in &dates {
                for (issued, stamped) in [
                    (now, None),
                    (now.plus_seconds(-400 * 86_400), None),
                    (now.plus_seconds(-86_400), Some(now)),
                ] {
                    let point = Point { usage, now, issued, stamped };
                    let found = verdict(
                        &entry.properties,
                        &RootQuestion {
                            usages: std::slice::from_ref(&oid),
                            now: if stamped.is_some() { Time::MAX } else { now },
                            time: now,
                            time_stamped: stamped.is_some(),
                            issued: Some(issued),
                        },
                    );
                    asked += 1;
                    refused += usize::from(!found.is_trusted());
                    let say = || format!("{} {point:?}", facts.name);
                    assert_eq!(found.not_enabled.is_empty(), facts.enabled(&point), "{}", say());
                    assert_eq!(found.disabled.is_some(), facts.disabled(&point), "{}", say());
                    assert_eq!(found.issued_after.is_some(), facts.too_late(&point), "{}", say());
                }
            }
        }
    }
    println!("{asked} verdicts, {refused} of them refuse");
    assert!(refused > asked / 10 && refused < asked);
}

/// The embedded program with every certificate that is in Windows' own dumps.
fn program_with_certificates(shared: &Path) -> RootProgram {
    let mut certificates: Vec<Arc<[u8]>> = Vec::new();
    for name in ["roots-2021-10.sst", "roots-2025-08.sst"] {
        let octets = fs::read(shared.join("data/samples/sst").join(name)).unwrap();
        let contents = open(&octets, &Limits::default()).unwrap();
        certificates.extend(contents.items.into_iter().map(|item| item.octets));
    }
    embedded::root_program().unwrap().with_certificates(certificates)
}

/// A certificate that names this root as its issuer. Nobody has signed it.
fn forged_leaf(root: &Certificate, issued: Time) -> Certificate {
    let algorithm = der::sequence(&[der::oid("1.2.840.113549.1.1.11"), der::null()]);
    let digits = |time: Time| -> String {
        time.to_string().chars().filter(char::is_ascii_digit).take(14).collect()
    };
    let (from, to) = (digits(issued), digits(issued.plus_seconds(30 * 365 * 86_400)));
    let tbs = der::sequence(&[
        der::tlv(0xa0, &der::integer(&[2])),
        der::integer(&[1]),
        algorithm.clone(),
        root.subject().raw().to_vec(),
        der::sequence(&[der::tlv(0x18, &zulu(&from)), der::tlv(0x18, &zulu(&to))]),
        chaincheck_testdata::certificate::name("nobody"),
        root.spki().to_vec(),
    ]);
    let octets = der::sequence(&[tbs, algorithm, der::bit_string(&[0; 8])]);
    Certificate::from_der(&octets).unwrap()
}

fn zulu(digits: &str) -> Vec<u8> {
    format!("{digits}Z").into_bytes()
}

fn ask(program: &RootProgram, end: Certificate, point: &Point<'_>) -> ChainContext {
    let stores = SystemStores { root_program: Some(program.clone()), ..SystemStores::default() };
    let engine = ChainEngine::new(stores, EngineKind::System, Default::default());
    let mut request = ChainRequest::new(end, point.now);
    request.usage = UsageMatch::all(vec![point.usage.parse().unwrap()]);
    if let Some(stamped) = point.stamped {
        request.time = Some(stamped);
        request.flags = ChainFlags::TIMESTAMP_TIME;
    }
    engine.chain(&request).unwrap()
}

#[test]
fn the_chain_engine_says_the_same_of_every_root_whose_certificate_is_known() {
    let Some(shared) = shared() else { return };
    let truth = truth(&shared);
    let program = program_with_certificates(&shared);
    let dates = dates(&truth, 10);
    let (mut roots, mut asked) = (0, 0);
    for entry in program.entries() {
        let Some(context) = program.certificate(entry) else { continue };
        roots += 1;
        for (number, now) in dates.iter().enumerate() {
            // over all dates every root meets every usage
            let usage = USAGES[(number + roots) % USAGES.len()];
            let point = Point { usage, now: *now, issued: now.plus_seconds(-10), stamped: None };
            let chain = ask(&program, forged_leaf(context.certificate(), point.issued), &point);
            let root = chain.elements().last().unwrap();
            assert_eq!(chain.elements().len(), 2, "{}", entry.name());
            assert!(!root.status.error.contains(TrustError::IS_UNTRUSTED_ROOT));
            assert_eq!(root.origin, Origin::AuthRoot);
            // of several roots of one name, any may be chosen: nobody has signed
            let facts = &truth[&hex(&root.certificate.sha1())];
            let own = root.certificate.extensions().ext_key_usage.as_ref().and_then(|d| d.ok());
            let own = own.is_none_or(|own| own.iter().any(|oid| oid.to_string() == usage));
            let refused = root.status.error.contains(TrustError::IS_NOT_VALID_FOR_USAGE);
            let say = || format!("{} {point:?} {chain}", facts.name);
            assert_eq!(refused, !(facts.enabled(&point) && own), "{}", say());
            let distrusted = root.status.error.contains(TrustError::IS_EXPLICIT_DISTRUST);
            let expected = facts.disabled(&point) || facts.too_late(&point);
            assert_eq!(distrusted, expected, "{}", say());
            asked += 1;
        }
    }
    println!("{asked} chains to {roots} roots");
    assert!(roots >= 505, "only {roots} roots are known");
}

/// Root, usage, clock, when the certificate was issued: is anything against it?
#[test]
fn partial_distrust_is_that_of_the_real_entries() {
    let program = embedded::root_program().unwrap();
    let cases = [
        // WoSign and StartCom: nothing issued after September 2017, and nothing at all from 2019
        ("b94294bf91", "1.3.6.1.5.5.7.3.1", "2018-06-01", "2017-09-29", true),
        ("b94294bf91", "1.3.6.1.5.5.7.3.1", "2018-06-01", "2017-10-01", false),
        ("b94294bf91", "1.3.6.1.5.5.7.3.1", "2019-02-01", "2017-01-01", false),
        ("3e2bf7f203", "1.3.6.1.5.5.7.3.3", "2019-01-31", "2017-09-30", true),
        ("3e2bf7f203", "1.3.6.1.5.5.7.3.3", "2019-02-01", "2017-09-30", false),
        // Symantec: G4 disabled in February 2023; G6 of class 1 untouched
        ("58d52db933", "1.3.6.1.5.5.7.3.1", "2023-01-31", "2021-01-31", true),
        ("58d52db933", "1.3.6.1.5.5.7.3.1", "2023-01-31", "2021-02-02", false),
        ("58d52db933", "1.3.6.1.5.5.7.3.1", "2023-02-01", "2021-01-31", false),
        ("517f611e29", "1.3.6.1.5.5.7.3.4", "2026-11-01", "2026-10-01", true),
        // VeriSign Universal: only for TLS and code signing no newer certificates
        ("3679ca3566", "1.3.6.1.5.5.7.3.1", "2026-11-01", "2026-10-01", false),
        ("3679ca3566", "1.3.6.1.5.5.7.3.4", "2026-11-01", "2026-10-01", true),
        // Entrust: no TLS certificates issued after 16 April 2025; e-mail goes on
        ("8cf427fd79", "1.3.6.1.5.5.7.3.1", "2026-11-01", "2025-04-15", true),
        ("8cf427fd79", "1.3.6.1.5.5.7.3.1", "2026-11-01", "2025-04-17", false),
        ("8cf427fd79", "1.3.6.1.5.5.7.3.4", "2026-11-01", "2025-04-17", true),
        ("14884e8626", "1.3.6.1.5.5.7.3.9", "2026-11-01", "2020-01-01", false),
        // VeriSign 4EB6D5: the distrust of July 2023 was withdrawn by an empty value
        ("4eb6d57849", "1.3.6.1.5.5.7.3.1", "2026-11-01", "2021-01-31", true),
    ];
    for (root, usage, now, issued, expected) in cases {
        let entry = program.entries().iter().find(|e| hex(&e.sha1).starts_with(root)).unwrap();
        let usages: [Oid; 1] = [usage.parse().unwrap()];
        let (now, issued) = (time(now), Some(time(issued)));
        let question =
            RootQuestion { usages: &usages, now, time: now, time_stamped: false, issued };
        let found = verdict(&entry.properties, &question);
        assert_eq!(found.is_trusted(), expected, "{} {usage} {now} {found:?}", entry.name());
    }
}

#[test]
fn what_windows_disallows_the_embedded_list_disallows() {
    let Some(shared) = shared() else { return };
    let list = embedded::disallowed_list().unwrap();
    let octets = fs::read(shared.join("data/disallowed/2020-12-10/disallowedcert.sst")).unwrap();
    let contents = open(&octets, &Limits::default()).unwrap();
    let mut diginotar = 0;
    for item in contents.items.iter().filter(|item| item.kind == Kind::Certificate) {
        let certificate = Certificate::from_der(&item.octets).unwrap();
        assert!(list.matches(&certificate).is_some(), "{}", certificate.subject());
        if !certificate.subject().to_string().contains("DigiNotar") {
            continue;
        }
        diginotar += 1;
        // the administrator trusts it: it is distrusted all the same
        let stores = SystemStores {
            root: Store::of([certificate.clone()]),
            disallowed_list: Some(list.clone()),
            ..SystemStores::default()
        };
        let engine = ChainEngine::new(stores, EngineKind::System, Default::default());
        let chain = engine.chain(&ChainRequest::new(certificate, time("2012-01-01"))).unwrap();
        assert!(chain.status.error.contains(TrustError::IS_EXPLICIT_DISTRUST), "{chain}");
        let why = &chain.elements()[0].findings;
        assert!(why.iter().any(|finding| finding.what.contains("disallowed list of 2020-12-10")));
    }
    assert!(diginotar >= 5, "only {diginotar} of DigiNotar's");
}

/// An answer for every address, and what was asked for.
struct Server {
    octets: Vec<u8>,
    asked: Mutex<Vec<String>>,
}

impl Retrieval for Server {
    fn retrieve(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError> {
        assert_eq!(request.purpose, Purpose::Root);
        self.asked.lock().unwrap().push(request.url.to_owned());
        let octets = self.octets.clone().into();
        let response = chaincheck_engine::retrieval::ResponseFacts::default();
        Ok(Retrieved { octets, from_cache: false, last_sync: None, elapsed_ms: 1, response })
    }
}

/// A root of Windows' dump that the engine does not carry.
fn absent_root(shared: &Path) -> Certificate {
    let program = embedded::root_program().unwrap();
    let octets = fs::read(shared.join("data/samples/sst/roots-2025-08.sst")).unwrap();
    let contents = open(&octets, &Limits::default()).unwrap();
    let found = contents.items.iter().find(|item| {
        let entry = program.by_sha1(&sha1(&item.octets));
        entry.is_some_and(|entry| program.certificate(entry).is_none())
    });
    Certificate::from_der(&found.unwrap().octets).unwrap()
}

fn chain_with(
    retrieval: &dyn Retrieval,
    end: Certificate,
    flags: ChainFlags,
    additional: Store,
) -> ChainContext {
    let stores =
        SystemStores { root_program: embedded::root_program().cloned(), ..SystemStores::default() };
    let engine = ChainEngine::new(stores, EngineKind::System, Default::default());
    let mut request = ChainRequest::new(end, time("2026-11-01"));
    request.retrieval = retrieval;
    request.flags = flags;
    request.additional = additional;
    engine.chain(&request).unwrap()
}

#[test]
fn a_root_that_is_not_at_hand_is_named_and_fetched_by_its_thumbprint() {
    let Some(shared) = shared() else { return };
    let root = absent_root(&shared);
    let leaf = || forged_leaf(&root, time("2024-01-01"));
    let offline = &chaincheck_engine::retrieval::Offline;
    let none = ChainFlags::default;

    let chain = chain_with(offline, leaf(), none(), Store::default());
    assert!(chain.status.error.contains(TrustError::IS_PARTIAL_CHAIN));
    let wanted: Vec<_> = chain.roots_wanted.iter().map(|wanted| wanted.sha1).collect();
    assert!(wanted.contains(&root.sha1()), "{:?}", chain.roots_wanted);

    let server = Server { octets: root.der().to_vec(), asked: Mutex::default() };
    let chain = chain_with(&server, leaf(), none(), Store::default());
    assert_eq!(chain.elements().last().unwrap().certificate, root, "{chain}");
    assert!(!chain.status.error.contains(TrustError::IS_UNTRUSTED_ROOT));
    let url = format!(
        "http://ctldl.windowsupdate.com/msdownload/update/v3/static/trustedr/en/{}.crt",
        hex(&root.sha1()).to_uppercase()
    );
    assert!(server.asked.lock().unwrap().contains(&url));

    // anything else behind the address is refused
    let other = embedded::root_program().unwrap();
    let other = other.entries().iter().find_map(|e| other.certificate(e)).unwrap();
    for octets in [other.certificate().der().to_vec(), b"<html>".to_vec(), Vec::new()] {
        let server = Server { octets, asked: Mutex::default() };
        let chain = chain_with(&server, leaf(), none(), Store::default());
        assert!(chain.status.error.contains(TrustError::IS_PARTIAL_CHAIN));
        assert!(chain.roots_wanted.iter().any(|w| w.problem.contains("not the certificate")));
    }

    // switched off for the call, nothing is looked up
    let server = Server { octets: root.der().to_vec(), asked: Mutex::default() };
    let off = ChainFlags::DISABLE_AUTH_ROOT_AUTO_UPDATE;
    let chain = chain_with(&server, leaf(), off, Store::default());
    assert!(chain.roots_wanted.is_empty() && server.asked.lock().unwrap().is_empty());

    // given along, it need not be fetched
    let chain = chain_with(offline, leaf(), none(), Store::of([root.clone()]));
    assert!(!chain.status.error.contains(TrustError::IS_UNTRUSTED_ROOT), "{chain}");
    assert_eq!(chain.elements().last().unwrap().certificate, root);
    let alone = chain_with(offline, root.clone(), none(), Store::default());
    assert!(!alone.status.error.contains(TrustError::IS_UNTRUSTED_ROOT), "{alone}");
}

#[test]
fn a_root_that_is_in_no_list_stays_untrusted() {
    let octets = fs::read("../testdata/generated/tls/root.pem").unwrap();
    let contents = open(&octets, &Limits::default()).unwrap();
    let root = Certificate::from_der(&contents.items[0].octets).unwrap();
    let offline = &chaincheck_engine::retrieval::Offline;
    let chain = chain_with(offline, root, ChainFlags::default(), Store::default());
    assert!(chain.status.error.contains(TrustError::IS_UNTRUSTED_ROOT));
    assert!(chain.roots_wanted.is_empty());
}

#[test]
fn public_chains_are_accepted_without_set_up() {
    let Some(shared) = shared() else { return };
    let text = fs::read_to_string(shared.join("vectors/windows/rustls.jsonl")).unwrap();
    let mut seen = 0;
    for line in text.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        if !case["id"].as_str().unwrap().contains("rpv-real") {
            continue;
        }
        seen += 1;
        let question = &case["request"]["chain"];
        let certificate = |value: &serde_json::Value| {
            let contents = open(value.as_str().unwrap().as_bytes(), &Limits::default()).unwrap();
            Certificate::from_der(&contents.items[0].octets).unwrap()
        };
        let stores = SystemStores {
            root_program: embedded::root_program().cloned(),
            disallowed_list: embedded::disallowed_list().cloned(),
            ..SystemStores::default()
        };
        let engine = ChainEngine::new(stores, EngineKind::System, Default::default());
        let now = time(case["clock"].as_str().unwrap());
        let mut request = ChainRequest::new(certificate(&question["end"]), now);
        let additional = question["additional"].as_array().unwrap();
        request.additional = Store::of(additional.iter().map(certificate));
        request.usage = UsageMatch::all(vec![USAGES[0].parse().unwrap()]);
        let chain = engine.chain(&request).unwrap();
        assert!(chain.is_ok(), "{chain}");
        assert!(chain.status.info.contains(TrustInfo::HAS_PREFERRED_ISSUER));
        assert_eq!(chain.elements().last().unwrap().origin, Origin::AuthRoot);
        let policy = PolicyRequest::new(PolicyName::Base);
        assert!(verify_all(&chain, &[policy], engine.stores(), now)[0].is_ok());
    }
    assert_eq!(seen, 3);
}

fn generated(name: &str) -> Vec<u8> {
    fs::read(Path::new("../testdata/generated/list").join(name)).unwrap()
}

fn settings() -> ListSettings {
    let root = Certificate::from_der(&generated("root.cer")).unwrap();
    let mut settings = ListSettings::new(time("2026-06-01"));
    settings.stores.root = Store::of([root.clone()]);
    settings.list_roots = Some(Store::of([root]));
    settings
}

fn admitted(name: &str) -> AdmittedList {
    admit(&generated(name), &settings(), SignerTime::Now).unwrap()
}

#[test]
fn only_genuine_lists_are_admitted() {
    let list = admitted("authrootstl.cab");
    assert_eq!((list.kind, list.list.len()), (ListKind::AuthRoot, 6));
    assert_eq!(*list.message, *generated("authroot.stl"));
    assert_eq!(admitted("disallowedcertstl.cab").kind, ListKind::Disallowed);

    let step = |name: &str, time| match admit(&generated(name), &settings(), time) {
        Ok(_) => panic!("{name} is admitted"),
        Err(Refusal::NotGenuine(report)) => report.failing_step,
        Err(Refusal::NoList(_)) => None,
        Err(other) => panic!("{name}: {other}"),
    };
    let cases = [
        ("wrong-usage.cab", Some(Step::Usage)),
        ("tampered-content.cab", Some(Step::Signature)),
        ("tampered-signature.cab", Some(Step::Signature)),
        ("missing-intermediate.cab", Some(Step::SignerChain)),
        ("truncated.cab", None),
        ("bad-checksum.cab", None),
        ("web-page.cab", None),
        ("empty.cab", None),
        ("other-content.cab", None),
    ];
    for (name, expected) in cases {
        for time in [SignerTime::Now, SignerTime::Once] {
            assert_eq!(step(name, time), expected, "{name}");
        }
    }
    assert_eq!(step("expired.cab", SignerTime::Now), Some(Step::SignerChain));
    let expired = admit(&generated("expired.cab"), &settings(), SignerTime::Once).unwrap();
    assert!(expired.signer_not_valid_now);

    // another signer: the same list under roots that are not its own
    let mut strangers = settings();
    strangers.list_roots = None;
    let refused = admit(&generated("authroot.stl"), &strangers, SignerTime::Once).unwrap_err();
    assert!(matches!(refused, Refusal::NotGenuine(r) if r.failing_step == Some(Step::Trust)));
    // every prefix is refused, and none makes the reader fail
    let whole = generated("authroot.stl");
    for length in (0..whole.len()).step_by(97) {
        assert!(admit(&whole[..length], &settings(), SignerTime::Once).is_err(), "{length}");
    }
}

#[test]
fn a_list_is_replaced_by_a_newer_one_only() {
    let (old, new) = (admitted("authrootstl.cab"), admitted("newer.cab"));
    let no = || panic!("the content is not asked for");
    assert_eq!(succession(&new.facts, &old.facts, no), Succession::Replaces);
    assert_eq!(succession(&old.facts, &new.facts, no), Succession::Older);
    assert_eq!(succession(&old.facts, &old.facts, no), Succession::Same);
    let expired = admit(&generated("expired.cab"), &settings(), SignerTime::Once).unwrap();
    // the same list signed by another, until 2024 and until 2027
    let (a, b) = (&expired.facts, &old.facts);
    assert_eq!(succession(b, a, || true), Succession::SignedAnew);
    assert_eq!(succession(a, b, || true), Succession::Same);
    assert_eq!(succession(b, a, || false), Succession::Contradicts);
}

#[test]
fn real_lists_are_admitted_and_stand_in_order() {
    let Some(shared) = shared() else { return };
    let mut before: Option<AdmittedList> = None;
    let mut folders: Vec<_> =
        fs::read_dir(shared.join("data/authroot")).unwrap().map(|e| e.unwrap().path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    for folder in &folders {
        let octets = fs::read(folder.join("authroot.stl")).unwrap();
        let settings = ListSettings::new(time("2026-11-01"));
        let found = admit(&octets, &settings, SignerTime::Once);
        if folder.ends_with("2019-03-15") {
            // its issuer has no usage: Microsoft replaced it (reference, authroot-history)
            println!("{:?}", found.as_ref().map(|list| list.kind));
        }
        let Ok(list) = found else {
            println!("{}: {}", folder.display(), found.unwrap_err());
            continue;
        };
        assert_eq!(list.kind, ListKind::AuthRoot);
        if let Some(before) = &before {
            let same = || before.list.der() == list.list.der();
            let how = succession(&list.facts, &before.facts, same);
            let anew = folder.ends_with("2010-05-03b");
            let expected = if anew { Succession::SignedAnew } else { Succession::Replaces };
            assert_eq!(how, expected, "{}", folder.display());
            let back = succession(&before.facts, &list.facts, same);
            assert_eq!(back, if anew { Succession::Same } else { Succession::Older });
        }
        before = Some(list);
    }
    assert!(
        before
            .is_some_and(|last| last.facts == *embedded::root_program().unwrap().facts().unwrap())
    );
}

#[test]
fn an_entry_without_a_certificate_still_gives_its_properties() {
    let list = admitted("authroot.stl");
    let program = RootProgram::from_list(&list.list, list.facts).unwrap();
    let entry = program.by_sha1(&[3; 20]).unwrap();
    assert!(entry.properties.time(property::DISALLOWED_FILETIME).is_some());
    assert!(program.certificate(entry).is_none() && program.at_hand() == 0);
}
