//! The events of the automatic root update in the channel Application, as the record has them:
//! number and arguments. What they mean is `root_update`'s to say.

use serde::Serialize;

use super::record::EventRecord;
use super::{CAPI2_PROVIDER, CRYPT32_SOURCE};
use crate::base::hresult::{HResult, TextMatch};
use crate::base::time::Time;

/// A record of CAPI2 or crypt32 in the channel Application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApplicationEvent {
    /// Its number in its log.
    pub record_id: Option<u64>,
    /// When it was written.
    pub time: Option<Time>,
    /// The channel: always Application.
    pub channel: &'static str,
    /// Provider or source.
    pub source: &'static str,
    /// The event's number as written: 4097 and up, or 1 to 14 on Vista and XP.
    pub id: u16,
    /// 2 error, 4 information.
    pub level: Option<u8>,
    /// The arguments, in order, as they stand.
    pub arguments: Vec<String>,
    /// What the last argument says as a system message, if it is one: inferred from its text.
    pub error: Vec<TextMatch>,
}

/// Events with these numbers are written to Application only, so that their channel is known even
/// where an export has left it out (reference, auto-root-update 5, capi2-events 1.2).
const ONLY_IN_APPLICATION: &[std::ops::RangeInclusive<u16>] = &[256..=257, 512..=513, 4097..=4192];

/// The record as an event of the channel Application. None if it is of another channel: number 11
/// means a failed list there, and a chain that was built in CAPI2's own channel.
#[must_use]
pub fn application_event(record: &EventRecord) -> Option<ApplicationEvent> {
    let source = if record.provider.eq_ignore_ascii_case(CRYPT32_SOURCE) {
        CRYPT32_SOURCE
    } else if record.provider.eq_ignore_ascii_case(CAPI2_PROVIDER) {
        CAPI2_PROVIDER
    } else {
        return None;
    };
    let by_number = ONLY_IN_APPLICATION.iter().any(|range| range.contains(&record.event_id));
    let no_channel = record.channel.is_empty() && (source == CRYPT32_SOURCE || by_number);
    if !record.is_application() && !no_channel {
        return None;
    }
    let arguments: Vec<String> = record.data.iter().map(|item| item.value.clone()).collect();
    let error = arguments.last().filter(|_| arguments.len() > 1);
    Some(ApplicationEvent {
        record_id: record.record_id,
        time: record.time,
        channel: super::APPLICATION_CHANNEL,
        source,
        id: record.event_id,
        level: record.level,
        error: error.map(|text| HResult::identify(text)).unwrap_or_default(),
        arguments,
    })
}
