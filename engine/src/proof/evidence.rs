//! From files to cases: what an administrator can collect, put together into the machine it came
//! from, once for each event in its logs.

mod caches;
mod listings;
mod logs;
mod machine;

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::case::{Case, ClockKnowledge, Coverage, Source};
use super::experiment::{Outcome, Target};
use super::fact::{Fact, base64};
use super::sound::no_files;
use crate::base::digest::{hex, sha256};
use crate::base::time::Time;
use crate::chain::engine::Profile;
use crate::format::collection::MemberPath;
use crate::format::event_log::{self, EventLogLimits};
use crate::format::registry::policy_file::PolicyScope;
use crate::format::registry::system_certificates::{RegistryEvidence, SettingValue};
use crate::format::url_cache::{UrlCacheCollector, file_name};
use crate::format::{FormatError, Kind, Limits, detect, open};
use crate::root_update::{LIST_FILE, ROOT_DIR_URL};
use crate::scenario::{
    CachedObject, LIST_REVOCATION, LIST_ROOTS, RegistryValue, Request, RootUpdateRequest,
    SCENARIO_SCHEMA, Scenario, Stores, simulate_root_update,
};
use crate::store::embedded;
use caches::CachedFile;
use logs::{Logs, RecordGroup};

/// The most events that are explained; a log may hold thousands of the same.
pub const MAX_EVENTS: usize = 32;
/// The version of the document that names a laboratory's roots.
pub const LAB_SCHEMA: &str = "chaincheck/lab-1";
/// Octets of a cached or loose file that is kept; every published list has under 300 KiB.
const MAX_KEPT: usize = 16 << 20;
/// Seconds.
const DAY: i64 = 86_400;
/// The policy that switches the update off.
const POLICY_VALUE: &str = "!disablerootautoupdate";
/// Octets of a JSON document that is looked into.
const MAX_JSON: usize = 64 << 20;

/// What the user says, which goes before what the evidence says.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EvidenceOptions {
    /// The clock; an event's own time if absent.
    pub clock: Option<Time>,
    /// The clock for questions without an event and without [`Self::clock`].
    pub now: Time,
    /// The version of Windows.
    pub profile: Option<Profile>,
    /// Roots for lists other than Microsoft's.
    pub list_roots: Vec<Vec<u8>>,
    /// What is in certain stores.
    pub stores: Stores,
}

impl EvidenceOptions {
    /// Everything as the evidence has it.
    #[must_use]
    pub fn new(now: Time) -> Self {
        Self { clock: None, now, profile: None, list_roots: Vec::new(), stores: Stores::default() }
    }
}

/// A file of the evidence, and what it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileSeen {
    /// Its path.
    pub path: String,
    /// What it is, by its octets.
    pub kind: String,
    /// Its size in octets.
    pub size: usize,
    /// SHA-256 of it.
    pub sha256: String,
    /// What it was taken for.
    pub used_as: String,
}

/// A laboratory's roots: evidence that was made to learn from, with lists that Microsoft has not
/// signed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lab {
    /// `chaincheck/lab-1`
    pub schema: String,
    /// What the evidence was made to show.
    pub note: String,
    /// The roots that stand above its lists, DER in base64.
    pub list_roots: Vec<String>,
}

/// A file that belongs to no store, log or cache.
struct Loose {
    path: MemberPath,
    octets: Vec<u8>,
}

/// Takes in files of evidence, in any order.
pub struct EvidenceReader {
    options: EvidenceOptions,
    logs: Logs,
    registry: Vec<(MemberPath, RegistryEvidence)>,
    hives: Vec<(MemberPath, Vec<u8>)>,
    hive_logs: Vec<(String, Vec<u8>)>,
    caches: UrlCacheCollector,
    cached: HashMap<String, Vec<u8>>,
    loose: Vec<Loose>,
    listings: Vec<listings::Listing>,
    certificates: Vec<Vec<u8>>,
    lists: Vec<Vec<u8>>,
    scenarios: Vec<Scenario>,
    lab: Option<Lab>,
    files: Vec<FileSeen>,
    notes: Vec<String>,
}

impl std::fmt::Debug for EvidenceReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EvidenceReader").field("files", &self.files).finish_non_exhaustive()
    }
}

/// What the evidence came to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Evidence {
    /// A case for each event, or for each machine if no log has one.
    pub cases: Vec<Case>,
    /// Every file, and what it was taken for.
    pub files: Vec<FileSeen>,
    /// What could not be read, was assumed, or has to be known.
    pub notes: Vec<String>,
    /// Whether the evidence names roots of its own for lists: it was made in a laboratory, or
    /// somebody wants it to be believed.
    pub lab: Option<Lab>,
}

impl EvidenceReader {
    /// Nothing yet.
    #[must_use]
    pub fn new(options: EvidenceOptions) -> Self {
        Self {
            options,
            logs: Logs::default(),
            registry: Vec::new(),
            hives: Vec::new(),
            hive_logs: Vec::new(),
            caches: UrlCacheCollector::default(),
            cached: HashMap::new(),
            loose: Vec::new(),
            listings: Vec::new(),
            certificates: Vec::new(),
            lists: Vec::new(),
            scenarios: Vec::new(),
            lab: None,
            files: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Something that could not be read.
    pub fn problem(&mut self, path: &MemberPath, what: &str) {
        self.notes.push(format!("{path}: {what}"));
    }

    /// A file. Its kind is told by its octets; its path says whose cache it was, and which hive a
    /// transaction log belongs to.
    pub fn add(&mut self, path: &MemberPath, octets: &[u8], damage: Option<&FormatError>) {
        let kind = detect(octets);
        if let Some(damage) = damage {
            self.problem(path, &damage.to_string());
        }
        let used_as = self.take(path, octets, damage, kind);
        self.files.push(FileSeen {
            path: path.to_string(),
            kind: kind.to_string(),
            size: octets.len(),
            sha256: hex(&sha256(octets)),
            used_as: used_as.to_owned(),
        });
    }

    fn take(
        &mut self,
        path: &MemberPath,
        octets: &[u8],
        damage: Option<&FormatError>,
        kind: Kind,
    ) -> &'static str {
        let name = path.name().to_ascii_lowercase();
        if [".log", ".log1", ".log2"].iter().any(|end| name.ends_with(end))
            && matches!(kind, Kind::RegistryHive | Kind::Unknown | Kind::Empty)
            && octets.len() <= MAX_KEPT
        {
            self.hive_logs.push((path.to_string().to_ascii_lowercase(), octets.to_vec()));
            return "transaction log of a registry hive";
        }
        if self.caches.add(path, octets, damage) {
            if kind != Kind::UrlCacheMetadata && may_be_list(kind) {
                if octets.len() > MAX_KEPT {
                    self.problem(path, &too_large());
                } else {
                    self.cached.insert(path.to_string(), octets.to_vec());
                }
            }
            return "part of a URL cache";
        }
        match kind {
            Kind::EventLog
            | Kind::LegacyEventLog
            | Kind::EventXml
            | Kind::EventJson
            | Kind::EventText => self.log(path, octets),
            Kind::RegistryHive => {
                self.hives.push((path.clone(), octets.to_vec()));
                "registry hive"
            }
            Kind::RegistryExport => {
                match RegistryEvidence::from_export(octets, &Limits::default()) {
                    Ok(found) => self.registry.push((path.clone(), found)),
                    Err(error) => self.problem(path, &FormatError::from(error).to_string()),
                }
                "registry export"
            }
            Kind::RegistryPolicy => {
                let scope = match path.to_string().to_ascii_lowercase().contains("machine") {
                    true => PolicyScope::Machine,
                    false => PolicyScope::Unknown,
                };
                match RegistryEvidence::from_policy_file(octets, scope, &Limits::default()) {
                    Ok(found) => self.registry.push((path.clone(), found)),
                    Err(error) => self.problem(path, &FormatError::from(error).to_string()),
                }
                "registry policy"
            }
            Kind::Unknown if octets.first() == Some(&b'{') && octets.len() <= MAX_JSON => {
                self.json(path, octets)
            }
            Kind::CertutilText => match listings::Listing::read(&path.to_string(), octets) {
                Some(listing) => {
                    self.objects(path, octets);
                    self.notes.push(format!(
                        "{path}: names {} objects of stores by their hashes; only those that are \
                         at hand elsewhere count",
                        listing.len()
                    ));
                    self.listings.push(listing);
                    "what certutil says of a store"
                }
                None => self.objects(path, octets),
            },
            kind if may_be_list(kind) && is_named_like_list(path) => {
                if octets.len() > MAX_KEPT {
                    self.problem(path, &too_large());
                    return "nothing";
                }
                self.loose.push(Loose { path: path.clone(), octets: octets.to_vec() });
                "what the URL cache holds as the list"
            }
            _ => self.objects(path, octets),
        }
    }

    fn log(&mut self, path: &MemberPath, octets: &[u8]) -> &'static str {
        match event_log::read(octets, &EventLogLimits::default()) {
            Ok(log) => {
                for problem in &log.problems {
                    self.notes.push(format!("{path}: {problem}"));
                }
                if log.more_problems > 0 {
                    self.problem(path, &format!("{} more problems", log.more_problems));
                }
                self.logs.add(&path.to_string(), &log.records);
            }
            Err(error) => self.problem(path, &error.to_string()),
        }
        "event log"
    }

    /// A scenario, or what names a laboratory's roots.
    fn json(&mut self, path: &MemberPath, octets: &[u8]) -> &'static str {
        let Ok(text) = std::str::from_utf8(octets) else {
            self.problem(path, "neither JSON nor anything else that is known");
            return "nothing";
        };
        if let Ok(lab) = serde_json::from_str::<Lab>(text)
            && lab.schema == LAB_SCHEMA
        {
            self.lab = Some(lab);
            return "roots of a laboratory";
        }
        match Scenario::from_json(text) {
            Ok(scenario) if matches!(scenario.request, Request::RootUpdate(_)) => {
                self.scenarios.push(scenario);
                "scenario of a machine"
            }
            Ok(_) => {
                self.problem(path, "a scenario, but of no root update");
                "nothing"
            }
            Err(error) => {
                self.problem(path, &error.to_string());
                "nothing"
            }
        }
    }

    /// Certificates and lists that may serve as what a sound machine has.
    fn objects(&mut self, path: &MemberPath, octets: &[u8]) -> &'static str {
        let contents = match open(octets, &Limits::default()) {
            Ok(contents) => contents,
            Err(error) => {
                self.problem(path, &format!("{error}: not used"));
                return "nothing";
            }
        };
        for note in &contents.notes {
            self.notes.push(format!("{path}: {note}"));
        }
        let mut used = "nothing";
        for item in contents.items {
            match item.kind {
                Kind::Certificate => {
                    self.certificates.push(item.octets.to_vec());
                    used = "certificates at hand";
                }
                Kind::CertificateTrustList => {
                    self.lists.push(item.octets.to_vec());
                    used = "a list at hand";
                }
                _ => {}
            }
        }
        used
    }

    /// Puts the machine together and makes the cases.
    #[must_use]
    pub fn finish(mut self) -> Evidence {
        self.read_hives();
        if let Some(lab) = &self.lab {
            let roots = lab.list_roots.iter();
            let decode = |text: &String| {
                super::fact::octets(&crate::scenario::ObjectInput::Base64(text.clone()))
            };
            self.options.list_roots.extend(roots.filter_map(decode));
        }
        self.certificates.extend(self.options.list_roots.iter().cloned());
        if self.caches.left_out() > 0 {
            let what = "files of URL caches were left out: there are too many";
            self.notes.push(format!("{} {what}", self.caches.left_out()));
        }
        let cached = caches::list_files(
            std::mem::take(&mut self.caches).finish(),
            &self.cached,
            &mut self.notes,
        );
        let mut groups = self.logs.failures();
        if groups.len() > MAX_EVENTS {
            let more = groups.len() - MAX_EVENTS;
            self.notes.push(format!("{more} kinds of events more are in the logs; not explained"));
            groups.truncate(MAX_EVENTS);
        }
        self.contradictions(&groups);
        let mut cases: Vec<Case> = self.scenarios.iter().map(scenario_case).collect();
        for group in &groups {
            cases.push(self.case_of_record(group, &cached));
        }
        if groups.is_empty() && self.scenarios.is_empty() {
            cases.extend(self.cases_without_record(&cached));
        }
        Evidence { cases, files: self.files, notes: self.notes, lab: self.lab }
    }

    /// What in the evidence does not go together.
    fn contradictions(&mut self, groups: &[RecordGroup]) {
        let policy = self.registry.iter().find(|(_, found)| {
            found.settings.iter().any(|setting| {
                setting.name.to_ascii_lowercase().ends_with(POLICY_VALUE)
                    && matches!(setting.value, SettingValue::Number(1..))
            })
        });
        if let (Some((path, _)), Some(group)) = (policy, groups.first()) {
            self.notes.push(format!(
                "{path}: a policy switches the update off, which then logs nothing. It was set \
                 after the record of {}, and is left out of what is run",
                group.record.time
            ));
        }
        let computers = self.logs.computers().clone();
        if computers.len() > 1 {
            self.notes.push(format!(
                "the logs are of {} computers ({}): each record is explained by its own computer's \
                 logs, but files that name none (caches, hives, lists) are taken to be of every one",
                computers.len(),
                computers.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
            ));
        }
    }

    fn read_hives(&mut self) {
        for (path, octets) in std::mem::take(&mut self.hives) {
            let lower = path.to_string().to_ascii_lowercase();
            let of_this = |log: &&(String, Vec<u8>)| {
                log.0.strip_prefix(&lower).is_some_and(|end| end.starts_with(".log"))
            };
            let logs: Vec<&[u8]> =
                self.hive_logs.iter().filter(of_this).map(|(_, log)| log.as_slice()).collect();
            let mount = path.registry_mount();
            let read = |logs: &[&[u8]]| {
                RegistryEvidence::from_mounted_hive(&octets, logs, mount, &Limits::default())
            };
            let mut found = read(&logs);
            // logs that cannot be applied leave the hive as it is
            if let (Err(error), false) = (&found, logs.is_empty()) {
                let problem = FormatError::from(error.clone());
                self.notes.push(format!("{path}: its transaction logs are not used: {problem}"));
                found = read(&[]);
            }
            match found {
                Ok(found) => self.registry.push((path, found)),
                Err(error) => {
                    let problem = FormatError::from(error).to_string();
                    self.problem(&path, &problem);
                }
            }
        }
        for (path, found) in &self.registry {
            for problem in &found.problems {
                let problem = FormatError::from(problem.clone());
                self.notes.push(format!("{path}: {problem}"));
            }
            for note in &found.notes {
                self.notes.push(format!("{path}: {note}"));
            }
            if let Some(report) = &found.replay {
                for outcome in &report.logs {
                    self.notes.push(format!("{path}: transaction log: {outcome}"));
                }
                if !report.is_clean {
                    self.notes.push(format!("{path}: the hive is still dirty"));
                }
            }
        }
    }

    /// Every account in whose cache a list is, the record's own first, then those that run the
    /// update (reference, auto-root-update 1).
    fn accounts(&self, cached: &[CachedFile], user: Option<&str>) -> Vec<Option<String>> {
        let mut found: Vec<String> =
            cached.iter().filter_map(|file| file.profile.clone()).collect();
        let rank = |profile: &String| {
            let known = ["S-1-5-20", "S-1-5-19", "S-1-5-18"];
            let service = known.iter().position(|sid| sid == profile).unwrap_or(known.len());
            (user != Some(profile.as_str()), service, profile.clone())
        };
        found.sort_by_key(rank);
        found.dedup();
        match found.is_empty() {
            true => vec![user.map(str::to_owned)],
            false => found.into_iter().map(Some).collect(),
        }
    }

    /// The case of a record: of the accounts whose caches hold a list, the first in which the
    /// record's event comes about.
    fn case_of_record(&mut self, group: &RecordGroup, cached: &[CachedFile]) -> Case {
        let record = &group.record;
        let target = Target::of_record(record);
        let clock = self.options.clock.unwrap_or(record.time);
        let mut first = None;
        let accounts = self.accounts(cached, record.user.as_deref());
        for account in accounts {
            let mut case = self.case(clock, account.as_deref(), cached, Some(group));
            let profile = case.machine.profile.as_deref().and_then(Profile::from_name);
            let outcome = simulate_root_update(&case.machine, &no_files)
                .map(|report| Outcome::of(&report, profile.unwrap_or_default()));
            let met = outcome.is_ok_and(|outcome| target.is_met(&outcome));
            case.record = Some(record.clone());
            if met {
                first = Some(case);
                break;
            }
            first.get_or_insert(case);
        }
        let mut case = match first {
            Some(case) => case,
            None => self.case(clock, None, cached, Some(group)),
        };
        case.record = Some(record.clone());
        case
    }

    /// What the machine would log, once for each account whose cache holds a list, and for each
    /// list that was given by itself.
    fn cases_without_record(&mut self, cached: &[CachedFile]) -> Vec<Case> {
        let clock = self.options.clock.unwrap_or(self.options.now);
        let loose = std::mem::take(&mut self.loose);
        if loose.is_empty() || !cached.is_empty() {
            let accounts = self.accounts(cached, None);
            let made =
                accounts.iter().map(|account| self.case(clock, account.as_deref(), cached, None));
            return made.collect();
        }
        let made = loose.iter().map(|file| {
            let cached = CachedFile {
                url: format!("{ROOT_DIR_URL}{LIST_FILE}"),
                profile: None,
                path: file.path.to_string(),
                octets: file.octets.clone(),
                last_sync: None,
                validated: false,
            };
            self.case(clock, None, &[cached], None)
        });
        made.collect()
    }

    fn case(
        &self,
        clock: Time,
        account: Option<&str>,
        cached: &[CachedFile],
        group: Option<&RecordGroup>,
    ) -> Case {
        let record = group.map(|group| &group.record);
        let mut facts = machine::facts(&self.registry, account, &self.options);
        let mut sources = std::mem::take(&mut facts.sources);
        let (profile, known) = self.profile(facts.profile, record);
        let mut url_cache = Vec::new();
        let mut held: Vec<&CachedFile> = cached
            .iter()
            .filter(|file| file.profile.is_none() || file.profile.as_deref() == account)
            .collect();
        // what was fetched after the event was not there when it was written, unless it was only
        // found to be unchanged
        let later = |file: &CachedFile| {
            record.is_some_and(|record| {
                !file.validated && file.last_sync.is_some_and(|sync| sync > record.time)
            })
        };
        held.retain(|file| !later(file));
        let loose = self.loose.iter().filter(|_| held.is_empty()).map(|file| CachedFile {
            url: record
                .and_then(|record| record.url.clone())
                .filter(|url| super::sound::is_list(url))
                .unwrap_or_else(|| format!("{ROOT_DIR_URL}{LIST_FILE}")),
            profile: None,
            path: file.path.to_string(),
            octets: file.octets.clone(),
            last_sync: None,
            validated: false,
        });
        let loose: Vec<CachedFile> = loose.take(1).collect();
        for file in held.into_iter().chain(&loose) {
            let fact = Fact::Cached { url: file.url.clone(), profile: file.profile.clone() };
            sources.push(Source {
                fact,
                file: file.path.clone(),
                sha256: Some(hex(&sha256(&file.octets))),
                what: format!("what the URL cache holds for {}", file.url),
                value: format!(
                    "{} octets{}",
                    file.octets.len(),
                    file.last_sync.map_or_else(String::new, |t| format!(", last fetched {t}"))
                ),
            });
            url_cache.push(CachedObject {
                url: file.url.clone(),
                object: Some(base64(&file.octets)),
                profile: file.profile.clone(),
                last_sync: file.last_sync.map(|time| time.to_string()),
            });
        }
        let mut network = self.logs.network(record);
        // a page that came over the wire and is in the cache is one page
        let is_cached = |url: &str| url_cache.iter().any(|entry| entry.url == url);
        if network.page_sender.is_some() {
            network.answers.retain(|answer| answer.object.is_none() || !is_cached(&answer.url));
        }
        for answer in &network.sources {
            sources.push(answer.clone());
        }
        let assumed = match record {
            Some(record) if network.sources.is_empty() => logs::assumed_answer(record),
            _ => None,
        };
        let mut registry = facts.registry;
        // an update that is switched off logs nothing: the policy is younger than the record
        if record.is_some() {
            registry.retain(|key, _| !key.to_ascii_lowercase().ends_with(POLICY_VALUE));
        }
        let mut stores = facts.stores;
        let mut lists = self.lists.clone();
        lists.extend(facts.lists);
        lists.extend(self.loose.iter().map(|file| file.octets.clone()));
        lists.extend(cached.iter().map(|file| file.octets.clone()));
        let mut certificates = self.certificates.clone();
        certificates.extend(facts.certificates);
        if !self.listings.is_empty() {
            let at_hand = listings::at_hand(&certificates, &lists, clock);
            sources.extend(listings::fill(&self.listings, &at_hand, &mut stores));
            facts.has_stores = true;
        }
        // a machine of which nothing else is said has the roots of its lists, too
        if !self.options.list_roots.is_empty() && stores.ROOT.is_empty() {
            let delivered = embedded::microsoft_roots().certificates().iter();
            stores.ROOT.extend(delivered.map(|root| base64(root.certificate().der())));
            stores.ROOT.extend(self.options.list_roots.iter().map(|root| base64(root)));
        }
        if !self.options.list_roots.is_empty() {
            let roots = self.options.list_roots.iter().map(|root| hex(&sha256(root))).collect();
            registry.insert(LIST_ROOTS.to_owned(), RegistryValue::Texts(roots));
        }
        // that the update looks into CRLs is not known; a record that says so is believed
        if record.is_some_and(|record| self.logs.says_revoked(record)) && facts.has_crls {
            let check = RegistryValue::Text("check".to_owned());
            registry.insert(LIST_REVOCATION.to_owned(), check);
        }
        let coverage = Coverage {
            stores: facts.has_stores,
            url_caches: !cached.is_empty() || !self.loose.is_empty(),
            network: !network.sources.is_empty(),
            registry: facts.has_settings,
            windows: known,
        };
        let machine = Scenario {
            schema: SCENARIO_SCHEMA.to_owned(),
            id: String::new(),
            note: None,
            profile: Some(profile.name().to_owned()),
            clock: clock.to_string(),
            stores,
            registry,
            url_cache,
            network: match &assumed {
                Some(answer) => vec![answer.clone()],
                None => network.answers,
            },
            faults: facts.faults,
            request: Request::RootUpdate(RootUpdateRequest { profile: account.map(str::to_owned) }),
            expect: None,
            proof: None,
        };
        Case {
            machine,
            record: None,
            repeated: group.map_or(0, |group| group.more),
            clock: self.clock(record),
            lists,
            certificates,
            sources,
            store_problems: facts.problems,
            assumed: assumed.map(|answer| Fact::Answer { url: answer.url }).into_iter().collect(),
            page_sender: network.page_sender,
            coverage,
        }
    }

    /// The version of Windows, and whether the evidence says so.
    fn profile(
        &self,
        found: Option<Profile>,
        record: Option<&super::case::Record>,
    ) -> (Profile, bool) {
        if let Some(profile) = self.options.profile {
            return (profile, true);
        }
        // the record is from the Windows that numbers it so, be the hive of a later one
        if let Some(profile) = record.and_then(logs::numbered_by) {
            return (profile, true);
        }
        let by_record = record.and_then(logs::profile_of);
        match (found, by_record, record) {
            (Some(profile), _, _) | (None, Some(profile), _) => (profile, true),
            // the systems of 2010 are those of which such events are proven
            (None, None, None) => (Profile::Windows7, false),
            (None, None, Some(_)) => (Profile::default(), false),
        }
    }

    fn clock(&self, record: Option<&super::case::Record>) -> ClockKnowledge {
        match (self.options.clock, record) {
            (Some(_), _) => ClockKnowledge::Right { witness: "it was given".to_owned() },
            (None, Some(record)) => match self.logs.clock(record) {
                ClockKnowledge::Unknown if record.time.unix() > self.options.now.unix() + DAY => {
                    ClockKnowledge::Doubtful {
                        why: format!(
                            "the record is dated {}, which is yet to come: now it is {}",
                            record.time, self.options.now
                        ),
                    }
                }
                known => known,
            },
            (None, None) => {
                ClockKnowledge::Right { witness: "the question is about this moment".to_owned() }
            }
        }
    }
}

fn scenario_case(scenario: &Scenario) -> Case {
    let mut machine = scenario.clone();
    machine.expect = None;
    machine.proof = None;
    Case {
        machine,
        record: None,
        repeated: 0,
        clock: ClockKnowledge::Right { witness: "the scenario says so".to_owned() },
        lists: Vec::new(),
        certificates: Vec::new(),
        sources: Vec::new(),
        store_problems: Vec::new(),
        assumed: Vec::new(),
        page_sender: None,
        coverage: Coverage {
            stores: true,
            url_caches: true,
            network: true,
            registry: true,
            windows: scenario.profile.is_some(),
        },
    }
}

fn too_large() -> String {
    format!("larger than {MAX_KEPT} octets, which no list is: not used")
}

/// Kinds that may stand where a list should.
fn may_be_list(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Cabinet | Kind::CertificateTrustList | Kind::Html | Kind::Empty | Kind::Unknown
    )
}

/// Whether a loose file is the list's by its name, or was named by the user itself.
fn is_named_like_list(path: &MemberPath) -> bool {
    let name = path.name().to_ascii_lowercase();
    !path.is_member()
        || name.starts_with("authroot")
        || name.eq_ignore_ascii_case(&file_name(&format!("{ROOT_DIR_URL}{LIST_FILE}")))
}
