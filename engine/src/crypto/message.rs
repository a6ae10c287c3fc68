//! Signatures of signed messages.

use super::{AlgorithmIdentifier, PublicKey, SignatureError, SubjectPublicKeyInfo};
use crate::base::der::Reader;
use crate::base::hresult::{self, HResult};
use crate::object::certificate::Certificate;
use crate::object::message::SignerInfo;

/// Why a signer's signature over a message is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignerError {
    /// The digest algorithm is not known.
    UnknownDigestAlgorithm,
    /// Signed attributes lack a message digest.
    NoMessageDigest,
    /// The message digest is not that of the content: the content was changed.
    WrongMessageDigest,
    /// The signature over the attributes, or over the content, is not accepted.
    Signature(SignatureError),
}

impl SignerError {
    /// The code CryptoAPI has for it: CRYPT_E_HASH_VALUE for a digest that differs,
    /// NTE_BAD_SIGNATURE for the signature itself (inferred, reference auto-root-update 6).
    #[must_use]
    pub const fn hresult(self) -> HResult {
        match self {
            Self::UnknownDigestAlgorithm => hresult::CRYPT_E_UNKNOWN_ALGO,
            Self::NoMessageDigest => hresult::CRYPT_E_ATTRIBUTES_MISSING,
            Self::WrongMessageDigest => hresult::CRYPT_E_HASH_VALUE,
            Self::Signature(error) => error.hresult(),
        }
    }
}

impl std::fmt::Display for SignerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownDigestAlgorithm => f.write_str("the digest algorithm is not known"),
            Self::NoMessageDigest => f.write_str("the signed attributes hold no message digest"),
            Self::WrongMessageDigest => {
                f.write_str("the content's digest is not the one that was signed")
            }
            Self::Signature(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SignerError {}

/// Verifies a signer's signature over `content`, the octets that are digested (RFC 5652, section
/// 5.4; RFC 2315, section 9.3).
///
/// # Errors
/// If it does not verify, or cannot be checked.
pub fn verify_signer(
    signer: &SignerInfo,
    certificate: &Certificate,
    content: &[u8],
) -> Result<(), SignerError> {
    let malformed = |_| SignerError::Signature(SignatureError::MalformedSignature);
    let digest_algorithm =
        AlgorithmIdentifier::parse(signer.digest_algorithm()).map_err(malformed)?;
    let signature_algorithm =
        AlgorithmIdentifier::parse(signer.signature_algorithm()).map_err(malformed)?;
    let attributes = signer.signed_attributes();
    let signed = match &attributes {
        None => content,
        Some(attributes) => {
            let hash = super::hash_algorithm(digest_algorithm.oid)
                .ok_or(SignerError::UnknownDigestAlgorithm)?;
            let stated = signer.message_digest().ok_or(SignerError::NoMessageDigest)?;
            if hash.digest(content) != stated {
                return Err(SignerError::WrongMessageDigest);
            }
            attributes
        }
    };
    let spki = SubjectPublicKeyInfo::from_der(&mut Reader::new(certificate.spki()))
        .map_err(|_| SignerError::Signature(SignatureError::MalformedKey))?;
    PublicKey::from_spki(&spki, None)
        .and_then(|key| {
            key.verify_pkcs7(&digest_algorithm, &signature_algorithm, signed, signer.signature())
        })
        .map_err(SignerError::Signature)
}
