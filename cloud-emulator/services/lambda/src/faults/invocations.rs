//! `lambda.error`, `lambda.latency`, `lambda.throttle`: what happens to invocations, by any caller.
//!
//! It is verified by the traffic itself: invocations that it has hit since.

use async_trait::async_trait;
use cloud_service::faults::{
    ActiveFault, FaultContext, FaultError, FaultEvidence, FaultGuard, InjectableFault, PartialInjection,
};
use drill::scenario::{Fault, LambdaError, LambdaLatency, LambdaThrottle};

use super::error::NoFunction;
use crate::emulated::LambdaService;
use crate::fault::{FaultSpec, LambdaFault, LambdaGuard};

impl FaultGuard for LambdaGuard {
    fn hits(&self) -> Option<u64> {
        Some(LambdaGuard::hits(self))
    }
}

/// The function, the region if one is said, and what happens there.
pub(super) struct Invocations<'a> {
    service: &'a LambdaService,
    function: &'a str,
    region: Option<&'a str>,
    fault: LambdaFault,
}

impl<'a> Invocations<'a> {
    pub(super) fn error(service: &'a LambdaService, spec: &'a LambdaError) -> Invocations<'a> {
        Invocations {
            service,
            function: &spec.function,
            region: spec.region.as_deref(),
            fault: LambdaFault::Error { share: spec.share },
        }
    }

    pub(super) fn latency(service: &'a LambdaService, spec: &'a LambdaLatency) -> Invocations<'a> {
        Invocations {
            service,
            function: &spec.function,
            region: spec.region.as_deref(),
            fault: LambdaFault::Latency {
                p50: spec.latency.p50,
                p99: spec.latency.p99,
            },
        }
    }

    pub(super) fn throttle(service: &'a LambdaService, spec: &'a LambdaThrottle) -> Invocations<'a> {
        Invocations {
            service,
            function: &spec.function,
            region: spec.region.as_deref(),
            fault: LambdaFault::Throttle,
        }
    }
}

#[async_trait]
impl InjectableFault for Invocations<'_> {
    async fn inject(
        &self,
        fault: &Fault,
        context: &FaultContext<'_>,
        _targets: &[String],
    ) -> Result<ActiveFault, PartialInjection> {
        let name = self.service.name_of(self.function);
        let regions = self.service.regions_with(name, self.region);
        if regions.is_empty() {
            return Err(FaultError::new(NoFunction(name.to_owned())).into());
        }
        let touched = regions.iter().map(|region| format!("{name} in {region}"));
        let mut broken = ActiveFault::damage(touched.collect());
        for region in regions {
            broken.hold(self.service.lambda().fault(FaultSpec {
                id: fault.id.clone(),
                region: context.aws_region(region).to_owned(),
                functions: name.to_owned(),
                fault: self.fault,
            }));
        }
        Ok(broken)
    }

    async fn verify(&self, context: &FaultContext<'_>, broken: &ActiveFault) -> FaultEvidence {
        let seen = context
            .await_some(|| Some(broken.hits()).filter(|hits| *hits > 0))
            .await;
        let what = |hits: u64| match hits {
            1 => "1 invocation was affected so far".to_owned(),
            hits => format!("{hits} invocations were affected so far"),
        };
        FaultEvidence::of_wait(seen, what, "the function was not invoked")
    }
}
