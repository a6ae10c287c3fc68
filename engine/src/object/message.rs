//! Signed messages: PKCS #7 SignedData and its successor in CMS.

use std::sync::Arc;

use super::certificate::Certificate;
use super::span::Span;
use crate::base::der::{self, DerErrorKind, Reader, Tlv, tag};
use crate::base::oid::{self, Oid};

/// Signers, certificates or CRLs a message may hold before it is refused.
///
/// The largest bundles in the wild (Windows' stores exported as PKCS #7) hold some 20,000.
pub const MAX_MEMBERS: usize = 200_000;

/// SignedData (RFC 2315, section 9.1; RFC 5652, section 5.1).
///
/// ```asn1
/// SignedData ::= SEQUENCE { version INTEGER, digestAlgorithms SET OF AlgorithmIdentifier,
///   contentInfo SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY OPTIONAL },
///   certificates [0] IMPLICIT SET OPTIONAL, crls [1] IMPLICIT SET OPTIONAL,
///   signerInfos SET OF SignerInfo }
/// ```
#[derive(Debug, Clone)]
pub struct SignedData {
    octets: Arc<[u8]>,
    /// version
    pub version: i64,
    /// Encoded AlgorithmIdentifiers of digestAlgorithms.
    digest_algorithms: Vec<Span>,
    /// contentType of the content.
    pub content_type: Oid,
    content: Option<Content>,
    certificates: Vec<Span>,
    crls: Vec<Span>,
    /// signerInfos
    pub signers: Vec<SignerInfo>,
    /// Octets behind the message.
    pub trailing_octets: usize,
}

#[derive(Debug, Clone, Copy)]
struct Content {
    tag: u8,
    raw: Span,
    content: Span,
}

/// One signer (RFC 5652, section 5.3).
#[derive(Debug, Clone)]
pub struct SignerInfo {
    octets: Arc<[u8]>,
    /// version
    pub version: i64,
    /// Who signed.
    pub identifier: SignerIdentifier,
    digest_algorithm: Span,
    signed_attributes: Option<Span>,
    signature_algorithm: Span,
    signature: Span,
    /// Attributes the signature covers.
    pub signed: Vec<Attribute>,
    /// Attributes it does not.
    pub unsigned: Vec<Attribute>,
}

/// How a SignerInfo names its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignerIdentifier {
    /// issuerAndSerialNumber
    IssuerAndSerialNumber {
        /// The encoded name.
        issuer: Vec<u8>,
        /// Big-endian octets.
        serial_number: Vec<u8>,
    },
    /// subjectKeyIdentifier `[0]`
    SubjectKeyIdentifier(Vec<u8>),
}

/// An attribute: its type and its encoded values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The type.
    pub kind: Oid,
    /// The encoded values of the SET.
    pub values: Vec<Vec<u8>>,
}

/// The contentType of a ContentInfo, and the value inside its `[0]`.
///
/// # Errors
/// If the octets are no ContentInfo.
pub fn read_content_info<'a>(outer: &Tlv<'a>) -> der::Result<(&'a [u8], Option<Tlv<'a>>)> {
    let mut fields = outer.reader();
    let kind = fields.oid().map_err(|e| e.within("contentType"))?;
    let content = match fields.optional(tag::context_constructed(0))? {
        Some(explicit) => Some(explicit.reader().any().map_err(|e| e.within("content"))?),
        None => None,
    };
    Ok((kind, content))
}

impl SignedData {
    /// Reads a ContentInfo that holds SignedData.
    ///
    /// # Errors
    /// If the octets are anything else, or malformed.
    pub fn from_der(octets: &[u8]) -> der::Result<Self> {
        Self::read(octets).map_err(|e| e.within("SignedData"))
    }

    fn read(octets: &[u8]) -> der::Result<Self> {
        let mut outermost = Reader::new(octets);
        let outer = outermost.expect(tag::SEQUENCE).map_err(|e| e.within("ContentInfo"))?;
        let trailing_octets = outermost.rest().len();
        let (kind, content) = read_content_info(&outer).map_err(|e| e.within("ContentInfo"))?;
        let wrong = || outer.error(DerErrorKind::Value("no signed message")).within("ContentInfo");
        if kind != oid::PKCS7_SIGNED_DATA.as_octets() {
            return Err(wrong());
        }
        let body = content.ok_or_else(wrong)?.expect(tag::SEQUENCE)?;
        let shared: Arc<[u8]> = outer.raw.into();
        let mut fields = body.reader();
        let version = fields.small_integer().map_err(|e| e.within("version"))?;
        let algorithms = fields.expect(tag::SET).map_err(|e| e.within("digestAlgorithms"))?;
        let digest_algorithms = spans(&algorithms)?;
        let info = fields.expect(tag::SEQUENCE).map_err(|e| e.within("contentInfo"))?;
        let (content_type, content) = read_content_info(&info)?;
        let mut found = Self {
            octets: Arc::clone(&shared),
            version,
            digest_algorithms,
            content_type: Oid::from_octets(content_type),
            content: content.map(|value| Content {
                tag: value.tag,
                raw: Span::raw(&value),
                content: Span::content(&value),
            }),
            certificates: Vec::new(),
            crls: Vec::new(),
            signers: Vec::new(),
            trailing_octets,
        };
        if let Some(set) = fields.optional(tag::context_constructed(0))? {
            found.certificates = spans(&set).map_err(|e| e.within("certificates"))?;
        }
        if let Some(set) = fields.optional(tag::context_constructed(1))? {
            found.crls = spans(&set).map_err(|e| e.within("crls"))?;
        }
        let mut signers = fields.set().map_err(|e| e.within("signerInfos"))?;
        while let Some(value) = signers.next()? {
            if found.signers.len() >= MAX_MEMBERS {
                return Err(value.error(DerErrorKind::Value("more members than MAX_MEMBERS")));
            }
            found
                .signers
                .push(SignerInfo::read(&value, &shared).map_err(|e| e.within("SignerInfo"))?);
        }
        Ok(found)
    }

    /// The encoding, without octets behind it.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.octets
    }

    /// Encoded AlgorithmIdentifiers of digestAlgorithms.
    pub fn digest_algorithms(&self) -> impl Iterator<Item = &[u8]> {
        self.digest_algorithms.iter().map(|span| span.of(&self.octets))
    }

    /// All octets of the content, tag and length included. `None` for a detached signature.
    #[must_use]
    pub fn content_raw(&self) -> Option<&[u8]> {
        self.content.map(|content| content.raw.of(&self.octets))
    }

    /// What the message digest is taken over: the content's contents octets, without tag and
    /// length (RFC 2315, section 9.3; measured on every list of 2006 to 2026). For an OCTET STRING
    /// this is also what CMS says.
    #[must_use]
    pub fn digested_octets(&self) -> &[u8] {
        self.content.map_or(&[], |content| content.content.of(&self.octets))
    }

    /// The content itself: what an OCTET STRING holds (CMS), or the value of any other type as it
    /// stands (PKCS #7 1.5).
    ///
    /// # Errors
    /// If there is none, or a constructed OCTET STRING is malformed.
    pub fn content(&self) -> der::Result<std::borrow::Cow<'_, [u8]>> {
        let Some(content) = self.content else {
            return Err(der::DerError::new(DerErrorKind::UnexpectedEnd, 0).within("content"));
        };
        let raw = content.raw.of(&self.octets);
        if content.tag & !0x20 == tag::OCTET_STRING {
            return Reader::with_offset(raw, content.raw.start()).octet_string();
        }
        Ok(std::borrow::Cow::Borrowed(raw))
    }

    /// Where the content begins in the message.
    #[must_use]
    pub fn content_offset(&self) -> usize {
        self.content.map_or(0, |content| match content.tag & !0x20 {
            tag::OCTET_STRING => content.content.start(),
            _ => content.raw.start(),
        })
    }

    /// The encoded certificates, in order, whatever kind they are of.
    pub fn raw_certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.certificates.iter().map(|span| span.of(&self.octets))
    }

    /// The certificates that can be read, in order.
    #[must_use]
    pub fn certificates(&self) -> Vec<Certificate> {
        self.raw_certificates().filter_map(|octets| Certificate::from_der(octets).ok()).collect()
    }

    /// The encoded CRLs, in order.
    pub fn raw_crls(&self) -> impl Iterator<Item = &[u8]> {
        self.crls.iter().map(|span| span.of(&self.octets))
    }
}

fn spans(set: &Tlv<'_>) -> der::Result<Vec<Span>> {
    let mut spans = Vec::new();
    let mut members = set.reader();
    while let Some(value) = members.next()? {
        if spans.len() >= MAX_MEMBERS {
            return Err(value.error(DerErrorKind::Value("more members than MAX_MEMBERS")));
        }
        spans.push(Span::raw(&value));
    }
    Ok(spans)
}

impl SignerInfo {
    fn read(value: &Tlv<'_>, octets: &Arc<[u8]>) -> der::Result<Self> {
        let mut fields = value.expect(tag::SEQUENCE)?.reader();
        let version = fields.small_integer().map_err(|e| e.within("version"))?;
        let identifier = match fields.peek() {
            Some(0x80 | 0xa0) => {
                let id = fields.any()?;
                SignerIdentifier::SubjectKeyIdentifier(id.content.to_vec())
            }
            _ => {
                let mut pair = fields.sequence().map_err(|e| e.within("issuerAndSerialNumber"))?;
                SignerIdentifier::IssuerAndSerialNumber {
                    issuer: pair.expect(tag::SEQUENCE)?.raw.to_vec(),
                    serial_number: pair.integer()?.to_vec(),
                }
            }
        };
        let digest_algorithm =
            fields.expect(tag::SEQUENCE).map_err(|e| e.within("digestAlgorithm"))?;
        let signed_attributes = fields.optional(tag::context_constructed(0))?;
        let signature_algorithm =
            fields.expect(tag::SEQUENCE).map_err(|e| e.within("signatureAlgorithm"))?;
        let signature = fields.expect(tag::OCTET_STRING).map_err(|e| e.within("signature"))?;
        let unsigned_attributes = fields.optional(tag::context_constructed(1))?;
        let list = |attributes: Option<Tlv<'_>>, name| match attributes {
            Some(attributes) => Attribute::list(&attributes).map_err(|e| e.within(name)),
            None => Ok(Vec::new()),
        };
        Ok(Self {
            octets: Arc::clone(octets),
            version,
            identifier,
            digest_algorithm: Span::raw(&digest_algorithm),
            signed: list(signed_attributes, "signedAttrs")?,
            signed_attributes: signed_attributes.as_ref().map(Span::raw),
            signature_algorithm: Span::raw(&signature_algorithm),
            signature: Span::content(&signature),
            unsigned: list(unsigned_attributes, "unsignedAttrs")?,
        })
    }

    /// Reads a SignerInfo that stands alone, as a counterSignature attribute's value does.
    ///
    /// # Errors
    /// If the octets are none.
    pub fn from_der(octets: &[u8]) -> der::Result<Self> {
        let shared: Arc<[u8]> = octets.into();
        Self::read(&Reader::new(octets).any()?, &shared).map_err(|e| e.within("SignerInfo"))
    }

    /// Encoded digestAlgorithm.
    #[must_use]
    pub fn digest_algorithm(&self) -> &[u8] {
        self.digest_algorithm.of(&self.octets)
    }

    /// Encoded signatureAlgorithm (digestEncryptionAlgorithm).
    #[must_use]
    pub fn signature_algorithm(&self) -> &[u8] {
        self.signature_algorithm.of(&self.octets)
    }

    /// The octets of the signature.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        self.signature.of(&self.octets)
    }

    /// The signed attributes as they are signed: with the tag of a SET OF instead of `[0]`
    /// (RFC 5652, section 5.4). `None` if the content is signed directly.
    #[must_use]
    pub fn signed_attributes(&self) -> Option<Vec<u8>> {
        let mut octets = self.signed_attributes?.of(&self.octets).to_vec();
        if let Some(first) = octets.first_mut() {
            *first = tag::SET;
        }
        Some(octets)
    }

    /// The first value of the first signed attribute of this type.
    #[must_use]
    pub fn signed_attribute(&self, kind: &Oid) -> Option<&[u8]> {
        self.signed
            .iter()
            .find(|a| a.kind == *kind)
            .and_then(|a| Some(a.values.first()?.as_slice()))
    }

    /// The contents of the messageDigest attribute.
    #[must_use]
    pub fn message_digest(&self) -> Option<Vec<u8>> {
        let value = self.signed_attribute(&oid::MESSAGE_DIGEST)?;
        Reader::new(value).octet_string().ok().map(std::borrow::Cow::into_owned)
    }

    /// The signer's certificate among `certificates`.
    #[must_use]
    pub fn find_certificate<'a>(&self, certificates: &'a [Certificate]) -> Option<&'a Certificate> {
        certificates.iter().find(|certificate| match &self.identifier {
            SignerIdentifier::IssuerAndSerialNumber { issuer, serial_number } => {
                certificate.issuer().raw() == issuer
                    && der::trim_integer(certificate.serial_number())
                        == der::trim_integer(serial_number)
            }
            SignerIdentifier::SubjectKeyIdentifier(id) => certificate.key_identifier() == id,
        })
    }
}

impl Attribute {
    /// Reads a SET OF Attribute, whatever tag the set itself carries.
    ///
    /// # Errors
    /// If the value is none.
    pub fn list(set: &Tlv<'_>) -> der::Result<Vec<Self>> {
        let mut attributes = Vec::new();
        let mut members = set.reader();
        while !members.is_empty() {
            if attributes.len() >= MAX_MEMBERS {
                return Err(members.error(DerErrorKind::Value("more members than MAX_MEMBERS")));
            }
            let mut fields = members.sequence()?;
            let kind = Oid::from_octets(fields.oid()?);
            let mut values = Vec::new();
            let mut set = fields.set()?;
            while let Some(value) = set.next()? {
                values.push(value.raw.to_vec());
            }
            attributes.push(Self { kind, values });
        }
        Ok(attributes)
    }
}
