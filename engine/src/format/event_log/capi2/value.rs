//! The values CAPI2 writes into its events, and how they are taken out of the elements (reference,
//! capi2-events 2).
//!
//! Decoding takes from an element what it understands; what is left in it, or could not be read as
//! what it should be, is [`Unread`]. So nothing is lost, and a test can ask for it.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::base::hresult::HResult;
use crate::base::time::Time;
use crate::format::event_log::element::Element;

/// A part of an event that has no place in its typed value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// The element it was found in, from the event's root.
    pub path: String,
    /// What was left.
    pub element: Element,
}

/// A number whose bits have names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Flags {
    /// The number.
    #[serde(serialize_with = "hexadecimal")]
    pub value: u64,
    /// The names Windows gave the bits that are set.
    pub names: Vec<String>,
}

fn hexadecimal<S: Serializer>(value: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{value:#x}"))
}

/// A constant: its number and its name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Constant {
    /// The number.
    pub value: Option<u64>,
    /// The name.
    pub name: Option<String>,
}

/// A result code as an event has it, and the message beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The number as it stands: an HRESULT, in some places a Win32 error.
    pub code: HResult,
    /// The system message, in the language of the process; absent for 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Outcome {
    /// The code as an HRESULT: a Win32 error becomes one.
    #[must_use]
    pub fn hresult(&self) -> HResult {
        u16::try_from(self.code.0).map_or(self.code, HResult::from_win32)
    }

    /// Whether it is success.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.hresult().is_ok()
    }
}

/// A length of time, in steps of 100 ns; below zero where a clock runs behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Interval(pub i64);

const TICKS: i64 = 10_000_000;

impl Interval {
    /// Whole seconds, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(TICKS)
    }

    /// From `PnDTnHnMnS` (XML Schema duration). Years and months have no fixed length and do not
    /// occur.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, text) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (date, time) = text.strip_prefix('P')?.split_once('T').map_or_else(
            || (text.strip_prefix('P').unwrap_or_default(), ""),
            |(date, time)| (date, time),
        );
        if date.is_empty() && time.is_empty() {
            return None;
        }
        let days = fields(date, &[('D', 86_400)])?;
        let time = fields(time, &[('H', 3600), ('M', 60), ('S', 1)])?;
        Some(Self(days.checked_add(time)?.checked_mul(sign)?))
    }
}

/// Numbers with their units, each unit at most once and in order, as ticks.
fn fields(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut ticks = 0i64;
    for (unit, seconds) in units {
        let Some((number, rest)) = text.split_once(*unit) else { continue };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 7 {
            return None;
        }
        let whole = whole.parse::<i64>().ok()?.checked_mul(TICKS)?;
        let fraction = format!("{fraction:0<7}").parse::<i64>().ok()?;
        ticks = ticks.checked_add(whole.checked_add(fraction)?.checked_mul(*seconds)?)?;
        text = rest;
    }
    text.is_empty().then_some(ticks)
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticks = self.0.unsigned_abs();
        let second = TICKS.unsigned_abs();
        let (seconds, fraction) = (ticks / second, ticks % second);
        let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
        let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
        f.write_str(if self.0 < 0 { "-P" } else { "P" })?;
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if ticks == 0 {
            return f.write_str("T0S");
        }
        let has_time = hours > 0 || minutes > 0 || seconds > 0 || fraction > 0;
        if has_time {
            f.write_str("T")?;
        }
        for (number, unit) in [(hours, 'H'), (minutes, 'M')] {
            if number > 0 {
                write!(f, "{number}{unit}")?;
            }
        }
        match (seconds, fraction) {
            (0, 0) => Ok(()),
            (seconds, 0) => write!(f, "{seconds}S"),
            (seconds, fraction) => {
                let fraction = format!("{fraction:07}");
                write!(f, "{seconds}.{}S", fraction.trim_end_matches('0'))
            }
        }
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A certificate, CRL or OCSP response by name: no event holds the object itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ObjectReference {
    /// `<SHA-1 in upper-case hexadecimal>.<extension>`: `cer`, `crl`, `bin` (an OCSP response).
    pub file_ref: String,
    /// The subject's common name or first attribute, of certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_name: Option<String>,
    /// The issuer's, of CRLs and OCSP responses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_name: Option<String>,
}

/// What a reference refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectKind {
    /// A certificate.
    Certificate,
    /// A CRL.
    Crl,
    /// An OCSP response.
    OcspResponse,
    /// Something else.
    Other,
}

impl ObjectReference {
    /// The object's SHA-1 thumbprint, if the reference has one.
    #[must_use]
    pub fn sha1(&self) -> Option<[u8; 20]> {
        let digits = self.file_ref.split('.').next()?;
        if digits.len() != 40 {
            return None;
        }
        let mut thumbprint = [0; 20];
        for (octet, pair) in thumbprint.iter_mut().zip(digits.as_bytes().as_chunks::<2>().0) {
            let digit = |character: u8| char::from(character).to_digit(16);
            let [high, low] = *pair;
            *octet = u8::try_from(digit(high)? << 4 | digit(low)?).ok()?;
        }
        Some(thumbprint)
    }

    /// What it refers to, by its extension.
    #[must_use]
    pub fn kind(&self) -> ObjectKind {
        match self.file_ref.rsplit_once('.').map(|(_, extension)| extension) {
            Some("cer") => ObjectKind::Certificate,
            Some("crl") => ObjectKind::Crl,
            Some("bin") => ObjectKind::OcspResponse,
            _ => ObjectKind::Other,
        }
    }

    pub(super) fn take(mut element: Element, rest: &mut Rest) -> Self {
        let reference = Self::of(&mut element);
        rest.leave(element);
        reference
    }

    /// Takes the reference's attributes out of an element that has more.
    pub(super) fn of(element: &mut Element) -> Self {
        Self {
            file_ref: token(element, "fileRef").unwrap_or_default(),
            subject_name: text(element, "subjectName"),
            issuer_name: text(element, "issuerName"),
        }
    }
}

/// A usage or policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// The object identifier, dotted.
    pub oid: String,
    /// Its name in the language of the process, if Windows has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A set of usages or policies.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct UsageList {
    /// Unrestricted.
    pub any: bool,
    /// One of them is enough (USAGE_MATCH_TYPE_OR).
    pub or_match: bool,
    /// The usages; with [`any`](Self::any) false and none here, none is valid.
    pub usages: Vec<Usage>,
}

impl UsageList {
    pub(super) fn take(mut element: Element, rest: &mut Rest) -> Self {
        let name = element.name().to_owned();
        rest.within(&name, |rest| Self {
            any: boolean(&mut element, "any").unwrap_or_default(),
            or_match: boolean(&mut element, "orMatch").unwrap_or_default(),
            usages: element
                .take_children(|name| matches!(name, "Usage" | "Policy"))
                .into_iter()
                .filter_map(|usage| Usage::take(usage, rest))
                .collect(),
        })
        .left_in(element, rest)
    }
}

impl Usage {
    fn take(mut element: Element, rest: &mut Rest) -> Option<Self> {
        let oid = token(&mut element, "oid");
        let name = text(&mut element, "name");
        rest.leave(element);
        oid.map(|oid| Self { oid, name })
    }
}

/// An algorithm of a signature or digest.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SignatureAlgorithm {
    /// The object identifier, dotted.
    pub oid: Option<String>,
    /// Such as SHA256.
    pub hash_name: Option<String>,
    /// Such as RSA.
    pub public_key_name: Option<String>,
}

impl SignatureAlgorithm {
    pub(super) fn take(mut element: Element, rest: &mut Rest) -> Self {
        let algorithm = Self {
            oid: token(&mut element, "oid"),
            hash_name: text(&mut element, "hashName"),
            public_key_name: text(&mut element, "publicKeyName"),
        };
        algorithm.left_in(element, rest)
    }
}

/// A public key's algorithm.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PublicKeyAlgorithm {
    /// The object identifier, dotted.
    pub oid: Option<String>,
    /// Such as RSA, or a curve's name.
    pub public_key_name: Option<String>,
    /// The key's length in bits.
    pub public_key_length: Option<u32>,
}

impl PublicKeyAlgorithm {
    pub(super) fn take(mut element: Element, rest: &mut Rest) -> Self {
        let algorithm = Self {
            oid: token(&mut element, "oid"),
            public_key_name: text(&mut element, "publicKeyName"),
            public_key_length: decimal(&mut element, "publicKeyLength"),
        };
        algorithm.left_in(element, rest)
    }
}

/// The error and information bits of a chain or an element (CERT_TRUST_STATUS).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct TrustStatus {
    /// CERT_TRUST_STATUS.dwErrorStatus; none where the record lacks it.
    pub error: Option<Flags>,
    /// CERT_TRUST_STATUS.dwInfoStatus; none where the record lacks it.
    pub info: Option<Flags>,
}

impl TrustStatus {
    pub(super) fn take(mut element: Element, rest: &mut Rest) -> Self {
        rest.within("TrustStatus", |rest| Self {
            error: child(&mut element, "ErrorStatus", rest, Flags::take).flatten(),
            info: child(&mut element, "InfoStatus", rest, Flags::take).flatten(),
        })
        .left_in(element, rest)
    }
}

impl Flags {
    /// None without a number: names alone do not say what else was set.
    pub(super) fn take(mut element: Element, rest: &mut Rest) -> Option<Self> {
        let flags =
            hex(&mut element, "value").map(|value| Self { value, names: element.take_true() });
        flags.left_in(element, rest)
    }
}

impl Constant {
    /// From an element whose text is the name.
    pub(super) fn take(mut element: Element, rest: &mut Rest) -> Self {
        let value = hex(&mut element, "value");
        Self { value, name: element.take_text() }.left_in(element, rest)
    }

    /// From an element with the attributes `type` and `constant`.
    pub(super) fn take_typed(mut element: Element, rest: &mut Rest) -> Self {
        let value = decimal(&mut element, "constant");
        Self { value, name: token(&mut element, "type") }.left_in(element, rest)
    }
}

impl Outcome {
    pub(super) fn take(mut element: Element, rest: &mut Rest) -> Option<Self> {
        let code = hex(&mut element, "value").and_then(|value| u32::try_from(value).ok());
        let outcome = code.map(|code| Self { code: HResult(code), text: element.take_text() });
        outcome.left_in(element, rest)
    }
}

/// Returns a value after what is left of its element was put aside.
pub(super) trait LeftIn: Sized {
    fn left_in(self, element: Element, rest: &mut Rest) -> Self {
        rest.leave(element);
        self
    }
}

impl<T> LeftIn for T {}

/// What is left over, and where decoding is.
#[derive(Debug, Default)]
pub(super) struct Rest {
    path: Vec<String>,
    pub(super) unread: Vec<Unread>,
}

impl Rest {
    /// Puts aside what is left of an element.
    pub(super) fn leave(&mut self, element: Element) {
        if !element.is_spent() {
            self.unread.push(Unread { path: self.path.join("/"), element });
        }
    }

    /// Decodes within an element of this name.
    pub(super) fn within<T>(&mut self, name: &str, decode: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(name.to_owned());
        let value = decode(self);
        self.path.pop();
        value
    }
}

/// Decodes the first child of a name.
pub(super) fn child<T>(
    element: &mut Element,
    name: &str,
    rest: &mut Rest,
    take: impl FnOnce(Element, &mut Rest) -> T,
) -> Option<T> {
    element.take_child(name).map(|child| take(child, rest))
}

/// The text of a child that has nothing else.
pub(super) fn child_text(element: &mut Element, name: &str, rest: &mut Rest) -> Option<String> {
    child(element, name, rest, |mut child, rest| child.take_text().left_in(child, rest)).flatten()
}

/// The time in the text of a child.
pub(super) fn child_time(element: &mut Element, name: &str, rest: &mut Rest) -> Option<Time> {
    child_parsed(element, name, rest, |text| text.parse().ok())
}

/// The length of time in the text of a child.
pub(super) fn child_interval(
    element: &mut Element,
    name: &str,
    rest: &mut Rest,
) -> Option<Interval> {
    child_parsed(element, name, rest, Interval::parse)
}

fn child_parsed<T>(
    element: &mut Element,
    name: &str,
    rest: &mut Rest,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    child(element, name, rest, |mut child, rest| {
        let value = parse(&without_blanks(child.text()));
        if value.is_some() {
            child.take_text();
        }
        value.left_in(child, rest)
    })
    .flatten()
}

pub(super) fn text(element: &mut Element, name: &str) -> Option<String> {
    element.take_attribute(name).map(|value| value.trim().to_owned())
}

/// A value that has no blanks: those a wrapped text has put in are taken out.
pub(super) fn token(element: &mut Element, name: &str) -> Option<String> {
    element.take_attribute(name).map(|value| without_blanks(&value))
}

pub(super) fn without_blanks(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

fn parsed<T>(
    element: &mut Element,
    name: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let value = parse(&without_blanks(element.attribute(name)?))?;
    element.take_attribute(name);
    Some(value)
}

pub(super) fn hex(element: &mut Element, name: &str) -> Option<u64> {
    parsed(element, name, |text| u64::from_str_radix(text, 16).ok())
}

pub(super) fn decimal<N: std::str::FromStr>(element: &mut Element, name: &str) -> Option<N> {
    parsed(element, name, |text| text.parse().ok())
}

pub(super) fn boolean(element: &mut Element, name: &str) -> Option<bool> {
    parsed(element, name, |text| text.parse().ok())
}

pub(super) fn time(element: &mut Element, name: &str) -> Option<Time> {
    parsed(element, name, |text| text.parse().ok())
}

pub(super) fn interval(element: &mut Element, name: &str) -> Option<Interval> {
    parsed(element, name, Interval::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_write_as_windows_has_them() {
        for (text, ticks) in [
            ("PT20S", 20 * TICKS),
            ("PT9.976S", 99_760_000),
            ("P66DT13H11M24S", (66 * 86_400 + 13 * 3600 + 11 * 60 + 24) * TICKS),
            ("P14DT15H58M52S", (14 * 86_400 + 15 * 3600 + 58 * 60 + 52) * TICKS),
            ("PT0S", 0),
            ("P1D", 86_400 * TICKS),
            ("-PT5M", -300 * TICKS),
        ] {
            assert_eq!(Interval::parse(text), Some(Interval(ticks)), "{text}");
            assert_eq!(Interval(ticks).to_string(), text);
        }
        for bad in [
            "",
            "P",
            "PT",
            "20S",
            "PT20",
            "PTS",
            "PT1S1M",
            "P1Y",
            "PT1.S.",
            "PT99999999999999999999S",
        ] {
            assert_eq!(Interval::parse(bad), None, "{bad}");
        }
        assert_eq!(Interval(-1).seconds(), -1);
    }

    #[test]
    fn references_give_thumbprint_and_kind() {
        let reference = |file_ref: &str| ObjectReference {
            file_ref: file_ref.to_owned(),
            ..ObjectReference::default()
        };
        let known = reference("DF3C24F9BFD666761B268073FE06D1CC8D4F82A4.cer");
        assert_eq!(known.sha1().map(|sha1| (sha1[0], sha1[19])), Some((0xdf, 0xa4)));
        assert_eq!(known.kind(), ObjectKind::Certificate);
        assert_eq!(reference("00.bin").sha1(), None);
        assert_eq!(reference(&"é".repeat(20)).sha1(), None);
        assert_eq!(reference("00.bin").kind(), ObjectKind::OcspResponse);
        assert_eq!(reference("").kind(), ObjectKind::Other);
    }

    #[test]
    fn what_cannot_be_read_stays() {
        let mut element = Element::new("Flags");
        element.set_attribute("value", "2G");
        element.set_attribute("CERT_CHAIN_X", "true");
        let mut rest = Rest::default();
        assert_eq!(Flags::take(element, &mut rest), None);
        let left: Vec<_> = rest.unread[0].element.attributes().collect();
        assert_eq!(left, [("value", "2G"), ("CERT_CHAIN_X", "true")]);
    }
}
