//! Functions of our own: programs that run inside of the emulated Lambda, as a user's functions do.
//!
//! ```text
//!   Lambda ──event──► Runtime API ──► telemetry-ingest ──PutObject──────────────► gateway ─► S3
//!                          │
//!                          └────────► program-validator ──iotdata Publish──────► gateway ─► broker ─► devices
//! ```
//!
//! They are programs in processes of their own, which know the cloud by their environment alone
//! (`AWS_ENDPOINT_URL`, `AWS_REGION`, the keys of the functions' principal) and by nothing that only this
//! emulator has: they would run in AWS's Lambda, too. `firedrill function NAME` starts one.
//!
//! A function is never left behind. It ends when the Runtime API is gone, or when its stdin closes, if that is
//! a pipe or a socket; and no invocation goes on beyond the deadline that the Runtime API gave it.

mod check;
mod host;
mod program_validator;
mod settings;
mod telemetry_ingest;

/// A function cannot start, or has nobody to work for any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the function {name} {why}")]
pub struct FunctionError {
    name: String,
    why: String,
}

/// The names of all functions.
pub const NAMES: [&str; 2] = [telemetry_ingest::NAME, program_validator::NAME];

/// The main of a function's process, to be called by a hidden subcommand before anything else is started.
/// Returns when the process is to end, which is never a success: a function works until it is ended.
///
/// # Errors
/// No such function, an environment in which it cannot work, a Runtime API that is gone.
pub fn function_main(name: &str) -> Result<(), FunctionError> {
    let ended = match name {
        telemetry_ingest::NAME => telemetry_ingest::run(),
        program_validator::NAME => program_validator::run(),
        _ => Err(format!("does not exist; there are {}", NAMES.join(" and "))),
    };
    ended.map_err(|why| FunctionError {
        name: name.to_owned(),
        why,
    })
}
