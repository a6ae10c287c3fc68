//! Registry hives and the transaction logs that belong to them, which may come in any order.

use std::collections::BTreeMap;
use std::path::Path;

use chaincheck_engine::format::collection::{Member, MemberPath};
use chaincheck_engine::format::registry::hive::Hive;
use chaincheck_engine::format::registry::policy_file::PolicyScope;
use chaincheck_engine::format::registry::system_certificates::RegistryEvidence;
use chaincheck_engine::format::registry::transaction_log::{LogOutcome, replay};
use chaincheck_engine::format::{Kind, Limits, detect};

use crate::input;

/// Octets of dirty hives and logs that wait for each other at most; beyond them a hive is read
/// without its logs.
const MAX_WAITING: usize = 256 << 20;

/// What a log's name ends in, in the order in which Windows writes them.
const LOG_SUFFIXES: [&str; 3] = [".log1", ".log2", ".log"];

/// Dirty hives and logs of one input.
#[derive(Debug, Default)]
pub(crate) struct Hives {
    waiting: BTreeMap<String, Waiting>,
    octets: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    hive: Option<(MemberPath, Vec<u8>)>,
    logs: BTreeMap<String, Vec<u8>>,
}

/// A hive as its logs make it.
pub(crate) struct Recovered {
    pub(crate) path: MemberPath,
    pub(crate) octets: Vec<u8>,
    /// What became of the logs, and that there were none.
    pub(crate) notes: Vec<String>,
    /// Whether it is what Windows would load.
    pub(crate) is_clean: bool,
}

impl Hives {
    /// Keeps a dirty hive, or a log of one, for [`Hives::finish`]. Says whether it did.
    pub(crate) fn keep(&mut self, member: &Member<'_>) -> bool {
        if detect(member.octets) != Kind::RegistryHive {
            return false;
        }
        let lower = member.path.to_string().to_lowercase();
        let base = LOG_SUFFIXES.iter().find_map(|suffix| lower.strip_suffix(suffix));
        let dirty = || Hive::parse(member.octets).is_ok_and(|hive| hive.base().is_dirty());
        let fits = self.octets.saturating_add(member.octets.len()) <= MAX_WAITING;
        if !fits || (base.is_none() && !dirty()) {
            return false;
        }
        self.octets += member.octets.len();
        let place = self.waiting.entry(base.unwrap_or(&lower).to_owned()).or_default();
        if base.is_some() {
            place.logs.insert(lower, member.octets.to_vec());
        } else {
            place.hive = Some((member.path.clone(), member.octets.to_vec()));
            if !member.path.is_member() {
                place.logs.extend(logs_beside(&member.path.to_string()));
            }
        }
        true
    }

    /// The hives, brought up to date; logs without a hive say nothing by themselves.
    pub(crate) fn finish(self) -> impl Iterator<Item = Recovered> {
        self.waiting.into_values().filter_map(|waiting| {
            let (path, octets) = waiting.hive?;
            Some(recover(path, octets, &waiting.logs))
        })
    }
}

fn recover(path: MemberPath, octets: Vec<u8>, logs: &BTreeMap<String, Vec<u8>>) -> Recovered {
    if logs.is_empty() {
        let notes = vec!["transaction logs: not at hand".to_owned()];
        return Recovered { path, octets, notes, is_clean: false };
    }
    let order: Vec<&[u8]> = logs.values().map(Vec::as_slice).collect();
    match replay(&octets, &order) {
        Ok((octets, report)) => {
            let told = |(name, outcome): (&String, &LogOutcome)| {
                let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
                format!("transaction log {name}: {outcome}")
            };
            let mut notes: Vec<String> = logs.keys().zip(&report.logs).map(told).collect();
            if !report.is_clean {
                notes.push("the hive is still dirty".to_owned());
            }
            Recovered { path, octets, notes, is_clean: report.is_clean }
        }
        Err(error) => {
            let notes = vec![format!("the transaction logs cannot be applied: {error}")];
            Recovered { path, octets, notes, is_clean: false }
        }
    }
}

/// What a registry file says besides its objects.
pub(crate) fn evidence(
    path: &MemberPath,
    octets: &[u8],
    kind: Kind,
) -> Result<RegistryEvidence, String> {
    let limits = Limits::default();
    match kind {
        Kind::RegistryHive => {
            RegistryEvidence::from_mounted_hive(octets, &[], path.registry_mount(), &limits)
        }
        Kind::RegistryExport => RegistryEvidence::from_export(octets, &limits),
        _ => RegistryEvidence::from_policy_file(octets, PolicyScope::Unknown, &limits),
    }
    .map_err(|error| error.to_string())
}

/// Whether a file of this kind is one of the registry.
pub(crate) const fn is_registry(kind: Kind) -> bool {
    matches!(kind, Kind::RegistryHive | Kind::RegistryExport | Kind::RegistryPolicy)
}

/// The logs that lie beside a hive that was named itself, as Windows would find them.
fn logs_beside(hive: &str) -> Vec<(String, Vec<u8>)> {
    let path = Path::new(hive);
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase());
    let Some(name) = name else { return Vec::new() };
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new("."))).into_iter().flatten();
    entries
        .flatten()
        .filter(|entry| {
            let found = entry.file_name().to_string_lossy().to_lowercase();
            let suffix = found.strip_prefix(&name);
            suffix.is_some_and(|suffix| LOG_SUFFIXES.contains(&suffix))
        })
        .filter_map(|entry| {
            let octets = input::read(&entry.path().to_string_lossy())
                .inspect_err(|error| crate::output::say(error))
                .ok()?;
            let is_log = detect(&octets) == Kind::RegistryHive;
            is_log.then(|| (entry.file_name().to_string_lossy().to_lowercase(), octets))
        })
        .collect()
}
