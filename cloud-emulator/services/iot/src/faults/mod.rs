//! The faults of IoT Core.

mod broker;

use cloud_service::faults::InjectableFault;
use drill::scenario::FaultAction;

use super::emulated::IotService;

/// The fault that an action is, if it is one of IoT Core.
pub(super) fn fault<'a>(
    service: &'a IotService,
    action: &'a FaultAction,
) -> Option<Box<dyn InjectableFault + 'a>> {
    let spec = action.get()?;
    Some(Box::new(broker::Broker { service, spec }))
}
