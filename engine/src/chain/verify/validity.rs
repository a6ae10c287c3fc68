//! Validity periods (reference, chain-engine 7.1).

use super::Findings;
use crate::chain::engine::ChainFlags;
use crate::chain::issuer::Sources;
use crate::chain::path::Path;
use crate::chain::status::TrustError;

const RULE: &str = "chain-engine 7.1 (observed)";

/// Marks each element whose period the test time lies outside, both ends being inside. Since
/// Vista, a time before an issuer's notBefore is not held against the issuer (observed; why is
/// unknown). With CERT_CHAIN_TIMESTAMP_TIME the end certificate is judged at the time stamp's time
/// or now, everything above it now (documented).
pub(super) fn check(sources: &Sources<'_>, path: &Path, findings: &mut Findings) {
    let request = sources.request;
    let time = request.verification_time();
    let time_stamp = request.flags.contains(ChainFlags::TIMESTAMP_TIME);
    let strict = sources.engine.options.profile.issuer_not_before_counts();
    for (index, element) in path.elements.iter().enumerate() {
        let certificate = element.context.certificate();
        let at = if time_stamp && index > 0 { request.now } else { time };
        let too_early = at < certificate.not_before() && (index == 0 || strict);
        let too_late = at > certificate.not_after();
        let rescued = time_stamp && index == 0 && certificate.is_valid_at(request.now);
        if (too_early || too_late) && !rescued {
            findings.error(index, TrustError::IS_NOT_TIME_VALID, RULE, || {
                let (word, limit) = if too_late {
                    ("expired", certificate.not_after())
                } else {
                    ("is not valid before", certificate.not_before())
                };
                format!("{word} {limit}; judged at {at}")
            });
        }
    }
}
