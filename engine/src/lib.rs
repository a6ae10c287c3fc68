//! Certificate chains, trust lists and the automatic root update, judged as Windows CAPI2 judges
//! them, on any operating system, from evidence alone.
//!
//! The engine reads no clock, no file and no network: the time comes with each question, and what
//! stands behind an address through [`retrieval::Retrieval`]. The same question always has the same
//! answer.
//!
//! # A chain
//!
//! Fill the stores of a machine, make a [`chain::engine::ChainEngine`] over them, and ask it. A bad
//! chain is an answer, not an error: its [status](chain::context::ChainContext::status) and that of
//! each element have the bits of CERT_TRUST_STATUS, and each element gives the reasons.
//!
//! ```
//! use chaincheck_engine::base::oid::SERVER_AUTH;
//! use chaincheck_engine::chain::engine::{ChainEngine, ChainRequest, UsageMatch};
//! use chaincheck_engine::chain::status::TrustError;
//! use chaincheck_engine::format::{Kind, Limits, open};
//! use chaincheck_engine::object::certificate::Certificate;
//! use chaincheck_engine::store::{Store, SystemStores};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // PEM, DER, PKCS #7 and more: `open` finds the objects in whatever wraps them
//! let certificates = |octets: &[u8]| -> Result<Vec<Certificate>, Box<dyn std::error::Error>> {
//!     let contents = open(octets, &Limits::default())?;
//!     let found = contents.items.iter().filter(|item| item.kind == Kind::Certificate);
//!     Ok(found.map(|item| Certificate::from_der(&item.octets)).collect::<Result<_, _>>()?)
//! };
//! let root = certificates(include_bytes!("../../testdata/generated/tls/root.pem"))?;
//! let given = certificates(include_bytes!("../../testdata/generated/tls/good.pem"))?;
//!
//! let stores = SystemStores { root: Store::of(root), ..SystemStores::default() };
//! let engine = ChainEngine::new(stores, Default::default(), Default::default());
//! let mut request = ChainRequest::new(given[0].clone(), "2026-06-01T00:00:00Z".parse()?);
//! request.additional = Store::of(given.clone());
//! request.usage = UsageMatch::all(vec![SERVER_AUTH]);
//! let answer = engine.chain(&request)?;
//! assert!(answer.is_ok());
//! assert_eq!(answer.elements().len(), 3);
//!
//! request.now = "2045-01-01T00:00:00Z".parse()?;
//! let answer = engine.chain(&request)?;
//! assert_eq!(answer.status.error, TrustError::IS_NOT_TIME_VALID);
//! println!("{answer}"); // each element, and why
//! # Ok(())
//! # }
//! ```
//!
//! # A list of roots
//!
//! [`root_update::list::examine`] goes the way of the automatic root update: out of the cabinet, the
//! list's signature, its signer's chain, the decision.
//!
//! ```
//! use chaincheck_engine::object::certificate::Certificate;
//! use chaincheck_engine::root_update::list::{ListSettings, examine};
//! use chaincheck_engine::store::Store;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let root = Certificate::from_der(include_bytes!("../../testdata/generated/list/root.cer"))?;
//! let mut settings = ListSettings::new("2026-06-01T00:00:00Z".parse()?);
//! settings.stores.root = Store::of([root.clone()]);
//! settings.list_roots = Some(Store::of([root])); // instead of Microsoft's
//!
//! let sound = include_bytes!("../../testdata/generated/list/authrootstl.cab");
//! assert!(examine(sound, &settings).is_accepted());
//! let expired = include_bytes!("../../testdata/generated/list/expired.cab");
//! let report = examine(expired, &settings);
//! assert!(!report.is_accepted() && report.fails_by_time_alone());
//! # Ok(())
//! # }
//! ```
//!
//! # The root program
//!
//! [`store::root_program`] is Microsoft's list of roots as a source of trust: in
//! [`SystemStores`](store::SystemStores) it gives the roots a chain needs, with the list's usages
//! and dates. The newest list known when this version was made is embedded.
//!
//! ```
//! use chaincheck_engine::chain::engine::{ChainEngine, ChainRequest};
//! use chaincheck_engine::store::SystemStores;
//! use chaincheck_engine::store::embedded::microsoft_roots;
//! use chaincheck_engine::store::root_program::embedded;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // a Windows that is up to date and connected
//! let stores = SystemStores {
//!     root: microsoft_roots().clone(),
//!     root_program: embedded::root_program().cloned(),
//!     disallowed_list: embedded::disallowed_list().cloned(),
//!     ..SystemStores::default()
//! };
//! let program = stores.root_program.as_ref().unwrap();
//! assert_eq!(program.entries().len(), 555);
//!
//! let entry = program.entries().iter().find(|root| root.name() == "ISRG Root X1").unwrap();
//! // of most roots the facts are embedded, of some the certificate, too
//! let root = program.certificate(entry).unwrap().certificate().clone();
//! let engine = ChainEngine::new(stores.clone(), Default::default(), Default::default());
//! let request = ChainRequest::new(root, "2026-11-01T00:00:00Z".parse()?);
//! assert!(engine.chain(&request)?.is_ok()); // no store holds it: the list does
//! # Ok(())
//! # }
//! ```
//!
//! A newer list becomes a [`RootProgram`](store::root_program::RootProgram) once
//! [`root_update::list::examine`] has accepted it; certificates of further roots come with
//! [`with_certificates`](store::root_program::RootProgram::with_certificates): only roots of the
//! list are used.
//!
//! # Why an event was logged
//!
//! An [`EvidenceReader`](proof::evidence::EvidenceReader) takes files as they were collected, in any
//! order, and makes a [`Case`](proof::Case) of each event in the logs: the machine at that time.
//! [`proof::diagnose`] reproduces the event and finds its causes by experiment. A proof is a scenario;
//! [`proof::replay`] makes its experiments again.
//!
//! ```
//! use chaincheck_engine::format::collection::MemberPath;
//! use chaincheck_engine::proof::evidence::{EvidenceOptions, EvidenceReader};
//! use chaincheck_engine::proof::{CauseKind, Status, diagnose, replay};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // the time counts only where the evidence has no event
//! let mut reader = EvidenceReader::new(EvidenceOptions::new("2026-11-25T00:00:00Z".parse()?));
//! let collected = MemberPath::new("collected");
//! // a path says whose cache a file lay in, e.g. C/Windows/ServiceProfiles/NetworkService/...
//! for file in chaincheck_testdata::lab::lab("expired-list-signer").unwrap() {
//!     reader.add(&collected.member(&file.path), &file.octets, None);
//! }
//! let evidence = reader.finish();
//!
//! let diagnosis = diagnose(&evidence.cases[0])?;
//! assert_eq!(diagnosis.reproduced, Some(true));
//! let cause = diagnosis.causes.iter().find(|cause| cause.status == Status::Proven).unwrap();
//! assert_eq!(cause.kind, CauseKind::ExpiredListSigner);
//!
//! let mut proof = serde_json::to_value(&cause.proof)?; // as it is written to a file
//! assert!(replay(&proof).proven);
//! proof["clock"] = "2024-01-01T00:00:00Z".into();
//! assert!(!replay(&proof).proven);
//! # Ok(())
//! # }
//! ```
//!
//! # A scenario
//!
//! A [`scenario::Scenario`] holds a machine's evidence and one question in a document, and can say
//! what is expected.
//!
//! ```
//! use chaincheck_engine::scenario::{Scenario, run};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let scenario = Scenario::from_json(
//!     r#"{
//!         "schema": "chaincheck/scenario-1",
//!         "clock": "2026-06-01T00:00:00Z",
//!         "request": { "chain": { "end": { "file": "good.cer" } } },
//!         "expect": { "chain": { "error": ["IS_PARTIAL_CHAIN"] } }
//!     }"#,
//! )?;
//! let good = include_bytes!("../../testdata/generated/tls/good.cer");
//! let outcome = run(&scenario, &|_: &str| Ok(good.to_vec()));
//! assert_eq!(outcome.met, Some(true), "{:?}", outcome.differences);
//! # Ok(())
//! # }
//! ```

pub mod base;
pub mod chain;
pub mod crypto;
pub mod explain;
pub mod format;
pub mod object;
pub mod policy;
pub mod proof;
pub mod retrieval;
pub mod revocation;
pub mod root_update;
pub mod scenario;
pub mod store;

#[cfg(test)]
mod test_support;
