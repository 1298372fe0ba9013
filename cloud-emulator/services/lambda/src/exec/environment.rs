//! One execution environment: a process, the slot in which it gets events, and its end.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use runtime::sandbox::Ended;
use runtime::wall;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::AbortHandle;

use super::job::Job;
use super::launch::{Start, launch};
use super::log::Log;
use super::memory::Memory;
use super::outcome::InvocationOutcome;
use super::process::Process;
use super::runtime_api;
use super::slot::{Event, Init, Slot};
use crate::options::LambdaOptions;

/// How long a runtime may take until it asks for its first event (AWS: 10 s), in wall time.
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// Why an environment was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kill {
    /// It is not needed.
    Spare,
    /// Its function took too long.
    Timeout,
    /// It took more memory than its function has.
    Memory,
    /// Its region was broken by a fault.
    Fault,
}

impl Kill {
    /// The reason that is reported to the drill; `None` for a kill that belongs to normal operation.
    pub(crate) fn reported(self) -> Option<&'static str> {
        match self {
            Kill::Spare => None,
            Kill::Timeout => Some("timeout"),
            Kill::Memory => Some("memory"),
            Kill::Fault => Some("fault"),
        }
    }
}

pub(crate) struct Environment {
    pub(crate) id: u64,
    pub(crate) job: Job,
    pub(crate) log: Log,
    process: Process,
    slot: Arc<Slot>,
    server: AbortHandle,
    killed: Mutex<Option<Kill>>,
    /// The share of the machine that it occupies until its process is gone.
    permit: Mutex<Option<OwnedSemaphorePermit>>,
}

/// How one run in an environment ended.
pub(crate) enum Run {
    /// The invocation has ended.
    Ended(InvocationOutcome),
    /// The process was gone before it took the event, which may go to another.
    NotTaken,
}

/// A process whose start is under way.
struct Starting {
    process: Process,
    slot: Arc<Slot>,
    server: AbortHandle,
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.process.kill();
        self.server.abort();
    }
}

impl Environment {
    /// Starts an environment and waits until its runtime asks for an event. As AWS does, a start that fails
    /// is repeated once, with the function's own timeout.
    ///
    /// # Errors
    /// How it failed, as the answer to `request`.
    pub(crate) async fn start(
        id: u64,
        options: &LambdaOptions,
        job: &Job,
        permit: OwnedSemaphorePermit,
        request: &str,
    ) -> Result<Environment, InvocationOutcome> {
        let log = Log::default();
        let timeout = Duration::from_secs(job.version.config.timeout.into());
        let mut failure = InvocationOutcome::System("it did not start");
        for limit in [INIT_LIMIT, timeout] {
            let begun = wall::mono();
            let starting = begin(options, job, &log).await;
            let how = match starting {
                Ok(starting) => {
                    let how = initialised(&starting, limit, request).await;
                    if how.is_none() {
                        return Ok(Environment {
                            id,
                            job: job.clone(),
                            log,
                            process: starting.process,
                            slot: starting.slot,
                            server: starting.server,
                            killed: Mutex::new(None),
                            permit: Mutex::new(Some(permit)),
                        });
                    }
                    starting.process.kill();
                    starting.process.wait().await;
                    starting.server.abort();
                    how
                }
                Err(why) => Some(InvocationOutcome::error(
                    request,
                    "Runtime.InvalidEntrypoint",
                    &why,
                )),
            };
            if let Some(how) = how {
                log.line(&init_report(&how, wall::mono().since(begun)));
                failure = how;
            }
        }
        tracing::debug!(function = %job.function, tail = %String::from_utf8_lossy(&log.tail()), "did not start");
        Err(failure)
    }

    /// What its processes occupy.
    pub(crate) fn memory(&self) -> Memory {
        self.process.memory()
    }

    /// Whether its process has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.process.has_ended()
    }

    /// Waits for the end of its process.
    pub(crate) async fn ended(&self) -> Ended {
        self.process.wait().await
    }

    /// Kills it, for the first reason that is given; false if it was killed before.
    pub(crate) fn kill(&self, why: Kill) -> bool {
        let mut killed = self.killed.lock();
        let first = killed.is_none();
        killed.get_or_insert(why);
        drop(killed);
        self.process.kill();
        first
    }

    /// Why it was killed, if it was.
    pub(crate) fn killed(&self) -> Option<Kill> {
        *self.killed.lock()
    }

    /// Its process is gone: what it occupied is free, and no process connects to it any more.
    pub(crate) fn bury(&self) {
        self.server.abort();
        self.permit.lock().take();
    }

    /// Lets it work on an event for at most `limit` of wall time.
    pub(crate) async fn run(&self, event: Event, limit: Duration) -> Run {
        let request = event.request.clone();
        let mut answered = self.slot.offer(event);
        let answer = tokio::select! {
            biased;
            answer = &mut answered => answer.ok(),
            ended = self.process.wait() => return self.after_end(&request, answered, ended),
            () = wall::sleep(limit) => None,
        };
        match answer {
            Some(answer) => Run::Ended(InvocationOutcome::answered(answer)),
            None => {
                let first = self.kill(Kill::Timeout);
                self.process.wait().await;
                Run::Ended(if first {
                    InvocationOutcome::timed_out(&request, limit)
                } else {
                    killed_outcome(self.killed().unwrap_or(Kill::Timeout), &request)
                })
            }
        }
    }

    /// The process ended while it had the event, or just before.
    fn after_end(
        &self,
        request: &str,
        mut answered: tokio::sync::oneshot::Receiver<super::slot::FunctionAnswer>,
        ended: Ended,
    ) -> Run {
        // It may have answered with its last breath.
        if let Ok(answer) = answered.try_recv() {
            return Run::Ended(InvocationOutcome::answered(answer));
        }
        let killed = match self.exceeded_memory() {
            // The kernel, or the sandbox itself, killed it before we did.
            true => self.killed().or(Some(Kill::Memory)),
            false => self.killed(),
        };
        match killed {
            None if self.slot.take_back() => Run::NotTaken,
            None => Run::Ended(InvocationOutcome::exited(request, ended)),
            Some(Kill::Spare) if self.slot.take_back() => Run::NotTaken,
            Some(why) => Run::Ended(killed_outcome(why, request)),
        }
    }

    /// Whether all of its processes together, with what lies in its scratch folders, took more memory than they may, which
    /// ended them.
    pub(crate) fn exceeded_memory(&self) -> bool {
        self.process.exceeded_memory()
    }
}

/// What the caller of a function that was killed receives.
fn killed_outcome(why: Kill, request: &str) -> InvocationOutcome {
    match why {
        Kill::Memory => InvocationOutcome::error(
            request,
            "Runtime.ExitError",
            "Runtime exited with error: signal: killed",
        ),
        Kill::Spare | Kill::Timeout | Kill::Fault => {
            InvocationOutcome::System("the execution environment was ended")
        }
    }
}

/// Starts a process with a Runtime API of its own.
async fn begin(options: &LambdaOptions, job: &Job, log: &Log) -> Result<Starting, String> {
    let (listener, api) = runtime_api::listen().await.map_err(|error| error.to_string())?;
    let slot = Slot::new();
    let mut reachable = job.surroundings.reachable.clone();
    reachable.push(api);
    let start = Start {
        options,
        region: &job.region,
        function: &job.function,
        version: &job.version,
        api,
        endpoint: job.surroundings.endpoint.as_deref(),
        reachable,
        log: log.clone(),
    };
    let process = launch(&start).await.map_err(|error| error.to_string())?;
    let server = tokio::spawn(runtime_api::serve(listener, api, slot.clone())).abort_handle();
    Ok(Starting {
        process,
        slot,
        server,
    })
}

/// Waits until the runtime asks for an event; otherwise tells how its start failed.
async fn initialised(starting: &Starting, limit: Duration, request: &str) -> Option<InvocationOutcome> {
    tokio::select! {
        biased;
        init = starting.slot.initialised() => match init {
            Init::Failed { document, kind } => Some(InvocationOutcome::FunctionError { document, kind }),
            Init::Ready | Init::Starting => None,
        },
        ended = starting.process.wait() => Some(InvocationOutcome::exited(request, ended)),
        () = wall::sleep(limit) => Some(InvocationOutcome::timed_out(request, limit)),
    }
}

fn init_report(how: &InvocationOutcome, took: Duration) -> String {
    let kind = match how {
        InvocationOutcome::FunctionError { kind, .. } => kind,
        _ => "Runtime.Unknown",
    };
    let ms = took.as_secs_f64() * 1e3;
    format!("INIT_REPORT Init Duration: {ms:.2} ms\tPhase: init\tStatus: error\tError Type: {kind}")
}
