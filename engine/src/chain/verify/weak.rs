//! Weak algorithms and keys (reference, chain-engine 8).

pub mod rules;

use self::rules::{Call, WeakAlgorithm, WeakRules};
use super::Findings;
use crate::base::digest::HashAlgorithm;
use crate::base::oid;
use crate::base::time::Time;
use crate::chain::engine::{ChainFlags, Profile};
use crate::chain::issuer::Sources;
use crate::chain::path::Path;
use crate::chain::status::{TrustError, TrustInfo};
use crate::crypto::{
    AlgorithmIdentifier, KeyFamily, PublicKey, SignatureAlgorithm, SignatureError,
    signature_algorithm,
};

const RULE: &str = "chain-engine 8 (documented)";

/// The registry's rules about weak cryptography.
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
    /// MinWeakRsaPubKeyBitLength: RSA keys of so many bits or fewer get HAS_MIN_WEAK_RSA. Off
    /// unless the registry has the value: its default of 2047 is of the newest systems only, and
    /// where Windows puts the bit is not known.
    pub min_weak_rsa_bits: Option<u32>,
    /// MinTelemetryRsaPubKeyBitLength: the same for HAS_MIN_TELEMETRY_RSA, which no policy minds.
    pub min_telemetry_rsa_bits: Option<u32>,
    /// The values `Weak<Alg><Scope><Type>`. An administrator's rule for third-party roots takes
    /// the place of `md5_third_party` and `sha1_third_party`.
    pub rules: WeakRules,
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
            min_weak_rsa_bits: None,
            min_telemetry_rsa_bits: None,
            rules: WeakRules::default(),
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
    let third_party = path
        .elements
        .last()
        .is_some_and(|root| sources.is_third_party_root(root.context.certificate()));
    let request = sources.request;
    let call = Call {
        usages: &request.usage.oids,
        flags: request.flags,
        now: request.now,
        stamped: request.time.filter(|_| request.flags.contains(ChainFlags::TIMESTAMP_TIME)),
        third_party,
    };
    for (index, element) in path.elements.iter().enumerate() {
        let certificate = element.context.certificate();
        let root = path.is_root(index);
        let mut judge = Judge { sources, call: &call, reasons: Vec::new(), shipped: false };
        let algorithm = if root { None } else { element.context.signature_algorithm() };
        if judge.hash(algorithm.as_ref()) {
            findings.unproven.push(
                "a hygiene function for weak hashes is configured; what it asks for is not \
                 published, and nothing was asked here"
                    .to_owned(),
            );
        }
        let key = element.context.public_key();
        judge.key(index, root, path.is_anchored(), key);
        if let (Ok(key), "RSA") = (key, key.map_or("", PublicKey::algorithm_name)) {
            mark_short_rsa(sources, key.bit_length(), index, findings);
        }
        if let (Some(strong), Some(algorithm)) = (&request.strong_sign, algorithm) {
            judge.reasons.extend(not_strong_hash(strong, &algorithm));
        }
        let Judge { reasons, shipped, .. } = judge;
        if reasons.is_empty() {
            continue;
        }
        let rules = &sources.engine.options.weak.rules;
        // by what the registry's rules say, not by what the caller asks for (inferred)
        if request.strong_sign.is_none() && rules.allows(&certificate.sha256()) {
            findings.info(index, TrustInfo::HAS_ALLOW_WEAK_SIGNATURE);
            continue;
        }
        if shipped {
            findings.info(index, TrustInfo::HAS_AUTO_UPDATE_WEAK_SIGNATURE);
        }
        for reason in reasons {
            mark(findings, index, reason);
        }
    }
}

/// Gathers what is weak about one element.
struct Judge<'a> {
    sources: &'a Sources<'a>,
    call: &'a Call<'a>,
    reasons: Vec<String>,
    /// A rule that came with Windows is among them.
    shipped: bool,
}

impl Judge<'_> {
    /// Judges the hash of a signature. Whether a hygiene function would have to be asked.
    fn hash(&mut self, algorithm: Option<&SignatureAlgorithm>) -> bool {
        let Some(hash) = algorithm.and_then(|algorithm| algorithm.hash) else { return false };
        let verdict = self.sources.engine.options.weak.rules.judge_hash(hash, self.call);
        if verdict.weak || weak_hash(self.sources, self.call, hash) {
            let name = hash.name();
            self.reasons.push(format!("it is signed with {name}, which is too weak for this"));
            self.shipped |= verdict.weak && verdict.shipped;
        }
        verdict.hygiene
    }

    fn key(
        &mut self,
        index: usize,
        root: bool,
        anchored: bool,
        key: Result<&PublicKey, SignatureError>,
    ) {
        let settings = &self.sources.engine.options.weak;
        let key = match key {
            Ok(key) => key,
            Err(SignatureError::ExplicitEcParameters)
                if settings.reject_explicit_ec_parameters
                    || settings.rules.refuses_ecc_parameters(self.call.third_party) =>
            {
                return self.reasons.push("its key carries its own elliptic curve".to_owned());
            }
            Err(_) => return,
        };
        let (name, bits) = (key.algorithm_name(), key.bit_length());
        if name == "RSA" {
            self.reasons.extend(weak_rsa(self.sources, root, anchored, bits));
        }
        let algorithm = match name {
            "RSA" => Some(WeakAlgorithm::Rsa),
            "DSA" => Some(WeakAlgorithm::Dsa),
            "ECDSA" => Some(WeakAlgorithm::Ecdsa),
            _ => None,
        };
        let exempt = root && is_exempt_root(self.sources, anchored);
        if let Some(algorithm) = algorithm.filter(|_| !exempt) {
            let verdict = settings.rules.judge_key(algorithm, bits, self.call);
            if verdict.weak {
                self.reasons.push(format!("its {name} key of {bits} bits is too weak for this"));
                self.shipped |= verdict.shipped;
            }
        }
        if let Some(strong) = &self.sources.request.strong_sign
            && !(index == 0 && strong.disable_end_check)
        {
            self.reasons.extend(not_strong_key(strong, name, bits));
        }
    }
}

fn mark(findings: &mut Findings, index: usize, reason: String) {
    let bits = TrustError::HAS_WEAK_SIGNATURE | TrustError::IS_NOT_SIGNATURE_VALID;
    findings.error(index, bits, RULE, || reason);
}

/// The bits of newest systems for short RSA keys, where the registry asks for them.
fn mark_short_rsa(sources: &Sources<'_>, bits: u32, index: usize, findings: &mut Findings) {
    let settings = &sources.engine.options.weak;
    for (limit, bit) in [
        (settings.min_weak_rsa_bits, TrustError::HAS_MIN_WEAK_RSA),
        (settings.min_telemetry_rsa_bits, TrustError::HAS_MIN_TELEMETRY_RSA),
    ] {
        if let Some(limit) = limit.filter(|limit| bits <= *limit) {
            findings.error(index, bit, RULE, || {
                format!("its RSA key has {bits} bits, not over {limit}")
            });
            let what = "where Windows puts the bits for short RSA keys, and when they are fatal, is not known";
            if !findings.unproven.iter().any(|known| known == what) {
                findings.unproven.push(what.to_owned());
            }
        }
    }
}

/// MD2 and MD4 stay enabled where nothing, code signing, driver signing or time stamping is asked
/// for, unless the call disables them (documented, chain-engine 1.3); MD5 and SHA-1 by setting,
/// unless an administrator has a rule of his own.
fn weak_hash(sources: &Sources<'_>, call: &Call<'_>, hash: HashAlgorithm) -> bool {
    let settings = &sources.engine.options.weak;
    let usages = call.usages;
    let concerned = usages.contains(&oid::SERVER_AUTH) || usages.contains(&oid::CODE_SIGNING);
    let decided = |algorithm| settings.rules.administrator_decides(algorithm);
    match hash {
        HashAlgorithm::Md2 | HashAlgorithm::Md4 => {
            let tolerated = [oid::CODE_SIGNING, oid::WHQL_CRYPTO, oid::TIME_STAMPING];
            let all_tolerated = usages.iter().all(|usage| tolerated.contains(usage));
            !settings.enable_md2_md4
                && sources.engine.options.profile >= Profile::Windows7
                && (call.flags.contains(ChainFlags::DISABLE_MD2_MD4) || !all_tolerated)
        }
        HashAlgorithm::Md5 => {
            settings.md5_third_party
                && concerned
                && call.third_party
                && !decided(WeakAlgorithm::Md5)
        }
        HashAlgorithm::Sha1 => {
            settings.sha1_third_party
                && concerned
                && call.third_party
                && !decided(WeakAlgorithm::Sha1)
        }
        _ => false,
    }
}

/// Whether a root's key is not judged. An untrusted root's is not since Windows 10 (observed: such
/// a root is untrusted, not badly signed; why is inferred).
fn is_exempt_root(sources: &Sources<'_>, trusted: bool) -> bool {
    !trusted && sources.engine.options.profile >= Profile::Windows10V1607
}

/// RSA keys shorter than the minimum are weak, trusted roots included, except where the time asked
/// about lies before 2010.
fn weak_rsa(sources: &Sources<'_>, root: bool, trusted: bool, bits: u32) -> Option<String> {
    let settings = &sources.engine.options.weak;
    let minimum = settings.min_rsa_bits?;
    let profile = sources.engine.options.profile;
    let exempt = root
        && if trusted { settings.enable_weak_rsa_roots } else { is_exempt_root(sources, trusted) };
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

/// Whether the caller does not call a signature with this encoded AlgorithmIdentifier strong: what
/// revocation data are judged by, too (documented).
pub(super) fn is_weak_signature(strong: &StrongSign, algorithm: &[u8]) -> bool {
    AlgorithmIdentifier::parse(algorithm)
        .ok()
        .and_then(|algorithm| signature_algorithm(&algorithm))
        .is_none_or(|algorithm| not_strong_hash(strong, &algorithm).is_some())
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
