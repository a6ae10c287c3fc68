//! Trust lists and signed messages in words.

use super::certificate::{name_text, serial_number};
use super::{Extent, Field, name, octets, property, rest};
use crate::base::digest::hex;
use crate::base::oid::Oid;
use crate::object::message::{SignedData, SignerIdentifier, SignerInfo};
use crate::object::name::Name;
use crate::object::trust_list::{Entry, TrustList};

/// What a trust list says; of its entries as many as `extent` allows.
#[must_use]
pub fn trust_list(list: &TrustList, extent: Extent) -> Vec<Field> {
    let mut fields = Vec::new();
    for usage in &list.usage {
        fields.push(Field::new("Subject Usage", name::oid(usage)));
    }
    if let Some(identifier) = &list.list_identifier {
        let hexadecimal = || octets(identifier, extent);
        let text = list.list_identifier_text().unwrap_or_else(hexadecimal);
        fields.push(Field::new("List Identifier", text));
    }
    if let Some(number) = &list.sequence_number {
        let time = list.sequence_time().filter(|_| number.len() >= 8);
        let time = time.map_or_else(String::new, |time| format!(" (the time {time})"));
        fields.push(Field::new("Sequence Number", format!("{}{time}", hex(number))));
    }
    let next = list.next_update.map_or_else(|| "not given".to_owned(), |time| time.to_string());
    fields.push(Field::new("ThisUpdate", list.this_update.to_string()));
    fields.push(Field::new("NextUpdate", next));
    fields.push(Field::new("Subject Algorithm", name::oid(&list.subject_algorithm)));
    let mut entries: Vec<_> =
        list.entries().take(extent.max_entries).map(|e| entry(&e, extent)).collect();
    entries.extend(rest(entries.len(), list.len(), "entries"));
    fields.push(Field::of("CTL Entries", list.len().to_string(), entries));
    for found in &list.extensions {
        let critical = if found.critical { "critical" } else { "not critical" };
        let value = Field::new("Octets", octets(&found.value, extent));
        fields.push(Field::of(name::oid(&found.oid), critical, vec![value]));
    }
    fields
}

fn entry(entry: &Entry<'_>, extent: Extent) -> Field {
    let parts = entry
        .attributes()
        .map(|attribute| match attribute.property() {
            Some(found) => property(found.id, found.octets, extent),
            None => {
                let label = name::oid(&Oid::from_octets(attribute.kind));
                Field::new(label, octets(attribute.values, extent))
            }
        })
        .collect();
    Field::of("Subject Identifier", hex(entry.identifier()), parts)
}

/// What a PKCS #7 message holds besides its content: who signed, and with what.
#[must_use]
pub fn signed_data(message: &SignedData) -> Vec<Field> {
    let mut fields = vec![Field::new("Content Type", name::oid(&message.content_type))];
    let certificates = message.certificates();
    fields.extend(message.signers.iter().map(|signer| {
        let certificate = signer.find_certificate(&certificates);
        let mut field = signer_field(signer);
        let text = certificate.map_or_else(
            || "not in the message".to_owned(),
            |found| format!("{} (SHA-1 {})", name_text(found.subject()), hex(&found.sha1())),
        );
        field.children.push(Field::new("Signer Certificate", text));
        field
    }));
    if message.signers.is_empty() {
        fields.push(Field::new("Signer Count", "none: the message is not signed"));
    }
    fields
}

fn signer_field(signer: &SignerInfo) -> Field {
    let (label, value) = match &signer.identifier {
        SignerIdentifier::IssuerAndSerialNumber { issuer, serial_number: serial } => {
            ("Signer", format!("{} of {}", serial_number(serial), name_text(Name::new(issuer))))
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => ("Signer with key", hex(id)),
    };
    let parts = vec![
        Field::new("Hash Algorithm", name::algorithm(signer.digest_algorithm())),
        Field::new("Signature Algorithm", name::algorithm(signer.signature_algorithm())),
    ];
    Field::of(label, value, parts)
}
