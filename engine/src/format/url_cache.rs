//! CryptnetUrlCache: the files in which Windows keeps what it retrieved.
//!
//! A cache is two folders. `Content` holds the octets as they came, `MetaData` a file of the same
//! name that says where they came from and how long they hold (reference, auto-root-update 8).
//!
//! ```text
//! 0x00 u32 0x70                  0x18 u32 40                 0x40 u32 16
//! 0x04 u32 0x20020101            0x1c u32 object type        0x44 u32 exempt seconds
//! 0x08 u32 1                     0x20 u32 error              0x48 FILETIME expire time
//! 0x0c u32 octets of the URL     0x24 u32 reserved           0x50 u32 32
//! 0x10 FILETIME last sync        0x28 FILETIME this update   0x54 u16 response type, u16 flags
//! 0x6c u32 0                     0x30 FILETIME next update   0x58 FILETIME last modified
//! 0x70 u32 octets of the content 0x38 FILETIME publish       0x60 u32 max-age
//! 0x74 URL, then entity tag: UTF-16LE with NUL               0x64 u32 octets of the tag, u32 proxy
//! ```

mod folder;

pub use folder::{
    MAX_ENTRIES, UrlCacheCollector, UrlCacheContent, UrlCacheFile, UrlCacheFinding, UrlCacheFolder,
};

use super::error::{FormatError, FormatErrorKind};
use super::octets::{size, slice_at, u16_at, u32_at};
use crate::base::digest::{hex, md5};
use crate::base::time::Time;

/// Octets a metadata file may have. The longest addresses seen, of OCSP requests, have some
/// hundred characters; WinINet's own limit is 2,083.
pub const MAX_METADATA_OCTETS: usize = 64 << 10;

/// dwExemptSeconds of an entry that is never flushed (observed for trust lists).
pub const EXEMPT_FOREVER: u32 = u32::MAX;

/// CRYPTNET_URL_CACHE_RESPONSE_VALIDATED: the server said that the content had not changed.
pub const RESPONSE_VALIDATED: u16 = 0x8000;

const HEADER_SIZE: u32 = 0x70;
const VERSION: u32 = 0x2002_0101;
const PRE_FETCH_SIZE: u32 = 40;
const FLUSH_SIZE: u32 = 16;
const RESPONSE_SIZE: u32 = 32;
const URL_OFFSET: usize = 0x74;

/// dwObjectType: what the content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlCacheObject {
    /// CRYPTNET_URL_CACHE_PRE_FETCH_NONE
    None,
    /// CRYPTNET_URL_CACHE_PRE_FETCH_BLOB: certificates, for one.
    Blob,
    /// CRYPTNET_URL_CACHE_PRE_FETCH_CRL
    Crl,
    /// CRYPTNET_URL_CACHE_PRE_FETCH_OCSP
    Ocsp,
    /// CRYPTNET_URL_CACHE_PRE_FETCH_AUTOROOT_CAB
    AuthRootCab,
    /// CRYPTNET_URL_CACHE_PRE_FETCH_DISALLOWED_CERT_CAB
    DisallowedCab,
    /// CRYPTNET_URL_CACHE_PRE_FETCH_PIN_RULES_CAB
    PinRulesCab,
    /// A number that is not documented.
    Other(u32),
}

/// A metadata file. A time of zero, which says that there is none, is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlCacheEntry {
    /// The address the content was retrieved from.
    pub url: String,
    /// LastSyncTime: when the content was retrieved, or last seen to be unchanged.
    pub last_sync: Option<Time>,
    /// What the content is.
    pub object: UrlCacheObject,
    /// dwError of the last pre-fetch, a Win32 code: 0 before it, 4350 ERROR_FILE_OFFLINE if the
    /// content was unchanged, 13 ERROR_INVALID_DATA if it was no good (documented).
    pub error: u32,
    /// ThisUpdate of the content.
    pub this_update: Option<Time>,
    /// NextUpdate of the content; of trust lists, when to ask again.
    pub next_update: Option<Time>,
    /// PublishTime: from when a pre-fetch finds a newer content.
    pub publish: Option<Time>,
    /// When the entry may be removed.
    pub flush: FlushInfo,
    /// What the server said.
    pub response: ResponseInfo,
    /// Octets the content file has.
    pub content_size: u32,
}

/// CRYPTNET_URL_CACHE_FLUSH_INFO
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FlushInfo {
    /// dwExemptSeconds: how long the entry stays behind its time. 0: the system's default;
    /// [`EXEMPT_FOREVER`].
    pub exempt_seconds: u32,
    /// ExpireTime
    pub expire_time: Option<Time>,
}

/// CRYPTNET_URL_CACHE_RESPONSE_INFO
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseInfo {
    /// wResponseType: 0 none, 1 HTTP.
    pub response_type: u16,
    /// wResponseFlags, see [`RESPONSE_VALIDATED`].
    pub flags: u16,
    /// Last-Modified
    pub last_modified: Option<Time>,
    /// max-age of Cache-Control, seconds; 0 if there was none.
    pub max_age: u32,
    /// ETag, with its quotes.
    pub etag: Option<String>,
    /// dwProxyId
    pub proxy_id: u32,
}

impl UrlCacheEntry {
    /// An entry about content of `content_size` octets from `url`, about which nothing else is
    /// known.
    #[must_use]
    pub fn new(url: impl Into<String>, object: UrlCacheObject, content_size: u32) -> Self {
        Self {
            url: url.into(),
            last_sync: None,
            object,
            error: 0,
            this_update: None,
            next_update: None,
            publish: None,
            flush: FlushInfo::default(),
            response: ResponseInfo::default(),
            content_size,
        }
    }

    /// Reads a metadata file.
    ///
    /// # Errors
    /// If it is none (sizes and version are checked, so that a content file is not taken for one),
    /// is cut short, is longer than it says or than [`MAX_METADATA_OCTETS`], or its text is no
    /// UTF-16 with a NUL at the end.
    pub fn from_octets(octets: &[u8]) -> Result<Self, FormatError> {
        if octets.len() > MAX_METADATA_OCTETS {
            return Err(malformed("URL cache metadata of this length", 0));
        }
        for (offset, expected) in [
            (0x00, HEADER_SIZE),
            (0x04, VERSION),
            (0x18, PRE_FETCH_SIZE),
            (0x40, FLUSH_SIZE),
            (0x50, RESPONSE_SIZE),
        ] {
            if number(octets, offset)? != expected {
                return Err(malformed("not a URL cache's metadata", offset));
            }
        }
        let url_length = size(number(octets, 0x0c)?);
        let etag_length = size(number(octets, 0x64)?);
        let etag_offset = URL_OFFSET.saturating_add(url_length);
        let url = text(octets, URL_OFFSET, url_length)?;
        let etag = match etag_length {
            0 => None,
            length => Some(text(octets, etag_offset, length)?),
        };
        let end = etag_offset.saturating_add(etag_length);
        if octets.len() > end {
            let trailing = FormatErrorKind::Trailing(octets.len() - end);
            return Err(FormatError::new(trailing, end));
        }
        Ok(Self {
            url,
            last_sync: time(octets, 0x10)?,
            object: UrlCacheObject::from_number(number(octets, 0x1c)?),
            error: number(octets, 0x20)?,
            this_update: time(octets, 0x28)?,
            next_update: time(octets, 0x30)?,
            publish: time(octets, 0x38)?,
            flush: FlushInfo {
                exempt_seconds: number(octets, 0x44)?,
                expire_time: time(octets, 0x48)?,
            },
            response: ResponseInfo {
                response_type: short(octets, 0x54)?,
                flags: short(octets, 0x56)?,
                last_modified: time(octets, 0x58)?,
                max_age: number(octets, 0x60)?,
                etag,
                proxy_id: number(octets, 0x68)?,
            },
            content_size: number(octets, 0x70)?,
        })
    }

    /// The metadata file.
    ///
    /// # Errors
    /// If it would be longer than [`MAX_METADATA_OCTETS`], or the address or the entity tag
    /// contains a NUL.
    pub fn to_octets(&self) -> Result<Vec<u8>, FormatError> {
        let url = encode_text(&self.url)?;
        let etag = self.response.etag.as_deref().map(encode_text).transpose()?.unwrap_or_default();
        let too_long = || malformed("URL cache metadata of this length", URL_OFFSET);
        if URL_OFFSET + url.len() + etag.len() > MAX_METADATA_OCTETS {
            return Err(too_long());
        }
        let length = |octets: &[u8]| u32::try_from(octets.len()).map_err(|_| too_long());
        let mut file = Vec::with_capacity(URL_OFFSET + url.len() + etag.len());
        for field in [HEADER_SIZE, VERSION, 1, length(&url)?] {
            file.extend(field.to_le_bytes());
        }
        file.extend(ticks(self.last_sync));
        for field in [PRE_FETCH_SIZE, self.object.number(), self.error, 0] {
            file.extend(field.to_le_bytes());
        }
        for field in [self.this_update, self.next_update, self.publish] {
            file.extend(ticks(field));
        }
        for field in [FLUSH_SIZE, self.flush.exempt_seconds] {
            file.extend(field.to_le_bytes());
        }
        file.extend(ticks(self.flush.expire_time));
        file.extend(RESPONSE_SIZE.to_le_bytes());
        file.extend(self.response.response_type.to_le_bytes());
        file.extend(self.response.flags.to_le_bytes());
        file.extend(ticks(self.response.last_modified));
        let proxy = self.response.proxy_id;
        for field in [self.response.max_age, length(&etag)?, proxy, 0, self.content_size] {
            file.extend(field.to_le_bytes());
        }
        file.extend(url);
        file.extend(etag);
        Ok(file)
    }
}

impl UrlCacheObject {
    /// From dwObjectType.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        match number {
            0 => Self::None,
            1 => Self::Blob,
            2 => Self::Crl,
            3 => Self::Ocsp,
            5 => Self::AuthRootCab,
            6 => Self::DisallowedCab,
            7 => Self::PinRulesCab,
            other => Self::Other(other),
        }
    }

    /// dwObjectType
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Blob => 1,
            Self::Crl => 2,
            Self::Ocsp => 3,
            Self::AuthRootCab => 5,
            Self::DisallowedCab => 6,
            Self::PinRulesCab => 7,
            Self::Other(number) => number,
        }
    }
}

/// The name of an address's files: MD5 of the UTF-16LE address in upper-case hexadecimal
/// (observed).
#[must_use]
pub fn file_name(url: &str) -> String {
    hex(&md5(&utf16(url))).to_ascii_uppercase()
}

/// What the names of OCSP responses begin with, for all certificates of one issuer that have the
/// same crlDistributionPoints: MD5 of that extension's value (observed). It is unknown for a
/// certificate without the extension.
#[must_use]
pub fn ocsp_prefix(distribution_points: &[u8]) -> String {
    hex(&md5(distribution_points)).to_ascii_uppercase()
}

/// The name of the files of an OCSP response: the [prefix](ocsp_prefix), `_` and the name of the
/// full address, that of the GET with the request in its path (observed).
#[must_use]
pub fn ocsp_file_name(distribution_points: &[u8], get_url: &str) -> String {
    format!("{}_{}", ocsp_prefix(distribution_points), file_name(get_url))
}

fn malformed(what: &'static str, offset: usize) -> FormatError {
    FormatError::new(FormatErrorKind::Malformed(what), offset)
}

fn cut_short(offset: usize) -> FormatError {
    malformed("URL cache metadata is cut short", offset)
}

fn number(octets: &[u8], offset: usize) -> Result<u32, FormatError> {
    u32_at(octets, offset).ok_or_else(|| cut_short(offset))
}

fn short(octets: &[u8], offset: usize) -> Result<u16, FormatError> {
    u16_at(octets, offset).ok_or_else(|| cut_short(offset))
}

fn time(octets: &[u8], offset: usize) -> Result<Option<Time>, FormatError> {
    let field = slice_at(octets, offset, 8).and_then(|field| <[u8; 8]>::try_from(field).ok());
    let time = Time::from_filetime_octets(field.ok_or_else(|| cut_short(offset))?);
    Ok(Some(time).filter(|time| time.filetime() != 0))
}

fn ticks(time: Option<Time>) -> [u8; 8] {
    time.map_or(0, Time::filetime).to_le_bytes()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn text(octets: &[u8], offset: usize, length: usize) -> Result<String, FormatError> {
    let field = slice_at(octets, offset, length).ok_or_else(|| cut_short(offset))?;
    let bad = || malformed("text is not UTF-16 with a NUL at its end", offset);
    let (pairs, []) = field.as_chunks::<2>() else { return Err(bad()) };
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    match units.split_last() {
        Some((0, units)) if !units.contains(&0) => String::from_utf16(units).map_err(|_| bad()),
        _ => Err(bad()),
    }
}

fn encode_text(text: &str) -> Result<Vec<u8>, FormatError> {
    if text.contains('\0') {
        return Err(malformed("a NUL within the text", URL_OFFSET));
    }
    Ok([utf16(text), vec![0, 0]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str =
        "http://ctldl.windowsupdate.com/msdownload/update/v3/static/trustedr/en/authrootstl.cab";

    fn entry() -> UrlCacheEntry {
        UrlCacheEntry {
            last_sync: Some(Time::from_filetime(0x01d7_0000_0000_0001)),
            this_update: Some(Time::from_filetime(2)),
            next_update: Some(Time::from_filetime(3)),
            publish: Some(Time::from_filetime(4)),
            error: 4350,
            flush: FlushInfo {
                exempt_seconds: EXEMPT_FOREVER,
                expire_time: Some(Time::from_filetime(5)),
            },
            response: ResponseInfo {
                response_type: 1,
                flags: RESPONSE_VALIDATED,
                last_modified: Some(Time::from_filetime(6)),
                max_age: 900,
                etag: Some("\"a1\"".to_owned()),
                proxy_id: 7,
            },
            ..UrlCacheEntry::new("http://a/b", UrlCacheObject::AuthRootCab, 0x0001_e240)
        }
    }

    /// The names these two addresses have in every Windows cache.
    #[test]
    fn names() {
        assert_eq!(file_name(URL), "77EC63BDA74BD0D0E0426DC8F8008506");
        let old = URL.replace("ctldl.", "www.download.");
        assert_eq!(file_name(&old), "94308059B57B3142E455B38A6EB92015");
        // MD5 of "abc" from RFC 1321
        let prefix = "900150983CD24FB0D6963F7D28E17F72";
        assert_eq!(ocsp_prefix(b"abc"), prefix);
        let name = format!("{prefix}_77EC63BDA74BD0D0E0426DC8F8008506");
        assert_eq!(ocsp_file_name(b"abc", URL), name);
    }

    /// Every field at the offset the reference gives it.
    #[test]
    fn layout() {
        let file = entry().to_octets().unwrap();
        let at = |offset: usize, length: usize| {
            let mut field = [0; 8];
            field[..length].copy_from_slice(&file[offset..offset + length]);
            u64::from_le_bytes(field)
        };
        let fields = [
            (0x00, 4, 0x70),
            (0x04, 4, 0x2002_0101),
            (0x08, 4, 1),
            (0x0c, 4, 22),
            (0x10, 8, 0x01d7_0000_0000_0001),
            (0x18, 4, 40),
            (0x1c, 4, 5),
            (0x20, 4, 4350),
            (0x24, 4, 0),
            (0x28, 8, 2),
            (0x30, 8, 3),
            (0x38, 8, 4),
            (0x40, 4, 16),
            (0x44, 4, 0xffff_ffff),
            (0x48, 8, 5),
            (0x50, 4, 32),
            (0x54, 2, 1),
            (0x56, 2, 0x8000),
            (0x58, 8, 6),
            (0x60, 4, 900),
            (0x64, 4, 10),
            (0x68, 4, 7),
            (0x6c, 4, 0),
            (0x70, 4, 0x0001_e240),
        ];
        for (offset, length, value) in fields {
            assert_eq!(at(offset, length), value, "field at {offset:#x}");
        }
        assert_eq!(&file[0x74..0x74 + 22], b"h\0t\0t\0p\0:\0/\0/\0a\0/\0b\0\0\0");
        assert_eq!(&file[0x8a..], b"\"\0a\x001\0\"\0\0\0");
        assert_eq!(super::super::detect(&file), super::super::Kind::UrlCacheMetadata);
    }

    #[test]
    fn what_is_written_is_read() {
        let bare = UrlCacheEntry::new("http://a/\u{1f512}", UrlCacheObject::Other(9), 0);
        for entry in [entry(), bare] {
            let file = entry.to_octets().unwrap();
            assert_eq!(UrlCacheEntry::from_octets(&file).unwrap(), entry);
            for length in 0..file.len() {
                assert!(UrlCacheEntry::from_octets(&file[..length]).is_err(), "{length} octets");
            }
        }
        for number in 0..9 {
            assert_eq!(UrlCacheObject::from_number(number).number(), number);
        }
    }

    #[test]
    fn wrong_files_are_refused() {
        let good = entry().to_octets().unwrap();
        let error_at = |offset: usize, value: u8| {
            let mut file = good.clone();
            file[offset] = value;
            UrlCacheEntry::from_octets(&file).unwrap_err()
        };
        for offset in [0x00, 0x04, 0x18, 0x40, 0x50] {
            let error = error_at(offset, 0xee);
            assert_eq!(error, malformed("not a URL cache's metadata", offset));
        }
        assert_eq!(error_at(0x0f, 0xff), cut_short(0x74), "a URL of 4 GiB");
        assert_eq!(error_at(0x67, 0xff), cut_short(0x8a), "an entity tag of 4 GiB");
        let no_text = malformed("text is not UTF-16 with a NUL at its end", 0x74);
        assert_eq!(error_at(0x0c, 21), no_text, "half a character");
        assert_eq!(error_at(0x0c, 0), no_text, "no URL");
        assert_eq!(error_at(0x75, 0xd8), no_text, "a lone surrogate");
        assert_eq!(error_at(0x88, 1), no_text, "no NUL");
        let longer = [good.as_slice(), b"x"].concat();
        let trailing = FormatError::new(FormatErrorKind::Trailing(1), good.len());
        assert_eq!(UrlCacheEntry::from_octets(&longer).unwrap_err(), trailing);
        assert!(UrlCacheEntry::from_octets(&vec![0; MAX_METADATA_OCTETS + 1]).is_err());
        let long = UrlCacheEntry::new("x".repeat(40_000), UrlCacheObject::Blob, 0);
        assert!(long.to_octets().is_err());
        assert!(UrlCacheEntry::new("a\0b", UrlCacheObject::Blob, 0).to_octets().is_err());
    }
}
