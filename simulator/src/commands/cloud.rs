//! `firedrill cloud`: a scenario's cloud and broker without a drill, to write and try runbooks on.
//!
//! Drill time is real time here. What a shell needs goes to stdout, what a person reads to stderr.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use cloud_emulator::cloud::{
    self, CloudOptions, IotSettings, LambdaSettings, Provider, RunKeys, S3Settings, Settings,
};
use cloud_emulator::gateway::Principal;
use cloud_emulator::lambda::{Isolation, LambdaEvent, LambdaEventKind};
use drill::plan::Plan;
use drill::report::EMBEDDED;
use drill::scenario::Scenario;
use runtime::{Clock, Supervisor};
use tokio_util::sync::CancellationToken;

use super::threads::threads;
use crate::conductor::{isolation, prepare, prepare_isolation, weaknesses};
use crate::exit::{End, Failure};
use crate::temporary::temporary_folder;
use crate::{output, source};

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

/// How long the broker may take to end, in wall time.
const GRACE: Duration = Duration::from_secs(5);

pub(crate) fn execute(arguments: &Cloud) -> Result<End, Failure> {
    let image = arguments.localstack_image.as_deref();
    let platform = Provider::platform(&arguments.cloud, image);
    let source = source::read(&arguments.scenario, Some(platform))?;
    source.warnings.iter().for_each(output::note);
    prepare(&source.scenario, arguments.port)?;
    threads()?.block_on(serve(arguments, &source.scenario))
}

/// New keys, and those of a file for users, if one is named.
pub(super) fn keys(file: Option<&Path>) -> Result<RunKeys, Failure> {
    match file {
        None => RunKeys::random().map_err(|error| Failure::environment("cannot make keys", error)),
        Some(file) => RunKeys::of_file(file)
            .map_err(|why| Failure::Input(format!("--access-key-file {}: {why}", file.display()))),
    }
}

async fn serve(arguments: &Cloud, scenario: &Scenario) -> Result<End, Failure> {
    let isolated = !arguments.unisolated;
    let provider = Provider::parse(&arguments.cloud, arguments.localstack_image.as_deref(), scenario)
        .map_err(|error| Failure::Input(error.to_string()))?;
    let keys = keys(arguments.access_key_file.as_deref())?;
    prepare_isolation(scenario, isolated).await?;
    let environment = |doing: &str, why: &dyn std::fmt::Display| Failure::environment(doing, why);
    let clock = Clock::new(1.0).map_err(|error| environment("cannot make a clock", &error))?;
    let exe = std::env::current_exe().map_err(|error| environment("cannot find my own program", &error))?;
    let supervisor =
        Supervisor::new(&exe, &["reaper".into()]).map_err(|error| Failure::Environment(error.to_string()))?;
    let supervisor = Arc::new(supervisor);
    let folder = temporary_folder(&supervisor)?;
    let halt = interrupted()?;
    let isolation = isolation(&exe, isolated, None);
    let weaknesses = weaknesses(scenario, &isolation, &supervisor).await;
    weaknesses.iter().for_each(output::note);
    let options = CloudOptions {
        keys,
        scenario,
        records: None,
        scenario_folder: &source::folder_of(&arguments.scenario)?,
        plan: &Plan::new(scenario, scenario.seed_or(arguments.seed)),
        clock: &clock,
        port: arguments.port,
        supervisor: &supervisor,
        exe: &exe,
        halt: halt.clone(),
        on_wait: Arc::new(|text| output::note(text)),
        settings: settings(folder.path(), isolation),
    };
    let cloud = cloud::Cloud::start(options, &provider).await;
    let cloud = match cloud {
        Ok(cloud) => cloud,
        Err(_) if halt.is_cancelled() => {
            supervisor.shutdown(GRACE).await;
            return Ok(End::Interrupted);
        }
        Err(error) => return Err(Failure::Environment(error.to_string())),
    };
    clock.start();
    let ended = match describe(scenario, &cloud) {
        Ok(()) => wait(&cloud, &halt).await,
        Err(failure) => Err(failure),
    };
    for (_, broker) in cloud.brokers() {
        // Whatever it still had to upload has nowhere to go now.
        let _ = broker.stop().await;
    }
    cloud.shutdown().await.iter().for_each(output::note);
    supervisor.shutdown(GRACE).await;
    ended
}

/// Is cancelled when the user, or the system, wants an end.
fn interrupted() -> Result<CancellationToken, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen =
        |kind| signal(kind).map_err(|error| Failure::environment("cannot listen for signals", error));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let halt = CancellationToken::new();
    let cancelled = halt.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        cancelled.cancel();
    });
    Ok(halt)
}

/// Until the user ends it, or a broker, container or endpoint ends by itself.
async fn wait(cloud: &cloud::Cloud, halt: &CancellationToken) -> Result<End, Failure> {
    let died = async {
        let crashes = cloud.brokers().map(|(_, broker)| Box::pin(broker.crashed()));
        match crashes.collect::<Vec<_>>() {
            crashes if crashes.is_empty() => std::future::pending().await,
            crashes => futures::future::select_all(crashes).await.0,
        }
    };
    tokio::select! {
        () = halt.cancelled() => Ok(End::Interrupted),
        why = died => Err(Failure::environment("the MQTT broker ended by itself", why)),
        why = cloud.died() => Err(Failure::environment("the cloud ended by itself", why)),
    }
}

fn describe(scenario: &Scenario, cloud: &cloud::Cloud) -> Result<(), Failure> {
    output::note(format_args!(
        "The cloud of {} is up. Ctrl-C ends it, and everything in it is gone.",
        scenario.name
    ));
    for region in cloud.regions() {
        output::note(format_args!(
            "  {:<10} {:<12} {}",
            region.label, region.region, region.endpoint
        ));
    }
    for (label, broker) in cloud.brokers() {
        let state = if broker.is_running() {
            ""
        } else {
            "   (not started)"
        };
        output::note(format_args!(
            "  {label:<10} {:<12} mqtt://{}{state}",
            "MQTT",
            broker.address()
        ));
    }
    for function in scenario.cloud.functions() {
        let regions = function.regions.join(", ");
        output::note(format_args!("  function {} in {regions}", function.name));
    }
    for bucket in scenario.cloud.buckets() {
        let replica = bucket
            .replicate
            .as_ref()
            .map(|replicate| format!(", replicated to s3://{}", replicate.name));
        output::note(format_args!(
            "  s3://{}{}",
            bucket.name,
            replica.unwrap_or_default()
        ));
    }
    let (region, keys) = (&cloud.regions()[0], cloud.keys(Principal::User));
    output::write(&format!(
        "export AWS_ENDPOINT_URL={}\nexport AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY={}\n\
         export AWS_DEFAULT_REGION={}\n",
        region.endpoint, keys.access_key, keys.secret_key, region.region
    ))
}

/// What services are told: people see what goes wrong.
fn settings(folder: &Path, isolation: Isolation) -> Settings {
    Settings::default()
        .with(S3Settings {
            on_replication: Arc::new(|event| {
                output::note(format_args!(
                    "not replicated: {} of {}: {}",
                    event.key, event.bucket, event.reason
                ))
            }),
        })
        .with(LambdaSettings {
            code: folder.join("code"),
            isolation,
            on_function: Arc::new(report_function_event),
        })
        .with(IotSettings {
            marks: folder.join("marks"),
            on_trouble: Arc::new(|trouble| output::note(format_args!("broker: {trouble:?}"))),
        })
}

/// What a person who tries a function should see.
fn report_function_event(event: LambdaEvent) {
    let function = &event.function;
    match event.kind {
        LambdaEventKind::Retried { attempt, why, .. } => {
            output::note(format_args!(
                "function {function}: attempt {attempt} failed: {why}"
            ));
        }
        LambdaEventKind::SentToDestination { destination, .. } => {
            output::note(format_args!(
                "function {function}: an event went to {destination}"
            ));
        }
        LambdaEventKind::Dropped { why, .. } => {
            output::note(format_args!(
                "function {function}: an event is gone for good ({why:?})"
            ));
        }
        _ => {}
    }
}
