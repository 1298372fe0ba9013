//! What a fault can do: a file each, and a line here.

mod effect;
mod latency;
mod selector;

use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Name, Names};
use crate::scenario::fill::Elsewhere;
use crate::scenario::validate::FaultCheck;

registry! {
    /// What breaks.
    pub enum FaultAction as Strike {
        s3_delete_objects::S3DeleteObjects,
        s3_delete_bucket::S3DeleteBucket,
        s3_corrupt_objects::S3CorruptObjects,
        s3_pause_replication::S3PauseReplication,
        region_outage::RegionOutage,
        aws_error::AwsError,
        aws_throttle::AwsThrottle,
        aws_access_denied::AwsAccessDenied,
        aws_latency::AwsLatency,
        aws_hang::AwsHang,
        aws_reset::AwsReset,
        aws_corrupt_response::AwsCorruptResponse,
        lambda_error::LambdaError,
        lambda_latency::LambdaLatency,
        lambda_throttle::LambdaThrottle,
        lambda_delete::LambdaDelete,
        lambda_bad_deploy::LambdaBadDeploy,
        iot_kill_broker::IotKillBroker,
        iot_freeze_broker::IotFreezeBroker,
        dns_stale::DnsStale,
    }
}

pub use effect::{Aim, Effect, Hurt, Resource};
pub use latency::Latency;
pub use region_outage::{OutageContainer, OutageForm, OutageManner, OutageService};
pub use s3_corrupt_objects::CorruptVia;
pub use s3_delete_objects::DeleteMode;
pub use selector::{Caller, Selector};

impl FaultAction {
    /// What it hurts in this scenario, and how.
    pub fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        self.as_dyn().hurts(scenario)
    }

    /// Which keys of which bucket it strikes, if it is about keys.
    pub fn aim(&self) -> Option<Aim<'_>> {
        self.as_dyn().aim()
    }

    /// By how much it delays each call that it hurts, if that is all that it does.
    pub fn delays(&self) -> Option<Latency> {
        self.as_dyn().delays()
    }

    /// What can be under only one such fault at a time (`broker primary`), if it is exclusive.
    pub fn occupies(&self, scenario: &Scenario) -> Vec<String> {
        self.as_dyn().occupies(scenario)
    }
}

/// What a fault says of itself.
pub(crate) trait Strike {
    /// Fills in what other parts of the scenario say.
    fn fill(&mut self, _: &Elsewhere) {}

    /// Checks it against the other parts of the scenario.
    fn check(&self, _: &mut FaultCheck<'_, '_, '_, '_>) {}

    /// What it hurts, and how.
    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>>;

    /// Which keys of which bucket it strikes, if it is about keys.
    fn aim(&self) -> Option<Aim<'_>> {
        None
    }

    /// By how much it delays each call, if that is all that it does.
    fn delays(&self) -> Option<Latency> {
        None
    }

    /// What can be under only one such fault at a time; two whose times overlap contradict each other.
    fn occupies(&self, _: &Scenario) -> Vec<String> {
        Vec::new()
    }
}

/// An effect on a bucket's store at home.
fn at_home<'a>(scenario: &'a Scenario, bucket: &'a str, effect: Effect) -> Vec<Hurt<'a>> {
    let store = |bucket: &'a crate::scenario::Bucket| Resource::Store {
        bucket: &bucket.label,
        region: &bucket.region,
    };
    let resource = scenario.bucket(bucket).map(store);
    resource
        .into_iter()
        .map(|resource| Hurt { resource, effect })
        .collect()
}

/// Which function a fault is about, and in which region, as every such fault says it.
fn which_function(f: &mut Fields<'_, '_>) -> (Option<String>, Option<String>) {
    (
        f.required(
            "function",
            "The label of the function.",
            Name::Of(Names::Function),
        ),
        f.optional(
            "region",
            "The label of the region (default: every one that has it).",
            Name::Of(Names::Region),
        ),
    )
}

/// An effect on a function in one region, or in every one that has it.
fn on_function<'a>(
    scenario: &'a Scenario,
    function: &'a str,
    region: Option<&'a str>,
    effect: Effect,
) -> Vec<Hurt<'a>> {
    let regions = scenario.cloud.regions.iter().map(|known| known.label.as_str());
    let chosen = regions.filter(|label| region.is_none_or(|region| region == *label));
    let resource = |region| Resource::Function { function, region };
    chosen
        .map(|region| Hurt {
            resource: resource(region),
            effect,
        })
        .collect()
}
