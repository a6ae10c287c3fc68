//! Hexadecimal text as `certutil -encodehex` writes it: with or without addresses, blanks and a
//! column of characters (documented: CRYPT_STRING_HEX, HEXASCII, HEXADDR, HEXASCIIADDR, HEXRAW).

use super::text::Text;

/// Octets of one line with blanks between them.
const LINE_OCTETS: usize = 16;

/// This many blanks end a line's octets: two stand in their middle, three before the characters.
const GAP: &[u8] = b"   ";

/// Decodes a text that is hexadecimal and nothing else. `None` if it is anything else.
pub(super) fn decode(octets: &[u8]) -> Option<Vec<u8>> {
    const SHORTEST: usize = 4;
    let head = Text::head(octets, 256);
    let first = head.octets.split(|b| *b == b'\n').find(|line| !line.trim_ascii().is_empty())?;
    // most texts are told by their first line, before a copy is made
    if !first
        .trim_ascii()
        .iter()
        .take(LINE_OCTETS / 2)
        .all(|b| b.is_ascii_hexdigit() || b.is_ascii_whitespace())
    {
        return None;
    }
    let text = Text::of(octets);
    let characters = text.octets.strip_suffix(&[0]).unwrap_or(&text.octets);
    let decoded = raw(characters).or_else(|| {
        let mut dump = Dump::default();
        let mut lines = characters.split(|b| *b == b'\n').filter(|l| !l.trim_ascii().is_empty());
        lines.all(|line| dump.push(line)).then_some(dump.octets)
    });
    decoded.filter(|decoded| decoded.len() >= SHORTEST)
}

/// Lines of digits alone, in pairs.
fn raw(characters: &[u8]) -> Option<Vec<u8>> {
    let mut lines = characters.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    if lines.any(|line| line.iter().any(u8::is_ascii_whitespace)) {
        return None;
    }
    let mut digits = characters.iter().filter(|b| !b.is_ascii_whitespace());
    let mut decoded = Vec::new();
    while let Some(high) = digits.next() {
        decoded.push(octet(*high, *digits.next()?)?);
    }
    Some(decoded)
}

fn octet(high: u8, low: u8) -> Option<u8> {
    let digit = |b| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? << 4 | digit(low)?)
}

/// Lines of a dump, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Dump {
    /// What they have given so far.
    pub(super) octets: Vec<u8>,
}

impl Dump {
    /// Appends a line, if it is the next one of this dump: an address, if it has one, must be how
    /// many octets came before it.
    pub(super) fn push(&mut self, line: &[u8]) -> bool {
        let Some((address, octets)) = parse_line(line) else { return false };
        if address.is_some_and(|address| address != self.octets.len()) {
            return false;
        }
        self.octets.extend(octets);
        true
    }
}

fn parse_line(line: &[u8]) -> Option<(Option<usize>, Vec<u8>)> {
    let line = line.trim_ascii();
    let first = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let (address, line) = match line.split_at_checked(first)? {
        (word, rest) if (4..=8).contains(&word.len()) => {
            let address = usize::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?;
            (Some(address), rest.trim_ascii())
        }
        _ => (None, line),
    };
    let end = line.windows(GAP.len()).position(|window| window == GAP).unwrap_or(line.len());
    let words = line.get(..end)?.split(|b| *b == b' ').filter(|word| !word.is_empty());
    let mut octets = Vec::with_capacity(LINE_OCTETS);
    for word in words {
        match word {
            [high, low] if octets.len() < LINE_OCTETS => octets.push(octet(*high, *low)?),
            // the column of characters, two blanks behind a full line
            _ if octets.len() == LINE_OCTETS => break,
            _ => return None,
        }
    }
    (!octets.is_empty()).then_some((address, octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OCTETS: &[u8] = b"0\x82\x01\x02 41 =  ABC\x00\xff\n.";

    /// The five forms, as certutil lays them out.
    #[test]
    fn every_form_is_decoded() {
        for text in [
            "308201022034\r\n31203d202041424300ff0a2e\r\n",
            "\t30 82 01 02 20 34 31 20  3d 20 20 41 42 43 00 ff\r\n\t0a 2e\r\n",
            "    0000  30 82 01 02 20 34 31 20  3d 20 20 41 42 43 00 ff   0... 41 =  ABC..\r\n\
             \u{20}   0010  0a 2e                                              ..\r\n",
            "0000\t30 82 01 02 20 34 31 20  3d 20 20 41 42 43 00 ff\n0010\t0a 2e\n",
            "    30 82 01 02 20 34 31 20  3d 20 20 41 42 43 00 ff   0... 41 =  ABC..\n\
             \u{20}   0a 2e                                              ..\n",
        ] {
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(OCTETS), "{text}");
        }
    }

    #[test]
    fn other_texts_are_none() {
        for text in [
            "",
            "30 8",
            "hello",
            "0000  30 82 01 02 20 34\n0011  00\n",
            "30 82 01 02 zz",
            "0000  30 82 01 02\nthe end",
        ] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }
}
