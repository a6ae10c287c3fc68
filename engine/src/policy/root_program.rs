//! The policies that read what the root program says of a root: extended validation and F12
//! (reference, chain-policy 4.8 and 4.9).

use super::{Answer, PolicyContext, PolicyExtra, PolicyRequest, index, last_element};
use crate::base::der::Reader;
use crate::base::hresult;
use crate::base::oid::{self, Oid};
use crate::chain::context::ChainContext;
use crate::chain::status::{TrustError, TrustInfo};
use crate::object::certificate::Certificate;
use crate::object::extension::PolicyInformation;
use crate::object::trust_list::{PropertyValue, TrustList};

/// CERT_ROOT_PROGRAM_CERT_POLICIES_PROP_ID
const ROOT_PROGRAM_CERT_POLICIES: u32 = 83;

/// Whether the root list has an entry for this root: what makes it a third party's.
#[must_use]
pub fn is_listed(list: &TrustList, root: &Certificate) -> bool {
    list.find(&root.sha1()).is_some()
}

/// The extended-validation policies which the root list gives this root (property 83). None if it
/// has none or they cannot be read.
#[must_use]
pub fn root_program_policies(list: &TrustList, root: &Certificate) -> Vec<PolicyInformation> {
    let identifier = root.sha1();
    let entry = list.find(&identifier);
    let value = entry
        .and_then(|entry| entry.properties().find(|p| p.id == ROOT_PROGRAM_CERT_POLICIES))
        .and_then(|property| property.value().ok());
    match value {
        Some(PropertyValue::Policies(policies)) => policies,
        _ => Vec::new(),
    }
}

/// Extended validation: an issuance policy of element 0 must be one which the root program gives
/// the root.
pub(super) fn extended_validation(
    context: &ChainContext,
    request: &PolicyRequest,
    policy_context: &PolicyContext<'_>,
) -> Answer {
    let mut answer = Answer::default();
    let broken = TrustError::IS_PARTIAL_CHAIN | TrustError::IS_CYCLIC;
    let first = context.chains.first();
    let (Some((_, root)), Some(end)) = (last_element(context), context.elements().first()) else {
        answer.error(hresult::CERT_E_CHAINING, 0, -1);
        return answer;
    };
    if context.status.error.intersects(broken)
        || first.is_some_and(|chain| chain.status.error.intersects(broken))
    {
        answer.error(hresult::CERT_E_CHAINING, 0, -1);
        return answer;
    }
    let allowed = (policy_context.root_program_policies)(&root.certificate);
    let usage = end.issuance_usage.as_deref().unwrap_or_default();
    for (position, policy) in usage.iter().enumerate() {
        let Some(qualifiers) = matching(&allowed, policy) else { continue };
        if qualifiers & request.ev_qualifiers == request.ev_qualifiers {
            let issuance_usage_index = u32::try_from(position).unwrap_or(u32::MAX);
            answer.extra = PolicyExtra::Ev { qualifiers, issuance_usage_index };
            return answer;
        }
    }
    answer.error(hresult::CERT_E_WRONG_USAGE, 0, 0);
    answer.note("the element at which the EV policy reports its error is inferred");
    if end.issuance_usage.is_none() {
        answer.note("a chain valid for any issuance policy names none, so none matches (inferred)");
    }
    answer
}

/// The qualifiers that go with this policy, if it is one of these.
fn matching(allowed: &[PolicyInformation], policy: &Oid) -> Option<u32> {
    let found = allowed.iter().find(|information| information.policy == *policy)?;
    let flags = found.qualifiers.iter().find(|(id, _)| *id == oid::ROOT_PROGRAM_FLAGS);
    // One BIT STRING: 0x80 organization, 0x40 locality, state and country, 0x20 logo, 0x10
    // organizational unit, 0x08 address (documented).
    let octets = flags.and_then(|(_, value)| {
        let (_, octets) = Reader::new(value).bit_string().ok()?;
        octets.first().copied()
    });
    Some(octets.map_or(0, u32::from))
}

/// The levels and categories of SSL_F12_EXTRA_CERT_CHAIN_POLICY_STATUS.
const WARNING: u32 = 1;
const ERROR: u32 = 2;
const WEAK_CRYPTO: u32 = 1;

/// F12: what the browser's developer tools warn of.
pub(super) fn f12(context: &ChainContext, policy_context: &PolicyContext<'_>) -> Answer {
    let mut answer =
        Answer { extra: PolicyExtra::F12 { level: 0, category: 0 }, ..Answer::default() };
    answer.note(
        "Windows' list of roots that break the root program's rules is not public: not judged",
    );
    let weak = context.elements().iter().position(|element| {
        element.status.error.intersects(TrustError::HAS_WEAK_SIGNATURE)
            || element.status.info.intersects(TrustInfo::HAS_AUTO_UPDATE_WEAK_SIGNATURE)
    });
    let Some(position) = weak else { return answer };
    let third_party = last_element(context)
        .is_some_and(|(_, root)| (policy_context.third_party)(&root.certificate));
    let level = if third_party { ERROR } else { WARNING };
    answer.extra = PolicyExtra::F12 { level, category: WEAK_CRYPTO };
    answer.error(hresult::TRUST_E_CERT_SIGNATURE, 0, index(position));
    answer
}
