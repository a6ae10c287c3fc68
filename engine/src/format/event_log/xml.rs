//! Events as XML: one, several without a wrapper (wevtutil), in `Events` (Event Viewer), or as
//! strings in PowerShell's serialized objects. Nothing is expanded but character references and the
//! five entities XML has; document types are passed over.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::binary_xml::utf16;
use super::capi2;
use super::element::{Builder, Element, Interner};
use super::record::EventRecord;
use super::{EventLogError, EventLogErrorKind, EventLogLimit, EventLogLimits, Sink};

/// How often reading begins anew behind something malformed; each time costs up to the whole text.
const MAX_RESTARTS: usize = 64;

pub(super) fn read(octets: &[u8], sink: &mut Sink<'_>) {
    read_text(&decode(octets, sink), 0, sink);
}

/// The octets as UTF-8: from UTF-16 with its mark or without, or as they are. What is neither is
/// said, and replaced.
pub(super) fn decode<'o>(octets: &'o [u8], sink: &mut Sink<'_>) -> Cow<'o, str> {
    let (start, text) = match octets {
        [0xff, 0xfe, rest @ ..] => return copied(utf16(rest), sink),
        [0xfe, 0xff, rest @ ..] => {
            let swapped: Vec<u8> =
                rest.as_chunks().0.iter().flat_map(|[high, low]| [*low, *high]).collect();
            return copied(utf16(&swapped), sink);
        }
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => return copied(utf16(octets), sink),
        [0xef, 0xbb, 0xbf, rest @ ..] => (3, rest),
        _ => (0, octets),
    };
    match std::str::from_utf8(text) {
        Ok(text) => Cow::Borrowed(text),
        Err(error) => {
            let place = start + error.valid_up_to();
            sink.problem(EventLogError::new(EventLogErrorKind::Encoding, place));
            copied(String::from_utf8_lossy(text).into_owned(), sink)
        }
    }
}

/// A copy of the log counts as kept.
fn copied<'o>(text: String, sink: &mut Sink<'_>) -> Cow<'o, str> {
    sink.kept = sink.kept.saturating_add(text.len());
    Cow::Owned(text)
}

/// Reads every event of a text that is XML.
pub(super) fn read_text(text: &str, base: usize, sink: &mut Sink<'_>) {
    let mut start = 0;
    for _ in 0..MAX_RESTARTS {
        let Some(rest) = text.get(start..) else { return };
        let Some(stop) = read_until_error(rest, base + start, sink) else { return };
        sink.problem(EventLogError::new(stop.kind, base + start + stop.position));
        let next = match stop.in_event {
            true => next_event(rest, stop.position),
            false => next_root(rest, stop.position + 1).map(|(next, _)| next),
        };
        let Some(next) = next else { return };
        start += next;
    }
    sink.once_too_large(EventLogLimit::MaxRestarts, base + start);
}

/// Where the next event begins behind a place.
fn next_event(text: &str, position: usize) -> Option<usize> {
    const START: &[u8] = b"<Event";
    let rest = text.as_bytes().get(position + 1..)?;
    let is_event = |window: &[u8]| {
        window.starts_with(START) && matches!(window.last(), Some(b' ' | b'>' | b'\r' | b'\n'))
    };
    rest.windows(START.len() + 1).position(is_event).map(|found| position + 1 + found)
}

/// Where the next event, or its data alone, begins, and its name.
pub(super) fn next_root(text: &str, from: usize) -> Option<(usize, &str)> {
    let mut position = from;
    loop {
        let start = position + text.get(position..)?.find('<')?;
        let behind = text.get(start + 1..)?;
        let end = behind.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(behind.len());
        let name = behind.get(..end)?;
        if name == "Event" || capi2::id_of(name).is_some() {
            return Some((start, name));
        }
        position = start + 1;
    }
}

/// What one look at the text gave.
enum Step {
    /// Go on.
    Next,
    /// Go on, but something was wrong.
    Problem(EventLogErrorKind),
    /// The end of the text.
    End,
}

/// Why and where reading stopped.
struct Stop {
    kind: EventLogErrorKind,
    position: usize,
    /// Whether that was within an `Event`, not in data that stands alone.
    in_event: bool,
}

/// Reads events until something is malformed, and says what and where. What is open by then is
/// handed on as it stands.
fn read_until_error(text: &str, base: usize, sink: &mut Sink<'_>) -> Option<Stop> {
    let mut interner = std::mem::take(&mut sink.interner);
    let limits = sink.limits;
    let mut tree = Tree::new(text, &mut interner, &limits);
    let problem = loop {
        let before = tree.position();
        match tree.step() {
            Ok(Step::End) => break None,
            Ok(Step::Next) => {}
            Ok(Step::Problem(kind)) => {
                tree.is_damaged = true;
                sink.problem(EventLogError::new(kind, base + before));
            }
            Err(kind) => break Some((kind, before)),
        }
        tree.hand_on(base, sink);
    };
    let is_open = !tree.builder.path().is_empty();
    let innermost = tree.builder.path().last().map(|element| element.name().to_owned());
    let start = tree.start;
    let in_event = tree.builder.path().first().is_some_and(|root| root.name() == "Event");
    let rest = tree.builder.finish();
    for root in rest {
        hand_on(root, base + start, !is_open, sink);
    }
    sink.interner = interner;
    match (problem, innermost) {
        (None, Some(name)) => {
            sink.problem(EventLogError::new(EventLogErrorKind::Unclosed(name), base + text.len()));
            None
        }
        (problem, _) => problem.map(|(kind, position)| Stop { kind, position, in_event }),
    }
}

/// A text that is being read into elements.
struct Tree<'t, 'i> {
    reader: Reader<&'t [u8]>,
    builder: Builder<'i>,
    /// Where the outermost element, or the event within a wrapper, begins.
    start: usize,
    /// Names of the wrappers that are open around events, outermost first.
    wrappers: Vec<String>,
    max_depth: usize,
    /// Whether what is no event is taken as a wrapper of events.
    has_wrappers: bool,
    /// Whether something was wrong in the event being read.
    is_damaged: bool,
}

impl<'t, 'i> Tree<'t, 'i> {
    fn new(text: &'t str, interner: &'i mut Interner, limits: &EventLogLimits) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.allow_unmatched_ends = true;
        config.check_end_names = false;
        config.allow_dangling_amp = true;
        let builder = Builder::new(interner, limits);
        Self {
            reader,
            builder,
            start: 0,
            wrappers: Vec::new(),
            max_depth: limits.max_depth,
            has_wrappers: true,
            is_damaged: false,
        }
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    fn step(&mut self) -> Result<Step, EventLogErrorKind> {
        let before = self.position();
        let event = self.reader.read_event().map_err(|e| EventLogErrorKind::Xml(e.to_string()))?;
        match event {
            Event::Eof => return Ok(Step::End),
            Event::Start(start) => return self.open(&start, before, false),
            Event::Empty(start) => return self.open(&start, before, true),
            Event::End(end) => return Ok(self.close(local_name(end.name().as_ref()))),
            Event::Text(text) => self.builder.text(&text)?,
            Event::CData(data) => self.builder.text(&data)?,
            Event::GeneralRef(reference) => self.builder.text(&character(&reference))?,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
        Ok(Step::Next)
    }

    fn open(
        &mut self,
        start: &BytesStart<'_>,
        offset: usize,
        is_empty: bool,
    ) -> Result<Step, EventLogErrorKind> {
        let qualified = start.name();
        let name = local_name(qualified.as_ref());
        let mut step = Step::Next;
        if is_new_event(name, start, self.builder.path()) {
            step = self.close_all();
        }
        if self.builder.path().is_empty() {
            self.start = offset;
            if self.has_wrappers && is_wrapper(name) {
                if !is_empty {
                    self.wrappers.push(name.to_owned());
                }
                return match self.wrappers.len() > self.max_depth {
                    true => Err(EventLogErrorKind::TooLarge(EventLogLimit::MaxDepth)),
                    false => Ok(step),
                };
            }
        }
        self.builder.open(name)?;
        for attribute in start.attributes().with_checks(false) {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(error) => {
                    step = Step::Problem(EventLogErrorKind::Xml(error.to_string()));
                    continue;
                }
            };
            self.builder.attribute(attribute.key.as_ref(), &unescape(&attribute.value))?;
        }
        if is_empty {
            self.builder.close();
        }
        Ok(step)
    }

    fn close(&mut self, name: &str) -> Step {
        let open = self.builder.path();
        let innermost = open.last().map(|element| element.name().to_owned());
        match open.iter().rposition(|element| element.name() == name) {
            Some(index) if index + 1 == open.len() => {
                self.builder.close();
                Step::Next
            }
            // an end is missing: what is inside ends here too
            Some(index) => {
                while self.builder.path().len() > index {
                    self.builder.close();
                }
                Step::Problem(EventLogErrorKind::Unclosed(innermost.unwrap_or_default()))
            }
            None if self.wrappers.last().is_some_and(|wrapper| wrapper == name) => {
                self.wrappers.pop();
                self.close_all()
            }
            // the name of this end is damaged, more likely than that it is one too many
            None => {
                self.builder.close();
                Step::Problem(EventLogErrorKind::Unopened(name.to_owned()))
            }
        }
    }

    /// Closes all that is open: nothing, unless ends are missing.
    fn close_all(&mut self) -> Step {
        let innermost = self.builder.path().last().map(|element| element.name().to_owned());
        while self.builder.close() {}
        innermost.map_or(Step::Next, |name| Step::Problem(EventLogErrorKind::Unclosed(name)))
    }

    /// Hands on what is complete.
    fn hand_on(&mut self, base: usize, sink: &mut Sink<'_>) {
        for root in self.builder.take_roots() {
            let is_damaged = std::mem::take(&mut self.is_damaged);
            hand_on(root, base + self.start, !is_damaged, sink);
        }
    }
}

/// Whether an event begins while another is open: that one's end is missing.
fn is_new_event(name: &str, start: &BytesStart<'_>, open: &[Element]) -> bool {
    const SCHEMA: &str = "/win/2004/08/events/event";
    name == "Event"
        && open.first().is_some_and(|root| root.name() == "Event")
        && start
            .attributes()
            .with_checks(false)
            .flatten()
            .any(|attribute| attribute.key.as_ref() == "xmlns" && attribute.value.ends_with(SCHEMA))
}

/// Elements around events: `Events`, and those of PowerShell and of tools. `E` is what one tool
/// puts around the UserData of each.
fn is_wrapper(name: &str) -> bool {
    name != "Event" && name != "S" && capi2::id_of(name).is_none()
}

fn hand_on(root: Element, offset: usize, is_complete: bool, sink: &mut Sink<'_>) {
    if root.name() == "S" {
        // a string of Export-Clixml, which writes line ends as _x000D__x000A_
        let text = root.text().replace("_x000D_", "\r").replace("_x000A_", "\n");
        if text.trim_start().starts_with('<') && text.contains("</") {
            read_string(&text, offset, sink);
        }
        return;
    }
    match EventRecord::from_element(root, offset) {
        Ok(mut record) => {
            record.is_complete = is_complete;
            sink.record(record);
        }
        Err(kind) => sink.problem(EventLogError::new(kind, offset)),
    }
}

/// A string within XML that is XML itself. What is in it again is not looked at.
fn read_string(text: &str, offset: usize, sink: &mut Sink<'_>) {
    match elements(text, &mut sink.interner, &sink.limits) {
        Ok(roots) => {
            for root in roots.into_iter().filter(|root| root.name() != "S") {
                hand_on(root, offset, true, sink);
            }
        }
        Err(kind) => sink.problem(EventLogError::new(kind, offset)),
    }
}

fn elements(
    text: &str,
    interner: &mut Interner,
    limits: &EventLogLimits,
) -> Result<Vec<Element>, EventLogErrorKind> {
    let mut tree = Tree::new(text, interner, limits);
    while !matches!(tree.step()?, Step::End) {}
    Ok(tree.builder.finish())
}

/// Reads pieces of a record whose beginning and parts of whose middle were left out: an end whose
/// start is missing encloses everything before it.
pub(super) fn excerpt(
    text: &str,
    interner: &mut Interner,
    limits: &EventLogLimits,
) -> (Vec<Element>, Option<EventLogErrorKind>) {
    let mut tree = Tree::new(text, interner, limits);
    tree.has_wrappers = false;
    let mut problem = None;
    loop {
        match tree.step() {
            Ok(Step::Problem(EventLogErrorKind::Unopened(name)))
                if tree.builder.path().is_empty() =>
            {
                if let Err(kind) = tree.builder.wrap_roots(&name) {
                    problem = Some(kind);
                    break;
                }
            }
            Ok(Step::Next | Step::Problem(_)) => {}
            Ok(Step::End) => break,
            Err(kind) => {
                problem = Some(kind);
                break;
            }
        }
    }
    (tree.builder.finish(), problem)
}

fn local_name(qualified: &str) -> &str {
    let name = qualified.trim_end();
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// What a reference stands for; one that XML does not have stays as it is.
fn character(reference: &BytesRef<'_>) -> String {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => character.to_string(),
        _ => {
            let known = quick_xml::escape::resolve_predefined_entity(reference);
            known.map_or_else(|| format!("&{};", &**reference), str::to_owned)
        }
    }
}

fn unescape(value: &str) -> Cow<'_, str> {
    quick_xml::escape::unescape(value).unwrap_or(Cow::Borrowed(value))
}
