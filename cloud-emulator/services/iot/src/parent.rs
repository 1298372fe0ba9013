//! One broker process as the drill sees it: started, watched, told, ended.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use runtime::supervisor::{Child, ChildSpec, OutputLine, Stream, Supervisor};
use runtime::{Clock, wall};

use super::control::{Control, Order, Start};
use super::error::BrokerError;
use super::report::{Counts, Line, RuleCounts, Trouble};

/// How long the broker may take until it is ready.
const READY: Duration = Duration::from_secs(20);

/// How long it may take to end when asked to; its last uploads have 5 seconds of that.
const GRACE: Duration = Duration::from_secs(8);

/// How long it may take to carry out an order. One that is frozen does not.
const ANSWER: Duration = Duration::from_secs(5);

/// An executable whose main calls [`super::broker_main`], and the arguments that make it do so.
#[derive(Clone, Debug)]
pub struct Program {
    /// The executable.
    pub exe: PathBuf,
    /// What comes before the broker's own arguments.
    pub arguments: Vec<OsString>,
}

/// Is told what goes wrong with rules; called on the supervisor's thread, so it must not block.
pub type OnTrouble = Arc<dyn Fn(Trouble) + Send + Sync>;

/// What its lines said last.
#[derive(Debug)]
struct Heard {
    counts: Counts,
    failed: Option<String>,
}

/// A broker process; clones are the same one.
#[derive(Clone)]
pub(super) struct Broker {
    child: Child,
    control: Arc<Control>,
    heard: Arc<Mutex<Heard>>,
    state: Arc<Flags>,
}

#[derive(Debug, Default)]
struct Flags {
    /// It has answered on each listener.
    ready: AtomicBool,
    /// Its end was requested: what comes is no crash.
    asked: AtomicBool,
    /// How many hold it frozen.
    frozen: Mutex<u32>,
}

impl Broker {
    /// Starts the process.
    ///
    /// # Errors
    /// It cannot be started; in words.
    pub(super) fn spawn(
        supervisor: &Supervisor,
        program: &Program,
        clock: &Clock,
        start: &Start,
        on_trouble: OnTrouble,
    ) -> Result<Broker, BrokerError> {
        let no = |error: io::Error| cannot_start(&error);
        let rules = start.config.rules.iter().map(|rule| RuleCounts::none(&rule.name));
        let counts = Counts {
            rules: rules.collect(),
            ..Counts::default()
        };
        let heard = Arc::new(Mutex::new(Heard { counts, failed: None }));
        let (reader, writer) = io::pipe().map_err(no)?;
        let control = Control::open(OwnedFd::from(writer), start).map_err(no)?;
        let mut spec = ChildSpec::new("the MQTT broker", &program.exe).args(program.arguments.clone());
        let page = spec.inherit(clock.duplicate_page_fd().map_err(no)?);
        let orders = spec.inherit(reader.into());
        let (hears, answers) = (heard.clone(), control.clone());
        let spec = spec
            .arg("--clock")
            .arg(page)
            .arg("--control")
            .arg(orders)
            .ready_line(r#"{"type":"ready""#)
            .on_line(move |line| handle_line(&line, &hears, &answers, &on_trouble));
        let child = supervisor.spawn(spec).map_err(|error| cannot_start(&error))?;
        Ok(Broker {
            child,
            control,
            heard,
            state: Arc::default(),
        })
    }

    /// Waits until it answers on each listener. One that does not is ended.
    ///
    /// # Errors
    /// It ends before, or takes too long; in words.
    pub(super) async fn until_ready(&self) -> Result<(), BrokerError> {
        let no = |error: &dyn fmt::Display| {
            self.kill();
            cannot_start(error)
        };
        let Some(ready) = wall::timeout(READY, self.child.ready()).await else {
            return Err(no(&format!("it was not ready within {READY:?}")));
        };
        let line = ready.map_err(|status| no(&self.ending(status)))?;
        let Ok(Line::Ready { .. }) = serde_json::from_str(&line) else {
            return Err(no(&"it is no broker of Firedrill"));
        };
        self.state.ready.store(true, Ordering::Release);
        Ok(())
    }

    /// Its process id.
    pub(super) fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// Whether it has become ready and neither has ended nor is to; it may be frozen.
    pub(super) fn is_running(&self) -> bool {
        self.state.ready.load(Ordering::Acquire) && self.is_alive()
    }

    /// Whether there is a process that goes on, ready or not: what it is told, it will hear.
    pub(super) fn is_alive(&self) -> bool {
        !self.state.asked.load(Ordering::Acquire) && self.child.status().is_none()
    }

    /// What it counted, at most some hundred milliseconds ago.
    pub(super) fn counts(&self) -> Counts {
        self.heard.lock().counts.clone()
    }

    /// Waits for its end, however it comes; how it ended, if the end was unexpected.
    pub(super) fn crashed(&self) -> impl Future<Output = Option<String>> + Send + use<> {
        let broker = self.clone();
        async move {
            let status = broker.child.wait().await;
            broker.control.close();
            let asked = broker.state.asked.load(Ordering::Acquire);
            (!asked).then(|| broker.ending(status))
        }
    }

    /// Waits for its end.
    pub(super) async fn gone(&self) {
        self.child.wait().await;
    }

    /// Kills it (SIGKILL).
    pub(super) fn kill(&self) {
        self.ask_for_end();
        self.child.kill();
    }

    /// Its end is wanted, unless it has come before.
    fn ask_for_end(&self) {
        if self.child.status().is_none() {
            self.state.asked.store(true, Ordering::Release);
        }
    }

    /// Freezes it (SIGSTOP) until each [`Broker::freeze`] has had its [`Broker::thaw`].
    pub(super) fn freeze(&self) {
        let mut frozen = self.state.frozen.lock();
        *frozen += 1;
        self.child.stop();
    }

    pub(super) fn thaw(&self) {
        let mut frozen = self.state.frozen.lock();
        *frozen -= 1;
        if *frozen == 0 {
            self.child.cont();
        }
    }

    /// Asks it to end after it has uploaded what it has, and waits for its end. One that is frozen hears
    /// nothing and is killed, if `firmly`; otherwise it is let go on for that.
    ///
    /// # Errors
    /// How it ended, if not in order.
    pub(super) async fn stop(&self, firmly: bool) -> Result<(), BrokerError> {
        self.ask_for_end();
        if firmly && *self.state.frozen.lock() > 0 {
            self.child.kill();
        }
        let status = self.child.terminate(GRACE).await;
        if status.success() {
            Ok(())
        } else {
            Err(BrokerError::new(self.ending(status)))
        }
    }

    /// Gives an order whose answer is not waited for.
    pub(super) fn send(&self, order: Order) {
        self.control.send(order);
    }

    /// Gives an order and waits until it is carried out.
    ///
    /// # Errors
    /// It was refused, or is not answered.
    pub(super) async fn order(&self, order: Order) -> Result<(), BrokerError> {
        let answer = self.control.give(order);
        let answer = answer.map_err(|why| BrokerError::new(why.to_string()))?;
        match wall::timeout(ANSWER, answer).await {
            Some(Ok(done)) => done.map_err(|why| BrokerError::new(why.to_string())),
            Some(Err(_)) => Err(BrokerError::new("ended before it answered")),
            None => Err(BrokerError::new(format!("did not answer within {ANSWER:?}"))),
        }
    }

    /// How it ended, with what it said about that.
    fn ending(&self, status: ExitStatus) -> String {
        if let Some(reason) = self.heard.lock().failed.clone() {
            return reason;
        }
        match self.child.tail().last() {
            Some(last) => format!("ended ({status}): {last}"),
            None => format!("ended ({status})"),
        }
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("child", &self.child)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

pub(super) fn cannot_start(error: &dyn fmt::Display) -> BrokerError {
    BrokerError::new(format!("cannot be started: {error}"))
}

fn handle_line(line: &OutputLine, heard: &Mutex<Heard>, control: &Control, on_trouble: &OnTrouble) {
    if line.stream == Stream::Stderr {
        tracing::debug!(broker = line.text);
        return;
    }
    match serde_json::from_str(&line.text) {
        Ok(Line::Counts(counts)) => heard.lock().counts = counts,
        Ok(Line::Trouble(trouble)) => on_trouble(trouble),
        Ok(Line::Done { number, error }) => control.answered(number, error),
        Ok(Line::Failed { reason }) => heard.lock().failed = Some(reason),
        Ok(Line::Ready { .. } | Line::Stopped) => {}
        Err(error) => tracing::debug!(%error, line = line.text, "not a line of the broker's"),
    }
}
