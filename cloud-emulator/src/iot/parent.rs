//! The broker as the drill sees it: started, watched, stopped.

use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use runtime::supervisor::{Child, ChildSpec, OutputLine, Stream, Supervisor};
use runtime::{Clock, wall};

use super::child::BrokerError;
use super::config::BrokerConfig;
use super::report::{Counts, Line, RuleCounts, Trouble};

/// How long the broker may take until it is ready.
const START: Duration = Duration::from_secs(20);

/// How long it may take to end when asked to; its last uploads have 5 seconds of that.
const GRACE: Duration = Duration::from_secs(8);

/// An executable whose main calls [`super::broker_main`], and the arguments that make it do so.
#[derive(Clone, Debug)]
pub struct Program {
    /// The executable.
    pub exe: PathBuf,
    /// What comes before the broker's own arguments.
    pub arguments: Vec<OsString>,
}

/// What its lines said last.
#[derive(Debug)]
struct Heard {
    counts: Counts,
    failed: Option<String>,
}

/// A broker process that is ready. Its end is the supervisor's business if nobody stops it.
pub struct Broker {
    child: Child,
    address: SocketAddr,
    marks: PathBuf,
    heard: Arc<Mutex<Heard>>,
}

impl Broker {
    /// Starts a broker and waits until it answers. `on_trouble` is called on the supervisor's thread and
    /// must not block.
    ///
    /// # Errors
    /// It cannot be started, or ends or takes too long before it is ready; in words.
    pub async fn start(
        supervisor: &Supervisor,
        program: &Program,
        clock: &Clock,
        config: &BrokerConfig,
        on_trouble: impl Fn(Trouble) + Send + 'static,
    ) -> Result<Broker, BrokerError> {
        let no = |error: &dyn fmt::Display| BrokerError::new(format!("cannot be started: {error}"));
        let rules = config.rules.iter().map(|rule| RuleCounts::none(&rule.name));
        let counts = Counts {
            rules: rules.collect(),
            ..Counts::default()
        };
        let heard = Arc::new(Mutex::new(Heard { counts, failed: None }));
        let page = clock.duplicate_page_fd().map_err(|error| no(&error))?;
        let json = serde_json::to_string(config).map_err(|error| no(&error))?;
        let mut spec = ChildSpec::new("the MQTT broker", &program.exe).args(program.arguments.clone());
        let page = spec.inherit(page);
        let hears = heard.clone();
        let spec = spec
            .arg("--clock")
            .arg(page)
            .arg("--config-json")
            .arg(json)
            .ready_line(r#"{"type":"ready""#)
            .on_line(move |line| hear(&line, &hears, &on_trouble));
        let child = supervisor.spawn(spec).map_err(|error| no(&error))?;
        let Some(ready) = wall::timeout(START, child.ready()).await else {
            child.kill();
            return Err(no(&format!("it was not ready within {START:?}")));
        };
        let line = ready.map_err(|status| no(&ending(&child, status, &heard)))?;
        let Ok(Line::Ready { address }) = serde_json::from_str(&line) else {
            child.kill();
            return Err(no(&"it is no broker of Firedrill"));
        };
        Ok(Broker {
            child,
            address,
            marks: config.marks.clone(),
            heard,
        })
    }

    /// Where devices connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The file of its marks, for [`super::read_marks`].
    pub fn marks(&self) -> &Path {
        &self.marks
    }

    /// What it counted, at most some hundred milliseconds ago.
    pub fn counts(&self) -> Counts {
        self.heard.lock().counts.clone()
    }

    /// Its process.
    pub fn child(&self) -> &Child {
        &self.child
    }

    /// Waits for the end of the process, however it comes, and tells how it ended.
    pub fn ended(&self) -> impl Future<Output = String> + Send + use<> {
        let (child, heard) = (self.child.clone(), self.heard.clone());
        async move {
            let status = child.wait().await;
            ending(&child, status, &heard)
        }
    }

    /// Asks it to end after it has uploaded what it has, and waits for its end.
    ///
    /// # Errors
    /// How it ended, if not in order.
    pub async fn stop(&self) -> Result<(), BrokerError> {
        let status = self.child.terminate(GRACE).await;
        match status.success() {
            true => Ok(()),
            false => Err(BrokerError::new(ending(&self.child, status, &self.heard))),
        }
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("address", &self.address)
            .field("child", &self.child)
            .finish_non_exhaustive()
    }
}

fn hear(line: &OutputLine, heard: &Mutex<Heard>, on_trouble: &dyn Fn(Trouble)) {
    if line.stream == Stream::Stderr {
        tracing::debug!(broker = line.text);
        return;
    }
    match serde_json::from_str(&line.text) {
        Ok(Line::Counts(counts)) => heard.lock().counts = counts,
        Ok(Line::Trouble(trouble)) => on_trouble(trouble),
        Ok(Line::Failed { reason }) => heard.lock().failed = Some(reason),
        Ok(Line::Ready { .. } | Line::Stopped) => {}
        Err(error) => tracing::debug!(%error, line = line.text, "not a line of the broker's"),
    }
}

/// How it ended, with what it said about that.
fn ending(child: &Child, status: ExitStatus, heard: &Mutex<Heard>) -> String {
    if let Some(reason) = heard.lock().failed.clone() {
        return reason;
    }
    match child.tail().last() {
        Some(last) => format!("ended ({status}): {last}"),
        None => format!("ended ({status})"),
    }
}
