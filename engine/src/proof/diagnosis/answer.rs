//! The answer, as documents show it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::proof::case::Record;
use crate::proof::cause::{CauseKind, Status};
use crate::proof::fact::Fact;
use crate::proof::remedy::Remedy;
use crate::scenario::{ChainResult, EventResult, Scenario};

/// What is found about one event.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct EventDiagnosis {
    /// The record; null if the question was what the machine would log.
    pub record: Option<RecordResult>,
    /// How many more records say the same.
    #[serde(skip_serializing_if = "is_zero")]
    pub repeated: usize,
    /// The first failure that the run of the update over this machine raises.
    pub event: Option<EventResult>,
    /// The machine's clock in that run.
    pub clock: String,
    /// What time it really was then, if the clock is known to have been wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub true_clock: Option<String>,
    /// The version of Windows in that run.
    pub profile: String,
    /// Whether the run raised the recorded event with the recorded code; null without a record.
    pub reproduced: Option<bool>,
    /// What the run came to, in short.
    pub outcome: String,
    /// The step at which the list failed.
    pub failing_step: Option<String>,
    /// Every cause there is, with what it is worth here: the proven first.
    pub causes: Vec<Cause>,
    /// Evidence that is missing and would settle what is open.
    pub would_decide: Vec<String>,
    /// What to do.
    pub remedies: Vec<Remedy>,
    /// What is not proven of the run itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unproven: Vec<String>,
    /// The chain of the list's signer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<ChainResult>,
    /// What the update did, in order.
    pub steps: Vec<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's form
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A record, as documents show it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RecordResult {
    /// The file.
    pub source: String,
    /// EventRecordID
    pub record_id: Option<u64>,
    /// The number in the log.
    pub id: u32,
    /// When it was written, by the machine's clock.
    pub time: String,
    /// The machine.
    pub computer: Option<String>,
    /// Whose process wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The address it names.
    pub url: Option<String>,
    /// The system's text for the error.
    pub text: Option<String>,
    /// The code that text stands for.
    pub error: Option<String>,
    /// Its symbol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// Where the code is from: records hold a text, never a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_from: Option<&'static str>,
}

/// A cause, and what it is worth.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Cause {
    /// Which.
    pub kind: CauseKind,
    /// What it is worth.
    pub status: Status,
    /// What is the matter, or why not.
    pub statement: String,
    /// What that rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// The experiment that takes it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_it: Option<WithoutIt>,
    /// The experiment that has nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_it: Option<OnlyIt>,
    /// Causes that had to be mended with it before the event was gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub jointly_with: Vec<CauseKind>,
    /// What else there is to say of the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The file the proof was written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// The proof itself, to be run again.
    #[serde(skip)]
    pub proof: Option<Box<Scenario>>,
    /// The fact that is to blame.
    #[serde(skip)]
    pub fact: Option<Fact>,
    /// It is there, but the update does not come to it before others are mended.
    #[serde(skip)]
    pub masked: bool,
    /// It takes those of `jointly_with` to bring the event about: the event goes when any is mended.
    #[serde(skip)]
    pub takes_company: bool,
}

/// A piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// SHA-256 of it, or of the part that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// What stands there.
    pub what: String,
    /// And what it says.
    pub value: String,
}

/// What came of taking a cause away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WithoutIt {
    /// What was changed.
    pub changed: String,
    /// What the run then came to.
    pub outcome: String,
}

/// What came of a cause on a machine that is otherwise sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OnlyIt {
    /// What the run came to.
    pub outcome: String,
}

impl From<&Record> for RecordResult {
    fn from(record: &Record) -> Self {
        Self {
            source: record.source.clone(),
            record_id: record.record_id,
            id: record.id,
            time: record.time.to_string(),
            computer: record.computer.clone(),
            user: record.user.clone(),
            url: record.url.clone(),
            text: record.text.as_ref().map(|text| text.trim_end().to_owned()),
            error: record.error.map(|error| error.to_string()),
            symbol: record.error.and_then(|error| error.symbol()).map(str::to_owned),
            error_from: record.error.map(|_| "message-text"),
        }
    }
}
