//! Serialized elements and stores: property records followed by the object they belong to.
//!
//! A record is `id`, `encoding`, `length` (32 bits each, little endian) and `length` octets. The
//! ids 32 to 35 are no properties but the object itself, which ends the element. A store is
//! [`HEADER`], elements, and a record of zeros (reference, stores-and-formats 3).

use super::RawProperty;
use super::error::{FormatError, FormatErrorKind};
use super::kind::Kind;
use super::octets::{size, slice_at, u32_at};

/// What a store begins with: version 0 and `CERT`.
pub const HEADER: &[u8] = b"\0\0\0\0CERT";

/// X509_ASN_ENCODING, which every record must have (observed, wine-test-facts 16).
const ENCODING: u32 = 1;
const RECORD_HEADER_LENGTH: usize = 12;

/// The ids of elements; 36 to 62 are reserved for more (documented, wincrypt.h).
const ELEMENT_IDS: std::ops::RangeInclusive<u32> = 32..=62;

/// Where a property's id ends to be believable when a file is only looked at: the ids in use end
/// near 130, an application's own begin at CERT_FIRST_USER_PROP_ID 0x8000.
const HIGHEST_ID: u32 = 0xffff;

/// One element: an object with its properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element<'a> {
    /// What the object is: [`Kind::Certificate`], [`Kind::Crl`] or [`Kind::CertificateTrustList`].
    pub kind: Kind,
    /// The object's octets.
    pub object: &'a [u8],
    /// Where they begin in the input.
    pub offset: usize,
    /// Its properties, in the file's order.
    pub properties: Vec<RawProperty>,
    /// Where the element ends in the input; what follows is not part of it.
    pub end: usize,
}

/// The elements of a store and what was wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elements<'a> {
    /// The elements that could be read, in the file's order.
    pub elements: Vec<Element<'a>>,
    /// What could not be read.
    pub problems: Vec<FormatError>,
    /// Where the store ends in the input.
    pub end: usize,
}

/// Reads a serialized store. An element that cannot be read is a problem, and reading goes on
/// behind it as long as the records' lengths allow.
///
/// # Errors
/// If the header is not a store's.
pub fn read_store(octets: &[u8]) -> Result<Elements<'_>, FormatError> {
    if !octets.starts_with(HEADER) {
        return Err(FormatError::new(FormatErrorKind::Unrecognised, 0));
    }
    let mut store = Elements { elements: Vec::new(), problems: Vec::new(), end: HEADER.len() };
    loop {
        let start = store.end;
        match read_next(octets, start) {
            Ok(Next::Element(element)) => {
                store.end = element.end;
                store.elements.push(element);
            }
            Ok(Next::Refused(problem, end)) => {
                store.end = end;
                store.problems.push(problem);
            }
            Ok(Next::End { position, orphans }) => {
                store.end = position;
                if orphans {
                    store.problems.push(malformed("properties without an object", start));
                }
                return Ok(store);
            }
            Err(problem) => {
                store.problems.push(problem);
                store.end = octets.len();
                return Ok(store);
            }
        }
    }
}

/// Reads one element; octets behind it are left alone (observed, wine-test-facts 16).
///
/// # Errors
/// [`FormatErrorKind::ElementEncoding`], [`FormatErrorKind::ElementLength`],
/// [`FormatErrorKind::ElementKind`], or [`FormatErrorKind::Malformed`] without any object.
pub fn read_element(octets: &[u8]) -> Result<Element<'_>, FormatError> {
    match read_next(octets, 0)? {
        Next::Element(element) => Ok(element),
        Next::Refused(problem, _) => Err(problem),
        Next::End { position, .. } => Err(malformed("properties without an object", position)),
    }
}

/// Reads the properties of a key, which are an element of their own (id 35) in a store's `Keys`:
/// what the element's record holds, the properties, and where the element ends.
///
/// # Errors
/// As [`read_element`], and [`FormatErrorKind::ElementKind`] for an element of another kind.
pub fn read_key_identifier(octets: &[u8]) -> Result<(&[u8], Vec<RawProperty>, usize), FormatError> {
    const KEY_IDENTIFIER: u32 = 35;
    let mut properties = Vec::new();
    let mut position = 0;
    loop {
        let record = Record::header(octets, position)
            .filter(|record| record.id != 0)
            .ok_or_else(|| malformed("properties without an object", position))?;
        if record.encoding != ENCODING {
            let kind = FormatErrorKind::ElementEncoding(record.encoding);
            return Err(FormatError::new(kind, position));
        }
        let (Some(value), Some(end)) = (record.value(octets), record.end(octets)) else {
            let kind = FormatErrorKind::ElementLength(record.length);
            return Err(FormatError::new(kind, position));
        };
        if record.id == KEY_IDENTIFIER {
            return Ok((value, properties, end));
        }
        if ELEMENT_IDS.contains(&record.id) {
            let kind = FormatErrorKind::ElementKind(record.id);
            return Err(FormatError::new(kind, position));
        }
        properties.push(RawProperty { id: record.id, value: value.to_vec() });
        position = end;
    }
}

/// Writes a store, as CertSaveStore with CERT_STORE_SAVE_AS_STORE does: each object with its
/// properties, in the order given.
///
/// # Errors
/// If an object is of a kind that stores do not hold, or longer than 32 bits can say.
pub fn write_store<'a>(
    objects: impl IntoIterator<Item = (Kind, &'a [u8], &'a [RawProperty])>,
) -> Result<Vec<u8>, FormatError> {
    let mut output = HEADER.to_vec();
    for (kind, octets, properties) in objects {
        write_element(&mut output, kind, octets, properties)?;
    }
    output.extend_from_slice(&[0; RECORD_HEADER_LENGTH]);
    Ok(output)
}

/// Appends one element to `output`.
///
/// # Errors
/// As [`write_store`].
pub fn write_element(
    output: &mut Vec<u8>,
    kind: Kind,
    octets: &[u8],
    properties: &[RawProperty],
) -> Result<(), FormatError> {
    let id = match kind {
        Kind::Certificate => 32,
        Kind::Crl => 33,
        Kind::CertificateTrustList => 34,
        _ => return Err(FormatError::new(FormatErrorKind::NotOpened(kind), output.len())),
    };
    let properties = properties.iter().map(|p| (p.id, p.value.as_slice()));
    for (id, value) in properties.chain([(id, octets)]) {
        let too_long = FormatErrorKind::ElementLength(u32::MAX);
        let length =
            u32::try_from(value.len()).map_err(|_| FormatError::new(too_long, output.len()))?;
        for field in [id, ENCODING, length] {
            output.extend_from_slice(&field.to_le_bytes());
        }
        output.extend_from_slice(value);
    }
    Ok(())
}

/// Whether the octets begin like an element: records that fit, up to an object or to the end of
/// what there is; or an object's record with another encoding or a length that does not fit, for
/// which CAPI2 has errors of its own.
pub(super) fn looks_like_element(octets: &[u8]) -> bool {
    let mut position = 0;
    loop {
        let Some(record) = Record::header(octets, position) else {
            return false;
        };
        if record.is_object() {
            let begins_as_der = octets.get(position + RECORD_HEADER_LENGTH) == Some(&0x30);
            return begins_as_der
                && (record.encoding == ENCODING || record.value(octets).is_some());
        }
        let believable = (1..=HIGHEST_ID).contains(&record.id) && record.encoding == ENCODING;
        match record.end(octets) {
            Some(end) if believable => position = end,
            _ => return false,
        }
    }
}

enum Next<'a> {
    Element(Element<'a>),
    /// An element that must not be used, and where the next one begins.
    Refused(FormatError, usize),
    /// The record of zeros has been passed.
    End {
        position: usize,
        orphans: bool,
    },
}

/// Reads records up to an object or the end record.
fn read_next(octets: &[u8], start: usize) -> Result<Next<'_>, FormatError> {
    let mut properties = Vec::new();
    let mut refused = None;
    let mut position = start;
    loop {
        let record = Record::header(octets, position)
            .ok_or_else(|| malformed("the data end before the end record", position))?;
        if record.id == 0 {
            let position = position + RECORD_HEADER_LENGTH;
            return Ok(Next::End { position, orphans: !properties.is_empty() });
        }
        if record.encoding != ENCODING && refused.is_none() {
            let kind = FormatErrorKind::ElementEncoding(record.encoding);
            refused = Some(FormatError::new(kind, position));
        }
        let (Some(value), Some(end)) = (record.value(octets), record.end(octets)) else {
            let kind = FormatErrorKind::ElementLength(record.length);
            return Err(refused.unwrap_or(FormatError::new(kind, position)));
        };
        if ELEMENT_IDS.contains(&record.id) {
            let kind = record.object_kind();
            return Ok(match (refused, kind) {
                (Some(problem), _) => Next::Refused(problem, end),
                (None, None) => {
                    let kind = FormatErrorKind::ElementKind(record.id);
                    Next::Refused(FormatError::new(kind, position), end)
                }
                (None, Some(kind)) => Next::Element(Element {
                    kind,
                    object: value,
                    offset: position + RECORD_HEADER_LENGTH,
                    properties,
                    end,
                }),
            });
        }
        properties.push(RawProperty { id: record.id, value: value.to_vec() });
        position = end;
    }
}

fn malformed(what: &'static str, offset: usize) -> FormatError {
    FormatError::new(FormatErrorKind::Malformed(what), offset)
}

#[derive(Debug, Clone, Copy)]
struct Record {
    id: u32,
    encoding: u32,
    length: u32,
    value_offset: usize,
}

impl Record {
    fn header(octets: &[u8], position: usize) -> Option<Self> {
        Some(Self {
            id: u32_at(octets, position)?,
            encoding: u32_at(octets, position.checked_add(4)?)?,
            length: u32_at(octets, position.checked_add(8)?)?,
            value_offset: position.checked_add(RECORD_HEADER_LENGTH)?,
        })
    }

    fn value(self, octets: &[u8]) -> Option<&[u8]> {
        slice_at(octets, self.value_offset, size(self.length))
    }

    fn end(self, octets: &[u8]) -> Option<usize> {
        self.value(octets).map(|value| self.value_offset + value.len())
    }

    fn is_object(self) -> bool {
        self.object_kind().is_some()
    }

    fn object_kind(self) -> Option<Kind> {
        match self.id {
            32 => Some(Kind::Certificate),
            33 => Some(Kind::Crl),
            34 => Some(Kind::CertificateTrustList),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
