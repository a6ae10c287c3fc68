//! The signature on a certificate, and the key it is verified with.

use crate::base::der::Reader;
use crate::base::oid;
use crate::crypto::{AlgorithmIdentifier, PublicKey, SignatureError, SubjectPublicKeyInfo};
use crate::store::CertificateContext;

/// The parameters of a DSA key, if it has any; `None` for another key.
pub(super) fn dsa_parameters(context: &CertificateContext) -> Option<Option<&[u8]>> {
    if context.public_key().is_ok_and(|key| key.algorithm_name() != "DSA") {
        return None;
    }
    let spki = context.certificate().spki();
    let key = SubjectPublicKeyInfo::from_der(&mut Reader::new(spki)).ok()?;
    let is_dsa = key.algorithm.oid == oid::DSA.as_octets();
    is_dsa.then(|| key.algorithm.parameters.filter(|p| p.first() == Some(&0x30)))
}

/// Verifies the signature on `subject` with `issuer`'s key.
pub(super) fn verify_signature(
    subject: &CertificateContext,
    issuer: &CertificateContext,
    inherited_parameters: Option<&[u8]>,
) -> Result<(), SignatureError> {
    let certificate = subject.certificate();
    let (outer, inner) = (certificate.signature_algorithm(), certificate.tbs_signature_algorithm());
    if outer != inner || subject.signature_algorithm().is_none() {
        let outer =
            AlgorithmIdentifier::parse(outer).map_err(|_| SignatureError::UnknownAlgorithm)?;
        if AlgorithmIdentifier::parse(inner).is_ok_and(|inner| inner.oid != outer.oid) {
            return Err(SignatureError::AlgorithmMismatch);
        }
    }
    let verify = |key: &PublicKey| {
        let algorithm = subject.signature_algorithm().ok_or(SignatureError::UnknownAlgorithm)?;
        key.verify_with(&algorithm, certificate.tbs(), certificate.signature())
    };
    match inherited_parameters {
        Some(parameters) => verify(&issuer.public_key_inheriting(parameters)?),
        None => verify(issuer.public_key()?),
    }
}
