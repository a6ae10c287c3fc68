//! A machine's stores and settings, from its registry.

use std::collections::BTreeMap;

use super::EvidenceOptions;
use crate::base::digest::{hex, sha256};
use crate::chain::engine::Profile;
use crate::format::collection::MemberPath;
use crate::format::registry::security::Sid;
use crate::format::registry::system_certificates::{
    ObjectKind, RegistryEvidence, SettingValue, StoreId, StoreLocation, StoreObject,
};
use crate::proof::case::{Source, StoreProblem};
use crate::proof::fact::{EMPTY_STORE, Fact, base64};
use crate::scenario::{Fault, ObjectInput, RegistryValue, Stores, setting_of};

/// What the registry says of a machine, seen from one account.
#[derive(Debug, Default)]
pub(super) struct MachineFacts {
    pub(super) stores: Stores,
    pub(super) registry: BTreeMap<String, RegistryValue>,
    pub(super) faults: Vec<Fault>,
    pub(super) problems: Vec<StoreProblem>,
    pub(super) sources: Vec<Source>,
    /// Lists that were in force: EncodedCtl.
    pub(super) lists: Vec<Vec<u8>>,
    /// Certificates of every store, of whatever account.
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) profile: Option<Profile>,
    pub(super) has_stores: bool,
    /// Whether the CA store has a CRL.
    pub(super) has_crls: bool,
    pub(super) has_settings: bool,
}

/// ERROR_ACCESS_DENIED as an HRESULT.
const ACCESS_DENIED: &str = "0x80070005";

/// Reads what counts for this account from every registry file.
pub(super) fn facts(
    registry: &[(MemberPath, RegistryEvidence)],
    account: Option<&str>,
    options: &EvidenceOptions,
) -> MachineFacts {
    let mut facts = MachineFacts { stores: options.stores.clone(), ..MachineFacts::default() };
    let given: Vec<&str> = Stores::NAMES
        .into_iter()
        .filter(|name| options.stores.get(name).is_some_and(|objects| !objects.is_empty()))
        .collect();
    facts.has_stores = !given.is_empty();
    for (path, evidence) in registry {
        let file = path.to_string();
        facts.has_settings |= !evidence.settings.is_empty();
        facts.settings(&file, evidence);
        let own = is_own(path, evidence, account);
        for key in evidence.stores.iter().filter(|key| counts(&key.store, own)) {
            let Some(name) = scenario_store(&key.store) else { continue };
            facts.has_stores = true;
            if let Some(security) = &key.security
                && matches!(name, "ROOT" | "AuthRoot")
                && is_machines(&key.store)
                && !security.allows_reading(&token(account))
            {
                facts.deny(&file, name, &key.path, account);
            }
            // a store that is there and empty is not one of which nothing is said
            if !given.contains(&name)
                && let Some(objects) = facts.stores.get_mut(name)
                && objects.is_empty()
            {
                objects.push(ObjectInput::Base64(EMPTY_STORE.to_owned()));
            }
        }
        for object in &evidence.objects {
            if object.kind == ObjectKind::Certificate {
                facts.certificates.push(object.octets.to_vec());
            }
            if counts(&object.store, own) {
                facts.object(&file, object, &given);
            }
        }
        facts.refused(&file, evidence, own);
    }
    facts
}

/// Whether a user's hive is the account's own.
fn is_own(path: &MemberPath, evidence: &RegistryEvidence, account: Option<&str>) -> bool {
    let Some(account) = account else { return false };
    let by_hive = evidence.user.as_ref().is_some_and(|user| user.to_string() == account);
    by_hive || path.account().is_some_and(|owner| owner.to_string() == account)
}

/// Whether a store is one of the account's: the machine's, or in its own hive.
fn counts(store: &StoreId, own: bool) -> bool {
    is_machines(store) || (own && store.location.is_of_chains())
}

fn is_machines(store: &StoreId) -> bool {
    matches!(
        store.location,
        StoreLocation::LocalMachine
            | StoreLocation::LocalMachineGroupPolicy
            | StoreLocation::LocalMachineEnterprise
    )
}

/// The store's name in a scenario, if it has one.
fn scenario_store(store: &StoreId) -> Option<&'static str> {
    Stores::NAMES.into_iter().find(|name| name.eq_ignore_ascii_case(&store.name))
}

/// Whom a process of this account is taken for when rights are looked up.
fn token(account: Option<&str>) -> Vec<Sid> {
    let account = account.unwrap_or("S-1-5-20");
    let groups: &[&str] = match account {
        "S-1-5-18" | "S-1-5-18 (SysWOW64)" => &["S-1-5-18", "S-1-5-32-544"],
        "S-1-5-19" | "S-1-5-20" => &[account, "S-1-5-6", "S-1-5-32-545"],
        _ => &[account, "S-1-5-4", "S-1-5-32-545"],
    };
    let all = groups.iter().chain(&["S-1-1-0", "S-1-5-11"]);
    all.filter_map(|text| text.parse().ok()).collect()
}

impl MachineFacts {
    fn object(&mut self, file: &str, object: &StoreObject, given: &[&str]) {
        let Some(name) = scenario_store(&object.store) else { return };
        if object.kind == ObjectKind::KeyIdentifier || given.contains(&name) {
            return;
        }
        let Some(objects) = self.stores.get_mut(name) else { return };
        objects.push(serialized(object));
        self.has_crls |= object.kind == ObjectKind::Crl && name == "CA";
        self.sources.push(Source {
            fact: Fact::Store {
                store: name.to_owned(),
                sha1: vec![object.key_name.to_lowercase()],
            },
            file: file.to_owned(),
            sha256: Some(hex(&sha256(&object.octets))),
            what: object.path.clone(),
            value: format!(
                "in the store {name}{}",
                object.last_written.map_or_else(String::new, |t| format!(", written {t}"))
            ),
        });
    }

    fn refused(&mut self, file: &str, evidence: &RegistryEvidence, own: bool) {
        for refused in evidence.refused.iter().filter(|r| counts(&r.store, own)) {
            let Some(name) = scenario_store(&refused.store) else { continue };
            let sha1 = refused.path.rsplit('\\').next().unwrap_or_default().to_lowercase();
            let what = refused.error().to_string();
            self.sources.push(Source {
                fact: Fact::Store { store: name.to_owned(), sha1: vec![sha1.clone()] },
                file: file.to_owned(),
                sha256: None,
                what: refused.path.clone(),
                value: what.clone(),
            });
            self.problems.push(StoreProblem {
                store: name.to_owned(),
                sha1,
                what,
                file: file.to_owned(),
            });
        }
    }

    fn deny(&mut self, file: &str, name: &str, path: &str, account: Option<&str>) {
        let store = name.to_owned();
        self.sources.push(Source {
            fact: Fact::Fault { store: store.clone() },
            file: file.to_owned(),
            sha256: None,
            what: format!("the security descriptor of {path}"),
            value: format!("does not let {} read", account.unwrap_or("NetworkService")),
        });
        self.faults.push(Fault { store, error: ACCESS_DENIED.to_owned() });
    }

    fn settings(&mut self, file: &str, evidence: &RegistryEvidence) {
        for setting in &evidence.settings {
            let (name, value) = setting_of(setting);
            self.sources.push(Source {
                fact: Fact::Registry { key: setting.name.clone() },
                file: file.to_owned(),
                sha256: None,
                what: setting.name.clone(),
                value: match &setting.value {
                    SettingValue::Octets(octets) => format!("{} octets", octets.len()),
                    SettingValue::Number(number) => number.to_string(),
                    SettingValue::Text(text) => text.clone(),
                    SettingValue::Texts(texts) => texts.join(", "),
                },
            });
            self.registry.insert(name, value);
        }
        if let Some(build) = evidence.windows_build() {
            self.profile = Some(Profile::of_build(build));
        }
        for update in &evidence.auto_updates {
            self.lists.extend(update.roots.encoded_ctl.iter().map(|list| list.to_vec()));
        }
    }
}

/// A store's object with its properties, as the registry has it: a serialized element.
fn serialized(object: &StoreObject) -> ObjectInput {
    let element = match object.kind {
        ObjectKind::Crl => 33u32,
        ObjectKind::Ctl => 34,
        _ => 32,
    };
    let mut octets = Vec::new();
    let mut record = |id: u32, value: &[u8]| {
        octets.extend(id.to_le_bytes());
        octets.extend(1u32.to_le_bytes());
        octets.extend(u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
        octets.extend_from_slice(value);
    };
    for property in &object.properties {
        record(property.id, &property.value);
    }
    record(element, &object.octets);
    base64(&octets)
}
