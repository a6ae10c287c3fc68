//! Little-endian numbers at fixed places, for the binary formats that are no DER.

/// The octet at `offset`.
pub(super) fn u8_at(octets: &[u8], offset: usize) -> Option<u8> {
    octets.get(offset).copied()
}

/// The two octets at `offset`, little endian.
pub(super) fn u16_at(octets: &[u8], offset: usize) -> Option<u16> {
    let field = octets.get(offset..offset.checked_add(2)?)?;
    field.try_into().ok().map(u16::from_le_bytes)
}

/// The four octets at `offset`, little endian.
pub(super) fn u32_at(octets: &[u8], offset: usize) -> Option<u32> {
    let field = octets.get(offset..offset.checked_add(4)?)?;
    field.try_into().ok().map(u32::from_le_bytes)
}

/// `length` octets at `offset`.
pub(super) fn slice_at(octets: &[u8], offset: usize, length: usize) -> Option<&[u8]> {
    octets.get(offset..offset.checked_add(length)?)
}

/// A size field as a number of octets in memory. On a machine whose addresses are shorter than 32
/// bits it saturates, and then exceeds every limit.
pub(super) fn size(field: u32) -> usize {
    usize::try_from(field).unwrap_or(usize::MAX)
}
