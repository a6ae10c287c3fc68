//! stub

/// The number of the event whose data has this name.
#[must_use]
pub fn id_of(name: &str) -> Option<u16> {
    IDS.iter().find(|(known, _)| *known == name).map(|(_, id)| *id)
}

/// Names of the elements in UserData (reference, capi2-events 1.2).
const IDS: &[(&str, u16)] = &[
    ("CertGetCertificateChainStart", 10),
    ("CertGetCertificateChain", 11),
    ("CertVerifyCertificateChainPolicy", 30),
    ("CertVerifyRevocationStart", 40),
    ("CertVerifyRevocation", 41),
    ("CertRejectedRevocationInfo", 42),
    ("CryptRetrieveObjectByUrlCacheStart", 50),
    ("CryptRetrieveObjectByUrlCache", 51),
    ("CryptRetrieveObjectByUrlWireStart", 52),
    ("CryptRetrieveObjectByUrlWire", 53),
    ("CryptAcquireCertificatePrivateKey", 70),
    ("WinVerifyTrustStart", 80),
    ("WinVerifyTrust", 81),
    ("CryptCATAdminEnumCatalogFromHash", 82),
    ("X509Objects", 90),
];
