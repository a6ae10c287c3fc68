//! `chaincheck verify`: would Windows accept these certificates?

mod certutil;
mod given;
pub(super) mod trusted;

use std::io::{self, Write as _};

use chaincheck_engine::base::digest::hex;
use chaincheck_engine::base::oid::{Oid, SERVER_AUTH, SERVER_GATED_CRYPTO, SGC_NETSCAPE};
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::context::ChainContext;
use chaincheck_engine::chain::engine::{
    ChainEngine, ChainError, ChainFlags, ChainRequest, EngineKind, EngineOptions, UsageMatch,
};
use chaincheck_engine::chain::status::TrustError;
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::policy::{self, PolicyName, PolicyRequest, PolicyStatus};
use chaincheck_engine::proof::why::{Question, Why, why};
use chaincheck_engine::retrieval::http::{Http, HttpOptions};
use chaincheck_engine::scenario::{self, ErrorResult, Outcome};
use chaincheck_engine::store::{CertificateContext, Store, SystemStores};

use crate::options::{self, Machine};
use crate::output::{Error, Status, say};
use crate::report;
use crate::text::Text;
use crate::trust::TrustArguments;
use given::Given;
use trusted::TrustReport;

/// Threads at most.
const MAX_JOBS: usize = 64;

/// Would Windows accept these certificates?
///
/// Every end certificate in the inputs is judged: in files, folders and archives, whatever they are
/// called. CA certificates help to build chains and are judged only where there is no other. CRLs
/// help with --revocation. A self-signed certificate is never trusted by itself.
///
/// Trusted are the roots of Microsoft's list and Microsoft's own, as on a Windows that is up to
/// date, and what --store adds. With `--trust none` only what --store adds is trusted. Where a
/// machine's registry is among the inputs (hive SOFTWARE or an export), and no --trust is given,
/// that machine answers: with its stores, the lists in force on it, its policy for them, and its
/// version of Windows.
///
/// Exit status: 0 all are accepted, 1 some are not, 2 an input is unreadable.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArguments {
    /// Files, folders or archives (zip, tar, gzip); `-` is standard input
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    #[command(flatten)]
    machine: Machine,
    #[command(flatten)]
    trust: TrustArguments,
    /// The usage that is wanted: a name such as serverAuth or a dotted identifier (repeatable:
    /// all are wanted) [default: none; with the ssl policy, as TLS clients ask, serverAuth or one
    /// of its two predecessors]
    #[arg(long, value_name = "USAGE", value_parser = options::usage)]
    usage: Vec<Oid>,
    /// A policy to judge by: base, ssl, authenticode, authenticode-ts, basic-constraints, nt-auth,
    /// microsoft-root, ev, ssl-f12, ssl-hpkp-header, third-party-root, ssl-key-pin, ct (repeatable)
    /// [default: base, and ssl with --host]
    #[arg(long, value_name = "NAME")]
    policy: Vec<PolicyName>,
    /// The name of the server, as its client knows it, for the ssl policy
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Which certificates are checked for revocation, from the CRLs at hand and, with --online,
    /// from the network
    #[arg(long, value_enum, default_value = "none")]
    revocation: Revocation,
    /// Fetch missing issuers, CRLs and OCSP responses from the addresses in the certificates, and
    /// missing roots of the root list from Microsoft. Without it nothing leaves this machine
    #[arg(long)]
    online: bool,
    /// How many certificates are judged at the same time [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// For each error, try the smallest change under which it goes: another time, another name, a
    /// root trusted, an issuer at hand
    #[arg(long)]
    why: bool,
    /// Of many certificates, describe the accepted ones in full, too
    #[arg(long, short)]
    verbose: bool,
    /// How to write the result; json gives one line for each certificate
    #[arg(long, value_enum, default_value = "text")]
    format: VerifyFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Revocation {
    /// None
    None,
    /// The end certificate
    End,
    /// Every certificate
    Chain,
    /// Every certificate but the root
    ChainExcludeRoot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum VerifyFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// As `certutil -verify` writes it, with times in UTC
    Certutil,
}

impl Revocation {
    const fn flags(self) -> ChainFlags {
        match self {
            Self::None => ChainFlags(0),
            Self::End => ChainFlags::REVOCATION_CHECK_END_CERT,
            Self::Chain => ChainFlags::REVOCATION_CHECK_CHAIN,
            Self::ChainExcludeRoot => ChainFlags::REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT,
        }
    }
}

/// The answer about one certificate.
struct Answer {
    end: CertificateContext,
    chain: Result<ChainContext, ChainError>,
    policies: Vec<PolicyStatus>,
    why: Option<Why>,
}

impl Answer {
    /// Whether there is a chain and every policy is satisfied. A policy decides which errors of a
    /// chain count; some never do.
    fn is_yes(&self) -> bool {
        self.chain.is_ok() && self.policies.iter().all(PolicyStatus::is_ok)
    }

    /// The root the chain ends in, if it is untrusted and came with the inputs.
    fn loose_root<'a>(&self, given: &'a Store) -> Option<&'a Certificate> {
        let chain = self.chain.as_ref().ok()?;
        if !chain.status.error.contains(TrustError::IS_UNTRUSTED_ROOT) {
            return None;
        }
        let top = chain.elements().last()?;
        given.find(&top.certificate).map(CertificateContext::certificate)
    }
}

pub(crate) fn run(arguments: &VerifyArguments) -> Result<Status, Error> {
    let requests = arguments.policy_requests()?;
    let given = given::collect(&arguments.inputs, &arguments.machine.passwords.read()?)?;
    let mut status = given.status;
    if given.all.certificates().is_empty() {
        if status == Status::Unanswered {
            return Ok(status);
        }
        let what = "holds no certificate".to_owned();
        return Err(Error::Input(arguments.inputs.join(", "), what));
    }
    let now = arguments.machine.now();
    let machine = given.machine.as_ref().filter(|_| arguments.trust.is_default());
    let trust = match machine {
        Some(machine) => {
            arguments.trust.of_machine(&machine.file, &machine.lists, machine.updated, now)?
        }
        None => arguments.trust.resolve(now)?,
    };
    let mut stores =
        arguments.machine.system_stores_with(&mut |name, builder| given.add_to(name, builder))?;
    let given_roots = stores.root.clone();
    trust.apply(&mut stores);
    let source = TrustReport { trust: &trust, given: &given_roots, now };
    let mut options = EngineOptions::default();
    if let Some(machine) = &given.machine {
        scenario::apply_settings(&machine.settings, &mut options);
    }
    let of_machine = given.machine.as_ref().and_then(|machine| machine.profile);
    options.profile = arguments.machine.profile.or(of_machine).unwrap_or_default();
    let engine = ChainEngine::new(stores, EngineKind::System, options);
    let mut out = io::BufWriter::new(io::stdout().lock());
    if arguments.format == VerifyFormat::Certutil {
        say("times are in UTC");
    }
    let network = match arguments.online {
        true => Some(Http::new(HttpOptions::default()).map_err(|e| Error::Usage(e.to_string()))?),
        false => None,
    };
    let (ends, authorities) = given.ends();
    let mut report = Report {
        source: &source,
        given: &given,
        brief: ends.len() > 1 && !arguments.verbose,
        accepted: 0,
        refused: 0,
        authorities,
    };
    let ask = |end: &CertificateContext| {
        arguments.ask(&engine, end, &given.all, now, &requests, network.as_ref())
    };
    for together in ends.chunks(arguments.jobs()) {
        for answer in answers(together, &ask) {
            status = status.max(Status::from_bool(answer.is_yes()));
            match arguments.format {
                VerifyFormat::Json => write_json(&mut out, &answer, &source)?,
                VerifyFormat::Certutil => certutil::write(&mut out, arguments, &answer)?,
                VerifyFormat::Text => report.answer(&answer).print(&mut out)?,
            }
        }
    }
    if arguments.format == VerifyFormat::Text {
        report.end().print(&mut out)?;
    } else if let Some(signed) = given.signed_sentence() {
        eprintln!("chaincheck: {signed}");
    }
    if arguments.format == VerifyFormat::Certutil {
        for sentence in trust.sentences(now) {
            say(format_args!("trust: {sentence}"));
        }
    }
    out.flush()?;
    Ok(status)
}

/// Asks about each of these at the same time; the answers come in their order.
fn answers(
    ends: &[&CertificateContext],
    ask: &(impl Fn(&CertificateContext) -> Answer + Sync),
) -> Vec<Answer> {
    if let [end] = ends {
        return vec![ask(end)];
    }
    std::thread::scope(|scope| {
        let running: Vec<_> = ends.iter().map(|end| scope.spawn(|| ask(end))).collect();
        let answer = |thread: std::thread::ScopedJoinHandle<'_, Answer>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        running.into_iter().map(answer).collect()
    })
}

impl VerifyArguments {
    /// How many certificates are judged at the same time.
    fn jobs(&self) -> usize {
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        self.jobs.map_or_else(processors, usize::from).min(MAX_JOBS)
    }

    fn policy_requests(&self) -> Result<Vec<PolicyRequest>, Error> {
        let mut names = self.policy.clone();
        if names.is_empty() {
            names.push(PolicyName::Base);
            if self.host.is_some() {
                names.push(PolicyName::Ssl);
            }
        }
        let compares = [PolicyName::Ssl, PolicyName::SslKeyPin];
        if self.host.is_some() && !names.iter().any(|name| compares.contains(name)) {
            let what = "--host is compared by the policies ssl and ssl-key-pin only; add one";
            return Err(Error::Usage(what.to_owned()));
        }
        Ok(names
            .into_iter()
            .map(|name| {
                let mut request = PolicyRequest::new(name);
                request.server.clone_from(&self.host);
                request
            })
            .collect())
    }

    /// TLS clients ask for server authentication or one of its two predecessors (observed;
    /// the SSL policy itself asks for none).
    fn usage_match(&self, requests: &[PolicyRequest]) -> UsageMatch {
        let is_tls = requests.iter().any(|request| request.policy == PolicyName::Ssl);
        if self.usage.is_empty() && is_tls {
            return UsageMatch::any_of(vec![SERVER_AUTH, SERVER_GATED_CRYPTO, SGC_NETSCAPE]);
        }
        UsageMatch::all(self.usage.clone())
    }

    fn ask(
        &self,
        engine: &ChainEngine,
        end: &CertificateContext,
        given: &Store,
        now: Time,
        requests: &[PolicyRequest],
        network: Option<&Http>,
    ) -> Answer {
        let mut request = ChainRequest::new(end.clone(), now);
        request.additional = given.clone();
        request.usage = self.usage_match(requests);
        request.flags = self.revocation.flags();
        if let Some(network) = network {
            request.retrieval = network;
        }
        let chain = engine.chain(&request);
        let policies = chain
            .as_ref()
            .map(|chain| policy::verify_all(chain, requests, engine.stores(), now))
            .unwrap_or_default();
        let mut answer = Answer { end: end.clone(), chain, policies, why: None };
        if self.why && !answer.is_yes() {
            let options = engine.options().clone();
            let mut question = Question::new(engine.stores().clone(), options, request);
            question.policies = requests.to_vec();
            question.pool = pool(engine.stores(), given);
            answer.why = why(&question);
        }
        answer
    }
}

/// Certificates that could be issuers, wherever they are.
fn pool(stores: &SystemStores, given: &Store) -> Vec<Certificate> {
    [&stores.ca, &stores.root, &stores.auth_root, given]
        .into_iter()
        .flat_map(Store::certificates)
        .map(|held| held.certificate().clone())
        .collect()
}

/// The answers for people: each in full, or of many those in full that are no.
struct Report<'a> {
    source: &'a TrustReport<'a>,
    given: &'a Given,
    /// Accepted certificates take one line.
    brief: bool,
    accepted: usize,
    refused: usize,
    /// CA certificates that were not judged themselves.
    authorities: usize,
}

impl Report<'_> {
    fn answer(&mut self, answer: &Answer) -> Text {
        let mut text = Text::new();
        let count = if answer.is_yes() { &mut self.accepted } else { &mut self.refused };
        *count += 1;
        if self.brief && answer.is_yes() {
            let certificate = answer.end.certificate();
            let hash = hex(&certificate.sha1());
            text.item(0, &format!("ACCEPTED {} (SHA-1 {hash})", certificate.subject()));
            return text;
        }
        if self.accepted + self.refused > 1 {
            text.blank();
        }
        self.describe(&mut text, answer);
        text
    }

    /// The counts, where there is something to count.
    fn end(&self) -> Text {
        let mut text = Text::new();
        let all = self.accepted + self.refused;
        if all > 1 || self.authorities > 0 {
            text.blank();
            let certificates = if all == 1 { "certificate" } else { "certificates" };
            text.line(
                0,
                &format!(
                    "{all} {certificates}: {} accepted, {} not accepted",
                    self.accepted, self.refused
                ),
            );
        }
        if self.authorities > 0 {
            let what = match self.authorities {
                1 => "CA certificate that issued none of these was not judged itself",
                _ => "CA certificates that issued none of these were not judged themselves",
            };
            text.line(0, &format!("{} {what}", self.authorities));
        }
        if let Some(stores) = self.given.stores_sentence() {
            text.line(0, &stores);
        }
        if let Some(signed) = self.given.signed_sentence() {
            text.item(0, &signed);
        }
        text
    }

    fn describe(&self, text: &mut Text, answer: &Answer) {
        let now = self.source.now;
        let certificate = answer.end.certificate();
        text.line(0, &certificate.subject().to_string());
        match &answer.chain {
            Ok(chain) => report::chain(text, chain, now),
            Err(error) => {
                text.item(2, "no chain: the call itself fails");
                text.item(2, &report::code(error.hresult()));
                text.item(2, &error.to_string());
            }
        }
        for policy in &answer.policies {
            let place = match policy.element_index {
                index if index < 0 => String::new(),
                index => format!(" at element [{index}]"),
            };
            text.item(2, &format!("policy {}: {}{place}", policy.policy, verdict_text(policy)));
            for hidden in &policy.hidden {
                text.item(4, &format!("this hides {}", report::code(hidden.error)));
            }
            if let Some(note) = &policy.note {
                text.item(4, &format!("not proven: {note}"));
            }
        }
        if let Some(root) = answer.loose_root(&self.given.all) {
            text.item(
                2,
                &format!(
                    "note: {} is in the input, but nothing there says that it is a root of \
                     the machine; a self-signed certificate is never trusted by itself",
                    root.subject()
                ),
            );
        }
        if let Some(why) = &answer.why {
            describe_why(text, why);
        }
        self.source.describe(text, answer.chain.as_ref().ok());
        let verdict = if answer.is_yes() { "ACCEPTED" } else { "NOT ACCEPTED" };
        text.line(0, &format!("{verdict} at {now}"));
    }
}

fn describe_why(text: &mut Text, why: &Why) {
    text.item(2, "why, by experiment:");
    for reason in &why.reasons {
        let about = reason.about.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
        let left = match reason.leaves.as_slice() {
            [] => "then nothing is wrong".to_owned(),
            left => format!("then this is left: {}", left.join(", ")),
        };
        match &reason.change {
            Some(change) => {
                text.item(4, &format!("{}{about} goes {change}; {left}", reason.error));
            }
            None => text.item(4, &format!("{}{about}: no change makes it go", reason.error)),
        }
        if let Some(note) = &reason.note {
            text.item(6, note);
        }
    }
    match why.together {
        Some(true) => text.item(4, "with all of these together nothing is wrong"),
        Some(false) => text.item(4, "even with all of these together something is left"),
        None => {}
    }
}

fn verdict_text(policy: &PolicyStatus) -> String {
    if policy.is_ok() { "satisfied".to_owned() } else { report::code(policy.error) }
}

/// The result of the scenario that asks the same.
fn write_json(
    out: &mut impl io::Write,
    answer: &Answer,
    source: &TrustReport<'_>,
) -> Result<(), Error> {
    let mut outcome = Outcome::default();
    outcome.schema = scenario::RESULT_SCHEMA.to_owned();
    outcome.id = hex(&answer.end.certificate().sha1());
    match &answer.chain {
        Ok(chain) => {
            outcome.chain = Some(chain.into());
            outcome.unproven.clone_from(&chain.unproven);
            outcome.policies = Some(answer.policies.iter().map(Into::into).collect());
        }
        Err(error) => {
            outcome.call_error = Some(error.hresult().to_string());
            outcome.error = Some(ErrorResult { message: error.to_string() });
        }
    }
    let mut value = serde_json::to_value(&outcome).map_err(io::Error::from)?;
    if let Some(object) = value.as_object_mut() {
        object.insert("trust".to_owned(), source.value(answer.chain.as_ref().ok()));
        if let Some(why) = &answer.why {
            object.insert("why".to_owned(), serde_json::to_value(why).map_err(io::Error::from)?);
        }
    }
    serde_json::to_writer(&mut *out, &value).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}
