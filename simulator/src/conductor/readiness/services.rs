//! Functions, brokers and probes: whether those answer, as they were declared, that steps and services rely on.

use cloud_emulator::client::lambda;
use drill::journal::{Health, ReadinessCheck};
use drill::scenario::{Function, LIVE};

use super::check;
use crate::conductor::context::Drill;
use crate::conductor::protections::{self, judged};

pub(super) async fn checks(drill: &Drill) -> Vec<ReadinessCheck> {
    let mut checks = Vec::new();
    for function in &drill.scenario.cloud.functions {
        for region in &function.regions {
            checks.extend(of_function(drill, function, region).await);
        }
    }
    checks.extend(brokers(drill));
    checks.extend(probes(drill));
    checks
}

/// Whether a function is there, how often it may run at once, and whether it has the code of its home region.
async fn of_function(drill: &Drill, function: &Function, region: &str) -> Vec<ReadinessCheck> {
    let label = &function.label;
    let rest = drill.audit_rest.at(region);
    let settings = lambda::settings(rest, &function.name, LIVE).await;
    let (holds, found) = judged(settings.map(|_| (true, format!("{} is there", function.name))));
    let what = format!("function {label} in {region}");
    let mut checks = vec![check(what, holds, found, "deploy the function there")];
    if holds != Some(true) {
        return checks;
    }
    let (holds, found) = judged(protections::concurrency(drill, function, region).await);
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

/// Whether the brokers run that devices are sent to.
fn brokers(drill: &Drill) -> Vec<ReadinessCheck> {
    let declared = drill.scenario.cloud.iot.iter().flat_map(|iot| &iot.regions);
    let declared: Vec<&String> = declared.collect();
    let brokers = drill
        .cloud
        .brokers()
        .filter(|(label, _)| declared.iter().any(|one| one.as_str() == *label));
    let of = |(label, broker): (&str, &cloud_emulator::iot::Site)| {
        let running = broker.is_running();
        let word = if running { "runs" } else { "does not run" };
        let found = format!("its process {word}, at {}", broker.address());
        check(
            format!("broker in {label}"),
            Some(running),
            found,
            "start the broker",
        )
    };
    brokers.map(of).collect()
}

/// Whether every probe that objectives and monitoring rely on is green.
fn probes(drill: &Drill) -> Vec<ReadinessCheck> {
    let states: Vec<(String, Option<Health>)> = drill
        .pulse
        .lock()
        .states()
        .map(|(name, health)| (name.to_owned(), health))
        .collect();
    let of = |(name, health): (String, Option<Health>)| {
        let (holds, found) = match health {
            Some(Health::Green) => (Some(true), "it is green"),
            Some(Health::Red) => (Some(false), "it is red, with nothing broken"),
            Some(Health::Unknown) | None => (None, "it has no result yet"),
        };
        let remedy = "read the journal's lines of this probe: what is wrong stands there";
        check(format!("probe {name}"), holds, found.to_owned(), remedy)
    };
    states.into_iter().map(of).collect()
}
