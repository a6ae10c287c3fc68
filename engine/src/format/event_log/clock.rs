//! What the servers' clocks say of the machine's (reference, 4107-variants 3 B, capi2-events 3.5).

use std::collections::BTreeSet;

use serde::Serialize;

use super::capi2::{Capi2Event, Retrieved, decode};
use super::record::EventRecord;
use crate::base::time::Time;

/// One server's clock against the machine's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClockObservation {
    /// The record's place in the list it was taken from.
    pub record: usize,
    /// When the machine wrote the record: right after the response, by its own clock.
    pub machine_time: Time,
    /// When the server sent the response: its header `Date`, to the second.
    pub server_time: Time,
    /// The server.
    pub server: String,
    /// For how long a cache had kept the response, in seconds: its header `Age`. Then `Date` is
    /// that much too early, and the observation counts for nothing.
    pub age: Option<u64>,
}

impl ClockObservation {
    /// Seconds from the machine's clock to the server's: below zero, the machine is ahead.
    #[must_use]
    pub const fn offset(&self) -> i64 {
        // the event's fraction is cut off, as the server's is
        self.server_time.unix() - self.machine_time.unix()
    }

    fn is_fresh(&self) -> bool {
        self.age.unwrap_or(0) == 0
    }
}

/// Observations in a row that agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClockPeriod {
    /// The first, by the machine's clock.
    pub from: Time,
    /// The last, by the machine's clock.
    pub to: Time,
    /// How many.
    pub observations: usize,
    /// The servers asked.
    pub servers: BTreeSet<String>,
    /// Seconds to add to the machine's clock: the median.
    pub offset: i64,
    /// Greatest less smallest offset, in seconds.
    pub spread: i64,
}

impl ClockPeriod {
    /// Whether the machine's clock was wrong by more than [`TOLERANCE`]: one server's clock proves
    /// nothing, two that agree do.
    #[must_use]
    pub fn proves_wrong_clock(&self) -> bool {
        self.servers.len() > 1 && self.offset.abs() > TOLERANCE
    }
}

/// Seconds within which offsets agree: `Date` is cut to the second and the response takes time.
pub const TOLERANCE: i64 = 5;

/// Every response in the log that has the server's time, in the log's order.
#[must_use]
pub fn clock_skew(records: &[EventRecord]) -> Vec<ClockObservation> {
    let observations = records.iter().enumerate().filter(|(_, record)| record.event_id == 53);
    observations.filter_map(|(index, record)| observe(index, record)).collect()
}

fn observe(index: usize, record: &EventRecord) -> Option<ClockObservation> {
    let Capi2Event::Retrieved(retrieved) = decode(record)?.event else { return None };
    Some(ClockObservation {
        record: index,
        machine_time: record.time?,
        server_time: retrieved.http_date()?,
        server: server(&retrieved)?,
        age: retrieved.response_header("Age").and_then(|age| age.parse().ok()),
    })
}

fn server(retrieved: &Retrieved) -> Option<String> {
    let (_, behind) = retrieved.url.as_deref()?.split_once("://")?;
    let host = behind.split(['/', '?', '#']).next()?;
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// Puts observations that follow each other and agree into periods, so that a clock that was set
/// in between shows. Responses that a cache had kept are left out.
#[must_use]
pub fn clock_periods(observations: &[ClockObservation]) -> Vec<ClockPeriod> {
    let fresh: Vec<&ClockObservation> = observations.iter().filter(|o| o.is_fresh()).collect();
    let agree = |a: &&ClockObservation, b: &&ClockObservation| {
        a.offset().abs_diff(b.offset()) <= TOLERANCE.unsigned_abs()
    };
    fresh.chunk_by(agree).filter_map(period).collect()
}

fn period(observations: &[&ClockObservation]) -> Option<ClockPeriod> {
    let mut offsets: Vec<i64> = observations.iter().map(|o| o.offset()).collect();
    offsets.sort_unstable();
    let (least, greatest) = (*offsets.first()?, *offsets.last()?);
    Some(ClockPeriod {
        from: observations.iter().map(|o| o.machine_time).min()?,
        to: observations.iter().map(|o| o.machine_time).max()?,
        observations: observations.len(),
        servers: observations.iter().map(|o| o.server.clone()).collect(),
        offset: *offsets.get(offsets.len() / 2)?,
        spread: greatest - least,
    })
}
