//! SSM Parameter Store: parameters with their versions, in each region, as AWS's API keeps them.
//!
//! ```text
//!   kind ──► SsmService ─┬─ service: what the gateway asks (operations, keys, what stands there)
//!                        ├─ api/: one operation each ──► store: parameters by region and name
//!                        └─ lifecycle: declared hierarchies, outages
//! ```

#![forbid(unsafe_code)]

mod api;
mod error;
mod hierarchies;
mod kind;
mod lifecycle;
mod parameter_name;
mod service;
mod store;

pub use kind::SsmKind;
pub use service::SsmService;
