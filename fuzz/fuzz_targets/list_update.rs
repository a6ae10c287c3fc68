//! From the cached cabinet to what the root update does: only the one list that the machine's root
//! has signed comes into force, once, and the events are those of what was found.
#![no_main]

use std::sync::LazyLock;

use chaincheck_engine::base::time::Time;
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::trust_list::TrustList;
use chaincheck_engine::retrieval::{CacheEntry, Recorded};
use chaincheck_engine::root_update::list::{ListSettings, examine};
use chaincheck_engine::root_update::{LIST_FILE, ROOT_DIR_URL, RootUpdate};
use chaincheck_engine::store::Store;
use libfuzzer_sys::fuzz_target;

struct Machine {
    settings: ListSettings,
    list: TrustList,
}

static MACHINE: LazyLock<Machine> = LazyLock::new(|| {
    let root = Certificate::from_der(include_bytes!("../seeds/list_examine/root.der"));
    let root = Store::of([root.expect("a certificate")]);
    let mut settings = ListSettings::new(Time::from_civil(2026, 6, 1, 0, 0, 0).expect("a date"));
    settings.stores.root = root.clone();
    settings.list_roots = Some(root);
    settings.limits.max_decompressed = 1 << 18;
    let sound = examine(include_bytes!("../seeds/list_examine/list.stl"), &settings);
    Machine { settings, list: sound.list.expect("accepted") }
});

fuzz_target!(|octets: &[u8]| {
    let url = format!("{ROOT_DIR_URL}{LIST_FILE}");
    let entry = CacheEntry { url, octets: octets.into(), last_sync: None };
    let network = Recorded::new([], [entry]);
    let mut update = RootUpdate::new(MACHINE.settings.clone(), &network);
    let report = update.run();
    let in_force = |steps: &[String]| steps.iter().any(|step| step.contains("in force from now"));
    let first = report.attempts.first().expect("the cache is tried first");
    assert_eq!(in_force(&report.steps), first.report.is_accepted());
    assert_eq!(report.events.iter().any(|event| event.definition.id == 4107), {
        let by_time = first.report.fails_by_time_alone();
        !first.report.is_accepted() && !by_time
    });
    if in_force(&report.steps) {
        let accepted = first.report.list.as_ref().expect("accepted");
        assert_eq!(accepted.der(), MACHINE.list.der());
        update.encoded_ctl = Some(MACHINE.list.clone());
        assert!(!in_force(&update.run().steps), "the same list is no newer");
    }
});
