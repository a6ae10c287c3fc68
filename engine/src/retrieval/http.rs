//! Retrieval over HTTP and HTTPS (feature `online`).
//!
//! Addresses come out of certificates that nobody has checked yet, so they are hostile: every
//! answer is bounded in time, length and redirects, and only public addresses are connected to
//! unless [`HttpOptions::allow_private`] says otherwise. A proxy named by the environment is used;
//! it then decides what an address means. The URL cache is
//! [`DiskCache`](super::disk_cache::DiskCache)'s.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, Response};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Url, redirect};

use super::{
    Method, Purpose, Request, ResponseFacts, Retrieval, RetrievalError, Retrieved, http_date,
};

/// Redirects that are followed. WinHTTP follows 10.
pub const MAX_REDIRECTS: usize = 10;

/// Connections to one host at the same time; more wait, within their time-out. What WinINet allows
/// to a server that speaks HTTP 1.1 by default.
pub const MAX_PER_HOST: usize = 2;

/// Times a request is repeated whose connection broke before there was an answer.
const RETRIES: usize = 1;

/// What CAPI2 calls itself in its requests.
const USER_AGENT: &str = "Microsoft-CryptoAPI/10.0";

/// How the network is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpOptions {
    /// Connect to this host, private networks and link-local addresses, too.
    pub allow_private: bool,
    /// Connect directly, whatever proxy the environment names.
    pub ignore_proxy: bool,
}

/// Retrieval from the network.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    options: HttpOptions,
    gate: Arc<Gate>,
}

/// Counts the requests under way to each host. Clones of a client share it.
#[derive(Debug, Default)]
struct Gate {
    busy: Mutex<HashMap<String, usize>>,
    left: Condvar,
}

/// A request that the gate has let through.
struct Passage<'a> {
    gate: &'a Gate,
    host: String,
}

impl Gate {
    /// Waits until fewer than [`MAX_PER_HOST`] requests to this host are under way.
    fn enter(&self, url: &str, timeout: Duration) -> Result<Passage<'_>, RetrievalError> {
        let parsed = Url::parse(url).ok();
        let host = parsed.as_ref().and_then(Url::host_str).unwrap_or_default().to_owned();
        // a thread that panicked left whole numbers behind
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |busy: &mut HashMap<String, usize>| {
            busy.get(&host).is_some_and(|count| *count >= MAX_PER_HOST)
        };
        let waited = self.left.wait_timeout_while(busy, timeout, full);
        let (mut busy, result) = waited.unwrap_or_else(PoisonError::into_inner);
        if result.timed_out() {
            return Err(RetrievalError::Timeout);
        }
        *busy.entry(host.clone()).or_default() += 1;
        Ok(Passage { gate: self, host })
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        let mut busy = self.gate.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = busy.get_mut(&self.host) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                busy.remove(&self.host);
            }
        }
        drop(busy);
        self.gate.left.notify_all();
    }
}

impl Http {
    /// A client with these options.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(options: HttpOptions) -> Result<Self, HttpError> {
        // the first to install a provider wins; another one does as well
        let _ = rustls::crypto::ring::default_provider().install_default();
        let proxies = if options.ignore_proxy { Vec::new() } else { proxy_hosts() };
        let builder = Client::builder();
        let builder = if options.ignore_proxy { builder.no_proxy() } else { builder };
        let client = builder
            .user_agent(USER_AGENT)
            .dns_resolver(Arc::new(Resolver { options, proxies }))
            .redirect(redirect::Policy::custom(move |attempt| {
                if attempt.previous().len() > MAX_REDIRECTS {
                    return attempt.error(Refusal(RetrievalError::TooManyRedirects));
                }
                match check_url(attempt.url(), options) {
                    Ok(()) => attempt.follow(),
                    Err(error) => attempt.error(Refusal(error)),
                }
            }))
            .build()
            .map_err(HttpError)?;
        Ok(Self { client, options, gate: Arc::default() })
    }

    fn attempt(
        &self,
        request: &Request<'_>,
        timeout: Duration,
    ) -> Result<(Vec<u8>, ResponseFacts), RetrievalError> {
        let url = Url::parse(request.url).map_err(|_| RetrievalError::UnsupportedScheme)?;
        check_url(&url, self.options)?;
        let builder = match request.method {
            Method::Get => self.client.get(url.clone()),
            Method::Post(body) => self.client.post(url.clone()).body(body.to_vec()),
        };
        let builder = match (request.purpose, request.method) {
            (Purpose::Ocsp, Method::Post(_)) => {
                builder.header("Content-Type", "application/ocsp-request")
            }
            _ => builder,
        };
        let builder = match request.condition.etag {
            Some(etag) => builder.header("If-None-Match", etag),
            None => builder,
        };
        let builder = match request.condition.modified_since.and_then(http_date::format) {
            Some(date) => builder.header("If-Modified-Since", date),
            None => builder,
        };
        let response = builder.header("Accept", "*/*").timeout(timeout).send();
        let response = response.map_err(|error| classify(&error, &url))?;
        let mut facts = facts_of(&response);
        match response.status().as_u16() {
            200 => Ok((read_body(response, request.max_octets)?, facts)),
            304 if request.condition.is_some() => {
                facts.not_modified = true;
                Ok((Vec::new(), facts))
            }
            407 => Err(RetrievalError::ProxyAuthentication),
            status => Err(RetrievalError::HttpStatus(status)),
        }
    }
}

impl Retrieval for Http {
    fn retrieve(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError> {
        if request.cache_only {
            return Err(RetrievalError::NotInCache);
        }
        let start = Instant::now();
        let limit = Duration::from_millis(u64::from(request.timeout_ms));
        let _passage = self.gate.enter(request.url, limit)?;
        let mut result = Err(RetrievalError::Timeout);
        for _ in 0..=RETRIES {
            let left = limit.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(RetrievalError::Timeout);
            }
            result = self.attempt(request, left);
            if result != Err(RetrievalError::Reset) {
                break;
            }
        }
        let elapsed_ms = u32::try_from(start.elapsed().as_millis()).unwrap_or(u32::MAX);
        let (octets, response) = result?;
        let octets = octets.into();
        Ok(Retrieved { octets, from_cache: false, last_sync: None, elapsed_ms, response })
    }
}

fn facts_of(response: &Response) -> ResponseFacts {
    let header = |name: &str| response.headers().get(name)?.to_str().ok();
    let max_age = header("Cache-Control").and_then(|value| {
        value.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.parse().ok())
    });
    ResponseFacts {
        etag: header("ETag").map(str::to_owned),
        last_modified: header("Last-Modified").and_then(http_date::parse),
        max_age,
        not_modified: false,
    }
}

/// Reads at most `limit` octets, after decompression.
fn read_body(response: Response, limit: usize) -> Result<Vec<u8>, RetrievalError> {
    let too_large = Err(RetrievalError::TooLarge { limit });
    let bound = u64::try_from(limit).unwrap_or(u64::MAX);
    if response.content_length().is_some_and(|length| length > bound) {
        return too_large;
    }
    let mut body = Vec::new();
    match response.take(bound.saturating_add(1)).read_to_end(&mut body) {
        Ok(_) if body.len() > limit => too_large,
        Ok(_) => Ok(body),
        Err(error) if is_timeout(&error) => Err(RetrievalError::Timeout),
        Err(_) => Err(RetrievalError::Reset),
    }
}

fn is_timeout(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<reqwest::Error>());
    error.kind() == io::ErrorKind::TimedOut || inner.is_some_and(reqwest::Error::is_timeout)
}

fn check_url(url: &Url, options: HttpOptions) -> Result<(), RetrievalError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(RetrievalError::UnsupportedScheme);
    }
    // a name is judged when it is resolved
    let host = url.host_str().unwrap_or_default();
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match literal {
        Ok(address) if !options.allow_private && !is_public(address) => {
            Err(RetrievalError::Forbidden)
        }
        _ => Ok(()),
    }
}

/// Whether an address belongs to the public internet (the registries of RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let protocols = a == 192 && b == 0 && c == 0; // 192.0.0.0/24
    let shared = a == 100 && (64..128).contains(&b);
    let benchmark = a == 198 && (b == 18 || b == 19);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || shared
        || benchmark
        || protocols
        || a == 0
        || a >= 240)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let documentation = first == 0x2001 && second == 0x0db8 || first == 0x3fff && second < 0x1000;
    // global unicast; what is translated to IPv4 (2002::/16, and Teredo among the protocols of
    // 2001::/23) could be anything
    let protocols = first == 0x2001 && second < 0x0200;
    first & 0xe000 == 0x2000 && first != 0x2002 && !protocols && !documentation
}

/// Resolves names, and drops the addresses that are not allowed. A proxy may stand anywhere.
struct Resolver {
    options: HttpOptions,
    proxies: Vec<String>,
}

/// The hosts of the proxies that the environment names.
fn proxy_hosts() -> Vec<String> {
    ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        .into_iter()
        .filter_map(|variable| std::env::var(variable).ok())
        .filter_map(|value| {
            Url::parse(&value).or_else(|_| Url::parse(&format!("http://{value}"))).ok()
        })
        .filter_map(|url| url.host_str().map(str::to_owned))
        .collect()
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let is_proxy = self.proxies.iter().any(|proxy| proxy.eq_ignore_ascii_case(name.as_str()));
        let allow_private = self.options.allow_private || is_proxy;
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let look_up = move || (host.as_str(), 0).to_socket_addrs();
            let found = tokio::task::spawn_blocking(look_up).await?;
            let found: Vec<SocketAddr> = found.map_err(|_| Refusal(RetrievalError::Dns))?.collect();
            let allowed = found.into_iter().filter(|at| allow_private || is_public(at.ip()));
            let allowed: Vec<SocketAddr> = allowed.collect();
            if allowed.is_empty() {
                return Err(Refusal(RetrievalError::Forbidden).into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

/// Our own reason, carried through the client's errors.
#[derive(Debug)]
struct Refusal(RetrievalError);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Refusal {}

fn classify(error: &reqwest::Error, url: &Url) -> RetrievalError {
    if error.is_timeout() {
        return RetrievalError::Timeout;
    }
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(Refusal(reason)) = current.downcast_ref() {
            return reason.clone();
        }
        let kind = current.downcast_ref::<io::Error>().map(io::Error::kind);
        match kind {
            Some(io::ErrorKind::ConnectionRefused) => return RetrievalError::Refused,
            Some(io::ErrorKind::TimedOut) => return RetrievalError::Timeout,
            Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
                return RetrievalError::Unreachable;
            }
            Some(io::ErrorKind::InvalidData) if error.is_connect() => return RetrievalError::Tls,
            _ => {}
        }
        cause = current.source();
    }
    match (error.is_connect(), url.scheme()) {
        (true, "https") => RetrievalError::Tls,
        (true, _) => RetrievalError::Unreachable,
        _ => RetrievalError::Reset,
    }
}

/// The client could not be set up.
#[derive(Debug)]
pub struct HttpError(reqwest::Error);

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP cannot be set up: {}", self.0)
    }
}

impl StdError for HttpError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

#[cfg(test)]
mod tests;
