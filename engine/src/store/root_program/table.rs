//! The table of facts: what a list says, as text that anyone can read and compare, without the
//! list's signature.
//!
//! One line a fact, fields divided by tabs. After the [`MAGIC`] come the list's own facts, then
//! lists of usages that are named because they stand often, then the entries:
//!
//! ```text
//! chaincheck-trust-table 1
//! list            authroot
//! sequence        1401dd6344d40f0a15
//! this-update     2026-10-23T23:18:35Z
//! sha-256         (of the signed list)
//! signed-until    2027-09-22T18:27:25Z
//! usages          a       1.3.6.1.5.5.7.3.1 1.3.6.1.5.5.7.3.2
//! root            (SHA-1) 9@a     11"A name       98x0123..       104t2021-08-01T00:00:00Z
//! ```
//!
//! A property is its number, a sign and its value: `@` a named list of usages, `"` UTF-16LE text,
//! `t` a FILETIME, `x` octets in hexadecimal, none for a value that is withdrawn. Properties stand
//! in the list's order, so that the table loses nothing of an entry.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use super::{DisallowedList, ListFacts, RootEntry, RootProgram};
use crate::base::digest::hex;
use crate::base::oid::Oid;
use crate::base::time::Time;
use crate::object::extension::read_oid_list;
use crate::object::property::{PropertyKind, property};
use crate::object::trust_list::utf16_text;
use crate::store::Properties;

/// The first line.
pub const MAGIC: &str = "chaincheck-trust-table 1";

/// Why a text is no table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for TableError {}

/// The table of a root program.
#[must_use]
pub fn of_program(program: &RootProgram) -> String {
    let mut names: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    let mut entries = String::new();
    let mut usages = String::new();
    for entry in program.entries() {
        let _ = write!(entries, "root\t{}", hex(&entry.sha1));
        for (id, octets) in entry.properties.iter() {
            let value = value_text(id, octets, &mut names, &mut usages);
            let _ = write!(entries, "\t{id}{value}");
        }
        entries.push('\n');
    }
    let mut text = head("authroot", program.facts());
    text.push_str(&usages);
    text.push_str(&entries);
    text
}

/// The table of a disallowed list.
#[must_use]
pub fn of_disallowed(list: &DisallowedList) -> String {
    let mut text = head("disallowed", Some(list.facts()));
    for identifier in list.identifiers() {
        let _ = writeln!(text, "id\t{}", hex(identifier));
    }
    text
}

fn head(name: &str, facts: Option<&ListFacts>) -> String {
    let mut text = format!("{MAGIC}\nlist\t{name}\n");
    if let Some(facts) = facts {
        let _ = writeln!(text, "sequence\t{}", hex(&facts.sequence_number));
        let _ = writeln!(text, "this-update\t{}", facts.this_update);
        let _ = writeln!(text, "sha-256\t{}", hex(&facts.sha256));
        if let Some(end) = facts.signed_until {
            let _ = writeln!(text, "signed-until\t{end}");
        }
    }
    text
}

/// The value of a property. What its kind does not give back octet for octet is hexadecimal.
fn value_text(
    id: u32,
    octets: &[u8],
    names: &mut BTreeMap<Vec<u8>, usize>,
    usages: &mut String,
) -> String {
    if octets.is_empty() {
        return "x".to_owned();
    }
    let kind = property(id).map(|definition| definition.kind);
    let readable = match kind {
        Some(PropertyKind::FileTime) => octets
            .try_into()
            .ok()
            .map(|ticks| format!("t{}", Time::from_filetime_octets(ticks)))
            .filter(|text| read_value(text, &BTreeMap::new()).as_deref() == Some(octets)),
        Some(PropertyKind::Text) => utf16_text(octets)
            .map(|text| format!("\"{text}"))
            .filter(|text| !text.contains(['\t', '\n', '\r']))
            .filter(|text| read_value(text, &BTreeMap::new()).as_deref() == Some(octets)),
        Some(PropertyKind::OidList) => read_oid_list(octets, 0)
            .ok()
            .filter(|oids| encode_oid_list(oids) == octets)
            .map(|oids| {
                let next = names.len();
                let name = *names.entry(octets.to_vec()).or_insert_with(|| {
                    let dotted: Vec<String> = oids.iter().map(Oid::to_string).collect();
                    let _ = writeln!(usages, "usages\t{next}\t{}", dotted.join(" "));
                    next
                });
                format!("@{name}")
            }),
        _ => None,
    };
    readable.unwrap_or_else(|| format!("x{}", hex(octets)))
}

/// Reads the table of a root program.
///
/// # Errors
/// If the text is none.
pub fn read_program(text: &str) -> Result<RootProgram, TableError> {
    let mut usages: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    let mut entries = Vec::new();
    let facts = read(text, "authroot", |name, value| {
        match name {
            "usages" => {
                let (name, oids) = value.split_once('\t').ok_or("no list of usages")?;
                let oids: Result<Vec<Oid>, _> =
                    oids.split_terminator(' ').map(str::parse).collect();
                let oids = oids.map_err(|_| "no object identifier")?;
                usages.insert(name, encode_oid_list(&oids));
            }
            "root" => entries.push(read_entry(value, &usages)?),
            _ => return Err("a fact of no known kind"),
        }
        Ok(())
    })?;
    let lines = text.lines().count();
    RootProgram::new(facts, entries)
        .map_err(|_| TableError { line: lines, what: "two roots have one identifier" })
}

fn read_entry(value: &str, usages: &BTreeMap<&str, Vec<u8>>) -> Result<RootEntry, &'static str> {
    let mut fields = value.split('\t');
    let sha1 = fields.next().and_then(octets_of).and_then(|octets| octets.try_into().ok());
    let mut properties = Properties::new();
    for field in fields {
        let end = field.bytes().take_while(u8::is_ascii_digit).count();
        let (id, value) = field.split_at(end);
        let id = id.parse().map_err(|_| "no number of a property")?;
        properties.set(id, read_value(value, usages).ok_or("no value of a property")?);
    }
    Ok(RootEntry { sha1: sha1.ok_or("no SHA-1")?, properties })
}

fn read_value(text: &str, usages: &BTreeMap<&str, Vec<u8>>) -> Option<Vec<u8>> {
    match text.split_at_checked(1)? {
        ("@", name) => usages.get(name).cloned(),
        ("\"", text) => {
            let units = text.encode_utf16().chain([0]);
            Some(units.flat_map(u16::to_le_bytes).collect())
        }
        ("t", time) => Some(time.parse::<Time>().ok()?.filetime().to_le_bytes().to_vec()),
        ("x", octets) => octets_of(octets),
        _ => None,
    }
}

/// Reads the table of a disallowed list.
///
/// # Errors
/// If the text is none.
pub fn read_disallowed(text: &str) -> Result<DisallowedList, TableError> {
    let mut identifiers = Vec::new();
    let facts = read(text, "disallowed", |name, value| {
        if name != "id" {
            return Err("a fact of no known kind");
        }
        identifiers.push(octets_of(value).ok_or("no identifier")?);
        Ok(())
    })?;
    Ok(DisallowedList::new(facts, identifiers))
}

/// Reads the head, and hands every other line to `entry`.
fn read<'a>(
    text: &'a str,
    wanted: &str,
    mut entry: impl FnMut(&'a str, &'a str) -> Result<(), &'static str>,
) -> Result<ListFacts, TableError> {
    let mut kind = None;
    let (mut sequence, mut this_update, mut sha256, mut signed_until) = (None, None, None, None);
    let mut lines = text.lines().enumerate();
    if lines.next().map(|(_, line)| line) != Some(MAGIC) {
        return Err(TableError { line: 1, what: "not the first line of a table" });
    }
    for (index, line) in lines {
        let fail = |what| TableError { line: index + 1, what };
        let (name, value) = line.split_once('\t').ok_or_else(|| fail("no tab"))?;
        let time = || value.parse::<Time>().map_err(|_| fail("no time"));
        match name {
            "list" => kind = Some(value),
            "sequence" => sequence = Some(octets_of(value).ok_or_else(|| fail("no octets"))?),
            "this-update" => this_update = Some(time()?),
            "signed-until" => signed_until = Some(time()?),
            "sha-256" => {
                let octets = octets_of(value).and_then(|octets| octets.try_into().ok());
                sha256 = Some(octets.ok_or_else(|| fail("no SHA-256"))?);
            }
            _ => entry(name, value).map_err(fail)?,
        }
    }
    if kind != Some(wanted) {
        return Err(TableError { line: 2, what: "the table of another list" });
    }
    match (sequence, this_update, sha256) {
        (Some(sequence_number), Some(this_update), Some(sha256)) => {
            Ok(ListFacts { sequence_number, this_update, sha256, signed_until })
        }
        _ => Err(TableError { line: 2, what: "sequence, this-update or sha-256 is missing" }),
    }
}

/// Octets from hexadecimal.
fn octets_of(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |symbol: u8| char::from(symbol).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let octets = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    if rest.is_empty() { octets.collect() } else { None }
}

/// SEQUENCE OF OBJECT IDENTIFIER, in DER: the value of a property that is a list of usages.
#[must_use]
pub fn encode_oid_list(oids: &[Oid]) -> Vec<u8> {
    let content: Vec<u8> = oids.iter().flat_map(|oid| value_of(0x06, oid.as_octets())).collect();
    value_of(0x30, &content)
}

fn value_of(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut octets = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length @ 0..=0x7f) => octets.push(length),
        _ => {
            let length = content.len().to_be_bytes();
            let start = length.iter().take_while(|octet| **octet == 0).count();
            let length = length.get(start..).unwrap_or_default();
            octets.push(0x80 | u8::try_from(length.len()).unwrap_or_default());
            octets.extend(length);
        }
    }
    octets.extend(content);
    octets
}
