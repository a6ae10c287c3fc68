//! What is this file? Told from its octets alone, never from its name.

use std::borrow::Cow;

use super::kind::{Kind, MessageType};
use super::octets::{size, u16_at, u32_at};
use super::text::{self, Text};
use super::{certutil_text, collection, efs_blob, hex_text, pkcs7, serialized_store};
use crate::base::der::{Reader, Tlv, tag};
use crate::base::oid;

/// How much of a text is looked at for what it begins with, in characters.
const TEXT_HEAD: usize = 4096;

/// The kind of a file, or [`Kind::Unknown`].
///
/// Looks at magic numbers, at the first values of a DER structure, at the first record headers of a
/// serialized element and at the beginning of a text; base64 without armour is decoded once. That
/// the rest of the file is sound is not said.
#[must_use]
pub fn detect(octets: &[u8]) -> Kind {
    if octets.is_empty() {
        return Kind::Empty;
    }
    match detect_binary(octets) {
        Kind::Unknown => detect_text(octets),
        kind => kind,
    }
}

/// [`detect`], for what base64 has given: not text again.
pub(super) fn detect_binary(octets: &[u8]) -> Kind {
    if let Some(kind) = by_magic(octets) {
        return kind;
    }
    if octets.first() == Some(&tag::SEQUENCE) {
        let kind = detect_der(octets);
        if kind != Kind::Unknown {
            return kind;
        }
    }
    if serialized_store::looks_like_element(octets) {
        return Kind::SerializedElement;
    }
    if efs_blob::looks_like(octets) {
        return Kind::EfsBlob;
    }
    Kind::Unknown
}

/// Magic numbers, most of them at the very beginning (reference, stores-and-formats 7).
const MAGIC: &[(&[u8], Kind)] = &[
    (b"ElfFile\0", Kind::EventLog),
    (b"\x30\x00\x00\x00LfLe", Kind::LegacyEventLog),
    (b"regf", Kind::RegistryHive),
    (b"PReg\x01\0\0\0", Kind::RegistryPolicy),
    (b"MSCF", Kind::Cabinet),
    (serialized_store::HEADER, Kind::SerializedStore),
    (b"\x70\0\0\0\x01\x01\x02\x20", Kind::UrlCacheMetadata),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::CompoundFile),
    (b"PK\x03\x04", Kind::Zip),
    (b"PK\x05\x06", Kind::Zip),
    (b"PKCX", Kind::AppxSignature),
    (b"\x1f\x8b\x08", Kind::TarGz),
];

fn by_magic(octets: &[u8]) -> Option<Kind> {
    if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| octets.starts_with(magic)) {
        return Some(*kind);
    }
    match () {
        () if is_pe(octets) => Some(Kind::Pe),
        () if is_tar(octets) => Some(Kind::Tar),
        () => None,
    }
}

/// A tar archive begins with a name; only its checksum, or the word ustar, tells it.
pub(super) fn is_tar(octets: &[u8]) -> bool {
    const MAGIC: std::ops::Range<usize> = 257..262;
    octets.get(MAGIC) == Some(b"ustar") || collection::has_tar_checksum(octets)
}

fn is_pe(octets: &[u8]) -> bool {
    const SIGNATURE: u32 = u32::from_le_bytes(*b"PE\0\0");
    u16_at(octets, 0) == Some(u16::from_le_bytes(*b"MZ"))
        && u32_at(octets, 0x3c).and_then(|offset| u32_at(octets, size(offset))) == Some(SIGNATURE)
}

fn detect_text(octets: &[u8]) -> Kind {
    let head = Text::head(octets, TEXT_HEAD);
    let start = head.octets.trim_ascii_start();
    let begins = |prefix: &str| {
        start.get(..prefix.len()).is_some_and(|s| s.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    let holds = |needle: &[u8]| text::find(&head.octets, needle).is_some();
    if begins("Windows Registry Editor") || begins("REGEDIT4") {
        return Kind::RegistryExport;
    }
    if begins("<!DOCTYPE html") || begins("<html") || begins("<head") || begins("<body") {
        return Kind::Html;
    }
    if begins("<") {
        return match () {
            () if holds(b"<html") || holds(b"<HTML") => Kind::Html,
            () if is_event_xml(&head) => Kind::EventXml,
            () => Kind::Unknown,
        };
    }
    if certutil_text::looks_like(octets) {
        return Kind::CertutilText;
    }
    if let Some(kind) = event_text(&head, start) {
        return kind;
    }
    if text::has_armour(octets) {
        return Kind::Pem;
    }
    if begins(text::HEX_PREFIX) {
        return Kind::AsciiHex;
    }
    if hex_text::decode(octets).is_some_and(|decoded| detect_binary(&decoded) != Kind::Unknown) {
        return Kind::AsciiHex;
    }
    match text::bare_base64(octets) {
        Some(decoded) if detect_binary(&decoded) != Kind::Unknown => Kind::Base64,
        _ => Kind::Unknown,
    }
}

/// The namespace of events.
const EVENT_SCHEMA: &[u8] = b"http://schemas.microsoft.com/win/2004/08/events/event";
/// What the data of CAPI2's own events begins with.
const CAPI2_DATA: [&[u8]; 6] = [
    b"<CertGet",
    b"<CertVerify",
    b"<CertRejected",
    b"<CryptRetrieveObject",
    b"<WinVerifyTrust",
    b"<X509Objects",
];

/// Text that begins as XML: an event, its data alone, or PowerShell's serialized objects with
/// either in them.
fn is_event_xml(head: &Text<'_>) -> bool {
    let holds = |needle: &[u8]| text::find(&head.octets, needle).is_some();
    holds(b"<Event") || holds(EVENT_SCHEMA) || CAPI2_DATA.iter().any(|data| holds(data))
}

/// Events as JSON, or within text (reference, capi2-events 6).
fn event_text(head: &Text<'_>, start: &[u8]) -> Option<Kind> {
    let holds = |needle: &[u8]| text::find(&head.octets, needle).is_some();
    let is_json = matches!(start.first(), Some(b'{' | b'[')) || start.starts_with(b"Record ");
    if is_json && holds(b"\"Event\"") && holds(b"\"System\"") {
        return Some(Kind::EventJson);
    }
    let is_copied = holds(b"Event ID:") && holds(b"Log Name:") && holds(b"Source:");
    let has_data = CAPI2_DATA.iter().any(|data| holds(data));
    (is_copied || has_data || (holds(b"<Event") && holds(EVENT_SCHEMA))).then_some(Kind::EventText)
}

/// Tells DER (and BER) structures apart by the types of their first values (reference,
/// stores-and-formats 7.1). Object identifiers may be empty: CAPI2 takes such certificates
/// (observed, wine-test-facts 14).
pub(super) fn detect_der(octets: &[u8]) -> Kind {
    match Reader::new(octets).expect(tag::SEQUENCE) {
        Ok(outer) => der_shape(&outer),
        Err(_) => Kind::Unknown,
    }
}

fn der_shape(outer: &Tlv<'_>) -> Kind {
    let shape = Shape::of(outer);
    const OID: u8 = tag::OBJECT_IDENTIFIER;
    const SEQ: u8 = tag::SEQUENCE;
    const INT: u8 = tag::INTEGER;
    let context = tag::context_constructed;
    match shape.tags() {
        [OID] => message_kind(outer),
        [OID, content] if *content == context(0) => message_kind(outer),
        [tag::ENUMERATED] => Kind::OcspResponse,
        [tag::ENUMERATED, bytes] if *bytes == context(0) => Kind::OcspResponse,
        [SEQ, SEQ, tag::BIT_STRING] => signed_kind(&shape),
        [INT, SEQ] | [INT, SEQ, SEQ] if shape.is_pfx() => Kind::Pfx,
        [INT, SEQ, tag::OCTET_STRING, ..] if shape.is_version(&[0, 1]) => match () {
            () if shape.nested_starts(1, OID) => Kind::PrivateKey,
            () => Kind::Unknown,
        },
        [SEQ, tag::OCTET_STRING] if shape.nested_starts(0, OID) => Kind::PrivateKey,
        [INT, tag::OCTET_STRING, ..] if shape.is_version(&[1]) => Kind::PrivateKey,
        [INT, INT, INT, INT, INT, INT, ..] if shape.is_version(&[0, 1]) => Kind::PrivateKey,
        [first, ..] if *first == context(0) || *first == context(1) => pair_or_unknown(&shape),
        [SEQ, SEQ] if shape.is_time_stamp_response() => Kind::TimeStampResponse,
        [SEQ, tag::BIT_STRING] if shape.nested_starts(0, OID) => Kind::PublicKey,
        [SEQ] => request_or_unknown(&shape),
        [SEQ, signature] if *signature == context(0) => request_or_unknown(&shape),
        _ if shape.is_tbs_certificate() => Kind::ToBeSignedCertificate,
        _ if shape.is_tbs_crl() => Kind::ToBeSignedCrl,
        _ if shape.is_bare_ctl() => Kind::BareCtl,
        _ => Kind::Unknown,
    }
}

/// SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING }: what is signed decides.
fn signed_kind(shape: &Shape<'_>) -> Kind {
    let Some(tbs) = shape.nested(0) else { return Kind::Unknown };
    if tbs.is_tbs_certificate() {
        Kind::Certificate
    } else if tbs.is_tbs_crl() {
        Kind::Crl
    } else if tbs.is_certification_request() {
        Kind::CertificateRequest
    } else {
        Kind::Unknown
    }
}

fn request_or_unknown(shape: &Shape<'_>) -> Kind {
    if shape.nested(0).is_some_and(|tbs| tbs.is_ocsp_tbs_request()) {
        Kind::OcspRequest
    } else if shape.is_time_stamp_response() {
        Kind::TimeStampResponse
    } else {
        Kind::Unknown
    }
}

/// Optional [0] and [1], each with a certificate (X.509, 11.2.3).
fn pair_or_unknown(shape: &Shape<'_>) -> Kind {
    let is_certificate = |index: usize| {
        let inner = shape.nested(index).filter(|explicit| explicit.tags() == [tag::SEQUENCE]);
        inner.and_then(|explicit| explicit.nested(0)).is_some_and(|certificate| {
            certificate.tags() == [tag::SEQUENCE, tag::SEQUENCE, tag::BIT_STRING]
                && signed_kind(&certificate) == Kind::Certificate
        })
    };
    let first = tag::context_constructed(0);
    match shape.tags() {
        [_] if is_certificate(0) => Kind::CertificatePair,
        [tag, second] if *tag == first && *second == tag::context_constructed(1) => {
            if is_certificate(0) && is_certificate(1) {
                Kind::CertificatePair
            } else {
                Kind::Unknown
            }
        }
        _ => Kind::Unknown,
    }
}

fn message_kind(outer: &Tlv<'_>) -> Kind {
    let Ok(message) = pkcs7::ContentInfo::read(outer) else { return Kind::Unknown };
    match message.message_type() {
        Some(MessageType::Signed) => match message.signed_content_type() {
            Ok(content) if content == oid::CTL.as_octets() => Kind::CertificateTrustList,
            Ok(_) => Kind::SignedData,
            Err(_) => Kind::Unknown,
        },
        Some(other) => Kind::OtherPkcs7(other),
        None => Kind::Unknown,
    }
}

/// The first values inside a SEQUENCE. More are not needed to tell any two kinds apart.
struct Shape<'a> {
    values: [Option<Tlv<'a>>; SHAPE_LENGTH],
    tags: [u8; SHAPE_LENGTH],
    length: usize,
    /// Whether these are all, and nothing behind them is malformed.
    is_whole: bool,
}

const SHAPE_LENGTH: usize = 10;

impl<'a> Shape<'a> {
    fn of(outer: &Tlv<'a>) -> Self {
        let mut shape = Self {
            values: [None; SHAPE_LENGTH],
            tags: [0; SHAPE_LENGTH],
            length: 0,
            is_whole: false,
        };
        let mut reader = outer.reader();
        let places = shape.values.iter_mut().zip(shape.tags.iter_mut());
        for (value_place, tag_place) in places {
            let value = match reader.next() {
                Ok(Some(value)) => value,
                Ok(None) => {
                    shape.is_whole = true;
                    break;
                }
                Err(_) => break,
            };
            *value_place = Some(value);
            *tag_place = value.tag;
            shape.length += 1;
        }
        shape
    }

    fn tags(&self) -> &[u8] {
        self.tags.get(..self.length).unwrap_or_default()
    }

    /// The tags behind an optional first value.
    fn tags_after(&self, optional: u8) -> &[u8] {
        match self.tags() {
            [first, rest @ ..] if *first == optional => rest,
            tags => tags,
        }
    }

    fn value(&self, index: usize) -> Option<&Tlv<'a>> {
        self.values.get(index).and_then(Option::as_ref)
    }

    /// The shape of the value at `index`, if it is constructed.
    fn nested(&self, index: usize) -> Option<Self> {
        self.value(index).filter(|value| value.tag & 0x20 != 0).map(Self::of)
    }

    fn nested_starts(&self, index: usize, tag: u8) -> bool {
        self.nested(index).is_some_and(|inner| inner.tags().first() == Some(&tag))
    }

    /// Whether the first value is one of these numbers.
    fn is_version(&self, versions: &[u8]) -> bool {
        self.value(0).is_some_and(|first| matches!(first.content, [v] if versions.contains(v)))
    }

    /// INTEGER 3, ContentInfo, optional MacData (RFC 7292 section 4).
    fn is_pfx(&self) -> bool {
        self.value(0).is_some_and(|version| version.content == [3])
            && self.nested(1).is_some_and(|info| {
                matches!(info.tags(), [tag::OBJECT_IDENTIFIER, content]
                    if *content == tag::context_constructed(0))
            })
    }

    /// Optional version, serial number, algorithm, issuer, validity, subject, key.
    fn is_tbs_certificate(&self) -> bool {
        const SEQ: u8 = tag::SEQUENCE;
        let version = usize::from(self.tags().first() == Some(&tag::context_constructed(0)));
        matches!(
            self.tags_after(tag::context_constructed(0)),
            [tag::INTEGER, SEQ, SEQ, SEQ, SEQ, SEQ, ..]
        ) && self.nested(version + 3).is_some_and(|validity| {
            matches!(validity.tags(), [first, second] if is_time(*first) && is_time(*second))
        })
    }

    /// Optional version, algorithm, issuer, this update.
    fn is_tbs_crl(&self) -> bool {
        let version = usize::from(self.tags().first() == Some(&tag::INTEGER));
        let algorithm_ok = || self.nested_starts(version, tag::OBJECT_IDENTIFIER);
        matches!(self.tags_after(tag::INTEGER),
            [tag::SEQUENCE, tag::SEQUENCE, time, ..] if is_time(*time))
            && algorithm_ok()
    }

    /// Version, subject, key, attributes (RFC 2986 section 4.1).
    fn is_certification_request(&self) -> bool {
        matches!(self.tags(), [tag::INTEGER, tag::SEQUENCE, tag::SEQUENCE, ..])
            && self
                .nested(2)
                .is_some_and(|key| matches!(key.tags(), [tag::SEQUENCE, tag::BIT_STRING]))
    }

    /// Optional version and requestor, then requests (RFC 6960 section 4.1.1).
    fn is_ocsp_tbs_request(&self) -> bool {
        let list = self.tags().iter().position(|t| *t == tag::SEQUENCE).filter(|i| *i <= 2);
        let certificate_id = list
            .and_then(|list| self.nested(list))
            .and_then(|requests| requests.nested(0))
            .and_then(|request| request.nested(0));
        certificate_id.is_some_and(|id| {
            id.tags() == [tag::SEQUENCE, tag::OCTET_STRING, tag::OCTET_STRING, tag::INTEGER]
        })
    }

    /// PKIStatusInfo, and the token unless the request was refused (RFC 3161 section 2.4.2).
    fn is_time_stamp_response(&self) -> bool {
        const GRANTED_WITH_MODS: u8 = 1;
        const LAST_STATUS: u8 = 5;
        let Some(status) = self.nested(0) else { return false };
        let is_text = |text: Self| text.tags().iter().all(|tag| *tag == tag::UTF8_STRING);
        let is_info = status.is_whole
            && self.is_whole
            && match status.tags() {
                [tag::INTEGER] | [tag::INTEGER, tag::BIT_STRING] => true,
                [tag::INTEGER, tag::SEQUENCE] | [tag::INTEGER, tag::SEQUENCE, tag::BIT_STRING] => {
                    status.nested(1).is_some_and(is_text)
                }
                _ => false,
            };
        let value = status.value(0).map(|status| status.content);
        match (self.tags(), value) {
            ([tag::SEQUENCE], Some([GRANTED_WITH_MODS..=LAST_STATUS])) => is_info,
            ([tag::SEQUENCE, tag::SEQUENCE], Some([..=LAST_STATUS])) => {
                is_info
                    && self.value(1).is_some_and(|token| message_kind(token) == Kind::SignedData)
            }
            _ => false,
        }
    }

    /// Optional version, usages (identifiers only), optional list identifier and sequence number,
    /// this update (reference, ctl).
    fn is_bare_ctl(&self) -> bool {
        let version = usize::from(self.tags().first() == Some(&tag::INTEGER));
        let usages_ok = self
            .nested(version)
            .is_some_and(|usages| usages.tags().iter().all(|t| *t == tag::OBJECT_IDENTIFIER));
        let rest: Cow<'_, [u8]> = match self.tags_after(tag::INTEGER) {
            [tag::SEQUENCE, rest @ ..] => Cow::Borrowed(rest),
            _ => return false,
        };
        let rest = rest.strip_prefix(&[tag::OCTET_STRING]).unwrap_or(&rest);
        let rest = rest.strip_prefix(&[tag::INTEGER]).unwrap_or(rest);
        let rest = match rest {
            [first, second, rest @ ..] if is_time(*first) && is_time(*second) => rest,
            [first, rest @ ..] if is_time(*first) => rest,
            _ => return false,
        };
        usages_ok && rest.first() == Some(&tag::SEQUENCE)
    }
}

fn is_time(found: u8) -> bool {
    matches!(found, tag::UTC_TIME | tag::GENERALIZED_TIME)
}

#[cfg(test)]
mod tests;
