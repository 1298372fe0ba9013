//! What befalls requests, whichever service they are to: those that differ in one thing alone stand in one table
//! (`requests.rs`), the others have a file each, and a line here.

mod requests;
mod selector;

use crate::scenario::chosen::place;
use crate::scenario::faults::FaultSpec;
use crate::scenario::registry::Entry;

pub use requests::{RequestEffect, RequestFault};
pub use selector::{Caller, Selector};

registry! {
    /// The faults with settings of their own.
    const FAULTS: Fault as FaultSpec {
        error::AwsError,
        latency::AwsLatency,
    }
}

/// Every fault on requests.
pub(crate) fn all() -> impl Iterator<Item = &'static Entry<place::Fault, dyn FaultSpec>> {
    FAULTS.iter().chain(requests::FAULTS)
}
