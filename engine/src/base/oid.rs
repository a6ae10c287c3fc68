//! Object identifiers: the type, and the one table of those this crate knows by name.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// An OBJECT IDENTIFIER, kept as its contents octets.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid(Cow<'static, [u8]>);

impl Oid {
    /// From the contents octets of an encoded OBJECT IDENTIFIER.
    #[must_use]
    pub fn from_octets(octets: &[u8]) -> Self {
        Self(Cow::Owned(octets.to_vec()))
    }

    /// From the contents octets of a constant.
    #[must_use]
    pub const fn from_static(octets: &'static [u8]) -> Self {
        Self(Cow::Borrowed(octets))
    }

    /// The contents octets.
    #[must_use]
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }

    /// What this identifier is called in `wincrypt.h`, the RFCs or Windows' dialogs, if known.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        name_of(self.as_octets())
    }
}

/// The name of the identifier with these contents octets, if known.
#[must_use]
pub fn name_of(octets: &[u8]) -> Option<&'static str> {
    TABLE.iter().find(|entry| entry.oid.as_octets() == octets).map(|entry| entry.name)
}

/// The dotted form of the identifier with these contents octets.
#[must_use]
pub fn dotted(octets: &[u8]) -> String {
    Oid::from_octets(octets).to_string()
}

impl fmt::Display for Oid {
    /// The dotted form. Arcs above 2^128 are shown as their octets in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = 0u128;
        let mut overflow = false;
        let mut first = true;
        let mut start = 0;
        for (index, octet) in self.0.iter().enumerate() {
            overflow |= value >> 121 != 0;
            value = (value << 7) | u128::from(octet & 0x7f);
            if octet & 0x80 != 0 {
                continue;
            }
            if overflow {
                f.write_str(".0x")?;
                for octet in self.0.get(start..=index).unwrap_or_default() {
                    write!(f, "{octet:02x}")?;
                }
            } else if first {
                let root = (value / 40).min(2);
                write!(f, "{root}.{}", value - root * 40)?;
            } else {
                write!(f, ".{value}")?;
            }
            first = false;
            value = 0;
            overflow = false;
            start = index + 1;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

/// A text that is no dotted object identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseOidError(String);

impl fmt::Display for ParseOidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is no object identifier: expected numbers such as 1.3.6.1.5.5.7.3.1",
            self.0
        )
    }
}

impl std::error::Error for ParseOidError {}

impl FromStr for Oid {
    type Err = ParseOidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || ParseOidError(text.to_owned());
        let mut arcs = Vec::new();
        for part in text.split('.') {
            if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
                return Err(fail());
            }
            arcs.push(part.parse::<u128>().map_err(|_| fail())?);
        }
        let [root, second, rest @ ..] = arcs.as_slice() else { return Err(fail()) };
        if *root > 2 || (*root < 2 && *second > 39) {
            return Err(fail());
        }
        let mut octets = Vec::new();
        let joined = (root * 40).checked_add(*second).ok_or_else(fail)?;
        for arc in std::iter::once(&joined).chain(rest) {
            let mut groups = vec![u8::try_from(arc & 0x7f).unwrap_or(0)];
            let mut left = arc >> 7;
            while left != 0 {
                groups.push(u8::try_from(left & 0x7f).unwrap_or(0) | 0x80);
                left >>= 7;
            }
            octets.extend(groups.iter().rev());
        }
        Ok(Self(Cow::Owned(octets)))
    }
}

#[allow(clippy::indexing_slicing)] // evaluated by the compiler, over this file's own constants
const fn arc_at(text: &[u8], mut at: usize) -> (u64, usize) {
    let mut value = 0;
    while at < text.len() && text[at] != b'.' {
        value = value * 10 + (text[at] - b'0') as u64;
        at += 1;
    }
    (value, at + 1)
}

#[allow(clippy::indexing_slicing)] // evaluated by the compiler, over this file's own constants
const fn encode<const N: usize>(text: &str) -> ([u8; N], usize) {
    let text = text.as_bytes();
    let mut octets = [0; N];
    let mut length = 0;
    let (root, after_root) = arc_at(text, 0);
    let (second, mut at) = arc_at(text, after_root);
    let mut arc = root * 40 + second;
    loop {
        let mut shift = 63;
        while shift > 0 {
            if arc >> shift != 0 {
                if length < N {
                    octets[length] = ((arc >> shift) as u8 & 0x7f) | 0x80;
                }
                length += 1;
            }
            shift -= 7;
        }
        if length < N {
            octets[length] = arc as u8 & 0x7f;
        }
        length += 1;
        if at >= text.len() {
            return (octets, length);
        }
        (arc, at) = arc_at(text, at);
    }
}

/// What the table knows of one identifier.
#[derive(Debug)]
pub struct OidEntry {
    /// The identifier.
    pub oid: Oid,
    /// Its name in the standard or in Windows.
    pub name: &'static str,
}

macro_rules! oids {
    ($($constant:ident = $dotted:literal, $name:literal;)*) => {
        $(
            #[doc = concat!($name, " (", $dotted, ")")]
            pub const $constant: Oid = {
                const LENGTH: usize = encode::<0>($dotted).1;
                const OCTETS: [u8; LENGTH] = encode::<LENGTH>($dotted).0;
                Oid::from_static(&OCTETS)
            };
        )*
        /// Every identifier known by name.
        pub static TABLE: &[OidEntry] = &[
            $(OidEntry { oid: $constant, name: $name },)*
        ];
    };
}

oids! {
    // names (X.520, RFC 4519, PKCS #9)
    COMMON_NAME = "2.5.4.3", "commonName";
    SURNAME = "2.5.4.4", "surname";
    SERIAL_NUMBER = "2.5.4.5", "serialNumber";
    COUNTRY_NAME = "2.5.4.6", "countryName";
    LOCALITY_NAME = "2.5.4.7", "localityName";
    STATE_OR_PROVINCE_NAME = "2.5.4.8", "stateOrProvinceName";
    STREET_ADDRESS = "2.5.4.9", "streetAddress";
    ORGANIZATION_NAME = "2.5.4.10", "organizationName";
    ORGANIZATIONAL_UNIT_NAME = "2.5.4.11", "organizationalUnitName";
    TITLE = "2.5.4.12", "title";
    DESCRIPTION = "2.5.4.13", "description";
    BUSINESS_CATEGORY = "2.5.4.15", "businessCategory";
    POSTAL_CODE = "2.5.4.17", "postalCode";
    TELEPHONE_NUMBER = "2.5.4.20", "telephoneNumber";
    GIVEN_NAME = "2.5.4.42", "givenName";
    INITIALS = "2.5.4.43", "initials";
    DN_QUALIFIER = "2.5.4.46", "dnQualifier";
    ORGANIZATION_IDENTIFIER = "2.5.4.97", "organizationIdentifier";
    DOMAIN_COMPONENT = "0.9.2342.19200300.100.1.25", "domainComponent";
    USER_ID = "0.9.2342.19200300.100.1.1", "userId";
    EMAIL_ADDRESS = "1.2.840.113549.1.9.1", "emailAddress";
    UNSTRUCTURED_NAME = "1.2.840.113549.1.9.2", "unstructuredName";
    UNSTRUCTURED_ADDRESS = "1.2.840.113549.1.9.8", "unstructuredAddress";
    JURISDICTION_LOCALITY = "1.3.6.1.4.1.311.60.2.1.1", "jurisdictionLocalityName";
    JURISDICTION_STATE = "1.3.6.1.4.1.311.60.2.1.2", "jurisdictionStateOrProvinceName";
    JURISDICTION_COUNTRY = "1.3.6.1.4.1.311.60.2.1.3", "jurisdictionCountryName";

    // certificate extensions (RFC 5280 and its predecessors)
    OBSOLETE_AUTHORITY_KEY_IDENTIFIER = "2.5.29.1", "authorityKeyIdentifier (obsolete)";
    OBSOLETE_KEY_ATTRIBUTES = "2.5.29.2", "keyAttributes (obsolete)";
    OBSOLETE_KEY_USAGE_RESTRICTION = "2.5.29.4", "keyUsageRestriction (obsolete)";
    OBSOLETE_POLICY_MAPPINGS = "2.5.29.5", "policyMappings (obsolete)";
    OBSOLETE_SUBJECT_ALT_NAME = "2.5.29.7", "subjectAltName (obsolete)";
    OBSOLETE_ISSUER_ALT_NAME = "2.5.29.8", "issuerAltName (obsolete)";
    SUBJECT_DIRECTORY_ATTRIBUTES = "2.5.29.9", "subjectDirectoryAttributes";
    OBSOLETE_BASIC_CONSTRAINTS = "2.5.29.10", "basicConstraints (obsolete)";
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14", "subjectKeyIdentifier";
    KEY_USAGE = "2.5.29.15", "keyUsage";
    PRIVATE_KEY_USAGE_PERIOD = "2.5.29.16", "privateKeyUsagePeriod";
    SUBJECT_ALT_NAME = "2.5.29.17", "subjectAltName";
    ISSUER_ALT_NAME = "2.5.29.18", "issuerAltName";
    BASIC_CONSTRAINTS = "2.5.29.19", "basicConstraints";
    CRL_NUMBER = "2.5.29.20", "cRLNumber";
    CRL_REASON = "2.5.29.21", "reasonCode";
    INVALIDITY_DATE = "2.5.29.24", "invalidityDate";
    DELTA_CRL_INDICATOR = "2.5.29.27", "deltaCRLIndicator";
    ISSUING_DISTRIBUTION_POINT = "2.5.29.28", "issuingDistributionPoint";
    CERTIFICATE_ISSUER = "2.5.29.29", "certificateIssuer";
    NAME_CONSTRAINTS = "2.5.29.30", "nameConstraints";
    CRL_DISTRIBUTION_POINTS = "2.5.29.31", "cRLDistributionPoints";
    CERTIFICATE_POLICIES = "2.5.29.32", "certificatePolicies";
    ANY_POLICY = "2.5.29.32.0", "anyPolicy";
    EV_GUIDELINES = "2.23.140.1.1", "ev-guidelines";
    DOMAIN_VALIDATED = "2.23.140.1.2.1", "domain-validated";
    ORGANIZATION_VALIDATED = "2.23.140.1.2.2", "organization-validated";
    INDIVIDUAL_VALIDATED = "2.23.140.1.2.3", "individual-validated";
    EV_CODE_SIGNING = "2.23.140.1.3", "ev-code-signing";
    CODE_SIGNING_REQUIREMENTS = "2.23.140.1.4.1", "code-signing-requirements";
    TIMESTAMP_REQUIREMENTS = "2.23.140.1.4.2", "timestamp-requirements";
    POLICY_MAPPINGS = "2.5.29.33", "policyMappings";
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35", "authorityKeyIdentifier";
    POLICY_CONSTRAINTS = "2.5.29.36", "policyConstraints";
    EXT_KEY_USAGE = "2.5.29.37", "extKeyUsage";
    ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0", "anyExtendedKeyUsage";
    FRESHEST_CRL = "2.5.29.46", "freshestCRL";
    INHIBIT_ANY_POLICY = "2.5.29.54", "inhibitAnyPolicy";
    AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1", "authorityInfoAccess";
    BIOMETRIC_INFO = "1.3.6.1.5.5.7.1.2", "biometricInfo";
    QC_STATEMENTS = "1.3.6.1.5.5.7.1.3", "qcStatements";
    SUBJECT_INFO_ACCESS = "1.3.6.1.5.5.7.1.11", "subjectInfoAccess";
    LOGOTYPE = "1.3.6.1.5.5.7.1.12", "logotype";
    TLS_FEATURE = "1.3.6.1.5.5.7.1.24", "tlsFeature";
    CPS_QUALIFIER = "1.3.6.1.5.5.7.2.1", "cps";
    USER_NOTICE_QUALIFIER = "1.3.6.1.5.5.7.2.2", "userNotice";
    OCSP = "1.3.6.1.5.5.7.48.1", "ocsp";
    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1", "ocspBasic";
    OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2", "ocspNonce";
    OCSP_NOCHECK = "1.3.6.1.5.5.7.48.1.5", "ocspNoCheck";
    CA_ISSUERS = "1.3.6.1.5.5.7.48.2", "caIssuers";
    CA_REPOSITORY = "1.3.6.1.5.5.7.48.5", "caRepository";
    NETSCAPE_CERT_TYPE = "2.16.840.1.113730.1.1", "netscapeCertType";
    SCT_LIST = "1.3.6.1.4.1.11129.2.4.2", "signedCertificateTimestampList";
    CT_POISON = "1.3.6.1.4.1.11129.2.4.3", "precertificatePoison";

    // Microsoft's certificate extensions
    ENROLL_CERTTYPE = "1.3.6.1.4.1.311.20.2", "szOID_ENROLL_CERTTYPE_EXTENSION";
    ENROLLMENT_AGENT = "1.3.6.1.4.1.311.20.2.1", "szOID_ENROLLMENT_AGENT";
    KP_SMARTCARD_LOGON = "1.3.6.1.4.1.311.20.2.2", "szOID_KP_SMARTCARD_LOGON";
    NT_PRINCIPAL_NAME = "1.3.6.1.4.1.311.20.2.3", "szOID_NT_PRINCIPAL_NAME";
    CERT_MANIFOLD = "1.3.6.1.4.1.311.20.3", "szOID_CERT_MANIFOLD";
    CERTSRV_CA_VERSION = "1.3.6.1.4.1.311.21.1", "szOID_CERTSRV_CA_VERSION";
    CERTSRV_PREVIOUS_CERT_HASH = "1.3.6.1.4.1.311.21.2", "szOID_CERTSRV_PREVIOUS_CERT_HASH";
    CRL_VIRTUAL_BASE = "1.3.6.1.4.1.311.21.3", "szOID_CRL_VIRTUAL_BASE";
    CRL_NEXT_PUBLISH = "1.3.6.1.4.1.311.21.4", "szOID_CRL_NEXT_PUBLISH";
    CERTIFICATE_TEMPLATE = "1.3.6.1.4.1.311.21.7", "szOID_CERTIFICATE_TEMPLATE";
    APPLICATION_CERT_POLICIES = "1.3.6.1.4.1.311.21.10", "szOID_APPLICATION_CERT_POLICIES";
    APPLICATION_POLICY_MAPPINGS = "1.3.6.1.4.1.311.21.11", "szOID_APPLICATION_POLICY_MAPPINGS";
    APPLICATION_POLICY_CONSTRAINTS = "1.3.6.1.4.1.311.21.12", "szOID_APPLICATION_POLICY_CONSTRAINTS";
    CRL_SELF_CDP = "1.3.6.1.4.1.311.21.14", "szOID_CRL_SELF_CDP";
    REQUIRE_CERT_CHAIN_POLICY = "1.3.6.1.4.1.311.21.15", "szOID_REQUIRE_CERT_CHAIN_POLICY";
    CROSS_CERT_DIST_POINTS = "1.3.6.1.4.1.311.10.9.1", "szOID_CROSS_CERT_DIST_POINTS";
    CERT_EXTENSIONS = "1.3.6.1.4.1.311.2.1.14", "szOID_CERT_EXTENSIONS";
    NTDS_CA_SECURITY = "1.3.6.1.4.1.311.25.2", "szOID_NTDS_CA_SECURITY_EXT";
    NTDS_OBJECTSID = "1.3.6.1.4.1.311.25.2.1", "szOID_NTDS_OBJECTSID";

    // attributes of certification requests
    CHALLENGE_PASSWORD = "1.2.840.113549.1.9.7", "challengePassword";
    EXTENSION_REQUEST = "1.2.840.113549.1.9.14", "extensionRequest";
    SMIME_CAPABILITIES = "1.2.840.113549.1.9.15", "smimeCapabilities";
    ENROLLMENT_CSP_PROVIDER = "1.3.6.1.4.1.311.13.2.2", "szOID_ENROLLMENT_CSP_PROVIDER";
    OS_VERSION = "1.3.6.1.4.1.311.13.2.3", "szOID_OS_VERSION";
    REQUEST_CLIENT_INFO = "1.3.6.1.4.1.311.21.20", "szOID_REQUEST_CLIENT_INFO";

    // usages
    SERVER_AUTH = "1.3.6.1.5.5.7.3.1", "serverAuth";
    CLIENT_AUTH = "1.3.6.1.5.5.7.3.2", "clientAuth";
    CODE_SIGNING = "1.3.6.1.5.5.7.3.3", "codeSigning";
    EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4", "emailProtection";
    IPSEC_END_SYSTEM = "1.3.6.1.5.5.7.3.5", "ipsecEndSystem";
    IPSEC_TUNNEL = "1.3.6.1.5.5.7.3.6", "ipsecTunnel";
    IPSEC_USER = "1.3.6.1.5.5.7.3.7", "ipsecUser";
    TIME_STAMPING = "1.3.6.1.5.5.7.3.8", "timeStamping";
    OCSP_SIGNING = "1.3.6.1.5.5.7.3.9", "OCSPSigning";
    IPSEC_IKE_INTERMEDIATE = "1.3.6.1.5.5.8.2.2", "ipsecIKEIntermediate";
    KP_CTL_USAGE_SIGNING = "1.3.6.1.4.1.311.10.3.1", "szOID_KP_CTL_USAGE_SIGNING";
    KP_TIME_STAMP_SIGNING = "1.3.6.1.4.1.311.10.3.2", "szOID_KP_TIME_STAMP_SIGNING";
    SERVER_GATED_CRYPTO = "1.3.6.1.4.1.311.10.3.3", "szOID_SERVER_GATED_CRYPTO";
    SGC_NETSCAPE = "2.16.840.1.113730.4.1", "szOID_SGC_NETSCAPE";
    KP_EFS = "1.3.6.1.4.1.311.10.3.4", "szOID_KP_EFS";
    EFS_RECOVERY = "1.3.6.1.4.1.311.10.3.4.1", "szOID_EFS_RECOVERY";
    WHQL_CRYPTO = "1.3.6.1.4.1.311.10.3.5", "szOID_WHQL_CRYPTO";
    NT5_CRYPTO = "1.3.6.1.4.1.311.10.3.6", "szOID_NT5_CRYPTO";
    OEM_WHQL_CRYPTO = "1.3.6.1.4.1.311.10.3.7", "szOID_OEM_WHQL_CRYPTO";
    EMBEDDED_NT_CRYPTO = "1.3.6.1.4.1.311.10.3.8", "szOID_EMBEDDED_NT_CRYPTO";
    ROOT_LIST_SIGNER = "1.3.6.1.4.1.311.10.3.9", "szOID_ROOT_LIST_SIGNER";
    KP_QUALIFIED_SUBORDINATION = "1.3.6.1.4.1.311.10.3.10", "szOID_KP_QUALIFIED_SUBORDINATION";
    KP_KEY_RECOVERY = "1.3.6.1.4.1.311.10.3.11", "szOID_KP_KEY_RECOVERY";
    KP_DOCUMENT_SIGNING = "1.3.6.1.4.1.311.10.3.12", "szOID_KP_DOCUMENT_SIGNING";
    KP_LIFETIME_SIGNING = "1.3.6.1.4.1.311.10.3.13", "szOID_KP_LIFETIME_SIGNING";
    REVOKED_LIST_SIGNER = "1.3.6.1.4.1.311.10.3.19", "szOID_REVOKED_LIST_SIGNER";
    DISALLOWED_LIST = "1.3.6.1.4.1.311.10.3.30", "szOID_DISALLOWED_LIST";
    PIN_RULES_SIGNER = "1.3.6.1.4.1.311.10.3.31", "szOID_PIN_RULES_SIGNER";
    PIN_RULES_CTL = "1.3.6.1.4.1.311.10.3.32", "szOID_PIN_RULES_CTL";
    ANY_APPLICATION_POLICY = "1.3.6.1.4.1.311.10.12.1", "szOID_ANY_APPLICATION_POLICY";

    // trust lists
    CTL = "1.3.6.1.4.1.311.10.1", "szOID_CTL";
    SORTED_CTL = "1.3.6.1.4.1.311.10.1.1", "szOID_SORTED_CTL";
    PIN_RULES_EXT = "1.3.6.1.4.1.311.10.3.33", "szOID_PIN_RULES_EXT";
    PIN_RULES_DOMAIN_NAME = "1.3.6.1.4.1.311.10.3.34", "szOID_PIN_RULES_DOMAIN_NAME";
    PIN_RULES_LOG_END_DATE_EXT = "1.3.6.1.4.1.311.10.3.35", "szOID_PIN_RULES_LOG_END_DATE_EXT";
    SYNC_ROOT_CTL_EXT = "1.3.6.1.4.1.311.10.3.50", "szOID_SYNC_ROOT_CTL_EXT";
    FLIGHT_CTL_EXT = "1.3.6.1.4.1.311.10.3.51", "szOID_FLIGHT_CTL_EXT";
    CERT_LOG_LIST_EXT = "1.3.6.1.4.1.311.10.3.52", "szOID_CERT_LOG_LIST_EXT";
    PIN_RULES_INDEX = "1.3.6.1.4.1.311.10.4.2", "pin rule index";
    PIN_RULES_FLAGS = "1.3.6.1.4.1.311.10.4.3", "pin rule flags";
    CERT_PROP_ID_PREFIX = "1.3.6.1.4.1.311.10.11", "szOID_CERT_PROP_ID_PREFIX";
    DISALLOWED_HASH = "1.3.6.1.4.1.311.10.11.15", "szOID_DISALLOWED_HASH";
    ROOT_PROGRAM_FLAGS = "1.3.6.1.4.1.311.60.1.1", "szOID_ROOT_PROGRAM_FLAGS";
    ROOT_PROGRAM_AUTO_UPDATE_CA_REVOCATION = "1.3.6.1.4.1.311.60.3.1", "szOID_ROOT_PROGRAM_AUTO_UPDATE_CA_REVOCATION";
    ROOT_PROGRAM_AUTO_UPDATE_END_REVOCATION = "1.3.6.1.4.1.311.60.3.2", "szOID_ROOT_PROGRAM_AUTO_UPDATE_END_REVOCATION";
    ROOT_PROGRAM_NO_OCSP_FAILOVER_TO_CRL = "1.3.6.1.4.1.311.60.3.3", "szOID_ROOT_PROGRAM_NO_OCSP_FAILOVER_TO_CRL";
    CERT_STRONG_SIGN_OS_1 = "1.3.6.1.4.1.311.72.1.1", "szOID_CERT_STRONG_SIGN_OS_1";
    CERT_STRONG_KEY_OS_1 = "1.3.6.1.4.1.311.72.2.1", "szOID_CERT_STRONG_KEY_OS_1";

    // CMS and PKCS #7, PKCS #9 attributes
    PKCS7_DATA = "1.2.840.113549.1.7.1", "pkcs7-data";
    PKCS7_SIGNED_DATA = "1.2.840.113549.1.7.2", "pkcs7-signedData";
    PKCS7_ENVELOPED_DATA = "1.2.840.113549.1.7.3", "pkcs7-envelopedData";
    PKCS7_SIGNED_ENVELOPED_DATA = "1.2.840.113549.1.7.4", "pkcs7-signedAndEnvelopedData";
    PKCS7_DIGESTED_DATA = "1.2.840.113549.1.7.5", "pkcs7-digestedData";
    PKCS7_ENCRYPTED_DATA = "1.2.840.113549.1.7.6", "pkcs7-encryptedData";
    CONTENT_TYPE = "1.2.840.113549.1.9.3", "contentType";
    MESSAGE_DIGEST = "1.2.840.113549.1.9.4", "messageDigest";
    SIGNING_TIME = "1.2.840.113549.1.9.5", "signingTime";
    COUNTER_SIGNATURE = "1.2.840.113549.1.9.6", "counterSignature";
    TIME_STAMP_TOKEN = "1.2.840.113549.1.9.16.2.14", "id-aa-timeStampToken";
    TST_INFO = "1.2.840.113549.1.9.16.1.4", "id-ct-TSTInfo";
    CATALOG_LIST = "1.3.6.1.4.1.311.12.1.1", "szOID_CATALOG_LIST";
    CATALOG_LIST_MEMBER = "1.3.6.1.4.1.311.12.1.2", "szOID_CATALOG_LIST_MEMBER";
    CATALOG_LIST_MEMBER2 = "1.3.6.1.4.1.311.12.1.3", "szOID_CATALOG_LIST_MEMBER2";
    CAT_NAMEVALUE = "1.3.6.1.4.1.311.12.2.1", "CAT_NAMEVALUE_OBJID";
    CAT_MEMBERINFO = "1.3.6.1.4.1.311.12.2.2", "CAT_MEMBERINFO_OBJID";
    CAT_MEMBERINFO2 = "1.3.6.1.4.1.311.12.2.3", "CAT_MEMBERINFO2_OBJID";
    SPC_SP_OPUS_INFO = "1.3.6.1.4.1.311.2.1.12", "SPC_SP_OPUS_INFO_OBJID";
    SPC_INDIRECT_DATA = "1.3.6.1.4.1.311.2.1.4", "SPC_INDIRECT_DATA_OBJID";
    NESTED_SIGNATURE = "1.3.6.1.4.1.311.2.4.1", "szOID_NESTED_SIGNATURE";
    RFC3161_COUNTER_SIGNATURE = "1.3.6.1.4.1.311.3.3.1", "szOID_RFC3161_counterSign";

    // PKCS #12 and what encrypts it (RFC 7292, RFC 8018, RFC 9579)
    PBE_SHA_RC4_128 = "1.2.840.113549.1.12.1.1", "pbeWithSHAAnd128BitRC4";
    PBE_SHA_RC4_40 = "1.2.840.113549.1.12.1.2", "pbeWithSHAAnd40BitRC4";
    PBE_SHA_3DES_3_KEY = "1.2.840.113549.1.12.1.3", "pbeWithSHAAnd3-KeyTripleDES-CBC";
    PBE_SHA_3DES_2_KEY = "1.2.840.113549.1.12.1.4", "pbeWithSHAAnd2-KeyTripleDES-CBC";
    PBE_SHA_RC2_128 = "1.2.840.113549.1.12.1.5", "pbeWithSHAAnd128BitRC2-CBC";
    PBE_SHA_RC2_40 = "1.2.840.113549.1.12.1.6", "pbeWithSHAAnd40BitRC2-CBC";
    PBES2 = "1.2.840.113549.1.5.13", "PBES2";
    PBKDF2 = "1.2.840.113549.1.5.12", "PBKDF2";
    PBMAC1 = "1.2.840.113549.1.5.14", "PBMAC1";
    HMAC_SHA1 = "1.2.840.113549.2.7", "hmacWithSHA1";
    HMAC_SHA224 = "1.2.840.113549.2.8", "hmacWithSHA224";
    HMAC_SHA256 = "1.2.840.113549.2.9", "hmacWithSHA256";
    HMAC_SHA384 = "1.2.840.113549.2.10", "hmacWithSHA384";
    HMAC_SHA512 = "1.2.840.113549.2.11", "hmacWithSHA512";
    RC2_CBC = "1.2.840.113549.3.2", "rc2CBC";
    RC4 = "1.2.840.113549.3.4", "rc4";
    DES_CBC = "1.3.14.3.2.7", "desCBC";
    DES_EDE3_CBC = "1.2.840.113549.3.7", "des-EDE3-CBC";
    AES128_CBC = "2.16.840.1.101.3.4.1.2", "aes128-CBC";
    AES192_CBC = "2.16.840.1.101.3.4.1.22", "aes192-CBC";
    AES256_CBC = "2.16.840.1.101.3.4.1.42", "aes256-CBC";
    PKCS12_KEY_BAG = "1.2.840.113549.1.12.10.1.1", "keyBag";
    PKCS12_SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2", "pkcs8ShroudedKeyBag";
    PKCS12_CERT_BAG = "1.2.840.113549.1.12.10.1.3", "certBag";
    PKCS12_CRL_BAG = "1.2.840.113549.1.12.10.1.4", "crlBag";
    PKCS12_SECRET_BAG = "1.2.840.113549.1.12.10.1.5", "secretBag";
    PKCS12_SAFE_CONTENTS_BAG = "1.2.840.113549.1.12.10.1.6", "safeContentsBag";
    FRIENDLY_NAME = "1.2.840.113549.1.9.20", "friendlyName";
    LOCAL_KEY_ID = "1.2.840.113549.1.9.21", "localKeyId";
    X509_CERTIFICATE_BAG = "1.2.840.113549.1.9.22.1", "x509Certificate";
    X509_CRL_BAG = "1.2.840.113549.1.9.23.1", "x509CRL";
    KEY_PROVIDER_NAME = "1.3.6.1.4.1.311.17.1", "szOID_PKCS_12_KEY_PROVIDER_NAME_ATTR";
    LOCAL_MACHINE_KEYSET = "1.3.6.1.4.1.311.17.2", "szOID_LOCAL_MACHINE_KEYSET";

    // keys
    RSA_ENCRYPTION = "1.2.840.113549.1.1.1", "rsaEncryption";
    RSAES_OAEP = "1.2.840.113549.1.1.7", "id-RSAES-OAEP";
    RSASSA_PSS = "1.2.840.113549.1.1.10", "id-RSASSA-PSS";
    X500_RSA = "2.5.8.1.1", "rsa (X.500)";
    DSA = "1.2.840.10040.4.1", "id-dsa";
    OIW_DSA = "1.3.14.3.2.12", "dsa (OIW)";
    EC_PUBLIC_KEY = "1.2.840.10045.2.1", "id-ecPublicKey";
    X25519 = "1.3.101.110", "id-X25519";
    ED25519 = "1.3.101.112", "id-Ed25519";
    ED448 = "1.3.101.113", "id-Ed448";
    DH_PUBLIC_NUMBER = "1.2.840.10046.2.1", "dhpublicnumber";
    ML_DSA_44 = "2.16.840.1.101.3.4.3.17", "id-ml-dsa-44";
    ML_DSA_65 = "2.16.840.1.101.3.4.3.18", "id-ml-dsa-65";
    ML_DSA_87 = "2.16.840.1.101.3.4.3.19", "id-ml-dsa-87";

    // curves
    SECP192R1 = "1.2.840.10045.3.1.1", "secp192r1";
    SECP256R1 = "1.2.840.10045.3.1.7", "secp256r1";
    SECP224R1 = "1.3.132.0.33", "secp224r1";
    SECP384R1 = "1.3.132.0.34", "secp384r1";
    SECP521R1 = "1.3.132.0.35", "secp521r1";
    SECP256K1 = "1.3.132.0.10", "secp256k1";
    BRAINPOOL_P256R1 = "1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1";
    BRAINPOOL_P256T1 = "1.3.36.3.3.2.8.1.1.8", "brainpoolP256t1";
    BRAINPOOL_P320R1 = "1.3.36.3.3.2.8.1.1.9", "brainpoolP320r1";
    BRAINPOOL_P384R1 = "1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1";
    BRAINPOOL_P384T1 = "1.3.36.3.3.2.8.1.1.12", "brainpoolP384t1";
    BRAINPOOL_P512R1 = "1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1";

    // signatures
    MD2_WITH_RSA = "1.2.840.113549.1.1.2", "md2WithRSAEncryption";
    MD4_WITH_RSA = "1.2.840.113549.1.1.3", "md4WithRSAEncryption";
    MD5_WITH_RSA = "1.2.840.113549.1.1.4", "md5WithRSAEncryption";
    SHA1_WITH_RSA = "1.2.840.113549.1.1.5", "sha1WithRSAEncryption";
    MGF1 = "1.2.840.113549.1.1.8", "id-mgf1";
    SHA256_WITH_RSA = "1.2.840.113549.1.1.11", "sha256WithRSAEncryption";
    SHA384_WITH_RSA = "1.2.840.113549.1.1.12", "sha384WithRSAEncryption";
    SHA512_WITH_RSA = "1.2.840.113549.1.1.13", "sha512WithRSAEncryption";
    SHA224_WITH_RSA = "1.2.840.113549.1.1.14", "sha224WithRSAEncryption";
    OIW_MD4_WITH_RSA = "1.3.14.3.2.2", "md4WithRSA (OIW)";
    OIW_MD5_WITH_RSA = "1.3.14.3.2.3", "md5WithRSA (OIW)";
    OIW_MD4_WITH_RSA_ENCRYPTION = "1.3.14.3.2.4", "md4WithRSAEncryption (OIW)";
    OIW_SHA1_WITH_RSA = "1.3.14.3.2.29", "sha1WithRSASign (OIW)";
    OIW_SHA_WITH_RSA = "1.3.14.3.2.15", "shaRSA (OIW)";
    TELETRUST_MD2_WITH_RSA = "1.3.14.7.2.3.1", "md2WithRSA (OIW)";
    DSA_WITH_SHA1 = "1.2.840.10040.4.3", "dsa-with-sha1";
    OIW_DSA_WITH_SHA1 = "1.3.14.3.2.27", "dsaWithSHA1 (OIW)";
    OIW_DSA_SHA1 = "1.3.14.3.2.13", "dsaWithSHA (OIW)";
    DSA_WITH_SHA224 = "2.16.840.1.101.3.4.3.1", "dsa-with-sha224";
    DSA_WITH_SHA256 = "2.16.840.1.101.3.4.3.2", "dsa-with-sha256";
    ECDSA_WITH_SHA1 = "1.2.840.10045.4.1", "ecdsa-with-SHA1";
    ECDSA_SPECIFIED = "1.2.840.10045.4.3", "ecdsa-with-specified";
    ECDSA_WITH_SHA224 = "1.2.840.10045.4.3.1", "ecdsa-with-SHA224";
    ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2", "ecdsa-with-SHA256";
    ECDSA_WITH_SHA384 = "1.2.840.10045.4.3.3", "ecdsa-with-SHA384";
    ECDSA_WITH_SHA512 = "1.2.840.10045.4.3.4", "ecdsa-with-SHA512";

    // digests
    MD2 = "1.2.840.113549.2.2", "md2";
    MD4 = "1.2.840.113549.2.4", "md4";
    MD5 = "1.2.840.113549.2.5", "md5";
    SHA1 = "1.3.14.3.2.26", "sha1";
    SHA256 = "2.16.840.1.101.3.4.2.1", "sha256";
    SHA384 = "2.16.840.1.101.3.4.2.2", "sha384";
    SHA512 = "2.16.840.1.101.3.4.2.3", "sha512";
    SHA224 = "2.16.840.1.101.3.4.2.4", "sha224";
    SHA3_256 = "2.16.840.1.101.3.4.2.8", "sha3-256";
    SHA3_384 = "2.16.840.1.101.3.4.2.9", "sha3-384";
    SHA3_512 = "2.16.840.1.101.3.4.2.10", "sha3-512";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_encode_as_the_standard_says() {
        assert_eq!(ROOT_LIST_SIGNER.as_octets(), [0x2b, 6, 1, 4, 1, 0x82, 0x37, 10, 3, 9]);
        assert_eq!(RSA_ENCRYPTION.as_octets(), [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]);
        assert_eq!(USER_ID.to_string(), "0.9.2342.19200300.100.1.1");
    }

    #[test]
    fn every_table_entry_round_trips_and_is_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for entry in TABLE {
            let text = entry.oid.to_string();
            assert_eq!(text.parse::<Oid>().unwrap(), entry.oid, "{text}");
            assert!(seen.insert(text), "{} stands twice", entry.name);
        }
    }

    #[test]
    fn odd_identifiers_do_not_mislead() {
        assert_eq!("2.999.3".parse::<Oid>().unwrap().to_string(), "2.999.3");
        let huge = [0x2b].iter().copied().chain([0xff; 20]).chain([0x7f]).collect::<Vec<_>>();
        assert!(dotted(&huge).starts_with("1.3.0x"));
        for bad in ["", "1", "3.1", "1.40", "1..2", "1.x", "a.b"] {
            assert!(bad.parse::<Oid>().is_err(), "{bad}");
        }
    }
}
