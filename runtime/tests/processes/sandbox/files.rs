//! What a program sees of the machine's files, and what it can do to them.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use runtime::sandbox::{Bind, Ended, Limits, Scratch};
use rustix::process::Signal;
use test_harness::trial;

use super::bench::{Bench, visible_folder};

/// Everything below a folder: names, contents and modes.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>, u32)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let data = fs::symlink_metadata(&path).unwrap();
        let content = if data.is_file() {
            fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        found.push((path.display().to_string(), content, data.permissions().mode()));
        if data.is_dir() {
            found.extend(contents(&path));
        }
    }
    found.sort();
    found
}

trial!(async writes_to_the_folder_stay_inside);
async fn writes_to_the_folder_stay_inside() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    fs::create_dir(bench.path("sub")).unwrap();
    fs::write(bench.path("a.txt"), "old\n").unwrap();
    fs::write(bench.path("sub/private"), "mine\n").unwrap();
    fs::set_permissions(bench.path("sub/private"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink("a.txt", bench.path("link")).unwrap();
    let before = contents(bench.folder.path());
    let script = "set -e; pwd; cat sub/private; echo new >> link; cat a.txt; rm -r sub; mkdir sub; \
        echo x > sub/x; \
        mv a.txt b.txt; touch c; chmod 700 c; ls";
    let lines = bench.output(bench.script(script)).await;
    let folder = bench.folder.path().to_str().unwrap();
    assert_eq!(lines, [folder, "mine", "old", "new", "b.txt", "c", "link", "sub"]);
    assert_eq!(contents(bench.folder.path()), before);
}

trial!(async hidden_folder_is_empty_wherever_it_lies);
async fn hidden_folder_is_empty_wherever_it_lies() {
    let Some(mut bench) = Bench::isolated().await else {
        return;
    };
    // In the program's own folder, and where everybody may look.
    let Some(elsewhere) = visible_folder() else {
        return;
    };
    let hidden = [bench.path("run"), elsewhere.path().join("run")];
    for folder in &hidden {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("records-87311"), "secret\n").unwrap();
    }
    let script = format!(
        "for run in run {0}; do cat $run/records-87311; ls -A $run; echo x > $run/x; rmdir $run; mv $run moved; done 2>/dev/null; \
         find / -name records-87311 -not -path '/proc/*' 2>/dev/null; echo done",
        hidden[1].display()
    );
    let seen = bench.output(bench.script(&script)).await;
    assert!(
        seen.iter().filter(|line| *line == "secret").count() == 2,
        "without it they are seen: {seen:?}"
    );
    bench.hide(&hidden);
    assert_eq!(bench.output(bench.script(&script)).await, ["done"]);
    for folder in &hidden {
        assert_eq!(
            fs::read_to_string(folder.join("records-87311")).unwrap(),
            "secret\n"
        );
    }
}

trial!(async a_read_only_folder_cannot_be_written);
async fn a_read_only_folder_cannot_be_written() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    fs::write(bench.path("a.txt"), "old\n").unwrap();
    let spec = bench
        .script("cat a.txt; echo new > a.txt")
        .scratch(Scratch::ReadOnly);
    let (ended, lines) = bench.run(spec).await;
    assert_eq!(ended, Ended::Code(2));
    assert_eq!(lines[0], "old");
    assert!(lines[1].contains("Read-only file system"), "{lines:?}");
}

trial!(async nothing_outside_can_be_written);
async fn nothing_outside_can_be_written() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let Some(other) = visible_folder() else {
        return;
    };
    fs::set_permissions(other.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let script = format!(
        "for place in / /etc /usr /usr/bin /var /dev /sys /proc /home /root /run {0}; do \
           (echo x > $place/firedrill-test) 2>/dev/null && echo \"written: $place\"; done; \
         touch /tmp/a /var/tmp/a /dev/shm/a $HOME/a || echo 'no scratch'; \
         rm -rf {0} /var/tmp/a 2>/dev/null; mount -t tmpfs none /mnt 2>/dev/null && echo mounted; \
         mount -o remount,rw / 2>/dev/null && echo remounted; umount /tmp 2>/dev/null && echo unmounted; \
         unshare --user --map-root-user true 2>/dev/null && echo 'a namespace'; \
         chroot / true 2>/dev/null && echo 'a root'; grep -E '^(Cap...|NoNewPrivs)' /proc/self/status",
        other.path().display()
    );
    let none = |set: &str| format!("Cap{set}:\t0000000000000000");
    let mut expected: Vec<String> = ["Inh", "Prm", "Eff", "Bnd", "Amb"].map(none).to_vec();
    expected.push("NoNewPrivs:\t1".to_owned());
    assert_eq!(bench.output(bench.script(&script)).await, expected);
    assert!(other.path().exists());
    assert!(!Path::new("/tmp/a").exists() && !Path::new("/dev/shm/a").exists());
}

/// The home, and a folder in it that everybody could read if they saw it.
fn secret_in_home() -> (String, tempfile::TempDir) {
    let home = std::env::var("HOME").unwrap();
    fs::create_dir_all(&home).unwrap();
    let secret = tempfile::Builder::new()
        .prefix("firedrill-secret")
        .tempdir_in(&home);
    let secret = secret.unwrap();
    fs::set_permissions(secret.path(), fs::Permissions::from_mode(0o755)).unwrap();
    (home, secret)
}

trial!(async homes_and_sockets_are_hidden);
async fn homes_and_sockets_are_hidden() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let (home, secret) = secret_in_home();
    fs::write(secret.path().join("credentials"), "secret").unwrap();
    // A socket that everybody may connect to, outside of the folders that are covered.
    let Some(elsewhere) = visible_folder() else {
        return;
    };
    assert!(std::env::var_os("HOST_SECRET").is_some(), "main sets it");
    let socket = elsewhere.path().join("agent.sock");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o777)).unwrap();
    let script = format!(
        "cat {}/credentials 2>&1; ls -d {home}/firedrill-secret* 2>/dev/null; ls /run /home; \
         test -S /var/run/docker.sock && echo docker; ls -A $HOME; ls -A /tmp | grep -v -x -e home -e {}; \
         test -S {} && echo socket; env | grep -i -e HOST_SECRET -e SSH -e FIREDRILL_RUN; \
         ls /proc > /tmp/processes; grep -c '^[0-9]' /tmp/processes; cat /proc/1/environ 2>/dev/null; \
         ls -l /proc/self/fd > /tmp/files; grep -c -v -e /proc -e pipe -e null -e /tmp/files /tmp/files",
        secret.path().display(),
        bench.folder.path().file_name().unwrap().to_str().unwrap(),
        socket.display(),
    );
    let (_, lines) = bench.run(bench.script(&script)).await;
    let denied = format!(
        "cat: {}/credentials: No such file or directory",
        secret.path().display()
    );
    // Its own processes: init, the shell, and the one that lists them. Of open files only the headline of the list.
    assert_eq!(lines, [&denied, "/home:", "", "/run:", "3", "1"]);
}

trial!(async binds_are_where_they_should_be);
async fn binds_are_where_they_should_be() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let other = tempfile::tempdir().unwrap();
    fs::set_permissions(other.path(), fs::Permissions::from_mode(0o777)).unwrap();
    fs::write(other.path().join("a"), "from the machine\n").unwrap();
    let file = other.path().join("a");
    let writable = Bind {
        outside: other.path().to_owned(),
        inside: "/srv/out".into(),
        writable: true,
    };
    let task = Bind {
        outside: file.clone(),
        inside: "/mnt/task/b".into(),
        writable: false,
    };
    let script = format!(
        "cat {0} /mnt/task/b; (echo x > {0}) 2>/dev/null || echo refused; echo back > /srv/out/c; umask",
        file.display()
    );
    let spec = bench.script(&script).show(&file).bind(writable).bind(task);
    assert_eq!(
        bench.output(spec).await,
        ["from the machine", "from the machine", "refused", "0022"]
    );
    assert_eq!(fs::read_to_string(other.path().join("c")).unwrap(), "back\n");
    let nowhere = Bind {
        outside: file,
        inside: "/usr/no/such/place".into(),
        writable: false,
    };
    let refused = bench.refused(bench.script("true").bind(nowhere)).await;
    assert!(
        refused.contains("cannot make a place for /usr/no/such/place: Read-only file system"),
        "{refused}"
    );
}

trial!(async nothing_that_holds_a_home_is_shown);
async fn nothing_that_holds_a_home_is_shown() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let (home, secret) = secret_in_home();
    let link = bench.path("link");
    symlink(&home, &link).unwrap();
    let inside = |outside: &Path| Bind {
        outside: outside.to_owned(),
        inside: "/srv/shown".into(),
        writable: false,
    };
    for spec in [
        bench.script("true").show(&home),
        bench.script("true").show(&link),
        bench.script("true").show("/tmp"),
        bench.script("true").bind(inside(Path::new(&home))),
        bench.script("true").bind(inside(Path::new("/"))),
    ] {
        let refused = bench.refused(spec).await;
        assert!(refused.contains("which must stay hidden"), "{refused}");
    }
    // What is seen anyway is as it is without being shown.
    let script = format!("ls -d {}; ls -A /home", secret.path().display());
    let (_, lines) = bench.run(bench.script(&script).show("/").show("/usr")).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("No such file"), "{lines:?}");
    // A folder within a home that is none itself can be shown.
    let script = format!("ls -d {}", secret.path().display());
    let lines = bench.output(bench.script(&script).show(secret.path())).await;
    assert_eq!(lines, [secret.path().to_str().unwrap()]);
}

trial!(async scratch_space_and_files_are_bounded);
async fn scratch_space_and_files_are_bounded() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let limits = Limits {
        scratch_bytes: 8 << 20,
        file_bytes: 4 << 20,
        ..Limits::default()
    };
    let script = "for place in . /tmp /dev/shm $HOME /var/tmp; do n=0; while [ $n -lt 5 ]; do \
          head -c 3000000 /dev/zero > $place/$n 2>/dev/null; n=$((n+1)); done; done; \
        cat ./? /tmp/? /dev/shm/? $HOME/? /var/tmp/? | wc -c; rm -f ./? /tmp/?; \
        (sh -c 'exec cat /dev/zero > endless') 2>/dev/null; echo $?; stat -c %s endless";
    let lines = bench.output(bench.script(script).limits(limits)).await;
    let written: u64 = lines[0].parse().unwrap();
    assert!((6_000_000..=8 << 20).contains(&written), "{lines:?}");
    // The shell may say what happened, too.
    let numbers: Vec<u64> = lines[1..].iter().filter_map(|line| line.parse().ok()).collect();
    let signal = u64::from(Signal::XFSZ.as_raw().unsigned_abs());
    assert_eq!(numbers, [128 + signal, 4 << 20], "{lines:?}");
    assert_eq!(fs::read_dir(bench.folder.path()).unwrap().count(), 0);
}

trial!(async impossible_options_are_refused);
async fn impossible_options_are_refused() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let mut spec = bench.script("true").endpoints(["192.0.2.1:80".parse().unwrap()]);
    assert_eq!(
        bench.refused(spec).await,
        "cannot start a script: 192.0.2.1:80 is no loopback address"
    );
    spec = runtime::sandbox::SandboxSpec::new("it", "/no/such/program", bench.folder.path());
    let refused = bench.refused(spec).await;
    assert!(
        refused.starts_with("cannot start it: cannot run /no/such/program: No such file"),
        "{refused}"
    );
    spec = runtime::sandbox::SandboxSpec::new("it", "/bin/sh", std::env::var("HOME").unwrap());
    let refused = bench.refused(spec).await;
    assert!(refused.contains("must stay hidden"), "{refused}");
    spec = runtime::sandbox::SandboxSpec::new("it", "/bin/sh", "/no/such/folder");
    let refused = bench.refused(spec).await;
    assert!(
        refused.starts_with("cannot start it: its folder /no/such/folder: No such file"),
        "{refused}"
    );
}

trial!(async pipes_of_the_machine_take_nothing);
/// A pipe that everybody may write to is no file that a read-only mount protects.
async fn pipes_of_the_machine_take_nothing() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let Some(elsewhere) = visible_folder() else {
        return;
    };
    let pipe = elsewhere.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    fs::set_permissions(&pipe, fs::Permissions::from_mode(0o666)).unwrap();
    // With a reader open, a permitted write does not block.
    let _reader = fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
    let script = format!(
        "test -p {0} && echo there; (echo x > {0}) 2>/dev/null && echo written; mkfifo /tmp/own; cat /tmp/own & echo own > \
         /tmp/own; wait; echo file > /tmp/file; mv /tmp/file /var/tmp/file; cat /var/tmp/file",
        pipe.display()
    );
    assert_eq!(
        bench.output(bench.script(&script)).await,
        ["there", "own", "file"]
    );
}
