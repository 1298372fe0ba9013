//! What a service of the emulated cloud has to be, and what it may rely on. No service is in here.
//!
//! ```text
//!   assembly ──► registry of ServiceKind ──► EmulatedService ──► AwsService, InjectableFault
//!                      │ CloudOptions, Placement       │ Listeners, FaultContext
//!                      ▼                           ▼
//!                   Backend: none, containers, endpoints that run already
//! ```

#![forbid(unsafe_code)]

mod backend;
mod emulated;
mod endpoint;
mod error;
pub mod faults;
mod keys;
mod listeners;
mod options;
mod process_identity;
pub mod random;
mod ready_call;
mod settings;

pub use self::backend::{Backend, Machine};
pub use self::emulated::{Answering, Deployment, EmulatedService, Handler, Placement, ServiceKind};
pub use self::endpoint::Endpoint;
pub use self::error::{BackendError, CloudError};
pub use self::keys::{KeysError, RunKeys};
pub use self::listeners::Listeners;
pub use self::options::CloudOptions;
pub use self::process_identity::ProcessIdentity;
pub use self::ready_call::{Needed, ReadyCall};
pub use self::settings::Settings;
