//! The archive: tar in gzip, in one form only.
//!
//! Members stand in the order of their names, as regular files of mode 644 that belong to 0:0 and were changed at 0, in the
//! format ustar; the header of gzip has neither name nor date. The same files give the same bytes, so that an archive can be
//! held against the one that its own content gives.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};
use tar::{Archive, Builder, EntryType, Header};

use crate::layout::{FOLDER, LARGEST};

/// The files of an archive by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// What gzip begins with here: deflate, no flags, no date, no hint, system unknown.
const GZIP: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Whether a file begins as gzip does.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&GZIP[..3])
}

/// The archive of these files.
///
/// # Errors
/// A name that cannot stand in an archive.
pub(crate) fn write(files: &Files) -> std::io::Result<Vec<u8>> {
    gzip(&tar_of(files)?)
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new()
        .mtime(0)
        .operating_system(0xff)
        .write(Vec::new(), Compression::new(6));
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn tar_of(files: &Files) -> std::io::Result<Vec<u8>> {
    let mut builder = Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = Header::new_ustar();
        header.set_path(format!("{FOLDER}/{name}"))?;
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_entry_type(EntryType::Regular);
        header.set_cksum();
        builder.append(&header, content.as_slice())?;
    }
    builder.into_inner()
}

/// An archive that was read.
#[derive(Debug)]
pub(crate) struct Unpacked {
    /// Its files.
    pub(crate) files: Files,
    /// How far it is the archive that [`write`] makes of them.
    pub(crate) form: Form,
}

/// How far an archive has the one form that it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Every byte is the one that [`write`] writes.
    Same,
    /// What it holds is the same, headers of its members included, and was compressed otherwise.
    CompressedOtherwise,
    /// Its headers differ, or something stands beside its members.
    Other,
}

/// Reads an archive.
///
/// # Errors
/// Why it cannot be read, as text.
pub(crate) fn read(bytes: &[u8]) -> Result<Unpacked, String> {
    let mut decoder = GzDecoder::new(bytes);
    let mut tar = Vec::new();
    let read = decoder.by_ref().take(LARGEST + 1).read_to_end(&mut tar);
    read.map_err(|error| format!("it cannot be decompressed: {error}"))?;
    if tar.len() as u64 > LARGEST {
        return Err(format!("it unpacks to more than {LARGEST} bytes"));
    }
    let rest = decoder.into_inner();
    let files = members(&tar)?;
    let again = tar_of(&files).map_err(|error| error.to_string())?;
    let form = if again == tar && rest.is_empty() && bytes.starts_with(&GZIP) {
        if gzip(&again).is_ok_and(|again| again == bytes) {
            Form::Same
        } else {
            Form::CompressedOtherwise
        }
    } else {
        Form::Other
    };
    Ok(Unpacked { files, form })
}

fn members(tar: &[u8]) -> Result<Files, String> {
    let broken = |error: std::io::Error| format!("it is no tar archive: {error}");
    let mut files = Files::new();
    let mut archive = Archive::new(tar);
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let name = path.strip_prefix(FOLDER).and_then(|rest| rest.strip_prefix('/'));
        let name = name.filter(|name| !name.is_empty() && !name.contains('/'));
        let name = name.ok_or_else(|| format!("it has a member {path:?}, which no pack has"))?;
        if entry.header().entry_type() != EntryType::Regular {
            return Err(format!("its member {path:?} is no regular file"));
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(broken)?;
        if files.insert(name.to_owned(), content).is_some() {
            return Err(format!("it has the member {path:?} twice"));
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_compresses_to_the_same_bytes_as_ever() {
        let line = |n: u32| format!("{n}: {}\n", n.wrapping_mul(n) % 977);
        let content: String = (0..5_000).map(line).collect();
        let files = Files::from([
            ("a".to_owned(), content.clone().into_bytes()),
            ("b".to_owned(), content.into_bytes()),
        ]);
        // If this fails after an update of the library, packs of older versions can no longer be compared byte by byte:
        // raise Firedrill's version with it, so that verify says so instead of calling such packs changed.
        assert_eq!(
            crate::digest::sha256(&write(&files).unwrap()),
            "9b86fff39965afaf99de6e60df3dad73b81613d7115f929298228fb0a041b164"
        );
    }
}
