//! `Registry.pol`: what a group policy sets in the registry (reference, stores-and-formats 4.3;
//! documented, MS-GPREG 2.2.1).
//!
//! `PReg`, version 1, then entries `[key;value;type;size;data]` whose brackets and semicolons are
//! UTF-16LE. The file says nothing of whose registry it is for: that is told by the folder,
//! `Machine` or `User`, which the caller may know.

use super::error::{Problems, RegistryError, RegistryErrorKind};
use super::export::{Deletion, MAX_VALUES};
use super::value::{RegistryValue, ValueType};
use super::{MAX_PATH_LENGTH, RegistryKey, keep_last, utf16};
use crate::format::octets::{size, slice_at, u16_at, u32_at};
use crate::format::{Limit, Limits};

const HEADER: &[u8] = b"PReg\x01\0\0\0";

/// Whose registry a policy file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PolicyScope {
    /// The machine's: `Machine\Registry.pol`.
    Machine,
    /// A user's: `User\Registry.pol`.
    User,
    /// Not known.
    #[default]
    Unknown,
}

/// What a policy file holds besides the values it sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyReport {
    /// What it deletes: `**Del.`, `**DelVals.`, `**DeleteValues`, `**DeleteKeys`.
    pub deletions: Vec<Deletion>,
    /// What could not be read.
    pub problems: Vec<RegistryError>,
}

/// Reads a policy file and gives each key with its values to `sink`; entries of one key that follow
/// one another come as one. An entry that cannot be read is a problem, and reading goes on with the
/// next.
///
/// # Errors
/// If the file does not begin as one.
pub fn read(
    octets: &[u8],
    scope: PolicyScope,
    limits: &Limits,
    sink: &mut dyn FnMut(RegistryKey),
) -> Result<PolicyReport, RegistryError> {
    if !octets.starts_with(HEADER) {
        return Err(RegistryError::new(RegistryErrorKind::Signature("PReg, version 1"), 0));
    }
    let root = match scope {
        PolicyScope::Machine => "HKLM",
        PolicyScope::User => "HKCU",
        PolicyScope::Unknown => "?",
    };
    let mut reader = Reader { octets, position: HEADER.len() };
    let mut problems = Problems::new(limits.max_items);
    let mut deletions = Vec::new();
    let mut current: Option<RegistryKey> = None;
    while reader.position < octets.len() {
        let start = reader.position;
        let entry = match reader.entry() {
            Ok(entry) => entry,
            Err(error) => {
                problems.add(error);
                if !reader.next_entry(start) {
                    break;
                }
                continue;
            }
        };
        if entry.key.len() > MAX_PATH_LENGTH {
            problems.add(RegistryError::new(RegistryErrorKind::PathLength, start));
            continue;
        }
        let path: Vec<String> =
            std::iter::once(root).chain(entry.key.split('\\')).map(str::to_owned).collect();
        if entry.value.name.starts_with("**") {
            delete(&entry, &path, limits, &mut deletions, &mut problems);
            continue;
        }
        match &mut current {
            Some(key) if key.path == path && key.values.len() < MAX_VALUES => {
                key.values.push(entry.value);
            }
            _ => {
                give(current.take(), sink);
                let values = vec![entry.value];
                let (last_written, security) = (None, None);
                current = Some(RegistryKey { path, last_written, security, values, offset: start });
            }
        }
    }
    give(current, sink);
    Ok(PolicyReport { deletions, problems: problems.into_vec() })
}

fn give(key: Option<RegistryKey>, sink: &mut dyn FnMut(RegistryKey)) {
    if let Some(mut key) = key {
        keep_last(&mut key.values);
        sink(key);
    }
}

/// Special names (documented, MS-GPREG 3.2.5.1): they delete values and keys. `**SecureKey` is
/// about rights alone.
fn delete(
    entry: &Entry,
    path: &[String],
    limits: &Limits,
    deletions: &mut Vec<Deletion>,
    problems: &mut Problems,
) {
    let mut add = |key: String, value: Option<String>| {
        if deletions.len() < limits.max_items {
            deletions.push(Deletion { key, value, offset: entry.value.offset });
        } else {
            let kind = RegistryErrorKind::TooLarge(Limit::MaxItems);
            problems.add(RegistryError::new(kind, entry.value.offset));
        }
    };
    let key = path.join("\\");
    let name = entry.value.name.to_ascii_lowercase();
    let listed = utf16(&entry.value.data);
    let listed = listed.trim_end_matches('\0').split(';').filter(|name| !name.is_empty());
    match name.as_str() {
        "**delvals." | "**delvals" => add(key, Some("*".to_owned())),
        "**deletevalues" => listed.for_each(|value| add(key.clone(), Some(value.to_owned()))),
        "**deletekeys" => listed.for_each(|below| add(format!("{key}\\{below}"), None)),
        _ if name.starts_with("**del.") => {
            add(key, entry.value.name.get("**del.".len()..).map(str::to_owned));
        }
        _ => {}
    }
}

struct Entry {
    key: String,
    value: RegistryValue,
}

struct Reader<'a> {
    octets: &'a [u8],
    position: usize,
}

impl Reader<'_> {
    fn entry(&mut self) -> Result<Entry, RegistryError> {
        self.delimiter(b'[', "an entry's '['")?;
        let key = self.text("a key's name")?;
        self.delimiter(b';', "';' behind a key's name")?;
        let name = self.text("a value's name")?;
        self.delimiter(b';', "';' behind a value's name")?;
        let value_type = ValueType(self.number("a value's type")?);
        self.delimiter(b';', "';' behind a value's type")?;
        let length = size(self.number("the size of a value's data")?);
        self.delimiter(b';', "';' behind the size")?;
        let offset = self.position;
        let data = slice_at(self.octets, offset, length);
        let data = data.ok_or_else(|| self.cut_short("a value's data"))?;
        self.position += length;
        self.delimiter(b']', "an entry's ']'")?;
        Ok(Entry { key, value: RegistryValue { name, value_type, data: data.into(), offset } })
    }

    fn cut_short(&self, what: &'static str) -> RegistryError {
        RegistryError::new(RegistryErrorKind::CutShort(what), self.position)
    }

    fn delimiter(&mut self, character: u8, what: &'static str) -> Result<(), RegistryError> {
        if u16_at(self.octets, self.position) != Some(u16::from(character)) {
            return Err(RegistryError::new(RegistryErrorKind::Signature(what), self.position));
        }
        self.position += 2;
        Ok(())
    }

    /// A text with a NUL behind it. Names of the registry are no longer than 32767 characters.
    fn text(&mut self, what: &'static str) -> Result<String, RegistryError> {
        const LONGEST: usize = 32_768;
        let rest = self.octets.get(self.position..).unwrap_or_default();
        let units = rest.as_chunks::<2>().0;
        let units = units.get(..LONGEST).unwrap_or(units);
        let Some(length) = units.iter().position(|unit| *unit == [0, 0]).map(|units| units * 2)
        else {
            // looked at once: that no entry begins in there keeps the whole linear
            self.position += units.len() * 2;
            return Err(self.cut_short(what));
        };
        let text = utf16(rest.get(..length).unwrap_or_default());
        self.position += length + 2;
        Ok(text)
    }

    fn number(&mut self, what: &'static str) -> Result<u32, RegistryError> {
        let number = u32_at(self.octets, self.position).ok_or_else(|| self.cut_short(what))?;
        self.position += 4;
        Ok(number)
    }

    /// Goes to the next `][` behind `start`, or where reading ended if that is further.
    fn next_entry(&mut self, start: usize) -> bool {
        let from = self.position.max(start + 2);
        let rest = self.octets.get(from..).unwrap_or_default();
        match rest.windows(4).position(|window| window == b"]\0[\0") {
            Some(at) => {
                self.position = from + at + 2;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests;
