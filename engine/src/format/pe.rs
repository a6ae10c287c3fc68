//! Executables: only as far as the signatures embedded in them (reference, stores-and-formats 7).

use super::octets::{size, slice_at, u16_at, u32_at};

/// Signatures one executable may have; real ones have one or two.
const MAX_SIGNATURES: usize = 64;

/// One entry of the certificate table that holds PKCS #7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signature<'a> {
    /// `bCertificate`, with the zeros that pad it.
    pub(super) octets: &'a [u8],
    /// Where it begins in the file.
    pub(super) offset: usize,
}

/// The embedded signatures.
///
/// # Errors
/// What is wrong with the headers or the table, and where; signatures before it are lost.
pub(super) fn signatures(octets: &[u8]) -> Result<Vec<Signature<'_>>, (&'static str, usize)> {
    let Some((table_offset, table_length)) = certificate_table(octets)? else {
        return Ok(Vec::new());
    };
    let table_end = table_offset.saturating_add(table_length);
    if table_end > octets.len() {
        return Err(("the certificate table reaches beyond the file", table_offset));
    }
    const ENTRY_HEADER_LENGTH: usize = 8;
    const TYPE_PKCS_SIGNED_DATA: u16 = 2;
    let mut signatures = Vec::new();
    let mut position = table_offset;
    while position + ENTRY_HEADER_LENGTH <= table_end && signatures.len() < MAX_SIGNATURES {
        let bad = ("an entry of the certificate table has a bad length", position);
        let length = u32_at(octets, position).map(size).ok_or(bad)?;
        let end = position.checked_add(length).filter(|end| *end <= table_end).ok_or(bad)?;
        let start = position + ENTRY_HEADER_LENGTH;
        let content = octets.get(start..end).ok_or(bad)?;
        if u16_at(octets, position + 6) == Some(TYPE_PKCS_SIGNED_DATA) {
            signatures.push(Signature { octets: content, offset: start });
        }
        position = end.next_multiple_of(8);
    }
    Ok(signatures)
}

/// Data directory 4: offset in the file (no RVA) and length of the certificate table, if any.
fn certificate_table(octets: &[u8]) -> Result<Option<(usize, usize)>, (&'static str, usize)> {
    const PE_HEADER_OFFSET: usize = 0x3c;
    const OPTIONAL_HEADER: usize = 24;
    const SECURITY_DIRECTORY: u32 = 4;
    let truncated = ("the headers end too early", octets.len());
    let pe = u32_at(octets, PE_HEADER_OFFSET).map(size).ok_or(truncated)?;
    let optional = pe.checked_add(OPTIONAL_HEADER).ok_or(truncated)?;
    let directories = match u16_at(octets, optional).ok_or(truncated)? {
        0x010b => optional.checked_add(96),
        0x020b => optional.checked_add(112),
        _ => return Err(("neither PE32 nor PE32+", optional)),
    }
    .ok_or(truncated)?;
    let count = u32_at(octets, directories - 4).ok_or(truncated)?;
    if count <= SECURITY_DIRECTORY {
        return Ok(None);
    }
    let entry = slice_at(octets, directories.saturating_add(4 * 8), 8).ok_or(truncated)?;
    match (u32_at(entry, 0).map(size), u32_at(entry, 4).map(size)) {
        (Some(0), _) | (_, Some(0)) => Ok(None),
        (Some(offset), Some(length)) => Ok(Some((offset, length))),
        _ => Err(truncated),
    }
}
