//! Where names pointed, who was told, and what became of the functions' events.

use drill::journal::{FunctionCounters, ProgramCounters};
use drill::report::{Judged, Message};
use maud::{Markup, html};

use super::records::instant;
use super::table::{Row, cards, number, words as column};
use super::verdict::badge;
use crate::timeline::Timeline;
use crate::words;

/// Every move of a name, in order of time.
pub(super) fn names(judged: &Judged) -> Markup {
    let line = Timeline::of(&judged.report);
    let moves = words::moves(&judged.report);
    let row = |moved: &words::Moved<'_>| {
        Row::new(vec![
            html! { (moved.names.join(", ")) },
            instant(line, Some(moved.at_s)),
            html! { (moved.from) },
            html! { (moved.to) },
            html! { span class="mono" { (moved.by) } },
        ])
    };
    let columns = [
        column("Names"),
        number("Moved"),
        column("From"),
        column("To"),
        column("By step"),
    ];
    cards(&columns, &moves.iter().map(row).collect::<Vec<_>>())
}

/// Who was told, against the deadlines.
pub(super) fn messages(judged: &Judged) -> Markup {
    let line = Timeline::of(&judged.report);
    let rows: Vec<Row> = judged
        .report
        .messages
        .iter()
        .map(|message| message_row(line, message))
        .collect();
    let columns = [
        column("To"),
        column("In time"),
        number("Told"),
        number("Due"),
        column("By step"),
    ];
    cards(&columns, &rows)
}

fn message_row(line: Timeline, message: &Message) -> Row {
    let (tone, word) = match (message.in_time, message.at_s) {
        (Some(true), _) => ("good", "in time"),
        (Some(false), Some(_)) => ("bad", "too late"),
        (Some(false), None) => ("bad", "never told"),
        (None, Some(_)) => ("open", "no deadline"),
        (None, None) => ("open", "not told"),
    };
    Row::new(vec![
        html! { (message.to) },
        badge(tone, words::told_sign(message), word),
        instant(line, message.at_s),
        instant(line, message.due_s),
        html! { span class="mono" { (message.step) } },
    ])
}

/// Counters in columns, a row for each; columns and rows of zeros are left out, and the rows are counted.
fn counters<const N: usize>(what: &str, names: [&str; N], rows: Vec<(Markup, [String; N])>) -> Markup {
    let zero = |n: &String| n == "0";
    let (rows, zeros): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, all)| !all.iter().all(zero));
    let shown: Vec<usize> = (0..N)
        .filter(|n| rows.iter().any(|(_, all)| !zero(&all[*n])))
        .collect();
    let columns: Vec<_> = [column(what)]
        .into_iter()
        .chain(shown.iter().map(|n| number(names[*n])))
        .collect();
    let rows: Vec<Row> = rows
        .into_iter()
        .map(|(name, all)| {
            let cells = shown.iter().map(|n| html! { (all[*n]) });
            Row::new([name].into_iter().chain(cells).collect())
        })
        .collect();
    html! {
        @if !rows.is_empty() { (cards(&columns, &rows)) }
        @if !zeros.is_empty() || shown.len() < N {
            p class="small" {
                "Left out, since all is 0: "
                @if !zeros.is_empty() { (words::plural(zeros.len() as u64, "row")) }
                @if !zeros.is_empty() && shown.len() < N { ", " }
                @if shown.len() < N { (words::plural((N - shown.len()) as u64, "column")) }
                "."
            }
        }
    }
}

/// Programs that were announced to devices, in devices.
pub(super) fn programs(programs: &[ProgramCounters]) -> Markup {
    let rows = programs
        .iter()
        .map(|program| (html! { (program.program) }, words::program(program)));
    html! {
        p class="small" { "In devices. All but what they received is of the sample that looks at it." }
        (counters("Program", words::PROGRAM, rows.collect()))
    }
}

/// Events and invocations, counted.
pub(super) fn functions(functions: &[FunctionCounters]) -> Markup {
    let rows = functions.iter().map(|function| {
        let name = html! { (function.function) div class="small" { (function.region) } };
        (name, words::events(function))
    });
    html! {
        p class="small" {
            "Accepted, delivered, to the destination, dropped and waiting are events; failed and throttled are invocations."
        }
        (counters("Function", words::EVENTS, rows.collect()))
    }
}
