//! Making certificates and CRLs.

use crate::der;
use crate::key::{Digest, Key};

/// A certificate to be made.
#[derive(Debug, Clone)]
pub struct Certificate<'a> {
    /// The subject's CN; no subject at all if empty.
    pub subject: &'a str,
    /// The issuer's CN.
    pub issuer: &'a str,
    /// serialNumber
    pub serial_number: &'a [u8],
    /// notBefore, `YYYYMMDDhhmmss`
    pub not_before: &'a str,
    /// notAfter
    pub not_after: &'a str,
    /// Extensions, encoded.
    pub extensions: Vec<Vec<u8>>,
}

/// A name with an organisation and this CN.
#[must_use]
pub fn name(common_name: &str) -> Vec<u8> {
    let attribute = |kind: &str, value: &str| {
        der::set(&[der::sequence(&[der::oid(kind), der::tlv(0x0c, value.as_bytes())])])
    };
    if common_name.is_empty() {
        return der::sequence(&[]);
    }
    der::sequence(&[attribute("2.5.4.10", "Example Test"), attribute("2.5.4.3", common_name)])
}

impl Certificate<'_> {
    /// Makes it: for this key, signed with that one.
    #[must_use]
    pub fn sign(&self, key: &Key, issuer_key: &Key) -> Vec<u8> {
        let algorithm = issuer_key.signature_algorithm(Digest::Sha256);
        let mut fields = vec![
            der::tlv(0xa0, &der::integer(&[2])),
            der::integer(self.serial_number),
            algorithm.clone(),
            name(self.issuer),
            der::sequence(&[der::time(self.not_before), der::time(self.not_after)]),
            name(self.subject),
            key.spki(),
        ];
        if !self.extensions.is_empty() {
            fields.push(der::tlv(0xa3, &der::sequence(&self.extensions)));
        }
        sign(&der::sequence(&fields), algorithm, issuer_key)
    }
}

fn sign(tbs: &[u8], algorithm: Vec<u8>, key: &Key) -> Vec<u8> {
    let signature = key.sign(Digest::Sha256, tbs);
    der::sequence(&[tbs.to_vec(), algorithm, der::bit_string(&signature)])
}

/// An extension.
#[must_use]
pub fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![der::oid(id)];
    if critical {
        parts.push(der::tlv(0x01, &[0xff]));
    }
    parts.push(der::octet_string(value));
    der::sequence(&parts)
}

/// basicConstraints of a CA, critical.
#[must_use]
pub fn ca(path_len: Option<u8>) -> Vec<u8> {
    let mut parts = vec![der::tlv(0x01, &[0xff])];
    parts.extend(path_len.map(|length| der::integer(&[length])));
    extension("2.5.29.19", true, &der::sequence(&parts))
}

/// keyUsage keyCertSign and cRLSign, critical.
#[must_use]
pub fn cert_sign() -> Vec<u8> {
    extension("2.5.29.15", true, &der::tlv(0x03, &[1, 0x06]))
}

/// extKeyUsage
#[must_use]
pub fn usages(oids: &[&str]) -> Vec<u8> {
    let oids: Vec<Vec<u8>> = oids.iter().map(|id| der::oid(id)).collect();
    extension("2.5.29.37", false, &der::sequence(&oids))
}

/// subjectKeyIdentifier
#[must_use]
pub fn subject_key_identifier(key: &Key) -> Vec<u8> {
    extension("2.5.29.14", false, &der::octet_string(&key.identifier()))
}

/// authorityKeyIdentifier with the key's identifier alone
#[must_use]
pub fn authority_key_identifier(key: &Key) -> Vec<u8> {
    extension("2.5.29.35", false, &der::sequence(&[der::tlv(0x80, &key.identifier())]))
}

/// subjectAltName of DNS names
#[must_use]
pub fn dns_names(names: &[&str]) -> Vec<u8> {
    let names: Vec<Vec<u8>> = names.iter().map(|n| der::tlv(0x82, n.as_bytes())).collect();
    extension("2.5.29.17", false, &der::sequence(&names))
}

/// nameConstraints with one permitted DNS subtree, critical
#[must_use]
pub fn permitted_dns(subtree: &str) -> Vec<u8> {
    let subtree = der::sequence(&[der::tlv(0x82, subtree.as_bytes())]);
    extension("2.5.29.30", true, &der::sequence(&[der::tlv(0xa0, &subtree)]))
}

/// cRLDistributionPoints with one address
#[must_use]
pub fn distribution_point(url: &str) -> Vec<u8> {
    let full_name = der::tlv(0xa0, &der::tlv(0xa0, &der::tlv(0x86, url.as_bytes())));
    extension("2.5.29.31", false, &der::sequence(&[der::tlv(0x30, &full_name)]))
}

/// A CRL.
#[must_use]
pub fn crl(
    issuer: &str,
    key: &Key,
    this_update: &str,
    next_update: &str,
    revoked: &[(&[u8], &str)],
) -> Vec<u8> {
    let algorithm = key.signature_algorithm(Digest::Sha256);
    let entries: Vec<Vec<u8>> = revoked
        .iter()
        .map(|(serial_number, date)| der::sequence(&[der::integer(serial_number), der::time(date)]))
        .collect();
    let mut fields = vec![
        der::integer(&[1]),
        algorithm.clone(),
        name(issuer),
        der::time(this_update),
        der::time(next_update),
    ];
    if !entries.is_empty() {
        fields.push(der::sequence(&entries));
    }
    let number = extension("2.5.29.20", false, &der::integer(&[1]));
    fields.push(der::tlv(0xa0, &der::sequence(&[authority_key_identifier(key), number])));
    sign(&der::sequence(&fields), algorithm, key)
}
