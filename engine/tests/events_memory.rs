//! Reading a log stays below three times its size and 64 MiB, whatever is in it. Alone in its
//! binary, as it looks at the whole process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use std::fs;
use std::path::Path;

use chaincheck_engine::format::event_log::{
    EventLogErrorKind, EventLogLimit, EventLogLimits, read,
};

/// The most memory the process has had, in octets. Linux only.
fn peak() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<usize>().ok()? * 1024)
}

fn assert_bounded(what: &str, input: usize) {
    let Some(peak) = peak() else { return println!("skipped: no /proc/self/status") };
    println!("{what}: {} MiB of log, peak {} MiB", input >> 20, peak >> 20);
    assert!(peak < 3 * input + (64 << 20), "{what}");
}

#[test]
fn memory_is_bounded_by_the_log() {
    let shared = std::env::var_os("CHAINCHECK_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        |path| Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path),
    );
    let sample = shared.join("data/samples/evtx/capi2-operational-A.evtx");
    match fs::read(&sample) {
        Ok(log) => {
            // every chunk many times over: a long log of nothing but CAPI2's records
            let (header, chunks) = log.split_at(4096);
            let long = [header, &chunks.repeat(6)].concat();
            drop(log);
            let read = read(&long, &EventLogLimits::default()).unwrap();
            assert_eq!((read.records.len(), read.problems.len()), (340 * 6, 0));
            assert_bounded("a long log", long.len());
        }
        Err(_) => println!("skipped: no sample at {}", sample.display()),
    }
    // elements of four octets each, in records as large as they may be
    let record = format!("<X509Objects>{}</X509Objects>\n", "<a/>".repeat(40_000));
    let hostile = record.repeat((6 << 20) / record.len());
    let log = read(hostile.as_bytes(), &EventLogLimits::default()).unwrap();
    let limit = EventLogErrorKind::TooLarge(EventLogLimit::MaxKept);
    assert_eq!(log.problems[0].kind, limit);
    assert!(log.records.len() > 1 && u64::try_from(log.records.len()).unwrap() < log.total);
    assert_bounded("hostile XML", hostile.len());
}
