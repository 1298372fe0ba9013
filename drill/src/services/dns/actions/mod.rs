//! What a step can do with names: a file each, and a line here.

use crate::scenario::actions::ActionSpec;

registry! {
    /// The actions on names.
    const ACTIONS: Action as ActionSpec {
        failover::DnsFailover,
    }
}
