//! A signed message is read the same again from its own encoding; its parts are parts of it; its
//! signers' certificates are among its own.
#![no_main]

use chaincheck_engine::crypto::message::verify_signer;
use chaincheck_engine::object::message::SignedData;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let Ok(message) = SignedData::from_der(octets) else { return };
    assert_eq!(message.der().len() + message.trailing_octets, octets.len());
    let again = SignedData::from_der(message.der()).expect("read before");
    assert_eq!(message.content_raw(), again.content_raw());
    assert_eq!(message.content(), again.content());
    assert!(message.raw_certificates().eq(again.raw_certificates()));
    assert!(message.raw_crls().eq(again.raw_crls()));
    let certificates = message.certificates();
    for signer in &message.signers {
        if let Some(certificate) = signer.find_certificate(&certificates) {
            assert!(message.raw_certificates().any(|raw| raw.starts_with(certificate.der())));
            let _ = verify_signer(signer, certificate, message.digested_octets());
        }
    }
});
