//! Removes folders, however deep they are.
//!
//! ```text
//!   top/a/b/c ──► top/a   emptied: its files go, b moves up ──► top/moved-0   emptied, c moves up ──► …
//! ```
//!
//! The standard library keeps a descriptor open for each level, and so leaves a folder in place that is deeper than the
//! limit of open files. Scripts that run without a sandbox can make such folders. Here two are open at a time, and no link
//! is followed. Several processes may remove the same folder at once; it is gone when all have ended.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, openat, renameat, rmdir, unlinkat};
use rustix::io::Errno;

/// Removes a folder with everything in it.
///
/// # Errors
/// There is no such folder, or something in it cannot be removed; the rest may be gone.
pub fn remove_tree(folder: &Path) -> io::Result<()> {
    let top = openat(CWD, folder, FLAGS, Mode::empty())?;
    let mut below = Below {
        top: &top,
        folders: Vec::new(),
        moved: 0,
    };
    below.empty(None)?;
    while let Some(name) = below.folders.pop() {
        match openat(&top, &*name, FLAGS, Mode::empty()) {
            Ok(opened) => below.empty(Some(&opened))?,
            Err(error) => gone(error)?,
        }
        // What another remover has put in its place is removed by that one, or keeps the top from being removed.
        removed(&top, &name)?;
    }
    Ok(rmdir(folder).or_else(gone)?)
}

/// What is gone was removed by another process: both reapers of a drill do the same at the same time.
fn gone(error: Errno) -> Result<(), Errno> {
    match error {
        Errno::NOENT => Ok(()),
        error => Err(error),
    }
}

const FLAGS: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// What is left below a folder that is being removed.
struct Below<'a> {
    top: &'a OwnedFd,
    /// Folders directly in it that may have something in them, by their names.
    folders: Vec<CString>,
    /// How many of them came from deeper down.
    moved: u64,
}

impl Below<'_> {
    /// Removes what is in a folder or in the top, but for folders with something in them: these are moved to the top.
    fn empty(&mut self, folder: Option<&OwnedFd>) -> io::Result<()> {
        let within = folder.unwrap_or(self.top);
        let mut entries = Dir::read_from(within)?;
        while let Some(entry) = entries.read() {
            let entry = entry?;
            let name = entry.file_name();
            if is_self_or_parent(name) || removed(within, name)? {
                continue;
            }
            match folder {
                None => self.folders.push(name.to_owned()),
                Some(folder) => self.move_up(folder, name)?,
            }
        }
        Ok(())
    }

    fn move_up(&mut self, folder: &OwnedFd, name: &CStr) -> io::Result<()> {
        loop {
            let place = CString::new(format!("moved-{}-{}", std::process::id(), self.moved))?;
            self.moved += 1;
            match renameat(folder, name, self.top, &*place) {
                Ok(()) => {
                    self.folders.push(place);
                    return Ok(());
                }
                Err(Errno::NOENT) => return Ok(()),
                // Something has this name already.
                Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn is_self_or_parent(name: &CStr) -> bool {
    matches!(name.to_bytes(), b"." | b"..")
}

/// Removes a file or an empty folder; false if it is a folder with something in it.
fn removed(folder: &OwnedFd, name: &CStr) -> io::Result<bool> {
    let removed = match unlinkat(folder, name, AtFlags::empty()) {
        Err(Errno::ISDIR | Errno::PERM) => unlinkat(folder, name, AtFlags::REMOVEDIR),
        removed => removed,
    };
    match removed {
        // Or another process has removed it.
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// So many folders within each other, with a file in each.
    fn deep(levels: usize) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut place = openat(CWD, folder.path(), FLAGS, Mode::empty()).unwrap();
        for _ in 0..levels {
            let name = "a-folder";
            rustix::fs::mkdirat(&place, name, Mode::RWXU).unwrap();
            place = openat(&place, name, FLAGS, Mode::empty()).unwrap();
            let flags = OFlags::CREATE | OFlags::WRONLY;
            openat(&place, "a-file", flags, Mode::RUSR).unwrap();
        }
        folder
    }

    #[test]
    fn a_folder_is_removed_however_deep_it_is() {
        let folder = deep(400);
        remove_tree(folder.path()).unwrap();
        assert!(!folder.path().exists());
    }

    #[test]
    fn links_are_removed_and_not_followed() {
        let kept = tempfile::tempdir().unwrap();
        fs::write(kept.path().join("a"), "").unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("x/y/z")).unwrap();
        // A name that is given to what moves up, with something in it.
        let named = |number| {
            folder
                .path()
                .join(format!("moved-{}-{number}", std::process::id()))
        };
        fs::create_dir_all(named(0).join("b")).unwrap();
        fs::write(named(1), "").unwrap();
        fs::write(folder.path().join("x/y/z/file"), "").unwrap();
        symlink(kept.path(), folder.path().join("x/link")).unwrap();
        symlink(kept.path(), folder.path().join("x/y/link")).unwrap();
        let link = folder.path().with_extension("link");
        symlink(folder.path(), &link).unwrap();
        assert!(remove_tree(&link).is_err(), "a link is no folder");
        fs::remove_file(&link).unwrap();
        remove_tree(folder.path()).unwrap();
        assert!(!folder.path().exists() && kept.path().join("a").exists());
        let again = remove_tree(folder.path()).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_folder_is_gone_when_all_that_remove_it_at_once_have_ended() {
        for _ in 0..50 {
            let folder = tempfile::tempdir().unwrap();
            for n in 0..40 {
                let place = folder.path().join(format!("a/{}/{n}/b/c", n % 4));
                fs::create_dir_all(&place).unwrap();
                fs::write(place.join("file"), "").unwrap();
            }
            std::thread::scope(|scope| {
                // One of them may find what the other has not removed yet, or nothing at all.
                let remover = || drop(remove_tree(folder.path()));
                scope.spawn(remover);
                scope.spawn(remover);
            });
            assert!(!folder.path().exists());
        }
    }

    #[test]
    fn a_file_is_no_folder() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(remove_tree(file.path()).is_err());
        assert!(file.path().exists());
    }
}
