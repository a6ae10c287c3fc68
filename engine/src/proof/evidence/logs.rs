//! What the logs say: events to explain, answers of the network, and what time it really was.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::hresult::{self, HResult};
use crate::base::time::Time;
use crate::chain::engine::Profile;
use crate::format::event_log::EventRecord;
use crate::format::event_log::application::application_event;
use crate::format::event_log::capi2::{Capi2Event, RetrievalSource, Retrieved, decode};
use crate::format::event_log::clock::{ClockObservation, ClockPeriod, clock_periods, clock_skew};
use crate::proof::case::{ClockKnowledge, Record, Source};
use crate::proof::fact::{Fact, base64};
use crate::root_update::event::{self, Event};
use crate::root_update::{
    CERTIFICATE_SUFFIX, LIST_FILE, OLD_ROOT_DIR_URL, ROOT_DIR_URL, SEQUENCE_FILE,
};
use crate::scenario::{NetworkAnswer, NetworkError};

/// How far from an event, in seconds, the network's answers are taken to be those of its run.
const SAME_RUN: i64 = 600;
/// How far from an event, in seconds, the clock may have been compared.
const SAME_CLOCK: i64 = 86_400;

/// What records of every log say that counts; the rest of them is not kept.
#[derive(Debug, Default)]
pub(super) struct Logs {
    /// By what they say: number, computer, address and text.
    failures: BTreeMap<[Option<String>; 4], RecordGroup>,
    retrievals: Vec<Retrieval>,
    /// What servers said of the time: by log and computer, in the log's order.
    clocks: BTreeMap<(String, String), Vec<ClockObservation>>,
    computers: BTreeSet<String>,
}

/// What came for the root list.
#[derive(Debug)]
struct Retrieval {
    file: String,
    computer: String,
    record_id: Option<u64>,
    time: Time,
    url: String,
    retrieved: Retrieved,
    result: Option<HResult>,
}

/// Records that say the same, but for their time.
#[derive(Debug, Clone)]
pub(super) struct RecordGroup {
    /// The latest.
    pub(super) record: Record,
    /// How many there are besides.
    pub(super) more: usize,
}

/// What the network answered, as far as a log says.
#[derive(Debug, Default)]
pub(super) struct Network {
    pub(super) answers: Vec<NetworkAnswer>,
    pub(super) sources: Vec<Source>,
    /// Who sent a page instead of the list, if a log shows that one was sent.
    pub(super) page_sender: Option<String>,
}

impl Logs {
    pub(super) fn add(&mut self, file: &str, records: &[EventRecord]) {
        for record in records {
            if !record.computer.is_empty() {
                self.computers.insert(record.computer.to_ascii_lowercase());
            }
            if let Some(failure) = failure(file, record) {
                self.group(failure);
            }
            self.retrievals.extend(retrieval(file, record));
        }
        for seen in clock_skew(records) {
            let computer = records.get(seen.record).map(|record| record.computer.clone());
            let key = (file.to_owned(), computer.unwrap_or_default());
            self.clocks.entry(key).or_default().push(seen);
        }
    }

    fn group(&mut self, record: Record) {
        let key = [
            Some(record.definition_id.to_string()),
            record.computer.as_deref().map(str::to_ascii_lowercase),
            record.url.clone(),
            record.text.clone(),
        ];
        match self.failures.get_mut(&key) {
            None => {
                self.failures.insert(key, RecordGroup { record, more: 0 });
            }
            Some(group) => {
                group.more += 1;
                if record.time > group.record.time {
                    group.record = record;
                }
            }
        }
    }

    /// The failures of the root update, the same ones together, latest first.
    pub(super) fn failures(&self) -> Vec<RecordGroup> {
        let mut found: Vec<RecordGroup> = self.failures.values().cloned().collect();
        found.sort_by_key(|group| std::cmp::Reverse(group.record.time));
        found
    }

    /// The computers that wrote the logs, in lower case.
    pub(super) fn computers(&self) -> &BTreeSet<String> {
        &self.computers
    }

    /// Whether this record, or another of its computer's of that run, says that something is
    /// revoked.
    pub(super) fn says_revoked(&self, wanted: &Record) -> bool {
        let of_run = |record: &Record| {
            record.error == Some(hresult::CRYPT_E_REVOKED)
                && (record.time.unix() - wanted.time.unix()).abs() <= SAME_RUN
                && is_same(record.computer.as_deref(), wanted.computer.as_deref())
        };
        of_run(wanted) || self.failures.values().any(|group| of_run(&group.record))
    }

    /// What the network answered for the root list around this time; for no time, the last it did.
    pub(super) fn network(&self, of: Option<&Record>) -> Network {
        let at = of.map(|record| record.time);
        let computer = of.and_then(|record| record.computer.as_deref());
        let mut network = Network::default();
        let mut latest: BTreeMap<String, Time> = BTreeMap::new();
        for found in &self.retrievals {
            let Retrieval { file, time, url, retrieved, result, .. } = found;
            let near = at.is_none_or(|at| (time.unix() - at.unix()).abs() <= SAME_RUN);
            if !near
                || !is_same(Some(&found.computer), computer)
                || latest.get(url).is_some_and(|known| known > time)
            {
                continue;
            }
            let Some((answer, what)) = answer(url, retrieved, *result) else { continue };
            if let Some(page) = page_sender(retrieved) {
                network.page_sender = Some(page);
            }
            latest.insert(url.clone(), *time);
            network.answers.retain(|known| known.url != *url);
            network.sources.retain(|known| known.fact != Fact::Answer { url: url.clone() });
            network.sources.push(Source {
                fact: Fact::Answer { url: url.clone() },
                file: file.clone(),
                sha256: None,
                what: format!(
                    "event 53{} of {time}",
                    found.record_id.map_or_else(String::new, |id| format!(", record {id},"))
                ),
                value: what,
            });
            network.answers.push(answer);
        }
        network
    }

    /// What is known of the machine's clock at this time.
    pub(super) fn clock(&self, of: &Record) -> ClockKnowledge {
        let at = of.time;
        let own = self
            .clocks
            .iter()
            .filter(|((_, computer), _)| is_same(Some(computer), of.computer.as_deref()));
        let periods = own.flat_map(|((file, _), seen)| {
            clock_periods(seen).into_iter().map(move |period| (file, period))
        });
        let distance = |period: &ClockPeriod| {
            (period.from.unix() - at.unix()).max(at.unix() - period.to.unix()).max(0)
        };
        let nearest = periods
            .filter(|(_, period)| distance(period) <= SAME_CLOCK)
            .min_by_key(|(_, period)| (distance(period), std::cmp::Reverse(period.servers.len())));
        let Some((file, period)) = nearest else { return ClockKnowledge::Unknown };
        let servers: Vec<&str> = period.servers.iter().map(String::as_str).collect();
        let asked = format!(
            "{file}: Date headers of {} in {} answers",
            servers.join(", "),
            period.observations
        );
        if period.proves_wrong_clock() {
            let how = if period.offset > 0 { "behind" } else { "ahead" };
            ClockKnowledge::Wrong {
                really: Time::from_unix(at.unix() + period.offset),
                witness: format!("{} s {how}, by {asked}", period.offset.abs()),
            }
        } else if period.servers.len() == 1 && period.offset.abs() > SAME_RUN {
            ClockKnowledge::Doubtful {
                why: format!(
                    "it seems to have been {} s off, by {asked}; but one server alone may itself \
                     be wrong",
                    period.offset.abs()
                ),
            }
        } else {
            ClockKnowledge::Right {
                witness: format!("within {} s, by {asked}", period.offset.abs()),
            }
        }
    }
}

/// Whether two names may be of one computer: one that is not named may be any.
fn is_same(a: Option<&str>, b: Option<&str>) -> bool {
    match (a.filter(|name| !name.is_empty()), b.filter(|name| !name.is_empty())) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => true,
    }
}

/// What an event 53 says of the root list or its sequence number.
fn retrieval(file: &str, record: &EventRecord) -> Option<Retrieval> {
    if record.event_id != 53 {
        return None;
    }
    let decoded = decode(record)?;
    let result = decoded.tail.result.as_ref().map(|outcome| outcome.hresult());
    let Capi2Event::Retrieved(retrieved) = decoded.event else { return None };
    let url = retrieved.url.as_ref()?;
    let url = url.split('?').next().unwrap_or(url).trim().to_owned();
    let path = url.to_ascii_lowercase();
    let is_list = path.ends_with(LIST_FILE)
        || path.ends_with(SEQUENCE_FILE)
        || (path.ends_with(CERTIFICATE_SUFFIX) && is_in_folder(&path));
    (is_list && retrieved.source == RetrievalSource::Network).then_some(Retrieval {
        file: file.to_owned(),
        computer: record.computer.clone(),
        record_id: record.record_id,
        time: record.time?,
        url,
        retrieved: *retrieved,
        result,
    })
}

/// A record of a failure of the root update.
fn failure(file: &str, record: &EventRecord) -> Option<Record> {
    let found = application_event(record)?;
    let arguments: Vec<&str> = found.arguments.iter().map(String::as_str).collect();
    let event = Event::from_record(found.channel, found.source, found.id, &arguments)?;
    if !event.definition.has_error_argument() {
        return None;
    }
    let codes: Vec<HResult> = found.error.iter().map(|found| found.code).collect();
    let error = match codes.as_slice() {
        [first, rest @ ..] if rest.iter().all(|code| code == first) => Some(*first),
        _ => None,
    };
    Some(Record {
        source: file.to_owned(),
        provider: found.source.to_owned(),
        record_id: found.record_id,
        id: u32::from(found.id),
        definition_id: u32::from(event.definition.id),
        time: found.time?,
        computer: Some(record.computer.clone()).filter(|name| !name.is_empty()),
        user: record.user_sid.clone(),
        url: found.arguments.first().map(|url| url.trim().to_owned()),
        text: found.arguments.get(1).cloned(),
        error,
    })
}

/// The version of Windows that numbers events as this record does, if there is only one.
pub(super) fn numbered_by(record: &Record) -> Option<Profile> {
    if record.provider.eq_ignore_ascii_case(event::XP_SOURCE) {
        return Some(Profile::WindowsXp);
    }
    (record.id != record.definition_id).then_some(Profile::WindowsVista)
}

/// The version of Windows a record is from, where its numbering or its address says so: XP and
/// Vista have numbers of their own, and nothing after Windows 7 asked the old address (reference,
/// auto-root-update 2 and 5).
pub(super) fn profile_of(record: &Record) -> Option<Profile> {
    let old = record.url.as_ref().is_some_and(|url| {
        url.to_ascii_lowercase().starts_with(&OLD_ROOT_DIR_URL.to_ascii_lowercase())
    });
    numbered_by(record).or_else(|| old.then_some(Profile::Windows7))
}

/// Whether an address, in lower case, lies in one of the lists' folders.
fn is_in_folder(url: &str) -> bool {
    [ROOT_DIR_URL, OLD_ROOT_DIR_URL].iter().any(|folder| url.starts_with(folder))
}

fn answer(
    url: &str,
    retrieved: &Retrieved,
    result: Option<HResult>,
) -> Option<(NetworkAnswer, String)> {
    let mut answer = NetworkAnswer {
        url: url.to_owned(),
        status: None,
        object: None,
        delay_ms: None,
        error: None,
    };
    let status = retrieved.http_status();
    if let Some(status) = status.filter(|status| *status != 200) {
        answer.status = Some(status);
        return Some((answer, format!("HTTP status {status}")));
    }
    // level 2 with result 0 is a note about the proxy, not a failure (observed)
    if let Some(code) = result.filter(|code| !code.is_ok()) {
        answer.error = network_error(code);
        answer.error?;
        let text = code.message().unwrap_or("no text is known");
        return Some((answer, format!("{code} {text}")));
    }
    if let Some(sender) = page_sender(retrieved) {
        // the log has the page's type, not its octets
        answer.status = Some(200);
        answer.object = Some(base64(b"<html></html>"));
        return Some((answer, format!("HTTP status 200, {sender}")));
    }
    None
}

/// That a page for people came instead of a cabinet, and what says who sent it.
fn page_sender(retrieved: &Retrieved) -> Option<String> {
    let kind = retrieved.response_header("Content-Type")?;
    if !kind.to_ascii_lowercase().starts_with("text/html") {
        return None;
    }
    let named = ["Via", "Server", "Proxy-Agent", "X-Cache"]
        .iter()
        .filter_map(|name| Some(format!("{name}: {}", retrieved.response_header(name)?)));
    let mut parts = vec![format!("Content-Type: {kind}")];
    parts.extend(named);
    parts.extend(retrieved.proxy().map(|proxy| format!("through the proxy {proxy}")));
    Some(parts.join(", "))
}

/// The failure behind a code (reference, auto-root-update 6).
fn network_error(code: HResult) -> Option<NetworkError> {
    Some(match code.0 {
        0x8007_2ee7 => NetworkError::Dns,
        0x8007_2efd => NetworkError::Refused,
        0x8007_2ee2 | 0x8007_05b4 => NetworkError::Timeout,
        0x8007_2efe => NetworkError::Reset,
        0x8007_2f05 | 0x8007_2f06 | 0x8007_2f0c | 0x8007_2f0d | 0x8007_2f8f => NetworkError::Tls,
        _ => return None,
    })
}

/// The answer that a failure to fetch must have had, by its own code: an assumption, for which the
/// record is the only witness.
pub(super) fn assumed_answer(record: &Record) -> Option<NetworkAnswer> {
    let id = u16::try_from(record.definition_id).ok()?;
    let fetches = [
        event::LIST_RETRIEVAL_FAILED.id,
        event::SEQUENCE_NUMBER_RETRIEVAL_FAILED.id,
        event::CERTIFICATE_RETRIEVAL_FAILED.id,
    ];
    if !fetches.contains(&id) {
        return None;
    }
    let code = record.error?;
    let url = record.url.clone().unwrap_or_else(|| format!("{ROOT_DIR_URL}{LIST_FILE}"));
    let mut answer = NetworkAnswer { url, status: None, object: None, delay_ms: None, error: None };
    match (network_error(code), code.as_http_status()) {
        (Some(error), _) => answer.error = Some(error),
        (None, Some(status)) => answer.status = Some(status),
        (None, None) => return None,
    }
    Some(answer)
}
