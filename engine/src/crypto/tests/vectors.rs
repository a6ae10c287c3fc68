//! Reads `vectors.txt`, which says how it was made and what its lines hold.

use std::collections::HashMap;

use base64::Engine as _;

use crate::base::der::Reader;
use crate::crypto::{AlgorithmIdentifier, PublicKey, SignatureError, SubjectPublicKeyInfo};

/// What all signatures are over.
pub(super) const MESSAGE: &[u8] = b"chaincheck";

pub(super) struct Vector {
    pub(super) key: &'static str,
    pub(super) case: &'static str,
    pub(super) algorithm: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

impl Vector {
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.key, self.case)
    }

    pub(super) fn verify(
        &self,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        key.verify(&AlgorithmIdentifier::parse(&self.algorithm).unwrap(), message, signature)
    }
}

pub(super) struct Vectors {
    pub(super) spkis: HashMap<&'static str, Vec<u8>>,
    /// Signatures that verify.
    pub(super) good: Vec<Vector>,
    /// Signatures whose case begins with what is to come of them.
    pub(super) odd: Vec<Vector>,
}

impl Vectors {
    pub(super) fn read() -> Self {
        let mut vectors = Self { spkis: HashMap::new(), good: Vec::new(), odd: Vec::new() };
        let octets = |text: &str| base64::prelude::BASE64_STANDARD.decode(text).unwrap();
        for line in include_str!("vectors.txt").lines() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["key", name, spki] => {
                    vectors.spkis.insert(name, octets(spki));
                }
                [kind @ ("good" | "odd"), key, case, algorithm, signature] => {
                    let vector = Vector {
                        key,
                        case,
                        algorithm: octets(algorithm),
                        signature: octets(signature),
                    };
                    let list = if kind == "good" { &mut vectors.good } else { &mut vectors.odd };
                    list.push(vector);
                }
                _ => assert!(line.is_empty() || line.starts_with('#'), "{line}"),
            }
        }
        vectors
    }

    pub(super) fn key(&self, name: &str) -> PublicKey {
        read_key(&self.spkis[name]).unwrap()
    }

    pub(super) fn good(&self, key: &str, case: &str) -> &Vector {
        self.good.iter().find(|v| v.key == key && v.case == case).unwrap()
    }
}

pub(super) fn read_key(spki: &[u8]) -> Result<PublicKey, SignatureError> {
    PublicKey::from_spki(&read_spki(spki), None)
}

pub(super) fn read_spki(spki: &[u8]) -> SubjectPublicKeyInfo<'_> {
    SubjectPublicKeyInfo::from_der(&mut Reader::new(spki)).unwrap()
}
