//! Small archives, made where they are needed.

/// A zip archive of stored members.
pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, octets) in members {
        let offset = u32::try_from(file.len()).unwrap();
        let size = u32::try_from(octets.len()).unwrap().to_le_bytes();
        let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let mut common = b"\x14\0\0\0\0\0\0\0\0\0".to_vec();
        common.extend(crc32(octets).to_le_bytes());
        common.extend([size, size].concat());
        common.extend(name_length);
        common.extend([0, 0]);
        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(name.as_bytes());
        file.extend(*octets);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = u32::try_from(file.len()).unwrap().to_le_bytes();
    let size = u32::try_from(directory.len()).unwrap().to_le_bytes();
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    file.extend(directory);
    file.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &start, b"\0\0"].concat());
    file
}

/// A tar archive of plain files.
pub(crate) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = Vec::new();
    for (name, octets) in members {
        let mut block = vec![0; 512];
        // a long name is cut at a slash: its beginning goes into the prefix
        let cut = if name.len() > 100 { name.rfind('/').unwrap() } else { 0 };
        let (prefix, name) = name.split_at(cut);
        let name = name.strip_prefix('/').filter(|_| cut > 0).unwrap_or(name);
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[345..345 + prefix.len()].copy_from_slice(prefix.as_bytes());
        block[124..135].copy_from_slice(format!("{:011o}", octets.len()).as_bytes());
        block[156] = b'0';
        block[257..263].copy_from_slice(b"ustar\0");
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|octet| u32::from(*octet)).sum();
        block[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        file.extend(block);
        file.extend(*octets);
        file.resize(file.len().next_multiple_of(512), 0);
    }
    file.extend([0; 1024]);
    file
}

fn crc32(octets: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for octet in octets {
        crc ^= u32::from(*octet);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
        }
    }
    !crc
}
