//! The cloud that a drill stands up.

use serde::{Deserialize, Serialize};

use crate::units::{ByteSize, Span};

/// The label of the region that things are in unless they say otherwise.
pub const PRIMARY: &str = "primary";

/// Regions, buckets and message routing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cloud {
    /// The regions in the order of the file; one is labelled [`PRIMARY`].
    pub regions: Vec<Region>,
    /// The buckets in the order of the file.
    pub buckets: Vec<Bucket>,
    /// Whether unsigned requests are let in; default no.
    pub anonymous: bool,
    /// Message routing, if the system has it.
    pub iot: Option<Iot>,
    /// The functions in the order of the file.
    pub functions: Vec<Function>,
    /// For how long clients keep the answer to a name; default 60s.
    pub dns_ttl: Span,
    /// Where services are that are not where they are by default, in the order of the file.
    #[serde(default)]
    pub routes: Vec<ServiceRoute>,
}

/// The services that the embedded cloud has.
pub const EMBEDDED_SERVICES: [&str; 3] = ["s3", "lambda", "sts"];

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

    /// The function labelled `label`.
    pub fn function(&self, label: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.label == label)
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

/// One logical bucket: its store at home, and a replica if it is replicated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// What the scenario calls it.
    pub label: String,
    /// Its global name.
    pub name: String,
    /// The label of its home region.
    pub region: String,
    /// Whether it keeps versions; default no.
    pub versioned: bool,
    /// What it holds at drill 0.
    pub objects: Option<Inventory>,
    /// What the real one holds, to which measured work is scaled.
    pub stands_for: Option<StandsFor>,
    /// Its replication.
    pub replicate: Option<Replicate>,
    /// Where it stands in the file.
    pub line: u32,
}

impl Bucket {
    /// The name of its store in the region labelled `label`: its own at home, its replica's where it is
    /// replicated to, and elsewhere that which a replica would have by default.
    pub fn name_in(&self, label: &str) -> String {
        match &self.replicate {
            _ if label == self.region => self.name.clone(),
            Some(replicate) if replicate.to == label => replicate.name.clone(),
            _ => format!("{}-{label}", self.name),
        }
    }
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

/// Message routing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Iot {
    /// The labels of the regions that have a broker from the start, the one in use first; default the primary.
    pub regions: Vec<String>,
    /// New connections a second that the edge lets in, per region; default 500.
    pub connects_per_second: u32,
    /// New connections a second of one client id; default 1.
    pub connects_per_second_per_client: u32,
    /// What becomes of messages, in the order of the file.
    pub rules: Vec<Rule>,
}

/// A function of the cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// What the scenario calls it.
    pub label: String,
    /// Its name at AWS; default the label.
    pub name: String,
    /// The labels of the regions that have it from the start, the one in use first; default the primary.
    pub regions: Vec<String>,
    /// What it runs.
    pub code: FunctionCode,
    /// After how long an invocation is ended, in wall time; default 3s, as Lambda has it.
    pub timeout: Span,
    /// Its memory; default 128 MiB, as Lambda has it.
    pub memory: ByteSize,
    /// Execution environments that are reserved for it.
    pub reserved_concurrency: Option<u32>,
    /// The label of the bucket that it writes to; the variable `BUCKET` has its name in the function's region.
    pub bucket: Option<String>,
    /// Further variables of its environment.
    pub env: Vec<(String, String)>,
    /// The label of the bucket to which asynchronous events go that failed for good.
    pub on_failure: Option<String>,
    /// How often an asynchronous event is tried again; default 2, as Lambda has it.
    pub retries: u32,
    /// Where it stands in the file.
    pub line: u32,
}

/// The alias under which rules and probes invoke a function; it points to the version that is live.
pub const LIVE: &str = "live";

/// What a function runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FunctionCode {
    /// One that ships with Firedrill.
    BuiltIn(BuiltIn),
    /// A zip or a folder beside the scenario, by its path from there.
    Package {
        /// The path.
        path: String,
        /// `provided.al2023`, `python3.12` and so on.
        runtime: String,
        /// As Lambda has it (`module.function`).
        handler: String,
    },
}

/// Functions that ship with Firedrill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BuiltIn {
    /// `telemetry-ingest`: a rule's batches become objects.
    TelemetryIngest,
    /// `program-validator`: checks a Steel program and announces it to devices.
    ProgramValidator,
}

impl BuiltIn {
    /// All of them.
    pub const ALL: [BuiltIn; 2] = [BuiltIn::TelemetryIngest, BuiltIn::ProgramValidator];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            BuiltIn::TelemetryIngest => "telemetry-ingest",
            BuiltIn::ProgramValidator => "program-validator",
        }
    }
}

/// Takes messages of some topics to a bucket, in batches, by itself or by a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// The topic filter, in MQTT's syntax.
    pub topic: String,
    /// The label of the bucket that its messages go to, by the function if there is one.
    pub bucket: String,
    /// The label of the function that it invokes for each batch, asynchronously.
    pub function: Option<String>,
    /// A batch is closed at this many messages; default 500.
    pub batch_max: u32,
    /// A batch is closed at this age; default 10s.
    pub batch_window: Span,
    /// Where it stands in the file.
    pub line: u32,
}

/// A logical bucket's store in one region; its name is [`Bucket::name_in`] that region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The label of the bucket.
    pub bucket: String,
    /// The label of the region; default the bucket's home.
    pub region: String,
}
