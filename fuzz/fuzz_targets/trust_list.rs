//! A list's entries are found by their identifiers, and it is read the same again from its own
//! encoding.
#![no_main]

use chaincheck_engine::object::trust_list::TrustList;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let Ok(list) = TrustList::from_der(octets) else { return };
    assert_eq!(list.der().len() + list.trailing_octets, octets.len());
    let again = TrustList::from_der(list.der()).expect("read before");
    assert_eq!(list.entries().count(), again.len());
    for (entry, same) in list.entries().zip(again.entries()).take(100) {
        assert!(list.find(entry.identifier()).is_some());
        assert!(entry.attributes().eq(same.attributes()));
        for property in entry.properties() {
            assert!(entry.property(property.id).is_some());
            assert_eq!(property.value(), property.value());
        }
    }
    let mut identifiers: Vec<_> = list.entries().map(|entry| entry.identifier()).collect();
    identifiers.sort_unstable();
    identifiers.dedup();
    assert_eq!(list.duplicate_identifier().is_some(), identifiers.len() < list.len());
});
