//! Functions: whether those are there, as they were declared, that steps and services rely on.

use cloud_emulator::client::lambda;
use drill::journal::ReadinessCheck;
use drill::scenario::{Function, LIVE};

use super::protections::{self, judged};
use crate::conductor::context::Drill;
use crate::conductor::readiness::check;

/// Looks at every function in every region that declares it.
pub(super) async fn checks(drill: &Drill) -> Vec<ReadinessCheck> {
    let mut checks = Vec::new();
    for function in drill.spec.scenario.cloud.functions() {
        for region in &function.regions {
            checks.extend(of_function(drill, function, region).await);
        }
    }
    checks
}

/// Whether a function is there, how often it may run at once, and whether it has the code of its home region.
async fn of_function(drill: &Drill, function: &Function, region: &str) -> Vec<ReadinessCheck> {
    let label = &function.label;
    let rest = drill.access.auditor.rest.at(region);
    let settings = lambda::settings(rest, &function.name, LIVE).await;
    let (holds, found) = judged(settings.map(|_| (true, format!("{} is there", function.name))));
    let what = format!("function {label} in {region}");
    let mut checks = vec![check(what, holds, found, "deploy the function there")];
    if holds != Some(true) {
        return checks;
    }
    let (holds, found) = judged(protections::concurrency(&drill.access.auditor, function, region).await);
    let what = format!("reserved concurrency of {label} in {region}");
    checks.push(check(what, holds, found, "aws lambda put-function-concurrency"));
    let (holds, found) = judged(protections::version(drill, function, region).await);
    let what = format!("version of {label} in {region}");
    checks.push(check(
        what,
        holds,
        found,
        "deploy the same code in both regions, and move the alias to it",
    ));
    checks
}
