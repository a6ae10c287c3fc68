//! Passwords, and the octets that they are to each algorithm.

use std::fmt;

/// Passwords that are tried on one file, at most.
pub const MAX_PASSWORDS: usize = 64;

/// Passwords to try on what is encrypted. An empty password, and none, are always tried behind
/// them, for they are two different keys and Windows tries both (reference, stores-and-formats 8;
/// inferred).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Passwords(Vec<String>);

impl Passwords {
    /// These passwords, in this order; no more than [`MAX_PASSWORDS`] are kept.
    pub fn new<T: Into<String>>(passwords: impl IntoIterator<Item = T>) -> Self {
        Self(passwords.into_iter().map(Into::into).take(MAX_PASSWORDS).collect())
    }

    /// Every password to try, each once.
    pub(super) fn candidates(&self) -> Vec<Password> {
        let mut candidates: Vec<Password> = Vec::new();
        let given = self.0.iter().map(|text| Password(Some(text.clone())));
        for password in given.chain([Password(Some(String::new())), Password(None)]) {
            if !candidates.contains(&password) {
                candidates.push(password);
            }
        }
        candidates
    }
}

impl fmt::Debug for Passwords {
    /// Their number alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Passwords({})", self.0.len())
    }
}

/// A password, or none.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Password(Option<String>);

impl Password {
    #[cfg(test)]
    pub(super) fn of(text: Option<&str>) -> Self {
        Self(text.map(str::to_owned))
    }

    /// For PKCS #12's own key derivation: UTF-16, big endian, with a terminating NUL (RFC 7292,
    /// appendix B.1). None at all is no octets.
    pub(super) fn bmp_octets(&self) -> Vec<u8> {
        let Some(text) = &self.0 else { return Vec::new() };
        text.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect()
    }

    /// For PBKDF2: UTF-8 without a NUL (RFC 9579, section 4).
    pub(super) fn utf8_octets(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default().as_bytes()
    }
}
