//! A diagnosis in plain words, for every form of the report.

mod cause;

use chaincheck_engine::base::hresult::HResult;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::status::TrustError;
use chaincheck_engine::proof::{Cause, CauseKind, EventDiagnosis, Fact, Remedy, Status};
use chaincheck_engine::root_update::event::{self, EventDefinition};
use chaincheck_engine::scenario::{ElementResult, parse_code};

pub(super) use cause::why;

use crate::report;

const SECONDS_PER_HOUR: i64 = 3_600;
const SECONDS_PER_DAY: i64 = 86_400;

/// What the whole comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Why the event was logged is proven.
    Proven,
    /// The update was found not to run at all, and why.
    NotRunning,
    /// The event was logged and reproduced; its cause is not proven.
    Open,
    /// The event was logged; this evidence does not bring it about.
    NotReproduced,
    /// No event was given; the machine would log one.
    Predicted,
    /// No event was given, and the machine would log none.
    Quiet,
}

impl Verdict {
    pub(super) fn of(event: &EventDiagnosis) -> Self {
        let proven = with_status(event, Status::Proven).next().is_some();
        match (&event.record, event.reproduced) {
            (Some(_), _) if proven => Self::Proven,
            (Some(_), Some(false)) => Self::NotReproduced,
            (Some(_), _) => Self::Open,
            (None, _) if proven => Self::NotRunning,
            (None, _) if event.event.is_some() => Self::Predicted,
            (None, _) => Self::Quiet,
        }
    }

    /// In two or three words.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Proven => "cause proven",
            Self::NotRunning => "update switched off",
            Self::Open => "cause not proven",
            Self::NotReproduced => "event not reproduced",
            Self::Predicted => "prediction, not proven",
            Self::Quiet => "no event",
        }
    }

    /// What that says.
    pub(super) fn meaning(self, event: &EventDiagnosis) -> &'static str {
        let joint = with_status(event, Status::Proven).any(|cause| !cause.jointly_with.is_empty());
        let all = with_status(event, Status::Proven).all(|cause| cause.takes_company);
        match self {
            Self::Proven if all => {
                "The recorded event was brought about again from this evidence. It takes all the \
                 causes below to bring it about: it goes away when any of them is removed."
            }
            Self::Proven if joint => {
                "The recorded event was brought about again from this evidence. It goes away only \
                 when all the causes below are removed; each of them alone keeps it coming."
            }
            Self::Proven => {
                "The recorded event was brought about again from this evidence. It goes away when \
                 the cause alone is removed, and it comes when the cause alone is put on a machine \
                 that is otherwise sound."
            }
            Self::NotRunning => "The evidence holds the setting that does it.",
            Self::Open => {
                "The recorded event was brought about again from this evidence, but the \
                 experiments do not single out a cause."
            }
            Self::NotReproduced => {
                "Run on this evidence, the update does not log the recorded event. The machine may \
                 have been different then (Windows repairs a bad copy by itself), or a part of it \
                 is missing here."
            }
            Self::Predicted => {
                "No record of an event was given. This is what the machine would log, and why."
            }
            Self::Quiet => {
                "No record of an event was given, and the update, run on this evidence, logs none."
            }
        }
    }
}

/// The answer in one sentence.
pub(super) fn headline(event: &EventDiagnosis) -> String {
    let id = number(event).map_or_else(|| "The event".to_owned(), |id| format!("Event {id}"));
    let proven = meanings(event, Status::Proven);
    let fits = meanings(event, Status::Consistent);
    match Verdict::of(event) {
        Verdict::Proven => format!("{id} was logged because {proven}."),
        Verdict::NotRunning => format!("No update of the trusted roots takes place: {proven}."),
        Verdict::Open if fits.is_empty() => format!("{id} was logged; why is not decided."),
        Verdict::Open => format!("{id} was logged, perhaps because {fits}: this is not proven."),
        Verdict::NotReproduced if fits.is_empty() => {
            format!("{id} was logged, but this evidence does not show why.")
        }
        Verdict::NotReproduced => format!(
            "{id} was logged, but this evidence does not bring it about. What is wrong here: \
             {fits}."
        ),
        Verdict::Predicted if fits.is_empty() => format!("This machine would log {id}."),
        Verdict::Predicted => {
            format!("This machine would log {}, because {fits}.", id.to_lowercase())
        }
        Verdict::Quiet if fits.is_empty() => {
            "This machine would log no event of the automatic root update.".to_owned()
        }
        Verdict::Quiet => format!(
            "This machine would log no event of the automatic root update, though not all is \
             well: {fits}."
        ),
    }
}

/// The causes of a status in half a sentence.
fn meanings(event: &EventDiagnosis, status: Status) -> String {
    let mut found: Vec<&str> = Vec::new();
    for cause in with_status(event, status) {
        if !found.contains(&cause.kind.meaning()) {
            found.push(cause.kind.meaning());
        }
    }
    found.join(", and ")
}

/// What happened and what it means, paragraph by paragraph.
pub(super) fn story(event: &EventDiagnosis) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(record) = &event.record {
        let who = record.computer.as_deref().unwrap_or("the machine");
        let more = match event.repeated {
            0 => String::new(),
            1 => " One more record says the same.".to_owned(),
            count => format!(" {count} more records say the same."),
        };
        told.push(format!(
            "On {}, by its own clock, {who} wrote event {} to its Application log.{more}",
            moment(&record.time),
            record.id
        ));
    }
    told.push(background(definition(event)));
    if let Some(step) = event.failing_step.as_deref() {
        told.push(format!("This time the update failed at {}.", step_words(step)));
    }
    if Verdict::of(event) != Verdict::Quiet {
        told.push(CONSEQUENCE.to_owned());
    }
    told
}

const LIST: &str = "Windows keeps a signed list of the certificate authorities (\"roots\") it may \
                    trust. It fetches the list from Microsoft by itself, packed in a file named \
                    authrootstl.cab, and keeps a copy of that file on disk.";
const CONSEQUENCE: &str = "Until a good copy is used, the machine does not learn of roots that were \
                           added or withdrawn since. Certificates under roots it already has are \
                           judged as before.";

fn background(definition: Option<&EventDefinition>) -> String {
    let what = match definition.map(|definition| definition.id) {
        Some(4107) => {
            "The event says that Windows had such a file in hand, but could not get a list out of \
             it that it may use."
        }
        Some(4099) => "The event says that Windows could not fetch that file.",
        Some(4101) => {
            "The event says that Windows could not fetch the certificate of a root in the list."
        }
        Some(4104) => "The event says that Windows could not ask whether there is a newer list.",
        Some(4110) => {
            "The event says that Windows could not put a root of the list into its store."
        }
        _ => "",
    };
    format!("{LIST} {what}").trim_end().to_owned()
}

/// Where in its work the update was.
pub(super) fn step_words(step: &str) -> &str {
    match step {
        "retrieve" => "the first step, fetching the file",
        "extract" => "unpacking: no list could be taken out of the file",
        "decode" => "reading: what was unpacked could not be read as a list",
        "signature" => "checking the list's signature",
        "signer-chain" => {
            "checking the certificate that signed the list, and the certificates above it"
        }
        "usage" => "checking that the signer may sign such lists",
        "trust" => "checking that the signature leads up to Microsoft",
        "apply" => "the last step, putting the list to use",
        other => other,
    }
}

/// The number in the log, or that the machine would log.
pub(super) fn number(event: &EventDiagnosis) -> Option<u32> {
    let recorded = event.record.as_ref().map(|record| record.id);
    recorded.or_else(|| event.event.as_ref().map(|event| event.id))
}

/// What is known of the event. The family's records are in the Application log, so the small
/// numbers are those of Vista (reference, 4107-variants 0).
pub(super) fn definition(event: &EventDiagnosis) -> Option<&'static EventDefinition> {
    let id = u16::try_from(number(event)?).ok()?;
    event::by_id(id).or_else(|| event::by_vista_id(id)).or_else(|| event::by_xp_id(id))
}

pub(super) fn with_status(event: &EventDiagnosis, status: Status) -> impl Iterator<Item = &Cause> {
    event.causes.iter().filter(move |cause| cause.status == status)
}

/// The code of the record or, without one, of the event that would be logged.
pub(super) fn error(event: &EventDiagnosis) -> Option<HResult> {
    let recorded = event.record.as_ref().and_then(|record| record.error.as_deref());
    let raised = || event.event.as_ref().and_then(|event| event.error.as_deref());
    parse_code(recorded.or_else(raised)?)
}

/// The code with its symbol, and its text unless the record has said it already.
pub(super) fn code(event: &EventDiagnosis, code: HResult) -> String {
    let recorded = event.record.as_ref();
    let text = recorded.and_then(|record| record.text.as_deref());
    let said = text.is_some_and(|text| HResult::from_text(text).contains(&code));
    let mut words = if said { with_symbols(&code.to_string()) } else { report::code(code) };
    if recorded.is_some() {
        words.push_str(" (concluded from the text: records hold no number)");
    }
    words
}

/// What a run came to: its events with the names of their codes.
pub(super) fn outcome(text: &str) -> String {
    if text == "no event" {
        return "no event".to_owned();
    }
    let is_event = |part: &str| part.split(' ').next().is_some_and(|id| id.parse::<u32>().is_ok());
    let parts: Vec<String> = text
        .split(", ")
        .map(|part| if is_event(part) { format!("event {part}") } else { part.to_owned() })
        .collect();
    with_symbols(&parts.join(", "))
}

/// The text with each code's symbol behind it: never only a number.
pub(super) fn with_symbols(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, digits, after)) = next_code(rest) {
        result.push_str(before);
        result.push_str(digits);
        let code = parse_code(digits);
        match code.and_then(HResult::symbol) {
            Some(symbol) if after.trim_start().starts_with(symbol) => {}
            Some(symbol) => {
                result.push(' ');
                result.push_str(symbol);
            }
            // status bits and the like are no codes of errors
            None if code.is_none_or(HResult::is_ok) => {}
            None => result.push_str(" (no name known)"),
        }
        rest = after;
    }
    result.push_str(rest);
    result
}

/// The codes that stand in a text.
fn codes_in(text: &str, found: &mut Vec<HResult>) {
    let mut rest = text;
    while let Some((_, digits, after)) = next_code(rest) {
        if let Some(code) = parse_code(digits)
            && !found.contains(&code)
        {
            found.push(code);
        }
        rest = after;
    }
}

/// What stands before the next code (`0x` and eight digits), the code, and what stands behind it.
fn next_code(text: &str) -> Option<(&str, &str, &str)> {
    const LENGTH: usize = 10;
    for (start, _) in text.match_indices("0x") {
        let (before, tail) = text.split_at(start);
        let Some((code, after)) = tail.split_at_checked(LENGTH) else { continue };
        let digits = code.trim_start_matches("0x");
        let ends = !after.starts_with(|next: char| next.is_ascii_alphanumeric());
        if ends && digits.len() == LENGTH - 2 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Some((before, code, after));
        }
    }
    None
}

/// Every code a report of this event names. What is ruled out is told shortly, without its codes.
pub(super) fn codes(event: &EventDiagnosis) -> Vec<HResult> {
    let mut found: Vec<HResult> = error(event).into_iter().collect();
    codes_in(&event.outcome, &mut found);
    for cause in &event.causes {
        if cause.status != Status::Refuted {
            codes_in(&cause.statement, &mut found);
        }
        let without = cause.without_it.iter().map(|experiment| &experiment.outcome);
        let alone = cause.only_it.iter().map(|experiment| &experiment.outcome);
        without.chain(alone).for_each(|text| codes_in(text, &mut found));
    }
    for text in event.remedies.iter().filter_map(|remedy| remedy.outcome.as_ref()) {
        codes_in(text, &mut found);
    }
    found
}

/// What was changed in the experiment without a cause, and whether the event was gone, in words.
pub(super) fn without_words(cause: &Cause, event: &EventDiagnosis) -> Option<(String, String)> {
    let experiment = cause.without_it.as_ref()?;
    let result = match experiment.outcome.as_str() {
        "no event" => "no event: it is gone".to_owned(),
        found => compared(found, &event.outcome, "it stays"),
    };
    Some((with_symbols(&experiment.changed), result))
}

/// What came of a cause alone, in words.
pub(super) fn alone_words(cause: &Cause, event: &EventDiagnosis) -> Option<String> {
    let experiment = cause.only_it.as_ref()?;
    Some(compared(&experiment.outcome, &event.outcome, "it comes"))
}

/// What a run came to, beside what the machine itself gives.
fn compared(found: &str, own: &str, verb: &str) -> String {
    let id = |text: &str| text.split([' ', ',']).next().and_then(|id| id.parse::<u32>().ok());
    let words = outcome(found);
    match (id(found), id(own)) {
        (Some(_), Some(_)) if found == own => format!("{verb}: {words}"),
        (Some(found), Some(own)) if found == own => format!("{verb}, differently: {words}"),
        _ => words,
    }
}

/// Whether a remedy was tried, and what came of it.
pub(super) fn trial_words(remedy: &Remedy) -> String {
    match (&remedy.outcome, remedy.verified) {
        (Some(_), true) => "tried on a model of this machine: the event is gone, and nothing that \
                            was valid became invalid"
            .to_owned(),
        (Some(found), false) => {
            format!("tried on a model of this machine, not enough: {}", outcome(found))
        }
        (None, _) => "not tried: no experiment can make this change".to_owned(),
    }
}

pub(super) const fn status_words(status: Status) -> &'static str {
    match status {
        Status::Proven => "proven",
        Status::Consistent => "fits, not proven",
        Status::Undecided => "undecided",
        Status::Refuted => "ruled out",
    }
}

/// A cause as a sentence without its period.
pub(super) fn title(kind: CauseKind) -> String {
    capitalized(kind.meaning())
}

/// A phrase as a sentence.
pub(super) fn sentence(phrase: &str) -> String {
    format!("{}.", capitalized(phrase))
}

pub(super) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters).collect()
}

/// The text with each long address shortened to its host and file.
pub(super) fn short_addresses(text: &str) -> String {
    let shorten = |word: &str| -> String {
        let Some((_, rest)) = word.split_once("://") else { return word.to_owned() };
        match (rest.split_once('/'), rest.rsplit_once('/')) {
            (Some((host, path)), Some((_, file))) if path.contains('/') => {
                format!("{host}/.../{file}")
            }
            _ => word.to_owned(),
        }
    };
    text.split(' ').map(shorten).collect::<Vec<_>>().join(" ")
}

/// Reasons, each with the causes that are ruled out for it, so that each is said once.
pub(super) fn by_reason<'a>(
    event: &EventDiagnosis,
    causes: impl IntoIterator<Item = &'a Cause>,
) -> Vec<(String, Vec<CauseKind>)> {
    let mut found: Vec<(String, Vec<CauseKind>)> = Vec::new();
    for cause in causes {
        let reason = reason(event, cause);
        match found.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, kinds)) => kinds.push(cause.kind),
            None => found.push((reason, vec![cause.kind])),
        }
    }
    found
}

/// Why a cause is ruled out, shortly.
fn reason(event: &EventDiagnosis, cause: &Cause) -> String {
    let id = definition(event).map(|definition| u32::from(definition.id));
    if cause.without_it.is_some() || event.record.is_none() && event.event.is_none() {
        let note = cause.note.as_deref().unwrap_or_default();
        return with_symbols(format!("{} {note}", cause.statement).trim_end());
    }
    if let Some(id) = id.filter(|id| !cause.kind.events().contains(id)) {
        return format!("Would raise other events than {id}, or none.");
    }
    if let (Some(code), Some(codes)) = (error(event), cause.kind.codes())
        && !codes.contains(&code)
    {
        return with_symbols(&format!("Would be logged with another code than {code}."));
    }
    with_symbols(&cause.statement)
}

/// Whether a certificate is valid at a clock, and by how much.
pub(super) fn age(element: &ElementResult, clock: &str) -> String {
    let times = (element.not_before.parse(), element.not_after.parse(), clock.parse());
    let (Ok(from), Ok(to), Ok(now)) = times else { return "its period is unreadable".to_owned() };
    let (from, to, now): (Time, Time, Time) = (from, to, now);
    if now < from {
        format!("begins {}, {} after the clock", words_day(from), span(from, now))
    } else if now > to {
        format!("ended {}, {} before the clock", words_day(to), span(now, to))
    } else {
        format!("valid, until {}", words_day(to))
    }
}

fn words_day(time: Time) -> String {
    day(&time.to_string()).to_owned()
}

/// Error bits with their meanings.
pub(super) fn problems(bits: &[String]) -> Vec<String> {
    bits.iter()
        .map(|name| {
            let known = TrustError::TABLE.iter().find(|bit| bit.name == name);
            known.map_or_else(|| name.clone(), |bit| format!("{name}: {}", bit.meaning))
        })
        .collect()
}

/// What time it really was, if the clock was found to be wrong: the experiment that sets it right
/// says so.
pub(super) fn true_clock(event: &EventDiagnosis) -> Option<Time> {
    let of_clock = event.causes.iter().find(|cause| cause.fact == Some(Fact::Clock))?;
    let changed = &of_clock.without_it.as_ref()?.changed;
    changed.split_whitespace().next_back()?.parse().ok()
}

/// A security identifier with the name of the account, where every Windows has it.
pub(super) fn account(sid: &str) -> String {
    match sid {
        "S-1-5-18" => format!("{sid} (SYSTEM)"),
        "S-1-5-19" => format!("{sid} (LOCAL SERVICE)"),
        "S-1-5-20" => format!("{sid} (NETWORK SERVICE)"),
        _ => sid.to_owned(),
    }
}

/// A moment as people write it: the `T` and `Z` of RFC 3339 read.
pub(super) fn moment(time: &str) -> String {
    match (time.split_once('T'), time.strip_suffix('Z')) {
        (Some((day, rest)), Some(_)) => format!("{day} {} UTC", rest.trim_end_matches('Z')),
        _ => time.to_owned(),
    }
}

/// The day of a moment.
pub(super) fn day(time: &str) -> &str {
    time.split_once('T').map_or(time, |(day, _)| day)
}

/// How much time lies between two moments: "17 days", "3 hours".
pub(super) fn span(a: Time, b: Time) -> String {
    let seconds = a.seconds_since(b).saturating_abs();
    let (amount, unit) = match seconds {
        SECONDS_PER_DAY.. => (seconds / SECONDS_PER_DAY, "day"),
        SECONDS_PER_HOUR.. => (seconds / SECONDS_PER_HOUR, "hour"),
        60.. => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    format!("{amount} {unit}{}", if amount == 1 { "" } else { "s" })
}

/// The name a person would call the holder by: the CN of a subject in X.500 form, or all of it.
pub(super) fn short_name(subject: &str) -> String {
    let mut quoted = false;
    let mut part = String::new();
    for character in subject.chars().chain([',']) {
        if character == '"' {
            quoted = !quoted;
        }
        if quoted || !matches!(character, ',' | '+') {
            part.push(character);
            continue;
        }
        if let Some(value) = part.trim().strip_prefix("CN=") {
            // a quote within quotes is written twice (CertNameToStr)
            let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            return bare.map_or_else(|| value.to_owned(), |bare| bare.replace("\"\"", "\""));
        }
        part.clear();
    }
    subject.to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn verdicts() {
        for (name, document) in samples::all() {
            let verdicts: Vec<Verdict> = document.events.iter().map(Verdict::of).collect();
            let expected = match *name {
                "not-reproduced" => Verdict::NotReproduced,
                "predicted" => Verdict::Predicted,
                "quiet" => Verdict::Quiet,
                "disabled" => Verdict::NotRunning,
                _ => Verdict::Proven,
            };
            assert!(verdicts.iter().all(|verdict| *verdict == expected), "{name}: {verdicts:?}");
        }
    }

    #[test]
    fn the_true_time_is_known_from_the_experiment_that_sets_the_clock() {
        let told = samples::named("wrong-clock");
        let truth = "2026-06-01T00:00:00Z".parse().ok();
        assert_eq!(true_clock(&told.events[0]), truth);
        assert_eq!(true_clock(&samples::named("expired").events[0]), None);
    }

    #[test]
    fn every_cause_that_is_ruled_out_has_its_reason_once() {
        let document = samples::named("expired");
        let event = &document.events[0];
        let reasons = by_reason(event, with_status(event, Status::Refuted));
        let kinds: usize = reasons.iter().map(|(_, kinds)| kinds.len()).sum();
        assert_eq!(kinds, 18);
        let code = "Would be logged with another code than 0x800b0101 CERT_E_EXPIRED.";
        let other = reasons.iter().find(|(reason, _)| reason == code).unwrap();
        assert!(other.1.contains(&CauseKind::NotACabinet));
        let none = reasons.iter().find(|(reason, _)| reason.contains("other events than 4107"));
        assert_eq!(none.unwrap().1, [CauseKind::Unreachable, CauseKind::UpdateDisabled]);
    }

    #[test]
    fn no_code_stands_without_its_symbol() {
        assert_eq!(
            with_symbols("logged with 0x800b0101 or 0x80092010; 0x800b0101 CERT_E_EXPIRED"),
            "logged with 0x800b0101 CERT_E_EXPIRED or 0x80092010 CRYPT_E_REVOKED; \
             0x800b0101 CERT_E_EXPIRED"
        );
        assert_eq!(
            with_symbols("0x12 0x0x800b010 0xüüüüüüüü 0x800b0101ff"),
            "0x12 0x0x800b010 0xüüüüüüüü 0x800b0101ff"
        );
        assert_eq!(with_symbols("0x8abcdef0."), "0x8abcdef0 (no name known).");
        assert_eq!(outcome("4107 0x800b0101"), "event 4107 0x800b0101 CERT_E_EXPIRED");
        assert_eq!(outcome("no event"), "no event");
    }

    #[test]
    fn the_short_name_is_the_common_name() {
        assert_eq!(short_name("CN=A List CA, O=B, C=US"), "A List CA");
        assert_eq!(short_name("O=\"x, CN=no\", CN=\"a, \"\"b\"\"\""), "a, \"b\"");
        assert_eq!(short_name("O=Only"), "O=Only");
        assert_eq!(short_name("O=A + CN=b"), "b");
    }

    #[test]
    fn addresses_get_short() {
        assert_eq!(
            short_addresses("list of http://a.example/b/c/d.cab (x): http://e/f"),
            "list of a.example/.../d.cab (x): http://e/f"
        );
    }

    #[test]
    fn times_in_words() {
        let time = |text: &str| text.parse::<Time>().unwrap();
        let noon = time("2010-07-28T12:00:00Z");
        assert_eq!(span(noon, time("2010-07-11T06:19:39Z")), "17 days");
        assert_eq!(span(noon, time("2010-07-28T13:00:00Z")), "1 hour");
        assert_eq!(moment("2010-07-28T01:28:10Z"), "2010-07-28 01:28:10 UTC");
        assert_eq!(day("2010-07-28T01:28:10Z"), "2010-07-28");
    }
}
