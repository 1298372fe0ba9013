//! Probes: whether a service works, as its users would find.
//!
//! A probe that asks the cloud holds the clock for at most 250 ms of wall time (2 s where the cloud is in other
//! programs); one that waits for something to come through holds nothing. What takes longer sets a pace ([`pace`]).
//! A round that found no answer in time gets a moment of wall time more: if the answer comes then, it was this machine
//! that was late, and nothing is known. The clock is held in that moment, so that what is modelled (a lateness that a
//! fault adds, a batch that is due much later) does not come to its end in it and pass for this machine's.

mod lambda_invoke;
mod pace;
mod path_telemetry;
mod s3_get_object;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cloud_emulator::client::ask::CONCURRENCY;
use drill::draw::Draws;
use drill::journal::{Event, Health, Purpose};
use drill::scenario::{IOT_NAME, Probe, ProbeKind};
use drill::units::{DrillTime, Span};
use parking_lot::Mutex;
use runtime::clock::Elapsed;
use runtime::wall;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::pace::Pace;
use super::Signal;
use super::context::Drill;

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

/// What one round saw.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub(crate) passed: u32,
    pub(crate) sampled: u32,
    pub(crate) green: bool,
    pub(crate) detail: Option<String>,
    /// The labels of the regions that it was answered from, by the names that it resolved.
    pub(crate) via: Via,
}

/// Regions by names.
pub(crate) type Via = BTreeMap<String, String>;

impl Look {
    /// Nothing could be sampled, or the first question had no answer.
    fn red(detail: String) -> Look {
        Look {
            passed: 0,
            sampled: 0,
            green: false,
            detail: Some(detail),
            via: Via::new(),
        }
    }

    fn health(&self) -> Health {
        if self.green { Health::Green } else { Health::Red }
    }

    /// It went this way.
    fn by(self, via: Via) -> Look {
        Look { via, ..self }
    }
}

/// Runs a probe every `every` from drill 0 on, until the drill stops.
pub(crate) async fn run(drill: Arc<Drill>, probe: Probe, purpose: Purpose, every: Span) {
    let prober = Arc::new(Prober {
        draws: Draws::new(drill.seed, &format!("probe/{}/{}", probe.name, word(purpose))),
        label: format!("probe {}", probe.name),
        pace: Pace::new(&drill, &probe),
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
            _ = drill.clock.sleep_until(due) => {}
            () = drill.stop.cancelled() => break,
        }
        while let Some(result) = rounds.try_join_next() {
            super::joined(result);
        }
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            let what = prober.label.clone();
            let detail = format!("{ROUNDS} rounds are under way already: one was left out");
            drill.emit(Event::Saturated { what, detail });
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
        let most = match drill.cloud.backend().is_remote() {
            true => HOLD_REMOTE,
            false => HOLD,
        };
        let holds = !matches!(probe.kind, ProbeKind::PathTelemetry(_));
        let hold = holds.then(|| drill.clock.hold_at_most(&self.label, most));
        let began = drill.clock.now();
        let asked = self.ask(round, began);
        tokio::pin!(asked);
        let in_time = drill.clock.timeout(probe.timeout, asked.as_mut()).await;
        let answered = drill.clock.now();
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
        self.tell(began, at, health, look);
    }

    async fn ask(&self, round: u64, began: DrillTime) -> Look {
        let Prober {
            drill, label, draws, ..
        } = self;
        match &self.probe.kind {
            ProbeKind::S3GetObject(spec) => s3_get_object::look(drill, label, spec, draws, round).await,
            ProbeKind::PathTelemetry(spec) => path_telemetry::look(drill, label, spec, began).await,
            ProbeKind::LambdaInvoke(spec) => lambda_invoke::look(drill, label, spec).await,
        }
    }

    /// The names by which it finds what it asks.
    fn names(&self) -> impl Iterator<Item = &str> {
        let names = match &self.probe.kind {
            ProbeKind::S3GetObject(spec) => vec![spec.bucket.as_str()],
            ProbeKind::PathTelemetry(spec) => vec![IOT_NAME, &spec.bucket],
            ProbeKind::LambdaInvoke(spec) => vec![spec.function.as_str()],
        };
        names.into_iter()
    }

    /// The fault that hurt what a round went through, at the end of its time.
    fn hurt(&self, via: &Via, at: DrillTime) -> Option<&str> {
        let Prober { drill, probe, .. } = self;
        let scenario = &drill.scenario;
        let pointing = |name: &str| {
            let region = via.get(name)?;
            let regions = &scenario.cloud.regions;
            let known = regions.iter().find(|known| known.label == *region);
            known.map(|known| known.label.as_str())
        };
        // The probe as the scenario has it, as long as that lives.
        let path = scenario.probe(&probe.name)?;
        let path = scenario.path_of_probe_at(path, &pointing);
        drill.hurt_by(&path, at, self.calls(), probe.timeout)
    }

    /// How many calls a round makes one after the other, at most, until it has its answer.
    fn calls(&self) -> u32 {
        match &self.probe.kind {
            ProbeKind::S3GetObject(spec) => spec.sample.div_ceil(CONCURRENCY as u32),
            // The rule files by a function, which writes, and it is read.
            ProbeKind::PathTelemetry(_) => 4,
            ProbeKind::LambdaInvoke(_) => 2,
        }
    }

    /// The answer that did not come in time, if it still comes.
    async fn late_answer(&self, asked: impl Future<Output = Look>) -> Option<Look> {
        let clock = &self.drill.clock;
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
    fn late(&self, answer: Option<Look>, deadline: DrillTime) -> (Health, Look) {
        let timeout = self.probe.timeout;
        match answer {
            // A fault that slows what the probe asks explains it.
            Some(look)
                if look.green
                    && let Some(fault) = self.hurt(&look.via, deadline) =>
            {
                let detail = Some(format!("no answer within {timeout}, under fault {fault}"));
                let look = Look {
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
                (Health::Unknown, Look { detail, ..look })
            }
            Some(look) => (Health::Red, look),
            None => {
                let via = self.names().map(|name| {
                    let region = self.drill.resolve(&self.label, name);
                    (name.to_owned(), region.to_string())
                });
                let look = Look::red(format!("no answer within {timeout}"));
                (Health::Red, look.by(via.collect()))
            }
        }
    }

    /// What a round found that began at `began`, and is dated `at`.
    fn tell(&self, began: DrillTime, at: DrillTime, health: Health, look: Look) {
        let Prober { drill, purpose, .. } = self;
        let purpose = *purpose;
        self.pace.result(health, began, at);
        let Look {
            passed,
            sampled,
            detail,
            via,
            ..
        } = look;
        let name = self.probe.name.clone();
        let probe = name.clone();
        drill.emit_at(
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
            drill.signal(Signal::Probe {
                name,
                purpose,
                began,
                at,
                health,
            });
        }
    }
}
