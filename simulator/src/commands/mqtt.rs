//! `firedrill mqtt`: a broker of its own, as drills have them, without a drill, a cloud or rules.
//!
//! It is for clients of one's own. The brokers of a drill are children of the simulator, since faults kill and freeze
//! them; no fault affects this one. Drill time is real time here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use cloud_emulator::cloud::RunKeys;
use cloud_emulator::gateway::Principal;
use cloud_emulator::iot::{BrokerConfig, BrokerHandle, BrokerOptions, Program};
use runtime::{Clock, Supervisor};
use tokio::signal::unix::{SignalKind, signal};

use super::threads::threads;
use crate::exit::{End, Failure};
use crate::output;
use crate::temporary::temporary_folder;

#[derive(Debug, Args)]
pub(crate) struct Mqtt {
    /// Where it listens (port 0: a free one).
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:1883")]
    pub(crate) listen: SocketAddr,
    /// Connections at one time; more are closed. Each takes an open file.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) connections: u32,
}

/// How long the broker may take to end, in wall time.
const GRACE: Duration = Duration::from_secs(5);

/// New connections a second, of all clients and of one, as AWS IoT Core has them by default.
const CONNECTS_PER_SECOND: u32 = 500;
const CONNECTS_PER_SECOND_PER_CLIENT: u32 = 1;

pub(crate) fn execute(arguments: &Mqtt) -> Result<End, Failure> {
    runtime::preflight::port_free(arguments.listen)
        .map_err(|error| Failure::Environment(error.to_string()))?;
    threads()?.block_on(serve(arguments))
}

async fn serve(arguments: &Mqtt) -> Result<End, Failure> {
    let listen =
        |kind| signal(kind).map_err(|error| Failure::environment("cannot listen for signals", error));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let exe =
        std::env::current_exe().map_err(|error| Failure::environment("cannot find my own program", error))?;
    let supervisor =
        Supervisor::new(&exe, &["reaper".into()]).map_err(|error| Failure::Environment(error.to_string()))?;
    let supervisor = Arc::new(supervisor);
    let folder = temporary_folder(&supervisor)?;
    let clock = Clock::new(1.0).map_err(|error| Failure::environment("cannot make a clock", error))?;
    clock.start();
    let keys = RunKeys::random().map_err(|error| Failure::environment("cannot make keys", error))?;
    let site = BrokerHandle::start(BrokerOptions {
        supervisor: supervisor.clone(),
        program: Program {
            exe,
            arguments: vec!["broker".into()],
        },
        clock,
        config: BrokerConfig {
            listen: arguments.listen,
            open_to_others: true,
            connects_per_second: CONNECTS_PER_SECOND,
            connects_per_second_per_client: CONNECTS_PER_SECOND_PER_CLIENT,
            max_connections: arguments.connections,
            marks: folder.path().join("marks"),
            // Without rules no endpoint is called.
            endpoint: String::new(),
            region: String::new(),
            keys: keys.pair(Principal::Rule).clone(),
            rules: Vec::new(),
        },
        on_trouble: Arc::new(|_| {}),
    });
    let site = site
        .await
        .map_err(|error| Failure::Environment(error.to_string()))?;
    let ended = match announce_broker(site.address()) {
        Ok(()) => tokio::select! {
            _ = interrupt.recv() => Ok(End::Interrupted),
            _ = terminate.recv() => Ok(End::Interrupted),
            why = site.crashed() => Err(Failure::environment("the MQTT broker ended by itself", why)),
        },
        Err(failure) => Err(failure),
    };
    // How it ended was told, if it ended by itself.
    let _ = site.stop().await;
    supervisor.shutdown(GRACE).await;
    ended
}

fn announce_broker(address: SocketAddr) -> Result<(), Failure> {
    if !address.ip().is_loopback() {
        output::note(format_args!(
            "firedrill: warning: the broker listens on {address}, which other machines may reach; it does \
             not authenticate clients"
        ));
    }
    output::note("An MQTT 3.1.1 broker answers. Ctrl-C ends it.");
    output::write(&format!("mqtt://{address}\n"))
}
