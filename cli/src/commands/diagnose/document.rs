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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::samples;

    #[test]
    fn the_names_are_those_programs_know() {
        let value = serde_json::to_value(samples::named("expired")).unwrap();
        assert_eq!(value["schema"], "chaincheck/diagnosis-1");
        for key in ["clock", "profile", "forecast", "notes", "files", "lab"] {
            assert!(value.get(key).is_some(), "{key}");
        }
        let event = &value["events"][0];
        assert_eq!(event["record"]["id"], 4107);
        assert_eq!(event["record"]["record_id"], 4711);
        assert_eq!(event["record"]["error"], "0x800b0101");
        assert_eq!(event["record"]["error_from"], "message-text");
        assert_eq!(event["reproduced"], true);
        assert_eq!(event["failing_step"], "signer-chain");
        let cause = &event["causes"][0];
        assert_eq!(cause["kind"], "expired-list-signer");
        assert_eq!(cause["status"], "proven");
        assert_eq!(cause["without_it"]["outcome"], "no event");
        assert_eq!(cause["only_it"], json!({ "outcome": "4107 0x800b0101" }));
        assert_eq!(cause["scenario"], "proof-1.json");
        assert_eq!(cause["evidence"][0]["sha256"].as_str().map(str::len), Some(64));
        assert_eq!(event["remedies"][0]["verified"], true);
        assert!(value["forecast"][0]["date"].is_string());
    }
}
