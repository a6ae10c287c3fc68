//! An export's values hold no more than its text, and stand where they say.
#![no_main]

use chaincheck_engine::format::Limits;
use chaincheck_engine::format::registry::export;
use chaincheck_engine::format::registry::system_certificates::RegistryEvidence;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let limits = Limits::default();
    let mut last = 0;
    let report = export::read(octets, &limits, &mut |key| {
        assert!(key.offset >= last && key.offset < octets.len());
        last = key.offset;
        assert!(key.path.len() >= 2 || key.path[0] != "?");
        for value in &key.values {
            assert!(value.offset > key.offset && value.data.len() <= 2 * octets.len() + 2);
            assert!(key.value(&value.name).is_some());
        }
    });
    let evidence = RegistryEvidence::from_export(octets, &limits);
    assert_eq!(report.is_ok(), evidence.is_ok());
});
