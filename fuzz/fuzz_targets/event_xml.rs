//! An event read from XML and written again is read the same.
#![no_main]

use chaincheck_engine::format::event_log::{Element, EventLogLimits, EventRecord, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let event = |text: &str| {
        let log = read(text.as_bytes(), &EventLogLimits::default()).ok()?;
        log.records.into_iter().next()
    };
    let Some(first) = event(&format!("<X509Objects>{text}</X509Objects>")) else { return };
    let Some(written) = first.user_data.as_ref().and_then(write) else { return };
    let second = event(&written).expect("what was written is an event");
    assert!(second.is_complete);
    let same = |record: EventRecord| EventRecord { is_complete: true, offset: 0, ..record };
    assert_eq!(same(first), same(second), "{written}");
});

/// The element as XML; none where a name is none that XML has.
fn write(element: &Element) -> Option<String> {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let escape = |text: &str| {
        let escape_one = |c: char| match c {
            '<' | '>' | '&' | '"' | '\'' | '\r' | '\n' | '\t' => format!("&#{};", u32::from(c)),
            c => c.to_string(),
        };
        text.chars().map(escape_one).collect::<String>()
    };
    let mut text = format!("<{}", element.name());
    for (name, value) in element.attributes() {
        if !is_name(name) {
            return None;
        }
        text.push_str(&format!(" {name}=\"{}\"", escape(value)));
    }
    text.push('>');
    text.push_str(&escape(element.raw_text()));
    for child in element.children() {
        text.push_str(&write(child)?);
    }
    text.push_str(&format!("</{}>", element.name()));
    is_name(element.name()).then_some(text)
}
