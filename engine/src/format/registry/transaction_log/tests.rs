use chaincheck_testdata::hive::{self as make, LogEntry, Value as Made, log, old_log, seal};

use super::*;
use crate::format::registry::hive::Hive;

/// The vectors of .NET's tests of this hash.
#[test]
fn marvin_known_answers() {
    let seed = 0x004f_b61a_001b_dbcc;
    let cases: [(&[u8], u64); 7] = [
        (b"", 0x30ed_35c1_00cd_3c7d),
        (b"\xaf", 0x48e7_3fc7_7d75_ddc1),
        (b"\xe7\x0f", 0xb5f6_e1fc_485d_bff8),
        (b"\x37\xf4\x95", 0xf0b0_7c78_9b8c_f7e8),
        (b"\x15\x3f\xb7\x98\x26", 0xe6c0_8c6d_a2af_a997),
        (b"\x09\x32\xe6\x24\x6c\x47", 0x6f04_bf1a_5ea2_4060),
        (b"\xab\x42\x7e\xa8\xd1\x0f\xc7", 0xe118_47e4_f067_8c41),
    ];
    for (octets, expected) in cases {
        assert_eq!(marvin32(octets, seed), expected, "{octets:x?}");
    }
}

fn hive_with(data: u8, sequence: (u32, u32)) -> Vec<u8> {
    let mut root = make::Key::new("ROOT");
    root.set("Software", Made::binary("Value", &[data; 9000]));
    make::Hive { sequence, ..make::Hive::new(root) }.to_octets()
}

fn value(hive: &[u8]) -> (u8, bool) {
    let hive = Hive::parse(hive).unwrap();
    let data = hive.key(&["Software"]).unwrap().value("Value").unwrap().read().unwrap().data;
    assert!(data.iter().all(|octet| *octet == data[0]), "half of the pages");
    (data[0], hive.base().is_dirty())
}

/// A page for each 4096 octets in which two hives differ.
fn pages(old: &[u8], new: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let old = &old[BASE_BLOCK_LENGTH..];
    let pages = new[BASE_BLOCK_LENGTH..].chunks(4096).enumerate();
    pages
        .filter(|(number, page)| old.get(number * 4096..number * 4096 + 4096) != Some(page))
        .map(|(number, page)| (number as u32 * 4096, page.to_vec()))
        .collect()
}

fn entry(sequence: u32, old: &[u8], new: &[u8]) -> LogEntry {
    let bins_length = (new.len() - BASE_BLOCK_LENGTH) as u32;
    LogEntry { sequence, bins_length, pages: pages(old, new) }
}

#[test]
fn entries_that_follow_are_applied_from_both_logs() {
    let dirty = hive_with(1, (9, 8));
    let (second, third) = (hive_with(2, (9, 8)), hive_with(3, (9, 8)));
    let old = entry(7, &dirty, &second);
    let first = log(&dirty, &[entry(9, &second, &third)]);
    let other = log(&dirty, &[old, entry(8, &dirty, &second)]);
    for logs in [[&first[..], &other], [&other, &first]] {
        let (recovered, report) = replay(&dirty, &logs).unwrap();
        assert_eq!(value(&recovered), (3, false), "{report:?}");
        assert!(report.is_clean && report.problems.is_empty());
        let of = |log: &[u8]| report.logs[usize::from(logs[1] == log)].clone();
        let pages = entry(8, &dirty, &second).pages.len();
        assert_eq!(of(&other), LogOutcome::Applied { first: 8, last: 8, pages });
        assert_eq!(of(&first), LogOutcome::Applied { first: 9, last: 9, pages });
        assert_eq!(BaseBlock::read(&recovered).unwrap().primary_sequence, 9);
    }
    // one alone: the first stays dirty, the second is half of the way
    let (recovered, report) = replay(&dirty, &[&first]).unwrap();
    assert_eq!((recovered, report.is_clean), (dirty.clone(), false));
    assert_eq!(report.logs, [LogOutcome::DoesNotFollow { expected: 8, found: 9 }]);
    assert_eq!(value(&replay(&dirty, &[&other]).unwrap().0), (2, false));
    // the same entries in both
    let (recovered, report) = replay(&dirty, &[&other, &other]).unwrap();
    assert_eq!(value(&recovered), (2, false));
    assert_eq!(report.logs[1], LogOutcome::NothingNew);
}

#[test]
fn a_clean_hive_keeps_its_logs_out() {
    let clean = hive_with(1, (8, 8));
    let log = log(&clean, &[entry(8, &clean, &hive_with(2, (8, 8)))]);
    let (recovered, report) = replay(&clean, &[&log, b""]).unwrap();
    assert_eq!(recovered, clean);
    assert_eq!(report.logs, [LogOutcome::NotNeeded, LogOutcome::NotNeeded]);
    assert!(report.is_clean);
}

#[test]
fn a_wrong_hash_ends_the_log() {
    let dirty = hive_with(1, (9, 8));
    let (second, third) = (hive_with(2, (9, 8)), hive_with(3, (9, 8)));
    let good = log(&dirty, &[entry(8, &dirty, &second), entry(9, &second, &third)]);
    let length = u32_at(&good, 512 + 4).unwrap() as usize;
    for (at, data) in
        [(512 + length + 100, 2), (512 + length + 12, 2), (512 + 41, 1), (512 + 33, 1)]
    {
        let mut bad = good.clone();
        bad[at] ^= 1;
        let (recovered, report) = replay(&dirty, &[&bad]).unwrap();
        assert_eq!(value(&recovered), (data, data == 1), "octet {at}");
        let [(0, problem)] = report.problems.as_slice() else { panic!("{report:?}") };
        assert!(problem.to_string().contains("hash"), "{problem}");
        assert_eq!(problem.offset, if data == 2 { 512 + length } else { 512 });
    }
    for length in (0..good.len()).step_by(129) {
        let (_, report) = replay(&dirty, &[&good[..length]]).unwrap();
        let unusable = matches!(report.logs[0], LogOutcome::Unusable(_));
        assert!(length >= 512 || unusable, "{length}: {report:?}");
    }
}

#[test]
fn a_hive_grows_only_by_what_the_log_holds() {
    let dirty = hive_with(1, (9, 8));
    let mut root = make::Key::new("ROOT");
    root.set("Software", Made::binary("Value", &[2; 16_000]));
    let larger = make::Hive { sequence: (9, 8), ..make::Hive::new(root) }.to_octets();
    assert!(larger.len() > dirty.len());
    let grown = log(&dirty, &[entry(8, &dirty, &larger)]);
    let (recovered, report) = replay(&dirty, &[&grown]).unwrap();
    assert_eq!((value(&recovered), recovered.len()), ((2, false), larger.len()), "{report:?}");
    let mut lying = entry(8, &dirty, &larger);
    lying.bins_length = 0xffff_f000;
    let (recovered, report) = replay(&dirty, &[&log(&dirty, &[lying])]).unwrap();
    assert_eq!((recovered.len(), report.is_clean), (dirty.len(), false));
    assert_eq!(report.problems.len(), 1);
    let mut outside = entry(8, &dirty, &larger);
    outside.pages[0].0 = 0x7fff_f000;
    let (_, report) = replay(&dirty, &[&log(&dirty, &[outside])]).unwrap();
    assert_eq!((report.problems.len(), report.is_clean), (1, false));
}

#[test]
fn a_damaged_base_block_comes_from_the_log() {
    let dirty = hive_with(1, (9, 8));
    let second = hive_with(2, (9, 8));
    let log = log(&dirty, &[entry(8, &dirty, &second)]);
    let mut torn = dirty.clone();
    torn[36] ^= 0xff;
    torn[8] = 77;
    let (recovered, report) = replay(&torn, &[b"", &log]).unwrap();
    assert_eq!((value(&recovered), report.base_block_from), ((2, false), Some(1)));
    assert!(matches!(report.logs[0], LogOutcome::Unusable(_)));
}

#[test]
fn an_old_log_is_applied_to_the_hive_it_was_made_of() {
    let dirty = hive_with(1, (9, 8));
    let second = hive_with(2, (9, 8));
    let bins_length = (second.len() - BASE_BLOCK_LENGTH) as u32;
    let dirty_pages: Vec<(usize, Vec<u8>)> = second[BASE_BLOCK_LENGTH..]
        .chunks(512)
        .enumerate()
        .filter(|(number, page)| {
            let at = BASE_BLOCK_LENGTH + number * 512;
            &dirty[at..at + 512] != *page
        })
        .map(|(number, page)| (number, page.to_vec()))
        .collect();
    let log = old_log(&dirty, bins_length, &dirty_pages);
    let (recovered, report) = replay(&dirty, &[&log]).unwrap();
    assert_eq!(value(&recovered), (2, false), "{report:?}");
    let pages = dirty_pages.len();
    assert_eq!(report.logs, [LogOutcome::Applied { first: 9, last: 9, pages }]);
    // of another time, not finished, cut
    let refused = |log: &[u8]| {
        let (recovered, report) = replay(&dirty, &[log]).unwrap();
        assert_eq!((recovered, report.is_clean), (dirty.clone(), false));
        let [LogOutcome::Unusable(error)] = report.logs.as_slice() else { panic!("{report:?}") };
        error.to_string()
    };
    let mut other = log.clone();
    other[12] ^= 1;
    assert!(refused(&other).contains("checksum"));
    seal(&mut other);
    assert!(refused(&other).contains("another time"));
    let mut unfinished = log.clone();
    unfinished[8] ^= 1;
    seal(&mut unfinished);
    assert!(refused(&unfinished).contains("not finished"));
    assert!(refused(&log[..log.len() - 1]).contains("pages"));
    assert!(refused(&log[..600]).contains("cut short"));
    let mut huge = log.clone();
    huge[40..44].copy_from_slice(&0xffff_f000u32.to_le_bytes());
    seal(&mut huge);
    assert!(refused(&huge).contains("cut short"));
}
