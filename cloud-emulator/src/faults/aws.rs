//! `aws.*`: what happens to requests on their way, decided by the gateway's rules.
//!
//! The witness is the traffic itself: requests of probes, writers and others that were struck since.

use std::sync::Arc;

use drill::scenario::{Caller, Fault, FaultAction, Selector};
use http::StatusCode;

use super::{Broken, Scene, Standing, Testimony};
use crate::gateway::{Act, Glob, Latency, Match, Principal, Rule, RuleGuard};

pub(super) fn strike(fault: &Fault, scene: &Scene<'_>) -> Broken {
    let (requests, act) = asked(&fault.action);
    let rule = Rule {
        order: scene.order(fault),
        id: fault.id.clone(),
        matches: matches(requests, scene),
        act,
    };
    let guard = scene.cloud.gateway().rules().add(rule);
    Broken::while_held(vec![words(requests)], guard)
}

impl Standing for RuleGuard {
    fn hits(&self) -> Option<u64> {
        Some(RuleGuard::hits(self))
    }
}

/// What the fault is about, and what it does. Only those that are about requests come here.
fn asked(action: &FaultAction) -> (&Selector, Act) {
    match action {
        FaultAction::AwsError(fault) => (&fault.requests, error(&fault.code, fault.status, &fault.message)),
        FaultAction::AwsThrottle(fault) => (&fault.requests, Act::Throttle),
        FaultAction::AwsAccessDenied(fault) => (&fault.requests, Act::AccessDenied),
        FaultAction::AwsLatency(fault) => (&fault.requests, Act::Latency(latency(fault.latency))),
        FaultAction::AwsHang(fault) => (&fault.requests, Act::Hang),
        FaultAction::AwsReset(fault) => (&fault.requests, Act::Reset),
        FaultAction::AwsCorruptResponse(fault) => (&fault.requests, Act::Corrupt),
        other => unreachable!("{} is not about requests", other.name()),
    }
}

fn error(code: &str, status: Option<u16>, message: &str) -> Act {
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    Act::Error {
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
    match latency.p50 == latency.p99 {
        true => Latency::Constant(latency.p50),
        false => Latency::LogNormal {
            p50: latency.p50,
            p99: latency.p99,
        },
    }
}

fn matches(requests: &Selector, scene: &Scene<'_>) -> Match {
    let glob = |text: &Option<String>| text.iter().map(|text| Glob::new(text)).collect();
    let region = |label: &String| vec![Arc::from(scene.aws_region(label))];
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

/// `s3 GetObject of aws-iot-steel-*`, as far as it is said.
fn words(requests: &Selector) -> String {
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

pub(super) async fn witness(scene: &Scene<'_>, broken: &Broken) -> Testimony {
    let seen = scene
        .await_some(|| Some(broken.hits()).filter(|hits| *hits > 0))
        .await;
    let what = |hits: u64| match hits {
        1 => "1 request was struck so far".to_owned(),
        hits => format!("{hits} requests were struck so far"),
    };
    Testimony::of_wait(seen, what, "no request came that it strikes")
}
