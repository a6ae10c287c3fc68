//! `chaincheck trust update`.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use chaincheck_engine::base::digest::{hex, sha1};
use chaincheck_engine::format::serialized_store::write_store;
use chaincheck_engine::format::{self, Contents, Kind, Limits};
use chaincheck_engine::retrieval::http::{Http, HttpOptions};
use chaincheck_engine::retrieval::{Purpose, Request, Retrieval as _};
use chaincheck_engine::root_update::admit::{
    AdmittedList, ListKind, SignerTime, Succession, admit, succession,
};
use chaincheck_engine::root_update::list::ListSettings;
use chaincheck_engine::root_update::{ROOT_DIR_URL, SEQUENCE_FILE};
use chaincheck_engine::store::root_program::{DisallowedList, RootProgram, at_hand};
use serde_json::{Value, json};

use crate::input;
use crate::options::{Clock, Format};
use crate::output::{Error, Status, print_json};
use crate::state::{Lock, State};
use crate::text::Text;
use crate::trust::{Source, StatePlace, Trust, certificates};

/// Put newer lists in force, from Microsoft or from files
///
/// A list is taken only if its signature, its signer's usage and chain to a Microsoft root are
/// right at the clock, and only if it is newer than the list in force. Certificates are kept if
/// the root list names them by SHA-1 and SHA-256. What fails leaves all as it was.
///
/// Exit status: 0 everything given is in force, 1 something was refused, 2 something could not be
/// read, fetched or written.
#[derive(Debug, clap::Args)]
pub(super) struct UpdateArguments {
    /// Lists (.stl or .cab), and files with certificates of listed roots (.sst, .p7b, PEM, ...)
    #[arg(value_name = "FILE", required_unless_present = "online")]
    files: Vec<String>,
    /// Fetch the lists from Microsoft
    #[arg(long)]
    online: bool,
    /// Fetch from this address instead, a mirror of Microsoft's (as the policy RootDirUrl)
    #[arg(long, value_name = "URL", requires = "online")]
    url: Option<String>,
    /// Fetch the certificate of every listed root that is not at hand, too
    #[arg(long, requires = "online")]
    certificates: bool,
    /// Take a list whose signer is not valid at the clock, too. A genuine list may be: Microsoft
    /// has at times let the newest one's signer expire
    #[arg(long)]
    accept_expired: bool,
    #[command(flatten)]
    place: StatePlace,
    #[command(flatten)]
    clock: Clock,
    /// How to write the result
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// What became of one thing that was given or fetched.
#[derive(Debug)]
struct Step {
    what: String,
    outcome: Outcome,
    why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Updated,
    Current,
    Refused,
    Failed,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::Current => "current",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// What is to be put in force.
#[derive(Default)]
struct Offer {
    /// Kinds of which a server has no newer list, or the one that is offered.
    checked: Vec<ListKind>,
    lists: Vec<(String, AdmittedList)>,
    /// Certificates by SHA-1, and how many each source gave.
    certificates: BTreeMap<[u8; 20], Arc<[u8]>>,
    certificate_sources: Vec<String>,
}

struct Update<'a> {
    arguments: &'a UpdateArguments,
    settings: ListSettings,
    state: State,
    steps: Vec<Step>,
    offer: Offer,
}

pub(super) fn run(arguments: &UpdateArguments) -> Result<Status, Error> {
    let settings = arguments.place.settings(arguments.clock.now())?;
    let state = arguments.place.state().ok_or_else(|| {
        Error::Usage("no state folder: name one with --state or CHAINCHECK_STATE".to_owned())
    })?;
    let mut update =
        Update { arguments, settings, state, steps: Vec::new(), offer: Offer::default() };
    for file in &arguments.files {
        match input::read(file) {
            Ok(octets) => update.take(file, &octets),
            Err(error) => update.step(file, Outcome::Failed, error.to_string()),
        }
    }
    if arguments.online {
        update.fetch()?;
    }
    update.put_in_force();
    update.report()
}

impl Update<'_> {
    fn step(&mut self, what: &str, outcome: Outcome, why: impl Into<String>) {
        self.steps.push(Step { what: what.to_owned(), outcome, why: why.into() });
    }

    /// Looks at a file: a list, or certificates.
    fn take(&mut self, name: &str, octets: &[u8]) {
        let contents = format::open(octets, &Limits::default());
        let holds_certificates = |contents: &Contents| {
            contents.kind != Kind::Cabinet
                && !contents.items.iter().any(|i| i.kind == Kind::CertificateTrustList)
                && contents.items.iter().any(|item| item.kind == Kind::Certificate)
        };
        if let Some(contents) = contents.as_ref().ok().filter(|c| holds_certificates(c)) {
            for certificate in certificates(contents) {
                self.offer.certificates.insert(sha1(&certificate), certificate);
            }
            self.offer.certificate_sources.push(name.to_owned());
            return;
        }
        let time = if self.arguments.accept_expired { SignerTime::Once } else { SignerTime::Now };
        match admit(octets, &self.settings, time) {
            Ok(list) => self.offer.lists.push((name.to_owned(), list)),
            Err(refusal) => self.step(name, Outcome::Refused, refusal.to_string()),
        }
    }

    fn fetch(&mut self) -> Result<(), Error> {
        let mut options = HttpOptions::default();
        // a mirror that is named is meant, wherever it stands
        options.allow_private = self.arguments.url.is_some();
        let http = Http::new(options).map_err(|error| Error::Usage(error.to_string()))?;
        let folder = match &self.arguments.url {
            Some(url) if url.ends_with('/') => url.clone(),
            Some(url) => format!("{url}/"),
            None => ROOT_DIR_URL.to_owned(),
        };
        let get = |name: &str, purpose| {
            let url = format!("{folder}{name}");
            let answer = http.retrieve(&Request { wire_only: true, ..Request::get(&url, purpose) });
            (url, answer)
        };
        let trust = Trust::in_force(Some(&self.state), &self.settings);
        for kind in ListKind::ALL {
            if kind == ListKind::AuthRoot
                && let (url, Ok(answer)) = get(SEQUENCE_FILE, Purpose::RootList)
                && let Some(list) = trust.list(kind)
            {
                let stated = String::from_utf8_lossy(&answer.octets).trim().to_ascii_lowercase();
                if stated == hex(&list.facts.sequence_number) {
                    self.step(&url, Outcome::Current, "the list in force is the newest");
                    self.offer.checked.push(kind);
                    continue;
                }
            }
            match get(kind.cabinet_name(), Purpose::RootList) {
                (url, Ok(answer)) => {
                    let before = self.offer.lists.len();
                    self.take(&url, &answer.octets);
                    if self.offer.lists.get(before).is_some_and(|(_, list)| list.kind == kind) {
                        self.offer.checked.push(kind);
                    }
                }
                (url, Err(error)) => self.step(&url, Outcome::Failed, error.to_string()),
            }
        }
        if self.arguments.certificates {
            let offered = self.offer.lists.iter().rev().find(|l| l.1.kind == ListKind::AuthRoot);
            let newest = offered
                .and_then(|(_, list)| RootProgram::from_list(&list.list, list.facts.clone()).ok());
            let Some(program) = newest.as_ref().or(trust.program.as_ref()) else { return Ok(()) };
            let stored = trust.program.as_ref();
            for entry in program.entries() {
                let known = program.certificate(entry).is_some()
                    || stored.is_some_and(|stored| stored.certificate(entry).is_some());
                if known {
                    continue;
                }
                let name = entry.url().replacen(ROOT_DIR_URL, "", 1);
                match get(&name, Purpose::Root) {
                    (_, Ok(answer)) => {
                        self.offer.certificates.insert(sha1(&answer.octets), answer.octets);
                    }
                    (url, Err(error)) => self.step(&url, Outcome::Failed, error.to_string()),
                }
            }
            self.offer.certificate_sources.push(folder.clone());
        }
        Ok(())
    }

    /// Compares with what is in force, and replaces it, while no other process does.
    fn put_in_force(&mut self) {
        let offer = &self.offer;
        if offer.lists.is_empty()
            && offer.certificate_sources.is_empty()
            && offer.checked.is_empty()
        {
            return;
        }
        let lock = match self.state.lock() {
            Ok(lock) => lock,
            Err(error) => {
                let folder = self.state.folder().display().to_string();
                let why = format!("the state folder cannot be used: {error}");
                return self.step(&folder, Outcome::Failed, why);
            }
        };
        for (name, list) in std::mem::take(&mut self.offer.lists) {
            let trust = Trust::in_force(Some(&self.state), &self.settings);
            let own = self.settings.list_roots.is_none();
            let (outcome, why) = replace(&lock, &trust, &list, own);
            if outcome != Outcome::Updated && outcome != Outcome::Current {
                self.offer.checked.retain(|kind| *kind != list.kind);
            }
            self.step(&name, outcome, why);
        }
        for kind in std::mem::take(&mut self.offer.checked) {
            if let Err(error) = lock.note_checked(kind, self.settings.now) {
                self.step(kind.name(), Outcome::Failed, format!("cannot be noted: {error}"));
            }
        }
        if !self.offer.certificate_sources.is_empty() {
            let trust = Trust::in_force(Some(&self.state), &self.settings);
            let (outcome, why) = keep_certificates(&lock, &self.state, &trust, &self.offer);
            let name = self.offer.certificate_sources.join(", ");
            self.step(&name, outcome, why);
        }
    }

    fn report(&self) -> Result<Status, Error> {
        let has = |outcome| self.steps.iter().any(|step| step.outcome == outcome);
        let status = if has(Outcome::Failed) {
            Status::Unanswered
        } else {
            Status::from_bool(!has(Outcome::Refused))
        };
        let trust = Trust::in_force(Some(&self.state), &self.settings);
        let now = self.settings.now;
        let mut out = io::stdout().lock();
        match self.arguments.format {
            Format::Json => {
                let steps: Vec<Value> = self
                    .steps
                    .iter()
                    .map(|step| {
                        json!({ "what": step.what, "outcome": step.outcome.name(), "why": step.why })
                    })
                    .collect();
                let value = json!({
                    "schema": "chaincheck/trust-update-1",
                    "steps": steps,
                    "in_force": trust.value(now),
                });
                print_json(&mut out, &value)?;
            }
            Format::Text => {
                let mut text = Text::new();
                for step in &self.steps {
                    let outcome = step.outcome.name().to_uppercase();
                    text.item(0, &format!("{outcome} {}: {}", step.what, step.why));
                }
                text.line(0, "In force now:");
                for sentence in trust.sentences(now) {
                    text.item(2, &sentence);
                }
                text.print(&mut out)?;
            }
        }
        Ok(status)
    }
}

/// Puts a list in the place of the one in force, if it is newer. The list in this program counts
/// only if the new one is `microsofts`, too.
fn replace(lock: &Lock, trust: &Trust, list: &AdmittedList, microsofts: bool) -> (Outcome, String) {
    let date = list.facts.this_update;
    let known = trust.list(list.kind);
    if let Some(known) = known.filter(|known| microsofts || known.source != Source::Embedded) {
        let than = known.facts.this_update;
        match succession(&list.facts, &known.facts, || same_content(trust, list)) {
            Succession::Replaces | Succession::SignedAnew => {}
            Succession::Same => {
                return (Outcome::Current, format!("the list of {date} is in force"));
            }
            Succession::Older => {
                let why = format!("the list of {date} is older than that in force, of {than}");
                return (Outcome::Refused, why);
            }
            Succession::Contradicts => {
                let why = "it has the number of the list in force and says something else";
                return (Outcome::Refused, why.to_owned());
            }
        }
    }
    match lock.replace_list(list.kind, &list.message) {
        Ok(()) => (Outcome::Updated, format!("the {} list of {date}", list.kind.name())),
        Err(error) => (Outcome::Failed, format!("cannot be stored: {error}; nothing has changed")),
    }
}

fn same_content(trust: &Trust, list: &AdmittedList) -> bool {
    let facts = || list.facts.clone();
    match list.kind {
        ListKind::AuthRoot => {
            let new = RootProgram::from_list(&list.list, facts());
            let entries = |program: &RootProgram| program.entries().to_vec();
            new.ok().map(|new| entries(&new)) == trust.program.as_ref().map(entries)
        }
        ListKind::Disallowed => {
            let new = DisallowedList::from_list(&list.list, facts());
            let old = trust.disallowed.as_ref();
            new.is_ok_and(|new| old.is_some_and(|old| old.identifiers() == new.identifiers()))
        }
        ListKind::PinRules => {
            trust.pin_rules.as_ref().is_some_and(|old| old.list.der() == list.list.der())
        }
    }
}

/// Adds certificates to those that are stored, of listed roots only.
fn keep_certificates(
    lock: &Lock,
    state: &State,
    trust: &Trust,
    offer: &Offer,
) -> (Outcome, String) {
    let Some(program) = &trust.program else {
        return (Outcome::Refused, "no root list is in force".to_owned());
    };
    let fits = |octets: &Arc<[u8]>| {
        let entry = program.by_sha1(&sha1(octets));
        entry.is_some_and(|entry| entry.is_hash_of(octets)) && at_hand(&sha1(octets)).is_none()
    };
    let mut kept: BTreeMap<[u8; 20], Arc<[u8]>> = BTreeMap::new();
    // what is stored and cannot be read is replaced
    let stored = state.read_roots().ok().flatten();
    if let Some(contents) = stored.and_then(|s| format::open(&s, &Limits::default()).ok()) {
        let old = certificates(&contents).filter(fits);
        kept.extend(old.map(|octets| (sha1(&octets), octets)));
    }
    let before = kept.len();
    let listed = offer.certificates.iter().filter(|(id, _)| program.by_sha1(id).is_some()).count();
    let new = offer.certificates.values().filter(|octets| fits(octets)).cloned();
    kept.extend(new.map(|octets| (sha1(&octets), octets)));
    if listed == 0 {
        let why = "none of the certificates is that of a listed root".to_owned();
        return (Outcome::Refused, why);
    }
    let added = kept.len() - before;
    let summary = format!(
        "{} certificates, {listed} of listed roots, {added} not at hand before",
        offer.certificates.len()
    );
    if added == 0 {
        return (Outcome::Current, summary);
    }
    let objects = kept.values().map(|octets| (Kind::Certificate, &**octets, &[][..]));
    let written = write_store(objects)
        .map_err(|error| error.to_string())
        .and_then(|store| lock.replace_roots(&store).map_err(|error| error.to_string()));
    match written {
        Ok(()) => (Outcome::Updated, summary),
        Err(error) => (Outcome::Failed, format!("cannot be stored: {error}; nothing has changed")),
    }
}
