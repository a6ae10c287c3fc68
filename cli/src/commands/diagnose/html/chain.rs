//! The chain of the list's signer as a picture: the root at the top, the list at the bottom.

use chaincheck_engine::proof::EventDiagnosis;
use chaincheck_engine::scenario::{ElementResult, SimpleChainResult};

use super::markup::Markup;
use super::shape::{Anchor, bad_mark, good_mark, line, lines, number, path, placed, text};
use crate::commands::diagnose::words;

/// How many letters a line of a box holds on the narrowest screen.
const COLUMNS: usize = 36;
const LINE: f64 = 17.0;
const GAP: f64 = 40.0;
/// Where the arrow between two boxes runs, from the left.
const ARROW: f64 = 28.0;
const TEXT: f64 = 14.0;

/// A box of the picture.
#[derive(Debug)]
struct Node {
    role: &'static str,
    name: String,
    sha1: Option<String>,
    period: Option<String>,
    problems: Vec<String>,
    absent: bool,
    /// What is wrong with the signature that the box above it made on it.
    broken: Option<&'static str>,
}

impl Node {
    fn new(role: &'static str, name: String) -> Self {
        Self {
            role,
            name,
            sha1: None,
            period: None,
            problems: Vec::new(),
            absent: false,
            broken: None,
        }
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = vec![("label", self.role.to_owned())];
        rows.extend(lines(&self.name, COLUMNS, 2).into_iter().map(|line| ("name", line)));
        rows.extend(self.sha1.iter().map(|sha1| ("hash", sha1.clone())));
        rows.extend(self.period.iter().map(|period| ("note", period.clone())));
        if self.problems.is_empty() {
            rows.push(("fine", "no fault found".to_owned()));
        }
        for problem in &self.problems {
            rows.extend(lines(problem, COLUMNS, 3).into_iter().map(|line| ("problem", line)));
        }
        rows
    }

    fn is_failing(&self) -> bool {
        !self.problems.is_empty()
    }
}

/// Draws it; says so if there is none.
pub(super) fn draw(markup: &mut Markup, event: &EventDiagnosis, number_of_event: usize) {
    markup.open("figure", &[]);
    markup.element("figcaption", &[], "Who signed the list: the chain, root at the top");
    match event.chain.as_ref().and_then(|chain| chain.simple_chains.first()) {
        Some(chain) => picture(markup, &nodes(event, chain), number_of_event),
        None => markup.element(
            "p",
            &[("class", "soft")],
            "The update did not get as far as the signer of a list, so there is no chain to draw.",
        ),
    }
    markup.close("figure");
}

fn nodes(event: &EventDiagnosis, chain: &SimpleChainResult) -> Vec<Node> {
    let mut nodes = Vec::new();
    let last = chain.elements.len().saturating_sub(1);
    if let Some(top) = chain.elements.last()
        && chain.status.error.iter().any(|bit| bit == "IS_PARTIAL_CHAIN")
    {
        let mut absent = Node::new("issuer", words::short_name(&top.issuer));
        absent.problems.push("not found on this machine".to_owned());
        absent.absent = true;
        nodes.push(absent);
    }
    for (index, element) in chain.elements.iter().enumerate().rev() {
        let is_root = index == last && element.issuer == element.subject;
        let role = match index {
            0 => "signer of the list",
            _ if is_root => "root",
            _ => "certification authority",
        };
        nodes.push(node(event, element, role));
    }
    if event.failing_step.as_deref() == Some("trust")
        && !nodes.iter().any(Node::is_failing)
        && let Some(root) = nodes.first_mut()
    {
        root.problems.push("not one of the roots that may stand above this list".to_owned());
    }
    let mut list = Node::new("the list", "list of trusted roots (authrootstl.cab)".to_owned());
    if matches!(event.failing_step.as_deref(), Some("signature" | "decode")) {
        list.broken = Some("the signature does not fit");
        list.problems.push("not what the signer signed".to_owned());
    } else if nodes.iter().any(Node::is_failing) {
        list.problems.push("not accepted, because of the chain above".to_owned());
    }
    nodes.push(list);
    nodes
}

fn node(event: &EventDiagnosis, element: &ElementResult, role: &'static str) -> Node {
    let mut node = Node::new(role, words::short_name(&element.subject));
    node.sha1 = Some(element.sha1.clone());
    node.period = Some(format!(
        "valid {} to {}",
        words::day(&element.not_before),
        words::day(&element.not_after)
    ));
    for bit in &element.status.error {
        if bit == "IS_NOT_SIGNATURE_VALID" {
            node.broken = Some("the signature does not fit");
        }
        node.problems.push(match bit.as_str() {
            "IS_NOT_TIME_VALID" => words::age(element, &event.clock),
            "IS_EXPLICIT_DISTRUST" => "distrusted: in the Disallowed store".to_owned(),
            "IS_UNTRUSTED_ROOT" => "not in the machine's Root store".to_owned(),
            "IS_REVOKED" => "revoked by its issuer".to_owned(),
            "IS_NOT_VALID_FOR_USAGE" => "may not sign lists of roots".to_owned(),
            "IS_NOT_SIGNATURE_VALID" => "its signature does not verify".to_owned(),
            other => words::problems(&[other.to_owned()]).concat(),
        });
    }
    node
}

fn height(node: &Node) -> f64 {
    24.0 + LINE * node.rows().iter().fold(0.0, |sum, _| sum + 1.0)
}

fn picture(markup: &mut Markup, nodes: &[Node], number_of_event: usize) {
    let total: f64 = nodes.iter().map(height).sum::<f64>()
        + GAP * nodes.iter().skip(1).fold(0.0, |sum, _| sum + 1.0);
    let ids = [format!("chain-title-{number_of_event}"), format!("chain-desc-{number_of_event}")];
    let [title, description] = &ids;
    let labelled = format!("{title} {description}");
    let height_text = number(total);
    markup.open(
        "svg",
        &[
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("role", "img"),
            ("height", &height_text),
            ("aria-labelledby", &labelled),
        ],
    );
    markup.element("title", &[("id", title)], "Chain of the list's signer");
    markup.element("desc", &[("id", description)], &in_words(nodes));
    let mut y = 0.0;
    for (index, node) in nodes.iter().enumerate() {
        if index > 0 {
            let above = index.checked_sub(1).and_then(|above| nodes.get(above));
            link(markup, y, above.is_some_and(|above| above.absent), node.broken);
            y += GAP;
        }
        draw_box(markup, y, node);
        y += height(node);
    }
    markup.close("svg");
}

fn in_words(nodes: &[Node]) -> String {
    let parts: Vec<String> = nodes
        .iter()
        .map(|node| {
            let state = if node.is_failing() {
                node.problems.join(", ")
            } else {
                "no fault found".to_owned()
            };
            format!("{}: {} ({state})", node.role, node.name)
        })
        .collect();
    format!("From the top, each signs the next. {}.", parts.join("; "))
}

fn draw_box(markup: &mut Markup, y: f64, node: &Node) {
    let class = match (node.absent, node.is_failing()) {
        (true, _) => "box absent",
        (false, true) => "box failing",
        (false, false) => "box",
    };
    markup.empty(
        "rect",
        &[
            ("class", class),
            ("x", "0"),
            ("y", &number(y)),
            ("width", "100%"),
            ("height", &number(height(node))),
            ("rx", "8"),
        ],
    );
    for ((class, row), index) in node.rows().iter().zip(1_u8..) {
        let base = y + 8.0 + LINE * f64::from(index);
        text(markup, class, &number(TEXT), base, Anchor::Start, row);
    }
    placed(markup, "100%", y, |markup| {
        markup.open("g", &[("transform", "translate(-20 21)")]);
        if node.is_failing() {
            bad_mark(markup)
        } else {
            good_mark(markup)
        }
        markup.close("g");
    });
}

/// The arrow from an issuer down to what it signed.
fn link(markup: &mut Markup, y: f64, absent: bool, broken: Option<&str>) {
    let x = number(ARROW);
    let fault = broken.or(absent.then_some("the link is missing"));
    let class = if fault.is_some() { "arrow broken" } else { "arrow" };
    line(markup, class, (&x, y + 3.0), (&x, y + GAP - 8.0));
    placed(markup, &x, y + GAP - 2.0, |markup| {
        path(markup, "arrow-head", "M0 0 L-6 -10 L6 -10 Z");
    });
    let beside = number(ARROW + 18.0);
    match fault {
        Some(fault) => {
            placed(markup, &x, y + GAP / 2.0 - 3.0, |markup| {
                markup.open("g", &[("transform", "scale(.8)")]);
                bad_mark(markup);
                markup.close("g");
            });
            text(markup, "problem", &beside, y + GAP / 2.0 + 2.0, Anchor::Start, fault);
        }
        None => text(markup, "note", &beside, y + GAP / 2.0 + 2.0, Anchor::Start, "signed"),
    }
}
