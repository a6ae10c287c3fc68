//! The scenario document.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A scenario. Keys that begin with `_`, and `$schema`, are ignored; any other unknown key is an
/// error.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Scenario {
    /// `chaincheck/scenario-1`
    pub schema: String,
    /// Any text; the result carries it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The behaviour profile: `windows-xp`, `windows-vista`, `windows-7`, `windows-8.1`,
    /// `windows-10-1607`, `windows-10`, `windows-11`. The newest if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The machine's clock: RFC 3339.
    pub clock: String,
    /// The logical system stores.
    #[serde(default, skip_serializing_if = "Stores::is_empty")]
    pub stores: Stores,
    /// Registry values by `KEY!VALUE`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub registry: BTreeMap<String, RegistryValue>,
    /// What the URL caches hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub url_cache: Vec<CachedObject>,
    /// What the network answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub network: Vec<NetworkAnswer>,
    /// Stores or keys that cannot be opened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// What is asked.
    pub request: Request,
    /// What the answer should be: any subset of the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Value>,
    /// What makes it the proof of a cause: read by whoever runs the proof again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Value>,
}

/// The logical system stores.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(non_snake_case)] // the stores' own names are the document's keys
pub struct Stores {
    /// Root
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ROOT: Vec<ObjectInput>,
    /// AuthRoot
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub AuthRoot: Vec<ObjectInput>,
    /// CA
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub CA: Vec<ObjectInput>,
    /// My
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub MY: Vec<ObjectInput>,
    /// TrustedPeople
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub TrustedPeople: Vec<ObjectInput>,
    /// Trust
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub Trust: Vec<ObjectInput>,
    /// Disallowed
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub Disallowed: Vec<ObjectInput>,
}

impl Stores {
    /// The stores' names, in the order of [`Stores::get`]'s search.
    pub const NAMES: [&'static str; 7] =
        ["ROOT", "AuthRoot", "CA", "MY", "TrustedPeople", "Trust", "Disallowed"];

    /// Whether nothing is said of any store.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        Self::NAMES.iter().all(|name| self.get(name).is_none_or(Vec::is_empty))
    }

    /// What a store holds; the name in any case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Vec<ObjectInput>> {
        let all = [
            &self.ROOT,
            &self.AuthRoot,
            &self.CA,
            &self.MY,
            &self.TrustedPeople,
            &self.Trust,
            &self.Disallowed,
        ];
        let named = Self::NAMES.iter().zip(all).find(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, objects)| objects)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Vec<ObjectInput>> {
        let all = [
            &mut self.ROOT,
            &mut self.AuthRoot,
            &mut self.CA,
            &mut self.MY,
            &mut self.TrustedPeople,
            &mut self.Trust,
            &mut self.Disallowed,
        ];
        let named = Self::NAMES.iter().zip(all).find(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, objects)| objects)
    }
}

/// Octets of any format that is detected: base64, base64 with properties, or a file.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ObjectInput {
    /// Base64.
    Base64(String),
    /// Base64 or a file, with certificate-context properties by name.
    Detailed {
        /// Base64.
        #[serde(skip_serializing_if = "Option::is_none")]
        base64: Option<String>,
        /// A path relative to the scenario.
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<String>,
        /// Properties by name, value as in CAPI2.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        properties: BTreeMap<String, Value>,
    },
}

/// A registry value: a number, a text, texts, or octets as `hex:` text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum RegistryValue {
    /// REG_DWORD or REG_QWORD
    Number(u64),
    /// REG_SZ; octets if it begins with `hex:` or `base64:`
    Text(String),
    /// REG_MULTI_SZ
    Texts(Vec<String>),
}

/// An object in a URL cache.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CachedObject {
    /// The address.
    pub url: String,
    /// The object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectInput>,
    /// Whose cache it is in: a security identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// When it was last fetched: RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sync: Option<String>,
}

/// What a server answers.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkAnswer {
    /// The address.
    pub url: String,
    /// The HTTP status; 200 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The body; empty if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectInput>,
    /// Milliseconds until the answer comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u32>,
    /// Why there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<NetworkError>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkError {
    /// The server's name is not known.
    Dns,
    /// The connection is refused.
    Refused,
    /// Nothing comes in time.
    Timeout,
    /// The proxy wants a login.
    ProxyAuth,
    /// The secure connection fails.
    Tls,
    /// The connection breaks.
    Reset,
}

/// A store or key that cannot be opened.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The store or key.
    pub store: String,
    /// The code opening it gives.
    pub error: String,
}

/// What is asked.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// CertGetCertificateChain, then CertVerifyCertificateChainPolicy.
    Chain(Box<ChainRequestInput>),
    /// Decode and verify a trust list.
    List(ListRequest),
    /// One run of the automatic root update.
    RootUpdate(RootUpdateRequest),
    /// Say what an object holds.
    Decode(DecodeRequest),
}

/// A chain to build and policies to ask.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainRequestInput {
    /// The end certificate.
    pub end: ObjectInput,
    /// hAdditionalStore
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additional: Vec<ObjectInput>,
    /// The engine; the system's if absent.
    #[serde(default)]
    pub engine: EngineInput,
    /// Flags of the engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_flags: Option<Flags>,
    /// pTime: RFC 3339; the clock if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// RequestedUsage
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<UsageInput>,
    /// RequestedIssuancePolicy
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuance: Option<UsageInput>,
    /// dwFlags
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flags: Option<Flags>,
    /// pStrongSignPara
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strong_sign: Option<StrongSignInput>,
    /// dwUrlRetrievalTimeout in milliseconds
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_timeout_ms: Option<u32>,
    /// Policies to ask of the chain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyInput>,
}

/// Which engine.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EngineInput {
    /// Its kind.
    #[serde(default)]
    pub kind: EngineKindInput,
    /// hExclusiveRoot or hRestrictedRoot
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roots: Vec<ObjectInput>,
    /// hExclusiveTrustedPeople
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trusted_people: Vec<ObjectInput>,
    /// CERT_CHAIN_EXCLUSIVE_ENABLE_CA_FLAG
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub enable_ca: bool,
}

/// A kind of engine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngineKindInput {
    /// The system's roots.
    #[default]
    System,
    /// Only the given roots.
    Exclusive,
    /// Those of the system's that are given.
    Restricted,
}

/// Flags by name, or as one number.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Flags {
    /// Names of `wincrypt.h`.
    Names(Vec<String>),
    /// A number.
    Number(u32),
    /// Hexadecimal after `0x`, or decimal.
    Text(String),
}

/// Object identifiers that are asked for.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageInput {
    /// All, or any.
    #[serde(rename = "match", default)]
    pub match_kind: MatchKind,
    /// Dotted identifiers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oids: Vec<String>,
}

/// How many of several identifiers must be allowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchKind {
    /// All of them.
    #[default]
    All,
    /// One of them.
    Any,
}

/// CERT_STRONG_SIGN_PARA
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StrongSignInput {
    /// Pairs such as `RSA/SHA256`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hash_algorithms: Vec<String>,
    /// Least key lengths by algorithm.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub key_lengths: BTreeMap<String, u32>,
    /// The end certificate's key length does not matter.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable_end_check: bool,
}

/// A policy to ask.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyInput {
    /// Its name: `base`, `ssl`, ...
    pub name: String,
    /// dwFlags
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flags: Option<Flags>,
    /// The server's name (ssl).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// `server` or `client` (ssl).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// fdwChecks (ssl).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checks: Option<Flags>,
}

/// A trust list to decode and verify.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListRequest {
    /// The list, or the cabinet that holds it.
    pub object: ObjectInput,
}

/// One run of the automatic root update.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RootUpdateRequest {
    /// The account it runs in, a security identifier as in `url_cache`: only its cache, and entries
    /// that name no account, are looked into. Every cache if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// An object to look into.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecodeRequest {
    /// The object.
    pub object: ObjectInput,
}

/// Why a scenario cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The text is no JSON.
    Syntax(String),
    /// A key is unknown or missing, or a value is of the wrong kind: where, and what.
    Document {
        /// The path of the key.
        path: String,
        /// What is wrong.
        what: String,
    },
    /// A value does not say what it should.
    Value {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        what: String,
    },
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(what) => write!(f, "not JSON: {what}"),
            Self::Document { path, what } => write!(f, "at {path}: {what}"),
            Self::Value { key, what } => write!(f, "{key}: {what}"),
        }
    }
}

impl std::error::Error for ScenarioError {}

impl Scenario {
    /// Reads one scenario.
    ///
    /// # Errors
    /// If the text is no JSON, or no scenario.
    pub fn from_json(text: &str) -> Result<Self, ScenarioError> {
        let mut value: Value =
            serde_json::from_str(text).map_err(|e| ScenarioError::Syntax(e.to_string()))?;
        strip_ignored(&mut value, true);
        let scenario: Self =
            serde_path_to_error::deserialize(value).map_err(|error| ScenarioError::Document {
                path: error.path().to_string(),
                what: error.inner().to_string(),
            })?;
        if scenario.schema != super::SCENARIO_SCHEMA {
            return Err(ScenarioError::Value {
                key: "schema",
                what: format!("expected {}, found {}", super::SCENARIO_SCHEMA, scenario.schema),
            });
        }
        Ok(scenario)
    }
}

/// Takes out `$schema` and keys that begin with `_`, but for the contents of the registry.
fn strip_ignored(value: &mut Value, top: bool) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| key != "$schema" && !key.starts_with('_'));
            for (key, inner) in map {
                if !(top && (key == "registry" || key == "expect" || key == "proof")) {
                    strip_ignored(inner, false);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| strip_ignored(inner, false)),
        _ => {}
    }
}

impl Flags {
    /// The value, names looked up by `by_name`.
    pub(super) fn value(
        &self,
        key: &'static str,
        by_name: impl Fn(&str) -> Option<u32>,
    ) -> Result<u32, ScenarioError> {
        let unknown = |what: String| ScenarioError::Value { key, what };
        match self {
            Self::Number(value) => Ok(*value),
            Self::Text(text) => {
                parse_number(text).ok_or_else(|| unknown(format!("'{text}' is no number")))
            }
            Self::Names(names) => names.iter().try_fold(0, |value, name| {
                let flag = by_name(name).or_else(|| parse_number(name));
                Ok(value | flag.ok_or_else(|| unknown(format!("'{name}' is no flag")))?)
            }),
        }
    }
}

pub(super) fn parse_number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
