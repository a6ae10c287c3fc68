//! How long the costliest questions take: `cargo bench --bench hostile`. None should take more than
//! 250 ms on one core.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

#[path = "../tests/bounds/cases.rs"]
mod cases;
#[allow(dead_code)]
#[path = "../tests/chains/support.rs"]
mod support;

use std::time::Instant;

const ROUNDS: usize = 5;

fn main() {
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    for case in cases::all() {
        if only.as_ref().is_some_and(|only| !case.name.contains(only.as_str())) {
            continue;
        }
        let mut times: Vec<f64> = Vec::new();
        let mut said = String::new();
        for _ in 0..ROUNDS {
            let start = Instant::now();
            said = case.ask();
            times.push(start.elapsed().as_secs_f64() * 1e3);
            if times[0] > 2_000.0 {
                break;
            }
        }
        times.sort_by(f64::total_cmp);
        let bound = case.bounds.iter().find(|bound| said.contains(**bound)).unwrap_or(&"");
        println!("{:<64} {:>8.1} ms  {bound}", case.name, times[times.len() / 2]);
    }
}
