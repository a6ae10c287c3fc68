//! Keys and values of a hive.

use std::borrow::Cow;

use super::{Cell, Hive, SubkeyLists};
use crate::base::time::Time;
use crate::format::octets::{size, slice_at, u32_at};
use crate::format::registry::error::{RegistryError, RegistryErrorKind};
use crate::format::registry::value::{RegistryValue, ValueType};
use crate::format::registry::{MAX_KEY_NAME, same_name, utf16};

/// The most one cell holds of a value before it is cut into segments.
const SEGMENT_LENGTH: usize = 16_344;
/// No offset: there is no such thing.
const NONE: u32 = u32::MAX;

/// A key of a hive.
#[derive(Debug, Clone)]
pub struct Key<'h, 'a> {
    hive: &'h Hive<'a>,
    cell: Cell<'a>,
    pub(super) at: u32,
    pub(super) flags: u16,
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

    /// Where the cell of its parent lies.
    pub(super) fn parent(&self) -> Option<u32> {
        u32_at(self.cell.octets, 16)
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

    pub(super) fn subkey_cells(
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
    pub(super) fn key_at(&self, at: u32) -> Result<Key<'_, 'a>, RegistryError> {
        const KEY_COMP_NAME: u16 = 0x20;
        let what = "a key";
        let cell = self.cell(at, what)?;
        if !cell.octets.starts_with(b"nk") {
            return Err(RegistryError::new(RegistryErrorKind::Signature("nk"), cell.offset));
        }
        let flags = cell.u16(2, what)?;
        let (length, latin) = (cell.u16(72, what)?, flags & KEY_COMP_NAME != 0);
        if usize::from(length) > if latin { MAX_KEY_NAME } else { 2 * MAX_KEY_NAME } {
            let what = "a key's name is longer than MAX_KEY_NAME allows";
            return Err(RegistryError::malformed(what, cell.offset));
        }
        let name = cell.name(76, length, latin, "a key's name")?;
        Ok(Key { hive: self, cell, at, flags, name })
    }

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

    /// Octets that it and its data take up in the hive.
    pub(in crate::format::registry) fn size(&self) -> usize {
        self.cell.octets.len().saturating_add(self.length())
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
