//! DNS of the emulated cloud: where things are, and the fault that keeps resolvers from learning it.

#![forbid(unsafe_code)]

mod resolver;
mod service;
mod stale;

pub use self::resolver::{DnsAnswer, DnsResolver, Moved, Stale};
pub use self::service::{DnsKind, DnsService};
