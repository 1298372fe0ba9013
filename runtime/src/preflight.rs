//! What can be known before anything is started: open files, ports, the folder of the run.
//!
//! Each error is one sentence that says what is wrong and what to do.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The environment does not allow this drill.
#[derive(Debug, thiserror::Error)]
pub enum PreflightError {
    /// Too few open files, and the hard limit does not allow more.
    #[error(
        "{what} needs {needed} open files, but this process may have only {allowed}: \
         raise the limit (ulimit -n {needed})"
    )]
    OpenFiles {
        /// What needs them.
        what: String,
        /// How many.
        needed: u64,
        /// The hard limit.
        allowed: u64,
    },
    /// The limit of open files cannot be raised.
    #[error("cannot raise the limit of open files to {needed}: {source}")]
    Limit {
        /// How many are needed.
        needed: u64,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// Another process listens there already.
    #[error("{address} is in use: end what listens there, or choose another port")]
    PortInUse {
        /// The address.
        address: SocketAddr,
    },
    /// Listening there is not possible for another reason.
    #[error("cannot listen on {address}: {source}")]
    Port {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// A file stands where the folder should be.
    #[error("{} is not a folder", path.display())]
    NotAFolder {
        /// Which path.
        path: PathBuf,
    },
    /// The folder holds something, perhaps another run.
    #[error("the folder {} is not empty: name a new or an empty one", path.display())]
    NotEmpty {
        /// Which folder.
        path: PathBuf,
    },
    /// The folder cannot be made, read or written.
    #[error("cannot write to the folder {}: {source}", path.display())]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: io::Error,
    },
}

/// Sees to it that this process may have `needed` open files, for `what`; raises the soft limit if that
/// is allowed. Gives the limit that holds.
///
/// # Errors
/// If the hard limit is lower than that.
pub fn open_files(what: &str, needed: u64) -> Result<u64, PreflightError> {
    let limit = getrlimit(Resource::Nofile);
    let current = limit.current.unwrap_or(u64::MAX);
    if current >= needed {
        return Ok(current);
    }
    let allowed = limit.maximum.unwrap_or(u64::MAX);
    if allowed < needed {
        return Err(PreflightError::OpenFiles {
            what: what.to_owned(),
            needed,
            allowed,
        });
    }
    let raised = Rlimit {
        current: Some(needed),
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised).map_err(|error| PreflightError::Limit {
        needed,
        source: error.into(),
    })?;
    Ok(needed)
}

/// How many open files this process may have at most.
pub fn most_open_files() -> u64 {
    getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

/// Bytes that this user may still write to the file system of `path`.
///
/// # Errors
/// The system's error.
pub fn free_space(path: &Path) -> io::Result<u64> {
    let of = rustix::fs::statvfs(path)?;
    Ok(of.f_bavail.saturating_mul(of.f_frsize))
}

/// Whether something could listen on `address` now.
///
/// # Errors
/// If the port is in use, or may not be used.
pub fn port_free(address: SocketAddr) -> Result<(), PreflightError> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(PreflightError::PortInUse { address }),
        Err(source) => Err(PreflightError::Port { address, source }),
    }
}

/// Makes the folder of a run if it is not there, for its owner's eyes only, and sees to it that it is empty and can be
/// written.
///
/// # Errors
/// If it holds anything, is a file, or cannot be made or written.
pub fn empty_folder(path: &Path) -> Result<(), PreflightError> {
    let failed = |source| PreflightError::Folder {
        path: path.to_owned(),
        source,
    };
    if path.exists() && !path.is_dir() {
        return Err(PreflightError::NotAFolder {
            path: path.to_owned(),
        });
    }
    if !path.exists() {
        path.parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .map_err(failed)?;
        match std::fs::DirBuilder::new().mode(0o700).create(path) {
            // Another run may have been quicker.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(PreflightError::NotEmpty {
                    path: path.to_owned(),
                });
            }
            made => made.map_err(failed)?,
        }
    }
    if std::fs::read_dir(path).map_err(failed)?.next().is_some() {
        return Err(PreflightError::NotEmpty {
            path: path.to_owned(),
        });
    }
    writable_folder(path)
}

/// Sees to it that files can be made in a folder that is there.
///
/// # Errors
/// If they cannot.
pub fn writable_folder(path: &Path) -> Result<(), PreflightError> {
    let failed = |source| PreflightError::Folder {
        path: path.to_owned(),
        source,
    };
    let trial = path.join(format!(".firedrill-{}", std::process::id()));
    std::fs::write(&trial, b"can this folder be written?\n").map_err(failed)?;
    std::fs::remove_file(&trial).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_open_files_is_checked_and_raised() {
        let limit = getrlimit(Resource::Nofile);
        let soft = limit.current.unwrap();
        assert_eq!(open_files("a drill", 1).unwrap(), soft);
        let hard = limit.maximum.unwrap_or(u64::MAX);
        if hard < u64::MAX {
            let error = open_files("a drill", hard + 1).unwrap_err();
            let needed = hard + 1;
            assert_eq!(
                error.to_string(),
                format!(
                    "a drill needs {needed} open files, but this process may have only {hard}: \
                     raise the limit (ulimit -n {needed})"
                )
            );
        }
        assert_eq!(most_open_files(), hard);
        if soft < hard {
            assert_eq!(open_files("a drill", soft + 1).unwrap(), soft + 1);
            assert_eq!(getrlimit(Resource::Nofile).current, Some(soft + 1));
        }
    }

    #[test]
    fn port_in_use_is_reported() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let error = port_free(address).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{address} is in use: end what listens there, or choose another port")
        );
        drop(listener);
        assert!(port_free(address).is_ok());
        let elsewhere: SocketAddr = "192.0.2.1:80".parse().unwrap();
        assert!(matches!(port_free(elsewhere), Err(PreflightError::Port { .. })));
    }

    #[test]
    fn the_folder_of_a_run_is_new_or_empty_and_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        empty_folder(folder.path()).unwrap();
        assert!(free_space(folder.path()).unwrap() > 0);
        assert!(free_space(Path::new("/nowhere/at/all")).is_err());
        let new = folder.path().join("a/b");
        empty_folder(&new).unwrap();
        assert!(
            std::fs::read_dir(&new).unwrap().next().is_none(),
            "the trial file is gone"
        );
        let error = empty_folder(folder.path()).unwrap_err();
        assert!(matches!(error, PreflightError::NotEmpty { .. }), "{error}");
        let file = new.join("file");
        std::fs::write(&file, "x").unwrap();
        assert!(matches!(
            empty_folder(&file),
            Err(PreflightError::NotAFolder { .. })
        ));
        // Not even root can make a folder below this.
        let error = empty_folder(Path::new("/proc/firedrill")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cannot write to the folder /proc/firedrill: "),
            "{error}"
        );
        assert!(matches!(
            writable_folder(Path::new("/proc/self")),
            Err(PreflightError::Folder { .. })
        ));
    }
}
