//! The text of a name has every attribute once, in either order.
#![no_main]

use chaincheck_engine::object::name::{Name, NameForm};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let name = Name::new(octets);
    let _ = name.display_name();
    let Ok(attributes) = name.attributes() else {
        assert!(name.to_text(NameForm::X500, true).starts_with("(undecodable name"));
        return;
    };
    assert!(attributes.is_empty() || !name.is_empty());
    assert!(attributes.windows(2).all(|pair| pair[0].rdn <= pair[1].rdn));
    for form in [NameForm::Simple, NameForm::Oid, NameForm::X500] {
        let (forward, backward) = (name.to_text(form, false), name.to_text(form, true));
        assert_eq!(forward.len(), backward.len());
        assert!(form == NameForm::Simple || forward.matches('=').count() >= attributes.len());
    }
});
