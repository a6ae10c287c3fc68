//! `.evtx`: the log of Windows Vista and later. A header of 4 KiB, then chunks of 64 KiB, each of
//! which can be read alone.

use super::binary_xml::{Chunk, Extent};
use super::crc::crc32;
use super::record::EventRecord;
use super::{EventLogError, EventLogErrorKind, Sink};
use crate::base::time::Time;
use crate::format::octets::{size, slice_at, u16_at, u32_at};

const FILE_HEADER: usize = 4096;
const CHUNK: usize = 65_536;
const CHUNK_MAGIC: &[u8] = b"ElfChnk\0";
const CHUNK_HEADER: usize = 512;
/// Flag of a chunk that has no checksums.
const NO_CHECKSUM: u32 = 4;
const RECORD_MAGIC: &[u8] = &[0x2a, 0x2a, 0, 0];
/// Magic, length, number, time.
const RECORD_HEADER: usize = 24;
/// The length once more.
const RECORD_TRAILER: usize = 4;

pub(super) fn read(octets: &[u8], sink: &mut Sink<'_>) {
    check_header(octets, sink);
    // The header's number of chunks is that of the last orderly end: every place is looked at.
    let mut start = FILE_HEADER;
    while let Some(rest) = octets.get(start..).filter(|rest| !rest.is_empty()) {
        let chunk = rest.get(..CHUNK).unwrap_or(rest);
        if chunk.starts_with(CHUNK_MAGIC) {
            read_chunk(chunk, start, sink);
        } else if chunk.iter().any(|octet| *octet != 0) {
            let problem = match chunk.len() < CHUNK_MAGIC.len() {
                true => EventLogErrorKind::Truncated("a chunk"),
                false => EventLogErrorKind::ChunkMagic,
            };
            sink.problem(EventLogError::new(problem, start));
        }
        start += CHUNK;
    }
}

fn check_header(octets: &[u8], sink: &mut Sink<'_>) {
    let mut problem = |kind, offset| sink.problem(EventLogError::new(kind, offset));
    if octets.len() < FILE_HEADER {
        return problem(EventLogErrorKind::Truncated("the header"), octets.len());
    }
    if u16_at(octets, 40).map(usize::from) != Some(FILE_HEADER) {
        problem(EventLogErrorKind::Field("the header's length is not 4096"), 40);
    }
    let sum = octets.get(..120).map(|checked| crc32(&[checked]));
    if sum != u32_at(octets, 124) {
        problem(EventLogErrorKind::Checksum("the header"), 124);
    }
}

fn read_chunk(chunk: &[u8], base: usize, sink: &mut Sink<'_>) {
    let is_whole = chunk.len() == CHUNK;
    if !is_whole {
        sink.problem(EventLogError::new(
            EventLogErrorKind::Truncated("a chunk"),
            base + chunk.len(),
        ));
    }
    let mut end = u32_at(chunk, 48).map_or(0, size);
    let is_sound = is_whole && check_chunk(chunk, end, base, sink);
    if !(CHUNK_HEADER..=CHUNK).contains(&end) {
        let lie = EventLogErrorKind::Field("the end of a chunk's records lies outside of it");
        sink.problem(EventLogError::new(lie, base + 48));
        end = CHUNK;
    }
    let records = chunk.get(..end).unwrap_or(chunk);
    let mut xml = Chunk::new(chunk);
    let mut position = CHUNK_HEADER;
    while position < records.len() {
        match record_at(records, position) {
            Ok(length) => {
                read_record(&mut xml, chunk, (position, length), base, is_sound, sink);
                position += length;
            }
            Err(kind) => {
                sink.problem(EventLogError::new(kind, base + position));
                match next_record(records, position) {
                    Some(next) => position = next,
                    None => break,
                }
            }
        }
    }
}

/// Whether both checksums are right; a chunk may say that it has none.
fn check_chunk(chunk: &[u8], end: usize, base: usize, sink: &mut Sink<'_>) -> bool {
    if u32_at(chunk, 120).is_some_and(|flags| flags & NO_CHECKSUM != 0) {
        return true;
    }
    let mut is_sound = true;
    let mut check = |pieces: &[&[u8]], field: usize, what| {
        if Some(crc32(pieces)) != u32_at(chunk, field) {
            sink.problem(EventLogError::new(EventLogErrorKind::Checksum(what), base + field));
            is_sound = false;
        }
    };
    let part = |range: std::ops::Range<usize>| chunk.get(range).unwrap_or_default();
    check(&[part(0..120), part(128..CHUNK_HEADER)], 124, "a chunk's header");
    check(&[part(CHUNK_HEADER..end)], 52, "a chunk's records");
    is_sound
}

/// The length of the record at a place.
fn record_at(records: &[u8], position: usize) -> Result<usize, EventLogErrorKind> {
    let rest = records.get(position..).unwrap_or_default();
    if !rest.starts_with(RECORD_MAGIC) {
        return Err(EventLogErrorKind::Field("no record begins here"));
    }
    let length = u32_at(rest, 4).map_or(0, size);
    if length < RECORD_HEADER + RECORD_TRAILER {
        return Err(EventLogErrorKind::Field("a record's length is below that of its header"));
    }
    if length > rest.len() {
        return Err(EventLogErrorKind::Truncated("a record"));
    }
    if u32_at(rest, length - RECORD_TRAILER).map(size) != Some(length) {
        return Err(EventLogErrorKind::Field("a record's two lengths differ"));
    }
    Ok(length)
}

/// Where the next record that makes sense begins: they are aligned to 8 octets.
fn next_record(records: &[u8], position: usize) -> Option<usize> {
    let after = (position / 8 + 1) * 8;
    (after..records.len()).step_by(8).find(|next| record_at(records, *next).is_ok())
}

fn read_record(
    xml: &mut Chunk<'_>,
    chunk: &[u8],
    (position, length): (usize, usize),
    base: usize,
    is_sound: bool,
    sink: &mut Sink<'_>,
) {
    let number = slice_at(chunk, position + 8, 8).and_then(|field| field.try_into().ok());
    let number = number.map_or(0, u64::from_le_bytes);
    let written = slice_at(chunk, position + 16, 8).and_then(|field| field.try_into().ok());
    let written = written.map(Time::from_filetime_octets);
    let (start, end) = (position + RECORD_HEADER, position + length - RECORD_TRAILER);
    let limits = sink.limits;
    let (builder, result) = xml.event(start, end, &mut sink.interner, &limits);
    let is_complete = result == Ok(Extent::Whole);
    let root = builder.finish().into_iter().next();
    if let Err(error) = result {
        let error = EventLogError::new(error.kind, base + error.offset);
        sink.problem(error.of_record(Some(number)));
    }
    let Some(root) = root else { return };
    match EventRecord::from_element(root, base + position) {
        Ok(mut record) => {
            record.record_id.get_or_insert(number);
            record.time = record.time.or(written);
            record.is_complete = is_complete && is_sound;
            sink.record(record);
        }
        Err(kind) => {
            sink.problem(EventLogError::new(kind, base + position).of_record(Some(number)))
        }
    }
}
