//! Floor 4: whether a certificate has been revoked.
//!
//! [`check`] answers for one certificate and its issuer, as CertDllVerifyRevocation does: it asks
//! its sources in order, judges what each has, and ends with the first fresh answer. Which
//! certificates of a chain are checked, and what one's result does to another's, is the chain's.
//!
//! Sources, in order (reference, chain-engine 10.1; documented): the stapled response, the URL
//! cache, CRLs in stores, the OCSP responders and the CRL distribution points on the network.

mod crl;
mod ocsp;
mod session;

use session::FetchError;
pub use session::{MAX_SIGNATURE_WORK, RevocationSession};

use std::fmt;

use crate::base::hresult::{self, HResult};
use crate::base::oid;
use crate::base::time::Time;
use crate::base::trust_status::TrustError;
use crate::crypto::{AlgorithmIdentifier, PublicKey, SignatureError, SubjectPublicKeyInfo};
use crate::object::certificate::Certificate;
use crate::object::crl::{Crl, RevocationReason};
use crate::retrieval::{
    DEFAULT_ACCUMULATIVE_TIMEOUT_MS, DEFAULT_MAX_OCTETS, DEFAULT_TIMEOUT_MS, Retrieval,
    RetrievalError,
};

/// Addresses of one certificate that are asked, of responders and of distribution points each.
/// Certificates seen have at most five.
pub const MAX_URLS: usize = 16;

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The response the end certificate carries as a property (stapled).
    StapledOcsp,
    /// An OCSP response in the URL cache.
    CachedOcsp,
    /// An OCSP response from its responder.
    Ocsp,
    /// A CRL in the URL cache.
    CachedCrl,
    /// A CRL in a certificate store.
    StoreCrl,
    /// A CRL from its distribution point.
    Crl,
}

/// CERT_REVOCATION_INFO of one element, and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevocationInfo {
    /// dwRevocationResult: 0, CRYPT_E_REVOKED, CRYPT_E_NO_REVOCATION_CHECK,
    /// CRYPT_E_REVOCATION_OFFLINE, CRYPT_E_NOT_IN_REVOCATION_DATABASE or NTE_BAD_ALGID.
    pub result: HResult,
    /// Where the answer came from. `None` if there is none; a source whose answer is too old
    /// stands here if it was the best there is.
    pub source: Option<Source>,
    /// Why it was revoked, if the source says so.
    pub reason: Option<RevocationReason>,
    /// Since when it is revoked.
    pub revocation_date: Option<Time>,
    /// thisUpdate of the answer.
    pub this_update: Option<Time>,
    /// nextUpdate of the answer; of a response without one, what is taken in its place.
    pub next_update: Option<Time>,
    /// dwFreshnessTime: seconds from thisUpdate to now. Only of an answer that decided.
    pub freshness_seconds: Option<i64>,
    /// The address the answer was retrieved from.
    pub url: Option<String>,
    /// The answer was past its nextUpdate, within CRLValidityExtensionPeriod
    /// (info bit HAS_CRL_VALIDITY_EXTENDED).
    pub extended_validity: bool,
    /// The CRL that answered.
    pub crl: Option<Crl>,
    /// The delta CRL that was applied to it.
    pub delta_crl: Option<Crl>,
    /// What was tried, and why it did not answer, in words.
    pub notes: Vec<String>,
}

/// How revocation is checked. The defaults are Windows' documented ones.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevocationOptions {
    /// CERT_CHAIN_REVOCATION_CHECK_CACHE_ONLY: nothing is asked of the network.
    pub cache_only: bool,
    /// dwUrlRetrievalTimeout, milliseconds: for each address, or with `accumulative` for all
    /// together. 0: the engine's default, one of the next two.
    pub timeout_ms: u32,
    /// ChainUrlRetrievalTimeoutMilliseconds
    pub default_timeout_ms: u32,
    /// ChainRevAccumulativeUrlRetrievalTimeoutMilliseconds
    pub default_accumulative_timeout_ms: u32,
    /// CERT_CHAIN_REVOCATION_ACCUMULATIVE_TIMEOUT
    pub accumulative: bool,
    /// dwRevocationFreshnessTime, seconds: data older than this are not fresh, whatever their
    /// nextUpdate.
    pub freshness_time: Option<i64>,
    /// pftCacheResync: what the URL cache got before is not used.
    pub cache_resync: Option<Time>,
    /// CRLValidityExtensionPeriod, hours. 0: none.
    pub crl_validity_extension_hours: u32,
    /// OcspValiditySeconds: how long a response without nextUpdate holds.
    pub ocsp_validity_seconds: i64,
    /// CryptnetCachedOcspSwitchToCrlCount: from so many cached responses for certificates with the
    /// same distribution points on, the CRL is asked first. 0xFFFFFFFF always asks it first.
    pub cached_ocsp_switch_to_crl_count: u32,
    /// CryptnetMaxCachedOcspPerCrlCount: from so many on, no responder is asked where there is a
    /// distribution point. 0xFFFFFFFF never asks one there.
    pub max_cached_ocsp_per_crl_count: u32,
    /// A responder that does not answer a GET with a response is asked by POST. Whether Windows
    /// does is not known (inferred: RFC 6960 demands both of a responder, and some know one only).
    pub ocsp_post_after_get: bool,
    /// Seconds that thisUpdate may lie in the future. Windows is not known to allow any, and its
    /// own CAs date their lists ten minutes back (inferred): 0.
    pub this_update_skew_seconds: i64,
    /// A certificate that a responder does not know also gets IS_OFFLINE_REVOCATION. Which bits
    /// CRYPT_E_NOT_IN_REVOCATION_DATABASE gives is not known: off.
    pub unknown_to_responder_is_offline: bool,
    /// Off (NO_OCSP_FAILOVER_TO_CRL): a certificate with a responder is not looked up in CRLs.
    pub ocsp_failover_to_crl: bool,
    /// Windows XP's rules: no OCSP (it came with Vista; documented).
    pub xp: bool,
    /// A CRL retrieved from the certificate's own distribution point must name that point in its
    /// issuingDistributionPoint. Off: Windows used one that does not (observed; reference,
    /// windows-facts 9.36). A CRL from a store always must.
    pub idp_must_match_retrieved: bool,
    /// MaxUrlRetrievalByteCount
    pub max_url_retrieval_octets: usize,
}

/// Judges a signature as too weak: encoded AlgorithmIdentifier, and who signed.
pub type WeakSignatureTest<'a> = dyn Fn(&[u8], &Certificate) -> bool + 'a;

/// What a check may use.
#[derive(Clone, Copy)]
pub struct RevocationContext<'a> {
    /// The network and the URL cache.
    pub retrieval: &'a dyn Retrieval,
    /// CRLs of the stores.
    pub store_crls: &'a [Crl],
    /// Every known certificate: a responder's may be among them.
    pub certificates: &'a [Certificate],
    /// The clock: what freshness is judged by.
    pub now: Time,
    /// pTime: whether a listed certificate counts as revoked yet.
    pub time: Time,
    /// CERT_OCSP_RESPONSE_PROP_ID of the certificate, if it has one.
    pub stapled_ocsp: Option<&'a [u8]>,
    /// Settings.
    pub options: &'a RevocationOptions,
    /// What has been retrieved and how much time is left, for all checks of one question.
    pub session: &'a RevocationSession,
    /// Encoded DSA parameters of the issuer's key, if it inherits them from its own issuer.
    pub issuer_key_parameters: Option<&'a [u8]>,
    /// Strong-sign parameters: a weak signature gives NTE_BAD_ALGID (documented).
    pub signature_is_weak: Option<&'a WeakSignatureTest<'a>>,
}

/// Whether `subject`, issued by `issuer`, has been revoked.
#[must_use]
pub fn check(
    subject: &Certificate,
    issuer: &Certificate,
    context: &RevocationContext<'_>,
) -> RevocationInfo {
    let mut check = Check { subject, issuer, context, notes: Vec::new(), seen: Seen::default() };
    match check.ask() {
        Some(answer) => {
            let code = if answer.revoked.is_some() { hresult::CRYPT_E_REVOKED } else { HResult(0) };
            check.finish(code, Some(answer))
        }
        None => check.without_answer(),
    }
}

/// A check under way.
struct Check<'a> {
    subject: &'a Certificate,
    issuer: &'a Certificate,
    context: &'a RevocationContext<'a>,
    notes: Vec<String>,
    seen: Seen,
}

/// What was seen without deciding.
#[derive(Default)]
struct Seen {
    /// The certificate names a responder or a distribution point that may be asked.
    pointer: bool,
    /// An old answer that lists the certificate.
    revoked: Option<Answer>,
    /// An old answer that does not.
    stale: Option<Answer>,
    /// A CRL with a critical extension that is not understood.
    not_understood: Option<Answer>,
    /// A responder that does not know the certificate.
    unknown: Option<Answer>,
    /// An answer signed with a weak algorithm.
    weak: bool,
}

/// What a source says.
#[derive(Debug, Clone)]
struct Answer {
    source: Source,
    url: Option<String>,
    this_update: Time,
    next_update: Option<Time>,
    revoked: Option<Revoked>,
    extended_validity: bool,
    crl: Option<Crl>,
    delta_crl: Option<Crl>,
}

#[derive(Debug, Clone, Copy)]
struct Revoked {
    date: Time,
    reason: Option<RevocationReason>,
}

/// Octets, and where they came from.
#[derive(Debug, Clone)]
struct Origin {
    source: Source,
    url: Option<String>,
}

/// Where retrieval may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Cache,
    Wire,
}

impl Check<'_> {
    /// Asks the sources in order until one gives a fresh answer.
    fn ask(&mut self) -> Option<Answer> {
        let options = self.context.options;
        let responders = self.responder_urls();
        let points = self.distribution_point_urls();
        // with both, it depends on how many responses have been gathered already (documented)
        let choice = !options.xp && !responders.is_empty() && !points.is_empty();
        let (never, crl_first) = if choice { self.crl_preference() } else { (false, false) };
        let ask_ocsp = !options.xp && !never && !responders.is_empty();
        let ask_crl = options.ocsp_failover_to_crl || !ask_ocsp;
        self.seen.pointer = ask_ocsp || !points.is_empty();

        let stapled = self.context.stapled_ocsp.filter(|_| !options.xp);
        if let Some(answer) = stapled.and_then(|stapled| self.stapled(stapled)) {
            return Some(answer);
        }
        for reach in [Reach::Cache, Reach::Wire] {
            if reach == Reach::Wire {
                let stored = if ask_crl { self.store_crls() } else { None };
                if stored.is_some() || options.cache_only {
                    return stored;
                }
            }
            for crl_turn in [crl_first, !crl_first] {
                let answer = match crl_turn {
                    true if ask_crl => self.distribution_points(&points, reach),
                    false if ask_ocsp => self.responders(&responders, reach),
                    _ => None,
                };
                if answer.is_some() {
                    return answer;
                }
            }
        }
        None
    }

    /// Whether no responder is asked, and whether CRLs are asked first (reference, chain-engine
    /// 10.1; documented).
    fn crl_preference(&mut self) -> (bool, bool) {
        let options = self.context.options;
        let limits =
            [options.max_cached_ocsp_per_crl_count, options.cached_ocsp_switch_to_crl_count];
        let [never, always_first] = limits.map(|limit| limit == u32::MAX);
        if never {
            return (never, always_first);
        }
        let points = self.distribution_points_value();
        let count = points.map_or(0, |points| self.context.retrieval.cached_responses(points));
        let reached = limits.map(|limit| u32::try_from(count).unwrap_or(u32::MAX) >= limit);
        if reached.contains(&true) {
            self.note(format!(
                "{count} OCSP responses are cached for such certificates: the CRL comes first"
            ));
        }
        (reached[0], always_first || reached[1])
    }

    /// The value of crlDistributionPoints.
    fn distribution_points_value(&self) -> Option<&[u8]> {
        self.subject.raw_extension(&oid::CRL_DISTRIBUTION_POINTS).map(|extension| extension.value)
    }

    /// The result when no source decided.
    fn without_answer(mut self) -> RevocationInfo {
        let seen = std::mem::take(&mut self.seen);
        // CAPI2 (observed, chain-engine 10.3): an old answer that lists the certificate counts
        if seen.revoked.is_some() {
            return self.finish(hresult::CRYPT_E_REVOKED, seen.revoked);
        }
        if seen.weak {
            return self.finish(hresult::NTE_BAD_ALGID, None);
        }
        // CAPI2 (observed on XP, windows-facts 9.25): unknown, not offline, even if listed
        if seen.not_understood.is_some() {
            return self.finish(hresult::CRYPT_E_NO_REVOCATION_CHECK, seen.not_understood);
        }
        if seen.unknown.is_some() {
            return self.finish(hresult::CRYPT_E_NOT_IN_REVOCATION_DATABASE, seen.unknown);
        }
        if seen.stale.is_some() || seen.pointer {
            return self.finish(hresult::CRYPT_E_REVOCATION_OFFLINE, seen.stale);
        }
        if self.notes.is_empty() {
            self.note("the certificate names no responder and no CRL, and no store has a CRL");
        }
        self.finish(hresult::CRYPT_E_NO_REVOCATION_CHECK, None)
    }

    fn finish(self, result: HResult, answer: Option<Answer>) -> RevocationInfo {
        let decided = result.is_ok() || result == hresult::CRYPT_E_REVOKED;
        let mut info = RevocationInfo { result, notes: self.notes, ..RevocationInfo::default() };
        let Some(answer) = answer else { return info };
        info.source = Some(answer.source);
        info.url = answer.url;
        info.this_update = Some(answer.this_update);
        info.next_update = answer.next_update;
        info.extended_validity = answer.extended_validity;
        info.crl = answer.crl;
        info.delta_crl = answer.delta_crl;
        if decided {
            info.freshness_seconds = Some(self.context.now.seconds_since(answer.this_update));
        }
        if result == hresult::CRYPT_E_REVOKED {
            info.revocation_date = answer.revoked.map(|revoked| revoked.date);
            info.reason = answer.revoked.and_then(|revoked| revoked.reason);
        }
        info
    }

    /// Keeps an answer that is too old, unless an equal or better one is there; hands back one
    /// that is not.
    fn weigh(&mut self, answer: Answer, fresh: bool) -> Option<Answer> {
        if fresh {
            return Some(answer);
        }
        let slot =
            if answer.revoked.is_some() { &mut self.seen.revoked } else { &mut self.seen.stale };
        if slot.as_ref().is_none_or(|kept| kept.this_update < answer.this_update) {
            *slot = Some(answer);
        }
        None
    }

    /// Whether data of this age may decide (reference, chain-engine 11; documented). A missing
    /// nextUpdate never comes. Data from the future are no better than old ones.
    fn is_fresh(&self, this_update: Time, next_update: Option<Time>) -> bool {
        let now = self.context.now;
        if !self.has_begun(this_update) {
            return false;
        }
        match self.context.options.freshness_time {
            Some(seconds) => this_update >= now.plus_seconds(-seconds),
            None => next_update.is_none_or(|next| now <= next),
        }
    }

    /// Whether thisUpdate has come, or is near enough.
    fn has_begun(&self, this_update: Time) -> bool {
        this_update <= self.context.now.plus_seconds(self.context.options.this_update_skew_seconds)
    }

    /// A revocation that has taken effect by pTime, that very moment included (reference,
    /// chain-engine 1.1 documented, wine-test-facts 17 observed).
    fn in_effect(&mut self, revoked: Revoked) -> Option<Revoked> {
        if revoked.date <= self.context.time {
            return Some(revoked);
        }
        let (date, time) = (revoked.date, self.context.time);
        self.note(format!("revoked at {date}, after the time asked about, {time}"));
        None
    }

    /// Verifies a signature; a weak one is remembered and refused.
    fn verify(
        &mut self,
        signer: &Certificate,
        algorithm: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureRefusal> {
        let inherited =
            self.context.issuer_key_parameters.filter(|_| signer.spki() == self.issuer.spki());
        verify(self.context.session, signer, inherited, algorithm, message, signature)
            .map_err(SignatureRefusal::Invalid)?;
        if self.context.signature_is_weak.is_some_and(|is_weak| is_weak(algorithm, signer)) {
            self.seen.weak = true;
            return Err(SignatureRefusal::Weak);
        }
        Ok(())
    }

    /// Notes why there is nothing to judge. That the cache is empty is only of interest if there is
    /// nothing else.
    fn note_failure(&mut self, origin: &Origin, error: &FetchError) {
        let expected = *error == FetchError::Retrieval(RetrievalError::NotInCache);
        if !expected || self.context.options.cache_only {
            self.note(format!("{origin}: {error}"));
        }
    }

    fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}

/// Why a signature does not count.
enum SignatureRefusal {
    Invalid(SignatureError),
    Weak,
}

impl fmt::Display for SignatureRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(f),
            Self::Weak => f.write_str("the signature is weak"),
        }
    }
}

fn verify(
    session: &RevocationSession,
    signer: &Certificate,
    inherited_parameters: Option<&[u8]>,
    algorithm: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let mut spki = crate::base::der::Reader::new(signer.spki());
    let spki =
        SubjectPublicKeyInfo::from_der(&mut spki).map_err(|_| SignatureError::MalformedKey)?;
    let key = PublicKey::from_spki(&spki, inherited_parameters)?;
    session.take_signature_work(key.verification_cost())?;
    let algorithm =
        AlgorithmIdentifier::parse(algorithm).map_err(|_| SignatureError::UnknownAlgorithm)?;
    key.verify(&algorithm, message, signature)
}

impl RevocationInfo {
    /// The error bits this result puts on its element (reference, chain-engine 10.3).
    #[must_use]
    pub fn trust_bits(&self) -> TrustError {
        match self.result {
            code if code.is_ok() => TrustError::default(),
            hresult::CRYPT_E_REVOKED => TrustError::IS_REVOKED,
            // for CRYPT_E_NOT_IN_REVOCATION_DATABASE inferred: which bits it gives is unknown
            hresult::CRYPT_E_NO_REVOCATION_CHECK | hresult::CRYPT_E_NOT_IN_REVOCATION_DATABASE => {
                TrustError::REVOCATION_STATUS_UNKNOWN
            }
            _ => TrustError::REVOCATION_STATUS_UNKNOWN | TrustError::IS_OFFLINE_REVOCATION,
        }
    }
}

impl Default for RevocationInfo {
    /// Not revoked, and nobody asked.
    fn default() -> Self {
        Self {
            result: HResult(0),
            source: None,
            reason: None,
            revocation_date: None,
            this_update: None,
            next_update: None,
            freshness_seconds: None,
            url: None,
            extended_validity: false,
            crl: None,
            delta_crl: None,
            notes: Vec::new(),
        }
    }
}

impl Default for RevocationOptions {
    fn default() -> Self {
        Self {
            cache_only: false,
            timeout_ms: 0,
            default_timeout_ms: DEFAULT_TIMEOUT_MS,
            default_accumulative_timeout_ms: DEFAULT_ACCUMULATIVE_TIMEOUT_MS,
            accumulative: false,
            freshness_time: None,
            cache_resync: None,
            crl_validity_extension_hours: 0,
            ocsp_validity_seconds: 43_200,
            cached_ocsp_switch_to_crl_count: 50,
            max_cached_ocsp_per_crl_count: 500,
            ocsp_post_after_get: true,
            this_update_skew_seconds: 0,
            unknown_to_responder_is_offline: false,
            ocsp_failover_to_crl: true,
            xp: false,
            idp_must_match_retrieved: false,
            max_url_retrieval_octets: DEFAULT_MAX_OCTETS,
        }
    }
}

impl RevocationOptions {
    /// Sets what a DWORD value of the chain engine's registry key is about, if it is one of
    /// revocation's (reference, chain-engine 12; documented). Says whether it is.
    pub fn apply_registry(&mut self, name: &str, number: u32) -> bool {
        match name {
            "MaxUrlRetrievalByteCount" => {
                self.max_url_retrieval_octets = usize::try_from(number).unwrap_or(usize::MAX);
            }
            "ChainUrlRetrievalTimeoutMilliseconds" => self.default_timeout_ms = number,
            "ChainRevAccumulativeUrlRetrievalTimeoutMilliseconds" => {
                self.default_accumulative_timeout_ms = number;
            }
            "OcspValiditySeconds" => self.ocsp_validity_seconds = i64::from(number),
            "CRLValidityExtensionPeriod" => self.crl_validity_extension_hours = number,
            "CryptnetCachedOcspSwitchToCrlCount" => self.cached_ocsp_switch_to_crl_count = number,
            "CryptnetMaxCachedOcspPerCrlCount" => self.max_cached_ocsp_per_crl_count = number,
            _ => return false,
        }
        true
    }
}

impl Source {
    /// The kind of the answer, as results name it: `ocsp` or `crl`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StapledOcsp | Self::CachedOcsp | Self::Ocsp => "ocsp",
            Self::CachedCrl | Self::StoreCrl | Self::Crl => "crl",
        }
    }

    /// Where the answer was: `staple`, `cache`, `store` or `wire`.
    #[must_use]
    pub const fn place(self) -> &'static str {
        match self {
            Self::StapledOcsp => "staple",
            Self::CachedOcsp | Self::CachedCrl => "cache",
            Self::StoreCrl => "store",
            Self::Ocsp | Self::Crl => "wire",
        }
    }

    /// The kind and where it was, in words.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::StapledOcsp => "stapled OCSP response",
            Self::CachedOcsp => "OCSP response in the URL cache",
            Self::Ocsp => "OCSP response",
            Self::CachedCrl => "CRL in the URL cache",
            Self::StoreCrl => "CRL in a store",
            Self::Crl => "CRL",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.source.description())?;
        match &self.url {
            Some(url) => write!(f, " <{url}>"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for RevocationContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationContext")
            .field("now", &self.now)
            .field("time", &self.time)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
