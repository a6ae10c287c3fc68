//! Floor 3: certificate stores.

pub mod embedded;
pub mod root_program;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, OnceLock};

use crate::base::der::{self, Reader, trim_integer};
use crate::base::oid::Oid;
use crate::base::time::Time;
use crate::crypto::{
    AlgorithmIdentifier, PublicKey, SignatureAlgorithm, SignatureError, SubjectPublicKeyInfo,
    signature_algorithm,
};
use crate::object::certificate::Certificate;
use crate::object::extension::{PolicyInformation, read_oid_list};
use crate::object::message::SignedData;
use crate::object::property::{FRIENDLY_NAME, ROOT_PROGRAM_CERT_POLICIES};
use crate::object::trust_list::{TrustList, utf16_text};

/// A certificate as a store holds it: with properties, and with its key read once.
///
/// CERT_CONTEXT; cheap to clone and shared between threads.
#[derive(Debug, Clone)]
pub struct CertificateContext(Arc<ContextInner>);

#[derive(Debug)]
struct ContextInner {
    certificate: Certificate,
    properties: Properties,
    key: OnceLock<Result<PublicKey, SignatureError>>,
    signature_algorithm: OnceLock<Option<SignatureAlgorithm>>,
    self_signature: OnceLock<Result<(), SignatureError>>,
    issuer_signature: OnceLock<IssuerSignature>,
}

/// The first issuer that was tried, and whether its key verifies.
#[derive(Debug)]
struct IssuerSignature {
    issuer: Certificate,
    verified: Result<(), SignatureError>,
}

/// Properties of a certificate context: numbers of `wincrypt.h`, and octets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties(Vec<(u32, Vec<u8>)>);

impl Properties {
    /// No property.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Sets a property, as CertSetCertificateContextProperty does: the last value counts.
    pub fn set(&mut self, id: u32, octets: Vec<u8>) {
        match self.0.iter_mut().find(|(known, _)| *known == id) {
            Some((_, value)) => *value = octets,
            None => self.0.push((id, octets)),
        }
    }

    /// The octets of a property.
    #[must_use]
    pub fn get(&self, id: u32) -> Option<&[u8]> {
        self.0.iter().find(|(known, _)| *known == id).map(|(_, octets)| octets.as_slice())
    }

    /// Every property.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.0.iter().map(|(id, octets)| (*id, octets.as_slice()))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A property that is a list of object identifiers. `None` if it is absent or unreadable.
    #[must_use]
    pub fn oids(&self, id: u32) -> Option<Vec<Oid>> {
        read_oid_list(self.get(id)?, 0).ok()
    }

    /// A property that is a FILETIME. Absent, and present without octets, both are `None`: an
    /// empty value withdraws an earlier one (reference, ctl 4.2; inferred, strong).
    #[must_use]
    pub fn time(&self, id: u32) -> Option<Time> {
        Some(Time::from_filetime_octets(self.get(id)?.try_into().ok()?))
    }

    /// The root program's policies (property 83).
    #[must_use]
    pub fn policies(&self) -> Option<Vec<PolicyInformation>> {
        PolicyInformation::list(self.get(ROOT_PROGRAM_CERT_POLICIES)?, 0).ok()
    }

    /// The friendly name (property 11).
    #[must_use]
    pub fn friendly_name(&self) -> Option<String> {
        utf16_text(self.get(FRIENDLY_NAME)?)
    }
}

impl CertificateContext {
    /// A context without properties.
    #[must_use]
    pub fn new(certificate: Certificate) -> Self {
        Self::with_properties(certificate, Properties::new())
    }

    /// A context with properties.
    #[must_use]
    pub fn with_properties(certificate: Certificate, properties: Properties) -> Self {
        Self(Arc::new(ContextInner {
            certificate,
            properties,
            key: OnceLock::new(),
            signature_algorithm: OnceLock::new(),
            self_signature: OnceLock::new(),
            issuer_signature: OnceLock::new(),
        }))
    }

    /// The certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.0.certificate
    }

    /// Its properties.
    #[must_use]
    pub fn properties(&self) -> &Properties {
        &self.0.properties
    }

    /// Its key, read once. DSA parameters that the key inherits from its issuer are not in it.
    ///
    /// # Errors
    /// If the key cannot be used.
    pub fn public_key(&self) -> Result<&PublicKey, SignatureError> {
        self.0.key.get_or_init(|| read_key(self.certificate(), None)).as_ref().map_err(Clone::clone)
    }

    /// The algorithm its signature is made with, read once. `None` if it is not known.
    pub(crate) fn signature_algorithm(&self) -> Option<SignatureAlgorithm> {
        *self.0.signature_algorithm.get_or_init(|| {
            let id = AlgorithmIdentifier::parse(self.certificate().signature_algorithm()).ok()?;
            signature_algorithm(&id)
        })
    }

    /// Whether this is the very same context.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether its own key verifies its signature, found out once: a root's copy in a store is
    /// asked again for every chain (an engine keeps such results; observed).
    pub(crate) fn self_signature(
        &self,
        verify: impl FnOnce() -> Result<(), SignatureError>,
    ) -> Result<(), SignatureError> {
        *self.0.self_signature.get_or_init(verify)
    }

    /// Whether this issuer's key verifies its signature, found out once for the first issuer that
    /// is asked about: a CA's copy in a store is asked again for every chain, as a root's is.
    pub(crate) fn signature_by(
        &self,
        issuer: &Self,
        verify: impl FnOnce() -> Result<(), SignatureError>,
    ) -> Result<(), SignatureError> {
        let issuer = issuer.certificate();
        match self.0.issuer_signature.get() {
            Some(known) if known.issuer.spki() == issuer.spki() => known.verified,
            Some(_) => verify(),
            None => {
                let verified = verify();
                // another thread may have been faster, with the same result or another issuer
                let issuer = issuer.clone();
                let _ = self.0.issuer_signature.set(IssuerSignature { issuer, verified });
                verified
            }
        }
    }

    /// Its key with DSA parameters inherited from `parameters` (RFC 3279, section 2.3.2).
    ///
    /// # Errors
    /// If the key cannot be used.
    pub fn public_key_inheriting(&self, parameters: &[u8]) -> Result<PublicKey, SignatureError> {
        read_key(self.certificate(), Some(parameters))
    }
}

fn read_key(
    certificate: &Certificate,
    inherited: Option<&[u8]>,
) -> Result<PublicKey, SignatureError> {
    let spki = SubjectPublicKeyInfo::from_der(&mut Reader::new(certificate.spki()))
        .map_err(|_| SignatureError::MalformedKey)?;
    PublicKey::from_spki(&spki, inherited)
}

impl From<Certificate> for CertificateContext {
    fn from(certificate: Certificate) -> Self {
        Self::new(certificate)
    }
}

/// A store: certificates, CRLs and trust lists, indexed as the search for issuers needs them.
#[derive(Debug, Clone, Default)]
pub struct Store(Option<Arc<StoreInner>>);

/// What an empty store holds.
static NOTHING: LazyLock<StoreInner> = LazyLock::new(StoreInner::default);

/// Positions by octets. Ordered: most stores are small, and a few comparisons are quicker than one
/// hash that nobody can provoke collisions of.
type Index = BTreeMap<Box<[u8]>, Vec<usize>>;

#[derive(Debug, Default)]
struct StoreInner {
    certificates: Vec<CertificateContext>,
    crls: Vec<crate::object::crl::Crl>,
    trust_lists: Vec<TrustList>,
    signed_trust_lists: Vec<Arc<SignedTrustList>>,
    /// Whether a certificate has a property.
    has_properties: bool,
    /// Those of a name that more than [`FEW_NAMESAKES`] have: the others are compared one by one.
    by_certificate: HashMap<Certificate, usize>,
    by_subject: Index,
    by_key_identifier: Index,
    by_issuer_and_serial: Index,
}

/// A trust list in the message that signs it (CTL_CONTEXT).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignedTrustList {
    /// The list.
    pub list: TrustList,
    /// The message.
    pub message: SignedData,
}

/// Up to so many certificates of one name, comparing each is quicker than hashing one.
const FEW_NAMESAKES: usize = 8;

impl StoreInner {
    /// Where this certificate stands.
    fn position(&self, certificate: &Certificate) -> Option<usize> {
        let namesakes = self.by_subject.get(certificate.subject().raw())?;
        if namesakes.len() > FEW_NAMESAKES {
            return self.by_certificate.get(certificate).copied();
        }
        let is_same = |at: &usize| {
            self.certificates.get(*at).is_some_and(|known| known.certificate() == certificate)
        };
        namesakes.iter().copied().find(is_same)
    }

    /// Before `certificate` is added at `at`: enters it, and its namesakes, into the map if they are
    /// no longer few.
    fn index_namesake(&mut self, certificate: &Certificate, at: usize) {
        let Some(namesakes) = self.by_subject.get(certificate.subject().raw()) else { return };
        if namesakes.len() == FEW_NAMESAKES {
            for &at in namesakes {
                if let Some(known) = self.certificates.get(at) {
                    self.by_certificate.insert(known.certificate().clone(), at);
                }
            }
        }
        if namesakes.len() >= FEW_NAMESAKES {
            self.by_certificate.insert(certificate.clone(), at);
        }
    }
}

/// Collects what a [`Store`] will hold.
#[derive(Debug, Default)]
pub struct StoreBuilder(StoreInner);

impl StoreBuilder {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a certificate. Of one that is added twice, the later copy counts
    /// (CERT_STORE_ADD_REPLACE_EXISTING).
    pub fn certificate(&mut self, context: CertificateContext) -> &mut Self {
        self.0.has_properties |= !context.properties().is_empty();
        let certificate = context.certificate();
        if let Some(slot) =
            self.0.position(certificate).and_then(|at| self.0.certificates.get_mut(at))
        {
            *slot = context;
            return self;
        }
        let at = self.0.certificates.len();
        self.0.index_namesake(certificate, at);
        let push = |map: &mut Index, key: Box<[u8]>| {
            map.entry(key).or_default().push(at);
        };
        push(&mut self.0.by_subject, certificate.subject().raw().into());
        push(&mut self.0.by_key_identifier, certificate.key_identifier().into());
        let identity = identity(certificate.issuer().raw(), certificate.serial_number());
        push(&mut self.0.by_issuer_and_serial, identity);
        self.0.certificates.push(context);
        self
    }

    /// Adds a CRL.
    pub fn crl(&mut self, crl: crate::object::crl::Crl) -> &mut Self {
        self.0.crls.push(crl);
        self
    }

    /// Adds a trust list with the message that signs it: only such a list can make a root trusted.
    ///
    /// # Errors
    /// If the message's content is no trust list.
    pub fn signed_trust_list(&mut self, message: SignedData) -> der::Result<&mut Self> {
        let list = TrustList::from_der(&message.content()?)?;
        self.0.trust_lists.push(list.clone());
        self.0.signed_trust_lists.push(Arc::new(SignedTrustList { list, message }));
        Ok(self)
    }

    /// Adds a trust list without a signature.
    pub fn trust_list(&mut self, list: TrustList) -> &mut Self {
        self.0.trust_lists.push(list);
        self
    }

    /// The store.
    #[must_use]
    pub fn build(self) -> Store {
        Store(Some(Arc::new(self.0)))
    }
}

/// Issuer and serial number as one key. The issuer's encoding says where it ends.
fn identity(issuer: &[u8], serial_number: &[u8]) -> Box<[u8]> {
    [issuer, trim_integer(serial_number)].concat().into()
}

impl Store {
    /// A store of certificates without properties.
    #[must_use]
    pub fn of(certificates: impl IntoIterator<Item = Certificate>) -> Self {
        let mut builder = StoreBuilder::new();
        for certificate in certificates {
            builder.certificate(certificate.into());
        }
        builder.build()
    }

    fn inner(&self) -> &StoreInner {
        self.0.as_deref().unwrap_or_else(|| &NOTHING)
    }

    /// Whether there is nothing at all in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.certificates().is_empty() && self.crls().is_empty() && self.trust_lists().is_empty()
    }

    /// The certificates, in the order in which they were added.
    #[must_use]
    pub fn certificates(&self) -> &[CertificateContext] {
        &self.inner().certificates
    }

    /// Whether a certificate in it may have a property.
    pub(crate) fn has_properties(&self) -> bool {
        self.inner().has_properties
    }

    /// The CRLs.
    #[must_use]
    pub fn crls(&self) -> &[crate::object::crl::Crl] {
        &self.inner().crls
    }

    /// The trust lists that came in a signed message.
    #[must_use]
    pub fn signed_trust_lists(&self) -> &[Arc<SignedTrustList>] {
        &self.inner().signed_trust_lists
    }

    /// The trust lists, signed or not.
    #[must_use]
    pub fn trust_lists(&self) -> &[TrustList] {
        &self.inner().trust_lists
    }

    /// Certificates with this encoded subject, last added first: the order in which a memory
    /// store hands them out (observed).
    pub fn with_subject(&self, name: &[u8]) -> impl Iterator<Item = &CertificateContext> {
        self.pick(self.inner().by_subject.get(name))
    }

    /// Certificates with this key identifier, last added first.
    pub fn with_key_identifier(&self, id: &[u8]) -> impl Iterator<Item = &CertificateContext> {
        self.pick(self.inner().by_key_identifier.get(id))
    }

    /// Certificates with this issuer and serial number, last added first.
    pub fn with_issuer_and_serial(
        &self,
        issuer: &[u8],
        serial_number: &[u8],
    ) -> impl Iterator<Item = &CertificateContext> {
        let key = identity(issuer, serial_number);
        self.pick(self.inner().by_issuer_and_serial.get(&key))
    }

    fn pick(&self, found: Option<&Vec<usize>>) -> impl Iterator<Item = &CertificateContext> {
        found
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .rev()
            .filter_map(|&at| self.certificates().get(at))
    }

    /// The store's copy of this certificate.
    #[must_use]
    pub fn find(&self, certificate: &Certificate) -> Option<&CertificateContext> {
        self.certificates().get(self.inner().position(certificate)?)
    }

    /// A certificate with the same subject and the same key: the same encoded
    /// SubjectPublicKeyInfo, parameters included (CVE-2020-0601).
    #[must_use]
    pub fn find_by_name_and_key(&self, certificate: &Certificate) -> Option<&CertificateContext> {
        self.with_subject(certificate.subject().raw())
            .find(|context| context.certificate().spki() == certificate.spki())
    }
}

/// The logical system stores a chain engine reads.
#[derive(Debug, Clone, Default)]
pub struct SystemStores {
    /// Root: trust anchors.
    pub root: Store,
    /// AuthRoot: third-party roots that came with the automatic update.
    pub auth_root: Store,
    /// CA: intermediates and CRLs.
    pub ca: Store,
    /// My: personal certificates.
    pub my: Store,
    /// TrustedPeople: end certificates trusted by themselves.
    pub trusted_people: Store,
    /// Trust: trust lists of the enterprise.
    pub trust: Store,
    /// Disallowed: distrusted certificates, and the disallowed list.
    pub disallowed: Store,
    /// The root list: third-party roots that are added to AuthRoot when a chain needs them.
    pub root_program: Option<root_program::RootProgram>,
    /// The disallowed list in force, beside what the Disallowed store holds.
    pub disallowed_list: Option<root_program::DisallowedList>,
    /// The list of pin rules in force.
    pub pin_rules: Option<TrustList>,
}
