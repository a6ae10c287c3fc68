//! The caches of a machine: `Content` and `MetaData` of each profile, put together.

use std::collections::BTreeMap;
use std::fmt;

use super::{UrlCacheEntry, UrlCacheObject, file_name};
use crate::base::digest::{sha1, sha256};
use crate::format::collection::{Account, MemberPath};
use crate::format::error::FormatError;
use crate::format::{Kind, detect};

/// A cache: one `CryptnetUrlCache`, or a folder of files that have the names of its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlCacheFolder {
    /// Where it lies.
    pub path: String,
    /// Whose it is, as far as the path tells.
    pub account: Option<Account>,
    /// Its entries, by name.
    pub files: Vec<UrlCacheFile>,
}

/// One entry: what was retrieved, and what is said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UrlCacheFile {
    /// The name both files have, in upper case.
    pub name: String,
    /// What the file in `MetaData` says, if there is one and it can be read.
    pub metadata: Option<UrlCacheEntry>,
    /// The file in `Content`, if there is one.
    pub content: Option<UrlCacheContent>,
    /// What does not fit.
    pub findings: Vec<UrlCacheFinding>,
}

/// A file of `Content`, without its octets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlCacheContent {
    /// Where it lies.
    pub path: String,
    /// Its length in octets.
    pub size: u64,
    /// What it is, by its octets.
    pub kind: Kind,
    /// SHA-1 of its octets.
    pub sha1: [u8; 20],
    /// SHA-256 of its octets.
    pub sha256: [u8; 32],
}

/// What is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlCacheFinding {
    /// There is content and nothing that says where it came from.
    NoMetadata,
    /// There is metadata and no content.
    NoContent,
    /// The file in `MetaData` cannot be read.
    MetadataUnreadable(FormatError),
    /// The name is not that of the address (MD5 of its UTF-16LE form).
    NameOfAnotherUrl {
        /// What the address's files are called.
        expected: String,
    },
    /// The content has fewer octets than the metadata say.
    ContentShorter {
        /// What the metadata say.
        expected: u64,
        /// What there is.
        found: u64,
    },
    /// The content has more octets than the metadata say.
    ContentLonger {
        /// What the metadata say.
        expected: u64,
        /// What there is.
        found: u64,
    },
    /// The content is a page for people: a proxy's or a captive portal's.
    HtmlPage,
    /// The content has no octets: the retrieval failed.
    Empty,
    /// The content is not what the metadata call it.
    OtherKind {
        /// What the metadata call it.
        expected: UrlCacheObject,
        /// What it is.
        found: Kind,
    },
    /// The content or the metadata are damaged in the collection they came from.
    Damaged(FormatError),
}

impl fmt::Display for UrlCacheFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMetadata => f.write_str("content without metadata: where it came from is lost"),
            Self::NoContent => f.write_str("metadata without content"),
            Self::MetadataUnreadable(error) => write!(f, "the metadata cannot be read: {error}"),
            Self::NameOfAnotherUrl { expected } => {
                write!(f, "the name is not this address's, which is {expected}")
            }
            Self::ContentShorter { expected, found } => {
                write!(f, "the content has {found} octets, fewer than the metadata's {expected}")
            }
            Self::ContentLonger { expected, found } => {
                write!(f, "the content has {found} octets, more than the metadata's {expected}")
            }
            Self::HtmlPage => {
                f.write_str("the content is an HTML page, as proxies and captive portals give")
            }
            Self::Empty => f.write_str("the content is empty: the retrieval failed"),
            Self::OtherKind { expected, found } => {
                write!(f, "the content is no {expected}; it begins as: {found}")
            }
            Self::Damaged(error) => write!(f, "a file of it is damaged in the collection: {error}"),
        }
    }
}

impl fmt::Display for UrlCacheObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("object of no stated kind"),
            Self::Blob => f.write_str("blob"),
            Self::Crl => f.write_str("CRL"),
            Self::Ocsp => f.write_str("OCSP response"),
            Self::AuthRootCab => f.write_str("cabinet of the list of roots"),
            Self::DisallowedCab => f.write_str("cabinet of the list of distrusted certificates"),
            Self::PinRulesCab => f.write_str("cabinet of the pin rules"),
            Self::Other(number) => write!(f, "object of kind {number}, which is not documented"),
        }
    }
}

/// Which half of an entry a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Content,
    Metadata,
}

/// Entries that are kept of one collection: Windows removes them long before.
pub const MAX_ENTRIES: usize = 65_536;

/// Puts caches together from files that come in any order.
#[derive(Debug, Default)]
pub struct UrlCacheCollector {
    folders: BTreeMap<String, UrlCacheFolderParts>,
    entries: usize,
    left_out: usize,
}

#[derive(Debug)]
struct UrlCacheFolderParts {
    path: String,
    account: Option<Account>,
    files: BTreeMap<String, UrlCacheFile>,
}

impl UrlCacheCollector {
    /// Takes a file if it is one of a cache: it lies in `Content` or `MetaData`, or is metadata by
    /// its octets, or has a name of the cache's form. Says whether it is.
    ///
    /// Octets are looked at and not kept.
    pub fn add(&mut self, path: &MemberPath, octets: &[u8], damage: Option<&FormatError>) -> bool {
        let name = path.name().to_ascii_uppercase();
        let kind = detect(octets);
        let Some((folder, half)) = place(path, &name, kind) else { return false };
        let key = folder.to_lowercase();
        let known = self.folders.get(&key).is_some_and(|found| found.files.contains_key(&name));
        if !known && self.entries >= MAX_ENTRIES {
            self.left_out += 1;
            return true;
        }
        self.entries += usize::from(!known);
        let parts = self.folders.entry(key).or_insert_with(|| UrlCacheFolderParts {
            path: folder,
            account: path.account(),
            files: BTreeMap::new(),
        });
        let file = parts.files.entry(name.clone()).or_default();
        file.name = name;
        file.findings.extend(damage.cloned().map(UrlCacheFinding::Damaged));
        match half {
            Half::Metadata => match UrlCacheEntry::from_octets(octets) {
                Ok(entry) => file.metadata = Some(entry),
                Err(error) => file.findings.push(UrlCacheFinding::MetadataUnreadable(error)),
            },
            Half::Content => {
                file.content = Some(UrlCacheContent {
                    path: path.to_string(),
                    size: octets.len() as u64,
                    kind,
                    sha1: sha1(octets),
                    sha256: sha256(octets),
                });
            }
        }
        true
    }

    /// How many files were left out because there were more entries than [`MAX_ENTRIES`].
    #[must_use]
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// The caches, by path, each entry with what does not fit.
    #[must_use]
    pub fn finish(self) -> Vec<UrlCacheFolder> {
        let folder = |parts: UrlCacheFolderParts| UrlCacheFolder {
            path: parts.path,
            account: parts.account,
            files: parts.files.into_values().map(UrlCacheFile::judged).collect(),
        };
        self.folders.into_values().map(folder).collect()
    }
}

impl UrlCacheFolder {
    /// Puts caches together, see [`UrlCacheCollector`].
    #[must_use]
    pub fn collect<'a>(files: impl IntoIterator<Item = (&'a MemberPath, &'a [u8])>) -> Vec<Self> {
        let mut collector = UrlCacheCollector::default();
        for (path, octets) in files {
            collector.add(path, octets, None);
        }
        collector.finish()
    }
}

impl UrlCacheFile {
    /// The address, if it is known.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.metadata.as_ref().map(|entry| entry.url.as_str())
    }

    /// Compares the two halves and the name.
    fn judged(mut self) -> Self {
        let mut found = Vec::new();
        let unreadable =
            |finding: &UrlCacheFinding| matches!(finding, UrlCacheFinding::MetadataUnreadable(_));
        match (&self.metadata, &self.content) {
            (None, Some(_)) if !self.findings.iter().any(unreadable) => {
                found.push(UrlCacheFinding::NoMetadata);
            }
            (_, None) => found.push(UrlCacheFinding::NoContent),
            _ => {}
        }
        if let Some(entry) = &self.metadata {
            found.extend(name_finding(&self.name, &entry.url));
        }
        if let Some(content) = &self.content {
            if let Some(entry) = &self.metadata {
                found.extend(size_finding(entry, content));
            }
            match content.kind {
                Kind::Html => found.push(UrlCacheFinding::HtmlPage),
                Kind::Empty => found.push(UrlCacheFinding::Empty),
                _ => found.extend(self.metadata.as_ref().and_then(|e| kind_finding(e, content))),
            }
        }
        self.findings.extend(found);
        self
    }
}

fn name_finding(name: &str, url: &str) -> Option<UrlCacheFinding> {
    let expected = file_name(url);
    let own = name.rsplit('_').next().unwrap_or(name);
    (own != expected).then_some(UrlCacheFinding::NameOfAnotherUrl { expected })
}

fn size_finding(entry: &UrlCacheEntry, content: &UrlCacheContent) -> Option<UrlCacheFinding> {
    let (expected, found) = (u64::from(entry.content_size), content.size);
    match found.cmp(&expected) {
        std::cmp::Ordering::Less => Some(UrlCacheFinding::ContentShorter { expected, found }),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(UrlCacheFinding::ContentLonger { expected, found }),
    }
}

fn kind_finding(entry: &UrlCacheEntry, content: &UrlCacheContent) -> Option<UrlCacheFinding> {
    let fits = match entry.object {
        UrlCacheObject::AuthRootCab
        | UrlCacheObject::DisallowedCab
        | UrlCacheObject::PinRulesCab => content.kind == Kind::Cabinet,
        // servers send CRLs in PEM and base64 too, and PKCS #7 with CRLs
        UrlCacheObject::Crl => {
            matches!(content.kind, Kind::Crl | Kind::Pem | Kind::Base64 | Kind::SignedData)
        }
        UrlCacheObject::Ocsp => content.kind == Kind::OcspResponse,
        UrlCacheObject::None | UrlCacheObject::Blob | UrlCacheObject::Other(_) => true,
    };
    let (expected, found) = (entry.object, content.kind);
    (!fits).then_some(UrlCacheFinding::OtherKind { expected, found })
}

/// Which cache a file belongs to, and as what.
fn place(path: &MemberPath, name: &str, kind: Kind) -> Option<(String, Half)> {
    let text = path.to_string();
    let folder = text.rsplit_once(['/', '\\']).map_or("", |(folder, _)| folder);
    let (above, last) = folder.rsplit_once(['/', '\\']).unwrap_or(("", folder));
    let half = match last.to_ascii_lowercase().as_str() {
        "content" => Some(Half::Content),
        "metadata" => Some(Half::Metadata),
        _ => None,
    };
    let in_cache = above.to_ascii_lowercase().ends_with("cryptneturlcache");
    match half {
        Some(half) if in_cache || is_cache_name(name) => Some((above.to_owned(), half)),
        _ if kind == Kind::UrlCacheMetadata => Some((folder.to_owned(), Half::Metadata)),
        _ => None,
    }
}

/// `<MD5>` or `<MD5>_<MD5>`.
fn is_cache_name(name: &str) -> bool {
    let is_md5 = |part: &str| part.len() == 32 && part.bytes().all(|b| b.is_ascii_hexdigit());
    name.split_once('_')
        .map_or_else(|| is_md5(name), |(first, second)| is_md5(first) && is_md5(second))
}

#[cfg(test)]
mod tests {
    use super::super::ocsp_file_name;
    use super::*;

    const URL: &str = "http://a.example/list.cab";
    const CABINET: &[u8] = b"MSCF....";

    fn entry(url: &str, object: UrlCacheObject, size: usize) -> Vec<u8> {
        UrlCacheEntry::new(url, object, u32::try_from(size).unwrap()).to_octets().unwrap()
    }

    fn collect(files: &[(String, Vec<u8>)]) -> Vec<UrlCacheFolder> {
        let paths: Vec<_> =
            files.iter().map(|(name, _)| MemberPath::new("in.zip").member(name)).collect();
        UrlCacheFolder::collect(paths.iter().zip(files.iter().map(|(_, octets)| octets.as_slice())))
    }

    fn in_cache(profile: &str, half: &str, name: &str) -> String {
        format!("{profile}/AppData/LocalLow/Microsoft/CryptnetUrlCache/{half}/{name}")
    }

    /// One entry's findings.
    fn findings(
        name: &str,
        metadata: Option<Vec<u8>>,
        content: Option<&[u8]>,
    ) -> Vec<UrlCacheFinding> {
        let mut files = Vec::new();
        files.extend(metadata.map(|octets| (in_cache("C/Users/bob", "MetaData", name), octets)));
        files.extend(
            content.map(|octets| (in_cache("C/Users/bob", "Content", name), octets.to_vec())),
        );
        let mut folders = collect(&files);
        assert_eq!((folders.len(), folders[0].files.len()), (1, 1));
        folders.remove(0).files.remove(0).findings
    }

    #[test]
    fn halves_are_put_together_for_each_profile() {
        let name = file_name(URL);
        let ocsp = "http://ocsp.example/request";
        let ocsp_name = ocsp_file_name(b"points", ocsp);
        let metadata = entry(URL, UrlCacheObject::AuthRootCab, CABINET.len());
        let system = "C/Windows/System32/config/systemprofile";
        let folders = collect(&[
            (in_cache("C/Users/bob", "Content", &name.to_lowercase()), CABINET.to_vec()),
            (in_cache(system, "MetaData", &name), metadata.clone()),
            (in_cache("C/Users/bob", "MetaData", &name), metadata),
            (in_cache(system, "Content", &name), CABINET.to_vec()),
            (in_cache(system, "MetaData", &ocsp_name), entry(ocsp, UrlCacheObject::Ocsp, 5)),
            (in_cache(system, "Content", &ocsp_name), b"\x30\x03\x0a\x01\x06".to_vec()),
            ("C/Users/bob/other".to_owned(), b"not of a cache".to_vec()),
        ]);
        let accounts: Vec<_> = folders.iter().map(|folder| folder.account.clone()).collect();
        let bob = Account::User("bob".to_owned());
        assert_eq!(accounts, [Some(bob), Some(Account::System)]);
        assert!(folders[0].path.ends_with("bob/AppData/LocalLow/Microsoft/CryptnetUrlCache"));
        assert_eq!((folders[0].files.len(), folders[1].files.len()), (1, 2));
        for file in folders.iter().flat_map(|folder| &folder.files) {
            assert!(file.findings.is_empty(), "{file:?}");
            assert!(file.url().is_some() && file.content.is_some());
        }
        assert_eq!(folders[0].files[0].content.as_ref().unwrap().sha1, sha1(CABINET));
    }

    #[test]
    fn every_mismatch_has_its_name() {
        use UrlCacheFinding as F;
        let name = file_name(URL);
        let cab = |size| Some(entry(URL, UrlCacheObject::AuthRootCab, size));
        assert_eq!(findings(&name, cab(8), None), [F::NoContent]);
        assert_eq!(findings(&name, None, Some(CABINET)), [F::NoMetadata]);
        let shorter = F::ContentShorter { expected: 9, found: 8 };
        assert_eq!(findings(&name, cab(9), Some(CABINET)), [shorter]);
        let longer = F::ContentLonger { expected: 7, found: 8 };
        assert_eq!(findings(&name, cab(7), Some(CABINET)), [longer]);
        assert_eq!(findings(&name, cab(6), Some(b"<html>")), [F::HtmlPage]);
        assert_eq!(findings(&name, cab(0), Some(b"")), [F::Empty]);
        let other = F::OtherKind { expected: UrlCacheObject::AuthRootCab, found: Kind::Unknown };
        assert_eq!(findings(&name, cab(4), Some(b"junk")), [other]);
        let renamed = findings(&"0".repeat(32), cab(8), Some(CABINET));
        assert_eq!(renamed, [F::NameOfAnotherUrl { expected: name.clone() }]);
        let cut = entry(URL, UrlCacheObject::Blob, 8)[..100].to_vec();
        let unreadable = findings(&name, Some(cut), Some(CABINET));
        assert!(matches!(unreadable.as_slice(), [F::MetadataUnreadable(_)]), "{unreadable:?}");
        for finding in renamed.iter().chain(&unreadable) {
            assert!(finding.to_string().len() > 20);
        }
    }

    #[test]
    fn files_outside_a_cache_are_known_by_name_or_octets() {
        let name = file_name(URL);
        let metadata = entry(URL, UrlCacheObject::Blob, 3);
        let folders = collect(&[
            (format!("copied/Content/{name}"), b"abc".to_vec()),
            (format!("copied/MetaData/{name}"), metadata.clone()),
            ("site/Content/index".to_owned(), b"<html>".to_vec()),
            ("loose.bin".to_owned(), metadata),
        ]);
        assert_eq!(folders.len(), 2);
        assert!(folders[0].path.ends_with("copied") || folders[1].path.ends_with("copied"));
        let loose = folders.iter().flat_map(|f| &f.files).find(|f| f.name == "LOOSE.BIN").unwrap();
        assert_eq!(loose.findings[0], UrlCacheFinding::NoContent);
    }
}
