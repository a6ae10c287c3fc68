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
    read_text(&decode(octets), 0, sink);
}

/// The octets as UTF-8: from UTF-16 with its mark or without, or as they are.
pub(super) fn decode(octets: &[u8]) -> Cow<'_, str> {
    match octets {
        [0xff, 0xfe, rest @ ..] => utf16(rest).into(),
        [0xfe, 0xff, rest @ ..] => {
            let swapped: Vec<u8> =
                rest.as_chunks().0.iter().flat_map(|[high, low]| [*low, *high]).collect();
            utf16(&swapped).into()
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => utf16(octets).into(),
        _ => String::from_utf8_lossy(octets),
    }
}

/// Reads every event of a text that is XML.
pub(super) fn read_text(text: &str, base: usize, sink: &mut Sink<'_>) {
    let mut start = 0;
    for _ in 0..MAX_RESTARTS {
        let Some(rest) = text.get(start..) else { return };
        let Some((kind, position)) = read_until_error(rest, base + start, sink) else { return };
        sink.problem(EventLogError::new(kind, base + start + position));
        let Some(next) = next_event(rest, position) else { return };
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

/// What one look at the text gave.
enum Step {
    /// Go on.
    Next,
    /// The end of the text.
    End,
}

/// Reads events until something is malformed, and says what and where. What is open by then is
/// handed on as it stands.
fn read_until_error(
    text: &str,
    base: usize,
    sink: &mut Sink<'_>,
) -> Option<(EventLogErrorKind, usize)> {
    let mut interner = std::mem::take(&mut sink.interner);
    let limits = sink.limits;
    let mut tree = Tree::new(text, &mut interner, &limits);
    let problem = loop {
        let before = tree.position();
        match tree.step() {
            Ok(Step::End) => break None,
            Ok(Step::Next) => {}
            Err(kind) => break Some((kind, before)),
        }
        tree.hand_on(base, sink);
    };
    let is_open = !tree.builder.path().is_empty();
    let innermost = tree.builder.path().last().map(|element| element.name().to_owned());
    let start = tree.start;
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
        (problem, _) => problem,
    }
}

/// A text that is being read into elements.
struct Tree<'t, 'i> {
    reader: Reader<&'t [u8]>,
    builder: Builder<'i>,
    /// Where the outermost element, or the event within a wrapper, begins.
    start: usize,
    /// Wrappers that are open around events.
    wrappers: usize,
    /// Whether what is no event is taken as a wrapper of events.
    has_wrappers: bool,
}

impl<'t, 'i> Tree<'t, 'i> {
    fn new(text: &'t str, interner: &'i mut Interner, limits: &EventLogLimits) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.allow_unmatched_ends = true;
        config.check_end_names = false;
        config.allow_dangling_amp = true;
        let builder = Builder::new(interner, limits);
        Self { reader, builder, start: 0, wrappers: 0, has_wrappers: true }
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    fn step(&mut self) -> Result<Step, EventLogErrorKind> {
        let before = self.position();
        let event = self.reader.read_event().map_err(|e| EventLogErrorKind::Xml(e.to_string()))?;
        match event {
            Event::Eof => return Ok(Step::End),
            Event::Start(start) => self.open(&start, before, false)?,
            Event::Empty(start) => self.open(&start, before, true)?,
            Event::End(end) => self.close(local_name(end.name().as_ref()))?,
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
    ) -> Result<(), EventLogErrorKind> {
        let qualified = start.name();
        let name = local_name(qualified.as_ref());
        if self.builder.path().is_empty() {
            self.start = offset;
            if self.has_wrappers && is_wrapper(name) {
                self.wrappers += usize::from(!is_empty);
                return Ok(());
            }
        }
        self.builder.open(name)?;
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|e| EventLogErrorKind::Xml(e.to_string()))?;
            self.builder.attribute(attribute.key.as_ref(), &unescape(&attribute.value))?;
        }
        if is_empty {
            self.builder.close();
        }
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<(), EventLogErrorKind> {
        let open = self.builder.path();
        match open.iter().rposition(|element| element.name() == name) {
            Some(index) if index + 1 == open.len() => {
                self.builder.close();
                Ok(())
            }
            // an end is missing: what is inside ends here too
            Some(index) => {
                let missing = open.last().map(|element| element.name().to_owned());
                while self.builder.path().len() > index {
                    self.builder.close();
                }
                Err(EventLogErrorKind::Unclosed(missing.unwrap_or_default()))
            }
            None if open.is_empty() && is_wrapper(name) && self.wrappers > 0 => {
                self.wrappers -= 1;
                Ok(())
            }
            None => Err(EventLogErrorKind::Unopened(name.to_owned())),
        }
    }

    /// Hands on what is complete.
    fn hand_on(&mut self, base: usize, sink: &mut Sink<'_>) {
        for root in self.builder.take_roots() {
            hand_on(root, base + self.start, true, sink);
        }
    }
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
    while matches!(tree.step()?, Step::Next) {}
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
            Ok(Step::Next) => {}
            Ok(Step::End) => break,
            Err(EventLogErrorKind::Unopened(name)) if tree.builder.path().is_empty() => {
                if let Err(kind) = tree.builder.wrap_roots(&name) {
                    problem = Some(kind);
                    break;
                }
            }
            Err(EventLogErrorKind::Unopened(_) | EventLogErrorKind::Unclosed(_)) => {}
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
