//! Reading DER, and the BER that Windows also accepts.
//!
//! CAPI2's decoder takes more than DER: non-minimal and indefinite lengths, `BOOLEAN 01`,
//! constructed strings, and octets behind the value that was asked for (observed: tests that run
//! on Windows decode all of these). A [`Reader`] therefore walks BER and leaves it to its callers
//! to be stricter where the format is.
//!
//! Every failure is a [`DerError`]: what was wrong, at which octet of the input that the outermost
//! reader was made from, and inside which structure. Nothing here allocates in proportion to a
//! length that the input claims, and indefinite lengths nest at most [`MAX_NESTING`] deep.

use std::borrow::Cow;
use std::fmt;

use super::hresult::{self, HResult};

/// How deep indefinite-length values may nest before they are refused.
///
/// Certificates, lists and CMS messages seen in the wild stay below 20.
pub const MAX_NESTING: usize = 64;

/// Identifier octets of the universal types this crate reads, and of context tags.
pub mod tag {
    /// BOOLEAN
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER
    pub const OBJECT_IDENTIFIER: u8 = 0x06;
    /// ENUMERATED
    pub const ENUMERATED: u8 = 0x0a;
    /// UTF8String
    pub const UTF8_STRING: u8 = 0x0c;
    /// NumericString
    pub const NUMERIC_STRING: u8 = 0x12;
    /// PrintableString
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// TeletexString (T61String)
    pub const TELETEX_STRING: u8 = 0x14;
    /// IA5String
    pub const IA5_STRING: u8 = 0x16;
    /// UTCTime
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// VisibleString
    pub const VISIBLE_STRING: u8 = 0x1a;
    /// UniversalString
    pub const UNIVERSAL_STRING: u8 = 0x1c;
    /// BMPString
    pub const BMP_STRING: u8 = 0x1e;
    /// SEQUENCE and SEQUENCE OF
    pub const SEQUENCE: u8 = 0x30;
    /// SET and SET OF
    pub const SET: u8 = 0x31;

    /// `[n]`, primitive. `n` must be below 31.
    #[must_use]
    pub const fn context(n: u8) -> u8 {
        0x80 | n
    }

    /// `[n]`, constructed. `n` must be below 31.
    #[must_use]
    pub const fn context_constructed(n: u8) -> u8 {
        0xa0 | n
    }
}

/// What was wrong with the octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DerErrorKind {
    /// The input ends inside the value.
    UnexpectedEnd,
    /// Another type stands where `expected` was needed.
    Tag {
        /// the identifier octet that was needed
        expected: u8,
        /// the identifier octet that was found
        found: u8,
    },
    /// The length octets are malformed, or longer than any input could be.
    Length,
    /// A value of the right type has contents its type does not allow.
    Value(&'static str),
    /// A number does not fit the type it is read into.
    TooLarge,
    /// Values nest deeper than [`MAX_NESTING`].
    TooDeep,
    /// Octets are left behind a value that should have been the last.
    TrailingData,
}

/// A value that could not be read: what, where, and inside which structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DerError {
    /// What was wrong.
    pub kind: DerErrorKind,
    /// Octets from the beginning of the outermost input.
    pub offset: usize,
    /// The structure that was being read, in the standard's words.
    pub context: &'static str,
}

impl DerError {
    /// An error at `offset`, not yet inside a named structure.
    #[must_use]
    pub const fn new(kind: DerErrorKind, offset: usize) -> Self {
        Self { kind, offset, context: "" }
    }

    /// What CAPI2's decoder answers (observed for the wrong tag and the cut value, else inferred).
    #[must_use]
    pub const fn hresult(&self) -> HResult {
        match self.kind {
            DerErrorKind::UnexpectedEnd => hresult::CRYPT_E_ASN1_EOD,
            DerErrorKind::Tag { .. } => hresult::CRYPT_E_ASN1_BADTAG,
            DerErrorKind::TooLarge => hresult::CRYPT_E_ASN1_LARGE,
            DerErrorKind::TrailingData => hresult::CRYPT_E_ASN1_NOEOD,
            DerErrorKind::Length | DerErrorKind::Value(_) | DerErrorKind::TooDeep => {
                hresult::CRYPT_E_ASN1_CORRUPT
            }
        }
    }

    /// Names the structure, unless an inner one has already been named.
    #[must_use]
    pub const fn within(mut self, context: &'static str) -> Self {
        if self.context.is_empty() {
            self.context = context;
        }
        self
    }
}

impl fmt::Display for DerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            DerErrorKind::UnexpectedEnd => write!(f, "the data end too early")?,
            DerErrorKind::Tag { expected, found } => {
                write!(f, "expected {}, found {}", tag_name(expected), tag_name(found))?;
            }
            DerErrorKind::Length => write!(f, "malformed length")?,
            DerErrorKind::Value(what) => write!(f, "{what}")?,
            DerErrorKind::TooLarge => write!(f, "number too large")?,
            DerErrorKind::TooDeep => write!(f, "values nest deeper than {MAX_NESTING}")?,
            DerErrorKind::TrailingData => write!(f, "unexpected data behind the value")?,
        }
        write!(f, " at offset {}", self.offset)?;
        if !self.context.is_empty() {
            write!(f, " in {}", self.context)?;
        }
        Ok(())
    }
}

impl std::error::Error for DerError {}

fn tag_name(tag: u8) -> Cow<'static, str> {
    Cow::Borrowed(match tag {
        tag::BOOLEAN => "BOOLEAN",
        tag::INTEGER => "INTEGER",
        tag::BIT_STRING => "BIT STRING",
        tag::OCTET_STRING => "OCTET STRING",
        tag::NULL => "NULL",
        tag::OBJECT_IDENTIFIER => "OBJECT IDENTIFIER",
        tag::ENUMERATED => "ENUMERATED",
        tag::UTC_TIME => "UTCTime",
        tag::GENERALIZED_TIME => "GeneralizedTime",
        tag::IA5_STRING => "IA5String",
        tag::SEQUENCE => "SEQUENCE",
        tag::SET => "SET",
        0x80..=0xbf => return Cow::Owned(format!("[{}]", tag & 0x1f)),
        _ => return Cow::Owned(format!("tag 0x{tag:02x}")),
    })
}

/// Result of reading DER.
pub type Result<T> = std::result::Result<T, DerError>;

/// One value: its identifier octet, its contents and all its octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// The identifier octet (the first one, for tag numbers above 30).
    pub tag: u8,
    /// The contents octets, without an indefinite value's end marker.
    pub content: &'a [u8],
    /// Identifier, length and contents.
    pub raw: &'a [u8],
    /// Where `raw` begins in the outermost input.
    pub offset: usize,
    header_length: usize,
    depth: usize,
}

impl<'a> Tlv<'a> {
    /// Where `content` begins in the outermost input.
    #[must_use]
    pub fn content_offset(&self) -> usize {
        self.offset + self.header_length
    }

    /// A reader over the contents.
    #[must_use]
    pub fn reader(&self) -> Reader<'a> {
        Reader {
            input: self.content,
            position: 0,
            base: self.content_offset(),
            depth: self.depth + 1,
        }
    }

    /// An error that points at this value.
    #[must_use]
    pub fn error(&self, kind: DerErrorKind) -> DerError {
        DerError::new(kind, self.offset)
    }

    /// This value, if it has the tag.
    ///
    /// # Errors
    /// [`DerErrorKind::Tag`] if it has another.
    pub fn expect(self, expected: u8) -> Result<Self> {
        if self.tag == expected {
            Ok(self)
        } else {
            Err(self.error(DerErrorKind::Tag { expected, found: self.tag }))
        }
    }

    /// The octets of a string type, joined if the value is constructed (BER).
    ///
    /// # Errors
    /// If a part is not of the primitive type `part_tag`.
    pub fn string_octets(&self, part_tag: u8) -> Result<Cow<'a, [u8]>> {
        if self.tag & 0x20 == 0 {
            return Ok(Cow::Borrowed(self.content));
        }
        let mut joined = Vec::new();
        let mut parts = self.reader();
        while let Some(part) = parts.next()? {
            if part.tag & !0x20 != part_tag {
                return Err(part.error(DerErrorKind::Tag { expected: part_tag, found: part.tag }));
            }
            if part.depth > MAX_NESTING {
                return Err(part.error(DerErrorKind::TooDeep));
            }
            joined.extend_from_slice(&part.string_octets(part_tag)?);
        }
        Ok(Cow::Owned(joined))
    }
}

/// Walks a sequence of values.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    input: &'a [u8],
    position: usize,
    base: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the beginning of `input`.
    #[must_use]
    pub const fn new(input: &'a [u8]) -> Self {
        Self { input, position: 0, base: 0, depth: 0 }
    }

    /// A reader whose errors count from `base`, for input cut out of something larger.
    #[must_use]
    pub const fn with_offset(input: &'a [u8], base: usize) -> Self {
        Self { input, position: 0, base, depth: 0 }
    }

    /// Where the next value begins in the outermost input.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.base + self.position
    }

    /// Whether everything has been read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.position >= self.input.len()
    }

    /// The octets that have not been read.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.input.get(self.position..).unwrap_or_default()
    }

    /// The identifier octet of the next value, if there is one.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.input.get(self.position).copied()
    }

    /// Whether the next value has this identifier octet.
    #[must_use]
    pub fn next_is(&self, tag: u8) -> bool {
        self.peek() == Some(tag)
    }

    /// An error at the current position.
    #[must_use]
    pub fn error(&self, kind: DerErrorKind) -> DerError {
        DerError::new(kind, self.offset())
    }

    fn byte(&mut self) -> Result<u8> {
        let byte = self.peek().ok_or_else(|| self.error(DerErrorKind::UnexpectedEnd))?;
        self.position += 1;
        Ok(byte)
    }

    /// Reads identifier and length. `None` is the indefinite length.
    fn header(&mut self) -> Result<(u8, Option<usize>)> {
        let first = self.byte()?;
        if first & 0x1f == 0x1f {
            // tag numbers above 30: never ours, but an ANY may hold one
            while self.byte()? & 0x80 != 0 {}
        }
        let length = self.byte()?;
        match length {
            0..=0x7f => Ok((first, Some(usize::from(length)))),
            0x80 if first & 0x20 != 0 => Ok((first, None)),
            0x80 => Err(self.error(DerErrorKind::Length)),
            _ => {
                let mut value = 0usize;
                for _ in 0..length & 0x7f {
                    value =
                        value.checked_mul(256).ok_or_else(|| self.error(DerErrorKind::Length))?
                            | usize::from(self.byte()?);
                }
                Ok((first, Some(value)))
            }
        }
    }

    /// The next value, whatever its type. `None` at the end.
    ///
    /// # Errors
    /// If the octets are not a value.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Tlv<'a>>> {
        if self.is_empty() { Ok(None) } else { self.any().map(Some) }
    }

    /// The next value, whatever its type.
    ///
    /// # Errors
    /// If there is none, or the octets are not a value.
    pub fn any(&mut self) -> Result<Tlv<'a>> {
        if let Some(value) = self.short() {
            return Ok(value);
        }
        let start = self.position;
        let offset = self.offset();
        let fail = |kind| DerError::new(kind, offset);
        if self.depth > MAX_NESTING {
            return Err(fail(DerErrorKind::TooDeep));
        }
        let (tag, length) = self.header()?;
        let content_start = self.position;
        let (content_end, end) = match length {
            Some(length) => {
                let end =
                    content_start.checked_add(length).ok_or_else(|| fail(DerErrorKind::Length))?;
                (end, end)
            }
            None => self.indefinite_end(self.depth)?,
        };
        let too_short = || fail(DerErrorKind::UnexpectedEnd);
        let content = self.input.get(content_start..content_end).ok_or_else(too_short)?;
        let raw = self.input.get(start..end).ok_or_else(too_short)?;
        self.position = end;
        let header_length = content_start - start;
        Ok(Tlv { tag, content, raw, offset, header_length, depth: self.depth })
    }

    /// The next value, if its header has two octets, as most have, and nothing is wrong with it.
    #[inline]
    fn short(&mut self) -> Option<Tlv<'a>> {
        let input = self.input.get(self.position..)?;
        let (&[tag, length], _) = input.split_first_chunk::<2>()?;
        if tag & 0x1f == 0x1f || length > 0x7f || self.depth > MAX_NESTING {
            return None;
        }
        let raw = input.get(..2 + usize::from(length))?;
        let content = raw.get(2..)?;
        let offset = self.offset();
        self.position += raw.len();
        Some(Tlv { tag, content, raw, offset, header_length: 2, depth: self.depth })
    }

    /// Where the contents of an indefinite-length value end, and where the value ends.
    fn indefinite_end(&self, depth: usize) -> Result<(usize, usize)> {
        if depth > MAX_NESTING {
            return Err(self.error(DerErrorKind::TooDeep));
        }
        let mut inner = *self;
        loop {
            let here = inner.position;
            let (tag, length) = inner.header()?;
            match (tag, length) {
                (0, Some(0)) => return Ok((here, inner.position)),
                (_, Some(length)) => {
                    inner.position = inner
                        .position
                        .checked_add(length)
                        .filter(|end| *end <= inner.input.len())
                        .ok_or_else(|| inner.error(DerErrorKind::UnexpectedEnd))?;
                }
                (_, None) => inner.position = inner.indefinite_end(depth + 1)?.1,
            }
        }
    }

    /// The next value, which must have this tag.
    ///
    /// # Errors
    /// If it has another, or is malformed.
    pub fn expect(&mut self, tag: u8) -> Result<Tlv<'a>> {
        let before = *self;
        let found = self.peek().ok_or_else(|| self.error(DerErrorKind::UnexpectedEnd))?;
        if found != tag {
            return Err(before.error(DerErrorKind::Tag { expected: tag, found }));
        }
        self.any()
    }

    /// The next value if it has this tag.
    ///
    /// # Errors
    /// If it is malformed.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Tlv<'a>>> {
        if self.next_is(tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// A reader over the contents of the next SEQUENCE.
    ///
    /// # Errors
    /// If the next value is no SEQUENCE.
    pub fn sequence(&mut self) -> Result<Self> {
        Ok(self.expect(tag::SEQUENCE)?.reader())
    }

    /// A reader over the contents of the next SET.
    ///
    /// # Errors
    /// If the next value is no SET.
    pub fn set(&mut self) -> Result<Self> {
        Ok(self.expect(tag::SET)?.reader())
    }

    /// The contents octets of an OBJECT IDENTIFIER, checked to be well formed.
    ///
    /// # Errors
    /// If the next value is none, or a malformed one.
    pub fn oid(&mut self) -> Result<&'a [u8]> {
        let value = self.expect(tag::OBJECT_IDENTIFIER)?;
        match value.content.last() {
            Some(last) if last & 0x80 == 0 => Ok(value.content),
            _ => Err(value.error(DerErrorKind::Value("malformed OBJECT IDENTIFIER"))),
        }
    }

    /// The contents octets of an INTEGER: big-endian two's complement, at least one octet.
    ///
    /// # Errors
    /// If the next value is none, or empty.
    pub fn integer(&mut self) -> Result<&'a [u8]> {
        let value = self.expect(tag::INTEGER)?;
        if value.content.is_empty() {
            return Err(value.error(DerErrorKind::Value("empty INTEGER")));
        }
        Ok(value.content)
    }

    /// An INTEGER that must fit an `i64`.
    ///
    /// # Errors
    /// If the next value is none, or a larger one.
    pub fn small_integer(&mut self) -> Result<i64> {
        let value = self.expect(tag::INTEGER)?;
        small_integer(&value)
    }

    /// A BOOLEAN. Any octet but zero is true, as BER has it and CAPI2 accepts.
    ///
    /// # Errors
    /// If the next value is none, or not one octet long.
    pub fn boolean(&mut self) -> Result<bool> {
        let value = self.expect(tag::BOOLEAN)?;
        boolean(&value)
    }

    /// An OCTET STRING, primitive or constructed.
    ///
    /// # Errors
    /// If the next value is none.
    pub fn octet_string(&mut self) -> Result<Cow<'a, [u8]>> {
        let value = self.any()?;
        if value.tag & !0x20 != tag::OCTET_STRING {
            return Err(
                value.error(DerErrorKind::Tag { expected: tag::OCTET_STRING, found: value.tag })
            );
        }
        value.string_octets(tag::OCTET_STRING)
    }

    /// A BIT STRING: the number of unused bits in the last octet, and the octets.
    ///
    /// # Errors
    /// If the next value is none, or malformed.
    pub fn bit_string(&mut self) -> Result<(u8, &'a [u8])> {
        let value = self.expect(tag::BIT_STRING)?;
        bit_string(&value)
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// [`DerErrorKind::TrailingData`] if something is.
    pub fn finish(&self) -> Result<()> {
        if self.is_empty() { Ok(()) } else { Err(self.error(DerErrorKind::TrailingData)) }
    }
}

/// The value of an INTEGER or ENUMERATED (whatever its tag) as an `i64`.
///
/// # Errors
/// If it is empty or longer than eight octets after its sign octets.
pub fn small_integer(value: &Tlv<'_>) -> Result<i64> {
    let mut octets = value.content;
    let Some(first) = octets.first() else {
        return Err(value.error(DerErrorKind::Value("empty INTEGER")));
    };
    let negative = first & 0x80 != 0;
    let sign = if negative { 0xff } else { 0 };
    while octets.len() > 8 && octets.first() == Some(&sign) {
        octets = octets.get(1..).unwrap_or_default();
    }
    if octets.len() > 8 || (octets.first().is_some_and(|b| (b & 0x80 != 0) != negative)) {
        return Err(value.error(DerErrorKind::TooLarge));
    }
    Ok(octets.iter().fold(if negative { -1i64 } else { 0 }, |acc, b| (acc << 8) | i64::from(*b)))
}

/// The value of a BOOLEAN (whatever its tag).
///
/// # Errors
/// If it is not one octet long.
pub fn boolean(value: &Tlv<'_>) -> Result<bool> {
    match value.content {
        [b] => Ok(*b != 0),
        _ => Err(value.error(DerErrorKind::Value("BOOLEAN of more or less than one octet"))),
    }
}

/// The value of a BIT STRING (whatever its tag): unused bits, octets.
///
/// # Errors
/// If it is empty, or claims more than seven unused bits, or unused bits of no octet.
pub fn bit_string<'a>(value: &Tlv<'a>) -> Result<(u8, &'a [u8])> {
    match value.content {
        [unused @ 0..=7, octets @ ..] if *unused == 0 || !octets.is_empty() => {
            Ok((*unused, octets))
        }
        _ => Err(value.error(DerErrorKind::Value("malformed BIT STRING"))),
    }
}

/// An INTEGER's contents without the octets that only carry its sign: how serial numbers compare
/// (CertCompareIntegerBlob, documented in wincrypt.h).
#[must_use]
pub fn trim_integer(mut octets: &[u8]) -> &[u8] {
    while let [0, second, ..] = octets {
        if second & 0x80 != 0 {
            break;
        }
        octets = octets.get(1..).unwrap_or_default();
    }
    while let [0xff, second, ..] = octets {
        if second & 0x80 == 0 {
            break;
        }
        octets = octets.get(1..).unwrap_or_default();
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_nested_values_and_reports_offsets() {
        let input = [0x30, 0x05, 0x02, 0x01, 0x2a, 0x05, 0x00];
        let mut outer = Reader::new(&input);
        let mut inner = outer.sequence().unwrap();
        assert_eq!(inner.small_integer().unwrap(), 42);
        let error = inner.oid().unwrap_err();
        assert_eq!(error.offset, 5);
        assert_eq!(error.kind, DerErrorKind::Tag { expected: 6, found: 5 });
        outer.finish().unwrap();
    }

    #[test]
    fn accepts_ber_lengths_that_windows_accepts() {
        let long = [0x30, 0x83, 0x00, 0x00, 0x03, 0x02, 0x01, 0x07];
        assert_eq!(Reader::new(&long).sequence().unwrap().small_integer().unwrap(), 7);
        let indefinite = [0x30, 0x80, 0x30, 0x80, 0x02, 0x01, 0x07, 0x00, 0x00, 0x00, 0x00, 0xff];
        let mut reader = Reader::new(&indefinite);
        let value = reader.any().unwrap();
        assert_eq!(value.raw.len(), 11);
        assert_eq!(value.content.len(), 7);
        assert_eq!(reader.rest(), [0xff]);
        assert_eq!(value.reader().sequence().unwrap().small_integer().unwrap(), 7);
    }

    #[test]
    fn joins_constructed_octet_strings() {
        let parts = [0x24, 0x80, 0x04, 0x01, 0xaa, 0x04, 0x01, 0xbb, 0x00, 0x00];
        assert_eq!(&*Reader::new(&parts).octet_string().unwrap(), [0xaa, 0xbb]);
    }

    #[test]
    fn truncation_at_every_octet_is_an_error() {
        let whole = [0x30, 0x80, 0x24, 0x80, 0x04, 0x01, 0xaa, 0x00, 0x00, 0x00, 0x00];
        Reader::new(&whole).any().unwrap();
        for end in 0..whole.len() {
            assert!(Reader::new(&whole[..end]).any().is_err(), "cut at {end}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = [0x30, 0x80].repeat(100_000);
        assert_eq!(Reader::new(&deep).any().unwrap_err().kind, DerErrorKind::TooDeep);
        let mut definite = vec![0x05, 0x00];
        for _ in 0..MAX_NESTING + 8 {
            let mut outer = vec![0x30, 0x84];
            outer.extend(u32::try_from(definite.len()).unwrap().to_be_bytes());
            outer.extend(&definite);
            definite = outer;
        }
        let mut reader = Reader::new(&definite);
        let error = loop {
            match reader.any() {
                Ok(value) => reader = value.reader(),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind, DerErrorKind::TooDeep);
    }

    #[test]
    fn integers_at_their_limits() {
        let read = |octets: &[u8]| {
            let mut input = vec![0x02, u8::try_from(octets.len()).unwrap()];
            input.extend(octets);
            Reader::new(&input).small_integer()
        };
        assert_eq!(read(&[0xff]).unwrap(), -1);
        assert_eq!(read(&[0x00, 0xff]).unwrap(), 255);
        assert_eq!(read(&[0x7f, 255, 255, 255, 255, 255, 255, 255]).unwrap(), i64::MAX);
        assert_eq!(read(&[0x80, 0, 0, 0, 0, 0, 0, 0]).unwrap(), i64::MIN);
        assert_eq!(read(&[0, 0x80, 0, 0, 0, 0, 0, 0, 0]).unwrap_err().kind, DerErrorKind::TooLarge);
        assert!(read(&[]).is_err());
    }

    #[test]
    fn serial_numbers_compare_without_sign_octets() {
        assert_eq!(trim_integer(&[0, 0, 1]), [1]);
        assert_eq!(trim_integer(&[0, 0x80]), [0, 0x80]);
        assert_eq!(trim_integer(&[0xff, 0xff, 0x80]), [0x80]);
        assert_eq!(trim_integer(&[0xff, 0x7f]), [0xff, 0x7f]);
        assert_eq!(trim_integer(&[0]), [0]);
    }
}
