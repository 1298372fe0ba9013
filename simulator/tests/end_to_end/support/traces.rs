//! What a program has started and opened, and whether anything of it is left.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use super::processes::{self, Process};
use super::{GRACE, within};

/// The kinds of namespaces, as `/proc` names them.
const NAMESPACES: [&str; 6] = ["net", "mnt", "pid", "user", "ipc", "uts"];

/// What is there of a program at one moment.
#[derive(Debug)]
pub(crate) struct Traces {
    /// The program and all that descend from it.
    pub(crate) processes: Vec<Process>,
    /// The sockets on which they listen, or take datagrams, with their addresses.
    pub(crate) sockets: BTreeMap<u64, String>,
    /// The namespaces that they are in, and this process is not.
    pub(crate) namespaces: BTreeSet<String>,
    /// The control groups that were made for them.
    pub(crate) groups: BTreeSet<PathBuf>,
    /// Every process of the machine at that moment.
    all: Vec<Process>,
    folder: PathBuf,
}

impl Traces {
    /// Of the program with this process id, whose working directory is in `folder`.
    pub(crate) fn new(pid: u32, folder: &Path) -> Traces {
        let processes = processes::descendants(pid);
        let own = namespaces("self");
        let all = processes
            .iter()
            .flat_map(|process| namespaces(&process.pid.to_string()));
        let groups = processes
            .iter()
            .flat_map(|process| control_groups(&process.pid.to_string()));
        Traces {
            groups: groups.collect(),
            sockets: sockets(&processes),
            namespaces: all.filter(|namespace| !own.contains(namespace)).collect(),
            all: processes::all(),
            folder: folder.to_owned(),
            processes,
        }
    }

    /// Where they listen for TCP on this machine; what sandboxes listen on is in networks of their own.
    pub(crate) fn listeners_here(&self) -> Vec<SocketAddr> {
        let here = open_sockets("self");
        let own = here
            .into_iter()
            .filter(|(inode, _)| self.sockets.contains_key(inode));
        let tcp = own.filter_map(|(_, address)| {
            let (table, address) = address.split_once(' ')?;
            let read = || socket_address(address).unwrap_or_else(|| panic!("{address:?} is no address"));
            table.starts_with("tcp").then(read)
        });
        tcp.collect()
    }

    /// Nothing of it is left.
    #[track_caller]
    pub(crate) fn assert_gone(&self) {
        within(GRACE, || self.left().is_empty().then_some(()));
        assert_eq!(self.left(), Vec::<String>::new(), "something is left");
    }

    fn left(&self) -> Vec<String> {
        let processes = self.processes.iter().filter(|process| process.is_alive());
        let sockets = open_sockets("self");
        let sockets = self
            .sockets
            .iter()
            .filter(|(inode, _)| sockets.contains_key(inode));
        // A number is given again: who came later has another namespace of that number.
        let held = held_namespaces(self.all.iter().filter(|process| process.is_alive()));
        let namespaces = self.namespaces.iter().filter(|one| held.contains(*one));
        processes
            .map(|process| format!("{process:?}"))
            .chain(sockets.map(|(_, address)| format!("listens on {address}")))
            .chain(namespaces.map(|namespace| format!("namespace {namespace}")))
            .chain(
                self.groups
                    .iter()
                    .filter(|group| group.exists())
                    .map(|group| format!("{}", group.display())),
            )
            .chain(mounts(&self.folder).map(|mount| format!("mounted: {mount}")))
            .collect()
    }
}

/// The namespaces of a process.
fn namespaces(pid: &str) -> Vec<String> {
    let links = NAMESPACES
        .iter()
        .filter_map(|kind| fs::read_link(format!("/proc/{pid}/ns/{kind}")).ok());
    links.map(|link| link.to_string_lossy().into_owned()).collect()
}

/// The namespaces that processes are in, or hold open.
fn held_namespaces<'a>(processes: impl Iterator<Item = &'a Process>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for process in processes {
        let pid = process.pid.to_string();
        found.extend(namespaces(&pid));
        found.extend(open_files(&pid).map(|link| link.to_string_lossy().into_owned()));
    }
    found
}

/// What the descriptors of a process lead to.
fn open_files(pid: &str) -> impl Iterator<Item = PathBuf> + use<> {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten();
    files.filter_map(|file| fs::read_link(file.ok()?.path()).ok())
}

/// The machine's mount points that are in `folder`, or as sandboxes make them.
fn mounts(folder: &Path) -> impl Iterator<Item = String> {
    let folder = folder.to_string_lossy().into_owned();
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("the mount points can be read");
    let lines: Vec<String> = mounts.lines().map(str::to_owned).collect();
    lines.into_iter().filter(move |line| {
        let source = line
            .split_once(" - ")
            .and_then(|(_, rest)| rest.split(' ').nth(1));
        line.contains(&folder) || matches!(source, Some("scratch" | "layer"))
    })
}

/// The folders of the control groups of ours that a process is in.
fn control_groups(pid: &str) -> Vec<PathBuf> {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    let ours = groups.lines().filter(|line| line.contains("/firedrill-"));
    let folders = ours.filter_map(|line| {
        let (controllers, group) = line.split_once(':')?.1.split_once(':')?;
        let mount = Path::new("/sys/fs/cgroup").join(controllers);
        Some(mount.join(group.trim_start_matches('/')))
    });
    folders.collect()
}

/// The sockets of these processes that wait for connections, by inode.
fn sockets(processes: &[Process]) -> BTreeMap<u64, String> {
    let mut found = BTreeMap::new();
    for process in processes {
        let pid = process.pid.to_string();
        // Those of a sandbox are in the table of its own network.
        let open = open_sockets(&pid);
        let inodes = open_files(&pid).filter_map(|link| socket_inode(&link));
        found.extend(inodes.filter_map(|inode| Some((inode, open.get(&inode)?.clone()))));
    }
    found
}

/// An address as the kernel's tables have it: words of the machine's byte order in hex, a colon, the port.
fn socket_address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let words = (0..ip.len()).step_by(8).map(|at| {
        let word = u32::from_str_radix(ip.get(at..at + 8)?, 16).ok()?;
        Some(word.to_ne_bytes())
    });
    let bytes = words.collect::<Option<Vec<[u8; 4]>>>()?.concat();
    let ip: IpAddr = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => four.into(),
        Err(_) => <[u8; 16]>::try_from(bytes).ok()?.into(),
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

fn socket_inode(link: &Path) -> Option<u64> {
    let text = link.to_str()?.strip_prefix("socket:[")?;
    text.strip_suffix(']')?.parse().ok()
}

/// The sockets in the network of a process that listen, or take datagrams.
fn open_sockets(pid: &str) -> BTreeMap<u64, String> {
    let mut found = BTreeMap::new();
    for (table, waits) in [("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")] {
        let lines = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for line in lines.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (Some(address), Some(state), Some(inode)) = (fields.get(1), fields.get(3), fields.get(9))
            else {
                continue;
            };
            if *state == waits
                && let Ok(inode) = inode.parse()
            {
                found.insert(inode, format!("{table} {address}"));
            }
        }
    }
    found
}
