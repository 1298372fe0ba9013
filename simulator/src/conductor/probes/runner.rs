//! The rounds of a probe, one after the other, and what is made of their answers.

use std::sync::Arc;
use std::time::Duration;

use drill::draw::Draws;
use drill::journal::{Component, Event, Health, Purpose};
use drill::scenario::Probe;
use drill::units::{DrillTime, Span};
use parking_lot::Mutex;
use runtime::clock::Elapsed;
use runtime::wall;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::pace::Pace;
use super::probe::{ProbeResult, ProbeRound, ServiceProbe, Via};
use crate::conductor::context::Drill;
use crate::conductor::parts::joined;
use crate::conductor::signal::Signal;
use crate::services::probe_of;

/// For how long a probe's real work holds the clock, in wall time.
const HOLD: Duration = Duration::from_millis(250);

/// Likewise, of a cloud in other programs, where the same reads take tens of times as long.
const HOLD_REMOTE: Duration = Duration::from_secs(2);

/// How much wall time an answer gets that did not come in time, to tell a slow machine from a dead
/// service.
const GRACE: Duration = Duration::from_secs(1);

/// Rounds of one probe that may be under way at once.
const ROUNDS: usize = 8;

/// Rounds that may be waiting for an answer after their time where the service is known to be red: that moment of wall
/// time holds no clock then, so that many rounds may fall into it. What is beyond them is red, as those before it were.
const LATE_ROUNDS: usize = 32;

/// Runs a probe every `every` from drill 0 on, until the drill stops.
pub(crate) async fn run(drill: Arc<Drill>, probe: Probe, purpose: Purpose, every: Span) {
    let prober = Arc::new(Prober {
        draws: Draws::new(
            drill.spec.seed,
            &format!("probe/{}/{}", probe.name, word(purpose)),
        ),
        label: format!("probe {}", probe.name),
        pace: Pace::new(&drill.spec, &drill.host.clock, &probe),
        late: Semaphore::new(LATE_ROUNDS),
        told: Mutex::new(DrillTime::ZERO),
        drill,
        probe,
        purpose,
    });
    let drill = &prober.drill;
    let places = Arc::new(Semaphore::new(ROUNDS));
    let mut rounds = tokio::task::JoinSet::new();
    for round in 0u64.. {
        let due = DrillTime::ZERO + every.times(round as i64);
        tokio::select! {
            _ = drill.host.clock.sleep_until(due) => {}
            () = drill.host.stop.cancelled() => break,
        }
        while let Some(result) = rounds.try_join_next() {
            joined(result);
        }
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            let what = Component::Probe(prober.probe.name.clone());
            let detail = format!("{ROUNDS} rounds are under way already: one was left out");
            drill.host.emit(Event::Saturated {
                component: what,
                detail,
            });
            continue;
        };
        let prober = prober.clone();
        rounds.spawn(async move { prober.round(round, place).await });
    }
    rounds.shutdown().await;
}

fn word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Health => "health",
        Purpose::Detection => "detection",
    }
}

/// One probe, for one purpose.
struct Prober {
    drill: Arc<Drill>,
    probe: Probe,
    purpose: Purpose,
    label: String,
    draws: Draws,
    pace: Pace,
    /// Rounds whose time is over and that may still wait for an answer, of a service that is known to be red.
    late: Semaphore,
    /// When the newest result is dated that others were told of.
    told: Mutex<DrillTime>,
}

impl Prober {
    /// One round, which has its `place` until its time is over.
    async fn round(&self, round: u64, place: OwnedSemaphorePermit) {
        let Prober { drill, probe, .. } = self;
        let most = if drill.access.cloud.storage().is_remote() {
            HOLD_REMOTE
        } else {
            HOLD
        };
        let holds = !self.kind().waits();
        let hold = holds.then(|| drill.host.clock.hold_at_most(&self.label, most));
        let began = drill.host.clock.now();
        let asked = self.ask(round, began);
        tokio::pin!(asked);
        let in_time = drill.host.clock.timeout(probe.timeout, asked.as_mut()).await;
        let answered = drill.host.clock.now();
        drop((hold, place));
        let (at, health, look) = match in_time {
            Ok(look) => (answered, look.health(), look),
            Err(Elapsed { late, .. }) => {
                let answer = match late {
                    Some(look) => Some(look),
                    None => self.late_answer(asked).await,
                };
                let deadline = began + probe.timeout;
                let (health, look) = self.late(answer, deadline);
                (deadline, health, look)
            }
        };
        self.record(began, at, health, look);
    }

    async fn ask(&self, number: u64, began: DrillTime) -> ProbeResult {
        let round = ProbeRound {
            drill: &self.drill,
            client: &self.label,
            draws: &self.draws,
            number,
            began,
        };
        self.kind().run_once(&round).await
    }

    fn kind(&self) -> &dyn ServiceProbe {
        probe_of(&self.probe.kind)
    }

    /// The fault that affected what a round went through, at the end of its time.
    fn impact(&self, via: &Via, at: DrillTime) -> Option<&str> {
        let Prober { drill, probe, .. } = self;
        let scenario = &drill.spec.scenario;
        let pointing = |name: &str| {
            let region = via.get(name)?;
            let regions = &scenario.cloud.regions;
            let known = regions.iter().find(|known| known.label == *region);
            known.map(|known| known.label.as_str())
        };
        // The probe as the scenario has it, as long as that lives.
        let path = scenario.probe(&probe.name)?;
        let path = scenario.path_of_probe_at(path, &pointing);
        let calls = self.kind().sequential_calls();
        let faults = &drill.observed.faults;
        faults.affecting(scenario, &path, at, calls, probe.timeout)
    }

    /// The answer that did not come in time, if it still comes.
    async fn late_answer(&self, asked: impl Future<Output = ProbeResult>) -> Option<ProbeResult> {
        let clock = &self.drill.host.clock;
        if self.pace.is_in_doubt() {
            let _held = clock.hold_at_most(&self.label, GRACE);
            wall::timeout(GRACE, asked).await
        } else if let Ok(_place) = self.late.try_acquire() {
            wall::timeout(GRACE, asked).await
        } else {
            None
        }
    }

    /// There was no answer in time: was it the service, or this machine?
    fn late(&self, answer: Option<ProbeResult>, deadline: DrillTime) -> (Health, ProbeResult) {
        let timeout = self.probe.timeout;
        match answer {
            // A fault that slows what the probe asks explains it.
            Some(look)
                if look.green
                    && let Some(fault) = self.impact(&look.via, deadline) =>
            {
                let detail = Some(format!("no answer within {timeout}, under fault {fault}"));
                let look = ProbeResult {
                    green: false,
                    passed: 0,
                    detail,
                    ..look
                };
                (Health::Red, look)
            }
            Some(look) if look.green => {
                let detail = Some(format!(
                    "answered just after its {timeout} were over: this machine was late, or the rate too high to tell"
                ));
                (Health::Unknown, ProbeResult { detail, ..look })
            }
            Some(look) => (Health::Red, look),
            None => {
                let via = self.kind().names().into_iter().map(|name| {
                    let region = self.drill.access.resolve(&self.label, name);
                    (name.to_owned(), region.to_string())
                });
                let look = ProbeResult::red(format!("no answer within {timeout}"));
                (Health::Red, look.by(via.collect()))
            }
        }
    }

    /// What a round found that began at `began`, and is dated `at`.
    fn record(&self, began: DrillTime, at: DrillTime, health: Health, look: ProbeResult) {
        let Prober { drill, purpose, .. } = self;
        let purpose = *purpose;
        self.pace.result(health, began, at);
        let ProbeResult {
            passed,
            sampled,
            detail,
            via,
            ..
        } = look;
        let name = self.probe.name.clone();
        let probe = name.clone();
        drill.host.emit_at(
            at,
            Event::Probe {
                probe,
                purpose,
                began,
                health,
                passed,
                sampled,
                detail,
                via,
            },
        );
        // A round that waited for a late answer tells nothing of the present any more, once a newer one has.
        let newest = {
            let mut told = self.told.lock();
            let newest = at >= *told;
            *told = at.max(*told);
            newest
        };
        if newest {
            drill.host.signal(Signal::Probe {
                name,
                purpose,
                began,
                at,
                health,
            });
        }
    }
}
