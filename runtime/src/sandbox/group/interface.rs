//! The two interfaces of the kernel to control groups: which one this machine has, where, and how its files are written.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where control groups are mounted, on every distribution that systemd starts.
const MOUNT: &str = "/sys/fs/cgroup";

/// The two interfaces of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// The controller `memory` has a hierarchy of its own.
    One,
    /// One hierarchy for all.
    Two,
}

impl Version {
    /// The file that bounds memory, in bytes.
    fn limit(self) -> &'static str {
        match self {
            Version::One => "memory.limit_in_bytes",
            Version::Two => "memory.max",
        }
    }

    /// What is bounded beside the memory, with the value to write: swapped memory, and in version 1 the memory of TCP, which
    /// version 2 counts with the rest. Kernels without swap accounting lack the files of swap.
    fn beside(self, bytes: u64) -> Vec<(&'static str, u64)> {
        match self {
            Version::One => vec![
                // Memory and swap together.
                ("memory.memsw.limit_in_bytes", bytes),
                ("memory.kmem.tcp.limit_in_bytes", bytes),
            ],
            Version::Two => vec![("memory.swap.max", 0)],
        }
    }

    /// The file that counts processes which were killed at the bound, in a line `oom_kill N`.
    pub(super) fn events(self) -> &'static str {
        match self {
            Version::One => "memory.oom_control",
            Version::Two => "memory.events",
        }
    }

    /// Bounds what the processes of a group occupy together.
    pub(super) fn bound(self, group: &Path, bytes: u64) -> io::Result<()> {
        set(&group.join(self.limit()), bytes)?;
        for (file, most) in self.beside(bytes) {
            match set(&group.join(file), most) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Gives the groups below one the controller `memory`.
    pub(super) fn delegate(self, group: &Path) -> io::Result<()> {
        match self {
            Version::One => Ok(()),
            // Groups below have the controllers that this file names.
            Version::Two => set(&group.join("cgroup.subtree_control"), "+memory"),
        }
    }
}

/// Writes a file that is there. It is not opened to be created: the kernel answers that with "permission denied" where it
/// has no such file, which is then not told from a file that may not be written.
fn set(file: &Path, value: impl ToString) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(file)?;
    file.write_all(value.to_string().as_bytes())
}

/// The file of a group that names its processes; writing `0` to it enters the group.
pub(super) fn processes_of(group: &Path) -> PathBuf {
    group.join("cgroup.procs")
}

/// Whether a process may be moved between a group and one below it: this needs the right to write to both.
pub(super) fn may_move(group: &Path, below: &Path) -> io::Result<()> {
    [group, below].into_iter().try_for_each(|group| {
        let opened = OpenOptions::new().write(true).open(processes_of(group));
        opened.map(drop)
    })
}

/// Groups in which others may perhaps be made, the nearest first: this process's own, and those above it.
pub(super) fn places() -> Option<(Version, Vec<PathBuf>)> {
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

    #[test]
    fn a_file_that_the_kernel_does_not_have_is_reported_as_missing() {
        // The file system of control groups and that of /sys are the same one of the kernel's.
        let missing = Path::new("/sys/kernel/firedrill-no-such-file");
        assert_eq!(set(missing, 1).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
