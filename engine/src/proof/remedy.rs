//! What to do about a cause, tried before anyone touches the machine.

use schemars::JsonSchema;
use serde::Serialize;

use super::case::{Case, ClockKnowledge};
use super::cause::{CauseKind, Status};
use super::diagnosis::Cause;
use super::experiment::Bench;
use super::fact::{Fact, certificate, objects, octets};
use super::sound::no_files;
use crate::format::url_cache::file_name;
use crate::root_update::event::Event;
use crate::scenario::{
    ChainRequestInput, EngineInput, LIST_SIGNER_TIME, ObjectInput, Request, Scenario, run,
};

/// The most certificates whose verdict is compared before and after a remedy.
const MAX_COMPARED: usize = 256;

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Remedy {
    /// The cause it removes.
    pub kind: CauseKind,
    /// What it does, in a sentence.
    pub what: String,
    /// The commands, for an elevated prompt on the machine.
    pub commands: Vec<String>,
    /// Whether it was tried on this machine's evidence, the event was gone, nothing new came, and
    /// no certificate that was valid became invalid.
    pub verified: bool,
    /// What the trial came to.
    pub outcome: Option<String>,
    /// What to know before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caution: Option<String>,
}

/// A remedy for each cause that is proven or, where nothing is, consistent.
///
/// Switching the update off is none: it hides the event and leaves the machine with old roots.
pub(super) fn remedies(case: &Case, bench: &Bench<'_>, causes: &[Cause]) -> Vec<Remedy> {
    let proven = causes.iter().any(|cause| cause.status == Status::Proven);
    let wanted = if proven { Status::Proven } else { Status::Consistent };
    let is_chosen = |cause: &&Cause| cause.status == wanted || cause.masked;
    let chosen: Vec<&Cause> = causes.iter().filter(is_chosen).collect();
    // what takes several remedies is tried with all of them
    let joint = chosen.iter().any(|cause| !cause.jointly_with.is_empty() || cause.masked);
    let all: Vec<Fact> = chosen.iter().flat_map(|cause| changes(case, cause)).collect();
    chosen
        .iter()
        .map(|cause| {
            let own = changes(case, cause);
            let mut trial = (!own.is_empty()).then(|| attempt(case, bench, &own));
            if joint && trial.as_ref().is_some_and(|(verified, _)| !verified) {
                trial = Some(attempt(case, bench, &all));
            }
            let (what, commands, caution) = words(case, cause);
            Remedy {
                kind: cause.kind,
                what,
                commands,
                verified: trial.as_ref().is_some_and(|(verified, _)| *verified),
                outcome: trial.map(|(_, outcome)| outcome),
                caution,
            }
        })
        .collect()
}

/// The facts a remedy changes. A bad file is not replaced but deleted: Windows fetches a new one.
fn changes(case: &Case, cause: &Cause) -> Vec<Fact> {
    match (&cause.fact, cause.kind) {
        (None, _) => Vec::new(),
        (Some(Fact::Registry { key }), _) if key == LIST_SIGNER_TIME => cached_lists(case),
        // a list by another signer is needed
        (Some(Fact::Store { .. }), CauseKind::RevokedSigner) => cached_lists(case),
        (Some(fact), _) => vec![fact.clone()],
    }
}

fn cached_lists(case: &Case) -> Vec<Fact> {
    let cached = case.machine.url_cache.iter().filter(|entry| super::sound::is_list(&entry.url));
    cached
        .map(|entry| Fact::Cached { url: entry.url.clone(), profile: entry.profile.clone() })
        .collect()
}

/// Tries a remedy: whether it helps and does no harm, and what came of it.
fn attempt(case: &Case, bench: &Bench<'_>, facts: &[Fact]) -> (bool, String) {
    let mut without_files = bench.sound.clone();
    without_files.url_cache.clear();
    let mut machine = case.machine.clone();
    for fact in facts {
        let from = if matches!(fact, Fact::Cached { .. }) { &without_files } else { bench.sound };
        fact.copy(from, &mut machine);
    }
    let Some(outcome) = bench.run(&machine) else {
        return (false, "the bound on experiments was met".to_owned());
    };
    let before = bench.run(&case.machine);
    let is_new = |event: &Event| !before.as_ref().is_some_and(|o| o.failures().any(|e| e == event));
    let quiet = bench.target.is_gone(&outcome) && !outcome.failures().any(is_new);
    let touches_chains =
        facts.iter().any(|fact| !matches!(fact, Fact::Cached { .. } | Fact::Answer { .. }));
    let harmed = if touches_chains && facts.iter().all(|fact| *fact != Fact::Clock) {
        newly_invalid(&case.machine, &machine)
    } else {
        0
    };
    let mut text = outcome.text();
    if harmed > 0 {
        text = format!("{text}; {harmed} certificates that were valid would no longer be");
    }
    (quiet && harmed == 0, text)
}

/// How many certificates of the machine's own stores are valid before and not after.
fn newly_invalid(before: &Scenario, after: &Scenario) -> usize {
    let own = ["MY", "CA", "TrustedPeople"].into_iter().flat_map(|store| objects(before, store));
    own.take(MAX_COMPARED)
        .filter(|(_, object)| certificate(object).is_some())
        .filter(|(_, object)| is_valid(before, object) && !is_valid(after, object))
        .count()
}

fn is_valid(machine: &Scenario, end: &ObjectInput) -> bool {
    let mut question = machine.clone();
    question.expect = None;
    question.proof = None;
    question.request = Request::Chain(Box::new(ChainRequestInput {
        end: end.clone(),
        additional: Vec::new(),
        engine: EngineInput::default(),
        engine_flags: None,
        time: None,
        usage: None,
        issuance: None,
        flags: None,
        strong_sign: None,
        url_timeout_ms: None,
        policies: Vec::new(),
    }));
    run(&question, &no_files).chain.is_some_and(|chain| chain.status.error.is_empty())
}

type Words = (String, Vec<String>, Option<String>);

fn words(case: &Case, cause: &Cause) -> Words {
    use CauseKind as K;
    match cause.kind {
        K::ExpiredListSigner
        | K::NotACabinet
        | K::TruncatedFile
        | K::CorruptCabinet
        | K::CorruptList
        | K::TamperedList
        | K::WrongUsage => delete_cached(case, cause),
        K::WrongClock => (
            "Set the clock: the certificates are sound, the time is not.".to_owned(),
            set_clock(case),
            None,
        ),
        K::SignerNotYetValid => {
            let (_, mut commands, caution) = delete_cached(case, cause);
            commands.insert(
                0,
                "w32tm /stripchart /computer:time.windows.com /samples:3 /dataonly".to_owned(),
            );
            (
                "Compare the clock first: one that is behind is the usual reason, and then it has \
                 to be set. If it is right, delete the cached file, so that Windows fetches the \
                 list anew, and find out who gave the machine a list of the future."
                    .to_owned(),
                commands,
                caution,
            )
        }
        K::MissingRoot => add_missing(cause, "Root"),
        K::MissingIntermediate => add_missing(cause, "CA"),
        K::DistrustedListChain => undo_distrust(case, cause),
        K::StoreAccessDenied => grant(cause),
        K::StoreCorrupt => mend_store(cause),
        K::Unreachable => (
            "Let the machine reach Microsoft's servers, or give it the lists by another way."
                .to_owned(),
            vec![
                "netsh winhttp show proxy".to_owned(),
                "certutil -f -verifyCTL AuthRoot".to_owned(),
                "rem allow HTTP to ctldl.windowsupdate.com for the machine's accounts".to_owned(),
                "rem or, on a machine that is connected: certutil -syncWithWU SHARE".to_owned(),
                "rem and here RootDirUrl = that share, as a file: address".to_owned(),
            ],
            None,
        ),
        K::Proxy => {
            let (_, mut commands, _) = delete_cached(case, cause);
            commands
                .insert(0, "netsh winhttp set proxy PROXY:PORT \"*.windowsupdate.com\"".to_owned());
            (
                "Let the computer's own accounts pass the proxy without a login for \
                 *.windowsupdate.com, and delete what it has put into the cache."
                    .to_owned(),
                commands,
                Some(
                    "The command replaces the machine's proxy setting: look at it first (netsh \
                     winhttp show proxy), and put your own proxy in."
                        .to_owned(),
                ),
            )
        }
        K::UnsupportedAlgorithm => {
            let mut commands = vec![
                "wmic qfe get HotFixID | findstr \"4474419 4490628\"".to_owned(),
                "rem Windows 7, Server 2008 R2: install those that are not printed,".to_owned(),
                "rem KB 4490628 first, and restart. On any Windows, then:".to_owned(),
            ];
            commands.extend(delete_cached(case, cause).1);
            (
                "Install the update that brings the algorithm (for SHA-2 on Windows 7 and Server \
                 2008 R2: KB 4474419 with KB 4490628). A list with an algorithm that no Windows \
                 has is not Microsoft's: delete the cached file."
                    .to_owned(),
                commands,
                None,
            )
        }
        K::RevokedSigner => {
            let mut commands: Vec<String> = thumbprints(cause)
                .iter()
                .map(|sha1| format!("certutil -store CA {sha1}"))
                .collect();
            commands.extend(delete_cached(case, cause).1);
            (
                "Look at the CRL and find out whether it is Microsoft's. If it is, a list by \
                 another signer is needed: delete the cached file, so that Windows fetches it."
                    .to_owned(),
                commands,
                Some(
                    "A CRL that is not Microsoft's has no business there; find out who put it \
                     there before you delete it."
                        .to_owned(),
                ),
            )
        }
        K::UpdateDisabled => match &cause.fact {
            Some(Fact::Registry { key }) => {
                let (path, value) = key.rsplit_once('!').unwrap_or((key, ""));
                (
                    "Take the policy away, if it is not meant to be: set it to Not Configured in \
                     Group Policy, or delete the value."
                        .to_owned(),
                    vec![format!("set K={path}"), format!("reg delete \"%K%\" /v {value} /f")],
                    Some(
                        "On a machine without a network the policy may be there on purpose; then \
                         the roots have to be brought another way."
                            .to_owned(),
                    ),
                )
            }
            _ => (String::new(), Vec::new(), None),
        },
    }
}

/// How far off, in seconds, a clock may be before the time service refuses to set it: the default
/// MaxPosPhaseCorrection of a computer that is no domain controller (documented).
const MAX_PHASE_CORRECTION: i64 = 54_000;

fn set_clock(case: &Case) -> Vec<String> {
    let mut commands = vec!["w32tm /query /status".to_owned(), "net start w32time".to_owned()];
    let now = super::diagnosis::clock(&case.machine);
    if let (ClockKnowledge::Wrong { really, .. }, Some(now)) = (&case.clock, now)
        && (really.unix() - now.unix()).abs() > MAX_PHASE_CORRECTION
    {
        commands.push("rem the time service does not mend a clock that is so far off:".to_owned());
        commands.push("rem set date and time by hand first".to_owned());
        commands.push("date".to_owned());
        commands.push("time".to_owned());
    }
    commands.push("w32tm /resync /force".to_owned());
    commands
}

/// Where the URL cache of an account lies.
fn cache_folder(profile: Option<&str>) -> Option<String> {
    Some(match profile? {
        "S-1-5-18" => "%windir%\\System32\\config\\systemprofile".to_owned(),
        "S-1-5-18 (SysWOW64)" => "%windir%\\SysWOW64\\config\\systemprofile".to_owned(),
        "S-1-5-19" => "%windir%\\ServiceProfiles\\LocalService".to_owned(),
        "S-1-5-20" => "%windir%\\ServiceProfiles\\NetworkService".to_owned(),
        sid if sid.starts_with("S-1-") => return None,
        // the name of the folder, from the evidence: no command may hide in it
        name if name.chars().all(|c| c.is_alphanumeric() || " ._-".contains(c)) => {
            format!("%SystemDrive%\\Users\\{name}")
        }
        _ => return None,
    })
}

fn delete_cached(case: &Case, cause: &Cause) -> Words {
    let mut commands = Vec::new();
    for fact in changes(case, cause) {
        let Fact::Cached { url, profile } = fact else { continue };
        let name = file_name(&url);
        match cache_folder(profile.as_deref()) {
            Some(folder) => {
                commands.push(format!("cd /d \"{folder}\\AppData\\LocalLow\""));
                commands.push("cd Microsoft\\CryptnetUrlCache".to_owned());
                // Windows gives these files the attribute "system", which del passes over
                commands.push(format!("del /f /q /a Content\\{name}"));
                commands.push(format!("del /f /q /a MetaData\\{name}"));
            }
            None => {
                let who = match profile.as_deref() {
                    Some(user) => {
                        let is_plain = |c: &char| c.is_alphanumeric() || " ._-".contains(*c);
                        format!(
                            "rem as the user {}:",
                            user.chars().filter(is_plain).collect::<String>()
                        )
                    }
                    None => "rem as each user whose cache may hold the file:".to_owned(),
                };
                commands.push(who);
                // by its own address the file would go alone, but that line is too long to type
                commands.push("certutil -urlcache * delete".to_owned());
            }
        }
    }
    commands.push("certutil -f -verifyCTL AuthRoot".to_owned());
    ("Delete the cached file, so that Windows fetches the list anew.".to_owned(), commands, None)
}

fn thumbprints(cause: &Cause) -> &[String] {
    match &cause.fact {
        Some(Fact::Store { sha1, .. }) => sha1,
        _ => &[],
    }
}

fn add_missing(cause: &Cause, store: &str) -> Words {
    let commands = thumbprints(cause)
        .iter()
        .map(|sha1| format!("certutil -f -addstore {store} {sha1}.cer"))
        .collect();
    (
        format!(
            "Put the certificate back into {store}. Take it from a trusted source and compare its \
             thumbprint."
        ),
        commands,
        None,
    )
}

fn undo_distrust(case: &Case, cause: &Cause) -> Words {
    let held = objects(&case.machine, "Disallowed");
    let is_list = |sha1: &String| {
        let entry = held.iter().find(|(found, _)| found == sha1);
        entry.is_none_or(|(_, object)| certificate(object).is_none())
    };
    let by_list = thumbprints(cause).iter().any(is_list);
    if by_list {
        return (
            "A list in the Disallowed store names the chain. Find out where the list came from; \
             Microsoft's own does not name it."
                .to_owned(),
            Vec::new(),
            Some("Do not delete Microsoft's own disallowed list.".to_owned()),
        );
    }
    let commands = thumbprints(cause)
        .iter()
        .map(|sha1| format!("certutil -delstore Disallowed {sha1}"))
        .collect();
    (
        "Take Microsoft's certificate off the Disallowed store; find out who put it there."
            .to_owned(),
        commands,
        Some("Only these entries: the others in that store are there for a reason.".to_owned()),
    )
}

fn grant(cause: &Cause) -> Words {
    let Some(Fact::Fault { store }) = &cause.fact else { return (String::new(), Vec::new(), None) };
    if store.eq_ignore_ascii_case("TEMP") {
        return (
            "Give the account that runs the update its folder for temporary files back.".to_owned(),
            vec![
                "icacls \"%windir%\\Temp\" /grant *S-1-5-18:(OI)(CI)F".to_owned(),
                "icacls \"%windir%\\Temp\" /grant *S-1-5-32-545:(CI)(WD,AD,X)".to_owned(),
            ],
            None,
        );
    }
    let key = if store.to_ascii_uppercase().contains("AUTHROOT") { "AuthRoot" } else { store };
    (
        format!("Give SYSTEM and Users read access to the key of the store {key} back."),
        [
            "rem in PowerShell:".to_owned(),
            format!("$k = 'HKLM:\\SOFTWARE\\Microsoft\\SystemCertificates\\{key}'"),
            "$a = Get-Acl $k".to_owned(),
            "$a.Access | ? AccessControlType -eq Deny | % { $a.RemoveAccessRule($_) }".to_owned(),
            "$t = 'System.Security.AccessControl.RegistryAccessRule'".to_owned(),
            "$f = 'ContainerInherit','None','Allow'".to_owned(),
            "$a.AddAccessRule((New-Object $t (@('BUILTIN\\Users','ReadKey')+$f)))".to_owned(),
            "Set-Acl $k $a".to_owned(),
        ]
        .to_vec(),
        None,
    )
}

fn mend_store(cause: &Cause) -> Words {
    match &cause.fact {
        Some(Fact::Store { store, sha1 }) => {
            let mut commands = vec![format!(
                "set K=HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\{store}\\Certificates"
            )];
            for thumbprint in sha1 {
                let key = thumbprint.to_uppercase();
                commands.push(format!("reg delete \"%K%\\{key}\" /f"));
                commands.push(format!("certutil -f -addstore {store} {thumbprint}.cer"));
            }
            ("Delete the damaged entry and put the certificate in anew.".to_owned(), commands, None)
        }
        _ => (
            "The registry that holds the store is damaged: restore it, or repair Windows."
                .to_owned(),
            vec![
                "DISM /Online /Cleanup-Image /RestoreHealth".to_owned(),
                "sfc /scannow".to_owned(),
            ],
            None,
        ),
    }
}

/// The certificates that the commands of remedies name, by those names: what a store lacks, or holds
/// damaged.
#[must_use]
pub fn remedy_files(case: &Case, causes: &[Cause]) -> Vec<(String, Vec<u8>)> {
    let sound = super::sound::sound_machine(case);
    let proven = causes.iter().filter(|cause| cause.status == Status::Proven);
    let mut files = Vec::new();
    for cause in proven {
        let Some(Fact::Store { store, sha1 }) = &cause.fact else { continue };
        for (thumbprint, object) in objects(&sound, store) {
            if sha1.contains(&thumbprint)
                && let Some(octets) = octets(&object)
            {
                files.push((format!("{thumbprint}.cer"), octets));
            }
        }
    }
    files
}
