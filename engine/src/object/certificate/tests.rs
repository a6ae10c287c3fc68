use super::*;

/// The TBSCertificate that Windows' own tests make contexts of: no key, dates of 1601, critical
/// basicConstraints (cA, pathLen 1).
const BARE_TBS: &str = "307a02010130020600301531133011060355040313\
0a4a75616e204c616e67003022180f31363031303130313030303030305a180f31363031303130313030303030305a\
3015311330110603550403130a4a75616e204c616e6700300730020600030100\
a316301430120603551d130101ff040830060101ff020101";

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn a_bare_tbs_certificate_is_accepted() {
    let certificate = Certificate::from_der(&unhex(BARE_TBS)).unwrap();
    assert_eq!(certificate.subject().display_name(), "Juan Lang");
    assert!(certificate.is_self_issued());
    assert_eq!(certificate.not_after().to_string(), "1601-01-01T00:00:00Z");
    assert!(certificate.signature().is_empty());
    let constraints = certificate.extensions().basic_constraints.as_ref().unwrap();
    assert!(constraints.critical);
    assert_eq!(constraints.value, Ok(BasicConstraints { ca: true, path_len: Some(1) }));
}

#[test]
fn octets_behind_a_certificate_are_counted_not_kept() {
    let mut octets = unhex(BARE_TBS);
    let whole = Certificate::from_der(&octets).unwrap();
    octets.extend([0, 1, 2]);
    let with_more = Certificate::from_der(&octets).unwrap();
    assert_eq!(with_more.trailing_octets(), 3);
    assert_eq!(whole, with_more);
    assert_eq!(whole.sha1(), with_more.sha1());
}

#[test]
fn every_truncation_is_an_error_with_a_place() {
    let octets = unhex(BARE_TBS);
    for end in 0..octets.len() {
        let error = Certificate::from_der(&octets[..end]).unwrap_err();
        assert!(error.offset <= end, "{error}");
        assert!(!error.context.is_empty());
    }
}

#[test]
fn a_malformed_extension_is_a_finding_not_a_failure() {
    let mut octets = unhex(BARE_TBS);
    let at = octets.len() - 3; // pathLen's INTEGER becomes an OBJECT IDENTIFIER
    assert_eq!(octets[at], 0x02);
    octets[at] = 0x06;
    let certificate = Certificate::from_der(&octets).unwrap();
    let error = certificate.extensions().basic_constraints.as_ref().unwrap().value.unwrap_err();
    assert_eq!(error.offset, at);
    assert_eq!(error.context, "basicConstraints");
}

/// The bare TBSCertificate with one more extension behind its basicConstraints.
fn with_extension(oid: &Oid, value: &[u8]) -> Certificate {
    let wrap = |tag: u8, parts: &[&[u8]]| {
        let content = parts.concat();
        let mut octets = vec![tag, 0x81, u8::try_from(content.len()).unwrap()];
        octets.extend(content);
        octets
    };
    let octets = unhex(BARE_TBS);
    let (fields, old) = octets[2..].split_at(octets.len() - 2 - 24);
    assert_eq!(old[0], 0xa3);
    let extension = wrap(0x30, &[&wrap(0x06, &[oid.as_octets()]), &wrap(0x04, &[value])]);
    let list = wrap(0x30, &[&old[4..], &extension]);
    let tbs = wrap(0x30, &[fields, &wrap(0xa3, &[&list])]);
    Certificate::from_der(&tbs).unwrap()
}

#[test]
fn microsofts_own_extensions_are_decoded() {
    let version = with_extension(&oid::CERTSRV_CA_VERSION, &[0x02, 0x03, 0x01, 0x00, 0x02]);
    assert_eq!(version.extensions().ca_version.as_ref().unwrap().value, Ok(0x1_0002));

    let hash = with_extension(&oid::CERTSRV_PREVIOUS_CERT_HASH, &[0x04, 0x02, 0xaa, 0xbb]);
    let hash = hash.extensions().previous_ca_hash.as_ref().unwrap();
    assert_eq!(hash.value, Ok(vec![0xaa, 0xbb]));

    let name = with_extension(&oid::ENROLL_CERTTYPE, &[0x1e, 0x04, 0x00, b'C', 0x00, b'A']);
    let name = name.extensions().enroll_certtype.as_ref().unwrap();
    assert_eq!(name.value, Ok("CA".to_owned()));

    let template = [0x30, 0x0a, 0x06, 0x02, 0x2a, 0x03, 0x02, 0x01, 0x64, 0x02, 0x01, 0x03];
    let template = with_extension(&oid::CERTIFICATE_TEMPLATE, &template);
    let template = template.extensions().certificate_template.as_ref().unwrap().ok().unwrap();
    assert_eq!(template.template.to_string(), "1.2.3");
    assert_eq!((template.major_version, template.minor_version), (Some(100), Some(3)));

    let points = [0x30, 0x0a, 0x02, 0x01, 0x3c, 0x30, 0x05, 0x30, 0x03, 0x86, 0x01, b'u'];
    let points = with_extension(&oid::CROSS_CERT_DIST_POINTS, &points);
    let points = points.extensions().cross_cert_dist_points.as_ref().unwrap().ok().unwrap();
    assert_eq!(points.sync_delta_time, Some(60));
    assert_eq!(points.points, [[GeneralName::Uri("u".to_owned())]]);
}
