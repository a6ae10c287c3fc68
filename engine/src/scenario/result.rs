//! The result document.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::base::digest::hex;
use crate::base::hresult::HResult;
use crate::chain::context::{ChainContext, Element, Finding, SimpleChain, TrustListInfo};
use crate::chain::status::TrustStatus;
use crate::crypto::algorithm_name;
use crate::policy::PolicyStatus;

/// The answer to a scenario. Keys that do not apply are left out.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Outcome {
    /// `chaincheck/result-1`
    pub schema: String,
    /// The scenario's.
    pub id: String,
    /// The chain that was built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<ChainResult>,
    /// What each policy said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<PolicyResult>>,
    /// What a trust list holds, and whether it is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<Value>,
    /// What an object holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decode: Option<Value>,
    /// Events that Windows would have written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<EventResult>>,
    /// What was tried, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// What is not proven of this answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unproven: Vec<String>,
    /// The code with which the call itself failed.
    pub call_error: Option<String>,
    /// Why the scenario could not be run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorResult>,
    /// Whether the expectation is met; null without one.
    pub met: Option<bool>,
    /// Where it is not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<String>,
}

/// Why a scenario could not be run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ErrorResult {
    /// What is wrong, and where.
    pub message: String,
}

/// CERT_CHAIN_CONTEXT
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChainResult {
    /// The status of the whole.
    #[serde(flatten)]
    pub status: StatusResult,
    /// The simple chains.
    pub simple_chains: Vec<SimpleChainResult>,
    /// The other chains, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lower_quality: Vec<Self>,
    /// Seconds since the oldest revocation data were issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_freshness: Option<i64>,
    /// The limit that ended the search early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_exhausted: Option<String>,
}

/// CERT_TRUST_STATUS
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StatusResult {
    /// dwErrorStatus
    pub error_status: String,
    /// Its names.
    pub error: Vec<String>,
    /// dwInfoStatus
    pub info_status: String,
    /// Its names.
    pub info: Vec<String>,
}

/// CERT_SIMPLE_CHAIN
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SimpleChainResult {
    /// The status of this chain.
    #[serde(flatten)]
    pub status: StatusResult,
    /// Its elements, the end certificate first.
    pub elements: Vec<ElementResult>,
    /// The trust list that stands in for its root; its signer's chain comes next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_list: Option<TrustListResult>,
}

/// CERT_TRUST_LIST_INFO
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TrustListResult {
    /// subjectUsage of the list.
    pub usage: Vec<String>,
    /// ctlThisUpdate
    pub this_update: String,
    /// ctlNextUpdate
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_update: Option<String>,
    /// subjectIdentifier of the root's entry.
    pub subject_identifier: String,
    /// Thumbprint of the signer.
    pub signer: String,
    /// The store that holds the list.
    pub origin: String,
    /// The reason for each of the list's errors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingResult>,
}

/// CERT_CHAIN_ELEMENT
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ElementResult {
    /// Thumbprint.
    pub sha1: String,
    /// SHA-256 of the certificate.
    pub sha256: String,
    /// The subject.
    pub subject: String,
    /// The issuer.
    pub issuer: String,
    /// The serial number.
    pub serial: String,
    /// notBefore
    pub not_before: String,
    /// notAfter
    pub not_after: String,
    /// The algorithm of its signature.
    pub signature_algorithm: String,
    /// Where it was found.
    pub origin: String,
    /// Its status.
    #[serde(flatten)]
    pub status: StatusResult,
    /// What revocation checking found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation: Option<RevocationResult>,
    /// The usages left for it; absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_usage: Option<Vec<String>>,
    /// The issuance policies left for it; absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuance_usage: Option<Vec<String>>,
    /// The reason for each error.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingResult>,
}

/// A reason for error bits.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FindingResult {
    /// The bits.
    pub bits: Vec<String>,
    /// What was found.
    pub what: String,
    /// The source of the rule.
    pub rule: String,
}

/// CERT_REVOCATION_INFO
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RevocationResult {
    /// dwRevocationResult
    pub result: String,
    /// Its symbol.
    pub symbol: String,
    /// What the answer is: `crl` or `ocsp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Where it was: `staple`, `cache`, `store` or `wire`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The address it was retrieved from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Thumbprint of the CRL that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl_sha1: Option<String>,
    /// Thumbprint of the delta CRL that was applied to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta_crl_sha1: Option<String>,
    /// Since when it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_date: Option<String>,
    /// Why it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// thisUpdate of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub this_update: Option<String>,
    /// nextUpdate of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_update: Option<String>,
    /// Its age in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freshness: Option<i64>,
    /// What was tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// CERT_CHAIN_POLICY_STATUS
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PolicyResult {
    /// The policy.
    pub name: String,
    /// dwError
    pub error: String,
    /// Its symbol.
    pub symbol: String,
    /// Its English text.
    pub message: String,
    /// lChainIndex
    pub chain_index: i32,
    /// lElementIndex
    pub element_index: i32,
    /// Errors that the first one hides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<HiddenError>,
    /// What is not proven of this answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// An error that another one hides.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HiddenError {
    /// The code.
    pub error: String,
    /// Its symbol.
    pub symbol: String,
    /// lChainIndex
    pub chain_index: i32,
    /// lElementIndex
    pub element_index: i32,
}

/// An event that Windows would have written.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EventResult {
    /// Its number.
    pub id: u32,
    /// The log.
    pub channel: String,
    /// The source.
    pub source: String,
    /// `error`, `warning` or `information`
    pub level: String,
    /// The code behind its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Its symbol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// Its arguments, as Windows fills them into the text.
    pub arguments: Vec<String>,
    /// Its English text.
    pub message: String,
}

impl From<TrustStatus> for StatusResult {
    fn from(status: TrustStatus) -> Self {
        Self {
            error_status: status.error.to_string(),
            error: status.error.names(),
            info_status: status.info.to_string(),
            info: status.info.names(),
        }
    }
}

impl From<&ChainContext> for ChainResult {
    fn from(context: &ChainContext) -> Self {
        Self {
            status: context.status.into(),
            simple_chains: context.chains.iter().map(Into::into).collect(),
            lower_quality: context.lower_quality.iter().map(Into::into).collect(),
            revocation_freshness: context.revocation_freshness,
            search_exhausted: context.search.exhausted.map(str::to_owned),
        }
    }
}

impl From<&SimpleChain> for SimpleChainResult {
    fn from(chain: &SimpleChain) -> Self {
        Self {
            status: chain.status.into(),
            elements: chain.elements.iter().map(Into::into).collect(),
            trust_list: chain.trust_list.as_ref().map(Into::into),
        }
    }
}

impl From<&TrustListInfo> for TrustListResult {
    fn from(info: &TrustListInfo) -> Self {
        let list = &info.list.list;
        Self {
            usage: list.usage.iter().map(ToString::to_string).collect(),
            this_update: list.this_update.to_string(),
            next_update: list.next_update.map(|time| time.to_string()),
            subject_identifier: hex(&info.subject_identifier),
            signer: hex(&info.signer.sha1()),
            origin: info.origin.name().to_owned(),
            findings: info.findings.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Finding> for FindingResult {
    fn from(finding: &Finding) -> Self {
        Self {
            bits: finding.bits.names(),
            what: finding.what.clone(),
            rule: finding.rule.to_owned(),
        }
    }
}

impl From<&Element> for ElementResult {
    fn from(element: &Element) -> Self {
        let certificate = &element.certificate;
        let dotted = |oids: &Vec<crate::base::oid::Oid>| {
            oids.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        Self {
            sha1: hex(&certificate.sha1()),
            sha256: hex(&certificate.sha256()),
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial: hex(crate::base::der::trim_integer(certificate.serial_number())),
            not_before: certificate.not_before().to_string(),
            not_after: certificate.not_after().to_string(),
            signature_algorithm: algorithm_name(certificate.signature_algorithm()),
            origin: element.origin.name().to_owned(),
            status: element.status.into(),
            revocation: element.revocation.as_ref().map(Into::into),
            application_usage: element.application_usage.as_ref().map(dotted),
            issuance_usage: element.issuance_usage.as_ref().map(dotted),
            findings: element.findings.iter().map(Into::into).collect(),
        }
    }
}

impl From<&crate::revocation::RevocationInfo> for RevocationResult {
    fn from(info: &crate::revocation::RevocationInfo) -> Self {
        Self {
            result: info.result.to_string(),
            symbol: symbol(info.result),
            source: info.source.map(|source| source.as_str().to_owned()),
            place: info.source.map(|source| source.place().to_owned()),
            url: info.url.clone(),
            crl_sha1: info.crl.as_ref().map(|crl| hex(&crl.sha1())),
            delta_crl_sha1: info.delta_crl.as_ref().map(|crl| hex(&crl.sha1())),
            revocation_date: info.revocation_date.map(|time| time.to_string()),
            reason: info.reason.map(|reason| reason.as_str().to_owned()),
            this_update: info.this_update.map(|time| time.to_string()),
            next_update: info.next_update.map(|time| time.to_string()),
            freshness: info.freshness_seconds,
            notes: info.notes.clone(),
        }
    }
}

impl From<&PolicyStatus> for PolicyResult {
    fn from(status: &PolicyStatus) -> Self {
        Self {
            name: status.policy.to_string(),
            error: status.error.to_string(),
            symbol: symbol(status.error),
            message: status.error.message().unwrap_or_default().to_owned(),
            chain_index: status.chain_index,
            element_index: status.element_index,
            hidden: status
                .hidden
                .iter()
                .map(|hidden| HiddenError {
                    error: hidden.error.to_string(),
                    symbol: symbol(hidden.error),
                    chain_index: hidden.chain_index,
                    element_index: hidden.element_index,
                })
                .collect(),
            note: status.note.clone(),
        }
    }
}

/// The symbol of a code, or the code where it has none.
pub(super) fn symbol(code: HResult) -> String {
    code.symbol().map_or_else(|| code.to_string(), str::to_owned)
}
