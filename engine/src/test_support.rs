//! What unit tests build their octets with, and where they find data kept outside the project.

use std::path::{Path, PathBuf};

use crate::base::oid::{self, Oid};

pub(crate) fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut octets = vec![tag];
    let length = content.len();
    if length < 0x80 {
        octets.push(u8::try_from(length).unwrap());
    } else {
        octets.push(0x84);
        octets.extend(u32::try_from(length).unwrap().to_be_bytes());
    }
    octets.extend(content);
    octets
}

pub(crate) fn integer(octets: &[u8]) -> Vec<u8> {
    der(2, octets)
}

pub(crate) fn generalized_time(text: &str) -> Vec<u8> {
    der(0x18, text.as_bytes())
}

pub(crate) fn oid(text: &str) -> Oid {
    text.parse().unwrap()
}

pub(crate) fn name(common_name: &str) -> Vec<u8> {
    let attribute = [der(6, oid::COMMON_NAME.as_octets()), der(0x0c, common_name.as_bytes())];
    der(0x30, &der(0x31, &der(0x30, &attribute.concat())))
}

pub(crate) fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = der(6, oid(id).as_octets());
    if critical {
        parts.extend(der(1, &[0xff]));
    }
    parts.extend(der(4, value));
    der(0x30, &parts)
}

pub(crate) fn revoked_entry(serial: &[u8], date: &str, reason: Option<u8>) -> Vec<u8> {
    let mut parts = [integer(serial), generalized_time(date)].concat();
    if let Some(reason) = reason {
        parts.extend(der(0x30, &extension("2.5.29.21", false, &der(0x0a, &[reason]))));
    }
    der(0x30, &parts)
}

pub(crate) fn tbs_crl(
    issuer: &str,
    this_update: &str,
    next_update: Option<&str>,
    algorithm: &[u8],
    entries: &[Vec<u8>],
    extensions: &[Vec<u8>],
) -> Vec<u8> {
    let mut tbs = [integer(&[1]), algorithm.to_vec(), name(issuer)].concat();
    tbs.extend(generalized_time(this_update));
    tbs.extend(next_update.map(generalized_time).unwrap_or_default());
    if !entries.is_empty() {
        tbs.extend(der(0x30, &entries.concat()));
    }
    if !extensions.is_empty() {
        tbs.extend(der(0xa0, &der(0x30, &extensions.concat())));
    }
    der(0x30, &tbs)
}

/// A list whose signature is no signature.
pub(crate) fn crl(
    issuer: &str,
    this_update: &str,
    next_update: Option<&str>,
    entries: &[Vec<u8>],
    extensions: &[Vec<u8>],
) -> Vec<u8> {
    let algorithm = der(0x30, &der(6, oid::SHA256_WITH_RSA.as_octets()));
    let tbs = tbs_crl(issuer, this_update, next_update, &algorithm, entries, extensions);
    der(0x30, &[tbs, algorithm, der(3, &[0, 1, 2, 3])].concat())
}

/// A folder of the shared data. `None`, and a line saying so, if it is not there.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CHAINCHECK_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let found = root.join(path);
    if found.exists() {
        return Some(found);
    }
    let required = std::env::var_os("CHAINCHECK_REQUIRE_SHARED").is_some_and(|v| v == "1");
    assert!(!required, "{} is not there", found.display());
    println!("skipped: {} is not there", found.display());
    None
}

/// Name, octets and the octets of the `.truth.json` beside it, for every sample that has one.
pub(crate) fn samples(directory: &Path) -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let truth = PathBuf::from(format!("{}.truth.json", path.display()));
        if truth.exists() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.push((name, std::fs::read(&path).unwrap(), std::fs::read(truth).unwrap()));
        }
    }
    found.sort();
    found
}

/// The octets of the first PEM block.
pub(crate) fn pem(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let body: String = text
        .lines()
        .skip_while(|l| !l.starts_with("-----"))
        .skip(1)
        .take_while(|l| !l.starts_with("-----"))
        .collect();
    let mut octets = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for symbol in body.bytes() {
        let value = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            octets.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    octets
}
