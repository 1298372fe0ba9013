//! Programs that devices receive, run as their firmware would: by an interpreter in a sandbox of its own, so that
//! one that loops or grows without end costs the drill nothing but its turn.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fleet_emulator::{Interpreter, ProgramError, RunProgram};
use runtime::sandbox::{Ended, Limits, Sandbox, SandboxSpec, Scratch};
use runtime::supervisor::Supervisor;
use runtime::wall;
use tokio::runtime::Handle;

use crate::exit::Failure;
use crate::systems::INTERPRETER;
use crate::temporary::temporary_folder;

/// What runs programs on the sample of devices, if this build has an interpreter.
pub(crate) fn runner(
    exe: &Path,
    sandbox: Sandbox,
    isolated: bool,
    supervisor: &Arc<Supervisor>,
) -> Option<Arc<dyn RunProgram>> {
    Some(Arc::new(Sandboxed {
        interpreter: INTERPRETER?,
        exe: exe.to_owned(),
        sandbox,
        isolated,
        supervisor: Arc::clone(supervisor),
        runtime: Handle::current(),
    }))
}

/// A process per program.
struct Sandboxed {
    interpreter: &'static dyn Interpreter,
    exe: PathBuf,
    sandbox: Sandbox,
    isolated: bool,
    supervisor: Arc<Supervisor>,
    runtime: Handle,
}

impl RunProgram for Sandboxed {
    fn run(&self, source: &str) -> Result<(), ProgramError> {
        let folder = temporary_folder(&self.supervisor);
        let folder = folder.map_err(|error| ProgramError::NotStarted(error.to_string()))?;
        std::fs::write(folder.path().join(self.interpreter.file_name()), source)
            .map_err(|error| ProgramError::NotStarted(format!("no file: {error}")))?;
        self.runtime.block_on(self.run_in(folder.path()))
    }
}

impl Sandboxed {
    async fn run_in(&self, folder: &Path) -> Result<(), ProgramError> {
        let limits = self.interpreter.limits();
        let spec = SandboxSpec::new("a program of a device", &self.exe, folder)
            .args(["program", self.interpreter.file_name()])
            .show(&self.exe)
            .scratch(Scratch::ReadOnly)
            .limits(Limits {
                processes: 16,
                memory_bytes: Some(limits.memory_bytes),
                file_bytes: 0,
                cpu_s: Some(limits.cpu.as_secs()),
                ..Limits::default()
            });
        let ignored = |_| {};
        let child = if self.isolated {
            self.sandbox.spawn(&self.supervisor, spec, ignored).await
        } else {
            self.sandbox
                .spawn_unisolated(&self.supervisor, spec, ignored)
                .await
        };
        let child = child.map_err(|error| ProgramError::NotStarted(error.to_string()))?;
        match wall::timeout(limits.wall, child.wait()).await {
            Some(Ended::Code(0)) => Ok(()),
            Some(ended) => Err(ProgramError::Failed(match child.tail().last() {
                Some(line) => line.clone(),
                None => format!("it ended with {ended}"),
            })),
            None => {
                child.kill();
                child.wait().await;
                Err(ProgramError::TimedOut(limits.wall))
            }
        }
    }
}

/// The main of the process: runs one program to its end.
///
/// # Errors
/// Why it did not run well; that this build has no interpreter.
pub(crate) fn program_main(path: &Path) -> Result<(), Failure> {
    let failed = |why: String| Failure::Environment(why);
    let Some(interpreter) = INTERPRETER else {
        return Err(failed(
            "this build has no interpreter of programs for devices".to_owned(),
        ));
    };
    let source = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    interpreter
        .interpret(source)
        .map_err(|error| failed(error.to_string()))
}
