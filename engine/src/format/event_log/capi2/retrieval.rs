//! Events 51 and 53: objects from the URL cache and from the network (reference, capi2-events 3.5).

use serde::Serialize;

use super::chain::references;
use super::value::{
    Constant, Flags, Interval, LeftIn, ObjectReference, Outcome, Rest, boolean, child,
    child_interval, decimal, hex, text, time, token, without_blanks,
};
use crate::base::hresult::HResult;
use crate::base::time::Time;
use crate::format::event_log::element::Element;

/// Where an object was sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetrievalSource {
    /// The URL cache on disk: event 51.
    #[default]
    Cache,
    /// The network: event 53.
    Network,
}

/// Events 51 and 53: CryptRetrieveObjectByUrl. Judge by the result: level 2 may only mean that an
/// inner action, such as finding a proxy, failed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Retrieved {
    /// Cache or network.
    pub source: RetrievalSource,
    /// The address.
    pub url: Option<String>,
    /// Its scheme.
    pub scheme: Option<String>,
    /// What was expected: CONTEXT_OID_*.
    pub object_type: Option<Constant>,
    /// How long it may take.
    pub timeout: Option<Interval>,
    /// CRYPT_*.
    pub flags: Option<Flags>,
    /// How large it may be, in octets.
    pub max_byte_count: Option<u64>,
    /// Whether proxies may answer from their cache.
    pub proxy_cache_retrieval: Option<bool>,
    /// What Windows thought of the network.
    pub connectivity: Option<Flags>,
    /// What was tried, in order.
    pub actions: Vec<Action>,
    /// The request: request line, then headers.
    pub request: Vec<String>,
    /// The response: status line, then headers.
    pub response: Vec<String>,
    /// What the URL cache notes beside the object.
    pub cache: Option<CacheInfo>,
    /// What was retrieved.
    pub objects: Vec<ObjectReference>,
}

/// A step of a retrieval.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Action {
    /// `NoProxy`, `Call_WinHttpGetProxyForUrl`, `ProxyListAndByPassList`, `WriteToCache` or another.
    pub name: Option<String>,
    /// `parameter1` and so on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<String>,
    /// Its error, a Win32 one or an HRESULT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Outcome>,
}

/// The fields of the URL cache's MetaData.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CacheInfo {
    /// When the object was last fetched.
    pub last_sync_time: Option<Time>,
    /// What the cache knows of renewing it.
    pub prefetch: Option<PrefetchInfo>,
    /// When it may be thrown away.
    pub expire_time: Option<Time>,
    /// Seconds for which it is not thrown away.
    pub exempt_seconds: Option<u64>,
    /// What the server said.
    pub response: Option<ResponseInfo>,
}

/// What the cache knows of renewing an object.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PrefetchInfo {
    /// CRYPTNET_URL_CACHE_PRE_FETCH_*.
    pub object_type: Option<String>,
    /// The last attempt's error.
    pub error: Option<HResult>,
    /// The object's ThisUpdate.
    pub this_update: Option<Time>,
    /// Its NextUpdate.
    pub next_update: Option<Time>,
    /// Its NextPublish.
    pub publish_time: Option<Time>,
}

/// What the server said of an object in the cache.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ResponseInfo {
    /// CRYPTNET_URL_CACHE_RESPONSE_*.
    pub response_type: Option<String>,
    /// Whether the response was checked.
    pub validated: Option<bool>,
    /// Last-Modified.
    pub last_modified: Option<Time>,
    /// Cache-Control: max-age, in seconds.
    pub max_age: Option<u64>,
    /// ETag.
    pub etag: Option<String>,
    /// The proxy it came through.
    pub proxy_id: Option<String>,
}

impl Retrieved {
    /// The status of the HTTP response, from its first line.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        let line = self.response.first()?;
        let mut words = line.split_ascii_whitespace();
        words.next().filter(|version| version.starts_with("HTTP/"))?;
        words.next()?.parse().ok()
    }

    /// A header of the response, whatever the case of its name.
    #[must_use]
    pub fn response_header(&self, name: &str) -> Option<&str> {
        let headers = self.response.iter().filter_map(|line| line.split_once(':'));
        headers
            .filter(|(found, _)| found.trim().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .next()
    }

    /// When the server sent its response, by its own clock.
    #[must_use]
    pub fn http_date(&self) -> Option<Time> {
        http_date(self.response_header("Date")?)
    }

    /// The proxy Windows used, if it says one.
    #[must_use]
    pub fn proxy(&self) -> Option<&str> {
        let is_list = |action: &&Action| action.name.as_deref() == Some("ProxyListAndByPassList");
        self.actions.iter().find(is_list)?.parameters.first().map(String::as_str)
    }

    pub(super) fn take(source: RetrievalSource, root: &mut Element, rest: &mut Rest) -> Self {
        let mut value = Self {
            source,
            object_type: child(root, "Object", rest, Constant::take_typed),
            timeout: child_interval(root, "Timeout", rest),
            flags: child(root, "Flags", rest, Flags::take).flatten(),
            cache: child(root, "CacheInfo", rest, CacheInfo::take),
            objects: child(root, "RetrievedObjects", rest, references).unwrap_or_default(),
            ..Self::default()
        };
        if let Some(mut url) = root.take_child("URL") {
            value.scheme = token(&mut url, "scheme");
            value.url = url.take_text().map(|url| without_blanks(&url));
            rest.leave(url);
        }
        if let Some(mut auxiliary) = root.take_child("AuxInfo") {
            value.max_byte_count = decimal(&mut auxiliary, "maxUrlRetrievalByteCount");
            value.proxy_cache_retrieval = boolean(&mut auxiliary, "fProxyCacheRetrieval");
            rest.leave(auxiliary);
        }
        if let Some(mut additional) = root.take_child("AdditionalInfo") {
            rest.within("AdditionalInfo", |rest| value.take_additional(&mut additional, rest));
            rest.leave(additional);
        }
        value
    }

    fn take_additional(&mut self, of: &mut Element, rest: &mut Rest) {
        self.connectivity = child(of, "NetworkConnectivityStatus", rest, Flags::take).flatten();
        self.actions = Action::take_all(of, rest);
        self.request = child(of, "HTTPRequestHeadersInfo", rest, headers).unwrap_or_default();
        self.response = child(of, "HTTPResponseHeadersInfo", rest, headers).unwrap_or_default();
    }
}

fn headers(mut element: Element, rest: &mut Rest) -> Vec<String> {
    let headers = element.take_children(|name| name == "Header").into_iter();
    let lines: Vec<String> = headers
        .map(|mut header| header.take_text().unwrap_or_default().left_in(header, rest))
        .collect();
    lines.left_in(element, rest)
}

impl Action {
    pub(super) fn take_all(element: &mut Element, rest: &mut Rest) -> Vec<Self> {
        let actions = element.take_children(|name| name == "Action").into_iter();
        actions.map(|action| Self::take(action, rest)).collect()
    }

    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let mut action = Self {
            name: text(&mut element, "name"),
            error: child(&mut element, "Error", rest, Outcome::take).flatten(),
            ..Self::default()
        };
        for number in 1.. {
            match text(&mut element, &format!("parameter{number}")) {
                Some(parameter) => action.parameters.push(parameter),
                None => break,
            }
        }
        action.left_in(element, rest)
    }
}

impl CacheInfo {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let of = &mut element;
        let mut info = Self { last_sync_time: time(of, "lastSyncTime"), ..Self::default() };
        rest.within("CacheInfo", |rest| {
            info.prefetch = child(of, "URLCachePrefetchInfo", rest, PrefetchInfo::take);
            info.response = child(of, "URLCacheResponseInfo", rest, ResponseInfo::take);
            if let Some(mut flush) = of.take_child("URLCacheFlushInfo") {
                info.expire_time = time(&mut flush, "expireTime");
                info.exempt_seconds = decimal(&mut flush, "exemptSeconds");
                rest.leave(flush);
            }
        });
        info.left_in(element, rest)
    }
}

impl PrefetchInfo {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let error = hex(&mut element, "error").and_then(|error| u32::try_from(error).ok());
        let info = Self {
            object_type: token(&mut element, "objectType"),
            error: error.map(HResult),
            this_update: time(&mut element, "thisUpdateTime"),
            next_update: time(&mut element, "nextUpdateTime"),
            publish_time: time(&mut element, "publishTime"),
        };
        info.left_in(element, rest)
    }
}

impl ResponseInfo {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let info = Self {
            response_type: token(&mut element, "responseType"),
            validated: boolean(&mut element, "responseValidated"),
            last_modified: time(&mut element, "lastModifiedTime"),
            max_age: decimal(&mut element, "maxAge"),
            etag: text(&mut element, "eTag"),
            proxy_id: text(&mut element, "proxyId"),
        };
        info.left_in(element, rest)
    }
}

/// A date of HTTP in the form every server uses now: `Fri, 19 May 2017 16:27:14 GMT` (RFC 9110
/// section 5.6.7, IMF-fixdate).
#[must_use]
pub fn http_date(text: &str) -> Option<Time> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_weekday, date) = text.split_once(',')?;
    let words: Vec<&str> = date.split_ascii_whitespace().collect();
    let [day, month, year, clock, "GMT"] = *words.as_slice() else { return None };
    let month = MONTHS.iter().position(|known| month.eq_ignore_ascii_case(known))?;
    let clock: Vec<&str> = clock.split(':').collect();
    let [hour, minute, second] = *clock.as_slice() else { return None };
    Time::from_civil(
        year.parse().ok()?,
        i64::try_from(month).ok()? + 1,
        day.parse().ok()?,
        hour.parse().ok()?,
        minute.parse().ok()?,
        second.parse().ok()?,
    )
}
