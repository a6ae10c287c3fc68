//! `chaincheck reproduce`: evidence of a machine on which one thing is wrong, or several.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use chaincheck_engine::proof::CauseKind;
use chaincheck_testdata::lab;

use crate::output::{Error, Status};

/// Make the evidence of a machine on which one thing is wrong, to see, teach and test with
///
/// The evidence lies as a triage collection would have it: the hive SOFTWARE, the URL cache of
/// NetworkService, event logs, and the keys and certificates it was made with. Its lists are signed
/// under a test root; no Windows takes them. `chaincheck diagnose` explains it.
///
/// Exit status: 0 made, 2 not made.
#[derive(Debug, clap::Args)]
pub(crate) struct ReproduceArguments {
    /// Causes; `--list` names them. Several make a machine on which all of them are wrong
    #[arg(required_unless_present = "list", value_name = "CAUSE", value_delimiter = ',')]
    causes: Vec<CauseKind>,
    /// The folder to make; it must not be there yet, or be empty
    #[arg(long, required_unless_present = "list", value_name = "DIR")]
    out: Option<PathBuf>,
    /// List the causes that can be made
    #[arg(long, exclusive = true)]
    list: bool,
}

pub(crate) fn run(arguments: &ReproduceArguments) -> Result<Status, Error> {
    let mut out = io::stdout().lock();
    let Some(folder) = &arguments.out else {
        for kind in CauseKind::ALL {
            writeln!(out, "{:<22} {}", kind.name(), kind.meaning())?;
        }
        return Ok(Status::Yes);
    };
    let name = folder.display().to_string();
    let fail =
        |path: &Path, error: io::Error| Error::Input(path.display().to_string(), error.to_string());
    if folder.exists() && fs::read_dir(folder).map_err(|e| fail(folder, e))?.next().is_some() {
        return Err(Error::Input(name, "is not empty; nothing was written".to_owned()));
    }
    let causes: Vec<&str> = arguments.causes.iter().map(|cause| cause.name()).collect();
    let files =
        lab::lab_of(&causes).map_err(|error| Error::Input(causes.join(","), error.to_string()))?;
    for file in &files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| fail(parent, error))?;
        }
        fs::write(&path, &file.octets).map_err(|error| fail(&path, error))?;
    }
    let meanings: Vec<&str> = arguments.causes.iter().map(|cause| cause.meaning()).collect();
    writeln!(out, "{} files in {name}: {}", files.len(), meanings.join(", and "))?;
    writeln!(out, "see it explained:  chaincheck diagnose {name}")?;
    Ok(Status::Yes)
}
