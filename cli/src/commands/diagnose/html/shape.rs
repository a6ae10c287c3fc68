//! Shapes that several pictures use. Places along the width are percentages, so that a picture
//! fits every width while its letters keep their size.

use std::fmt;

use super::markup::{Attributes, Markup};

/// A number as an attribute has it: no more than two decimals.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A place along the width.
pub(super) fn percent(value: f64) -> String {
    format!("{}%", number(value))
}

/// Text at a place.
pub(super) fn text(markup: &mut Markup, class: &str, x: &str, y: f64, anchor: Anchor, text: &str) {
    markup.element(
        "text",
        &[("class", class), ("x", x), ("y", &number(y)), ("text-anchor", &anchor.to_string())],
        text,
    );
}

/// Which end of a text its place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        })
    }
}

/// Shapes in pixels around a place that is a percentage of the width.
pub(super) fn placed(markup: &mut Markup, x: &str, y: f64, draw: impl FnOnce(&mut Markup)) {
    // small, so that it reaches over no edge
    let size = [("width", "1"), ("height", "1"), ("overflow", "visible")];
    let place = [("x", x), ("y", &number(y))];
    markup.open("svg", &[place.as_slice(), size.as_slice()].concat());
    draw(markup);
    markup.close("svg");
}

pub(super) fn path(markup: &mut Markup, class: &str, d: &str) {
    markup.empty("path", &[("class", class), ("d", d)]);
}

pub(super) fn line(markup: &mut Markup, class: &str, from: (&str, f64), to: (&str, f64)) {
    let attributes: Attributes<'_> = &[
        ("class", class),
        ("x1", from.0),
        ("y1", &number(from.1)),
        ("x2", to.0),
        ("y2", &number(to.1)),
    ];
    markup.empty("line", attributes);
}

/// A filled octagon with a cross: something is wrong here. Its middle is the origin.
pub(super) fn bad_mark(markup: &mut Markup) {
    path(
        markup,
        "mark-bad",
        "M-4.6 -11 L4.6 -11 L11 -4.6 L11 4.6 L4.6 11 L-4.6 11 L-11 4.6 L-11 -4.6 Z",
    );
    path(markup, "cross", "M-4.5 -4.5 L4.5 4.5 M4.5 -4.5 L-4.5 4.5");
}

/// An open circle with a tick: nothing is wrong here.
pub(super) fn good_mark(markup: &mut Markup) {
    markup.empty("circle", &[("class", "mark-good"), ("r", "9.5")]);
    path(markup, "tick", "M-4.5 0.5 L-1.5 3.5 L4.5 -3.5");
}

/// The text in lines of at most so many columns, no more than so many; what does not fit ends in
/// three dots.
pub(super) fn lines(text: &str, columns: usize, most: usize) -> Vec<String> {
    let text = crate::text::printable(text);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = width(word);
        if used > 0 && used + 1 + length > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        for character in word.chars() {
            let wide = columns_of(character);
            if used + wide > columns {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(character);
            used += wide;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            while width(last) + 3 > columns && last.pop().is_some() {}
            last.push_str("...");
        }
    }
    lines
}

fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// Letters of East Asia are about twice as wide as Latin ones.
const fn columns_of(character: char) -> usize {
    if matches!(character, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..) { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_and_cut() {
        assert_eq!(lines("one two three", 7, 9), ["one two", "three"]);
        assert_eq!(lines("abcdefgh", 5, 9), ["abcde", "fgh"]);
        assert_eq!(lines("one two three four", 7, 2), ["one two", "thre..."]);
        assert_eq!(lines("\u{4e00}\u{4e00}\u{4e00}", 4, 9), ["\u{4e00}\u{4e00}", "\u{4e00}"]);
        assert_eq!(lines("", 5, 2), [""]);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            (number(12.0), number(0.504), percent(33.3333)),
            ("12".into(), "0.5".into(), "33.33%".into())
        );
    }
}
