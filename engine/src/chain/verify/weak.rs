//! Weak algorithms and keys (reference, chain-engine 8).

use super::Findings;
use crate::base::digest::HashAlgorithm;
use crate::base::oid;
use crate::base::time::Time;
use crate::chain::engine::{ChainFlags, Profile};
use crate::chain::issuer::Sources;
use crate::chain::path::Path;
use crate::chain::status::TrustError;
use crate::crypto::{AlgorithmIdentifier, KeyFamily, SignatureAlgorithm, signature_algorithm};
use crate::object::certificate::Certificate;

const RULE: &str = "chain-engine 8 (documented)";

/// The registry's rules about weak cryptography, as far as they have documented defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WeakSettings {
    /// MinRsaPubKeyBitLength: shorter RSA keys are weak. `None` is 0xFFFFFFFF, off.
    pub min_rsa_bits: Option<u32>,
    /// WeakRsaPubKeyTime: the rule is off for what is judged at an earlier time.
    pub weak_rsa_time: Time,
    /// EnableWeakSignatureFlags bit 1: MD2 and MD4 are allowed everywhere.
    pub enable_md2_md4: bool,
    /// EnableWeakSignatureFlags bit 2: weak RSA keys are allowed in trusted roots.
    pub enable_weak_rsa_roots: bool,
    /// MD5 is weak for server authentication and code signing under third-party roots. Windows
    /// ships such a rule, but its exact form is not public (unknown; reference, chain-engine 8.3).
    pub md5_third_party: bool,
    /// SHA-1 is weak there, too. Off by default, for the same reason.
    pub sha1_third_party: bool,
    /// DISABLE_ECC_PARA: keys that carry their own curve are weak. Off by default (documented).
    pub reject_explicit_ec_parameters: bool,
}

impl Default for WeakSettings {
    fn default() -> Self {
        Self {
            min_rsa_bits: Some(1023),
            weak_rsa_time: Time::from_filetime(0x01ca_8a75_5c6e_0000),
            enable_md2_md4: false,
            enable_weak_rsa_roots: false,
            md5_third_party: true,
            sha1_third_party: false,
            reject_explicit_ec_parameters: false,
        }
    }
}

/// CERT_STRONG_SIGN_SERIALIZED_INFO: what the caller calls strong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StrongSign {
    /// Pairs such as `RSA/SHA256`.
    pub hash_algorithms: Vec<String>,
    /// Least key lengths such as `RSA`, 2048.
    pub key_lengths: Vec<(String, u32)>,
    /// CERT_CHAIN_STRONG_SIGN_DISABLE_END_CHECK_FLAG: the end certificate's key length does not
    /// matter.
    pub disable_end_check: bool,
}

impl StrongSign {
    /// szOID_CERT_STRONG_SIGN_OS_1: SHA-2 with RSA from 2047 bits or ECDSA from 256.
    #[must_use]
    pub fn os_1() -> Self {
        let pairs = ["RSA", "ECDSA"].iter().flat_map(|key| {
            ["SHA256", "SHA384", "SHA512"].iter().map(move |hash| format!("{key}/{hash}"))
        });
        Self {
            hash_algorithms: pairs.collect(),
            key_lengths: vec![("RSA".to_owned(), 2047), ("ECDSA".to_owned(), 256)],
            disable_end_check: false,
        }
    }
}

/// Marks elements whose signature or key is too weak. The root's own signature is never judged:
/// trust in it does not rest on it (observed).
pub(super) fn check(sources: &Sources<'_>, path: &Path, findings: &mut Findings) {
    for (index, element) in path.elements.iter().enumerate() {
        let certificate = element.context.certificate();
        let root = path.is_root(index);
        let mut reasons = Vec::new();
        let algorithm = AlgorithmIdentifier::parse(certificate.signature_algorithm())
            .ok()
            .and_then(|algorithm| signature_algorithm(&algorithm));
        if let Some(algorithm) = algorithm.filter(|_| !root) {
            reasons.extend(weak_hash(sources, path, &algorithm));
        }
        let key = element.context.public_key();
        match key {
            Ok(key) => {
                let bits = key.bit_length();
                if key.algorithm_name() == "RSA" {
                    reasons.extend(weak_rsa(sources, root, path.is_anchored(), bits));
                }
                if let Some(strong) = &sources.request.strong_sign {
                    if !(index == 0 && strong.disable_end_check) {
                        reasons.extend(not_strong_key(strong, key.algorithm_name(), bits));
                    }
                }
            }
            Err(crate::crypto::SignatureError::ExplicitEcParameters)
                if sources.engine.options.weak.reject_explicit_ec_parameters =>
            {
                reasons.push("its key carries its own elliptic curve".to_owned());
            }
            Err(_) => {}
        }
        if let (Some(strong), Some(algorithm), false) =
            (&sources.request.strong_sign, algorithm, root)
        {
            reasons.extend(not_strong_hash(strong, &algorithm));
        }
        for reason in reasons {
            mark(findings, index, certificate, reason);
        }
    }
}

fn mark(findings: &mut Findings, index: usize, _: &Certificate, reason: String) {
    let bits = TrustError::HAS_WEAK_SIGNATURE | TrustError::IS_NOT_SIGNATURE_VALID;
    findings.error(index, bits, RULE, || reason);
}

/// MD2 and MD4 stay enabled where nothing, code signing, driver signing or time stamping is asked
/// for, unless the call disables them (documented, chain-engine 1.3); MD5 and SHA-1 by setting.
fn weak_hash(sources: &Sources<'_>, path: &Path, algorithm: &SignatureAlgorithm) -> Option<String> {
    let request = sources.request;
    let settings = &sources.engine.options.weak;
    let usages = &request.usage.oids;
    let third_party = || {
        path.elements
            .last()
            .is_some_and(|root| sources.is_third_party_root(root.context.certificate()))
    };
    let concerned = usages.contains(&oid::SERVER_AUTH) || usages.contains(&oid::CODE_SIGNING);
    let name = algorithm.hash?.name();
    let weak = match algorithm.hash? {
        HashAlgorithm::Md2 | HashAlgorithm::Md4 => {
            let tolerated = [oid::CODE_SIGNING, oid::WHQL_CRYPTO, oid::TIME_STAMPING];
            let all_tolerated = usages.iter().all(|usage| tolerated.contains(usage));
            !settings.enable_md2_md4
                && sources.engine.options.profile >= Profile::Windows7
                && (request.flags.contains(ChainFlags::DISABLE_MD2_MD4) || !all_tolerated)
        }
        HashAlgorithm::Md5 => settings.md5_third_party && concerned && third_party(),
        HashAlgorithm::Sha1 => settings.sha1_third_party && concerned && third_party(),
        _ => false,
    };
    weak.then(|| format!("it is signed with {name}, which is too weak for this"))
}

/// RSA keys shorter than the minimum are weak, trusted roots included, except where the time asked
/// about lies before 2010. An untrusted root is not judged by it since Windows 10 (observed: such
/// a root is untrusted, not badly signed; why is inferred).
fn weak_rsa(sources: &Sources<'_>, root: bool, trusted: bool, bits: u32) -> Option<String> {
    let settings = &sources.engine.options.weak;
    let minimum = settings.min_rsa_bits?;
    let profile = sources.engine.options.profile;
    let exempt = root
        && if trusted {
            settings.enable_weak_rsa_roots
        } else {
            profile >= Profile::Windows10V1607
        };
    let early = sources.request.verification_time() < settings.weak_rsa_time;
    (bits < minimum && !exempt && !early && profile >= Profile::Windows7)
        .then(|| format!("its RSA key has {bits} bits; {minimum} are needed"))
}

fn not_strong_key(strong: &StrongSign, algorithm: &str, bits: u32) -> Option<String> {
    let least = strong.key_lengths.iter().find(|(name, _)| name.eq_ignore_ascii_case(algorithm));
    match least {
        Some((_, least)) if bits >= *least => None,
        Some((_, least)) => {
            Some(format!("its {algorithm} key has {bits} bits; the caller asks for {least}"))
        }
        None if strong.key_lengths.is_empty() => None,
        None => Some(format!("the caller does not list {algorithm} keys as strong")),
    }
}

fn not_strong_hash(strong: &StrongSign, algorithm: &SignatureAlgorithm) -> Option<String> {
    let key = match algorithm.key {
        KeyFamily::Rsa | KeyFamily::RsaPss { .. } => "RSA",
        KeyFamily::Dsa => "DSA",
        _ => "ECDSA",
    };
    let pair = format!("{key}/{}", algorithm.hash?.name());
    let listed = strong.hash_algorithms.iter().any(|known| known.eq_ignore_ascii_case(&pair));
    (!listed && !strong.hash_algorithms.is_empty())
        .then(|| format!("the caller does not list {pair} as strong"))
}
