//! `chaincheck diagnose`: why Windows logged an event of the automatic root update.

mod document;
mod html;
#[cfg(test)]
mod samples;
mod text;
mod words;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chaincheck_engine::chain::engine::Profile;
use chaincheck_engine::format::{self, Kind, Limits};
use chaincheck_engine::proof::evidence::{Evidence, EvidenceOptions, EvidenceReader};
use chaincheck_engine::proof::{Case, EventDiagnosis, base64, diagnose, forecast};
use chaincheck_engine::scenario::Stores;

use crate::input::{self, Item};
use crate::options::{ListRoot, Machine};
use crate::output::{Error, Status, print_json};
use document::{Document, FileSeen};

/// Why did Windows log event 4107, or another of the automatic root update?
///
/// EVIDENCE is what can be collected from the machine: event logs (Application and
/// CAPI2/Operational, .evtx or XML), the folders CryptnetUrlCache of every profile, the hives
/// SOFTWARE and NTUSER.DAT or exports of them, lists and cabinets; files, folders or archives.
///
/// Each event is reproduced at its own time, and its causes are found by changing one fact at a
/// time. Without a log, the question is what this machine would log now or at --clock. The version
/// of Windows is taken from the hive SOFTWARE; where there is none, give --profile.
///
/// Exit status: 0 no event, 1 an event, recorded or foreseen, 2 something cannot be read.
#[derive(Debug, clap::Args)]
pub(crate) struct DiagnoseArguments {
    /// Files, folders or archives; `-` is standard input
    #[arg(required = true, value_name = "EVIDENCE")]
    inputs: Vec<String>,
    #[command(flatten)]
    machine: Machine,
    #[command(flatten)]
    roots: ListRoot,
    /// How to write the result
    #[arg(long, value_enum, default_value = "text")]
    format: DiagnosisFormat,
    /// Write each proof, and the certificates that remedies put back, into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Say every step, every experiment and every file
    #[arg(long, short)]
    verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum DiagnosisFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// One page to attach to a ticket
    Html,
}

/// What an answer from certificates alone, or from files of no use, has to say of itself.
const SILENT: &str = "nothing here speaks of the update itself (no event log, no URL cache, no \
                      registry, no list): that no event is found says nothing of the machine";

pub(crate) fn run(arguments: &DiagnoseArguments) -> Result<Status, Error> {
    let mut reader = EvidenceReader::new(options(arguments)?);
    let mut unread = false;
    for input in &arguments.inputs {
        let visited =
            input::walk(input, arguments.format == DiagnosisFormat::Text, &mut |item, _| {
                match item {
                    Item::Member(member) => {
                        reader.add(&member.path, member.octets, member.damage.as_ref());
                    }
                    Item::Problem { path, what, .. } => reader.problem(&path, &what),
                }
                Ok(())
            });
        if let Err(error) = visited {
            crate::output::say(error);
            unread = true;
        }
    }
    let evidence = reader.finish();
    if evidence.files.is_empty() {
        // of nothing nothing follows, not even that there is no event
        for note in &evidence.notes {
            eprintln!("chaincheck: {note}");
        }
        let inputs = arguments.inputs.join(", ");
        return Err(Error::Input(inputs, "holds no evidence that could be read".to_owned()));
    }
    let mut document = explain(arguments, &evidence)?;
    if let Some(folder) = &arguments.out {
        write_proofs(folder, &evidence.cases, &mut document.events)?;
    }
    let status = status(&document, unread || !speaks_of_update(&evidence));
    let mut out = io::stdout().lock();
    match arguments.format {
        DiagnosisFormat::Text => text::describe(&document, arguments.verbose).print(&mut out)?,
        DiagnosisFormat::Json => {
            let value =
                serde_json::to_value(&document).map_err(|error| Error::Output(error.into()))?;
            print_json(&mut out, &value)?;
        }
        DiagnosisFormat::Html => {
            io::Write::write_all(&mut out, html::page(&document).as_bytes())?;
        }
    }
    Ok(status)
}

fn options(arguments: &DiagnoseArguments) -> Result<EvidenceOptions, Error> {
    let machine = &arguments.machine;
    let mut options = EvidenceOptions::new(machine.clock.now());
    options.clock = machine.clock.given();
    options.profile = machine.profile;
    if let Some(file) = &arguments.roots.list_root {
        options.list_roots = certificates(file)?;
    }
    let mut stores = Stores::default();
    for (name, file) in machine.store_files() {
        if let Some(objects) = stores.get_mut(name) {
            objects.push(base64(&input::read(file)?));
        }
    }
    options.stores = stores;
    Ok(options)
}

fn certificates(file: &str) -> Result<Vec<Vec<u8>>, Error> {
    let octets = input::read(file)?;
    let contents = format::open(&octets, &Limits::default())
        .map_err(|error| Error::Input(file.to_owned(), error.to_string()))?;
    let found: Vec<Vec<u8>> = contents
        .items
        .iter()
        .filter(|item| item.kind == Kind::Certificate)
        .map(|item| item.octets.to_vec())
        .collect();
    if found.is_empty() {
        return Err(Error::Input(file.to_owned(), "holds no certificate".to_owned()));
    }
    Ok(found)
}

fn explain(arguments: &DiagnoseArguments, evidence: &Evidence) -> Result<Document, Error> {
    let profile = arguments.machine.profile.unwrap_or(Profile::Windows7);
    let mut document =
        Document::new(arguments.machine.clock.now().to_string(), profile.name().to_owned());
    for case in &evidence.cases {
        let found = diagnose(case)
            .map_err(|error| Error::Input(arguments.inputs.join(", "), error.to_string()))?;
        document.events.push(found);
    }
    document.forecast = forecast(&evidence.cases);
    document.notes.clone_from(&evidence.notes);
    if !speaks_of_update(evidence) {
        document.notes.insert(0, SILENT.to_owned());
    }
    document.lab = evidence.lab.is_some();
    document.files = evidence.files.iter().map(FileSeen::from).collect();
    Ok(document)
}

/// Whether anything in the evidence is about the update itself. Certificates alone say nothing of
/// what a machine does.
fn speaks_of_update(evidence: &Evidence) -> bool {
    let beside = ["nothing", "certificates at hand"];
    evidence.files.iter().any(|file| !beside.contains(&file.used_as.as_str()))
}

/// Whether there is an event: recorded, or one that would be.
fn status(document: &Document, unread: bool) -> Status {
    if unread {
        return Status::Unanswered;
    }
    let any = document.events.iter().any(|event| event.record.is_some() || event.event.is_some());
    Status::from_bool(!any)
}

/// Writes each proof as a scenario and says its name beside its cause.
fn write_proofs(folder: &Path, cases: &[Case], events: &mut [EventDiagnosis]) -> Result<(), Error> {
    let fail =
        |path: &Path, error: io::Error| Error::Input(path.display().to_string(), error.to_string());
    fs::create_dir_all(folder).map_err(|error| fail(folder, error))?;
    let mut number = 0;
    for (case, event) in cases.iter().zip(events) {
        for cause in &mut event.causes {
            let Some(proof) = &cause.proof else { continue };
            number += 1;
            let name = format!("proof-{number}.json");
            let path = folder.join(&name);
            let mut document =
                serde_json::to_string(proof).map_err(|error| Error::Output(error.into()))?;
            document.push('\n');
            fs::write(&path, document).map_err(|error| fail(&path, error))?;
            cause.scenario = Some(name);
        }
        for (name, octets) in chaincheck_engine::proof::remedy_files(case, &event.causes) {
            let path = folder.join(name);
            fs::write(&path, octets).map_err(|error| fail(&path, error))?;
        }
    }
    Ok(())
}
