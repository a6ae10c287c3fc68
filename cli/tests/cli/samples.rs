//! `dump` against what other tools say of the samples.

use std::collections::BTreeMap;

use super::*;

/// The dumps of a folder's samples by file name, each with the truth beside it.
fn dumped(folder: &str) -> Option<Vec<(String, Value, Value)>> {
    dumped_with(folder, &[])
}

fn dumped_with(folder: &str, options: &[&str]) -> Option<Vec<(String, Value, Value)>> {
    let folder = shared(&format!("samples/{folder}"))?;
    let output = run(&[&["dump", "--format", "jsonl", "--all", &folder], options].concat());
    let mut found = Vec::new();
    for line in stdout(&output).lines() {
        let dump: Value = serde_json::from_str(line).unwrap();
        let Some(file) = dump["file"].as_str() else { continue };
        let truth = std::fs::read(format!("{file}.truth.json")).unwrap();
        let name = file.rsplit('/').next().unwrap().to_owned();
        found.push((name, dump, serde_json::from_slice(&truth).unwrap()));
    }
    assert!(!found.is_empty(), "{folder}: {}", stderr(&output));
    Some(found)
}

fn items<'a>(dump: &'a Value, kind: &str) -> Vec<&'a Value> {
    let all = dump["items"].as_array().unwrap();
    all.iter().filter(|item| item["kind"] == kind).collect()
}

/// The value of an object's field, at any depth.
fn values(fields: &Value, label: &str) -> Vec<String> {
    let mut found = Vec::new();
    for field in fields.as_array().into_iter().flatten() {
        if field["label"] == label {
            found.push(field["value"].as_str().unwrap_or_default().to_owned());
        }
        found.extend(values(&field["children"], label));
    }
    found
}

#[test]
fn serialized_stores() {
    let Some(samples) = dumped("sst") else { return };
    assert_eq!(samples.len(), 4);
    for (name, dump, truth) in samples {
        let certificates = items(&dump, "certificate");
        let Some(members) = truth["members"].as_array() else { continue };
        assert_eq!(certificates.len(), members.len(), "{name}");
        let mut counts = BTreeMap::new();
        for (item, member) in certificates.iter().zip(members) {
            let sha1 = item["sha1"].as_str().unwrap().to_ascii_uppercase();
            assert_eq!(sha1, member["sha1"].as_str().unwrap(), "{name}");
            assert_eq!(item["sha256"], member["sha256"], "{name}");
            let mut ids: Vec<u64> = Vec::new();
            for property in item["properties"].as_array().unwrap() {
                ids.push(property["id"].as_u64().unwrap());
                let problem = values(&property["children"], "PROBLEM");
                assert!(problem.is_empty(), "{name}: {property}");
            }
            ids.push(32);
            assert_eq!(serde_json::to_value(&ids).unwrap(), member["properties"], "{name}");
            ids.iter().for_each(|id| *counts.entry(id.to_string()).or_insert(0) += 1);
            assert!(item["contradictions"].is_null(), "{name}: {}", item["contradictions"]);
        }
        assert_eq!(serde_json::to_value(counts).unwrap(), truth["property_id_counts"], "{name}");
    }
}

#[test]
fn crls() {
    let Some(samples) = dumped("crl") else { return };
    let mut counted = 0;
    for (name, dump, truth) in samples {
        let Some(revoked) = truth["revoked"].as_u64() else { continue };
        let crl = items(&dump, "CRL");
        assert_eq!(crl.len(), 1, "{name}");
        assert_eq!(values(&crl[0]["fields"], "CRL Entries"), [revoked.to_string()], "{name}");
        let serials = values(&crl[0]["fields"], "Serial Number").len();
        assert_eq!(serials as u64, revoked, "{name}");
        counted += 1;
    }
    assert!(counted >= 10, "{counted}");
}

#[test]
fn ocsp_responses() {
    let Some(samples) = dumped("ocsp") else { return };
    let mut counted = 0;
    for (name, dump, truth) in samples {
        if truth["kind"] == "request" && truth["rc"] == 0 {
            let request = items(&dump, "OCSP request");
            let expected = if name.contains("multi") { "2" } else { "1" };
            assert_eq!(values(&request[0]["fields"], "Requests"), [expected], "{name}");
            continue;
        }
        if truth["kind"] != "response" || truth["rc"] != 0 {
            continue;
        }
        let response = items(&dump, "OCSP response");
        assert_eq!(response.len(), 1, "{name}");
        let expected: Vec<_> =
            truth["cert_status"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let found = values(&response[0]["fields"], "Certificate Status");
        let found: Vec<_> = found.iter().map(|status| status.split(' ').next().unwrap()).collect();
        assert_eq!(found, expected, "{name}");
        counted += 1;
    }
    assert!(counted >= 5, "{counted}");
}

#[test]
fn bundles() {
    let Some(samples) = dumped("p7b") else { return };
    let mut counted = 0;
    for (name, dump, truth) in samples {
        let Some(certificates) = truth["certificates"].as_u64() else { continue };
        assert_eq!(items(&dump, "certificate").len() as u64, certificates, "{name}");
        counted += 1;
    }
    assert!(counted >= 3, "{counted}");
}

#[test]
fn catalogues() {
    let Some(samples) = dumped("cat") else { return };
    assert_eq!(samples.len(), 2);
    for (name, dump, truth) in samples {
        let list = items(&dump, "certificate trust list");
        assert_eq!(list.len(), 1, "{name}");
        let entries = truth["entries"].as_u64().unwrap();
        assert_eq!(values(&list[0]["fields"], "CTL Entries"), [entries.to_string()], "{name}");
        let subjects = values(&list[0]["fields"], "Subject Identifier").len();
        assert_eq!(subjects as u64, entries, "{name}");
    }
}

#[test]
fn registry_hives() {
    let Some(samples) = dumped("hive") else { return };
    assert_eq!(samples.len(), 7);
    for (name, dump, truth) in samples {
        let expected = truth["certificates"].as_array().unwrap();
        let found = items(&dump, "certificate");
        assert_eq!(found.len(), expected.len(), "{name}");
        for certificate in expected {
            let path = certificate["path"].as_str().unwrap().trim_start_matches('\\');
            let item = found
                .iter()
                .find(|item| item["origin"].as_str().unwrap().ends_with(path))
                .unwrap_or_else(|| panic!("{name}: {path}"));
            let key = certificate["key"].as_str().unwrap();
            assert_eq!(item["sha1"].as_str().unwrap().to_ascii_uppercase(), key, "{name}");
            let store = item["store"].as_str().unwrap().to_lowercase();
            let known = certificate["store"].as_str().unwrap().to_lowercase();
            assert!(store.ends_with(&known), "{name}: {store} {known}");
            let stored: Vec<_> = item["properties"].as_array().unwrap().iter().collect();
            let listed = certificate["properties"].as_array().unwrap();
            assert_eq!(stored.len() + 1, listed.len(), "{name}: {path}");
            for (property, known) in stored.iter().zip(listed) {
                assert_eq!(property["id"], known["id"], "{name}: {path}");
                let length = property["raw"].as_str().unwrap().len() / 2;
                assert_eq!(length as u64, known["len"].as_u64().unwrap(), "{name}: {path}");
            }
        }
    }
}

#[test]
fn registry_exports() {
    let Some(samples) = dumped("reg") else { return };
    for (name, dump, truth) in samples {
        let found = items(&dump, "certificate");
        assert_eq!(found.len(), 1, "{name}");
        let sha1 = found[0]["sha1"].as_str().unwrap().to_ascii_uppercase();
        assert_eq!(sha1, truth["cert_sha1"].as_str().unwrap(), "{name}");
        assert_eq!(found[0]["store"], "LOCAL_MACHINE\\ROOT", "{name}");
    }
}

/// Records of CAPI2 by number, in all channels.
fn counts(dump: &Value) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for channel in dump["counts"].as_object().unwrap().values() {
        for (id, count) in channel.as_object().unwrap() {
            *counts.entry(id.clone()).or_insert(0) += count.as_u64().unwrap();
        }
    }
    counts
}

#[test]
fn event_logs() {
    for folder in ["evtx", "event-xml"] {
        let Some(samples) = dumped(folder) else { return };
        for (name, dump, truth) in samples {
            let found = counts(&dump);
            let records = dump["records"].as_array().unwrap();
            assert_eq!(records.len() as u64, found.values().sum::<u64>(), "{name}");
            if let Some(total) = truth["records_in_file"].as_u64().filter(|_| folder == "evtx") {
                assert_eq!(dump["total"], total, "{name}");
            }
            if truth["capi2_by_id"].is_object() {
                let found = serde_json::to_value(&found).unwrap();
                assert_eq!(found, truth["capi2_by_id"], "{name}");
            }
            if let Some(id) = truth["id"].as_u64() {
                assert_eq!(found.get(&id.to_string()), Some(&1), "{name}");
            }
            if let Some(ids) = truth["ids_in_order"].as_array() {
                let found: Vec<_> = records.iter().map(|r| r["event_id"].to_string()).collect();
                let ids: Vec<_> = ids.iter().filter_map(Value::as_str).collect();
                assert_eq!(found, ids, "{name}");
            }
        }
    }
}

#[test]
fn pkcs_12_stores() {
    let passwords = ["12345", "test", "testcertificate"];
    let options: Vec<_> = passwords.iter().flat_map(|password| ["--password", password]).collect();
    let Some(samples) = dumped_with("pfx", &options) else { return };
    assert_eq!(samples.len(), 4);
    for (name, dump, truth) in samples {
        let found = items(&dump, "certificate").len() as u64;
        assert_eq!(found, truth["certificates"].as_u64().unwrap(), "{name}");
    }
}

#[test]
fn text_of_every_sample_fits() {
    let Some(folder) = shared("samples") else { return };
    let output = run(&["dump", &folder]);
    assert_fits(&output);
    let text = stdout(&output);
    for part in
        ["Event 70: CryptAcquireCertificatePrivateKey", "CURRENT_USER\\CA:", "CTL Entries: 1"]
    {
        assert!(text.contains(part), "{part}");
    }
}
