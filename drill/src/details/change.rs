//! What changed in a plan's text between two drills, by lines.

use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};

/// Hunks that are kept; counts are of all.
const MOST_HUNKS: usize = 4;
/// Lines of one hunk that are kept.
const MOST_LINES: usize = 14;
/// Characters of one line that are kept.
const LONGEST: usize = 160;
/// Lines around a change.
const CONTEXT: usize = 1;

/// What changed in the plan's file since an earlier drill.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanChange {
    /// When the earlier drill began: RFC 3339, UTC.
    pub since: String,
    /// The folder of the earlier run.
    pub run: String,
    /// SHA-256 (hex) of the file at that drill.
    pub sha256: String,
    /// Whether both are the same bytes.
    pub unchanged: bool,
    /// Lines that were added and removed; none where the earlier text was not kept, or one of both is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<[u64; 2]>,
    /// The first hunks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hunks: Vec<Hunk>,
    /// Hunks that are not among them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hunks_left_out: u64,
}

/// Lines that changed together, with a line around them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// Its first line in the earlier text, from 1.
    pub old_line: u64,
    /// Its first line in the text of this drill, from 1.
    pub new_line: u64,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Lines that are not among them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

/// A line of a hunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Whether it came, went or stayed.
    pub sign: Sign,
    /// What it says, cut where it is long.
    pub text: String,
}

/// Whether a line came, went or stayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is in both.
    Same,
}

impl PlanChange {
    /// Holds the text of this drill against the earlier one; `since`, `run` and `sha256` are left to the caller.
    pub fn between(earlier: &str, now: &str) -> PlanChange {
        let diff = TextDiff::from_lines(earlier, now);
        let count = |tag: ChangeTag| {
            diff.iter_all_changes()
                .filter(|change| change.tag() == tag)
                .count() as u64
        };
        let groups = diff.grouped_ops(CONTEXT);
        let hunks: Vec<Hunk> = groups
            .iter()
            .take(MOST_HUNKS)
            .map(|group| {
                let changes: Vec<_> = group.iter().flat_map(|op| diff.iter_changes(op)).collect();
                let first =
                    |range: Option<std::ops::Range<usize>>| range.map_or(1, |range| range.start as u64 + 1);
                Hunk {
                    old_line: first(group.first().map(|op| op.old_range())),
                    new_line: first(group.first().map(|op| op.new_range())),
                    left_out: changes.len().saturating_sub(MOST_LINES) as u64,
                    lines: changes
                        .iter()
                        .take(MOST_LINES)
                        .map(|change| Line {
                            sign: match change.tag() {
                                ChangeTag::Insert => Sign::Added,
                                ChangeTag::Delete => Sign::Removed,
                                ChangeTag::Equal => Sign::Same,
                            },
                            text: cut(change.value()),
                        })
                        .collect(),
                }
            })
            .collect();
        PlanChange {
            unchanged: earlier == now,
            lines: Some([count(ChangeTag::Insert), count(ChangeTag::Delete)]),
            hunks_left_out: groups.len().saturating_sub(MOST_HUNKS) as u64,
            hunks,
            ..PlanChange::default()
        }
    }
}

fn cut(line: &str) -> String {
    let line = line.trim_end_matches(['\n', '\r']);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

pub(super) fn is_zero(n: &u64) -> bool {
    *n == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines_are_counted_and_shown() {
        let earlier: String = (1..=40).map(|n| format!("line {n}\n")).collect();
        let now = earlier
            .replace("line 7\n", "line seven\n")
            .replace("line 30\n", "");
        let change = PlanChange::between(&earlier, &now);
        assert!(!change.unchanged);
        assert_eq!(change.lines, Some([1, 2]));
        assert_eq!(change.hunks.len(), 2);
        let hunk = &change.hunks[0];
        assert_eq!((hunk.old_line, hunk.new_line), (6, 6));
        let signs: Vec<Sign> = hunk.lines.iter().map(|line| line.sign).collect();
        assert_eq!(signs, [Sign::Same, Sign::Removed, Sign::Added, Sign::Same]);
        assert_eq!(hunk.lines[2].text, "line seven");
    }

    #[test]
    fn many_and_long_changes_are_cut_and_counted() {
        let earlier: String = (0..100).map(|n| format!("{n}\n")).collect();
        let now: String = (0..100)
            .map(|n| match n % 10 {
                0 => format!("{}\n", "x".repeat(500)),
                _ => format!("{n}\n"),
            })
            .collect();
        let change = PlanChange::between(&earlier, &now);
        assert_eq!(change.lines, Some([10, 10]));
        assert_eq!((change.hunks.len(), change.hunks_left_out), (4, 6));
        let longest = change.hunks[0].lines.iter().map(|line| line.text.chars().count());
        assert_eq!(longest.max(), Some(LONGEST + 1));
        let whole = PlanChange::between("", &earlier);
        assert_eq!((whole.hunks[0].lines.len(), whole.hunks[0].left_out), (14, 86));
    }

    #[test]
    fn the_same_text_is_unchanged() {
        let change = PlanChange::between("a\nb\n", "a\nb\n");
        assert!(change.unchanged && change.hunks.is_empty());
        assert_eq!(change.lines, Some([0, 0]));
    }
}
