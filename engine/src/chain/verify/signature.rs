//! Signatures (reference, chain-engine 7.2 and 3.3).

use super::Findings;
use crate::chain::path::{Path, PathEnd};
use crate::chain::status::{TrustError, TrustInfo};

const RULE: &str = "chain-engine 7.2 (observed)";

/// Marks each element whose signature its issuer's key does not verify. The mark stands on the
/// certificate that carries the signature, not on the issuer. A CA that is an anchor is not
/// checked (documented, CERT_CHAIN_EXCLUSIVE_ENABLE_CA_FLAG).
pub(super) fn check(path: &Path, findings: &mut Findings) {
    let last = path.elements.len().saturating_sub(1);
    for (index, element) in path.elements.iter().enumerate() {
        if index == last && path.end == PathEnd::Cyclic {
            findings.error(index, TrustError::IS_CYCLIC, "chain-engine 3.6 (observed)", || {
                "the search for its issuer came back to this certificate".to_owned()
            });
            continue;
        }
        match element.signature {
            Some(Ok(())) => findings.info(index, TrustInfo::HAS_PREFERRED_ISSUER),
            Some(Err(error)) => {
                findings.error(index, TrustError::IS_NOT_SIGNATURE_VALID, RULE, || {
                    let signer = match path.elements.get(index + 1) {
                        Some(issuer) => issuer.context.certificate().subject().to_string(),
                        None => "itself".to_owned(),
                    };
                    format!("checked with the key of {signer}: {error}")
                });
            }
            // SearchBudget::max_signatures was used up: what is not verified is not valid
            None if index < last || path.end == PathEnd::SelfSigned => {
                findings.error(index, TrustError::IS_NOT_SIGNATURE_VALID, RULE, || {
                    "not verified: the search had already verified too many".to_owned()
                });
            }
            None => {}
        }
    }
}
