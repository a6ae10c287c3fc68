//! Every entry of a CRL is found by its serial number, and a CRL is read the same again from its
//! own encoding.
#![no_main]

use chaincheck_engine::object::crl::Crl;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let Ok(crl) = Crl::from_der(octets) else { return };
    assert_eq!(crl.der().len() + crl.trailing_octets(), octets.len());
    let again = Crl::from_der(crl.der()).expect("read before");
    assert_eq!((crl.tbs(), crl.signature()), (again.tbs(), again.signature()));
    assert_eq!(format!("{:?}", crl.extensions()), format!("{:?}", again.extensions()));
    assert_eq!(crl.entries().count(), crl.entry_count());
    for entry in crl.entries().take(100) {
        let same = |found: &_| format!("{found:?}") == format!("{entry:?}");
        assert!(crl.find(&entry.serial_number).any(|found| same(&found)));
    }
});
