//! Tests of the root program's list, its table and its rules.

use super::verdict::{RootQuestion, RootVerdict, verdict};
use super::*;
use crate::base::oid::{CLIENT_AUTH, EMAIL_PROTECTION, SERVER_AUTH};
use crate::store::embedded as microsoft;
use crate::test_support::{der, shared};

fn program() -> &'static RootProgram {
    embedded::root_program().unwrap()
}

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

#[test]
fn the_embedded_tables_are_whole() {
    let facts = program().facts().unwrap();
    assert_eq!(program().entries().len(), 555);
    assert_eq!(facts.this_update, time("2026-10-23T23:18:35Z"));
    assert_eq!(hex(&facts.sequence_number), "1401dd6344d40f0a15");
    for entry in program().entries() {
        assert_eq!(entry.sha256().map(<[u8]>::len), Some(32), "{}", entry.name());
        assert!(entry.key_identifier().is_some() && entry.subject_name_md5().is_some());
        assert!(entry.properties.friendly_name().is_some_and(|name| !name.is_empty()));
    }
    let disallowed = embedded::disallowed_list().unwrap();
    assert_eq!(disallowed.len(), 73);
    assert_eq!(disallowed.facts().this_update, time("2020-12-10T21:56:46Z"));
    assert_eq!(table::of_program(program()), embedded::AUTH_ROOT_TABLE);
    assert_eq!(table::of_disallowed(disallowed), embedded::DISALLOWED_TABLE);
}

#[test]
fn certificates_at_hand_are_what_the_list_says_of_them() {
    let mut at_hand = 0;
    for entry in program().entries() {
        let Some(context) = program().certificate(entry) else { continue };
        let certificate = context.certificate();
        at_hand += 1;
        assert_eq!(Some(certificate.sha256().as_slice()), entry.sha256());
        assert_eq!(Some(certificate.key_identifier()), entry.key_identifier(), "{}", entry.name());
        assert_eq!(Some(certificate.subject_name_md5().as_slice()), entry.subject_name_md5());
        assert_eq!(context.properties(), &entry.properties);
        assert_eq!(program().find(certificate), Some(entry));
        assert_eq!(program().by_sha256(&certificate.sha256()), Some(entry));
        // a root leads to itself by its hash, its key identifier and its name
        assert!(program().candidates(certificate).contains(&entry), "{}", entry.name());
        assert!(program().by_key_identifier(certificate.key_identifier()).any(|e| e == entry));
    }
    assert_eq!(at_hand, program().at_hand());
    assert!(at_hand > 100, "only {at_hand} certificates are at hand");
}

#[test]
fn a_certificate_that_is_not_the_listed_one_is_not_used() {
    let entry = program().entries().iter().find(|e| program().certificate(e).is_none()).unwrap();
    let other = microsoft::microsoft_roots().certificates()[0].certificate();
    assert!(!entry.is_hash_of(other.der()) && store_copy(entry, other.der()).is_none());
    // an entry whose SHA-1 fits and whose SHA-256 does not is another certificate
    let mut properties = Properties::new();
    properties.set(property::AUTH_ROOT_SHA256_HASH, vec![0; 32]);
    let forged = RootEntry { sha1: other.sha1(), properties };
    assert!(store_copy(&forged, other.der()).is_none());
    let facts = program().facts().unwrap().clone();
    let list = RootProgram::new(facts, vec![forged.clone()]).unwrap();
    assert!(list.find(other).is_none() && list.certificate(&forged).is_none());
    assert_eq!(list.at_hand(), 0);
}

#[test]
fn given_certificates_are_used_if_they_are_listed() {
    let entry = program().entries().iter().find(|e| program().certificate(e).is_none()).unwrap();
    let junk: Arc<[u8]> = Arc::from(*b"no root of the program");
    let same = program().with_certificates([junk]);
    assert_eq!(same.at_hand(), program().at_hand());
    assert!(same.certificate(entry).is_none());
    let root = microsoft::microsoft_roots().certificates()[0].certificate();
    let facts = program().facts().unwrap().clone();
    let listed = RootEntry { sha1: root.sha1(), properties: Properties::new() };
    let list = RootProgram::new(facts, vec![listed.clone()]).unwrap();
    let list = list.with_certificates([Arc::from(root.der())]);
    assert_eq!(list.certificate(&listed).unwrap().certificate(), root);
}

#[test]
fn two_entries_for_one_root_are_refused() {
    let facts = program().facts().unwrap().clone();
    let entry = program().entries()[0].clone();
    let error = RootProgram::new(facts, vec![entry.clone(), entry.clone()]).unwrap_err();
    assert_eq!(error, RootProgramError::DuplicateIdentifier(entry.sha1.to_vec()));
}

#[test]
fn lists_follow_one_another_by_number_then_by_date() {
    let facts = |number: &[u8], date: &str| ListFacts {
        sequence_number: number.to_vec(),
        this_update: time(date),
        sha256: [0; 32],
        signed_until: None,
    };
    let old = facts(&[0x14, 1, 2], "2020-01-01");
    assert!(facts(&[0x14, 1, 3], "2019-01-01").is_newer_than(&old));
    assert!(!facts(&[0x13, 1, 3], "2021-01-01").is_newer_than(&old));
    assert!(facts(&[1, 0, 0, 0], "2019-01-01").is_newer_than(&old));
    assert!(facts(&[0, 0x14, 1, 2], "2020-01-02").is_newer_than(&old));
    assert!(!old.is_newer_than(&old));
    // without a number the date decides
    assert!(facts(&[], "2020-01-02").is_newer_than(&old));
    assert!(!facts(&[], "2019-12-31").is_newer_than(&old));
}

#[test]
fn what_is_no_table_is_refused_with_its_line() {
    let line = |text: &str| table::read_program(text).map(|_| ()).map_err(|error| error.line);
    let head = format!(
        "{}\nlist\tauthroot\nsequence\t01\nthis-update\t2026-01-01T00:00:00Z\nsha-256\t{}\n",
        table::MAGIC,
        "00".repeat(32)
    );
    assert_eq!(line(&head), Ok(()));
    assert_eq!(line(""), Err(1));
    assert_eq!(line(&head.replace("authroot", "disallowed")), Err(2));
    assert_eq!(line(&head.replace("sequence\t01\n", "")), Err(2));
    assert_eq!(line(&head.replace("2026-01-01", "2026-13-01")), Err(4));
    let root = "cdd4eeae6000ac7f40c3802c171e30148030c072";
    for wrong in ["root\tcdd4", "other\tx", "root", "usages\t1", "usages\t1\tx", "root\tzz"] {
        assert_eq!(line(&format!("{head}{wrong}\n")), Err(6), "{wrong}");
    }
    for wrong in ["x00", "9", "9@1", "104tx", "98x0", "98xzz", "98?00", "99999999999x00"] {
        assert_eq!(line(&format!("{head}root\t{root}\t{wrong}\n")), Err(6), "{wrong}");
    }
    assert_eq!(line(&format!("{head}root\t{root}\nroot\t{root}\n")), Err(7));
}

#[test]
fn a_table_keeps_every_octet_of_a_property() {
    let values: [(u32, &[u8]); 10] = [
        (104, &[]),
        (104, &[1, 2, 3, 4, 5, 6, 7, 8]),
        (104, &[1, 2, 3]),
        (11, b"a\0\0\0"),
        (11, b"a\0"),
        (11, b"a\0\t\0\0\0"),
        (11, &[0, 0xd8, 0, 0]),
        (9, &[0x30, 3, 6, 1, 0x2a]),
        (9, &[0x30, 0x81, 3, 6, 1, 0x2a]),
        (40_000, b"\x00\xff"),
    ];
    for (id, octets) in values {
        let mut properties = Properties::new();
        properties.set(id, octets.to_vec());
        let facts = program().facts().unwrap().clone();
        let entry = RootEntry { sha1: [7; 20], properties };
        let one = RootProgram::new(facts, vec![entry.clone()]).unwrap();
        let read = table::read_program(&table::of_program(&one)).unwrap();
        assert_eq!(read.entries(), [entry], "{id}: {octets:02x?}");
        assert_eq!(read.facts(), one.facts());
    }
}

#[test]
fn the_table_is_that_of_the_signed_list() {
    let lists = [
        ("data/authroot/2026-10-23/authroot.stl", embedded::AUTH_ROOT_TABLE),
        ("data/disallowed/2020-12-10/disallowedcert.stl", embedded::DISALLOWED_TABLE),
    ];
    for (path, expected) in lists {
        let Some(path) = shared(path) else { continue };
        let octets = std::fs::read(path).unwrap();
        let message = crate::object::message::SignedData::from_der(&octets).unwrap();
        let list = TrustList::from_der(&message.content().unwrap()).unwrap();
        let certificates = message.certificates();
        let signer = message.signers[0].find_certificate(&certificates);
        let facts = ListFacts::of(&list, &octets, signer);
        let made = match RootProgram::from_list(&list, facts.clone()) {
            Ok(program) => table::of_program(&program),
            Err(RootProgramError::WrongUsage { .. }) => {
                table::of_disallowed(&DisallowedList::from_list(&list, facts).unwrap())
            }
            Err(error) => panic!("{error}"),
        };
        assert!(made == expected, "the table is not that of the list");
    }
}

fn properties(values: &[(u32, Vec<u8>)]) -> Properties {
    let mut properties = Properties::new();
    for (id, octets) in values {
        properties.set(*id, octets.clone());
    }
    properties
}

fn usages(oids: &[Oid]) -> Vec<u8> {
    der(0x30, &oids.iter().flat_map(|oid| der(6, oid.as_octets())).collect::<Vec<u8>>())
}

fn date(text: &str) -> Vec<u8> {
    time(text).filetime().to_le_bytes().to_vec()
}

fn ask(properties: &Properties, usage: &Oid, now: &str, issued: &str) -> RootVerdict {
    let now = time(now);
    let usages = std::slice::from_ref(usage);
    let issued = Some(time(issued));
    verdict(properties, &RootQuestion { usages, now, time: now, time_stamped: false, issued })
}

#[test]
fn usages_are_those_of_9_without_those_of_122() {
    let root =
        properties(&[(9, usages(&[SERVER_AUTH, CLIENT_AUTH])), (122, usages(&[CLIENT_AUTH]))]);
    let trusted = |usage: &Oid| ask(&root, usage, "2026-01-01", "2025-01-01").is_trusted();
    assert!(trusted(&SERVER_AUTH) && !trusted(&CLIENT_AUTH) && !trusted(&EMAIL_PROTECTION));
    let any = properties(&[(122, usages(&[CLIENT_AUTH]))]);
    assert!(ask(&any, &SERVER_AUTH, "2026-01-01", "2025-01-01").is_trusted());
    let refused = ask(&any, &CLIENT_AUTH, "2026-01-01", "2025-01-01");
    assert_eq!(refused.not_enabled, [CLIENT_AUTH]);
    let none = properties(&[(9, usages(&[]))]);
    assert!(!ask(&none, &SERVER_AUTH, "2026-01-01", "2025-01-01").is_trusted());
    let nothing = verdict(
        &none,
        &RootQuestion {
            usages: &[],
            now: Time::MAX,
            time: Time::MAX,
            time_stamped: false,
            issued: None,
        },
    );
    assert!(nothing.is_trusted());
}

#[test]
fn dates_are_compared_as_the_reference_says() {
    let disabled = properties(&[(104, date("2024-01-01"))]);
    let at = |now| ask(&disabled, &SERVER_AUTH, now, "2020-01-01");
    assert!(at("2023-12-31T23:59:59Z").is_trusted());
    assert_eq!(at("2024-01-01").disabled, Some(time("2024-01-01")));
    let limited =
        properties(&[(126, date("2024-01-01")), (127, usages(&[SERVER_AUTH, EMAIL_PROTECTION]))]);
    assert!(ask(&limited, &SERVER_AUTH, "2026-01-01", "2024-01-01").is_trusted());
    let later = ask(&limited, &SERVER_AUTH, "2026-01-01", "2024-01-01T00:00:01Z");
    assert_eq!(later.issued_after, Some(time("2024-01-01")));
    assert!(ask(&limited, &CLIENT_AUTH, "2026-01-01", "2025-01-01").is_trusted());
    // present and empty: withdrawn
    let withdrawn = properties(&[(104, vec![]), (126, vec![])]);
    assert!(ask(&withdrawn, &SERVER_AUTH, "2026-01-01", "2025-01-01").is_trusted());
}

#[test]
fn a_time_stamp_from_before_the_date_rescues() {
    let root = properties(&[(104, date("2024-01-01")), (126, date("2023-01-01"))]);
    let ask = |time_stamped, at: &str| {
        verdict(
            &root,
            &RootQuestion {
                usages: &[],
                now: time("2026-01-01"),
                time: time(at),
                time_stamped,
                issued: Some(time("2023-06-01")),
            },
        )
    };
    let both = ask(false, "2022-01-01");
    assert!(both.disabled.is_some() && both.issued_after.is_some());
    assert!(ask(true, "2022-06-01").is_trusted());
    let between = ask(true, "2023-06-02");
    assert!(between.disabled.is_none() && between.issued_after.is_some());
}
