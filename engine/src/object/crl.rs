//! Certificate revocation lists: read once, looked up in logarithmic time.
//!
//! A list of half a million entries is common. Opening one walks its entries once to see that each
//! can be read; the first look-up, mostly the only one, walks them again; the second sorts an index
//! of eight octets an entry; entries themselves are decoded when they are asked for and never kept.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::atomic::{self, AtomicBool};
use std::sync::{Arc, OnceLock};

use super::certificate::{Decoded, ExtensionSpan, RawExtension, read_extensions};
use super::extension::{AuthorityKeyIdentifier, DistributionPoint, read_point_name};
use super::general_name::GeneralName;
use super::name::Name;
use super::span::Span;
use crate::base::der::{self, DerErrorKind, Reader, Tlv, tag, trim_integer};
use crate::base::digest::{hex, sha1, sha256};
use crate::base::oid::{self, Oid};
use crate::base::time::Time;

/// Octets a list may have: what 32-bit positions reach. Retrieval stops far below (100 MiB).
pub const MAX_CRL_OCTETS: usize = u32::MAX as usize;

/// Octets an entry's serial number may have. RFC 5280 allows 20; the longest seen have 64.
pub const MAX_SERIAL_OCTETS: usize = 4096;

/// A certificate revocation list (RFC 5280, section 5.1), immutable and cheap to clone.
///
/// ```asn1
/// CertificateList ::= SEQUENCE { tbsCertList TBSCertList,
///   signatureAlgorithm AlgorithmIdentifier, signatureValue BIT STRING }
/// TBSCertList ::= SEQUENCE { version INTEGER OPTIONAL, signature AlgorithmIdentifier,
///   issuer Name, thisUpdate Time, nextUpdate Time OPTIONAL,
///   revokedCertificates SEQUENCE OF RevokedCertificate OPTIONAL,
///   crlExtensions [0] EXPLICIT Extensions OPTIONAL }
/// ```
///
/// CAPI2 also makes a context of a bare TBSCertList (observed: CertCreateCRLContext); so does
/// this, and [`Crl::signature`] is then empty.
#[derive(Clone)]
pub struct Crl(Arc<Inner>);

struct Inner {
    der: Box<[u8]>,
    tbs: Span,
    fields: TbsCertList,
    outer_algorithm: Option<Span>,
    signature: Option<Span>,
    trailing: usize,
    /// Whether an entry has been looked for.
    is_searched: AtomicBool,
    index: OnceLock<Box<[EntryPosition]>>,
    decoded: OnceLock<Box<CrlExtensions>>,
    sha1: OnceLock<[u8; 20]>,
    sha256: OnceLock<[u8; 32]>,
}

/// Where an entry stands, and in it its serial number without sign octets.
#[derive(Clone, Copy)]
struct EntryPosition {
    entry: u32,
    serial: u16,
    serial_length: u16,
}

/// cRLNumber or BaseCRLNumber (RFC 5280, section 5.2.3): up to 20 octets, compared as a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlNumber(Vec<u8>);

/// issuingDistributionPoint (RFC 5280, section 5.2.5): what the list is about.
///
/// ```asn1
/// IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0] DistributionPointName OPTIONAL,
///   onlyContainsUserCerts [1] BOOLEAN DEFAULT FALSE,
///   onlyContainsCACerts [2] BOOLEAN DEFAULT FALSE,
///   onlySomeReasons [3] ReasonFlags OPTIONAL, indirectCRL [4] BOOLEAN DEFAULT FALSE,
///   onlyContainsAttributeCerts [5] BOOLEAN DEFAULT FALSE }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IssuingDistributionPoint {
    /// distributionPoint: fullName
    pub full_name: Vec<GeneralName>,
    /// distributionPoint: nameRelativeToCRLIssuer, encoded
    pub relative_name: Option<Vec<u8>>,
    /// onlyContainsUserCerts
    pub only_contains_user_certs: bool,
    /// onlyContainsCACerts
    pub only_contains_ca_certs: bool,
    /// onlySomeReasons: the octets of the BIT STRING
    pub only_some_reasons: Option<Vec<u8>>,
    /// indirectCRL
    pub indirect_crl: bool,
    /// onlyContainsAttributeCerts
    pub only_contains_attribute_certs: bool,
}

/// The extensions the revocation rules read, decoded. `None` where the list has none.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct CrlExtensions {
    /// authorityKeyIdentifier
    pub authority_key_identifier: Option<Decoded<AuthorityKeyIdentifier>>,
    /// cRLNumber
    pub crl_number: Option<Decoded<CrlNumber>>,
    /// deltaCRLIndicator: the number of the list this one continues
    pub delta_crl_indicator: Option<Decoded<CrlNumber>>,
    /// issuingDistributionPoint
    pub issuing_distribution_point: Option<Decoded<IssuingDistributionPoint>>,
    /// freshestCRL: where the deltas to this list are
    pub freshest_crl: Option<Decoded<Vec<DistributionPoint>>>,
    /// Next CRL Publish (1.3.6.1.4.1.311.21.4): when the CA makes the next list
    pub next_publish: Option<Decoded<Time>>,
    /// CRL Virtual Base (1.3.6.1.4.1.311.21.3): the base number this list stands for
    pub virtual_base: Option<Decoded<CrlNumber>>,
    /// Critical extensions of other types.
    pub unknown_critical: Vec<Oid>,
}

/// Why a certificate was revoked (RFC 5280, section 5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevocationReason {
    /// unspecified (0), also when no reason is given
    Unspecified,
    /// keyCompromise (1)
    KeyCompromise,
    /// cACompromise (2)
    CaCompromise,
    /// affiliationChanged (3)
    AffiliationChanged,
    /// superseded (4)
    Superseded,
    /// cessationOfOperation (5)
    CessationOfOperation,
    /// certificateHold (6)
    CertificateHold,
    /// removeFromCRL (8): no longer revoked. Only in a delta.
    RemoveFromCrl,
    /// privilegeWithdrawn (9)
    PrivilegeWithdrawn,
    /// aACompromise (10)
    AaCompromise,
    /// A number RFC 5280 does not define.
    Other(i64),
}

/// One entry of a list.
///
/// ```asn1
/// RevokedCertificate ::= SEQUENCE { userCertificate INTEGER, revocationDate Time,
///   crlEntryExtensions Extensions OPTIONAL }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlEntry<'a> {
    /// userCertificate: big-endian octets as encoded.
    pub serial_number: &'a [u8],
    /// revocationDate
    pub revocation_date: Time,
    /// reasonCode, if there is a readable one.
    pub reason: Option<RevocationReason>,
    /// invalidityDate: since when the key may have been misused.
    pub invalidity_date: Option<Time>,
    /// certificateIssuer, of this very entry. That it also holds for the entries behind it
    /// (RFC 5280, section 5.3.3) is left to the caller.
    pub certificate_issuer: Option<Vec<GeneralName>>,
    /// Critical entry extensions of other types.
    pub unknown_critical: Vec<Oid>,
}

impl Crl {
    /// Reads a list, or a bare TBSCertList. Octets behind it are ignored, as CAPI2 does
    /// (observed), and counted in [`Crl::trailing_octets`].
    ///
    /// # Errors
    /// If a field or an entry cannot be read, or the list is longer than [`MAX_CRL_OCTETS`]. What
    /// is inside an extension is decoded later.
    pub fn from_der(octets: &[u8]) -> der::Result<Self> {
        Self::read(octets).map_err(|e| e.within("CertificateList"))
    }

    fn read(octets: &[u8]) -> der::Result<Self> {
        let mut outermost = Reader::new(octets);
        let outer = outermost.expect(tag::SEQUENCE)?;
        if outer.raw.len() > MAX_CRL_OCTETS {
            return Err(outer.error(DerErrorKind::TooLarge));
        }
        let mut inner = Inner {
            der: outer.raw.into(),
            tbs: Span::raw(&outer),
            fields: TbsCertList::default(),
            outer_algorithm: None,
            signature: None,
            trailing: outermost.rest().len(),
            is_searched: AtomicBool::new(false),
            index: OnceLock::new(),
            decoded: OnceLock::new(),
            sha1: OnceLock::new(),
            sha256: OnceLock::new(),
        };
        if is_bare(&outer) {
            inner.fields = TbsCertList::read(outer.reader())?;
        } else {
            let mut fields = outer.reader();
            let tbs = fields.expect(tag::SEQUENCE)?;
            inner.tbs = Span::raw(&tbs);
            inner.fields = TbsCertList::read(tbs.reader()).map_err(|e| e.within("TBSCertList"))?;
            let algorithm =
                fields.expect(tag::SEQUENCE).map_err(|e| e.within("signatureAlgorithm"))?;
            let signature =
                fields.expect(tag::BIT_STRING).map_err(|e| e.within("signatureValue"))?;
            let (_, bits) = der::bit_string(&signature).map_err(|e| e.within("signatureValue"))?;
            inner.outer_algorithm = Some(Span::raw(&algorithm));
            inner.signature = Some(Span::new(signature.content_offset() + 1, bits.len()));
        }
        Ok(Self(Arc::new(inner)))
    }

    /// The encoding, without octets behind it.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// How many octets stood behind the list in what it was read from.
    #[must_use]
    pub fn trailing_octets(&self) -> usize {
        self.0.trailing
    }

    /// The encoded TBSCertList: what the signature covers.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        self.0.tbs.of(&self.0.der)
    }

    /// version: 0 for v1, 1 for v2.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.0.fields.version
    }

    /// issuer
    #[must_use]
    pub fn issuer(&self) -> Name<'_> {
        Name::new(self.0.fields.issuer.of(&self.0.der))
    }

    /// thisUpdate: when the list was made.
    #[must_use]
    pub fn this_update(&self) -> Time {
        self.0.fields.this_update
    }

    /// nextUpdate: until when the list holds. Without one it never expires (documented).
    #[must_use]
    pub fn next_update(&self) -> Option<Time> {
        self.0.fields.next_update
    }

    /// The encoded AlgorithmIdentifier the signature was made with: the outer one. A bare
    /// TBSCertList has only the inner one.
    #[must_use]
    pub fn signature_algorithm(&self) -> &[u8] {
        self.0.outer_algorithm.unwrap_or(self.0.fields.algorithm).of(&self.0.der)
    }

    /// The encoded AlgorithmIdentifier inside the TBSCertList.
    #[must_use]
    pub fn tbs_signature_algorithm(&self) -> &[u8] {
        self.0.fields.algorithm.of(&self.0.der)
    }

    /// The octets of the signature. Empty for a bare TBSCertList.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        self.0.signature.map_or(&[], |span| span.of(&self.0.der))
    }

    /// SHA-1 of the encoding.
    #[must_use]
    pub fn sha1(&self) -> [u8; 20] {
        *self.0.sha1.get_or_init(|| sha1(&self.0.der))
    }

    /// SHA-256 of the encoding.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        *self.0.sha256.get_or_init(|| sha256(&self.0.der))
    }

    /// Every extension of the list as it stands there, in order.
    pub fn raw_extensions(&self) -> impl Iterator<Item = RawExtension<'_>> {
        self.0.fields.extensions.iter().map(|extension| extension.of(&self.0.der))
    }

    /// The extensions, decoded.
    #[must_use]
    pub fn extensions(&self) -> &CrlExtensions {
        self.0.decoded.get_or_init(|| Box::new(CrlExtensions::decode(self)))
    }

    /// Whether this list only continues another one (deltaCRLIndicator is there).
    #[must_use]
    pub fn is_delta(&self) -> bool {
        self.extensions().delta_crl_indicator.is_some()
    }

    /// How many certificates are listed.
    #[must_use]
    pub fn entry_count(&self) -> usize {
        self.0.fields.entry_count
    }

    /// Every entry, in the order of the list.
    pub fn entries(&self) -> impl Iterator<Item = CrlEntry<'_>> {
        let mut list = self.list();
        std::iter::from_fn(move || CrlEntry::read(&list.next().ok()??, self.der()).ok())
    }

    /// The entries with this serial number, compared without sign octets as CAPI2 compares them
    /// (documented), in the order of the list. More than one is rare.
    pub fn find(&self, serial_number: &[u8]) -> impl Iterator<Item = CrlEntry<'_>> {
        let wanted = trim_integer(serial_number);
        // sorting takes several times as long as a walk, and most lists are asked once
        let found = if self.0.is_searched.swap(true, atomic::Ordering::Relaxed) {
            Cow::Borrowed(self.indexed(wanted))
        } else {
            Cow::Owned(self.walked(wanted))
        };
        (0..found.len()).filter_map(move |at| self.entry_at(*found.get(at)?))
    }

    fn indexed(&self, wanted: &[u8]) -> &[EntryPosition] {
        let index = self.0.index.get_or_init(|| self.build_index());
        let start = index.partition_point(|at| at.serial(self.der()) < wanted);
        let from_first = index.get(start..).unwrap_or_default();
        let count = from_first.partition_point(|at| at.serial(self.der()) == wanted);
        from_first.get(..count).unwrap_or_default()
    }

    fn walked(&self, wanted: &[u8]) -> Vec<EntryPosition> {
        self.positions().filter(|at| at.serial(self.der()) == wanted).collect()
    }

    /// Where each entry stands, in the order of the list.
    fn positions(&self) -> impl Iterator<Item = EntryPosition> {
        let mut list = self.list();
        // every entry was seen to fit when the list was opened
        std::iter::from_fn(move || EntryPosition::of(&list.next().ok()??))
    }

    fn list(&self) -> Reader<'_> {
        let span = self.0.fields.entries;
        Reader::with_offset(span.of(&self.0.der), span.start())
    }

    fn build_index(&self) -> Box<[EntryPosition]> {
        let mut index = Vec::with_capacity(self.entry_count());
        index.extend(self.positions());
        let der = self.der();
        index.sort_unstable_by(|a: &EntryPosition, b| {
            a.serial(der).cmp(b.serial(der)).then(a.entry.cmp(&b.entry))
        });
        index.into_boxed_slice()
    }

    fn entry_at(&self, position: EntryPosition) -> Option<CrlEntry<'_>> {
        let start = position.entry as usize;
        let mut reader = Reader::with_offset(self.der().get(start..)?, start);
        CrlEntry::read(&reader.any().ok()?, self.der()).ok()
    }
}

impl EntryPosition {
    /// `None` if the entry has no serial number, or one longer than [`MAX_SERIAL_OCTETS`].
    fn of(entry: &Tlv<'_>) -> Option<Self> {
        let serial = entry.reader().expect(tag::INTEGER).ok()?;
        if serial.content.len() > MAX_SERIAL_OCTETS {
            return None;
        }
        let trimmed = trim_integer(serial.content).len();
        let start = serial.content_offset() + serial.content.len() - trimmed;
        Some(Self {
            entry: u32::try_from(entry.offset).ok()?,
            serial: u16::try_from(start.checked_sub(entry.offset)?).ok()?,
            serial_length: u16::try_from(trimmed).ok()?,
        })
    }

    fn serial(self, owner: &[u8]) -> &[u8] {
        let start = self.entry as usize + usize::from(self.serial);
        Span::new(start, usize::from(self.serial_length)).of(owner)
    }
}

/// Whether the outer SEQUENCE is a TBSCertList itself: it begins with a version, or, without one,
/// with an AlgorithmIdentifier, where a CertificateList has a SEQUENCE of neither kind.
fn is_bare(outer: &Tlv<'_>) -> bool {
    let mut fields = outer.reader();
    match fields.next() {
        Ok(Some(first)) if first.tag == tag::SEQUENCE => {
            first.reader().next_is(tag::OBJECT_IDENTIFIER)
        }
        Ok(Some(first)) => first.tag == tag::INTEGER,
        _ => false,
    }
}

#[derive(Default)]
struct TbsCertList {
    version: i64,
    algorithm: Span,
    issuer: Span,
    this_update: Time,
    next_update: Option<Time>,
    /// contents octets of revokedCertificates
    entries: Span,
    entry_count: usize,
    extensions: Vec<ExtensionSpan>,
}

impl TbsCertList {
    fn read(mut fields: Reader<'_>) -> der::Result<Self> {
        let mut tbs = Self::default();
        if fields.next_is(tag::INTEGER) {
            tbs.version = fields.small_integer().map_err(|e| e.within("version"))?;
        }
        let algorithm = fields.expect(tag::SEQUENCE).map_err(|e| e.within("signature"))?;
        tbs.algorithm = Span::raw(&algorithm);
        let issuer = fields.expect(tag::SEQUENCE).map_err(|e| e.within("issuer"))?;
        tbs.issuer = Span::raw(&issuer);
        let this_update = fields.any().map_err(|e| e.within("thisUpdate"))?;
        tbs.this_update = Time::from_tlv(&this_update).map_err(|e| e.within("thisUpdate"))?;
        if fields.next_is(tag::UTC_TIME) || fields.next_is(tag::GENERALIZED_TIME) {
            let next_update = fields.any().map_err(|e| e.within("nextUpdate"))?;
            let time = Time::from_tlv(&next_update).map_err(|e| e.within("nextUpdate"))?;
            tbs.next_update = Some(time);
        }
        if let Some(entries) = fields.optional(tag::SEQUENCE)? {
            tbs.entries = Span::content(&entries);
            tbs.entry_count =
                check_entries(entries.reader()).map_err(|e| e.within("revokedCertificates"))?;
        }
        if let Some(extensions) = fields.optional(tag::context_constructed(0))? {
            tbs.extensions = read_extensions(extensions.reader())?;
        }
        fields.finish()?;
        Ok(tbs)
    }
}

/// Sees that every entry has a serial number and a date. Returns how many there are.
fn check_entries(mut list: Reader<'_>) -> der::Result<usize> {
    let mut count = 0;
    while let Some(entry) = list.next()? {
        let mut fields = entry.expect(tag::SEQUENCE)?.reader();
        let serial = fields.expect(tag::INTEGER)?;
        if serial.content.is_empty() {
            return Err(serial.error(DerErrorKind::Value("empty INTEGER")));
        }
        if EntryPosition::of(&entry).is_none() {
            return Err(serial.error(DerErrorKind::TooLarge));
        }
        Time::from_tlv(&fields.any()?)?;
        count += 1;
    }
    Ok(count)
}

impl<'a> CrlEntry<'a> {
    /// `owner` is the whole list, which offsets count from.
    fn read(entry: &Tlv<'a>, owner: &'a [u8]) -> der::Result<Self> {
        let mut fields = entry.reader();
        let mut found = Self {
            serial_number: fields.integer()?,
            revocation_date: Time::from_tlv(&fields.any()?)?,
            reason: None,
            invalidity_date: None,
            certificate_issuer: None,
            unknown_critical: Vec::new(),
        };
        // an entry whose extensions cannot be read still revokes
        let extensions = if fields.is_empty() { Ok(Vec::new()) } else { read_extensions(fields) };
        for extension in extensions.unwrap_or_default() {
            found.take(&extension.of(owner));
        }
        Ok(found)
    }

    fn take(&mut self, extension: &RawExtension<'_>) {
        let is = |known: &Oid| known.as_octets() == extension.oid;
        let mut value = Reader::with_offset(extension.value, extension.offset);
        if is(&oid::CRL_REASON) {
            let reason = value.expect(tag::ENUMERATED).and_then(|v| der::small_integer(&v));
            self.reason = self.reason.or(reason.ok().map(RevocationReason::from_number));
        } else if is(&oid::INVALIDITY_DATE) {
            let date = value.any().and_then(|v| Time::from_tlv(&v));
            self.invalidity_date = self.invalidity_date.or(date.ok());
        } else if is(&oid::CERTIFICATE_ISSUER) {
            let names = value.expect(tag::SEQUENCE).and_then(|v| GeneralName::list(&v));
            self.certificate_issuer = self.certificate_issuer.take().or(names.ok());
        } else if extension.critical && extension.oid != HOLD_INSTRUCTION {
            self.unknown_critical.push(Oid::from_octets(extension.oid));
        }
    }
}

impl CrlExtensions {
    fn decode(crl: &Crl) -> Self {
        let mut found = Self::default();
        for extension in crl.raw_extensions() {
            found.take(&extension);
        }
        found
    }

    fn take(&mut self, extension: &RawExtension<'_>) {
        let is = |known: &Oid| known.as_octets() == extension.oid;
        if is(&oid::AUTHORITY_KEY_IDENTIFIER) {
            extension.fill(&mut self.authority_key_identifier, AuthorityKeyIdentifier::read);
        } else if is(&oid::CRL_NUMBER) {
            extension.fill(&mut self.crl_number, CrlNumber::read);
        } else if is(&oid::DELTA_CRL_INDICATOR) {
            extension.fill(&mut self.delta_crl_indicator, CrlNumber::read);
        } else if is(&oid::ISSUING_DISTRIBUTION_POINT) {
            extension.fill(&mut self.issuing_distribution_point, IssuingDistributionPoint::read);
        } else if is(&oid::FRESHEST_CRL) {
            extension.fill(&mut self.freshest_crl, DistributionPoint::list);
        } else if is(&oid::CRL_NEXT_PUBLISH) {
            extension.fill(&mut self.next_publish, |octets, base| {
                Time::from_tlv(&Reader::with_offset(octets, base).any()?)
            });
        } else if is(&oid::CRL_VIRTUAL_BASE) {
            extension.fill(&mut self.virtual_base, CrlNumber::read);
        } else if extension.critical && !TOLERATED.iter().any(is) {
            self.unknown_critical.push(Oid::from_octets(extension.oid));
        }
    }
}

impl CrlNumber {
    fn read(octets: &[u8], base: usize) -> der::Result<Self> {
        let number = Reader::with_offset(octets, base).integer()?;
        let zeros = number.iter().take_while(|octet| **octet == 0).count();
        Ok(Self(number.get(zeros..).unwrap_or_default().to_vec()))
    }
}

impl Ord for CrlNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for CrlNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for CrlNumber {
    /// Decimal up to 128 bits, hexadecimal beyond.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.len() > 16 {
            return write!(f, "0x{}", hex(&self.0));
        }
        let value = self.0.iter().fold(0u128, |value, octet| value << 8 | u128::from(*octet));
        write!(f, "{value}")
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
                0x81 => found.only_contains_user_certs = der::boolean(&field)?,
                0x82 => found.only_contains_ca_certs = der::boolean(&field)?,
                0x83 => found.only_some_reasons = Some(der::bit_string(&field)?.1.to_vec()),
                0x84 => found.indirect_crl = der::boolean(&field)?,
                0x85 => found.only_contains_attribute_certs = der::boolean(&field)?,
                _ => return Err(field.error(DerErrorKind::Value("unknown field"))),
            }
        }
        Ok(found)
    }
}

impl RevocationReason {
    /// From the number of a CRLReason.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        match number {
            0 => Self::Unspecified,
            1 => Self::KeyCompromise,
            2 => Self::CaCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::CertificateHold,
            8 => Self::RemoveFromCrl,
            9 => Self::PrivilegeWithdrawn,
            10 => Self::AaCompromise,
            other => Self::Other(other),
        }
    }

    /// The number of the CRLReason.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::CertificateHold => 6,
            Self::RemoveFromCrl => 8,
            Self::PrivilegeWithdrawn => 9,
            Self::AaCompromise => 10,
            Self::Other(other) => other,
        }
    }

    /// RFC 5280's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
            Self::Other(_) => "unknown reason",
        }
    }
}

impl PartialEq for Crl {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.der == other.0.der
    }
}

impl Eq for Crl {}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crl")
            .field("issuer", &self.issuer())
            .field("this_update", &self.this_update().to_string())
            .field("entries", &self.entry_count())
            .finish_non_exhaustive()
    }
}

/// holdInstructionCode (2.5.29.23, RFC 3280): known and of no effect.
const HOLD_INSTRUCTION: &[u8] = &[0x55, 0x1d, 0x17];

/// Extensions that change nothing about what a list says, critical or not.
const TOLERATED: [Oid; 4] =
    [oid::ISSUER_ALT_NAME, oid::AUTHORITY_INFO_ACCESS, oid::CERTSRV_CA_VERSION, oid::CRL_SELF_CDP];

#[cfg(test)]
mod tests;
