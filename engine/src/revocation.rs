//! Floor 4: whether a certificate has been revoked.

use crate::base::hresult::HResult;

/// CERT_REVOCATION_INFO
#[derive(Debug, Clone)]
pub struct RevocationInfo {
    /// dwRevocationResult
    pub result: HResult,
}
