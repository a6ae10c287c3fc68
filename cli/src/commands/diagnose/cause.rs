//! The cause of a failure, and experiments that test it.

use chaincheck_engine::base::digest::{hex, sha256};
use chaincheck_engine::base::hresult;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::context::ChainContext;
use chaincheck_engine::chain::status::TrustError;
use chaincheck_engine::format::cabinet::{Cabinet, CabinetErrorKind};
use chaincheck_engine::format::{Kind, Limits, detect};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::root_update::RootUpdateReport;
use chaincheck_engine::root_update::list::{ListReport, ListSettings, Step};
use chaincheck_engine::store::{Store, embedded};
use serde_json::{Value, json};

use super::{outcome, update};

const TESTED: &str = "Both experiments hold: the event comes with this alone, and goes when this \
                      alone is changed. It is not called proven, because no record of the event \
                      was given to compare with.";
const CONSISTENT: &str = "Consistent, not proven: the evidence fits this cause; no experiment has \
                          ruled out others.";

/// A cause, what it is worth, and why.
#[derive(Debug)]
pub(super) struct Cause {
    /// One of the kinds of a diagnosis.
    pub(super) kind: &'static str,
    /// `consistent` or `undecided`: without a record of the event nothing is proven
    pub(super) status: &'static str,
    /// What is the matter, in a sentence.
    pub(super) statement: String,
    /// What the status means.
    pub(super) proof: &'static str,
    /// What was changed alone, and what came of it.
    pub(super) without_it: Option<(String, String)>,
    /// What comes of it on a machine as delivered.
    pub(super) only_it: Option<String>,
    /// What would settle what is open.
    pub(super) would_decide: Vec<&'static str>,
}

impl Cause {
    /// The cause of the first file's failure; `None` if it did not fail.
    pub(super) fn find(
        octets: &[u8],
        report: &RootUpdateReport,
        settings: &ListSettings,
    ) -> Option<Self> {
        let attempt = &report.attempts.first()?.report;
        let step = attempt.failing_step?;
        if attempt.fails_by_time_alone()
            && let Some(chain) = &attempt.chain
        {
            return Self::of_time(octets, report, chain, settings);
        }
        let why = attempt.why.clone().unwrap_or_default();
        let Some(kind) = kind(step, attempt, octets) else {
            return Some(Self::untested("undecided", "undecided", why, UNDECIDED));
        };
        Some(Self::untested(kind, "consistent", why, CONSISTENT))
    }

    fn untested(
        kind: &'static str,
        status: &'static str,
        statement: String,
        proof: &'static str,
    ) -> Self {
        let would_decide = vec!["the event's record", "the URL cache's metadata for this file"];
        Self { kind, status, statement, proof, without_it: None, only_it: None, would_decide }
    }

    /// A certificate's period does not include the clock: the clock is moved into the periods of
    /// the whole chain, and the update run again.
    fn of_time(
        octets: &[u8],
        report: &RootUpdateReport,
        chain: &ChainContext,
        settings: &ListSettings,
    ) -> Option<Self> {
        let failing = chain
            .elements()
            .iter()
            .find(|element| element.status.error.contains(TrustError::IS_NOT_TIME_VALID))?;
        let certificate = &failing.certificate;
        let expired = settings.now > certificate.not_after();
        let kind = if expired { "expired-list-signer" } else { "signer-not-yet-valid" };
        let is_signer = chain.elements().first().is_some_and(|e| e.certificate == *certificate);
        let mut cause = Self::untested(
            kind,
            "consistent",
            statement(certificate, is_signer, settings),
            CONSISTENT,
        );
        if report.events.is_empty() {
            // nothing was logged, so there is nothing to make go away
            cause.proof = NO_EVENT;
            return Some(cause);
        }
        let before = outcome(report, settings.profile);
        if let Some(inside) = common_instant(chain, expired) {
            let mut moved = settings.clone();
            moved.now = inside;
            let changed = update(octets, &moved);
            let result = outcome(&changed, settings.profile);
            let gone = changed.events.is_empty();
            cause.without_it = Some((format!("clock to {inside}"), result));
            let alone = outcome(&update(octets, &sound_machine(settings)), settings.profile);
            let same = alone == before;
            cause.only_it = Some(alone);
            if gone && same {
                cause.proof = TESTED;
            }
        }
        Some(cause)
    }

    /// As in the diagnosis document.
    pub(super) fn value(&self, file: &str, octets: &[u8]) -> Value {
        json!({
            "kind": self.kind,
            "status": self.status,
            "statement": self.statement,
            "note": self.proof,
            "evidence": [{
                "file": file,
                "sha256": hex(&sha256(octets)),
                "what": "size in octets",
                "value": octets.len().to_string(),
            }],
            "without_it": self.without_it.as_ref().map(|(changed, outcome)| json!({
                "changed": changed, "outcome": outcome,
            })),
            "only_it": self.only_it.as_ref().map(|outcome| json!({ "outcome": outcome })),
        })
    }
}

const UNDECIDED: &str = "Undecided: the failure is none whose cause is known here.";
const NO_EVENT: &str = "The list is not accepted for this reason, but no event is known to come of \
                        it on this version of Windows.";

fn statement(certificate: &Certificate, is_signer: bool, settings: &ListSettings) -> String {
    let role =
        if is_signer { "The list's signer" } else { "A certificate above the list's signer" };
    format!(
        "{role}, {} (SHA-1 {}), is valid from {} to {}; the clock stands at {}.",
        certificate.subject().display_name(),
        hex(&certificate.sha1()),
        certificate.not_before(),
        certificate.not_after(),
        settings.now
    )
}

/// A machine as delivered at the same time, with the roots for lists that were given.
fn sound_machine(settings: &ListSettings) -> ListSettings {
    let mut sound = ListSettings::new(settings.now);
    sound.profile = settings.profile;
    if let Some(roots) = &settings.list_roots {
        let delivered = embedded::microsoft_roots().certificates();
        let all = delivered.iter().chain(roots.certificates());
        sound.stores.root = Store::of(all.map(|root| root.certificate().clone()));
        sound.list_roots = Some(roots.clone());
    }
    sound
}

/// A time at which every certificate of the chain is valid: its end if the clock is past it, its
/// beginning if the clock is before it.
fn common_instant(chain: &ChainContext, at_end: bool) -> Option<Time> {
    let certificates = || chain.elements().iter().map(|element| &element.certificate);
    let begin = certificates().map(Certificate::not_before).max()?;
    let end = certificates().map(Certificate::not_after).min()?;
    (begin <= end).then_some(if at_end { end } else { begin })
}

/// The kind of a failure that is not one of time.
fn kind(step: Step, report: &ListReport, octets: &[u8]) -> Option<&'static str> {
    let error = report.error;
    Some(match step {
        Step::Extract => return extraction_kind(report, octets),
        Step::Decode => "corrupt-list",
        Step::Signature => match error {
            hresult::NTE_BAD_ALGID | hresult::CRYPT_E_UNKNOWN_ALGO => "unsupported-algorithm",
            hresult::NTE_BAD_SIGNATURE | hresult::CRYPT_E_HASH_VALUE => "tampered-list",
            _ => "corrupt-list",
        },
        Step::SignerChain if error == hresult::CERT_E_CHAINING => "missing-intermediate",
        Step::SignerChain if error == hresult::CRYPT_E_REVOKED => "revoked-signer",
        Step::Trust if error == hresult::CRYPT_E_REVOKED => "distrusted-list-chain",
        Step::Trust if error == hresult::CERT_E_UNTRUSTEDROOT => "missing-root",
        Step::Usage => "wrong-usage",
        _ => return None,
    })
}

fn extraction_kind(report: &ListReport, octets: &[u8]) -> Option<&'static str> {
    if octets.is_empty() {
        return Some("truncated-file");
    }
    if detect(octets) != Kind::Cabinet && !octets.starts_with(b"MSCF") {
        return Some("not-a-cabinet");
    }
    let problem = match Cabinet::parse(octets) {
        Err(error) => error.kind,
        Ok(cabinet) => {
            let name = report.container.as_ref().map(|container| &container.member);
            let index = cabinet.members().iter().position(|member| Some(&member.name) == name);
            let Some(index) = index else { return Some("corrupt-cabinet") };
            cabinet.extract(index, &Limits::default()).err()?.kind
        }
    };
    match problem {
        CabinetErrorKind::Truncated => Some("truncated-file"),
        // nothing need be wrong with such a cabinet
        CabinetErrorKind::TooLarge(_)
        | CabinetErrorKind::UnsupportedCompression(_)
        | CabinetErrorKind::MultiCabinet => None,
        _ => Some("corrupt-cabinet"),
    }
}
