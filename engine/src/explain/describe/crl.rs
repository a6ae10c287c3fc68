//! CRLs in words.

use super::certificate::{name_text, serial_number};
use super::extension::{general_names, reason_flags};
use super::{Extent, Field, extension, name, rest};
use crate::base::digest::{hex, sha256};
use crate::base::oid;
use crate::object::crl::{Crl, CrlEntry, IssuingDistributionPoint, RevocationReason};

/// Everything a CRL holds; of its entries as many as `extent` allows.
#[must_use]
pub fn crl(crl: &Crl, extent: Extent) -> Vec<Field> {
    let next = crl.next_update().map_or_else(|| "not given".to_owned(), |time| time.to_string());
    let mut fields = vec![
        Field::new("Version", format!("{} (v{})", crl.version(), crl.version().saturating_add(1))),
        Field::new("Kind", if crl.is_delta() { "Delta CRL" } else { "Base CRL" }),
        Field::new("Signature Algorithm", name::algorithm(crl.signature_algorithm())),
        Field::new("Issuer", name_text(crl.issuer())),
        Field::new("ThisUpdate", crl.this_update().to_string()),
        Field::new("NextUpdate", next),
    ];
    let mut entries: Vec<_> = crl.entries().take(extent.max_entries).map(|e| entry(&e)).collect();
    entries.extend(rest(entries.len(), crl.entry_count(), "entries"));
    fields.push(Field::of("CRL Entries", crl.entry_count().to_string(), entries));
    let extensions: Vec<_> = crl
        .raw_extensions()
        .map(|raw| {
            let mut field = extension(&raw, extent);
            let point = crl.extensions().issuing_distribution_point.as_ref();
            if raw.oid == oid::ISSUING_DISTRIBUTION_POINT.as_octets()
                && let Some(Ok(point)) = point.map(|decoded| &decoded.value)
            {
                field.children = issuing_point(point);
            }
            field
        })
        .collect();
    fields.push(match extensions.len() {
        0 => Field::new("CRL Extensions", "none"),
        count => Field::of("CRL Extensions", count.to_string(), extensions),
    });
    let hashes = vec![
        Field::new("CRL Hash(sha1)", hex(&crl.sha1())),
        Field::new("CRL Hash(sha256)", hex(&sha256(crl.der()))),
    ];
    fields.push(Field::of("Hashes", "", hashes));
    fields
}

fn entry(entry: &CrlEntry<'_>) -> Field {
    let mut parts = vec![Field::new("Revocation Date", entry.revocation_date.to_string())];
    if let Some(found) = entry.reason {
        parts.push(Field::new("CRL Reason Code", reason(found)));
    }
    if let Some(time) = entry.invalidity_date {
        parts.push(Field::new("Invalidity Date", time.to_string()));
    }
    if let Some(issuer) = &entry.certificate_issuer {
        parts.push(Field::of("Certificate Issuer", "", general_names(issuer)));
    }
    for id in &entry.unknown_critical {
        parts.push(Field::new("Unknown critical extension", name::oid(id)));
    }
    Field::of("Serial Number", serial_number(entry.serial_number), parts)
}

/// The dialogs' words for a reason, with its number.
pub(super) fn reason(reason: RevocationReason) -> String {
    let words = match reason {
        RevocationReason::Unspecified => "Unspecified",
        RevocationReason::KeyCompromise => "Key Compromise",
        RevocationReason::CaCompromise => "CA Compromise",
        RevocationReason::AffiliationChanged => "Change of Affiliation",
        RevocationReason::Superseded => "Superseded",
        RevocationReason::CessationOfOperation => "Cease of Operation",
        RevocationReason::CertificateHold => "Certificate Hold",
        RevocationReason::RemoveFromCrl => "Remove from CRL",
        RevocationReason::PrivilegeWithdrawn => "Privilege Withdrawn",
        RevocationReason::AaCompromise => "AA Compromise",
        RevocationReason::Other(_) => "a reason RFC 5280 does not define",
    };
    format!("{words} ({})", reason.number())
}

fn issuing_point(point: &IssuingDistributionPoint) -> Vec<Field> {
    let mut fields = general_names(&point.full_name);
    if let Some(relative) = &point.relative_name {
        fields.push(Field::new("Name relative to the issuer", hex(relative)));
    }
    for (label, yes) in [
        ("Only Contains User Certs", point.only_contains_user_certs),
        ("Only Contains CA Certs", point.only_contains_ca_certs),
        ("Indirect CRL", point.indirect_crl),
        ("Only Contains Attribute Certs", point.only_contains_attribute_certs),
    ] {
        fields.push(Field::new(label, if yes { "Yes" } else { "No" }));
    }
    if let Some(reasons) = &point.only_some_reasons {
        fields.push(Field::new("Only Some Reasons", reason_flags(reasons)));
    }
    fields
}
