//! A PKCS #12 store gives the same whether its password comes first or behind a wrong one, and keeps
//! to the bound on iterations.
#![no_main]

use chaincheck_engine::format::pfx::PfxErrorKind;
use chaincheck_engine::format::{FormatErrorKind, Kind, Limits, Passwords, detect, open_with};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    if detect(octets) != Kind::Pfx {
        return;
    }
    let mut limits = Limits::default();
    limits.max_iterations = 10_000;
    let open =
        |passwords: &[&str]| open_with(octets, &limits, &Passwords::new(passwords.iter().copied()));
    let (Ok(first), Ok(second)) = (open(&["p"]), open(&["wrong", "p"])) else { return };
    let is_bounded = |kind: &FormatErrorKind| matches!(kind, FormatErrorKind::Pfx(error) if matches!(error.kind, PfxErrorKind::Iterations(_)));
    if first.notes.iter().chain(&second.notes).any(|note| is_bounded(&note.kind)) {
        return;
    }
    assert_eq!(first.items, second.items);
    for item in &first.items {
        assert!(item.octets.len() <= octets.len());
    }
});
