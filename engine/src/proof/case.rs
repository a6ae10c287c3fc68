//! What is to be explained: a machine, and what a log says happened on it.

use schemars::JsonSchema;
use serde::Serialize;

use super::fact::Fact;
use crate::base::hresult::HResult;
use crate::base::time::Time;
use crate::scenario::Scenario;

/// A record of an event in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The file it was read from.
    pub source: String,
    /// The source in the log: `Microsoft-Windows-CAPI2`, on Windows XP `crypt32`.
    pub provider: String,
    /// EventRecordID
    pub record_id: Option<u64>,
    /// Its number, as in the log.
    pub id: u32,
    /// The number it has since Windows 7.
    pub definition_id: u32,
    /// When it was written, by the machine's clock.
    pub time: Time,
    /// The machine.
    pub computer: Option<String>,
    /// Whose process wrote it: a security identifier.
    pub user: Option<String>,
    /// The address it names.
    pub url: Option<String>,
    /// Its last argument: the system's text for an error, never its number.
    pub text: Option<String>,
    /// The code that text stands for, if there is one alone.
    pub error: Option<HResult>,
}

/// What a fact is known from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The fact.
    pub fact: Fact,
    /// The file of the evidence.
    pub file: String,
    /// SHA-256 of what stands there.
    pub sha256: Option<String>,
    /// What stands there.
    pub what: String,
    /// And what it says.
    pub value: String,
}

/// A part of a store that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreProblem {
    /// The store.
    pub store: String,
    /// The thumbprint its key is named by, lower case.
    pub sha1: String,
    /// What is wrong with it.
    pub what: String,
    /// The file of the evidence.
    pub file: String,
}

/// What is known of the machine's clock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ClockKnowledge {
    /// Nothing but the times it has written itself.
    #[default]
    Unknown,
    /// It was right.
    Right {
        /// How that is known.
        witness: String,
    },
    /// Something says that it was wrong, but does not prove it.
    Doubtful {
        /// What.
        why: String,
    },
    /// It was wrong.
    Wrong {
        /// What time it was really, when the machine's clock stood as the scenario says.
        really: Time,
        /// How that is known.
        witness: String,
    },
}

/// Which parts of the machine the evidence speaks of. What it does not speak of is taken to be as
/// on a machine as delivered, and an answer that rests on that says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Coverage {
    /// The machine's certificate stores.
    pub stores: bool,
    /// The URL caches.
    pub url_caches: bool,
    /// Answers of the network.
    pub network: bool,
    /// The registry's settings.
    pub registry: bool,
    /// The version of Windows.
    pub windows: bool,
}

/// A machine, what happened on it, and where all that is known from.
#[derive(Debug, Clone)]
pub struct Case {
    /// The machine at the time of the event, asked to run the automatic root update.
    pub machine: Scenario,
    /// The record; without one the question is what the machine would log.
    pub record: Option<Record>,
    /// How many more records say the same.
    pub repeated: usize,
    /// What is known of its clock.
    pub clock: ClockKnowledge,
    /// Trust lists in the evidence, wherever they were: a sound machine may need one.
    pub lists: Vec<Vec<u8>>,
    /// Certificates in the evidence, wherever they were.
    pub certificates: Vec<Vec<u8>>,
    /// Where the facts are known from.
    pub sources: Vec<Source>,
    /// What of the stores could not be read.
    pub store_problems: Vec<StoreProblem>,
    /// Facts that no evidence shows: they are taken from the record itself.
    pub assumed: Vec<Fact>,
    /// Who sent a page instead of the list, if a log shows that one came.
    pub page_sender: Option<String>,
    /// What the evidence speaks of.
    pub coverage: Coverage,
}
