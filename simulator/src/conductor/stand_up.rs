//! Stand-up: checks what the drill needs, then starts it in the order in which things need each other.
//!
//! ```text
//! prepare: open files, ports ──► records ──► supervisor ──► cloud, broker ──► history ──► drill 0
//! ```

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::Duration;

use cloud_emulator::client::{KeyPair, Patience};
use cloud_emulator::cloud::{Cloud, CloudOptions, Provider, RunKeys, addresses};
use cloud_emulator::gateway::{AccessKey, MeteredKey, Principal};
use cloud_emulator::iot::Site;
use drill::audit::AuditRecord;
use drill::journal::{EndReason, Event, ReadinessCheck, Record};
use drill::ledger::{Changer, HISTORY, LedgerRecord, Write, WriteKind};
use drill::plan::Plan;
use drill::procedure::Pulse;
use drill::scenario::{ClockSpec, Scenario, Speed, Timing};
use parking_lot::Mutex;
use runtime::clock::Clock;
use runtime::journal::Journal;
use runtime::preflight;
use runtime::records::Records;
use runtime::sandbox::Sandbox;
use runtime::supervisor::Supervisor;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::Signal;
use super::accuracy::Accuracy;
use super::changes::{self, Changes};
use super::context::{Drill, Places, ROUNDS_KEPT};
use super::course::Course;
use super::ending;
use super::fleet::start_fleet;
use super::function_pace::FunctionPace;
use super::functions::{self, Functions};
use super::gate::Gate;
use super::isolation::{isolation, sandbox, weaknesses};
use super::people::Counter;
use super::protections;
use super::register::Register;
use super::runbook::Steps;
use super::runbook::shell::{self, Masks, Scripts, Secrets};
use super::watches::{on_replication, on_trouble, watch_broker, watch_cloud, watch_records, watch_signals};
use crate::exit::Failure;
use crate::files;
use crate::machine;
use crate::metrics::Metrics;
use crate::output;
use crate::people::People;
use crate::progress::Progress;
use crate::run_folder::{self, RunFolder};
use crate::temporary::temporary_folder;

/// Open files beside those of devices: records, gateways, clients, the broker's pipes.
pub(crate) const FILES: u64 = 512;

/// Open files of this process for one device.
pub(crate) const FILES_PER_DEVICE: u64 = 1;

/// What a drill is run with.
pub(crate) struct Request<'a> {
    pub(crate) scenario: Scenario,
    pub(crate) scenario_sha256: String,
    /// SHA-256 (hex) of `details.json`, if the run has one.
    pub(crate) details_sha256: Option<String>,
    pub(crate) plan: Plan,
    pub(crate) seed: u64,
    /// How fast drill time may pass, and which durations the plan has.
    pub(crate) pacing: ClockSpec,
    pub(crate) folder: &'a RunFolder,
    /// Where the scenario's file lies.
    pub(crate) scenario_folder: PathBuf,
    pub(crate) port: Option<u16>,
    /// Whether scripts are isolated.
    pub(crate) isolated: bool,
    /// What everybody signs with.
    pub(crate) keys: RunKeys,
    /// What scripts get of this program's environment, and no record shows.
    pub(crate) secrets: Secrets,
    /// Where its AWS is.
    pub(crate) provider: Provider,
    /// Where the drill's metrics are served, if anywhere.
    pub(crate) metrics: Option<&'a Metrics>,
    /// What was found of what this machine has for the runbook.
    pub(crate) machine: Vec<ReadinessCheck>,
    /// Who performs the human steps, if people do.
    pub(crate) people: Option<People>,
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
    let ports = port
        .map(|port| addresses(scenario, Some(port)))
        .unwrap_or_default();
    if let Some(port) = port
        && usize::from(u16::MAX - port) + 1 < ports.len()
    {
        return Err(Failure::Input(format!(
            "--port {port}: this scenario listens on {} ports from there on, and the last one is {}",
            ports.len(),
            u16::MAX
        )));
    }
    for address in ports {
        preflight::port_free(address).map_err(environment)?;
    }
    Ok(())
}

/// How standing up ended.
pub(super) enum Stood {
    /// The drill's clock runs.
    Up(Arc<Drill>, UnboundedReceiver<Signal>),
    /// A signal ended it before there was a drill. Nothing is left but the records, which say so.
    Interrupted,
}

/// Stands everything up.
///
/// # Errors
/// Whatever keeps it from standing up.
pub(super) async fn stand_up(request: Request<'_>) -> Result<Stood, Failure> {
    let Request {
        scenario: whole,
        plan,
        seed,
        folder,
        ..
    } = request;
    let scenario = whole.as_exercised();
    let clock = Accuracy::of(&scenario)
        .clock(request.pacing)
        .map_err(|error| Failure::environment("cannot make a clock", error))?;
    let keys = request.keys;
    let masks = match shell::has_scripts(&scenario) || !scenario.secrets.is_empty() {
        true => request
            .secrets
            .masks([keys.of(Principal::User).secret_key.clone()]),
        false => Masks::default(),
    };
    let Evidence {
        journal,
        ledger,
        audit,
    } = Evidence::create(folder, &clock, &masks)?;
    if let Some(metrics) = request.metrics {
        metrics.hear(&journal);
    }
    let (sender, mut signals) = mpsc::unbounded_channel();
    let halt = CancellationToken::new();
    watch_signals(&sender, &halt)?;

    journal.emit(Event::Started {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: scenario.name.clone(),
        scenario_sha256: request.scenario_sha256,
        plan_sha256: plan.digest(),
        seed,
        cloud: request.provider.name(),
        speed: f64::from(request.pacing.highest_rate()),
        speed_is_auto: request.pacing.speed == Speed::Auto,
        durations: Some(request.pacing.durations),
        details_sha256: request.details_sha256,
        exercise: Some(scenario.exercise).filter(|kind| kind.is_without_faults()),
        interactive: request.people.is_some(),
        answers_from_file: request.people.as_ref().is_some_and(|people| !people.at_terminal),
    });
    journal.emit(Event::Machine {
        kernel: machine::kernel(),
        processor: machine::processor(),
        cores: machine::cores().into(),
    });
    let code = files::digests(&scenario, &request.scenario_folder);
    if !code.is_empty() {
        journal.emit(Event::Code { files: code });
    }
    let exe =
        std::env::current_exe().map_err(|error| Failure::environment("cannot find my own program", error))?;
    let supervisor =
        Supervisor::new(&exe, &["reaper".into()]).map_err(|error| Failure::Environment(error.to_string()))?;
    let supervisor = Arc::new(supervisor);
    let scripts = match shell::has_scripts(&scenario) {
        true => Some(scripts(
            sandbox(&exe, Some(&request.folder.path)),
            &supervisor,
            request.isolated,
            request.secrets,
            masks,
        )?),
        false => None,
    };
    let isolation = isolation(&exe, request.isolated, Some(&request.folder.path));
    for text in weaknesses(&scenario, &isolation, &supervisor).await {
        journal.emit(Event::Warning { text });
    }
    let counters = Functions::default();
    let code = temporary_folder(&supervisor)?;
    let cloud = Cloud::start(CloudOptions {
        keys,
        scenario: &scenario,
        scenario_folder: &request.scenario_folder,
        records: Some(&request.folder.path),
        plan: &plan,
        clock: &clock,
        port: request.port,
        supervisor: &supervisor,
        exe: &exe,
        marks: folder.file(run_folder::MARKS),
        code: code.path().to_owned(),
        isolation,
        provider: &request.provider,
        halt: halt.clone(),
        on_wait: Arc::new(|text| output::note(text)),
        on_replication: on_replication(&journal),
        on_trouble: on_trouble(&journal),
        on_function: functions::on_function(
            &journal,
            &ledger,
            &counters,
            FunctionPace::new(&clock, &scenario, request.pacing.speed),
        ),
    })
    .await;
    let cloud = match cloud {
        Ok(cloud) => cloud,
        Err(_) if halt.is_cancelled() => {
            supervisor.shutdown(ending::GRACE).await;
            tell_interruption(&mut signals, &journal);
            ending::seal(&journal, &ledger, &audit, None, EndReason::Interrupted);
            return Ok(Stood::Interrupted);
        }
        Err(error) => return Err(Failure::Environment(error.to_string())),
    };
    #[cfg(feature = "steel")]
    let runner = Some(crate::programs::runner(
        &exe,
        sandbox(&exe, Some(&request.folder.path)),
        request.isolated,
        &supervisor,
    ));
    #[cfg(not(feature = "steel"))]
    let runner = None;
    let fleet = start_fleet(&scenario, &plan, &clock, &cloud, &journal, runner);

    let canaries = fleet.iter().flat_map(|fleet| {
        let canary = |(label, broker): (&str, &Site)| (label.to_owned(), fleet.canary(broker.address()));
        cloud.brokers().map(canary).collect::<Vec<_>>()
    });
    let (changes, untold) = Changes::new(&clock);
    let (watched, writer) = watched(&cloud, &changes);
    let operators = operators_patience(&scenario);
    let audit_rest = cloud.audit_rest(Patience::STANDARD);
    let auditor = cloud.s3(Principal::Audit, Patience::STANDARD);
    changes
        .settings()
        .read_by(auditor.client(), &audit_rest, &scenario);
    let codes = protections::codes(&scenario, &audit_rest).await;
    let drill = Arc::new(Drill {
        audit_rest,
        codes,
        changes,
        _watched: watched,
        user: cloud.clients(Principal::User, Patience::ONCE).signed_by(&writer),
        operator: cloud.clients(Principal::User, operators),
        prober: cloud.clients(Principal::Probe, Patience::ONCE),
        auditor,
        functions: cloud.rest(Principal::Probe, Patience::ONCE),
        operator_rest: cloud.rest(Principal::User, operators),
        register: Register::default(),
        function_counters: counters,
        program_counters: Default::default(),
        device_regions: Default::default(),
        gate: Gate::new(&scenario.faults),
        canaries: canaries.collect(),
        canary_numbers: AtomicU32::new(0),
        fleet_came: AtomicBool::new(false),
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
        struck: Mutex::default(),
        steps: Steps::default(),
        scripts,
        course: Course::default(),
        people: request.people.map(Counter::new),
        machine: request.machine,
        scenario_begins: whole.exercise_begins(),
        told: match scenario.exercise.is_without_faults() {
            true => whole.faults,
            false => Vec::new(),
        },
        rounds: broadcast::Sender::new(ROUNDS_KEPT),
        audited: watch::Sender::new(false),
        scenario,
        plan,
        seed,
        speed: f64::from(request.pacing.highest_rate()),
        pacing: request.pacing.speed,
        clock,
        cloud,
        journal,
        ledger,
        audit,
        signals: sender,
    });
    tokio::spawn(changes::record(drill.clone(), untold));
    write_history(&drill);
    watch_records(&drill);
    watch_broker(&drill);
    watch_cloud(&drill);
    drill.clock.start();
    drill.emit(Event::CloudReady {
        regions: drill.cloud.regions().to_vec(),
    });
    Ok(Stood::Up(drill, signals))
}

/// Lets the gateway see what functions do, and people with the operator's keys. Writers get keys of their own, since what
/// they do stands in the ledger already.
fn watched(cloud: &Cloud, changes: &Changes) -> (Vec<MeteredKey>, KeyPair) {
    let key = |pair: &KeyPair, principal| AccessKey::new(&pair.access_key, &pair.secret_key, principal);
    let user = cloud.keys(Principal::User);
    let writer = KeyPair {
        access_key: "AKIAFIREDRILLWRITER".to_owned(),
        secret_key: user.secret_key.clone(),
    };
    let somebody = Changer::Other("somebody with the operator's keys".to_owned());
    let keys = [
        (key(&writer, Principal::User), None),
        (key(user, Principal::User), Some(changes.of(somebody, None))),
        (
            key(cloud.keys(Principal::Function), Principal::Function),
            Some(changes.of_functions("a function")),
        ),
    ];
    let gateway = cloud.gateway();
    gateway.watch_unsigned(changes.of_functions("an unsigned request"));
    let keys = keys.map(|(key, witness)| gateway.meter(key, witness));
    (keys.into(), writer)
}

/// How long the operator's clients wait for an answer in wall time: without end where their calls take what they take at
/// AWS, in drill time.
fn operators_patience(scenario: &Scenario) -> Patience {
    match scenario.timing() {
        Timing::Loopback => Patience::STANDARD,
        Timing::Aws => Patience {
            attempt: Duration::from_secs(24 * 3_600),
            ..Patience::STANDARD
        },
    }
}

/// The files that a drill writes while it runs.
struct Evidence {
    journal: Journal,
    ledger: Arc<Records<LedgerRecord>>,
    audit: Records<AuditRecord>,
}

impl Evidence {
    fn create(folder: &RunFolder, clock: &Clock, masks: &Masks) -> Result<Evidence, Failure> {
        let failed = |error: runtime::WriteError| Failure::Environment(error.to_string());
        let [journal, ledger, audit] =
            [run_folder::JOURNAL, run_folder::LEDGER, run_folder::AUDIT].map(|name| folder.file(name));
        Ok(Evidence {
            journal: Journal::create(&journal, clock, masks.texts()).map_err(failed)?,
            ledger: Arc::new(Records::create(&ledger, Record::Ledger).map_err(failed)?),
            audit: Records::create(&audit, Record::Audit).map_err(failed)?,
        })
    }
}

fn tell_interruption(signals: &mut UnboundedReceiver<Signal>, journal: &Journal) {
    if let Ok(Signal::Interrupted(signal)) = signals.try_recv() {
        let signal = signal.to_owned();
        journal.emit(Event::Interrupted { signal });
    }
}

/// What the runbook's scripts need.
fn scripts(
    sandbox: Sandbox,
    supervisor: &Supervisor,
    isolated: bool,
    secrets: Secrets,
    masks: Masks,
) -> Result<Scripts, Failure> {
    let folder = temporary_folder(supervisor)?;
    Scripts::new(sandbox, isolated, secrets, masks, folder)
        .map_err(|error| Failure::environment("cannot make a folder for the tools of scripts", error))
}

/// What the buckets held before the drill stands in the ledger, written and acknowledged back then.
fn write_history(drill: &Drill) {
    for bucket in &drill.scenario.cloud.buckets {
        for object in drill.plan.inventory(&bucket.label) {
            let body = drill.plan.object_body(&bucket.label, object);
            drill.record(Write {
                bucket: bucket.label.clone(),
                producer: HISTORY.to_owned(),
                region: bucket.region.clone(),
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
