//! Making cabinets.

/// How a cabinet's data are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// As they are.
    Stored,
    /// MSZIP: DEFLATE in blocks of 32 KiB. Each block here begins its history anew, which any
    /// reader must take.
    MsZip,
}

/// A cabinet with one member.
#[must_use]
pub fn cabinet(member: &str, content: &[u8], compression: Compression) -> Vec<u8> {
    let blocks: Vec<(Vec<u8>, u16)> = content
        .chunks(0x8000)
        .map(|chunk| {
            let packed = match compression {
                Compression::Stored => chunk.to_vec(),
                Compression::MsZip => {
                    let deflated = miniz_oxide::deflate::compress_to_vec(chunk, 9);
                    [b"CK".as_slice(), &deflated].concat()
                }
            };
            (packed, chunk.len() as u16)
        })
        .collect();
    let mut data = Vec::new();
    for (packed, size) in &blocks {
        let mut lengths = (packed.len() as u16).to_le_bytes().to_vec();
        lengths.extend(size.to_le_bytes());
        let sum = checksum(&lengths, checksum(packed, 0));
        data.extend(sum.to_le_bytes());
        data.extend(lengths);
        data.extend(packed);
    }
    let files_offset = 36 + 8;
    let data_offset = files_offset + 16 + member.len() + 1;
    let mut octets = b"MSCF".to_vec();
    let mut dword = |value: usize| octets.extend((value as u32).to_le_bytes());
    dword(0);
    dword(data_offset + data.len());
    dword(0);
    dword(files_offset);
    dword(0);
    octets.extend([3, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    octets.extend((data_offset as u32).to_le_bytes());
    octets.extend((blocks.len() as u16).to_le_bytes());
    octets.extend(u16::from(compression == Compression::MsZip).to_le_bytes());
    octets.extend((content.len() as u32).to_le_bytes());
    octets.extend(0u32.to_le_bytes());
    octets.extend(0u16.to_le_bytes());
    octets.extend(((46u16 << 9) | (1 << 5) | 15).to_le_bytes()); // 2026-01-15
    octets.extend((12u16 << 11).to_le_bytes()); // 12:00
    octets.extend(0x20u16.to_le_bytes());
    octets.extend(member.as_bytes());
    octets.push(0);
    octets.extend(data);
    octets
}

/// CFDATA's checksum: the exclusive or of little-endian double words; the rest big-endian.
fn checksum(octets: &[u8], seed: u32) -> u32 {
    let (words, rest) = octets.as_chunks::<4>();
    let sum = words.iter().fold(seed, |sum, word| sum ^ u32::from_le_bytes(*word));
    let tail = rest.iter().fold(0u32, |value, octet| value << 8 | u32::from(*octet));
    sum ^ tail
}
