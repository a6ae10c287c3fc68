//! Which records belong to one call, and which object a reference means (reference, capi2-events
//! 4): group by task, order by sequence number, nest by start and stop, join by chainRef and
//! fileRef.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::capi2::{
    Capi2Event, CertificateObject, ChainBuilt, CrlObject, OcspObject, Operation, Tail, UsageList,
    decode,
};
use super::record::EventRecord;
use crate::base::time::Time;

/// What the records of a log have to do with each other. Records are named by their place in the
/// list given to [`correlate`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Correlation {
    /// The calls, in the order in which their first records stand in the log.
    pub tasks: Vec<Task>,
    /// Operational records that name no task.
    pub without_task: Vec<usize>,
    /// The objects the log describes, by fileRef.
    pub objects: BTreeMap<String, KnownObject>,
    /// The event 11 that built each chain, by chainRef.
    pub chains: BTreeMap<String, usize>,
    /// Who used a chain.
    pub uses: Vec<ChainUse>,
    /// What was retrieved and rejected, and for which revocation check.
    pub retrievals: Vec<RetrievalUse>,
}

/// What identifies a call: all its records come from one thread.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TaskKey {
    /// The task's identifier.
    pub task_id: String,
    /// The machine.
    pub computer: String,
    /// The process.
    pub process_id: Option<u32>,
    /// The thread.
    pub thread_id: Option<u32>,
}

/// An outermost call and everything nested in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Task {
    /// What identifies it.
    pub key: TaskKey,
    /// The program.
    pub process_name: Option<String>,
    /// Its records, by sequence number.
    pub records: Vec<usize>,
    /// The same as a tree: each node before those within it.
    pub nodes: Vec<Node>,
    /// What does not fit.
    pub problems: Vec<TaskProblem>,
}

/// An operation from start to stop, or a single event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Node {
    /// The operation; none for a single event.
    pub operation: Option<Operation>,
    /// The record of its start.
    pub start: Option<usize>,
    /// The record of its stop, or the single event.
    pub record: Option<usize>,
    /// The node in which it lies, by its place in [`Task::nodes`].
    pub parent: Option<usize>,
}

/// What does not fit in a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskProblem {
    /// The first record's sequence number is not 1: the log begins later, or was overwritten.
    StartsInMidTask(u64),
    /// Numbers are missing: records were filtered or overwritten.
    Gap {
        /// The number before.
        after: u64,
        /// The number behind.
        before: u64,
    },
    /// Two records have the same number.
    Repeated(u64),
    /// An operation starts and never stops: the record of its start.
    Unfinished(usize),
    /// An operation stops that never started: the record of its stop.
    EndWithoutStart(usize),
    /// The order of the records is not that of their sequence numbers.
    Disordered,
}

/// An object event 90 describes: the first description in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KnownObject {
    /// The record.
    pub record: usize,
    /// What it says.
    pub description: Description,
}

/// What event 90 says of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Description {
    /// A certificate.
    Certificate(Box<CertificateObject>),
    /// A CRL.
    Crl(Box<CrlObject>),
    /// An OCSP response.
    Ocsp(Box<OcspObject>),
}

/// Why a chain was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChainRole {
    /// Event 30: a policy.
    Policy,
    /// Event 81: the signer's chain.
    Signer,
    /// Event 81: the time stamper's chain.
    Timestamp,
}

/// A record that refers to a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainUse {
    /// The record: event 30 or 81.
    pub record: usize,
    /// Why.
    pub role: ChainRole,
    /// The chain's key.
    pub chain_ref: String,
    /// The event 11 that built it, which may belong to another task; none if the log lacks it.
    pub built_by: Option<usize>,
}

/// How a retrieval was given to a revocation check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum JoinedBy {
    /// It lies within it.
    Nesting,
    /// The check used an object from its address.
    Url,
}

/// An event 42, 51 or 53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RetrievalUse {
    /// The record.
    pub record: usize,
    /// The event 41 it served.
    pub revocation: Option<usize>,
    /// How that is known.
    pub joined_by: Option<JoinedBy>,
}

/// Joins the records of a log. Only those of CAPI2's own channel take part.
#[must_use]
pub fn correlate(records: &[EventRecord]) -> Correlation {
    let mut correlation = Correlation::default();
    let mut groups: Vec<Vec<Member>> = Vec::new();
    let mut by_key: HashMap<TaskKey, usize> = HashMap::new();
    for (index, record) in records.iter().enumerate() {
        if !record.is_operational() {
            continue;
        }
        let Some(tail) = Tail::of(record) else { continue };
        let Some(task_id) = tail.task_id else {
            correlation.without_task.push(index);
            continue;
        };
        let key = TaskKey {
            task_id,
            computer: record.computer.clone(),
            process_id: record.process_id,
            thread_id: record.thread_id,
        };
        let group = *by_key.entry(key.clone()).or_insert_with(|| {
            correlation.tasks.push(Task::new(key));
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let (Some(members), Some(task)) =
            (groups.get_mut(group), correlation.tasks.get_mut(group))
        {
            members.push(Member { index, number: tail.sequence_number, id: record.event_id });
            task.process_name = task.process_name.take().or(tail.process_name);
        }
    }
    let mut urls = Urls::default();
    for (index, record) in records.iter().enumerate() {
        correlation.index(index, record, &mut urls);
    }
    correlation.join_chains();
    for (task, members) in correlation.tasks.iter_mut().zip(groups) {
        task.fill(members);
        correlation.retrievals.extend(task.retrievals(records, &urls));
    }
    correlation
}

#[derive(Debug, Clone, Copy)]
struct Member {
    index: usize,
    number: Option<u64>,
    id: u16,
}

/// The addresses of what was retrieved and used, by record.
#[derive(Debug, Default)]
struct Urls {
    retrieved: HashMap<usize, Vec<String>>,
    used: HashMap<usize, Vec<String>>,
}

impl Correlation {
    /// Notes what a record describes and refers to.
    fn index(&mut self, record: usize, of: &EventRecord, urls: &mut Urls) {
        let Some(decoded) = decode(of) else { return };
        let mut known = |file_ref: &str, description: Description| {
            let place = self.objects.entry(file_ref.to_owned());
            place.or_insert(KnownObject { record, description });
        };
        let mut uses = Vec::new();
        match decoded.event {
            Capi2Event::Objects(objects) => {
                for object in objects.certificates {
                    let file_ref = object.reference.file_ref.clone();
                    known(&file_ref, Description::Certificate(Box::new(object)));
                }
                for object in objects.crls {
                    let file_ref = object.reference.file_ref.clone();
                    known(&file_ref, Description::Crl(Box::new(object)));
                }
                for object in objects.ocsp_responses {
                    let file_ref = object.reference.file_ref.clone();
                    known(&file_ref, Description::Ocsp(Box::new(object)));
                }
            }
            Capi2Event::ChainBuilt(built) => {
                for chain_ref in built.chains.into_iter().filter_map(|chain| chain.chain_ref) {
                    self.chains.entry(chain_ref).or_insert(record);
                }
            }
            Capi2Event::PolicyVerified(policy) => uses.push((ChainRole::Policy, policy.chain_ref)),
            Capi2Event::TrustVerified(trust) => {
                uses.push((ChainRole::Signer, trust.chain_ref));
                uses.push((ChainRole::Timestamp, trust.timestamp_chain_ref));
            }
            Capi2Event::Retrieved(retrieved) => {
                urls.retrieved.insert(record, retrieved.url.into_iter().collect());
            }
            Capi2Event::RevocationRejected(rejected) => {
                let found = rejected.objects.into_iter().filter_map(|object| object.url);
                urls.retrieved.insert(record, found.collect());
            }
            Capi2Event::RevocationVerified(verified) => {
                let found = verified.objects.into_iter().filter_map(|object| object.url);
                urls.used.insert(record, found.collect());
            }
            _ => {}
        }
        for (role, chain_ref) in uses {
            let chain_use =
                chain_ref.map(|chain_ref| ChainUse { record, role, chain_ref, built_by: None });
            self.uses.extend(chain_use);
        }
    }

    fn join_chains(&mut self) {
        for chain_use in &mut self.uses {
            chain_use.built_by = self.chains.get(&chain_use.chain_ref).copied();
        }
    }
}

impl Task {
    fn new(key: TaskKey) -> Self {
        let (records, nodes, problems) = (Vec::new(), Vec::new(), Vec::new());
        Self { key, process_name: None, records, nodes, problems }
    }

    /// Orders the members and nests them.
    fn fill(&mut self, mut members: Vec<Member>) {
        if !members.is_sorted_by_key(|member| member.number) {
            self.problems.push(TaskProblem::Disordered);
            members.sort_by_key(|member| member.number);
        }
        self.check_numbers(&members);
        self.records = members.iter().map(|member| member.index).collect();
        // without its beginning, a stop whose start is missing encloses all that came before it
        let is_headless = matches!(self.problems.first(), Some(TaskProblem::StartsInMidTask(_)));
        let mut nesting = Nesting::default();
        for member in &members {
            self.place(member, &mut nesting, is_headless);
        }
        for open in nesting.stack {
            let start = self.nodes.get(open).and_then(|node| node.start);
            self.problems.extend(start.map(TaskProblem::Unfinished));
        }
    }

    fn check_numbers(&mut self, members: &[Member]) {
        let mut numbers = members.iter().filter_map(|member| member.number);
        let Some(mut previous) = numbers.next() else { return };
        if previous > 1 {
            self.problems.insert(0, TaskProblem::StartsInMidTask(previous));
        }
        for number in numbers {
            if number == previous {
                self.problems.push(TaskProblem::Repeated(number));
            } else if number - previous > 1 {
                self.problems.push(TaskProblem::Gap { after: previous, before: number });
            }
            previous = number;
        }
    }

    fn place(&mut self, member: &Member, nesting: &mut Nesting, is_headless: bool) {
        let (index, parent) = (member.index, nesting.stack.last().copied());
        if let Some(operation) = Operation::started_by(member.id) {
            nesting.push(self.nodes.len(), operation);
            self.nodes.push(Node {
                operation: Some(operation),
                start: Some(index),
                record: None,
                parent,
            });
            return;
        }
        let Some(operation) = Operation::ended_by(member.id) else {
            self.nodes.push(Node { operation: None, start: None, record: Some(index), parent });
            return;
        };
        if nesting.holds(operation) {
            while let Some((node, found)) = nesting.pop(&self.nodes) {
                let Some(node) = self.nodes.get_mut(node) else { break };
                if found == operation {
                    node.record = Some(index);
                    break;
                }
                self.problems.extend(node.start.map(TaskProblem::Unfinished));
            }
            return;
        }
        self.problems.push(TaskProblem::EndWithoutStart(index));
        let adopted = self.nodes.len();
        if is_headless && parent.is_none() {
            for node in self.nodes.iter_mut().skip(nesting.adopted) {
                node.parent.get_or_insert(adopted);
            }
            nesting.adopted = adopted;
        }
        self.nodes.push(Node {
            operation: Some(operation),
            start: None,
            record: Some(index),
            parent,
        });
    }

    /// Gives each retrieval to the revocation check it lies in, or else to one in the same task
    /// that used something from its address.
    fn retrievals(&self, records: &[EventRecord], urls: &Urls) -> Vec<RetrievalUse> {
        let mut by_url: HashMap<&str, usize> = HashMap::new();
        for record in &self.records {
            for url in urls.used.get(record).into_iter().flatten() {
                by_url.entry(url).or_insert(*record);
            }
        }
        // the innermost check around each node
        let parent = |node: &&Node| self.nodes.get(node.parent?);
        let is_check = |node: &&Node| node.operation == Some(Operation::VerifyRevocation);
        let enclosing = |node: &Node| {
            let around = std::iter::successors(parent(&node), parent).take(MAX_NESTING);
            around.filter(is_check).find_map(|check| check.record)
        };
        let mut uses = Vec::new();
        for node in self.nodes.iter() {
            let Some(record) = node.record else { continue };
            let id = records.get(record).map(|record| record.event_id);
            if !matches!(id, Some(42 | 51 | 53)) {
                continue;
            }
            let nested = enclosing(node).map(|check| (check, JoinedBy::Nesting));
            let own_urls = urls.retrieved.get(&record).into_iter().flatten();
            let same_url = || own_urls.filter_map(|url| by_url.get(url.as_str())).next();
            let joined = nested.or_else(|| same_url().map(|check| (*check, JoinedBy::Url)));
            uses.push(RetrievalUse {
                record,
                revocation: joined.map(|(check, _)| check),
                joined_by: joined.map(|(_, by)| by),
            });
        }
        uses
    }
}

/// How far around a retrieval its check is sought. Real calls nest 5 deep.
const MAX_NESTING: usize = 64;

/// Operations that are open, and how many of each kind, so that a stop without a start costs no
/// search.
#[derive(Debug, Default)]
struct Nesting {
    stack: Vec<usize>,
    open: HashMap<Operation, usize>,
    adopted: usize,
}

impl Nesting {
    fn push(&mut self, node: usize, operation: Operation) {
        self.stack.push(node);
        *self.open.entry(operation).or_default() += 1;
    }

    fn holds(&self, operation: Operation) -> bool {
        self.open.get(&operation).is_some_and(|count| *count > 0)
    }

    fn pop(&mut self, nodes: &[Node]) -> Option<(usize, Operation)> {
        let node = self.stack.pop()?;
        let operation = nodes.get(node)?.operation?;
        if let Some(count) = self.open.get_mut(&operation) {
            *count = count.saturating_sub(1);
        }
        Some((node, operation))
    }
}

/// Where a question's time is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeSource {
    /// The call gave it.
    Call,
    /// The clock, as a revocation check within the call wrote it.
    RevocationCheck,
    /// The clock, as the event was written.
    Record,
}

/// What a call to CertGetCertificateChain asked, as far as its event tells: with the certificates
/// by thumbprint, enough to ask again and compare the answer bit by bit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainQuestion {
    /// The event 11.
    pub record: usize,
    /// The time at which the chain must be good.
    pub time: Option<Time>,
    /// Where that is known from.
    pub time_source: Option<TimeSource>,
    /// The flags of the call.
    pub flags: Option<u64>,
    /// The usage asked for.
    pub requested_usage: Option<UsageList>,
    /// `user` or `machine`.
    pub engine_context: Option<String>,
    /// SHA-1 thumbprints of the first chain's elements, the end certificate first.
    pub chain: Vec<[u8; 20]>,
    /// SHA-1 thumbprints of the certificates in the additional store.
    pub additional: Vec<[u8; 20]>,
    /// What Windows answered.
    pub answer: Box<ChainBuilt>,
}

/// The questions of a log.
#[must_use]
pub fn questions(records: &[EventRecord], correlation: &Correlation) -> Vec<ChainQuestion> {
    let mut clocks = HashMap::new();
    for task in &correlation.tasks {
        task.clocks(records, &mut clocks);
    }
    let built =
        records.iter().enumerate().filter_map(|(index, record)| match decode(record)?.event {
            Capi2Event::ChainBuilt(answer) => Some((index, record, answer)),
            _ => None,
        });
    built
        .map(|(index, record, answer)| {
            let given = answer.validation_time.map(|time| (time, TimeSource::Call));
            let nested = clocks.get(&index).map(|time| (*time, TimeSource::RevocationCheck));
            let written = record.time.map(|time| (time, TimeSource::Record));
            let time = given.or(nested).or(written);
            let elements = answer.chains.first().map(|chain| chain.elements.as_slice());
            let chain = elements.unwrap_or_default().iter();
            ChainQuestion {
                record: index,
                time: time.map(|(time, _)| time),
                time_source: time.map(|(_, source)| source),
                flags: answer.flags.as_ref().map(|flags| flags.value),
                requested_usage: answer.requested_usage.clone(),
                engine_context: answer.engine_context.clone(),
                chain: chain.filter_map(|one| one.certificate.as_ref()?.sha1()).collect(),
                additional: answer.additional_store.iter().filter_map(|one| one.sha1()).collect(),
                answer,
            }
        })
        .collect()
}

impl Task {
    /// The clock as the first revocation check within each chain building has it.
    fn clocks(&self, records: &[EventRecord], clocks: &mut HashMap<usize, Time>) {
        for node in &self.nodes {
            if node.operation != Some(Operation::VerifyRevocation) {
                continue;
            }
            let parent = node.parent.and_then(|parent| self.nodes.get(parent));
            let Some(parent) = parent.filter(|p| p.operation == Some(Operation::BuildChain)) else {
                continue;
            };
            let (Some(built), Some(check)) = (parent.record, node.record) else { continue };
            let decoded = records.get(check).and_then(decode).map(|decoded| decoded.event);
            if let Some(Capi2Event::RevocationVerified(verified)) = decoded
                && let Some(time) = verified.current_time
            {
                clocks.entry(built).or_insert(time);
            }
        }
    }
}
