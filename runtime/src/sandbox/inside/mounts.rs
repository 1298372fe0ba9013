//! What the program sees of the machine's files.
//!
//! ```text
//!   /                     the machine's, read-only
//!   /proc, /dev           new; a few harmless devices
//!   homes, /tmp, /run …   folders of one tmpfs, whose size bounds all that is written
//!   the scenario's folder itself, below a layer that is a folder of that tmpfs, too
//!   binds                 at their places, on top of all this
//!   what is hidden        an empty folder each, also in the scenario's
//! ```
//!
//! Whatever is to stay visible is opened before anything is covered, and hung up afterwards.

use std::ffi::CString;
use std::fs::{self, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, fstat};
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};

use super::super::environment::HOME;
use super::super::orders::Orders;
use super::super::spec::Scratch;
use super::ids::Ids;
use super::step::{Doing, Step};
use super::trees::{self, Attributes};

/// Where the tmpfs hangs while the view is made; covered in the end like any other folder.
const STAGE: &str = "/tmp";
/// Devices that give nothing away.
const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];
/// Bytes of tmpfs for each of its files: it may hold as many files as there is room for at this size.
const BYTES_PER_FILE: u64 = 4096;
/// What a program may write to, beside its folder and its home.
pub(super) const SCRATCH: [&str; 2] = ["/tmp", "/var/tmp"];

/// Makes the view in this process's mount namespace. `folder` is the tree of the program's folder if its
/// ids are mapped.
pub(super) fn build(orders: &Orders, ids: &Ids, folder: Option<OwnedFd>) -> Step<()> {
    let private = MountPropagationFlags::REC | MountPropagationFlags::PRIVATE;
    mount_change("/", private).doing("separate the mounts")?;
    let owned = folder.is_some();
    let folder = folder.map_or_else(|| trees::copy(&orders.folder), Ok)?;
    let devices = open_devices()?;
    let binds = open_binds(orders)?;
    trees::set_everywhere(Attributes::READ_ONLY).doing("make the files read-only")?;
    mask(&orders.view.sockets)?;
    mount_proc()?;
    let stage = Stage::make(orders, ids)?;
    let folder = stage.layered(folder, owned)?;
    let hidden = stage.hidden()?;
    stage.cover()?;
    devices
        .iter()
        .try_for_each(|(tree, place)| hang_up(tree, place))?;
    hang_up(&folder, &orders.folder)?;
    binds.iter().try_for_each(|(tree, place)| hang_up(tree, place))?;
    // What is not to be seen anyway has no place.
    let mut hidden = hidden.iter().filter(|(_, place)| place.is_dir());
    hidden.try_for_each(|(tree, place)| trees::attach(tree, place))?;
    stage.close()
}

fn open_devices() -> Step<Vec<(OwnedFd, PathBuf)>> {
    let paths = DEVICES.map(|name| Path::new("/dev").join(name));
    paths
        .into_iter()
        .map(|path| Ok((trees::copy(&path)?, path)))
        .collect()
}

/// The trees of the binds, with their places; folders before what is in them.
fn open_binds(orders: &Orders) -> Step<Vec<(OwnedFd, PathBuf)>> {
    let binds = orders.binds.iter().map(|bind| {
        let tree = trees::copy(&bind.outside)?;
        let attributes = if bind.writable {
            Attributes::WRITABLE
        } else {
            Attributes::READ_ONLY
        };
        trees::set(&tree, attributes).doing(format_args!("bind {}", bind.outside.display()))?;
        Ok((tree, bind.inside.clone()))
    });
    let mut binds = binds.collect::<Step<Vec<_>>>()?;
    binds.sort_by(|(_, a), (_, b)| a.cmp(b));
    Ok(binds)
}

/// Puts the null device in the place of sockets. One that is gone by now needs none.
fn mask(sockets: &[PathBuf]) -> Step<()> {
    for socket in sockets.iter().filter(|socket| socket.exists()) {
        trees::attach(&trees::copy(Path::new("/dev/null"))?, socket)?;
    }
    Ok(())
}

/// Shows the processes of this namespace, and allows no namespaces below it.
fn mount_proc() -> Step<()> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount("proc", "/proc", "proc", flags, None).doing("mount /proc")?;
    fs::write("/proc/sys/user/max_user_namespaces", "0").doing("forbid user namespaces inside")
}

/// Hangs a tree up; its place is made if it is not there.
fn hang_up(tree: &OwnedFd, place: &Path) -> Step<()> {
    if !place.exists() {
        let is_folder = FileType::from_raw_mode(fstat(tree).doing("look at a tree")?.st_mode).is_dir();
        let made = match (is_folder, place.parent()) {
            (true, _) => fs::create_dir_all(place),
            (false, Some(parent)) => fs::create_dir_all(parent).and_then(|()| fs::write(place, "")),
            (false, None) => Ok(()),
        };
        made.doing(format_args!("make a place for {}", place.display()))?;
    }
    trees::attach(tree, place)
}

/// The tmpfs of everything that is new, while it is being filled.
struct Stage<'a> {
    orders: &'a Orders,
    ids: &'a Ids,
    /// Where it hangs.
    path: PathBuf,
}

impl<'a> Stage<'a> {
    fn make(orders: &'a Orders, ids: &'a Ids) -> Step<Stage<'a>> {
        let path = Path::new(STAGE).canonicalize().doing("find /tmp")?;
        let size = orders.limits.scratch_bytes;
        let options = format!("mode=755,size={size},nr_inodes={}", size / BYTES_PER_FILE + 1024);
        let options = CString::new(options).doing("describe a tmpfs")?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV;
        mount("scratch", &path, "tmpfs", flags, &*options).doing("mount a tmpfs")?;
        let stage = Stage { orders, ids, path };
        stage.make_folders().doing("fill a tmpfs")?;
        Ok(stage)
    }

    fn make_folders(&self) -> io::Result<()> {
        for name in [
            "lower", "upper", "work", "merged", "dev", "dev/shm", "shm", "empty",
        ] {
            fs::create_dir(self.path.join(name))?;
        }
        for name in DEVICES {
            fs::write(self.path.join("dev").join(name), "")?;
        }
        symlink("/proc/self/fd", self.path.join("dev/fd"))?;
        for (number, name) in ["stdin", "stdout", "stderr"].iter().enumerate() {
            symlink(
                format!("/proc/self/fd/{number}"),
                self.path.join("dev").join(name),
            )?;
        }
        let everybody = Permissions::from_mode(0o1777);
        fs::set_permissions(self.path.join("shm"), everybody.clone())?;
        for (cover, folder) in self.covers() {
            fs::create_dir(&folder)?;
            if is_scratch(cover) {
                fs::set_permissions(&folder, everybody.clone())?;
            }
            if *cover == self.path
                && let Ok(home) = Path::new(HOME).strip_prefix(STAGE)
            {
                let home = folder.join(home);
                fs::create_dir(&home)?;
                fs::set_permissions(&home, Permissions::from_mode(0o700))?;
                self.give_to_program(&home)?;
            }
        }
        Ok(())
    }

    /// An empty folder for the place of each that is hidden.
    fn hidden(&self) -> Step<Vec<(OwnedFd, PathBuf)>> {
        let hidden = self.orders.hidden.iter().map(|place| {
            let tree = trees::copy(&self.path.join("empty"))?;
            trees::set(&tree, Attributes::READ_ONLY).doing(format_args!("hide {}", place.display()))?;
            Ok((tree, place.clone()))
        });
        hidden.collect()
    }

    /// Each covered folder, with the folder of the tmpfs that covers it.
    fn covers(&self) -> impl Iterator<Item = (&Path, PathBuf)> {
        let covers = self.orders.view.covers.iter().enumerate();
        covers.map(|(n, cover)| (cover.as_path(), self.path.join(format!("cover{n}"))))
    }

    fn give_to_program(&self, path: &Path) -> io::Result<()> {
        if self.ids.changes {
            chown(path, Some(self.ids.user), Some(self.ids.group))
        } else {
            Ok(())
        }
    }

    /// The program's folder with a layer on top, or read-only. `owned` if its owner's id is the program's.
    fn layered(&self, folder: OwnedFd, owned: bool) -> Step<OwnedFd> {
        if self.orders.scratch == Scratch::OnTop {
            let lower = self.path.join("lower");
            trees::attach(&folder, &lower)?;
            match self.overlay(&lower) {
                Ok(merged) => {
                    if !owned {
                        self.give_to_program(&merged)
                            .doing("give the folder to the program")?;
                    }
                    return trees::copy(&merged);
                }
                Err(error) => eprintln!("firedrill: the folder is read-only here (overlayfs: {error})"),
            }
            let folder = trees::copy(&lower)?;
            trees::set(&folder, Attributes::READ_ONLY).doing("make the folder read-only")?;
            return Ok(folder);
        }
        trees::set(&folder, Attributes::READ_ONLY).doing("make the folder read-only")?;
        Ok(folder)
    }

    fn overlay(&self, lower: &Path) -> io::Result<PathBuf> {
        let [upper, work, merged] = ["upper", "work", "merged"].map(|name| self.path.join(name));
        let below = fs::metadata(lower)?;
        fs::set_permissions(&upper, below.permissions())?;
        // An owner without an id inside cannot own the layer: the mapped ones suffice.
        let _ = chown(&upper, Some(below.uid()), Some(below.gid()));
        let (lower, upper, work) = (lower.display(), upper.display(), work.display());
        let options = format!("lowerdir={lower},upperdir={upper},workdir={work},userxattr");
        let options = CString::new(options)?;
        mount(
            "layer",
            &merged,
            "overlay",
            MountFlags::NOSUID | MountFlags::NODEV,
            &*options,
        )?;
        Ok(merged)
    }

    /// Puts new folders in the place of the machine's; that of the stage itself comes last.
    fn cover(&self) -> Step<()> {
        let dev = Path::new("/dev");
        let shm = (trees::copy(&self.path.join("shm"))?, dev.join("shm"));
        let mut trees = vec![(trees::copy(&self.path.join("dev"))?, dev.to_owned()), shm];
        for (cover, folder) in self.covers() {
            trees.push((trees::copy(&folder)?, cover.to_owned()));
        }
        trees.sort_by_key(|(_, place)| *place == self.path);
        trees
            .iter()
            .try_for_each(|(tree, place)| trees::attach(tree, place))
    }

    /// Makes the new folders read-only, but for those that programs write to.
    fn close(&self) -> Step<()> {
        let dev = [Path::new("/dev")];
        let covers = self.orders.view.covers.iter().map(PathBuf::as_path).chain(dev);
        let mut closed = covers.filter(|cover| !is_scratch(cover));
        closed.try_for_each(|cover| {
            trees::set_at(cover, Attributes::READ_ONLY).doing(format_args!("close {}", cover.display()))
        })
    }
}

fn is_scratch(folder: &Path) -> bool {
    SCRATCH
        .iter()
        .any(|scratch| Path::new(scratch).canonicalize().is_ok_and(|path| path == folder))
}
