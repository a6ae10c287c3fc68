//! Floor 6: the automatic root update and the events it writes.

pub mod admit;
pub mod event;
pub mod list;
mod run;

pub use run::{
    Attempt, CERTIFICATE_SUFFIX, LIST_FILE, OLD_ROOT_DIR_URL, ROOT_DIR_URL, RootUpdate,
    RootUpdateReport, SEQUENCE_FILE, is_newer,
};
