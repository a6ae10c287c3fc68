//! `EFSBlob`: the certificates of EFS recovery agents, a registry value of group policy
//! (reference, stores-and-formats 4.4; documented, MS-GPEF 2.2.1.2).

use super::error::{FormatError, FormatErrorKind};
use super::octets::{size, slice_at, u32_at};

/// Version 1.1, which is all there is.
const MAGIC: &[u8] = &[1, 0, 1, 0];
const HEADER_LENGTH: usize = 8;

/// A key's fields before its SID: two lengths, SID offset, 2, certificate length and offset, and
/// eight zeros.
const KEY_HEADER_LENGTH: usize = 32;

/// One recovery key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key<'a> {
    /// Its certificate.
    pub(super) certificate: &'a [u8],
    /// Where the certificate begins in the value.
    pub(super) offset: usize,
}

/// Whether the octets begin like such a value: the version, a count of keys that have room, and a
/// first key whose lengths and offsets agree.
pub(super) fn looks_like(octets: &[u8]) -> bool {
    let count = u32_at(octets, MAGIC.len()).map(size);
    octets.starts_with(MAGIC)
        && count.is_some_and(|count| count <= octets.len() / KEY_HEADER_LENGTH)
        && match count {
            Some(0) => octets.len() == HEADER_LENGTH,
            _ => key_at(octets, HEADER_LENGTH).is_ok(),
        }
}

/// The keys, what ended them too early, and where the value ends.
pub(super) fn read(octets: &[u8]) -> (Vec<Key<'_>>, Option<FormatError>, usize) {
    let count = u32_at(octets, MAGIC.len()).map_or(0, size);
    let mut keys = Vec::new();
    let mut position = HEADER_LENGTH;
    while keys.len() < count {
        match key_at(octets, position) {
            Ok((key, end)) => {
                keys.push(key);
                position = end;
            }
            Err(problem) => return (keys, Some(problem), octets.len()),
        }
    }
    (keys, None, position)
}

/// The key at `position`, and where the next one begins.
fn key_at(octets: &[u8], position: usize) -> Result<(Key<'_>, usize), FormatError> {
    let bad = |what| FormatError::new(FormatErrorKind::Malformed(what), position);
    let field = |index: usize| u32_at(octets, position.saturating_add(4 * index)).map(size);
    let truncated = "the value ends inside a key";
    let length = field(0).ok_or_else(|| bad(truncated))?;
    let key = slice_at(octets, position, length).ok_or_else(|| bad(truncated))?;
    if length < KEY_HEADER_LENGTH || field(1) != Some(length - 4) {
        return Err(bad("the lengths of a key contradict each other"));
    }
    // both offsets count from the second length
    let (size, start) = (field(4).unwrap_or(0), field(5).unwrap_or(0).saturating_add(4));
    let certificate = slice_at(key, start, size).filter(|_| start >= KEY_HEADER_LENGTH);
    let certificate = certificate.ok_or_else(|| bad("a certificate lies outside its key"))?;
    Ok((Key { certificate, offset: position + start }, position + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(certificates: &[&[u8]]) -> Vec<u8> {
        const SID: &[u8] = b"SID-OCTETS..";
        let mut octets =
            [MAGIC, &u32::try_from(certificates.len()).unwrap().to_le_bytes()].concat();
        for certificate in certificates {
            let number = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
            let length = KEY_HEADER_LENGTH + SID.len() + certificate.len();
            let start = KEY_HEADER_LENGTH + SID.len() - 4;
            for n in [length, length - 4, KEY_HEADER_LENGTH - 4, 2, certificate.len(), start, 0, 0]
            {
                octets.extend(number(n));
            }
            octets.extend(SID);
            octets.extend(*certificate);
        }
        octets
    }

    #[test]
    fn keys_are_read_up_to_the_damage() {
        let octets = blob(&[b"first", b"second"]);
        assert!(looks_like(&octets));
        let (keys, problem, end) = read(&octets);
        let found: Vec<_> = keys.iter().map(|key| key.certificate).collect();
        assert_eq!((found, problem, end), (vec![&b"first"[..], b"second"], None, octets.len()));
        assert_eq!(&octets[keys[1].offset..], b"second");

        let (keys, problem, _) = read(&octets[..octets.len() - 1]);
        assert_eq!(keys.len(), 1);
        assert_eq!(problem.unwrap().offset, HEADER_LENGTH + KEY_HEADER_LENGTH + 12 + 5);
    }

    #[test]
    fn other_values_are_not_taken_for_one() {
        assert!(looks_like(&blob(&[])));
        assert!(!looks_like(&[1, 0, 1, 0, 0, 0, 0, 0, 1]));
        assert!(!looks_like(&[1, 0, 1, 0, 255, 255, 255, 255]));
        assert!(!looks_like(&[1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0]));
        assert!(!looks_like(b""));
    }
}
