//! `chaincheck trust`: which lists and roots are in force, where they come from, how old they are.

mod diff;
mod embed;
mod export;
mod status;
mod update;

use crate::output::{Error, Status};

/// Which roots are trusted, where they come from, how old they are
#[derive(Debug, clap::Args)]
pub(crate) struct TrustCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Status(status::StatusArguments),
    Update(update::UpdateArguments),
    Export(export::ExportArguments),
    Diff(diff::DiffArguments),
    VerifyEmbedded(embed::VerifyEmbeddedArguments),
    #[command(hide = true)]
    Embed(embed::EmbedArguments),
}

pub(crate) fn run(command: &TrustCommand) -> Result<Status, Error> {
    match &command.action {
        Action::Status(arguments) => status::run(arguments),
        Action::Update(arguments) => update::run(arguments),
        Action::Export(arguments) => export::run(arguments),
        Action::Diff(arguments) => diff::run(arguments),
        Action::VerifyEmbedded(arguments) => embed::verify(arguments),
        Action::Embed(arguments) => embed::embed(arguments),
    }
}
