//! DNS changes, notifications, and the outcome of the functions' events.

use drill::journal::{FunctionCounters, ProgramCounters};
use drill::report::{Judged, Message};
use maud::{Markup, html};

use super::instant::instant;
use super::table::{Row, cards, number, text as column};
use super::verdict::badge;
use crate::text;
use crate::timeline::Timeline;

/// Every move of a name, in order of time.
pub(super) fn names(judged: &Judged) -> Markup {
    let line = Timeline::new(&judged.report);
    let moves = text::moves(&judged.report);
    let row = |moved: &text::Moved<'_>| {
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

/// Notifications, against their deadlines.
pub(super) fn messages(judged: &Judged) -> Markup {
    let line = Timeline::new(&judged.report);
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
        (Some(false), None) => ("bad", "not notified"),
        (None, Some(_)) => ("open", "no deadline"),
        (None, None) => ("open", "not told"),
    };
    Row::new(vec![
        html! { (message.to) },
        badge(tone, text::notification_sign(message), word),
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
                @if !zeros.is_empty() { (text::plural(zeros.len() as u64, "row")) }
                @if !zeros.is_empty() && shown.len() < N { ", " }
                @if shown.len() < N { (text::plural((N - shown.len()) as u64, "column")) }
                "."
            }
        }
    }
}

/// Programs that were announced to devices, in devices.
pub(super) fn programs(programs: &[ProgramCounters]) -> Markup {
    let rows = programs
        .iter()
        .map(|program| (html! { (program.program) }, text::program(program)));
    html! {
        p class="small" { "In devices. All columns but the received ones count the sample that checks the program." }
        (counters("Program", text::PROGRAM, rows.collect()))
    }
}

/// Events and invocations, counted.
pub(super) fn functions(functions: &[FunctionCounters]) -> Markup {
    let rows = functions.iter().map(|function| {
        let name = html! { (function.function) div class="small" { (function.region) } };
        (name, text::events(function))
    });
    html! {
        p class="small" {
            "Accepted, delivered, to the destination, dropped and waiting are events; failed and throttled are invocations."
        }
        (counters("Function", text::EVENTS, rows.collect()))
    }
}
