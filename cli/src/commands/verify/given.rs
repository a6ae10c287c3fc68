//! What the inputs hold: certificates to judge, and stores a machine had.

use std::collections::{BTreeMap, HashSet};

use chaincheck_engine::format::collection::Member;
use chaincheck_engine::format::{self, Item as Object, Kind, Limits};
use chaincheck_engine::store::{CertificateContext, Store, StoreBuilder, SystemStores};

use crate::input::{self, Item};
use crate::options::{self, STORE_NAMES};
use crate::output::{Error, Status};
use crate::progress::Progress;

/// Everything in the inputs.
pub(super) struct Given {
    /// All certificates, CRLs and lists, wherever they lay.
    pub(super) all: Store,
    /// Those of them that lay in a system store, by its name.
    stores: BTreeMap<&'static str, Store>,
    /// Whether all could be read.
    pub(super) status: Status,
}

#[derive(Default)]
struct Builder {
    all: StoreBuilder,
    stores: BTreeMap<&'static str, StoreBuilder>,
    incomplete: bool,
}

/// Reads the inputs. What one of them says about stores holds: a certificate that lay in a
/// machine's ROOT store is a root of it. A certificate that lies anywhere else is never trusted by
/// itself, self-signed or not.
pub(super) fn collect(inputs: &[String]) -> Result<Given, Error> {
    let mut builder = Builder::default();
    for input in inputs {
        let walked = input::walk(input, false, &mut |item, progress| {
            match item {
                Item::Problem { path, what } => progress.say(&format!("{path}: {what}")),
                Item::Member(member) => builder.member(&member, progress),
            }
            Ok(())
        });
        match walked {
            Err(Error::Input(name, what)) => {
                eprintln!("chaincheck: {name}: {what}");
                builder.incomplete = true;
            }
            other => other?,
        }
    }
    let stores = builder.stores.into_iter().map(|(name, store)| (name, store.build())).collect();
    // a collection may hold anything; what is named must be readable
    let status = if builder.incomplete { Status::Unanswered } else { Status::Yes };
    Ok(Given { all: builder.all.build(), stores, status })
}

impl Builder {
    fn member(&mut self, member: &Member<'_>, progress: &Progress) {
        let path = &member.path;
        let kind = format::detect(member.octets);
        let is_nothing = matches!(kind, Kind::Unknown | Kind::Html | Kind::Empty);
        if path.is_member() && (is_nothing || kind == Kind::UrlCacheMetadata) {
            return;
        }
        if let Some(damage) = &member.damage {
            progress.say(&format!("{path}: {damage}"));
        }
        let contents = match format::open(member.octets, &Limits::default()) {
            Ok(contents) => contents,
            Err(error) => {
                progress.say(&format!("{path}: {error}"));
                self.incomplete |= !path.is_member();
                return;
            }
        };
        for note in &contents.notes {
            progress.say(&format!("{path}: {note}"));
        }
        let store = path.system_store().and_then(|found| store_name(&found.store));
        for object in &contents.items {
            if let Err(what) = self.object(object, store) {
                progress.say(&format!("{path}: {what}"));
                self.incomplete |= !path.is_member();
            }
        }
    }

    fn object(&mut self, object: &Object, store: Option<&'static str>) -> Result<(), String> {
        options::add_item(object, &mut self.all)?;
        if let Some(store) = store {
            options::add_item(object, self.stores.entry(store).or_default())?;
        }
        Ok(())
    }
}

/// The store of this name, as this program calls it.
fn store_name(name: &str) -> Option<&'static str> {
    STORE_NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name))
}

impl Given {
    /// Puts the stores of the inputs into those of the machine.
    pub(super) fn add_to(&self, stores: &mut SystemStores) {
        for (name, place) in [
            ("ROOT", &mut stores.root),
            ("AuthRoot", &mut stores.auth_root),
            ("CA", &mut stores.ca),
            ("MY", &mut stores.my),
            ("TrustedPeople", &mut stores.trusted_people),
            ("Trust", &mut stores.trust),
            ("Disallowed", &mut stores.disallowed),
        ] {
            if let Some(found) = self.stores.get(name) {
                *place = options::joined(&[place, found]);
            }
        }
    }

    /// How many certificates lay in this store.
    pub(super) fn count(&self, name: &str) -> usize {
        self.stores.get(name).map_or(0, |store| store.certificates().len())
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
