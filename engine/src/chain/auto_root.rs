//! Roots that are added while a chain is built: the automatic update of third-party roots
//! (reference, auto-root-update 1 and 4, step 11; chain-engine 3.4).

use std::collections::HashSet;

use super::engine::{ChainEngine, ChainFlags, ChainRequest, EngineKind};
use crate::base::digest::hex;
use crate::object::certificate::Certificate;
use crate::retrieval::{Purpose, Request};
use crate::store::root_program::{RootEntry, RootProgram, store_copy};
use crate::store::{CertificateContext, Store, StoreBuilder};

/// Roots that are fetched for one chain, at most (ours: Windows' limit is not known).
const MAX_FETCHED_ROOTS: usize = 5;
/// Octets a root's certificate may have (as for issuers; documented, chain-engine 12).
pub const MAX_ROOT_OCTETS: usize = 100_000;

/// A root that may be missing from a chain: the root list has it, its certificate is not at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WantedRoot {
    /// The list's name for it.
    pub name: String,
    /// SHA-1 of the certificate.
    pub sha1: [u8; 20],
    /// SHA-256 of the certificate, if the list has it.
    pub sha256: Option<Vec<u8>>,
    /// Where it is to be had.
    pub url: String,
    /// Why it could not be had.
    pub problem: String,
}

/// What the root list has given this question so far.
#[derive(Default)]
pub(super) struct AutoRoots {
    asked: HashSet<[u8; 20]>,
    added: Vec<CertificateContext>,
    fetched: usize,
    /// Listed roots that could not be had.
    pub(super) wanted: Vec<WantedRoot>,
}

impl AutoRoots {
    /// Whether the list is consulted at all. A restricted or exclusive engine trusts the roots it
    /// was given.
    pub(super) fn program<'a>(
        engine: &'a ChainEngine,
        request: &ChainRequest<'_>,
    ) -> Option<&'a RootProgram> {
        let enabled = matches!(engine.kind, EngineKind::System)
            && !request.flags.contains(ChainFlags::DISABLE_AUTH_ROOT_AUTO_UPDATE);
        engine.stores.root_program.as_ref().filter(|_| enabled)
    }

    /// Adds the roots that may stand above any of these certificates. Whether there is a new one.
    pub(super) fn look_up<'c>(
        &mut self,
        engine: &ChainEngine,
        request: &ChainRequest<'_>,
        met: impl Iterator<Item = &'c Certificate>,
    ) -> bool {
        let Some(program) = Self::program(engine, request) else { return false };
        let before = self.added.len();
        let met: Vec<&Certificate> = met.collect();
        // a listed root that is among the certificates given need not be had from elsewhere
        for certificate in &met {
            if let Some(entry) = program.find(certificate)
                && !self.asked.contains(&entry.sha1)
                && let Some(root) = store_copy(entry, certificate.der())
            {
                self.asked.insert(entry.sha1);
                self.added.push(root);
            }
        }
        for entry in met.iter().flat_map(|certificate| program.candidates(certificate)) {
            if self.asked.insert(entry.sha1) {
                match program.certificate(entry).cloned() {
                    Some(root) => self.added.push(root),
                    None => self.fetch(entry, request),
                }
            }
        }
        self.added.len() > before
    }

    /// Fetches a root by its thumbprint, and compares it with the list's hashes.
    fn fetch(&mut self, entry: &RootEntry, request: &ChainRequest<'_>) {
        let url = entry.url();
        let found = if self.fetched < MAX_FETCHED_ROOTS {
            self.fetched += 1;
            request
                .retrieval
                .retrieve(&Request {
                    timeout_ms: request
                        .url_retrieval_timeout
                        .unwrap_or(crate::retrieval::DEFAULT_TIMEOUT_MS),
                    max_octets: MAX_ROOT_OCTETS,
                    cache_only: request.flags.contains(ChainFlags::CACHE_ONLY_URL_RETRIEVAL),
                    ..Request::get(&url, Purpose::Root)
                })
                .map_err(|error| error.to_string())
        } else {
            Err("MAX_FETCHED_ROOTS is reached".to_owned())
        };
        let checked = found.and_then(|answer| {
            store_copy(entry, &answer.octets)
                .ok_or_else(|| "what was fetched is not the certificate that is listed".to_owned())
        });
        match checked {
            Ok(root) => self.added.push(root),
            Err(problem) => self.wanted.push(WantedRoot {
                name: entry.name(),
                sha1: entry.sha1,
                sha256: entry.sha256().map(<[u8]>::to_vec),
                url,
                problem,
            }),
        }
    }

    /// The roots added so far, as the AuthRoot store would hold them.
    pub(super) fn store(&self) -> Store {
        if self.added.is_empty() {
            return Store::default();
        }
        let mut builder = StoreBuilder::new();
        for root in &self.added {
            builder.certificate(root.clone());
        }
        builder.build()
    }
}

impl std::fmt::Display for WantedRoot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (SHA-1 {})", self.name, hex(&self.sha1))
    }
}
