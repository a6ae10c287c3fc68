//! A policy file's entries lie in it, one behind the other.
#![no_main]

use chaincheck_engine::format::Limits;
use chaincheck_engine::format::registry::policy_file::{self, PolicyScope};
use chaincheck_engine::format::registry::system_certificates::RegistryEvidence;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let limits = Limits::default();
    let mut last = 0;
    let report = policy_file::read(octets, PolicyScope::User, &limits, &mut |key| {
        assert_eq!(key.path[0], "HKCU");
        assert!(key.offset >= last);
        last = key.offset;
        for value in &key.values {
            let there = &octets[value.offset..value.offset + value.data.len()];
            assert_eq!(there, &*value.data);
        }
    });
    let evidence = RegistryEvidence::from_policy_file(octets, PolicyScope::User, &limits);
    assert_eq!(report.is_ok(), evidence.is_ok());
});
