//! OCSP responses in words.

use super::certificate::{name_text, serial_number};
use super::crl::reason;
use super::{Extent, Field, name, rest};
use crate::base::der::{self, Reader, tag};
use crate::base::digest::hex;
use crate::base::oid::Oid;
use crate::object::name::Name;
use crate::object::ocsp::{
    BasicOcspResponse, CertStatus, OcspResponse, OcspResponseStatus, ResponderId, SingleResponse,
};

/// Everything an OCSP response holds.
#[must_use]
pub fn ocsp_response(response: &OcspResponse, extent: Extent) -> Vec<Field> {
    let mut fields = vec![Field::new("Response Status", status(response.status))];
    if let Some(kind) = &response.response_type {
        fields.push(Field::new("Response Type", name::oid(kind)));
    }
    if let Some(basic) = &response.basic {
        fields.extend(basic_response(basic, extent));
    }
    fields
}

/// What an OCSP request asks.
///
/// # Errors
/// If it cannot be read.
pub fn ocsp_request(octets: &[u8], extent: Extent) -> der::Result<Vec<Field>> {
    let mut tbs = Reader::new(octets).sequence()?.sequence()?;
    let mut fields = Vec::new();
    // version and requestorName
    tbs.optional(tag::context_constructed(0))?;
    if tbs.optional(tag::context_constructed(1))?.is_some() {
        fields.push(Field::new("Requestor", "named in the request"));
    }
    let mut list = tbs.sequence()?;
    let mut questions = Vec::new();
    let mut count = 0;
    while !list.is_empty() {
        let mut id = list.sequence()?.sequence()?;
        count += 1;
        let algorithm = Oid::from_octets(id.sequence()?.oid()?);
        let (name_hash, key_hash) = (id.octet_string()?, id.octet_string()?);
        let parts = vec![
            Field::new("Hash Algorithm", name::oid(&algorithm)),
            Field::new("Issuer Name Hash", hex(&name_hash)),
            Field::new("Issuer Key Hash", hex(&key_hash)),
        ];
        let serial = serial_number(id.integer()?);
        if questions.len() < extent.max_entries {
            questions.push(Field::of("Serial Number", serial, parts));
        }
    }
    questions.extend(rest(questions.len(), count, "questions"));
    fields.push(Field::of("Requests", count.to_string(), questions));
    Ok(fields)
}

fn status(status: OcspResponseStatus) -> String {
    let meaning = match status {
        OcspResponseStatus::Successful => "there is an answer",
        OcspResponseStatus::MalformedRequest => "the responder could not read the request",
        OcspResponseStatus::InternalError => "the responder failed",
        OcspResponseStatus::TryLater => "the responder is busy",
        OcspResponseStatus::SigRequired => "the request must be signed",
        OcspResponseStatus::Unauthorized => "the responder does not answer for this CA",
        OcspResponseStatus::Other(number) => {
            return format!("{number} (a status RFC 6960 does not define)");
        }
    };
    format!("{} ({meaning})", status.as_str())
}

fn basic_response(basic: &BasicOcspResponse, extent: Extent) -> Vec<Field> {
    let responder = match &basic.responder {
        ResponderId::ByName(name) => Field::new("Responder Name", name_text(Name::new(name))),
        ResponderId::ByKey(id) => Field::new("Responder Key Hash(sha1)", hex(id)),
    };
    let mut fields = vec![
        responder,
        Field::new("Produced At", basic.produced_at.to_string()),
        Field::new("Signature Algorithm", name::algorithm(basic.signature_algorithm())),
    ];
    let mut answers: Vec<_> = basic.responses.iter().take(extent.max_entries).map(answer).collect();
    answers.extend(rest(answers.len(), basic.responses.len(), "answers"));
    fields.push(Field::of("Responses", basic.responses.len().to_string(), answers));
    if let Some(nonce) = &basic.nonce {
        fields.push(Field::new("Nonce", super::octets(nonce, extent)));
    }
    for id in &basic.unknown_critical {
        fields.push(Field::new("Unknown critical extension", name::oid(id)));
    }
    for certificate in &basic.certificates {
        let hash = Field::new("Cert Hash(sha1)", hex(&certificate.sha1()));
        fields.push(Field::of("Certificate", name_text(certificate.subject()), vec![hash]));
    }
    fields
}

fn answer(single: &SingleResponse) -> Field {
    let next = single.next_update.map_or_else(|| "not given".to_owned(), |time| time.to_string());
    let id = &single.cert_id;
    let mut parts = vec![
        Field::new("Serial Number", serial_number(&id.serial_number)),
        Field::new("Hash Algorithm", name::oid(&id.hash_algorithm)),
        Field::new("Issuer Name Hash", hex(&id.issuer_name_hash)),
        Field::new("Issuer Key Hash", hex(&id.issuer_key_hash)),
        Field::new("ThisUpdate", single.this_update.to_string()),
        Field::new("NextUpdate", next),
    ];
    let status = match single.status {
        CertStatus::Good => "good (not known to be revoked)".to_owned(),
        CertStatus::Unknown => "unknown (the responder does not know the certificate)".to_owned(),
        CertStatus::Revoked { time, reason: found } => {
            parts.push(Field::new("Revocation Date", time.to_string()));
            parts.extend(found.map(|found| Field::new("CRL Reason Code", reason(found))));
            "revoked".to_owned()
        }
    };
    for id in &single.unknown_critical {
        parts.push(Field::new("Unknown critical extension", name::oid(id)));
    }
    Field::of("Certificate Status", status, parts)
}
