//! What can be wrong with a file.

use std::fmt;

use super::cabinet::CabinetError;
use super::limits::Limit;
use super::pfx::{PfxError, PfxErrorKind};
use super::registry::RegistryError;
use super::{Kind, MessageType};
use crate::base::der::{DerError, DerErrorKind};
use crate::base::digest::hex;
use crate::base::hresult::{self, HResult};

/// What was wrong with a file, or with a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatErrorKind {
    /// Nothing that is known here begins like this.
    Unrecognised,
    /// The kind is known, but nothing is taken out of it here.
    NotOpened(Kind),
    /// A part is known for what it is, and nothing is taken out of it here.
    NotRead(&'static str),
    /// A PKCS #7 message of a type that holds no certificates.
    MessageType(MessageType),
    /// DER, or the BER that Windows reads too, is malformed.
    Der(DerError),
    /// The cabinet, or one of its members, cannot be read.
    Cabinet(CabinetError),
    /// A registry file, or a part of one, cannot be read.
    Registry(RegistryError),
    /// A PKCS #12 store, or a part of one, cannot be read.
    Pfx(PfxError),
    /// The encoding field of a serialized element is not X509_ASN_ENCODING (1).
    ElementEncoding(u32),
    /// A serialized element's record is longer than what is left.
    ElementLength(u32),
    /// A record names an element of a kind that is not read here.
    ElementKind(u32),
    /// A structure contradicts its format.
    Malformed(&'static str),
    /// Octets behind the end of a part.
    Trailing(usize),
    /// A character that base64 does not have.
    Base64,
    /// An object of which a text says no more than this SHA-1.
    OnlyHash([u8; 20]),
    /// A text records that a command failed with this code.
    CommandFailed(HResult),
    /// A limit would be exceeded.
    TooLarge(Limit),
}

/// What was wrong, where, and in which part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatError {
    /// What was wrong.
    pub kind: FormatErrorKind,
    /// Octets from the beginning of the container that `context` names.
    pub offset: usize,
    /// The part of the file, outermost container first, e.g. "authroot.stl in cabinet"; empty for
    /// the file itself.
    pub context: String,
}

impl FormatError {
    pub(super) fn new(kind: FormatErrorKind, offset: usize) -> Self {
        Self { kind, offset, context: String::new() }
    }

    pub(super) fn within(mut self, context: &str) -> Self {
        if self.context.is_empty() {
            self.context = context.to_owned();
        }
        self
    }

    /// Whether something that should have been readable could not be read: damage, a limit, a
    /// password that is missing. What is left unread on purpose, or was never there, is none.
    #[must_use]
    pub const fn is_loss(&self) -> bool {
        !matches!(
            self.kind,
            FormatErrorKind::NotOpened(_)
                | FormatErrorKind::NotRead(_)
                | FormatErrorKind::MessageType(_)
                | FormatErrorKind::Trailing(_)
                | FormatErrorKind::OnlyHash(_)
                | FormatErrorKind::CommandFailed(_)
        )
    }

    /// Whether a password is what was missing.
    #[must_use]
    pub const fn is_password(&self) -> bool {
        matches!(self.kind, FormatErrorKind::Pfx(PfxError { kind: PfxErrorKind::Password, .. }))
    }

    /// The code CAPI2 would give for such an object.
    ///
    /// Observed: a message that is no SignedData, an element's encoding and an element's length
    /// (reference, wine-test-facts 16), the decoder's codes (14). Inferred: that what nothing
    /// recognises gives CRYPT_E_NO_MATCH. Limits are this program's own: ERROR_FILE_TOO_LARGE.
    #[must_use]
    pub fn hresult(&self) -> HResult {
        match &self.kind {
            FormatErrorKind::Unrecognised
            | FormatErrorKind::NotOpened(_)
            | FormatErrorKind::NotRead(_) => hresult::CRYPT_E_NO_MATCH,
            FormatErrorKind::MessageType(_) => hresult::CRYPT_E_INVALID_MSG_TYPE,
            FormatErrorKind::Der(error) => match error.kind {
                DerErrorKind::UnexpectedEnd => hresult::CRYPT_E_ASN1_EOD,
                DerErrorKind::Tag { .. } => hresult::CRYPT_E_ASN1_BADTAG,
                _ => hresult::CRYPT_E_ASN1_CORRUPT,
            },
            FormatErrorKind::Cabinet(error) => error.hresult(),
            FormatErrorKind::Pfx(error) => error.hresult(),
            FormatErrorKind::ElementEncoding(_) => hresult::ERROR_FILE_NOT_FOUND,
            FormatErrorKind::ElementLength(_) | FormatErrorKind::ElementKind(_) => {
                hresult::E_INVALIDARG
            }
            FormatErrorKind::Malformed(_)
            | FormatErrorKind::Registry(_)
            | FormatErrorKind::Trailing(_)
            | FormatErrorKind::Base64 => hresult::ERROR_INVALID_DATA,
            FormatErrorKind::OnlyHash(_) => hresult::CRYPT_E_NOT_FOUND,
            FormatErrorKind::CommandFailed(code) => *code,
            FormatErrorKind::TooLarge(_) => hresult::ERROR_FILE_TOO_LARGE,
        }
    }
}

impl From<DerError> for FormatError {
    fn from(error: DerError) -> Self {
        Self::new(FormatErrorKind::Der(error), error.offset)
    }
}

impl From<CabinetError> for FormatError {
    fn from(error: CabinetError) -> Self {
        Self::new(FormatErrorKind::Cabinet(error), error.offset)
    }
}

impl From<RegistryError> for FormatError {
    fn from(error: RegistryError) -> Self {
        let offset = error.offset;
        Self::new(FormatErrorKind::Registry(error), offset)
    }
}

impl From<PfxError> for FormatError {
    fn from(error: PfxError) -> Self {
        let offset = error.offset;
        Self::new(FormatErrorKind::Pfx(error), offset)
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.context.is_empty() {
            write!(f, "{}: ", self.context)?;
        }
        match &self.kind {
            // these say their offset themselves
            FormatErrorKind::Der(error) => return write!(f, "{error}"),
            FormatErrorKind::Cabinet(error) => return write!(f, "{error}"),
            FormatErrorKind::Registry(error) => return write!(f, "{error}"),
            FormatErrorKind::Pfx(error) => return write!(f, "{error}"),
            FormatErrorKind::Unrecognised => write!(f, "unknown format")?,
            FormatErrorKind::NotOpened(Kind::PrivateKey) => {
                write!(f, "a private key, which is left unread")?;
            }
            FormatErrorKind::NotOpened(Kind::Empty) => write!(f, "nothing to read")?,
            FormatErrorKind::NotOpened(kind) => write!(f, "{kind} is not opened here")?,
            FormatErrorKind::MessageType(message) => {
                write!(f, "a PKCS #7 message of type {message} holds no objects")?;
            }
            FormatErrorKind::ElementEncoding(found) => {
                write!(f, "encoding of a serialized element is {found}, not 1")?;
            }
            FormatErrorKind::ElementLength(length) => {
                write!(f, "a record of {length} octets does not fit")?;
            }
            FormatErrorKind::ElementKind(id) => write!(f, "element of unknown kind {id}")?,
            FormatErrorKind::Malformed(what) | FormatErrorKind::NotRead(what) => {
                write!(f, "{what}")?;
            }
            FormatErrorKind::Trailing(length) => write!(f, "{length} octets behind the end")?,
            FormatErrorKind::Base64 => write!(f, "not base64")?,
            FormatErrorKind::OnlyHash(sha1) => {
                write!(f, "only its SHA-1 {} is printed, not its octets", hex(sha1))?;
            }
            FormatErrorKind::CommandFailed(code) => {
                write!(f, "the command failed with {code}")?;
                if let Some(symbol) = code.symbol() {
                    write!(f, " ({symbol})")?;
                }
            }
            FormatErrorKind::TooLarge(limit) => write!(f, "more than {limit} allows")?,
        }
        write!(f, " at offset {}", self.offset)
    }
}

impl std::error::Error for FormatError {}
