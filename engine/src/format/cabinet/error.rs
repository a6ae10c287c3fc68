//! What can be wrong with a cabinet.

use std::fmt;

use super::Compression;
use crate::base::hresult::ERROR_FILE_TOO_LARGE;
use crate::base::hresult::{self, HResult};
use crate::format::limits::Limit;

/// What was wrong with a cabinet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CabinetErrorKind {
    /// The octets do not begin with `MSCF`.
    NotACabinet,
    /// The cabinet ends inside a structure.
    Truncated,
    /// A header or table contradicts the format or itself.
    BadHeader(&'static str),
    /// A block's octets do not give its checksum.
    ChecksumMismatch {
        /// the field
        stored: u32,
        /// what the octets give
        computed: u32,
    },
    /// A block cannot be decompressed.
    Decompression(&'static str),
    /// The folder is compressed in a way that is not read here.
    UnsupportedCompression(Compression),
    /// The cabinet is one of a set that spans several files.
    MultiCabinet,
    /// There is no member with that index.
    NoSuchMember,
    /// A limit would be exceeded.
    TooLarge(Limit),
}

/// What was wrong, where, and in which structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CabinetError {
    /// What was wrong.
    pub kind: CabinetErrorKind,
    /// Octets from the beginning of the cabinet.
    pub offset: usize,
    /// The structure, as MS-CAB names it.
    pub context: &'static str,
}

impl CabinetError {
    pub(super) const fn new(kind: CabinetErrorKind, offset: usize, context: &'static str) -> Self {
        Self { kind, offset, context }
    }

    /// The code the automatic root update ends with for such a cabinet.
    ///
    /// "Not a cabinet" is documented, the others are inferred (reference, auto-root-update 6,
    /// step 4). What only this program refuses has no code of Windows' own and gives
    /// ERROR_INVALID_DATA; its limits give ERROR_FILE_TOO_LARGE.
    #[must_use]
    pub const fn hresult(&self) -> HResult {
        match self.kind {
            CabinetErrorKind::ChecksumMismatch { .. } | CabinetErrorKind::Decompression(_) => {
                hresult::ERROR_FILE_CORRUPT
            }
            CabinetErrorKind::TooLarge(_) => ERROR_FILE_TOO_LARGE,
            CabinetErrorKind::NotACabinet
            | CabinetErrorKind::Truncated
            | CabinetErrorKind::BadHeader(_)
            | CabinetErrorKind::UnsupportedCompression(_)
            | CabinetErrorKind::MultiCabinet
            | CabinetErrorKind::NoSuchMember => hresult::ERROR_INVALID_DATA,
        }
    }
}

impl fmt::Display for CabinetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            CabinetErrorKind::NotACabinet => write!(f, "not a cabinet")?,
            CabinetErrorKind::Truncated => write!(f, "the cabinet ends too early")?,
            CabinetErrorKind::BadHeader(what) => write!(f, "{what}")?,
            CabinetErrorKind::ChecksumMismatch { stored, computed } => {
                write!(f, "checksum is 0x{computed:08x}, should be 0x{stored:08x}")?;
            }
            CabinetErrorKind::Decompression(what) => write!(f, "cannot decompress: {what}")?,
            CabinetErrorKind::UnsupportedCompression(compression) => {
                write!(f, "{compression} is not supported")?;
            }
            CabinetErrorKind::MultiCabinet => {
                write!(f, "the cabinet is part of a set of several files")?;
            }
            CabinetErrorKind::NoSuchMember => write!(f, "no such member")?,
            CabinetErrorKind::TooLarge(limit) => write!(f, "more than {limit} allows")?,
        }
        write!(f, " at offset {} in {}", self.offset, self.context)
    }
}

impl std::error::Error for CabinetError {}
