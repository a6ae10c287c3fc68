//! One module a command: what was typed becomes a question to the engine, its answer a report.

pub(crate) mod diagnose;
pub(crate) mod dump;
pub(crate) mod explain;
pub(crate) mod list;
pub(crate) mod reproduce;
pub(crate) mod run;
pub(crate) mod shell;
pub(crate) mod trust;
pub(crate) mod verify;
