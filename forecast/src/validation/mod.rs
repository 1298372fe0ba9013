//! What is known without simulating, beside what is simulated: closed formulas, a published experiment.
//!
//! Each case gives the figure that is known, where it is from, what the simulation says, and how far off that may be.
//! `cargo run --release -p forecast --example validation` prints them all, for `docs/forecast-validation.md`.

mod contention;
mod queues;
mod storms;

use std::fmt::Write as _;

/// One figure, known and simulated.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What it is a figure of.
    pub of: String,
    /// Its unit.
    pub unit: &'static str,
    /// Where the known figure is from.
    pub source: &'static str,
    /// What is known.
    pub known: f64,
    /// What is simulated.
    pub simulated: f64,
    /// How far off the known figure it may be, as a share of it.
    pub tolerance: f64,
}

impl Case {
    /// How far off it is, as a share of what is known.
    pub fn off(&self) -> f64 {
        self.simulated / self.known - 1.0
    }

    /// Whether it is as near as it must be.
    pub fn holds(&self) -> bool {
        self.off().abs() <= self.tolerance
    }
}

/// All cases, from one seed.
pub fn cases(seed: u64) -> Vec<Case> {
    let mut cases = queues::cases(seed);
    cases.extend(storms::cases(seed));
    cases.extend(contention::cases(seed));
    cases
}

/// The cases as a table in Markdown.
pub fn table(cases: &[Case]) -> String {
    let mut text =
        "| | known | simulated | off | may be off | source |\n|---|---|---|---|---|---|\n".to_owned();
    for case in cases {
        let figure = |value: f64| match value {
            value if value >= 100.0 => format!("{value:.0}"),
            value => format!("{value:.3}"),
        };
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} {unit} | {} {unit} | {:+.2} % | {:.1} % | {} |",
            case.of,
            figure(case.known),
            figure(case.simulated),
            case.off() * 100.0,
            case.tolerance * 100.0,
            case.source,
            unit = case.unit,
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_figure_is_met() {
        for case in cases(1) {
            assert!(
                case.holds(),
                "{}: {:+.2} %: {case:?}",
                case.of,
                case.off() * 100.0
            );
        }
    }

    #[test]
    fn a_table_shows_a_case_that_is_off() {
        let case = Case {
            of: "x".to_owned(),
            unit: "s",
            source: "a book",
            known: 200.0,
            simulated: 230.0,
            tolerance: 0.1,
        };
        assert!(!case.holds());
        assert!(table(&[case]).ends_with("| x | 200 s | 230 s | +15.00 % | 10.0 % | a book |\n"));
    }
}
