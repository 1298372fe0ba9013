//! Faults: how they are injected, and how it is verified that they are in force.
//!
//! A fault on state is its service's, which breaks it through the resource itself; here are those that are about no
//! service alone: faults on requests (`aws.*`), and outages of regions. Verification takes another way: it asks the public
//! API (or the resource's own state, where the API would lie) whether a sample of what was touched is broken in the way
//! in which this fault breaks it. A fault that is not verified proves nothing about a plan.

mod machine;
mod region_outage;
mod requests;

use cloud_service::faults;
use drill::scenario::{AwsError, AwsLatency, Fault, FaultAction, RegionOutage, RequestFault};

pub use cloud_service::faults::{
    ActiveFault, FaultContext, FaultError, FaultEvidence, InjectableFault, PartialInjection,
};

use self::region_outage::Outage;
use self::requests::OnRequests;
use crate::cloud::Cloud;

/// Breaks what the plan chose.
///
/// # Errors
/// If it cannot be broken, or not all of it.
pub async fn inject(
    cloud: &Cloud,
    fault: &Fault,
    context: &FaultContext<'_>,
    targets: &[String],
) -> Result<ActiveFault, PartialInjection> {
    let mut broken = injectable(cloud, &fault.action)
        .inject(fault, context, targets)
        .await?;
    broken.injected = context.clock.now();
    Ok(broken)
}

/// Verifies that a fault is in force, by reading back what it broke.
pub async fn verify_fault(
    cloud: &Cloud,
    fault: &Fault,
    context: &FaultContext<'_>,
    broken: &ActiveFault,
) -> FaultEvidence {
    injectable(cloud, &fault.action).verify(context, broken).await
}

/// The fault that an action is: one of a service, or one about no service alone.
fn injectable<'a>(cloud: &'a Cloud, action: &'a FaultAction) -> Box<dyn InjectableFault + 'a> {
    let of_service = || cloud.services().find_map(|one| one.service.fault(action));
    let fault = general(cloud, action).or_else(of_service);
    fault.unwrap_or_else(|| panic!("no service knows the fault {}", action.name()))
}

/// The fault that an action is, if it is about no service alone.
fn general<'a>(cloud: &'a Cloud, action: &'a FaultAction) -> Option<Box<dyn InjectableFault + 'a>> {
    faults! { action:
        RegionOutage as spec => Outage { cloud, spec },
        RequestFault as spec => OnRequests::from_effect(spec),
        AwsError as spec => OnRequests::error(spec),
        AwsLatency as spec => OnRequests::latency(spec),
    }
}
