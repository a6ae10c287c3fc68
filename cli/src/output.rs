//! Exit statuses and errors of the program.

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// The answer in one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// The answer is yes: valid, accepted, met, no event.
    Yes = 0,
    /// The answer is no.
    No = 1,
    /// The question could not be answered: unreadable input, bad usage.
    Unanswered = 2,
}

impl Status {
    /// Yes or no.
    pub(crate) const fn from_bool(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::Yes => Self::SUCCESS,
            Status::No => Self::from(1),
            Status::Unanswered => Self::from(2),
        }
    }
}

/// Why a command stopped.
#[derive(Debug)]
pub(crate) enum Error {
    /// Writing the result failed.
    Output(io::Error),
    /// An input cannot be used: which, and why.
    Input(String, String),
    /// What was typed does not make sense.
    Usage(String),
}

impl Error {
    /// The reader of our output went away: no error at all.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Output(error) => write!(f, "cannot write the result: {error}"),
            Self::Input(name, what) => write!(f, "{name}: {what}"),
            Self::Usage(what) => f.write_str(what),
        }
    }
}

/// Says something beside the result, on standard error. Names in inputs are anyone's: what would
/// steer a terminal is written out.
pub(crate) fn say(what: impl fmt::Display) {
    let line = crate::text::printable(&what.to_string());
    // where nobody listens, nothing is to be done
    let _ = writeln!(io::stderr(), "chaincheck: {line}");
}

/// Writes a JSON value for people and programs.
pub(crate) fn print_json(out: &mut impl io::Write, value: &serde_json::Value) -> Result<(), Error> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(io::Error::from)?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}
