//! `chaincheck trust diff`: between lists, or a list and a dump of a store.

use std::collections::BTreeMap;
use std::io;

use chaincheck_engine::base::digest::hex;
use chaincheck_engine::crypto::{AlgorithmIdentifier, signature_hash};
use chaincheck_engine::format::{self, Contents, Kind, Limits};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::message::SignedData;
use chaincheck_engine::object::property;
use chaincheck_engine::object::trust_list::{ListProperty, TrustList};
use chaincheck_engine::root_update::admit::{ListKind, SignerTime, admit};
use chaincheck_engine::scenario::property_value;
use chaincheck_engine::store::root_program::{RootProgram, embedded};
use serde_json::{Value, json};

use crate::commands::list::diff::{Difference, Entries};
use crate::hives::is_registry;
use crate::input;
use crate::options::{Clock, Format};
use crate::output::{Error, Status, print_json};
use crate::text::Text;
use crate::trust::{StatePlace, Trust, registry_store};

/// What the root program says of a root, and a store may say otherwise.
const COMPARED: [u32; 10] = [
    property::ENHKEY_USAGE,
    property::FRIENDLY_NAME,
    property::ROOT_PROGRAM_CERT_POLICIES,
    property::ROOT_PROGRAM_NAME_CONSTRAINTS,
    property::DISALLOWED_FILETIME,
    property::ROOT_PROGRAM_CHAIN_POLICIES,
    property::DISALLOWED_ENHKEY_USAGE,
    property::NOT_BEFORE_FILETIME,
    property::NOT_BEFORE_ENHKEY_USAGE,
    property::DISALLOWED_CA_FILETIME,
];
/// What the certificate itself says.
const DERIVED: [u32; 3] =
    [property::KEY_IDENTIFIER, property::SUBJECT_NAME_MD5_HASH, property::AUTH_ROOT_SHA256_HASH];

/// Compare two lists or stores: which roots are added, removed, described otherwise
///
/// A and B are lists (.stl, .cab), dumps of stores (.sst, PEM, .p7b, ...), `embedded` (the list in
/// this program) or `in-force`. What is shown is what would have to be done to A to make it B.
///
/// Exit status: 0 they are the same, 1 they differ, 2 one is unreadable.
#[derive(Debug, clap::Args)]
pub(super) struct DiffArguments {
    /// What is there before
    #[arg(value_name = "A")]
    before: String,
    /// What is there after
    #[arg(value_name = "B")]
    after: String,
    #[command(flatten)]
    place: StatePlace,
    #[command(flatten)]
    clock: Clock,
    /// How to write the result
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// One side of a comparison.
struct Side {
    what: String,
    roots: BTreeMap<Vec<u8>, Root>,
    /// Whether anything the root program says of roots is in it.
    has_properties: bool,
    kind: SideKind,
    notes: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SideKind {
    /// A list whose entries are certificates' SHA-1.
    Roots,
    /// Another list.
    OtherList,
    /// A store.
    Store,
}

#[derive(Default, Clone)]
struct Root {
    properties: BTreeMap<u32, Vec<u8>>,
    certificate: Option<Certificate>,
}

pub(super) fn run(arguments: &DiffArguments) -> Result<Status, Error> {
    let mut before = arguments.side(&arguments.before)?;
    let mut after = arguments.side(&arguments.after)?;
    make_comparable(&mut before, &mut after);
    let difference = Difference::of(&before.entries(), &after.entries());
    let mut out = io::stdout().lock();
    match arguments.format {
        Format::Json => {
            let mut value = difference.value();
            if let Some(object) = value.as_object_mut() {
                object.insert("schema".to_owned(), json!("chaincheck/trust-diff-1"));
                object.insert("a".to_owned(), before.value());
                object.insert("b".to_owned(), after.value());
                object.insert("same".to_owned(), json!(difference.is_empty()));
            }
            print_json(&mut out, &value)?;
        }
        Format::Text => {
            let mut text = Text::new();
            for (name, side) in [("A", &before), ("B", &after)] {
                text.item(0, &format!("{name}: {}, {} entries", side.what, side.roots.len()));
                for note in &side.notes {
                    text.item(2, &format!("NOTE: {note}"));
                }
            }
            difference.describe(&mut text);
            if difference.is_empty() {
                text.line(0, "THE SAME");
            }
            text.print(&mut out)?;
        }
    }
    Ok(Status::from_bool(difference.is_empty()))
}

impl DiffArguments {
    fn side(&self, name: &str) -> Result<Side, Error> {
        let now = self.clock.now();
        let settings = self.place.settings(now)?;
        if name == "embedded"
            && let Some(program) = embedded::root_program()
        {
            return Ok(Side::of_program("the list in this program", program));
        }
        if name == "in-force" {
            let trust = Trust::in_force(self.place.state().as_ref(), &settings);
            let source = trust.list(ListKind::AuthRoot).map(|list| list.source.to_string());
            if let (Some(program), Some(source)) = (&trust.program, source) {
                return Ok(Side::of_program(&source, program));
            }
        }
        let octets = input::read(name)?;
        let fail = |what: String| Error::Input(name.to_owned(), what);
        let contents =
            format::open(&octets, &Limits::default()).map_err(|e| fail(e.to_string()))?;
        // a registry file is a dump of stores, although lists may lie beside them
        let is_list = |item: &&format::Item| item.kind == Kind::CertificateTrustList;
        let list = contents.items.iter().find(is_list).filter(|_| !is_registry(contents.kind));
        let mut side = match list {
            Some(item) => {
                let list = SignedData::from_der(&item.octets)
                    .and_then(|message| TrustList::from_der(&message.content()?))
                    .map_err(|error| fail(error.to_string()))?;
                let mut side = Side::of_list(name, &list);
                if let Err(refusal) = admit(&octets, &settings, SignerTime::Once) {
                    side.notes.push(format!("NOT A GENUINE ROOT PROGRAM LIST: {refusal}"));
                }
                side
            }
            None => Side::of_store(name, &contents).map_err(fail)?,
        };
        side.notes.extend(contents.notes.iter().map(ToString::to_string));
        Ok(side)
    }
}

impl Side {
    fn new(what: &str, kind: SideKind) -> Self {
        let (what, roots, notes) = (what.to_owned(), BTreeMap::new(), Vec::new());
        Self { what, roots, has_properties: kind != SideKind::Store, kind, notes }
    }

    fn of_program(what: &str, program: &RootProgram) -> Self {
        let mut side = Self::new(what, SideKind::Roots);
        for entry in program.entries() {
            let properties = entry.properties.iter().map(|(id, v)| (id, v.to_vec())).collect();
            let root = Root { properties, certificate: None };
            side.roots.insert(entry.sha1.to_vec(), root);
        }
        side
    }

    fn of_list(name: &str, list: &TrustList) -> Self {
        let is_roots = ListKind::of(list) == Some(ListKind::AuthRoot);
        let kind = if is_roots { SideKind::Roots } else { SideKind::OtherList };
        let mut side = Self::new(name, kind);
        side.what = format!("{name}, list of {}", list.this_update);
        for entry in list.entries() {
            let properties = entry.properties().map(|p| (p.id, p.octets.to_vec())).collect();
            let root = Root { properties, certificate: None };
            side.roots.insert(entry.identifier().to_vec(), root);
        }
        side
    }

    fn of_store(name: &str, contents: &Contents) -> Result<Self, String> {
        let mut side = Self::new(name, SideKind::Store);
        let mut twice = 0;
        let is_root = |item: &&format::Item| {
            let store = registry_store(contents.kind, &item.origin);
            item.kind == Kind::Certificate
                && store.is_none_or(|store| ["root", "authroot"].contains(&store.as_str()))
        };
        for item in contents.items.iter().filter(is_root) {
            let certificate = Certificate::from_der(&item.octets).map_err(|e| e.to_string())?;
            let properties: BTreeMap<u32, Vec<u8>> =
                item.properties.iter().map(|p| (p.id, p.value.clone())).collect();
            side.has_properties |= properties.keys().any(|id| COMPARED.contains(id));
            let sha1 = certificate.sha1().to_vec();
            let root = Root { properties, certificate: Some(certificate) };
            twice += usize::from(side.roots.insert(sha1, root).is_some());
        }
        if side.roots.is_empty() {
            return Err("holds neither a list nor a certificate".to_owned());
        }
        if twice > 0 {
            side.notes.push(format!(
                "{twice} certificates stand in it more than once; the last copy is compared"
            ));
        }
        Ok(side)
    }

    /// The entries as `list --entries` writes them, properties by number.
    fn entries(&self) -> Entries {
        let entry = |id: &[u8], root: &Root| {
            let properties: Vec<Value> = root
                .properties
                .iter()
                .map(|(id, octets)| property_value(&ListProperty { id: *id, octets }))
                .collect();
            json!({ "id": hex(id), "properties": properties })
        };
        self.roots.iter().map(|(id, root)| (id.clone(), entry(id, root))).collect()
    }

    fn value(&self) -> Value {
        json!({ "what": self.what, "entries": self.roots.len(), "notes": self.notes })
    }
}

/// Leaves what both sides can say: where one is a store, what the root program says of roots and
/// what certificates say of themselves; where a store has no such properties at all, the latter.
fn make_comparable(a: &mut Side, b: &mut Side) {
    if a.kind != SideKind::Store && b.kind != SideKind::Store {
        return;
    }
    match (a.kind, b.kind) {
        (SideKind::OtherList, SideKind::Store) => identify(b, a),
        (SideKind::Store, SideKind::OtherList) => identify(a, b),
        _ => {}
    }
    let properties = a.has_properties && b.has_properties;
    for side in [&mut *a, &mut *b] {
        if !side.has_properties {
            side.notes.push(
                "it says nothing of usages, dates and names: compared are the certificates alone"
                    .to_owned(),
            );
        }
        for root in side.roots.values_mut() {
            root.properties
                .retain(|id, _| DERIVED.contains(id) || properties && COMPARED.contains(id));
        }
    }
    derive(a, b);
    derive(b, a);
}

/// What the certificate itself says, where a store does not and the other side does.
fn derive(side: &mut Side, other: &Side) {
    for (id, root) in &mut side.roots {
        let Some(certificate) = &root.certificate else { continue };
        let stated = other.roots.get(id);
        for property in DERIVED {
            if stated.is_some_and(|other| other.properties.contains_key(&property)) {
                root.properties.entry(property).or_insert_with(|| match property {
                    property::KEY_IDENTIFIER => certificate.key_identifier().to_vec(),
                    property::SUBJECT_NAME_MD5_HASH => certificate.subject_name_md5().to_vec(),
                    _ => certificate.sha256().to_vec(),
                });
            } else if stated.is_some_and(|other| other.certificate.is_none()) {
                root.properties.remove(&property);
            }
        }
    }
}

/// Names a store's certificates as the disallowed list does: by the hash of the TBSCertificate
/// where the list has that, else by the MD5 of the key (reference, ctl 3.1).
fn identify(store: &mut Side, list: &Side) {
    let roots = std::mem::take(&mut store.roots);
    for (sha1, root) in roots {
        let id = root.certificate.as_ref().map_or(sha1, |certificate| {
            let hash = AlgorithmIdentifier::parse(certificate.signature_algorithm())
                .ok()
                .and_then(|algorithm| signature_hash(certificate.tbs(), &algorithm));
            hash.filter(|hash| list.roots.contains_key(hash))
                .unwrap_or_else(|| certificate.public_key_md5().to_vec())
        });
        store.roots.insert(id, root);
    }
}
