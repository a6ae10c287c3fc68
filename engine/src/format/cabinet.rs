//! Cabinets: how Windows Update ships the trust lists (MS-CAB).
//!
//! [`Cabinet::parse`] reads the header and both tables and fails only where they cannot be read.
//! The data are touched by [`Cabinet::extract`] and [`Cabinet::blocks`], so that a cabinet cut
//! short in transit still tells its version, members and where it ends. Checksums are verified
//! whenever they are not zero; zero means that the writer left them out (documented, MS-CAB 2.4).
//!
//! A cabinet of a set that spans several files is described, but not extracted.

mod error;
mod lzx;
mod mszip;

use std::fmt;

pub use error::{CabinetError, CabinetErrorKind};

use super::limits::{Limit, Limits};
use super::octets::{size, slice_at, u8_at, u16_at, u32_at};
use lzx::LzxDecoder;

/// Folders one cabinet may have. Real ones have a handful; the format allows 65,535, which all may
/// claim the same data.
pub const MAX_FOLDERS: usize = 512;

/// Octets one data block gives at most (documented, MS-CAB 2.4: 32 KiB).
pub const MAX_BLOCK_OUTPUT: usize = 32_768;

const SIGNATURE: &[u8] = b"MSCF";
const FIXED_HEADER_LENGTH: usize = 36;
const MAX_NAME_LENGTH: usize = 256;

const FLAG_PREVIOUS_CABINET: u16 = 0x0001;
const FLAG_NEXT_CABINET: u16 = 0x0002;
const FLAG_RESERVE_PRESENT: u16 = 0x0004;

/// `_A_NAME_IS_UTF` among a member's attributes: the name is UTF-8.
pub const ATTRIBUTE_NAME_IS_UTF8: u16 = 0x80;

/// A cabinet whose header and tables have been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cabinet<'a> {
    octets: &'a [u8],
    /// `versionMajor`, 1 in every known cabinet.
    pub version_major: u8,
    /// `versionMinor`, 3 in every known cabinet.
    pub version_minor: u8,
    /// `cbCabinet`: how long the cabinet says it is, in octets.
    pub declared_size: u32,
    /// `setID`: the same in all cabinets of a set.
    pub set_id: u16,
    /// `iCabinet`: this cabinet's place in its set, from 0.
    pub set_index: u16,
    /// `szCabinetPrev`, if the cabinet continues another.
    pub previous: Option<String>,
    /// `szCabinetNext`, if another continues this one.
    pub next: Option<String>,
    /// `abReserve` of the header: an application's own data, e.g. where a signature lies.
    pub header_reserve: &'a [u8],
    data_reserve: usize,
    folders: Vec<Folder>,
    members: Vec<Member>,
}

/// CFFOLDER: a stream of data blocks that its members are cut from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folder {
    /// How its blocks are compressed.
    pub compression: Compression,
    /// `coffCabStart`: where its first block begins, in octets from the cabinet's beginning.
    pub data_offset: usize,
    /// `cCFData`: how many blocks it claims to have.
    pub block_count: u16,
}

/// `typeCompress`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Stored.
    None,
    /// DEFLATE in blocks that share their history.
    MsZip,
    /// Quantum: recognised, refused.
    Quantum,
    /// LZX.
    Lzx {
        /// The history is two to the power of this, in octets: 15 to 21.
        window_bits: u8,
    },
    /// Anything else: the field's value.
    Unknown(u16),
}

impl Compression {
    fn from_field(field: u16) -> Self {
        let window_bits = u8::try_from((field >> 8) & 0x1f).unwrap_or(0);
        match field & 0x000f {
            0 => Self::None,
            1 => Self::MsZip,
            2 => Self::Quantum,
            3 if (15..=21).contains(&window_bits) => Self::Lzx { window_bits },
            _ => Self::Unknown(field),
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("stored"),
            Self::MsZip => f.write_str("MSZIP"),
            Self::Quantum => f.write_str("Quantum"),
            Self::Lzx { window_bits } => write!(f, "LZX:{window_bits}"),
            Self::Unknown(field) => write!(f, "unknown compression 0x{field:04x}"),
        }
    }
}

/// CFFILE: one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// `szName`. UTF-8 if the attributes say so; otherwise octets above 0x7f are read as Latin-1,
    /// since the cabinet does not tell its code page.
    pub name: String,
    /// `cbFile`, in octets.
    pub size: u32,
    /// `uoffFolderStart`: where it begins in its folder's decompressed octets.
    pub folder_offset: u32,
    /// `iFolder`: index into [`Cabinet::folders`]; 0xfffd to 0xffff mean that the member lies in
    /// more than one cabinet.
    pub folder: u16,
    /// `date` and `time`.
    pub modified: DosTime,
    /// `attribs`: DOS attributes and [`ATTRIBUTE_NAME_IS_UTF8`].
    pub attributes: u16,
    /// Where its table entry lies, in octets from the cabinet's beginning.
    pub offset: usize,
}

/// A DOS date and time: local time of an unknown zone, in steps of two seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DosTime {
    /// Bits 15-9 years since 1980, 8-5 month, 4-0 day.
    pub date: u16,
    /// Bits 15-11 hours, 10-5 minutes, 4-0 seconds divided by two.
    pub time: u16,
}

impl fmt::Display for DosTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, time } = *self;
        write!(f, "{}-{:02}-{:02} ", 1980 + (date >> 9), (date >> 5) & 0x0f, date & 0x1f)?;
        write!(f, "{:02}:{:02}:{:02}", time >> 11, (time >> 5) & 0x3f, (time & 0x1f) * 2)
    }
}

/// CFDATA: one block, as the tables of a report want it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataBlock {
    /// Where its header begins, in octets from the cabinet's beginning.
    pub offset: usize,
    /// `cbData`, in octets.
    pub compressed_size: u16,
    /// `cbUncomp`, in octets.
    pub uncompressed_size: u16,
    /// What became of its checksum.
    pub checksum: Checksum,
}

/// A block's `csum` against what its octets give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// The field is zero: the writer left it out.
    Absent,
    /// They agree.
    Verified(u32),
    /// They differ.
    Mismatch {
        /// the field
        stored: u32,
        /// what the octets give
        computed: u32,
    },
}

/// A folder's octets as far as they could be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderData {
    /// The decompressed octets.
    pub octets: Vec<u8>,
    /// Why there are fewer than were asked for.
    pub error: Option<CabinetError>,
}

impl<'a> Cabinet<'a> {
    /// Reads the header and the tables of folders and members.
    ///
    /// # Errors
    /// [`CabinetErrorKind::NotACabinet`] without the signature, [`CabinetErrorKind::Truncated`] and
    /// [`CabinetErrorKind::BadHeader`] where the tables cannot be read,
    /// [`CabinetErrorKind::TooLarge`] above [`MAX_FOLDERS`].
    pub fn parse(octets: &'a [u8]) -> Result<Self, CabinetError> {
        if !octets.starts_with(SIGNATURE) {
            return Err(CabinetError::new(CabinetErrorKind::NotACabinet, 0, "CFHEADER"));
        }
        let mut fields = Fields { octets, position: 8, context: "CFHEADER" };
        let declared_size = fields.u32()?;
        fields.skip(4)?;
        let members_offset = size(fields.u32()?);
        fields.skip(4)?;
        let version_minor = fields.u8()?;
        let version_major = fields.u8()?;
        if version_major != 1 {
            return Err(fields.bad("version is not 1.x"));
        }
        let folder_count = usize::from(fields.u16()?);
        let member_count = usize::from(fields.u16()?);
        let flags = fields.u16()?;
        let set_id = fields.u16()?;
        let set_index = fields.u16()?;
        debug_assert_eq!(fields.position, FIXED_HEADER_LENGTH);

        let (mut header_reserve, mut folder_reserve, mut data_reserve) = (&[][..], 0, 0);
        if flags & FLAG_RESERVE_PRESENT != 0 {
            let header_length = usize::from(fields.u16()?);
            folder_reserve = usize::from(fields.u8()?);
            data_reserve = usize::from(fields.u8()?);
            header_reserve = fields.take(header_length)?;
        }
        let previous = fields.neighbour(flags & FLAG_PREVIOUS_CABINET != 0)?;
        let next = fields.neighbour(flags & FLAG_NEXT_CABINET != 0)?;

        if folder_count > MAX_FOLDERS {
            return Err(fields.error(CabinetErrorKind::TooLarge(Limit::MaxFolders)));
        }
        fields.context = "CFFOLDER";
        let folders =
            (0..folder_count).map(|_| fields.folder(folder_reserve)).collect::<Result<_, _>>()?;
        let mut fields = Fields { octets, position: members_offset, context: "CFFILE" };
        let members = (0..member_count).map(|_| fields.member()).collect::<Result<_, _>>()?;
        Ok(Self {
            octets,
            version_major,
            version_minor,
            declared_size,
            set_id,
            set_index,
            previous,
            next,
            header_reserve,
            data_reserve,
            folders,
            members,
        })
    }

    /// The folders, in the cabinet's order.
    #[must_use]
    pub fn folders(&self) -> &[Folder] {
        &self.folders
    }

    /// The members, in the cabinet's order.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Octets behind the length the cabinet declares; a signature may stand there.
    #[must_use]
    pub fn trailing(&self) -> &'a [u8] {
        self.octets.get(size(self.declared_size)..).unwrap_or_default()
    }

    /// How many of the octets it declares the cabinet lacks.
    #[must_use]
    pub fn missing(&self) -> usize {
        size(self.declared_size).saturating_sub(self.octets.len())
    }

    /// The decompressed octets of the member at `index` in [`Cabinet::members`].
    ///
    /// # Errors
    /// [`CabinetErrorKind::NoSuchMember`]; whatever keeps its folder from being decompressed as far
    /// as the member reaches.
    pub fn extract(&self, index: usize, limits: &Limits) -> Result<Vec<u8>, CabinetError> {
        let no_member = || CabinetError::new(CabinetErrorKind::NoSuchMember, 0, "CFFILE");
        let member = self.members.get(index).ok_or_else(no_member)?;
        let data = self.decompress(member.folder, member.end(), limits);
        Ok(member.cut(&data)?.to_vec())
    }

    /// Decompresses a folder until it has given `wanted` octets. What an earlier block gave is kept
    /// when a later one fails.
    #[must_use]
    pub fn decompress(&self, folder: u16, wanted: u64, limits: &Limits) -> FolderData {
        let mut octets = Vec::new();
        let error = self.decompress_into(&mut octets, folder, wanted, limits).err();
        FolderData { octets, error }
    }

    fn decompress_into(
        &self,
        output: &mut Vec<u8>,
        index: u16,
        wanted: u64,
        limits: &Limits,
    ) -> Result<(), CabinetError> {
        if self.previous.is_some() || self.next.is_some() || index >= CONTINUED_FROM_PREVIOUS {
            return Err(CabinetError::new(CabinetErrorKind::MultiCabinet, 0, "CFHEADER"));
        }
        let bad_index = CabinetErrorKind::BadHeader("a member names a folder that does not exist");
        let folder = self
            .folders
            .get(usize::from(index))
            .ok_or_else(|| CabinetError::new(bad_index, 0, "CFFILE"))?;
        let unsupported = || {
            let kind = CabinetErrorKind::UnsupportedCompression(folder.compression);
            CabinetError::new(kind, folder.data_offset, "CFFOLDER")
        };
        let mut decoder = Decoder::new(folder.compression).ok_or_else(unsupported)?;
        let mut blocks = self.raw_blocks(folder);
        let mut consumed = 0usize;
        while u64::try_from(output.len()).is_ok_and(|length| length < wanted) {
            let Some(block) = blocks.next() else {
                let kind = CabinetErrorKind::BadHeader("a member reaches beyond its folder");
                return Err(CabinetError::new(kind, folder.data_offset, "CFFOLDER"));
            };
            let block = block?;
            let facts = block.facts();
            if let Checksum::Mismatch { stored, computed } = facts.checksum {
                let kind = CabinetErrorKind::ChecksumMismatch { stored, computed };
                return Err(block.error(kind));
            }
            consumed += block.data.len();
            let length = usize::from(block.uncompressed_size);
            limits
                .check_output(consumed, output.len() + length)
                .map_err(|limit| block.error(CabinetErrorKind::TooLarge(limit)))?;
            decoder
                .block(block.data, length, output)
                .map_err(|what| block.error(CabinetErrorKind::Decompression(what)))?;
        }
        Ok(())
    }

    /// The blocks of the folder at `index` in [`Cabinet::folders`] and, if they end before they
    /// should, why.
    #[must_use]
    pub fn blocks(&self, index: usize) -> (Vec<DataBlock>, Option<CabinetError>) {
        let mut facts = Vec::new();
        for block in self.folders.get(index).into_iter().flat_map(|f| self.raw_blocks(f)) {
            match block {
                Ok(block) => facts.push(block.facts()),
                Err(error) => return (facts, Some(error)),
            }
        }
        (facts, None)
    }

    /// Walks a folder's blocks; ends behind the first that cannot be read.
    fn raw_blocks(
        &self,
        folder: &Folder,
    ) -> impl Iterator<Item = Result<RawBlock<'a>, CabinetError>> {
        let mut fields =
            Fields { octets: self.octets, position: folder.data_offset, context: "CFDATA" };
        let reserve = self.data_reserve;
        let mut left = folder.block_count;
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let block = fields.block(reserve);
            if block.is_err() {
                left = 0;
            }
            Some(block)
        })
    }
}

/// The smallest `iFolder` that names no folder of this cabinet: CONTINUED_FROM_PREV 0xfffd,
/// CONTINUED_TO_NEXT 0xfffe, CONTINUED_PREV_AND_NEXT 0xffff (documented, MS-CAB 2.3).
const CONTINUED_FROM_PREVIOUS: u16 = 0xfffd;

impl Member {
    /// Where it ends in its folder's decompressed octets.
    #[must_use]
    pub fn end(&self) -> u64 {
        u64::from(self.folder_offset) + u64::from(self.size)
    }

    /// Its octets, cut from its folder's.
    ///
    /// # Errors
    /// The folder's, if its octets end before the member does.
    pub fn cut<'f>(&self, folder: &'f FolderData) -> Result<&'f [u8], CabinetError> {
        slice_at(&folder.octets, size(self.folder_offset), size(self.size)).ok_or_else(|| {
            let kind = CabinetErrorKind::BadHeader("a member reaches beyond its folder");
            folder.error.unwrap_or(CabinetError::new(kind, self.offset, "CFFILE"))
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct RawBlock<'a> {
    offset: usize,
    stored_checksum: u32,
    /// `cbData` to the end of `ab`: what the checksum covers.
    covered: &'a [u8],
    data: &'a [u8],
    uncompressed_size: u16,
}

impl RawBlock<'_> {
    fn facts(&self) -> DataBlock {
        let checksum = match (self.stored_checksum, checksum(self.covered)) {
            (0, _) => Checksum::Absent,
            (stored, computed) if stored == computed => Checksum::Verified(stored),
            (stored, computed) => Checksum::Mismatch { stored, computed },
        };
        DataBlock {
            offset: self.offset,
            compressed_size: u16::try_from(self.data.len()).unwrap_or(u16::MAX),
            uncompressed_size: self.uncompressed_size,
            checksum,
        }
    }

    fn error(&self, kind: CabinetErrorKind) -> CabinetError {
        CabinetError::new(kind, self.offset, "CFDATA")
    }
}

/// The exclusive or of all little-endian double words; the octets that fill none come in reverse
/// order (documented, MS-CAB 3.1).
fn checksum(octets: &[u8]) -> u32 {
    let words = octets.chunks_exact(4);
    let rest = words.remainder().iter().fold(0u32, |rest, b| (rest << 8) | u32::from(*b));
    words.fold(rest, |sum, word| sum ^ u32_at(word, 0).unwrap_or(0))
}

enum Decoder {
    Stored,
    MsZip,
    Lzx(Box<LzxDecoder>),
}

impl Decoder {
    fn new(compression: Compression) -> Option<Self> {
        match compression {
            Compression::None => Some(Self::Stored),
            Compression::MsZip => Some(Self::MsZip),
            Compression::Lzx { window_bits } => {
                Some(Self::Lzx(Box::new(LzxDecoder::new(window_bits))))
            }
            Compression::Quantum | Compression::Unknown(_) => None,
        }
    }

    /// Appends the `length` octets that a block gives. On failure nothing is appended.
    fn block(
        &mut self,
        data: &[u8],
        length: usize,
        output: &mut Vec<u8>,
    ) -> Result<(), &'static str> {
        match self {
            Self::Stored if data.len() == length => output.extend_from_slice(data),
            Self::Stored => return Err("a stored block has two different sizes"),
            Self::MsZip => mszip::block(data, length, output)?,
            Self::Lzx(decoder) => decoder.block(data, length, output)?,
        }
        Ok(())
    }
}

/// A place in the cabinet, with the structure it lies in.
struct Fields<'a> {
    octets: &'a [u8],
    position: usize,
    context: &'static str,
}

impl<'a> Fields<'a> {
    fn error(&self, kind: CabinetErrorKind) -> CabinetError {
        CabinetError::new(kind, self.position, self.context)
    }

    fn bad(&self, what: &'static str) -> CabinetError {
        self.error(CabinetErrorKind::BadHeader(what))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], CabinetError> {
        let taken = slice_at(self.octets, self.position, length)
            .ok_or_else(|| self.error(CabinetErrorKind::Truncated))?;
        self.position += length;
        Ok(taken)
    }

    fn skip(&mut self, length: usize) -> Result<(), CabinetError> {
        self.take(length).map(|_| ())
    }

    fn u8(&mut self) -> Result<u8, CabinetError> {
        Ok(u8_at(self.take(1)?, 0).unwrap_or(0))
    }

    fn u16(&mut self) -> Result<u16, CabinetError> {
        Ok(u16_at(self.take(2)?, 0).unwrap_or(0))
    }

    fn u32(&mut self) -> Result<u32, CabinetError> {
        Ok(u32_at(self.take(4)?, 0).unwrap_or(0))
    }

    /// A name up to its NUL.
    fn name(&mut self) -> Result<&'a [u8], CabinetError> {
        let rest = self.octets.get(self.position..).unwrap_or_default();
        let longest = rest.get(..MAX_NAME_LENGTH).unwrap_or(rest);
        match longest.iter().position(|b| *b == 0) {
            Some(length) => {
                self.position += length + 1;
                Ok(longest.get(..length).unwrap_or_default())
            }
            None if longest.len() == MAX_NAME_LENGTH => {
                Err(self.bad("a name is longer than 255 octets"))
            }
            None => Err(self.error(CabinetErrorKind::Truncated)),
        }
    }

    /// The name of a neighbouring cabinet, followed by that of its disk.
    fn neighbour(&mut self, present: bool) -> Result<Option<String>, CabinetError> {
        if !present {
            return Ok(None);
        }
        let name = latin1(self.name()?);
        self.name()?;
        Ok(Some(name))
    }

    fn folder(&mut self, reserve: usize) -> Result<Folder, CabinetError> {
        let data_offset = size(self.u32()?);
        let block_count = self.u16()?;
        let compression = Compression::from_field(self.u16()?);
        self.skip(reserve)?;
        Ok(Folder { compression, data_offset, block_count })
    }

    fn member(&mut self) -> Result<Member, CabinetError> {
        let offset = self.position;
        let size = self.u32()?;
        let folder_offset = self.u32()?;
        let folder = self.u16()?;
        let date = self.u16()?;
        let time = self.u16()?;
        let attributes = self.u16()?;
        let octets = self.name()?;
        let name = if attributes & ATTRIBUTE_NAME_IS_UTF8 != 0 {
            String::from_utf8_lossy(octets).into_owned()
        } else {
            latin1(octets)
        };
        let modified = DosTime { date, time };
        Ok(Member { name, size, folder_offset, folder, modified, attributes, offset })
    }

    fn block(&mut self, reserve: usize) -> Result<RawBlock<'a>, CabinetError> {
        let offset = self.position;
        let stored_checksum = self.u32()?;
        let covered_start = self.position;
        let data_length = usize::from(self.u16()?);
        let uncompressed_size = self.u16()?;
        self.skip(reserve)?;
        let bad =
            |what| Err(CabinetError::new(CabinetErrorKind::BadHeader(what), offset, "CFDATA"));
        if data_length == 0 || uncompressed_size == 0 {
            return bad("an empty block outside a cabinet set");
        }
        if usize::from(uncompressed_size) > MAX_BLOCK_OUTPUT {
            return bad("a block of more than 32 KiB");
        }
        let truncated = CabinetError::new(CabinetErrorKind::Truncated, offset, "CFDATA");
        let data = self.take(data_length).map_err(|_| truncated)?;
        let covered = self.octets.get(covered_start..self.position).unwrap_or_default();
        Ok(RawBlock { offset, stored_checksum, covered, data, uncompressed_size })
    }
}

fn latin1(octets: &[u8]) -> String {
    octets.iter().map(|b| char::from(*b)).collect()
}

#[cfg(test)]
mod tests;
