//! What a page says, and that nothing of the evidence becomes part of its markup.

mod browser;

use std::collections::BTreeSet;

use roxmltree::{Document as Tree, Node, ParsingOptions};

use super::page;
use crate::commands::diagnose::document::Document;
use crate::commands::diagnose::samples;
use crate::text::printable;

/// Every element a page may have.
const ELEMENTS: &[&str] = &[
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "main",
    "footer",
    "section",
    "nav",
    "h1",
    "h2",
    "h3",
    "h4",
    "p",
    "a",
    "span",
    "strong",
    "code",
    "pre",
    "div",
    "dl",
    "dt",
    "dd",
    "ul",
    "ol",
    "li",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
    "figure",
    "figcaption",
    "svg",
    "desc",
    "g",
    "rect",
    "line",
    "path",
    "circle",
    "text",
];

/// Reads it as strict XML.
fn tree<'a>(name: &str, html: &'a str) -> Tree<'a> {
    let options = ParsingOptions { allow_dtd: true, ..Default::default() };
    Tree::parse_with_options(html, options).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// All text under a node, with single spaces.
fn text(node: Node<'_, '_>) -> String {
    let parts: Vec<&str> =
        node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect();
    parts.concat().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn elements<'a, 'b>(tree: &'a Tree<'b>, name: &'a str) -> impl Iterator<Item = Node<'a, 'b>> {
    tree.descendants().filter(move |node| node.tag_name().name() == name)
}

/// The parsed page handed to a test, with its text.
fn with_page(document: &Document, test: impl FnOnce(&Tree<'_>, &str)) {
    let html = page(document);
    let tree = tree("page", &html);
    test(&tree, &text(tree.root_element()));
}

/// Also writes every sample's page to the folder that CHAINCHECK_PAGES names, to be looked at.
#[test]
fn every_sample_is_well_formed_and_of_known_elements_only() {
    for (name, document) in samples::all() {
        let html = page(document);
        if let Some(folder) = std::env::var_os("CHAINCHECK_PAGES") {
            let path = std::path::Path::new(&folder).join(format!("{name}.html"));
            std::fs::write(path, &html).unwrap();
        }
        let tree = tree(name, &html);
        for node in tree.descendants().filter(Node::is_element) {
            let element = node.tag_name().name();
            assert!(ELEMENTS.contains(&element), "{name}: {element}");
            for attribute in node.attributes() {
                let attribute_name = attribute.name();
                let active = attribute_name.starts_with("on")
                    || ["src", "srcset", "style", "action", "xlink:href"].contains(&attribute_name);
                assert!(!active, "{name}: {attribute_name}");
                // nothing is fetched, nothing leads away
                let leads = attribute_name == "href" && !attribute.value().starts_with("#event-");
                assert!(!leads, "{name}: {}", attribute.value());
            }
        }
    }
}

#[test]
fn pages_are_accessible() {
    for (name, document) in samples::all() {
        let html = page(document);
        let tree = tree(name, &html);
        assert_eq!(tree.root_element().attribute("lang"), Some("en"));
        assert_eq!(elements(&tree, "h1").count(), 1);
        assert!(elements(&tree, "th").all(|head| head.attribute("scope").is_some()), "{name}");
        let ids: Vec<&str> = tree.descendants().filter_map(|node| node.attribute("id")).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{name}: {ids:?}");
        for picture in elements(&tree, "svg").filter(|svg| svg.attribute("role").is_some()) {
            let labels = picture.attribute("aria-labelledby").unwrap();
            assert!(labels.split(' ').all(|label| ids.contains(&label)), "{name}: {labels}");
            let inner: Vec<_> = picture.children().filter(Node::is_element).take(2).collect();
            assert_eq!(inner[0].tag_name().name(), "title");
            assert_eq!(inner[1].tag_name().name(), "desc");
        }
        for labelled in tree.descendants().filter_map(|node| node.attribute("aria-labelledby")) {
            assert!(labelled.split(' ').all(|label| ids.contains(&label)), "{name}: {labelled}");
        }
    }
}

#[test]
fn a_page_says_everything_that_was_found() {
    for (name, document) in samples::all().iter().filter(|(name, _)| *name != "hostile") {
        with_page(document, |_, said| {
            let mut wanted = vec![format!("chaincheck {}", document.version)];
            for event in &document.events {
                wanted.push(super::words::headline(event));
                wanted.push(super::words::moment(&event.clock));
                if let Some(record) = &event.record {
                    wanted.extend(
                        [&record.computer, &record.url, &record.text]
                            .into_iter()
                            .flatten()
                            .cloned(),
                    );
                }
                wanted.extend(event.causes.iter().map(|cause| cause.kind.name().to_owned()));
                for remedy in &event.remedies {
                    wanted.push(remedy.what.clone());
                    wanted.extend(remedy.commands.iter().cloned());
                }
                let chains = event.chain.iter().flat_map(|chain| &chain.simple_chains);
                for element in chains.flat_map(|chain| &chain.elements) {
                    wanted.extend([element.sha1.clone(), element.subject.clone()]);
                }
                wanted.extend(event.would_decide.iter().cloned());
                let scenarios = event.causes.iter().filter_map(|cause| cause.scenario.as_ref());
                wanted.extend(scenarios.map(|file| format!("chaincheck run {file}")));
            }
            wanted.extend(document.files.iter().flat_map(|f| [f.path.clone(), f.sha256.clone()]));
            wanted.extend(document.forecast.iter().map(|ending| ending.what.clone()));
            for fact in wanted {
                assert!(said.contains(&fact), "{name}: no {fact:?}");
            }
        });
    }
}

/// The boxes of the chain that are marked as failing: what stands in each of the chain's texts.
fn problems(tree: &Tree<'_>) -> Vec<String> {
    elements(tree, "text")
        .filter(|node| node.attribute("class") == Some("problem"))
        .map(|node| node.text().unwrap_or_default().to_owned())
        .collect()
}

fn boxes(tree: &Tree<'_>, class: &str) -> usize {
    elements(tree, "rect").filter(|node| node.attribute("class") == Some(class)).count()
}

#[test]
fn the_failing_element_is_marked_by_shape_and_words() {
    with_page(samples::named("expired"), |tree, _| {
        // the signer, and the list that is not accepted for it
        assert_eq!((boxes(tree, "box"), boxes(tree, "box failing")), (2, 2));
        let found = problems(tree);
        assert!(
            found.iter().any(|text| text.starts_with("ended 2024-04-10, 781 days")),
            "{found:?}"
        );
    });
    with_page(samples::named("missing-root"), |tree, _| {
        assert_eq!(boxes(tree, "box absent"), 1);
        let found = problems(tree);
        assert!(found.contains(&"not found on this machine".to_owned()), "{found:?}");
        assert!(found.contains(&"the link is missing".to_owned()), "{found:?}");
    });
    with_page(samples::named("two-causes"), |tree, _| {
        assert_eq!((boxes(tree, "box"), boxes(tree, "box failing")), (1, 3));
        let found = problems(tree);
        assert!(found.contains(&"distrusted: in the Disallowed store".to_owned()), "{found:?}");
    });
    with_page(samples::named("several"), |tree, _| {
        let found = problems(tree);
        assert!(found.contains(&"not what the signer signed".to_owned()), "{found:?}");
        assert!(found.contains(&"may not sign lists of roots".to_owned()), "{found:?}");
    });
}

#[test]
fn the_clocks_stand_where_they_should() {
    with_page(samples::named("wrong-clock"), |tree, said| {
        let place = |class: &str| -> f64 {
            let line = elements(tree, "line").find(|line| line.attribute("class") == Some(class));
            let x = line.unwrap().attribute("x1").unwrap().trim_end_matches('%').to_owned();
            x.parse().unwrap()
        };
        let bar = elements(tree, "rect").find(|bar| bar.attribute("class") == Some("bar failing"));
        let number = |name: &str| -> f64 {
            bar.unwrap().attribute(name).unwrap().trim_end_matches('%').parse().unwrap()
        };
        let (start, end) = (number("x"), number("x") + number("width"));
        assert!(place("clock") > end, "the machine's clock is past the period");
        assert!((start..end).contains(&place("true-clock")), "the true time is inside it");
        assert!(said.contains("machine's clock 2029-06-01"));
        assert!(said.contains("true time 2026-06-01"));
    });
    with_page(samples::named("expired"), |_, said| assert!(!said.contains("true time")));
}

#[test]
fn hostile_texts_stay_texts() {
    let html = page(samples::named("hostile"));
    let tree = tree("hostile", &html);
    let shown = printable(samples::HOSTILE);
    let whole = |name: &str| elements(&tree, name).any(|node| text(node).contains(&shown));
    for element in ["dd", "p", "td", "code", "li"] {
        assert!(whole(element), "{element} lacks the hostile text");
    }
    let active = ["<script", "<img", "\u{202e}", "\u{1b}", "\u{0}", "\u{ffff}", "\u{200b}"];
    for part in active {
        assert!(!html.contains(part), "{part:?}");
    }
}
