//! The lists that come with the engine, as tables of facts.
//!
//! They are the newest lists that were at hand when this version was made; each table names the
//! list's sequence number, date and SHA-256, so that it can be compared with the signed list.

use std::sync::OnceLock;

use super::{DisallowedList, RootProgram, table};

/// The table of the root list of 2026-10-23.
pub const AUTH_ROOT_TABLE: &str = include_str!("../../../data/trust/authroot.tsv");
/// The table of the disallowed list of 2020-12-10.
pub const DISALLOWED_TABLE: &str = include_str!("../../../data/trust/disallowed.tsv");

/// The embedded root program. `None` if its table cannot be read, which a test excludes.
#[must_use]
pub fn root_program() -> Option<&'static RootProgram> {
    static PROGRAM: OnceLock<Option<RootProgram>> = OnceLock::new();
    PROGRAM.get_or_init(|| table::read_program(AUTH_ROOT_TABLE).ok()).as_ref()
}

/// The embedded disallowed list. `None` if its table cannot be read, which a test excludes.
#[must_use]
pub fn disallowed_list() -> Option<&'static DisallowedList> {
    static LIST: OnceLock<Option<DisallowedList>> = OnceLock::new();
    LIST.get_or_init(|| table::read_disallowed(DISALLOWED_TABLE).ok()).as_ref()
}
