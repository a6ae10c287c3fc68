//! The diagnosis document: what every form of a report is made from.

use schemars::JsonSchema;
use serde::Serialize;

use super::diagnosis::EventDiagnosis;
use super::evidence;
use super::forecast::Forecast;

/// The version of the diagnosis document.
pub const DIAGNOSIS_SCHEMA: &str = "chaincheck/diagnosis-1";

/// What a diagnosis found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Document {
    /// `chaincheck/diagnosis-1`
    pub schema: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// The clock for what no record dates, RFC 3339.
    pub clock: String,
    /// The version of Windows for what no evidence says.
    pub profile: String,
    /// What was found about each event; `causes[].scenario` is the file a proof was written to.
    pub events: Vec<EventDiagnosis>,
    /// What ends next, soonest first.
    pub forecast: Vec<Forecast>,
    /// What else there is to say of the evidence.
    pub notes: Vec<String>,
    /// Every file that was read.
    pub files: Vec<DocumentFile>,
    /// The evidence was made in a laboratory: its list is signed under a test root.
    pub lab: bool,
}

/// A file of the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DocumentFile {
    /// Where it is, as it was given or found.
    pub path: String,
    /// What kind of file it is.
    pub kind: String,
    /// SHA-256 of the whole file, hexadecimal.
    pub sha256: String,
    /// Its size in octets.
    pub size: u64,
    /// What was taken from it.
    pub what: String,
}

impl Document {
    /// A document without findings.
    #[must_use]
    pub fn new(clock: String, profile: String) -> Self {
        Self {
            schema: DIAGNOSIS_SCHEMA,
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

impl From<&evidence::FileSeen> for DocumentFile {
    fn from(file: &evidence::FileSeen) -> Self {
        Self {
            path: file.path.clone(),
            kind: file.kind.clone(),
            sha256: file.sha256.clone(),
            size: file.size as u64,
            what: file.used_as.clone(),
        }
    }
}

/// The JSON Schema of the diagnosis document.
#[must_use]
pub fn diagnosis_schema() -> serde_json::Value {
    schemars::schema_for!(Document).to_value()
}
