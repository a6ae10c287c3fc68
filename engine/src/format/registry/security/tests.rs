use chaincheck_testdata::hive::{default_descriptor, descriptor};

use super::*;

fn sid(text: &str) -> Sid {
    text.parse().unwrap()
}

const EVERYONE: &str = "S-1-1-0";
const LOCAL_SERVICE: &str = "S-1-5-19";

#[test]
fn identifiers_and_their_names() {
    let cases = [
        ("S-1-5-18", Some("SYSTEM")),
        ("S-1-5-21-1-2-3-512", Some("Domain Admins")),
        ("S-1-5-21-1-2-3-1001", None),
        ("S-1-15-2-1", Some("All Application Packages")),
        ("S-1-5-80-1-2-3-4-5", Some("a service")),
        ("S-1-0x123456789abc-4294967295", None),
    ];
    for (text, name) in cases {
        let sid = sid(text);
        assert_eq!((sid.to_string().as_str(), sid.well_known()), (text, name));
    }
    let octets = chaincheck_testdata::hive::sid("S-1-5-32-544");
    assert_eq!(Sid::from_octets(&octets), Some(sid("S-1-5-32-544")));
    assert_eq!(Sid::from_octets(&octets[..octets.len() - 1]), None);
    assert!(sid("S-1-5-21-1-2-3-1001").is_account() && !sid("S-1-5-32-544").is_account());
    assert!(sid("S-1-12-1-1-2-3-4").is_account());
    for wrong in ["", "S-1-", "S-2-5", "S-1-5-x", "S-1-5-4294967296", "S-1-0x1000000000000"] {
        assert!(wrong.parse::<Sid>().is_err(), "{wrong}");
    }
}

#[test]
fn the_first_entry_that_speaks_of_a_right_decides() {
    let octets = descriptor(
        "S-1-5-18",
        &[
            (1, 0, KEY_QUERY_VALUE, LOCAL_SERVICE),
            (0, 0, KEY_READ, EVERYONE),
            (1, 0, KEY_READ, EVERYONE),
            (0, 8, KEY_ALL_ACCESS, LOCAL_SERVICE),
            (0, 0, 0x8000_0000, "S-1-5-20"),
            (0, 0, 0x1000_0000, "S-1-5-18"),
        ],
    );
    let descriptor = SecurityDescriptor::from_octets(&octets, 0).unwrap();
    assert_eq!(descriptor.owner, Some(sid("S-1-5-18")));
    assert_eq!(descriptor.dacl.as_ref().map(Vec::len), Some(6));
    assert!(descriptor.grants_read(&sid(EVERYONE)) && !descriptor.denies_read(&sid(EVERYONE)));
    let service = sid(LOCAL_SERVICE);
    assert!(descriptor.denies_read(&service) && !descriptor.grants_read(&service));
    // denied the query, granted the rest by the group
    let token = [service.clone(), sid(EVERYONE)];
    assert_eq!(descriptor.rights(&token), KEY_READ & !KEY_QUERY_VALUE);
    assert!(!descriptor.allows_reading(&token));
    assert!(descriptor.grants_read(&sid("S-1-5-20")), "GENERIC_READ");
    assert_eq!(descriptor.rights(&[sid("S-1-5-18")]) & KEY_ALL_ACCESS, KEY_ALL_ACCESS);
    let stranger = sid("S-1-5-7");
    assert!(!descriptor.grants_read(&stranger) && !descriptor.denies_read(&stranger));
}

#[test]
fn no_list_is_everything_and_an_empty_one_nothing() {
    let everyone = sid(EVERYONE);
    let mut octets = descriptor("S-1-5-18", &[]);
    let empty = SecurityDescriptor::from_octets(&octets, 0).unwrap();
    assert_eq!(empty.rights(std::slice::from_ref(&everyone)), 0);
    octets[2] = 0;
    let none = SecurityDescriptor::from_octets(&octets, 0).unwrap();
    assert!(none.grants_read(&everyone) && !none.denies_read(&everyone));
}

#[test]
fn object_entries_have_their_identifier_behind_the_guids() {
    let mut ace = vec![5u8, 0, 0, 0];
    ace.extend(KEY_READ.to_le_bytes());
    ace.extend(1u32.to_le_bytes());
    ace.extend([7; 16]);
    ace.extend(chaincheck_testdata::hive::sid(EVERYONE));
    ace[2] = ace.len() as u8;
    let mut octets = descriptor("S-1-5-18", &[]);
    let list = octets.len() - 8;
    octets[list + 2] = 8 + ace[2];
    octets[list + 4] = 1;
    octets.extend(ace);
    let read = SecurityDescriptor::from_octets(&octets, 0).unwrap();
    assert!(read.grants_read(&sid(EVERYONE)));
}

#[test]
fn damage_is_an_error_or_read() {
    let good = default_descriptor();
    let whole = SecurityDescriptor::from_octets(&good, 100).unwrap();
    assert!(whole.allows_reading(&[sid("S-1-5-32-545")]) && !whole.is_protected);
    for length in 0..good.len() {
        let error = SecurityDescriptor::from_octets(&good[..length], 100).unwrap_err();
        assert!((100..=100 + good.len()).contains(&error.offset));
    }
    for at in 0..good.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut damaged = good.clone();
            damaged[at] = value;
            let _ = SecurityDescriptor::from_octets(&damaged, 0);
        }
    }
}
