//! Fetching certificates that are missing: issuers through authorityInfoAccess, and cross
//! certificates from cross-certificate distribution points (reference, chain-engine 3.4).

use super::engine::{ChainEngine, ChainFlags, ChainRequest};
use crate::base::oid::{self, Oid};
use crate::base::time::Time;
use crate::object::certificate::{Certificate, Decoded};
use crate::object::extension::CrossCertDistPoints;
use crate::object::general_name::GeneralName;
use crate::object::property::CROSS_CERT_DIST_POINTS;
use crate::retrieval::{Purpose, Request, Retrieved};
use crate::store::CertificateContext;

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
        if engine.options.disable_aia || request.flags.contains(ChainFlags::DISABLE_AIA) {
            return false;
        }
        let mut any = false;
        for certificate in wanting {
            let urls = addresses(&certificate.extensions().authority_info_access, oid::CA_ISSUERS);
            any |= self.fetch_first(engine, request, urls, Purpose::Aia, None, retrieved);
        }
        any
    }

    /// Fetches cross certificates for the certificates that were met, from the distribution points
    /// in their extension, in the property of their store's copy and, where that is switched on,
    /// from subjectInfoAccess. Whether anything new came.
    ///
    /// CERT_CHAIN_DISABLE_AIA stops this, too: whoever wants no issuers fetched wants no others
    /// (inferred). The limits are those of authorityInfoAccess (inferred).
    pub(super) fn fetch_cross(
        &mut self,
        engine: &ChainEngine,
        request: &ChainRequest<'_>,
        met: impl Iterator<Item = CertificateContext>,
        retrieved: &mut Vec<Certificate>,
    ) -> bool {
        let options = &engine.options;
        if !options.fetch_cross_certificates || request.flags.contains(ChainFlags::DISABLE_AIA) {
            return false;
        }
        let interval = i64::from(options.cross_certificate_interval_hours) * 3_600;
        let mut any = false;
        for context in met {
            let extensions = context.certificate().extensions();
            let extension = extensions.cross_cert_dist_points.as_ref().and_then(Decoded::ok);
            let property = context.properties().get(CROSS_CERT_DIST_POINTS);
            let property = property.and_then(|octets| CrossCertDistPoints::read(octets, 0).ok());
            for points in [extension, property.as_ref()].into_iter().flatten() {
                let seconds = points.sync_delta_time.filter(|seconds| *seconds > 0);
                let oldest = request.now.plus_seconds(-seconds.unwrap_or(interval));
                // each point is a list of addresses that stand for one another
                for point in &points.points {
                    let urls = point.iter().filter_map(GeneralName::uri).map(str::to_owned);
                    let purpose = Purpose::CrossCertificate;
                    any |=
                        self.fetch_first(engine, request, urls, purpose, Some(oldest), retrieved);
                }
            }
            if options.enable_sia {
                let urls = addresses(&extensions.subject_info_access, oid::CA_REPOSITORY);
                let purpose = Purpose::CrossCertificate;
                any |= self.fetch_first(engine, request, urls, purpose, None, retrieved);
            }
        }
        any
    }

    /// Fetches from the first of several addresses that has certificates. Whether one had.
    fn fetch_first(
        &mut self,
        engine: &ChainEngine,
        request: &ChainRequest<'_>,
        urls: impl Iterator<Item = String>,
        purpose: Purpose,
        oldest: Option<Time>,
        retrieved: &mut Vec<Certificate>,
    ) -> bool {
        let options = &engine.options;
        for url in urls.take(options.max_aia_urls_in_certificate) {
            if self.succeeded >= options.max_aia_retrievals {
                return false;
            }
            if self.asked.contains(&url) || !is_followed(&url) {
                continue;
            }
            self.asked.push(url.clone());
            let Some(answer) = retrieve(engine, request, &url, purpose, oldest) else { continue };
            let found = certificates_in(&answer.octets, options.max_aia_certificates);
            if !found.is_empty() {
                self.succeeded += 1;
                retrieved.extend(found);
                return true;
            }
        }
        false
    }
}

/// What stands behind an address. What the URL cache got before the resync time is not used; what
/// it got before `oldest` only if there is nothing newer.
fn retrieve(
    engine: &ChainEngine,
    request: &ChainRequest<'_>,
    url: &str,
    purpose: Purpose,
    oldest: Option<Time>,
) -> Option<Retrieved> {
    let revocation = &engine.options.revocation;
    let ask = Request {
        timeout_ms: request.url_retrieval_timeout.unwrap_or(revocation.default_timeout_ms),
        max_octets: engine.options.max_aia_octets,
        cache_only: request.flags.contains(ChainFlags::CACHE_ONLY_URL_RETRIEVAL),
        ..Request::get(url, purpose)
    };
    let answer = request.retrieval.retrieve(&ask).ok()?;
    let synced_before = |time: Option<Time>| {
        let synced = answer.last_sync.filter(|_| answer.from_cache);
        time.zip(synced).is_some_and(|(time, synced)| synced < time)
    };
    let unusable = synced_before(revocation.cache_resync);
    if !unusable && !synced_before(oldest) {
        return Some(answer);
    }
    let newer = match ask.cache_only {
        true => None,
        false => request.retrieval.retrieve(&Request { wire_only: true, ..ask }).ok(),
    };
    newer.or(Some(answer).filter(|_| !unusable))
}

/// The addresses of one kind in authorityInfoAccess or subjectInfoAccess.
fn addresses<'a>(
    access: &'a Option<Decoded<Vec<(Oid, GeneralName)>>>,
    method: Oid,
) -> impl Iterator<Item = String> + use<'a> {
    access.iter().filter_map(|decoded| decoded.ok()).flatten().filter_map(
        move |(kind, location)| location.uri().filter(|_| *kind == method).map(str::to_owned),
    )
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
