//! Answering a scenario.

use std::sync::Arc;

use serde_json::{Value, json};

use super::input::{
    CachedObject, ChainRequestInput, EngineKindInput, MatchKind, NetworkError, PolicyInput,
    Request, RootUpdateRequest, Scenario, ScenarioError, UsageInput,
};
use super::object::{self, Files};
use super::result::{ErrorResult, EventResult, Outcome, PolicyResult};
use crate::base::der::DerError;
use crate::base::digest::hex;
use crate::base::hresult::HResult;
use crate::base::time::Time;
use crate::chain::context::ChainContext;
use crate::chain::engine::{
    ChainEngine, ChainFlags, ChainRequest, EngineKind, EngineOptions, Profile, UsageMatch,
};
use crate::chain::verify::weak::StrongSign;
use crate::format::{Kind, Limits};
use crate::object::certificate::Certificate;
use crate::policy::{self, AuthType, Checks, PolicyFlags, PolicyName, PolicyRequest};
use crate::retrieval::{Answer, CacheEntry, Recorded, RetrievalError};
use crate::root_update::list::{self, ListReport, ListSettings};
use crate::root_update::{RootUpdate, RootUpdateReport};
use crate::store::{CertificateContext, Store, SystemStores};

/// Answers a scenario. Files it names are read through `files`.
///
/// A scenario that cannot be run gives an [`Outcome`] with `error`; an object in it that cannot be
/// decoded is an answer like any other.
#[must_use]
pub fn run(scenario: &Scenario, files: &Files<'_>) -> Outcome {
    let mut outcome = Outcome {
        schema: super::RESULT_SCHEMA.to_owned(),
        id: scenario.id.clone(),
        ..Outcome::default()
    };
    if let Err(error) = answer(scenario, files, &mut outcome) {
        outcome.error = Some(ErrorResult { message: error.to_string() });
        return outcome;
    }
    if let Some(expect) = &scenario.expect {
        let result = serde_json::to_value(&outcome).unwrap_or(Value::Null);
        outcome.differences = super::expect::judge(expect, &result);
        outcome.met = Some(outcome.differences.is_empty());
    }
    outcome
}

/// A machine as a scenario describes it.
pub(super) struct Machine {
    pub(super) now: Time,
    pub(super) profile: Profile,
    pub(super) stores: SystemStores,
    pub(super) network: Recorded,
}

fn answer(
    scenario: &Scenario,
    files: &Files<'_>,
    outcome: &mut Outcome,
) -> Result<(), ScenarioError> {
    let machine = machine(scenario, files)?;
    match &scenario.request {
        Request::Chain(request) => chain(scenario, &machine, request, files, outcome),
        Request::Decode(request) => {
            let octets = object::octets(&request.object, "decode.object", files)?;
            match decode(&octets) {
                Ok(found) => outcome.decode = Some(found),
                Err(code) => outcome.call_error = Some(code.to_string()),
            }
            Ok(())
        }
        Request::List(request) => {
            let octets = object::octets(&request.object, "list.object", files)?;
            list(scenario, &machine, &octets, outcome)
        }
        Request::RootUpdate(_) => root_update(scenario, &machine, outcome),
    }
}

fn time(text: &str, key: &'static str) -> Result<Time, ScenarioError> {
    text.parse().map_err(|error: crate::base::time::ParseTimeError| ScenarioError::Value {
        key,
        what: error.to_string(),
    })
}

fn machine(scenario: &Scenario, files: &Files<'_>) -> Result<Machine, ScenarioError> {
    let profile = match &scenario.profile {
        None => Profile::default(),
        Some(name) => Profile::from_name(name).ok_or_else(|| ScenarioError::Value {
            key: "profile",
            what: format!("'{name}' is none of {}", Profile::ALL.map(Profile::name).join(", ")),
        })?,
    };
    let stores = &scenario.stores;
    Ok(Machine {
        now: time(&scenario.clock, "clock")?,
        profile,
        stores: SystemStores {
            root: object::store(&stores.ROOT, "stores.ROOT", files)?,
            auth_root: object::store(&stores.AuthRoot, "stores.AuthRoot", files)?,
            ca: object::store(&stores.CA, "stores.CA", files)?,
            my: object::store(&stores.MY, "stores.MY", files)?,
            trusted_people: object::store(&stores.TrustedPeople, "stores.TrustedPeople", files)?,
            trust: object::store(&stores.Trust, "stores.Trust", files)?,
            disallowed: object::store(&stores.Disallowed, "stores.Disallowed", files)?,
            ..SystemStores::default()
        },
        network: network(scenario, files)?,
    })
}

fn network(scenario: &Scenario, files: &Files<'_>) -> Result<Recorded, ScenarioError> {
    let mut answers = Vec::new();
    for answer in &scenario.network {
        let body = match &answer.object {
            Some(object) => object::octets(object, "network.object", files)?,
            None => Vec::new(),
        };
        let outcome = match answer.error {
            None => Ok((answer.status.unwrap_or(200), Arc::from(body))),
            Some(error) => Err(match error {
                NetworkError::Dns => RetrievalError::Dns,
                NetworkError::Refused => RetrievalError::Refused,
                NetworkError::Timeout => RetrievalError::Timeout,
                NetworkError::ProxyAuth => RetrievalError::ProxyAuthentication,
                NetworkError::Tls => RetrievalError::Tls,
                NetworkError::Reset => RetrievalError::Reset,
            }),
        };
        answers.push(Answer {
            url: answer.url.clone(),
            outcome,
            delay_ms: answer.delay_ms.unwrap_or(0),
        });
    }
    let mut cache = Vec::new();
    for entry in scenario.url_cache.iter().filter(|entry| is_seen(scenario, entry)) {
        let octets = match &entry.object {
            Some(object) => object::octets(object, "url_cache.object", files)?,
            None => Vec::new(),
        };
        let last_sync =
            entry.last_sync.as_deref().map(|text| time(text, "url_cache.last_sync")).transpose()?;
        cache.push(CacheEntry { url: entry.url.clone(), octets: octets.into(), last_sync });
    }
    Ok(Recorded::new(answers, cache))
}

/// Whether the account that asks sees this entry: its own cache, or one of no account.
fn is_seen(scenario: &Scenario, entry: &CachedObject) -> bool {
    let Request::RootUpdate(RootUpdateRequest { profile: Some(asking) }) = &scenario.request else {
        return true;
    };
    entry.profile.as_ref().is_none_or(|owner| owner.eq_ignore_ascii_case(asking))
}

fn usage(input: Option<&UsageInput>, key: &'static str) -> Result<UsageMatch, ScenarioError> {
    let Some(input) = input else { return Ok(UsageMatch::default()) };
    let oids = input
        .oids
        .iter()
        .map(|text| {
            text.parse().map_err(|error: crate::base::oid::ParseOidError| ScenarioError::Value {
                key,
                what: error.to_string(),
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(UsageMatch { any: input.match_kind == MatchKind::Any, oids })
}

fn engine_kind(input: &ChainRequestInput, files: &Files<'_>) -> Result<EngineKind, ScenarioError> {
    let engine = &input.engine;
    let roots = object::store(&engine.roots, "engine.roots", files)?;
    Ok(match engine.kind {
        EngineKindInput::System => EngineKind::System,
        EngineKindInput::Exclusive => EngineKind::Exclusive {
            roots,
            trusted_people: object::store(&engine.trusted_people, "engine.trusted_people", files)?,
            enable_ca: engine.enable_ca,
        },
        EngineKindInput::Restricted => EngineKind::Restricted { roots },
    })
}

fn chain(
    scenario: &Scenario,
    machine: &Machine,
    input: &ChainRequestInput,
    files: &Files<'_>,
    outcome: &mut Outcome,
) -> Result<(), ScenarioError> {
    let end = object::octets(&input.end, "chain.end", files)?;
    let end = match end_certificate(&end) {
        Ok(certificate) => CertificateContext::with_properties(
            certificate,
            object::properties(&input.end, "chain.end")?,
        ),
        Err(code) => {
            let code = match (machine.profile, code) {
                (Profile::WindowsXp, _) => crate::base::hresult::ERROR_INVALID_DATA,
                (_, code) => code,
            };
            outcome.call_error = Some(code.to_string());
            return Ok(());
        }
    };
    let by_name = |name: &str| ChainFlags::from_name(name).map(|flag| flag.0);
    let flags = |flags: &Option<super::input::Flags>, key| match flags {
        Some(flags) => flags.value(key, by_name),
        None => Ok(0),
    };
    let mut request = ChainRequest::new(end, machine.now);
    request.additional = object::store(&input.additional, "chain.additional", files)?;
    request.time = input.time.as_deref().map(|text| time(text, "chain.time")).transpose()?;
    request.usage = usage(input.usage.as_ref(), "chain.usage")?;
    request.issuance = usage(input.issuance.as_ref(), "chain.issuance")?;
    request.flags = ChainFlags(
        flags(&input.flags, "chain.flags")? | flags(&input.engine_flags, "chain.engine_flags")?,
    );
    request.url_retrieval_timeout = input.url_timeout_ms;
    request.retrieval = &machine.network;
    request.strong_sign = input.strong_sign.as_ref().map(|strong| StrongSign {
        hash_algorithms: strong.hash_algorithms.clone(),
        key_lengths: strong.key_lengths.clone().into_iter().collect(),
        disable_end_check: strong.disable_end_check,
    });
    let mut options = EngineOptions { profile: machine.profile, ..EngineOptions::default() };
    super::registry::apply_settings(&scenario.registry, &mut options);
    let engine = ChainEngine::new(machine.stores.clone(), engine_kind(input, files)?, options);
    match engine.chain(&request) {
        Err(error) => {
            outcome.call_error = Some(error.hresult().to_string());
            outcome.steps.push(error.to_string());
        }
        Ok(context) => {
            outcome.chain = Some((&context).into());
            outcome.unproven.clone_from(&context.unproven);
            outcome.policies = Some(policies(machine, input, &context)?);
        }
    }
    Ok(())
}

/// What each policy says of the chain.
fn policies(
    machine: &Machine,
    input: &ChainRequestInput,
    context: &ChainContext,
) -> Result<Vec<PolicyResult>, ScenarioError> {
    let requests = input.policies.iter().map(policy_request).collect::<Result<Vec<_>, _>>()?;
    let found = policy::verify_all(context, &requests, &machine.stores, machine.now);
    Ok(found.iter().map(PolicyResult::from).collect())
}

fn policy_request(input: &PolicyInput) -> Result<PolicyRequest, ScenarioError> {
    let fail = |what: String| ScenarioError::Value { key: "policies", what };
    let name: PolicyName = input
        .name
        .parse()
        .map_err(|error: policy::ParsePolicyNameError| fail(error.to_string()))?;
    let mut request = PolicyRequest::new(name);
    if let Some(flags) = &input.flags {
        request.flags = PolicyFlags(flags.value("policies.flags", policy::flag_by_name)?);
    }
    if let Some(checks) = &input.checks {
        request.checks = Checks(checks.value("policies.checks", policy::check_by_name)?);
    }
    request.server.clone_from(&input.server);
    request.auth = match input.auth.as_deref() {
        None | Some("server") => AuthType::Server,
        Some("client") => AuthType::Client,
        Some(other) => return Err(fail(format!("auth '{other}' is neither server nor client"))),
    };
    Ok(request)
}

/// What lists are judged by on this machine.
fn list_settings(scenario: &Scenario, machine: &Machine) -> Result<ListSettings, ScenarioError> {
    let mut settings = ListSettings::new(machine.now);
    settings.profile = machine.profile;
    settings.stores = machine.stores.clone();
    // a Root store that is described, be it empty, is no longer that of a machine as delivered
    settings.delivered_roots = scenario.stores.ROOT.is_empty();
    settings.ignore_signer_time =
        super::registry::ignores_signer_time(&scenario.registry, machine.now);
    settings.check_revocation =
        super::registry::texts(&scenario.registry, super::registry::LIST_REVOCATION) == ["check"];
    // a machine whose CA store is described finds issuers there and nowhere else
    if !scenario.stores.CA.is_empty() {
        settings.authorities = Store::default();
    }
    let named = super::registry::texts(&scenario.registry, super::registry::LIST_ROOTS);
    if !named.is_empty() {
        let roots = machine.stores.root.certificates().iter().map(|c| c.certificate().clone());
        settings.list_roots =
            Some(Store::of(roots.filter(|root| named.contains(&hex(&root.sha256())))));
    }
    Ok(settings)
}

fn list(
    scenario: &Scenario,
    machine: &Machine,
    octets: &[u8],
    outcome: &mut Outcome,
) -> Result<(), ScenarioError> {
    let settings = list_settings(scenario, machine)?;
    // a list may come in any wrapping that is detected: PEM, base64, a serialized store
    let inner = object::items(octets)
        .into_iter()
        .find(|item| item.kind == Kind::CertificateTrustList)
        .filter(|_| crate::format::detect(octets) != Kind::Cabinet);
    let octets = inner.as_ref().map_or(octets, |item| &item.octets);
    let report = list::examine(octets, &settings);
    if report.list.is_none() {
        outcome.call_error = Some(report.error.to_string());
    }
    outcome.steps.clone_from(&report.steps);
    outcome.list = Some(super::list_value(&report, false));
    Ok(())
}

fn root_update(
    scenario: &Scenario,
    machine: &Machine,
    outcome: &mut Outcome,
) -> Result<(), ScenarioError> {
    let report = run_root_update(scenario, machine)?;
    outcome.events =
        Some(report.events.iter().map(|event| EventResult::new(event, machine.profile)).collect());
    outcome.steps = report.steps;
    outcome.unproven = report.unproven;
    if let Some(attempt) = report.attempts.last() {
        outcome.list = Some(super::list_value(&attempt.report, false));
    }
    Ok(())
}

/// Runs the automatic root update over a scenario's machine, whatever the scenario asks.
///
/// # Errors
/// If the scenario does not say what it should.
pub fn simulate_root_update(
    scenario: &Scenario,
    files: &Files<'_>,
) -> Result<RootUpdateReport, ScenarioError> {
    run_root_update(scenario, &machine(scenario, files)?)
}

/// Examines a trust list as a scenario's machine would.
///
/// # Errors
/// If the scenario does not say what it should.
pub fn examine_list(
    scenario: &Scenario,
    octets: &[u8],
    files: &Files<'_>,
) -> Result<ListReport, ScenarioError> {
    let settings = list_settings(scenario, &machine(scenario, files)?)?;
    Ok(list::examine(octets, &settings))
}

fn run_root_update(
    scenario: &Scenario,
    machine: &Machine,
) -> Result<RootUpdateReport, ScenarioError> {
    let settings = list_settings(scenario, machine)?;
    let mut update = RootUpdate::new(settings, &machine.network);
    let unread = super::registry::apply_to_update(&scenario.registry, &mut update);
    // that a certificate's address was asked says that a chain needed it
    let asked = scenario.network.iter().map(|answer| answer.url.clone());
    update.wanted = asked.filter(|url| is_certificate(url)).collect();
    for fault in &scenario.faults {
        let code =
            super::input::parse_number(&fault.error).ok_or_else(|| ScenarioError::Value {
                key: "faults.error",
                what: format!("'{}' is no number", fault.error),
            })?;
        let slot = match fault.store.to_ascii_uppercase().as_str() {
            "ROOT" => &mut update.root_store_error,
            "TEMP" => &mut update.temporary_folder_error,
            store if store.contains("AUTHROOT") => &mut update.auth_root_error,
            _ => continue,
        };
        *slot = Some(HResult(code));
    }
    let mut report = update.run();
    report.unproven.extend(unread);
    Ok(report)
}

fn is_certificate(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    path.to_ascii_lowercase().ends_with(crate::root_update::CERTIFICATE_SUFFIX)
}

/// The certificate an object holds. One that cannot be decoded gives the decoder's code.
fn end_certificate(octets: &[u8]) -> Result<Certificate, HResult> {
    let direct = Certificate::from_der(octets);
    if let Ok(certificate) = direct {
        return Ok(certificate);
    }
    let found = object::items(octets)
        .iter()
        .filter(|item| matches!(item.kind, Kind::Certificate | Kind::ToBeSignedCertificate))
        .find_map(|item| Certificate::from_der(&item.octets).ok());
    found.ok_or_else(|| direct.err().as_ref().map_or(HResult(0), DerError::hresult))
}

/// What an object holds, or the code with which CryptQueryObject refuses it.
fn decode(octets: &[u8]) -> Result<Value, HResult> {
    let contents = crate::format::open(octets, &Limits::default()).map_err(|e| e.hresult())?;
    let items: Vec<Value> = contents
        .items
        .iter()
        .map(|item| {
            json!({
                "kind": item.kind.to_string(),
                "origin": item.origin,
                "size": item.octets.len(),
                "sha1": hex(&crate::base::digest::sha1(&item.octets)),
                "properties": item.properties.iter().map(|property| json!({
                    "id": property.id,
                    "value": hex(&property.value),
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    let notes: Vec<String> = contents.notes.iter().map(ToString::to_string).collect();
    Ok(json!({
        "kind": contents.kind.to_string(),
        "items": items,
        "notes": notes,
        "trailing_bytes": contents.trailing,
    }))
}
