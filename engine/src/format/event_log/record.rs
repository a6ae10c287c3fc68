//! One record, whatever form it came in.

use serde::{Serialize, Serializer};

use super::element::Element;
use super::{APPLICATION_CHANNEL, CAPI2_PROVIDER, CRYPT32_SOURCE, EventLogErrorKind};
use super::{OPERATIONAL_CHANNEL, capi2};
use crate::base::time::Time;

/// Where a record's number is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdSource {
    /// It stands in the record.
    Record,
    /// The record has none; the name of its data belongs to this number (reference,
    /// capi2-events 1.2).
    DataName,
}

/// A value of an event's EventData.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DataItem {
    /// Its name; those of the automatic root update have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its text as it stands, line ends at its end included.
    pub value: String,
}

/// A record of an event log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventRecord {
    /// Its number in its log.
    pub record_id: Option<u64>,
    /// When it was written, in steps of 100 ns.
    pub time: Option<Time>,
    /// Who wrote it: provider or source. Empty where the record does not say.
    pub provider: String,
    /// The event's number. What it means depends on the channel.
    pub event_id: u16,
    /// Where [`event_id`](Self::event_id) is known from.
    pub id_source: IdSource,
    /// The upper half of a classic event's identifier.
    pub qualifiers: Option<u16>,
    /// 1 critical, 2 error, 3 warning, 4 information, 5 verbose.
    pub level: Option<u8>,
    /// The task's number.
    pub task: Option<u16>,
    /// 1 start, 2 stop.
    pub opcode: Option<u8>,
    /// The keywords' bits (reference, capi2-events 1.1).
    #[serde(serialize_with = "hexadecimal")]
    pub keywords: Option<u64>,
    /// The channel; empty where the record does not say.
    pub channel: String,
    /// The machine.
    pub computer: String,
    /// The process that wrote it.
    pub process_id: Option<u32>,
    /// The thread that wrote it.
    pub thread_id: Option<u32>,
    /// The security identifier of the thread.
    pub user_sid: Option<String>,
    /// The activity, in lower case with braces.
    pub activity_id: Option<String>,
    /// The values of EventData, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<DataItem>,
    /// The octets of EventData, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary: Option<String>,
    /// The one element in UserData: everything CAPI2/Operational says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_data: Option<Element>,
    /// What else the event has, such as RenderingInfo with the message in its language.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other: Vec<Element>,
    /// Whether all of it was read, from octets whose checksums are right where there are any.
    pub is_complete: bool,
    /// Where it begins: see [`EventLogError::offset`](super::EventLogError::offset).
    pub offset: usize,
}

/// As Windows prints it; JSON's readers often have no number of 64 bits.
fn hexadecimal<S: Serializer>(value: &Option<u64>, to: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => to.collect_str(&format_args!("{value:#x}")),
        None => to.serialize_none(),
    }
}

impl EventRecord {
    /// A record of nobody's.
    pub(super) fn empty(offset: usize) -> Self {
        Self {
            record_id: None,
            time: None,
            provider: String::new(),
            event_id: 0,
            id_source: IdSource::Record,
            qualifiers: None,
            level: None,
            task: None,
            opcode: None,
            keywords: None,
            channel: String::new(),
            computer: String::new(),
            process_id: None,
            thread_id: None,
            user_sid: None,
            activity_id: None,
            data: Vec::new(),
            binary: None,
            user_data: None,
            other: Vec::new(),
            is_complete: true,
            offset,
        }
    }

    /// From an `Event` element, or from what stands in the UserData of one.
    pub(super) fn from_element(root: Element, offset: usize) -> Result<Self, EventLogErrorKind> {
        let mut record = Self::empty(offset);
        let mut id = None;
        if root.name() == "Event" {
            for child in root.into_children() {
                match child.name() {
                    "System" => id = record.read_system(&child),
                    "EventData" => record.read_event_data(child),
                    "UserData" => record.read_user_data(child),
                    _ => record.other.push(child),
                }
            }
        } else if capi2::id_of(root.name()).is_some() {
            record.user_data = Some(root);
        } else {
            return Err(EventLogErrorKind::NotAnEvent(format!("<{}>", root.name())));
        }
        let by_name = || record.user_data.as_ref().and_then(|data| capi2::id_of(data.name()));
        let Some(event_id) = id.or_else(by_name) else {
            return Err(EventLogErrorKind::NotAnEvent("a record without a number".to_owned()));
        };
        record.event_id = event_id;
        record.id_source = if id.is_some() { IdSource::Record } else { IdSource::DataName };
        if record.channel.is_empty() && by_name_is_operational(&record) {
            // the names of the data occur in this channel only (reference, capi2-events 1.2)
            record.channel = OPERATIONAL_CHANNEL.to_owned();
        }
        Ok(record)
    }

    /// Whether it is CAPI2's or crypt32's.
    #[must_use]
    pub fn is_capi2(&self) -> bool {
        is_capi2_provider(&self.provider) || self.channel.eq_ignore_ascii_case(OPERATIONAL_CHANNEL)
    }

    /// Whether it belongs to CAPI2's own channel, where event 11 is a chain that was built.
    #[must_use]
    pub fn is_operational(&self) -> bool {
        self.channel.eq_ignore_ascii_case(OPERATIONAL_CHANNEL)
    }

    /// Whether it belongs to the channel Application, where event 11 is one of the root update.
    #[must_use]
    pub fn is_application(&self) -> bool {
        self.channel.eq_ignore_ascii_case(APPLICATION_CHANNEL)
    }

    /// About how many octets it occupies.
    pub(super) fn weight(&self) -> usize {
        let data = self.data.iter().map(|item| size_of::<DataItem>() + item.value.len());
        let text = self.provider.len() + self.channel.len() + self.computer.len();
        let elements = self.user_data.iter().chain(&self.other).map(Element::weight);
        size_of::<Self>() + text + data.sum::<usize>() + elements.sum::<usize>()
    }

    /// Reads System and gives the event's number.
    fn read_system(&mut self, system: &Element) -> Option<u16> {
        let text = |name: &str| system.child(name).map(Element::text).filter(|t| !t.is_empty());
        let attribute = |name: &str, attribute: &str| {
            system.child(name).and_then(|child| child.attribute(attribute)).map(str::trim)
        };
        let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
        self.provider = owned(provider(system));
        self.qualifiers = attribute("EventID", "Qualifiers").and_then(number);
        self.level = text("Level").and_then(number);
        self.task = text("Task").and_then(number);
        self.opcode = text("Opcode").and_then(number);
        self.keywords = text("Keywords").and_then(number);
        self.time = attribute("TimeCreated", "SystemTime").and_then(|time| time.parse().ok());
        self.record_id = text("EventRecordID").and_then(number);
        self.channel = owned(text("Channel"));
        self.computer = owned(text("Computer"));
        self.process_id = attribute("Execution", "ProcessID").and_then(number);
        self.thread_id = attribute("Execution", "ThreadID").and_then(number);
        self.user_sid = attribute("Security", "UserID").map(str::to_owned);
        self.activity_id = attribute("Correlation", "ActivityID")
            .map(|id| format!("{{{}}}", id.trim_matches(['{', '}']).to_ascii_lowercase()));
        text("EventID").and_then(number)
    }

    fn read_event_data(&mut self, data: Element) {
        for child in data.into_children() {
            match child.name() {
                "Data" => self.data.push(DataItem {
                    name: child.attribute("Name").map(str::to_owned),
                    value: child.raw_text().to_owned(),
                }),
                "Binary" if child.text().is_empty() => {}
                "Binary" => self.binary = Some(child.text().to_owned()),
                _ => self.other.push(child),
            }
        }
    }

    fn read_user_data(&mut self, data: Element) {
        for child in data.into_children() {
            match self.user_data {
                None => self.user_data = Some(child),
                Some(_) => self.other.push(child),
            }
        }
    }
}

fn by_name_is_operational(record: &EventRecord) -> bool {
    let by_name = record.user_data.as_ref().and_then(|data| capi2::id_of(data.name()));
    by_name == Some(record.event_id)
}

/// Whether the System part of an event names CAPI2 or crypt32.
pub(super) fn is_capi2_system(system: &Element) -> bool {
    let channel = system.child("Channel").map(Element::text);
    provider(system).is_some_and(is_capi2_provider)
        || channel.is_some_and(|channel| channel.eq_ignore_ascii_case(OPERATIONAL_CHANNEL))
}

fn provider(system: &Element) -> Option<&str> {
    let provider = system.child("Provider")?;
    let name = provider.attribute("Name").or_else(|| provider.attribute("EventSourceName"))?;
    Some(name.trim())
}

fn is_capi2_provider(name: &str) -> bool {
    name.eq_ignore_ascii_case(CAPI2_PROVIDER) || name.eq_ignore_ascii_case(CRYPT32_SOURCE)
}

/// A number, decimal or hexadecimal with `0x`.
pub(super) fn number<N: TryFrom<u64>>(text: &str) -> Option<N> {
    let text = text.trim();
    let value = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?,
        // signed where the writer's type was signed: keywords in JSON
        None => text.parse().ok().or_else(|| text.parse().ok().map(i64::cast_unsigned))?,
    };
    value.try_into().ok()
}
