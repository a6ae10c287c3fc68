//! Certificate extensions, decoded to values.

use super::general_name::GeneralName;
use crate::base::der::{self, DerErrorKind, Reader, Tlv, tag};
use crate::base::oid::Oid;

/// basicConstraints (RFC 5280, section 4.2.1.9), also in its obsolete form 2.5.29.10.
///
/// ```asn1
/// BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a CA.
    pub ca: bool,
    /// How many CA certificates may follow.
    pub path_len: Option<i64>,
}

impl BasicConstraints {
    pub(crate) fn read(octets: &[u8], base: usize) -> der::Result<Self> {
        let mut fields = Reader::with_offset(octets, base).sequence()?;
        let ca = fields.next_is(tag::BOOLEAN) && fields.boolean()?;
        let path_len =
            if fields.next_is(tag::INTEGER) { Some(fields.small_integer()?) } else { None };
        fields.finish()?;
        Ok(Self { ca, path_len })
    }

    /// The obsolete form: `SEQUENCE { subjectType BIT STRING { ca(0), endEntity(1) },
    /// pathLenConstraint INTEGER OPTIONAL, subtreesConstraint SEQUENCE OF Name OPTIONAL }`.
    pub(crate) fn read_obsolete(octets: &[u8], base: usize) -> der::Result<Self> {
        let mut fields = Reader::with_offset(octets, base).sequence()?;
        let (_, bits) = fields.bit_string()?;
        let path_len =
            if fields.next_is(tag::INTEGER) { Some(fields.small_integer()?) } else { None };
        Ok(Self { ca: bits.first().is_some_and(|b| b & 0x80 != 0), path_len })
    }
}

/// keyUsage (RFC 5280, section 4.2.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// The names of the bits, bit 0 first.
    pub const NAMES: [&'static str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];

    pub(crate) fn read(octets: &[u8], base: usize) -> der::Result<Self> {
        let (_, bits) = Reader::with_offset(octets, base).bit_string()?;
        let first = u16::from(bits.first().copied().unwrap_or(0));
        let second = u16::from(bits.get(1).copied().unwrap_or(0));
        Ok(Self(first << 8 | second))
    }

    /// Whether bit `n` of the BIT STRING is set.
    #[must_use]
    pub const fn bit(self, n: u32) -> bool {
        n < 16 && self.0 & (0x8000 >> n) != 0
    }

    /// Whether the key may sign certificates.
    #[must_use]
    pub const fn key_cert_sign(self) -> bool {
        self.bit(5)
    }

    /// Whether the key may sign CRLs.
    #[must_use]
    pub const fn crl_sign(self) -> bool {
        self.bit(6)
    }

    /// The names of the bits that are set.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        (0u32..).zip(Self::NAMES).filter(|(n, _)| self.bit(*n)).map(|(_, name)| name).collect()
    }
}

/// authorityKeyIdentifier (RFC 5280, section 4.2.1.1), also in its obsolete form 2.5.29.1.
///
/// ```asn1
/// AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] OCTET STRING OPTIONAL,
///   authorityCertIssuer [1] GeneralNames OPTIONAL,
///   authorityCertSerialNumber [2] INTEGER OPTIONAL }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorityKeyIdentifier {
    /// The issuer's key identifier.
    pub key_identifier: Option<Vec<u8>>,
    /// The encoded name of the issuer's issuer.
    pub issuer: Option<Vec<u8>>,
    /// The issuer's serial number, big-endian.
    pub serial_number: Option<Vec<u8>>,
}

impl AuthorityKeyIdentifier {
    pub(crate) fn read(octets: &[u8], base: usize) -> der::Result<Self> {
        let mut found = Self::default();
        let mut fields = Reader::with_offset(octets, base).sequence()?;
        while let Some(field) = fields.next()? {
            match field.tag & !0x20 {
                0x80 => found.key_identifier = Some(field.content.to_vec()),
                0x81 => found.issuer = authority_issuer(&field)?,
                0x82 => found.serial_number = Some(field.content.to_vec()),
                _ => return Err(field.error(DerErrorKind::Value("unknown field"))),
            }
        }
        Ok(found)
    }
}

/// The directory name in GeneralNames, or, as the obsolete extension has it, the Name itself.
fn authority_issuer(field: &Tlv<'_>) -> der::Result<Option<Vec<u8>>> {
    let mut names = field.reader();
    while let Some(name) = names.next()? {
        match name.tag {
            tag::SEQUENCE => return Ok(Some(name.raw.to_vec())),
            0xa4 => return Ok(Some(name.reader().expect(tag::SEQUENCE)?.raw.to_vec())),
            _ => {}
        }
    }
    Ok(None)
}

/// A SEQUENCE OF OBJECT IDENTIFIER: extKeyUsage, and properties 9, 105, 122 and 127.
///
/// # Errors
/// If the octets are none.
pub fn read_oid_list(octets: &[u8], base: usize) -> der::Result<Vec<Oid>> {
    let mut oids = Vec::new();
    let mut list = Reader::with_offset(octets, base).sequence()?;
    while !list.is_empty() {
        oids.push(Oid::from_octets(list.oid()?));
    }
    Ok(oids)
}

/// One policy of certificatePolicies (RFC 5280, section 4.2.1.4), of Microsoft's application
/// policies, and of property 83.
///
/// ```asn1
/// PolicyInformation ::= SEQUENCE { policyIdentifier OBJECT IDENTIFIER,
///   policyQualifiers SEQUENCE OF SEQUENCE { OBJECT IDENTIFIER, ANY } OPTIONAL }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyInformation {
    /// The policy.
    pub policy: Oid,
    /// Its qualifiers: identifier and encoded value.
    pub qualifiers: Vec<(Oid, Vec<u8>)>,
}

impl PolicyInformation {
    /// Reads a SEQUENCE OF PolicyInformation.
    ///
    /// # Errors
    /// If the octets are none.
    pub fn list(octets: &[u8], base: usize) -> der::Result<Vec<Self>> {
        let mut policies = Vec::new();
        let mut list = Reader::with_offset(octets, base).sequence()?;
        while !list.is_empty() {
            let mut fields = list.sequence()?;
            let policy = Oid::from_octets(fields.oid()?);
            let mut qualifiers = Vec::new();
            if !fields.is_empty() {
                let mut entries = fields.sequence()?;
                while !entries.is_empty() {
                    let mut entry = entries.sequence()?;
                    let id = Oid::from_octets(entry.oid()?);
                    let value = entry.next()?.map_or(&[][..], |value| value.raw);
                    qualifiers.push((id, value.to_vec()));
                }
            }
            policies.push(Self { policy, qualifiers });
        }
        Ok(policies)
    }
}

/// policyMappings (RFC 5280, section 4.2.1.5): issuerDomainPolicy, subjectDomainPolicy.
pub(crate) fn read_policy_mappings(octets: &[u8], base: usize) -> der::Result<Vec<(Oid, Oid)>> {
    let mut mappings = Vec::new();
    let mut list = Reader::with_offset(octets, base).sequence()?;
    while !list.is_empty() {
        let mut pair = list.sequence()?;
        mappings.push((Oid::from_octets(pair.oid()?), Oid::from_octets(pair.oid()?)));
    }
    Ok(mappings)
}

/// policyConstraints (RFC 5280, section 4.2.1.11).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PolicyConstraints {
    /// requireExplicitPolicy `[0]`
    pub require_explicit_policy: Option<i64>,
    /// inhibitPolicyMapping `[1]`
    pub inhibit_policy_mapping: Option<i64>,
}

impl PolicyConstraints {
    pub(crate) fn read(octets: &[u8], base: usize) -> der::Result<Self> {
        let mut found = Self::default();
        let mut fields = Reader::with_offset(octets, base).sequence()?;
        while let Some(field) = fields.next()? {
            match field.tag {
                0x80 => found.require_explicit_policy = Some(der::small_integer(&field)?),
                0x81 => found.inhibit_policy_mapping = Some(der::small_integer(&field)?),
                _ => return Err(field.error(DerErrorKind::Value("unknown field"))),
            }
        }
        Ok(found)
    }
}

/// One subtree of nameConstraints (RFC 5280, section 4.2.1.10).
///
/// ```asn1
/// GeneralSubtree ::= SEQUENCE { base GeneralName, minimum [0] INTEGER DEFAULT 0,
///   maximum [1] INTEGER OPTIONAL }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneralSubtree {
    /// The name it is about.
    pub base: GeneralName,
    /// minimum
    pub minimum: i64,
    /// maximum
    pub maximum: Option<i64>,
}

/// nameConstraints (RFC 5280, section 4.2.1.10).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameConstraints {
    /// permittedSubtrees `[0]`
    pub permitted: Vec<GeneralSubtree>,
    /// excludedSubtrees `[1]`
    pub excluded: Vec<GeneralSubtree>,
}

impl NameConstraints {
    pub(crate) fn read(octets: &[u8], base: usize) -> der::Result<Self> {
        let mut found = Self::default();
        let mut fields = Reader::with_offset(octets, base).sequence()?;
        while let Some(field) = fields.next()? {
            match field.tag {
                0xa0 => found.permitted = read_subtrees(&field)?,
                0xa1 => found.excluded = read_subtrees(&field)?,
                _ => return Err(field.error(DerErrorKind::Value("unknown field"))),
            }
        }
        Ok(found)
    }
}

fn read_subtrees(list: &Tlv<'_>) -> der::Result<Vec<GeneralSubtree>> {
    let mut subtrees = Vec::new();
    let mut list = list.reader();
    while !list.is_empty() {
        let mut fields = list.sequence()?;
        let base = GeneralName::from_tlv(&fields.any()?)?;
        let mut subtree = GeneralSubtree { base, minimum: 0, maximum: None };
        while let Some(field) = fields.next()? {
            match field.tag {
                0x80 => subtree.minimum = der::small_integer(&field)?,
                0x81 => subtree.maximum = Some(der::small_integer(&field)?),
                _ => return Err(field.error(DerErrorKind::Value("unknown field"))),
            }
        }
        subtrees.push(subtree);
    }
    Ok(subtrees)
}

/// Where a CRL is found, or whom it is for (RFC 5280, section 4.2.1.13).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DistributionPoint {
    /// distributionPoint: fullName
    pub full_name: Vec<GeneralName>,
    /// distributionPoint: nameRelativeToCRLIssuer, encoded
    pub relative_name: Option<Vec<u8>>,
    /// reasons: the octets of the BIT STRING
    pub reasons: Option<Vec<u8>>,
    /// cRLIssuer
    pub crl_issuer: Vec<GeneralName>,
}

impl DistributionPoint {
    /// Reads a SEQUENCE OF DistributionPoint.
    pub(crate) fn list(octets: &[u8], base: usize) -> der::Result<Vec<Self>> {
        let mut points = Vec::new();
        let mut list = Reader::with_offset(octets, base).sequence()?;
        while !list.is_empty() {
            let mut point = Self::default();
            let mut fields = list.sequence()?;
            while let Some(field) = fields.next()? {
                match field.tag {
                    0xa0 => {
                        let name = field.reader().any()?;
                        (point.full_name, point.relative_name) = read_point_name(&name)?;
                    }
                    0x81 => point.reasons = Some(der::bit_string(&field)?.1.to_vec()),
                    0xa2 => point.crl_issuer = GeneralName::list(&field)?,
                    _ => return Err(field.error(DerErrorKind::Value("unknown field"))),
                }
            }
            points.push(point);
        }
        Ok(points)
    }

    /// The addresses of this point, in order.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.full_name.iter().filter_map(|name| match name {
            GeneralName::Uri(url) => Some(url.as_str()),
            _ => None,
        })
    }
}

/// DistributionPointName ::= CHOICE { fullName [0], nameRelativeToCRLIssuer [1] }
pub(crate) fn read_point_name(name: &Tlv<'_>) -> der::Result<(Vec<GeneralName>, Option<Vec<u8>>)> {
    match name.tag {
        0xa0 => Ok((GeneralName::list(name)?, None)),
        0xa1 => Ok((Vec::new(), Some(name.content.to_vec()))),
        _ => Err(name.error(DerErrorKind::Value("no DistributionPointName"))),
    }
}

/// authorityInfoAccess or subjectInfoAccess: method and location (RFC 5280, section 4.2.2.1).
pub(crate) fn read_access_descriptions(
    octets: &[u8],
    base: usize,
) -> der::Result<Vec<(Oid, GeneralName)>> {
    let mut found = Vec::new();
    let mut list = Reader::with_offset(octets, base).sequence()?;
    while !list.is_empty() {
        let mut fields = list.sequence()?;
        let method = Oid::from_octets(fields.oid()?);
        found.push((method, GeneralName::from_tlv(&fields.any()?)?));
    }
    Ok(found)
}

/// Certificate template (1.3.6.1.4.1.311.21.7): the template and its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateTemplate {
    /// The template.
    pub template: Oid,
    /// Major version.
    pub major_version: Option<i64>,
    /// Minor version.
    pub minor_version: Option<i64>,
}

impl CertificateTemplate {
    /// Reads the extension's value.
    ///
    /// # Errors
    /// If the octets are no certificate template.
    pub fn read(octets: &[u8], base: usize) -> der::Result<Self> {
        let mut fields = Reader::with_offset(octets, base).sequence()?;
        let template = Oid::from_octets(fields.oid()?);
        let mut version =
            || if fields.is_empty() { Ok(None) } else { fields.small_integer().map(Some) };
        Ok(Self { template, major_version: version()?, minor_version: version()? })
    }
}

/// Cross-certificate distribution points (1.3.6.1.4.1.311.10.9.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrossCertDistPoints {
    /// Seconds between synchronisations, if stated.
    pub sync_delta_time: Option<i64>,
    /// The addresses, a list for each point.
    pub points: Vec<Vec<GeneralName>>,
}

impl CrossCertDistPoints {
    /// Reads the extension's value.
    ///
    /// # Errors
    /// If the octets are no such list.
    pub fn read(octets: &[u8], base: usize) -> der::Result<Self> {
        let mut fields = Reader::with_offset(octets, base).sequence()?;
        let sync_delta_time =
            if fields.next_is(tag::INTEGER) { Some(fields.small_integer()?) } else { None };
        let mut points = Vec::new();
        let mut list = fields.sequence()?;
        while !list.is_empty() {
            points.push(GeneralName::list(&list.expect(tag::SEQUENCE)?)?);
        }
        Ok(Self { sync_delta_time, points })
    }
}
