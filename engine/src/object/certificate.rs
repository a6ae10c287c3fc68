//! Certificates: parsed once, then values.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use super::extension::{
    AuthorityKeyIdentifier, BasicConstraints, CertificateTemplate, CrossCertDistPoints,
    DistributionPoint, KeyUsage, NameConstraints, PolicyConstraints, PolicyInformation,
    read_access_descriptions, read_oid_list, read_policy_mappings,
};
use super::general_name::GeneralName;
use super::name::Name;
use super::span::Span;
use crate::base::der::{self, DerError, DerErrorKind, Reader, tag};
use crate::base::digest::{md5, sha1, sha256};
use crate::base::oid::{self, Oid};
use crate::base::time::Time;

/// Extensions a certificate may have before it is refused. The most seen in 20 years of root
/// programs and stores is 18.
pub const MAX_EXTENSIONS: usize = 512;

/// Most certificates have so many extensions or fewer.
const USUAL_EXTENSIONS: usize = 10;

/// A certificate (RFC 5280, section 4.1), immutable and cheap to clone.
///
/// ```asn1
/// Certificate ::= SEQUENCE { tbsCertificate TBSCertificate,
///   signatureAlgorithm AlgorithmIdentifier, signature BIT STRING }
/// ```
///
/// CAPI2 also makes a context of a bare TBSCertificate (observed: CertCreateCertificateContext);
/// so does this, and [`Certificate::signature`] is then empty.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    der: Box<[u8]>,
    tbs: Span,
    version: i64,
    serial_number: Span,
    inner_algorithm: Span,
    issuer: Span,
    not_before: Time,
    not_after: Time,
    subject: Span,
    spki: Span,
    key: Span,
    outer_algorithm: Option<Span>,
    signature: Option<Span>,
    extensions: Vec<ExtensionSpan>,
    trailing: usize,
    decoded: OnceLock<Box<Extensions>>,
    sha1: OnceLock<[u8; 20]>,
    sha256: OnceLock<[u8; 32]>,
    key_id: OnceLock<Box<[u8]>>,
}

#[derive(Debug, Clone)]
pub(super) struct ExtensionSpan {
    oid: Span,
    critical: bool,
    value: Span,
}

impl ExtensionSpan {
    pub(super) fn of<'a>(&self, owner: &'a [u8]) -> RawExtension<'a> {
        RawExtension {
            oid: self.oid.of(owner),
            critical: self.critical,
            value: self.value.of(owner),
            offset: self.value.start(),
        }
    }
}

/// One extension as it stands in the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawExtension<'a> {
    /// Contents octets of extnID.
    pub oid: &'a [u8],
    /// critical
    pub critical: bool,
    /// Contents octets of extnValue.
    pub value: &'a [u8],
    /// Where they begin in the certificate.
    pub offset: usize,
}

/// An extension that is there: critical or not, and what decoding it gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<T> {
    /// critical
    pub critical: bool,
    /// The value, or why it cannot be read.
    pub value: der::Result<T>,
}

/// The extensions the chain rules read, decoded. `None` where the certificate has none.
///
/// Of an extension that stands twice, the first counts (CertFindExtension; documented).
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Extensions {
    /// basicConstraints, 2.5.29.19 or the obsolete 2.5.29.10
    pub basic_constraints: Option<Decoded<BasicConstraints>>,
    /// keyUsage
    pub key_usage: Option<Decoded<KeyUsage>>,
    /// authorityKeyIdentifier, 2.5.29.35 or the obsolete 2.5.29.1
    pub authority_key_identifier: Option<Decoded<AuthorityKeyIdentifier>>,
    /// subjectKeyIdentifier
    pub subject_key_identifier: Option<Decoded<Vec<u8>>>,
    /// extKeyUsage
    pub ext_key_usage: Option<Decoded<Vec<Oid>>>,
    /// Microsoft's application policies (1.3.6.1.4.1.311.21.10)
    pub application_policies: Option<Decoded<Vec<PolicyInformation>>>,
    /// certificatePolicies
    pub certificate_policies: Option<Decoded<Vec<PolicyInformation>>>,
    /// policyMappings
    pub policy_mappings: Option<Decoded<Vec<(Oid, Oid)>>>,
    /// Microsoft's application policy mappings (1.3.6.1.4.1.311.21.11)
    pub application_policy_mappings: Option<Decoded<Vec<(Oid, Oid)>>>,
    /// policyConstraints
    pub policy_constraints: Option<Decoded<PolicyConstraints>>,
    /// Microsoft's application policy constraints (1.3.6.1.4.1.311.21.12)
    pub application_policy_constraints: Option<Decoded<PolicyConstraints>>,
    /// inhibitAnyPolicy
    pub inhibit_any_policy: Option<Decoded<i64>>,
    /// nameConstraints
    pub name_constraints: Option<Decoded<NameConstraints>>,
    /// subjectAltName, 2.5.29.17 or the obsolete 2.5.29.7
    pub subject_alt_name: Option<Decoded<Vec<GeneralName>>>,
    /// cRLDistributionPoints
    pub crl_distribution_points: Option<Decoded<Vec<DistributionPoint>>>,
    /// freshestCRL
    pub freshest_crl: Option<Decoded<Vec<DistributionPoint>>>,
    /// authorityInfoAccess: method and location
    pub authority_info_access: Option<Decoded<Vec<(Oid, GeneralName)>>>,
    /// subjectInfoAccess: method and location
    pub subject_info_access: Option<Decoded<Vec<(Oid, GeneralName)>>>,
    /// issuerAltName, 2.5.29.18 or the obsolete 2.5.29.8
    pub issuer_alt_name: Option<Decoded<Vec<GeneralName>>>,
    /// Microsoft's certificate template (1.3.6.1.4.1.311.21.7)
    pub certificate_template: Option<Decoded<CertificateTemplate>>,
    /// Microsoft's certificate type name (1.3.6.1.4.1.311.20.2)
    pub enroll_certtype: Option<Decoded<String>>,
    /// Microsoft's CA version (1.3.6.1.4.1.311.21.1): the certificate's index in the low 16 bits,
    /// the key's in the high ones
    pub ca_version: Option<Decoded<i64>>,
    /// SHA-1 of the CA's previous certificate (1.3.6.1.4.1.311.21.2)
    pub previous_ca_hash: Option<Decoded<Vec<u8>>>,
    /// Microsoft's cross-certificate distribution points (1.3.6.1.4.1.311.10.9.1)
    pub cross_cert_dist_points: Option<Decoded<CrossCertDistPoints>>,
    /// id-pkix-ocsp-nocheck is there
    pub ocsp_nocheck: bool,
}

impl Certificate {
    /// Reads a certificate, or a bare TBSCertificate. Octets behind it are ignored, as CAPI2 does
    /// (observed), and counted in [`Certificate::trailing_octets`].
    ///
    /// # Errors
    /// If a field that CAPI2 needs cannot be read. Extensions are not decoded here: an extension
    /// that is malformed inside is a finding about the certificate, not a failure to read it.
    pub fn from_der(octets: &[u8]) -> der::Result<Self> {
        Self::read(octets).map_err(|e| e.within("Certificate"))
    }

    fn read(octets: &[u8]) -> der::Result<Self> {
        let mut outermost = Reader::new(octets);
        let outer = outermost.expect(tag::SEQUENCE)?;
        let trailing = outermost.rest().len();
        let der: Box<[u8]> = outer.raw.into();
        let mut fields = outer.reader();
        if !fields.next_is(tag::SEQUENCE) {
            let tbs = TbsCertificate::read(outer.reader())?;
            return Ok(Self::assemble(der, Span::raw(&outer), tbs, None, None, trailing));
        }
        let tbs = fields.expect(tag::SEQUENCE)?;
        let parsed = TbsCertificate::read(tbs.reader()).map_err(|e| e.within("TBSCertificate"))?;
        let algorithm = fields.expect(tag::SEQUENCE).map_err(|e| e.within("signatureAlgorithm"))?;
        let signature = fields.expect(tag::BIT_STRING).map_err(|e| e.within("signatureValue"))?;
        let (_, bits) = der::bit_string(&signature).map_err(|e| e.within("signatureValue"))?;
        let bits = Span::new(signature.content_offset() + 1, bits.len());
        Ok(Self::assemble(
            der,
            Span::raw(&tbs),
            parsed,
            Some(Span::raw(&algorithm)),
            Some(bits),
            trailing,
        ))
    }

    fn assemble(
        der: Box<[u8]>,
        tbs: Span,
        fields: TbsCertificate,
        outer_algorithm: Option<Span>,
        signature: Option<Span>,
        trailing: usize,
    ) -> Self {
        Self(Arc::new(Inner {
            der,
            tbs,
            version: fields.version,
            serial_number: fields.serial_number,
            inner_algorithm: fields.algorithm,
            issuer: fields.issuer,
            not_before: fields.not_before,
            not_after: fields.not_after,
            subject: fields.subject,
            spki: fields.spki,
            key: fields.key,
            outer_algorithm,
            signature,
            extensions: fields.extensions,
            trailing,
            decoded: OnceLock::new(),
            sha1: OnceLock::new(),
            sha256: OnceLock::new(),
            key_id: OnceLock::new(),
        }))
    }

    /// The encoding, without octets behind it.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// How many octets stood behind the certificate in what it was read from.
    #[must_use]
    pub fn trailing_octets(&self) -> usize {
        self.0.trailing
    }

    /// The encoded TBSCertificate: what the signature covers.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        self.0.tbs.of(&self.0.der)
    }

    /// version: 0 for v1, 2 for v3.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.0.version
    }

    /// serialNumber: big-endian octets as encoded.
    #[must_use]
    pub fn serial_number(&self) -> &[u8] {
        self.0.serial_number.of(&self.0.der)
    }

    /// issuer
    #[must_use]
    pub fn issuer(&self) -> Name<'_> {
        Name::new(self.0.issuer.of(&self.0.der))
    }

    /// subject
    #[must_use]
    pub fn subject(&self) -> Name<'_> {
        Name::new(self.0.subject.of(&self.0.der))
    }

    /// notBefore: the first moment of validity.
    #[must_use]
    pub fn not_before(&self) -> Time {
        self.0.not_before
    }

    /// notAfter: the last moment of validity, itself included.
    #[must_use]
    pub fn not_after(&self) -> Time {
        self.0.not_after
    }

    /// The encoded SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        self.0.spki.of(&self.0.der)
    }

    /// The octets of subjectPublicKey, without the count of unused bits: what CAPI2's public-key
    /// MD5 (property 25) is taken over.
    #[must_use]
    pub fn public_key_octets(&self) -> &[u8] {
        self.0.key.of(&self.0.der)
    }

    /// The encoded AlgorithmIdentifier the signature was made with: the outer one. A bare
    /// TBSCertificate has only the inner one.
    #[must_use]
    pub fn signature_algorithm(&self) -> &[u8] {
        self.0.outer_algorithm.unwrap_or(self.0.inner_algorithm).of(&self.0.der)
    }

    /// The encoded AlgorithmIdentifier inside the TBSCertificate.
    #[must_use]
    pub fn tbs_signature_algorithm(&self) -> &[u8] {
        self.0.inner_algorithm.of(&self.0.der)
    }

    /// Whether there is a signature around the TBSCertificate at all.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.0.signature.is_some()
    }

    /// The octets of the signature. Empty for a bare TBSCertificate.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        self.0.signature.map_or(&[], |span| span.of(&self.0.der))
    }

    /// Every extension as it stands there, in order.
    pub fn raw_extensions(&self) -> impl Iterator<Item = RawExtension<'_>> {
        self.0.extensions.iter().map(|extension| extension.of(&self.0.der))
    }

    /// The first extension of this type.
    #[must_use]
    pub fn raw_extension(&self, oid: &Oid) -> Option<RawExtension<'_>> {
        self.raw_extensions().find(|extension| extension.oid == oid.as_octets())
    }

    /// The extensions, decoded.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        self.0.decoded.get_or_init(|| Box::new(Extensions::decode(self)))
    }

    /// SHA-1 of the encoding: Windows' thumbprint.
    #[must_use]
    pub fn sha1(&self) -> [u8; 20] {
        *self.0.sha1.get_or_init(|| sha1(&self.0.der))
    }

    /// SHA-256 of the encoding.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        *self.0.sha256.get_or_init(|| sha256(&self.0.der))
    }

    /// MD5 of the encoded subject (property 29).
    #[must_use]
    pub fn subject_name_md5(&self) -> [u8; 16] {
        md5(self.subject().raw())
    }

    /// MD5 of the public key's octets (property 25): one of the keys of a disallowed list.
    #[must_use]
    pub fn public_key_md5(&self) -> [u8; 16] {
        md5(self.public_key_octets())
    }

    /// The key identifier CAPI2 gives this certificate (property 20): subjectKeyIdentifier, else
    /// SHA-1 of the encoded SubjectPublicKeyInfo (documented in wincrypt.h).
    #[must_use]
    pub fn key_identifier(&self) -> &[u8] {
        self.0.key_id.get_or_init(|| match &self.extensions().subject_key_identifier {
            Some(Decoded { value: Ok(id), .. }) => id.clone().into(),
            _ => sha1(self.spki()).into(),
        })
    }

    /// Whether issuer and subject are the same encoded name.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.issuer() == self.subject()
    }

    /// Whether this is a CA's certificate by its own word: basicConstraints says so, or it is a
    /// self-issued one of before version 3, which cannot.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        match &self.extensions().basic_constraints {
            Some(found) => found.ok().is_some_and(|constraints| constraints.ca),
            None => self.version() < 2 && self.is_self_issued(),
        }
    }

    /// Whether `time` lies within the validity period, both ends included (observed on Windows;
    /// CertVerifyTimeValidity).
    #[must_use]
    pub fn is_valid_at(&self, time: Time) -> bool {
        self.0.not_before <= time && time <= self.0.not_after
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl Hash for Certificate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.der.hash(state);
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject())
            .field("issuer", &self.issuer())
            .finish_non_exhaustive()
    }
}

struct TbsCertificate {
    version: i64,
    serial_number: Span,
    algorithm: Span,
    issuer: Span,
    not_before: Time,
    not_after: Time,
    subject: Span,
    spki: Span,
    key: Span,
    extensions: Vec<ExtensionSpan>,
}

impl TbsCertificate {
    fn read(mut fields: Reader<'_>) -> der::Result<Self> {
        let version = match fields.optional(tag::context_constructed(0))? {
            Some(explicit) => explicit.reader().small_integer().map_err(|e| e.within("version"))?,
            None => 0,
        };
        let serial_number = fields.expect(tag::INTEGER).map_err(|e| e.within("serialNumber"))?;
        if serial_number.content.is_empty() {
            let error = DerErrorKind::Value("empty INTEGER");
            return Err(serial_number.error(error).within("serialNumber"));
        }
        let algorithm = fields.expect(tag::SEQUENCE).map_err(|e| e.within("signature"))?;
        let issuer = fields.expect(tag::SEQUENCE).map_err(|e| e.within("issuer"))?;
        let mut validity = fields.sequence().map_err(|e| e.within("validity"))?;
        let mut time =
            || Time::from_tlv(&validity.any()?).map_err(|e: DerError| e.within("validity"));
        let (not_before, not_after) = (time()?, time()?);
        let subject = fields.expect(tag::SEQUENCE).map_err(|e| e.within("subject"))?;
        let spki = fields.expect(tag::SEQUENCE).map_err(|e| e.within("subjectPublicKeyInfo"))?;
        let mut key_fields = spki.reader();
        key_fields.expect(tag::SEQUENCE).map_err(|e| e.within("subjectPublicKeyInfo"))?;
        let key = key_fields.expect(tag::BIT_STRING).map_err(|e| e.within("subjectPublicKey"))?;
        let (_, bits) = der::bit_string(&key).map_err(|e| e.within("subjectPublicKey"))?;
        let key = Span::new(key.content_offset() + 1, bits.len());
        let mut extensions = Vec::new();
        while let Some(field) = fields.next()? {
            match field.tag & !0x20 {
                0x81 | 0x82 => {} // issuerUniqueID, subjectUniqueID: CAPI2 ignores them (observed)
                0x83 => extensions = read_extensions(field.reader())?,
                _ => return Err(field.error(DerErrorKind::Value("unknown field"))),
            }
        }
        Ok(Self {
            version,
            serial_number: Span::content(&serial_number),
            algorithm: Span::raw(&algorithm),
            issuer: Span::raw(&issuer),
            not_before,
            not_after,
            subject: Span::raw(&subject),
            spki: Span::raw(&spki),
            key,
            extensions,
        })
    }
}

/// Reads Extensions, the next value of `explicit`.
pub(super) fn read_extensions(mut explicit: Reader<'_>) -> der::Result<Vec<ExtensionSpan>> {
    let mut extensions = Vec::with_capacity(USUAL_EXTENSIONS);
    let mut list = explicit.sequence().map_err(|e| e.within("extensions"))?;
    while !list.is_empty() {
        if extensions.len() >= MAX_EXTENSIONS {
            let error = DerErrorKind::Value("more extensions than MAX_EXTENSIONS (512)");
            return Err(list.error(error));
        }
        let mut fields = list.sequence().map_err(|e| e.within("Extension"))?;
        let oid = fields.expect(tag::OBJECT_IDENTIFIER).map_err(|e| e.within("extnID"))?;
        let critical =
            fields.next_is(tag::BOOLEAN) && fields.boolean().map_err(|e| e.within("critical"))?;
        let value = fields.expect(tag::OCTET_STRING).map_err(|e| e.within("extnValue"))?;
        extensions.push(ExtensionSpan {
            oid: Span::content(&oid),
            critical,
            value: Span::content(&value),
        });
    }
    Ok(extensions)
}

impl Extensions {
    fn decode(certificate: &Certificate) -> Self {
        let mut found = Self::default();
        for extension in certificate.raw_extensions() {
            found.take(&extension);
        }
        for extension in certificate.raw_extensions() {
            found.take_obsolete(&extension);
        }
        found
    }

    fn take(&mut self, extension: &RawExtension<'_>) {
        let id = extension.oid;
        let is = |known: &Oid| known.as_octets() == id;
        if is(&oid::BASIC_CONSTRAINTS) {
            extension.fill(&mut self.basic_constraints, BasicConstraints::read);
        } else if is(&oid::KEY_USAGE) {
            extension.fill(&mut self.key_usage, KeyUsage::read);
        } else if is(&oid::AUTHORITY_KEY_IDENTIFIER) {
            extension.fill(&mut self.authority_key_identifier, AuthorityKeyIdentifier::read);
        } else if is(&oid::SUBJECT_KEY_IDENTIFIER) {
            extension.fill(&mut self.subject_key_identifier, |octets, base| {
                Reader::with_offset(octets, base).octet_string().map(std::borrow::Cow::into_owned)
            });
        } else if is(&oid::EXT_KEY_USAGE) {
            extension.fill(&mut self.ext_key_usage, read_oid_list);
        } else if is(&oid::APPLICATION_CERT_POLICIES) {
            extension.fill(&mut self.application_policies, PolicyInformation::list);
        } else if is(&oid::CERTIFICATE_POLICIES) {
            extension.fill(&mut self.certificate_policies, PolicyInformation::list);
        } else if is(&oid::POLICY_MAPPINGS) {
            extension.fill(&mut self.policy_mappings, read_policy_mappings);
        } else if is(&oid::APPLICATION_POLICY_MAPPINGS) {
            extension.fill(&mut self.application_policy_mappings, read_policy_mappings);
        } else if is(&oid::POLICY_CONSTRAINTS) {
            extension.fill(&mut self.policy_constraints, PolicyConstraints::read);
        } else if is(&oid::APPLICATION_POLICY_CONSTRAINTS) {
            extension.fill(&mut self.application_policy_constraints, PolicyConstraints::read);
        } else if is(&oid::INHIBIT_ANY_POLICY) {
            extension.fill(&mut self.inhibit_any_policy, |octets, base| {
                Reader::with_offset(octets, base).small_integer()
            });
        } else if is(&oid::NAME_CONSTRAINTS) {
            extension.fill(&mut self.name_constraints, NameConstraints::read);
        } else if is(&oid::SUBJECT_ALT_NAME) {
            extension.fill(&mut self.subject_alt_name, read_general_names);
        } else if is(&oid::CRL_DISTRIBUTION_POINTS) {
            extension.fill(&mut self.crl_distribution_points, DistributionPoint::list);
        } else if is(&oid::FRESHEST_CRL) {
            extension.fill(&mut self.freshest_crl, DistributionPoint::list);
        } else if is(&oid::AUTHORITY_INFO_ACCESS) {
            extension.fill(&mut self.authority_info_access, read_access_descriptions);
        } else if is(&oid::OCSP_NOCHECK) {
            self.ocsp_nocheck = true;
        } else {
            self.take_informative(extension);
        }
    }

    /// Extensions that no chain rule reads, but a person may ask for.
    fn take_informative(&mut self, extension: &RawExtension<'_>) {
        let is = |known: &Oid| known.as_octets() == extension.oid;
        if is(&oid::SUBJECT_INFO_ACCESS) {
            extension.fill(&mut self.subject_info_access, read_access_descriptions);
        } else if is(&oid::ISSUER_ALT_NAME) || is(&oid::OBSOLETE_ISSUER_ALT_NAME) {
            extension.fill(&mut self.issuer_alt_name, read_general_names);
        } else if is(&oid::CERTIFICATE_TEMPLATE) {
            extension.fill(&mut self.certificate_template, CertificateTemplate::read);
        } else if is(&oid::ENROLL_CERTTYPE) {
            extension.fill(&mut self.enroll_certtype, |octets, base| {
                let value = Reader::with_offset(octets, base).any()?;
                super::name::decode_string(value.tag, value.content)
                    .ok_or_else(|| value.error(DerErrorKind::Value("no text")))
            });
        } else if is(&oid::CERTSRV_CA_VERSION) {
            extension.fill(&mut self.ca_version, |octets, base| {
                Reader::with_offset(octets, base).small_integer()
            });
        } else if is(&oid::CERTSRV_PREVIOUS_CERT_HASH) {
            extension.fill(&mut self.previous_ca_hash, |octets, base| {
                Reader::with_offset(octets, base).octet_string().map(std::borrow::Cow::into_owned)
            });
        } else if is(&oid::CROSS_CERT_DIST_POINTS) {
            extension.fill(&mut self.cross_cert_dist_points, CrossCertDistPoints::read);
        }
    }

    fn take_obsolete(&mut self, extension: &RawExtension<'_>) {
        let is = |known: &Oid| known.as_octets() == extension.oid;
        if is(&oid::OBSOLETE_BASIC_CONSTRAINTS) {
            extension.fill(&mut self.basic_constraints, BasicConstraints::read_obsolete);
        } else if is(&oid::OBSOLETE_AUTHORITY_KEY_IDENTIFIER) {
            extension.fill(&mut self.authority_key_identifier, AuthorityKeyIdentifier::read);
        } else if is(&oid::OBSOLETE_SUBJECT_ALT_NAME) {
            extension.fill(&mut self.subject_alt_name, read_general_names);
        }
    }
}

fn read_general_names(octets: &[u8], base: usize) -> der::Result<Vec<GeneralName>> {
    GeneralName::list(&Reader::with_offset(octets, base).expect(tag::SEQUENCE)?)
}

impl RawExtension<'_> {
    /// Decodes this extension into `slot`, unless an earlier one of its type is there.
    pub(super) fn fill<T>(
        &self,
        slot: &mut Option<Decoded<T>>,
        read: impl FnOnce(&[u8], usize) -> der::Result<T>,
    ) {
        if slot.is_none() {
            let name = || oid::name_of(self.oid).unwrap_or("extension");
            let value = read(self.value, self.offset).map_err(|e| e.within(name()));
            *slot = Some(Decoded { critical: self.critical, value });
        }
    }
}

impl<T> Decoded<T> {
    /// The value, if it could be read.
    pub fn ok(&self) -> Option<&T> {
        self.value.as_ref().ok()
    }
}

#[cfg(test)]
mod tests;
