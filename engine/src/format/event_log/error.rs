//! What can be wrong with an event log.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::format::Kind;

/// What was wrong with a log or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventLogErrorKind {
    /// The file is something else.
    NotAnEventLog(Kind),
    /// The file ends within something.
    Truncated(&'static str),
    /// A chunk of an `.evtx` file does not begin as one.
    ChunkMagic,
    /// A chunk's checksum is not that of its octets. Its records are read all the same.
    Checksum(&'static str),
    /// A field contradicts the format.
    Field(&'static str),
    /// Binary XML has a token that does not exist.
    Token(u8),
    /// A text is neither UTF-8 nor UTF-16: what is not is replaced by U+FFFD.
    Encoding,
    /// XML is not well formed.
    Xml(String),
    /// The text ends while this element is open. What it holds so far was kept.
    Unclosed(String),
    /// An end without a start: what stood before it was taken as that element's content.
    Unopened(String),
    /// JSON is malformed.
    Json(String),
    /// Well-formed, but no event.
    NotAnEvent(String),
    /// A limit would be exceeded.
    TooLarge(EventLogLimit),
}

/// Which bound was exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventLogLimit {
    /// [`EventLogLimits::max_input`](super::EventLogLimits::max_input)
    MaxInput,
    /// [`EventLogLimits::max_records`](super::EventLogLimits::max_records)
    MaxRecords,
    /// [`EventLogLimits::max_depth`](super::EventLogLimits::max_depth)
    MaxDepth,
    /// [`EventLogLimits::max_record`](super::EventLogLimits::max_record)
    MaxRecord,
    /// [`EventLogLimits::max_kept_ratio`](super::EventLogLimits::max_kept_ratio)
    MaxKept,
    /// How many kinds of records of other providers are told apart.
    MaxTallies,
    /// How much binary XML may be read in one chunk.
    MaxChunkWork,
    /// How often reading begins anew behind malformed XML.
    MaxRestarts,
}

/// What was wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLogError {
    /// What was wrong.
    pub kind: EventLogErrorKind,
    /// Octets from the beginning of the file; for a text in UTF-16 and for PowerShell's wrapped
    /// text, octets of the text as UTF-8 and unwrapped.
    pub offset: usize,
    /// The number of the record it concerns, where that is known.
    pub record_id: Option<u64>,
}

impl EventLogError {
    pub(super) fn new(kind: EventLogErrorKind, offset: usize) -> Self {
        Self { kind, offset, record_id: None }
    }

    pub(super) fn too_large(limit: EventLogLimit) -> Self {
        Self::new(EventLogErrorKind::TooLarge(limit), 0)
    }

    pub(super) fn of_record(self, record_id: Option<u64>) -> Self {
        Self { record_id, ..self }
    }
}

impl fmt::Display for EventLogErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnEventLog(kind) => write!(f, "{kind} is no event log"),
            Self::Truncated(what) => write!(f, "the file ends within {what}"),
            Self::ChunkMagic => write!(f, "no chunk begins here"),
            Self::Checksum(what) => write!(f, "the checksum of {what} does not match"),
            Self::Field(what) => write!(f, "{what}"),
            Self::Token(token) => write!(f, "{token:#04x} is no token of binary XML"),
            Self::Encoding => write!(f, "neither UTF-8 nor UTF-16"),
            Self::Xml(what) => write!(f, "not well-formed XML ({what})"),
            Self::Unclosed(name) => write!(f, "the text ends within <{name}>"),
            Self::Unopened(name) => write!(f, "</{name}> closes nothing that was opened"),
            Self::Json(what) => write!(f, "malformed JSON ({what})"),
            Self::NotAnEvent(what) => write!(f, "{what} is no event"),
            Self::TooLarge(limit) => write!(f, "more than {limit} allows"),
        }
    }
}

impl fmt::Display for EventLogLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MaxInput => "max_input",
            Self::MaxRecords => "max_records",
            Self::MaxDepth => "max_depth",
            Self::MaxRecord => "max_record",
            Self::MaxKept => "max_kept_ratio",
            Self::MaxTallies => "MAX_TALLIES",
            Self::MaxChunkWork => "MAX_CHUNK_WORK",
            Self::MaxRestarts => "MAX_RESTARTS",
        })
    }
}

impl fmt::Display for EventLogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = self.record_id {
            write!(f, "record {id}: ")?;
        }
        write!(f, "{} at offset {}", self.kind, self.offset)
    }
}

impl std::error::Error for EventLogError {}

impl Serialize for EventLogError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
