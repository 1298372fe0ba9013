//! A home with files that no program may read, and a watch that detects reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;
use tempfile::TempDir;

/// Stands in each of its files.
pub(crate) const CANARY: &str = "canary-of-the-home";

/// What tools read of a home by themselves.
const FILES: [&str; 8] = [
    ".aws/credentials",
    ".aws/config",
    ".ssh/id_ed25519",
    ".bashrc",
    ".curlrc",
    ".netrc",
    ".profile",
    ".config/pip/pip.conf",
];

/// Where pythons are.
const PYTHONS: [&str; 3] = ["/usr/local/bin/python3", "/usr/bin/python3", "python3"];

/// A home under watch.
pub(crate) struct Home {
    folder: TempDir,
    watch: OwnedFd,
    watched: BTreeMap<i32, PathBuf>,
}

impl Home {
    /// Everybody may read it who sees it.
    pub(crate) fn new() -> Home {
        let folder = TempDir::with_prefix_in("home-", env!("CARGO_TARGET_TMPDIR"));
        let folder = folder.expect("a folder of the build");
        let canary = format!("# {CANARY}\n");
        for file in FILES {
            put(&folder.path().join(file), &canary);
        }
        for packages in user_packages(folder.path()) {
            put(&packages.join("canary.pth"), &canary);
        }
        let watch = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).expect("a watch");
        let mut home = Home {
            watch,
            watched: BTreeMap::new(),
            folder,
        };
        home.watch_all(home.folder.path().to_owned());
        home.seen();
        home
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn watch_all(&mut self, path: PathBuf) {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
        if path.is_dir() {
            for entry in fs::read_dir(&path).expect("it is a folder") {
                self.watch_all(entry.expect("an entry").path());
            }
        }
        let number =
            inotify::add_watch(&self.watch, &path, WatchFlags::ALL_EVENTS).expect("it can be watched");
        self.watched.insert(number, path);
    }

    /// What was done to it since the last time: which files and folders were opened, read, changed.
    pub(crate) fn seen(&self) -> BTreeSet<String> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = Reader::new(&self.watch, &mut buffer);
        let mut seen = BTreeSet::new();
        loop {
            match events.next() {
                Ok(event) => {
                    assert!(!event.events().contains(ReadFlags::QUEUE_OVERFLOW));
                    let path = self.watched[&event.wd()].strip_prefix(self.path());
                    let mut path = path.expect("it lies in the home").to_owned();
                    if let Some(name) = event.file_name() {
                        path.push(&*name.to_string_lossy());
                    }
                    let what = event.events() & (ReadFlags::OPEN | ReadFlags::ACCESS | ReadFlags::MODIFY);
                    let what = what.iter_names().map(|(name, _)| name).collect::<Vec<_>>();
                    seen.insert(format!("{} {}", path.display(), what.join("+")));
                }
                Err(Errno::AGAIN) => return seen,
                Err(error) => panic!("the watch cannot be read: {error}"),
            }
        }
    }
}

fn put(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().expect("it lies in a folder")).expect("a folder");
    fs::write(file, text).expect("a file");
}

/// The folders from which pythons take packages of a user.
fn user_packages(home: &Path) -> Vec<PathBuf> {
    let asked = PYTHONS.iter().filter_map(|python| {
        let mut command = Command::new(python);
        command
            .args(["-c", "import site; print(site.getusersitepackages())"])
            .env("HOME", home);
        let output = command.output().ok()?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
    });
    asked.filter(|packages| packages.starts_with(home)).collect()
}
