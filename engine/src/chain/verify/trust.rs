//! Whether the chain ends in something trusted (reference, chain-engine 2.3 and 3.1).

use super::Findings;
use crate::chain::issuer::Sources;
use crate::chain::path::{Path, PathEnd};
use crate::chain::status::{TrustError, TrustInfo};

/// Marks a root that is not trusted, and an anchor that is no root.
pub(super) fn check(_: &Sources<'_>, path: &Path, findings: &mut Findings) {
    let last = path.elements.len().saturating_sub(1);
    match path.end {
        PathEnd::SelfSigned if !path.is_trusted() => {
            findings.error(
                last,
                TrustError::IS_UNTRUSTED_ROOT,
                "chain-engine 3.1 (observed)",
                || match &path.link {
                    None => "no root store holds a certificate with this name and key".to_owned(),
                    Some(_) => "no root store holds a certificate with this name and key, and the \
                                trust list that names it is not accepted"
                        .to_owned(),
                },
            );
        }
        PathEnd::CaAnchor => findings.info(last, TrustInfo::IS_CA_TRUSTED),
        _ => {}
    }
}
