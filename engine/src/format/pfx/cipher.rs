//! The encryption of a PKCS #12 file's parts.

use std::fmt;

use cbc::Decryptor;
use cbc::cipher::{
    Array, BlockCipherDecrypt, BlockModeDecrypt, BlockSizeUser, InnerIvInit, KeyInit,
};

use super::error::{PfxError, PfxErrorKind};
use super::kdf::{self, Budget, Purpose, Salted};
use super::mac::hmac_hash;
use super::password::Password;
use crate::base::der::{self, Reader, Tlv, tag};
use crate::base::digest::HashAlgorithm;
use crate::base::oid::{self, Oid};

/// How something is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    /// The scheme.
    pub scheme: Scheme,
    /// How often the password is hashed.
    pub iterations: u32,
    salt: Vec<u8>,
    /// The initial value, where the parameters and not the password give it.
    initial_value: Vec<u8>,
}

/// A password-based encryption scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// pbeWithSHAAnd3-KeyTripleDES-CBC
    TripleDes3Key,
    /// pbeWithSHAAnd2-KeyTripleDES-CBC
    TripleDes2Key,
    /// pbeWithSHAAnd128BitRC2-CBC
    Rc2With128Bits,
    /// pbeWithSHAAnd40BitRC2-CBC
    Rc2With40Bits,
    /// PBES2 with PBKDF2
    Pbes2 {
        /// The HMAC's digest.
        prf: HashAlgorithm,
        /// The cipher.
        cipher: Cipher,
    },
}

/// A block cipher in CBC mode, as PBES2 names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cipher {
    /// DES-EDE3
    TripleDes,
    /// AES with a key of 128 bits
    Aes128,
    /// AES with a key of 192 bits
    Aes192,
    /// AES with a key of 256 bits
    Aes256,
}

impl Cipher {
    const ALL: [(&'static Oid, Self); 4] = [
        (&oid::DES_EDE3_CBC, Self::TripleDes),
        (&oid::AES128_CBC, Self::Aes128),
        (&oid::AES192_CBC, Self::Aes192),
        (&oid::AES256_CBC, Self::Aes256),
    ];

    const fn key_length(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::TripleDes | Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }
}

impl fmt::Display for Scheme {
    /// The standard's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TripleDes3Key => "pbeWithSHAAnd3-KeyTripleDES-CBC",
            Self::TripleDes2Key => "pbeWithSHAAnd2-KeyTripleDES-CBC",
            Self::Rc2With128Bits => "pbeWithSHAAnd128BitRC2-CBC",
            Self::Rc2With40Bits => "pbeWithSHAAnd40BitRC2-CBC",
            Self::Pbes2 { prf, cipher } => {
                let cipher = match cipher {
                    Cipher::TripleDes => "DES-EDE3-CBC",
                    Cipher::Aes128 => "AES-128-CBC",
                    Cipher::Aes192 => "AES-192-CBC",
                    Cipher::Aes256 => "AES-256-CBC",
                };
                return write!(f, "PBES2, PBKDF2 with HMAC-{}, {cipher}", prf.name());
            }
        })
    }
}

/// What decryption has given.
pub(super) enum Decrypted {
    /// A SEQUENCE and nothing else: what SafeContents are. A wrong key gives this once in millions.
    Safe(Vec<u8>),
    /// Something else, with correct padding.
    Other(Vec<u8>),
    /// The padding is wrong: wrong key, or damage.
    Nothing,
}

impl Encryption {
    /// Reads an AlgorithmIdentifier.
    ///
    /// # Errors
    /// The algorithm is not known, or its parameters are malformed.
    pub(super) fn read(algorithm: &Tlv<'_>) -> Result<Self, PfxError> {
        let mut fields = algorithm.reader();
        let id = fields.oid().map_err(|e| e.within("AlgorithmIdentifier"))?;
        let schemes = [
            (&oid::PBE_SHA_3DES_3_KEY, Scheme::TripleDes3Key),
            (&oid::PBE_SHA_3DES_2_KEY, Scheme::TripleDes2Key),
            (&oid::PBE_SHA_RC2_128, Scheme::Rc2With128Bits),
            (&oid::PBE_SHA_RC2_40, Scheme::Rc2With40Bits),
        ];
        if let Some((_, scheme)) = schemes.iter().find(|(known, _)| known.as_octets() == id) {
            let salted = salted(&mut fields).map_err(|e| e.within("pkcs-12PbeParams"))?;
            let Salted { salt, iterations } = salted;
            return Ok(Self { scheme: *scheme, iterations, salt, initial_value: Vec::new() });
        }
        if id != oid::PBES2.as_octets() {
            return Err(unknown(id, algorithm.offset));
        }
        Self::read_pbes2(&mut fields).map_err(|e| e.within("PBES2-params"))
    }

    /// ```asn1
    /// PBES2-params ::= SEQUENCE {
    ///     keyDerivationFunc AlgorithmIdentifier,
    ///     encryptionScheme  AlgorithmIdentifier }
    /// ```
    /// (RFC 8018 appendix A.4)
    fn read_pbes2(fields: &mut Reader<'_>) -> Result<Self, PfxError> {
        let mut parameters = fields.sequence()?;
        let derivation = parameters.expect(tag::SEQUENCE)?;
        let scheme = parameters.expect(tag::SEQUENCE)?;
        let Derivation { prf, salted, key_length } = Derivation::read(&derivation)?;
        let mut fields = scheme.reader();
        let id = fields.oid()?;
        let known = Cipher::ALL.iter().find(|(known, _)| known.as_octets() == id);
        let (_, cipher) = *known.ok_or_else(|| unknown(id, scheme.offset))?;
        let initial_value = fields.octet_string()?.into_owned();
        if key_length.is_some_and(|length| length != cipher.key_length()) {
            let kind = PfxErrorKind::Parameters("the key's length is not the cipher's");
            return Err(PfxError::new(kind, scheme.offset));
        }
        let scheme = Scheme::Pbes2 { prf, cipher };
        let Salted { salt, iterations } = salted;
        Ok(Self { scheme, iterations, salt, initial_value })
    }

    /// Decrypts with a key from this password.
    ///
    /// # Errors
    /// The parameters contradict the algorithm, or too many iterations are asked for.
    pub(super) fn decrypt(
        &self,
        octets: &[u8],
        password: &Password,
        budget: &mut Budget,
    ) -> Result<Decrypted, PfxErrorKind> {
        let salted = Salted { salt: self.salt.clone(), iterations: self.iterations };
        let mut own = |purpose, length| {
            kdf::pkcs12(HashAlgorithm::Sha1, purpose, password, &salted, length, budget)
        };
        let (key, initial_value) = match self.scheme {
            Scheme::Pbes2 { prf, cipher } => {
                let key = kdf::pbkdf2(prf, password, &salted, cipher.key_length(), budget)?;
                (key, self.initial_value.clone())
            }
            scheme => {
                let length = match scheme {
                    Scheme::Rc2With40Bits => 5,
                    Scheme::TripleDes3Key => 24,
                    _ => 16,
                };
                (own(Purpose::Key, length)?, own(Purpose::InitialValue, 8)?)
            }
        };
        let plain = match self.scheme {
            Scheme::TripleDes3Key | Scheme::Pbes2 { cipher: Cipher::TripleDes, .. } => {
                decrypt::<des::TdesEde3>(&key, &initial_value, octets)
            }
            Scheme::TripleDes2Key => decrypt::<des::TdesEde2>(&key, &initial_value, octets),
            Scheme::Rc2With128Bits | Scheme::Rc2With40Bits => {
                let cipher = rc2::Rc2::new_with_eff_key_len(&key, key.len() * 8);
                decrypt_blocks(cipher, &initial_value, octets)
            }
            Scheme::Pbes2 { cipher: Cipher::Aes128, .. } => {
                decrypt::<aes::Aes128>(&key, &initial_value, octets)
            }
            Scheme::Pbes2 { cipher: Cipher::Aes192, .. } => {
                decrypt::<aes::Aes192>(&key, &initial_value, octets)
            }
            Scheme::Pbes2 { cipher: Cipher::Aes256, .. } => {
                decrypt::<aes::Aes256>(&key, &initial_value, octets)
            }
        };
        Ok(match plain? {
            None => Decrypted::Nothing,
            Some(plain) if is_one_sequence(&plain) => Decrypted::Safe(plain),
            Some(plain) => Decrypted::Other(plain),
        })
    }
}

fn unknown(id: &[u8], offset: usize) -> PfxError {
    PfxError::new(PfxErrorKind::Algorithm(Oid::from_octets(id)), offset)
}

/// Whether the octets are one SEQUENCE and no more.
fn is_one_sequence(octets: &[u8]) -> bool {
    let value = Reader::new(octets).expect(tag::SEQUENCE);
    value.is_ok_and(|value| value.raw.len() == octets.len())
}

/// ```asn1
/// pkcs-12PbeParams ::= SEQUENCE { salt OCTET STRING, iterations INTEGER }
/// ```
/// (RFC 7292 appendix C)
fn salted(fields: &mut Reader<'_>) -> der::Result<Salted> {
    let mut parameters = fields.sequence()?;
    let salt = parameters.octet_string()?.into_owned();
    Ok(Salted { salt, iterations: iterations(&mut parameters)? })
}

/// A number of iterations: positive, and no larger than 32 bits say.
pub(super) fn iterations(fields: &mut Reader<'_>) -> der::Result<u32> {
    let error = fields.error(der::DerErrorKind::Value("not a number of iterations"));
    let value = fields.small_integer()?;
    u32::try_from(value).ok().filter(|count| *count > 0).ok_or(error)
}

/// PBKDF2 with its parameters.
pub(super) struct Derivation {
    pub(super) prf: HashAlgorithm,
    pub(super) salted: Salted,
    pub(super) key_length: Option<usize>,
}

impl Derivation {
    /// ```asn1
    /// PBKDF2-params ::= SEQUENCE {
    ///     salt           CHOICE { specified OCTET STRING, ... },
    ///     iterationCount INTEGER,
    ///     keyLength      INTEGER OPTIONAL,
    ///     prf            AlgorithmIdentifier DEFAULT hmacWithSHA1 }
    /// ```
    /// (RFC 8018 appendix A.2)
    pub(super) fn read(algorithm: &Tlv<'_>) -> Result<Self, PfxError> {
        let mut fields = algorithm.reader();
        let id = fields.oid()?;
        if id != oid::PBKDF2.as_octets() {
            return Err(unknown(id, algorithm.offset));
        }
        let mut parameters = fields.sequence().map_err(|e| e.within("PBKDF2-params"))?;
        let salt = parameters.octet_string()?.into_owned();
        let iterations = iterations(&mut parameters)?;
        let key_length = match parameters.optional(tag::INTEGER)? {
            Some(value) => usize::try_from(der::small_integer(&value)?).ok(),
            None => None,
        };
        let prf = match parameters.optional(tag::SEQUENCE)? {
            Some(prf) => hmac_hash(&prf)?,
            None => HashAlgorithm::Sha1,
        };
        Ok(Self { prf, salted: Salted { salt, iterations }, key_length })
    }
}

fn decrypt<C: BlockCipherDecrypt + KeyInit>(
    key: &[u8],
    initial_value: &[u8],
    octets: &[u8],
) -> Result<Option<Vec<u8>>, PfxErrorKind> {
    let wrong = |_| PfxErrorKind::Parameters("the key's length is not the cipher's");
    decrypt_blocks(C::new_from_slice(key).map_err(wrong)?, initial_value, octets)
}

/// CBC with the padding of PKCS #7. `None` if the padding is wrong.
fn decrypt_blocks<C: BlockCipherDecrypt + BlockSizeUser>(
    cipher: C,
    initial_value: &[u8],
    octets: &[u8],
) -> Result<Option<Vec<u8>>, PfxErrorKind> {
    let wrong = |_| PfxErrorKind::Parameters("the initial value's length is not the cipher's");
    let mut mode = Decryptor::inner_iv_slice_init(cipher, initial_value).map_err(wrong)?;
    let mut plain = octets.to_vec();
    let (blocks, rest) = Array::slice_as_chunks_mut(&mut plain);
    if !rest.is_empty() {
        return Ok(None);
    }
    mode.decrypt_blocks(blocks);
    let Some(&last) = plain.last() else { return Ok(None) };
    let padding = usize::from(last);
    let length = plain.len().checked_sub(padding).filter(|_| padding <= C::block_size());
    let is_padding = |end: &[u8]| !end.is_empty() && end.iter().all(|octet| *octet == last);
    match length {
        Some(length) if plain.get(length..).is_some_and(is_padding) => {
            plain.truncate(length);
            Ok(Some(plain))
        }
        _ => Ok(None),
    }
}
