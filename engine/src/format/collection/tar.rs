//! tar: POSIX ustar and pax, and GNU's long names.
//!
//! A header of 512 octets, then the file, filled up to 512; two empty headers end it. Links,
//! devices and the like are named and left alone.

use std::ops::ControlFlow;

use super::inflate::{Broken, Source};
use super::path::{self, MemberPath};
use super::{Expected, Walk, malformed};
use crate::format::error::FormatError;

/// Octets of a header, and the unit of everything.
pub(super) const BLOCK: usize = 512;

/// Octets a long name or the pax records of one file may have.
const MAX_EXTENDED: u64 = 64 << 10;

/// Walks an archive.
pub(super) fn walk(
    walk: &mut Walk<'_, '_>,
    path: &MemberPath,
    source: &mut dyn Source,
    depth: usize,
) -> ControlFlow<()> {
    let mut reader = Reader { source, position: 0 };
    let mut extended = Extended::default();
    loop {
        let offset = reader.position;
        let header = match reader.header() {
            Ok(Some(header)) => header,
            Ok(None) => return ControlFlow::Continue(()),
            Err(error) => return walk.problem(path, error),
        };
        let size = extended.size.unwrap_or(header.size);
        let name = extended.name.take().unwrap_or(header.name);
        let kind = if extended.is_sparse { b'S' } else { header.kind };
        let mut body = Body { reader: &mut reader, left: size, broken: None };
        match kind {
            b'L' | b'x' => {
                match body.small() {
                    Ok(octets) if kind == b'L' => extended.name = Some(text(&octets)),
                    Ok(octets) => extended = Extended::pax(&octets),
                    Err(error) => return walk.problem(path, error),
                }
                skip(walk, path, body, size)?;
                continue;
            }
            // an old header without a kind, a plain and a contiguous file
            0 | b'0' | b'7' => {
                let expected = Expected { size: Some(size), exact: true, crc: None, offset };
                walk.member(&path.member(&name), &mut body, expected, depth)?;
            }
            b'5' | b'g' | b'K' => {}
            kind => {
                let what = match kind {
                    b'1' | b'2' => "a link is not followed",
                    b'3' | b'4' | b'6' => "a device is not opened",
                    b'S' => "a sparse file is not opened",
                    _ => "an archive member of an unknown kind",
                };
                walk.problem(&path.member(&name), malformed(what, offset))?;
            }
        }
        skip(walk, path, body, size)?;
        extended = Extended::default();
    }
}

/// Goes to the end of a member's octets and of what fills them up.
fn skip(
    walk: &mut Walk<'_, '_>,
    path: &MemberPath,
    mut body: Body<'_, '_>,
    size: u64,
) -> ControlFlow<()> {
    // a size near the end of 64 bits, which the archive cannot have, is not filled up
    let filling = size.checked_next_multiple_of(BLOCK as u64).map_or(0, |whole| whole - size);
    body.left = body.left.saturating_add(filling);
    let mut unused = [0; 8 * BLOCK];
    while body.left > 0 && body.broken.is_none() {
        let before = body.left;
        let _ = body.fill(&mut unused);
        // what is skipped is decompressed as well
        let given = usize::try_from(before - body.left).unwrap_or(usize::MAX);
        if let Err(error) = walk.charge(0, given, body.consumed()) {
            walk.problem(path, error)?;
            return ControlFlow::Break(());
        }
    }
    match body.broken {
        Some(broken) if body.left > filling => {
            walk.problem(path, broken.error())?;
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    }
}

struct Header {
    name: String,
    size: u64,
    kind: u8,
}

/// What stands before a header and is about it.
#[derive(Default)]
struct Extended {
    name: Option<String>,
    size: Option<u64>,
    /// Only the parts of the file that are not empty follow, behind a map of them (GNU).
    is_sparse: bool,
}

impl Extended {
    /// Records `length key=value\n` (POSIX.1-2001, pax).
    fn pax(octets: &[u8]) -> Self {
        let mut found = Self::default();
        let mut rest = octets;
        while let Some(space) = rest.iter().position(|octet| *octet == b' ') {
            let length = std::str::from_utf8(rest.get(..space).unwrap_or_default())
                .ok()
                .and_then(|digits| digits.parse::<usize>().ok());
            let Some(record) = length.and_then(|length| rest.get(space + 1..length)) else { break };
            rest = rest.get(length.unwrap_or(rest.len())..).unwrap_or_default();
            let record = record.strip_suffix(b"\n").unwrap_or(record);
            if let Some(name) = record.strip_prefix(b"path=") {
                found.name = Some(text(name));
            } else if let Some(size) = record.strip_prefix(b"size=") {
                found.size = std::str::from_utf8(size).ok().and_then(|digits| digits.parse().ok());
            } else if record.starts_with(b"GNU.sparse.") {
                found.is_sparse = true;
            }
        }
        found
    }
}

struct Reader<'s> {
    source: &'s mut dyn Source,
    position: usize,
}

impl Reader<'_> {
    /// Fills all of `place`, or as much as there is.
    fn fill(&mut self, place: &mut [u8]) -> Result<usize, Broken> {
        let mut given = 0;
        while let Some(free) = place.get_mut(given..).filter(|free| !free.is_empty()) {
            let step = match self.source.fill(free) {
                Ok(0) => break,
                Ok(step) => step,
                Err(broken) => {
                    self.position += broken.given;
                    return Err(Broken { given: given + broken.given, ..broken });
                }
            };
            self.position += step;
            given += step;
        }
        Ok(given)
    }

    /// The next header; nothing at the end.
    fn header(&mut self) -> Result<Option<Header>, FormatError> {
        let offset = self.position;
        let mut block = [0; BLOCK];
        let given = self.fill(&mut block).map_err(Broken::error)?;
        if given < BLOCK {
            let what = "the tar archive ends without its end mark";
            return Err(malformed(what, offset + given));
        }
        if block.iter().all(|octet| *octet == 0) {
            return Ok(None);
        }
        Header::read(&block).ok_or_else(|| malformed("not a tar header", offset)).map(Some)
    }
}

impl Header {
    fn read(block: &[u8]) -> Option<Self> {
        if !has_checksum(block) {
            return None;
        }
        let field = |start: usize, length: usize| block.get(start..start + length);
        let mut name = text(field(0, 100)?);
        if field(257, 6)? == b"ustar\0" {
            let prefix = text(field(345, 155)?);
            if !prefix.is_empty() {
                name = format!("{prefix}/{name}");
            }
        }
        Some(Self { name, size: number(field(124, 12)?)?, kind: *block.get(156)? })
    }
}

/// Whether a block's checksum is a header's: the sum of its octets, those of the field as blanks.
pub(in crate::format) fn has_checksum(block: &[u8]) -> bool {
    const FIELD: std::ops::Range<usize> = 148..156;
    let Some(stored) = block.get(FIELD).and_then(number) else { return false };
    let (mut sum, mut signed) = (0u64, 0i64);
    for (index, octet) in block.iter().take(BLOCK).enumerate() {
        let octet = if FIELD.contains(&index) { b' ' } else { *octet };
        sum += u64::from(octet);
        signed += i64::from(octet.cast_signed());
    }
    block.len() >= BLOCK && (stored == sum || i64::try_from(stored) == Ok(signed))
}

/// Octal digits, or since 1988 a binary number behind an octet 0x80.
fn number(field: &[u8]) -> Option<u64> {
    if let [0x80, rest @ ..] = field {
        let (high, low) = rest.split_at_checked(rest.len().checked_sub(8)?)?;
        let low = u64::from_be_bytes(low.try_into().ok()?);
        return high.iter().all(|octet| *octet == 0).then_some(low);
    }
    let digits = std::str::from_utf8(field).ok()?.trim_matches(['\0', ' ']);
    if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|octet| *octet == 0).unwrap_or(field.len());
    path::decode(field.get(..end).unwrap_or_default())
}

/// The octets of one member.
struct Body<'r, 's> {
    reader: &'r mut Reader<'s>,
    left: u64,
    /// What ended them early.
    broken: Option<Broken>,
}

impl Body<'_, '_> {
    /// All of it, if it is no more than a name or records can be.
    fn small(&mut self) -> Result<Vec<u8>, FormatError> {
        let too_long = malformed("an overlong name in a tar archive", self.reader.position);
        let length = usize::try_from(self.left).ok().filter(|_| self.left <= MAX_EXTENDED);
        let mut octets = vec![0; length.ok_or(too_long)?];
        match self.fill(&mut octets) {
            Ok(given) => octets.truncate(given),
            Err(broken) => return Err(broken.error()),
        }
        Ok(octets)
    }
}

impl Source for Body<'_, '_> {
    fn fill(&mut self, place: &mut [u8]) -> Result<usize, Broken> {
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(place.len());
        let Some(place) = place.get_mut(..length) else { return Ok(0) };
        match self.reader.fill(place) {
            Ok(given) => {
                self.left -= given as u64;
                if given < length {
                    let (what, offset) = ("the tar archive is cut short", self.reader.position);
                    self.broken = Some(Broken { given, what, offset });
                }
                Ok(given)
            }
            Err(broken) => {
                self.left -= broken.given as u64;
                self.broken = Some(broken);
                Err(broken)
            }
        }
    }

    fn consumed(&self) -> usize {
        self.reader.source.consumed()
    }
}
