//! The signature on a certificate, and the key it is verified with.

use crate::base::der::Reader;
use crate::base::oid;
use crate::crypto::{AlgorithmIdentifier, SignatureError, SubjectPublicKeyInfo};
use crate::object::certificate::Certificate;
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
    subject: &Certificate,
    issuer: &CertificateContext,
    inherited_parameters: Option<&[u8]>,
) -> Result<(), SignatureError> {
    let algorithm = AlgorithmIdentifier::parse(subject.signature_algorithm())
        .map_err(|_| SignatureError::UnknownAlgorithm)?;
    if subject.signature_algorithm() != subject.tbs_signature_algorithm()
        && AlgorithmIdentifier::parse(subject.tbs_signature_algorithm())
            .is_ok_and(|inner| inner.oid != algorithm.oid)
    {
        return Err(SignatureError::AlgorithmMismatch);
    }
    match inherited_parameters {
        Some(parameters) => issuer.public_key_inheriting(parameters)?.verify(
            &algorithm,
            subject.tbs(),
            subject.signature(),
        ),
        None => issuer.public_key()?.verify(&algorithm, subject.tbs(), subject.signature()),
    }
}
