//! `chaincheck diagnose`: which event a cached list raises, and why.

mod cause;
#[cfg_attr(not(test), allow(dead_code, reason = "the command does not write it yet"))]
mod document;
#[cfg_attr(not(test), allow(dead_code, reason = "the command does not write it yet"))]
mod html;
#[cfg(test)]
mod samples;
#[cfg_attr(not(test), allow(dead_code, reason = "the command does not write it yet"))]
mod text;
#[cfg_attr(not(test), allow(dead_code, reason = "the command does not write it yet"))]
mod words;

use std::io;
use std::sync::Arc;

use chaincheck_engine::chain::engine::Profile;
use chaincheck_engine::retrieval::{CacheEntry, Recorded};
use chaincheck_engine::root_update::event::Event;
use chaincheck_engine::root_update::list::{ListReport, ListSettings};
use chaincheck_engine::root_update::{LIST_FILE, ROOT_DIR_URL, RootUpdate, RootUpdateReport};
use chaincheck_engine::scenario::EventResult;
use serde_json::{Value, json};

use crate::input;
use crate::options::{Format, ListRoot, Machine};
use crate::output::{Error, Status, print_json};
use crate::report;
use crate::text::Text;
use cause::Cause;

/// The version of the diagnosis document.
const SCHEMA: &str = "chaincheck/diagnosis-1";

/// Why did Windows log this event?
///
/// Each FILE is taken for what the URL cache holds as authrootstl.cab, and the automatic root
/// update is run on it. Exit status: 0 no event, 1 an event, 2 a file cannot be read.
#[derive(Debug, clap::Args)]
pub(crate) struct DiagnoseArguments {
    /// Cached lists; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    #[command(flatten)]
    machine: Machine,
    #[command(flatten)]
    roots: ListRoot,
    /// How to write the result
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Say every step of the update
    #[arg(long)]
    verbose: bool,
}

/// What was found about one file.
struct Diagnosis {
    file: String,
    octets: Vec<u8>,
    report: RootUpdateReport,
    cause: Option<Cause>,
}

impl Diagnosis {
    fn attempt(&self) -> Option<&ListReport> {
        self.report.attempts.first().map(|attempt| &attempt.report)
    }
}

pub(crate) fn run(arguments: &DiagnoseArguments) -> Result<Status, Error> {
    // the events of the systems of 2010 are the ones that are proven
    let settings = arguments.machine.list_settings(&arguments.roots, Profile::Windows7)?;
    let mut status = Status::Yes;
    let mut found = Vec::new();
    for file in &arguments.files {
        match input::read(file) {
            Ok(octets) => {
                let diagnosis = diagnose(file, octets, &settings);
                if !diagnosis.report.events.is_empty() {
                    status = status.max(Status::No);
                }
                found.push(diagnosis);
            }
            Err(error) => {
                eprintln!("chaincheck: {error}");
                status = Status::Unanswered;
            }
        }
    }
    let mut out = io::stdout().lock();
    match arguments.format {
        Format::Json => {
            let events: Vec<Value> =
                found.iter().flat_map(|one| event_values(one, &settings)).collect();
            let unproven: Vec<&String> = found.iter().flat_map(|d| &d.report.unproven).collect();
            let files: Vec<Value> = found.iter().map(file_value).collect();
            let value = json!({
                "schema": SCHEMA,
                "clock": settings.now.to_string(),
                "profile": settings.profile.name(),
                "files": files,
                "events": events,
                "unproven": unproven,
            });
            print_json(&mut out, &value)?;
        }
        Format::Text => {
            let mut text = Text::new();
            for (index, diagnosis) in found.iter().enumerate() {
                if index > 0 {
                    text.blank();
                }
                describe(&mut text, diagnosis, &settings, arguments.verbose);
            }
            text.print(&mut out)?;
        }
    }
    Ok(status)
}

fn diagnose(file: &str, octets: Vec<u8>, settings: &ListSettings) -> Diagnosis {
    let report = update(&octets, settings);
    let cause = Cause::find(&octets, &report, settings);
    Diagnosis { file: file.to_owned(), octets, report, cause }
}

/// Runs the root update on a machine whose URL cache holds this as the list's cabinet.
pub(super) fn update(octets: &[u8], settings: &ListSettings) -> RootUpdateReport {
    let cached = CacheEntry {
        url: format!("{ROOT_DIR_URL}{LIST_FILE}"),
        octets: Arc::from(octets),
        last_sync: None,
    };
    let recorded = Recorded::new([], [cached]);
    RootUpdate::new(settings.clone(), &recorded).run()
}

/// The first event with its code, or that there is none.
fn outcome(report: &RootUpdateReport, profile: Profile) -> String {
    report.events.first().map_or_else(
        || "no event".to_owned(),
        |event| {
            let result = EventResult::new(event, profile);
            match result.error {
                Some(error) => format!("{} {error}", result.id),
                None => result.id.to_string(),
            }
        },
    )
}

fn describe(text: &mut Text, diagnosis: &Diagnosis, settings: &ListSettings, verbose: bool) {
    text.line(0, &format!("{} ({} octets)", diagnosis.file, diagnosis.octets.len()));
    text.field("judged at", &format!("{} as {}", settings.now, settings.profile.name()));
    if diagnosis.report.events.is_empty() {
        text.field("event", "none");
    }
    for event in &diagnosis.report.events {
        describe_event(text, event, settings.profile);
    }
    let attempt = diagnosis.attempt();
    if let Some(step) = attempt.and_then(|attempt| attempt.failing_step) {
        text.field("failing step", step.name());
        if let Some(attempt) = attempt.filter(|_| diagnosis.report.events.is_empty()) {
            text.field("failure", &report::code(attempt.error));
        }
        if let Some(why) = attempt.and_then(|attempt| attempt.why.as_deref()) {
            text.field("details", why);
        }
    }
    if let Some(cause) = &diagnosis.cause {
        text.field("cause", &format!("{} ({})", cause.kind, cause.status));
        text.field("", &cause.statement);
        if let Some((changed, outcome)) = &cause.without_it {
            text.field("without it", &format!("changed: {changed}; outcome: {outcome}"));
        }
        if let Some(outcome) = &cause.only_it {
            text.field("it alone", &format!("on a machine as delivered: {outcome}"));
        }
        text.field("", cause.proof);
    }
    for note in &diagnosis.report.unproven {
        text.field("unproven", note);
    }
    if verbose {
        for (index, step) in diagnosis.report.steps.iter().enumerate() {
            text.field(if index == 0 { "steps" } else { "" }, step);
        }
    }
}

fn describe_event(text: &mut Text, event: &Event, profile: Profile) {
    let result = EventResult::new(event, profile);
    text.field(
        "event",
        &format!(
            "{} ({}) in {}, source {}: {}",
            result.id, result.level, result.channel, result.source, event.definition.meaning
        ),
    );
    text.field("text", &result.message);
    if let Some(error) = event.error {
        text.field("error", &report::code(error));
    }
}

fn event_values(diagnosis: &Diagnosis, settings: &ListSettings) -> Vec<Value> {
    let step = diagnosis.attempt().and_then(|attempt| attempt.failing_step);
    let causes: Vec<Value> = diagnosis
        .cause
        .iter()
        .map(|cause| cause.value(&diagnosis.file, &diagnosis.octets))
        .collect();
    diagnosis
        .report
        .events
        .iter()
        .map(|event| {
            json!({
                "record": null,
                "event": EventResult::new(event, settings.profile),
                "file": diagnosis.file,
                // there is no record to compare with
                "reproduced": null,
                "failing_step": step.map(|step| step.name()),
                "causes": causes,
                "would_decide": diagnosis.cause.iter().flat_map(|c| &c.would_decide)
                    .collect::<Vec<_>>(),
            })
        })
        .collect()
}

/// What a file gave, whether or not it raised an event.
fn file_value(diagnosis: &Diagnosis) -> Value {
    let attempt = diagnosis.attempt();
    json!({
        "file": diagnosis.file,
        "size": diagnosis.octets.len(),
        "accepted": attempt.is_some_and(ListReport::is_accepted),
        "failing_step": attempt.and_then(|a| a.failing_step).map(|step| step.name()),
        "error": attempt.map(|a| a.error.to_string()),
        "symbol": attempt.and_then(|a| a.error.symbol()),
        "why": attempt.and_then(|a| a.why.as_deref()),
        "events": diagnosis.report.events.len(),
        "unproven": diagnosis.report.unproven,
        "steps": diagnosis.report.steps,
    })
}
