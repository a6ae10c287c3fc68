//! A scenario always has the same answer, and only one kind of answer.
#![no_main]

use chaincheck_engine::scenario::{Scenario, run};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(scenario) = Scenario::from_json(text) else { return };
    let no_files = |path: &str| Err(format!("no file {path}"));
    let outcome = run(&scenario, &no_files);
    let again = run(&scenario, &no_files);
    let json = |outcome| serde_json::to_string(outcome).expect("results are JSON");
    assert_eq!(json(&outcome), json(&again));
    assert_eq!(outcome.id, scenario.id);
    if outcome.error.is_some() {
        assert!(outcome.chain.is_none() && outcome.decode.is_none() && outcome.met.is_none());
    }
});
