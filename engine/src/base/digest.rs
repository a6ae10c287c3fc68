//! Message digests, and thumbprints.

use md5::Digest as _;

/// A digest algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// MD2 (RFC 1319)
    Md2,
    /// MD4 (RFC 1320)
    Md4,
    /// MD5 (RFC 1321)
    Md5,
    /// SHA-1 (FIPS 180)
    Sha1,
    /// SHA-224
    Sha224,
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

impl HashAlgorithm {
    /// The digest of `data`.
    #[must_use]
    pub fn digest(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Md2 => md2::Md2::digest(data).to_vec(),
            Self::Md4 => md4::Md4::digest(data).to_vec(),
            Self::Md5 => md5::Md5::digest(data).to_vec(),
            Self::Sha1 => sha1::Sha1::digest(data).to_vec(),
            Self::Sha224 => sha2::Sha224::digest(data).to_vec(),
            Self::Sha256 => sha2::Sha256::digest(data).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(data).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(data).to_vec(),
        }
    }

    /// Octets of a digest.
    #[must_use]
    pub const fn output_length(self) -> usize {
        match self {
            Self::Md2 | Self::Md4 | Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The name CryptoAPI's algorithm groups use, as in `RSA/SHA256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md2 => "MD2",
            Self::Md4 => "MD4",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha224 => "SHA224",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
        }
    }
}

/// SHA-1 of `data`: what Windows calls the thumbprint of a certificate.
#[must_use]
pub fn sha1(data: &[u8]) -> [u8; 20] {
    sha1::Sha1::digest(data).into()
}

/// SHA-256 of `data`.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(data).into()
}

/// MD5 of `data`, which Windows still uses to look things up.
#[must_use]
pub fn md5(data: &[u8]) -> [u8; 16] {
    md5::Md5::digest(data).into()
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        // writing to a String does not fail
        let _ = write!(text, "{octet:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digests of "abc" and of nothing, from the RFCs and FIPS 180-4.
    #[test]
    fn known_answers() {
        let of_abc = |algorithm: HashAlgorithm| hex(&algorithm.digest(b"abc"));
        assert_eq!(of_abc(HashAlgorithm::Md2), "da853b0d3f88d99b30283a69e6ded6bb");
        assert_eq!(of_abc(HashAlgorithm::Md4), "a448017aaf21d8525fc10ae87aa6729d");
        assert_eq!(of_abc(HashAlgorithm::Md5), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(of_abc(HashAlgorithm::Sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            of_abc(HashAlgorithm::Sha224),
            "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"
        );
        assert_eq!(
            of_abc(HashAlgorithm::Sha256),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(of_abc(HashAlgorithm::Sha384).starts_with("cb00753f45a35e8bb5a03d699ac65007"));
        assert!(of_abc(HashAlgorithm::Sha512).starts_with("ddaf35a193617abacc417349ae204131"));
        for algorithm in [HashAlgorithm::Md2, HashAlgorithm::Sha1, HashAlgorithm::Sha512] {
            assert_eq!(algorithm.digest(b"").len(), algorithm.output_length());
        }
    }
}
