//! Control groups: the kernel's limit of the memory of all processes of a sandbox together, of whatever kind.
//!
//! ```text
//!   /sys/fs/cgroup/…/            the nearest group above this process in which groups can be made
//!     firedrill-<run>-<number>/  one for a set of sandboxes; the reaper removes it if it is left over
//!       <number>/                one for each sandbox, which its first process enters before it does anything
//! ```
//!
//! Where none can be had (in a container, as a user whose session has no delegated groups) the sandbox's first process
//! counts instead; see `inside::account`. [`memory_groups`] returns which of the two applies.

mod interface;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use self::interface::Version;
use crate::supervisor::{Supervisor, remove_group};

/// The bound of the group that is made to see whether any can be.
const TRIAL: u64 = 1 << 30;

/// How groups are made and removed. The kernel fills a folder that is made among its groups with files, and takes them away
/// with it; tests do the same with plain files.
#[derive(Clone, Copy, Debug)]
struct Folders {
    make: fn(&Path) -> io::Result<()>,
    remove: fn(&Path) -> io::Result<()>,
    /// With the groups below it, waiting for their processes to be gone.
    remove_home: fn(&Path),
}

const OF_KERNEL: Folders = Folders {
    make: |folder| fs::create_dir(folder),
    remove: |folder| fs::remove_dir(folder),
    remove_home: remove_group,
};

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
    folders: Folders,
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
    /// No control groups.
    pub(super) fn none() -> Groups {
        Groups(Mutex::new(Sought::None))
    }

    /// A group of at most so many bytes; none where none can be had.
    pub(super) fn make(&self, supervisor: &Supervisor, bytes: u64) -> Option<Group> {
        let home = self.home(supervisor)?;
        home.bury();
        let number = home.next.fetch_add(1, Ordering::Relaxed);
        match home.group(&number.to_string(), bytes) {
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
            *sought = found.map_or(Sought::None, Sought::Found);
        }
        match &*sought {
            Sought::Found(home) => Some(home.clone()),
            Sought::NotYet | Sought::None => None,
        }
    }
}

impl Group {
    /// What a process writes `0` into to enter it.
    pub(super) fn entrance(&self) -> PathBuf {
        interface::processes_of(&self.folder)
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
        if (self.home.folders.remove)(&self.folder).is_err() {
            // Its processes were killed, but are not gone.
            self.home.left.lock().push(std::mem::take(&mut self.folder));
        }
    }
}

impl Home {
    /// `None` where no group can be made.
    fn make(run: &str, announce: impl Fn(&Path)) -> Option<Arc<Home>> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("firedrill-{run}-{number}");
        let (version, places) = interface::places()?;
        places.iter().find_map(|place| {
            let folder = place.join(&name);
            announce(&folder);
            Home::make_at(folder, version, OF_KERNEL)
        })
    }

    fn make_at(folder: PathBuf, version: Version, folders: Folders) -> Option<Arc<Home>> {
        (folders.make)(&folder).ok()?;
        let home = Arc::new(Home {
            version,
            folders,
            folder,
            next: AtomicU64::new(0),
            left: Mutex::new(Vec::new()),
        });
        let usable = version.delegate(&home.folder).and_then(|()| home.try_it());
        let usable = usable.inspect_err(|error| {
            tracing::debug!(%error, folder = %home.folder.display(), "no control group can be made here");
        });
        usable.is_ok().then_some(home)
    }

    /// Makes a group as each sandbox gets one, and sees whether a process could enter it.
    fn try_it(self: &Arc<Home>) -> io::Result<()> {
        let group = self.group("trial", TRIAL)?;
        // Moving a process requires the right to do so in the common parent of both groups, too.
        let above = self.folder.parent().unwrap_or(&self.folder);
        interface::may_move(above, &group.folder)
    }

    /// A group of at most so many bytes.
    fn group(self: &Arc<Home>, name: &str, bytes: u64) -> io::Result<Group> {
        let folder = self.folder.join(name);
        (self.folders.make)(&folder)?;
        let group = Group {
            home: self.clone(),
            folder,
        };
        self.version.bound(&group.folder, bytes)?;
        Ok(group)
    }

    /// Removes what could not be removed before.
    fn bury(&self) {
        self.left.lock().retain(|folder| {
            let removed = (self.folders.remove)(folder);
            removed.is_err_and(|error| error.kind() != io::ErrorKind::NotFound)
        });
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        (self.folders.remove_home)(&self.folder);
    }
}

/// Whether sandboxes of this supervisor can have control groups here; makes one as they do, and removes it.
pub fn memory_groups(supervisor: &Supervisor) -> bool {
    Groups::default().home(supervisor).is_some()
}

#[cfg(test)]
mod tests;
