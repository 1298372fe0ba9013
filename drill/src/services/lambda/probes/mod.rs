//! What a probe can ask of functions: a file each, and a line here.

use crate::scenario::probes::ProbeSpec;

registry! {
    /// The probes of Lambda.
    const PROBES: Probe as ProbeSpec {
        invoke::LambdaInvoke,
    }
}
