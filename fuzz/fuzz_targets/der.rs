//! Values lie one behind the other, and each is header and content (and end marker).
#![no_main]

use chaincheck_engine::base::der::{Reader, Tlv};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| walk(Reader::new(octets), octets));

fn walk<'a>(mut reader: Reader<'a>, outermost: &'a [u8]) {
    let mut position = reader.offset();
    while let Ok(Some(value)) = reader.next() {
        check(&value, outermost);
        assert_eq!(value.offset, position);
        position += value.raw.len();
        assert_eq!(reader.offset(), position);
        if value.tag & 0x20 != 0 {
            walk(value.reader(), outermost);
        }
    }
}

fn check(value: &Tlv<'_>, outermost: &[u8]) {
    assert_eq!(value.raw, &outermost[value.offset..][..value.raw.len()]);
    assert_eq!(value.content, &outermost[value.content_offset()..][..value.content.len()]);
    let again = Reader::new(value.raw).any().expect("read before");
    assert_eq!((again.raw, again.content), (value.raw, value.content));
    let _ = value.string_octets(0x04);
}
