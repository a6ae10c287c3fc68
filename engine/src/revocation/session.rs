//! What the checks of one question share: each address is asked once, each object read once, and
//! time is spent only once.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::RevocationOptions;
use crate::base::der::{self, DerError};
use crate::base::digest::{hex, sha256};
use crate::crypto::SignatureError;
use crate::object::certificate::Certificate;
use crate::object::crl::Crl;
use crate::object::ocsp::OcspResponse;
use crate::retrieval::{MAX_TIMEOUT_MS, Method, Request, Retrieval, RetrievalError, Retrieved};

/// Shared by the checks of one question. Its results are what the URL cache would hold afterwards.
#[derive(Debug)]
pub struct RevocationSession {
    accumulative: bool,
    per_url_ms: u32,
    left_ms: Cell<u32>,
    crls: Memo<Crl>,
    responses: Memo<Arc<OcspResponse>>,
    signatures: RefCell<HashMap<SignatureKey, Result<(), SignatureError>>>,
    signature_work: Cell<usize>,
}

/// What verifying the signatures of CRLs and responses may cost for one question, a verification
/// with RSA-2048 being 1.
pub const MAX_SIGNATURE_WORK: usize = 4_000;

/// By address, and whether it was the cache that was asked.
type Memo<T> = RefCell<HashMap<(String, bool), Result<T, FetchError>>>;

/// Why an address gave nothing that could be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FetchError {
    /// There is no answer.
    Retrieval(RetrievalError),
    /// The answer is empty.
    Empty,
    /// The answer is not what it should be.
    Unreadable(DerError),
    /// The cache got it before the time after which it is to be trusted.
    BeforeResync,
}

impl FetchError {
    /// Whether a server answered, but with nothing of use.
    pub(super) const fn is_the_servers(&self) -> bool {
        matches!(
            self,
            Self::Retrieval(RetrievalError::HttpStatus(_)) | Self::Empty | Self::Unreadable(_)
        )
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retrieval(error) => error.fmt(f),
            Self::Empty => f.write_str("an empty answer"),
            Self::Unreadable(error) => write!(f, "the answer cannot be read: {error}"),
            Self::BeforeResync => f.write_str("retrieved before the resync time"),
        }
    }
}

/// SHA-256 of a list, and of a key with the parameters it inherits.
type SignatureKey = ([u8; 32], [u8; 32]);

impl RevocationSession {
    /// A session with the time-outs of these options.
    #[must_use]
    pub fn new(options: &RevocationOptions) -> Self {
        let or_default =
            |default| if options.timeout_ms == 0 { default } else { options.timeout_ms };
        Self {
            accumulative: options.accumulative,
            per_url_ms: or_default(options.default_timeout_ms).min(MAX_TIMEOUT_MS),
            left_ms: Cell::new(or_default(options.default_accumulative_timeout_ms)),
            crls: RefCell::default(),
            responses: RefCell::default(),
            signatures: RefCell::default(),
            signature_work: Cell::new(0),
        }
    }

    /// Takes the cost of verifying a signature.
    ///
    /// # Errors
    /// [`SignatureError::WorkExhausted`] if it is no longer there.
    pub(super) fn take_signature_work(&self, cost: usize) -> Result<(), SignatureError> {
        let work = self.signature_work.get().saturating_add(cost);
        if work > MAX_SIGNATURE_WORK {
            return Err(SignatureError::WorkExhausted);
        }
        self.signature_work.set(work);
        Ok(())
    }

    /// Milliseconds the next address may take: half of what is left of a common budget
    /// (reference, chain-engine 10.5; documented and observed).
    fn timeout_ms(&self) -> Result<u32, RetrievalError> {
        if !self.accumulative {
            return Ok(self.per_url_ms);
        }
        match self.left_ms.get() / 2 {
            0 => Err(RetrievalError::BudgetExhausted),
            half => Ok(half.min(MAX_TIMEOUT_MS)),
        }
    }

    fn retrieve(
        &self,
        retrieval: &dyn Retrieval,
        mut request: Request<'_>,
    ) -> Result<Retrieved, RetrievalError> {
        if request.cache_only {
            return retrieval.retrieve(&request);
        }
        request.timeout_ms = self.timeout_ms()?;
        let result = retrieval.retrieve(&request);
        let spent = match &result {
            Ok(retrieved) => retrieved.elapsed_ms,
            Err(RetrievalError::Timeout) => request.timeout_ms,
            Err(_) => 0,
        };
        self.left_ms.set(self.left_ms.get().saturating_sub(spent));
        result
    }

    /// The CRL behind an address.
    pub(super) fn crl(
        &self,
        retrieval: &dyn Retrieval,
        request: Request<'_>,
        accept: impl Fn(&Retrieved) -> bool,
    ) -> Result<Crl, FetchError> {
        self.object(&self.crls, retrieval, request, accept, Crl::from_der)
    }

    /// The OCSP response behind an address.
    pub(super) fn response(
        &self,
        retrieval: &dyn Retrieval,
        request: Request<'_>,
        accept: impl Fn(&Retrieved) -> bool,
    ) -> Result<Arc<OcspResponse>, FetchError> {
        self.object(&self.responses, retrieval, request, accept, |octets| {
            OcspResponse::from_der(octets).map(Arc::new)
        })
    }

    fn object<T: Clone>(
        &self,
        memo: &Memo<T>,
        retrieval: &dyn Retrieval,
        request: Request<'_>,
        accept: impl Fn(&Retrieved) -> bool,
        read: impl Fn(&[u8]) -> der::Result<T>,
    ) -> Result<T, FetchError> {
        // the body of a POST is told apart by its digest
        let mut url = request.url.to_owned();
        if let Method::Post(body) = request.method {
            url.push('#');
            url.push_str(&hex(&sha256(body)));
        }
        let key = (url, request.cache_only);
        if let Some(known) = memo.borrow().get(&key) {
            return known.clone();
        }
        let result = match self.retrieve(retrieval, request) {
            Err(error) => Err(FetchError::Retrieval(error)),
            Ok(retrieved) if !accept(&retrieved) => Err(FetchError::BeforeResync),
            Ok(retrieved) if retrieved.octets.is_empty() => Err(FetchError::Empty),
            Ok(retrieved) => read(&retrieved.octets).map_err(FetchError::Unreadable),
        };
        memo.borrow_mut().insert(key, result.clone());
        result
    }

    /// Whether the list is signed with this key.
    pub(super) fn crl_signature(
        &self,
        crl: &Crl,
        signer: &Certificate,
        inherited_parameters: Option<&[u8]>,
    ) -> Result<(), SignatureError> {
        let inherited = inherited_parameters.unwrap_or_default();
        let key = (crl.sha256(), sha256(&[signer.spki(), inherited].concat()));
        if let Some(known) = self.signatures.borrow().get(&key) {
            return *known;
        }
        let result = super::verify(
            self,
            signer,
            inherited_parameters,
            crl.signature_algorithm(),
            crl.tbs(),
            crl.signature(),
        );
        self.signatures.borrow_mut().insert(key, result);
        result
    }
}
