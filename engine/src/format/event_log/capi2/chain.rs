//! Events 11 and 30: chains that were built, and what a policy said of them (reference,
//! capi2-events 3.1, 3.2).

use serde::Serialize;

use super::revocation::RevocationObject;
use super::value::{
    Constant, Flags, Interval, LeftIn, ObjectReference, Outcome, PublicKeyAlgorithm, Rest,
    SignatureAlgorithm, TrustStatus, UsageList, child, child_interval, child_time, decimal,
    interval, text, token,
};
use crate::base::time::Time;
use crate::format::event_log::element::Element;

/// Event 11: CertGetCertificateChain.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ChainBuilt {
    /// The end certificate.
    pub certificate: Option<ObjectReference>,
    /// pTime; absent: the clock.
    pub validation_time: Option<Time>,
    /// What hAdditionalStore held.
    pub additional_store: Vec<ObjectReference>,
    /// RequestedUsage.
    pub requested_usage: Option<UsageList>,
    /// RequestedIssuancePolicy (inferred).
    pub requested_policies: Option<UsageList>,
    /// CERT_STRONG_SIGN_PARA.
    pub strong_sign: Option<StrongSign>,
    /// dwUrlRetrievalTimeout.
    pub url_retrieval_timeout: Option<Interval>,
    /// dwFlags of the call.
    pub flags: Option<Flags>,
    /// `user` or `machine`: whose stores.
    pub engine_context: Option<String>,
    /// What Windows thought of the network.
    pub connectivity: Option<Flags>,
    /// The chains, best first; all but the first are of lower quality.
    pub chains: Vec<BuiltChain>,
}

/// What strong signature asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StrongSign {
    /// Such as `RSA/SHA256;ECDSA/SHA256`.
    pub sign_hash_list: Option<String>,
    /// Such as `RSA/1024;ECDSA/256`.
    pub public_key_list: Option<String>,
}

/// A chain.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct BuiltChain {
    /// Its key in events 30 and 81.
    pub chain_ref: Option<String>,
    /// The greatest age of the revocation information used.
    pub revocation_freshness_time: Option<Interval>,
    /// The status of the whole.
    pub status: TrustStatus,
    /// Its elements, the end certificate first.
    pub elements: Vec<BuiltElement>,
}

/// An element of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct BuiltElement {
    /// The certificate.
    pub certificate: Option<ObjectReference>,
    /// How it is signed.
    pub signature_algorithm: Option<SignatureAlgorithm>,
    /// Its key.
    pub public_key_algorithm: Option<PublicKeyAlgorithm>,
    /// Its status.
    pub status: TrustStatus,
    /// Usages valid down to here.
    pub application_usage: Option<UsageList>,
    /// Policies valid down to here.
    pub issuance_usage: Option<UsageList>,
    /// What its revocation check gave; absent: not checked.
    pub revocation: Option<RevocationInfo>,
}

/// What an element's revocation check gave.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RevocationInfo {
    /// The age of the information used.
    pub freshness_time: Option<Interval>,
    /// The result.
    pub result: Option<Outcome>,
    /// How what was used is signed.
    pub strong_sign: Option<StrongSignProperties>,
    /// The CRLs and OCSP responses used.
    pub objects: Vec<RevocationObject>,
}

/// How the revocation information is signed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StrongSignProperties {
    /// Such as `RSA/SHA256`.
    pub sign_hash: Option<String>,
    /// Bits.
    pub issuer_public_key_length: Option<u32>,
    /// Of the signer's certificate.
    pub issuer_sign_hash_list: Option<String>,
}

/// Event 30: CertVerifyCertificateChainPolicy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PolicyVerified {
    /// Which policy: CERT_CHAIN_POLICY_*.
    pub policy: Option<Constant>,
    /// The chain's end certificate.
    pub certificate: Option<ObjectReference>,
    /// The key of the event 11 that built the chain.
    pub chain_ref: Option<String>,
    /// CERT_CHAIN_POLICY_*_FLAG.
    pub flags: Option<Flags>,
    /// WTPF_* of an Authenticode policy.
    pub reg_policy_setting: Option<Flags>,
    /// What the SSL policy was asked.
    pub ssl: Option<SslPolicy>,
    /// lChainIndex; -1: none.
    pub chain_index: Option<i32>,
    /// lElementIndex; -1: none.
    pub element_index: Option<i32>,
}

/// What the SSL policy was asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SslPolicy {
    /// `server` or `client`.
    pub auth_type: Option<String>,
    /// The host.
    pub server_name: Option<String>,
    /// SECURITY_FLAG_IGNORE_*.
    pub ignore: Option<Flags>,
}

impl ChainBuilt {
    pub(super) fn take(root: &mut Element, rest: &mut Rest) -> Self {
        Self {
            certificate: child(root, "Certificate", rest, ObjectReference::take),
            validation_time: child_time(root, "ValidationTime", rest),
            additional_store: child(root, "AdditionalStore", rest, references).unwrap_or_default(),
            requested_usage: child(root, "ExtendedKeyUsage", rest, UsageList::take),
            requested_policies: child(root, "CertificatePolicies", rest, UsageList::take),
            strong_sign: child(root, "StrongSignPara", rest, StrongSign::take),
            url_retrieval_timeout: child_interval(root, "URLRetrievalTimeout", rest),
            flags: child(root, "Flags", rest, Flags::take).flatten(),
            engine_context: child(root, "ChainEngineInfo", rest, |mut engine, rest| {
                text(&mut engine, "context").left_in(engine, rest)
            })
            .flatten(),
            connectivity: child(root, "AdditionalInfo", rest, connectivity).flatten(),
            chains: root
                .take_children(|name| name == "CertificateChain")
                .into_iter()
                .map(|chain| BuiltChain::take(chain, rest))
                .collect(),
        }
    }
}

/// Every certificate, CRL, … in an element.
pub(super) fn references(mut element: Element, rest: &mut Rest) -> Vec<ObjectReference> {
    let children = element.take_children(|_| true).into_iter();
    let found = rest.within(element.name(), |rest| {
        children
            .filter_map(|child| match child.attribute("fileRef") {
                Some(_) => Some(ObjectReference::take(child, rest)),
                None => None.left_in(child, rest),
            })
            .collect()
    });
    Vec::left_in(found, element, rest)
}

fn connectivity(mut element: Element, rest: &mut Rest) -> Option<Flags> {
    child(&mut element, "NetworkConnectivityStatus", rest, Flags::take)
        .flatten()
        .left_in(element, rest)
}

impl StrongSign {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let strong_sign = Self {
            sign_hash_list: token(&mut element, "signHashList"),
            public_key_list: token(&mut element, "publicKeyList"),
        };
        strong_sign.left_in(element, rest)
    }
}

impl BuiltChain {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let chain = rest.within("CertificateChain", |rest| Self {
            chain_ref: token(&mut element, "chainRef"),
            revocation_freshness_time: interval(&mut element, "revocationFreshnessTime"),
            status: child(&mut element, "TrustStatus", rest, TrustStatus::take).unwrap_or_default(),
            elements: element
                .take_children(|name| name == "ChainElement")
                .into_iter()
                .map(|element| BuiltElement::take(element, rest))
                .collect(),
        });
        chain.left_in(element, rest)
    }
}

impl BuiltElement {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let of = &mut element;
        let taken = rest.within("ChainElement", |rest| Self {
            certificate: child(of, "Certificate", rest, ObjectReference::take),
            signature_algorithm: child(of, "SignatureAlgorithm", rest, SignatureAlgorithm::take),
            public_key_algorithm: child(of, "PublicKeyAlgorithm", rest, PublicKeyAlgorithm::take),
            status: child(of, "TrustStatus", rest, TrustStatus::take).unwrap_or_default(),
            application_usage: child(of, "ApplicationUsage", rest, UsageList::take),
            issuance_usage: child(of, "IssuanceUsage", rest, UsageList::take),
            revocation: child(of, "RevocationInfo", rest, RevocationInfo::take),
        });
        taken.left_in(element, rest)
    }
}

impl RevocationInfo {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let info = rest.within("RevocationInfo", |rest| Self {
            freshness_time: interval(&mut element, "freshnessTime"),
            result: child(&mut element, "RevocationResult", rest, Outcome::take).flatten(),
            strong_sign: child(&mut element, "StrongSignProperties", rest, |mut child, rest| {
                let properties = StrongSignProperties {
                    sign_hash: token(&mut child, "signHash"),
                    issuer_public_key_length: decimal(&mut child, "issuerPublicKeyLength"),
                    issuer_sign_hash_list: token(&mut child, "issuerSignHashList"),
                };
                properties.left_in(child, rest)
            }),
            objects: RevocationObject::take_all(&mut element, rest),
        });
        info.left_in(element, rest)
    }
}

impl PolicyVerified {
    pub(super) fn take(root: &mut Element, rest: &mut Rest) -> Self {
        let (chain_index, element_index) = child(root, "Status", rest, |mut status, rest| {
            let chain = decimal(&mut status, "chainIndex");
            (chain, decimal(&mut status, "elementIndex")).left_in(status, rest)
        })
        .unwrap_or_default();
        Self {
            policy: child(root, "Policy", rest, Constant::take_typed),
            certificate: child(root, "Certificate", rest, ObjectReference::take),
            chain_ref: child(root, "CertificateChain", rest, chain_ref).flatten(),
            flags: child(root, "Flags", rest, Flags::take).flatten(),
            reg_policy_setting: child(
                root,
                "AuthenticodeAdditionalPolicyInfo",
                rest,
                |mut info, rest| {
                    child(&mut info, "RegPolicySetting", rest, Flags::take)
                        .flatten()
                        .left_in(info, rest)
                },
            )
            .flatten(),
            ssl: child(root, "SSLAdditionalPolicyInfo", rest, SslPolicy::take),
            chain_index,
            element_index,
        }
    }
}

/// The key of a chain that is described elsewhere.
pub(super) fn chain_ref(mut element: Element, rest: &mut Rest) -> Option<String> {
    token(&mut element, "chainRef").left_in(element, rest)
}

impl SslPolicy {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let policy = Self {
            auth_type: text(&mut element, "authType"),
            server_name: text(&mut element, "serverName"),
            ignore: child(&mut element, "IgnoreFlags", rest, Flags::take).flatten(),
        };
        policy.left_in(element, rest)
    }
}
