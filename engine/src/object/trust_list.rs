//! Certificate trust lists.

use std::fmt;
use std::sync::Arc;

use super::extension::{PolicyInformation, read_oid_list};
use super::property;
use super::span::Span;
use crate::base::der::{self, DerErrorKind, Reader, Tlv, tag};
use crate::base::digest::hex;
use crate::base::oid::{self, Oid};
use crate::base::time::Time;

/// Entries a list may have before it is refused. The largest Microsoft list has 555.
pub const MAX_ENTRIES: usize = 1_000_000;

/// A certificate trust list (CTL_INFO of `wincrypt.h`; reference, ctl 2).
///
/// ```asn1
/// CertificateTrustList ::= SEQUENCE { version INTEGER DEFAULT v1,
///   subjectUsage SEQUENCE OF OBJECT IDENTIFIER, listIdentifier OCTET STRING OPTIONAL,
///   sequenceNumber INTEGER OPTIONAL, ctlThisUpdate ChoiceOfTime,
///   ctlNextUpdate ChoiceOfTime OPTIONAL, subjectAlgorithm AlgorithmIdentifier,
///   trustedSubjects SEQUENCE OF TrustedSubject OPTIONAL,
///   ctlExtensions [0] EXPLICIT Extensions OPTIONAL }
/// TrustedSubject ::= SEQUENCE { subjectIdentifier OCTET STRING,
///   subjectAttributes SET OF Attribute OPTIONAL }
/// ```
#[derive(Clone)]
pub struct TrustList {
    octets: Arc<[u8]>,
    /// version, if stated
    pub version: Option<i64>,
    /// subjectUsage
    pub usage: Vec<Oid>,
    /// listIdentifier
    pub list_identifier: Option<Vec<u8>>,
    /// sequenceNumber: big-endian octets as encoded
    pub sequence_number: Option<Vec<u8>>,
    /// ctlThisUpdate
    pub this_update: Time,
    /// ctlNextUpdate
    pub next_update: Option<Time>,
    /// The algorithm of subjectAlgorithm.
    pub subject_algorithm: Oid,
    entries: Vec<EntrySpan>,
    attributes: Vec<AttributeSpan>,
    /// ctlExtensions
    pub extensions: Vec<ListExtension>,
    /// Octets behind the list inside its message.
    pub trailing_octets: usize,
}

#[derive(Debug, Clone, Copy)]
struct EntrySpan {
    identifier: Span,
    first_attribute: usize,
    attribute_count: usize,
}

#[derive(Debug, Clone, Copy)]
struct AttributeSpan {
    kind: Span,
    values: Span,
}

/// An extension of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListExtension {
    /// extnID
    pub oid: Oid,
    /// critical
    pub critical: bool,
    /// Contents octets of extnValue.
    pub value: Vec<u8>,
}

/// One entry: whom it is about, and what is said of them.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    list: &'a TrustList,
    span: EntrySpan,
}

/// One attribute of an entry, in the order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryAttribute<'a> {
    /// Contents octets of the attribute's type.
    pub kind: &'a [u8],
    /// Contents octets of the SET of its values.
    pub values: &'a [u8],
}

/// A property of a certificate as a list gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListProperty<'a> {
    /// The property's number in `wincrypt.h`.
    pub id: u32,
    /// The octets of its value. None at all means that an earlier value is withdrawn.
    pub octets: &'a [u8],
}

/// A property's value, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PropertyValue {
    /// Text (property 11).
    Text(String),
    /// Object identifiers (9, 105, 122, 127).
    OidList(Vec<Oid>),
    /// A point in time (104, 126, 128).
    FileTime(Time),
    /// Present with no octets at all: an earlier value is withdrawn (reference, ctl 4.2).
    Withdrawn,
    /// Octets that are their own meaning: hashes, key identifiers, unknown properties.
    Octets(Vec<u8>),
    /// Policies with qualifiers (83).
    Policies(Vec<PolicyInformation>),
}

impl TrustList {
    /// Reads a list: the content of a signed message, not the message.
    ///
    /// # Errors
    /// If the octets are no list.
    pub fn from_der(octets: &[u8]) -> der::Result<Self> {
        Self::read(octets).map_err(|e| e.within("CertificateTrustList"))
    }

    fn read(octets: &[u8]) -> der::Result<Self> {
        let mut outermost = Reader::new(octets);
        let outer = outermost.expect(tag::SEQUENCE)?;
        let mut fields = outer.reader();
        let version =
            if fields.next_is(tag::INTEGER) { Some(fields.small_integer()?) } else { None };
        let usage = fields.expect(tag::SEQUENCE).map_err(|e| e.within("subjectUsage"))?;
        let usage = read_oid_list(usage.raw, usage.offset).map_err(|e| e.within("subjectUsage"))?;
        let list_identifier =
            fields.optional(tag::OCTET_STRING)?.map(|value| value.content.to_vec());
        let sequence_number =
            if fields.next_is(tag::INTEGER) { Some(fields.integer()?.to_vec()) } else { None };
        let this_update = Time::from_tlv(&fields.any()?).map_err(|e| e.within("ctlThisUpdate"))?;
        let next_update = match fields.peek() {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => {
                Some(Time::from_tlv(&fields.any()?).map_err(|e| e.within("ctlNextUpdate"))?)
            }
            _ => None,
        };
        let algorithm = fields
            .sequence()
            .and_then(|mut f| f.oid())
            .map_err(|e| e.within("subjectAlgorithm"))?;
        let mut list = Self {
            octets: outer.raw.into(),
            version,
            usage,
            list_identifier,
            sequence_number,
            this_update,
            next_update,
            subject_algorithm: Oid::from_octets(algorithm),
            entries: Vec::new(),
            attributes: Vec::new(),
            extensions: Vec::new(),
            trailing_octets: outermost.rest().len(),
        };
        if let Some(subjects) = fields.optional(tag::SEQUENCE)? {
            list.read_entries(&subjects)?;
        }
        if let Some(explicit) = fields.optional(tag::context_constructed(0))? {
            list.extensions = read_extensions(&explicit).map_err(|e| e.within("ctlExtensions"))?;
        }
        fields.finish()?;
        Ok(list)
    }

    fn read_entries(&mut self, subjects: &Tlv<'_>) -> der::Result<()> {
        let mut subjects = subjects.reader();
        while !subjects.is_empty() {
            if self.entries.len() >= MAX_ENTRIES {
                return Err(subjects.error(DerErrorKind::Value("more entries than MAX_ENTRIES")));
            }
            let mut fields = subjects.sequence().map_err(|e| e.within("TrustedSubject"))?;
            let identifier =
                fields.expect(tag::OCTET_STRING).map_err(|e| e.within("subjectIdentifier"))?;
            let first_attribute = self.attributes.len();
            if let Some(set) = fields.optional(tag::SET)? {
                self.read_attributes(&set).map_err(|e| e.within("subjectAttributes"))?;
            }
            self.entries.push(EntrySpan {
                identifier: Span::content(&identifier),
                first_attribute,
                attribute_count: self.attributes.len() - first_attribute,
            });
        }
        Ok(())
    }

    fn read_attributes(&mut self, set: &Tlv<'_>) -> der::Result<()> {
        let mut attributes = set.reader();
        while !attributes.is_empty() {
            let mut pair = attributes.sequence()?;
            let kind = pair.expect(tag::OBJECT_IDENTIFIER)?;
            let values = pair.expect(tag::SET)?;
            self.attributes
                .push(AttributeSpan { kind: Span::content(&kind), values: Span::content(&values) });
        }
        Ok(())
    }

    /// The encoding of the list itself.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.octets
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries, in order.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = Entry<'_>> {
        self.entries.iter().map(|span| Entry { list: self, span: *span })
    }

    /// The entry with this subject identifier.
    #[must_use]
    pub fn find(&self, identifier: &[u8]) -> Option<Entry<'_>> {
        self.entries().find(|entry| entry.identifier() == identifier)
    }

    /// The first subject identifier that stands twice, if any: a list must not hold one
    /// (reference, ctl 8).
    #[must_use]
    pub fn duplicate_identifier(&self) -> Option<&[u8]> {
        let mut identifiers: Vec<&[u8]> = self.entries().map(|e| e.identifier()).collect();
        identifiers.sort_unstable();
        identifiers.windows(2).find_map(|pair| match pair {
            [a, b] if a == b => Some(*a),
            _ => None,
        })
    }

    /// The list identifier as text, if it is UTF-16LE as the Windows Update lists have it. Only
    /// printable ASCII counts: a catalog's identifier is 16 octets of chance, and most of those are
    /// letters of some script.
    #[must_use]
    pub fn list_identifier_text(&self) -> Option<String> {
        let text = utf16_text(self.list_identifier.as_deref()?)?;
        let is_text = text.chars().all(|character| matches!(character, ' '..='~'));
        is_text.then_some(text)
    }

    /// The time a Windows Update list's sequence number stands for: its last eight octets are a
    /// big-endian FILETIME (measured on every list of 2006 to 2026).
    #[must_use]
    pub fn sequence_time(&self) -> Option<Time> {
        let number = self.sequence_number.as_deref()?;
        let octets = number.last_chunk::<8>()?;
        (number.len() <= 9).then(|| Time::from_filetime(i64::from_be_bytes(*octets)))
    }
}

fn read_extensions(explicit: &Tlv<'_>) -> der::Result<Vec<ListExtension>> {
    let mut extensions = Vec::new();
    let mut list = explicit.reader().sequence()?;
    while !list.is_empty() {
        let mut fields = list.sequence()?;
        let oid = Oid::from_octets(fields.oid()?);
        let critical = fields.next_is(tag::BOOLEAN) && fields.boolean()?;
        let value = fields.octet_string()?.into_owned();
        extensions.push(ListExtension { oid, critical, value });
    }
    Ok(extensions)
}

impl<'a> Entry<'a> {
    /// The subject identifier: in the root list the SHA-1 of the certificate, in the disallowed
    /// list a hash of its key or of its TBSCertificate, in pin rules a domain.
    #[must_use]
    pub fn identifier(&self) -> &'a [u8] {
        self.span.identifier.of(&self.list.octets)
    }

    /// Every attribute, in order.
    pub fn attributes(&self) -> impl Iterator<Item = EntryAttribute<'a>> + use<'a> {
        let Self { list, span } = *self;
        let range = span.first_attribute..span.first_attribute + span.attribute_count;
        list.attributes.get(range).unwrap_or_default().iter().map(|attribute| EntryAttribute {
            kind: attribute.kind.of(&list.octets),
            values: attribute.values.of(&list.octets),
        })
    }

    /// The attributes that are certificate properties, in order: type
    /// 1.3.6.1.4.1.311.10.11.N, one OCTET STRING (reference, ctl 4).
    pub fn properties(&self) -> impl Iterator<Item = ListProperty<'a>> + use<'a> {
        self.attributes().filter_map(|attribute| attribute.property())
    }

    /// The octets of this property.
    #[must_use]
    pub fn property(&self, id: u32) -> Option<&'a [u8]> {
        self.properties().find(|property| property.id == id).map(|property| property.octets)
    }
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({}, {} attributes)", hex(self.identifier()), self.span.attribute_count)
    }
}

impl fmt::Debug for TrustList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustList")
            .field("usage", &self.usage)
            .field("this_update", &self.this_update)
            .field("entries", &self.entries.len())
            .finish_non_exhaustive()
    }
}

impl<'a> EntryAttribute<'a> {
    /// This attribute as a certificate property, if it is one.
    #[must_use]
    pub fn property(&self) -> Option<ListProperty<'a>> {
        let number = self.kind.strip_prefix(oid::CERT_PROP_ID_PREFIX.as_octets())?;
        let id = match number {
            [id @ 0..=0x7f] => u32::from(*id),
            [high @ 0x81..=0xff, low @ 0..=0x7f] => u32::from(high & 0x7f) << 7 | u32::from(*low),
            _ => return None,
        };
        let value = Reader::new(self.values).expect(tag::OCTET_STRING).ok()?;
        Some(ListProperty { id, octets: value.content })
    }
}

impl ListProperty<'_> {
    /// The value, decoded as its property demands (reference, ctl 4).
    ///
    /// # Errors
    /// If the octets do not fit the property.
    pub fn value(&self) -> der::Result<PropertyValue> {
        let malformed = |what| der::DerError::new(DerErrorKind::Value(what), 0).within("property");
        Ok(match self.id {
            property::ENHKEY_USAGE
            | property::ROOT_PROGRAM_CHAIN_POLICIES
            | property::DISALLOWED_ENHKEY_USAGE
            | property::NOT_BEFORE_ENHKEY_USAGE => {
                PropertyValue::OidList(read_oid_list(self.octets, 0)?)
            }
            property::FRIENDLY_NAME => PropertyValue::Text(
                utf16_text(self.octets).ok_or_else(|| malformed("not UTF-16 text"))?,
            ),
            property::ROOT_PROGRAM_CERT_POLICIES => {
                PropertyValue::Policies(PolicyInformation::list(self.octets, 0)?)
            }
            property::DISALLOWED_FILETIME
            | property::NOT_BEFORE_FILETIME
            | property::DISALLOWED_CA_FILETIME => match self.octets {
                [] => PropertyValue::Withdrawn,
                octets => PropertyValue::FileTime(Time::from_filetime_octets(
                    octets.try_into().map_err(|_| malformed("a FILETIME has eight octets"))?,
                )),
            },
            _ => PropertyValue::Octets(self.octets.to_vec()),
        })
    }
}

/// UTF-16LE text without its terminating NUL.
#[must_use]
pub fn utf16_text(octets: &[u8]) -> Option<String> {
    let (units, rest) = octets.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
    let mut text = char::decode_utf16(units).collect::<Result<String, _>>().ok()?;
    if text.ends_with('\0') {
        text.pop();
    }
    Some(text)
}
