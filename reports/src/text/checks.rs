//! Whether a step kept its window, and whether a protection is there.

use drill::report::{Protection, Step};

use super::numbers::span;

/// Whether a step kept its window: `✔ in time`, `✘ 5m late`, `✘ not done`.
pub(crate) fn window(step: &Step) -> Option<String> {
    match (step.in_time?, step.late_s) {
        (true, _) => Some("✔ in time".to_owned()),
        (false, Some(late)) => Some(format!("✘ {} late", span(late))),
        (false, None) => Some("✘ not done".to_owned()),
    }
}

/// What is said of a protection: its kind, of what, and whether it is there.
pub(crate) fn protection(protection: &Protection) -> (&'static str, &'static str) {
    match (protection.holds, &protection.excused) {
        (Some(true), _) => ("✔", "there"),
        (_, Some(_)) => ("–", "not judged"),
        (Some(false), None) => ("✘", "missing"),
        (None, None) => ("?", "not known"),
    }
}
