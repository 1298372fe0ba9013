//! What makes a comparison of two runs unfair.

use drill::report::Report;

use super::comparison::Side;
use super::diff;
use crate::text;

/// The limits of a comparison.
pub(super) const METHOD: &str = "Two single runs: a difference in what was measured here may be chance, and a comparison calls \
     nothing a regression. Whether a change is one, repeated runs tell: firedrill ci with --baseline and --repeat.";

/// A sentence for each difference on record that is not the procedure's own.
pub(super) fn unfair(a: &Side<'_>, b: &Side<'_>) -> Vec<String> {
    let mut said = Vec::new();
    scenario(a, b, &mut said);
    code(a.report, b.report, &mut said);
    conditions(a.report, b.report, &mut said);
    tools(a, b, &mut said);
    for (which, side) in [("A", a), ("B", b)] {
        let report = side.report;
        if report.lacks_seal {
            said.push(format!("{which} is not sealed: {}", text::UNSEALED));
        } else if !report.complete {
            said.push(format!(
                "{which} did not reach its end: what came after {} of drill time is not known.",
                text::span(report.drill_seconds)
            ));
        }
        let decided = report
            .objectives
            .iter()
            .filter(|o| o.decided_by_emulator.is_some());
        let decided: Vec<String> = decided.map(text::objective_name).collect();
        if !decided.is_empty() {
            said.push(format!(
                "In {which} the emulator and not the plan decided {}.",
                decided.join(", ")
            ));
        }
    }
    said
}

fn scenario(a: &Side<'_>, b: &Side<'_>, said: &mut Vec<String>) {
    let (of_a, of_b) = (&a.report.scenario, &b.report.scenario);
    if of_a.name != of_b.name {
        said.push(format!(
            "They are runs of different scenarios, {} and {}. What has the same name in both stands side by side; the rest is \
             listed.",
            of_a.name, of_b.name
        ));
    } else if let Some(diff) = diff::unified(a.scenario, b.scenario) {
        let (added, removed) = diff::changed_lines(&diff);
        said.push(format!(
            "The scenario was changed between them: {} added, {} removed (below).",
            text::plural(added, "line"),
            text::plural(removed, "line")
        ));
    }
}

/// The files that both ran, or one of them, and that are not the same.
fn code(a: &Report, b: &Report, said: &mut Vec<String>) {
    let known = |report: &Report, path: &str| {
        let file = report.code.iter().find(|file| file.path == path);
        file.map(|file| file.sha256.clone())
    };
    // Records of older versions name no file, which is no difference.
    if a.code.is_empty() || b.code.is_empty() {
        return;
    }
    let mut paths: Vec<&str> = a
        .code
        .iter()
        .chain(&b.code)
        .map(|file| file.path.as_str())
        .collect();
    paths.sort_unstable();
    paths.dedup();
    paths.retain(|path| known(a, path) != known(b, path));
    if !paths.is_empty() {
        said.push(format!(
            "What they ran differs: {}. It was changed between them, or only one of them ran it.",
            paths.join(", ")
        ));
    }
}

/// Under which conditions they ran.
fn conditions(a: &Report, b: &Report, said: &mut Vec<String>) {
    if a.seed != b.seed {
        said.push(format!(
            "They have different seeds, {} and {}: faults had other targets, and drawn values differ.",
            a.seed, b.seed
        ));
    }
    let (in_a, in_b) = (text::cloud(a), text::cloud(b));
    if in_a != in_b {
        said.push(format!("They ran on different clouds: {in_a} and {in_b}."));
    }
    if a.durations != b.durations {
        said.push(format!(
            "Modelled durations of steps: {} in A, {} in B.",
            text::durations(a.durations),
            text::durations(b.durations)
        ));
    }
    let speed = |report: &Report| {
        if report.speed_is_auto {
            format!("automatic, at most {}", report.speed)
        } else {
            format!("{}", report.speed)
        }
    };
    if speed(a) != speed(b) {
        said.push(format!(
            "The speed of the clock: {} in A, {} in B.",
            speed(a),
            speed(b)
        ));
    }
}

/// With what and on what they ran.
fn tools(a: &Side<'_>, b: &Side<'_>, said: &mut Vec<String>) {
    match (&a.tool, &b.tool) {
        (Some(of_a), Some(of_b)) if of_a == of_b => {}
        (of_a, of_b) => {
            let version =
                |tool: &Option<String>| tool.clone().unwrap_or("a version not on record".to_owned());
            said.push(format!(
                "They were run by different versions of Firedrill: {} and {}.",
                version(of_a),
                version(of_b)
            ));
        }
    }
    if let (Some(of_a), Some(of_b)) = (&a.machine, &b.machine)
        && of_a != of_b
    {
        said.push(format!(
            "They ran on different machines, {of_a} and {of_b}: measured times differ for that alone."
        ));
    }
    let which = if a.machine.is_some() && a.machine == b.machine {
        "A machine that was busier"
    } else {
        "Another machine, or a busier one"
    };
    let (late_a, late_b) = (a.report.clock.lag_ms_p99, b.report.clock.lag_ms_p99);
    if late_a.max(late_b) > 1.0 && late_a.max(late_b) > 2.0 * late_a.min(late_b) {
        said.push(format!(
            "{which}: timers were late by {late_a:.1} ms in A and {late_b:.1} ms in B (99th percentile). \
             Measured times differ for that alone."
        ));
    }
}
