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
    /// The command
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
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

pub(crate) fn man(arguments: &ManArguments, program: Command) -> Result<Status, Error> {
    let page = match &arguments.command {
        None => program,
        Some(name) => {
            let found = program.get_subcommands().find(|command| command.get_name() == name);
            let command =
                found.ok_or_else(|| Error::Usage(format!("there is no command '{name}'")))?;
            command.clone().display_name(format!("chaincheck-{name}"))
        }
    };
    clap_mangen::Man::new(page).render(&mut io::stdout().lock())?;
    Ok(Status::Yes)
}
