//! Event logs recorded on Windows, value by value against the tables beside them, and damaged.
//!
//! The samples do not ship with the project: `CHAINCHECK_SHARED` says where they are, by default
//! `../shared` beside the workspace; where it is absent the tests say so and pass, unless
//! `CHAINCHECK_REQUIRE_SHARED=1` asks for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chaincheck_engine::base::hresult;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::format::event_log::application::application_event;
use chaincheck_engine::format::event_log::capi2::{Capi2Event, Decoded, Flags, Outcome, decode};
use chaincheck_engine::format::event_log::clock::{clock_periods, clock_skew};
use chaincheck_engine::format::event_log::task::{self, TaskProblem, TimeSource};
use chaincheck_engine::format::event_log::{
    self, Element, EventLog, EventLogLimits, EventRecord, IdSource,
};
use chaincheck_engine::format::{self, Kind, Limits};
use chaincheck_engine::root_update::event::Event;
use serde_json::Value;

fn samples() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let shared = std::env::var_os("CHAINCHECK_SHARED")
        .map_or_else(|| root.join("../shared"), |path| root.join(path));
    let folder = shared.join("data/samples");
    if folder.is_dir() {
        return Some(folder);
    }
    assert_ne!(
        std::env::var("CHAINCHECK_REQUIRE_SHARED").as_deref(),
        Ok("1"),
        "CHAINCHECK_REQUIRE_SHARED is set, and {} is no folder",
        folder.display()
    );
    println!("skipped: no samples at {}", folder.display());
    None
}

fn read(path: &Path) -> EventLog {
    event_log::read(&fs::read(path).unwrap(), &EventLogLimits::default()).unwrap()
}

/// Every sample and its truth.
fn with_truth() -> Vec<(PathBuf, Value)> {
    let Some(samples) = samples() else { return Vec::new() };
    let folders = [samples.join("evtx"), samples.join("event-xml")];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut found: Vec<_> = files
        .map(|file| file.unwrap().path())
        .filter(|path| !path.to_string_lossy().ends_with(".truth.json"))
        .map(|path| {
            let truth = fs::read(format!("{}.truth.json", path.display())).unwrap();
            (path, serde_json::from_slice(&truth).unwrap())
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

fn sample(name: &str) -> Option<EventLog> {
    samples().map(|samples| read(&samples.join(name)))
}

fn decoded(record: &EventRecord) -> Decoded {
    decode(record).unwrap_or_else(|| panic!("record {:?} is not decoded", record.record_id))
}

/// The reference's form of a code: upper-case hexadecimal without leading zeros.
fn shown(outcome: &Outcome) -> String {
    format!("{:X}", outcome.code.0)
}

#[test]
fn logs_equal_their_truth_record_by_record() {
    let mut compared = 0;
    for (path, truth) in with_truth() {
        let Some(expected) = truth["capi2_records"].as_array() else { continue };
        let log = read(&path);
        let name = path.display();
        assert!(log.problems.is_empty(), "{name}: {:?}", log.problems);
        if log.kind == Kind::EventLog {
            assert_eq!(truth["records_in_file"], log.total, "{name}");
        }
        let others: u64 = log.others.iter().map(|tally| tally.count).sum();
        assert_eq!(log.total - others, u64::try_from(log.records.len()).unwrap(), "{name}");
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for record in &log.records {
            *counts.entry(record.event_id.to_string()).or_default() += 1;
        }
        assert_eq!(truth["capi2_by_id"], serde_json::to_value(counts).unwrap(), "{name}");
        assert_eq!(expected.len(), log.records.len(), "{name}");
        for (expected, record) in expected.iter().zip(&log.records) {
            compare(expected, record, log.kind);
            compared += 1;
        }
    }
    println!("{compared} records compared");
    if samples().is_some() {
        assert!(compared > 400, "{compared}");
    }
}

fn compare(expected: &Value, record: &EventRecord, kind: Kind) {
    let what = format!("record {}", expected["record"]);
    assert_eq!(expected["record"].as_u64(), record.record_id, "{what}");
    assert_eq!(expected["id"].as_u64(), Some(record.event_id.into()), "{what}");
    assert_eq!(record.id_source, IdSource::Record);
    let time: Time = expected["time"].as_str().unwrap().parse().unwrap();
    assert_eq!(record.time, Some(time), "{what}");
    assert_eq!(expected["level"].as_u64(), record.level.map(u64::from), "{what}");
    assert_eq!(expected["channel"], record.channel.as_str(), "{what}");
    assert!(record.is_complete, "{what}");
    let data: Vec<&str> = record.data.iter().map(|item| item.value.as_str()).collect();
    match &expected["data"] {
        Value::Null => assert!(data.is_empty(), "{what}"),
        // XML has one line end for both (XML 1.0 section 2.11)
        Value::String(one) if kind == Kind::EventXml => {
            assert_eq!([one.replace("\r\n", "\n")], data.as_slice(), "{what}");
        }
        Value::String(one) => assert_eq!([one.as_str()], data.as_slice(), "{what}"),
        list => assert_eq!(*list, serde_json::to_value(&data).unwrap(), "{what}"),
    }
    if record.is_operational() {
        compare_operational(expected, record, &what);
    }
}

fn compare_operational(expected: &Value, record: &EventRecord, what: &str) {
    let root = record.user_data.as_ref().unwrap();
    assert_eq!(expected["element"], root.name(), "{what}");
    let decoded = decoded(record);
    assert_eq!(expected["process"].as_str(), decoded.tail.process_name.as_deref(), "{what}");
    let result = decoded.tail.result.as_ref();
    assert_eq!(expected["result"].as_str(), result.map(shown).as_deref(), "{what}");
    let text = result.and_then(|result| result.text.as_deref());
    assert_eq!(expected["result_text"].as_str(), text, "{what}");
    let hex = |flags: &Option<Flags>| flags.as_ref().map(|flags| format!("{:X}", flags.value));
    let (certificate, error, info) = match &decoded.event {
        Capi2Event::ChainBuilt(built) => {
            let status = &built.chains[0].status;
            (built.certificate.clone(), hex(&status.error), hex(&status.info))
        }
        Capi2Event::PolicyVerified(policy) => (policy.certificate.clone(), None, None),
        Capi2Event::RevocationVerified(verified) => (verified.certificate.clone(), None, None),
        Capi2Event::PrivateKeyAcquired(key) => (key.certificate.clone(), None, None),
        Capi2Event::Objects(objects) => {
            (objects.certificates.first().map(|first| first.reference.clone()), None, None)
        }
        _ => (None, None, None),
    };
    let name = certificate.as_ref().and_then(|reference| reference.subject_name.as_deref());
    assert_eq!(expected["subject"].as_str(), name, "{what}");
    let file_ref = certificate.as_ref().map(|reference| reference.file_ref.as_str());
    assert_eq!(expected["cert"].as_str(), file_ref, "{what}");
    assert_eq!(expected["chain_error"].as_str(), error.as_deref(), "{what}");
    assert_eq!(expected["chain_info"].as_str(), info.as_deref(), "{what}");
}

#[test]
fn quoted_records_equal_their_truth() {
    for (path, truth) in with_truth() {
        let Some(id) = truth["id"].as_u64() else { continue };
        let log = read(&path);
        let name = path.display();
        assert_eq!(log.records.len(), 1, "{name}");
        let record = &log.records[0];
        assert_eq!(u64::from(record.event_id), id, "{name}");
        let is_partial = truth["truncated"] == true || log.kind == Kind::EventText;
        assert_eq!(record.is_complete, !is_partial, "{name}");
        if let Some(result) = truth["result"].as_str() {
            let outcome = decoded(record).tail.result.unwrap();
            assert_eq!(shown(&outcome), result, "{name}");
            assert_eq!(outcome.text.as_deref(), outcome.code.message(), "{name}");
        }
        if let Some(code) = truth["hresult"].as_str() {
            let event = application_event(record).unwrap();
            let codes: Vec<_> = event.error.iter().map(|found| found.code.to_string()).collect();
            assert_eq!(codes, [format!("0x{}", code.to_lowercase())], "{name}");
            assert_eq!(event.error[0].language, "en");
            let arguments: Vec<_> = event.arguments.iter().map(String::as_str).collect();
            let event = Event::from_record(event.channel, event.source, event.id, &arguments);
            assert_eq!(event.unwrap().error, Some(hresult::CERT_E_EXPIRED), "{name}");
        }
        if let Some(url) = truth["url"].as_str() {
            assert_eq!(record.data[0].value, url);
            let text = truth["error_text"].as_str().unwrap();
            assert_eq!(record.data[1].value, format!("{text}\n"), "the line end stays");
        }
        let given = |field: &str| truth[field].as_str().map(|time| time.parse::<Time>().unwrap());
        if let Some(time) = given("time_created").or(given("os_time")) {
            assert_eq!(record.time.unwrap().unix(), time.unix(), "{name}");
        }
        match decode(record).map(|decoded| decoded.event) {
            Some(Capi2Event::PolicyVerified(policy)) => {
                let index = truth["element_index"].as_i64().unwrap_or(-1);
                assert_eq!(policy.element_index.map(i64::from), Some(index), "{name}");
                if let Some(policy_name) = truth["policy"].as_str() {
                    assert_eq!(policy.policy.unwrap().name.as_deref(), Some(policy_name));
                }
            }
            Some(Capi2Event::ChainBuilt(built)) => {
                assert_eq!(built.validation_time, given("validation_time"), "{name}");
                if let Some(error) = truth["element_error"].as_str() {
                    let status = &built.chains[0].elements[0].status;
                    let hex =
                        |flags: &Option<Flags>| format!("{:X}", flags.as_ref().unwrap().value);
                    assert_eq!(hex(&status.error), error, "{name}");
                    assert_eq!(hex(&status.info), truth["element_info"].as_str().unwrap());
                    assert_eq!(built.chains[0].status.error, None, "left out is not zero");
                }
            }
            _ => {}
        }
    }
}

#[test]
fn a_german_task_of_windows_10() {
    let Some(log) = sample("event-xml/betahydri-rbing-2022-task.xml") else { return };
    let ids: Vec<u16> = log.records.iter().map(|record| record.event_id).collect();
    assert_eq!(ids, [10, 40, 41, 40, 50, 51, 42, 41, 90, 11]);
    assert!(log.records.iter().all(|record| record.id_source == IdSource::DataName));
    let correlation = task::correlate(&log.records);
    assert_eq!(correlation.tasks.len(), 1);
    assert_eq!(correlation.tasks[0].problems, []);
    let questions = task::questions(&log.records, &correlation);
    assert_eq!(questions.len(), 1);
    let question = &questions[0];
    assert_eq!(question.time_source, Some(TimeSource::RevocationCheck));
    assert_eq!(question.time, "2022-10-25T13:48:50.075Z".parse().ok());
    assert_eq!(question.flags, Some(0xa000_0000));
    assert_eq!((question.chain.len(), question.additional.len()), (3, 2));
    let usage = question.requested_usage.as_ref().unwrap();
    assert!(usage.or_match && !usage.any);
    assert_eq!(usage.usages.len(), 3);
    let chain = &question.answer.chains[0];
    assert_eq!(chain.status.error.as_ref().unwrap().value, 0x0100_0040);
    let results: Vec<_> = chain
        .elements
        .iter()
        .map(|element| element.revocation.as_ref().unwrap().result.as_ref().unwrap().code)
        .collect();
    assert_eq!(results, [hresult::CRYPT_E_REVOCATION_OFFLINE, hresult::S_OK, hresult::S_OK]);
    let text = chain.elements[0].revocation.as_ref().unwrap().result.as_ref().unwrap();
    let identified = hresult::HResult::identify(text.text.as_deref().unwrap());
    assert_eq!(identified[0].code, hresult::CRYPT_E_REVOCATION_OFFLINE);
    assert_eq!(identified[0].language, "de");
    let Capi2Event::Objects(objects) = decoded(&log.records[8]).event else { panic!() };
    assert_eq!(objects.crls[0].next_update, "2022-10-18T22:09:58Z".parse().ok());
    assert_eq!(objects.crls[0].crl_number.as_deref(), Some("010D"));
    let root = &objects.certificates[2];
    assert_eq!(root.friendly_name.as_deref(), Some("DigiCert Baltimore Root"));
    assert_eq!(root.property_usage.as_ref().unwrap().usages.len(), 6);
    assert_eq!(root.root_program_policies.len(), 4);
    assert_eq!(
        root.subject.to_string(),
        "CN=Baltimore CyberTrust Root, OU=CyberTrust, O=Baltimore, C=IE"
    );
    assert_eq!(root.extension_order, ["BasicConstraints", "KeyUsage"]);
    let retrieval = &correlation.retrievals;
    assert_eq!(retrieval.iter().map(|r| r.revocation).collect::<Vec<_>>(), [Some(7), Some(7)]);
}

#[test]
fn nothing_is_lost() {
    for (path, _) in with_truth() {
        for record in read(&path).records {
            let unread = decode(&record).map(|decoded| decoded.unread).unwrap_or_default();
            // one quotation marks what it leaves out
            let left: Vec<_> = unread
                .iter()
                .filter(|unread| !unread.element.text().starts_with("[...]"))
                .collect();
            assert!(left.is_empty(), "{}: {left:?}", path.display());
        }
    }
}

#[test]
fn a_log_is_put_together_again() {
    let Some(log) = sample("evtx/capi2-operational-A.evtx") else { return };
    let records = &log.records;
    let correlation = task::correlate(records);
    assert_eq!(correlation.tasks.len(), 60);
    assert_eq!(correlation.without_task, Vec::<usize>::new());
    let mut placed = BTreeSet::new();
    for task in &correlation.tasks {
        let odd: Vec<_> = task
            .problems
            .iter()
            .filter(|problem| !matches!(problem, TaskProblem::StartsInMidTask(_)))
            .collect();
        assert!(odd.is_empty(), "{odd:?}");
        placed.extend(task.records.iter().copied());
        let in_nodes = task.nodes.iter().flat_map(|node| [node.start, node.record]);
        assert_eq!(in_nodes.flatten().collect::<BTreeSet<_>>().len(), task.records.len());
    }
    assert_eq!(placed.len(), records.len());
    assert_eq!(correlation.chains.len(), 42);
    assert!(correlation.uses.iter().all(|chain_use| chain_use.built_by.is_some()));
    assert_eq!(correlation.uses.len(), 42 + 2 * 8);
    let task_of = |record: usize| {
        correlation.tasks.iter().position(|task| task.records.contains(&record)).unwrap()
    };
    let other_task = |chain_use: &&task::ChainUse| {
        task_of(chain_use.record) != task_of(chain_use.built_by.unwrap())
    };
    assert!(correlation.uses.iter().filter(other_task).count() > 10, "joined across tasks");
    assert!(correlation.retrievals.iter().all(|retrieval| retrieval.revocation.is_some()));
    // every object the log refers to is described in it
    for record in records {
        let referred = record.user_data.as_ref().unwrap().descendants();
        for file_ref in referred.filter_map(|element| element.attribute("fileRef")) {
            assert!(correlation.objects.contains_key(file_ref), "{file_ref}");
        }
    }
    let questions = task::questions(records, &correlation);
    assert_eq!(questions.len(), 42);
    assert!(questions.iter().all(|question| question.time_source == Some(TimeSource::Call)));
}

#[test]
fn downloads_say_what_went_over_the_wire() {
    let Some(log) = sample("evtx/capi2-operational-A.evtx") else { return };
    let retrieved = log.records.iter().filter(|record| record.event_id == 53).map(|record| {
        let decoded = decoded(record);
        let Capi2Event::Retrieved(retrieved) = decoded.event else { panic!() };
        (record, retrieved, decoded.tail.result.unwrap())
    });
    let mut count = 0;
    for (record, retrieved, result) in retrieved {
        count += 1;
        assert!(result.is_ok());
        assert_eq!(retrieved.http_status(), Some(200));
        assert!(retrieved.request[0].starts_with("GET "), "{:?}", retrieved.request);
        let agent = "User-Agent: Microsoft-CryptoAPI/6.1";
        assert!(retrieved.request.iter().any(|line| line == agent));
        assert_eq!(retrieved.objects.len(), 1);
        assert_eq!(retrieved.proxy(), None);
        assert!(retrieved.cache.is_some() && retrieved.timeout.is_some());
        // an error of the level alone: an inner step failed, the download did not
        let failed = retrieved.actions.iter().filter_map(|action| action.error.as_ref());
        let codes: BTreeSet<_> = failed.map(Outcome::hresult).collect();
        assert_eq!(record.level == Some(2), !codes.is_empty());
        for code in codes {
            let known =
                [hresult::ERROR_WINHTTP_AUTODETECTION_FAILED, hresult::ERROR_FILE_NOT_FOUND];
            assert!(known.contains(&code), "{code}");
        }
    }
    assert_eq!(count, 12);
}

#[test]
fn servers_prove_a_wrong_clock() {
    let Some(log) = sample("evtx/capi2-operational-A.evtx") else { return };
    let observations = clock_skew(&log.records);
    let offsets: Vec<i64> = observations.iter().map(|seen| seen.offset()).collect();
    assert_eq!(offsets, [[-51_878; 7].as_slice(), &[0; 5]].concat());
    let periods = clock_periods(&observations);
    assert_eq!(periods.len(), 2);
    assert_eq!((periods[0].offset, periods[0].observations, periods[0].spread), (-51_878, 7, 0));
    assert_eq!(periods[0].servers.len(), 2);
    assert!(periods[0].proves_wrong_clock());
    assert_eq!((periods[1].offset, periods[1].observations), (0, 5));
    assert!(!periods[1].proves_wrong_clock());
}

#[test]
fn opening_a_log_finds_no_objects_and_says_so() {
    for (path, _) in with_truth() {
        let octets = fs::read(&path).unwrap();
        let contents = format::open(&octets, &Limits::default()).unwrap();
        let expected = match path.extension().unwrap().to_str().unwrap() {
            "evtx" => Kind::EventLog,
            "txt" => Kind::EventText,
            _ => Kind::EventXml,
        };
        assert_eq!(contents.kind, expected, "{}", path.display());
        assert!(contents.items.is_empty() && contents.notes.is_empty());
    }
}

/// What two readings of the same record must agree in.
fn essence(record: &EventRecord) -> EventRecord {
    let mut essence = record.clone();
    essence.offset = 0;
    for item in &mut essence.data {
        item.value = item.value.replace("\r\n", "\n").trim().to_owned();
    }
    essence
}

#[test]
fn evtx_dump_agrees() {
    let Some(samples) = samples() else { return };
    if Command::new("evtx_dump").arg("--version").output().is_err() {
        return println!("skipped: evtx_dump is not installed");
    }
    for entry in fs::read_dir(samples.join("evtx")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "evtx") {
            continue;
        }
        let ours = read(&path);
        for form in ["xml", "json", "jsonl"] {
            let output =
                Command::new("evtx_dump").args(["-t", "1", "-o", form]).arg(&path).output();
            let theirs =
                event_log::read(&output.unwrap().stdout, &EventLogLimits::default()).unwrap();
            assert!(theirs.problems.is_empty(), "{form}: {:?}", theirs.problems);
            assert_eq!(ours.total, theirs.total, "{form}");
            assert_eq!(ours.others, theirs.others, "{form}");
            assert_eq!(ours.records.len(), theirs.records.len(), "{form}");
            for (ours, theirs) in ours.records.iter().zip(&theirs.records) {
                assert_eq!(essence(ours), essence(theirs), "{form} {:?}", ours.record_id);
            }
        }
    }
}

/// A small generator (Numerical Recipes), so that a failure can be found again.
struct Noise(u64);

impl Noise {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// Octets an element takes, for a bound on what is kept.
fn elements(record: &EventRecord) -> usize {
    record.user_data.iter().map(|data: &Element| data.descendants().count()).sum()
}

#[test]
fn damage_is_located_and_the_rest_is_read() {
    let Some(samples) = samples() else { return };
    let file = fs::read(samples.join("evtx/capi2-operational-A.evtx")).unwrap();
    // the header and the first two chunks
    let whole = &file[..4096 + 2 * 65_536];
    let limits = EventLogLimits::default();
    let sound = event_log::read(whole, &limits).unwrap();
    assert!(sound.problems.is_empty() && sound.records.len() > 30);
    // a cut: everything before it is still there
    for end in [9, 4095, 4097, 5000, 40_000, 4096 + 65_536, 4096 + 65_536 + 30_000] {
        let log = event_log::read(&whole[..end], &limits).unwrap();
        let before = sound.records.iter().filter(|record| record.offset + 4096 < end).count();
        assert!(log.records.len() >= before.saturating_sub(1) || end < 4608, "{end}");
        assert_eq!(log.problems.is_empty(), end == 4096 + 65_536, "{end}: {:?}", log.problems);
        assert!(log.problems.iter().all(|problem| problem.offset <= end), "{end}");
    }
    // one record's length lies: the others are read
    let third = sound.records[2].offset;
    for length in [0u32, 8, 27, 0xffff, u32::MAX] {
        let mut lying = whole.to_vec();
        lying[third + 4..third + 8].copy_from_slice(&length.to_le_bytes());
        let log = event_log::read(&lying, &limits).unwrap();
        assert_eq!(log.records.len(), sound.records.len() - 1, "{length}");
        assert!(log.problems.iter().any(|problem| problem.offset == third), "{:?}", log.problems);
        // the checksum of its chunk is wrong, so nothing of it counts as whole
        let second_chunk = 4096 + 65_536;
        for record in &log.records {
            assert_eq!(record.is_complete, record.offset >= second_chunk);
        }
    }
    // any octet: no panic, no hang, nothing out of proportion
    let mut noise = Noise(7);
    for round in 0..200 {
        let mut damaged = whole[..4096 + 65_536].to_vec();
        for _ in 0..=noise.below(4) {
            let place = noise.below(damaged.len());
            damaged[place] = u8::try_from(noise.below(256)).unwrap();
        }
        let log =
            event_log::read(&damaged, &limits).unwrap_or_else(|_| event_log_of_nothing(&damaged));
        assert!(log.records.iter().map(elements).sum::<usize>() < 100_000, "round {round}");
        assert!(log.problems.iter().all(|problem| problem.offset <= damaged.len()));
    }
}

/// A damaged magic: the file is no log any more.
fn event_log_of_nothing(octets: &[u8]) -> EventLog {
    assert_ne!(format::detect(octets), Kind::EventLog);
    event_log::read(b"<Event/>", &EventLogLimits::default()).unwrap()
}

#[test]
fn damaged_text_is_located_and_the_rest_is_read() {
    let Some(samples) = samples() else { return };
    let limits = EventLogLimits::default();
    for name in ["application-win10-tr-2024.xml", "betahydri-rbing-2022-task.xml"] {
        let octets = fs::read(samples.join("event-xml").join(name)).unwrap();
        let sound = event_log::read(&octets, &limits).unwrap();
        for end in (600..octets.len()).step_by(997) {
            let log = event_log::read(&octets[..end], &limits).unwrap();
            let before = sound.records.iter().filter(|record| record.offset < end).count();
            assert!(log.records.len() + 1 >= before, "{name} {end}");
            let partial = log.records.iter().filter(|record| !record.is_complete).count();
            assert!(partial <= 1 && log.problems.len() <= 2, "{name} {end}: {:?}", log.problems);
        }
        let mut noise = Noise(11);
        for _ in 0..200 {
            let mut damaged = octets.clone();
            let place = noise.below(damaged.len());
            damaged[place] = u8::try_from(noise.below(256)).unwrap();
            if let Ok(log) = event_log::read(&damaged, &limits) {
                assert!(
                    log.records.len() + 2 >= sound.records.len(),
                    "{place}: {:?}",
                    log.problems
                );
            }
        }
    }
}
