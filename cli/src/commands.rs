//! One module a command: what was typed becomes a question to the engine, its answer a report.

pub(crate) mod run;
