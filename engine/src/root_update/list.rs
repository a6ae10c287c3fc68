//! A trust list as the root update takes it: out of its cabinet, decoded, its signature and its
//! signer's chain verified (reference, auto-root-update 4, steps 4 to 7; ctl 1 to 5).

use crate::base::hresult::{self, HResult};
use crate::base::oid::{self, Oid};
use crate::base::time::Time;
use crate::chain::context::ChainContext;
use crate::chain::engine::{
    ChainEngine, ChainFlags, ChainRequest, EngineKind, EngineOptions, Profile, UsageMatch,
};
use crate::chain::status::TrustError;
use crate::crypto::algorithm_name;
use crate::crypto::message::{SignerError, verify_signer};
use crate::format::cabinet::{Cabinet, Checksum};
use crate::format::{Kind, Limits, detect};
use crate::object::certificate::Certificate;
use crate::object::message::{SignedData, SignerInfo};
use crate::object::trust_list::TrustList;
use crate::store::{CertificateContext, Store, SystemStores, embedded};

/// Where the root update stands when something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Step {
    /// Fetching the cabinet.
    Retrieve,
    /// Taking the list out of it.
    Extract,
    /// Reading the list.
    Decode,
    /// Verifying its signature.
    Signature,
    /// Building its signer's chain, and its validity.
    SignerChain,
    /// Whether the signer may sign such lists.
    Usage,
    /// Whether the chain ends in a root that is trusted for lists.
    Trust,
    /// Storing the list and refreshing the roots.
    Apply,
}

impl Step {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retrieve => "retrieve",
            Self::Extract => "extract",
            Self::Decode => "decode",
            Self::Signature => "signature",
            Self::SignerChain => "signer-chain",
            Self::Usage => "usage",
            Self::Trust => "trust",
            Self::Apply => "apply",
        }
    }
}

/// What a list is judged by.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ListSettings {
    /// The clock.
    pub now: Time,
    /// Which version of Windows to be.
    pub profile: Profile,
    /// The machine's stores.
    pub stores: SystemStores,
    /// An empty Root store stands for a machine as it is delivered: with Microsoft's roots
    /// ([`embedded::microsoft_roots`]).
    pub delivered_roots: bool,
    /// Roots that may stand above a list's signer: `None` is Microsoft's. A root that is merely
    /// trusted does not suffice (inferred; reference, ctl 5).
    pub list_roots: Option<Store>,
    /// Let the periods of the signer's chain not matter. To Windows they do (observed, July 2010);
    /// an experiment does so to tell a list that is out of date from one that is wrong.
    pub ignore_signer_time: bool,
    /// Look for the signer in the CRLs of the stores. The update is not known to (inferred;
    /// reference, ctl 5).
    pub check_revocation: bool,
    /// Where missing issuers are looked for, if not in the stores.
    pub authorities: Store,
    /// Limits for taking the list out of its cabinet.
    pub limits: Limits,
}

impl ListSettings {
    /// A machine as it is delivered, at this time.
    #[must_use]
    pub fn new(now: Time) -> Self {
        Self {
            now,
            profile: Profile::default(),
            stores: SystemStores::default(),
            delivered_roots: true,
            list_roots: None,
            ignore_signer_time: false,
            check_revocation: false,
            authorities: embedded::list_authorities().clone(),
            limits: Limits::default(),
        }
    }
}

/// Facts of the cabinet a list came in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Container {
    /// The member's name.
    pub member: String,
    /// Its size in octets.
    pub size: u32,
    /// How it is compressed.
    pub compression: String,
    /// When it was put in, as the cabinet's maker's clock had it.
    pub modified: String,
    /// Data blocks.
    pub blocks: usize,
    /// Blocks whose checksum is there and right. The others have none.
    pub checksums_verified: usize,
    /// Octets behind the cabinet.
    pub trailing_octets: usize,
}

/// A signature in or beside the list's own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signature {
    /// Which one.
    pub kind: SignatureKind,
    /// The digest algorithm's name.
    pub digest: String,
    /// The signer's certificate, if the message holds it.
    pub signer: Option<Certificate>,
    /// Whether it verifies.
    pub verified: Result<(), SignatureProblem>,
    /// When a counter-signature says it was made.
    pub signing_time: Option<Time>,
}

/// Which signature of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureKind {
    /// The list's own.
    Outer,
    /// A second one in an unsigned attribute (szOID_NESTED_SIGNATURE).
    Nested,
    /// A time stamp (PKCS #9 counterSignature). It does not extend a list's life (observed).
    Counter,
}

impl SignatureKind {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outer => "outer",
            Self::Nested => "nested",
            Self::Counter => "counter",
        }
    }
}

/// Why a signature was not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureProblem {
    /// The message does not hold the signer's certificate.
    NoCertificate,
    /// It cannot be read.
    Undecodable,
    /// It does not verify.
    Signer(SignerError),
}

impl std::fmt::Display for SignatureProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoCertificate => {
                f.write_str("the message does not hold the signer's certificate")
            }
            Self::Undecodable => f.write_str("the signature cannot be read"),
            Self::Signer(error) => error.fmt(f),
        }
    }
}

/// What was found about a list.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ListReport {
    /// The code of the first failure, or success.
    pub error: HResult,
    /// Where it failed.
    pub failing_step: Option<Step>,
    /// What went wrong, in a sentence.
    pub why: Option<String>,
    /// The cabinet, if it came in one.
    pub container: Option<Container>,
    /// The list, if it could be read.
    pub list: Option<TrustList>,
    /// The signatures, the list's own first.
    pub signatures: Vec<Signature>,
    /// The certificates in the message.
    pub certificates: Vec<Certificate>,
    /// The signer's chain, judged at the clock.
    pub chain: Option<ChainContext>,
    /// Octets behind the message.
    pub trailing_octets: usize,
    /// What was done, in order.
    pub steps: Vec<String>,
}

impl ListReport {
    fn new() -> Self {
        Self {
            error: hresult::S_OK,
            failing_step: None,
            why: None,
            container: None,
            list: None,
            signatures: Vec::new(),
            certificates: Vec::new(),
            chain: None,
            trailing_octets: 0,
            steps: Vec::new(),
        }
    }

    /// Whether the list would be taken.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.failing_step.is_none()
    }

    /// The list's signer.
    #[must_use]
    pub fn signer(&self) -> Option<&Certificate> {
        self.signatures.first()?.signer.as_ref()
    }

    /// Whether nothing but the clock is wrong: the signer's certificate, or one above it, is not
    /// valid at this time.
    #[must_use]
    pub fn fails_by_time_alone(&self) -> bool {
        self.failing_step == Some(Step::SignerChain) && self.error == hresult::CERT_E_EXPIRED
    }

    fn fail(&mut self, step: Step, error: HResult, why: String) {
        if self.failing_step.is_none() {
            self.steps.push(format!("{}: {why} ({error})", step.name()));
            self.failing_step = Some(step);
            self.error = error;
            self.why = Some(why);
        }
    }
}

/// Examines a list, or the cabinet that holds it.
#[must_use]
pub fn examine(octets: &[u8], settings: &ListSettings) -> ListReport {
    let mut report = ListReport::new();
    let owned;
    let message = if detect(octets) == Kind::CertificateTrustList {
        octets
    } else {
        match extract(octets, settings, &mut report) {
            Some(member) => {
                owned = member;
                &owned
            }
            None => return report,
        }
    };
    let Some(message) = decode(message, &mut report) else { return report };
    verify(&message, settings, &mut report);
    report
}

/// Step 4: out of the cabinet.
fn extract(octets: &[u8], settings: &ListSettings, report: &mut ListReport) -> Option<Vec<u8>> {
    let kind = detect(octets);
    if kind != Kind::Cabinet && !octets.starts_with(b"MSCF") {
        let (error, why) = match kind {
            Kind::Empty => (hresult::ERROR_INVALID_DATA, "the file is empty".to_owned()),
            _ => (
                hresult::ERROR_INVALID_DATA,
                format!("not a cabinet, but {}: it does not begin with MSCF", describe(kind)),
            ),
        };
        report.fail(Step::Extract, error, why);
        return None;
    }
    let cabinet = match Cabinet::parse(octets) {
        Ok(cabinet) => cabinet,
        Err(error) => {
            report.fail(Step::Extract, error.hresult(), error.to_string());
            return None;
        }
    };
    let members = cabinet.members();
    let named_list =
        members.iter().position(|member| member.name.to_ascii_lowercase().ends_with(".stl"));
    let Some((index, member)) =
        named_list.or(Some(0)).and_then(|index| Some((index, members.get(index)?)))
    else {
        let why = "the cabinet holds no file".to_owned();
        report.fail(Step::Extract, hresult::ERROR_INVALID_DATA, why);
        return None;
    };
    let (blocks, _) = cabinet.blocks(usize::from(member.folder));
    report.container = Some(Container {
        member: member.name.clone(),
        size: member.size,
        compression: cabinet
            .folders()
            .get(usize::from(member.folder))
            .map_or_else(String::new, |folder| folder.compression.to_string()),
        modified: member.modified.to_string(),
        blocks: blocks.len(),
        checksums_verified: blocks
            .iter()
            .filter(|block| matches!(block.checksum, Checksum::Verified(_)))
            .count(),
        trailing_octets: cabinet.trailing().len(),
    });
    match cabinet.extract(index, &settings.limits) {
        Ok(list) => {
            report.steps.push(format!("extract: {} ({} octets)", member.name, list.len()));
            Some(list)
        }
        Err(error) => {
            report.fail(Step::Extract, error.hresult(), error.to_string());
            None
        }
    }
}

fn describe(kind: Kind) -> String {
    match kind {
        Kind::Html => "a web page".to_owned(),
        Kind::Unknown => "octets of no known kind".to_owned(),
        other => other.to_string(),
    }
}

/// Step 5: PKCS #7, contentType szOID_CTL, the list.
fn decode(octets: &[u8], report: &mut ListReport) -> Option<SignedData> {
    let message = match SignedData::from_der(octets) {
        Ok(message) => message,
        Err(error) => {
            report.fail(Step::Decode, error.hresult(), error.to_string());
            return None;
        }
    };
    report.trailing_octets = message.trailing_octets;
    if message.content_type != oid::CTL {
        let why = format!("a signed message of type {}, not a trust list", message.content_type);
        // CertCreateCTLContext refuses it with this code (observed)
        report.fail(Step::Decode, hresult::ERROR_INVALID_DATA, why);
        return None;
    }
    let list =
        message.content().and_then(|content| TrustList::from_der(&content)).map_err(|mut error| {
            error.offset += message.content_offset();
            error
        });
    match list {
        Ok(list) => {
            report.steps.push(format!(
                "decode: {} entries, ThisUpdate {}",
                list.len(),
                list.this_update
            ));
            if let Some(twice) = list.duplicate_identifier() {
                let why = format!("entry {} stands twice", crate::base::digest::hex(twice));
                report.fail(Step::Decode, hresult::ERROR_INVALID_DATA, why);
            }
            report.list = Some(list);
            Some(message)
        }
        Err(error) => {
            report.fail(Step::Decode, error.hresult(), error.to_string());
            None
        }
    }
}

/// Steps 6 and 7: the signature, and the signer's chain.
fn verify(message: &SignedData, settings: &ListSettings, report: &mut ListReport) {
    let certificates = message.certificates();
    let Some(signer) = message.signers.first() else {
        let why = "the list is not signed".to_owned();
        return report.fail(Step::Signature, hresult::CRYPT_E_NO_SIGNER, why);
    };
    let outer =
        judge_signature(SignatureKind::Outer, signer, &certificates, message.digested_octets());
    report.signatures.push(outer.clone());
    for extra in other_signatures(signer, &certificates, message.content_raw().unwrap_or_default())
    {
        report.signatures.push(extra);
    }
    if message.signers.len() > 1 {
        let why = format!("{} signers instead of one", message.signers.len());
        report.fail(Step::Signature, hresult::CRYPT_E_BAD_MSG, why);
    }
    match outer.verified {
        Ok(()) => report.steps.push(format!("signature: verified ({})", outer.digest)),
        Err(problem) => {
            let error = match problem {
                SignatureProblem::NoCertificate => hresult::TRUST_E_NO_SIGNER_CERT,
                SignatureProblem::Undecodable => hresult::NTE_BAD_SIGNATURE,
                SignatureProblem::Signer(error) => error.hresult(),
            };
            report.fail(Step::Signature, error, problem.to_string());
        }
    }
    if let Some(certificate) = outer.signer {
        judge_chain(&certificate, &certificates, settings, report);
    }
    report.certificates = certificates;
}

fn judge_signature(
    kind: SignatureKind,
    signer: &SignerInfo,
    certificates: &[Certificate],
    content: &[u8],
) -> Signature {
    let certificate = signer.find_certificate(certificates).cloned();
    let verified = match &certificate {
        None => Err(SignatureProblem::NoCertificate),
        Some(certificate) => {
            verify_signer(signer, certificate, content).map_err(SignatureProblem::Signer)
        }
    };
    let signing_time = signer
        .signed_attribute(&oid::SIGNING_TIME)
        .and_then(|value| crate::base::der::Reader::new(value).any().ok())
        .and_then(|value| Time::from_tlv(&value).ok());
    Signature {
        kind,
        digest: algorithm_name(signer.digest_algorithm()),
        signer: certificate,
        verified,
        signing_time,
    }
}

/// Nested and counter-signatures among the unsigned attributes.
fn other_signatures(
    signer: &SignerInfo,
    certificates: &[Certificate],
    outer_content: &[u8],
) -> Vec<Signature> {
    let mut found = Vec::new();
    for attribute in &signer.unsigned {
        for value in &attribute.values {
            if attribute.kind == oid::NESTED_SIGNATURE {
                found.push(nested_signature(value, outer_content));
            } else if attribute.kind == oid::COUNTER_SIGNATURE {
                found.push(match SignerInfo::from_der(value) {
                    Ok(counter) => judge_signature(
                        SignatureKind::Counter,
                        &counter,
                        certificates,
                        signer.signature(),
                    ),
                    Err(_) => undecodable(SignatureKind::Counter),
                });
            }
        }
    }
    found
}

/// A nested signature is a message of its own, detached: its digest is taken over the whole content
/// of the outer one, tag and length included (measured on the lists of 2011 to 2019).
fn nested_signature(value: &[u8], outer_content: &[u8]) -> Signature {
    let Ok(message) = SignedData::from_der(value) else {
        return undecodable(SignatureKind::Nested);
    };
    match message.signers.first() {
        Some(signer) => judge_signature(
            SignatureKind::Nested,
            signer,
            &message.certificates(),
            if message.content_raw().is_some() { message.digested_octets() } else { outer_content },
        ),
        None => undecodable(SignatureKind::Nested),
    }
}

fn undecodable(kind: SignatureKind) -> Signature {
    Signature {
        kind,
        digest: String::new(),
        signer: None,
        verified: Err(SignatureProblem::Undecodable),
        signing_time: None,
    }
}

/// The usage a list's signer needs (reference, ctl 5): the root and disallowed lists
/// szOID_ROOT_LIST_SIGNER, pin rules that or szOID_PIN_RULES_SIGNER, all others
/// szOID_KP_CTL_USAGE_SIGNING.
fn signer_usage(list_usage: &[Oid]) -> UsageMatch {
    if list_usage.contains(&oid::PIN_RULES_CTL) {
        UsageMatch::any_of(vec![oid::PIN_RULES_SIGNER, oid::ROOT_LIST_SIGNER])
    } else if list_usage.contains(&oid::ROOT_LIST_SIGNER)
        || list_usage.contains(&oid::DISALLOWED_LIST)
    {
        UsageMatch::all(vec![oid::ROOT_LIST_SIGNER])
    } else {
        UsageMatch::all(vec![oid::KP_CTL_USAGE_SIGNING])
    }
}

fn judge_chain(
    signer: &Certificate,
    certificates: &[Certificate],
    settings: &ListSettings,
    report: &mut ListReport,
) {
    let mut stores = settings.stores.clone();
    if settings.delivered_roots && stores.root.certificates().is_empty() {
        stores.root = embedded::microsoft_roots().clone();
    }
    let options = EngineOptions { profile: settings.profile, ..EngineOptions::default() };
    let engine = ChainEngine::new(stores, EngineKind::System, options);
    let mut request = ChainRequest::new(CertificateContext::new(signer.clone()), settings.now);
    let authorities = settings.authorities.certificates().iter().map(|c| c.certificate().clone());
    request.additional = Store::of(certificates.iter().cloned().chain(authorities));
    if settings.check_revocation {
        request.flags =
            ChainFlags::REVOCATION_CHECK_END_CERT | ChainFlags::REVOCATION_CHECK_CACHE_ONLY;
    }
    let usage = report.list.as_ref().map(|list| signer_usage(&list.usage)).unwrap_or_default();
    request.usage = usage;
    let context = match engine.chain(&request) {
        Ok(context) => context,
        Err(error) => {
            return report.fail(Step::SignerChain, error.hresult(), error.to_string());
        }
    };
    judge_context(&context, settings, report);
    report.chain = Some(context);
}

/// The first error of the signer's chain, in the order of the base policy (reference, chain-policy
/// 3.1). A certificate of the chain that is distrusted gives CRYPT_E_REVOKED (observed:
/// 4107-variants, case 20).
fn judge_context(context: &ChainContext, settings: &ListSettings, report: &mut ListReport) {
    use TrustError as E;
    let mut error = context.status.error;
    if settings.ignore_signer_time {
        error = E(error.0 & !E::IS_NOT_TIME_VALID.0);
    }
    // a signer of which no CRL speaks is not revoked
    let unknown = E::REVOCATION_STATUS_UNKNOWN | E::IS_OFFLINE_REVOCATION;
    error = E(error.0 & !unknown.0);
    let cases = [
        (E::IS_NOT_SIGNATURE_VALID, Step::SignerChain, hresult::TRUST_E_CERT_SIGNATURE),
        (E::IS_EXPLICIT_DISTRUST, Step::Trust, hresult::CRYPT_E_REVOKED),
        (E::IS_REVOKED, Step::SignerChain, hresult::CRYPT_E_REVOKED),
        (E::IS_UNTRUSTED_ROOT, Step::Trust, hresult::CERT_E_UNTRUSTEDROOT),
        (E::IS_PARTIAL_CHAIN, Step::SignerChain, hresult::CERT_E_CHAINING),
        (E::IS_NOT_VALID_FOR_USAGE, Step::Usage, hresult::CERT_E_WRONG_USAGE),
        (E::IS_NOT_TIME_VALID, Step::SignerChain, hresult::CERT_E_EXPIRED),
        (E::INVALID_BASIC_CONSTRAINTS, Step::SignerChain, hresult::TRUST_E_BASIC_CONSTRAINTS),
    ];
    for (bit, step, code) in cases {
        if error.contains(bit) {
            let reasons = reasons(context, bit);
            return report.fail(step, code, reasons);
        }
    }
    if !error.is_empty() {
        let why = error.names().join(", ");
        return report.fail(Step::SignerChain, hresult::CERT_E_CRITICAL, why);
    }
    let root = context.elements().last().map(|element| &element.certificate);
    let acceptable = settings.list_roots.as_ref().unwrap_or(embedded::microsoft_roots());
    match root {
        Some(root) if acceptable.find_by_name_and_key(root).is_some() => {
            report.steps.push(format!("trust: {} is a root for lists", root.subject()));
        }
        Some(root) => report.fail(
            Step::Trust,
            hresult::CERT_E_UNTRUSTEDROOT,
            format!("{} is trusted, but is no root for such lists", root.subject()),
        ),
        None => {}
    }
}

fn reasons(context: &ChainContext, bit: TrustError) -> String {
    let found: Vec<String> = context
        .elements()
        .iter()
        .flat_map(|element| {
            let name = element.certificate.subject().display_name();
            element
                .findings
                .iter()
                .filter(move |finding| finding.bits.intersects(bit))
                .map(move |finding| format!("{name}: {}", finding.what))
        })
        .collect();
    if !found.is_empty() {
        return found.join("; ");
    }
    match context.elements().last() {
        Some(last) if bit == TrustError::IS_PARTIAL_CHAIN => {
            format!("the issuer {} is missing", last.certificate.issuer().display_name())
        }
        _ => bit.names().join(", "),
    }
}
