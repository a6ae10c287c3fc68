//! Certificates that RustCrypto's x509-cert reads (strict DER), we read alike.
#![no_main]

use chaincheck_engine::object::certificate::Certificate;
use libfuzzer_sys::fuzz_target;
use x509_cert::der::{Decode as _, Encode as _};

fuzz_target!(|octets: &[u8]| {
    let Ok(theirs) = x509_cert::Certificate::from_der(octets) else { return };
    let tbs = theirs.tbs_certificate();
    let ours = match Certificate::from_der(octets) {
        Ok(ours) => ours,
        Err(error) => {
            // more than we take: named limits, and a bare TBSCertificate in the outer's place
            assert!(error.to_string().contains("MAX_EXTENSIONS"), "{error}");
            return;
        }
    };
    assert_eq!(ours.trailing_octets(), 0);
    assert_eq!(ours.serial_number(), tbs.serial_number().as_bytes());
    assert_eq!(ours.subject().raw(), tbs.subject().to_der().expect("read before"));
    assert_eq!(ours.issuer().raw(), tbs.issuer().to_der().expect("read before"));
    let seconds = |time: &x509_cert::time::Time| time.to_unix_duration().as_secs();
    let unix = |time: chaincheck_engine::base::time::Time| time.unix();
    assert_eq!(unix(ours.not_before()), seconds(&tbs.validity().not_before) as i64);
    assert_eq!(unix(ours.not_after()), seconds(&tbs.validity().not_after) as i64);
    assert_eq!(ours.spki(), tbs.subject_public_key_info().to_der().expect("read before"));
    assert_eq!(ours.signature(), theirs.signature().raw_bytes());
    let theirs: Vec<_> = tbs.extensions().map_or(&[][..], Vec::as_slice).iter().collect();
    assert_eq!(ours.raw_extensions().count(), theirs.len());
    for (ours, theirs) in ours.raw_extensions().zip(theirs) {
        assert_eq!(ours.critical, theirs.critical);
        assert_eq!(ours.value, theirs.extn_value.as_bytes());
        assert_eq!(ours.oid, theirs.extn_id.as_bytes());
    }
});
