//! How the figures come about, and how far they can be relied on.

use drill::report::{Clock, EMBEDDED, Report};
use drill::scenario::{Durations, Exercise};
use maud::{Markup, html};

use super::section::section;
use crate::text;

/// The section.
pub(super) fn method(report: &Report) -> Markup {
    let content = match &report.exercise {
        Some(exercise) => of_exercise(report, exercise.kind),
        None => of_drill(report),
    };
    section("method", "Method and its limits", content)
}

/// Of an exercise without faults.
fn of_exercise(report: &Report, kind: Exercise) -> Markup {
    let without_people = report
        .exercise
        .as_ref()
        .is_none_or(|exercise| exercise.people.is_empty());
    let through = if without_people {
        "No person took part: each step took its modelled duration."
    } else {
        "People went through the plan."
    };
    let stood_up = match kind {
        Exercise::Tabletop => "No system was stood up. ".to_owned(),
        _ => format!(
            "Firedrill stood up {} and wrote data; steps that only read were performed there. ",
            stand_in(report)
        ),
    };
    html! {
        ul {
            li {
                b { "What ran. " }
                (stood_up) "Faults were announced, not injected, and nothing was recovered. " (through)
            }
            li {
                b { "What is not judged. " }
                "Recovery times and recovery points, since nothing was down or lost; windows of steps and notifications, since the "
                "times are those of a discussion or modelled."
            }
            li { b { "Where time comes from. " } "Observed is what a person took; modelled durations stand for the rest. " (durations(report)) }
            li { b { "Drill time. " } (clock(report)) }
            li { b { "Limits. " } "What people say that they would do is not what they do under a disaster, and no step was shown to work." }
        }
    }
}

/// What stood in for AWS.
fn stand_in(report: &Report) -> &str {
    match report.cloud.as_str() {
        EMBEDDED | "" => "an emulated AWS on one machine",
        other => other,
    }
}

fn of_drill(report: &Report) -> Markup {
    html! {
        ul {
            li {
                b { "What ran. " }
                "Firedrill stood up " (stand_in(report)) ", wrote data, injected the faults of the scenario, and ran its procedure. Each fault counts only if a read-back "
                "through the public API proves it."
            }
            li {
                b { "Recovery time " }
                "counts from the fault until the service's probe stays healthy; a service that fails again now and then is not back."
            }
            li {
                b { "Recovery point " }
                "is the time that the lost, corrupted and stale writes span, found by an audit that compares everything that was "
                "produced with what can be read."
            }
            li {
                b { "Where time comes from. " }
                "Measured is work that was done here, modelled stands for what did not happen here, with a stated source, "
                "observed is what a person took. " (durations(report))
            }
            li { b { "Error. " } (error(report)) }
            li { b { "Drill time. " } (clock(report)) }
            li {
                b { "Limits. " }
                "One drill is one outcome: other durations and other moments of the fault give others. What AWS does otherwise "
                "than its documentation says is not emulated. What decided nothing is not judged."
            }
        }
    }
}

fn durations(report: &Report) -> &'static str {
    match report.durations {
        Durations::P95 => {
            "Modelled durations have their 95th percentile, so that no lucky draw makes a drill pass."
        }
        Durations::P50 => "Modelled durations have their median: half of all cases take longer.",
        Durations::Draw => "Modelled durations were drawn with the seed.",
    }
}

fn error(report: &Report) -> String {
    let largest = report
        .objectives
        .iter()
        .map(|one| one.error_s)
        .fold(0.0, f64::max);
    let largest = if largest > 0.0 {
        format!(" The largest ± of this drill is {}.", text::span(largest))
    } else {
        String::new()
    };
    format!(
        "Each figure stands with its ±: the lateness of the events that bound it plus the interval of the probe. A figure whose \
         target lies within its ± decides nothing.{largest}"
    )
}

fn clock(report: &Report) -> String {
    let clock = &report.clock;
    let late = if *clock == Clock::default() {
        "How well the clock kept time is not on record.".to_owned()
    } else {
        format!(
            "Timers fired late by {:.1} ms of wall time at the 99th percentile, by {:.1} ms at most.",
            clock.lag_ms_p99, clock.lag_ms_max
        )
    };
    format!(
        "The drill covers {} of drill time in {} of wall time. {late}",
        text::span(report.drill_seconds),
        text::span(report.wall_seconds)
    )
}
