//! A proof as a document that anyone can run again.
//!
//! It is a scenario: the machine as it was, asked to run the automatic root update, with the event
//! as what is expected. Beside that stands what the proof is about: the fact, and the sound
//! machine. Running it makes the three experiments anew; nothing is believed but the seal, which
//! tells that no octet of the document has been changed since.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::cause::CauseKind;
use super::diagnosis::RecordResult;
use super::experiment::{Outcome, Target};
use super::fact::Fact;
use super::sound::no_files;
use crate::base::digest::{hex, sha256};
use crate::chain::engine::Profile;
use crate::scenario::{EventResult, Scenario, parse_code, simulate_root_update};

/// What a proof is about.
pub(super) struct Proof {
    pub(super) cause: CauseKind,
    pub(super) statement: String,
    pub(super) fact: Fact,
    /// Facts that are mended beforehand, where several things are wrong and each suffices.
    pub(super) mended: Vec<Fact>,
    /// Facts that are put on the sound machine with it, where it takes several.
    pub(super) company: Vec<Fact>,
    pub(super) record: Option<RecordResult>,
}

/// The part of a scenario that makes it a proof.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofInput {
    cause: CauseKind,
    #[serde(rename = "statement")]
    _statement: String,
    fact: Fact,
    #[serde(default)]
    mended: Vec<Fact>,
    #[serde(default)]
    company: Vec<Fact>,
    /// `None`: the update does not run.
    target: Option<TargetInput>,
    sound: Value,
    #[serde(default, rename = "record")]
    _record: Option<Value>,
    sha256: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetInput {
    id: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// What running a proof again gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Replay {
    /// Which cause.
    pub cause: Option<CauseKind>,
    /// Whether everything holds.
    pub proven: bool,
    /// Whether the document is as it was written.
    pub sealed: bool,
    /// What the machine as it was came to.
    pub as_it_was: String,
    /// What it came to without the cause.
    pub without_it: String,
    /// What a sound machine came to with the cause alone.
    pub only_it: String,
    /// What does not hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// The document of a proof.
pub(super) fn proof_scenario(
    machine: &Scenario,
    sound: &Scenario,
    proof: &Proof,
    outcome: &Outcome,
    (target, profile): (&Target, Profile),
) -> Scenario {
    let mut document = machine.clone();
    document.id = format!("proof of {}", proof.cause);
    document.note = Some(proof.statement.clone());
    let events: Vec<Value> = outcome
        .events
        .iter()
        .map(|event| {
            let result = EventResult::new(event, profile);
            json!({ "id": result.id, "error": result.error, "arguments": result.arguments })
        })
        .collect();
    document.expect = Some(json!({ "events": events }));
    let target = match target {
        Target::Event { id, error, url } => Some(TargetInput {
            id: *id,
            error: error.map(|code| code.to_string()),
            url: url.clone(),
        }),
        Target::Disabled => None,
    };
    document.proof = Some(json!({
        "cause": proof.cause,
        "statement": proof.statement,
        "fact": proof.fact,
        "mended": proof.mended,
        "company": proof.company,
        "target": target,
        "sound": sound,
        "record": proof.record,
        "sha256": "",
    }));
    let seal = serde_json::to_value(&document).ok().map(|value| seal_of(&value));
    if let Some(part) = document.proof.as_mut().and_then(Value::as_object_mut) {
        part.insert("sha256".to_owned(), json!(seal));
    }
    document
}

/// SHA-256 of a document without its seal: of its JSON without white space, keys in order.
fn seal_of(document: &Value) -> String {
    let mut bare = document.clone();
    if let Some(part) = bare.get_mut("proof").and_then(Value::as_object_mut) {
        part.remove("sha256");
    }
    hex(&sha256(bare.to_string().as_bytes()))
}

/// Whether a document is a proof.
#[must_use]
pub fn is_proof(document: &Value) -> bool {
    document.get("proof").is_some_and(|part| !part.is_null())
}

/// Makes the experiments of a proof again, from the document as it was read.
#[must_use]
pub fn replay(document: &Value) -> Replay {
    let mut result = Replay {
        cause: None,
        proven: false,
        sealed: false,
        as_it_was: String::new(),
        without_it: String::new(),
        only_it: String::new(),
        problems: Vec::new(),
    };
    if let Err(problem) = experiments(document, &mut result) {
        result.problems.push(problem);
    }
    result.proven = result.problems.is_empty();
    result
}

fn experiments(document: &Value, result: &mut Replay) -> Result<(), String> {
    let machine = Scenario::from_json(&document.to_string()).map_err(|e| e.to_string())?;
    let part = machine.proof.clone().ok_or("this is no proof")?;
    let proof: ProofInput =
        serde_json::from_value(part).map_err(|error| format!("at proof: {error}"))?;
    result.cause = Some(proof.cause);
    result.sealed = seal_of(document) == proof.sha256;
    if !result.sealed {
        result.problems.push("the document has been changed since it was written".to_owned());
    }
    let sound = Scenario::from_json(&proof.sound.to_string())
        .map_err(|error| format!("at proof.sound: {error}"))?;
    let target = match proof.target {
        None => Target::Disabled,
        Some(input) => Target::Event {
            id: input.id,
            error: match input.error {
                None => None,
                Some(text) => Some(parse_code(&text).ok_or("at proof.target.error: no number")?),
            },
            url: input.url,
        },
    };
    let run = |machine: &Scenario| {
        let profile = machine.profile.as_deref().and_then(Profile::from_name).unwrap_or_default();
        let report = simulate_root_update(machine, &no_files).map_err(|e| e.to_string())?;
        Ok::<_, String>(Outcome::of(&report, profile))
    };
    let as_it_was = run(&machine)?;
    let mut mended = machine.clone();
    proof.mended.iter().for_each(|fact| fact.copy(&sound, &mut mended));
    let mut without = mended.clone();
    proof.fact.copy(&sound, &mut without);
    let without = run(&without)?;
    let mut alone = sound.clone();
    proof.company.iter().for_each(|fact| fact.copy(&machine, &mut alone));
    let unmended = run(&alone)?;
    proof.fact.copy(&machine, &mut alone);
    let alone = run(&alone)?;
    result.as_it_was = as_it_was.text();
    result.without_it = without.text();
    result.only_it = alone.text();
    let comes = if proof.mended.is_empty() || !proof.company.is_empty() {
        target.is_met(&alone)
    } else {
        !target.is_gone(&alone) && !target.is_gone(&run(&mended)?)
    };
    for (holds, problem) in [
        (target.is_met(&as_it_was), "the machine as it was does not log the event"),
        (target.is_gone(&without), "the event stays when the cause is taken away"),
        (comes, "the event does not come of the cause alone"),
        (!target.is_met(&unmended), "the event comes without the cause, too"),
        (target.is_gone(&run(&sound)?), "the sound machine is not sound"),
    ] {
        if !holds {
            result.problems.push(problem.to_owned());
        }
    }
    Ok(())
}
