//! What the root program's properties allow (reference, ctl 4; chain-engine 7.5 and 7.9).

use crate::base::oid::{self, Oid};
use crate::base::time::Time;
use crate::object::property;
use crate::store::Properties;

/// A set of usages: `None` is any.
pub type Usages = Option<Vec<Oid>>;

/// What a root is asked for.
#[derive(Debug, Clone, Copy)]
pub struct RootQuestion<'a> {
    /// The usages that are wanted; none asks for nothing.
    pub usages: &'a [Oid],
    /// The clock.
    pub now: Time,
    /// The time judged at.
    pub time: Time,
    /// Whether that is the time of a time stamp.
    pub time_stamped: bool,
    /// notBefore of the certificate that is judged under this root; `None` for the root alone.
    pub issued: Option<Time>,
}

/// What the program says to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootVerdict {
    /// The wanted usages that the root is not enabled for: not in property 9, or in 122.
    pub not_enabled: Vec<Oid>,
    /// The date from which on the root is distrusted (104), if it is past.
    pub disabled: Option<Time>,
    /// The date after which the certificate was issued too late (126, 127).
    pub issued_after: Option<Time>,
}

impl RootVerdict {
    /// Whether nothing stands against the root.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.not_enabled.is_empty() && self.disabled.is_none() && self.issued_after.is_none()
    }
}

/// What the program says of a root with these properties.
#[must_use]
pub fn verdict(properties: &Properties, question: &RootQuestion<'_>) -> RootVerdict {
    let left = restrict_usages(properties, None, question.usages);
    let is_left = |oid: &&Oid| left.as_ref().is_none_or(|left| left.contains(oid));
    RootVerdict {
        not_enabled: question.usages.iter().filter(|oid| !is_left(oid)).cloned().collect(),
        disabled: disabled(properties, question),
        issued_after: issued_after(properties, question),
    }
}

/// The usages left to a root of which `own` are its own: with property 9, without 122.
#[must_use]
pub fn restrict_usages(properties: &Properties, own: Usages, asked: &[Oid]) -> Usages {
    let enabled = without_wildcards(properties.oids(property::ENHKEY_USAGE));
    let mut usages = match (own, enabled) {
        (None, other) | (other, None) => other,
        (Some(own), Some(enabled)) => {
            Some(enabled.into_iter().filter(|oid| own.contains(oid)).collect())
        }
    };
    if let Some(removed) = properties.oids(property::DISALLOWED_ENHKEY_USAGE) {
        if usages.is_none() && asked.iter().any(|oid| removed.contains(oid)) {
            // "any" without these cannot be listed; of what was asked for, the rest stays
            usages = Some(asked.to_vec());
        }
        if let Some(usages) = &mut usages {
            usages.retain(|oid| !removed.contains(oid));
        }
    }
    usages
}

/// anyExtendedKeyUsage and Microsoft's any-application-policy are wildcards; anyPolicy is not
/// (observed, windows-facts 7.5 and 7.6).
#[must_use]
pub fn without_wildcards(usages: Usages) -> Usages {
    usages.filter(|usages| {
        !usages.contains(&oid::ANY_EXTENDED_KEY_USAGE)
            && !usages.contains(&oid::ANY_APPLICATION_POLICY)
    })
}

/// The date from which on the root is distrusted (property 104), if it is past. A time stamp from
/// before the date rescues a signature; nothing else does.
#[must_use]
pub fn disabled(properties: &Properties, question: &RootQuestion<'_>) -> Option<Time> {
    let date = properties.time(property::DISALLOWED_FILETIME)?;
    let judged =
        if question.time_stamped { question.time } else { question.time.max(question.now) };
    (judged >= date).then_some(date)
}

/// The date after which no certificate under the root is trusted (property 126), if this one was
/// issued later, and one of the wanted usages is what the date is about (127). A time stamp from
/// before the date rescues a signature.
#[must_use]
pub fn issued_after(properties: &Properties, question: &RootQuestion<'_>) -> Option<Time> {
    let date = properties.time(property::NOT_BEFORE_FILETIME)?;
    let about = properties.oids(property::NOT_BEFORE_ENHKEY_USAGE);
    let applies = about.is_none_or(|about| question.usages.iter().any(|oid| about.contains(oid)));
    let rescued = question.time_stamped && question.time < date;
    (applies && !rescued && question.issued? > date).then_some(date)
}
