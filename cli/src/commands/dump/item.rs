//! One object with all that is said of it.

use chaincheck_engine::base::digest::{hex, sha1, sha256};
use chaincheck_engine::explain::describe::{self, Extent, Field};
use chaincheck_engine::format::url_cache::UrlCacheEntry;
use chaincheck_engine::format::{Item, Kind};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::crl::Crl;
use chaincheck_engine::object::message::SignedData;
use chaincheck_engine::object::ocsp::OcspResponse;
use chaincheck_engine::object::property;
use chaincheck_engine::object::request::CertificationRequest;
use chaincheck_engine::object::trust_list::TrustList;
use serde::Serialize;

/// An object, as it is shown and written.
#[derive(Debug, Serialize)]
pub(super) struct ItemDump {
    pub(super) kind: String,
    pub(super) origin: String,
    pub(super) offset: usize,
    /// The system store it lay in, if a registry file says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) store: Option<String>,
    pub(super) size: usize,
    pub(super) sha1: String,
    pub(super) sha256: String,
    #[serde(flatten)]
    summary: Option<Summary>,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<String>,
    pub(super) properties: Vec<PropertyDump>,
    /// Stored properties that contradict the certificate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) contradictions: Vec<String>,
    pub(super) fields: Vec<Field>,
}

/// What programs ask a certificate first.
#[derive(Debug, Serialize)]
struct Summary {
    subject: String,
    issuer: String,
    serial: String,
    not_before: String,
    not_after: String,
}

/// A property, decoded and raw.
#[derive(Debug, Serialize)]
pub(super) struct PropertyDump {
    id: u32,
    name: Option<&'static str>,
    raw: String,
    #[serde(flatten)]
    pub(super) field: Field,
}

impl ItemDump {
    pub(super) fn new(item: &Item, extent: Extent) -> Self {
        let mut dump = Self::bare(item);
        let stored: Vec<_> = item.properties.iter().map(|p| (p.id, p.value.as_slice())).collect();
        dump.properties = stored
            .iter()
            .map(|(id, value)| PropertyDump {
                id: *id,
                name: property::property(*id).map(|definition| definition.name),
                raw: hex(value),
                field: describe::property(*id, value, extent),
            })
            .collect();
        let octets = &item.octets;
        let described = match item.kind {
            Kind::Certificate | Kind::ToBeSignedCertificate => {
                Certificate::from_der(octets).map(|certificate| {
                    dump.summary = Some(Summary::of(&certificate));
                    dump.contradictions = describe::contradictions(&certificate, &stored);
                    describe::certificate(&certificate, extent)
                })
            }
            Kind::Crl | Kind::ToBeSignedCrl => {
                Crl::from_der(octets).map(|crl| describe::crl(&crl, extent))
            }
            Kind::OcspResponse => {
                OcspResponse::from_der(octets).map(|it| describe::ocsp_response(&it, extent))
            }
            Kind::OcspRequest => describe::ocsp_request(octets, extent),
            Kind::CertificateRequest => CertificationRequest::from_der(octets)
                .map(|request| describe::certification_request(&request, extent)),
            Kind::CertificateTrustList => SignedData::from_der(octets).and_then(|message| {
                let list = TrustList::from_der(&message.content()?)?;
                let mut fields = describe::signed_data(&message);
                fields.extend(describe::trust_list(&list, extent));
                Ok(fields)
            }),
            Kind::BareCtl => {
                TrustList::from_der(octets).map(|list| describe::trust_list(&list, extent))
            }
            _ => Ok(Vec::new()),
        };
        match described {
            Ok(fields) => dump.fields = fields,
            Err(error) => dump.problem = Some(error.to_string()),
        }
        dump
    }

    fn bare(item: &Item) -> Self {
        Self {
            kind: item.kind.to_string(),
            origin: item.origin.clone(),
            offset: item.offset,
            store: None,
            size: item.octets.len(),
            sha1: hex(&sha1(&item.octets)),
            sha256: hex(&sha256(&item.octets)),
            summary: None,
            problem: None,
            properties: Vec::new(),
            contradictions: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// A metadata file of a URL cache, which is its own object.
    pub(super) fn url_cache_metadata(octets: &[u8]) -> Option<Self> {
        let item = Item {
            kind: Kind::UrlCacheMetadata,
            octets: octets.into(),
            properties: Vec::new(),
            origin: String::new(),
            offset: 0,
            is_companion: false,
        };
        let mut dump = Self::bare(&item);
        match UrlCacheEntry::from_octets(octets) {
            Ok(entry) => dump.fields = describe::url_cache_metadata(&entry),
            Err(error) => dump.problem = Some(error.to_string()),
        }
        Some(dump)
    }
}

impl Summary {
    fn of(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial: hex(certificate.serial_number()),
            not_before: certificate.not_before().to_string(),
            not_after: certificate.not_after().to_string(),
        }
    }
}
