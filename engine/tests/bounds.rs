//! What is meant to cost without end ends: in time, or at a limit that is named. `cargo bench --bench
//! hostile` measures the same questions; here only what no machine should need is a failure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

#[path = "bounds/cases.rs"]
mod cases;
#[allow(dead_code)] // shared with the chain tests
#[path = "chains/support.rs"]
mod support;

use std::time::{Duration, Instant};

/// No optimisation, other tests beside it, a slow machine: a hundred times what is promised.
const CEILING: Duration = Duration::from_secs(25);

#[test]
fn every_costly_question_ends() {
    for case in cases::all() {
        let start = Instant::now();
        let said = case.ask();
        let time = start.elapsed();
        println!("{:>8.1} ms  {}", time.as_secs_f64() * 1e3, case.name);
        assert!(time < CEILING, "{}: {time:?}", case.name);
        let named = case.bounds.iter().any(|bound| said.contains(bound));
        assert!(named || case.bounds.is_empty(), "{}: {said:.2000}", case.name);
    }
}
