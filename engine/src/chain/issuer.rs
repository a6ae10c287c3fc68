//! Who may have issued a certificate: the stores that are searched, and the ways to match.

use std::sync::Arc;

use super::context::Origin;
use super::engine::{ChainEngine, ChainFlags, ChainRequest, EngineKind, Profile};
use super::status::TrustInfo;
use super::work::Work;
use crate::object::certificate::Certificate;
use crate::revocation::{RevocationOptions, RevocationSession};
use crate::store::{CertificateContext, SignedTrustList, Store};

/// The stores of one question.
pub(crate) struct Sources<'a> {
    pub(crate) engine: &'a ChainEngine,
    pub(crate) request: &'a ChainRequest<'a>,
    searched: Vec<(Origin, Store)>,
    roots: Vec<Store>,
    /// Whether a trust list may stand in for a root: not for the chain of a list's own signer.
    pub(crate) links: bool,
    /// Listed roots that were added to AuthRoot for this question.
    auto_roots: Store,
    /// What revocation checking has fetched for this question, on whatever path.
    pub(crate) revocation: RevocationSession,
    /// What the rules may still compare, on whatever path.
    pub(crate) work: Work,
}

/// Stores one question searches: the system's, the request's, what was listed and what was fetched.
const MOST_STORES: usize = 8;

/// A certificate that may have issued another.
pub(crate) struct Candidate {
    pub(crate) context: CertificateContext,
    pub(crate) origin: Origin,
}

impl<'a> Sources<'a> {
    pub(crate) fn new(
        engine: &'a ChainEngine,
        request: &'a ChainRequest<'a>,
        retrieved: &[Certificate],
        auto_roots: Store,
    ) -> Self {
        let stores = &engine.stores;
        let mut searched = Vec::with_capacity(MOST_STORES);
        searched.push((Origin::Additional, request.additional.clone()));
        let mut roots = Vec::with_capacity(MOST_STORES);
        let system = [
            (Origin::Root, &stores.root),
            (Origin::AuthRoot, &stores.auth_root),
            (Origin::Ca, &stores.ca),
            (Origin::My, &stores.my),
            (Origin::Trust, &stores.trust),
        ];
        let mut search = |list: &[(Origin, &Store)]| {
            searched.extend(list.iter().map(|(origin, store)| (*origin, (*store).clone())));
        };
        match &engine.kind {
            EngineKind::System => {
                if request.flags.contains(ChainFlags::ONLY_ADDITIONAL_AND_AUTH_ROOT) {
                    search(&[(Origin::AuthRoot, &stores.auth_root)]);
                    roots.push(stores.auth_root.clone());
                } else {
                    search(&system);
                    roots.extend([stores.root.clone(), stores.auth_root.clone()]);
                }
            }
            EngineKind::Exclusive { roots: exclusive, .. } => {
                search(&[(Origin::EngineRoot, exclusive)]);
                // reference, chain-engine 1.2: CA and My belong to the world, Root does not; newer
                // systems search it for issuers all the same
                search(&[(Origin::Ca, &stores.ca), (Origin::My, &stores.my)]);
                if engine.options.profile.exclusive_engine_searches_system_stores() {
                    search(&[(Origin::Root, &stores.root), (Origin::AuthRoot, &stores.auth_root)]);
                }
                roots.push(exclusive.clone());
            }
            EngineKind::Restricted { roots: restricted } => {
                search(&[(Origin::EngineRoot, restricted)]);
                search(&[
                    (Origin::Ca, &stores.ca),
                    (Origin::My, &stores.my),
                    (Origin::Trust, &stores.trust),
                ]);
                roots.push(restricted.clone());
            }
        }
        if !auto_roots.certificates().is_empty() {
            searched.push((Origin::AuthRoot, auto_roots.clone()));
            roots.push(auto_roots.clone());
        }
        if !retrieved.is_empty() {
            searched.push((Origin::Retrieved, super::build::retrieved_store(retrieved)));
        }
        searched.retain(|(_, store)| !store.is_empty());
        roots.retain(|store| !store.is_empty());
        let revocation = RevocationSession::new(&revocation_options(engine, request));
        let work = Work::new(engine.options.budget.max_comparisons);
        Self { engine, request, searched, roots, links: true, auto_roots, revocation, work }
    }

    /// Whether this certificate is a trusted root: a root store holds one with the same subject
    /// and the same encoded key (reference, chain-engine 2.3; observed: a damaged copy of a
    /// trusted root is not called untrusted).
    pub(crate) fn is_anchor(&self, certificate: &Certificate) -> bool {
        (certificate.is_self_issued() || self.ends_at(certificate))
            && self.roots.iter().any(|store| store.find_by_name_and_key(certificate).is_some())
    }

    /// The root store's copy of this certificate's name and key.
    pub(crate) fn root_entry(&self, certificate: &Certificate) -> Option<&CertificateContext> {
        self.roots
            .iter()
            .find_map(|store| store.find(certificate))
            .or_else(|| self.roots.iter().find_map(|store| store.find_by_name_and_key(certificate)))
    }

    /// Whether a root store holds this very certificate.
    pub(crate) fn root_store_holds(&self, certificate: &Certificate) -> bool {
        self.roots.iter().any(|store| store.find(certificate).is_some())
    }

    /// Whether the chain ends at this certificate although it is no root
    /// (CERT_CHAIN_EXCLUSIVE_ENABLE_CA_FLAG): a CA among the exclusive roots.
    pub(crate) fn ends_at(&self, certificate: &Certificate) -> bool {
        match &self.engine.kind {
            EngineKind::Exclusive { roots, enable_ca: true, .. } => {
                !certificate.is_self_issued() && roots.find(certificate).is_some()
            }
            _ => false,
        }
    }

    /// Whether the exclusive trust stores hold this certificate.
    pub(crate) fn is_exclusive(&self, certificate: &Certificate) -> bool {
        match &self.engine.kind {
            EngineKind::Exclusive { roots, trusted_people, .. } => {
                roots.find(certificate).is_some() || trusted_people.find(certificate).is_some()
            }
            _ => false,
        }
    }

    /// Whether a store holds a certificate with this one's name and another key.
    pub(crate) fn has_other_key(&self, certificate: &Certificate) -> bool {
        let named = self
            .searched
            .iter()
            .flat_map(|(_, store)| store.with_subject(certificate.subject().raw()));
        named.into_iter().any(|other| other.certificate().spki() != certificate.spki())
    }

    /// Whether the root came with the automatic update and no administrator added it.
    pub(crate) fn is_third_party_root(&self, certificate: &Certificate) -> bool {
        let stores = &self.engine.stores;
        [&stores.auth_root, &self.auto_roots]
            .iter()
            .any(|store| store.find_by_name_and_key(certificate).is_some())
            && stores.root.find_by_name_and_key(certificate).is_none()
    }

    /// The copy whose properties count: a root store's, else the one at hand.
    pub(crate) fn preferred_copy(&self, context: &CertificateContext) -> CertificateContext {
        if !context.properties().is_empty() {
            return context.clone();
        }
        let certificate = context.certificate();
        let stores = self.roots.iter().chain(self.searched.iter().map(|(_, store)| store));
        let copy = stores
            .filter(|store| store.has_properties())
            .filter_map(|store| store.find(certificate))
            .find(|copy| !copy.properties().is_empty());
        copy.unwrap_or(context).clone()
    }

    /// The end certificate, if TrustedPeople trusts it for what is asked.
    pub(crate) fn peer_trusted(&self) -> Option<CertificateContext> {
        let certificate = self.request.end.certificate();
        let exclusive = match &self.engine.kind {
            EngineKind::Exclusive { trusted_people, .. } => trusted_people.find(certificate),
            _ => None,
        };
        let system = || {
            self.request
                .flags
                .contains(ChainFlags::ENABLE_PEER_TRUST)
                .then(|| self.engine.stores.trusted_people.find(certificate))
                .flatten()
        };
        let found = exclusive.or_else(system)?;
        let usages = &self.engine.options.peer_usages;
        self.request.usage.is_satisfied_by(|oid| usages.contains(oid)).then(|| found.clone())
    }

    /// The signed trust lists at hand (hTrust), with the store that holds each.
    pub(crate) fn trust_lists(&self) -> impl Iterator<Item = (Origin, &Arc<SignedTrustList>)> {
        self.searched.iter().flat_map(|(origin, store)| {
            store.signed_trust_lists().iter().map(move |list| (*origin, list))
        })
    }

    /// Every CRL at hand.
    pub(crate) fn crls(&self) -> Vec<crate::object::crl::Crl> {
        self.searched.iter().flat_map(|(_, store)| store.crls().iter().cloned()).collect()
    }

    /// Every certificate at hand, for signers of revocation data.
    pub(crate) fn certificates(&self) -> Vec<Certificate> {
        self.searched
            .iter()
            .flat_map(|(_, store)| store.certificates().iter().map(|c| c.certificate().clone()))
            .collect()
    }
}

/// How revocation is checked: the engine's settings and what the request's flags add.
pub(crate) fn revocation_options(
    engine: &ChainEngine,
    request: &ChainRequest<'_>,
) -> RevocationOptions {
    let mut options = engine.options.revocation.clone();
    let flags = request.flags;
    options.cache_only |= flags.contains(ChainFlags::REVOCATION_CHECK_CACHE_ONLY);
    options.accumulative |= flags.contains(ChainFlags::REVOCATION_ACCUMULATIVE_TIMEOUT);
    options.timeout_ms = request.url_retrieval_timeout.unwrap_or(options.timeout_ms);
    options.xp |= engine.options.profile == Profile::WindowsXp;
    options
}

/// How a certificate names its issuer (reference, chain-engine 3.2; observed): decided by its own
/// authority key identifier, whether an issuer is found or not.
pub(crate) fn match_kind(certificate: &Certificate) -> TrustInfo {
    match certificate.extensions().authority_key_identifier.as_ref().and_then(|d| d.ok()) {
        Some(aki) if aki.issuer.is_some() && aki.serial_number.is_some() => {
            TrustInfo::HAS_EXACT_MATCH_ISSUER
        }
        Some(aki) if aki.key_identifier.is_some() => TrustInfo::HAS_KEY_MATCH_ISSUER,
        _ => TrustInfo::HAS_NAME_MATCH_ISSUER,
    }
}

/// Everything that may have issued `subject`, best match first: by issuer and serial number, by
/// key identifier, then by name (a mismatch of key identifiers does not break a chain; observed,
/// windows-facts 2.2). No more than one beyond `limit`.
pub(crate) fn candidates(
    sources: &Sources<'_>,
    subject: &Certificate,
    limit: usize,
) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut add = |origin: Origin, context: &CertificateContext| {
        if !found.iter().any(|known| known.context.certificate() == context.certificate()) {
            found.push(Candidate { context: context.clone(), origin });
        }
        found.len() <= limit
    };
    let _ = add_candidates(sources, subject, &mut add);
    found
}

/// Hands over one candidate after the other while `add` wants more.
fn add_candidates(
    sources: &Sources<'_>,
    subject: &Certificate,
    add: &mut dyn FnMut(Origin, &CertificateContext) -> bool,
) -> Option<()> {
    let mut add = |origin, context: &CertificateContext| add(origin, context).then_some(());
    let aki = subject.extensions().authority_key_identifier.as_ref().and_then(|d| d.ok());
    if let Some(aki) = aki {
        if let (Some(issuer), Some(serial_number)) = (&aki.issuer, &aki.serial_number) {
            for (origin, store) in &sources.searched {
                for context in store.with_issuer_and_serial(issuer, serial_number) {
                    // two CAs may have used one serial number: the name decides (observed,
                    // windows-facts 2.8)
                    if context.certificate().subject() == subject.issuer() {
                        add(*origin, context)?;
                    }
                }
            }
        }
        if let Some(key_identifier) = &aki.key_identifier {
            for (origin, store) in &sources.searched {
                for context in store.with_key_identifier(key_identifier) {
                    add(*origin, context)?;
                }
            }
        }
    }
    for (origin, store) in &sources.searched {
        for context in store.with_subject(subject.issuer().raw()) {
            add(*origin, context)?;
        }
    }
    let end = &sources.request.end;
    if end.certificate().subject() == subject.issuer() {
        add(Origin::End, end)?;
    }
    Some(())
}
