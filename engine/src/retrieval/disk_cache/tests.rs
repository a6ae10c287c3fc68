use std::sync::Arc;

use super::*;
use crate::base::oid::{self, Oid};
use crate::format::url_cache::ocsp_file_name;
use crate::retrieval::{Answer, Offline, Recorded};
use crate::test_support as make;

const URL: &str = "http://ca.example/list.crl";

fn list(this_update: &str) -> Vec<u8> {
    make::crl("CA", this_update, Some("20300101000000Z"), &[], &[])
}

/// A response of the right shape, signed by nobody.
fn response() -> Vec<u8> {
    use make::{der, generalized_time, integer, name};
    let algorithm = |id: &Oid| der(0x30, &der(6, id.as_octets()));
    let id = [algorithm(&oid::SHA1), der(4, &[1; 20]), der(4, &[2; 20]), integer(&[5])];
    let next = der(0xa0, &generalized_time("20300101000000Z"));
    let this = generalized_time("20250101000000Z");
    let single = der(0x30, &[der(0x30, &id.concat()), der(0x80, &[]), this.clone(), next].concat());
    let data = [der(0xa1, &name("CA")), this, der(0x30, &single)];
    let basic = [der(0x30, &data.concat()), algorithm(&oid::ED25519), der(3, &[0; 65])].concat();
    let octets = [der(6, oid::OCSP_BASIC.as_octets()), der(4, &der(0x30, &basic))].concat();
    der(0x30, &[der(0x0a, &[0]), der(0xa0, &der(0x30, &octets))].concat())
}

fn ask(url: &str, purpose: Purpose) -> Request<'_> {
    Request { timeout_ms: 1_000, max_octets: 10_000, ..Request::get(url, purpose) }
}

fn cached(url: &str, purpose: Purpose) -> Request<'_> {
    Request { cache_only: true, ..ask(url, purpose) }
}

fn wired(url: &str, purpose: Purpose) -> Request<'_> {
    Request { wire_only: true, ..ask(url, purpose) }
}

fn serving(url: &str, octets: &[u8]) -> Recorded {
    let outcome = Ok((200, Arc::from(octets)));
    Recorded::new([Answer { url: url.to_owned(), outcome, delay_ms: 0 }], [])
}

fn files(folder: &Path) -> Vec<String> {
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_the_wire_gave_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let octets = list("20250101000000Z");
    let before = now();
    let cache = DiskCache::new(folder.path(), serving(URL, &octets), DiskCacheOptions::default());
    assert_eq!(cache.retrieve(&cached(URL, Purpose::Crl)), Err(RetrievalError::NotInCache));
    let first = cache.retrieve(&ask(URL, Purpose::Crl)).unwrap();
    assert_eq!((&*first.octets, first.from_cache), (octets.as_slice(), false));

    // another process, without a network
    let cache = DiskCache::new(folder.path(), Offline, DiskCacheOptions::default());
    for request in [ask(URL, Purpose::Crl), cached(URL, Purpose::Crl)] {
        let second = cache.retrieve(&request).unwrap();
        assert_eq!((&*second.octets, second.from_cache), (octets.as_slice(), true));
        assert!(second.last_sync >= Some(before) && second.last_sync <= Some(now()));
    }
    let past = cache.retrieve(&wired(URL, Purpose::Crl));
    assert_eq!(past, Err(RetrievalError::Unreachable), "past the cache");
    let short = Request { max_octets: 3, ..cached(URL, Purpose::Crl) };
    assert_eq!(cache.retrieve(&short), Err(RetrievalError::TooLarge { limit: 3 }));
    assert!(cache.take_notes().is_empty());

    let name = file_name(URL);
    assert_eq!(
        files(&folder.path().join("Content")),
        std::slice::from_ref(&name),
        "no temporary file is left"
    );
    let metadata = fs::read(folder.path().join("MetaData").join(&name)).unwrap();
    let entry = UrlCacheEntry::from_octets(&metadata).unwrap();
    assert_eq!((entry.url.as_str(), entry.object), (URL, UrlCacheObject::Crl));
    let crl = Crl::from_der(&octets).unwrap();
    assert_eq!(entry.this_update, Some(crl.this_update()));
    assert_eq!(entry.next_update, crl.next_update());
}

#[test]
fn a_newer_answer_takes_the_place_of_an_older() {
    let folder = tempfile::tempdir().unwrap();
    for date in ["20250101000000Z", "20250201000000Z"] {
        let wire = serving(URL, &list(date));
        let cache = DiskCache::new(folder.path(), wire, DiskCacheOptions::default());
        cache.retrieve(&wired(URL, Purpose::Crl)).unwrap();
    }
    let cache = DiskCache::new(folder.path(), Offline, DiskCacheOptions::default());
    let kept = cache.retrieve(&ask(URL, Purpose::Crl)).unwrap();
    assert_eq!(&*kept.octets, list("20250201000000Z"));
}

#[test]
fn what_was_not_hoped_for_is_not_kept() {
    let page = b"<html><body>Request forbidden by administrative rules.</body></html>";
    let try_later = [0x30, 3, 0x0a, 1, 3];
    for octets in [page.as_slice(), &try_later, b""] {
        for purpose in [Purpose::Crl, Purpose::Ocsp, Purpose::RootList, Purpose::Aia] {
            if purpose == Purpose::Aia && octets == try_later {
                continue; // DER of some kind
            }
            let folder = tempfile::tempdir().unwrap();
            let wire = serving(URL, octets);
            let cache = DiskCache::new(folder.path(), wire, DiskCacheOptions::default());
            assert_eq!(&*cache.retrieve(&ask(URL, purpose)).unwrap().octets, octets);
            assert!(files(&folder.path().join("Content")).is_empty(), "{purpose:?} {octets:?}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let options = DiskCacheOptions { read_only: true, ..DiskCacheOptions::default() };
    let cache = DiskCache::new(folder.path(), serving(URL, &list("20250101000000Z")), options);
    cache.retrieve(&ask(URL, Purpose::Crl)).unwrap();
    assert!(files(folder.path()).is_empty(), "read only");
}

#[test]
fn corrupted_entries_are_ignored_and_noted() {
    let octets = list("20250101000000Z");
    let name = file_name(URL);
    type Damage = fn(&Path, &Path);
    let cases: [(&str, Damage); 6] = [
        ("cut short", |_, metadata| fs::write(metadata, b"\x70\0\0\0").unwrap()),
        ("octets, the metadata says", |content, _| fs::write(content, b"x").unwrap()),
        ("no content", |content, _| fs::remove_file(content).unwrap()),
        ("no metadata", |_, metadata| fs::remove_file(metadata).unwrap()),
        ("too long", |_, metadata| fs::write(metadata, vec![0; 100_000]).unwrap()),
        ("it is about http://x", |_, metadata| {
            let other = UrlCacheEntry::new("http://x", UrlCacheObject::Crl, 1);
            fs::write(metadata, other.to_octets().unwrap()).unwrap();
        }),
    ];
    for (expected, damage) in cases {
        let folder = tempfile::tempdir().unwrap();
        let wire = serving(URL, &octets);
        let cache = DiskCache::new(folder.path(), wire, DiskCacheOptions::default());
        cache.retrieve(&ask(URL, Purpose::Crl)).unwrap();
        let (content, metadata) = (cache.content.join(&name), cache.metadata.join(&name));
        damage(&content, &metadata);
        assert_eq!(cache.retrieve(&cached(URL, Purpose::Crl)), Err(RetrievalError::NotInCache));
        let notes = cache.take_notes();
        assert!(notes.len() == 1 && notes[0].contains(expected), "{expected}: {notes:?}");
        let again = cache.retrieve(&ask(URL, Purpose::Crl)).unwrap();
        assert!(!again.from_cache, "{expected}: asked of the wire");
        assert!(cache.retrieve(&cached(URL, Purpose::Crl)).is_ok(), "{expected}: mended");
    }
}

/// A response as Windows names it is found without knowing the distribution points.
#[test]
fn windows_names_of_responses() {
    let folder = tempfile::tempdir().unwrap();
    let url = "http://ocsp.example/MEEwPzA9";
    let cache = DiskCache::new(folder.path(), Offline, DiskCacheOptions::default());
    let mut entry = UrlCacheEntry::new(url, UrlCacheObject::Ocsp, 3);
    entry.last_sync = Some(Time::from_unix(1_000));
    let name = ocsp_file_name(b"distribution points", url);
    write_file(&cache.metadata, &name, &entry.to_octets().unwrap()).unwrap();
    write_file(&cache.content, &name, b"abc").unwrap();
    let found = cache.retrieve(&cached(url, Purpose::Ocsp)).unwrap();
    assert_eq!((&*found.octets, found.last_sync), (b"abc".as_slice(), entry.last_sync));
    let as_crl = cache.retrieve(&cached(url, Purpose::Crl));
    assert_eq!(as_crl, Err(RetrievalError::NotInCache));
    let post = Request { method: Method::Post(b"x"), ..cached(url, Purpose::Ocsp) };
    assert_eq!(cache.retrieve(&post), Err(RetrievalError::NotInCache));
}

#[test]
fn the_oldest_make_room() {
    let folder = tempfile::tempdir().unwrap();
    let octets = list("20250101000000Z");
    let length = u64::try_from(octets.len()).unwrap();
    let options = DiskCacheOptions { max_total_octets: 2 * length, ..DiskCacheOptions::default() };
    let urls = ["http://a/1", "http://a/2", "http://a/3"];
    for (age, url) in (1..=3).rev().zip(urls) {
        let cache = DiskCache::new(folder.path(), serving(url, &octets), options);
        cache.retrieve(&ask(url, Purpose::Crl)).unwrap();
        let written = SystemTime::now() - std::time::Duration::from_secs(age * 60);
        let file = File::options().write(true).open(cache.content.join(file_name(url))).unwrap();
        file.set_modified(written).unwrap();
    }
    let mut kept = [file_name(urls[1]), file_name(urls[2])];
    kept.sort();
    for part in ["Content", "MetaData"] {
        assert_eq!(files(&folder.path().join(part)), kept);
    }
}

/// The times of the lists of roots, as observed in caches.
#[test]
fn lists_of_roots() {
    let at = Time::from_unix(1_700_000_000);
    let cabinet = b"MSCF\0\0\0\0\x2c\0\0\0\0\0\0\0\x2c\0\0\0\0\0\0\0\x03\x01\0\0\0\0\0\0\0\0\0\0";
    for (name, object, next, publish) in [
        ("authrootstl.cab", UrlCacheObject::AuthRootCab, 604_800, 561_600),
        ("disallowedcertstl.cab", UrlCacheObject::DisallowedCab, 57_600, 50_400),
        ("pinrulesstl.cab", UrlCacheObject::PinRulesCab, 604_800, 561_600),
    ] {
        let url = format!("http://ctldl.windowsupdate.com/en/{name}");
        let entry = describe(&ask(&url, Purpose::RootList), cabinet, at).unwrap();
        assert_eq!(entry.object, object);
        assert_eq!(entry.next_update, Some(at.plus_seconds(next)));
        assert_eq!(entry.publish, Some(at.plus_seconds(publish)));
        assert_eq!(entry.flush.exempt_seconds, EXEMPT_FOREVER);
    }
}

/// The entity tag and the date a server was asked to compare with.
type Compared = (Option<String>, Option<Time>);

/// A server that knows an entity tag and a date, and writes down what it is asked.
struct Server {
    body: Vec<u8>,
    etag: Option<&'static str>,
    modified: Option<Time>,
    asked: Arc<Mutex<Vec<Compared>>>,
}

impl Retrieval for Server {
    fn retrieve(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError> {
        let condition = request.condition;
        let tag = condition.etag.map(str::to_owned);
        self.asked.lock().unwrap().push((tag, condition.modified_since));
        let same_tag = condition.etag.is_some() && condition.etag == self.etag;
        let same_date = condition.etag.is_none()
            && condition.modified_since.is_some()
            && condition.modified_since == self.modified;
        let unchanged = same_tag || same_date;
        let octets = if unchanged { Vec::new() } else { self.body.clone() };
        let response = ResponseFacts {
            etag: self.etag.map(str::to_owned),
            last_modified: self.modified,
            max_age: Some(60),
            not_modified: unchanged,
        };
        Ok(Retrieved {
            octets: octets.into(),
            from_cache: false,
            last_sync: None,
            elapsed_ms: 1,
            response,
        })
    }
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let date = Time::from_unix(1_700_000_000);
    for (etag, modified) in
        [(Some("\"abc\""), None), (None, Some(date)), (Some("\"x\""), Some(date))]
    {
        let folder = tempfile::tempdir().unwrap();
        let asked = Arc::default();
        let body = list("20250101000000Z");
        let server = Server { body: body.clone(), etag, modified, asked: Arc::clone(&asked) };
        let cache = DiskCache::new(folder.path(), server, DiskCacheOptions::default());
        cache.retrieve(&ask(URL, Purpose::Crl)).unwrap();
        let name = file_name(URL);
        let read = || {
            let metadata = fs::read(cache.metadata.join(&name)).unwrap();
            UrlCacheEntry::from_octets(&metadata).unwrap()
        };
        let first = read();
        assert_eq!(first.response.etag.as_deref(), etag);
        assert_eq!((first.response.last_modified, first.response.max_age), (modified, 60));
        assert_eq!(first.response.flags & RESPONSE_VALIDATED, 0);
        std::thread::sleep(std::time::Duration::from_millis(2));
        let again = cache.retrieve(&wired(URL, Purpose::Crl)).unwrap();
        assert_eq!((&*again.octets, again.from_cache), (body.as_slice(), false));
        let second = read();
        assert_eq!(second.response.flags & RESPONSE_VALIDATED, RESPONSE_VALIDATED);
        assert!(second.last_sync > first.last_sync);
        assert_eq!(
            (second.next_update, second.content_size),
            (first.next_update, first.content_size)
        );
        let expected = [(None, None), (etag.map(str::to_owned), modified)];
        assert_eq!(*asked.lock().unwrap(), expected);
        assert!(cache.take_notes().is_empty());
    }
}

#[test]
fn what_has_changed_or_has_nothing_to_compare_is_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    for (etag, date) in [("\"one\"", "20250101000000Z"), ("\"two\"", "20250201000000Z")] {
        let server =
            Server { body: list(date), etag: Some(etag), modified: None, asked: Arc::default() };
        let cache = DiskCache::new(folder.path(), server, DiskCacheOptions::default());
        let found = cache.retrieve(&wired(URL, Purpose::Crl)).unwrap();
        assert_eq!(&*found.octets, list(date));
        let kept = cache.retrieve(&cached(URL, Purpose::Crl)).unwrap();
        assert_eq!(&*kept.octets, list(date));
    }
    // a damaged entry is nothing to compare with
    let asked = Arc::default();
    let server = Server {
        body: list("20250301000000Z"),
        etag: Some("\"two\""),
        modified: None,
        asked: Arc::clone(&asked),
    };
    let cache = DiskCache::new(folder.path(), server, DiskCacheOptions::default());
    fs::write(cache.content.join(file_name(URL)), b"x").unwrap();
    let found = cache.retrieve(&wired(URL, Purpose::Crl)).unwrap();
    assert_eq!(&*found.octets, list("20250301000000Z"));
    assert_eq!(*asked.lock().unwrap(), [(None, None)]);
}

/// Responses are named as Windows names them, and counted by their certificates' points.
#[test]
fn responses_are_written_under_their_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let url = "http://ocsp.example/MEEwPzA9";
    let response = response();
    let points = b"distribution points".as_slice();
    let cache = DiskCache::new(folder.path(), serving(url, &response), DiskCacheOptions::default());
    let request = Request { distribution_points: Some(points), ..ask(url, Purpose::Ocsp) };
    assert_eq!(cache.cached_responses(points), 0);
    cache.retrieve(&request).unwrap();
    assert_eq!(files(&cache.content), [ocsp_file_name(points, url)]);
    assert_eq!(cache.cached_responses(points), 1);
    assert_eq!(cache.cached_responses(b"other points"), 0);
    let again = Request { cache_only: true, ..request };
    assert!(cache.retrieve(&again).unwrap().from_cache);
    // whoever does not know the points finds it, too
    assert!(cache.retrieve(&cached(url, Purpose::Ocsp)).is_ok());
}
