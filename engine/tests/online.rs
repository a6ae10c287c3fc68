//! Revocation over a real network: `openssl ocsp` as the responder and a small HTTP server for
//! CRLs, both on this host. Skipped, and said aloud, without an openssl command.
#![cfg(feature = "online")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use chaincheck_engine::base::hresult;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::context::ChainContext;
use chaincheck_engine::chain::engine::{
    ChainEngine, ChainFlags, ChainRequest, EngineKind, EngineOptions,
};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::ocsp::{CertId, OcspRequest};
use chaincheck_engine::retrieval::disk_cache::{DiskCache, DiskCacheOptions};
use chaincheck_engine::retrieval::http::{Http, HttpOptions};
use chaincheck_engine::retrieval::{Method, Purpose, Request, Retrieval};
use chaincheck_engine::revocation::Source;
use chaincheck_engine::store::{Store, SystemStores};
use tempfile::TempDir;

const REVOKED: u32 = 0x4;
const UNKNOWN: u32 = 0x40;
const OFFLINE: u32 = 0x0100_0040;

const GOOD_SERIAL: u32 = 0x1001;
const REVOKED_SERIAL: u32 = 0x1002;
const UNLISTED_SERIAL: u32 = 0x1003;

/// The time-out of questions whose server answers, however busy this machine is.
const PATIENT_MS: u32 = 20_000;

/// The time-out of questions whose server does not.
const TIMEOUT_MS: u32 = 1_500;

/// Octets an answer may have: MaxUrlRetrievalByteCount of these tests.
const MAX_OCTETS: usize = 1 << 20;

/// What openssl knows of the certificates it issued.
const INDEX: &str = "V\t491231235959Z\t\t1001\tunknown\t/CN=good\n\
    R\t491231235959Z\t250101000000Z,keyCompromise\t1002\tunknown\t/CN=revoked\n";

const CONFIG: &str = "[req]\ndistinguished_name = name\nx509_extensions = ca\nprompt = no\n\
    [name]\nCN = Loopback CA\n\
    [ca]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\n\
    subjectKeyIdentifier = hash\n\
    [authority]\ndatabase = index.txt\ndefault_md = sha256\ndefault_crl_days = 7\n";

/// A certification authority in a folder, run by openssl.
struct Authority {
    folder: TempDir,
    root: Certificate,
}

impl Authority {
    /// `None`, said aloud, if there is no openssl command.
    fn new() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            println!("skipped: there is no openssl command");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("config", CONFIG);
        write("index.txt", INDEX);
        let run = |arguments: &str| openssl(folder.path(), arguments);
        run("ecparam -name prime256v1 -genkey -noout -out ca.key");
        run("ecparam -name prime256v1 -genkey -noout -out end.key");
        run("req -new -x509 -config config -key ca.key -days 30 -out ca.pem");
        run("x509 -in ca.pem -outform DER -out ca.der");
        run("req -new -config config -key end.key -subj /CN=end -out end.csr");
        run("ca -config config -name authority -gencrl -keyfile ca.key -cert ca.pem -out crl.pem");
        run("crl -in crl.pem -outform DER -out crl.der");
        let root = Certificate::from_der(&fs::read(folder.path().join("ca.der")).unwrap()).unwrap();
        Some(Self { folder, root })
    }

    fn crl(&self) -> Vec<u8> {
        fs::read(self.folder.path().join("crl.der")).unwrap()
    }

    /// An end certificate with these addresses of a responder and of a CRL.
    fn issue(&self, serial: u32, responder: Option<&str>, crl: Option<&str>) -> Certificate {
        let mut extensions = String::from("authorityKeyIdentifier = keyid\n");
        if let Some(url) = responder {
            extensions.push_str(&format!("authorityInfoAccess = OCSP;URI:{url}\n"));
        }
        if let Some(url) = crl {
            extensions.push_str(&format!("crlDistributionPoints = URI:{url}\n"));
        }
        let folder = self.folder.path();
        fs::write(folder.join("end.ext"), extensions).unwrap();
        let serial = format!("0x{serial:x}");
        openssl(
            folder,
            &format!(
                "x509 -req -in end.csr -CA ca.pem -CAkey ca.key -set_serial {serial} -days 20 \
                 -sha256 -extfile end.ext -outform DER -out end.der"
            ),
        );
        Certificate::from_der(&fs::read(folder.join("end.der")).unwrap()).unwrap()
    }

    /// Whether `end` is revoked, asked of `retrieval`.
    fn check(&self, end: &Certificate, retrieval: &dyn Retrieval, flags: ChainFlags) -> Outcome {
        self.check_within(PATIENT_MS, end, retrieval, flags)
    }

    fn check_within(
        &self,
        timeout_ms: u32,
        end: &Certificate,
        retrieval: &dyn Retrieval,
        flags: ChainFlags,
    ) -> Outcome {
        let root = Store::of([self.root.clone()]);
        let stores = SystemStores { root, ..SystemStores::default() };
        let mut options = EngineOptions::default();
        options.revocation.max_url_retrieval_octets = MAX_OCTETS;
        let engine = ChainEngine::new(stores, EngineKind::System, options);
        // a response made while it is waited for is later than the question: ask a little later
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() + 60;
        let now = Time::from_unix(i64::try_from(now).unwrap());
        let mut request = ChainRequest::new(end.clone(), now);
        request.flags = flags | ChainFlags::REVOCATION_CHECK_END_CERT;
        request.url_retrieval_timeout = Some(timeout_ms);
        request.retrieval = retrieval;
        let start = Instant::now();
        let context = engine.chain(&request).unwrap();
        Outcome { context, elapsed: start.elapsed() }
    }
}

struct Outcome {
    context: ChainContext,
    elapsed: Duration,
}

impl Outcome {
    /// The bits must be these, of the end certificate and of the chain.
    #[track_caller]
    fn expect(&self, bits: u32, source: Option<Source>) {
        let end = &self.context.elements()[0];
        let revocation = end.revocation.as_ref().unwrap();
        assert_eq!(end.status.error.0, bits, "{:?}", revocation.notes);
        assert_eq!(self.context.status.error.0, bits);
        assert_eq!(revocation.source, source, "{:?}", revocation.notes);
    }

    #[track_caller]
    fn notes(&self, expected: &str) {
        let notes = &self.context.elements()[0].revocation.as_ref().unwrap().notes;
        assert!(notes.iter().any(|note| note.contains(expected)), "{expected}: {notes:?}");
    }
}

fn openssl(folder: &Path, arguments: &str) {
    let result = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap();
    let why = String::from_utf8_lossy(&result.stderr);
    assert!(result.status.success(), "openssl {arguments}: {why}");
}

/// An address of this host that nobody listens at.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn http() -> Http {
    let mut options = HttpOptions::default();
    options.allow_private = true;
    options.ignore_proxy = true;
    Http::new(options).unwrap()
}

/// `openssl ocsp` as a responder; ends with the test.
struct Responder {
    process: Child,
    url: String,
    /// kept open: it writes on
    _output: BufReader<ChildStdout>,
}

impl Responder {
    fn start(authority: &Authority) -> Self {
        let address = free_address();
        let port = address.rsplit(':').next().unwrap();
        let mut process = Command::new("openssl")
            .args(["ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "ca.pem"])
            .args(["-rkey", "ca.key", "-ndays", "1", "-port", port])
            .current_dir(authority.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // it says when it listens; a connection without a request would end or block it
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let started = Self { process, url: format!("http://{address}"), _output: output };
        assert!(line.starts_with("ACCEPT"), "openssl ocsp says {line:?}");
        started
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        // it may be gone already
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a server does when it is asked.
#[derive(Clone)]
enum Answer {
    /// It sends these octets.
    Whole(Vec<u8>),
    /// It sends these octets one by one, with a pause before each.
    Trickle(Vec<u8>, Duration),
    /// It sends this head, and then zeros for ever.
    Endless(Vec<u8>),
    /// It knows this entity tag: 304 to whoever has it, else these octets.
    Tagged(&'static str, Vec<u8>),
    /// It answers a POST with these octets, and anything else with 405.
    PostOnly(Vec<u8>),
}

impl Answer {
    /// Answers a request; a client that has read enough closes first.
    fn send(self, head: &str, connection: &mut TcpStream) {
        let mut write = |octets: &[u8]| connection.write_all(octets).is_ok();
        match self {
            Self::Whole(octets) => {
                write(&octets);
            }
            Self::Trickle(octets, pause) => {
                let send = |octet: &u8| {
                    std::thread::sleep(pause);
                    write(std::slice::from_ref(octet))
                };
                octets.iter().all(send);
            }
            Self::Endless(head) => {
                write(&head);
                while write(&[0; 4096]) {}
            }
            Self::Tagged(tag, octets) => {
                let unchanged =
                    head.to_ascii_lowercase().contains(&format!("if-none-match: {tag}"));
                let not_modified = b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n";
                write(if unchanged { not_modified } else { &octets });
            }
            Self::PostOnly(octets) => {
                let refusal = b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\
                    Connection: close\r\n\r\n";
                write(if head.starts_with("POST ") { &octets } else { refusal });
            }
        }
    }
}

/// A server with an answer for each path, and for each that begins with it. A path that is not
/// known is never answered.
struct Server {
    url: String,
    answers: Arc<Mutex<HashMap<String, Answer>>>,
    /// The first line of each request.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(Mutex::new(HashMap::<String, Answer>::new()));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (known, log) = (Arc::clone(&answers), Arc::clone(&asked));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let (known, log) = (Arc::clone(&known), Arc::clone(&log));
                std::thread::spawn(move || {
                    let mut head = Vec::new();
                    let mut octet = [0];
                    while !head.ends_with(b"\r\n\r\n")
                        && connection.read(&mut octet).unwrap_or(0) == 1
                    {
                        head.push(octet[0]);
                    }
                    let head = String::from_utf8_lossy(&head).into_owned();
                    let path = head.split(' ').nth(1).unwrap_or_default();
                    log.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
                    let first = path.split('/').nth(1).unwrap_or_default();
                    let answer = known.lock().unwrap().get(&format!("/{first}")).cloned();
                    match answer {
                        Some(answer) => answer.send(&head, &mut connection),
                        None => std::thread::sleep(Duration::from_secs(30)),
                    }
                });
            }
        });
        Self { url, answers, asked }
    }

    /// Answers with this head and body at `path`, and gives the address.
    fn serve(&self, path: &str, head: &str, body: &[u8]) -> String {
        self.does(path, Answer::Whole(message(head, body)))
    }

    fn does(&self, path: &str, answer: Answer) -> String {
        self.answers.lock().unwrap().insert(path.to_owned(), answer);
        format!("{}{path}", self.url)
    }

    fn serve_crl(&self, path: &str, crl: &[u8]) -> String {
        self.serve(path, &format!("200 OK\r\nContent-Length: {}", crl.len()), crl)
    }
}

/// An HTTP response.
fn message(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// Octets in a gzip member (RFC 1952).
fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for octet in octets {
        crc ^= u32::from(*octet);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    let length = u32::try_from(octets.len()).unwrap();
    let mut member = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    member.extend(miniz_oxide::deflate::compress_to_vec(octets, 6));
    member.extend((!crc).to_le_bytes());
    member.extend(length.to_le_bytes());
    member
}

const NONE: ChainFlags = ChainFlags(0);

#[test]
fn openssl_as_the_responder() {
    let Some(authority) = Authority::new() else { return };
    let responder = Responder::start(&authority);
    let http = http();
    let ask = |serial| {
        let end = authority.issue(serial, Some(&responder.url), None);
        authority.check(&end, &http, NONE)
    };
    ask(GOOD_SERIAL).expect(0, Some(Source::Ocsp));
    let revoked = ask(REVOKED_SERIAL);
    revoked.expect(REVOKED, Some(Source::Ocsp));
    let info = revoked.context.elements()[0].revocation.as_ref().unwrap();
    assert_eq!(info.result, hresult::CRYPT_E_REVOKED);
    assert_eq!(info.reason.map(|reason| reason.as_str()), Some("keyCompromise"));
    assert_eq!(info.revocation_date.unwrap().to_string(), "2025-01-01T00:00:00Z");
    let unlisted = ask(UNLISTED_SERIAL);
    unlisted.expect(UNKNOWN, Some(Source::Ocsp));
    let info = unlisted.context.elements()[0].revocation.as_ref().unwrap();
    assert_eq!(info.result, hresult::CRYPT_E_NOT_IN_REVOCATION_DATABASE);
}

#[test]
fn crls_over_http_and_for_a_responder_that_is_down() {
    let Some(authority) = Authority::new() else { return };
    let server = Server::start();
    let http = http();
    let crl = server.serve_crl("/ca.crl", &authority.crl());
    let down = format!("http://{}", free_address());
    for responder in [None, Some(down.as_str())] {
        let good = authority.issue(GOOD_SERIAL, responder, Some(&crl));
        let outcome = authority.check(&good, &http, NONE);
        outcome.expect(0, Some(Source::Crl));
        if responder.is_some() {
            outcome.notes("refused");
        }
        let revoked = authority.issue(REVOKED_SERIAL, responder, Some(&crl));
        authority.check(&revoked, &http, NONE).expect(REVOKED, Some(Source::Crl));
    }
    let end = authority.issue(GOOD_SERIAL, Some(&down), None);
    authority.check(&end, &http, NONE).expect(OFFLINE, None);
}

/// Servers that do not do what they should cost their time-out at most.
#[test]
fn servers_that_misbehave() {
    let Some(authority) = Authority::new() else { return };
    let server = Server::start();
    let http = http();
    let crl = authority.crl();
    let more = crl.len() + 10;
    server.serve("/cut", &format!("200 OK\r\nContent-Length: {more}"), &crl);
    server.serve("/huge", "200 OK\r\nContent-Length: 999999999999", &crl);
    server.serve("/loop", "302 Found\r\nContent-Length: 0\r\nLocation: /loop", b"");
    server.serve("/gone", "404 Not Found\r\nContent-Length: 0", b"");
    server.serve("/page", "200 OK\r\nContent-Length: 13", b"<html></html>");
    server.serve("/empty", "200 OK\r\nContent-Length: 0", b"");
    server.does("/endless", Answer::Endless(message("200 OK", b"")));
    // two that send the client to one another, and one that sends it to a file
    server.serve("/ping", "302 Found\r\nContent-Length: 0\r\nLocation: /pong", b"");
    server.serve("/pong", "302 Found\r\nContent-Length: 0\r\nLocation: /ping", b"");
    server.serve("/file", "302 Found\r\nContent-Length: 0\r\nLocation: file:///etc/hosts", b"");
    server.serve("/text", "200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5", b"hello");
    // a list of another kind than was hoped for
    let certificate = authority.root.der();
    let length = certificate.len();
    server.serve("/cert", &format!("200 OK\r\nContent-Length: {length}"), certificate);
    let zeros = gzip(&vec![0; 16 * MAX_OCTETS]);
    assert!(zeros.len() < MAX_OCTETS / 16, "a bomb");
    let head =
        |length: usize| format!("200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}");
    server.serve("/bomb", &head(zeros.len()), &zeros);
    let broken = &gzip(&crl)[..20];
    server.serve("/half-gzip", &head(broken.len()), broken);
    server.serve("/no-gzip", &head(crl.len()), &crl);
    let whole = message(&format!("200 OK\r\nContent-Length: {}", crl.len()), &crl);
    server.does("/slow", Answer::Trickle(whole, Duration::from_millis(50)));
    for (path, note) in [
        ("/hang", "no answer within the time-out"),
        ("/cut", "reset"),
        ("/huge", "longer than"),
        ("/loop", "redirected too often"),
        ("/gone", "404"),
        ("/page", "cannot be read"),
        ("/empty", "empty"),
        ("/endless", "longer than"),
        ("/ping", "redirected too often"),
        // not followed: the redirection itself is the answer
        ("/file", "the server answered 302"),
        ("/text", "cannot be read"),
        ("/cert", "cannot be read"),
        ("/bomb", "longer than"),
        ("/half-gzip", "reset"),
        ("/no-gzip", "reset"),
        ("/slow", "no answer within the time-out"),
    ] {
        let url = format!("{}{path}", server.url);
        let end = authority.issue(GOOD_SERIAL, None, Some(&url));
        let waits = path == "/hang" || path == "/slow";
        let timeout_ms = if waits { TIMEOUT_MS } else { PATIENT_MS };
        let outcome = authority.check_within(timeout_ms, &end, &http, NONE);
        outcome.expect(OFFLINE, None);
        outcome.notes(note);
        // one address, and room for a busy machine
        let most = Duration::from_millis(u64::from(timeout_ms) + 2_000);
        assert!(outcome.elapsed < most, "{path}: {:?}", outcome.elapsed);
    }
    let good = server.serve_crl("/ca.crl", &crl);
    let hang = format!("{}/hang", server.url);
    let end = authority.issue(GOOD_SERIAL, Some(&hang), Some(&good));
    let outcome = authority.check_within(TIMEOUT_MS, &end, &http, NONE);
    outcome.expect(0, Some(Source::Crl));
    outcome.notes("no answer within the time-out");
}

/// Servers that take a detour, or their time, but get there.
#[test]
fn servers_that_are_merely_odd() {
    let Some(authority) = Authority::new() else { return };
    let server = Server::start();
    let http = http();
    let crl = authority.crl();
    server.serve_crl("/ca.crl", &crl);
    server.serve("/moved", "301 Moved Permanently\r\nContent-Length: 0\r\nLocation: /again", b"");
    server.serve("/again", "307 Temporary Redirect\r\nContent-Length: 0\r\nLocation: /ca.crl", b"");
    let packed = gzip(&crl);
    let head = format!("200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}", packed.len());
    server.serve("/gzip", &head, &packed);
    server.serve("/html", "200 OK\r\nContent-Type: text/html", &crl);
    let whole = message("200 OK", &crl);
    server.does("/slow", Answer::Trickle(whole, Duration::from_millis(1)));
    for path in ["/moved", "/gzip", "/html", "/slow"] {
        let url = format!("{}{path}", server.url);
        for (serial, bits) in [(GOOD_SERIAL, 0), (REVOKED_SERIAL, REVOKED)] {
            let end = authority.issue(serial, None, Some(&url));
            let outcome = authority.check(&end, &http, NONE);
            outcome.expect(bits, Some(Source::Crl));
            let info = outcome.context.elements()[0].revocation.as_ref().unwrap();
            assert_eq!(info.url.as_deref(), Some(url.as_str()));
        }
    }
}

/// One budget for all addresses: each gets half of what is left of it.
#[test]
fn servers_that_hang_share_one_budget() {
    let Some(authority) = Authority::new() else { return };
    let server = Server::start();
    let hang = format!("{}/hang", server.url);
    let end = authority.issue(GOOD_SERIAL, Some(&hang), Some(&format!("{hang}/crl")));
    let flags = ChainFlags::REVOCATION_ACCUMULATIVE_TIMEOUT;
    let outcome = authority.check_within(TIMEOUT_MS, &end, &http(), flags);
    outcome.expect(OFFLINE, None);
    outcome.notes("no answer within the time-out");
    let most = Duration::from_millis(u64::from(TIMEOUT_MS) + 1_000);
    assert!(outcome.elapsed < most, "{:?}", outcome.elapsed);
    assert_eq!(server.asked.lock().unwrap().len(), 2);
}

/// A responder that does not know GET is asked by POST. What `openssl ocsp` says to a POST, a
/// server that knows nothing else repeats.
#[test]
fn a_responder_that_knows_post_only() {
    let Some(authority) = Authority::new() else { return };
    let server = Server::start();
    let responder = Responder::start(&authority);
    for (serial, bits) in [(GOOD_SERIAL, 0), (REVOKED_SERIAL, REVOKED)] {
        let url = format!("{}/ocsp", server.url);
        let end = authority.issue(serial, Some(&url), None);
        let id = CertId::new(&end, &authority.root);
        let request = OcspRequest { cert_id: id, nonce: None }.to_der();
        let posted = Request {
            method: Method::Post(&request),
            timeout_ms: PATIENT_MS,
            ..Request::get(&responder.url, Purpose::Ocsp)
        };
        let response = http().retrieve(&posted).unwrap().octets;
        let head = format!("200 OK\r\nContent-Length: {}", response.len());
        server.does("/ocsp", Answer::PostOnly(message(&head, &response)));
        let outcome = authority.check(&end, &http(), NONE);
        outcome.expect(bits, Some(Source::Ocsp));
        outcome.notes("the server answered 405; asked again by POST");
    }
    let methods: Vec<String> =
        server.asked.lock().unwrap().iter().map(|line| line[..4].to_owned()).collect();
    assert_eq!(methods, ["GET ", "POST", "GET ", "POST"]);
}

/// A list whose time has come is asked for anew, and the server says whether it has changed.
#[test]
fn a_list_that_has_not_changed_is_not_sent_again() {
    let Some(authority) = Authority::new() else { return };
    let server = Server::start();
    let crl = authority.crl();
    let head = format!("200 OK\r\nETag: \"one\"\r\nContent-Length: {}", crl.len());
    let url = server.does("/ca.crl", Answer::Tagged("\"one\"", message(&head, &crl)));
    let folder = tempfile::tempdir().unwrap();
    let cache = DiskCache::new(folder.path(), http(), DiskCacheOptions::default());
    let ask = |wire_only| {
        let request = Request { wire_only, ..Request::get(&url, Purpose::Crl) };
        cache.retrieve(&request).unwrap()
    };
    assert!(!ask(false).response.not_modified);
    let again = ask(true);
    assert!(again.response.not_modified && !again.from_cache);
    assert_eq!(&*again.octets, crl);
    let kept = ask(false);
    assert!(kept.from_cache);
    assert_eq!(&*kept.octets, crl);
    assert_eq!(server.asked.lock().unwrap().len(), 2);
    let end = authority.issue(REVOKED_SERIAL, None, Some(&url));
    authority.check(&end, &cache, NONE).expect(REVOKED, Some(Source::CachedCrl));
    assert_eq!(cache.take_notes(), Vec::<String>::new());
}

/// What was retrieved once is found in the URL cache without a network.
#[test]
fn from_the_disk_cache() {
    let Some(authority) = Authority::new() else { return };
    let server = Server::start();
    let crl = server.serve_crl("/ca.crl", &authority.crl());
    let responder = Responder::start(&authority);
    let folder = tempfile::tempdir().unwrap();
    let by_crl = authority.issue(REVOKED_SERIAL, None, Some(&crl));
    let by_ocsp = authority.issue(REVOKED_SERIAL, Some(&responder.url), None);
    let cache_only = ChainFlags::REVOCATION_CHECK_CACHE_ONLY;

    let cache = DiskCache::new(folder.path(), http(), DiskCacheOptions::default());
    authority.check(&by_crl, &cache, cache_only).expect(OFFLINE, None);
    authority.check(&by_crl, &cache, NONE).expect(REVOKED, Some(Source::Crl));
    authority.check(&by_ocsp, &cache, NONE).expect(REVOKED, Some(Source::Ocsp));
    drop(responder);
    server.answers.lock().unwrap().clear();
    for flags in [cache_only, NONE] {
        authority.check(&by_crl, &cache, flags).expect(REVOKED, Some(Source::CachedCrl));
        authority.check(&by_ocsp, &cache, flags).expect(REVOKED, Some(Source::CachedOcsp));
    }
    assert_eq!(cache.take_notes(), Vec::<String>::new());
}
