//! Answers that were written down beforehand, and the contents of a URL cache.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Purpose, Request, ResponseFacts, Retrieval, RetrievalError, Retrieved};
use crate::base::time::Time;

/// A network that is not there and a cache that is empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct Offline;

impl Retrieval for Offline {
    fn retrieve(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError> {
        if request.cache_only {
            return Err(RetrievalError::NotInCache);
        }
        check_scheme(request.url)?;
        Err(RetrievalError::Unreachable)
    }
}

/// What an address answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The address. An OCSP responder stands under its base address and answers GET and POST.
    pub url: String,
    /// The HTTP status and the body, or why there is none.
    pub outcome: Result<(u16, Arc<[u8]>), RetrievalError>,
    /// Milliseconds until the answer comes.
    pub delay_ms: u32,
}

/// What the URL cache holds for an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheEntry {
    /// The address it was retrieved from; for OCSP, the responder's or that of the GET.
    pub url: String,
    /// The object.
    pub octets: Arc<[u8]>,
    /// When it was retrieved, if known.
    pub last_sync: Option<Time>,
}

/// Recorded answers and URL-cache entries. An address that is not recorded cannot be reached; of
/// several records for one address the first counts.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    answers: HashMap<String, Answer>,
    cache: HashMap<String, CacheEntry>,
    responses: HashMap<Vec<u8>, usize>,
}

impl Recorded {
    /// From records and cache entries, in order.
    #[must_use]
    pub fn new(
        answers: impl IntoIterator<Item = Answer>,
        cache: impl IntoIterator<Item = CacheEntry>,
    ) -> Self {
        let mut recorded = Self::default();
        for answer in answers {
            recorded.answers.entry(key(&answer.url)).or_insert(answer);
        }
        for entry in cache {
            recorded.cache.entry(key(&entry.url)).or_insert(entry);
        }
        recorded
    }

    /// The same, with a URL cache that holds so many OCSP responses for certificates with these
    /// crlDistributionPoints. The entries themselves do not tell.
    #[must_use]
    pub fn with_cached_responses(mut self, distribution_points: &[u8], count: usize) -> Self {
        self.responses.insert(distribution_points.to_vec(), count);
        self
    }

    fn ask_cache(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError> {
        let entry = look_up(&self.cache, request).ok_or(RetrievalError::NotInCache)?;
        Ok(Retrieved {
            octets: limited(&entry.octets, request)?,
            from_cache: true,
            last_sync: entry.last_sync,
            elapsed_ms: 0,
            response: ResponseFacts::default(),
        })
    }

    fn ask_wire(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError> {
        check_scheme(request.url)?;
        let answer = look_up(&self.answers, request).ok_or(RetrievalError::Unreachable)?;
        if answer.delay_ms > request.timeout_ms {
            return Err(RetrievalError::Timeout);
        }
        match &answer.outcome {
            Ok((200, octets)) => Ok(Retrieved {
                octets: limited(octets, request)?,
                from_cache: false,
                last_sync: None,
                elapsed_ms: answer.delay_ms,
                response: ResponseFacts::default(),
            }),
            Ok((407, _)) => Err(RetrievalError::ProxyAuthentication),
            Ok((status, _)) => Err(RetrievalError::HttpStatus(*status)),
            Err(error) => Err(error.clone()),
        }
    }
}

impl Retrieval for Recorded {
    fn retrieve(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError> {
        if !request.wire_only {
            match self.ask_cache(request) {
                Err(RetrievalError::NotInCache) if !request.cache_only => {}
                other => return other,
            }
        }
        if request.cache_only {
            return Err(RetrievalError::NotInCache);
        }
        self.ask_wire(request)
    }

    fn cached_responses(&self, distribution_points: &[u8]) -> usize {
        self.responses.get(distribution_points).copied().unwrap_or(0)
    }
}

/// The record of an address; for OCSP, also the record of the responder the request was put behind.
fn look_up<'a, T>(records: &'a HashMap<String, T>, request: &Request<'_>) -> Option<&'a T> {
    let wanted = key(request.url);
    let without_slash = wanted.trim_end_matches('/');
    let exact = records
        .get(&wanted)
        .or_else(|| records.get(without_slash))
        .or_else(|| records.get(&format!("{without_slash}/")));
    if exact.is_some() || request.purpose != Purpose::Ocsp {
        return exact;
    }
    let (responder, _) = wanted.rsplit_once('/')?;
    records.get(responder).or_else(|| records.get(&format!("{responder}/")))
}

/// Scheme and host compare without case, the rest with it.
fn key(url: &str) -> String {
    let host_start = url.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(host_start);
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{}{}{path}", scheme.to_ascii_lowercase(), host.to_ascii_lowercase())
}

fn limited(octets: &Arc<[u8]>, request: &Request<'_>) -> Result<Arc<[u8]>, RetrievalError> {
    if octets.len() > request.max_octets {
        return Err(RetrievalError::TooLarge { limit: request.max_octets });
    }
    Ok(Arc::clone(octets))
}

fn check_scheme(url: &str) -> Result<(), RetrievalError> {
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") {
        Ok(())
    } else {
        Err(RetrievalError::UnsupportedScheme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retrieval::Method;

    fn answer(url: &str, status: u16, body: &[u8], delay_ms: u32) -> Answer {
        Answer { url: url.to_owned(), outcome: Ok((status, body.into())), delay_ms }
    }

    fn request(url: &str, purpose: Purpose) -> Request<'_> {
        Request { timeout_ms: 1000, ..Request::get(url, purpose) }
    }

    fn recorded() -> Recorded {
        Recorded::new(
            [
                answer("http://a.example/x.crl", 200, b"one", 0),
                answer("http://a.example/x.crl", 200, b"two", 0),
                answer("http://a.example/slow", 200, b"late", 1001),
                answer("http://a.example/in-time", 200, b"", 1000),
                answer("http://a.example/gone", 404, b"no", 0),
                answer("http://ocsp.example", 200, b"response", 0),
                Answer {
                    url: "http://b.example/".to_owned(),
                    outcome: Err(RetrievalError::Dns),
                    delay_ms: 0,
                },
            ],
            [CacheEntry {
                url: "http://a.example/x.crl".to_owned(),
                octets: (*b"old").into(),
                last_sync: Some(Time::from_unix(5)),
            }],
        )
    }

    #[test]
    fn answers_as_recorded() {
        let recorded = recorded();
        let ask = |url| recorded.retrieve(&request(url, Purpose::Crl));
        assert_eq!(ask("http://a.example/slow"), Err(RetrievalError::Timeout));
        assert_eq!(ask("http://a.example/in-time").unwrap().elapsed_ms, 1000);
        assert_eq!(ask("http://a.example/gone"), Err(RetrievalError::HttpStatus(404)));
        assert_eq!(ask("http://b.example"), Err(RetrievalError::Dns));
        assert_eq!(ask("http://c.example/"), Err(RetrievalError::Unreachable));
        assert_eq!(ask("ldap:///CN=x"), Err(RetrievalError::UnsupportedScheme));
        assert_eq!(ask("http://ocsp.example/MEUw"), Err(RetrievalError::Unreachable));
    }

    #[test]
    fn cache_before_wire() {
        let recorded = recorded();
        let mut ask = request("HTTP://A.Example/x.crl", Purpose::Crl);
        let cached = recorded.retrieve(&ask).unwrap();
        assert_eq!((&*cached.octets, cached.from_cache), (&b"old"[..], true));
        assert_eq!(cached.last_sync, Some(Time::from_unix(5)));
        ask.wire_only = true;
        assert_eq!(&*recorded.retrieve(&ask).unwrap().octets, b"one");
        ask.max_octets = 2;
        assert_eq!(recorded.retrieve(&ask), Err(RetrievalError::TooLarge { limit: 2 }));
        let mut ask = request("http://a.example/in-time", Purpose::Crl);
        ask.cache_only = true;
        assert_eq!(recorded.retrieve(&ask), Err(RetrievalError::NotInCache));
    }

    #[test]
    fn a_responder_answers_under_its_base_address() {
        let recorded = recorded();
        let get = recorded.retrieve(&request("http://ocsp.example/MEUw", Purpose::Ocsp)).unwrap();
        assert_eq!(&*get.octets, b"response");
        let mut post = request("http://ocsp.example/", Purpose::Ocsp);
        post.method = Method::Post(b"question");
        assert_eq!(recorded.retrieve(&post).unwrap(), get);
    }

    #[test]
    fn offline_is_offline() {
        let mut ask = request("http://a.example/", Purpose::Aia);
        assert_eq!(Offline.retrieve(&ask), Err(RetrievalError::Unreachable));
        ask.cache_only = true;
        assert_eq!(Offline.retrieve(&ask), Err(RetrievalError::NotInCache));
    }
}
