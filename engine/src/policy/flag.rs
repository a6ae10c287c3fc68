//! The flags of the policies, by the names of `wincrypt.h`, `wininet.h` and `wintrust.h`.

use std::ops::{BitOr, BitOrAssign};

macro_rules! flags {
    ($(
        $(#[$doc:meta])*
        $type:ident { $($name:ident = $value:literal, $header_name:literal, $meaning:literal;)* }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
            pub struct $type(pub u32);

            impl $type {
                $(
                    #[doc = concat!("`", $header_name, "`: ", $meaning)]
                    pub const $name: Self = Self($value);
                )*

                /// Every flag of the header, sums of flags included: value, name, meaning.
                pub const TABLE: &'static [(u32, &'static str, &'static str)] =
                    &[$(($value, $header_name, $meaning),)*];

                /// Whether a bit of `other` is set.
                #[must_use]
                pub const fn intersects(self, other: Self) -> bool {
                    self.0 & other.0 != 0
                }

                /// Whether every bit of `other` is set.
                #[must_use]
                pub const fn contains(self, other: Self) -> bool {
                    self.0 & other.0 == other.0
                }
            }

            impl BitOr for $type {
                type Output = Self;
                fn bitor(self, other: Self) -> Self {
                    Self(self.0 | other.0)
                }
            }

            impl BitOrAssign for $type {
                fn bitor_assign(&mut self, other: Self) {
                    self.0 |= other.0;
                }
            }
        )*
    };
}

flags! {
    /// dwFlags of CERT_CHAIN_POLICY_PARA (reference, chain-policy 2). The basic-constraints and
    /// Microsoft-root policies give the upper half other meanings:
    /// [`BasicConstraintsFlags`] and [`MicrosoftRootFlags`].
    PolicyFlags {
        IGNORE_NOT_TIME_VALID = 0x0000_0001, "CERT_CHAIN_POLICY_IGNORE_NOT_TIME_VALID_FLAG", "expired certificates are overlooked";
        IGNORE_CTL_NOT_TIME_VALID = 0x0000_0002, "CERT_CHAIN_POLICY_IGNORE_CTL_NOT_TIME_VALID_FLAG", "expired trust lists are overlooked";
        IGNORE_NOT_TIME_NESTED = 0x0000_0004, "CERT_CHAIN_POLICY_IGNORE_NOT_TIME_NESTED_FLAG", "validity periods that do not nest are overlooked (obsolete)";
        IGNORE_ALL_NOT_TIME_VALID = 0x0000_0007, "CERT_CHAIN_POLICY_IGNORE_ALL_NOT_TIME_VALID_FLAGS", "the three before";
        IGNORE_INVALID_BASIC_CONSTRAINTS = 0x0000_0008, "CERT_CHAIN_POLICY_IGNORE_INVALID_BASIC_CONSTRAINTS_FLAG", "wrong basic constraints are overlooked";
        ALLOW_UNKNOWN_CA = 0x0000_0010, "CERT_CHAIN_POLICY_ALLOW_UNKNOWN_CA_FLAG", "an untrusted root and an incomplete chain are overlooked";
        IGNORE_WRONG_USAGE = 0x0000_0020, "CERT_CHAIN_POLICY_IGNORE_WRONG_USAGE_FLAG", "a wrong usage is overlooked";
        IGNORE_INVALID_NAME = 0x0000_0040, "CERT_CHAIN_POLICY_IGNORE_INVALID_NAME_FLAG", "broken name constraints are overlooked";
        IGNORE_INVALID_POLICY = 0x0000_0080, "CERT_CHAIN_POLICY_IGNORE_INVALID_POLICY_FLAG", "policy errors are overlooked";
        IGNORE_END_REV_UNKNOWN = 0x0000_0100, "CERT_CHAIN_POLICY_IGNORE_END_REV_UNKNOWN_FLAG", "unknown revocation of the end certificate is overlooked";
        IGNORE_CTL_SIGNER_REV_UNKNOWN = 0x0000_0200, "CERT_CHAIN_POLICY_IGNORE_CTL_SIGNER_REV_UNKNOWN_FLAG", "unknown revocation of a list's signer is overlooked";
        IGNORE_CA_REV_UNKNOWN = 0x0000_0400, "CERT_CHAIN_POLICY_IGNORE_CA_REV_UNKNOWN_FLAG", "unknown revocation of CAs is overlooked";
        IGNORE_ROOT_REV_UNKNOWN = 0x0000_0800, "CERT_CHAIN_POLICY_IGNORE_ROOT_REV_UNKNOWN_FLAG", "unknown revocation of the root is overlooked";
        IGNORE_ALL_REV_UNKNOWN = 0x0000_0f00, "CERT_CHAIN_POLICY_IGNORE_ALL_REV_UNKNOWN_FLAGS", "the four before";
        IGNORE_PEER_TRUST = 0x0000_1000, "CERT_CHAIN_POLICY_IGNORE_PEER_TRUST_FLAG", "trust through TrustedPeople does not count";
        IGNORE_NOT_SUPPORTED_CRITICAL_EXT = 0x0000_2000, "CERT_CHAIN_POLICY_IGNORE_NOT_SUPPORTED_CRITICAL_EXT_FLAG", "unknown critical extensions are overlooked";
        TRUST_TESTROOT = 0x0000_4000, "CERT_CHAIN_POLICY_TRUST_TESTROOT_FLAG", "Microsoft's test root is trusted";
        ALLOW_TESTROOT = 0x0000_8000, "CERT_CHAIN_POLICY_ALLOW_TESTROOT_FLAG", "Microsoft's test root is accepted though untrusted";
        IGNORE_WEAK_SIGNATURE = 0x0800_0000, "CERT_CHAIN_POLICY_IGNORE_WEAK_SIGNATURE_FLAG", "weak signatures are overlooked";
    }

    /// dwFlags of the basic-constraints policy (reference, chain-policy 4.5).
    BasicConstraintsFlags {
        CA = 0x8000_0000, "BASIC_CONSTRAINTS_CERT_CHAIN_POLICY_CA_FLAG", "the end certificate is to be a CA";
        END_ENTITY = 0x4000_0000, "BASIC_CONSTRAINTS_CERT_CHAIN_POLICY_END_ENTITY_FLAG", "the end certificate is to be none";
    }

    /// dwFlags of the Microsoft-root policy (reference, chain-policy 4.7).
    MicrosoftRootFlags {
        ENABLE_TEST_ROOT = 0x0001_0000, "MICROSOFT_ROOT_CERT_CHAIN_POLICY_ENABLE_TEST_ROOT_FLAG", "the test roots count too";
        CHECK_APPLICATION_ROOT = 0x0002_0000, "MICROSOFT_ROOT_CERT_CHAIN_POLICY_CHECK_APPLICATION_ROOT_FLAG", "only the application root counts";
        DISABLE_FLIGHT_ROOT = 0x0004_0000, "MICROSOFT_ROOT_CERT_CHAIN_POLICY_DISABLE_FLIGHT_ROOT_FLAG", "the flight root never counts";
    }

    /// fdwChecks of the SSL policy: what is not checked (reference, chain-policy 4.4).
    Checks {
        IGNORE_REVOCATION = 0x0000_0080, "SECURITY_FLAG_IGNORE_REVOCATION", "revocation";
        IGNORE_UNKNOWN_CA = 0x0000_0100, "SECURITY_FLAG_IGNORE_UNKNOWN_CA", "an untrusted root, a partial chain";
        IGNORE_WRONG_USAGE = 0x0000_0200, "SECURITY_FLAG_IGNORE_WRONG_USAGE", "a wrong usage";
        IGNORE_CERT_CN_INVALID = 0x0000_1000, "SECURITY_FLAG_IGNORE_CERT_CN_INVALID", "the name";
        IGNORE_CERT_DATE_INVALID = 0x0000_2000, "SECURITY_FLAG_IGNORE_CERT_DATE_INVALID", "expiry";
        IGNORE_WEAK_SIGNATURE = 0x0001_0000, "SECURITY_FLAG_IGNORE_WEAK_SIGNATURE", "weak signatures";
    }

    /// dwRegPolicySettings of the Authenticode policies: WinTrust's State value (reference,
    /// chain-policy 4.2).
    RegPolicySettings {
        TRUSTTEST = 0x0000_0020, "WTPF_TRUSTTEST", "the test root is trusted";
        TESTCANBEVALID = 0x0000_0080, "WTPF_TESTCANBEVALID", "the test root may be valid";
        IGNOREEXPIRATION = 0x0000_0100, "WTPF_IGNOREEXPIRATION", "expiry is ignored";
        IGNOREREVOKATION = 0x0000_0200, "WTPF_IGNOREREVOKATION", "revocation is ignored";
        OFFLINEOK_IND = 0x0000_0400, "WTPF_OFFLINEOK_IND", "offline revocation is fine, individual publishers";
        OFFLINEOK_COM = 0x0000_0800, "WTPF_OFFLINEOK_COM", "the same, commercial publishers";
        OFFLINEOKNBU_IND = 0x0000_1000, "WTPF_OFFLINEOKNBU_IND", "the same without a warning, individual";
        OFFLINEOKNBU_COM = 0x0000_2000, "WTPF_OFFLINEOKNBU_COM", "the same without a warning, commercial";
        VERIFY_V1_OFF = 0x0001_0000, "WTPF_VERIFY_V1_OFF", "old signatures are not verified (no effect on chains)";
        IGNOREREVOCATIONONTS = 0x0002_0000, "WTPF_IGNOREREVOCATIONONTS", "revocation is ignored for time stamps";
        ALLOWONLYPERTRUST = 0x0004_0000, "WTPF_ALLOWONLYPERTRUST", "only trusted publishers (judged above the chain)";
    }
}

/// State as Windows installs it (observed in every Authenticode record of event 30).
pub const DEFAULT_REG_POLICY_SETTINGS: RegPolicySettings = RegPolicySettings(0x0002_3c00);

/// The value of a flag of CERT_CHAIN_POLICY_PARA, combined ones included.
#[must_use]
pub fn flag_by_name(name: &str) -> Option<u32> {
    let tables = [PolicyFlags::TABLE, BasicConstraintsFlags::TABLE, MicrosoftRootFlags::TABLE];
    tables.iter().find_map(|table| find(table, name))
}

/// The value of a flag of fdwChecks. Two flags also have a longer name in `winhttp.h`.
#[must_use]
pub fn check_by_name(name: &str) -> Option<u32> {
    find(Checks::TABLE, name).or(match name {
        "SECURITY_FLAG_IGNORE_CERT_WRONG_USAGE" => Some(Checks::IGNORE_WRONG_USAGE.0),
        "SECURITY_FLAG_IGNORE_ALL_CERT_ERRORS" => Some(0x0000_3300),
        _ => None,
    })
}

/// The value of a WinTrust setting.
#[must_use]
pub fn setting_by_name(name: &str) -> Option<u32> {
    find(RegPolicySettings::TABLE, name)
}

fn find(table: &[(u32, &str, &str)], name: &str) -> Option<u32> {
    table.iter().find(|(_, known, _)| *known == name).map(|(value, ..)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_headers() {
        for (name, value) in [
            ("CERT_CHAIN_POLICY_IGNORE_ALL_REV_UNKNOWN_FLAGS", 0xf00),
            ("CERT_CHAIN_POLICY_IGNORE_ALL_NOT_TIME_VALID_FLAGS", 7),
            ("CERT_CHAIN_POLICY_IGNORE_WEAK_SIGNATURE_FLAG", 0x0800_0000),
            ("BASIC_CONSTRAINTS_CERT_CHAIN_POLICY_END_ENTITY_FLAG", 0x4000_0000),
            ("MICROSOFT_ROOT_CERT_CHAIN_POLICY_DISABLE_FLIGHT_ROOT_FLAG", 0x0004_0000),
        ] {
            assert_eq!(flag_by_name(name), Some(value), "{name}");
        }
        assert_eq!(check_by_name("SECURITY_FLAG_IGNORE_CERT_CN_INVALID"), Some(0x1000));
        assert_eq!(check_by_name("SECURITY_FLAG_IGNORE_CERT_WRONG_USAGE"), Some(0x200));
        assert_eq!(check_by_name("SECURITY_FLAG_IGNORE_ALL_CERT_ERRORS"), Some(0x3300));
        assert_eq!(setting_by_name("WTPF_IGNOREREVOCATIONONTS"), Some(0x20000));
        assert_eq!(flag_by_name("SECURITY_FLAG_IGNORE_REVOCATION"), None);
        assert_eq!(check_by_name("nonsense"), None);
    }

    #[test]
    fn combined_flags_are_the_sum_of_their_parts() {
        for (table, single) in [
            (PolicyFlags::TABLE, 17),
            (BasicConstraintsFlags::TABLE, 2),
            (MicrosoftRootFlags::TABLE, 3),
            (Checks::TABLE, 6),
            (RegPolicySettings::TABLE, 11),
        ] {
            let bits: Vec<_> = table.iter().filter(|(value, ..)| value.is_power_of_two()).collect();
            assert_eq!(bits.len(), single);
            let all = bits.iter().fold(0, |all, (value, ..)| all | value);
            assert!(table.iter().all(|(value, ..)| value & !all == 0));
        }
    }
}
