//! Critical extensions (reference, chain-engine 7.8).

use super::Findings;
use crate::base::oid::{self, Oid};
use crate::chain::issuer::Sources;
use crate::chain::path::Path;
use crate::chain::status::TrustError;

const RULE: &str = "chain-engine 7.8 (observed; the list of known extensions is inferred)";

/// Extensions that may be critical, those that mostly are first.
static KNOWN: [Oid; 42] = [
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::NAME_CONSTRAINTS,
    oid::EXT_KEY_USAGE,
    oid::OBSOLETE_AUTHORITY_KEY_IDENTIFIER,
    oid::OBSOLETE_KEY_ATTRIBUTES,
    oid::OBSOLETE_KEY_USAGE_RESTRICTION,
    oid::OBSOLETE_POLICY_MAPPINGS,
    oid::OBSOLETE_SUBJECT_ALT_NAME,
    oid::OBSOLETE_ISSUER_ALT_NAME,
    oid::SUBJECT_DIRECTORY_ATTRIBUTES,
    oid::OBSOLETE_BASIC_CONSTRAINTS,
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::PRIVATE_KEY_USAGE_PERIOD,
    oid::SUBJECT_ALT_NAME,
    oid::ISSUER_ALT_NAME,
    oid::CRL_NUMBER,
    oid::CRL_REASON,
    oid::DELTA_CRL_INDICATOR,
    oid::ISSUING_DISTRIBUTION_POINT,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::CERTIFICATE_POLICIES,
    oid::POLICY_MAPPINGS,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::POLICY_CONSTRAINTS,
    oid::FRESHEST_CRL,
    oid::INHIBIT_ANY_POLICY,
    oid::AUTHORITY_INFO_ACCESS,
    oid::SUBJECT_INFO_ACCESS,
    oid::LOGOTYPE,
    oid::TLS_FEATURE,
    oid::ENROLL_CERTTYPE,
    oid::CERT_MANIFOLD,
    oid::CERTSRV_CA_VERSION,
    oid::CERTSRV_PREVIOUS_CERT_HASH,
    oid::CERTIFICATE_TEMPLATE,
    oid::APPLICATION_CERT_POLICIES,
    oid::APPLICATION_POLICY_MAPPINGS,
    oid::APPLICATION_POLICY_CONSTRAINTS,
    oid::CRL_SELF_CDP,
    oid::REQUIRE_CERT_CHAIN_POLICY,
    oid::OCSP_NOCHECK,
];

/// Marks each element with a critical extension that is not known.
pub(super) fn check(sources: &Sources<'_>, path: &Path, findings: &mut Findings) {
    let options = &sources.engine.options;
    if options.disable_unsupported_critical_extensions
        || options.profile.ignores_unknown_critical_extensions()
    {
        return;
    }
    let bits = TrustError::HAS_NOT_SUPPORTED_CRITICAL_EXT | TrustError::INVALID_EXTENSION;
    for (index, element) in path.elements.iter().enumerate() {
        for extension in element.context.certificate().raw_extensions() {
            if extension.critical && !KNOWN.iter().any(|oid| oid.as_octets() == extension.oid) {
                findings.error(index, bits, RULE, || {
                    format!("critical extension {} is not known", oid::dotted(extension.oid))
                });
            }
        }
    }
}
