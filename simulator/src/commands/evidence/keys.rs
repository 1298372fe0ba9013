//! Keys in files.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use evidence::{PublicKey, SecretKey};
use rustix::rand::{GetRandomFlags, getrandom};

use crate::exit::{End, Failure};
use crate::output;

/// No key is longer.
const LARGEST: u64 = 64 << 10;

/// The private key in a file.
///
/// # Errors
/// A file that cannot be read, or is no such key.
pub(super) fn secret(file: &Path) -> Result<SecretKey, Failure> {
    let text = text(file)?;
    SecretKey::from_pem(&file.display().to_string(), &text).map_err(|error| Failure::Input(error.to_string()))
}

/// The public key in a file.
///
/// # Errors
/// A file that cannot be read, or is no such key.
pub(crate) fn public(file: &Path) -> Result<PublicKey, Failure> {
    let text = text(file)?;
    PublicKey::from_pem(&file.display().to_string(), &text).map_err(|error| Failure::Input(error.to_string()))
}

fn text(file: &Path) -> Result<String, Failure> {
    let name = file.display();
    let unreadable = |why: &dyn std::fmt::Display| Failure::Input(format!("{name}: cannot be read: {why}"));
    let about = fs::metadata(file).map_err(|error| unreadable(&error))?;
    if !about.is_file() || about.len() > LARGEST {
        return Err(Failure::Input(format!(
            "{name}:1: no key; it should be a PEM file of ed25519"
        )));
    }
    let bytes = fs::read(file).map_err(|error| unreadable(&error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Makes a key: the private part in `file`, for its owner alone, the public one beside it.
pub(super) fn make(file: &Path) -> Result<End, Failure> {
    let mut drawn = [0; 32];
    let length = getrandom(&mut drawn, GetRandomFlags::empty());
    if length != Ok(drawn.len()) {
        return Err(Failure::environment(
            "cannot draw a key",
            "the kernel gives no random bytes",
        ));
    }
    let key = SecretKey::from_random(drawn);
    let Some(pem) = key.to_pem() else {
        return Err(Failure::environment(
            "cannot write the key",
            "it cannot be encoded",
        ));
    };
    let mut beside = file.as_os_str().to_owned();
    beside.push(".pub");
    let beside = PathBuf::from(beside);
    write(file, pem.as_bytes(), 0o600)?;
    write(&beside, key.public().to_pem().as_bytes(), 0o644)?;
    output::note(format_args!(
        "{} is the private key: keep it secret. {} is the public one, for those who verify: {}",
        file.display(),
        beside.display(),
        key.public().fingerprint()
    ));
    Ok(End::Done)
}

/// Writes a file that is not there yet.
fn write(file: &Path, content: &[u8], mode: u32) -> Result<(), Failure> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(file);
    let written = made.and_then(|mut made| made.write_all(content));
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::Input(format!(
            "{}: is there already; a key is never replaced",
            file.display()
        )),
        _ => Failure::environment(format!("cannot write {}", file.display()), error),
    })
}
