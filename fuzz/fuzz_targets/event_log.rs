//! Reading any log, in any of its forms, keeps to its limits, is the same each time, and every
//! record is of one channel: what is decoded as CAPI2's own is none of the root update's.
#![no_main]

use chaincheck_engine::format::event_log::application::application_event;
use chaincheck_engine::format::event_log::capi2::decode;
use chaincheck_engine::format::event_log::clock::{clock_periods, clock_skew};
use chaincheck_engine::format::event_log::{EventLogLimits, read, task};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let mut limits = EventLogLimits::default();
    limits.max_records = 64;
    limits.max_problems = 16;
    let Ok(log) = read(octets, &limits) else { return };
    assert!(log.records.len() <= limits.max_records);
    assert!(log.problems.len() <= limits.max_problems);
    let others: u64 = log.others.iter().map(|tally| tally.count).sum();
    assert!(log.total >= others + log.records.len() as u64);
    assert_eq!(log, read(octets, &limits).expect("as before"));
    for record in &log.records {
        let is_decoded = decode(record).is_some();
        assert!(!is_decoded || record.is_operational());
        assert!(!is_decoded || application_event(record).is_none());
    }
    let correlation = task::correlate(&log.records);
    let in_tasks: usize = correlation.tasks.iter().map(|task| task.records.len()).sum();
    assert!(in_tasks + correlation.without_task.len() <= log.records.len());
    for task in &correlation.tasks {
        for node in &task.nodes {
            assert!(node.parent.is_none_or(|parent| parent < task.nodes.len()));
        }
    }
    for question in task::questions(&log.records, &correlation) {
        assert!(question.record < log.records.len());
    }
    let observations = clock_skew(&log.records);
    let periods = clock_periods(&observations);
    assert!(periods.iter().map(|period| period.observations).sum::<usize>() <= observations.len());
    serde_json::to_string(&log).expect("logs are JSON");
});
