//! Octets in order: as they lie there, or inflated (RFC 1951).

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use super::malformed;
use crate::format::error::FormatError;

/// Something that gives octets in order.
pub(super) trait Source {
    /// Fills `place` from its beginning and says how far; 0 at the end.
    ///
    /// # Errors
    /// What is wrong, and how many octets came before it.
    fn fill(&mut self, place: &mut [u8]) -> Result<usize, Broken>;

    /// How many octets of the archive have been used up.
    fn consumed(&self) -> usize;
}

/// Where a source breaks off.
#[derive(Debug, Clone, Copy)]
pub(super) struct Broken {
    /// Octets that came before, in the call that met it.
    pub(super) given: usize,
    /// What is wrong.
    pub(super) what: &'static str,
    /// Where, in the archive.
    pub(super) offset: usize,
}

impl Broken {
    pub(super) fn error(self) -> FormatError {
        malformed(self.what, self.offset)
    }
}

/// Octets as they are.
pub(super) struct Plain<'a> {
    octets: &'a [u8],
    position: usize,
}

impl<'a> Plain<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        Self { octets, position: 0 }
    }
}

impl Source for Plain<'_> {
    fn fill(&mut self, place: &mut [u8]) -> Result<usize, Broken> {
        let rest = self.octets.get(self.position..).unwrap_or_default();
        let given = rest.len().min(place.len());
        if let (Some(to), Some(from)) = (place.get_mut(..given), rest.get(..given)) {
            to.copy_from_slice(from);
        }
        self.position += given;
        Ok(given)
    }

    fn consumed(&self) -> usize {
        self.position
    }
}

/// A raw deflate stream.
pub(super) struct Inflate<'a> {
    octets: &'a [u8],
    /// Where `octets` begin in the archive.
    offset: usize,
    position: usize,
    state: Box<InflateState>,
    ended: bool,
}

impl<'a> Inflate<'a> {
    pub(super) fn new(octets: &'a [u8], offset: usize) -> Self {
        let state = InflateState::new_boxed(DataFormat::Raw);
        Self { octets, offset, position: 0, state, ended: false }
    }

    fn broken(&mut self, given: usize, what: &'static str) -> Broken {
        self.ended = true;
        Broken { given, what, offset: self.offset + self.position }
    }
}

impl Source for Inflate<'_> {
    fn fill(&mut self, place: &mut [u8]) -> Result<usize, Broken> {
        let mut given = 0;
        while given < place.len() && !self.ended {
            let rest = self.octets.get(self.position..).unwrap_or_default();
            let Some(free) = place.get_mut(given..) else { break };
            let step = inflate(&mut self.state, rest, free, MZFlush::None);
            self.position += step.bytes_consumed;
            given += step.bytes_written;
            let idle = step.bytes_consumed == 0 && step.bytes_written == 0;
            match step.status {
                Ok(MZStatus::StreamEnd) => self.ended = true,
                Ok(_) if !idle => {}
                Ok(_) | Err(MZError::Buf) => {
                    return Err(self.broken(given, "the compressed data are cut short"));
                }
                Err(_) => {
                    return Err(self.broken(given, "the compressed data are damaged"));
                }
            }
        }
        Ok(given)
    }

    fn consumed(&self) -> usize {
        self.position
    }
}

/// CRC-32 as gzip and zip have it (RFC 1952, section 8).
pub(super) fn crc32(octets: &[u8]) -> u32 {
    let mut crc = Crc32::default();
    crc.update(octets);
    crc.value()
}

/// CRC-32, octet by octet.
pub(super) struct Crc32(u32);

impl Default for Crc32 {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

impl Crc32 {
    pub(super) fn update(&mut self, octets: &[u8]) {
        for octet in octets {
            let index = (self.0 ^ u32::from(*octet)) & 0xff;
            // the index is below 256, the table's length
            let entry = usize::try_from(index).ok().and_then(|index| CRC_TABLE.get(index));
            self.0 = entry.copied().unwrap_or(0) ^ (self.0 >> 8);
        }
    }

    pub(super) fn value(&self) -> u32 {
        !self.0
    }
}

#[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, which would refuse it")]
const CRC_TABLE: [u32; 256] = {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { POLYNOMIAL ^ (value >> 1) } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
};
