//! The registry outside Windows: hives with their transaction logs, `.reg` exports, `Registry.pol`.
//!
//! Each reader gives keys and values of one model ([`RegistryKey`], [`RegistryValue`]);
//! [`system_certificates`] finds in them what certificate chains depend on. Everything is read
//! lazily over the borrowed octets, and what is damaged becomes a [`RegistryError`] with its place
//! while the rest is read.

mod error;
pub mod export;
pub mod hive;
pub mod policy_file;
pub mod security;
pub mod system_certificates;
pub mod transaction_log;
mod value;

pub use error::{RegistryError, RegistryErrorKind};
pub use value::{RegistryValue, ValueType};

use std::collections::HashSet;
use std::sync::Arc;

use crate::base::time::Time;
use security::SecurityDescriptor;

/// Keys within keys. Windows' own bound is 512 (documented, registry element size limits).
pub const MAX_KEY_DEPTH: usize = 512;
/// Characters of a key's name (documented, registry element size limits).
pub const MAX_KEY_NAME: usize = 255;
/// Octets of a key's whole path, its names in UTF-8. Ours: the longest of real hives have some
/// hundreds, and each object and problem is kept with its path.
pub const MAX_PATH_LENGTH: usize = 4096;

/// A key with its values, whatever it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryKey {
    /// The names down to the key. The first is `HKLM`, `HKCU`, `HKU`, `HKCR` or `HKCC` where it is
    /// known under which the file is mounted, and `?` where it is not.
    pub path: Vec<String>,
    /// When the key was last written, where the file says so.
    pub last_written: Option<Time>,
    /// Who may do what with the key, where the file says so.
    pub security: Option<Arc<SecurityDescriptor>>,
    /// Its values.
    pub values: Vec<RegistryValue>,
    /// Where the key stands in the file, in octets.
    pub offset: usize,
}

impl RegistryKey {
    /// The path, its names separated by backslashes.
    #[must_use]
    pub fn path_text(&self) -> String {
        self.path.join("\\")
    }

    /// The value with this name, in any case.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&RegistryValue> {
        self.values.iter().find(|value| same_name(&value.name, name))
    }
}

/// Whether two names are the same to the registry, which does not tell case apart.
#[must_use]
pub(super) fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || (!a.is_ascii() && a.to_lowercase() == b.to_lowercase())
}

/// UTF-16LE as text; what is none becomes U+FFFD. A lone octet at the end is left out.
#[must_use]
pub(super) fn utf16(octets: &[u8]) -> String {
    let (units, _) = octets.as_chunks::<2>();
    char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// Of values that stand twice, the last counts.
pub(super) fn keep_last(values: &mut Vec<RegistryValue>) {
    let mut names = HashSet::new();
    values.reverse();
    values.retain(|value| names.insert(value.name.to_lowercase()));
    values.reverse();
}
