//! Making the registry's text and policy files: `.reg` and `Registry.pol`.

use std::fmt::Write as _;

use crate::der::utf16;
use crate::hive::Value;

/// In which form an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Version 5 in UTF-16LE with a byte order mark, as regedit writes it.
    Version5,
    /// Version 5 in UTF-8, as other programs write it.
    Version5Utf8,
    /// REGEDIT4, one octet for each character.
    Version4,
}

/// A key of an export: its whole path and its values.
pub type ExportKey<'a> = (&'a str, &'a [Value]);

/// An export.
#[must_use]
pub fn export(form: Form, keys: &[ExportKey<'_>]) -> Vec<u8> {
    let is_version_4 = form == Form::Version4;
    let mut text = match is_version_4 {
        true => "REGEDIT4\r\n".to_owned(),
        false => "Windows Registry Editor Version 5.00\r\n".to_owned(),
    };
    for (path, values) in keys {
        // writing to a String does not fail
        let _ = write!(text, "\r\n[{path}]\r\n");
        for value in *values {
            value_lines(&mut text, value, is_version_4);
        }
    }
    text.push_str("\r\n");
    match form {
        Form::Version5 => {
            let mut octets = vec![0xff, 0xfe];
            octets.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
            octets
        }
        Form::Version5Utf8 => text.into_bytes(),
        Form::Version4 => text.chars().map(|c| u32::from(c) as u8).collect(),
    }
}

fn value_lines(text: &mut String, value: &Value, is_version_4: bool) {
    let name = match value.name.as_str() {
        "" => "@".to_owned(),
        name => format!("\"{}\"", escape(name)),
    };
    match (value.value_type, value.data.as_slice()) {
        (1, data) => {
            let units = data.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
            let content: String =
                char::decode_utf16(units.take_while(|unit| *unit != 0)).flatten().collect();
            let _ = write!(text, "{name}=\"{}\"\r\n", escape(&content));
        }
        (4, [a, b, c, d]) => {
            let number = u32::from_le_bytes([*a, *b, *c, *d]);
            let _ = write!(text, "{name}=dword:{number:08x}\r\n");
        }
        (value_type, data) => {
            let form = match value_type {
                3 => "hex:".to_owned(),
                other => format!("hex({other:x}):"),
            };
            // texts are of one octet each in version 4
            let narrow = is_version_4 && matches!(value_type, 2 | 7);
            let data: Vec<u8> = match narrow {
                true => data.iter().step_by(2).copied().collect(),
                false => data.to_vec(),
            };
            let mut line = format!("{name}={form}");
            for (index, octet) in data.iter().enumerate() {
                let _ = write!(line, "{octet:02x}");
                if index + 1 < data.len() {
                    line.push(',');
                    if line.len() > 76 {
                        let _ = write!(text, "{line}\\\r\n");
                        line = "  ".to_owned();
                    }
                }
            }
            let _ = write!(text, "{line}\r\n");
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// A policy file: each entry's key, and its value.
#[must_use]
pub fn policy_file(entries: &[(&str, Value)]) -> Vec<u8> {
    let mut octets = b"PReg\x01\0\0\0".to_vec();
    for (key, value) in entries {
        octets.extend(b"[\0");
        octets.extend(utf16(key));
        octets.extend(b";\0");
        octets.extend(utf16(&value.name));
        octets.extend(b";\0");
        octets.extend(value.value_type.to_le_bytes());
        octets.extend(b";\0");
        octets.extend((value.data.len() as u32).to_le_bytes());
        octets.extend(b";\0");
        octets.extend(&value.data);
        octets.extend(b"]\0");
    }
    octets
}
