//! The engine, and a question to it.

use std::sync::Arc;

use super::context::ChainContext;
use crate::base::hresult::HResult;
use crate::base::oid::Oid;
use crate::base::time::Time;
use crate::retrieval::Retrieval;
use crate::store::{CertificateContext, Store, SystemStores};

/// A version of Windows whose behaviour is asked for. Where versions differ, the rule that
/// differs asks [`Profile`]'s methods: they are the one place that says how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum Profile {
    /// Windows XP and Server 2003
    WindowsXp,
    /// Windows Vista and Server 2008
    WindowsVista,
    /// Windows 7 and Server 2008 R2
    Windows7,
    /// Windows 8.1 and Server 2012 R2
    Windows81,
    /// Windows 10 up to version 1607, and Server 2016
    Windows10V1607,
    /// Windows 10 from version 1703, and Server 2019
    Windows10,
    /// Windows 11, and Server 2022 and later
    #[default]
    Windows11,
}

impl Profile {
    /// Every profile, oldest first.
    pub const ALL: [Self; 7] = [
        Self::WindowsXp,
        Self::WindowsVista,
        Self::Windows7,
        Self::Windows81,
        Self::Windows10V1607,
        Self::Windows10,
        Self::Windows11,
    ];

    /// The name used in scenarios and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WindowsXp => "windows-xp",
            Self::WindowsVista => "windows-vista",
            Self::Windows7 => "windows-7",
            Self::Windows81 => "windows-8.1",
            Self::Windows10V1607 => "windows-10-1607",
            Self::Windows10 => "windows-10",
            Self::Windows11 => "windows-11",
        }
    }

    /// The profile of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// The profile of a build of Windows, by its number (documented release history). Versions
    /// between two profiles are taken for the older one.
    #[must_use]
    pub const fn of_build(build: u32) -> Self {
        match build {
            0..6000 => Self::WindowsXp,
            6000..7600 => Self::WindowsVista,
            7600..9200 => Self::Windows7,
            9200..10240 => Self::Windows81,
            10240..=14393 => Self::Windows10V1607,
            14394..22000 => Self::Windows10,
            _ => Self::Windows11,
        }
    }

    /// XP ignores unknown critical extensions (observed, windows-facts 5.11).
    #[must_use]
    pub fn ignores_unknown_critical_extensions(self) -> bool {
        self == Self::WindowsXp
    }

    /// XP marks every element whose period the time lies outside; later systems do not hold an
    /// issuer's notBefore against it (observed, windows-facts 1.5 and 1.6; chain-engine 7.1).
    #[must_use]
    pub fn issuer_not_before_counts(self) -> bool {
        self == Self::WindowsXp
    }

    /// XP marks only the CA whose path length is exceeded, later systems also the CAs below it
    /// (observed, windows-facts 5.2 and chain-engine 7.3).
    #[must_use]
    pub fn path_length_marks_lower_cas(self) -> bool {
        self != Self::WindowsXp
    }

    /// XP does not mind keyCertSign in an end certificate that is no CA (observed, chain-engine
    /// 7.3).
    #[must_use]
    pub fn end_certificate_key_cert_sign_is_wrong(self) -> bool {
        self != Self::WindowsXp
    }

    /// Up to Windows 10 1607, permitted dNSName subtrees reject an end certificate that has
    /// neither a dNSName nor a CN (observed, windows-facts 6.8).
    #[must_use]
    pub fn absent_dns_name_violates_permitted(self) -> bool {
        self <= Self::Windows10V1607
    }

    /// From about July 2021, the system stores are searched for issuers under an engine with
    /// exclusive roots (observed, windows-facts 3.4).
    #[must_use]
    pub fn exclusive_engine_searches_system_stores(self) -> bool {
        self >= Self::Windows11
    }

    /// XP and 2003 set HAS_NOT_DEFINED_NAME_CONSTRAINT (documented in wincrypt.h).
    #[must_use]
    pub fn has_not_defined_name_constraint(self) -> bool {
        self == Self::WindowsXp
    }

    /// Whether a root's disable and not-before dates of the root program are honoured
    /// (documented: announced for Windows 10 and later).
    #[must_use]
    pub fn honours_root_program_dates(self) -> bool {
        self >= Self::Windows10V1607
    }
}

/// Which roots an engine trusts (CERT_CHAIN_ENGINE_CONFIG).
#[derive(Debug, Clone, Default)]
pub enum EngineKind {
    /// The system's.
    #[default]
    System,
    /// Only these (hExclusiveRoot, hExclusiveTrustedPeople).
    Exclusive {
        /// The roots.
        roots: Store,
        /// End certificates trusted by themselves.
        trusted_people: Store,
        /// CERT_CHAIN_EXCLUSIVE_ENABLE_CA_FLAG: a CA that is no root is an anchor, too.
        enable_ca: bool,
    },
    /// Those of the system's that are among these (hRestrictedRoot).
    Restricted {
        /// The roots.
        roots: Store,
    },
}

/// Settings of the engine, with the registry value each stands for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EngineOptions {
    /// Which version of Windows to be.
    pub profile: Profile,
    /// DisableMandatoryBasicConstraints: a CA needs no basicConstraints.
    pub disable_mandatory_basic_constraints: bool,
    /// DisableCANameConstraints: name constraints are for end certificates only.
    pub disable_ca_name_constraints: bool,
    /// DisableUnsupportedCriticalExtensions: unknown critical extensions do not matter.
    pub disable_unsupported_critical_extensions: bool,
    /// Weak cryptography.
    pub weak: super::verify::weak::WeakSettings,
    /// Bit 0x2 of the policy value Options: no issuer is fetched through authorityInfoAccess.
    pub disable_aia: bool,
    /// Bit 0x4 of the policy value Options: what subjectInfoAccess (caRepository) points at is
    /// fetched, too. Off by default (documented).
    pub enable_sia: bool,
    /// Cross certificates are fetched from cross-certificate distribution points where no trusted
    /// chain is found without (that they are is documented; when, inferred).
    pub fetch_cross_certificates: bool,
    /// CrossCertDownloadIntervalHours: cross certificates in the URL cache that are older are
    /// asked for anew, unless their point names an interval of its own.
    pub cross_certificate_interval_hours: u32,
    /// MaxAIAUrlCountInCert
    pub max_aia_urls_in_certificate: usize,
    /// MaxAIAUrlRetrievalCountPerChain
    pub max_aia_retrievals: usize,
    /// MaxAIAUrlRetrievalByteCount
    pub max_aia_octets: usize,
    /// MaxAIAUrlRetrievalCertCount
    pub max_aia_certificates: usize,
    /// An explicitly distrusted certificate also carries IS_REVOKED, a root IS_UNTRUSTED_ROOT
    /// (one published record; reference, chain-engine 7.9). Unproven, therefore off.
    pub distrust_sets_revoked: bool,
    /// Trust lists that stand in for a root.
    pub trust_lists: super::trust_list::TrustListOptions,
    /// IS_KEY_ROLLOVER on a CA of which a store holds a certificate with the same name and another
    /// key. The bit is documented by its name alone, so this is off.
    pub mark_key_rollover: bool,
    /// A CA is distrusted from its DISALLOWED_CA_FILETIME (property 128) on. What Windows does then
    /// is not known, so this is off.
    pub disallowed_ca_time_distrusts: bool,
    /// PeerUsages: what TrustedPeople may be trusted for.
    pub peer_usages: Vec<Oid>,
    /// How revocation is checked.
    pub revocation: crate::revocation::RevocationOptions,
    /// Bounds of the search.
    pub budget: SearchBudget,
}

/// Bounds of the search for chains. Reaching one is reported in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchBudget {
    /// Certificates in one chain. No public chain is longer than 8; a limit of Windows is not known.
    pub max_elements: usize,
    /// Steps from a certificate to an issuer, each candidate that is looked at being one.
    pub max_steps: usize,
    /// Complete paths that are judged.
    pub max_paths: usize,
    /// Issuer candidates of one certificate.
    pub max_candidates: usize,
    /// Signatures verified.
    pub max_signatures: usize,
    /// What they may cost together, a verification with RSA-2048 being 1 (about 50 us).
    pub max_signature_work: usize,
    /// Comparisons of names, policies and usages that the rules make on all paths together.
    /// OpenSSL's limit for names is the same; that of Windows is not known.
    pub max_comparisons: usize,
}

impl Default for SearchBudget {
    fn default() -> Self {
        Self {
            max_elements: 256,
            max_steps: 100_000,
            max_paths: 200,
            max_candidates: 100,
            max_signatures: 1_000,
            max_signature_work: 4_000,
            max_comparisons: 1 << 20,
        }
    }
}

impl Default for EngineOptions {
    fn default() -> Self {
        use crate::base::oid::{CLIENT_AUTH, EMAIL_PROTECTION, KP_EFS};
        Self {
            profile: Profile::default(),
            disable_mandatory_basic_constraints: false,
            disable_ca_name_constraints: false,
            disable_unsupported_critical_extensions: false,
            weak: super::verify::weak::WeakSettings::default(),
            disable_aia: false,
            enable_sia: false,
            fetch_cross_certificates: true,
            cross_certificate_interval_hours: 168,
            max_aia_urls_in_certificate: 5,
            max_aia_retrievals: 3,
            max_aia_octets: 100_000,
            max_aia_certificates: 10,
            distrust_sets_revoked: false,
            trust_lists: super::trust_list::TrustListOptions::default(),
            mark_key_rollover: false,
            disallowed_ca_time_distrusts: false,
            peer_usages: vec![CLIENT_AUTH, EMAIL_PROTECTION, KP_EFS],
            revocation: crate::revocation::RevocationOptions::default(),
            budget: SearchBudget::default(),
        }
    }
}

/// CERT_USAGE_MATCH: which of several object identifiers must be allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsageMatch {
    /// One suffices (USAGE_MATCH_TYPE_OR); else all are needed (USAGE_MATCH_TYPE_AND).
    pub any: bool,
    /// The identifiers. None at all asks for nothing, whatever the type (observed).
    pub oids: Vec<Oid>,
}

impl UsageMatch {
    /// All of these.
    #[must_use]
    pub fn all(oids: Vec<Oid>) -> Self {
        Self { any: false, oids }
    }

    /// One of these.
    #[must_use]
    pub fn any_of(oids: Vec<Oid>) -> Self {
        Self { any: true, oids }
    }

    /// Whether a set that allows what `allows` says satisfies the request.
    pub fn is_satisfied_by(&self, mut allows: impl FnMut(&Oid) -> bool) -> bool {
        if self.oids.is_empty() {
            true
        } else if self.any {
            self.oids.iter().any(allows)
        } else {
            self.oids.iter().all(&mut allows)
        }
    }
}

macro_rules! chain_flags {
    ($($name:ident = $value:literal, $meaning:literal;)*) => {
        /// dwFlags of CertGetCertificateChain.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct ChainFlags(pub u32);

        impl ChainFlags {
            $(#[doc = concat!("CERT_CHAIN_", stringify!($name), ": ", $meaning)]
            pub const $name: Self = Self($value);)*

            /// Every flag: value, name without `CERT_CHAIN_`, meaning.
            pub const TABLE: &'static [(u32, &'static str, &'static str)] =
                &[$(($value, stringify!($name), $meaning),)*];

            /// Whether every bit of `other` is set.
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// The flag of this name, with or without `CERT_CHAIN_`.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                let name = name.strip_prefix("CERT_CHAIN_").unwrap_or(name);
                Self::TABLE.iter().find(|flag| flag.1 == name).map(|flag| Self(flag.0))
            }
        }

        impl std::ops::BitOr for ChainFlags {
            type Output = Self;
            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }
    };
}

chain_flags! {
    CACHE_END_CERT = 0x0000_0001, "the end certificate is cached too";
    THREAD_STORE_SYNC = 0x0000_0002, "stores are watched by a thread (engine flag)";
    CACHE_ONLY_URL_RETRIEVAL = 0x0000_0004, "only cached addresses are used for issuers; says nothing about revocation";
    USE_LOCAL_MACHINE_STORE = 0x0000_0008, "the machine's stores are used (engine flag)";
    ENABLE_CACHE_AUTO_UPDATE = 0x0000_0010, "the cache is kept up to date (engine flag)";
    ENABLE_SHARE_STORE = 0x0000_0020, "stores are shared (engine flag)";
    DISABLE_PASS1_QUALITY_FILTERING = 0x0000_0040, "all paths are judged, not only those at least as good as the best of the first pass";
    RETURN_LOWER_QUALITY_CONTEXTS = 0x0000_0080, "the other chains are returned too";
    DISABLE_AUTH_ROOT_AUTO_UPDATE = 0x0000_0100, "no automatic root update for this call";
    TIMESTAMP_TIME = 0x0000_0200, "the time given is that of a time stamp: the end certificate is judged at it, CAs now";
    ENABLE_PEER_TRUST = 0x0000_0400, "certificates in TrustedPeople are trusted without a chain";
    DISABLE_MY_PEER_TRUST = 0x0000_0800, "accepted, without effect";
    DISABLE_MD2_MD4 = 0x0000_1000, "MD2 and MD4 are refused for every usage";
    DISABLE_AIA = 0x0000_2000, "no issuers are fetched through AIA";
    HAS_MOTW = 0x0000_4000, "the file carries the mark of the web; stricter rules on weak signatures";
    ONLY_ADDITIONAL_AND_AUTH_ROOT = 0x0000_8000, "only the given store and AuthRoot are used; AuthRoot is trusted even if policy disables it";
    OPT_IN_WEAK_SIGNATURE = 0x0001_0000, "the caller can show weak signatures to a user";
    ENABLE_DISALLOWED_CA = 0x0002_0000, "the caller handles CAs that are distrusted from a date on";
    REVOCATION_CHECK_OCSP_CERT = 0x0400_0000, "internal: the chain of an OCSP signer";
    REVOCATION_ACCUMULATIVE_TIMEOUT = 0x0800_0000, "the time limit is for all retrievals together";
    REVOCATION_CHECK_END_CERT = 0x1000_0000, "revocation of the end certificate is checked";
    REVOCATION_CHECK_CHAIN = 0x2000_0000, "revocation of every certificate is checked";
    REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT = 0x4000_0000, "revocation of every certificate but the root is checked";
    REVOCATION_CHECK_CACHE_ONLY = 0x8000_0000, "revocation is checked from the cache only";
}

/// CERT_CHAIN_PARA and the other arguments of CertGetCertificateChain.
#[derive(Clone)]
#[non_exhaustive]
pub struct ChainRequest<'a> {
    /// The end certificate, with its properties.
    pub end: CertificateContext,
    /// hAdditionalStore
    pub additional: Store,
    /// The machine's clock.
    pub now: Time,
    /// pTime; the clock if absent.
    pub time: Option<Time>,
    /// RequestedUsage
    pub usage: UsageMatch,
    /// RequestedIssuancePolicy
    pub issuance: UsageMatch,
    /// dwFlags
    pub flags: ChainFlags,
    /// pStrongSignPara
    pub strong_sign: Option<super::verify::weak::StrongSign>,
    /// dwUrlRetrievalTimeout, in milliseconds
    pub url_retrieval_timeout: Option<u32>,
    /// Where objects behind addresses come from.
    pub retrieval: &'a dyn Retrieval,
}

impl<'a> ChainRequest<'a> {
    /// A question about `end` at the time `now`, with nothing else asked.
    #[must_use]
    pub fn new(end: impl Into<CertificateContext>, now: Time) -> Self {
        Self {
            end: end.into(),
            additional: Store::default(),
            now,
            time: None,
            usage: UsageMatch::default(),
            issuance: UsageMatch::default(),
            flags: ChainFlags::default(),
            strong_sign: None,
            url_retrieval_timeout: None,
            retrieval: &crate::retrieval::Offline,
        }
    }

    /// The time certificates are judged at.
    #[must_use]
    pub fn verification_time(&self) -> Time {
        self.time.unwrap_or(self.now)
    }
}

impl std::fmt::Debug for ChainRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChainRequest")
            .field("end", self.end.certificate())
            .field("now", &self.now)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}

/// CertGetCertificateChain itself failed: there is no chain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChainError {
    /// A self-signed end certificate is signed with an algorithm that is not known
    /// (NTE_BAD_ALGID; observed).
    UnknownSignatureAlgorithm,
    /// The end certificate's key cannot be decoded at all (CRYPT_E_ASN1_BADTAG from Vista on,
    /// ERROR_INVALID_DATA before; observed).
    MalformedCertificate {
        /// The code of the profile.
        code: HResult,
    },
    /// The arguments contradict each other (E_INVALIDARG).
    InvalidArgument(&'static str),
    /// A restricted root is not in the system's Root store (CRYPT_E_NOT_FOUND, on Windows 10
    /// ERROR_FILE_NOT_FOUND; observed).
    RestrictedRootNotFound {
        /// The code of the profile.
        code: HResult,
    },
}

impl ChainError {
    /// What GetLastError would say.
    #[must_use]
    pub fn hresult(&self) -> HResult {
        match self {
            Self::UnknownSignatureAlgorithm => crate::base::hresult::NTE_BAD_ALGID,
            Self::MalformedCertificate { code } | Self::RestrictedRootNotFound { code } => *code,
            Self::InvalidArgument(_) => crate::base::hresult::E_INVALIDARG,
        }
    }
}

impl std::fmt::Display for ChainError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownSignatureAlgorithm => {
                f.write_str("the self-signed certificate's signature algorithm is not known")
            }
            Self::MalformedCertificate { .. } => f.write_str("the certificate cannot be decoded"),
            Self::InvalidArgument(what) => f.write_str(what),
            Self::RestrictedRootNotFound { .. } => {
                f.write_str("a restricted root is not in the Root store")
            }
        }
    }
}

impl std::error::Error for ChainError {}

/// A chain engine: built once, shared between threads, asked any number of times.
///
/// It reads no clock, no file and no network; time and retrieval come with each question.
#[derive(Debug, Clone, Default)]
pub struct ChainEngine {
    pub(crate) stores: Arc<SystemStores>,
    pub(crate) kind: EngineKind,
    pub(crate) options: EngineOptions,
}

impl ChainEngine {
    /// An engine over these stores.
    #[must_use]
    pub fn new(stores: SystemStores, kind: EngineKind, options: EngineOptions) -> Self {
        Self { stores: Arc::new(stores), kind, options }
    }

    /// The settings.
    #[must_use]
    pub fn options(&self) -> &EngineOptions {
        &self.options
    }

    /// The stores.
    #[must_use]
    pub fn stores(&self) -> &SystemStores {
        &self.stores
    }

    /// CertGetCertificateChain: the best chain for a certificate, however bad.
    ///
    /// # Errors
    /// Only where the call itself fails on Windows. A chain that is not valid is an answer.
    pub fn chain(&self, request: &ChainRequest<'_>) -> Result<ChainContext, ChainError> {
        super::build::build(self, request)
    }
}
