//! The JSON Schemas in the tree are those of the types.
#![allow(clippy::unwrap_used)] // tests

use std::fs;
use std::path::Path;

use chaincheck_engine::proof::diagnosis_schema;
use chaincheck_engine::scenario::{result_schema, scenario_schema};

/// With `CHAINCHECK_BLESS=1` the files are written anew; the difference is there to be reviewed.
#[test]
fn schemas_in_the_tree_are_those_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema");
    for (name, schema) in [
        ("scenario-1.json", scenario_schema()),
        ("result-1.json", result_schema()),
        ("diagnosis-1.json", diagnosis_schema()),
    ] {
        let path = folder.join(name);
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var("CHAINCHECK_BLESS").as_deref() == Ok("1") {
            fs::write(&path, &text).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == text, "{name}: write it anew with CHAINCHECK_BLESS=1");
    }
}
