//! What changed from one list to another, entry by entry and property by property.

use std::collections::BTreeMap;

use chaincheck_engine::object::trust_list::TrustList;
use chaincheck_engine::scenario::entry_value;
use serde_json::{Value, json};

use super::{properties, property_name, property_text, title};
use crate::text::Text;

/// Entries as `list --entries` writes them, by identifier.
pub(in crate::commands) type Entries = BTreeMap<Vec<u8>, Value>;

/// The difference between two lists.
#[derive(Debug)]
pub(in crate::commands) struct Difference {
    added: Vec<Value>,
    removed: Vec<Value>,
    changed: Vec<Change>,
}

#[derive(Debug)]
struct Change {
    entry: Value,
    properties: Vec<(Option<Value>, Option<Value>)>,
}

impl Difference {
    /// What one list has that the other has not.
    pub(super) fn between(before: &TrustList, after: &TrustList) -> Self {
        Self::of(&by_identifier(before), &by_identifier(after))
    }

    /// What `new` has that `old` has not, and the other way round: entries by identifier.
    pub(in crate::commands) fn of(old: &Entries, new: &Entries) -> Self {
        let absent_in = |from: &Entries, other: &Entries| {
            let only = from.iter().filter(|(id, _)| !other.contains_key(*id));
            only.map(|(_, entry)| entry.clone()).collect()
        };
        let changed = old
            .iter()
            .filter_map(|(id, entry)| {
                let changed = new.get(id).filter(|changed| *changed != entry)?;
                Some(Change { entry: changed.clone(), properties: changes(entry, changed) })
            })
            .collect();
        Self { added: absent_in(new, old), removed: absent_in(old, new), changed }
    }

    /// Whether there is none.
    pub(in crate::commands) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }

    /// As JSON.
    pub(in crate::commands) fn value(&self) -> Value {
        let changed: Vec<Value> = self
            .changed
            .iter()
            .map(|change| {
                let pairs: Vec<Value> = change
                    .properties
                    .iter()
                    .map(|(before, after)| json!({ "before": before, "after": after }))
                    .collect();
                json!({ "id": change.entry.get("id"), "properties": pairs })
            })
            .collect();
        json!({ "added": self.added, "removed": self.removed, "changed": changed })
    }

    /// As text.
    pub(in crate::commands) fn describe(&self, text: &mut Text) {
        text.line(
            0,
            &format!(
                "Difference: {} entries added, {} removed, {} changed",
                self.added.len(),
                self.removed.len(),
                self.changed.len()
            ),
        );
        for entry in &self.added {
            text.item(2, &format!("added: {}", title(entry)));
        }
        for entry in &self.removed {
            text.item(2, &format!("removed: {}", title(entry)));
        }
        for change in &self.changed {
            text.item(2, &format!("changed: {}", title(&change.entry)));
            if change.properties.is_empty() {
                text.item(4, "the same properties in another order");
            }
            for (before, after) in &change.properties {
                let Some(any) = after.as_ref().or(before.as_ref()) else { continue };
                let words = |side: &Option<Value>| {
                    side.as_ref().map_or_else(|| "absent".to_owned(), property_text)
                };
                text.item(
                    4,
                    &format!("{}: {} -> {}", property_name(any), words(before), words(after)),
                );
            }
        }
    }
}

fn by_identifier(list: &TrustList) -> Entries {
    list.entries().map(|entry| (entry.identifier().to_vec(), entry_value(&entry))).collect()
}

/// Properties that differ, paired by what they are; of several of one kind, in order.
fn changes(before: &Value, after: &Value) -> Vec<(Option<Value>, Option<Value>)> {
    let mut pairs: BTreeMap<(String, usize), (Option<Value>, Option<Value>)> = BTreeMap::new();
    for (entry, is_new) in [(before, false), (after, true)] {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for property in properties(entry) {
            let name = property_name(property);
            let number = seen.entry(name.clone()).or_default();
            let pair = pairs.entry((name, *number)).or_default();
            *number += 1;
            let side = if is_new { &mut pair.1 } else { &mut pair.0 };
            *side = Some(property.clone());
        }
    }
    pairs.into_values().filter(|(before, after)| before != after).collect()
}
