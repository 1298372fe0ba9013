//! What breaks brokers.

mod broker;

pub(crate) use broker::FAULTS;
pub use broker::{BrokerEffect, BrokerFault};
