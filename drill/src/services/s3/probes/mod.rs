//! What a probe can ask of buckets: a file each, and a line here.

use crate::scenario::probes::ProbeSpec;

registry! {
    /// The probes of S3.
    const PROBES: Probe as ProbeSpec {
        get_object::S3GetObject,
    }
}
