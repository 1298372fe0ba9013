//! What must hold of every summary.

use super::*;
use crate::fixtures;

const PLAIN: Style = Style {
    colour: false,
    width: 80,
};

#[test]
fn summaries_at_eighty_columns() {
    for (name, judged) in fixtures::all() {
        let folder = Path::new("runs").join(name).join("20261121-091403-1");
        insta::assert_snapshot!(format!("terminal-{name}"), render(&judged, PLAIN, Some(&folder)));
    }
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [60, 80, 132] {
        for (name, judged) in fixtures::all() {
            for line in render(&judged, Style { colour: false, width }, None).lines() {
                assert!(line.chars().count() <= width, "{name} at {width}: {line:?}");
            }
        }
    }
}

#[test]
fn the_verdict_comes_first_and_the_words_are_the_same_without_colour() {
    for (name, judged) in fixtures::all() {
        let coloured = render(
            &judged,
            Style {
                colour: true,
                ..PLAIN
            },
            None,
        );
        let mut bare = coloured.clone();
        for code in ["1", "2", "31", "32", "33", "1;30;42", "1;97;41", "1;30;43", "0"] {
            bare = bare.replace(&format!("\u{1b}[{code}m"), "");
        }
        let trimmed: Vec<&str> = bare.lines().map(str::trim_end).collect();
        let plain = render(&judged, PLAIN, None);
        assert_eq!(trimmed, plain.lines().collect::<Vec<_>>(), "{name}");
        assert!(!plain.contains('\u{1b}'), "{name}");
        assert!(
            plain
                .lines()
                .next()
                .unwrap()
                .contains(crate::text::verdict(judged.report.verdict)),
            "{name}"
        );
    }
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    assert!(Style::detect(true, None, Some(100)).colour);
    assert!(
        Style::detect(true, Some(OsStr::new("")), None).colour,
        "an empty NO_COLOR is none"
    );
    assert!(!Style::detect(true, Some(OsStr::new("1")), None).colour);
    assert!(!Style::detect(false, None, None).colour);
    assert_eq!(Style::detect(false, None, None).width, 80);
    assert_eq!(Style::detect(true, None, Some(20)).width, 60);
}
