//! What a probe can ask of message routing: a file each, and a line here.

use crate::scenario::probes::ProbeSpec;

registry! {
    /// The probes of IoT Core.
    const PROBES: Probe as ProbeSpec {
        telemetry::PathTelemetry,
    }
}
