//! What of the machine must not be seen inside.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Folders where people, programs and daemons keep what is none of a script's business: files, sockets,
/// credentials.
const COVERED: [&str; 9] = [
    "/home", "/root", "/tmp", "/var/tmp", "/run", "/var/run", "/mnt", "/media", "/srv",
];
/// A user's home may be one of these, which hold programs and must stay.
const SYSTEM: [&str; 22] = [
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/nix",
    "/opt",
    "/proc",
    "/sbin",
    "/sys",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/share",
    "/var",
    "/var/lib",
];

/// From this number on, users are people.
const PEOPLE: u32 = 1000;

/// The machine as it is seen from inside.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct View {
    /// Folders that are empty inside, none below another; they exist. The homes of people are among them, or below one.
    pub(super) covers: Vec<PathBuf>,
    /// Those homes themselves.
    pub(super) homes: Vec<PathBuf>,
    /// Sockets elsewhere, which would lead out: a path reaches a Unix socket through any network namespace.
    pub(super) sockets: Vec<PathBuf>,
}

impl View {
    /// Whether a path cannot be seen inside.
    pub(super) fn covers(&self, path: &Path) -> bool {
        self.covers.iter().any(|cover| path.starts_with(cover))
    }

    /// What must stay hidden and would be seen if this folder were shown.
    pub(super) fn hidden_in(&self, folder: &Path) -> Option<&Path> {
        let mut hidden = self.covers.iter().chain(&self.homes);
        hidden
            .find(|hidden| hidden.starts_with(folder))
            .map(PathBuf::as_path)
    }
}

/// What must stay hidden from programs and would be seen if a folder were shown to them; nothing if they see it anyway.
pub fn hidden_in(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    let view = of_machine(Path::new("/"));
    if view.covers(&folder) {
        view.hidden_in(&folder).map(Path::to_owned)
    } else {
        None
    }
}

/// What must stay hidden from programs and would be seen if one ran in this folder, whose place in a sandbox is its own,
/// covered or not; `None` if it can run there. A human-readable text.
pub fn shown_in(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    if folder == Path::new("/") {
        return Some("the whole machine".to_owned());
    }
    let view = of_machine(Path::new("/"));
    view.hidden_in(&folder).map(|hidden| hidden.display().to_string())
}

/// Inspects the machine whose root is `root`, as this process and its user.
pub(super) fn of_machine(root: &Path) -> View {
    let own = std::env::var_os("HOME").map(PathBuf::from);
    let passwd = fs::read_to_string(root.join("etc/passwd")).unwrap_or_default();
    let user = rustix::process::getuid().as_raw();
    let people = homes_in(&passwd, |id| id == 0 || id == user || id >= PEOPLE);
    let homes = own.into_iter().chain(people);
    let homes = homes.filter_map(|home| home.canonicalize().ok());
    let homes: Vec<PathBuf> = homes.filter(|home| !is_system(home)).collect();
    let wanted = COVERED
        .iter()
        .filter_map(|path| Path::new(path).canonicalize().ok());
    let mut view = View {
        covers: outermost(wanted.chain(homes.iter().cloned())),
        homes,
        sockets: Vec::new(),
    };
    let sockets = fs::read_to_string(root.join("proc/net/unix")).unwrap_or_default();
    let sockets = sockets_of(&sockets).filter_map(|path| path.canonicalize().ok());
    view.sockets = sockets.filter(|path| !view.covers(path)).collect();
    view
}

fn is_system(home: &Path) -> bool {
    SYSTEM.iter().any(|system| home == Path::new(system))
}

/// The homes of users, by a file like `/etc/passwd`.
fn homes_in(passwd: &str, wanted: impl Fn(u32) -> bool) -> impl Iterator<Item = PathBuf> {
    passwd.lines().filter_map(move |line| {
        let fields: Vec<&str> = line.split(':').collect();
        let user = fields.get(2)?.parse().ok()?;
        wanted(user).then(|| PathBuf::from(fields.get(5).unwrap_or(&"/")))
    })
}

/// Existing folders of `paths`, without those that lie below another.
fn outermost(paths: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let folders: BTreeSet<PathBuf> = paths
        .filter(|path| path.is_dir() && path != Path::new("/"))
        .collect();
    let mut outermost: Vec<PathBuf> = Vec::new();
    for folder in folders {
        // In this order, what a folder lies below came before it.
        if !outermost.iter().any(|outer| folder.starts_with(outer)) {
            outermost.push(folder);
        }
    }
    outermost
}

/// The paths in a table like `/proc/net/unix`.
fn sockets_of(table: &str) -> impl Iterator<Item = PathBuf> + '_ {
    let paths = table
        .lines()
        .filter_map(|line| line.split_once(" /").map(|(_, path)| path));
    let paths: BTreeSet<PathBuf> = paths.map(|path| Path::new("/").join(path)).collect();
    paths.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_is_that_of_the_user() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000::/data/ada:/bin/sh\nbroken:x:7\n";
        let home_of = |user| homes_in(passwd, move |id| id == user).collect::<Vec<_>>();
        assert_eq!(home_of(1000), [Path::new("/data/ada")]);
        assert_eq!(home_of(7), [Path::new("/")]);
        assert!(home_of(5).is_empty());
    }

    #[test]
    fn home_folder_or_its_parent_is_not_shown() {
        let view = View {
            covers: vec!["/home".into(), "/tmp".into()],
            homes: vec!["/home/ada".into()],
            sockets: Vec::new(),
        };
        assert_eq!(
            view.hidden_in(Path::new("/home/ada")),
            Some(Path::new("/home/ada"))
        );
        assert!(view.hidden_in(Path::new("/")).is_some());
        assert!(view.hidden_in(Path::new("/home/ada/scenarios")).is_none());
        assert!(view.hidden_in(Path::new("/tmp/x")).is_none());
    }

    #[test]
    fn homes_of_all_people_are_covered_and_those_of_the_system_are_not() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        // Folders that are on every machine stand for homes.
        let passwd = "root:x:0:0::/root:/bin/sh\ndaemon:x:2:2::/var/log:/bin/sh\nbob:x:4242:4242::/var/cache:/bin/sh\n\
                      app:x:4243:4243::/usr/local/bin:/bin/sh\neve:x:4244:4244::/no/such/home:/bin/sh\n";
        fs::write(root.path().join("etc/passwd"), passwd).unwrap();
        let view = of_machine(root.path());
        assert!(view.covers(Path::new("/var/cache/apt")));
        assert_eq!(view.hidden_in(Path::new("/var")), Some(Path::new("/var/cache")));
        for seen in ["/var/log/x", "/usr/local/bin/aws", "/no/such/home"] {
            assert!(!view.covers(Path::new(seen)), "{seen}");
        }
    }

    #[test]
    fn nested_folders_are_covered_once() {
        let paths = ["/usr/bin", "/usr", "/", "/no/such/folder", "/etc"].map(PathBuf::from);
        assert_eq!(
            outermost(paths.into_iter()),
            [Path::new("/etc"), Path::new("/usr")]
        );
    }

    #[test]
    fn sockets_with_paths_are_found_and_abstract_ones_are_not() {
        let table = "Num       RefCount Protocol Flags    Type St Inode Path\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 10001 /opt/my data/agent.sock\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 10002 @/tmp/abstract\n\
            0000000000000000: 00000003 00000000 00000000 0001 03 10003\n";
        let found: Vec<PathBuf> = sockets_of(table).collect();
        assert_eq!(found, [Path::new("/opt/my data/agent.sock")]);
    }
}
