//! A hive is read within its own bounds: each cell once, offsets inside the file, values no longer
//! than the hive; replaying logs over it gives what can be read again.
#![no_main]

use chaincheck_engine::format::Limits;
use chaincheck_engine::format::registry::hive::Hive;
use chaincheck_engine::format::registry::system_certificates::RegistryEvidence;
use chaincheck_engine::format::registry::transaction_log::replay;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let limits = Limits::default();
    let evidence = RegistryEvidence::from_hive(octets, &[], &limits);
    if let Ok(evidence) = &evidence {
        let held: usize = evidence.objects.iter().map(|object| object.octets.len()).sum();
        assert!(held <= octets.len());
        for object in &evidence.objects {
            assert!(object.offset < octets.len() && object.path.ends_with(&object.key_name));
        }
    }
    if let Ok(hive) = Hive::parse(octets) {
        let root = hive.root().expect("parsed");
        let (keys, _) = root.subkeys();
        assert!(keys.len() <= octets.len() / 80);
        for value in keys.iter().take(8).flat_map(|key| key.values().take(8)).flatten() {
            if let Ok((data, offset)) = value.data() {
                assert_eq!(data.len(), value.length());
                assert!(offset <= octets.len());
            }
        }
    }
    // the second half as a log of the first
    let (hive, log) = octets.split_at(octets.len() / 2);
    if let Ok((recovered, report)) = replay(hive, &[log]) {
        assert!(recovered.len() <= hive.len() + log.len());
        assert_eq!(report.logs.len(), 1);
        let (again, second) = replay(&recovered, &[log]).expect("a hive before");
        assert!(!report.is_clean || (again == recovered && second.is_clean));
    }
});
