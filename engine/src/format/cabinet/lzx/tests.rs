use std::io::{Cursor, Read};

use super::*;
use crate::format::Limits;
use crate::format::cabinet::Cabinet;

const FRAME: usize = 32_768;

/// Bits into little-endian words, most significant first.
#[derive(Default)]
struct BitWriter {
    octets: Vec<u8>,
    word: u16,
    used: u32,
}

impl BitWriter {
    fn put(&mut self, value: usize, count: u32) {
        for bit in (0..count).rev() {
            self.word = (self.word << 1) | u16::from((value >> bit) & 1 == 1);
            self.used += 1;
            if self.used == 16 {
                self.octets.extend(self.word.to_le_bytes());
                (self.word, self.used) = (0, 0);
            }
        }
    }

    fn align(&mut self) {
        while self.used != 0 {
            self.put(0, 1);
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.align();
        self.octets
    }

    /// A verbatim or aligned block's header for a window of 32 KiB. Main code: 16 match symbols of
    /// 8 bits, all others of 9, which fills the code space. No length code.
    fn block_header(&mut self, kind: usize, length: usize) {
        self.put(kind, 3);
        self.put(length, 24);
        if kind == 2 {
            (0..8).for_each(|_| self.put(3, 3));
        }
        self.pretree(8, 9);
        (0..256).for_each(|_| self.put(0, 1));
        self.pretree(8, 9);
        (0..16).for_each(|_| self.put(1, 1));
        (0..224).for_each(|_| self.put(0, 1));
        self.pretree(0, 1);
        (0..249).for_each(|_| self.put(0, 1));
    }

    /// A pretree of two symbols.
    fn pretree(&mut self, first: usize, second: usize) {
        (0..20).for_each(|s| self.put(usize::from(s == first || s == second), 4));
    }

    fn main_symbol(&mut self, symbol: usize) {
        match symbol {
            0..256 => self.put(32 + symbol, 9),
            256..272 => self.put(symbol - 256, 8),
            _ => self.put(32 + 256 + symbol - 272, 9),
        }
    }
}

/// Frames of one block that mixes literals and matches, and what they decode to. Offsets are never
/// one of the recent three by slot 1 or 2.
fn encode(kind: usize, size: usize) -> (Vec<(Vec<u8>, usize)>, Vec<u8>) {
    let mut plain: Vec<u8> = Vec::new();
    let mut frames = Vec::new();
    let mut seed = 12_345u32;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        usize::try_from(seed >> 16).unwrap() % below
    };
    while plain.len() < size {
        let start = plain.len();
        let end = size.min(start + FRAME);
        let mut bits = BitWriter::default();
        if start == 0 {
            bits.put(0, 1);
            bits.block_header(kind, size);
        }
        while plain.len() < end {
            if plain.len() < 40_000.min(size / 4) + 30 || end - plain.len() < 9 || random(3) > 0 {
                let literal = random(256);
                bits.main_symbol(literal);
                plain.push(u8::try_from(literal).unwrap());
                continue;
            }
            let (slot, length) = (4 + random(16), 2 + random(7));
            let extra = footer_bits(slot);
            let footer = random(1 << extra);
            let offset = position_base(slot) + footer - 2;
            if offset > plain.len() || length > 8 {
                continue;
            }
            bits.main_symbol(256 + slot * 8 + length - 2);
            if kind == 2 && extra >= 3 {
                // eight aligned symbols of three bits: each is its own code
                bits.put(footer >> 3, extra - 3);
                bits.put(footer & 7, 3);
            } else {
                bits.put(footer, extra);
            }
            for _ in 0..length {
                plain.push(plain[plain.len() - offset]);
            }
        }
        frames.push((bits.finish(), plain.len() - start));
    }
    (frames, plain)
}

/// A cabinet of one LZX:15 folder, without checksums.
fn cabinet(frames: &[(Vec<u8>, usize)], size: usize) -> Vec<u8> {
    let mut octets = b"MSCF\0\0\0\0".to_vec();
    let data_length: usize = frames.iter().map(|(data, _)| data.len() + 8).sum();
    let u32s = |v: usize| u32::try_from(v).unwrap().to_le_bytes();
    let u16s = |v: usize| u16::try_from(v).unwrap().to_le_bytes();
    octets.extend(u32s(62 + data_length));
    octets.extend([0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 3, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    octets.extend(u32s(62));
    octets.extend(u16s(frames.len()));
    octets.extend([3, 15]);
    octets.extend(u32s(size));
    octets.extend([0, 0, 0, 0, 0, 0, 0x21, 0x50, 0, 0, 0x20, 0, b'x', 0]);
    for (data, length) in frames {
        octets.extend([0; 4]);
        octets.extend(u16s(data.len()));
        octets.extend(u16s(*length));
        octets.extend(data);
    }
    octets
}

fn oracle(octets: &[u8]) -> Vec<u8> {
    let mut cabinet = ::cab::Cabinet::new(Cursor::new(octets)).unwrap();
    let mut content = Vec::new();
    cabinet.read_file("x").unwrap().read_to_end(&mut content).unwrap();
    content
}

#[test]
fn literals_and_matches_over_frames_as_another_implementation_reads_them() {
    for (kind, size) in [(1, 500), (1, 100_000), (2, 100_001)] {
        let (frames, plain) = encode(kind, size);
        let octets = cabinet(&frames, size);
        let extracted = Cabinet::parse(&octets).unwrap().extract(0, &Limits::default()).unwrap();
        assert!(extracted == plain, "block type {kind}, {size} octets");
        assert!(oracle(&octets) == plain);
    }
}

#[test]
fn uncompressed_blocks_of_odd_length_are_padded() {
    let mut bits = BitWriter::default();
    bits.put(0, 1);
    for part in [&b"abc"[..], b"defgh"] {
        bits.put(3, 3);
        bits.put(part.len(), 24);
        bits.align();
        for recent in [1u32, 2, 3] {
            bits.octets.extend(recent.to_le_bytes());
        }
        bits.octets.extend(part);
        bits.octets.push(0);
    }
    let mut output = Vec::new();
    LzxDecoder::new(15).block(&bits.finish(), 8, &mut output).unwrap();
    assert_eq!(output, b"abcdefgh");
}

#[test]
fn call_targets_are_translated_back() {
    let mut frame = [0u8; 20];
    frame[2] = 0xe8;
    frame[3..7].copy_from_slice(&100i32.to_le_bytes());
    frame[12] = 0xe8;
    let before = frame;
    translate(&mut frame, 10, 1000);
    assert_eq!(frame[3..7], 88i32.to_le_bytes());
    assert_eq!(frame[7..], before[7..], "the last ten octets stay");
}

#[test]
fn damage_is_an_error_or_other_data_and_never_a_panic() {
    let (frames, plain) = encode(2, 400);
    let (data, length) = &frames[0];
    let mut errors = 0;
    for index in 0..data.len() {
        for change in [0x01, 0x10, 0xff] {
            let mut changed = data.clone();
            changed[index] ^= change;
            let mut output = Vec::new();
            match LzxDecoder::new(15).block(&changed, *length, &mut output) {
                Ok(()) => assert_eq!(output.len(), plain.len()),
                Err(_) => errors += 1,
            }
        }
        let cut = LzxDecoder::new(15).block(&data[..index], *length, &mut Vec::new());
        // half a word may still decode, to something else
        assert!(cut.is_err() || index % 2 == 1, "cut at {index}");
    }
    assert!(errors > 100);
}
