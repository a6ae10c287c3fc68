//! The base block: what a hive, and each of its logs, begins with.

use crate::base::time::Time;
use crate::format::octets::{slice_at, u32_at};
use crate::format::registry::error::{RegistryError, RegistryErrorKind};
use crate::format::registry::utf16;

/// The checksum is over the octets before it.
pub(in crate::format::registry) const CHECKSUM_OFFSET: usize = 508;

/// What a base block says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseBlock {
    /// Incremented when writing begins.
    pub primary_sequence: u32,
    /// Set to the first one when writing has ended.
    pub secondary_sequence: u32,
    /// When the hive was last written.
    pub last_written: Time,
    /// Version; 1.
    pub major: u32,
    /// Version; 3, 5 or 6 in hives of Windows XP and later.
    pub minor: u32,
    /// 0 for a hive; 1, 2 and 6 for transaction logs.
    pub file_type: u32,
    /// Where the root key's cell lies, from the end of the base block.
    pub root_cell: u32,
    /// Octets of all hive bins.
    pub bins_length: u32,
    /// The end of the path of the file when it was last loaded.
    pub file_name: String,
    /// The checksum that stands in the block.
    pub checksum: u32,
    /// The checksum it should have.
    pub computed_checksum: u32,
}

impl BaseBlock {
    /// Reads a base block from the first 512 octets of a hive or a log.
    pub(in crate::format::registry) fn read(octets: &[u8]) -> Result<Self, RegistryError> {
        if !octets.starts_with(b"regf") {
            return Err(RegistryError::new(RegistryErrorKind::Signature("regf"), 0));
        }
        let field = |offset| {
            let cut = RegistryErrorKind::CutShort("the base block");
            u32_at(octets, offset).ok_or(RegistryError::new(cut, octets.len()))
        };
        let checksum = field(CHECKSUM_OFFSET)?;
        let time = u64::from(field(12)?) | u64::from(field(16)?) << 32;
        let name = utf16(slice_at(octets, 48, 64).unwrap_or_default());
        Ok(Self {
            primary_sequence: field(4)?,
            secondary_sequence: field(8)?,
            last_written: Time::from_filetime_octets(time.to_le_bytes()),
            major: field(20)?,
            minor: field(24)?,
            file_type: field(28)?,
            root_cell: field(36)?,
            bins_length: field(40)?,
            file_name: name.split('\0').next().unwrap_or_default().to_owned(),
            checksum,
            computed_checksum: checksum_of(octets),
        })
    }

    /// Whether the checksum is right.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.checksum == self.computed_checksum
    }

    /// Whether the hive was being written when the file was taken: what it holds may lack what its
    /// transaction logs hold.
    #[must_use]
    pub const fn is_dirty(&self) -> bool {
        !self.is_sound() || self.primary_sequence != self.secondary_sequence
    }
}

/// The exclusive or of the 127 words before it; never 0 or -1 (the public format notes).
pub(in crate::format::registry) fn checksum_of(base_block: &[u8]) -> u32 {
    let words = base_block.get(..CHECKSUM_OFFSET).unwrap_or_default().as_chunks::<4>().0;
    match words.iter().fold(0, |sum, word| sum ^ u32::from_le_bytes(*word)) {
        0 => 1,
        u32::MAX => u32::MAX - 1,
        sum => sum,
    }
}
