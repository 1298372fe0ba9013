//! What the tests of the sandbox stand on.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use runtime::sandbox::{Ended, HOME, Sandbox, SandboxChild, SandboxSpec, environment};
use runtime::supervisor::Supervisor;
use runtime::wall;
use test_harness::skip;

/// How long anything may take before the test says that it does not happen.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// Between two looks: what is waited for needs the processor, too.
const PAUSE: Duration = Duration::from_millis(5);

/// A supervisor, a launcher of sandboxes and a folder.
pub(crate) struct Bench {
    pub(crate) supervisor: Supervisor,
    pub(crate) sandbox: Sandbox,
    pub(crate) folder: tempfile::TempDir,
}

fn sandbox() -> Sandbox {
    Sandbox::new(std::env::current_exe().unwrap(), ["as-sandbox"])
}

/// A program that runs, and what it has written.
pub(crate) struct Running {
    pub(crate) child: SandboxChild,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    /// For a test that needs namespaces: where there are none, the test is skipped.
    pub(crate) async fn isolated() -> Option<Bench> {
        let bench = Bench::new();
        let available = bench.sandbox.available(&bench.supervisor).await;
        available.map_err(|reason| skip(&reason.to_string())).ok()?;
        Some(bench)
    }

    pub(crate) fn new() -> Bench {
        let exe = std::env::current_exe().unwrap();
        Bench::with(Supervisor::new(&exe, &["as-reaper".into()]).unwrap())
    }

    /// As on a machine that gives no control groups.
    pub(crate) fn without_groups(mut self) -> Bench {
        self.sandbox = sandbox().without_groups();
        self
    }

    /// Hides folders from whatever is started from now on.
    pub(crate) fn hide(&mut self, folders: &[PathBuf]) {
        self.sandbox = folders
            .iter()
            .fold(sandbox(), |sandbox, folder| sandbox.hide(folder));
    }

    pub(crate) fn with(supervisor: Supervisor) -> Bench {
        Bench {
            supervisor,
            sandbox: sandbox(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A shell script that runs in the folder.
    pub(crate) fn script(&self, script: &str) -> SandboxSpec {
        let env = environment(Path::new("/nowhere"), Path::new(HOME), &[]);
        SandboxSpec::new("a script", "/bin/sh", self.folder.path())
            .args(["-c", script])
            .env(env)
    }

    pub(crate) async fn start(&self, spec: SandboxSpec) -> Running {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let child = self
            .sandbox
            .spawn(&self.supervisor, spec, move |line| sink.lock().push(line.text))
            .await;
        Running {
            child: child.unwrap(),
            lines,
        }
    }

    /// Runs it to its end: how it ended, and what it wrote.
    pub(crate) async fn run(&self, spec: SandboxSpec) -> (Ended, Vec<String>) {
        let running = self.start(spec).await;
        let ended = wall::timeout(TIMEOUT, running.child.wait())
            .await
            .expect("it ends");
        (ended, running.lines())
    }

    /// What a script wrote that must succeed.
    pub(crate) async fn output(&self, spec: SandboxSpec) -> Vec<String> {
        let (ended, lines) = self.run(spec).await;
        assert_eq!(ended, Ended::Code(0), "{lines:#?}");
        lines
    }

    /// Why it cannot be started.
    pub(crate) async fn refused(&self, spec: SandboxSpec) -> String {
        let refused = self.sandbox.spawn(&self.supervisor, spec, |_| {}).await;
        refused.expect_err("it starts").to_string()
    }

    /// Waits for something that happens elsewhere.
    pub(crate) async fn until(&self, happened: impl Fn() -> bool) {
        let deadline = wall::mono().after(TIMEOUT);
        while !happened() {
            assert!(wall::mono() < deadline, "it does not happen");
            wall::sleep(PAUSE).await;
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Running {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().clone()
    }

    /// The line with this number, once it was written.
    pub(crate) async fn line(&self, number: usize) -> String {
        let deadline = wall::mono().after(TIMEOUT);
        loop {
            if let Some(line) = self.lines.lock().get(number) {
                return line.clone();
            }
            assert!(
                wall::mono() < deadline,
                "line {number} is not written: {:?}",
                self.lines()
            );
            wall::sleep(PAUSE).await;
        }
    }
}

/// A new folder that everybody may enter, which programs see as it is, and which is none of theirs. Where this user may make
/// none, the test is skipped.
pub(crate) fn visible_folder() -> Option<tempfile::TempDir> {
    let here = std::env::current_dir().unwrap();
    let places = [here.as_path(), Path::new("/opt"), Path::new("/usr/local")].into_iter();
    let covered = [
        "/tmp", "/root", "/home", "/var/tmp", "/run", "/mnt", "/media", "/srv",
    ];
    let mut places = places.filter(|place| !covered.iter().any(|cover| place.starts_with(cover)));
    let Some(folder) = places.find_map(|place| tempfile::tempdir_in(place).ok()) else {
        skip("there is no folder that programs see and that this user may write to");
        return None;
    };
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    Some(folder)
}

/// The processes of the machine that were started as `sleep` for this time, which stands for one test.
pub(crate) fn survivors(seconds: &str) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let wanted = format!("sleep\0{seconds}\0");
    let found = processes.filter(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line == wanted.as_bytes()
    });
    found
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}
