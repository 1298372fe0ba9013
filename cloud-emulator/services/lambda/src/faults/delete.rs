//! `lambda.delete`: a function is deleted with its versions.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_service::faults::{
    ActiveFault, FaultContext, FaultError, FaultEvidence, FaultGuard, InjectableFault, PartialInjection,
};
use drill::scenario::{Fault, LambdaDelete};

use super::error::NoFunction;
use crate::emulated::LambdaService;
use crate::invoke::Invocation;
use crate::lambda::Lambda;

/// The function is not there, until it is created again.
struct Gone {
    lambda: Arc<Lambda>,
    region: String,
    name: String,
}

impl FaultGuard for Gone {
    fn is_active(&self) -> bool {
        !self.lambda.exists(&self.region, &self.name)
    }
}

pub(super) struct Delete<'a> {
    pub(super) service: &'a LambdaService,
    pub(super) spec: &'a LambdaDelete,
}

#[async_trait]
impl InjectableFault for Delete<'_> {
    async fn inject(
        &self,
        _fault: &Fault,
        context: &FaultContext<'_>,
        _targets: &[String],
    ) -> Result<ActiveFault, PartialInjection> {
        let name = self.service.name_of(&self.spec.function);
        let lambda = self.service.lambda();
        let mut broken = ActiveFault::damage(Vec::new());
        for label in self.service.regions_with(name, self.spec.region.as_deref()) {
            let region = context.aws_region(label).to_owned();
            if let Err(error) = lambda.delete(&region, name) {
                return Err(PartialInjection::after(broken.touched, error));
            }
            broken.touched.push(format!("{name} in {label}"));
            broken.hold(Gone {
                lambda: lambda.clone(),
                region,
                name: name.to_owned(),
            });
        }
        if broken.touched.is_empty() {
            Err(FaultError::new(NoFunction(name.to_owned())).into())
        } else {
            Ok(broken)
        }
    }

    /// It is invoked, which must be answered with AWS's error for a function that is not there.
    async fn verify(&self, context: &FaultContext<'_>, broken: &ActiveFault) -> FaultEvidence {
        let name = self.service.name_of(&self.spec.function);
        let regions = context.scenario.cloud.regions.iter();
        let labels = regions.map(|region| region.label.as_str());
        let touched = labels.filter(|label| broken.touched.contains(&format!("{name} in {label}")));
        let mut there = Vec::new();
        for label in touched {
            let invocation = Invocation {
                function: name.to_owned(),
                ..Invocation::default()
            };
            let lambda = self.service.lambda();
            match lambda.invoke(context.aws_region(label), invocation).await {
                Err(error) if error.code == "ResourceNotFoundException" => {}
                Err(error) => there.push(format!("{label}: {error}")),
                Ok(_) => there.push(format!("{label}: it answers")),
            }
        }
        FaultEvidence {
            proven: there.is_empty() && !broken.touched.is_empty(),
            observed: if there.is_empty() {
                format!("an invocation of {name} is answered ResourceNotFoundException")
            } else {
                there.join("; ")
            },
        }
    }
}
