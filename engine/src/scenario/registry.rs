//! Registry values that set the engine's options.

use std::collections::BTreeMap;

use super::input::RegistryValue;
use crate::chain::engine::EngineOptions;

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
            _ => {}
        }
    }
}
