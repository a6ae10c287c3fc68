//! The state folder: what `trust update` has put in force.
//!
//! Each file is replaced as a whole by renaming, under a lock that only one process has at a time;
//! readers need no lock. Nothing in the folder is believed: a list is examined, and a certificate
//! compared with the list's hashes, each time it is used.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use chaincheck_engine::base::time::Time;
use chaincheck_engine::root_update::admit::ListKind;

use crate::input;

/// The environment variable that names the folder.
const VARIABLE: &str = "CHAINCHECK_STATE";
/// Certificates of listed roots, as a serialized store.
const ROOTS_FILE: &str = "roots.sst";
/// Behind a list's name: the file that says when a server last had no newer list.
const CHECKED_SUFFIX: &str = ".checked";
const LOCK_FILE: &str = "lock";
const TEMPORARY_SUFFIX: &str = ".new";

/// The state folder. It need not exist.
#[derive(Debug, Clone)]
pub(crate) struct State(PathBuf);

/// While this lives, no other process changes the folder.
#[derive(Debug)]
pub(crate) struct Lock {
    state: State,
    _file: File,
}

impl State {
    /// The folder that was typed, else the one the environment names, else the platform's.
    pub(crate) fn locate(typed: Option<&Path>) -> Option<Self> {
        let named = || std::env::var_os(VARIABLE).filter(|name| !name.is_empty());
        let folder = typed.map(Path::to_owned).or_else(|| named().map(PathBuf::from));
        folder.or_else(platform_folder).map(Self)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// The path of a list's file.
    pub(crate) fn list_path(&self, kind: ListKind) -> PathBuf {
        self.0.join(kind.file_name())
    }

    /// A stored list, if there is one.
    pub(crate) fn read_list(&self, kind: ListKind) -> io::Result<Option<Vec<u8>>> {
        read(&self.list_path(kind))
    }

    /// When a server last had no newer list of this kind. It is a note and no proof.
    pub(crate) fn checked(&self, kind: ListKind) -> Option<Time> {
        let path = self.0.join(format!("{}{CHECKED_SUFFIX}", kind.file_name()));
        String::from_utf8(read(&path).ok()??).ok()?.trim().parse().ok()
    }

    /// The stored certificates, if there are some.
    pub(crate) fn read_roots(&self) -> io::Result<Option<Vec<u8>>> {
        read(&self.0.join(ROOTS_FILE))
    }

    /// Makes the folder if need be, and waits until no other process changes it.
    pub(crate) fn lock(&self) -> io::Result<Lock> {
        fs::create_dir_all(&self.0)?;
        let path = self.0.join(LOCK_FILE);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        file.lock()?;
        Ok(Lock { state: self.clone(), _file: file })
    }
}

impl Lock {
    /// Replaces a list.
    pub(crate) fn replace_list(&self, kind: ListKind, message: &[u8]) -> io::Result<()> {
        self.replace(kind.file_name(), message)
    }

    /// Notes that a server has no newer list of this kind at this time.
    pub(crate) fn note_checked(&self, kind: ListKind, now: Time) -> io::Result<()> {
        let name = format!("{}{CHECKED_SUFFIX}", kind.file_name());
        self.replace(&name, format!("{now}\n").as_bytes())
    }

    /// Replaces the certificates.
    pub(crate) fn replace_roots(&self, store: &[u8]) -> io::Result<()> {
        self.replace(ROOTS_FILE, store)
    }

    /// Writes a file beside the old one, makes sure that it is on the disk, and puts it in the
    /// old one's place. Whatever fails, the old one stays.
    fn replace(&self, name: &str, octets: &[u8]) -> io::Result<()> {
        let folder = &self.state.0;
        let temporary = folder.join(format!("{name}{TEMPORARY_SUFFIX}"));
        let written = write_through(&temporary, octets)
            .and_then(|()| fs::rename(&temporary, folder.join(name)));
        if written.is_err() {
            // what is half written must not fill the disk; that it goes is no matter
            let _ = fs::remove_file(&temporary);
            return written;
        }
        sync_folder(folder)
    }
}

fn write_through(path: &Path, octets: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(octets)?;
    file.sync_all()
}

/// A rename is on the disk when its folder is. Windows has no such call, and needs none.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Ok(found) if found.len() > input::MAX_INPUT => {
            Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than any list"))
        }
        Ok(_) => fs::read(path).map(Some),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Where programs of this platform keep what they must not lose and users do not edit.
fn platform_folder() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let below_home = |path| variable("HOME").map(|home| PathBuf::from(home).join(path));
    let base = if cfg!(windows) {
        variable("LOCALAPPDATA").map(PathBuf::from)
    } else if cfg!(target_os = "macos") {
        below_home("Library/Application Support")
    } else {
        // XDG Base Directory Specification: a relative path is to be ignored
        let named = variable("XDG_STATE_HOME").map(PathBuf::from);
        named.filter(|path| path.is_absolute()).or_else(|| below_home(".local/state"))
    };
    base.map(|folder| folder.join("chaincheck"))
}
