//! OCSP: requests written, responses read (RFC 6960).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::certificate::{Certificate, ExtensionSpan, read_extensions};
use super::crl::RevocationReason;
use super::span::Span;
use crate::base::der::{self, DerErrorKind, Reader, Tlv, tag, trim_integer};
use crate::base::digest::{HashAlgorithm, sha1};
use crate::base::oid::{self, Oid};
use crate::base::time::Time;

/// Single responses one response may hold. Pre-produced responses of large CAs hold some hundreds.
pub const MAX_SINGLE_RESPONSES: usize = 10_000;

/// Certificates one response may carry. One is usual, a chain of three the most seen.
pub const MAX_RESPONSE_CERTIFICATES: usize = 32;

/// responseStatus
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OcspResponseStatus {
    /// successful (0)
    Successful,
    /// malformedRequest (1)
    MalformedRequest,
    /// internalError (2)
    InternalError,
    /// tryLater (3)
    TryLater,
    /// sigRequired (5)
    SigRequired,
    /// unauthorized (6)
    Unauthorized,
    /// A number RFC 6960 does not define.
    Other(i64),
}

/// What an OCSP responder answered.
///
/// ```asn1
/// OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED,
///   responseBytes [0] EXPLICIT SEQUENCE { responseType OBJECT IDENTIFIER,
///     response OCTET STRING } OPTIONAL }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspResponse {
    /// responseStatus
    pub status: OcspResponseStatus,
    /// responseType, if there are response octets.
    pub response_type: Option<Oid>,
    /// The basic response, if responseType says there is one.
    pub basic: Option<BasicOcspResponse>,
}

/// The signed part of an answer.
///
/// ```asn1
/// BasicOCSPResponse ::= SEQUENCE { tbsResponseData ResponseData,
///   signatureAlgorithm AlgorithmIdentifier, signature BIT STRING,
///   certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
/// ResponseData ::= SEQUENCE { version [0] EXPLICIT INTEGER DEFAULT 0, responderID ResponderID,
///   producedAt GeneralizedTime, responses SEQUENCE OF SingleResponse,
///   responseExtensions [1] EXPLICIT Extensions OPTIONAL }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasicOcspResponse {
    der: Box<[u8]>,
    tbs: Span,
    algorithm: Span,
    signature: Span,
    /// version: 0 for v1.
    pub version: i64,
    /// responderID
    pub responder: ResponderId,
    /// producedAt: when the answer was signed.
    pub produced_at: Time,
    /// responses
    pub responses: Vec<SingleResponse>,
    /// The nonce of the request, repeated: contents of the extension's OCTET STRING, or the
    /// extension's octets themselves where a responder wrote them bare.
    pub nonce: Option<Vec<u8>>,
    /// Critical response extensions of other types.
    pub unknown_critical: Vec<Oid>,
    /// certs, those that can be read.
    pub certificates: Vec<Certificate>,
}

/// Who signed: `CHOICE { byName [1] Name, byKey [2] OCTET STRING }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponderId {
    /// The encoded subject of the signer.
    ByName(Vec<u8>),
    /// SHA-1 of the octets of the signer's public key.
    ByKey(Vec<u8>),
}

/// Which certificate an answer, or a question, is about.
///
/// ```asn1
/// CertID ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, issuerNameHash OCTET STRING,
///   issuerKeyHash OCTET STRING, serialNumber INTEGER }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertId {
    /// hashAlgorithm
    pub hash_algorithm: Oid,
    /// Digest of the encoded issuer name.
    pub issuer_name_hash: Vec<u8>,
    /// Digest of the octets of the issuer's public key.
    pub issuer_key_hash: Vec<u8>,
    /// serialNumber: big-endian octets as encoded.
    pub serial_number: Vec<u8>,
}

/// certStatus
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertStatus {
    /// good `[0]`: not known to be revoked
    Good,
    /// revoked `[1]`
    Revoked {
        /// revocationTime
        time: Time,
        /// revocationReason
        reason: Option<RevocationReason>,
    },
    /// unknown `[2]`: the responder does not know the certificate
    Unknown,
}

/// The answer about one certificate.
///
/// ```asn1
/// SingleResponse ::= SEQUENCE { certID CertID, certStatus CertStatus, thisUpdate GeneralizedTime,
///   nextUpdate [0] EXPLICIT GeneralizedTime OPTIONAL,
///   singleExtensions [1] EXPLICIT Extensions OPTIONAL }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleResponse {
    /// certID
    pub cert_id: CertId,
    /// certStatus
    pub status: CertStatus,
    /// thisUpdate
    pub this_update: Time,
    /// nextUpdate
    pub next_update: Option<Time>,
    /// Critical single extensions; none is known.
    pub unknown_critical: Vec<Oid>,
}

impl OcspResponse {
    /// Reads a response. Octets behind it are ignored.
    ///
    /// # Errors
    /// If it cannot be read, or holds more than [`MAX_SINGLE_RESPONSES`] or
    /// [`MAX_RESPONSE_CERTIFICATES`]. A refusal without response octets is no error.
    pub fn from_der(octets: &[u8]) -> der::Result<Self> {
        Self::read(octets).map_err(|e| e.within("OCSPResponse"))
    }

    fn read(octets: &[u8]) -> der::Result<Self> {
        let mut fields = Reader::new(octets).sequence()?;
        let status = der::small_integer(&fields.expect(tag::ENUMERATED)?)?;
        let status = OcspResponseStatus::from_number(status);
        let Some(bytes) = fields.optional(tag::context_constructed(0))? else {
            return Ok(Self { status, response_type: None, basic: None });
        };
        let mut bytes = bytes.reader().sequence()?;
        let response_type = Oid::from_octets(bytes.oid()?);
        let response = bytes.octet_string()?;
        let basic = if response_type == oid::OCSP_BASIC {
            Some(BasicOcspResponse::from_der(&response)?)
        } else {
            None
        };
        Ok(Self { status, response_type: Some(response_type), basic })
    }
}

impl BasicOcspResponse {
    /// Reads a basic response; offsets count from its own beginning.
    ///
    /// # Errors
    /// If it cannot be read, or is larger than the limits of this module.
    pub fn from_der(octets: &[u8]) -> der::Result<Self> {
        Self::read(octets).map_err(|e| e.within("BasicOCSPResponse"))
    }

    fn read(octets: &[u8]) -> der::Result<Self> {
        let outer = Reader::new(octets).expect(tag::SEQUENCE)?;
        let mut fields = outer.reader();
        let tbs = fields.expect(tag::SEQUENCE).map_err(|e| e.within("tbsResponseData"))?;
        let data = ResponseData::read(&tbs, octets).map_err(|e| e.within("ResponseData"))?;
        let algorithm = fields.expect(tag::SEQUENCE).map_err(|e| e.within("signatureAlgorithm"))?;
        let signature = fields.expect(tag::BIT_STRING).map_err(|e| e.within("signature"))?;
        let (_, bits) = der::bit_string(&signature).map_err(|e| e.within("signature"))?;
        let signature = Span::new(signature.content_offset() + 1, bits.len());
        let certificates = match fields.optional(tag::context_constructed(0))? {
            Some(certs) => read_certificates(&certs).map_err(|e| e.within("certs"))?,
            None => Vec::new(),
        };
        Ok(Self {
            der: outer.raw.into(),
            tbs: Span::raw(&tbs),
            algorithm: Span::raw(&algorithm),
            signature,
            version: data.version,
            responder: data.responder,
            produced_at: data.produced_at,
            responses: data.responses,
            nonce: data.nonce,
            unknown_critical: data.unknown_critical,
            certificates,
        })
    }

    /// The encoded ResponseData: what the signature covers.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        self.tbs.of(&self.der)
    }

    /// The encoded AlgorithmIdentifier of the signature.
    #[must_use]
    pub fn signature_algorithm(&self) -> &[u8] {
        self.algorithm.of(&self.der)
    }

    /// The octets of the signature.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        self.signature.of(&self.der)
    }
}

fn read_certificates(certs: &Tlv<'_>) -> der::Result<Vec<Certificate>> {
    let mut certificates = Vec::new();
    let mut list = certs.reader().sequence()?;
    while let Some(certificate) = list.next()? {
        if certificates.len() >= MAX_RESPONSE_CERTIFICATES {
            let error = DerErrorKind::Value("more than MAX_RESPONSE_CERTIFICATES (32)");
            return Err(certificate.error(error));
        }
        // one that cannot be read cannot be the signer; the others may be
        certificates.extend(Certificate::from_der(certificate.raw).ok());
    }
    Ok(certificates)
}

struct ResponseData {
    version: i64,
    responder: ResponderId,
    produced_at: Time,
    responses: Vec<SingleResponse>,
    nonce: Option<Vec<u8>>,
    unknown_critical: Vec<Oid>,
}

impl ResponseData {
    fn read(tbs: &Tlv<'_>, owner: &[u8]) -> der::Result<Self> {
        let mut fields = tbs.reader();
        let version = match fields.optional(tag::context_constructed(0))? {
            Some(explicit) => explicit.reader().small_integer().map_err(|e| e.within("version"))?,
            None => 0,
        };
        let responder = ResponderId::read(&fields.any()?).map_err(|e| e.within("responderID"))?;
        let produced_at = Time::from_tlv(&fields.any()?).map_err(|e| e.within("producedAt"))?;
        let mut responses = Vec::new();
        let mut list = fields.sequence().map_err(|e| e.within("responses"))?;
        while let Some(single) = list.next()? {
            if responses.len() >= MAX_SINGLE_RESPONSES {
                let error = DerErrorKind::Value("more than MAX_SINGLE_RESPONSES (10000)");
                return Err(single.error(error));
            }
            let read = SingleResponse::read(&single, owner);
            responses.push(read.map_err(|e| e.within("SingleResponse"))?);
        }
        let mut data = Self {
            version,
            responder,
            produced_at,
            responses,
            nonce: None,
            unknown_critical: Vec::new(),
        };
        if let Some(explicit) = fields.optional(tag::context_constructed(1))? {
            let extensions = read_extensions(explicit.reader())?;
            data.take(&extensions, owner);
        }
        Ok(data)
    }

    fn take(&mut self, extensions: &[ExtensionSpan], owner: &[u8]) {
        for extension in extensions.iter().map(|extension| extension.of(owner)) {
            if extension.oid == oid::OCSP_NONCE.as_octets() {
                let inner = Reader::new(extension.value).octet_string();
                let nonce = inner.map_or(extension.value.to_vec(), std::borrow::Cow::into_owned);
                self.nonce.get_or_insert(nonce);
            } else if extension.critical {
                self.unknown_critical.push(Oid::from_octets(extension.oid));
            }
        }
    }
}

impl ResponderId {
    fn read(value: &Tlv<'_>) -> der::Result<Self> {
        match value.tag {
            0xa1 => {
                let name = value.reader().expect(tag::SEQUENCE)?;
                Ok(Self::ByName(name.raw.to_vec()))
            }
            0xa2 => Ok(Self::ByKey(value.reader().octet_string()?.into_owned())),
            _ => Err(value.error(DerErrorKind::Value("no ResponderID"))),
        }
    }

    /// Whether this names the certificate's subject or its key.
    #[must_use]
    pub fn names(&self, certificate: &Certificate) -> bool {
        match self {
            Self::ByName(name) => certificate.subject().raw() == name.as_slice(),
            Self::ByKey(hash) => sha1(certificate.public_key_octets()).as_slice() == hash,
        }
    }
}

impl SingleResponse {
    fn read(single: &Tlv<'_>, owner: &[u8]) -> der::Result<Self> {
        let mut fields = single.expect(tag::SEQUENCE)?.reader();
        let cert_id = CertId::read(fields.sequence()?).map_err(|e| e.within("CertID"))?;
        let status = CertStatus::read(&fields.any()?).map_err(|e| e.within("certStatus"))?;
        let this_update = Time::from_tlv(&fields.any()?).map_err(|e| e.within("thisUpdate"))?;
        let next_update = match fields.optional(tag::context_constructed(0))? {
            Some(explicit) => {
                let time = Time::from_tlv(&explicit.reader().any()?);
                Some(time.map_err(|e| e.within("nextUpdate"))?)
            }
            None => None,
        };
        let extensions = match fields.optional(tag::context_constructed(1))? {
            Some(explicit) => read_extensions(explicit.reader())?,
            None => Vec::new(),
        };
        let extensions = extensions.iter().map(|extension| extension.of(owner));
        let unknown_critical = extensions
            .filter(|extension| extension.critical)
            .map(|extension| Oid::from_octets(extension.oid))
            .collect();
        Ok(Self { cert_id, status, this_update, next_update, unknown_critical })
    }
}

impl CertStatus {
    fn read(value: &Tlv<'_>) -> der::Result<Self> {
        match value.tag & !0x20 {
            0x80 => Ok(Self::Good),
            0x81 => {
                let mut fields = value.reader();
                let time = Time::from_tlv(&fields.any()?)?;
                let reason = match fields.optional(tag::context_constructed(0))? {
                    Some(explicit) => {
                        let number = explicit.reader().expect(tag::ENUMERATED)?;
                        Some(RevocationReason::from_number(der::small_integer(&number)?))
                    }
                    None => None,
                };
                Ok(Self::Revoked { time, reason })
            }
            0x82 => Ok(Self::Unknown),
            _ => Err(value.error(DerErrorKind::Value("no CertStatus"))),
        }
    }
}

impl CertId {
    fn read(mut fields: Reader<'_>) -> der::Result<Self> {
        Ok(Self {
            hash_algorithm: Oid::from_octets(fields.sequence()?.oid()?),
            issuer_name_hash: fields.octet_string()?.into_owned(),
            issuer_key_hash: fields.octet_string()?.into_owned(),
            serial_number: fields.integer()?.to_vec(),
        })
    }

    /// How a request names the certificate: by SHA-1, as CAPI2 asks and every responder can answer.
    #[must_use]
    pub fn new(subject: &Certificate, issuer: &Certificate) -> Self {
        Self {
            hash_algorithm: oid::SHA1,
            issuer_name_hash: sha1(subject.issuer().raw()).to_vec(),
            issuer_key_hash: sha1(issuer.public_key_octets()).to_vec(),
            serial_number: subject.serial_number().to_vec(),
        }
    }

    /// Whether this is `subject`, issued by `issuer`. False if the digest is not one of SHA-1 and
    /// SHA-2.
    #[must_use]
    pub fn identifies(&self, subject: &Certificate, issuer: &Certificate) -> bool {
        let known = [
            (oid::SHA1, HashAlgorithm::Sha1),
            (oid::SHA256, HashAlgorithm::Sha256),
            (oid::SHA384, HashAlgorithm::Sha384),
            (oid::SHA512, HashAlgorithm::Sha512),
            (oid::SHA224, HashAlgorithm::Sha224),
        ];
        let algorithm = known.iter().find(|(oid, _)| *oid == self.hash_algorithm);
        let Some((_, algorithm)) = algorithm else { return false };
        trim_integer(&self.serial_number) == trim_integer(subject.serial_number())
            && algorithm.digest(subject.issuer().raw()) == self.issuer_name_hash
            && algorithm.digest(issuer.public_key_octets()) == self.issuer_key_hash
    }

    fn encode(&self) -> Vec<u8> {
        let algorithm = [
            encode(tag::OBJECT_IDENTIFIER, &[self.hash_algorithm.as_octets()]),
            encode(tag::NULL, &[]),
        ];
        encode(
            tag::SEQUENCE,
            &[
                &encode(tag::SEQUENCE, &[&algorithm.concat()]),
                &encode(tag::OCTET_STRING, &[&self.issuer_name_hash]),
                &encode(tag::OCTET_STRING, &[&self.issuer_key_hash]),
                &encode(tag::INTEGER, &[&self.serial_number]),
            ],
        )
    }
}

/// A question about one certificate.
///
/// ```asn1
/// OCSPRequest ::= SEQUENCE { tbsRequest SEQUENCE {
///   requestList SEQUENCE OF SEQUENCE { reqCert CertID },
///   requestExtensions [2] EXPLICIT Extensions OPTIONAL } }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspRequest {
    /// reqCert
    pub cert_id: CertId,
    /// The nonce to be repeated in the answer. CAPI2 sends none: answers are cached.
    pub nonce: Option<Vec<u8>>,
}

impl OcspRequest {
    /// The encoding: the body of a POST.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let request = encode(tag::SEQUENCE, &[&self.cert_id.encode()]);
        let mut tbs = encode(tag::SEQUENCE, &[&request]);
        if let Some(nonce) = &self.nonce {
            let value = encode(tag::OCTET_STRING, &[nonce]);
            let extension = encode(
                tag::SEQUENCE,
                &[
                    &encode(tag::OBJECT_IDENTIFIER, &[oid::OCSP_NONCE.as_octets()]),
                    &encode(tag::OCTET_STRING, &[&value]),
                ],
            );
            let extensions = encode(tag::SEQUENCE, &[&extension]);
            tbs.extend(encode(tag::context_constructed(2), &[&extensions]));
        }
        encode(tag::SEQUENCE, &[&encode(tag::SEQUENCE, &[&tbs])])
    }

    /// The address of a GET (RFC 6960, appendix A.1): the responder's, a slash, and the request in
    /// base64 with what is not plain in a path escaped.
    #[must_use]
    pub fn get_url(&self, responder: &str) -> String {
        let mut url = responder.trim_end_matches('/').to_owned();
        url.push('/');
        for symbol in BASE64.encode(self.to_der()).chars() {
            match symbol {
                '+' | '/' | '=' => {
                    // writing to a String does not fail
                    let _ = write!(url, "%{:02X}", u32::from(symbol));
                }
                plain => url.push(plain),
            }
        }
        url
    }
}

impl OcspResponseStatus {
    const fn from_number(number: i64) -> Self {
        match number {
            0 => Self::Successful,
            1 => Self::MalformedRequest,
            2 => Self::InternalError,
            3 => Self::TryLater,
            5 => Self::SigRequired,
            6 => Self::Unauthorized,
            other => Self::Other(other),
        }
    }

    /// RFC 6960's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Successful => "successful",
            Self::MalformedRequest => "malformedRequest",
            Self::InternalError => "internalError",
            Self::TryLater => "tryLater",
            Self::SigRequired => "sigRequired",
            Self::Unauthorized => "unauthorized",
            Self::Other(_) => "unknown status",
        }
    }
}

/// One value, in DER.
fn encode(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut octets = vec![tag];
    let big_endian = length.to_be_bytes();
    let significant = big_endian.iter().position(|octet| *octet != 0).unwrap_or(7);
    let significant = big_endian.get(significant..).unwrap_or_default();
    if length >= 0x80 {
        // at most eight octets say the length of anything in memory
        octets.push(0x80 | u8::try_from(significant.len()).unwrap_or(8));
    }
    octets.extend_from_slice(significant);
    for part in parts {
        octets.extend_from_slice(part);
    }
    octets
}

#[cfg(test)]
mod tests;
