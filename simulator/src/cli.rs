//! The command line as typed.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use drill::report::EMBEDDED;
use drill::scenario::Speed;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

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
    Run(Run),
    /// Validate scenarios, with all errors at once.
    Check(Check),
    /// List scenarios.
    List(List),
    /// Print the JSON Schema of scenarios.
    Schema,
    /// Judge and render a recorded run again.
    Report(Report),
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
    /// Where to put the run: a new or empty folder. Without it: `runs/<scenario>/<time>-<seed>`.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Drill seconds per wall second, instead of the scenario's: as many as keep figures exact (`auto`), or at most
    /// so many.
    #[arg(long, value_name = "auto|RATE")]
    pub(crate) speed: Option<Speed>,
    /// Never more drill seconds per wall second than this, whatever the speed.
    #[arg(long, value_name = "RATE", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) max_speed: Option<u32>,
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
    /// Serve metrics for Prometheus at `http://ADDR:PORT/metrics` while the drill runs (port 0: a free one).
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) metrics: Option<SocketAddr>,
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
