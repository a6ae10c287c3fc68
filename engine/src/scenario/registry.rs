//! Registry values that set the engine's options.

use std::collections::BTreeMap;

use base64::Engine as _;

use super::input::RegistryValue;
use crate::base::time::Time;
use crate::chain::engine::EngineOptions;
use crate::chain::verify::weak::rules::WeakValue;
use crate::format::registry::system_certificates::{Setting, SettingValue};
use crate::object::message::SignedData;
use crate::object::trust_list::TrustList;
use crate::root_update::RootUpdate;

/// Not Windows': SHA-256 of roots in ROOT that may stand above the signers of trust lists, instead
/// of Microsoft's. For test machines with lists of their own.
pub const LIST_ROOTS: &str = "chaincheck!ListRoots";

/// Not Windows': `ignore` lets the periods of a list's signers not matter, `FROM/TO` lets them not
/// matter between these times. To Windows they do (observed); an experiment does so to tell a list
/// that is out of date from one that is wrong.
pub const LIST_SIGNER_TIME: &str = "chaincheck!ListSignerTime";

/// Not Windows': `check` looks for a list's signer in the CRLs of the stores. The update is not
/// known to; evidence of an event that says so can ask for it.
pub const LIST_REVOCATION: &str = "chaincheck!ListRevocation";

/// The texts of a value, lower case.
pub(super) fn texts(registry: &BTreeMap<String, RegistryValue>, key: &str) -> Vec<String> {
    match registry.get(key) {
        Some(RegistryValue::Text(text)) => vec![text.to_lowercase()],
        Some(RegistryValue::Texts(texts)) => texts.iter().map(|t| t.to_lowercase()).collect(),
        _ => Vec::new(),
    }
}

/// Whether [`LIST_SIGNER_TIME`] lets the periods of a list's signers not matter at this time.
pub(super) fn ignores_signer_time(registry: &BTreeMap<String, RegistryValue>, now: Time) -> bool {
    let Some(RegistryValue::Text(text)) = registry.get(LIST_SIGNER_TIME) else { return false };
    match text.split_once('/') {
        Some((from, to)) => match (from.parse::<Time>(), to.parse::<Time>()) {
            (Ok(from), Ok(to)) => from <= now && now <= to,
            _ => false,
        },
        None => text == "ignore",
    }
}

/// Applies the root update's values (reference, auto-root-update 3), which are the machine's: a
/// user's copies say nothing of it. What could not be read is handed back.
pub(super) fn apply_to_update(
    registry: &BTreeMap<String, RegistryValue>,
    update: &mut RootUpdate<'_>,
) -> Vec<String> {
    let mut unread = Vec::new();
    for (path, value) in registry {
        let Some((key, name)) = path.rsplit_once('!') else { continue };
        let root = key.split('\\').next().unwrap_or_default();
        if ["HKCU", "HKU"].iter().any(|users| users.eq_ignore_ascii_case(root)) {
            continue;
        }
        match (name, value) {
            ("DisableRootAutoUpdate", RegistryValue::Number(number)) => {
                update.disabled = *number != 0;
            }
            ("RootDirUrl", RegistryValue::Text(url)) => update.root_dir_url = Some(url.clone()),
            ("EncodedCtl", RegistryValue::Text(text)) => {
                update.encoded_ctl = encoded_list(text)
                    .map_err(|why| {
                        unread.push(format!(
                            "{path} cannot be read ({why}): no list is taken to be in force"
                        ));
                    })
                    .ok();
            }
            _ => {}
        }
    }
    unread
}

fn encoded_list(text: &str) -> Result<TrustList, String> {
    let encoded = text.strip_prefix("base64:").unwrap_or(text);
    let octets = base64::engine::general_purpose::STANDARD.decode(encoded);
    let octets = octets.map_err(|error| error.to_string())?;
    let message = SignedData::from_der(&octets).map_err(|error| error.to_string())?;
    let content = message.content().map_err(|error| error.to_string())?;
    TrustList::from_der(&content).map_err(|error| error.to_string())
}

/// A setting of a registry file as a scenario has it: `KEY!VALUE` and its value.
#[must_use]
pub fn setting_of(setting: &Setting) -> (String, RegistryValue) {
    let value = match &setting.value {
        SettingValue::Number(number) => RegistryValue::Number(*number),
        SettingValue::Text(text) => RegistryValue::Text(text.clone()),
        SettingValue::Texts(texts) => RegistryValue::Texts(texts.clone()),
        SettingValue::Octets(octets) => RegistryValue::Text(format!(
            "base64:{}",
            base64::engine::general_purpose::STANDARD.encode(octets)
        )),
    };
    (setting.name.clone(), value)
}

/// Applies every value whose name is one of the chain engine's (reference, chain-engine 8 and 12).
pub fn apply_settings(registry: &BTreeMap<String, RegistryValue>, options: &mut EngineOptions) {
    for (path, value) in registry {
        let Some((key, name)) = path.rsplit_once('!') else { continue };
        let folder = key.rsplit('\\').next().unwrap_or_default();
        if apply_weak(name, folder.eq_ignore_ascii_case("Default"), value, options) {
            continue;
        }
        match value {
            RegistryValue::Number(number) => apply_number(folder, name, *number, options),
            RegistryValue::Texts(texts) if name == "PeerUsages" => {
                options.peer_usages = texts.iter().filter_map(|text| text.parse().ok()).collect();
            }
            RegistryValue::Text(_) | RegistryValue::Texts(_) => {
                let Some(time) = filetime(value) else { continue };
                match name {
                    "ChainCacheResyncFiletime" => options.revocation.cache_resync = Some(time),
                    "WeakRsaPubKeyTime" => options.weak.weak_rsa_time = time,
                    _ => {}
                }
            }
        }
    }
}

/// The values `Weak<Alg><Scope><Type>`.
fn apply_weak(
    name: &str,
    shipped: bool,
    value: &RegistryValue,
    options: &mut EngineOptions,
) -> bool {
    let rules = &mut options.weak.rules;
    if let Some(time) = filetime(value)
        && rules.set(name, shipped, WeakValue::Time(time))
    {
        return true;
    }
    match value {
        RegistryValue::Number(number) => rules.set(name, shipped, WeakValue::Number(*number)),
        RegistryValue::Text(text) => {
            rules.set(name, shipped, WeakValue::Texts(std::slice::from_ref(text)))
        }
        RegistryValue::Texts(texts) => rules.set(name, shipped, WeakValue::Texts(texts)),
    }
}

/// The time in a REG_BINARY value: eight octets.
fn filetime(value: &RegistryValue) -> Option<Time> {
    let RegistryValue::Text(text) = value else { return None };
    let octets = match text.split_once(':')? {
        ("base64", text) => base64::engine::general_purpose::STANDARD.decode(text).ok()?,
        ("hex", text) => {
            let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
            let pairs = digits.as_chunks::<2>().0;
            pairs.iter().filter_map(|[high, low]| u8::try_from(high << 4 | low).ok()).collect()
        }
        _ => return None,
    };
    Some(Time::from_filetime_octets(octets.try_into().ok()?))
}

fn apply_number(folder: &str, name: &str, number: u64, options: &mut EngineOptions) {
    let flag = number != 0;
    let count = usize::try_from(number).unwrap_or(usize::MAX);
    let dword = u32::try_from(number).unwrap_or(u32::MAX);
    // 0xFFFFFFFF switches a limit of key lengths off
    let bits = Some(dword).filter(|bits| *bits != u32::MAX);
    let weak = &mut options.weak;
    match name {
        "DisableMandatoryBasicConstraints" => options.disable_mandatory_basic_constraints = flag,
        "DisableCANameConstraints" => options.disable_ca_name_constraints = flag,
        "DisableUnsupportedCriticalExtensions" => {
            options.disable_unsupported_critical_extensions = flag;
        }
        "MaxAIAUrlCountInCert" => options.max_aia_urls_in_certificate = count,
        "MaxAIAUrlRetrievalCountPerChain" => options.max_aia_retrievals = count,
        "MaxAIAUrlRetrievalByteCount" => options.max_aia_octets = count,
        "MaxAIAUrlRetrievalCertCount" => options.max_aia_certificates = count,
        "CrossCertDownloadIntervalHours" => options.cross_certificate_interval_hours = dword,
        // a name so common that its key must be the chain engine's
        "Options" if folder.eq_ignore_ascii_case("Config") => {
            options.disable_aia = number & 2 != 0;
            options.enable_sia = number & 4 != 0;
        }
        "MinRsaPubKeyBitLength" => weak.min_rsa_bits = bits.map(|b| if b == 0 { 1023 } else { b }),
        "MinWeakRsaPubKeyBitLength" => weak.min_weak_rsa_bits = bits,
        "MinTelemetryRsaPubKeyBitLength" => weak.min_telemetry_rsa_bits = bits,
        "EnableWeakSignatureFlags" => {
            weak.enable_md2_md4 = number & 1 != 0;
            weak.enable_weak_rsa_roots = number & 2 != 0;
        }
        _ => {
            options.revocation.apply_registry(name, dword);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::oid;
    use crate::chain::verify::weak::rules::WeakAlgorithm;

    const CONFIG: &str = r"HKLM\SOFTWARE\Microsoft\Cryptography\OID\EncodingType 0\CertDllCreateCertificateChainEngine\Config";

    fn options(values: &[(&str, RegistryValue)]) -> EngineOptions {
        let registry =
            values.iter().map(|(name, value)| (format!("{CONFIG}{name}"), value.clone()));
        let mut options = EngineOptions::default();
        apply_settings(&registry.collect(), &mut options);
        options
    }

    fn number(number: u64) -> RegistryValue {
        RegistryValue::Number(number)
    }

    fn text(text: &str) -> RegistryValue {
        RegistryValue::Text(text.to_owned())
    }

    #[test]
    fn numbers() {
        let found = options(&[
            ("!MaxAIAUrlCountInCert", number(1)),
            ("!MaxAIAUrlRetrievalCountPerChain", number(2)),
            ("!MaxAIAUrlRetrievalByteCount", number(3)),
            ("!MaxAIAUrlRetrievalCertCount", number(4)),
            ("!CrossCertDownloadIntervalHours", number(5)),
            ("!MinRsaPubKeyBitLength", number(0)),
            ("!MinWeakRsaPubKeyBitLength", number(2047)),
            ("!MinTelemetryRsaPubKeyBitLength", number(0xffff_ffff)),
            ("!Options", number(6)),
            ("!EnableWeakSignatureFlags", number(2)),
            ("!CryptnetCachedOcspSwitchToCrlCount", number(7)),
            ("!MaxUrlRetrievalByteCount", number(8)),
        ]);
        assert_eq!(found.max_aia_urls_in_certificate, 1);
        assert_eq!(found.max_aia_retrievals, 2);
        assert_eq!((found.max_aia_octets, found.max_aia_certificates), (3, 4));
        assert_eq!(found.cross_certificate_interval_hours, 5);
        assert_eq!(found.weak.min_rsa_bits, Some(1023));
        assert_eq!(found.weak.min_weak_rsa_bits, Some(2047));
        assert_eq!(found.weak.min_telemetry_rsa_bits, None);
        assert!(found.disable_aia && found.enable_sia);
        assert!(found.weak.enable_weak_rsa_roots && !found.weak.enable_md2_md4);
        assert_eq!(found.revocation.cached_ocsp_switch_to_crl_count, 7);
        assert_eq!(found.revocation.max_url_retrieval_octets, 8);
        // Options of some other key
        assert!(!options(&[(r"\Other!Options", number(6))]).disable_aia);
    }

    #[test]
    fn a_stored_list_that_cannot_be_read_is_said() {
        let key = r"HKLM\SOFTWARE\Microsoft\SystemCertificates\AuthRoot\AutoUpdate!EncodedCtl";
        let policy =
            r"SOFTWARE\Policies\Microsoft\SystemCertificates\AuthRoot!DisableRootAutoUpdate";
        let apply = |values: &[(String, RegistryValue)]| {
            let settings = crate::root_update::list::ListSettings::new(Time::from_unix(0));
            let mut update = RootUpdate::new(settings, &crate::retrieval::Offline);
            let unread = apply_to_update(&values.iter().cloned().collect(), &mut update);
            (unread, update.encoded_ctl.is_some(), update.disabled)
        };
        for wrong in ["no base64!", "MAA="] {
            let (unread, has_list, _) = apply(&[(key.to_owned(), text(wrong))]);
            assert!(unread[0].starts_with(key) && unread.len() == 1 && !has_list, "{unread:?}");
        }
        let list = include_bytes!("../../../testdata/generated/list/authroot.stl");
        let list = base64::engine::general_purpose::STANDARD.encode(list);
        let (unread, has_list, _) = apply(&[(key.to_owned(), text(&format!("base64:{list}")))]);
        assert!(unread.is_empty() && has_list);
        // the policy is the machine's alone
        for (root, disabled) in [("HKLM", true), ("HKCU", false)] {
            let (.., found) = apply(&[(format!(r"{root}\{policy}"), number(1))]);
            assert_eq!(found, disabled, "{root}");
        }
    }

    #[test]
    fn times_and_texts() {
        let time = "hex:00 00 6e 5c 75 8a ca 01";
        let found = options(&[
            ("!ChainCacheResyncFiletime", text(time)),
            ("!WeakRsaPubKeyTime", text("base64:AABuXHWKygE=")),
            (r"\Default!WeakMd5ThirdPartyFlags", number(0x8010_0000)),
            (r"\Default!WeakMd5ThirdPartyAfterTime", text(time)),
            ("!WeakSha1AllFlags", number(0x8001_0000)),
            ("!WeakSha1AllSha256Allow", text(&"ab ".repeat(32))),
            ("!PeerUsages", RegistryValue::Texts(vec!["1.3.6.1.5.5.7.3.1".to_owned()])),
        ]);
        let expected = Time::from_filetime(0x01ca_8a75_5c6e_0000);
        assert_eq!(found.revocation.cache_resync, Some(expected));
        assert_eq!(found.weak.weak_rsa_time, expected);
        let md5 = found.weak.rules.effective(WeakAlgorithm::Md5, true).unwrap();
        assert!(md5.shipped);
        assert_eq!(md5.after_time, Some(expected));
        assert_eq!(found.weak.rules.effective(WeakAlgorithm::Md5, false), None);
        assert!(!found.weak.rules.effective(WeakAlgorithm::Sha1, false).unwrap().shipped);
        assert!(found.weak.rules.allows(&[0xab; 32]));
        assert_eq!(found.peer_usages, [oid::SERVER_AUTH]);
        // eight octets or none
        let short = options(&[("!ChainCacheResyncFiletime", text("hex:0102"))]);
        assert_eq!(short.revocation.cache_resync, None);
    }
}
