//! CRC-32 as zip and `.evtx` have it (ISO 3309): reflected, polynomial 0x04C11DB7.

const POLYNOMIAL: u32 = 0xedb8_8320;

static TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0u32; 256];
    let mut remaining: &mut [u32] = &mut table;
    let mut index = 0u32;
    while let [entry, rest @ ..] = remaining {
        let mut value = index;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { value >> 1 ^ POLYNOMIAL } else { value >> 1 };
            bit += 1;
        }
        *entry = value;
        index += 1;
        remaining = rest;
    }
    table
}

/// The checksum of several pieces, one behind the other.
pub(super) fn crc32(pieces: &[&[u8]]) -> u32 {
    let mut value = u32::MAX;
    for octet in pieces.iter().copied().flatten() {
        let index = usize::from(value.to_le_bytes()[0] ^ octet);
        value = value >> 8 ^ TABLE.get(index).copied().unwrap_or_default();
    }
    !value
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_check_value_is_the_published_one() {
        assert_eq!(super::crc32(&[b"1234", b"56789"]), 0xcbf4_3926);
        assert_eq!(super::crc32(&[]), 0);
    }
}
