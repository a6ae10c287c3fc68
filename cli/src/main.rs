//! `chaincheck`: would Windows trust this, and why not?
#![forbid(unsafe_code)]

mod commands;
mod input;
mod output;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Judges certificates, trust lists and the automatic root update as Windows CAPI2 would, on any
/// operating system, from evidence alone.
#[derive(Debug, Parser)]
#[command(name = "chaincheck", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(commands::run::RunArguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let status = match arguments.command {
        Command::Run(arguments) => commands::run::run(&arguments),
    };
    match status {
        Ok(status) => status.into(),
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chaincheck: {error}");
            output::Status::Unanswered.into()
        }
    }
}
