//! The `aws` that scripts find first: it calls the real one with the drill's endpoint.
//!
//! The client ignores `AWS_ENDPOINT_URL` for some services, and would call the real AWS.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Writes the shim, an executable called `aws`, into a folder, which is made if it is not there. The folder
/// goes first into the search path. The drill's endpoint is expected in `FIREDRILL_ENDPOINT`; a script may
/// name that by `--endpoint-url`, or one of `FIREDRILL_ENDPOINTS` (those of all regions, between blanks).
///
/// # Errors
/// If it cannot be written.
pub fn shim(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    let path = folder.join("aws");
    fs::write(&path, include_str!("aws.sh"))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
}
