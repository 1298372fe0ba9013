//! What the gateway asks of Parameter Store.

use bytes::Bytes;
use cloud_gateway::{
    ACCOUNT_ID, AwsService, ErrorFormat, Principal, Protocol, RequestInfo, Service, ServiceRequest, Stands,
};
use drill::scenario::Scenario;
use drill::services::ssm::bytes_of;
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use http::{HeaderValue, Method, Response, header, request};
use runtime::Clock;
use s3s::Body;
use serde::Deserialize;

use crate::api::{self, Operation, ParameterRequest};
use crate::hierarchies::Declared;
use crate::store::ParameterStore;

/// SSM Parameter Store of one cloud.
pub struct SsmService {
    pub(crate) store: ParameterStore,
    pub(crate) declared: Declared,
    pub(crate) clock: Clock,
    /// Whether it answers itself; otherwise another endpoint does.
    pub(crate) is_here: bool,
}

impl SsmService {
    pub(crate) fn new(scenario: &Scenario, clock: &Clock, is_here: bool) -> SsmService {
        SsmService {
            store: ParameterStore::default(),
            declared: Declared::by(scenario),
            clock: clock.clone(),
            is_here,
        }
    }
}

/// The names in a request, whichever operation it is for.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Named {
    name: Option<String>,
    path: Option<String>,
    names: Vec<String>,
}

fn named(body: &Bytes) -> Vec<String> {
    let named: Named = serde_json::from_slice(body).unwrap_or_default();
    named
        .name
        .into_iter()
        .chain(named.path)
        .chain(named.names)
        .collect()
}

impl Service for SsmService {
    fn signing_name(&self) -> &'static str {
        "ssm"
    }

    fn target(&self) -> Option<&'static str> {
        Some("AmazonSSM")
    }

    fn changes(&self, _: &Method, seen: &RequestInfo) -> bool {
        let operation = seen.operation.as_deref().and_then(Operation::named);
        operation.is_some_and(Operation::changes)
    }

    fn keys_in_body(&self, seen: &RequestInfo) -> bool {
        let operation = seen.operation.as_deref().and_then(Operation::named);
        operation.is_some_and(Operation::changes)
    }

    fn keys(&self, _: &RequestInfo, body: &Bytes) -> Vec<String> {
        let names = named(body);
        let keys = names.iter().filter_map(|name| self.declared.key_of(name));
        keys.map(str::to_owned).collect()
    }

    fn current(&self, seen: &RequestInfo, key: &str) -> Stands {
        let Some(path) = seen.resource.as_deref().filter(|_| self.is_here) else {
            return Stands::Unread;
        };
        let newest = self.store.newest(&seen.region, &format!("{path}{key}"));
        newest.map_or(Stands::Nothing, |newest| {
            Stands::Body(bytes_of(&newest.value).into())
        })
    }
}

impl AwsService for SsmService {
    fn operation(&self, head: &request::Parts, _: &Bytes) -> Option<&'static str> {
        let target = head.headers.get("x-amz-target")?.to_str().ok()?;
        Operation::named(target.strip_prefix("AmazonSSM.")?).map(Operation::name)
    }

    /// The path of the hierarchy; the name itself of what is in none that the scenario declares.
    fn resource(&self, _: &request::Parts, body: &Bytes) -> Option<String> {
        let first = named(body).into_iter().next()?;
        let path = self.declared.path_of(&first).map(str::to_owned);
        Some(path.unwrap_or(first))
    }

    fn call(&self, request: ServiceRequest) -> BoxFuture<'_, Response<Body>> {
        let asked = ErrorFormat::from_request(&request.method, &request.headers);
        let target = request.headers.get("x-amz-target");
        let target = target.and_then(|target| target.to_str().ok()).unwrap_or_default();
        let operation = target.strip_prefix("AmazonSSM.").and_then(Operation::named);
        let user = format!("{:?}", request.principal.unwrap_or(Principal::User)).to_lowercase();
        let answered = api::answer(
            &self.store,
            operation,
            &ParameterRequest {
                region: &request.region,
                body: &request.body,
                now_us: self.clock.calendar_us(),
                user: &format!("arn:aws:iam::{ACCOUNT_ID}:user/{user}"),
            },
        );
        let answer = match answered {
            Ok(document) => {
                let mut answer = Response::new(Body::from(document.to_string()));
                let json = HeaderValue::from_static("application/x-amz-json-1.1");
                answer.headers_mut().insert(header::CONTENT_TYPE, json);
                answer
            }
            Err(error) => Protocol::Json11.error(&error, &asked, ""),
        };
        ready(answer).boxed()
    }
}
