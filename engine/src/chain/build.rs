//! The search for chains. It holds no rule of its own: [`super::issuer`] names candidates,
//! `verify` judges a path, [`super::rank`] chooses.
//!
//! Every certificate that the search meets becomes a node of a graph, every candidate issuer an
//! edge whose signature is verified at most once. Paths are enumerated depth first over that
//! graph, the most promising edge first: those from which a trusted root can be reached over
//! good signatures, nearest first. So the first complete path is the shortest trusted one, and
//! what dense cross-certification could add is cut off by [`super::engine::SearchBudget`] without
//! losing it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::aia::Downloads;
use super::auto_root::AutoRoots;
use super::context::{ChainContext, Element, Origin, SearchReport, SimpleChain};
use super::engine::{ChainEngine, ChainError, ChainFlags, ChainRequest};
use super::issuer::{self, Candidate, Sources};
use super::path::{Path, PathElement, PathEnd};
use super::signature::{dsa_parameters, verify_signature};
use super::status::{TrustError, TrustInfo, TrustStatus};
use super::trust_list::{self, Link};
use super::{arguments, rank, verify, work};
use crate::crypto::{PublicKey, SignatureError};
use crate::object::certificate::Certificate;
use crate::store::{CertificateContext, Store, StoreBuilder};

pub(super) fn build(
    engine: &ChainEngine,
    request: &ChainRequest<'_>,
) -> Result<ChainContext, ChainError> {
    build_linked(engine, request, true)
}

/// Builds a chain. `links`: whether a trust list may stand in for its root.
pub(super) fn build_linked(
    engine: &ChainEngine,
    request: &ChainRequest<'_>,
    links: bool,
) -> Result<ChainContext, ChainError> {
    arguments::check(engine, request)?;
    let mut retrieved: Vec<Certificate> = Vec::new();
    let mut downloads = Downloads::default();
    let mut auto_roots = AutoRoots::default();
    loop {
        let mut sources = Sources::new(engine, request, &retrieved, auto_roots.store());
        sources.links = links;
        let mut search = Search::new(&sources);
        // without an anchor no chain can be trusted: the root list is asked before any work
        if AutoRoots::program(engine, request).is_some() {
            search.explore();
            if !search.meets_anchor() && auto_roots.look_up(engine, request, search.certificates())
            {
                continue;
            }
        }
        let mut judged = search.run();
        let report = search.report;
        if !judged.first().is_some_and(|best| best.quality.is_trusted())
            && auto_roots.look_up(engine, request, search.certificates())
        {
            continue;
        }
        if !judged.first().is_some_and(|best| best.quality.is_acceptable())
            && downloads.fetch(engine, request, &search.nodes_without_issuer(), &mut retrieved)
        {
            continue;
        }
        if !judged.first().is_some_and(|best| best.quality.is_trusted())
            && downloads.fetch_cross(engine, request, search.contexts(), &mut retrieved)
        {
            continue;
        }
        let mut context = assemble(request, &mut judged, report);
        context.roots_wanted = auto_roots.wanted;
        return Ok(context);
    }
}

/// A path that has been judged.
pub(super) struct Judged {
    pub(super) quality: rank::Quality,
    pub(super) elements: Vec<Element>,
    pub(super) status: TrustStatus,
    pub(super) freshness: Option<i64>,
    pub(super) link: Option<Arc<Link>>,
    pub(super) unproven: Vec<String>,
}

fn assemble(
    request: &ChainRequest<'_>,
    judged: &mut Vec<Judged>,
    report: SearchReport,
) -> ChainContext {
    let mut contexts = judged.drain(..).map(|path| {
        let first =
            SimpleChain { status: path.status, elements: path.elements, ..SimpleChain::default() };
        let mut context = ChainContext {
            status: path.status,
            chains: vec![first],
            revocation_freshness: path.freshness,
            unproven: path.unproven,
            search: report,
            ..ChainContext::default()
        };
        if let Some(link) = path.link {
            link.extend(&mut context);
        }
        context
    });
    let mut best = contexts.next().unwrap_or_default();
    if request.flags.contains(ChainFlags::RETURN_LOWER_QUALITY_CONTEXTS) {
        best.lower_quality = contexts.collect();
    }
    best
}

type NodeId = usize;

struct Node {
    context: CertificateContext,
    origin: Origin,
    /// The first node with the same key: a signature verifies with all of them or with none.
    key: NodeId,
    candidates: Option<Vec<NodeId>>,
    anchor: bool,
    /// Steps to the nearest trusted anchor over good signatures.
    distance: Option<usize>,
}

struct Search<'a> {
    sources: &'a Sources<'a>,
    nodes: Vec<Node>,
    /// Filled when there are more than [`FEW_NODES`].
    by_certificate: HashMap<Certificate, NodeId>,
    by_key: HashMap<Box<[u8]>, NodeId>,
    /// By the certificate and its issuer's `key`.
    signatures: BTreeMap<(NodeId, NodeId), Result<(), SignatureError>>,
    report: SearchReport,
    paths: Vec<Found>,
    /// The trust list each untrusted root is on, looked for once.
    links: HashMap<Certificate, Option<Arc<Link>>>,
    shortest_trusted: Option<usize>,
    /// While trusted paths are looked for by length: the length.
    length: Option<usize>,
}

struct Found {
    nodes: Vec<NodeId>,
    end: PathEnd,
    pass1: u8,
}

impl<'a> Search<'a> {
    fn new(sources: &'a Sources<'a>) -> Self {
        let mut search = Self {
            sources,
            nodes: Vec::new(),
            by_certificate: HashMap::new(),
            by_key: HashMap::new(),
            signatures: BTreeMap::new(),
            report: SearchReport::default(),
            paths: Vec::new(),
            links: HashMap::new(),
            shortest_trusted: None,
            length: None,
        };
        search.node(sources.request.end.clone(), Origin::End);
        search
    }

    fn node(&mut self, context: CertificateContext, origin: Origin) -> NodeId {
        let id = self.nodes.len();
        let few = id < FEW_NODES;
        if id == FEW_NODES {
            self.index();
        }
        let certificate = context.certificate();
        let known = if few {
            self.nodes.iter().position(|node| node.context.certificate() == certificate)
        } else {
            // by all its octets: SHA-1 thumbprints collide
            self.by_certificate.get(certificate).copied()
        };
        if let Some(known) = known {
            return known;
        }
        let spki = certificate.spki();
        // a DSA key without parameters is completed by the issuer of its own certificate
        let key = if dsa_parameters(&context) == Some(None) {
            None
        } else if few {
            self.nodes.iter().find(|node| node.context.certificate().spki() == spki).map(|n| n.key)
        } else {
            self.by_key.get(spki).copied()
        };
        let key = key.unwrap_or(id);
        let anchor = self.sources.is_anchor(certificate);
        if !few {
            self.by_certificate.insert(certificate.clone(), id);
            self.by_key.entry(spki.into()).or_insert(key);
        }
        self.nodes.push(Node { context, origin, key, candidates: None, anchor, distance: None });
        id
    }

    /// Enters the nodes so far into the maps.
    fn index(&mut self) {
        for (id, node) in self.nodes.iter().enumerate() {
            let certificate = node.context.certificate();
            self.by_certificate.insert(certificate.clone(), id);
            self.by_key.entry(certificate.spki().into()).or_insert(node.key);
        }
    }

    /// Enumerates paths, judges them, and returns them best first.
    fn run(&mut self) -> Vec<Judged> {
        if let Some(peer) = self.sources.peer_trusted() {
            let element = PathElement::alone(peer, Origin::TrustedPeople);
            return vec![self.judge(Path {
                elements: vec![element],
                end: PathEnd::PeerTrusted,
                link: None,
            })];
        }
        if self.report.steps == 0 {
            self.explore();
        }
        self.measure();
        let flags = self.sources.request.flags;
        let filter = !flags.contains(ChainFlags::DISABLE_PASS1_QUALITY_FILTERING)
            && !flags.contains(ChainFlags::RETURN_LOWER_QUALITY_CONTEXTS);
        if filter {
            self.walk_by_length();
        }
        if self.paths.is_empty() {
            self.walk(&mut vec![0], true);
        }
        if self.paths.is_empty() {
            self.paths.push(Found { nodes: vec![0], end: PathEnd::Partial, pass1: 0 });
        }
        let best = self.paths.iter().map(|path| path.pass1).max().unwrap_or(0);
        let paths: Vec<Path> = self
            .paths
            .iter()
            .filter(|path| !filter || path.pass1 >= best)
            .map(|path| self.path(path))
            .collect();
        let mut judged: Vec<Judged> = paths.into_iter().map(|path| self.judge(path)).collect();
        judged.sort_by(|a, b| rank::compare(b, a));
        judged
    }

    /// Whether a trusted root is among the certificates met.
    fn meets_anchor(&self) -> bool {
        self.nodes.iter().any(|node| node.anchor)
            || self.nodes.iter().any(|node| self.sources.ends_at(node.context.certificate()))
    }

    /// The certificates met.
    fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.nodes.iter().map(|node| node.context.certificate())
    }

    /// Meets every certificate that can be reached from the end certificate.
    fn explore(&mut self) {
        let mut next = 0;
        while next < self.nodes.len() {
            if self.is_spent() {
                return;
            }
            self.expand(next);
            next += 1;
            self.report.steps += 1;
        }
    }

    fn expand(&mut self, id: NodeId) {
        let Some(node) = self.nodes.get(id) else { return };
        if node.candidates.is_some() || self.sources.ends_at(node.context.certificate()) {
            return;
        }
        let limit = self.sources.engine.options.budget.max_candidates;
        let mut found = issuer::candidates(self.sources, node.context.certificate(), limit);
        if found.len() > limit {
            found.truncate(limit);
            self.report.exhausted.get_or_insert("max_candidates");
        }
        self.report.steps += found.len();
        let candidates = found
            .into_iter()
            .map(|Candidate { context, origin }| self.node(context, origin))
            .collect();
        if let Some(node) = self.nodes.get_mut(id) {
            node.candidates = Some(candidates);
        }
    }

    /// Whether `issuer`'s key verifies the signature on `subject`, verified once.
    fn signature(&mut self, subject: NodeId, issuer: NodeId) -> Result<(), SignatureError> {
        let key = self.nodes.get(issuer).map_or(issuer, |node| node.key);
        if let Some(known) = self.signatures.get(&(subject, key)) {
            return *known;
        }
        let budget = self.sources.engine.options.budget;
        let cost = self.nodes.get(issuer).and_then(|node| node.context.public_key().ok());
        let work = self.report.signature_work + cost.map_or(1, PublicKey::verification_cost);
        let spent = if self.report.signatures >= budget.max_signatures {
            Some("max_signatures")
        } else {
            (work > budget.max_signature_work).then_some("max_signature_work")
        };
        if let Some(spent) = spent {
            self.report.exhausted.get_or_insert(spent);
            return Err(SignatureError::BadSignature);
        }
        self.report.signatures += 1;
        self.report.signature_work = work;
        let result = match (self.nodes.get(subject), self.nodes.get(issuer)) {
            (Some(subject), Some(issuer)) => {
                let inherited = self.inherited_dsa_parameters(issuer);
                let verify = || verify_signature(&subject.context, &issuer.context, inherited);
                if subject.context.is(&issuer.context) {
                    subject.context.self_signature(verify)
                } else if inherited.is_some() {
                    // the key alone does not say what was verified
                    verify()
                } else {
                    subject.context.signature_by(&issuer.context, verify)
                }
            }
            _ => Err(SignatureError::BadSignature),
        };
        self.signatures.insert((subject, key), result);
        result
    }

    /// The DSA parameters of a key that has none: those of its issuer's key (RFC 3279, section
    /// 2.3.2; observed on Windows).
    fn inherited_dsa_parameters(&self, issuer: &Node) -> Option<&[u8]> {
        if dsa_parameters(&issuer.context) != Some(None) {
            return None;
        }
        issuer
            .candidates
            .iter()
            .flatten()
            .find_map(|id| dsa_parameters(&self.nodes.get(*id)?.context).flatten())
    }

    /// Measures each certificate's distance to the nearest trusted root over good signatures.
    fn measure(&mut self) {
        // one candidate is what an ordinary chain has: nothing to compare, nothing to measure
        if self.nodes.iter().all(|node| node.candidates.as_ref().is_none_or(|c| c.len() < 2)) {
            return;
        }
        let mut issued: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
        for (subject, node) in self.nodes.iter().enumerate() {
            for issuer in node.candidates.iter().flatten() {
                issued.entry(*issuer).or_default().push(subject);
            }
        }
        let mut frontier: Vec<NodeId> = (0..self.nodes.len())
            .filter(|id| self.nodes.get(*id).is_some_and(|n| n.anchor))
            .collect();
        let mut distance = 0;
        while !frontier.is_empty() {
            let mut next = Vec::new();
            for id in frontier {
                let Some(node) = self.nodes.get_mut(id) else { continue };
                if node.distance.is_some() {
                    continue;
                }
                node.distance = Some(distance);
                for &subject in issued.get(&id).into_iter().flatten() {
                    let unknown = self.nodes.get(subject).is_some_and(|n| n.distance.is_none());
                    if unknown && self.signature(subject, id).is_ok() {
                        next.push(subject);
                    }
                }
            }
            frontier = next;
            distance += 1;
        }
    }

    /// Finds trusted paths, shorter ones first, so that the many ways through dense
    /// cross-certification do not keep a short one from being found. Where there is a trusted
    /// path, pass 1 leaves nothing else to be judged.
    fn walk_by_length(&mut self) {
        let Some(distance) = self.nodes.first().and_then(|end| end.distance) else { return };
        for longer in 0..=LONGER_PATHS {
            self.length = Some(1 + distance + longer);
            self.walk(&mut vec![0], true);
        }
        self.length = None;
    }

    /// Extends `path` to every complete path, the most promising first.
    fn walk(&mut self, path: &mut Vec<NodeId>, good: bool) {
        if self.is_spent() {
            return;
        }
        self.report.steps += 1;
        let Some(&last) = path.last() else { return };
        let Some(node) = self.nodes.get(last) else { return };
        let (distance, anchor) = (node.distance, node.anchor);
        if self.length.is_some_and(|l| distance.is_none_or(|distance| path.len() + distance > l)) {
            return;
        }
        // a trusted path is known: only paths no longer than it can still win
        if let (Some(shortest), Some(distance)) = (self.shortest_trusted, distance)
            && path.len() + distance > shortest + LONGER_PATHS
        {
            return;
        }
        if self.sources.ends_at(node.context.certificate()) {
            return self.complete(path, PathEnd::CaAnchor, good, true);
        }
        let self_issued = node.context.certificate().is_self_issued();
        if self_issued {
            let own = self.signature(last, last);
            let others = self.other_issuers(path);
            if own.is_ok() || others.is_empty() {
                return self.complete(path, PathEnd::SelfSigned, good && own.is_ok(), anchor);
            }
        }
        let issuers = self.other_issuers(path);
        if issuers.is_empty() {
            return match self.issuer_in_path(path) {
                Some(again) => {
                    let good = self.signature(last, again).is_ok() && good;
                    path.push(again);
                    self.complete(path, PathEnd::Cyclic, good, false);
                    path.pop();
                }
                None => self.complete(path, PathEnd::Partial, good, false),
            };
        }
        if path.len() >= self.sources.engine.options.budget.max_elements {
            self.report.exhausted.get_or_insert("max_elements");
            return self.complete(path, PathEnd::Partial, good, false);
        }
        for (issuer, signature) in issuers {
            if self.is_spent() {
                return;
            }
            path.push(issuer);
            self.walk(path, good && signature.is_ok());
            path.pop();
        }
    }

    /// Whether no further step may be taken. Says so in the report.
    fn is_spent(&mut self) -> bool {
        let budget = self.sources.engine.options.budget;
        let spent = if self.paths.len() >= budget.max_paths {
            "max_paths"
        } else if self.report.steps >= budget.max_steps {
            "max_steps"
        } else {
            return false;
        };
        self.report.exhausted.get_or_insert(spent);
        true
    }

    /// The issuers of the last certificate that are not yet in the path, the most promising
    /// first. Where one verifies the signature, those that do not are left out: they lose in any
    /// case (observed, windows-facts 2.6).
    fn other_issuers(&mut self, path: &[NodeId]) -> Vec<(NodeId, Result<(), SignatureError>)> {
        let Some(&last) = path.last() else { return Vec::new() };
        let Some(node) = self.nodes.get(last) else { return Vec::new() };
        self.report.steps += node.candidates.as_ref().map_or(0, Vec::len);
        let own_key = node.context.certificate().is_self_issued();
        let candidates: Vec<(NodeId, usize)> = node
            .candidates
            .iter()
            .flatten()
            .enumerate()
            .filter(|(_, id)| !self.is_in_path(path, **id))
            .map(|(order, id)| (*id, order))
            .collect();
        let mut rated: Vec<_> = candidates
            .into_iter()
            .map(|(id, order)| (self.signature(last, id), id, order))
            .filter(|(signature, ..)| signature.is_ok() || !own_key)
            .collect();
        if rated.iter().any(|(signature, ..)| signature.is_ok()) {
            rated.retain(|(signature, ..)| signature.is_ok());
        }
        rated.sort_by_key(|(signature, id, order)| {
            let distance = self.nodes.get(*id).and_then(|node| node.distance);
            (signature.is_err(), distance.is_none(), distance, *order)
        });
        rated.into_iter().map(|(signature, id, _)| (id, signature)).collect()
    }

    /// Whether this certificate, or another for the same name and key, is already in the path.
    fn is_in_path(&self, path: &[NodeId], id: NodeId) -> bool {
        let Some(candidate) = self.nodes.get(id) else { return true };
        let candidate = candidate.context.certificate();
        path.iter().any(|&known| {
            known == id
                || self.nodes.get(known).is_some_and(|node| {
                    let node = node.context.certificate();
                    node.subject() == candidate.subject() && node.spki() == candidate.spki()
                })
        })
    }

    fn issuer_in_path(&self, path: &[NodeId]) -> Option<NodeId> {
        let node = self.nodes.get(*path.last()?)?;
        path.iter().copied().find(|id| node.candidates.iter().flatten().any(|known| known == id))
    }

    fn complete(&mut self, path: &[NodeId], end: PathEnd, good: bool, trusted: bool) {
        let complete = matches!(end, PathEnd::SelfSigned | PathEnd::CaAnchor);
        // pass 1 (documented): signatures, completeness, trust, in that order of weight
        let pass1 = u8::from(good) << 2 | u8::from(complete) << 1 | u8::from(trusted);
        if self.length.is_some_and(|length| pass1 != 7 || path.len() != length) {
            return;
        }
        if pass1 == 7 {
            self.shortest_trusted =
                Some(self.shortest_trusted.map_or(path.len(), |known| known.min(path.len())));
        }
        self.paths.push(Found { nodes: path.to_vec(), end, pass1 });
    }

    fn path(&self, found: &Found) -> Path {
        let last = found.nodes.len().saturating_sub(1);
        let elements = found
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(index, id)| {
                let node = self.nodes.get(*id)?;
                let issuer = match found.nodes.get(index + 1) {
                    Some(next) => Some(*next),
                    None if found.end == PathEnd::SelfSigned => Some(*id),
                    None => None,
                };
                let key = issuer.and_then(|issuer| Some(self.nodes.get(issuer)?.key));
                let signature = key.and_then(|key| self.signatures.get(&(*id, key)).copied());
                Some(PathElement {
                    context: self.sources.preferred_copy(&node.context),
                    origin: node.origin,
                    signature,
                    is_anchor: index == last && node.anchor,
                })
            })
            .collect();
        Path { elements, end: found.end, link: None }
    }

    fn judge(&mut self, mut path: Path) -> Judged {
        self.report.paths += 1;
        if let Some(root) = trust_list::may_link(self.sources, &path) {
            if self.links.len() < trust_list::MAX_ROOTS || self.links.contains_key(root) {
                let find = || trust_list::find(self.sources, root).map(Arc::new);
                path.link = self.links.entry(root.clone()).or_insert_with(find).clone();
            } else {
                self.report.exhausted.get_or_insert("MAX_ROOTS of trust lists");
            }
        }
        let judged = verify::judge(self.sources, &path);
        if self.sources.work.is_spent() {
            self.report.exhausted.get_or_insert(work::MAX_COMPARISONS);
        }
        judged
    }

    /// Every certificate that was met.
    fn contexts(&self) -> impl Iterator<Item = CertificateContext> {
        self.nodes.iter().map(|node| self.sources.preferred_copy(&node.context))
    }

    /// Certificates whose issuer is missing, or whose candidates all fail to verify them.
    fn nodes_without_issuer(&self) -> Vec<Certificate> {
        let verified: HashSet<NodeId> = self
            .signatures
            .iter()
            .filter_map(|((subject, _), result)| result.is_ok().then_some(*subject))
            .collect();
        let nodes = self.nodes.iter().enumerate();
        nodes
            .filter(|(id, node)| !verified.contains(id) && !node.anchor)
            .map(|(_, node)| node.context.certificate().clone())
            .collect()
    }
}

/// Up to so many certificates are compared one by one, which is faster than hashing them.
const FEW_NODES: usize = 16;

/// How many more elements than the shortest trusted path another path may have and still be
/// judged: a longer path wins where the shortest is expired, revoked or not for the usage.
const LONGER_PATHS: usize = 8;

/// A store of what was fetched.
pub(super) fn retrieved_store(certificates: &[Certificate]) -> Store {
    let mut builder = StoreBuilder::new();
    for certificate in certificates {
        builder.certificate(certificate.clone().into());
    }
    builder.build()
}

/// The bits that a path's end alone decides.
pub(super) fn end_status(path: &Path) -> TrustStatus {
    let error = match path.end {
        PathEnd::Partial => TrustError::IS_PARTIAL_CHAIN,
        PathEnd::Cyclic => TrustError::IS_PARTIAL_CHAIN | TrustError::IS_CYCLIC,
        _ => TrustError::default(),
    };
    TrustStatus { error, info: TrustInfo::default() }
}
