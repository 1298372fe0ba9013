//! Trees of mounts that hang nowhere yet: a descriptor each.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::CWD;
use rustix::mount::{MoveMountFlags, OpenTreeFlags, move_mount, open_tree};

use super::step::{Doing, Step};

/// What is to be changed of a tree.
#[derive(Clone, Copy)]
pub(super) struct Attributes(libc::mount_attr);

impl Attributes {
    /// Neither set-user-id programs nor device files do anything.
    pub(super) const WRITABLE: Attributes =
        Attributes::flags(libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV);
    /// Nor can anything be written.
    pub(super) const READ_ONLY: Attributes =
        Attributes::flags(Attributes::WRITABLE.0.attr_set | libc::MOUNT_ATTR_RDONLY);

    const fn flags(attr_set: u64) -> Attributes {
        Attributes(libc::mount_attr {
            attr_set,
            attr_clr: 0,
            propagation: 0,
            userns_fd: 0,
        })
    }

    /// Ids appear as a user namespace maps them.
    pub(super) fn mapped(namespace: &File) -> Attributes {
        let mut attributes = Attributes::flags(libc::MOUNT_ATTR_IDMAP);
        attributes.0.userns_fd = namespace.as_raw_fd().unsigned_abs().into();
        attributes
    }
}

/// Changes the attributes of a tree that hangs nowhere, with all that is mounted below.
pub(super) fn set(tree: &OwnedFd, attributes: Attributes) -> io::Result<()> {
    mount_setattr(
        tree.as_fd(),
        Path::new(""),
        libc::AT_EMPTY_PATH | libc::AT_RECURSIVE,
        attributes,
    )
}

/// Changes the attributes of what is mounted at `path`, without what is mounted below.
pub(super) fn set_at(path: &Path, attributes: Attributes) -> io::Result<()> {
    mount_setattr(CWD, path, 0, attributes)
}

/// Changes the attributes of all mounts.
pub(super) fn set_everywhere(attributes: Attributes) -> io::Result<()> {
    mount_setattr(CWD, Path::new("/"), libc::AT_RECURSIVE, attributes)
}

fn mount_setattr(folder: BorrowedFd<'_>, path: &Path, flags: i32, attributes: Attributes) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the pointers are to a string and a structure that live until the call returns, and the size
    // is that of the structure, which the kernel only reads.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            folder.as_raw_fd(),
            path.as_ptr(),
            flags,
            &raw const attributes.0,
            size_of::<libc::mount_attr>(),
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// A copy of the tree that is at `path`, with all that is mounted below.
pub(super) fn copy(path: &Path) -> Step<OwnedFd> {
    let flags =
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE;
    open_tree(CWD, path, flags).doing(format_args!("open {}", path.display()))
}

/// Hangs a tree up at `path`.
pub(super) fn attach(tree: &OwnedFd, path: &Path) -> Step<()> {
    move_mount(tree, "", CWD, path, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
        .doing(format_args!("mount {}", path.display()))
}
