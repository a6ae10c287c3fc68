//! What can be wrong with a PKCS #12 file.

use std::fmt;

use super::MAX_ITERATIONS;
use crate::base::der::{DerError, DerErrorKind};
use crate::base::hresult::{self, HResult};
use crate::base::oid::Oid;

/// What was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PfxErrorKind {
    /// The structure is malformed.
    Der(DerError),
    /// No password fits, nor does none.
    Password,
    /// A password opens the file's parts, but the MAC does not fit: the file is not as it was
    /// written.
    Integrity,
    /// The password is right, and still a part cannot be decrypted: it is damaged.
    Decryption,
    /// An algorithm that is not known here.
    Algorithm(Oid),
    /// An algorithm's parameters contradict it.
    Parameters(&'static str),
    /// Deriving the key would exceed [`MAX_ITERATIONS`].
    Iterations(u64),
    /// Something that PKCS #12 allows and that is not read here.
    Unsupported(&'static str),
}

/// What was wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PfxError {
    /// What was wrong.
    pub kind: PfxErrorKind,
    /// Octets from the beginning of the file; inside the AuthenticatedSafe from its own beginning,
    /// inside the bags from the beginning of their part, decrypted.
    pub offset: usize,
    /// The structure, in the standard's words; may be empty.
    pub context: &'static str,
    /// Which part it is in, from 0, if it is in one.
    pub safe: Option<usize>,
}

impl PfxError {
    pub(super) fn new(kind: PfxErrorKind, offset: usize) -> Self {
        Self { kind, offset, context: "", safe: None }
    }

    pub(super) fn within(mut self, context: &'static str) -> Self {
        if self.context.is_empty() {
            self.context = context;
        }
        self
    }

    pub(super) fn in_safe(mut self, number: usize) -> Self {
        self.safe = Some(number);
        self
    }

    /// The code PFXImportCertStore would give.
    ///
    /// Documented: a wrong password gives ERROR_INVALID_PASSWORD. Inferred: so does a changed file,
    /// which Windows cannot tell from it, and the rest.
    #[must_use]
    pub fn hresult(&self) -> HResult {
        match &self.kind {
            PfxErrorKind::Der(error) => error.hresult(),
            PfxErrorKind::Password | PfxErrorKind::Integrity => hresult::ERROR_INVALID_PASSWORD,
            PfxErrorKind::Algorithm(_)
            | PfxErrorKind::Decryption
            | PfxErrorKind::Parameters(_)
            | PfxErrorKind::Unsupported(_) => hresult::ERROR_INVALID_DATA,
            PfxErrorKind::Iterations(_) => hresult::ERROR_FILE_TOO_LARGE,
        }
    }
}

impl From<DerError> for PfxError {
    fn from(error: DerError) -> Self {
        Self {
            kind: PfxErrorKind::Der(DerError { context: "", ..error }),
            offset: error.offset,
            context: error.context,
            safe: None,
        }
    }
}

impl fmt::Display for PfxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            // these are about the file as a whole
            PfxErrorKind::Password => {
                return write!(f, "no password that was given fits, nor does an empty one");
            }
            PfxErrorKind::Integrity => {
                return write!(
                    f,
                    "the password fits but the MAC does not: the file has been changed or damaged"
                );
            }
            PfxErrorKind::Der(DerError { kind: DerErrorKind::UnexpectedEnd, .. }) => {
                write!(f, "the data end too early")?;
            }
            PfxErrorKind::Der(error) => {
                // it says the offset itself
                write!(f, "{error}")?;
                return self.place(f);
            }
            PfxErrorKind::Decryption => write!(f, "cannot be decrypted though the password fits")?,
            PfxErrorKind::Algorithm(id) => write!(f, "algorithm {id} is not known here")?,
            PfxErrorKind::Parameters(what) | PfxErrorKind::Unsupported(what) => {
                write!(f, "{what}")?;
            }
            PfxErrorKind::Iterations(count) => {
                write!(f, "{count} password iterations exceed what is left of {MAX_ITERATIONS}")?;
            }
        }
        write!(f, " at offset {}", self.offset)?;
        self.place(f)
    }
}

impl PfxError {
    fn place(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.context.is_empty() {
            write!(f, " in {}", self.context)?;
        }
        match self.safe {
            Some(number) => write!(f, " of part {}", number + 1),
            None => Ok(()),
        }
    }
}

impl std::error::Error for PfxError {}
