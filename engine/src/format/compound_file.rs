//! Compound files, which installer packages (`.msi`, `.msp`) are: their streams (MS-CFB).
//!
//! The directory is read as the list it is stored as, not as the tree it spells out: loops among
//! its links cannot be met, and every stream of every storage is found. A chain of sectors ends
//! with an error where it leaves the file or is longer than the file.

use super::error::{FormatError, FormatErrorKind};
use super::octets::{size, slice_at, u8_at, u16_at, u32_at};

/// Streams and storages one file may have. Real packages have some hundreds.
pub const MAX_ENTRIES: usize = 65_536;

const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
const ENTRY_LENGTH: usize = 128;
/// The first number that is no sector's but a mark: FATSECT and DIFSECT, free, end of chain.
const FIRST_MARK: u32 = 0xffff_fffa;
const END_OF_CHAIN: u32 = 0xffff_fffe;
const DIFAT_IN_HEADER: usize = 109;

/// A compound file whose header has been read.
#[derive(Debug)]
pub struct CompoundFile<'a> {
    octets: &'a [u8],
    sector_length: usize,
    mini_sector_length: usize,
    mini_cutoff: u32,
    /// The sectors of the allocation table, in order.
    fat: Vec<u32>,
    /// The sectors of the allocation table of mini sectors.
    mini_fat: Vec<u32>,
    /// The sectors of the stream that all mini sectors lie in.
    mini_stream: Vec<u32>,
    streams: Vec<Stream>,
    problems: Vec<FormatError>,
}

/// A stream's directory entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Its name, as it is stored.
    pub name: String,
    /// Octets in it.
    pub length: u64,
    /// Where its directory entry lies in the file.
    pub offset: usize,
    start: u32,
}

impl Stream {
    /// Its name as an installer shows it: Windows Installer packs two characters into one.
    #[must_use]
    pub fn installer_name(&self) -> String {
        let mut name = String::new();
        let digit = |n: u32| -> char {
            let n = u8::try_from(n & 0x3f).unwrap_or(0);
            char::from(match n {
                0..=9 => b'0' + n,
                10..=35 => b'A' + n - 10,
                36..=61 => b'a' + n - 36,
                62 => b'.',
                _ => b'_',
            })
        };
        for character in self.name.chars() {
            match u32::from(character) {
                packed @ 0x3800..=0x47ff => {
                    name.push(digit(packed - 0x3800));
                    name.push(digit((packed - 0x3800) >> 6));
                }
                single @ 0x4800..=0x483f => name.push(digit(single - 0x4800)),
                // the mark of a database table
                0x4840 => name.push('!'),
                _ => name.extend(character.escape_default()),
            }
        }
        name
    }
}

impl<'a> CompoundFile<'a> {
    /// Reads the header, the tables and the directory.
    ///
    /// # Errors
    /// The header is none. What is wrong behind it is among [`Self::problems`].
    pub fn parse(octets: &'a [u8]) -> Result<Self, FormatError> {
        let too_short = || malformed("the header ends too early", octets.len());
        if !octets.starts_with(MAGIC) {
            return Err(FormatError::new(FormatErrorKind::Unrecognised, 0));
        }
        let short = |offset| u16_at(octets, offset).ok_or_else(too_short);
        let long = |offset| u32_at(octets, offset).ok_or_else(too_short);
        let sector_length = match (short(26)?, short(30)?) {
            (3, 9) => 512,
            (4, 12) => 4096,
            _ => {
                return Err(malformed(
                    "version and sector size are not 3 and 512 or 4 and 4096",
                    26,
                ));
            }
        };
        if short(28)? != 0xfffe || short(32)? != 6 {
            return Err(malformed(
                "byte order or mini sector size is not the only one there is",
                28,
            ));
        }
        let mut file = Self {
            octets,
            sector_length,
            mini_sector_length: 64,
            mini_cutoff: long(56)?,
            fat: Vec::new(),
            mini_fat: Vec::new(),
            mini_stream: Vec::new(),
            streams: Vec::new(),
            problems: Vec::new(),
        };
        file.read_fat_sectors(long(68)?)?;
        file.mini_fat = file.chain_or_problem(long(60)?, 60);
        let directory = file.chain_or_problem(long(48)?, 48);
        file.read_directory(&directory);
        Ok(file)
    }

    /// Every stream, in the directory's order.
    #[must_use]
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// What could not be read of tables and directory.
    #[must_use]
    pub fn problems(&self) -> &[FormatError] {
        &self.problems
    }

    /// A stream's octets, no more than `max_length` of them.
    ///
    /// # Errors
    /// Its chain of sectors is broken, or the stream is longer than the file.
    pub fn read(&self, stream: &Stream, max_length: usize) -> Result<Vec<u8>, FormatError> {
        let at = |error: FormatError| FormatError { offset: stream.offset, ..error };
        if stream.length > self.octets.len() as u64 {
            return Err(malformed("a stream is longer than the file", stream.offset));
        }
        let length = usize::try_from(stream.length).unwrap_or(usize::MAX).min(max_length);
        let mut content = Vec::with_capacity(length);
        let is_mini = stream.length < u64::from(self.mini_cutoff);
        let unit = if is_mini { self.mini_sector_length } else { self.sector_length };
        let mut sector = stream.start;
        while content.len() < length {
            let left = length - content.len();
            let whole = match is_mini {
                true => self.mini_sector(sector),
                false => self.sector(sector),
            };
            let whole = whole.map_err(at)?;
            let part = whole.get(..left.min(unit)).unwrap_or(whole);
            if part.len() < left.min(unit) {
                return Err(malformed("a stream reaches beyond the file", stream.offset));
            }
            content.extend_from_slice(part);
            sector = self.next(if is_mini { &self.mini_fat } else { &self.fat }, sector);
        }
        Ok(content)
    }

    /// A sector, shorter if the file ends in it.
    fn sector(&self, sector: u32) -> Result<&'a [u8], FormatError> {
        let broken = || malformed("a chain of sectors leaves the file", 0);
        if sector >= FIRST_MARK {
            return Err(malformed("a chain of sectors ends too early", 0));
        }
        let start = size(sector).checked_add(1).and_then(|n| n.checked_mul(self.sector_length));
        let rest = start.and_then(|start| self.octets.get(start..)).ok_or_else(broken)?;
        if rest.is_empty() {
            return Err(broken());
        }
        Ok(rest.get(..self.sector_length).unwrap_or(rest))
    }

    fn mini_sector(&self, sector: u32) -> Result<&'a [u8], FormatError> {
        let per_sector = self.sector_length / self.mini_sector_length;
        let index = size(sector);
        let container = self.mini_stream.get(index / per_sector).copied();
        let container =
            container.ok_or_else(|| malformed("a chain of mini sectors ends too early", 0))?;
        let whole = self.sector(container)?;
        let start = index % per_sector * self.mini_sector_length;
        slice_at(whole, start, self.mini_sector_length)
            .ok_or_else(|| malformed("a mini sector lies outside the file", 0))
    }

    /// The sector behind this one, as the table in these sectors has it.
    fn next(&self, table: &[u32], sector: u32) -> u32 {
        let per_sector = self.sector_length / 4;
        let index = size(sector);
        let entry = table
            .get(index / per_sector)
            .and_then(|number| u32_at(self.sector(*number).ok()?, index % per_sector * 4));
        entry.unwrap_or(END_OF_CHAIN)
    }

    /// How many sectors the file has room for: no chain is longer.
    fn sector_count(&self) -> usize {
        self.octets.len().div_ceil(self.sector_length)
    }

    fn chain_or_problem(&mut self, start: u32, field: usize) -> Vec<u32> {
        let mut chain = Vec::new();
        let mut sector = start;
        while sector < FIRST_MARK {
            if chain.len() >= self.sector_count() || self.sector(sector).is_err() {
                self.problems.push(malformed("a chain of sectors loops or leaves the file", field));
                break;
            }
            chain.push(sector);
            sector = self.next(&self.fat, sector);
        }
        chain
    }

    /// The allocation table's sectors: 109 in the header, more in a chain of their own.
    fn read_fat_sectors(&mut self, difat_start: u32) -> Result<(), FormatError> {
        const DIFAT: usize = 76;
        let header = slice_at(self.octets, DIFAT, 4 * DIFAT_IN_HEADER)
            .ok_or_else(|| malformed("the header ends too early", self.octets.len()))?;
        let most = self.sector_count();
        let add = |fat: &mut Vec<u32>, list: &[u8]| {
            let numbers = list.as_chunks::<4>().0.iter().map(|number| u32::from_le_bytes(*number));
            fat.extend(
                numbers.filter(|number| *number < FIRST_MARK).take(most - fat.len().min(most)),
            );
        };
        add(&mut self.fat, header);
        let mut sector = difat_start;
        for _ in 0..most {
            if sector >= FIRST_MARK {
                return Ok(());
            }
            let Ok(list) = self.sector(sector) else { break };
            let Some((last, list)) = list.split_last_chunk::<4>().map(|(list, last)| (last, list))
            else {
                break;
            };
            add(&mut self.fat, list);
            sector = u32::from_le_bytes(*last);
        }
        if sector < FIRST_MARK {
            self.problems.push(malformed("the table of sectors loops or leaves the file", 68));
        }
        Ok(())
    }

    fn read_directory(&mut self, directory: &[u32]) {
        const STREAM: u8 = 2;
        const ROOT: u8 = 5;
        for sector in directory {
            let Ok(whole) = self.sector(*sector) else { continue };
            let start = (size(*sector) + 1) * self.sector_length;
            for (index, entry) in whole.chunks_exact(ENTRY_LENGTH).enumerate() {
                let offset = start + index * ENTRY_LENGTH;
                let first = u32_at(entry, 116).unwrap_or(END_OF_CHAIN);
                match u8_at(entry, 66) {
                    Some(STREAM) if self.streams.len() >= MAX_ENTRIES => {
                        self.problems.push(malformed("more streams than MAX_ENTRIES", offset));
                        return;
                    }
                    Some(STREAM) => self.streams.push(self.stream(entry, first, offset)),
                    Some(ROOT) if self.mini_stream.is_empty() => {
                        self.mini_stream = self.chain_or_problem(first, offset + 116);
                    }
                    _ => {}
                }
            }
        }
    }

    fn stream(&self, entry: &[u8], start: u32, offset: usize) -> Stream {
        let name_length = u16_at(entry, 64).map_or(0, usize::from).min(64);
        let name = entry.get(..name_length.saturating_sub(2)).unwrap_or_default();
        let units = name.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
        let units = units.collect::<Vec<_>>();
        let low = u64::from(u32_at(entry, 120).unwrap_or(0));
        // version 3 may leave the high half uninitialised (MS-CFB 2.6.1)
        let high = match self.sector_length {
            512 => 0,
            _ => u64::from(u32_at(entry, 124).unwrap_or(0)),
        };
        Stream { name: String::from_utf16_lossy(&units), length: high << 32 | low, offset, start }
    }
}

fn malformed(what: &'static str, offset: usize) -> FormatError {
    FormatError::new(FormatErrorKind::Malformed(what), offset)
}

#[cfg(test)]
mod tests;
