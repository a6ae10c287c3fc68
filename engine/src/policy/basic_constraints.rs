//! The basic-constraints policy (reference, chain-policy 4.5).

use super::flag::{BasicConstraintsFlags, PolicyFlags};
use super::{Answer, index};
use crate::base::hresult;
use crate::chain::context::{ChainContext, Element};
use crate::chain::status::{TrustError, TrustInfo};

/// Judges basic constraints and nothing else: neither trust nor time nor signatures (observed).
///
/// CAPI2 (observed, wine-test-facts 12): an issuer fails by the chain's own bit, so an issuer
/// without the extension fails, although the documentation says that no extension is valid.
pub(super) fn verify(context: &ChainContext, flags: PolicyFlags) -> Answer {
    let mut answer = Answer::default();
    for (chain_index, chain) in context.chains.iter().enumerate() {
        // A trust list's signer, which begins each further chain, must be an end entity
        // (documented).
        let wanted = match chain_index {
            0 => BasicConstraintsFlags(flags.0),
            _ => BasicConstraintsFlags::END_ENTITY,
        };
        for (element_index, element) in chain.elements.iter().enumerate() {
            let peer_trusted = element.status.info.contains(TrustInfo::IS_PEER_TRUSTED)
                && !flags.intersects(PolicyFlags::IGNORE_PEER_TRUST);
            let bit = element.status.error.intersects(TrustError::INVALID_BASIC_CONSTRAINTS);
            let wrong = element_index == 0 && !peer_trusted && is_other_kind(element, wanted);
            if bit || wrong {
                answer.error(
                    hresult::TRUST_E_BASIC_CONSTRAINTS,
                    index(chain_index),
                    index(element_index),
                );
                return answer;
            }
        }
    }
    answer
}

/// Whether the certificate says it is of another kind than the one asked for. Neither or both
/// flags: either kind will do. No extension: any kind will do (documented).
fn is_other_kind(element: &Element, wanted: BasicConstraintsFlags) -> bool {
    let wants_ca = wanted.intersects(BasicConstraintsFlags::CA);
    let wants_end_entity = wanted.intersects(BasicConstraintsFlags::END_ENTITY);
    let Some(constraints) = &element.certificate.extensions().basic_constraints else {
        return false;
    };
    match &constraints.value {
        _ if wants_ca == wants_end_entity => false,
        Ok(constraints) => constraints.ca != wants_ca,
        // an extension that cannot be read vouches for no kind (inferred)
        Err(_) => true,
    }
}
