//! `chaincheck verify`: would Windows accept these certificates?

mod certutil;
pub(super) mod trusted;

use std::io::{self, Write as _};
use std::path::Path;

use chaincheck_engine::base::digest::hex;
use chaincheck_engine::base::oid::{Oid, SERVER_AUTH, SERVER_GATED_CRYPTO, SGC_NETSCAPE};
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::context::ChainContext;
use chaincheck_engine::chain::engine::{
    ChainEngine, ChainError, ChainFlags, ChainRequest, EngineKind, EngineOptions, UsageMatch,
};
use chaincheck_engine::format::Passwords;
use chaincheck_engine::policy::{self, PolicyName, PolicyRequest, PolicyStatus};
use chaincheck_engine::retrieval::http::{Http, HttpOptions};
use chaincheck_engine::scenario::{self, ErrorResult, Outcome};
use chaincheck_engine::store::{CertificateContext, Store, StoreBuilder};

use crate::options::{self, Machine};
use crate::output::{Error, Status};
use crate::report;
use crate::text::Text;
use crate::trust::TrustArguments;
use trusted::TrustReport;

/// Files that are read from folders, at most.
const MAX_FILES: usize = 10_000;
/// How deep folders are followed.
const MAX_FOLDER_DEPTH: usize = 16;

/// Would Windows accept these certificates?
///
/// Every certificate in the inputs that has issued no other of them is judged; the others help to
/// build its chain. Trusted are the roots of Microsoft's root program and Microsoft's own, as on a
/// Windows that is up to date, and what --store adds; `--trust none` leaves only the latter. Exit
/// status: 0 all are accepted, 1 some are not, 2 an input is unreadable.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArguments {
    /// Files or folders; `-` is standard input
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    #[command(flatten)]
    machine: Machine,
    #[command(flatten)]
    trust: TrustArguments,
    /// The usage that is wanted: a name such as serverAuth or a dotted identifier (repeatable:
    /// all are wanted) [default: with the ssl policy what TLS clients ask for, serverAuth or one
    /// of its two predecessors; else none]
    #[arg(long, value_name = "USAGE", value_parser = options::usage)]
    usage: Vec<Oid>,
    /// A policy to judge by: base, ssl, authenticode, ... (repeatable) [default: base, and ssl
    /// with --host]
    #[arg(long, value_name = "NAME")]
    policy: Vec<PolicyName>,
    /// The host name that the ssl policy compares
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
    /// As certutil -verify writes it, times in UTC
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
}

impl Answer {
    /// Whether there is a chain and every policy is satisfied. A policy decides which errors of a
    /// chain count; some never do.
    fn is_yes(&self) -> bool {
        self.chain.is_ok() && self.policies.iter().all(PolicyStatus::is_ok)
    }
}

pub(crate) fn run(arguments: &VerifyArguments) -> Result<Status, Error> {
    let requests = arguments.policy_requests()?;
    let (given, mut status) = collect(&arguments.inputs, &arguments.machine.passwords.read()?)?;
    if given.certificates().is_empty() {
        if status == Status::Unanswered {
            return Ok(status);
        }
        let what = "holds no certificate".to_owned();
        return Err(Error::Input(arguments.inputs.join(", "), what));
    }
    let now = arguments.machine.now();
    let trust = arguments.trust.resolve(now)?;
    for note in &trust.notes {
        eprintln!("chaincheck: {note}");
    }
    let mut stores = arguments.machine.system_stores(None)?;
    let given_roots = stores.root.clone();
    trust.apply(&mut stores);
    let source = TrustReport { trust: &trust, given: &given_roots, now };
    let mut options = EngineOptions::default();
    options.profile = arguments.machine.profile.unwrap_or_default();
    let engine = ChainEngine::new(stores, EngineKind::System, options);
    let mut out = io::BufWriter::new(io::stdout().lock());
    if arguments.format == VerifyFormat::Certutil {
        eprintln!("chaincheck: times are in UTC");
    }
    let network = match arguments.online {
        true => Some(Http::new(HttpOptions::default()).map_err(|e| Error::Usage(e.to_string()))?),
        false => None,
    };
    for (index, end) in ends(&given).into_iter().enumerate() {
        let answer = arguments.ask(&engine, end, &given, now, &requests, network.as_ref());
        status = status.max(Status::from_bool(answer.is_yes()));
        match arguments.format {
            VerifyFormat::Json => write_json(&mut out, &answer, &source)?,
            VerifyFormat::Certutil => certutil::write(&mut out, arguments, &answer)?,
            VerifyFormat::Text => {
                let mut text = Text::new();
                if index > 0 {
                    text.blank();
                }
                describe(&mut text, &answer, &source);
                text.print(&mut out)?;
            }
        }
    }
    if arguments.format == VerifyFormat::Certutil {
        for sentence in trust.sentences(now) {
            eprintln!("chaincheck: trust: {sentence}");
        }
    }
    out.flush()?;
    Ok(status)
}

impl VerifyArguments {
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
        Answer { end: end.clone(), chain, policies }
    }
}

/// Everything in the inputs. The status says whether all could be read.
fn collect(inputs: &[String], passwords: &Passwords) -> Result<(Store, Status), Error> {
    let mut builder = StoreBuilder::new();
    let mut status = Status::Yes;
    for input in inputs {
        let mut files = Vec::new();
        let is_folder = input != "-" && Path::new(input).is_dir();
        if is_folder {
            list_folder(Path::new(input), 0, &mut files)?;
        } else {
            files.push(input.clone());
        }
        for file in files {
            let added = options::open(&file, passwords).and_then(|contents| {
                for note in &contents.notes {
                    eprintln!("chaincheck: {file}: {note}");
                }
                options::add_contents(&file, &contents, &mut builder)
            });
            match added {
                Ok(_) => {}
                // a folder may hold anything; what is named must be readable
                Err(error) => {
                    eprintln!("chaincheck: {error}");
                    if !is_folder {
                        status = Status::Unanswered;
                    }
                }
            }
        }
    }
    Ok((builder.build(), status))
}

fn list_folder(folder: &Path, depth: usize, files: &mut Vec<String>) -> Result<(), Error> {
    let fail = |what: String| Error::Input(folder.display().to_string(), what);
    if depth > MAX_FOLDER_DEPTH {
        return Err(fail(format!("folders deeper than {MAX_FOLDER_DEPTH}")));
    }
    let entries = std::fs::read_dir(folder).map_err(|error| fail(error.to_string()))?;
    let mut paths = Vec::new();
    for entry in entries {
        if paths.len() + files.len() >= MAX_FILES {
            return Err(fail(format!("more than {MAX_FILES} files")));
        }
        paths.push(entry.map_err(|error| fail(error.to_string()))?.path());
    }
    paths.sort();
    for path in paths {
        if path.is_dir() {
            list_folder(&path, depth + 1, files)?;
        } else {
            match path.to_str() {
                Some(name) => files.push(name.to_owned()),
                None => return Err(fail(format!("{} is not UTF-8", path.display()))),
            }
        }
    }
    Ok(())
}

/// The certificates that have issued no other: the first if each has.
fn ends(given: &Store) -> Vec<&CertificateContext> {
    let all = given.certificates();
    let issuers: std::collections::HashSet<&[u8]> = all
        .iter()
        .map(CertificateContext::certificate)
        .filter(|certificate| !certificate.is_self_issued())
        .map(|certificate| certificate.issuer().raw())
        .collect();
    let mut ends: Vec<_> = all
        .iter()
        .filter(|context| !issuers.contains(context.certificate().subject().raw()))
        .collect();
    if ends.is_empty() {
        ends.extend(all.first());
    }
    ends
}

fn describe(text: &mut Text, answer: &Answer, source: &TrustReport<'_>) {
    let now = source.now;
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
    source.describe(text, answer.chain.as_ref().ok());
    let verdict = if answer.is_yes() { "ACCEPTED" } else { "NOT ACCEPTED" };
    text.line(0, &format!("{verdict} at {now}"));
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
    }
    serde_json::to_writer(&mut *out, &value).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}
