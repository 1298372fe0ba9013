//! Where events go after their last attempt: S3 (failures only, as with AWS) or another function.

use std::sync::Arc;

use bytes::Bytes;
use drill::draw::Draws;
use serde_json::{Value, json};

use super::queued::Queued;
use crate::Lambda;
use crate::dates;
use crate::error::LambdaError;
use crate::function::{Destinations, LATEST};
use crate::function_names;
use crate::invoke::{Invocation, Invoked};
use crate::options::DropReason;
use crate::region::Region;

/// Why an event's way has ended, in AWS's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Success,
    RetriesExhausted,
    EventAgeExceeded,
    ZeroReservedConcurrency,
}

impl Condition {
    fn name(self) -> &'static str {
        match self {
            Condition::Success => "Success",
            Condition::RetriesExhausted => "RetriesExhausted",
            Condition::EventAgeExceeded => "EventAgeExceeded",
            Condition::ZeroReservedConcurrency => "ZeroReservedConcurrency",
        }
    }

    pub(super) fn drop_reason(self) -> DropReason {
        match self {
            Condition::EventAgeExceeded => DropReason::EventAgeExceeded,
            Condition::ZeroReservedConcurrency => DropReason::ZeroReservedConcurrency,
            Condition::Success | Condition::RetriesExhausted => DropReason::RetriesExhausted,
        }
    }
}

/// Whether this cloud can serve those destinations.
///
/// # Errors
/// Which it cannot.
pub(crate) fn check(region: &str, destinations: &Destinations) -> Result<(), LambdaError> {
    let arn = |d: &Option<crate::function::Destination>| d.as_ref()?.destination.clone();
    let functions = format!("arn:aws:lambda:{region}:{}:function:", cloud_gateway::ACCOUNT_ID);
    for (arn, may_be_s3) in [
        (arn(&destinations.on_success), false),
        (arn(&destinations.on_failure), true),
    ] {
        let Some(arn) = arn.filter(|arn| !arn.is_empty()) else {
            continue;
        };
        let bucket = arn
            .strip_prefix("arn:aws:s3:::")
            .is_some_and(|name| !name.is_empty());
        if arn.starts_with(&functions) || (bucket && may_be_s3) {
            continue;
        }
        return Err(LambdaError::invalid(if bucket {
            "The destination ARN of an S3 bucket is supported for OnFailure only.".to_owned()
        } else {
            format!(
                "The destination {arn} cannot be served here: this cloud has functions of the same region and, on \
                 failure, S3 buckets; it has no SQS, SNS or EventBridge."
            )
        }));
    }
    Ok(())
}

/// What a destination gets.
pub(super) struct Record {
    function: Arc<str>,
    at_us: i64,
    id: String,
    document: Bytes,
}

impl Record {
    pub(super) fn new(
        lambda: &Lambda,
        event: &Queued,
        condition: Condition,
        last: Option<&Invoked>,
    ) -> Record {
        let at_us = lambda.now_us();
        let qualifier = event.reference.qualifier.as_deref().unwrap_or(LATEST);
        let value = |bytes: &Bytes| serde_json::from_slice::<Value>(bytes).unwrap_or(Value::Null);
        let mut document = json!({
            "version": "1.0",
            "timestamp": dates::with_z(at_us),
            "requestContext": {
                "requestId": &*event.request,
                "functionArn": function_names::qualified(&event.region.name, &event.function, qualifier),
                "condition": condition.name(),
                "approximateInvokeCount": event.invocations,
            },
            "requestPayload": value(&event.payload),
        });
        if let Some(last) = last {
            let mut context = json!({ "statusCode": 200, "executedVersion": last.version });
            if last.failed {
                context["functionError"] = json!("Unhandled");
            }
            document["responseContext"] = context;
            document["responsePayload"] = value(&last.payload);
        }
        Record {
            function: event.function.clone(),
            at_us,
            id: record_id(lambda.options.seed, &event.request),
            document: Bytes::from(document.to_string()),
        }
    }

    /// Hands it over.
    pub(super) async fn send(
        self,
        lambda: &Arc<Lambda>,
        region: &Region,
        destination: &str,
    ) -> Result<(), String> {
        match destination.strip_prefix("arn:aws:s3:::") {
            Some(bucket) => self.put(region, bucket).await,
            None => {
                let invocation = Invocation {
                    function: destination.to_owned(),
                    payload: self.document,
                    ..Invocation::default()
                };
                let taken = lambda.invoke_async(&region.name, invocation);
                taken.map(drop).map_err(|error| error.to_string())
            }
        }
    }

    async fn put(self, region: &Region, bucket: &str) -> Result<(), String> {
        let s3 = region.s3.read().clone();
        let s3 = s3.ok_or("the region has no S3")?;
        let key = self.key();
        let put = s3
            .s3
            .put_object()
            .bucket(bucket)
            .key(key)
            .content_type("application/json");
        let put = put.body(self.document.into()).send().await;
        put.map(drop)
            .map_err(|error| aws_sdk_s3::error::DisplayErrorContext(error).to_string())
    }

    /// `aws/lambda/async/<function>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<UUID>`, as AWS documents it.
    fn key(&self) -> String {
        let (day, time) = dates::day_and_time(self.at_us);
        format!(
            "aws/lambda/async/{}/{}/{day}T{time}-{}",
            self.function,
            day.replace('-', "/"),
            self.id
        )
    }
}

/// The UUID of a record: like the request's, and not the same.
fn record_id(seed: u64, request: &str) -> String {
    let draws = Draws::new(seed, &format!("lambda/record/{request}"));
    crate::ids::uuid(draws.u64(0), draws.u64(1))
}
