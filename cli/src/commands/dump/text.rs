//! Dumps for people.

use chaincheck_engine::explain::describe::Field;

use super::item::ItemDump;
use super::{CacheDump, FileDump};
use crate::text::Text;

/// Where the fields of an object begin.
const INDENT: usize = 2;

/// What a file holds.
pub(super) fn file(dump: &FileDump) -> Text {
    let mut text = Text::new();
    text.line(0, &dump.file);
    text.field("kind", &dump.kind);
    if let Some(path) = &dump.windows_path {
        text.field("on Windows", path);
    }
    if let Some(account) = &dump.account {
        text.field("profile of", account);
    }
    text.field("size", &format!("{} octets", dump.size));
    for log in &dump.logs {
        text.field("log", log);
    }
    text.field("objects", &dump.items.len().to_string());
    if dump.trailing_bytes > 0 {
        text.field("trailing", &format!("{} octets behind the end", dump.trailing_bytes));
    }
    for note in &dump.notes {
        text.field("not read", note);
    }
    fields(&mut text, INDENT, &dump.registry);
    for (index, item) in dump.items.iter().enumerate() {
        text.blank();
        text.line(0, &format!("[{}] {}", index + 1, item.kind));
        object(&mut text, item);
    }
    text.blank();
    text
}

fn object(text: &mut Text, item: &ItemDump) {
    if !item.origin.is_empty() {
        text.field("from", &format!("{}, at offset {}", item.origin, item.offset));
    }
    if let Some(store) = &item.store {
        text.field("store", store);
    }
    text.field("size", &format!("{} octets", item.size));
    text.item(INDENT, &format!("SHA-1: {}", item.sha1));
    text.item(INDENT, &format!("SHA-256: {}", item.sha256));
    if let Some(problem) = &item.problem {
        text.field("PROBLEM", problem);
    }
    for found in &item.contradictions {
        text.field("CONTRADICTION", found);
    }
    for property in &item.properties {
        fields(text, INDENT, std::slice::from_ref(&property.field));
    }
    fields(text, INDENT, &item.fields);
}

/// A URL cache.
pub(super) fn cache(dump: &CacheDump) -> Text {
    let mut text = Text::new();
    text.line(0, &format!("URL cache {}", dump.url_cache));
    if let Some(account) = &dump.account {
        text.field("profile of", account);
    }
    text.field("entries", &dump.entries.len().to_string());
    for entry in &dump.entries {
        text.blank();
        fields(&mut text, 0, std::slice::from_ref(entry));
    }
    text.blank();
    text
}

/// A tree of fields, each level two further in.
pub(super) fn fields(text: &mut Text, indent: usize, tree: &[Field]) {
    for field in tree {
        let separator = if field.value.is_empty() { ":" } else { ": " };
        text.item(indent, &format!("{}{separator}{}", field.label, field.value));
        fields(text, indent + 2, &field.children);
    }
}
