//! The entries of a certutil text stand in order, and what comes before one does not depend on it.
#![no_main]

use chaincheck_engine::format::certutil_text::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let found = read(octets);
    assert!(found.entries.windows(2).all(|pair| pair[0].offset < pair[1].offset));
    for (index, entry) in found.entries.iter().enumerate().take(4) {
        assert!(entry.offset < octets.len());
        assert_eq!(read(&octets[..entry.offset]).entries.len(), index);
    }
    for dump in &found.dumps {
        assert!(dump.octets.len() <= octets.len());
    }
});
