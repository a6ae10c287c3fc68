//! Making hierarchies and asking about them.

use chaincheck_engine::base::oid::Oid;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::context::ChainContext;
use chaincheck_engine::chain::engine::{
    ChainEngine, ChainRequest, EngineKind, EngineOptions, UsageMatch,
};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::store::{CertificateContext, Properties, Store, StoreBuilder, SystemStores};
use chaincheck_testdata::certificate::{ca, cert_sign, extension, name};
use chaincheck_testdata::der;
use chaincheck_testdata::key::{Digest, Key};

/// The key of a name: P-256, and always the same.
pub(crate) fn key(name: &str) -> Key {
    let secret = Digest::Sha256.of(name.as_bytes());
    Key::P256(Box::new(p256::ecdsa::SigningKey::from_slice(&secret).unwrap()))
}

/// A certificate to be made. Unless told otherwise its key and its signer's are those of the names.
#[derive(Clone)]
pub(crate) struct Cert {
    subject: String,
    issuer: String,
    serial_number: u8,
    validity: (String, String),
    extensions: Vec<Vec<u8>>,
    key: Vec<u8>,
    signer: Key,
    digest: Digest,
    tampered: bool,
}

const VALIDITY: [&str; 2] = ["20200101000000", "20400101000000"];

/// An end certificate.
pub(crate) fn end(subject: &str, issuer: &str) -> Cert {
    Cert {
        subject: subject.to_owned(),
        issuer: issuer.to_owned(),
        serial_number: 1,
        validity: VALIDITY.map(str::to_owned).into(),
        extensions: Vec::new(),
        key: key(subject).spki(),
        signer: key(issuer),
        digest: Digest::Sha256,
        tampered: false,
    }
}

/// A CA: basicConstraints and keyCertSign.
pub(crate) fn authority(subject: &str, issuer: &str) -> Cert {
    end(subject, issuer).with(ca(None)).with(cert_sign())
}

/// A root.
pub(crate) fn root(subject: &str) -> Cert {
    authority(subject, subject)
}

impl Cert {
    pub(crate) fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    pub(crate) fn serial(mut self, serial_number: u8) -> Self {
        self.serial_number = serial_number;
        self
    }

    pub(crate) fn valid(mut self, from: &str, to: &str) -> Self {
        self.validity = (from.to_owned(), to.to_owned());
        self
    }

    /// Whether nobody said when it is valid.
    pub(crate) fn is_default_validity(&self) -> bool {
        self.validity.0 == VALIDITY[0] && self.validity.1 == VALIDITY[1]
    }

    pub(crate) fn key(mut self, spki: Vec<u8>) -> Self {
        self.key = spki;
        self
    }

    pub(crate) fn signed_by(mut self, signer: Key) -> Self {
        self.signer = signer;
        self
    }

    pub(crate) fn digest(mut self, digest: Digest) -> Self {
        self.digest = digest;
        self
    }

    pub(crate) fn tampered(mut self) -> Self {
        self.tampered = true;
        self
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let algorithm = self.signer.signature_algorithm(self.digest);
        let mut fields = vec![
            der::tlv(0xa0, &der::integer(&[2])),
            der::integer(&[self.serial_number]),
            algorithm.clone(),
            name(&self.issuer),
            der::sequence(&[der::time(&self.validity.0), der::time(&self.validity.1)]),
            name(&self.subject),
            self.key.clone(),
        ];
        if !self.extensions.is_empty() {
            fields.push(der::tlv(0xa3, &der::sequence(&self.extensions)));
        }
        let tbs = der::sequence(&fields);
        let signed = if self.tampered { b"something else".to_vec() } else { tbs.clone() };
        let signature = self.signer.sign(self.digest, &signed);
        der::sequence(&[tbs, algorithm, der::bit_string(&signature)])
    }

    pub(crate) fn make(&self) -> Certificate {
        Certificate::from_der(&self.der()).unwrap()
    }
}

/// basicConstraints of a certificate that says it is no CA.
pub(crate) fn no_ca() -> Vec<u8> {
    extension("2.5.29.19", true, &der::sequence(&[]))
}

/// keyUsage digitalSignature
pub(crate) fn digital_signature() -> Vec<u8> {
    extension("2.5.29.15", true, &der::tlv(0x03, &[7, 0x80]))
}

/// certificatePolicies
pub(crate) fn policies(oids: &[&str]) -> Vec<u8> {
    let list: Vec<_> = oids.iter().map(|id| der::sequence(&[der::oid(id)])).collect();
    extension("2.5.29.32", false, &der::sequence(&list))
}

/// policyConstraints: requireExplicitPolicy 0
pub(crate) fn explicit_policy() -> Vec<u8> {
    extension("2.5.29.36", true, &der::sequence(&[der::tlv(0x80, &[0])]))
}

/// policyMappings of one pair
pub(crate) fn mapping(from: &str, to: &str) -> Vec<u8> {
    let pair = der::sequence(&[der::oid(from), der::oid(to)]);
    extension("2.5.29.33", false, &der::sequence(&[pair]))
}

/// authorityInfoAccess: caIssuers at these addresses
pub(crate) fn ca_issuers(urls: &[String]) -> Vec<u8> {
    let list: Vec<_> = urls
        .iter()
        .map(|url| der::sequence(&[der::oid("1.3.6.1.5.5.7.48.2"), der::tlv(0x86, url.as_bytes())]))
        .collect();
    extension("1.3.6.1.5.5.7.1.1", false, &der::sequence(&list))
}

/// authorityKeyIdentifier with issuer and serial number
pub(crate) fn issuer_and_serial(issuer: &str, serial_number: u8) -> Vec<u8> {
    let issuer = der::tlv(0xa1, &der::tlv(0xa4, &name(issuer)));
    let value = der::sequence(&[issuer, der::tlv(0x82, &[serial_number])]);
    extension("2.5.29.35", false, &value)
}

/// An RSA key nobody has: a modulus of this many bits.
pub(crate) fn rsa_spki(bits: usize) -> Vec<u8> {
    let mut modulus = vec![0xff; bits.div_ceil(8)];
    modulus[0] >>= (8 - bits % 8) % 8;
    let public = der::sequence(&[der::integer(&modulus), der::integer(&[1, 0, 1])]);
    let algorithm = der::sequence(&[der::oid("1.2.840.113549.1.1.1"), der::null()]);
    der::sequence(&[algorithm, der::bit_string(&public)])
}

pub(crate) fn time(text: &str) -> Time {
    text.parse().unwrap()
}

/// What most questions take for the time.
pub(crate) fn now() -> Time {
    time("2026-06-01T00:00:00Z")
}

pub(crate) fn oid(dotted: &str) -> Oid {
    dotted.parse().unwrap()
}

pub(crate) fn wants(oids: &[Oid]) -> UsageMatch {
    UsageMatch::all(oids.to_vec())
}

/// The octets of a property that is a list of object identifiers.
pub(crate) fn oid_list(oids: &[&str]) -> Vec<u8> {
    der::sequence(&oids.iter().map(|id| der::oid(id)).collect::<Vec<_>>())
}

/// A certificate with properties.
pub(crate) fn with_properties(
    certificate: &Certificate,
    properties: &[(u32, Vec<u8>)],
) -> CertificateContext {
    let mut set = Properties::new();
    for (id, octets) in properties {
        set.set(*id, octets.clone());
    }
    CertificateContext::with_properties(certificate.clone(), set)
}

pub(crate) fn store_of(contexts: impl IntoIterator<Item = CertificateContext>) -> Store {
    let mut builder = StoreBuilder::new();
    for context in contexts {
        builder.certificate(context);
    }
    builder.build()
}

pub(crate) fn store(certificates: &[&Certificate]) -> Store {
    Store::of(certificates.iter().map(|certificate| (*certificate).clone()))
}

pub(crate) fn engine(stores: SystemStores) -> ChainEngine {
    ChainEngine::new(stores, EngineKind::System, EngineOptions::default())
}

/// An engine that trusts these roots.
pub(crate) fn trusting(roots: &[&Certificate]) -> ChainEngine {
    engine(SystemStores { root: store(roots), ..SystemStores::default() })
}

/// A question about `end` with these certificates at hand.
pub(crate) fn question<'a>(end: &Certificate, additional: &[&Certificate]) -> ChainRequest<'a> {
    let mut request = ChainRequest::new(end.clone(), now());
    request.additional = store(additional);
    request
}

pub(crate) fn ask(engine: &ChainEngine, request: &ChainRequest<'_>) -> ChainContext {
    engine.chain(request).unwrap()
}

/// The error bits of the elements, the end certificate's first.
pub(crate) fn errors(context: &ChainContext) -> Vec<u32> {
    context.elements().iter().map(|element| element.status.error.0).collect()
}

/// The info bits of the elements.
pub(crate) fn infos(context: &ChainContext) -> Vec<u32> {
    context.elements().iter().map(|element| element.status.info.0).collect()
}

/// The thumbprints of the elements.
pub(crate) fn thumbprints(context: &ChainContext) -> Vec<[u8; 20]> {
    context.elements().iter().map(|element| element.certificate.sha1()).collect()
}
