//! Floor 5: CertGetCertificateChain.
//!
//! [`engine::ChainEngine`] is built once over a machine's stores and then asked any number of
//! times; [`context::ChainContext`] is its answer.

mod build;
pub mod context;
pub mod engine;
mod issuer;
mod path;
mod rank;
pub mod status;
pub mod verify;
