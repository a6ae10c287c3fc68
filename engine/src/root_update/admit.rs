//! Whether a list may be put in force: genuine, of the kind it is taken for, and no step back
//! (reference, auto-root-update 4, steps 4 to 8; ctl 5 and 8).

use std::fmt;
use std::sync::Arc;

use super::list::{ListReport, ListSettings, examine};
use crate::base::oid::{self, Oid};
use crate::format::{Kind, Limits, open};
use crate::object::trust_list::TrustList;
use crate::store::root_program::{self, DisallowedList, ListFacts, RootProgram, RootProgramError};

/// A list of the root program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListKind {
    /// The trusted roots.
    AuthRoot,
    /// The disallowed certificates.
    Disallowed,
    /// The pin rules.
    PinRules,
}

impl ListKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::AuthRoot, Self::Disallowed, Self::PinRules];

    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthRoot => "authroot",
            Self::Disallowed => "disallowed",
            Self::PinRules => "pinrules",
        }
    }

    /// The name of the list in its cabinet (observed).
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::AuthRoot => "authroot.stl",
            Self::Disallowed => "disallowedcert.stl",
            Self::PinRules => "pinrules.stl",
        }
    }

    /// The name of its cabinet (observed).
    #[must_use]
    pub const fn cabinet_name(self) -> &'static str {
        match self {
            Self::AuthRoot => root_program::AUTH_ROOT_CAB,
            Self::Disallowed => root_program::DISALLOWED_CAB,
            Self::PinRules => root_program::PIN_RULES_CAB,
        }
    }

    /// How old a list may be before Windows looks for another, in seconds: 7 days, and 16 hours for
    /// the disallowed list (measured on URL caches; reference, auto-root-update 8.3).
    #[must_use]
    pub const fn sync_interval(self) -> i64 {
        match self {
            Self::AuthRoot | Self::PinRules => root_program::AUTH_ROOT_SYNC_SECONDS,
            Self::Disallowed => root_program::DISALLOWED_SYNC_SECONDS,
        }
    }

    /// The list's subjectUsage.
    const fn usage(self) -> Oid {
        match self {
            Self::AuthRoot => oid::ROOT_LIST_SIGNER,
            Self::Disallowed => oid::DISALLOWED_LIST,
            Self::PinRules => oid::PIN_RULES_CTL,
        }
    }

    /// The kind of a list, by its usage.
    #[must_use]
    pub fn of(list: &TrustList) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| list.usage == [kind.usage()])
    }
}

/// When the signer of a list must be valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignerTime {
    /// At the clock, as Windows demands of a list it fetches.
    Now,
    /// At some time: a stored list goes on when its signer has expired (reference, ctl 8.3;
    /// inferred: the newest list there was has been signed by an expired signer seven times).
    Once,
}

/// A list that may be used.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AdmittedList {
    /// Which list.
    pub kind: ListKind,
    /// Its content.
    pub list: TrustList,
    /// What is known of it.
    pub facts: ListFacts,
    /// The signed message, without its cabinet.
    pub message: Arc<[u8]>,
    /// Whether its signer is not valid at the clock.
    pub signer_not_valid_now: bool,
}

/// Why a list may not be used.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no list in the file.
    NoList(String),
    /// The list is not genuine, or its signer is not what it must be.
    NotGenuine(Box<ListReport>),
    /// It is another list than one of the root program's.
    NoRootProgramList(Vec<Oid>),
    /// Its content is not what its usage says.
    Content(RootProgramError),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoList(why) => write!(f, "no trust list can be read: {why}"),
            Self::NotGenuine(report) => {
                let step = report.failing_step.map_or("", super::list::Step::name);
                let why = report.why.as_deref().unwrap_or_default();
                write!(f, "the list is refused at step {step}: {why} ({})", report.error)
            }
            Self::NoRootProgramList(usage) => {
                let usage: Vec<String> = usage.iter().map(Oid::to_string).collect();
                write!(f, "a trust list for {}, and none of the root program", usage.join(", "))
            }
            Self::Content(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}

/// Examines a list, in a cabinet or not, and says what it is.
///
/// # Errors
/// Why it must not be used.
pub fn admit(
    octets: &[u8],
    settings: &ListSettings,
    time: SignerTime,
) -> Result<AdmittedList, Refusal> {
    let contents =
        open(octets, &Limits::default()).map_err(|error| Refusal::NoList(error.to_string()))?;
    let item = contents.items.into_iter().find(|item| item.kind == Kind::CertificateTrustList);
    let message = match item {
        Some(item) => item.octets,
        // what is wrong with it, in the words of the update
        None => {
            let report = examine(octets, settings);
            let why = report.why.unwrap_or_else(|| "the file holds none".to_owned());
            return Err(Refusal::NoList(why));
        }
    };
    let mut report = examine(&message, settings);
    let signer_not_valid_now = report.fails_by_time_alone();
    if signer_not_valid_now && time == SignerTime::Once {
        report = examine_when_valid(&message, settings, report);
    }
    let (Some(list), true) = (report.list.clone(), report.is_accepted()) else {
        return Err(Refusal::NotGenuine(Box::new(report)));
    };
    let Some(kind) = ListKind::of(&list) else {
        return Err(Refusal::NoRootProgramList(list.usage));
    };
    let facts = ListFacts::of(&list, &message, report.signer());
    match kind {
        ListKind::AuthRoot => {
            drop(RootProgram::from_list(&list, facts.clone()).map_err(Refusal::Content)?)
        }
        ListKind::Disallowed => {
            drop(DisallowedList::from_list(&list, facts.clone()).map_err(Refusal::Content)?)
        }
        ListKind::PinRules => {}
    }
    Ok(AdmittedList { kind, list, facts, message, signer_not_valid_now })
}

/// Examines a list again, at the last moment at which its signer's whole chain was valid: what
/// else is wrong must not hide behind the time.
fn examine_when_valid(message: &[u8], settings: &ListSettings, found: ListReport) -> ListReport {
    let elements = found.chain.as_ref().map(|chain| chain.elements()).unwrap_or_default();
    let Some(last) = elements.iter().map(|element| element.certificate.not_after()).min() else {
        return found;
    };
    let mut settings = settings.clone();
    settings.now = last;
    examine(message, &settings)
}

/// What becomes of a list when another of its kind is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Succession {
    /// It takes the other's place.
    Replaces,
    /// It is the other.
    Same,
    /// It says the same and was signed anew, for longer (observed: July 2010).
    SignedAnew,
    /// It is older: taking it would be a step back.
    Older,
    /// It is as old and says something else.
    Contradicts,
}

/// How a list stands to the one in force. Two lists of one number are compared by their content,
/// where that is known.
#[must_use]
pub fn succession(
    new: &ListFacts,
    in_force: &ListFacts,
    same_content: impl FnOnce() -> bool,
) -> Succession {
    if new.is_newer_than(in_force) {
        Succession::Replaces
    } else if in_force.is_newer_than(new) {
        Succession::Older
    } else if new.sha256 == in_force.sha256 {
        Succession::Same
    } else if !same_content() {
        Succession::Contradicts
    } else if new.signed_until > in_force.signed_until {
        Succession::SignedAnew
    } else {
        Succession::Same
    }
}
