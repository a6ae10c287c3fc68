//! The diagnosis document: what every form of the report is made from.

use chaincheck_engine::proof::{EventDiagnosis, Forecast};
use serde::Serialize;

/// The version of the diagnosis document.
pub(crate) const SCHEMA: &str = "chaincheck/diagnosis-1";

/// What a diagnosis found.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Document {
    /// `chaincheck/diagnosis-1`
    pub(crate) schema: &'static str,
    /// The program's version.
    pub(crate) version: &'static str,
    /// The clock for what no record dates.
    pub(crate) clock: String,
    /// The version of Windows for what no evidence says.
    pub(crate) profile: String,
    /// What was found about each event; `causes[].scenario` is the file a proof was written to.
    pub(crate) events: Vec<EventDiagnosis>,
    /// What ends next, soonest first.
    pub(crate) forecast: Vec<Forecast>,
    /// What else there is to say of the evidence.
    pub(crate) notes: Vec<String>,
    /// Every file that was read.
    pub(crate) files: Vec<FileSeen>,
    /// The evidence was made in a laboratory: its list is signed under a test root.
    pub(crate) lab: bool,
}

/// A file of the evidence.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FileSeen {
    /// Where it is, as it was given or found.
    pub(crate) path: String,
    /// What kind of file it is.
    pub(crate) kind: String,
    /// SHA-256 of the whole file, hexadecimal.
    pub(crate) sha256: String,
    /// Its size in octets.
    pub(crate) size: u64,
    /// What was taken from it.
    pub(crate) what: String,
}

impl Document {
    /// A document without findings.
    pub(crate) fn new(clock: String, profile: String) -> Self {
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            clock,
            profile,
            events: Vec::new(),
            forecast: Vec::new(),
            notes: Vec::new(),
            files: Vec::new(),
            lab: false,
        }
    }
}
