//! zip (PKWARE APPNOTE 6.3): stored and deflated members, also those beyond 4 GiB (zip64).
//!
//! Members are found by the central directory at the end; where that is lost, as in a file that is
//! cut, by the headers in front of them.

use std::ops::ControlFlow;

use super::inflate::{Inflate, Plain};
use super::path::{self, MemberPath};
use super::{Expected, Walk, malformed};
use crate::format::error::FormatError;
use crate::format::octets::{slice_at, u16_at, u32_at};

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const END_64_LOCATOR: &[u8] = b"PK\x06\x07";
const LOCAL_LENGTH: usize = 30;
const CENTRAL_LENGTH: usize = 46;
const END_LENGTH: usize = 22;

const ENCRYPTED: u16 = 1;
const DESCRIPTOR_FOLLOWS: u16 = 8;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const ZIP64_EXTRA: u16 = 1;
/// External attributes of Unix: the type of the file, and that of a symbolic link.
const UNIX_TYPE: u32 = 0xf000_0000;
const UNIX_LINK: u32 = 0xa000_0000;

/// Walks an archive.
pub(super) fn walk(
    walk: &mut Walk<'_, '_>,
    path: &MemberPath,
    octets: &[u8],
    depth: usize,
) -> ControlFlow<()> {
    let Some(directory) = Directory::find(octets) else {
        let what = "the zip archive's directory is lost: it is cut or damaged";
        walk.problem(path, malformed(what, octets.len()))?;
        return recover(walk, path, octets, depth);
    };
    let mut position = directory.start;
    let mut members = 0;
    // by the directory's size, for the number of members ends at 16 bits
    while position < directory.end {
        let Some(entry) = Entry::central(octets, position, directory.base) else {
            let what = "the zip archive's directory is damaged";
            return walk.problem(path, malformed(what, position));
        };
        position = entry.end;
        members += 1;
        one(walk, path, octets, &entry, depth)?;
    }
    if members != directory.members {
        let what = "the zip archive's directory has another number of members than its end says";
        walk.problem(path, malformed(what, directory.end))?;
    }
    ControlFlow::Continue(())
}

/// Finds members by the headers in front of them.
fn recover(
    walk: &mut Walk<'_, '_>,
    path: &MemberPath,
    octets: &[u8],
    depth: usize,
) -> ControlFlow<()> {
    let mut position = 0;
    while let Some(entry) = Entry::local(octets, position) {
        let known = entry.flags & DESCRIPTOR_FOLLOWS == 0;
        one(walk, path, octets, &entry, depth)?;
        let body = position.saturating_add(entry.end - position);
        position = match usize::try_from(entry.packed).ok().filter(|_| known) {
            Some(packed) => body.saturating_add(packed),
            // the size stands behind the member: look for the next header
            None => match next_header(octets, body) {
                Some(next) => next,
                None => break,
            },
        };
    }
    ControlFlow::Continue(())
}

fn next_header(octets: &[u8], from: usize) -> Option<usize> {
    let rest = octets.get(from..)?;
    rest.windows(LOCAL.len()).position(|window| window == LOCAL).map(|found| from + found)
}

fn one(
    walk: &mut Walk<'_, '_>,
    path: &MemberPath,
    octets: &[u8],
    entry: &Entry,
    depth: usize,
) -> ControlFlow<()> {
    if entry.name.ends_with(['/', '\\']) {
        return ControlFlow::Continue(());
    }
    let path = path.member(&entry.name);
    let (body, offset) = match entry.body(octets) {
        Ok(body) => body,
        Err(error) => return walk.problem(&path, error),
    };
    let expected = Expected {
        size: entry.size_is_known.then_some(entry.size),
        exact: false,
        crc: entry.size_is_known.then_some(entry.crc),
        offset: entry.offset,
    };
    match entry.method {
        STORED => walk.member(&path, &mut Plain::new(body), expected, depth),
        DEFLATED => walk.member(&path, &mut Inflate::new(body, offset), expected, depth),
        _ => {
            let what = "compressed by a method other than deflate";
            walk.problem(&path, malformed(what, entry.offset))
        }
    }
}

/// Where the central directory lies.
struct Directory {
    start: usize,
    end: usize,
    members: u64,
    /// What stands before the archive: offsets count from behind it.
    base: usize,
}

impl Directory {
    fn find(octets: &[u8]) -> Option<Self> {
        const LONGEST_COMMENT: usize = 0xffff;
        let first = octets.len().saturating_sub(END_LENGTH + LONGEST_COMMENT);
        let tail = octets.get(first..)?;
        let mut candidates =
            tail.windows(END.len()).enumerate().rev().filter(|(_, window)| *window == END);
        candidates.find_map(|(index, _)| Self::at(octets, first + index))
    }

    fn at(octets: &[u8], end: usize) -> Option<Self> {
        let mut members = u64::from(u16_at(octets, end + 10)?);
        let mut size = u64::from(u32_at(octets, end + 12)?);
        let mut offset = u64::from(u32_at(octets, end + 16)?);
        // the comment's length ends the record: without it the file is cut
        u16_at(octets, end + 20)?;
        let mut behind = end;
        if let Some((record, position)) = end_64(octets, end) {
            [members, size, offset] = record;
            behind = position;
        }
        let size = usize::try_from(size).ok()?;
        let start = behind.checked_sub(size)?;
        let base = start.checked_sub(usize::try_from(offset).ok()?)?;
        let begins = octets.get(start..)?.starts_with(CENTRAL);
        (begins || (members == 0 && size == 0)).then_some(Self {
            start,
            end: behind,
            members,
            base,
        })
    }
}

/// Members, size and offset from the zip64 end record, and where it lies.
fn end_64(octets: &[u8], end: usize) -> Option<([u64; 3], usize)> {
    const LOCATOR_LENGTH: usize = 20;
    const RECORD_LENGTH: usize = 56;
    let locator = end.checked_sub(LOCATOR_LENGTH)?;
    if !octets.get(locator..)?.starts_with(END_64_LOCATOR) {
        return None;
    }
    let record = locator.checked_sub(RECORD_LENGTH)?;
    if !octets.get(record..)?.starts_with(b"PK\x06\x06") {
        return None;
    }
    let fields =
        [u64_at(octets, record + 32)?, u64_at(octets, record + 40)?, u64_at(octets, record + 48)?];
    Some((fields, record))
}

fn u64_at(octets: &[u8], offset: usize) -> Option<u64> {
    slice_at(octets, offset, 8)?.try_into().ok().map(u64::from_le_bytes)
}

struct Entry {
    name: String,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    size_is_known: bool,
    attributes: u32,
    /// Where the local header lies.
    offset: usize,
    /// Where the record this was read from ends.
    end: usize,
}

impl Entry {
    fn central(octets: &[u8], position: usize, base: usize) -> Option<Self> {
        if !octets.get(position..)?.starts_with(CENTRAL) {
            return None;
        }
        let [name, extra, comment] =
            [28, 30, 32].map(|field| u16_at(octets, position + field).map(usize::from));
        let (name, extra, comment) = (name?, extra?, comment?);
        let fields = position + CENTRAL_LENGTH;
        let mut sizes = Sizes {
            size: u64::from(u32_at(octets, position + 24)?),
            packed: u64::from(u32_at(octets, position + 20)?),
            offset: u64::from(u32_at(octets, position + 42)?),
        };
        sizes.widen(slice_at(octets, fields + name, extra)?);
        Some(Self {
            name: path::decode(slice_at(octets, fields, name)?),
            flags: u16_at(octets, position + 8)?,
            method: u16_at(octets, position + 10)?,
            crc: u32_at(octets, position + 16)?,
            packed: sizes.packed,
            size: sizes.size,
            size_is_known: true,
            attributes: u32_at(octets, position + 38)?,
            offset: base.checked_add(usize::try_from(sizes.offset).ok()?)?,
            end: fields + name + extra + comment,
        })
    }

    fn local(octets: &[u8], position: usize) -> Option<Self> {
        if !octets.get(position..)?.starts_with(LOCAL) {
            return None;
        }
        let name = usize::from(u16_at(octets, position + 26)?);
        let extra = usize::from(u16_at(octets, position + 28)?);
        let flags = u16_at(octets, position + 6)?;
        let fields = position + LOCAL_LENGTH;
        let mut sizes = Sizes {
            size: u64::from(u32_at(octets, position + 22)?),
            packed: u64::from(u32_at(octets, position + 18)?),
            offset: 0,
        };
        sizes.widen(slice_at(octets, fields + name, extra)?);
        Some(Self {
            name: path::decode(slice_at(octets, fields, name)?),
            flags,
            method: u16_at(octets, position + 8)?,
            crc: u32_at(octets, position + 14)?,
            packed: sizes.packed,
            size: sizes.size,
            size_is_known: flags & DESCRIPTOR_FOLLOWS == 0,
            attributes: 0,
            offset: position,
            end: fields + name + extra,
        })
    }

    /// The member's octets as they lie there, and where they begin.
    fn body<'a>(&self, octets: &'a [u8]) -> Result<(&'a [u8], usize), FormatError> {
        let fail = |what| Err(malformed(what, self.offset));
        if self.flags & ENCRYPTED != 0 {
            return fail("the member is encrypted");
        }
        if self.attributes & UNIX_TYPE == UNIX_LINK {
            return fail("a link is not followed");
        }
        let header = octets.get(self.offset..).unwrap_or_default();
        let lengths = (u16_at(header, 26), u16_at(header, 28));
        let (true, (Some(name), Some(extra))) = (header.starts_with(LOCAL), lengths) else {
            return fail("the member's header is lost");
        };
        let start = self.offset + LOCAL_LENGTH + usize::from(name) + usize::from(extra);
        let body = octets.get(start..).unwrap_or_default();
        let length = match usize::try_from(self.packed) {
            Ok(length) if self.size_is_known => length.min(body.len()),
            _ => body.len(),
        };
        Ok((body.get(..length).unwrap_or_default(), start))
    }
}

struct Sizes {
    size: u64,
    packed: u64,
    offset: u64,
}

impl Sizes {
    /// Takes from the zip64 field what did not fit into 32 bits, in the order APPNOTE 4.5.3 gives.
    fn widen(&mut self, extra: &[u8]) {
        let mut rest = extra;
        while let (Some(id), Some(length)) = (u16_at(rest, 0), u16_at(rest, 2)) {
            let Some(field) = slice_at(rest, 4, usize::from(length)) else { return };
            if id == ZIP64_EXTRA {
                let mut position = 0;
                for value in [&mut self.size, &mut self.packed, &mut self.offset] {
                    if *value == u64::from(u32::MAX) {
                        let Some(wide) = u64_at(field, position) else { return };
                        *value = wide;
                        position += 8;
                    }
                }
            }
            rest = rest.get(4 + usize::from(length)..).unwrap_or_default();
        }
    }
}
