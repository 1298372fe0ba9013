//! The summary for a manager, and what the drill evidences and what not.

use drill::journal::Outcome;
use drill::report::{EMBEDDED, Report};
use maud::{Markup, html};

use super::section;
use crate::words;

/// Ten lines.
pub(super) fn summary(report: &Report) -> Markup {
    let content = html! {
        dl class="brief" { @for (what, text) in words::summary(report) { dt { (what) } dd { (text) } } }
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
        .filter(|step| step.outcome == Outcome::Done)
        .count();
    let struck = report.faults.iter().filter(|fault| fault.start_s.is_some());
    let proven = struck.clone().filter(|fault| fault.proven).count();
    let procedure = format!(
        "The procedure of the scenario: {} were carried out, {done} of them to their end, from detection to recovery.",
        words::plural(
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
    if struck.clone().next().is_some() {
        all.push(format!(
            "That something was really broken: {proven} of {} were proven by reading back what they broke.",
            words::plural(struck.count() as u64, "fault")
        ));
    }
    if !report.data.is_empty() {
        let counted = report
            .data
            .iter()
            .map(|set| set.counted)
            .fold(0, u64::saturating_add);
        all.push(format!(
            "What became of the data: {} were counted by an audit that reads them back and knows nothing of the faults.",
            words::plural(counted, "write")
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
        _ if words::is_tabletop(report) => "No system took part, not even an emulated one.".to_owned(),
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
            "How long people take: {} of people took the time that the scenario says.",
            words::plural(people, "step")
        ));
    }
    let whole = report.basis.measured_s + report.basis.modelled_s + report.basis.observed_s;
    if report.basis.modelled_s > 0.0 && whole > 0.0 {
        all.push(format!(
            "That the modelled times are right: {} of the {} that decided are modelled, not measured.",
            words::share(report.basis.modelled_s, whole),
            words::span(whole)
        ));
    }
    if let Some(fleet) = &report.fleet {
        all.push(format!(
            "Hardware: the {} were virtual.",
            words::plural(fleet.devices, "device")
        ));
    }
    all.push(
        "That the plan's document says the same as the drilled runbook: the author of the scenario wrote that from it, and \
         names its lines where the report shows a source."
            .to_owned(),
    );
    all.push("Anything of other scenarios than this one.".to_owned());
    all
}
