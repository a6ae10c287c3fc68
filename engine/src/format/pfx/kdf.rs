//! Deriving keys from passwords.

use md5::Digest;

use super::error::PfxErrorKind;
use super::password::Password;
use crate::base::digest::HashAlgorithm;

/// Iterations that may still be spent.
#[derive(Debug)]
pub(in crate::format) struct Budget(u64);

impl Budget {
    pub(in crate::format) fn new(iterations: u64) -> Self {
        Self(iterations)
    }

    /// Spends iterations.
    ///
    /// # Errors
    /// [`PfxErrorKind::Iterations`] if so many are not left.
    fn spend(&mut self, iterations: u32, blocks: usize) -> Result<(), PfxErrorKind> {
        let blocks = u64::try_from(blocks).unwrap_or(u64::MAX);
        let wanted = u64::from(iterations).saturating_mul(blocks);
        self.0 = self.0.checked_sub(wanted).ok_or(PfxErrorKind::Iterations(wanted))?;
        Ok(())
    }
}

/// Salt and iterations of a derivation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Salted {
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
}

/// What a key of PKCS #12's own derivation is for (RFC 7292, appendix B.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Key = 1,
    InitialValue = 2,
    Mac = 3,
}

/// PKCS #12's own derivation (RFC 7292, appendix B.2).
pub(super) fn pkcs12(
    hash: HashAlgorithm,
    purpose: Purpose,
    password: &Password,
    salted: &Salted,
    length: usize,
    budget: &mut Budget,
) -> Result<Vec<u8>, PfxErrorKind> {
    budget.spend(salted.iterations.max(1), length.div_ceil(hash.output_length().max(1)))?;
    let password = password.bmp_octets();
    let derive = match hash {
        HashAlgorithm::Md5 => derive::<md5::Md5>,
        HashAlgorithm::Sha1 => derive::<sha1::Sha1>,
        HashAlgorithm::Sha224 => derive::<sha2::Sha224>,
        HashAlgorithm::Sha256 => derive::<sha2::Sha256>,
        HashAlgorithm::Sha384 => derive::<sha2::Sha384>,
        HashAlgorithm::Sha512 => derive::<sha2::Sha512>,
        HashAlgorithm::Md2 | HashAlgorithm::Md4 => {
            return Err(PfxErrorKind::Unsupported("a MAC with MD2 or MD4"));
        }
    };
    let block = match hash {
        HashAlgorithm::Sha384 | HashAlgorithm::Sha512 => 128,
        _ => 64,
    };
    Ok(derive(block, purpose, &password, salted, length))
}

fn derive<D: Digest>(
    block: usize,
    purpose: Purpose,
    password: &[u8],
    salted: &Salted,
    length: usize,
) -> Vec<u8> {
    // step 1
    let diversifier = vec![purpose as u8; block];
    // steps 2 to 4: salt and password, each repeated to whole blocks
    let fill = |octets: &[u8]| -> Vec<u8> {
        let whole = octets.len().next_multiple_of(block);
        octets.iter().copied().cycle().take(whole).collect()
    };
    let mut input = fill(&salted.salt);
    input.extend(fill(password));
    let mut output = Vec::with_capacity(length);
    loop {
        // step 6a
        let mut hash = D::new().chain_update(&diversifier).chain_update(&input).finalize();
        for _ in 1..salted.iterations {
            hash = D::digest(&hash);
        }
        // step 7
        output.extend(hash.iter().take(length - output.len()));
        if output.len() >= length {
            return output;
        }
        // steps 6b and 6c: each block grows by the hash, repeated to a block, and one
        let addend: Vec<u8> = hash.iter().copied().cycle().take(block).collect();
        for part in input.chunks_exact_mut(block) {
            let mut carry = 1u16;
            for (octet, add) in part.iter_mut().zip(&addend).rev() {
                carry += u16::from(*octet) + u16::from(*add);
                let [high, low] = carry.to_be_bytes();
                *octet = low;
                carry = u16::from(high);
            }
        }
    }
}

/// PBKDF2 with an HMAC (RFC 8018, section 5.2).
pub(super) fn pbkdf2(
    hash: HashAlgorithm,
    password: &Password,
    salted: &Salted,
    length: usize,
    budget: &mut Budget,
) -> Result<Vec<u8>, PfxErrorKind> {
    budget.spend(salted.iterations, length.div_ceil(hash.output_length().max(1)))?;
    let derive = match hash {
        HashAlgorithm::Sha1 => pbkdf2::pbkdf2_hmac::<sha1::Sha1>,
        HashAlgorithm::Sha224 => pbkdf2::pbkdf2_hmac::<sha2::Sha224>,
        HashAlgorithm::Sha256 => pbkdf2::pbkdf2_hmac::<sha2::Sha256>,
        HashAlgorithm::Sha384 => pbkdf2::pbkdf2_hmac::<sha2::Sha384>,
        HashAlgorithm::Sha512 => pbkdf2::pbkdf2_hmac::<sha2::Sha512>,
        HashAlgorithm::Md2 | HashAlgorithm::Md4 | HashAlgorithm::Md5 => {
            return Err(PfxErrorKind::Unsupported("PBKDF2 with MD2, MD4 or MD5"));
        }
    };
    let mut key = vec![0; length];
    derive(password.utf8_octets(), &salted.salt, salted.iterations, &mut key);
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::hex;

    /// What OpenSSL's PKCS12KDF gives for these; the second output needs the carry between blocks.
    #[test]
    fn pkcs12_known_answers() {
        let salted = Salted { salt: (1..=8).collect(), iterations: 1000 };
        let password = Password::of(Some("smeg"));
        let derive = |hash, purpose, length| {
            let mut budget = Budget::new(1 << 20);
            hex(&pkcs12(hash, purpose, &password, &salted, length, &mut budget).unwrap())
        };
        for (hash, purpose, length, expected) in KNOWN {
            assert_eq!(derive(hash, purpose, length), expected, "{hash:?}");
        }
    }

    /// RFC 6070, test vectors 2 and 5.
    #[test]
    fn pbkdf2_known_answers() {
        let derive = |password: &str, salt: &str, iterations, length| {
            let salted = Salted { salt: salt.as_bytes().to_vec(), iterations };
            let password = Password::of(Some(password));
            let budget = &mut Budget::new(1 << 20);
            hex(&pbkdf2(HashAlgorithm::Sha1, &password, &salted, length, budget).unwrap())
        };
        assert_eq!(derive("password", "salt", 2, 20), "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
        let (password, salt) = ("passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt");
        let expected = "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038";
        assert_eq!(derive(password, salt, 4096, 25), expected);
    }

    #[test]
    fn iterations_are_spent_before_they_are_made() {
        let salted = Salted { salt: Vec::new(), iterations: u32::MAX };
        let budget = &mut Budget::new(1 << 20);
        let none = Password::of(None);
        let refused = pkcs12(HashAlgorithm::Sha1, Purpose::Mac, &none, &salted, 20, budget);
        assert_eq!(refused, Err(PfxErrorKind::Iterations(u32::MAX.into())));
        let refused = pbkdf2(HashAlgorithm::Sha1, &none, &salted, 32, budget);
        assert_eq!(refused, Err(PfxErrorKind::Iterations(2 * u64::from(u32::MAX))));
    }

    const KNOWN: [(HashAlgorithm, Purpose, usize, &str); 5] = [
        (HashAlgorithm::Sha1, Purpose::Key, 24, "6effa9b609faefb4ce02499705872165fd92571bc7deade2"),
        (HashAlgorithm::Sha1, Purpose::InitialValue, 8, "aa390b077437b486"),
        (HashAlgorithm::Sha1, Purpose::Mac, 20, "979bc4ab7945a6a082085143ca63d20d5dda8c82"),
        (
            HashAlgorithm::Sha256,
            Purpose::Key,
            40,
            "cc51b09301583ef836c4aea0bdbfd08c8bfd843661354c6b1f53536ad5bba00e87c267958f71f9b6",
        ),
        (
            HashAlgorithm::Sha512,
            Purpose::Mac,
            64,
            "1823a5887b03bc9b5fac15c1066ee6f598e9edb20605f85b46cea4bb04d1cdf4\
             522c929f091f9ce4a78c586065034331d2580a79e1ddf696b81f05d47d15ec61",
        ),
    ];
}
