use chaincheck_testdata::hive::Value;
use chaincheck_testdata::reg::policy_file;

use super::*;

const KEY: &str = r"Software\Policies\Microsoft\SystemCertificates\AuthRoot";

fn read_all(octets: &[u8]) -> (Vec<RegistryKey>, PolicyReport) {
    let mut keys = Vec::new();
    let limits = Limits::default();
    let report = read(octets, PolicyScope::Machine, &limits, &mut |key| keys.push(key)).unwrap();
    (keys, report)
}

#[test]
fn entries_of_one_key_come_together() {
    let octets = policy_file(&[
        (KEY, Value::number("DisableRootAutoUpdate", 0)),
        (KEY, Value::number("disablerootautoupdate", 1)),
        (KEY, Value::binary("odd", b"]\0[\0;")),
        ("Software\\Other", Value::text("t", "x")),
    ]);
    let (keys, report) = read_all(&octets);
    assert_eq!((report.problems.as_slice(), keys.len()), (&[][..], 2));
    assert_eq!(keys[0].path_text(), format!("HKLM\\{KEY}"));
    assert_eq!(keys[0].values.len(), 2);
    let value = keys[0].value("DisableRootAutoUpdate").unwrap();
    assert_eq!(value.number(), Some(1), "the last one counts");
    assert_eq!(octets[value.offset..value.offset + 4], [1, 0, 0, 0]);
    assert_eq!(&*keys[0].value("odd").unwrap().data, b"]\0[\0;");
    assert_eq!(keys[1].value("t").unwrap().text().as_deref(), Some("x"));
}

#[test]
fn special_names_delete() {
    let octets = policy_file(&[
        (KEY, Value::text("**Del.Flags", " ")),
        (KEY, Value::text("**DelVals.", " ")),
        (KEY, Value::text("**DeleteValues", "a;b")),
        (KEY, Value::text("**DeleteKeys", "CA;Root")),
        (KEY, Value::number("**SecureKey", 1)),
    ]);
    let (keys, report) = read_all(&octets);
    assert_eq!((keys.len(), report.problems.len()), (0, 0));
    let below = |key: &str| report.deletions.iter().filter(|d| d.key.ends_with(key)).count();
    let values: Vec<_> = report.deletions.iter().map(|d| d.value.as_deref()).collect();
    assert_eq!(values, [Some("Flags"), Some("*"), Some("a"), Some("b"), None, None]);
    assert_eq!((below("\\CA"), below("\\Root"), below("AuthRoot")), (1, 1, 4));
}

#[test]
fn a_damaged_entry_costs_itself_alone() {
    let good = policy_file(&[
        (KEY, Value::number("a", 1)),
        (KEY, Value::number("b", 2)),
        (KEY, Value::number("c", 3)),
    ]);
    let entry = (good.len() - 8) / 3;
    let mut bad = good.clone();
    bad[8 + entry + 2 * KEY.len() + 4] = b'!';
    let (keys, report) = read_all(&bad);
    let names: Vec<_> = keys[0].values.iter().map(|value| value.name.as_str()).collect();
    assert_eq!(names, ["a", "c"]);
    assert_eq!(report.problems[0].kind, RegistryErrorKind::Signature("';' behind a key's name"));
    assert_eq!(report.problems[0].offset, 8 + entry + 2 * KEY.len() + 4);
    // a size that lies
    let mut bad = good.clone();
    let size_at = 8 + entry - 2 - 4 - 2 - 4;
    bad[size_at..size_at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    let (keys, report) = read_all(&bad);
    assert_eq!(keys[0].values.len(), 2);
    assert_eq!(report.problems[0].kind, RegistryErrorKind::CutShort("a value's data"));
    for length in 8..good.len() {
        let (keys, report) = read_all(&good[..length]);
        let whole = keys.first().map_or(0, |key| key.values.len());
        assert_eq!(whole, (length - 8) / entry, "{length}");
        assert_eq!(report.problems.is_empty(), (length - 8) % entry == 0, "{length}");
    }
    for at in 8..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0xff;
        read_all(&bad);
    }
    assert!(read(b"PReg\x02\0\0\0", PolicyScope::User, &Limits::default(), &mut |_| ()).is_err());
}

#[test]
fn a_file_of_brackets_ends_quickly() {
    let octets = [HEADER, &b"]\0[\0".repeat(500_000)].concat();
    let (keys, report) = read_all(&octets);
    assert!(keys.is_empty() && !report.problems.is_empty());
}

#[test]
fn an_endless_path_is_no_key() {
    let long = "x".repeat(MAX_PATH_LENGTH + 1);
    let names = Value::text("**DeleteKeys", &"a;".repeat(1000));
    let (keys, report) =
        read_all(&policy_file(&[(&long, names), ("Software\\a", Value::number("n", 1))]));
    assert_eq!((keys.len(), report.deletions.len()), (1, 0));
    assert_eq!(report.problems[0].kind, RegistryErrorKind::PathLength);
}
