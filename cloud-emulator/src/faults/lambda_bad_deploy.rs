//! `lambda.bad_deploy`: a version that fails at every invocation goes live.

use std::sync::Arc;

use drill::scenario::{LIVE, LambdaBadDeploy};

use super::{Broken, PartialInjection, Scene, Standing, Testimony};
use crate::lambda::{Invocation, Lambda};

/// The broken version is live, until somebody moves the alias.
struct Live {
    lambda: Arc<Lambda>,
    region: String,
    name: String,
    version: String,
}

impl Standing for Live {
    fn stands(&self) -> bool {
        self.lambda.alias(&self.region, &self.name, LIVE).as_deref() == Some(&self.version)
    }
}

pub(super) async fn strike(fault: &LambdaBadDeploy, scene: &Scene<'_>) -> Result<Broken, PartialInjection> {
    let name = &scene.function(&fault.function).name;
    let mut broken = Broken::damage(Vec::new());
    for label in scene.regions_with(name, fault.region.as_deref()) {
        let region = scene.aws_region(label).to_owned();
        let deployed = scene.cloud.lambda().deploy_broken(&region, name).await;
        let deployed = match deployed {
            Ok(deployed) => deployed,
            Err(error) => {
                let (touched, why) = (broken.touched, error.to_string());
                return Err(PartialInjection { touched, why });
            }
        };
        broken
            .touched
            .push(format!("{name} in {label}: version {}", deployed.broken));
        broken.hold(Live {
            lambda: scene.cloud.lambda().clone(),
            region,
            name: name.clone(),
            version: deployed.broken,
        });
    }
    match broken.touched.is_empty() {
        true => Err(format!("no region has function {name}").into()),
        false => Ok(broken),
    }
}

/// The live version is invoked: the broken one must run, and its runtime must fail, which no version that works
/// does, whatever the event.
pub(super) async fn witness(fault: &LambdaBadDeploy, scene: &Scene<'_>, broken: &Broken) -> Testimony {
    let name = &scene.function(&fault.function).name;
    let (mut failed, mut otherwise) = (Vec::new(), Vec::new());
    for region in &scene.scenario.cloud.regions {
        let begins = format!("{name} in {}: version ", region.label);
        let Some(version) = broken
            .touched
            .iter()
            .find_map(|touched| touched.strip_prefix(&begins))
        else {
            continue;
        };
        let invocation = Invocation {
            function: name.clone(),
            qualifier: Some(LIVE.to_owned()),
            ..Invocation::default()
        };
        match scene.cloud.lambda().invoke(&region.aws, invocation).await {
            Ok(invoked) if invoked.failed && invoked.version == version => {
                let answer = String::from_utf8_lossy(&invoked.payload).into_owned();
                match answer.contains("Runtime.") || answer.contains("this deployment is broken") {
                    true => failed.push(format!("version {version} in {}: {answer}", region.label)),
                    false => otherwise.push(format!("version {version} failed otherwise: {answer}")),
                }
            }
            Ok(invoked) => otherwise.push(format!(
                "version {} answered in {}",
                invoked.version, region.label
            )),
            Err(error) => otherwise.push(error.to_string()),
        }
    }
    Testimony {
        proven: otherwise.is_empty() && !failed.is_empty(),
        witness: match otherwise.is_empty() {
            true => failed.join("; "),
            false => otherwise.join("; "),
        },
    }
}
