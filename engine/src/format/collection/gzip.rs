//! gzip (RFC 1952): one file, most often a tar archive.

use std::ops::ControlFlow;

use super::inflate::{Broken, Crc32, Inflate, Source};
use super::path::MemberPath;
use super::{Expected, Walk, malformed, tar};
use crate::format::detect;
use crate::format::octets::{u16_at, u32_at};

const HEADER_LENGTH: usize = 10;
const FLAGS_OFFSET: usize = 3;
const HEADER_CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;

/// Walks the file in a gzip stream.
pub(super) fn walk(
    walk: &mut Walk<'_, '_>,
    path: &MemberPath,
    octets: &[u8],
    depth: usize,
) -> ControlFlow<()> {
    let Some(start) = body_offset(octets) else {
        return walk.problem(path, malformed("the gzip header is cut short", octets.len()));
    };
    let mut head = [0; tar::BLOCK];
    let given = match Gzip::new(octets, start).fill(&mut head) {
        Ok(given) | Err(Broken { given, .. }) => given,
    };
    let mut source = Gzip::new(octets, start);
    if detect::is_tar(head.get(..given).unwrap_or_default()) {
        return tar::walk(walk, path, &mut source, depth);
    }
    let inner = path.member(&path.without_gz());
    walk.member(&inner, &mut source, Expected::default(), depth)
}

/// Where the compressed data begin.
fn body_offset(octets: &[u8]) -> Option<usize> {
    let flags = *octets.get(FLAGS_OFFSET)?;
    let mut position = HEADER_LENGTH;
    if flags & EXTRA != 0 {
        position += 2 + usize::from(u16_at(octets, position)?);
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            position += octets.get(position..)?.iter().position(|octet| *octet == 0)? + 1;
        }
    }
    if flags & HEADER_CRC != 0 {
        position += 2;
    }
    (position <= octets.len()).then_some(position)
}

/// What a gzip stream holds; its parts, if it has several, one behind the other.
struct Gzip<'a> {
    octets: &'a [u8],
    /// Where the current part's compressed data begin.
    start: usize,
    inflate: Inflate<'a>,
    crc: Crc32,
    length: u32,
    ended: bool,
}

impl<'a> Gzip<'a> {
    fn new(octets: &'a [u8], start: usize) -> Self {
        let body = octets.get(start..).unwrap_or_default();
        let (inflate, crc) = (Inflate::new(body, start), Crc32::default());
        Self { octets, start, inflate, crc, length: 0, ended: false }
    }

    /// Checks the trailer and goes to the next part, if there is one.
    fn next_part(&mut self, given: usize) -> Result<(), Broken> {
        let trailer = self.consumed();
        self.ended = true;
        let (Some(crc), Some(length)) =
            (u32_at(self.octets, trailer), u32_at(self.octets, trailer + 4))
        else {
            let what = "the gzip trailer is cut short";
            return Err(Broken { given, what, offset: trailer });
        };
        if crc != self.crc.value() || length != self.length {
            return Err(Broken { given, what: "the gzip checksum is wrong", offset: trailer });
        }
        let next = trailer + 8;
        let rest = self.octets.get(next..).unwrap_or_default();
        if rest.starts_with(b"\x1f\x8b\x08") {
            let Some(start) = body_offset(rest) else {
                let what = "the gzip header is cut short";
                return Err(Broken { given, what, offset: self.octets.len() });
            };
            *self = Self::new(self.octets, next + start);
        }
        Ok(())
    }
}

impl Source for Gzip<'_> {
    fn fill(&mut self, place: &mut [u8]) -> Result<usize, Broken> {
        let mut filled = 0;
        while filled < place.len() && !self.ended {
            let Some(free) = place.get_mut(filled..) else { break };
            let given = match self.inflate.fill(free) {
                Ok(given) => given,
                Err(broken) => {
                    self.ended = true;
                    return Err(Broken { given: filled + broken.given, ..broken });
                }
            };
            self.crc.update(free.get(..given).unwrap_or_default());
            let added = u32::try_from(given).unwrap_or(u32::MAX);
            self.length = self.length.wrapping_add(added);
            filled += given;
            if given == 0 {
                self.next_part(filled)?;
            }
        }
        Ok(filled)
    }

    fn consumed(&self) -> usize {
        self.start + self.inflate.consumed()
    }
}
