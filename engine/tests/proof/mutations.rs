//! Evidence of which the cause is taken away: the proof goes, and none takes its place.

use chaincheck_engine::proof::{CauseKind, EventDiagnosis, Status};
use chaincheck_testdata::{fixtures, lab};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::support::{
    File, assert_replays, cause, diagnoses, file, lab_of, proven, read, replace, report, without,
};
use CauseKind as K;

const HIVE: &str = "config/SOFTWARE";
const OPERATIONAL: &str = "logs/CAPI2-Operational.xml";
const APPLICATION: &str = "logs/Application.xml";

fn is_of_file(kind: K) -> bool {
    matches!(
        kind,
        K::ExpiredListSigner
            | K::SignerNotYetValid
            | K::NotACabinet
            | K::TruncatedFile
            | K::CorruptCabinet
            | K::CorruptList
            | K::TamperedList
            | K::UnsupportedAlgorithm
            | K::WrongUsage
            | K::Proxy
            | K::MissingIntermediate
    )
}

fn is_of_hive(kind: K) -> bool {
    matches!(
        kind,
        K::MissingRoot
            | K::DistrustedListChain
            | K::RevokedSigner
            | K::StoreAccessDenied
            | K::StoreCorrupt
    )
}

fn logged() -> impl Iterator<Item = K> {
    K::ALL.into_iter().filter(|kind| *kind != K::UpdateDisabled)
}

fn sound_list() -> Vec<u8> {
    let all = fixtures::all().into_iter();
    all.filter(|f| f.path == "list/authrootstl.cab").map(|f| f.octets).next().unwrap()
}

/// No cause at all is proven, and this one is neither refuted nor called more than it is.
fn assert_open(kind: K, files: &[File]) -> Vec<EventDiagnosis> {
    let found = diagnoses(&read(files));
    for diagnosis in &found {
        assert_eq!(proven(diagnosis), [], "{kind}\n{}", report(diagnosis));
    }
    found
}

#[test]
fn a_cache_repaired_since_proves_nothing_and_acquits_nobody() {
    for kind in logged().filter(|kind| is_of_file(*kind)) {
        let mut files = lab_of(&[kind]);
        let content = files.iter_mut().find(|file| file.path.contains("/Content/")).unwrap();
        content.octets = sound_list();
        for found in assert_open(kind, &files) {
            if kind == K::MissingIntermediate {
                // the CA store was cleared as well, and the list now brings its CA
                continue;
            }
            assert_eq!(found.reproduced, Some(false), "{}", report(&found));
            let status = cause(&found, kind).status;
            assert!(matches!(status, Status::Undecided | Status::Consistent), "{}", report(&found));
        }
    }
}

#[test]
fn a_cache_that_is_gone_proves_nothing() {
    for kind in logged().filter(|kind| is_of_file(*kind) && *kind != K::Proxy) {
        let files = without(lab_of(&[kind]), "CryptnetUrlCache");
        for found in assert_open(kind, &files) {
            assert_eq!(found.reproduced, Some(false), "{}", report(&found));
            let wanted = found.would_decide.join("\n");
            assert!(wanted.contains("CryptnetUrlCache"), "{kind}: {wanted}");
        }
    }
    // for the proxy's page the log is left: it says who sent it
    let found = diagnoses(&read(&without(lab_of(&[K::Proxy]), "CryptnetUrlCache")));
    assert!(proven(&found[0]).iter().all(|kind| *kind == K::Proxy), "{}", report(&found[0]));
}

#[test]
fn stores_that_are_sound_again_or_gone_prove_nothing() {
    let sound = lab_of(&[K::ExpiredListSigner]);
    let hive = sound.iter().find(|file| file.path.ends_with(HIVE)).unwrap().octets.clone();
    for kind in logged().filter(|kind| is_of_hive(*kind)) {
        let mut files = lab_of(&[kind]);
        file(&mut files, HIVE).octets.clone_from(&hive);
        assert_open(kind, &files);
        let found = assert_open(kind, &without(lab_of(&[kind]), HIVE));
        assert_eq!(cause(&found[0], kind).status, Status::Undecided, "{}", report(&found[0]));
        let wanted = found[0].would_decide.join("\n");
        assert!(wanted.contains("SOFTWARE"), "{kind}: {wanted}");
    }
    let found = diagnoses(&read(&without(lab_of(&[K::UpdateDisabled]), HIVE)));
    assert_eq!(proven(&found[0]), []);
}

#[test]
fn a_wrong_clock_without_its_witness_is_no_expired_list() {
    let found = assert_open(K::WrongClock, &without(lab_of(&[K::WrongClock]), OPERATIONAL));
    let found = &found[0];
    assert_eq!(cause(found, K::WrongClock).status, Status::Undecided);
    assert!(cause(found, K::WrongClock).statement.contains("yet to come"), "{}", report(found));
    assert_eq!(cause(found, K::ExpiredListSigner).status, Status::Consistent);
    assert!(found.would_decide.iter().any(|wanted| wanted.contains("Date")));
}

#[test]
fn a_failure_to_fetch_without_a_log_rests_on_the_record_alone() {
    let found = assert_open(K::Unreachable, &without(lab_of(&[K::Unreachable]), OPERATIONAL));
    let unreachable = cause(&found[0], K::Unreachable);
    assert_eq!(unreachable.status, Status::Consistent);
    assert!(unreachable.note.as_ref().unwrap().contains("record itself"));
    // a page without its sender is a page, and who sent it stays open
    let found = diagnoses(&read(&without(lab_of(&[K::Proxy]), OPERATIONAL)));
    assert_eq!(proven(&found[0]), [K::NotACabinet]);
    assert_eq!(cause(&found[0], K::Proxy).status, Status::Undecided);
}

/// Each error text, so that another may be put in its place.
fn text_of(files: &mut [File]) -> String {
    let xml = String::from_utf8(file(files, APPLICATION).octets.clone()).unwrap();
    let data = xml.split("<Data>").nth(2).unwrap();
    data.split("&#13;").next().unwrap().to_owned()
}

#[test]
fn a_record_of_something_else_is_not_explained_by_this() {
    for kind in logged() {
        let files = lab_of(&[kind]);
        let text = text_of(&mut files.clone());
        let other_code =
            if kind == K::StoreAccessDenied { "The data is invalid." } else { "Access is denied." };
        for (from, to) in [
            (text.as_str(), other_code),
            ("<Channel>Application</Channel>", "<Channel>Setup</Channel>"),
            ("http://ctldl.windowsupdate.com", "http://www.download.windowsupdate.com"),
        ] {
            let mut changed = files.clone();
            replace(&mut changed, APPLICATION, from, to);
            for found in diagnoses(&read(&changed)) {
                assert_eq!(proven(&found), [], "{kind}: {to}\n{}", report(&found));
            }
        }
    }
}

#[test]
fn an_event_before_the_signer_had_expired_is_not_its_fault() {
    let mut files = lab_of(&[K::ExpiredListSigner]);
    replace(&mut files, APPLICATION, "2026-06-01T00", "2024-04-01T00");
    // what was fetched later was not there; and fetched before, it was valid
    assert_open(K::ExpiredListSigner, &files);
    let content = fixture("list/expired.cab");
    files = without(files, "CryptnetUrlCache");
    files.extend(lab::cache_files(
        "C/Windows/ServiceProfiles/NetworkService",
        lab::LIST_URL,
        &content,
        1_700_000_000,
    ));
    assert_open(K::ExpiredListSigner, &files);
    // a day after its end it was
    replace(&mut files, APPLICATION, "2024-04-01T00", "2024-04-11T08");
    assert_eq!(proven(&diagnoses(&read(&files))[0]), [K::ExpiredListSigner]);
}

fn fixture(path: &str) -> Vec<u8> {
    fixtures::all().into_iter().find(|fixture| fixture.path == path).unwrap().octets
}

/// Something that is done to evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mutation {
    SoundFile,
    NoCache,
    NoHive,
    NoOperationalLog,
    OtherCode,
    OtherUrl,
    Later,
    Earlier,
    NoLabDocument,
}

impl Mutation {
    const ALL: [Self; 9] = [
        Self::SoundFile,
        Self::NoCache,
        Self::NoHive,
        Self::NoOperationalLog,
        Self::OtherCode,
        Self::OtherUrl,
        Self::Later,
        Self::Earlier,
        Self::NoLabDocument,
    ];

    fn apply(self, files: &mut Vec<File>) {
        let mut rewrite = |from: &str, to: &str| {
            for file in files.iter_mut().filter(|file| file.path.ends_with(APPLICATION)) {
                file.octets =
                    String::from_utf8(file.octets.clone()).unwrap().replace(from, to).into_bytes();
            }
        };
        match self {
            Self::SoundFile => {
                for file in files.iter_mut().filter(|file| file.path.contains("/Content/")) {
                    file.octets = sound_list();
                }
            }
            Self::NoCache => files.retain(|file| !file.path.contains("CryptnetUrlCache")),
            Self::NoHive => files.retain(|file| !file.path.ends_with(HIVE)),
            Self::NoOperationalLog => files.retain(|file| !file.path.ends_with(OPERATIONAL)),
            Self::NoLabDocument => files.retain(|file| !file.path.ends_with("lab.json")),
            Self::OtherCode => rewrite("&#13;", " (and more)&#13;"),
            Self::OtherUrl => rewrite("http://ctldl.", "http://other."),
            Self::Later => rewrite("2026-06-01T", "2026-06-03T"),
            Self::Earlier => rewrite("2026-06-01T", "2026-05-02T"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_proven_that_was_not_put_in(
        first in select(K::ALL.to_vec()),
        second in select(K::ALL.to_vec()),
        mutations in subsequence(Mutation::ALL.to_vec(), 0..4),
    ) {
        let names = [first.name(), second.name()];
        let made = lab::lab_of(&names).or_else(|_| lab::lab_of(&names[..1]));
        let mut files = made.unwrap();
        mutations.iter().for_each(|mutation| mutation.apply(&mut files));
        let anew = mutations.contains(&Mutation::NoLabDocument);
        for found in diagnoses(&read(&files)) {
            for kind in proven(&found) {
                let put_in = kind == first || kind == second;
                // what stays of a proxy without its log is a page; a list that no root of this
                // machine's stands above is tampered with; a later clock is past nobody's end
                let other = kind == K::NotACabinet && [first, second].contains(&K::Proxy)
                    || kind == K::TamperedList && anew
                    || kind == K::MissingRoot && mutations.contains(&Mutation::NoHive) && anew;
                prop_assert!(put_in || other, "{kind}\n{}", report(&found));
            }
            assert_replays(&found);
        }
    }
}
