use super::*;

fn walk(e: &Element, path: &str, into: &mut std::collections::BTreeMap<String, (usize, String)>) {
    let path = format!("{path}/{}", e.name());
    let mut add = |k: String, v: &str| { let s = into.entry(k).or_insert((0, v.to_owned())); s.0 += 1; };
    add(path.clone(), e.text());
    for (a, v) in e.attributes() { if v != "true" || !a.contains('_') { add(format!("{path}@{a}"), v); } }
    for c in e.children() { walk(c, &path, into); }
}

#[test]
fn probe() {
    let mut map = Default::default();
    for path in ["evtx/capi2-operational-A.evtx", "evtx/capi2-event70-private-key.evtx", "event-xml/betahydri-rbing-2022-task.xml", "event-xml/ms-eop-event30-800B0109.xml","event-xml/eventlogexpert-256-event11-head.xml"] {
        let Some(file) = crate::test_support::shared(&format!("data/samples/{path}")) else { return };
        let octets = std::fs::read(file).unwrap();
        let log = read(&octets, &EventLogLimits::default()).unwrap();
        println!("{path}: {} total {} kept, {} problems, weight {}", log.total, log.records.len(), log.problems.len(), log.records.iter().map(|r| r.weight()).sum::<usize>());
        for p in &log.problems { println!("{p}"); }
        for r in &log.records { if let Some(u) = &r.user_data { walk(u, "", &mut map); } }
    }
    for (k, v) in map { println!("{k} {} {:?}", v.0, v.1.chars().take(90).collect::<String>()); }
}
