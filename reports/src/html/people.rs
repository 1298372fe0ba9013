//! Injects for people, their notes, and the items that they ticked.

use drill::journal::Performed;
use drill::report::{Inject, Judged, Note};
use maud::{Markup, html};

use super::instant::instant;
use super::table::{Row, cards, number, text as column};
use crate::text;
use crate::timeline::Timeline;

/// All injects of the drill.
pub(super) fn injects(judged: &Judged) -> Markup {
    let line = Timeline::new(&judged.report);
    let row = |inject: &Inject| {
        Row::new(vec![
            match inject.at_s {
                Some(_) => instant(line, inject.at_s),
                None => html! { "never: the drill ended before" },
            },
            html! { (inject.to.as_deref().unwrap_or("all")) },
            html! { (inject.text) },
        ])
    };
    let rows: Vec<Row> = judged.report.injects.iter().map(row).collect();
    cards(&[number("Told"), column("To"), column("What")], &rows)
}

/// What people noted at steps.
pub(super) fn notes(judged: &Judged) -> Markup {
    let line = Timeline::new(&judged.report);
    let row = |note: &Note| {
        Row::new(vec![
            instant(line, Some(note.at_s)),
            html! { span class="mono" { (note.step) } },
            html! { (note.by) },
            html! { (note.text) },
        ])
    };
    let rows: Vec<Row> = judged.report.notes.iter().map(row).collect();
    cards(
        &[number("When"), column("Step"), column("Who"), column("Note")],
        &rows,
    )
}

/// Who performed a step, and its checklist.
pub(super) fn performed(performed: &Performed) -> Markup {
    html! {
        p { (text::performed(performed)) }
        @if !performed.checklist.is_empty() {
            ul class="checklist" {
                @for item in &performed.checklist {
                    li {
                        @if item.ticked { "☑ " } @else { "☐ " }
                        (item.item)
                        @if !item.ticked { " (not ticked)" }
                    }
                }
            }
        }
    }
}
