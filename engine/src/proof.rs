//! Floor 8: why an event was logged, shown by experiment.
//!
//! A [`Case`] is a machine and, if there is one, the record of an event. [`diagnose`] runs the
//! automatic root update over the machine and looks for facts that could be to blame. Each is then
//! tried twice: made sound on the machine in evidence, and put alone on a machine that is otherwise
//! sound. A cause is proven if the recorded event was reproduced, goes in the first experiment and
//! comes in the second. A proof is a scenario that anyone can [`replay`].

mod case;
mod cause;
mod diagnosis;
mod document;
pub mod evidence;
mod experiment;
mod fact;
mod forecast;
mod remedy;
mod replay;
mod sound;
mod suspect;
pub mod why;

pub use case::{Case, ClockKnowledge, Coverage, Record, Source, StoreProblem};
pub use cause::{CauseKind, Status, UnknownCause};
pub use diagnosis::{Cause, EventDiagnosis, Evidence, OnlyIt, RecordResult, WithoutIt, diagnose};
pub use document::{DIAGNOSIS_SCHEMA, Document, DocumentFile, diagnosis_schema};
pub use experiment::{MAX_JOINT, MAX_RUNS};
pub use fact::{EMPTY_STORE, Fact, base64};
pub use forecast::{Forecast, forecast};
pub use remedy::{Remedy, remedy_files};
pub use replay::{Replay, is_proof, replay};
