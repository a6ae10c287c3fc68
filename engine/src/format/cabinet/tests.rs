use std::io::{Cursor, Read};

use super::*;
use crate::format::tests::shared;

/// A cabinet with one folder, made by another implementation.
fn build(compression: ::cab::CompressionType, content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut builder = ::cab::CabinetBuilder::new();
    builder.add_folder(compression).add_file("list.stl");
    let mut writer = builder.build(Cursor::new(Vec::new())).unwrap();
    while let Some(mut file) = writer.next_file().unwrap() {
        file.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn sample_content() -> Vec<u8> {
    (0..90_000u32).map(|i| u8::try_from((i % 1000 * (i % 77) / 7) % 251).unwrap()).collect()
}

/// What `cab` makes of the first member.
fn oracle(octets: &[u8]) -> Option<Vec<u8>> {
    let mut cabinet = ::cab::Cabinet::new(Cursor::new(octets)).ok()?;
    let name = cabinet.folder_entries().flat_map(|f| f.file_entries()).next()?.name().to_owned();
    let mut content = Vec::new();
    cabinet.read_file(&name).ok()?.read_to_end(&mut content).ok()?;
    Some(content)
}

#[test]
fn every_shared_cabinet_gives_the_list_beside_it() {
    let Some(data) = shared("data") else { return };
    let mut seen = 0;
    for set in ["authroot", "disallowed", "pinrules"] {
        for day in std::fs::read_dir(data.join(set)).unwrap().map(|d| d.unwrap().path()) {
            let Ok(files) = std::fs::read_dir(&day) else { continue };
            let files: Vec<_> = files.map(|f| f.unwrap().path()).collect();
            let with = |extension: &str| {
                files.iter().find(|f| f.extension().is_some_and(|e| e == extension))
            };
            let Some(path) = with("cab") else { continue };
            let octets = std::fs::read(path).unwrap();
            let cabinet = Cabinet::parse(&octets).unwrap();
            assert_eq!((cabinet.version_major, cabinet.version_minor), (1, 3));
            assert_eq!(cabinet.missing(), 0);
            assert_eq!(cabinet.members().len(), 1);
            assert_eq!(cabinet.folders()[0].compression, Compression::MsZip);
            let (blocks, error) = cabinet.blocks(0);
            assert_eq!(error, None);
            assert_eq!(blocks.len(), usize::from(cabinet.folders()[0].block_count));
            assert!(blocks.iter().all(|b| !matches!(b.checksum, Checksum::Mismatch { .. })));
            let extracted = cabinet.extract(0, &Limits::default()).unwrap();
            assert_eq!(Some(&extracted), oracle(&octets).as_ref(), "{}", path.display());
            if let Some(list) = with("stl").or_else(|| with("sst")) {
                assert!(extracted == std::fs::read(list).unwrap(), "{}", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen >= 15, "only {seen} cabinets compared");
}

#[test]
fn reads_what_another_implementation_writes() {
    let content = sample_content();
    for compression in [::cab::CompressionType::None, ::cab::CompressionType::MsZip] {
        let octets = build(compression, &content);
        let cabinet = Cabinet::parse(&octets).unwrap();
        assert_eq!(cabinet.members()[0].name, "list.stl");
        assert_eq!(cabinet.extract(0, &Limits::default()).unwrap(), content);
        assert!(cabinet.trailing().is_empty());
    }
}

#[test]
fn a_changed_data_octet_fails_its_checksum_at_its_block() {
    let content = sample_content();
    let mut octets = build(::cab::CompressionType::None, &content);
    let last = octets.len() - 1;
    octets[last] ^= 1;
    let cabinet = Cabinet::parse(&octets).unwrap();
    let error = cabinet.extract(0, &Limits::default()).unwrap_err();
    assert!(matches!(error.kind, CabinetErrorKind::ChecksumMismatch { .. }));
    assert_eq!(error.offset, cabinet.blocks(0).0[2].offset);
    assert_eq!(error.hresult().0, 0x8007_0570);
    // what the blocks before it gave is not lost
    assert_eq!(cabinet.decompress(0, 90_000, &Limits::default()).octets.len(), 65_536);
}

#[test]
fn cut_anywhere_it_is_an_error_and_never_a_shorter_member() {
    let content = &sample_content()[..3000];
    let octets = build(::cab::CompressionType::MsZip, content);
    for end in 0..octets.len() {
        let result = Cabinet::parse(&octets[..end])
            .and_then(|cabinet| cabinet.extract(0, &Limits::default()));
        let error = result.unwrap_err();
        assert_eq!(error.hresult().0, 0x8007_000d, "cut at {end}: {error}");
    }
}

#[test]
fn a_changed_octet_is_never_a_panic_and_never_unnoticed_data() {
    let content = &sample_content()[..3000];
    let octets = build(::cab::CompressionType::MsZip, content);
    for index in 0..octets.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut changed = octets.clone();
            changed[index] ^= change;
            let Ok(cabinet) = Cabinet::parse(&changed) else { continue };
            let _ = cabinet.blocks(0);
            let Ok(extracted) = cabinet.extract(0, &Limits::default()) else { continue };
            let whole = extracted == content;
            // only fields no checksum covers can change what comes out: the member's place and
            // size, and the compression of its folder
            let excused = extracted.len() < content.len() || index < 0x60;
            assert!(whole || excused, "octet {index} ^ {change:02x}");
        }
    }
}

#[test]
fn limits_have_names() {
    let content = vec![0; 3 << 20];
    let octets = build(::cab::CompressionType::MsZip, &content);
    let cabinet = Cabinet::parse(&octets).unwrap();
    let kind = |limits: Limits| cabinet.extract(0, &limits).unwrap_err().kind;
    let small = Limits { max_decompressed: 1000, ..Limits::default() };
    assert_eq!(kind(small), CabinetErrorKind::TooLarge(Limit::MaxDecompressed));
    let flat = Limits { max_ratio: 20, ..Limits::default() };
    assert_eq!(kind(flat), CabinetErrorKind::TooLarge(Limit::MaxRatio));
}

#[test]
fn what_is_not_read_is_refused_by_name() {
    let mut octets = build(::cab::CompressionType::None, b"abc");
    assert_eq!(Cabinet::parse(b"<html>").unwrap_err().kind, CabinetErrorKind::NotACabinet);
    octets[42] = 2;
    let error = Cabinet::parse(&octets).unwrap().extract(0, &Limits::default()).unwrap_err();
    assert_eq!(error.kind, CabinetErrorKind::UnsupportedCompression(Compression::Quantum));
    let mut set = build(::cab::CompressionType::None, b"abc");
    set[30] |= 2;
    set.splice(36..36, *b"b.cab\0disk\0");
    set[16] += 11;
    set[36 + 11] += 11;
    let cabinet = Cabinet::parse(&set).unwrap();
    assert_eq!(cabinet.next.as_deref(), Some("b.cab"));
    let error = cabinet.extract(0, &Limits::default()).unwrap_err();
    assert_eq!(error.kind, CabinetErrorKind::MultiCabinet);
}

#[test]
fn checksum_of_the_specification_example_form() {
    assert_eq!(checksum(&[]), 0);
    assert_eq!(checksum(b"\x0e\0\x0e\0Hello, world!\n"), 0x7f2e_1a4c);
    assert_eq!(checksum(&[1, 2, 3]), 0x0001_0203);
}

#[test]
fn dos_times_read() {
    let time = DosTime { date: (44 << 9) | (2 << 5) | 29, time: (23 << 11) | (5 << 5) | 7 };
    assert_eq!(time.to_string(), "2024-02-29 23:05:14");
}
