//! Records of event logs in words.

use serde::Serialize;
use serde_json::Value;

use super::Field;
use crate::base::hresult::HResult;
use crate::format::event_log::application::{ApplicationEvent, application_event};
use crate::format::event_log::capi2::{self, Decoded};
use crate::format::event_log::{CAPI2_PROVIDER, EventRecord, IdSource};
use crate::root_update::event as family;

/// A record with what it says, typed.
#[derive(Debug, Serialize)]
pub struct DecodedRecord<'a> {
    /// The record as it stands.
    #[serde(flatten)]
    pub record: &'a EventRecord,
    /// What a record of CAPI2/Operational says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capi2: Option<Decoded>,
    /// What a record of the automatic root update in Application says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<ApplicationEvent>,
}

impl<'a> DecodedRecord<'a> {
    /// Decodes a record. Number 11 means a chain that was built in CAPI2's own channel and a
    /// failed list in Application: the channel decides.
    #[must_use]
    pub fn of(record: &'a EventRecord) -> Self {
        let application = application_event(record);
        let capi2 = if application.is_some() { None } else { capi2::decode(record) };
        Self { record, capi2, application }
    }
}

/// A record: who wrote it, when, and what it says.
#[must_use]
pub fn event(record: &EventRecord) -> Field {
    let decoded = DecodedRecord::of(record);
    let id = record.event_id;
    let name = match (&decoded.application, capi2::name_of(id)) {
        (Some(_), _) => "of the automatic root update".to_owned(),
        (None, Some(name)) => name.to_owned(),
        (None, None) => "without a published name".to_owned(),
    };
    let inferred = if record.id_source == IdSource::Record { "" } else { ", number inferred" };
    let mut parts = Vec::new();
    let mut part = |label: &str, value: Option<String>| {
        parts.extend(value.filter(|text| !text.is_empty()).map(|text| Field::new(label, text)));
    };
    part("Record", record.record_id.map(|number| number.to_string()));
    part("Time", record.time.map(|time| time.to_string()));
    part("Level", record.level.map(level));
    part("Channel", Some(record.channel.clone()));
    part("Provider", Some(record.provider.clone()));
    part("Computer", Some(record.computer.clone()));
    part("Process", record.process_id.map(|id| format!("number {id}")));
    if !record.is_complete {
        part("PROBLEM", Some("the record could be read in part only".to_owned()));
    }
    if let Some(found) = &decoded.application {
        parts.extend(application(found));
    }
    let tree = decoded.capi2.as_ref().and_then(|found| serde_json::to_value(found).ok());
    if let Some(Value::Object(values)) = tree {
        parts.extend(values.iter().filter_map(|(name, value)| from_json(name, value)));
    }
    Field::of(format!("Event {id}"), format!("{name}{inferred}"), parts)
}

fn level(level: u8) -> String {
    let name = match level {
        1 => "critical",
        2 => "error",
        3 => "warning",
        4 => "information",
        5 => "verbose",
        _ => "not documented",
    };
    format!("{level} ({name})")
}

fn application(event: &ApplicationEvent) -> Vec<Field> {
    let mut fields = Vec::new();
    let is_it = |known: &&&family::EventDefinition| {
        let id = event.id;
        let older = if event.source == CAPI2_PROVIDER { known.vista_id } else { known.xp_id };
        known.id == id || older == Some(id)
    };
    if let Some(definition) = family::TABLE.iter().find(is_it) {
        fields.push(Field::new("Meaning", definition.meaning));
    }
    for (index, argument) in event.arguments.iter().enumerate() {
        fields.push(Field::new(format!("Argument {}", index + 1), argument.trim()));
    }
    for found in &event.error {
        let text = format!("{} (inferred from the text)", super::code(found.code));
        fields.push(Field::new("Error", text));
    }
    fields
}

/// A result code with its name; any other text as it is.
fn coded(name: &str, text: &str) -> String {
    let digits = text.strip_prefix("0x").filter(|digits| name == "code" && digits.len() == 8);
    match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
        Some(0) => format!("{text} (success)"),
        Some(code) => super::code(HResult(code)),
        None => text.to_owned(),
    }
}

/// A value as a field: its name in words, what is empty left out.
fn from_json(name: &str, value: &Value) -> Option<Field> {
    let label = name.replace('_', " ");
    let text = match value {
        Value::Null => return None,
        Value::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => coded(name, text),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        Value::Array(values) => {
            let parts: Vec<_> = values
                .iter()
                .enumerate()
                .filter_map(|(index, value)| from_json(&format!("[{index}]"), value))
                .collect();
            return (!parts.is_empty()).then(|| Field::of(label, "", parts));
        }
        Value::Object(values) => {
            let parts: Vec<_> =
                values.iter().filter_map(|(name, value)| from_json(name, value)).collect();
            return (!parts.is_empty()).then(|| Field::of(label, "", parts));
        }
    };
    (!text.is_empty()).then(|| Field::new(label, text))
}
