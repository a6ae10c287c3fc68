//! An event log, its records one after the other.

use std::collections::BTreeMap;

use chaincheck_engine::explain::describe::{self, DecodedRecord, Extent};
use chaincheck_engine::format::Kind;
use chaincheck_engine::format::collection::MemberPath;
use chaincheck_engine::format::event_log::{self, EventLog, EventLogLimits, EventRecord};
use serde::ser::{SerializeSeq as _, Serializer};

use super::text;
use crate::text::Text;

/// Whether a file of this kind holds events.
pub(super) const fn is_event_log(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::EventLog | Kind::LegacyEventLog | Kind::EventXml | Kind::EventJson | Kind::EventText
    )
}

/// What an event log holds.
#[derive(Debug, serde::Serialize)]
pub(super) struct EventsDump {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    windows_path: Option<String>,
    kind: String,
    size: usize,
    /// Records of CAPI2 and crypt32, by channel and number.
    counts: BTreeMap<String, BTreeMap<u16, usize>>,
    #[serde(flatten)]
    log: Log,
    notes: Vec<String>,
}

#[derive(Debug, serde::Serialize)]
struct Log {
    /// All records, read or only counted.
    total: u64,
    /// Each record as it stands and as it is understood.
    #[serde(serialize_with = "decoded")]
    records: Vec<EventRecord>,
    /// Records of everyone else.
    others: Vec<event_log::Tally>,
}

/// Decodes records as they are written, one after the other.
fn decoded<S: Serializer>(records: &[EventRecord], to: S) -> Result<S::Ok, S::Error> {
    let mut list = to.serialize_seq(Some(records.len()))?;
    for record in records {
        list.serialize_element(&DecodedRecord::of(record))?;
    }
    list.end()
}

impl EventsDump {
    pub(super) fn read(path: &MemberPath, octets: &[u8]) -> Result<Self, String> {
        let log = event_log::read(octets, &EventLogLimits::default());
        let EventLog { kind, records, others, total, problems, more_problems, .. } =
            log.map_err(|error| error.to_string())?;
        let mut counts: BTreeMap<String, BTreeMap<u16, usize>> = BTreeMap::new();
        for record in &records {
            let channel = match record.channel.as_str() {
                "" => "channel not stated",
                channel => channel,
            };
            *counts.entry(channel.to_owned()).or_default().entry(record.event_id).or_default() += 1;
        }
        let mut notes: Vec<String> = problems.iter().map(ToString::to_string).collect();
        if more_problems > 0 {
            notes.push(format!("{more_problems} more problems"));
        }
        Ok(Self {
            file: path.to_string(),
            windows_path: path.windows_path().map(|path| path.to_string()),
            kind: kind.to_string(),
            size: octets.len(),
            counts,
            log: Log { total, records, others },
            notes,
        })
    }

    pub(super) fn is_complete(&self) -> bool {
        self.notes.is_empty()
    }

    pub(super) fn text(&self, extent: Extent) -> Text {
        let mut text = Text::new();
        text.line(0, &self.file);
        text.field("kind", &self.kind);
        if let Some(path) = &self.windows_path {
            text.field("on Windows", path);
        }
        text.field("size", &format!("{} octets", self.size));
        text.field("records", &format!("{} of all providers", self.log.total));
        for (channel, counts) in &self.counts {
            let counts: Vec<_> =
                counts.iter().map(|(id, count)| format!("{id}: {count}")).collect();
            text.item(2, &format!("CAPI2 in {channel}, by number: {}", counts.join(", ")));
        }
        for note in &self.notes {
            text.field("not read", note);
        }
        let shown = self.log.records.iter().take(extent.max_entries);
        for record in shown {
            text.blank();
            text::fields(&mut text, 0, &[describe::event(record)]);
        }
        let left = self.log.records.len().saturating_sub(extent.max_entries);
        if left > 0 {
            text.blank();
            text.line(0, &format!("{left} more records are not shown; --all shows them"));
        }
        text.blank();
        text
    }
}
