//! Going through all keys of a hive once.

use super::{BASE_BLOCK_LENGTH, Hive, Key};
use crate::format::octets::{size, slice_at, u32_at};
use crate::format::registry::error::{Problems, RegistryError, RegistryErrorKind};
use crate::format::registry::{MAX_KEY_DEPTH, MAX_PATH_LENGTH};

/// Cells that have been seen: one bit for each place a cell can begin at.
pub(in crate::format::registry) struct Seen(Vec<u64>);

/// The path of a key that no list of subkeys leads to.
pub(in crate::format::registry) struct UnseenPath {
    pub(in crate::format::registry) names: Vec<String>,
    /// Whether the names begin below the root, and not where a parent cannot be read either.
    pub(in crate::format::registry) is_whole: bool,
}

impl Seen {
    fn of(hive: &Hive<'_>) -> Self {
        Self(vec![0; hive.bins_length() / 8 / 64 + 1])
    }

    /// Whether the cell is seen for the first time.
    fn first(&mut self, at: u32) -> bool {
        let place = size(at) / 8;
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
    ) -> Seen {
        let mut seen = Seen::of(self);
        let Ok(root) = self.root() else { return seen };
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
                    problems.add_of_key(error, &path);
                    continue;
                }
            };
            let above: usize = path.iter().map(|name| name.len() + 1).sum();
            let wrong = if !seen.first(at) {
                Some(RegistryErrorKind::Shared("a key"))
            } else if levels.len() >= MAX_KEY_DEPTH {
                Some(RegistryErrorKind::Depth)
            } else if above + key.name().len() > MAX_PATH_LENGTH {
                Some(RegistryErrorKind::PathLength)
            } else {
                None
            };
            if let Some(kind) = wrong {
                problems.add_of_key(RegistryError::new(kind, key.offset()), &path);
                continue;
            }
            path.push(key.name().to_owned());
            visit(&path, &key, problems);
            let below = self.children(&key, &path, &mut seen, problems);
            levels.push(below.into_iter());
        }
        seen
    }

    /// Visits the keys in use that a walk has not seen, for a hive whose lists are damaged: with
    /// the names that their parents' offsets lead to.
    pub(in crate::format::registry) fn walk_unseen(
        &self,
        mut seen: Seen,
        problems: &mut Problems,
        visit: &mut dyn FnMut(&UnseenPath, &Key<'_, 'a>, &mut Problems),
    ) {
        // no more steps than there are places for cells: climbing stays linear
        let mut steps = self.bins_length() / 8;
        for at in self.cells_in_use() {
            if !seen.first(at) {
                continue;
            }
            let Ok(key) = self.key_at(at) else { continue };
            let mut names = vec![key.name().to_owned()];
            let mut parent = key.parent();
            let is_whole = loop {
                if parent == Some(self.root) {
                    break true;
                }
                let above = parent.and_then(|at| self.key_at(at).ok());
                let Some(above) = above.filter(|_| names.len() < MAX_KEY_DEPTH) else {
                    break false;
                };
                if steps == 0 {
                    let what = "too many keys that no list leads to";
                    problems.add(RegistryError::malformed(what, key.offset()));
                    return;
                }
                steps -= 1;
                names.push(above.name().to_owned());
                parent = above.parent();
            };
            names.reverse();
            visit(&UnseenPath { names, is_whole }, &key, problems);
        }
    }

    /// The cells in use, bin by bin; of a bin, up to the first cell whose size cannot be.
    fn cells_in_use(&self) -> impl Iterator<Item = u32> + use<'_, 'a> {
        const BIN_HEADER_LENGTH: usize = 32;
        let mut position = 0usize;
        let mut end = 0usize;
        std::iter::from_fn(move || {
            loop {
                if position >= end {
                    position = end;
                    let header = slice_at(self.bins, position, BIN_HEADER_LENGTH)?;
                    let length = size(u32_at(header, 8)?);
                    let is_bin = header.starts_with(b"hbin")
                        && length > 0
                        && length.is_multiple_of(BASE_BLOCK_LENGTH);
                    end = position + if is_bin { length } else { BASE_BLOCK_LENGTH };
                    position += BIN_HEADER_LENGTH;
                }
                let at = position;
                let length = u32_at(self.bins, at).map(|length| length.cast_signed());
                let octets = length.map_or(0, |length| size(length.unsigned_abs()));
                if octets < 8 || !octets.is_multiple_of(8) || octets > end - at {
                    position = end;
                    continue;
                }
                position += octets;
                if length.is_some_and(|length| length < 0) {
                    return u32::try_from(at).ok();
                }
            }
        })
    }

    fn children(
        &self,
        key: &Key<'_, 'a>,
        path: &[String],
        seen: &mut Seen,
        problems: &mut Problems,
    ) -> Vec<u32> {
        key.subkey_cells(&mut |list| seen.first(list), &mut |error| {
            problems.add_of_key(error, path);
        })
    }
}
