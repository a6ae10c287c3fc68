//! Advice on the bits of CERT_TRUST_STATUS (reference, chain-engine 3 to 10).

use super::{Advice, Certainty, advice};
use crate::chain::status::{TrustError, TrustInfo};
use Certainty::{Documented, Inferred, Observed, Unknown};

/// Advice on one bit of dwErrorStatus.
pub(super) fn on_error(bit: TrustError) -> Option<&'static Advice<TrustError>> {
    ERRORS.iter().find(|advice| advice.key == bit)
}

/// Advice on one bit of dwInfoStatus.
pub(super) fn on_info(bit: TrustInfo) -> Option<&'static Advice<TrustInfo>> {
    INFOS.iter().find(|advice| advice.key == bit)
}

const CONSTRAINT: &str = "Compare the subject and alternative names with the name constraints of the CA that carries the bit. Have the certificate issued with other names or by another CA.";
const LIST: &str =
    "Look at the trust list in the Trust store that links the two chains; renew or remove it.";
const NONE: &str = "Nothing; it is information, not an error.";

static ERRORS: &[Advice<TrustError>] = advice! {
    TrustError::IS_NOT_TIME_VALID, Documented, "A certificate has expired or is not valid yet.", "the time asked for lies outside NotBefore to NotAfter of this certificate, both ends included; a CA whose NotBefore is still to come has been seen not to be flagged", "Check the clock of the machine, then renew the certificate that carries the bit.";
    TrustError::IS_NOT_TIME_NESTED, Documented, "Validity periods do not lie inside each other.", "never since Vista", "Nothing on a current Windows.";
    TrustError::IS_REVOKED, Documented, "The issuer has withdrawn the certificate.", "a CRL or OCSP response lists it, even a stale one; also set beside explicit distrust of a root", "Do not use it; have it replaced. With IS_EXPLICIT_DISTRUST look at the lists of distrust instead.";
    TrustError::IS_NOT_SIGNATURE_VALID, Observed, "The signature on this certificate is not good.", "the issuer's key does not verify it, or it is too weak (then with HAS_WEAK_SIGNATURE); the certificate below the wrong issuer carries the bit", "Look for a stale issuer of the same name in the CA store and delete it; otherwise the certificate is damaged or forged.";
    TrustError::IS_NOT_VALID_FOR_USAGE, Observed, "The certificate may not be used for what was asked.", "usages of the chain do not include the one asked for; an issuer may not sign certificates (key usage); an end certificate claims keyCertSign without being a CA", "Compare the usages of each certificate, and the purposes enabled for the root, with the usage asked for.";
    TrustError::IS_UNTRUSTED_ROOT, Documented, "The chain is complete but its root is not trusted.", "the self-signed last certificate is in no Root store and on no list that confers trust", "If the root deserves trust put it into Root, by Group Policy for many machines; if it is public let the root update work.";
    TrustError::REVOCATION_STATUS_UNKNOWN, Observed, "Nobody could say whether the certificate is revoked.", "no CRL or OCSP address (alone), or none could be used (with IS_OFFLINE_REVOCATION)", "See events 41, 42 and 53 for the address and the reason.";
    TrustError::IS_CYCLIC, Observed, "The search for issuers goes in a circle.", "two CAs certify each other and no root is found; together with IS_PARTIAL_CHAIN", "Install the missing root, or remove one of the cross certificates.";
    TrustError::INVALID_EXTENSION, Observed, "An extension cannot be read or is not supported.", "an extension is malformed, or critical and unknown (with HAS_NOT_SUPPORTED_CRITICAL_EXT)", "Have the certificate issued anew without it.";
    TrustError::INVALID_POLICY_CONSTRAINTS, Observed, "Policy constraints cannot be read.", "a critical policy constraints extension is malformed", "Have the CA certificate issued anew.";
    TrustError::INVALID_BASIC_CONSTRAINTS, Observed, "An issuer is no CA, or there are more CAs than one allows.", "an intermediate lacks basic constraints or says it is no CA; a path length is exceeded", "See which issuer carries the bit; have that CA certificate issued anew.";
    TrustError::INVALID_NAME_CONSTRAINTS, Observed, "Name constraints, or the names under them, cannot be read.", "a constraint or a name compared with it is malformed", CONSTRAINT;
    TrustError::HAS_NOT_SUPPORTED_NAME_CONSTRAINT, Observed, "A name constraint is of a kind Windows does not support.", "a minimum other than 0, a maximum, or an unsupported form of name", CONSTRAINT;
    TrustError::HAS_NOT_DEFINED_NAME_CONSTRAINT, Documented, "A kind of name is used for which no constraint is given.", "XP and Server 2003 only", "Nothing on a current Windows.";
    TrustError::HAS_NOT_PERMITTED_NAME_CONSTRAINT, Observed, "A name is not among those the CA may issue for.", "a name lies outside every permitted subtree of its kind; the CA with the constraint carries the bit", CONSTRAINT;
    TrustError::HAS_EXCLUDED_NAME_CONSTRAINT, Observed, "A name is among those the CA must not issue for.", "a name lies inside an excluded subtree", CONSTRAINT;
    TrustError::IS_PARTIAL_CHAIN, Documented, "An issuer is missing.", "no issuer can be found in the stores, in what came with the certificate, through AIA or the root list; a bit of the chain, never of a certificate", "Let the server send its intermediates, or install them in CA; check that the AIA address can be reached.";
    TrustError::CTL_IS_NOT_TIME_VALID, Documented, "A trust list that links two chains is not valid at this time.", "the time lies outside its ThisUpdate to NextUpdate", LIST;
    TrustError::CTL_IS_NOT_SIGNATURE_VALID, Documented, "The signature of a trust list that links two chains is wrong.", "the list does not verify", LIST;
    TrustError::CTL_IS_NOT_VALID_FOR_USAGE, Documented, "A trust list that links two chains is not for this usage.", "the list's usage is another", LIST;
    TrustError::HAS_WEAK_SIGNATURE, Documented, "An algorithm or key is too weak.", "MD2, MD4, MD5, SHA-1 or a short RSA key under the rules in force; always with IS_NOT_SIGNATURE_VALID", "Have the certificate issued anew with SHA-256 and RSA 2048 or better.";
    TrustError::HAS_WEAK_HYGIENE, Unknown, "A configured hygiene check failed.", "a Weak...Hygiene function is configured; what it checks is not published", "Look at the weak cryptography settings of the machine.";
    TrustError::HAS_MIN_TELEMETRY_RSA, Documented, "The RSA key is short enough to be counted.", "RSA keys up to MinTelemetryRsaPubKeyBitLength, 2047 bits by default; telemetry only", NONE;
    TrustError::HAS_MIN_WEAK_RSA, Unknown, "The RSA key is shorter than the configured minimum.", "RSA keys up to MinWeakRsaPubKeyBitLength, 2047 bits by default; when it is fatal is not known", "Have the certificate issued anew with RSA 2048 or better.";
    TrustError::IS_OFFLINE_REVOCATION, Observed, "The revocation server is out of reach, or its data is stale or wrong.", "always with REVOCATION_STATUS_UNKNOWN: no fresh CRL or OCSP response that verifies; also below a revoked issuer and at the end of a partial chain", "Fetch the CRL and OCSP addresses as the account that failed; see events 41, 42, 53.";
    TrustError::NO_ISSUANCE_CHAIN_POLICY, Observed, "A policy is required and none is left.", "requireExplicitPolicy is in force and the chain's certificates share no policy", "Have the certificate issued under a policy its CAs assert.";
    TrustError::IS_EXPLICIT_DISTRUST, Documented, "Somebody has declared it untrusted.", "the certificate or its key stands in a Disallowed store or list, or the root program has disabled the root (property 104)", "Find the entry; do not remove Microsoft's. Replace the certificate.";
    TrustError::HAS_NOT_SUPPORTED_CRITICAL_EXT, Observed, "A critical extension is not known to Windows.", "any certificate of the chain has one; with INVALID_EXTENSION", "Have the certificate issued anew without it, or with it not critical.";
};

static INFOS: &[Advice<TrustInfo>] = advice! {
    TrustInfo::HAS_EXACT_MATCH_ISSUER, Observed, "The certificate names its issuer by issuer and serial number.", "its authority key identifier holds both; set even if the issuer was not found", NONE;
    TrustInfo::HAS_KEY_MATCH_ISSUER, Observed, "The certificate names its issuer by key identifier.", "its authority key identifier holds a key identifier only", NONE;
    TrustInfo::HAS_NAME_MATCH_ISSUER, Observed, "The certificate names its issuer by name alone.", "it has no authority key identifier", NONE;
    TrustInfo::IS_SELF_SIGNED, Documented, "Subject and issuer are the same: a root, or a lone certificate.", "the chain ends here", NONE;
    TrustInfo::AUTO_UPDATE_CA_REVOCATION, Inferred, "The root program asks for revocation checks of the CAs below this root.", "the root has the chain policy 1.3.6.1.4.1.311.60.3.1 (property 105)", NONE;
    TrustInfo::AUTO_UPDATE_END_REVOCATION, Inferred, "The root program asks for revocation checks of end certificates.", "the root has the chain policy 1.3.6.1.4.1.311.60.3.2 (property 105)", NONE;
    TrustInfo::NO_OCSP_FAILOVER_TO_CRL, Inferred, "When OCSP fails CRLs are not tried.", "the root has the chain policy 1.3.6.1.4.1.311.60.3.3 (property 105)", NONE;
    TrustInfo::IS_KEY_ROLLOVER, Inferred, "The CA has been renewed with another key.", "a predecessor or successor of the same name is known", NONE;
    TrustInfo::HAS_PREFERRED_ISSUER, Observed, "The issuer was found and its key verifies the signature.", "every properly linked certificate, roots included; missing at the open end of a partial chain", NONE;
    TrustInfo::HAS_ISSUANCE_CHAIN_POLICY, Documented, "An issuance policy is valid for the whole chain.", "the set of policies is not empty", NONE;
    TrustInfo::HAS_VALID_NAME_CONSTRAINTS, Observed, "Name constraints apply and all names keep to them.", "on the CA with the constraints and on the chain", NONE;
    TrustInfo::IS_PEER_TRUSTED, Documented, "The certificate itself is trusted, without a chain.", "it is in TrustedPeople, the caller allows peer trust and the usage is among PeerUsages", NONE;
    TrustInfo::HAS_CRL_VALIDITY_EXTENDED, Documented, "An expired CRL was accepted.", "the policy CRLValidityExtensionPeriod grants a grace period", "Publish a fresh CRL before the grace period ends.";
    TrustInfo::IS_FROM_EXCLUSIVE_TRUST_STORE, Documented, "The certificate comes from the caller's own trust store.", "the engine was made with exclusive roots or people", NONE;
    TrustInfo::IS_CA_TRUSTED, Documented, "A CA that is no root serves as the anchor.", "it is among exclusive roots and the caller allows it (Windows 8 and later)", NONE;
    TrustInfo::HAS_AUTO_UPDATE_WEAK_SIGNATURE, Documented, "The root program's data calls the signature weak.", "weak signature rules came with the root update", "Have the certificate issued anew with a strong algorithm.";
    TrustInfo::IS_COMPLEX_CHAIN, Documented, "The result holds more than one simple chain.", "a trust list links two chains; rare", NONE;
    TrustInfo::HAS_ALLOW_WEAK_SIGNATURE, Documented, "A weak signature is excused by a list.", "the certificate is on an allow list of weak signatures", NONE;
    TrustInfo::SSL_HANDSHAKE_OCSP, Documented, "The OCSP response came with the TLS handshake.", "the server staples its response", NONE;
    TrustInfo::SSL_TIME_VALID_OCSP, Unknown, "The stapled response is valid at the handshake's time (by its name; not documented further).", "TLS only", NONE;
    TrustInfo::SSL_RECONNECT_OCSP, Unknown, "The stapled response came with a reconnect (by its name; not documented further).", "TLS only", NONE;
    TrustInfo::BEFORE_DISALLOWED_CA_FILETIME, Documented, "The time asked for lies before the date from which the CA is distrusted.", "the CA has property 128", "Renew from another CA before that date matters.";
    TrustInfo::SSL_TIME_VALID, Unknown, "Valid at the handshake's time (by its name; not documented further).", "TLS only", NONE;
    TrustInfo::NO_TIME_CHECK, Documented, "Validity periods were not checked.", "the time check was skipped", NONE;
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_has_advice() {
        for bit in TrustError::TABLE {
            assert!(on_error(TrustError(bit.value)).is_some(), "{}", bit.name);
        }
        for bit in TrustInfo::TABLE {
            assert!(on_info(TrustInfo(bit.value)).is_some(), "{}", bit.name);
        }
        assert_eq!(ERRORS.len(), TrustError::TABLE.len());
        assert_eq!(INFOS.len(), TrustInfo::TABLE.len());
    }
}
