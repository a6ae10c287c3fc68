//! Floor 3: signatures.
//!
//! The common algorithms go to ring (feature `ring`, the default), everything else to RustCrypto
//! and, for RSA and DSA, to arithmetic on `num-bigint`: Windows stores hold RSA keys from 512 to
//! 16384 bits and DSA keys of every age, sizes that the crates refuse. All inputs are public, so
//! nothing here needs to run in constant time.

use std::fmt;

pub mod algorithm;
mod dsa;
mod ec;
pub mod message;
mod rsa;

pub use algorithm::{KeyFamily, SignatureAlgorithm, signature_algorithm};

use crate::base::der::{self, Reader, tag};
use crate::base::digest::HashAlgorithm;
use crate::base::hresult::{self, HResult};
use crate::base::oid;

/// AlgorithmIdentifier (RFC 5280, section 4.1.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlgorithmIdentifier<'a> {
    /// Contents octets of the algorithm's identifier.
    pub oid: &'a [u8],
    /// The encoded parameters, if there are any.
    pub parameters: Option<&'a [u8]>,
}

impl<'a> AlgorithmIdentifier<'a> {
    /// Reads the next value as an AlgorithmIdentifier.
    ///
    /// # Errors
    /// If it is none.
    pub fn from_der(reader: &mut Reader<'a>) -> der::Result<Self> {
        let mut fields = reader.sequence().map_err(|e| e.within("AlgorithmIdentifier"))?;
        let oid = fields.oid().map_err(|e| e.within("AlgorithmIdentifier"))?;
        let parameters = fields.next().map_err(|e| e.within("AlgorithmIdentifier"))?;
        Ok(Self { oid, parameters: parameters.map(|value| value.raw) })
    }

    /// Reads an AlgorithmIdentifier from its own octets.
    ///
    /// # Errors
    /// If they are none.
    pub fn parse(octets: &'a [u8]) -> der::Result<Self> {
        Self::from_der(&mut Reader::new(octets))
    }
}

/// SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectPublicKeyInfo<'a> {
    /// The key's algorithm.
    pub algorithm: AlgorithmIdentifier<'a>,
    /// The key's octets.
    pub key: &'a [u8],
}

impl<'a> SubjectPublicKeyInfo<'a> {
    /// Reads the next value as a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// If it is none.
    pub fn from_der(reader: &mut Reader<'a>) -> der::Result<Self> {
        let mut fields = reader.sequence().map_err(|e| e.within("SubjectPublicKeyInfo"))?;
        let algorithm = AlgorithmIdentifier::from_der(&mut fields)?;
        let (_, key) = fields.bit_string().map_err(|e| e.within("subjectPublicKey"))?;
        Ok(Self { algorithm, key })
    }
}

/// Why a signature is not accepted, or could not be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureError {
    /// The signature is not this key's over these octets.
    BadSignature,
    /// The signature's algorithm is not known, or not implemented.
    UnknownAlgorithm,
    /// The key is of a size or on a curve that is not supported.
    UnsupportedKey,
    /// The key carries its own curve instead of naming one (CVE-2020-0601).
    ExplicitEcParameters,
    /// The key cannot be read.
    MalformedKey,
    /// The signature cannot be read.
    MalformedSignature,
    /// The signature's algorithm is not for a key of this kind.
    AlgorithmMismatch,
    /// The work that one question may spend on signatures is used up: this one was not verified.
    WorkExhausted,
}

impl SignatureError {
    /// The code CryptoAPI has for it (inferred, reference auto-root-update 6).
    #[must_use]
    pub const fn hresult(self) -> HResult {
        match self {
            Self::BadSignature | Self::MalformedSignature | Self::WorkExhausted => {
                hresult::NTE_BAD_SIGNATURE
            }
            Self::UnknownAlgorithm => hresult::CRYPT_E_UNKNOWN_ALGO,
            Self::UnsupportedKey | Self::ExplicitEcParameters | Self::AlgorithmMismatch => {
                hresult::NTE_BAD_ALGID
            }
            Self::MalformedKey => hresult::NTE_BAD_KEY,
        }
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadSignature => "the signature does not verify",
            Self::UnknownAlgorithm => "the signature algorithm is not known",
            Self::UnsupportedKey => "the key is of a size or on a curve that is not supported",
            Self::ExplicitEcParameters => {
                "the key carries explicit elliptic-curve parameters instead of a named curve"
            }
            Self::MalformedKey => "the key cannot be read",
            Self::MalformedSignature => "the signature cannot be read",
            Self::AlgorithmMismatch => "the signature algorithm does not fit the key",
            Self::WorkExhausted => {
                "the signature was not verified: MAX_SIGNATURE_WORK is used up for this question"
            }
        })
    }
}

impl std::error::Error for SignatureError {}

/// A public key, read once and usable from any thread.
#[derive(Debug, Clone)]
pub struct PublicKey(Key);

#[derive(Debug, Clone)]
enum Key {
    Rsa(rsa::RsaKey),
    Dsa(dsa::DsaKey),
    Ec(ec::EcKey),
    Ed25519(Vec<u8>),
    Unknown,
}

impl PublicKey {
    /// Reads a key. `inherited_parameters` are the encoded DSA parameters of the issuer's key, for
    /// a key that has none (RFC 3279, section 2.3.2; observed on Windows).
    ///
    /// # Errors
    /// If the key is malformed, or its size or curve is not supported. A key of an unknown
    /// algorithm is no error: it verifies nothing.
    pub fn from_spki(
        spki: &SubjectPublicKeyInfo<'_>,
        inherited_parameters: Option<&[u8]>,
    ) -> Result<Self, SignatureError> {
        let id = spki.algorithm.oid;
        let is = |known: &oid::Oid| known.as_octets() == id;
        let parameters = spki.algorithm.parameters;
        Ok(Self(if is(&oid::RSA_ENCRYPTION) || is(&oid::X500_RSA) || is(&oid::RSASSA_PSS) {
            Key::Rsa(rsa::RsaKey::read(spki.key)?)
        } else if is(&oid::EC_PUBLIC_KEY) {
            Key::Ec(ec::EcKey::read(parameters, spki.key)?)
        } else if is(&oid::DSA) || is(&oid::OIW_DSA) {
            let own = parameters.filter(|p| p.first() == Some(&tag::SEQUENCE));
            Key::Dsa(dsa::DsaKey::read(own.or(inherited_parameters), spki.key)?)
        } else if is(&oid::ED25519) {
            Key::Ed25519(spki.key.to_vec())
        } else {
            Key::Unknown
        }))
    }

    /// Verifies a signature over `message`.
    ///
    /// # Errors
    /// If it does not verify, or cannot be checked.
    pub fn verify(
        &self,
        algorithm: &AlgorithmIdentifier<'_>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let algorithm = signature_algorithm(algorithm).ok_or(SignatureError::UnknownAlgorithm)?;
        self.verify_with(&algorithm, message, signature)
    }

    /// Verifies a SignerInfo's signature, whose digest and signature algorithms are named apart.
    ///
    /// # Errors
    /// If it does not verify, or cannot be checked.
    pub fn verify_pkcs7(
        &self,
        digest_algorithm: &AlgorithmIdentifier<'_>,
        signature_algorithm: &AlgorithmIdentifier<'_>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let algorithm = algorithm::signer_algorithm(digest_algorithm, signature_algorithm)
            .ok_or(SignatureError::UnknownAlgorithm)?;
        self.verify_with(&algorithm, message, signature)
    }

    /// Verifies a signature with an algorithm that has been read before.
    pub(crate) fn verify_with(
        &self,
        algorithm: &SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        match (&self.0, algorithm.key, algorithm.hash) {
            (Key::Rsa(key), KeyFamily::Rsa, Some(hash)) => {
                key.verify_pkcs1(hash, message, signature)
            }
            (Key::Rsa(key), KeyFamily::RsaPss { salt_length, mgf_hash }, Some(hash)) => {
                key.verify_pss(hash, mgf_hash, salt_length, message, signature)
            }
            (Key::Dsa(key), KeyFamily::Dsa, Some(hash)) => {
                key.verify(&hash.digest(message), signature)
            }
            (Key::Ec(key), KeyFamily::Ecdsa, Some(hash)) => key.verify(hash, message, signature),
            (Key::Ed25519(key), KeyFamily::Ed25519, _) => {
                ec::verify_ed25519(key, message, signature)
            }
            (Key::Unknown, ..) => Err(SignatureError::UnknownAlgorithm),
            _ => Err(SignatureError::AlgorithmMismatch),
        }
    }

    /// The length of the key as Windows counts it: bits of the modulus, the prime or the field.
    /// 0 if the algorithm is not known.
    #[must_use]
    pub fn bit_length(&self) -> u32 {
        match &self.0 {
            Key::Rsa(key) => key.bit_length(),
            Key::Dsa(key) => key.bit_length(),
            Key::Ec(key) => key.bit_length(),
            Key::Ed25519(_) => 256,
            Key::Unknown => 0,
        }
    }

    /// What a verification costs, one with RSA-2048 and the usual exponent being 1 (about 50 us):
    /// measured, and rounded up.
    #[must_use]
    pub fn verification_cost(&self) -> usize {
        match &self.0 {
            Key::Rsa(key) => key.verification_cost(),
            Key::Dsa(key) => key.verification_cost(),
            Key::Ec(key) => key.verification_cost(),
            Key::Ed25519(_) => 2,
            Key::Unknown => 1,
        }
    }

    /// The name of the key's algorithm in CryptoAPI's algorithm groups: `RSA`, `DSA`, `ECDSA`, ...
    #[must_use]
    pub const fn algorithm_name(&self) -> &'static str {
        match &self.0 {
            Key::Rsa(_) => "RSA",
            Key::Dsa(_) => "DSA",
            Key::Ec(_) => "ECDSA",
            Key::Ed25519(_) => "Ed25519",
            Key::Unknown => "unknown",
        }
    }
}

/// The hash of a TBSCertificate with its signature's own hash algorithm: property 15, one of the
/// keys of a disallowed list (CryptHashToBeSigned; documented). `None` if the algorithm is not
/// known.
#[must_use]
pub fn signature_hash(tbs: &[u8], algorithm: &AlgorithmIdentifier<'_>) -> Option<Vec<u8>> {
    Some(signature_algorithm(algorithm)?.hash?.digest(tbs))
}

/// The name of an encoded AlgorithmIdentifier's algorithm; its dotted form if it has none.
#[must_use]
pub fn algorithm_name(encoded: &[u8]) -> String {
    AlgorithmIdentifier::parse(encoded).map_or_else(
        |_| "undecodable".to_owned(),
        |algorithm| {
            oid::name_of(algorithm.oid).map_or_else(|| oid::dotted(algorithm.oid), str::to_owned)
        },
    )
}

/// A digest algorithm by its identifier's contents octets.
#[must_use]
pub fn hash_algorithm(id: &[u8]) -> Option<HashAlgorithm> {
    algorithm::hash_by_oid(id)
}

#[cfg(test)]
mod tests;
