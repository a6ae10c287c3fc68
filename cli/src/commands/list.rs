//! `chaincheck list`: what a trust list holds, and whether it is accepted.

pub(super) mod diff;

use std::io;
use std::sync::Arc;

use chaincheck_engine::base::digest::hex;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::engine::Profile;
use chaincheck_engine::format::{self, Kind, Limits};
use chaincheck_engine::retrieval::{CacheEntry, Recorded};
use chaincheck_engine::root_update::list::{ListReport, ListSettings, examine};
use chaincheck_engine::root_update::{LIST_FILE, ROOT_DIR_URL, RootUpdate};
use chaincheck_engine::scenario::{entry_value, list_value};
use serde_json::Value;

use crate::options::{Format, ListRoot, Machine};
use crate::output::{Error, Status};
use crate::text::Text;
use crate::{input, report};

/// The property that holds a friendly name.
const FRIENDLY_NAME: u64 = 11;

/// What is in this trust list, who signed it, is it accepted, until when?
///
/// FILE is a cabinet, an .stl or the octets of a registry value: the list of roots (authroot), of
/// distrusted certificates (disallowedcert) or another.
///
/// Exit status: 0 accepted, 1 not accepted, 2 unreadable.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArguments {
    /// The list; `-` is standard input
    #[arg(value_name = "FILE")]
    file: String,
    #[command(flatten)]
    machine: Machine,
    #[command(flatten)]
    roots: ListRoot,
    /// Show each entry with its properties
    #[arg(long)]
    entries: bool,
    /// Show which entries the list OTHER adds, removes and changes
    #[arg(long, value_name = "OTHER")]
    diff: Option<String>,
    /// How to write the result
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(crate) fn run(arguments: &ListArguments) -> Result<Status, Error> {
    let settings = arguments.machine.list_settings(&arguments.roots, Profile::default())?;
    let octets = read_list(&arguments.file)?;
    let found = examine(&octets, &settings);
    let unproven = unproven(&octets, &found, &settings);
    let difference = match &arguments.diff {
        Some(other) => {
            let changed = examine(&read_list(other)?, &settings);
            match (&found.list, &changed.list) {
                (Some(before), Some(after)) => Some(diff::Difference::between(before, after)),
                (Some(_), None) => return Err(Error::Input(other.clone(), unreadable(&changed))),
                (None, _) => None,
            }
        }
        None => None,
    };
    let mut out = io::stdout().lock();
    match arguments.format {
        Format::Json => {
            let mut value = list_value(&found, arguments.entries);
            if let (Some(object), Some(note)) = (value.as_object_mut(), &unproven) {
                object.insert("unproven".to_owned(), serde_json::json!([note]));
            }
            if let (Some(object), Some(difference)) = (value.as_object_mut(), &difference) {
                object.insert("diff".to_owned(), difference.value());
            }
            crate::output::print_json(&mut out, &value)?;
        }
        Format::Text => {
            let mut text = Text::new();
            describe(&mut text, arguments, &found, &settings, unproven.as_deref());
            if let Some(difference) = &difference {
                text.blank();
                difference.describe(&mut text);
            }
            text.print(&mut out)?;
        }
    }
    if found.list.is_none() {
        return Err(Error::Input(arguments.file.clone(), unreadable(&found)));
    }
    Ok(Status::from_bool(found.is_accepted()))
}

/// Reads a list, out of whatever text or store it is wrapped in. A cabinet stays one.
fn read_list(file: &str) -> Result<Vec<u8>, Error> {
    let octets = input::read(file)?;
    if format::detect(&octets) == Kind::Cabinet {
        return Ok(octets);
    }
    let items = format::open(&octets, &Limits::default()).map(|contents| contents.items);
    let mut lists =
        items.into_iter().flatten().filter(|item| item.kind == Kind::CertificateTrustList);
    // the octets behind a message are a finding about the list itself
    let wrapped = lists.next().filter(|item| !item.origin.is_empty());
    Ok(wrapped.map_or(octets, |item| item.octets.to_vec()))
}

/// What the root update says is not proven of a list that fails by time alone: later systems
/// raise no event for it.
fn unproven(octets: &[u8], found: &ListReport, settings: &ListSettings) -> Option<String> {
    if !found.fails_by_time_alone() {
        return None;
    }
    let cached = CacheEntry {
        url: format!("{ROOT_DIR_URL}{LIST_FILE}"),
        octets: Arc::from(octets),
        last_sync: None,
    };
    let recorded = Recorded::new([], [cached]);
    let update = RootUpdate::new(settings.clone(), &recorded).run();
    update.unproven.into_iter().next().filter(|_| update.events.is_empty())
}

fn unreadable(found: &ListReport) -> String {
    let why = found.why.as_deref().unwrap_or("unknown reason");
    format!("no trust list can be read: {why}")
}

fn describe(
    text: &mut Text,
    arguments: &ListArguments,
    found: &ListReport,
    settings: &ListSettings,
    unproven: Option<&str>,
) {
    let now = settings.now;
    text.line(0, &arguments.file);
    describe_list(text, found, now);
    describe_signatures(text, found, now);
    if let Some(chain) = &found.chain {
        text.blank();
        text.line(0, "Signer's chain");
        report::chain(text, chain, now);
    }
    text.blank();
    describe_verdict(text, found, now, settings.profile);
    if let Some(note) = unproven {
        text.item(2, &format!("not proven: {note}"));
    }
    if arguments.entries {
        describe_entries(text, found);
    }
}

fn describe_list(text: &mut Text, found: &ListReport, now: Time) {
    if let Some(container) = &found.container {
        text.field(
            "container",
            &format!(
                "cabinet with {} ({} octets), {}, modified {}; {} data blocks, {} checksums \
                 verified; {} octets behind the cabinet",
                container.member,
                container.size,
                container.compression,
                container.modified,
                container.blocks,
                container.checksums_verified,
                container.trailing_octets
            ),
        );
    }
    let Some(list) = &found.list else { return };
    for usage in &list.usage {
        text.field("usage", &report::oid(usage));
    }
    if let Some(identifier) = list.list_identifier_text() {
        text.field("identifier", &identifier);
    }
    let number = list.sequence_number.as_deref().map_or_else(|| "none".to_owned(), hex);
    let time = list.sequence_time().map(|time| format!(" (as a time: {time})"));
    text.field("sequence number", &format!("{number}{}", time.unwrap_or_default()));
    text.field(
        "ThisUpdate",
        &format!("{} ({})", list.this_update, report::distance(list.this_update, now)),
    );
    let next = list.next_update.map_or_else(
        || "none".to_owned(),
        |time| format!("{time} ({})", report::distance(time, now)),
    );
    text.field("NextUpdate", &next);
    text.field("identified by", &report::oid(&list.subject_algorithm));
    text.field("entries", &list.len().to_string());
    for extension in &list.extensions {
        let critical = if extension.critical { "critical" } else { "not critical" };
        let size = extension.value.len();
        text.field(
            "extension",
            &format!("{}, {critical}, {size} octets", report::oid(&extension.oid)),
        );
    }
    text.field(
        "trailing",
        &format!(
            "{} octets behind the list, {} behind the message",
            list.trailing_octets, found.trailing_octets
        ),
    );
}

fn describe_signatures(text: &mut Text, found: &ListReport, now: Time) {
    for signature in &found.signatures {
        text.blank();
        text.line(0, &format!("Signature ({})", signature.kind.name()));
        let verified = match &signature.verified {
            Ok(()) => "yes".to_owned(),
            Err(problem) => format!("NO: {problem}"),
        };
        text.field("verified", &verified);
        if !signature.digest.is_empty() {
            text.field("digest", &signature.digest);
        }
        if let Some(signer) = &signature.signer {
            text.field("signer", &signer.subject().to_string());
            text.field("issuer", &signer.issuer().to_string());
            text.field("valid", &report::validity(signer, now));
            text.field("SHA-1", &hex(&signer.sha1()));
        }
        if let Some(time) = signature.signing_time {
            text.field("signing time", &time.to_string());
        }
    }
}

fn describe_verdict(text: &mut Text, found: &ListReport, now: Time, profile: Profile) {
    match found.failing_step {
        None => text.line(0, &format!("ACCEPTED at {now} as {} judges it", profile.name())),
        Some(step) => {
            text.line(
                0,
                &format!(
                    "NOT ACCEPTED at {now} as {} judges it, at step {}",
                    profile.name(),
                    step.name()
                ),
            );
            text.item(2, &report::code(found.error));
            if let Some(why) = &found.why {
                text.item(2, why);
            }
        }
    }
    if let Some(signer) = found.signer() {
        let end = signer.not_after();
        let word = if end < now { "expired" } else { "expires" };
        let when = report::distance(end, now);
        text.item(2, &format!("the signer's certificate {word} {when}: notAfter {end}"));
    }
}

fn describe_entries(text: &mut Text, found: &ListReport) {
    let Some(list) = &found.list else { return };
    for (index, entry) in list.entries().enumerate() {
        let value = entry_value(&entry);
        text.blank();
        text.item(0, &format!("Entry {}: {}", index + 1, title(&value)));
        for property in properties(&value) {
            if property_id(property) != Some(FRIENDLY_NAME) {
                text.item(2, &format!("{}: {}", property_name(property), property_text(property)));
            }
        }
    }
}

/// An entry's friendly name, if it has one, and its identifier.
fn title(entry: &Value) -> String {
    let id = entry.get("id").and_then(Value::as_str).unwrap_or_default();
    let named = properties(entry).find(|property| property_id(property) == Some(FRIENDLY_NAME));
    match named.and_then(|property| property.get("value")).and_then(Value::as_str) {
        Some(name) => format!("{name} ({id})"),
        None => match text_of(id) {
            // a domain in pin rules
            Some(text) => format!("\"{text}\" ({id})"),
            None => id.to_owned(),
        },
    }
}

/// The text that an identifier in hexadecimal is, if every octet of it is a visible character.
fn text_of(hexadecimal: &str) -> Option<String> {
    let (pairs, _) = hexadecimal.as_bytes().as_chunks::<2>();
    pairs
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .map(|octet| octet.filter(u8::is_ascii_graphic).map(char::from))
        .collect::<Option<String>>()
        .filter(|text| !text.is_empty())
}

fn properties(entry: &Value) -> impl Iterator<Item = &Value> {
    entry.get("properties").and_then(Value::as_array).into_iter().flatten()
}

fn property_id(property: &Value) -> Option<u64> {
    property.get("id").and_then(Value::as_u64)
}

fn property_name(property: &Value) -> String {
    let name = property.get("name").and_then(Value::as_str);
    let number = property_id(property).map(|id| format!("property {id}"));
    let oid = property.get("oid").and_then(Value::as_str).map(str::to_owned);
    match (name, number.or(oid)) {
        (Some(name), Some(number)) => format!("{name} ({number})"),
        (None, Some(number)) => format!("{number} (no published name)"),
        (name, None) => name.unwrap_or("unnamed attribute").to_owned(),
    }
}

fn property_text(property: &Value) -> String {
    let raw = property.get("raw").and_then(Value::as_str).unwrap_or_default();
    if let Some(problem) = property.get("problem").and_then(Value::as_str) {
        return format!("unreadable ({problem}): {raw}");
    }
    match property.get("value") {
        None => format!("octets {raw}"),
        Some(Value::Null) => "empty: an earlier value is withdrawn".to_owned(),
        Some(Value::Array(items)) if items.is_empty() => "an empty list".to_owned(),
        Some(Value::Array(items)) => items.iter().map(part_text).collect::<Vec<_>>().join(", "),
        Some(value) => part_text(value),
    }
}

fn part_text(value: &Value) -> String {
    if let Some(policy) = value.get("policy").and_then(Value::as_str) {
        let qualifiers = value.get("qualifiers").and_then(Value::as_array);
        let qualifiers: Vec<_> = qualifiers
            .into_iter()
            .flatten()
            .map(|qualifier| {
                let field = |name| qualifier.get(name).and_then(Value::as_str).unwrap_or_default();
                format!("{} = {}", named_oid(field("id")), field("der"))
            })
            .collect();
        return format!("policy {} [{}]", named_oid(policy), qualifiers.join("; "));
    }
    value.as_str().map_or_else(|| value.to_string(), named_oid)
}

/// A dotted identifier with its name; any other text as it is.
fn named_oid(text: &str) -> String {
    let dotted = text.contains('.') && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match text.parse() {
        Ok(oid) if dotted => report::oid(&oid),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_that_are_text_are_shown_as_text() {
        assert_eq!(text_of("2e78626f78").as_deref(), Some(".xbox"));
        assert_eq!(text_of("2e78626f00"), None);
        assert_eq!(text_of(""), None);
    }
}
