//! Addresses in certificates that nobody has checked (SSRF): what is followed, and where it may lead.

use std::sync::Mutex;

use chaincheck_engine::chain::engine::ChainFlags;
use chaincheck_engine::retrieval::{Request, ResponseFacts, Retrieval, RetrievalError, Retrieved};
use chaincheck_testdata::certificate::extension;
use chaincheck_testdata::der;

use crate::support::{ask, authority, ca_issuers, end, question, root, trusting};

/// Writes down what is asked, and answers nothing.
#[derive(Default)]
struct Witness(Mutex<Vec<String>>);

impl Retrieval for Witness {
    fn retrieve(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError> {
        self.0.lock().unwrap().push(request.url.to_owned());
        Err(RetrievalError::Unreachable)
    }
}

const OTHER_SCHEMES: [&str; 9] = [
    "file:///etc/passwd",
    "file://server/share/ca.cer",
    "FILE:///c:/windows/win.ini",
    "ldap://directory.test/cn=CA?cACertificate",
    "ldap:///cn=CA?cACertificate",
    "ftp://server.test/ca.cer",
    "gopher://server.test/1",
    "\\\\server\\share\\ca.cer",
    "javascript:alert(1)",
];

#[test]
fn only_http_is_asked_for_issuers() {
    let urls: Vec<String> = OTHER_SCHEMES[..4].iter().map(ToString::to_string).collect();
    let witness = Witness::default();
    let leaf = end("leaf", "I").with(ca_issuers(&urls)).make();
    let mut request = question(&leaf, &[]);
    request.retrieval = &witness;
    assert!(!ask(&trusting(&[]), &request).is_ok());
    assert_eq!(*witness.0.lock().unwrap(), Vec::<String>::new());

    let leaf = end("leaf", "I").with(ca_issuers(&["http://ca.test/ca.cer".to_owned()])).make();
    let mut request = question(&leaf, &[]);
    request.retrieval = &witness;
    ask(&trusting(&[]), &request);
    assert_eq!(*witness.0.lock().unwrap(), ["http://ca.test/ca.cer"]);
}

/// A certificate may name many addresses; how many are asked has a limit (documented:
/// MaxAIAUrlCountInCert), and so it is with its CRLs.
#[test]
fn a_thousand_addresses_are_not_all_asked() {
    let urls: Vec<String> = (0..1000).map(|n| format!("http://ca.test/{n}")).collect();
    let witness = Witness::default();
    let leaf = end("leaf", "I").with(ca_issuers(&urls)).make();
    let mut request = question(&leaf, &[]);
    request.retrieval = &witness;
    ask(&trusting(&[]), &request);
    assert_eq!(witness.0.lock().unwrap().len(), 5);

    let witness = Witness::default();
    let points: Vec<u8> = (0..1000)
        .flat_map(|n| {
            let url = der::tlv(0x86, format!("http://crl.test/{n}").as_bytes());
            der::sequence(&[der::tlv(0xa0, &der::tlv(0xa0, &url))])
        })
        .collect();
    let leaf = end("leaf", "I").with(extension("2.5.29.31", false, &der::tlv(0x30, &points)));
    let middle = authority("I", "R").make();
    let leaf = leaf.make();
    let mut request = question(&leaf, &[&middle]);
    request.flags = ChainFlags::REVOCATION_CHECK_END_CERT;
    request.retrieval = &witness;
    ask(&trusting(&[&root("R").make()]), &request);
    let asked = witness.0.lock().unwrap().len();
    assert!((1..=2 * chaincheck_engine::revocation::MAX_URLS).contains(&asked), "{asked}");
}

/// Certificates that fetch each other's issuers end at MaxAIAUrlRetrievalCountPerChain.
#[test]
fn issuers_that_lead_to_issuers_end() {
    struct Endless(Mutex<usize>);
    impl Retrieval for Endless {
        fn retrieve(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError> {
            let number: usize = request.url.rsplit('/').next().unwrap().parse().unwrap();
            *self.0.lock().unwrap() += 1;
            let next = number + 1;
            let issuer = authority(&format!("I{number}"), &format!("I{next}"))
                .with(ca_issuers(&[format!("http://ca.test/{next}")]));
            Ok(Retrieved {
                octets: issuer.der().into(),
                from_cache: false,
                last_sync: None,
                elapsed_ms: 0,
                response: ResponseFacts::default(),
            })
        }
    }
    let endless = Endless(Mutex::new(0));
    let leaf = end("leaf", "I0").with(ca_issuers(&["http://ca.test/0".to_owned()])).make();
    let mut request = question(&leaf, &[]);
    request.retrieval = &endless;
    let found = ask(&trusting(&[]), &request);
    assert_eq!(found.status.error.0, 0x1_0000, "{found}");
    assert_eq!(*endless.0.lock().unwrap(), 3);
}

#[cfg(feature = "online")]
mod network {
    use std::net::TcpListener;

    use chaincheck_engine::retrieval::Purpose;
    use chaincheck_engine::retrieval::http::{Http, HttpOptions};

    use super::*;

    fn ask_network(url: &str) -> Result<Retrieved, RetrievalError> {
        let mut options = HttpOptions::default();
        options.ignore_proxy = true;
        Http::new(options).unwrap().retrieve(&Request {
            timeout_ms: 2_000,
            max_octets: 1_000,
            wire_only: true,
            ..Request::get(url, Purpose::Aia)
        })
    }

    #[test]
    fn other_schemes_are_refused() {
        for url in OTHER_SCHEMES {
            assert_eq!(ask_network(url), Err(RetrievalError::UnsupportedScheme), "{url}");
        }
    }

    /// This host, its network and what stands for them, however they are written.
    #[test]
    fn addresses_that_are_not_public_are_refused() {
        for host in [
            "127.0.0.1",
            "127.255.0.9",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "224.0.0.1",
            "255.255.255.255",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:10.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[::127.0.0.1]",
            "[fe80::1]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[ff02::1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1::a00:1]",
            "[2002:7f00:1::]",
            "[2001:0:7f00:1::]",
            "[2001:db8::1]",
            "[3fff::1]",
            "user:password@127.0.0.1",
            "127.0.0.1:80@10.0.0.1",
        ] {
            for scheme in ["http", "https"] {
                let url = format!("{scheme}://{host}/");
                assert_eq!(ask_network(&url), Err(RetrievalError::Forbidden), "{url}");
            }
        }
    }

    /// A name is judged by the address it resolves to, when it is connected to: a name that changes
    /// its address in between (DNS rebinding) wins nothing.
    #[test]
    fn a_name_for_this_host_is_refused_and_never_connected_to() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in ["localhost", "LOCALHOST", "localhost."] {
            let found = ask_network(&format!("http://{host}:{port}/"));
            // a resolver may not know the name with a dot
            let refused = [Err(RetrievalError::Forbidden), Err(RetrievalError::Dns)];
            assert!(refused.contains(&found), "{host}: {found:?}");
        }
        assert_eq!(
            ask_network(&format!("http://127.0.0.1:{port}/")),
            Err(RetrievalError::Forbidden)
        );
        assert!(listener.accept().is_err(), "somebody has connected");
    }
}
