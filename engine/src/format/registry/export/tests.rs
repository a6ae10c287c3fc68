use chaincheck_testdata::hive::Value;
use chaincheck_testdata::reg::{Form, export};

use super::*;

fn read_all(octets: &[u8]) -> (Vec<RegistryKey>, ExportReport) {
    let mut keys = Vec::new();
    let report = read(octets, &Limits::default(), &mut |key| keys.push(key)).unwrap();
    (keys, report)
}

fn read_text(text: &str) -> (Vec<RegistryKey>, ExportReport) {
    read_all(format!("Windows Registry Editor Version 5.00\r\n\r\n{text}").as_bytes())
}

fn lines(report: &ExportReport) -> Vec<usize> {
    let line = |problem: &RegistryError| match problem.kind {
        RegistryErrorKind::Line(number, _) => number,
        _ => 0,
    };
    report.problems.iter().map(line).collect()
}

#[test]
fn every_form_gives_the_same_values() {
    let path = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\SystemCertificates\ROOT";
    let values = [
        Value::binary("Blob", &(0..200).map(|n| n as u8).collect::<Vec<_>>()),
        Value::number("n", 0x1234_abcd),
        Value::text("a \"quoted\\name\"", r#"a "text" with C:\path"#),
        Value::new("", 1, b"d\0\0\0"),
        Value::new("m", 7, b"a\0b\0\0\0c\0\0\0\0\0"),
        Value::new("e", 2, b"%\0x\0%\0\0\0"),
        Value::new("q", 11, &[1, 0, 0, 0, 0, 0, 0, 0]),
        Value::new("none", 0, &[]),
        Value::binary("empty", &[]),
    ];
    for form in [Form::Version5, Form::Version5Utf8, Form::Version4] {
        let octets = export(form, &[(path, &values), (r"HKEY_USERS\S-1-5-18\x", &[])]);
        let (keys, report) = read_all(&octets);
        assert_eq!((report.problems.as_slice(), keys.len()), (&[][..], 2), "{form:?}");
        assert_eq!(keys[0].path[..2], ["HKLM", "SOFTWARE"]);
        assert_eq!(keys[1].path_text(), r"HKU\S-1-5-18\x");
        let found: Vec<_> =
            keys[0].values.iter().map(|v| (v.name.as_str(), v.value_type.0, &*v.data)).collect();
        let expected: Vec<_> =
            values.iter().map(|v| (v.name.as_str(), v.value_type, v.data.as_slice())).collect();
        assert_eq!(found, expected, "{form:?}");
        let is_version_4 = report.version == ExportVersion::Version4;
        assert_eq!(is_version_4, form == Form::Version4);
        let begins: &[u8] = if form == Form::Version5 { b"\"\0B\0" } else { b"\"Blob\"=" };
        assert!(octets[keys[0].values[0].offset..].starts_with(begins), "{form:?}");
    }
}

#[test]
fn deletions_comments_and_spaces() {
    let (keys, report) = read_text(concat!(
        "; a comment\n[-HKEY_CURRENT_USER\\Gone]\n  [HKEY_CURRENT_USER\\a]\n\"old\"=-\n",
        "\"x\" = hex:01,\\\n ; between\n 02 , \\\n  03\n@=\"a\"\n\"x\"=dword:5\n@=-\n"
    ));
    assert_eq!(report.problems, []);
    let gone = |value: Option<&str>, key: &str| (key.to_owned(), value.map(str::to_owned));
    let found: Vec<_> = report.deletions.into_iter().map(|d| (d.key, d.value)).collect();
    let expected =
        [gone(None, r"HKCU\Gone"), gone(Some("old"), r"HKCU\a"), gone(Some(""), r"HKCU\a")];
    assert_eq!(found, expected);
    let [key] = keys.as_slice() else { panic!("{keys:?}") };
    assert_eq!(key.values.len(), 2);
    assert_eq!(key.value("X").and_then(RegistryValue::number), Some(5), "the last one counts");
}

#[test]
fn a_bad_line_costs_itself_alone() {
    let (keys, report) = read_text(concat!(
        "\"early\"=dword:1\n",                // 3
        "[HKEY_CURRENT_USER\\a]\n",           // 4
        "\"bad\"=hex:0g,\\\n  01,\\\n  02\n", // 5
        "\"bad\"=hex:01,\\\n  123\n",         // 8, the error in 9
        "\"bad\"=dword:x\n",                  // 10
        "\"bad\"=what:1\n",                   // 11
        "\"bad\"\n",                          // 12
        "\"bad=1\n",                          // 13
        "nonsense\n",                         // 14
        "\"cut\"=hex:01,\\\n",                // 15
        "\"good\"=dword:1\n",
        "\"open\"=\"no end\n", // 17
        "\"text\"=\"two\nlines\"\n",
        "[HKEY_CURRENT_USER\\b\n", // 20
        "\"lost\"=dword:1\n",      // 21
    ));
    assert_eq!(lines(&report), [3, 5, 9, 10, 11, 12, 13, 14, 15, 17, 20, 21]);
    let [key] = keys.as_slice() else { panic!("{keys:?}") };
    let names: Vec<_> = key.values.iter().map(|value| value.name.as_str()).collect();
    assert_eq!(names, ["good", "text"]);
    assert_eq!(key.values[1].text().as_deref(), Some("two\r\nlines"));
    assert_eq!(report.problems[1].key, r"HKCU\a");
    assert_eq!(report.problems[0].offset, 40);
}

#[test]
fn the_end_in_the_middle() {
    let values = [Value::binary("Blob", &[7; 300])];
    let whole = export(Form::Version5, &[("HKEY_LOCAL_MACHINE\\a", &values)]);
    let mut complete = 0;
    for length in 0..whole.len() {
        let mut keys = Vec::new();
        let result = read(&whole[..length], &Limits::default(), &mut |key| keys.push(key));
        let Ok(report) = result else { continue };
        let value = keys.iter().find_map(|key| key.value("Blob"));
        match value {
            Some(value) if value.data.len() == 300 => complete += 1,
            // data that end at a comma or in the last line are no less well-formed
            Some(value) => assert!(value.data.len() < 300 && value.data.iter().all(|o| *o <= 7)),
            None => assert!(keys.len() <= 1 || !report.problems.is_empty()),
        }
    }
    assert!(complete >= 2);
    assert!(read(b"", &Limits::default(), &mut |_| ()).is_err());
    assert!(read(b"[HKEY_LOCAL_MACHINE]", &Limits::default(), &mut |_| ()).is_err());
}

#[test]
fn many_lines_without_an_end_cost_one_look_each() {
    let text = "\"a\"=\"\n".repeat(50_000);
    let (_, report) = read_text(&format!("[HKEY_CURRENT_USER\\a]\n{text}"));
    assert_eq!(report.problems.len(), 50_000);
    let text = format!("[HKEY_CURRENT_USER\\a]\n\"a\"=\"{}", "x\n".repeat(200_000));
    assert_eq!(lines(&read_text(&text).1), [4]);
}

#[test]
fn names_of_roots() {
    assert_eq!(path_of(r"hkey_local_machine\a\b"), ["HKLM", "a", "b"]);
    assert_eq!(path_of(r"HKCU\a"), ["HKCU", "a"]);
    assert_eq!(path_of(r"Somewhere\a"), ["?", "Somewhere", "a"]);
}

#[test]
fn an_endless_path_is_no_key() {
    let path = "x\\".repeat(MAX_PATH_LENGTH);
    let (keys, report) = read_text(&format!("[HKEY_LOCAL_MACHINE\\{path}]\r\n[HKEY_USERS\\a]\r\n"));
    assert_eq!(keys.len(), 1);
    assert_eq!(report.problems[0].kind, RegistryErrorKind::PathLength);
    assert!(report.problems[0].key.is_empty());
}
