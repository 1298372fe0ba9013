//! Control groups: the kernel's own bound of what all processes of a sandbox occupy together, whatever they put it into.
//!
//! ```text
//!   /sys/fs/cgroup/…/            the nearest group above this process in which groups can be made
//!     firedrill-<run>-<number>/  one for a set of sandboxes; the reaper removes it, should nobody else
//!       <number>/                one for each sandbox, which its first process enters before it does anything
//! ```
//!
//! Where none can be had (in a container, as a user whose session has no delegated groups) the sandbox's first process
//! counts instead; see `inside::account`. [`memory_groups`] says which of the two it is.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::supervisor::{Supervisor, remove_group};

/// Where control groups are mounted, on every distribution that systemd starts.
const MOUNT: &str = "/sys/fs/cgroup";

/// The two interfaces of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// The controller `memory` has a hierarchy of its own.
    One,
    /// One hierarchy for all.
    Two,
}

/// The file of version 1 that bounds the memory of TCP, which it does not count with the rest; in version 2 there is none.
const SOCKETS_OF_ONE: &str = "memory.kmem.tcp.limit_in_bytes";

impl Version {
    /// The file that bounds memory, in bytes.
    fn limit(self) -> &'static str {
        match self {
            Version::One => "memory.limit_in_bytes",
            Version::Two => "memory.max",
        }
    }

    /// The file that bounds swapped memory, and what to write to it. Machines without swap have none.
    fn swap(self, bytes: u64) -> (&'static str, u64) {
        match self {
            // Together with the memory.
            Version::One => ("memory.memsw.limit_in_bytes", bytes),
            Version::Two => ("memory.swap.max", 0),
        }
    }

    /// The file that counts processes which were killed at the bound, in a line `oom_kill N`.
    fn events(self) -> &'static str {
        match self {
            Version::One => "memory.oom_control",
            Version::Two => "memory.events",
        }
    }
}

/// Makes control groups, once it is known where.
#[derive(Debug, Default)]
pub(super) struct Groups(Mutex<Sought>);

#[derive(Debug, Default)]
enum Sought {
    #[default]
    NotYet,
    None,
    Found(Arc<Home>),
}

/// The group in which those of sandboxes are made.
#[derive(Debug)]
struct Home {
    version: Version,
    folder: PathBuf,
    next: AtomicU64,
    /// Groups that had processes in them when they were to be removed.
    left: Mutex<Vec<PathBuf>>,
}

/// The group of one sandbox. Dropping it removes it, or leaves that to the next one.
#[derive(Debug)]
pub(super) struct Group {
    home: Arc<Home>,
    folder: PathBuf,
}

impl Groups {
    /// Those of somebody who wants none.
    pub(super) fn none() -> Groups {
        Groups(Mutex::new(Sought::None))
    }

    /// A group of at most so many bytes; none where none can be had.
    pub(super) fn make(&self, supervisor: &Supervisor, bytes: u64) -> Option<Group> {
        let home = self.home(supervisor)?;
        home.bury();
        let number = home.next.fetch_add(1, Ordering::Relaxed);
        let folder = home.folder.join(number.to_string());
        let made = fs::create_dir(&folder).map(|()| Group {
            home: home.clone(),
            folder,
        });
        match made.and_then(|group| group.bound(bytes).map(|()| group)) {
            Ok(group) => Some(group),
            Err(error) => {
                tracing::warn!(%error, "no control group can be made any more");
                None
            }
        }
    }

    fn home(&self, supervisor: &Supervisor) -> Option<Arc<Home>> {
        let mut sought = self.0.lock();
        if matches!(*sought, Sought::NotYet) {
            // Told before it is made, so that no kill falls between the two.
            let found = Home::make(supervisor.run(), |folder| {
                supervisor.remove_group_afterwards(folder)
            });
            *sought = found.map_or(Sought::None, |home| Sought::Found(Arc::new(home)));
        }
        match &*sought {
            Sought::Found(home) => Some(home.clone()),
            Sought::NotYet | Sought::None => None,
        }
    }
}

impl Group {
    fn bound(&self, bytes: u64) -> io::Result<()> {
        let version = self.home.version;
        fs::write(self.folder.join(version.limit()), bytes.to_string())?;
        let (swap, most) = version.swap(bytes);
        for (file, most) in [(swap, most), (SOCKETS_OF_ONE, bytes)] {
            match fs::write(self.folder.join(file), most.to_string()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// What a process writes `0` into to enter it.
    pub(super) fn entrance(&self) -> PathBuf {
        self.folder.join("cgroup.procs")
    }

    /// Whether the kernel has killed a process in it because its memory was at the bound.
    pub(super) fn was_exceeded(&self) -> bool {
        let events = fs::read_to_string(self.folder.join(self.home.version.events()));
        let events = events.unwrap_or_default();
        let kills = events.lines().find_map(|line| line.strip_prefix("oom_kill "));
        kills.is_some_and(|kills| kills.trim() != "0")
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if fs::remove_dir(&self.folder).is_err() {
            // Its processes were killed, but are not gone.
            self.home.left.lock().push(std::mem::take(&mut self.folder));
        }
    }
}

impl Home {
    /// `None` where no group can be made.
    fn make(run: &str, announce: impl Fn(&Path)) -> Option<Home> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("firedrill-{run}-{number}");
        let (version, places) = places()?;
        places.iter().find_map(|place| {
            let folder = place.join(&name);
            announce(&folder);
            Home::make_at(folder, version)
        })
    }

    fn make_at(folder: PathBuf, version: Version) -> Option<Home> {
        let home = Home {
            version,
            folder,
            next: AtomicU64::new(0),
            left: Mutex::new(Vec::new()),
        };
        fs::create_dir(&home.folder).ok()?;
        let usable = match version {
            // Groups below have the controllers that this file names.
            Version::Two => fs::write(home.folder.join("cgroup.subtree_control"), "+memory"),
            Version::One => Ok(()),
        };
        usable.and_then(|()| home.try_it()).ok()?;
        Some(home)
    }

    /// A process can be bounded here.
    fn try_it(&self) -> io::Result<()> {
        let folder = self.folder.join("trial");
        fs::create_dir(&folder)?;
        let bounded = fs::write(folder.join(self.version.limit()), (1_u64 << 30).to_string());
        // Who moves a process needs the right to do so in the group above both places, too.
        let above = self.folder.parent().unwrap_or(&self.folder);
        let may_move = [above, &folder].map(|group| {
            let entrance = group.join("cgroup.procs");
            OpenOptions::new().write(true).open(entrance).map(drop)
        });
        fs::remove_dir(&folder)?;
        may_move.into_iter().fold(bounded, Result::and)
    }

    /// Removes what could not be removed before.
    fn bury(&self) {
        self.left.lock().retain(|folder| {
            let removed = fs::remove_dir(folder);
            removed.is_err_and(|error| error.kind() != io::ErrorKind::NotFound)
        });
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        remove_group(&self.folder);
    }
}

/// Groups in which others may perhaps be made, the nearest first: this process's own, and those above it.
fn places() -> Option<(Version, Vec<PathBuf>)> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let (version, mount, path) = own_group(&own)?;
    let mount = Path::new(MOUNT).join(mount);
    let group = mount.join(path.trim_start_matches('/'));
    let above = group.ancestors().take_while(|place| place.starts_with(&mount));
    let may = |place: &&Path| match version {
        Version::One => true,
        // No group may have both processes and bounded groups, but the topmost one.
        Version::Two => {
            let control = fs::read_to_string(place.join("cgroup.subtree_control")).unwrap_or_default();
            control
                .split_whitespace()
                .any(|controller| controller == "memory")
        }
    };
    Some((version, above.filter(may).map(Path::to_owned).collect()))
}

/// The interface that has the controller `memory`, where it is mounted below [`MOUNT`], and this process's group there, of
/// `/proc/self/cgroup`.
fn own_group(text: &str) -> Option<(Version, &'static str, &str)> {
    let entries = || text.lines().map(|line| line.splitn(3, ':').collect::<Vec<_>>());
    let one = entries().find_map(|entry| match entry[..] {
        [_, controllers, path] if controllers.split(',').any(|controller| controller == "memory") => {
            Some(path)
        }
        _ => None,
    });
    if let Some(path) = one {
        return Some((Version::One, "memory", path));
    }
    let two = entries().find_map(|entry| match entry[..] {
        ["0", "", path] => Some(path),
        _ => None,
    });
    two.map(|path| (Version::Two, "", path))
}

/// Whether control groups can be made here; tries it.
pub fn memory_groups() -> bool {
    // Removed at once.
    Home::make(&format!("trial-{}", std::process::id()), |_| {}).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hierarchy_that_bounds_memory_is_found() {
        let mixed = "9:name=systemd:/\n5:cpu,cpuacct:/a\n4:memory:/process/x\n0::/\n";
        assert_eq!(own_group(mixed), Some((Version::One, "memory", "/process/x")));
        let unified = "0::/user.slice/user-1000.slice/session-2.scope\n";
        let path = "/user.slice/user-1000.slice/session-2.scope";
        assert_eq!(own_group(unified), Some((Version::Two, "", path)));
        assert_eq!(own_group("3:cpu:/\n"), None);
        assert_eq!(own_group(""), None);
    }
}
