//! Floor 6: CertVerifyCertificateChainPolicy.
//!
//! A policy reads the bits of a finished [`ChainContext`] and says which error, if any, the caller
//! gets. It never builds, fetches or checks revocation itself (documented; reference,
//! chain-policy 1).

mod basic_constraints;
mod error_class;
mod flag;
mod host_name;
mod key_pin;
mod puny_code;
mod root;
mod root_program;

use std::fmt;
use std::str::FromStr;

pub use self::error_class::ErrorClass;
pub use self::flag::{
    BasicConstraintsFlags, Checks, DEFAULT_REG_POLICY_SETTINGS, MicrosoftRootFlags, PolicyFlags,
    RegPolicySettings, check_by_name, flag_by_name, setting_by_name,
};
pub use self::host_name::{
    CommonNameRule, DomainComponentRule, HostMatch, NameOptions, match_host,
};
pub use self::root::{KeySet, MICROSOFT_ROOTS, MicrosoftRoot};
pub use self::root_program::{is_listed, root_program_policies};

use self::error_class::{Classified, Tolerance};
use crate::base::hresult::{self, HResult};
use crate::base::time::Time;
use crate::chain::context::{ChainContext, Element};
use crate::chain::status::TrustInfo;
use crate::object::certificate::Certificate;
use crate::object::extension::PolicyInformation;
use crate::object::trust_list::TrustList;
use crate::store::root_program::RootProgram;
use crate::store::{CertificateContext, Properties, SystemStores};

/// The built-in policies (CERT_CHAIN_POLICY_*; reference, chain-policy 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum PolicyName {
    /// CERT_CHAIN_POLICY_BASE (1)
    #[default]
    Base,
    /// CERT_CHAIN_POLICY_AUTHENTICODE (2)
    Authenticode,
    /// CERT_CHAIN_POLICY_AUTHENTICODE_TS (3)
    AuthenticodeTs,
    /// CERT_CHAIN_POLICY_SSL (4)
    Ssl,
    /// CERT_CHAIN_POLICY_BASIC_CONSTRAINTS (5)
    BasicConstraints,
    /// CERT_CHAIN_POLICY_NT_AUTH (6)
    NtAuth,
    /// CERT_CHAIN_POLICY_MICROSOFT_ROOT (7)
    MicrosoftRoot,
    /// CERT_CHAIN_POLICY_EV (8)
    Ev,
    /// CERT_CHAIN_POLICY_SSL_F12 (9)
    SslF12,
    /// CERT_CHAIN_POLICY_SSL_HPKP_HEADER (10)
    SslHpkpHeader,
    /// CERT_CHAIN_POLICY_THIRD_PARTY_ROOT (11)
    ThirdPartyRoot,
    /// CERT_CHAIN_POLICY_SSL_KEY_PIN (12)
    SslKeyPin,
    /// CERT_CHAIN_POLICY_CT (13)
    Ct,
}

impl PolicyName {
    /// Every policy, in the order of its number.
    pub const ALL: [Self; 13] = [
        Self::Base,
        Self::Authenticode,
        Self::AuthenticodeTs,
        Self::Ssl,
        Self::BasicConstraints,
        Self::NtAuth,
        Self::MicrosoftRoot,
        Self::Ev,
        Self::SslF12,
        Self::SslHpkpHeader,
        Self::ThirdPartyRoot,
        Self::SslKeyPin,
        Self::Ct,
    ];

    /// The name that scenarios and the command line use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Authenticode => "authenticode",
            Self::AuthenticodeTs => "authenticode-ts",
            Self::Ssl => "ssl",
            Self::BasicConstraints => "basic-constraints",
            Self::NtAuth => "nt-auth",
            Self::MicrosoftRoot => "microsoft-root",
            Self::Ev => "ev",
            Self::SslF12 => "ssl-f12",
            Self::SslHpkpHeader => "ssl-hpkp-header",
            Self::ThirdPartyRoot => "third-party-root",
            Self::SslKeyPin => "ssl-key-pin",
            Self::Ct => "ct",
        }
    }

    /// The number that stands for the policy in place of an OID.
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32 + 1
    }
}

impl fmt::Display for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsePolicyNameError(String);

impl fmt::Display for ParsePolicyNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = PolicyName::ALL.map(PolicyName::as_str).join(", ");
        write!(f, "'{}' is no policy: expected one of {names}", self.0)
    }
}

impl std::error::Error for ParsePolicyNameError {}

impl FromStr for PolicyName {
    type Err = ParsePolicyNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|name| name.as_str() == text);
        found.ok_or_else(|| ParsePolicyNameError(text.to_owned()))
    }
}

/// Whose certificate the SSL policy judges (dwAuthType).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AuthType {
    /// AUTHTYPE_CLIENT (1): a client's; no name is compared.
    Client,
    /// AUTHTYPE_SERVER (2)
    #[default]
    Server,
}

/// CERT_CHAIN_POLICY_PARA, and the extra parameters of the policies.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyRequest {
    /// The policy.
    pub policy: PolicyName,
    /// dwFlags
    pub flags: PolicyFlags,
    /// pwszServerName (SSL, key pins). `None`: no name is compared.
    pub server: Option<String>,
    /// dwAuthType (SSL)
    pub auth: AuthType,
    /// fdwChecks (SSL)
    pub checks: Checks,
    /// dwRegPolicySettings (Authenticode)
    pub reg_policy_settings: RegPolicySettings,
    /// fCommercial (Authenticode): which of the OFFLINEOK settings count.
    pub commercial: bool,
    /// dwRootProgramQualifierFlags (EV): qualifiers that the root's policy must have.
    pub ev_qualifiers: u32,
}

impl PolicyRequest {
    /// A request with the defaults that a NULL parameter has on Windows.
    #[must_use]
    pub const fn new(policy: PolicyName) -> Self {
        Self {
            policy,
            flags: PolicyFlags(0),
            server: None,
            auth: AuthType::Server,
            checks: Checks(0),
            reg_policy_settings: DEFAULT_REG_POLICY_SETTINGS,
            commercial: false,
            ev_qualifiers: 0,
        }
    }
}

/// Choices where Windows' behaviour is not proven, with the reference's defaults (chain-policy 7).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyOptions {
    /// Which error wins, first to last. Classes left out come last, in the documented order.
    pub precedence: Vec<ErrorClass>,
    /// The result codes for revocation in the SSL policy.
    pub ssl_revocation_hresult: RevocationCodes,
    /// The result code for a wrong usage in the Authenticode policies: CERT_E_WRONG_USAGE, or
    /// CERT_E_PURPOSE, which the documentation lists too (unknown).
    pub authenticode_usage_hresult: HResult,
    /// How the SSL policy compares names.
    pub name: NameOptions,
    /// Whether the settings that ignore revocation (SECURITY_FLAG_IGNORE_REVOCATION,
    /// WTPF_IGNOREREVOKATION, WTPF_IGNOREREVOCATIONONTS) excuse even a certificate known to be
    /// revoked (inferred: they are said to turn revocation off).
    pub ignore_revocation_covers_revoked: bool,
    /// Whether WTPF_OFFLINEOK_* also excuses a status that is unknown without being offline
    /// (inferred: the Authenticode policies have one code for both).
    pub offline_ok_covers_unknown: bool,
}

impl Default for PolicyOptions {
    fn default() -> Self {
        Self {
            precedence: ErrorClass::DOCUMENTED_ORDER.to_vec(),
            ssl_revocation_hresult: RevocationCodes::Crypt,
            authenticode_usage_hresult: hresult::CERT_E_WRONG_USAGE,
            name: NameOptions::default(),
            ignore_revocation_covers_revoked: true,
            offline_ok_covers_unknown: true,
        }
    }
}

/// Two families of result codes for the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RevocationCodes {
    /// CRYPT_E_REVOKED, CRYPT_E_NO_REVOCATION_CHECK, CRYPT_E_REVOCATION_OFFLINE
    Crypt,
    /// CERT_E_REVOKED, CERT_E_REVOCATION_FAILURE
    Cert,
}

/// What a policy knows of the machine.
#[derive(Clone)]
#[non_exhaustive]
pub struct PolicyContext<'a> {
    /// Keys of Microsoft's product roots.
    pub microsoft_roots: KeySet,
    /// Keys of the application root (MICROSOFT_ROOT_CERT_CHAIN_POLICY_CHECK_APPLICATION_ROOT).
    pub application_roots: KeySet,
    /// Keys of Microsoft's test roots. None by default: no copy of theirs is at hand.
    pub test_roots: KeySet,
    /// Keys of Microsoft's flight roots. None by default, for the same reason.
    pub flight_roots: KeySet,
    /// Whether a root is a third party's, a member of the root list.
    pub third_party: &'a dyn Fn(&Certificate) -> bool,
    /// The policies the root program gives a root (property 83).
    pub root_program_policies: &'a dyn Fn(&Certificate) -> Vec<PolicyInformation>,
    /// The NTAuth store.
    pub nt_auth: &'a [Certificate],
    /// ProtectedRoots\Flags 0x10: valid name constraints stand in for the NTAuth store.
    pub nt_auth_accepts_name_constraints: bool,
    /// The list of pin rules.
    pub pin_rules: Option<&'a TrustList>,
    /// The time, if it matters whether that list is current.
    pub time: Option<Time>,
    /// What is not proven.
    pub options: PolicyOptions,
}

impl Default for PolicyContext<'_> {
    /// Microsoft's roots, and a machine that knows nothing else.
    fn default() -> Self {
        Self {
            microsoft_roots: KeySet::microsoft_product_roots(),
            application_roots: KeySet::microsoft_application_roots(),
            test_roots: KeySet::default(),
            flight_roots: KeySet::default(),
            third_party: &|_| false,
            root_program_policies: &|_| Vec::new(),
            nt_auth: &[],
            nt_auth_accepts_name_constraints: false,
            pin_rules: None,
            time: None,
            options: PolicyOptions::default(),
        }
    }
}

impl fmt::Debug for PolicyContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyContext").field("options", &self.options).finish_non_exhaustive()
    }
}

/// CERT_CHAIN_POLICY_STATUS, and what Windows does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyStatus {
    /// The policy.
    pub policy: PolicyName,
    /// Whether the policy could be judged from the evidence. If not, `error` is that of a refusal
    /// and `note` says what is missing.
    pub evaluated: bool,
    /// dwError
    pub error: HResult,
    /// lChainIndex: -1 if the error is not that of one simple chain.
    pub chain_index: i32,
    /// lElementIndex: -1 if the error is not that of one element.
    pub element_index: i32,
    /// The errors which the first one hides, in the order of precedence.
    pub hidden: Vec<PolicyError>,
    /// What in this answer is not proven on Windows.
    pub note: Option<String>,
    /// pvExtraPolicyStatus
    pub extra: PolicyExtra,
}

impl PolicyStatus {
    /// Whether the policy is satisfied. dwError must be 0: the CT policy also has S_FALSE.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.error.0 == 0
    }
}

/// One error and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyError {
    /// The result code.
    pub error: HResult,
    /// The simple chain, or -1.
    pub chain_index: i32,
    /// The element, or -1.
    pub element_index: i32,
}

impl PolicyError {
    const fn new(error: HResult, chain_index: i32, element_index: i32) -> Self {
        Self { error, chain_index, element_index }
    }
}

/// What a policy answers beyond its error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PolicyExtra {
    /// Nothing.
    #[default]
    None,
    /// EV_EXTRA_CERT_CHAIN_POLICY_STATUS
    Ev {
        /// dwQualifiers: what of the subject to show.
        qualifiers: u32,
        /// dwIssuanceUsageIndex: which issuance policy of element 0 matched.
        issuance_usage_index: u32,
    },
    /// SSL_F12_EXTRA_CERT_CHAIN_POLICY_STATUS
    F12 {
        /// dwErrorLevel: 0 success, 1 warning, 2 error.
        level: u32,
        /// dwErrorCategory: 0 none, 1 weak cryptography, 2 root program.
        category: u32,
    },
    /// SSL_KEY_PIN_EXTRA_CERT_CHAIN_POLICY_STATUS
    KeyPin {
        /// lError: -2 mismatch, -1 man in the middle, 0 success, 1 and 2 the same as warnings.
        status: i32,
    },
}

/// An answer in the making: errors in the order of precedence, and remarks.
#[derive(Debug, Default)]
struct Answer {
    errors: Vec<PolicyError>,
    notes: Vec<String>,
    extra: PolicyExtra,
    /// Where success is reported, if not at (-1, -1).
    success: Option<(i32, i32)>,
    refused: bool,
}

impl Answer {
    fn error(&mut self, error: HResult, chain_index: i32, element_index: i32) {
        self.errors.push(PolicyError::new(error, chain_index, element_index));
    }

    fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    fn finish(self, policy: PolicyName) -> PolicyStatus {
        let (chain_index, element_index) = self.success.unwrap_or((-1, -1));
        let success = PolicyError::new(hresult::S_OK, chain_index, element_index);
        let mut errors = self.errors.into_iter();
        let first = errors.next().unwrap_or(success);
        PolicyStatus {
            policy,
            evaluated: !self.refused,
            error: first.error,
            chain_index: first.chain_index,
            element_index: first.element_index,
            hidden: errors.collect(),
            note: (!self.notes.is_empty()).then(|| self.notes.join("; ")),
            extra: self.extra,
        }
    }
}

/// Judges a chain by several policies on a machine with these stores: which roots are a third
/// party's, and which policies the root program gives them, is read from its AuthRoot and Root
/// stores.
#[must_use]
pub fn verify_all(
    context: &ChainContext,
    requests: &[PolicyRequest],
    stores: &SystemStores,
    now: Time,
) -> Vec<PolicyStatus> {
    let third_party = |root: &Certificate| {
        let listed = |program: &RootProgram| program.find_by_name_and_key(root).is_some();
        (stores.auth_root.find_by_name_and_key(root).is_some()
            || stores.root_program.as_ref().is_some_and(listed))
            && stores.root.find_by_name_and_key(root).is_none()
    };
    let root_program_policies = |root: &Certificate| {
        let entry = stores.auth_root.find(root).or_else(|| stores.root.find(root));
        let listed = || Some(&stores.root_program.as_ref()?.find(root)?.properties);
        let properties = entry.map(CertificateContext::properties).or_else(listed);
        properties.and_then(Properties::policies).unwrap_or_default()
    };
    let policy_context = PolicyContext {
        third_party: &third_party,
        root_program_policies: &root_program_policies,
        pin_rules: stores.pin_rules.as_ref(),
        time: Some(now),
        ..PolicyContext::default()
    };
    requests.iter().map(|request| verify(context, request, &policy_context)).collect()
}

/// Judges a chain by a policy.
#[must_use]
pub fn verify(
    context: &ChainContext,
    request: &PolicyRequest,
    policy_context: &PolicyContext<'_>,
) -> PolicyStatus {
    let answer = match request.policy {
        PolicyName::Base => {
            base(context, Tolerance::new(request.flags), Dialect::Base, policy_context)
        }
        PolicyName::Authenticode | PolicyName::AuthenticodeTs => {
            authenticode(context, request, policy_context)
        }
        PolicyName::Ssl => ssl(context, request, policy_context),
        PolicyName::BasicConstraints => basic_constraints::verify(context, request.flags),
        PolicyName::NtAuth => nt_auth(context, request, policy_context),
        PolicyName::MicrosoftRoot => root::microsoft_root(context, request.flags, policy_context),
        PolicyName::ThirdPartyRoot => root::third_party_root(context, policy_context),
        PolicyName::Ev => root_program::extended_validation(context, request, policy_context),
        PolicyName::SslF12 => root_program::f12(context, policy_context),
        PolicyName::SslKeyPin => key_pin::verify(context, request, policy_context),
        PolicyName::SslHpkpHeader => refuse(
            hresult::ERROR_SERVICE_DISABLED,
            "HTTP public-key pinning lives in state of the machine that no evidence holds; the \
             answer is that of a machine where it is switched off",
        ),
        PolicyName::Ct => refuse(
            hresult::E_FAIL,
            "signed certificate timestamps are not verified here, so they count as failed",
        ),
    };
    answer.finish(request.policy)
}

fn refuse(error: HResult, why: &str) -> Answer {
    let mut answer = Answer { refused: true, ..Answer::default() };
    answer.error(error, -1, -1);
    answer.note(why);
    answer
}

/// Which result codes a policy gives for the same bits (reference, chain-policy 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Base,
    Authenticode,
    Ssl,
}

/// The errors every policy of the base kind sees.
fn base(
    context: &ChainContext,
    tolerance: Tolerance,
    dialect: Dialect,
    policy_context: &PolicyContext<'_>,
) -> Answer {
    let mut answer = Answer::default();
    let found = error_class::errors(context, tolerance, dialect, policy_context);
    if let Some((first, rest)) = found.split_first() {
        note_order(first, rest, &mut answer);
    }
    for classified in &found {
        answer.errors.push(classified.error);
        note_class(context, classified, dialect, policy_context, &mut answer);
    }
    error_class::note_unread_bits(context, &mut answer.notes);
    if tolerance.excuses_revocation_of(context) {
        answer.note("a certificate known to be revoked is excused (inferred)");
    }
    answer
}

fn note_order(first: &Classified, rest: &[Classified], answer: &mut Answer) {
    if let Some(other) = rest.iter().find(|other| !first.class.is_proven_before(other.class)) {
        answer.note(format!(
            "that {:?} comes before {:?} follows the documentation's list, no observation",
            first.class, other.class
        ));
    }
}

fn note_class(
    context: &ChainContext,
    classified: &Classified,
    dialect: Dialect,
    policy_context: &PolicyContext<'_>,
    answer: &mut Answer,
) {
    let unproven = match (classified.class, dialect) {
        (ErrorClass::UntrustedRoot, _) => root::may_be_test_root(context, policy_context)
            .then_some(
                "the root is named like a Microsoft test root, whose keys are not known: Windows \
                 may say CERT_E_UNTRUSTEDTESTROOT",
            ),
        (ErrorClass::Usage, Dialect::Authenticode) => {
            Some("the documentation also lists CERT_E_PURPOSE for a wrong usage")
        }
        (ErrorClass::NoRevocationCheck | ErrorClass::RevocationOffline, Dialect::Ssl) => {
            Some("the SSL policy's code for an unknown revocation status is inferred")
        }
        _ => None,
    };
    if let Some(unproven) = unproven {
        answer.note(unproven);
    }
}

/// Authenticode: base, with the settings of WinTrust (reference, chain-policy 4.2 and 4.3).
fn authenticode(
    context: &ChainContext,
    request: &PolicyRequest,
    policy_context: &PolicyContext<'_>,
) -> Answer {
    let options = &policy_context.options;
    let settings = request.reg_policy_settings;
    let mut tolerance = Tolerance::new(request.flags);
    if settings.intersects(RegPolicySettings::TRUSTTEST | RegPolicySettings::TESTCANBEVALID) {
        tolerance.flags |= PolicyFlags::ALLOW_TESTROOT;
    }
    if settings.intersects(RegPolicySettings::IGNOREEXPIRATION) {
        tolerance.flags |=
            PolicyFlags::IGNORE_NOT_TIME_VALID | PolicyFlags::IGNORE_CTL_NOT_TIME_VALID;
    }
    let no_revocation = match request.policy {
        PolicyName::AuthenticodeTs => {
            RegPolicySettings::IGNOREREVOKATION | RegPolicySettings::IGNOREREVOCATIONONTS
        }
        _ => RegPolicySettings::IGNOREREVOKATION,
    };
    let offline_ok = match request.commercial {
        true => RegPolicySettings::OFFLINEOK_COM | RegPolicySettings::OFFLINEOKNBU_COM,
        false => RegPolicySettings::OFFLINEOK_IND | RegPolicySettings::OFFLINEOKNBU_IND,
    };
    if settings.intersects(no_revocation) {
        tolerance.ignore_revocation(options);
    } else if settings.intersects(offline_ok) {
        tolerance.offline = true;
        tolerance.unknown |= options.offline_ok_covers_unknown;
    }
    let mut answer = base(context, tolerance, Dialect::Authenticode, policy_context);
    if tolerance.unknown && error_class::has_unknown_revocation(context) {
        answer.note(
            "the settings excuse a revocation status that is unknown without being offline \
             (inferred)",
        );
    }
    answer
}

/// SSL: base, then the name (reference, chain-policy 4.4).
fn ssl(
    context: &ChainContext,
    request: &PolicyRequest,
    policy_context: &PolicyContext<'_>,
) -> Answer {
    let checks = request.checks;
    let mut tolerance = Tolerance::new(request.flags);
    for (check, flags) in [
        (Checks::IGNORE_UNKNOWN_CA, PolicyFlags::ALLOW_UNKNOWN_CA),
        (Checks::IGNORE_WRONG_USAGE, PolicyFlags::IGNORE_WRONG_USAGE),
        (
            Checks::IGNORE_CERT_DATE_INVALID,
            PolicyFlags::IGNORE_NOT_TIME_VALID | PolicyFlags::IGNORE_CTL_NOT_TIME_VALID,
        ),
        (Checks::IGNORE_WEAK_SIGNATURE, PolicyFlags::IGNORE_WEAK_SIGNATURE),
    ] {
        if checks.intersects(check) {
            tolerance.flags |= flags;
        }
    }
    if checks.intersects(Checks::IGNORE_REVOCATION) {
        tolerance.ignore_revocation(&policy_context.options);
    }
    let mut answer = base(context, tolerance, Dialect::Ssl, policy_context);

    // CAPI2 (inferred, chain-policy 4.4): only a server's certificate is compared with a name.
    let Some(server) = &request.server else { return answer };
    if request.auth != AuthType::Server || checks.intersects(Checks::IGNORE_CERT_CN_INVALID) {
        return answer;
    }
    let Some(end) = context.elements().first() else { return answer };
    let found = match_host(&end.certificate, server, &policy_context.options.name);
    if !found.matched {
        answer.error(hresult::CERT_E_CN_NO_MATCH, 0, 0);
    }
    if let Some(unproven) = found.unproven {
        answer.note(unproven);
    }
    answer
}

/// NT authentication: base, basic constraints, then the NTAuth store (documented; reference,
/// chain-policy 4.6).
fn nt_auth(
    context: &ChainContext,
    request: &PolicyRequest,
    policy_context: &PolicyContext<'_>,
) -> Answer {
    let low = PolicyFlags(request.flags.0 & 0x0000_ffff);
    let high = PolicyFlags(request.flags.0 & 0xffff_0000);
    let mut answer = base(context, Tolerance::new(low), Dialect::Base, policy_context);
    let constraints = basic_constraints::verify(context, high);
    for error in constraints.errors {
        if !answer.errors.contains(&error) {
            answer.errors.push(error);
        }
    }
    answer.notes.extend(constraints.notes);
    let issuer = context.elements().get(1).map(|element| &element.certificate);
    let constrained = policy_context.nt_auth_accepts_name_constraints
        && context
            .chains
            .first()
            .is_some_and(|chain| chain.status.info.contains(TrustInfo::HAS_VALID_NAME_CONSTRAINTS));
    let listed = issuer.is_some_and(|issuer| policy_context.nt_auth.contains(issuer));
    if !listed && !constrained {
        answer.error(hresult::CERT_E_UNTRUSTEDCA, 0, issuer.map_or(0, |_| 1));
        answer.note("the element that CERT_E_UNTRUSTEDCA is reported at is inferred");
    }
    answer
}

/// An index as Windows reports it.
fn index(position: usize) -> i32 {
    i32::try_from(position).unwrap_or(i32::MAX)
}

/// The last element of the first simple chain, and its index.
fn last_element(context: &ChainContext) -> Option<(i32, &Element)> {
    let elements = context.elements();
    elements.last().map(|element| (index(elements.len() - 1), element))
}

#[cfg(test)]
mod tests;
