//! The events of the automatic root update in the Application log: 4107 and its family.
//!
//! Reference: auto-root-update 5, 4107-variants 0. Identifiers of Windows 7 and later are 4096 plus
//! those of Vista. CAPI2's Operational channel uses small numbers for something else: never join
//! on the number alone, the channel decides.

use crate::base::hresult::HResult;
use Level::{Critical, Error, Information, Warning};
use TextSource::{Documented, Inferred, Observed};

/// The channel the family is written to.
pub const CHANNEL: &str = "Application";
/// The provider since Windows Vista.
pub const SOURCE: &str = "Microsoft-Windows-CAPI2";
/// The source on Windows XP and Server 2003.
pub const XP_SOURCE: &str = "crypt32";

/// The level of a record, by its number in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// 1
    Critical = 1,
    /// 2
    Error = 2,
    /// 3
    Warning = 3,
    /// 4
    Information = 4,
}

/// Where a template's wording is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextSource {
    /// Microsoft published it.
    Documented,
    /// Others quote it from records.
    Observed,
    /// Concluded from its siblings.
    Inferred,
    /// Nothing is known of the wording.
    Unknown,
}

/// What is known of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventDefinition {
    /// Its number on Windows 7 and later.
    pub id: u16,
    /// Its number on Vista and Server 2008, with the same provider.
    pub vista_id: Option<u16>,
    /// Its number on XP and Server 2003, with source crypt32.
    pub xp_id: Option<u16>,
    /// Its level.
    pub level: Level,
    /// How many arguments it has.
    pub arguments: u8,
    /// Its name in Microsoft's message file, where published.
    pub symbol: Option<&'static str>,
    /// The English text with %1, %2 for the arguments.
    pub template: Option<&'static str>,
    /// Where the text is known from.
    pub text_source: TextSource,
    /// What the event says, in our own words.
    pub meaning: &'static str,
}

/// One event, raised or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Which event.
    pub definition: &'static EventDefinition,
    /// The channel.
    pub channel: String,
    /// The provider.
    pub source: String,
    /// The level.
    pub level: Level,
    /// The arguments, in order.
    pub arguments: Vec<String>,
    /// The error the last argument of a failure stands for. Records hold its text, never its
    /// number; for a record that was read this is the one code whose text it is.
    pub error: Option<HResult>,
}

impl EventDefinition {
    /// Whether the last argument is the text of an error (reference, 4107-variants 0).
    #[must_use]
    pub fn has_error_argument(&self) -> bool {
        self.level == Level::Error && self.arguments == 2 && self.id > 4096
    }
}

/// The event with this number on Windows 7 and later.
#[must_use]
pub fn by_id(id: u16) -> Option<&'static EventDefinition> {
    TABLE.iter().find(|definition| definition.id == id).copied()
}

/// The event with this number on Vista and Server 2008; only for the channel Application.
#[must_use]
pub fn by_vista_id(id: u16) -> Option<&'static EventDefinition> {
    TABLE.iter().find(|definition| definition.vista_id == Some(id)).copied()
}

/// The event with this number and source crypt32 on XP and Server 2003.
#[must_use]
pub fn by_xp_id(id: u16) -> Option<&'static EventDefinition> {
    TABLE.iter().find(|definition| definition.xp_id == Some(id)).copied()
}

impl Event {
    /// Reads a record. None if it is no event of this family: another channel, another source or
    /// an unknown number.
    #[must_use]
    pub fn from_record(channel: &str, source: &str, id: u16, arguments: &[&str]) -> Option<Self> {
        if !channel.eq_ignore_ascii_case(CHANNEL) {
            return None;
        }
        let definition = if source.eq_ignore_ascii_case(XP_SOURCE) {
            by_xp_id(id)?
        } else if source.eq_ignore_ascii_case(SOURCE) {
            by_id(id).or_else(|| by_vista_id(id))?
        } else {
            return None;
        };
        let text = arguments.get(1).filter(|_| definition.has_error_argument());
        let error = text.and_then(|text| match HResult::from_text(text).as_slice() {
            [code] => Some(*code),
            _ => None,
        });
        Some(Self {
            definition,
            channel: channel.to_owned(),
            source: source.to_owned(),
            level: definition.level,
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            error,
        })
    }

    /// The English text. Where Windows' wording is not known, a sentence that says so.
    #[must_use]
    pub fn message(&self) -> String {
        match self.definition.template {
            Some(template) => fill(template, &self.arguments),
            None => format!(
                "Event {} ({}): {}. [the wording Windows uses is not known]",
                self.definition.id,
                self.definition.meaning,
                self.arguments.iter().map(|a| a.trim()).collect::<Vec<_>>().join("; ")
            ),
        }
    }

    /// 4097: a root was added.
    #[must_use]
    pub fn root_added(subject: &str, sha1_thumbprint: &str) -> Self {
        Self::success(&ROOT_ADDED, &[subject, sha1_thumbprint])
    }

    /// 4098: the list was fetched.
    #[must_use]
    pub fn list_retrieved(url: &str) -> Self {
        Self::success(&LIST_RETRIEVED, &[url])
    }

    /// 4099: the list could not be fetched.
    #[must_use]
    pub fn list_retrieval_failed(url: &str, error: HResult) -> Self {
        Self::failure(&LIST_RETRIEVAL_FAILED, url, error)
    }

    /// 4100: a root's certificate was fetched.
    #[must_use]
    pub fn certificate_retrieved(url: &str) -> Self {
        Self::success(&CERTIFICATE_RETRIEVED, &[url])
    }

    /// 4101: a root's certificate could not be fetched.
    #[must_use]
    pub fn certificate_retrieval_failed(url: &str, error: HResult) -> Self {
        Self::failure(&CERTIFICATE_RETRIEVAL_FAILED, url, error)
    }

    /// 4103: the list's sequence number was fetched.
    #[must_use]
    pub fn sequence_number_retrieved(url: &str) -> Self {
        Self::success(&SEQUENCE_NUMBER_RETRIEVED, &[url])
    }

    /// 4104: the list's sequence number could not be fetched.
    #[must_use]
    pub fn sequence_number_retrieval_failed(url: &str, error: HResult) -> Self {
        Self::failure(&SEQUENCE_NUMBER_RETRIEVAL_FAILED, url, error)
    }

    /// 4107: what was fetched holds no acceptable list.
    #[must_use]
    pub fn list_extraction_failed(url: &str, error: HResult) -> Self {
        Self::failure(&LIST_EXTRACTION_FAILED, url, error)
    }

    /// 4108: a root was deleted.
    #[must_use]
    pub fn root_deleted(subject: &str, sha1_thumbprint: &str) -> Self {
        Self::success(&ROOT_DELETED, &[subject, sha1_thumbprint])
    }

    /// 4109: properties of a root were updated.
    #[must_use]
    pub fn root_properties_updated(subject: &str, sha1_thumbprint: &str) -> Self {
        Self::success(&ROOT_PROPERTIES_UPDATED, &[subject, sha1_thumbprint])
    }

    /// 4110: a root could not be added or updated. What the first argument names is not published.
    #[must_use]
    pub fn root_update_failed(what: &str, error: HResult) -> Self {
        Self::failure(&ROOT_UPDATE_FAILED, what, error)
    }

    /// 4111: a newer list is in force. The date is its ThisUpdate in local time, as the locale
    /// writes it, for example "Friday, September 12, 2014 10:02:51 AM".
    #[must_use]
    pub fn list_updated(effective_date: &str) -> Self {
        Self::success(&LIST_UPDATED, &[effective_date])
    }

    /// 4112: the same for the list of what is disallowed.
    #[must_use]
    pub fn disallowed_list_updated(effective_date: &str) -> Self {
        Self::success(&DISALLOWED_LIST_UPDATED, &[effective_date])
    }

    /// 4113: the same for the pin rules.
    #[must_use]
    pub fn pin_rules_updated(effective_date: &str) -> Self {
        Self::success(&PIN_RULES_UPDATED, &[effective_date])
    }

    fn success(definition: &'static EventDefinition, arguments: &[&str]) -> Self {
        Self {
            definition,
            channel: CHANNEL.to_owned(),
            source: SOURCE.to_owned(),
            level: definition.level,
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            error: None,
        }
    }

    fn failure(definition: &'static EventDefinition, subject: &str, error: HResult) -> Self {
        // The argument is the system message, not the number (reference, 4107-variants 0). Only a
        // code whose message is not known is given as a number.
        let text = error.message().map_or_else(|| error.to_string(), str::to_owned);
        Self { error: Some(error), ..Self::success(definition, &[subject, &text]) }
    }
}

/// The template with its arguments. Line ends at an argument's end go, and of the two periods that
/// meet where a message ends a sentence one is left, as published quotations have it.
fn fill(template: &str, arguments: &[String]) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (number, after) = after.split_at(digits);
        let index = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let Some(index) = index else {
            text.push('%');
            text.push_str(number);
            rest = after;
            continue;
        };
        let argument = arguments.get(index).map_or("", |argument| argument.trim_end());
        text.push_str(argument);
        rest =
            if argument.ends_with('.') { after.strip_prefix('.').unwrap_or(after) } else { after };
    }
    text.push_str(rest);
    text
}

/// A definition, in the order of the reference's table.
const fn define(
    id: u16,
    level: Level,
    arguments: u8,
    text: (Option<&'static str>, TextSource),
    meaning: &'static str,
) -> EventDefinition {
    let old_id = match id {
        4097..=4110 => Some(id - 4096),
        _ => None,
    };
    EventDefinition {
        id,
        vista_id: if matches!(id, 256 | 257) { Some(id) } else { old_id },
        xp_id: old_id,
        level,
        arguments,
        symbol: match id {
            4099 => Some("MSG_ROOT_LIST_AUTO_UPDATE_URL_RETRIEVAL_ERROR"),
            4107 => Some("MSG_ROOT_LIST_AUTO_UPDATE_EXTRACT_ERROR"),
            256 => Some("MSG_CATDB_INIT_ERROR"),
            _ => None,
        },
        template: text.0,
        text_source: text.1,
        meaning,
    }
}

const NO_TEXT: (Option<&str>, TextSource) = (None, TextSource::Unknown);
const NOT_PUBLISHED: &str = "its meaning is not published";

static ROOT_ADDED: EventDefinition = define(
    4097,
    Information,
    2,
    (
        Some(
            "Successful auto update of third-party root certificate:: Subject: <%1> Sha1 thumbprint: <%2>.",
        ),
        Documented,
    ),
    "a root of Microsoft's list was added to the store AuthRoot",
);
static LIST_RETRIEVED: EventDefinition = define(
    4098,
    Information,
    1,
    (Some("Successful auto update retrieval of third-party root list cab from: <%1>."), Documented),
    "the cabinet with the list of roots was fetched",
);
pub(crate) static LIST_RETRIEVAL_FAILED: EventDefinition = define(
    4099,
    Error,
    2,
    (
        Some(
            "Failed auto update retrieval of third-party root list cab from: <%1> with error: %2.",
        ),
        Documented,
    ),
    "the cabinet with the list of roots could not be fetched",
);
static CERTIFICATE_RETRIEVED: EventDefinition = define(
    4100,
    Information,
    1,
    (
        Some("Successful auto update retrieval of third-party root certificate from: <%1>."),
        Documented,
    ),
    "the certificate of a root was fetched",
);
pub(crate) static CERTIFICATE_RETRIEVAL_FAILED: EventDefinition = define(
    4101,
    Error,
    2,
    (
        Some(
            "Failed auto update retrieval of third-party root certificate from: <%1> with error: %2.",
        ),
        Documented,
    ),
    "the certificate of a root could not be fetched",
);
static LOGGING_SUSPENDED: EventDefinition = define(
    4102,
    Information,
    2,
    (
        Some("Reached crypt32 threshold of %1 events and will suspend logging for %2 minutes."),
        Documented,
    ),
    "so many events were written that logging pauses; no error of its own",
);
static SEQUENCE_NUMBER_RETRIEVED: EventDefinition = define(
    4103,
    Information,
    1,
    (
        Some(
            "Successful auto update retrieval of third-party root list sequence number from: <%1>.",
        ),
        Documented,
    ),
    "the sequence number of the list of roots was fetched",
);
pub(crate) static SEQUENCE_NUMBER_RETRIEVAL_FAILED: EventDefinition = define(
    4104,
    Error,
    2,
    (
        Some(
            "Failed auto update retrieval of third-party root list sequence number from: <%1> with error: %2.",
        ),
        Documented,
    ),
    "the sequence number of the list of roots could not be fetched",
);
static LIST_EXTRACTION_FAILED: EventDefinition = define(
    4107,
    Error,
    2,
    (
        Some(
            "Failed extract of third-party root list from auto update cab at: <%1> with error: %2.",
        ),
        Documented,
    ),
    "what was fetched as the list of roots is no list that Windows accepts",
);
static ROOT_DELETED: EventDefinition = define(
    4108,
    Information,
    2,
    (
        Some(
            "Successful auto delete of third-party root certificate:: Subject: <%1> Sha1 thumbprint: <%2>.",
        ),
        Documented,
    ),
    "a root that left the list was deleted from the store AuthRoot",
);
static ROOT_PROPERTIES_UPDATED: EventDefinition = define(
    4109,
    Information,
    2,
    (
        Some(
            "Successful auto property update of third-party root certificate:: Subject: <%1> Sha1 thumbprint: <%2>.",
        ),
        Inferred,
    ),
    "properties of a root already present (its usages, its dates) were updated from the list",
);
static ROOT_UPDATE_FAILED: EventDefinition =
    define(4110, Error, 2, NO_TEXT, "a root could not be added or its properties not updated");
static LIST_UPDATED: EventDefinition = define(
    4111,
    Information,
    1,
    (Some("Successful auto update of third-party root list with effective date: <%1>."), Inferred),
    "a newer list of roots is in force; the date is the list's ThisUpdate in local time",
);
static DISALLOWED_LIST_UPDATED: EventDefinition = define(
    4112,
    Information,
    1,
    (
        Some("Successful auto update of disallowed certificate list with effective date: <%1>."),
        Observed,
    ),
    "a newer list of distrusted certificates is in force; the date is its ThisUpdate in local time",
);
static PIN_RULES_UPDATED: EventDefinition = define(
    4113,
    Information,
    1,
    (Some("Successful auto update of pin rules with effective date: <%1>."), Inferred),
    "newer pin rules are in force; the date is their ThisUpdate in local time",
);

/// Every event of the provider in the Application log, by number.
pub static TABLE: &[&EventDefinition] = &[
    &define(
        256,
        Error,
        2,
        (
            Some(
                "The Cryptographic Services service failed to initialize the Catalog Database. The error was: %1 : %2.",
            ),
            Documented,
        ),
        "the catalog database of Windows could not be opened; unrelated to the root update",
    ),
    &define(257, Error, 1, NO_TEXT, "the catalog database failed; unrelated to the root update"),
    &define(512, Critical, 1, NO_TEXT, CRYPTSVC),
    &define(513, Critical, 1, NO_TEXT, CRYPTSVC),
    &ROOT_ADDED,
    &LIST_RETRIEVED,
    &LIST_RETRIEVAL_FAILED,
    &CERTIFICATE_RETRIEVED,
    &CERTIFICATE_RETRIEVAL_FAILED,
    &LOGGING_SUSPENDED,
    &SEQUENCE_NUMBER_RETRIEVED,
    &SEQUENCE_NUMBER_RETRIEVAL_FAILED,
    &define(4105, Information, 2, NO_TEXT, "a chain ended in an untrusted root (a notice)"),
    &define(4106, Information, 2, NO_TEXT, "a chain could not be completed (a notice)"),
    &LIST_EXTRACTION_FAILED,
    &ROOT_DELETED,
    &ROOT_PROPERTIES_UPDATED,
    &ROOT_UPDATE_FAILED,
    &LIST_UPDATED,
    &DISALLOWED_LIST_UPDATED,
    &PIN_RULES_UPDATED,
    &define(4114, Error, 7, NO_TEXT, NOT_PUBLISHED),
    &define(4115, Error, 3, NO_TEXT, NOT_PUBLISHED),
    &define(4116, Error, 7, NO_TEXT, NOT_PUBLISHED),
    &define(4117, Warning, 10, NO_TEXT, NOT_PUBLISHED),
    &define(4128, Information, 1, NO_TEXT, NOT_PUBLISHED),
    &define(4129, Error, 2, NO_TEXT, NOT_PUBLISHED),
    &define(4130, Error, 2, NO_TEXT, NOT_PUBLISHED),
    &define(4131, Error, 2, NO_TEXT, NOT_PUBLISHED),
    &define(4176, Error, 2, NO_TEXT, NOT_PUBLISHED),
    &define(4177, Error, 2, NO_TEXT, NOT_PUBLISHED),
    &define(4178, Error, 2, NO_TEXT, NOT_PUBLISHED),
    &define(4192, Warning, 18, NO_TEXT, NOT_PUBLISHED),
];

// The manifest says level 1, real records of 513 have 2 (reference, auto-root-update 5).
const CRYPTSVC: &str =
    "Cryptographic Services reports a backup (VSS) error; unrelated to the root update";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::hresult;

    const URL: &str =
        "http://ctldl.windowsupdate.com/msdownload/update/v3/static/trustedr/en/authrootstl.cab";

    #[test]
    fn the_classic_4107_reads_as_published() {
        let event = Event::list_extraction_failed(URL, hresult::CERT_E_EXPIRED);
        assert_eq!(
            event.message(),
            format!(
                "Failed extract of third-party root list from auto update cab at: <{URL}> with error: \
                 A required certificate is not within its validity period when verifying against \
                 the current system clock or the timestamp in the signed file."
            )
        );
        assert_eq!((event.definition.id, event.level as u8), (4107, 2));
        assert_eq!(event.definition.symbol, Some("MSG_ROOT_LIST_AUTO_UPDATE_EXTRACT_ERROR"));
    }

    #[test]
    fn constructors_carry_their_numbers_and_argument_counts() {
        let error = hresult::ERROR_ACCESS_DENIED;
        for (event, id) in [
            (Event::root_added("CN=a", "00"), 4097),
            (Event::list_retrieved(URL), 4098),
            (Event::list_retrieval_failed(URL, error), 4099),
            (Event::certificate_retrieved(URL), 4100),
            (Event::certificate_retrieval_failed(URL, error), 4101),
            (Event::sequence_number_retrieved(URL), 4103),
            (Event::sequence_number_retrieval_failed(URL, error), 4104),
            (Event::list_extraction_failed(URL, error), 4107),
            (Event::root_deleted("CN=a", "00"), 4108),
            (Event::root_properties_updated("CN=a", "00"), 4109),
            (Event::root_update_failed("CN=a", error), 4110),
            (Event::list_updated("Friday"), 4111),
            (Event::disallowed_list_updated("Friday"), 4112),
            (Event::pin_rules_updated("Friday"), 4113),
        ] {
            assert_eq!(event.definition.id, id);
            assert_eq!(event.arguments.len(), usize::from(event.definition.arguments), "{id}");
            assert_eq!(event.error.is_some(), event.definition.has_error_argument(), "{id}");
            assert!(!event.message().contains('%'), "{id}");
        }
        assert!(Event::root_update_failed("x", error).message().contains("not known"));
    }

    #[test]
    fn records_are_read_by_channel_source_and_number() {
        let arguments = [URL, "The data is invalid.\r\n"];
        let seven = Event::from_record("Application", SOURCE, 4107, &arguments).unwrap();
        let vista = Event::from_record("Application", SOURCE, 11, &arguments).unwrap();
        let xp = Event::from_record("Application", "crypt32", 11, &arguments).unwrap();
        for event in [&seven, &vista, &xp] {
            assert_eq!(event.definition.id, 4107);
            assert_eq!(event.error, Some(hresult::ERROR_INVALID_DATA));
            assert!(event.message().ends_with("with error: The data is invalid."));
        }
        let operational = "Microsoft-Windows-CAPI2/Operational";
        assert!(Event::from_record(operational, SOURCE, 11, &arguments).is_none());
        assert!(Event::from_record("Application", "crypt32", 4107, &arguments).is_none());
        assert!(Event::from_record("Application", "MsiInstaller", 11, &arguments).is_none());
        let german = Event::from_record("Application", SOURCE, 4107, &[URL, "Unbekannt"]).unwrap();
        assert_eq!(german.error, None);
    }

    #[test]
    fn unknown_codes_are_not_given_a_text() {
        let event = Event::list_retrieval_failed(URL, HResult(0x8123_4567));
        assert!(event.message().ends_with("with error: 0x81234567."));
    }

    #[test]
    fn templates_and_argument_counts_agree() {
        for definition in TABLE {
            if let Some(template) = definition.template {
                for number in 1..=definition.arguments {
                    assert!(template.contains(&format!("%{number}")), "{}", definition.id);
                }
                assert!(!template.contains(&format!("%{}", definition.arguments + 1)));
            }
            let unknown = definition.text_source == TextSource::Unknown;
            assert_eq!(definition.template.is_none(), unknown, "{}", definition.id);
        }
        assert!(TABLE.windows(2).all(|pair| pair[0].id < pair[1].id));
    }

    #[test]
    fn filling_survives_odd_templates() {
        assert_eq!(fill("100% of %9 %1", &["x".to_owned()]), "100% of  x");
        assert_eq!(fill("%", &[]), "%");
    }
}
