//! Writing markup into which no evidence can slip.
//!
//! Names of elements and attributes are the program's own (`&'static str`); every text and every
//! value of an attribute is escaped. There is no way to write anything else.

use crate::text::printable;

/// A document that grows. It is HTML and well-formed XML at once.
#[derive(Debug, Default)]
pub(super) struct Markup(String);

/// Attributes: names and values.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a str)];

/// Elements that stand within a line.
const INLINE: [&str; 4] = ["a", "code", "span", "strong"];

impl Markup {
    /// The beginning of an HTML document.
    pub(super) fn document() -> Self {
        Self("<!DOCTYPE html>\n".to_owned())
    }

    pub(super) fn open(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.tag(name, attributes, ">");
    }

    pub(super) fn close(&mut self, name: &'static str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
        // a line end would show beside what stands within a line
        if !INLINE.contains(&name) {
            self.0.push('\n');
        }
    }

    /// An element that never has content.
    pub(super) fn empty(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.tag(name, attributes, " />\n");
    }

    /// An element that holds only text.
    pub(super) fn element(&mut self, name: &'static str, attributes: Attributes<'_>, text: &str) {
        self.open(name, attributes);
        self.text(text);
        self.close(name);
    }

    /// Text.
    pub(super) fn text(&mut self, text: &str) {
        escape(&printable(text), &mut self.0);
    }

    /// Rules of style. They are the program's own, and need no escaping.
    pub(super) fn style(&mut self, rules: &'static str) {
        debug_assert!(!rules.contains(['<', '&']), "rules of style are well-formed as they are");
        self.open("style", &[]);
        self.0.push_str(rules);
        self.close("style");
    }

    pub(super) fn finish(self) -> String {
        self.0
    }

    fn tag(&mut self, name: &'static str, attributes: Attributes<'_>, end: &str) {
        self.0.push('<');
        self.0.push_str(name);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            escape(&printable(value), &mut self.0);
            self.0.push('"');
        }
        self.0.push_str(end);
    }
}

fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_attributes_are_escaped() {
        let mut markup = Markup::default();
        markup.element("p", &[("title", "\"'<&>\u{0}")], "</p>&amp;\u{202e}\n'");
        let expected = "<p title=\"&quot;&#39;&lt;&amp;&gt;\\u{0}\">\
                        &lt;/p&gt;&amp;amp;\\u{202e} &#39;</p>\n";
        assert_eq!(markup.finish(), expected);
    }
}
