//! Certification requests in words.

use super::certificate::{name_text, public_key};
use super::{Extent, Field, extension, name, octets};
use crate::base::der::Reader;
use crate::object::message::Attribute;
use crate::object::name::decode_string;
use crate::object::request::{CertificationRequest, requested_extensions};

/// Everything a certification request holds.
#[must_use]
pub fn certification_request(request: &CertificationRequest, extent: Extent) -> Vec<Field> {
    let version = format!("{} (v{})", request.version, request.version.saturating_add(1));
    let mut fields = vec![
        Field::new("Version", version),
        Field::new("Subject", name_text(request.subject())),
        public_key(request.spki(), extent),
    ];
    let attributes: Vec<_> = request.attributes.iter().map(|a| attribute(a, extent)).collect();
    fields.push(match attributes.len() {
        0 => Field::new("Request Attributes", "none"),
        count => Field::of("Request Attributes", count.to_string(), attributes),
    });
    let algorithm = name::algorithm(request.signature_algorithm());
    fields.push(Field::new("Signature Algorithm", algorithm));
    fields
}

fn attribute(attribute: &Attribute, extent: Extent) -> Field {
    let label = name::oid(&attribute.kind);
    match requested_extensions(attribute) {
        Some(Ok(extensions)) => {
            let parts = extensions.iter().map(|raw| extension(raw, extent)).collect();
            Field::of(label, "", parts)
        }
        Some(Err(error)) => Field::new(label, format!("cannot be read: {error}")),
        None => {
            let values = attribute.values.iter().map(|value| {
                let text = Reader::new(value).any().ok();
                let text = text.and_then(|value| decode_string(value.tag, value.content));
                Field::new("Value", text.unwrap_or_else(|| octets(value, extent)))
            });
            Field::of(label, "", values.collect())
        }
    }
}
