//! The tables behind the charts: steps, faults, incidents, phases. Every figure that was drawn stands here.

use drill::report::{Fault, Incident, Judged, Report, Seconds, Step};
use drill::units::ByteSize;
use maud::{Markup, html};

use super::verdict::badge;
use super::{course, data_sets, section, source};
use crate::timeline::Timeline;
use crate::words;

/// All tables that have rows.
pub(super) fn all(judged: &Judged) -> Markup {
    let report = &judged.report;
    html! {
        @if !report.steps.is_empty() { (section("steps", "Steps of the runbook", steps(judged))) }
        @if !report.faults.is_empty() { (section("faults", "Faults", faults(&report.faults))) }
        @if !report.incidents.is_empty() { (section("incidents", "Incidents", incidents(judged))) }
        @if !report.protections.is_empty() { (section("protections", "What protects, at the end", protections(report))) }
        @if !report.phases.is_empty() { (section("phases", "Phases", phases(judged))) }
        @if !report.names.is_empty() { (section("names", "Names and where they point", course::names(judged))) }
        @if !report.messages.is_empty() { (section("messages", "Who was told", course::messages(judged))) }
        @if !report.functions.is_empty() { (section("functions", "Functions", course::functions(&report.functions))) }
        @if !report.programs.is_empty() { (section("programs", "Programs on devices", course::programs(&report.programs))) }
        @if !report.data.is_empty() { (section("data-sets", "Data, in numbers", data_sets::table(&report.data))) }
    }
}

/// An instant as drill time, with its distance from the first fault.
pub(super) fn instant(line: Timeline, at: Option<Seconds>) -> Markup {
    let Some(at) = at else { return html! { "–" } };
    let since = line.at(at);
    html! {
        (words::span(at))
        @if line.from_fault {
            div class="small" { @if since < 0.0 { (words::span(since)) } @else { "+" (words::span(since)) } }
        }
    }
}

fn steps(judged: &Judged) -> Markup {
    let line = Timeline::of(&judged.report);
    html! {
        p class="small" { "Times are drill time; below them, time from the first fault." }
        div class="wide" {
            table class="records" {
                thead {
                    tr {
                        th { "Step" } th { "Outcome" } th class="number" { "Began" } th class="number" { "Ended" }
                        th { "Window" } th class="number" { "Measured" } th class="number" { "Modelled" }
                        th class="number" { "Observed" } th class="number" { "Calls" } th class="number" { "Bytes" }
                        th class="number" { "Retries" }
                    }
                }
                @for step in &judged.report.steps {
                    tbody { (step_row(line, step)) (step_note(step)) }
                }
            }
        }
    }
}

fn step_row(line: Timeline, step: &Step) -> Markup {
    use drill::journal::Outcome;
    let (tone, sign) = match step.outcome {
        Outcome::Done => ("good", "✔"),
        Outcome::Failed => ("bad", "✘"),
        Outcome::NotStarted | Outcome::Interrupted => ("open", "–"),
    };
    html! {
        tr {
            th scope="row" {
                span class="mono" { (step.id) }
                div class="small" { span class="mono" { (step.action) } (source(step.source.as_ref())) }
            }
            td {
                (badge(tone, sign, words::outcome(step.outcome)))
                @if step.attempts > 1 { div class="small" { (words::count(step.attempts)) " attempts" } }
            }
            td class="number" { (instant(line, step.start_s)) }
            td class="number" { (instant(line, step.end_s)) }
            td { (window(step)) }
            td class="number" { (words::span(step.measured_s)) }
            td class="number" {
                (words::span(step.modelled_s))
                @if step.charged_s > 0.0 { div class="small" { "charged " (words::span(step.charged_s)) } }
            }
            td class="number" { (words::span(step.observed_s)) }
            td class="number" { (words::count(step.calls)) }
            td class="number" { (ByteSize(step.bytes).to_string()) }
            td class="number" { (words::count(step.retries)) }
        }
    }
}

fn step_note(step: &Step) -> Markup {
    html! {
        @if step.error.is_some() || step.detail.is_some() || !step.reasons.is_empty() {
            tr class="note" {
                td colspan="11" {
                    @if let Some(error) = &step.error { p class="error" { "✘ " (error) } }
                    @if let Some(detail) = &step.detail { p { (detail) } }
                    @for reason in &step.reasons { p { "its probe was red: " (words::reason(reason)) } }
                }
            }
        }
    }
}

/// The window, and whether the step ended in it, where its instants are known.
fn window(step: &Step) -> Markup {
    let Some([from, to]) = step.within_s else {
        return html! { "–" };
    };
    html! {
        (words::span(from)) " to " (words::span(to))
        @if let Some(word) = words::window(step) { div class="small" { (word) } }
    }
}

fn faults(faults: &[Fault]) -> Markup {
    html! {
        p class="small" { "A fault counts only if a witness saw what it broke." }
        div class="wide" {
            table class="records" {
                thead {
                    tr {
                        th { "Fault" } th { "Proof" } th class="number" { "Struck" } th class="number" { "Ended" }
                        th class="number" { "Touched" } th { "What the witness saw" }
                    }
                }
                tbody { @for fault in faults { (fault_row(fault)) } }
            }
        }
    }
}

fn fault_row(fault: &Fault) -> Markup {
    let (tone, sign, word) = match (fault.start_s, fault.proven) {
        (None, _) => ("open", "–", "never struck"),
        (Some(_), true) => ("good", "✔", "proven"),
        (Some(_), false) => ("bad", "✘", "not proven"),
    };
    let at = |s: Option<Seconds>| s.map_or("–".to_owned(), words::span);
    html! {
        tr {
            th scope="row" { span class="mono" { (fault.id) } div class="small mono" { (fault.action) } }
            td { (badge(tone, sign, word)) }
            td class="number" { (at(fault.start_s)) }
            td class="number" { (at(fault.end_s)) }
            td class="number" { (words::count(fault.targets)) }
            td { @if fault.witness.is_empty() { "–" } @else { (fault.witness) } }
        }
    }
}

fn incidents(judged: &Judged) -> Markup {
    let line = Timeline::of(&judged.report);
    html! {
        div class="wide" {
            table class="records" {
                thead {
                    tr {
                        th { "Service" } th { "Fault" } th class="number" { "Opened" } th class="number" { "Closed" }
                        th class="number" { "Length" } th { "Closed by" } th { "Relapse" } th class="number" { "Red after it" }
                        th { "Why it was red" }
                    }
                }
                tbody { @for incident in &judged.report.incidents { (incident_row(line, incident)) } }
            }
        }
    }
}

fn protections(report: &Report) -> Markup {
    html! {
        div class="wide" {
            table class="records" {
                thead { tr { th { "Protection" } th { "Of" } th { "Region" } th { "At the end" } th { "What was found" } th { "Removed by" } } }
                tbody {
                    @for protection in &report.protections {
                        @let (sign, word) = words::protection(protection);
                        @let tone = match (protection.holds, &protection.excused) { (Some(true), _) => "good", (Some(false), None) => "bad", _ => "open" };
                        tr {
                            th scope="row" { (words::protection_kind(protection.kind)) }
                            td { (protection.of) }
                            td { (protection.region) }
                            td { (badge(tone, sign, word)) }
                            td { (protection.found) @if let Some(why) = &protection.excused { div class="small" { (why) } } }
                            td class="mono" { (protection.removed_by.as_deref().unwrap_or("–")) }
                        }
                    }
                }
            }
        }
    }
}

fn incident_row(line: Timeline, incident: &Incident) -> Markup {
    let closed_by = words::closed_by(incident);
    html! {
        tr {
            th scope="row" { (incident.service) }
            td class="mono" { (incident.fault.as_deref().unwrap_or("–")) }
            td class="number" { (instant(line, Some(incident.start_s))) }
            td class="number" { (instant(line, incident.end_s)) }
            td class="number" { (words::incident_length(incident)) }
            td { (closed_by) }
            td { @if incident.relapse { "yes" } @else { "no" } }
            td class="number" { (incident.red_after_close.map_or("–".to_owned(), |red| words::share(red, 1.0))) }
            td { @for reason in &incident.reasons { div class="small" { (words::reason(reason)) } } }
        }
    }
}

fn phases(judged: &Judged) -> Markup {
    let line = Timeline::of(&judged.report);
    html! {
        div class="wide" {
            table class="records" {
                thead {
                    tr {
                        th { "Phase" } th class="number" { "Began" } th class="number" { "Ended" } th class="number" { "Length" }
                        th class="number" { "Measured" } th class="number" { "Modelled" } th class="number" { "Observed" }
                    }
                }
                tbody {
                    @for phase in &judged.report.phases {
                        tr {
                            th scope="row" class="mono" { (phase.name) }
                            td class="number" { (instant(line, Some(phase.start_s))) }
                            td class="number" { (instant(line, phase.end_s)) }
                            td class="number" { (phase.end_s.map_or("not known".to_owned(), |end| words::span(end - phase.start_s))) }
                            td class="number" { (words::span(phase.measured_s)) }
                            td class="number" { (words::span(phase.modelled_s)) }
                            td class="number" { (words::span(phase.observed_s)) }
                        }
                    }
                }
            }
        }
    }
}
