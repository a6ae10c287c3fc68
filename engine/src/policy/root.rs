//! The policies that ask which root a chain ends in (reference, chain-policy 4.7 and 4.11).

use std::collections::BTreeSet;

use super::flag::{MicrosoftRootFlags, PolicyFlags};
use super::{Answer, PolicyContext, last_element};
use crate::base::digest::sha256;
use crate::base::hresult;
use crate::base::oid;
use crate::chain::context::ChainContext;
use crate::object::certificate::Certificate;

/// A root of Microsoft's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MicrosoftRoot {
    /// Its common name, or its organizational unit's where it has none.
    pub name: &'static str,
    /// SHA-256 of its SubjectPublicKeyInfo, 64 hexadecimal digits.
    pub spki_sha256: &'static str,
}

/// The roots Microsoft has published.
pub static MICROSOFT_ROOTS: [MicrosoftRoot; 10] = [
    MicrosoftRoot {
        name: "Microsoft Root Authority",
        spki_sha256: "4462c107c485dd6a5443f5e7a1604416034a374c3f4d10875f1c3715027563af",
    },
    MicrosoftRoot {
        name: "Microsoft Root Certificate Authority",
        spki_sha256: "df530bac9fcd914c252c2fbdceddc6183d4ae8c680ad65f03e204861dd7b1c73",
    },
    MicrosoftRoot {
        name: "Microsoft Root Certificate Authority 2010",
        spki_sha256: "c9905b0ee01202293ca026e64f08412442c5504c06e44ca7e9726d61f20e4089",
    },
    MicrosoftRoot {
        name: "Microsoft Root Certificate Authority 2011",
        spki_sha256: "02376d0908ac23041cc7d666d9daf192554f7fc36317aa9cb800908616b28af8",
    },
    MicrosoftRoot {
        name: "Microsoft Time Stamp Root Certificate Authority 2014",
        spki_sha256: "fc02a49e2e1e8e488ca2912135572cc2f8e71bb0e2f28596b3722299f5cb9c62",
    },
    MicrosoftRoot {
        name: "Microsoft ECC Product Root Certificate Authority 2018",
        spki_sha256: "68ded9a203ff6e367e12aa49977cd200f7127a800faa6f859f0bafed8286a4fb",
    },
    MicrosoftRoot {
        name: "Microsoft ECC TS Root Certificate Authority 2018",
        spki_sha256: "c5750bf85f459fb70e2b6cd1898d375e92d7938e47a6e034cce0c12d30372ccd",
    },
    MicrosoftRoot {
        name: "Microsoft RSA Root Certificate Authority 2017",
        spki_sha256: "b2f7298b52bf2c3cac4ddfe72de4d682ac58957595982f2b62301af597c699c5",
    },
    MicrosoftRoot {
        name: "Microsoft ECC Root Certificate Authority 2017",
        spki_sha256: "35f53ce1264611e03340fe37e1ec7d4cc986c5613dca70fd04aa44545f2daf28",
    },
    MicrosoftRoot {
        name: "Microsoft Identity Verification Root Certificate Authority 2020",
        spki_sha256: "dedb13bcde2375995a1c37bd68a7c4a82af5cbb9c4df821b62d5733009028f07",
    },
];

/// A set of public keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySet(BTreeSet<[u8; 32]>);

impl KeySet {
    /// The keys of the roots that the Microsoft-root policy accepts: 1997, 2001 and 2010. That of
    /// 2010 is observed, the others are inferred; the reference, chain-policy 4.7, names no more.
    #[must_use]
    pub fn microsoft_product_roots() -> Self {
        Self::of_microsoft(&[
            "Microsoft Root Authority",
            "Microsoft Root Certificate Authority",
            "Microsoft Root Certificate Authority 2010",
        ])
    }

    /// The key of the application root, that of 2011 (documented and observed).
    #[must_use]
    pub fn microsoft_application_roots() -> Self {
        Self::of_microsoft(&["Microsoft Root Certificate Authority 2011"])
    }

    /// The keys of the named roots of [`MICROSOFT_ROOTS`].
    #[must_use]
    pub fn of_microsoft(names: &[&str]) -> Self {
        let roots = MICROSOFT_ROOTS.iter().filter(|root| names.contains(&root.name));
        Self(roots.filter_map(|root| digest_from_hex(root.spki_sha256)).collect())
    }

    /// Adds a key by the SHA-256 of its encoded SubjectPublicKeyInfo.
    pub fn insert(&mut self, spki_sha256: [u8; 32]) {
        self.0.insert(spki_sha256);
    }

    /// Whether the certificate's key is in the set.
    #[must_use]
    pub fn contains(&self, certificate: &Certificate) -> bool {
        !self.0.is_empty() && self.0.contains(&sha256(certificate.spki()))
    }

    /// Whether the set has no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many keys the set has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

fn digest_from_hex(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    for (octet, at) in digest.iter_mut().zip((0..).step_by(2)) {
        *octet = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(digest)
}

/// The Microsoft-root policy. It looks at the key of the last element and at nothing else
/// (observed: an expired chain passes).
pub(super) fn microsoft_root(
    context: &ChainContext,
    flags: PolicyFlags,
    policy_context: &PolicyContext<'_>,
) -> Answer {
    let mut answer = Answer::default();
    let Some((last, root)) = last_element(context) else {
        answer.error(hresult::CERT_E_UNTRUSTEDROOT, 0, -1);
        return answer;
    };
    let flags = MicrosoftRootFlags(flags.0);
    let enable_test = flags.intersects(MicrosoftRootFlags::ENABLE_TEST_ROOT);
    let application = flags.intersects(MicrosoftRootFlags::CHECK_APPLICATION_ROOT);
    let flight = !flags.intersects(MicrosoftRootFlags::DISABLE_FLIGHT_ROOT);
    if enable_test && application {
        answer.note(
            "the flags for the test root and for the application root exclude each other; the \
             latter counts here (unknown)",
        );
    }
    let certificate = &root.certificate;
    let accepted = if application {
        policy_context.application_roots.contains(certificate)
    } else {
        policy_context.microsoft_roots.contains(certificate)
            || (enable_test && policy_context.test_roots.contains(certificate))
            || (flight && policy_context.flight_roots.contains(certificate))
    };
    if accepted {
        // CAPI2 (observed, chain-policy 1.1): this policy alone reports success at an element.
        answer.success = Some((0, 0));
        return answer;
    }
    answer.error(hresult::CERT_E_UNTRUSTEDROOT, 0, last);
    if enable_test && policy_context.test_roots.is_empty() {
        answer.note("the keys of the test roots are not known, so none is accepted");
    } else if MICROSOFT_ROOTS
        .iter()
        .any(|root| digest_from_hex(root.spki_sha256) == Some(sha256(certificate.spki())))
    {
        answer.note(
            "the root is Microsoft's; which of its roots newer Windows versions accept here is \
             observed for those of 2010 and 2011 only",
        );
    }
    answer
}

/// The third-party-root policy. The index of its error is inferred.
pub(super) fn third_party_root(
    context: &ChainContext,
    policy_context: &PolicyContext<'_>,
) -> Answer {
    let mut answer = Answer::default();
    match last_element(context) {
        Some((_, root)) if (policy_context.third_party)(&root.certificate) => {}
        found => {
            answer.error(hresult::CERT_E_UNTRUSTEDROOT, 0, found.map_or(-1, |(last, _)| last));
            answer.note("the element at which the error is reported is inferred");
        }
    }
    answer
}

/// Names that Microsoft has given test roots.
const TEST_ROOT_NAMES: [&str; 2] =
    ["Microsoft Test Root Authority", "Microsoft Testing Root Certificate Authority 2010"];

/// Whether the last element has the name of a test root while the keys of those are not known.
pub(super) fn may_be_test_root(context: &ChainContext, policy_context: &PolicyContext<'_>) -> bool {
    policy_context.test_roots.is_empty()
        && last_element(context).is_some_and(|(_, root)| {
            let names = root.certificate.subject().values(&oid::COMMON_NAME);
            names.iter().any(|name| TEST_ROOT_NAMES.contains(&name.as_str()))
        })
}
