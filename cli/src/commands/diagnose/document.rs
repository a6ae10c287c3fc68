//! The diagnosis document, under the names the reports know it by.

pub(crate) use chaincheck_engine::proof::{Document, DocumentFile as FileSeen};

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
