//! `chaincheck`: would Windows trust this, and why not?
#![forbid(unsafe_code)]

mod commands;
mod hives;
mod input;
mod options;
mod output;
mod progress;
mod report;
mod state;
mod text;
mod trust;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

/// Judges certificates, trust lists and the automatic root update as Windows CAPI2 would, on any
/// operating system, from evidence alone.
///
/// `chaincheck FILE...` is `chaincheck verify FILE...`. To see what it is for, make evidence of a
/// machine on which one thing is wrong, and have it explained:
///
/// chaincheck reproduce expired-list-signer --out lab
///
/// chaincheck diagnose lab
///
/// Nothing is fetched from the network unless --online asks for it.
///
/// Exit status: 0 yes, 1 no, 2 the question could not be answered; each command says what that
/// means.
#[derive(Debug, Parser)]
#[command(name = "chaincheck", version, arg_required_else_help = true, max_term_width = 80)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Verify(commands::verify::VerifyArguments),
    Diagnose(commands::diagnose::DiagnoseArguments),
    List(commands::list::ListArguments),
    Dump(commands::dump::DumpArguments),
    Run(commands::run::RunArguments),
    Reproduce(commands::reproduce::ReproduceArguments),
    Trust(commands::trust::TrustCommand),
    Explain(commands::explain::ExplainArguments),
    Completions(commands::shell::CompletionsArguments),
    Man(commands::shell::ManArguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse_from(with_command(std::env::args_os().collect()));
    let status = match arguments.command {
        Command::Verify(arguments) => commands::verify::run(&arguments),
        Command::Dump(arguments) => commands::dump::run(&arguments),
        Command::Diagnose(arguments) => commands::diagnose::run(&arguments),
        Command::List(arguments) => commands::list::run(&arguments),
        Command::Run(arguments) => commands::run::run(&arguments),
        Command::Reproduce(arguments) => commands::reproduce::run(&arguments),
        Command::Trust(arguments) => commands::trust::run(&arguments),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Completions(arguments) => {
            commands::shell::completions(&arguments, Arguments::command())
        }
        Command::Man(arguments) => commands::shell::man(&arguments, Arguments::command()),
    };
    match status {
        Ok(status) => status.into(),
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            output::say(error);
            output::Status::Unanswered.into()
        }
    }
}

/// What was typed, with the default command where none was named.
fn with_command(mut typed: Vec<OsString>) -> Vec<OsString> {
    const COMMAND: usize = 1;
    let named = typed.get(COMMAND).is_none_or(|first| {
        let first = first.to_string_lossy();
        ["help", "-h", "--help", "-V", "--version"].contains(&first.as_ref())
            || Arguments::command().find_subcommand(first.as_ref()).is_some()
    });
    if !named {
        typed.insert(COMMAND, "verify".into());
    }
    typed
}
