//! Floor 2: how octets behind an address are asked for, and how the answer is told.
//!
//! The engine opens no connection. Whoever needs a CRL, an OCSP response, an issuer or the root
//! list describes it in a [`Request`] and hands that to a [`Retrieval`]: recorded answers
//! ([`Recorded`]), nothing at all ([`Offline`]), or a network.

#[cfg(feature = "online")]
pub mod disk_cache;
#[cfg(feature = "online")]
pub mod http;
#[cfg(feature = "online")]
mod http_date;
pub mod recorded;

pub use recorded::{Answer, CacheEntry, Offline, Recorded};

use std::fmt;
use std::sync::Arc;

use crate::base::hresult::{self, HResult};
use crate::base::time::Time;

/// Milliseconds one address may take (ChainUrlRetrievalTimeoutMilliseconds; documented).
pub const DEFAULT_TIMEOUT_MS: u32 = 15_000;

/// Milliseconds all addresses of one question may take together, where that is asked for
/// (ChainRevAccumulativeUrlRetrievalTimeoutMilliseconds; documented).
pub const DEFAULT_ACCUMULATIVE_TIMEOUT_MS: u32 = 20_000;

/// The most a caller can have one address take: a longer time-out is cut to this (observed on
/// Windows 10: a responder that needs 90 s fails under a time-out of 120 s).
pub const MAX_TIMEOUT_MS: u32 = 60_000;

/// Octets an answer may have (MaxUrlRetrievalByteCount; documented).
pub const DEFAULT_MAX_OCTETS: usize = 104_857_600;

/// Something that answers requests.
pub trait Retrieval: Send + Sync {
    /// What stands behind the request's address.
    ///
    /// # Errors
    /// Why nothing does, or why it could not be had. An answer that is not what was hoped for
    /// (an empty body, a page of HTML) is an answer.
    fn retrieve(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError>;

    /// How many OCSP responses the URL cache holds for certificates whose crlDistributionPoints
    /// have this value: many of them make a CRL the better bargain (reference, chain-engine 10.1).
    fn cached_responses(&self, distribution_points: &[u8]) -> usize {
        let _ = distribution_points;
        0
    }
}

/// A question to an address.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The address. For the GET form of OCSP, the responder's with the request behind it.
    pub url: &'a str,
    /// GET, or POST with a body.
    pub method: Method<'a>,
    /// What is hoped for.
    pub purpose: Purpose,
    /// Milliseconds until it is given up.
    pub timeout_ms: u32,
    /// Octets the answer may have.
    pub max_octets: usize,
    /// From the URL cache or not at all.
    pub cache_only: bool,
    /// Not from the URL cache: what is there has been seen and is too old.
    pub wire_only: bool,
    /// For OCSP, the value of crlDistributionPoints of the certificate asked about: the URL cache
    /// names its responses by it.
    pub distribution_points: Option<&'a [u8]>,
    /// What is at hand already. Set by a cache for the retrieval behind it.
    pub condition: Condition<'a>,
}

impl<'a> Request<'a> {
    /// A GET of this address, with the usual limits, from the cache or the wire.
    #[must_use]
    pub const fn get(url: &'a str, purpose: Purpose) -> Self {
        Self {
            url,
            method: Method::Get,
            purpose,
            timeout_ms: DEFAULT_TIMEOUT_MS,
            max_octets: DEFAULT_MAX_OCTETS,
            cache_only: false,
            wire_only: false,
            distribution_points: None,
            condition: Condition { etag: None, modified_since: None },
        }
    }
}

/// What a server may compare to say that nothing has changed (RFC 9110, section 13).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Condition<'a> {
    /// If-None-Match: the entity tag, with its quotes.
    pub etag: Option<&'a str>,
    /// If-Modified-Since
    pub modified_since: Option<Time>,
}

impl Condition<'_> {
    /// Whether there is something to compare.
    #[must_use]
    pub const fn is_some(&self) -> bool {
        self.etag.is_some() || self.modified_since.is_some()
    }
}

/// How it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method<'a> {
    /// GET
    Get,
    /// POST of these octets
    Post(&'a [u8]),
}

/// What an address is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// Certificates of an issuer (authorityInfoAccess).
    Aia,
    /// Cross certificates (cross-certificate distribution points, caRepository).
    CrossCertificate,
    /// A revocation list.
    Crl,
    /// An OCSP response.
    Ocsp,
    /// The list of trusted or untrusted roots.
    RootList,
    /// A single root of that list.
    Root,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retrieved {
    /// The body.
    pub octets: Arc<[u8]>,
    /// Whether it came from the URL cache.
    pub from_cache: bool,
    /// When the URL cache got it, if it came from there and that is known.
    pub last_sync: Option<Time>,
    /// Milliseconds it took.
    pub elapsed_ms: u32,
    /// What the server said about the body.
    pub response: ResponseFacts,
}

/// What an HTTP response says about its body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResponseFacts {
    /// ETag, with its quotes.
    pub etag: Option<String>,
    /// Last-Modified
    pub last_modified: Option<Time>,
    /// max-age of Cache-Control, in seconds.
    pub max_age: Option<u32>,
    /// 304: what the request's [`Condition`] speaks of has not changed, and the body is empty.
    pub not_modified: bool,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetrievalError {
    /// The host's name has no address.
    Dns,
    /// The host refused the connection.
    Refused,
    /// No answer within the time-out.
    Timeout,
    /// A proxy wants to know who asks.
    ProxyAuthentication,
    /// No TLS connection could be made.
    Tls,
    /// The connection broke.
    Reset,
    /// Another status than 200.
    HttpStatus(u16),
    /// There is no way to the host.
    Unreachable,
    /// The answer is longer than allowed.
    TooLarge {
        /// octets allowed
        limit: usize,
    },
    /// Redirected more often than allowed, or in a circle.
    TooManyRedirects,
    /// An address of a kind that is not followed, such as `ldap:` or `file:`.
    UnsupportedScheme,
    /// An address that is not allowed: this host, a private network.
    Forbidden,
    /// The URL cache holds nothing for the address, and only it was to be asked.
    NotInCache,
    /// Retrieval is switched off.
    Disabled,
    /// The time allowed for all addresses together is used up.
    BudgetExhausted,
}

impl RetrievalError {
    /// What CryptRetrieveObjectByUrl fails with.
    #[must_use]
    pub const fn hresult(&self) -> HResult {
        match self {
            Self::Dns => hresult::ERROR_INTERNET_NAME_NOT_RESOLVED,
            Self::Refused | Self::Unreachable => hresult::ERROR_INTERNET_CANNOT_CONNECT,
            Self::Timeout | Self::BudgetExhausted => hresult::ERROR_INTERNET_TIMEOUT,
            Self::ProxyAuthentication => hresult::HTTP_E_STATUS_PROXY_AUTH_REQ,
            Self::Tls => hresult::ERROR_WINHTTP_SECURE_FAILURE,
            Self::Reset => hresult::ERROR_INTERNET_CONNECTION_ABORTED,
            Self::HttpStatus(status) => HResult::http_status(*status),
            Self::Forbidden => hresult::ERROR_ACCESS_DENIED,
            Self::NotInCache => hresult::ERROR_FILE_NOT_FOUND,
            Self::UnsupportedScheme => hresult::ERROR_NOT_SUPPORTED,
            // which codes CAPI2 gives for these is unknown
            Self::TooLarge { .. } | Self::TooManyRedirects => hresult::ERROR_INVALID_DATA,
            Self::Disabled => hresult::ERROR_NOT_CONNECTED,
        }
    }
}

impl fmt::Display for RetrievalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dns => "the host's name could not be resolved",
            Self::Refused => "the host refused the connection",
            Self::Timeout => "no answer within the time-out",
            Self::ProxyAuthentication => "the proxy requires authentication",
            Self::Tls => "no TLS connection could be established",
            Self::Reset => "the connection was reset",
            Self::HttpStatus(status) => return write!(f, "the server answered {status}"),
            Self::Unreachable => "the host cannot be reached",
            Self::TooLarge { limit } => {
                return write!(f, "the answer is longer than {limit} octets");
            }
            Self::TooManyRedirects => "redirected too often",
            Self::UnsupportedScheme => "addresses of this kind are not followed",
            Self::Forbidden => "the address is not allowed",
            Self::NotInCache => "not in the URL cache",
            Self::Disabled => "retrieval is switched off",
            Self::BudgetExhausted => "the time for all addresses together is used up",
        })
    }
}

impl std::error::Error for RetrievalError {}
