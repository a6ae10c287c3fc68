//! Certification requests (PKCS #10).

use super::certificate::{ExtensionSpan, RawExtension, read_extensions};
use super::message::Attribute;
use super::name::Name;
use super::span::Span;
use crate::base::der::{self, Reader, tag};
use crate::base::oid;

/// A certification request (RFC 2986, section 4).
///
/// ```asn1
/// CertificationRequest ::= SEQUENCE {
///   certificationRequestInfo SEQUENCE { version INTEGER, subject Name,
///     subjectPKInfo SubjectPublicKeyInfo, attributes [0] SET OF Attribute },
///   signatureAlgorithm AlgorithmIdentifier, signature BIT STRING }
/// ```
#[derive(Debug, Clone)]
pub struct CertificationRequest {
    der: Box<[u8]>,
    /// version: 0 for v1.
    pub version: i64,
    subject: Span,
    spki: Span,
    algorithm: Span,
    /// attributes
    pub attributes: Vec<Attribute>,
}

impl CertificationRequest {
    /// Reads a request. Octets behind it are ignored.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn from_der(octets: &[u8]) -> der::Result<Self> {
        Self::read(octets).map_err(|e| e.within("CertificationRequest"))
    }

    fn read(octets: &[u8]) -> der::Result<Self> {
        let outer = Reader::new(octets).expect(tag::SEQUENCE)?;
        let mut fields = outer.reader();
        let mut info = fields.sequence().map_err(|e| e.within("certificationRequestInfo"))?;
        let version = info.small_integer().map_err(|e| e.within("version"))?;
        let subject = info.expect(tag::SEQUENCE).map_err(|e| e.within("subject"))?;
        let spki = info.expect(tag::SEQUENCE).map_err(|e| e.within("subjectPKInfo"))?;
        // RFC 2986 wants the attributes; requests without the field are about
        let attributes = match info.optional(tag::context_constructed(0))? {
            Some(set) => Attribute::list(&set).map_err(|e| e.within("attributes"))?,
            None => Vec::new(),
        };
        let algorithm = fields.expect(tag::SEQUENCE).map_err(|e| e.within("signatureAlgorithm"))?;
        Ok(Self {
            der: outer.raw.into(),
            version,
            subject: Span::raw(&subject),
            spki: Span::raw(&spki),
            algorithm: Span::raw(&algorithm),
            attributes,
        })
    }

    /// The encoding.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// subject
    #[must_use]
    pub fn subject(&self) -> Name<'_> {
        Name::new(self.subject.of(&self.der))
    }

    /// The encoded SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        self.spki.of(&self.der)
    }

    /// The encoded AlgorithmIdentifier of the signature.
    #[must_use]
    pub fn signature_algorithm(&self) -> &[u8] {
        self.algorithm.of(&self.der)
    }
}

/// The extensions a request asks for: the value of its attribute extensionRequest, or of
/// Microsoft's own of the same meaning. `None` for other attributes.
///
/// # Errors
/// If the value cannot be read.
pub fn requested_extensions(attribute: &Attribute) -> Option<der::Result<Vec<RawExtension<'_>>>> {
    if attribute.kind != oid::EXTENSION_REQUEST && attribute.kind != oid::CERT_EXTENSIONS {
        return None;
    }
    let owner = attribute.values.first()?;
    let spans = read_extensions(Reader::new(owner));
    Some(spans.map(|spans| spans.iter().map(|span: &ExtensionSpan| span.of(owner)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chaincheck_testdata::der as write;

    #[test]
    fn a_request_and_what_it_asks_for() {
        let extension = write::sequence(&[
            write::tlv(tag::OBJECT_IDENTIFIER, oid::BASIC_CONSTRAINTS.as_octets()),
            write::tlv(tag::OCTET_STRING, &[0x30, 0]),
        ]);
        let attribute = write::sequence(&[
            write::tlv(tag::OBJECT_IDENTIFIER, oid::EXTENSION_REQUEST.as_octets()),
            write::tlv(tag::SET, &write::sequence(&[extension])),
        ]);
        let algorithm = write::sequence(&[write::tlv(
            tag::OBJECT_IDENTIFIER,
            oid::SHA256_WITH_RSA.as_octets(),
        )]);
        let key = write::sequence(&[algorithm.clone(), write::tlv(tag::BIT_STRING, &[0, 1])]);
        let info = write::sequence(&[
            write::tlv(tag::INTEGER, &[0]),
            write::sequence(&[]),
            key.clone(),
            write::tlv(0xa0, &attribute),
        ]);
        let bits = write::tlv(tag::BIT_STRING, &[0, 9]);
        let whole = write::sequence(&[info, algorithm, bits]);
        let request = CertificationRequest::from_der(&whole).unwrap();
        assert!(request.subject().is_empty());
        assert_eq!((request.version, request.spki()), (0, key.as_slice()));
        let asked = requested_extensions(&request.attributes[0]).unwrap().unwrap();
        assert_eq!(asked[0].oid, oid::BASIC_CONSTRAINTS.as_octets());
        assert_eq!(asked[0].value, [0x30, 0]);
        for length in 0..whole.len() - 4 {
            assert!(CertificationRequest::from_der(&whole[..length]).is_err(), "{length}");
        }
    }
}
