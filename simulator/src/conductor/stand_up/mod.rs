//! Stand-up: starts what a drill needs in the order in which things need each other.
//!
//! ```text
//! records ──► supervisor, scripts ──► cloud, broker ──► devices, clients ──► history ──► drill 0
//! ```

mod evidence;
mod history;
mod reach;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cloud_emulator::cloud::{
    Cloud, CloudError, CloudOptions, IotSettings, LambdaSettings, S3Settings, Settings,
};
use cloud_emulator::gateway::Principal;
use cloud_emulator::lambda::Isolation;
use drill::journal::Event;
use drill::scenario::Scenario;
use runtime::clock::Clock;
use runtime::supervisor::Supervisor;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use self::evidence::Evidence;
use self::history::write_history;
use self::reach::reach;
use super::accuracy::Accuracy;
use super::changes::Changes;
use super::clients::AuditClients;
use super::context::Drill;
use super::counter::Counter;
use super::devices::Devices;
use super::host::Host;
use super::isolation::{isolation, sandbox, weaknesses};
use super::observed::Observed;
use super::request::Request;
use super::runbook::shell::{self, Masks, Scripts};
use super::signal::Signal;
use super::spec::{DrillSpec, Places};
use super::watches::{on_replication, on_trouble, watch_broker, watch_cloud, watch_records, watch_signals};
use super::{changes_recorder, ending};
use crate::exit::Failure;
use crate::progress::Progress;
use crate::services::SERVICES;
use crate::services::iot::start_fleet;
use crate::services::lambda::{FunctionCounts, FunctionPace, on_function};
use crate::services::settings::SettingsReader;
use crate::temporary::{TemporaryFolder, temporary_folder};
use crate::{output, run_folder};

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
    let scenario = Arc::new(request.scenario.as_exercised());
    let (ground, mut signals) = Ground::prepare(&request, &scenario).await?;
    let cloud = match ground.start_cloud(&request, &scenario).await {
        Ok(cloud) => cloud,
        Err(_) if ground.halt.is_cancelled() => {
            ground.supervisor.shutdown(ending::GRACE).await;
            ground.evidence.interrupted(&mut signals);
            return Ok(Stood::Interrupted);
        }
        Err(error) => return Err(Failure::Environment(error.to_string())),
    };
    let drill = ground.into_drill(request, scenario, cloud).await;
    write_history(&drill.spec, &drill.observed);
    watch_records(&drill);
    watch_broker(&drill);
    watch_cloud(&drill);
    drill.host.clock.start();
    drill.host.emit(Event::CloudReady {
        regions: drill.access.cloud.regions().to_vec(),
    });
    Ok(Stood::Up(drill, signals))
}

/// What is there before there is a cloud.
struct Ground {
    clock: Clock,
    evidence: Evidence,
    signals: UnboundedSender<Signal>,
    /// Cancelled when a signal wants an end.
    halt: CancellationToken,
    /// Our own program.
    exe: PathBuf,
    supervisor: Arc<Supervisor>,
    scripts: Option<Scripts>,
    /// Functions' code is unpacked here.
    code: TemporaryFolder,
    isolation: Isolation,
    counters: FunctionCounts,
}

impl Ground {
    /// The clock, the records, and what starts processes.
    async fn prepare(
        request: &Request<'_>,
        scenario: &Scenario,
    ) -> Result<(Ground, UnboundedReceiver<Signal>), Failure> {
        let clock = Accuracy::for_scenario(scenario)
            .clock(request.pacing)
            .map_err(|error| Failure::environment("cannot make a clock", error))?;
        let masks = masks(request, scenario);
        let evidence = Evidence::create(request.folder, &clock, &masks)?;
        if let Some(metrics) = request.metrics {
            metrics.count_lines_of(&evidence.journal);
        }
        let (sender, receiver) = unbounded_channel();
        let halt = CancellationToken::new();
        watch_signals(&sender, &halt)?;
        evidence.begin(request, scenario);
        let exe = std::env::current_exe()
            .map_err(|error| Failure::environment("cannot find my own program", error))?;
        let supervisor = Supervisor::new(&exe, &["reaper".into()])
            .map_err(|error| Failure::Environment(error.to_string()))?;
        let scripts = scripts(request, scenario, &exe, &supervisor, masks)?;
        let isolation = isolation(&exe, request.isolated, Some(&request.folder.path));
        for text in weaknesses(scenario, &isolation, &supervisor).await {
            evidence.journal.emit(Event::Warning { text });
        }
        let ground = Ground {
            code: temporary_folder(&supervisor)?,
            supervisor: Arc::new(supervisor),
            signals: sender,
            counters: FunctionCounts::default(),
            clock,
            evidence,
            halt,
            exe,
            scripts,
            isolation,
        };
        Ok((ground, receiver))
    }

    /// The cloud and its brokers, as the scenario declares them.
    async fn start_cloud(&self, request: &Request<'_>, scenario: &Scenario) -> Result<Cloud, CloudError> {
        let Evidence { journal, ledger, .. } = &self.evidence;
        let pace = FunctionPace::new(&self.clock, scenario, request.pacing.speed);
        let options = CloudOptions {
            keys: request.keys.clone(),
            scenario,
            scenario_folder: &request.scenario_folder,
            records: Some(&request.folder.path),
            plan: &request.plan,
            clock: &self.clock,
            port: request.port,
            supervisor: &self.supervisor,
            exe: &self.exe,
            halt: self.halt.clone(),
            on_wait: Arc::new(|text| output::note(text)),
            settings: Settings::default()
                .with(S3Settings {
                    on_replication: on_replication(journal),
                })
                .with(LambdaSettings {
                    code: self.code.path().to_owned(),
                    isolation: self.isolation.clone(),
                    on_function: on_function(journal, ledger, &self.counters, pace),
                })
                .with(IotSettings {
                    marks: request.folder.file(run_folder::MARKS),
                    on_trouble: on_trouble(journal),
                }),
        };
        Cloud::start(options, &request.provider).await
    }

    /// The drill, at whose clock and cloud nothing has happened yet.
    async fn into_drill(self, request: Request<'_>, scenario: Arc<Scenario>, cloud: Cloud) -> Arc<Drill> {
        let devices = self.devices(&request, &scenario, &cloud);
        let (changes, untold) = Changes::new(&self.clock);
        let access = reach(&scenario, &self.clock, cloud, &changes);
        let reader = SettingsReader::new(access.auditor.clone(), &scenario);
        changes.settings().read_by(Box::new(reader));
        let at_start = at_start(&scenario, &access.auditor).await;
        let journal = self.evidence.journal.clone();
        let records = self.evidence.into_records(self.signals.clone());
        let host = Host {
            clock: self.clock,
            supervisor: self.supervisor,
            journal,
            progress: Progress::new(),
            signals: self.signals,
            quiet: CancellationToken::new(),
            stop: CancellationToken::new(),
            scripts: self.scripts,
            people: request.people.map(Counter::new),
            _code: self.code,
        };
        let drill = Arc::new(Drill {
            observed: Observed::new(&scenario, records, changes, self.counters, at_start),
            spec: DrillSpec {
                places: Places {
                    run: request.folder.path.clone(),
                    scenario: request.scenario_folder,
                },
                machine: request.machine,
                exercise_begins: request.scenario.exercise_begins(),
                announced: if scenario.exercise.is_without_faults() {
                    request.scenario.faults
                } else {
                    Vec::new()
                },
                plan: request.plan,
                seed: request.seed,
                speed: f64::from(request.pacing.highest_rate()),
                pacing: request.pacing.speed,
                scenario,
            },
            host,
            access,
            devices,
        });
        tokio::spawn(changes_recorder::record(drill.clone(), untold));
        drill
    }

    /// The fleet, at the brokers of this cloud.
    fn devices(&self, request: &Request<'_>, scenario: &Scenario, cloud: &Cloud) -> Devices {
        let sandbox = sandbox(&self.exe, Some(&request.folder.path));
        let runner = crate::programs::runner(&self.exe, sandbox, request.isolated, &self.supervisor);
        let journal = &self.evidence.journal;
        let fleet = start_fleet(scenario, &request.plan, &self.clock, cloud, journal, runner);
        Devices::new(fleet, cloud)
    }
}

/// What no record may show.
fn masks(request: &Request<'_>, scenario: &Scenario) -> Masks {
    if shell::has_scripts(scenario) || !scenario.secrets.is_empty() {
        let key = request.keys.pair(Principal::User).secret_key.clone();
        request.secrets.masks([key])
    } else {
        Masks::default()
    }
}

/// What the runbook's scripts need, if it has some.
fn scripts(
    request: &Request<'_>,
    scenario: &Scenario,
    exe: &Path,
    supervisor: &Supervisor,
    masks: Masks,
) -> Result<Option<Scripts>, Failure> {
    if !shell::has_scripts(scenario) {
        return Ok(None);
    }
    let folder = temporary_folder(supervisor)?;
    let sandbox = sandbox(exe, Some(&request.folder.path));
    let scripts = Scripts::new(sandbox, request.isolated, request.secrets.clone(), masks, folder);
    scripts
        .map(Some)
        .map_err(|error| Failure::environment("cannot make a folder for the tools of scripts", error))
}

/// What every service's resources are like at drill 0.
async fn at_start(scenario: &Scenario, auditor: &AuditClients) -> BTreeMap<String, String> {
    let mut known = BTreeMap::new();
    for service in SERVICES {
        known.extend(service.at_start(scenario, auditor).await);
    }
    known
}
