//! The same chains, judged by rustls-webpki: where the two differ, a named rule of CAPI2 says why.

use std::time::Duration;

use chaincheck_engine::base::oid::SERVER_AUTH;
use chaincheck_engine::chain::status::TrustError;
use chaincheck_testdata::certificate::{
    ca, cert_sign, dns_names, extension, permitted_dns, usages,
};
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::support::{Cert, ask, authority, end, key, no_ca, now, question, root, trusting, wants};

const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT: &str = "1.3.6.1.5.5.7.3.2";

fn leaf() -> Cert {
    end("leaf", "I").with(dns_names(&["www.example.com"])).with(usages(&[SERVER]))
}

fn middle() -> Cert {
    authority("I", "R")
}

fn capi2(leaf: &Cert, middle: &Cert, top: &Cert) -> TrustError {
    let mut request = question(&leaf.make(), &[&middle.make()]);
    request.usage = wants(&[SERVER_AUTH]);
    ask(&trusting(&[&top.make()]), &request).status.error
}

fn webpki(leaf: &Cert, middle: &Cert, top: &Cert) -> Result<(), webpki::Error> {
    let (leaf, middle, top) = (leaf.der(), middle.der(), top.der());
    let (leaf, middle, top) =
        (CertificateDer::from(leaf), CertificateDer::from(middle), CertificateDer::from(top));
    let anchor = webpki::anchor_from_trusted_cert(&top)?;
    let end = webpki::EndEntityCert::try_from(&leaf)?;
    let seconds = u64::try_from(now().unix()).unwrap();
    end.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &[anchor],
        &[middle],
        UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
        webpki::KeyUsage::server_auth(),
        None,
        None,
    )
    .map(|_| ())
}

/// What the two say, and the rule that explains a difference.
struct Case {
    what: &'static str,
    leaf: Cert,
    middle: Cert,
    top: Cert,
    /// CAPI2's bits.
    bits: u32,
    /// Why rustls-webpki decides otherwise.
    differs: Option<&'static str>,
}

fn cases() -> Vec<Case> {
    let case =
        |what, leaf, middle, top, bits| Case { what, leaf, middle, top, bits, differs: None };
    let past = ("20200101000000", "20250101000000");
    let future = ("20300101000000", "20400101000000");
    let unknown = || extension("1.2.3", true, &[0x05, 0x00]);
    let mut cases = vec![
        case("sound", leaf(), middle(), root("R"), 0),
        case("expired", leaf().valid(past.0, past.1), middle(), root("R"), 1),
        case("not yet valid", leaf().valid(future.0, future.1), middle(), root("R"), 1),
        case("expired CA", leaf(), middle().valid(past.0, past.1), root("R"), 1),
        case("another usage", end("leaf", "I").with(usages(&[CLIENT])), middle(), root("R"), 0x10),
        case("CA for another usage", leaf(), middle().with(usages(&[CLIENT])), root("R"), 0x10),
        case("permitted name", leaf(), middle().with(permitted_dns("example.com")), root("R"), 0),
        case(
            "name not permitted",
            leaf(),
            middle().with(permitted_dns("example.org")),
            root("R"),
            0x4000,
        ),
        case("unknown critical", leaf().with(unknown()), middle(), root("R"), 0x0800_0100),
        case("CA with unknown critical", leaf(), middle().with(unknown()), root("R"), 0x0800_0100),
        case("bad signature", leaf().tampered(), middle(), root("R"), 8),
        case("CA with a bad signature", leaf(), middle().tampered(), root("R"), 8),
        case("wrong key", leaf().signed_by(key("other")), middle(), root("R"), 8),
        case("unknown root", leaf(), authority("I", "S"), root("R"), 0x1_0000),
        case("no CA", leaf(), end("I", "R").with(no_ca()), root("R"), 0x400),
        case("no basicConstraints", leaf(), end("I", "R"), root("R"), 0x400),
        case(
            "path length that suffices",
            leaf(),
            end("I", "R").with(ca(Some(0))).with(cert_sign()),
            root("R"),
            0,
        ),
    ];
    let mut differs = |what, leaf, middle, top, bits, rule| {
        cases.push(Case { what, leaf, middle, top, bits, differs: Some(rule) });
    };
    differs(
        "CA not yet valid",
        leaf(),
        middle().valid(future.0, future.1),
        root("R"),
        0,
        "chain-engine 7.1: an issuer's notBefore is not held against it",
    );
    differs(
        "expired root",
        leaf(),
        middle(),
        root("R").valid(past.0, past.1),
        1,
        "chain-engine 7.1: a root's period counts; to webpki an anchor is a name and a key",
    );
    differs(
        "path length of the root",
        leaf(),
        middle(),
        end("R", "R").with(ca(Some(0))).with(cert_sign()),
        0x400,
        "chain-engine 7.3: a root's pathLenConstraint counts",
    );
    differs(
        "end certificate that is a CA",
        leaf().with(ca(None)).with(cert_sign()),
        middle(),
        root("R"),
        0,
        "chain-engine 7.3: an end certificate may be a CA",
    );
    differs(
        "no CA with keyCertSign",
        leaf().with(no_ca()).with(cert_sign()),
        middle(),
        root("R"),
        0x10,
        "chain-engine 7.3: keyCertSign in an end certificate that is no CA",
    );
    differs(
        "root for another usage",
        leaf(),
        middle(),
        root("R").with(usages(&[CLIENT])),
        0x10,
        "chain-engine 7.5: a root's usages count",
    );
    cases
}

#[test]
fn rustls_webpki_agrees_but_for_named_rules() {
    for case in cases() {
        let bits = capi2(&case.leaf, &case.middle, &case.top);
        assert_eq!(bits.0, case.bits, "{}: {bits:?}", case.what);
        let other = webpki(&case.leaf, &case.middle, &case.top);
        let agree = bits.is_empty() == other.is_ok();
        assert_eq!(agree, case.differs.is_none(), "{}: {bits:?} and {other:?}", case.what);
    }
}
