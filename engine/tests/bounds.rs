//! What is meant to cost without end ends: in time, or at a limit that is named. `cargo bench --bench
//! hostile` measures the same questions; here only what no machine should need is a failure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

#[path = "bounds/cases.rs"]
mod cases;
#[allow(dead_code)] // shared with the chain tests
#[path = "chains/support.rs"]
mod support;

/// Milliseconds. No optimisation, a slow machine: forty times what is promised.
const CEILING: f64 = 10_000.0;

#[test]
fn every_costly_question_ends() {
    for case in cases::all() {
        let (time, said) = cases::milliseconds(|| case.ask());
        println!("{time:>8.1} ms  {}", case.name);
        assert!(time < CEILING, "{}: {time} ms", case.name);
        let named = case.bounds.iter().any(|bound| said.contains(bound));
        assert!(named || case.bounds.is_empty(), "{}: {said:.2000}", case.name);
    }
}
