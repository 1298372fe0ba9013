//! A table that becomes a card for each row where the screen is narrow: every cell carries the name of its column.

use maud::{Markup, html};

/// A column.
#[derive(Clone, Copy)]
pub(super) struct Column<'a> {
    name: &'a str,
    number: bool,
}

/// A column of text.
pub(super) fn text(name: &str) -> Column<'_> {
    Column { name, number: false }
}

/// A column of figures.
pub(super) fn number(name: &str) -> Column<'_> {
    Column { name, number: true }
}

/// A row: what it is about, its other cells, and perhaps a note below them.
pub(super) struct Row {
    pub(super) cells: Vec<Markup>,
    pub(super) note: Option<Markup>,
}

impl Row {
    /// A row without a note.
    pub(super) fn new(cells: Vec<Markup>) -> Row {
        Row { cells, note: None }
    }
}

/// The table; the first cell of a row is its heading.
pub(super) fn cards(columns: &[Column<'_>], rows: &[Row]) -> Markup {
    html! {
        div class="wide" {
            table class="records cards" {
                thead { tr { @for column in columns { th scope="col" class=[column.number.then_some("number")] { (column.name) } } } }
                @for row in rows {
                    tbody {
                        tr {
                            @for (column, cell) in columns.iter().zip(&row.cells).take(1) {
                                th scope="row" data-label=(column.name) { (cell) }
                            }
                            @for (column, cell) in columns.iter().zip(&row.cells).skip(1) {
                                td data-label=(column.name) class=[column.number.then_some("number")] { div { (cell) } }
                            }
                        }
                        @if let Some(note) = &row.note {
                            tr class="note" { td colspan=(columns.len()) { (note) } }
                        }
                    }
                }
            }
        }
    }
}

/// The columns in which any row has something, with the rows cut to them; what is shown of a cell that has nothing says
/// `empty`.
pub(super) fn without_empty<'a>(
    columns: Vec<Column<'a>>,
    rows: Vec<Row>,
    empty: impl Fn(&str) -> bool,
) -> (Vec<Column<'a>>, Vec<Row>) {
    let filled: Vec<bool> = (0..columns.len())
        .map(|n| {
            n == 0
                || rows
                    .iter()
                    .any(|row| row.cells.get(n).is_some_and(|cell| !empty(&cell.0)))
        })
        .collect();
    let kept = |n: &usize| filled.get(*n).copied().unwrap_or(false);
    let rows = rows
        .into_iter()
        .map(|row| Row {
            cells: row
                .cells
                .into_iter()
                .enumerate()
                .filter(|(n, _)| kept(n))
                .map(|(_, cell)| cell)
                .collect(),
            note: row.note,
        })
        .collect();
    let columns = columns
        .into_iter()
        .enumerate()
        .filter(|(n, _)| kept(n))
        .map(|(_, column)| column)
        .collect();
    (columns, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_without_anything_is_left_out_with_its_cells() {
        let cell = |text: &str| html! { (text) };
        let rows = vec![
            Row::new(vec![cell("0"), cell("0"), cell("7")]),
            Row::new(vec![cell("b"), cell("0"), cell("0")]),
        ];
        let (columns, rows) = without_empty(vec![text("a"), number("b"), number("c")], rows, |text| {
            text == "0"
        });
        assert_eq!(columns.len(), 2);
        let page = cards(&columns, &rows).0;
        assert!(
            page.contains("data-label=\"c\"") && !page.contains("data-label=\"b\""),
            "{page}"
        );
    }
}
