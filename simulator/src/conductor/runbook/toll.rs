//! What a step's calls take at AWS, paid call by call while they are made (`timing: aws`).
//!
//! ```text
//!   call ──► waits as long as at AWS ──► served: what it changes is seen now ──► its answer travels ──► client
//!                     │
//!   the step holds the clock while anything happens; while all its calls wait, it lets go
//! ```
//!
//! So a restored object is not seen before it could have been restored. Whether anything happens is seen from outside: a
//! client that has made no call, and been given no answer, for [`QUIET`] of wall time waits for its calls, unless its
//! processes compute: on a busy machine a call comes later, and must not come after the others for that. When the clock
//! was let go, a wait may end late by what passes until this machine has woken; the waits after it are shorter by that, so
//! that together they take what they should, and what is left of it in the end is not counted as paid.

use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use cloud_emulator::gateway::CallSeen;
use drill::units::{DrillTime, Span};
use parking_lot::Mutex;
use runtime::clock::{Clock, Hold, WorkMeter};
use runtime::sandbox::Activity;
use runtime::wall;

use drill::costs::{self, Made, Scale};

/// For how long nothing must have happened, in wall time, for a client to be waiting: our own answers at once, a
/// script's interpreter takes its time.
const QUIET: Duration = Duration::from_millis(3);
const QUIET_SCRIPT: Duration = Duration::from_millis(15);

/// Where we wake later than this, in wall time, the machine is busy, and the client may have been kept waiting as well.
const LATE: Duration = Duration::from_millis(2);

/// For how long, in wall time, a client that computes is waited for: what takes longer leads to no call.
const COMPUTES: Duration = Duration::from_secs(5);

/// What a bucket of this name stands for.
pub(crate) type Scales = Box<dyn Fn(&str) -> Option<Scale> + Send + Sync>;

/// The hold of a step on the clock, which its calls may let go for as long as they all wait.
pub(crate) struct StepHold {
    work: WorkMeter,
    label: String,
    state: Mutex<Holding>,
}

#[derive(Default)]
struct Holding {
    /// The step is at work, and holds the clock unless its calls wait.
    at_work: bool,
    hold: Option<Hold>,
}

impl StepHold {
    pub(crate) fn new(work: WorkMeter, label: &str) -> Arc<StepHold> {
        Arc::new(StepHold {
            work,
            label: label.to_owned(),
            state: Mutex::default(),
        })
    }

    /// Holds the clock until the value is dropped.
    pub(super) fn begin(self: &Arc<StepHold>) -> Working {
        let mut state = self.state.lock();
        state.at_work = true;
        state.hold = Some(self.work.hold(&self.label));
        drop(state);
        Working(self.clone())
    }

    /// Holds the clock again, if the step is at work.
    fn acquire(&self) {
        let mut state = self.state.lock();
        if state.at_work && state.hold.is_none() {
            state.hold = Some(self.work.hold(&self.label));
        }
    }

    /// Lets the clock go.
    fn release(&self) {
        let hold = self.state.lock().hold.take();
        drop(hold);
    }
}

/// A step at work.
pub(super) struct Working(Arc<StepHold>);

impl Drop for Working {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.at_work = false;
        let hold = state.hold.take();
        drop(state);
        drop(hold);
    }
}

/// Takes what a step's calls take at AWS.
pub(crate) struct Toll {
    clock: Clock,
    hold: Arc<StepHold>,
    scales: Scales,
    quiet: Duration,
    /// The processes of the client, where it has some.
    client: Mutex<Option<Activity>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Calls that wait.
    waiting: usize,
    /// Whatever happened so far.
    moved: u64,
    /// By how much waits ended late that no later wait was shorter for yet.
    late: Lateness,
    /// Since when all calls wait.
    since: Option<DrillTime>,
    paid: Paid,
}

/// By how much waits ended late. Calls that a client makes at once wait beside each other, so that each lateness is one of
/// its own, and not the sum of all.
#[derive(Debug, Default)]
struct Lateness(BinaryHeap<Span>);

impl Lateness {
    fn add(&mut self, late: Span) {
        if late > Span::ZERO {
            self.0.push(late);
        }
    }

    /// What is left of a wait that makes up for the longest of them.
    fn shorten(&mut self, span: Span) -> Span {
        let late = self.0.pop().unwrap_or_default();
        let made_up = late.min(span);
        self.add(late - made_up);
        span - made_up
    }

    /// The longest.
    fn most(&self) -> Span {
        self.0.peek().copied().unwrap_or_default()
    }
}

/// What was paid so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Paid {
    /// The time that passed while all calls waited.
    pub(crate) span: Span,
    /// Calls at AWS that those here stand for, and the bytes of their bodies.
    pub(crate) calls: u64,
    pub(crate) bytes: u64,
    /// Some stood for several.
    pub(crate) scaled: bool,
}

impl Paid {
    /// `charged 6m 42s for what …`; nothing of nothing.
    pub(crate) fn describe(self) -> String {
        match self.calls {
            0 => String::new(),
            _ => costs::describe(self.span, self.calls, self.bytes, self.scaled),
        }
    }
}

impl Toll {
    pub(crate) fn new(clock: &Clock, hold: &Arc<StepHold>, scripted: bool, scales: Scales) -> Arc<Toll> {
        Arc::new(Toll {
            clock: clock.clone(),
            hold: hold.clone(),
            scales,
            quiet: if scripted { QUIET_SCRIPT } else { QUIET },
            client: Mutex::default(),
            state: Mutex::default(),
        })
    }

    /// The calls are those of these processes; none any more once they have ended.
    pub(super) fn set_client(&self, client: Option<Activity>) {
        *self.client.lock() = client;
    }

    /// What was paid so far.
    pub(crate) fn paid(&self) -> Paid {
        let state = self.state.lock();
        let open = state.since.map_or(Span::ZERO, |since| self.clock.now() - since);
        Paid {
            span: (state.paid.span + open - state.late.most()).at_least_zero(),
            ..state.paid
        }
    }

    /// A call came: it takes effect once it has waited.
    pub(crate) async fn admit(self: &Arc<Toll>, call: CallSeen<'_>) {
        let (charge, scaled) = self.charge(&call, 0);
        {
            let mut state = self.state.lock();
            state.paid.calls = state.paid.calls.saturating_add(charge.calls);
            state.paid.scaled |= scaled;
        }
        self.wait(charge.before).await;
    }

    /// A call was served: its answer has to travel.
    pub(crate) async fn answered(self: &Arc<Toll>, call: CallSeen<'_>, bytes: u64) {
        let (charge, _) = self.charge(&call, bytes);
        {
            let mut state = self.state.lock();
            state.paid.bytes = state.paid.bytes.saturating_add(charge.bytes);
        }
        self.wait(charge.after).await;
    }

    fn charge(&self, call: &CallSeen<'_>, received: u64) -> (costs::Charge, bool) {
        let scale = match &*call.seen.service {
            "s3" => call.seen.resource.as_deref().and_then(&self.scales),
            _ => None,
        };
        let made = Made {
            operation: call.seen.operation.as_deref().unwrap_or_default(),
            objects: call.objects,
            sent: call.bytes,
            received,
        };
        (costs::charge(made, scale), scale.is_some())
    }

    /// Waits for as long, in drill time, as is not paid already.
    async fn wait(self: &Arc<Toll>, span: Span) {
        let left = {
            let mut state = self.state.lock();
            state.moved += 1;
            state.late.shorten(span)
        };
        if left <= Span::ZERO {
            self.watch();
            return;
        }
        let due = self.clock.now() + left;
        let waiting = Waiting::begin(self);
        self.watch();
        self.clock.sleep_until(due).await;
        let late = self.clock.now() - due;
        drop(waiting);
        self.state.lock().late.add(late);
    }

    /// Lets the clock go if nothing happens for a while.
    fn watch(self: &Arc<Toll>) {
        let moved = self.state.lock().moved;
        let toll = self.clone();
        tokio::spawn(async move {
            let began = wall::mono();
            loop {
                let slept = wall::mono();
                wall::sleep(toll.quiet).await;
                let now = wall::mono();
                let moved_on = toll.state.lock().moved != moved;
                let busy = now.since(slept) > toll.quiet + LATE || toll.client_computes();
                if moved_on || !busy || now.since(began) > COMPUTES {
                    break;
                }
            }
            let mut state = toll.state.lock();
            if state.moved == moved && state.waiting > 0 {
                let now = toll.clock.now();
                state.since.get_or_insert(now);
                toll.hold.release();
            }
        });
    }

    fn client_computes(&self) -> bool {
        let client = *self.client.lock();
        client.is_some_and(Activity::is_computing)
    }
}

/// A call that waits; also one whose client has gone away meanwhile.
struct Waiting(Arc<Toll>);

impl Waiting {
    fn begin(toll: &Arc<Toll>) -> Waiting {
        toll.state.lock().waiting += 1;
        Waiting(toll.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let toll = &self.0;
        let mut state = toll.state.lock();
        // Under the lock: a task that found no activity must not release the hold that is acquired here.
        toll.hold.acquire();
        state.waiting -= 1;
        state.moved += 1;
        if let Some(since) = state.since.take() {
            state.paid.span += toll.clock.now() - since;
        }
        drop(state);
        toll.watch();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_waits_make_up_for_lateness_and_what_is_left_is_not_paid() {
        let mut late = Lateness::default();
        for us in [30, 0, -5, 20] {
            late.add(Span::from_us(us));
        }
        assert_eq!(late.most(), Span::from_us(30));
        assert_eq!(late.shorten(Span::from_us(100)), Span::from_us(70));
        assert_eq!(late.shorten(Span::from_us(15)), Span::ZERO);
        assert_eq!(late.most(), Span::from_us(5));
        assert_eq!(late.shorten(Span::from_us(8)), Span::from_us(3));
        assert_eq!(late.shorten(Span::from_us(8)), Span::from_us(8));
    }
}
