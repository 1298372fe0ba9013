//! The clock: how it is made, started and stopped, and what it shows.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use drill::units::{DrillTime, Span};

use super::inner::{Inner, Source};
use super::lateness::Accounts;
use super::page::{Page, View};
use super::reason::RateChange;
use super::state::{ClockState, Phase};
use super::timeline::{Rate, Segment};
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

    pub(super) fn unattended(state: ClockState, source: Source) -> io::Result<Clock> {
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

    pub(super) fn inner(&self) -> &Arc<Inner> {
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

    /// Stops drill time: no timer that is not yet due will ever fire. All changes of rate
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

    /// Coalesced timers may be late by `slack` of drill time from now on; before that they are as precise as others.
    pub fn coalesce(&self, slack: Span) {
        self.inner().local.lock().slack = slack;
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

    /// What keeps the rate from being higher, as text.
    ///
    /// # Panics
    /// In a process that follows another's clock.
    pub fn limit(&self) -> String {
        self.inner().read(|state, _| state.limit().to_string())
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
