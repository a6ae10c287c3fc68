//! LZX as cabinets use it (MS-PATCH 2, without its DELTA extensions).
//!
//! Written for hostile input: every table is checked when it is built, every match against the
//! history, and nothing is allocated beyond window and tables. Blocks of a folder share history,
//! code lengths and the three recent offsets; a cabinet's data block is one 32 KiB frame, whose
//! bits begin anew at a 16-bit word.

use crate::format::octets::u32_at;

const LENGTH_SYMBOLS: usize = 249;
const PRETREE_SYMBOLS: usize = 20;
const ALIGNED_SYMBOLS: usize = 8;
const LITERALS: usize = 256;
const LENGTHS_PER_SLOT: usize = 8;
const MAX_CODE_BITS: u8 = 16;
const MIN_MATCH: usize = 2;

/// E8 translation ends at this many octets of output (1 GiB).
const TRANSLATION_END: usize = 0x4000_0000;

type Result<T> = std::result::Result<T, &'static str>;

/// A folder's decoder.
#[derive(Debug)]
pub(super) struct LzxDecoder {
    window: usize,
    /// Raw output, at least the last `window` octets of it.
    history: Vec<u8>,
    recent: [usize; 3],
    main: Code,
    length: Code,
    aligned: Code,
    block: Block,
    /// `None` before the first frame; then the size E8 translation is told, 0 for none.
    translation: Option<i32>,
    position: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    Verbatim,
    Aligned,
    Uncompressed,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    kind: BlockKind,
    left: usize,
    /// An uncompressed block of odd length is followed by an octet of padding.
    odd: bool,
}

impl LzxDecoder {
    /// `window_bits`: 15 to 21.
    pub(super) fn new(window_bits: u8) -> Self {
        let slots = position_slots(window_bits);
        Self {
            window: 1 << window_bits,
            history: Vec::new(),
            recent: [1; 3],
            main: Code::new(LITERALS + LENGTHS_PER_SLOT * slots),
            length: Code::new(LENGTH_SYMBOLS),
            aligned: Code::new(ALIGNED_SYMBOLS),
            block: Block { kind: BlockKind::Verbatim, left: 0, odd: false },
            translation: None,
            position: 0,
        }
    }

    /// Decodes one frame of `length` octets and appends them to `output`.
    pub(super) fn block(&mut self, data: &[u8], length: usize, output: &mut Vec<u8>) -> Result<()> {
        let mut bits = Bits { data, position: 0, buffer: 0, count: 0 };
        if self.translation.is_none() {
            let size =
                if bits.take(1)? == 1 { (bits.take(16)? << 16) | bits.take(16)? } else { 0 };
            self.translation = Some(i32::from_le_bytes(size.to_le_bytes()));
        }
        if self.history.len() > self.window * 2 {
            self.history.drain(..self.history.len() - self.window);
        }
        let start = self.history.len();
        let end = start + length;
        while self.history.len() < end {
            if self.block.left == 0 {
                self.next_block(&mut bits)?;
            }
            let before = self.history.len();
            let room = (end - before).min(self.block.left);
            match self.block.kind {
                BlockKind::Uncompressed => self.history.extend_from_slice(bits.octets(room)?),
                _ => self.symbols(&mut bits, room)?,
            }
            self.block.left -= self.history.len() - before;
        }
        let frame = self.history.get(start..).unwrap_or_default();
        let output_start = output.len();
        output.extend_from_slice(frame);
        let translation = self.translation.unwrap_or(0);
        if translation != 0 && self.position < TRANSLATION_END {
            translate(
                output.get_mut(output_start..).unwrap_or_default(),
                self.position,
                translation,
            );
        }
        self.position += length;
        Ok(())
    }

    fn next_block(&mut self, bits: &mut Bits<'_>) -> Result<()> {
        if self.block.odd && self.block.kind == BlockKind::Uncompressed {
            bits.octets(1)?;
        }
        let kind = bits.take(3)?;
        let left = (bits.take(16)? << 8) | bits.take(8)?;
        let left = usize::try_from(left).map_err(|_| "an LZX block is too large")?;
        if left == 0 {
            return Err("an LZX block is empty");
        }
        let kind = match kind {
            1 => BlockKind::Verbatim,
            2 => BlockKind::Aligned,
            3 => BlockKind::Uncompressed,
            _ => return Err("an LZX block of unknown type"),
        };
        match kind {
            BlockKind::Uncompressed => {
                bits.align();
                for recent in &mut self.recent {
                    let offset = u32_at(bits.octets(4)?, 0).unwrap_or(0);
                    *recent = usize::try_from(offset).unwrap_or(usize::MAX);
                }
            }
            BlockKind::Verbatim | BlockKind::Aligned => {
                if kind == BlockKind::Aligned {
                    for length in &mut self.aligned.lengths {
                        *length = bits.small(3)?;
                    }
                    self.aligned.build()?;
                }
                let (literals, matches) =
                    self.main.lengths.split_at_mut_checked(LITERALS).ok_or("no main code")?;
                read_lengths(bits, literals)?;
                read_lengths(bits, matches)?;
                self.main.build()?;
                read_lengths(bits, &mut self.length.lengths)?;
                self.length.build()?;
            }
        }
        self.block = Block { kind, left, odd: left % 2 == 1 };
        Ok(())
    }

    /// Literals and matches that give exactly `room` octets.
    fn symbols(&mut self, bits: &mut Bits<'_>, room: usize) -> Result<()> {
        let end = self.history.len() + room;
        while self.history.len() < end {
            let symbol = self.main.symbol(bits)?;
            let Some(header) = symbol.checked_sub(LITERALS) else {
                self.history.push(u8::try_from(symbol).map_err(|_| "an LZX literal is too large")?);
                continue;
            };
            let mut length = header % LENGTHS_PER_SLOT;
            if length == LENGTHS_PER_SLOT - 1 {
                length += self.length.symbol(bits)?;
            }
            let length = length + MIN_MATCH;
            let offset = self.offset(bits, header / LENGTHS_PER_SLOT)?;
            if length > end - self.history.len() {
                return Err("an LZX match crosses the end of its frame or block");
            }
            self.copy(offset, length)?;
        }
        Ok(())
    }

    /// The match offset for a position slot; keeps the three recent ones.
    fn offset(&mut self, bits: &mut Bits<'_>, slot: usize) -> Result<usize> {
        let [r0, r1, r2] = self.recent;
        let (offset, recent) = match slot {
            0 => (r0, [r0, r1, r2]),
            1 => (r1, [r1, r0, r2]),
            2 => (r2, [r2, r1, r0]),
            _ => {
                let extra = footer_bits(slot);
                let footer = if self.block.kind == BlockKind::Aligned && extra >= 3 {
                    let high = usize_of(bits.take(extra - 3)?) << 3;
                    high + self.aligned.symbol(bits)?
                } else {
                    usize_of(bits.take(extra)?)
                };
                let offset = position_base(slot) + footer - 2;
                (offset, [offset, r0, r1])
            }
        };
        self.recent = recent;
        Ok(offset)
    }

    fn copy(&mut self, offset: usize, length: usize) -> Result<()> {
        let reaches_back = "an LZX match reaches before the data";
        if offset == 0 || offset > self.window {
            return Err(reaches_back);
        }
        let start = self.history.len().checked_sub(offset).ok_or(reaches_back)?;
        for index in start..start + length {
            let octet = self.history.get(index).copied().ok_or(reaches_back)?;
            self.history.push(octet);
        }
        Ok(())
    }
}

/// Undoes the translation of x86 CALL targets (MS-PATCH 2.2.2), never within the last 10 octets.
fn translate(frame: &mut [u8], frame_position: usize, size: i32) {
    let Some(limit) = frame.len().checked_sub(10) else { return };
    let mut index = 0;
    while index < limit {
        if frame.get(index) != Some(&0xe8) {
            index += 1;
            continue;
        }
        let position = i32::try_from(frame_position + index).unwrap_or(i32::MAX);
        if let Some(operand) = frame.get_mut(index + 1..index + 5)
            && let Some(absolute) = u32_at(operand, 0).map(|v| i32::from_le_bytes(v.to_le_bytes()))
            && absolute >= -position
            && absolute < size
        {
            let relative = if absolute >= 0 {
                absolute.wrapping_sub(position)
            } else {
                absolute.wrapping_add(size)
            };
            operand.copy_from_slice(&relative.to_le_bytes());
        }
        index += 5;
    }
}

fn position_slots(window_bits: u8) -> usize {
    match window_bits {
        ..=19 => usize::from(window_bits) * 2,
        20 => 42,
        _ => 50,
    }
}

fn footer_bits(slot: usize) -> u32 {
    u32::try_from((slot / 2).saturating_sub(1).min(17)).unwrap_or(0)
}

/// The smallest formatted offset of a slot: the sum of what the slots before it span.
fn position_base(slot: usize) -> usize {
    (0..slot).map(|before| 1usize << footer_bits(before)).sum()
}

fn usize_of(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// Reads code lengths, which are coded as differences from the previous block's.
fn read_lengths(bits: &mut Bits<'_>, lengths: &mut [u8]) -> Result<()> {
    let mut pretree = Code::new(PRETREE_SYMBOLS);
    for length in &mut pretree.lengths {
        *length = bits.small(4)?;
    }
    pretree.build()?;
    let mut position = 0;
    while position < lengths.len() {
        let symbol = pretree.symbol(bits)?;
        let (run, value) = match symbol {
            17 => (4 + usize_of(bits.take(4)?), Some(0)),
            18 => (20 + usize_of(bits.take(5)?), Some(0)),
            19 => (4 + usize_of(bits.take(1)?), None),
            _ => (1, None),
        };
        let places = lengths
            .get_mut(position..position + run)
            .ok_or("a run of LZX code lengths is too long")?;
        let value = match value {
            Some(value) => value,
            None => {
                let difference = if symbol == 19 { pretree.symbol(bits)? } else { symbol };
                let previous = usize::from(places.first().copied().unwrap_or(0));
                let wrapped = (previous + 17).checked_sub(difference).ok_or("a bad LZX length")?;
                u8::try_from(wrapped % 17).unwrap_or(0)
            }
        };
        places.fill(value);
        position += run;
    }
    Ok(())
}

/// A canonical Huffman code.
#[derive(Debug)]
struct Code {
    lengths: Vec<u8>,
    /// Symbols ordered by length, then value.
    symbols: Vec<usize>,
    /// How many symbols have each length.
    counts: [u32; MAX_CODE_BITS as usize + 1],
}

impl Code {
    fn new(symbols: usize) -> Self {
        Self { lengths: vec![0; symbols], symbols: Vec::new(), counts: [0; 17] }
    }

    /// Makes the code of `lengths`. A code without symbols is allowed until it is used.
    fn build(&mut self) -> Result<()> {
        self.counts = [0; 17];
        self.symbols.clear();
        for bits in 1..=MAX_CODE_BITS {
            let of_length = self.lengths.iter().enumerate().filter(|(_, l)| **l == bits);
            let before = self.symbols.len();
            self.symbols.extend(of_length.map(|(symbol, _)| symbol));
            if let Some(count) = self.counts.get_mut(usize::from(bits)) {
                *count = u32::try_from(self.symbols.len() - before).unwrap_or(u32::MAX);
            }
        }
        // Kraft: the codes must fill the space exactly
        let full = 1u64 << MAX_CODE_BITS;
        let used = (1..=MAX_CODE_BITS)
            .zip(self.counts.iter().skip(1))
            .fold(0u64, |used, (bits, count)| used + (u64::from(*count) << (MAX_CODE_BITS - bits)));
        if used == full || self.symbols.is_empty() {
            Ok(())
        } else {
            Err("an LZX code is over- or undersubscribed")
        }
    }

    fn symbol(&self, bits: &mut Bits<'_>) -> Result<usize> {
        let (mut code, mut first, mut index) = (0u32, 0u32, 0u32);
        for count in self.counts.iter().skip(1) {
            code |= bits.take(1)?;
            if let Some(rank) = code.checked_sub(first).filter(|rank| rank < count) {
                let symbol = self.symbols.get(usize_of(index + rank)).copied();
                return symbol.ok_or("an LZX code without symbols");
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        Err("an LZX code without symbols")
    }
}

/// Bits, most significant first, of little-endian 16-bit words.
struct Bits<'a> {
    data: &'a [u8],
    position: usize,
    buffer: u32,
    count: u32,
}

impl<'a> Bits<'a> {
    /// The next `count` bits, at most 17.
    fn take(&mut self, count: u32) -> Result<u32> {
        let mut value = 0u64;
        let mut wanted = count;
        while wanted > 0 {
            if self.count == 0 {
                self.refill()?;
            }
            let now = wanted.min(self.count);
            let shifted = self.buffer >> (self.count - now);
            value = (value << now) | u64::from(shifted & ((1 << now) - 1));
            self.count -= now;
            wanted -= now;
        }
        u32::try_from(value).map_err(|_| "too many bits at once")
    }

    fn small(&mut self, count: u32) -> Result<u8> {
        u8::try_from(self.take(count)?).map_err(|_| "too many bits at once")
    }

    fn refill(&mut self) -> Result<()> {
        let end = "an LZX block ends too early";
        let low = self.data.get(self.position).ok_or(end)?;
        // a last single octet counts as a word whose other half is zero
        let high = self.data.get(self.position + 1).unwrap_or(&0);
        self.buffer = u32::from(u16::from_le_bytes([*low, *high]));
        self.count = 16;
        self.position += 2;
        Ok(())
    }

    /// Up to the next word; a whole word if at its beginning.
    fn align(&mut self) {
        if self.count == 0 {
            self.position += 2;
        }
        self.count = 0;
    }

    /// Whole octets, between words.
    fn octets(&mut self, length: usize) -> Result<&'a [u8]> {
        let end = self.position + length;
        let octets = self.data.get(self.position..end).ok_or("an LZX block ends too early")?;
        self.position = end;
        Ok(octets)
    }
}

#[cfg(test)]
mod tests;
