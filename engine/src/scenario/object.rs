//! The objects in a scenario, made into values.

use base64::Engine as _;
use serde_json::Value;

use super::input::{ObjectInput, ScenarioError};
use crate::base::oid::Oid;
use crate::base::time::Time;
use crate::format::{self, Item, Kind, Limits};
use crate::object::certificate::Certificate;
use crate::object::crl::Crl;
use crate::object::message::SignedData;
use crate::object::property::by_name;
use crate::store::{CertificateContext, Properties, Store, StoreBuilder};

/// Reads the files a scenario names. The path is relative to the scenario.
pub type Files<'a> = dyn Fn(&str) -> Result<Vec<u8>, String> + Sync + 'a;

/// The octets of an object.
pub(super) fn octets(
    object: &ObjectInput,
    key: &'static str,
    files: &Files<'_>,
) -> Result<Vec<u8>, ScenarioError> {
    let fail = |what: String| ScenarioError::Value { key, what };
    let decode = |text: &str| {
        let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .map_err(|error| fail(format!("not base64: {error}")))
    };
    match object {
        ObjectInput::Base64(text) => decode(text),
        ObjectInput::Detailed { base64: Some(text), file: None, .. } => decode(text),
        ObjectInput::Detailed { base64: None, file: Some(path), .. } => {
            files(path).map_err(|error| fail(format!("{path}: {error}")))
        }
        ObjectInput::Detailed { .. } => {
            Err(fail("an object needs base64 or file, and not both".to_owned()))
        }
    }
}

/// The properties an object is given.
pub(super) fn properties(
    object: &ObjectInput,
    key: &'static str,
) -> Result<Properties, ScenarioError> {
    let mut found = Properties::new();
    if let ObjectInput::Detailed { properties, .. } = object {
        for (name, value) in properties {
            let fail = |what: &str| ScenarioError::Value { key, what: format!("{name}: {what}") };
            let definition = by_name(name).ok_or_else(|| fail("no such property"))?;
            let octets = encode_property(value).ok_or_else(|| fail("cannot be encoded"))?;
            found.set(definition.id, octets);
        }
    }
    Ok(found)
}

/// A property's octets from its JSON value: times, lists of identifiers, texts, base64 octets;
/// null is present without octets.
fn encode_property(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Array(oids) => {
            let mut content = Vec::new();
            for oid in oids {
                let oid: Oid = oid.as_str()?.parse().ok()?;
                content.push(0x06);
                content.push(u8::try_from(oid.as_octets().len()).ok()?);
                content.extend_from_slice(oid.as_octets());
            }
            let mut list = vec![0x30];
            match content.len() {
                length @ 0..=0x7f => list.push(u8::try_from(length).ok()?),
                length => {
                    list.push(0x82);
                    list.extend(u16::try_from(length).ok()?.to_be_bytes());
                }
            }
            list.extend(content);
            Some(list)
        }
        Value::String(text) => {
            if let Ok(time) = text.parse::<Time>() {
                return Some(time.filetime().to_le_bytes().to_vec());
            }
            if let Ok(octets) = base64::engine::general_purpose::STANDARD.decode(text)
                && octets.len() >= 8
            {
                return Some(octets);
            }
            Some(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect())
        }
        Value::Number(number) => Some(u32::try_from(number.as_u64()?).ok()?.to_le_bytes().to_vec()),
        _ => None,
    }
}

/// The objects inside octets. Octets that are no format at all are none.
pub(super) fn items(octets: &[u8]) -> Vec<Item> {
    format::open(octets, &Limits::default()).map(|contents| contents.items).unwrap_or_default()
}

/// Puts everything an object holds into a store.
pub(super) fn fill(
    builder: &mut StoreBuilder,
    object: &ObjectInput,
    key: &'static str,
    files: &Files<'_>,
) -> Result<(), ScenarioError> {
    let octets = octets(object, key, files)?;
    let given = properties(object, key)?;
    for item in items(&octets).into_iter().filter(|item| !item.is_companion) {
        match item.kind {
            Kind::Certificate | Kind::ToBeSignedCertificate => {
                if let Ok(certificate) = Certificate::from_der(&item.octets) {
                    let mut properties = Properties::new();
                    for property in &item.properties {
                        properties.set(property.id, property.value.clone());
                    }
                    for (id, value) in given.iter() {
                        properties.set(id, value.to_vec());
                    }
                    builder
                        .certificate(CertificateContext::with_properties(certificate, properties));
                }
            }
            Kind::Crl | Kind::ToBeSignedCrl => {
                if let Ok(crl) = Crl::from_der(&item.octets) {
                    builder.crl(crl);
                }
            }
            Kind::CertificateTrustList => {
                // one that cannot be read is not in the store
                if let Ok(message) = SignedData::from_der(&item.octets) {
                    let _ = builder.signed_trust_list(message);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A store of everything several objects hold.
pub(super) fn store(
    objects: &[ObjectInput],
    key: &'static str,
    files: &Files<'_>,
) -> Result<Store, ScenarioError> {
    let mut builder = StoreBuilder::new();
    for object in objects {
        fill(&mut builder, object, key, files)?;
    }
    Ok(builder.build())
}
