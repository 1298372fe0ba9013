//! Where names pointed, who was told, and what became of the functions' events.

use drill::journal::{FunctionCounters, ProgramCounters};
use drill::report::{Judged, Message};
use maud::{Markup, html};

use super::records::instant;
use super::verdict::badge;
use crate::timeline::Timeline;
use crate::words;

/// Every move of a name, in order of time.
pub(super) fn names(judged: &Judged) -> Markup {
    let line = Timeline::of(&judged.report);
    html! {
        div class="wide" {
            table class="records" {
                thead { tr { th { "Names" } th class="number" { "Moved" } th { "From" } th { "To" } th { "By step" } } }
                tbody {
                    @for moved in words::moves(&judged.report) {
                        tr {
                            th scope="row" { (moved.names.join(", ")) }
                            td class="number" { (instant(line, Some(moved.at_s))) }
                            td { (moved.from) }
                            td { (moved.to) }
                            td class="mono" { (moved.by) }
                        }
                    }
                }
            }
        }
    }
}

/// Who was told, against the deadlines.
pub(super) fn messages(judged: &Judged) -> Markup {
    let line = Timeline::of(&judged.report);
    html! {
        div class="wide" {
            table class="records" {
                thead { tr { th { "To" } th { "In time" } th class="number" { "Told" } th class="number" { "Due" } th { "By step" } } }
                tbody { @for message in &judged.report.messages { (message_row(line, message)) } }
            }
        }
    }
}

fn message_row(line: Timeline, message: &Message) -> Markup {
    let (tone, word) = match (message.in_time, message.at_s) {
        (Some(true), _) => ("good", "in time"),
        (Some(false), Some(_)) => ("bad", "too late"),
        (Some(false), None) => ("bad", "never told"),
        (None, Some(_)) => ("open", "no deadline"),
        (None, None) => ("open", "not told"),
    };
    html! {
        tr {
            th scope="row" { (message.to) }
            td { (badge(tone, words::told_sign(message), word)) }
            td class="number" { (instant(line, message.at_s)) }
            td class="number" { (instant(line, message.due_s)) }
            td class="mono" { (message.step) }
        }
    }
}

/// Programs that were announced to devices, in devices.
pub(super) fn programs(programs: &[ProgramCounters]) -> Markup {
    html! {
        p class="small" { "In devices. All but the first column are of the sample that looks at what it receives." }
        div class="wide" {
            table class="records" {
                thead { tr { th { "Program" } @for name in words::PROGRAM { th class="number" { (name) } } } }
                tbody {
                    @for program in programs {
                        tr {
                            th scope="row" { (program.program) }
                            @for n in words::program(program) { td class="number" { (n) } }
                        }
                    }
                }
            }
        }
    }
}

/// Events and invocations, counted.
pub(super) fn functions(functions: &[FunctionCounters]) -> Markup {
    html! {
        p class="small" {
            "Accepted, delivered, to the destination, dropped and waiting are events; failed and throttled are invocations."
        }
        div class="wide" {
            table class="records" {
                thead { tr { th { "Function" } @for name in words::EVENTS { th class="number" { (name) } } } }
                tbody {
                    @for function in functions {
                        tr {
                            th scope="row" { (function.function) div class="small" { (function.region) } }
                            @for n in words::events(function) { td class="number" { (n) } }
                        }
                    }
                }
            }
        }
    }
}
