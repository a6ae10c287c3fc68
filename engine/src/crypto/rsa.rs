//! RSA signatures (RFC 8017).

use std::ops::Range;

use num_bigint::BigUint;

use super::SignatureError;
use crate::base::der::{Reader, tag};
use crate::base::digest::HashAlgorithm;

/// Moduli from 512 bits (the oldest in Windows stores) to 16384 are used.
const MIN_MODULUS_BITS: u64 = 512;
/// See [`MIN_MODULUS_BITS`].
const MAX_MODULUS_BITS: u64 = 16_384;
/// The largest public exponent in bits. Root programs have used up to 32; an exponent as long as
/// a large modulus would take seconds.
const MAX_EXPONENT_BITS: u64 = 256;

#[derive(Debug, Clone)]
pub(super) struct RsaKey {
    encoded: Box<[u8]>,
    /// Where the numbers stand in it, without zeros in front: most keys never meet the arithmetic
    /// here.
    modulus: Range<usize>,
    exponent: Range<usize>,
}

impl RsaKey {
    /// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
    pub(super) fn read(octets: &[u8]) -> Result<Self, SignatureError> {
        let mut fields =
            Reader::new(octets).sequence().map_err(|_| SignatureError::MalformedKey)?;
        let mut number = || {
            let value = fields.expect(tag::INTEGER).map_err(|_| SignatureError::MalformedKey)?;
            let zeros = value.content.iter().take_while(|octet| **octet == 0).count();
            let start = value.content_offset();
            Ok::<_, SignatureError>(start + zeros..start + value.content.len())
        };
        let key = Self { encoded: octets.into(), modulus: number()?, exponent: number()? };
        let (modulus, exponent) = (key.modulus(), key.exponent());
        let is_odd = |number: &[u8]| number.last().is_some_and(|octet| octet & 1 == 1);
        if !is_odd(modulus) || !is_odd(exponent) || bits(exponent) < 2 {
            return Err(SignatureError::MalformedKey);
        }
        if !(MIN_MODULUS_BITS..=MAX_MODULUS_BITS).contains(&bits(modulus))
            || bits(exponent) > MAX_EXPONENT_BITS
        {
            return Err(SignatureError::UnsupportedKey);
        }
        Ok(key)
    }

    /// Big-endian.
    fn modulus(&self) -> &[u8] {
        self.encoded.get(self.modulus.clone()).unwrap_or_default()
    }

    fn exponent(&self) -> &[u8] {
        self.encoded.get(self.exponent.clone()).unwrap_or_default()
    }

    pub(super) fn bit_length(&self) -> u32 {
        u32::try_from(bits(self.modulus())).unwrap_or(u32::MAX)
    }

    /// The product of the modulus' square and the exponent's length.
    pub(super) fn verification_cost(&self) -> usize {
        let blocks = bits(self.modulus()).div_ceil(2_048);
        let work = blocks * blocks * bits(self.exponent()).div_ceil(17);
        usize::try_from(work).unwrap_or(usize::MAX)
    }

    fn octet_length(&self) -> usize {
        self.modulus().len()
    }

    /// RSAVP1, and I2OSP to the length of the modulus.
    fn recover(&self, signature: &[u8]) -> Result<Vec<u8>, SignatureError> {
        let length = self.octet_length();
        // RFC 8017, section 8.2.2, step 1
        if signature.len() != length {
            return Err(SignatureError::BadSignature);
        }
        let signature = BigUint::from_bytes_be(signature);
        let modulus = BigUint::from_bytes_be(self.modulus());
        if signature >= modulus {
            return Err(SignatureError::BadSignature);
        }
        let message =
            signature.modpow(&BigUint::from_bytes_be(self.exponent()), &modulus).to_bytes_be();
        let mut encoded = vec![0; length.saturating_sub(message.len())];
        encoded.extend(message);
        Ok(encoded)
    }

    /// RSASSA-PKCS1-v1_5: the encoding that ought to be there is made and compared whole, so that
    /// nothing can hide in padding or parameters (Bleichenbacher's forgery with e = 3).
    pub(super) fn verify_pkcs1(
        &self,
        hash: HashAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        #[cfg(feature = "ring")]
        if self.ring_accepts(ring_pkcs1(hash, bits(self.modulus())), message, signature) {
            return Ok(());
        }
        self.verify_pkcs1_pure(hash, message, signature)
    }

    /// The same without ring.
    pub(super) fn verify_pkcs1_pure(
        &self,
        hash: HashAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let recovered = self.recover(signature)?;
        let digest = hash.digest(message);
        let matches = |with_null: bool| {
            encode_pkcs1(hash, &digest, recovered.len(), with_null)
                .is_some_and(|expected| expected == recovered)
        };
        if matches(true) || matches(false) { Ok(()) } else { Err(SignatureError::BadSignature) }
    }

    #[cfg(feature = "ring")]
    pub(super) fn ring_accepts(
        &self,
        parameters: Option<&'static ring::signature::RsaParameters>,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        parameters.is_some_and(|parameters| {
            ring::signature::UnparsedPublicKey::new(parameters, &self.encoded)
                .verify(message, signature)
                .is_ok()
        })
    }

    /// EMSA-PSS-VERIFY (RFC 8017, section 9.1.2).
    pub(super) fn verify_pss(
        &self,
        hash: HashAlgorithm,
        mgf_hash: HashAlgorithm,
        salt_length: usize,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let bad = SignatureError::BadSignature;
        let recovered = self.recover(signature)?;
        let encoded_bits = bits(self.modulus()) - 1;
        let encoded_length = usize::try_from(encoded_bits.div_ceil(8)).map_err(|_| bad)?;
        let (surplus, encoded) =
            recovered.split_at_checked(recovered.len() - encoded_length).ok_or(bad)?;
        if surplus.iter().any(|octet| *octet != 0) {
            return Err(bad);
        }
        let hash_length = hash.output_length();
        let (rest, trailer) = encoded.split_last_chunk::<1>().ok_or(bad)?;
        let masked_length = rest.len().checked_sub(hash_length).ok_or(bad)?;
        let (masked, expected) = rest.split_at_checked(masked_length).ok_or(bad)?;
        if *trailer != [0xbc] || masked_length <= salt_length {
            return Err(bad);
        }
        let unused_bits =
            u32::try_from(encoded_length as u64 * 8 - encoded_bits).map_err(|_| bad)?;
        let keep = 0xffu8.checked_shr(unused_bits).unwrap_or(0);
        if masked.first().is_some_and(|octet| octet & !keep != 0) {
            return Err(bad);
        }
        let mask = mgf1(mgf_hash, expected, masked_length);
        let mut data: Vec<u8> = masked.iter().zip(&mask).map(|(a, b)| a ^ b).collect();
        if let Some(first) = data.first_mut() {
            *first &= keep;
        }
        let (padding, salt) = data.split_at_checked(masked_length - salt_length).ok_or(bad)?;
        let (zeros, one) = padding.split_last_chunk::<1>().ok_or(bad)?;
        if *one != [1] || zeros.iter().any(|octet| *octet != 0) {
            return Err(bad);
        }
        let mut hashed = vec![0; 8];
        hashed.extend(hash.digest(message));
        hashed.extend(salt);
        if hash.digest(&hashed) == expected { Ok(()) } else { Err(bad) }
    }
}

/// The length in bits of a big-endian number without zeros in front.
fn bits(number: &[u8]) -> u64 {
    let zeros = number.first().map_or(0, |first| u64::from(first.leading_zeros()));
    u64::try_from(number.len()).unwrap_or(u64::MAX).saturating_mul(8).saturating_sub(zeros)
}

#[cfg(feature = "ring")]
pub(super) fn ring_pkcs1(
    hash: HashAlgorithm,
    bits: u64,
) -> Option<&'static ring::signature::RsaParameters> {
    use ring::signature as ring;
    if !(2048..=8192).contains(&bits) {
        return None;
    }
    match hash {
        HashAlgorithm::Sha1 => Some(&ring::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
        HashAlgorithm::Sha256 => Some(&ring::RSA_PKCS1_2048_8192_SHA256),
        HashAlgorithm::Sha384 => Some(&ring::RSA_PKCS1_2048_8192_SHA384),
        HashAlgorithm::Sha512 => Some(&ring::RSA_PKCS1_2048_8192_SHA512),
        _ => None,
    }
}

/// EMSA-PKCS1-v1_5 (RFC 8017, section 9.2). `None` if it does not fit.
fn encode_pkcs1(
    hash: HashAlgorithm,
    digest: &[u8],
    length: usize,
    with_null: bool,
) -> Option<Vec<u8>> {
    use crate::base::oid;
    let id = match hash {
        HashAlgorithm::Md2 => oid::MD2,
        HashAlgorithm::Md4 => oid::MD4,
        HashAlgorithm::Md5 => oid::MD5,
        HashAlgorithm::Sha1 => oid::SHA1,
        HashAlgorithm::Sha224 => oid::SHA224,
        HashAlgorithm::Sha256 => oid::SHA256,
        HashAlgorithm::Sha384 => oid::SHA384,
        HashAlgorithm::Sha512 => oid::SHA512,
    };
    let wrap = |tag: u8, content: &[u8]| {
        let mut octets = vec![tag, u8::try_from(content.len()).unwrap_or(u8::MAX)];
        octets.extend_from_slice(content);
        octets
    };
    let mut algorithm = wrap(0x06, id.as_octets());
    if with_null {
        algorithm.extend([0x05, 0x00]);
    }
    let mut info = wrap(0x30, &algorithm);
    info.extend(wrap(0x04, digest));
    let info = wrap(0x30, &info);
    let padding = length.checked_sub(info.len() + 3).filter(|padding| *padding >= 8)?;
    let mut encoded = vec![0, 1];
    encoded.resize(2 + padding, 0xff);
    encoded.push(0);
    encoded.extend(info);
    Some(encoded)
}

/// MGF1 (RFC 8017, appendix B.2.1).
fn mgf1(hash: HashAlgorithm, seed: &[u8], length: usize) -> Vec<u8> {
    let mut mask = Vec::with_capacity(length + hash.output_length());
    let mut counter = 0u32;
    while mask.len() < length {
        let mut block = seed.to_vec();
        block.extend(counter.to_be_bytes());
        mask.extend(hash.digest(&block));
        counter += 1;
    }
    mask.truncate(length);
    mask
}
