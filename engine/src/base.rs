//! Floor 1: what everything else is read and said with.

pub mod der;
pub mod digest;
pub mod hresult;
pub mod oid;
pub mod time;
pub mod trust_status;
