//! What looks like a proof and is none, and evidence in the forms in which it really comes.

use std::time::{Duration, Instant};

use chaincheck_engine::base::digest::{hex, sha1};
use chaincheck_engine::chain::engine::Profile;
use chaincheck_engine::proof::{CauseKind, Status, diagnose};
use chaincheck_testdata::event_xml::{ApplicationEvent, application_event};
use chaincheck_testdata::hive::Key;
use chaincheck_testdata::reg::{ExportKey, Form, export};
use chaincheck_testdata::{fixtures, lab};

use crate::support::{
    File, assert_replays, cause, diagnoses, file, lab_of, options, proven, read, read_with,
    replace, report, sole, with_status, without,
};
use CauseKind as K;

const OPERATIONAL: &str = "logs/CAPI2-Operational.xml";
const APPLICATION: &str = "logs/Application.xml";
const OLD_URL: &str =
    "http://www.download.windowsupdate.com/msdownload/update/v3/static/trustedr/en/authrootstl.cab";
const EXPIRED: &str = "A required certificate is not within its validity period when verifying \
                       against the current system clock or the timestamp in the signed file.";

fn fixture(path: &str) -> Vec<u8> {
    fixtures::all().into_iter().find(|fixture| fixture.path == path).unwrap().octets
}

fn log(events: &[ApplicationEvent<'_>]) -> File {
    let xml: Vec<String> = events.iter().map(application_event).collect();
    File { path: "logs/Application.xml".to_owned(), octets: xml.join("\n").into_bytes() }
}

fn event<'a>(id: u16, arguments: &'a [&'a str]) -> ApplicationEvent<'a> {
    ApplicationEvent {
        record_id: 1,
        time: "2026-06-01T00:00:00.000000000Z",
        provider: "Microsoft-Windows-CAPI2",
        id,
        level: 2,
        computer: "LAB",
        execution: (1256, 724),
        arguments,
    }
}

#[test]
fn an_expired_published_list_proves_nothing_on_todays_windows() {
    let files = lab_of(&[K::ExpiredListSigner]);
    for profile in [Profile::Windows10, Profile::Windows11] {
        let mut wanted = options();
        wanted.profile = Some(profile);
        let found = diagnose(&read_with(wanted, &files).cases[0]).unwrap();
        assert_eq!((found.reproduced, proven(&found)), (Some(false), vec![]), "{}", report(&found));
        assert_eq!(cause(&found, K::ExpiredListSigner).status, Status::Consistent);
    }
    // the version is not known, and the address is that of 2012 and later
    let found = sole(&without(files, "config/SOFTWARE"));
    assert_eq!(proven(&found), [], "{}", report(&found));
    assert!(found.would_decide.iter().any(|wanted| wanted.contains("version of Windows")));
}

#[test]
fn a_list_fetched_after_the_event_was_not_there_yet() {
    let mut files = without(lab_of(&[K::ExpiredListSigner]), "CryptnetUrlCache");
    let profile = "C/Windows/ServiceProfiles/NetworkService";
    let list = fixture("list/expired.cab");
    files.extend(lab::cache_files(profile, lab::LIST_URL, &list, 1_780_272_000 + 60));
    let found = sole(&files);
    assert_eq!((found.reproduced, proven(&found)), (Some(false), vec![]));
    assert_eq!(cause(&found, K::ExpiredListSigner).status, Status::Undecided, "{}", report(&found));
}

#[test]
fn siblings_that_report_success_are_no_failures() {
    let events: Vec<_> = [
        (4097, &["CN=Root", "0123"][..]),
        (4098, &[lab::LIST_URL]),
        (4100, &[lab::LIST_URL]),
        (4102, &["100", "20"]),
        (4103, &[lab::LIST_URL]),
        (4108, &["CN=Root", "0123"]),
        (4109, &["CN=Root", "0123"]),
        (4111, &["Friday, September 12, 2014 10:02:51 AM"]),
        (4112, &["Friday, September 12, 2014 10:02:51 AM"]),
        (4113, &["Friday, September 12, 2014 10:02:51 AM"]),
        (513, &["Details"]),
    ]
    .iter()
    .map(|(id, arguments)| event(*id, arguments))
    .collect();
    let mut files = without(lab_of(&[K::ExpiredListSigner]), "logs/Application");
    files.push(log(&events));
    let evidence = read(&files);
    assert!(evidence.cases.iter().all(|case| case.record.is_none()));
    for found in diagnoses(&evidence) {
        assert_eq!(proven(&found), []);
    }
}

#[test]
fn number_11_is_the_updates_only_in_the_application_log() {
    let mut files = without(lab_of(&[K::ExpiredListSigner]), "logs/Application");
    let mut eleven = log(&[event(11, &[lab::LIST_URL, EXPIRED])]);
    files.push(eleven.clone());
    let found = sole(&files);
    assert_eq!(found.record.as_ref().map(|record| record.id), Some(11));
    assert_eq!(
        (found.profile.as_str(), proven(&found)),
        ("windows-vista", vec![K::ExpiredListSigner])
    );

    eleven.octets = String::from_utf8(eleven.octets)
        .unwrap()
        .replace(
            "<Channel>Application</Channel>",
            "<Channel>Microsoft-Windows-CAPI2/Operational</Channel>",
        )
        .into_bytes();
    files.pop();
    files.push(eleven);
    assert!(read(&files).cases.iter().all(|case| case.record.is_none()));
}

#[test]
fn windows_xp_has_its_own_source() {
    let mut files = without(lab_of(&[K::ExpiredListSigner]), "logs/Application");
    files.push(log(&[ApplicationEvent {
        provider: "crypt32",
        ..event(11, &[lab::LIST_URL, EXPIRED])
    }]));
    let found = sole(&files);
    assert_eq!(
        (found.profile.as_str(), proven(&found)),
        ("windows-xp", vec![K::ExpiredListSigner])
    );
    // 8 is the sequence number's, 3 the list's
    for (id, definition) in [(3, 4099), (8, 4104), (14, 4110)] {
        files.pop();
        files.push(log(&[event(id, &[lab::LIST_URL, "Access is denied."])]));
        let evidence = read(&files);
        let record = evidence.cases[0].record.as_ref().unwrap();
        assert_eq!(record.definition_id, definition);
        assert_eq!(proven(&diagnose(&evidence.cases[0]).unwrap()), []);
    }
}

#[test]
fn the_culprit_is_the_file_of_the_other_address_or_of_another_profile() {
    let sound = "C/Windows/ServiceProfiles/NetworkService";
    let (list, bad) = (fixture("list/authrootstl.cab"), fixture("list/expired.cab"));
    let base = without(lab_of(&[K::ExpiredListSigner]), "CryptnetUrlCache");
    for (place, account) in [
        ("C/Windows/ServiceProfiles/LocalService", "S-1-5-19"),
        ("C/Windows/System32/config/systemprofile", "S-1-5-18"),
        ("C/Windows/SysWOW64/config/systemprofile", "S-1-5-18 (SysWOW64)"),
        ("C/Users/anna", "anna"),
    ] {
        let mut files = base.clone();
        files.extend(lab::cache_files(sound, lab::LIST_URL, &list, 1_780_000_000));
        files.extend(lab::cache_files(place, lab::LIST_URL, &bad, 1_780_000_000));
        let found = sole(&files);
        assert_eq!(proven(&found), [K::ExpiredListSigner], "{place}\n{}", report(&found));
        let named = &cause(&found, K::ExpiredListSigner).without_it.as_ref().unwrap().changed;
        let evidence = &cause(&found, K::ExpiredListSigner).evidence;
        assert!(evidence.iter().any(|e| e.file.as_ref().is_some_and(|f| f.contains(place))));
        assert!(named.contains(account), "{named}");
        let commands = found.remedies[0].commands.join("\n");
        let folder = place.trim_start_matches("C/").replace('/', "\\");
        let folder = folder.trim_start_matches("Windows\\");
        assert!(commands.contains(folder), "{commands}");
        assert!(commands.lines().all(|line| line.len() <= 80), "{commands}");
    }
    // both addresses' files in one cache: each record is its own file's
    let mut files = base.clone();
    files.extend(lab::cache_files(sound, lab::LIST_URL, &list, 1_780_000_000));
    files.extend(lab::cache_files(sound, OLD_URL, &bad, 1_780_000_000));
    assert_eq!(proven(&sole(&files)), [], "the record names the sound file's address");
    replace(&mut files, APPLICATION, lab::LIST_URL, OLD_URL);
    let found = sole(&files);
    assert_eq!(proven(&found), [K::ExpiredListSigner], "{}", report(&found));
    assert_replays(&found);
}

#[test]
fn a_failure_on_level_error_with_result_0_is_none() {
    let mut files = lab_of(&[K::ExpiredListSigner]);
    let unreachable = lab_of(&[K::ExpiredListSigner, K::Unreachable]);
    let noted = unreachable.into_iter().find(|file| file.path.ends_with(OPERATIONAL)).unwrap();
    file(&mut files, OPERATIONAL).octets = noted.octets;
    let text =
        "<Result value=\"80072EE7\">The server name or address could not be resolved</Result>";
    replace(&mut files, OPERATIONAL, text, "<Result value=\"0\"/>");
    let found = sole(&files);
    assert_eq!(proven(&found), [K::ExpiredListSigner]);
    assert_eq!(cause(&found, K::Unreachable).status, Status::Refuted);
    assert!(cause(&found, K::Unreachable).without_it.is_none(), "{}", report(&found));
}

#[test]
fn one_servers_clock_proves_nothing() {
    let mut files = lab_of(&[K::WrongClock]);
    replace(&mut files, OPERATIONAL, "ocsp.example.test", "crl.example.test");
    let found = sole(&files);
    assert_eq!(proven(&found), [], "{}", report(&found));
    let clock = cause(&found, K::WrongClock);
    assert_eq!(clock.status, Status::Undecided);
    assert!(clock.statement.contains("one server alone"), "{}", clock.statement);
    assert_eq!(cause(&found, K::ExpiredListSigner).status, Status::Consistent);
}

#[test]
fn an_answer_out_of_a_cache_tells_no_time() {
    let mut files = lab_of(&[K::WrongClock]);
    replace(&mut files, OPERATIONAL, " GMT</Header>", " GMT</Header><Header>Age: 3600</Header>");
    assert_eq!(proven(&sole(&files)), []);
}

#[test]
fn a_clock_that_was_set_right_since_was_wrong_all_the_same() {
    let mut files = lab_of(&[K::WrongClock]);
    let right = lab_of(&[K::ExpiredListSigner]);
    let later = right.iter().find(|file| file.path.ends_with(OPERATIONAL)).unwrap();
    file(&mut files, OPERATIONAL).octets.extend_from_slice(&later.octets);
    let found = sole(&files);
    assert_eq!(proven(&found), [K::WrongClock], "{}", report(&found));
}

#[test]
fn texts_in_other_languages() {
    for text in [
        "現在のシステム時計または署名ファイルのタイムスタンプで確認すると、必要な証明書の有効期間が過ぎています。",
        "Ein erforderliches Zertifikat befindet sich nicht im Gültigkeitszeitraum gemessen an der \
         aktuellen Systemzeit oder dem Zeitstempel in der signierten Datei.\r\n",
    ] {
        let mut files = lab_of(&[K::ExpiredListSigner]);
        replace(&mut files, APPLICATION, EXPIRED, text.trim_end());
        assert_eq!(proven(&sole(&files)), [K::ExpiredListSigner], "{text}");
    }
    // a wording that nobody knows: the code is not known, so nothing is called proven
    let mut files = lab_of(&[K::ExpiredListSigner]);
    replace(&mut files, APPLICATION, EXPIRED, "Tá teastas riachtanach as feidhm.");
    let found = sole(&files);
    assert_eq!(proven(&found), []);
    let expired = cause(&found, K::ExpiredListSigner);
    assert_eq!(expired.status, Status::Consistent);
    assert!(expired.note.as_ref().unwrap().contains("no wording known"), "{expired:?}");
}

#[test]
fn thousands_of_the_same_are_one() {
    let mut files = lab_of(&[K::ExpiredListSigner]);
    let once = file(&mut files, APPLICATION).octets.clone();
    file(&mut files, APPLICATION).octets = once.repeat(5000);
    let begin = Instant::now();
    let evidence = read(&files);
    assert_eq!((evidence.cases.len(), evidence.cases[0].repeated), (1, 4999));
    assert_eq!(proven(&diagnose(&evidence.cases[0]).unwrap()), [K::ExpiredListSigner]);
    assert!(begin.elapsed() < Duration::from_secs(120), "{:?}", begin.elapsed());
}

#[test]
fn two_machines_are_told_apart() {
    let mut files = lab_of(&[K::ExpiredListSigner]);
    // another machine's log says that its clock was wrong
    let mut other = lab_of(&[K::WrongClock]);
    let mut log = file(&mut other, OPERATIONAL).clone();
    log.path = "other/Operational.xml".to_owned();
    let text = String::from_utf8(log.octets).unwrap();
    log.octets = text
        .replace("<Computer>LAB<", "<Computer>OTHER<")
        .replace("2029-06-01", "2026-06-01")
        .replace("01 Jun 2026", "01 Jun 2019")
        .into_bytes();
    files.push(log);
    let evidence = read(&files);
    assert!(evidence.notes.iter().any(|note| note.contains("2 computers (lab, other)")));
    let found = diagnose(&evidence.cases[0]).unwrap();
    assert_eq!(proven(&found), [K::ExpiredListSigner], "{}", report(&found));
    assert_eq!(cause(&found, K::WrongClock).status, Status::Refuted);
}

#[test]
fn a_policy_is_younger_than_a_record() {
    let mut files = lab_of(&[K::ExpiredListSigner, K::UpdateDisabled]);
    let mut logged = lab_of(&[K::ExpiredListSigner]);
    files.push(file(&mut logged, APPLICATION).clone());
    let evidence = read(&files);
    assert!(evidence.notes.iter().any(|note| note.contains("set after the record")));
    assert_eq!(proven(&diagnose(&evidence.cases[0]).unwrap()), [K::ExpiredListSigner]);
}

#[test]
fn a_spare_list_shows_what_is_hidden() {
    let mut files = lab_of(&[K::NotACabinet, K::MissingRoot]);
    let found = sole(&files);
    assert_eq!(proven(&found), [K::NotACabinet]);
    let octets = fixture("list/authrootstl.cab");
    files.push(File { path: "spare/authrootstl.cab".to_owned(), octets });
    let found = sole(&files);
    assert_eq!(proven(&found), [K::NotACabinet, K::MissingRoot], "{}", report(&found));
    assert_replays(&found);
    assert!(found.remedies.iter().all(|remedy| remedy.verified), "{}", report(&found));
    // and what is seen, but cannot be tried, is asked for
    let found = sole(&lab_of(&[K::TamperedList, K::MissingRoot]));
    assert_eq!(cause(&found, K::MissingRoot).status, Status::Consistent);
    assert!(found.would_decide.iter().any(|wanted| wanted.contains("a current authrootstl.cab")));
}

#[test]
fn the_list_in_force_is_known_from_the_registry() {
    let mut hive = lab::hive_of(&[]);
    let list = fixture("list/authroot.stl");
    let key = "Microsoft\\SystemCertificates\\AuthRoot\\AutoUpdate";
    hive.set(key, chaincheck_testdata::hive::Value::binary("EncodedCtl", &list));
    let hive = chaincheck_testdata::hive::Hive::new(hive).to_octets();
    // it is what a sound machine would have in place of the expired one
    let mut files = lab_of(&[K::ExpiredListSigner]);
    file(&mut files, "config/SOFTWARE").octets.clone_from(&hive);
    let found = sole(&files);
    assert_eq!(proven(&found), [K::ExpiredListSigner]);
    let changed = &cause(&found, K::ExpiredListSigner).without_it.as_ref().unwrap().changed;
    assert!(changed.contains("replaced by a sound list"), "{changed}");
    // the same list again is no newer
    let mut files = lab_of(&[K::UpdateDisabled]);
    file(&mut files, "config/SOFTWARE").octets = hive;
    let found = sole(&files);
    assert!(found.steps.iter().any(|step| step.contains("not newer")), "{:?}", found.steps);
}

#[test]
fn remedies_of_every_cause_are_commands_that_fit_a_terminal() {
    for kind in K::ALL {
        for found in diagnoses(&read(&lab_of(&[kind]))) {
            for remedy in found.remedies {
                assert!(remedy.verified && !remedy.commands.is_empty(), "{remedy:?}");
                for command in &remedy.commands {
                    assert!(command.len() <= 80, "{command}");
                    assert!(!command.contains("DisableRootAutoUpdate /t"), "{command}");
                }
                if kind == K::WrongClock {
                    assert!(remedy.commands.iter().any(|command| command == "date"));
                }
            }
        }
    }
}

/// A hive's keys as an export has them.
fn keys(key: &Key, path: &str, found: &mut Vec<(String, Vec<chaincheck_testdata::hive::Value>)>) {
    found.push((path.to_owned(), key.values.clone()));
    for below in &key.subkeys {
        keys(below, &format!("{path}\\{}", below.name), found);
    }
}

#[test]
fn exports_of_the_registry_serve_as_hives_do() {
    for (kind, form) in [
        (K::MissingRoot, Form::Version5),
        (K::DistrustedListChain, Form::Version5Utf8),
        (K::StoreCorrupt, Form::Version5),
        (K::UpdateDisabled, Form::Version4),
    ] {
        let mut all = Vec::new();
        keys(&lab::hive_of(&[kind.name()]), "HKEY_LOCAL_MACHINE\\SOFTWARE", &mut all);
        let all: Vec<ExportKey<'_>> =
            all.iter().map(|(path, values)| (path.as_str(), values.as_slice())).collect();
        let mut files = without(lab_of(&[kind]), "config/SOFTWARE");
        files.push(File { path: "software.reg".to_owned(), octets: export(form, &all) });
        let found = sole(&files);
        assert_eq!(proven(&found), [kind], "{}", report(&found));
    }
}

#[test]
fn a_listing_of_certutil_says_what_a_store_holds() {
    let listing = |store: &str, certificates: &[Vec<u8>]| {
        let mut text = format!("{store} \"a name in Windows' language\"\r\n");
        for (number, certificate) in certificates.iter().enumerate() {
            let frame = "=".repeat(16);
            text.push_str(&format!(
                "{frame} Certificate {number} {frame}\r\nCert Hash(sha1): {}\r\n\r\n",
                hex(&sha1(certificate))
            ));
        }
        text.push_str("CertUtil: -store command completed successfully.\r\n");
        File { path: format!("{store}.txt"), octets: text.into_bytes() }
    };
    let stranger = vec![fixture("list/root.cer").into_iter().rev().collect::<Vec<u8>>()];
    let root = [fixtures::list_root()];
    // a Root store without the list's root
    let mut files = without(lab_of(&[K::MissingRoot]), "config/SOFTWARE");
    let mut wanted = options();
    wanted.profile = Some(Profile::Windows7);
    files.push(listing("Root", &stranger));
    let found = diagnose(&read_with(wanted.clone(), &files).cases[0]).unwrap();
    assert_eq!(proven(&found), [K::MissingRoot], "{}", report(&found));
    // and a Disallowed store with the list's CA
    let mut files = without(lab_of(&[K::DistrustedListChain]), "config/SOFTWARE");
    files.push(listing("Root", &root));
    files.push(listing("Disallowed", &[fixtures::list_authority()]));
    let evidence = read_with(wanted, &files);
    let found = diagnose(&evidence.cases[0]).unwrap();
    assert_eq!(proven(&found), [K::DistrustedListChain], "{}", report(&found));
    let shown = &cause(&found, K::DistrustedListChain).evidence[0];
    assert!(shown.file.as_ref().unwrap().ends_with("Disallowed.txt"), "{shown:?}");
    assert!(evidence.notes.iter().any(|note| note.contains("by their hashes")));
}

#[test]
fn logs_with_other_line_ends_and_wide_characters() {
    let mut files = lab_of(&[K::WrongClock]);
    for end in [APPLICATION, OPERATIONAL] {
        let file = file(&mut files, end);
        let text = String::from_utf8(file.octets.clone()).unwrap().replace('\n', "\r\n");
        file.octets =
            [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    }
    assert_eq!(proven(&sole(&files)), [K::WrongClock]);
}

#[test]
fn what_has_nothing_to_do_with_it_changes_nothing() {
    let mut files = lab_of(&[K::ExpiredListSigner]);
    for name in ["pfx/modern.pfx", "store/sample.sst"] {
        if let Some(other) = fixtures::all().into_iter().find(|fixture| fixture.path == name) {
            files.push(File { path: other.path.to_owned(), octets: other.octets });
        }
    }
    files.push(File { path: "notes.docx".to_owned(), octets: b"PK\x03\x04 nothing".to_vec() });
    files.push(File { path: "photo.jpg".to_owned(), octets: vec![0xff, 0xd8, 0xff, 0xe0, 1, 2] });
    let found = sole(&files);
    assert_eq!(proven(&found), [K::ExpiredListSigner]);
    assert_eq!(with_status(&found, Status::Refuted).len(), K::ALL.len() - 1);
}
