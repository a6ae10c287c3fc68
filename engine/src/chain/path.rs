//! An ordered path, before it is judged.

use std::sync::Arc;

use super::context::Origin;
use super::trust_list::Link;
use crate::crypto::SignatureError;
use crate::store::CertificateContext;

/// A path from the end certificate upwards.
pub(crate) struct Path {
    pub(crate) elements: Vec<PathElement>,
    pub(crate) end: PathEnd,
    /// The trust list that the root is on, where no root store holds it.
    pub(crate) link: Option<Arc<Link>>,
}

/// One certificate of a path.
pub(crate) struct PathElement {
    pub(crate) context: CertificateContext,
    pub(crate) origin: Origin,
    /// The signature on it, made by the next element (or by itself at the end).
    pub(crate) signature: Option<Result<(), SignatureError>>,
    pub(crate) is_anchor: bool,
}

/// How a path ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathEnd {
    /// In a self-signed certificate.
    SelfSigned,
    /// In a CA that is trusted although it is no root.
    CaAnchor,
    /// The issuer is missing.
    Partial,
    /// The issuer is already in the path.
    Cyclic,
    /// The end certificate is trusted by itself.
    PeerTrusted,
}

impl PathElement {
    pub(crate) fn alone(context: CertificateContext, origin: Origin) -> Self {
        Self { context, origin, signature: None, is_anchor: false }
    }
}

impl Path {
    /// Whether element `index` is the root: self-signed, and the last.
    pub(crate) fn is_root(&self, index: usize) -> bool {
        self.end == PathEnd::SelfSigned && index + 1 == self.elements.len()
    }

    /// Whether the chain ends in something trusted, be it by a trust list.
    pub(crate) fn is_trusted(&self) -> bool {
        self.is_anchored() || self.link.as_ref().is_some_and(|link| link.confers_trust())
    }

    /// Whether the chain ends in something the engine's own stores trust.
    pub(crate) fn is_anchored(&self) -> bool {
        match self.end {
            PathEnd::SelfSigned => self.elements.last().is_some_and(|last| last.is_anchor),
            PathEnd::CaAnchor | PathEnd::PeerTrusted => true,
            PathEnd::Partial | PathEnd::Cyclic => false,
        }
    }
}
