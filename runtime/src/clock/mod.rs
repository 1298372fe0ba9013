//! The drill clock: drill time, what holds or bounds its rate, and timers in it.
//!
//! RTOs are hours and a drill takes minutes. Drill time is therefore a piecewise-linear function of wall
//! time, whose rate is at most `speed`, and 1 while a guard says that real work is being done here:
//!
//! ```text
//!   state    what decides the rate (pure)         guards   Hold, WorkMeter, Ceiling
//!   timeline drill time from wall time (pure)     timer    Sleep, Interval, timeout
//!   queue    timers by due time (pure)            page     what children read
//!   accuracy how fast is exact enough (pure)      inner    the lock and the page around the pure parts
//!   backoff  what a late timer does (pure)        driver   the one timer thread
//!   meter    how long guards were held (pure)     hand     a clock for tests
//!   limit    what limited the rate (pure)         lateness how late timers were
//! ```
//!
//! Every change of the rate reaches the listener ([`Clock::on_rate_change`]), in order and with the drill
//! time and wall time at which it happened. Guards taken while another is held change nothing and are
//! not reported. The changes of each quarter of a second are handed over together, so that a restore of
//! 20,000 objects with a guard each writes four lines a second and still loses none.

mod accuracy;
mod backoff;
mod driver;
mod guards;
mod hand;
mod inner;
mod lateness;
mod limit;
mod meter;
mod page;
mod queue;
mod reason;
mod state;
#[cfg(test)]
mod tests;
mod timeline;
mod timer;

use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use drill::units::{DrillTime, Span};

pub use self::guards::{Ceiling, Hold, WorkMeter};
pub use self::hand::Hand;
use self::inner::{Inner, Source};
pub use self::lateness::Accounts;
pub use self::meter::Held;
use self::page::{Page, View};
pub use self::reason::{RateChange, Reason};
use self::state::ClockState;
pub use self::state::Phase;
use self::timeline::{Rate, Segment};
pub use self::timer::{Elapsed, Fired, Interval, Sleep};
use crate::wall::{self, Mono};

/// Drill time, its rate and its timers. Cheap to clone; all clones are the same clock.
#[derive(Clone)]
pub struct Clock {
    handle: Arc<Handle>,
}

/// Ends the timer thread when the last clone goes.
struct Handle {
    inner: Arc<Inner>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.inner.close();
    }
}

impl Clock {
    /// A frozen clock that will run at most `speed` drill seconds per wall second (0.001 to 1,000,000).
    ///
    /// # Errors
    /// If the system gives neither a page of memory nor a thread.
    pub fn new(speed: f64) -> io::Result<Clock> {
        Clock::attended(ClockState::new(Rate::from_f64(speed), Mono::default()))
    }

    /// A frozen clock that runs as fast as no event is dated wrong by more than `tolerance` of drill time, and no
    /// faster than `speed`: its rate follows how late timers are on this machine.
    ///
    /// # Errors
    /// If the system gives neither a page of memory nor a thread.
    pub fn within(speed: f64, tolerance: Span) -> io::Result<Clock> {
        Clock::attended(ClockState::new(Rate::from_f64(speed), Mono::default()).within(tolerance))
    }

    fn attended(state: ClockState) -> io::Result<Clock> {
        let clock = Clock::unattended(state.granted(), Source::Machine)?;
        clock.spawn_timer_thread()?;
        Ok(clock)
    }

    /// A clock for tests, at rate `speed`, whose wall time moves by hand only.
    ///
    /// # Errors
    /// If the system gives no page of memory.
    pub fn by_hand(speed: f64) -> io::Result<(Clock, Hand)> {
        // What moves it by hand is itself what would renew the rate, so nothing is granted for moments only.
        let state = ClockState::new(Rate::from_f64(speed), Mono::default());
        let clock = Clock::unattended(state, Source::Hand(AtomicU64::new(1_000_000_000)))?;
        let hand = Hand { clock: clock.clone() };
        Ok((clock, hand))
    }

    fn unattended(state: ClockState, source: Source) -> io::Result<Clock> {
        let page = Page::create(View {
            phase: Phase::Frozen,
            segment: Segment::frozen(Mono::default()),
            calendar_us: 0,
        })?;
        Ok(Clock::around(Inner::new(page, source, Some(state))))
    }

    fn around(inner: Inner) -> Clock {
        Clock {
            handle: Arc::new(Handle {
                inner: Arc::new(inner),
            }),
        }
    }

    fn spawn_timer_thread(&self) -> io::Result<()> {
        let inner = Arc::clone(self.inner());
        std::thread::Builder::new()
            .name("drill-timers".to_owned())
            .spawn(move || inner.run())?;
        Ok(())
    }

    /// The clock of another process, whose page was inherited as a descriptor; `path` is
    /// `/proc/self/fd/<number>`. It shows the same time and has timers of its own, and decides nothing.
    ///
    /// # Errors
    /// If `path` is not the page of a drill clock, or the system gives no threads.
    pub fn attach(path: &Path) -> io::Result<Clock> {
        let page = Page::attach(File::open(path)?)?;
        let clock = Clock::around(Inner::new(page, Source::Machine, None));
        clock.spawn_timer_thread()?;
        let (page, inner) = (Arc::clone(&clock.inner().page), Arc::downgrade(clock.inner()));
        std::thread::Builder::new()
            .name("drill-rate".to_owned())
            .spawn(move || Inner::watch(&page, &inner))?;
        Ok(clock)
    }

    fn inner(&self) -> &Arc<Inner> {
        &self.handle.inner
    }

    /// The page that children attach to.
    pub fn page_fd(&self) -> BorrowedFd<'_> {
        self.inner().page.fd()
    }

    /// A descriptor of its own of the page that children attach to.
    ///
    /// # Errors
    /// If this process has too many open files.
    pub fn duplicate_page_fd(&self) -> io::Result<OwnedFd> {
        self.inner().page.duplicate_fd()
    }

    /// Drill 0 is now. Does nothing if the clock was started before.
    pub fn start(&self) {
        let calendar_us = wall::now_us();
        self.inner().change(|state, now| state.start(now, calendar_us));
    }

    /// Drill time stands from now on: no timer that is not yet due will ever fire. All changes of rate
    /// have reached the listener when this returns.
    pub fn stop(&self) {
        self.inner().change(ClockState::stop);
        self.flush();
    }

    /// Whether the drill runs.
    pub fn phase(&self) -> Phase {
        self.inner().view().0.phase
    }

    /// Drill time now; 0 before the start. It never goes back.
    pub fn now(&self) -> DrillTime {
        let (view, now) = self.inner().view();
        view.segment.drill_at(now)
    }

    /// Drill seconds per wall second now; 0 before the start and after the end.
    pub fn rate(&self) -> f64 {
        let (view, now) = self.inner().view();
        view.segment.rate_at(now).as_f64()
    }

    /// Now on the drill's calendar, in microseconds since the Unix epoch: drill 0 is the wall time of the
    /// start. Before the start it is wall time.
    pub fn calendar_us(&self) -> i64 {
        self.calendar_us_at(self.now())
    }

    /// An instant on the drill's calendar, in microseconds since the Unix epoch.
    pub fn calendar_us_at(&self, instant: DrillTime) -> i64 {
        let (view, _) = self.inner().view();
        let zero = match view.phase {
            Phase::Frozen => wall::now_us(),
            _ => view.calendar_us,
        };
        zero.saturating_add(instant.as_us())
    }

    /// Holds the rate at 1 while work makes progress here. Never hold one while waiting.
    ///
    /// # Panics
    /// Like everything that decides the rate, in a process that follows another's clock.
    pub fn hold(&self, label: &str) -> Hold {
        Hold::take(self, label, None, None)
    }

    /// Like [`Clock::hold`], given up after `limit` of wall time (250 ms for probes).
    pub fn hold_at_most(&self, label: &str, limit: Duration) -> Hold {
        Hold::take(self, label, None, Some(limit))
    }

    /// A meter for one piece of work, whose guards are measured together.
    pub fn meter(&self) -> WorkMeter {
        WorkMeter::new(self)
    }

    /// Keeps the rate at `rate` or below while the ceiling is there.
    pub fn ceiling(&self, rate: f64, reason: &str) -> Ceiling {
        Ceiling::put(self, rate, reason)
    }

    /// Waits until `due`; ready at once if that has passed. Before the start nothing fires.
    pub fn sleep_until(&self, due: DrillTime) -> Sleep {
        Sleep::new(self, due)
    }

    /// Coalesced timers may be late by `slack` of drill time from now on; before that they are as precise as others.
    pub fn coalesce(&self, slack: Span) {
        self.inner().local.lock().slack = slack;
    }

    /// Like [`Clock::sleep_until`], for one of thousands of timers that need not be precise: it fires together with
    /// others that are due at nearly the same time, later by the slack of [`Clock::coalesce`] and by 5 ms of wall time
    /// at the most.
    pub fn coalesced_sleep_until(&self, due: DrillTime) -> Sleep {
        Sleep::new(self, due).coalesced()
    }

    /// Waits for `span` of drill time from now on.
    pub fn sleep(&self, span: Span) -> Sleep {
        Sleep::new(self, self.now() + span)
    }

    /// Ticks at `start` and each `period` thereafter.
    pub fn interval(&self, start: DrillTime, period: Span) -> Interval {
        Interval::new(self, start, period)
    }

    /// The future's result, or [`Elapsed`] if it takes longer than `span` of drill time from now on.
    pub fn timeout<F: Future>(
        &self,
        span: Span,
        future: F,
    ) -> impl Future<Output = Result<F::Output, Elapsed<F::Output>>> + use<F> {
        timer::timeout(self.sleep(span), future)
    }

    /// Hands every change of rate, those made already included, to `listener`, in order, from the
    /// clock's own thread or from [`Clock::stop`]. The listener may read the clock, and may block.
    pub fn on_rate_change(&self, listener: impl FnMut(Vec<RateChange>) + Send + 'static) {
        self.inner().listen(Box::new(listener));
    }

    /// Hands over the changes of rate that have not yet been handed over.
    pub fn flush(&self) {
        self.inner().flush();
    }

    /// What the clock did so far. In a process that follows, without rates.
    pub fn accounts(&self) -> Accounts {
        self.inner().accounts()
    }

    /// What keeps the rate from being higher, in words.
    ///
    /// # Panics
    /// In a process that follows another's clock.
    pub fn limit(&self) -> String {
        self.inner().look(|state, _| state.limit().to_string())
    }

    /// How many timers are armed.
    pub fn armed_timers(&self) -> usize {
        self.inner().armed()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock")
            .field("now", &self.now())
            .field("rate", &self.rate())
            .finish()
    }
}
