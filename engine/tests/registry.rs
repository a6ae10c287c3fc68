//! Registry files against what other readers found in them (the samples' `.truth.json`), and
//! against regipy where that is installed.
//!
//! The samples do not ship with the project; see `evidence.rs` for how they are found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use chaincheck_engine::base::digest::{hex, sha1, sha256};
use chaincheck_engine::base::time::Time;
use chaincheck_engine::format::registry::RegistryErrorKind;
use chaincheck_engine::format::registry::hive::Hive;
use chaincheck_engine::format::registry::system_certificates::{
    HiveKind, ObjectKind, RegistryEvidence, RegistrySource, StoreLocation,
};
use chaincheck_engine::format::serialized_store::write_element;
use chaincheck_engine::format::{Kind, Limits, open};
use serde_json::Value;

fn shared(path: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::var_os("CHAINCHECK_SHARED")
        .map_or_else(|| root.join("../shared"), |path| root.join(path));
    let found = folder.join(path);
    if found.exists() {
        return Some(found);
    }
    let required = std::env::var("CHAINCHECK_REQUIRE_SHARED").as_deref() == Ok("1");
    assert!(!required, "CHAINCHECK_REQUIRE_SHARED is set, and {} is not there", found.display());
    println!("skipped: {} is not there", found.display());
    None
}

/// The name, octets and truth of each sample in a folder.
fn samples(kind: &str) -> Vec<(String, Vec<u8>, Value)> {
    let Some(folder) = shared(&format!("data/samples/{kind}")) else { return Vec::new() };
    let mut samples = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let truth = PathBuf::from(format!("{}.truth.json", path.display()));
        if let Ok(text) = fs::read_to_string(truth) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            samples.push((name, fs::read(&path).unwrap(), serde_json::from_str(&text).unwrap()));
        }
    }
    samples.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!samples.is_empty());
    samples
}

/// The path below the hive's root, as the truth has it.
fn below<'p>(path: &'p str, mount: &str) -> &'p str {
    path.strip_prefix(mount).unwrap_or_else(|| panic!("{path} is not below {mount}"))
}

#[test]
fn hives_hold_what_other_readers_found() {
    for (name, octets, truth) in samples("hive") {
        let evidence = RegistryEvidence::from_hive(&octets, &[], &Limits::default()).unwrap();
        let expected = truth["certificates"].as_array().unwrap();
        let certificates: BTreeMap<&str, _> = evidence
            .objects
            .iter()
            .inspect(|object| assert_eq!(object.kind, ObjectKind::Certificate))
            .map(|object| (below(&object.path, &evidence.mount), object))
            .collect();
        assert_eq!(certificates.len(), expected.len(), "{name}");
        assert_eq!(evidence.objects.len(), expected.len(), "{name}");
        assert!(evidence.refused.is_empty(), "{name}: {:?}", evidence.refused);
        for certificate in expected {
            let text = |key: &str| certificate[key].as_str().unwrap();
            let object = certificates[text("path")];
            assert_eq!(object.store.name, text("store"), "{name}");
            assert_eq!(object.key_name, text("key"), "{name}");
            assert_eq!(hex(&sha1(&object.octets)).to_uppercase(), text("cert_sha1"), "{name}");
            assert_properties(&object.properties, &object.octets, certificate);
            let mut blob = Vec::new();
            write_element(&mut blob, Kind::Certificate, &object.octets, &object.properties)
                .unwrap();
            assert_eq!(blob.len() as u64, certificate["blob_len"].as_u64().unwrap(), "{name}");
            assert_eq!(hex(&sha256(&blob)), text("blob_sha256"), "{name}");
            assert!(octets[object.offset..].starts_with(&blob[..12]), "{name}: offset");
            assert_eq!(object.differences, [], "{name}: {}", object.path);
            assert!(object.security.as_ref().is_some_and(|security| security.dacl.is_some()));
        }
        let dirty = [RegistryErrorKind::Dirty];
        let problems: Vec<_> = evidence.problems.iter().map(|p| p.kind.clone()).collect();
        assert!(problems.is_empty() || problems == dirty, "{name}: {problems:?}");
        other_values(&name, &evidence, &truth);
    }
}

fn assert_properties(
    properties: &[chaincheck_engine::format::RawProperty],
    object: &[u8],
    truth: &Value,
) {
    let found: Vec<(u64, u64)> = properties
        .iter()
        .map(|property| (u64::from(property.id), property.value.len() as u64))
        .chain([(32, object.len() as u64)])
        .collect();
    let expected: Vec<(u64, u64)> = truth["properties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|property| (property["id"].as_u64().unwrap(), property["len"].as_u64().unwrap()))
        .collect();
    assert_eq!(found, expected);
}

/// The values besides certificates: the root update's times, protected roots.
fn other_values(name: &str, evidence: &RegistryEvidence, truth: &Value) {
    for value in truth["other_values"].as_array().unwrap() {
        let path = value["path"].as_str().unwrap();
        let value_name = value["name"].as_str().unwrap();
        if path.ends_with(r"AuthRoot\AutoUpdate") {
            let update = evidence
                .auto_updates
                .iter()
                .find(|update| below(&update.path, &evidence.mount) == path)
                .unwrap_or_else(|| panic!("{name}: {path}"));
            let found = match value_name {
                "LastSyncTime" => update.roots.last_sync_time,
                "DisallowedCertLastSyncTime" => update.disallowed.last_sync_time,
                other => panic!("{name}: {other}"),
            };
            let expected: Time = value["filetime"].as_str().unwrap().parse().unwrap();
            let difference = found.unwrap().filetime() - expected.filetime();
            assert!(difference.abs() < 10, "{name}: microseconds are all the truth has");
        } else if path.contains(r"\PhysicalStores\") && value["type"] == "REG_DWORD" {
            let store = evidence
                .physical_stores
                .iter()
                .find(|store| below(&store.path, &evidence.mount) == path)
                .unwrap_or_else(|| panic!("{name}: {path}"));
            let expected = value["value"].as_u64().and_then(|number| u32::try_from(number).ok());
            match value_name {
                "Flags" => assert_eq!(store.flags, expected, "{name}"),
                "Priority" => assert_eq!(store.priority, expected, "{name}"),
                _ => {}
            }
        } else if path.ends_with(r"Root\ProtectedRoots") {
            let list = evidence
                .protected_roots
                .iter()
                .find(|list| below(&list.path, &evidence.mount) == path)
                .unwrap_or_else(|| panic!("{name}: {path}"));
            let expected = value["hex"].as_str().unwrap();
            let entries: String = list.thumbprints.iter().map(|hash| hex(hash)).collect();
            assert_eq!(&expected[48..], entries, "{name}");
        }
    }
}

#[test]
fn hives_are_told_by_their_contents() {
    let expected: BTreeMap<&str, (HiveKind, &str)> = [
        ("ntuser-bagmru.hive", (HiveKind::User, "HKCU")),
        ("ntuser-nocerts.hive", (HiveKind::User, "HKCU")),
        ("ntuser-notatin.hive", (HiveKind::User, "HKCU")),
        ("ntuser-partial-user-root.hive", (HiveKind::UserSoftware, r"HKCU\SOFTWARE")),
        ("ntuser-win7.hive", (HiveKind::User, "HKCU")),
        ("ntuser-winscp.hive", (HiveKind::User, "HKCU")),
        ("usrclass-appcontainer.hive", (HiveKind::UserClasses, r"HKCU\SOFTWARE\Classes")),
    ]
    .into();
    for (name, octets, _) in samples("hive") {
        let evidence = RegistryEvidence::from_hive(&octets, &[], &Limits::default()).unwrap();
        let (kind, mount) = expected[name.as_str()];
        assert_eq!(evidence.source, RegistrySource::Hive(kind), "{name}");
        assert_eq!(evidence.mount, mount, "{name}");
        assert!(evidence.user.as_ref().is_none_or(|user| user.is_account()), "{name}");
        println!("{name}: {:?} {:?} {:?}", evidence.user, evidence.notes, evidence.settings.len());
    }
}

#[test]
fn the_real_export_is_read() {
    for (name, octets, truth) in samples("reg") {
        let evidence = RegistryEvidence::from_export(&octets, &Limits::default()).unwrap();
        assert_eq!((evidence.problems.as_slice(), evidence.refused.as_slice()), (&[][..], &[][..]));
        let [object] = evidence.objects.as_slice() else { panic!("{name}: not one object") };
        assert_eq!(object.store.location, StoreLocation::LocalMachine);
        assert_eq!(object.store.name, truth["store"].as_str().unwrap());
        assert_eq!(object.key_name, truth["key"].as_str().unwrap());
        assert_eq!(hex(&sha1(&object.octets)).to_uppercase(), truth["cert_sha1"].as_str().unwrap());
        assert_properties(&object.properties, &object.octets, &truth);
        // the forger has computed all of them rightly
        assert_eq!(object.differences, []);
    }
}

#[test]
fn opening_gives_the_stores_objects() {
    for (name, octets, truth) in samples("hive").into_iter().chain(samples("reg")) {
        let contents = open(&octets, &Limits::default()).unwrap();
        let expected = truth["certificates"].as_array().map_or(1, Vec::len);
        assert_eq!(contents.items.len(), expected, "{name}");
        for item in &contents.items {
            assert_eq!(item.kind, Kind::Certificate);
            let thumbprint = hex(&sha1(&item.octets)).to_uppercase();
            assert!(item.origin.ends_with(&thumbprint), "{name}: {}", item.origin);
            assert!(item.origin.contains(r"\Certificates\"), "{name}: {}", item.origin);
        }
    }
}

/// A damaged hive gives an error or the readable rest, in a time that its length bounds.
#[test]
fn damaged_samples_end_quickly() {
    let limits = Limits::default();
    let mut slowest = Duration::ZERO;
    let mut try_one = |octets: &[u8]| {
        let start = Instant::now();
        let result = RegistryEvidence::from_hive(octets, &[], &limits);
        slowest = slowest.max(start.elapsed());
        result
    };
    for (name, octets, _) in samples("hive").into_iter().filter(|(_, o, _)| o.len() < 1 << 21) {
        let whole = try_one(&octets).unwrap();
        let bins_length = Hive::parse(&octets).unwrap().base().bins_length as usize;
        for length in (0..octets.len()).step_by(octets.len() / 40 + 1) {
            if let Ok(rest) = try_one(&octets[..length]) {
                let is_padding = length >= 4096 + bins_length;
                assert!(
                    is_padding || !rest.problems.is_empty(),
                    "{name}: nothing said of a cut at {length}"
                );
            }
        }
        let mut random = 1u64;
        for number in 0..100 {
            // deterministic: the positions are the same every time
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(number);
            let position = match number % 2 {
                0 => (random >> 33) as usize % 8192,
                _ => (random >> 33) as usize % octets.len(),
            };
            let mut damaged = octets.clone();
            damaged[position] ^= (random >> 20) as u8 | 1;
            if let Ok(rest) = try_one(&damaged) {
                let before = whole.objects.len();
                let lost = before > rest.objects.len() + rest.refused.len();
                assert!(!lost || !rest.problems.is_empty(), "{name}: silence at {position:#x}");
            }
        }
    }
    println!("slowest: {slowest:?}");
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
}

const REGIPY: &str = r#"
import hashlib, json, sys
from regipy.registry import RegistryHive
hive = RegistryHive(sys.argv[1])
values, keys = {}, 0
def walk(key, path):
    global keys
    keys += 1
    for value in key.iter_values(as_json=False, trim_values=False):
        if value.name == "Blob" and isinstance(value.value, bytes):
            values[path] = hashlib.sha256(value.value).hexdigest()
    for sub in key.iter_subkeys():
        walk(sub, path + "\\" + sub.name)
sys.setrecursionlimit(10000)
walk(hive.root, "")
print(json.dumps({"keys": keys, "values": values}))
"#;

/// Another reader counts the same keys, and finds the same octets.
#[test]
fn regipy_agrees() {
    let python = std::env::var("CHAINCHECK_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import regipy"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        println!("skipped: {python} has no regipy");
        return;
    }
    for (name, octets, _) in samples("hive").into_iter().filter(|(_, o, _)| o.len() < 1 << 20) {
        let path = shared("data/samples/hive").unwrap().join(&name);
        let output = Command::new(&python).args(["-c", REGIPY]).arg(path).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let truth: Value = serde_json::from_slice(&output.stdout).unwrap();
        let hive = Hive::parse(&octets).unwrap();
        let (mut keys, mut values) = (0u64, BTreeMap::new());
        let mut left = vec![(String::new(), hive.root().unwrap())];
        while let Some((path, key)) = left.pop() {
            keys += 1;
            if let Some(blob) = key.value("Blob") {
                values.insert(path.clone(), hex(&sha256(&blob.data().unwrap().0)));
            }
            let (subkeys, problems) = key.subkeys();
            assert_eq!(problems, []);
            left.extend(subkeys.into_iter().map(|key| (format!("{path}\\{}", key.name()), key)));
        }
        assert_eq!(keys, truth["keys"].as_u64().unwrap(), "{name}");
        let expected: BTreeMap<String, String> =
            serde_json::from_value(truth["values"].clone()).unwrap();
        assert_eq!(values, expected, "{name}");
    }
}
