//! Hives: the files in which Windows keeps the registry (REGF).
//!
//! A base block of 4096 octets, then hive bins, whose cells hold everything. A cell is a 32-bit
//! size, negative while the cell is in use, and what it holds; cells name each other by offsets
//! from the end of the base block. A key node (`nk`) names a list of subkeys (`lf`, `lh`, `li`, or
//! an `ri` of these), a list of values (`vk`), a security descriptor (`sk`) and a class name. Data
//! of more than 16344 octets lie in segments (`db`) from version 1.4 on (reference,
//! stores-and-formats 4.2; the public format notes).
//!
//! Nothing is copied but what is asked for; every offset given out is one of the file.

mod base_block;
mod key;
mod walk;

pub use base_block::BaseBlock;
pub(super) use base_block::{CHECKSUM_OFFSET, checksum_of};
pub use key::{Key, Value};

use super::error::{RegistryError, RegistryErrorKind};
use super::utf16;
use crate::format::octets::{size, slice_at, u16_at, u32_at};

/// Octets of the base block, and of the smallest hive bin.
pub const BASE_BLOCK_LENGTH: usize = 4096;
/// The least a key node's cell can be; bounds the number of keys a list may name.
const SMALLEST_KEY_CELL: usize = 80;

/// The least a value's cell can be.
pub(super) const SMALLEST_VALUE_CELL: usize = 24;

/// A hive over its octets.
#[derive(Debug, Clone)]
pub struct Hive<'a> {
    bins: &'a [u8],
    base: BaseBlock,
    root: u32,
    problems: Vec<RegistryError>,
}

/// What a cell holds, and where that begins in the file.
#[derive(Debug, Clone, Copy)]
struct Cell<'a> {
    octets: &'a [u8],
    offset: usize,
}

impl<'a> Cell<'a> {
    fn u16(&self, at: usize, what: &'static str) -> Result<u16, RegistryError> {
        u16_at(self.octets, at).ok_or_else(|| self.cut_short(what))
    }

    fn u32(&self, at: usize, what: &'static str) -> Result<u32, RegistryError> {
        u32_at(self.octets, at).ok_or_else(|| self.cut_short(what))
    }

    fn slice(
        &self,
        at: usize,
        length: usize,
        what: &'static str,
    ) -> Result<&'a [u8], RegistryError> {
        slice_at(self.octets, at, length).ok_or_else(|| self.cut_short(what))
    }

    fn cut_short(&self, what: &'static str) -> RegistryError {
        RegistryError::new(RegistryErrorKind::CutShort(what), self.offset)
    }

    /// A name at `at`: Latin-1 or UTF-16LE.
    fn name(
        &self,
        at: usize,
        length: u16,
        latin: bool,
        what: &'static str,
    ) -> Result<String, RegistryError> {
        let octets = self.slice(at, usize::from(length), what)?;
        Ok(if latin { octets.iter().copied().map(char::from).collect() } else { utf16(octets) })
    }
}

impl<'a> Hive<'a> {
    /// Opens a hive. A wrong checksum, bins that are cut short or damaged, and a root key that is
    /// not where it should be are [problems](Hive::problems), not errors.
    ///
    /// # Errors
    /// If the file does not begin as a hive, is a transaction log, is of a version that is not read here, or holds no
    /// root key.
    pub fn parse(octets: &'a [u8]) -> Result<Self, RegistryError> {
        let base = BaseBlock::read(octets)?;
        if matches!(base.file_type, 1 | 2 | 6) && base.is_sound() {
            return Err(RegistryError::new(RegistryErrorKind::TransactionLog, 28));
        }
        // before 1.2 cells are of another form; 1.6 is the newest there is
        if base.major != 1 || !(2..=6).contains(&base.minor) {
            let kind = RegistryErrorKind::Version(base.major, base.minor);
            return Err(RegistryError::new(kind, 20));
        }
        let all = octets.get(BASE_BLOCK_LENGTH..).unwrap_or_default();
        let stated = size(base.bins_length);
        // of a dirty hive the base block may be older than its bins
        let bins = if base.is_dirty() { all } else { all.get(..stated).unwrap_or(all) };
        let mut hive = Self { bins, root: base.root_cell, base, problems: Vec::new() };
        if !hive.base.is_sound() {
            let (found, computed) = (hive.base.checksum, hive.base.computed_checksum);
            let kind = RegistryErrorKind::Checksum { found, computed };
            hive.problems.push(RegistryError::new(kind, CHECKSUM_OFFSET));
        }
        if hive.base.is_dirty() {
            hive.problems.push(RegistryError::new(RegistryErrorKind::Dirty, 4));
        }
        if stated > all.len() {
            let kind = RegistryErrorKind::CutShort("the hive bins' data");
            hive.problems.push(RegistryError::new(kind, octets.len()));
        }
        hive.check_bins();
        if let Err(error) = hive.root() {
            hive.root = hive.find_root().ok_or_else(|| error.clone())?;
            hive.problems.push(error);
        }
        Ok(hive)
    }

    /// The base block.
    #[must_use]
    pub const fn base(&self) -> &BaseBlock {
        &self.base
    }

    /// What is wrong with the file as a whole.
    #[must_use]
    pub fn problems(&self) -> &[RegistryError] {
        &self.problems
    }

    /// Octets of the hive bins that are there.
    #[must_use]
    pub const fn bins_length(&self) -> usize {
        self.bins.len()
    }

    /// The root key.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn root(&self) -> Result<Key<'_, 'a>, RegistryError> {
        self.key_at(self.root)
    }

    /// The key with this path below the root, names in any case. `None` if there is none, or a key
    /// on the way cannot be read.
    #[must_use]
    pub fn key(&self, path: &[&str]) -> Option<Key<'_, 'a>> {
        path.iter().try_fold(self.root().ok()?, |key, name| key.subkey(name))
    }

    /// Walks over the bins' headers. The first one that is wrong is a problem; cells are found by
    /// their offsets all the same.
    fn check_bins(&mut self) {
        let mut position = 0;
        while position < self.bins.len() {
            let offset = BASE_BLOCK_LENGTH + position;
            let problem = match slice_at(self.bins, position, 32) {
                None => RegistryErrorKind::CutShort("a hive bin"),
                Some(header) if !header.starts_with(b"hbin") => {
                    RegistryErrorKind::Signature("hbin")
                }
                Some(header) => {
                    let length = size(u32_at(header, 8).unwrap_or(0));
                    let here = u32_at(header, 4).map(size);
                    let next = position.checked_add(length);
                    match next {
                        _ if here != Some(position) => {
                            RegistryErrorKind::Malformed("a hive bin is not where it says")
                        }
                        _ if length == 0 || !length.is_multiple_of(BASE_BLOCK_LENGTH) => {
                            RegistryErrorKind::Malformed("a hive bin's size is no multiple of 4096")
                        }
                        Some(next) if next <= self.bins.len() => {
                            position = next;
                            continue;
                        }
                        _ => RegistryErrorKind::CutShort("a hive bin"),
                    }
                }
            };
            // what follows the stated bins of a dirty hive may be anything
            if position < size(self.base.bins_length) {
                self.problems.push(RegistryError::new(problem, offset));
            }
            return;
        }
    }

    /// Looks for a root key at the beginning of the bins' cells, for a base block that is damaged.
    fn find_root(&self) -> Option<u32> {
        const KEY_HIVE_ENTRY: u16 = 4;
        let mut position = 32;
        while position < self.bins.len() {
            let offset = u32::try_from(position).ok()?;
            if let Ok(key) = self.key_at(offset)
                && key.flags & KEY_HIVE_ENTRY != 0
            {
                return Some(offset);
            }
            position += 8;
        }
        None
    }

    fn cell(&self, at: u32, what: &'static str) -> Result<Cell<'a>, RegistryError> {
        let start = size(at);
        let offset = BASE_BLOCK_LENGTH.saturating_add(start);
        let fail = |kind| RegistryError::new(kind, offset);
        let length = match u32_at(self.bins, start) {
            Some(length) if at.is_multiple_of(8) => i32::from_le_bytes(length.to_le_bytes()),
            _ => return Err(fail(RegistryErrorKind::CellOffset(what, at))),
        };
        if length >= 0 {
            return Err(fail(RegistryErrorKind::FreeCell(what)));
        }
        let content = size(length.unsigned_abs()).checked_sub(4);
        match content.and_then(|content| slice_at(self.bins, start + 4, content)) {
            Some(octets) => Ok(Cell { octets, offset: offset + 4 }),
            None => Err(fail(RegistryErrorKind::CellSize(what, length))),
        }
    }

    /// Reads one list of subkeys, and those it names if it is an index root.
    fn subkey_list(
        &self,
        list: u32,
        nested: bool,
        lists: &mut SubkeyLists<'_>,
    ) -> Result<(), RegistryError> {
        let what = "a list of subkeys";
        let cell = self.cell(list, what)?;
        if !(lists.fresh)(list) {
            return Err(RegistryError::new(RegistryErrorKind::Shared(what), cell.offset));
        }
        let count = usize::from(cell.u16(2, what)?);
        let (step, is_index) = match cell.octets.get(..2) {
            Some(b"lf" | b"lh") => (8, false),
            Some(b"li") => (4, false),
            Some(b"ri") if !nested => (4, true),
            _ => {
                let kind = RegistryErrorKind::Signature("lf, lh, li or ri");
                return Err(RegistryError::new(kind, cell.offset));
            }
        };
        let body = cell.octets.get(4..).unwrap_or_default();
        let there = count.min(body.len() / step);
        if there < count {
            (lists.problem)(cell.cut_short(what));
        }
        let offsets = body.chunks_exact(step).take(there).filter_map(|entry| u32_at(entry, 0));
        if is_index {
            for offset in offsets {
                if let Err(error) = self.subkey_list(offset, true, lists) {
                    (lists.problem)(error);
                }
            }
            return Ok(());
        }
        let room = (self.bins.len() / SMALLEST_KEY_CELL).saturating_sub(lists.found.len());
        if there > room {
            let what = "more subkeys than the hive has room for";
            (lists.problem)(RegistryError::malformed(what, cell.offset));
        }
        lists.found.extend(offsets.take(room));
        Ok(())
    }
}

/// What reading lists of subkeys gives and asks.
struct SubkeyLists<'s> {
    found: Vec<u32>,
    /// Whether the list in this cell is read for the first time.
    fresh: &'s mut dyn FnMut(u32) -> bool,
    problem: &'s mut dyn FnMut(RegistryError),
}

#[cfg(test)]
mod tests;
