//! Events as evtx_dump writes them: one JSON object each, on a line of its own, in an array or
//! under a line `Record n`. Attributes stand under `#attributes` or in a sibling `x_attributes`,
//! text under `#text`; elements that return are numbered (`x`, `x_1`) or in an array.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::element::Builder;
use super::record::EventRecord;
use super::{EventLogError, EventLogErrorKind, EventLogLimit, Sink, xml};

/// How often reading begins anew behind malformed JSON.
const MAX_RESTARTS: usize = 1024;

pub(super) fn read(octets: &[u8], sink: &mut Sink<'_>) {
    let text = xml::decode(octets, sink);
    let (mut position, mut restarts) = (0, 0);
    while let Some(start) = text.get(position..).and_then(|rest| rest.find('{')) {
        position += start;
        let rest = text.get(position..).unwrap_or_default();
        match one(rest, sink.limits.max_record) {
            Ok((value, length)) => {
                event(&value, position, sink);
                position += length;
            }
            Err(problem) => {
                let kind = EventLogErrorKind::Json(problem);
                sink.problem(EventLogError::new(kind, position));
                restarts += 1;
                if restarts > MAX_RESTARTS {
                    return sink.once_too_large(EventLogLimit::MaxRestarts, position);
                }
                let next = ["\n{", "{\"Event\""].iter().filter_map(|begin| {
                    rest.get(1..).and_then(|rest| rest.find(begin)).map(|found| found + 1)
                });
                let Some(next) = next.min() else { return };
                position += next;
            }
        }
    }
}

/// Reads one value and says how long it is.
fn one(text: &str, budget: usize) -> Result<(Value, usize), String> {
    let left = Cell::new(budget);
    // a StreamDeserializer takes no seed, and a Deserializer does not say where it stopped
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    match stream.next() {
        Some(Ok(_)) => {}
        Some(Err(error)) => return Err(error.to_string()),
        None => return Err("no value".to_owned()),
    }
    let length = stream.byte_offset();
    let mut reader = serde_json::Deserializer::from_str(text.get(..length).unwrap_or(text));
    let value = Seed(&left).deserialize(&mut reader).map_err(|error| error.to_string())?;
    Ok((value, length))
}

fn event(value: &Value, offset: usize, sink: &mut Sink<'_>) {
    let Value::Object(entries) = value else { return };
    let found = entries.iter().find(|(name, _)| name == "Event");
    let Some((_, event)) = found else {
        let kind = EventLogErrorKind::NotAnEvent("a JSON object without \"Event\"".to_owned());
        return sink.problem(EventLogError::new(kind, offset));
    };
    let limits = sink.limits;
    let mut builder = Builder::new(&mut sink.interner, &limits);
    let built = element(&mut builder, "Event", event, None);
    let root = builder.finish().into_iter().next();
    let result = built.and_then(|()| {
        let root = root.ok_or_else(|| EventLogErrorKind::NotAnEvent("null".to_owned()))?;
        EventRecord::from_element(root, offset)
    });
    match result {
        Ok(record) => sink.record(record),
        Err(kind) => sink.problem(EventLogError::new(kind, offset)),
    }
}

type Built = Result<(), EventLogErrorKind>;

fn element(
    builder: &mut Builder<'_>,
    name: &str,
    value: &Value,
    attributes: Option<&Value>,
) -> Built {
    if let Value::Array(items) = value {
        return items.iter().try_for_each(|item| element(builder, name, item, attributes));
    }
    builder.open(name)?;
    put_attributes(builder, attributes)?;
    let mut texts = None;
    match value {
        Value::Text(text) => builder.text(text)?,
        Value::Object(entries) if name == "EventData" => event_data(builder, entries)?,
        Value::Object(entries) => texts = children(builder, entries)?,
        Value::Null | Value::Array(_) => {}
    }
    match texts {
        Some(texts) => builder.close_each(&texts)?,
        None => {
            builder.close();
        }
    }
    Ok(())
}

fn put_attributes(builder: &mut Builder<'_>, attributes: Option<&Value>) -> Built {
    let Some(Value::Object(entries)) = attributes else { return Ok(()) };
    entries.iter().try_for_each(|(name, value)| match value {
        Value::Text(text) => builder.attribute(name, text),
        _ => Ok(()),
    })
}

const ATTRIBUTES: &str = "#attributes";
const TEXT: &str = "#text";
const SUFFIX: &str = "_attributes";

/// Puts what an object holds into the open element. Several texts are several elements.
fn children(
    builder: &mut Builder<'_>,
    entries: &[(String, Value)],
) -> Result<Option<Vec<String>>, EventLogErrorKind> {
    let aside: HashMap<&str, &Value> = entries
        .iter()
        .filter_map(|(name, value)| Some((name.strip_suffix(SUFFIX)?, value)))
        .collect();
    let names: HashSet<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
    let mut seen = HashSet::new();
    let mut texts = None;
    for (name, value) in entries {
        match (name.as_str(), value) {
            (ATTRIBUTES, attributes) => put_attributes(builder, Some(attributes))?,
            (TEXT, Value::Text(text)) => builder.text(text)?,
            (TEXT, Value::Array(items)) => {
                let text = |item: &Value| match item {
                    Value::Text(text) => text.clone(),
                    _ => String::new(),
                };
                texts = Some(items.iter().map(text).collect());
            }
            (TEXT, _) => {}
            (name, attributes @ Value::Object(_)) if name.ends_with(SUFFIX) => {
                // an element that has nothing but attributes has no entry of its own
                let own = name.strip_suffix(SUFFIX).unwrap_or(name);
                if !names.contains(own) {
                    element(builder, base_name(own, &mut seen), &Value::Null, Some(attributes))?;
                }
            }
            (name, value) => {
                let base = base_name(name, &mut seen);
                element(builder, base, value, aside.get(name).copied())?;
            }
        }
    }
    Ok(texts)
}

/// An element's name without the number it has where it returns.
fn base_name<'n>(name: &'n str, seen: &mut HashSet<&'n str>) -> &'n str {
    let base = unnumbered(name).filter(|base| seen.contains(base)).unwrap_or(name);
    seen.insert(base);
    base
}

/// `Certificate` of `Certificate_1`.
fn unnumbered(name: &str) -> Option<&str> {
    let (base, number) = name.rsplit_once('_')?;
    (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some(base)
}

/// EventData: values that have names stand under these, not under `Data`.
fn event_data(builder: &mut Builder<'_>, entries: &[(String, Value)]) -> Built {
    for (name, value) in entries {
        match name.as_str() {
            ATTRIBUTES => put_attributes(builder, Some(value))?,
            TEXT => {}
            "Data" | "Binary" => element(builder, name, value, None)?,
            name => {
                let text = match value {
                    Value::Text(text) => text.as_str(),
                    _ => "",
                };
                builder.open("Data")?;
                builder.attribute("Name", name)?;
                builder.text(text)?;
                builder.close();
            }
        }
    }
    Ok(())
}

/// A JSON value whose objects keep their order; numbers and booleans are text.
#[derive(Debug)]
enum Value {
    Null,
    Text(String),
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// Reads a [`Value`] as long as octets are left.
#[derive(Clone, Copy)]
struct Seed<'l>(&'l Cell<usize>);

impl Seed<'_> {
    fn spend<E: Error>(self, octets: usize) -> Result<(), E> {
        let cost = octets.saturating_add(size_of::<Value>());
        let left = self.0.get().checked_sub(cost);
        self.0.set(left.ok_or_else(|| E::custom("an event larger than max_record allows"))?);
        Ok(())
    }

    fn text<E: Error>(self, text: &str) -> Result<Value, E> {
        self.spend(text.len())?;
        Ok(Value::Text(text.to_owned()))
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.spend(0)?;
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.text(if value { "true" } else { "false" })
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.text(&value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.text(&value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.text(&value.to_string())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.text(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        self.spend(0)?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        self.spend(0)?;
        let mut entries = Vec::new();
        while let Some(name) = access.next_key::<String>()? {
            self.spend(name.len() + size_of::<String>())?;
            entries.push((name, access.next_value_seed(self)?));
        }
        Ok(Value::Object(entries))
    }
}
