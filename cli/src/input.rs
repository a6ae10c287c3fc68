//! Reading what the user names: files, folders, archives, standard input.

use std::fs;
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use chaincheck_engine::format::collection::{
    CollectionLimits, Found, Member, MemberPath, for_each_member,
};

use crate::output::Error;
use crate::progress::Progress;

/// The largest input that is read whole, in octets.
pub(crate) const MAX_INPUT: u64 = 1 << 30;
/// Files that are read from folders, at most.
const MAX_FILES: usize = 262_144;
/// How deep folders are followed.
const MAX_FOLDER_DEPTH: usize = 64;

/// Reads a file, or standard input for `-`.
pub(crate) fn read(name: &str) -> Result<Vec<u8>, Error> {
    let fail = |error: io::Error| Error::Input(name.to_owned(), error.to_string());
    let mut octets = Vec::new();
    if name == "-" {
        io::stdin().lock().take(MAX_INPUT + 1).read_to_end(&mut octets).map_err(fail)?;
    } else {
        let file = fs::File::open(name).map_err(fail)?;
        if file.metadata().map_err(fail)?.is_dir() {
            return Err(Error::Input(name.to_owned(), "is a folder".to_owned()));
        }
        file.take(MAX_INPUT + 1).read_to_end(&mut octets).map_err(fail)?;
    }
    if octets.len() as u64 > MAX_INPUT {
        return Err(Error::Input(name.to_owned(), format!("larger than {MAX_INPUT} octets")));
    }
    Ok(octets)
}

/// Something in the inputs.
pub(crate) enum Item<'a> {
    /// A file, or a member of an archive.
    Member(Member<'a>),
    /// What could not be read, and why.
    Problem {
        /// Where it lies.
        path: MemberPath,
        /// Why.
        what: String,
        /// Whether it is left out on purpose: a link, or what is no file.
        is_left_out: bool,
    },
}

/// Hands over everything in one input: the file itself, the files of a folder in the order of their
/// names, the members of archives in theirs. Links in folders are not followed.
///
/// # Errors
/// If the input is not there or cannot be read at all, and what `visit` gives.
pub(crate) fn walk(
    input: &str,
    streams: bool,
    visit: &mut dyn FnMut(Item<'_>, &Progress) -> Result<(), Error>,
) -> Result<(), Error> {
    let root = MemberPath::new(input);
    if input == "-" || !Path::new(input).is_dir() {
        let octets = read(input)?;
        let progress = Progress::new(octets.len() as u64, streams);
        progress.at(input);
        let result = members(&root, &octets, &progress, visit);
        progress.done(octets.len() as u64);
        return result;
    }
    let mut listing = Listing::default();
    listing.folder(Path::new(input), &root, 0);
    let progress = Progress::new(listing.octets, streams);
    for (path, what, is_left_out) in listing.problems {
        visit(Item::Problem { path, what, is_left_out }, &progress)?;
    }
    for (file, path, size) in listing.files {
        progress.at(&path.to_string());
        match read_file(&file) {
            Ok(octets) => members(&path, &octets, &progress, visit)?,
            Err(what) => visit(Item::Problem { path, what, is_left_out: false }, &progress)?,
        }
        progress.done(size);
    }
    Ok(())
}

fn members(
    path: &MemberPath,
    octets: &[u8],
    progress: &Progress,
    visit: &mut dyn FnMut(Item<'_>, &Progress) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut result = Ok(());
    let _ = for_each_member(path, octets, &CollectionLimits::default(), &mut |found| {
        let item = match found {
            Found::Member(member) => Item::Member(member),
            Found::Problem(path, error) => {
                Item::Problem { path, what: error.to_string(), is_left_out: false }
            }
        };
        result = visit(item, progress);
        if result.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    result
}

fn read_file(file: &Path) -> Result<Vec<u8>, String> {
    let mut octets = Vec::new();
    fs::File::open(file)
        .and_then(|file| file.take(MAX_INPUT + 1).read_to_end(&mut octets))
        .map_err(|error| error.to_string())?;
    if octets.len() as u64 > MAX_INPUT {
        return Err(format!("larger than {MAX_INPUT} octets"));
    }
    Ok(octets)
}

/// The files of a folder.
#[derive(Default)]
struct Listing {
    files: Vec<(PathBuf, MemberPath, u64)>,
    problems: Vec<(MemberPath, String, bool)>,
    octets: u64,
}

impl Listing {
    fn folder(&mut self, folder: &Path, path: &MemberPath, depth: usize) {
        if depth > MAX_FOLDER_DEPTH {
            return self.problem(path, format!("folders deeper than {MAX_FOLDER_DEPTH}"));
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.problem(path, error.to_string()),
        };
        let mut names = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) => names.push(entry.file_name()),
                Err(error) => self.problem(path, error.to_string()),
            }
        }
        names.sort();
        for name in names {
            if self.files.len() >= MAX_FILES {
                return self.problem(path, format!("more than {MAX_FILES} files"));
            }
            self.entry(&folder.join(&name), &path.member(&name.to_string_lossy()), depth);
        }
    }

    fn entry(&mut self, file: &Path, path: &MemberPath, depth: usize) {
        match fs::symlink_metadata(file) {
            Err(error) => self.problem(path, error.to_string()),
            Ok(found) if found.is_dir() => self.folder(file, path, depth + 1),
            Ok(found) if found.is_file() => {
                self.octets = self.octets.saturating_add(found.len());
                self.files.push((file.to_owned(), path.clone(), found.len()));
            }
            Ok(found) if found.is_symlink() => {
                self.left_out(path, "a link is not followed");
            }
            Ok(_) => self.left_out(path, "neither a file nor a folder"),
        }
    }

    fn problem(&mut self, path: &MemberPath, what: String) {
        self.problems.push((path.clone(), what, false));
    }

    fn left_out(&mut self, path: &MemberPath, what: &str) {
        self.problems.push((path.clone(), what.to_owned(), true));
    }
}

/// Reads a file that a scenario names, relative to the scenario's folder.
pub(crate) fn read_beside(folder: &Path, path: &str) -> Result<Vec<u8>, String> {
    let relative = Path::new(path);
    let stays_inside = relative
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir));
    if !stays_inside {
        return Err("a scenario's file must lie in or below its folder".to_owned());
    }
    let full = folder.join(relative);
    match fs::metadata(&full) {
        Ok(metadata) if metadata.len() > MAX_INPUT => {
            Err(format!("larger than {MAX_INPUT} octets"))
        }
        _ => fs::read(full).map_err(|error| error.to_string()),
    }
}
