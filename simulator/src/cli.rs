//! The command line as typed.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use drill::report::EMBEDDED;
use drill::scenario::{Durations, Speed};
use drill::units::Span;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

use crate::commands::Ready;
use crate::commands::evidence::Evidence;
use crate::commands::findings::Findings;
use crate::commands::history::History;
use crate::commands::notification::Destination;
use crate::commands::verify::Verify;
use crate::details::DetailFlags;
use crate::runs::RunsFolder;

/// Finds out whether a disaster-recovery plan keeps its promises.
#[derive(Debug, Parser)]
#[command(name = "firedrill", version, about, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 every target met; 1 a target missed; 2 bad input or usage; \
    3 inconclusive; 4 the environment could not be stood up; 130 interrupted."
)]
pub(crate) struct Arguments {
    /// Show more of what goes on inside (twice: everything).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a drill and judge it.
    Run(Box<Run>),
    /// Validate scenarios, with all errors at once.
    Check(Check),
    /// Say whether what a plan relies on is there, without breaking anything.
    Ready(Ready),
    /// Drill many scenarios as one suite, against what is expected and against a baseline.
    Ci(crate::commands::ci::Ci),
    /// List scenarios.
    List(List),
    /// Print the JSON Schema of scenarios.
    Schema,
    /// Write a small project of your own that runs at once: a scenario, a recovery script, and how to go on.
    New(crate::commands::new::New),
    /// Judge and render a recorded run again.
    Report(Report),
    /// Put two recorded runs side by side: objectives, steps, losses, findings, and what was drilled otherwise. However they
    /// differ, the exit code is 0.
    Compare(crate::commands::compare::Compare),
    /// Say how likely a plan is to meet its targets, which step decides, and what would help: thousands of disasters,
    /// simulated. However likely it is, the exit code is 0.
    Forecast(Forecast),
    /// Say how many connects per second a fleet needs, and what its firmware should do, so that it is back in time:
    /// simulated, up to billions of devices.
    Capacity(Capacity),
    /// List the drills that were run, the newest last: verdicts, recovery times and losses against their targets.
    History(History),
    /// List what drills found: open, owner, due, retested by which run, closed; with a register that is kept in git.
    Findings(Findings),
    /// Pack a recorded run as signed evidence, which others can verify.
    Evidence(Evidence),
    /// Verify evidence of a drill: that nothing in it was changed since it was signed.
    Verify(Verify),
    /// Stand up a scenario's cloud and broker without a drill, and wait.
    Cloud(Cloud),
    /// Say what this machine has for drills, what it lacks, and how to get that.
    Doctor(Doctor),
    /// Run an MQTT broker of its own for clients of yours, without rules, and wait.
    Mqtt(Mqtt),
    /// The broker of one region (started by the program itself).
    #[command(hide = true)]
    Broker {
        /// What it needs to know.
        #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
        arguments: Vec<String>,
    },
    /// The sandbox of one script or function (started by the program itself).
    #[command(hide = true)]
    Sandbox,
    /// A function that runs inside of the emulated Lambda (started by the cloud).
    #[command(hide = true)]
    Function {
        /// Which one.
        name: String,
    },
    /// A program that a device of the sample received (started by the program itself).
    #[cfg(feature = "steel")]
    #[command(hide = true)]
    Program {
        /// Its file.
        path: PathBuf,
    },
    /// Removes the containers of a run (started by the reaper when the program dies).
    #[command(hide = true)]
    RemoveContainers {
        /// The run that they are labelled with.
        run: String,
    },
    /// Ends what is left when the program dies (started by the program itself).
    #[command(hide = true)]
    Reaper,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The scenario file.
    pub(crate) scenario: PathBuf,
    /// The seed of every draw; without it the scenario's, else 1.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Where to put the run: a new or empty folder. Without it: `<scenario>/<time>-<seed>` in the folder of all runs.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) runs: RunsFolder,
    /// Drill seconds per wall second, instead of the scenario's: as many as keep figures exact (`auto`), or at most
    /// so many.
    #[arg(long, value_name = "auto|RATE")]
    pub(crate) speed: Option<Speed>,
    /// Never more drill seconds per wall second than this, whatever the speed.
    #[arg(long, value_name = "RATE", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) max_speed: Option<u32>,
    /// How long steps take that are modelled, instead of what the scenario says: the 95th percentile, the median, or what
    /// the seed draws, as one run of a forecast has it.
    #[arg(long, value_name = "p95|p50|draw")]
    pub(crate) durations: Option<Durations>,
    /// Listen on this port (first region) and those after it, instead of on free ones.
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Where its AWS is: `embedded`, `localstack` (a container for each region), or endpoints that run already: a URL,
    /// or `primary=URL,backup=URL`.
    #[arg(long, default_value = EMBEDDED, value_name = "WHERE")]
    pub(crate) cloud: String,
    /// The image of LocalStack, instead of localstack/localstack:4.14.0.
    #[arg(long, value_name = "IMAGE")]
    pub(crate) localstack_image: Option<String>,
    /// Sign as users with the keys in this file (made if it is not there; AWS's clients read it as
    /// AWS_SHARED_CREDENTIALS_FILE), instead of with new ones at every start: for
    /// endpoints (`--cloud URL`) that know only keys of their own.
    #[arg(long, value_name = "FILE")]
    pub(crate) access_key_file: Option<PathBuf>,
    /// Run shell steps and your functions without isolation: they see and reach what you do.
    #[arg(long)]
    pub(crate) unisolated: bool,
    /// People perform the human steps, on standard input: they confirm, skip with a reason, note, tick the checklist, approve.
    /// Their time is observed, at real time.
    #[arg(long)]
    pub(crate) interactive: bool,
    /// The name of the person who answers first. A terminal is asked for it otherwise; a file or pipe needs it.
    #[arg(long = "as", value_name = "NAME", requires = "interactive")]
    pub(crate) person: Option<String>,
    /// Post the outcome to this webhook once the drill is judged: an http:// URL on loopback or of a host in
    /// `safety.allow_hosts`, or `env:NAME`, the variable that has it. Every drill leaves the same message in
    /// `notification.json`, for other ways to post it.
    #[arg(long, value_name = "URL|env:NAME")]
    pub(crate) notify: Option<Destination>,
    /// Serve metrics for Prometheus at `http://ADDR:PORT/metrics` while the drill runs (port 0: a free one).
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) metrics: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) details: DetailFlags,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Scenario files, or folders of them.
    #[arg(default_value = "scenarios")]
    pub(crate) paths: Vec<PathBuf>,
    /// Check them for this cloud, too: `embedded`, `localstack`, a URL, or `label=URL,…` for each region.
    #[arg(long, value_name = "WHERE")]
    pub(crate) cloud: Option<String>,
    /// The image of LocalStack, instead of localstack/localstack:4.14.0, whose services are known.
    #[arg(long, value_name = "IMAGE", requires = "cloud")]
    pub(crate) localstack_image: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// The folder to look in.
    #[arg(default_value = "scenarios")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The run's folder (`runs/<scenario>/latest`).
    pub(crate) run: PathBuf,
    /// Where to put the reports instead.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    // What is said after the drill is kept in the run's folder and marked in the report.
    #[command(flatten)]
    pub(crate) details: DetailFlags,
}

/// What every simulation is asked with.
#[derive(Debug, Args)]
pub(crate) struct Simulated {
    /// The seed of every draw (of a forecast that of its first run, which the others follow); without it the scenario's, else 1.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Threads; the outcome does not depend on them. Without it, one for each processor.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Where to put the page and the files: a new or empty folder. Without it: `runs/<scenario>/<command>/<time>-<seed>`.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Put the pictures here, too, as SVG files.
    #[arg(long, value_name = "DIR")]
    pub(crate) charts: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Forecast {
    /// The scenario file.
    pub(crate) scenario: PathBuf,
    /// How many disasters are simulated, at most.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) runs: u64,
    /// Simulate no more once each chance is known to so much to either side, with a confidence of 95 %: `1%`.
    #[arg(long, value_name = "PERCENT")]
    pub(crate) until_ci: Option<String>,
    /// Take what steps do and how long their work takes from a recorded drill of this scenario: its folder
    /// (`runs/<scenario>/latest`). Several drills: the option once for each.
    #[arg(long, value_name = "RUN")]
    pub(crate) calibrate: Vec<PathBuf>,
    /// When faults strike: `random`, at a moment that is drawn within one interval of probes and monitoring, or `written`, as
    /// in a drill.
    #[arg(long, value_name = "WHEN", default_value = "random")]
    pub(crate) phase: String,
    /// Which of a modelled duration's values is taken: `draw`, or the same each time, as drills do: `p95` or `p50`.
    #[arg(long, value_name = "VALUE", default_value = "draw")]
    pub(crate) durations: Durations,
    #[command(flatten)]
    pub(crate) simulated: Simulated,
}

#[derive(Debug, Args)]
pub(crate) struct Capacity {
    /// The scenario file.
    pub(crate) scenario: PathBuf,
    /// Devices: `1M`, `10k,100k`, `10k..10M` (in steps of 1, 2 and 5), `1k..5k:500`, `10k..1G*7`; without it the fleet of the
    /// scenario. The recommendation is for the most.
    #[arg(long, value_name = "N")]
    pub(crate) devices: Option<String>,
    /// Connects per second that the endpoint lets in, as above; without it the quota of the scenario.
    #[arg(long, value_name = "N")]
    pub(crate) connects_per_second: Option<String>,
    /// Firmware profiles, with commas; without it that of the scenario. The recommendation is for the first.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) profile: Vec<String>,
    /// Longest waits between attempts, with commas, instead of the profile's.
    #[arg(long, value_name = "TIME", value_delimiter = ',')]
    pub(crate) cap: Vec<Span>,
    /// Which part of a wait is left to chance, with commas, instead of the profile's: none, full, equal, decorrelated.
    #[arg(long, value_name = "HOW", value_delimiter = ',')]
    pub(crate) jitter: Vec<String>,
    /// All devices are to be back by then; without it the shortest RTO of the scenario.
    #[arg(long, value_name = "TIME")]
    pub(crate) target: Option<Span>,
    /// The endpoint is closed for so long after the sessions are lost.
    #[arg(long, value_name = "TIME", default_value = "0s")]
    pub(crate) closed_for: Span,
    /// The sessions are lost over so long.
    #[arg(long, value_name = "TIME", default_value = "1s")]
    pub(crate) over: Span,
    /// How long one invocation of a function takes, without which its timeout is taken.
    #[arg(long, value_name = "TIME")]
    pub(crate) function_takes: Option<Span>,
    #[command(flatten)]
    pub(crate) simulated: Simulated,
}

#[derive(Debug, Args)]
pub(crate) struct Cloud {
    /// The scenario file.
    pub(crate) scenario: PathBuf,
    /// The seed of every draw; without it the scenario's, else 1.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Listen on this port (first region) and those after it, instead of on free ones.
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Where its AWS is: `embedded`, `localstack` (a container for each region), or endpoints that run already: a URL,
    /// or `primary=URL,backup=URL`.
    #[arg(long, default_value = EMBEDDED, value_name = "WHERE")]
    pub(crate) cloud: String,
    /// The image of LocalStack, instead of localstack/localstack:4.14.0.
    #[arg(long, value_name = "IMAGE")]
    pub(crate) localstack_image: Option<String>,
    /// Sign as users with the keys in this file (made if it is not there; AWS's clients read it as
    /// AWS_SHARED_CREDENTIALS_FILE), instead of with new ones at every start.
    #[arg(long, value_name = "FILE")]
    pub(crate) access_key_file: Option<PathBuf>,
    /// Run your functions without isolation: they see and reach what you do.
    #[arg(long)]
    pub(crate) unisolated: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Print JSON, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Mqtt {
    /// Where it listens (port 0: a free one).
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:1883")]
    pub(crate) listen: SocketAddr,
    /// Connections at one time; more are closed. Each takes an open file.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) connections: u32,
}

/// The client of the Docker engine logs whole bodies at level debug, which hold the environment of containers and
/// the token in it.
fn silence() -> Directive {
    "bollard=info".parse().expect("a directive that never changes")
}

/// Logs go to stderr; `RUST_LOG` overrides `-v`.
pub(crate) fn start_logging(verbose: u8) {
    let default = match verbose {
        // The library logs every answer that is an error, and drills are full of those on purpose.
        0 => "error,rumqttd=off,s3s=off",
        1 => "info,rumqttd=warn,s3s=warn",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let filter = filter.add_directive(silence());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
}
