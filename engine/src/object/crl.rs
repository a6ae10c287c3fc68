//! Certificate revocation lists.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::certificate::{Decoded, RawExtension};
use super::extension::{AuthorityKeyIdentifier, DistributionPoint, read_point_name};
use super::general_name::GeneralName;
use super::name::Name;
use super::span::Span;
use crate::base::der::{self, DerErrorKind, Reader, Tlv, tag};
use crate::base::oid;
use crate::base::time::Time;

/// A CRL (RFC 5280, section 5.1), immutable and cheap to clone.
///
/// ```asn1
/// CertificateList ::= SEQUENCE { tbsCertList TBSCertList,
///   signatureAlgorithm AlgorithmIdentifier, signatureValue BIT STRING }
/// ```
///
/// CAPI2 also makes a context of a bare TBSCertList (observed: CertCreateCRLContext); so does
/// this.
#[derive(Clone)]
pub struct Crl(Arc<Inner>);

struct Inner {
    der: Box<[u8]>,
    tbs: Span,
    version: i64,
    algorithm: Span,
    issuer: Span,
    this_update: Time,
    next_update: Option<Time>,
    entries: Span,
    extensions: Vec<(Span, bool, Span)>,
    outer_algorithm: Option<Span>,
    signature: Option<Span>,
    trailing: usize,
    index: OnceLock<Box<[IndexEntry]>>,
    decoded: OnceLock<Box<CrlExtensions>>,
}

/// An entry's place, sorted by a prefix of its serial number: 16 octets an entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct IndexEntry {
    serial_prefix: u64,
    offset: u32,
    length: u32,
}

/// A revoked certificate (RFC 5280, section 5.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedCertificate {
    /// userCertificate: big-endian octets as encoded.
    pub serial_number: Vec<u8>,
    /// revocationDate
    pub revocation_date: Time,
    /// reasonCode, if given.
    pub reason: Option<i64>,
    /// invalidityDate, if given.
    pub invalidity_date: Option<Time>,
    /// certificateIssuer, if given: whose certificate this is, on an indirect CRL.
    pub certificate_issuer: Option<Vec<GeneralName>>,
    /// Dotted identifiers of critical extensions that are not known.
    pub unknown_critical: Vec<String>,
}

/// issuingDistributionPoint (RFC 5280, section 5.2.5).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IssuingDistributionPoint {
    /// distributionPoint: fullName
    pub full_name: Vec<GeneralName>,
    /// distributionPoint: nameRelativeToCRLIssuer, encoded
    pub relative_name: Option<Vec<u8>>,
    /// onlyContainsUserCerts
    pub only_user_certificates: bool,
    /// onlyContainsCACerts
    pub only_ca_certificates: bool,
    /// onlySomeReasons: the octets of the BIT STRING
    pub only_some_reasons: Option<Vec<u8>>,
    /// indirectCRL
    pub indirect: bool,
    /// onlyContainsAttributeCerts
    pub only_attribute_certificates: bool,
}

/// A CRL's extensions, decoded.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct CrlExtensions {
    /// cRLNumber
    pub crl_number: Option<Decoded<Vec<u8>>>,
    /// deltaCRLIndicator: the base this is a difference to
    pub delta_crl_indicator: Option<Decoded<Vec<u8>>>,
    /// issuingDistributionPoint
    pub issuing_distribution_point: Option<Decoded<IssuingDistributionPoint>>,
    /// authorityKeyIdentifier
    pub authority_key_identifier: Option<Decoded<AuthorityKeyIdentifier>>,
    /// freshestCRL
    pub freshest_crl: Option<Decoded<Vec<DistributionPoint>>>,
    /// Microsoft's next publish time (1.3.6.1.4.1.311.21.4)
    pub next_publish: Option<Decoded<Time>>,
    /// Dotted identifiers of critical extensions that are not known.
    pub unknown_critical: Vec<String>,
}

impl Crl {
    /// Reads a CRL, or a bare TBSCertList.
    ///
    /// # Errors
    /// If the octets are neither. Entries are read when they are looked up.
    pub fn from_der(octets: &[u8]) -> der::Result<Self> {
        Self::read(octets).map_err(|e| e.within("CertificateList"))
    }

    fn read(octets: &[u8]) -> der::Result<Self> {
        let mut outermost = Reader::new(octets);
        let outer = outermost.expect(tag::SEQUENCE)?;
        if outer.raw.len() > u32::MAX as usize {
            return Err(outer.error(DerErrorKind::TooLarge));
        }
        let trailing = outermost.rest().len();
        let mut fields = outer.reader();
        let signed = fields.next_is(tag::SEQUENCE) && {
            let mut second = fields;
            second.any()?.reader().next_is(tag::INTEGER)
                || fields.clone().any()?.reader().next_is(tag::SEQUENCE)
        };
        let (tbs, outer_algorithm, signature) = if signed {
            let tbs = fields.expect(tag::SEQUENCE)?;
            let algorithm = fields.expect(tag::SEQUENCE)?;
            let signature = fields.expect(tag::BIT_STRING)?;
            let (_, bits) = der::bit_string(&signature)?;
            let bits = Span::new(signature.content_offset() + 1, bits.len());
            (tbs, Some(Span::raw(&algorithm)), Some(bits))
        } else {
            (outer, None, None)
        };
        let mut inner = Self::read_tbs(&tbs).map_err(|e| e.within("TBSCertList"))?;
        inner.der = outer.raw.into();
        inner.tbs = Span::raw(&tbs);
        inner.outer_algorithm = outer_algorithm;
        inner.signature = signature;
        inner.trailing = trailing;
        Ok(Self(Arc::new(inner)))
    }

    fn read_tbs(tbs: &Tlv<'_>) -> der::Result<Inner> {
        let mut fields = tbs.reader();
        let version = if fields.next_is(tag::INTEGER) { fields.small_integer()? } else { 0 };
        let algorithm = fields.expect(tag::SEQUENCE)?;
        let issuer = fields.expect(tag::SEQUENCE).map_err(|e| e.within("issuer"))?;
        let this_update = Time::from_tlv(&fields.any()?).map_err(|e| e.within("thisUpdate"))?;
        let next_update = match fields.peek() {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => {
                Some(Time::from_tlv(&fields.any()?).map_err(|e| e.within("nextUpdate"))?)
            }
            _ => None,
        };
        let entries = fields
            .optional(tag::SEQUENCE)
            .map_err(|e| e.within("revokedCertificates"))?
            .map_or(Span::default(), |value| Span::content(&value));
        let mut extensions = Vec::new();
        if let Some(explicit) = fields.optional(tag::context_constructed(0))? {
            let mut list = explicit.reader().sequence().map_err(|e| e.within("crlExtensions"))?;
            while !list.is_empty() {
                extensions.push(read_extension(&mut list).map_err(|e| e.within("Extension"))?);
            }
        }
        Ok(Inner {
            der: Box::default(),
            tbs: Span::default(),
            version,
            algorithm: Span::raw(&algorithm),
            issuer: Span::raw(&issuer),
            this_update,
            next_update,
            entries,
            extensions,
            outer_algorithm: None,
            signature: None,
            trailing: 0,
            index: OnceLock::new(),
            decoded: OnceLock::new(),
        })
    }

    /// The encoding, without octets behind it.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// How many octets stood behind the CRL in what it was read from.
    #[must_use]
    pub fn trailing_octets(&self) -> usize {
        self.0.trailing
    }

    /// The encoded TBSCertList: what the signature covers.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        self.0.tbs.of(&self.0.der)
    }

    /// version: 1 for v2.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.0.version
    }

    /// issuer
    #[must_use]
    pub fn issuer(&self) -> Name<'_> {
        Name::new(self.0.issuer.of(&self.0.der))
    }

    /// thisUpdate
    #[must_use]
    pub fn this_update(&self) -> Time {
        self.0.this_update
    }

    /// nextUpdate. A CRL without it never expires for CAPI2 (documented).
    #[must_use]
    pub fn next_update(&self) -> Option<Time> {
        self.0.next_update
    }

    /// The encoded AlgorithmIdentifier of the signature.
    #[must_use]
    pub fn signature_algorithm(&self) -> &[u8] {
        self.0.outer_algorithm.unwrap_or(self.0.algorithm).of(&self.0.der)
    }

    /// The octets of the signature. Empty for a bare TBSCertList.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        self.0.signature.map_or(&[], |span| span.of(&self.0.der))
    }

    /// Every extension as it stands there.
    pub fn raw_extensions(&self) -> impl Iterator<Item = RawExtension<'_>> {
        self.0.extensions.iter().map(|(oid, critical, value)| RawExtension {
            oid: oid.of(&self.0.der),
            critical: *critical,
            value: value.of(&self.0.der),
            offset: value.start(),
        })
    }

    /// The extensions, decoded.
    #[must_use]
    pub fn extensions(&self) -> &CrlExtensions {
        self.0.decoded.get_or_init(|| Box::new(CrlExtensions::decode(self)))
    }

    /// Whether this is a delta CRL.
    #[must_use]
    pub fn is_delta(&self) -> bool {
        self.extensions().delta_crl_indicator.is_some()
    }

    fn index(&self) -> &[IndexEntry] {
        self.0.index.get_or_init(|| {
            let mut entries =
                Reader::with_offset(self.0.entries.of(&self.0.der), self.0.entries.start());
            let mut index = Vec::new();
            while let Ok(Some(entry)) = entries.next() {
                let Ok(serial_number) = entry.reader().integer() else { continue };
                let (Ok(offset), Ok(length)) =
                    (u32::try_from(entry.offset), u32::try_from(entry.raw.len()))
                else {
                    break;
                };
                index.push(IndexEntry { serial_prefix: prefix(serial_number), offset, length });
            }
            index.shrink_to_fit();
            index.sort_unstable();
            index.into()
        })
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index().len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry for this serial number, found by binary search. Serial numbers compare without
    /// sign octets (observed).
    #[must_use]
    pub fn find(&self, serial_number: &[u8]) -> Option<RevokedCertificate> {
        let key = prefix(serial_number);
        let index = self.index();
        let first = index.partition_point(|entry| entry.serial_prefix < key);
        index
            .get(first..)?
            .iter()
            .take_while(|entry| entry.serial_prefix == key)
            .filter_map(|entry| self.entry(entry))
            .find(|entry| {
                der::trim_integer(&entry.serial_number) == der::trim_integer(serial_number)
            })
    }

    /// Every entry that can be read, sorted by serial number.
    pub fn entries(&self) -> impl Iterator<Item = RevokedCertificate> {
        self.index().iter().filter_map(|entry| self.entry(entry))
    }

    fn entry(&self, place: &IndexEntry) -> Option<RevokedCertificate> {
        let start = place.offset as usize;
        let octets = self.0.der.get(start..start.checked_add(place.length as usize)?)?;
        let value = Reader::with_offset(octets, start).any().ok()?;
        read_entry(&value).ok()
    }
}

/// A number that sorts serial numbers: their length, then their first seven octets.
fn prefix(serial_number: &[u8]) -> u64 {
    let trimmed = der::trim_integer(serial_number);
    let length = u64::try_from(trimmed.len().min(255)).unwrap_or(255);
    let tail = trimmed.get(trimmed.len().saturating_sub(7)..).unwrap_or_default();
    tail.iter().fold(0, |value, octet| value << 8 | u64::from(*octet)) | length << 56
}

fn read_extension(list: &mut Reader<'_>) -> der::Result<(Span, bool, Span)> {
    let mut fields = list.sequence()?;
    let id = fields.expect(tag::OBJECT_IDENTIFIER)?;
    let critical = fields.next_is(tag::BOOLEAN) && fields.boolean()?;
    let value = fields.expect(tag::OCTET_STRING)?;
    Ok((Span::content(&id), critical, Span::content(&value)))
}

fn read_entry(value: &Tlv<'_>) -> der::Result<RevokedCertificate> {
    let mut fields = value.reader();
    let serial_number = fields.integer()?.to_vec();
    let revocation_date = Time::from_tlv(&fields.any()?)?;
    let mut entry = RevokedCertificate {
        serial_number,
        revocation_date,
        reason: None,
        invalidity_date: None,
        certificate_issuer: None,
        unknown_critical: Vec::new(),
    };
    if fields.next_is(tag::SEQUENCE) {
        let mut list = fields.sequence()?;
        while !list.is_empty() {
            let mut extension = list.sequence()?;
            let id = extension.oid()?;
            let critical = extension.next_is(tag::BOOLEAN) && extension.boolean()?;
            let octets = extension.octet_string()?;
            let mut inner = Reader::new(&octets);
            if id == oid::CRL_REASON.as_octets() {
                entry.reason = Some(der::small_integer(&inner.any()?)?);
            } else if id == oid::INVALIDITY_DATE.as_octets() {
                entry.invalidity_date = Some(Time::from_tlv(&inner.any()?)?);
            } else if id == oid::CERTIFICATE_ISSUER.as_octets() {
                entry.certificate_issuer = Some(GeneralName::list(&inner.expect(tag::SEQUENCE)?)?);
            } else if critical {
                entry.unknown_critical.push(oid::dotted(id));
            }
        }
    }
    Ok(entry)
}

impl CrlExtensions {
    fn decode(crl: &Crl) -> Self {
        let mut found = Self::default();
        for extension in crl.raw_extensions() {
            let is = |known: &oid::Oid| known.as_octets() == extension.oid;
            let integer =
                |octets: &[u8], base| Ok(Reader::with_offset(octets, base).integer()?.to_vec());
            if is(&oid::CRL_NUMBER) {
                extension.fill(&mut found.crl_number, integer);
            } else if is(&oid::DELTA_CRL_INDICATOR) {
                extension.fill(&mut found.delta_crl_indicator, integer);
            } else if is(&oid::ISSUING_DISTRIBUTION_POINT) {
                extension
                    .fill(&mut found.issuing_distribution_point, IssuingDistributionPoint::read);
            } else if is(&oid::AUTHORITY_KEY_IDENTIFIER) {
                extension.fill(&mut found.authority_key_identifier, AuthorityKeyIdentifier::read);
            } else if is(&oid::FRESHEST_CRL) {
                extension.fill(&mut found.freshest_crl, DistributionPoint::list);
            } else if is(&oid::CRL_NEXT_PUBLISH) {
                extension.fill(&mut found.next_publish, |octets, base| {
                    Time::from_tlv(&Reader::with_offset(octets, base).any()?)
                });
            } else if extension.critical && !is(&oid::CERTSRV_CA_VERSION) && !is(&oid::CRL_SELF_CDP)
            {
                found.unknown_critical.push(oid::dotted(extension.oid));
            }
        }
        found
    }
}

impl IssuingDistributionPoint {
    fn read(octets: &[u8], base: usize) -> der::Result<Self> {
        let mut found = Self::default();
        let mut fields = Reader::with_offset(octets, base).sequence()?;
        while let Some(field) = fields.next()? {
            match field.tag {
                0xa0 => {
                    let name = field.reader().any()?;
                    (found.full_name, found.relative_name) = read_point_name(&name)?;
                }
                0x81 => found.only_user_certificates = der::boolean(&field)?,
                0x82 => found.only_ca_certificates = der::boolean(&field)?,
                0x83 => found.only_some_reasons = Some(der::bit_string(&field)?.1.to_vec()),
                0x84 => found.indirect = der::boolean(&field)?,
                0x85 => found.only_attribute_certificates = der::boolean(&field)?,
                _ => return Err(field.error(DerErrorKind::Value("unknown field"))),
            }
        }
        Ok(found)
    }
}

impl PartialEq for Crl {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Crl {}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crl")
            .field("issuer", &self.issuer())
            .field("this_update", &self.this_update())
            .finish_non_exhaustive()
    }
}
