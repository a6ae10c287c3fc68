//! The closed list of causes.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::hresult::{self, HResult};

/// A cause of an event of the automatic root update.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum CauseKind {
    /// The list's signer, or a CA above it, has expired.
    ExpiredListSigner,
    /// The list's signer, or a CA above it, is not valid yet.
    SignerNotYetValid,
    /// The machine's clock is wrong.
    WrongClock,
    /// What is cached as the list's cabinet is none.
    NotACabinet,
    /// The file ends early.
    TruncatedFile,
    /// The cabinet is damaged.
    CorruptCabinet,
    /// The list in it is damaged.
    CorruptList,
    /// The list is not what its signer signed, or not signed by whom it should be.
    TamperedList,
    /// The list is signed with an algorithm this Windows does not have.
    UnsupportedAlgorithm,
    /// A CA between signer and root is not to be found.
    MissingIntermediate,
    /// The root above the signer is not in the Root store.
    MissingRoot,
    /// A certificate of the list's own chain is distrusted.
    DistrustedListChain,
    /// The signer may not sign such lists.
    WrongUsage,
    /// The signer is revoked.
    RevokedSigner,
    /// The servers cannot be reached.
    Unreachable,
    /// A proxy answers in the servers' stead.
    Proxy,
    /// A store or folder may not be read or written.
    StoreAccessDenied,
    /// A store is damaged.
    StoreCorrupt,
    /// A policy switches the update off.
    UpdateDisabled,
}

use CauseKind as K;

/// Codes a cancelled or failed connection gives (reference, auto-root-update 6).
const NETWORK: &[HResult] = &[
    HResult(0x8007_2ee7),
    HResult(0x8007_2efd),
    HResult(0x8007_2ee2),
    HResult(0x8007_2efe),
    HResult(0x8007_2f8f),
    HResult(0x8007_08ca),
    HResult(0x8007_04cf),
    HResult(0x8007_05b4),
    HResult(0x8007_003a),
];
/// What a proxy's page gives (documented, KB 2328240), and its refusal.
const PROXY: &[HResult] = &[
    hresult::ERROR_INVALID_DATA,
    HResult::http_status(407),
    HResult(0x8007_2efd),
    HResult(0x8007_2ee2),
    HResult(0x8007_2f8f),
];
/// A certificate that is not found for the damage, or the registry's own codes for damage
/// (inferred).
const STORE: &[HResult] = &[
    hresult::CERT_E_CHAINING,
    hresult::CERT_E_UNTRUSTEDROOT,
    hresult::ERROR_INVALID_DATA,
    HResult(0x8007_03f1),
    HResult(0x8007_03f7),
    HResult(0x8007_03f8),
    HResult(0x8007_0570),
];
const TIME: &[HResult] = &[hresult::CERT_E_EXPIRED];
const DAMAGE: &[HResult] = &[
    hresult::ERROR_INVALID_DATA,
    HResult(0x8007_000b),
    HResult(0x8007_0570),
    HResult(0x8000_4005),
];

impl CauseKind {
    /// Every cause, in the order of reports.
    pub const ALL: [Self; 19] = [
        K::ExpiredListSigner,
        K::SignerNotYetValid,
        K::WrongClock,
        K::NotACabinet,
        K::TruncatedFile,
        K::CorruptCabinet,
        K::CorruptList,
        K::TamperedList,
        K::UnsupportedAlgorithm,
        K::MissingIntermediate,
        K::MissingRoot,
        K::DistrustedListChain,
        K::WrongUsage,
        K::RevokedSigner,
        K::Unreachable,
        K::Proxy,
        K::StoreAccessDenied,
        K::StoreCorrupt,
        K::UpdateDisabled,
    ];

    /// Its name in documents and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            K::ExpiredListSigner => "expired-list-signer",
            K::SignerNotYetValid => "signer-not-yet-valid",
            K::WrongClock => "wrong-clock",
            K::NotACabinet => "not-a-cabinet",
            K::TruncatedFile => "truncated-file",
            K::CorruptCabinet => "corrupt-cabinet",
            K::CorruptList => "corrupt-list",
            K::TamperedList => "tampered-list",
            K::UnsupportedAlgorithm => "unsupported-algorithm",
            K::MissingIntermediate => "missing-intermediate",
            K::MissingRoot => "missing-root",
            K::DistrustedListChain => "distrusted-list-chain",
            K::WrongUsage => "wrong-usage",
            K::RevokedSigner => "revoked-signer",
            K::Unreachable => "unreachable",
            K::Proxy => "proxy",
            K::StoreAccessDenied => "store-access-denied",
            K::StoreCorrupt => "store-corrupt",
            K::UpdateDisabled => "update-disabled",
        }
    }

    /// What it is, in half a sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            K::ExpiredListSigner => "the certificate that signed the cached list has expired",
            K::SignerNotYetValid => "the certificate that signed the list is not valid yet",
            K::WrongClock => "the machine's clock is wrong",
            K::NotACabinet => "the file cached as the list is no cabinet",
            K::TruncatedFile => "the file cached as the list ends early",
            K::CorruptCabinet => "the cabinet is damaged",
            K::CorruptList => "the list inside the cabinet is damaged",
            K::TamperedList => "the list is not what Microsoft signed",
            K::UnsupportedAlgorithm => "the list is signed with an algorithm Windows lacks",
            K::MissingIntermediate => "a CA between the list's signer and its root is missing",
            K::MissingRoot => "Microsoft's root above the list is not in the Root store",
            K::DistrustedListChain => "a certificate of the list's own chain is distrusted",
            K::WrongUsage => "the signer may not sign lists of roots",
            K::RevokedSigner => "the list's signer is revoked",
            K::Unreachable => "Microsoft's servers cannot be reached",
            K::Proxy => "a proxy answers instead of Microsoft's servers",
            K::StoreAccessDenied => "a store or folder may not be read or written",
            K::StoreCorrupt => "a certificate store is damaged",
            K::UpdateDisabled => "a policy switches the update off",
        }
    }

    /// The events it raises, by their numbers since Windows 7. None: it keeps the update from
    /// running, which raises nothing.
    #[must_use]
    pub const fn events(self) -> &'static [u32] {
        match self {
            K::Unreachable => &[4099, 4101, 4104],
            K::Proxy => &[4099, 4101, 4104, 4107],
            K::StoreAccessDenied => &[4107, 4110],
            K::UpdateDisabled => &[],
            _ => &[4107],
        }
    }

    /// The codes with which it raises them; `None` where any will do.
    #[must_use]
    pub const fn codes(self) -> Option<&'static [HResult]> {
        Some(match self {
            K::ExpiredListSigner | K::SignerNotYetValid | K::WrongClock => TIME,
            K::NotACabinet => &[hresult::ERROR_INVALID_DATA],
            K::TruncatedFile | K::CorruptCabinet => DAMAGE,
            K::CorruptList => &[
                hresult::CRYPT_E_BAD_MSG,
                hresult::CRYPT_E_NO_SIGNER,
                hresult::ERROR_INVALID_DATA,
                HResult(0x8009_3102),
                HResult(0x8009_3103),
                HResult(0x8009_310b),
            ],
            K::TamperedList => &[
                hresult::NTE_BAD_SIGNATURE,
                hresult::CRYPT_E_HASH_VALUE,
                hresult::CERT_E_UNTRUSTEDROOT,
                hresult::TRUST_E_CERT_SIGNATURE,
            ],
            K::UnsupportedAlgorithm => &[hresult::NTE_BAD_ALGID, hresult::CRYPT_E_UNKNOWN_ALGO],
            K::MissingIntermediate => &[hresult::CERT_E_CHAINING],
            K::MissingRoot => &[hresult::CERT_E_CHAINING, hresult::CERT_E_UNTRUSTEDROOT],
            K::DistrustedListChain | K::RevokedSigner => &[hresult::CRYPT_E_REVOKED],
            K::WrongUsage => &[hresult::CERT_E_WRONG_USAGE],
            K::Unreachable => NETWORK,
            K::Proxy => PROXY,
            K::StoreCorrupt => STORE,
            K::UpdateDisabled => return None,
            K::StoreAccessDenied => &[HResult(0x8007_0005), HResult(0x8007_0003)],
        })
    }
}

impl fmt::Display for CauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is none of a cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownCause(pub String);

impl fmt::Display for UnknownCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = K::ALL.map(K::name).join(", ");
        write!(f, "no cause '{}'; there are {names}", self.0)
    }
}

impl std::error::Error for UnknownCause {}

impl FromStr for CauseKind {
    type Err = UnknownCause;

    fn from_str(name: &str) -> Result<Self, UnknownCause> {
        let found = K::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| UnknownCause(name.to_owned()))
    }
}

/// What a cause is worth.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The recorded event was reproduced, goes when this alone is changed, and comes when this
    /// alone is put on a sound machine.
    Proven,
    /// The evidence fits, and no experiment speaks against it, but not all of them could be made.
    Consistent,
    /// The evidence or an experiment speaks against it.
    Refuted,
    /// The evidence that would decide is missing.
    Undecided,
}

impl Status {
    /// Its name in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Consistent => "consistent",
            Self::Refuted => "refuted",
            Self::Undecided => "undecided",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_its_own_name_and_finds_itself_by_it() {
        for kind in CauseKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        let error = "bad-luck".parse::<CauseKind>().unwrap_err();
        assert!(error.to_string().contains("expired-list-signer"), "{error}");
    }
}
