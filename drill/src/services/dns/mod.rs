//! DNS: the names under which clients find all other resources.

mod actions;
mod faults;
mod resolver;

pub(crate) use actions::ACTIONS;
pub use actions::DnsFailover;
pub use faults::DnsStale;
pub(crate) use faults::FAULTS;
pub use resolver::{NAMES, RESOLVER};
