//! Certificate chains, trust lists and the automatic root update, judged as Windows CAPI2 judges
//! them, on any operating system, from evidence alone.

pub mod base;
pub mod crypto;
pub mod object;
pub mod retrieval;
pub mod revocation;

#[cfg(test)]
mod test_support;
