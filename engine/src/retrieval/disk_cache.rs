//! A URL cache in a folder, in front of another retrieval (feature `online`).
//!
//! The folder has CryptnetUrlCache's own layout, so one copied from Windows can be read, and what
//! is written here can be read there. An entry counts whatever its age: whoever asks judges that,
//! and asks again with [`Request::wire_only`]. An entry that cannot be trusted to be what was
//! retrieved (no metadata, another length, another address) is left alone and noted.
//!
//! The name of an OCSP response begins with a digest of the certificate's distribution points. What
//! it is for a certificate without any is unknown: such responses are written without it, and found
//! whatever it is. Where an entry is asked for anew, the server is told what is at hand (ETag,
//! Last-Modified); if that has not changed, the entry is kept and its time set.
//!
//! One thing differs from Windows: only what has the shape of what was hoped for is kept, where
//! Windows was seen to keep a proxy's pages. Answers to a POST are never kept.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::{
    Condition, DEFAULT_MAX_OCTETS, Method, Purpose, Request, ResponseFacts, Retrieval,
    RetrievalError, Retrieved,
};
use crate::base::time::Time;
use crate::format::url_cache::{
    EXEMPT_FOREVER, MAX_METADATA_OCTETS, RESPONSE_VALIDATED, UrlCacheEntry, UrlCacheObject,
    file_name, ocsp_file_name, ocsp_prefix,
};
use crate::format::{Kind, detect};
use crate::object::crl::Crl;
use crate::object::ocsp::{OcspResponse, OcspResponseStatus};
use crate::store::root_program::{
    AUTH_ROOT_SYNC_SECONDS, DISALLOWED_CAB, DISALLOWED_SYNC_SECONDS, PIN_RULES_CAB,
};

/// Files of a folder that are looked at when a response is searched by the end of its name, or the
/// folder's size is taken. Caches seen have some thousands.
pub const MAX_FILES: usize = 100_000;

/// Notes that are kept until they are taken.
const MAX_NOTES: usize = 1_000;

/// Octets of an entity tag that is kept.
const MAX_ETAG: usize = 1_024;

const HOUR: i64 = 3_600;

/// How the folder is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiskCacheOptions {
    /// Nothing is written or removed: for a folder that is evidence.
    pub read_only: bool,
    /// Octets of an answer up to which it is kept.
    pub max_object_octets: usize,
    /// Octets that all answers may have together; the longest unwritten are removed first.
    pub max_total_octets: u64,
}

impl Default for DiskCacheOptions {
    fn default() -> Self {
        Self { read_only: false, max_object_octets: DEFAULT_MAX_OCTETS, max_total_octets: 1 << 30 }
    }
}

/// A retrieval that asks a folder first and keeps there what another retrieval got.
#[derive(Debug)]
pub struct DiskCache<R> {
    content: PathBuf,
    metadata: PathBuf,
    wire: R,
    options: DiskCacheOptions,
    notes: Mutex<Vec<String>>,
}

impl<R: Retrieval> DiskCache<R> {
    /// A cache in `folder`, the one that has `Content` and `MetaData`. They are made when first
    /// needed.
    #[must_use]
    pub fn new(folder: &Path, wire: R, options: DiskCacheOptions) -> Self {
        Self {
            content: folder.join("Content"),
            metadata: folder.join("MetaData"),
            wire,
            options,
            notes: Mutex::default(),
        }
    }

    /// What was wrong with entries or could not be written, since this was last called.
    pub fn take_notes(&self) -> Vec<String> {
        self.notes.lock().map(|mut notes| std::mem::take(&mut *notes)).unwrap_or_default()
    }

    fn note(&self, note: String) {
        if let Ok(mut notes) = self.notes.lock()
            && notes.len() < MAX_NOTES
        {
            notes.push(note);
        }
    }

    fn look_up(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError> {
        for name in self.names(request) {
            match self.read(&name, request) {
                Ok(retrieved) => return Ok(retrieved),
                Err(Miss::Absent) => {}
                Err(Miss::TooLarge) => {
                    return Err(RetrievalError::TooLarge { limit: request.max_octets });
                }
                Err(Miss::Corrupt(why)) => self.note(format!("URL cache, {name}: {why}")),
            }
        }
        Err(RetrievalError::NotInCache)
    }

    /// The names under which the answer may stand.
    fn names(&self, request: &Request<'_>) -> Vec<String> {
        if request.method != Method::Get {
            return Vec::new();
        }
        let mut names = vec![name_of(request)];
        if request.distribution_points.is_some() {
            names.push(file_name(request.url));
        }
        if request.purpose == Purpose::Ocsp
            && let Ok(files) = fs::read_dir(&self.metadata)
        {
            let end = format!("_{}", file_name(request.url));
            let files =
                files.take(MAX_FILES).filter_map(|file| file.ok()?.file_name().into_string().ok());
            names.extend(files.filter(|name| name.ends_with(&end)));
        }
        names
    }

    fn read(&self, name: &str, request: &Request<'_>) -> Result<Retrieved, Miss> {
        self.read_entry(name, request).map(|(retrieved, _)| retrieved)
    }

    fn read_entry(
        &self,
        name: &str,
        request: &Request<'_>,
    ) -> Result<(Retrieved, UrlCacheEntry), Miss> {
        let content = self.content.join(name);
        let metadata = match read_file(&self.metadata.join(name), MAX_METADATA_OCTETS) {
            Err(Miss::Absent) if content.exists() => {
                return Err(Miss::Corrupt("there is no metadata".to_owned()));
            }
            Err(Miss::TooLarge) => {
                return Err(Miss::Corrupt("the metadata is too long".to_owned()));
            }
            other => other?,
        };
        let entry = UrlCacheEntry::from_octets(&metadata)
            .map_err(|error| Miss::Corrupt(format!("metadata: {error}")))?;
        if entry.url != request.url {
            return Err(Miss::Corrupt(format!("it is about {}", entry.url)));
        }
        let octets = match read_file(&content, request.max_octets) {
            Err(Miss::Absent) => return Err(Miss::Corrupt("there is no content".to_owned())),
            other => other?,
        };
        if u32::try_from(octets.len()) != Ok(entry.content_size) {
            let (is, says) = (octets.len(), entry.content_size);
            let why = format!("the content has {is} octets, the metadata says {says}");
            return Err(Miss::Corrupt(why));
        }
        let retrieved = Retrieved {
            octets: octets.into(),
            from_cache: true,
            last_sync: entry.last_sync,
            elapsed_ms: 0,
            response: ResponseFacts {
                etag: entry.response.etag.clone(),
                last_modified: entry.response.last_modified,
                ..ResponseFacts::default()
            },
        };
        Ok((retrieved, entry))
    }

    /// The entry that a server may be asked to compare with, and its name. Anything wrong with it
    /// is not noted again: the look-up before has.
    fn comparable(&self, request: &Request<'_>) -> Option<(String, Retrieved, UrlCacheEntry)> {
        let found = self.names(request).into_iter().find_map(|name| {
            let (retrieved, entry) = self.read_entry(&name, request).ok()?;
            Some((name, retrieved, entry))
        });
        found.filter(|(_, _, entry)| {
            entry.response.etag.is_some() || entry.response.last_modified.is_some()
        })
    }

    /// Asks the wire, telling it what is at hand.
    fn ask_wire(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError> {
        let Some((name, kept, mut entry)) = self.comparable(request) else {
            let retrieved = self.wire.retrieve(request)?;
            self.keep(request, &retrieved);
            return Ok(retrieved);
        };
        let condition = Condition {
            etag: kept.response.etag.as_deref(),
            modified_since: kept.response.last_modified,
        };
        let mut retrieved = self.wire.retrieve(&Request { condition, ..*request })?;
        if !retrieved.response.not_modified {
            self.keep(request, &retrieved);
            return Ok(retrieved);
        }
        // what the server vouches for is as good as sent again
        retrieved.octets = kept.octets;
        if !self.options.read_only {
            entry.last_sync = Some(now());
            entry.response.flags |= RESPONSE_VALIDATED;
            let written =
                entry.to_octets().map_err(|error| error.to_string()).and_then(|metadata| {
                    write_file(&self.metadata, &name, &metadata).map_err(|error| error.to_string())
                });
            if let Err(error) = written {
                self.note(format!("URL cache, {name}: its time could not be set: {error}"));
            }
        }
        Ok(retrieved)
    }

    fn keep(&self, request: &Request<'_>, retrieved: &Retrieved) {
        let octets = &*retrieved.octets;
        let too_large = octets.len() > self.options.max_object_octets;
        if self.options.read_only || too_large || request.method != Method::Get {
            return;
        }
        let Some(mut entry) = describe(request, octets, now()) else { return };
        let facts = &retrieved.response;
        // longer than any seen: it would make the metadata unreadable
        entry.response.etag = facts.etag.clone().filter(|etag| etag.len() <= MAX_ETAG);
        entry.response.last_modified = facts.last_modified;
        entry.response.max_age = facts.max_age.unwrap_or(0);
        let metadata = match entry.to_octets() {
            Ok(metadata) => metadata,
            Err(error) => return self.note(format!("URL cache, {}: {error}", request.url)),
        };
        let name = name_of(request);
        // a reader between the two sees another length, or an object with an older date
        let written = write_file(&self.content, &name, octets)
            .and_then(|()| write_file(&self.metadata, &name, &metadata))
            .and_then(|()| self.trim(&name));
        if let Err(error) = written {
            self.note(format!("URL cache, {name}: it could not be written: {error}"));
        }
    }

    /// Removes what was written longest ago until the rest has the size allowed. `newest` stays.
    fn trim(&self, newest: &str) -> io::Result<()> {
        let mut files = Vec::new();
        let mut total = 0u64;
        for file in fs::read_dir(&self.content)?.take(MAX_FILES) {
            let file = file?;
            // another process may have removed it
            let Ok(facts) = file.metadata() else { continue };
            total = total.saturating_add(facts.len());
            files.push((facts.modified()?, facts.len(), file.file_name()));
        }
        files.sort();
        for (_, length, name) in files {
            if total <= self.options.max_total_octets {
                break;
            }
            if name == newest {
                continue;
            }
            // metadata first: content alone is never taken for an entry
            remove(&self.metadata.join(&name))?;
            remove(&self.content.join(&name))?;
            total = total.saturating_sub(length);
        }
        Ok(())
    }
}

impl<R: Retrieval> Retrieval for DiskCache<R> {
    fn retrieve(&self, request: &Request<'_>) -> Result<Retrieved, RetrievalError> {
        if !request.wire_only {
            match self.look_up(request) {
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
        let Ok(files) = fs::read_dir(&self.metadata) else { return 0 };
        let prefix = format!("{}_", ocsp_prefix(distribution_points));
        let names =
            files.take(MAX_FILES).filter_map(|file| file.ok()?.file_name().into_string().ok());
        names.filter(|name| name.starts_with(&prefix)).count()
    }
}

/// The name of the files in which the answer to this request is kept.
fn name_of(request: &Request<'_>) -> String {
    match (request.purpose, request.distribution_points) {
        (Purpose::Ocsp, Some(points)) => ocsp_file_name(points, request.url),
        _ => file_name(request.url),
    }
}

/// Why an entry was not used.
enum Miss {
    Absent,
    TooLarge,
    Corrupt(String),
}

/// What the metadata of an answer says. `None` if it is not what was hoped for.
fn describe(request: &Request<'_>, octets: &[u8], now: Time) -> Option<UrlCacheEntry> {
    let size = u32::try_from(octets.len()).ok()?;
    let mut entry = UrlCacheEntry::new(request.url, UrlCacheObject::Blob, size);
    entry.last_sync = Some(now);
    entry.response.response_type = 1;
    match request.purpose {
        Purpose::Crl => {
            let crl = Crl::from_der(octets).ok()?;
            entry.object = UrlCacheObject::Crl;
            entry.this_update = Some(crl.this_update());
            entry.next_update = crl.next_update();
            let publish = crl.extensions().next_publish.as_ref();
            entry.publish = publish.and_then(|time| time.ok()).copied();
        }
        Purpose::Ocsp => {
            let response = OcspResponse::from_der(octets).ok()?;
            if response.status != OcspResponseStatus::Successful {
                return None;
            }
            let basic = response.basic?;
            let single = basic.responses.first()?;
            entry.object = UrlCacheObject::Ocsp;
            entry.this_update = Some(single.this_update);
            entry.next_update = single.next_update;
        }
        Purpose::RootList => {
            if !matches!(detect(octets), Kind::Cabinet | Kind::CertificateTrustList) {
                return None;
            }
            // CAPI2 (observed, auto-root-update 8.3; pin rules inferred)
            let (object, next, before) = match request.url.rsplit('/').next() {
                Some(DISALLOWED_CAB) => {
                    (UrlCacheObject::DisallowedCab, DISALLOWED_SYNC_SECONDS, 2 * HOUR)
                }
                Some(PIN_RULES_CAB) => {
                    (UrlCacheObject::PinRulesCab, AUTH_ROOT_SYNC_SECONDS, 12 * HOUR)
                }
                _ => (UrlCacheObject::AuthRootCab, AUTH_ROOT_SYNC_SECONDS, 12 * HOUR),
            };
            let publish = next - before;
            entry.object = object;
            entry.next_update = Some(now.plus_seconds(next));
            entry.publish = Some(now.plus_seconds(publish));
            entry.flush.exempt_seconds = EXEMPT_FOREVER;
        }
        Purpose::Aia | Purpose::CrossCertificate | Purpose::Root => {
            if matches!(detect(octets), Kind::Unknown | Kind::Html | Kind::Empty) {
                return None;
            }
        }
    }
    entry.flush.expire_time = entry.next_update;
    Some(entry)
}

fn now() -> Time {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let ticks = i64::try_from(since_1970.as_nanos() / 100).unwrap_or(0);
    Time::from_filetime(Time::from_unix(0).filetime().saturating_add(ticks))
}

fn read_file(path: &Path, limit: usize) -> Result<Vec<u8>, Miss> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Miss::Absent,
        _ => Miss::Corrupt(error.to_string()),
    };
    let file = File::open(path).map_err(failed)?;
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut octets = Vec::new();
    file.take(bound).read_to_end(&mut octets).map_err(failed)?;
    if octets.len() > limit { Err(Miss::TooLarge) } else { Ok(octets) }
}

/// Writes a file so that it is there as a whole or not at all.
fn write_file(folder: &Path, name: &str, octets: &[u8]) -> io::Result<()> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    fs::create_dir_all(folder)?;
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!("{name}.{}-{count}.tmp", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
    let result = file.write_all(octets).and_then(|()| {
        drop(file);
        fs::rename(&temporary, folder.join(name))
    });
    if result.is_err() {
        // the first error is the one to tell
        let _ = fs::remove_file(&temporary);
    }
    result
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
