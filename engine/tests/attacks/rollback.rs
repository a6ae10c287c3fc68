//! An old list that is served again, signature and all.

use chaincheck_engine::base::time::Time;
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::trust_list::TrustList;
use chaincheck_engine::retrieval::{CacheEntry, Recorded};
use chaincheck_engine::root_update::list::{ListSettings, examine};
use chaincheck_engine::root_update::{LIST_FILE, ROOT_DIR_URL, RootUpdate, is_newer};
use chaincheck_engine::store::Store;
use chaincheck_testdata::fixtures;
use chaincheck_testdata::list::List;

fn fixture(path: &str) -> Vec<u8> {
    fixtures::all().into_iter().find(|fixture| fixture.path == path).unwrap().octets
}

fn settings() -> ListSettings {
    let root = Certificate::from_der(&fixture("list/root.cer")).unwrap();
    let mut settings = ListSettings::new(Time::from_civil(2026, 6, 2, 0, 0, 0).unwrap());
    settings.stores.root = Store::of([root.clone()]);
    settings.list_roots = Some(Store::of([root]));
    settings
}

/// What a machine with this list in force does with that cabinet.
fn update(in_force: Option<TrustList>, cabinet: &str) -> String {
    let entry = CacheEntry {
        url: format!("{ROOT_DIR_URL}{LIST_FILE}"),
        octets: fixture(cabinet).into(),
        last_sync: None,
    };
    let network = Recorded::new([], [entry]);
    let mut update = RootUpdate::new(settings(), &network);
    update.encoded_ctl = in_force;
    update.run().steps.join("\n")
}

fn list(path: &str) -> TrustList {
    examine(&fixture(path), &settings()).list.unwrap()
}

#[test]
fn an_older_list_does_not_replace_a_newer_one() {
    let (old, new) = ("list/authrootstl.cab", "list/newer.cab");
    assert!(update(None, old).contains("in force from now on"));
    assert!(update(Some(list(old)), new).contains("in force from now on"));
    for (in_force, served) in [(new, old), (old, old), (new, new)] {
        let steps = update(Some(list(in_force)), served);
        assert!(steps.contains("not newer than the list in force"), "{steps}");
        assert!(!steps.contains("in force from now on"), "{steps}");
    }
}

/// The sequence number decides, as a number: neither its length nor zeros before it, nor the date.
#[test]
fn sequence_numbers_compare_as_numbers() {
    let make = |sequence_number: &[u8], this_update: &str| {
        let list = List {
            usage: "1.3.6.1.4.1.311.10.3.9",
            identifier: None,
            sequence_number: sequence_number.to_vec(),
            this_update,
            next_update: None,
            subject_algorithm: "1.3.14.3.2.26",
            entries: Vec::new(),
        };
        TrustList::from_der(&list.to_der()).unwrap()
    };
    let early = "20260101000000";
    for (higher, lower) in [(&[2][..], &[1][..]), (&[1, 0], &[0xff]), (&[0x80], &[0x7f])] {
        for date in [early, "20200101000000"] {
            assert!(is_newer(&make(higher, date), &make(lower, early)), "{higher:x?} {lower:x?}");
            assert!(!is_newer(&make(lower, "20270101000000"), &make(higher, date)));
        }
    }
    assert!(!is_newer(&make(&[5], early), &make(&[0, 0, 5], early)));
    assert!(is_newer(&make(&[5], "20260102000000"), &make(&[5], early)));
}

#[test]
fn the_disallowed_list_does_not_become_the_root_list() {
    // the same signer has signed it, and whoever answers for the root list's address may serve it
    let steps = update(None, "list/disallowedcertstl.cab");
    assert!(!steps.contains("in force from now on"), "{steps}");
    assert!(steps.contains("usage: a list for another purpose"), "{steps}");
}
