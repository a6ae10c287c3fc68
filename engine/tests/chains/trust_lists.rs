//! Roots that a trust list stands in for (reference, ctl 6).

use chaincheck_engine::base::digest::{hex, sha1};
use chaincheck_engine::base::oid::{CLIENT_AUTH, SERVER_AUTH};
use chaincheck_engine::chain::context::{ChainContext, Origin};
use chaincheck_engine::chain::engine::{
    ChainEngine, ChainFlags, ChainRequest, EngineKind, EngineOptions,
};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::message::SignedData;
use chaincheck_engine::policy::{self, PolicyFlags, PolicyName, PolicyRequest};
use chaincheck_engine::scenario::{self, Scenario};
use chaincheck_engine::store::{Store, StoreBuilder, SystemStores};
use chaincheck_testdata::certificate::usages;
use chaincheck_testdata::key::Digest;
use chaincheck_testdata::list::{Entry, List, Signer, sign_message};

use crate::support::{authority, end, errors, key, now, question, root, store, time, wants};

const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const CTL_SIGNING: &str = "1.3.6.1.4.1.311.10.3.1";
const CTL: &str = "1.3.6.1.4.1.311.10.1";
const SHA1: &str = "1.3.14.3.2.26";

const NOT_TIME_VALID: u32 = 0x2_0000;
const NOT_SIGNATURE_VALID: u32 = 0x4_0000;
const NOT_VALID_FOR_USAGE: u32 = 0x8_0000;
const UNTRUSTED: u32 = 0x20;
const COMPLEX: u32 = 0x1_0000;

/// A private root with a leaf, and a trusted root above a signer of lists.
struct World {
    leaf: Certificate,
    private: Certificate,
    trusted: Certificate,
    signer: Certificate,
}

fn world() -> World {
    World {
        leaf: end("leaf", "private").make(),
        private: root("private").make(),
        trusted: root("trusted").make(),
        signer: end("signer", "trusted").serial(7).with(usages(&[CTL_SIGNING])).make(),
    }
}

struct Made<'a> {
    usage: &'a str,
    this_update: &'a str,
    next_update: Option<&'a str>,
    algorithm: &'a str,
    identifier: Vec<u8>,
    signer_key: &'a str,
    enclose: bool,
}

impl World {
    fn list(&self) -> Made<'static> {
        Made {
            usage: SERVER,
            this_update: "20260101000000",
            next_update: Some("20270101000000"),
            algorithm: SHA1,
            identifier: self.private.sha1().to_vec(),
            signer_key: "signer",
            enclose: true,
        }
    }

    fn sign(&self, list: &Made<'_>) -> SignedData {
        let content = List {
            usage: list.usage,
            identifier: None,
            sequence_number: vec![1],
            this_update: list.this_update,
            next_update: list.next_update,
            subject_algorithm: list.algorithm,
            entries: vec![Entry { identifier: list.identifier.clone(), properties: Vec::new() }],
        };
        let enclosed = if list.enclose { vec![self.signer.der().to_vec()] } else { Vec::new() };
        let signer = Signer {
            key: &key(list.signer_key),
            issuer: "trusted",
            serial_number: &[7],
            certificates: enclosed,
            digest: Digest::Sha256,
        };
        SignedData::from_der(&sign_message(CTL, &content.to_der(), &signer)).unwrap()
    }

    fn engine(&self, list: &Made<'_>, options: EngineOptions) -> ChainEngine {
        let mut trust = StoreBuilder::new();
        trust.signed_trust_list(self.sign(list)).unwrap();
        let stores = SystemStores {
            root: store(&[&self.trusted]),
            trust: trust.build(),
            ..SystemStores::default()
        };
        ChainEngine::new(stores, EngineKind::System, options)
    }

    fn request(&self) -> ChainRequest<'static> {
        let mut request = question(&self.leaf, &[&self.private]);
        request.usage = wants(&[SERVER_AUTH]);
        request
    }

    fn ask(&self, list: &Made<'_>) -> ChainContext {
        self.engine(list, EngineOptions::default()).chain(&self.request()).unwrap()
    }
}

fn accepted_by_base(context: &ChainContext, flags: PolicyFlags) -> bool {
    let mut request = PolicyRequest::new(PolicyName::Base);
    request.flags = flags;
    policy::verify_all(context, &[request], &SystemStores::default(), now())[0].is_ok()
}

#[test]
fn a_list_links_two_simple_chains() {
    let world = world();
    let found = world.ask(&world.list());
    assert_eq!(found.status.error.0, 0, "{found}");
    assert_eq!(found.status.info.0 & COMPLEX, COMPLEX);
    assert_eq!(found.chains.len(), 2);
    assert_eq!(errors(&found), [0, 0]);
    assert_eq!(found.chains[0].elements[1].certificate, world.private);
    assert_eq!(found.chains[1].elements[0].certificate, world.signer);
    assert_eq!(found.chains[1].elements[1].certificate, world.trusted);
    let info = found.chains[0].trust_list.as_ref().unwrap();
    assert_eq!(hex(&info.subject_identifier), hex(&sha1(world.private.der())));
    assert_eq!((info.signer.clone(), info.origin), (world.signer.clone(), Origin::Trust));
    assert!(found.chains[1].trust_list.is_none());
    assert_eq!(found.unproven.len(), 1);
    assert!(accepted_by_base(&found, PolicyFlags::default()));
    // a list without an end never ends, and SHA-256 names as well as SHA-1
    let list = Made {
        next_update: None,
        algorithm: "2.16.840.1.101.3.4.2.1",
        identifier: world.private.sha256().to_vec(),
        ..world.list()
    };
    assert_eq!(world.ask(&list).status.error.0, 0);
}

#[test]
fn a_list_past_its_time_has_a_bit_of_its_own() {
    let world = world();
    let late = Made { next_update: Some("20260301000000"), ..world.list() };
    let early = Made { this_update: "20260701000000", ..world.list() };
    for list in [late, early] {
        let found = world.ask(&list);
        assert_eq!(found.status.error.0, NOT_TIME_VALID);
        assert_eq!(found.chains[0].status.error.0, NOT_TIME_VALID);
        assert_eq!(errors(&found), [0, 0]);
        assert!(!accepted_by_base(&found, PolicyFlags::default()));
        assert!(accepted_by_base(&found, PolicyFlags::IGNORE_CTL_NOT_TIME_VALID));
        // pTime has no say
        let mut request = world.request();
        request.time = Some(time("2026-02-01T00:00:00Z"));
        let engine = world.engine(&list, EngineOptions::default());
        assert_eq!(engine.chain(&request).unwrap().status.error.0, NOT_TIME_VALID);
    }
}

#[test]
fn a_list_for_another_usage_or_with_a_bad_signature() {
    let world = world();
    let engine = world.engine(&world.list(), EngineOptions::default());
    let mut request = world.request();
    request.usage = wants(&[CLIENT_AUTH]);
    let found = engine.chain(&request).unwrap();
    assert_eq!(found.status.error.0, NOT_VALID_FOR_USAGE | UNTRUSTED);
    assert_eq!(found.chains[0].trust_list.as_ref().unwrap().findings.len(), 1);
    assert!(!accepted_by_base(&found, PolicyFlags::IGNORE_WRONG_USAGE));
    // who asks for nothing gets any list
    request.usage = wants(&[]);
    assert_eq!(engine.chain(&request).unwrap().status.error.0, 0);
    let forged = Made { signer_key: "somebody else", ..world.list() };
    let found = world.ask(&forged);
    assert_eq!(found.status.error.0, NOT_SIGNATURE_VALID | UNTRUSTED);
    assert_eq!((errors(&found), found.chains.len()), (vec![0, UNTRUSTED], 2));
    let mut options = EngineOptions::default();
    options.trust_lists.errors_leave_root_untrusted = false;
    let found = world.engine(&forged, options).chain(&world.request()).unwrap();
    assert_eq!(found.status.error.0, NOT_SIGNATURE_VALID);
}

#[test]
fn lists_that_change_nothing() {
    let world = world();
    let unlinked = |found: ChainContext| {
        assert_eq!(found.status.error.0, UNTRUSTED);
        assert_eq!((found.chains.len(), found.unproven.len()), (1, 0));
    };
    unlinked(world.ask(&Made { identifier: world.leaf.sha1().to_vec(), ..world.list() }));
    // nobody knows who signed it
    unlinked(world.ask(&Made { enclose: false, ..world.list() }));
    // the root program's own list is not Trust's
    unlinked(world.ask(&Made { usage: "1.3.6.1.4.1.311.10.3.9", ..world.list() }));
    let mut options = EngineOptions::default();
    options.trust_lists.enabled = false;
    unlinked(world.engine(&world.list(), options).chain(&world.request()).unwrap());
    // the signer may not sign lists
    let world = World {
        signer: end("signer", "trusted").serial(7).with(usages(&[SERVER])).make(),
        ..world
    };
    unlinked(world.ask(&world.list()));
}

#[test]
fn a_signer_nobody_trusts() {
    let mut world = world();
    let list = world.list();
    world.trusted = root("another").make();
    let found = world.ask(&list);
    assert_eq!((found.status.error.0, found.chains.len()), (UNTRUSTED, 1));
    let mut options = EngineOptions::default();
    options.trust_lists.link_untrusted_signers = true;
    let found = world.engine(&list, options).chain(&world.request()).unwrap();
    // the root of the signer is missing
    assert_eq!((found.status.error.0, found.chains.len()), (UNTRUSTED | 0x1_0000, 2));
}

#[test]
fn a_list_in_the_additional_store_and_a_signer_in_the_ca_store() {
    let world = world();
    let list = Made { enclose: false, ..world.list() };
    let stores = SystemStores {
        root: store(&[&world.trusted]),
        ca: store(&[&world.signer]),
        ..SystemStores::default()
    };
    let engine = ChainEngine::new(stores, EngineKind::System, EngineOptions::default());
    let mut additional = StoreBuilder::new();
    additional.certificate(world.private.clone().into());
    additional.signed_trust_list(world.sign(&list)).unwrap();
    let mut request = world.request();
    request.additional = additional.build();
    let found = engine.chain(&request).unwrap();
    assert_eq!((found.status.error.0, found.chains.len()), (0, 2), "{found}");
    assert_eq!(found.chains[0].trust_list.as_ref().unwrap().origin, Origin::Additional);
}

/// What a list does to the state of revocation: the root counts as trusted, so its CRL is asked.
#[test]
fn revocation_of_both_chains() {
    let world = world();
    let engine = world.engine(&world.list(), EngineOptions::default());
    let mut request = world.request();
    request.flags = ChainFlags::REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT;
    let found = engine.chain(&request).unwrap();
    // neither end certificate names a CRL: unknown, not offline
    assert_eq!(found.status.error.0, 0x40);
    assert_eq!(found.chains[0].elements[0].status.error.0, 0x40);
    assert_eq!(found.chains[1].elements[0].status.error.0, 0x40);
}

/// Of several lists the best, then the newest, whatever the order in which they are given.
#[test]
fn which_of_several_lists() {
    let world = world();
    let older = Made { this_update: "20250101000000", ..world.list() };
    let expired = Made { next_update: Some("20260301000000"), ..world.list() };
    let newest = world.list();
    let orders =
        [[&older, &expired, &newest], [&newest, &older, &expired], [&expired, &newest, &older]];
    for order in orders {
        let mut trust = StoreBuilder::new();
        for list in order {
            trust.signed_trust_list(world.sign(list)).unwrap();
        }
        let stores = SystemStores {
            root: store(&[&world.trusted]),
            trust: trust.build(),
            ..SystemStores::default()
        };
        let engine = ChainEngine::new(stores, EngineKind::System, EngineOptions::default());
        let found = engine.chain(&world.request()).unwrap();
        assert_eq!(found.status.error.0, 0);
        let list = &found.chains[0].trust_list.as_ref().unwrap().list.list;
        assert_eq!(list.this_update, time("2026-01-01T00:00:00Z"));
    }
}

/// Lists are looked for a few roots of one name only, and that is said.
#[test]
fn many_roots_of_one_name() {
    let world = world();
    let roots: Vec<_> = (1..=12).map(|serial| root("private").serial(serial).make()).collect();
    let known: Vec<_> = roots.iter().collect();
    let list = Made { identifier: world.leaf.sha1().to_vec(), ..world.list() };
    let mut request = question(&world.leaf, &known);
    request.usage = wants(&[SERVER_AUTH]);
    let found = world.engine(&list, EngineOptions::default()).chain(&request).unwrap();
    assert_eq!(found.status.error.0, UNTRUSTED);
    assert_eq!(found.search.exhausted, Some("MAX_ROOTS of trust lists"));
    // without any list there is nothing to look for
    let stores = SystemStores { root: store(&[&world.trusted]), ..SystemStores::default() };
    let engine = ChainEngine::new(stores, EngineKind::System, EngineOptions::default());
    assert_eq!(engine.chain(&request).unwrap().search.exhausted, None);
}

/// The same from a scenario: what is in its Trust store, and what its result says.
#[test]
fn a_scenario_with_a_trust_list() {
    use base64::Engine as _;
    let world = world();
    let text = |octets: &[u8]| base64::engine::general_purpose::STANDARD.encode(octets);
    let scenario = serde_json::json!({
        "schema": "chaincheck/scenario-1",
        "id": "list",
        "clock": "2026-06-01T00:00:00Z",
        "stores": {
            "ROOT": [text(world.trusted.der())],
            "Trust": [text(world.sign(&world.list()).der())],
        },
        "request": { "chain": {
            "end": text(world.leaf.der()),
            "additional": [text(world.private.der())],
            "usage": { "oids": [SERVER] },
            "policies": [{ "name": "base" }],
        } },
        "expect": {
            "valid": true,
            "chain": {
                "error_status": "0x00000000",
                "simple_chains": [
                    { "trust_list": { "usage": [SERVER], "origin": "Trust" } },
                    { "elements": [{}, {}] },
                ],
            },
        },
    });
    let scenario = Scenario::from_json(&scenario.to_string()).unwrap();
    let outcome = scenario::run(&scenario, &|_: &str| Err("no files".to_owned()));
    assert_eq!(outcome.met, Some(true), "{:?}", outcome.differences);
    assert_eq!(outcome.unproven.len(), 1);
}

/// A root store's own root wins over one that a list stands in for.
#[test]
fn a_trusted_root_needs_no_list() {
    let world = world();
    let middle = authority("middle", "private").make();
    let cross = authority("private", "trusted").make();
    let leaf = end("leaf", "middle").make();
    let engine = world.engine(&world.list(), EngineOptions::default());
    let mut request = world.request();
    request.end = leaf.into();
    request.additional = Store::of([middle, cross, world.private.clone()]);
    let found = engine.chain(&request).unwrap();
    assert_eq!((found.status.error.0, found.chains.len()), (0, 1));
    assert_eq!(found.elements().last().unwrap().certificate, world.trusted);
}
