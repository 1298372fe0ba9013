//! The cloud of a scenario, stood up as its `cloud:` section declares it.
//!
//! ```text
//!   registry ──► services, each where `placement` says ──► prepare: buckets, inventory (dated back, replicas in place)
//!                                                             │
//!   gateway, a listener per region ◄──────────────────────────┘
//!      └──► provision: replication, functions, brokers with rules
//! ```
//!
//! Everything listens on loopback. The cloud answers when [`Cloud::start`] returns, and ends with
//! [`Cloud::shutdown`]. What a region does not have at the start, [`Cloud::deploy`] builds. No service is known here but
//! by the registry; `shortcuts` names those that drills work with.

mod addresses;
#[allow(clippy::module_inception)] // It is what the folder is about.
mod cloud;
mod deploy;
mod front;
mod placement;
mod registered;
mod registry;
mod shortcuts;

pub use addresses::addresses;
pub use cloud::Cloud;
pub use cloud_backends::{EndpointsError, Provider, ProviderError};
pub use cloud_service::{CloudError, CloudOptions, KeysError, RunKeys, Settings};
pub(crate) use registered::Registered;
pub use service_iot::{IotSettings, most_devices};
pub use service_lambda::LambdaSettings;
pub use service_s3::S3Settings;
