//! Key usage (reference, chain-engine 7.4).

use super::Findings;
use crate::chain::issuer::Sources;
use crate::chain::path::Path;
use crate::chain::status::TrustError;

const RULE: &str = "chain-engine 7.4 (observed)";

/// Marks issuers whose key may not sign certificates, roots included, and an end certificate that
/// is no CA but claims to sign certificates.
pub(super) fn check(sources: &Sources<'_>, path: &Path, findings: &mut Findings) {
    for (index, element) in path.elements.iter().enumerate() {
        let extensions = element.context.certificate().extensions();
        let Some(decoded) = &extensions.key_usage else { continue };
        let usage = match &decoded.value {
            Ok(usage) => *usage,
            Err(error) => {
                findings.error(index, TrustError::INVALID_EXTENSION, RULE, || error.to_string());
                continue;
            }
        };
        if index > 0 && !usage.key_cert_sign() {
            findings.error(index, TrustError::IS_NOT_VALID_FOR_USAGE, RULE, || {
                format!("its key may not sign certificates (keyUsage {})", usage.names().join(", "))
            });
        }
        let no_ca = extensions
            .basic_constraints
            .as_ref()
            .and_then(|c| c.ok())
            .is_some_and(|constraints| !constraints.ca);
        let profile = sources.engine.options.profile;
        if index == 0
            && usage.key_cert_sign()
            && no_ca
            && profile.end_certificate_key_cert_sign_is_wrong()
        {
            findings.error(index, TrustError::IS_NOT_VALID_FOR_USAGE, RULE, || {
                "it is no CA, but its key usage says keyCertSign".to_owned()
            });
        }
    }
}
