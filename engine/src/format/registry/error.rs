//! What can be wrong with a hive, an export or a policy file.

use std::fmt;

use super::system_certificates::Mismatch;
use crate::format::Limit;

/// What was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistryErrorKind {
    /// A structure does not begin as it should: what was expected.
    Signature(&'static str),
    /// The base block's checksum is wrong: the one it has, the one it should have.
    Checksum {
        /// In the base block.
        found: u32,
        /// Over the base block.
        computed: u32,
    },
    /// The file is not a hive but a hive's transaction log.
    TransactionLog,
    /// A hive of a version that is not read here: major, minor.
    Version(u32, u32),
    /// The file ends, or a cell ends, before what it should hold: what that is.
    CutShort(&'static str),
    /// An offset that no cell can have: of what, and the offset.
    CellOffset(&'static str, u32),
    /// A cell whose size cannot be: of what, and the size as it stands.
    CellSize(&'static str, i32),
    /// Something in use lies in a cell that is marked as free.
    FreeCell(&'static str),
    /// Two things lead to the same cell, or a key is below itself.
    Shared(&'static str),
    /// The hive was being written when the file was taken.
    Dirty,
    /// A key in use that no list of subkeys leads to: Windows does not see it.
    Unreachable,
    /// A key where an object should be has no value `Blob`.
    NoBlob,
    /// An object of another kind than its place is for.
    ObjectKind,
    /// An object's SHA-1 is not its key's name, or not its property 3: Windows ignores it.
    Thumbprint(Mismatch),
    /// A property that Windows computes is not what it should be: its number.
    Property(u32),
    /// More than [`MAX_KEY_DEPTH`](super::MAX_KEY_DEPTH) keys within keys.
    Depth,
    /// A key's path is longer than [`MAX_PATH_LENGTH`](super::MAX_PATH_LENGTH).
    PathLength,
    /// A structure contradicts its format.
    Malformed(&'static str),
    /// A line of a `.reg` file: its number from 1, and what is wrong with it.
    Line(usize, &'static str),
    /// A limit would be exceeded.
    TooLarge(Limit),
}

/// What was wrong, where, and with which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryError {
    /// What was wrong.
    pub kind: RegistryErrorKind,
    /// Octets from the beginning of the file.
    pub offset: usize,
    /// The key it concerns; empty where none is known.
    pub key: String,
}

impl RegistryError {
    pub(super) fn new(kind: RegistryErrorKind, offset: usize) -> Self {
        Self { kind, offset, key: String::new() }
    }

    pub(super) fn malformed(what: &'static str, offset: usize) -> Self {
        Self::new(RegistryErrorKind::Malformed(what), offset)
    }

    fn of_key(mut self, path: &[String]) -> Self {
        if self.key.is_empty() {
            self.key = path.join("\\");
        }
        self
    }
}

impl fmt::Display for RegistryErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature(expected) => write!(f, "{expected} is not there"),
            Self::Checksum { found, computed } => {
                write!(f, "the base block's checksum is {found:#010x}, not {computed:#010x}")
            }
            Self::TransactionLog => f.write_str("a hive's transaction log, not a hive"),
            Self::Version(major, minor) => write!(f, "a hive of version {major}.{minor}"),
            Self::CutShort(what) => write!(f, "{what} is cut short"),
            Self::CellOffset(what, offset) => write!(f, "{what} cannot lie at {offset:#x}"),
            Self::CellSize(what, size) => write!(f, "the cell of {what} has size {size}"),
            Self::FreeCell(what) => write!(f, "the cell of {what} is marked as free"),
            Self::Shared(what) => write!(f, "{what} is reached a second time"),
            Self::Dirty => f.write_str(
                "the hive is dirty: it was being written, and what it lacks is in its transaction \
                 logs",
            ),
            Self::Unreachable => {
                f.write_str("no list of subkeys leads to this key: Windows does not see it")
            }
            Self::NoBlob => f.write_str("there is no value Blob"),
            Self::ObjectKind => f.write_str("an object of another kind than its place is for"),
            Self::Thumbprint(mismatch) => write!(f, "{mismatch}; Windows ignores it"),
            Self::Property(id) => {
                write!(f, "property {id} is not what computing it gives: somebody wrote it")
            }
            Self::Depth => write!(f, "more keys within keys than Windows allows"),
            Self::PathLength => write!(f, "a key's path is longer than MAX_PATH_LENGTH allows"),
            Self::Malformed(what) => f.write_str(what),
            Self::Line(number, what) => write!(f, "line {number}: {what}"),
            Self::TooLarge(limit) => write!(f, "more than {limit} allows"),
        }
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{} at offset {}", self.kind, self.offset)
    }
}

impl std::error::Error for RegistryError {}

/// Problems, as many as a limit allows; the last one says that there were more.
#[derive(Debug, Clone)]
pub(in crate::format) struct Problems {
    list: Vec<RegistryError>,
    most: usize,
}

impl Problems {
    pub(in crate::format) fn new(most: usize) -> Self {
        Self { list: Vec::new(), most }
    }

    pub(in crate::format) fn add(&mut self, error: RegistryError) {
        match self.list.len().cmp(&self.most) {
            std::cmp::Ordering::Less => self.list.push(error),
            std::cmp::Ordering::Equal => {
                let kind = RegistryErrorKind::TooLarge(Limit::MaxItems);
                self.list.push(RegistryError::new(kind, error.offset));
            }
            std::cmp::Ordering::Greater => {}
        }
    }

    /// As [`Self::add`], with the key it concerns; that costs nothing once the list is full.
    pub(super) fn add_of_key(&mut self, error: RegistryError, path: &[String]) {
        let is_kept = self.list.len() < self.most;
        self.add(if is_kept { error.of_key(path) } else { error });
    }

    pub(in crate::format) fn len(&self) -> usize {
        self.list.len()
    }

    pub(in crate::format) fn into_vec(self) -> Vec<RegistryError> {
        self.list
    }
}
