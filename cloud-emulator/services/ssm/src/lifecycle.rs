//! SSM as a service of a cloud: its parameters from their declaration to the end, and what an outage means for them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_client::RetryPolicy;
use cloud_client::rest::{Call, Rest};
use cloud_gateway::Principal;
use cloud_service::faults::{FaultContext, FaultEvidence};
use cloud_service::{Answering, CloudError, CloudOptions, EmulatedService, Handler};
use drill::journal::StepError;
use drill::plan::Plan;
use drill::scenario::RegionOutage;
use drill::services::ssm::{Hierarchy, value_of};
use drill::units::DrillTime;
use runtime::wall;
use serde_json::json;

use crate::service::SsmService;
use crate::store::NewVersion;

/// How long verification waits for an answer, in wall time.
const ANSWER: Duration = Duration::from_millis(750);

/// The user who wrote what is there before the drill.
const BEFORE: &str = "arn:aws:iam::000000000000:user/history";

#[async_trait]
impl EmulatedService for SsmService {
    fn handler(self: Arc<Self>) -> Option<Handler> {
        Some(Handler::Whole(self))
    }

    /// What hierarchies hold at drill 0, with the dates at which it was written.
    async fn prepare(&self, options: &CloudOptions<'_>) -> Result<(), CloudError> {
        if !self.is_here {
            return Ok(());
        }
        let zero_us = self.clock.calendar_us_at(DrillTime::ZERO);
        for hierarchy in self.declared.all() {
            for region in regions_of(hierarchy) {
                let aws = options.scenario.cloud.aws_region(region).unwrap_or_default();
                for object in options.plan.inventory(&hierarchy.label) {
                    let version = NewVersion {
                        value: value_of(&options.plan.object_body(&hierarchy.label, object)),
                        kind: Some("String".to_owned()),
                        description: None,
                        modified_us: zero_us + (object.written_at - DrillTime::ZERO).as_us(),
                        by: BEFORE.to_owned(),
                    };
                    let put =
                        self.store
                            .put(aws, &format!("{}{}", hierarchy.path, object.key), version, true);
                    put.map_err(|why| declared(hierarchy, why))?;
                }
            }
        }
        Ok(())
    }

    /// Another endpoint is filled by its API, which dates what is written by the wall.
    async fn provision(&self, cloud: Answering<'_>) -> Result<(), CloudError> {
        if self.is_here {
            return Ok(());
        }
        let clients = cloud.listeners.rest(Principal::User, RetryPolicy::STANDARD);
        for hierarchy in self.declared.all() {
            for region in regions_of(hierarchy) {
                let filled = fill(clients.at(region), hierarchy, cloud.options.plan);
                let filled = async { filled.await.map_err(|why| declared(hierarchy, why.message)) };
                cloud.options.unless_halted(filled).await?;
            }
        }
        Ok(())
    }

    /// A call with the keys of a user, signed for the region that is lost.
    async fn verify_outage(
        &self,
        outage: &RegionOutage,
        context: &FaultContext<'_>,
    ) -> Option<FaultEvidence> {
        let hierarchy = self.declared.all().first()?;
        let rest = context.listeners.rest(Principal::User, RetryPolicy::ONCE);
        let asked = describe(rest.at(&outage.region), &hierarchy.path);
        let (proven, seen) = match wall::timeout(ANSWER, asked).await {
            None => (true, "no answer".to_owned()),
            Some(Err(error)) => (true, error.code),
            Some(Ok(())) => (false, "parameters".to_owned()),
        };
        Some(FaultEvidence {
            proven,
            observed: format!(
                "GetParametersByPath of {} in {}: {seen}",
                hierarchy.path, outage.region
            ),
        })
    }

    fn forget(&self, region: &str) {
        self.store.forget(region);
    }
}

/// The labels of the regions that have a hierarchy at drill 0.
fn regions_of(hierarchy: &Hierarchy) -> impl Iterator<Item = &str> {
    std::iter::once(hierarchy.region.as_str()).chain(hierarchy.copied_to.as_deref())
}

fn declared(hierarchy: &Hierarchy, why: impl std::fmt::Display) -> CloudError {
    CloudError::new(format!("make the parameters of {}", hierarchy.label), why)
}

async fn fill(rest: &Rest, hierarchy: &Hierarchy, plan: &Plan) -> Result<(), StepError> {
    for object in plan.inventory(&hierarchy.label) {
        let value = value_of(&plan.object_body(&hierarchy.label, object));
        let name = format!("{}{}", hierarchy.path, object.key);
        let body = json!({"Name": name, "Value": value, "Type": "String", "Overwrite": true});
        call(rest, "PutParameter", &body).await?;
    }
    Ok(())
}

async fn describe(rest: &Rest, path: &str) -> Result<(), StepError> {
    call(
        rest,
        "GetParametersByPath",
        &json!({"Path": path, "Recursive": true}),
    )
    .await
}

async fn call(rest: &Rest, operation: &'static str, body: &serde_json::Value) -> Result<(), StepError> {
    let called = rest.call(Call::json11("ssm", "AmazonSSM", operation, body));
    called.await.map(drop)
}
