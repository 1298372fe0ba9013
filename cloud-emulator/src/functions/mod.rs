//! Functions of our own: programs that run inside of the emulated Lambda, as a user's functions do.
//!
//! ```text
//!   Lambda ──event──► Runtime API ──► a function ──PutObject, …──────► gateway ─► S3
//!                                          └───────iotdata Publish──► gateway ─► broker ─► devices
//! ```
//!
//! They are programs in processes of their own, which know the cloud by their environment alone
//! (`AWS_ENDPOINT_URL`, `AWS_REGION`, the keys of the functions' principal) and by nothing that only this
//! emulator has: they would run in AWS's Lambda, too. `firedrill function NAME` starts one.
//!
//! Those that any system can use are here. Those of one system are in a crate beside its scenarios, which gives its
//! [`BuiltInFunction`]s to the program, and the program gives them to [`function_main`].
//!
//! A function is never left behind. It ends when the Runtime API is gone, or when its stdin closes, if that is
//! a pipe or a socket; and no invocation goes on beyond the deadline that the Runtime API gave it.

mod built_in;
pub mod check;
mod end;
mod host;
mod settings;
mod telemetry_ingest;
mod topic_publisher;

pub use self::built_in::{BuiltInFunction, FunctionError, function_main};
pub use self::end::FunctionEnd;
pub use self::host::{HandlerResult, fault, host};
pub use self::settings::Settings;
pub use self::topic_publisher::TopicPublisher;

/// The functions that any system can use.
pub const FUNCTIONS: &[BuiltInFunction] = &[telemetry_ingest::FUNCTION];
