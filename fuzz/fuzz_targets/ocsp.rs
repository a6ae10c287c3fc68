//! A successful OCSP response's signed part lies inside it, and it is read the same twice.
#![no_main]

use chaincheck_engine::object::ocsp::OcspResponse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let Ok(response) = OcspResponse::from_der(octets) else { return };
    assert_eq!(OcspResponse::from_der(octets).as_ref(), Ok(&response));
    let Some(basic) = &response.basic else { return };
    assert!(response.response_type.is_some());
    assert_eq!(basic.tbs().first(), Some(&0x30));
    assert_eq!(basic.signature_algorithm().first(), Some(&0x30));
    let inside = |part: &[u8]| octets.windows(part.len()).any(|window| window == part);
    // a response in a constructed OCTET STRING is joined from pieces
    assert!(inside(basic.tbs()) || octets.contains(&0x24));
});
