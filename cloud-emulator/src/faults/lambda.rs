//! `lambda.error`, `lambda.latency`, `lambda.throttle`: what happens to invocations, whoever makes them.
//!
//! The witness is the traffic itself: invocations that were struck since.

use drill::scenario::{Fault, FaultAction};

use super::{Broken, Scene, Standing, Testimony};
use crate::lambda::{FaultSpec, LambdaFault, LambdaGuard};

pub(super) fn strike(fault: &Fault, scene: &Scene<'_>) -> Result<Broken, String> {
    let (label, region, act) = asked(&fault.action);
    let name = &scene.function(label).name;
    let regions = scene.regions_with(name, region);
    if regions.is_empty() {
        return Err(format!("no region has function {name}"));
    }
    let touched = regions
        .iter()
        .map(|region| format!("{name} in {region}"))
        .collect();
    let mut broken = Broken::damage(touched);
    for region in regions {
        broken.hold(scene.cloud.lambda().fault(FaultSpec {
            id: fault.id.clone(),
            region: scene.aws_region(region).to_owned(),
            functions: name.clone(),
            fault: act,
        }));
    }
    Ok(broken)
}

impl Standing for LambdaGuard {
    fn hits(&self) -> Option<u64> {
        Some(LambdaGuard::hits(self))
    }
}

/// The function, the region if one is said, and what happens there. Only those that are about invocations come
/// here.
fn asked(action: &FaultAction) -> (&str, Option<&str>, LambdaFault) {
    match action {
        FaultAction::LambdaError(fault) => (
            &fault.function,
            fault.region.as_deref(),
            LambdaFault::Error { share: fault.share },
        ),
        FaultAction::LambdaLatency(fault) => (
            &fault.function,
            fault.region.as_deref(),
            LambdaFault::Latency {
                p50: fault.latency.p50,
                p99: fault.latency.p99,
            },
        ),
        FaultAction::LambdaThrottle(fault) => {
            (&fault.function, fault.region.as_deref(), LambdaFault::Throttle)
        }
        other => unreachable!("{} is not about invocations", other.name()),
    }
}

pub(super) async fn witness(scene: &Scene<'_>, broken: &Broken) -> Testimony {
    let seen = scene
        .await_some(|| Some(broken.hits()).filter(|hits| *hits > 0))
        .await;
    let what = |hits: u64| match hits {
        1 => "1 invocation was struck so far".to_owned(),
        hits => format!("{hits} invocations were struck so far"),
    };
    Testimony::of_wait(seen, what, "nobody invoked the function")
}
