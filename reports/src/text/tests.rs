//! Tests of the text of figures.

use super::*;
use crate::fixtures;

#[test]
fn a_miss_of_milliseconds_is_not_rounded_away() {
    let mut objective = fixtures::passing().report.objectives[0].clone();
    objective.actual_s = Some(objective.target_s + 0.25);
    assert_eq!(achieved(&objective), "3600.250s");
    objective.actual_s = Some(objective.target_s);
    assert_eq!(achieved(&objective), "1h");
}

#[test]
fn unknown_and_bounds_say_so() {
    let mut objective = fixtures::passing().report.objectives[0].clone();
    objective.actual_s = None;
    assert_eq!(achieved_with_error(&objective), "not known");
    assert_eq!(provenance(&objective), None);
    objective.at_least_s = Some(1320.0);
    assert!(achieved_with_error(&objective).starts_with("at least 22m ± "));
    objective.actual_s = objective.at_least_s;
    assert!(achieved_with_error(&objective).starts_with("at least 22m ± "));
}

#[test]
fn unread_data_is_unknown() {
    let mut set = fixtures::passing().report.data[0].clone();
    assert_eq!(found(&set, 0), "0");
    (set.counted, set.unknown) = (0, 12);
    assert_eq!(found(&set, 0), "not known");
}

#[test]
fn shares_never_round_to_nothing_or_to_all() {
    assert_eq!(share(1.0, 100_000.0), "< 0.1 %");
    assert_eq!(share(99_999.0, 100_000.0), "> 99.9 %");
    assert_eq!(share(0.0, 5.0), "0 %");
    assert_eq!(share(1.0, 30.0), "3.3 %");
    assert_eq!(share(92_871.0, 93_000.0), "99.9 %");
    assert_eq!(share(50.5, 100.0), "50 %");
    assert_eq!(share(1.0, 1.0), "100 %");
    assert_eq!(share(0.0, 0.0), "0 %");
}

#[test]
fn days_are_days() {
    assert_eq!(span(-689_100.0), "-7d 23h 25m");
    assert_eq!(span(691_200.0), "8d");
    assert_eq!(span(86_399.0), "23h 59m 59s");
    assert_eq!(span(0.312), "312ms");
}

#[test]
fn counts_are_grouped() {
    assert_eq!(count(0), "0");
    assert_eq!(count(999), "999");
    assert_eq!(count(1_234_567), "1,234,567");
    assert_eq!(plural(1, "device"), "1 device");
    assert_eq!(plural(0, "device"), "0 devices");
}

#[test]
fn nothing_in_a_text_steers_the_reader() {
    assert_eq!(
        one_line("a\u{1b}[31mb\nc\u{202e}d\0"),
        "a\u{fffd}[31mb c\u{fffd}d\u{fffd}"
    );
    assert_eq!(one_line("Zürich 東京 ✔"), "Zürich 東京 ✔");
}
