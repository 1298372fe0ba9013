//! The difference of two texts, as `diff -u` shows it.

use similar::TextDiff;

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;

/// The second text against the first; none if both are the same.
pub(super) fn unified(a: &str, b: &str) -> Option<String> {
    if a == b {
        return None;
    }
    let diff = TextDiff::from_lines(a, b);
    let mut unified = diff.unified_diff();
    let unified = unified.context_radius(CONTEXT).header("A", "B");
    Some(unified.to_string())
}

/// How many lines were added, and how many removed.
pub(super) fn changed_lines(unified: &str) -> (u64, u64) {
    let body = unified.lines().skip_while(|line| !line.starts_with("@@"));
    let count = |sign: char| body.clone().filter(|line| line.starts_with(sign)).count() as u64;
    (count('+'), count('-'))
}
