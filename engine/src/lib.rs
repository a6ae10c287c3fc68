//! Certificate chains, trust lists and the automatic root update, judged as Windows CAPI2 judges
//! them, on any operating system, from evidence alone.

pub mod base;
pub mod chain;
pub mod crypto;
pub mod explain;
pub mod format;
pub mod object;
pub mod policy;
pub mod retrieval;
pub mod revocation;
pub mod root_update;
pub mod scenario;
pub mod store;

#[cfg(test)]
mod test_support;
