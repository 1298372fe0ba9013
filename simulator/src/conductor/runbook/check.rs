//! `check`: a gate: the runbook goes on here once a probe has been green so many times in a row.
//!
//! What counts are the probe's own rounds for the health of its service, as they come, from the first that
//! began after the step did. A round that our own lateness explains says nothing. Waiting holds no clock.

use async_trait::async_trait;
use drill::journal::{Health, StepError};
use drill::scenario::Check;
use drill::units::DrillTime;
use tokio::sync::broadcast::error::RecvError;

use super::action::RunbookAction;
use super::context::StepContext;
use crate::conductor::observed::Round;

#[async_trait]
impl RunbookAction for Check {
    fn waits(&self) -> bool {
        true
    }

    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let drill = step.drill;
        let mut rounds = drill.observed.rounds.subscribe();
        let from = drill.host.clock.now();
        let last = drill
            .spec
            .scenario
            .first_fault()
            .map(|first| DrillTime::ZERO + first + drill.spec.scenario.give_up);
        let never = drill.host.clock.sleep_until(last.unwrap_or(DrillTime::MAX));
        tokio::pin!(never);
        let mut streak = Streak::new(&self.probe, self.green, from);
        loop {
            let heard = tokio::select! {
                heard = rounds.recv() => heard,
                _ = &mut never => break,
            };
            match heard {
                Ok(round) if streak.record(&round) => {
                    let text = format!("{} was green {} times in a row", self.probe, self.green);
                    return Ok(text);
                }
                Ok(_) => {}
                // What was not heard may have been red.
                Err(RecvError::Lagged(_)) => streak.green = 0,
                Err(RecvError::Closed) => break,
            }
        }
        Err(StepError {
            operation: "check".to_owned(),
            code: "NotGreen".to_owned(),
            message: format!(
                "{} was not green {} times in a row before the drill gave up",
                self.probe, self.green
            ),
        })
    }
}

/// Green rounds of one probe, one after the other.
#[derive(Debug)]
struct Streak<'a> {
    probe: &'a str,
    wanted: u32,
    from: DrillTime,
    green: u32,
}

impl Streak<'_> {
    fn new(probe: &str, wanted: u32, from: DrillTime) -> Streak<'_> {
        Streak {
            probe,
            wanted,
            from,
            green: 0,
        }
    }

    /// Whether that round makes it enough.
    fn record(&mut self, round: &Round) -> bool {
        if round.probe != self.probe || round.began < self.from {
            return false;
        }
        match round.health {
            Health::Green => self.green += 1,
            Health::Red => self.green = 0,
            Health::Unknown => {}
        }
        self.green >= self.wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Health::{Green, Red, Unknown};

    fn round(probe: &str, began: i64, health: Health) -> Round {
        Round {
            probe: probe.to_owned(),
            began: DrillTime::from_secs(began),
            health,
        }
    }

    #[test]
    fn only_green_rounds_in_a_row_that_began_since_then_open_the_gate() {
        let mut streak = Streak::new("p", 2, DrillTime::from_secs(100));
        assert!(!streak.record(&round("p", 99, Green)));
        assert!(!streak.record(&round("p", 100, Green)));
        assert!(!streak.record(&round("other", 110, Green)));
        assert!(!streak.record(&round("p", 110, Red)));
        assert!(!streak.record(&round("p", 120, Green)));
        assert!(!streak.record(&round("p", 130, Unknown)));
        assert!(streak.record(&round("p", 140, Green)));
    }
}
