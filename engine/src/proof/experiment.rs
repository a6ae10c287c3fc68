//! Running a machine, and a machine with one fact changed.

use std::cell::Cell;

use super::case::{Case, Record};
use super::fact::Fact;
use super::sound::no_files;
use super::suspect::Suspect;
use crate::base::hresult::HResult;
use crate::chain::engine::Profile;
use crate::root_update::RootUpdateReport;
use crate::root_update::event::Event;
use crate::scenario::{EventResult, Scenario, simulate_root_update};

/// The most runs one diagnosis may cost.
pub const MAX_RUNS: usize = 512;
/// The most facts that are changed together when no single one is enough.
pub const MAX_JOINT: usize = 3;

/// What a run of the update came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) events: Vec<Event>,
    /// A policy kept the update from running.
    pub(super) disabled: bool,
    profile: Profile,
}

impl Outcome {
    pub(super) fn of(report: &RootUpdateReport, profile: Profile) -> Self {
        let disabled = report.attempts.is_empty()
            && report.events.is_empty()
            && report.steps.first().is_some_and(|step| step.starts_with("DisableRootAutoUpdate"));
        Self { events: report.events.clone(), disabled, profile }
    }

    /// The failures, each as its number and code.
    pub(super) fn text(&self) -> String {
        if self.disabled {
            return "the update does not run".to_owned();
        }
        let failures: Vec<String> = self
            .failures()
            .map(|event| {
                let result = EventResult::new(event, self.profile);
                match result.error {
                    Some(error) => format!("{} {error}", result.id),
                    None => result.id.to_string(),
                }
            })
            .collect();
        if failures.is_empty() { "no event".to_owned() } else { failures.join(", ") }
    }

    pub(super) fn failures(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(|event| event.error.is_some())
    }
}

/// What has to come and go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// An event, by its number since Windows 7, its code and the address it names, as far as they
    /// are known.
    Event { id: u32, error: Option<HResult>, url: Option<String> },
    /// That the update does not run.
    Disabled,
}

impl Target {
    /// What a record says.
    pub(super) fn of_record(record: &Record) -> Self {
        Self::Event { id: record.definition_id, error: record.error, url: record.url.clone() }
    }

    /// The first failure of a run.
    pub(super) fn of_outcome(outcome: &Outcome) -> Option<Self> {
        if outcome.disabled {
            return Some(Self::Disabled);
        }
        let event = outcome.failures().next()?;
        Some(Self::Event {
            id: u32::from(event.definition.id),
            error: event.error,
            url: event.arguments.first().cloned(),
        })
    }

    /// Whether a run came to just this.
    pub(super) fn is_met(&self, outcome: &Outcome) -> bool {
        match self {
            Self::Disabled => outcome.disabled,
            Self::Event { id, error, url } => outcome.failures().any(|event| {
                u32::from(event.definition.id) == *id
                    && error.is_none_or(|code| event.error == Some(code))
                    && url.as_ref().is_none_or(|url| same_address(url, event.arguments.first()))
            }),
        }
    }

    /// Whether nothing of its kind is left for its address, with another code neither.
    pub(super) fn is_gone(&self, outcome: &Outcome) -> bool {
        match self {
            Self::Disabled => !outcome.disabled,
            Self::Event { id, url, .. } => {
                let is_left = |event: &Event| {
                    u32::from(event.definition.id) == *id
                        && url.as_ref().is_none_or(|url| same_address(url, event.arguments.first()))
                };
                !outcome.disabled && !outcome.failures().any(is_left)
            }
        }
    }
}

/// Windows puts a random query behind its addresses (documented); the record has none.
fn same_address(wanted: &str, found: Option<&String>) -> bool {
    let bare = |url: &str| url.split('?').next().unwrap_or(url).trim().to_ascii_lowercase();
    found.is_some_and(|found| bare(found) == bare(wanted))
}

/// The bench: a machine in evidence, a sound one, and a count of runs.
pub(super) struct Bench<'a> {
    pub(super) machine: &'a Scenario,
    pub(super) sound: &'a Scenario,
    pub(super) profile: Profile,
    pub(super) target: Target,
    runs: Cell<usize>,
}

/// What two experiments with one suspect showed.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    /// The machine with this fact made sound.
    pub(super) without: Option<Outcome>,
    /// The sound machine with this fact alone.
    pub(super) alone: Option<Outcome>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        case: &'a Case,
        sound: &'a Scenario,
        profile: Profile,
        target: Target,
    ) -> Self {
        Self { machine: &case.machine, sound, profile, target, runs: Cell::new(0) }
    }

    /// Runs a machine; `None` once the bound on runs is reached.
    pub(super) fn run(&self, machine: &Scenario) -> Option<Outcome> {
        if self.runs.get() >= MAX_RUNS {
            return None;
        }
        self.runs.set(self.runs.get() + 1);
        let report = simulate_root_update(machine, &no_files).ok()?;
        Some(Outcome::of(&report, self.profile))
    }

    /// The machine in evidence with these facts made sound.
    pub(super) fn repaired<'f>(&self, facts: impl IntoIterator<Item = &'f Fact>) -> Scenario {
        let mut machine = self.machine.clone();
        facts.into_iter().for_each(|fact| fact.copy(self.sound, &mut machine));
        machine
    }

    /// The sound machine with these facts alone as they were in evidence.
    pub(super) fn afflicted<'f>(&self, facts: impl IntoIterator<Item = &'f Fact>) -> Scenario {
        let mut machine = self.sound.clone();
        facts.into_iter().for_each(|fact| fact.copy(self.machine, &mut machine));
        machine
    }

    pub(super) fn trial(&self, fact: &Fact) -> Trial {
        Trial {
            without: self.run(&self.repaired([fact])),
            alone: self.run(&self.afflicted([fact])),
        }
    }

    /// The smallest set of other suspects, by their numbers, that brings the target about together
    /// with this one, and does not without it. For a suspect that is needed, but does not suffice.
    pub(super) fn company(&self, suspects: &[Suspect], number: usize) -> Option<Vec<usize>> {
        let own = suspects.get(number)?.fact.as_ref()?;
        let fact = |i: &usize| suspects.get(*i)?.fact.as_ref();
        let others: Vec<usize> =
            (0..suspects.len()).filter(|i| fact(i).is_some_and(|fact| fact != own)).collect();
        (1..MAX_JOINT).find_map(|size| {
            combinations(&others, size).into_iter().find(|set| {
                let facts: Vec<&Fact> = set.iter().filter_map(fact).collect();
                let with = self.run(&self.afflicted(facts.iter().copied().chain([own])));
                with.is_some_and(|outcome| self.target.is_met(&outcome))
                    && self
                        .run(&self.afflicted(facts.iter().copied()))
                        .is_some_and(|outcome| !self.target.is_met(&outcome))
            })
        })
    }

    /// The smallest sets of suspects, by their numbers, that must all be mended before the target
    /// is gone. Only looked for when no single one is enough.
    pub(super) fn joint(&self, suspects: &[Suspect]) -> Option<Vec<usize>> {
        let raises = |suspect: &Suspect| match self.target {
            Target::Event { id, .. } => suspect.kind.events().contains(&id),
            Target::Disabled => true,
        };
        let testable: Vec<usize> = (0..suspects.len())
            .filter(|i| suspects.get(*i).is_some_and(|s| s.fact.is_some() && raises(s)))
            .collect();
        (2..=MAX_JOINT.min(testable.len())).find_map(|size| {
            combinations(&testable, size).into_iter().find(|set| {
                let facts = set.iter().filter_map(|i| suspects.get(*i)?.fact.as_ref());
                self.run(&self.repaired(facts)).is_some_and(|o| self.target.is_gone(&o))
            })
        })
    }
}

/// Every choice of `size` of these.
fn combinations(of: &[usize], size: usize) -> Vec<Vec<usize>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    of.iter()
        .enumerate()
        .flat_map(|(at, first)| {
            let rest = of.get(at + 1..).unwrap_or_default();
            combinations(rest, size - 1).into_iter().map(move |mut chosen| {
                chosen.insert(0, *first);
                chosen
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::combinations;

    #[test]
    fn combinations_are_all_there_and_each_once() {
        assert_eq!(combinations(&[1, 2, 3], 2), [vec![1, 2], vec![1, 3], vec![2, 3]]);
        assert_eq!(combinations(&[1, 2], 3), Vec::<Vec<usize>>::new());
        assert_eq!(combinations(&[], 0), [Vec::<usize>::new()]);
    }
}
