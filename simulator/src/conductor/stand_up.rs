//! Stand-up: checks what the drill needs, then starts it in the order in which things need each other.
//!
//! ```text
//! prepare: open files, ports ──► records ──► supervisor ──► cloud, broker ──► history ──► drill 0
//! ```

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use cloud_emulator::client::Patience;
use cloud_emulator::cloud::{Cloud, CloudOptions, addresses, key_pair};
use cloud_emulator::gateway::Principal;
use cloud_emulator::iot::{Site, Trouble};
use cloud_emulator::lambda::Isolation;
use cloud_emulator::replication::ReplicationEvent;
use drill::journal::{Event, Record};
use drill::ledger::{HISTORY, Write, WriteKind};
use drill::plan::{Plan, PlannedDevice};
use drill::scenario::{IOT_NAME, Scenario};
use drill::units::DrillTime;
use fleet_emulator::{
    DeviceInput, Discover, Discovery, Fleet, FleetConfig, Overrides, Profile, Programs, Resolved, RunProgram,
    Saturated,
};
use parking_lot::Mutex;
use runtime::clock::Clock;
use runtime::journal::Journal;
use runtime::preflight;
use runtime::records::Records;
use runtime::sandbox::Sandbox;
use runtime::supervisor::Supervisor;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::Signal;
use super::context::{Drill, Places, ROUNDS_KEPT};
use super::functions::{self, Functions};
use super::gate::Gate;
use super::pulse::Pulse;
use super::register::Register;
use super::runbook::Steps;
use super::runbook::shell::{self, Masks, Scripts, Secrets};
use crate::exit::Failure;
use crate::progress::Progress;
use crate::run_folder::{self, RunFolder};
use crate::temporary::temporary_folder;

/// Open files beside those of devices: records, gateways, clients, the broker's pipes.
const FILES: u64 = 512;

/// Open files of this process for one device.
const FILES_PER_DEVICE: u64 = 1;

/// What a drill is run with.
pub(crate) struct Request<'a> {
    pub(crate) scenario: Scenario,
    pub(crate) scenario_sha256: String,
    pub(crate) plan: Plan,
    pub(crate) seed: u64,
    pub(crate) speed: u32,
    pub(crate) folder: &'a RunFolder,
    /// Where the scenario's file lies.
    pub(crate) scenario_folder: PathBuf,
    pub(crate) port: Option<u16>,
    /// Whether scripts are isolated.
    pub(crate) isolated: bool,
    /// What scripts get of this program's environment, and no record shows.
    pub(crate) secrets: Secrets,
}

/// Checks what a drill needs of the machine, before anything is made or started.
///
/// # Errors
/// One clear sentence.
pub(crate) fn prepare(scenario: &Scenario, port: Option<u16>) -> Result<(), Failure> {
    let environment = |error: preflight::PreflightError| Failure::Environment(error.to_string());
    let devices = scenario
        .fleet
        .as_ref()
        .map_or(0, |fleet| u64::from(fleet.devices));
    preflight::open_files("this drill", FILES + FILES_PER_DEVICE * devices).map_err(environment)?;
    for address in port
        .map(|port| addresses(scenario, Some(port)))
        .unwrap_or_default()
    {
        preflight::port_free(address).map_err(environment)?;
    }
    Ok(())
}

/// Stands everything up; the drill's clock runs when this returns.
pub(super) async fn stand_up(
    request: Request<'_>,
) -> Result<(Arc<Drill>, UnboundedReceiver<Signal>), Failure> {
    let Request {
        scenario,
        plan,
        seed,
        folder,
        ..
    } = request;
    let clock = Clock::new(f64::from(request.speed))
        .map_err(|error| Failure::environment("cannot make a clock", error))?;
    let record = |error: runtime::WriteError| Failure::Environment(error.to_string());
    let masks = match shell::has_scripts(&scenario) || !scenario.secrets.is_empty() {
        true => request
            .secrets
            .masks([key_pair(Principal::User, seed).secret_key]),
        false => Masks::default(),
    };
    let journal =
        Journal::create(&folder.file(run_folder::JOURNAL), &clock, masks.texts()).map_err(record)?;
    let ledger = Records::create(&folder.file(run_folder::LEDGER), Record::Ledger).map_err(record)?;
    let audit = Records::create(&folder.file(run_folder::AUDIT), Record::Audit).map_err(record)?;
    let (sender, signals) = mpsc::unbounded_channel();
    watch_signals(&sender)?;

    journal.emit(Event::Started {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: scenario.name.clone(),
        scenario_sha256: request.scenario_sha256,
        plan_sha256: plan.digest(),
        seed,
        cloud: "embedded".to_owned(),
        speed: f64::from(request.speed),
    });
    let exe =
        std::env::current_exe().map_err(|error| Failure::environment("cannot find my own program", error))?;
    let supervisor =
        Supervisor::new(&exe, &["reaper".into()]).map_err(|error| Failure::Environment(error.to_string()))?;
    let supervisor = Arc::new(supervisor);
    let scripts = match shell::has_scripts(&scenario) {
        true => Some(scripts(
            &exe,
            &supervisor,
            request.isolated,
            request.secrets,
            masks,
        )?),
        false => None,
    };
    if !request.isolated && shell::has_code(&scenario) {
        let text = "scripts and functions of the user's run without isolation (--unisolated): they saw and \
                    reached what the user who ran the drill does";
        journal.emit(Event::Warning {
            text: text.to_owned(),
        });
    }
    let ledger = Arc::new(ledger);
    let counters = Functions::default();
    let code = temporary_folder(&supervisor)?;
    let cloud = Cloud::start(CloudOptions {
        scenario: &scenario,
        scenario_folder: &request.scenario_folder,
        plan: &plan,
        clock: &clock,
        port: request.port,
        supervisor: &supervisor,
        exe: &exe,
        marks: folder.file(run_folder::MARKS),
        code: code.path().to_owned(),
        isolation: isolation(&exe, request.isolated),
        on_replication: on_replication(&journal),
        on_trouble: on_trouble(&journal),
        on_function: functions::on_function(&journal, &ledger, &counters),
    })
    .await
    .map_err(|error| Failure::Environment(error.to_string()))?;
    #[cfg(feature = "steel")]
    let runner = Some(crate::programs::runner(&exe, request.isolated, &supervisor));
    #[cfg(not(feature = "steel"))]
    let runner = None;
    let fleet = start_fleet(&scenario, &plan, &clock, &cloud, &journal, runner);

    let canaries = fleet.iter().flat_map(|fleet| {
        let canary = |(label, broker): (&str, &Site)| (label.to_owned(), fleet.canary(broker.address()));
        cloud.brokers().map(canary).collect::<Vec<_>>()
    });
    let drill = Arc::new(Drill {
        user: cloud.clients(Principal::User, Patience::ONCE),
        operator: cloud.clients(Principal::User, Patience::STANDARD),
        prober: cloud.clients(Principal::Probe, Patience::ONCE),
        auditor: cloud.s3(Principal::Audit, Patience::STANDARD),
        functions: cloud.rest(Principal::Probe, Patience::ONCE),
        operator_rest: cloud.rest(Principal::User, Patience::STANDARD),
        register: Register::default(),
        function_counters: counters,
        program_counters: Default::default(),
        device_regions: Default::default(),
        gate: Gate::new(&scenario.faults),
        canaries: canaries.collect(),
        canary_numbers: AtomicU32::new(0),
        _code: code,
        fleet: Mutex::new(fleet),
        telemetry: Mutex::default(),
        supervisor,
        pulse: Mutex::new(Pulse::new(&scenario)),
        progress: Progress::new(),
        places: Places {
            run: folder.path.clone(),
            scenario: request.scenario_folder,
        },
        quiet: CancellationToken::new(),
        stop: CancellationToken::new(),
        standing: Mutex::default(),
        steps: Steps::default(),
        scripts,
        rounds: broadcast::Sender::new(ROUNDS_KEPT),
        audited: watch::Sender::new(false),
        scenario,
        plan,
        seed,
        speed: f64::from(request.speed),
        clock,
        cloud,
        journal,
        ledger,
        audit,
        signals: sender,
    });
    write_history(&drill);
    watch_records(&drill);
    watch_broker(&drill);
    drill.clock.start();
    drill.emit(Event::CloudReady {
        regions: drill.cloud.regions().to_vec(),
    });
    Ok((drill, signals))
}

/// What the runbook's scripts need.
fn scripts(
    exe: &Path,
    supervisor: &Supervisor,
    isolated: bool,
    secrets: Secrets,
    masks: Masks,
) -> Result<Scripts, Failure> {
    let folder = temporary_folder(supervisor)?;
    Scripts::new(Sandbox::new(exe, ["sandbox"]), isolated, secrets, masks, folder)
        .map_err(|error| Failure::environment("cannot make a folder for the tools of scripts", error))
}

/// Users' functions are kept in as their scripts are.
pub(crate) fn isolation(exe: &Path, isolated: bool) -> Isolation {
    match isolated {
        true => Isolation::Sandbox(Arc::new(Sandbox::new(exe, ["sandbox"]))),
        false => Isolation::None,
    }
}

/// The devices, which boot after drill 0. Without a broker there are none: nothing could tell of them.
fn start_fleet(
    scenario: &Scenario,
    plan: &Plan,
    clock: &Clock,
    cloud: &Cloud,
    journal: &Journal,
    runner: Option<Arc<dyn RunProgram>>,
) -> Option<Fleet> {
    let endpoints: Vec<SocketAddr> = cloud.brokers().map(|(_, broker)| broker.address()).collect();
    if endpoints.is_empty() {
        return None;
    }
    let (devices, config) = match &scenario.fleet {
        Some(fleet) => (
            &plan.devices[..],
            FleetConfig {
                telemetry: fleet.telemetry,
                turn_limit: fleet_emulator::TURN_LIMIT.max(scenario.objectives.smallest().divided(100)),
                programs: fleet.programs.map(|sample| Programs { sample, runner }),
                overrides: Overrides {
                    discovery: fleet.discovery.map(Discovery::from),
                    keep_alive: fleet.keep_alive,
                },
                ..FleetConfig::new(plan.seed, Profile::from(fleet.profile))
            },
        ),
        // A canary needs no devices.
        None => (&[][..], FleetConfig::new(plan.seed, Profile::aws_full_jitter())),
    };
    let input = |device: &PlannedDevice| DeviceInput {
        boot: DrillTime::ZERO + device.boot,
        phase: device.phase,
    };
    let journal = journal.clone();
    let saturated = move |saturated: Saturated| {
        journal.emit(Event::Saturated {
            what: "fleet".to_owned(),
            detail: saturated.detail,
        });
    };
    let inputs = devices.iter().map(input).collect();
    Some(Fleet::start(
        config,
        inputs,
        endpoints,
        resolver(cloud),
        clock,
        saturated,
    ))
}

/// The resolver that devices ask where their broker is; endpoints count in the order of the regions.
fn resolver(cloud: &Cloud) -> Arc<dyn Discover> {
    let names = cloud.names().clone();
    let labels: Vec<String> = cloud.brokers().map(|(label, _)| label.to_owned()).collect();
    Arc::new(move |device: u32, now: DrillTime| {
        let answer = names.resolve(&format!("device {device}"), IOT_NAME, now)?;
        Some(Resolved {
            endpoint: labels.iter().position(|label| **label == *answer.region)?,
            ttl: (answer.expires - now).at_least_zero(),
        })
    })
}

/// What goes wrong with rules stands in the journal.
fn on_trouble(journal: &Journal) -> Arc<dyn Fn(Trouble) + Send + Sync> {
    let journal = journal.clone();
    Arc::new(move |trouble| journal.emit(told(trouble)))
}

fn told(trouble: Trouble) -> Event {
    let saturated = |rule: &str, detail: String| Event::Saturated {
        what: format!("rule {rule}"),
        detail,
    };
    match trouble {
        Trouble::Missed { rule, messages } => saturated(
            &rule,
            format!("{messages} messages were dropped before the rule saw them"),
        ),
        Trouble::Dropped { rule, messages } => saturated(
            &rule,
            format!("{messages} messages were dropped since too many waited for the bucket"),
        ),
        Trouble::Refused { rule, error } => Event::Warning {
            text: format!("rule {rule} cannot write to its bucket: {error}"),
        },
        Trouble::Resumed { rule } => Event::Warning {
            text: format!("rule {rule} writes to its bucket again"),
        },
        Trouble::MarksLost { error } => Event::Warning {
            text: format!("the broker's marks cannot be written: {error}"),
        },
    }
}

/// Copies that can never be made stand in the journal.
fn on_replication(journal: &Journal) -> Arc<dyn Fn(ReplicationEvent) + Send + Sync> {
    let journal = journal.clone();
    Arc::new(move |event: ReplicationEvent| {
        let ReplicationEvent {
            at,
            bucket,
            key,
            reason,
        } = event;
        journal.emit_at(at, Event::ReplicaFailed { bucket, key, reason });
    })
}

/// What the buckets held before the drill stands in the ledger, written and acknowledged back then.
fn write_history(drill: &Drill) {
    for bucket in &drill.scenario.cloud.buckets {
        for object in drill.plan.inventory(&bucket.label) {
            let body = drill.plan.object_body(&bucket.label, object);
            drill.record(Write {
                bucket: bucket.label.clone(),
                producer: HISTORY.to_owned(),
                key: object.key.clone(),
                kind: WriteKind::Put,
                produced: object.written_at,
                acknowledged: Some(object.written_at),
                digest: Sha256::digest(&body).into(),
                size: object.size,
            });
        }
    }
}

/// A record that can no longer be written ends the drill.
fn watch_records(drill: &Arc<Drill>) {
    let (journal, ledger, audit) = (
        drill.journal.failed(),
        drill.ledger.failed(),
        drill.audit.failed(),
    );
    let signals = drill.signals.clone();
    tokio::spawn(async move {
        let error = tokio::select! {
            error = journal => error,
            error = ledger => error,
            error = audit => error,
        };
        let _ = signals.send(Signal::RecordLost(error.to_string()));
    });
}

/// A broker that ends though nobody asked it to ends the drill.
fn watch_broker(drill: &Arc<Drill>) {
    for (region, broker) in drill.cloud.brokers() {
        let (crashed, drill, region) = (broker.crashed(), drill.clone(), region.to_owned());
        tokio::spawn(async move {
            let detail = crashed.await;
            drill.signal(Signal::BrokerDied { region, detail });
        });
    }
}

/// Ctrl-C and a polite request to end become signals of the drill.
fn watch_signals(signals: &UnboundedSender<Signal>) -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen =
        |kind| signal(kind).map_err(|error| Failure::environment("cannot listen for signals", error));
    for (kind, name) in [
        (SignalKind::interrupt(), "SIGINT"),
        (SignalKind::terminate(), "SIGTERM"),
        (SignalKind::hangup(), "SIGHUP"),
    ] {
        let (mut arrivals, signals) = (listen(kind)?, signals.clone());
        tokio::spawn(async move {
            while arrivals.recv().await.is_some() {
                let _ = signals.send(Signal::Interrupted(name));
            }
        });
    }
    Ok(())
}
