//! `aws.*`: what happens to requests on their way, decided by the gateway's rules.
//!
//! It is verified by the traffic itself: requests of probes, writers and others that it has hit since.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_gateway::{Glob, Latency, Match, Principal, Rule, Verdict};
use cloud_service::faults::{ActiveFault, FaultContext, FaultEvidence, InjectableFault, PartialInjection};
use drill::scenario::{AwsError, AwsLatency, Caller, Fault, RequestEffect, RequestFault, Selector};
use http::StatusCode;

/// What a fault is about, and what it does.
pub(super) struct OnRequests<'a> {
    requests: &'a Selector,
    verdict: Verdict<Latency>,
}

impl<'a> OnRequests<'a> {
    pub(super) fn error(spec: &'a AwsError) -> OnRequests<'a> {
        let verdict = error(&spec.code, spec.status, &spec.message);
        OnRequests::new(&spec.requests, verdict)
    }

    pub(super) fn latency(spec: &'a AwsLatency) -> OnRequests<'a> {
        OnRequests::new(&spec.requests, Verdict::Delay(latency(spec.latency)))
    }

    pub(super) fn from_effect(spec: &'a RequestFault) -> OnRequests<'a> {
        let verdict = match spec.effect {
            RequestEffect::Denied => Verdict::AccessDenied,
            RequestEffect::Throttled => Verdict::Throttle,
            RequestEffect::Unanswered => Verdict::Hang,
            RequestEffect::Reset => Verdict::Reset,
            RequestEffect::Corrupted => Verdict::Corrupt,
        };
        OnRequests::new(&spec.requests, verdict)
    }

    fn new(requests: &'a Selector, verdict: Verdict<Latency>) -> OnRequests<'a> {
        OnRequests { requests, verdict }
    }
}

#[async_trait]
impl InjectableFault for OnRequests<'_> {
    async fn inject(
        &self,
        fault: &Fault,
        context: &FaultContext<'_>,
        _targets: &[String],
    ) -> Result<ActiveFault, PartialInjection> {
        let rule = Rule {
            order: context.order(fault),
            id: fault.id.clone(),
            matches: matches(self.requests, context),
            verdict: self.verdict.clone(),
        };
        let guard = context.gateway.rules().add(rule);
        Ok(ActiveFault::while_held(vec![describe(self.requests)], guard))
    }

    async fn verify(&self, context: &FaultContext<'_>, broken: &ActiveFault) -> FaultEvidence {
        traffic(context, broken).await
    }
}

fn error(code: &str, status: Option<u16>, message: &str) -> Verdict<Latency> {
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    Verdict::Error {
        status: status.unwrap_or_else(|| usual_status(code)),
        code: code.to_owned().into(),
        message: message.to_owned().into(),
    }
}

/// The status that AWS gives with a code, as far as the references of S3 and Lambda (Common Errors) name it.
fn usual_status(code: &str) -> StatusCode {
    match code {
        "AccessDenied"
        | "AccessDeniedException"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "ExpiredToken"
        | "KMSAccessDeniedException" => StatusCode::FORBIDDEN,
        "NoSuchBucket" | "NoSuchKey" | "NoSuchVersion" | "ResourceNotFoundException" => StatusCode::NOT_FOUND,
        "SlowDown" | "ServiceUnavailable" | "ServiceUnavailableException" => StatusCode::SERVICE_UNAVAILABLE,
        "TooManyRequestsException" => StatusCode::TOO_MANY_REQUESTS,
        "RequestTimeout" | "ValidationException" | "ThrottlingException" | "InvalidRequest" => {
            StatusCode::BAD_REQUEST
        }
        "OperationAborted" | "ResourceConflictException" => StatusCode::CONFLICT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A scenario's lateness as the gateway has it.
pub(super) fn latency(latency: drill::scenario::Latency) -> Latency {
    if latency.p50 == latency.p99 {
        Latency::Constant(latency.p50)
    } else {
        Latency::LogNormal {
            p50: latency.p50,
            p99: latency.p99,
        }
    }
}

fn matches(requests: &Selector, context: &FaultContext<'_>) -> Match {
    let glob = |text: &Option<String>| text.iter().map(|text| Glob::new(text)).collect();
    let region = |label: &String| vec![Arc::from(context.aws_region(label))];
    Match {
        regions: requests.region.as_ref().map(region),
        services: glob(&requests.service),
        operations: glob(&requests.operation),
        resources: glob(&requests.resource),
        keys: Vec::new(),
        principals: requests
            .principals
            .iter()
            .map(|caller| principal(*caller))
            .collect(),
        probability: requests.probability,
    }
}

fn principal(caller: Caller) -> Principal {
    match caller {
        Caller::User => Principal::User,
        Caller::Probe => Principal::Probe,
        Caller::Replicator => Principal::Replicator,
        Caller::Rule => Principal::Rule,
        Caller::Function => Principal::Function,
    }
}

/// `s3 GetObject of programs-*`, as far as it is said.
fn describe(requests: &Selector) -> String {
    let any = |text: &Option<String>, word: &str| text.clone().unwrap_or_else(|| word.to_owned());
    let mut words = format!(
        "{} {}",
        any(&requests.service, "any service:"),
        any(&requests.operation, "any operation")
    );
    for (before, what) in [(" of ", &requests.resource), (" in ", &requests.region)] {
        if let Some(what) = what {
            words.push_str(before);
            words.push_str(what);
        }
    }
    words
}

/// Verifies it by the requests that it has hit.
pub(super) async fn traffic(context: &FaultContext<'_>, broken: &ActiveFault) -> FaultEvidence {
    let seen = context
        .await_some(|| Some(broken.hits()).filter(|hits| *hits > 0))
        .await;
    let what = |hits: u64| match hits {
        1 => "1 request was affected so far".to_owned(),
        hits => format!("{hits} requests were affected so far"),
    };
    FaultEvidence::of_wait(seen, what, "no request came that it affects")
}
