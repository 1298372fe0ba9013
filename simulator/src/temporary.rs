//! Temporary folders that are gone with the program, whatever ends it.

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use runtime::{Supervisor, remove_tree};
use rustix::rand::{GetRandomFlags, getrandom};
use tempfile::{Builder, TempDir};

use crate::exit::Failure;

/// Bytes of chance in a name, so that no other user can take it before: the folder for all temporary ones is everybody's.
const CHANCE: usize = 8;

/// A folder for its owner only. Dropping it removes it.
#[derive(Debug)]
pub(crate) struct TemporaryFolder {
    path: PathBuf,
}

impl TemporaryFolder {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Err(error) = remove_tree(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, folder = %self.path.display(), "a temporary folder cannot be removed");
        }
    }
}

/// A new folder. Dropping it removes it; after kill -9 the reaper does.
///
/// # Errors
/// If there is no place for one.
pub(crate) fn temporary_folder(supervisor: &Supervisor) -> Result<TemporaryFolder, Failure> {
    let make = || {
        let path = std::env::temp_dir().join(format!("firedrill-{}-{}", supervisor.run(), chance()?));
        // The reaper is told before it is there, so that no kill falls between the two.
        supervisor.remove_afterwards(&path);
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(TemporaryFolder { path })
    };
    make().map_err(|error: io::Error| Failure::environment("cannot make a temporary folder", error))
}

/// A text that cannot be guessed.
fn chance() -> io::Result<String> {
    let mut bytes = [0; CHANCE];
    let filled = getrandom(&mut bytes[..], GetRandomFlags::empty())?;
    if filled == CHANCE {
        Ok(hex::encode(bytes))
    } else {
        Err(io::Error::other(
            "the system gave less randomness than it was asked for",
        ))
    }
}

/// A new folder for its owner only, whatever the umask: the code of functions and the marks of messages are theirs. Sandboxes
/// show what they need of it to whom they need.
///
/// # Errors
/// Likewise.
pub(crate) fn private_folder(prefix: &str) -> io::Result<TempDir> {
    Builder::new()
        .prefix(prefix)
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_be_guessed_from_others() {
        let supervisor = Supervisor::without_reaper().unwrap();
        let name = || {
            let folder = temporary_folder(&supervisor).map_err(|error| format!("{error:?}"));
            let folder = folder.unwrap();
            let mode = std::fs::metadata(folder.path()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
            folder.path().file_name().unwrap().to_str().unwrap().to_owned()
        };
        let known = format!("firedrill-{}-", supervisor.run());
        let names = [name(), name(), name()];
        let chances = names.each_ref().map(|name| name.strip_prefix(&known).unwrap());
        assert!(
            chances.iter().all(|chance| chance.len() == 2 * CHANCE),
            "{names:?}"
        );
        assert!(chances[0] != chances[1] && chances[1] != chances[2]);
        for name in &names {
            assert!(
                !std::env::temp_dir().join(name).exists(),
                "{name} is gone with its folder"
            );
        }
    }
}
