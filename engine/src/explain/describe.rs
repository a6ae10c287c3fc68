//! Objects in words: what a certificate, a CRL, a list or a property holds, as a tree of fields.
//!
//! Labels are those of certutil and of the certificate dialogs where they have one (reference,
//! certutil-output 1 and stores-and-formats 4.5); every number comes with what it means.

mod certificate;
mod crl;
mod event;
mod extension;
mod list;
mod name;
mod ocsp;
mod property;
mod registry;
mod request;
mod url_cache;

use serde::Serialize;

pub use certificate::certificate;
pub use crl::crl;
pub use event::{DecodedRecord, event};
pub use extension::extension;
pub use list::{signed_data, trust_list};
pub use name::{algorithm, code, display_name, oid};
pub use ocsp::{ocsp_request, ocsp_response};
pub use property::{contradictions, property, property_name};
pub use registry::registry;
pub use request::certification_request;
pub use url_cache::{url_cache_file, url_cache_metadata};

/// One thing that is said of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// What it is.
    pub label: String,
    /// What it says; empty if its parts say it all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// Its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Self>,
}

impl Field {
    /// A field without parts.
    #[must_use]
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), children: Vec::new() }
    }

    /// A field of parts.
    #[must_use]
    pub fn of(label: impl Into<String>, value: impl Into<String>, children: Vec<Self>) -> Self {
        Self { label: label.into(), value: value.into(), children }
    }

    /// The first part with this label.
    #[must_use]
    pub fn child(&self, label: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.label == label)
    }
}

/// How much of long lists is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Entries of a CRL or a trust list.
    pub max_entries: usize,
    /// Octets of a value that is shown in hexadecimal.
    pub max_octets: usize,
}

impl Extent {
    /// Everything.
    pub const ALL: Self = Self { max_entries: usize::MAX, max_octets: usize::MAX };
}

impl Default for Extent {
    fn default() -> Self {
        Self { max_entries: 20, max_octets: 256 }
    }
}

/// Octets in hexadecimal, cut where there are too many.
fn octets(octets: &[u8], extent: Extent) -> String {
    use crate::base::digest::hex;
    match octets.get(..extent.max_octets) {
        Some(head) if head.len() < octets.len() => {
            format!("{} ... ({} octets in all)", hex(head), octets.len())
        }
        _ => hex(octets),
    }
}

/// What says that a list was cut.
fn rest(shown: usize, all: usize, what: &str) -> Option<Field> {
    let left = all.saturating_sub(shown);
    (left > 0).then(|| Field::new("...", format!("{left} more {what} are not shown")))
}

#[cfg(test)]
mod tests;
