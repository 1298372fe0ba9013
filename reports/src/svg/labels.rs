//! Names beside marks: how wide they are, how to cut them, how to stack them so that none hides another.
//!
//! ```text
//!  row 1   │declared
//!  row 0   │         │RTO 1h         a name runs right from its mark; one whose mark lies under an
//!  ────────┼─────────┼──────────     earlier name goes one row below it, so that no line crosses a name
//! ```

/// The pixels between a mark and its name.
pub(crate) const GAP: f64 = 4.0;
/// A name that is wider is cut.
pub(crate) const LONGEST: f64 = 320.0;

/// About how wide a text of 12 pixels is. The reader's font is not known, so this is what a wide one
/// takes: a name then has room to spare, never too little.
pub(crate) fn width(text: &str) -> f64 {
    let of = |c: char| match c {
        'i' | 'j' | 'l' | 'f' | 't' | 'I' | '.' | ',' | ':' | ';' | '|' | '\'' | '!' | '(' | ')' | ' ' => 4.4,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 11.6,
        'A'..='Z' | '0'..='9' | '+' | '<' | '>' | '=' => 8.0,
        c if c >= '\u{1100}' => 12.6,
        _ => 7.4,
    };
    text.chars().map(of).sum()
}

/// The text, or as much of it as fits into `room` pixels and an ellipsis.
pub(crate) fn cut(text: &str, room: f64) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if width(&kept) + width("…") > room {
            kept.pop();
            break;
        }
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// Where a name goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LabelPosition {
    /// The pixel of its mark.
    pub(crate) x: f64,
    /// Its width.
    pub(crate) width: f64,
    /// Whether it runs left from its mark, since the edge is near.
    pub(crate) leftward: bool,
    /// The row, 0 being next to the drawing.
    pub(crate) row: usize,
}

impl LabelPosition {
    fn span(&self) -> (f64, f64) {
        if self.leftward {
            (self.x - GAP - self.width, self.x)
        } else {
            (self.x, self.x + GAP + self.width)
        }
    }
}

/// Stacks names (pixel of the mark, text), sorted by pixel, before the edge at `right`; they are to be
/// cut to [`LONGEST`].
pub(crate) fn stack(names: &[(f64, &str)], right: f64) -> Vec<LabelPosition> {
    let mut places: Vec<LabelPosition> = names
        .iter()
        .map(|(x, text)| {
            let width = width(text).min(LONGEST);
            LabelPosition {
                x: *x,
                width,
                leftward: x + GAP + width > right,
                row: 0,
            }
        })
        .collect();
    // Those that run left: a mark further left must not cross them, so the rightmost is the highest.
    for index in 0..places.len() {
        if places[index].leftward {
            let placed: Vec<LabelPosition> = places[..index].iter().filter(|p| p.leftward).copied().collect();
            places[index].row = free_row(&placed, places[index].span());
        }
    }
    // Those that run right: from the right, each above all whose marks or names lie under it.
    for index in (0..places.len()).rev() {
        if !places[index].leftward {
            let placed: Vec<LabelPosition> = places
                .iter()
                .enumerate()
                .filter(|(other, place)| *other > index || place.leftward)
                .map(|(_, place)| *place)
                .collect();
            places[index].row = free_row(&placed, places[index].span());
        }
    }
    places
}

/// The lowest row above every place that reaches into `span`.
fn free_row(placed: &[LabelPosition], span: (f64, f64)) -> usize {
    let reaches = |place: &&LabelPosition| {
        let (from, to) = place.span();
        from < span.1 && span.0 < to
    };
    placed
        .iter()
        .filter(reaches)
        .map(|place| place.row + 1)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlap(a: &LabelPosition, b: &LabelPosition) -> bool {
        let ((a0, a1), (b0, b1)) = (a.span(), b.span());
        a.row == b.row && a0 < b1 && b0 < a1
    }

    #[test]
    fn names_never_overlap_and_no_line_crosses_one() {
        let names: Vec<(f64, &str)> = [10.0, 10.0, 11.0, 60.0, 200.0, 205.0, 640.0, 690.0, 699.0]
            .iter()
            .map(|x| (*x, "a fault"))
            .collect();
        let places = stack(&names, 700.0);
        for (i, a) in places.iter().enumerate() {
            for b in &places[i + 1..] {
                assert!(!overlap(a, b), "{a:?} {b:?}");
                let crosses = |line: &LabelPosition, name: &LabelPosition| {
                    let (from, to) = name.span();
                    line.row > name.row && line.x > from + 1.0 && line.x < to - 1.0
                };
                if a.leftward == b.leftward {
                    assert!(!crosses(b, a) && !crosses(a, b) || a.x == b.x, "{a:?} {b:?}");
                }
            }
        }
        assert_eq!(places[4].row, places[5].row + 1, "the left one is above");
        assert!(places[8].leftward);
    }

    #[test]
    fn a_lone_name_is_next_to_the_drawing() {
        assert_eq!(
            stack(&[(5.0, "one"), (400.0, "two")], 700.0)
                .iter()
                .map(|p| p.row)
                .max(),
            Some(0)
        );
        assert!(stack(&[], 700.0).is_empty());
    }

    #[test]
    fn a_cut_text_fits() {
        let cut = cut("switch-records-to-the-backup-region", 120.0);
        assert!(cut.ends_with('…') && width(&cut) <= 120.0, "{cut}");
        assert_eq!(super::cut("short", 120.0), "short");
        assert_eq!(super::cut("東京東京東京東京", 40.0), "東京…");
    }
}
