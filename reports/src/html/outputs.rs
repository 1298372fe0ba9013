//! The output of the commands of steps: the last lines, and all of it on demand.
//!
//! Printed pages have the last lines only, since a closed `<details>` does not print.

use drill::report::{Judged, StepOutput};
use maud::{Markup, html};

use super::section::section;
use crate::text;

/// Lines that are always shown.
const LAST: usize = 10;
/// Bytes of a step's output on the page; the journal has the rest.
const LARGEST: usize = 128 << 10;

/// The section; nothing where no command wrote anything.
pub(super) fn outputs(judged: &Judged) -> Markup {
    let all = &judged.charts.outputs;
    if all.is_empty() {
        return html! {};
    }
    let content = html! {
        p class="small" {
            "Lines of stderr are marked with " span class="mono" { "!" } ", remarks of Firedrill with " span class="mono" { "#" }
            ". Colours and other control sequences are taken out; secrets are masked in the records already."
        }
        @for one in all { (step(one)) }
    };
    section("output", "Output of commands", content)
}

fn step(output: &StepOutput) -> Markup {
    let lines: Vec<String> = output
        .lines
        .iter()
        .map(|(stream, text)| line(stream, text))
        .collect();
    let last = lines.len().saturating_sub(LAST);
    let mut size = 0;
    let fitting = lines.iter().take_while(|line| {
        size += line.len() + 1;
        size <= LARGEST
    });
    let fitting = fitting.count();
    html! {
        h3 { "Step " span class="mono" { (output.step) } }
        @if last > 0 {
            p class="small" { "The last " (LAST) " of " (text::count(lines.len() as u64)) " lines:" }
        }
        pre class="output" { (lines[last..].join("\n")) }
        @if last > 0 {
            details {
                summary { "All " (text::count(lines.len() as u64)) " lines" }
                pre class="output" { (lines[..fitting].join("\n")) }
                @if fitting < lines.len() {
                    p class="small" { (text::plural((lines.len() - fitting) as u64, "line")) " more in journal.jsonl." }
                }
            }
        }
    }
}

/// A line without what steers terminals; of one that was written over (`\r`), what stood there last.
fn line(stream: &str, text: &str) -> String {
    let sign = match stream {
        "stdout" => "  ",
        "stderr" => "! ",
        _ => "# ",
    };
    let last = text
        .trim_end_matches('\r')
        .rsplit('\r')
        .next()
        .unwrap_or_default();
    format!("{sign}{}", text::one_line(&without_sequences(last)).trim_end())
}

/// The text without ANSI's control sequences (`ESC [ … letter`, `ESC ] … BEL`).
fn without_sequences(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\u{1b}', Some('[')) => {
                chars.next();
                // Parameters and intermediates end with a byte from @ to ~.
                while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {}
            }
            ('\u{1b}', Some(']')) => while chars.next().is_some_and(|c| c != '\u{7}') {},
            ('\u{1b}', _) => {}
            (c, _) => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_control_characters_are_removed() {
        assert_eq!(line("stdout", "\u{1b}[31mred\u{1b}[0m text"), "  red text");
        assert_eq!(line("stderr", "10 %\r50 %\rdone\r"), "! done");
        assert_eq!(line("stdout", "\u{1b}]0;title\u{7}x\u{1b}"), "  x");
        assert_eq!(line("stdout", "\u{1b}[3"), "  ");
        assert_eq!(
            line("firedrill", "5 lines are left out here"),
            "# 5 lines are left out here"
        );
    }

    #[test]
    fn the_last_lines_are_shown_and_the_whole_is_a_click_away() {
        let output = StepOutput {
            step: "restore".into(),
            lines: (0..40).map(|n| ("stdout".into(), format!("line {n}"))).collect(),
        };
        let page = step(&output).0;
        assert!(
            page.contains("The last 10 of 40 lines") && page.contains("<details>"),
            "{page}"
        );
        assert_eq!(page.matches("line 39").count(), 2);
        assert_eq!(page.matches("line 7\n").count(), 1);
        let short = StepOutput {
            lines: output.lines[..3].to_vec(),
            ..output
        };
        assert!(!step(&short).0.contains("<details>"));
    }
}
