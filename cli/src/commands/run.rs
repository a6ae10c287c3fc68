//! `chaincheck run`: answer scenarios.

use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use chaincheck_engine::proof;
use chaincheck_engine::scenario::{self, Scenario};
use serde_json::{Value, json};

use crate::input;
use crate::output::{Error, Status};

/// The longest scenario that is read, in octets: one line of a `.jsonl`, or one `.json`.
const MAX_SCENARIO: usize = 256 << 20;

/// Run scenarios: replay a proof, a bug report, a test suite
///
/// A file holds one JSON object, or one a line. Of a proof, as `diagnose --out` writes it, the
/// experiments are made again. One result a scenario goes to standard output, in order.
///
/// Exit status: 0 every expectation met (or none given), 1 some not met, 2 some input unreadable.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArguments {
    /// Scenario files; `-` is standard input
    #[arg(required = true, value_name = "SCENARIO")]
    files: Vec<String>,
    /// Instead of results, print the expectations that are not met, and a count
    #[arg(long)]
    summary: bool,
}

struct Tally {
    status: Status,
    met: usize,
    unmet: usize,
    without: usize,
    unreadable: usize,
}

pub(crate) fn run(arguments: &RunArguments) -> Result<Status, Error> {
    let stdout = io::stdout();
    let mut out = io::BufWriter::new(stdout.lock());
    let mut tally = Tally { status: Status::Yes, met: 0, unmet: 0, without: 0, unreadable: 0 };
    for file in &arguments.files {
        if let Err(error) = run_file(arguments, file, &mut out, &mut tally) {
            match error {
                Error::Output(_) => return Err(error),
                other => {
                    crate::output::say(other);
                    tally.unreadable += 1;
                    tally.status = Status::Unanswered;
                }
            }
        }
    }
    if arguments.summary {
        writeln!(
            out,
            "{} met, {} not met, {} without expectation, {} unreadable",
            tally.met, tally.unmet, tally.without, tally.unreadable
        )?;
    }
    out.flush()?;
    Ok(tally.status)
}

fn run_file(
    arguments: &RunArguments,
    file: &str,
    out: &mut impl Write,
    tally: &mut Tally,
) -> Result<(), Error> {
    let folder = match file {
        "-" => PathBuf::from("."),
        _ => Path::new(file).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf),
    };
    let fail = |error: io::Error| Error::Input(file.to_owned(), error.to_string());
    let source: Box<dyn BufRead> = if file == "-" {
        Box::new(BufReader::new(io::stdin()))
    } else {
        let open = std::fs::File::open(file).map_err(fail)?;
        if open.metadata().map_err(fail)?.is_dir() {
            return Err(Error::Input(file.to_owned(), "is a folder".to_owned()));
        }
        Box::new(BufReader::new(open))
    };
    let mut any = false;
    for document in Documents::new(source) {
        any = true;
        let (line, text) = document.map_err(fail)?;
        run_text(arguments, file, line, &text, &folder, out, tally)?;
    }
    if any { Ok(()) } else { Err(Error::Input(file.to_owned(), "holds no scenario".to_owned())) }
}

fn run_text(
    arguments: &RunArguments,
    file: &str,
    line: usize,
    text: &str,
    folder: &Path,
    out: &mut impl Write,
    tally: &mut Tally,
) -> Result<(), Error> {
    let result = match Scenario::from_json(text) {
        Ok(read) => {
            let files = |path: &str| input::read_beside(folder, path);
            let outcome = scenario::run(&read, &files);
            let mut result =
                serde_json::to_value(&outcome).map_err(|error| Error::Output(error.into()))?;
            if read.proof.is_some() {
                replay_proof(text, &mut result);
            }
            result
        }
        Err(error) => {
            let id = serde_json::from_str::<Value>(text).ok();
            let id = id.as_ref().and_then(|value| value.get("id")).and_then(Value::as_str);
            json!({
                "schema": scenario::RESULT_SCHEMA,
                "id": id.unwrap_or_default(),
                "call_error": null,
                "error": { "message": format!("{file}, line {line}: {error}") },
                "met": null,
            })
        }
    };
    let status = if result.get("error").is_some_and(|error| !error.is_null()) {
        tally.unreadable += 1;
        Status::Unanswered
    } else {
        match result.get("met").and_then(Value::as_bool) {
            Some(true) => {
                tally.met += 1;
                Status::Yes
            }
            Some(false) => {
                tally.unmet += 1;
                Status::No
            }
            None => {
                tally.without += 1;
                Status::Yes
            }
        }
    };
    tally.status = tally.status.max(status);
    if !arguments.summary {
        writeln!(out, "{result}")?;
        out.flush()?;
    } else if status != Status::Yes {
        let id = result.get("id").and_then(Value::as_str).unwrap_or_default();
        writeln!(out, "{id}:")?;
        let differences = result.get("differences").and_then(Value::as_array);
        for difference in differences.into_iter().flatten().filter_map(Value::as_str) {
            writeln!(out, "  {difference}")?;
        }
        if let Some(message) = result.pointer("/error/message").and_then(Value::as_str) {
            writeln!(out, "  {message}")?;
        }
    }
    Ok(())
}

/// Makes a proof's experiments again and says beside the result what came of them: the scenario's
/// expectation is met only if the proof holds.
fn replay_proof(text: &str, result: &mut Value) {
    let Ok(document) = serde_json::from_str::<Value>(text) else { return };
    let again = proof::replay(&document);
    let Some(object) = result.as_object_mut() else { return };
    if !again.proven {
        object.insert("met".to_owned(), json!(false));
        let found = object.entry("differences").or_insert_with(|| json!([]));
        if let Some(differences) = found.as_array_mut() {
            differences
                .extend(again.problems.iter().map(|problem| json!(format!("proof: {problem}"))));
        }
    }
    object.insert("proof".to_owned(), json!(again));
}

/// Splits a source into scenarios: one a line where the first line is a whole JSON value, else
/// all of it.
struct Documents {
    source: Box<dyn BufRead>,
    line: usize,
    done: bool,
}

impl Documents {
    fn new(source: Box<dyn BufRead>) -> Self {
        Self { source, line: 0, done: false }
    }

    fn read_line(&mut self) -> io::Result<String> {
        let mut octets = Vec::new();
        let limit = MAX_SCENARIO as u64 + 1;
        io::Read::take(&mut self.source, limit).read_until(b'\n', &mut octets)?;
        if octets.len() > MAX_SCENARIO {
            return Err(io::Error::other(format!(
                "a scenario is longer than {MAX_SCENARIO} octets"
            )));
        }
        self.line += 1;
        String::from_utf8(octets)
            .map_err(|_| io::Error::other(format!("line {} is not UTF-8", self.line)))
    }
}

impl Iterator for Documents {
    type Item = io::Result<(usize, String)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.done {
                return None;
            }
            let mut text = match self.read_line() {
                Ok(text) => text,
                Err(error) => {
                    self.done = true;
                    return Some(Err(error));
                }
            };
            if text.is_empty() {
                self.done = true;
                return None;
            }
            if text.trim().is_empty() {
                continue;
            }
            let start = self.line;
            // a value that goes on over several lines
            while serde_json::from_str::<serde::de::IgnoredAny>(&text)
                .is_err_and(|error| error.is_eof())
            {
                match self.read_line() {
                    Ok(more) if more.is_empty() => break,
                    Ok(more) => text.push_str(&more),
                    Err(error) => {
                        self.done = true;
                        return Some(Err(error));
                    }
                }
                if text.len() > MAX_SCENARIO {
                    self.done = true;
                    let message = format!("a scenario is longer than {MAX_SCENARIO} octets");
                    return Some(Err(io::Error::other(message)));
                }
            }
            return Some(Ok((start, text)));
        }
    }
}
