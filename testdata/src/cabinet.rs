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
    assemble(&[(member, content.len() as u32)], &pack(content, compression), compression)
}

/// A cabinet of one member of zeros: this many blocks of 32 KiB, each packed in a few octets.
#[must_use]
pub fn bomb(member: &str, blocks: u16) -> Vec<u8> {
    let block = pack(&[0; 0x8000], Compression::MsZip);
    let all: Vec<_> = block.iter().cycle().take(usize::from(blocks)).cloned().collect();
    assemble(&[(member, u32::from(blocks) << 15)], &all, Compression::MsZip)
}

/// A cabinet of members that all are the whole of one content.
#[must_use]
pub fn overlapping(members: &[&str], content: &[u8]) -> Vec<u8> {
    let members: Vec<_> = members.iter().map(|name| (*name, content.len() as u32)).collect();
    assemble(&members, &pack(content, Compression::MsZip), Compression::MsZip)
}

/// Blocks: packed octets, and how many they stand for.
fn pack(content: &[u8], compression: Compression) -> Vec<(Vec<u8>, u16)> {
    content
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
        .collect()
}

fn assemble(
    members: &[(&str, u32)],
    blocks: &[(Vec<u8>, u16)],
    compression: Compression,
) -> Vec<u8> {
    let mut data = Vec::new();
    for (packed, size) in blocks {
        let mut lengths = (packed.len() as u16).to_le_bytes().to_vec();
        lengths.extend(size.to_le_bytes());
        let sum = checksum(&lengths, checksum(packed, 0));
        data.extend(sum.to_le_bytes());
        data.extend(lengths);
        data.extend(packed);
    }
    let files_offset = 36 + 8;
    let entries: usize = members.iter().map(|(name, _)| 16 + name.len() + 1).sum();
    let data_offset = files_offset + entries;
    let mut octets = b"MSCF".to_vec();
    let mut dword = |value: usize| octets.extend((value as u32).to_le_bytes());
    dword(0);
    dword(data_offset + data.len());
    dword(0);
    dword(files_offset);
    dword(0);
    octets.extend([3, 1, 1, 0]);
    octets.extend((members.len() as u16).to_le_bytes());
    octets.extend([0; 6]);
    octets.extend((data_offset as u32).to_le_bytes());
    octets.extend((blocks.len() as u16).to_le_bytes());
    octets.extend(u16::from(compression == Compression::MsZip).to_le_bytes());
    for (name, size) in members {
        octets.extend(size.to_le_bytes());
        octets.extend(0u32.to_le_bytes());
        octets.extend(0u16.to_le_bytes());
        octets.extend(((46u16 << 9) | (1 << 5) | 15).to_le_bytes()); // 2026-01-15
        octets.extend((12u16 << 11).to_le_bytes()); // 12:00
        octets.extend(0x20u16.to_le_bytes());
        octets.extend(name.as_bytes());
        octets.push(0);
    }
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
