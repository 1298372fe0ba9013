//! The broker process: from its arguments to its end.
//!
//! ```text
//!   control ─► clock page, marks, router, links of the rules ─► the router answers ─► edge opens ─► ready
//!   SIGTERM ─► edge closes ─► rules take what is on its way ─► last uploads ─► stopped
//! ```
//!
//! A panic of any thread ends the process: without its router a broker would look alive and take nothing.

use std::io;
use std::net::SocketAddr;
use std::panic::PanicHookInfo;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use rumqttd::local::LinkError;
use runtime::{Clock, preflight, wall};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::config::BrokerConfig;
use super::control::{Numbered, Order, Orders, Start};
use super::edge::{Edge, EdgeCounters, EdgeListener, Sessions};
use super::error::BrokerError;
use super::inject::Injector;
use super::report::{self, Counts, Line, Reporter};
use super::router::MessageRouter;
use super::rule::{Destination, MarksFile, Rule, RuleLink, Services, Uploads};
use drill::firmware::Quota;

/// How often the counters are told, if they changed.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// How long the last uploads may take once the process was asked to end.
const LAST_UPLOADS: Duration = Duration::from_secs(5);

/// The threads that carry connections and rules; the router has one of its own.
const WORKERS: usize = 2;

/// The exit code after a panic, as Rust has it.
const PANICKED: i32 = 101;

/// The main of a broker process, to be called by a hidden subcommand before anything else is started. Its
/// arguments are those that [`super::BrokerHandle::start`] gives it: `--clock PATH --control PATH`. Returns when it
/// was asked to end (SIGTERM) and has uploaded what it had.
///
/// # Errors
/// Wrong arguments, something that it cannot have (a port, a file), or a broker that broke down.
pub fn broker_main<A: AsRef<str>>(arguments: &[A]) -> Result<(), BrokerError> {
    let usage = || BrokerError::new("is started by the program itself: --clock PATH --control PATH");
    let given: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
    let ["--clock", clock, "--control", control] = given[..] else {
        return Err(usage());
    };
    exit_on_panic();
    let ended = run(Path::new(clock), Path::new(control));
    let last = match &ended {
        Ok(()) => Line::Stopped,
        Err(error) => Line::Failed {
            reason: error.0.clone(),
        },
    };
    // A parent that is gone needs no last word.
    let _ = report::print(&last);
    ended
}

fn exit_on_panic() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        usual(panic);
        // The text on stderr is for debugging; this goes into the report.
        let _ = report::print(&Line::Failed {
            reason: reason_of(panic),
        });
        std::process::exit(PANICKED);
    }));
}

/// A panic in a sentence: where, and what it said, on one line.
fn reason_of(panic: &PanicHookInfo<'_>) -> String {
    let said = panic.payload_as_str().unwrap_or("without a message");
    let said: Vec<&str> = said.split_whitespace().collect();
    let place = panic
        .location()
        .map(|place| format!(" at {}:{}", place.file(), place.line()));
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("a thread");
    format!(
        "panicked in {thread}{}: {}",
        place.unwrap_or_default(),
        said.join(" ")
    )
}

fn run(clock: &Path, control: &Path) -> Result<(), BrokerError> {
    let clock = Clock::attach(clock).map_err(|error| cannot("follow the drill's clock", &error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(|error| cannot("have threads", &error))?;
    runtime.block_on(async {
        let (start, orders) = Orders::open(control)
            .await
            .map_err(|error| cannot("hear what to be", &error))?;
        preflight::open_files("the MQTT broker", start.config.open_files())
            .map_err(|error| BrokerError::new(error.to_string()))?;
        let (process, lines) = Process::start(&start, clock).await?;
        process.attend(lines, orders).await
    })
}

fn cannot(what: &str, error: &dyn std::error::Error) -> BrokerError {
    BrokerError::new(format!("cannot {what}: {error}"))
}

/// A broker process that works.
struct Process {
    address: SocketAddr,
    edge: Arc<EdgeCounters>,
    accepting: JoinSet<()>,
    rules: JoinSet<Result<(), LinkError>>,
    uploads: Vec<Arc<Uploads>>,
    uploading: JoinSet<()>,
    injector: Injector,
    sessions: Arc<Sessions>,
    terminate: Signal,
    stop: CancellationToken,
    hurry: CancellationToken,
}

impl Process {
    async fn start(start: &Start, clock: Clock) -> Result<(Process, UnboundedReceiver<Line>), BrokerError> {
        let config = &start.config;
        let terminate = signal(SignalKind::terminate()).map_err(|error| cannot("be asked to end", &error))?;
        let edge_listener = EdgeListener::bind(config.listen)
            .map_err(|error| cannot(&format!("listen on {}", config.listen), &error))?;
        let (reporter, lines) = Reporter::new();
        let router = Arc::new(MessageRouter::start(config.max_connections));
        let mut process = Process {
            address: edge_listener.address(),
            edge: Arc::default(),
            accepting: JoinSet::new(),
            rules: JoinSet::new(),
            uploads: Vec::new(),
            uploading: JoinSet::new(),
            injector: Injector::open(&router, "firedrill-services")?,
            sessions: Sessions::new(config.connects_per_second_per_client),
            terminate,
            stop: CancellationToken::new(),
            hurry: CancellationToken::new(),
        };
        process.start_rules(start, &clock, &router, reporter).await?;
        for order in &start.orders {
            process.carry_out(order.clone())?;
        }
        process.open(edge_listener, config, clock, router)?;
        Ok((process, lines))
    }

    async fn start_rules(
        &mut self,
        start: &Start,
        clock: &Clock,
        router: &MessageRouter,
        reporter: Reporter,
    ) -> Result<(), BrokerError> {
        let config = &start.config;
        let marks = MarksFile::create(&config.marks)
            .map_err(|error| cannot(&format!("write {}", config.marks.display()), &error))?;
        let marks = Arc::new(marks);
        let services = Services::new(&config.keys);
        for (n, rule) in config.rules.iter().enumerate() {
            let link = RuleLink::open(router, n, &rule.topic)
                .await
                .map_err(|error| cannot(&format!("subscribe to {}", rule.topic), &error))?;
            let target = rule.target.clone();
            let uploads = Uploads::new(
                rule.clone(),
                clock.clone(),
                Destination::new(services.clone(), &config.endpoint, &config.region, target),
                marks.clone(),
                reporter.clone(),
                self.hurry.clone(),
            );
            let (closed, batches) = unbounded_channel();
            self.uploads.push(uploads.clone());
            self.uploading.spawn(uploads.clone().run(batches));
            let rule = Rule::new(link, uploads, closed, start.life);
            self.rules.spawn(rule.run(self.stop.clone()));
        }
        Ok(())
    }

    fn open(
        &mut self,
        edge_listener: EdgeListener,
        config: &BrokerConfig,
        clock: Clock,
        router: Arc<MessageRouter>,
    ) -> Result<(), BrokerError> {
        let listener = edge_listener
            .open()
            .map_err(|error| cannot(&format!("listen on {}", self.address), &error))?;
        let quota = Quota::new(config.connects_per_second, clock.now());
        let edge = Edge {
            clock,
            wills: Injector::open(&router, "firedrill-wills")?,
            router,
            counters: self.edge.clone(),
            sessions: self.sessions.clone(),
            max_connections: u64::from(config.max_connections),
            open_to_others: config.open_to_others,
            nameless: AtomicU64::new(0),
        };
        self.accepting.spawn(edge.run(listener, quota));
        Ok(())
    }

    /// Does what the parent orders and tells it what happens, until it is asked to end or the broker breaks
    /// down.
    async fn attend(
        mut self,
        mut lines: UnboundedReceiver<Line>,
        mut orders: Orders,
    ) -> Result<(), BrokerError> {
        let parent_gone = |error: io::Error| cannot("tell its parent anything", &error);
        let ready = Line::Ready {
            address: self.address,
        };
        report::print(&ready).map_err(parent_gone)?;
        let mut told = Counts::default();
        loop {
            tokio::select! {
                _ = self.terminate.recv() => break,
                Some(line) = lines.recv() => report::print(&line).map_err(parent_gone)?,
                Numbered { number, order } = orders.next() => {
                    let error = self.carry_out(order).err().map(|error| error.0);
                    report::print(&Line::Done { number, error }).map_err(parent_gone)?;
                }
                Some(ended) = self.rules.join_next() => return Err(broken(ended)),
                () = wall::sleep(TELL_EVERY) => {}
            }
            self.tell_counts(&mut told).map_err(parent_gone)?;
        }
        self.wind_up().await;
        while let Ok(line) = lines.try_recv() {
            report::print(&line).map_err(parent_gone)?;
        }
        self.tell_counts(&mut told).map_err(parent_gone)
    }

    fn carry_out(&mut self, order: Order) -> Result<(), BrokerError> {
        match order {
            Order::Publish { topic, payload } => {
                let payload = base64_simd::STANDARD
                    .decode_to_vec(payload)
                    .map_err(|error| cannot("read a payload", &error))?;
                self.injector.publish(topic, payload)
            }
            Order::Refuse { on } => {
                self.sessions.refuse(on);
                Ok(())
            }
            Order::Reset => {
                self.sessions.reset();
                Ok(())
            }
            Order::Retarget {
                rule,
                endpoint,
                region,
                target,
            } => {
                let found = self.uploads.iter().find(|uploads| uploads.rule_name() == rule);
                let uploads = found.ok_or_else(|| BrokerError::new(format!("has no rule {rule}")))?;
                let changed = uploads.destination().change(&endpoint, &region, target);
                changed.map_err(|why| BrokerError::new(why.to_string()))
            }
        }
    }

    fn tell_counts(&self, told: &mut Counts) -> io::Result<()> {
        let counts = self.counts();
        if counts == *told {
            return Ok(());
        }
        *told = counts.clone();
        report::print(&Line::Counts(counts))
    }

    fn counts(&self) -> Counts {
        let rules = self.uploads.iter();
        self.edge.read(
            rules
                .map(|uploads| uploads.counters().read(uploads.rule_name()))
                .collect(),
        )
    }

    /// Stop accepting; drain existing connections.
    async fn wind_up(&mut self) {
        self.accepting.shutdown().await;
        self.stop.cancel();
        while let Some(ended) = self.rules.join_next().await {
            if !matches!(ended, Ok(Ok(()))) {
                tracing::warn!(?ended, "a rule did not end in order");
            }
        }
        self.hurry.cancel();
        let last = async { while self.uploading.join_next().await.is_some() {} };
        wall::timeout(LAST_UPLOADS, last).await;
    }
}

fn broken(ended: Result<Result<(), LinkError>, tokio::task::JoinError>) -> BrokerError {
    match ended {
        Ok(Ok(())) => BrokerError::new("broke down: a rule ended"),
        Ok(Err(error)) => BrokerError::new(format!("broke down: {error}")),
        Err(error) => BrokerError::new(format!("broke down: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    #[ignore = "ends its process: the test below runs it in one of its own"]
    fn panics() {
        exit_on_panic();
        let router = std::thread::Builder::new().name("router".to_owned());
        let router = router.spawn(|| panic!("no such\nslot: {}", 7)).unwrap();
        router.join().unwrap_err();
        unreachable!("the panic has ended the process");
    }

    #[test]
    fn a_panic_is_told_with_its_words() {
        let ended = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child::tests::panics", "--ignored", "--nocapture"])
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(PANICKED));
        let said = String::from_utf8(ended.stdout).unwrap();
        let told = said
            .lines()
            .find_map(|line| serde_json::from_str::<Line>(line).ok());
        let Some(Line::Failed { reason }) = told else {
            panic!("{said}");
        };
        assert!(
            reason.starts_with("panicked in router at ") && reason.ends_with(": no such slot: 7"),
            "{reason}"
        );
    }
}
