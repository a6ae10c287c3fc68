//! What is taken out of the sample files, value by value against what other tools say of them; what
//! is left of them when they are damaged; and PKCS #12 against OpenSSL.
//!
//! The samples do not ship with the project; see `evidence.rs` for how they are found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use chaincheck_engine::base::digest::{hex, sha1, sha256};
use chaincheck_engine::base::oid::{self, Oid};
use chaincheck_engine::format::pfx::{self, Integrity, PfxContents};
use chaincheck_engine::format::{
    Contents, FormatErrorKind, Item, Kind, Limits, Passwords, open, open_with,
};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::crl::Crl;
use chaincheck_engine::object::message::SignedData;
use chaincheck_engine::object::name::Name;
use chaincheck_engine::object::ocsp::OcspResponse;
use chaincheck_engine::object::trust_list::TrustList;
use chaincheck_testdata::fixtures;
use serde_json::Value;

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

struct Sample {
    name: String,
    octets: Vec<u8>,
    truth: Value,
}

/// The samples of one folder that have a truth beside them.
fn samples(kind: &str) -> Vec<Sample> {
    let Some(folder) = shared().map(|shared| shared.join("data/samples").join(kind)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let truth = PathBuf::from(format!("{}.truth.json", path.display()));
        if truth.exists() {
            let truth = serde_json::from_slice(&fs::read(truth).unwrap()).unwrap();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.push(Sample { name, octets: fs::read(&path).unwrap(), truth });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!found.is_empty());
    found
}

/// A name as `openssl -nameopt oneline` writes it.
fn openssl_name(name: Name<'_>) -> String {
    let attributes = name.attributes().unwrap();
    let parts: Vec<_> = attributes
        .iter()
        .map(|attribute| {
            let label = match Oid::from_octets(attribute.kind) {
                kind if kind == oid::COMMON_NAME => "CN",
                kind if kind == oid::COUNTRY_NAME => "C",
                kind if kind == oid::STATE_OR_PROVINCE_NAME => "ST",
                kind if kind == oid::LOCALITY_NAME => "L",
                kind if kind == oid::ORGANIZATION_NAME => "O",
                kind if kind == oid::ORGANIZATIONAL_UNIT_NAME => "OU",
                kind if kind == oid::EMAIL_ADDRESS => "emailAddress",
                kind if kind == oid::DOMAIN_COMPONENT => "DC",
                other => panic!("{other}"),
            };
            let value = attribute.text().unwrap();
            match value.contains([',', '+', '"', '<', '>', ';']) {
                true => format!("{label} = \"{value}\""),
                false => format!("{label} = {value}"),
            }
        })
        .collect();
    parts.join(", ")
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

fn certificates(contents: &Contents) -> Vec<&Item> {
    contents.items.iter().filter(|item| item.kind == Kind::Certificate).collect()
}

fn subjects(contents: &Contents) -> Vec<String> {
    certificates(contents)
        .iter()
        .map(|item| openssl_name(Certificate::from_der(&item.octets).unwrap().subject()))
        .collect()
}

/// The lines of `openssl pkcs12 -info`.
fn openssl_info(contents: &PfxContents) -> Vec<String> {
    let scheme = |encryption: Option<&pfx::Encryption>| {
        let encryption = encryption.unwrap();
        let name = encryption.scheme.to_string().replace("pbeWithSHAAnd", "pbeWithSHA1And");
        format!("{name}, Iteration {}", encryption.iterations)
    };
    let mac = contents.mac.as_ref().unwrap();
    let hash = mac.hash.unwrap().name().to_ascii_lowercase();
    let mut lines = vec![
        format!("MAC: {hash}, Iteration {}", mac.iterations),
        format!("MAC length: {}, salt length: {}", mac.length, mac.salt_length),
    ];
    for (number, safe) in contents.safes.iter().enumerate() {
        lines.push(match &safe.encryption {
            Some(_) => format!("PKCS7 Encrypted data: {}", scheme(safe.encryption.as_ref())),
            None => "PKCS7 Data".to_owned(),
        });
        for key in contents.keys.iter().filter(|key| key.safe == number) {
            lines.push(format!("Shrouded Keybag: {}", scheme(key.encryption.as_ref())));
        }
        let objects = contents.objects.iter().filter(|object| object.safe == number);
        lines.extend(objects.map(|_| "Certificate bag".to_owned()));
    }
    lines
}

#[test]
fn pfx_files_hold_what_openssl_says() {
    for Sample { name, octets, truth } in samples("pfx") {
        let passwords = Passwords::new([truth["password"].as_str().unwrap()]);
        let contents = pfx::read(&octets, &passwords).unwrap();
        assert_eq!(contents.integrity, Integrity::Verified, "{name}");
        assert_eq!(openssl_info(&contents), strings(&truth["bags"]), "{name}");
        let opened = open_with(&octets, &Limits::default(), &passwords).unwrap();
        assert_eq!(subjects(&opened), strings(&truth["subjects"]), "{name}");
        // without the password the same file says that it needs one
        let closed = open(&octets, &Limits::default()).unwrap();
        assert_eq!((closed.kind, closed.items.len()), (Kind::Pfx, 0), "{name}");
        assert!(closed.notes.iter().any(|note| note.to_string().contains("password")), "{name}");
    }
}

#[test]
fn bundles_hold_what_openssl_says() {
    for Sample { name, octets, truth } in samples("p7b") {
        let count = truth["certificates"].as_u64().unwrap();
        match open(&octets, &Limits::default()) {
            Ok(contents) => {
                assert_eq!(subjects(&contents), strings(&truth["subjects"]), "{name}");
                assert_eq!(certificates(&contents).len() as u64, count, "{name}");
                let is_pem = contents.kind == Kind::Pem;
                assert_eq!(is_pem, truth["form"] == "PEM", "{name}");
                // an enveloped message in PEM is a note; outside it is the file's error
                assert_eq!(contents.notes.len(), usize::from(is_pem && count == 0), "{name}");
            }
            Err(error) => {
                assert_eq!((count, error.hresult().0), (0, 0x8009_1004), "{name}: {error}");
            }
        }
    }
}

#[test]
fn catalogs_hold_their_list_and_the_certificates_beside_it() {
    for Sample { name, octets, truth } in samples("cat") {
        let contents = open(&octets, &Limits::default()).unwrap();
        // a time stamp may bring certificates of other kinds along
        let other = "neither an X.509 certificate nor a CRL";
        let notes: Vec<_> = contents.notes.iter().map(ToString::to_string).collect();
        assert!(notes.iter().all(|note| note.contains(other)), "{name}: {notes:?}");
        assert_eq!(contents.items[0].kind, Kind::CertificateTrustList);
        let message = SignedData::from_der(&contents.items[0].octets).unwrap();
        assert_eq!(message.content_type.to_string(), truth["content_type"].as_str().unwrap());
        let list = TrustList::from_der(&message.content().unwrap()).unwrap();
        let usages: Vec<_> = list.usage.iter().map(ToString::to_string).collect();
        assert_eq!(usages, strings(&truth["usage"]), "{name}");
        assert_eq!(list.len() as u64, truth["entries"].as_u64().unwrap());
        assert_eq!(list.list_identifier_text(), None, "{name}: octets of chance are no text");
        assert_eq!(list.this_update.to_string(), truth["this_update"].as_str().unwrap());
        let found: Vec<_> = certificates(&contents)
            .iter()
            .filter(|item| item.origin.ends_with("in PKCS #7"))
            .map(|item| hex(&sha1(&item.octets)))
            .collect();
        let embedded = truth["embedded_certs"].as_array().unwrap();
        let expected: Vec<_> = embedded.iter().map(|c| c["sha1"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{name}");
        let unsigned = &truth["signature_check_by_cryptography"]["unsigned_attrs"];
        let is_stamped = unsigned[0] == "microsoft_time_stamp_token";
        let stamps = certificates(&contents);
        let stamps = stamps.iter().filter(|item| item.origin.ends_with("in time stamp 1"));
        assert_eq!(stamps.count() > 0, is_stamped, "{name}");
    }
}

#[test]
fn serialized_stores_hold_every_property() {
    for Sample { name, octets, truth } in samples("sst") {
        let contents = open(&octets, &Limits::default()).unwrap();
        assert_eq!(contents.notes, [], "{name}");
        let Some(members) = truth["members"].as_array() else {
            // one element
            let item = &contents.items[0];
            assert_eq!(hex(&sha1(&item.octets)).to_uppercase(), truth["cert_sha1"], "{name}");
            let stored: Vec<_> = item.properties.iter().map(|p| (p.id, p.value.len())).collect();
            let object = (32, item.octets.len());
            let expected = truth["properties"].as_array().unwrap().iter().map(|property| {
                (
                    property["id"].as_u64().unwrap() as u32,
                    property["len"].as_u64().unwrap() as usize,
                )
            });
            let stored: Vec<_> = stored.into_iter().chain([object]).collect();
            assert_eq!(stored, expected.collect::<Vec<_>>(), "{name}");
            continue;
        };
        assert_eq!(contents.items.len(), members.len(), "{name}");
        for (item, member) in contents.items.iter().zip(members) {
            assert_eq!(item.kind, Kind::Certificate);
            assert_eq!(hex(&sha1(&item.octets)).to_uppercase(), member["sha1"], "{name}");
            assert_eq!(hex(&sha256(&item.octets)), member["sha256"], "{name}");
            let stored: Vec<_> = item.properties.iter().map(|p| p.id).chain([32]).collect();
            let expected = member["properties"].as_array().unwrap().iter();
            let expected: Vec<_> = expected.map(|id| id.as_u64().unwrap() as u32).collect();
            assert_eq!(stored, expected, "{name}");
            if let Some(label) = member["friendly_name"].as_str() {
                let stored = item.properties.iter().find(|p| p.id == 11).unwrap();
                let label: Vec<u8> =
                    label.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
                assert_eq!(stored.value, label, "{name}");
            }
        }
    }
}

#[test]
fn crl_and_ocsp_files_give_one_object_and_its_certificates() {
    for Sample { name, octets, truth } in samples("crl") {
        let contents = open(&octets, &Limits::default()).unwrap();
        assert_eq!((contents.kind, contents.items.len()), (Kind::Pem, 1), "{name}");
        let crl = Crl::from_der(&contents.items[0].octets).unwrap();
        assert_eq!(openssl_name(crl.issuer()), truth["issuer"].as_str().unwrap(), "{name}");
        assert_eq!(crl.entry_count() as u64, truth["revoked"].as_u64().unwrap(), "{name}");
    }
    let mut with_certificates = 0;
    for Sample { name, octets, truth } in samples("ocsp") {
        let contents = open(&octets, &Limits::default()).unwrap();
        // one truth takes a request for a response by its name, "req-acceptable-responses"
        let is_response = truth["kind"] == "response" && !name.starts_with("req-");
        let kind = if is_response { Kind::OcspResponse } else { Kind::OcspRequest };
        assert_eq!((contents.kind, contents.items[0].kind), (kind, kind), "{name}");
        assert_eq!(*contents.items[0].octets, octets);
        let Ok(response) = OcspResponse::from_der(&octets) else { continue };
        let given = response.basic.as_ref().map_or(0, |basic| basic.certificates.len());
        assert_eq!(certificates(&contents).len(), given, "{name}");
        with_certificates += usize::from(given > 0);
    }
    assert!(with_certificates > 0 || shared().is_none());
}

/// Every sample of the folders whose formats are opened here, and the containers of the generator.
fn damageable() -> Vec<(String, Vec<u8>)> {
    let folders = ["cat", "crl", "ocsp", "p7b", "pfx", "sst"];
    let samples = folders.into_iter().flat_map(samples).map(|sample| (sample.name, sample.octets));
    let made = fixtures::all().into_iter().filter(|fixture| !fixture.octets.is_empty());
    samples.chain(made.map(|fixture| (fixture.path.to_owned(), fixture.octets))).collect()
}

/// Opens, quickly, and checks that what is wrong has a place.
fn open_damaged(name: &str, octets: &[u8]) -> Option<Contents> {
    let mut limits = Limits::default();
    limits.max_iterations = 20_000;
    let start = Instant::now();
    let result = open(octets, &limits);
    let elapsed = start.elapsed();
    assert!(elapsed < Duration::from_secs(5), "{name}: {elapsed:?}");
    match result {
        Ok(contents) => Some(contents),
        Err(error) => {
            // a cabinet's tables lie where its header says, which is where the error is then
            let is_table = matches!(error.kind, FormatErrorKind::Cabinet(_));
            assert!(error.offset <= octets.len() || is_table, "{name}: {error}");
            None
        }
    }
}

/// A steady source of places and octets.
struct Places(u64);

impl Places {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % end.max(1)
    }
}

/// What a cut leaves is a part of what there was, and the cut is said, unless it was of octets that
/// mean nothing.
#[test]
fn a_cut_file_gives_what_is_before_the_cut() {
    let mut places = Places(1);
    let (mut refused, mut partly) = (0, 0);
    for (name, octets) in damageable() {
        let Ok(sound) = open(&octets, &Limits::default()) else { continue };
        let whole: BTreeSet<_> = sound.items.iter().map(|item| item.octets.to_vec()).collect();
        for _ in 0..12 {
            let end = places.below(octets.len());
            match open_damaged(&name, &octets[..end]) {
                Some(cut) => {
                    let fewer = cut.items.len() < sound.items.len();
                    for item in &cut.items {
                        assert!(whole.contains(&*item.octets), "{name} cut at {end}");
                    }
                    let is_said = !cut.notes.is_empty() || cut.trailing > 0;
                    // a text may end behind any of its blocks
                    let is_prefix = sound.items.starts_with(&cut.items);
                    let is_between = sound.kind == Kind::Pem && is_prefix;
                    // an empty file says it by its kind
                    let is_plain = is_between || cut.kind == Kind::Empty;
                    assert!(is_said || !fewer || is_plain, "{name} cut at {end}");
                    partly += usize::from(!cut.items.is_empty());
                }
                None => refused += 1,
            }
        }
    }
    println!("{refused} refused, {partly} partly read");
    assert!(refused > 100 && partly > 40);
}

/// Changed octets, lengths of all ones, runs of zeros: no panic, no delay, and an error has a place.
#[test]
fn changed_octets_and_lengths_that_lie() {
    let mut places = Places(2);
    let mut opened = 0;
    for (name, octets) in damageable() {
        let rounds = if octets.len() > 100_000 { 10 } else { 60 };
        for round in 0..rounds {
            let mut damaged = octets.clone();
            // beginnings and headers matter more than the middle
            let end = if round % 2 == 0 { damaged.len() } else { damaged.len().min(512) };
            let at = places.below(end);
            let change: &[u8] = match round % 5 {
                0 => &[0xff; 4],
                1 => &[0; 4],
                2 => &[0x84, 0x7f, 0xff, 0xff, 0xff],
                3 => &[0x80],
                _ => &[places.below(256) as u8],
            };
            let length = change.len().min(damaged.len() - at);
            damaged[at..at + length].copy_from_slice(&change[..length]);
            opened += usize::from(open_damaged(&name, &damaged).is_some());
        }
    }
    println!("{opened} still opened");
    assert!(opened > 100);
}

/// The certificates that `openssl pkcs12` gives, or `None` if it refuses.
fn openssl_pkcs12(file: &Path, password: &str) -> Option<BTreeSet<Vec<u8>>> {
    let run = |legacy: &[&str]| {
        Command::new("openssl")
            .args(["pkcs12", "-nokeys", "-passin", &format!("pass:{password}"), "-in"])
            .arg(file)
            .args(legacy)
            .output()
            .unwrap()
    };
    let output = [run(&[]), run(&["-legacy"])].into_iter().find(|out| out.status.success())?;
    let contents = open(&output.stdout, &Limits::default());
    let items = contents.map(|contents| contents.items).unwrap_or_default();
    Some(items.into_iter().map(|item| item.octets.to_vec()).collect())
}

fn has_openssl() -> bool {
    let version = Command::new("openssl").arg("version").output();
    let text = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let is_three = text.is_ok_and(|text| text.starts_with("OpenSSL 3"));
    if !is_three {
        println!("skipped: OpenSSL 3 is not installed");
    }
    is_three
}

fn own_pkcs12(octets: &[u8], password: &str) -> Option<BTreeSet<Vec<u8>>> {
    let contents = pfx::read(octets, &Passwords::new([password])).ok()?;
    let is_sound = matches!(contents.integrity, Integrity::Verified | Integrity::Absent);
    is_sound.then(|| contents.certificates().map(|object| object.octets.clone()).collect())
}

/// Our stores and Windows' with their own passwords, and with a wrong one.
#[test]
fn openssl_reads_the_same_from_pfx_files() {
    if !has_openssl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut compared = 0;
    let mut compare = |name: &str, octets: &[u8], password: &str| {
        let path = folder.path().join("store.pfx");
        fs::write(&path, octets).unwrap();
        let theirs = openssl_pkcs12(&path, password);
        assert_eq!(own_pkcs12(octets, password), theirs, "{name}, password '{password}'");
        compared += usize::from(theirs.is_some());
    };
    for Sample { name, octets, truth } in samples("pfx") {
        compare(&name, &octets, truth["password"].as_str().unwrap());
        compare(&name, &octets, "wrong");
    }
    for fixture in fixtures::all().iter().filter(|fixture| fixture.path.starts_with("pfx/")) {
        let password = match fixture.path {
            // OpenSSL 3.0 does not know RFC 9579
            "pfx/pbmac1.pfx" => continue,
            "pfx/no-password.pfx" | "pfx/empty-password.pfx" => "",
            _ => fixtures::PFX_PASSWORD,
        };
        compare(fixture.path, &fixture.octets, password);
    }
    println!("{compared} stores read by both");
    assert!(compared >= 10);
}
