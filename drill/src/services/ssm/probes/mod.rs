//! What a probe can ask of parameters: a file each, and a line here.

use crate::scenario::probes::ProbeSpec;

registry! {
    /// The probes of SSM.
    const PROBES: Probe as ProbeSpec {
        get_parameter::SsmGetParameter,
    }
}
