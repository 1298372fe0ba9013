//! SSM in the registry of services.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_service::{CloudError, CloudOptions, EmulatedService, Placement, ReadyCall, ServiceKind};
use http::Method;

use crate::service::SsmService;

static READY: ReadyCall = ReadyCall {
    service: "ssm",
    operation: "DescribeParameters",
    method: Method::POST,
    path: "/",
    headers: &[
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", "AmazonSSM.DescribeParameters"),
    ],
    body: r#"{"MaxResults": 1}"#,
    is_answer: |body| {
        let answer = serde_json::from_slice::<serde_json::Value>(body);
        answer.is_ok_and(|answer| answer["Parameters"].is_array())
    },
};

/// SSM in the registry of services.
pub struct SsmKind;

#[async_trait]
impl ServiceKind for SsmKind {
    fn name(&self) -> &'static str {
        "ssm"
    }

    fn ready_call(&self) -> Option<&'static ReadyCall> {
        Some(&READY)
    }

    async fn start(
        &self,
        options: &CloudOptions<'_>,
        place: Placement,
    ) -> Result<Arc<dyn EmulatedService>, CloudError> {
        Ok(Arc::new(SsmService::new(
            options.scenario,
            options.clock,
            place == Placement::Here,
        )))
    }
}
