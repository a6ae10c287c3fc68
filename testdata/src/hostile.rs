//! What no well-meaning issuer makes: certificates put together from any octets, encodings that DER
//! forbids, cabinets that grow.

use crate::certificate::name;
use crate::der;
use crate::key::{Digest, Key};

/// A certificate of encoded parts, each of which may be anything.
#[derive(Debug, Clone)]
pub struct Parts {
    /// `[0]` and the version in it.
    pub version: Vec<u8>,
    /// serialNumber
    pub serial_number: Vec<u8>,
    /// The AlgorithmIdentifier inside.
    pub algorithm: Vec<u8>,
    /// The AlgorithmIdentifier outside; that inside if absent.
    pub outer_algorithm: Option<Vec<u8>>,
    /// issuer
    pub issuer: Vec<u8>,
    /// validity
    pub validity: Vec<u8>,
    /// subject
    pub subject: Vec<u8>,
    /// subjectPublicKeyInfo
    pub spki: Vec<u8>,
    /// The extensions.
    pub extensions: Vec<Vec<u8>>,
}

impl Parts {
    /// A sound certificate from 2020 to 2040, to be changed.
    #[must_use]
    pub fn new(subject: &str, issuer: &str, key: &Key, signer: &Key) -> Self {
        Self {
            version: der::tlv(0xa0, &der::integer(&[2])),
            serial_number: der::integer(&[0x20]),
            algorithm: signer.signature_algorithm(Digest::Sha256),
            outer_algorithm: None,
            issuer: name(issuer),
            validity: der::sequence(&[der::time("20200101000000"), der::time("20400101000000")]),
            subject: name(subject),
            spki: key.spki(),
            extensions: Vec::new(),
        }
    }

    /// The TBSCertificate.
    #[must_use]
    pub fn tbs(&self) -> Vec<u8> {
        let mut fields = vec![
            self.version.clone(),
            self.serial_number.clone(),
            self.algorithm.clone(),
            self.issuer.clone(),
            self.validity.clone(),
            self.subject.clone(),
            self.spki.clone(),
        ];
        if !self.extensions.is_empty() {
            fields.push(der::tlv(0xa3, &der::sequence(&self.extensions)));
        }
        der::sequence(&fields)
    }

    /// The certificate, signed.
    #[must_use]
    pub fn sign(&self, signer: &Key) -> Vec<u8> {
        self.with_signature(&signer.sign(Digest::Sha256, &self.tbs()))
    }

    /// The certificate with these octets for a signature.
    #[must_use]
    pub fn with_signature(&self, signature: &[u8]) -> Vec<u8> {
        let outer = self.outer_algorithm.as_ref().unwrap_or(&self.algorithm);
        der::sequence(&[self.tbs(), outer.clone(), der::bit_string(signature)])
    }
}

/// A value whose length is written in this many octets, leading zeros and all.
#[must_use]
pub fn long_length(tag: u8, octets: usize, content: &[u8]) -> Vec<u8> {
    let digits = content.len().to_be_bytes();
    let mut encoded = vec![tag, 0x80 | octets as u8];
    encoded.resize(2 + octets.saturating_sub(digits.len()), 0);
    encoded.extend(digits.iter().skip(digits.len().saturating_sub(octets)));
    encoded.extend(content);
    encoded
}

/// A constructed value of indefinite length.
#[must_use]
pub fn indefinite(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag | 0x20, 0x80], content, &[0, 0]].concat()
}

/// A string in pieces of this length (BER's constructed form).
#[must_use]
pub fn pieces(tag: u8, length: usize, content: &[u8]) -> Vec<u8> {
    let parts: Vec<Vec<u8>> = content.chunks(length).map(|piece| der::tlv(tag, piece)).collect();
    der::tlv(tag | 0x20, &parts.concat())
}

/// This value in so many SEQUENCEs.
#[must_use]
pub fn nested(depth: usize, mut value: Vec<u8>) -> Vec<u8> {
    for _ in 0..depth {
        value = der::sequence(&[value]);
    }
    value
}

/// The same value without its header: what stands inside the outermost tag and length.
#[must_use]
pub fn content(value: &[u8]) -> &[u8] {
    let header = match value.get(1) {
        Some(length) if length & 0x80 != 0 => 2 + usize::from(length & 0x7f),
        _ => 2,
    };
    value.get(header..).unwrap_or_default()
}

/// A P-256 key whose curve is written out: the field, the coefficients, `base` instead of the
/// generator (uncompressed, 65 octets), the order and the cofactor; and `point` for a key
/// (RFC 3279, section 2.3.5).
#[must_use]
pub fn explicit_curve(base: &[u8], point: &[u8]) -> Vec<u8> {
    let hex = |text: &str| -> Vec<u8> {
        text.as_bytes()
            .chunks(2)
            .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect()
    };
    let prime = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    let a = hex("ffffffff00000001000000000000000000000000fffffffffffffffffffffffc");
    let b = hex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");
    let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let parameters = der::sequence(&[
        der::integer(&[1]),
        der::sequence(&[der::oid("1.2.840.10045.1.1"), der::integer(&prime)]),
        der::sequence(&[der::octet_string(&a), der::octet_string(&b)]),
        der::octet_string(base),
        der::integer(&order),
        der::integer(&[1]),
    ]);
    let algorithm = der::sequence(&[der::oid("1.2.840.10045.2.1"), parameters]);
    der::sequence(&[algorithm, der::bit_string(point)])
}

/// An RSA key of this modulus and exponent, big-endian octets.
#[must_use]
pub fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let key = der::sequence(&[der::integer(modulus), der::integer(exponent)]);
    let algorithm = der::sequence(&[der::oid("1.2.840.113549.1.1.1"), der::null()]);
    der::sequence(&[algorithm, der::bit_string(&key)])
}
