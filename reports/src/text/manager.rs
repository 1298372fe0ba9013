//! The summary for a manager: at most ten lines, each a sentence or two.

use drill::journal::StepOutcome;
use drill::report::{Metric, Objective, ObjectiveVerdict, Report, Severity};

use super::{
    achieved_with_error, count, damaged, date, exercise_kind, headline, objective_verdict, plan, plural, rpa,
    service, share, span, target, verdict, why,
};
use crate::score as readiness_score;

/// Objectives of one kind that are named; of more, the worst.
const NAMED: usize = 3;

/// A line: what it is about, and what is to be known of it.
pub(crate) type Line = (&'static str, String);

/// The lines, in their order.
pub(crate) fn summary(report: &Report) -> Vec<Line> {
    vec![
        ("What", what(report)),
        ("Result", format!("{}. {}", headline(report), why(report))),
        ("Recovery time", times(report)),
        ("Data", losses(report)),
        ("Downtime and protection", downtime(report)),
        ("Procedure", procedure(report)),
        ("Findings", findings(report)),
        ("Readiness score", score(report)),
        ("Rests on", rests_on(report)),
        ("Compared", compared(report)),
    ]
}

fn what(report: &Report) -> String {
    let details = report.details.as_ref();
    let plan = match details.and_then(|details| details.plan.as_ref()) {
        Some(known) => format!(" The plan: {}.", plan(known)),
        None => String::new(),
    };
    let done = match report.exercise.as_ref() {
        None => format!("the recovery of {} was drilled", report.scenario.system),
        Some(_) => format!(
            "{} on the plan of {} was held",
            exercise_kind(report),
            report.scenario.system
        ),
    };
    format!(
        "On {}, {done} with the scenario “{}”.{plan}",
        date(&report.started_at),
        if report.scenario.title.is_empty() {
            &report.scenario.name
        } else {
            &report.scenario.title
        },
    )
}

/// `program-delivery: 30m 15s ± 30.4s of 1h, met`.
fn figure(objective: &Objective) -> String {
    format!(
        "{}: {} of {}, {}",
        service(&objective.service),
        achieved_with_error(objective),
        target(objective),
        objective_verdict(objective.verdict)
    )
}

/// The objectives of a kind, the missed first.
fn objectives_of(report: &Report, metric: Metric) -> Vec<&Objective> {
    let mut all: Vec<&Objective> = report
        .objectives
        .iter()
        .filter(|one| one.metric == metric)
        .collect();
    let rank = |one: &&Objective| match one.verdict {
        ObjectiveVerdict::Fail => 0,
        ObjectiveVerdict::Inconclusive => 1,
        ObjectiveVerdict::NotExercised => 2,
        ObjectiveVerdict::Pass => 3,
        ObjectiveVerdict::Unaffected => 4,
    };
    all.sort_by_key(rank);
    all
}

fn figures(report: &Report, metric: Metric) -> Option<String> {
    let all = objectives_of(report, metric);
    let unaffected = all
        .iter()
        .filter(|one| one.verdict == ObjectiveVerdict::Unaffected)
        .count();
    let hit: Vec<&&Objective> = all
        .iter()
        .filter(|one| one.verdict != ObjectiveVerdict::Unaffected)
        .collect();
    let mut parts: Vec<String> = hit.iter().take(NAMED).map(|one| figure(one)).collect();
    if hit.len() > NAMED {
        parts.push(format!("{} more below", hit.len() - NAMED));
    }
    if unaffected > 0 {
        parts.push(format!(
            "{} unaffected, as expected",
            plural(unaffected as u64, "service")
        ));
    }
    (!all.is_empty()).then(|| parts.join("; "))
}

fn times(report: &Report) -> String {
    if report.exercise.is_some() {
        return "None: nothing was down.".to_owned();
    }
    let rto = figures(report, Metric::Rto).unwrap_or_else(|| "No recovery time was judged".to_owned());
    let fleet = report
        .fleet
        .as_ref()
        .and_then(|fleet| fleet.reconnected_s.get("100"));
    let fleet = fleet.map(|back| match back {
        Some(s) => format!(" All devices that were lost were back after {}.", span(*s)),
        None => " Not all devices came back.".to_owned(),
    });
    format!("{rto}.{}", fleet.unwrap_or_default())
}

fn losses(report: &Report) -> String {
    if report.exercise.is_some() {
        return "No data was at risk: no fault was injected.".to_owned();
    }
    if report.data.is_empty() {
        return "No data was judged.".to_owned();
    }
    let impact = |set: &&drill::report::DataSet| damaged(set) > 0 || set.lost_in_failback > 0;
    let parts: Vec<String> = report
        .data
        .iter()
        .filter(impact)
        .take(NAMED)
        .map(|set| {
            let n = damaged(set);
            format!(
                "{} of {} writes of {} did not come back ({}), recovery point {}",
                count(n),
                count(set.counted),
                set.name,
                share(n as f64, set.counted as f64),
                rpa(set)
            )
        })
        .collect();
    let unread = report.data.iter().filter(|set| set.counted == 0).count();
    let rpo = figures(report, Metric::Rpo).map(|figures| format!(" Against the targets: {figures}."));
    let lost = match (parts.is_empty(), unread) {
        (true, 0) => "No write was lost, corrupted or stale.".to_owned(),
        (true, n) => format!(
            "No loss was found; of {} nothing was counted.",
            plural(n as u64, "data set")
        ),
        (false, _) => format!("{}.", parts.join("; ")),
    };
    lost + &rpo.unwrap_or_default()
}

fn downtime(report: &Report) -> String {
    if report.exercise.is_some() {
        return "No downtime was measured, and no protection was taken away.".to_owned();
    }
    let mtd = figures(report, Metric::Mtd);
    let mtd = mtd.map_or_else(
        || "Total downtime was not judged.".to_owned(),
        |mtd| format!("{mtd}."),
    );
    let judged: Vec<bool> = report
        .protections
        .iter()
        .filter(|one| one.excused.is_none())
        .filter_map(|one| one.holds)
        .collect();
    let held = judged.iter().filter(|holds| **holds).count();
    let protections = match report.protections.len() {
        0 => " No protection is declared.".to_owned(),
        _ => format!(
            " {held} of {} are in place at the end.",
            plural(judged.len() as u64, "protection")
        ),
    };
    mtd + &protections
}

fn procedure(report: &Report) -> String {
    if report.steps.is_empty() {
        return "The scenario has no recovery procedure.".to_owned();
    }
    let of = plural(report.steps.len() as u64, "step");
    let ended = |outcome| report.steps.iter().filter(|step| step.outcome == outcome).count();
    let done = ended(StepOutcome::Done);
    if report.exercise.is_some() {
        let through = ended(StepOutcome::GoneThrough);
        return format!("Of {of} {through} were gone through and {done} done; windows are not judged.");
    }
    let mut text = format!("{done} of {of} were done");
    let windows: Vec<bool> = report.steps.iter().filter_map(|step| step.in_time).collect();
    if !windows.is_empty() {
        let kept = windows.iter().filter(|in_time| **in_time).count();
        text.push_str(&format!(
            "; {kept} of {} kept",
            plural(windows.len() as u64, "window")
        ));
    }
    let due: Vec<bool> = report
        .messages
        .iter()
        .filter_map(|message| message.in_time)
        .collect();
    if !due.is_empty() {
        let told = due.iter().filter(|in_time| **in_time).count();
        text.push_str(&format!(
            "; {told} of {} sent in time",
            plural(due.len() as u64, "notification")
        ));
    }
    text + "."
}

fn findings(report: &Report) -> String {
    let n = |severity| {
        report
            .findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count() as u64
    };
    if report.findings.is_empty() {
        return "None.".to_owned();
    }
    let counts = format!(
        "{} critical, {}, {}.",
        count(n(Severity::Critical)),
        plural(n(Severity::Warning), "warning"),
        plural(n(Severity::Note), "note")
    );
    match report
        .findings
        .first()
        .filter(|finding| finding.severity != Severity::Note)
    {
        Some(first) => format!("{counts} The first: {}", sentence(&first.text)),
        None => counts,
    }
}

/// The first sentence of a text, as far as one can tell.
fn sentence(text: &str) -> &str {
    let ends = text.match_indices(". ").map(|(at, _)| at + 1);
    let end = ends.into_iter().find(|end| *end > 30).unwrap_or(text.len());
    &text[..end]
}

fn score(report: &Report) -> String {
    if report.exercise.is_some() {
        return "No score: no recovery was drilled.".to_owned();
    }
    match readiness_score::sums(report) {
        Some((good, of)) => format!(
            "{good} of {of} checks, {}: a convention of this tool, whose formula is printed below.",
            share(good as f64, of as f64)
        ),
        None => "No score: the drill is inconclusive.".to_owned(),
    }
}

fn rests_on(report: &Report) -> String {
    if report.exercise.is_some() {
        return "What people said, and modelled durations where no person took part: no recovery was measured."
            .to_owned();
    }
    match report.basis.text.as_str() {
        "" => "The basis of the verdict was not recorded.".to_owned(),
        text => text.to_owned(),
    }
}

fn compared(report: &Report) -> String {
    let earlier = report
        .details
        .as_ref()
        .map_or(&[][..], |details| &details.earlier);
    let Some(last) = earlier.last() else {
        return "No earlier complete drill of this scenario was recorded when this one began.".to_owned();
    };
    let figures = report
        .objectives
        .iter()
        .filter(|one| matches!(one.metric, Metric::Rto | Metric::Rpo));
    let changed = figures.filter_map(|now| {
        let then = last
            .figures
            .iter()
            .find(|then| (&then.service, then.metric) == (&now.service, now.metric))?;
        let (now_s, then_s) = (now.actual_s?, then.actual_s?);
        let exact = now.error_s + then.error_s;
        let way = match now_s - then_s {
            // What is at least so long may be longer: how it compares is known in one direction alone.
            change if now.at_least_s.is_some() && then.at_least_s.is_none() && change > exact => {
                format!("at least {} longer", span(change))
            }
            _ if now.at_least_s.is_some() || then.at_least_s.is_some() => {
                "not known how much it changed".to_owned()
            }
            change if change.abs() <= exact => "the same within the error".to_owned(),
            change if change > 0.0 => format!("{} longer", span(change)),
            change => format!("{} shorter", span(-change)),
        };
        Some(format!(
            "{} {} {way}",
            service(&now.service),
            super::metric(now.metric)
        ))
    });
    let changed: Vec<String> = changed.take(NAMED).collect();
    let changed = if changed.is_empty() {
        "no figure is known in both".to_owned()
    } else {
        changed.join(", ")
    };
    format!(
        "The drill before, of {}, came to {}: {changed}.",
        date(&last.started_at),
        verdict(last.verdict)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn ten_lines_say_it_all() {
        for (name, judged) in fixtures::all() {
            let lines = summary(&judged.report);
            assert!(lines.len() <= 10, "{name}");
            assert!(
                lines
                    .iter()
                    .all(|(_, text)| !text.is_empty() && !text.contains("NaN")),
                "{name}"
            );
        }
    }

    #[test]
    fn the_lines_of_a_quarterly_drill() {
        let lines = summary(&fixtures::quarterly().report);
        let text: Vec<String> = lines
            .iter()
            .map(|(what, text)| format!("{what}: {text}"))
            .collect();
        insta::assert_snapshot!(text.join("\n"));
    }
}
