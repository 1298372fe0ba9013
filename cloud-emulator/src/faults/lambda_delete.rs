//! `lambda.delete`: somebody deletes a function with its versions.

use std::sync::Arc;

use drill::scenario::LambdaDelete;

use super::{Broken, PartialInjection, Scene, Standing, Testimony};
use crate::lambda::{Invocation, Lambda};

/// The function is not there, until somebody makes it again.
struct Gone {
    lambda: Arc<Lambda>,
    region: String,
    name: String,
}

impl Standing for Gone {
    fn stands(&self) -> bool {
        !self.lambda.exists(&self.region, &self.name)
    }
}

pub(super) fn strike(fault: &LambdaDelete, scene: &Scene<'_>) -> Result<Broken, PartialInjection> {
    let name = &scene.function(&fault.function).name;
    let mut broken = Broken::damage(Vec::new());
    for label in scene.regions_with(name, fault.region.as_deref()) {
        let region = scene.aws_region(label).to_owned();
        let deleted = scene.cloud.lambda().delete(&region, name);
        if let Err(error) = deleted {
            let (touched, why) = (broken.touched, error.to_string());
            return Err(PartialInjection { touched, why });
        }
        broken.touched.push(format!("{name} in {label}"));
        broken.hold(Gone {
            lambda: scene.cloud.lambda().clone(),
            region,
            name: name.clone(),
        });
    }
    match broken.touched.is_empty() {
        true => Err(format!("no region has function {name}").into()),
        false => Ok(broken),
    }
}

/// It is invoked, which must be answered with AWS's error for a function that is not there.
pub(super) async fn witness(fault: &LambdaDelete, scene: &Scene<'_>, broken: &Broken) -> Testimony {
    let name = &scene.function(&fault.function).name;
    let labels = scene
        .scenario
        .cloud
        .regions
        .iter()
        .map(|region| region.label.as_str());
    let touched = labels.filter(|label| broken.touched.contains(&format!("{name} in {label}")));
    let mut there = Vec::new();
    for label in touched {
        let invocation = Invocation {
            function: name.clone(),
            ..Invocation::default()
        };
        let asked = scene
            .cloud
            .lambda()
            .invoke(scene.aws_region(label), invocation)
            .await;
        match asked {
            Err(error) if error.code == "ResourceNotFoundException" => {}
            Err(error) => there.push(format!("{label}: {error}")),
            Ok(_) => there.push(format!("{label}: it answers")),
        }
    }
    Testimony {
        proven: there.is_empty() && !broken.touched.is_empty(),
        witness: match there.is_empty() {
            true => format!("an invocation of {name} is answered ResourceNotFoundException"),
            false => there.join("; "),
        },
    }
}
