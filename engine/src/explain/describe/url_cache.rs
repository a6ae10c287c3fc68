//! Entries of the URL cache in words.

use super::{Field, name};
use crate::base::digest::hex;
use crate::base::hresult::HResult;
use crate::base::time::Time;
use crate::format::url_cache::{EXEMPT_FOREVER, RESPONSE_VALIDATED, UrlCacheEntry, UrlCacheFile};

/// What a metadata file says.
#[must_use]
pub fn url_cache_metadata(entry: &UrlCacheEntry) -> Vec<Field> {
    let mut fields = vec![
        Field::new("URL", entry.url.as_str()),
        Field::new("Kind", entry.object.to_string()),
        Field::new("Last sync", time(entry.last_sync)),
    ];
    for (label, found) in [
        ("ThisUpdate", entry.this_update),
        ("NextUpdate", entry.next_update),
        ("Publish", entry.publish),
        ("Last-Modified", entry.response.last_modified),
        ("Expires", entry.flush.expire_time),
    ] {
        fields.extend(found.map(|found| Field::new(label, time(Some(found)))));
    }
    fields.push(Field::new("Pre-fetch error", pre_fetch_error(entry.error)));
    fields.push(Field::new("Flush", exemption(entry.flush.exempt_seconds)));
    let kind = match entry.response.response_type {
        0 => "0 (none)".to_owned(),
        1 => "1 (HTTP)".to_owned(),
        other => format!("{other} (not documented)"),
    };
    fields.push(Field::new("Response type", kind));
    let flags = entry.response.flags;
    let validated = match flags {
        0 => "0 (none)".to_owned(),
        RESPONSE_VALIDATED => format!("{flags:#x} (validated by the server)"),
        _ => format!("{flags:#x} (holds bits that are not documented)"),
    };
    fields.push(Field::new("Response flags", validated));
    if entry.response.max_age > 0 {
        fields.push(Field::new("max-age", format!("{} seconds", entry.response.max_age)));
    }
    if let Some(etag) = &entry.response.etag {
        fields.push(Field::new("ETag", etag.as_str()));
    }
    if entry.response.proxy_id > 0 {
        fields.push(Field::new("Proxy", format!("number {}", entry.response.proxy_id)));
    }
    fields.push(Field::new("Content size", format!("{} octets", entry.content_size)));
    fields
}

/// An entry: what is said of it, what there is, what does not fit.
#[must_use]
pub fn url_cache_file(file: &UrlCacheFile) -> Field {
    let mut parts = file.metadata.as_ref().map(url_cache_metadata).unwrap_or_default();
    if let Some(content) = &file.content {
        let found = vec![
            Field::new("Size", format!("{} octets", content.size)),
            Field::new("SHA-1", hex(&content.sha1)),
            Field::new("SHA-256", hex(&content.sha256)),
        ];
        parts.push(Field::of("Content", content.kind.to_string(), found));
    }
    let problems = file.findings.iter().map(|found| Field::new("PROBLEM", found.to_string()));
    parts.extend(problems);
    Field::of("Entry", file.name.as_str(), parts)
}

fn time(time: Option<Time>) -> String {
    time.map_or_else(|| "never".to_owned(), |time| time.to_string())
}

/// dwError of the last pre-fetch: a Win32 code (documented, wincrypt.h).
fn pre_fetch_error(error: u32) -> String {
    match error {
        0 => "0 (none: not yet fetched ahead, or without error)".to_owned(),
        4350 => "4350 ERROR_FILE_OFFLINE: the content was unchanged".to_owned(),
        4304 => {
            "4304 ERROR_MEDIA_OFFLINE: no CRLs are fetched ahead while OCSP is offline".to_owned()
        }
        13 => "13 ERROR_INVALID_DATA: the content was no good".to_owned(),
        other => match u16::try_from(other) {
            Ok(win32) => format!("{other}: {}", name::code(HResult::from_win32(win32))),
            Err(_) => name::code(HResult(other)),
        },
    }
}

fn exemption(seconds: u32) -> String {
    match seconds {
        0 => "after the system's default time".to_owned(),
        EXEMPT_FOREVER => "never".to_owned(),
        seconds => format!("{seconds} seconds behind its time"),
    }
}
