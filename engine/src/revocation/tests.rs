use ed25519_dalek::{Signer as _, SigningKey};

use super::*;
use crate::base::oid;
use crate::object::ocsp::CertId;
use crate::retrieval::{Answer as Recording, CacheEntry, Offline, Recorded};
use crate::test_support::{
    der, extension, generalized_time, integer, name, revoked_entry, tbs_crl,
};

const CRL_URL: &str = "http://ca.example/ca.crl";
const OCSP_URL: &str = "http://ocsp.example";
const DELTA_URL: &str = "http://ca.example/delta.crl";

const PAST: &str = "20260501000000Z";
const RECENT: &str = "20260520000000Z";
const FUTURE: &str = "20260701000000Z";

fn now() -> Time {
    "2026-06-01".parse().unwrap()
}

/// Somebody with a name and a key.
#[derive(Clone)]
struct Party {
    name: &'static str,
    key: SigningKey,
}

fn party(name: &'static str, key: u8) -> Party {
    Party { name, key: SigningKey::from_bytes(&[key; 32]) }
}

fn algorithm() -> Vec<u8> {
    der(0x30, &der(6, oid::ED25519.as_octets()))
}

impl Party {
    fn sign(&self, tbs: Vec<u8>) -> Vec<u8> {
        let mut signature = vec![0];
        signature.extend(self.key.sign(&tbs).to_bytes());
        [tbs, algorithm(), der(3, &signature)].concat()
    }

    fn certify(&self, subject: &Party, serial: &[u8], extensions: &[Vec<u8>]) -> Certificate {
        let mut key = vec![0];
        key.extend(subject.key.verifying_key().to_bytes());
        let validity = [generalized_time("20260101000000Z"), generalized_time("20270101000000Z")];
        let tbs = [
            der(0xa0, &integer(&[2])),
            integer(serial),
            algorithm(),
            name(self.name),
            der(0x30, &validity.concat()),
            name(subject.name),
            der(0x30, &[algorithm(), der(3, &key)].concat()),
            der(0xa3, &der(0x30, &extensions.concat())),
        ];
        let certificate = der(0x30, &self.sign(der(0x30, &tbs.concat())));
        Certificate::from_der(&certificate).unwrap()
    }

    fn crl(
        &self,
        this_update: &str,
        next_update: Option<&str>,
        entries: &[Vec<u8>],
        extensions: &[Vec<u8>],
    ) -> Vec<u8> {
        let tbs = tbs_crl(self.name, this_update, next_update, &algorithm(), entries, extensions);
        der(0x30, &self.sign(tbs))
    }

    /// An OCSP response, responder by name.
    fn ocsp(&self, singles: &[Vec<u8>], certificates: &[&Certificate]) -> Vec<u8> {
        let responder = der(0xa1, &name(self.name));
        let data = [responder, generalized_time(RECENT), der(0x30, &singles.concat())];
        let mut basic = self.sign(der(0x30, &data.concat()));
        if !certificates.is_empty() {
            let list: Vec<u8> = certificates.iter().flat_map(|c| c.der().to_vec()).collect();
            basic.extend(der(0xa0, &der(0x30, &list)));
        }
        let bytes = [der(6, oid::OCSP_BASIC.as_octets()), der(4, &der(0x30, &basic))].concat();
        der(0x30, &[der(0x0a, &[0]), der(0xa0, &der(0x30, &bytes))].concat())
    }
}

fn good() -> Vec<u8> {
    der(0x80, &[])
}

fn revoked_since(date: &str) -> Vec<u8> {
    der(0xa1, &[generalized_time(date), der(0xa0, &der(0x0a, &[1]))].concat())
}

fn points(id: &str, url: &str) -> Vec<u8> {
    let full_name = der(0xa0, &der(0xa0, &der(0x86, url.as_bytes())));
    extension(id, false, &der(0x30, &der(0x30, &full_name)))
}

fn cdp() -> Vec<u8> {
    points("2.5.29.31", CRL_URL)
}

fn aia() -> Vec<u8> {
    let access = [der(6, oid::OCSP.as_octets()), der(0x86, OCSP_URL.as_bytes())].concat();
    extension("1.3.6.1.5.5.7.1.1", false, &der(0x30, &der(0x30, &access)))
}

fn usage(usage: &oid::Oid) -> Vec<u8> {
    extension("2.5.29.37", false, &der(0x30, &der(6, usage.as_octets())))
}

fn crl_number(number: u8) -> Vec<u8> {
    extension("2.5.29.20", false, &integer(&[number]))
}

fn delta_from(base: u8) -> Vec<u8> {
    extension("2.5.29.27", true, &integer(&[base]))
}

/// A certificate, its issuer, and all that can be known about it.
struct Case {
    ca: Party,
    issuer: Certificate,
    subject: Certificate,
    answers: Vec<Recording>,
    cache: Vec<CacheEntry>,
    store: Vec<Crl>,
    stapled: Option<Vec<u8>>,
    time: Time,
    options: RevocationOptions,
    weak: bool,
}

impl Case {
    fn new(extensions: &[Vec<u8>]) -> Self {
        let ca = party("CA", 1);
        Self {
            issuer: ca.certify(&ca, &[1], &[]),
            subject: ca.certify(&party("EE", 2), &[5], extensions),
            ca,
            answers: Vec::new(),
            cache: Vec::new(),
            store: Vec::new(),
            stapled: None,
            time: now(),
            options: RevocationOptions::default(),
            weak: false,
        }
    }

    fn with_crl(crl: Vec<u8>) -> Self {
        Self::new(&[cdp()]).serving(CRL_URL, crl)
    }

    fn serving(self, url: &str, body: Vec<u8>) -> Self {
        self.serving_late(url, body, 0)
    }

    fn serving_late(mut self, url: &str, body: Vec<u8>, delay_ms: u32) -> Self {
        let outcome = Ok((200, body.into()));
        self.answers.push(Recording { url: url.to_owned(), outcome, delay_ms });
        self
    }

    fn caching(mut self, url: &str, body: Vec<u8>) -> Self {
        let last_sync = Some("2026-05-02".parse().unwrap());
        self.cache.push(CacheEntry { url: url.to_owned(), octets: body.into(), last_sync });
        self
    }

    fn storing(mut self, crl: &[u8]) -> Self {
        self.store.push(Crl::from_der(crl).unwrap());
        self
    }

    fn single(&self, status: Vec<u8>, this_update: &str, next_update: Option<&str>) -> Vec<u8> {
        let id = CertId::new(&self.subject, &self.issuer);
        let algorithm = der(0x30, &der(6, oid::SHA1.as_octets()));
        let id = [
            algorithm,
            der(4, &id.issuer_name_hash),
            der(4, &id.issuer_key_hash),
            integer(&id.serial_number),
        ];
        let next = next_update.map(|next| der(0xa0, &generalized_time(next))).unwrap_or_default();
        let parts = [der(0x30, &id.concat()), status, generalized_time(this_update), next];
        der(0x30, &parts.concat())
    }

    fn check(&self) -> RevocationInfo {
        let network = Recorded::new(self.answers.clone(), self.cache.clone());
        let session = RevocationSession::new(&self.options);
        let is_weak = |_: &[u8], _: &Certificate| self.weak;
        let context = RevocationContext {
            retrieval: &network,
            store_crls: &self.store,
            certificates: &[],
            now: now(),
            time: self.time,
            stapled_ocsp: self.stapled.as_deref(),
            options: &self.options,
            session: &session,
            issuer_key_parameters: None,
            signature_is_weak: Some(&is_weak),
        };
        check(&self.subject, &self.issuer, &context)
    }

    #[track_caller]
    fn gives(&self, result: HResult, bits: u32, source: Option<Source>) -> RevocationInfo {
        let info = self.check();
        let found = (info.result, info.trust_bits().0, info.source);
        assert_eq!(found, (result, bits, source), "{:?}", info.notes);
        info
    }

    #[track_caller]
    fn is_good(&self, source: Source) -> RevocationInfo {
        self.gives(HResult(0), 0, Some(source))
    }

    #[track_caller]
    fn is_revoked(&self, source: Source) -> RevocationInfo {
        self.gives(hresult::CRYPT_E_REVOKED, 0x4, Some(source))
    }

    #[track_caller]
    fn is_offline(&self) -> RevocationInfo {
        let info = self.check();
        let found = (info.result, info.trust_bits().0);
        assert_eq!(found, (hresult::CRYPT_E_REVOCATION_OFFLINE, 0x100_0040), "{:?}", info.notes);
        assert_eq!(info.freshness_seconds, None);
        info
    }

    #[track_caller]
    fn is_unknown(&self) -> RevocationInfo {
        let info = self.check();
        let found = (info.result, info.trust_bits().0);
        assert_eq!(found, (hresult::CRYPT_E_NO_REVOCATION_CHECK, 0x40), "{:?}", info.notes);
        info
    }
}

fn listed(date: &str, reason: Option<u8>) -> Vec<u8> {
    revoked_entry(&[5], date, reason)
}

#[test]
fn a_list_that_does_not_name_the_certificate() {
    let ca = party("CA", 1);
    let list = ca.crl(RECENT, Some(FUTURE), &[revoked_entry(&[6], PAST, None)], &[]);
    let info = Case::with_crl(list).is_good(Source::Crl);
    assert_eq!(info.url.as_deref(), Some(CRL_URL));
    assert_eq!(info.freshness_seconds, Some(12 * 86_400));
    assert_eq!(info.source.unwrap().as_str(), "crl");
    assert_eq!(info.crl.unwrap().entry_count(), 1);
}

/// A revocation counts from its own moment on; pTime before it does not.
#[test]
fn a_list_that_names_the_certificate() {
    let ca = party("CA", 1);
    let list = ca.crl(RECENT, Some(FUTURE), &[listed("20260510000000Z", Some(1))], &[]);
    let mut case = Case::with_crl(list);
    let info = case.is_revoked(Source::Crl);
    assert_eq!(info.reason, Some(RevocationReason::KeyCompromise));
    assert_eq!(info.revocation_date.unwrap().to_string(), "2026-05-10T00:00:00Z");
    case.time = "2026-05-10".parse().unwrap();
    case.is_revoked(Source::Crl);
    case.time = "2026-05-09".parse().unwrap();
    let info = case.is_good(Source::Crl);
    assert!(info.notes.iter().any(|note| note.contains("after the time asked about")));
}

#[test]
fn nothing_to_ask() {
    Case::new(&[]).is_unknown();
    Case::new(&[cdp()]).is_offline();
    Case::new(&[aia()]).is_offline();
}

/// Windows-facts 9.12 to 9.14: old lists reveal revocations, and nothing else.
#[test]
fn lists_past_their_time() {
    let ca = party("CA", 1);
    let ended = Some("20260531000000Z");
    Case::with_crl(ca.crl(RECENT, ended, &[listed(PAST, None)], &[])).is_revoked(Source::Crl);
    let mut case = Case::with_crl(ca.crl(RECENT, ended, &[], &[]));
    let info = case.is_offline();
    assert_eq!(info.source, Some(Source::Crl));
    case.options.crl_validity_extension_hours = 24;
    assert!(case.is_good(Source::Crl).extended_validity);
    case.options.crl_validity_extension_hours = 23;
    case.is_offline();
    let endless = Case::with_crl(ca.crl("20160101000000Z", None, &[], &[]));
    assert!(!endless.is_good(Source::Crl).extended_validity);
    Case::with_crl(ca.crl(FUTURE, None, &[], &[])).is_offline();
    // in a store, with nothing to retrieve: still offline (9.28)
    Case::new(&[]).storing(&ca.crl(RECENT, ended, &[], &[])).is_offline();
}

#[test]
fn a_freshness_time_stands_in_place_of_next_update() {
    let ca = party("CA", 1);
    let mut case = Case::with_crl(ca.crl(RECENT, Some("20260531000000Z"), &[], &[]));
    case.options.freshness_time = Some(12 * 86_400);
    case.is_good(Source::Crl);
    case.options.freshness_time = Some(12 * 86_400 - 1);
    case.is_offline();
}

/// Windows-facts 9.11, 9.27 and 9.29.
#[test]
fn lists_of_somebody_else() {
    let ca = party("CA", 1);
    let other_key = party("CA", 9).crl(RECENT, Some(FUTURE), &[listed(PAST, None)], &[]);
    let other_name = party("Other", 1).crl(RECENT, Some(FUTURE), &[listed(PAST, None)], &[]);
    Case::with_crl(other_key.clone()).is_offline();
    Case::with_crl(other_name.clone()).is_offline();
    Case::with_crl(b"<html>".to_vec()).is_offline();
    Case::with_crl(Vec::new()).is_offline();
    // in a store it is as if there were none
    Case::new(&[]).storing(&other_key).is_unknown();
    Case::new(&[]).storing(&other_name).is_unknown();
    let good = ca.crl(PAST, Some(FUTURE), &[], &[]);
    Case::new(&[]).storing(&other_key).storing(&good).is_good(Source::StoreCrl);
}

/// Windows-facts 9.25 and 9.26.
#[test]
fn critical_extensions_that_are_not_understood() {
    let ca = party("CA", 1);
    let odd = extension("1.2.3", true, &[5, 0]);
    let list = ca.crl(RECENT, Some(FUTURE), &[listed(PAST, None)], std::slice::from_ref(&odd));
    Case::new(&[]).storing(&list).is_unknown();
    Case::with_crl(list).is_unknown();
    let parts = [integer(&[5]), generalized_time(PAST), der(0x30, &odd)].concat();
    let list = ca.crl(RECENT, Some(FUTURE), &[der(0x30, &parts)], &[]);
    Case::with_crl(list).is_revoked(Source::Crl);
}

#[test]
fn a_broken_authority_key_identifier_spoils_a_list() {
    let broken = extension("2.5.29.35", false, &[5, 0]);
    let list = party("CA", 1).crl(RECENT, Some(FUTURE), &[], &[broken]);
    Case::new(&[]).storing(&list).is_unknown();
}

fn scope(fields: &[Vec<u8>]) -> Vec<u8> {
    extension("2.5.29.28", true, &der(0x30, &fields.concat()))
}

#[test]
fn lists_for_some_certificates_only() {
    let ca = party("CA", 1);
    let list = |scope| ca.crl(RECENT, Some(FUTURE), &[], &[scope]);
    let for_users = list(scope(&[der(0x81, &[0xff])]));
    let for_cas = list(scope(&[der(0x82, &[0xff])]));
    let is_ca = extension("2.5.29.19", true, &der(0x30, &der(1, &[0xff])));
    Case::new(&[]).storing(&for_users).is_good(Source::StoreCrl);
    Case::new(&[]).storing(&for_cas).is_unknown();
    Case::new(std::slice::from_ref(&is_ca)).storing(&for_users).is_unknown();
    Case::new(&[is_ca]).storing(&for_cas).is_good(Source::StoreCrl);
    for refused in [
        scope(&[der(0x83, &[1, 0x40])]),
        scope(&[der(0x84, &[0xff])]),
        scope(&[der(0x85, &[0xff])]),
        scope(&[der(0xa0, &der(0xa1, &[]))]),
    ] {
        Case::new(&[]).storing(&list(refused)).is_unknown();
    }
}

#[test]
fn lists_for_a_distribution_point() {
    let ca = party("CA", 1);
    let at = |url: &str| {
        let point = der(0xa0, &der(0xa0, &der(0x86, url.as_bytes())));
        ca.crl(RECENT, Some(FUTURE), &[], &[scope(&[point])])
    };
    Case::new(&[cdp()]).storing(&at("HTTP://CA.EXAMPLE/CA.CRL")).is_good(Source::StoreCrl);
    Case::new(&[cdp()]).storing(&at("http://ca.example/other.crl")).is_offline();
    Case::new(&[]).storing(&at(CRL_URL)).is_unknown();
    // retrieved from the point itself: used all the same (windows-facts 9.36)
    let mut case = Case::with_crl(at("http://ca.example/other.crl"));
    case.is_good(Source::Crl);
    case.options.idp_must_match_retrieved = true;
    case.is_offline();
}

#[test]
fn points_for_reasons_or_of_other_issuers_are_skipped() {
    let list = party("CA", 1).crl(RECENT, Some(FUTURE), &[], &[]);
    let full_name = der(0xa0, &der(0xa0, &der(0x86, CRL_URL.as_bytes())));
    for more in [der(0x81, &[1, 0x40]), der(0xa2, &der(0xa4, &name("Other")))] {
        let point = der(0x30, &[full_name.clone(), more].concat());
        let cdp = extension("2.5.29.31", false, &der(0x30, &point));
        Case::new(&[cdp]).serving(CRL_URL, list.clone()).is_unknown();
    }
}

#[test]
fn deltas() {
    let ca = party("CA", 1);
    let base = |entries: &[Vec<u8>]| ca.crl(PAST, Some(FUTURE), entries, &[crl_number(7)]);
    let delta = |from, number, entries: &[Vec<u8>]| {
        ca.crl(RECENT, Some(FUTURE), entries, &[crl_number(number), delta_from(from)])
    };
    let revoking = delta(7, 8, &[listed(PAST, None)]);
    let info = Case::new(&[]).storing(&base(&[])).storing(&revoking).is_revoked(Source::StoreCrl);
    assert!(info.delta_crl.is_some_and(|delta| delta.is_delta()));
    let held = base(&[listed(PAST, Some(6))]);
    let case = Case::new(&[]).storing(&held);
    assert_eq!(case.is_revoked(Source::StoreCrl).reason, Some(RevocationReason::CertificateHold));
    case.storing(&delta(7, 8, &[listed(PAST, Some(8))])).is_good(Source::StoreCrl);
    // one that continues a later list, or is older than the list, or is alone
    Case::new(&[])
        .storing(&base(&[]))
        .storing(&delta(8, 9, &[listed(PAST, None)]))
        .is_good(Source::StoreCrl);
    Case::new(&[])
        .storing(&base(&[]))
        .storing(&delta(5, 6, &[listed(PAST, None)]))
        .is_good(Source::StoreCrl);
    Case::new(&[]).storing(&revoking).is_unknown();
    Case::with_crl(revoking.clone()).is_offline();
    // found through freshestCRL
    let fresh = Case::new(&[cdp(), points("2.5.29.46", DELTA_URL)]);
    let fresh = fresh.serving(CRL_URL, base(&[])).serving(DELTA_URL, revoking);
    fresh.is_revoked(Source::Crl);
    let info = Case::new(&[cdp(), points("2.5.29.46", DELTA_URL)]).serving(CRL_URL, base(&[]));
    let info = info.is_good(Source::Crl);
    assert!(info.notes.iter().any(|note| note.contains("no current delta")), "{:?}", info.notes);
}

#[test]
fn a_responder_answers() {
    let case = Case::new(&[aia()]);
    let body = |status| case.ca.ocsp(&[case.single(status, RECENT, Some(FUTURE))], &[]);
    let serving = |status| Case::new(&[aia()]).serving(OCSP_URL, body(status));
    let info = serving(good()).is_good(Source::Ocsp);
    assert_eq!((info.url.as_deref(), info.freshness_seconds), (Some(OCSP_URL), Some(12 * 86_400)));
    let info = serving(revoked_since(PAST)).is_revoked(Source::Ocsp);
    assert_eq!(info.reason, Some(RevocationReason::KeyCompromise));
    let mut early = serving(revoked_since(PAST));
    early.time = "2026-04-30".parse().unwrap();
    early.is_good(Source::Ocsp);
    let unknown = serving(der(0x82, &[]));
    unknown.gives(hresult::CRYPT_E_NOT_IN_REVOCATION_DATABASE, 0x40, Some(Source::Ocsp));
    let mut xp = serving(good());
    xp.options.xp = true;
    xp.is_unknown();
}

#[test]
fn responses_past_their_time() {
    let case = Case::new(&[aia()]);
    let body = |status, this_update, next| {
        let single = case.single(status, this_update, next);
        Case::new(&[aia()]).serving(OCSP_URL, case.ca.ocsp(&[single], &[]))
    };
    body(good(), RECENT, Some("20260531000000Z")).is_offline();
    body(revoked_since(PAST), RECENT, Some("20260531000000Z")).is_revoked(Source::Ocsp);
    // without nextUpdate: OcspValiditySeconds
    body(good(), "20260531120000Z", None).is_good(Source::Ocsp);
    let mut late = body(good(), "20260531115959Z", None);
    late.is_offline();
    late.options.ocsp_validity_seconds = 43_201;
    late.is_good(Source::Ocsp);
}

/// Windows-facts 9.1 and 9.16 to 9.18.
#[test]
fn delegated_signers() {
    let signer = party("Responder", 3);
    let with = |signed_by: &Party, extensions: &[Vec<u8>]| {
        let case = Case::new(&[aia()]);
        let delegated = signed_by.certify(&signer, &[9], extensions);
        let body = signer.ocsp(&[case.single(good(), RECENT, Some(FUTURE))], &[&delegated]);
        case.serving(OCSP_URL, body)
    };
    let ca = party("CA", 1);
    let nocheck = extension("1.3.6.1.5.5.7.48.1.5", false, &[5, 0]);
    let signing = usage(&oid::OCSP_SIGNING);
    with(&ca, std::slice::from_ref(&signing)).is_good(Source::Ocsp);
    with(&ca, &[signing.clone(), cdp(), nocheck]).is_good(Source::Ocsp);
    with(&ca, &[signing.clone(), cdp()]).is_offline();
    with(&ca, &[signing.clone(), aia()]).is_offline();
    with(&ca, &[]).is_offline();
    with(&ca, &[usage(&oid::SERVER_AUTH)]).is_offline();
    with(&party("Other", 4), std::slice::from_ref(&signing)).is_offline();
    let info = with(&party("CA", 4), &[signing]).is_offline();
    assert!(info.notes.iter().any(|note| note.contains("does not verify")), "{:?}", info.notes);
}

#[test]
fn responses_that_do_not_count() {
    let case = Case::new(&[aia()]);
    let mut other = Case::new(&[aia()]);
    other.subject = other.ca.certify(&party("EE", 2), &[6], &[aia()]);
    let about_other = case.ca.ocsp(&[other.single(good(), RECENT, Some(FUTURE))], &[]);
    let single = [case.single(good(), RECENT, Some(FUTURE))];
    let wrong_key = party("CA", 7).ocsp(&single, &[]);
    let wrong_name = party("Other", 1).ocsp(&single, &[]);
    let try_later = der(0x30, &der(0x0a, &[3]));
    for body in [about_other, wrong_key, wrong_name, try_later, vec![0x30]] {
        Case::new(&[aia()]).serving(OCSP_URL, body).is_offline();
    }
    // of two answers of one age the worse, in either order
    let worse = case.single(revoked_since(PAST), RECENT, Some(FUTURE));
    for two in [[single[0].clone(), worse.clone()], [worse, single[0].clone()]] {
        let body = case.ca.ocsp(&two, &[]);
        Case::new(&[aia()]).serving(OCSP_URL, body).is_revoked(Source::Ocsp);
    }
    // of several answers the one about the certificate
    let both = [other.single(revoked_since(PAST), RECENT, Some(FUTURE)), single[0].clone()];
    Case::new(&[aia()]).serving(OCSP_URL, case.ca.ocsp(&both, &[])).is_good(Source::Ocsp);
}

#[test]
fn the_order_of_sources() {
    let both = || Case::new(&[aia(), cdp()]);
    let ca = party("CA", 1);
    let ocsp = |status| ca.ocsp(&[both().single(status, RECENT, Some(FUTURE))], &[]);
    let list = ca.crl(RECENT, Some(FUTURE), &[], &[]);
    let served = || both().serving(OCSP_URL, ocsp(good())).serving(CRL_URL, list.clone());
    served().is_good(Source::Ocsp);
    served().storing(&list).is_good(Source::StoreCrl);
    served().storing(&list).caching(CRL_URL, list.clone()).is_good(Source::CachedCrl);
    let cached = served().caching(CRL_URL, list.clone()).caching(OCSP_URL, ocsp(good()));
    cached.is_good(Source::CachedOcsp);
    let mut stapled = cached;
    stapled.stapled = Some(ocsp(revoked_since(PAST)));
    stapled.is_revoked(Source::StapledOcsp);
    let mut crl_first = served();
    crl_first.options.cached_ocsp_switch_to_crl_count = u32::MAX;
    crl_first.is_good(Source::Crl);
    // each takes the other's place
    both().serving(CRL_URL, list.clone()).is_good(Source::Crl);
    let mut no_failover = both().serving(CRL_URL, list.clone());
    no_failover.options.ocsp_failover_to_crl = false;
    no_failover.is_offline();
    let mut never_ocsp = both().serving(OCSP_URL, ocsp(good()));
    never_ocsp.options.max_cached_ocsp_per_crl_count = u32::MAX;
    never_ocsp.is_offline();
}

#[test]
fn the_cache_alone_and_its_age() {
    let ca = party("CA", 1);
    let old = ca.crl(PAST, Some("20260515000000Z"), &[listed(PAST, Some(6))], &[]);
    let new = ca.crl(RECENT, Some(FUTURE), &[], &[]);
    let mut case = Case::with_crl(new.clone()).caching(CRL_URL, old);
    // what the cache has is too old, and the network has newer: no longer on hold
    case.is_good(Source::Crl);
    case.options.cache_only = true;
    case.is_revoked(Source::CachedCrl);
    let mut case = Case::new(&[cdp()]).caching(CRL_URL, new);
    case.options.cache_only = true;
    case.is_good(Source::CachedCrl);
    case.options.cache_resync = Some("2026-05-03".parse().unwrap());
    case.is_offline();
}

#[test]
fn time_outs() {
    let both = || Case::new(&[aia(), cdp()]);
    let ca = party("CA", 1);
    let ocsp = ca.ocsp(&[both().single(good(), RECENT, Some(FUTURE))], &[]);
    let list = ca.crl(RECENT, Some(FUTURE), &[], &[]);
    let mut case = both().serving_late(OCSP_URL, ocsp.clone(), 16_000).serving_late(
        CRL_URL,
        list.clone(),
        6_000,
    );
    case.is_good(Source::Crl);
    // together 20 s: 10 s for the first, half of the rest for the second
    case.options.accumulative = true;
    case.is_offline();
    let mut case = both().serving_late(OCSP_URL, ocsp, 90_000);
    // longer than a minute is cut to a minute (windows-facts 9.33)
    case.options.timeout_ms = 120_000;
    case.is_offline();
}

#[test]
fn registry_values() {
    let mut options = RevocationOptions::default();
    let values = [
        ("MaxUrlRetrievalByteCount", 7),
        ("ChainUrlRetrievalTimeoutMilliseconds", 1_000),
        ("ChainRevAccumulativeUrlRetrievalTimeoutMilliseconds", 2_000),
        ("OcspValiditySeconds", 60),
        ("CRLValidityExtensionPeriod", 12),
        ("CryptnetCachedOcspSwitchToCrlCount", u32::MAX),
        ("CryptnetMaxCachedOcspPerCrlCount", 1),
    ];
    for (name, number) in values {
        assert!(options.apply_registry(name, number), "{name}");
    }
    assert!(!options.apply_registry("MinRsaPubKeyBitLength", 1));
    let expected = RevocationOptions {
        max_url_retrieval_octets: 7,
        default_timeout_ms: 1_000,
        default_accumulative_timeout_ms: 2_000,
        ocsp_validity_seconds: 60,
        crl_validity_extension_hours: 12,
        cached_ocsp_switch_to_crl_count: u32::MAX,
        max_cached_ocsp_per_crl_count: 1,
        ..RevocationOptions::default()
    };
    assert_eq!(options, expected);
    let mut case = Case::with_crl(party("CA", 1).crl(RECENT, Some(FUTURE), &[], &[]));
    case.options = options;
    case.is_offline(); // seven octets are too few
}

#[test]
fn weak_signatures() {
    let ca = party("CA", 1);
    let mut case = Case::with_crl(ca.crl(RECENT, Some(FUTURE), &[], &[]));
    case.weak = true;
    case.gives(hresult::NTE_BAD_ALGID, 0x100_0040, None);
    let mut case = Case::new(&[aia()]);
    case.weak = true;
    let body = ca.ocsp(&[case.single(good(), RECENT, Some(FUTURE))], &[]);
    case.serving(OCSP_URL, body).gives(hresult::NTE_BAD_ALGID, 0x100_0040, None);
}

/// Many certificates of one CA: the list is retrieved, read and verified once.
#[test]
fn a_session_asks_once() {
    struct Counting(Recorded, std::sync::atomic::AtomicUsize);
    impl Retrieval for Counting {
        fn retrieve(
            &self,
            request: &crate::retrieval::Request<'_>,
        ) -> Result<crate::retrieval::Retrieved, crate::retrieval::RetrievalError> {
            self.1.fetch_add(usize::from(request.wire_only), std::sync::atomic::Ordering::Relaxed);
            self.0.retrieve(request)
        }
    }
    let case = Case::with_crl(party("CA", 1).crl(RECENT, Some(FUTURE), &[], &[]));
    let network = Counting(Recorded::new(case.answers.clone(), []), Default::default());
    let session = RevocationSession::new(&case.options);
    let context = RevocationContext {
        retrieval: &network,
        store_crls: &[],
        certificates: &[],
        now: now(),
        time: now(),
        stapled_ocsp: None,
        options: &case.options,
        session: &session,
        issuer_key_parameters: None,
        signature_is_weak: None,
    };
    for serial in 0..20 {
        let subject = case.ca.certify(&party("EE", 2), &[serial], &[cdp()]);
        assert_eq!(check(&subject, &case.issuer, &context).source, Some(Source::Crl));
    }
    assert_eq!(network.1.load(std::sync::atomic::Ordering::Relaxed), 1);
    let offline = RevocationContext { retrieval: &Offline, ..context };
    assert!(check(&case.subject, &case.issuer, &offline).result.is_ok(), "remembered");
}

/// Many cached responses of a CA's certificates make its CRL the better bargain.
#[test]
fn cached_responses_change_what_is_asked() {
    let make = || {
        let ca = party("CA", 1);
        let case = Case::new(&[aia(), cdp()]);
        let single = case.single(good(), RECENT, Some(FUTURE));
        let crl = ca.crl(RECENT, Some(FUTURE), &[], &[]);
        case.serving(OCSP_URL, ca.ocsp(&[single], &[])).serving(CRL_URL, crl)
    };
    let ask = |case: &Case, count: usize| {
        let points = case.subject.raw_extension(&oid::CRL_DISTRIBUTION_POINTS).unwrap().value;
        let network = Recorded::new(case.answers.clone(), []).with_cached_responses(points, count);
        check(
            &case.subject,
            &case.issuer,
            &context(case, &network, &RevocationSession::new(&case.options)),
        )
    };
    for (count, source) in [(0, Source::Ocsp), (49, Source::Ocsp), (50, Source::Crl)] {
        assert_eq!(ask(&make(), count).source, Some(source), "{count}");
    }
    // from 500 on no responder is asked, even if the CRL is not to be had
    for (count, source) in [(499, Some(Source::Ocsp)), (500, None)] {
        let mut case = make();
        case.answers.retain(|answer| answer.url != CRL_URL);
        let info = ask(&case, count);
        assert_eq!(info.source, source, "{count}");
        assert!(info.notes.iter().any(|note| note.contains("OCSP responses are cached")));
    }
    let mut case = make();
    case.options.cached_ocsp_switch_to_crl_count = 3;
    assert_eq!(ask(&case, 3).source, Some(Source::Crl));
    // one value says nothing of the other: CRLs always come first, and from 500 on alone
    case.options.cached_ocsp_switch_to_crl_count = u32::MAX;
    case.answers.retain(|answer| answer.url != CRL_URL);
    assert_eq!(ask(&case, 499).source, Some(Source::Ocsp));
    assert_eq!(ask(&case, 500).source, None);
}

fn context<'a>(
    case: &'a Case,
    retrieval: &'a dyn Retrieval,
    session: &'a RevocationSession,
) -> RevocationContext<'a> {
    RevocationContext {
        retrieval,
        store_crls: &case.store,
        certificates: &[],
        now: now(),
        time: case.time,
        stapled_ocsp: None,
        options: &case.options,
        session,
        issuer_key_parameters: None,
        signature_is_weak: None,
    }
}

/// A responder that knows one method only, and what it has been asked.
struct Responder {
    get: std::result::Result<Vec<u8>, RetrievalError>,
    post: std::result::Result<Vec<u8>, RetrievalError>,
    asked: std::sync::Mutex<Vec<&'static str>>,
}

impl Retrieval for Responder {
    fn retrieve(
        &self,
        request: &crate::retrieval::Request<'_>,
    ) -> std::result::Result<crate::retrieval::Retrieved, RetrievalError> {
        if request.cache_only {
            return Err(RetrievalError::NotInCache);
        }
        let (name, answer) = match request.method {
            crate::retrieval::Method::Get => ("GET", &self.get),
            crate::retrieval::Method::Post(_) => ("POST", &self.post),
        };
        self.asked.lock().unwrap().push(name);
        let octets = answer.clone()?.into();
        let response = crate::retrieval::ResponseFacts::default();
        Ok(crate::retrieval::Retrieved {
            octets,
            from_cache: false,
            last_sync: None,
            elapsed_ms: 0,
            response,
        })
    }
}

#[test]
fn a_responder_that_does_not_know_get_is_asked_by_post() {
    let case = Case::new(&[aia()]);
    let body = case.ca.ocsp(&[case.single(good(), RECENT, Some(FUTURE))], &[]);
    let ask = |case: &Case, get, post| {
        let responder = Responder { get, post, asked: std::sync::Mutex::default() };
        let session = RevocationSession::new(&case.options);
        let info = check(&case.subject, &case.issuer, &context(case, &responder, &session));
        (info, responder.asked.into_inner().unwrap())
    };
    for get in [
        Err(RetrievalError::HttpStatus(405)),
        Err(RetrievalError::HttpStatus(404)),
        Ok(Vec::new()),
        Ok(b"<html>".to_vec()),
    ] {
        let (info, asked) = ask(&case, get, Ok(body.clone()));
        assert_eq!((info.source, asked), (Some(Source::Ocsp), vec!["GET", "POST"]));
        assert!(info.notes[0].contains("asked again by POST"), "{:?}", info.notes);
    }
    // where there is no server, there is none for POST either
    for error in [RetrievalError::Timeout, RetrievalError::Dns, RetrievalError::Refused] {
        let (info, asked) = ask(&case, Err(error), Ok(body.clone()));
        assert_eq!((info.source, asked), (None, vec!["GET"]));
    }
    let mut never = Case::new(&[aia()]);
    never.options.ocsp_post_after_get = false;
    let (info, asked) = ask(&never, Err(RetrievalError::HttpStatus(405)), Ok(body.clone()));
    assert_eq!((info.source, asked), (None, vec!["GET"]));
    // an address with more than 255 octets is asked by POST at once
    let long = format!("http://ocsp.example/{}", "x".repeat(200));
    let access = [der(6, oid::OCSP.as_octets()), der(0x86, long.as_bytes())].concat();
    let access = der(0x30, &der(0x30, &access));
    let case = Case::new(&[extension("1.3.6.1.5.5.7.1.1", false, &access)]);
    let body = case.ca.ocsp(&[case.single(good(), RECENT, Some(FUTURE))], &[]);
    let (info, asked) = ask(&case, Err(RetrievalError::Dns), Ok(body));
    assert_eq!((info.source, asked), (Some(Source::Ocsp), vec!["POST"]));
}

/// thisUpdate a little later than now, by another clock.
#[test]
fn a_this_update_in_the_future() {
    let crl = || party("CA", 1).crl("20260601000030Z", Some(FUTURE), &[], &[]);
    Case::with_crl(crl()).is_offline();
    for (skew, good) in [(29, false), (30, true)] {
        let mut case = Case::with_crl(crl());
        case.options.this_update_skew_seconds = skew;
        if good {
            assert_eq!(case.is_good(Source::Crl).freshness_seconds, Some(-30));
        } else {
            case.is_offline();
        }
    }
}

#[test]
fn where_an_answer_was() {
    for (source, place) in [
        (Source::StapledOcsp, "staple"),
        (Source::CachedOcsp, "cache"),
        (Source::CachedCrl, "cache"),
        (Source::StoreCrl, "store"),
        (Source::Ocsp, "wire"),
        (Source::Crl, "wire"),
    ] {
        assert_eq!(source.place(), place);
    }
}
