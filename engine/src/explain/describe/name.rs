//! Names as the certificate dialogs write them.

use crate::base::hresult::HResult;
use crate::base::oid::{self, Oid};

/// What certutil and the certificate dialogs call an identifier. `None` where this table has no
/// name; the standard's name is [`Oid::name`].
#[must_use]
pub fn display_name(oid: &Oid) -> Option<&'static str> {
    TABLE.iter().find(|(known, _)| known == oid).map(|(_, name)| *name)
}

/// An identifier with its name.
#[must_use]
pub fn oid(oid: &Oid) -> String {
    match display_name(oid).or_else(|| oid.name()) {
        Some(name) => format!("{name} ({oid})"),
        None => format!("{oid} (no known name)"),
    }
}

/// The algorithm of an encoded AlgorithmIdentifier, with its identifier.
#[must_use]
pub fn algorithm(encoded: &[u8]) -> String {
    match crate::crypto::AlgorithmIdentifier::parse(encoded) {
        Ok(algorithm) => self::oid(&Oid::from_octets(algorithm.oid)),
        Err(error) => format!("cannot be read: {error}"),
    }
}

/// A result code with its name and text.
#[must_use]
pub fn code(error: HResult) -> String {
    match (error.symbol(), error.message()) {
        (Some(symbol), Some(message)) => format!("{error} {symbol}: {message}"),
        (Some(symbol), None) => format!("{error} {symbol} (its text is not known)"),
        _ => format!("{error} (a code without a published name)"),
    }
}

/// Documented names (the OID information of CryptoAPI, as the dialogs show it).
static TABLE: &[(Oid, &str)] = &[
    // extensions
    (oid::AUTHORITY_KEY_IDENTIFIER, "Authority Key Identifier"),
    (oid::OBSOLETE_AUTHORITY_KEY_IDENTIFIER, "Authority Key Identifier (obsolete)"),
    (oid::SUBJECT_KEY_IDENTIFIER, "Subject Key Identifier"),
    (oid::KEY_USAGE, "Key Usage"),
    (oid::PRIVATE_KEY_USAGE_PERIOD, "Private Key Usage Period"),
    (oid::SUBJECT_ALT_NAME, "Subject Alternative Name"),
    (oid::ISSUER_ALT_NAME, "Issuer Alternative Name"),
    (oid::BASIC_CONSTRAINTS, "Basic Constraints"),
    (oid::NAME_CONSTRAINTS, "Name Constraints"),
    (oid::CRL_DISTRIBUTION_POINTS, "CRL Distribution Points"),
    (oid::FRESHEST_CRL, "Freshest CRL"),
    (oid::CERTIFICATE_POLICIES, "Certificate Policies"),
    (oid::POLICY_MAPPINGS, "Policy Mappings"),
    (oid::POLICY_CONSTRAINTS, "Policy Constraints"),
    (oid::INHIBIT_ANY_POLICY, "Inhibit Any Policy"),
    (oid::EXT_KEY_USAGE, "Enhanced Key Usage"),
    (oid::AUTHORITY_INFO_ACCESS, "Authority Information Access"),
    (oid::SUBJECT_INFO_ACCESS, "Subject Information Access"),
    (oid::TLS_FEATURE, "TLS Features"),
    (oid::SCT_LIST, "SCT List"),
    (oid::NETSCAPE_CERT_TYPE, "Netscape Cert Type"),
    (oid::OCSP_NOCHECK, "OCSP No Revocation Checking"),
    (oid::SMIME_CAPABILITIES, "SMIME Capabilities"),
    (oid::CERTIFICATE_TEMPLATE, "Certificate Template Information"),
    (oid::ENROLL_CERTTYPE, "Certificate Template Name"),
    (oid::CERTSRV_CA_VERSION, "CA Version"),
    (oid::CERTSRV_PREVIOUS_CERT_HASH, "Previous CA Certificate Hash"),
    (oid::CRL_VIRTUAL_BASE, "Virtual Base CRL Number"),
    (oid::CRL_NEXT_PUBLISH, "Next CRL Publish"),
    (oid::CRL_SELF_CDP, "Published CRL Locations"),
    (oid::APPLICATION_CERT_POLICIES, "Application Policies"),
    (oid::APPLICATION_POLICY_MAPPINGS, "Application Policy Mappings"),
    (oid::APPLICATION_POLICY_CONSTRAINTS, "Application Policy Constraints"),
    (oid::CROSS_CERT_DIST_POINTS, "Cross-Certificate Distribution Points"),
    (oid::CRL_NUMBER, "CRL Number"),
    (oid::CRL_REASON, "CRL Reason Code"),
    (oid::DELTA_CRL_INDICATOR, "Delta CRL Indicator"),
    (oid::ISSUING_DISTRIBUTION_POINT, "Issuing Distribution Point"),
    (oid::NTDS_CA_SECURITY, "NTDS CA Security"),
    // usages
    (oid::SERVER_AUTH, "Server Authentication"),
    (oid::CLIENT_AUTH, "Client Authentication"),
    (oid::CODE_SIGNING, "Code Signing"),
    (oid::EMAIL_PROTECTION, "Secure Email"),
    (oid::IPSEC_END_SYSTEM, "IP security end system"),
    (oid::IPSEC_TUNNEL, "IP security tunnel termination"),
    (oid::IPSEC_USER, "IP security user"),
    (oid::IPSEC_IKE_INTERMEDIATE, "IP security IKE intermediate"),
    (oid::TIME_STAMPING, "Time Stamping"),
    (oid::OCSP_SIGNING, "OCSP Signing"),
    (oid::KP_CTL_USAGE_SIGNING, "Microsoft Trust List Signing"),
    (oid::KP_TIME_STAMP_SIGNING, "Microsoft Time Stamping"),
    (oid::KP_EFS, "Encrypting File System"),
    (oid::EFS_RECOVERY, "File Recovery"),
    (oid::WHQL_CRYPTO, "Windows Hardware Driver Verification"),
    (oid::NT5_CRYPTO, "Windows System Component Verification"),
    (oid::OEM_WHQL_CRYPTO, "OEM Windows System Component Verification"),
    (oid::EMBEDDED_NT_CRYPTO, "Embedded Windows System Component Verification"),
    (oid::ROOT_LIST_SIGNER, "Root List Signer"),
    (oid::KP_QUALIFIED_SUBORDINATION, "Qualified Subordination"),
    (oid::KP_KEY_RECOVERY, "Key Recovery"),
    (oid::KP_DOCUMENT_SIGNING, "Document Signing"),
    (oid::KP_LIFETIME_SIGNING, "Lifetime Signing"),
    (oid::DISALLOWED_LIST, "Disallowed List"),
    (oid::KP_SMARTCARD_LOGON, "Smart Card Logon"),
    (oid::ENROLLMENT_AGENT, "Certificate Request Agent"),
    (oid::ANY_APPLICATION_POLICY, "Any Purpose"),
    (oid::ANY_EXTENDED_KEY_USAGE, "Any Extended Key Usage"),
    (oid::ANY_POLICY, "All issuance policies"),
    // access methods and qualifiers
    (oid::OCSP, "On-line Certificate Status Protocol"),
    (oid::CA_ISSUERS, "Certification Authority Issuer"),
    (oid::CPS_QUALIFIER, "CPS"),
    (oid::USER_NOTICE_QUALIFIER, "User Notice"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_identifier_has_one_name() {
        for (index, (known, _)) in TABLE.iter().enumerate() {
            assert!(TABLE[..index].iter().all(|(other, _)| other != known), "{known}");
        }
        assert_eq!(oid(&oid::SERVER_AUTH), "Server Authentication (1.3.6.1.5.5.7.3.1)");
        assert_eq!(oid(&"1.2.3".parse().unwrap()), "1.2.3 (no known name)");
        assert!(code(HResult(0x800b_0101)).starts_with("0x800b0101 CERT_E_EXPIRED: "));
    }
}
