//! Floor 9: what a number, name or text of Windows' certificate world means, when it is raised and
//! what to do.
//!
//! The texts are ours; where the reference calls a fact inferred or unknown, the certainty says so.

mod cause;
pub mod describe;
mod event;
mod flag;
mod hresult;
mod oid;
mod trust;

use std::collections::BTreeSet;

use crate::base::hresult::{HResult, TABLE as HRESULTS};
use crate::base::oid::{Oid, TABLE as OIDS};
use crate::chain::status::{TrustBit, TrustError, TrustInfo};
use crate::object::property::{self, PropertyDefinition};
use crate::root_update::event::{self as family, EventDefinition, TextSource};
use flag::Flag;

/// Longest word looked up, in octets; longer ones have no meaning here.
pub const MAX_WORD: usize = 1024;
/// Most suggestions given for one word.
pub const MAX_SUGGESTIONS: usize = 12;

/// What a word turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExplanationKind {
    /// A result code.
    HResult,
    /// A bit of dwErrorStatus.
    TrustError,
    /// A bit of dwInfoStatus.
    TrustInfo,
    /// An event.
    Event,
    /// A property of a certificate or store.
    Property,
    /// An object identifier.
    Oid,
    /// A flag of CertVerifyCertificateChainPolicy.
    PolicyFlag,
    /// A flag of CertGetCertificateChain.
    ChainFlag,
    /// A cause a diagnosis can name.
    Cause,
}

/// How sure an explanation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Certainty {
    /// Microsoft, or the standard, says so.
    Documented,
    /// Seen on Windows.
    Observed,
    /// Concluded.
    Inferred,
    /// Little is known.
    Unknown,
}

/// One reading of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What it is.
    pub kind: ExplanationKind,
    /// Its name as Windows' headers or logs have it.
    pub name: String,
    /// Its value: a number as it is usually written, or a dotted identifier. Empty for causes.
    pub value: String,
    /// What it says.
    pub meaning: String,
    /// When it arises. May be empty for properties, identifiers and flags.
    pub when_raised: String,
    /// What an administrator does about it. May be empty for the same.
    pub what_to_do: String,
    /// How sure this is.
    pub certainty: Certainty,
}

/// Every reading of a word.
///
/// Numbers may be hexadecimal with or without `0x`, decimal, or negative decimal as `certutil`
/// prints codes; one that can be several things gives all of them, and a status with several bits
/// gives each. Names may be in any case, with or without their prefix. A system message leads to
/// its codes. Nothing is returned for what is not known: ask [`suggestions`] then.
#[must_use]
pub fn explain(word: &str) -> Vec<Explanation> {
    let word = word.trim().trim_matches(['\'', '"', '`']).trim();
    if word.is_empty() || word.len() > MAX_WORD {
        return Vec::new();
    }
    let mut found = by_number(word);
    found.extend(by_name(word));
    found.extend(by_oid(word));
    found.extend(HResult::from_text(word).into_iter().map(hresult_explanation));
    let mut unique: Vec<Explanation> = Vec::new();
    for explanation in found {
        if !unique.contains(&explanation) {
            unique.push(explanation);
        }
    }
    unique
}

/// Known words that resemble this one: those it begins, then those it stands in, then those a slip
/// of two letters away.
#[must_use]
pub fn suggestions(word: &str) -> Vec<String> {
    let wanted = canonical(word);
    if wanted.is_empty() || wanted.len() > MAX_WORD {
        return Vec::new();
    }
    let mut ranked = BTreeSet::new();
    for name in every_name() {
        let known = canonical(&name);
        let unprefixed = without_prefix(&known);
        let rank = if known.starts_with(&wanted) || unprefixed.starts_with(&wanted) {
            0
        } else if known.contains(&wanted) {
            1
        } else if wanted.len() > 3
            && (nearly_equal(&known, &wanted) || nearly_equal(unprefixed, &wanted))
        {
            2
        } else {
            continue;
        };
        ranked.insert((rank, name.len(), name));
    }
    ranked.into_iter().take(MAX_SUGGESTIONS).map(|(_, _, name)| name).collect()
}

/// A row of advice.
#[derive(Debug, Clone, Copy)]
struct Advice<K: 'static> {
    key: K,
    certainty: Certainty,
    meaning: &'static str,
    when_raised: &'static str,
    what_to_do: &'static str,
}

macro_rules! advice {
    ($($key:expr, $certainty:expr, $meaning:expr, $when:expr, $what:expr;)*) => {
        &[$($crate::explain::Advice {
            key: $key,
            certainty: $certainty,
            meaning: $meaning,
            when_raised: $when,
            what_to_do: $what,
        },)*]
    };
}
use advice;

impl<K> Advice<K> {
    fn explanation(&self, kind: ExplanationKind, name: String, value: String) -> Explanation {
        Explanation {
            kind,
            name,
            value,
            meaning: self.meaning.to_owned(),
            when_raised: self.when_raised.to_owned(),
            what_to_do: self.what_to_do.to_owned(),
            certainty: self.certainty,
        }
    }
}

// --- numbers

fn by_number(word: &str) -> Vec<Explanation> {
    if let Some(digits) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        return hexadecimal(digits).map(prefixed_readings).unwrap_or_default();
    }
    if let Some(digits) = word.strip_prefix('-') {
        let magnitude = digits.parse::<u32>().ok().filter(|_| all_digits(digits));
        let code = magnitude.map(|magnitude| HResult(magnitude.wrapping_neg()));
        return code.filter(|code| !code.is_ok()).map(code_readings).unwrap_or_default();
    }
    let mut found = Vec::new();
    if all_digits(word)
        && let Ok(value) = word.parse::<u32>()
    {
        found.extend(decimal_readings(value));
    }
    // Event records and certutil write codes and statuses in hexadecimal without 0x. Four decimal
    // digits are left to event numbers, which would else drown among bits.
    let plain_event = word.len() == 4 && all_digits(word);
    if let Some(value) = hexadecimal(word).filter(|_| !plain_event) {
        found.extend(code_readings(HResult(value)));
        found.extend(bit_readings(value));
    }
    found
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit())
}

fn hexadecimal(digits: &str) -> Option<u32> {
    let fits = (1..=8).contains(&digits.len());
    let hex = digits.bytes().all(|octet| octet.is_ascii_hexdigit());
    (fits && hex).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

fn prefixed_readings(value: u32) -> Vec<Explanation> {
    let mut found = code_readings(HResult(value));
    let is_known_code = HResult(value).symbol().is_some();
    if is_known_code && value > 1 {
        return found;
    }
    found.extend(bit_readings(value));
    let policy = flag::all_named(flag::policy(), value).into_iter();
    found.extend(policy.map(|flag| flag_explanation(ExplanationKind::PolicyFlag, &flag)));
    let chain = flag::all_named(flag::chain(), value).into_iter();
    found.extend(chain.map(|flag| flag_explanation(ExplanationKind::ChainFlag, &flag)));
    found.extend(property::property(value).map(property_explanation));
    found
}

fn decimal_readings(value: u32) -> Vec<Explanation> {
    let mut found = Vec::new();
    if let Ok(id) = u16::try_from(value) {
        found.extend(event_readings(id));
        let code = HResult::from_win32(id);
        found.extend(code.entry().filter(|_| id != 0).map(|_| hresult_explanation(code)));
    }
    found.extend(property::property(value).map(property_explanation));
    if value == 0 || value > 0xffff {
        found.extend(code_readings(HResult(value)));
    }
    found
}

/// The code, if it has a name or at least a Win32 number.
fn code_readings(code: HResult) -> Vec<Explanation> {
    let is_win32 = code.0 >> 16 == 0x8007;
    let is_something = code.symbol().is_some() || is_win32;
    is_something.then(|| hresult_explanation(code)).into_iter().collect()
}

/// The bits of a status; a family is left out if it has no name for some bit.
fn bit_readings(value: u32) -> Vec<Explanation> {
    let bits = |table: &'static [TrustBit]| {
        let set: Vec<_> = table.iter().filter(|bit| value & bit.value != 0).collect();
        let named = set.iter().fold(0, |bits, bit| bits | bit.value);
        if named == value { set } else { Vec::new() }
    };
    let errors = bits(TrustError::TABLE).into_iter().filter_map(error_explanation);
    let infos = bits(TrustInfo::TABLE).into_iter().filter_map(info_explanation);
    errors.chain(infos).collect()
}

fn event_readings(id: u16) -> Vec<Explanation> {
    let mut found = Vec::new();
    found.extend(family::by_id(id).map(|definition| event_explanation(definition, None)));
    // The same number means different things in different channels (reference, 4107-variants 0).
    let old = family::by_vista_id(id).filter(|definition| definition.id != id);
    found.extend(old.map(|definition| event_explanation(definition, Some(id))));
    found.extend(event::on_operational(id).map(|event| Explanation {
        kind: ExplanationKind::Event,
        name: format!("Microsoft-Windows-CAPI2/Operational: {}", event.task),
        value: id.to_string(),
        meaning: event.meaning.to_owned(),
        when_raised: event.when_raised.to_owned(),
        what_to_do: event.what_to_do.to_owned(),
        certainty: event.certainty,
    }));
    found
}

// --- names

fn by_name(word: &str) -> Vec<Explanation> {
    let wanted = canonical(word);
    let mut found = Vec::new();
    let codes = HRESULTS.iter().filter(|entry| is_named(entry.symbol, &wanted));
    found.extend(codes.map(|entry| hresult_explanation(entry.code)));
    let errors = TrustError::TABLE.iter().filter(|bit| is_trust_bit(bit, &wanted));
    found.extend(errors.filter_map(error_explanation));
    let infos = TrustInfo::TABLE.iter().filter(|bit| is_trust_bit(bit, &wanted));
    found.extend(infos.filter_map(info_explanation));
    let events = family::TABLE.iter().filter(|event| event.symbol == Some(wanted.as_str()));
    found.extend(events.map(|definition| event_explanation(definition, None)));
    found.extend(property::by_name(word).map(property_explanation));
    for (table, prefix, kind) in [
        (flag::policy().collect::<Vec<_>>(), flag::POLICY_PREFIX, ExplanationKind::PolicyFlag),
        (flag::chain().collect(), flag::CHAIN_PREFIX, ExplanationKind::ChainFlag),
    ] {
        let short = wanted.strip_prefix(prefix).unwrap_or(&wanted);
        let is_wanted = |name: &str| name == short || name.strip_suffix("_FLAG") == Some(short);
        let flags = table.iter().filter(|flag| is_wanted(flag.name));
        found.extend(flags.map(|flag| flag_explanation(kind, flag)));
    }
    let causes = cause::TABLE.iter().filter(|cause| canonical(cause.key) == wanted);
    found.extend(causes.map(|cause| {
        cause.explanation(ExplanationKind::Cause, cause.key.to_owned(), String::new())
    }));
    found
}

/// Upper case, hyphens and blanks as underscores: how names are compared.
fn canonical(word: &str) -> String {
    word.trim().to_ascii_uppercase().replace(['-', ' '], "_")
}

/// A symbol without what stands before its own words: CERT_E_EXPIRED, EXPIRED.
fn without_prefix(symbol: &str) -> &str {
    const PREFIXES: &[&str] = &[
        "ERROR_INTERNET_",
        "ERROR_WINHTTP_",
        "ERROR_",
        "CERT_E_",
        "CRYPT_E_",
        "TRUST_E_",
        "NTE_",
        "SEC_E_",
        "HTTP_E_STATUS_",
        "CERT_TRUST_",
        "SZOID_",
    ];
    PREFIXES.iter().find_map(|prefix| symbol.strip_prefix(prefix)).unwrap_or(symbol)
}

fn is_named(symbol: &str, wanted: &str) -> bool {
    symbol == wanted || without_prefix(symbol) == wanted
}

fn is_trust_bit(bit: &TrustBit, wanted: &str) -> bool {
    let short = wanted.strip_prefix("CERT_TRUST_").unwrap_or(wanted);
    let bare = |name: &'static str| {
        name.strip_prefix("IS_").or_else(|| name.strip_prefix("HAS_")).unwrap_or(name)
    };
    bit.name == short || bare(bit.name) == short
}

fn by_oid(word: &str) -> Vec<Explanation> {
    let wanted = canonical(word);
    let dotted: Option<Oid> = word.parse().ok();
    let mut found = Vec::new();
    for entry in OIDS {
        let name = canonical(entry.name);
        let by_name = name == wanted || without_prefix(&name) == wanted;
        if by_name || dotted.as_ref() == Some(&entry.oid) {
            found.push(oid_explanation(&entry.oid.to_string(), entry.name));
        }
    }
    if let Some(property) = oid::list_property(word) {
        found.push(Explanation { value: word.to_owned(), ..property_explanation(property) });
    }
    found
}

// --- one reading each

fn hresult_explanation(code: HResult) -> Explanation {
    let kind = ExplanationKind::HResult;
    let value = code.to_string();
    let name = code.symbol().unwrap_or("(no name known)").to_owned();
    if let Some(advice) = hresult::advice_on(code) {
        return advice.explanation(kind, name, value);
    }
    let meaning = match code.as_http_status() {
        Some(status) => format!("The server answered with HTTP status {status}."),
        None => format!("Win32 error {}, not among those known here.", code.0 & 0xffff),
    };
    Explanation {
        kind,
        name,
        value,
        meaning,
        when_raised: "not known for certificates and the root update".to_owned(),
        what_to_do: "Ask Windows for its text: certutil -error followed by the code.".to_owned(),
        certainty: Certainty::Unknown,
    }
}

fn error_explanation(bit: &'static TrustBit) -> Option<Explanation> {
    let (name, value) = trust_names(bit);
    Some(trust::on_error(TrustError(bit.value))?.explanation(
        ExplanationKind::TrustError,
        name,
        value,
    ))
}

fn info_explanation(bit: &'static TrustBit) -> Option<Explanation> {
    let (name, value) = trust_names(bit);
    Some(trust::on_info(TrustInfo(bit.value))?.explanation(ExplanationKind::TrustInfo, name, value))
}

fn trust_names(bit: &TrustBit) -> (String, String) {
    (format!("CERT_TRUST_{}", bit.name), format!("0x{:08x}", bit.value))
}

fn event_explanation(definition: &'static EventDefinition, old_id: Option<u16>) -> Explanation {
    let (name, value) = match old_id {
        None => ("Application log, Microsoft-Windows-CAPI2, Windows 7 and later", definition.id),
        Some(id) if definition.xp_id == Some(id) => (
            "Application log, Microsoft-Windows-CAPI2 on Vista and 2008, crypt32 on XP and 2003",
            id,
        ),
        Some(id) => ("Application log, Microsoft-Windows-CAPI2 on Vista and 2008", id),
    };
    let later = old_id.map(|_| format!(" (the later event {})", definition.id));
    let text = definition.template.map(|template| {
        let hedge = match definition.text_source {
            TextSource::Inferred => " (wording inferred)",
            _ => "",
        };
        format!(" Its text{hedge}: {template}")
    });
    let advice = event::on_application(definition.id);
    let get = |part: fn(&Advice<u16>) -> &'static str| advice.map_or("", part).to_owned();
    Explanation {
        kind: ExplanationKind::Event,
        name: name.to_owned(),
        value: value.to_string(),
        meaning: format!(
            "{}{}{}",
            get(|advice| advice.meaning),
            later.unwrap_or_default(),
            text.unwrap_or_default()
        ),
        when_raised: get(|advice| advice.when_raised),
        what_to_do: get(|advice| advice.what_to_do),
        certainty: advice.map_or(Certainty::Unknown, |advice| advice.certainty),
    }
}

fn property_explanation(definition: &'static PropertyDefinition) -> Explanation {
    let verdict = if definition.matters {
        "It can change the verdict on a chain."
    } else {
        "It does not change the verdict on a chain."
    };
    let name = match definition.id {
        0x1000 => "CERT_STORE_LOCALIZED_NAME_PROP_ID".to_owned(),
        _ => format!("CERT_{}_PROP_ID", definition.name.to_uppercase()),
    };
    let reserved = definition.kind == property::PropertyKind::Reserved;
    Explanation {
        kind: ExplanationKind::Property,
        name,
        value: definition.id.to_string(),
        meaning: format!(
            "Property of a certificate ({}): {}. {verdict}",
            definition.kind, definition.meaning
        ),
        when_raised: String::new(),
        what_to_do: String::new(),
        certainty: if reserved { Certainty::Unknown } else { Certainty::Documented },
    }
}

fn oid_explanation(dotted: &str, name: &str) -> Explanation {
    Explanation {
        kind: ExplanationKind::Oid,
        name: name.to_owned(),
        value: dotted.to_owned(),
        meaning: oid::meaning(dotted, name),
        when_raised: String::new(),
        what_to_do: String::new(),
        certainty: Certainty::Documented,
    }
}

fn flag_explanation(kind: ExplanationKind, flag: &Flag) -> Explanation {
    let (prefix, function) = if kind == ExplanationKind::PolicyFlag {
        (flag::POLICY_PREFIX, "CertVerifyCertificateChainPolicy")
    } else {
        (flag::CHAIN_PREFIX, "CertGetCertificateChain")
    };
    Explanation {
        kind,
        name: format!("{prefix}{}", flag.name),
        value: format!("0x{:08x}", flag.value),
        meaning: format!("Flag of {function}: {}.", flag.meaning),
        when_raised: String::new(),
        what_to_do: String::new(),
        certainty: Certainty::Documented,
    }
}

// --- suggestions

fn every_name() -> Vec<String> {
    let mut names: Vec<String> = HRESULTS.iter().map(|entry| entry.symbol.to_owned()).collect();
    let bits = TrustError::TABLE.iter().chain(TrustInfo::TABLE);
    names.extend(bits.map(|bit| format!("CERT_TRUST_{}", bit.name)));
    names.extend(property::TABLE.iter().map(|property| property.name.to_owned()));
    names.extend(OIDS.iter().map(|entry| entry.name.to_owned()));
    names.extend(flag::policy().map(|flag| format!("{}{}", flag::POLICY_PREFIX, flag.name)));
    names.extend(flag::chain().map(|flag| format!("{}{}", flag::CHAIN_PREFIX, flag.name)));
    names.extend(cause::TABLE.iter().map(|cause| cause.key.to_owned()));
    names.extend(family::TABLE.iter().map(|event| event.id.to_string()));
    names
}

/// Whether at most two letters have to be added, dropped or changed.
fn nearly_equal(one: &str, other: &str) -> bool {
    const SLIPS: usize = 2;
    if one.len().abs_diff(other.len()) > SLIPS {
        return false;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, left) in one.bytes().enumerate() {
        let mut next = vec![index + 1];
        let mut beside = index + 1;
        for ((right, diagonal), above) in other.bytes().zip(&row).zip(row.iter().skip(1)) {
            let changed = diagonal + usize::from(left != right);
            beside = changed.min(beside + 1).min(above + 1);
            next.push(beside);
        }
        row = next;
    }
    row.last().is_some_and(|distance| *distance <= SLIPS)
}

#[cfg(test)]
mod tests;
