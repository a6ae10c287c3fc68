//! Registry values that set the engine's options.

use std::collections::BTreeMap;

use base64::Engine as _;

use super::input::RegistryValue;
use crate::chain::engine::EngineOptions;
use crate::object::message::SignedData;
use crate::object::trust_list::TrustList;
use crate::root_update::RootUpdate;

/// Not Windows': SHA-256 of roots in ROOT that may stand above the signers of trust lists, instead
/// of Microsoft's. For test machines with lists of their own.
pub const LIST_ROOTS: &str = "chaincheck!ListRoots";

/// Not Windows': `ignore` lets the periods of a list's signers not matter. To Windows they do
/// (observed); an experiment does so to tell a list that is out of date from one that is wrong.
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

/// Applies the root update's values (reference, auto-root-update 3).
pub(super) fn apply_to_update(
    registry: &BTreeMap<String, RegistryValue>,
    update: &mut RootUpdate<'_>,
) {
    for (name, value) in registry {
        let Some((_, name)) = name.rsplit_once('!') else { continue };
        match (name, value) {
            ("DisableRootAutoUpdate", RegistryValue::Number(number)) => {
                update.disabled = *number != 0;
            }
            ("RootDirUrl", RegistryValue::Text(url)) => update.root_dir_url = Some(url.clone()),
            ("EncodedCtl", RegistryValue::Text(text)) => {
                let encoded = text.strip_prefix("base64:").unwrap_or(text);
                update.encoded_ctl = base64::engine::general_purpose::STANDARD
                    .decode(encoded)
                    .ok()
                    .and_then(|octets| SignedData::from_der(&octets).ok())
                    .and_then(|message| TrustList::from_der(&message.content().ok()?).ok());
            }
            _ => {}
        }
    }
}

/// Applies every value whose name is one of the chain engine's (reference, chain-engine 12).
pub(super) fn apply(registry: &BTreeMap<String, RegistryValue>, options: &mut EngineOptions) {
    for (name, value) in registry {
        let Some((_, name)) = name.rsplit_once('!') else { continue };
        let RegistryValue::Number(number) = value else { continue };
        let flag = *number != 0;
        let count = usize::try_from(*number).unwrap_or(usize::MAX);
        match name {
            "DisableMandatoryBasicConstraints" => {
                options.disable_mandatory_basic_constraints = flag;
            }
            "DisableCANameConstraints" => options.disable_ca_name_constraints = flag,
            "DisableUnsupportedCriticalExtensions" => {
                options.disable_unsupported_critical_extensions = flag;
            }
            "MaxAIAUrlCountInCert" => options.max_aia_urls_in_certificate = count,
            "MaxAIAUrlRetrievalCountPerChain" => options.max_aia_retrievals = count,
            "MaxAIAUrlRetrievalByteCount" => options.max_aia_octets = count,
            "MaxAIAUrlRetrievalCertCount" => options.max_aia_certificates = count,
            "MinRsaPubKeyBitLength" => {
                options.weak.min_rsa_bits = match u32::try_from(*number) {
                    Ok(0) => Some(1023),
                    Ok(u32::MAX) | Err(_) => None,
                    Ok(bits) => Some(bits),
                };
            }
            "EnableWeakSignatureFlags" => {
                options.weak.enable_md2_md4 = number & 1 != 0;
                options.weak.enable_weak_rsa_roots = number & 2 != 0;
            }
            _ => {
                let number = u32::try_from(*number).unwrap_or(u32::MAX);
                options.revocation.apply_registry(name, number);
            }
        }
    }
}
