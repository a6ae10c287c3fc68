//! What `certutil -store`, `-dump` and `-verify` print (reference, stores-and-formats 4.5 and
//! certutil-output 1).
//!
//! The words are in Windows' language, so objects are told by what is not: the frame of `====`
//! around an object's number, the digest in `(sha1)` with its forty digits, the command's last line
//! `CertUtil: -store ...`. Such a text holds the octets of no object, unless it also has PEM or
//! hexadecimal blocks; without them it can only name certificates that are at hand elsewhere.

use std::ops::Range;

use super::hex_text::Dump;
use super::text::{self, Text};
use crate::base::hresult::HResult;

/// Entries one text may have.
pub const MAX_ENTRIES: usize = 65_536;

/// How much of a text is searched for what makes it certutil's, in characters.
const HEAD: usize = 65_536;

/// The shortest dump that is looked at as an object, in octets: shorter ones are fields.
const SHORTEST_OBJECT: usize = 64;

/// What one text holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertutilText {
    /// Objects that were printed, in order.
    pub entries: Vec<Entry>,
    /// Hexadecimal dumps long enough to be an object.
    pub dumps: Vec<HexDump>,
    /// Commands that failed.
    pub failures: Vec<Failure>,
    /// Whether there are more than [`MAX_ENTRIES`] of something.
    pub is_cut: bool,
}

/// One printed object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The store it was printed from, as the command names it, e.g. `root`.
    pub store: Option<String>,
    /// What stands in its frame, in Windows' language, e.g. `Certificate 0`; empty without a frame.
    pub title: String,
    /// The SHA-1 that is printed for it.
    pub sha1: Option<[u8; 20]>,
    /// Where it begins in the file.
    pub offset: usize,
}

/// A dump in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HexDump {
    /// What it decodes to.
    pub octets: Vec<u8>,
    /// Where its first line begins in the file.
    pub offset: usize,
}

/// A command that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// The code it gives.
    pub code: HResult,
    /// Where its line begins in the file.
    pub offset: usize,
}

/// Whether the text is certutil's, by its frames, its chain elements or its last line.
pub(super) fn looks_like(octets: &[u8]) -> bool {
    let head = Text::head(octets, HEAD);
    lines(&head.octets).any(|line| {
        let line = head.octets.get(line).unwrap_or_default();
        frame(line).is_some() || is_chain_element(line) || command(line).is_some()
    })
}

/// Reads a text. Nothing in it is an error: what is no entry is left out.
#[must_use]
pub fn read(octets: &[u8]) -> CertutilText {
    let text = Text::of(octets);
    let mut reader = TextReader::new(&text);
    let mut dump: Option<(usize, Dump)> = None;
    let mut all = lines(&text.octets).peekable();
    while let Some(range) = all.next() {
        if reader.found.is_cut {
            break;
        }
        let start = range.start;
        let line = text.octets.get(range).unwrap_or_default();
        dump = reader.dump(dump.take(), line, start);
        let next = all.peek().and_then(|next| text.octets.get(next.clone())).unwrap_or_default();
        reader.line(line, next, start);
    }
    reader.end_dump(dump);
    reader.found
}

/// The lines that are not blank.
fn lines(characters: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = 0;
    let ranges = characters.split_inclusive(|b| *b == b'\n').map(move |line| {
        let range = start..start + line.len();
        start = range.end;
        range
    });
    ranges.filter(|range| {
        let line = characters.get(range.clone()).unwrap_or_default();
        !line.trim_ascii().is_empty()
    })
}

struct TextReader<'t, 'a> {
    text: &'t Text<'a>,
    found: CertutilText,
    store: Option<String>,
    /// The frame that lines stand in.
    frame: String,
    /// The entry that lines belong to.
    open: Option<usize>,
    /// Whether nothing has been said of that entry yet.
    is_fresh: bool,
}

impl<'t, 'a> TextReader<'t, 'a> {
    fn new(text: &'t Text<'a>) -> Self {
        let found = CertutilText::default();
        Self { text, found, store: None, frame: String::new(), open: None, is_fresh: false }
    }

    fn line(&mut self, line: &[u8], next: &[u8], start: usize) {
        let was_fresh = std::mem::take(&mut self.is_fresh);
        if let Some(title) = frame(line) {
            self.is_fresh = true;
            // a frame right inside a frame is a level of nesting, not another object
            if !was_fresh {
                self.frame = lossy(title);
                self.entry(self.frame.clone(), start);
            }
        } else if let Some(element) = nested_element(line).filter(|_| !self.frame.is_empty()) {
            let title = format!("{}, {}", self.frame, lossy(element));
            match self.open_entry().filter(|_| was_fresh) {
                Some(entry) => entry.title = title,
                None => self.entry(title, start),
            }
        } else if is_chain_element(line) {
            let title = line.split(|b| *b == b':').next().unwrap_or_default();
            self.entry(lossy(title), start);
        } else if let Some(code) = command(line) {
            if let Some(code) = code {
                let offset = self.text.file_offset(start);
                self.found.failures.push(Failure { code, offset });
            }
            self.leave(None);
        } else if let Some(name) = store_name(line)
            && (frame(next).is_some() || command(next).is_some())
        {
            self.leave(Some(lossy(name)));
        } else if let Some(sha1) = object_digest(line) {
            if self.open.is_none() {
                self.entry(String::new(), start);
            }
            // the last one: those of a key's identifier come before (observed, with -v)
            if let Some(entry) = self.open_entry() {
                entry.sha1 = Some(sha1);
            }
        } else if let Some(sha1) = element_digest(line)
            && let Some(entry) = self.open_entry()
        {
            entry.sha1 = entry.sha1.or(Some(sha1));
        }
    }

    fn leave(&mut self, store: Option<String>) {
        (self.open, self.store) = (None, store);
        self.frame.clear();
    }

    fn open_entry(&mut self) -> Option<&mut Entry> {
        self.open.and_then(|index| self.found.entries.get_mut(index))
    }

    fn entry(&mut self, title: String, start: usize) {
        if self.found.entries.len() >= MAX_ENTRIES {
            self.found.is_cut = true;
            return;
        }
        self.open = Some(self.found.entries.len());
        let (store, offset) = (self.store.clone(), self.text.file_offset(start));
        self.found.entries.push(Entry { store, title, sha1: None, offset });
    }

    /// Continues a dump with this line, or begins another.
    fn dump(
        &mut self,
        dump: Option<(usize, Dump)>,
        line: &[u8],
        start: usize,
    ) -> Option<(usize, Dump)> {
        if let Some((begin, mut dump)) = dump {
            if dump.push(line) {
                return Some((begin, dump));
            }
            self.end_dump(Some((begin, dump)));
        }
        let mut dump = Dump::default();
        dump.push(line).then_some((start, dump))
    }

    fn end_dump(&mut self, dump: Option<(usize, Dump)>) {
        let Some((start, Dump { octets })) = dump else { return };
        if octets.len() >= SHORTEST_OBJECT {
            let offset = self.text.file_offset(start);
            self.found.dumps.push(HexDump { octets, offset });
        }
    }
}

fn lossy(characters: &[u8]) -> String {
    String::from_utf8_lossy(characters.trim_ascii()).into_owned()
}

/// What stands between the signs of `================ Certificate 0 ================`.
fn frame(line: &[u8]) -> Option<&[u8]> {
    const EDGE: &[u8] = b"================";
    let inner = line.trim_ascii().strip_prefix(EDGE)?.strip_suffix(EDGE)?;
    let inner = inner.strip_prefix(b" ")?.strip_suffix(b" ")?.trim_ascii();
    (!inner.is_empty()).then_some(inner)
}

/// `Element 0` in the line `Element 0:`, which stands for an object inside another.
fn nested_element(line: &[u8]) -> Option<&[u8]> {
    let line = line.trim_ascii_end().strip_suffix(b":")?;
    let (word, number) = line.split_at_checked(line.iter().position(|b| *b == b' ')?)?;
    let number = number.trim_ascii();
    let is_element = !word.is_empty() && !number.is_empty();
    (is_element && number.iter().all(u8::is_ascii_digit)).then_some(line)
}

/// `CertContext[0][0]: dwInfoStatus=102 dwErrorStatus=0`
fn is_chain_element(line: &[u8]) -> bool {
    line.starts_with(b"CertContext[") && text::find(line, b"]: dwInfoStatus=").is_some()
}

/// `CertUtil: -store command completed successfully.`, or with the code it failed with.
fn command(line: &[u8]) -> Option<Option<HResult>> {
    let rest = line.strip_prefix(b"CertUtil: -")?;
    let code = text::find(rest, b": 0x").and_then(|at| rest.get(at + 4..at + 12));
    let code = code.and_then(|digits| std::str::from_utf8(digits).ok());
    Some(code.and_then(|digits| u32::from_str_radix(digits, 16).ok()).map(HResult))
}

/// `root` in `root "Trusted Root Certification Authorities"`.
fn store_name(line: &[u8]) -> Option<&[u8]> {
    let line = line.trim_ascii_end().strip_suffix(b"\"")?;
    let name = line.get(..text::find(line, b" \"")?)?;
    let is_name = !name.is_empty() && !name.iter().any(|b| matches!(b, b':' | b'=' | b'"'));
    is_name.then_some(name)
}

/// The digest of `Cert Hash(sha1): 5c1f...`: at the line's beginning, for a name's digest is
/// indented. Windows 7 and 8 print blanks between the octets.
fn object_digest(line: &[u8]) -> Option<[u8; 20]> {
    const MARK: &[u8] = b"(sha1)";
    let is_indented = line.first().is_some_and(u8::is_ascii_whitespace);
    let rest = line.get(text::find(line, MARK)? + MARK.len()..)?;
    let colon = rest.iter().position(|b| *b == b':').filter(|_| !is_indented)?;
    digest(rest.get(colon + 1..)?)
}

/// The digest of `  Cert: 529a...` in a chain element. Not in Windows' language.
fn element_digest(line: &[u8]) -> Option<[u8; 20]> {
    digest(line.trim_ascii_start().strip_prefix(b"Cert: ")?)
}

fn digest(characters: &[u8]) -> Option<[u8; 20]> {
    let digits: Vec<u8> = characters.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    let mut sha1 = [0; 20];
    if pairs.len() != sha1.len() || !rest.is_empty() {
        return None;
    }
    for (octet, pair) in sha1.iter_mut().zip(pairs) {
        if !pair.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        *octet = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(sha1)
}

#[cfg(test)]
mod tests;
