//! Floor 2: objects behind addresses.
//!
//! The engine never opens a connection itself. Whoever asks it a question says where objects come
//! from: [`Offline`] has none, [`Recorded`] has what evidence holds.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::base::hresult::{self, HResult};
use crate::base::time::Time;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// The address.
    pub url: &'a str,
    /// What a POST sends; a GET otherwise.
    pub body: Option<&'a [u8]>,
    /// Milliseconds to wait.
    pub timeout_ms: u32,
    /// The largest answer that is taken, in octets.
    pub max_octets: usize,
    /// Look in the cache only (CRYPT_CACHE_ONLY_RETRIEVAL).
    pub cache_only: bool,
    /// Do not look in the cache (CRYPT_WIRE_ONLY_RETRIEVAL).
    pub wire_only: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retrieved {
    /// The object.
    pub octets: Arc<[u8]>,
    /// Whether it came from the cache.
    pub from_cache: bool,
    /// When the cache last fetched it.
    pub last_sync: Option<Time>,
    /// Milliseconds it took.
    pub elapsed_ms: u32,
}

/// Why nothing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetrievalError {
    /// The name of the server is not known.
    Dns,
    /// The server refused the connection.
    Refused,
    /// The server took too long.
    Timeout,
    /// The proxy wants a login.
    ProxyAuthentication,
    /// The secure connection failed.
    Tls,
    /// The connection broke.
    Reset,
    /// The server answered with this status.
    HttpStatus(u16),
    /// There is no way to the server.
    Unreachable,
    /// The answer is larger than the limit.
    TooLarge {
        /// The limit, in octets.
        limit: usize,
    },
    /// Addresses of this kind are not followed.
    UnsupportedScheme,
    /// Only the cache was asked, and it holds nothing.
    NotInCache,
}

impl RetrievalError {
    /// The code WinHTTP or CryptRetrieveObjectByUrl gives (reference, auto-root-update 6).
    #[must_use]
    pub const fn hresult(self) -> HResult {
        match self {
            Self::Dns => hresult::ERROR_INTERNET_NAME_NOT_RESOLVED,
            Self::Refused | Self::Unreachable => hresult::ERROR_INTERNET_CANNOT_CONNECT,
            Self::Timeout => hresult::ERROR_INTERNET_TIMEOUT,
            Self::ProxyAuthentication => HResult::http_status(407),
            Self::Tls => hresult::ERROR_WINHTTP_SECURE_FAILURE,
            Self::Reset => hresult::ERROR_INTERNET_CONNECTION_ABORTED,
            Self::HttpStatus(status) => HResult::http_status(status),
            Self::TooLarge { .. } => hresult::ERROR_INVALID_DATA,
            Self::UnsupportedScheme => hresult::ERROR_NOT_SUPPORTED,
            Self::NotInCache => hresult::ERROR_FILE_NOT_FOUND,
        }
    }
}

impl fmt::Display for RetrievalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns => f.write_str("the server's name could not be resolved"),
            Self::Refused => f.write_str("the server refused the connection"),
            Self::Timeout => f.write_str("the server did not answer in time"),
            Self::ProxyAuthentication => f.write_str("the proxy asks for a login"),
            Self::Tls => f.write_str("the secure connection failed"),
            Self::Reset => f.write_str("the connection broke"),
            Self::HttpStatus(status) => write!(f, "the server answered with status {status}"),
            Self::Unreachable => f.write_str("the server cannot be reached"),
            Self::TooLarge { limit } => write!(f, "the answer is larger than {limit} octets"),
            Self::UnsupportedScheme => f.write_str("addresses of this kind are not followed"),
            Self::NotInCache => f.write_str("the cache holds nothing under this address"),
        }
    }
}

impl std::error::Error for RetrievalError {}

/// Where objects come from.
pub trait Retrieval: Send + Sync {
    /// Fetches an object.
    ///
    /// # Errors
    /// If it is not to be had.
    fn retrieve(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError>;
}

/// No network and no cache.
#[derive(Debug, Clone, Copy, Default)]
pub struct Offline;

impl Retrieval for Offline {
    fn retrieve(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError> {
        Err(if request.cache_only {
            RetrievalError::NotInCache
        } else {
            RetrievalError::Unreachable
        })
    }
}

/// One recorded answer of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedAnswer {
    /// The address, or the base of the addresses an OCSP responder answers at.
    pub url: String,
    /// What comes back.
    pub outcome: Result<Arc<[u8]>, RetrievalError>,
    /// Milliseconds until it does.
    pub delay_ms: u32,
}

/// What a URL cache holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedObject {
    /// The address.
    pub url: String,
    /// The object.
    pub octets: Arc<[u8]>,
    /// When it was last fetched.
    pub last_sync: Option<Time>,
}

/// Recorded answers and cached objects: the network of a scenario.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    answers: HashMap<String, RecordedAnswer>,
    cache: HashMap<String, CachedObject>,
}

impl Recorded {
    /// A network that answers thus and only thus.
    #[must_use]
    pub fn new(
        answers: impl IntoIterator<Item = RecordedAnswer>,
        cache: impl IntoIterator<Item = CachedObject>,
    ) -> Self {
        Self {
            answers: answers.into_iter().map(|answer| (answer.url.clone(), answer)).collect(),
            cache: cache.into_iter().map(|object| (object.url.clone(), object)).collect(),
        }
    }

    /// The answer for this address: its own, or that of the longest recorded base it continues.
    fn answer(&self, url: &str) -> Option<&RecordedAnswer> {
        if let Some(answer) = self.answers.get(url) {
            return Some(answer);
        }
        url.rmatch_indices('/').map(|(at, _)| at).find_map(|at| {
            let base = url.get(..at)?;
            self.answers.get(base).or_else(|| self.answers.get(url.get(..=at)?))
        })
    }
}

impl Retrieval for Recorded {
    fn retrieve(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError> {
        if !request.wire_only
            && let Some(cached) = self.cache.get(request.url)
        {
            return Ok(Retrieved {
                octets: Arc::clone(&cached.octets),
                from_cache: true,
                last_sync: cached.last_sync,
                elapsed_ms: 0,
            });
        }
        if request.cache_only {
            return Err(RetrievalError::NotInCache);
        }
        let answer = self.answer(request.url).ok_or(RetrievalError::Unreachable)?;
        if answer.delay_ms > request.timeout_ms {
            return Err(RetrievalError::Timeout);
        }
        let octets = answer.outcome.clone()?;
        if octets.len() > request.max_octets {
            return Err(RetrievalError::TooLarge { limit: request.max_octets });
        }
        Ok(Retrieved { octets, from_cache: false, last_sync: None, elapsed_ms: answer.delay_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str) -> Request<'_> {
        Request {
            url,
            body: None,
            timeout_ms: 1_000,
            max_octets: 4,
            cache_only: false,
            wire_only: false,
        }
    }

    fn answer(url: &str, outcome: Result<&[u8], RetrievalError>, delay_ms: u32) -> RecordedAnswer {
        RecordedAnswer { url: url.into(), outcome: outcome.map(Into::into), delay_ms }
    }

    #[test]
    fn recorded_answers_and_limits() {
        let network = Recorded::new(
            [
                answer("http://a/ocsp", Ok(b"ok"), 0),
                answer("http://a/slow", Ok(b"ok"), 2_000),
                answer("http://a/big", Ok(b"large"), 0),
                answer("http://a/dns", Err(RetrievalError::Dns), 0),
            ],
            [CachedObject { url: "http://a/c".into(), octets: (*b"c").into(), last_sync: None }],
        );
        let get = |url| network.retrieve(&request(url)).map(|found| found.octets.to_vec());
        assert_eq!(get("http://a/ocsp"), Ok(b"ok".to_vec()));
        assert_eq!(get("http://a/ocsp/MEIw"), Ok(b"ok".to_vec()));
        assert_eq!(get("http://a/slow"), Err(RetrievalError::Timeout));
        assert_eq!(get("http://a/big"), Err(RetrievalError::TooLarge { limit: 4 }));
        assert_eq!(get("http://a/dns"), Err(RetrievalError::Dns));
        assert_eq!(get("http://b/"), Err(RetrievalError::Unreachable));
        assert!(network.retrieve(&request("http://a/c")).unwrap().from_cache);
        let cache_only = Request { cache_only: true, ..request("http://a/ocsp") };
        assert_eq!(network.retrieve(&cache_only), Err(RetrievalError::NotInCache));
    }
}
