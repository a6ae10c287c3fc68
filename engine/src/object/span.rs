//! A part of a shared run of octets, remembered by position.

use crate::base::der::Tlv;

/// Where a part stands inside its owner's octets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: usize,
    end: usize,
}

impl Span {
    pub(crate) const fn new(start: usize, length: usize) -> Self {
        Self { start, end: start + length }
    }

    /// All octets of a value, tag and length included.
    pub(crate) const fn raw(value: &Tlv<'_>) -> Self {
        Self::new(value.offset, value.raw.len())
    }

    /// The contents octets of a value.
    pub(crate) fn content(value: &Tlv<'_>) -> Self {
        Self::new(value.content_offset(), value.content.len())
    }

    /// The part itself. Empty if the owner is not the one the span was made from.
    pub(crate) fn of(self, owner: &[u8]) -> &[u8] {
        owner.get(self.start..self.end).unwrap_or_default()
    }

    pub(crate) const fn start(self) -> usize {
        self.start
    }
}
