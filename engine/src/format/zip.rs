//! Zip archives: only as far as the signatures in them (reference, stores-and-formats 7).
//!
//! The central directory decides what members there are. Encrypted members, archives of more than
//! 4 GiB (zip64) and methods other than stored and deflated are not read.

use super::error::{FormatError, FormatErrorKind};
use super::limits::Limits;
use super::octets::{size, slice_at, u16_at, u32_at};

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member<'a> {
    /// Its name.
    pub(super) name: String,
    /// Where its own header begins in the archive.
    pub(super) offset: usize,
    flags: u16,
    method: u16,
    data: Option<&'a [u8]>,
    length: u32,
}

/// The members that the central directory names, and what ended it too early.
///
/// # Errors
/// There is no central directory.
pub(super) fn members<'a>(
    octets: &'a [u8],
    limits: &Limits,
) -> Result<(Vec<Member<'a>>, Option<FormatError>), FormatError> {
    const HEADER_LENGTH: usize = 46;
    let end = end_of_directory(octets)
        .ok_or_else(|| malformed("the central directory is missing", octets.len()))?;
    let count = u16_at(octets, end + 10).map_or(0, usize::from);
    let mut position = u32_at(octets, end + 16).map_or(0, size);
    let mut members = Vec::new();
    while members.len() < count {
        let header = slice_at(octets, position, HEADER_LENGTH);
        let header = header.filter(|header| header.starts_with(b"PK\x01\x02"));
        let Some(header) = header else {
            return Ok((members, Some(malformed("the central directory is damaged", position))));
        };
        if members.len() >= limits.max_items {
            return Ok((members, Some(super::too_large(super::Limit::MaxItems))));
        }
        let short = |offset| u16_at(header, offset).unwrap_or(0);
        let long = |offset| u32_at(header, offset).unwrap_or(0);
        let name_length = usize::from(short(28));
        let name = slice_at(octets, position + HEADER_LENGTH, name_length).unwrap_or_default();
        let offset = size(long(42));
        members.push(Member {
            name: String::from_utf8_lossy(name).into_owned(),
            offset,
            flags: short(8),
            method: short(10),
            data: data(octets, offset, size(long(20))),
            length: long(24),
        });
        position = position
            .saturating_add(HEADER_LENGTH + name_length)
            .saturating_add(usize::from(short(30)) + usize::from(short(32)));
    }
    Ok((members, None))
}

impl Member<'_> {
    /// Its octets, decompressed.
    ///
    /// # Errors
    /// They lie outside the archive, are encrypted or compressed in another way, do not decompress,
    /// or exceed a limit.
    pub(super) fn extract(&self, limits: &Limits) -> Result<Vec<u8>, FormatError> {
        const ENCRYPTED: u16 = 1;
        let bad = |what| malformed(what, self.offset);
        let data = self.data.ok_or_else(|| bad("a member lies outside the archive"))?;
        if self.flags & ENCRYPTED != 0 {
            return Err(bad("a member is encrypted"));
        }
        let length = size(self.length);
        limits.check_output(data.len(), length).map_err(super::too_large)?;
        match self.method {
            0 => Ok(data.to_vec()),
            8 => miniz_oxide::inflate::decompress_to_vec_with_limit(data, length)
                .ok()
                .filter(|content| content.len() == length)
                .ok_or_else(|| bad("a member cannot be decompressed")),
            _ => Err(bad("a member is compressed in a way that is not read here")),
        }
    }
}

/// A member's stored octets, behind its own header.
fn data(octets: &[u8], offset: usize, length: usize) -> Option<&[u8]> {
    const HEADER_LENGTH: usize = 30;
    let header = slice_at(octets, offset, HEADER_LENGTH)?;
    if !header.starts_with(b"PK\x03\x04") {
        return None;
    }
    let names = usize::from(u16_at(header, 26)?) + usize::from(u16_at(header, 28)?);
    slice_at(octets, offset.checked_add(HEADER_LENGTH + names)?, length)
}

/// Where the end record lies: behind it comes nothing but a comment.
fn end_of_directory(octets: &[u8]) -> Option<usize> {
    const LENGTH: usize = 22;
    const LONGEST_COMMENT: usize = 65_535;
    let last = octets.len().checked_sub(LENGTH)?;
    let first = last.saturating_sub(LONGEST_COMMENT);
    (first..=last).rev().find(|at| slice_at(octets, *at, 4) == Some(b"PK\x05\x06"))
}

fn malformed(what: &'static str, offset: usize) -> FormatError {
    FormatError::new(FormatErrorKind::Malformed(what), offset)
}

#[cfg(test)]
mod tests;
