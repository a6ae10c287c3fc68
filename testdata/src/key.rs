//! The fixed keys, and signing with them.

use p256::ecdsa::signature::Signer as _;
use rsa::pkcs1::EncodeRsaPublicKey as _;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::signature::SignatureEncoding as _;

use crate::der;

/// A key of the test data.
#[derive(Debug, Clone)]
pub enum Key {
    /// RSA, signing with PKCS #1 v1.5.
    Rsa(Box<rsa::PrivateKey>),
    /// P-256, signing with deterministic nonces (RFC 6979).
    P256(Box<p256::ecdsa::SigningKey>),
}

/// A digest to sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// SHA-1
    Sha1,
    /// SHA-256
    Sha256,
}

impl Digest {
    /// The digest of `data`.
    #[must_use]
    pub fn of(self, data: &[u8]) -> Vec<u8> {
        use sha2::Digest as _;
        match self {
            Self::Sha1 => sha1::Sha1::digest(data).to_vec(),
            Self::Sha256 => sha2::Sha256::digest(data).to_vec(),
        }
    }

    /// Its AlgorithmIdentifier.
    #[must_use]
    pub fn algorithm(self) -> Vec<u8> {
        let id = match self {
            Self::Sha1 => "1.3.14.3.2.26",
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
        };
        der::sequence(&[der::oid(id), der::null()])
    }
}

impl Key {
    /// A key from its PKCS #8 PEM.
    ///
    /// # Panics
    /// If the text is none: the keys are part of this crate.
    #[must_use]
    #[allow(clippy::expect_used)]
    pub fn from_pem(pem: &str) -> Self {
        if let Ok(key) = rsa::PrivateKey::from_pkcs8_pem(pem) {
            return Self::Rsa(Box::new(key));
        }
        let key = p256::SecretKey::from_pkcs8_pem(pem).expect("a fixed key can be read");
        Self::P256(Box::new(key.into()))
    }

    /// The key itself as PKCS #8.
    ///
    /// # Panics
    /// Never: the key was read before.
    #[must_use]
    #[allow(clippy::expect_used)]
    pub fn pkcs8(&self) -> Vec<u8> {
        use rsa::pkcs8::EncodePrivateKey as _;
        let key = match self {
            Self::Rsa(key) => key.to_pkcs8_der(),
            Self::P256(key) => p256::SecretKey::from(&**key).to_pkcs8_der(),
        };
        key.expect("a key can be encoded").as_bytes().to_vec()
    }

    /// The encoded SubjectPublicKeyInfo.
    ///
    /// # Panics
    /// Never: the key was read before.
    #[must_use]
    #[allow(clippy::expect_used)]
    pub fn spki(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => {
                let public = key.to_public_key().to_pkcs1_der().expect("a key can be encoded");
                der::sequence(&[
                    der::sequence(&[der::oid("1.2.840.113549.1.1.1"), der::null()]),
                    der::bit_string(public.as_bytes()),
                ])
            }
            Self::P256(key) => der::sequence(&[
                der::sequence(&[der::oid("1.2.840.10045.2.1"), der::oid("1.2.840.10045.3.1.7")]),
                der::bit_string(key.verifying_key().to_sec1_point(false).as_bytes()),
            ]),
        }
    }

    /// SHA-1 of the key's octets: the usual key identifier.
    #[must_use]
    pub fn identifier(&self) -> Vec<u8> {
        Digest::Sha1.of(&self.spki())
    }

    /// The AlgorithmIdentifier of a signature with this key.
    #[must_use]
    pub fn signature_algorithm(&self, digest: Digest) -> Vec<u8> {
        match (self, digest) {
            (Self::Rsa(_), Digest::Sha1) => {
                der::sequence(&[der::oid("1.2.840.113549.1.1.5"), der::null()])
            }
            (Self::Rsa(_), Digest::Sha256) => {
                der::sequence(&[der::oid("1.2.840.113549.1.1.11"), der::null()])
            }
            (Self::P256(_), _) => der::sequence(&[der::oid("1.2.840.10045.4.3.2")]),
        }
    }

    /// Signs `data`. P-256 always signs with SHA-256.
    #[must_use]
    pub fn sign(&self, digest: Digest, data: &[u8]) -> Vec<u8> {
        match (self, digest) {
            (Self::Rsa(key), Digest::Sha1) => {
                rsa::pkcs1v15::SigningKey::<sha1::Sha1>::new((**key).clone()).sign(data).to_vec()
            }
            (Self::Rsa(key), Digest::Sha256) => {
                rsa::pkcs1v15::SigningKey::<sha2::Sha256>::new((**key).clone()).sign(data).to_vec()
            }
            (Self::P256(key), _) => {
                let signature: p256::ecdsa::DerSignature = key.sign(data);
                signature.to_vec()
            }
        }
    }
}
