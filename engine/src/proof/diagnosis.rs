//! From a case to causes, each with its experiments.

mod answer;
mod gaps;
mod shown;

pub use answer::{Cause, EventDiagnosis, Evidence, OnlyIt, RecordResult, WithoutIt};
use gaps::{covered, is_of_file, would_decide};
use shown::{evidence, unfelt};

use super::case::{Case, ClockKnowledge};
use super::cause::{CauseKind, Status};
use super::experiment::{Bench, Outcome, Target, Trial};
use super::fact::Fact;
use super::remedy::remedies;
use super::replay::{Proof, proof_scenario};
use super::sound::{no_files, sound_machine};
use super::suspect::{Suspect, suspects};
use crate::base::time::Time;
use crate::chain::engine::Profile;
use crate::root_update::RootUpdateReport;
use crate::scenario::{
    EventResult, LIST_REVOCATION, Scenario, ScenarioError, simulate_root_update,
};

/// Explains a case.
///
/// # Errors
/// If the machine cannot be run at all.
pub fn diagnose(case: &Case) -> Result<EventDiagnosis, ScenarioError> {
    let report = simulate_root_update(&case.machine, &no_files)?;
    let profile = case.machine.profile.as_deref().and_then(Profile::from_name).unwrap_or_default();
    let outcome = Outcome::of(&report, profile);
    let predicted = Target::of_outcome(&outcome);
    let target = case.record.as_ref().map(Target::of_record).or_else(|| predicted.clone());
    let reproduced = case.record.as_ref().map(|record| Target::of_record(record).is_met(&outcome));
    let sound = sound_machine(case);
    let found = suspects(case, &sound, &report);
    let (causes, remedies) = match target {
        Some(target) => {
            let bench = Bench::new(case, &sound, profile, target);
            let judge = Judge { case, bench, outcome: &outcome, reproduced };
            let causes = judge.causes(&found);
            let remedies = remedies(case, &judge.bench, &causes);
            (causes, remedies)
        }
        // nothing happened, and nothing would: what is wrong all the same is said
        None => (found.iter().map(|suspect| unfelt(case, suspect)).collect(), Vec::new()),
    };
    Ok(EventDiagnosis {
        record: case.record.as_ref().map(RecordResult::from),
        repeated: case.repeated,
        event: outcome.failures().next().map(|event| EventResult::new(event, profile)),
        clock: case.machine.clock.clone(),
        true_clock: match &case.clock {
            ClockKnowledge::Wrong { really, .. } => Some(really.to_string()),
            _ => None,
        },
        profile: profile.name().to_owned(),
        reproduced,
        outcome: outcome.text(),
        failing_step: failing_step(&report),
        would_decide: would_decide(case, &causes, reproduced),
        causes,
        remedies,
        unproven: unproven(case, &report),
        chain: report.attempts.iter().find_map(|a| a.report.chain.as_ref()).map(Into::into),
        steps: report.steps,
    })
}

fn unproven(case: &Case, report: &RootUpdateReport) -> Vec<String> {
    let mut notes = report.unproven.clone();
    if case.machine.registry.contains_key(LIST_REVOCATION) {
        notes.push(
            "that the update looks for a list's signer in CRLs is not known; it is taken from the \
             record, whose code says revoked"
                .to_owned(),
        );
    }
    notes
}

fn failing_step(report: &RootUpdateReport) -> Option<String> {
    let failed = report.attempts.iter().find_map(|attempt| attempt.report.failing_step)?;
    Some(failed.name().to_owned())
}

struct Judge<'a> {
    case: &'a Case,
    bench: Bench<'a>,
    outcome: &'a Outcome,
    reproduced: Option<bool>,
}

impl Judge<'_> {
    fn causes(&self, found: &[Suspect]) -> Vec<Cause> {
        let trials: Vec<Option<Trial>> = found
            .iter()
            .map(|suspect| suspect.fact.as_ref().map(|fact| self.bench.trial(fact)))
            .collect();
        let mut pairs = found.iter().zip(&trials);
        let gone = |(suspect, trial): (&Suspect, &Option<Trial>)| {
            trial.as_ref().and_then(|trial| self.is_gone(suspect, trial)) == Some(true)
        };
        let joint =
            if pairs.any(gone) { Vec::new() } else { self.bench.joint(found).unwrap_or_default() };
        let company: Vec<Vec<usize>> = (0..found.len())
            .map(|number| match trials.get(number).and_then(Option::as_ref) {
                Some(trial) if found.get(number).is_some_and(|s| self.is_needed_only(s, trial)) => {
                    self.bench.company(found, number).unwrap_or_default()
                }
                _ => Vec::new(),
            })
            .collect();
        let mut causes: Vec<Cause> = found
            .iter()
            .zip(&trials)
            .enumerate()
            .map(|(number, (suspect, trial))| match trial {
                None => self.untestable(suspect),
                Some(trial) if joint.contains(&number) => {
                    self.joint(suspect, trial, found, &joint, number)
                }
                Some(trial) => {
                    let with = company.get(number).map(Vec::as_slice).unwrap_or_default();
                    let helps = company.iter().any(|set| set.contains(&number));
                    self.single(suspect, trial, found, with, helps)
                }
            })
            .collect();
        // a kind that is found is not refuted by another fact of its kind that is not
        let open: Vec<CauseKind> =
            causes.iter().filter(|c| c.status != Status::Refuted).map(|c| c.kind).collect();
        causes.retain(|cause| cause.status != Status::Refuted || !open.contains(&cause.kind));
        let explained = causes.iter().any(|cause| cause.status == Status::Proven);
        for kind in CauseKind::ALL {
            if causes.iter().all(|cause| cause.kind != kind) {
                causes.push(self.absent(kind, explained, found));
            }
        }
        causes.sort_by_key(|cause| cause.status);
        causes
    }

    /// The best a cause can be here: without a record nothing has happened that could be proven,
    /// unless the state of the machine is itself what is asked about.
    fn best(&self, fact: Option<&Fact>) -> (Status, Option<String>) {
        if self.bench.target == Target::Disabled {
            return (Status::Proven, None);
        }
        if fact.is_some_and(|fact| self.case.assumed.contains(fact)) {
            let note = "The record itself says so, and nothing else in the evidence does.";
            return (Status::Consistent, Some(note.to_owned()));
        }
        match (&self.case.record, self.reproduced) {
            (None, _) => (
                Status::Consistent,
                Some(
                    "Both experiments hold. It is not called proven, because no record of the \
                     event was given: this is what the machine would log."
                        .to_owned(),
                ),
            ),
            (Some(record), Some(true)) if record.error.is_none() => (
                Status::Consistent,
                Some(
                    "Both experiments hold, but the text of the record is in no wording known \
                     here, so its code could not be compared."
                        .to_owned(),
                ),
            ),
            (Some(_), Some(true)) => (Status::Proven, None),
            (Some(_), _) => (
                Status::Consistent,
                Some(format!(
                    "The recorded event was not reproduced from this evidence: the run came to \
                     {}.",
                    self.outcome.text()
                )),
            ),
        }
    }

    /// The best a suspect can be: that a period is over rests on the clock.
    fn best_of(&self, suspect: &Suspect) -> (Status, Option<String>) {
        let (status, note) = self.best(suspect.fact.as_ref());
        if status != Status::Proven {
            return (status, note);
        }
        match (&self.case.clock, suspect.kind) {
            (
                ClockKnowledge::Doubtful { why },
                CauseKind::ExpiredListSigner | CauseKind::SignerNotYetValid,
            ) => {
                let note = format!(
                    "By the machine's clock both experiments hold, but the clock is in doubt: {why}."
                );
                (Status::Consistent, Some(note))
            }
            (ClockKnowledge::Unknown, CauseKind::SignerNotYetValid) => (
                Status::Consistent,
                Some(
                    "By the machine's clock both experiments hold, but Microsoft publishes no \
                     lists of the future, and nothing says that the clock was right."
                        .to_owned(),
                ),
            ),
            _ => (status, note),
        }
    }

    fn cause(&self, suspect: &Suspect, trial: Option<&Trial>) -> Cause {
        let without_it = trial.and_then(|trial| trial.without.as_ref()).map(|outcome| WithoutIt {
            changed: suspect.fact.as_ref().map_or_else(String::new, |f| self.change(f)),
            outcome: outcome.text(),
        });
        let only_it = trial
            .and_then(|trial| trial.alone.as_ref())
            .map(|outcome| OnlyIt { outcome: outcome.text() });
        Cause {
            kind: suspect.kind,
            status: Status::Undecided,
            statement: suspect.statement.clone(),
            evidence: evidence(self.case, suspect),
            without_it,
            only_it,
            jointly_with: Vec::new(),
            note: None,
            scenario: None,
            proof: None,
            fact: suspect.fact.clone(),
            masked: false,
            takes_company: false,
        }
    }

    /// Whether the event goes without this; `None` where no experiment was made.
    ///
    /// Where no sound list is at hand, a file is taken out and not replaced: then the event goes
    /// whatever else is wrong, and it says nothing unless the file alone brings the event about.
    fn is_gone(&self, suspect: &Suspect, trial: &Trial) -> Option<bool> {
        let target = &self.bench.target;
        let gone = target.is_gone(trial.without.as_ref()?);
        let is_file = matches!(suspect.fact, Some(Fact::Cached { .. } | Fact::Answer { .. }))
            && suspect.kind != CauseKind::Unreachable;
        let says_nothing = is_file
            && self.reproduced == Some(true)
            && !self.has_sound_list()
            && trial.alone.as_ref().is_some_and(|outcome| !target.is_met(outcome));
        Some(gone && !says_nothing)
    }

    /// Whether the event goes without this, but does not come of it alone.
    fn is_needed_only(&self, suspect: &Suspect, trial: &Trial) -> bool {
        self.reproduced != Some(false)
            && self.is_gone(suspect, trial) == Some(true)
            && trial.alone.as_ref().is_some_and(|outcome| !self.bench.target.is_met(outcome))
    }

    /// A suspect that is tried by itself: `with` are those it needs to bring the event about, and
    /// `helps` says that another needs it.
    fn single(
        &self,
        suspect: &Suspect,
        trial: &Trial,
        found: &[Suspect],
        with: &[usize],
        helps: bool,
    ) -> Cause {
        let mut cause = self.cause(suspect, Some(trial));
        let target = &self.bench.target;
        let gone = self.is_gone(suspect, trial);
        let comes = trial.alone.as_ref().map(|outcome| target.is_met(outcome));
        let company: Vec<&Suspect> = with.iter().filter_map(|i| found.get(*i)).collect();
        (cause.status, cause.note) = match (gone, comes) {
            (Some(true), _) if self.reproduced == Some(false) => self.best(suspect.fact.as_ref()),
            (Some(true), Some(true)) if self.is_of_another_code(suspect, found) => (
                Status::Consistent,
                Some(
                    "It is true of what is to blame, but not what gives the recorded code."
                        .to_owned(),
                ),
            ),
            (Some(true), Some(true)) => self.best_of(suspect),
            (Some(true), _) if !company.is_empty() => {
                cause.jointly_with = company.iter().map(|other| other.kind).collect();
                let (status, more) = self.best_of(suspect);
                let note = format!(
                    "It takes several things: {}, too. The event goes when any of them is mended, \
                     and comes on a sound machine only of them together.",
                    kinds(&cause.jointly_with)
                );
                (status, Some(more.map_or(note.clone(), |more| format!("{note} {more}"))))
            }
            (Some(true), _) => (
                Status::Consistent,
                Some(
                    "The event goes when this alone is changed, but does not come when this alone \
                     is put on a sound machine: something else has a part in it."
                        .to_owned(),
                ),
            ),
            (Some(false), _) => self.stays(suspect, trial, helps),
            (None, _) => (Status::Undecided, Some("The bound on experiments was met.".to_owned())),
        };
        cause.takes_company = !company.is_empty();
        cause.masked = gone == Some(false) && !helps && cause.status == Status::Consistent;
        let company: Vec<Fact> = company.iter().filter_map(|other| other.fact.clone()).collect();
        self.prove(&mut cause, &[], &company);
        cause
    }

    /// A suspect after whose mending the event stays: no cause of it, but perhaps of another.
    fn stays(&self, suspect: &Suspect, trial: &Trial, helps: bool) -> (Status, Option<String>) {
        let alone = trial.alone.as_ref().filter(|outcome| outcome.failures().next().is_some());
        let (status, note) = match alone {
            _ if helps => (
                Status::Consistent,
                "It has a part in the event, but the event stays when this alone is changed: \
                 something else takes its part."
                    .to_owned(),
            ),
            Some(outcome) if suspect.hidden || self.bench.target == Target::Disabled => (
                Status::Consistent,
                format!(
                    "It is there, but hidden: the update does not come to it here. On a machine \
                     that is otherwise sound it raises {}.",
                    outcome.text()
                ),
            ),
            // without a sound list, nothing on a sound machine could come to it
            None if self.is_of_list_chain(suspect) && !self.has_sound_list() => (
                Status::Consistent,
                "It is there, but hidden: the update fails before it comes to it. The evidence has \
                 no sound list to try it with; such a list would fail by it."
                    .to_owned(),
            ),
            _ => (Status::Refuted, "The event stays when this alone is changed.".to_owned()),
        };
        (status, Some(note))
    }

    /// Whether it is no fault of a file, but would fail any list.
    fn is_of_list_chain(&self, suspect: &Suspect) -> bool {
        let of_list = match &self.bench.target {
            Target::Event { id, .. } => suspect.kind.events().contains(id),
            Target::Disabled => true,
        };
        of_list
            && matches!(suspect.fact, Some(Fact::Clock | Fact::Store { .. } | Fact::Fault { .. }))
    }

    fn has_sound_list(&self) -> bool {
        !self.bench.sound.url_cache.is_empty() || !self.bench.sound.network.is_empty()
    }

    /// Whether the recorded code is never this suspect's, but another's with the same fact.
    fn is_of_another_code(&self, suspect: &Suspect, found: &[Suspect]) -> bool {
        let Target::Event { error: Some(code), .. } = &self.bench.target else { return false };
        let gives = |kind: CauseKind| kind.codes().is_none_or(|codes| codes.contains(code));
        !gives(suspect.kind)
            && found.iter().any(|other| other.fact == suspect.fact && gives(other.kind))
    }

    /// One of several that must all be mended.
    fn joint(
        &self,
        suspect: &Suspect,
        trial: &Trial,
        found: &[Suspect],
        set: &[usize],
        number: usize,
    ) -> Cause {
        let mut cause = self.cause(suspect, Some(trial));
        let others: Vec<&Suspect> =
            set.iter().filter(|i| **i != number).filter_map(|i| found.get(*i)).collect();
        let mended: Vec<Fact> = others.iter().filter_map(|other| other.fact.clone()).collect();
        cause.jointly_with = others.iter().map(|other| other.kind).collect();
        let last = self.bench.run(&self.bench.repaired(&mended));
        let keeps = last.as_ref().is_some_and(|outcome| !self.bench.target.is_gone(outcome));
        let comes = trial.alone.as_ref().is_some_and(|outcome| !self.bench.target.is_gone(outcome));
        // where no list is at hand to be put in its place, the bad one has to do: then the recorded
        // code is this one's if it comes with it and not without
        let gives_code = || {
            let own = suspect.fact.iter();
            let with = self.bench.run(&self.bench.afflicted(mended.iter().chain(own)));
            let before = self.bench.run(&self.bench.afflicted(&mended));
            with.is_some_and(|outcome| self.bench.target.is_met(&outcome))
                && before.is_some_and(|outcome| !self.bench.target.is_met(&outcome))
        };
        let mut company = Vec::new();
        if !(keeps && comes) && gives_code() {
            (cause.status, cause.note) = self.best_of(suspect);
            company.clone_from(&mended);
            let note = format!(
                "Several things are wrong: {}, too. The recorded code is this one's: it comes \
                 with it, and another without. The event goes only when all are mended.",
                kinds(&cause.jointly_with)
            );
            cause.note = Some(cause.note.map_or(note.clone(), |more| format!("{note} {more}")));
        } else if keeps && comes {
            (cause.status, cause.note) = self.best_of(suspect);
            let mut note = format!(
                "Several things are wrong: {}, too. The event goes only when all are mended; with \
                 the others mended, this alone keeps it coming.",
                kinds(&cause.jointly_with)
            );
            if let Some(alone) = &trial.alone
                && !self.bench.target.is_met(alone)
            {
                note.push_str(&format!(
                    " The recorded code is not of this one: alone, it raises {}.",
                    alone.text()
                ));
            }
            cause.note = Some(cause.note.map_or(note.clone(), |more| format!("{note} {more}")));
        } else {
            cause.status = Status::Consistent;
            cause.note = Some("It is one of several faults; not all experiments hold.".to_owned());
        }
        self.prove(&mut cause, &mended, &company);
        cause
    }

    fn untestable(&self, suspect: &Suspect) -> Cause {
        let mut cause = self.cause(suspect, None);
        cause.status = Status::Consistent;
        cause.note = Some(
            "No experiment could be made: what would mend it is not in the evidence.".to_owned(),
        );
        cause
    }

    /// A cause of which nothing was found.
    fn absent(&self, kind: CauseKind, explained: bool, found: &[Suspect]) -> Cause {
        let (status, statement) = self.absence(kind, explained, found);
        Cause {
            kind,
            status,
            statement,
            evidence: Vec::new(),
            without_it: None,
            only_it: None,
            jointly_with: Vec::new(),
            note: None,
            scenario: None,
            proof: None,
            fact: None,
            masked: false,
            takes_company: false,
        }
    }

    fn absence(&self, kind: CauseKind, explained: bool, found: &[Suspect]) -> (Status, String) {
        if let Target::Event { id, error, .. } = &self.bench.target {
            if !kind.events().contains(id) {
                let raised = match kind.events() {
                    [] => "no event at all".to_owned(),
                    ids => ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or "),
                };
                return (Status::Refuted, format!("It raises {raised}, not {id}."));
            }
            if let (Some(code), Some(codes)) = (error, kind.codes())
                && !codes.contains(code)
            {
                let own: Vec<String> = codes.iter().map(ToString::to_string).collect();
                let statement = format!("It is logged with {}; this is {code}.", own.join(" or "));
                return (Status::Refuted, statement);
            }
        }
        if kind == CauseKind::WrongClock {
            let of_time = |suspect: &Suspect| {
                matches!(suspect.kind, CauseKind::ExpiredListSigner | CauseKind::SignerNotYetValid)
            };
            return match &self.case.clock {
                ClockKnowledge::Right { witness } => {
                    (Status::Refuted, format!("The clock was right: {witness}."))
                }
                ClockKnowledge::Wrong { witness, .. } => (
                    Status::Refuted,
                    format!("The clock was wrong ({witness}), but nothing here depends on it."),
                ),
                ClockKnowledge::Doubtful { why }
                    if found.iter().any(of_time) || self.is_about_time() =>
                {
                    (Status::Undecided, format!("The machine's clock is in doubt: {why}."))
                }
                ClockKnowledge::Unknown if found.iter().any(of_time) || self.is_about_time() => (
                    Status::Undecided,
                    "Nothing in the evidence says whether the machine's clock was right; the \
                     answer takes it to have been."
                        .to_owned(),
                ),
                ClockKnowledge::Unknown | ClockKnowledge::Doubtful { .. } => {
                    (Status::Refuted, "The event does not depend on the clock.".to_owned())
                }
            };
        }
        if kind == CauseKind::Proxy && found.iter().any(|s| s.kind == CauseKind::NotACabinet) {
            let page = found.iter().any(|suspect| suspect.statement.contains("a web page"));
            if page && !self.case.coverage.network {
                let statement = "The cached file is a web page, such as a proxy or a portal sends; \
                                 who sent it is not in the evidence.";
                return (Status::Undecided, statement.to_owned());
            }
        }
        if explained {
            let statement = "Not found in the evidence, and the event is reproduced without it.";
            return (Status::Refuted, statement.to_owned());
        }
        if let (CauseKind::Proxy, Some(sender), Some(false)) =
            (kind, &self.case.page_sender, self.reproduced)
        {
            let statement = format!(
                "A log says that a page came instead of the list ({sender}), but the cache does \
                 not hold it, or no longer."
            );
            return (Status::Consistent, statement);
        }
        // Windows fetches a bad file anew: a sound cache later on acquits nobody (observed)
        if self.reproduced == Some(false) && is_of_file(kind) {
            let statement = "What the cache held when the event was written may have been replaced \
                             since.";
            return (Status::Undecided, statement.to_owned());
        }
        if covered(self.case, kind) {
            return (
                Status::Refuted,
                "The evidence has what would show it, and does not.".to_owned(),
            );
        }
        let statement = "The evidence that would show it is missing.";
        (Status::Undecided, statement.to_owned())
    }

    /// Whether the code is that of a period that does not include the clock.
    fn is_about_time(&self) -> bool {
        let Target::Event { error: Some(code), .. } = &self.bench.target else { return false };
        CauseKind::WrongClock.codes().is_some_and(|codes| codes.contains(code))
    }

    /// Puts the proof of a proven cause beside it.
    fn prove(&self, cause: &mut Cause, mended: &[Fact], company: &[Fact]) {
        if cause.status != Status::Proven {
            return;
        }
        let Some(fact) = &cause.fact else { return };
        let proof = Proof {
            cause: cause.kind,
            statement: cause.statement.clone(),
            fact: fact.clone(),
            mended: mended.to_vec(),
            company: company.to_vec(),
            record: self.case.record.as_ref().map(RecordResult::from),
        };
        cause.proof = Some(Box::new(proof_scenario(
            &self.case.machine,
            self.bench.sound,
            &proof,
            self.outcome,
            (&self.bench.target, self.bench.profile),
        )));
    }

    /// What an experiment changes, in words.
    fn change(&self, fact: &Fact) -> String {
        match fact {
            Fact::Clock => format!("the clock set to {}", self.bench.sound.clock),
            Fact::Cached { url, profile } => {
                let whose = profile.as_deref().map_or_else(String::new, |p| format!(" of {p}"));
                let has = self.bench.sound.url_cache.iter().any(|entry| entry.url == *url);
                let how = if has { "replaced by a sound list" } else { "taken out" };
                format!("the file for {url} in the URL cache{whose} {how}")
            }
            Fact::Answer { url } => {
                let has = self.bench.sound.network.iter().any(|answer| answer.url == *url);
                if has {
                    format!("{url} answers with a sound list")
                } else {
                    format!("{url} not asked")
                }
            }
            Fact::Store { store, sha1 } => {
                let wanted = super::fact::objects(self.bench.sound, store);
                let adds = wanted.iter().any(|(found, _)| sha1.contains(found));
                let verb = if adds { "put into" } else { "taken out of" };
                format!("{} {verb} the store {store}", sha1.join(", "))
            }
            Fact::Fault { store } => format!("access to {store} mended"),
            Fact::Registry { key } if key == crate::scenario::LIST_SIGNER_TIME => {
                "the same list, if its signer were valid now".to_owned()
            }
            Fact::Registry { key } => format!("{key} taken out of the registry"),
        }
    }
}

/// Causes in a sentence.
fn kinds(kinds: &[CauseKind]) -> String {
    let meanings: Vec<&str> = kinds.iter().map(|kind| kind.meaning()).collect();
    meanings.join(", and ")
}

/// The clock of a machine.
pub(super) fn clock(machine: &Scenario) -> Option<Time> {
    machine.clock.parse().ok()
}
