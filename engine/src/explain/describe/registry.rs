//! What the registry says of certificates, in words.

use super::{Extent, Field, octets};
use crate::base::digest::hex;
use crate::base::time::Time;
use crate::format::registry::security::{SecurityDescriptor, Sid};
use crate::format::registry::system_certificates::{
    AutoUpdate, ListState, Policies, ProtectedRoots, RegistryEvidence, Setting, SettingValue,
    StoreKey, StoreLocation,
};

/// Everything a hive, an export or a policy file says but the objects themselves: whose it is, its
/// stores and who may not read them, the state of the automatic root update, policies, settings.
#[must_use]
pub fn registry(evidence: &RegistryEvidence, extent: Extent) -> Vec<Field> {
    let mut fields = Vec::new();
    if !evidence.mount.is_empty() {
        fields.push(Field::new("Mounted at", evidence.mount.as_str()));
    }
    if let Some(user) = &evidence.user {
        fields.push(Field::new("User", sid(user)));
    }
    if let Some(time) = evidence.last_written {
        fields.push(Field::new("Last written", time.to_string()));
    }
    fields.extend(evidence.notes.iter().map(|note| Field::new("Note", note.as_str())));
    let stores = evidence.stores.iter().map(|key| store(evidence, key)).collect();
    // an export of certificates need not name the keys of their stores
    if !evidence.stores.is_empty() || evidence.objects.is_empty() {
        fields.push(Field::of("Stores", evidence.stores.len().to_string(), stores));
    }
    fields.extend(evidence.auto_updates.iter().map(auto_update));
    let set = policies(&evidence.policies);
    if !set.is_empty() {
        fields.push(Field::of("Policies", "", set));
    }
    fields.extend(evidence.protected_roots.iter().map(protected_roots));
    if !evidence.settings.is_empty() {
        let settings = evidence.settings.iter().map(|found| setting(found, extent)).collect();
        fields.push(Field::of("Settings", evidence.settings.len().to_string(), settings));
    }
    for deletion in &evidence.deletions {
        let value = deletion.value.as_ref().map_or_else(
            || "with all that is below it".to_owned(),
            |value| format!("value {value}"),
        );
        fields.push(Field::new("Would delete", format!("{} ({value})", deletion.key)));
    }
    if let Some(replay) = &evidence.replay {
        let logs = replay.logs.iter().enumerate();
        let logs =
            logs.map(|(index, log)| Field::new(format!("Log {}", index + 1), log.to_string()));
        let state = if replay.is_clean { "clean" } else { "still dirty" };
        fields.push(Field::of("Transaction logs", state, logs.collect()));
    }
    fields
}

fn sid(sid: &Sid) -> String {
    match sid.well_known() {
        Some(name) => format!("{name} ({sid})"),
        None => sid.to_string(),
    }
}

fn time(time: Time) -> String {
    time.to_string()
}

fn store(evidence: &RegistryEvidence, key: &StoreKey) -> Field {
    let objects = evidence.objects.iter().filter(|object| object.store == key.store).count();
    let refused = evidence.refused.iter().filter(|object| object.store == key.store).count();
    let mut parts = vec![
        Field::new("Physical store", key.store.physical_name()),
        Field::new("Objects", objects.to_string()),
    ];
    if refused > 0 {
        let what = format!("{refused} objects that Windows would not use");
        parts.push(Field::new("PROBLEM", what));
    }
    parts.extend(key.last_written.map(|written| Field::new("Last written", time(written))));
    if let Some(security) = &key.security {
        let is_machine = !matches!(
            key.store.location,
            StoreLocation::CurrentUser
                | StoreLocation::CurrentUserGroupPolicy
                | StoreLocation::Users
                | StoreLocation::AppContainer
        );
        for name in kept_out(security, is_machine) {
            parts.push(Field::new("PROBLEM", format!("{name} may not read this store")));
        }
    }
    Field::of(key.store.to_string(), "", parts)
}

/// Who should be able to read a store and is not: SYSTEM everywhere; of the machine's stores also
/// the cryptographic services, which run as NetworkService, and users (inferred: the identifiers
/// their tokens have on every machine).
fn kept_out(security: &SecurityDescriptor, is_machine: bool) -> Vec<&'static str> {
    const EVERYONE: &str = "S-1-1-0";
    const AUTHENTICATED: &str = "S-1-5-11";
    const USERS: &str = "S-1-5-32-545";
    let tokens: [(&str, &[&str], bool); 3] = [
        ("SYSTEM", &["S-1-5-18", "S-1-5-32-544", EVERYONE, AUTHENTICATED], true),
        ("NetworkService", &["S-1-5-20", "S-1-5-6", EVERYONE, AUTHENTICATED, USERS], is_machine),
        ("an ordinary user", &[EVERYONE, AUTHENTICATED, USERS], is_machine),
    ];
    let token =
        |sids: &[&str]| sids.iter().filter_map(|sid| sid.parse().ok()).collect::<Vec<Sid>>();
    tokens
        .iter()
        .filter(|(_, sids, asked)| *asked && !security.allows_reading(&token(sids)))
        .map(|(name, ..)| *name)
        .collect()
}

fn auto_update(update: &AutoUpdate) -> Field {
    let mut parts = Vec::new();
    for (name, list) in update.lists() {
        parts.extend(list_state(name, list));
    }
    for (label, url) in
        [("RootDirUrl", &update.root_dir_url), ("SyncFromDirUrl", &update.sync_from_dir_url)]
    {
        parts.extend(url.as_ref().map(|url| Field::new(label, url.as_str())));
    }
    if let Some(flags) = update.flags {
        let names = [
            (1, "untrusted roots are not logged"),
            (2, "partial chains are not logged"),
            (4, "no random query string"),
        ];
        let set: Vec<_> =
            names.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect();
        parts.push(Field::new("Flags", format!("{flags:#x} ({})", set.join(", "))));
    }
    parts.extend(update.last_written.map(|written| Field::new("Last written", time(written))));
    Field::of("Automatic root update", update.path.as_str(), parts)
}

fn list_state(name: &str, list: &ListState) -> Option<Field> {
    let mut parts = Vec::new();
    if let Some(encoded) = &list.encoded_ctl {
        parts.push(Field::new("List", format!("{} octets, dumped as an object", encoded.len())));
    }
    parts.extend(list.last_sync_time.map(|synced| Field::new("Last sync", time(synced))));
    parts.extend(list.sync_delta_time.map(|seconds| {
        let text = match seconds {
            0 => "0 (the default)".to_owned(),
            seconds => format!("{seconds} seconds"),
        };
        Field::new("Sync delta", text)
    }));
    (!parts.is_empty()).then(|| Field::of(name, "", parts))
}

fn policies(policies: &Policies) -> Vec<Field> {
    let mut fields = Vec::new();
    for (name, value, on) in [
        (
            "DisableRootAutoUpdate",
            policies.disable_root_auto_update,
            "none of the lists is updated",
        ),
        (
            "EnableDisallowedCertAutoUpdate",
            policies.enable_disallowed_cert_auto_update,
            "the disallowed list and the pin rules are updated nevertheless",
        ),
        (
            "DisablePinRulesAutoUpdate",
            policies.disable_pin_rules_auto_update,
            "the pin rules are not updated",
        ),
    ] {
        fields.extend(value.map(|value| {
            Field::new(name, if value { format!("1 ({on})") } else { "0 (off)".to_owned() })
        }));
    }
    if let Some(flags) = policies.protected_roots_flags {
        fields.push(Field::new("ProtectedRoots Flags", protected_flags(flags)));
    }
    if let Some(usages) = &policies.peer_usages {
        fields.push(Field::new("ProtectedRoots PeerUsages", usages.join(", ")));
    }
    if let Some(flags) = policies.authenticode_flags {
        let who = match flags & 3 {
            0 => "end users",
            1 => "the machine's administrators",
            _ => "the enterprise's administrators",
        };
        let text = format!("{flags:#x} ({who} may trust publishers)");
        fields.push(Field::new("AuthenticodeFlags", text));
    }
    fields
}

/// Documented: wincrypt.h (reference, stores-and-formats 1.3).
fn protected_flags(flags: u32) -> String {
    let names = [
        (0x1, "a user's own roots are not opened"),
        (0x2, "no adding at first protection"),
        (0x4, "roots that the machine has, too, are kept"),
        (0x8, "the machine's AuthRoot is not opened"),
        (0x10, "NTAuth is not required"),
        (0x20, "names without a constraint are not checked"),
        (0x1_0000, "users may not use peer trust"),
    ];
    let set: Vec<_> =
        names.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect();
    format!("{flags:#x} ({})", set.join(", "))
}

fn protected_roots(list: &ProtectedRoots) -> Field {
    let mut parts = vec![Field::new("Last update", time(list.last_update))];
    parts.extend(list.thumbprints.iter().map(|hash| Field::new("SHA-1", hex(hash))));
    Field::of("Protected roots", list.path.as_str(), parts)
}

fn setting(setting: &Setting, extent: Extent) -> Field {
    let value = match &setting.value {
        SettingValue::Number(number) => format!("{number} ({number:#x})"),
        SettingValue::Text(text) => text.clone(),
        SettingValue::Texts(texts) => texts.join(", "),
        SettingValue::Octets(value) => octets(value, extent),
    };
    Field::new(setting.name.as_str(), value)
}
