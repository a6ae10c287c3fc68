use chaincheck_testdata::hive::{self as make, Lists, Value as Made, seal};

use std::borrow::Cow;

use super::*;
use crate::format::Limits;
use crate::format::octets::u32_at;
use crate::format::registry::error::Problems;

fn root() -> make::Key {
    let mut root = make::Key::new("ROOT");
    root.at("Software").class = Some("Cläss".to_owned());
    root.set("Software", Made::text("Tëxt", "a\u{1f512}"));
    root.set("Software", Made::number("", 7));
    root.set("Software", Made::binary("\u{416}", b"12345"));
    for length in [0, 1, 4, 5, 16_344, 16_345, 100_000] {
        let data: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
        root.set("Data", Made::new(&format!("v{length}"), 3, &data));
    }
    for number in 0..50 {
        root.at(&format!("Many\\key {number:02}"));
    }
    root.at("\u{416}\u{44f}\\below");
    root
}

fn walked(hive: &Hive<'_>) -> (Vec<String>, Vec<RegistryError>) {
    let mut problems = Problems::new(Limits::default().max_items);
    let mut paths = Vec::new();
    hive.walk(&mut problems, &mut |path, _, _| paths.push(path.join("\\")));
    (paths, problems.into_vec())
}

#[test]
fn everything_written_is_read_whatever_the_lists() {
    for lists in [Lists::Lf, Lists::Lh, Lists::Li, Lists::Ri(7)] {
        let file = make::Hive { lists, ..make::Hive::new(root()) }.to_octets();
        let hive = Hive::parse(&file).unwrap();
        assert_eq!((hive.problems(), hive.base().is_dirty()), (&[][..], false));
        assert_eq!(hive.bins_length() + BASE_BLOCK_LENGTH, file.len());
        let (paths, problems) = walked(&hive);
        assert_eq!((paths.len(), problems), (1 + 4 + 50 + 1, Vec::new()), "{lists:?}");
        assert!(paths.contains(&"Many\\key 49".to_owned()));
        assert!(paths.contains(&"\u{416}\u{44f}\\below".to_owned()));
        let key = hive.key(&["MANY", "Key 07"]).unwrap();
        assert_eq!((key.name(), key.subkeys().0.len(), key.value_count()), ("key 07", 0, 0));
        assert_eq!(key.last_written().filetime(), 0x01db_0000_0000_0000);
        assert_eq!(&file[key.offset()..key.offset() + 2], b"nk");
        assert!(hive.key(&["\u{436}\u{42f}", "BELOW"]).is_some(), "case of other alphabets");
        assert!(hive.key(&["Many", "none"]).is_none());
    }
}

#[test]
fn values_of_every_length_and_where_they_lie() {
    for minor in [3, 5] {
        let file = make::Hive { minor, ..make::Hive::new(root()) }.to_octets();
        let hive = Hive::parse(&file).unwrap();
        let key = hive.key(&["Data"]).unwrap();
        assert_eq!(key.values().count(), 7);
        for value in key.values() {
            let value = value.unwrap();
            let (data, offset) = value.data().unwrap();
            let length: usize = value.name()[1..].parse().unwrap();
            assert_eq!((data.len(), value.length()), (length, length));
            assert!(data.iter().enumerate().all(|(n, octet)| usize::from(*octet) == n % 251));
            let first = length.min(16_344);
            assert_eq!(&file[offset..offset + first], &data[..first], "{length}");
            let is_segmented = length > 16_344 && minor > 3;
            assert_eq!(matches!(data, Cow::Owned(_)), is_segmented, "{length} in 1.{minor}");
        }
    }
    let file = make::Hive::new(root()).to_octets();
    let hive = Hive::parse(&file).unwrap();
    let key = hive.key(&["software"]).unwrap();
    assert_eq!(key.class_name().unwrap().as_deref(), Some("Cläss"));
    assert_eq!(hive.root().unwrap().class_name().unwrap(), None);
    let read = |name| key.value(name).unwrap().read().unwrap();
    assert_eq!(read("tËXT").text().as_deref(), Some("a\u{1f512}"));
    assert_eq!(read("").number(), Some(7));
    assert_eq!(&*read("\u{436}").data, b"12345");
    assert_eq!(read("").value_type.to_string(), "REG_DWORD");
    let (_, descriptor, offset) = key.security().unwrap();
    assert_eq!(descriptor, make::default_descriptor());
    assert!(file[offset..].starts_with(descriptor));
}

/// The offset of a key's cell content in the file.
fn find(file: &[u8], path: &[&str]) -> usize {
    Hive::parse(file).unwrap().key(path).unwrap().offset()
}

fn put(file: &mut [u8], at: usize, value: u32) {
    file[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

fn get(file: &[u8], at: usize) -> u32 {
    u32_at(file, at).unwrap()
}

/// Where what a key's field points to begins in the file, behind its size.
fn target(file: &[u8], key: usize, field: usize) -> usize {
    BASE_BLOCK_LENGTH + 4 + get(file, key + field) as usize
}

fn kinds(problems: &[RegistryError]) -> Vec<RegistryErrorKind> {
    problems.iter().map(|problem| problem.kind.clone()).collect()
}

#[test]
fn circles_are_walked_once() {
    let mut file = make::Hive::new(root()).to_octets();
    let key = find(&file, &["Many", "key 03"]);
    let root = get(&file, 36);
    // the key's subkeys become the root's
    let list = get(&file, find(&file, &[]) + 28);
    put(&mut file, key + 20, 4);
    put(&mut file, key + 28, list);
    let (paths, problems) = walked(&Hive::parse(&file).unwrap());
    assert_eq!(paths.len(), 56);
    assert_eq!(kinds(&problems), [RegistryErrorKind::Shared("a list of subkeys")]);
    assert_eq!(problems[0].key, "Many\\key 03");
    // a list that names the root
    let mut file = make::Hive::new(self::root()).to_octets();
    let many = find(&file, &["Many"]);
    let list = target(&file, many, 28);
    put(&mut file, list + 4, root);
    let (paths, problems) = walked(&Hive::parse(&file).unwrap());
    assert_eq!((paths.len(), kinds(&problems)), (55, vec![RegistryErrorKind::Shared("a key")]));
}

#[test]
fn an_index_of_indices_and_one_list_many_times() {
    let mut file = make::Hive { lists: Lists::Ri(2), ..make::Hive::new(root()) }.to_octets();
    let many = find(&file, &["Many"]);
    let index = target(&file, many, 28);
    let first = get(&file, index + 4);
    let own = get(&file, many + 28);
    put(&mut file, index + 8, first);
    put(&mut file, index + 12, own);
    let hive = Hive::parse(&file).unwrap();
    let (paths, problems) = walked(&hive);
    assert_eq!(paths.len(), 56 - 4);
    let shared = RegistryErrorKind::Shared("a list of subkeys");
    assert_eq!(kinds(&problems), [shared.clone(), shared]);
    // asked for at random, the same list may come twice, but no more than there is room for
    let (keys, problems) = hive.key(&["Many"]).unwrap().subkeys();
    assert_eq!(keys.len(), 48);
    assert_eq!(kinds(&problems), [RegistryErrorKind::Signature("lf, lh, li or ri")]);
}

#[test]
fn sizes_that_lie_and_cells_that_are_free() {
    let good = make::Hive::new(root()).to_octets();
    let many = find(&good, &["Many"]);
    let list = target(&good, many, 28);
    let damage = |at: usize, value: u32| {
        let mut file = good.clone();
        put(&mut file, at, value);
        let (paths, problems) = walked(&Hive::parse(&file).unwrap());
        (paths.len(), kinds(&problems))
    };
    let what = "a list of subkeys";
    // 50 keys fewer, and the rest is there
    assert_eq!(damage(list - 4, 64), (6, vec![RegistryErrorKind::FreeCell(what)]));
    let huge = 0x8000_0000;
    assert_eq!(damage(list - 4, huge), (6, vec![RegistryErrorKind::CellSize(what, i32::MIN)]));
    let small = (-24i32) as u32;
    assert_eq!(damage(list - 4, small), (8, vec![RegistryErrorKind::CutShort(what)]));
    assert_eq!(damage(list, 0xffff_686c), (56, vec![RegistryErrorKind::CutShort(what)]));
    let none = RegistryErrorKind::CellOffset(what, 0xffff_fff0);
    assert_eq!(damage(many + 28, 0xffff_fff0), (6, vec![none]));
    let odd = get(&good, many + 28) + 4;
    assert_eq!(damage(many + 28, odd), (6, vec![RegistryErrorKind::CellOffset(what, odd)]));
    let few = "the lists of subkeys do not hold as many as the key says";
    assert_eq!(damage(many + 20, 51), (56, vec![RegistryErrorKind::Malformed(few)]));
    let name = find(&good, &["Many", "key 30"]) + 72;
    let cut = RegistryErrorKind::CutShort("a key's name");
    assert_eq!(damage(name, 0xff), (55, vec![cut]));
}

#[test]
fn values_that_cannot_be_read_leave_the_others() {
    let good = make::Hive::new(root()).to_octets();
    let key = find(&good, &["Data"]);
    let list = target(&good, key, 40);
    let value_cell =
        |file: &[u8], number: usize| BASE_BLOCK_LENGTH + 4 + get(file, list + 4 * number) as usize;
    let outcome = |file: &[u8]| {
        let hive = Hive::parse(file).unwrap();
        let key = hive.key(&["Data"]).unwrap();
        let read: Vec<_> = key.values().map(|value| value.and_then(|v| v.read())).collect();
        let errors = read.iter().filter_map(|r| r.as_ref().err().map(|e| e.kind.clone()));
        (read.iter().filter(|r| r.is_ok()).count(), errors.collect::<Vec<_>>())
    };
    assert_eq!(outcome(&good), (7, vec![]));
    let changed = |number: usize, field: usize, value: u32| {
        let mut file = good.clone();
        put(&mut file, value_cell(&good, number) + field, value);
        outcome(&file)
    };
    let data = "a value's data";
    assert_eq!(changed(3, 4, 0x7fff_ffff), (6, vec![RegistryErrorKind::CutShort(data)]));
    assert_eq!(changed(4, 4, 16_349), (6, vec![RegistryErrorKind::CutShort(data)]));
    let inline = "more than four octets of data in a value itself";
    assert_eq!(changed(2, 4, 0x8000_0005), (6, vec![RegistryErrorKind::Malformed(inline)]));
    assert_eq!(changed(0, 0, 0), (6, vec![RegistryErrorKind::Signature("vk")]));
    // the segments hold less than the value says
    let segment = RegistryErrorKind::CutShort("a segment of big data");
    assert_eq!(changed(6, 4, 16_344 * 7), (6, vec![segment]));
    let mut file = good.clone();
    let big = target(&good, value_cell(&good, 6), 8);
    file[big + 2] = 3;
    assert_eq!(outcome(&file), (6, vec![RegistryErrorKind::CutShort("a list of segments")]));
    let mut file = good.clone();
    put(&mut file, key + 36, 1000);
    assert_eq!(outcome(&file), (8 - 1, vec![RegistryErrorKind::CutShort("a list of values")]));
    // all segments are the same one
    let segment_list = target(&good, big, 4);
    let mut file = good.clone();
    let first = get(&file, segment_list);
    (1..6).for_each(|n| put(&mut file, segment_list + 4 * n, first));
    assert_eq!(outcome(&file).0, 7, "no longer than the value says");
}

#[test]
fn a_damaged_base_block_and_damaged_bins() {
    let good = make::Hive::new(root()).to_octets();
    let mut file = good.clone();
    put(&mut file, 36, 0x1230);
    let hive = Hive::parse(&file).unwrap();
    assert_eq!(walked(&hive).0.len(), 56, "the root is found");
    let checksum = matches!(hive.problems()[0].kind, RegistryErrorKind::Checksum { .. });
    assert!(checksum && hive.base().is_dirty(), "{:?}", hive.problems());
    seal(&mut file);
    assert_eq!(Hive::parse(&file).unwrap().problems().len(), 1);
    let mut file = good.clone();
    put(&mut file, 4, 8);
    seal(&mut file);
    assert_eq!(kinds(Hive::parse(&file).unwrap().problems()), [RegistryErrorKind::Dirty]);
    let mut file = good.clone();
    file[BASE_BLOCK_LENGTH] = b'x';
    let problems = Hive::parse(&file).unwrap().problems;
    assert_eq!(kinds(&problems), [RegistryErrorKind::Signature("hbin")]);
    assert_eq!(problems[0].offset, BASE_BLOCK_LENGTH);
    let cut = Hive::parse(&good[..good.len() - 1]).unwrap().problems;
    let expected = ["the hive bins' data", "a hive bin"].map(RegistryErrorKind::CutShort);
    assert_eq!(kinds(&cut), expected);
    for (at, value) in [(20, 2), (24, 1), (24, 7)] {
        let mut file = good.clone();
        put(&mut file, at, value);
        let error = Hive::parse(&file).unwrap_err();
        assert!(matches!(error.kind, RegistryErrorKind::Version(..)), "{error}");
    }
    assert!(Hive::parse(b"regf").is_err() && Hive::parse(b"").is_err());
    assert!(Hive::parse(&good[..BASE_BLOCK_LENGTH]).is_err(), "no root");
}

#[test]
fn deeper_than_windows_allows() {
    let deep = |levels: usize| {
        let mut root = make::Key::new("ROOT");
        root.at(&vec!["k"; levels].join("\\"));
        let file = make::Hive::new(root).to_octets();
        let (paths, problems) = walked(&Hive::parse(&file).unwrap());
        (paths.len(), kinds(&problems))
    };
    assert_eq!(deep(511), (512, vec![]));
    assert_eq!(deep(513), (512, vec![RegistryErrorKind::Depth]));
}

#[test]
fn names_and_paths_have_the_registrys_length() {
    let long = |length: usize, levels: usize| {
        let mut root = make::Key::new("ROOT");
        root.at(&vec!["k".repeat(length); levels].join("\\"));
        let file = make::Hive::new(root).to_octets();
        let (paths, problems) = walked(&Hive::parse(&file).unwrap());
        (paths.len(), kinds(&problems))
    };
    assert_eq!(long(255, 1), (2, vec![]));
    let too_long = "a key's name is longer than MAX_KEY_NAME allows";
    assert_eq!(long(256, 1), (1, vec![RegistryErrorKind::Malformed(too_long)]));
    assert_eq!(long(255, 16), (17, vec![]));
    assert_eq!(long(255, 17), (17, vec![RegistryErrorKind::PathLength]));
}

#[test]
fn every_octet_changed_and_every_cut() {
    let mut small = make::Key::new("ROOT");
    small.set("Software\\a", Made::binary("Blob", &[7; 40]));
    small.set("Software\\b", Made::text("t", "x"));
    let file = make::Hive::new(small).to_octets();
    let used = file.len() - 3000;
    let read = |file: &[u8]| {
        if let Ok(hive) = Hive::parse(file) {
            hive.walk(&mut Problems::new(10), &mut |_, key, _| {
                for value in key.values().flatten() {
                    let _ = value.read();
                }
                let _ = (key.security(), key.class_name(), key.subkeys());
            });
        }
    };
    (0..file.len()).step_by(3).for_each(|length| read(&file[..length]));
    for at in (0..512).chain(BASE_BLOCK_LENGTH..used) {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut damaged = file.clone();
            damaged[at] = value;
            read(&damaged);
        }
    }
}

#[test]
fn keys_that_no_list_leads_to_are_found_by_their_parents() {
    let mut file = make::Hive::new(root()).to_octets();
    let unseen = |file: &[u8]| {
        let hive = Hive::parse(file).unwrap();
        let mut problems = Problems::new(100);
        let seen = hive.walk(&mut problems, &mut |_, _, _| {});
        let mut found = Vec::new();
        hive.walk_unseen(seen, &mut problems, &mut |path, _, _| {
            found.push((path.names.join("\\"), path.is_whole));
        });
        found
    };
    assert_eq!(unseen(&file), []);
    let many = find(&file, &["Many"]);
    let list = target(&file, many, 28);
    file[list] = b'x';
    let found = unseen(&file);
    assert_eq!(found.len(), 50);
    assert!(found.contains(&("Many\\key 49".to_owned(), true)));
    // and its own cell too: the path ends where it did
    file[many] = b'x';
    let found = unseen(&file);
    assert_eq!(found.len(), 50);
    assert!(found.contains(&("key 49".to_owned(), false)));
    // its parent is itself
    let key = find(&make::Hive::new(root()).to_octets(), &["Many", "key 00"]);
    let own = (key - BASE_BLOCK_LENGTH - 4) as u32;
    put(&mut file, key + 16, own);
    let found = unseen(&file);
    assert!(found.iter().any(|(path, whole)| path.starts_with("key 00\\key 00") && !whole));
}

#[test]
fn a_log_is_no_hive() {
    let log = make::log(&make::Hive::new(root()).to_octets(), &[]);
    assert_eq!(Hive::parse(&log).unwrap_err().kind, RegistryErrorKind::TransactionLog);
}
