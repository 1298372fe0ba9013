//! AWS Lambda: functions that really run, as local processes, behind Lambda's own API.
//!
//! ```text
//!   gateway ──► service ──► api/ ──┬─► region: functions, versions, aliases, concurrency
//!                                  └─► invoke ──► exec/ (pool, environments, Runtime API) ──► processes
//!   rules, drill ──────────────────────► invoke, queue/ (asynchronous events, retries, destinations)
//!   faults ───► fault (share, latency, throttle), damage (delete, broken deploy), outage, kill
//! ```
//!
//! Code is a zip with a `bootstrap` (`provided.al2023`, `provided.al2`), a Python handler (`python3.x`, run by
//! the Python of that version), or a package that stands for a function of our own. Timeouts of
//! functions are wall time, everything that waits (retries, ages, idle environments) is drill time.

#![forbid(unsafe_code)]

mod api;
mod code_urls;
mod damage;
mod dates;
mod declare;
mod declared;
mod emulated;
mod error;
mod exec;
mod fault;
mod faults;
mod function;
mod function_names;
mod ids;
mod invoke;
mod kind;
mod lambda;
mod lifecycle;
mod options;
mod package;
mod provisioning;
mod queue;
mod region;
mod service;
mod settings;

pub use api::create::{NewCode, NewFunction};
pub use damage::BrokenDeploy;
#[doc(hidden)]
pub use declare::unpack_zip;
pub use declare::{Declaration, PackageError, read_package, unpack_package};
pub use emulated::LambdaService;
pub use error::LambdaError;
pub use exec::{HiddenPython, Isolation, PATH as FUNCTION_PATH, Python, find_python, python_runtimes};
pub use fault::{FaultSpec, LambdaFault, LambdaGuard};
pub use invoke::{Invocation, Invoked};
pub use kind::LambdaKind;
pub use lambda::Lambda;
pub use options::{BuiltIn, DropReason, LambdaEvent, LambdaEventKind, LambdaOptions};
pub use queue::AsyncCounts;
pub use region::{LambdaOutageGuard, S3Endpoint};
pub use settings::LambdaSettings;
