//! Events within other text: what is copied from the Event Viewer ("Event Xml:"), lists of
//! PowerShell with XML wrapped at the width of its window, and excerpts with parts left out.

use super::capi2;
use super::element::Element;
use super::record::{DataItem, EventRecord, number};
use super::{CAPI2_PROVIDER, EventLogError, EventLogErrorKind, Sink, xml};
use crate::base::hresult::HResult;

pub(super) fn read(octets: &[u8], sink: &mut Sink<'_>) {
    let text = xml::decode(octets, sink);
    let unwrapped;
    let text: &str = match is_wrapped(&text) {
        true => {
            unwrapped = unwrap(&text);
            sink.kept = sink.kept.saturating_add(unwrapped.len());
            &unwrapped
        }
        false => &text,
    };
    let mut position = 0;
    let mut header = 0;
    while let Some((start, name)) = xml::next_root(text, position) {
        let rest = text.get(start..).unwrap_or_default();
        let end = root_end(rest, name);
        // without an end: up to the next event, or all
        let length =
            end.unwrap_or_else(|| xml::next_root(rest, 1).map_or(rest.len(), |(next, _)| next));
        xml::read_text(rest.get(..length).unwrap_or(rest), start, sink);
        position = start + length;
        header = position;
    }
    if header == 0 {
        copied(text, sink);
    }
}

/// Length of an element that begins a text, if its end is there.
fn root_end(text: &str, name: &str) -> Option<usize> {
    for (at, _) in text.match_indices('<').skip(1) {
        let tag = text.get(at + 1..)?;
        if tag.strip_prefix('/').and_then(|tag| tag.strip_prefix(name)?.strip_prefix('>')).is_some()
        {
            return Some(at + name.len() + 3);
        }
        // an end behind the next beginning belongs to that one, and is not looked for
        if tag.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '>', '\r', '\n'])) {
            return None;
        }
    }
    None
}

/// Whether XML stands in a list of PowerShell: `name : <…`.
fn is_wrapped(text: &str) -> bool {
    text.lines().any(|line| {
        line.split_once(" : ").is_some_and(|(name, value)| {
            let is_name = name.trim_end().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            is_name && !name.starts_with(' ') && value.trim_start().starts_with('<')
        })
    })
}

/// Joins the lines of a PowerShell list again. A line that is as long as the longest was cut
/// within a word, a shorter one at a blank; where that would break a tag, the tag decides.
fn unwrap(text: &str) -> String {
    let width = text.lines().map(|line| line.trim_end().chars().count()).max().unwrap_or(0);
    let mut joined =
        Joined { text: String::with_capacity(text.len()), in_tag: false, quoted: false };
    let mut was_full = false;
    for line in text.lines() {
        let is_continued = line.starts_with("    ") && !line.trim().is_empty();
        if is_continued {
            joined.join(line.trim(), was_full);
        } else {
            joined.text.push('\n');
            joined.in_tag = false;
            joined.quoted = false;
            joined.push(line.trim_end());
        }
        was_full = line.trim_end().chars().count() >= width;
    }
    joined.text
}

struct Joined {
    text: String,
    in_tag: bool,
    quoted: bool,
}

impl Joined {
    fn push(&mut self, line: &str) {
        for character in line.chars() {
            match character {
                '"' if self.in_tag => self.quoted = !self.quoted,
                '<' if !self.quoted => self.in_tag = true,
                '>' if !self.quoted => self.in_tag = false,
                _ => {}
            }
            self.text.push(character);
        }
    }

    fn join(&mut self, line: &str, was_full: bool) {
        let blank = match (self.in_tag, self.quoted) {
            (true, false) => self.is_parted(line),
            _ => !was_full,
        };
        if blank {
            self.text.push(' ');
        }
        self.push(line);
    }

    /// Whether a blank stood between two pieces of a tag.
    fn is_parted(&self, line: &str) -> bool {
        let pending = self.text.rsplit(char::is_whitespace).next().unwrap_or_default();
        let next = line.split([' ', '>', '/']).next().unwrap_or_default();
        if pending.ends_with('"') {
            return !next.is_empty();
        }
        // between an element's name and its first attribute; a name that was cut has no = behind
        let name = pending.rsplit_once('<').map(|(_, name)| name);
        name.is_some_and(|name| !name.is_empty()) && next.contains('=')
    }
}

/// What a text without whole XML says: the lines of the Event Viewer, and pieces of XML or the
/// description.
fn copied(text: &str, sink: &mut Sink<'_>) {
    let field = |name: &str| {
        let value = |line: &str| Some(line.trim_start().strip_prefix(name)?.trim().to_owned());
        text.lines().find_map(value).filter(|value| !value.is_empty())
    };
    let Some(event_id) = field("Event ID:").and_then(|id| number(&id)) else {
        let kind = EventLogErrorKind::NotAnEvent("a text without \"Event ID:\"".to_owned());
        return sink.problem(EventLogError::new(kind, 0));
    };
    let mut record = EventRecord::empty(0);
    record.event_id = event_id;
    record.channel = field("Log Name:").unwrap_or_default();
    record.provider = match field("Source:") {
        // as the Event Viewer's own window shows it
        Some(source) if source == "CAPI2" => CAPI2_PROVIDER.to_owned(),
        source => source.unwrap_or_default(),
    };
    record.computer = field("Computer:").unwrap_or_default();
    record.level = field("Level:").and_then(|level| match level.as_str() {
        "Critical" => Some(1),
        "Error" => Some(2),
        "Warning" => Some(3),
        "Information" => Some(4),
        "Verbose" => Some(5),
        _ => None,
    });
    record.is_complete = false;
    if record.is_operational() {
        excerpt(text, &mut record, sink);
    } else if let Some((_, description)) = text.split_once("Description:") {
        record.data = arguments(description);
    }
    sink.record(record);
}

/// Pieces of the data of an event in CAPI2's own channel.
fn excerpt(text: &str, record: &mut EventRecord, sink: &mut Sink<'_>) {
    let (Some(start), Some(name)) = (text.find('<'), capi2::name_of(record.event_id)) else {
        return;
    };
    let limits = sink.limits;
    let pieces = text.get(start..).unwrap_or_default();
    let (roots, problem) = xml::excerpt(pieces, &mut sink.interner, &limits);
    if let Some(kind) = problem {
        sink.problem(EventLogError::new(kind, start));
    }
    let mut data = Element::new(name);
    for root in roots {
        data.push(root);
    }
    record.user_data = Some(data);
}

/// The arguments of a failure out of its description: what stands in angle brackets, and the
/// message at the end, if it is one that is known. In every language published the description
/// has both.
fn arguments(description: &str) -> Vec<DataItem> {
    let item = |value: &str| DataItem { name: None, value: value.trim().to_owned() };
    let description = description.split("Event Xml:").next().unwrap_or_default();
    let Some((_, rest)) = description.split_once('<') else { return Vec::new() };
    let Some((first, rest)) = rest.split_once('>') else { return Vec::new() };
    let ends = rest.match_indices([':', '：']).take(MAX_COLONS);
    let mut messages = ends.filter_map(|(at, colon)| rest.get(at + colon.len()..));
    let message = messages.find(|text| !HResult::identify(text).is_empty());
    message.map_or_else(Vec::new, |message| vec![item(first), item(message)])
}

/// Colons of a description that are looked behind; real ones have two.
const MAX_COLONS: usize = 16;
