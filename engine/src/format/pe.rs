//! Executables: only as far as the signatures embedded in them (reference, stores-and-formats 7).

use super::error::{FormatError, FormatErrorKind};
use super::octets::{size, slice_at, u16_at, u32_at};

/// Entries one certificate table may have; real ones have one or two.
pub(super) const MAX_ENTRIES: usize = 64;

/// WIN_CERT_TYPE_PKCS_SIGNED_DATA
pub(super) const TYPE_PKCS_SIGNED_DATA: u16 = 2;

/// One entry of the certificate table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// `wCertificateType`
    pub(super) certificate_type: u16,
    /// `bCertificate`, with the zeros that pad it.
    pub(super) octets: &'a [u8],
    /// Where it begins in the file.
    pub(super) offset: usize,
}

/// The entries of the certificate table, and what ended it too early.
///
/// # Errors
/// What is wrong with the headers.
pub(super) fn certificate_table(
    octets: &[u8],
) -> Result<(Vec<Entry<'_>>, Option<FormatError>), FormatError> {
    let Some((table_offset, table_length)) = security_directory(octets)? else {
        return Ok((Vec::new(), None));
    };
    let wanted_end = table_offset.saturating_add(table_length);
    let table_end = wanted_end.min(octets.len());
    let mut problem = (wanted_end > octets.len())
        .then(|| malformed("the certificate table reaches beyond the file", table_offset));
    const ENTRY_HEADER_LENGTH: usize = 8;
    let mut entries = Vec::new();
    let mut position = table_offset;
    while position.saturating_add(ENTRY_HEADER_LENGTH) <= table_end {
        if entries.len() >= MAX_ENTRIES {
            problem = Some(malformed("more entries than MAX_ENTRIES", position));
            break;
        }
        let start = position + ENTRY_HEADER_LENGTH;
        let end = u32_at(octets, position).and_then(|length| position.checked_add(size(length)));
        let content = end.filter(|end| *end <= table_end).and_then(|end| octets.get(start..end));
        let (Some(end), Some(content)) = (end, content) else {
            let what = "an entry of the certificate table has a bad length";
            problem = problem.or(Some(malformed(what, position)));
            break;
        };
        let certificate_type = u16_at(octets, position + 6).unwrap_or(0);
        entries.push(Entry { certificate_type, octets: content, offset: start });
        position = end.next_multiple_of(8);
    }
    Ok((entries, problem))
}

/// Data directory 4: offset in the file (no RVA) and length of the certificate table, if any.
fn security_directory(octets: &[u8]) -> Result<Option<(usize, usize)>, FormatError> {
    const PE_HEADER_OFFSET: usize = 0x3c;
    const OPTIONAL_HEADER: usize = 24;
    const SECURITY_DIRECTORY: u32 = 4;
    let truncated = || malformed("the headers end too early", octets.len());
    let pe = u32_at(octets, PE_HEADER_OFFSET).map(size).ok_or_else(truncated)?;
    let optional = pe.checked_add(OPTIONAL_HEADER).ok_or_else(truncated)?;
    let directories = match u16_at(octets, optional).ok_or_else(truncated)? {
        0x010b => optional.checked_add(96),
        0x020b => optional.checked_add(112),
        _ => return Err(malformed("neither PE32 nor PE32+", optional)),
    }
    .ok_or_else(truncated)?;
    let count = u32_at(octets, directories - 4).ok_or_else(truncated)?;
    if count <= SECURITY_DIRECTORY {
        return Ok(None);
    }
    let entry = slice_at(octets, directories.saturating_add(4 * 8), 8).ok_or_else(truncated)?;
    match (u32_at(entry, 0).map(size), u32_at(entry, 4).map(size)) {
        (Some(0), _) | (_, Some(0)) => Ok(None),
        (Some(offset), Some(length)) => Ok(Some((offset, length))),
        _ => Err(truncated()),
    }
}

fn malformed(what: &'static str, offset: usize) -> FormatError {
    FormatError::new(FormatErrorKind::Malformed(what), offset)
}
