//! What an object identifier is for, as far as it can be said from where it stands.

use crate::base::oid;
use crate::object::property::{PropertyDefinition, property};

/// What an identifier means.
pub(super) fn meaning(dotted: &str, name: &str) -> String {
    if let Some((_, meaning)) = MEANINGS.iter().find(|(oid, _)| *oid == dotted) {
        return (*meaning).to_owned();
    }
    let kind = FAMILIES
        .iter()
        .find(|(prefix, _)| dotted.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')));
    match kind {
        Some((_, kind)) => format!("{kind}: {name}."),
        None => format!("Identifies {name}."),
    }
}

/// The property a trust list's attribute with this identifier holds.
pub(super) fn list_property(dotted: &str) -> Option<&'static PropertyDefinition> {
    let prefix = oid::CERT_PROP_ID_PREFIX.to_string();
    let number = dotted.strip_prefix(&prefix)?.strip_prefix('.')?;
    property(number.parse().ok()?)
}

static MEANINGS: &[(&str, &str)] = &[
    (
        "1.3.6.1.4.1.311.10.1",
        "A certificate trust list: the content type of authroot.stl and its kin.",
    ),
    (
        "1.3.6.1.4.1.311.10.3.9",
        "Usage: may sign the list of roots (authroot.stl). Its signer must have it.",
    ),
    ("1.3.6.1.4.1.311.10.3.19", "Usage: signing lists of revoked roots."),
    (
        "1.3.6.1.4.1.311.10.3.30",
        "Usage of the list of distrusted certificates (disallowedcert.stl).",
    ),
    ("1.3.6.1.4.1.311.10.3.31", "Usage: may sign the pin rules."),
    ("1.3.6.1.4.1.311.10.3.32", "Usage of the list of pin rules (pinrules.stl)."),
    ("1.3.6.1.4.1.311.10.3.1", "Usage: may sign certificate trust lists."),
    (
        "1.3.6.1.4.1.311.10.3.52",
        "Extension of the root list that holds the keys of certificate transparency logs.",
    ),
    ("1.3.6.1.4.1.311.10.12.1", "Any application policy: good for every usage."),
    ("2.5.29.37.0", "Any extended key usage: good for every usage."),
    ("2.5.29.32.0", "Any certificate policy."),
    ("1.3.6.1.5.5.7.3.1", "Usage: authenticating a TLS server."),
    ("1.3.6.1.5.5.7.3.2", "Usage: authenticating a TLS client."),
    ("1.3.6.1.5.5.7.3.3", "Usage: signing programs."),
    ("1.3.6.1.5.5.7.3.4", "Usage: signing and encrypting mail."),
    ("1.3.6.1.5.5.7.3.8", "Usage: time stamping."),
    ("1.3.6.1.5.5.7.3.9", "Usage: signing OCSP responses for the CA that issued the certificate."),
    (
        "1.3.6.1.4.1.311.60.1.1",
        "Qualifier of a root's policies: display flags of extended validation (property 83).",
    ),
    (
        "1.3.6.1.4.1.311.60.3.1",
        "Chain policy of a root (property 105): revocation of CAs is to be checked.",
    ),
    (
        "1.3.6.1.4.1.311.60.3.2",
        "Chain policy of a root (property 105): revocation of end certificates is to be checked.",
    ),
    (
        "1.3.6.1.4.1.311.60.3.3",
        "Chain policy of a root (property 105): no falling back from OCSP to CRLs.",
    ),
    ("2.5.29.31", "Certificate extension: where CRLs are to be found."),
    (
        "1.3.6.1.5.5.7.1.1",
        "Certificate extension: where the issuer's certificate and its OCSP responder are to be found.",
    ),
    (
        "1.3.6.1.5.5.7.48.1.5",
        "Extension of an OCSP signer's certificate: its own revocation is not to be checked.",
    ),
    (
        "2.5.29.19",
        "Certificate extension: whether it is a CA, and how many CAs may stand below it.",
    ),
    ("2.5.29.30", "Certificate extension: the names a CA may, or may not, issue for."),
    ("2.5.29.36", "Certificate extension: demands on the policies of the chain below."),
];

static FAMILIES: &[(&str, &str)] = &[
    ("2.5.4", "Attribute of a name"),
    ("2.5.29", "Certificate or CRL extension"),
    ("1.3.6.1.5.5.7.1", "Certificate extension"),
    ("1.3.6.1.5.5.7.3", "Extended key usage"),
    ("1.3.6.1.5.5.7.48", "Access method or OCSP element"),
    ("1.3.6.1.4.1.311.10.3", "Microsoft key usage or list extension"),
    ("1.3.6.1.4.1.311.10.11", "Property in a trust list"),
    ("1.3.6.1.4.1.311.20", "Microsoft certificate extension or usage"),
    ("1.3.6.1.4.1.311.21", "Microsoft certificate extension"),
    ("1.2.840.113549.1.1", "RSA key or signature algorithm"),
    ("1.2.840.113549.1.7", "PKCS #7 content type"),
    ("1.2.840.113549.1.9", "PKCS #9 attribute"),
    ("1.2.840.113549.2", "Digest algorithm"),
    ("1.2.840.10045.4", "ECDSA signature algorithm"),
    ("1.2.840.10045.3", "Elliptic curve"),
    ("1.3.132.0", "Elliptic curve"),
    ("1.3.36.3.3.2.8", "Elliptic curve"),
    ("2.16.840.1.101.3.4.2", "Digest algorithm"),
    ("2.16.840.1.101.3.4.3", "Signature algorithm"),
    ("1.3.14.3.2", "Old algorithm identifier of the OIW"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meanings_belong_to_known_identifiers() {
        for (dotted, _) in MEANINGS {
            assert!(oid::TABLE.iter().any(|e| e.oid.to_string() == *dotted), "{dotted}");
        }
        assert_eq!(
            meaning("2.5.29.17", "subjectAltName"),
            "Certificate or CRL extension: subjectAltName."
        );
        assert_eq!(list_property("1.3.6.1.4.1.311.10.11.104").map(|p| p.id), Some(104));
        assert!(list_property("1.3.6.1.4.1.311.10.110").is_none());
    }
}
