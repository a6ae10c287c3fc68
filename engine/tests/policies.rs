//! The verdicts of the policies which others have recorded on Windows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chaincheck_engine::base::oid::PIN_RULES_INDEX;
use chaincheck_engine::chain::engine::{
    ChainEngine, ChainRequest, EngineKind, EngineOptions, UsageMatch,
};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::message::SignedData;
use chaincheck_engine::object::trust_list::{Entry, TrustList};
use chaincheck_engine::policy::{
    AuthType, Checks, PolicyContext, PolicyExtra, PolicyFlags, PolicyName, PolicyRequest,
    PolicyStatus, check_by_name, flag_by_name, verify,
};
use chaincheck_engine::store::{Store, SystemStores};
use serde_json::Value;

/// The folder of shared vectors. `None`, said aloud, if it is not there.
fn shared(path: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let folder = std::env::var("CHAINCHECK_SHARED").unwrap_or_else(|_| default.to_owned());
    let path = PathBuf::from(folder).join(path);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var("CHAINCHECK_REQUIRE_SHARED").is_ok_and(|value| value == "1");
    assert!(!required, "{} is missing", path.display());
    println!("skipped: {} is missing", path.display());
    None
}

fn certificate(value: &Value) -> Option<Certificate> {
    let text = value.as_str().or_else(|| value["base64"].as_str())?;
    let octets = STANDARD.decode(text).ok()?;
    Certificate::from_der(&octets).ok()
}

fn store(value: &Value) -> Store {
    Store::of(value.as_array().into_iter().flatten().filter_map(certificate))
}

fn flags(value: &Value, by_name: fn(&str) -> Option<u32>) -> u32 {
    let names = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    names.fold(0, |all, name| all | by_name(name).expect("a known flag"))
}

fn request(value: &Value) -> PolicyRequest {
    let name = value["name"].as_str().unwrap();
    let mut request = PolicyRequest::new(name.parse().unwrap());
    request.flags = PolicyFlags(flags(&value["flags"], flag_by_name));
    request.checks = Checks(flags(&value["checks"], check_by_name));
    request.server = value["server"].as_str().map(str::to_owned);
    if value["auth"] == "client" {
        request.auth = AuthType::Client;
    }
    request
}

/// Whether the scenario speaks of policies and needs no revocation data, network or settings: those
/// are judged elsewhere.
fn is_plain(scenario: &Value) -> bool {
    let chain = &scenario["request"]["chain"];
    let kind = &chain["engine"]["kind"];
    let expected = scenario["expect"]["policies"].as_array();
    expected.is_some_and(|policies| policies.iter().all(|p| p["error"] != "0x80092010"))
        && (kind.is_null() || kind == "exclusive" || kind == "system")
        && ["strong_sign", "issuance"].iter().all(|key| chain[key].is_null())
        && ["network", "url_cache", "registry"].iter().all(|key| scenario[key].is_null())
}

fn judge(scenario: &Value) -> Option<Vec<PolicyStatus>> {
    let chain = &scenario["request"]["chain"];
    let now = scenario["clock"].as_str()?.parse().ok()?;
    let mut question = ChainRequest::new(certificate(&chain["end"])?, now);
    question.additional = store(&chain["additional"]);
    question.time = chain["time"].as_str().and_then(|time| time.parse().ok());
    let oids = chain["usage"]["oids"].as_array().into_iter().flatten();
    question.usage = UsageMatch {
        any: chain["usage"]["match"] == "any",
        oids: oids.filter_map(|oid| oid.as_str()?.parse().ok()).collect(),
    };
    let stores = SystemStores {
        root: store(&scenario["stores"]["ROOT"]),
        ca: store(&scenario["stores"]["CA"]),
        ..SystemStores::default()
    };
    let kind = match chain["engine"]["kind"].as_str() {
        Some("exclusive") => EngineKind::Exclusive {
            roots: store(&chain["engine"]["roots"]),
            trusted_people: Store::default(),
            enable_ca: chain["engine"]["enable_ca"] == true,
        },
        _ => EngineKind::System,
    };
    let engine = ChainEngine::new(stores, kind, EngineOptions::default());
    let context = engine.chain(&question).ok()?;
    let requests = chain["policies"].as_array()?.iter().map(request);
    Some(requests.map(|r| verify(&context, &r, &PolicyContext::default())).collect())
}

fn meets(expected: &Value, status: &PolicyStatus) -> bool {
    let code = Value::from(status.error.to_string());
    let error = &expected["error"];
    let same_code = match error.as_array() {
        Some(codes) => codes.contains(&code),
        None => error.is_null() || *error == code,
    };
    let same = |key: &str, index: i32| expected[key].is_null() || expected[key] == index;
    same_code
        && same("chain_index", status.chain_index)
        && same("element_index", status.element_index)
}

#[test]
fn recorded_verdicts() {
    let mut judged = 0;
    let mut wrong = Vec::new();
    for file in ["wine", "rustls"] {
        let Some(path) = shared(&format!("vectors/windows/{file}.jsonl")) else { return };
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let scenario: Value = serde_json::from_str(line).unwrap();
            if !is_plain(&scenario) {
                continue;
            }
            let id = &scenario["id"];
            let Some(statuses) = judge(&scenario) else {
                wrong.push(format!("{id}: no chain"));
                continue;
            };
            let expected = scenario["expect"]["policies"].as_array().unwrap();
            assert_eq!(expected.len(), statuses.len(), "{id}");
            for (expected, status) in expected.iter().zip(&statuses) {
                judged += 1;
                if !meets(expected, status) {
                    wrong.push(format!("{id}: expected {expected}: {status:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {judged} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_ne!(judged, 0);
    println!("{judged} verdicts are those of Windows");
}

/// The published list of pin rules: every name it pins is found, its rule can be read, and the key
/// of Microsoft's root of 2001 is among those pinned, that of a root made after the list is not.
#[test]
fn the_published_pin_rules() {
    let Some(path) = shared("data/pinrules/2017-05-31/pinrules.stl") else { return };
    let Some(roots) = shared("data/microsoft-roots") else { return };
    let message = SignedData::from_der(&std::fs::read(path).unwrap()).unwrap();
    let list = TrustList::from_der(&message.content().unwrap()).unwrap();
    let verdicts = |root: &str| {
        let octets = std::fs::read(roots.join(root)).unwrap();
        pin_verdicts(&list, &Certificate::from_der(&octets).unwrap())
    };
    let later = verdicts("Microsoft-Identity-Verification-Root-Certificate-Authority-2020.cer");
    assert!(later.iter().any(|(has_rule, _)| *has_rule));
    for (has_rule, status) in later {
        assert!(status.evaluated, "{status:?}");
        let expected = if has_rule { -2 } else { 0 };
        assert_eq!(status.extra, PolicyExtra::KeyPin { status: expected });
    }
    let pinned = verdicts("Microsoft-Root-Certificate-Authority-2001.cer");
    assert!(pinned.iter().any(|(has_rule, status)| *has_rule && status.is_ok()));
}

/// For each name of the list: whether it has a rule, and the verdict on a chain of this root alone,
/// taken for a third party's.
fn pin_verdicts(list: &TrustList, root: &Certificate) -> Vec<(bool, PolicyStatus)> {
    let question = ChainRequest::new(root.clone(), root.not_before());
    let engine =
        ChainEngine::new(SystemStores::default(), EngineKind::System, EngineOptions::default());
    let context = engine.chain(&question).unwrap();
    let third_party = |_: &Certificate| true;
    let mut machine = PolicyContext::default();
    machine.pin_rules = Some(list);
    machine.third_party = &third_party;
    let verdict = |entry: Entry<'_>| {
        let has_rule = entry.attributes().any(|a| a.kind == PIN_RULES_INDEX.as_octets());
        let domain = String::from_utf8(entry.identifier().to_vec()).unwrap();
        let mut request = PolicyRequest::new(PolicyName::SslKeyPin);
        let below = if domain.starts_with('.') { "www" } else { "" };
        request.server = Some(format!("{below}{domain}"));
        (has_rule, verify(&context, &request, &machine))
    };
    list.entries().map(verdict).collect()
}
