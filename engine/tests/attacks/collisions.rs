//! Hashes that collide: what is found by MD5 or SHA-1 must still be what was looked for
//! (CVE-2022-34689), and signatures over MD5 are weak.

use std::path::{Path, PathBuf};

use chaincheck_engine::base::digest::md5;
use chaincheck_engine::base::oid::SERVER_AUTH;
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::trust_list::TrustList;
use chaincheck_engine::store::{Store, StoreBuilder, SystemStores};
use chaincheck_testdata::der;
use chaincheck_testdata::hostile::Parts;
use chaincheck_testdata::list::{Entry, List};

use crate::support::{ask, authority, end, engine, errors, key, question, root, store, wants};

const EXPLICIT_DISTRUST: u32 = 0x400_0000;

/// Two messages with one MD5 (Wang, Feng, Lai and Yu, 2004).
const FIRST: &str = "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f89\
    55ad340609f4b30283e488832571415a085125e8f7cdc99fd91dbdf280373c5b\
    d8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0\
    e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70";
const SECOND: &str = "d131dd02c5e6eec4693d9a0698aff95c2fcab50712467eab4004583eb8fb7f89\
    55ad340609f4b30283e4888325f1415a085125e8f7cdc99fd91dbd7280373c5b\
    d8823e3156348f5bae6dacd436c919c6dd53e23487da03fd02396306d248cda0\
    e99f33420f577ee8ce54b67080280d1ec69821bcb6a8839396f965ab6ff72a70";

fn octets(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// A certificate whose key's octets are these.
fn with_key(octets: &[u8]) -> Certificate {
    let mut parts = Parts::new("leaf", "I", &key("leaf"), &key("I"));
    let algorithm = der::sequence(&[der::oid("1.3.6.1.4.1.99999.7")]);
    parts.spki = der::sequence(&[algorithm, der::bit_string(octets)]);
    Certificate::from_der(&parts.sign(&key("I"))).unwrap()
}

fn pair() -> [Certificate; 2] {
    let pair = [FIRST, SECOND].map(|text| with_key(&octets(text)));
    assert_ne!(pair[0].public_key_octets(), pair[1].public_key_octets());
    assert_eq!(pair[0].public_key_md5(), pair[1].public_key_md5());
    assert_eq!(md5(&octets(FIRST)), octets("79054025255fb1a26e4bc422aef54eb4")[..]);
    pair
}

#[test]
fn a_list_that_names_the_md5_of_a_key_distrusts_every_key_that_has_it() {
    let [listed, other] = pair();
    let list = List {
        usage: "1.3.6.1.4.1.311.10.3.30",
        identifier: Some("DisallowedCert_AutoUpdate_1"),
        sequence_number: vec![1],
        this_update: "20260101000000",
        next_update: None,
        subject_algorithm: "1.3.6.1.4.1.311.10.11.15",
        entries: vec![Entry {
            identifier: listed.public_key_md5().to_vec(),
            properties: Vec::new(),
        }],
    };
    let mut disallowed = StoreBuilder::new();
    disallowed.trust_list(TrustList::from_der(&list.to_der()).unwrap());
    let top = root("R").make();
    let stores = SystemStores {
        root: store(&[&top]),
        disallowed: disallowed.build(),
        ..SystemStores::default()
    };
    let engine = engine(stores);
    let middle = authority("I", "R").make();
    for end in [&listed, &other] {
        let found = ask(&engine, &question(end, &[&middle]));
        assert_eq!(errors(&found), [EXPLICIT_DISTRUST, 0, 0], "{found}");
    }
    let found = ask(&engine, &question(&end("leaf", "I").make(), &[&middle]));
    assert_eq!(errors(&found), [0, 0, 0]);
}

#[test]
fn a_store_that_holds_one_of_two_does_not_hold_the_other() {
    let [first, second] = pair();
    let holds_first = Store::of([first.clone()]);
    assert!(holds_first.find(&first).is_some());
    assert!(holds_first.find(&second).is_none());
    assert!(holds_first.find_by_name_and_key(&second).is_none());
    assert_eq!(Store::of([first.clone(), second.clone()]).certificates().len(), 2);

    // distrust of the first by itself is not distrust of the second
    let top = root("R").make();
    let stores =
        SystemStores { root: store(&[&top]), disallowed: holds_first, ..SystemStores::default() };
    let (engine, middle) = (engine(stores), authority("I", "R").make());
    let distrusted = ask(&engine, &question(&first, &[&middle]));
    assert_eq!(errors(&distrusted), [EXPLICIT_DISTRUST, 0, 0], "{distrusted}");
    assert_eq!(errors(&ask(&engine, &question(&second, &[&middle]))), [0, 0, 0]);
}

#[test]
fn md5_signatures_are_weak_under_a_third_partys_root() {
    let (top, middle) = (root("R").make(), authority("I", "R").make());
    let judge = |end: &Certificate, third_party: bool| {
        let roots = store(&[&top]);
        let stores = match third_party {
            true => SystemStores { auth_root: roots, ..SystemStores::default() },
            false => SystemStores { root: roots, ..SystemStores::default() },
        };
        let mut request = question(end, &[&middle]);
        request.usage = wants(&[SERVER_AUTH]);
        errors(&ask(&engine(stores), &request))
    };
    // what the collision of 2008 (a rogue CA under a commercial root) needed
    let mut parts = Parts::new("leaf", "I", &key("leaf"), &key("I"));
    parts.algorithm = der::sequence(&[der::oid("1.2.840.113549.1.1.4"), der::null()]);
    let by_md5 = Certificate::from_der(&parts.with_signature(&[1; 256])).unwrap();
    assert_eq!(judge(&by_md5, true), [0x10_0008, 0, 0]);
    assert_eq!(judge(&by_md5, false), [0x8, 0, 0]);
    assert_eq!(judge(&end("leaf", "I").make(), true), [0, 0, 0]);
}

/// The lookup of CVE-2022-34689 took a certificate from a cache by its MD5 alone. No map here has a
/// short hash for a key: what is looked up is compared, or found by a hash without collisions.
#[test]
fn nothing_is_kept_by_a_hash_that_collides() {
    let mut seen = 0;
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        // a root list names its roots by SHA-1 (reference, ctl 3); their SHA-256 is compared, too
        if path.to_string_lossy().contains("root_program") {
            continue;
        }
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let keyed = line.contains("Map<[u8; 20]") || line.contains("Map<[u8; 16]");
            assert!(!keyed, "{}: {line}", path.display());
            seen += usize::from(line.contains("HashMap<"));
        }
    }
    assert!(seen > 5, "the maps were not found");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else {
            found.push(path);
        }
    }
    found
}
