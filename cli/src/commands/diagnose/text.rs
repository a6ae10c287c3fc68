//! The report for a terminal.

use chaincheck_engine::proof::{Cause, EventDiagnosis, Remedy, Status};

use super::document::{Document, FileSeen};
use super::words::{self, Verdict};
use crate::text::Text;

/// Where the reasons stand in the table of causes.
const REASON_COLUMN: usize = 26;
/// Where the text of numbered items begins.
const NUMBERED: usize = 5;
/// What is said to have been taken from a file that gave nothing.
const NOT_USED: &str = "nothing";
/// Files and notes that are named without --verbose, of each.
const MAX_SHOWN: usize = 40;
/// How much of what will end is said without `--verbose`.
const SHORT_FORECAST: usize = 5;

/// The whole report. `verbose` adds each ruled out cause with its experiments, the steps of the
/// update, the signer's chain and the evidence behind each cause.
pub(crate) fn describe(document: &Document, verbose: bool) -> Text {
    let mut text = Text::new();
    if document.lab {
        text.line(0, LAB);
        text.blank();
    }
    for (index, event) in document.events.iter().enumerate() {
        if document.events.len() > 1 {
            text.line(0, &format!("({} of {})", index + 1, document.events.len()));
        }
        describe_event(&mut text, event, verbose);
        text.blank();
    }
    if document.events.is_empty() {
        text.line(0, NOTHING);
        text.blank();
    }
    forecast(&mut text, document, verbose);
    files(&mut text, document, verbose);
    if !document.notes.is_empty() {
        text.line(0, "Notes");
        let most = if verbose { document.notes.len() } else { MAX_SHOWN };
        items(&mut text, document.notes.get(..most).unwrap_or(&document.notes));
        if document.notes.len() > most {
            text.line(2, &format!("and {} more", document.notes.len() - most));
        }
        text.blank();
    }
    text.line(
        0,
        &format!(
            "chaincheck {} at clock {} as {}{}",
            document.version,
            document.clock,
            document.profile,
            if verbose { "" } else { "; --verbose says more" }
        ),
    );
    text
}

/// Said of evidence from `reproduce`.
pub(super) const LAB: &str = "LABORATORY EVIDENCE: its list is signed under a test root, not by \
                              Microsoft. It is made to see, teach and test with.";
/// Said where there is no event at all.
pub(super) const NOTHING: &str = "Nothing in this evidence could be diagnosed: it holds no event \
                                  of the automatic root update and no file that raises one.";

fn describe_event(text: &mut Text, event: &EventDiagnosis, verbose: bool) {
    let verdict = Verdict::of(event);
    text.line(0, &words::headline(event));
    text.line(0, &format!("[{}] {}", verdict.label(), verdict.meaning(event)));
    text.blank();
    text.line(0, "What happened");
    for paragraph in words::story(event) {
        text.line(2, &paragraph);
    }
    text.blank();
    facts(text, event);
    causes(text, event, Status::Proven, "Why", verbose);
    causes(text, event, Status::Consistent, "What fits, but is not proven", verbose);
    remedies(text, &event.remedies);
    causes(text, event, Status::Undecided, "What is undecided", verbose);
    section(text, "What would decide", &event.would_decide);
    ruled_out(text, event, verbose);
    section(text, "Assumed, or not known of this version of Windows", &event.unproven);
    if verbose {
        chain(text, event);
        section(text, "What the update did, step by step", &event.steps);
    }
}

fn facts(text: &mut Text, event: &EventDiagnosis) {
    if let Some(record) = &event.record {
        let id = record.record_id.map_or_else(String::new, |id| format!(", record {id}"));
        text.field("record", &format!("{}{id}", record.source));
    }
    if let Some(definition) = words::definition(event) {
        let id = words::number(event).unwrap_or_default();
        text.field("event", &format!("{id}: {}", definition.meaning));
    }
    match (&event.record, &event.event) {
        (Some(record), _) => {
            for (name, value) in [
                ("time", Some(words::moment(&record.time))),
                ("computer", record.computer.clone()),
                ("user", record.user.as_deref().map(words::account)),
                ("address", record.url.clone()),
                ("text", record.text.clone()),
            ] {
                if let Some(value) = value {
                    text.field(name, &value);
                }
            }
        }
        (None, Some(raised)) => text.field("text", &raised.message),
        (None, None) => {}
    }
    if let Some(error) = words::error(event) {
        text.field("error", &words::code(event, error));
    }
    text.field("judged at", &format!("{} as {}", words::moment(&event.clock), event.profile));
    let run = words::outcome(&event.outcome);
    text.field("the run gives", &run);
    if let Some(reproduced) = event.reproduced {
        let said = if reproduced { "yes: the same event and code" } else { "no" };
        text.field("reproduced", said);
    }
}

fn causes(text: &mut Text, event: &EventDiagnosis, status: Status, title: &str, verbose: bool) {
    let found: Vec<&Cause> = words::with_status(event, status).collect();
    if found.is_empty() {
        return;
    }
    text.blank();
    text.line(0, title);
    for (number, cause) in found.iter().enumerate() {
        let kind = cause.kind;
        let title = words::title(kind);
        let status_words = words::status_words(status);
        let line = format!("{title} ({kind}: {status_words})");
        text.row(&format!("{}.", number + 1), NUMBERED, &line);
        if status != Status::Undecided {
            text.line(5, words::why(kind));
        }
        text.line(5, &format!("Here: {}", words::with_symbols(&cause.statement)));
        experiments(text, event, cause);
        if verbose {
            evidence(text, cause);
        }
    }
}

fn experiments(text: &mut Text, event: &EventDiagnosis, cause: &Cause) {
    if let Some((changed, outcome)) = words::without_words(cause, event) {
        text.item(5, &format!("Changed alone: {changed}"));
        text.item(7, &format!("-> {outcome}"));
    }
    if let Some(outcome) = words::alone_words(cause, event) {
        text.item(5, "This alone, on a machine that is otherwise sound:");
        text.item(7, &format!("-> {outcome}"));
    }
    if let Some(note) = &cause.note {
        text.line(5, &words::with_symbols(note));
    }
    if let Some(scenario) = &cause.scenario {
        text.item(5, "To see it again:");
        text.verbatim(7, &format!("chaincheck run {scenario}"));
    }
}

fn evidence(text: &mut Text, cause: &Cause) {
    for found in &cause.evidence {
        let file = found.file.as_ref().map_or_else(String::new, |file| format!("{file}: "));
        let value = words::with_symbols(&found.value);
        text.item(5, &format!("evidence: {file}{}: {value}", found.what));
        if let Some(sha256) = &found.sha256 {
            text.item(7, &format!("SHA-256 {sha256}"));
        }
    }
}

fn remedies(text: &mut Text, remedies: &[Remedy]) {
    if remedies.is_empty() {
        return;
    }
    text.blank();
    text.line(0, "What to do");
    for (number, remedy) in remedies.iter().enumerate() {
        text.row(&format!("{}.", number + 1), NUMBERED, &remedy.what);
        text.line(5, &format!("[{}]", words::trial_words(remedy)));
        if let Some(caution) = &remedy.caution {
            text.item(5, &format!("CAUTION: {caution}"));
        }
        for command in &remedy.commands {
            text.verbatim(7, command);
        }
    }
}

fn ruled_out(text: &mut Text, event: &EventDiagnosis, verbose: bool) {
    let found: Vec<&Cause> = words::with_status(event, Status::Refuted).collect();
    if found.is_empty() {
        return;
    }
    text.blank();
    text.line(0, &format!("Ruled out ({})", found.len()));
    if verbose {
        for cause in found {
            let reason = words::with_symbols(&cause.statement);
            text.row(cause.kind.name(), REASON_COLUMN, &reason);
            experiments(text, event, cause);
        }
        return;
    }
    for (reason, kinds) in words::by_reason(event, found) {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        text.item(2, &format!("- {}: {}", reason.trim_end_matches('.'), names.join(", ")));
    }
}

fn chain(text: &mut Text, event: &EventDiagnosis) {
    let Some(chain) = event.chain.as_ref().and_then(|chain| chain.simple_chains.first()) else {
        return;
    };
    text.blank();
    text.line(0, "The chain of the list's signer, signer first");
    for (index, element) in chain.elements.iter().enumerate() {
        text.item(2, &format!("[{index}] {}", element.subject));
        text.item(6, &format!("{} to {}", element.not_before, element.not_after));
        text.item(6, &format!("SHA-1 {}", element.sha1));
        for problem in words::problems(&element.status.error) {
            text.item(6, &format!("ERROR {problem}"));
        }
    }
}

fn forecast(text: &mut Text, document: &Document, verbose: bool) {
    if document.forecast.is_empty() {
        return;
    }
    let shown = if verbose { document.forecast.len() } else { SHORT_FORECAST };
    text.line(0, "What ends next");
    for ending in document.forecast.iter().take(shown) {
        let what = if verbose { ending.what.clone() } else { words::short_addresses(&ending.what) };
        text.row(words::day(&ending.date), 14, &what);
    }
    let more = document.forecast.len().saturating_sub(shown);
    if more > 0 {
        text.line(2, &format!("and {more} more (--verbose)"));
    }
    text.blank();
}

fn files(text: &mut Text, document: &Document, verbose: bool) {
    if document.files.is_empty() {
        return;
    }
    text.line(0, &format!("Evidence read ({})", document.files.len()));
    let shown = |file: &&FileSeen| verbose || file.what != NOT_USED;
    let used: Vec<_> = document.files.iter().filter(shown).collect();
    let most = if verbose { used.len() } else { MAX_SHOWN };
    for file in used.iter().take(most) {
        text.item(
            2,
            &format!("{} ({}, {} octets): {}", file.path, file.kind, file.size, file.what),
        );
        if verbose {
            text.item(4, &format!("SHA-256 {}", file.sha256));
        }
    }
    if used.len() > most {
        text.line(2, &format!("and {} more that are used", used.len() - most));
    }
    let rest = document.files.len() - used.len();
    if rest > 0 {
        text.line(2, &format!("and {rest} of which nothing was used"));
    }
    text.blank();
}

/// A heading with items, if there are any.
fn section(text: &mut Text, title: &str, found: &[String]) {
    if found.is_empty() {
        return;
    }
    text.blank();
    text.line(0, title);
    items(text, found);
}

fn items(text: &mut Text, found: &[String]) {
    for item in found {
        text.item(2, &format!("- {}", words::with_symbols(item)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn shown(document: &Document, verbose: bool) -> String {
        let mut out = Vec::new();
        describe(document, verbose).print(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn flat(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lines_fit_and_only_commands_are_longer() {
        for (name, document) in samples::all() {
            let commands: Vec<String> = document
                .events
                .iter()
                .flat_map(|event| &event.remedies)
                .flat_map(|remedy| &remedy.commands)
                .map(|command| crate::text::printable(command).trim().to_owned())
                .collect();
            for verbose in [false, true] {
                for line in shown(document, verbose).lines() {
                    let fits = line.chars().count() <= 80;
                    assert!(fits || commands.iter().any(|c| c == line.trim()), "{name}: {line}");
                }
            }
        }
    }

    #[test]
    fn no_code_stands_alone() {
        for (name, document) in samples::all() {
            if *name == "hostile" {
                continue;
            }
            let text = flat(&shown(document, true));
            let words: Vec<&str> = text.split(' ').collect();
            let mut codes = 0;
            for pair in words.windows(2) {
                let is_code = pair[0].starts_with("0x8") && pair[0].len() >= 10;
                if is_code {
                    codes += 1;
                    let named = pair[1].contains('_') || pair[1] == "(no";
                    assert!(named, "{name}: {pair:?} in {text}");
                }
            }
            assert!(codes > 0 || ["quiet", "disabled"].contains(name), "{name}");
        }
    }

    #[test]
    fn the_answer_comes_first_and_the_remedy_whole() {
        let mut document = samples::named("expired").clone();
        document.lab = false;
        let text = shown(&document, false);
        let answer = "Event 4107 was logged because the certificate that signed the cached list \
                      has expired. [cause proven]";
        assert!(flat(&text).starts_with(answer), "{text}");
        for expected in [
            "Windows keeps a signed list",
            "Application log. 2 more records say the same.",
            "0x800b0101 CERT_E_EXPIRED",
            "is valid from 2023-01-10T08:00:00Z to 2024-04-10T08:00:00Z",
            "Changed alone: the same list, if its signer were valid now -> no event: it is gone",
            "otherwise sound: -> it comes: event 4107 0x800b0101 CERT_E_EXPIRED",
            "chaincheck run proof-1.json",
            "Ruled out (18)",
            "[tried on a model of this machine",
        ] {
            assert!(flat(&text).contains(expected), "no {expected:?} in {text}");
        }
        for command in &document.events[0].remedies[0].commands {
            assert!(text.lines().any(|line| line.trim() == command), "{command}");
        }
        assert!(!text.contains("step by step"));
        assert!(shown(&document, true).contains("step by step"));
    }

    #[test]
    fn what_is_open_is_said_with_what_would_decide() {
        let text = flat(&shown(samples::named("web-page"), false));
        assert!(text.contains("What is undecided 1. A proxy answers instead"), "{text}");
        assert!(text.contains("What would decide - the log Microsoft-Windows-CAPI2"), "{text}");
        let text = flat(&shown(samples::named("not-reproduced"), false));
        assert!(text.contains("this evidence does not show why. [event not reproduced]"), "{text}");
        let text = flat(&shown(samples::named("two-causes"), false));
        assert!(text.contains("goes away only when all the causes below are removed"), "{text}");
        assert!(text.contains("it stays, differently: event 4107 0x800b0101 CERT_E_EXPIRED"));
    }

    #[test]
    fn a_foreign_text_is_told_in_english_too() {
        let text = flat(&shown(samples::named("denied"), false));
        assert!(text.contains("text Zugriff verweigert"), "{text}");
        assert!(text.contains("0x80070005 ERROR_ACCESS_DENIED: Access is denied."), "{text}");
    }

    #[test]
    fn an_update_that_does_not_run_is_no_silence() {
        let text = flat(&shown(samples::named("disabled"), false));
        let answer = "No update of the trusted roots takes place: a policy switches the update \
                      off. [update switched off]";
        assert!(text.contains(answer), "{text}");
    }

    #[test]
    fn an_empty_document_says_so() {
        let document = Document::new("2026-06-01T00:00:00Z".to_owned(), "windows-7".to_owned());
        assert!(flat(&shown(&document, false)).starts_with("Nothing in this evidence"));
    }
}
