//! Properties in words.

use super::extension::{self, oid_list, policies};
use super::{Extent, Field, octets};
use crate::base::digest::hex;
use crate::base::oid::{self, Oid};
use crate::object::certificate::Certificate;
use crate::object::property::{
    self, FIRST_USER_PROPERTY, KeyProviderInfo, LAST_USER_PROPERTY, PropertyKind, StoredValue,
};

/// A property's name as certutil writes it: `CERT_SHA1_HASH_PROP_ID(3)`.
#[must_use]
pub fn property_name(id: u32) -> String {
    match property::property(id) {
        Some(known) => format!("CERT_{}_PROP_ID({id})", known.name.to_ascii_uppercase()),
        None if (FIRST_USER_PROPERTY..=LAST_USER_PROPERTY).contains(&id) => {
            format!("Property {id} (an application's own)")
        }
        None => format!("Property {id} (no published name)"),
    }
}

/// A property with its value, decoded.
#[must_use]
pub fn property(id: u32, stored: &[u8], extent: Extent) -> Field {
    let label = property_name(id);
    match property::decode(id, stored) {
        Ok(value) => decoded(id, label, &value, extent),
        Err(error) => {
            let problem = Field::new("PROBLEM", format!("cannot be read: {error}"));
            Field::of(label, octets(stored, extent), vec![problem])
        }
    }
}

fn decoded(id: u32, label: String, value: &StoredValue, extent: Extent) -> Field {
    let (text, children) = match value {
        StoredValue::Text(text) => (text.clone(), Vec::new()),
        StoredValue::OidList(oids) => (String::new(), oid_list("Usage", oids)),
        StoredValue::Time(time) => (time.to_string(), Vec::new()),
        StoredValue::Withdrawn => ("empty: an earlier value is withdrawn".to_owned(), Vec::new()),
        StoredValue::Policies(found) => (String::new(), policies(found, extent)),
        StoredValue::Number(number) => (number_text(id, *number), Vec::new()),
        StoredValue::Present => ("present".to_owned(), Vec::new()),
        StoredValue::KeyProvider(info) => (String::new(), key_provider(info)),
        StoredValue::BackedUp(yes, time) => {
            (format!("{} at {time}", if *yes { "backed up" } else { "not backed up" }), Vec::new())
        }
        StoredValue::Enrollment(request, [dns_name, authority, friendly]) => (
            String::new(),
            vec![
                Field::new("Request", request.to_string()),
                Field::new("CA DNS name", dns_name),
                Field::new("CA", authority),
                Field::new("Friendly name", friendly),
            ],
        ),
        StoredValue::SmartCardRoot(card, logon) => {
            (format!("card {}, logon {logon:#x}", hex(card)), Vec::new())
        }
        StoredValue::EnrollmentServer(numbers, texts) => {
            (String::new(), enrollment_server(*numbers, texts))
        }
        StoredValue::Der(der) => return der_value(id, label, der, extent),
        StoredValue::Octets(value) => return octets_value(id, label, value, extent),
    };
    Field::of(label, text, children)
}

fn number_text(id: u32, number: u32) -> String {
    const KEY_SPEC: u32 = 6;
    const ACCESS_STATE: u32 = 14;
    const KEY_CLASSIFICATION: u32 = 120;
    let bits = |names: &[(u32, &str)]| {
        let set: Vec<_> =
            names.iter().filter(|(bit, _)| number & bit != 0).map(|(_, name)| *name).collect();
        format!("{number:#x} ({})", set.join(", "))
    };
    match id {
        KEY_SPEC => format!("{number} ({})", key_spec(number)),
        ACCESS_STATE => bits(&[
            (1, "writes persist"),
            (2, "system store"),
            (4, "machine's system store"),
            (8, "group policy store"),
            (0x10, "shared user"),
        ]),
        92 | 94 => format!("{number} bits"),
        KEY_CLASSIFICATION => {
            const NAMES: [&str; 9] = [
                "other",
                "virtual smart card",
                "physical smart card",
                "passport",
                "passport, remote",
                "passport smart card",
                "hardware",
                "software",
                "self-signed",
            ];
            let name = usize::try_from(number).ok().and_then(|index| NAMES.get(index));
            format!("{number} ({})", name.unwrap_or(&"not documented"))
        }
        _ => format!("{number} ({number:#x})"),
    }
}

fn key_spec(number: u32) -> &'static str {
    match number {
        0 => "none: a CNG key",
        1 => "AT_KEYEXCHANGE",
        2 => "AT_SIGNATURE",
        u32::MAX => "CERT_NCRYPT_KEY_SPEC",
        _ => "not documented",
    }
}

fn key_provider(info: &KeyProviderInfo) -> Vec<Field> {
    let kind = match info.provider_type {
        0 => "CNG key storage provider",
        1 => "PROV_RSA_FULL",
        24 => "PROV_RSA_AES",
        _ => "another type",
    };
    const MACHINE_KEYSET: u32 = 0x20;
    let machine = if info.flags & MACHINE_KEYSET != 0 { " CRYPT_MACHINE_KEYSET" } else { "" };
    vec![
        Field::new("Key Container", info.container.as_str()),
        Field::new("Provider", info.provider.as_str()),
        Field::new("ProviderType", format!("{:x} ({kind})", info.provider_type)),
        Field::new("Flags", format!("{:x}{machine}", info.flags)),
        Field::new("KeySpec", format!("{:x} ({})", info.key_spec, key_spec(info.key_spec))),
    ]
}

fn enrollment_server(numbers: [u32; 5], texts: &[String; 4]) -> Vec<Field> {
    let labels = ["Version", "Property flags", "Authentication", "URL flags", "CES authentication"];
    let mut fields: Vec<_> = labels
        .iter()
        .zip(numbers)
        .map(|(label, number)| Field::new(*label, format!("{number:#x}")))
        .collect();
    let labels = ["URL", "Identifier", "CES URL", "Request"];
    fields.extend(labels.iter().zip(texts).map(|(label, text)| Field::new(*label, text.as_str())));
    fields
}

/// Properties that replace an extension have its form.
fn der_value(id: u32, label: String, der: &[u8], extent: Extent) -> Field {
    let form: Option<Oid> = match id {
        23 => Some(oid::CROSS_CERT_DIST_POINTS),
        68 | 81 | 85 => Some(oid::AUTHORITY_INFO_ACCESS),
        80 => Some(oid::SUBJECT_INFO_ACCESS),
        84 => Some(oid::NAME_CONSTRAINTS),
        10 => Some(oid::SUBJECT_ALT_NAME),
        _ => None,
    };
    match form.and_then(|form| extension::value(&form, der, 0, extent)) {
        Some(Ok(children)) => Field::of(label, "", children),
        Some(Err(error)) => {
            let problem = Field::new("PROBLEM", format!("cannot be read: {error}"));
            Field::of(label, octets(der, extent), vec![problem])
        }
        None => Field::new(label, octets(der, extent)),
    }
}

fn octets_value(id: u32, label: String, value: &[u8], extent: Extent) -> Field {
    if let Some(PropertyKind::Handle) = property::property(id).map(|known| known.kind) {
        let note = Field::new("PROBLEM", "a handle of a process, which is never stored");
        return Field::of(label, octets(value, extent), vec![note]);
    }
    if id == property::OCSP_RESPONSE
        && let Ok(response) = crate::object::ocsp::OcspResponse::from_der(value)
    {
        return Field::of(label, "", super::ocsp_response(&response, extent));
    }
    Field::new(label, octets(value, extent))
}

/// Properties that Windows computes and that differ from what the certificate gives: a sign that
/// someone changed one of them (reference, stores-and-formats 9).
#[must_use]
pub fn contradictions(certificate: &Certificate, stored: &[(u32, &[u8])]) -> Vec<String> {
    use crate::base::digest::md5;
    let algorithm = crate::crypto::AlgorithmIdentifier::parse(certificate.signature_algorithm());
    let signature =
        algorithm.ok().and_then(|found| crate::crypto::signature_hash(certificate.tbs(), &found));
    let expected: [(u32, Option<Vec<u8>>); 7] = [
        (3, Some(certificate.sha1().to_vec())),
        (4, Some(md5(certificate.der()).to_vec())),
        (15, signature),
        (20, Some(certificate.key_identifier().to_vec())),
        (25, Some(certificate.public_key_md5().to_vec())),
        (29, Some(certificate.subject_name_md5().to_vec())),
        (107, Some(certificate.sha256().to_vec())),
    ];
    let mut found = Vec::new();
    for (id, value) in stored {
        let computed = expected.iter().find(|(known, _)| known == id);
        if let Some((_, Some(computed))) = computed
            && computed != value
        {
            found.push(format!(
                "{} is {}, but the certificate gives {}",
                property_name(*id),
                hex(value),
                hex(computed)
            ));
        }
    }
    found
}
