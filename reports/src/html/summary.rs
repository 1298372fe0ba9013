//! The summary for a manager, and what the drill evidences and what not.

use drill::journal::StepOutcome;
use drill::report::{EMBEDDED, Report};
use maud::{Markup, html};

use super::section::section;
use crate::text;

/// Ten lines.
pub(super) fn summary(report: &Report) -> Markup {
    let content = html! {
        dl class="brief" { @for (what, text) in text::summary(report) { dt { (what) } dd { (text) } } }
    };
    section("summary", "Summary", content)
}

/// What an auditor can take from the drill, and what not.
pub(super) fn claims(report: &Report) -> Markup {
    let content = html! {
        div class="claims" {
            div { h3 { "It evidences" } ul { @for text in evidenced(report) { li { (text) } } } }
            div { h3 { "It does not evidence" } ul { @for text in not_evidenced(report) { li { (text) } } } }
        }
    };
    section("claims", "What this drill evidences, and what not", content)
}

fn evidenced(report: &Report) -> Vec<String> {
    let done = report
        .steps
        .iter()
        .filter(|step| step.outcome == StepOutcome::Done)
        .count();
    let injected = report.faults.iter().filter(|fault| fault.start_s.is_some());
    let proven = injected.clone().filter(|fault| fault.proven).count();
    let procedure = format!(
        "The procedure of the scenario: {} were carried out, {done} of them to their end, from detection to recovery.",
        text::plural(
            report.steps.iter().filter(|step| step.start_s.is_some()).count() as u64,
            "step"
        )
    );
    // Of an exercise without faults its own sentence says what was gone through.
    let mut all = vec![
        report
            .exercise
            .as_ref()
            .map_or(procedure, |exercise| exercise.text.clone()),
    ];
    if injected.clone().next().is_some() {
        all.push(format!(
            "Faults took effect: {proven} of {} were verified by reading back what they broke.",
            text::plural(injected.count() as u64, "fault")
        ));
    }
    if !report.data.is_empty() {
        let counted = report
            .data
            .iter()
            .map(|set| set.counted)
            .fold(0, u64::saturating_add);
        all.push(format!(
            "Data loss: {} were counted by an independent audit, which reads them back without knowing the faults.",
            text::plural(counted, "write")
        ));
    }
    if report.seal.is_some() {
        all.push(
            "That the records are those of this drill: each line of the journal holds the hash of the line before it, and \
             the seal is a hash over all records."
                .to_owned(),
        );
    }
    all
}

fn not_evidenced(report: &Report) -> Vec<String> {
    let cloud = match report.cloud.as_str() {
        _ if text::is_tabletop(report) => "No system took part, not even an emulated one.".to_owned(),
        EMBEDDED | "" => "Emulated AWS: the procedure, not the installation.".to_owned(),
        other => format!("{other} in the place of AWS: the procedure, not the installation."),
    };
    let mut all = vec![format!(
        "{cloud} The accounts, permissions, quotas, networks and real amounts of data of {} were not touched.",
        report.scenario.system
    )];
    if report.exercise.is_some() {
        all.push(
            "Recovery: no fault was injected, so no recovery time and no data loss was measured.".to_owned(),
        );
    }
    let people = report.steps.iter().filter(|step| step.action == "human").count() as u64;
    if people > 0 && report.steps.iter().all(|step| step.observed_s == 0.0) {
        all.push(format!(
            "Durations of human work: {} of people took the time that the scenario states.",
            text::plural(people, "step")
        ));
    }
    let whole = report.basis.measured_s + report.basis.modelled_s + report.basis.observed_s;
    if report.basis.modelled_s > 0.0 && whole > 0.0 {
        all.push(format!(
            "Accuracy of modelled times: {} of the {} that decided are modelled, not measured.",
            text::share(report.basis.modelled_s, whole),
            text::span(whole)
        ));
    }
    if let Some(fleet) = &report.fleet {
        all.push(format!(
            "Hardware: the {} were virtual.",
            text::plural(fleet.devices, "device")
        ));
    }
    all.push(
        "That the plan's document says the same as the drilled runbook: the author of the scenario wrote that from it, and \
         names its lines where the report shows a source."
            .to_owned(),
    );
    all.push("Any other scenario.".to_owned());
    all
}
