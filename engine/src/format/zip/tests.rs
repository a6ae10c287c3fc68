use super::*;

/// A member's headers and data: (local part, central part without offset).
struct Made {
    name: &'static str,
    data: Vec<u8>,
    length: usize,
    method: u16,
    flags: u16,
}

fn archive(members: &[Made]) -> Vec<u8> {
    let short = |n: usize| u16::try_from(n).unwrap().to_le_bytes();
    let long = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    let (mut octets, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let common = [
            &20u16.to_le_bytes()[..],
            &member.flags.to_le_bytes(),
            &member.method.to_le_bytes(),
            &[0; 8],
            &long(member.data.len()),
            &long(member.length),
            &short(member.name.len()),
            &[0, 0],
        ]
        .concat();
        directory
            .extend([b"PK\x01\x02\x14\0", &common[..], &[0; 10], &long(octets.len())].concat());
        directory.extend(member.name.as_bytes());
        octets.extend([b"PK\x03\x04", &common[..], member.name.as_bytes(), &member.data].concat());
    }
    let start = octets.len();
    octets.extend(&directory);
    let count = short(members.len());
    octets.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &long(directory.len())].concat());
    octets.extend([&long(start)[..], &[2, 0], b"hi"].concat());
    octets
}

fn stored(name: &'static str, data: &[u8]) -> Made {
    Made { name, data: data.to_vec(), length: data.len(), method: 0, flags: 0 }
}

#[test]
fn stored_and_deflated_members() {
    let text = b"signature ".repeat(50);
    let deflated = miniz_oxide::deflate::compress_to_vec(&text, 6);
    let made = Made { length: text.len(), method: 8, ..stored("b", &deflated) };
    let octets = archive(&[stored("a", b"plain"), made]);
    let limits = Limits::default();
    let (members, problem) = members(&octets, &limits).unwrap();
    assert_eq!(problem, None);
    let names: Vec<_> = members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(members[0].extract(&limits).unwrap(), b"plain");
    assert_eq!(members[1].extract(&limits).unwrap(), text);
    assert_eq!(&octets[members[1].offset..][..4], b"PK\x03\x04");
}

#[test]
fn what_cannot_be_read_is_an_error_of_its_member() {
    let limits = Limits::default();
    let bomb = miniz_oxide::deflate::compress_to_vec(&vec![0; 4 << 20], 9);
    for (made, expected) in [
        (Made { flags: 1, ..stored("x", b"x") }, "encrypted"),
        (Made { method: 14, ..stored("x", b"x") }, "not read here"),
        (Made { method: 8, ..stored("x", b"\xff\xff") }, "decompressed"),
        (Made { method: 8, length: 10, ..stored("x", &bomb) }, "decompressed"),
        (Made { method: 8, length: 4 << 20, ..stored("x", &bomb) }, "max_ratio"),
    ] {
        let octets = archive(&[made]);
        let (found, _) = members(&octets, &limits).unwrap();
        let error = found[0].extract(&limits).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn damage_never_panics() {
    let octets = archive(&[stored("AppxSignature.p7x", b"PKCX0"), stored("b", b"plain")]);
    let limits = Limits::default();
    for at in 0..octets.len() {
        for change in [1, 0x80, 0xff] {
            let mut damaged = octets.clone();
            damaged[at] ^= change;
            if let Ok((found, _)) = members(&damaged, &limits) {
                for member in found {
                    let length = member.extract(&limits).map_or(0, |content| content.len());
                    assert!(length <= octets.len(), "octet {at}");
                }
            }
        }
        // the last two octets are a comment
        let is_cut = at < octets.len() - 2;
        assert_eq!(members(&octets[..at], &limits).is_err(), is_cut, "cut at {at}");
    }
}
