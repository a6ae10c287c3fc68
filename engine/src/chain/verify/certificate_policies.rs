//! Certificate (issuance) policies (reference, chain-engine 7.6; windows-facts 8).
//!
//! RFC 5280's section 6.1 with the graph of RFC 9618 instead of the tree: for each policy that is
//! valid at a certificate, the policies at the top of the chain that it stands for. That is all
//! the answer needs, and it does not grow with the number of ways through the mappings.

use std::collections::{BTreeMap, BTreeSet};

use super::Findings;
use crate::base::oid::{self, Oid};
use crate::chain::issuer::Sources;
use crate::chain::path::Path;
use crate::chain::status::{TrustError, TrustInfo};
use crate::chain::work::{MAX_COMPARISONS, Work};
use crate::object::certificate::{Certificate, Extensions};

const RULE: &str = "chain-engine 7.6, windows-facts 8 (observed)";

/// Pairs of a policy and what it stands for that are followed in one chain (CVE-2023-0464).
const MAX_POLICY_PAIRS: usize = 20_000;

/// How many times [`MAX_POLICY_PAIRS`] one certificate may map: most of it again and again.
const MAPPING_FACTOR: usize = 10;

/// A policy, and the policies at the top of the chain that it stands for.
type Valid = BTreeMap<Oid, BTreeSet<Oid>>;

struct State<'a> {
    work: &'a Work,
    expected: Valid,
    any: bool,
    explicit_policy: i64,
    policy_mapping: i64,
    inhibit_any: i64,
    overflow: bool,
}

/// Follows the policies from the root down.
pub(super) fn check(sources: &Sources<'_>, path: &Path, findings: &mut Findings) {
    for (index, element) in path.elements.iter().enumerate() {
        report_undecodable(element.context.certificate().extensions(), index, findings);
    }
    let count = path.elements.len();
    let unlimited = i64::try_from(count).unwrap_or(i64::MAX - 1) + 1;
    let mut state = State {
        work: &sources.work,
        expected: Valid::new(),
        any: true,
        explicit_policy: unlimited,
        policy_mapping: unlimited,
        inhibit_any: unlimited,
        overflow: false,
    };
    for (index, element) in path.elements.iter().enumerate().rev() {
        let certificate = element.context.certificate();
        // a root's own policies do not restrict (observed), its constraints do (windows-facts 8.6)
        let is_root = path.is_root(index) && count > 1;
        if !is_root {
            state.process(certificate, index);
        }
        if let Some(found) = findings.elements.get_mut(index) {
            found.issuance_usage = (!state.any).then(|| state.expected.keys().cloned().collect());
        }
        if index > 0 {
            state.prepare_for_next(certificate, is_root);
        } else {
            state.wrap_up(certificate);
        }
    }
    conclude(sources, &state, findings);
}

fn conclude(sources: &Sources<'_>, state: &State<'_>, findings: &mut Findings) {
    if state.overflow {
        findings.error(0, TrustError::INVALID_POLICY_CONSTRAINTS, RULE, || {
            format!(
                "more pairs of policies than MAX_POLICY_PAIRS ({MAX_POLICY_PAIRS}), or more of \
                 them to follow than {MAX_COMPARISONS} allows"
            )
        });
    }
    let valid = !state.expected.is_empty() || state.any;
    if state.explicit_policy <= 0 {
        if valid {
            findings.chain_info |= TrustInfo::HAS_ISSUANCE_CHAIN_POLICY;
        } else {
            findings.error(0, TrustError::NO_ISSUANCE_CHAIN_POLICY, RULE, || {
                "a CA requires an explicit policy, and none is valid for the chain".to_owned()
            });
        }
    }
    let request = &sources.request.issuance;
    let has = |policy: &Oid| {
        state.any || state.expected.values().any(|stands_for| stands_for.contains(policy))
    };
    if !request.is_satisfied_by(has) {
        findings.error(0, TrustError::IS_NOT_VALID_FOR_USAGE, RULE, || {
            let asked = request.oids.iter().map(ToString::to_string).collect::<Vec<_>>();
            format!("issuance policies asked for and not valid: {}", asked.join(", "))
        });
    }
}

/// Policy extensions that cannot be decoded mark their element (observed, windows-facts 8.5, 8.10
/// and 8.11).
fn report_undecodable(extensions: &Extensions, index: usize, findings: &mut Findings) {
    let both = TrustError::INVALID_EXTENSION | TrustError::INVALID_POLICY_CONSTRAINTS;
    let errors = [
        (extensions.certificate_policies.as_ref().and_then(|d| d.value.as_ref().err()), both),
        (extensions.policy_mappings.as_ref().and_then(|d| d.value.as_ref().err()), both),
        (
            extensions.policy_constraints.as_ref().and_then(|d| d.value.as_ref().err()),
            TrustError::INVALID_POLICY_CONSTRAINTS,
        ),
        (extensions.inhibit_any_policy.as_ref().and_then(|d| d.value.as_ref().err()), both),
    ];
    for (error, bits) in errors {
        if let Some(error) = error {
            findings.error(index, bits, RULE, || error.to_string());
        }
    }
}

impl State<'_> {
    /// RFC 5280, section 6.1.3 (d) and (e).
    fn process(&mut self, certificate: &Certificate, index: usize) {
        let stated = certificate.extensions().certificate_policies.as_ref();
        let Some(policies) = stated.and_then(|decoded| decoded.ok()) else {
            self.expected.clear();
            self.any = false;
            return;
        };
        let mut valid = Valid::new();
        for policy in policies {
            let id = &policy.policy;
            if *id == oid::ANY_POLICY {
                continue;
            }
            if valid.contains_key(id) {
                continue;
            }
            if let Some(stands_for) = self.expected.get(id) {
                if !self.work.take(1 + stands_for.len()) {
                    return self.give_up();
                }
                valid.insert(id.clone(), stands_for.clone());
            } else if self.any {
                if !self.work.take(1) {
                    return self.give_up();
                }
                valid.insert(id.clone(), BTreeSet::from([id.clone()]));
            }
        }
        let any_counts = self.inhibit_any > 0 || (index > 0 && certificate.is_self_issued());
        let states_any = policies.iter().any(|policy| policy.policy == oid::ANY_POLICY);
        if states_any && any_counts {
            let pairs = self.expected.values().map(BTreeSet::len).sum();
            if !self.work.take(pairs) {
                return self.give_up();
            }
            for (id, stands_for) in &self.expected {
                valid.entry(id.clone()).or_insert_with(|| stands_for.clone());
            }
        } else {
            self.any = false;
        }
        self.expected = valid;
        self.limit();
    }

    fn limit(&mut self) {
        if self.expected.values().map(BTreeSet::len).sum::<usize>() > MAX_POLICY_PAIRS {
            self.give_up();
        }
    }

    /// From here on no policy is valid.
    fn give_up(&mut self) {
        self.expected.clear();
        self.any = false;
        self.overflow = true;
    }

    /// RFC 5280, section 6.1.4 (a), (b), (h) to (j).
    fn prepare_for_next(&mut self, certificate: &Certificate, is_root: bool) {
        let extensions = certificate.extensions();
        let mappings = extensions.policy_mappings.as_ref().and_then(|m| m.ok());
        if let Some(mappings) = mappings.filter(|_| !is_root) {
            self.map(mappings);
        }
        if !certificate.is_self_issued() || is_root {
            for counter in
                [&mut self.explicit_policy, &mut self.policy_mapping, &mut self.inhibit_any]
            {
                // the root itself is not part of RFC 5280's path
                *counter = (*counter - i64::from(!is_root)).max(0);
            }
        }
        if let Some(constraints) = extensions.policy_constraints.as_ref().and_then(|c| c.ok()) {
            if let Some(skip) = constraints.require_explicit_policy {
                self.explicit_policy = self.explicit_policy.min(skip.max(0));
            }
            if let Some(skip) = constraints.inhibit_policy_mapping {
                self.policy_mapping = self.policy_mapping.min(skip.max(0));
            }
        }
        if let Some(skip) = extensions.inhibit_any_policy.as_ref().and_then(|i| i.ok()) {
            self.inhibit_any = self.inhibit_any.min((*skip).max(0));
        }
    }

    fn map(&mut self, mappings: &[(Oid, Oid)]) {
        let mut mapped = Valid::new();
        let issuer_domain: BTreeSet<&Oid> = mappings.iter().map(|(from, _)| from).collect();
        if self.policy_mapping > 0 {
            let mut pairs = 0;
            for (from, to) in mappings {
                let count = self.expected.get(from).map_or(1, BTreeSet::len);
                pairs += count;
                // before they are copied: one policy may stand for thousands, and be mapped to
                // thousands
                if !self.work.take(1 + count) || pairs > MAPPING_FACTOR * MAX_POLICY_PAIRS {
                    return self.give_up();
                }
                let stands_for = match self.expected.get(from) {
                    Some(stands_for) => stands_for.clone(),
                    None if self.any => BTreeSet::from([from.clone()]),
                    None => continue,
                };
                mapped.entry(to.clone()).or_default().extend(stands_for);
            }
        }
        // a policy that is mapped, or must not be, is not valid in its own name below
        self.expected.retain(|policy, _| !issuer_domain.contains(policy));
        for (policy, stands_for) in mapped {
            self.expected.entry(policy).or_default().extend(stands_for);
        }
        self.limit();
    }

    /// RFC 5280, section 6.1.5 (a) and (b).
    fn wrap_up(&mut self, certificate: &Certificate) {
        self.explicit_policy = (self.explicit_policy - 1).max(0);
        let constraints = certificate.extensions().policy_constraints.as_ref();
        if constraints.and_then(|c| c.ok()).and_then(|c| c.require_explicit_policy) == Some(0) {
            self.explicit_policy = 0;
        }
    }
}
