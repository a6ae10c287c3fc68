//! A bar for long work: on a terminal only, never in a pipe.

use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Octets of input from which on a bar is worth its flicker.
const WORTH_A_BAR: u64 = 8 << 20;

/// How far the work is.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// For work on so many octets. `streams`: results are written meanwhile, so that on a terminal
    /// they show the progress themselves.
    pub(crate) fn new(octets: u64, streams: bool) -> Self {
        let seen = io::stderr().is_terminal() && !(streams && io::stdout().is_terminal());
        if !seen || octets < WORTH_A_BAR {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(Some(octets), ProgressDrawTarget::stderr());
        let template = "{bar:30} {bytes}/{total_bytes} {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// What is worked on now.
    pub(crate) fn at(&self, what: &str) {
        if !self.0.is_hidden() {
            self.0.set_message(crate::text::printable(what));
        }
    }

    /// So many octets more are done.
    pub(crate) fn done(&self, octets: u64) {
        self.0.inc(octets);
    }

    /// Says something above the bar.
    pub(crate) fn say(&self, what: &str) {
        self.0.suspend(|| crate::output::say(what));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
