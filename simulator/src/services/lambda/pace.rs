//! The pace of functions that rules invoke: real work that does not hold the clock must not look slow because drill time
//! is fast.
//!
//! A function that works for a second of wall time delays what it delivers by as many drill seconds as the rate has. So
//! the rate stays where that is within a hundredth of the targets that rest on it; the report says which function kept
//! it there. At a speed of the user's the rate is his.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use drill::scenario::{DataKind, Scenario, ServiceObjective, Speed};
use drill::units::Span;
use parking_lot::Mutex;
use runtime::clock::{Clock, ClockLimit};

use crate::conductor::Accuracy;

/// Of so many invocations the slowest but one counts: one that this machine kept waiting says little of the others.
const WINDOW: usize = 16;

/// A rate within this factor of the present ceiling is no other, so that the journal has few changes.
const SAME: f64 = 1.25;

/// The ceilings that functions put on the rate. Clones are the same.
#[derive(Clone)]
pub(crate) struct FunctionPace {
    clock: Clock,
    /// What is allowed, by the function's name at AWS.
    allowed: Arc<BTreeMap<String, Span>>,
    functions: Arc<Mutex<BTreeMap<String, Pace>>>,
}

#[derive(Default)]
struct Pace {
    recent: VecDeque<Duration>,
    ceiling: Option<(ClockLimit, f64)>,
}

impl FunctionPace {
    pub(crate) fn new(clock: &Clock, scenario: &Scenario, speed: Speed) -> FunctionPace {
        let allowed = match speed {
            Speed::Auto => allowed(scenario),
            Speed::AtMost(_) => BTreeMap::new(),
        };
        FunctionPace {
            clock: clock.clone(),
            allowed: Arc::new(allowed),
            functions: Arc::default(),
        }
    }

    /// A function worked for so long.
    pub(super) fn ran(&self, function: &str, wall: Duration) {
        let Some(allowed) = self.allowed.get(function) else {
            return;
        };
        let mut functions = self.functions.lock();
        let pace = functions.entry(function.to_owned()).or_default();
        let slowest = pace.slowest(wall);
        let rate = (allowed.as_secs_f64() / slowest.as_secs_f64().max(1e-6)).max(1.0);
        let reason = || {
            format!(
                "function {function} needs up to {} of wall time",
                rounded_up(slowest)
            )
        };
        match &mut pace.ceiling {
            Some((_, set)) if (*set / SAME..*set * SAME).contains(&rate) => {}
            Some((ceiling, set)) => {
                ceiling.set_for(rate, &reason());
                *set = rate;
            }
            none => *none = Some((self.clock.limit_rate(rate, &reason()), rate)),
        }
    }
}

impl Pace {
    fn slowest(&mut self, wall: Duration) -> Duration {
        if self.recent.len() == WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(wall);
        let mut sorted: Vec<Duration> = self.recent.iter().copied().collect();
        sorted.sort_unstable();
        sorted[sorted.len().saturating_sub(2)]
    }
}

/// To 1, 2 or 5 of a decimal place, so that the report has few such limits: `5 ms`, `100 ms`, `2 s`.
fn rounded_up(wall: Duration) -> String {
    let ms = (wall.as_secs_f64() * 1e3).max(1.0);
    let decade = 10f64.powf(ms.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|step| ms <= step * decade);
    let ms = step.unwrap_or(10.0) * decade;
    if ms < 1000.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.0} s", ms / 1e3)
    }
}

/// By function: a hundredth of the smallest target of the services whose messages go through it.
fn allowed(scenario: &Scenario) -> BTreeMap<String, Span> {
    let Some(iot) = scenario.cloud.iot() else {
        return BTreeMap::new();
    };
    let mut allowed = BTreeMap::new();
    for rule in &iot.rules {
        let through = |service: &&ServiceObjective| goes_through(scenario, service, &rule.name);
        let services = scenario.objectives.services.iter().filter(through);
        let functions = scenario.cloud.functions();
        let function = functions
            .iter()
            .find(|function| Some(&function.label) == rule.function.as_ref());
        if let (Some(least), Some(function)) = (services.filter_map(Accuracy::of_service).min(), function) {
            allowed.insert(function.name.clone(), least);
        }
    }
    allowed
}

fn goes_through(scenario: &Scenario, service: &ServiceObjective, rule: &str) -> bool {
    let probe = scenario.probe(&service.probe);
    let probed = probe.is_some_and(|probe| probe.kind.rule() == Some(rule));
    let set = scenario
        .data
        .iter()
        .find(|data| Some(&data.name) == service.data.as_ref());
    let filed = set.is_some_and(|data| matches!(&data.kind, DataKind::Stream { rule: of, .. } if of == rule));
    probed || filed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(allowed: Span) -> (FunctionPace, runtime::clock::ManualClock) {
        let (clock, hand) = Clock::by_hand(3600.0).expect("a clock");
        clock.start();
        let pace = FunctionPace {
            clock,
            allowed: Arc::new(BTreeMap::from([("ingest".to_owned(), allowed)])),
            functions: Arc::default(),
        };
        (pace, hand)
    }

    #[test]
    fn a_function_that_takes_a_second_of_wall_time_keeps_the_clock_at_what_is_allowed() {
        let (pace, _hand) = pace(Span::from_secs(9));
        pace.ran("ingest", Duration::from_secs(1));
        pace.ran("ingest", Duration::from_secs(1));
        pace.ran("ingest", Duration::from_secs(60));
        assert_eq!(
            pace.clock.rate(),
            9.0,
            "one that was slower than all others says little"
        );
        assert_eq!(pace.clock.limit(), "function ingest needs up to 1 s of wall time");
        for _ in 0..WINDOW {
            pace.ran("ingest", Duration::from_millis(100));
        }
        assert_eq!(pace.clock.rate(), 90.0, "the slow one is forgotten");
    }

    #[test]
    fn wall_times_are_rounded_up() {
        let rounded = |us| rounded_up(Duration::from_micros(us));
        let told = [10, 1000, 1300, 7000, 104_000, 999_000, 4_100_000].map(rounded);
        assert_eq!(told, ["1 ms", "1 ms", "2 ms", "10 ms", "200 ms", "1 s", "5 s"]);
    }

    #[test]
    fn what_no_target_rests_on_keeps_nothing() {
        let (pace, _hand) = pace(Span::from_secs(9));
        pace.ran("other", Duration::from_secs(100));
        assert_eq!(pace.clock.rate(), 3600.0);
        pace.ran("ingest", Duration::from_secs(100));
        assert_eq!(pace.clock.rate(), 1.0, "never slower than real time");
    }
}
