//! Making PKCS #12 stores (RFC 7292).

use aes::Aes256;
use cbc::Encryptor;
use cbc::cipher::{
    Array, BlockCipherEncrypt, BlockModeEncrypt, BlockSizeUser, InnerIvInit, KeyInit,
};
use des::{TdesEde2, TdesEde3};
use hmac::{Hmac, Mac as _};
use rc2::Rc2;

use crate::der;
use crate::key::Digest;

/// A store to be made.
#[derive(Debug, Clone)]
pub struct Pfx<'a> {
    /// The password, if there is one: an empty one is another key than none.
    pub password: Option<&'a str>,
    /// How the certificates are encrypted, if they are. The key always is.
    pub protection: Option<Protection>,
    /// The MAC, if there is one.
    pub mac: Option<Mac>,
    /// The certificates.
    pub bags: Vec<Bag<'a>>,
    /// A private key in PKCS #8, and its localKeyId.
    pub key: Option<(Vec<u8>, Vec<u8>)>,
    /// How often the password is hashed.
    pub iterations: u16,
    /// Whether lengths are left open and strings cut in parts, as BER allows.
    pub is_indefinite: bool,
}

/// A certificate and its attributes.
#[derive(Debug, Clone)]
pub struct Bag<'a> {
    /// Its DER.
    pub certificate: Vec<u8>,
    /// friendlyName
    pub friendly_name: Option<&'a str>,
    /// localKeyId
    pub local_key_id: Option<Vec<u8>>,
    /// Extended properties.
    pub properties: Vec<(u32, Vec<u8>)>,
}

/// An encryption scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// pbeWithSHAAnd40BitRC2-CBC
    Rc2With40Bits,
    /// pbeWithSHAAnd128BitRC2-CBC
    Rc2With128Bits,
    /// pbeWithSHAAnd2-KeyTripleDES-CBC
    TripleDes2Key,
    /// pbeWithSHAAnd3-KeyTripleDES-CBC
    TripleDes3Key,
    /// PBES2: PBKDF2 with HMAC-SHA-256, AES-256-CBC
    Aes256,
}

/// A kind of MAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mac {
    /// HMAC-SHA-1, its key from PKCS #12's own derivation
    Sha1,
    /// HMAC-SHA-256, likewise
    Sha256,
    /// HMAC-SHA-256, its key from PBKDF2 (RFC 9579)
    Pbmac1,
}

const SALT: [u8; 8] = [0x43, 0x68, 0x61, 0x69, 0x6e, 0x63, 0x68, 0x6b];
const INITIAL_VALUE: [u8; 16] = *b"0123456789abcdef";
const HMAC_SHA256: &str = "1.2.840.113549.2.9";

impl Pfx<'_> {
    /// Makes it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let data = |octets: &[u8]| {
            self.sequence(&[der::oid("1.2.840.113549.1.7.1"), self.explicit(&self.string(octets))])
        };
        let certificates: Vec<_> = self.bags.iter().map(Bag::encode).collect();
        let certificates = der::sequence(&certificates);
        let mut safes = vec![match self.protection {
            Some(protection) => self.encrypted_data(protection, &certificates),
            None => data(&certificates),
        }];
        if let Some((key, identifier)) = &self.key {
            let protection = self.protection.filter(|p| *p == Protection::Aes256);
            let protection = protection.unwrap_or(Protection::TripleDes3Key);
            let (algorithm, octets) = self.encrypt(protection, key);
            let shrouded = der::sequence(&[algorithm, der::octet_string(&octets)]);
            let attributes = [attribute("1.2.840.113549.1.9.21", der::octet_string(identifier))];
            let bag = bag("1.2.840.113549.1.12.10.1.2", &shrouded, &attributes);
            safes.push(data(&der::sequence(&[bag])));
        }
        let safe = self.sequence(&safes);
        let mut fields = vec![der::integer(&[3]), data(&safe)];
        fields.extend(self.mac.map(|mac| self.mac_data(mac, &safe)));
        self.sequence(&fields)
    }

    fn sequence(&self, parts: &[Vec<u8>]) -> Vec<u8> {
        self.constructed(0x30, &parts.concat())
    }

    fn explicit(&self, content: &[u8]) -> Vec<u8> {
        self.constructed(0xa0, content)
    }

    fn constructed(&self, tag: u8, content: &[u8]) -> Vec<u8> {
        match self.is_indefinite {
            true => [&[tag, 0x80], content, &[0, 0]].concat(),
            false => der::tlv(tag, content),
        }
    }

    fn string(&self, octets: &[u8]) -> Vec<u8> {
        const PART: usize = 100;
        match self.is_indefinite {
            true => self.constructed(0x24, &parts(octets, PART)),
            false => der::octet_string(octets),
        }
    }

    fn encrypted_data(&self, protection: Protection, octets: &[u8]) -> Vec<u8> {
        let (algorithm, octets) = self.encrypt(protection, octets);
        let content = match self.is_indefinite {
            true => self.constructed(0xa0, &parts(&octets, 64)),
            false => der::tlv(0x80, &octets),
        };
        let info = self.sequence(&[der::oid("1.2.840.113549.1.7.1"), algorithm, content]);
        let data = self.sequence(&[der::integer(&[0]), info]);
        self.sequence(&[der::oid("1.2.840.113549.1.7.6"), self.explicit(&data)])
    }

    /// The AlgorithmIdentifier, and the octets encrypted.
    fn encrypt(&self, protection: Protection, octets: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (id, length) = match protection {
            Protection::Rc2With40Bits => ("1.2.840.113549.1.12.1.6", 5),
            Protection::Rc2With128Bits => ("1.2.840.113549.1.12.1.5", 16),
            Protection::TripleDes2Key => ("1.2.840.113549.1.12.1.4", 16),
            Protection::TripleDes3Key => ("1.2.840.113549.1.12.1.3", 24),
            Protection::Aes256 => ("1.2.840.113549.1.5.13", 32),
        };
        if protection == Protection::Aes256 {
            let cipher = der::sequence(&[
                der::oid("2.16.840.1.101.3.4.1.42"),
                der::octet_string(&INITIAL_VALUE),
            ]);
            let parameters = der::sequence(&[self.pbkdf2_algorithm(None), cipher]);
            let algorithm = der::sequence(&[der::oid(id), parameters]);
            let encrypted = with_key::<Aes256>(&self.pbkdf2(), &INITIAL_VALUE, octets);
            return (algorithm, encrypted);
        }
        let parameters = der::sequence(&[der::octet_string(&SALT), self.iterations()]);
        let algorithm = der::sequence(&[der::oid(id), parameters]);
        let key = self.own_key(Digest::Sha1, 1, length);
        let initial_value = self.own_key(Digest::Sha1, 2, 8);
        let encrypted = match protection {
            Protection::TripleDes2Key => with_key::<TdesEde2>(&key, &initial_value, octets),
            Protection::TripleDes3Key => with_key::<TdesEde3>(&key, &initial_value, octets),
            _ => {
                let cipher = Rc2::new_with_eff_key_len(&key, 8 * key.len());
                cbc(cipher, &initial_value, octets)
            }
        };
        (algorithm, encrypted)
    }

    fn mac_data(&self, mac: Mac, octets: &[u8]) -> Vec<u8> {
        let (algorithm, digest) = match mac {
            Mac::Sha1 => {
                let key = self.own_key(Digest::Sha1, 3, 20);
                (Digest::Sha1.algorithm(), hmac::<sha1::Sha1>(&key, octets))
            }
            Mac::Sha256 => {
                let key = self.own_key(Digest::Sha256, 3, 32);
                (Digest::Sha256.algorithm(), hmac::<sha2::Sha256>(&key, octets))
            }
            Mac::Pbmac1 => {
                let scheme = der::sequence(&[der::oid(HMAC_SHA256), der::null()]);
                let parameters = der::sequence(&[self.pbkdf2_algorithm(Some(32)), scheme]);
                let algorithm = der::sequence(&[der::oid("1.2.840.113549.1.5.14"), parameters]);
                (algorithm, hmac::<sha2::Sha256>(&self.pbkdf2(), octets))
            }
        };
        let info = der::sequence(&[algorithm, der::octet_string(&digest)]);
        der::sequence(&[info, der::octet_string(&SALT), self.iterations()])
    }

    fn iterations(&self) -> Vec<u8> {
        der::integer(&self.iterations.to_be_bytes())
    }

    fn pbkdf2_algorithm(&self, key_length: Option<u8>) -> Vec<u8> {
        let mut parameters = vec![der::octet_string(&SALT), self.iterations()];
        parameters.extend(key_length.map(|length| der::integer(&[length])));
        parameters.push(der::sequence(&[der::oid(HMAC_SHA256), der::null()]));
        der::sequence(&[der::oid("1.2.840.113549.1.5.12"), der::sequence(&parameters)])
    }

    fn pbkdf2(&self) -> [u8; 32] {
        let password = self.password.unwrap_or_default().as_bytes();
        pbkdf2::pbkdf2_hmac_array::<sha2::Sha256, 32>(password, &SALT, self.iterations.into())
    }

    /// PKCS #12's own derivation, appendix B.2, written with one large number for each block.
    fn own_key(&self, digest: Digest, id: u8, length: usize) -> Vec<u8> {
        const BLOCK: usize = 64;
        let password: Vec<u8> = self.password.map_or_else(Vec::new, |text| {
            text.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect()
        });
        let stretch = |octets: &[u8]| -> Vec<u8> {
            let blocks = octets.len().div_ceil(BLOCK);
            octets.iter().cycle().take(blocks * BLOCK).copied().collect()
        };
        let mut blocks: Vec<Vec<u8>> = [stretch(&SALT), stretch(&password)]
            .concat()
            .chunks(BLOCK)
            .map(<[u8]>::to_vec)
            .collect();
        let mut key = Vec::new();
        while key.len() < length {
            let mut hash = [vec![id; BLOCK], blocks.concat()].concat();
            for _ in 0..self.iterations {
                hash = digest.of(&hash);
            }
            let addend: Vec<u8> = hash.iter().cycle().take(BLOCK).copied().collect();
            blocks.iter_mut().for_each(|block| add_with_one(block, &addend));
            key.extend(hash);
        }
        key.truncate(length);
        key
    }
}

/// `block + addend + 1` modulo its length, big endian.
fn add_with_one(block: &mut [u8], addend: &[u8]) {
    let mut carry = 1;
    for (octet, more) in block.iter_mut().zip(addend).rev() {
        let sum = u32::from(*octet) + u32::from(*more) + carry;
        *octet = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
}

impl Bag<'_> {
    fn encode(&self) -> Vec<u8> {
        let value = der::sequence(&[
            der::oid("1.2.840.113549.1.9.22.1"),
            der::tlv(0xa0, &der::octet_string(&self.certificate)),
        ]);
        let mut attributes = Vec::new();
        if let Some(name) = self.friendly_name {
            let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
            attributes.push(attribute("1.2.840.113549.1.9.20", der::tlv(0x1e, &units)));
        }
        if let Some(id) = &self.local_key_id {
            attributes.push(attribute("1.2.840.113549.1.9.21", der::octet_string(id)));
        }
        for (id, value) in &self.properties {
            let kind = format!("1.3.6.1.4.1.311.10.11.{id}");
            attributes.push(attribute(&kind, der::octet_string(value)));
        }
        bag("1.2.840.113549.1.12.10.1.3", &value, &attributes)
    }
}

fn bag(kind: &str, value: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut fields = vec![der::oid(kind), der::tlv(0xa0, value)];
    if !attributes.is_empty() {
        fields.push(der::set(attributes));
    }
    der::sequence(&fields)
}

fn attribute(kind: &str, value: Vec<u8>) -> Vec<u8> {
    der::sequence(&[der::oid(kind), der::set(&[value])])
}

fn parts(octets: &[u8], length: usize) -> Vec<u8> {
    octets.chunks(length).flat_map(der::octet_string).collect()
}

fn hmac<D: hmac::EagerHash>(key: &[u8], octets: &[u8]) -> Vec<u8> {
    match Hmac::<D>::new_from_slice(key) {
        Ok(mac) => mac.chain_update(octets).finalize().into_bytes().to_vec(),
        // an HMAC takes keys of every length
        Err(_) => Vec::new(),
    }
}

/// # Panics
/// If the key's length is not the cipher's: lengths are fixed here.
#[allow(clippy::expect_used)]
fn with_key<C: BlockCipherEncrypt + KeyInit>(
    key: &[u8],
    initial_value: &[u8],
    octets: &[u8],
) -> Vec<u8> {
    let cipher = C::new_from_slice(key).expect("the key has the cipher's length");
    cbc(cipher, initial_value, octets)
}

/// CBC with the padding of PKCS #7.
#[allow(clippy::expect_used)]
fn cbc<C: BlockCipherEncrypt + BlockSizeUser>(
    cipher: C,
    initial_value: &[u8],
    octets: &[u8],
) -> Vec<u8> {
    let size = C::block_size();
    let padding = size - octets.len() % size;
    let mut padded = [octets, &vec![padding as u8; padding]].concat();
    let mut mode = Encryptor::inner_iv_slice_init(cipher, initial_value)
        .expect("the initial value has the block's length");
    mode.encrypt_blocks(Array::slice_as_chunks_mut(&mut padded).0);
    padded
}
