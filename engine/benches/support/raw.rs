//! The least that verifying a signature can cost: ring, and nothing else.

use chaincheck_engine::base::oid;
use chaincheck_engine::crypto::AlgorithmIdentifier;
use chaincheck_engine::object::certificate::Certificate;
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

/// A signature with all that is needed to verify it.
pub(crate) struct RawSignature {
    pub(crate) algorithm: &'static dyn VerificationAlgorithm,
    pub(crate) key: Vec<u8>,
    pub(crate) message: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl RawSignature {
    pub(crate) fn of(subject: &Certificate, issuer: &Certificate) -> Self {
        let id = AlgorithmIdentifier::parse(subject.signature_algorithm()).unwrap().oid;
        let algorithm: &'static dyn VerificationAlgorithm = match id {
            _ if id == oid::SHA1_WITH_RSA.as_octets() => {
                &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY
            }
            _ if id == oid::SHA256_WITH_RSA.as_octets() => &signature::RSA_PKCS1_2048_8192_SHA256,
            _ if id == oid::SHA384_WITH_RSA.as_octets() => &signature::RSA_PKCS1_2048_8192_SHA384,
            _ => &signature::ECDSA_P256_SHA256_ASN1,
        };
        Self {
            algorithm,
            key: issuer.public_key_octets().to_vec(),
            message: subject.tbs().to_vec(),
            signature: subject.signature().to_vec(),
        }
    }

    pub(crate) fn verify(&self) {
        UnparsedPublicKey::new(self.algorithm, &self.key)
            .verify(&self.message, &self.signature)
            .unwrap();
    }
}
