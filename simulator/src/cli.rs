//! The command line as typed.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

use crate::commands::Ready;
use crate::commands::capacity::Capacity;
use crate::commands::check::Check;
use crate::commands::cloud::Cloud;
use crate::commands::doctor::Doctor;
use crate::commands::evidence::Evidence;
use crate::commands::findings::Findings;
use crate::commands::forecast::Forecast;
use crate::commands::history::History;
use crate::commands::list::List;
use crate::commands::mqtt::Mqtt;
use crate::commands::report::Report;
use crate::commands::run::Run;
use crate::commands::verify::Verify;

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
    /// Explain a section, fault, action, probe or writer of scenarios: fields, defaults, what it needs, an example.
    Explain(crate::commands::explain::Explain),
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
    /// Check the prerequisites for drills on this machine: what is installed, what is missing, and how to get it.
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

/// The client of the Docker engine logs whole bodies at level debug, which hold the environment of containers and
/// the token in it.
fn docker_client_log_limit() -> Directive {
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
    let filter = filter.add_directive(docker_client_log_limit());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
}
