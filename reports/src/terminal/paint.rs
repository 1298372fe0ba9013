//! Lines of pieces, and their colours.

use crate::text;

/// What a piece of text is, and so how it is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// As the terminal writes.
    Plain,
    /// Stands out.
    Strong,
    /// Steps back.
    Quiet,
    /// Met.
    Good,
    /// Missed.
    Bad,
    /// Not known.
    Open,
    /// The verdict itself: met.
    GoodBanner,
    /// The verdict itself: missed.
    BadBanner,
    /// The verdict itself: not known.
    OpenBanner,
}

impl Tone {
    /// The parameters of the escape code that begins it.
    fn code(self) -> Option<&'static str> {
        match self {
            Tone::Plain => None,
            Tone::Strong => Some("1"),
            Tone::Quiet => Some("2"),
            Tone::Good => Some("32"),
            Tone::Bad => Some("31"),
            Tone::Open => Some("33"),
            Tone::GoodBanner => Some("1;30;42"),
            Tone::BadBanner => Some("1;97;41"),
            Tone::OpenBanner => Some("1;30;43"),
        }
    }
}

/// A line of the summary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pieces: Vec<(Tone, String)>,
}

impl Line {
    /// A line of one piece.
    pub(super) fn new(tone: Tone, text: impl Into<String>) -> Line {
        Line::default().and(tone, text)
    }

    /// The line with one more piece.
    pub(super) fn and(mut self, tone: Tone, text: impl Into<String>) -> Line {
        self.pieces.push((tone, text.into()));
        self
    }

    /// Writes the line, cleaned, and without spaces at its end.
    pub(super) fn write(&self, out: &mut String, colour: bool) {
        let start = out.len();
        for (tone, text) in &self.pieces {
            let text = text::one_line(text);
            match tone.code().filter(|_| colour && !text.is_empty()) {
                Some(code) => {
                    out.push_str("\u{1b}[");
                    out.push_str(code);
                    out.push('m');
                    out.push_str(&text);
                    out.push_str("\u{1b}[0m");
                }
                None => out.push_str(&text),
            }
        }
        let end = start + out[start..].trim_end().len();
        out.truncate(end);
        out.push('\n');
    }
}

/// A text as lines of at most `width` characters; a longer word is broken.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let text = text::one_line(text);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + word.len() > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        while word.len() > width {
            let rest = word.split_off(width);
            lines.push(word.into_iter().collect());
            word = rest;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        used += word.len();
        line.extend(word);
    }
    if used > 0 {
        lines.push(line);
    }
    lines
}

/// The text in at most `room` characters.
pub(crate) fn cut(text: &str, room: usize) -> String {
    if text.chars().count() > room {
        text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_wrapped_at_words_and_long_words_are_broken() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert!(wrap("", 10).is_empty());
    }

    #[test]
    fn escape_codes_are_ours_alone() {
        let line = Line::new(Tone::Bad, "a\u{1b}[2Jb");
        let mut plain = String::new();
        line.write(&mut plain, false);
        assert_eq!(plain, "a\u{fffd}[2Jb\n");
        let mut coloured = String::new();
        line.write(&mut coloured, true);
        assert_eq!(coloured, "\u{1b}[31ma\u{fffd}[2Jb\u{1b}[0m\n");
    }
}
