//! Asking responders, and judging what they say (RFC 6960; reference, chain-engine 10).

use std::sync::Arc;

use super::session::FetchError;
use super::{Answer, Check, MAX_URLS, Origin, Reach, Revoked, Source};
use crate::base::oid;
use crate::object::certificate::Certificate;
use crate::object::general_name::GeneralName;
use crate::object::ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspRequest, OcspResponse, OcspResponseStatus,
    SingleResponse,
};
use crate::retrieval::{Method, Purpose, Request};

/// Octets an address may have to be asked by GET; a longer one is asked by POST (RFC 6960,
/// appendix A.1).
const MAX_GET_URL: usize = 255;

/// Certificates of one response whose signature over it is tried.
const MAX_SIGNERS: usize = 8;

impl Check<'_> {
    /// The responders named in authorityInfoAccess.
    pub(super) fn responder_urls(&self) -> Vec<String> {
        let access = self.subject.extensions().authority_info_access.as_ref();
        let access = access.and_then(|access| access.ok()).map(Vec::as_slice).unwrap_or_default();
        let urls = access.iter().filter_map(|(method, location)| match location {
            GeneralName::Uri(url) if *method == oid::OCSP => Some(url.clone()),
            _ => None,
        });
        urls.take(MAX_URLS).collect()
    }

    pub(super) fn stapled(&mut self, octets: &[u8]) -> Option<Answer> {
        let origin = Origin { source: Source::StapledOcsp, url: None };
        match OcspResponse::from_der(octets) {
            Ok(response) => self.judge_response(&response, origin),
            Err(error) => {
                self.note(format!("{origin}: {error}"));
                None
            }
        }
    }

    pub(super) fn responders(&mut self, urls: &[String], reach: Reach) -> Option<Answer> {
        let request = OcspRequest { cert_id: CertId::new(self.subject, self.issuer), nonce: None };
        let body = request.to_der();
        let source = if reach == Reach::Cache { Source::CachedOcsp } else { Source::Ocsp };
        for responder in urls {
            let get = request.get_url(responder);
            let (url, method) = if get.len() <= MAX_GET_URL || reach == Reach::Cache {
                (get.as_str(), Method::Get)
            } else {
                (responder.as_str(), Method::Post(&body))
            };
            let mut response = self.ask_responder(url, method, reach);
            let origin = Origin { source, url: Some(responder.clone()) };
            if method == Method::Get
                && reach == Reach::Wire
                && self.context.options.ocsp_post_after_get
                && let Err(error) = &response
                && error.is_the_servers()
            {
                self.note(format!("{origin}: {error}; asked again by POST"));
                response = self.ask_responder(responder, Method::Post(&body), reach);
            }
            let answer = match response {
                Ok(response) => self.judge_response(&response, origin),
                Err(error) => {
                    self.note_failure(&origin, &error);
                    None
                }
            };
            if answer.is_some() {
                return answer;
            }
        }
        None
    }

    fn ask_responder(
        &self,
        url: &str,
        method: Method<'_>,
        reach: Reach,
    ) -> Result<Arc<OcspResponse>, FetchError> {
        let request = Request {
            distribution_points: self.distribution_points_value(),
            ..self.request(url, method, Purpose::Ocsp, reach)
        };
        let resync = self.context.options.cache_resync;
        self.context.session.response(self.context.retrieval, request, |retrieved| {
            resync.is_none_or(|resync| retrieved.last_sync.is_none_or(|sync| sync >= resync))
        })
    }

    pub(super) fn request<'b>(
        &self,
        url: &'b str,
        method: Method<'b>,
        purpose: Purpose,
        reach: Reach,
    ) -> Request<'b> {
        Request {
            method,
            timeout_ms: 0,
            max_octets: self.context.options.max_url_retrieval_octets,
            cache_only: reach == Reach::Cache,
            wire_only: reach == Reach::Wire,
            ..Request::get(url, purpose)
        }
    }

    /// A fresh answer, or `None` and a note, and in `seen` what it is worth.
    fn judge_response(&mut self, response: &OcspResponse, origin: Origin) -> Option<Answer> {
        if response.status != OcspResponseStatus::Successful {
            self.note(format!("{origin}: the responder answered {}", response.status.as_str()));
            return None;
        }
        let Some(basic) = &response.basic else {
            self.note(format!("{origin}: no basic response"));
            return None;
        };
        let about = |single: &&SingleResponse| single.cert_id.identifies(self.subject, self.issuer);
        // of several answers about the certificate the newest, and the worst of equally new ones
        let rank = |single: &&SingleResponse| {
            (single.this_update, matches!(single.status, CertStatus::Revoked { .. }))
        };
        let single = basic.responses.iter().filter(about).max_by_key(rank);
        let Some(single) = single else {
            self.note(format!("{origin}: it is not about this certificate"));
            return None;
        };
        if let Some(unknown) = basic.unknown_critical.first().or(single.unknown_critical.first()) {
            self.note(format!("{origin}: unknown critical extension {unknown}"));
            return None;
        }
        if let Err(why) = self.check_signer(basic) {
            self.note(format!("{origin}: {why}"));
            return None;
        }
        self.judge_single(single, origin)
    }

    fn judge_single(&mut self, single: &SingleResponse, origin: Origin) -> Option<Answer> {
        // CAPI2 (documented, chain-engine 10.5): OcspValiditySeconds in place of a nextUpdate
        let validity = self.context.options.ocsp_validity_seconds;
        let next_update =
            single.next_update.unwrap_or_else(|| single.this_update.plus_seconds(validity));
        let fresh = self.is_fresh(single.this_update, Some(next_update));
        if !fresh {
            let (from, to) = (single.this_update, next_update);
            self.note(format!("{origin}: not current, it holds from {from} to {to}"));
        }
        let mut answer = Answer {
            source: origin.source,
            url: origin.url,
            this_update: single.this_update,
            next_update: Some(next_update),
            revoked: None,
            extended_validity: false,
            crl: None,
            delta_crl: None,
        };
        match single.status {
            CertStatus::Good => {}
            CertStatus::Revoked { time, reason } => {
                answer.revoked = self.in_effect(Revoked { date: time, reason });
            }
            CertStatus::Unknown => {
                self.note("the responder does not know the certificate");
                self.seen.unknown.get_or_insert(answer);
                return None;
            }
        }
        self.weigh(answer, fresh)
    }

    /// The signer is the issuer, or a certificate the issuer made for this purpose.
    fn check_signer(&mut self, basic: &BasicOcspResponse) -> Result<(), String> {
        let mut why = "no known certificate is the responder's".to_owned();
        let (issuer, context) = (self.issuer, self.context);
        if basic.responder.names(issuer) {
            match self.verify_response(basic, issuer) {
                Ok(()) => return Ok(()),
                Err(refusal) => why = refusal,
            }
        }
        let known = basic.certificates.iter().chain(context.certificates);
        let named = known.filter(|certificate| basic.responder.names(certificate));
        for signer in named.filter(|signer| *signer != issuer).take(MAX_SIGNERS) {
            let accepted = self.check_delegated(signer);
            match accepted.and_then(|()| self.verify_response(basic, signer)) {
                Ok(()) => return Ok(()),
                Err(refusal) => why = refusal,
            }
        }
        Err(why)
    }

    fn verify_response(
        &mut self,
        basic: &BasicOcspResponse,
        signer: &Certificate,
    ) -> Result<(), String> {
        let algorithm = basic.signature_algorithm();
        self.verify(signer, algorithm, basic.tbs(), basic.signature())
            .map_err(|refusal| refusal.to_string())
    }

    /// The rules for a delegated signer (RFC 6960, section 4.2.2.2).
    fn check_delegated(&mut self, signer: &Certificate) -> Result<(), String> {
        let refuse = |why: &str| Err(format!("the signer {} {why}", signer.subject()));
        // CAPI2 (observed, windows-facts 9.16): issued by this very issuer
        if signer.issuer() != self.issuer.subject() {
            return refuse("was issued by another CA");
        }
        let extensions = signer.extensions();
        let usage = extensions.ext_key_usage.as_ref().and_then(|usage| usage.ok());
        if !usage.is_some_and(|usage| usage.contains(&oid::OCSP_SIGNING)) {
            return refuse("is not for OCSPSigning");
        }
        if !signer.is_valid_at(self.context.now) {
            return refuse("is outside its validity period");
        }
        // CAPI2 (from a comment in a test that runs on Windows, windows-facts 9.17): one that
        // would have to be checked itself is not accepted; 9.18: one that cannot be is
        let access = extensions.authority_info_access.as_ref().and_then(|access| access.ok());
        let has_responder =
            access.is_some_and(|access| access.iter().any(|(method, _)| *method == oid::OCSP));
        let checkable = has_responder || extensions.crl_distribution_points.is_some();
        if checkable && !extensions.ocsp_nocheck {
            return refuse("has revocation pointers and no id-pkix-ocsp-nocheck");
        }
        let issuer = self.issuer;
        self.verify(issuer, signer.signature_algorithm(), signer.tbs(), signer.signature())
            .map_err(|refusal| format!("the signer {}: {refusal}", signer.subject()))
    }
}
