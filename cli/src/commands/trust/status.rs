//! `chaincheck trust status`.

use std::io;

use chaincheck_engine::base::digest::hex;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::root_update::ROOT_DIR_URL;
use chaincheck_engine::root_update::admit::ListKind;
use serde_json::json;

use crate::options::{Clock, Format};
use crate::output::{Error, Status, print_json};
use crate::report;
use crate::text::Text;
use crate::trust::{InForce, Trust, TrustArguments};

/// What is in force, from where, how old, and signed until when
///
/// Exit status: 0 Windows would not yet look for newer lists, 1 it would.
#[derive(Debug, clap::Args)]
pub(super) struct StatusArguments {
    #[command(flatten)]
    trust: TrustArguments,
    #[command(flatten)]
    clock: Clock,
    /// How to write the result
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(super) fn run(arguments: &StatusArguments) -> Result<Status, Error> {
    let now = arguments.clock.now();
    let trust = arguments.trust.resolve(now)?;
    let state = arguments.trust.place.state();
    let folder = state.map(|state| state.folder().display().to_string());
    let due = trust.lists.iter().any(|list| list.is_due(now));
    let at_hand = trust.program.as_ref().map(|program| program.at_hand());
    let mut out = io::stdout().lock();
    match arguments.format {
        Format::Json => {
            let mut value = trust.value(now);
            if let Some(object) = value.as_object_mut() {
                object.insert("schema".to_owned(), json!("chaincheck/trust-status-1"));
                object.insert("state_folder".to_owned(), json!(folder));
                object.insert("certificates_at_hand".to_owned(), json!(at_hand));
                object.insert("due".to_owned(), json!(due));
            }
            print_json(&mut out, &value)?;
        }
        Format::Text => {
            let mut text = Text::new();
            for list in &trust.lists {
                describe(&mut text, list, &trust, now);
                text.blank();
            }
            for note in &trust.notes {
                text.item(0, &format!("NOTE: {note}"));
            }
            let folder = folder.as_deref().unwrap_or("none: the environment names no folder");
            text.item(0, &format!("State folder: {folder}"));
            conclude(&mut text, due, now);
            text.print(&mut out)?;
        }
    }
    Ok(Status::from_bool(!due))
}

fn conclude(text: &mut Text, due: bool, now: Time) {
    if due {
        let what = "a connected Windows would have looked for newer lists by now.";
        text.item(0, &format!("At {now}: {what}"));
        text.item(2, "To be current: `chaincheck trust update --online`; or fetch from");
        text.item(2, ROOT_DIR_URL);
        let files = ListKind::ALL.map(ListKind::cabinet_name).join(", ");
        text.item(2, &format!("the files {files}, and give them to `chaincheck trust update`."));
    } else {
        let what = "a connected Windows would not yet look for newer lists.";
        text.item(0, &format!("At {now}: {what}"));
    }
}

fn describe(text: &mut Text, list: &InForce, trust: &Trust, now: Time) {
    let title = match list.kind {
        ListKind::AuthRoot => "Roots (authroot)",
        ListKind::Disallowed => "Disallowed certificates",
        ListKind::PinRules => "Pin rules",
    };
    text.line(0, title);
    let facts = &list.facts;
    text.field(
        "list of",
        &format!("{} ({})", facts.this_update, report::distance(facts.this_update, now)),
    );
    if let Some(checked) = list.checked {
        text.field("the newest on", &format!("{checked} ({})", report::distance(checked, now)));
    }
    text.field("sequence number", &hex(&facts.sequence_number));
    text.field("from", &list.source.to_string());
    text.field("entries", &list.entries.to_string());
    if let (ListKind::AuthRoot, Some(program)) = (list.kind, &trust.program) {
        text.field(
            "at hand",
            &format!(
                "the certificates of {} of these roots; others are fetched with --online when a \
             chain needs them",
                program.at_hand()
            ),
        );
    }
    text.field("SHA-256", &format!("{} (of the signed list)", hex(&facts.sha256)));
    if let Some(end) = facts.signed_until {
        text.field("signed until", &format!("{end} ({})", report::distance(end, now)));
    }
}
