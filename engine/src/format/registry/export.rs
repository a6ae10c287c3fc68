//! Exports of the registry as text: `.reg` (reference, stores-and-formats 4.1).
//!
//! Version 5 is UTF-16LE, or UTF-8 where another program wrote it; `REGEDIT4` is in the code page
//! of the machine that wrote it, which the file does not name: octets that are no UTF-8 are read as
//! Latin-1. Certificates are octets and are not concerned.

use super::error::{Problems, RegistryError, RegistryErrorKind};
use super::value::{RegistryValue, ValueType};
use super::{MAX_PATH_LENGTH, RegistryKey, keep_last};
use crate::format::{Limit, Limits};

/// Values of one key that are kept. No key of Windows' own has a hundredth of this.
pub const MAX_VALUES: usize = 65_536;

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportVersion {
    /// `Windows Registry Editor Version 5.00`
    Version5,
    /// `REGEDIT4`
    Version4,
}

/// A key or value that importing the file would delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// The key.
    pub key: String,
    /// The value; `None` for the key with all that is below it.
    pub value: Option<String>,
    /// Where this stands in the file, in octets.
    pub offset: usize,
}

/// What an export is, besides its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportReport {
    /// Its form.
    pub version: ExportVersion,
    /// What it deletes.
    pub deletions: Vec<Deletion>,
    /// What could not be read, by line.
    pub problems: Vec<RegistryError>,
}

/// Reads an export and gives each key with its values to `sink`, in the file's order. A line that
/// cannot be read is a problem, and reading goes on behind it.
///
/// # Errors
/// If the first line is not an export's.
pub fn read(
    octets: &[u8],
    limits: &Limits,
    sink: &mut dyn FnMut(RegistryKey),
) -> Result<ExportReport, RegistryError> {
    let mut lines = Lines::of(octets);
    let header = lines.find(|line| !line.text.trim().is_empty());
    let header = header.map(|line| line.text.trim().to_ascii_lowercase()).unwrap_or_default();
    let version = if header.starts_with("windows registry editor") {
        ExportVersion::Version5
    } else if header.starts_with("regedit4") {
        ExportVersion::Version4
    } else {
        let kind = RegistryErrorKind::Signature("the first line of a registry export");
        return Err(RegistryError::new(kind, 0));
    };
    let mut parser = Parser {
        lines: lines.peekable(),
        version,
        key: None,
        deletions: Vec::new(),
        problems: Problems::new(limits.max_items),
        most: limits.max_items,
        sink,
    };
    while let Some(line) = parser.lines.next() {
        parser.line(&line);
    }
    parser.end_key();
    let Parser { deletions, problems, .. } = parser;
    Ok(ExportReport { version, deletions, problems: problems.into_vec() })
}

/// The names of a path; the first is a root's short name, or `?` and what stands there.
pub(super) fn path_of(text: &str) -> Vec<String> {
    const ROOTS: [(&str, &str); 5] = [
        ("HKEY_LOCAL_MACHINE", "HKLM"),
        ("HKEY_CURRENT_USER", "HKCU"),
        ("HKEY_USERS", "HKU"),
        ("HKEY_CLASSES_ROOT", "HKCR"),
        ("HKEY_CURRENT_CONFIG", "HKCC"),
    ];
    let mut names = text.split('\\').map(str::to_owned);
    let first = names.next().unwrap_or_default();
    let known = ROOTS.iter().find(|(long, short)| {
        first.eq_ignore_ascii_case(long) || first.eq_ignore_ascii_case(short)
    });
    match known {
        Some((_, short)) => std::iter::once((*short).to_owned()).chain(names).collect(),
        None => ["?".to_owned(), first].into_iter().chain(names).collect(),
    }
}

/// A line of text, its number from 1, and where it begins.
struct Line {
    number: usize,
    offset: usize,
    text: String,
}

impl Line {
    fn error(&self, what: &'static str) -> RegistryError {
        RegistryError::new(RegistryErrorKind::Line(self.number, what), self.offset)
    }
}

/// The lines of a text in UTF-16LE, UTF-8 or something like Latin-1.
struct Lines<'a> {
    octets: &'a [u8],
    position: usize,
    number: usize,
    wide: bool,
}

impl<'a> Lines<'a> {
    fn of(octets: &'a [u8]) -> Self {
        let (position, wide) = match octets {
            [0xff, 0xfe, ..] => (2, true),
            [0xef, 0xbb, 0xbf, ..] => (3, false),
            [1..=0x7f, 0, 1..=0x7f, 0, ..] => (0, true),
            _ => (0, false),
        };
        Self { octets, position, number: 0, wide }
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let offset = self.position;
        let rest = self.octets.get(offset..).filter(|rest| !rest.is_empty())?;
        let (length, end, text) = if self.wide {
            let units = rest.as_chunks::<2>().0;
            let line = units.iter().position(|unit| *unit == [b'\n', 0]);
            let length = line.map_or(rest.len(), |units| units * 2);
            (length, 2, super::utf16(rest.get(..length)?))
        } else {
            let length = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            let line = rest.get(..length)?;
            let text = match std::str::from_utf8(line) {
                Ok(text) => text.to_owned(),
                Err(_) => line.iter().copied().map(char::from).collect(),
            };
            (length, 1, text)
        };
        self.position = offset + length + end;
        self.number += 1;
        let text = text.strip_suffix('\r').map(str::to_owned).unwrap_or(text);
        Some(Line { number: self.number, offset, text })
    }
}

struct Parser<'a, 's> {
    lines: std::iter::Peekable<Lines<'a>>,
    version: ExportVersion,
    key: Option<RegistryKey>,
    deletions: Vec<Deletion>,
    problems: Problems,
    most: usize,
    sink: &'s mut dyn FnMut(RegistryKey),
}

/// What stands behind a value's `=`.
enum Data {
    Deleted,
    Value(ValueType, Vec<u8>),
}

impl Parser<'_, '_> {
    fn line(&mut self, line: &Line) {
        let text = line.text.trim_start();
        match text.chars().next() {
            None | Some(';') => {}
            Some('[') => self.key_line(line, text),
            Some('"' | '@') => {
                let result = self.value_line(line, text);
                if let Err(error) = result {
                    let path = self.key.as_ref().map_or(&[][..], |key| &key.path);
                    self.problems.add_of_key(error, path);
                }
            }
            Some(_) => self.problems.add(line.error("neither a key nor a value")),
        }
    }

    fn end_key(&mut self) {
        if let Some(mut key) = self.key.take() {
            keep_last(&mut key.values);
            (self.sink)(key);
        }
    }

    fn key_line(&mut self, line: &Line, text: &str) {
        self.end_key();
        let inner = text.trim_end().strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let Some(inner) = inner else {
            self.problems.add(line.error("a key without its closing bracket"));
            return;
        };
        if inner.len() > MAX_PATH_LENGTH {
            self.problems.add(RegistryError::new(RegistryErrorKind::PathLength, line.offset));
            return;
        }
        match inner.strip_prefix('-') {
            Some(path) => self.delete(path_of(path).join("\\"), None, line),
            None => {
                self.key = Some(RegistryKey {
                    path: path_of(inner),
                    last_written: None,
                    security: None,
                    values: Vec::new(),
                    offset: line.offset,
                });
            }
        }
    }

    fn delete(&mut self, key: String, value: Option<String>, line: &Line) {
        if self.deletions.len() < self.most {
            self.deletions.push(Deletion { key, value, offset: line.offset });
        } else {
            let kind = RegistryErrorKind::TooLarge(Limit::MaxItems);
            self.problems.add(RegistryError::new(kind, line.offset));
        }
    }

    fn value_line(&mut self, line: &Line, text: &str) -> Result<(), RegistryError> {
        let (name, rest) = if let Some(rest) = text.strip_prefix('@') {
            (String::new(), rest)
        } else {
            let inner = text.strip_prefix('"').unwrap_or(text);
            quoted(inner).ok_or_else(|| line.error("a value's name without its closing quote"))?
        };
        let rest = rest.trim_start().strip_prefix('=');
        let rest = rest.ok_or_else(|| line.error("a value without '='"))?.trim_start();
        let data = self.data(line, rest)?;
        let Some(key) = &mut self.key else {
            return Err(line.error("a value before any key"));
        };
        let (value_type, data) = match data {
            Data::Value(value_type, data) => (value_type, data),
            Data::Deleted => {
                let key = key.path_text();
                self.delete(key, Some(name), line);
                return Ok(());
            }
        };
        let value = RegistryValue { name, value_type, data: data.into(), offset: line.offset };
        if key.values.len() >= MAX_VALUES {
            return Err(line.error("more values than one key may have"));
        }
        key.values.push(value);
        Ok(())
    }

    fn data(&mut self, line: &Line, rest: &str) -> Result<Data, RegistryError> {
        if rest.trim_end() == "-" {
            return Ok(Data::Deleted);
        }
        if let Some(inner) = rest.strip_prefix('"') {
            let text = self.text(line, inner)?;
            let units = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes);
            return Ok(Data::Value(ValueType::SZ, units.collect()));
        }
        let (form, digits) =
            rest.split_once(':').ok_or_else(|| line.error("data of an unknown form"))?;
        let form = form.trim().to_ascii_lowercase();
        if form == "dword" {
            let number = u32::from_str_radix(digits.trim(), 16);
            let number = number.map_err(|_| line.error("not a number of 32 bits"))?;
            return Ok(Data::Value(ValueType::DWORD, number.to_le_bytes().to_vec()));
        }
        let value_type = match form.strip_prefix("hex") {
            Some("") => Some(3),
            Some(number) => number
                .strip_prefix('(')
                .and_then(|number| number.strip_suffix(')'))
                .and_then(|number| u32::from_str_radix(number, 16).ok()),
            None => None,
        };
        let value_type =
            ValueType(value_type.ok_or_else(|| line.error("data of an unknown form"))?);
        let octets = self.hexadecimal(line, digits)?;
        let is_text =
            matches!(value_type, ValueType::SZ | ValueType::EXPAND_SZ | ValueType::MULTI_SZ);
        if is_text && self.version == ExportVersion::Version4 {
            let widened = octets.into_iter().flat_map(|octet| [octet, 0]).collect();
            return Ok(Data::Value(value_type, widened));
        }
        Ok(Data::Value(value_type, octets))
    }

    /// A text in quotes, which may go over several lines.
    fn text(&mut self, line: &Line, inner: &str) -> Result<String, RegistryError> {
        if let Some((text, _)) = quoted(inner) {
            return Ok(text);
        }
        let mut whole = inner.to_owned();
        loop {
            let goes_on = self.lines.peek().is_some_and(|next| !begins_anew(&next.text));
            let Some(next) = self.lines.next_if(|_| goes_on) else {
                return Err(line.error("a text without its closing quote"));
            };
            whole.push_str("\r\n");
            whole.push_str(&next.text);
            if has_end(&next.text) {
                return match quoted(&whole) {
                    Some((text, _)) => Ok(text),
                    None => Err(line.error("a text without its closing quote")),
                };
            }
        }
    }

    /// Octets in hexadecimal, separated by commas; a line that ends with a backslash goes on.
    fn hexadecimal(&mut self, line: &Line, digits: &str) -> Result<Vec<u8>, RegistryError> {
        let mut hex = Hex { octets: Vec::new(), value: 0, digits: 0 };
        let mut bad = hex.line(digits).is_none().then(|| line.error(Hex::WRONG));
        let mut goes_on = Hex::goes_on(digits);
        while goes_on {
            // a new key or value where data should go on: they are cut short, and it is not lost
            let Some(next) = self.lines.next_if(|next| !begins_anew(&next.text)) else {
                return Err(bad.unwrap_or_else(|| line.error("the value's data end too early")));
            };
            if next.text.trim_start().starts_with(';') {
                continue;
            }
            if bad.is_none() && hex.line(&next.text).is_none() {
                bad = Some(next.error(Hex::WRONG));
            }
            goes_on = Hex::goes_on(&next.text);
        }
        match bad {
            Some(error) => Err(error),
            None => Ok(hex.finish()),
        }
    }
}

/// Whether a line begins a key or a value, and so cannot go on with another's data.
fn begins_anew(line: &str) -> bool {
    let text = line.trim_start();
    let is_key = text.starts_with('[') && text.trim_end().ends_with(']');
    let is_value = text.starts_with("@=") || (text.starts_with('"') && text.contains("\"="));
    is_key || is_value
}

/// Whether a quote stands in the line that no backslash precedes.
fn has_end(line: &str) -> bool {
    quoted(line).is_some()
}

/// What stands before the closing quote, without its escapes, and what behind it.
fn quoted(inner: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut characters = inner.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((text, inner.get(at + 1..)?)),
            '\\' => text.push(characters.next().map_or('\\', |(_, escaped)| escaped)),
            other => text.push(other),
        }
    }
    None
}

/// Octets that are being read.
struct Hex {
    octets: Vec<u8>,
    value: u8,
    digits: u8,
}

impl Hex {
    const WRONG: &'static str = "not octets in hexadecimal";

    /// Whether the data go on in the next line.
    fn goes_on(text: &str) -> bool {
        text.trim_end().ends_with('\\')
    }

    /// Reads a line. `None` at a wrong character.
    fn line(&mut self, text: &str) -> Option<()> {
        let text = text.trim_end();
        let text = text.strip_suffix('\\').unwrap_or(text);
        for character in text.chars() {
            match character {
                ',' => self.end_octet(),
                ' ' | '\t' => {}
                _ => {
                    let digit =
                        character.to_digit(16).and_then(|digit| u8::try_from(digit).ok())?;
                    if self.digits == 2 {
                        return None;
                    }
                    self.value = self.value << 4 | digit;
                    self.digits += 1;
                }
            }
        }
        Some(())
    }

    fn end_octet(&mut self) {
        if self.digits > 0 {
            self.octets.push(self.value);
        }
        (self.value, self.digits) = (0, 0);
    }

    fn finish(mut self) -> Vec<u8> {
        self.end_octet();
        self.octets
    }
}

#[cfg(test)]
mod tests;
