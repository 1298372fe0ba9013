//! `lambda.bad_deploy`: a version that fails at every invocation goes live.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_service::faults::{
    ActiveFault, FaultContext, FaultError, FaultEvidence, FaultGuard, InjectableFault, PartialInjection,
};
use drill::scenario::{Fault, LIVE, LambdaBadDeploy};

use super::error::NoFunction;
use crate::emulated::LambdaService;
use crate::invoke::Invocation;
use crate::lambda::Lambda;

/// The broken version is live, until the alias is moved.
struct Live {
    lambda: Arc<Lambda>,
    region: String,
    name: String,
    version: String,
}

impl FaultGuard for Live {
    fn is_active(&self) -> bool {
        self.lambda.alias(&self.region, &self.name, LIVE).as_deref() == Some(&self.version)
    }
}

pub(super) struct BadDeploy<'a> {
    pub(super) service: &'a LambdaService,
    pub(super) spec: &'a LambdaBadDeploy,
}

#[async_trait]
impl InjectableFault for BadDeploy<'_> {
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
            let deployed = match lambda.deploy_broken(&region, name).await {
                Ok(deployed) => deployed,
                Err(error) => return Err(PartialInjection::after(broken.touched, error)),
            };
            broken
                .touched
                .push(format!("{name} in {label}: version {}", deployed.broken));
            broken.hold(Live {
                lambda: lambda.clone(),
                region,
                name: name.to_owned(),
                version: deployed.broken,
            });
        }
        if broken.touched.is_empty() {
            Err(FaultError::new(NoFunction(name.to_owned())).into())
        } else {
            Ok(broken)
        }
    }

    /// The live version is invoked: the broken one must run, and its runtime must fail, which no version that works
    /// does, whatever the event.
    async fn verify(&self, context: &FaultContext<'_>, broken: &ActiveFault) -> FaultEvidence {
        let name = self.service.name_of(&self.spec.function);
        let (mut failed, mut otherwise) = (Vec::new(), Vec::new());
        for region in &context.scenario.cloud.regions {
            let begins = format!("{name} in {}: version ", region.label);
            let mut touched = broken.touched.iter();
            let Some(version) = touched.find_map(|touched| touched.strip_prefix(&begins)) else {
                continue;
            };
            match self.invoke(&region.aws, &region.label, version).await {
                Ok(proof) => failed.push(proof),
                Err(found) => otherwise.push(found),
            }
        }
        FaultEvidence {
            proven: otherwise.is_empty() && !failed.is_empty(),
            observed: if otherwise.is_empty() {
                failed.join("; ")
            } else {
                otherwise.join("; ")
            },
        }
    }
}

impl BadDeploy<'_> {
    /// How the live version failed in a region, if it is this one; else what was found instead.
    async fn invoke(&self, aws: &str, label: &str, version: &str) -> Result<String, String> {
        let invocation = Invocation {
            function: self.service.name_of(&self.spec.function).to_owned(),
            qualifier: Some(LIVE.to_owned()),
            ..Invocation::default()
        };
        match self.service.lambda().invoke(aws, invocation).await {
            Ok(invoked) if invoked.failed && invoked.version == version => {
                let answer = String::from_utf8_lossy(&invoked.payload).into_owned();
                if answer.contains("Runtime.") || answer.contains("this deployment is broken") {
                    Ok(format!("version {version} in {label}: {answer}"))
                } else {
                    Err(format!("version {version} failed otherwise: {answer}"))
                }
            }
            Ok(invoked) => Err(format!("version {} answered in {label}", invoked.version)),
            Err(error) => Err(error.to_string()),
        }
    }
}
