//! What the inputs hold: certificates to judge, and stores a machine had.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chaincheck_engine::chain::engine::Profile;
use chaincheck_engine::format::collection::MemberPath;
use chaincheck_engine::format::registry::system_certificates::{
    RegistryEvidence, StoreId, StoreLocation,
};
use chaincheck_engine::format::{self, Item as Object, Kind, Limits, Passwords};
use chaincheck_engine::scenario::{RegistryValue, setting_of};
use chaincheck_engine::store::{CertificateContext, Store, StoreBuilder};

use crate::hives::{self, Hives};
use crate::input::{self, Item};
use crate::options::{self, STORE_NAMES};
use crate::output::{self, Error, Status};
use crate::trust::Updated;

/// Everything in the inputs.
pub(super) struct Given {
    /// All certificates, CRLs and lists, wherever they lay.
    pub(super) all: Store,
    /// Those of them that lay in a system store, by its name.
    stores: BTreeMap<&'static str, Vec<Object>>,
    /// The machine whose registry is among the inputs.
    pub(super) machine: Option<MachineSays>,
    /// Files that are signed themselves: executables, packages, catalogs, lists.
    signed: usize,
    /// Whether all could be read.
    pub(super) status: Status,
}

/// What a machine's registry says of trust.
pub(super) struct MachineSays {
    /// The file.
    pub(super) file: String,
    /// The lists that were in force: EncodedCtl and its siblings.
    pub(super) lists: Vec<Arc<[u8]>>,
    /// Which lists its policies let it update.
    pub(super) updated: Updated,
    /// The version of Windows.
    pub(super) profile: Option<Profile>,
    /// The settings of the chain engine among them.
    pub(super) settings: BTreeMap<String, RegistryValue>,
}

#[derive(Default)]
struct Builder {
    all: StoreBuilder,
    stores: BTreeMap<&'static str, Vec<Object>>,
    machine: Option<MachineSays>,
    signed: usize,
    incomplete: bool,
}

/// Reads the inputs. What one of them says about stores holds: a certificate that lay in a
/// machine's ROOT store is a root of it. A certificate that lies anywhere else is never trusted by
/// itself, self-signed or not.
pub(super) fn collect(inputs: &[String], passwords: &Passwords) -> Result<Given, Error> {
    let mut builder = Builder::default();
    for input in inputs {
        let mut hives = Hives::default();
        let walked = input::walk(input, false, &mut |item, progress| {
            match item {
                Item::Problem { path, what, is_left_out } => {
                    builder.incomplete |= !is_left_out;
                    progress.say(&format!("{path}: {what}"));
                }
                Item::Member(member) => {
                    if let Some(damage) = &member.damage {
                        builder.incomplete = true;
                        progress.say(&format!("{}: {damage}", member.path));
                    }
                    if !hives.keep(&member) {
                        let say = &mut |what: &str| progress.say(what);
                        builder.file(&member.path, member.octets, passwords, say);
                    }
                }
            }
            Ok(())
        });
        for hive in hives.finish() {
            let say = &mut |what: &str| output::say(what);
            hive.notes.iter().for_each(|note| say(&format!("{}: {note}", hive.path)));
            builder.file(&hive.path, &hive.octets, passwords, say);
        }
        match walked {
            Err(Error::Input(name, what)) => {
                output::say(format_args!("{name}: {what}"));
                builder.incomplete = true;
            }
            other => other?,
        }
    }
    // a collection may hold anything; what is named must be readable, and what cannot be reached
    // might be what the answer hangs on
    let status = if builder.incomplete { Status::Unanswered } else { Status::Yes };
    let Builder { all, stores, machine, signed, .. } = builder;
    Ok(Given { all: all.build(), stores, machine, signed, status })
}

impl Builder {
    fn file(
        &mut self,
        path: &MemberPath,
        octets: &[u8],
        passwords: &Passwords,
        say: &mut dyn FnMut(&str),
    ) {
        let kind = format::detect(octets);
        let is_nothing = matches!(kind, Kind::Unknown | Kind::Html | Kind::Empty);
        if path.is_member() && (is_nothing || holds_no_objects(kind)) {
            return;
        }
        let contents = match format::open_with(octets, &Limits::default(), passwords) {
            Ok(contents) => contents,
            Err(error) => {
                say(&format!("{path}: {error}"));
                self.incomplete |= !path.is_member();
                return;
            }
        };
        for note in &contents.notes {
            self.incomplete |= note.is_loss() && !path.is_member();
            if let Some(note) = options::note(note) {
                say(&format!("{path}: {note}"));
            }
        }
        let is_signed = |object: &Object| object.is_companion && object.kind == Kind::Certificate;
        self.signed += usize::from(contents.items.iter().any(is_signed));
        let registry = hives::is_registry(kind).then(|| hives::evidence(path, octets, kind));
        let registry = registry.transpose().unwrap_or_else(|what| {
            say(&format!("{path}: {what}"));
            None
        });
        if let Some(machine) = registry.as_ref().and_then(|found| MachineSays::of(path, found)) {
            self.machine.get_or_insert(machine);
        }
        let stores = Stores::of(path, registry);
        if contents.items.iter().any(|object| object.kind == Kind::OcspResponse) {
            say(&format!(
                "{path}: an OCSP response: not used; only fetched ones are, with --online"
            ));
        }
        for object in &contents.items {
            if let Err(what) = self.object(object, stores.find(object)) {
                say(&format!("{path}: {what}"));
                self.incomplete |= !path.is_member();
            }
        }
    }

    fn object(&mut self, object: &Object, store: Option<&'static str>) -> Result<(), String> {
        options::add_item(object, &mut self.all)?;
        if let Some(store) = store {
            self.stores.entry(store).or_default().push(object.clone());
        }
        Ok(())
    }
}

/// Kinds whose files say something, but hold nothing to judge.
const fn holds_no_objects(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::UrlCacheMetadata
            | Kind::EventLog
            | Kind::LegacyEventLog
            | Kind::EventXml
            | Kind::EventJson
            | Kind::EventText
    )
}

impl MachineSays {
    /// What the registry says, if it is the machine's and has its ROOT store.
    fn of(path: &MemberPath, found: &RegistryEvidence) -> Option<Self> {
        let is_root = |store: &StoreId| {
            store.location == StoreLocation::LocalMachine && store.name.eq_ignore_ascii_case("root")
        };
        found.stores.iter().find(|key| is_root(&key.store))?;
        let lists = found.auto_updates.iter().filter(|update| update.path.starts_with("HKLM"));
        Some(Self {
            file: path.to_string(),
            lists: lists
                .flat_map(|update| update.lists().filter_map(|(_, list)| list.encoded_ctl.clone()))
                .collect(),
            updated: Updated::by(&found.policies),
            profile: found.windows_build().map(Profile::of_build),
            settings: found.settings.iter().map(setting_of).collect(),
        })
    }
}

/// In which stores the objects of one file lay.
struct Stores {
    /// All of them, if the file is one of a store that is kept as files.
    whole: Option<&'static str>,
    /// By the registry key they lay in.
    keys: HashMap<String, &'static str>,
}

impl Stores {
    fn of(path: &MemberPath, registry: Option<RegistryEvidence>) -> Self {
        let whole = path.system_store().and_then(|found| store_name(&found.store));
        let objects = registry.map(|found| found.objects).unwrap_or_default();
        let of_machine =
            |store: &StoreId| store_name(&store.name).filter(|_| store.location.is_of_chains());
        let keys = objects
            .into_iter()
            .filter_map(|object| Some((of_machine(&object.store)?, object.path)))
            .map(|(store, key)| (key, store))
            .collect();
        Self { whole, keys }
    }

    fn find(&self, object: &Object) -> Option<&'static str> {
        self.whole.or_else(|| self.keys.get(&object.origin).copied())
    }
}

/// The store of this name, as this program calls it.
fn store_name(name: &str) -> Option<&'static str> {
    STORE_NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name))
}

impl Given {
    /// Puts what lay in the store of this name into one.
    pub(super) fn add_to(&self, name: &str, builder: &mut StoreBuilder) {
        for object in self.stores.get(name).into_iter().flatten() {
            // that it can be read was seen when it was collected
            let _ = options::add_item(object, builder);
        }
    }

    /// What is not asked of signed files, if there are any.
    pub(super) fn signed_sentence(&self) -> Option<String> {
        let files = match self.signed {
            0 => return None,
            1 => "a signed file",
            _ => "signed files",
        };
        Some(format!(
            "note: the input holds {files}; its certificates are judged here, not whether a \
             signature fits the file it stands in"
        ))
    }

    /// Which stores the inputs held, if any.
    pub(super) fn stores_sentence(&self) -> Option<String> {
        let stores: Vec<_> =
            self.stores.iter().map(|(name, objects)| format!("{name} {}", objects.len())).collect();
        (!stores.is_empty()).then(|| {
            format!("objects from the machine's stores in the input: {}", stores.join(", "))
        })
    }

    /// The certificates to judge: those that have issued no other, and of them the end
    /// certificates, if there are any; and how many CA certificates were left aside. The first
    /// certificate if each has issued another.
    pub(super) fn ends(&self) -> (Vec<&CertificateContext>, usize) {
        let all = self.all.certificates();
        let issuers: HashSet<&[u8]> = all
            .iter()
            .map(CertificateContext::certificate)
            .filter(|certificate| !certificate.is_self_issued())
            .map(|certificate| certificate.issuer().raw())
            .collect();
        let leaves: Vec<_> = all
            .iter()
            .filter(|context| !issuers.contains(context.certificate().subject().raw()))
            .collect();
        let (authorities, ends): (Vec<_>, Vec<_>) =
            leaves.into_iter().partition(|context| context.certificate().is_authority());
        match (ends.is_empty(), authorities.is_empty()) {
            (false, _) => (ends, authorities.len()),
            (true, false) => (authorities, 0),
            (true, true) => (all.first().into_iter().collect(), 0),
        }
    }
}
