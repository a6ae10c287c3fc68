//! What the evidence does not have, and what of it would decide.

use super::Cause;
use crate::proof::case::{Case, ClockKnowledge};
use crate::proof::cause::{CauseKind, Status};
use crate::proof::sound;

/// Whether a cause lies in the cached file.
pub(super) fn is_of_file(kind: CauseKind) -> bool {
    use CauseKind as K;
    matches!(
        kind,
        K::ExpiredListSigner
            | K::SignerNotYetValid
            | K::NotACabinet
            | K::TruncatedFile
            | K::CorruptCabinet
            | K::CorruptList
            | K::TamperedList
            | K::UnsupportedAlgorithm
            | K::WrongUsage
    )
}

/// Whether the evidence has the part of the machine that would show a cause.
pub(super) fn covered(case: &Case, kind: CauseKind) -> bool {
    use CauseKind as K;
    let coverage = &case.coverage;
    match kind {
        K::WrongClock => {
            !matches!(case.clock, ClockKnowledge::Unknown | ClockKnowledge::Doubtful { .. })
        }
        K::Unreachable | K::Proxy => coverage.network,
        K::MissingRoot
        | K::MissingIntermediate
        | K::DistrustedListChain
        | K::StoreAccessDenied
        | K::StoreCorrupt
        | K::RevokedSigner => coverage.stores,
        K::UpdateDisabled => coverage.registry,
        _ => coverage.url_caches,
    }
}

/// What is missing and would settle what is open.
pub(super) fn would_decide(case: &Case, causes: &[Cause], reproduced: Option<bool>) -> Vec<String> {
    let mut wanted = Vec::new();
    let open =
        |kind: CauseKind| causes.iter().any(|c| c.kind == kind && c.status == Status::Undecided);
    let proven = causes.iter().any(|cause| cause.status == Status::Proven);
    let coverage = &case.coverage;
    if case.record.is_none() && !proven && causes.iter().any(|c| c.status == Status::Consistent) {
        wanted.push("the record of the event (the Application log)".to_owned());
    }
    if causes.iter().any(|cause| cause.masked && cause.only_it.is_some()) && !sound::has_list(case)
    {
        wanted.push(
            "a current authrootstl.cab beside the rest: with it, what is hidden here can be tried"
                .to_owned(),
        );
    }
    if open(CauseKind::WrongClock) {
        wanted.push(
            "the log Microsoft-Windows-CAPI2/Operational: the Date headers of servers' answers in \
             its events 53 show whether the clock was right"
                .to_owned(),
        );
    }
    if open(CauseKind::Proxy) {
        wanted.push(
            "the log Microsoft-Windows-CAPI2/Operational: its events 53 show who answered"
                .to_owned(),
        );
    }
    if !proven && reproduced == Some(false) {
        if !coverage.url_caches {
            wanted.push(
                "the folders CryptnetUrlCache of every profile (LocalService, NetworkService, \
                 SYSTEM, each user), as they were at the time of the event"
                    .to_owned(),
            );
        }
        if !coverage.stores {
            wanted.push("the registry hive SOFTWARE: the machine's stores and settings".to_owned());
        }
        if !coverage.windows {
            wanted.push("the version of Windows (hive SOFTWARE, or --profile)".to_owned());
        }
        if !coverage.network && !open(CauseKind::Proxy) && !open(CauseKind::WrongClock) {
            wanted.push("the log Microsoft-Windows-CAPI2/Operational of that time".to_owned());
        }
    }
    wanted
}
