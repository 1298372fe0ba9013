//! The tables of the appendix: steps, faults, incidents, protections, phases. Every figure that was drawn stands here; columns
//! in which nothing stands are left out.

use drill::report::{Fault, Incident, Judged, Report, Seconds, Step};
use drill::units::ByteSize;
use maud::{Markup, html};

use super::instant::instant;
use super::section::{section, source};
use super::table::{Row, cards, number, text as column, without_empty};
use super::verdict::badge;
use super::{course, data_sets, people};
use crate::text;
use crate::timeline::Timeline;

/// All tables that have rows.
pub(super) fn all(judged: &Judged) -> Markup {
    let report = &judged.report;
    html! {
        @if !report.steps.is_empty() { (section("steps", "Steps of the runbook", steps(judged))) }
        (super::outputs::outputs(judged))
        @if !report.faults.is_empty() { (section("faults", "Faults", faults(&report.faults))) }
        @if !report.incidents.is_empty() { (section("incidents", "Incidents", incidents(judged))) }
        @if !report.protections.is_empty() { (section("protections", "Protections at the end", protections(report))) }
        @if !report.phases.is_empty() { (section("phases", "Phases", phases(judged))) }
        @if !report.names.is_empty() { (section("names", "Names and where they point", course::names(judged))) }
        @if !report.injects.is_empty() { (section("injects", "What people were told", people::injects(judged))) }
        @if !report.notes.is_empty() { (section("notes", "What people noted", people::notes(judged))) }
        @if !report.functions.is_empty() { (section("functions", "Functions", course::functions(&report.functions))) }
        @if !report.programs.is_empty() { (section("programs", "Programs on devices", course::programs(&report.programs))) }
        @if !report.data.is_empty() { (section("data-sets", "Data, in numbers", data_sets::table(&report.data))) }
    }
}

/// Whether a cell is empty.
fn empty(cell: &str) -> bool {
    matches!(cell, "" | "–" | "0" | "0s" | "0B" | "no")
}

fn steps(judged: &Judged) -> Markup {
    let line = Timeline::new(&judged.report);
    let columns = vec![
        column("Step"),
        column("Outcome"),
        number("Began"),
        number("Ended"),
        column("Window"),
        number("Measured"),
        number("Modelled"),
        number("Observed"),
        number("Calls"),
        number("Bytes"),
        number("Retries"),
    ];
    let rows = judged
        .report
        .steps
        .iter()
        .map(|step| step_row(line, step))
        .collect();
    let (columns, rows) = without_empty(columns, rows, empty);
    html! {
        p class="small" { "Times are drill time; below them, time from the first fault. Columns without a figure are left out." }
        (cards(&columns, &rows))
    }
}

fn step_row(line: Timeline, step: &Step) -> Row {
    use drill::journal::StepOutcome;
    let (tone, sign) = match step.outcome {
        StepOutcome::Done => ("good", "✔"),
        StepOutcome::GoneThrough => ("good", "✔"),
        StepOutcome::Failed | StepOutcome::Skipped => ("bad", "✘"),
        StepOutcome::NotStarted | StepOutcome::Interrupted => ("open", "–"),
    };
    let cells = vec![
        html! {
            span class="mono" { (step.id) }
            div class="small" { span class="mono" { (step.action) } (source("no source in the plan", step.source.as_ref())) }
        },
        html! {
            (badge(tone, sign, text::outcome(step.outcome)))
            @if step.attempts > 1 { div class="small" { (text::count(step.attempts)) " attempts" } }
        },
        instant(line, step.start_s),
        instant(line, step.end_s),
        window(step),
        html! { (text::span(step.measured_s)) },
        html! {
            (text::span(step.modelled_s))
            @if step.charged_s > 0.0 { div class="small" { "charged " (text::span(step.charged_s)) } }
        },
        html! { (text::span(step.observed_s)) },
        html! { (text::count(step.calls)) },
        html! { (ByteSize(step.bytes).to_string()) },
        html! { (text::count(step.retries)) },
    ];
    Row {
        cells,
        note: step_note(step),
    }
}

fn step_note(step: &Step) -> Option<Markup> {
    let any =
        step.error.is_some() || step.detail.is_some() || !step.reasons.is_empty() || step.performed.is_some();
    any.then(|| {
        html! {
            @if let Some(error) = &step.error { p class="error" { "✘ " (error) } }
            @if let Some(performed) = &step.performed { (people::performed(performed)) }
            @if let Some(detail) = &step.detail { p { (detail) } }
            @for reason in &step.reasons { p { "its probe was red: " (text::reason(reason)) } }
        }
    })
}

/// The window, and whether the step ended in it, where its instants are known.
fn window(step: &Step) -> Markup {
    let Some([from, to]) = step.within_s else {
        return html! { "–" };
    };
    html! {
        (text::span(from)) " to " (text::span(to))
        @if let Some(word) = text::window(step) { div class="small" { (word) } }
    }
}

fn faults(faults: &[Fault]) -> Markup {
    let columns = vec![
        column("Fault"),
        column("Proof"),
        number("Injected"),
        number("Ended"),
        number("Touched"),
        column("Evidence of the read-back"),
    ];
    let (columns, rows) = without_empty(columns, faults.iter().map(fault_row).collect(), empty);
    html! {
        p class="small" { "A fault counts only if a read-back verified what it broke." }
        (cards(&columns, &rows))
    }
}

fn fault_row(fault: &Fault) -> Row {
    let (tone, sign, word) = match (fault.start_s, fault.proven) {
        (None, _) => ("open", "–", "not injected"),
        (Some(_), true) => ("good", "✔", "proven"),
        (Some(_), false) => ("bad", "✘", "not proven"),
    };
    let at = |s: Option<Seconds>| s.map_or("–".to_owned(), text::span);
    Row::new(vec![
        html! { span class="mono" { (fault.id) } div class="small mono" { (fault.action) } },
        badge(tone, sign, word),
        html! { (at(fault.start_s)) },
        html! { (at(fault.end_s)) },
        html! { (text::count(fault.targets)) },
        html! { @if fault.evidence.is_empty() { "–" } @else { (fault.evidence) } },
    ])
}

fn incidents(judged: &Judged) -> Markup {
    let line = Timeline::new(&judged.report);
    let columns = vec![
        column("Service"),
        column("Fault"),
        number("Opened"),
        number("Closed"),
        number("Length"),
        column("Closed by"),
        column("Relapse"),
        number("Red after it"),
        column("Why it was red"),
    ];
    let rows = judged
        .report
        .incidents
        .iter()
        .map(|incident| incident_row(line, incident))
        .collect();
    let (columns, rows) = without_empty(columns, rows, empty);
    cards(&columns, &rows)
}

fn incident_row(line: Timeline, incident: &Incident) -> Row {
    let closed_by = text::closed_by(incident);
    Row::new(vec![
        html! { (incident.service) },
        html! { span class="mono" { (incident.fault.as_deref().unwrap_or("–")) } },
        instant(line, Some(incident.start_s)),
        instant(line, incident.end_s),
        html! { (text::incident_length(incident)) },
        html! { (closed_by) },
        html! { @if incident.relapse { "yes" } @else { "no" } },
        html! { (incident.red_after_close.map_or("–".to_owned(), |red| text::share(red, 1.0))) },
        html! { @for reason in &incident.reasons { div class="small" { (text::reason(reason)) } } },
    ])
}

fn protections(report: &Report) -> Markup {
    let columns = vec![
        column("Protection"),
        column("Of"),
        column("Region"),
        column("At the end"),
        column("What was found"),
        column("Removed by"),
    ];
    let row = |protection: &drill::report::Protection| {
        let (sign, word) = text::protection(protection);
        let tone = match (protection.holds, &protection.excused) {
            (Some(true), _) => "good",
            (Some(false), None) => "bad",
            _ => "open",
        };
        Row::new(vec![
            html! { (text::protection_kind(protection.kind)) },
            html! { (protection.of) },
            html! { (protection.region) },
            badge(tone, sign, word),
            html! { (protection.found) @if let Some(why) = &protection.excused { div class="small" { (why) } } },
            html! { (protection.removed_by.as_deref().unwrap_or("–")) },
        ])
    };
    let (columns, rows) = without_empty(columns, report.protections.iter().map(row).collect(), empty);
    cards(&columns, &rows)
}

fn phases(judged: &Judged) -> Markup {
    let line = Timeline::new(&judged.report);
    let columns = vec![
        column("Phase"),
        number("Began"),
        number("Ended"),
        number("Length"),
        number("Measured"),
        number("Modelled"),
        number("Observed"),
    ];
    let row = |phase: &drill::report::Phase| {
        Row::new(vec![
            html! { span class="mono" { (phase.name) } },
            instant(line, Some(phase.start_s)),
            instant(line, phase.end_s),
            html! { (phase.end_s.map_or("not known".to_owned(), |end| text::span(end - phase.start_s))) },
            html! { (text::span(phase.measured_s)) },
            html! { (text::span(phase.modelled_s)) },
            html! { (text::span(phase.observed_s)) },
        ])
    };
    let (columns, rows) = without_empty(columns, judged.report.phases.iter().map(row).collect(), empty);
    cards(&columns, &rows)
}
