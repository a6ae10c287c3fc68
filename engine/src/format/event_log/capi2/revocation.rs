//! Events 41 and 42: revocation that was checked, and revocation information that was not taken
//! (reference, capi2-events 3.3, 3.4).

use serde::Serialize;

use super::value::{
    Flags, Interval, LeftIn, ObjectReference, Outcome, Rest, child, decimal, hex, interval, text,
    time, token,
};
use crate::base::hresult::HResult;
use crate::base::time::Time;
use crate::format::event_log::element::Element;

/// A CRL or an OCSP response, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RevocationObject {
    /// The object.
    pub reference: ObjectReference,
    /// `TvoCache` (in memory), `UrlCache` (on disk), `Wire` (downloaded now), or another.
    pub location: Option<String>,
    /// Its address; objects in memory may lack it.
    pub url: Option<String>,
}

/// Event 41: CertVerifyRevocation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RevocationVerified {
    /// The certificate checked.
    pub certificate: Option<ObjectReference>,
    /// Its issuer's.
    pub issuer: Option<ObjectReference>,
    /// CERT_VERIFY_*.
    pub flags: Option<Flags>,
    /// The time at which the certificate must be good: for time-stamped files that of the stamp.
    pub time_to_use: Option<Time>,
    /// The machine's clock.
    pub current_time: Option<Time>,
    /// What is left for retrieving.
    pub url_retrieval_timeout: Option<Interval>,
    /// dwIndex.
    pub index: Option<u32>,
    /// dwError.
    pub error: Option<HResult>,
    /// dwReason: the CRL's reason code (inferred).
    pub reason: Option<u32>,
    /// The age of the information used.
    pub actual_freshness_time: Option<Interval>,
    /// The provider asked; Windows 10 and later name cryptnet.dll here too.
    pub third_party_provider: Option<String>,
    /// The CRL or OCSP response used.
    pub objects: Vec<RevocationObject>,
}

/// Event 42: a CRL or OCSP response was not taken. The check may succeed all the same with
/// another.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RevocationRejected {
    /// The certificate checked.
    pub certificate: Option<ObjectReference>,
    /// Its issuer's.
    pub issuer: Option<ObjectReference>,
    /// What was not taken.
    pub objects: Vec<RevocationObject>,
    /// The check that failed: `CheckTimeValidity`, `CheckResponseStatus` or another.
    pub action: Option<String>,
    /// Why.
    pub error: Option<Outcome>,
}

impl RevocationObject {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let object = Self {
            reference: ObjectReference::of(&mut element),
            location: text(&mut element, "location"),
            url: token(&mut element, "url"),
        };
        object.left_in(element, rest)
    }

    pub(super) fn take_all(element: &mut Element, rest: &mut Rest) -> Vec<Self> {
        let is_object = |name: &str| matches!(name, "CertificateRevocationList" | "OCSPResponse");
        let objects = element.take_children(is_object).into_iter();
        objects.map(|object| Self::take(object, rest)).collect()
    }
}

impl RevocationVerified {
    pub(super) fn take(root: &mut Element, rest: &mut Rest) -> Self {
        let mut value = Self {
            certificate: child(root, "Certificate", rest, ObjectReference::take),
            issuer: child(root, "IssuerCertificate", rest, ObjectReference::take),
            flags: child(root, "Flags", rest, Flags::take).flatten(),
            objects: RevocationObject::take_all(root, rest),
            ..Self::default()
        };
        if let Some(mut parameters) = root.take_child("AdditionalParameters") {
            value.time_to_use = time(&mut parameters, "timeToUse");
            value.current_time = time(&mut parameters, "currentTime");
            value.url_retrieval_timeout = interval(&mut parameters, "urlRetrievalTimeout");
            rest.leave(parameters);
        }
        if let Some(mut status) = root.take_child("RevocationStatus") {
            let error = hex(&mut status, "error").and_then(|error| u32::try_from(error).ok());
            value.index = decimal(&mut status, "index");
            value.error = error.map(HResult);
            value.reason = decimal(&mut status, "reason");
            value.actual_freshness_time = interval(&mut status, "actualFreshnessTime");
            value.third_party_provider = text(&mut status, "thirdPartyProviderUsed");
            rest.leave(status);
        }
        value
    }
}

impl RevocationRejected {
    pub(super) fn take(root: &mut Element, rest: &mut Rest) -> Self {
        let (action, error) = child(root, "Action", rest, |mut action, rest| {
            let name = text(&mut action, "name");
            let error = child(&mut action, "Error", rest, Outcome::take).flatten();
            (name, error).left_in(action, rest)
        })
        .unwrap_or_default();
        Self {
            certificate: child(root, "SubjectCertificate", rest, ObjectReference::take),
            issuer: child(root, "IssuerCertificate", rest, ObjectReference::take),
            objects: RevocationObject::take_all(root, rest),
            action,
            error,
        }
    }
}
