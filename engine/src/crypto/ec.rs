//! Signatures on elliptic curves.

use super::SignatureError;
use crate::base::der::{Reader, tag};
use crate::base::digest::HashAlgorithm;
use crate::base::oid::{self, Oid};

#[derive(Debug, Clone)]
pub(super) struct EcKey {
    curve: Curve,
    point: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Curve {
    P256,
    P384,
    P521,
    K256,
    Bp256r1,
    Bp256t1,
    Bp384r1,
    Bp384t1,
}

static CURVES: [(Oid, Curve); 8] = [
    (oid::SECP256R1, Curve::P256),
    (oid::SECP384R1, Curve::P384),
    (oid::SECP521R1, Curve::P521),
    (oid::SECP256K1, Curve::K256),
    (oid::BRAINPOOL_P256R1, Curve::Bp256r1),
    (oid::BRAINPOOL_P256T1, Curve::Bp256t1),
    (oid::BRAINPOOL_P384R1, Curve::Bp384r1),
    (oid::BRAINPOOL_P384T1, Curve::Bp384t1),
];

impl EcKey {
    /// ECParameters ::= CHOICE { namedCurve OBJECT IDENTIFIER, implicitCurve NULL,
    /// specifiedCurve SEQUENCE } (RFC 5480, section 2.1.1, forbids the last two).
    pub(super) fn read(parameters: Option<&[u8]>, point: &[u8]) -> Result<Self, SignatureError> {
        let parameters = parameters.ok_or(SignatureError::MalformedKey)?;
        let mut reader = Reader::new(parameters);
        if reader.next_is(tag::SEQUENCE) {
            return Err(SignatureError::ExplicitEcParameters);
        }
        let named = reader.oid().map_err(|_| SignatureError::MalformedKey)?;
        let (_, curve) = CURVES
            .iter()
            .find(|(known, _)| known.as_octets() == named)
            .ok_or(SignatureError::UnsupportedKey)?;
        Ok(Self { curve: *curve, point: point.to_vec() })
    }

    pub(super) const fn bit_length(&self) -> u32 {
        match self.curve {
            Curve::P256 | Curve::K256 | Curve::Bp256r1 | Curve::Bp256t1 => 256,
            Curve::P384 | Curve::Bp384r1 | Curve::Bp384t1 => 384,
            Curve::P521 => 521,
        }
    }

    /// The curves of ring are quicker than the others.
    pub(super) const fn verification_cost(&self) -> usize {
        match self.curve {
            Curve::P256 | Curve::K256 => 3,
            Curve::P384 => 10,
            Curve::Bp256r1 | Curve::Bp256t1 => 10,
            Curve::P521 | Curve::Bp384r1 | Curve::Bp384t1 => 30,
        }
    }

    pub(super) fn verify(
        &self,
        hash: HashAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        #[cfg(feature = "ring")]
        if self.ring_accepts(hash, message, signature) {
            return Ok(());
        }
        self.verify_prehash(&hash.digest(message), signature)
    }

    #[cfg(feature = "ring")]
    pub(super) fn ring_accepts(
        &self,
        hash: HashAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        use ring::signature as ring;
        let algorithm = match (self.curve, hash) {
            (Curve::P256, HashAlgorithm::Sha256) => &ring::ECDSA_P256_SHA256_ASN1,
            (Curve::P256, HashAlgorithm::Sha384) => &ring::ECDSA_P256_SHA384_ASN1,
            (Curve::P384, HashAlgorithm::Sha256) => &ring::ECDSA_P384_SHA256_ASN1,
            (Curve::P384, HashAlgorithm::Sha384) => &ring::ECDSA_P384_SHA384_ASN1,
            _ => return false,
        };
        ring::UnparsedPublicKey::new(algorithm, &self.point).verify(message, signature).is_ok()
    }

    /// The same without ring, over a digest.
    pub(super) fn verify_prehash(
        &self,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        use ecdsa::signature::hazmat::PrehashVerifier as _;
        // a digest shorter than half the field is refused by the crates; zeros in front of it
        // leave the number it stands for (FIPS 186-4, section 6.4) as it is
        let field_octets = usize::try_from(self.bit_length().div_ceil(8)).unwrap_or(66);
        let mut padded = vec![0; field_octets.saturating_sub(digest.len())];
        padded.extend_from_slice(digest);
        let signature = to_der(signature)?;
        macro_rules! verify_on {
            ($curve:ty) => {{
                let key = ecdsa::VerifyingKey::<$curve>::from_sec1_bytes(&self.point)
                    .map_err(|_| SignatureError::MalformedKey)?;
                let signature = ecdsa::Signature::<$curve>::from_der(&signature)
                    .map_err(|_| SignatureError::BadSignature)?;
                key.verify_prehash(&padded, &signature).map_err(|_| SignatureError::BadSignature)
            }};
        }
        match self.curve {
            Curve::P256 => verify_on!(p256::NistP256),
            Curve::P384 => verify_on!(p384::NistP384),
            Curve::P521 => verify_on!(p521::NistP521),
            Curve::K256 => verify_k256(&self.point, &padded, &signature),
            Curve::Bp256r1 => verify_on!(bp256::BrainpoolP256r1),
            Curve::Bp256t1 => verify_on!(bp256::BrainpoolP256t1),
            Curve::Bp384r1 => verify_on!(bp384::BrainpoolP384r1),
            Curve::Bp384t1 => verify_on!(bp384::BrainpoolP384t1),
        }
    }
}

/// secp256k1: the crate refuses the larger of the two values of s that verify, ECDSA does not.
fn verify_k256(point: &[u8], digest: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
    use ecdsa::signature::hazmat::PrehashVerifier as _;
    use k256::ecdsa::{Signature, VerifyingKey};
    let key = VerifyingKey::from_sec1_bytes(point).map_err(|_| SignatureError::MalformedKey)?;
    let signature = Signature::from_der(signature).map_err(|_| SignatureError::BadSignature)?;
    key.verify_prehash(digest, &signature.normalize_s()).map_err(|_| SignatureError::BadSignature)
}

/// The signature as strict DER: r and s may carry superfluous sign octets in BER.
fn to_der(signature: &[u8]) -> Result<Vec<u8>, SignatureError> {
    let malformed = |_| SignatureError::MalformedSignature;
    let mut fields = Reader::new(signature).sequence().map_err(malformed)?;
    let mut content = Vec::new();
    for _ in 0..2 {
        let number = crate::base::der::trim_integer(fields.integer().map_err(malformed)?);
        content.extend([
            tag::INTEGER,
            u8::try_from(number.len()).map_err(|_| SignatureError::MalformedSignature)?,
        ]);
        content.extend_from_slice(number);
    }
    let mut encoded = vec![tag::SEQUENCE];
    match u8::try_from(content.len()) {
        Ok(length @ 0..=0x7f) => encoded.push(length),
        Ok(length) => encoded.extend([0x81, length]),
        Err(_) => return Err(SignatureError::MalformedSignature),
    }
    encoded.extend(content);
    Ok(encoded)
}

/// Ed25519 (RFC 8032).
pub(super) fn verify_ed25519(
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    use ed25519_dalek::{Signature, VerifyingKey};
    let key = key.try_into().map_err(|_| SignatureError::MalformedKey)?;
    let key = VerifyingKey::from_bytes(key).map_err(|_| SignatureError::MalformedKey)?;
    let signature =
        Signature::from_slice(signature).map_err(|_| SignatureError::MalformedSignature)?;
    key.verify_strict(message, &signature).map_err(|_| SignatureError::BadSignature)
}
