//! The engine as others see it: through the `docker` client.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cloud_emulator::containers::{ContainerOptions, DEFAULT_IMAGE};
use cloud_emulator::service::{Needed, ServiceKind};
use runtime::{Supervisor, wall};
use service_lambda::LambdaKind;
use service_s3::S3Kind;
use service_sts::StsKind;
use test_harness::skip_without_containers;

/// How long anything may take before a test says that it does not happen.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);
const BASE: &str = "debian:trixie-slim";

/// Whether an engine answers and has an image. If not, says so, or fails where nothing may be skipped.
fn has(image: &str) -> bool {
    let answers = |arguments: &[&str]| {
        let mut command = Command::new("docker");
        command.args(arguments).stdin(Stdio::null());
        command.output().is_ok_and(|output| output.status.success())
    };
    let why = if !answers(&["version"]) {
        "no Docker engine answers".to_owned()
    } else if !answers(&["image", "inspect", image]) {
        format!("the image {image} is not on this machine")
    } else {
        return true;
    };
    skip_without_containers(&why);
    false
}

pub(crate) fn has_localstack() -> bool {
    has(DEFAULT_IMAGE)
}

pub(crate) fn has_base() -> bool {
    has(BASE)
}

/// Runs the client; what it says on stdout.
pub(crate) fn docker(arguments: &[&str]) -> String {
    let output = try_docker(arguments);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "docker {arguments:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub(crate) fn try_docker(arguments: &[&str]) -> Output {
    let mut command = Command::new("docker");
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// The ids of the containers of a supervisor's run, in whatever state.
pub(crate) fn containers_of(token: &str) -> Vec<String> {
    let all = [
        "ps",
        "--all",
        "--no-trunc",
        "--quiet",
        "--filter",
        "label=firedrill.run",
    ];
    let ids = docker(&all);
    let format = r#"{{.Id}} {{index .Config.Labels "firedrill.run"}}"#;
    // One by one: another test may remove its own meanwhile.
    let told = ids
        .lines()
        .map(|id| try_docker(&["inspect", "--format", format, id]));
    let told = told.filter_map(|output| String::from_utf8(output.stdout).ok());
    let ours = told.filter_map(|line| {
        let (id, run) = line.trim().split_once(' ')?;
        run.starts_with(&format!("{token}-")).then(|| id.to_owned())
    });
    ours.collect()
}

pub(crate) fn exists(container: &str) -> bool {
    try_docker(&["container", "inspect", container]).status.success()
}

/// Waits until `is_so`, or fails.
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = wall::mono().after(TIMEOUT);
    while !is_so() {
        assert!(wall::mono() < deadline, "{what}: not after {TIMEOUT:?}");
        wall::block(Duration::from_millis(50));
    }
}

/// An image that is made for a test and removed with it.
pub(crate) struct Image(pub(crate) String);

impl Image {
    /// Built on Debian with the lines of a Dockerfile, and files beside it.
    pub(crate) fn build(lines: &str, files: &[(&str, &str)]) -> Image {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("Dockerfile", &format!("FROM {BASE}\n{lines}\n"));
        files.iter().for_each(|(name, text)| write(name, text));
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("firedrill-test-{}-{number}:1", std::process::id());
        let place = path(folder.path());
        docker(&["build", "--quiet", "--force-rm", "--tag", &name, place]);
        Image(name)
    }

    /// One whose container does nothing until it is ended.
    pub(crate) fn idle() -> Image {
        Image::build("CMD [\"sleep\", \"100000\"]", &[])
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let removed = try_docker(&["image", "rm", "--force", &self.0]);
        if !removed.status.success() {
            eprintln!("{} is left: {}", self.0, String::from_utf8_lossy(&removed.stderr));
        }
    }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

pub(crate) fn supervisor() -> Arc<Supervisor> {
    let exe = std::env::current_exe().unwrap();
    Arc::new(Supervisor::new(&exe, &["as-reaper".into()]).unwrap())
}

/// A service with the call that shows that it works, as drills have it.
fn needed(service: &str) -> Needed {
    let kinds: [&dyn ServiceKind; 3] = [&S3Kind, &StsKind, &LambdaKind];
    let kind = kinds.into_iter().find(|kind| kind.name() == service);
    Needed {
        service: service.to_owned(),
        ready: kind.and_then(ServiceKind::ready_call),
    }
}

/// Containers of `image` for two regions, of which these services must answer.
pub(crate) fn options(supervisor: &Arc<Supervisor>, image: &str, services: &[&str]) -> ContainerOptions {
    ContainerOptions {
        image: image.to_owned(),
        auth_token: None,
        regions: vec!["us-west-2".to_owned(), "us-east-1".to_owned()],
        services: services.iter().map(|service| needed(service)).collect(),
        supervisor: Arc::clone(supervisor),
        exe: std::env::current_exe().unwrap(),
        // This is not about how fast a busy machine is.
        limit: 4 * TIMEOUT,
        on_pull: Arc::new(|pull| panic!("nothing is to be pulled here: {pull}")),
    }
}
