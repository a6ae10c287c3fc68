//! stub
use super::Sink;
pub(super) fn read(_octets: &[u8], _sink: &mut Sink<'_>) {}
