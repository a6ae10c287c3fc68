//! Writing DER.

/// A value of this tag.
#[must_use]
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut octets = vec![tag];
    let length = content.len();
    if length < 0x80 {
        octets.push(length as u8);
    } else {
        let digits: Vec<u8> =
            length.to_be_bytes().iter().copied().skip_while(|octet| *octet == 0).collect();
        octets.push(0x80 | digits.len() as u8);
        octets.extend(digits);
    }
    octets.extend_from_slice(content);
    octets
}

/// A SEQUENCE of these encoded values.
#[must_use]
pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// A SET of these encoded values, in their order.
#[must_use]
pub fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x31, &parts.concat())
}

/// An OBJECT IDENTIFIER from its dotted form.
#[must_use]
pub fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted.split('.').filter_map(|arc| arc.parse().ok()).collect();
    let mut content = Vec::new();
    let mut push = |arc: u64| {
        let mut groups = vec![(arc & 0x7f) as u8];
        let mut rest = arc >> 7;
        while rest > 0 {
            groups.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        content.extend(groups.iter().rev());
    };
    if let [first, second, rest @ ..] = arcs.as_slice() {
        push(first * 40 + second);
        rest.iter().for_each(|arc| push(*arc));
    }
    tlv(0x06, &content)
}

/// A non-negative INTEGER from big-endian octets.
#[must_use]
pub fn integer(octets: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = octets.iter().copied().skip_while(|octet| *octet == 0).collect();
    if content.first().is_none_or(|octet| octet & 0x80 != 0) {
        content.insert(0, 0);
    }
    tlv(0x02, &content)
}

/// An OCTET STRING.
#[must_use]
pub fn octet_string(octets: &[u8]) -> Vec<u8> {
    tlv(0x04, octets)
}

/// A BIT STRING without unused bits.
#[must_use]
pub fn bit_string(octets: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], octets].concat())
}

/// NULL
#[must_use]
pub fn null() -> Vec<u8> {
    vec![0x05, 0x00]
}

/// A UTCTime or, from 2050 on, a GeneralizedTime, from `YYYYMMDDhhmmss`.
#[must_use]
pub fn time(digits: &str) -> Vec<u8> {
    if digits < "2050" {
        tlv(0x17, format!("{}Z", digits.get(2..).unwrap_or_default()).as_bytes())
    } else {
        tlv(0x18, format!("{digits}Z").as_bytes())
    }
}

/// UTF-16LE with its terminating NUL, as Windows keeps text.
#[must_use]
pub fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}
