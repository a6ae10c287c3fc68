//! From the bits of a chain to result codes: which, where, and in which order (reference,
//! chain-policy 1.1, 2, 3 and 3.1).

use super::flag::PolicyFlags;
use super::{Dialect, PolicyContext, PolicyError, PolicyOptions, RevocationCodes, index};
use crate::base::hresult::{self, HResult};
use crate::chain::context::{ChainContext, Element, SimpleChain};
use crate::chain::status::{TrustError, TrustInfo};

/// What can be wrong, as the policies see it: each class has one result code in each policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorClass {
    /// TRUST_E_CERT_SIGNATURE: bad or too weak.
    Signature,
    /// CRYPT_E_REVOKED
    Revoked,
    /// TRUST_E_EXPLICIT_DISTRUST
    Distrust,
    /// CERT_E_UNTRUSTEDROOT
    UntrustedRoot,
    /// CERT_E_UNTRUSTEDTESTROOT
    UntrustedTestRoot,
    /// CERT_E_CHAINING: partial or cyclic.
    Chaining,
    /// CERT_E_WRONG_USAGE
    Usage,
    /// CERT_E_EXPIRED
    Expired,
    /// CERT_E_INVALID_NAME
    Name,
    /// CERT_E_INVALID_POLICY
    Policy,
    /// TRUST_E_BASIC_CONSTRAINTS
    BasicConstraints,
    /// CERT_E_CRITICAL
    Critical,
    /// CERT_E_VALIDITYPERIODNESTING
    Nesting,
    /// CRYPT_E_NO_REVOCATION_CHECK
    NoRevocationCheck,
    /// CRYPT_E_REVOCATION_OFFLINE
    RevocationOffline,
}

impl ErrorClass {
    /// The order of the documentation's list. It agrees with everything observed, but is a list,
    /// not a statement of precedence; where distrust stands in it is inferred.
    pub const DOCUMENTED_ORDER: [Self; 15] = [
        Self::Signature,
        Self::Revoked,
        Self::Distrust,
        Self::UntrustedRoot,
        Self::UntrustedTestRoot,
        Self::Chaining,
        Self::Usage,
        Self::Expired,
        Self::Name,
        Self::Policy,
        Self::BasicConstraints,
        Self::Critical,
        Self::Nesting,
        Self::NoRevocationCheck,
        Self::RevocationOffline,
    ];

    /// Whether tests on Windows have seen this class win over the other (reference,
    /// chain-policy 3.1).
    #[must_use]
    pub const fn is_proven_before(self, other: Self) -> bool {
        match self {
            Self::Signature => matches!(other, Self::UntrustedRoot | Self::Expired),
            Self::UntrustedRoot => matches!(
                other,
                Self::Expired | Self::BasicConstraints | Self::Name | Self::Usage | Self::Critical
            ),
            Self::Chaining => matches!(other, Self::BasicConstraints),
            _ => false,
        }
    }

    /// The bits of the class.
    const fn bits(self) -> TrustError {
        TrustError(match self {
            Self::Signature => {
                TrustError::IS_NOT_SIGNATURE_VALID.0
                    | TrustError::HAS_WEAK_SIGNATURE.0
                    | TrustError::CTL_IS_NOT_SIGNATURE_VALID.0
            }
            Self::Revoked => TrustError::IS_REVOKED.0,
            Self::Distrust => TrustError::IS_EXPLICIT_DISTRUST.0,
            Self::UntrustedRoot | Self::UntrustedTestRoot => TrustError::IS_UNTRUSTED_ROOT.0,
            Self::Chaining => TrustError::IS_PARTIAL_CHAIN.0 | TrustError::IS_CYCLIC.0,
            Self::Usage => {
                TrustError::IS_NOT_VALID_FOR_USAGE.0 | TrustError::CTL_IS_NOT_VALID_FOR_USAGE.0
            }
            Self::Expired => TrustError::IS_NOT_TIME_VALID.0 | TrustError::CTL_IS_NOT_TIME_VALID.0,
            Self::Name => {
                TrustError::INVALID_NAME_CONSTRAINTS.0
                    | TrustError::HAS_NOT_SUPPORTED_NAME_CONSTRAINT.0
                    | TrustError::HAS_NOT_DEFINED_NAME_CONSTRAINT.0
                    | TrustError::HAS_NOT_PERMITTED_NAME_CONSTRAINT.0
                    | TrustError::HAS_EXCLUDED_NAME_CONSTRAINT.0
            }
            Self::Policy => {
                TrustError::INVALID_POLICY_CONSTRAINTS.0 | TrustError::NO_ISSUANCE_CHAIN_POLICY.0
            }
            Self::BasicConstraints => TrustError::INVALID_BASIC_CONSTRAINTS.0,
            Self::Critical => {
                TrustError::HAS_NOT_SUPPORTED_CRITICAL_EXT.0 | TrustError::INVALID_EXTENSION.0
            }
            Self::Nesting => TrustError::IS_NOT_TIME_NESTED.0,
            Self::NoRevocationCheck | Self::RevocationOffline => {
                TrustError::REVOCATION_STATUS_UNKNOWN.0 | TrustError::IS_OFFLINE_REVOCATION.0
            }
        })
    }

    /// The flags that excuse the class, wherever it stands.
    const fn excuse(self) -> PolicyFlags {
        match self {
            Self::UntrustedRoot => PolicyFlags::ALLOW_UNKNOWN_CA,
            Self::UntrustedTestRoot => PolicyFlags(
                PolicyFlags::ALLOW_UNKNOWN_CA.0
                    | PolicyFlags::TRUST_TESTROOT.0
                    | PolicyFlags::ALLOW_TESTROOT.0,
            ),
            // CAPI2 (observed, chain-policy 2): the flag lets an incomplete chain pass as well.
            Self::Chaining => PolicyFlags::ALLOW_UNKNOWN_CA,
            Self::Usage => PolicyFlags::IGNORE_WRONG_USAGE,
            Self::Name => PolicyFlags::IGNORE_INVALID_NAME,
            Self::Policy => PolicyFlags::IGNORE_INVALID_POLICY,
            Self::BasicConstraints => PolicyFlags::IGNORE_INVALID_BASIC_CONSTRAINTS,
            Self::Critical => PolicyFlags::IGNORE_NOT_SUPPORTED_CRITICAL_EXT,
            Self::Nesting => PolicyFlags::IGNORE_NOT_TIME_NESTED,
            Self::Signature
            | Self::Revoked
            | Self::Distrust
            | Self::Expired
            | Self::NoRevocationCheck
            | Self::RevocationOffline => PolicyFlags(0),
        }
    }

    fn code(self, dialect: Dialect, options: &PolicyOptions) -> HResult {
        let cert_codes = match dialect {
            Dialect::Base => false,
            Dialect::Authenticode => true,
            Dialect::Ssl => options.ssl_revocation_hresult == RevocationCodes::Cert,
        };
        match self {
            Self::Signature => hresult::TRUST_E_CERT_SIGNATURE,
            Self::Revoked if cert_codes => hresult::CERT_E_REVOKED,
            Self::Revoked => hresult::CRYPT_E_REVOKED,
            Self::Distrust => hresult::TRUST_E_EXPLICIT_DISTRUST,
            // CAPI2 (observed, chain-policy 3): the SSL policy has no code of its own for these.
            Self::Chaining if dialect == Dialect::Ssl => hresult::CERT_E_UNTRUSTEDROOT,
            Self::UntrustedRoot => hresult::CERT_E_UNTRUSTEDROOT,
            Self::UntrustedTestRoot => hresult::CERT_E_UNTRUSTEDTESTROOT,
            Self::Chaining => hresult::CERT_E_CHAINING,
            Self::Usage if dialect == Dialect::Authenticode => options.authenticode_usage_hresult,
            Self::Usage => hresult::CERT_E_WRONG_USAGE,
            Self::Expired => hresult::CERT_E_EXPIRED,
            Self::Name => hresult::CERT_E_INVALID_NAME,
            Self::Policy => hresult::CERT_E_INVALID_POLICY,
            Self::BasicConstraints => hresult::TRUST_E_BASIC_CONSTRAINTS,
            Self::Critical => hresult::CERT_E_CRITICAL,
            Self::Nesting => hresult::CERT_E_VALIDITYPERIODNESTING,
            Self::NoRevocationCheck | Self::RevocationOffline if cert_codes => {
                hresult::CERT_E_REVOCATION_FAILURE
            }
            Self::NoRevocationCheck => hresult::CRYPT_E_NO_REVOCATION_CHECK,
            Self::RevocationOffline => hresult::CRYPT_E_REVOCATION_OFFLINE,
        }
    }
}

/// What the caller lets pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tolerance {
    pub(super) flags: PolicyFlags,
    /// Revoked certificates.
    pub(super) revoked: bool,
    /// Certificates whose revocation status could not be fetched.
    pub(super) offline: bool,
    /// Certificates whose revocation status is unknown for another reason.
    pub(super) unknown: bool,
}

impl Tolerance {
    pub(super) const fn new(flags: PolicyFlags) -> Self {
        Self { flags, revoked: false, offline: false, unknown: false }
    }

    /// Lets everything about revocation pass.
    pub(super) const fn ignore_revocation(&mut self, options: &PolicyOptions) {
        self.revoked = options.ignore_revocation_covers_revoked;
        self.offline = true;
        self.unknown = true;
    }

    pub(super) fn excuses_revocation_of(&self, context: &ChainContext) -> bool {
        self.revoked && all_errors(context).intersects(TrustError::IS_REVOKED)
    }
}

/// An error with its class.
#[derive(Debug, Clone, Copy)]
pub(super) struct Classified {
    pub(super) class: ErrorClass,
    pub(super) error: PolicyError,
}

/// The errors that are not excused, in the order of precedence, each at its first place.
pub(super) fn errors(
    context: &ChainContext,
    tolerance: Tolerance,
    dialect: Dialect,
    policy_context: &PolicyContext<'_>,
) -> Vec<Classified> {
    let search = Search { context, tolerance, policy_context };
    let mut found: Vec<Classified> = Vec::new();
    let configured = policy_context.options.precedence.iter().copied();
    for class in configured.chain(ErrorClass::DOCUMENTED_ORDER) {
        if found.iter().any(|earlier| earlier.class == class) {
            continue;
        }
        if let Some((chain, element)) = search.locate(class) {
            let code = class.code(dialect, &policy_context.options);
            // where one code stands for both kinds of unknown revocation, the first place counts
            let revocation =
                matches!(class, ErrorClass::NoRevocationCheck | ErrorClass::RevocationOffline);
            if let Some(same) = found.iter_mut().find(|e| revocation && e.error.error == code) {
                let rank =
                    |chain: i32, element: i32| (chain.cast_unsigned(), element.cast_unsigned());
                if rank(chain, element) < rank(same.error.chain_index, same.error.element_index) {
                    same.error = PolicyError::new(code, chain, element);
                }
                continue;
            }
            found.push(Classified { class, error: PolicyError::new(code, chain, element) });
        }
    }
    found
}

/// Says which bits no policy reads: the verdict does not rest on them.
pub(super) fn note_unread_bits(context: &ChainContext, notes: &mut Vec<String>) {
    let read = ErrorClass::DOCUMENTED_ORDER.iter().fold(0, |read, class| read | class.bits().0);
    let counted = TrustError::HAS_MIN_TELEMETRY_RSA.0;
    let unread = TrustError(all_errors(context).0 & !read & !counted);
    if !unread.is_empty() {
        notes.push(format!(
            "no result code is known for {}: it does not count here",
            unread.names().join(", ")
        ));
    }
}

/// Whether some revocation status is unknown without being offline.
pub(super) fn has_unknown_revocation(context: &ChainContext) -> bool {
    let elements = context.chains.iter().flat_map(|chain| &chain.elements);
    elements.map(|element| element.status.error).any(is_no_revocation_check)
}

fn is_no_revocation_check(bits: TrustError) -> bool {
    bits.intersects(TrustError::REVOCATION_STATUS_UNKNOWN)
        && !bits.intersects(TrustError::IS_OFFLINE_REVOCATION)
}

/// Every bit of the context, of its chains and their elements.
fn all_errors(context: &ChainContext) -> TrustError {
    context.chains.iter().fold(context.status.error, |bits, chain| bits | chain_errors(chain))
}

fn chain_errors(chain: &SimpleChain) -> TrustError {
    chain.status.error | element_errors(chain)
}

fn element_errors(chain: &SimpleChain) -> TrustError {
    chain.elements.iter().fold(TrustError(0), |bits, element| bits | element.status.error)
}

struct Search<'a> {
    context: &'a ChainContext,
    tolerance: Tolerance,
    policy_context: &'a PolicyContext<'a>,
}

impl Search<'_> {
    /// Where the class is first found: at an element, leaf upwards; at a simple chain; or in the
    /// context as a whole (reference, chain-policy 1.1).
    fn locate(&self, class: ErrorClass) -> Option<(i32, i32)> {
        if self.tolerance.flags.intersects(class.excuse()) {
            return None;
        }
        let mut placed = TrustError(0);
        for (chain_index, chain) in self.context.chains.iter().enumerate() {
            let whole = class == ErrorClass::Chaining;
            for (element_index, element) in chain.elements.iter().enumerate() {
                if !whole && self.stands_at(class, chain_index, chain, element_index, element) {
                    return Some((index(chain_index), index(element_index)));
                }
            }
            let in_elements = if whole { TrustError(0) } else { element_errors(chain) };
            let bits = TrustError(chain_errors(chain).0 & !in_elements.0);
            if self.peer_trust_ends(class, chain) || self.stands_in(class, bits, chain) {
                return Some((index(chain_index), -1));
            }
            placed |= chain_errors(chain);
        }
        let bits = TrustError(self.context.status.error.0 & !placed.0);
        let none = SimpleChain::default();
        let first = self.context.chains.first().unwrap_or(&none);
        self.stands_in(class, bits, first).then_some((-1, -1))
    }

    /// Whether the element has an error of the class that is not excused.
    fn stands_at(
        &self,
        class: ErrorClass,
        chain_index: usize,
        chain: &SimpleChain,
        element_index: usize,
        element: &Element,
    ) -> bool {
        let bits = TrustError(element.status.error.0 & class.bits().0);
        match class {
            ErrorClass::Signature => !bits.is_empty() && !self.excuses_weak(element),
            ErrorClass::UntrustedRoot => {
                (!bits.is_empty() && !self.is_test_root(element))
                    || self.loses_peer_trust(chain) && element.certificate.is_self_issued()
            }
            ErrorClass::UntrustedTestRoot => !bits.is_empty() && self.is_test_root(element),
            ErrorClass::NoRevocationCheck | ErrorClass::RevocationOffline => {
                let flag = revocation_flag(chain_index, element_index, chain, element);
                !self.tolerance.flags.intersects(flag) && self.revocation_stands(class, bits)
            }
            _ => self.stands(class, bits),
        }
    }

    /// Whether bits that belong to no element are an error of the class that is not excused.
    fn stands_in(&self, class: ErrorClass, bits: TrustError, chain: &SimpleChain) -> bool {
        let bits = TrustError(bits.0 & class.bits().0);
        let flags = self.tolerance.flags;
        let is_test_root = || chain.elements.last().is_some_and(|root| self.is_test_root(root));
        match class {
            ErrorClass::Signature => {
                let weak = bits == TrustError::HAS_WEAK_SIGNATURE;
                let excused = weak && flags.intersects(PolicyFlags::IGNORE_WEAK_SIGNATURE);
                !bits.is_empty() && !excused
            }
            ErrorClass::UntrustedRoot => !bits.is_empty() && !is_test_root(),
            ErrorClass::UntrustedTestRoot => !bits.is_empty() && is_test_root(),
            ErrorClass::NoRevocationCheck | ErrorClass::RevocationOffline => {
                !flags.contains(PolicyFlags::IGNORE_ALL_REV_UNKNOWN)
                    && self.revocation_stands(class, bits)
            }
            _ => self.stands(class, bits),
        }
    }

    fn stands(&self, class: ErrorClass, bits: TrustError) -> bool {
        let flags = self.tolerance.flags;
        match class {
            ErrorClass::Revoked => !bits.is_empty() && !self.tolerance.revoked,
            ErrorClass::Expired => {
                let excused = |bit, flag| !bits.intersects(bit) || flags.intersects(flag);
                !excused(TrustError::IS_NOT_TIME_VALID, PolicyFlags::IGNORE_NOT_TIME_VALID)
                    || !excused(
                        TrustError::CTL_IS_NOT_TIME_VALID,
                        PolicyFlags::IGNORE_CTL_NOT_TIME_VALID,
                    )
            }
            _ => !bits.is_empty(),
        }
    }

    fn revocation_stands(&self, class: ErrorClass, bits: TrustError) -> bool {
        match class {
            ErrorClass::NoRevocationCheck => {
                !self.tolerance.unknown && is_no_revocation_check(bits)
            }
            _ => !self.tolerance.offline && bits.intersects(TrustError::IS_OFFLINE_REVOCATION),
        }
    }

    /// Whether the signature is excused: it is weak, the flag says weak is fine, and nothing says
    /// that it does not verify.
    fn excuses_weak(&self, element: &Element) -> bool {
        let bad = element.findings.iter().any(|finding| {
            finding.bits.intersects(TrustError::IS_NOT_SIGNATURE_VALID)
                && !finding.bits.intersects(TrustError::HAS_WEAK_SIGNATURE)
        });
        self.tolerance.flags.intersects(PolicyFlags::IGNORE_WEAK_SIGNATURE)
            && element.status.error.intersects(TrustError::HAS_WEAK_SIGNATURE)
            && !bad
    }

    fn is_test_root(&self, element: &Element) -> bool {
        self.policy_context.test_roots.contains(&element.certificate)
    }

    /// Whether the chain rests on peer trust alone and the caller does not accept that
    /// (documented, chain-policy 2; the resulting code is inferred).
    fn loses_peer_trust(&self, chain: &SimpleChain) -> bool {
        self.tolerance.flags.intersects(PolicyFlags::IGNORE_PEER_TRUST)
            && matches!(chain.elements.as_slice(), [only]
                if only.status.info.contains(TrustInfo::IS_PEER_TRUSTED))
    }

    /// Without its peer trust, a certificate that is no root begins a chain without an issuer.
    fn peer_trust_ends(&self, class: ErrorClass, chain: &SimpleChain) -> bool {
        class == ErrorClass::Chaining
            && self.loses_peer_trust(chain)
            && !chain.elements.iter().any(|element| element.certificate.is_self_issued())
    }
}

/// The flag that excuses unknown revocation at this place. Simple chains after the first are
/// those of a trust list's signer (documented, CERT_CHAIN_CONTEXT).
fn revocation_flag(
    chain_index: usize,
    element_index: usize,
    chain: &SimpleChain,
    element: &Element,
) -> PolicyFlags {
    let is_last = element_index + 1 == chain.elements.len();
    match (chain_index, element_index) {
        (0, 0) => PolicyFlags::IGNORE_END_REV_UNKNOWN,
        (_, 0) => PolicyFlags::IGNORE_CTL_SIGNER_REV_UNKNOWN,
        _ if is_last && element.certificate.is_self_issued() => {
            PolicyFlags::IGNORE_ROOT_REV_UNKNOWN
        }
        _ => PolicyFlags::IGNORE_CA_REV_UNKNOWN,
    }
}
