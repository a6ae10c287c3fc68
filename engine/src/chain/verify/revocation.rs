//! Which elements are checked for revocation, and what their results do to one another
//! (reference, chain-engine 10.2 and 10.3; windows-facts 9 and 13.10).

use super::Findings;
use crate::chain::issuer::Sources;
use crate::chain::path::Path;

/// Checks what the flags ask for. The age of the oldest data, if every checked element has some.
pub(super) fn check(_: &Sources<'_>, _: &Path, _: &mut Findings) -> Option<i64> {
    None
}
