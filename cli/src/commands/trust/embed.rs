//! `chaincheck trust verify-embedded`, and the maintainer's `trust embed`.

use std::io::{self, Write as _};

use chaincheck_engine::base::digest::hex;
use chaincheck_engine::root_update::admit::{AdmittedList, ListKind, SignerTime, admit};
use chaincheck_engine::store::root_program::{DisallowedList, RootProgram, embedded, table};
use serde_json::json;

use crate::input;
use crate::options::{Clock, Format};
use crate::output::{Error, Status, print_json};
use crate::text::Text;
use crate::trust::StatePlace;

/// Differing lines that are shown.
const MAX_SHOWN: usize = 5;

/// Compare the lists in this program with a signed list
///
/// The list is verified, the table that this program carries is made from it anew, and the two are
/// compared octet by octet.
///
/// Exit status: 0 they are the same, 1 they differ or the list is refused, 2 it is unreadable.
#[derive(Debug, clap::Args)]
pub(super) struct VerifyEmbeddedArguments {
    /// authroot.stl, disallowedcert.stl, or the cabinet of either
    #[arg(value_name = "LIST")]
    file: String,
    #[command(flatten)]
    place: StatePlace,
    #[command(flatten)]
    clock: Clock,
    /// How to write the result
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Make the table of facts that is embedded from a signed list.
#[derive(Debug, clap::Args)]
pub(super) struct EmbedArguments {
    /// authroot.stl, disallowedcert.stl, or the cabinet of either
    #[arg(value_name = "LIST")]
    file: String,
    #[command(flatten)]
    place: StatePlace,
    #[command(flatten)]
    clock: Clock,
}

pub(super) fn embed(arguments: &EmbedArguments) -> Result<Status, Error> {
    let settings = arguments.place.settings(arguments.clock.now())?;
    let octets = input::read(&arguments.file)?;
    let list = admit(&octets, &settings, SignerTime::Once)
        .map_err(|refusal| Error::Input(arguments.file.clone(), refusal.to_string()))?;
    let table = table_of(&list)
        .ok_or_else(|| Error::Input(arguments.file.clone(), "has no table".to_owned()))?;
    io::stdout().lock().write_all(table.as_bytes())?;
    Ok(Status::Yes)
}

pub(super) fn verify(arguments: &VerifyEmbeddedArguments) -> Result<Status, Error> {
    let settings = arguments.place.settings(arguments.clock.now())?;
    let octets = input::read(&arguments.file)?;
    let fail = |what: String| Error::Input(arguments.file.clone(), what);
    let list = match admit(&octets, &settings, SignerTime::Once) {
        Ok(list) => list,
        Err(refusal @ chaincheck_engine::root_update::admit::Refusal::NoList(_)) => {
            return Err(fail(refusal.to_string()));
        }
        Err(refusal) => {
            crate::output::say(format_args!("{}: {refusal}", arguments.file));
            return Ok(Status::No);
        }
    };
    let own = match list.kind {
        ListKind::AuthRoot => embedded::AUTH_ROOT_TABLE,
        ListKind::Disallowed => embedded::DISALLOWED_TABLE,
        ListKind::PinRules => return Err(fail("this program carries no pin rules".to_owned())),
    };
    let made = table_of(&list).unwrap_or_default();
    let differences = differing_lines(own, &made);
    let mut out = io::stdout().lock();
    match arguments.format {
        Format::Json => print_json(
            &mut out,
            &json!({
                "list": list.kind.name(),
                "sequence_number": hex(&list.facts.sequence_number),
                "this_update": list.facts.this_update.to_string(),
                "sha256": hex(&list.facts.sha256),
                "same": differences.is_empty(),
                "differences": differences.len(),
            }),
        )?,
        Format::Text => {
            let mut text = Text::new();
            text.line(0, &format!("{}: genuine", arguments.file));
            text.field("list", list.kind.name());
            text.field("of", &list.facts.this_update.to_string());
            text.field("sequence number", &hex(&list.facts.sequence_number));
            text.field("SHA-256", &hex(&list.facts.sha256));
            for line in differences.iter().take(MAX_SHOWN) {
                text.item(2, line);
            }
            text.line(0, &if differences.is_empty() {
                format!(
                    "THE SAME: what this program carries says what the list says, of each of its \
                     {} entries",
                    list.list.len()
                )
            } else {
                format!("DIFFERENT: {} lines of the table differ", differences.len())
            });
            text.print(&mut out)?;
        }
    }
    Ok(Status::from_bool(differences.is_empty()))
}

fn table_of(list: &AdmittedList) -> Option<String> {
    match list.kind {
        ListKind::AuthRoot => {
            let program = RootProgram::from_list(&list.list, list.facts.clone()).ok()?;
            Some(table::of_program(&program))
        }
        ListKind::Disallowed => {
            let disallowed = DisallowedList::from_list(&list.list, list.facts.clone()).ok()?;
            Some(table::of_disallowed(&disallowed))
        }
        ListKind::PinRules => None,
    }
}

/// Lines that only one of two tables has.
fn differing_lines(own: &str, made: &str) -> Vec<String> {
    let only = |from: &str, other: &str, word: &str| {
        let known: std::collections::HashSet<&str> = other.lines().collect();
        let extra = from.lines().filter(|line| !known.contains(line));
        extra.map(|line| format!("only in {word}: {}", line.replace('\t', " "))).collect::<Vec<_>>()
    };
    let mut found = only(own, made, "this program");
    found.extend(only(made, own, "the list"));
    if found.is_empty() && own != made {
        found.push("the same lines in another order".to_owned());
    }
    found
}
