//! What every file at hand is taken for: the samples, Microsoft's lists, and 5,356 hostile files.
//!
//! The data do not ship with the project; see `evidence.rs` for how they are found. The hostile
//! files are an archive, which `tar` unpacks; or `CHAINCHECK_MALFORMED` names the unpacked folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chaincheck_engine::format::{Kind, MessageType, detect};
use serde_json::Value;
use x509_parser::prelude::FromDer as _;

fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::var_os("CHAINCHECK_SHARED")
        .map_or_else(|| root.join("../shared"), |path| root.join(path));
    if folder.is_dir() {
        return Some(folder);
    }
    let required = std::env::var("CHAINCHECK_REQUIRE_SHARED").is_ok_and(|value| value == "1");
    assert!(!required, "CHAINCHECK_REQUIRE_SHARED is set, and {} is no folder", folder.display());
    println!("skipped: no data at {}", folder.display());
    None
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// What the index's own words, and nothing else, say a sample is.
fn kind_of_sample(kind: &str, file: &str) -> Kind {
    let is_text = file.ends_with(".pem");
    match kind {
        "cat" => Kind::CertificateTrustList,
        "event-xml" if file.ends_with(".txt") => Kind::EventText,
        "event-xml" => Kind::EventXml,
        "evtx" => Kind::EventLog,
        "hive" => Kind::RegistryHive,
        "ocsp" if file.contains("/req-") || file.contains("-req.") => Kind::OcspRequest,
        "ocsp" => Kind::OcspResponse,
        "pfx" => Kind::Pfx,
        "reg" => Kind::RegistryExport,
        "sst" if file.ends_with("-cert.bin") => Kind::SerializedElement,
        "sst" => Kind::SerializedStore,
        "crl" | "p7b" if is_text => Kind::Pem,
        "p7b" if file.contains("enveloped") => Kind::OtherPkcs7(MessageType::Enveloped),
        "p7b" => Kind::SignedData,
        other => panic!("{file}: samples of kind {other} are new"),
    }
}

#[test]
fn every_sample_is_its_kind() {
    let Some(folder) = shared().map(|shared| shared.join("data/samples")) else { return };
    let index = json(&folder.join("index.json"));
    let mut wrong = Vec::new();
    let samples = index.as_array().unwrap();
    for sample in samples {
        let file = sample["file"].as_str().unwrap();
        let expected = kind_of_sample(sample["kind"].as_str().unwrap(), file);
        let found = detect(&fs::read(folder.join(file)).unwrap());
        if found != expected {
            wrong.push(format!("{file}: {found}, not {expected}"));
        }
    }
    println!("{} samples", samples.len());
    assert!(samples.len() >= 75);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_list_and_root_is_its_kind() {
    let Some(folder) = shared().map(|shared| shared.join("data")) else { return };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut folders = vec![
        folder.join("authroot"),
        folder.join("disallowed"),
        folder.join("pinrules"),
        folder.join("microsoft-roots"),
    ];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let kinds: &[Kind] = match path.extension().and_then(|end| end.to_str()) {
                Some("stl") => &[Kind::CertificateTrustList],
                Some("cab") => &[Kind::Cabinet],
                Some("sst") => &[Kind::SerializedStore],
                Some("crt" | "cer" | "der") => &[Kind::Certificate, Kind::Pem],
                Some("crl") => &[Kind::Crl],
                _ => continue,
            };
            let found = detect(&fs::read(&path).unwrap());
            assert!(kinds.contains(&found), "{}: {found}", path.display());
            *counts.entry(Box::leak(found.to_string().into_boxed_str())).or_default() += 1;
        }
    }
    println!("{counts:?}");
    assert!(counts["certificate trust list"] > 5);
}

/// The unpacked archive, and the folder to be removed afterwards.
fn malformed() -> Option<(PathBuf, Option<tempfile::TempDir>)> {
    if let Some(folder) = std::env::var_os("CHAINCHECK_MALFORMED") {
        return Some((PathBuf::from(folder), None));
    }
    let archive = shared()?.join("data/malformed.tar.xz");
    let folder = tempfile::tempdir().unwrap();
    let tar = Command::new("tar").arg("xJf").arg(&archive).arg("-C").arg(folder.path()).status();
    match tar {
        Ok(status) if status.success() => Some((folder.path().to_owned(), Some(folder))),
        _ => {
            println!("skipped: tar does not unpack {}", archive.display());
            None
        }
    }
}

/// The kinds that a folder's files are, unless a fuzzer has made something else of them.
fn kinds_of_folder(folder: &str) -> &'static [Kind] {
    const ENVELOPED: Kind = Kind::OtherPkcs7(MessageType::Enveloped);
    const DIGESTED: Kind = Kind::OtherPkcs7(MessageType::Digested);
    match folder {
        "x509" => &[Kind::Certificate],
        "crl" => &[Kind::Crl],
        "csr" => &[Kind::CertificateRequest],
        "ocsp" => &[Kind::OcspResponse, Kind::OcspRequest],
        "pkcs12" => &[Kind::Pfx],
        "pkcs7" => &[
            Kind::SignedData,
            Kind::CertificateTrustList,
            ENVELOPED,
            DIGESTED,
            Kind::OtherPkcs7(MessageType::Data),
            Kind::OtherPkcs7(MessageType::Encrypted),
        ],
        "pkcs8" => &[Kind::PrivateKey],
        "spki" => &[Kind::PublicKey],
        "pem" => &[Kind::Pem],
        // attribute certificates, extensions, names, parts and random values are no files of ours
        "attrcert" | "ext" | "name" | "x509-part" | "asn1" => &[],
        other => panic!("the folder {other} is new"),
    }
}

/// Whether an independent reader, or the text itself, says the same of a file that is not what its
/// folder is named for.
fn is_confirmed(kind: Kind, octets: &[u8]) -> bool {
    let outer = |octets: &[u8]| x509_parser::der_parser::parse_ber(octets).is_ok();
    match kind {
        Kind::Certificate => x509_parser::prelude::X509Certificate::from_der(octets).is_ok(),
        Kind::Crl => x509_parser::prelude::CertificateRevocationList::from_der(octets).is_ok(),
        Kind::CertificateRequest => {
            x509_parser::prelude::X509CertificationRequest::from_der(octets).is_ok()
        }
        Kind::Pem => String::from_utf8_lossy(octets).contains("-----BEGIN "),
        Kind::PublicKey => x509_parser::prelude::SubjectPublicKeyInfo::from_der(octets).is_ok(),
        Kind::PrivateKey => outer(octets),
        _ => false,
    }
}

/// Files that are something else than their folder says, and in fact are: counts by folder and
/// kind, and how many of them another reader confirms. The rest begins like it and is broken behind.
const ELSEWHERE: &[(&str, &str, usize, usize)] = &[
    // OpenSSL's corpus of random types: whatever they are, they have that shape
    ("asn1", "CRL", 5, 0),
    ("asn1", "PKCS #12 store", 2, 0),
    ("asn1", "PKCS #7 envelopedData", 1, 0),
    ("asn1", "PKCS #7 signedData", 1, 0),
    ("asn1", "private key", 24, 23),
    ("asn1", "public key", 20, 8),
    ("asn1", "time-stamp response", 1, 0),
    // files that lie beside the samples in other projects
    ("pkcs12", "certificate", 3, 3),
    ("pkcs12", "private key", 1, 1),
    ("pkcs7", "certificate", 4, 4),
    ("pkcs7", "certification request", 1, 1),
    ("pkcs7", "private key", 4, 4),
    ("x509", "CRL", 47, 46),
    ("x509", "PEM text", 96, 96),
    ("x509", "private key", 9, 9),
    ("x509", "public key", 1, 1),
    ("x509-part", "public key", 1, 1),
];

/// Files that OpenSSL alone was asked about, accepts, and that are not recognised here.
const MISSED: &[(&str, usize)] = &[
    // PFX of another version than 3
    ("pkcs12", 7),
    // types of CMS that PKCS #7, and Windows with it, does not have: authenticated, compressed
    ("pkcs7", 87),
];

#[test]
fn every_hostile_file_is_its_kind_or_not_recognised() {
    let Some((folder, _keep)) = malformed() else { return };
    let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut elsewhere: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    let mut missed: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for entry in json(&folder.join("index.json")).as_array().unwrap() {
        let file = entry["file"].as_str().unwrap();
        let path = folder.join(file);
        if !path.exists() || !seen.insert(file.to_owned()) {
            continue;
        }
        let octets = fs::read(&path).unwrap();
        let found = detect(&octets);
        let name = file.split('/').next().unwrap();
        // every reader that was asked took the file for what its folder is named for
        let verdicts: Vec<_> = entry["oracle"].as_object().into_iter().flatten().collect();
        let all_accept = !verdicts.is_empty() && verdicts.iter().all(|(_, v)| *v == "accept");
        let [right, unknown, other] = counts.entry(name.to_owned()).or_default();
        match found {
            Kind::Unknown | Kind::Empty => {
                *unknown += 1;
                if all_accept {
                    *missed.entry(name.to_owned()).or_default() += 1;
                }
            }
            kind if kinds_of_folder(name).contains(&kind) => *right += 1,
            kind => {
                *other += 1;
                assert!(!all_accept, "{file} is {kind}, all readers say otherwise");
                let (count, confirmed) =
                    elsewhere.entry((name.to_owned(), kind.to_string())).or_default();
                *count += 1;
                *confirmed += usize::from(is_confirmed(kind, &octets));
            }
        }
    }
    println!("{} files; folder: right, not recognised, something else", seen.len());
    for (name, [right, unknown, other]) in &counts {
        println!("  {name}: {right}, {unknown}, {other}");
    }
    assert_eq!(seen.len(), 5356);
    let elsewhere: Vec<_> = elsewhere
        .iter()
        .map(|((name, kind), (count, confirmed))| (&**name, &**kind, *count, *confirmed))
        .collect();
    assert_eq!(elsewhere, ELSEWHERE);
    let missed: Vec<_> = missed.iter().map(|(name, count)| (&**name, *count)).collect();
    assert_eq!(missed, MISSED);
}
