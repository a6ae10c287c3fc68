//! What changed from one list to another, entry by entry and property by property.

use std::collections::BTreeMap;

use chaincheck_engine::object::trust_list::TrustList;
use chaincheck_engine::scenario::entry_value;
use serde_json::{Value, json};

use super::{properties, property_name, property_text, title};
use crate::text::Text;

/// The difference between two lists.
#[derive(Debug)]
pub(super) struct Difference {
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
    /// What `after` has that `before` has not, and the other way round.
    pub(super) fn between(before: &TrustList, after: &TrustList) -> Self {
        let old = by_identifier(before);
        let new = by_identifier(after);
        let absent_in = |from: &BTreeMap<Vec<u8>, Value>, other: &BTreeMap<Vec<u8>, Value>| {
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
        Self { added: absent_in(&new, &old), removed: absent_in(&old, &new), changed }
    }

    /// As JSON.
    pub(super) fn value(&self) -> Value {
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
    pub(super) fn describe(&self, text: &mut Text) {
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

fn by_identifier(list: &TrustList) -> BTreeMap<Vec<u8>, Value> {
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
