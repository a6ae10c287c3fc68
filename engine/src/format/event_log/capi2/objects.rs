//! Event 90: what the objects of a call hold, as far as Windows prints it (reference,
//! capi2-events 3.8). What is not here may still be in the object.

use std::fmt;

use serde::{Serialize, Serializer};

use super::value::{
    Constant, Flags, LeftIn, ObjectReference, PublicKeyAlgorithm, Rest, SignatureAlgorithm,
    UsageList, boolean, child, child_text, child_time, decimal, token,
};
use crate::base::time::Time;
use crate::format::event_log::element::Element;

/// Event 90: X509Objects.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Objects {
    /// The certificates.
    pub certificates: Vec<CertificateObject>,
    /// The CRLs.
    pub crls: Vec<CrlObject>,
    /// The OCSP responses.
    pub ocsp_responses: Vec<OcspObject>,
}

/// A name: its attributes as shown, the common name first, which is the reverse of the DER.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShownName(pub Vec<(String, String)>);

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CertificateObject {
    /// Its thumbprint and short name.
    pub reference: ObjectReference,
    /// The subject.
    pub subject: ShownName,
    /// The issuer.
    pub issuer: ShownName,
    /// The subject key identifier, in upper-case hexadecimal.
    pub subject_key_id: Option<String>,
    /// Whether Windows made the identifier, as the certificate has none.
    pub subject_key_id_computed: Option<bool>,
    /// How it is signed.
    pub signature_algorithm: Option<SignatureAlgorithm>,
    /// Its key.
    pub public_key_algorithm: Option<PublicKeyAlgorithm>,
    /// The serial number's octets, in upper-case hexadecimal, a leading 00 included.
    pub serial_number: Option<String>,
    /// Valid from.
    pub not_before: Option<Time>,
    /// Valid to.
    pub not_after: Option<Time>,
    /// Basic constraints.
    pub basic_constraints: Option<BasicConstraints>,
    /// Key usage.
    pub key_usage: Option<KeyUsage>,
    /// Extended key usage.
    pub extended_key_usage: Option<UsageList>,
    /// Whether that is critical.
    pub extended_key_usage_critical: bool,
    /// The authority key identifier.
    pub authority_key_id: Option<AuthorityKeyId>,
    /// Subject alternative names: kind and value.
    pub subject_alt_names: Vec<(String, String)>,
    /// Alternative names that are directory names.
    pub subject_alt_directory_names: Vec<ShownName>,
    /// Certificate policies.
    pub certificate_policies: Option<UsageList>,
    /// The extensions' names in the order shown, probably that of the certificate.
    pub extension_order: Vec<String>,
    /// Extensions that are not decoded here.
    pub other_extensions: Vec<Element>,
    /// The property CERT_FRIENDLY_NAME_PROP_ID.
    pub friendly_name: Option<String>,
    /// The property CERT_ENHKEY_USAGE_PROP_ID.
    pub property_usage: Option<UsageList>,
    /// The property CERT_ROOT_PROGRAM_CERT_POLICIES_PROP_ID.
    pub root_program_policies: Vec<RootProgramPolicy>,
    /// Properties that are not decoded here.
    pub other_properties: Vec<Element>,
}

/// Basic constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct BasicConstraints {
    /// Whether the extension is critical.
    pub critical: bool,
    /// cA
    pub ca: Option<bool>,
    /// pathLenConstraint
    pub path_len_constraint: Option<u32>,
}

/// Key usage.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct KeyUsage {
    /// Whether the extension is critical.
    pub critical: bool,
    /// The bits.
    pub bits: Option<Flags>,
}

/// The authority key identifier.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct AuthorityKeyId {
    /// The key identifier, in upper-case hexadecimal.
    pub key_id: Option<String>,
    /// The issuer's issuer.
    pub issuer: Option<ShownName>,
    /// The issuer's serial number.
    pub serial_number: Option<String>,
}

/// A policy of the root program, and its qualifier.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RootProgramPolicy {
    /// The policy.
    pub policy_id: Option<String>,
    /// The qualifier's identifier.
    pub qualifier_id: Option<String>,
    /// CERT_ROOT_PROGRAM_FLAG_*.
    pub qualifiers: Option<Flags>,
}

/// A CRL.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CrlObject {
    /// Its thumbprint and short name.
    pub reference: ObjectReference,
    /// The issuer.
    pub issuer: ShownName,
    /// Of when.
    pub this_update: Option<Time>,
    /// Until when.
    pub next_update: Option<Time>,
    /// The authority key identifier.
    pub authority_key_id: Option<AuthorityKeyId>,
    /// The CRL number, in upper-case hexadecimal.
    pub crl_number: Option<String>,
    /// When the next one is published (1.3.6.1.4.1.311.21.4).
    pub next_publish_time: Option<Time>,
    /// Extensions that are not decoded here.
    pub other_extensions: Vec<Element>,
}

/// An OCSP response.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct OcspObject {
    /// Its thumbprint and short name.
    pub reference: ObjectReference,
    /// The response's status; 0 is success.
    pub status: Option<Constant>,
    /// When it was made.
    pub produced_at: Option<Time>,
    /// The CA that it speaks for.
    pub issuer: ShownName,
    /// The responder, if that is not the CA itself.
    pub delegated_signer: Option<ShownName>,
    /// What it says of each certificate.
    pub responses: Vec<SingleResponse>,
}

/// What an OCSP response says of one certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SingleResponse {
    /// The certificate.
    pub serial_number: Option<String>,
    /// 0 good, 1 revoked, 2 unknown.
    pub status: Option<Constant>,
    /// Of when.
    pub this_update: Option<Time>,
    /// Until when.
    pub next_update: Option<Time>,
}

impl fmt::Display for ShownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (kind, value)) in self.0.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{kind}={value}")?;
        }
        Ok(())
    }
}

impl Serialize for ShownName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl ShownName {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let attributes = element.take_children(|_| true).into_iter();
        let name = attributes.map(|mut attribute| {
            let kind = attribute.name().to_owned();
            (kind, attribute.take_text().unwrap_or_default()).left_in(attribute, rest)
        });
        Self(name.collect()).left_in(element, rest)
    }

    /// Names may stand in a `DirectoryName` of their own.
    fn take_directory(mut element: Element, rest: &mut Rest) -> Self {
        match element.take_child("DirectoryName") {
            Some(name) => Self::take(name, rest).left_in(element, rest),
            None => Self::take(element, rest),
        }
    }
}

impl Objects {
    pub(super) fn take(root: &mut Element, rest: &mut Rest) -> Self {
        Self {
            certificates: each(root, "Certificate", rest, CertificateObject::take),
            crls: each(root, "CertificateRevocationList", rest, CrlObject::take),
            ocsp_responses: each(root, "OCSPResponse", rest, OcspObject::take),
        }
    }
}

fn each<T>(
    element: &mut Element,
    name: &str,
    rest: &mut Rest,
    take: impl Fn(Element, &mut Rest) -> T,
) -> Vec<T> {
    let children = element.take_children(|found| found == name).into_iter();
    rest.within(name, |rest| children.map(|child| take(child, rest)).collect())
}

impl CertificateObject {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let of = &mut element;
        let mut value = Self {
            reference: ObjectReference::of(of),
            subject: child(of, "Subject", rest, ShownName::take).unwrap_or_default(),
            issuer: child(of, "Issuer", rest, ShownName::take).unwrap_or_default(),
            signature_algorithm: child(of, "SignatureAlgorithm", rest, SignatureAlgorithm::take),
            public_key_algorithm: child(of, "PublicKeyAlgorithm", rest, PublicKeyAlgorithm::take),
            serial_number: child_text(of, "SerialNumber", rest),
            not_before: child_time(of, "NotBefore", rest),
            not_after: child_time(of, "NotAfter", rest),
            ..Self::default()
        };
        if let Some(mut id) = of.take_child("SubjectKeyID") {
            value.subject_key_id = token(&mut id, "hash");
            value.subject_key_id_computed = boolean(&mut id, "computed");
            rest.leave(id);
        }
        if let Some(mut extensions) = of.take_child("Extensions") {
            rest.within("Extensions", |rest| value.take_extensions(&mut extensions, rest));
            rest.leave(extensions);
        }
        if let Some(mut properties) = of.take_child("Properties") {
            rest.within("Properties", |rest| value.take_properties(&mut properties, rest));
            rest.leave(properties);
        }
        value.left_in(element, rest)
    }

    fn take_extensions(&mut self, extensions: &mut Element, rest: &mut Rest) {
        for mut extension in extensions.take_children(|_| true) {
            let name = extension.name().to_owned();
            match name.as_str() {
                "BasicConstraints" => {
                    self.basic_constraints = Some(BasicConstraints {
                        critical: critical(&mut extension),
                        ca: boolean(&mut extension, "cA"),
                        path_len_constraint: decimal(&mut extension, "pathLenConstraint"),
                    });
                    rest.leave(extension);
                }
                "KeyUsage" => {
                    let critical = critical(&mut extension);
                    self.key_usage =
                        Some(KeyUsage { critical, bits: Flags::take(extension, rest) });
                }
                "ExtendedKeyUsage" => {
                    self.extended_key_usage_critical = critical(&mut extension);
                    self.extended_key_usage = Some(UsageList::take(extension, rest));
                }
                "AuthorityKeyIdentifier" => {
                    self.authority_key_id = Some(AuthorityKeyId::take(extension, rest));
                }
                "CertificatePolicies" if extension.attribute("critical").is_none() => {
                    self.certificate_policies = Some(UsageList::take(extension, rest));
                }
                "SubjectAltName" if extension.attribute("critical").is_none() => {
                    self.take_alt_names(extension, rest);
                }
                _ => self.other_extensions.push(extension),
            }
            self.extension_order.push(name);
        }
    }

    fn take_alt_names(&mut self, mut extension: Element, rest: &mut Rest) {
        for mut name in extension.take_children(|_| true) {
            if name.name() == "DirectoryName" {
                self.subject_alt_directory_names.push(ShownName::take(name, rest));
                continue;
            }
            if let Some(value) = name.take_text() {
                self.subject_alt_names.push((name.name().to_owned(), value));
            }
            rest.leave(name);
        }
        rest.leave(extension);
    }

    fn take_properties(&mut self, properties: &mut Element, rest: &mut Rest) {
        self.friendly_name = child_text(properties, "FriendlyName", rest);
        self.property_usage = child(properties, "ExtendedKeyUsage", rest, UsageList::take);
        if let Some(mut policies) = properties.take_child("PoliciesInfo") {
            self.root_program_policies =
                each(&mut policies, "PolicyInfo", rest, RootProgramPolicy::take);
            rest.leave(policies);
        }
        self.other_properties = properties.take_children(|_| true);
    }
}

fn critical(extension: &mut Element) -> bool {
    boolean(extension, "critical").unwrap_or_default()
}

impl AuthorityKeyId {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let id = Self {
            key_id: child(&mut element, "KeyID", rest, |mut id, rest| {
                token(&mut id, "hash").left_in(id, rest)
            })
            .flatten(),
            issuer: child(&mut element, "AuthorityCertIssuer", rest, ShownName::take_directory),
            serial_number: child_text(&mut element, "AuthoritySerialNumber", rest),
        };
        id.left_in(element, rest)
    }
}

impl RootProgramPolicy {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let mut policy = Self { policy_id: token(&mut element, "certPolicyId"), ..Self::default() };
        if let Some(mut qualifier) = element.take_child("RootProgramPolicyQualifierInfo") {
            policy.qualifier_id = token(&mut qualifier, "policyQualifierId");
            policy.qualifiers = child(&mut qualifier, "Qualifiers", rest, Flags::take).flatten();
            rest.leave(qualifier);
        }
        policy.left_in(element, rest)
    }
}

impl CrlObject {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let of = &mut element;
        let mut value = Self {
            reference: ObjectReference::of(of),
            issuer: child(of, "Issuer", rest, ShownName::take).unwrap_or_default(),
            this_update: child_time(of, "ThisUpdate", rest),
            next_update: child_time(of, "NextUpdate", rest),
            ..Self::default()
        };
        if let Some(mut extensions) = of.take_child("Extensions") {
            let of = &mut extensions;
            value.authority_key_id =
                child(of, "AuthorityKeyIdentifier", rest, AuthorityKeyId::take);
            value.crl_number = child_text(of, "CRLNumber", rest);
            value.next_publish_time = child_time(of, "NextPublishTime", rest);
            value.other_extensions = of.take_children(|_| true);
            rest.leave(extensions);
        }
        value.left_in(element, rest)
    }
}

impl OcspObject {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let of = &mut element;
        let value = Self {
            reference: ObjectReference::of(of),
            status: child(of, "Status", rest, Constant::take),
            produced_at: child_time(of, "ProducedAt", rest),
            issuer: child(of, "Issuer", rest, ShownName::take).unwrap_or_default(),
            delegated_signer: child(of, "DelegatedSigner", rest, ShownName::take),
            responses: each(of, "Response", rest, SingleResponse::take),
        };
        value.left_in(element, rest)
    }
}

impl SingleResponse {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let of = &mut element;
        let value = Self {
            serial_number: child_text(of, "SerialNumber", rest),
            status: child(of, "CertStatus", rest, Constant::take),
            this_update: child_time(of, "ThisUpdate", rest),
            next_update: child_time(of, "NextUpdate", rest),
        };
        value.left_in(element, rest)
    }
}
