//! The faults of Lambda, one file each.

mod bad_deploy;
mod delete;
mod error;
mod invocations;

use cloud_service::faults;
use cloud_service::faults::InjectableFault;
use drill::scenario::{
    FaultAction, LambdaBadDeploy, LambdaDelete, LambdaError, LambdaLatency, LambdaThrottle,
};

use self::invocations::Invocations;
use super::emulated::LambdaService;

/// The fault that an action is, if it is one of Lambda; one line each.
pub(super) fn fault<'a>(
    service: &'a LambdaService,
    action: &'a FaultAction,
) -> Option<Box<dyn InjectableFault + 'a>> {
    faults! { action:
        LambdaError as spec => Invocations::error(service, spec),
        LambdaLatency as spec => Invocations::latency(service, spec),
        LambdaThrottle as spec => Invocations::throttle(service, spec),
        LambdaDelete as spec => delete::Delete { service, spec },
        LambdaBadDeploy as spec => bad_deploy::BadDeploy { service, spec },
    }
}
