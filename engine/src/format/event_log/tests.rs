use super::*;

#[test]
fn probe() {
    for path in [
        "evtx/capi2-operational-A.evtx",
        "evtx/capi2-event70-private-key.evtx",
        "event-xml/betahydri-rbing-2022-task.xml",
        "event-xml/ms-eop-event30-800B0109.xml",
        "event-xml/eventlogexpert-256-event11-head.xml",
        "event-xml/ms-teams-event11-4000024.txt",
        "event-xml/ms-aovpn-event41-80092010.xml",
        "event-xml/ms-vs-event30-800B010A.xml",
        "event-xml/application-win10-tr-2024.xml",
    ] {
        let Some(file) = crate::test_support::shared(&format!("data/samples/{path}")) else {
            return;
        };
        let octets = std::fs::read(file).unwrap();
        let log = read(&octets, &EventLogLimits::default()).unwrap();
        println!(
            "{path}: {} total {} kept, {} problems, weight {}",
            log.total,
            log.records.len(),
            log.problems.len(),
            log.records.iter().map(|r| r.weight()).sum::<usize>()
        );
        for p in &log.problems {
            println!("{p}");
        }
        let mut unread = std::collections::BTreeMap::new();
        for r in &log.records {
            if let Some(u) = capi2::decode(r) {
                for u in u.unread {
                    *unread.entry(serde_json::to_string(&u).unwrap()).or_insert(0) += 1;
                }
            }
        }
        for u in unread {
            println!("{u:?}");
        }
        for o in clock::clock_skew(&log.records) {
            println!("{o:?} {}", o.offset());
        }
        for o in clock::clock_periods(&clock::clock_skew(&log.records)) {
            println!("{o:?} {}", o.proves_wrong_clock());
        }
        let c = task::correlate(&log.records);
        println!(
            "tasks {} objects {} chains {} uses {} missing {} retrievals {} unjoined {} without {}",
            c.tasks.len(),
            c.objects.len(),
            c.chains.len(),
            c.uses.len(),
            c.uses.iter().filter(|u| u.built_by.is_none()).count(),
            c.retrievals.len(),
            c.retrievals.iter().filter(|u| u.revocation.is_none()).count(),
            c.without_task.len()
        );
        for t in &c.tasks {
            if !t.problems.is_empty() {
                println!("{:?}", t.problems);
            }
        }
        let q = task::questions(&log.records, &c);
        println!(
            "questions {} {:?}",
            q.len(),
            q.iter()
                .map(|q| q.time_source)
                .map(|t| format!("{t:?}"))
                .collect::<std::collections::HashSet<_>>()
        );
        if log.records.len() == 1 {
            println!("{}", serde_json::to_string_pretty(&capi2::decode(&log.records[0])).unwrap());
        }
    }
}
