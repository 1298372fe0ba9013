//! The cloud that a drill stands up.

use serde::{Deserialize, Serialize};

use crate::scenario::chosen::{Choosable, Section};
use crate::units::{ByteSize, Span};

/// The label of the region that things are in unless they say otherwise.
pub const PRIMARY: &str = "primary";

/// Regions, buckets and message routing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// The regions in the order of the file; one is labelled [`PRIMARY`].
    pub regions: Vec<Region>,
    /// Whether unsigned requests are let in; default no.
    pub anonymous: bool,
    /// What the services declare, in their order.
    pub sections: Vec<Section>,
    /// For how long clients keep the answer to a name; default 60s.
    pub dns_ttl: Span,
    /// Where services are that are not where they are by default, in the order of the file.
    pub routes: Vec<ServiceRoute>,
}

/// The services that the image localstack/localstack:4.14.0 has, by LocalStack's names: those of its own
/// `GET /_localstack/health`.
pub const LOCALSTACK_SERVICES: [&str; 35] = [
    "acm",
    "apigateway",
    "cloudformation",
    "cloudwatch",
    "config",
    "dynamodb",
    "dynamodbstreams",
    "ec2",
    "es",
    "events",
    "firehose",
    "iam",
    "kinesis",
    "kms",
    "lambda",
    "logs",
    "opensearch",
    "redshift",
    "resource-groups",
    "resourcegroupstaggingapi",
    "route53",
    "route53resolver",
    "s3",
    "s3control",
    "scheduler",
    "secretsmanager",
    "ses",
    "sns",
    "sqs",
    "ssm",
    "stepfunctions",
    "sts",
    "support",
    "swf",
    "transcribe",
];

/// LocalStack's name of a service, which is not always that by which AWS signs requests to it.
pub fn localstack_name(service: &str) -> &str {
    match service {
        "monitoring" => "cloudwatch",
        "states" => "stepfunctions",
        "tagging" => "resourcegroupstaggingapi",
        other => other,
    }
}

/// What a drill's AWS is: it decides what a scenario may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Firedrill's own.
    Embedded,
    /// LocalStack in containers of Firedrill's.
    LocalStack {
        /// Whether it is the image unless another is named, whose services are known ([`LOCALSTACK_SERVICES`]).
        default_image: bool,
    },
    /// Endpoints that run already.
    Endpoints,
}

/// Where a service is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRoute {
    /// AWS's name of the service in signatures (`lambda`, `sqs`).
    pub service: String,
    /// Where it is.
    pub to: RouteTo,
    /// Where it stands in the file.
    pub line: u32,
}

/// Where a service is. By default S3 is with the cloud that `--cloud` names, Lambda and STS are Firedrill's own, and
/// whatever those do not have is with that cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RouteTo {
    /// Firedrill's own.
    Embedded,
    /// The cloud that `--cloud` names.
    Cloud,
    /// An endpoint of its own, for all regions (`http://127.0.0.1:5000`).
    Url(String),
}

impl Cloud {
    /// AWS's name of the region labelled `label`.
    pub fn aws_region(&self, label: &str) -> Option<&str> {
        let region = self.regions.iter().find(|region| region.label == label)?;
        Some(&region.aws)
    }

    /// Where a service is, if the file says so.
    pub fn route(&self, service: &str) -> Option<&RouteTo> {
        let route = self.routes.iter().find(|route| route.service == service)?;
        Some(&route.to)
    }

    /// What one of the services declares.
    pub(crate) fn section<T: Choosable>(&self) -> Option<&T> {
        self.sections.iter().find_map(Section::get)
    }

    /// Likewise, to be filled in.
    pub(crate) fn section_mut<T: Choosable>(&mut self) -> Option<&mut T> {
        self.sections.iter_mut().find_map(Section::get_mut)
    }
}

/// One region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// What the scenario calls it.
    pub label: String,
    /// What AWS calls it.
    pub aws: String,
    /// Where it stands in the file.
    pub line: u32,
}

/// Objects that are there before the drill begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// How many.
    pub count: u64,
    /// How large each is.
    pub size: SizeRange,
    /// Over what time before drill 0 they were written (and replicated); default 8d.
    pub history: Span,
    /// What their keys begin with; default nothing.
    pub prefix: String,
}

impl Inventory {
    /// The key of its `n`-th object: `<prefix>objects/000017`.
    pub fn key(&self, n: u64) -> String {
        format!("{}objects/{n:06}", self.prefix)
    }
}

/// Sizes, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SizeRange {
    /// The smallest.
    pub min: ByteSize,
    /// The largest.
    pub max: ByteSize,
}

/// The real inventory that a bucket stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandsFor {
    /// How many objects.
    pub objects: u64,
    /// How many bytes in all.
    pub bytes: ByteSize,
}

/// A bucket's replication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replicate {
    /// The label of the replica's region.
    pub to: String,
    /// The replica's bucket; default `<name>-<region label>`.
    pub name: String,
    /// How long a copy takes.
    pub lag: Lag,
    /// Whether delete markers are copied; default no. Deletions of versions never are.
    pub delete_markers: bool,
}

/// A lag as a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lag {
    /// The median.
    pub p50: Span,
    /// The 99th percentile, at least the median.
    pub p99: Span,
}
