//! Keeps the drill no faster than this machine can follow the fleet, and says when it could not.
//!
//! ```text
//!   devices ── attempts due, asked, ended ──►  Demand (pure)  ──► Ceiling of the drill clock
//!   meters  ── what is under way ───────────►  every 10 ms    ──► Saturated
//! ```
//!
//! A storm that an event announces (a broker dies, and a thousand devices will be back within a drill
//! second, 8 ms of wall time at speed 120) lowers the ceiling at once; a look every 10 ms of wall time
//! raises it again, an octave at a time.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use drill::units::{DrillTime, Span};
use parking_lot::Mutex;
use runtime::Clock;
use runtime::clock::Ceiling;
use runtime::wall::{self, Mono};

use crate::capacity::Capacity;
use crate::demand::{Demand, Patience, UNBOUNDED};
use crate::meters::Meters;
use crate::progress::{Answers, Progress};

/// Sessions per wall second. The eight listeners of a broker were seen to accept 5,700 a second on two
/// cores that did nothing else; a third leaves room for what a drill does there besides. A broker that
/// takes fewer shows by its queue.
const SESSIONS: f64 = 2000.0;
/// Acknowledged publishes per wall second, each of them taken by a rule and stored, too.
const PUBLISHES: f64 = 5000.0;
/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);
/// Capacities are measured over this.
const WINDOW: Duration = Duration::from_millis(100);
/// Acknowledgements are judged over this.
const ACK_WINDOW: Duration = Duration::from_secs(1);
/// A 99th percentile above this is saturation.
const ACK_LIMIT: Duration = Duration::from_millis(500);
/// Fewer acknowledgements have no percentile worth the name.
const ACK_SAMPLES: usize = 200;
/// Most samples kept of one window.
const ACK_SAMPLES_MOST: usize = 4096;
/// A device that waits longer for its turn acts later than its firmware would.
const TURN_LIMIT: Span = Span::from_secs(5);
/// The same complaint is not made again within this.
const QUIET: Span = Span::from_secs(60);

/// Something of the fleet was at its limit: figures that rest on it are inconclusive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saturated {
    /// In words, with the figure.
    pub detail: String,
}

/// Who is told of saturation.
pub type OnSaturated = Box<dyn Fn(Saturated) + Send + Sync>;

/// The fleet's hand on the clock.
pub(crate) struct Governor {
    clock: Clock,
    ceiling: Ceiling,
    meters: Arc<Meters>,
    devices: u64,
    state: Mutex<State>,
    /// When publishes were sent, and how long their acknowledgement took.
    acks: Mutex<Vec<(Mono, Duration)>>,
    on_saturated: OnSaturated,
}

struct State {
    demand: Demand,
    /// The ceiling is 2 to the power of half of this.
    step: i32,
    attempts: Progress,
    sessions: Progress,
    publishes: Progress,
    answers: Answers,
    window: Window,
    acks_since: Mono,
    complained: [Option<DrillTime>; 2],
}

/// What the counters were when the present window began.
#[derive(Clone, Copy)]
struct Window {
    began: Mono,
    answered: u64,
    acknowledged: u64,
    attempts_queue: bool,
    publishes_queue: bool,
}

#[derive(Clone, Copy)]
enum Complaint {
    Turns,
    Acks,
}

impl Governor {
    /// For `devices` devices that publish `steady` messages per drill second.
    pub(crate) fn new(
        clock: &Clock,
        meters: Arc<Meters>,
        devices: u64,
        steady: f64,
        patience: Patience,
        on_saturated: OnSaturated,
    ) -> Governor {
        let now = wall::mono();
        Governor {
            ceiling: clock.ceiling(UNBOUNDED, "fleet"),
            clock: clock.clone(),
            meters,
            devices,
            state: Mutex::new(State {
                demand: Demand::new(
                    steady,
                    patience,
                    Capacity::new(SESSIONS),
                    Capacity::new(PUBLISHES),
                ),
                step: step(UNBOUNDED),
                attempts: Progress::new(now),
                sessions: Progress::new(now),
                publishes: Progress::new(now),
                answers: Answers::new(clock.now(), now),
                window: Window {
                    began: now,
                    answered: 0,
                    acknowledged: 0,
                    attempts_queue: false,
                    publishes_queue: false,
                },
                acks_since: now,
                complained: [None; 2],
            }),
            acks: Mutex::new(Vec::new()),
            on_saturated,
        }
    }

    /// A device will ask for a connection at `due`.
    pub(crate) fn expect(&self, due: DrillTime) {
        let mut state = self.state.lock();
        state.demand.expect(due);
        let wanted = self.wanted(&mut state, wall::mono());
        if wanted < state.step {
            self.set(&mut state, wanted);
        }
    }

    /// The attempt that was due at `due` has been asked for, or never will be.
    pub(crate) fn forget(&self, due: DrillTime) {
        self.state.lock().demand.forget(due);
    }

    /// A device has asked for a connection at `now`.
    pub(crate) fn asked(&self, now: DrillTime) {
        let mut state = self.state.lock();
        if self.meters.under_way.fetch_add(1, Relaxed) == 0 {
            state.answers.awaited(now, wall::mono());
        }
    }

    /// An attempt is over at `now`: the broker or its host `answered`, or the device lost patience.
    pub(crate) fn ended(&self, now: DrillTime, answered: bool) {
        let mut state = self.state.lock();
        Meters::sub(&self.meters.under_way, 1);
        Meters::add(&self.meters.answered, u64::from(answered));
        state.answers.ended(now, wall::mono(), answered);
    }

    /// The turn of a device came at `now`, that had asked at `asked`.
    pub(crate) fn waited(&self, asked: DrillTime, now: DrillTime) {
        let span = now - asked;
        if span <= TURN_LIMIT {
            return;
        }
        let mut state = self.state.lock();
        // A turn that hanging attempts took is the broker's doing, and no limit of ours.
        if state.answers.is_fair(asked, now, wall::mono()) {
            let detail = format!("a device waited {span} for its turn to connect");
            self.complain(&mut state, Complaint::Turns, detail);
        }
    }

    /// A session stands that an attempt begun at `began` was for.
    pub(crate) fn connected(&self, began: Mono) {
        let seconds = wall::mono().since(began).as_secs_f64();
        self.state.lock().demand.handshake.observe(seconds);
    }

    /// A publish that was sent at `sent` is acknowledged now.
    pub(crate) fn acknowledged(&self, sent: Mono) {
        let mut acks = self.acks.lock();
        if acks.len() < ACK_SAMPLES_MOST {
            acks.push((sent, wall::mono().since(sent)));
        }
    }

    /// Looks again and again.
    pub(crate) async fn run(&self) {
        loop {
            wall::sleep(LOOK).await;
            self.look(wall::mono());
        }
    }

    fn look(&self, now: Mono) {
        let mut state = self.state.lock();
        self.measure(&mut state, now);
        self.judge_acks(&mut state, now);
        let wanted = self.wanted(&mut state, now);
        if wanted < state.step {
            self.set(&mut state, wanted);
        } else if wanted > state.step + 1 {
            let raised = (state.step + 2).min(wanted);
            self.set(&mut state, raised);
        }
    }

    /// The ceiling that the demand of the moment asks for.
    fn wanted(&self, state: &mut State, now: Mono) -> i32 {
        let mut load = self.meters.load(self.devices);
        let Meters {
            answered,
            sessions,
            acknowledged,
            ..
        } = &*self.meters;
        state
            .attempts
            .look(answered.load(Relaxed), load.attempts > 0, now);
        state.sessions.look(sessions.load(Relaxed), true, now);
        state
            .publishes
            .look(acknowledged.load(Relaxed), load.publishes > 0, now);
        load.attempts_progress = state.attempts.moves(now);
        load.attempts_succeed = state.sessions.moves(now);
        load.publishes_progress = state.publishes.moves(now);
        step(state.demand.rate(self.clock.now(), &load))
    }

    fn set(&self, state: &mut State, step: i32) {
        state.step = step;
        self.ceiling.set(2f64.powf(f64::from(step) / 2.0));
    }

    /// Compares what was done in a window with what there was to do.
    fn measure(&self, state: &mut State, now: Mono) {
        let elapsed = now.since(state.window.began);
        if elapsed < WINDOW {
            return;
        }
        let load = self.meters.load(self.devices);
        let before = state.window;
        let after = Window {
            began: now,
            answered: self.meters.answered.load(Relaxed),
            acknowledged: self.meters.acknowledged.load(Relaxed),
            attempts_queue: state.demand.attempts_queue(&load),
            publishes_queue: state.demand.publishes_queue(&load),
        };
        let elapsed = elapsed.as_secs_f64();
        state.demand.attempts.observe(
            after.answered - before.answered,
            elapsed,
            before.attempts_queue && after.attempts_queue,
        );
        state.demand.publishes.observe(
            after.acknowledged - before.acknowledged,
            elapsed,
            before.publishes_queue && after.publishes_queue,
        );
        state.window = after;
    }

    fn judge_acks(&self, state: &mut State, now: Mono) {
        if now.since(state.acks_since) < ACK_WINDOW {
            return;
        }
        state.acks_since = now;
        // What was on its way while a broker hung came late by the broker's doing, not by ours.
        let mut acks: Vec<Duration> = std::mem::take(&mut *self.acks.lock())
            .into_iter()
            .filter(|(sent, _)| state.publishes.is_fair(*sent))
            .map(|(_, after)| after)
            .collect();
        for after in &acks {
            state.demand.ack.observe(after.as_secs_f64());
        }
        if acks.len() < ACK_SAMPLES {
            return;
        }
        let at = acks.len() * 99 / 100;
        let (_, p99, _) = acks.select_nth_unstable(at);
        if *p99 > ACK_LIMIT {
            let ms = p99.as_millis();
            let detail = format!("99 % of publishes were acknowledged within {ms} ms of wall time only");
            self.complain(state, Complaint::Acks, detail);
        }
    }

    fn complain(&self, state: &mut State, complaint: Complaint, detail: String) {
        let now = self.clock.now();
        let last = &mut state.complained[complaint as usize];
        if last.is_none_or(|last| now - last >= QUIET) {
            *last = Some(now);
            (self.on_saturated)(Saturated { detail });
        }
    }
}

/// The step at or below `rate`.
fn step(rate: f64) -> i32 {
    (rate.log2() * 2.0).floor() as i32
}

#[cfg(test)]
#[path = "governor_tests.rs"]
mod tests;
