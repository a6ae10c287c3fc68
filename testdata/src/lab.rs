//! A laboratory: the evidence of a machine on which one thing is wrong, or several.
//!
//! For each cause of an event of the automatic root update: the hive with the stores, the URL cache
//! of the account that runs the update, the record of the event, the log that shows what time it
//! really was, and the roots that stand above the lists. The lists are signed with fixed, public
//! keys: no Windows would take them.

use std::sync::LazyLock;

use crate::cabinet::{Compression, cabinet};
use crate::certificate::crl;
use crate::der;
use crate::event_xml::{ApplicationEvent, application_event};
use crate::fixtures::{self, list_authority, list_root};
use crate::hive::{Hive, Key as HiveKey, Value, default_descriptor, descriptor};
use crate::key::Key;

/// A file of the evidence.
#[derive(Debug, Clone)]
pub struct File {
    /// Its path, with `/` between its parts.
    pub path: String,
    /// Its octets.
    pub octets: Vec<u8>,
}

/// The causes there are laboratories for.
pub const CAUSES: [&str; 19] = [
    "expired-list-signer",
    "signer-not-yet-valid",
    "wrong-clock",
    "not-a-cabinet",
    "truncated-file",
    "corrupt-cabinet",
    "corrupt-list",
    "tampered-list",
    "unsupported-algorithm",
    "missing-intermediate",
    "missing-root",
    "distrusted-list-chain",
    "wrong-usage",
    "revoked-signer",
    "unreachable",
    "proxy",
    "store-access-denied",
    "store-corrupt",
    "update-disabled",
];

/// The address of the list, as Windows has asked for it since 2012.
pub const LIST_URL: &str =
    "http://ctldl.windowsupdate.com/msdownload/update/v3/static/trustedr/en/authrootstl.cab";
/// What time it really is.
const NOW: Moment = Moment { unix: 1_780_272_000, text: "2026-06-01T00:00:00" };
/// What time the machine with the wrong clock believes it is: three years later.
const WRONG: Moment = Moment { unix: 1_874_966_400, text: "2029-06-01T00:00:00" };

#[derive(Clone, Copy)]
struct Moment {
    unix: u64,
    text: &'static str,
}

/// What is special about a laboratory.
struct Lab {
    /// What the cache holds.
    cached: Option<Vec<u8>>,
    /// The machine's clock.
    clock: Moment,
    /// The events: each its number and the system's text for its error.
    events: Vec<(u16, &'static str)>,
    /// What the network answered for the list: the end of event 53.
    answer: Option<String>,
    hive: HiveKey,
}

/// Why there is no laboratory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoLab {
    /// There is no such cause.
    Unknown(String),
    /// Both are about the same part of a machine, which cannot be both.
    NotTogether(String, String),
}

impl std::fmt::Display for NoLab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(cause) => write!(f, "no laboratory for '{cause}'"),
            Self::NotTogether(a, b) => {
                write!(f, "{a} and {b} are about the same part of a machine: one or the other")
            }
        }
    }
}

impl std::error::Error for NoLab {}

/// The parts of a machine that a cause changes; two causes that share one exclude each other.
fn parts(cause: &str) -> &'static [&'static str] {
    match cause {
        "wrong-clock" => &["clock"],
        "missing-intermediate" => &["file", "CA"],
        "missing-root" | "store-corrupt" => &["ROOT"],
        "distrusted-list-chain" => &["Disallowed"],
        "revoked-signer" => &["CRL"],
        "unreachable" => &["network"],
        "proxy" => &["file", "network"],
        "store-access-denied" => &["rights"],
        "update-disabled" => &["policy"],
        _ => &["file"],
    }
}

/// The evidence of a machine with this cause; `None` if there is no such cause.
#[must_use]
pub fn lab(cause: &str) -> Option<Vec<File>> {
    lab_of(&[cause]).ok()
}

/// The evidence of a machine with several causes.
///
/// # Errors
/// If there is no such cause, or two of them exclude each other.
pub fn lab_of(causes: &[&str]) -> Result<Vec<File>, NoLab> {
    for (at, cause) in causes.iter().enumerate() {
        if !CAUSES.contains(cause) {
            return Err(NoLab::Unknown((*cause).to_owned()));
        }
        for other in causes.get(at + 1..).unwrap_or_default() {
            if parts(cause).iter().any(|part| parts(other).contains(part)) {
                return Err(NoLab::NotTogether((*cause).to_owned(), (*other).to_owned()));
            }
        }
    }
    let mut lab = sound();
    causes.iter().for_each(|cause| lab.afflict(cause));
    lab.record(causes);
    Ok(lab.files(&causes.join(", ")))
}

/// The hive SOFTWARE of a machine with these causes, to be written in another form.
#[must_use]
pub fn hive_of(causes: &[&str]) -> HiveKey {
    let mut lab = sound();
    causes.iter().for_each(|cause| lab.afflict(cause));
    lab.hive
}

/// The errors of 4107, in the order in which the update meets their causes.
const ORDER: [(&str, &[&str]); 11] = [
    (INVALID, &["not-a-cabinet", "truncated-file", "proxy"]),
    ("The file or directory is corrupted and unreadable.", &["corrupt-cabinet"]),
    (BAD_TAG, &["corrupt-list"]),
    ("The hash value is not correct.", &["tampered-list"]),
    ("Unknown cryptographic algorithm.", &["unsupported-algorithm"]),
    ("Access is denied.", &["store-access-denied"]),
    // the CA that is distrusted is not found where it is missing
    (CHAINING, &["missing-intermediate"]),
    ("The certificate is revoked.", &["distrusted-list-chain", "revoked-signer"]),
    (CHAINING, &["missing-root", "store-corrupt"]),
    ("The certificate is not valid for the requested usage.", &["wrong-usage"]),
    (EXPIRED, &["expired-list-signer", "signer-not-yet-valid", "wrong-clock"]),
];
const UNRESOLVED: &str = "The server name or address could not be resolved";

impl Lab {
    /// Makes this one thing wrong.
    fn afflict(&mut self, cause: &str) {
        match cause {
            "expired-list-signer" => self.cached = Some(fixture("list/expired.cab")),
            "signer-not-yet-valid" => self.cached = Some(fixture("list/not-yet-valid.cab")),
            "wrong-clock" => self.clock = WRONG,
            "not-a-cabinet" => self.cached = Some(b"503 no healthy upstream\r\n".to_vec()),
            "truncated-file" => self.cached = Some(fixture("list/truncated.cab")),
            "corrupt-cabinet" => self.cached = Some(fixture("list/bad-checksum.cab")),
            "corrupt-list" => {
                let damaged = b"this was a list once";
                self.cached = Some(cabinet("authroot.stl", damaged, Compression::MsZip));
            }
            "tampered-list" => self.cached = Some(fixture("list/tampered-content.cab")),
            "unsupported-algorithm" => {
                let list = unknown_digest(&fixture("list/authroot.stl"));
                self.cached = Some(cabinet("authroot.stl", &list, Compression::MsZip));
            }
            "missing-intermediate" => {
                self.cached = Some(fixture("list/missing-intermediate.cab"));
                clear(&mut self.hive, "CA");
            }
            "missing-root" => clear(&mut self.hive, "ROOT"),
            "distrusted-list-chain" => {
                add(&mut self.hive, "Disallowed", "Certificates", 32, &list_authority());
            }
            "wrong-usage" => self.cached = Some(fixture("list/wrong-usage.cab")),
            "revoked-signer" => add(&mut self.hive, "CA", "CRLs", 33, &revoking_crl()),
            "unreachable" => {
                self.answer = Some(format!("<Result value=\"80072EE7\">{UNRESOLVED}</Result>"));
            }
            "proxy" => {
                self.cached = Some(fixture("list/web-page.cab"));
                self.answer = Some(page_answer());
            }
            "store-access-denied" => {
                let denied = [(1, 2, 0x000f_003f, "S-1-5-20"), (0, 2, 0x000f_003f, "S-1-5-32-544")];
                let root = self.hive.at(&format!("{STORES}\\ROOT"));
                root.descriptor = Some(descriptor("S-1-5-32-544", &denied));
            }
            "store-corrupt" => {
                let key = self.hive.at(&format!("{STORES}\\ROOT\\Certificates"));
                for certificate in &mut key.subkeys {
                    for blob in &mut certificate.values {
                        blob.data.truncate(blob.data.len() / 2);
                    }
                }
            }
            "update-disabled" => self.hive.set(
                "Policies\\Microsoft\\SystemCertificates\\AuthRoot",
                Value::number("DisableRootAutoUpdate", 1),
            ),
            _ => {}
        }
    }

    /// The events that such a machine writes: the first fault of the cached list, then that there
    /// is no other to be had. An update that does not run writes none.
    fn record(&mut self, causes: &[&str]) {
        let first = ORDER.iter().find(|(_, those)| those.iter().any(|one| causes.contains(one)));
        let is_unreachable = causes.contains(&"unreachable");
        if is_unreachable && first.is_none() {
            self.cached = None;
        }
        if !causes.contains(&"update-disabled") {
            self.events.extend(first.map(|(text, _)| (4107, *text)));
            self.events.extend(is_unreachable.then_some((4099, UNRESOLVED)));
        }
    }
}

const EXPIRED: &str = "A required certificate is not within its validity period when verifying \
                       against the current system clock or the timestamp in the signed file.";
const INVALID: &str = "The data is invalid.";
const BAD_TAG: &str = "ASN1 bad tag value met.";
const CHAINING: &str = "A certificate chain could not be built to a trusted root authority.";
/// Where the machine's stores are in the hive SOFTWARE.
const STORES: &str = "Microsoft\\SystemCertificates";

fn fixture(path: &str) -> Vec<u8> {
    // they are made once: each is signed anew
    static ALL: LazyLock<Vec<crate::Fixture>> = LazyLock::new(fixtures::all);
    let found = ALL.iter().find(|fixture| fixture.path == path);
    found.map(|fixture| fixture.octets.clone()).unwrap_or_default()
}

/// A machine on which nothing is wrong.
fn sound() -> Lab {
    let mut root = HiveKey::new("ROOT");
    root.descriptor = Some(default_descriptor());
    let windows = "Microsoft\\Windows NT\\CurrentVersion";
    root.set(windows, Value::text("ProductName", "Windows 7 Professional"));
    root.set(windows, Value::text("CurrentVersion", "6.1"));
    root.set(windows, Value::text("CurrentBuildNumber", "7601"));
    for store in ["ROOT", "AuthRoot", "CA", "MY", "Disallowed", "Trust", "TrustedPeople"] {
        for kind in ["Certificates", "CRLs", "CTLs"] {
            root.at(&format!("{STORES}\\{store}\\{kind}"));
        }
    }
    add(&mut root, "ROOT", "Certificates", 32, &list_root());
    add(&mut root, "CA", "Certificates", 32, &list_authority());
    Lab {
        cached: Some(fixture("list/authrootstl.cab")),
        clock: NOW,
        events: Vec::new(),
        answer: None,
        hive: root,
    }
}

/// Puts an object into a store, as the registry has it: property 3, then the object.
fn add(hive: &mut HiveKey, store: &str, kind: &str, element: u32, octets: &[u8]) {
    use sha1::Digest as _;
    let thumbprint = sha1::Sha1::digest(octets).to_vec();
    let record = |id: u32, value: &[u8]| {
        let length = u32::try_from(value.len()).unwrap_or_default();
        [&id.to_le_bytes()[..], &1u32.to_le_bytes(), &length.to_le_bytes(), value].concat()
    };
    let blob = [record(3, &thumbprint), record(element, octets)].concat();
    let name: String = thumbprint.iter().map(|octet| format!("{octet:02X}")).collect();
    hive.set(&format!("{STORES}\\{store}\\{kind}\\{name}"), Value::binary("Blob", &blob));
}

fn clear(hive: &mut HiveKey, store: &str) {
    hive.at(&format!("{STORES}\\{store}\\Certificates")).subkeys.clear();
}

/// The list with a digest algorithm that nobody has.
fn unknown_digest(list: &[u8]) -> Vec<u8> {
    let (sha256, unknown) =
        (der::oid("2.16.840.1.101.3.4.2.1"), der::oid("2.16.840.1.101.3.4.2.99"));
    let mut changed = list.to_vec();
    for at in 0..changed.len().saturating_sub(sha256.len()) {
        if let Some(place) = changed.get_mut(at..at + sha256.len())
            && *place == *sha256
        {
            place.copy_from_slice(&unknown);
        }
    }
    changed
}

/// A CRL of the list's CA that has the signers of every list.
fn revoking_crl() -> Vec<u8> {
    let key = Key::from_pem(include_str!("../keys/list-ca.rsa.pem"));
    let on = "20260301000000";
    let revoked: [(&[u8], &str); 4] = [(&[0x10], on), (&[0x11], on), (&[0x12], on), (&[0x13], on)];
    crl(fixtures::LIST_CA, &key, "20260501000000", "20261231000000", &revoked)
}

fn page_answer() -> String {
    [
        "<HTTPResponseHeadersInfo>",
        "<Header>HTTP/1.1 200 OK</Header>",
        "<Header>Content-Type: text/html</Header>",
        "<Header>Via: 1.1 proxy.example.test</Header>",
        "</HTTPResponseHeadersInfo>",
        "<Result value=\"0\"/>",
    ]
    .concat()
}

impl Lab {
    fn files(&self, cause: &str) -> Vec<File> {
        let file = |path: &str, octets: Vec<u8>| File { path: path.to_owned(), octets };
        let mut files = vec![
            file("README.txt", readme(cause).into_bytes()),
            file("lab.json", lab_document(cause).into_bytes()),
            file("certificates/list-root.cer", list_root()),
            file("certificates/list-ca.cer", list_authority()),
            file("keys/root.pem", include_bytes!("../keys/root.rsa.pem").to_vec()),
            file("keys/list-ca.pem", include_bytes!("../keys/list-ca.rsa.pem").to_vec()),
            file("keys/publisher.pem", include_bytes!("../keys/publisher.rsa.pem").to_vec()),
            file("C/Windows/System32/config/SOFTWARE", Hive::new(self.hive.clone()).to_octets()),
            file("logs/CAPI2-Operational.xml", self.operational_log().into_bytes()),
        ];
        if let Some(content) = &self.cached {
            let profile = "C/Windows/ServiceProfiles/NetworkService";
            files.extend(cache_files(profile, LIST_URL, content, self.clock.unix - 3600));
        }
        if !self.events.is_empty() {
            files.push(file("logs/Application.xml", self.application_log().into_bytes()));
        }
        files
    }

    fn application_log(&self) -> String {
        let mut xml = String::new();
        for (number, (id, text)) in (1..).zip(&self.events) {
            xml.push_str(&application_event(&ApplicationEvent {
                record_id: number,
                time: &format!("{}.000000000Z", self.clock.text),
                provider: "Microsoft-Windows-CAPI2",
                id: *id,
                level: 2,
                computer: "LAB",
                execution: (1256, 724),
                arguments: &[LIST_URL, &format!("{text}\r\n")],
            }));
            xml.push('\n');
        }
        xml
    }

    /// What two servers said of the time, and what came for the list.
    fn operational_log(&self) -> String {
        let date = "Mon, 01 Jun 2026 00:00:00 GMT";
        let mut log = String::new();
        for (number, server) in ["crl.example.test", "ocsp.example.test"].iter().enumerate() {
            let answer = format!(
                "<HTTPResponseHeadersInfo><Header>HTTP/1.1 200 OK</Header>\
                 <Header>Date: {date}</Header></HTTPResponseHeadersInfo><Result value=\"0\"/>"
            );
            log.push_str(&self.retrieval(number + 1, &format!("http://{server}/a"), 4, &answer));
        }
        if let Some(answer) = &self.answer {
            let failed = !answer.contains("<Result value=\"0\"/>");
            log.push_str(&self.retrieval(3, LIST_URL, if failed { 2 } else { 4 }, answer));
        }
        log
    }

    fn retrieval(&self, number: usize, url: &str, level: u8, answer: &str) -> String {
        let system = system(level, self.clock.text, number);
        let (before, result) = match answer.find("<Result") {
            Some(at) => answer.split_at(at),
            None => (answer, ""),
        };
        let before = if before.is_empty() {
            String::new()
        } else {
            format!("<AdditionalInfo>{before}</AdditionalInfo>")
        };
        format!(
            "<Event xmlns=\"{NAMESPACE}\">{system}<UserData><CryptRetrieveObjectByUrlWire>\
             <URL scheme=\"http\">{url}</URL>{before}<EventAuxInfo ProcessName=\"svchost.exe\"/>\
             <CorrelationAuxInfo TaskId=\"{{00000000-0000-0000-0000-00000000000{number}}}\" \
             SeqNumber=\"1\"/>{result}</CryptRetrieveObjectByUrlWire></UserData></Event>\n"
        )
    }
}

const NAMESPACE: &str = "http://schemas.microsoft.com/win/2004/08/events/event";

/// The System of one of CAPI2's own events 53.
fn system(level: u8, time: &str, record: usize) -> String {
    let channel = "Microsoft-Windows-CAPI2/Operational";
    let keywords = "0x4000000000000036";
    format!(
        "<System><Provider Name=\"Microsoft-Windows-CAPI2\" \
         Guid=\"{{5bbca4a8-b209-48dc-a8c7-b23d3e5216fb}}\"/><EventID>53</EventID>\
         <Version>0</Version><Level>{level}</Level><Task>0</Task><Opcode>0</Opcode>\
         <Keywords>{keywords}</Keywords><TimeCreated SystemTime=\"{time}.000000000Z\"/>\
         <EventRecordID>{record}</EventRecordID><Channel>{channel}</Channel>\
         <Computer>LAB</Computer><Security UserID=\"S-1-5-20\"/></System>"
    )
}

fn readme(cause: &str) -> String {
    format!(
        "Laboratory evidence made by chaincheck: a machine on which something is wrong.\n\
         Cause: {cause}\n\n\
         Try:  chaincheck diagnose .\n\n\
         The lists are signed with fixed, public keys (keys/): no Windows takes them.\n\
         lab.json names the root that stands above them in place of Microsoft's.\n"
    )
}

fn lab_document(cause: &str) -> String {
    let root = base64(&list_root());
    format!(
        "{{\n  \"schema\": \"chaincheck/lab-1\",\n  \"note\": \"made to show: {cause}\",\n  \
         \"list_roots\": [\"{root}\"]\n}}\n"
    )
}

fn base64(octets: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |value: u32| DIGITS.get(value as usize & 63).map_or('=', |d| char::from(*d));
    let mut text = String::new();
    for chunk in octets.chunks(3) {
        let octet = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let value = octet(0) << 16 | octet(1) << 8 | octet(2);
        for place in 0..4 {
            let is_padding = place > chunk.len();
            text.push(if is_padding { '=' } else { digit(value >> (18 - 6 * place)) });
        }
    }
    text
}

/// What the URL cache of a profile holds for an address, fetched at this time (seconds since 1970).
#[must_use]
pub fn cache_files(profile: &str, url: &str, content: &[u8], last_sync: u64) -> [File; 2] {
    let folder = format!("{profile}/AppData/LocalLow/Microsoft/CryptnetUrlCache");
    let name = cache_name(url);
    [
        File { path: format!("{folder}/Content/{name}"), octets: content.to_vec() },
        File {
            path: format!("{folder}/MetaData/{name}"),
            octets: metadata(url, content.len(), last_sync),
        },
    ]
}

/// The name of an address's files: the MD5 of its UTF-16 form.
fn cache_name(url: &str) -> String {
    use md5::Digest as _;
    let octets: Vec<u8> = url.encode_utf16().flat_map(u16::to_le_bytes).collect();
    md5::Md5::digest(octets).iter().map(|octet| format!("{octet:02X}")).collect()
}

/// A file of MetaData: cabinet of the root list, fetched at this time.
fn metadata(url: &str, content: usize, last_sync: u64) -> Vec<u8> {
    let url = der::utf16(url);
    let filetime = |unix: u64| ((unix + 11_644_473_600) * 10_000_000).to_le_bytes();
    let mut octets = Vec::new();
    let word = |octets: &mut Vec<u8>, value: u32| octets.extend(value.to_le_bytes());
    let size = |value: usize| u32::try_from(value).unwrap_or_default();
    for value in [0x70, 0x2002_0101, 1, size(url.len())] {
        word(&mut octets, value);
    }
    octets.extend(filetime(last_sync));
    for value in [40, 5, 0, 0] {
        word(&mut octets, value);
    }
    octets.extend([0; 24]);
    for value in [16, u32::MAX, 0, 0] {
        word(&mut octets, value);
    }
    for value in [32, 1] {
        word(&mut octets, value);
    }
    octets.extend([0; 20]);
    word(&mut octets, 0);
    word(&mut octets, size(content));
    octets.extend(url);
    octets
}
