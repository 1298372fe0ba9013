//! Deployment packages: zips that users upload, checked and unpacked before anything runs.
//!
//! A zip is hostile until it is on the disk: names that leave the folder, links that point out of it,
//! sizes that lie and bombs are refused with what AWS says to a zip that it cannot unpack. Links are made
//! last, so that no file is ever written through one.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Cursor, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::error::LambdaError;

/// The largest package unpacked (AWS: 250 MB).
pub(crate) const LARGEST_UNPACKED: u64 = 262_144_000;

/// The largest package as a zip (AWS: 50 MB).
pub(crate) const LARGEST_ZIP: usize = 52_428_800;

/// Code of all functions together, unpacked; ours. AWS counts zips alone, of which a few hundred that hold nothing but zeros
/// would fill any disk.
const DISK: u64 = 8 << 30;

/// Files, folders and links of one package, those folders among them that are named only on the way to others; AWS names
/// no number, its size limit bounds them.
const MOST_ENTRIES: usize = 20_000;

/// Folders within each other, with what lies in the innermost. AWS names no number; a name of 64 KiB may have thousands.
const MOST_LEVELS: usize = 128;

/// The longest target of a link.
const LONGEST_LINK: u64 = 4096;

/// A package on the disk; its folder goes with it.
#[derive(Debug)]
pub(crate) struct Package {
    /// As it was uploaded.
    pub(crate) zip: Bytes,
    /// Base64 of its SHA-256, as AWS shows it.
    pub(crate) sha256: String,
    /// Where it is unpacked.
    pub(crate) root: PathBuf,
    /// The function of our own that it stands for: only what has the very bytes of its package does.
    pub(crate) built_in: Option<String>,
    /// Its share of the disk, given back with it.
    _room: Room,
}

/// The disk that the code of all functions may take, unpacked. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(Arc<AtomicU64>);

/// What of it is taken by one package.
#[derive(Debug)]
struct Room {
    disk: Disk,
    bytes: u64,
}

impl Disk {
    /// Takes room for the largest package before anything is unpacked, so that many at once find no more room than there
    /// is.
    fn reserve(&self) -> Option<Room> {
        let taken = |bytes: u64| bytes.checked_add(LARGEST_UNPACKED).filter(|bytes| *bytes <= DISK);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken)
            .ok()?;
        Some(Room {
            disk: self.clone(),
            bytes: LARGEST_UNPACKED,
        })
    }
}

impl Room {
    /// Gives back what is not needed.
    fn shrink_to(&mut self, bytes: u64) {
        let spare = self.bytes.saturating_sub(bytes);
        self.disk.0.fetch_sub(spare, Ordering::Relaxed);
        self.bytes -= spare;
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.disk.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Package {
    /// Checks `zip` and unpacks it into `root` on `disk`, which must not exist. `ours` are the names of our own functions.
    /// Blocks.
    ///
    /// # Errors
    /// As AWS refuses what it cannot unpack; a disk that is full, or has no room for the largest package.
    pub(crate) fn unpack(
        zip: Bytes,
        root: PathBuf,
        ours: &[String],
        disk_of_all: &Disk,
    ) -> Result<Package, LambdaError> {
        let mut room = disk_of_all.reserve().ok_or_else(LambdaError::code_storage)?;
        let unpacked = fs::create_dir_all(&root)
            .and_then(|()| enterable(&root))
            .map_err(|error| disk(&error))
            .and_then(|()| unpack(&zip, &root));
        match unpacked {
            Ok(bytes) => room.shrink_to(bytes),
            Err(error) => {
                remove(&root);
                return Err(error);
            }
        }
        let built_in = ours.iter().find(|name| built_in_zip(name) == zip);
        Ok(Package {
            sha256: base64_simd::STANDARD.encode_to_string(Sha256::digest(&zip)),
            built_in: built_in.cloned(),
            zip,
            root,
            _room: room,
        })
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        remove(&self.root);
    }
}

fn remove(root: &Path) {
    if let Err(error) = runtime::remove_tree(root)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, folder = %root.display(), "a function's folder cannot be removed");
    }
}

fn broken() -> LambdaError {
    LambdaError::invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
}

fn too_large() -> LambdaError {
    LambdaError::invalid(format!(
        "Unzipped size must be smaller than {LARGEST_UNPACKED} bytes"
    ))
}

fn too_many() -> LambdaError {
    LambdaError::invalid(format!(
        "Unzipped code must have at most {MOST_ENTRIES} files and folders together"
    ))
}

fn too_deep() -> LambdaError {
    LambdaError::invalid(format!(
        "Unzipped code must have at most {MOST_LEVELS} levels of folders"
    ))
}

/// A disk that does not do its part; otherwise it is the zip that asks for what no disk can do (a file
/// where it has a folder, a name that is too long).
fn disk(error: &io::Error) -> LambdaError {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match error.kind() {
        PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull => {
            LambdaError::service(format!("cannot unpack the function's code: {error}"))
        }
        _ => broken(),
    }
}

/// The bytes that it takes.
fn unpack(zip: &[u8], root: &Path) -> Result<u64, LambdaError> {
    let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(|_| broken())?;
    if archive.is_empty() {
        return Err(LambdaError::invalid("Uploaded file must be a non-empty zip"));
    }
    // What is named twice lies there once; that it counts twice here saves looking at a million names.
    if archive.len() > MOST_ENTRIES {
        return Err(too_many());
    }
    let mut left = LARGEST_UNPACKED;
    let mut links = Vec::new();
    let mut tree = Tree::new(root);
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|_| broken())?;
        let name = entry.name().map_err(|_| broken())?.into_owned();
        let relative = inside(&name).ok_or_else(broken)?;
        if relative.components().count() > MOST_LEVELS {
            return Err(too_deep());
        }
        if entry.is_dir() {
            tree.create_folder(&relative)?;
            continue;
        }
        tree.create_folder(relative.parent().ok_or_else(broken)?)?;
        tree.count(&relative)?;
        let path = root.join(&relative);
        if entry.is_symlink() {
            let mut target = String::new();
            let mut text = entry.take(LONGEST_LINK);
            text.read_to_string(&mut target).map_err(|_| broken())?;
            links.push((path, target));
            continue;
        }
        let executable = entry.unix_mode().is_some_and(|mode| mode & 0o111 != 0);
        left -= write_file(&mut entry, &path, executable, left)?;
    }
    make_links(&links, root)?;
    Ok(LARGEST_UNPACKED - left)
}

/// The path below the root that an entry names; `None` if it would leave it.
fn inside(name: &str) -> Option<PathBuf> {
    let usable = |name: &str| !name.is_empty() && !name.contains(['\0', '\\']) && !name.starts_with('/');
    if !usable(name) {
        return None;
    }
    let mut path = PathBuf::new();
    for component in Path::new(name).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

/// What has been made of a package so far, by its path from the root.
struct Tree<'a> {
    root: &'a Path,
    made: HashSet<PathBuf>,
}

impl Tree<'_> {
    fn new(root: &Path) -> Tree<'_> {
        Tree {
            root,
            made: HashSet::new(),
        }
    }

    /// Counts what is about to be made, unless it is there.
    fn count(&mut self, relative: &Path) -> Result<(), LambdaError> {
        let is_new = !self.made.contains(relative);
        if is_new && self.made.len() == MOST_ENTRIES {
            return Err(too_many());
        }
        if is_new {
            self.made.insert(relative.to_owned());
        }
        Ok(())
    }

    /// Makes a folder and those on the way to it, which the user of the function may enter. Each of them counts.
    fn create_folder(&mut self, relative: &Path) -> Result<(), LambdaError> {
        let mut missing: Vec<&Path> = relative
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !self.made.contains(*folder))
            .collect();
        missing.reverse();
        for folder in missing {
            self.count(folder)?;
            let path = self.root.join(folder);
            fs::create_dir(&path)
                .and_then(|()| enterable(&path))
                .map_err(|error| disk(&error))?;
        }
        Ok(())
    }
}

/// Lets the user of the function enter a folder, whatever the umask says.
fn enterable(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

/// Writes one file of at most `left` bytes, whatever its header says, and tells its size.
fn write_file(entry: &mut impl Read, path: &Path, executable: bool, left: u64) -> Result<u64, LambdaError> {
    let mode = if executable { 0o755 } else { 0o644 };
    let opened = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path);
    let mut file: File = opened.map_err(|error| disk(&error))?;
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        // Bad data, a wrong checksum, a method that we do not have.
        let n = entry.read(&mut buffer).map_err(|_| broken())?;
        if n == 0 {
            break;
        }
        size += n as u64;
        if size > left {
            return Err(too_large());
        }
        file.write_all(&buffer[..n]).map_err(|error| disk(&error))?;
    }
    // The umask has had its say when the file was made.
    file.set_permissions(fs::Permissions::from_mode(mode))
        .map_err(|error| disk(&error))?;
    Ok(size)
}

/// Makes the links, and sees to it that each leads to something within the root.
fn make_links(links: &[(PathBuf, String)], root: &Path) -> Result<(), LambdaError> {
    for (path, target) in links {
        if target.is_empty() || Path::new(target).is_absolute() {
            return Err(broken());
        }
        std::os::unix::fs::symlink(target, path).map_err(|_| broken())?;
    }
    let root = fs::canonicalize(root).map_err(|error| disk(&error))?;
    for (path, _) in links {
        // Each is followed to its end, so that a chain of harmless ones does not lead out.
        let end = fs::canonicalize(path).map_err(|_| broken())?;
        if !end.starts_with(&root) {
            return Err(broken());
        }
    }
    Ok(())
}

/// A zip of `files` (name, content, executable) whose bytes depend on nothing else.
pub(crate) fn zip_of(files: &[(&str, &str, bool)]) -> Bytes {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content, executable) in files {
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(if *executable { 0o755 } else { 0o644 });
        writer
            .start_file(*name, options)
            .and_then(|()| Ok(writer.write_all(content.as_bytes())?))
            .expect("a zip of a few files can be written to memory");
    }
    let bytes = writer.finish().expect("a zip can be finished in memory");
    Bytes::from(bytes.into_inner())
}

/// The package of a function of our own: uploaded again, it stands for the same function.
pub(crate) fn built_in_zip(name: &str) -> Bytes {
    let bootstrap = format!(
        "#!/bin/sh\necho 'function {name} is a part of Firedrill and runs inside of it only' >&2\nexit 1\n"
    );
    zip_of(&[("bootstrap", &bootstrap, true)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside() {
        for (name, path) in [
            ("bootstrap", Some("bootstrap")),
            ("./a/b", Some("a/b")),
            ("a//b/", Some("a/b")),
            ("../a", None),
            ("a/../../b", None),
            ("a/..", None),
            ("/etc/passwd", None),
            ("a\\..\\b", None),
            ("a\0b", None),
            ("", None),
        ] {
            assert_eq!(inside(name), path.map(PathBuf::from), "{name}");
        }
    }

    #[test]
    fn our_own_packages_have_the_same_bytes_each_time() {
        assert_eq!(built_in_zip("ingest"), built_in_zip("ingest"));
        assert_ne!(built_in_zip("ingest"), built_in_zip("validator"));
        let folder = tempfile::tempdir().unwrap();
        let ours = ["validator", "ingest"].map(str::to_owned);
        let disk = Disk::default();
        let unpack = |zip: Bytes| Package::unpack(zip, folder.path().join("p"), &ours, &disk).unwrap();
        let package = unpack(built_in_zip("ingest"));
        assert_eq!(package.built_in.as_deref(), Some("ingest"));
        drop(package);
        assert!(!folder.path().join("p").exists());
        // Whatever else is in a package, it is its author's.
        let theirs = zip_of(&[
            ("bootstrap", "#!/bin/sh\n", true),
            ("firedrill-built-in", "ingest", false),
        ]);
        assert_eq!(unpack(theirs).built_in, None);
    }

    #[test]
    fn the_disk_of_all_packages_is_bounded_and_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::default();
        let zip = zip_of(&[("bootstrap", "#!/bin/sh\n", true)]);
        let unpack =
            |zip: &Bytes, name: &str| Package::unpack(zip.clone(), folder.path().join(name), &[], &disk);
        let package = unpack(&zip, "p").unwrap();
        let taken = || disk.0.load(Ordering::Relaxed);
        assert_eq!(taken(), 10);
        disk.0.fetch_add(DISK - LARGEST_UNPACKED, Ordering::Relaxed);
        let refused = unpack(&zip, "q").unwrap_err();
        assert_eq!(refused.code, "CodeStorageExceededException", "ten bytes too many");
        assert!(!folder.path().join("q").exists());
        drop(package);
        drop(unpack(&zip, "q").unwrap());
        assert_eq!(
            unpack(&Bytes::from_static(b"no zip"), "q")
                .unwrap_err()
                .status
                .as_u16(),
            400
        );
        assert_eq!(taken(), DISK - LARGEST_UNPACKED, "what is refused takes no room");
    }

    #[test]
    fn room_is_taken_before_anything_is_unpacked() {
        let disk = Disk::default();
        let whole: Vec<Room> = std::iter::from_fn(|| disk.reserve()).collect();
        assert_eq!(whole.len() as u64, DISK / LARGEST_UNPACKED);
        assert!(disk.reserve().is_none());
        drop(whole);
        let mut room = disk.reserve().unwrap();
        room.shrink_to(7);
        assert_eq!(disk.0.load(Ordering::Relaxed), 7);
        drop(room);
        assert_eq!(disk.0.load(Ordering::Relaxed), 0);
    }

    /// Unpacks empty files of these names; how many files and folders lie there, or what is said instead.
    fn made_of(names: &[String]) -> Result<usize, String> {
        let files: Vec<(&str, &str, bool)> = names.iter().map(|name| (name.as_str(), "", false)).collect();
        let folder = tempfile::tempdir().unwrap();
        let package = Package::unpack(zip_of(&files), folder.path().join("p"), &[], &Disk::default());
        let package = package.map_err(|error| error.message.to_string())?;
        let mut open = vec![package.root.clone()];
        let mut found = 0;
        while let Some(next) = open.pop() {
            for entry in fs::read_dir(next).unwrap() {
                let entry = entry.unwrap();
                found += 1;
                if entry.file_type().unwrap().is_dir() {
                    open.push(entry.path());
                }
            }
        }
        Ok(found)
    }

    #[test]
    fn folders_on_the_way_to_a_file_count_and_are_so_many_deep() {
        let deep = |levels: usize| "a/".repeat(levels - 1) + "x";
        assert_eq!(made_of(&[deep(128)]), Ok(128));
        let refused = made_of(&[deep(129)]).unwrap_err();
        assert!(refused.contains("at most 128 levels"), "{refused}");
        // A few names, each with a hundred folders of its own.
        let wide = |names: usize| {
            (0..names)
                .map(|n| format!("{n}/{}", deep(99)))
                .collect::<Vec<_>>()
        };
        assert_eq!(made_of(&wide(200)), Ok(20_000));
        let refused = made_of(&wide(201)).unwrap_err();
        assert!(refused.contains("at most 20000 files and folders"), "{refused}");
        // What is there already does not count again.
        let shared: Vec<String> = (0..300).map(|n| format!("{}{n}", "a/".repeat(100))).collect();
        assert_eq!(made_of(&shared), Ok(400));
    }
}
