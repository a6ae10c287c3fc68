use super::*;
use crate::format::tests::shared;

#[test]
fn small_files_by_their_beginning() {
    for (octets, kind) in [
        (&b""[..], Kind::Empty),
        (b"\x30\x03\x0a\x01\x06", Kind::OcspResponse),
        (b"\xef\xbb\xbf<!DOCTYPE HTML><p>", Kind::Html),
        (b"\xff\xfeR\0E\0G\0E\0D\0I\0T\x004\0", Kind::RegistryExport),
        (b"<?xml version=\"1.0\"?><Events/>", Kind::EventXml),
        (b"{\"Event\":{\"System\":{}}}", Kind::EventJson),
        (b"Record 1\n{ \"Event\": { \"System\": {} } }", Kind::EventJson),
        (b"{\"event\": 1}", Kind::Unknown),
        (b"Log Name: Application\nSource: x\nEvent ID: 4107\n", Kind::EventText),
        (b"Xml : <CertVerifyRevocation xmlns=\"x\">", Kind::EventText),
        (b"<X509Objects/>", Kind::EventXml),
        (b"MSCF", Kind::Cabinet),
        (b"MZ is no program", Kind::Unknown),
        (b"Hello", Kind::Unknown),
        (b"0", Kind::Unknown),
        // a bare CTL: usages, this update, algorithm
        (b"\x30\x17\x30\0\x18\x0f16010101000000Z\x30\x02\x06\0", Kind::BareCtl),
    ] {
        assert_eq!(detect(octets), kind, "{octets:02x?}");
    }
}

#[test]
fn every_shared_sample_is_its_kind() {
    let Some(folder) = shared("data/samples") else { return };
    let mut checked = 0;
    for (kind_folder, kinds) in [
        ("cat", &[Kind::CertificateTrustList][..]),
        ("crl", &[Kind::Pem]),
        ("evtx", &[Kind::EventLog]),
        ("hive", &[Kind::RegistryHive]),
        ("ocsp", &[Kind::OcspResponse, Kind::OcspRequest]),
        ("pfx", &[Kind::Pfx]),
        ("reg", &[Kind::RegistryExport]),
        ("sst", &[Kind::SerializedStore, Kind::SerializedElement]),
        ("event-xml", &[Kind::EventXml, Kind::EventText]),
    ] {
        for file in std::fs::read_dir(folder.join(kind_folder)).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|e| e == "json") {
                continue;
            }
            let kind = detect(&std::fs::read(&path).unwrap());
            assert!(kinds.contains(&kind), "{}: {kind}", path.display());
            checked += 1;
        }
    }
    assert!(checked > 50, "only {checked} files");
}

/// A fuzzer's file may have become another DER object, and some are PEM; but none may be taken for
/// a container.
#[test]
fn malformed_files_are_their_kind_or_unknown() {
    let Some(folder) = std::env::var_os("CHAINCHECK_MALFORMED").map(std::path::PathBuf::from)
    else {
        println!("skipped: CHAINCHECK_MALFORMED names no unpacked folder");
        return;
    };
    for (kind_folder, kinds) in [
        ("x509", &[Kind::Certificate][..]),
        ("crl", &[Kind::Crl]),
        ("csr", &[Kind::CertificateRequest]),
        ("pkcs12", &[Kind::Pfx]),
        ("ocsp", &[Kind::OcspResponse, Kind::OcspRequest]),
        ("spki", &[Kind::PublicKey]),
        ("pkcs8", &[Kind::PrivateKey]),
    ] {
        let (mut right, mut wrong) = (0, Vec::new());
        for file in std::fs::read_dir(folder.join(kind_folder)).unwrap() {
            let path = file.unwrap().path();
            match detect(&std::fs::read(&path).unwrap()) {
                Kind::Unknown | Kind::Empty => {}
                kind if kinds.contains(&kind) => right += 1,
                kind if crate::format::is_der(kind) || kind == Kind::Pem => {
                    wrong.push(format!("{}: {kind}", path.display()))
                }
                kind => panic!("{}: {kind}", path.display()),
            }
        }
        println!("{kind_folder}: {right} right, {} wrong {wrong:#?}", wrong.len());
        assert!(right > 0);
    }
}
