//! Every bit of CERT_TRUST_STATUS: set by some rule, or declared never to be.

use std::fs;
use std::path::Path;

use chaincheck_engine::base::oid::{CODE_SIGNING, SERVER_AUTH};
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::engine::{
    ChainEngine, ChainFlags, EngineKind, EngineOptions, Profile,
};
use chaincheck_engine::chain::status::{TrustError, TrustInfo};
use chaincheck_engine::chain::verify::weak::rules::WeakValue;
use chaincheck_engine::object::property::DISALLOWED_CA_FILETIME;
use chaincheck_engine::store::SystemStores;
use chaincheck_testdata::certificate::{dns_names, permitted_dns};

use crate::support::{ask, authority, end, errors, infos, key, question, root, rsa_spki, store};
use crate::support::{store_of, time, wants, with_properties};

fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.file_name().is_some_and(|name| name != "rank.rs" && name != "tests.rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

/// A bit that no rule's code names, and that is not declared so, is one that was forgotten.
#[test]
fn every_bit_is_set_somewhere_or_declared_never_to_be() {
    let mut text = String::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&source.join("chain"), &mut text);
    text.push_str(&fs::read_to_string(source.join("revocation.rs")).unwrap());
    for (table, kind, never) in [
        (TrustError::TABLE, "TrustError", TrustError::NEVER_SET.0),
        (TrustInfo::TABLE, "TrustInfo", TrustInfo::NEVER_SET.0),
    ] {
        for bit in table {
            // alias E in some files
            let named = text.contains(&format!("{kind}::{}", bit.name));
            assert_eq!(named, never & bit.value == 0, "{}", bit.name);
        }
    }
}

fn with_options(stores: SystemStores, change: impl FnOnce(&mut EngineOptions)) -> ChainEngine {
    let mut options = EngineOptions::default();
    change(&mut options);
    ChainEngine::new(stores, EngineKind::System, options)
}

#[test]
fn key_rollover_where_it_is_switched_on() {
    let top = root("R").make();
    let middle = authority("I", "R").make();
    let renewed = authority("I", "R").serial(2).key(key("renewed I").spki()).make();
    let leaf = end("leaf", "I").make();
    for (on, expected) in [(false, 0), (true, 0x80)] {
        let stores = SystemStores { root: store(&[&top]), ..SystemStores::default() };
        let engine = with_options(stores, |options| options.mark_key_rollover = on);
        let found = ask(&engine, &question(&leaf, &[&middle, &renewed]));
        let rollover: Vec<u32> = infos(&found).iter().map(|info| info & 0x80).collect();
        assert_eq!(rollover, [0, expected, 0]);
        assert_eq!(errors(&found), [0, 0, 0]);
    }
}

#[test]
fn a_ca_with_a_date_of_distrust() {
    let top = root("R").make();
    let middle = authority("I", "R").make();
    let leaf = end("leaf", "I").make();
    let date = time("2026-06-01T00:00:00Z");
    let property = [(DISALLOWED_CA_FILETIME, date.filetime().to_le_bytes().to_vec())];
    let stores = || SystemStores {
        root: store(&[&top]),
        ca: store_of([with_properties(&middle, &property)]),
        ..SystemStores::default()
    };
    let before = 0x0020_0000;
    let mut request = question(&leaf, &[]);
    for (now, flag, distrusts, info, error) in [
        ("2026-05-31T23:59:59Z", true, false, before, 0),
        ("2026-05-31T23:59:59Z", false, false, 0, 0),
        ("2026-06-01T00:00:00Z", true, false, 0, 0),
        ("2026-06-01T00:00:00Z", false, true, 0, 0x0400_0000),
        ("2026-05-31T23:59:59Z", false, true, 0, 0),
    ] {
        request.time = Some(time(now));
        request.flags = if flag { ChainFlags::ENABLE_DISALLOWED_CA } else { ChainFlags(0) };
        let engine =
            with_options(stores(), |options| options.disallowed_ca_time_distrusts = distrusts);
        let found = ask(&engine, &request);
        assert_eq!(infos(&found)[1] & before, info, "{now} {flag}");
        assert_eq!(found.status.info.0 & before, info);
        assert_eq!(errors(&found), [0, error, 0]);
    }
}

/// XP marks names for whose form no constraint is defined.
#[test]
fn names_without_a_constraint_of_their_form() {
    let top = root("R").make();
    let middle = authority("I", "R").with(permitted_dns("example.com")).make();
    let leaf = end("leaf", "I").with(dns_names(&["www.example.com"])).make();
    for (profile, expected) in [(Profile::WindowsXp, 0x2000), (Profile::WindowsVista, 0)] {
        let stores = SystemStores { root: store(&[&top]), ..SystemStores::default() };
        let engine = with_options(stores, |options| options.profile = profile);
        let found = ask(&engine, &question(&leaf, &[&middle]));
        // the subject is a name of a form, too
        assert_eq!(errors(&found), [0, expected, 0]);
    }
}

#[test]
fn short_rsa_keys_where_the_registry_asks() {
    let top = root("R").make();
    let middle = authority("I", "R").make();
    for (bits, expected) in [(2047, 0x00c0_0000), (2048, 0)] {
        let leaf = end("leaf", "I").key(rsa_spki(bits)).make();
        let stores = SystemStores { root: store(&[&top]), ..SystemStores::default() };
        let engine = with_options(stores.clone(), |options| {
            options.weak.min_weak_rsa_bits = Some(2047);
            options.weak.min_telemetry_rsa_bits = Some(2047);
        });
        let found = ask(&engine, &question(&leaf, &[&middle]));
        assert_eq!(errors(&found), [expected, 0, 0]);
        assert_eq!(found.unproven.len(), usize::from(expected != 0));
        let default = with_options(stores, |_| {});
        assert_eq!(errors(&ask(&default, &question(&leaf, &[&middle]))), [0, 0, 0]);
    }
}

const WEAK: u32 = 0x0010_0008;

#[test]
fn rules_of_the_registry_about_keys() {
    let top = root("R").make();
    let middle = authority("I", "R").make();
    let leaf = end("leaf", "I").make();
    let number = WeakValue::Number;
    for (values, usage, expected, info) in [
        // P-256 has 256 bits
        (
            vec![("Flags", false, 0x8001_0000u64), ("MinBitLength", false, 256)],
            vec![],
            [0, 0, 0],
            0,
        ),
        (
            vec![("Flags", false, 0x8001_0000), ("MinBitLength", false, 257)],
            vec![],
            [WEAK, WEAK, WEAK],
            0,
        ),
        (
            vec![("Flags", true, 0x8040_0000), ("MinBitLength", true, 257)],
            vec![CODE_SIGNING],
            [WEAK, WEAK, WEAK],
            TrustInfo::HAS_AUTO_UPDATE_WEAK_SIGNATURE.0,
        ),
        (
            vec![("Flags", true, 0x8040_0000), ("MinBitLength", true, 257)],
            vec![SERVER_AUTH],
            [0, 0, 0],
            0,
        ),
    ] {
        let stores = SystemStores { root: store(&[&top]), ..SystemStores::default() };
        let engine = with_options(stores, |options| {
            for (kind, shipped, value) in &values {
                let name = format!("WeakEcdsaAll{kind}");
                assert!(options.weak.rules.set(&name, *shipped, number(*value)));
            }
        });
        let mut request = question(&leaf, &[&middle]);
        request.usage = wants(&usage);
        let found = ask(&engine, &request);
        assert_eq!(errors(&found), expected);
        assert_eq!(infos(&found)[0] & TrustInfo::HAS_AUTO_UPDATE_WEAK_SIGNATURE.0, info);
    }
}

#[test]
fn a_weak_certificate_that_is_on_the_allow_list() {
    let top = root("R").make();
    let middle = authority("I", "R").make();
    let leaf = end("leaf", "I").make();
    let stores = SystemStores { root: store(&[&top]), ..SystemStores::default() };
    let allowed: Vec<String> =
        vec![leaf.sha256().iter().map(|octet| format!("{octet:02x}")).collect()];
    let engine = with_options(stores, |options| {
        let rules = &mut options.weak.rules;
        assert!(rules.set("WeakEcdsaAllFlags", false, WeakValue::Number(0x8001_0000)));
        assert!(rules.set("WeakEcdsaAllMinBitLength", false, WeakValue::Number(257)));
        assert!(rules.set("WeakEcdsaAllSha256Allow", false, WeakValue::Texts(&allowed)));
    });
    let found = ask(&engine, &question(&leaf, &[&middle]));
    assert_eq!(errors(&found), [0, WEAK, WEAK]);
    assert_eq!(infos(&found)[0] & 0x2_0000, 0x2_0000);
}

/// What a time stamp from before AfterTime does, and that nothing but one does it.
#[test]
fn after_time_and_time_stamps() {
    let top = root("R").make();
    let middle = authority("I", "R").make();
    let leaf = end("leaf", "I").make();
    let stores = SystemStores { root: store(&[&top]), ..SystemStores::default() };
    let after: Time = time("2025-01-01T00:00:00Z");
    let engine = with_options(stores, |options| {
        let rules = &mut options.weak.rules;
        assert!(rules.set("WeakEcdsaAllFlags", false, WeakValue::Number(0x8001_0000)));
        assert!(rules.set("WeakEcdsaAllMinBitLength", false, WeakValue::Number(257)));
        assert!(rules.set("WeakEcdsaAllAfterTime", false, WeakValue::Time(after)));
    });
    let mut request = question(&leaf, &[&middle]);
    request.time = Some(time("2024-12-31T00:00:00Z"));
    assert_eq!(errors(&ask(&engine, &request)), [WEAK, WEAK, WEAK]);
    request.flags = ChainFlags::TIMESTAMP_TIME;
    assert_eq!(errors(&ask(&engine, &request)), [0, 0, 0]);
}
