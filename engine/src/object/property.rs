//! The properties a store or a trust list attaches to a certificate: numbers, names, kinds.
//!
//! Reference: stores-and-formats 5, ctl 4. In a trust list the attribute
//! 1.3.6.1.4.1.311.10.11.*id* holds the same value.

mod value;

use std::fmt;

pub use value::{KeyProviderInfo, StoredValue, decode};

/// CERT_SHA1_HASH_PROP_ID, also CERT_HASH_PROP_ID: the thumbprint.
pub const SHA1_HASH: u32 = 3;
/// CERT_MD5_HASH_PROP_ID
pub const MD5_HASH: u32 = 4;
/// CERT_ENHKEY_USAGE_PROP_ID: usages this copy is restricted to.
pub const ENHKEY_USAGE: u32 = 9;
/// CERT_FRIENDLY_NAME_PROP_ID
pub const FRIENDLY_NAME: u32 = 11;
/// CERT_SIGNATURE_HASH_PROP_ID: of the signed part, with the hash of the signature's algorithm.
pub const SIGNATURE_HASH: u32 = 15;
/// CERT_KEY_IDENTIFIER_PROP_ID
pub const KEY_IDENTIFIER: u32 = 20;
/// CERT_CROSS_CERT_DIST_POINTS_PROP_ID: where cross certificates for this one are to be found.
pub const CROSS_CERT_DIST_POINTS: u32 = 23;
/// CERT_SUBJECT_PUBLIC_KEY_MD5_HASH_PROP_ID: of the key's bits, not of its SubjectPublicKeyInfo.
pub const SUBJECT_PUBLIC_KEY_MD5_HASH: u32 = 25;
/// CERT_SUBJECT_NAME_MD5_HASH_PROP_ID
pub const SUBJECT_NAME_MD5_HASH: u32 = 29;
/// CERT_OCSP_RESPONSE_PROP_ID: a stapled response.
pub const OCSP_RESPONSE: u32 = 70;
/// CERT_ROOT_PROGRAM_CERT_POLICIES_PROP_ID
pub const ROOT_PROGRAM_CERT_POLICIES: u32 = 83;
/// CERT_ROOT_PROGRAM_NAME_CONSTRAINTS_PROP_ID
pub const ROOT_PROGRAM_NAME_CONSTRAINTS: u32 = 84;
/// CERT_SIGN_HASH_CNG_ALG_PROP_ID
pub const SIGN_HASH_CNG_ALG: u32 = 89;
/// CERT_SUBJECT_PUB_KEY_BIT_LENGTH_PROP_ID
pub const SUBJECT_PUB_KEY_BIT_LENGTH: u32 = 92;
/// CERT_AUTH_ROOT_SHA256_HASH_PROP_ID: from the root list, of the certificate.
pub const AUTH_ROOT_SHA256_HASH: u32 = 98;
/// CERT_DISALLOWED_FILETIME_PROP_ID: distrusted from this time on.
pub const DISALLOWED_FILETIME: u32 = 104;
/// CERT_ROOT_PROGRAM_CHAIN_POLICIES_PROP_ID
pub const ROOT_PROGRAM_CHAIN_POLICIES: u32 = 105;
/// CERT_SHA256_HASH_PROP_ID
pub const SHA256_HASH: u32 = 107;
/// CERT_DISALLOWED_ENHKEY_USAGE_PROP_ID: usages taken from the root.
pub const DISALLOWED_ENHKEY_USAGE: u32 = 122;
/// CERT_NOT_BEFORE_FILETIME_PROP_ID: certificates issued later are not trusted.
pub const NOT_BEFORE_FILETIME: u32 = 126;
/// CERT_NOT_BEFORE_ENHKEY_USAGE_PROP_ID: the usages the previous one is about.
pub const NOT_BEFORE_ENHKEY_USAGE: u32 = 127;
/// CERT_DISALLOWED_CA_FILETIME_PROP_ID
pub const DISALLOWED_CA_FILETIME: u32 = 128;

/// What kind of value a property has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PropertyKind {
    /// UTF-16LE text with a terminating NUL.
    Text,
    /// DER: SEQUENCE OF OBJECT IDENTIFIER.
    OidList,
    /// FILETIME: eight octets, little endian, 100 ns since 1601. No octets: an earlier value is
    /// withdrawn.
    FileTime,
    /// DER: CertificatePolicies with qualifiers.
    Policies,
    /// A little-endian number of 32 bits.
    Dword,
    /// Another DER value.
    Der,
    /// Presence is all that matters.
    Flag,
    /// Octets that are their own meaning: a hash, a blob.
    Octets,
    /// A structure of Windows' own.
    Structure,
    /// A handle of a process, never stored.
    Handle,
    /// Number without a published meaning.
    Reserved,
}

impl fmt::Display for PropertyKind {
    /// In a few words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a text",
            Self::OidList => "a list of object identifiers",
            Self::FileTime => "a point in time",
            Self::Policies => "policies with qualifiers",
            Self::Dword => "a number",
            Self::Der => "a DER value",
            Self::Flag => "a mark",
            Self::Octets => "octets",
            Self::Structure => "a structure of Windows' own",
            Self::Handle => "a handle, never stored",
            Self::Reserved => "reserved",
        })
    }
}

/// What is known of one property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PropertyDefinition {
    /// Its number.
    pub id: u32,
    /// Its name in `wincrypt.h` without `CERT_` and `_PROP_ID`, in lower case.
    pub name: &'static str,
    /// The kind of its value.
    pub kind: PropertyKind,
    /// Whether it can change a verdict on a chain (reference, stores-and-formats 5; inferred).
    pub matters: bool,
    /// What it says.
    pub meaning: &'static str,
}

/// First number an application may use for its own properties.
pub const FIRST_USER_PROPERTY: u32 = 0x8000;
/// Last number an application may use for its own properties.
pub const LAST_USER_PROPERTY: u32 = 0xffff;

/// The property with this number.
#[must_use]
pub fn property(id: u32) -> Option<&'static PropertyDefinition> {
    TABLE.iter().find(|definition| definition.id == id)
}

/// The property with this name: in any case, with or without `CERT_` and `_PROP_ID`.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static PropertyDefinition> {
    let lower = name.trim().to_ascii_lowercase();
    let short = lower.strip_prefix("cert_").unwrap_or(&lower);
    let short = short.strip_suffix("_prop_id").unwrap_or(short);
    let short = match short {
        "hash" => "sha1_hash",
        "ctl_usage" => "enhkey_usage",
        other => other,
    };
    TABLE.iter().find(|definition| definition.name == short)
}

macro_rules! properties {
    ($($id:literal $name:ident $kind:ident $matters:ident $meaning:literal;)*) => {
        /// Every property with a published name, by number.
        pub static TABLE: &[PropertyDefinition] = &[
            $(PropertyDefinition {
                id: $id,
                name: stringify!($name),
                kind: PropertyKind::$kind,
                matters: properties!(@$matters),
                meaning: $meaning,
            },)*
        ];
    };
    (@verdict) => { true };
    (@note) => { false };
}

properties! {
    1 key_prov_handle Handle note "handle of the key's provider";
    2 key_prov_info Structure note "where the private key is kept: container, provider, flags";
    3 sha1_hash Octets note "SHA-1 of the encoded object: its thumbprint";
    4 md5_hash Octets note "MD5 of the encoded object";
    5 key_context Handle note "handle of the private key";
    6 key_spec Dword note "which key of the container it is";
    7 ie30_reserved Reserved note "reserved for Internet Explorer 3";
    8 pubkey_hash_reserved Reserved note "reserved";
    9 enhkey_usage OidList verdict "usages the certificate is trusted for; none at all in the list means for nothing";
    10 next_update_location Der note "where a newer trust list is to be found";
    11 friendly_name Text note "the name shown to the user";
    12 pvk_file Text note "file of the private key";
    13 description Text note "a description for the user";
    14 access_state Dword note "what may be done to the store it lies in (computed)";
    15 signature_hash Octets verdict "hash of the signed part with the hash of the signature algorithm; lists of distrust match by it";
    16 smart_card_data Octets note "smart card data";
    17 efs Octets note "encrypting file system data";
    18 fortezza_data Octets note "Fortezza data";
    19 archived Flag note "archived: listings skip it; chains do not care";
    20 key_identifier Octets verdict "the subject key identifier, from the extension or computed; issuers are found by it";
    21 auto_enroll Text note "template of automatic enrolment";
    22 pubkey_alg_para Der note "key parameters inherited from an issuer";
    23 cross_cert_dist_points Der note "where cross certificates are to be found";
    24 issuer_public_key_md5_hash Octets verdict "MD5 of the issuer's public key";
    25 subject_public_key_md5_hash Octets verdict "MD5 of the subject's public key; lists of distrust match by it";
    26 enrollment Structure note "the request it was enrolled with";
    27 date_stamp FileTime note "when an administrator's tool added it";
    28 issuer_serial_number_md5_hash Octets verdict "MD5 of issuer and serial number";
    29 subject_name_md5_hash Octets verdict "MD5 of the encoded subject name; the root update finds roots by it";
    30 extended_error_info Text note "what the chain engine says about an error";
    64 renewal Octets note "hash of the certificate it renews";
    65 archived_key_hash Octets note "hash of the archived key";
    66 auto_enroll_retry Structure note "retries of automatic enrolment";
    67 aia_url_retrieved Octets note "it was fetched through an authority information access address";
    68 authority_info_access Der verdict "authority information access to use in place of the extension";
    69 backed_up Structure note "whether and when the key was backed up";
    70 ocsp_response Octets verdict "an OCSP response that is tried before any address";
    71 request_originator Text note "name of the machine that asked for it";
    72 source_location Text note "where a CRL or OCSP response came from";
    73 source_url Text note "address a CRL or OCSP response came from";
    74 new_key Reserved note "a new key was made";
    75 ocsp_cache_prefix Text note "prefix of the file names of its OCSP responses in the URL cache";
    76 smart_card_root_info Structure note "the smart card a root came from";
    77 no_auto_expire_check Flag note "automatic enrolment does not look at its expiry";
    78 ncrypt_key_handle Handle note "handle of the private key (CNG)";
    79 hcryptprov_or_ncrypt_key_handle Handle note "handle of the private key (either kind)";
    80 subject_info_access Der verdict "subject information access to use in place of the extension";
    81 ca_ocsp_authority_info_access Der verdict "OCSP addresses for what this CA issues";
    82 ca_disable_crl Flag verdict "no CRLs for what this CA issues";
    83 root_program_cert_policies Policies verdict "policies for which the root program grants extended validation";
    84 root_program_name_constraints Der verdict "name constraints set by the root program";
    85 subject_ocsp_authority_info_access Der verdict "OCSP addresses for this certificate";
    86 subject_disable_crl Flag verdict "no CRL for this certificate";
    87 cep Structure note "the enrolment policy server it came from";
    88 cep_reserved Reserved note "reserved, an early form of 87";
    89 sign_hash_cng_alg Text note "algorithm and hash of the signature on it, such as RSA/SHA256";
    90 scard_pin_id Octets note "identifier of a smart card PIN";
    91 scard_pin_info Octets note "information on a smart card PIN";
    92 subject_pub_key_bit_length Dword note "length of the public key in bits";
    93 pub_key_cng_alg_bit_length Text note "algorithm and length of the public key, such as RSA/2048";
    94 issuer_pub_key_bit_length Dword note "length of the issuer's public key in bits";
    95 issuer_chain_sign_hash_cng_alg Text note "algorithms and hashes of the signatures above it";
    96 issuer_chain_pub_key_cng_alg_bit_length Text note "algorithms and lengths of the keys above it";
    97 no_expire_notification Flag note "no notice of its expiry";
    98 auth_root_sha256_hash Octets note "SHA-256 of a root's certificate, from the list; what is downloaded is checked against it";
    99 ncrypt_key_handle_transfer Handle note "handle of the private key, handed over (CNG)";
    100 hcryptprov_transfer Handle note "handle of the key's provider, handed over";
    101 smart_card_reader Text note "the smart card reader it came from";
    102 send_as_trusted_issuer Flag note "named to TLS clients as a trusted issuer";
    103 key_repair_attempted FileTime note "when a repair of the key link was tried";
    104 disallowed_filetime FileTime verdict "from this time on the root is distrusted, except for what was time-stamped before";
    105 root_program_chain_policies OidList verdict "revocation checks the root program forces or restricts";
    106 smart_card_reader_non_removable Flag note "the smart card reader is built in";
    107 sha256_hash Octets note "SHA-256 of the encoded object";
    108 scep_server_certs Octets note "certificates of the SCEP server (PKCS #7)";
    109 scep_ra_signature_cert Octets note "SHA-1 of the SCEP registration authority's signing certificate";
    110 scep_ra_encryption_cert Octets note "SHA-1 of the SCEP registration authority's encryption certificate";
    111 scep_ca_cert Octets note "SHA-1 of the SCEP CA's certificate";
    112 scep_signer_cert Octets note "SHA-1 of the SCEP request's signing certificate";
    113 scep_nonce Octets note "nonce of the SCEP request";
    114 scep_encrypt_hash_cng_alg Text note "encryption and hash of SCEP, such as 3DES/SHA1";
    115 scep_flags Dword note "flags of SCEP";
    116 scep_guid Text note "identifier of the SCEP request";
    117 serializable_key_context Structure note "private key handle that can be handed over";
    118 isolated_key Octets note "the key is isolated";
    119 serial_chain Reserved note "serial chain";
    120 key_classification Dword note "where the key lives: software, hardware, smart card, passport";
    121 ocsp_must_staple Octets note "1 if the TLS feature extension asks for a stapled OCSP response";
    122 disallowed_enhkey_usage OidList verdict "usages taken away from the root";
    123 noncompliant_root_url Text note "address that explains why the root does not comply";
    124 pin_sha256_hash Octets note "SHA-256 of the public key, for pin rules";
    125 clr_delete_key Reserved note "the key is to be deleted with the certificate";
    126 not_before_filetime FileTime verdict "certificates under this root whose NotBefore is later are not trusted";
    127 not_before_enhkey_usage OidList verdict "usages to which the date of 126 is limited; absent means all";
    128 disallowed_ca_filetime FileTime verdict "from this time on the CA is distrusted";
    129 sha1_sha256_hash Octets note "SHA-1 and SHA-256 of the encoded object";
    4096 store_localized_name Text note "name of a store in the user's language (of the store, not of a certificate)";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_and_names_stand_once() {
        assert!(TABLE.windows(2).all(|pair| pair[0].id < pair[1].id));
        let names: std::collections::HashSet<_> = TABLE.iter().map(|p| p.name).collect();
        assert_eq!(names.len(), TABLE.len());
        let between = |first, last| TABLE.iter().filter(|p| (first..=last).contains(&p.id)).count();
        assert_eq!((between(1, 30), between(31, 63), between(64, 129)), (30, 0, 66));
    }

    #[test]
    fn names_are_found_as_people_write_them() {
        for name in
            ["disallowed_filetime", "DISALLOWED_FILETIME", "CERT_DISALLOWED_FILETIME_PROP_ID"]
        {
            assert_eq!(by_name(name).map(|p| (p.id, p.kind)), Some((104, PropertyKind::FileTime)));
        }
        assert_eq!(by_name("CERT_HASH_PROP_ID").map(|p| p.id), Some(3));
        assert_eq!(by_name("ctl_usage").map(|p| p.id), Some(9));
        assert!(by_name("").is_none() && property(130).is_none());
        assert_eq!(property(83).map(|p| p.kind), Some(PropertyKind::Policies));
    }
}
