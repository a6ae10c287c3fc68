//! Transaction logs: what was to be written to a hive that is dirty.
//!
//! The rules are those of the public format notes. A log begins with a copy of the hive's base
//! block (512 octets, file type 1, 2 or 6). In a log of Windows 8.1 and later (type 6) entries
//! `HvLE` follow, each with pages, where they belong and two hashes (Marvin32); those are applied
//! whose sequence numbers follow one another from the hive's secondary one on. An older log has a
//! bitmap `DIRT` of 512-octet pages, and the pages; it is applied if it was made of the hive as it
//! is.

use std::fmt;

use super::error::{RegistryError, RegistryErrorKind};
use super::hive::{BASE_BLOCK_LENGTH, BaseBlock, CHECKSUM_OFFSET, checksum_of};
use crate::format::octets::{size, slice_at, u32_at};

const SECTOR: usize = 512;
const ENTRY_HEADER_LENGTH: usize = 40;
const FILE_TYPE_OFFSET: usize = 28;
const FLAGS_OFFSET: usize = 144;
/// The seed of every log entry's hashes.
const SEED: u64 = 0x82ef_4d88_7a4e_55c5;

/// What became of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogOutcome {
    /// It was applied: the sequence numbers of the first and last entry (of the log itself, for an
    /// old one), and how many pages were written.
    Applied {
        /// Of the first entry applied.
        first: u32,
        /// Of the last entry applied.
        last: u32,
        /// How many pages were written.
        pages: usize,
    },
    /// It holds nothing the hive lacks.
    NothingNew,
    /// The hive is not dirty: its logs are ignored, as Windows does.
    NotNeeded,
    /// Its entries do not follow the hive's sequence number.
    DoesNotFollow {
        /// What would follow.
        expected: u32,
        /// What the log begins with.
        found: u32,
    },
    /// It cannot be used.
    Unusable(RegistryError),
}

/// What replaying did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayReport {
    /// What became of each log, in the order given.
    pub logs: Vec<LogOutcome>,
    /// What is wrong with logs that were applied nevertheless: entries behind which reading stopped.
    /// The number of the log, from 0, and the problem.
    pub problems: Vec<(usize, RegistryError)>,
    /// The base block was taken from this log because the hive's own was damaged.
    pub base_block_from: Option<usize>,
    /// Whether the result is as Windows would have it after loading: clean from the beginning, or
    /// something was applied.
    pub is_clean: bool,
}

/// Applies a dirty hive's transaction logs to a copy of it.
///
/// A log that cannot be used is told in the report, and so is a hive that stays dirty.
///
/// # Errors
/// If the hive does not begin as one.
pub fn replay(hive: &[u8], logs: &[&[u8]]) -> Result<(Vec<u8>, ReplayReport), RegistryError> {
    let base = BaseBlock::read(hive)?;
    let mut report = ReplayReport {
        logs: vec![LogOutcome::NotNeeded; logs.len()],
        problems: Vec::new(),
        base_block_from: None,
        is_clean: !base.is_dirty(),
    };
    let mut recovered = hive.to_vec();
    if report.is_clean {
        return Ok((recovered, report));
    }
    if recovered.len() < BASE_BLOCK_LENGTH {
        let kind = RegistryErrorKind::CutShort("the base block");
        return Err(RegistryError::new(kind, hive.len()));
    }
    let read: Vec<_> = logs.iter().map(|log| Log::read(log)).collect();
    if !base.is_sound() {
        restore_base_block(&mut recovered, logs, &read, &mut report);
    }
    let base = BaseBlock::read(&recovered)?;
    for (log, outcome) in read.iter().zip(&mut report.logs) {
        *outcome = match log {
            Ok(_) => LogOutcome::NothingNew,
            Err(error) => LogOutcome::Unusable(error.clone()),
        };
    }
    apply_entries(&mut recovered, &base, &read, &mut report);
    if !report.is_clean {
        apply_old(&mut recovered, &base, hive, &read, &mut report);
    }
    Ok((recovered, report))
}

/// A log's parts.
struct Log<'a> {
    base: BaseBlock,
    form: Form<'a>,
}

enum Form<'a> {
    /// The entries that are sound, and why reading ended where it was not the end.
    Entries(Vec<Entry<'a>>, Option<RegistryError>),
    /// What follows the base block.
    Bitmap(&'a [u8]),
}

impl<'a> Log<'a> {
    fn read(octets: &'a [u8]) -> Result<Self, RegistryError> {
        let base = BaseBlock::read(octets)?;
        if !base.is_sound() {
            let (found, computed) = (base.checksum, base.computed_checksum);
            let kind = RegistryErrorKind::Checksum { found, computed };
            return Err(RegistryError::new(kind, CHECKSUM_OFFSET));
        }
        let body = octets.get(SECTOR..).unwrap_or_default();
        let form = match u32_at(octets, FILE_TYPE_OFFSET) {
            Some(6) => {
                let (entries, problem) = Entry::read_all(octets);
                Form::Entries(entries, problem)
            }
            Some(1 | 2) if body.starts_with(b"DIRT") => Form::Bitmap(body),
            Some(1 | 2) => {
                return Err(RegistryError::new(RegistryErrorKind::Signature("DIRT"), SECTOR));
            }
            _ => return Err(RegistryError::malformed("not a transaction log", FILE_TYPE_OFFSET)),
        };
        Ok(Self { base, form })
    }
}

/// One entry `HvLE`.
#[derive(Clone, Copy)]
struct Entry<'a> {
    octets: &'a [u8],
    flags: u32,
    sequence: u32,
    bins_length: usize,
    pages: usize,
}

impl<'a> Entry<'a> {
    /// The entries from the second sector on, up to the first that is not sound. That no entry
    /// stands where one could is the end, not a problem.
    fn read_all(log: &'a [u8]) -> (Vec<Self>, Option<RegistryError>) {
        let mut entries = Vec::new();
        let mut position = SECTOR;
        while log.get(position..).is_some_and(|rest| rest.starts_with(b"HvLE")) {
            match Self::read(log, position) {
                Ok(entry) => {
                    position += entry.octets.len();
                    entries.push(entry);
                }
                Err(error) => return (entries, Some(error)),
            }
        }
        (entries, None)
    }

    fn read(log: &'a [u8], position: usize) -> Result<Self, RegistryError> {
        let cut = || RegistryError::new(RegistryErrorKind::CutShort("a log entry"), position);
        let malformed = |what| RegistryError::malformed(what, position);
        let length = size(u32_at(log, position + 4).ok_or_else(cut)?);
        if length < ENTRY_HEADER_LENGTH || !length.is_multiple_of(SECTOR) {
            return Err(malformed("a log entry's size is no multiple of 512"));
        }
        let octets = slice_at(log, position, length).ok_or_else(cut)?;
        let field = |at| u32_at(octets, at).ok_or_else(cut);
        let hash = |at| Ok(u64::from(field(at)?) | u64::from(field(at + 4)?) << 32);
        let body = octets.get(ENTRY_HEADER_LENGTH..).unwrap_or_default();
        if marvin32(body, SEED) != hash(24)? {
            return Err(malformed("the hash of a log entry's pages is wrong"));
        }
        if marvin32(octets.get(..32).unwrap_or_default(), SEED) != hash(32)? {
            return Err(malformed("the hash of a log entry's header is wrong"));
        }
        let bins_length = size(field(16)?);
        if bins_length == 0 || !bins_length.is_multiple_of(BASE_BLOCK_LENGTH) {
            return Err(malformed("a log entry's size of the hive bins is no multiple of 4096"));
        }
        let entry = Self {
            octets,
            flags: field(8)?,
            sequence: field(12)?,
            bins_length,
            pages: size(field(20)?),
        };
        // all pages must be there before one is written
        let found = entry.page_list().count();
        if found != entry.pages {
            return Err(malformed("a log entry's pages do not fit into it or the hive"));
        }
        Ok(entry)
    }

    /// Where each page belongs in the hive bins, and its octets; ends at one that does not fit.
    fn page_list(&self) -> impl Iterator<Item = (usize, &'a [u8])> + use<'a> {
        let (octets, bins_length) = (self.octets, self.bins_length);
        let references = self.pages.saturating_mul(8);
        let body = octets.get(ENTRY_HEADER_LENGTH..).unwrap_or_default();
        let (references, mut data) = body.split_at_checked(references).unwrap_or_default();
        references.chunks_exact(8).map_while(move |reference| {
            let (at, length) = (size(u32_at(reference, 0)?), size(u32_at(reference, 4)?));
            let (page, behind) = data.split_at_checked(length)?;
            data = behind;
            (at.checked_add(length)? <= bins_length).then_some((at, page))
        })
    }
}

/// Takes the base block of the newest sound log.
fn restore_base_block(
    hive: &mut [u8],
    logs: &[&[u8]],
    read: &[Result<Log<'_>, RegistryError>],
    report: &mut ReplayReport,
) {
    let sound =
        read.iter().enumerate().filter_map(|(index, log)| Some((index, log.as_ref().ok()?)));
    let Some((index, _)) = sound.max_by_key(|(_, log)| log.base.primary_sequence) else { return };
    let copy = logs.get(index).and_then(|log| log.get(..SECTOR));
    if let (Some(copy), Some(place)) = (copy, hive.get_mut(..SECTOR)) {
        place.copy_from_slice(copy);
        put(hive, FILE_TYPE_OFFSET, 0);
        seal(hive);
        report.base_block_from = Some(index);
    }
}

/// Applies the entries of new logs that follow the hive's secondary sequence number.
fn apply_entries(
    hive: &mut Vec<u8>,
    base: &BaseBlock,
    logs: &[Result<Log<'_>, RegistryError>],
    report: &mut ReplayReport,
) {
    let mut entries: Vec<(usize, &Entry<'_>)> = Vec::new();
    let mut most = hive.len();
    for (index, log) in logs.iter().enumerate() {
        let Ok(Log { form: Form::Entries(found, problem), .. }) = log else { continue };
        report.problems.extend(problem.iter().map(|problem| (index, problem.clone())));
        entries.extend(found.iter().map(|entry| (index, entry)));
        most += found.iter().map(|entry| entry.octets.len()).sum::<usize>();
    }
    entries.retain(|(_, entry)| entry.sequence >= base.secondary_sequence);
    entries.sort_by_key(|(_, entry)| entry.sequence);
    let mut expected = base.secondary_sequence;
    let mut left = entries.into_iter();
    for (index, entry) in left.by_ref() {
        // a hive only grows by bins that the log holds
        let fits = BASE_BLOCK_LENGTH + entry.bins_length <= most;
        let Some(outcome) = report.logs.get_mut(index).filter(|_| fits) else {
            let what = "a log entry makes the hive larger than the log can fill";
            report.problems.push((index, RegistryError::malformed(what, 0)));
            break;
        };
        // the same entry may stand in both logs
        if report.is_clean && entry.sequence.wrapping_add(1) == expected {
            continue;
        }
        if entry.sequence != expected {
            if !matches!(outcome, LogOutcome::Applied { .. }) {
                *outcome = LogOutcome::DoesNotFollow { expected, found: entry.sequence };
            }
            break;
        }
        hive.resize(hive.len().max(BASE_BLOCK_LENGTH + entry.bins_length), 0);
        for (at, page) in entry.page_list() {
            write(hive, BASE_BLOCK_LENGTH + at, page);
        }
        put(hive, 4, entry.sequence);
        put(hive, 8, entry.sequence);
        put(hive, 40, u32::try_from(entry.bins_length).unwrap_or(u32::MAX));
        put(hive, FLAGS_OFFSET, entry.flags);
        let (first, before) = match outcome {
            LogOutcome::Applied { first, pages, .. } => (*first, *pages),
            _ => (entry.sequence, 0),
        };
        let pages = before + entry.pages;
        *outcome = LogOutcome::Applied { first, last: entry.sequence, pages };
        report.is_clean = true;
        expected = entry.sequence.wrapping_add(1);
    }
    if report.is_clean {
        seal(hive);
    }
}

/// Applies the old log that was made of this hive.
fn apply_old(
    hive: &mut Vec<u8>,
    base: &BaseBlock,
    original: &[u8],
    logs: &[Result<Log<'_>, RegistryError>],
    report: &mut ReplayReport,
) {
    // where the hive's own base block is damaged, the first bin's time says which log is its own
    let stamp = match (report.base_block_from, slice_at(original, BASE_BLOCK_LENGTH + 20, 8)) {
        (Some(_), Some(octets)) => octets.try_into().map(i64::from_le_bytes).ok(),
        _ => Some(base.last_written.filetime()),
    };
    for (index, log) in logs.iter().enumerate() {
        let Ok(Log { base: copy, form: Form::Bitmap(body) }) = log else { continue };
        let Some(outcome) = report.logs.get_mut(index) else { continue };
        let is_whole = copy.primary_sequence == copy.secondary_sequence;
        if !is_whole || Some(copy.last_written.filetime()) != stamp {
            let what = match is_whole {
                true => "a log made of the hive as it was at another time",
                false => "a log whose writing was not finished",
            };
            *outcome = LogOutcome::Unusable(RegistryError::malformed(what, 12));
            continue;
        }
        match old_pages(body, size(copy.bins_length)) {
            Ok(pages) => {
                let end = BASE_BLOCK_LENGTH + size(copy.bins_length);
                if end > hive.len().saturating_add(body.len()) {
                    let what = "a log that makes the hive larger than it can fill";
                    *outcome = LogOutcome::Unusable(RegistryError::malformed(what, 40));
                    continue;
                }
                hive.resize(hive.len().max(end), 0);
                for (at, page) in &pages {
                    write(hive, BASE_BLOCK_LENGTH + at, page);
                }
                put(hive, 4, copy.primary_sequence);
                put(hive, 8, copy.primary_sequence);
                put(hive, 40, copy.bins_length);
                seal(hive);
                let sequence = copy.primary_sequence;
                let pages = pages.len();
                *outcome = LogOutcome::Applied { first: sequence, last: sequence, pages };
                report.is_clean = true;
                return;
            }
            Err(error) => *outcome = LogOutcome::Unusable(error),
        }
    }
}

/// The pages a bitmap names. `body` is the log from its second sector on.
fn old_pages(body: &[u8], bins_length: usize) -> Result<Vec<(usize, &[u8])>, RegistryError> {
    let cut = |what| RegistryError::new(RegistryErrorKind::CutShort(what), SECTOR);
    let bitmap_length = bins_length / SECTOR / 8;
    let bitmap = slice_at(body, 4, bitmap_length).ok_or_else(|| cut("a log's bitmap"))?;
    let first = (4 + bitmap_length).next_multiple_of(SECTOR);
    let dirty = (0..bitmap_length * 8)
        .filter(|bit| bitmap.get(bit / 8).is_some_and(|octet| octet & (1 << (bit % 8)) != 0));
    dirty
        .enumerate()
        .map(|(number, bit)| {
            let page = slice_at(body, first + number * SECTOR, SECTOR);
            Ok((bit * SECTOR, page.ok_or_else(|| cut("a log's pages"))?))
        })
        .collect()
}

fn write(hive: &mut [u8], at: usize, octets: &[u8]) {
    if let Some(place) = hive.get_mut(at..at + octets.len()) {
        place.copy_from_slice(octets);
    }
}

fn put(hive: &mut [u8], at: usize, value: u32) {
    write(hive, at, &value.to_le_bytes());
}

fn seal(hive: &mut [u8]) {
    let checksum = checksum_of(hive);
    put(hive, CHECKSUM_OFFSET, checksum);
}

/// Marvin32, a keyed hash of Microsoft's, here without its last step from 64 bits to 32.
fn marvin32(octets: &[u8], seed: u64) -> u64 {
    let [a, b, c, d, e, f, g, h] = seed.to_le_bytes();
    let mut low = u32::from_le_bytes([a, b, c, d]);
    let mut high = u32::from_le_bytes([e, f, g, h]);
    let mut mix = |word: u32| {
        low = low.wrapping_add(word);
        high ^= low;
        low = low.rotate_left(20).wrapping_add(high);
        high = high.rotate_left(9) ^ low;
        low = low.rotate_left(27).wrapping_add(high);
        high = high.rotate_left(19);
    };
    let (words, rest) = octets.as_chunks::<4>();
    for word in words {
        mix(u32::from_le_bytes(*word));
    }
    let mut last = [0; 4];
    for (place, octet) in last.iter_mut().zip(rest.iter().chain(&[0x80])) {
        *place = *octet;
    }
    mix(u32::from_le_bytes(last));
    mix(0);
    u64::from(low) | u64::from(high) << 32
}

impl fmt::Display for LogOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied { first, last, pages } => {
                write!(f, "applied: entries {first} to {last}, {pages} pages")
            }
            Self::NothingNew => f.write_str("holds nothing the hive lacks"),
            Self::NotNeeded => f.write_str("not needed: the hive is clean"),
            Self::DoesNotFollow { expected, found } => {
                write!(f, "begins with entry {found}, but the hive needs {expected}")
            }
            Self::Unusable(error) => write!(f, "cannot be used: {error}"),
        }
    }
}

#[cfg(test)]
mod tests;
