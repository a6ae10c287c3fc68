//! What certificate chains depend on, found in the registry: the certificate stores, the automatic
//! root update's values, policies and settings (reference, stores-and-formats 1 and 2,
//! auto-root-update 3, chain-engine 12).
//!
//! The whole of a file is searched: stores lie in more places than the documented ones, and a part
//! of a hive may begin anywhere.

mod hive_kind;
mod location;
mod object;
mod setting;

use std::collections::HashMap;
use std::sync::Arc;

pub use hive_kind::HiveKind;
pub use location::{StoreId, StoreLocation};
pub use object::{Mismatch, ObjectKind, PropertyDifference, StoreObject};
pub use setting::{AutoUpdate, ListState, Policies, ProtectedRoots, Setting, SettingValue};

use super::RegistryKey;
use super::error::{Problems, RegistryError, RegistryErrorKind};
use super::export::{self, Deletion};
use super::hive::{Hive, Key, SMALLEST_VALUE_CELL, Value};
use super::policy_file::{self, PolicyScope};
use super::security::{SecurityDescriptor, Sid};
use super::transaction_log::{ReplayReport, replay};
use crate::base::time::Time;
use crate::format::{FormatError, Limit, Limits};

/// Values of one key that are read; see [`export::MAX_VALUES`].
const MAX_VALUES: usize = export::MAX_VALUES;

/// What a registry file says of certificates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegistryEvidence {
    /// What file it is.
    pub source: RegistrySource,
    /// Where its root is mounted, e.g. `HKLM\SOFTWARE`; empty for exports, whose keys say it
    /// themselves, and `?` where it is not known.
    pub mount: String,
    /// The user whose hive it is, where the hive tells: by the name of its root key, or by the only
    /// account that its root key gives full control (inferred).
    pub user: Option<Sid>,
    /// When the hive was last written.
    pub last_written: Option<Time>,
    /// The keys of stores, empty ones too.
    pub stores: Vec<StoreKey>,
    /// The objects of the stores.
    pub objects: Vec<StoreObject>,
    /// What stands where an object should, and would not be used by Windows.
    pub refused: Vec<RefusedObject>,
    /// Objects of a damaged hive whose keys are in use but that no list of subkeys leads to: Windows
    /// does not see them.
    pub unreachable: Vec<StoreObject>,
    /// Physical stores that are registered, beside the predefined ones or in place of them.
    pub physical_stores: Vec<PhysicalStore>,
    /// The automatic root update's values: the machine's, and those of users and packages.
    pub auto_updates: Vec<AutoUpdate>,
    /// Policies and other switches, the machine's before a user's.
    pub policies: Policies,
    /// Protected lists of a user's roots.
    pub protected_roots: Vec<ProtectedRoots>,
    /// All settings by `KEY!VALUE`, as a scenario's `registry` has them, in the file's order.
    pub settings: Vec<Setting>,
    /// What importing the file would delete (exports and policy files).
    pub deletions: Vec<Deletion>,
    /// What became of the transaction logs, if there were any.
    pub replay: Option<ReplayReport>,
    /// What the reader should know: whose hive it is, and how that is known.
    pub notes: Vec<String>,
    /// What could not be read.
    pub problems: Vec<RegistryError>,
}

/// What kind of file evidence comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RegistrySource {
    /// A hive.
    Hive(HiveKind),
    /// A `.reg` export.
    #[default]
    Export,
    /// A `Registry.pol`.
    PolicyFile(PolicyScope),
}

/// The key of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreKey {
    /// Which store.
    pub store: StoreId,
    /// The key.
    pub path: String,
    /// When it was last written.
    pub last_written: Option<Time>,
    /// Who may do what with it.
    pub security: Option<Arc<SecurityDescriptor>>,
    /// Where it stands in the file, in octets.
    pub offset: usize,
}

/// A registered physical store: `PhysicalStores\<name>` of a store (reference, stores-and-formats
/// 1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhysicalStore {
    /// The logical store.
    pub store: StoreId,
    /// Its name, e.g. `.LocalMachine`.
    pub name: String,
    /// The key.
    pub path: String,
    /// OpenStoreProvider
    pub provider: Option<String>,
    /// Flags: 1 objects are added here, 2 it is not opened, 4 nor from another machine, 8 the
    /// machine's name is put before its name.
    pub flags: Option<u32>,
    /// Priority: the larger is searched first.
    pub priority: Option<u32>,
    /// Where the key stands in the file, in octets.
    pub offset: usize,
}

impl PhysicalStore {
    fn of(key: &RegistryKey, store: StoreId) -> Self {
        let number =
            |name: &str| key.value(name)?.number().and_then(|number| u32::try_from(number).ok());
        Self {
            store,
            name: key.path.last().cloned().unwrap_or_default(),
            path: key.path_text(),
            provider: key.value("OpenStoreProvider").and_then(|value| value.text()),
            flags: number("Flags"),
            priority: number("Priority"),
            offset: key.offset,
        }
    }

    /// Whether it is switched off (CERT_PHYSICAL_STORE_OPEN_DISABLE_FLAG): under a predefined name,
    /// that predefined part of the logical store is.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        self.flags.is_some_and(|flags| flags & 2 != 0)
    }
}

/// Something in an object's place that Windows would not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedObject {
    /// Which store.
    pub store: StoreId,
    /// The key.
    pub path: String,
    /// When it was last written.
    pub last_written: Option<Time>,
    /// Why.
    pub reason: Refusal,
    /// Where it stands in the file, in octets.
    pub offset: usize,
}

/// Why an object would not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The key has no value `Blob`.
    NoBlob,
    /// `Blob` is no serialized element.
    Blob(FormatError),
    /// `Blob` holds an object of another kind than its place is for.
    Kind,
    /// The object's SHA-1 is not the key's name, or not what property 3 says. The object itself is
    /// given for the report.
    Thumbprint(Box<StoreObject>, Mismatch),
}

impl RefusedObject {
    /// The refusal as an error of the file, for those who list both.
    #[must_use]
    pub fn error(&self) -> FormatError {
        let kind = match &self.reason {
            Refusal::Blob(error) => return error.clone().within(&self.path),
            Refusal::NoBlob => RegistryErrorKind::NoBlob,
            Refusal::Kind => RegistryErrorKind::ObjectKind,
            Refusal::Thumbprint(_, mismatch) => RegistryErrorKind::Thumbprint(*mismatch),
        };
        let mut error = RegistryError::new(kind, self.offset);
        error.key.clone_from(&self.path);
        error.into()
    }
}

impl RegistryEvidence {
    /// What a hive holds. With transaction logs, a dirty hive is brought up to date first.
    ///
    /// # Errors
    /// If the hive does not begin as one, or holds no root key.
    pub fn from_hive(
        octets: &[u8],
        logs: &[&[u8]],
        limits: &Limits,
    ) -> Result<Self, RegistryError> {
        Self::from_mounted_hive(octets, logs, None, limits)
    }

    /// As [`RegistryEvidence::from_hive`], where the caller knows the root's place, e.g.
    /// `HKLM\SOFTWARE` or `HKU\S-1-5-18`.
    ///
    /// # Errors
    /// As [`RegistryEvidence::from_hive`].
    pub fn from_mounted_hive(
        octets: &[u8],
        logs: &[&[u8]],
        mount: Option<&str>,
        limits: &Limits,
    ) -> Result<Self, RegistryError> {
        if logs.is_empty() {
            return Self::from_one_hive(octets, mount, limits);
        }
        let (recovered, report) = replay(octets, logs)?;
        let mut evidence = Self::from_one_hive(&recovered, mount, limits)?;
        evidence.replay = Some(report);
        Ok(evidence)
    }

    fn from_one_hive(
        octets: &[u8],
        mount: Option<&str>,
        limits: &Limits,
    ) -> Result<Self, RegistryError> {
        let hive = Hive::parse(octets)?;
        let kind = HiveKind::of(&hive);
        let mut evidence = Self {
            source: RegistrySource::Hive(kind),
            mount: mount.unwrap_or(kind.mount()).to_owned(),
            last_written: Some(hive.base().last_written),
            ..Self::default()
        };
        evidence.note_hive(&hive, kind, mount.is_some());
        let mut problems = Problems::new(limits.max_items);
        hive.problems().iter().for_each(|problem| problems.add(problem.clone()));
        let prefix: Vec<String> = evidence.mount.split('\\').map(str::to_owned).collect();
        let mut reader = HiveReader::new(&hive);
        let mut collector = Collector { evidence: &mut evidence, limits };
        let seen = hive.walk(&mut problems, &mut |path, key, problems| {
            let full: Vec<&str> = prefix.iter().chain(path).map(String::as_str).collect();
            if location::matters(&full) || setting::matters(&full) {
                collector.key(reader.read(&full, key, problems), problems);
            }
        });
        if problems.len() > hive.problems().len() {
            let unknown = ["?".to_owned()];
            hive.walk_unseen(seen, &mut problems, &mut |path, key, problems| {
                let prefix = if path.is_whole { &prefix[..] } else { &unknown };
                let full: Vec<&str> =
                    prefix.iter().chain(&path.names).map(String::as_str).collect();
                if location::matters(&full) {
                    collector.unreachable(reader.read(&full, key, problems), problems);
                }
            });
        }
        evidence.problems = problems.into_vec();
        evidence.finish();
        Ok(evidence)
    }

    /// What a `.reg` export holds.
    ///
    /// # Errors
    /// If its first line is not an export's.
    pub fn from_export(octets: &[u8], limits: &Limits) -> Result<Self, RegistryError> {
        let mut evidence = Self::default();
        let mut problems = Problems::new(limits.max_items);
        let mut collector = Collector { evidence: &mut evidence, limits };
        let report = export::read(octets, limits, &mut |key| collector.key(key, &mut problems))?;
        report.problems.into_iter().for_each(|problem| problems.add(problem));
        evidence.deletions = report.deletions;
        evidence.problems = problems.into_vec();
        evidence.finish();
        Ok(evidence)
    }

    /// What a `Registry.pol` holds.
    ///
    /// # Errors
    /// If it does not begin as one.
    pub fn from_policy_file(
        octets: &[u8],
        scope: PolicyScope,
        limits: &Limits,
    ) -> Result<Self, RegistryError> {
        let source = RegistrySource::PolicyFile(scope);
        let mut evidence = Self { source, ..Self::default() };
        if scope == PolicyScope::Unknown {
            let note = "the file does not say whether it is the machine's policy or a user's";
            evidence.notes.push(note.to_owned());
        }
        let mut problems = Problems::new(limits.max_items);
        let mut collector = Collector { evidence: &mut evidence, limits };
        let sink = &mut |key| collector.key(key, &mut problems);
        let report = policy_file::read(octets, scope, limits, sink)?;
        report.problems.into_iter().for_each(|problem| problems.add(problem));
        evidence.deletions = report.deletions;
        evidence.problems = problems.into_vec();
        evidence.finish();
        Ok(evidence)
    }

    /// The setting with this `KEY!VALUE`, in any case.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| super::same_name(&setting.name, name))
    }

    /// The build of Windows, if the file says which it is.
    #[must_use]
    pub fn windows_build(&self) -> Option<u32> {
        let key = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
        ["CurrentBuildNumber", "CurrentBuild"].into_iter().find_map(|name| {
            match &self.setting(&format!("{key}!{name}"))?.value {
                SettingValue::Text(text) => text.trim().parse().ok(),
                _ => None,
            }
        })
    }

    fn note_hive(&mut self, hive: &Hive<'_>, kind: HiveKind, is_mounted: bool) {
        if kind.is_users() {
            self.user = hive_kind::user_of(hive);
            self.notes.push(match &self.user {
                Some(user) => format!("the hive is {user}'s, by its root key"),
                None => "whose hive it is cannot be told from its contents".to_owned(),
            });
        }
        if matches!(kind, HiveKind::Partial | HiveKind::Stores) && !is_mounted {
            let note = "whether the keys are the machine's or a user's cannot be told";
            self.notes.push(note.to_owned());
        }
    }

    fn finish(&mut self) {
        self.policies = Policies::of(&self.settings);
    }
}

/// Reads from a hive the keys that matter.
struct HiveReader {
    descriptors: HashMap<u32, Option<Arc<SecurityDescriptor>>>,
    /// Octets that values and their data may still have: no more than the hive, in which each lies
    /// once. Lists that name one value many times end here.
    left: usize,
}

impl HiveReader {
    fn new(hive: &Hive<'_>) -> Self {
        Self { descriptors: HashMap::new(), left: hive.bins_length() }
    }

    fn read(&mut self, path: &[&str], key: &Key<'_, '_>, problems: &mut Problems) -> RegistryKey {
        let full: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
        let mut values = Vec::new();
        let mut listed = key.values().take(MAX_VALUES);
        while self.left > 0
            && let Some(value) = listed.next()
        {
            let cost = value.as_ref().map_or(SMALLEST_VALUE_CELL, Value::size);
            let left = self.left.checked_sub(cost);
            self.left = left.unwrap_or(0);
            let read = value.and_then(|value| match left {
                Some(_) => value.read(),
                None => {
                    let what = "values hold more octets than the hive: further ones are left out";
                    Err(RegistryError::malformed(what, value.offset()))
                }
            });
            match read {
                Ok(value) => values.push(value),
                Err(error) => problems.add_of_key(error, &full),
            }
        }
        RegistryKey {
            last_written: Some(key.last_written()),
            security: self.security(key, &full, problems),
            values,
            offset: key.offset(),
            path: full,
        }
    }

    fn security(
        &mut self,
        key: &Key<'_, '_>,
        path: &[String],
        problems: &mut Problems,
    ) -> Option<Arc<SecurityDescriptor>> {
        let read = key.security().and_then(|(cell, octets, offset)| {
            if let Some(known) = self.descriptors.get(&cell) {
                return Ok(known.clone());
            }
            let descriptor = SecurityDescriptor::from_octets(octets, offset);
            let shared = descriptor.as_ref().ok().cloned().map(Arc::new);
            self.descriptors.insert(cell, shared.clone());
            descriptor.map(|_| shared)
        });
        read.unwrap_or_else(|error| {
            problems.add_of_key(error, path);
            None
        })
    }
}

/// Sorts keys into the evidence.
struct Collector<'e> {
    evidence: &'e mut RegistryEvidence,
    limits: &'e Limits,
}

impl Collector<'_> {
    fn key(&mut self, key: RegistryKey, problems: &mut Problems) {
        let evidence = &mut *self.evidence;
        let counts = [
            evidence.objects.len() + evidence.refused.len(),
            evidence.stores.len() + evidence.physical_stores.len(),
            evidence.settings.len(),
        ];
        if counts.iter().any(|count| *count >= self.limits.max_items) {
            let kind = RegistryErrorKind::TooLarge(Limit::MaxItems);
            problems.add_of_key(RegistryError::new(kind, key.offset), &key.path);
            return;
        }
        let path: Vec<&str> = key.path.iter().map(String::as_str).collect();
        match location::place_of(&path) {
            Some(location::Place::Store(store)) => evidence.stores.push(StoreKey {
                store,
                path: key.path_text(),
                last_written: key.last_written,
                security: key.security.clone(),
                offset: key.offset,
            }),
            Some(location::Place::Object(store, kind, is_certain)) => {
                match StoreObject::read(&key, &store, kind) {
                    Ok(object) => evidence.objects.push(object),
                    // without a store around it, a key without a blob is no object at all
                    Err(Refusal::NoBlob) if !is_certain => {}
                    Err(reason) => evidence.refused.push(RefusedObject {
                        store,
                        path: key.path_text(),
                        last_written: key.last_written,
                        reason,
                        offset: key.offset,
                    }),
                }
            }
            Some(location::Place::Physical(store)) => {
                evidence.physical_stores.push(PhysicalStore::of(&key, store));
            }
            None => {}
        }
        setting::collect(&key, evidence, problems);
    }

    /// A key that Windows does not see: an object is kept apart, anything else is told.
    fn unreachable(&mut self, key: RegistryKey, problems: &mut Problems) {
        let kind = RegistryErrorKind::Unreachable;
        problems.add_of_key(RegistryError::new(kind, key.offset), &key.path);
        let path: Vec<&str> = key.path.iter().map(String::as_str).collect();
        let place = location::place_of(&path);
        let has_room = self.evidence.unreachable.len() < self.limits.max_items;
        if let Some(location::Place::Object(store, kind, _)) = place
            && let Ok(object) = StoreObject::read(&key, &store, kind)
            && has_room
        {
            self.evidence.unreachable.push(object);
        }
    }
}

#[cfg(test)]
mod tests;
