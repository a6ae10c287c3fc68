//! Flags callers pass: of CertVerifyCertificateChainPolicy and of CertGetCertificateChain.
//!
//! Reference: chain-policy 2, chain-engine 1.3.

/// One flag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flag {
    pub(super) value: u32,
    /// Without its prefix.
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
}

macro_rules! flags {
    ($($table:ident { $($value:literal $name:ident $meaning:literal;)* })*) => {
        $(pub(super) static $table: &[Flag] = &[
            $(Flag { value: $value, name: stringify!($name), meaning: $meaning },)*
        ];)*
    };
}

/// What goes before a policy flag's name in `wincrypt.h`.
pub(super) const POLICY_PREFIX: &str = "CERT_CHAIN_POLICY_";
/// What goes before a chain flag's name in `wincrypt.h`.
pub(super) const CHAIN_PREFIX: &str = "CERT_CHAIN_";

flags! {
    POLICY {
        0x0000_0001 IGNORE_NOT_TIME_VALID_FLAG "expired certificates are overlooked";
        0x0000_0002 IGNORE_CTL_NOT_TIME_VALID_FLAG "expired trust lists are overlooked";
        0x0000_0004 IGNORE_NOT_TIME_NESTED_FLAG "validity periods that do not nest are overlooked (obsolete)";
        0x0000_0008 IGNORE_INVALID_BASIC_CONSTRAINTS_FLAG "wrong basic constraints are overlooked";
        0x0000_0010 ALLOW_UNKNOWN_CA_FLAG "an untrusted root and an incomplete chain are overlooked";
        0x0000_0020 IGNORE_WRONG_USAGE_FLAG "a wrong usage is overlooked";
        0x0000_0040 IGNORE_INVALID_NAME_FLAG "broken name constraints are overlooked";
        0x0000_0080 IGNORE_INVALID_POLICY_FLAG "policy errors are overlooked";
        0x0000_0100 IGNORE_END_REV_UNKNOWN_FLAG "unknown revocation of the end certificate is overlooked";
        0x0000_0200 IGNORE_CTL_SIGNER_REV_UNKNOWN_FLAG "unknown revocation of a list's signer is overlooked";
        0x0000_0400 IGNORE_CA_REV_UNKNOWN_FLAG "unknown revocation of CAs is overlooked";
        0x0000_0800 IGNORE_ROOT_REV_UNKNOWN_FLAG "unknown revocation of the root is overlooked";
        0x0000_1000 IGNORE_PEER_TRUST_FLAG "trust through TrustedPeople does not count";
        0x0000_2000 IGNORE_NOT_SUPPORTED_CRITICAL_EXT_FLAG "unknown critical extensions are overlooked";
        0x0000_4000 TRUST_TESTROOT_FLAG "Microsoft's test root is trusted";
        0x0000_8000 ALLOW_TESTROOT_FLAG "Microsoft's test root is accepted though untrusted";
        0x0800_0000 IGNORE_WEAK_SIGNATURE_FLAG "weak signatures are overlooked";
    }
    CHAIN {
        0x0000_0001 CACHE_END_CERT "the end certificate is cached too";
        0x0000_0002 THREAD_STORE_SYNC "stores are watched by a thread (engine flag)";
        0x0000_0004 CACHE_ONLY_URL_RETRIEVAL "only cached addresses are used for issuers; says nothing about revocation";
        0x0000_0008 USE_LOCAL_MACHINE_STORE "the machine's stores are used (engine flag)";
        0x0000_0010 ENABLE_CACHE_AUTO_UPDATE "the cache is kept up to date (engine flag)";
        0x0000_0020 ENABLE_SHARE_STORE "stores are shared (engine flag)";
        0x0000_0040 DISABLE_PASS1_QUALITY_FILTERING "all paths are judged, not only those at least as good as the best of the first pass";
        0x0000_0080 RETURN_LOWER_QUALITY_CONTEXTS "the other chains are returned too";
        0x0000_0100 DISABLE_AUTH_ROOT_AUTO_UPDATE "no automatic root update for this call";
        0x0000_0200 TIMESTAMP_TIME "the time given is that of a time stamp: the end certificate is judged at it, CAs now";
        0x0000_0400 ENABLE_PEER_TRUST "certificates in TrustedPeople are trusted without a chain";
        0x0000_0800 DISABLE_MY_PEER_TRUST "accepted, without effect";
        0x0000_1000 DISABLE_MD2_MD4 "MD2 and MD4 are refused for every usage";
        0x0000_2000 DISABLE_AIA "no issuers are fetched through AIA";
        0x0000_4000 HAS_MOTW "the file carries the mark of the web; stricter rules on weak signatures";
        0x0000_8000 ONLY_ADDITIONAL_AND_AUTH_ROOT "only the given store and AuthRoot are used; AuthRoot is trusted even if policy disables it";
        0x0001_0000 OPT_IN_WEAK_SIGNATURE "the caller can show weak signatures to a user";
        0x0002_0000 ENABLE_DISALLOWED_CA "the caller handles CAs that are distrusted from a date on";
        0x0400_0000 REVOCATION_CHECK_OCSP_CERT "internal: the chain of an OCSP signer";
        0x0800_0000 REVOCATION_ACCUMULATIVE_TIMEOUT "the time limit is for all retrievals together";
        0x1000_0000 REVOCATION_CHECK_END_CERT "revocation of the end certificate is checked";
        0x2000_0000 REVOCATION_CHECK_CHAIN "revocation of every certificate is checked";
        0x4000_0000 REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT "revocation of every certificate but the root is checked";
        0x8000_0000 REVOCATION_CHECK_CACHE_ONLY "revocation is checked from the cache only";
    }
}

/// The flags set in a value; nothing if a bit has no name.
pub(super) fn all_named(table: &'static [Flag], value: u32) -> Vec<&'static Flag> {
    let flags: Vec<_> = table.iter().filter(|flag| value & flag.value != 0).collect();
    let named = flags.iter().fold(0, |bits, flag| bits | flag.value);
    if named == value { flags } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_single_bits() {
        for table in [POLICY, CHAIN] {
            assert!(table.iter().all(|flag| flag.value.is_power_of_two()));
            assert!(table.windows(2).all(|pair| pair[0].value < pair[1].value));
        }
        assert_eq!(all_named(CHAIN, 0x4800_0001).len(), 3);
        assert!(all_named(POLICY, 0x4800_0001).is_empty());
    }
}
