//! Users that start the sandbox: root, an ordinary user, a user without permission.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use test_harness::{skip, trial};

use super::bench::{Bench, visible_folder};
use super::memory::NO_GROUPS;

/// A user that need not exist.
const USER: u32 = 61_234;

/// A copy of this executable that everybody may run, in a folder that belongs to `USER`.
fn folder_of_user() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    chown(folder.path(), Some(USER), Some(USER)).unwrap();
    let exe = folder.path().join("sandbox-test");
    fs::copy(std::env::current_exe().unwrap(), &exe).unwrap();
    (folder, exe)
}

/// What that user may lack although this one has it: control groups are root's, and so may be the client of AWS.
const OF_ROOT: [&str; 2] = [NO_GROUPS, "aws is not installed for this user"];

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

trial!(async an_ordinary_user_can_do_it_all);
/// All other tests of the sandbox once more.
async fn an_ordinary_user_can_do_it_all() {
    if !rustix::process::geteuid().is_root() {
        return skip(
            "only root can run them as another user; without root they are an ordinary user's already",
        );
    }
    if Bench::isolated().await.is_none() {
        return;
    }
    let Some(visible) = visible_folder() else {
        return;
    };
    chown(visible.path(), Some(USER), Some(USER)).unwrap();
    let (folder, exe) = folder_of_user();
    let output = Command::new(exe)
        .args(["sandbox::", "--skip", "sandbox::users::", "--skip", "kill_9"])
        .uid(USER)
        .gid(USER)
        // Where it may make what programs see.
        .current_dir(visible.path())
        .env_remove("FIREDRILL_REQUIRE_ALL")
        .env("HOME", folder.path().join("home"))
        .env("TMPDIR", "/tmp")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains(" 0 failed"), "{}", text(&output));
    let text = text(&output);
    let skipped = text
        .lines()
        .filter(|line| line.contains("ignored (") || line.starts_with("skipped: "));
    let unexpected: Vec<&str> = skipped
        .filter(|line| !OF_ROOT.iter().any(|reason| line.contains(reason)))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}\n{text}");
}

trial!(async missing_namespaces_are_reported);
/// In a user namespace that allows none below it.
async fn missing_namespaces_are_reported() {
    if Bench::isolated().await.is_none() {
        return;
    }
    let exe = std::env::current_exe().unwrap();
    let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" as-asker";
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "sh", "-c", script])
        .arg(exe);
    let output = command.output().unwrap();
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    assert!(
        said.starts_with("scripts cannot be isolated here: cannot make namespaces: No space left"),
        "{said}"
    );
    assert!(said.contains("--unisolated"), "{said}");
}

/// Started by the test above: says whether sandboxes can be made.
pub(crate) fn asker_main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let bench = Bench::new();
        let said = bench.sandbox.available(&bench.supervisor).await;
        println!("{}", said.expect_err("there are namespaces"));
        assert!(bench.sandbox.available(&bench.supervisor).await.is_err());
    });
}
