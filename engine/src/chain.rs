//! Floor 5: CertGetCertificateChain.

pub mod status;
