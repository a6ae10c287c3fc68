//! Floor 7: a whole question as one value, and the one function that answers it.
//!
//! A scenario holds a machine's evidence (clock, stores, caches, network answers, registry) and one
//! request to CAPI2. [`run`] is a pure function of it: the same scenario always gives the same
//! result, on any operating system.

mod expect;
mod input;
mod list;
mod object;
mod registry;
mod result;
mod run;

pub use expect::{Mismatch, judge};
pub use input::{
    CachedObject, ChainRequestInput, DecodeRequest, EngineInput, EngineKindInput, Fault, Flags,
    ListRequest, MatchKind, NetworkAnswer, NetworkError, ObjectInput, PolicyInput, RegistryValue,
    Request, RootUpdateRequest, Scenario, ScenarioError, Stores, StrongSignInput, UsageInput,
};
pub use list::{entry_value, list_value, property_value};
pub use object::Files;
pub use registry::{LIST_REVOCATION, LIST_ROOTS, LIST_SIGNER_TIME, apply_settings, setting_of};
pub use result::*;
pub use run::{examine_list, run, simulate_root_update};

/// The version of the scenario document.
pub const SCENARIO_SCHEMA: &str = "chaincheck/scenario-1";
/// The version of the result document.
pub const RESULT_SCHEMA: &str = "chaincheck/result-1";

/// The JSON Schema of scenarios.
#[must_use]
pub fn scenario_schema() -> serde_json::Value {
    schemars::schema_for!(Scenario).to_value()
}

/// The JSON Schema of results.
#[must_use]
pub fn result_schema() -> serde_json::Value {
    schemars::schema_for!(Outcome).to_value()
}

/// A code as documents write it: hexadecimal after `0x`, or decimal.
#[must_use]
pub fn parse_code(text: &str) -> Option<crate::base::hresult::HResult> {
    input::parse_number(text).map(crate::base::hresult::HResult)
}
