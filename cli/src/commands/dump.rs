//! `chaincheck dump`: what a file holds.

use std::io;

use chaincheck_engine::base::digest::{hex, sha1, sha256};
use chaincheck_engine::format::{Contents, Item, Kind};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::property;
use serde_json::{Value, json};

use crate::options::{self, Format, PasswordOptions};
use crate::output::{Error, Status, print_json};
use crate::text::Text;

/// What does this file hold?
///
/// Exit status: 0 everything could be read, 1 some parts could not, 2 nothing of a
/// file could.
#[derive(Debug, clap::Args)]
pub(crate) struct DumpArguments {
    /// Files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    #[command(flatten)]
    passwords: PasswordOptions,
    /// How to write the result
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(crate) fn run(arguments: &DumpArguments) -> Result<Status, Error> {
    let passwords = arguments.passwords.read()?;
    let mut status = Status::Yes;
    let mut text = Text::new();
    let mut values = Vec::new();
    for file in &arguments.files {
        match options::open(file, &passwords) {
            Ok(contents) => {
                let (value, answer) = contents_value(file, &contents);
                status = status.max(answer);
                describe(&mut text, &value);
                values.push(value);
            }
            Err(error) => {
                eprintln!("chaincheck: {error}");
                status = Status::Unanswered;
            }
        }
    }
    let mut out = io::stdout().lock();
    match arguments.format {
        Format::Text => text.print(&mut out)?,
        Format::Json => print_json(&mut out, &Value::Array(values))?,
    }
    Ok(status)
}

/// What a file holds, and how much of it could be read: all, a part, nothing.
fn contents_value(file: &str, contents: &Contents) -> (Value, Status) {
    let items: Vec<Value> = contents.items.iter().map(item_value).collect();
    let readable = items.iter().all(|item| item.get("problem").is_none());
    let notes: Vec<String> = contents.notes.iter().map(ToString::to_string).collect();
    let status = match (notes.is_empty(), contents.items.is_empty()) {
        (false, true) => Status::Unanswered,
        (complete, _) => Status::from_bool(complete && readable),
    };
    let value = json!({
        "file": file,
        "kind": contents.kind.to_string(),
        "items": items,
        "notes": notes,
        "trailing_bytes": contents.trailing,
    });
    (value, status)
}

fn item_value(item: &Item) -> Value {
    let properties: Vec<Value> = item
        .properties
        .iter()
        .map(|stored| {
            json!({
                "id": stored.id,
                "name": property::property(stored.id).map(|definition| definition.name),
                "raw": hex(&stored.value),
            })
        })
        .collect();
    let mut value = json!({
        "kind": item.kind.to_string(),
        "origin": item.origin,
        "offset": item.offset,
        "size": item.octets.len(),
        "sha1": hex(&sha1(&item.octets)),
        "sha256": hex(&sha256(&item.octets)),
        "properties": properties,
    });
    if item.kind == Kind::Certificate
        && let Some(object) = value.as_object_mut()
    {
        match Certificate::from_der(&item.octets) {
            Ok(certificate) => {
                for (key, text) in [
                    ("subject", certificate.subject().to_string()),
                    ("issuer", certificate.issuer().to_string()),
                    ("serial", hex(certificate.serial_number())),
                    ("not_before", certificate.not_before().to_string()),
                    ("not_after", certificate.not_after().to_string()),
                ] {
                    object.insert(key.to_owned(), Value::String(text));
                }
            }
            Err(error) => {
                object.insert("problem".to_owned(), Value::String(error.to_string()));
            }
        }
    }
    value
}

fn describe(text: &mut Text, value: &Value) {
    let field = |value: &Value, name: &str| {
        value.get(name).map(|found| found.as_str().map_or_else(|| found.to_string(), str::to_owned))
    };
    let array = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let show = |value: &Value, name: &str| field(value, name).unwrap_or_default();
    let items = array(value, "items");
    text.line(0, &show(value, "file"));
    text.field("kind", &show(value, "kind"));
    text.field("objects", &items.len().to_string());
    text.field("trailing", &format!("{} octets", show(value, "trailing_bytes")));
    for note in array(value, "notes").iter().filter_map(Value::as_str) {
        text.field("not read", note);
    }
    for (index, item) in items.iter().enumerate() {
        text.blank();
        text.line(0, &format!("[{}] {}", index + 1, show(item, "kind")));
        if let Some(origin) = field(item, "origin").filter(|origin| !origin.is_empty()) {
            text.field("from", &format!("{origin}, at offset {}", show(item, "offset")));
        }
        text.field("size", &format!("{} octets", show(item, "size")));
        for (label, name) in [
            ("SHA-1", "sha1"),
            ("SHA-256", "sha256"),
            ("subject", "subject"),
            ("issuer", "issuer"),
            ("serial", "serial"),
            ("not before", "not_before"),
            ("not after", "not_after"),
            ("PROBLEM", "problem"),
        ] {
            if let Some(found) = field(item, name) {
                text.field(label, &found);
            }
        }
        for stored in array(item, "properties") {
            let name = match stored.get("name").and_then(Value::as_str) {
                Some(name) => name.to_owned(),
                None => "no published name".to_owned(),
            };
            text.field(
                "property",
                &format!("{name} ({}): {}", show(&stored, "id"), show(&stored, "raw")),
            );
        }
    }
    text.blank();
}
