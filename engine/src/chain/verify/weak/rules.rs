//! The registry's rules about weak algorithms: `Weak<Alg><Scope><Type>` (reference, chain-engine
//! 8.1 and 8.2; documented unless it says otherwise).

use std::collections::{BTreeMap, BTreeSet};

use crate::base::digest::HashAlgorithm;
use crate::base::oid::{self, Oid};
use crate::base::time::Time;
use crate::chain::engine::ChainFlags;

/// Thumbprints that are kept from Sha256Allow values.
const MAX_ALLOWED: usize = 100_000;

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WeakAlgorithm {
    /// MD5 in signatures
    Md5,
    /// SHA-1 in signatures
    Sha1,
    /// RSA keys
    Rsa,
    /// DSA keys
    Dsa,
    /// Keys on elliptic curves
    Ecdsa,
}

/// Which chains a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WeakScope {
    /// Those to third-party roots.
    ThirdParty,
    /// All.
    All,
}

/// The value named `Weak<Alg><Scope>Flags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WeakFlags(pub u32);

impl WeakFlags {
    /// CERT_CHAIN_ENABLE_WEAK_SETTINGS_FLAG: without it no other value of the rule counts.
    pub const ENABLE: Self = Self(0x8000_0000);
    /// CERT_CHAIN_ENABLE_WEAK_LOGGING_FLAG
    pub const LOGGING: Self = Self(0x4);
    /// CERT_CHAIN_ENABLE_ONLY_WEAK_LOGGING_FLAG: nothing is refused.
    pub const ONLY_LOGGING: Self = Self(0x8);
    /// CERT_CHAIN_DISABLE_ECC_PARA_FLAG: keys with parameters of their own are refused.
    pub const ECC_PARAMETERS: Self = Self(0x10);
    /// CERT_CHAIN_DISABLE_ALL_EKU_WEAK_FLAG
    pub const ALL_USAGES: Self = Self(0x0001_0000);
    /// CERT_CHAIN_DISABLE_OPT_IN_SERVER_AUTH_WEAK_FLAG: only for callers that opt in.
    pub const OPT_IN_SERVER_AUTH: Self = Self(0x0004_0000);
    /// CERT_CHAIN_DISABLE_SERVER_AUTH_WEAK_FLAG
    pub const SERVER_AUTH: Self = Self(0x0010_0000);
    /// CERT_CHAIN_DISABLE_CODE_SIGNING_WEAK_FLAG
    pub const CODE_SIGNING: Self = Self(0x0040_0000);
    /// CERT_CHAIN_DISABLE_MOTW_CODE_SIGNING_WEAK_FLAG: only for files with the mark of the web.
    pub const MOTW_CODE_SIGNING: Self = Self(0x0080_0000);
    /// CERT_CHAIN_DISABLE_TIMESTAMP_WEAK_FLAG
    pub const TIME_STAMPING: Self = Self(0x0400_0000);
    /// CERT_CHAIN_DISABLE_MOTW_TIMESTAMP_WEAK_FLAG
    pub const MOTW_TIME_STAMPING: Self = Self(0x0800_0000);
    /// CERT_CHAIN_MOTW_IGNORE_AFTER_TIME_WEAK_FLAG
    pub const MOTW_IGNORES_AFTER_TIME: Self = Self(0x4000_0000);

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the rule refuses for a call that asks for these usages with these flags.
    fn refuses(self, usages: &[Oid], flags: ChainFlags) -> bool {
        let motw = flags.contains(ChainFlags::HAS_MOTW);
        let opt_in = flags.contains(ChainFlags::OPT_IN_WEAK_SIGNATURE);
        !self.has(Self::ONLY_LOGGING)
            && (self.has(Self::ALL_USAGES)
                || self.names(usages, &oid::SERVER_AUTH, Self::SERVER_AUTH, true)
                || self.names(usages, &oid::SERVER_AUTH, Self::OPT_IN_SERVER_AUTH, opt_in)
                || self.names(usages, &oid::CODE_SIGNING, Self::CODE_SIGNING, true)
                || self.names(usages, &oid::CODE_SIGNING, Self::MOTW_CODE_SIGNING, motw)
                || self.names(usages, &oid::TIME_STAMPING, Self::TIME_STAMPING, true)
                || self.names(usages, &oid::TIME_STAMPING, Self::MOTW_TIME_STAMPING, motw))
    }

    /// Whether the hygiene function is switched on for such a call.
    fn wants_hygiene(self, usages: &[Oid], flags: ChainFlags) -> bool {
        let motw = flags.contains(ChainFlags::HAS_MOTW);
        self.has(Self(0x0002_0000))
            || self.names(usages, &oid::SERVER_AUTH, Self(0x0020_0000), true)
            || self.names(usages, &oid::CODE_SIGNING, Self(0x0100_0000), true)
            || self.names(usages, &oid::CODE_SIGNING, Self(0x0200_0000), motw)
            || self.names(usages, &oid::TIME_STAMPING, Self(0x1000_0000), true)
            || self.names(usages, &oid::TIME_STAMPING, Self(0x2000_0000), motw)
    }

    fn names(self, usages: &[Oid], usage: &Oid, flag: Self, armed: bool) -> bool {
        armed && self.has(flag) && usages.contains(usage)
    }
}

/// The values of one algorithm and scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct WeakRule {
    /// Flags
    pub flags: WeakFlags,
    /// Hygiene: what it asks for is not published.
    pub hygiene: u64,
    /// MinBitLength: shorter keys are weak. Of key algorithms only.
    pub min_bits: Option<u32>,
    /// AfterTime: what was time-stamped before is left alone.
    pub after_time: Option<Time>,
    /// Some of it came with Windows or its updates (subkey `Default`).
    pub shipped: bool,
}

/// A value of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeakValue<'a> {
    /// REG_DWORD or REG_QWORD
    Number(u64),
    /// REG_BINARY with a FILETIME
    Time(Time),
    /// REG_SZ or REG_MULTI_SZ
    Texts(&'a [String]),
}

/// Every rule of the registry, the administrator's and those that came with Windows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WeakRules {
    administrator: BTreeMap<(WeakAlgorithm, WeakScope), WeakRule>,
    shipped: BTreeMap<(WeakAlgorithm, WeakScope), WeakRule>,
    allowed: BTreeSet<[u8; 32]>,
}

/// What the rules say of one element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Verdict {
    /// It is too weak for this call.
    pub(crate) weak: bool,
    /// By a rule that came with Windows.
    pub(crate) shipped: bool,
    /// A hygiene function would be asked.
    pub(crate) hygiene: bool,
}

/// What a call is, to the rules.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) usages: &'a [Oid],
    pub(crate) flags: ChainFlags,
    /// The clock.
    pub(crate) now: Time,
    /// The time of the time stamp, if there is one.
    pub(crate) stamped: Option<Time>,
    pub(crate) third_party: bool,
}

impl WeakRules {
    /// Sets what a value of the registry is about, if it is one of these. `shipped`: it stands in
    /// the subkey `Default`. Says whether it is one. Names compare without case, as the registry's.
    pub fn set(&mut self, name: &str, shipped: bool, value: WeakValue<'_>) -> bool {
        let name = name.to_ascii_lowercase();
        let Some((algorithm, scope, kind)) = parse(&name) else { return false };
        let is_hash = matches!(algorithm, WeakAlgorithm::Md5 | WeakAlgorithm::Sha1);
        if let ("sha256allow", WeakValue::Texts(texts)) = (kind, value) {
            self.allow(texts);
            return true;
        }
        let rules = if shipped { &mut self.shipped } else { &mut self.administrator };
        let rule = rules.entry((algorithm, scope)).or_default();
        rule.shipped = shipped;
        match (kind, value) {
            ("flags", WeakValue::Number(number)) => {
                rule.flags = WeakFlags(u32::try_from(number).unwrap_or_default());
            }
            ("hygiene", WeakValue::Number(number)) if is_hash => rule.hygiene = number,
            ("minbitlength", WeakValue::Number(number)) if !is_hash => {
                rule.min_bits = Some(u32::try_from(number).unwrap_or(u32::MAX));
            }
            ("aftertime", WeakValue::Time(time)) => rule.after_time = Some(time),
            // of CertIsWeakHash, which judges files, not chains
            ("filehashaftertime" | "timestamphashaftertime", WeakValue::Time(_)) if is_hash => {}
            _ => return false,
        }
        true
    }

    /// Thumbprints in hexadecimal; what is no digit is skipped.
    fn allow(&mut self, texts: &[String]) {
        for text in texts {
            let digits: Vec<u8> =
                text.chars().filter_map(|c| u8::try_from(c.to_digit(16)?).ok()).collect();
            let octets: Vec<u8> =
                digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect();
            if let Ok(thumbprint) = octets.try_into()
                && self.allowed.len() < MAX_ALLOWED
            {
                self.allowed.insert(thumbprint);
            }
        }
    }

    /// Whether a Sha256Allow value names this certificate.
    #[must_use]
    pub fn allows(&self, sha256: &[u8; 32]) -> bool {
        self.allowed.contains(sha256)
    }

    /// Whether there is no rule at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.administrator.is_empty() && self.shipped.is_empty()
    }

    /// The rule in force: the administrator's where he has switched it on, else Windows' own. The
    /// rule for all chains sharpens that for third-party roots.
    #[must_use]
    pub fn effective(&self, algorithm: WeakAlgorithm, third_party: bool) -> Option<WeakRule> {
        let all = self.switched_on(algorithm, WeakScope::All);
        if !third_party {
            return all;
        }
        let Some(own) = self.switched_on(algorithm, WeakScope::ThirdParty) else { return all };
        let Some(all) = all else { return Some(own) };
        let passed_on = all.flags.0 & !(WeakFlags::LOGGING.0 | WeakFlags::ONLY_LOGGING.0);
        let earlier = all.after_time.filter(|time| time.filetime() != 0);
        Some(WeakRule {
            flags: WeakFlags(own.flags.0 | passed_on),
            hygiene: own.hygiene | all.hygiene,
            min_bits: own.min_bits.max(all.min_bits),
            // no time at all is earlier than any
            after_time: own.after_time.map(|time| earlier.map_or(time, |all| all.min(time))),
            shipped: own.shipped || all.shipped,
        })
    }

    /// Whether the administrator has a say on this algorithm, be it to cancel Windows' own rule.
    pub(crate) fn administrator_decides(&self, algorithm: WeakAlgorithm) -> bool {
        let rule = self.administrator.get(&(algorithm, WeakScope::ThirdParty));
        rule.is_some_and(|rule| rule.flags.has(WeakFlags::ENABLE))
    }

    fn switched_on(&self, algorithm: WeakAlgorithm, scope: WeakScope) -> Option<WeakRule> {
        let on = |rules: &BTreeMap<_, WeakRule>| {
            rules.get(&(algorithm, scope)).filter(|rule| rule.flags.has(WeakFlags::ENABLE)).copied()
        };
        on(&self.administrator).or_else(|| on(&self.shipped))
    }

    /// What the rules say of a signature with this hash.
    pub(crate) fn judge_hash(&self, hash: HashAlgorithm, call: &Call<'_>) -> Verdict {
        let algorithm = match hash {
            HashAlgorithm::Md5 => WeakAlgorithm::Md5,
            HashAlgorithm::Sha1 => WeakAlgorithm::Sha1,
            _ => return Verdict::default(),
        };
        let Some(rule) = self.effective(algorithm, call.third_party) else {
            return Verdict::default();
        };
        let weak = rule.applies(call);
        Verdict {
            weak,
            shipped: rule.shipped,
            // where the hash is refused there is no hygiene to check
            hygiene: !weak
                && rule.hygiene != 0
                && rule.flags.wants_hygiene(call.usages, call.flags),
        }
    }

    /// What they say of a key of `bits` bits.
    pub(crate) fn judge_key(&self, key: WeakAlgorithm, bits: u32, call: &Call<'_>) -> Verdict {
        let Some(rule) = self.effective(key, call.third_party) else { return Verdict::default() };
        let short = rule.min_bits.is_some_and(|minimum| bits < minimum);
        Verdict { weak: short && rule.applies(call), shipped: rule.shipped, hygiene: false }
    }

    /// Whether a key with elliptic-curve parameters of its own is refused. The flag stands for
    /// itself, whatever the usage (inferred).
    pub(crate) fn refuses_ecc_parameters(&self, third_party: bool) -> bool {
        let rule = self.effective(WeakAlgorithm::Ecdsa, third_party);
        rule.is_some_and(|rule| {
            rule.flags.has(WeakFlags::ECC_PARAMETERS) && !rule.flags.has(WeakFlags::ONLY_LOGGING)
        })
    }
}

impl WeakRule {
    /// Whether the rule refuses in this call: by its flags, and unless a time stamp from before
    /// AfterTime rescues it. A time stamp's own chain is not rescued; a time to come counts as now.
    fn applies(&self, call: &Call<'_>) -> bool {
        let marked = call.flags.contains(ChainFlags::HAS_MOTW)
            && self.flags.has(WeakFlags::MOTW_IGNORES_AFTER_TIME);
        let after = self.after_time.map(|time| time.min(call.now));
        let early = after.zip(call.stamped).is_some_and(|(after, stamped)| stamped < after);
        let rescued = early && !marked && !call.usages.contains(&oid::TIME_STAMPING);
        self.flags.refuses(call.usages, call.flags) && !rescued
    }
}

/// The parts of a value's name, which is in lower case.
fn parse(name: &str) -> Option<(WeakAlgorithm, WeakScope, &str)> {
    let rest = name.strip_prefix("weak")?;
    let (algorithm, rest) = [
        ("md5", WeakAlgorithm::Md5),
        ("sha1", WeakAlgorithm::Sha1),
        ("rsa", WeakAlgorithm::Rsa),
        ("dsa", WeakAlgorithm::Dsa),
        ("ecdsa", WeakAlgorithm::Ecdsa),
    ]
    .into_iter()
    .find_map(|(prefix, algorithm)| Some((algorithm, rest.strip_prefix(prefix)?)))?;
    let (scope, kind) = [("thirdparty", WeakScope::ThirdParty), ("all", WeakScope::All)]
        .into_iter()
        .find_map(|(prefix, scope)| Some((scope, rest.strip_prefix(prefix)?)))?;
    Some((algorithm, scope, kind))
}

#[cfg(test)]
mod tests;
