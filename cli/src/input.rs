//! Reading what the user names.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use crate::output::Error;

/// The largest input that is read whole, in octets.
pub(crate) const MAX_INPUT: u64 = 1 << 30;

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
