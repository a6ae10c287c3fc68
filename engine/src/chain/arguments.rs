//! What CertGetCertificateChain refuses to answer at all (reference, chain-engine 1.1 and 1.2).

use super::engine::{ChainEngine, ChainError, ChainFlags, ChainRequest, EngineKind, Profile};
use crate::base::der::Reader;
use crate::base::hresult;
use crate::crypto::SubjectPublicKeyInfo;

/// Whether the question can be asked.
pub(super) fn check(engine: &ChainEngine, request: &ChainRequest<'_>) -> Result<(), ChainError> {
    let end = request.end.certificate();
    let checks = [
        ChainFlags::REVOCATION_CHECK_END_CERT,
        ChainFlags::REVOCATION_CHECK_CHAIN,
        ChainFlags::REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT,
    ];
    if checks.iter().filter(|flag| request.flags.contains(**flag)).count() > 1 {
        return Err(ChainError::InvalidArgument(
            "only one of the REVOCATION_CHECK flags may be set",
        ));
    }
    let malformed = match engine.options.profile {
        Profile::WindowsXp => hresult::ERROR_INVALID_DATA,
        _ => hresult::CRYPT_E_ASN1_BADTAG,
    };
    // a key that cannot be used may well be decoded
    let decodes = || SubjectPublicKeyInfo::from_der(&mut Reader::new(end.spki())).is_ok();
    if !end.is_signed() || !(request.end.public_key().is_ok() || decodes()) {
        return Err(ChainError::MalformedCertificate { code: malformed });
    }
    if end.is_self_issued() && request.end.signature_algorithm().is_none() {
        return Err(ChainError::UnknownSignatureAlgorithm);
    }
    if let EngineKind::Restricted { roots } = &engine.kind {
        for root in roots.certificates() {
            if engine.stores.root.find(root.certificate()).is_none() {
                let code = match engine.options.profile {
                    Profile::Windows10 | Profile::Windows10V1607 => hresult::ERROR_FILE_NOT_FOUND,
                    _ => hresult::CRYPT_E_NOT_FOUND,
                };
                return Err(ChainError::RestrictedRootNotFound { code });
            }
        }
    }
    Ok(())
}
