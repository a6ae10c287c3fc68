//! What the rules may still compare for one question, over all its paths.

use std::cell::Cell;

/// The name of the limit in answers.
pub(crate) const MAX_COMPARISONS: &str = "max_comparisons";

/// Octets of names that one comparison stands for.
const OCTETS_PER_COMPARISON: usize = 64;

/// A stock of comparisons (`SearchBudget::max_comparisons`) that is spent and not renewed. A rule
/// that finds it empty fails the certificate it judges, and says so.
#[derive(Debug)]
pub(crate) struct Work {
    left: Cell<usize>,
    is_spent: Cell<bool>,
}

impl Work {
    pub(crate) const fn new(comparisons: usize) -> Self {
        Self { left: Cell::new(comparisons), is_spent: Cell::new(false) }
    }

    /// Takes so many comparisons. Whether they were there.
    pub(crate) fn take(&self, comparisons: usize) -> bool {
        match self.left.get().checked_sub(comparisons) {
            Some(left) if !self.is_spent.get() => {
                self.left.set(left);
                true
            }
            _ => {
                self.is_spent.set(true);
                false
            }
        }
    }

    /// Takes what comparing two values of these lengths costs.
    pub(crate) fn take_octets(&self, octets: usize) -> bool {
        self.take(1 + octets / OCTETS_PER_COMPARISON)
    }

    /// Whether more was wanted than there was.
    pub(crate) fn is_spent(&self) -> bool {
        self.is_spent.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_stays_spent() {
        let work = Work::new(10);
        assert!(work.take(4) && work.take_octets(64 * 4) && work.take(1));
        assert!(!work.is_spent());
        assert!(!work.take(1) && !work.take(0));
        assert!(work.is_spent());
    }
}
