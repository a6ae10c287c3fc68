//! How much work opening a file may cost.

use std::fmt;

/// Bounds on what [`open`](super::open) and cabinet extraction do with one file.
///
/// The numbers are ours, not Windows': they lie far above every real list, store and cabinet, and
/// low enough that a hostile file costs seconds at most. Exceeding one is an error that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Octets of one input. The largest event logs and registry hives stay below 512 MiB.
    pub max_input: usize,
    /// Containers within containers. A base64 text of a cabinet of a store is 3 deep.
    pub max_depth: usize,
    /// Objects, and container members, in one file. The largest root store has 514.
    pub max_items: usize,
    /// Octets that all decoding and decompression of one file may give in total.
    pub max_decompressed: usize,
    /// Octets that one compressed octet may give. MSZIP ends at about 1030; real lists give 5.
    /// Not asked before [`RATIO_FLOOR`] octets have been given.
    pub max_ratio: usize,
    /// Password iterations that all PKCS #12 stores of one file may cost, over all passwords.
    pub max_iterations: u64,
}

/// A small output is harmless whatever its ratio: [`Limits::max_ratio`] begins here, in octets.
pub const RATIO_FLOOR: usize = 1 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_input: 512 << 20,
            max_depth: 8,
            max_items: 65_536,
            max_decompressed: 256 << 20,
            max_ratio: 500,
            max_iterations: super::pfx::MAX_ITERATIONS,
        }
    }
}

/// Which bound was exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::max_input`]
    MaxInput,
    /// [`Limits::max_depth`]
    MaxDepth,
    /// [`Limits::max_items`]
    MaxItems,
    /// [`Limits::max_decompressed`]
    MaxDecompressed,
    /// [`Limits::max_ratio`]
    MaxRatio,
    /// [`MAX_FOLDERS`](super::cabinet::MAX_FOLDERS)
    MaxFolders,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MaxInput => "max_input (octets of one input)",
            Self::MaxDepth => "max_depth (containers within containers)",
            Self::MaxItems => "max_items (objects in one file)",
            Self::MaxDecompressed => "max_decompressed (octets unpacked from one file)",
            Self::MaxRatio => "max_ratio (octets unpacked from one packed octet)",
            Self::MaxFolders => "MAX_FOLDERS (folders of one cabinet)",
        })
    }
}

impl Limits {
    /// Whether `output` octets may come from `input` octets.
    ///
    /// # Errors
    /// The limit that forbids it.
    pub(super) fn check_output(&self, input: usize, output: usize) -> Result<(), Limit> {
        if output > self.max_decompressed {
            Err(Limit::MaxDecompressed)
        } else if output > RATIO_FLOOR && output / self.max_ratio.max(1) > input {
            Err(Limit::MaxRatio)
        } else {
            Ok(())
        }
    }
}
