use std::io::{Cursor, Write as _};

use super::*;

const SIGNATURE: &str = "\u{5}DigitalSignature";

/// A file made by another writer.
fn made(version: cfb::Version, streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file =
        cfb::CompoundFile::create_with_version(version, Cursor::new(Vec::new())).unwrap();
    for (path, octets) in streams {
        file.create_stream(path).unwrap().write_all(octets).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

#[test]
fn streams_of_every_length_and_both_versions() {
    let octets: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
    for version in [cfb::Version::V3, cfb::Version::V4] {
        let lengths = [0, 1, 63, 64, 65, 511, 4095, 4096, 4097, 70_000, 200_000];
        let names: Vec<String> = lengths.iter().map(|length| format!("s{length}")).collect();
        let streams: Vec<(&str, &[u8])> =
            names.iter().zip(lengths).map(|(name, l)| (name.as_str(), &octets[..l])).collect();
        let file = made(version, &streams);
        let compound = CompoundFile::parse(&file).unwrap();
        assert_eq!(compound.problems(), []);
        assert_eq!(compound.streams().len(), lengths.len());
        for stream in compound.streams() {
            let length: usize = stream.name[1..].parse().unwrap();
            assert_eq!(compound.read(stream, usize::MAX).unwrap(), octets[..length], "{version:?}");
            assert_eq!(compound.read(stream, 100).unwrap().len(), length.min(100));
        }
    }
}

/// More than 109 sectors of table, so that the table's table has sectors of its own.
#[test]
fn a_file_of_eight_mebioctets() {
    let octets: Vec<u8> = (0..8u32 << 20).map(|n| (n >> 8) as u8).collect();
    let file = made(cfb::Version::V3, &[("big", &octets), (SIGNATURE, b"0\x03\x02\x01\x05")]);
    let compound = CompoundFile::parse(&file).unwrap();
    assert_eq!(compound.problems(), []);
    let find = |name: &str| compound.streams().iter().find(|stream| stream.name == name).unwrap();
    assert_eq!(compound.read(find("big"), usize::MAX).unwrap(), octets);
    assert_eq!(compound.read(find(SIGNATURE), usize::MAX).unwrap(), b"0\x03\x02\x01\x05");
}

#[test]
fn streams_of_storages_are_found() {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    file.create_storage("inner").unwrap();
    file.create_stream("inner/x").unwrap().write_all(b"deep").unwrap();
    file.flush().unwrap();
    let octets = file.into_inner().into_inner();
    let compound = CompoundFile::parse(&octets).unwrap();
    assert_eq!(compound.read(&compound.streams()[0], usize::MAX).unwrap(), b"deep");
}

#[test]
fn an_installers_names_are_unpacked() {
    let stream = |name: &str| Stream { name: name.to_owned(), length: 0, offset: 0, start: 0 };
    // `!_Tables`, as every installer package has it
    let tables = "\u{4840}\u{3f7f}\u{4164}\u{422f}\u{4836}";
    assert_eq!(stream(tables).installer_name(), "!_Tables");
    assert_eq!(stream(SIGNATURE).installer_name(), "\\u{5}DigitalSignature");
}

/// Chains that loop, tables that lie, files that end: an error or fewer streams, and quickly.
#[test]
fn damage_is_an_error_and_costs_nothing() {
    let small = made(cfb::Version::V3, &[("a", &[7; 100]), ("b", &[8; 5000])]);
    let mut state = 1u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    for _ in 0..4000 {
        let mut octets = small.clone();
        for _ in 0..1 + random() % 4 {
            let at = random() as usize % octets.len();
            octets[at] = [0, 1, 2, 0xfe, 0xff, random() as u8][random() as usize % 6];
        }
        octets.truncate(octets.len() - random() as usize % 2 * (random() as usize % 2000));
        if let Ok(file) = CompoundFile::parse(&octets) {
            for stream in file.streams() {
                let content = file.read(stream, usize::MAX).unwrap_or_default();
                assert!(content.len() <= octets.len());
            }
        }
    }
    for length in 0..76 {
        assert!(CompoundFile::parse(&small[..length]).is_err());
    }
}

#[test]
fn a_cut_file_gives_the_streams_before_the_cut() {
    let octets = made(cfb::Version::V3, &[("a", &[7; 5000]), ("b", &[8; 50_000])]);
    let cut = &octets[..octets.len() - 10_000];
    let file = CompoundFile::parse(cut).unwrap();
    let read: Vec<_> = file.streams().iter().map(|s| file.read(s, usize::MAX)).collect();
    assert!(read.iter().any(|content| content.as_ref().is_ok_and(|c| c.len() == 5000)));
    let error = read.iter().find_map(|content| content.as_ref().err()).unwrap();
    assert!(error.offset > 0 && error.offset < cut.len(), "{error}");
}
