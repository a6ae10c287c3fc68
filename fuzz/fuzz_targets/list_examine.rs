//! On a machine that trusts one root, whose key has signed one list, no other list is accepted,
//! whatever it is wrapped in.
#![no_main]

use std::sync::LazyLock;

use chaincheck_engine::base::time::Time;
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::root_update::list::{ListSettings, examine};
use chaincheck_engine::store::Store;
use libfuzzer_sys::fuzz_target;

struct Machine {
    settings: ListSettings,
    list: Vec<u8>,
}

static MACHINE: LazyLock<Machine> = LazyLock::new(|| {
    let root = Certificate::from_der(include_bytes!("../seeds/list_examine/root.der"));
    let root = Store::of([root.expect("a certificate")]);
    let now = Time::from_civil(2026, 6, 1, 0, 0, 0).expect("a date");
    let mut settings = ListSettings::new(now);
    settings.stores.root = root.clone();
    settings.list_roots = Some(root);
    settings.limits.max_decompressed = 1 << 18;
    let sound = examine(include_bytes!("../seeds/list_examine/list.stl"), &settings);
    assert!(sound.is_accepted(), "{:?}", sound.why);
    Machine { list: sound.list.expect("accepted").der().to_vec(), settings }
});

fuzz_target!(|octets: &[u8]| {
    let report = examine(octets, &MACHINE.settings);
    assert_eq!(report.is_accepted(), report.why.is_none());
    if report.is_accepted() {
        assert_eq!(report.list.expect("accepted").der(), MACHINE.list);
        assert_eq!(report.signatures[0].verified, Ok(()));
    }
});
