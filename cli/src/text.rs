//! Text for people: 80 columns, no colour needed, nothing a terminal could take for a command.

use std::fmt::Write as _;
use std::io::{self, Write};

/// The width that is never exceeded, in characters.
const WIDTH: usize = 80;
/// Where the values of [`Text::field`] begin.
const VALUE_COLUMN: usize = 18;

/// A text that grows line by line.
#[derive(Debug, Default)]
pub(crate) struct Text(String);

impl Text {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// An empty line.
    pub(crate) fn blank(&mut self) {
        self.0.push('\n');
    }

    /// A paragraph, indented.
    pub(crate) fn line(&mut self, indent: usize, text: &str) {
        self.wrapped(indent, &" ".repeat(indent), text);
    }

    /// A paragraph whose later lines stand two further in.
    pub(crate) fn item(&mut self, indent: usize, text: &str) {
        self.wrapped(indent + 2, &" ".repeat(indent), text);
    }

    /// A name and a value.
    pub(crate) fn field(&mut self, name: &str, value: &str) {
        self.row(name, VALUE_COLUMN, value);
    }

    /// A name and a value that begins at this column.
    pub(crate) fn row(&mut self, name: &str, column: usize, value: &str) {
        let mut first = format!("  {}", printable(name));
        while first.chars().count() < column {
            first.push(' ');
        }
        if !first.ends_with(' ') {
            first.push(' ');
        }
        self.wrapped(column, &first, value);
    }

    /// A line that has to stay whole to be copied, whatever its length.
    pub(crate) fn verbatim(&mut self, indent: usize, line: &str) {
        let line = format!("{}{}", " ".repeat(indent), printable(line));
        self.push_line(&line);
    }

    /// Writes the text out.
    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(self.0.as_bytes())?;
        out.flush()
    }

    fn wrapped(&mut self, hanging: usize, first: &str, text: &str) {
        let text = printable(text);
        let mut line = first.to_owned();
        let mut used = first.chars().count();
        let mut fresh = true;
        for word in text.split_whitespace() {
            let mut word = word;
            let length = word.chars().count();
            if !fresh && used + 1 + length > WIDTH {
                self.push_line(&line);
                line = " ".repeat(hanging);
                used = hanging;
                fresh = true;
            }
            if !fresh {
                line.push(' ');
                used += 1;
            }
            // a word longer than a line is cut
            while used + word.chars().count() > WIDTH {
                let cut = word
                    .char_indices()
                    .nth(WIDTH.saturating_sub(used).max(1))
                    .map_or(word.len(), |(index, _)| index);
                let (head, tail) = word.split_at(cut);
                line.push_str(head);
                self.push_line(&line);
                line = " ".repeat(hanging);
                used = hanging;
                word = tail;
            }
            line.push_str(word);
            used += word.chars().count();
            fresh = false;
        }
        self.push_line(&line);
    }

    fn push_line(&mut self, line: &str) {
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }
}

/// The text without characters that steer a terminal, turn the direction of writing, cannot be seen
/// or are none: names in certificates are anyone's.
pub(crate) fn printable(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        let steers = matches!(character,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
            | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}');
        if matches!(character, '\n' | '\r' | '\t') {
            clean.push(' ');
        } else if character.is_control() || steers {
            let _ = write!(clean, "\\u{{{:x}}}", u32::from(character));
        } else {
            clean.push(character);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_within_the_width() {
        let mut text = Text::new();
        text.field("a name", &"word ".repeat(40));
        text.item(4, &"x".repeat(300));
        assert!(text.0.lines().all(|line| line.chars().count() <= WIDTH), "{}", text.0);
        assert_eq!(text.0.matches('x').count(), 300);
        assert_eq!(text.0.matches("word").count(), 40);
    }

    #[test]
    fn a_command_stays_whole() {
        let mut text = Text::new();
        text.verbatim(4, &"del  ".repeat(40));
        assert_eq!(text.0, format!("    {}\n", "del  ".repeat(40).trim_end()));
    }

    #[test]
    fn what_steers_a_terminal_is_written_out() {
        assert_eq!(printable("a\u{1b}[31mb\u{202e}c"), "a\\u{1b}[31mb\\u{202e}c");
        assert_eq!(printable("a\u{200b}b\u{ffff}\nc\u{fffd}"), "a\\u{200b}b\\u{ffff} c\u{fffd}");
    }
}
