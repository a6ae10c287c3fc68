//! What the records of the channel CAPI2/Operational say, as typed values: [`decode`].
//!
//! Reference: capi2-events 1.2 (which events there are), 2 (how values are written), 3 (each
//! event). What a value has no field for stands in [`Decoded::unread`].

mod chain;
mod objects;
mod retrieval;
mod revocation;
mod trust;
mod value;

use serde::Serialize;

pub use chain::{
    BuiltChain, BuiltElement, ChainBuilt, PolicyVerified, RevocationInfo, SslPolicy, StrongSign,
    StrongSignProperties,
};
pub use objects::{
    AuthorityKeyId, BasicConstraints, CertificateObject, CrlObject, KeyUsage, Objects, OcspObject,
    RootProgramPolicy, ShownName, SingleResponse,
};
pub use retrieval::{
    Action, CacheInfo, PrefetchInfo, ResponseInfo, RetrievalSource, Retrieved, http_date,
};
pub use revocation::{RevocationObject, RevocationRejected, RevocationVerified};
pub use trust::{
    CatalogInfo, CatalogSearched, FileInfo, PrivateKeyAcquired, TimestampInfo, TrustVerified,
};
pub use value::{
    Constant, Flags, Interval, ObjectKind, ObjectReference, Outcome, PublicKeyAlgorithm,
    SignatureAlgorithm, TrustStatus, Unread, Usage, UsageList,
};

use super::element::Element;
use super::record::{DataItem, EventRecord};
use value::{Rest, child, decimal, text, token, without_blanks};

/// A record of CAPI2's own channel, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decoded {
    /// What it says.
    #[serde(flatten)]
    pub event: Capi2Event,
    /// What every event ends with.
    pub tail: Tail,
    /// What has no place in the value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", content = "value", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Capi2Event {
    /// 10, 40, 50, 52, 80: something begins.
    Started(Operation),
    /// 11: a chain was built.
    ChainBuilt(Box<ChainBuilt>),
    /// 30: a policy was asked.
    PolicyVerified(Box<PolicyVerified>),
    /// 41: revocation was checked.
    RevocationVerified(Box<RevocationVerified>),
    /// 42: revocation information was not taken.
    RevocationRejected(Box<RevocationRejected>),
    /// 51, 53: an object was sought in the cache or the network.
    Retrieved(Box<Retrieved>),
    /// 70: a private key was opened.
    PrivateKeyAcquired(Box<PrivateKeyAcquired>),
    /// 81: a signed file was checked.
    TrustVerified(Box<TrustVerified>),
    /// 82: a catalog was sought.
    CatalogSearched(Box<CatalogSearched>),
    /// 90: the objects of a call.
    Objects(Box<Objects>),
    /// 8192 to 8203: the catalog database works; its values as they stand.
    CatalogDatabase(Vec<DataItem>),
    /// Another: its layout is not known.
    Other(Box<OtherEvent>),
}

/// What begins and ends in pairs of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// CertGetCertificateChain: 10, 11.
    BuildChain,
    /// CertVerifyRevocation: 40, 41.
    VerifyRevocation,
    /// CryptRetrieveObjectByUrl in the cache: 50, 51.
    RetrieveFromCache,
    /// CryptRetrieveObjectByUrl in the network: 52, 53.
    RetrieveFromNetwork,
    /// WinVerifyTrust: 80, 81.
    VerifyTrust,
}

impl Operation {
    /// The operation that begins with an event of this number.
    #[must_use]
    pub const fn started_by(id: u16) -> Option<Self> {
        match id {
            10 => Some(Self::BuildChain),
            40 => Some(Self::VerifyRevocation),
            50 => Some(Self::RetrieveFromCache),
            52 => Some(Self::RetrieveFromNetwork),
            80 => Some(Self::VerifyTrust),
            _ => None,
        }
    }

    /// The operation that ends with an event of this number.
    #[must_use]
    pub const fn ended_by(id: u16) -> Option<Self> {
        match id {
            11 => Some(Self::BuildChain),
            41 => Some(Self::VerifyRevocation),
            51 => Some(Self::RetrieveFromCache),
            53 => Some(Self::RetrieveFromNetwork),
            81 => Some(Self::VerifyTrust),
            _ => None,
        }
    }
}

/// An event whose layout is not known: what can be found in it all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtherEvent {
    /// Every object it refers to.
    pub references: Vec<ObjectReference>,
    /// Every address it has.
    pub urls: Vec<String>,
    /// All of it.
    pub element: Element,
}

/// What every event ends with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Tail {
    /// The program.
    pub process_name: Option<String>,
    /// The security identifier of the client it acts for.
    pub impersonate_token: Option<String>,
    /// The outermost call it belongs to.
    pub task_id: Option<String>,
    /// Its place in that call, from 1.
    pub sequence_number: Option<u64>,
    /// The result; for event 11 not that of the call, but the code of the worst error.
    pub result: Option<Outcome>,
}

impl Tail {
    fn take(root: &mut Element, rest: &mut Rest) -> Self {
        let mut tail = Self {
            result: child(root, "Result", rest, Outcome::take).flatten(),
            ..Self::default()
        };
        if let Some(mut auxiliary) = root.take_child("EventAuxInfo") {
            tail.process_name = text(&mut auxiliary, "ProcessName");
            tail.impersonate_token = token(&mut auxiliary, "impersonateToken");
            rest.leave(auxiliary);
        }
        if let Some(mut correlation) = root.take_child("CorrelationAuxInfo") {
            tail.task_id = token(&mut correlation, "TaskId");
            tail.sequence_number = decimal(&mut correlation, "SeqNumber");
            rest.leave(correlation);
        }
        tail
    }

    /// The tail of a record, without the rest.
    #[must_use]
    pub fn of(record: &EventRecord) -> Option<Self> {
        let mut tail = Element::new("");
        for child in record.user_data.as_ref()?.children() {
            if matches!(child.name(), "EventAuxInfo" | "CorrelationAuxInfo" | "Result") {
                tail.push(child.clone());
            }
        }
        Some(Self::take(&mut tail, &mut Rest::default()))
    }
}

/// Decodes a record of CAPI2's own channel. None for records of another channel and for records
/// without UserData, unless they are of the catalog database.
#[must_use]
pub fn decode(record: &EventRecord) -> Option<Decoded> {
    if !record.is_operational() {
        return None;
    }
    let Some(mut root) = record.user_data.clone() else {
        let event = Capi2Event::CatalogDatabase(record.data.clone());
        let is_catalog = (8192..=8203).contains(&record.event_id);
        return is_catalog.then(|| Decoded { event, tail: Tail::default(), unread: Vec::new() });
    };
    let mut rest = Rest::default();
    let tail = Tail::take(&mut root, &mut rest);
    let name = root.name().to_owned();
    let event = rest.within(&name, |rest| typed(&mut root, rest));
    if !matches!(event, Capi2Event::Other(_)) {
        rest.leave(root);
    }
    Some(Decoded { event, tail, unread: rest.unread })
}

/// By the name of the data, which says more than the number.
fn typed(root: &mut Element, rest: &mut Rest) -> Capi2Event {
    match id_of(root.name()) {
        Some(11) => Capi2Event::ChainBuilt(Box::new(ChainBuilt::take(root, rest))),
        Some(30) => Capi2Event::PolicyVerified(Box::new(PolicyVerified::take(root, rest))),
        Some(41) => Capi2Event::RevocationVerified(Box::new(RevocationVerified::take(root, rest))),
        Some(42) => Capi2Event::RevocationRejected(Box::new(RevocationRejected::take(root, rest))),
        Some(51) => retrieved(RetrievalSource::Cache, root, rest),
        Some(53) => retrieved(RetrievalSource::Network, root, rest),
        Some(70) => Capi2Event::PrivateKeyAcquired(Box::new(PrivateKeyAcquired::take(root, rest))),
        Some(81) => Capi2Event::TrustVerified(Box::new(TrustVerified::take(root, rest))),
        Some(82) => Capi2Event::CatalogSearched(Box::new(CatalogSearched::take(root, rest))),
        Some(90) => Capi2Event::Objects(Box::new(Objects::take(root, rest))),
        Some(id) if let Some(operation) = Operation::started_by(id) => {
            Capi2Event::Started(operation)
        }
        _ => Capi2Event::Other(Box::new(OtherEvent::of(root))),
    }
}

fn retrieved(source: RetrievalSource, root: &mut Element, rest: &mut Rest) -> Capi2Event {
    Capi2Event::Retrieved(Box::new(Retrieved::take(source, root, rest)))
}

impl OtherEvent {
    fn of(root: &Element) -> Self {
        let with_reference = |found: &&Element| found.attribute("fileRef").is_some();
        let references = root
            .descendants()
            .filter(with_reference)
            .map(|found| ObjectReference::of(&mut found.clone()))
            .collect();
        let urls = root.descendants().filter_map(|found| {
            let text = (found.name() == "URL").then(|| found.text());
            text.or_else(|| found.attribute("url")).map(without_blanks)
        });
        Self { references, urls: urls.collect(), element: root.clone() }
    }
}

/// The number of the event whose data has this name.
#[must_use]
pub fn id_of(name: &str) -> Option<u16> {
    IDS.iter().find(|(known, _)| *known == name).map(|(_, id)| *id)
}

/// The name of the data of the event with this number.
#[must_use]
pub fn name_of(id: u16) -> Option<&'static str> {
    IDS.iter().find(|(_, known)| *known == id).map(|(name, _)| *name)
}

/// Names of the elements in UserData (reference, capi2-events 1.2; that of 70 is observed).
const IDS: &[(&str, u16)] = &[
    ("CertGetCertificateChainStart", 10),
    ("CertGetCertificateChain", 11),
    ("CertVerifyCertificateChainPolicy", 30),
    ("CertVerifyRevocationStart", 40),
    ("CertVerifyRevocation", 41),
    ("CertRejectedRevocationInfo", 42),
    ("CryptRetrieveObjectByUrlCacheStart", 50),
    ("CryptRetrieveObjectByUrlCache", 51),
    ("CryptRetrieveObjectByUrlWireStart", 52),
    ("CryptRetrieveObjectByUrlWire", 53),
    ("CryptAcquireCertificatePrivateKey", 70),
    ("WinVerifyTrustStart", 80),
    ("WinVerifyTrust", 81),
    ("CryptCATAdminEnumCatalogFromHash", 82),
    ("X509Objects", 90),
];
