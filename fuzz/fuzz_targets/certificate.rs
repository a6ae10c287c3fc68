//! A certificate that is read is read the same again from its own encoding, and where x509-parser
//! reads it too, both read the same.
#![no_main]

use chaincheck_engine::object::certificate::Certificate;
use libfuzzer_sys::fuzz_target;
use x509_parser::parse_x509_certificate;

fuzz_target!(|octets: &[u8]| {
    let Ok(ours) = Certificate::from_der(octets) else { return };
    assert_eq!(ours.der().len() + ours.trailing_octets(), octets.len());
    let again = Certificate::from_der(ours.der()).expect("read before");
    assert_eq!(parts(&ours), parts(&again));
    assert_eq!(format!("{:?}", ours.extensions()), format!("{:?}", again.extensions()));
    assert_eq!(ours.sha1(), again.sha1());
    let Ok((_, theirs)) = parse_x509_certificate(ours.der()) else { return };
    assert_eq!(ours.serial_number(), theirs.raw_serial());
    // x509-parser ends a name where it cannot read an RDN, and reads no tag number above 32 bits
    for (ours, theirs) in [(ours.subject(), theirs.subject()), (ours.issuer(), theirs.issuer())] {
        let is_odd = || {
            let attributes = ours.attributes();
            attributes.is_err() || attributes.iter().flatten().any(|a| a.tag & 0x1f == 0x1f)
        };
        assert!(ours.raw() == theirs.as_raw() || is_odd());
    }
    assert_eq!(ours.not_before().unix(), theirs.validity().not_before.timestamp());
    assert_eq!(ours.not_after().unix(), theirs.validity().not_after.timestamp());
    assert_eq!(ours.raw_extensions().count(), theirs.extensions().len());
});

fn parts(certificate: &Certificate) -> [&[u8]; 9] {
    [
        certificate.der(),
        certificate.tbs(),
        certificate.serial_number(),
        certificate.issuer().raw(),
        certificate.subject().raw(),
        certificate.spki(),
        certificate.public_key_octets(),
        certificate.signature_algorithm(),
        certificate.signature(),
    ]
}
