//! Opening a file keeps to its limits, gives no containers, and every certificate, CRL and list it
//! gives is detected as what it is said to be.
#![no_main]

use chaincheck_engine::format::{self, Kind, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let mut limits = Limits::default();
    limits.max_depth = 4;
    limits.max_items = 16;
    limits.max_decompressed = 1 << 18;
    let Ok(contents) = format::open(octets, &limits) else { return };
    assert_eq!(contents.kind, format::detect(octets));
    assert!(contents.items.len() <= limits.max_items);
    for item in &contents.items {
        assert!(item.octets.len() <= octets.len().max(limits.max_decompressed));
        assert!(!matches!(item.kind, Kind::Cabinet | Kind::SerializedStore | Kind::Empty));
        if item.origin.is_empty() {
            assert_eq!(item.kind, contents.kind);
        }
    }
});
