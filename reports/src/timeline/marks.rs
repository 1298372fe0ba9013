//! The instants that stand above the charts: faults, detection, declaration, moves of names, targets.

use drill::report::{Judged, Seconds};

use super::line::Timeline;

/// What an instant stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A fault was injected.
    Fault,
    /// The monitoring fired.
    Detected,
    /// The disaster was declared.
    Declared,
    /// Names moved to another region.
    Moved,
    /// An inject for people.
    Inject,
    /// A target.
    Deadline,
}

/// An instant with its name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Instant {
    /// When.
    pub(crate) at: Seconds,
    /// What it is called.
    pub(crate) name: String,
    /// What it is.
    pub(crate) mark: Mark,
}

/// Faults, detection, declaration and moves of names in order of time; faults of one second share a mark, and where
/// there are many of them, a name.
pub(crate) fn instants(judged: &Judged) -> Vec<Instant> {
    let line = Timeline::new(&judged.report);
    let mut faults: Vec<(Seconds, &str)> = judged
        .report
        .faults
        .iter()
        .filter_map(|f| Some((line.at(f.start_s?), f.id.as_str())))
        .collect();
    faults.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut instants: Vec<Instant> = Vec::new();
    for group in faults.chunk_by(|a, b| b.0 - a.0 < 1.0) {
        let name = match group {
            [(_, one)] => format!("fault {one}"),
            [(_, one), (_, other)] => format!("faults {one}, {other}"),
            [(_, one), more @ ..] => format!("faults {one} + {}", more.len()),
            [] => continue,
        };
        instants.push(Instant {
            at: group[0].0,
            name,
            mark: Mark::Fault,
        });
    }
    let single = |at: Option<drill::units::DrillTime>, name: &str, mark| {
        at.map(|at| Instant {
            at: line.at(at.as_secs_f64()),
            name: name.to_owned(),
            mark,
        })
    };
    instants.extend(single(judged.charts.detected, "detected", Mark::Detected));
    instants.extend(single(judged.charts.declared, "declared", Mark::Declared));
    let moved = crate::text::moves(&judged.report).into_iter();
    instants.extend(moved.map(|moved| Instant {
        at: line.at(moved.at_s),
        name: format!("to {}", moved.to),
        mark: Mark::Moved,
    }));
    let told = judged.report.injects.iter().filter_map(|inject| inject.at_s);
    instants.extend(told.map(|at| Instant {
        at: line.at(at),
        name: "inject".to_owned(),
        mark: Mark::Inject,
    }));
    instants.sort_by(|a, b| a.at.total_cmp(&b.at));
    instants
}

/// The targets as instants, the earliest first; those of one instant share a mark.
pub(crate) fn deadlines(judged: &Judged) -> Vec<Instant> {
    let line = Timeline::new(&judged.report);
    let mut all: Vec<Instant> = judged
        .charts
        .deadlines
        .iter()
        .map(|d| Instant {
            at: line.at((d.from + d.target).as_secs_f64()),
            name: format!("{} {}", d.label, d.target),
            mark: Mark::Deadline,
        })
        .collect();
    all.sort_by(|a, b| a.at.total_cmp(&b.at));
    let merge = |group: &[Instant]| {
        let name = match group.len() {
            1 => group[0].name.clone(),
            2 => format!("{}, {}", group[0].name, group[1].name),
            n => format!("{} + {}", group[0].name, n - 1),
        };
        Instant {
            name,
            ..group[0].clone()
        }
    };
    all.chunk_by(|a, b| b.at - a.at < 1.0).map(merge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn faults_of_one_instant_share_a_mark() {
        let marks = instants(&fixtures::passing());
        let names: Vec<_> = marks.iter().map(|m| m.name.as_str()).collect();
        assert_eq!(
            names,
            ["faults delete-programs, corrupt-programs", "detected", "declared"]
        );
        assert_eq!(marks[0].at, 0.0);
    }
}
