//! Times two pieces of work in turns, so that a machine's moods meet both, and prints their ratio.
//!
//! Counted is the time this thread was on a processor (Unix; elsewhere that on the clock): what
//! others do on a busy machine is not in it, but what they do to caches and clock rates is. Free of
//! that are counts of instructions, for which `only` runs one piece of work and nothing else:
//!
//! ```text
//! valgrind --tool=callgrind --toggle-collect='*measure*once*' \
//!     target/release/deps/chain-HASH 'RSA-2048: leaf read' 100
//! ```
#![allow(dead_code)] // not every bench uses all

use std::hint::black_box;
use std::time::Duration;

const ROUNDS: usize = 101;
const ROUND: Duration = Duration::from_millis(8);
/// Inputs that are made at a time: few enough that making them does not empty the caches, as a
/// program's own stores are mostly in them.
const INPUTS: u32 = 16;

/// Work that can be done any number of times: called with a number and a clock, returns the time
/// taken.
pub(crate) struct Work<'a>(Box<dyn Fn(u32, Clock) -> Duration + 'a>);

type Clock = fn() -> Duration;

impl<'a> Work<'a> {
    /// Work without preparation.
    pub(crate) fn new<T>(run: impl Fn() -> T + 'a) -> Self {
        Self::prepared(|| (), move |()| run())
    }

    /// Work on what `prepare` makes anew for each call. Neither that nor dropping it is timed;
    /// dropping what `run` returns is.
    pub(crate) fn prepared<S, T>(prepare: impl Fn() -> S + 'a, run: impl Fn(&S) -> T + 'a) -> Self {
        Self(Box::new(move |calls, now| {
            let mut spent = Duration::ZERO;
            let mut left = calls;
            while left > 0 {
                let inputs: Vec<S> = (0..left.min(INPUTS)).map(|_| prepare()).collect();
                left -= left.min(INPUTS);
                let start = now();
                inputs.iter().for_each(|input| once(&run, input));
                spent += now() - start;
            }
            spent
        }))
    }

    /// How many calls a round has.
    fn calls(&self) -> u32 {
        let one = (self.0)(3, now).max(Duration::from_nanos(1)) / 3;
        u32::try_from(ROUND.as_nanos() / one.as_nanos().max(1)).unwrap_or(u32::MAX).clamp(1, 4096)
    }

    /// Seconds for one call.
    fn per_call(&self, calls: u32) -> f64 {
        (self.0)(calls, now).as_secs_f64() / f64::from(calls)
    }
}

#[inline(never)]
fn once<S, T>(run: &impl Fn(&S) -> T, input: &S) {
    drop(black_box(run(black_box(input))));
}

/// Since some moment: on a processor, where that can be asked.
#[cfg(unix)]
fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap()
}

/// Since some moment, by the clock.
#[cfg(not(unix))]
fn now() -> Duration {
    thread_local!(static START: std::time::Instant = std::time::Instant::now());
    START.with(std::time::Instant::elapsed)
}

pub(crate) fn heading(subject: &str, yardstick: &str) {
    println!("{:<58} {subject:>12} {yardstick:>12}  ratio", "");
}

/// Prints the median time of `subject` and of `yardstick`, and the median of how many times longer
/// the first took than the second beside it.
pub(crate) fn compare(label: &str, subject: &Work<'_>, yardstick: &Work<'_>) {
    if let Some((wanted, calls)) = only() {
        if label.contains(&wanted) {
            (subject.0)(calls, || Duration::ZERO); // the clock does not run under valgrind
        }
        return;
    }
    let calls = [subject.calls(), yardstick.calls()];
    let mut rounds: Vec<[f64; 2]> = Vec::new();
    for round in 0..ROUNDS {
        // neither is always the first
        if round % 2 == 0 {
            let subject = subject.per_call(calls[0]);
            rounds.push([subject, yardstick.per_call(calls[1])]);
        } else {
            let yardstick = yardstick.per_call(calls[1]);
            rounds.push([subject.per_call(calls[0]), yardstick]);
        }
    }
    let median = |of: &dyn Fn(&[f64; 2]) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    println!(
        "{label:<58} {:9.1} us {:9.1} us {:5.2}x",
        median(&|round| round[0]) * 1e6,
        median(&|round| round[1]) * 1e6,
        median(&|round| round[0] / round[1])
    );
}

/// The row whose subject alone is to be run, and how many times: the first two arguments.
fn only() -> Option<(String, u32)> {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    Some((arguments.next()?, arguments.next()?.parse().ok()?))
}
