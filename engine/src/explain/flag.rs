//! Flags callers pass: of CertVerifyCertificateChainPolicy and of CertGetCertificateChain.
//!
//! The tables belong to [`PolicyFlags`] and [`ChainFlags`]; here is only how they are looked at.

use crate::chain::engine::ChainFlags;
use crate::policy::PolicyFlags;

/// One flag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flag {
    pub(super) value: u32,
    /// Without its prefix.
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
}

/// What goes before a policy flag's name in `wincrypt.h`.
pub(super) const POLICY_PREFIX: &str = "CERT_CHAIN_POLICY_";
/// What goes before a chain flag's name in `wincrypt.h`.
pub(super) const CHAIN_PREFIX: &str = "CERT_CHAIN_";

/// The flags of CertVerifyCertificateChainPolicy, without sums of flags. Names without prefix.
pub(super) fn policy() -> impl Iterator<Item = Flag> {
    flags(PolicyFlags::TABLE, POLICY_PREFIX).filter(|flag| flag.value.is_power_of_two())
}

/// The flags of CertGetCertificateChain. Names without prefix.
pub(super) fn chain() -> impl Iterator<Item = Flag> {
    flags(ChainFlags::TABLE, CHAIN_PREFIX)
}

fn flags(
    table: &'static [(u32, &'static str, &'static str)],
    prefix: &'static str,
) -> impl Iterator<Item = Flag> {
    table.iter().map(move |&(value, name, meaning)| {
        let name = name.strip_prefix(prefix).unwrap_or(name);
        Flag { value, name, meaning }
    })
}

/// The flags set in a value; nothing if a bit has no name.
pub(super) fn all_named(flags: impl Iterator<Item = Flag>, value: u32) -> Vec<Flag> {
    let flags: Vec<_> = flags.filter(|flag| value & flag.value != 0).collect();
    let named = flags.iter().fold(0, |bits, flag| bits | flag.value);
    if named == value { flags } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_single_bits() {
        for flags in [policy().collect::<Vec<_>>(), chain().collect()] {
            assert!(flags.iter().all(|flag| flag.value.is_power_of_two()));
            assert!(flags.windows(2).all(|pair| pair[0].value < pair[1].value));
            assert!(flags.iter().all(|flag| !flag.name.starts_with("CERT_")));
        }
        assert_eq!(all_named(chain(), 0x4800_0001).len(), 3);
        assert!(all_named(policy(), 0x4800_0001).is_empty());
    }
}
