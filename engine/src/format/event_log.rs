//! Event logs in every form they are handed around in, and what CAPI2 wrote into them.
//!
//! [`read`] takes `.evtx` files, the `.evt` of Windows XP, XML as wevtutil and the Event Viewer
//! write it, what is copied from the Event Viewer, wrapped PowerShell output and evtx_dump's JSON
//! (reference, capi2-events 6). Records of CAPI2 and of crypt32 are kept whole as
//! [`EventRecord`]s; all others are only counted. [`capi2::decode`] gives a record of the channel
//! CAPI2/Operational as typed values, [`task`] puts the records of one call together again, and
//! [`clock`] compares the machine's clock with that of the servers it asked.
//!
//! What cannot be read is a [problem](EventLog::problems) with its place; the rest is read.

pub mod application;
mod binary_xml;
pub mod capi2;
pub mod clock;
mod crc;
mod element;
mod error;
mod evtx;
mod json;
mod legacy;
mod record;
pub mod task;
mod text;
mod xml;

use serde::Serialize;

use super::detect;
use super::kind::Kind;

pub use element::Element;
pub use error::{EventLogError, EventLogErrorKind, EventLogLimit};
pub use record::{DataItem, EventRecord, IdSource};

use element::Interner;

/// The provider of CAPI2's events since Windows Vista, in both its channels.
pub const CAPI2_PROVIDER: &str = "Microsoft-Windows-CAPI2";
/// The source of the automatic root update's events on Windows XP and Server 2003.
pub const CRYPT32_SOURCE: &str = "crypt32";
/// CAPI2's own channel. Its numbers and those of the channel Application mean different things.
pub const OPERATIONAL_CHANNEL: &str = "Microsoft-Windows-CAPI2/Operational";
/// The channel of the automatic root update's events.
pub const APPLICATION_CHANNEL: &str = "Application";

/// How much work reading a log may cost. The numbers are ours: far above every real log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventLogLimits {
    /// Octets of one log.
    pub max_input: usize,
    /// Records of CAPI2 that are kept.
    pub max_records: usize,
    /// Elements within elements in one record, and binary XML within binary XML. Real ones have 9.
    pub max_depth: usize,
    /// Octets one record may occupy when read. A large event 90 takes some 100 KiB.
    pub max_record: usize,
    /// Octets all kept records may occupy, in multiples of the log's own; [`KEPT_FLOOR`] is free.
    pub max_kept_ratio: usize,
    /// Problems that are kept; more are only counted.
    pub max_problems: usize,
}

/// Octets that records may occupy whatever the size of their log.
pub const KEPT_FLOOR: usize = 16 << 20;

impl Default for EventLogLimits {
    fn default() -> Self {
        Self {
            max_input: 512 << 20,
            max_records: 1 << 20,
            max_depth: 64,
            max_record: 4 << 20,
            max_kept_ratio: 2,
            max_problems: 1000,
        }
    }
}

/// How many records of a kind that is not CAPI2's a log has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// The provider.
    pub provider: String,
    /// The event's number.
    pub event_id: u16,
    /// How many records.
    pub count: u64,
}

/// A log that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventLog {
    /// What form it has.
    #[serde(serialize_with = "as_text")]
    pub kind: Kind,
    /// The records of CAPI2 and crypt32, in the log's order.
    pub records: Vec<EventRecord>,
    /// The records of everyone else, by provider and number.
    pub others: Vec<Tally>,
    /// How many records were read, kept or not.
    pub total: u64,
    /// What could not be read, in the order it was met.
    pub problems: Vec<EventLogError>,
    /// How many further problems there were.
    pub more_problems: u64,
}

fn as_text<S: serde::Serializer, T: std::fmt::Display>(
    value: &T,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

/// Reads a log, whatever its form.
///
/// # Errors
/// The octets are no event log, or more than [`EventLogLimits::max_input`]. Everything else is a
/// problem beside the records.
pub fn read(octets: &[u8], limits: &EventLogLimits) -> Result<EventLog, EventLogError> {
    let mut records = Vec::new();
    let mut log = visit(octets, limits, &mut |record| records.push(record))?;
    log.records = records;
    Ok(log)
}

/// Reads a log and hands on each of CAPI2's records instead of keeping it: for logs that need not
/// be in memory at once. [`EventLog::records`] stays empty.
///
/// # Errors
/// As [`read`].
pub fn visit(
    octets: &[u8],
    limits: &EventLogLimits,
    receive: &mut dyn FnMut(EventRecord),
) -> Result<EventLog, EventLogError> {
    if octets.len() > limits.max_input {
        return Err(EventLogError::too_large(EventLogLimit::MaxInput));
    }
    let kind = detect(octets);
    let mut sink = Sink::new(kind, octets.len(), limits, receive);
    match kind {
        Kind::EventLog => evtx::read(octets, &mut sink),
        Kind::LegacyEventLog => legacy::read(octets, &mut sink),
        Kind::EventXml => xml::read(octets, &mut sink),
        Kind::EventText => text::read(octets, &mut sink),
        Kind::EventJson => json::read(octets, &mut sink),
        other => return Err(EventLogError::new(EventLogErrorKind::NotAnEventLog(other), 0)),
    }
    Ok(sink.finish())
}

/// Where the readers put what they find.
struct Sink<'s> {
    limits: EventLogLimits,
    interner: Interner,
    receive: &'s mut dyn FnMut(EventRecord),
    log: EventLog,
    tallies: std::collections::BTreeMap<(String, u16), u64>,
    kept: usize,
    records: usize,
    max_kept: usize,
}

/// How many kinds of other records are told apart; a real log has some hundreds.
const MAX_TALLIES: usize = 16_384;

impl<'s> Sink<'s> {
    fn new(
        kind: Kind,
        input: usize,
        limits: &EventLogLimits,
        receive: &'s mut dyn FnMut(EventRecord),
    ) -> Self {
        Self {
            limits: *limits,
            interner: Interner::default(),
            receive,
            log: EventLog {
                kind,
                records: Vec::new(),
                others: Vec::new(),
                total: 0,
                problems: Vec::new(),
                more_problems: 0,
            },
            tallies: std::collections::BTreeMap::new(),
            kept: 0,
            records: 0,
            max_kept: input.saturating_mul(limits.max_kept_ratio).saturating_add(KEPT_FLOOR),
        }
    }

    /// A record, of whomever.
    fn record(&mut self, record: EventRecord) {
        self.log.total += 1;
        if !record.is_capi2() {
            self.tally(record.provider, record.event_id);
            return;
        }
        self.records += 1;
        self.kept = self.kept.saturating_add(record.weight());
        let offset = record.offset;
        if self.records > self.limits.max_records {
            self.once_too_large(EventLogLimit::MaxRecords, offset);
        } else if self.kept > self.max_kept {
            self.once_too_large(EventLogLimit::MaxKept, offset);
        } else {
            (self.receive)(record);
        }
    }

    fn tally(&mut self, provider: String, event_id: u16) {
        let key = (provider, event_id);
        if let Some(count) = self.tallies.get_mut(&key) {
            *count += 1;
        } else if self.tallies.len() < MAX_TALLIES {
            self.tallies.insert(key, 1);
        } else {
            self.once_too_large(EventLogLimit::MaxTallies, 0);
        }
    }

    fn once_too_large(&mut self, limit: EventLogLimit, offset: usize) {
        let kind = EventLogErrorKind::TooLarge(limit);
        if !self.log.problems.iter().any(|problem| problem.kind == kind) {
            self.problem(EventLogError::new(kind, offset));
        }
    }

    fn problem(&mut self, problem: EventLogError) {
        if self.log.problems.len() < self.limits.max_problems {
            self.log.problems.push(problem);
        } else {
            self.log.more_problems += 1;
        }
    }

    fn finish(mut self) -> EventLog {
        let tallies = self.tallies.into_iter();
        self.log.others = tallies
            .map(|((provider, event_id), count)| Tally { provider, event_id, count })
            .collect();
        self.log
    }
}

#[cfg(test)]
mod tests;
