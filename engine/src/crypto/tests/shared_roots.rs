//! Microsoft's own roots sign themselves.

use crate::base::der::Reader;
use crate::crypto::{AlgorithmIdentifier, SignatureError};
use crate::test_support::shared;

use super::vectors::read_key;

#[test]
fn self_signatures_of_roots_verify() {
    let Some(folder) = shared("data/microsoft-roots") else { return };
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "cer") {
            continue;
        }
        let certificate = std::fs::read(&path).unwrap();
        let mut fields = Reader::new(&certificate).sequence().unwrap();
        let tbs = fields.any().unwrap();
        let algorithm = AlgorithmIdentifier::from_der(&mut fields).unwrap();
        let (_, signature) = fields.bit_string().unwrap();
        // version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
        let mut inner = tbs.reader();
        inner.optional(0xa0).unwrap();
        for _ in 0..5 {
            inner.any().unwrap();
        }
        let key = read_key(inner.any().unwrap().raw).unwrap();
        assert_eq!(key.verify(&algorithm, tbs.raw, signature), Ok(()), "{}", path.display());
        let mut changed = tbs.raw.to_vec();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(
            key.verify(&algorithm, &changed, signature),
            Err(SignatureError::BadSignature),
            "{}",
            path.display()
        );
        count += 1;
    }
    assert!(count >= 10, "only {count} roots");
}
