//! `.evt`: the log of Windows XP and Server 2003 (EVENTLOGHEADER, EVENTLOGRECORD in winnt.h). Its
//! records lie in a ring: one may begin at the end of the file and go on behind the header.

use super::binary_xml::{sid, utf16};
use super::record::{DataItem, EventRecord};
use super::{APPLICATION_CHANNEL, CRYPT32_SOURCE, EventLogError, EventLogErrorKind, Sink};
use crate::base::time::Time;
use crate::format::octets::{size, slice_at, u16_at, u32_at};

const HEADER: usize = 0x30;
const MAGIC: &[u8] = b"LfLe";
/// Fields of fixed length, before the names.
const FIXED: usize = 56;

pub(super) fn read(octets: &[u8], sink: &mut Sink<'_>) {
    // The header's offsets are those of the last orderly end: every place is looked at.
    let mut position = HEADER;
    while position + FIXED <= octets.len() {
        if slice_at(octets, position + 4, MAGIC.len()) != Some(MAGIC) {
            position += 4;
            continue;
        }
        let length = match length_at(octets, position) {
            Ok(length) => length,
            Err(kind) => {
                sink.problem(EventLogError::new(kind, position));
                position += 4;
                continue;
            }
        };
        match record(octets, position, length) {
            Ok(found) => sink.record(found),
            Err(kind) => sink.problem(EventLogError::new(kind, position)),
        }
        // also behind a record that makes no sense: no octet is read for two records
        position += length.next_multiple_of(4);
    }
}

/// The length of the record at a place, which stands at its end once more.
fn length_at(octets: &[u8], start: usize) -> Result<usize, EventLogErrorKind> {
    let length = u32_at(octets, start).map_or(0, size);
    if length == HEADER {
        return Err(EventLogErrorKind::Field("a header within the log"));
    }
    if length < FIXED + 4 || length > octets.len() - HEADER {
        return Err(EventLogErrorKind::Field("a record's length does not fit"));
    }
    let (tail, ring) = (octets.get(start..), octets.get(HEADER..));
    let record = tail.into_iter().chain(ring).flatten().skip(length - 4).take(4);
    if !record.eq(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()) {
        return Err(EventLogErrorKind::Field("a record's two lengths differ"));
    }
    Ok(length)
}

fn record(octets: &[u8], start: usize, length: usize) -> Result<EventRecord, EventLogErrorKind> {
    let wrapped;
    let body = match slice_at(octets, start, length) {
        Some(body) => body,
        None => {
            let tail = octets.get(start..).unwrap_or_default();
            let head = slice_at(octets, HEADER, length - tail.len()).unwrap_or_default();
            wrapped = [tail, head].concat();
            &wrapped
        }
    };
    let number = |offset: usize| u32_at(body, offset).unwrap_or_default();
    let half = |offset: usize| u16_at(body, offset).unwrap_or_default();
    let mut record = EventRecord::empty(start);
    record.record_id = Some(number(8).into());
    // TimeWritten; seconds since 1970
    record.time = Some(Time::from_unix(number(16).into()));
    record.event_id = half(20);
    record.qualifiers = Some(half(22));
    record.level = level(half(24));
    record.task = Some(half(28));
    let (source, behind) = text_at(body, FIXED).ok_or(NO_END)?;
    let (computer, _) = text_at(body, behind).ok_or(NO_END)?;
    (record.provider, record.computer) = (source, computer);
    if record.provider.eq_ignore_ascii_case(CRYPT32_SOURCE) {
        // the source writes to this log only (reference, auto-root-update 5)
        record.channel = APPLICATION_CHANNEL.to_owned();
    }
    record.user_sid = slice_at(body, size(number(44)), size(number(40))).and_then(sid);
    let mut place = size(number(36));
    for _ in 0..half(26) {
        let (value, behind) = text_at(body, place).ok_or(NO_END)?;
        record.data.push(DataItem { name: None, value });
        place = behind;
    }
    let binary = slice_at(body, size(number(52)), size(number(48))).unwrap_or_default();
    if !binary.is_empty() {
        record.binary = Some(binary.iter().map(|octet| format!("{octet:02X}")).collect());
    }
    Ok(record)
}

const NO_END: EventLogErrorKind = EventLogErrorKind::Field("a text without its end");

/// EVENTLOG_*_TYPE as the level of later Windows.
fn level(kind: u16) -> Option<u8> {
    match kind {
        1 => Some(2),
        2 => Some(3),
        0 | 4 | 8 | 16 => Some(4),
        _ => None,
    }
}

/// The UTF-16 text at a place, and where the next one begins.
fn text_at(body: &[u8], start: usize) -> Option<(String, usize)> {
    let rest = body.get(start..)?;
    let length = rest.as_chunks::<2>().0.iter().position(|unit| *unit == [0, 0])? * 2;
    Some((utf16(rest.get(..length)?), start + length + 2))
}
