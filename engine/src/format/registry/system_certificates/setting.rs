//! Settings: the automatic root update's values, policies, the chain engine's configuration.

use std::sync::Arc;

use super::super::error::{Problems, RegistryError};
use super::super::{RegistryKey, RegistryValue, ValueType, same_name};
use super::RegistryEvidence;
use crate::base::time::Time;

/// A setting: a registry value that can change what Windows answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// `KEY!VALUE`. Keys and values that are known are spelled as the documentation does, whatever
    /// the file has: the registry does not tell case apart, and who looks for a name may.
    pub name: String,
    /// Its value.
    pub value: SettingValue,
    /// When its key was last written.
    pub last_written: Option<Time>,
    /// Where the value stands in the file, in octets.
    pub offset: usize,
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingValue {
    /// REG_DWORD, REG_QWORD
    Number(u64),
    /// REG_SZ, REG_EXPAND_SZ
    Text(String),
    /// REG_MULTI_SZ
    Texts(Vec<String>),
    /// Any other type, and numbers of a wrong length.
    Octets(Arc<[u8]>),
}

impl SettingValue {
    fn of(value: &RegistryValue) -> Self {
        if let Some(number) = value.number() {
            return Self::Number(number);
        }
        if let Some(text) = value.text() {
            return Self::Text(text);
        }
        match value.texts() {
            Some(texts) if value.value_type == ValueType::MULTI_SZ => Self::Texts(texts),
            _ => Self::Octets(value.data.clone()),
        }
    }
}

/// One list of the automatic root update, as the registry has it (reference, auto-root-update 3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListState {
    /// EncodedCtl: the last list that was retrieved and verified.
    pub encoded_ctl: Option<Arc<[u8]>>,
    /// Where that value begins in the file, in octets.
    pub encoded_ctl_offset: usize,
    /// LastSyncTime: when it was last retrieved from the network.
    pub last_sync_time: Option<Time>,
    /// SyncDeltaTime in seconds; 0 is the default.
    pub sync_delta_time: Option<u32>,
}

/// The values of one key `AuthRoot\AutoUpdate`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AutoUpdate {
    /// The key.
    pub path: String,
    /// When it was last written.
    pub last_written: Option<Time>,
    /// The list of roots.
    pub roots: ListState,
    /// The list of what is disallowed.
    pub disallowed: ListState,
    /// The pin rules.
    pub pin_rules: ListState,
    /// RootDirUrl: where all lists come from instead.
    pub root_dir_url: Option<String>,
    /// SyncFromDirUrl
    pub sync_from_dir_url: Option<String>,
    /// Flags: 1 no log of untrusted roots, 2 none of partial chains, 4 no random query string.
    pub flags: Option<u32>,
}

/// Policies that are on or off. `None`: not set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policies {
    /// DisableRootAutoUpdate: none of the lists is updated.
    pub disable_root_auto_update: Option<bool>,
    /// EnableDisallowedCertAutoUpdate: the disallowed list and the pin rules are nevertheless.
    pub enable_disallowed_cert_auto_update: Option<bool>,
    /// DisablePinRulesAutoUpdate: the pin rules are not, whatever else is set.
    pub disable_pin_rules_auto_update: Option<bool>,
    /// Root\ProtectedRoots!Flags (reference, stores-and-formats 1.3).
    pub protected_roots_flags: Option<u32>,
    /// Root\ProtectedRoots!PeerUsages
    pub peer_usages: Option<Vec<String>>,
    /// TrustedPublisher\Safer!AuthenticodeFlags of the policy, else of the machine.
    pub authenticode_flags: Option<u32>,
}

/// The protected list of a user's own roots: Root\ProtectedRoots!Certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedRoots {
    /// The key.
    pub path: String,
    /// When the list was last changed.
    pub last_update: Time,
    /// SHA-1 of the roots. Observed: one real list with one root has 20 octets behind its header,
    /// the root's SHA-1.
    pub thumbprints: Vec<[u8; 20]>,
}

const AUTO_UPDATE: &str = r"SOFTWARE\Microsoft\SystemCertificates\AuthRoot\AutoUpdate";
const AUTH_ROOT_POLICY: &str = r"SOFTWARE\Policies\Microsoft\SystemCertificates\AuthRoot";
const PROTECTED_ROOTS: &str = r"SOFTWARE\Microsoft\SystemCertificates\Root\ProtectedRoots";
const PROTECTED_ROOTS_POLICY: &str =
    r"SOFTWARE\Policies\Microsoft\SystemCertificates\Root\ProtectedRoots";
const SAFER: &str = r"SOFTWARE\Microsoft\SystemCertificates\TrustedPublisher\Safer";
const SAFER_POLICY: &str = r"SOFTWARE\Policies\Microsoft\SystemCertificates\TrustedPublisher\Safer";
const CHAIN_CONFIG: &str = r"SOFTWARE\Microsoft\Cryptography\OID\EncodingType 0\CertDllCreateCertificateChainEngine\Config";
const CHAIN_CONFIG_DEFAULT: &str = r"SOFTWARE\Microsoft\Cryptography\OID\EncodingType 0\CertDllCreateCertificateChainEngine\Config\Default";

/// Keys whose values are settings, and which of them: all, where none are named. In HKLM and in
/// HKCU alike.
const KEYS: [(&str, &[&str]); 15] = [
    (AUTO_UPDATE, &[]),
    (AUTH_ROOT_POLICY, &[]),
    (PROTECTED_ROOTS, &[]),
    (PROTECTED_ROOTS_POLICY, &[]),
    (SAFER, &[]),
    (SAFER_POLICY, &[]),
    // certificates of EFS recovery agents (reference, stores-and-formats 4.4)
    (r"SOFTWARE\Policies\Microsoft\SystemCertificates\EFS", &["EFSBlob"]),
    (CHAIN_CONFIG, &[]),
    // what Windows ships for weak cryptography (reference, chain-engine 8)
    (CHAIN_CONFIG_DEFAULT, &[]),
    (r"SOFTWARE\Policies\Microsoft\SystemCertificates\ChainEngine\Config", &[]),
    // Windows XP's switch of the root update (documented, wincrypt.h)
    (
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\OC Manager\Subcomponents",
        &["RootAutoUpdate"],
    ),
    // by what the lists are fetched: a user's proxy, and the machine's (4107-variants, row 9)
    (
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings",
        &["ProxyEnable", "ProxyServer", "ProxyOverride", "AutoConfigURL", "ProxySettingsPerUser"],
    ),
    (
        r"SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\Internet Settings",
        &["ProxyEnable", "ProxyServer", "ProxyOverride", "AutoConfigURL", "ProxySettingsPerUser"],
    ),
    (
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections",
        &["WinHttpSettings"],
    ),
    // which Windows it is: what is answered depends on it
    (
        r"SOFTWARE\Microsoft\Windows NT\CurrentVersion",
        &[
            "ProductName",
            "CurrentVersion",
            "CurrentMajorVersionNumber",
            "CurrentMinorVersionNumber",
            "CurrentBuildNumber",
            "CurrentBuild",
            "UBR",
            "DisplayVersion",
            "ReleaseId",
            "CSDVersion",
            "EditionID",
            "InstallationType",
        ],
    ),
];

/// Values whose spelling is documented, for keys all of whose values are settings.
const VALUES: [&str; 54] = [
    "RootDirUrl",
    "SyncFromDirUrl",
    "SyncDeltaTime",
    "Flags",
    "LastSyncTime",
    "LastCertSyncTime",
    "EncodedCtl",
    "DisallowedCertSyncDeltaTime",
    "DisallowedCertLastSyncTime",
    "DisallowedCertEncodedCtl",
    "PinRulesSyncDeltaTime",
    "PinRulesLastSyncTime",
    "PinRulesEncodedCtl",
    "DisableRootAutoUpdate",
    "EnableDisallowedCertAutoUpdate",
    "DisablePinRulesAutoUpdate",
    "PeerUsages",
    "Certificates",
    "AuthenticodeFlags",
    "MaxUrlRetrievalByteCount",
    "ChainUrlRetrievalTimeoutMilliseconds",
    "ChainRevAccumulativeUrlRetrievalTimeoutMilliseconds",
    "ChainCacheResyncFiletime",
    "DisableMandatoryBasicConstraints",
    "DisableCANameConstraints",
    "DisableUnsupportedCriticalExtensions",
    "MaxAIAUrlCountInCert",
    "MaxAIAUrlRetrievalCountPerChain",
    "MaxAIAUrlRetrievalByteCount",
    "MaxAIAUrlRetrievalCertCount",
    "OcspValiditySeconds",
    "CrossCertDownloadIntervalHours",
    "CRLValidityExtensionPeriod",
    "MinRsaPubKeyBitLength",
    "MinWeakRsaPubKeyBitLength",
    "MinTelemetryRsaPubKeyBitLength",
    "WeakRsaPubKeyTime",
    "EnableWeakSignatureFlags",
    "WeakSignatureLogDir",
    "EnableInetUnknownAuth",
    "EnableInetLocal",
    "AllowFileUrlScheme",
    "DisableLDAPSignAndEncrypt",
    "CryptnetCachedOcspSwitchToCrlCount",
    "CryptnetMaxCachedOcspPerCrlCount",
    "CryptnetDefaultFlushExemptSeconds",
    "Options",
    "DisableSerialChain",
    "SerialChainLogFileName",
    "SslHandshakeLogFileName",
    "DisableSyncWithSslTime",
    "MaxSslTimeUpdatedEventCount",
    "AutoFlags",
    "UBR",
];

/// The root and the known key of a path: the key itself, or one of a user or package.
fn known(path: &[&str]) -> Option<(String, &'static str, &'static [&'static str])> {
    let (root, below) = match path {
        [root @ ("HKLM" | "HKCU" | "?"), below @ ..] => ((*root).to_owned(), below),
        ["HKU", user, below @ ..] => (format!("HKU\\{user}"), below),
        _ => return None,
    };
    let known = KEYS.iter().find(|(key, _)| is_path(below, key));
    known.map(|(key, values)| (root, *key, *values))
}

fn is_path(path: &[&str], key: &str) -> bool {
    let mut names = key.split('\\');
    path.iter().all(|name| names.next().is_some_and(|known| same_name(name, known)))
        && names.next().is_none()
}

/// Whether the key is some package's or another's `AuthRoot\AutoUpdate`.
fn is_auto_update(path: &[&str]) -> bool {
    let last = path.len().saturating_sub(3);
    path.get(last..).is_some_and(|tail| is_path(tail, r"SystemCertificates\AuthRoot\AutoUpdate"))
}

/// Whether a key's values are settings; costs little where they are not.
pub(super) fn matters(path: &[&str]) -> bool {
    is_auto_update(path) || known(path).is_some()
}

/// Adds a key's values to the evidence.
pub(super) fn collect(key: &RegistryKey, evidence: &mut RegistryEvidence, problems: &mut Problems) {
    let path: Vec<&str> = key.path.iter().map(String::as_str).collect();
    let is_auto_update = is_auto_update(&path);
    if is_auto_update {
        let update = AutoUpdate::of(key, problems);
        evidence.auto_updates.push(update);
    }
    let (name, values): (String, &[&str]) = match known(&path) {
        Some((root, key, values)) => (format!("{root}\\{key}"), values),
        None if is_auto_update => (key.path_text(), &[]),
        None => return,
    };
    if name.ends_with(PROTECTED_ROOTS)
        && let Some(value) = key.value("Certificates")
    {
        match ProtectedRoots::of(key, value) {
            Ok(list) => evidence.protected_roots.push(list),
            Err(error) => problems.add_of_key(error, &key.path),
        }
    }
    for value in &key.values {
        let spelled = values.iter().chain(&VALUES).find(|known| same_name(known, &value.name));
        let wanted = values.is_empty() || values.iter().any(|known| same_name(known, &value.name));
        if wanted {
            let spelled = spelled.copied().unwrap_or(&value.name);
            evidence.settings.push(Setting {
                name: format!("{name}!{spelled}"),
                value: SettingValue::of(value),
                last_written: key.last_written,
                offset: value.offset,
            });
        }
    }
}

impl AutoUpdate {
    fn of(key: &RegistryKey, problems: &mut Problems) -> Self {
        let mut wrong = |value: &RegistryValue| {
            let what = "a value of the root update is not of its type";
            problems.add_of_key(RegistryError::malformed(what, value.offset), &key.path);
        };
        let mut list = |prefix: &str| {
            let value = |name: &str| key.value(&format!("{prefix}{name}"));
            let mut state = ListState::default();
            if let Some(value) = value("EncodedCtl") {
                state.encoded_ctl = Some(value.data.clone());
                state.encoded_ctl_offset = value.offset;
            }
            if let Some(value) = value("LastSyncTime") {
                match (&*value.data).try_into() {
                    Ok(octets) => state.last_sync_time = Some(Time::from_filetime_octets(octets)),
                    Err(_) => wrong(value),
                }
            }
            if let Some(value) = value("SyncDeltaTime") {
                match value.number().and_then(|number| u32::try_from(number).ok()) {
                    Some(seconds) => state.sync_delta_time = Some(seconds),
                    None => wrong(value),
                }
            }
            state
        };
        let (roots, disallowed, pin_rules) = (list(""), list("DisallowedCert"), list("PinRules"));
        let mut text = |name: &str| {
            let value = key.value(name)?;
            let text = value.text();
            if text.is_none() {
                wrong(value);
            }
            text
        };
        let (root_dir_url, sync_from_dir_url) = (text("RootDirUrl"), text("SyncFromDirUrl"));
        let flags = key.value("Flags").and_then(|value| {
            let flags = value.number().and_then(|number| u32::try_from(number).ok());
            if flags.is_none() {
                wrong(value);
            }
            flags
        });
        Self {
            path: key.path_text(),
            last_written: key.last_written,
            roots,
            disallowed,
            pin_rules,
            root_dir_url,
            sync_from_dir_url,
            flags,
        }
    }

    /// The lists, with the names of their values.
    pub fn lists(&self) -> impl Iterator<Item = (&'static str, &ListState)> {
        [
            ("EncodedCtl", &self.roots),
            ("DisallowedCertEncodedCtl", &self.disallowed),
            ("PinRulesEncodedCtl", &self.pin_rules),
        ]
        .into_iter()
    }
}

impl Policies {
    /// Takes the policies out of all settings: of a key that the machine and a user have, the
    /// machine's counts.
    pub(super) fn of(settings: &[Setting]) -> Self {
        let value = |key: &str, name: &str| {
            ["HKLM", "?", "HKCU"].iter().find_map(|root| {
                let name = format!("{root}\\{key}!{name}");
                settings.iter().find(|setting| setting.name == name).map(|found| &found.value)
            })
        };
        let number = |key: &str, name: &str| match value(key, name) {
            Some(SettingValue::Number(number)) => u32::try_from(*number).ok(),
            _ => None,
        };
        let flag = |name: &str| number(AUTH_ROOT_POLICY, name).map(|number| number != 0);
        Self {
            disable_root_auto_update: flag("DisableRootAutoUpdate"),
            enable_disallowed_cert_auto_update: flag("EnableDisallowedCertAutoUpdate"),
            disable_pin_rules_auto_update: flag("DisablePinRulesAutoUpdate"),
            protected_roots_flags: number(PROTECTED_ROOTS_POLICY, "Flags"),
            peer_usages: match value(PROTECTED_ROOTS_POLICY, "PeerUsages") {
                Some(SettingValue::Texts(texts)) => Some(texts.clone()),
                Some(SettingValue::Text(text)) => Some(vec![text.clone()]),
                _ => None,
            },
            authenticode_flags: number(SAFER_POLICY, "AuthenticodeFlags")
                .or_else(|| number(SAFER, "AuthenticodeFlags")),
        }
    }
}

impl ProtectedRoots {
    /// Header of 24 octets: its size, version 1, time, number of roots, where they begin (observed,
    /// stores-and-formats 1.3).
    fn of(key: &RegistryKey, value: &RegistryValue) -> Result<Self, RegistryError> {
        use crate::format::octets::{size, u32_at};
        let malformed = || {
            let what = "the list of protected roots is malformed";
            RegistryError::malformed(what, value.offset)
        };
        let field = |at| u32_at(&value.data, at).ok_or_else(malformed);
        let (count, start) = (size(field(16)?), size(field(20)?));
        if field(4)? != 1 {
            return Err(malformed());
        }
        let time = value.data.get(8..16).and_then(|octets| octets.try_into().ok());
        let hashes = value.data.get(start..).ok_or_else(malformed)?.as_chunks::<20>().0;
        let thumbprints = hashes.get(..count).ok_or_else(malformed)?.to_vec();
        Ok(Self {
            path: key.path_text(),
            last_update: Time::from_filetime_octets(time.ok_or_else(malformed)?),
            thumbprints,
        })
    }
}
