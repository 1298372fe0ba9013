//! Who the program is, inside and outside: user namespaces map ids one to one, they give nothing away.
//!
//! Root keeps all ids and lets the program be `nobody`, since the kernel's limit of processes does not hold
//! for root, and `nobody` can read only world-readable files. Any other user may map one id: their own.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::CWD;
use rustix::mount::{OpenTreeFlags, open_tree};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, getegid, geteuid};
use rustix::thread::{CapabilitySet, UnshareFlags, capabilities, unshare_unsafe};

use super::fork::{Side, fork, wait_for};
use super::step::{Doing, Step};
use super::trees::{self, Attributes};

/// The user and group `nobody`, without rights of their own.
const UNPRIVILEGED: u32 = 65534;

/// A run of ids: the first and how many.
type Extent = (u64, u64);

/// The ids of the program and how they are mapped.
pub(super) struct Ids {
    pub(super) user: u32,
    pub(super) group: u32,
    users: Vec<Extent>,
    groups: Vec<Extent>,
    /// The program gets other ids than this process has.
    pub(super) changes: bool,
}

impl Ids {
    pub(super) fn find() -> Step<Ids> {
        let users = extents("/proc/self/uid_map")?;
        let groups = extents("/proc/self/gid_map")?;
        let (user, group) = (geteuid().as_raw(), getegid().as_raw());
        let own = Ids {
            user,
            group,
            users: vec![(user.into(), 1)],
            groups: vec![(group.into(), 1)],
            changes: false,
        };
        if user != 0 || !holds(&users, UNPRIVILEGED) || !holds(&groups, UNPRIVILEGED) {
            return Ok(own);
        }
        let needed = CapabilitySet::SETUID | CapabilitySet::SETGID | CapabilitySet::SYS_ADMIN;
        if !capabilities(None)
            .doing("read the capabilities")?
            .effective
            .contains(needed)
        {
            return Err("root may not change its ids here".to_owned());
        }
        Ok(Ids {
            user: UNPRIVILEGED,
            group: UNPRIVILEGED,
            users,
            groups,
            changes: true,
        })
    }

    /// Leaves the user namespace, and those of `others`, for new ones. A fork that stays behind writes the
    /// maps of ids, which for more than one id needs rights outside.
    pub(super) fn enter(&self, others: UnshareFlags) -> Step<()> {
        let (go, come) = pipe_with(PipeFlags::CLOEXEC).doing("make a pipe")?;
        let writer = match fork().doing("fork")? {
            Side::Child => {
                drop(come);
                let mut told = [0];
                let is_time = File::from(go).read(&mut told).is_ok_and(|n| n == 1);
                std::process::exit(i32::from(!is_time || self.write_maps().is_err()));
            }
            Side::Parent(writer) => writer,
        };
        // SAFETY: the flags do not unshare the table of descriptors.
        let left = unsafe { unshare_unsafe(UnshareFlags::NEWUSER | others) };
        if left.is_ok() {
            File::from(come)
                .write_all(&[1])
                .doing("tell the writer of id maps")?;
        } else {
            drop(come);
        }
        let written = wait_for(writer).doing("wait for the writer of id maps")?;
        left.doing("make namespaces")?;
        match written {
            0 => Ok(()),
            _ => Err("the ids cannot be mapped".to_owned()),
        }
    }

    /// Writes the maps of the process that forked this one.
    fn write_maps(&self) -> Step<()> {
        let parent = rustix::process::getppid().ok_or("the parent is gone")?;
        if !self.changes {
            // Without this a group could be dropped that a file's permissions shut out.
            write(parent, "setgroups", "deny")?;
        }
        write(
            parent,
            "uid_map",
            &lines(self.users.iter().map(|(first, count)| (*first, *first, *count))),
        )?;
        write(
            parent,
            "gid_map",
            &lines(self.groups.iter().map(|(first, count)| (*first, *first, *count))),
        )
    }

    /// The tree of a folder, in which what belongs to the folder's owner belongs to the program; none if the
    /// program has the ids of this process, or if the folder's file system cannot do that.
    pub(super) fn owned_tree(&self, folder: &Path) -> Step<Option<OwnedFd>> {
        if !self.changes {
            return Ok(None);
        }
        let owner = fs::metadata(folder).doing(format_args!("look at {}", folder.display()))?;
        let users = lines(swapped(&self.users, owner.uid(), self.user));
        let groups = lines(swapped(&self.groups, owner.gid(), self.group));
        let namespace = namespace_with(&users, &groups)?;
        let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        let tree = open_tree(CWD, folder, flags).doing(format_args!("open {}", folder.display()))?;
        let owned = trees::set(&tree, Attributes::mapped(&namespace));
        Ok(owned.is_ok().then_some(tree))
    }
}

/// A user namespace without processes, with these maps.
fn namespace_with(users: &str, groups: &str) -> Step<File> {
    let (ready, say_ready) = pipe_with(PipeFlags::CLOEXEC).doing("make a pipe")?;
    let (end, hold) = pipe_with(PipeFlags::CLOEXEC).doing("make a pipe")?;
    let dweller = match fork().doing("fork")? {
        Side::Child => {
            drop(hold);
            // SAFETY: the flags do not unshare the table of descriptors.
            if unsafe { unshare_unsafe(UnshareFlags::NEWUSER) }.is_ok() {
                let _ = rustix::io::write(&say_ready, &[1]);
                let _ = rustix::io::read(&end, &mut [0]); // Until the other side has what it needs.
            }
            std::process::exit(0);
        }
        Side::Parent(dweller) => dweller,
    };
    drop(say_ready);
    let made = File::from(ready).read(&mut [0]).is_ok_and(|n| n == 1);
    let namespace = if made {
        write(dweller, "uid_map", users)
            .and_then(|()| write(dweller, "gid_map", groups))
            .and_then(|()| File::open(proc(dweller, "ns/user")).doing("open a user namespace"))
    } else {
        Err("cannot make a user namespace".to_owned())
    };
    drop(hold);
    wait_for(dweller).doing("wait for a process")?;
    namespace
}

fn proc(pid: Pid, file: &str) -> String {
    format!("/proc/{}/{file}", pid.as_raw_nonzero())
}

fn write(pid: Pid, file: &str, text: &str) -> Step<()> {
    fs::write(proc(pid, file), text).doing(format_args!("write {file} of process {}", pid.as_raw_nonzero()))
}

/// The ids that exist in this user namespace.
fn extents(map: &str) -> Step<Vec<Extent>> {
    let text = fs::read_to_string(map).doing(format_args!("read {map}"))?;
    let extents = text.lines().filter_map(|line| {
        let mut numbers = line.split_whitespace().map(str::parse);
        let (first, _, count) = (
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
        );
        let _: u64 = first;
        Some((first, count))
    });
    Ok(extents.collect())
}

fn holds(extents: &[Extent], id: u32) -> bool {
    let id = u64::from(id);
    extents
        .iter()
        .any(|(first, count)| (*first..first + count).contains(&id))
}

/// Lines of a map: the first id inside, the first outside, how many.
fn lines(extents: impl IntoIterator<Item = (u64, u64, u64)>) -> String {
    let lines = extents
        .into_iter()
        .map(|(inside, outside, count)| format!("{inside} {outside} {count}\n"));
    lines.collect()
}

/// Every id is mapped to itself, but `a` and `b` to each other.
fn swapped(extents: &[Extent], a: u32, b: u32) -> Vec<(u64, u64, u64)> {
    let (a, b) = (u64::from(a), u64::from(b));
    let mut mapped = Vec::new();
    for (first, count) in extents {
        let end = first + count;
        let cuts = [*first, a, a + 1, b, b + 1, end];
        let mut cuts: Vec<u64> = cuts
            .into_iter()
            .filter(|cut| (*first..=end).contains(cut))
            .collect();
        cuts.sort_unstable();
        cuts.dedup();
        mapped.extend(cuts.windows(2).map(|piece| {
            let image = match piece[0] {
                id if id == a => b,
                id if id == b => a,
                id => id,
            };
            (piece[0], image, piece[1] - piece[0])
        }));
    }
    mapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ids_change_places() {
        let all = [(0, 4_294_967_295)];
        let swapped_ids = swapped(&all, 0, UNPRIVILEGED);
        let expected = [
            (0, 65534, 1),
            (1, 1, 65533),
            (65534, 0, 1),
            (65535, 65535, 4_294_967_295 - 65535),
        ];
        assert_eq!(swapped_ids, expected);
        assert_eq!(swapped(&[(0, 10)], 9, 9), [(0, 0, 9), (9, 9, 1)]);
        assert_eq!(
            swapped(&[(0, 2), (5, 2)], 1, 5),
            [(0, 0, 1), (1, 5, 1), (5, 1, 1), (6, 6, 1)]
        );
    }

    #[test]
    fn an_id_is_in_an_extent_or_not() {
        assert!(holds(&[(0, 1), (100, 5)], 104));
        assert!(!holds(&[(0, 1), (100, 5)], 105));
    }
}
