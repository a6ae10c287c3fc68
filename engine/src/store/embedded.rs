//! Certificates the engine carries: Microsoft's roots, and the CAs that sign its trust lists.
//!
//! They are what a Windows machine has before its first update, and all that is needed to judge
//! the lists of 2006 to 2026 without set-up. Each stands beside its SHA-256, so that anyone can
//! compare it with Microsoft's published thumbprints; a test compares the octets with it.

use std::sync::OnceLock;

use super::Store;
use crate::object::certificate::Certificate;

type Embedded = (&'static [u8], &'static str);

/// Microsoft's roots.
static ROOTS: [Embedded; 10] = [
    (
        include_bytes!(
            "../../data/microsoft/Microsoft-ECC-Product-Root-Certificate-Authority-2018.cer"
        ),
        "caca93b9d23d2b6fa76e8b8471931e0df3ec6f63af3cdbb936c41954a1872326",
    ),
    (
        include_bytes!("../../data/microsoft/Microsoft-ECC-Root-Certificate-Authority-2017.cer"),
        "358df39d764af9e1b766e9c972df352ee15cfac227af6ad1d70e8e4a6edcba02",
    ),
    (
        include_bytes!("../../data/microsoft/Microsoft-ECC-TS-Root-Certificate-Authority-2018.cer"),
        "3fd4be8baad2f26e1bde06c7584bb720dd1a972d111f5a4999bc44b08fb4960d",
    ),
    (
        include_bytes!(
            "../../data/microsoft/Microsoft-Identity-Verification-Root-Certificate-Authority-2020.cer"
        ),
        "5367f20c7ade0e2bca790915056d086b720c33c1fa2a2661acf787e3292e1270",
    ),
    (
        include_bytes!("../../data/microsoft/Microsoft-RSA-Root-Certificate-Authority-2017.cer"),
        "c741f70f4b2a8d88bf2e71c14122ef53ef10eba0cfa5e64cfa20f418853073e0",
    ),
    (
        include_bytes!("../../data/microsoft/Microsoft-Root-Authority-1997.cer"),
        "f38406e540d7a9d90cb4a9479299640ffb6df9e224ecc7a01c0d9558d8dad77d",
    ),
    (
        include_bytes!("../../data/microsoft/Microsoft-Root-Certificate-Authority-2001.cer"),
        "885de64c340e3ea70658f01e1145f957fcda27aabeea1ab9faa9fdb0102d4077",
    ),
    (
        include_bytes!("../../data/microsoft/Microsoft-Root-Certificate-Authority-2010.cer"),
        "df545bf919a2439c36983b54cdfc903dfa4f37d3996d8d84b4c31eec6f3c163e",
    ),
    (
        include_bytes!("../../data/microsoft/Microsoft-Root-Certificate-Authority-2011.cer"),
        "847df6a78497943f27fc72eb93f9a637320a02b561d0a91b09e87a7807ed7c61",
    ),
    (
        include_bytes!(
            "../../data/microsoft/Microsoft-Time-Stamp-Root-Certificate-Authority-2014.cer"
        ),
        "65af95f4be86847344634282f941b2e605063ef0c8542f014ca088d182109e4f",
    ),
];

/// The CAs that have issued the signers of Microsoft's lists. Lists without them were in
/// circulation (2009-10-29, 2011-01-25): Windows had them from AIA or its cache.
static INTERMEDIATES: [Embedded; 6] = [
    (
        include_bytes!(
            "../../data/microsoft/Microsoft-Certificate-List-CA-2011-20110329-b11264c1.cer"
        ),
        "a53a400df29ec7b8c8fce7cfffe47334f43b1642e604dd0307491737ebbc00ce",
    ),
    (
        include_bytes!(
            "../../data/microsoft/Microsoft-Certificate-List-CA-2024-20240822-940740a2.cer"
        ),
        "56625ec7886445706fe74ccd2abf69b7c9c9ccde3c7354903af1c8f0e30e9d1c",
    ),
    (
        include_bytes!(
            "../../data/microsoft/Microsoft-Certificate-Trust-List-PCA-20050204-e87e7804.cer"
        ),
        "7b9db263906cd537c40bf28706112a8691fce9a0c6483633cc0a7738da33d1db",
    ),
    (
        include_bytes!(
            "../../data/microsoft/Microsoft-Certificate-Trust-List-PCA-20090402-f77a3f82.cer"
        ),
        "81348a4ca091a7387cfc7f029f240057d22ac2fdb4848b6ff37c9e487317b578",
    ),
    (
        include_bytes!(
            "../../data/microsoft/Microsoft-Certificate-Trust-List-PCA-20180920-c2fd4b83.cer"
        ),
        "b8f50aca2aaa0c341905fe7e3c98c7ad7ac774f02617d72e53c96f49dcf5ee60",
    ),
    (
        include_bytes!(
            "../../data/microsoft/Microsoft-Certificate-Trust-List-PCA-20190404-30f1e0b5.cer"
        ),
        "722596e8bc00a535318d5b588d8241f45d1be73cde6b329e81058c05d61776da",
    ),
];

/// Microsoft's roots, as a store.
pub fn microsoft_roots() -> &'static Store {
    static STORE: OnceLock<Store> = OnceLock::new();
    STORE.get_or_init(|| store(&ROOTS))
}

/// The CAs that have issued the signers of Microsoft's lists, as a store.
pub fn list_authorities() -> &'static Store {
    static STORE: OnceLock<Store> = OnceLock::new();
    STORE.get_or_init(|| store(&INTERMEDIATES))
}

/// The encoded certificates of Microsoft's roots.
pub(super) fn microsoft_root_octets() -> impl Iterator<Item = &'static [u8]> {
    ROOTS.iter().map(|(octets, _)| *octets)
}

fn store(certificates: &[Embedded]) -> Store {
    Store::of(certificates.iter().filter_map(|(octets, _)| Certificate::from_der(octets).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::hex;
    use crate::chain::verify_signature_of;

    #[test]
    fn every_embedded_certificate_is_whole_and_is_what_its_hash_says() {
        for (octets, sha256) in ROOTS.iter().chain(&INTERMEDIATES) {
            let certificate = Certificate::from_der(octets).unwrap();
            assert_eq!(certificate.trailing_octets(), 0);
            assert_eq!(hex(&certificate.sha256()), *sha256, "{}", certificate.subject());
        }
        assert_eq!(microsoft_roots().certificates().len(), ROOTS.len());
        assert_eq!(list_authorities().certificates().len(), INTERMEDIATES.len());
    }

    #[test]
    fn every_root_verifies_itself_and_every_authority_has_its_root() {
        for root in microsoft_roots().certificates() {
            verify_signature_of(root.certificate(), root).unwrap();
        }
        for authority in list_authorities().certificates() {
            let issuer = authority.certificate().issuer();
            let verified = microsoft_roots()
                .with_subject(issuer.raw())
                .any(|root| verify_signature_of(authority.certificate(), root).is_ok());
            assert!(verified, "{}", authority.certificate().subject());
        }
    }
}
