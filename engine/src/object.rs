//! Floor 2: octets turned into values, once. What cannot be read is said, not judged.

pub mod certificate;
pub mod crl;
pub mod extension;
pub mod general_name;
pub mod message;
pub mod name;
pub mod ocsp;
pub mod property;
pub mod request;
mod span;
pub mod trust_list;
