//! What a step of the runbook can do: a file each, and a line here.

use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Name, Names};
use crate::scenario::faults::Resource;
use crate::scenario::fill::Elsewhere;
use crate::scenario::validate::StepCheck;

registry! {
    /// What a step does.
    pub enum StepAction as Act {
        human::Human,
        wait::Wait,
        s3_put_versioning::S3PutVersioning,
        s3_put_replication::S3PutReplication,
        s3_audit::S3Audit,
        s3_restore_versions::S3RestoreVersions,
        s3_restore_objects::S3RestoreObjects,
        s3_sync::S3Sync,
        s3_create_bucket::S3CreateBucket,
        s3_verify_integrity::S3VerifyIntegrity,
        shell::Shell,
        parallel::Parallel,
        check::Check,
        notify::Notify,
        dns_failover::DnsFailover,
        stack_deploy::StackDeploy,
        replication_reverse::ReplicationReverse,
        replication_drain::ReplicationDrain,
        lambda_deploy::LambdaDeploy,
        lambda_rollback::LambdaRollback,
        lambda_redrive::LambdaRedrive,
        lambda_put_concurrency::LambdaPutConcurrency,
        iot_restart_broker::IotRestartBroker,
    }
}

pub use dns_failover::IOT_NAME;
pub(crate) use parallel::Branch;
pub use s3_audit::AuditDepth;
pub use s3_put_replication::ReplicationStatus;
pub use s3_put_versioning::VersioningStatus;
pub use shell::Command;

impl StepAction {
    /// The label of the bucket whose objects it brings back, if it does.
    pub fn restores(&self) -> Option<&str> {
        self.as_dyn().restores()
    }

    /// What it may change in this scenario, so that a service may be well again, or worse, for it.
    pub fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        self.as_dyn().touches(scenario)
    }

    /// Whether it only reads: what a walkthrough takes beside a cloud that works.
    pub fn only_reads(&self) -> bool {
        matches!(
            self,
            StepAction::S3Audit(_) | StepAction::S3VerifyIntegrity(_) | StepAction::Check(_)
        )
    }

    /// Whether it does anything here; otherwise it only takes its time.
    pub fn works(&self) -> bool {
        !matches!(
            self,
            StepAction::Human(_) | StepAction::Wait(_) | StepAction::Parallel(_)
        )
    }
}

/// What a step may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touches<'a> {
    /// These, or nothing.
    Only(Vec<Resource<'a>>),
    /// Nobody knows: the user's own commands.
    Anything,
}

impl Touches<'_> {
    /// Nothing at all.
    pub const NOTHING: Touches<'static> = Touches::Only(Vec::new());
}

/// Both stores of a bucket, or all where it may be.
pub(crate) fn stores<'a>(scenario: &'a Scenario, bucket: &'a str) -> Vec<Resource<'a>> {
    let regions = scenario.cloud.regions.iter();
    regions
        .map(|region| Resource::Store {
            bucket,
            region: &region.label,
        })
        .collect()
}

/// A function, where it may be.
pub(crate) fn functions<'a>(
    scenario: &'a Scenario,
    function: &'a str,
    region: Option<&'a str>,
) -> Vec<Resource<'a>> {
    let regions = scenario.cloud.regions.iter().map(|region| region.label.as_str());
    let chosen = regions.filter(|label| region.is_none_or(|region| region == *label));
    chosen
        .map(|region| Resource::Function { function, region })
        .collect()
}

/// Which function an action is about, and in which region, as every such action says it.
fn which_function(f: &mut Fields<'_, '_>) -> (Option<String>, Option<String>) {
    (
        f.required(
            "function",
            "The label of the function.",
            Name::Of(Names::Function),
        ),
        f.optional(
            "region",
            "The label of the region (default: where it is used then).",
            Name::Of(Names::Region),
        ),
    )
}

/// What an action of the runbook says of itself.
pub(crate) trait Act {
    /// Fills in what other parts of the scenario say.
    fn fill(&mut self, _: &Elsewhere) {}

    /// Checks it against the other parts of the scenario.
    fn check(&self, _: &mut StepCheck<'_, '_, '_, '_>) {}

    /// The label of the bucket whose objects it brings back, if it does.
    fn restores(&self) -> Option<&str> {
        None
    }

    /// What it may change.
    fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        match self.restores() {
            Some(bucket) => Touches::Only(stores(scenario, bucket)),
            None => Touches::NOTHING,
        }
    }
}
