//! Binary XML, the form of records in `.evtx` files (MS-EVEN6 2.2.12 and its deviations in files:
//! names, templates and values stand once in a chunk and are referred to by their offset there).

use std::collections::HashMap;
use std::sync::Arc;

use super::element::{Builder, Interner};
use super::record::is_capi2_system;
use super::{EventLogError, EventLogErrorKind, EventLogLimit, EventLogLimits};
use crate::base::time::Time;
use crate::format::octets::{size, slice_at, u16_at, u32_at};

/// Tokens, values and octets of text that may be read in one chunk. Real chunks of 64 KiB have some
/// ten thousand tokens and less text than octets; without a bound one template could be filled in
/// thousands of times.
const MAX_CHUNK_WORK: usize = 2 << 20;

/// A chunk, and what reading it has given so far.
pub(super) struct Chunk<'c> {
    octets: &'c [u8],
    names: HashMap<u32, Arc<str>>,
    work: usize,
}

/// Whether a record was read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// The whole event.
    Whole,
    /// Its System part, which says that it is none of CAPI2's.
    SystemOnly,
}

type Result<T> = std::result::Result<T, EventLogError>;

fn fail<T>(kind: EventLogErrorKind, offset: usize) -> Result<T> {
    Err(EventLogError::new(kind, offset))
}

fn end_of(what: &'static str, offset: usize) -> EventLogError {
    EventLogError::new(EventLogErrorKind::Truncated(what), offset)
}

impl<'c> Chunk<'c> {
    /// From its octets, its header included.
    pub(super) fn new(octets: &'c [u8]) -> Self {
        Self { octets, names: HashMap::new(), work: 0 }
    }

    /// Reads the event whose binary XML lies at `start..end`. Offsets of errors are those in the
    /// chunk.
    pub(super) fn event<'i>(
        &mut self,
        start: usize,
        end: usize,
        interner: &'i mut Interner,
        limits: &EventLogLimits,
    ) -> (Builder<'i>, Result<Extent>) {
        let mut builder = Builder::new(interner, limits);
        let stream = Stream { start, end, values: &[], in_template: false, depth: 0 };
        let mut reader = Reader { chunk: self, builder: &mut builder, pending: None, stop: false };
        let result = reader.stream(&stream, limits.max_depth);
        let result = result.map(|()| match reader.stop {
            true => Extent::SystemOnly,
            false => Extent::Whole,
        });
        (builder, result)
    }

    fn spend(&mut self, work: usize, offset: usize) -> Result<()> {
        self.work = self.work.saturating_add(work);
        if self.work > MAX_CHUNK_WORK {
            return fail(EventLogErrorKind::TooLarge(EventLogLimit::MaxChunkWork), offset);
        }
        Ok(())
    }

    /// The name at an offset: next name, hash, number of characters, characters, NUL.
    fn name(&mut self, offset: u32) -> Result<Arc<str>> {
        if let Some(known) = self.names.get(&offset) {
            return Ok(Arc::clone(known));
        }
        let start = size(offset);
        let characters = u16_at(self.octets, start.saturating_add(6));
        let text = characters
            .and_then(|count| {
                slice_at(self.octets, start.saturating_add(8), usize::from(count) * 2)
            })
            .ok_or_else(|| end_of("a name", start.min(self.octets.len())))?;
        let name: Arc<str> = utf16(text).into();
        self.names.insert(offset, Arc::clone(&name));
        Ok(name)
    }
}

/// Tokens to be read, and what fills their gaps.
struct Stream<'v> {
    start: usize,
    end: usize,
    values: &'v [Value],
    /// Elements of a template's definition have a dependency identifier, others have none.
    in_template: bool,
    depth: usize,
}

/// A value of a template instance: where it lies in the chunk.
#[derive(Debug, Clone, Copy)]
struct Value {
    kind: u8,
    start: usize,
    length: usize,
}

/// An attribute whose value is being put together.
struct Pending {
    name: Arc<str>,
    value: String,
    /// It consists of nothing but optional values that are absent.
    is_absent: bool,
}

/// A place in a stream.
struct Cursor<'c> {
    octets: &'c [u8],
    position: usize,
}

impl<'c> Cursor<'c> {
    fn take(&mut self, length: usize) -> Result<&'c [u8]> {
        let taken = slice_at(self.octets, self.position, length)
            .ok_or_else(|| end_of("binary XML", self.position))?;
        self.position += length;
        Ok(taken)
    }

    fn u8(&mut self) -> Result<u8> {
        Ok(self.take(1)?.first().copied().unwrap_or_default())
    }

    fn u16(&mut self) -> Result<u16> {
        let taken = self.take(2)?;
        Ok(u16_at(taken, 0).unwrap_or_default())
    }

    fn u32(&mut self) -> Result<u32> {
        let taken = self.take(4)?;
        Ok(u32_at(taken, 0).unwrap_or_default())
    }

    /// A string with its number of characters before it.
    fn counted_text(&mut self) -> Result<String> {
        let count = self.u16()?;
        Ok(utf16(self.take(usize::from(count) * 2)?))
    }
}

struct Reader<'r, 'c, 'i> {
    chunk: &'r mut Chunk<'c>,
    builder: &'r mut Builder<'i>,
    pending: Option<Pending>,
    stop: bool,
}

const MORE: u8 = 0x40;

impl<'c> Reader<'_, 'c, '_> {
    fn stream(&mut self, stream: &Stream<'_>, max_depth: usize) -> Result<()> {
        if stream.depth > max_depth {
            return fail(EventLogErrorKind::TooLarge(EventLogLimit::MaxDepth), stream.start);
        }
        let octets = self.chunk.octets.get(..stream.end).unwrap_or(self.chunk.octets);
        let mut cursor = Cursor { octets, position: stream.start };
        // what fills each open element that one value repeats
        let mut repeats: Vec<Option<Vec<String>>> = Vec::new();
        let floor = self.builder.path().len();
        while cursor.position < stream.end && !self.stop {
            let offset = cursor.position;
            self.chunk.spend(1, offset)?;
            let token = cursor.u8()?;
            match token & !MORE {
                0x00 => break,
                0x01 => {
                    self.open(&mut cursor, stream, token & MORE != 0)?;
                    repeats.push(None);
                }
                0x02 => self.end_attribute(offset)?,
                0x03 | 0x04 => {
                    self.end_attribute(offset)?;
                    if self.builder.path().len() <= floor {
                        return fail(EventLogErrorKind::Field("an end without a start"), offset);
                    }
                    self.close(repeats.pop().flatten(), offset)?;
                }
                0x05 => self.value_token(&mut cursor)?,
                0x06 => {
                    self.end_attribute(offset)?;
                    let name = self.name(&mut cursor)?;
                    self.pending = Some(Pending { name, value: String::new(), is_absent: false });
                }
                0x07 => {
                    let text = cursor.counted_text()?;
                    self.text(&text, offset)?;
                }
                0x08 => {
                    let unit = cursor.u16()?;
                    let text = char::from_u32(u32::from(unit)).map(String::from);
                    self.text(&text.unwrap_or_default(), offset)?;
                }
                0x09 => {
                    let name = self.name(&mut cursor)?;
                    self.text(entity(&name), offset)?;
                }
                0x0a => drop(self.name(&mut cursor)?),
                0x0b => drop(cursor.counted_text()?),
                0x0c => self.template(&mut cursor, stream, max_depth)?,
                0x0d | 0x0e => {
                    let index = cursor.u16()?;
                    let _kind = cursor.u8()?;
                    let value = stream.values.get(usize::from(index)).copied();
                    let is_optional = token & !MORE == 0x0e;
                    let repeat = self.substitute(value, is_optional, stream, max_depth, offset)?;
                    if let (Some(texts), Some(slot)) = (repeat, repeats.last_mut()) {
                        *slot = Some(texts);
                    }
                }
                0x0f => drop(cursor.take(3)?),
                _ => return fail(EventLogErrorKind::Token(token), offset),
            }
        }
        Ok(())
    }

    fn open(&mut self, cursor: &mut Cursor<'c>, stream: &Stream<'_>, more: bool) -> Result<()> {
        let offset = cursor.position;
        self.end_attribute(offset)?;
        if stream.in_template {
            let _dependency = cursor.u16()?;
        }
        let _length = cursor.u32()?;
        let name = self.name(cursor)?;
        if more {
            let _attributes_length = cursor.u32()?;
        }
        self.builder.open(&name).map_err(|kind| EventLogError::new(kind, offset))
    }

    fn close(&mut self, repeat: Option<Vec<String>>, offset: usize) -> Result<()> {
        match repeat {
            Some(texts) => {
                self.chunk.spend(texts.iter().map(String::len).sum(), offset)?;
                self.builder.close_each(&texts).map_err(|kind| EventLogError::new(kind, offset))?
            }
            None => {
                self.builder.close();
            }
        }
        // what the System part says is known before the rest is read
        if let [event] = self.builder.path()
            && let [system] = event.children()
            && system.name() == "System"
        {
            self.stop = !is_capi2_system(system);
        }
        Ok(())
    }

    fn end_attribute(&mut self, offset: usize) -> Result<()> {
        match self.pending.take() {
            Some(pending) if !pending.is_absent => self
                .builder
                .attribute(&pending.name, &pending.value)
                .map_err(|kind| EventLogError::new(kind, offset)),
            _ => Ok(()),
        }
    }

    fn text(&mut self, text: &str, offset: usize) -> Result<()> {
        self.chunk.spend(text.len(), offset)?;
        match &mut self.pending {
            Some(pending) => {
                pending.value.push_str(text);
                pending.is_absent = false;
                Ok(())
            }
            None => self.builder.text(text).map_err(|kind| EventLogError::new(kind, offset)),
        }
    }

    /// A literal value; only strings occur.
    fn value_token(&mut self, cursor: &mut Cursor<'c>) -> Result<()> {
        const STRING: u8 = 0x01;
        let offset = cursor.position;
        if cursor.u8()? != STRING {
            return fail(EventLogErrorKind::Field("a literal value that is no string"), offset);
        }
        let text = cursor.counted_text()?;
        self.text(&text, offset)
    }

    /// A name by its offset; the first time it stands right there.
    fn name(&mut self, cursor: &mut Cursor<'c>) -> Result<Arc<str>> {
        let offset = cursor.u32()?;
        let name = self.chunk.name(offset)?;
        if size(offset) == cursor.position {
            cursor.take(6)?;
            let characters = cursor.u16()?;
            cursor.take(usize::from(characters) * 2 + 2)?;
        }
        Ok(name)
    }

    /// An instance of a template: which one, and the values for its gaps.
    fn template(
        &mut self,
        cursor: &mut Cursor<'c>,
        stream: &Stream<'_>,
        max_depth: usize,
    ) -> Result<()> {
        const HEADER: usize = 24; // next template, GUID, length
        let _unknown = cursor.u8()?;
        let _id = cursor.u32()?;
        let place = cursor.position;
        let definition = size(cursor.u32()?);
        let length = u32_at(self.chunk.octets, definition.saturating_add(HEADER - 4))
            .ok_or_else(|| end_of("a template", place))?;
        if definition == cursor.position {
            cursor.take(HEADER)?;
            cursor.take(size(length))?;
        }
        let values = self.values(cursor)?;
        let start = definition.saturating_add(HEADER);
        let end = start.saturating_add(size(length)).min(self.chunk.octets.len());
        let depth = stream.depth + 1;
        let inner = Stream { start, end, values: &values, in_template: true, depth };
        self.stream(&inner, max_depth)
    }

    fn values(&mut self, cursor: &mut Cursor<'c>) -> Result<Vec<Value>> {
        const DESCRIPTOR: usize = 4;
        let count = size(cursor.u32()?);
        let descriptors = cursor.take(count.saturating_mul(DESCRIPTOR))?;
        let mut values = Vec::with_capacity(count);
        for descriptor in descriptors.chunks_exact(DESCRIPTOR) {
            self.chunk.spend(1, cursor.position)?;
            let length = usize::from(u16_at(descriptor, 0).unwrap_or_default());
            let kind = descriptor.get(2).copied().unwrap_or_default();
            values.push(Value { kind, start: cursor.position, length });
            cursor.take(length)?;
        }
        Ok(values)
    }

    /// Puts a value where a gap is. A list gives what the element is repeated with.
    fn substitute(
        &mut self,
        value: Option<Value>,
        is_optional: bool,
        stream: &Stream<'_>,
        max_depth: usize,
        offset: usize,
    ) -> Result<Option<Vec<String>>> {
        const NULL: u8 = 0x00;
        const BINARY_XML: u8 = 0x21;
        const ARRAY: u8 = 0x80;
        let value = value.filter(|value| value.kind != NULL);
        let Some(value) = value.filter(|value| value.length > 0 || !is_optional) else {
            if let Some(pending) = &mut self.pending {
                pending.is_absent = is_optional && pending.value.is_empty();
            }
            return Ok(None);
        };
        if value.kind == BINARY_XML {
            if self.pending.is_some() {
                return fail(EventLogErrorKind::Field("XML within an attribute"), offset);
            }
            let (start, end) = (value.start, value.start + value.length);
            let depth = stream.depth + 1;
            let inner = Stream { start, end, values: &[], in_template: false, depth };
            self.stream(&inner, max_depth)?;
            return Ok(None);
        }
        let octets = slice_at(self.chunk.octets, value.start, value.length).unwrap_or_default();
        if value.kind & ARRAY == 0 {
            self.text(&render(value.kind, octets), offset)?;
            return Ok(None);
        }
        let texts = render_list(value.kind & !ARRAY, octets);
        if self.pending.is_some() {
            self.text(&texts.join(","), offset)?;
            return Ok(None);
        }
        Ok(Some(texts))
    }
}

fn entity(name: &str) -> &'static str {
    match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
}

pub(super) fn utf16(octets: &[u8]) -> String {
    let units = octets.chunks_exact(2).map(|pair| u16_at(pair, 0).unwrap_or_default());
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Length of one value of a type of fixed length.
fn width(kind: u8) -> Option<usize> {
    Some(match kind {
        0x03 | 0x04 => 1,
        0x05 | 0x06 => 2,
        0x07 | 0x08 | 0x0b | 0x0d | 0x14 => 4,
        0x09 | 0x0a | 0x0c | 0x11 | 0x15 => 8,
        0x0f | 0x12 => 16,
        _ => return None,
    })
}

fn render_list(kind: u8, octets: &[u8]) -> Vec<String> {
    match (kind, width(kind)) {
        (0x01, _) => {
            let text = utf16(octets);
            let text = text.strip_suffix('\0').unwrap_or(&text);
            text.split('\0').map(str::to_owned).collect()
        }
        (_, Some(width)) => octets.chunks_exact(width).map(|one| render(kind, one)).collect(),
        _ => vec![render(kind, octets)],
    }
}

/// A value as text, in the way Windows prints its type.
fn render(kind: u8, octets: &[u8]) -> String {
    /// The number in little-endian octets, and as signed.
    fn number(octets: &[u8]) -> (u64, i64) {
        let mut wide = [0; 8];
        for (to, from) in wide.iter_mut().zip(octets) {
            *to = *from;
        }
        let unsigned = u64::from_le_bytes(wide);
        let unused = 64 - 8 * u32::try_from(octets.len().clamp(1, 8)).unwrap_or(8);
        (unsigned, (unsigned.wrapping_shl(unused)).cast_signed().wrapping_shr(unused))
    }
    let (unsigned, signed) = number(octets);
    match kind {
        0x01 => utf16(octets).trim_end_matches('\0').to_owned(),
        // one octet a character: what is not ASCII depends on the machine that wrote it
        0x02 => octets.iter().map(|octet| char::from(*octet)).collect(),
        0x03 | 0x05 | 0x07 | 0x09 => signed.to_string(),
        0x04 | 0x06 | 0x08 | 0x0a => unsigned.to_string(),
        0x0b => f32::from_bits(u32_at(octets, 0).unwrap_or_default()).to_string(),
        0x0c => f64::from_bits(unsigned).to_string(),
        0x0d => (unsigned != 0).to_string(),
        0x0f => guid(octets).unwrap_or_default(),
        0x10 | 0x14 | 0x15 => format!("{unsigned:#x}"),
        0x11 => Time::from_filetime(signed).to_string(),
        0x12 => system_time(octets).unwrap_or_default(),
        0x13 => sid(octets).unwrap_or_default(),
        0x23 => utf16(octets),
        _ => octets.iter().map(|octet| format!("{octet:02X}")).collect(),
    }
}

/// A GUID: the first three groups little endian.
fn guid(octets: &[u8]) -> Option<String> {
    let (first, second) = (u32_at(octets, 0)?, u16_at(octets, 4)?);
    let third = u16_at(octets, 6)?;
    let hex = |part: &[u8]| part.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
    let (fourth, fifth) = (hex(slice_at(octets, 8, 2)?), hex(slice_at(octets, 10, 6)?));
    Some(format!("{{{first:08x}-{second:04x}-{third:04x}-{fourth}-{fifth}}}"))
}

/// A SYSTEMTIME: year, month, day of the week, day, hour, minute, second, milliseconds.
fn system_time(octets: &[u8]) -> Option<String> {
    let field = |index: usize| u16_at(octets, index * 2).map(i64::from);
    let time = Time::from_civil(field(0)?, field(1)?, field(3)?, field(4)?, field(5)?, field(6)?)?;
    Some(Time::from_filetime(time.filetime() + field(7)? * 10_000).to_string())
}

/// A security identifier: revision, count, authority (big endian), sub-authorities.
pub(super) fn sid(octets: &[u8]) -> Option<String> {
    let (revision, count) = (octets.first()?, usize::from(*octets.get(1)?));
    let authority = slice_at(octets, 2, 6)?;
    let authority = authority.iter().fold(0u64, |sum, octet| sum << 8 | u64::from(*octet));
    let mut text = format!("S-{revision}-{authority}");
    for index in 0..count {
        text.push_str(&format!("-{}", u32_at(octets, 8 + index * 4)?));
    }
    Some(text)
}
