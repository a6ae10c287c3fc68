//! Text around and over binary objects: PEM armour, bare base64, hexadecimal; in ASCII, UTF-8 or
//! UTF-16.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::error::{FormatError, FormatErrorKind};

/// What a hexadecimal text begins with (documented: CERT_QUERY_FORMAT_ASN_ASCII_HEX_ENCODED).
pub(super) const HEX_PREFIX: &str = "{ASN}";

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// Where a label without its dashes is cut, in characters.
const LONGEST_LABEL: usize = 128;

/// CAPI2 decodes base64 with or without its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A text, one octet for each character.
pub(super) struct Text<'a> {
    /// The characters; what is not ASCII may stand for anything.
    pub(super) octets: Cow<'a, [u8]>,
    start: usize,
    width: usize,
}

impl<'a> Text<'a> {
    /// The whole text.
    pub(super) fn of(octets: &'a [u8]) -> Self {
        Self::head(octets, usize::MAX)
    }

    /// At most the first `characters` characters.
    pub(super) fn head(octets: &'a [u8], characters: usize) -> Self {
        let (start, width, high) = encoding(octets);
        let body = octets.get(start..).unwrap_or_default();
        let body = body.get(..characters.saturating_mul(width)).unwrap_or(body);
        let octets = match width {
            1 => Cow::Borrowed(body),
            _ => body.chunks_exact(2).map(|unit| narrow(unit, high)).collect(),
        };
        Self { octets, start, width }
    }

    /// Where a character lies in the file.
    pub(super) fn file_offset(&self, index: usize) -> usize {
        self.start + index * self.width
    }
}

/// Length of the byte order mark, octets of a character, index of its high octet.
fn encoding(octets: &[u8]) -> (usize, usize, usize) {
    match octets {
        [0xff, 0xfe, ..] => (2, 2, 1),
        [0xfe, 0xff, ..] => (2, 2, 0),
        [0xef, 0xbb, 0xbf, ..] => (3, 1, 0),
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => (0, 2, 1),
        _ => (0, 1, 0),
    }
}

fn narrow(unit: &[u8], high: usize) -> u8 {
    match (unit.get(high), unit.get(1 - high)) {
        (Some(0), Some(low)) => *low,
        _ => 0xff,
    }
}

/// Where `needle` begins in `octets`.
pub(super) fn find(octets: &[u8], needle: &[u8]) -> Option<usize> {
    octets.windows(needle.len().max(1)).position(|window| window == needle)
}

/// Whether a PEM block begins somewhere.
pub(super) fn has_armour(octets: &[u8]) -> bool {
    find(&Text::of(octets).octets, BEGIN).is_some()
}

/// One PEM block (RFC 7468), or what is left of it.
#[derive(Debug)]
pub(super) struct Block {
    /// What stands behind `-----BEGIN `.
    pub(super) label: String,
    /// Where its `-----BEGIN` stands in the file.
    pub(super) offset: usize,
    /// What it decodes to.
    pub(super) octets: Result<Vec<u8>, FormatError>,
}

/// The PEM blocks of a text, whatever stands between them.
///
/// A block reaches to the next `-----END` whatever that one's label, and without one to the next
/// `-----BEGIN` or the end.
pub(super) fn blocks<'t>(text: &'t Text<'_>) -> impl Iterator<Item = Block> + 't {
    let mut position = 0;
    std::iter::from_fn(move || {
        let rest = text.octets.get(position..)?;
        let begin = position + find(rest, BEGIN)?;
        let label_start = begin + BEGIN.len();
        let after = text.octets.get(label_start..)?;
        // bounded, so that many blocks in one long line cost no more than the line
        let line = after.get(..LONGEST_LABEL).unwrap_or(after);
        let line_end = line.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(line.len());
        let label_length = find(after.get(..line_end)?, DASHES);
        let body_start = label_start + label_length.map_or(line_end, |l| l + DASHES.len());
        let label = after.get(..label_length.unwrap_or(line_end))?;
        let body = text.octets.get(body_start..)?;
        let end = next_armour(body);
        let body = body.get(..end.unwrap_or(body.len()))?;
        position = body_start + body.len();
        Some(Block {
            label: String::from_utf8_lossy(label).trim().to_owned(),
            offset: text.file_offset(begin),
            octets: block_octets(body).map_err(|index| {
                FormatError::new(FormatErrorKind::Base64, text.file_offset(body_start + index))
            }),
        })
    })
}

/// Where the next `-----END ` or `-----BEGIN ` stands: one scan, which ends there.
fn next_armour(octets: &[u8]) -> Option<usize> {
    octets.windows(END.len()).enumerate().position(|(index, window)| {
        window == END
            || (window.starts_with(DASHES)
                && octets.get(index..).is_some_and(|rest| rest.starts_with(BEGIN)))
    })
}

/// Decodes a block's body behind its headers (`Proc-Type: …`, then an empty line).
fn block_octets(body: &[u8]) -> Result<Vec<u8>, usize> {
    let mut start = 0;
    if body.contains(&b':') {
        let mut offset = 0;
        for line in body.split_inclusive(|b| *b == b'\n') {
            offset += line.len();
            // a header, or its continuation, which is indented
            if line.contains(&b':') || (start > 0 && line.starts_with(b" ")) {
                start = offset;
            }
        }
    }
    decode(body.get(start..).unwrap_or_default()).map_err(|index| start + index)
}

/// Decodes base64 with any white space in it.
///
/// # Errors
/// The index of the first character that does not belong.
pub(super) fn decode(characters: &[u8]) -> Result<Vec<u8>, usize> {
    let allowed = |b: &u8| b.is_ascii_whitespace() || is_base64(*b);
    if let Some(index) = characters.iter().position(|b| !allowed(b)) {
        return Err(index);
    }
    let compact: Vec<u8> =
        characters.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    BASE64.decode(&compact).map_err(|_| characters.len())
}

fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')
}

/// Decodes a text that is base64 and nothing else. A NUL may end it, as it does strings.
pub(super) fn bare_base64(octets: &[u8]) -> Option<Vec<u8>> {
    const SHORTEST: usize = 8;
    // most files are told by their first character, before a copy is made
    let first = Text::head(octets, 64);
    if !first.octets.iter().all(|b| b.is_ascii_whitespace() || is_base64(*b) || *b == 0) {
        return None;
    }
    let text = Text::of(octets);
    let characters = text.octets.strip_suffix(&[0]).unwrap_or(&text.octets);
    decode(characters).ok().filter(|decoded| decoded.len() >= SHORTEST)
}

/// Decodes hexadecimal digits behind [`HEX_PREFIX`], with any white space in them.
///
/// # Errors
/// At the first character that is no digit.
pub(super) fn hexadecimal(octets: &[u8]) -> Result<Vec<u8>, FormatError> {
    let text = Text::of(octets);
    let start = find(&text.octets, HEX_PREFIX.as_bytes()).map_or(0, |at| at + HEX_PREFIX.len());
    let mut decoded = Vec::new();
    let mut high = None;
    for (index, character) in text.octets.iter().enumerate().skip(start) {
        if character.is_ascii_whitespace() || *character == 0 {
            continue;
        }
        let digit = char::from(*character).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let bad = FormatErrorKind::Malformed("not a hexadecimal digit");
        let digit = digit.ok_or_else(|| FormatError::new(bad, text.file_offset(index)))?;
        match high.take() {
            None => high = Some(digit << 4),
            Some(high) => decoded.push(high | digit),
        }
    }
    Ok(decoded)
}
