//! The parts of the page that are text and tables.

use chaincheck_engine::proof::{Cause, EventDiagnosis, Remedy, Status};

use super::markup::Markup;
use crate::commands::diagnose::document::Document;
use crate::commands::diagnose::words;
use crate::report;

/// A heading and paragraphs, then what is known of the record.
pub(super) fn what_happened(markup: &mut Markup, event: &EventDiagnosis) {
    markup.element("h3", &[], "What happened");
    markup.open("div", &[("class", "sides")]);
    markup.open("div", &[]);
    for paragraph in words::story(event) {
        markup.element("p", &[], &paragraph);
    }
    markup.close("div");
    markup.open("dl", &[("class", "facts small")]);
    for (name, value) in facts(event) {
        markup.element("dt", &[], name);
        markup.element("dd", &[], &value);
    }
    markup.close("dl");
    markup.close("div");
}

fn facts(event: &EventDiagnosis) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(definition) = words::definition(event) {
        let id = words::number(event).unwrap_or_default();
        facts.push(("Event", format!("{id}: {}", definition.meaning)));
    }
    if let Some(record) = &event.record {
        facts.push(("Time", format!("{} (machine's clock)", words::moment(&record.time))));
        let rest = [
            ("Computer", record.computer.clone()),
            ("User", record.user.as_deref().map(words::account)),
            ("Address", record.url.clone()),
            ("Text", record.text.clone()),
        ];
        facts.extend(rest.into_iter().filter_map(|(name, value)| Some((name, value?))));
    } else if let Some(raised) = &event.event {
        facts.push(("Text", raised.message.clone()));
    }
    if let Some(error) = words::error(event) {
        facts.push(("Error code", words::code(event, error)));
    }
    if let Some(record) = &event.record {
        let id = record.record_id.map_or_else(String::new, |id| format!(", record {id}"));
        facts.push(("Found in", format!("{}{id}", record.source)));
    }
    let judged = format!("{} as {}", words::moment(&event.clock), event.profile);
    facts.push(("Judged at", judged));
    facts.push(("The run gives", words::outcome(&event.outcome)));
    if let Some(reproduced) = event.reproduced {
        let said = if reproduced { "yes: the same event and code" } else { "no" };
        facts.push(("Reproduced", said.to_owned()));
    }
    facts
}

/// What is proven, or fits.
pub(super) fn causes(markup: &mut Markup, event: &EventDiagnosis) {
    let groups = [
        (Status::Proven, "Why", "panel good-panel"),
        (Status::Consistent, "What fits, but is not proven", "panel open-panel"),
    ];
    for (status, heading, class) in groups {
        let found: Vec<&Cause> = words::with_status(event, status).collect();
        if found.is_empty() {
            continue;
        }
        markup.element("h3", &[], heading);
        for cause in found {
            markup.open("div", &[("class", class)]);
            cause_panel(markup, event, cause);
            markup.close("div");
        }
    }
}

fn cause_panel(markup: &mut Markup, event: &EventDiagnosis, cause: &Cause) {
    markup.element("h4", &[], &words::title(cause.kind));
    markup.open("p", &[("class", "soft small")]);
    markup.element("code", &[], cause.kind.name());
    markup.text(&format!(": {}", words::status_words(cause.status)));
    markup.close("p");
    markup.element("p", &[], words::why(cause.kind));
    markup.open("p", &[]);
    markup.element("strong", &[], "On this machine: ");
    markup.text(&words::with_symbols(&cause.statement));
    markup.close("p");
    let (without, alone) = (words::without_words(cause, event), words::alone_words(cause, event));
    if without.is_some() || alone.is_some() {
        markup.open("div", &[("class", "experiments")]);
        if let Some((changed, outcome)) = without {
            let title = "Experiment 1: this alone is changed";
            experiment(markup, title, &changed, &outcome);
        }
        if let Some(outcome) = alone {
            let title = "Experiment 2: this alone is wrong";
            experiment(markup, title, "a machine that is otherwise sound", &outcome);
        }
        markup.close("div");
    }
    if let Some(note) = &cause.note {
        markup.element("p", &[], &words::with_symbols(note));
    }
    if let Some(scenario) = &cause.scenario {
        markup.element("p", &[("class", "small soft")], "To see this proof again:");
        commands(markup, &[format!("chaincheck run {scenario}")]);
    }
}

fn experiment(markup: &mut Markup, title: &str, setting: &str, outcome: &str) {
    markup.open("div", &[("class", "experiment")]);
    markup.element("p", &[("class", "soft small")], title);
    markup.element("p", &[], setting);
    markup.element("p", &[("class", "result")], &format!("\u{2192} {outcome}"));
    markup.close("div");
}

/// Commands, each on lines of its own; the prompt is no part of what is copied.
fn commands(markup: &mut Markup, commands: &[String]) {
    markup.open("pre", &[]);
    for command in commands {
        markup.element("code", &[("class", "command")], command);
    }
    markup.close("pre");
}

pub(super) fn remedies(markup: &mut Markup, event: &EventDiagnosis) {
    if event.remedies.is_empty() {
        return;
    }
    markup.element("h3", &[], "What to do");
    markup.element(
        "p",
        &[("class", "soft")],
        "Commands are for a command prompt that was started as administrator on the machine.",
    );
    for remedy in &event.remedies {
        remedy_panel(markup, remedy);
    }
}

fn remedy_panel(markup: &mut Markup, remedy: &Remedy) {
    let (class, chip, label) = match (&remedy.outcome, remedy.verified) {
        (Some(_), true) => ("panel good-panel", "chip good", "tried: it helps"),
        (Some(_), false) => ("panel open-panel", "chip open", "tried: not enough"),
        (None, _) => ("panel open-panel", "chip open", "not tried"),
    };
    markup.open("div", &[("class", class)]);
    markup.element("p", &[("class", chip)], label);
    markup.element("h4", &[], &remedy.what);
    markup.element("p", &[("class", "soft small")], &words::sentence(&words::trial_words(remedy)));
    if let Some(caution) = &remedy.caution {
        markup.open("p", &[]);
        markup.element("strong", &[], "Caution: ");
        markup.text(caution);
        markup.close("p");
    }
    if !remedy.commands.is_empty() {
        commands(markup, &remedy.commands);
    }
    markup.close("div");
}

/// A table that scrolls by itself where it does not fit.
fn table(
    markup: &mut Markup,
    caption: &str,
    class: &str,
    columns: &[&str],
    rows: impl FnOnce(&mut Markup),
) {
    markup.open(
        "div",
        &[("class", "scroll"), ("role", "region"), ("aria-label", caption), ("tabindex", "0")],
    );
    markup.open("table", &[("class", class)]);
    markup.element("caption", &[], caption);
    markup.open("thead", &[]);
    markup.open("tr", &[]);
    for column in columns {
        markup.element("th", &[("scope", "col")], column);
    }
    markup.close("tr");
    markup.close("thead");
    markup.open("tbody", &[]);
    rows(markup);
    markup.close("tbody");
    markup.close("table");
    markup.close("div");
}

fn cell(markup: &mut Markup, text: &str) {
    markup.element("td", &[], text);
}

fn code_cell(markup: &mut Markup, text: &str) {
    markup.open("td", &[]);
    markup.element("code", &[], text);
    markup.close("td");
}

fn row_head(markup: &mut Markup, text: &str) {
    markup.element("th", &[("scope", "row")], text);
}

/// The chain in full, for those who cannot see the picture or want the whole names.
pub(super) fn certificates(markup: &mut Markup, event: &EventDiagnosis) {
    let Some(chain) = event.chain.as_ref().and_then(|chain| chain.simple_chains.first()) else {
        return;
    };
    let columns = ["Certificate", "SHA-1", "Valid", "At the clock", "Found wrong"];
    table(markup, "The chain in full, signer first", "wide", &columns, |markup| {
        for element in &chain.elements {
            markup.open("tr", &[]);
            row_head(markup, &element.subject);
            code_cell(markup, &element.sha1);
            let (from, to) = (&element.not_before, &element.not_after);
            cell(markup, &format!("{} to {}", words::moment(from), words::moment(to)));
            cell(markup, &words::age(element, &event.clock));
            let problems = words::problems(&element.status.error);
            let problems = if problems.is_empty() { "nothing".into() } else { problems.join("; ") };
            cell(markup, &problems);
            markup.close("tr");
        }
    });
}

/// Every suspect that was tried.
pub(super) fn experiments(markup: &mut Markup, event: &EventDiagnosis) {
    let tried: Vec<&Cause> = event
        .causes
        .iter()
        .filter(|cause| cause.without_it.is_some() || cause.only_it.is_some())
        .collect();
    if tried.is_empty() {
        return;
    }
    markup.element("h3", &[], "The experiments");
    markup.element(
        "p",
        &[],
        "The update was run again on a model of this machine with one fact changed, and on a \
         sound machine with one fact made wrong. A cause counts as proven only if the event goes \
         in the first and comes in the second.",
    );
    let columns =
        ["Suspect", "Changed alone", "Outcome then", "Alone on a sound machine", "Verdict"];
    table(markup, "Every suspect that was tried", "wide", &columns, |markup| {
        for cause in tried {
            markup.open("tr", &[]);
            row_head(markup, cause.kind.name());
            let (changed, outcome) = words::without_words(cause, event).unwrap_or_default();
            cell(markup, &changed);
            cell(markup, &outcome);
            cell(markup, &words::alone_words(cause, event).unwrap_or_else(|| "not run".into()));
            cell(markup, words::status_words(cause.status));
            markup.close("tr");
        }
    });
}

pub(super) fn undecided(markup: &mut Markup, event: &EventDiagnosis) {
    let open: Vec<&Cause> = words::with_status(event, Status::Undecided).collect();
    if open.is_empty() && event.would_decide.is_empty() {
        return;
    }
    markup.element("h3", &[], "What is undecided");
    if !open.is_empty() {
        table(markup, "Undecided", "middle", &["Cause", "Why it is open"], |markup| {
            for cause in open {
                markup.open("tr", &[]);
                markup.open("th", &[("scope", "row")]);
                markup.text(&format!("{} (", words::title(cause.kind)));
                markup.element("code", &[], cause.kind.name());
                markup.text(")");
                markup.close("th");
                cell(markup, &words::with_symbols(&cause.statement));
                markup.close("tr");
            }
        });
    }
    if !event.would_decide.is_empty() {
        markup.element("p", &[], "This evidence is missing and would decide:");
        list(markup, &event.would_decide);
    }
}

fn list(markup: &mut Markup, items: &[String]) {
    markup.open("ul", &[]);
    for item in items {
        markup.element("li", &[], &words::with_symbols(item));
    }
    markup.close("ul");
}

pub(super) fn ruled_out(markup: &mut Markup, event: &EventDiagnosis) {
    let refuted: Vec<&Cause> = words::with_status(event, Status::Refuted).collect();
    if refuted.is_empty() {
        return;
    }
    markup.element("h3", &[], &format!("What is ruled out ({})", refuted.len()));
    markup.open("dl", &[("class", "reasons")]);
    for (reason, kinds) in words::by_reason(event, refuted) {
        markup.element("dt", &[], &reason);
        markup.open("dd", &[]);
        markup.open("ul", &[]);
        for kind in kinds {
            markup.open("li", &[]);
            markup.element("code", &[], kind.name());
            markup.text(&format!(": {}", kind.meaning()));
            markup.close("li");
        }
        markup.close("ul");
        markup.close("dd");
    }
    markup.close("dl");
}

/// What the causes that count rest on.
pub(super) fn evidence(markup: &mut Markup, event: &EventDiagnosis) {
    let rows: Vec<_> = event
        .causes
        .iter()
        .filter(|cause| cause.status != Status::Refuted)
        .flat_map(|cause| cause.evidence.iter().map(move |evidence| (cause.kind, evidence)))
        .collect();
    if rows.is_empty() {
        return;
    }
    markup.element("h3", &[], "What this rests on");
    let columns = ["Cause", "What", "Says", "File", "SHA-256"];
    table(markup, "Evidence for each cause", "wide", &columns, |markup| {
        for (kind, evidence) in rows {
            markup.open("tr", &[]);
            row_head(markup, kind.name());
            cell(markup, &evidence.what);
            cell(markup, &words::with_symbols(&evidence.value));
            code_cell(markup, evidence.file.as_deref().unwrap_or("-"));
            code_cell(markup, evidence.sha256.as_deref().unwrap_or("-"));
            markup.close("tr");
        }
    });
}

/// Each code named for this event, with its text.
pub(super) fn codes(markup: &mut Markup, event: &EventDiagnosis) {
    let codes = words::codes(event);
    if codes.is_empty() {
        return;
    }
    markup.open("details", &[]);
    markup.element("summary", &[], &format!("What the error codes mean ({})", codes.len()));
    markup.open("ul", &[]);
    for code in codes {
        markup.element("li", &[], &report::code(code));
    }
    markup.close("ul");
    markup.close("details");
}

pub(super) fn assumptions(markup: &mut Markup, event: &EventDiagnosis) {
    if event.unproven.is_empty() {
        return;
    }
    markup.element("h3", &[], "Assumed, or not known of this version of Windows");
    list(markup, &event.unproven);
}

pub(super) fn steps(markup: &mut Markup, event: &EventDiagnosis) {
    if event.steps.is_empty() {
        return;
    }
    markup.open("details", &[]);
    let title = format!("What the update did, step by step ({})", event.steps.len());
    markup.element("summary", &[], &title);
    markup.open("ol", &[("class", "steps")]);
    for step in &event.steps {
        markup.element("li", &[], &words::with_symbols(step));
    }
    markup.close("ol");
    markup.close("details");
}

pub(super) fn forecast(markup: &mut Markup, document: &Document) {
    if document.forecast.is_empty() {
        return;
    }
    markup.element("h2", &[("class", "part")], "What ends next");
    table(markup, "Forecast", "middle", &["Date", "What ends"], |markup| {
        for ending in &document.forecast {
            markup.open("tr", &[]);
            markup.element("td", &[("class", "date")], words::day(&ending.date));
            cell(markup, &ending.what);
            markup.close("tr");
        }
    });
}

pub(super) fn files(markup: &mut Markup, document: &Document) {
    if document.files.is_empty() {
        return;
    }
    markup.element("h2", &[("class", "part")], "Evidence files");
    let columns = ["File", "Kind", "Size in octets", "What it gave", "SHA-256"];
    table(markup, "Every file that was read", "wide", &columns, |markup| {
        for file in &document.files {
            markup.open("tr", &[]);
            row_head(markup, &file.path);
            cell(markup, &file.kind);
            cell(markup, &file.size.to_string());
            cell(markup, &file.what);
            code_cell(markup, &file.sha256);
            markup.close("tr");
        }
    });
}

pub(super) fn notes(markup: &mut Markup, document: &Document) {
    if document.notes.is_empty() {
        return;
    }
    markup.element("h2", &[("class", "part")], "Notes");
    list(markup, &document.notes);
}

const GLOSSARY: &[(&str, &str)] = &[
    (
        "Root certificate",
        "The certificate at the top of a chain. Whatever is signed under it is trusted if the \
         root itself is trusted.",
    ),
    (
        "Trust list (CTL)",
        "Microsoft's signed list of the roots that Windows may trust. It is fetched as \
         authrootstl.cab.",
    ),
    ("Cabinet (.cab)", "The packed file in which the list travels."),
    (
        "URL cache",
        "Folders named CryptnetUrlCache, one for each account, where Windows keeps what it has \
         fetched, the list among it.",
    ),
    ("Disallowed store", "Certificates and lists of what this machine must never trust."),
    (
        "Error code (HRESULT)",
        "The number that stands for an error in Windows. Event records hold its text only, in the \
         language of the system.",
    ),
];

pub(super) fn glossary(markup: &mut Markup) {
    markup.element("h2", &[("class", "part")], "Words used here");
    markup.open("dl", &[("class", "facts")]);
    for (word, meaning) in GLOSSARY {
        markup.element("dt", &[], word);
        markup.element("dd", &[], meaning);
    }
    markup.close("dl");
}
