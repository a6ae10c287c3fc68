//! Collections: archives of evidence, walked member by member.
//!
//! A zip, tar or gzip archive is opened in memory and each of its members is handed over in turn,
//! with the path it had; an archive in an archive is walked in its place. Nothing is written
//! anywhere, so a path can lead nowhere: it is a name to show, and a hint at where on a Windows
//! machine a file lay ([`MemberPath::windows_path`]).
//!
//! What cannot be read is told apart from what can: a cut or damaged archive gives the members that
//! are readable, and a [`Found::Problem`] for each that is not.

mod gzip;
mod inflate;
mod path;
mod tar;
mod zip;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::ControlFlow;

pub use path::{Account, MemberPath, SystemStorePath, WindowsPath};
pub(super) use tar::has_checksum as has_tar_checksum;

use super::detect::detect;
use super::error::{FormatError, FormatErrorKind};
use super::kind::Kind;
use super::limits::Limit;
use inflate::Source;

/// Bounds on what walking one archive may cost. The numbers are ours: far above every collection
/// that triage tools make, and low enough that a hostile one costs seconds and little memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectionLimits {
    /// Octets of one member.
    pub max_member: usize,
    /// Members of an archive and the archives in it. Whole-disk triage gives some 100,000.
    pub max_members: usize,
    /// Archives within archives.
    pub max_depth: usize,
    /// Octets that one octet of the archive may give: of a member beyond [`Self::member_floor`],
    /// and of everything together beyond [`Self::total_floor`]. Logs and hives give 5 to 20,
    /// deflate's end is 1032.
    pub max_ratio: usize,
    /// Octets a member may have whatever its ratio.
    pub member_floor: usize,
    /// Octets that all members may have whatever their ratio.
    pub total_floor: usize,
}

impl Default for CollectionLimits {
    fn default() -> Self {
        Self {
            max_member: 512 << 20,
            max_members: 262_144,
            max_depth: 4,
            max_ratio: 64,
            member_floor: 16 << 20,
            total_floor: 256 << 20,
        }
    }
}

/// A file of a collection, or a file that is none.
#[derive(Debug)]
pub struct Member<'a> {
    /// Where it lay.
    pub path: MemberPath,
    /// Its octets, as far as they could be read.
    pub octets: &'a [u8],
    /// Why they may be fewer or others than they were: it is cut, or its checksum is wrong.
    pub damage: Option<FormatError>,
}

/// What a walk comes upon.
#[derive(Debug)]
pub enum Found<'a> {
    /// A file that could be read, at least in part.
    Member(Member<'a>),
    /// Something that could not, or was left alone: a link, a device, an encrypted member; or what
    /// is wrong with the archive at this path.
    Problem(MemberPath, FormatError),
}

/// Hands over each member of an archive, in its order; of a file that is none, the file itself.
///
/// The archive's members are held in memory one after the other, never together. `visit` may stop
/// the walk; where a bound on all members together ends it, the last problem says so.
pub fn for_each_member<'v>(
    path: &MemberPath,
    octets: &[u8],
    limits: &CollectionLimits,
    visit: &'v mut (dyn FnMut(Found<'_>) -> ControlFlow<()> + 'v),
) -> ControlFlow<()> {
    let total = octets.len().saturating_mul(limits.max_ratio).max(limits.total_floor);
    let mut walk = Walk { limits, visit, left: total, members: 0, names: HashMap::new() };
    walk.file(path, octets, None, 0)
}

struct Walk<'w, 'v> {
    limits: &'w CollectionLimits,
    visit: &'v mut (dyn FnMut(Found<'_>) -> ControlFlow<()> + 'v),
    /// Octets that decompression may still give.
    left: usize,
    members: usize,
    /// How often each path has been met, by its hash.
    names: HashMap<u64, u32>,
}

impl Walk<'_, '_> {
    /// A file at hand: an archive to walk, or a member.
    fn file(
        &mut self,
        path: &MemberPath,
        octets: &[u8],
        damage: Option<FormatError>,
        depth: usize,
    ) -> ControlFlow<()> {
        let kind = detect(octets);
        if !matches!(kind, Kind::Zip | Kind::Tar | Kind::TarGz) {
            let path = path.clone();
            return (self.visit)(Found::Member(Member { path, octets, damage }));
        }
        if let Some(damage) = damage {
            self.problem(path, damage)?;
        }
        if depth > self.limits.max_depth {
            return self.problem(path, too_large(Limit::MaxDepth));
        }
        match kind {
            Kind::Zip => zip::walk(self, path, octets, depth),
            Kind::Tar => tar::walk(self, path, &mut inflate::Plain::new(octets), depth),
            _ => gzip::walk(self, path, octets, depth),
        }
    }

    /// A member whose octets come from `source`, `packed` of them in the archive if it says so.
    fn member(
        &mut self,
        path: &MemberPath,
        source: &mut dyn Source,
        expected: Expected,
        depth: usize,
    ) -> ControlFlow<()> {
        let path = self.name(path)?;
        match self.read(source, &expected) {
            Ok((octets, damage)) => self.file(&path, &octets, damage, depth + 1),
            Err(error) => {
                self.problem(&path, error)?;
                // with nothing left, every further member would say the same
                if self.left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            }
        }
    }

    /// The path of the next member, told apart from the same path before it.
    fn name(&mut self, path: &MemberPath) -> ControlFlow<(), MemberPath> {
        self.members += 1;
        if self.members > self.limits.max_members {
            self.problem(path, too_large(Limit::MaxItems))?;
            return ControlFlow::Break(());
        }
        let mut hasher = DefaultHasher::new();
        path.hash(&mut hasher);
        let times = self.names.entry(hasher.finish()).or_insert(0);
        *times += 1;
        ControlFlow::Continue(path.with_copy(*times))
    }

    fn problem(&mut self, path: &MemberPath, error: FormatError) -> ControlFlow<()> {
        (self.visit)(Found::Problem(path.clone(), error))
    }

    /// Reads a member within every bound. What is damaged but there is given with its damage.
    fn read(
        &mut self,
        source: &mut dyn Source,
        expected: &Expected,
    ) -> Result<(Vec<u8>, Option<FormatError>), FormatError> {
        let mut octets = Vec::new();
        let mut damage = None;
        loop {
            if expected.size.is_some_and(|size| octets.len() as u64 >= size) && expected.exact {
                break;
            }
            let start = octets.len();
            let mut step = STEP.max(start / 2);
            if let Some(size) = expected.size.filter(|_| expected.exact) {
                step = step.min(usize::try_from(size).unwrap_or(usize::MAX).saturating_sub(start));
            }
            octets.reserve_exact(step);
            octets.resize(start + step, 0);
            let place = octets.get_mut(start..).unwrap_or_default();
            let (given, end) = match source.fill(place) {
                Ok(given) => (given, given == 0),
                Err(broken) => {
                    damage = Some(broken.error());
                    (broken.given, true)
                }
            };
            octets.truncate(start + given);
            self.charge(octets.len(), given, source.consumed())?;
            if end {
                break;
            }
        }
        octets.shrink_to_fit();
        if damage.is_none() {
            damage = expected.check(&octets);
        }
        if octets.is_empty() && damage.is_some() && expected.size != Some(0) {
            return Err(damage.unwrap_or_else(|| too_large(Limit::MaxInput)));
        }
        Ok((octets, damage))
    }

    fn charge(&mut self, length: usize, given: usize, packed: usize) -> Result<(), FormatError> {
        if length > self.limits.max_member {
            return Err(too_large(Limit::MaxInput));
        }
        let by_ratio = packed.saturating_mul(self.limits.max_ratio);
        if length > by_ratio.max(self.limits.member_floor) {
            return Err(too_large(Limit::MaxRatio));
        }
        self.left = match self.left.checked_sub(given) {
            Some(left) => left,
            None => {
                self.left = 0;
                return Err(too_large(Limit::MaxDecompressed));
            }
        };
        Ok(())
    }
}

/// Octets that are asked for at a time at least.
const STEP: usize = 64 << 10;

/// What an archive says of a member.
#[derive(Debug, Clone, Copy, Default)]
struct Expected {
    /// How many octets it has.
    size: Option<u64>,
    /// The source goes on behind the member: stop at the size.
    exact: bool,
    /// CRC-32 of its octets.
    crc: Option<u32>,
    /// Where the member lies in its archive.
    offset: usize,
}

impl Expected {
    fn check(&self, octets: &[u8]) -> Option<FormatError> {
        let length = octets.len() as u64;
        let what = match self.size {
            Some(size) if length < size => "the member is shorter than the archive says",
            Some(size) if length > size => "the member is longer than the archive says",
            _ if self.crc.is_some_and(|crc| crc != inflate::crc32(octets)) => {
                "the member's checksum is wrong"
            }
            _ => return None,
        };
        Some(malformed(what, self.offset))
    }
}

fn malformed(what: &'static str, offset: usize) -> FormatError {
    FormatError::new(FormatErrorKind::Malformed(what), offset)
}

fn too_large(limit: Limit) -> FormatError {
    FormatError::new(FormatErrorKind::TooLarge(limit), 0)
}

#[cfg(test)]
mod tests;
