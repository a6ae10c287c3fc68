//! Floor 5: CertGetCertificateChain.

pub mod context;
pub mod status;
