//! What is read from a store and written again is read the same.
#![no_main]

use chaincheck_engine::format::serialized_store::{read_element, read_store, write_store};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let _ = read_element(octets);
    let Ok(store) = read_store(octets) else { return };
    assert!(store.end <= octets.len());
    let parts = || store.elements.iter().map(|e| (e.kind, e.object, e.properties.as_slice()));
    let written = write_store(parts()).expect("its kinds are those of stores");
    let again = read_store(&written).expect("just written");
    assert_eq!(again.problems, []);
    assert_eq!(again.end, written.len());
    assert!(parts().eq(again.elements.iter().map(|e| (e.kind, e.object, e.properties.as_slice()))));
});
