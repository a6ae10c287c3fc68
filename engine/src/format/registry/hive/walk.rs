//! Going through all keys of a hive once.

use super::{Hive, Key};
use crate::format::registry::MAX_KEY_DEPTH;
use crate::format::registry::error::{Problems, RegistryError, RegistryErrorKind};

/// Cells that have been seen: one bit for each place a cell can begin at.
struct Seen(Vec<u64>);

impl Seen {
    fn of(hive: &Hive<'_>) -> Self {
        Self(vec![0; hive.bins_length() / 8 / 64 + 1])
    }

    /// Whether the cell is seen for the first time.
    fn first(&mut self, at: u32) -> bool {
        let place = crate::format::octets::size(at) / 8;
        let Some(word) = self.0.get_mut(place / 64) else { return false };
        let bit = 1u64 << (place % 64);
        let first = *word & bit == 0;
        *word |= bit;
        first
    }
}

impl<'a> Hive<'a> {
    /// Visits every key that can be reached from the root, a parent before its subkeys, with the
    /// names below the root; the root's own list is empty. Each cell is visited once, so that a
    /// hive whose cells lead in circles costs no more than one that is sound; what leads to a cell
    /// a second time is a problem.
    pub(in crate::format::registry) fn walk(
        &self,
        problems: &mut Problems,
        visit: &mut dyn FnMut(&[String], &Key<'_, 'a>, &mut Problems),
    ) {
        let Ok(root) = self.root() else { return };
        let mut seen = Seen::of(self);
        seen.first(root.at);
        let mut path: Vec<String> = Vec::new();
        visit(&path, &root, problems);
        let mut levels = vec![self.children(&root, &path, &mut seen, problems).into_iter()];
        while let Some(level) = levels.last_mut() {
            let Some(at) = level.next() else {
                levels.pop();
                path.pop();
                continue;
            };
            let key = match self.key_at(at) {
                Ok(key) => key,
                Err(error) => {
                    problems.add(error.of_key(&path));
                    continue;
                }
            };
            let fail = |kind| RegistryError::new(kind, key.offset()).of_key(&path);
            if !seen.first(at) {
                problems.add(fail(RegistryErrorKind::Shared("a key")));
                continue;
            }
            if levels.len() >= MAX_KEY_DEPTH {
                problems.add(fail(RegistryErrorKind::Depth));
                continue;
            }
            path.push(key.name().to_owned());
            visit(&path, &key, problems);
            let below = self.children(&key, &path, &mut seen, problems);
            levels.push(below.into_iter());
        }
    }

    fn children(
        &self,
        key: &Key<'_, 'a>,
        path: &[String],
        seen: &mut Seen,
        problems: &mut Problems,
    ) -> Vec<u32> {
        key.subkey_cells(&mut |list| seen.first(list), &mut |error| {
            problems.add(error.of_key(path));
        })
    }
}
