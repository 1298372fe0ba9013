//! Scenarios of every kind of fault and of step, as they come: whatever they are, a forecast of them ends, and its figures
//! fit each other.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use super::grammar::scenario;
use super::*;

/// Chooses by bytes that are drawn, so that a failure is shrunk to simpler choices.
pub(super) struct Chooser<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Chooser<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Chooser<'b> {
        Chooser { bytes, at: 0 }
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % bound.max(1)
    }

    pub(super) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub(super) fn yes(&mut self) -> bool {
        self.below(2) == 1
    }
}

/// Whether it could be forecast.
fn check(text: &str, scenario: &Scenario, seed: u64) -> Result<bool, TestCaseError> {
    let question = Question {
        runs: 4,
        seed,
        phase: Phase::Random,
        ..question_about(scenario)
    };
    let found = match study(&question, &Watch::default()) {
        Ok(found) => found,
        Err(refusals) => {
            prop_assert!(refusals.iter().all(|refusal| !refusal.help.is_empty()));
            return Ok(false);
        }
    };
    prop_assert_eq!((found.runs, found.complete), (4, true), "{}", text);
    for target in &found.targets {
        let met = target.met as f64 / 4.0;
        prop_assert_eq!(target.chance, met);
        prop_assert!(target.chance_low <= met && met <= target.chance_high);
        prop_assert_eq!(target.figure.beyond + target.figure.known, 4);
        prop_assert!(target.met <= target.figure.known, "{:?}\n{}", target, text);
        prop_assert!(target.met_by_fault_end <= target.met && target.unaffected <= 4);
        let values: Vec<f64> = target
            .figure
            .quantiles
            .iter()
            .filter_map(|one| one.value_s)
            .collect();
        prop_assert!(
            values.is_sorted() && values.iter().all(|s| *s >= 0.0),
            "{:?}\n{}",
            target,
            text
        );
        // Nothing is known beyond the end of the drill; but what was red before began at drill 0 at the earliest.
        let first = scenario.first_fault().unwrap_or_default() + s(3_600);
        let most = (first + scenario.give_up + scenario.objectives.wrt).as_secs_f64();
        let is_time = target.metric != Metric::Rpo;
        prop_assert!(
            !is_time || values.iter().all(|s| *s <= most),
            "{:?}\n{}",
            target,
            text
        );
        if target.untouched && target.metric == Metric::Rto {
            prop_assert_eq!(target.met, target.unaffected);
        }
    }
    for duration in &found.durations {
        prop_assert!(duration.failed <= duration.runs && duration.length.known <= duration.runs);
        prop_assert!(
            (0.0..=1.0).contains(&duration.critical),
            "{:?}\n{}",
            duration,
            text
        );
        prop_assert!(
            duration.share >= 0.0 && duration.share <= 1.0 + 1e-9,
            "{:?}\n{}",
            duration,
            text
        );
    }
    let again = study(&question, &Watch::default());
    prop_assert_eq!(Ok(found), again);
    Ok(true)
}

#[test]
fn arbitrary_forecast_ends_with_consistent_figures() {
    const CASES: u32 = 150;
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let chance = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, chance);
    let forecast = Cell::new(0);
    let strategy = (proptest::collection::vec(any::<u8>(), 200), 0..1_000_000u64);
    let found = runner.run(&strategy, |(bytes, seed)| {
        let text = scenario(&bytes);
        // Some contradict themselves.
        if let Ok((parsed, _)) = Scenario::parse("wild.yaml", &text) {
            forecast.set(forecast.get() + u32::from(check(&text, &parsed, seed)?));
        }
        Ok(())
    });
    if let Err(error) = found {
        panic!("{error}");
    }
    assert!(forecast.get() > CASES / 2, "{} of {CASES}", forecast.get());
}
