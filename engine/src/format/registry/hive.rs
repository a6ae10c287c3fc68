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

mod walk;

use std::borrow::Cow;

use super::error::{RegistryError, RegistryErrorKind};
use super::value::{RegistryValue, ValueType};
use super::{same_name, utf16};
use crate::base::time::Time;
use crate::format::octets::{size, slice_at, u16_at, u32_at};

/// Octets of the base block, and of the smallest hive bin.
pub const BASE_BLOCK_LENGTH: usize = 4096;
/// The base block's checksum is over the octets before it.
pub(super) const CHECKSUM_OFFSET: usize = 508;
/// The most one cell holds of a value before it is cut into segments.
const SEGMENT_LENGTH: usize = 16_344;
/// The least a key node's cell can be; bounds the number of keys a list may name.
const SMALLEST_KEY_CELL: usize = 80;
/// No offset: there is no such thing.
const NONE: u32 = u32::MAX;

/// What a base block says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseBlock {
    /// Incremented when writing begins.
    pub primary_sequence: u32,
    /// Set to the first one when writing has ended.
    pub secondary_sequence: u32,
    /// When the hive was last written.
    pub last_written: Time,
    /// Version; 1.
    pub major: u32,
    /// Version; 3, 5 or 6 in hives of Windows XP and later.
    pub minor: u32,
    /// Where the root key's cell lies, from the end of the base block.
    pub root_cell: u32,
    /// Octets of all hive bins.
    pub bins_length: u32,
    /// The end of the path of the file when it was last loaded.
    pub file_name: String,
    /// The checksum that stands in the block.
    pub checksum: u32,
    /// The checksum it should have.
    pub computed_checksum: u32,
}

impl BaseBlock {
    /// Reads a base block from the first 512 octets of a hive or a log.
    pub(super) fn read(octets: &[u8]) -> Result<Self, RegistryError> {
        if !octets.starts_with(b"regf") {
            return Err(RegistryError::new(RegistryErrorKind::Signature("regf"), 0));
        }
        let field = |offset| {
            let cut = RegistryErrorKind::CutShort("the base block");
            u32_at(octets, offset).ok_or(RegistryError::new(cut, octets.len()))
        };
        let checksum = field(CHECKSUM_OFFSET)?;
        let time = u64::from(field(12)?) | u64::from(field(16)?) << 32;
        let name = utf16(slice_at(octets, 48, 64).unwrap_or_default());
        Ok(Self {
            primary_sequence: field(4)?,
            secondary_sequence: field(8)?,
            last_written: Time::from_filetime_octets(time.to_le_bytes()),
            major: field(20)?,
            minor: field(24)?,
            root_cell: field(36)?,
            bins_length: field(40)?,
            file_name: name.split('\0').next().unwrap_or_default().to_owned(),
            checksum,
            computed_checksum: checksum_of(octets),
        })
    }

    /// Whether the checksum is right.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.checksum == self.computed_checksum
    }

    /// Whether the hive was being written when the file was taken: what it holds may lack what its
    /// transaction logs hold.
    #[must_use]
    pub const fn is_dirty(&self) -> bool {
        !self.is_sound() || self.primary_sequence != self.secondary_sequence
    }
}

/// The exclusive or of the 127 words before it; never 0 or -1 (the public format notes).
pub(super) fn checksum_of(base_block: &[u8]) -> u32 {
    let words = base_block.get(..CHECKSUM_OFFSET).unwrap_or_default().as_chunks::<4>().0;
    match words.iter().fold(0, |sum, word| sum ^ u32::from_le_bytes(*word)) {
        0 => 1,
        u32::MAX => u32::MAX - 1,
        sum => sum,
    }
}

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
    /// If the file does not begin as a hive, is of a version that is not read here, or holds no
    /// root key.
    pub fn parse(octets: &'a [u8]) -> Result<Self, RegistryError> {
        let base = BaseBlock::read(octets)?;
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
                        _ if length == 0 || length % BASE_BLOCK_LENGTH != 0 => {
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
            Some(length) if at % 8 == 0 => i32::from_le_bytes(length.to_le_bytes()),
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

    fn key_at(&self, at: u32) -> Result<Key<'_, 'a>, RegistryError> {
        const KEY_COMP_NAME: u16 = 0x20;
        let what = "a key";
        let cell = self.cell(at, what)?;
        if !cell.octets.starts_with(b"nk") {
            return Err(RegistryError::new(RegistryErrorKind::Signature("nk"), cell.offset));
        }
        let flags = cell.u16(2, what)?;
        let name =
            cell.name(76, cell.u16(72, what)?, flags & KEY_COMP_NAME != 0, "a key's name")?;
        Ok(Key { hive: self, cell, at, flags, name })
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
        if body.len() / step < count {
            (lists.problem)(cell.cut_short(what));
        }
        let offsets = body.chunks_exact(step).take(count).filter_map(|entry| u32_at(entry, 0));
        if is_index {
            for offset in offsets {
                if let Err(error) = self.subkey_list(offset, true, lists) {
                    (lists.problem)(error);
                }
            }
            return Ok(());
        }
        let room = (self.bins.len() / SMALLEST_KEY_CELL).saturating_sub(lists.found.len());
        if count > room {
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

/// A key of a hive.
#[derive(Debug, Clone)]
pub struct Key<'h, 'a> {
    hive: &'h Hive<'a>,
    cell: Cell<'a>,
    at: u32,
    flags: u16,
    name: String,
}

impl<'h, 'a> Key<'h, 'a> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it stands in the file, in octets.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.cell.offset
    }

    /// When it was last written.
    #[must_use]
    pub fn last_written(&self) -> Time {
        let field = slice_at(self.cell.octets, 4, 8).and_then(|octets| octets.try_into().ok());
        Time::from_filetime_octets(field.unwrap_or_default())
    }

    /// Its class name, which few keys have.
    ///
    /// # Errors
    /// If it has one that cannot be read.
    pub fn class_name(&self) -> Result<Option<String>, RegistryError> {
        let what = "a class name";
        let length = usize::from(self.cell.u16(74, what)?);
        let at = self.cell.u32(48, what)?;
        if at == NONE || length == 0 {
            return Ok(None);
        }
        Ok(Some(utf16(self.hive.cell(at, what)?.slice(0, length, what)?)))
    }

    /// Its security descriptor's octets, where the cell that holds them begins in the hive bins and
    /// where they begin in the file. Keys share such cells.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn security(&self) -> Result<(u32, &'a [u8], usize), RegistryError> {
        let what = "a security descriptor";
        let at = self.cell.u32(44, what)?;
        let cell = self.hive.cell(at, what)?;
        if !cell.octets.starts_with(b"sk") {
            return Err(RegistryError::new(RegistryErrorKind::Signature("sk"), cell.offset));
        }
        let length = size(cell.u32(16, what)?);
        Ok((at, cell.slice(20, length, what)?, cell.offset + 20))
    }

    /// Its subkeys that can be read, in the hive's order, and why others cannot.
    #[must_use]
    pub fn subkeys(&self) -> (Vec<Key<'h, 'a>>, Vec<RegistryError>) {
        let mut errors = Vec::new();
        let cells = self.subkey_cells(&mut |_| true, &mut |error| errors.push(error));
        let mut keys = Vec::new();
        for at in cells {
            match self.hive.key_at(at) {
                Ok(key) => keys.push(key),
                Err(error) => errors.push(error),
            }
        }
        (keys, errors)
    }

    /// The subkey with this name, in any case.
    #[must_use]
    pub fn subkey(&self, name: &str) -> Option<Self> {
        let cells = self.subkey_cells(&mut |_| true, &mut |_| {});
        let keys = cells.into_iter().filter_map(|at| self.hive.key_at(at).ok());
        keys.into_iter().find(|key| same_name(&key.name, name))
    }

    fn subkey_cells(
        &self,
        fresh: &mut dyn FnMut(u32) -> bool,
        problem: &mut dyn FnMut(RegistryError),
    ) -> Vec<u32> {
        let what = "a key";
        let stated = self.cell.u32(20, what).and_then(|n| Ok((n, self.cell.u32(28, what)?)));
        let (count, list) = match stated {
            Ok((0, _)) => return Vec::new(),
            Ok(stated) => stated,
            Err(error) => {
                problem(error);
                return Vec::new();
            }
        };
        let mut failed = false;
        let mut note = |error| {
            failed = true;
            problem(error);
        };
        let mut lists = SubkeyLists { found: Vec::new(), fresh, problem: &mut note };
        let result = self.hive.subkey_list(list, false, &mut lists);
        let found = lists.found;
        match result {
            Err(error) => problem(error),
            // what is missing has been said, or is said here
            Ok(()) if !failed && found.len() != size(count) => {
                let what = "the lists of subkeys do not hold as many as the key says";
                problem(RegistryError::malformed(what, self.cell.offset));
            }
            Ok(()) => {}
        }
        found
    }

    /// How many values the key says it has.
    #[must_use]
    pub fn value_count(&self) -> usize {
        size(u32_at(self.cell.octets, 36).unwrap_or(0))
    }

    /// Its values, each read when it is asked for. A value that cannot be read is an error in its
    /// place.
    pub fn values(
        &self,
    ) -> impl Iterator<Item = Result<Value<'h, 'a>, RegistryError>> + use<'h, 'a> {
        let what = "a list of values";
        let hive = self.hive;
        let count = self.value_count();
        let list = match self.cell.u32(40, what) {
            _ if count == 0 => Ok(None),
            Ok(at) => hive.cell(at, what).map(Some),
            Err(error) => Err(error),
        };
        let (body, error) = match list {
            Ok(Some(cell)) if cell.octets.len() / 4 < count => {
                (cell.octets, Some(cell.cut_short(what)))
            }
            Ok(cell) => (cell.map_or(&[][..], |cell| cell.octets), None),
            Err(error) => (&[][..], Some(error)),
        };
        let offsets = body.chunks_exact(4).take(count).filter_map(|entry| u32_at(entry, 0));
        let values = offsets.map(move |at| hive.value_at(at));
        values.chain(error.into_iter().map(Err))
    }

    /// The value with this name, in any case; the default value's is empty.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Value<'h, 'a>> {
        self.values().flatten().find(|value| same_name(&value.name, name))
    }
}

/// A value of a key, its data not read yet.
#[derive(Debug, Clone)]
pub struct Value<'h, 'a> {
    hive: &'h Hive<'a>,
    cell: Cell<'a>,
    name: String,
    value_type: ValueType,
    length: u32,
}

impl<'a> Hive<'a> {
    fn value_at(&self, at: u32) -> Result<Value<'_, 'a>, RegistryError> {
        const VALUE_COMP_NAME: u16 = 1;
        let what = "a value";
        let cell = self.cell(at, what)?;
        if !cell.octets.starts_with(b"vk") {
            return Err(RegistryError::new(RegistryErrorKind::Signature("vk"), cell.offset));
        }
        let latin = cell.u16(16, what)? & VALUE_COMP_NAME != 0;
        Ok(Value {
            hive: self,
            cell,
            name: cell.name(20, cell.u16(2, what)?, latin, "a value's name")?,
            value_type: ValueType(cell.u32(12, what)?),
            length: cell.u32(4, what)?,
        })
    }
}

impl<'a> Value<'_, 'a> {
    /// Its name; empty for the key's default value.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type.
    #[must_use]
    pub const fn value_type(&self) -> ValueType {
        self.value_type
    }

    /// Octets of its data.
    #[must_use]
    pub fn length(&self) -> usize {
        /// Data of at most four octets stand in the value itself.
        const INLINE: u32 = 0x8000_0000;
        size(self.length & !INLINE)
    }

    /// Where the value stands in the file, in octets.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.cell.offset
    }

    /// Its data, and where they begin in the file; for data in segments, where the first one does.
    ///
    /// # Errors
    /// If they cannot be read whole.
    pub fn data(&self) -> Result<(Cow<'a, [u8]>, usize), RegistryError> {
        let what = "a value's data";
        let length = self.length();
        if size(self.length) != length {
            if length > 4 {
                let what = "more than four octets of data in a value itself";
                return Err(RegistryError::malformed(what, self.cell.offset));
            }
            return Ok((self.cell.slice(8, length, what)?.into(), self.cell.offset + 8));
        }
        if length == 0 {
            return Ok((Cow::Borrowed(&[]), self.cell.offset));
        }
        if length > self.hive.bins.len() {
            return Err(self.cell.cut_short(what));
        }
        let cell = self.hive.cell(self.cell.u32(8, what)?, what)?;
        let segmented = length > SEGMENT_LENGTH && self.hive.base.minor > 3;
        if segmented && cell.octets.starts_with(b"db") {
            return self.hive.segments(&cell, length);
        }
        Ok((cell.slice(0, length, what)?.into(), cell.offset))
    }

    /// The value with its data.
    ///
    /// # Errors
    /// If the data cannot be read whole.
    pub fn read(&self) -> Result<RegistryValue, RegistryError> {
        let (data, offset) = self.data()?;
        let (name, value_type) = (self.name.clone(), self.value_type);
        Ok(RegistryValue { name, value_type, data: data.as_ref().into(), offset })
    }
}

impl<'a> Hive<'a> {
    /// Puts the segments of big data together.
    fn segments(
        &self,
        db: &Cell<'a>,
        length: usize,
    ) -> Result<(Cow<'a, [u8]>, usize), RegistryError> {
        let what = "a segment of big data";
        let list = self.cell(db.u32(4, what)?, "a list of segments")?;
        let count = usize::from(db.u16(2, what)?);
        let mut data = Vec::with_capacity(length);
        let mut first = None;
        for entry in list.octets.chunks_exact(4).take(count) {
            let left = length - data.len();
            if left == 0 {
                break;
            }
            let segment = self.cell(u32_at(entry, 0).unwrap_or(NONE), what)?;
            first.get_or_insert(segment.offset);
            data.extend_from_slice(segment.slice(0, left.min(SEGMENT_LENGTH), what)?);
        }
        match first {
            Some(offset) if data.len() == length => Ok((data.into(), offset)),
            _ => Err(list.cut_short("a list of segments")),
        }
    }
}

#[cfg(test)]
mod tests;
