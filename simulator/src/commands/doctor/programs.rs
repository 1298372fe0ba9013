//! Our own children, the sandbox for what is the user's, and the programs that run in it, as a drill would run them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cloud_emulator::lambda::{find_python, python_runtimes};
use parking_lot::Mutex;
use runtime::sandbox::{
    Ended, Sandbox, SandboxChild, SandboxError, SandboxSpec, Scratch, environment, landlock, memory_groups,
};
use runtime::supervisor::{OutputLine, Stream, Supervisor};
use runtime::wall;

use super::{Finding, State};

/// How long a check may take, in wall time.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A folder that is on every machine, for what needs none of its own.
const FOLDER: &str = "/usr";

/// What `sh` answers if there is no such program.
const NOT_FOUND: i32 = 127;

/// Children, the sandbox, `aws`, `python3`.
pub(super) async fn examine() -> Vec<Finding> {
    let started = std::env::current_exe()
        .map_err(|error| format!("cannot find my own program: {error}"))
        .and_then(|exe| {
            let supervisor = Supervisor::new(&exe, &["reaper".into()]).map_err(|error| error.to_string())?;
            Ok((Sandbox::new(&exe, ["sandbox"]), supervisor))
        });
    let (sandbox, supervisor) = match started {
        Ok(both) => both,
        Err(why) => return vec![children(Err(why))],
    };
    let available = wall::timeout(TIMEOUT, sandbox.available(&supervisor)).await;
    let available = available.unwrap_or_else(|| Err(late()));
    let trial = Trial {
        sandbox: &sandbox,
        supervisor: &supervisor,
        isolated: available.is_ok(),
    };
    let (aws, python, boto3) = tokio::join!(
        trial.version("aws"),
        trial.of_python("import platform; print('Python', platform.python_version())"),
        trial.of_python("import boto3; print('boto3', boto3.__version__)"),
    );
    let findings = vec![
        children(Ok(())),
        isolation(available),
        second_layer(landlock()),
        control_groups(memory_groups(&supervisor)),
        finding_of_aws(aws),
        finding_of_python(python),
        finding_of_boto3(boto3),
    ];
    supervisor.shutdown(Duration::ZERO).await;
    findings
}

fn late() -> String {
    format!("no answer within {} s", TIMEOUT.as_secs())
}

fn children(started: Result<(), String>) -> Finding {
    Finding {
        name: "child processes",
        state: state(started.is_ok()),
        found: started.map_or_else(|why| why, |()| "can be started and watched".to_owned()),
        needed_for: "brokers, functions, scripts; every drill has some",
        how_to_get: "Linux 5.4 or newer with /proc, and room for more processes (ulimit -u)".to_owned(),
        required: true,
    }
}

fn isolation(available: Result<(), String>) -> Finding {
    Finding {
        name: "sandbox",
        state: state(available.is_ok()),
        found: available.map_or_else(|why| why, |()| "user and network namespaces work".to_owned()),
        needed_for: "shell steps, and functions",
        how_to_get: "allow user namespaces: sysctl user.max_user_namespaces=10000, on Ubuntu also \
                     kernel.apparmor_restrict_unprivileged_userns=0; in a container --security-opt \
                     seccomp=unconfined --security-opt systempaths=unconfined; or run those scenarios with --unisolated"
            .to_owned(),
        required: false,
    }
}

fn second_layer(landlock: Option<u32>) -> Finding {
    Finding {
        name: "Landlock",
        state: match landlock {
            Some(_) => State::Ok,
            None => State::Limited,
        },
        found: landlock.map_or_else(
            || "this kernel has none: what a sandbox may write to is bounded by its mounts alone".to_owned(),
            |version| format!("version {version}"),
        ),
        needed_for: "a second bound around what sandboxes write to, named pipes included",
        how_to_get: "Linux 5.13 or newer with landlock among its security modules (lsm=landlock,…)"
            .to_owned(),
        required: false,
    }
}

fn control_groups(usable: bool) -> Finding {
    Finding {
        name: "control groups",
        state: if usable { State::Ok } else { State::Limited },
        found: if usable { "memory can be bounded" } else { "none can be made: the memory of a step's processes together is counted ten times a second instead" }
        .to_owned(),
        needed_for: "an exact bound of what a step or function occupies with all of its processes",
        how_to_get: "a session with delegated groups (systemd-run --user --scope -p Delegate=yes firedrill …), or root; in a \
                     container /sys/fs/cgroup has to be writable"
            .to_owned(),
        required: false,
    }
}

fn finding_of_aws(version: Result<String, String>) -> Finding {
    Finding {
        name: "aws",
        state: state(version.is_ok()),
        found: version.unwrap_or_else(|why| why),
        needed_for: "shell steps that call it: s3-bucket-loss-as-written, region-failure-as-written",
        how_to_get: "pip install awscli, apt-get install awscli, or AWS's installer of version 2".to_owned(),
        required: false,
    }
}

fn finding_of_python(version: Result<String, String>) -> Finding {
    Finding {
        name: "python3",
        state: state(version.is_ok()),
        found: version.unwrap_or_else(|why| why),
        needed_for: "functions of your own with a Python handler",
        how_to_get: "apt-get install python3".to_owned(),
        required: false,
    }
}

fn finding_of_boto3(version: Result<String, String>) -> Finding {
    Finding {
        name: "boto3",
        state: state(version.is_ok()),
        found: version.unwrap_or_else(|why| why),
        needed_for: "functions of your own with a Python handler that imports it, which AWS's runtime has",
        how_to_get: "apt-get install python3-boto3, or pip install boto3".to_owned(),
        required: false,
    }
}

fn state(there: bool) -> State {
    if there { State::Ok } else { State::Missing }
}

/// A program to be tried.
fn trial(program: impl Into<PathBuf>) -> SandboxSpec {
    let nowhere = Path::new(FOLDER);
    SandboxSpec::new("a trial", program, FOLDER)
        .env(environment(nowhere, nowhere, &[]))
        .scratch(Scratch::ReadOnly)
}

/// Runs programs as a drill does: in the sandbox where there is one.
struct Trial<'a> {
    sandbox: &'a Sandbox,
    supervisor: &'a Supervisor,
    isolated: bool,
}

impl Trial<'_> {
    /// The first line that `program --version` says.
    async fn version(&self, program: &str) -> Result<String, String> {
        let script = format!("{program} --version");
        let spec = trial("/bin/sh").args(["-c", &script]);
        self.say(program, spec).await
    }

    /// The first line that this code prints in the Python that runs functions.
    async fn of_python(&self, code: &str) -> Result<String, String> {
        // The newest of those that functions can be declared for.
        let newest = || python_runtimes().last().and_then(|runtime| find_python(runtime));
        let found = tokio::task::spawn_blocking(newest).await;
        let python = found.ok().flatten().ok_or("not in PATH")?;
        let shown = if self.isolated {
            python.shown().map_err(|error| error.to_string())?
        } else {
            Vec::new()
        };
        let spec = trial(python.exe()).args(["-I", "-c", code]);
        let spec = shown.into_iter().fold(spec, SandboxSpec::show);
        self.say(&python.exe().display().to_string(), spec).await
    }

    /// The first line that a program says.
    async fn say(&self, name: &str, spec: SandboxSpec) -> Result<String, String> {
        wall::timeout(TIMEOUT, self.run(spec))
            .await
            .unwrap_or_else(|| Err(format!("{name}: {}", late())))
    }

    async fn run(&self, spec: SandboxSpec) -> Result<String, String> {
        let lines = Arc::new(Mutex::new((None, None)));
        let heard = lines.clone();
        let on_line = move |line: OutputLine| {
            let (answer, last_error) = &mut *heard.lock();
            match line.stream {
                Stream::Stdout => {
                    answer.get_or_insert(line.text);
                }
                // Of what an error says, its last line is the error.
                Stream::Stderr => *last_error = Some(line.text),
            }
        };
        let child = self.start(spec, on_line).await.map_err(|error| error.reason)?;
        let ended = child.wait().await;
        self.supervisor.settle();
        let (answer, last_error) = std::mem::take(&mut *lines.lock());
        match ended {
            Ended::Code(0) => Ok(answer.or(last_error).unwrap_or_else(|| "it runs".to_owned())),
            Ended::Code(NOT_FOUND) => Err("not in PATH".to_owned()),
            ended => Err(match last_error.or(answer) {
                Some(said) => format!("does not run ({ended}): {said}"),
                None => format!("does not run ({ended})"),
            }),
        }
    }

    async fn start(
        &self,
        spec: SandboxSpec,
        on_line: impl FnMut(OutputLine) + Send + 'static,
    ) -> Result<SandboxChild, SandboxError> {
        if self.isolated {
            self.sandbox.spawn(self.supervisor, spec, on_line).await
        } else {
            self.sandbox
                .spawn_unisolated(self.supervisor, spec, on_line)
                .await
        }
    }
}
