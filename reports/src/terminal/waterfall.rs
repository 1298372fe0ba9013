//! The recovery as bars of characters, the same rows as on the page.
//!
//! ```text
//!                       0s        15m       30m       45m  ┊1h
//!  program-delivery down▐████████████████████              ┊    30m 15s
//!  detect               ░░                                 ┊    3m
//! ```
//! `█` measured, `░` modelled, `▒` observed, `·` of no stated origin, `▀` a service down; `┊` is the
//! first target.

use drill::report::{Judged, Seconds};

use super::paint::{Line, Tone, cut, wrap};
use crate::svg::scale::Scale;
use crate::timeline::{self, Kind, Parts, Row, Timeline};

/// More columns than this a name does not get.
const NAME: usize = 24;
/// Fewer columns than this a bar does not get.
const BAR: usize = 12;

/// The bars; nothing where nothing happened.
pub(super) fn waterfall(judged: &Judged, width: usize) -> Vec<Line> {
    let rows = timeline::rows(judged);
    if rows.is_empty() {
        return Vec::new();
    }
    let now = timeline::end(judged);
    let names = rows
        .iter()
        .map(|row| row.name.chars().count())
        .max()
        .unwrap_or(0)
        .min(NAME)
        + 1;
    let captions = rows
        .iter()
        .map(|row| row.caption(now).chars().count())
        .max()
        .unwrap_or(0);
    let columns = width.saturating_sub(names + captions + 2).max(BAR);
    let start = rows.iter().filter_map(|r| r.start).fold(0.0, f64::min);
    let end = rows
        .iter()
        .filter(|r| r.start.is_some())
        .map(|r| r.known_to(now))
        .fold(1.0, f64::max);
    let deadline = timeline::deadlines(judged)
        .into_iter()
        .next()
        .filter(|d| d.at > 0.0 && d.at <= end * 3.0);
    let x = Scale::new(
        (start, deadline.as_ref().map_or(end, |d| d.at.max(end) * 1.02)),
        (0.0, columns as f64),
    );
    let target = deadline.as_ref().map(|d| (x.at(d.at) as usize).min(columns - 1));
    let title = format!("Recovery, in {}", Timeline::new(&judged.report).title());
    let mut lines = vec![Line::new(Tone::Strong, title)];
    lines.push(Line::new(
        Tone::Quiet,
        format!("{}{}", " ".repeat(names + 1), ticks(x, columns)),
    ));
    lines.extend(
        rows.iter()
            .map(|row| row_line(row, x, (names, columns), target, now, width)),
    );
    let mut key = "█ measured · ░ modelled · ▒ observed · ▀ service down".to_owned();
    if let Some(deadline) = deadline {
        key.push_str(&format!(" · ┊ {}", deadline.name));
    }
    lines.extend(
        wrap(&key, width - 1)
            .into_iter()
            .map(|text| Line::new(Tone::Quiet, format!(" {text}"))),
    );
    lines
}

/// The times above the bars, as many as fit.
fn ticks(x: Scale, columns: usize) -> String {
    let mut text: Vec<char> = vec![' '; columns];
    let mut free = 0;
    for (at, label) in x.time_ticks((columns / 9).max(2)) {
        let from = x.at(at) as usize;
        if from < free || from + label.chars().count() > columns {
            continue;
        }
        for (offset, c) in label.chars().enumerate() {
            if let Some(cell) = text.get_mut(from + offset) {
                *cell = c;
            }
        }
        free = from + label.chars().count() + 1;
    }
    text.into_iter().collect::<String>().trim_end().to_owned()
}

fn row_line(
    row: &Row,
    x: Scale,
    (names, columns): (usize, usize),
    target: Option<usize>,
    now: Seconds,
    width: usize,
) -> Line {
    let name = cut(&row.name, names - 1);
    let mut cells = bar(row, x, columns, now);
    if let Some(target) = target.filter(|at| cells[*at] == ' ') {
        cells[target] = '┊';
    }
    let tone = match row.kind {
        Kind::Outage(_) => Tone::Bad,
        Kind::Phase(..) => Tone::Plain,
        Kind::NotStarted => Tone::Quiet,
    };
    Line::new(
        tone,
        format!(" {name:<names$}{}", cells.into_iter().collect::<String>()),
    )
    .and(
        Tone::Plain,
        format!(
            " {}",
            cut(&row.caption(now), width.saturating_sub(names + columns + 2))
        ),
    )
}

/// The cells of a bar; one that is there has at least one.
fn bar(row: &Row, x: Scale, columns: usize, now: Seconds) -> Vec<char> {
    let mut cells = vec![' '; columns];
    let Some(start) = row.start else { return cells };
    let from = (x.at(start) as usize).min(columns - 1);
    let to = (x.at(row.known_to(now)).round() as usize).clamp(from + 1, columns);
    let fills = match row.kind {
        Kind::Outage(_) => vec!['▀'; to - from],
        Kind::Phase(parts, _) => fill(parts, row.length(now), to - from),
        Kind::NotStarted => Vec::new(),
    };
    cells[from..from + fills.len()].copy_from_slice(&fills);
    if row.end.is_none() {
        cells[to - 1] = '▶';
    }
    cells
}

/// `length` cells in the shares of the parts; what is smaller than a cell goes to the greatest.
fn fill(parts: Parts, whole: Seconds, length: usize) -> Vec<char> {
    let known = parts.measured + parts.observed + parts.modelled;
    let whole = whole.max(known);
    let shares = [
        ('█', parts.measured),
        ('▒', parts.observed),
        ('░', parts.modelled),
        ('·', whole - known),
    ];
    let greatest = shares
        .iter()
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map_or('·', |(c, _)| *c);
    let mut cells = Vec::with_capacity(length);
    for (c, part) in shares.into_iter().filter(|(c, _)| *c != greatest) {
        let count = if whole > 0.0 {
            (part / whole * length as f64).round() as usize
        } else {
            0
        };
        cells.extend(std::iter::repeat_n(c, count.min(length)));
    }
    let rest = length.saturating_sub(cells.len());
    cells.extend(std::iter::repeat_n(greatest, rest));
    cells.truncate(length);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_follow_the_shares() {
        let parts = Parts {
            measured: 0.01,
            modelled: 60.0,
            observed: 30.0,
        };
        let text: String = fill(parts, 90.01, 9).into_iter().collect();
        assert_eq!(text, "▒▒▒░░░░░░");
        assert_eq!(fill(Parts::default(), 0.0, 1), ['·']);
        let measured = Parts {
            measured: 0.3,
            ..Parts::default()
        };
        assert_eq!(fill(measured, 0.3, 1), ['█']);
    }
}
