//! CERT_TRUST_STATUS: what is wrong with a certificate or a chain, and what is known of it.
//!
//! Values and names are those of `wincrypt.h` without `CERT_TRUST_`; meanings follow the reference,
//! chain-engine 4 and 5. The page of CERT_TRUST_STATUS prints HAS_ISSUANCE_CHAIN_POLICY as 0x400;
//! the header's 0x200 is right.

use std::fmt;
use std::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, Not};

/// What the table knows of one bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustBit {
    /// The bit.
    pub value: u32,
    /// Its name without `CERT_TRUST_`.
    pub name: &'static str,
    /// What it says, in a few words.
    pub meaning: &'static str,
}

/// dwErrorStatus: what is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TrustError(pub u32);

/// dwInfoStatus: what is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TrustInfo(pub u32);

/// CERT_TRUST_STATUS
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TrustStatus {
    /// What is wrong.
    pub error: TrustError,
    /// What is known.
    pub info: TrustInfo,
}

macro_rules! trust_bits {
    ($type:ident; $($name:ident = $value:literal, $meaning:literal;)*) => {
        impl $type {
            $(
                #[doc = concat!("CERT_TRUST_", stringify!($name), ": ", $meaning)]
                pub const $name: Self = Self($value);
            )*

            /// Every bit, lowest first.
            pub const TABLE: &'static [TrustBit] = &[
                $(TrustBit { value: $value, name: stringify!($name), meaning: $meaning },)*
            ];

            /// Whether no bit is set.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Whether every bit of `other` is set.
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether a bit of `other` is set.
            #[must_use]
            pub const fn intersects(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }

            /// The names of the bits, lowest first; bits without a name in hexadecimal.
            #[must_use]
            pub fn names(self) -> Vec<String> {
                let mut rest = self.0;
                let mut names = Vec::new();
                for bit in Self::TABLE {
                    if self.0 & bit.value != 0 {
                        rest &= !bit.value;
                        names.push(bit.name.to_owned());
                    }
                }
                if rest != 0 {
                    names.push(format!("0x{rest:08x}"));
                }
                names
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

        impl BitAnd for $type {
            type Output = Self;
            fn bitand(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }
        }

        impl BitAndAssign for $type {
            fn bitand_assign(&mut self, other: Self) {
                self.0 &= other.0;
            }
        }

        impl Not for $type {
            type Output = Self;
            fn not(self) -> Self {
                Self(!self.0)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "0x{:08x}", self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self} [{}]", self.names().join(" | "))
            }
        }
    };
}

trust_bits! {
    TrustError;
    IS_NOT_TIME_VALID = 0x0000_0001, "the test time lies outside the validity period";
    IS_NOT_TIME_NESTED = 0x0000_0002, "validity periods do not nest (obsolete, never set since Vista)";
    IS_REVOKED = 0x0000_0004, "the issuer has revoked the certificate";
    IS_NOT_SIGNATURE_VALID = 0x0000_0008, "the signature on this certificate does not verify, or is too weak";
    IS_NOT_VALID_FOR_USAGE = 0x0000_0010, "the certificate may not be used for what was asked";
    IS_UNTRUSTED_ROOT = 0x0000_0020, "the chain ends in a root that is not trusted";
    REVOCATION_STATUS_UNKNOWN = 0x0000_0040, "whether the certificate is revoked could not be determined";
    IS_CYCLIC = 0x0000_0080, "the search for issuers came back to a certificate already in the chain";
    INVALID_EXTENSION = 0x0000_0100, "an extension could not be decoded or is not supported";
    INVALID_POLICY_CONSTRAINTS = 0x0000_0200, "a policy extension cannot be read or used";
    INVALID_BASIC_CONSTRAINTS = 0x0000_0400, "an issuer is no CA, or its path length is exceeded";
    INVALID_NAME_CONSTRAINTS = 0x0000_0800, "name constraints, or a name they apply to, cannot be read";
    HAS_NOT_SUPPORTED_NAME_CONSTRAINT = 0x0000_1000, "a name constraint is of a kind that is not supported";
    HAS_NOT_DEFINED_NAME_CONSTRAINT = 0x0000_2000, "a name has a form for which no constraint is defined (XP and 2003 only)";
    HAS_NOT_PERMITTED_NAME_CONSTRAINT = 0x0000_4000, "a name lies outside what this CA may issue for";
    HAS_EXCLUDED_NAME_CONSTRAINT = 0x0000_8000, "a name lies inside what this CA must not issue for";
    IS_PARTIAL_CHAIN = 0x0001_0000, "an issuer is missing: the chain does not reach a root";
    CTL_IS_NOT_TIME_VALID = 0x0002_0000, "the trust list that links the chains is not valid at this time";
    CTL_IS_NOT_SIGNATURE_VALID = 0x0004_0000, "the signature of the trust list that links the chains does not verify";
    CTL_IS_NOT_VALID_FOR_USAGE = 0x0008_0000, "the trust list that links the chains is not for this usage";
    HAS_WEAK_SIGNATURE = 0x0010_0000, "an algorithm or key is too weak";
    HAS_WEAK_HYGIENE = 0x0020_0000, "the configured hygiene check failed";
    HAS_MIN_TELEMETRY_RSA = 0x0040_0000, "the RSA key is short enough to be counted (no verdict)";
    HAS_MIN_WEAK_RSA = 0x0080_0000, "the RSA key is shorter than the configured minimum";
    IS_OFFLINE_REVOCATION = 0x0100_0000, "revocation data could not be fetched, or what is at hand is stale";
    NO_ISSUANCE_CHAIN_POLICY = 0x0200_0000, "an explicit policy is required and none is valid";
    IS_EXPLICIT_DISTRUST = 0x0400_0000, "the certificate, its key or its issuer's list entry is distrusted";
    HAS_NOT_SUPPORTED_CRITICAL_EXT = 0x0800_0000, "a critical extension is not supported";
}

trust_bits! {
    TrustInfo;
    HAS_EXACT_MATCH_ISSUER = 0x0000_0001, "the issuer is named by its issuer and serial number";
    HAS_KEY_MATCH_ISSUER = 0x0000_0002, "the issuer is named by its key identifier";
    HAS_NAME_MATCH_ISSUER = 0x0000_0004, "the issuer is named by its name alone";
    IS_SELF_SIGNED = 0x0000_0008, "issuer and subject are the same";
    AUTO_UPDATE_CA_REVOCATION = 0x0000_0010, "the root program asks for revocation checks of CAs";
    AUTO_UPDATE_END_REVOCATION = 0x0000_0020, "the root program asks for revocation checks of end certificates";
    NO_OCSP_FAILOVER_TO_CRL = 0x0000_0040, "the root program forbids falling back from OCSP to CRLs";
    IS_KEY_ROLLOVER = 0x0000_0080, "the CA has another certificate with another key";
    HAS_PREFERRED_ISSUER = 0x0000_0100, "the issuer was found, and its key verifies the signature";
    HAS_ISSUANCE_CHAIN_POLICY = 0x0000_0200, "an issuance policy is valid for the chain";
    HAS_VALID_NAME_CONSTRAINTS = 0x0000_0400, "name constraints apply and every name satisfies them";
    IS_PEER_TRUSTED = 0x0000_0800, "trusted by itself, through TrustedPeople";
    HAS_CRL_VALIDITY_EXTENDED = 0x0000_1000, "an expired CRL was accepted within its grace period";
    IS_FROM_EXCLUSIVE_TRUST_STORE = 0x0000_2000, "found in the engine's exclusive trust store";
    IS_CA_TRUSTED = 0x0000_4000, "a CA that is no root, trusted as an anchor";
    HAS_AUTO_UPDATE_WEAK_SIGNATURE = 0x0000_8000, "the root program calls the signature weak";
    IS_COMPLEX_CHAIN = 0x0001_0000, "the context holds more than one simple chain";
    HAS_ALLOW_WEAK_SIGNATURE = 0x0002_0000, "a weak signature is excused by a list";
    SSL_HANDSHAKE_OCSP = 0x0004_0000, "the OCSP response came with the TLS handshake";
    SSL_TIME_VALID_OCSP = 0x0008_0000, "that response is valid at the handshake's time";
    SSL_RECONNECT_OCSP = 0x0010_0000, "that response came with a reconnect";
    BEFORE_DISALLOWED_CA_FILETIME = 0x0020_0000, "the time asked about lies before the CA's disallowed date";
    SSL_TIME_VALID = 0x0100_0000, "valid at the handshake's time";
    NO_TIME_CHECK = 0x0200_0000, "validity was not checked";
}

impl TrustError {
    /// Bits that nothing here ever sets: IS_NOT_TIME_NESTED, which Windows has not set since Vista
    /// (observed), and HAS_WEAK_HYGIENE, whose checks are not published.
    pub const NEVER_SET: Self = Self(Self::IS_NOT_TIME_NESTED.0 | Self::HAS_WEAK_HYGIENE.0);
}

impl TrustInfo {
    /// Bits that nothing here ever sets: they tell what a TLS stack knows of its handshake, or that
    /// a caller had validity left unchecked, and no call of CertGetCertificateChain says either.
    pub const NEVER_SET: Self = Self(
        Self::SSL_TIME_VALID_OCSP.0
            | Self::SSL_RECONNECT_OCSP.0
            | Self::SSL_TIME_VALID.0
            | Self::NO_TIME_CHECK.0,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_unknown_bits() {
        let status = TrustError::IS_UNTRUSTED_ROOT | TrustError(0x4000_0000);
        assert_eq!(status.names(), ["IS_UNTRUSTED_ROOT", "0x40000000"]);
        assert_eq!(TrustInfo::HAS_ISSUANCE_CHAIN_POLICY.0, 0x200);
        assert!(status.contains(TrustError::IS_UNTRUSTED_ROOT));
        assert!(!status.intersects(TrustError::IS_REVOKED));
    }

    #[test]
    fn every_bit_is_one_bit_and_stands_once() {
        for table in [TrustError::TABLE, TrustInfo::TABLE] {
            let all = table.iter().fold(0, |all, bit| {
                assert!(bit.value.is_power_of_two(), "{}", bit.name);
                assert_eq!(all & bit.value, 0, "{}", bit.name);
                all | bit.value
            });
            assert_ne!(all, 0);
        }
    }
}
