//! What is known without simulating, beside what is simulated: closed formulas, a published experiment.
//!
//! Each case gives the figure that is known, where it is from, what the simulation says, and how far off that may be.
//! `cargo run --release -p forecast --example validation` prints them all, for `docs/forecast-validation.md`.

mod case;
mod contention;
mod queues;
mod storms;

use std::fmt::Write as _;

pub use self::case::Case;

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
    fn table_shows_a_deviating_case() {
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
