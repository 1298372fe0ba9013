//! What a script writes, as far as it is kept: its first lines, its last, and no secret.
//!
//! ```text
//!   lines ──► without secrets ──► cut ──► the first 500: at once
//!                                    └──► the last 100: at the end, after a note of what is left out
//! ```

use std::collections::VecDeque;

use runtime::supervisor::{OutputLine, Stream};

use super::masks::{Follow, Masks};

/// Lines from the beginning that are kept.
const FIRST: usize = 500;
/// Lines from the end that are kept.
const LAST: usize = 100;
/// Bytes of one line that are kept.
const LONGEST: usize = 4 << 10;
/// Lines that say why a script failed.
const ERROR_LINES: usize = 5;

/// One line that goes into the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// `stdout`, `stderr`, or `firedrill` for what is said about the others.
    pub(super) stream: &'static str,
    pub(super) text: String,
}

/// Takes lines, and says which are kept.
#[derive(Debug)]
pub(super) struct Capture {
    masks: Masks,
    taken: usize,
    last: VecDeque<Line>,
    /// Whether the next line of stdout and of stderr goes on with one that was cut.
    goes_on: [bool; 2],
    /// Where in a secret of several lines stdout and stderr are.
    follow: [Follow; 2],
    error_lines: VecDeque<String>,
    last_words: String,
}

impl Capture {
    pub(super) fn new(masks: Masks) -> Capture {
        Capture {
            masks,
            taken: 0,
            last: VecDeque::new(),
            goes_on: [false; 2],
            follow: Default::default(),
            error_lines: VecDeque::new(),
            last_words: String::new(),
        }
    }

    /// A line came; it is given back if it is kept and may be written down at once.
    pub(super) fn push(&mut self, line: OutputLine) -> Option<Line> {
        let (stream, goes_on) = match line.stream {
            Stream::Stdout => ("stdout", &mut self.goes_on[0]),
            Stream::Stderr => ("stderr", &mut self.goes_on[1]),
        };
        let rest_of_line = std::mem::replace(goes_on, line.goes_on);
        if rest_of_line {
            // Of a line that long the beginning is kept; a secret may lie across the cut.
            return None;
        }
        let follow = match line.stream {
            Stream::Stdout => &mut self.follow[0],
            Stream::Stderr => &mut self.follow[1],
        };
        let text = cut(self.masks.mask_next(follow, &line.text));
        self.remember(line.stream, &text);
        let line = Line { stream, text };
        self.taken += 1;
        if self.taken <= FIRST {
            return Some(line);
        }
        if self.last.len() == LAST {
            self.last.pop_front();
        }
        self.last.push_back(line);
        None
    }

    fn remember(&mut self, stream: Stream, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        match stream {
            Stream::Stdout => text.clone_into(&mut self.last_words),
            Stream::Stderr => {
                if self.error_lines.len() == ERROR_LINES {
                    self.error_lines.pop_front();
                }
                self.error_lines.push_back(text.to_owned());
            }
        }
    }

    /// The last lines, once there are no more, after a note of those that are left out.
    pub(super) fn rest(&mut self) -> Vec<Line> {
        let left_out = self.taken.saturating_sub(FIRST + self.last.len());
        let note = Line {
            stream: "firedrill",
            text: format!("{left_out} lines are left out here"),
        };
        let note = (left_out > 0).then_some(note);
        note.into_iter().chain(self.last.drain(..)).collect()
    }

    /// The last line of its standard output.
    pub(super) fn last_words(&self) -> &str {
        &self.last_words
    }

    /// The last lines of its standard error; without any, the last of its standard output.
    pub(super) fn error_message(&self) -> String {
        if self.error_lines.is_empty() {
            self.last_words.clone()
        } else {
            Vec::from_iter(self.error_lines.iter().cloned()).join("\n")
        }
    }
}

/// At most [`LONGEST`] bytes of a line, with a note of what is left out.
fn cut(mut text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let end = (0..=LONGEST)
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    text.truncate(end);
    text.push_str(" [the rest of the line is left out]");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(text: &str) -> OutputLine {
        OutputLine {
            stream: Stream::Stdout,
            text: text.to_owned(),
            goes_on: false,
        }
    }

    fn err(text: &str) -> OutputLine {
        OutputLine {
            stream: Stream::Stderr,
            text: text.to_owned(),
            goes_on: false,
        }
    }

    fn capture(secrets: &[&str]) -> Capture {
        Capture::new(Masks::new(secrets.iter().map(|secret| (*secret).to_owned())))
    }

    #[test]
    fn the_first_and_the_last_lines_are_kept_and_what_lies_between_is_counted() {
        let mut capture = capture(&[]);
        let at_once = (0..1000)
            .filter_map(|n| capture.push(out(&format!("line {n}"))))
            .count();
        assert_eq!(at_once, 500);
        let rest = capture.rest();
        assert_eq!(rest.len(), 101);
        assert_eq!(
            (rest[0].stream, rest[0].text.as_str()),
            ("firedrill", "400 lines are left out here")
        );
        assert_eq!(
            (rest[1].text.as_str(), rest[100].text.as_str()),
            ("line 900", "line 999")
        );
        assert!(capture.rest().is_empty() || capture.rest()[0].stream == "firedrill");
        assert_eq!(capture.last_words(), "line 999");
    }

    #[test]
    fn nothing_is_said_to_be_left_out_that_is_not() {
        let mut capture = capture(&[]);
        for n in 0..600 {
            capture.push(out(&n.to_string()));
        }
        let rest = capture.rest();
        assert_eq!((rest.len(), rest[0].text.as_str()), (100, "500"));
    }

    #[test]
    fn a_long_line_is_cut_where_a_character_ends_and_what_it_goes_on_with_is_dropped() {
        let mut capture = capture(&["secret-secret"]);
        let long = format!("{}é{}", "x".repeat(LONGEST - 1), "y".repeat(LONGEST));
        let part = |text: &str| OutputLine {
            goes_on: true,
            ..out(text)
        };
        let line = capture.push(part(&long)).unwrap();
        assert!(line.text.starts_with("xxx") && line.text.ends_with("x [the rest of the line is left out]"));
        assert_eq!(capture.push(part("secret-sec")), None);
        assert_eq!(capture.push(out("ret and more of it")), None);
        assert!(capture.push(err("of another stream")).is_some());
        assert_eq!(capture.push(out("the next line")).unwrap().text, "the next line");
    }

    #[test]
    fn the_line_after_a_long_one_is_kept() {
        let mut capture = capture(&[]);
        for bytes in [16 << 10, 20 << 10, 32 << 10] {
            assert!(capture.push(out(&"x".repeat(bytes))).is_some());
            assert_eq!(
                capture.push(out("done")).unwrap().text,
                "done",
                "after {bytes} bytes"
            );
        }
        // Three bytes are written for each that is no UTF-8.
        assert!(capture.push(out(&"\u{fffd}".repeat(6000))).is_some());
        assert!(capture.push(out("done")).is_some());
        assert_eq!(capture.last_words(), "done");
    }

    #[test]
    fn secrets_are_masked_before_a_line_is_cut() {
        let mut capture = capture(&["hunter2hunter2"]);
        let line = format!("{}hunter2hunter2", "x".repeat(LONGEST - 3));
        let kept = capture.push(out(&line)).unwrap().text;
        assert!(!kept.contains("hun"), "{}", &kept[LONGEST - 10..]);
    }

    #[test]
    fn the_error_message_is_the_end_of_stderr_or_else_of_stdout() {
        let mut capture = capture(&[]);
        capture.push(out("working"));
        assert_eq!(capture.error_message(), "working");
        for n in 0..9 {
            capture.push(err(&format!("e{n}")));
        }
        capture.push(err("  "));
        assert_eq!(capture.error_message(), "e4\ne5\ne6\ne7\ne8");
        assert_eq!(capture.last_words(), "working");
    }
}
