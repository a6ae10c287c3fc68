//! Cabinets that want to be written elsewhere, or to grow.

use chaincheck_engine::base::hresult;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::format::cabinet::Cabinet;
use chaincheck_engine::format::{FormatErrorKind, Limits, open};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::root_update::list::{ListSettings, Step, examine};
use chaincheck_engine::store::Store;
use chaincheck_testdata::cabinet::{Compression, bomb, cabinet, overlapping};
use chaincheck_testdata::fixtures;

fn fixture(path: &str) -> Vec<u8> {
    fixtures::all().into_iter().find(|fixture| fixture.path == path).unwrap().octets
}

fn settings() -> ListSettings {
    let root = Certificate::from_der(&fixture("list/root.cer")).unwrap();
    let mut settings = ListSettings::new(Time::from_civil(2026, 6, 1, 0, 0, 0).unwrap());
    settings.stores.root = Store::of([root.clone()]);
    settings.list_roots = Some(Store::of([root]));
    settings
}

/// A member's name is text to be shown. Nothing in the engine is ever written under it.
#[test]
fn a_members_name_leads_nowhere() {
    let list = fixture("list/authroot.stl");
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "..\\..\\windows\\system32\\evil.stl",
        "../../../../tmp/evil.stl",
        "/tmp/evil.stl",
        "C:\\evil.stl",
        "\\\\server\\share\\evil.stl",
        "authroot.stl:stream.stl",
        "CON.stl",
        "a\u{202e}lts.stl",
    ] {
        for compression in [Compression::Stored, Compression::MsZip] {
            let octets = cabinet(name, &list, compression);
            let found = Cabinet::parse(&octets).unwrap();
            assert_eq!(found.extract(0, &Limits::default()).unwrap(), list, "{name}");
            // the list is judged by what it is, not by what it is called
            let report = examine(&octets, &settings());
            assert!(report.is_accepted(), "{name}: {:?}", report.why);
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(!std::path::Path::new("/tmp/evil.stl").exists());
}

/// A URL's text leads nowhere either: the URL cache's files are named by its hash.
#[cfg(feature = "online")]
#[test]
fn an_address_leads_nowhere() {
    use chaincheck_engine::format::url_cache::file_name;
    for url in ["http://a.test/../../etc/passwd", "http://a.test/..\\..\\x", "http://a.test/\0"] {
        let name = file_name(url);
        assert!(name.len() == 32 && name.bytes().all(|octet| octet.is_ascii_hexdigit()), "{name}");
    }
}

fn limit_of(octets: &[u8], limits: &Limits) -> String {
    open(octets, limits).map_or_else(
        |error| error.to_string(),
        |contents| contents.notes.iter().map(ToString::to_string).collect(),
    )
}

#[test]
fn a_bomb_ends_at_a_limit_that_is_named() {
    let limits = Limits::default();
    // 2 GiB in 3 MiB: what one packed octet may give is spent after the first
    let octets = bomb("authroot.stl", u16::MAX);
    assert!(octets.len() < 4 << 20, "{}", octets.len());
    let report = examine(&octets, &settings());
    assert_eq!(report.failing_step, Some(Step::Extract));
    assert_eq!(report.error, hresult::ERROR_FILE_TOO_LARGE);
    assert!(report.why.unwrap().contains("max_ratio"));
    assert!(limit_of(&octets, &limits).contains("max_ratio"));
    // packed less tightly, there is an absolute limit
    let octets = cabinet("stored.bin", &[7; 3 << 20], Compression::Stored);
    let mut small = limits;
    small.max_decompressed = 2 << 20;
    assert!(limit_of(&octets, &small).contains("max_decompressed"));
    assert!(!limit_of(&octets, &limits).contains("max_"));
    // 1 MiB from 1 KiB does no harm
    let octets = bomb("zeros.bin", 32);
    let found = Cabinet::parse(&octets).unwrap();
    assert_eq!(found.extract(0, &limits).unwrap(), vec![0; 1 << 20]);
}

/// Sizes in the directory are claims.
#[test]
fn sizes_that_lie_allocate_nothing() {
    let sound = cabinet("authroot.stl", &fixture("list/authroot.stl"), Compression::MsZip);
    let size_at = 36 + 8;
    for size in [u32::MAX, 1 << 31, 100 << 20] {
        let mut octets = sound.clone();
        octets[size_at..size_at + 4].copy_from_slice(&size.to_le_bytes());
        let report = examine(&octets, &settings());
        assert_eq!(report.failing_step, Some(Step::Extract), "{size}");
    }
    assert!(examine(&sound, &settings()).is_accepted());
}

/// Members may overlap: a thousand of them over one folder are not a thousand times its octets.
#[test]
fn members_that_overlap_count_each() {
    let names: Vec<String> = (0..1000).map(|n| format!("{n}.bin")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let octets = overlapping(&names, &[b'x'; 200_000]);
    let mut limits = Limits::default();
    limits.max_decompressed = 10 << 20;
    let found = limit_of(&octets, &limits);
    assert!(found.contains("max_decompressed"), "{found}");
    limits.max_decompressed = 256 << 20;
    limits.max_items = 100;
    let found = limit_of(&octets, &limits);
    assert!(found.contains("max_items"), "{found}");
}

#[test]
fn cabinets_in_cabinets_end_at_the_depth() {
    let limits = Limits::default();
    let mut octets = fixture("tls/good.cer");
    for depth in 1..=limits.max_depth + 2 {
        octets = cabinet("inner.cab", &octets, Compression::Stored);
        let found = open(&octets, &limits);
        let certificates = found.as_ref().map_or(0, |contents| contents.items.len());
        if depth <= limits.max_depth {
            assert_eq!(certificates, 1, "{depth}: {found:?}");
        } else {
            assert!(limit_of(&octets, &limits).contains("max_depth"), "{depth}");
        }
    }
}

#[test]
fn an_input_longer_than_allowed_is_not_looked_at() {
    let mut limits = Limits::default();
    limits.max_input = 100;
    let error = open(&[0x30; 101], &limits).unwrap_err();
    assert!(matches!(error.kind, FormatErrorKind::TooLarge(_)), "{error}");
    assert!(error.to_string().contains("max_input"));
}
