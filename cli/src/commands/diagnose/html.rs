//! The report as one HTML page that needs nothing else: no script, no font, no picture from
//! anywhere. It can be attached to a ticket and is read by people who have never heard of trust
//! lists.
//!
//! The page is well-formed XML as well, so that a strict parser can say that it is sound.

mod chain;
mod markup;
mod section;
mod shape;
#[cfg(test)]
mod tests;
mod timeline;

use chaincheck_engine::proof::EventDiagnosis;

use super::document::Document;
use super::words::{self, Verdict};
use markup::Markup;

const STYLE: &str = include_str!("html/style.css");
/// Even if something slipped in, a browser would run and fetch nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action \
                      'none'";

/// The whole page.
pub(crate) fn page(document: &Document) -> String {
    let mut markup = Markup::document();
    markup.open("html", &[("lang", "en"), ("xmlns", "http://www.w3.org/1999/xhtml")]);
    head(&mut markup, document);
    markup.open("body", &[]);
    header(&mut markup, document);
    markup.open("main", &[]);
    if document.events.is_empty() {
        markup.element("h2", &[], "Nothing to diagnose");
        markup.element("p", &[], super::text::NOTHING);
    }
    if document.events.len() > 1 {
        contents(&mut markup, document);
    }
    for (index, event) in document.events.iter().enumerate() {
        describe(&mut markup, event, index + 1);
    }
    section::forecast(&mut markup, document);
    section::files(&mut markup, document);
    section::notes(&mut markup, document);
    section::glossary(&mut markup);
    markup.close("main");
    footer(&mut markup, document);
    markup.close("body");
    markup.close("html");
    markup.finish()
}

fn head(markup: &mut Markup, document: &Document) {
    markup.open("head", &[]);
    markup.empty("meta", &[("charset", "utf-8")]);
    markup.empty("meta", &[("http-equiv", "Content-Security-Policy"), ("content", POLICY)]);
    markup
        .empty("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
    markup.empty("meta", &[("name", "referrer"), ("content", "no-referrer")]);
    markup.empty("meta", &[("name", "generator"), ("content", &program(document))]);
    let title = match document.events.as_slice() {
        [event] => words::headline(event),
        events => format!("{} events of the automatic root update", events.len()),
    };
    markup.element("title", &[], &format!("{title} - chaincheck"));
    markup.style(STYLE);
    markup.close("head");
}

fn program(document: &Document) -> String {
    format!("chaincheck {}", document.version)
}

fn header(markup: &mut Markup, document: &Document) {
    markup.open("header", &[]);
    markup.element("h1", &[], "Diagnosis of the automatic root update of Windows");
    if document.lab {
        markup.element("p", &[("class", "banner")], super::text::LAB);
    }
    markup.close("header");
}

/// What there is on the page, with the answer to each.
fn contents(markup: &mut Markup, document: &Document) {
    markup.open("nav", &[("aria-label", "Events"), ("class", "event")]);
    markup.element("h2", &[], &format!("{} events", document.events.len()));
    markup.open("ol", &[]);
    for (index, event) in document.events.iter().enumerate() {
        markup.open("li", &[]);
        let target = format!("#event-{}", index + 1);
        markup.element("a", &[("href", &target)], &words::headline(event));
        let verdict = Verdict::of(event).label();
        let when = event.record.as_ref().map_or(&event.clock, |record| &record.time);
        markup.element(
            "span",
            &[("class", "soft")],
            &format!(" {verdict}, {}", words::moment(when)),
        );
        markup.close("li");
    }
    markup.close("ol");
    markup.close("nav");
}

fn describe(markup: &mut Markup, event: &EventDiagnosis, number: usize) {
    let id = format!("event-{number}");
    let heading = format!("event-{number}-heading");
    markup.open("section", &[("class", "event"), ("id", &id), ("aria-labelledby", &heading)]);
    let verdict = Verdict::of(event);
    let class = match verdict {
        Verdict::Proven | Verdict::Quiet => "chip good",
        _ => "chip open",
    };
    markup.element("p", &[("class", class)], verdict.label());
    markup.element("h2", &[("id", &heading)], &words::headline(event));
    markup.element("p", &[("class", "soft")], verdict.meaning(event));
    section::what_happened(markup, event);
    section::causes(markup, event);
    section::remedies(markup, event);
    markup.element("h3", &[], "The list's signature");
    markup.open("div", &[("class", "sides")]);
    chain::draw(markup, event, number);
    timeline::draw(markup, event, number);
    markup.close("div");
    section::certificates(markup, event);
    section::experiments(markup, event);
    section::undecided(markup, event);
    section::ruled_out(markup, event);
    section::evidence(markup, event);
    section::codes(markup, event);
    section::assumptions(markup, event);
    section::steps(markup, event);
    markup.close("section");
}

fn footer(markup: &mut Markup, document: &Document) {
    markup.open("footer", &[]);
    markup.element(
        "p",
        &[],
        &format!(
            "Made by {} ({}) at clock {} as {}. Each proof file shows its proof again with \
             \"chaincheck run FILE\", on any computer.",
            program(document),
            document.schema,
            words::moment(&document.clock),
            document.profile
        ),
    );
    markup.close("footer");
}
