//! Finding and judging CRLs, with their deltas (reference, chain-engine 10.4).

use super::{Answer, Check, MAX_URLS, Origin, Reach, Revoked, Source};
use crate::object::certificate::{Certificate, Decoded};
use crate::object::crl::{Crl, CrlEntry, IssuingDistributionPoint, RevocationReason};
use crate::object::extension::DistributionPoint;
use crate::object::general_name::GeneralName;
use crate::retrieval::{Method, Purpose};

/// A list, and where it came from.
struct Candidate {
    crl: Crl,
    origin: Origin,
}

/// What a list is to the certificate.
enum Fitness {
    /// It speaks of the certificate.
    Usable,
    /// It would, but has a critical extension that is not understood.
    NotUnderstood,
    /// It does not, for this reason.
    Unusable(String),
}

impl Check<'_> {
    /// The addresses of the distribution points, without those that are for some reasons or name
    /// another issuer: CAPI2 skips them (documented).
    pub(super) fn distribution_point_urls(&self) -> Vec<String> {
        urls(plain_points(self.subject.extensions().crl_distribution_points.as_ref()))
    }

    /// The lists of the stores that are the issuer's.
    pub(super) fn store_crls(&mut self) -> Option<Answer> {
        let lists = self.context.store_crls.iter();
        let lists = lists.filter(|crl| crl.issuer() == self.subject.issuer() && !crl.is_delta());
        let origin = || Origin { source: Source::StoreCrl, url: None };
        let candidates =
            lists.map(|crl| Candidate { crl: crl.clone(), origin: origin() }).collect();
        self.judge(candidates)
    }

    /// Asks one point after the other until one gives a fresh answer.
    pub(super) fn distribution_points(&mut self, urls: &[String], reach: Reach) -> Option<Answer> {
        for url in urls {
            let Some(candidate) = self.retrieve_crl(url, reach) else { continue };
            let answer = self.judge(vec![candidate]);
            if answer.is_some() {
                return answer;
            }
        }
        None
    }

    fn retrieve_crl(&mut self, url: &str, reach: Reach) -> Option<Candidate> {
        let source = if reach == Reach::Cache { Source::CachedCrl } else { Source::Crl };
        let origin = Origin { source, url: Some(url.to_owned()) };
        let resync = self.context.options.cache_resync;
        let request = self.request(url, Method::Get, Purpose::Crl, reach);
        let crl = self.context.session.crl(self.context.retrieval, request, |retrieved| {
            resync.is_none_or(|resync| retrieved.last_sync.is_none_or(|sync| sync >= resync))
        });
        match crl {
            Ok(crl) => Some(Candidate { crl, origin }),
            Err(error) => {
                self.note_failure(&origin, &error);
                None
            }
        }
    }

    /// The newest usable list that is current decides.
    fn judge(&mut self, mut candidates: Vec<Candidate>) -> Option<Answer> {
        candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.crl.this_update()));
        for Candidate { crl, origin } in candidates {
            if crl.is_delta() {
                self.note(format!("{origin}: a delta CRL where a complete one was expected"));
                continue;
            }
            match self.fitness(&crl, &origin) {
                Fitness::Usable => {}
                Fitness::NotUnderstood => {
                    let answer = complete(&crl, origin);
                    self.seen.not_understood.get_or_insert(answer);
                    continue;
                }
                Fitness::Unusable(why) => {
                    self.note(format!("{origin}: {why}"));
                    continue;
                }
            }
            let answer = self.judge_usable(&crl, origin);
            // an older list does not take back what a newer one says, even one past its time
            if answer.is_some() || self.seen.revoked.is_some() {
                return answer;
            }
        }
        None
    }

    fn judge_usable(&mut self, crl: &Crl, origin: Origin) -> Option<Answer> {
        let mut fresh = self.is_fresh(crl.this_update(), crl.next_update());
        let described = origin.to_string();
        let mut answer = complete(crl, origin);
        if !fresh && self.is_extended(crl) {
            (fresh, answer.extended_validity) = (true, true);
        }
        if !fresh {
            let from = crl.this_update();
            let to = crl.next_update().map_or_else(|| "no end".to_owned(), |next| next.to_string());
            self.note(format!("{described}: not current, it holds from {from} to {to}"));
        }
        let delta = if fresh { self.find_delta(crl) } else { None };
        let serial = self.subject.serial_number();
        // an entry of the delta stands in place of one of the list it continues
        let changed = delta.as_ref().and_then(|delta| delta.find(serial).last());
        let entry = changed.or_else(|| crl.find(serial).last());
        // lifted: it may stand in a delta only, and says the same wherever it stands
        let entry = entry.filter(|entry| entry.reason != Some(RevocationReason::RemoveFromCrl));
        answer.revoked = entry.and_then(|entry| self.in_effect(revoked(&entry)));
        answer.delta_crl = delta;
        self.weigh(answer, fresh)
    }

    /// Within CRLValidityExtensionPeriod of its nextUpdate (documented).
    fn is_extended(&self, crl: &Crl) -> bool {
        let options = self.context.options;
        let seconds = i64::from(options.crl_validity_extension_hours) * 3600;
        let Some(next) = crl.next_update() else { return false };
        let now = self.context.now;
        options.freshness_time.is_none()
            && seconds > 0
            && self.has_begun(crl.this_update())
            && now <= next.plus_seconds(seconds)
    }

    fn fitness(&mut self, crl: &Crl, origin: &Origin) -> Fitness {
        if crl.issuer() != self.subject.issuer() {
            return Fitness::Unusable(format!("issued by {}, not the issuer", crl.issuer()));
        }
        let extensions = crl.extensions();
        // CAPI2 (observed, wine-test-facts 17): such a list is ignored
        if let Some(Decoded { value: Err(error), .. }) = &extensions.authority_key_identifier {
            return Fitness::Unusable(error.to_string());
        }
        if let Err(why) = self.check_scope(crl, origin.source == Source::StoreCrl) {
            return Fitness::Unusable(why);
        }
        if let Err(why) = self.check_crl_signature(crl) {
            return Fitness::Unusable(why);
        }
        if let Some(unknown) = extensions.unknown_critical.first() {
            self.note(format!("{origin}: unknown critical extension {unknown}"));
            return Fitness::NotUnderstood;
        }
        Fitness::Usable
    }

    /// The list is signed with the key that signed the certificate: CAPI2 takes no other
    /// (observed, windows-facts 9.27), and does not ask for cRLSign (observed on XP).
    fn check_crl_signature(&mut self, crl: &Crl) -> Result<(), String> {
        let issuer = self.issuer;
        let inherited = self.context.issuer_key_parameters;
        let verified = self.context.session.crl_signature(crl, issuer, inherited);
        verified.map_err(|error| error.to_string())?;
        let is_weak = self.context.signature_is_weak;
        if is_weak.is_some_and(|is_weak| is_weak(crl.signature_algorithm(), issuer)) {
            self.seen.weak = true;
            return Err("the signature is weak".to_owned());
        }
        Ok(())
    }

    /// issuingDistributionPoint (reference, chain-engine 10.4; documented).
    fn check_scope(&mut self, crl: &Crl, from_store: bool) -> Result<(), String> {
        let scope = match &crl.extensions().issuing_distribution_point {
            None => return Ok(()),
            Some(Decoded { value: Err(error), .. }) => return Err(error.to_string()),
            Some(Decoded { value: Ok(scope), .. }) => scope,
        };
        check_kinds(scope, self.subject)?;
        if scope.full_name.is_empty() {
            return Ok(());
        }
        let points = self.subject.extensions().crl_distribution_points.as_ref();
        let mut names = plain_points(points).flat_map(|point| &point.full_name);
        if names.any(|name| scope.full_name.iter().any(|other| same_name(name, other))) {
            return Ok(());
        }
        if from_store || self.context.options.idp_must_match_retrieved {
            return Err("its distribution point is none of the certificate's".to_owned());
        }
        self.note("the CRL's distribution point is none of the certificate's; used all the same");
        Ok(())
    }

    /// The newest delta that continues `base` and is current: in the stores, or where freshestCRL
    /// of the certificate, then of the list, points (documented). Without one the list stands
    /// alone (inferred).
    fn find_delta(&mut self, base: &Crl) -> Option<Crl> {
        let mut places = urls(plain_points(self.subject.extensions().freshest_crl.as_ref()));
        places.extend(urls(plain_points(base.extensions().freshest_crl.as_ref())));
        places.dedup();
        places.truncate(MAX_URLS);
        let stored = self.context.store_crls.iter().filter(|crl| crl.is_delta());
        let mut deltas: Vec<Crl> =
            stored.filter(|crl| crl.issuer() == base.issuer()).cloned().collect();
        for reach in [Reach::Cache, Reach::Wire] {
            if reach == Reach::Wire && self.context.options.cache_only {
                break;
            }
            for url in &places {
                deltas.extend(self.retrieve_crl(url, reach).map(|candidate| candidate.crl));
            }
            deltas.sort_by_key(|delta| std::cmp::Reverse(delta.this_update()));
            let found = deltas.iter().position(|delta| self.continues(delta, base));
            if let Some(found) = found {
                return Some(deltas.swap_remove(found));
            }
        }
        if !places.is_empty() {
            self.note("no current delta CRL was found; the CRL is used without");
        }
        None
    }

    fn continues(&mut self, delta: &Crl, base: &Crl) -> bool {
        let (changes, extensions) = (delta.extensions(), base.extensions());
        let scope = |crl: &Crl| {
            let scope = crl.extensions().issuing_distribution_point.as_ref();
            scope.map(|scope| scope.value.clone())
        };
        let number = extensions.crl_number.as_ref().and_then(Decoded::ok);
        let from = changes.delta_crl_indicator.as_ref().and_then(Decoded::ok);
        let to = changes.crl_number.as_ref().and_then(Decoded::ok);
        let in_order = match (from, number, to) {
            (Some(from), Some(number), Some(to)) => from <= number && number <= to,
            _ => false,
        };
        in_order
            && delta.issuer() == base.issuer()
            && scope(delta) == scope(base)
            && changes.unknown_critical.is_empty()
            && self.is_fresh(delta.this_update(), delta.next_update())
            && self.check_crl_signature(delta).is_ok()
    }
}

fn complete(crl: &Crl, origin: Origin) -> Answer {
    Answer {
        source: origin.source,
        url: origin.url,
        this_update: crl.this_update(),
        next_update: crl.next_update(),
        revoked: None,
        extended_validity: false,
        crl: Some(crl.clone()),
        delta_crl: None,
    }
}

fn revoked(entry: &CrlEntry<'_>) -> Revoked {
    // CAPI2 (observed, windows-facts 9.26): unknown critical entry extensions do not matter
    Revoked { date: entry.revocation_date, reason: entry.reason }
}

fn check_kinds(scope: &IssuingDistributionPoint, subject: &Certificate) -> Result<(), String> {
    let constraints = subject.extensions().basic_constraints.as_ref();
    let is_ca = constraints.and_then(Decoded::ok).is_some_and(|constraints| constraints.ca);
    Err(if scope.indirect_crl {
        "an indirect CRL"
    } else if scope.only_some_reasons.is_some() {
        "it is for some reasons only"
    } else if scope.relative_name.is_some() {
        "its distribution point is relative to its issuer"
    } else if scope.only_contains_attribute_certs {
        "it is for attribute certificates only"
    } else if scope.only_contains_user_certs && is_ca {
        "it is for end certificates only, and this is a CA's"
    } else if scope.only_contains_ca_certs && !is_ca {
        "it is for CA certificates only, and this is none"
    } else {
        return Ok(());
    }
    .to_owned())
}

fn plain_points(
    points: Option<&Decoded<Vec<DistributionPoint>>>,
) -> impl Iterator<Item = &DistributionPoint> {
    let points = points.and_then(Decoded::ok).map(Vec::as_slice).unwrap_or_default();
    points.iter().filter(|point| point.reasons.is_none() && point.crl_issuer.is_empty())
}

fn urls<'a>(points: impl Iterator<Item = &'a DistributionPoint>) -> Vec<String> {
    points.flat_map(DistributionPoint::urls).take(MAX_URLS).map(str::to_owned).collect()
}

/// Equality of general names (documented): without case for text, octet by octet for the rest;
/// x400Address and ediPartyName never.
fn same_name(a: &GeneralName, b: &GeneralName) -> bool {
    use GeneralName::{DnsName, EdiPartyName, Rfc822Name, Uri, X400Address};
    match (a, b) {
        (Rfc822Name(a), Rfc822Name(b)) | (DnsName(a), DnsName(b)) | (Uri(a), Uri(b)) => {
            a.eq_ignore_ascii_case(b)
        }
        (X400Address(_) | EdiPartyName(_), _) => false,
        _ => a == b,
    }
}
