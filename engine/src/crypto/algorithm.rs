//! Signature algorithms by their identifiers.

use super::AlgorithmIdentifier;
use crate::base::der::{Reader, small_integer};
use crate::base::digest::HashAlgorithm;
use crate::base::oid::{self, Oid};

/// How a signature is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureAlgorithm {
    /// The digest, where the algorithm has one of its own.
    pub hash: Option<HashAlgorithm>,
    /// What is done with it.
    pub key: KeyFamily,
}

/// What a signature does with the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFamily {
    /// RSASSA-PKCS1-v1_5
    Rsa,
    /// RSASSA-PSS
    RsaPss {
        /// Octets of salt.
        salt_length: usize,
        /// The hash of the mask generation function.
        mgf_hash: HashAlgorithm,
    },
    /// DSA
    Dsa,
    /// ECDSA
    Ecdsa,
    /// Ed25519
    Ed25519,
}

static ALGORITHMS: [(Oid, HashAlgorithm, KeyFamily); 26] = [
    (oid::SHA256_WITH_RSA, HashAlgorithm::Sha256, KeyFamily::Rsa),
    (oid::SHA1_WITH_RSA, HashAlgorithm::Sha1, KeyFamily::Rsa),
    (oid::SHA384_WITH_RSA, HashAlgorithm::Sha384, KeyFamily::Rsa),
    (oid::SHA512_WITH_RSA, HashAlgorithm::Sha512, KeyFamily::Rsa),
    (oid::SHA224_WITH_RSA, HashAlgorithm::Sha224, KeyFamily::Rsa),
    (oid::MD5_WITH_RSA, HashAlgorithm::Md5, KeyFamily::Rsa),
    (oid::MD4_WITH_RSA, HashAlgorithm::Md4, KeyFamily::Rsa),
    (oid::MD2_WITH_RSA, HashAlgorithm::Md2, KeyFamily::Rsa),
    (oid::OIW_SHA1_WITH_RSA, HashAlgorithm::Sha1, KeyFamily::Rsa),
    (oid::OIW_SHA_WITH_RSA, HashAlgorithm::Sha1, KeyFamily::Rsa),
    (oid::OIW_MD5_WITH_RSA, HashAlgorithm::Md5, KeyFamily::Rsa),
    (oid::OIW_MD4_WITH_RSA, HashAlgorithm::Md4, KeyFamily::Rsa),
    (oid::OIW_MD4_WITH_RSA_ENCRYPTION, HashAlgorithm::Md4, KeyFamily::Rsa),
    (oid::TELETRUST_MD2_WITH_RSA, HashAlgorithm::Md2, KeyFamily::Rsa),
    (oid::ECDSA_WITH_SHA256, HashAlgorithm::Sha256, KeyFamily::Ecdsa),
    (oid::ECDSA_WITH_SHA384, HashAlgorithm::Sha384, KeyFamily::Ecdsa),
    (oid::ECDSA_WITH_SHA512, HashAlgorithm::Sha512, KeyFamily::Ecdsa),
    (oid::ECDSA_WITH_SHA224, HashAlgorithm::Sha224, KeyFamily::Ecdsa),
    (oid::ECDSA_WITH_SHA1, HashAlgorithm::Sha1, KeyFamily::Ecdsa),
    (oid::DSA_WITH_SHA1, HashAlgorithm::Sha1, KeyFamily::Dsa),
    (oid::OIW_DSA_WITH_SHA1, HashAlgorithm::Sha1, KeyFamily::Dsa),
    (oid::OIW_DSA_SHA1, HashAlgorithm::Sha1, KeyFamily::Dsa),
    (oid::DSA_WITH_SHA224, HashAlgorithm::Sha224, KeyFamily::Dsa),
    (oid::DSA_WITH_SHA256, HashAlgorithm::Sha256, KeyFamily::Dsa),
    // CAPI2 writes the plain key algorithm with a digest it leaves to the context (SHA-1)
    (oid::OIW_DSA, HashAlgorithm::Sha1, KeyFamily::Dsa),
    (oid::DSA, HashAlgorithm::Sha1, KeyFamily::Dsa),
];

static HASHES: [(Oid, HashAlgorithm); 8] = [
    (oid::SHA256, HashAlgorithm::Sha256),
    (oid::SHA1, HashAlgorithm::Sha1),
    (oid::SHA384, HashAlgorithm::Sha384),
    (oid::SHA512, HashAlgorithm::Sha512),
    (oid::SHA224, HashAlgorithm::Sha224),
    (oid::MD5, HashAlgorithm::Md5),
    (oid::MD4, HashAlgorithm::Md4),
    (oid::MD2, HashAlgorithm::Md2),
];

/// The algorithm an AlgorithmIdentifier names. `None` if it is not known.
#[must_use]
pub fn signature_algorithm(id: &AlgorithmIdentifier<'_>) -> Option<SignatureAlgorithm> {
    if id.oid == oid::RSASSA_PSS.as_octets() {
        return pss(id.parameters);
    }
    if id.oid == oid::ECDSA_SPECIFIED.as_octets() {
        let hash = AlgorithmIdentifier::parse(id.parameters?).ok()?;
        return Some(SignatureAlgorithm {
            hash: Some(hash_by_oid(hash.oid)?),
            key: KeyFamily::Ecdsa,
        });
    }
    if id.oid == oid::ED25519.as_octets() {
        return Some(SignatureAlgorithm { hash: None, key: KeyFamily::Ed25519 });
    }
    ALGORITHMS
        .iter()
        .find(|(known, ..)| known.as_octets() == id.oid)
        .map(|(_, hash, key)| SignatureAlgorithm { hash: Some(*hash), key: *key })
}

/// The algorithm of a SignerInfo: PKCS #7 names the key's algorithm alone and takes the digest
/// from digestAlgorithm; CMS may name both in one.
pub(super) fn signer_algorithm(
    digest: &AlgorithmIdentifier<'_>,
    signature: &AlgorithmIdentifier<'_>,
) -> Option<SignatureAlgorithm> {
    let is = |known: &Oid| known.as_octets() == signature.oid;
    let key = if is(&oid::RSA_ENCRYPTION) || is(&oid::X500_RSA) {
        KeyFamily::Rsa
    } else if is(&oid::DSA) || is(&oid::OIW_DSA) {
        KeyFamily::Dsa
    } else if is(&oid::EC_PUBLIC_KEY) {
        KeyFamily::Ecdsa
    } else {
        return signature_algorithm(signature);
    };
    Some(SignatureAlgorithm { hash: Some(hash_by_oid(digest.oid)?), key })
}

pub(super) fn hash_by_oid(id: &[u8]) -> Option<HashAlgorithm> {
    HASHES.iter().find(|(known, _)| known.as_octets() == id).map(|(_, hash)| *hash)
}

/// RSASSA-PSS-params (RFC 4055, section 3.1), with its defaults.
fn pss(parameters: Option<&[u8]>) -> Option<SignatureAlgorithm> {
    let mut hash = HashAlgorithm::Sha1;
    let mut mgf_hash = HashAlgorithm::Sha1;
    let mut salt_length = 20;
    if let Some(parameters) = parameters {
        let mut fields = Reader::new(parameters).sequence().ok()?;
        while let Some(field) = fields.next().ok()? {
            let mut inner = field.reader();
            match field.tag {
                0xa0 => hash = hash_by_oid(AlgorithmIdentifier::from_der(&mut inner).ok()?.oid)?,
                0xa1 => {
                    let mgf = AlgorithmIdentifier::from_der(&mut inner).ok()?;
                    if mgf.oid != oid::MGF1.as_octets() {
                        return None;
                    }
                    mgf_hash = hash_by_oid(AlgorithmIdentifier::parse(mgf.parameters?).ok()?.oid)?;
                }
                0xa2 => salt_length = usize::try_from(inner.small_integer().ok()?).ok()?,
                0xa3 if small_integer(&inner.any().ok()?).ok()? == 1 => {}
                _ => return None,
            }
        }
    }
    Some(SignatureAlgorithm { hash: Some(hash), key: KeyFamily::RsaPss { salt_length, mgf_hash } })
}
