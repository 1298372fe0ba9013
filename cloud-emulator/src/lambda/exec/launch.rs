//! Starts the process of an execution environment: what is run, with which variables, how isolated.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use runtime::sandbox::{Bind, Limits, Sandbox, SandboxSpec, Scratch};
use runtime::supervisor::ChildSpec;

use super::log::Log;
use super::process::Process;
use super::python::{Python, missing_python};
use crate::lambda::function::Version;
use crate::lambda::options::LambdaOptions;

/// How the code of functions is kept apart from this machine, our own functions included.
#[derive(Clone, Debug)]
pub enum Isolation {
    /// In a sandbox each, from which nothing is reached but the drill's endpoints.
    Sandbox(Arc<Sandbox>),
    /// Not at all: it runs as a child process with the rights of this one, and what it starts beside itself
    /// is bounded by its memory alone.
    None,
}

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
const TAKEN_BY_OURS: [&str; 1] = ["BUCKET"];

/// The folders that functions find programs in.
pub const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

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

/// Starts it.
///
/// # Errors
/// There is nothing to run, in the words that AWS's error has; or the system refuses.
pub(crate) async fn launch(start: &Start<'_>) -> Result<Process, String> {
    let program = program(start).await?;
    match &start.options.isolation {
        // Where no sandbox can be made nothing of the user's runs at all, and a function of our own has nobody to be kept
        // from.
        Isolation::Sandbox(sandbox)
            if program.ours && sandbox.available(&start.options.supervisor).await.is_err() =>
        {
            bare(start, program).await
        }
        Isolation::Sandbox(sandbox) => in_sandbox(sandbox, start, program).await,
        _ => bare(start, program).await,
    }
}

async fn bare(start: &Start<'_>, program: Program) -> Result<Process, String> {
    let entry = program.exe.clone();
    let log = start.log.clone();
    let folder = match program.ours {
        true => Path::new("/"),
        false => &start.version.package.root,
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
    let exe = match program.ours {
        true => Path::new(OURS),
        false => &program.exe,
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
        // Of the folder that we were built in nobody needs to see more than this file.
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

async fn program(start: &Start<'_>) -> Result<Program, String> {
    let package = &start.version.package;
    if let Some(name) = &package.built_in {
        let known = start
            .options
            .built_ins
            .iter()
            .find(|built_in| built_in.name == *name);
        let built_in = known.ok_or_else(|| format!("there is no function '{name}' of our own"))?;
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
        return Err("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]".to_owned());
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
pub(crate) async fn python(options: &LambdaOptions, runtime: &str) -> Result<Python, String> {
    let (find, runtime) = (options.python, runtime.to_owned());
    // Each interpreter is asked once for its version, which takes as long as it takes to start.
    let found = tokio::task::spawn_blocking(move || find(&runtime).ok_or_else(|| missing_python(&runtime)));
    let python = found.await.map_err(|error| error.to_string())??;
    match options.isolation {
        Isolation::Sandbox(_) => python.shown().map(|_| python),
        Isolation::None => Ok(python),
    }
}

/// The environment of a function: Lambda's own variables, and the user's; of those, a function of our own takes what it
/// knows, so that nobody tells its loader or its libraries what to do.
fn variables(start: &Start<'_>, ours: bool) -> Vec<(String, String)> {
    let config = &start.version.config;
    let root = start.version.package.root.display().to_string();
    let keys = &start.options.keys;
    let stream = format!("[{}]{:016x}", start.version.number, start.version.id);
    let own = [
        ("PATH", PATH),
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
        ("HOME", "/tmp"),
        ("LAMBDA_TASK_ROOT", &root),
        ("AWS_LAMBDA_RUNTIME_API", &start.api.to_string()),
        ("_HANDLER", &config.handler),
        ("AWS_REGION", start.region),
        ("AWS_DEFAULT_REGION", start.region),
        ("AWS_LAMBDA_FUNCTION_NAME", start.function),
        ("AWS_LAMBDA_FUNCTION_VERSION", &start.version.number),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &config.memory.to_string()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        (
            "AWS_LAMBDA_LOG_GROUP_NAME",
            &format!("/aws/lambda/{}", start.function),
        ),
        ("AWS_LAMBDA_LOG_STREAM_NAME", &stream),
        ("AWS_EXECUTION_ENV", &format!("AWS_Lambda_{}", config.runtime)),
        ("AWS_ACCESS_KEY_ID", &keys.access_key),
        ("AWS_SECRET_ACCESS_KEY", &keys.secret_key),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let endpoint = start
        .endpoint
        .map(|url| ("AWS_ENDPOINT_URL".to_owned(), url.to_owned()));
    let users = config.environment.clone().into_iter();
    let users = users.filter(|(name, _)| !ours || TAKEN_BY_OURS.contains(&name.as_str()));
    own.into_iter().chain(endpoint).chain(users).collect()
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
