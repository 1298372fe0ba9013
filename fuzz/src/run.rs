//! Runs cases, counts their results, and prints how to repeat a failure.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use runtime::wall;
use sha2::{Digest, Sha256};

use crate::Target;

/// A case that takes longer hangs: the process ends and prints it. Machines stand still for seconds.
const HANGS: Duration = Duration::from_secs(60);

/// A case that takes longer is reported.
const SLOW: Duration = Duration::from_secs(1);

/// More resident memory than that is too much for one input; the process ends and prints which cases ran.
const MOST_KIB: u64 = 3 << 20;

/// Cases that a thread takes at once.
const BATCH: u64 = 64;

/// Which cases are run.
#[derive(Clone, Copy, Debug)]
pub struct Cases {
    /// All inputs follow from it.
    pub seed: u64,
    /// The number of the first.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// On so many threads.
    pub threads: usize,
}

/// What came of the cases of a target.
#[derive(Clone, Debug, Default)]
pub struct RunCounters {
    /// Cases that were run.
    pub cases: u64,
    /// By the kind of answer.
    pub kinds: BTreeMap<&'static str, u64>,
    /// The longest, and its number.
    pub longest: (Duration, u64),
    /// The median, to the next power of two above.
    pub median: Duration,
    /// Cases that took longer than a second.
    pub slow: Vec<(u64, Duration)>,
    /// How long all took.
    pub took: Duration,
    /// The most memory that was resident meanwhile.
    pub peak_kib: u64,
    /// The first failure.
    pub failure: Option<Failure>,
    by_size: BTreeMap<u32, u64>,
}

/// A property that does not hold.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The target.
    pub target: &'static str,
    /// The seed.
    pub seed: u64,
    /// The number of the case.
    pub case: u64,
    /// The input.
    pub input: Vec<u8>,
    /// What the target panicked with.
    pub message: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Failure {
            target,
            seed,
            case,
            input,
            message,
        } = self;
        writeln!(f, "{target}: case {case} of seed {seed} fails: {message}")?;
        match input.len() {
            0..=4096 => writeln!(f, "input ({} bytes): {}", input.len(), input.escape_ascii())?,
            length => writeln!(
                f,
                "input ({length} bytes) begins: {}",
                input[..4096].escape_ascii()
            )?,
        }
        write!(f, "again: {}", replay(target, *seed, *case))
    }
}

/// The command that runs one case again.
pub fn replay(target: &str, seed: u64, case: u64) -> String {
    format!("cargo run --release -p fuzz -- --seed {seed} --first {case} --cases 1 {target}")
}

/// The input of a case.
pub fn input(target: &Target, inputs: &BoxedStrategy<Vec<u8>>, seed: u64, case: u64) -> Vec<u8> {
    let digest = Sha256::digest(format!("{}/{seed}/{case}", target.name));
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &digest);
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let tree = inputs.new_tree(&mut runner);
    tree.expect("these strategies reject nothing").current()
}

/// Runs cases of one target up to the first failure; `progress` is called every few seconds.
pub fn run(target: &Target, cases: Cases, progress: impl Fn(&RunCounters)) -> RunCounters {
    quiet_panics();
    reset_peak();
    let began = wall::mono();
    let total = Mutex::new(RunCounters::default());
    let next = AtomicU64::new(0);
    let over = AtomicBool::new(false);
    let current: Vec<Current> = (0..cases.threads.max(1)).map(|_| Current::default()).collect();
    thread::scope(|scope| {
        let workers: Vec<_> = current
            .iter()
            .map(|current| {
                let (total, next, over) = (&total, &next, &over);
                scope.spawn(move || work(target, cases, current, total, next, over))
            })
            .collect();
        let mut told = wall::mono();
        while !workers.iter().all(|worker| worker.is_finished()) {
            wall::block(Duration::from_millis(20));
            watch(target, cases.seed, &current);
            let now = wall::mono();
            if now.since(told) > Duration::from_secs(5) {
                told = now;
                let mut counters = total.lock().clone();
                counters.took = now.since(began);
                progress(&counters);
            }
        }
    });
    let mut counters = total.into_inner();
    counters.took = wall::mono().since(began);
    counters.peak_kib = status_kib("VmHWM:");
    let mut seen = 0;
    let middle = counters.by_size.iter().find(|(_, cases)| {
        seen += **cases;
        seen * 2 >= counters.cases
    });
    counters.median = Duration::from_nanos(1 << middle.map_or(0, |(size, _)| *size));
    counters
}

/// What a thread is doing.
#[derive(Default)]
struct Current {
    /// When its case began, in nanoseconds of the monotonic clock; 0 between two.
    since: AtomicU64,
    case: AtomicU64,
}

fn work(
    target: &Target,
    cases: Cases,
    current: &Current,
    total: &Mutex<RunCounters>,
    next: &AtomicU64,
    over: &AtomicBool,
) {
    let inputs = (target.inputs)();
    while !over.load(Ordering::Relaxed) {
        let from = next.fetch_add(BATCH, Ordering::Relaxed);
        if from >= cases.count {
            return;
        }
        let mut counters = RunCounters::default();
        for number in from..(from + BATCH).min(cases.count) {
            let case = cases.first + number;
            let bytes = input(target, &inputs, cases.seed, case);
            let began = wall::mono();
            current.case.store(case, Ordering::Relaxed);
            current.since.store(began.as_ns(), Ordering::Release);
            let checked = checked(target.check, &bytes);
            current.since.store(0, Ordering::Release);
            let took = wall::mono().since(began);
            counters.note(case, took);
            match checked {
                Ok(kind) => *counters.kinds.entry(kind).or_default() += 1,
                Err(message) => {
                    counters.failure = Some(Failure {
                        target: target.name,
                        seed: cases.seed,
                        case,
                        input: bytes,
                        message,
                    });
                    over.store(true, Ordering::Relaxed);
                    break;
                }
            }
        }
        total.lock().add(counters);
    }
}

impl RunCounters {
    fn note(&mut self, case: u64, took: Duration) {
        self.cases += 1;
        self.longest = self.longest.max((took, case));
        let size = u64::BITS - (took.as_nanos() as u64).leading_zeros();
        *self.by_size.entry(size).or_default() += 1;
        if took > SLOW {
            self.slow.push((case, took));
        }
    }

    fn add(&mut self, other: RunCounters) {
        self.cases += other.cases;
        for (kind, count) in other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
        self.longest = self.longest.max(other.longest);
        self.slow.extend(other.slow);
        for (size, count) in other.by_size {
            *self.by_size.entry(size).or_default() += count;
        }
        // Of two that fail at once, the first case is told.
        self.failure = match (self.failure.take(), other.failure) {
            (Some(ours), Some(theirs)) if theirs.case < ours.case => Some(theirs),
            (ours, theirs) => ours.or(theirs),
        };
    }
}

thread_local! {
    /// Where a panic of this thread was, while a case runs.
    static PANICKED_AT: std::cell::RefCell<Option<String>> = const { std::cell::RefCell::new(None) };
    static CHECKING: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// What a target says of bytes, or what it panicked with.
///
/// # Errors
/// The message and the place of the panic.
pub fn checked(check: fn(&[u8]) -> &'static str, bytes: &[u8]) -> Result<&'static str, String> {
    CHECKING.set(true);
    let checked = panic::catch_unwind(AssertUnwindSafe(|| check(bytes)));
    CHECKING.set(false);
    checked.map_err(|payload| {
        let place = PANICKED_AT.take().unwrap_or_default();
        format!("{} ({place})", message(&*payload))
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}

/// Panics of cases are told once, with the case; all others as ever.
fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_router = thread::current()
                .name()
                .is_some_and(|name| name.starts_with("router-"));
            match (CHECKING.get(), is_router) {
                (true, _) => PANICKED_AT.set(info.location().map(ToString::to_string)),
                // Routers of brokers have no other end; one that ends too early is missed by its case.
                (false, true) => {}
                (false, false) => before(info),
            }
        }));
    });
}

/// Ends the process if a case hangs, or if memory runs away: both cannot be taken back.
fn watch(target: &Target, seed: u64, current: &[Current]) {
    let now = wall::mono();
    let case = |current: &Current| current.case.load(Ordering::Relaxed);
    for current in current {
        let since = current.since.load(Ordering::Acquire);
        if since > 0 && now.since(wall::Mono::from_ns(since)) > HANGS {
            let again = replay(target.name, seed, case(current));
            eprintln!(
                "{}: a case takes longer than {HANGS:?}\nagain: {again}",
                target.name
            );
            std::process::exit(1);
        }
    }
    let resident = status_kib("VmRSS:");
    if resident > MOST_KIB {
        eprintln!(
            "{}: {resident} KiB are resident, more than {MOST_KIB}",
            target.name
        );
        for current in current {
            eprintln!("again, perhaps: {}", replay(target.name, seed, case(current)));
        }
        std::process::exit(1);
    }
}

/// A line of `/proc/self/status`, in KiB.
fn status_kib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}

/// The peak of memory is measured from now on (`proc(5)`, `clear_refs`); where that cannot be, from the start.
fn reset_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// A target's counters in lines, as people read it.
pub fn shown(name: &str, counters: &RunCounters) -> String {
    use std::fmt::Write;
    let seconds = counters.took.as_secs_f64();
    let mut text = format!(
        "{name:<9} {:>9} cases {seconds:>7.1} s {:>8.0}/s  median < {:?}, longest {:?} (case {}), peak {} MiB\n",
        counters.cases,
        counters.cases as f64 / seconds.max(1e-9),
        counters.median,
        counters.longest.0,
        counters.longest.1,
        counters.peak_kib >> 10,
    );
    for (kind, count) in &counters.kinds {
        let share = *count as f64 * 100.0 / counters.cases.max(1) as f64;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "          {share:>6.2} %  {count:>9}  {kind}");
    }
    for (case, took) in counters.slow.iter().take(5) {
        let _ = writeln!(text, "          slow: case {case} took {took:?}");
    }
    text
}

/// Runs all these targets by their weights, one after the other; the counters by their names.
pub fn run_all(
    targets: &[Target],
    seed: u64,
    count: u64,
    threads: usize,
    progress: impl Fn(&'static str, &RunCounters),
) -> Vec<(&'static str, RunCounters)> {
    let weights: u64 = targets.iter().map(|target| target.weight).sum();
    let told = Arc::new(progress);
    let one = |target: &Target| {
        let cases = Cases {
            seed,
            first: 0,
            count: (count * target.weight).div_ceil(weights.max(1)),
            threads,
        };
        (
            target.name,
            run(target, cases, |counters| told(target.name, counters)),
        )
    };
    targets.iter().map(one).collect()
}
