//! chaincheck's test data, made the same octets every time.
//!
//! The formats are written here once more, independently of the engine's readers: a mistake that
//! both made would have to be made twice. Keys are fixed and public (`testdata/keys`), nothing
//! reads a clock or a random source.
#![forbid(unsafe_code)]

pub mod cabinet;
pub mod certificate;
pub mod der;
pub mod event_xml;
pub mod fixtures;
pub mod hive;
pub mod hostile;
pub mod key;
pub mod lab;
pub mod list;
pub mod pfx;
pub mod reg;

/// A file of the test data: its path below `testdata/generated`, what it is, and its octets.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// The path.
    pub path: &'static str,
    /// What it is, in a sentence.
    pub what: &'static str,
    /// The octets.
    pub octets: Vec<u8>,
}
