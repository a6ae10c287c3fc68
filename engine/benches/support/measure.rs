//! Times two pieces of work in turns, so that a machine's moods meet both, and prints their ratio.

use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: usize = 60;
const ROUND: Duration = Duration::from_millis(20);

/// Prints the median time of `subject` and of `yardstick`, and how many times longer the first is.
pub(crate) fn compare<A, B>(
    label: &str,
    mut subject: impl FnMut() -> A,
    mut yardstick: impl FnMut() -> B,
) {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        times[0].push(per_call(|| drop(black_box(subject()))));
        times[1].push(per_call(|| drop(black_box(yardstick()))));
    }
    let [subject, yardstick] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2] * 1e6
    });
    println!("{label:<44} {subject:9.1} us {yardstick:9.1} us {:6.2}x", subject / yardstick);
}

/// Seconds for one call, over as many as fit into a round.
fn per_call(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut calls = 0;
    while calls == 0 || start.elapsed() < ROUND {
        work();
        calls += 1;
    }
    start.elapsed().as_secs_f64() / f64::from(calls)
}
