//! What is said of a trust list: the `list` object of results and of `chaincheck list`.

use serde_json::{Map, Value, json};

use super::result::{ChainResult, EventResult, symbol};
use crate::base::digest::hex;
use crate::base::oid::Oid;
use crate::chain::engine::Profile;
use crate::object::certificate::Certificate;
use crate::object::property;
use crate::object::trust_list::{Entry, EntryAttribute, ListProperty, PropertyValue, TrustList};
use crate::root_update::event::{Event, Level, XP_SOURCE};
use crate::root_update::list::{ListReport, Signature};

/// Everything that is known of a list, as JSON. With `entries`, each entry with its properties.
#[must_use]
pub fn list_value(report: &ListReport, entries: bool) -> Value {
    let mut value = Map::new();
    let mut put = |key: &str, item: Value| {
        value.insert(key.to_owned(), item);
    };
    if let Some(list) = &report.list {
        put("usage", list.usage.iter().map(ToString::to_string).collect());
        put("list_identifier", json!(list.list_identifier_text()));
        put("sequence_number", json!(list.sequence_number.as_deref().map(hex)));
        put("this_update", json!(list.this_update.to_string()));
        put("next_update", json!(list.next_update.map(|time| time.to_string())));
        put("subject_algorithm", json!(list.subject_algorithm.to_string()));
        put("entries", json!(list.len()));
    }
    if let Some(signer) = report.signer() {
        put("signer", certificate_value(signer));
    }
    put("error", json!(report.error.to_string()));
    put("symbol", json!(symbol(report.error)));
    put("message", json!(report.error.message()));
    put("failing_step", json!(report.failing_step.map(|step| step.name())));
    put("why", json!(report.why));
    if let Some(container) = &report.container {
        put(
            "container",
            json!({
                "kind": "cabinet",
                "member": container.member,
                "size": container.size,
                "compression": container.compression,
                "modified": container.modified,
                "blocks": container.blocks,
                "checksums_verified": container.checksums_verified,
                "trailing_bytes": container.trailing_octets,
            }),
        );
    }
    put("signatures", report.signatures.iter().map(signature_value).collect());
    if let Some(list) = &report.list {
        put("extensions", extensions_value(list));
        put("list_trailing_bytes", json!(list.trailing_octets));
    }
    put("trailing_bytes", json!(report.trailing_octets));
    if let Some(chain) = &report.chain {
        put("chain", json!(ChainResult::from(chain)));
    }
    if entries && let Some(list) = &report.list {
        put("items", list.entries().map(|entry| entry_value(&entry)).collect());
    }
    Value::Object(value)
}

fn certificate_value(certificate: &Certificate) -> Value {
    json!({
        "sha1": hex(&certificate.sha1()),
        "sha256": hex(&certificate.sha256()),
        "subject": certificate.subject().to_string(),
        "issuer": certificate.issuer().to_string(),
        "not_before": certificate.not_before().to_string(),
        "not_after": certificate.not_after().to_string(),
    })
}

fn signature_value(signature: &Signature) -> Value {
    json!({
        "kind": signature.kind.name(),
        "digest": signature.digest,
        "signer": signature.signer.as_ref().map(certificate_value),
        "signing_time": signature.signing_time.map(|time| time.to_string()),
        "verified": signature.verified.is_ok(),
        "problem": signature.verified.as_ref().err().map(ToString::to_string),
    })
}

fn extensions_value(list: &TrustList) -> Value {
    list.extensions
        .iter()
        .map(|extension| {
            json!({
                "oid": extension.oid.to_string(),
                "name": extension.oid.name(),
                "critical": extension.critical,
                "size": extension.value.len(),
                "raw": hex(&extension.value),
            })
        })
        .collect()
}

/// One entry, with its properties in list order.
#[must_use]
pub fn entry_value(entry: &Entry<'_>) -> Value {
    let properties: Vec<Value> =
        entry.attributes().map(|attribute| attribute_value(&attribute)).collect();
    json!({ "id": hex(entry.identifier()), "properties": properties })
}

fn attribute_value(attribute: &EntryAttribute<'_>) -> Value {
    let Some(found) = attribute.property() else {
        let oid = Oid::from_octets(attribute.kind);
        return json!({
            "oid": oid.to_string(), "name": oid.name(), "raw": hex(attribute.values),
        });
    };
    property_value(&found)
}

/// One property, as [`entry_value`] writes it.
#[must_use]
pub fn property_value(found: &ListProperty<'_>) -> Value {
    let name = property::property(found.id).map(|definition| definition.name);
    let value = match found.value() {
        Ok(PropertyValue::Text(text)) => json!(text),
        Ok(PropertyValue::OidList(oids)) => oids.iter().map(ToString::to_string).collect(),
        Ok(PropertyValue::FileTime(time)) => json!(time.to_string()),
        Ok(PropertyValue::Withdrawn) => Value::Null,
        Ok(PropertyValue::Octets(octets)) => json!(hex(&octets)),
        Ok(PropertyValue::Policies(policies)) => policies
            .iter()
            .map(|policy| {
                json!({
                    "policy": policy.policy.to_string(),
                    "qualifiers": policy.qualifiers.iter().map(|(id, der)| json!({
                        "id": id.to_string(), "der": hex(der),
                    })).collect::<Vec<_>>(),
                })
            })
            .collect(),
        Err(error) => {
            return json!({
                "id": found.id, "name": name, "value": null,
                "problem": error.to_string(), "raw": hex(found.octets),
            });
        }
    };
    json!({ "id": found.id, "name": name, "value": value, "raw": hex(found.octets) })
}

impl EventResult {
    /// An event as this version of Windows numbers it: Vista and XP number them from 1, XP under
    /// the source crypt32 (documented).
    #[must_use]
    pub fn new(event: &Event, profile: Profile) -> Self {
        let definition = event.definition;
        let (id, source) = match profile {
            Profile::WindowsXp => (definition.xp_id, XP_SOURCE),
            Profile::WindowsVista => (definition.vista_id, event.source.as_str()),
            _ => (None, event.source.as_str()),
        };
        Self {
            id: u32::from(id.unwrap_or(definition.id)),
            channel: event.channel.clone(),
            source: source.to_owned(),
            level: match event.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Information => "information",
                _ => "other",
            }
            .to_owned(),
            error: event.error.map(|error| error.to_string()),
            symbol: event.error.map(symbol),
            arguments: event.arguments.iter().map(|a| a.trim_end().to_owned()).collect(),
            message: event.message(),
        }
    }
}
