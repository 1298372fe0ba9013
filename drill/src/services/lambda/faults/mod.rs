//! What breaks functions: a file each, and a line here.

mod on_function;

use crate::scenario::faults::FaultSpec;

registry! {
    /// The faults of Lambda.
    const FAULTS: Fault as FaultSpec {
        error::LambdaError,
        latency::LambdaLatency,
        throttle::LambdaThrottle,
        delete::LambdaDelete,
        bad_deploy::LambdaBadDeploy,
    }
}
