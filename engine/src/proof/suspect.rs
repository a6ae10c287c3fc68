//! Which facts of a machine could be to blame.

use crate::base::digest::hex;
use crate::base::hresult::{self, HResult};
use crate::base::time::Time;
use crate::chain::context::ChainContext;
use crate::chain::status::TrustError;
use crate::format::cabinet::{Cabinet, CabinetErrorKind};
use crate::format::{Kind, Limits, detect, open};
use crate::object::certificate::Certificate;
use crate::root_update::list::{ListReport, Step};
use crate::root_update::{Attempt, RootUpdateReport};
use crate::scenario::{
    LIST_SIGNER_TIME, NetworkError, ObjectInput, Scenario, simulate_root_update,
};

use super::case::{Case, ClockKnowledge};
use super::cause::CauseKind;
use super::fact::{Fact, certificate, objects, octets};
use super::sound::no_files;

/// A fact that could be to blame, and for what.
#[derive(Debug, Clone)]
pub(super) struct Suspect {
    pub(super) kind: CauseKind,
    /// `None`: no experiment can change it, since what would mend it is not at hand.
    pub(super) fact: Option<Fact>,
    /// What is the matter, in a sentence.
    pub(super) statement: String,
    /// Facts that the statement rests on, as evidence shows them: what, and its value.
    pub(super) details: Vec<(String, String)>,
    /// The update does not come to it before others are mended.
    pub(super) hidden: bool,
}

/// How often the machine is mended to see what was hidden behind what it was mended of: the steps
/// of the update at which a list can fail.
const MAX_LAYERS: usize = 6;

/// Every suspect, each fact once a kind, in the order in which the update meets them: those it
/// meets on this machine, and those that are hidden behind them.
pub(super) fn suspects(case: &Case, sound: &Scenario, report: &RootUpdateReport) -> Vec<Suspect> {
    let mut found = Vec::new();
    registry(case, &mut found);
    faults(case, &mut found);
    network(case, &mut found);
    for attempt in &report.attempts {
        of_attempt(case, sound, attempt, &mut found);
    }
    let mut kept: Vec<Suspect> = Vec::new();
    for suspect in found {
        if !kept.iter().any(|known| known.kind == suspect.kind && known.fact == suspect.fact) {
            kept.push(suspect);
        }
    }
    for _ in 0..MAX_LAYERS {
        let hidden = behind(case, sound, &kept);
        if hidden.is_empty() {
            break;
        }
        kept.extend(hidden);
    }
    kept
}

/// What the update meets once all that is known is mended.
fn behind(case: &Case, sound: &Scenario, known: &[Suspect]) -> Vec<Suspect> {
    let facts: Vec<&Fact> = known.iter().filter_map(|suspect| suspect.fact.as_ref()).collect();
    if facts.is_empty() {
        return Vec::new();
    }
    let mut mended = case.clone();
    facts.iter().for_each(|fact| fact.copy(sound, &mut mended.machine));
    let Ok(report) = simulate_root_update(&mended.machine, &no_files) else { return Vec::new() };
    let mut found = Vec::new();
    for attempt in &report.attempts {
        of_attempt(&mended, sound, attempt, &mut found);
    }
    found.retain(|suspect| suspect.fact.as_ref().is_some_and(|fact| !facts.contains(&fact)));
    found.dedup_by(|a, b| a.kind == b.kind && a.fact == b.fact);
    found.iter_mut().for_each(|suspect| suspect.hidden = true);
    found
}

fn registry(case: &Case, found: &mut Vec<Suspect>) {
    for (key, value) in &case.machine.registry {
        let is_policy = key.to_ascii_lowercase().ends_with("!disablerootautoupdate");
        if is_policy && matches!(value, crate::scenario::RegistryValue::Number(1..)) {
            found.push(Suspect {
                kind: CauseKind::UpdateDisabled,
                fact: Some(Fact::Registry { key: key.clone() }),
                statement: format!("The policy {key} switches the automatic root update off."),
                details: vec![("registry value".to_owned(), format!("{key} is not 0"))],
                hidden: false,
            });
        }
    }
}

fn faults(case: &Case, found: &mut Vec<Suspect>) {
    for fault in &case.machine.faults {
        let code = crate::scenario::parse_code(&fault.error);
        let denied = matches!(code, Some(HResult(0x8007_0005 | 0x8007_0003)));
        let (kind, what) = if denied {
            (CauseKind::StoreAccessDenied, "may not be opened")
        } else {
            (CauseKind::StoreCorrupt, "cannot be opened")
        };
        let text = code.and_then(HResult::message).unwrap_or("no text is known for this code");
        found.push(Suspect {
            kind,
            fact: Some(Fact::Fault { store: fault.store.clone() }),
            statement: format!("{} {what}: {} ({text})", place(&fault.store), fault.error),
            details: vec![("code".to_owned(), format!("{} {text}", fault.error))],
            hidden: false,
        });
    }
}

fn place(store: &str) -> String {
    match store.to_ascii_uppercase().as_str() {
        "TEMP" => "The folder for temporary files".to_owned(),
        "AUTHROOT" => "The key of the AuthRoot store".to_owned(),
        _ => format!("The store {store}"),
    }
}

/// Answers that are no answers.
fn network(case: &Case, found: &mut Vec<Suspect>) {
    for answer in &case.machine.network {
        let url = &answer.url;
        let (kind, what) = match (answer.error, answer.status) {
            (Some(NetworkError::ProxyAuth), _) | (None, Some(407)) => {
                (CauseKind::Proxy, "the proxy asks for a login".to_owned())
            }
            (Some(error), _) => (
                CauseKind::Unreachable,
                match error {
                    NetworkError::Dns => "the server's name is not resolved",
                    NetworkError::Refused => "the connection is refused",
                    NetworkError::Timeout => "nothing comes in time",
                    NetworkError::Tls => "the secure connection fails",
                    _ => "the connection breaks",
                }
                .to_owned(),
            ),
            (None, Some(status)) if status != 200 => {
                (CauseKind::Unreachable, format!("the server answers with HTTP status {status}"))
            }
            _ => continue,
        };
        found.push(Suspect {
            kind,
            fact: Some(Fact::Answer { url: url.clone() }),
            statement: format!("{url} gives no list: {what}."),
            details: vec![("answer".to_owned(), what)],
            hidden: false,
        });
    }
}

fn of_attempt(case: &Case, sound: &Scenario, attempt: &Attempt, found: &mut Vec<Suspect>) {
    let report = &attempt.report;
    let Some(step) = report.failing_step else { return };
    let (fact, octets) = file_of(&case.machine, attempt);
    let sender = case.page_sender.as_deref();
    if let Some((kind, mut what)) = file_fault(step, report, &octets, attempt.from_cache, sender) {
        if let (CauseKind::Proxy, Some(sender)) = (kind, sender) {
            what = format!("{what}; it was sent by another than Microsoft's server ({sender})");
        }
        let place = if attempt.from_cache { "The URL cache's file for" } else { "The answer of" };
        let shape = detect(&octets);
        found.push(Suspect {
            kind,
            fact: Some(fact.clone()),
            statement: format!("{place} {}: {what}.", attempt.url),
            details: vec![
                ("size in octets".to_owned(), octets.len().to_string()),
                ("kind".to_owned(), shape.to_string()),
            ],
            hidden: false,
        });
    }
    if let Some(chain) = &report.chain {
        of_chain(case, sound, &fact, report, chain, found);
    }
}

/// The fact an attempt looked at, and its octets.
fn file_of(machine: &Scenario, attempt: &Attempt) -> (Fact, Vec<u8>) {
    let url = attempt.url.clone();
    if attempt.from_cache {
        let entry = machine.url_cache.iter().find(|entry| entry.url == url);
        let octets = entry.and_then(|entry| octets(entry.object.as_ref()?)).unwrap_or_default();
        let profile = entry.and_then(|entry| entry.profile.clone());
        (Fact::Cached { url, profile }, octets)
    } else {
        let answer = machine.network.iter().find(|answer| answer.url == url);
        let octets = answer.and_then(|answer| octets(answer.object.as_ref()?)).unwrap_or_default();
        (Fact::Answer { url }, octets)
    }
}

/// What is wrong with the file itself.
fn file_fault(
    step: Step,
    report: &ListReport,
    octets: &[u8],
    from_cache: bool,
    page_sender: Option<&str>,
) -> Option<(CauseKind, String)> {
    let why = report.why.clone().unwrap_or_default();
    match step {
        Step::Extract => extraction_fault(report, octets, from_cache && page_sender.is_none()),
        Step::Decode => Some((CauseKind::CorruptList, why)),
        Step::Signature => Some(match report.error {
            hresult::NTE_BAD_ALGID | hresult::CRYPT_E_UNKNOWN_ALGO => {
                (CauseKind::UnsupportedAlgorithm, why)
            }
            hresult::NTE_BAD_SIGNATURE | hresult::CRYPT_E_HASH_VALUE => {
                (CauseKind::TamperedList, why)
            }
            _ => (CauseKind::CorruptList, why),
        }),
        Step::SignerChain if report.error == hresult::TRUST_E_CERT_SIGNATURE => {
            Some((CauseKind::TamperedList, why))
        }
        _ => None,
    }
}

fn extraction_fault(
    report: &ListReport,
    octets: &[u8],
    from_cache: bool,
) -> Option<(CauseKind, String)> {
    if octets.is_empty() {
        return Some((CauseKind::TruncatedFile, "the file is empty".to_owned()));
    }
    let kind = detect(octets);
    if kind != Kind::Cabinet && !octets.starts_with(b"MSCF") {
        let what = format!("it is not a cabinet, but {}", describe(kind));
        let cause = match kind {
            // what came over the wire came from whoever answered
            Kind::Html if !from_cache => CauseKind::Proxy,
            _ => CauseKind::NotACabinet,
        };
        return Some((cause, what));
    }
    let problem = match Cabinet::parse(octets) {
        Err(error) => error,
        Ok(cabinet) => {
            let name = report.container.as_ref().map(|container| &container.member);
            let index = cabinet.members().iter().position(|member| Some(&member.name) == name);
            match index.and_then(|index| cabinet.extract(index, &Limits::default()).err()) {
                Some(error) => error,
                None => return Some((CauseKind::CorruptCabinet, "it holds no list".to_owned())),
            }
        }
    };
    let cause = match problem.kind {
        CabinetErrorKind::Truncated => CauseKind::TruncatedFile,
        // nothing need be wrong with such a cabinet
        CabinetErrorKind::TooLarge(_)
        | CabinetErrorKind::UnsupportedCompression(_)
        | CabinetErrorKind::MultiCabinet => return None,
        _ => CauseKind::CorruptCabinet,
    };
    Some((cause, problem.to_string()))
}

fn describe(kind: Kind) -> String {
    match kind {
        Kind::Html => "a web page".to_owned(),
        Kind::Unknown => "octets of no known kind".to_owned(),
        other => format!("a {other}"),
    }
}

/// What is wrong with the signer's chain, every fault of it and not only the first.
fn of_chain(
    case: &Case,
    sound: &Scenario,
    file: &Fact,
    report: &ListReport,
    chain: &ChainContext,
    found: &mut Vec<Suspect>,
) {
    use TrustError as E;
    let error = chain.status.error;
    if error.contains(E::IS_EXPLICIT_DISTRUST) {
        distrusted(case, chain, found);
    }
    if error.contains(E::IS_REVOKED) && !error.contains(E::IS_EXPLICIT_DISTRUST) {
        found.push(Suspect {
            kind: CauseKind::RevokedSigner,
            fact: Some(Fact::Store { store: "CA".to_owned(), sha1: crls(&case.machine) }),
            statement: format!(
                "A CRL in the machine's stores revokes {}.",
                name_of(chain.elements().first().map(|element| &element.certificate))
            ),
            details: Vec::new(),
            hidden: false,
        });
    }
    if error.intersects(E::IS_PARTIAL_CHAIN | E::IS_UNTRUSTED_ROOT) {
        missing(case, sound, chain, found);
    }
    if error.contains(E::IS_NOT_VALID_FOR_USAGE) {
        found.push(Suspect {
            kind: CauseKind::WrongUsage,
            fact: Some(file.clone()),
            statement: format!(
                "{} may not sign lists of roots: szOID_ROOT_LIST_SIGNER is not among its usages.",
                name_of(report.signer())
            ),
            details: Vec::new(),
            hidden: false,
        });
    }
    if error.contains(E::IS_NOT_TIME_VALID) {
        of_time(case, sound, file, chain, found);
    }
    // a Root store that cannot be opened says nothing of the list
    let own = report.failing_step == Some(Step::Trust)
        && report.error == hresult::CERT_E_UNTRUSTEDROOT
        && !error.intersects(E::IS_UNTRUSTED_ROOT | E::IS_EXPLICIT_DISTRUST);
    if own {
        found.push(Suspect {
            kind: CauseKind::TamperedList,
            fact: Some(file.clone()),
            statement: format!(
                "The list is not signed under Microsoft's roots: {}.",
                report.why.as_deref().unwrap_or_default()
            ),
            details: Vec::new(),
            hidden: false,
        });
    }
}

/// The CRLs of the CA store.
fn crls(machine: &Scenario) -> Vec<String> {
    let held = objects(machine, "CA").into_iter();
    held.filter(|(_, object)| holds(object, Kind::Crl)).map(|(sha1, _)| sha1).collect()
}

fn name_of(certificate: Option<&Certificate>) -> String {
    certificate.map_or_else(
        || "the signer".to_owned(),
        |found| format!("{} (SHA-1 {})", found.subject().display_name(), hex(&found.sha1())),
    )
}

fn distrusted(case: &Case, chain: &ChainContext, found: &mut Vec<Suspect>) {
    let marked: Vec<&Certificate> = chain
        .elements()
        .iter()
        .filter(|element| element.status.error.contains(TrustError::IS_EXPLICIT_DISTRUST))
        .map(|element| &element.certificate)
        .collect();
    let held = objects(&case.machine, "Disallowed");
    let by_itself: Vec<String> = held
        .iter()
        .filter(|(thumbprint, _)| marked.iter().any(|one| hex(&one.sha1()) == *thumbprint))
        .map(|(thumbprint, _)| thumbprint.clone())
        .collect();
    let sha1 = if by_itself.is_empty() {
        // a disallowed list names the key or the signed part: the lists go
        let lists = held.into_iter().filter(|(_, o)| holds(o, Kind::CertificateTrustList));
        lists.map(|(sha1, _)| sha1).collect()
    } else {
        by_itself
    };
    if sha1.is_empty() {
        return;
    }
    let names: Vec<String> = marked.iter().map(|one| name_of(Some(one))).collect();
    found.push(Suspect {
        kind: CauseKind::DistrustedListChain,
        fact: Some(Fact::Store { store: "Disallowed".to_owned(), sha1 }),
        statement: format!(
            "The Disallowed store distrusts the list's own chain: {}.",
            names.join(", ")
        ),
        details: Vec::new(),
        hidden: false,
    });
}

fn holds(object: &ObjectInput, kind: Kind) -> bool {
    octets(object)
        .and_then(|octets| open(&octets, &Limits::default()).ok())
        .is_some_and(|found| found.items.iter().any(|item| item.kind == kind))
}

/// The certificate that the chain lacks, if a sound machine has it.
fn missing(case: &Case, sound: &Scenario, chain: &ChainContext, found: &mut Vec<Suspect>) {
    let Some(last) = chain.elements().last() else { return };
    let issuer = last.certificate.issuer().raw();
    let untrusted = chain.status.error.contains(TrustError::IS_UNTRUSTED_ROOT);
    let fits = |certificate: &Certificate| {
        if untrusted {
            certificate.sha1() == last.certificate.sha1()
        } else {
            certificate.subject().raw() == issuer
        }
    };
    for (store, kind) in [("ROOT", CauseKind::MissingRoot), ("CA", CauseKind::MissingIntermediate)]
    {
        let held = objects(sound, store);
        let certificates: Vec<Certificate> = held
            .iter()
            .filter_map(|(_, object)| certificate(object))
            .filter(|certificate| fits(certificate))
            .collect();
        if certificates.is_empty() {
            continue;
        }
        let sha1: Vec<String> = certificates.iter().map(|found| hex(&found.sha1())).collect();
        let problem = case
            .store_problems
            .iter()
            .find(|p| p.store.eq_ignore_ascii_case(store) && sha1.contains(&p.sha1));
        let names: Vec<String> = certificates.iter().map(|found| name_of(Some(found))).collect();
        let (kind, statement, details) = match problem {
            Some(problem) => (
                CauseKind::StoreCorrupt,
                format!(
                    "The store {store} is damaged: its entry for {} cannot be read ({}).",
                    names.join(", "),
                    problem.what
                ),
                vec![(format!("entry in {}", problem.file), problem.what.clone())],
            ),
            None => (kind, format!("The store {store} lacks {}.", names.join(", ")), Vec::new()),
        };
        found.push(Suspect {
            kind,
            fact: Some(Fact::Store { store: store.to_owned(), sha1 }),
            statement,
            details,
            hidden: false,
        });
        return;
    }
    // an intermediate that nobody has at hand
    found.push(Suspect {
        kind: if untrusted { CauseKind::TamperedList } else { CauseKind::MissingIntermediate },
        fact: None,
        statement: format!(
            "No certificate of {} is in the evidence or built in, so nothing leads from {} to a \
             root.",
            last.certificate.issuer().display_name(),
            name_of(Some(&last.certificate))
        ),
        details: Vec::new(),
        hidden: false,
    });
}

/// A period that does not include the clock: the list's fault, or the clock's.
fn of_time(
    case: &Case,
    sound: &Scenario,
    file: &Fact,
    chain: &ChainContext,
    found: &mut Vec<Suspect>,
) {
    let Ok(now) = case.machine.clock.parse::<Time>() else { return };
    let Some(failing) = chain
        .elements()
        .iter()
        .find(|element| element.status.error.contains(TrustError::IS_NOT_TIME_VALID))
    else {
        return;
    };
    let certificate = &failing.certificate;
    let is_signer = chain.elements().first().is_some_and(|e| e.certificate == *certificate);
    let role = if is_signer { "The list's signer" } else { "A CA above the list's signer" };
    let period = format!("{} to {}", certificate.not_before(), certificate.not_after());
    let details = vec![
        ("SHA-1 of the certificate".to_owned(), hex(&certificate.sha1())),
        ("valid".to_owned(), period.clone()),
        ("the machine's clock".to_owned(), now.to_string()),
    ];
    let mut valid_really = false;
    if let (ClockKnowledge::Wrong { really, witness }, true) =
        (&case.clock, sound.clock != case.machine.clock)
    {
        valid_really = *really >= certificate.not_before() && *really <= certificate.not_after();
        found.push(Suspect {
            kind: CauseKind::WrongClock,
            fact: Some(Fact::Clock),
            statement: format!(
                "The machine's clock stood at {now}, when it was {really} ({witness}). {role}, \
                 {}, is valid from {period}.",
                certificate.subject().display_name()
            ),
            details: details.clone(),
            hidden: false,
        });
    }
    // then it is the clock's fault alone
    if valid_really {
        return;
    }
    let kind = if now > certificate.not_after() {
        CauseKind::ExpiredListSigner
    } else {
        CauseKind::SignerNotYetValid
    };
    // where no better list is at hand, the sound machine has this one and does not mind its age
    let ageless = sound.registry.contains_key(LIST_SIGNER_TIME);
    let age = Fact::Registry { key: LIST_SIGNER_TIME.to_owned() };
    found.push(Suspect {
        kind,
        fact: Some(if ageless { age } else { file.clone() }),
        statement: format!(
            "{role}, {}, is valid from {period}; the clock stood at {now}.",
            name_of(Some(certificate))
        ),
        details,
        hidden: false,
    });
}
