//! What was measured, as properties of the suite: of several drills, those of the one that is furthest from what is expected.

use drill::report::{DataSet, Objective, Report, Step};

use crate::suite::Drilled;
use crate::text;

/// Names and values.
pub(super) fn properties(drilled: &Drilled) -> Vec<(String, String)> {
    let mut all = vec![
        (
            "expected_verdict".to_owned(),
            drilled.expectation.verdict.key().to_owned(),
        ),
        ("drills".to_owned(), drilled.drills.len().to_string()),
    ];
    let Some(report) = drilled.worst() else { return all };
    all.extend(of_run(report));
    all.extend(report.objectives.iter().flat_map(of_objective));
    all.extend(report.steps.iter().flat_map(of_step));
    all.extend(report.data.iter().flat_map(of_data));
    all
}

fn of_run(report: &Report) -> Vec<(String, String)> {
    let seal = report.seal.as_deref().unwrap_or("not sealed");
    let all = [
        ("verdict", text::verdict_key(report.verdict).to_owned()),
        ("complete", report.complete.to_string()),
        ("seed", report.seed.to_string()),
        ("cloud", text::cloud(report)),
        ("basis", report.basis.text.clone()),
        ("speed", report.speed.to_string()),
        ("durations", report.durations.name().to_owned()),
        ("drill_seconds", report.drill_seconds.to_string()),
        ("scenario_sha256", report.scenario.sha256.clone()),
        ("seal", seal.to_owned()),
    ];
    all.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

fn of_objective(objective: &Objective) -> Vec<(String, String)> {
    let mut all = vec![("target_s", objective.target_s.to_string())];
    all.extend(objective.actual_s.map(|actual| ("actual_s", actual.to_string())));
    all.extend(
        objective
            .at_least_s
            .map(|bound| ("at_least_s", bound.to_string())),
    );
    all.push(("error_s", objective.error_s.to_string()));
    all.extend(text::chance(objective).map(|chance| ("modelled_chance", chance)));
    all.extend(text::other_outcome(objective).map(|other| ("modelled_other_outcome", other)));
    all.extend(
        objective
            .decided_by_emulator
            .clone()
            .map(|why| ("decided_by_emulator", why)),
    );
    named(&objective.key(), all)
}

fn of_step(step: &Step) -> Vec<(String, String)> {
    if step.end_s.is_none() {
        return Vec::new();
    }
    let mut all = vec![
        ("measured_s", step.measured_s.to_string()),
        ("modelled_s", step.modelled_s.to_string()),
        ("observed_s", step.observed_s.to_string()),
        ("calls", step.calls.to_string()),
        ("bytes", step.bytes.to_string()),
        ("retries", step.retries.to_string()),
        ("sequential_waits", step.sequential_waits.to_string()),
    ];
    all.extend(step.late_s.map(|late| ("late_s", late.to_string())));
    named(&format!("step {}", step.id), all)
}

fn of_data(data: &DataSet) -> Vec<(String, String)> {
    let mut all = vec![
        ("counted", data.counted.to_string()),
        ("lost", data.lost.to_string()),
        ("corrupted", data.corrupted.to_string()),
        ("stale", data.stale.to_string()),
        ("delayed", data.delayed.to_string()),
    ];
    all.extend(data.rpa_s.map(|rpa| ("rpa_s", rpa.to_string())));
    all.extend(data.rpa_at_least_s.map(|rpa| ("rpa_at_least_s", rpa.to_string())));
    named(&format!("data {}", data.name), all)
}

fn named(of: &str, all: Vec<(&str, String)>) -> Vec<(String, String)> {
    all.into_iter()
        .map(|(name, value)| (format!("{of}: {name}"), value))
        .collect()
}
