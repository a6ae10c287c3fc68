//! DSA signatures (FIPS 186-4, section 4.7).

use num_bigint::BigUint;

use super::SignatureError;
use crate::base::der::Reader;

/// The longest prime that is used, in bits.
const MAX_PRIME_BITS: u64 = 4_096;
/// The longest subgroup order, in bits.
const MAX_ORDER_BITS: u64 = 512;

#[derive(Debug, Clone)]
pub(super) struct DsaKey {
    p: BigUint,
    q: BigUint,
    g: BigUint,
    y: BigUint,
}

impl DsaKey {
    /// Dss-Parms ::= SEQUENCE { p, q, g }; DSAPublicKey ::= INTEGER (RFC 3279, section 2.3.2).
    pub(super) fn read(parameters: Option<&[u8]>, key: &[u8]) -> Result<Self, SignatureError> {
        let malformed = |_| SignatureError::MalformedKey;
        // without parameters the key can be used only beside an issuer that has them
        let parameters = parameters.ok_or(SignatureError::UnsupportedKey)?;
        let mut fields = Reader::new(parameters).sequence().map_err(malformed)?;
        let mut number = || {
            Ok::<_, SignatureError>(BigUint::from_bytes_be(fields.integer().map_err(malformed)?))
        };
        let (p, q, g) = (number()?, number()?, number()?);
        let y = BigUint::from_bytes_be(Reader::new(key).integer().map_err(malformed)?);
        if p.bits() > MAX_PRIME_BITS || q.bits() > MAX_ORDER_BITS {
            return Err(SignatureError::UnsupportedKey);
        }
        if !p.bit(0) || !q.bit(0) || q.bits() < 2 || g >= p || y >= p {
            return Err(SignatureError::MalformedKey);
        }
        Ok(Self { p, q, g, y })
    }

    pub(super) fn bit_length(&self) -> u32 {
        u32::try_from(self.p.bits()).unwrap_or(u32::MAX)
    }

    /// Two powers with exponents as long as the order.
    pub(super) fn verification_cost(&self) -> usize {
        let blocks = self.p.bits().div_ceil(2_048);
        let cost = 2 * blocks * blocks * self.q.bits().div_ceil(17);
        usize::try_from(cost).unwrap_or(usize::MAX)
    }

    pub(super) fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let malformed = |_| SignatureError::MalformedSignature;
        let mut fields = Reader::new(signature).sequence().map_err(malformed)?;
        let mut number = || {
            Ok::<_, SignatureError>(BigUint::from_bytes_be(fields.integer().map_err(malformed)?))
        };
        let (r, s) = (number()?, number()?);
        let zero = BigUint::default();
        if r == zero || s == zero || r >= self.q || s >= self.q {
            return Err(SignatureError::BadSignature);
        }
        let bits = digest.len() as u64 * 8;
        let z = BigUint::from_bytes_be(digest) >> bits.saturating_sub(self.q.bits());
        let w = s.modinv(&self.q).ok_or(SignatureError::BadSignature)?;
        let u1 = z * &w % &self.q;
        let u2 = &r * &w % &self.q;
        let v = self.g.modpow(&u1, &self.p) * self.y.modpow(&u2, &self.p) % &self.p % &self.q;
        if v == r { Ok(()) } else { Err(SignatureError::BadSignature) }
    }
}
