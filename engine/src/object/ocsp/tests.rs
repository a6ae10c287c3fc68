use super::*;
use crate::test_support::{self, der, extension, generalized_time, integer};

fn single(serial: &[u8], status: &[u8]) -> Vec<u8> {
    let algorithm = der(0x30, &[der(6, oid::SHA1.as_octets()), der(5, &[])].concat());
    let id = [algorithm, der(4, &[1; 20]), der(4, &[2; 20]), integer(serial)].concat();
    let next = der(0xa0, &generalized_time("20260108000000Z"));
    let parts = [der(0x30, &id), status.to_vec(), generalized_time("20260101000000Z"), next];
    der(0x30, &parts.concat())
}

fn response(singles: &[Vec<u8>], extensions: &[Vec<u8>]) -> Vec<u8> {
    let responder = der(0xa2, &der(4, &[9; 20]));
    let mut data = [responder, generalized_time("20260101000000Z")].concat();
    data.extend(der(0x30, &singles.concat()));
    if !extensions.is_empty() {
        data.extend(der(0xa1, &der(0x30, &extensions.concat())));
    }
    let algorithm = der(0x30, &der(6, oid::SHA256_WITH_RSA.as_octets()));
    let basic = [der(0x30, &data), algorithm, der(3, &[0, 7, 7])].concat();
    let bytes = [der(6, oid::OCSP_BASIC.as_octets()), der(4, &der(0x30, &basic))].concat();
    der(0x30, &[der(0x0a, &[0]), der(0xa0, &der(0x30, &bytes))].concat())
}

#[test]
fn every_status_is_read() {
    let revoked = [generalized_time("20251231000000Z"), der(0xa0, &der(0x0a, &[4]))].concat();
    let nonce = extension("1.3.6.1.5.5.7.48.1.2", false, &der(4, b"nonce"));
    let odd = extension("1.2.3", true, &[5, 0]);
    let octets = response(
        &[
            single(&[1], &der(0x80, &[])),
            single(&[2], &der(0xa1, &revoked)),
            single(&[3], &der(0x82, &[])),
        ],
        &[nonce, odd],
    );
    let response = OcspResponse::from_der(&octets).unwrap();
    assert_eq!(response.status, OcspResponseStatus::Successful);
    let basic = response.basic.unwrap();
    assert_eq!(basic.nonce.as_deref(), Some(&b"nonce"[..]));
    assert_eq!(basic.unknown_critical, [test_support::oid("1.2.3")]);
    assert_eq!(basic.responder, ResponderId::ByKey(vec![9; 20]));
    assert_eq!((basic.signature(), basic.tbs()[0]), (&[7, 7][..], 0x30));
    let status = |n: usize| basic.responses[n].status;
    assert_eq!(status(0), CertStatus::Good);
    let time = "2025-12-31".parse().unwrap();
    let reason = Some(RevocationReason::Superseded);
    assert_eq!(status(1), CertStatus::Revoked { time, reason });
    assert_eq!(status(2), CertStatus::Unknown);
    assert_eq!(basic.responses[0].next_update.unwrap().to_string(), "2026-01-08T00:00:00Z");
}

#[test]
fn refusals_and_cut_responses() {
    for (number, status) in
        [(3, OcspResponseStatus::TryLater), (6, OcspResponseStatus::Unauthorized)]
    {
        let read = OcspResponse::from_der(&der(0x30, &der(0x0a, &[number]))).unwrap();
        assert_eq!((read.status, read.basic), (status, None));
    }
    let whole = response(&[single(&[1], &der(0x80, &[]))], &[]);
    for end in 0..whole.len() {
        assert!(OcspResponse::from_der(&whole[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn requests_are_written() {
    let cert_id = CertId {
        hash_algorithm: oid::SHA1,
        issuer_name_hash: vec![1; 20],
        issuer_key_hash: vec![2; 20],
        serial_number: vec![3],
    };
    let request = OcspRequest { cert_id: cert_id.clone(), nonce: None };
    let octets = request.to_der();
    let mut list = Reader::new(&octets).sequence().unwrap().sequence().unwrap();
    let id = list.sequence().unwrap().sequence().unwrap().sequence().unwrap();
    assert_eq!(CertId::read(id).unwrap(), cert_id);
    let url = request.get_url("http://ocsp.example/");
    assert!(url.starts_with("http://ocsp.example/M"), "{url}");
    assert!(!url[20..].contains(['/', '+', '=']), "{url}");
    let with_nonce = OcspRequest { cert_id, nonce: Some(vec![8; 16]) }.to_der();
    assert!(with_nonce.windows(18).any(|w| w[..2] == [4, 16] && w[2..] == [8; 16]));
    assert_eq!(encode(4, &[&[0; 300]])[..4], [4, 0x82, 1, 44]);
    assert_eq!(encode(5, &[]), [5, 0]);
}

#[test]
fn published_samples() {
    let Some(directory) = test_support::shared("data/samples/ocsp") else { return };
    let mut read = 0;
    for (name, octets, truth) in test_support::samples(&directory) {
        let truth = String::from_utf8(truth).unwrap();
        if !truth.contains("\"kind\": \"response\"") {
            continue;
        }
        let accepted = truth.contains("\"rc\": 0");
        match OcspResponse::from_der(&octets) {
            Ok(response) => {
                let singles = response.basic.map(|basic| basic.responses).unwrap_or_default();
                let count = |word: &str| truth.matches(&format!("\"{word}\"")).count();
                let is = |wanted: fn(&CertStatus) -> bool| {
                    singles.iter().filter(|single| wanted(&single.status)).count()
                };
                if accepted && truth.contains("GMT") {
                    assert_eq!(is(|s| *s == CertStatus::Good), count("good"), "{name}");
                    assert_eq!(
                        is(|s| matches!(s, CertStatus::Revoked { .. })),
                        count("revoked"),
                        "{name}"
                    );
                }
                read += 1;
            }
            Err(error) => assert!(!accepted, "{name}: {error}"),
        }
    }
    assert!(read >= 8, "{read} responses read");
}
