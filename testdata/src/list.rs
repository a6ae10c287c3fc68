//! Making trust lists, and the signed messages around them.

use crate::certificate::name;
use crate::der;
use crate::key::{Digest, Key};

/// An entry: its identifier, and properties by number, in order.
#[derive(Debug, Clone)]
pub struct Entry {
    /// subjectIdentifier
    pub identifier: Vec<u8>,
    /// Property number and octets.
    pub properties: Vec<(u32, Vec<u8>)>,
}

/// A list to be made.
#[derive(Debug, Clone)]
pub struct List<'a> {
    /// subjectUsage
    pub usage: &'a str,
    /// listIdentifier, as text
    pub identifier: Option<&'a str>,
    /// sequenceNumber: big-endian octets
    pub sequence_number: Vec<u8>,
    /// ctlThisUpdate
    pub this_update: &'a str,
    /// ctlNextUpdate
    pub next_update: Option<&'a str>,
    /// subjectAlgorithm
    pub subject_algorithm: &'a str,
    /// trustedSubjects
    pub entries: Vec<Entry>,
}

impl List<'_> {
    /// The encoding.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let mut fields = vec![der::sequence(&[der::oid(self.usage)])];
        fields.extend(self.identifier.map(|text| der::octet_string(&der::utf16(text))));
        fields.push(der::integer(&self.sequence_number));
        fields.push(der::time(self.this_update));
        fields.extend(self.next_update.map(der::time));
        fields.push(der::sequence(&[der::oid(self.subject_algorithm), der::null()]));
        let entries: Vec<Vec<u8>> = self.entries.iter().map(Entry::to_der).collect();
        if !entries.is_empty() {
            fields.push(der::sequence(&entries));
        }
        der::sequence(&fields)
    }
}

impl Entry {
    fn to_der(&self) -> Vec<u8> {
        let attributes: Vec<Vec<u8>> = self
            .properties
            .iter()
            .map(|(id, octets)| {
                der::sequence(&[
                    der::oid(&format!("1.3.6.1.4.1.311.10.11.{id}")),
                    der::set(&[der::octet_string(octets)]),
                ])
            })
            .collect();
        let mut fields = vec![der::octet_string(&self.identifier)];
        if !attributes.is_empty() {
            fields.push(der::set(&attributes));
        }
        der::sequence(&fields)
    }
}

/// Who signs a message.
#[derive(Debug, Clone)]
pub struct Signer<'a> {
    /// The signer's key.
    pub key: &'a Key,
    /// The CN of the signer's issuer.
    pub issuer: &'a str,
    /// The signer's serial number.
    pub serial_number: &'a [u8],
    /// Certificates that go along.
    pub certificates: Vec<Vec<u8>>,
    /// The digest.
    pub digest: Digest,
}

/// PKCS #7 1.5 SignedData over a content that is no OCTET STRING: digested without its tag and
/// length, with signed attributes.
#[must_use]
pub fn sign_message(content_type: &str, content: &[u8], signer: &Signer<'_>) -> Vec<u8> {
    let digest = signer.digest.of(contents_octets(content));
    let attribute =
        |kind: &str, value: Vec<u8>| der::sequence(&[der::oid(kind), der::set(&[value])]);
    let attributes = [
        attribute("1.2.840.113549.1.9.3", der::oid(content_type)),
        attribute("1.2.840.113549.1.9.4", der::octet_string(&digest)),
        attribute("1.3.6.1.4.1.311.2.1.12", der::sequence(&[])),
    ]
    .concat();
    let signature = signer.key.sign(signer.digest, &der::tlv(0x31, &attributes));
    let signer_info = der::sequence(&[
        der::integer(&[1]),
        der::sequence(&[name(signer.issuer), der::integer(signer.serial_number)]),
        signer.digest.algorithm(),
        der::tlv(0xa0, &attributes),
        match signer.key {
            Key::Rsa(_) => der::sequence(&[der::oid("1.2.840.113549.1.1.1"), der::null()]),
            Key::P256(_) => signer.key.signature_algorithm(signer.digest),
        },
        der::octet_string(&signature),
    ]);
    let signed_data = der::sequence(&[
        der::integer(&[1]),
        der::set(&[signer.digest.algorithm()]),
        der::sequence(&[der::oid(content_type), der::tlv(0xa0, content)]),
        der::tlv(0xa0, &signer.certificates.concat()),
        der::set(&[signer_info]),
    ]);
    der::sequence(&[der::oid("1.2.840.113549.1.7.2"), der::tlv(0xa0, &signed_data)])
}

/// A bundle: SignedData without signers.
#[must_use]
pub fn bundle(certificates: &[Vec<u8>]) -> Vec<u8> {
    let signed_data = der::sequence(&[
        der::integer(&[1]),
        der::set(&[]),
        der::sequence(&[der::oid("1.2.840.113549.1.7.1")]),
        der::tlv(0xa0, &certificates.concat()),
        der::set(&[]),
    ]);
    der::sequence(&[der::oid("1.2.840.113549.1.7.2"), der::tlv(0xa0, &signed_data)])
}

/// The contents octets of a value this crate has encoded.
fn contents_octets(value: &[u8]) -> &[u8] {
    let header = match value.get(1) {
        Some(length) if length & 0x80 != 0 => 2 + usize::from(length & 0x7f),
        _ => 2,
    };
    value.get(header..).unwrap_or_default()
}
