//! Where trust comes from: the lists in force, and roots given by hand.

mod system;

use std::path::PathBuf;
use std::sync::Arc;

use chaincheck_engine::base::digest::hex;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::format::registry::system_certificates::{Policies, StoreId};
use chaincheck_engine::format::{self, Kind, Limits, Passwords};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::property;
use chaincheck_engine::root_update::admit::{AdmittedList, ListKind, SignerTime, admit};
use chaincheck_engine::root_update::list::ListSettings;
use chaincheck_engine::store::root_program::{DisallowedList, ListFacts, RootProgram, embedded};
use chaincheck_engine::store::{CertificateContext, Properties, Store, StoreBuilder, SystemStores};
use serde_json::{Value, json};

use crate::hives;
use crate::options::{self, ListRoot};
use crate::output::Error;
use crate::report;
use crate::state::State;

/// Where trust comes from.
#[derive(Debug, clap::Args)]
pub(crate) struct TrustArguments {
    /// Where trust comes from: `embedded` (the lists in this program, and nothing newer), `none`
    /// (only what --store gives), `system` (this machine's stores; on Windows only), or a file: a
    /// signed list, or certificates to trust (repeatable) [default: the lists that `trust update`
    /// has stored where they are newer than those in this program]
    #[arg(long, value_name = "SOURCE")]
    trust: Vec<String>,
    #[command(flatten)]
    pub(crate) place: StatePlace,
}

/// Where the state is, and who may sign it.
#[derive(Debug, clap::Args)]
pub(crate) struct StatePlace {
    /// The folder of `trust update` [default: $CHAINCHECK_STATE, else the platform's]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) list_root: ListRoot,
}

impl StatePlace {
    /// The state folder.
    pub(crate) fn state(&self) -> Option<State> {
        State::locate(self.state.as_deref())
    }

    /// What lists are judged by at this time.
    pub(crate) fn settings(&self, now: Time) -> Result<ListSettings, Error> {
        let mut settings = options::list_settings(&self.list_root, &Passwords::default(), now)?;
        settings.stores.disallowed_list = embedded::disallowed_list().cloned();
        Ok(settings)
    }
}

/// Where a list that is in force comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// It is part of this program.
    Embedded,
    /// `trust update` has stored it.
    State(PathBuf),
    /// It was given.
    File(String),
    /// It was in force on the machine among the inputs.
    Machine(String),
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded in this program"),
            Self::State(path) => write!(f, "stored by `trust update` ({})", path.display()),
            Self::File(name) => write!(f, "given ({name})"),
            Self::Machine(name) => write!(f, "in force on the machine of {name}"),
        }
    }
}

/// A list that is in force.
#[derive(Debug, Clone)]
pub(crate) struct InForce {
    pub(crate) kind: ListKind,
    pub(crate) source: Source,
    pub(crate) facts: ListFacts,
    /// Entries of the list.
    pub(crate) entries: usize,
    /// When it was last found to be the newest.
    pub(crate) checked: Option<Time>,
}

/// What is trusted, and why.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trust {
    pub(crate) lists: Vec<InForce>,
    pub(crate) program: Option<RootProgram>,
    pub(crate) disallowed: Option<DisallowedList>,
    pub(crate) pin_rules: Option<AdmittedList>,
    /// Whether Microsoft's own roots are in ROOT, as on any Windows.
    microsoft: bool,
    /// Certificates given to be trusted, and where they come from.
    given: Option<(String, GivenRoots)>,
    /// The machine whose own stores count.
    machine: Option<String>,
    /// What was not as it should be.
    pub(crate) notes: Vec<String>,
}

/// Which lists a machine's policies let it update (reference, auto-root-update 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Updated {
    pub(crate) roots: bool,
    pub(crate) disallowed: bool,
}

impl Updated {
    pub(crate) fn by(policies: &Policies) -> Self {
        let roots = policies.disable_root_auto_update != Some(true);
        let disallowed = roots || policies.enable_disallowed_cert_auto_update == Some(true);
        Self { roots, disallowed }
    }
}

/// Certificates from elsewhere than a list.
#[derive(Debug, Clone, Default)]
pub(crate) struct GivenRoots {
    pub(crate) root: Vec<CertificateContext>,
    pub(crate) auth_root: Vec<CertificateContext>,
    pub(crate) disallowed: Vec<CertificateContext>,
    pub(crate) ca: Vec<CertificateContext>,
}

impl TrustArguments {
    /// Whether nothing was asked for: then a machine among the inputs says what it trusts.
    pub(crate) fn is_default(&self) -> bool {
        self.trust.is_empty()
    }

    /// What is trusted at this time on a machine whose registry is at hand: its own stores, with
    /// the lists that were in force there.
    pub(crate) fn of_machine(
        &self,
        file: &str,
        lists: &[Arc<[u8]>],
        updated: Updated,
        now: Time,
    ) -> Result<Trust, Error> {
        let settings = self.place.settings(now)?;
        // its ROOT is what it is, with Microsoft's roots or without
        let mut trust = Trust { machine: Some(file.to_owned()), ..Trust::default() };
        for list in lists {
            match admit(list, &settings, SignerTime::Once) {
                Ok(list) => trust.take(list, Source::Machine(file.to_owned())),
                Err(refusal) => {
                    trust.notes.push(format!("{file}: a list in its registry: {refusal}"));
                }
            }
        }
        let (has_program, has_disallowed) = (trust.program.is_some(), trust.disallowed.is_some());
        trust.fill_up();
        if !has_disallowed {
            let what = if updated.disallowed {
                "no list of disallowed certificates is in its registry; this program's stands in \
                 for it"
            } else {
                trust.disallowed = None;
                trust.lists.retain(|list| list.kind != ListKind::Disallowed);
                "a policy switches the update of the disallowed list off, and its registry holds \
                 none: only its store Disallowed counts"
            };
            trust.notes.push(format!("{file}: {what}"));
        }
        if !updated.roots {
            trust.program = None;
            trust.lists.retain(|list| list.kind != ListKind::AuthRoot);
            let what = "a policy switches the automatic root update off: only roots that are in \
                        its stores count";
            trust.notes.push(format!("{file}: {what}"));
        } else if !has_program {
            let what = "no root list is in its registry; this program's stands in for it";
            trust.notes.push(format!("{file}: {what}"));
        }
        Ok(trust)
    }

    /// What is trusted at this time.
    pub(crate) fn resolve(&self, now: Time) -> Result<Trust, Error> {
        let settings = self.place.settings(now)?;
        let state = self.place.state();
        match self.trust.as_slice() {
            [] => Ok(Trust::in_force(state.as_ref(), &settings)),
            [one] if one == "embedded" => {
                let mut trust = Trust::embedded();
                trust.take_certificates(state.as_ref());
                Ok(trust)
            }
            [one] if one == "none" => Ok(Trust::default()),
            [one] if one == "system" => {
                let mut trust = Trust::in_force(state.as_ref(), &settings);
                // the machine's ROOT has Microsoft's roots, unless someone has removed them
                trust.microsoft = false;
                trust.given = Some(("this machine's stores".to_owned(), system::roots()?));
                Ok(trust)
            }
            files => Trust::of_files(files, state.as_ref(), &settings),
        }
    }
}

impl Trust {
    /// The lists in this program.
    pub(crate) fn embedded() -> Self {
        let mut trust = Self { microsoft: true, ..Self::default() };
        trust.fill_up();
        trust
    }

    /// The newest lists at hand: those in the state folder, or those in this program.
    pub(crate) fn in_force(state: Option<&State>, settings: &ListSettings) -> Self {
        let mut trust = Self { microsoft: true, ..Self::default() };
        if let Some(state) = state {
            for kind in ListKind::ALL {
                trust.take_stored(state, kind, settings);
            }
        }
        trust.fill_up();
        for list in &mut trust.lists {
            list.checked = state.and_then(|state| state.checked(list.kind));
        }
        trust.take_certificates(state);
        trust
    }

    fn take_stored(&mut self, state: &State, kind: ListKind, settings: &ListSettings) {
        let path = state.list_path(kind);
        let refused = |why: String| {
            format!("{} is not used: {why}; what this program carries is used", path.display())
        };
        let octets = match state.read_list(kind) {
            Ok(None) => return,
            Ok(Some(octets)) => octets,
            Err(error) => return self.notes.push(refused(error.to_string())),
        };
        match admit(&octets, settings, SignerTime::Once) {
            Err(refusal) => self.notes.push(refused(refusal.to_string())),
            Ok(list) if list.kind != kind => {
                let why = format!("it is the {} list", list.kind.name());
                self.notes.push(refused(why));
            }
            Ok(list) => {
                // numbers of another publisher's lists say nothing beside Microsoft's
                let own = embedded_facts(kind).filter(|_| settings.list_roots.is_none());
                if !own.is_some_and(|own| own.is_newer_than(&list.facts)) {
                    self.take(list, Source::State(path));
                }
            }
        }
    }

    /// Puts a list in force.
    fn take(&mut self, list: AdmittedList, source: Source) {
        let kind = list.kind;
        // `admit` has found the content to be that of its kind
        match kind {
            ListKind::AuthRoot => {
                self.program = RootProgram::from_list(&list.list, list.facts.clone()).ok();
            }
            ListKind::Disallowed => {
                self.disallowed = DisallowedList::from_list(&list.list, list.facts.clone()).ok();
            }
            ListKind::PinRules => {}
        }
        self.lists.retain(|known| known.kind != kind);
        let (facts, entries) = (list.facts.clone(), list.list.len());
        self.lists.push(InForce { kind, source, facts, entries, checked: None });
        if kind == ListKind::PinRules {
            self.pin_rules = Some(list);
        }
    }

    /// Takes what is missing from this program.
    fn fill_up(&mut self) {
        if self.program.is_none() {
            self.program = embedded::root_program().cloned();
            self.put_embedded(ListKind::AuthRoot);
        }
        if self.disallowed.is_none() {
            self.disallowed = embedded::disallowed_list().cloned();
            self.put_embedded(ListKind::Disallowed);
        }
        self.lists.sort_by_key(|list| list.kind);
    }

    fn put_embedded(&mut self, kind: ListKind) {
        let entries = match kind {
            ListKind::AuthRoot => self.program.as_ref().map_or(0, |p| p.entries().len()),
            _ => self.disallowed.as_ref().map_or(0, DisallowedList::len),
        };
        if let Some(facts) = embedded_facts(kind).cloned() {
            self.lists.push(InForce {
                kind,
                source: Source::Embedded,
                facts,
                entries,
                checked: None,
            });
        }
    }

    /// Makes the stored certificates available to the root program.
    fn take_certificates(&mut self, state: Option<&State>) {
        let Some(program) = &self.program else { return };
        match state.map(State::read_roots) {
            None | Some(Ok(None)) => {}
            Some(Ok(Some(octets))) => match format::open(&octets, &Limits::default()) {
                Ok(contents) => {
                    self.program = Some(program.with_certificates(certificates(&contents)));
                }
                Err(error) => self.notes.push(format!("stored certificates: {error}")),
            },
            Some(Err(error)) => self.notes.push(format!("stored certificates: {error}")),
        }
    }

    /// Trust from files: lists, and certificates.
    fn of_files(
        files: &[String],
        state: Option<&State>,
        settings: &ListSettings,
    ) -> Result<Self, Error> {
        let mut trust = Self::default();
        let mut given = GivenRoots::default();
        for file in files {
            if ["embedded", "none", "system"].contains(&file.as_str()) {
                let what = format!("--trust {file} stands alone; a file of that name is ./{file}");
                return Err(Error::Usage(what));
            }
            let octets = crate::input::read(file)?;
            let contents = format::open(&octets, &Limits::default())
                .map_err(|error| Error::Input(file.clone(), error.to_string()))?;
            for note in &contents.notes {
                trust.notes.push(format!("{file}: {note}"));
            }
            let is_list = |item: &format::Item| item.kind == Kind::CertificateTrustList;
            let registry = hives::is_registry(contents.kind);
            if !registry && (contents.kind == Kind::Cabinet || contents.items.iter().any(is_list)) {
                let list = admit(&octets, settings, SignerTime::Once)
                    .map_err(|refusal| Error::Input(file.clone(), refusal.to_string()))?;
                trust.take(list, Source::File(file.clone()));
                continue;
            }
            if given.add(file, &contents)? == 0 {
                let what = "holds neither a list nor a certificate".to_owned();
                return Err(Error::Input(file.clone(), what));
            }
        }
        if given.is_empty() {
            // a list takes the place of the one of its kind
            trust.microsoft = true;
            trust.fill_up();
        } else {
            trust.microsoft = !trust.lists.is_empty();
            trust.given = Some((files.join(", "), given));
            if trust.disallowed.is_none() {
                trust.disallowed = embedded::disallowed_list().cloned();
                trust.put_embedded(ListKind::Disallowed);
            }
        }
        trust.lists.sort_by_key(|list| list.kind);
        trust.take_certificates(state);
        Ok(trust)
    }

    /// Puts what is trusted into the stores, beside what is there.
    pub(crate) fn apply(&self, stores: &mut SystemStores) {
        let microsoft = chaincheck_engine::store::embedded::microsoft_roots();
        if self.microsoft {
            stores.root = joined(microsoft.certificates(), &stores.root);
        }
        if let Some((_, given)) = &self.given {
            stores.root = joined(&given.root, &stores.root);
            stores.auth_root = joined(&given.auth_root, &stores.auth_root);
            stores.disallowed = joined(&given.disallowed, &stores.disallowed);
            stores.ca = joined(&given.ca, &stores.ca);
        }
        stores.root_program.clone_from(&self.program);
        stores.disallowed_list.clone_from(&self.disallowed);
        stores.pin_rules = self.pin_rules.as_ref().map(|list| list.list.clone());
    }

    /// The list of this kind that is in force.
    pub(crate) fn list(&self, kind: ListKind) -> Option<&InForce> {
        self.lists.iter().find(|list| list.kind == kind)
    }

    /// Each source in a sentence, with its age and what would make it current.
    pub(crate) fn sentences(&self, now: Time) -> Vec<String> {
        let mut lines: Vec<String> = self.lists.iter().map(|list| list.sentence(now)).collect();
        if let Some((from, given)) = &self.given {
            lines.push(format!("{} roots from {from}", given.root.len() + given.auth_root.len()));
        }
        if let Some(machine) = &self.machine {
            lines.push(format!("the ROOT and AuthRoot stores of the machine of {machine}"));
        }
        if self.lists.is_empty() && self.given.is_none() && self.machine.is_none() {
            lines.push("none but what --store gives".to_owned());
        }
        lines.extend(self.notes.iter().map(|note| format!("NOTE: {note}")));
        lines
    }

    /// The same for programs.
    pub(crate) fn value(&self, now: Time) -> Value {
        let lists: Vec<Value> = self.lists.iter().map(|list| list.value(now)).collect();
        let given = self.given.as_ref().map(|(from, _)| from);
        json!({ "lists": lists, "given": given, "notes": self.notes })
    }
}

impl GivenRoots {
    /// Takes a file's certificates, and counts them. In a registry file each lies in a store; of
    /// others, a copy that carries what the root program says goes to AuthRoot, the rest to ROOT.
    fn add(&mut self, file: &str, contents: &format::Contents) -> Result<usize, Error> {
        let mut count = 0;
        for item in contents.items.iter().filter(|item| item.kind == Kind::Certificate) {
            let fail = |what: String| Error::Input(file.to_owned(), what);
            let certificate =
                Certificate::from_der(&item.octets).map_err(|error| fail(error.to_string()))?;
            let mut properties = Properties::new();
            for property in &item.properties {
                properties.set(property.id, property.value.clone());
            }
            let listed = properties.get(property::AUTH_ROOT_SHA256_HASH).is_some();
            let place = match registry_store(contents.kind, &item.origin).as_deref() {
                Some("root") => &mut self.root,
                Some("authroot") => &mut self.auth_root,
                Some("disallowed") => &mut self.disallowed,
                Some("ca") => &mut self.ca,
                Some(_) => continue,
                None if listed => &mut self.auth_root,
                None => &mut self.root,
            };
            place.push(CertificateContext::with_properties(certificate, properties));
            count += 1;
        }
        Ok(count)
    }

    fn is_empty(&self) -> bool {
        [&self.root, &self.auth_root, &self.disallowed, &self.ca].iter().all(|s| s.is_empty())
    }
}

/// The store an object of a registry file lies in, in lower case; empty if it is none that chains
/// are built with.
pub(crate) fn registry_store(kind: Kind, origin: &str) -> Option<String> {
    hives::is_registry(kind).then(|| {
        let store = StoreId::of_object_key(origin).filter(|store| store.location.is_of_chains());
        store.map(|store| store.name.to_ascii_lowercase()).unwrap_or_default()
    })
}

impl InForce {
    /// Whether Windows would have looked for a newer list by now.
    pub(crate) fn is_due(&self, now: Time) -> bool {
        let known = self.checked.filter(|checked| *checked <= now);
        let current = known.map_or(self.facts.this_update, |at| at.max(self.facts.this_update));
        now.seconds_since(current) > self.kind.sync_interval()
    }

    fn sentence(&self, now: Time) -> String {
        let age = report::distance(self.facts.this_update, now);
        let mut text = format!(
            "{} list of {} ({age}), {}",
            self.kind.name(),
            self.facts.this_update,
            self.source
        );
        if self.facts.this_update > now {
            text.push_str("; it is newer than the clock, and is applied all the same");
        } else if self.is_due(now) {
            text.push_str("; to be current: chaincheck trust update --online");
        }
        text
    }

    pub(crate) fn value(&self, now: Time) -> Value {
        json!({
            "list": self.kind.name(),
            "source": match &self.source {
                Source::Embedded => json!("embedded"),
                Source::State(path) => json!({ "state": path.display().to_string() }),
                Source::File(name) => json!({ "file": name }),
                Source::Machine(name) => json!({ "machine": name }),
            },
            "sequence_number": hex(&self.facts.sequence_number),
            "this_update": self.facts.this_update.to_string(),
            "newest_at": self.checked.map(|time| time.to_string()),
            "age_seconds": now.seconds_since(self.facts.this_update),
            "sync_interval_seconds": self.kind.sync_interval(),
            "due": self.is_due(now),
            "sha256": hex(&self.facts.sha256),
            "signed_until": self.facts.signed_until.map(|time| time.to_string()),
            "entries": self.entries,
        })
    }
}

/// The facts of the list in this program.
pub(crate) fn embedded_facts(kind: ListKind) -> Option<&'static ListFacts> {
    match kind {
        ListKind::AuthRoot => embedded::root_program()?.facts(),
        ListKind::Disallowed => Some(embedded::disallowed_list()?.facts()),
        ListKind::PinRules => None,
    }
}

/// The certificates of a file.
pub(crate) fn certificates(contents: &format::Contents) -> impl Iterator<Item = Arc<[u8]>> {
    let found = contents.items.iter().filter(|item| item.kind == Kind::Certificate);
    found.map(|item| item.octets.clone())
}

fn joined(first: &[CertificateContext], then: &Store) -> Store {
    let mut builder = StoreBuilder::new();
    for context in first.iter().chain(then.certificates()) {
        builder.certificate(context.clone());
    }
    for crl in then.crls() {
        builder.crl(crl.clone());
    }
    for list in then.trust_lists() {
        builder.trust_list(list.clone());
    }
    builder.build()
}
