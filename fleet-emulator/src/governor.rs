//! Keeps the drill no faster than this machine can follow the fleet, and reports saturation.
//!
//! ```text
//!   devices ── attempts due, asked, ended ──►  Demand (pure)  ──► ClockLimit of the drill clock
//!   meters  ── what is under way ───────────►  every 10 ms    ──► Saturated
//! ```
//!
//! A storm that an event announces (a broker dies, and a thousand devices will be back within a drill
//! second, 8 ms of wall time at speed 120) lowers the limit at once; an update every 10 ms of wall time
//! raises it again, an octave at a time.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use drill::units::{DrillTime, Span};
use parking_lot::Mutex;
use runtime::Clock;
use runtime::clock::ClockLimit;
use runtime::wall::{self, Mono};

use crate::demand::{Demand, Load, SLOWEST, Timeouts, UNBOUNDED};
use crate::meters::Meters;
use crate::progress::{Answers, Progress};
use crate::shared_dial::GATHER;

/// Between two updates.
const UPDATE_INTERVAL: Duration = Duration::from_millis(10);
/// Capacities are measured over this.
const WINDOW: Duration = Duration::from_millis(100);
/// Acknowledgements and turns are judged over this.
const JUDGING_WINDOW: Duration = Duration::from_secs(1);
/// A 99th percentile above this is saturation.
const ACK_LIMIT: Duration = Duration::from_millis(500);
/// Fewer acknowledgements have no percentile worth the name.
const ACK_SAMPLES: usize = 200;
/// Most samples kept of one window.
const ACK_SAMPLES_MOST: usize = 4096;
/// Of so many turns one may come later than the figures can bear, as with acknowledgements.
const TURNS_PER_LATE_ONE: u64 = 100;
/// But none later than this many times that: the last device to be back is a figure, too.
const MUCH_TOO_LATE: i64 = 5;
/// Steps of the limit in an octave.
const STEPS: i32 = 4;
/// The same cause is not reported again within this.
const QUIET: Span = Span::from_secs(60);

/// A part of the fleet was saturated: figures that rest on it are inconclusive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saturated {
    /// Human-readable, with the figure.
    pub detail: String,
}

/// Called when the fleet is saturated.
pub type OnSaturated = Box<dyn Fn(Saturated) + Send + Sync>;

/// Limits the rate of the drill clock to what this machine can do for the fleet.
pub(crate) struct Governor {
    clock: Clock,
    limit: ClockLimit,
    meters: Arc<Meters>,
    devices: u64,
    turn_limit: Span,
    /// A single turn that comes later than this is too late.
    turn_limit_of_one: Span,
    state: Mutex<State>,
    acks: Mutex<Vec<Ack>>,
    on_saturated: OnSaturated,
}

struct State {
    demand: Demand,
    /// The limit is 2 to the power of a quarter of this: a few rates, so that the journal has few changes.
    step: i32,
    sessions: Progress,
    refusals: Progress,
    endpoints: Vec<Endpoint>,
    window: Window,
    judged: Mono,
    reported: [Option<DrillTime>; 2],
}

/// When a device asked for a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectRequest {
    at: DrillTime,
    wall: Mono,
    /// It first waits for the shared dial to a port that refused.
    gathers: bool,
}

impl ConnectRequest {
    /// How long this machine let it wait up to now, in wall time. What it waits for others to gather is drill time, and
    /// the rest is counted at the rate of the moment: before that the clock may have been held.
    fn waited(self, now: DrillTime, wall: Mono, rate: f64) -> f64 {
        let gathering = if self.gathers { GATHER } else { Span::ZERO };
        let late = (now - self.at - gathering).at_least_zero();
        let elapsed = wall.since(self.wall).as_secs_f64();
        elapsed.min(late.as_secs_f64() / rate.max(SLOWEST))
    }
}

/// The turns of one window, of one kind.
#[derive(Clone, Copy, Default)]
struct Turns {
    all: u64,
    /// That came later than the figures can bear.
    late: u64,
    longest: Span,
}

impl Turns {
    fn count(&mut self, waited: Span, limit: Span) {
        self.all += 1;
        self.late += u64::from(waited > limit);
        self.longest = self.longest.max(waited);
    }
}

/// Whether one endpoint moves or hangs.
#[derive(Clone, Copy)]
struct Endpoint {
    attempts: Progress,
    publishes: Progress,
    answers: Answers,
    /// Of devices that dialled, and of those that were refused without.
    turns: [Turns; 2],
}

/// One acknowledgement of a publish.
#[derive(Clone, Copy)]
struct Ack {
    endpoint: usize,
    sent: Mono,
    after: Duration,
}

/// What the counters were when the present window began.
#[derive(Clone, Copy)]
struct Window {
    began: Mono,
    sessions: u64,
    refused: u64,
    taken: u64,
    attempts_queue: bool,
    publishes_queue: bool,
}

#[derive(Clone, Copy)]
enum SaturationCause {
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
        timeouts: Timeouts,
        on_saturated: OnSaturated,
    ) -> Governor {
        let now = wall::mono();
        let endpoint = Endpoint {
            attempts: Progress::new(now),
            publishes: Progress::new(now),
            answers: Answers::new(clock.now(), now),
            turns: [Turns::default(); 2],
        };
        let endpoints = vec![endpoint; meters.endpoints.len()];
        Governor {
            limit: clock.limit_rate(UNBOUNDED, "messages of the fleet"),
            clock: clock.clone(),
            meters,
            devices,
            turn_limit: timeouts.turn,
            turn_limit_of_one: timeouts
                .outbox
                .map_or(Span::MAX, |expiry| expiry.max(timeouts.turn))
                .min(timeouts.turn.times(MUCH_TOO_LATE)),
            state: Mutex::new(State {
                demand: Demand::new(steady, timeouts),
                step: step(UNBOUNDED),
                sessions: Progress::new(now),
                // As if it had last moved long ago.
                refusals: Progress::new(Mono::from_ns(0)),
                endpoints,
                window: Window {
                    began: now,
                    sessions: 0,
                    refused: 0,
                    taken: 0,
                    attempts_queue: false,
                    publishes_queue: false,
                },
                judged: now,
                reported: [None; 2],
            }),
            acks: Mutex::new(Vec::new()),
            on_saturated,
        }
    }

    /// A device will ask for a connection at `due`.
    pub(crate) fn expect(&self, due: DrillTime) {
        let mut state = self.state.lock();
        state.demand.expect(due);
        self.lower(&mut state, wall::mono());
    }

    /// The attempt that was due at `due` has been asked for, or never will be.
    pub(crate) fn forget(&self, due: DrillTime) {
        self.state.lock().demand.forget(due);
    }

    /// A device asks for a connection to `endpoint` at `now`, and `gathers` with others at a port that refused.
    pub(crate) fn request(&self, endpoint: usize, now: DrillTime, gathers: bool) -> ConnectRequest {
        let wall = wall::mono();
        let mut state = self.state.lock();
        if self.meters.endpoints[endpoint].under_way.fetch_add(1, Relaxed) == 0 {
            state.endpoints[endpoint].answers.awaited(now, wall);
        }
        ConnectRequest {
            at: now,
            wall,
            gathers,
        }
    }

    /// An attempt is over at `now`, that had `dialled` or not: the broker or its host `answered`, or the device lost
    /// timeouts.
    pub(crate) fn ended(&self, endpoint: usize, now: DrillTime, dialled: bool, answered: bool) {
        let mut state = self.state.lock();
        let meters = &self.meters.endpoints[endpoint];
        Meters::sub(&meters.under_way, 1);
        Meters::sub(&meters.dialling, u64::from(dialled));
        Meters::add(&meters.answered, u64::from(answered));
        state.endpoints[endpoint]
            .answers
            .ended(now, wall::mono(), answered);
    }

    /// Whether a device with this `request` to `endpoint` waits for an unresponsive broker, rather than for this
    /// machine.
    pub(crate) fn hangs(&self, endpoint: usize, request: ConnectRequest, now: DrillTime) -> bool {
        let state = self.state.lock();
        let answers = &state.endpoints[endpoint].answers;
        !answers.is_fair(request.at, now, wall::mono())
    }

    /// The turn of a device came at `now`, with this `request` to `endpoint`: it `dials` next, or has been refused.
    pub(crate) fn waited(&self, endpoint: usize, request: ConnectRequest, now: DrillTime, dials: bool) {
        let wall = wall::mono();
        let mut state = self.state.lock();
        if dials && self.meters.endpoints[endpoint].dialling.fetch_add(1, Relaxed) == 0 {
            // The first after refusals may get a session, and needs the time for it.
            self.lower(&mut state, wall);
        }
        // A turn that hanging attempts took is the broker's doing, and no limit of ours.
        if !state.endpoints[endpoint].answers.is_fair(request.at, now, wall) {
            return;
        }
        let waited = request.waited(now, wall, self.clock.rate());
        if dials {
            state.demand.turn.observe(waited)
        } else {
            state.demand.stalls.observe(waited)
        }
        state.endpoints[endpoint].turns[usize::from(!dials)].count(now - request.at, self.turn_limit);
    }

    /// A session stands that an attempt begun at `began` was for.
    pub(crate) fn connected(&self, began: Mono) {
        let now = wall::mono();
        let mut state = self.state.lock();
        state.demand.handshake.observe(now.since(began).as_secs_f64());
        if state.refusals.moves(now) {
            // The first after refusals: outboxes follow.
            self.lower(&mut state, now);
        }
    }

    /// A publish that was sent to `endpoint` at `sent` is acknowledged now.
    pub(crate) fn acknowledged(&self, endpoint: usize, sent: Mono) {
        let mut acks = self.acks.lock();
        if acks.len() < ACK_SAMPLES_MOST {
            let after = wall::mono().since(sent);
            acks.push(Ack {
                endpoint,
                sent,
                after,
            });
        }
    }

    /// Updates at a fixed interval.
    pub(crate) async fn run(&self) {
        loop {
            let due = wall::mono().after(UPDATE_INTERVAL);
            wall::sleep(UPDATE_INTERVAL).await;
            let now = wall::mono();
            self.state
                .lock()
                .demand
                .stalls
                .observe(now.since(due).as_secs_f64());
            self.update(now);
        }
    }

    fn update(&self, now: Mono) {
        let mut state = self.state.lock();
        state.demand.turn.fade();
        state.demand.stalls.fade();
        self.judge(&mut state, now);
        self.measure(&mut state, now);
        let wanted = self.wanted(&mut state, now);
        if wanted < state.step {
            self.set(&mut state, wanted, now);
        } else if wanted > state.step + 1 {
            let raised = (state.step + STEPS).min(wanted);
            self.set(&mut state, raised, now);
        }
    }

    /// Lowers the limit at once if the current demand requires it.
    fn lower(&self, state: &mut State, now: Mono) {
        let wanted = self.wanted(state, now);
        if wanted < state.step {
            self.set(state, wanted, now);
        }
    }

    /// The limit that the current demand requires.
    fn wanted(&self, state: &mut State, now: Mono) -> i32 {
        let load = self.load(state, now);
        step(state.demand.rate(self.clock.now(), &load))
    }

    /// What is under way, and whether it moves.
    fn load(&self, state: &mut State, now: Mono) -> Load {
        let sessions = self.meters.sessions.load(Relaxed);
        state.sessions.observe(sessions, true, now);
        let refused = self.meters.refused.load(Relaxed);
        state.refusals.observe(refused, true, now);
        let attempts_succeed = state.sessions.moves(now);
        let mut load = Load {
            attempts_succeed,
            connected: self.meters.sum(|endpoint| &endpoint.connected) as f64 / self.devices.max(1) as f64,
            backlog: self.meters.backlog(self.devices),
            ..Load::default()
        };
        let mut dialling = 0;
        for (endpoint, meters) in state.endpoints.iter_mut().zip(&self.meters.endpoints) {
            let attempts = meters.under_way.load(Relaxed);
            endpoint
                .attempts
                .observe(meters.answered.load(Relaxed), attempts > 0, now);
            if endpoint.attempts.moves(now) {
                load.attempts += attempts;
                dialling += meters.dialling.load(Relaxed);
            }
            let publishes = meters.on_wire.load(Relaxed);
            endpoint
                .publishes
                .observe(meters.taken.load(Relaxed), publishes > 0, now);
            if endpoint.publishes.moves(now) {
                load.publishes += publishes;
            }
        }
        load.attempts_refused = !attempts_succeed && dialling == 0 && state.refusals.moves(now);
        load
    }

    fn set(&self, state: &mut State, step: i32, now: Mono) {
        state.step = step;
        let load = self.load(state, now);
        // The step lies below the rate that it stands for, by less than another one; and another one it may lag behind.
        let reason = state.demand.limit(rate(step + 2), &load);
        self.limit.set_for(rate(step), reason);
    }

    /// Compares what was done in a window with what there was to do.
    fn measure(&self, state: &mut State, now: Mono) {
        let elapsed = now.since(state.window.began);
        if elapsed < WINDOW {
            return;
        }
        let load = self.load(state, now);
        let before = state.window;
        let after = Window {
            began: now,
            sessions: self.meters.sessions.load(Relaxed),
            refused: self.meters.refused.load(Relaxed),
            taken: self.meters.sum(|endpoint| &endpoint.taken),
            attempts_queue: state.demand.attempts_queue(&load),
            publishes_queue: state.demand.publishes_queue(&load),
        };
        let elapsed = elapsed.as_secs_f64();
        let queue = before.attempts_queue && after.attempts_queue;
        let sessions = after.sessions - before.sessions;
        let refused = after.refused - before.refused;
        if sessions > 0 {
            state.demand.attempts.observe(sessions + refused, elapsed, queue)
        } else {
            state.demand.refusals.observe(refused, elapsed, queue)
        }
        state.demand.publishes.observe(
            after.taken - before.taken,
            elapsed,
            before.publishes_queue && after.publishes_queue,
        );
        state.window = after;
    }

    /// Reports what this machine did too late in the window that is over.
    fn judge(&self, state: &mut State, now: Mono) {
        if now.since(state.judged) < JUDGING_WINDOW {
            return;
        }
        state.judged = now;
        // A hang is noticed before what came after it is judged.
        self.load(state, now);
        self.judge_turns(state);
        self.judge_acks(state);
    }

    /// Judges what is left of the last window, once nothing comes any more.
    pub(crate) fn judge_the_rest(&self) {
        self.judge_turns(&mut self.state.lock());
    }

    fn judge_turns(&self, state: &mut State) {
        let windows = state.endpoints.iter_mut();
        let windows: Vec<Turns> = windows
            .flat_map(|endpoint| std::mem::take(&mut endpoint.turns))
            .collect();
        for Turns { all, late, longest } in windows {
            if late * TURNS_PER_LATE_ONE > all || longest > self.turn_limit_of_one {
                let detail =
                    format!("{late} of {all} devices waited up to {longest} for their turn to connect");
                self.report_saturation(state, SaturationCause::Turns, detail);
            }
        }
    }

    fn judge_acks(&self, state: &mut State) {
        // What was on its way while a broker hung came late by the broker's doing, not by ours.
        let mut acks: Vec<Duration> = std::mem::take(&mut *self.acks.lock())
            .into_iter()
            .filter(|ack| state.endpoints[ack.endpoint].publishes.is_fair(ack.sent))
            .map(|ack| ack.after)
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
            self.report_saturation(state, SaturationCause::Acks, detail);
        }
    }

    fn report_saturation(&self, state: &mut State, cause: SaturationCause, detail: String) {
        let now = self.clock.now();
        let last = &mut state.reported[cause as usize];
        if last.is_none_or(|last| now - last >= QUIET) {
            *last = Some(now);
            (self.on_saturated)(Saturated { detail });
        }
    }
}

/// The step at or below `rate`.
fn step(rate: f64) -> i32 {
    (rate.log2() * f64::from(STEPS)).floor() as i32
}

/// The rate of a step.
fn rate(step: i32) -> f64 {
    2f64.powf(f64::from(step) / f64::from(STEPS))
}

#[cfg(test)]
#[path = "governor_tests.rs"]
mod tests;
