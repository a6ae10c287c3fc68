//! Floor 5: CertGetCertificateChain.
//!
//! [`engine::ChainEngine`] is built once over a machine's stores and then asked any number of
//! times; [`context::ChainContext`] is its answer.

mod aia;
mod arguments;
pub mod auto_root;
mod build;
pub mod context;
pub mod engine;
mod issuer;
mod path;
mod rank;
mod signature;
pub mod trust_list;
pub mod verify;
mod work;

/// The bits of an answer. They are owned by the lowest floor: revocation speaks of them, too.
pub use crate::base::trust_status as status;

/// Verifies the signature on `subject` with `issuer`'s key.
///
/// # Errors
/// If it does not verify, or cannot be checked.
pub fn verify_signature_of(
    subject: &crate::object::certificate::Certificate,
    issuer: &crate::store::CertificateContext,
) -> Result<(), crate::crypto::SignatureError> {
    signature::verify_signature(&subject.clone().into(), issuer, None)
}
