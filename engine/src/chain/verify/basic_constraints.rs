//! Basic constraints and path length (reference, chain-engine 7.3).

use super::Findings;
use crate::chain::issuer::Sources;
use crate::chain::path::Path;
use crate::chain::status::TrustError;

const RULE: &str = "chain-engine 7.3 (documented, observed)";

/// Marks issuers that are no CA, and path lengths that are exceeded.
pub(super) fn check(sources: &Sources<'_>, path: &Path, findings: &mut Findings) {
    let options = &sources.engine.options;
    let bits = TrustError::INVALID_BASIC_CONSTRAINTS;
    for (index, element) in path.elements.iter().enumerate() {
        let certificate = element.context.certificate();
        let constraints = certificate.extensions().basic_constraints.as_ref();
        if let Some(Err(error)) = constraints.map(|c| c.value.as_ref()) {
            findings.error(index, bits | TrustError::INVALID_EXTENSION, RULE, || error.to_string());
            continue;
        }
        if index == 0 {
            continue;
        }
        match constraints.and_then(|c| c.ok()) {
            Some(value) if !value.ca => {
                findings.error(index, bits, RULE, || "it is no CA, but has issued".to_owned());
            }
            None if !path.is_root(index) && !options.disable_mandatory_basic_constraints => {
                findings.error(index, bits, RULE, || {
                    "it has no basicConstraints, but has issued and is no root".to_owned()
                });
            }
            _ => {}
        }
    }
    check_path_length(sources, path, findings);
}

/// The CA certificates between a constraining CA and the end certificate are counted, without
/// self-issued ones (RFC 5280, section 6.1.4 (l); observed on XP).
fn check_path_length(sources: &Sources<'_>, path: &Path, findings: &mut Findings) {
    let marks_lower = sources.engine.options.profile.path_length_marks_lower_cas();
    for (index, element) in path.elements.iter().enumerate().skip(1) {
        let extensions = element.context.certificate().extensions();
        let constraints = extensions.basic_constraints.as_ref().and_then(|c| c.ok());
        let Some(limit) = constraints.filter(|c| c.ca).and_then(|c| c.path_len) else { continue };
        let mut count = 0;
        let mut exceeding = Vec::new();
        for below in (1..index).rev() {
            let below_certificate = path.elements.get(below).map(|e| e.context.certificate());
            if below_certificate.is_some_and(|c| !c.is_self_issued()) {
                count += 1;
                if count > limit {
                    exceeding.push(below);
                }
            }
        }
        if exceeding.is_empty() {
            continue;
        }
        let bits = TrustError::INVALID_BASIC_CONSTRAINTS;
        findings.error(index, bits, RULE, || {
            format!("it allows {limit} CA certificates below it; there are {count}")
        });
        if marks_lower {
            for below in exceeding {
                findings.error(below, bits, RULE, || {
                    format!("a CA above it allows {limit} CA certificates, and this is one more")
                });
            }
        }
    }
}
