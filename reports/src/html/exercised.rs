//! What was and was not exercised: the plan's own list of scenarios, the scope, and what changed in the plan.

use drill::details::{Details, PlanChange, PlanScenario, Sign};
use drill::report::{ObjectiveVerdict, Report};
use maud::{Markup, html};

use super::section::section;
use super::table::{Row, cards, text as column};
use super::verdict::{badge, tone};
use crate::text;

/// The section.
pub(super) fn exercised(report: &Report) -> Markup {
    let nothing = Details::default();
    let details = report.details.as_ref().unwrap_or(&nothing);
    let plan = details.plan.as_ref();
    let content = html! {
        @match plan.filter(|plan| !plan.scenarios.is_empty()) {
            Some(plan) => (scenarios(report, &plan.scenarios)),
            None => p class="none" {
                "The plan's own list of scenarios was not given (--details): which of them stay undrilled is not known here."
            },
        }
        @if let Some(change) = plan.and_then(|plan| plan.change.as_ref()) { (changed(change)) }
        @if let Some(scope) = &details.scope {
            @for (heading, all) in [("In scope", &scope.covers), ("Out of scope", &scope.excludes)] {
                @if !all.is_empty() { h3 { (heading) } ul { @for text in all { li { (text) } } } }
            }
            @if let Some(added) = text::added(scope.added_at.as_ref()) { p class="small later" { "The scope was " (added) "." } }
        }
        (open_objectives(report))
    };
    section("exercised", "What was exercised", content)
}

fn scenarios(report: &Report, all: &[PlanScenario]) -> Markup {
    let this = |one: &PlanScenario| one.drilled_by.contains(&report.scenario.name);
    let drilled = all.iter().filter(|one| this(one)).count();
    let others = all
        .iter()
        .filter(|one| !this(one))
        .filter_map(|one| one.last.as_ref());
    let discussed = others.clone().filter(|last| last.exercise.is_some()).count();
    let before = others.count() - discussed;
    let never = all.len() - drilled - before - discussed;
    let were = |n: usize| if n == 1 { "was" } else { "were" };
    let this_one = match report.exercise {
        Some(_) => "this exercise, in which nothing was broken, discussed ",
        None => "this drill exercised ",
    };
    let rows: Vec<Row> = all
        .iter()
        .map(|one| {
            let drilled_by = one.drilled_by.join(", ");
            Row::new(vec![
                html! { b { (one.id) } " " (one.title) },
                status(report, one, this(one)),
                html! { span class="mono" { @if drilled_by.is_empty() { "none" } @else { (drilled_by) } } },
            ])
        })
        .collect();
    html! {
        p {
            "Of the " (text::plural(all.len() as u64, "scenario")) " that the plan lists, " (this_one)
            b { (drilled) } "; " (before) " " (were(before)) " drilled before, "
            @if discussed > 0 { (discussed) " " (were(discussed)) " discussed only, " }
            "and "
            b { (never) } " " (were(never)) " not drilled in the runs that were on record when this one began."
        }
        (cards(&[column("Scenario of the plan"), column("Drilled"), column("Firedrill scenario")], &rows))
    }
}

fn status(report: &Report, one: &PlanScenario, this: bool) -> Markup {
    match (&one.last, this) {
        (_, true) => {
            let name = if report.exercise.is_some() {
                "discussed only, in this exercise"
            } else {
                "this drill"
            };
            html! { (badge(tone(report.verdict), text::verdict_sign(report.verdict), name)) }
        }
        (Some(last), false) if last.exercise.is_some() => html! {
            (badge("open", "–", "discussed only")) " on " (text::date(&last.started_at))
        },
        (Some(last), false) => html! {
            (badge(tone(last.verdict), text::verdict_sign(last.verdict), text::verdict(last.verdict)))
            " on " (text::date(&last.started_at))
        },
        (None, false) => html! { (badge("open", "–", "not drilled")) },
    }
}

/// What changed in the plan's file since the last drill.
fn changed(change: &PlanChange) -> Markup {
    html! {
        p { (text::change(change)) }
        @for hunk in &change.hunks {
            p class="small" { "At line " (text::count(hunk.old_line)) " then, " (text::count(hunk.new_line)) " now:" }
            pre class="diff" {
                @for line in &hunk.lines {
                    @let (class, sign) = match line.sign {
                        Sign::Added => ("added", "+"),
                        Sign::Removed => ("removed", "−"),
                        Sign::Same => ("same", " "),
                    };
                    span class=(class) { (sign) " " (line.text) "\n" }
                }
                @if hunk.left_out > 0 { span class="same" { "… " (text::plural(hunk.left_out, "line")) " more\n" } }
            }
        }
        @if change.hunks_left_out > 0 {
            p class="small" { (text::plural(change.hunks_left_out, "further change")) ": the copies of both runs have them." }
        }
    }
}

/// Objectives that this drill did not exercise, though the scenario sets them.
fn open_objectives(report: &Report) -> Markup {
    let open: Vec<String> = report
        .objectives
        .iter()
        .filter(|one| one.verdict == ObjectiveVerdict::NotExercised)
        .map(text::objective_name)
        .collect();
    html! {
        @if !open.is_empty() { p { b { "Not exercised in this drill: " } (open.join(", ")) "." } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;
    use drill::report::ExerciseSummary;
    use drill::scenario::Exercise;

    #[test]
    fn discussed_scenario_is_not_drilled() {
        let mut report = fixtures::quarterly().report;
        let text = |report: &Report| exercised(report).into_string();
        assert!(text(&report).contains("1 was drilled before, and"));
        let plan = report.details.as_mut().and_then(|details| details.plan.as_mut());
        for last in plan.into_iter().flat_map(|plan| &mut plan.scenarios) {
            if let Some(last) = &mut last.last {
                last.exercise = Some(Exercise::Tabletop);
            }
        }
        let page = text(&report);
        assert!(
            page.contains("0 were drilled before, 1 was discussed only, and"),
            "{page}"
        );
        report.exercise = Some(ExerciseSummary {
            kind: Exercise::Walkthrough,
            complete: true,
            people: vec![],
            text: String::new(),
        });
        let page = text(&report);
        assert!(
            page.contains("in which nothing was broken, discussed <b>1</b>"),
            "{page}"
        );
        assert!(!page.contains("this drill"), "{page}");
    }
}
