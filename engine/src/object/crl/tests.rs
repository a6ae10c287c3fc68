use super::*;
use crate::test_support::{self, crl, der, integer, oid, revoked_entry};

#[test]
fn a_list_and_its_entries() {
    let hold = revoked_entry(&[0x00, 0x80], "20260102000000Z", Some(6));
    let plain = revoked_entry(&[5], "20260101000000Z", None);
    let list = Crl::from_der(&crl("CA", "20260101000000Z", None, &[hold, plain], &[])).unwrap();
    assert_eq!(list.version(), 1);
    assert_eq!(list.issuer().to_string(), "CN=CA");
    assert_eq!(list.this_update().to_string(), "2026-01-01T00:00:00Z");
    assert_eq!((list.next_update(), list.entry_count(), list.is_delta()), (None, 2, false));
    let found: Vec<_> = list.find(&[0, 0, 0x80]).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].reason, Some(RevocationReason::CertificateHold));
    assert_eq!(found[0].revocation_date.to_string(), "2026-01-02T00:00:00Z");
    assert_eq!(list.find(&[5]).next().unwrap().reason, None, "no extension of the next entry");
    // 0x80 alone is -128, another number than 0x0080
    assert_eq!(list.find(&[0x80]).count() + list.find(&[6]).count() + list.find(&[]).count(), 0);
    assert_eq!(list.entries().map(|e| e.serial_number.len()).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn a_serial_number_listed_twice() {
    let entries = [
        revoked_entry(&[5], "20260101000000Z", Some(6)),
        revoked_entry(&[4], "20260101000000Z", None),
        revoked_entry(&[0, 5], "20260103000000Z", Some(8)),
    ];
    let list = Crl::from_der(&crl("CA", "20260101000000Z", None, &entries, &[])).unwrap();
    let reasons: Vec<_> = list.find(&[5]).map(|entry| entry.reason.unwrap().as_str()).collect();
    assert_eq!(reasons, ["certificateHold", "removeFromCRL"]);
}

/// The first look-up walks the list, later ones have an index.
#[test]
fn every_look_up_finds_the_same() {
    let entry = |serial: &[u8], reason| revoked_entry(serial, "20260101000000Z", Some(reason));
    let entries = [entry(&[5], 6), entry(&[0, 0x80], 1), entry(&[4], 3), entry(&[0, 5], 8)];
    let octets = crl("CA", "20260101000000Z", None, &entries, &[]);
    let used = Crl::from_der(&octets).unwrap();
    let wanted: [(&[u8], usize); 7] =
        [(&[5], 2), (&[0, 5], 2), (&[4], 1), (&[0, 0x80], 1), (&[0x80], 0), (&[6], 0), (&[], 0)];
    for (wanted, count) in wanted {
        let fresh = Crl::from_der(&octets).unwrap();
        let walked: Vec<_> = fresh.find(wanted).collect();
        assert!(fresh.0.index.get().is_none(), "one look-up sorts nothing");
        assert_eq!(walked.len(), count, "{wanted:?}");
        for _ in 0..2 {
            assert!(used.find(wanted).eq(walked.iter().cloned()), "{wanted:?}");
        }
    }
    assert!(used.0.index.get().is_some());
}

/// CertCreateCRLContext takes a TBSCertList without signature (observed).
#[test]
fn a_bare_list_is_read() {
    let whole = crl("CA", "20260101000000Z", Some("20270101000000Z"), &[], &[]);
    let whole = Crl::from_der(&whole).unwrap();
    let mut with_tail = whole.tbs().to_vec();
    with_tail.extend([0, 0]);
    let bare = Crl::from_der(&with_tail).unwrap();
    assert_eq!(bare.tbs(), whole.tbs());
    assert_eq!((bare.signature(), bare.trailing_octets()), (&[][..], 2));
    assert_eq!(bare.signature_algorithm(), whole.signature_algorithm());
    assert!(!whole.signature().is_empty());
    // v1 without a version: begins with the AlgorithmIdentifier
    let v1 = der(0x30, &whole.tbs()[2 + 3..]);
    assert_eq!(Crl::from_der(&v1).unwrap().version(), 0);
}

#[test]
fn extensions_of_a_list() {
    let number = test_support::extension("2.5.29.20", false, &integer(&[0, 0xff]));
    let base = test_support::extension("2.5.29.27", true, &integer(&[7]));
    let point = der(0xa0, &der(0xa0, &der(0x86, b"http://a/x.crl")));
    let scope = [point, der(0x81, &[0xff]), der(0x83, &[5, 0x60]), der(0x84, &[1])].concat();
    let scope = test_support::extension("2.5.29.28", true, &der(0x30, &scope));
    let odd = test_support::extension("1.2.3", true, &[5, 0]);
    let list = crl("CA", "20260101000000Z", None, &[], &[number, base, scope, odd]);
    let list = Crl::from_der(&list).unwrap();
    let extensions = list.extensions();
    let number = extensions.crl_number.as_ref().unwrap().ok().unwrap();
    assert_eq!(number.to_string(), "255");
    assert!(list.is_delta());
    assert!(extensions.delta_crl_indicator.as_ref().unwrap().ok().unwrap() < number);
    let scope = extensions.issuing_distribution_point.as_ref().unwrap().ok().unwrap();
    assert_eq!(scope.full_name, [GeneralName::Uri("http://a/x.crl".to_owned())]);
    assert!(scope.only_contains_user_certs && scope.indirect_crl && !scope.only_contains_ca_certs);
    assert_eq!(scope.only_some_reasons.as_deref(), Some(&[0x60][..]));
    assert_eq!(extensions.unknown_critical, [oid("1.2.3")]);
}

#[test]
fn hostile_lists_are_refused_with_a_place() {
    let cases: [(&str, Vec<u8>); 4] = [
        ("empty INTEGER", revoked_entry(&[], "20260101000000Z", None)),
        ("not a date", revoked_entry(&[1], "2026", None)),
        (
            "number too large",
            revoked_entry(&vec![1; MAX_SERIAL_OCTETS + 1], "20260101000000Z", None),
        ),
        ("expected SEQUENCE", integer(&[1])),
    ];
    for (message, entry) in cases {
        let list = crl("CA", "20260101000000Z", None, &[entry], &[]);
        let error = Crl::from_der(&list).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert!(error.offset > 20, "{error}");
        assert_eq!(error.context, "revokedCertificates");
    }
    let whole =
        crl("CA", "20260101000000Z", None, &[revoked_entry(&[1], "20260101000000Z", None)], &[]);
    for end in 0..whole.len() {
        assert!(Crl::from_der(&whole[..end]).is_err(), "cut at {end}");
    }
}

/// Every one of 500,000 entries is found and nothing else is; the index costs eight octets each.
#[test]
fn half_a_million_entries() {
    let serial = |n: u32| {
        // scattered, so that the list is not sorted
        let scattered = n.wrapping_mul(2_654_435_761);
        let mut octets = vec![0x11];
        octets.extend(scattered.to_be_bytes());
        octets
    };
    let count = 500_000;
    let entries: Vec<_> =
        (0..count).map(|n| revoked_entry(&serial(n), "20260101000000Z", None)).collect();
    let list = Crl::from_der(&crl("CA", "20260101000000Z", None, &entries, &[])).unwrap();
    assert_eq!(list.entry_count(), 500_000);
    for n in (0..count).step_by(7) {
        let wanted = serial(n);
        assert!(list.find(&wanted).eq(list.find(&wanted).take(1)), "entry {n} stands once");
        assert_eq!(list.find(&wanted).next().unwrap().serial_number, wanted, "entry {n}");
    }
    for n in count..count + 1000 {
        assert_eq!(list.find(&serial(n)).count(), 0, "{n} is not listed");
    }
    assert_eq!(size_of::<EntryPosition>(), 8);
    assert_eq!(list.0.index.get().unwrap().len(), 500_000);
}

#[test]
fn published_samples() {
    let Some(directory) = test_support::shared("data/samples/crl") else { return };
    let mut read = 0;
    for (name, octets, truth) in test_support::samples(&directory) {
        let octets = if name.ends_with(".pem") { test_support::pem(&octets) } else { octets };
        let truth = String::from_utf8(truth).unwrap();
        let accepted = truth.contains("\"rc\": 0");
        match Crl::from_der(&octets) {
            Ok(list) => {
                let entries = format!("\"revoked\": {},", list.entries().count());
                assert!(!accepted || truth.contains(&entries), "{name}: {entries} {truth}");
                assert_eq!(list.entry_count(), list.entries().count(), "{name}");
                for entry in list.entries() {
                    assert!(list.find(entry.serial_number).any(|found| found == entry), "{name}");
                }
                read += 1;
            }
            Err(error) => assert!(!accepted, "{name}: {error}"),
        }
    }
    assert!(read >= 10, "{read} lists read");
}
