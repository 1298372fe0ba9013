//! Programs that devices receive, run as their firmware would: by an interpreter in a sandbox of its own, so that
//! one that loops or grows without end costs the drill nothing but its turn.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fleet_emulator::RunProgram;
use runtime::sandbox::{Ended, Limits, Sandbox, SandboxSpec, Scratch};
use runtime::supervisor::Supervisor;
use runtime::wall;
use tokio::runtime::Handle;

use crate::temporary::temporary_folder;

/// What a program may take of the processor, its interpreter's start included.
const LIMIT: Duration = Duration::from_secs(10);

/// What it may take of wall time: on a busy machine it waits for its turn, which is not its failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// What it may take of memory; an ESP32 has half a megabyte, the interpreter alone takes more.
const MEMORY: u64 = 1 << 30;

/// The name of a program's file.
const FILE: &str = "program.scm";

/// What runs programs on the sample of devices.
pub(crate) fn runner(
    exe: &Path,
    sandbox: Sandbox,
    isolated: bool,
    supervisor: &Arc<Supervisor>,
) -> Arc<dyn RunProgram> {
    Arc::new(Steel {
        exe: exe.to_owned(),
        sandbox,
        isolated,
        supervisor: Arc::clone(supervisor),
        runtime: Handle::current(),
    })
}

/// Steel, a Scheme, in a process per program.
struct Steel {
    exe: PathBuf,
    sandbox: Sandbox,
    isolated: bool,
    supervisor: Arc<Supervisor>,
    runtime: Handle,
}

impl RunProgram for Steel {
    fn run(&self, source: &str) -> Result<(), String> {
        let folder = temporary_folder(&self.supervisor).map_err(|error| error.to_string())?;
        std::fs::write(folder.path().join(FILE), source).map_err(|error| format!("no file: {error}"))?;
        self.runtime.block_on(self.run_in(folder.path()))
    }
}

impl Steel {
    async fn run_in(&self, folder: &Path) -> Result<(), String> {
        let spec = SandboxSpec::new("a program of a device", &self.exe, folder)
            .args(["program", FILE])
            .show(&self.exe)
            .scratch(Scratch::ReadOnly)
            .limits(Limits {
                processes: 16,
                memory_bytes: Some(MEMORY),
                file_bytes: 0,
                cpu_s: Some(LIMIT.as_secs()),
                ..Limits::default()
            });
        let ignored = |_| {};
        let child = match self.isolated {
            true => self.sandbox.spawn(&self.supervisor, spec, ignored).await,
            false => {
                self.sandbox
                    .spawn_unisolated(&self.supervisor, spec, ignored)
                    .await
            }
        };
        let child = child.map_err(|error| error.to_string())?;
        match wall::timeout(PATIENCE, child.wait()).await {
            Some(Ended::Code(0)) => Ok(()),
            Some(ended) => Err(match child.tail().last() {
                Some(line) => line.clone(),
                None => format!("it ended with {ended}"),
            }),
            None => {
                child.kill();
                child.wait().await;
                Err(format!("it ran for more than {} s", PATIENCE.as_secs()))
            }
        }
    }
}

/// The main of the process: runs one program to its end.
///
/// # Errors
/// In words, why it did not run well.
pub(crate) fn program_main(path: &Path) -> Result<(), String> {
    let source = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let mut engine = steel::steel_vm::engine::Engine::new_sandboxed();
    engine.run(source).map(drop).map_err(|error| error.to_string())
}
