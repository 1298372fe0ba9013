//! All execution environments: which are idle, which run, how many there may be.
//!
//! An idle environment of the same version is taken first; else a new one is started, as long as this
//! machine may run another; else the longest idle one of another version makes room; else one waits, and
//! the drill is told that it was this machine that was too small.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use drill::draw::Draws;
use drill::units::{DrillTime, Span};
use parking_lot::Mutex;
use runtime::wall;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::environment::{Environment, Kill, Run};
use super::job::Job;
use super::outcome::InvocationOutcome;
use super::slot::Event;
use crate::function::Version;
use crate::options::{LambdaEvent, LambdaEventKind, LambdaOptions};

/// Idle environments are ended after 5 to 7 minutes of drill time. AWS names no number; this is what is
/// commonly observed.
const IDLE: (Span, Span) = (Span::from_mins(5), Span::from_mins(7));

/// The memory of environments is looked at this often, in wall time.
const WATCH: Duration = Duration::from_millis(100);

/// For how long the start of an environment holds the clock, in wall time: as long as AWS lets one take (Lambda developer
/// guide, "Understanding the Lambda execution environment lifecycle": 10 seconds), since a busy machine may need seconds
/// for what is work. What takes longer rather waits, and later starts of the same version hold nothing.
const START_HELD: Duration = Duration::from_secs(10);

/// How often an event is offered to another environment since one had ended before it took it.
const OFFERS: usize = 4;

/// What came of a job, and what its `REPORT` line says.
pub(crate) struct Done {
    pub(crate) outcome: InvocationOutcome,
    /// For how long it held the clock, in wall time: the start of its environment.
    pub(crate) held: Duration,
    /// The last 4 KB of the log, where they were asked for.
    pub(crate) tail: Option<Vec<u8>>,
}

/// What a job was given to run in.
struct Acquired {
    environment: Result<Arc<Environment>, InvocationOutcome>,
    /// How long a start took, if one was needed.
    init: Option<Duration>,
    /// For how long of it the clock was held.
    held: Duration,
}

impl Acquired {
    fn at_once(environment: Result<Arc<Environment>, InvocationOutcome>) -> Acquired {
        Acquired {
            environment,
            init: None,
            held: Duration::ZERO,
        }
    }
}

struct Idle {
    environment: Arc<Environment>,
    expires: DrillTime,
}

#[derive(Default)]
struct State {
    idle: Vec<Idle>,
    all: HashMap<u64, Arc<Environment>>,
    /// How often all environments of a region were killed: one whose start began before is killed, too.
    kills: HashMap<Arc<str>, u64>,
}

pub(crate) struct Pool {
    options: LambdaOptions,
    state: Mutex<State>,
    permits: Arc<Semaphore>,
    /// Something became idle or ended.
    freed: Notify,
    /// Something became idle: the sweeper has a new date.
    idled: Notify,
    next_id: AtomicU64,
    idle_draws: Draws,
    me: Weak<Pool>,
}

impl Pool {
    pub(crate) fn new(options: LambdaOptions) -> Arc<Pool> {
        Arc::new_cyclic(|me| Pool {
            permits: Arc::new(Semaphore::new(options.processes.min(Semaphore::MAX_PERMITS))),
            idle_draws: Draws::new(options.seed, "lambda/idle"),
            state: Mutex::default(),
            freed: Notify::new(),
            idled: Notify::new(),
            next_id: AtomicU64::new(0),
            me: me.clone(),
            options,
        })
    }

    /// Runs an event in an environment; `arn` and the rest of `event` are as the runtime sees them.
    pub(crate) async fn run(&self, job: &Job, event: Event, tail: bool) -> Done {
        let limit = Duration::from_secs(job.version.config.timeout.into());
        let mut held = Duration::ZERO;
        for _ in 0..OFFERS {
            let acquired = self.acquire(job, &event.request).await;
            let init = acquired.init;
            held += acquired.held;
            let environment = match acquired.environment {
                Ok(environment) => environment,
                Err(outcome) => {
                    return Done {
                        outcome,
                        held,
                        tail: tail.then(Vec::new),
                    };
                }
            };
            let log = &environment.log;
            if tail {
                self.settle().await;
            }
            if init.is_none() {
                log.begin();
            }
            log.line(&format!(
                "START RequestId: {} Version: {}",
                event.request, job.version.number
            ));
            let begun = wall::mono();
            let deadline = wall::now_us() / 1000 + i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
            let event = Event {
                deadline_ms: deadline,
                ..event.clone()
            };
            let request = event.request.clone();
            let Run::Ended(outcome) = environment.run(event, limit).await else {
                continue;
            };
            if environment.killed() == Some(Kill::Timeout) {
                self.report_kill(job, Kill::Timeout);
            }
            let took = wall::mono().since(begun);
            let tail = if tail {
                Some(self.report(&environment, &request, &outcome, took, init).await)
            } else {
                None
            };
            self.release(environment);
            return Done { outcome, held, tail };
        }
        let outcome = InvocationOutcome::error(
            &event.request,
            "Runtime.ExitError",
            "Runtime exited without providing a reason",
        );
        Done {
            outcome,
            held,
            tail: tail.then(Vec::new),
        }
    }

    /// Waits until what processes have written so far is in their logs.
    async fn settle(&self) {
        let supervisor = self.options.supervisor.clone();
        // A supervisor that was shut down has nothing more to pass on.
        let _ = tokio::task::spawn_blocking(move || supervisor.settle()).await;
    }

    /// Completes the log with what Lambda says at the end.
    async fn report(
        &self,
        environment: &Environment,
        request: &str,
        outcome: &InvocationOutcome,
        took: Duration,
        init: Option<Duration>,
    ) -> Vec<u8> {
        self.settle().await;
        let ms = took.as_secs_f64() * 1e3;
        let memory = environment.job.version.config.memory;
        let used = environment.memory().peak.div_ceil(1 << 20);
        let mut line = format!(
            "REPORT RequestId: {request}\tDuration: {ms:.2} ms\tBilled Duration: {} ms\tMemory Size: {memory} MB\t\
             Max Memory Used: {used} MB",
            ms.ceil()
        );
        if let Some(init) = init {
            line += &format!("\tInit Duration: {:.2} ms", init.as_secs_f64() * 1e3);
        }
        if let InvocationOutcome::FunctionError { kind, .. } = outcome {
            match kind.as_str() {
                "Sandbox.Timedout" => line += "\tStatus: timeout",
                "Runtime.ExitError" => line += "\tStatus: error\tError Type: Runtime.ExitError",
                _ => {}
            }
        }
        environment.log.line(&format!("END RequestId: {request}"));
        environment.log.line(&line);
        environment.log.tail()
    }

    /// An environment for a job.
    async fn acquire(&self, job: &Job, request: &str) -> Acquired {
        let begun = wall::mono();
        let mut waited = false;
        let permit = loop {
            let mut freed = pin!(self.freed.notified());
            freed.as_mut().enable();
            if self.permits.is_closed() {
                return Acquired::at_once(Err(InvocationOutcome::System("Lambda is shutting down")));
            }
            if let Some(environment) = self.take_idle(job.version.id) {
                self.tell_wait(job, waited, begun);
                return Acquired::at_once(Ok(environment));
            }
            if let Ok(permit) = self.permits.clone().try_acquire_owned() {
                break permit;
            }
            // Making room is not waiting, but it takes until the other process is gone.
            waited |= !self.evict();
            freed.await;
        };
        self.tell_wait(job, waited, begun);
        let starting = wall::mono();
        // What this machine needs for it says nothing of AWS, so drill time goes no faster than wall time meanwhile.
        let holds = !job.version.starts_slowly.load(Ordering::Relaxed);
        let label = format!("function {} starting", job.function);
        let hold = holds.then(|| self.options.clock.hold_at_most(&label, START_HELD));
        let environment = self.start(job, permit, request).await;
        drop(hold);
        let init = wall::mono().since(starting);
        if init > START_HELD {
            job.version.starts_slowly.store(true, Ordering::Relaxed);
        }
        Acquired {
            environment,
            init: Some(init),
            held: if holds {
                init.min(START_HELD)
            } else {
                Duration::ZERO
            },
        }
    }

    async fn start(
        &self,
        job: &Job,
        permit: OwnedSemaphorePermit,
        request: &str,
    ) -> Result<Arc<Environment>, InvocationOutcome> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let kills = |state: &State| state.kills.get(&job.region).copied();
        let before = kills(&self.state.lock());
        let started = Environment::start(id, &self.options, job, permit, request).await;
        let environment = Arc::new(started.inspect_err(|_| self.freed.notify_one())?);
        let killed = {
            let mut state = self.state.lock();
            state.all.insert(id, environment.clone());
            kills(&state) != before
        };
        if killed {
            self.kill(&environment, Kill::Fault);
        }
        if let Some(pool) = self.me.upgrade() {
            tokio::spawn(pool.watch(environment.clone()));
        }
        Ok(environment)
    }

    /// Waits for an environment's end, and ends it when it takes more memory than its function has.
    async fn watch(self: Arc<Self>, environment: Arc<Environment>) {
        let version = &environment.job.version;
        let limit = u64::from(version.config.memory) << 20;
        while wall::timeout(WATCH, environment.ended()).await.is_none() {
            if environment.memory().resident > limit {
                self.kill(&environment, Kill::Memory);
            }
        }
        if environment.exceeded_memory() {
            self.kill(&environment, Kill::Memory);
        }
        {
            let mut state = self.state.lock();
            state.all.remove(&environment.id);
            state.idle.retain(|idle| idle.environment.id != environment.id);
        }
        environment.bury();
        self.freed.notify_one();
    }

    fn take_idle(&self, version: u64) -> Option<Arc<Environment>> {
        let mut state = self.state.lock();
        let fits = |idle: &Idle| idle.environment.job.version.id == version && !idle.environment.has_ended();
        let place = state.idle.iter().rposition(fits)?;
        Some(state.idle.remove(place).environment)
    }

    /// Ends the longest idle environment; false if none is idle.
    fn evict(&self) -> bool {
        let mut state = self.state.lock();
        if state.idle.is_empty() {
            return false;
        }
        let idle = state.idle.remove(0);
        drop(state);
        self.kill(&idle.environment, Kill::Spare);
        true
    }

    fn release(&self, environment: Arc<Environment>) {
        if environment.job.version.retired.load(Ordering::Acquire) {
            self.kill(&environment, Kill::Spare);
            return;
        }
        let n = self.next_id.fetch_add(1, Ordering::Relaxed);
        let expires = self.options.clock.now() + self.idle_draws.span(n, IDLE.0, IDLE.1);
        let mut state = self.state.lock();
        // One that has ended was or will be taken out by its watch.
        if !environment.has_ended() {
            state.idle.push(Idle { environment, expires });
        }
        drop(state);
        self.freed.notify_one();
        self.idled.notify_one();
    }

    fn kill(&self, environment: &Environment, why: Kill) {
        if environment.kill(why) {
            self.report_kill(&environment.job, why);
        }
    }

    fn report_kill(&self, job: &Job, why: Kill) {
        if let Some(why) = why.reported() {
            self.report_event(job, LambdaEventKind::EnvironmentKilled { why });
        }
    }

    fn report_event(&self, job: &Job, kind: LambdaEventKind) {
        (self.options.on_event)(LambdaEvent {
            region: job.region.clone(),
            function: job.function.clone(),
            at: self.options.clock.now(),
            kind,
        });
    }

    fn tell_wait(&self, job: &Job, waited: bool, begun: wall::Mono) {
        if waited {
            let waited = wall::mono().since(begun);
            self.report_event(job, LambdaEventKind::Saturated { waited });
        }
    }

    /// Ends what is idle of a version that is not meant any more; what still runs ends with its invocation.
    pub(crate) fn retire(&self, version: &Version) {
        version.retired.store(true, Ordering::Release);
        let mut spare = Vec::new();
        self.state.lock().idle.retain(|idle| {
            let keep = idle.environment.job.version.id != version.id;
            if !keep {
                spare.push(idle.environment.clone());
            }
            keep
        });
        for environment in spare {
            self.kill(&environment, Kill::Spare);
        }
    }

    /// Kills all environments of a region, whatever they are doing, and tells how many.
    pub(crate) fn kill_region(&self, region: &str) -> usize {
        let all: Vec<_> = {
            let mut state = self.state.lock();
            *state.kills.entry(Arc::from(region)).or_default() += 1;
            state.all.values().cloned().collect()
        };
        let of_region = all
            .iter()
            .filter(|environment| &*environment.job.region == region);
        of_region
            .map(|environment| self.kill(environment, Kill::Fault))
            .count()
    }

    /// How many environments there are, idle ones included.
    pub(crate) fn environments(&self) -> usize {
        self.state.lock().all.len()
    }

    /// Ends environments that were idle for too long, for ever.
    pub(crate) async fn sweep(&self) {
        loop {
            let earliest = self.state.lock().idle.iter().map(|idle| idle.expires).min();
            match earliest {
                None => self.idled.notified().await,
                Some(due) => {
                    self.options.clock.sleep_until(due).await;
                    self.end_expired();
                }
            }
        }
    }

    fn end_expired(&self) {
        let now = self.options.clock.now();
        let mut expired = Vec::new();
        self.state.lock().idle.retain(|idle| {
            let keep = idle.expires > now;
            if !keep {
                expired.push(idle.environment.clone());
            }
            keep
        });
        for environment in expired {
            self.kill(&environment, Kill::Spare);
        }
    }

    /// Ends every environment and waits until they are gone.
    pub(crate) async fn shutdown(&self) {
        self.permits.close();
        self.freed.notify_waiters();
        let all: Vec<_> = self.state.lock().all.values().cloned().collect();
        for environment in &all {
            self.kill(environment, Kill::Spare);
        }
        for environment in &all {
            environment.ended().await;
        }
    }
}
