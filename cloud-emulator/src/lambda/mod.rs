//! AWS Lambda: functions that really run, as local processes, behind Lambda's own API.
//!
//! ```text
//!   gateway ──► service ──► api/ ──┬─► region: functions, versions, aliases, concurrency
//!                                  └─► invoke ──► exec/ (pool, environments, Runtime API) ──► processes
//!   rules, drill ──────────────────────► invoke, queue/ (asynchronous events, retries, destinations)
//!   faults ───► fault (share, latency, throttle), damage (delete, broken deploy), silence, kill
//! ```
//!
//! Code is a zip with a `bootstrap` (`provided.al2023`, `provided.al2`), a Python handler (`python3.x`, run by
//! the Python of that version), or a package that stands for a function of our own. Timeouts of
//! functions are wall time, everything that waits (retries, ages, idle environments) is drill time.

mod api;
mod code_urls;
mod damage;
mod dates;
mod declare;
mod error;
mod exec;
mod fault;
mod function;
mod ids;
mod invoke;
#[allow(clippy::module_inception)] // It is the service's own name.
mod lambda;
mod names;
mod options;
mod package;
mod provisioning;
mod queue;
mod region;
mod service;

pub use api::create::{NewCode, NewFunction};
pub use damage::BrokenDeploy;
#[doc(hidden)]
pub use declare::unpack_zip;
pub use declare::{Declaration, read_package, unpack_package};
pub use error::LambdaError;
pub use exec::{Isolation, PATH as FUNCTION_PATH, Python, find_python, python_runtimes};
pub use fault::{FaultSpec, LambdaFault, LambdaGuard};
pub use invoke::{Invocation, Invoked};
pub use lambda::Lambda;
pub use names::ACCOUNT_ID;
pub use options::{BuiltIn, DropReason, LambdaEvent, LambdaEventKind, LambdaOptions};
pub use queue::AsyncCounts;
pub use region::{Door, Silence};
