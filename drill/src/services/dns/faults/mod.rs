//! What breaks names: a file each, and a line here.

use crate::scenario::faults::FaultSpec;

registry! {
    /// The faults on names.
    const FAULTS: Fault as FaultSpec {
        stale::DnsStale,
    }
}
