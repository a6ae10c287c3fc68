//! Fetching missing issuers (reference, chain-engine 3.4).

use super::engine::{ChainEngine, ChainFlags, ChainRequest};
use crate::base::oid;
use crate::object::certificate::Certificate;
use crate::object::general_name::GeneralName;
use crate::retrieval::{Method, Purpose, Request};

/// What has been fetched for this chain so far.
#[derive(Default)]
pub(super) struct Downloads {
    asked: Vec<String>,
    succeeded: usize,
}

impl Downloads {
    /// Fetches issuers from the addresses in authorityInfoAccess. Whether anything new came.
    pub(super) fn fetch(
        &mut self,
        engine: &ChainEngine,
        request: &ChainRequest<'_>,
        wanting: &[Certificate],
        retrieved: &mut Vec<Certificate>,
    ) -> bool {
        if request.flags.contains(ChainFlags::DISABLE_AIA) {
            return false;
        }
        let options = &engine.options;
        let mut any = false;
        for certificate in wanting {
            for url in ca_issuers(certificate).take(options.max_aia_urls_in_certificate) {
                if self.succeeded >= options.max_aia_retrievals {
                    return any;
                }
                if self.asked.contains(&url) || !is_followed(&url) {
                    continue;
                }
                self.asked.push(url.clone());
                let answer = request.retrieval.retrieve(&Request {
                    url: &url,
                    method: Method::Get,
                    purpose: Purpose::Aia,
                    timeout_ms: request.url_retrieval_timeout.unwrap_or(15_000),
                    max_octets: options.max_aia_octets,
                    cache_only: request.flags.contains(ChainFlags::CACHE_ONLY_URL_RETRIEVAL),
                    wire_only: false,
                });
                let Ok(answer) = answer else { continue };
                let found = certificates_in(&answer.octets, options.max_aia_certificates);
                if !found.is_empty() {
                    self.succeeded += 1;
                    retrieved.extend(found);
                    any = true;
                    break;
                }
            }
        }
        any
    }
}

fn ca_issuers(certificate: &Certificate) -> impl Iterator<Item = String> {
    let access = &certificate.extensions().authority_info_access;
    access.iter().filter_map(|decoded| decoded.ok()).flatten().filter_map(|(method, location)| {
        match location {
            GeneralName::Uri(url) if *method == oid::CA_ISSUERS => Some(url.clone()),
            _ => None,
        }
    })
}

/// http and https; LDAP needs a directory this engine does not speak to.
fn is_followed(url: &str) -> bool {
    let scheme = url.split(':').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// A DER certificate, PEM, or the certificates of a PKCS #7 bundle; anything else is ignored
/// (observed, chain-engine 3.4).
fn certificates_in(octets: &[u8], limit: usize) -> Vec<Certificate> {
    use crate::format::{Kind, Limits, open};
    let Ok(contents) = open(octets, &Limits::default()) else { return Vec::new() };
    if contents.kind == Kind::Pfx {
        return Vec::new();
    }
    contents
        .items
        .iter()
        .filter(|item| item.kind == Kind::Certificate)
        .filter_map(|item| Certificate::from_der(&item.octets).ok())
        .take(limit)
        .collect()
}
