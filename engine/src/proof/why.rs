//! `verify --why`: the smallest change of the world under which a chain's error goes.
//!
//! For each error a change is looked for that would make it go, and tried: the same question is
//! asked again in a world that differs in this alone. What nothing but another certificate can mend
//! is said to be so.

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::digest::hex;
use crate::base::hresult;
use crate::base::oid::Oid;
use crate::base::time::Time;
use crate::chain::context::{ChainContext, Element};
use crate::chain::engine::{
    ChainEngine, ChainFlags, ChainRequest, EngineKind, EngineOptions, UsageMatch,
};
use crate::chain::status::TrustError;
use crate::object::certificate::Certificate;
use crate::object::general_name::GeneralName;
use crate::policy::{self, PolicyRequest};
use crate::store::{Store, StoreBuilder, SystemStores};

/// The most changes that are tried for one error.
pub const MAX_TRIED: usize = 16;

/// The most issuers, one above the other, that are added together.
const MAX_PATH: usize = 8;

/// A question to the chain engine, and the policies asked about its answer.
#[derive(Clone)]
#[non_exhaustive]
pub struct Question<'a> {
    /// The machine's stores.
    pub stores: SystemStores,
    /// The engine's kind.
    pub kind: EngineKind,
    /// Its options.
    pub options: EngineOptions,
    /// The request.
    pub request: ChainRequest<'a>,
    /// The policies.
    pub policies: Vec<PolicyRequest>,
    /// Certificates that could be added: whatever else is at hand.
    pub pool: Vec<Certificate>,
}

/// One error, and the change that makes it go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Reason {
    /// The bit of CERT_TRUST_STATUS, or the policy and its code.
    pub error: String,
    /// What it is about: the element's subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The change, in words; absent where no change of the world was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// What is left of the errors when this alone is changed; empty: nothing.
    pub leaves: Vec<String>,
    /// Whether the error was gone when the question was asked again.
    pub verified: bool,
    /// Why no change was found, or what to know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Why a chain is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Why {
    /// Each error.
    pub reasons: Vec<Reason>,
    /// Whether all the changes together leave no error; absent where a single one does, or where an
    /// error has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub together: Option<bool>,
}

impl std::fmt::Debug for Question<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question").field("request", &self.request).finish_non_exhaustive()
    }
}

impl<'a> Question<'a> {
    /// A question to the machine's own engine.
    #[must_use]
    pub fn new(stores: SystemStores, options: EngineOptions, request: ChainRequest<'a>) -> Self {
        let kind = EngineKind::System;
        Self { stores, kind, options, request, policies: Vec::new(), pool: Vec::new() }
    }

    fn ask(&self) -> Option<World> {
        let engine = ChainEngine::new(self.stores.clone(), self.kind.clone(), self.options.clone());
        let chain = engine.chain(&self.request).ok()?;
        let failed = policy::verify_all(&chain, &self.policies, &self.stores, self.request.now)
            .into_iter()
            .filter(|status| !status.is_ok())
            .map(|status| (status.policy.to_string(), status.error))
            .collect();
        Some(World { chain, failed })
    }
}

/// An answer.
struct World {
    chain: ChainContext,
    failed: Vec<(String, hresult::HResult)>,
}

impl World {
    /// The errors left: the chain's bits, then policies that fail although the chain has none.
    fn errors(&self) -> Vec<String> {
        let mut errors = self.chain.status.error.names();
        let by_name = self.failed.iter().filter(|(_, code)| is_own_error(*code));
        errors.extend(by_name.map(|(policy, code)| policy_error(policy, *code)));
        errors
    }
}

/// Whether a policy's error is its own and not one of the chain's bits in other words.
fn is_own_error(code: hresult::HResult) -> bool {
    code == hresult::CERT_E_CN_NO_MATCH
}

fn policy_error(policy: &str, code: hresult::HResult) -> String {
    format!("policy {policy}: {code} {}", code.symbol().unwrap_or_default())
}

/// A change of the world.
#[derive(Clone)]
enum Change {
    Trust(Certificate),
    AddIssuer(Certificate),
    JudgeAt(Time),
    AskFor(Vec<Oid>),
    AskForNothing,
    Host(String),
    Undistrust(Certificate),
    WithoutRootProgram,
    WithoutRevocation,
    WithWeakAlgorithms,
}

impl Change {
    fn apply(&self, to: &mut Question<'_>) {
        match self {
            Self::Trust(root) => to.stores.root = with(&to.stores.root, root),
            Self::AddIssuer(issuer) => {
                to.request.additional = with(&to.request.additional, issuer);
            }
            Self::JudgeAt(time) => {
                to.request.time = Some(*time);
                to.request.now = *time;
            }
            Self::AskFor(usages) => to.request.usage = UsageMatch::all(usages.clone()),
            Self::AskForNothing => to.request.usage = UsageMatch::default(),
            Self::Host(name) => {
                for policy in &mut to.policies {
                    if policy.server.is_some() {
                        policy.server = Some(name.clone());
                    }
                }
            }
            Self::Undistrust(certificate) => {
                to.stores.disallowed = without(&to.stores.disallowed, certificate);
                to.stores.disallowed_list = None;
            }
            Self::WithoutRootProgram => {
                to.stores.root = bare(&to.stores.root);
                to.stores.auth_root = bare(&to.stores.auth_root);
            }
            Self::WithoutRevocation => {
                let checks = ChainFlags::REVOCATION_CHECK_END_CERT.0
                    | ChainFlags::REVOCATION_CHECK_CHAIN.0
                    | ChainFlags::REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT.0;
                to.request.flags = ChainFlags(to.request.flags.0 & !checks);
            }
            Self::WithWeakAlgorithms => {
                to.options.weak.enable_md2_md4 = true;
                to.options.weak.enable_weak_rsa_roots = true;
                to.options.weak.min_rsa_bits = None;
                to.request.strong_sign = None;
            }
        }
    }

    fn words(&self) -> String {
        let named = |certificate: &Certificate| {
            format!("{} (SHA-1 {})", certificate.subject(), hex(&certificate.sha1()))
        };
        match self {
            Self::Trust(root) => format!("with {} among the trusted roots", named(root)),
            Self::AddIssuer(issuer) => format!("with {} at hand", named(issuer)),
            Self::JudgeAt(time) => format!("when judged at {time}"),
            Self::AskFor(usages) => {
                let names: Vec<String> = usages
                    .iter()
                    .map(|oid| oid.name().map_or_else(|| oid.to_string(), str::to_owned))
                    .collect();
                format!("when asked for {}", names.join(", "))
            }
            Self::AskForNothing => "when asked for no particular usage".to_owned(),
            Self::Host(name) => format!("for the host {name}"),
            Self::Undistrust(certificate) => {
                format!("with {} not disallowed", named(certificate))
            }
            Self::WithoutRootProgram => {
                "without the root program's dates and usages on the root".to_owned()
            }
            Self::WithoutRevocation => "without a check of revocation".to_owned(),
            Self::WithWeakAlgorithms => "where weak algorithms and keys are let through".to_owned(),
        }
    }
}

fn with(store: &Store, certificate: &Certificate) -> Store {
    let mut builder = StoreBuilder::new();
    refill(&mut builder, store, |_| true);
    builder.certificate(certificate.clone().into());
    builder.build()
}

fn without(store: &Store, certificate: &Certificate) -> Store {
    let mut builder = StoreBuilder::new();
    refill(&mut builder, store, |held| held.tbs() != certificate.tbs());
    builder.build()
}

/// The store's certificates without their properties.
fn bare(store: &Store) -> Store {
    Store::of(store.certificates().iter().map(|held| held.certificate().clone()))
}

fn refill(builder: &mut StoreBuilder, store: &Store, keep: impl Fn(&Certificate) -> bool) {
    for held in store.certificates().iter().filter(|held| keep(held.certificate())) {
        builder.certificate(held.clone());
    }
    store.crls().iter().for_each(|crl| {
        builder.crl(crl.clone());
    });
    store.trust_lists().iter().for_each(|list| {
        builder.trust_list(list.clone());
    });
}

/// Explains an answer that is no. `None` if the chain cannot be asked for, or nothing is wrong.
#[must_use]
pub fn why(question: &Question<'_>) -> Option<Why> {
    let world = question.ask()?;
    let mut changes: Vec<Vec<Change>> = Vec::new();
    let mut reasons = Vec::new();
    for bit in TrustError::TABLE.iter().map(|bit| TrustError(bit.value)) {
        if !world.chain.status.error.contains(bit) {
            continue;
        }
        let name = bit.names().join(", ");
        let (reason, change) = explain(question, &world, bit, name);
        changes.extend(change);
        reasons.push(reason);
    }
    for (policy, code) in world.failed.iter().filter(|(_, code)| is_own_error(*code)) {
        let (reason, change) = explain_host(question, &world, policy_error(policy, *code));
        changes.extend(change);
        reasons.push(reason);
    }
    if reasons.is_empty() {
        return None;
    }
    let single = reasons.iter().any(|reason| reason.verified && reason.leaves.is_empty());
    let together = (!single && changes.len() == reasons.len()).then(|| {
        let mut all = question.clone();
        changes.iter().flatten().for_each(|change| change.apply(&mut all));
        all.ask().is_some_and(|world| world.errors().is_empty())
    });
    Some(Why { reasons, together })
}

type Explained = (Reason, Option<Vec<Change>>);

/// Tries the candidates for one bit in turn. The answer is the one after which it is gone and the
/// least is left; of those that leave as much, the first.
fn explain(question: &Question<'_>, world: &World, bit: TrustError, name: String) -> Explained {
    let about = element_with(&world.chain, bit);
    let subject = about.map(|element| element.certificate.subject().to_string());
    let candidates = candidates(question, &world.chain, bit, about);
    let mut best: Option<(Vec<Change>, Vec<String>)> = None;
    for set in candidates.into_iter().take(MAX_TRIED) {
        let mut other = question.clone();
        set.iter().for_each(|change| change.apply(&mut other));
        let Some(left) = other.ask() else { continue };
        let leaves = left.errors();
        let is_gone = !left.chain.status.error.contains(bit);
        if is_gone && best.as_ref().is_none_or(|(_, known)| leaves.len() < known.len()) {
            let is_least = leaves.is_empty();
            best = Some((set, leaves));
            if is_least {
                break;
            }
        }
    }
    if let Some((set, leaves)) = best {
        let words: Vec<String> = set.iter().map(Change::words).collect();
        let reason = Reason {
            error: name,
            about: subject,
            change: Some(words.join(" and ")),
            leaves,
            verified: true,
            note: None,
        };
        return (reason, Some(set));
    }
    let reason = Reason {
        error: name,
        about: subject,
        change: None,
        leaves: world.errors(),
        verified: false,
        note: Some(without_change(&world.chain, bit, about)),
    };
    (reason, None)
}

fn explain_host(question: &Question<'_>, world: &World, name: String) -> Explained {
    let end = world.chain.elements().first();
    let names = end.map(|end| host_names(&end.certificate)).unwrap_or_default();
    for host in names.iter().take(MAX_TRIED) {
        let change = Change::Host(host.clone());
        let mut other = question.clone();
        change.apply(&mut other);
        let Some(left) = other.ask() else { continue };
        if !left.errors().contains(&name) {
            let reason = Reason {
                error: name,
                about: end.map(|end| end.certificate.subject().to_string()),
                change: Some(change.words()),
                leaves: left.errors(),
                verified: true,
                note: (names.len() > 1).then(|| format!("its names are {}", names.join(", "))),
            };
            return (reason, Some(vec![change]));
        }
    }
    let reason = Reason {
        error: name,
        about: end.map(|end| end.certificate.subject().to_string()),
        change: None,
        leaves: world.errors(),
        verified: false,
        note: Some("the certificate has no name that a host could have".to_owned()),
    };
    (reason, None)
}

/// The DNS names of a certificate, a wildcard made into a host below it.
fn host_names(certificate: &Certificate) -> Vec<String> {
    let names = certificate.extensions().subject_alt_name.as_ref().and_then(|names| names.ok());
    let found = names.into_iter().flatten().filter_map(|name| match name {
        GeneralName::DnsName(name) => Some(name.clone()),
        _ => None,
    });
    found
        .map(|name| name.strip_prefix("*.").map_or(name.clone(), |rest| format!("www.{rest}")))
        .collect()
}

fn element_with(chain: &ChainContext, bit: TrustError) -> Option<&Element> {
    let marked = |element: &&Element| element.status.error.intersects(bit);
    chain.elements().iter().find(marked).or_else(|| {
        let of_top = TrustError::IS_PARTIAL_CHAIN | TrustError::IS_UNTRUSTED_ROOT;
        chain.elements().last().filter(|_| bit.intersects(of_top))
    })
}

/// The changes to try for a bit, the smallest first.
fn candidates(
    question: &Question<'_>,
    chain: &ChainContext,
    bit: TrustError,
    about: Option<&Element>,
) -> Vec<Vec<Change>> {
    use TrustError as E;
    let top = chain.elements().last().map(|element| &element.certificate);
    let single = |changes: Vec<Change>| changes.into_iter().map(|change| vec![change]).collect();
    match bit {
        E::IS_NOT_TIME_VALID | E::CTL_IS_NOT_TIME_VALID => {
            single(instants(question, chain).into_iter().map(Change::JudgeAt).collect())
        }
        E::IS_UNTRUSTED_ROOT => single(top.cloned().map(Change::Trust).into_iter().collect()),
        E::IS_PARTIAL_CHAIN => issuers(question, top),
        E::IS_EXPLICIT_DISTRUST => {
            let mut changes: Vec<Change> = about
                .map(|element| Change::Undistrust(element.certificate.clone()))
                .into_iter()
                .collect();
            changes.push(Change::WithoutRootProgram);
            single(changes)
        }
        E::IS_NOT_VALID_FOR_USAGE => {
            let allowed = chain.elements().first().and_then(|end| end.application_usage.clone());
            let mut changes: Vec<Change> = allowed
                .into_iter()
                .flatten()
                .map(|usage| Change::AskFor(vec![usage]))
                .take(MAX_TRIED - 2)
                .collect();
            changes.push(Change::AskForNothing);
            changes.push(Change::WithoutRootProgram);
            single(changes)
        }
        E::IS_REVOKED | E::REVOCATION_STATUS_UNKNOWN | E::IS_OFFLINE_REVOCATION => {
            single(vec![Change::WithoutRevocation])
        }
        E::HAS_WEAK_SIGNATURE | E::HAS_WEAK_HYGIENE => single(vec![Change::WithWeakAlgorithms]),
        // a short key or an old algorithm is treated as a signature that does not verify
        E::IS_NOT_SIGNATURE_VALID => single(vec![Change::WithWeakAlgorithms]),
        _ => Vec::new(),
    }
}

/// Instants at which every certificate of the chain is valid, or at least each that is not now: the
/// nearest to the time asked about first.
fn instants(question: &Question<'_>, chain: &ChainContext) -> Vec<Time> {
    let at = question.request.verification_time();
    let certificates = || chain.elements().iter().map(|element| &element.certificate);
    let begin = certificates().map(Certificate::not_before).max();
    let end = certificates().map(Certificate::not_after).min();
    let mut found: Vec<Time> = match (begin, end) {
        (Some(begin), Some(end)) if begin <= end => vec![begin, end],
        _ => certificates().flat_map(|c| [c.not_before(), c.not_after()]).collect(),
    };
    found.sort_by_key(|time| (time.unix() - at.unix()).abs());
    found
}

/// Issuers of the top of a chain that are at hand, alone and as roots.
fn issuers(question: &Question<'_>, top: Option<&Certificate>) -> Vec<Vec<Change>> {
    let Some(top) = top else { return Vec::new() };
    let mut sets = Vec::new();
    let fits = |issuer: &&Certificate| issuer.subject().raw() == top.issuer().raw();
    for issuer in question.pool.iter().filter(fits) {
        sets.push(vec![Change::AddIssuer(issuer.clone())]);
    }
    for issuer in question.pool.iter().filter(fits) {
        sets.push(vec![Change::Trust(issuer.clone())]);
    }
    // more than one may be missing
    let mut path: Vec<&Certificate> = Vec::new();
    let mut last = top;
    while path.len() < MAX_PATH {
        let above = question
            .pool
            .iter()
            .find(|issuer| issuer.subject().raw() == last.issuer().raw() && !path.contains(issuer));
        let Some(above) = above else { break };
        path.push(above);
        last = above;
    }
    if path.len() > 1 {
        let is_root = last.subject().raw() == last.issuer().raw();
        let added = |count: usize| -> Vec<Change> {
            path.iter().take(count).map(|issuer| Change::AddIssuer((*issuer).clone())).collect()
        };
        sets.push(added(path.len() - usize::from(is_root)));
        if is_root {
            let mut trusted = added(path.len() - 1);
            trusted.push(Change::Trust(last.clone()));
            sets.push(trusted);
        }
    }
    sets
}

/// Why no change of the world helps.
fn without_change(chain: &ChainContext, bit: TrustError, about: Option<&Element>) -> String {
    if bit == TrustError::IS_PARTIAL_CHAIN {
        let Some(top) = chain.elements().last() else { return String::new() };
        let certificate = &top.certificate;
        let key = certificate
            .extensions()
            .authority_key_identifier
            .as_ref()
            .and_then(|found| found.ok())
            .and_then(|found| found.key_identifier.as_deref().map(hex))
            .map_or_else(String::new, |key| format!(" with the key identifier {key}"));
        return format!(
            "the certificate of {}{key} is missing and not at hand; give it with --store CA=FILE \
             (with --store ROOT=FILE if it is a root that deserves trust), or let it be fetched \
             with --online",
            certificate.issuer()
        );
    }
    let what = about
        .and_then(|element| element.findings.iter().find(|found| found.bits.intersects(bit)))
        .map_or_else(String::new, |found| format!(" ({})", found.what));
    format!("it lies in the certificates themselves{what}: other certificates are needed")
}
