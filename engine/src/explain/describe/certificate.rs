//! Certificates in words.

use super::{Extent, Field, extension, name};
use crate::base::digest::{hex, md5, sha1, sha256};
use crate::base::oid::{self, Oid};
use crate::crypto::{AlgorithmIdentifier, PublicKey, SubjectPublicKeyInfo, signature_hash};
use crate::object::certificate::Certificate;

/// Everything a certificate holds, and the hashes by which Windows finds it.
#[must_use]
pub fn certificate(certificate: &Certificate, extent: Extent) -> Vec<Field> {
    let mut fields = vec![
        Field::new("Version", version(certificate.version())),
        Field::new("Serial Number", serial_number(certificate.serial_number())),
        signature_algorithm(certificate),
        Field::new("Issuer", name_text(certificate.issuer())),
        Field::new("NotBefore", certificate.not_before().to_string()),
        Field::new("NotAfter", certificate.not_after().to_string()),
        Field::new("Subject", name_text(certificate.subject())),
    ];
    fields.push(public_key(certificate.spki(), extent));
    let extensions: Vec<_> =
        certificate.raw_extensions().map(|raw| extension(&raw, extent)).collect();
    fields.push(match extensions.len() {
        0 => Field::new("Certificate Extensions", "none"),
        count => Field::of("Certificate Extensions", count.to_string(), extensions),
    });
    let kind = match certificate.is_self_issued() {
        true => "Root Certificate: Subject matches Issuer",
        false => "Non-root Certificate",
    };
    fields.push(Field::new("Kind", kind));
    fields.push(Field::of("Hashes", "", hashes(certificate)));
    if certificate.trailing_octets() > 0 {
        let octets = format!("{} octets behind the certificate", certificate.trailing_octets());
        fields.push(Field::new("Trailing", octets));
    }
    fields
}

fn version(number: i64) -> String {
    format!("{} (v{})", number, number.saturating_add(1))
}

/// Big-endian, without the octet that only keeps the number from being negative (observed,
/// certutil-output 1.1).
pub(super) fn serial_number(octets: &[u8]) -> String {
    match octets {
        [0, rest @ ..] if !rest.is_empty() => hex(rest),
        octets => hex(octets),
    }
}

pub(super) fn name_text(name: crate::object::name::Name<'_>) -> String {
    if name.is_empty() { "EMPTY (no name at all)".to_owned() } else { name.to_string() }
}

fn signature_algorithm(certificate: &Certificate) -> Field {
    let mut field =
        Field::new("Signature Algorithm", name::algorithm(certificate.signature_algorithm()));
    if !certificate.is_signed() {
        field.children.push(Field::new("Signature", "none: only the part to be signed is there"));
    } else if certificate.signature_algorithm() != certificate.tbs_signature_algorithm() {
        let inner = name::algorithm(certificate.tbs_signature_algorithm());
        field.children.push(Field::new("PROBLEM: the signed part says", inner));
    }
    field
}

/// A key: algorithm, length, parameters, hashes.
pub(super) fn public_key(spki: &[u8], extent: Extent) -> Field {
    let mut reader = crate::base::der::Reader::new(spki);
    let info = match SubjectPublicKeyInfo::from_der(&mut reader) {
        Ok(info) => info,
        Err(error) => return Field::new("Public Key", format!("cannot be read: {error}")),
    };
    let id = Oid::from_octets(info.algorithm.oid);
    let mut children = vec![Field::new("Public Key Algorithm", name::oid(&id))];
    if let Some(curve) = curve(&info.algorithm) {
        children.push(Field::new("Algorithm Parameters", name::oid(&curve)));
    }
    let length = match PublicKey::from_spki(&info, None) {
        Ok(key) if key.bit_length() > 0 => {
            format!("{} {} bits", key.algorithm_name(), key.bit_length())
        }
        Ok(_) => "of an algorithm that is not known here".to_owned(),
        Err(error) => format!("cannot be used: {error}"),
    };
    children.push(Field::new("Public Key", super::octets(info.key, extent)));
    children.push(Field::new("Key Id Hash(sha1)", hex(&sha1(info.key))));
    Field::of("Public Key Length", length, children)
}

fn curve(algorithm: &AlgorithmIdentifier<'_>) -> Option<Oid> {
    let parameters = algorithm.parameters?;
    let is_ec = algorithm.oid == oid::EC_PUBLIC_KEY.as_octets();
    let mut reader = crate::base::der::Reader::new(parameters);
    is_ec.then(|| reader.oid().ok().map(Oid::from_octets))?
}

/// The hashes Windows keeps as properties and lists distrust by, with the property's number.
fn hashes(certificate: &Certificate) -> Vec<Field> {
    let mut fields = vec![
        Field::new("Cert Hash(sha1)", hex(&certificate.sha1())),
        Field::new("Cert Hash(sha256)", hex(&certificate.sha256())),
        Field::new("Cert Hash(md5)", hex(&md5(certificate.der()))),
        Field::new("Key Identifier (property 20)", hex(certificate.key_identifier())),
        Field::new("Public key MD5 (property 25)", hex(&certificate.public_key_md5())),
        Field::new("Subject name MD5 (property 29)", hex(&certificate.subject_name_md5())),
    ];
    let algorithm = AlgorithmIdentifier::parse(certificate.signature_algorithm());
    let signature = algorithm.ok().and_then(|found| signature_hash(certificate.tbs(), &found));
    fields.push(Field::new(
        "Signature Hash (property 15)",
        signature.map_or_else(|| "unknown: so is the algorithm".to_owned(), |hash| hex(&hash)),
    ));
    fields.push(Field::new("Public key SHA-256 (pin)", hex(&sha256(certificate.spki()))));
    fields
}
