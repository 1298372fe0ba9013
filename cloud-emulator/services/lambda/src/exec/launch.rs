//! Starts the process of an execution environment: what is run, with which variables, how isolated.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use drill::variables::{DeclaredVariable, FunctionVariable};
use runtime::sandbox::{Bind, Limits, Sandbox, SandboxSpec, Scratch};
use runtime::supervisor::ChildSpec;

use super::isolation::Isolation;
use super::log::Log;
use super::process::Process;
use super::python::{PATH, Python, missing_python};
use crate::function::Version;
use crate::options::LambdaOptions;

/// Processes and threads of one environment, and open files of each process (AWS: 1,024).
const PROCESSES: u64 = 1024;
const OPEN_FILES: u64 = 1024;

/// Address space that a process may have beside its function's memory: what runtimes reserve and never
/// touch. What they touch is watched.
const ADDRESS_SPACE: u64 = 4 << 30;

/// Memory that an environment may occupy beside its function's: its own two processes, and pages of files that they were
/// the first to read.
const BESIDE: u64 = 32 << 20;

/// The bootstrap of Python handlers.
const PYTHON: &str = include_str!("../python/bootstrap.py");

/// Where this program is in the sandbox of a function of our own.
const OURS: &str = "/srv/firedrill";

/// What our own functions take of the variables that users set.
const TAKEN_BY_OURS: [&str; 1] = [DeclaredVariable::Bucket.name()];

/// What a process is started for.
pub(crate) struct Start<'a> {
    pub(crate) options: &'a LambdaOptions,
    pub(crate) region: &'a str,
    pub(crate) function: &'a str,
    pub(crate) version: &'a Version,
    /// Its Runtime API.
    pub(crate) api: SocketAddr,
    /// Its region's gateway.
    pub(crate) endpoint: Option<&'a str>,
    /// What it may connect to: its Runtime API and the drill's endpoints.
    pub(crate) reachable: Vec<SocketAddr>,
    pub(crate) log: Log,
}

/// What is run: an executable with its arguments.
struct Program {
    exe: PathBuf,
    args: Vec<OsString>,
    /// What a sandbox has to show for it to run, beside the executable and the package.
    shown: Vec<PathBuf>,
    /// A function of our own.
    ours: bool,
}

/// Why a function does not start, in the words that AWS's error has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct LaunchError(String);

/// Starts it.
///
/// # Errors
/// There is nothing to run, in the words that AWS's error has; or the system refuses.
pub(crate) async fn launch(start: &Start<'_>) -> Result<Process, LaunchError> {
    let program = program(start).await?;
    match &start.options.isolation {
        // Where no sandbox can be made nothing of the user's runs at all, and a function of our own needs no isolation.
        Isolation::Sandbox(sandbox)
            if program.ours && sandbox.available(&start.options.supervisor).await.is_err() =>
        {
            without_sandbox(start, program).await
        }
        Isolation::Sandbox(sandbox) => in_sandbox(sandbox, start, program).await,
        _ => without_sandbox(start, program).await,
    }
    .map_err(LaunchError)
}

async fn without_sandbox(start: &Start<'_>, program: Program) -> Result<Process, String> {
    let entry = program.exe.clone();
    let log = start.log.clone();
    let folder = if program.ours {
        Path::new("/")
    } else {
        &start.version.package.root
    };
    let spec = ChildSpec::new(format!("function {}", start.function), program.exe)
        .args(program.args)
        .folder(folder)
        .on_line(move |line| log.line(&line.text));
    let spec = variables(start, program.ours)
        .into_iter()
        .fold(spec, |spec, (name, value)| spec.env(name, value));
    let supervisor = start.options.supervisor.clone();
    let spawned = tokio::task::spawn_blocking(move || supervisor.spawn(spec)).await;
    let spawned = spawned.map_err(|error| error.to_string())?;
    spawned.map(Process::Bare).map_err(|error| {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        format!("fork/exec /var/task/{name}: {}", error.source)
    })
}

async fn in_sandbox(sandbox: &Sandbox, start: &Start<'_>, program: Program) -> Result<Process, String> {
    let config = &start.version.config;
    let storage = u64::from(config.ephemeral) << 20;
    let text = |arg: OsString| arg.to_string_lossy().into_owned();
    let exe = if program.ours {
        Path::new(OURS)
    } else {
        &program.exe
    };
    let spec = SandboxSpec::new(
        format!("function {}", start.function),
        exe,
        &start.version.package.root,
    )
    .args(program.args.into_iter().map(text))
    .env(variables(start, program.ours))
    .scratch(Scratch::ReadOnly)
    .endpoints(start.reachable.iter().copied())
    .limits(Limits {
        processes: PROCESSES,
        memory_bytes: Some((u64::from(config.memory) << 20) + ADDRESS_SPACE),
        together_bytes: Some((u64::from(config.memory) << 20) + BESIDE),
        file_bytes: storage,
        scratch_bytes: storage,
        open_files: OPEN_FILES,
        cpu_s: None,
    });
    let spec = program.shown.into_iter().fold(spec, SandboxSpec::show);
    let spec = match program.ours {
        // Of the folder that we were built in, only this file is visible.
        true => spec.bind(Bind {
            outside: program.exe,
            inside: OURS.into(),
            writable: false,
        }),
        false => spec,
    };
    let log = start.log.clone();
    let child = sandbox.spawn(&start.options.supervisor, spec, move |line| log.line(&line.text));
    child.await.map(Process::Sandboxed).map_err(|error| error.reason)
}

async fn program(start: &Start<'_>) -> Result<Program, LaunchError> {
    let package = &start.version.package;
    if let Some(name) = &package.built_in {
        let known = start
            .options
            .built_ins
            .iter()
            .find(|built_in| built_in.name == *name);
        let built_in =
            known.ok_or_else(|| LaunchError(format!("there is no function '{name}' of our own")))?;
        return Ok(Program {
            exe: built_in.exe.clone(),
            args: built_in.args.clone(),
            shown: Vec::new(),
            ours: true,
        });
    }
    if start.version.config.runtime.starts_with("python") {
        let python = python(start.options, &start.version.config.runtime).await?;
        return Ok(Program {
            exe: python.exe().to_owned(),
            args: ["-u", "-c", PYTHON].map(OsString::from).to_vec(),
            // Without a sandbox there is nothing to be shown, and nothing to be refused for it.
            shown: python.shown().unwrap_or_default(),
            ours: false,
        });
    }
    let exe = package.root.join("bootstrap");
    if !exe.is_file() {
        let missing = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
        return Err(LaunchError(missing.to_owned()));
    }
    Ok(Program {
        exe,
        args: Vec::new(),
        shown: Vec::new(),
        ours: false,
    })
}

/// The Python that runs the handlers of a runtime.
///
/// # Errors
/// It is not there, or a sandbox cannot show it, in words.
pub(crate) async fn python(options: &LambdaOptions, runtime: &str) -> Result<Python, LaunchError> {
    let (find, runtime) = (options.python, runtime.to_owned());
    // Each interpreter is asked once for its version, which takes as long as it takes to start.
    let found = tokio::task::spawn_blocking(move || find(&runtime).ok_or_else(|| missing_python(&runtime)));
    let found = found.await.map_err(|error| LaunchError(error.to_string()))?;
    let python = found.map_err(LaunchError)?;
    match options.isolation {
        Isolation::Sandbox(_) => match python.shown() {
            Ok(_) => Ok(python),
            Err(hidden) => Err(LaunchError(hidden.to_string())),
        },
        Isolation::None => Ok(python),
    }
}

/// The environment of a function: Lambda's own variables, and the user's; of those, a function of our own takes what it
/// knows, so that the user's variables do not configure its loader or its libraries.
fn variables(start: &Start<'_>, ours: bool) -> Vec<(String, String)> {
    let config = &start.version.config;
    let own = FunctionVariable::ALL
        .iter()
        .filter_map(|variable| Some((variable.name().to_owned(), value(*variable, start)?)));
    let users = config.environment.clone().into_iter();
    let users = users.filter(|(name, _)| !ours || TAKEN_BY_OURS.contains(&name.as_str()));
    own.chain(users).collect()
}

/// The value of one of Lambda's own variables; none if it is not set.
fn value(variable: FunctionVariable, start: &Start<'_>) -> Option<String> {
    let version = start.version;
    let (config, keys) = (&version.config, &start.options.keys);
    Some(match variable {
        FunctionVariable::Path => PATH.to_owned(),
        FunctionVariable::Language => "en_US.UTF-8".to_owned(),
        FunctionVariable::TimeZone => ":UTC".to_owned(),
        FunctionVariable::Home => "/tmp".to_owned(),
        FunctionVariable::TaskRoot => version.package.root.display().to_string(),
        FunctionVariable::RuntimeApi => start.api.to_string(),
        FunctionVariable::Handler => config.handler.clone(),
        FunctionVariable::Region | FunctionVariable::DefaultRegion => start.region.to_owned(),
        FunctionVariable::FunctionName => start.function.to_owned(),
        FunctionVariable::FunctionVersion => version.number.clone(),
        FunctionVariable::MemorySize => config.memory.to_string(),
        FunctionVariable::InitializationType => "on-demand".to_owned(),
        FunctionVariable::LogGroup => format!("/aws/lambda/{}", start.function),
        FunctionVariable::LogStream => format!("[{}]{:016x}", version.number, version.id),
        FunctionVariable::ExecutionEnvironment => format!("AWS_Lambda_{}", config.runtime),
        FunctionVariable::AccessKeyId => keys.access_key.clone(),
        FunctionVariable::SecretAccessKey => keys.secret_key.clone(),
        FunctionVariable::MetadataDisabled => "true".to_owned(),
        FunctionVariable::NoBytecode => "1".to_owned(),
        FunctionVariable::EndpointUrl => start.endpoint?.to_owned(),
    })
}

/// The variables that users may not set, as AWS lists them.
pub(crate) fn is_reserved(name: &str) -> bool {
    const RESERVED: [&str; 17] = [
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
    ];
    RESERVED.contains(&name) || name == "LAMBDA_RUNTIME_DIR" || name == runtime::supervisor::RUN_VARIABLE
}
