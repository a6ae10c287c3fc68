//! `chaincheck completions` and `chaincheck man`.

use std::io::{self, Write as _};

use clap::Command;

use crate::output::{Error, Status};

/// Write completions for a shell
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// Write the manual page, of the program or of one command
#[derive(Debug, clap::Args)]
pub(crate) struct ManArguments {
    /// The command, e.g. `verify` or `trust update` [default: the program]
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

pub(crate) fn completions(
    arguments: &CompletionsArguments,
    mut program: Command,
) -> Result<Status, Error> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, "chaincheck", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(Status::Yes)
}

pub(crate) fn man(arguments: &ManArguments, mut program: Command) -> Result<Status, Error> {
    // only then do commands know those above them
    program.build();
    let mut page = &program;
    for name in &arguments.command {
        page = page.find_subcommand(name).ok_or_else(|| {
            Error::Usage(format!("there is no command '{}'", arguments.command.join(" ")))
        })?;
    }
    clap_mangen::Man::new(page.clone())
        .source(concat!("chaincheck ", env!("CARGO_PKG_VERSION")))
        .render(&mut io::stdout().lock())?;
    Ok(Status::Yes)
}
