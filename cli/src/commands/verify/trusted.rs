//! What made a root trusted or not, in a report.

use chaincheck_engine::base::digest::hex;
use chaincheck_engine::base::oid::Oid;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::context::ChainContext;
use chaincheck_engine::chain::status::TrustError;
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::property;
use chaincheck_engine::root_update::admit::ListKind;
use chaincheck_engine::store::root_program::RootEntry;
use chaincheck_engine::store::{Store, embedded};
use serde_json::{Value, json};

use crate::text::Text;
use crate::trust::Trust;

/// What the report on one certificate says of trust.
pub(super) struct TrustReport<'a> {
    pub(super) trust: &'a Trust,
    /// The ROOT store as it was given.
    pub(super) given: &'a Store,
    pub(super) now: Time,
}

impl TrustReport<'_> {
    /// What was trusted, and what it said of this chain's root.
    pub(super) fn describe(&self, text: &mut Text, chain: Option<&ChainContext>) {
        if let Some((root, chain)) = chain.and_then(|chain| Some((root_of(chain)?, chain))) {
            text.item(2, &format!("root: {}", self.root_sentence(root, chain)));
            if let Some(entry) = self.entry(root) {
                for line in entry_lines(entry) {
                    text.item(4, &line);
                }
            }
        }
        for wanted in chain.into_iter().flat_map(wanted) {
            let listed = format!(
                "a root of the root list may be missing here: {} (SHA-1 {}); its certificate is \
                 not at hand ({}): fetch it with --online, or give it among the inputs",
                wanted.name,
                hex(&wanted.sha1),
                wanted.problem
            );
            text.item(2, &listed);
        }
        for sentence in self.trust.sentences(self.now) {
            text.item(2, &format!("trust: {sentence}"));
        }
    }

    /// The same for programs.
    pub(super) fn value(&self, chain: Option<&ChainContext>) -> Value {
        let mut value = self.trust.value(self.now);
        let Some(object) = value.as_object_mut() else { return value };
        if let Some((root, chain)) = chain.and_then(|chain| Some((root_of(chain)?, chain))) {
            object.insert("root".to_owned(), json!(self.root_sentence(root, chain)));
            if let Some(entry) = self.entry(root) {
                object.insert("root_entry".to_owned(), entry_value(entry));
            }
        }
        let missing: Vec<Value> = chain
            .into_iter()
            .flat_map(wanted)
            .map(|root| {
                json!({
                    "name": root.name,
                    "sha1": hex(&root.sha1),
                    "sha256": root.sha256.as_deref().map(hex),
                    "url": root.url,
                    "problem": root.problem,
                })
            })
            .collect();
        if !missing.is_empty() {
            object.insert("roots_not_at_hand".to_owned(), json!(missing));
        }
        value
    }

    fn entry(&self, root: &Certificate) -> Option<&RootEntry> {
        self.trust.program.as_ref()?.find_by_name_and_key(root)
    }

    fn root_sentence(&self, root: &Certificate, chain: &ChainContext) -> String {
        let name = root.subject().display_name();
        let trusted = !chain.status.error.contains(TrustError::IS_UNTRUSTED_ROOT);
        let source = if self.given.find_by_name_and_key(root).is_some() {
            "in the ROOT store that was given".to_owned()
        } else if embedded::microsoft_roots().find_by_name_and_key(root).is_some() {
            "one of Microsoft's own roots, which every Windows has in ROOT; what the root list \
             says of it does not limit that copy"
                .to_owned()
        } else if self.entry(root).is_some() {
            let list = self.trust.list(ListKind::AuthRoot);
            let from = list.map_or_else(String::new, |list| {
                format!(" of {}, {}", list.facts.this_update, list.source)
            });
            format!("in the root list{from}")
        } else if trusted {
            "in another store that was given".to_owned()
        } else {
            "in no list and no store that is trusted".to_owned()
        };
        format!("{name} is {source}")
    }
}

/// The self-signed certificate a chain ends in.
fn root_of(chain: &ChainContext) -> Option<&Certificate> {
    let last = &chain.elements().last()?.certificate;
    let ends = !chain.status.error.contains(TrustError::IS_PARTIAL_CHAIN);
    (ends && last.is_self_issued()).then_some(last)
}

/// Listed roots that could make the chain whole, where it is not.
fn wanted(
    chain: &ChainContext,
) -> impl Iterator<Item = &chaincheck_engine::chain::auto_root::WantedRoot> {
    let open = TrustError::IS_PARTIAL_CHAIN | TrustError::IS_UNTRUSTED_ROOT;
    chain.roots_wanted.iter().filter(move |_| chain.status.error.intersects(open))
}

/// An entry's usages and dates, a line each.
pub(in crate::commands) fn entry_lines(entry: &RootEntry) -> Vec<String> {
    let properties = &entry.properties;
    let names = |oids: &[Oid]| {
        let names: Vec<String> =
            oids.iter().map(|o| o.name().map_or_else(|| o.to_string(), str::to_owned)).collect();
        names.join(", ")
    };
    let mut lines = vec![match properties.oids(property::ENHKEY_USAGE) {
        Some(usages) => format!("enabled for {}", names(&usages)),
        None => "enabled for every usage".to_owned(),
    }];
    if let Some(removed) = properties.oids(property::DISALLOWED_ENHKEY_USAGE) {
        lines.push(format!("not enabled any more for {}", names(&removed)));
    }
    if let Some(date) = properties.time(property::DISALLOWED_FILETIME) {
        lines.push(format!("disabled from {date} on, but for what was time-stamped before"));
    }
    if let Some(date) = properties.time(property::NOT_BEFORE_FILETIME) {
        let usages = properties.oids(property::NOT_BEFORE_ENHKEY_USAGE);
        let about = usages.map_or_else(String::new, |usages| format!(", for {}", names(&usages)));
        lines.push(format!("not for certificates issued after {date}{about}"));
    }
    lines
}

/// The same for programs.
pub(in crate::commands) fn entry_value(entry: &RootEntry) -> Value {
    let properties = &entry.properties;
    let oids = |id| {
        let oids = properties.oids(id)?;
        Some(oids.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let time = |id| properties.time(id).map(|time| time.to_string());
    json!({
        "name": entry.name(),
        "sha1": hex(&entry.sha1),
        "sha256": entry.sha256().map(hex),
        "key_identifier": entry.key_identifier().map(hex),
        "subject_name_md5": entry.subject_name_md5().map(hex),
        "usages": oids(property::ENHKEY_USAGE),
        "disallowed_usages": oids(property::DISALLOWED_ENHKEY_USAGE),
        "disallowed_from": time(property::DISALLOWED_FILETIME),
        "not_before_filetime": time(property::NOT_BEFORE_FILETIME),
        "not_before_usages": oids(property::NOT_BEFORE_ENHKEY_USAGE),
    })
}
