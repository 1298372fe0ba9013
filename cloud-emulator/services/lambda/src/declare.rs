//! Functions as a scenario declares them: made with a version that is live, and put live anew.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use drill::units::DrillTime;

use super::Lambda;
use super::api::create::{self, NewCode, NewFunction};
use super::api::{update, versions};
use super::error::LambdaError;
use super::function::{Alias, Destination, Destinations, EventConfig};
use super::package::{Disk, LARGEST_ZIP, Package};
use super::provisioning::Provisioned;

/// A function with everything that a scenario says of it.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// The function.
    pub function: NewFunction,
    /// The alias that points to the version that is live.
    pub alias: String,
    /// Execution environments that are reserved for it.
    pub reserved_concurrency: Option<u32>,
    /// How often an asynchronous event is tried again.
    pub retries: u32,
    /// The ARN to which asynchronous events go that failed for good.
    pub on_failure: Option<String>,
}

impl Lambda {
    /// Makes a function in a region: its code is version 1, to which the alias points. Before drill 0 it can be used at
    /// once; later this waits, in drill time, until Lambda has provisioned it.
    ///
    /// # Errors
    /// As Lambda refuses it.
    pub async fn declare(&self, region: &str, declaration: Declaration) -> Result<(), LambdaError> {
        let Declaration {
            function,
            alias,
            reserved_concurrency,
            retries,
            on_failure,
        } = declaration;
        let name = function.name.clone();
        let active = self.provisioned();
        create::create(self, &self.region(region)?.clone(), function, active).await?;
        let destinations = Destinations {
            on_success: None,
            on_failure: on_failure.map(|arn| Destination {
                destination: Some(arn),
            }),
        };
        let region = self.region(region)?.clone();
        super::queue::check(&region.name, &destinations)?;
        let version = versions::publish(self, &region, &name, None, active)?;
        let version = version.number.clone();
        let (revision, modified_us) = (self.revisions.next_id(), self.now_us());
        region.with(&name, |function| {
            let live = Alias {
                version,
                description: String::new(),
                weights: BTreeMap::new(),
                revision,
            };
            let events = EventConfig {
                retries: Some(retries),
                age: None,
                destinations,
                modified_us,
            };
            function.event_configs.insert(alias.clone(), events);
            function.aliases.insert(alias, live);
            function.reserved = reserved_concurrency;
            Ok(())
        })?;
        self.provisioning(active).await;
        Ok(())
    }

    /// Waits until something is provisioned.
    async fn provisioning(&self, until: DrillTime) {
        if self.now() < until {
            self.options.clock.sleep_until(until).await;
        }
    }

    /// Puts code live: it becomes `$LATEST` and a version, to which the alias points. The version's number.
    ///
    /// It does so as an operator has to: an update that is in progress is waited for, and the alias is moved when the
    /// version can be invoked (`aws lambda wait function-updated-v2`, `… published-version-active`).
    ///
    /// # Errors
    /// There is no such function, its code is refused, or another caller changes it at the same time.
    pub async fn redeploy(
        &self,
        region: &str,
        name: &str,
        alias: &str,
        code: NewCode,
    ) -> Result<String, LambdaError> {
        let region = self.region(region)?.clone();
        let zip = code.zip(self)?;
        let settled = region.with(name, |function| {
            let Provisioned { active, updated } = function.latest.provisioned;
            Ok(active.max(updated))
        })?;
        self.provisioning(settled).await;
        let updated = update::replace_code(self, &region, name, zip, None).await?;
        let active = updated.provisioned.updated;
        let version = versions::publish(self, &region, name, None, active)?;
        let version = version.number.clone();
        self.provisioning(active).await;
        let revision = self.revisions.next_id();
        region.with(name, |function| {
            if let Some(alias) = function.aliases.get_mut(alias) {
                alias.version.clone_from(&version);
                alias.weights.clear();
                alias.revision = revision;
            }
            Ok(())
        })?;
        Ok(version)
    }

    /// The version that an alias of a function points to.
    pub fn alias(&self, region: &str, name: &str, alias: &str) -> Option<String> {
        let functions = self.region(region).ok()?.functions.lock();
        Some(functions.get(name)?.aliases.get(alias)?.version.clone())
    }
}

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// It cannot be read.
    #[error("{}: {}", .0.display(), .1)]
    Unreadable(PathBuf, std::io::Error),
    /// It is larger than Lambda takes.
    #[error("{}: {} bytes, Lambda takes at most {LARGEST_ZIP}", .0.display(), .1)]
    TooLarge(PathBuf, usize),
    /// A link leads to another place than the scenario's folder.
    #[error("{path}: it leads to {}, out of the scenario's folder", .package.display())]
    Outside {
        /// As the scenario names it.
        path: String,
        /// Where it really is.
        package: PathBuf,
    },
    /// Lambda refuses it.
    #[error("{0}")]
    Refused(String),
}

/// A package as it is uploaded: a zip as it is, a folder as a zip of everything in it, but for the folder `without`, which may
/// lie below it.
///
/// # Errors
/// It cannot be read, or is larger than Lambda takes.
pub fn read_package(path: &Path, without: Option<&Path>) -> Result<Bytes, PackageError> {
    let unreadable = |error| PackageError::Unreadable(path.to_owned(), error);
    let zip = if path.is_dir() {
        zip_folder(path, without).map_err(unreadable)?
    } else {
        std::fs::read(path).map_err(unreadable)?
    };
    if zip.len() <= LARGEST_ZIP {
        Ok(zip.into())
    } else {
        Err(PackageError::TooLarge(path.to_owned(), zip.len()))
    }
}

/// Unpacks a package into `root`, which must not exist, just as Lambda does when a function is made of it; `look` looks
/// at it there, and then it is removed. Blocks.
///
/// # Errors
/// It cannot be read, or Lambda refuses it.
pub fn unpack_package<T>(
    path: &Path,
    root: PathBuf,
    look: impl FnOnce(&Path) -> T,
) -> Result<T, PackageError> {
    let zip = read_package(path, None)?;
    let package = Package::unpack(zip, root, &[], &Disk::default());
    let package = package.map_err(|error| PackageError::Refused(error.message))?;
    Ok(look(&package.root))
}

/// Unpacks a zip as a function is made of it, for the fuzz targets: it stays until what is returned is dropped. Blocks.
///
/// # Errors
/// The status and the words with which Lambda refuses it.
#[doc(hidden)]
pub fn unpack_zip(zip: Bytes, root: PathBuf) -> Result<impl Drop, (u16, String)> {
    Package::unpack(zip, root, &[], &Disk::default())
        .map_err(|error| (error.status.as_u16(), error.message.to_string()))
}

/// Files in the order of their names, and without their dates, so that the same folder gives the same bytes.
fn zip_folder(folder: &Path, without: Option<&Path>) -> std::io::Result<Vec<u8>> {
    let without = without.and_then(|path| path.canonicalize().ok());
    let is_left_out = |path: &Path| without.is_some() && path.canonicalize().ok() == without;
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut open = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next)? {
            let entry = entry?;
            match entry.file_type()? {
                kind if kind.is_dir() && is_left_out(&entry.path()) => {}
                kind if kind.is_dir() => open.push(entry.path()),
                kind if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    for file in files {
        let mode = std::fs::metadata(&file)?.permissions().mode() & 0o777;
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(mode);
        let name = file
            .strip_prefix(folder)
            .unwrap_or(&file)
            .to_string_lossy()
            .into_owned();
        writer.start_file(name, options).map_err(std::io::Error::other)?;
        writer.write_all(&std::fs::read(&file)?)?;
    }
    let zip = writer.finish().map_err(std::io::Error::other)?;
    Ok(zip.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_becomes_the_same_zip_each_time_with_its_executables() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("lib")).unwrap();
        std::fs::write(folder.path().join("lib/a.txt"), "a").unwrap();
        let bootstrap = folder.path().join("bootstrap");
        std::fs::write(&bootstrap, "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(&bootstrap, std::fs::Permissions::from_mode(0o755)).unwrap();
        let zip = read_package(folder.path(), None).unwrap();
        assert_eq!(zip, read_package(folder.path(), None).unwrap());
        // The records of a run are nothing of a package's.
        let records = folder.path().join("lib/runs/now");
        std::fs::create_dir_all(&records).unwrap();
        std::fs::write(records.join("plan.json"), "{}").unwrap();
        assert_eq!(zip, read_package(folder.path(), Some(&records)).unwrap());
        assert_ne!(zip, read_package(folder.path(), None).unwrap());
        std::fs::remove_dir_all(folder.path().join("lib/runs")).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        assert_eq!(archive.len(), 2);
        assert_eq!(
            archive.by_name("bootstrap").unwrap().unix_mode().unwrap() & 0o111,
            0o111
        );
        let unpacked = folder.path().join("unpacked");
        let seen = unpack_package(folder.path(), unpacked.clone(), |root| {
            root.join("lib/a.txt").is_file()
        });
        assert!(seen.unwrap() && !unpacked.exists());
        let refused = unpack_package(&bootstrap, unpacked, |_| ()).unwrap_err();
        let refused = refused.to_string();
        assert!(refused.contains("Could not unzip"), "{refused}");
        assert!(
            read_package(&folder.path().join("none"), None)
                .unwrap_err()
                .to_string()
                .contains("none")
        );
    }
}
