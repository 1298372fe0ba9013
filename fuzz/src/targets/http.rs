//! Requests to the gateway of the embedded cloud: heads, queries, signatures, documents.
//!
//! An input says where it goes, how it is signed and what is changed afterwards, then the requests as they are on the wire.
//!
//! ```text
//!   place, service, change, requests ──► signed by AWS's own signer ──► changed ──► gateway ──► answers
//! ```
//!
//! Every answer is HTTP with a status that AWS gives; errors have AWS's shape. Without a secret nothing is answered with
//! success; what was signed is not told that its signature is wrong; and what is answered with success has the
//! signature that AWS's signer computes for what arrived.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use cloud_emulator::client::KeyPair;
use cloud_emulator::gateway::{AccessKey, AwsService, Gateway, GatewayOptions, Principal};
use cloud_emulator::iot_data::{IotData, Message, Publish, PublishError};
use cloud_emulator::lambda::{Isolation, Lambda, LambdaOptions};
use cloud_emulator::s3::{Store, StoreOptions};
use cloud_emulator::sts::Sts;
use drill::units::ByteSize;
use futures::future::BoxFuture;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;
use runtime::{Clock, Supervisor, wall};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::Target;
use crate::mutate::{changed, changes, noise};

/// The target.
pub const TARGET: Target = Target {
    name: "http",
    weight: 15,
    check,
    inputs,
};

const REGIONS: [&str; 2] = ["us-west-2", "us-east-1"];

/// 2026-01-01: what the calendar of the store shows.
const NOW_US: i64 = 1_767_225_600_000_000;

/// The key whose secret signers of inputs know.
const KEY: &str = "AKIDFUZZ";
const SECRET: &str = "what the signer knows";

/// Between two requests of one connection.
const NEXT: &[u8] = b"\0NEXT\0";

/// Bytes of an input before its requests.
const PREFIX: usize = 6;

/// Where requests go, and how they are signed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// As they are, to a cloud whose secrets nobody knows.
    Unsigned,
    /// Signed with another secret.
    Forged,
    /// Signed with the right one.
    Signed,
    /// Signed with the right one, and a byte changed afterwards.
    Changed,
    /// As they are, to a cloud that lets everybody in.
    Anonymous,
}

impl Place {
    fn of(byte: u8) -> Place {
        [
            Place::Unsigned,
            Place::Forged,
            Place::Signed,
            Place::Changed,
            Place::Anonymous,
        ][usize::from(byte % 5)]
    }
}

const SERVICES: [&str; 4] = ["s3", "lambda", "sts", "iotdata"];

/// Statuses that the services here answer with at AWS, and those of HTTP itself, for what is no request at all.
const STATUSES: [u16; 25] = [
    200, 201, 202, 204, 206, 301, 304, 307, 400, 401, 403, 404, 405, 409, 411, 412, 413, 414, 415, 416, 417,
    429, 431, 501, 503,
];

/// Documents that requests carry.
const BODIES: [&str; 24] = [
    "",
    "the content of k",
    "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>",
    "<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>",
    "<Delete><Object><Key>k</Key></Object><Object><Key>m</Key><VersionId>null</VersionId></Object><Quiet>false</Quiet></Delete>",
    "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
    "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>",
    "<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Filter><Prefix>x/</Prefix></Filter><Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>",
    "<ReplicationConfiguration><Role>arn:aws:iam::000000000000:role/r</Role><Rule><ID>r</ID><Priority>1</Priority><Status>Enabled</Status><Filter><Prefix></Prefix></Filter><DeleteMarkerReplication><Status>Enabled</Status></DeleteMarkerReplication><Destination><Bucket>arn:aws:s3:::east</Bucket></Destination></Rule></ReplicationConfiguration>",
    "<AccessControlPolicy><Owner><ID>x</ID></Owner><AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>",
    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"d41d8cd98f00b204e9800998ecf8427e\"</ETag></Part></CompleteMultipartUpload>",
    "<RestoreRequest><Days>2</Days><GlacierJobParameters><Tier>Standard</Tier></GlacierJobParameters></RestoreRequest>",
    "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>",
    "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2027-01-01T00:00:00Z</RetainUntilDate></Retention>",
    "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>",
    "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"a\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":[\"s3:GetObject\"],\"Resource\":\"arn:aws:s3:::west/*\",\"Condition\":{\"StringEquals\":{\"aws:SourceVpc\":\"v\"}}}]}",
    "Action=GetCallerIdentity&Version=2011-06-15",
    "Action=AssumeRole&RoleArn=a&RoleSessionName=b",
    "{\"FunctionName\":\"f\",\"Role\":\"arn:aws:iam::000000000000:role/r\",\"Runtime\":\"provided.al2023\",\"Handler\":\"bootstrap\",\"Timeout\":3,\"MemorySize\":128,\"Environment\":{\"Variables\":{\"A\":\"b\"}},\"Code\":{\"ZipFile\":\"UEsDBBQAAAAAAAAAIQAAAAAAAAAAAAAAAAAJAAAAYm9vdHN0cmFwUEsBAhQDFAAAAAAAAAAhAAAAAAAAAAAAAAAAAAkAAAAAAAAAAAAAAO2BAAAAAGJvb3RzdHJhcFBLBQYAAAAAAQABADcAAAAnAAAAAAA=\"}}",
    "{\"Name\":\"live\",\"FunctionVersion\":\"1\",\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"2\":0.5}}}",
    "{\"ReservedConcurrentExecutions\":3}",
    "{\"MaximumRetryAttempts\":1,\"MaximumEventAgeInSeconds\":60,\"DestinationConfig\":{\"OnFailure\":{\"Destination\":\"arn:aws:s3:::west\"}}}",
    "{\"StatementId\":\"s\",\"Action\":\"lambda:InvokeFunction\",\"Principal\":\"s3.amazonaws.com\",\"Tags\":{\"a\":\"b\"}}",
];

const PATHS: [&str; 22] = [
    "/",
    "/west",
    "/west/",
    "/west/k",
    "/west/k",
    "/west/k",
    "/west/m%2Fn%20o",
    "/east/k",
    "/new-bucket",
    "/none/k",
    "/west//",
    "/west/%FF%00",
    "/west/../east/k",
    "//",
    "*",
    "/2015-03-31/functions/",
    "/2015-03-31/functions/f",
    "/2015-03-31/functions/f/invocations",
    "/2015-03-31/functions/f/aliases",
    "/2015-03-31/functions/f/code",
    "/2017-10-31/functions/f/concurrency",
    "/topics/dt%2F7%2Ft",
];

const QUERIES: [&str; 40] = [
    "",
    "",
    "",
    "",
    "?versioning",
    "?versions",
    "?versions&key-marker=a&version-id-marker=b",
    "?list-type=2&max-keys=2&delimiter=/&encoding-type=url",
    "?list-type=2&continuation-token=x",
    "?prefix=k&marker=a&max-keys=1",
    "?location",
    "?delete",
    "?acl",
    "?policy",
    "?policyStatus",
    "?lifecycle",
    "?replication",
    "?cors",
    "?tagging",
    "?uploads",
    "?uploadId=0&partNumber=1",
    "?uploadId=0",
    "?attributes",
    "?retention",
    "?legal-hold",
    "?object-lock",
    "?restore",
    "?encryption",
    "?publicAccessBlock",
    "?ownershipControls",
    "?notification",
    "?versionId=null",
    "?versionId=%00",
    "?qos=1",
    "?qos=2&retain=true",
    "?Qualifier=live",
    "?Marker=a&MaxItems=2",
    "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDFUZZ%2F20260101%2Fus-west-2%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00",
    "?AWSAccessKeyId=AKIDFUZZ&Signature=x&Expires=99999999999",
    "?response-content-type=a%0d%0ab",
];

const HEADERS: [&str; 38] = [
    "Range: bytes=0-3",
    "Range: bytes=9-1",
    "Range: bytes=-5",
    "If-Match: \"a\"",
    "If-None-Match: *",
    "If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT",
    "If-Unmodified-Since: x",
    "x-amz-copy-source: /west/k",
    "x-amz-copy-source: /west/k?versionId=null",
    "x-amz-copy-source: %",
    "x-amz-copy-source-range: bytes=0-1",
    "x-amz-acl: public-read",
    "x-amz-grant-read: id=\"a\"",
    "x-amz-tagging: a=b&c=d",
    "x-amz-tagging: %%%",
    "x-amz-meta-a: b",
    "x-amz-storage-class: GLACIER",
    "x-amz-checksum-crc32: AAAAAA==",
    "x-amz-checksum-algorithm: SHA256",
    "x-amz-sdk-checksum-algorithm: CRC32",
    "Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==",
    "x-amz-decoded-content-length: 5",
    "x-amz-object-lock-mode: GOVERNANCE",
    "x-amz-object-lock-retain-until-date: 2027-01-01T00:00:00Z",
    "x-amz-bypass-governance-retention: true",
    "x-amz-server-side-encryption: AES256",
    "x-amz-expected-bucket-owner: 000000000000",
    "Expect: 100-continue",
    "Content-Type: application/x-www-form-urlencoded; charset=utf-8",
    "Content-Type: multipart/form-data; boundary=b",
    "Content-Encoding: aws-chunked",
    "Origin: http://example.com",
    "Access-Control-Request-Method: PUT",
    "x-amz-target: DynamoDB_20120810.ListTables",
    "x-amz-invocation-type: Event",
    "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "Authorization: AWS AKIDFUZZ:c2ln",
    "Authorization: AWS4-HMAC-SHA256 Credential=AKIDFUZZ/20260101/us-west-2/s3/aws4_request, SignedHeaders=host, Signature=00",
];

fn request() -> BoxedStrategy<Vec<u8>> {
    let method = select(vec![
        "GET", "GET", "PUT", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH",
    ]);
    let host = select(vec![
        "localhost",
        "localhost",
        "localhost",
        "127.0.0.1:4566",
        "west.localhost:4566",
        "example.com",
    ]);
    let path = select(PATHS.to_vec());
    let query = select(QUERIES.to_vec());
    let headers = prop_oneof![2 => Just(Vec::new()), 3 => vec(select(HEADERS.to_vec()), 1..3)];
    let body = prop_oneof![1 => Just(""), 3 => select(BODIES.to_vec())];
    let free = (method, host, path, query, headers, body);
    // What belongs together, so that all of it is reached.
    let usual = select(vec![
        ("GET", "/west/k", "", 0),
        ("HEAD", "/west/k", "", 0),
        ("PUT", "/west/k", "", 1),
        ("DELETE", "/west/k", "", 0),
        ("GET", "/west", "?list-type=2", 0),
        ("GET", "/west", "?versions", 0),
        ("PUT", "/new-bucket", "", 3),
        ("PUT", "/west", "?versioning", 2),
        ("POST", "/west", "?delete", 4),
        ("PUT", "/west/k", "?tagging", 5),
        ("PUT", "/west", "?cors", 6),
        ("PUT", "/west", "?lifecycle", 7),
        ("PUT", "/west", "?replication", 8),
        ("PUT", "/west", "?acl", 9),
        ("POST", "/west/m", "?uploads", 0),
        ("POST", "/west/m", "?uploadId=0", 10),
        ("POST", "/west/k", "?restore", 11),
        ("PUT", "/west", "?object-lock", 12),
        ("PUT", "/west/k", "?retention", 13),
        ("PUT", "/west", "?publicAccessBlock", 14),
        ("PUT", "/west", "?encryption", 15),
        ("PUT", "/west", "?policy", 16),
        ("POST", "/", "", 17),
        ("POST", "/", "", 18),
        ("POST", "/2015-03-31/functions", "", 19),
        ("POST", "/2015-03-31/functions/f/versions", "", 0),
        ("POST", "/2015-03-31/functions/f/aliases", "", 20),
        ("PUT", "/2017-10-31/functions/f/concurrency", "", 21),
        ("PUT", "/2019-09-25/functions/f/event-invoke-config", "", 22),
        ("POST", "/2015-03-31/functions/f/policy", "", 23),
        ("POST", "/2015-03-31/functions/f/invocations", "", 1),
        ("GET", "/2015-03-31/functions/", "", 0),
        ("GET", "/2015-03-31/functions/f", "", 0),
        ("POST", "/topics/dt%2F7%2Ft", "?qos=1", 1),
    ]);
    let usual = (usual, proptest::option::weighted(0.3, select(HEADERS.to_vec()))).prop_map(
        |((method, path, query, body), header)| {
            let headers = Vec::from_iter(header);
            (method, "localhost", path, query, headers, BODIES[body])
        },
    );
    let others: Vec<Vec<u8>> = BODIES.iter().map(|body| body.as_bytes().to_vec()).collect();
    // Documents are changed before their length is told; what is changed of the whole request may make it wrong.
    (prop_oneof![1 => free, 3 => usual], changes())
        .prop_map(move |((method, host, path, query, headers, body), changes)| {
            let body = match body.len() {
                0 => Vec::new(),
                _ => changed(body.as_bytes().to_vec(), &changes, &others),
            };
            let mut text = format!("{method} {path}{query} HTTP/1.1\r\nHost: {host}\r\n");
            for header in headers {
                text += header;
                text += "\r\n";
            }
            if !body.is_empty() || matches!(method, "PUT" | "POST") {
                text += &format!("Content-Length: {}\r\n", body.len());
            }
            text += "\r\n";
            [text.as_bytes(), &body].concat()
        })
        .boxed()
}

fn inputs() -> BoxedStrategy<Vec<u8>> {
    let prefix = any::<[u8; PREFIX]>();
    let rare = prop_oneof![3 => Just(Vec::new()), 2 => changes()];
    let requests = prop_oneof![5 => vec(request(), 1..=1), 2 => vec(request(), 2..5)];
    let requests = requests.prop_map(|requests| requests.join(NEXT));
    let others: Vec<Vec<u8>> = BODIES.iter().map(|body| body.as_bytes().to_vec()).collect();
    prop_oneof![
        15 => (prefix, requests, rare).prop_map(move |(prefix, requests, changes)| {
            let mut prefix = prefix;
            // Most often a request is signed for the service that its path is one of.
            if prefix[1] < 200 {
                prefix[1] = match () {
                    () if requests.windows(11).any(|part| part == b"/functions/" || part == b"/functions ") => 1,
                    () if requests.windows(8).any(|part| part == b"/topics/") => 3,
                    () if requests.windows(7).any(|part| part == b"Action=") => 2,
                    () => 0,
                };
            }
            [&prefix[..], &changed(requests, &changes, &others)].concat()
        }),
        1 => (any::<[u8; PREFIX]>(), noise()).prop_map(|(prefix, bytes)| [&prefix[..], &bytes].concat()),
    ]
    .boxed()
}

/// Takes every message.
struct Brokers;

impl Publish for Brokers {
    fn publish<'a>(&'a self, _: &'a str, message: Message) -> BoxFuture<'a, Result<(), PublishError>> {
        // The edge's rules hold for this door as well.
        assert!((1..=256).contains(&message.topic.len()) && !message.topic.contains(['+', '#', '\0']));
        Box::pin(futures::future::ready(Ok(())))
    }
}

/// Nothing that is due later happens in a case: this clock is not started.
static CLOCK: LazyLock<Clock> = LazyLock::new(|| Clock::new(1.0).expect("a clock can be made"));
static SUPERVISOR: LazyLock<Arc<Supervisor>> =
    LazyLock::new(|| Arc::new(Supervisor::without_reaper().expect("a supervisor starts")));

thread_local! {
    static HOME: RefCell<tempfile::TempDir> = RefCell::new(tempfile::tempdir().expect("a folder can be made"));
}

/// A secret that nobody knows, and so no input.
static UNKNOWN: LazyLock<String> = LazyLock::new(|| {
    use std::hash::{BuildHasher, RandomState};
    let word = || format!("{:016x}", RandomState::new().hash_one(wall::now_us()));
    [word(), word(), word(), word()].concat()
});

async fn functions() -> Arc<Lambda> {
    let lambda = Lambda::new(LambdaOptions {
        regions: REGIONS.map(String::from).to_vec(),
        seed: 1,
        clock: CLOCK.clone(),
        supervisor: SUPERVISOR.clone(),
        folder: HOME.with_borrow(|home| home.path().to_owned()),
        keys: KeyPair {
            access_key: KEY.to_owned(),
            secret_key: UNKNOWN.clone(),
        },
        python: |_| None,
        built_ins: Vec::new(),
        isolation: Isolation::None,
        processes: 1,
        code_storage: ByteSize(64 << 20),
        on_event: Arc::new(|_| {}),
    });
    // No input starts a process.
    lambda.shutdown().await;
    lambda
}

async fn cloud(secret: &str, anonymous: bool, with_functions: bool) -> Arc<Gateway> {
    let store = Store::new(StoreOptions {
        regions: REGIONS.map(String::from).to_vec(),
        seed: 1,
        memory: ByteSize(8 << 20),
        largest_body: ByteSize(4 << 20),
        calendar: Arc::new(|| NOW_US),
        observer: None,
    });
    for (bucket, region, versioned) in [("west", REGIONS[0], true), ("east", REGIONS[1], false)] {
        store
            .create_bucket(bucket, region, versioned)
            .expect("the region is there");
        for key in ["k", "m/n o"] {
            store
                .write(bucket, key, b"the content of k")
                .expect("there is room");
        }
    }
    let mut services: Vec<Arc<dyn AwsService>> =
        vec![Arc::new(Sts), Arc::new(IotData::new(Arc::new(Brokers)))];
    if with_functions {
        services.push(functions().await);
    }
    Gateway::new(GatewayOptions {
        s3: store.into(),
        services,
        clock: CLOCK.clone(),
        keys: vec![AccessKey::new(KEY, secret, Principal::User)],
        anonymous,
        connections: 4,
    })
}

/// A request as it is on the wire, in its parts.
struct Wire<'a> {
    method: &'a str,
    target: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    head: &'a [u8],
    body: &'a [u8],
}

impl Wire<'_> {
    /// A request that is written as requests mostly are; `None` for all others.
    fn of(bytes: &[u8]) -> Option<Wire<'_>> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let (head, body) = (&bytes[..end + 2], &bytes[end + 4..]);
        let mut lines = std::str::from_utf8(head)
            .ok()?
            .strip_suffix("\r\n")?
            .split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        if !matches!(words.next(), Some("HTTP/1.1" | "HTTP/1.0"))
            || words.next().is_some()
            || !target.starts_with('/')
        {
            return None;
        }
        let mut headers = Vec::new();
        for line in lines {
            let (name, value) = line.split_once(':')?;
            http::HeaderName::from_bytes(name.as_bytes()).ok()?;
            http::HeaderValue::from_str(value.trim()).ok()?;
            headers.push((name, value.trim()));
        }
        target.parse::<http::Uri>().ok()?;
        method.parse::<http::Method>().ok()?;
        Some(Wire {
            method,
            target,
            headers,
            head,
            body,
        })
    }

    fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    }

    fn has_each_header_once(&self) -> bool {
        let mut names: Vec<String> = self
            .headers
            .iter()
            .map(|(name, _)| name.to_ascii_lowercase())
            .collect();
        names.sort();
        names.windows(2).all(|two| two[0] != two[1])
    }

    /// Whether there is only one way to write what is signed of it: other ways are taken as signers differ in them.
    fn is_plain(&self) -> bool {
        let in_path = |c: char| c.is_ascii_alphanumeric() || "-_.~/".contains(c);
        let in_query = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
        let (path, query) = self.target.split_once('?').unwrap_or((self.target, ""));
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            !name.is_empty() && name.chars().all(in_query) && value.chars().all(in_query)
        };
        let value = |value: &str| value.chars().all(|c| (' '..='~').contains(&c)) && !value.contains("  ");
        let in_host = |c: char| c.is_ascii_alphanumeric() || "-.:".contains(c);
        self.header("host").is_some_and(|host| host.chars().all(in_host))
            && path.chars().all(in_path)
            && !path.contains("//")
            && !path.split('/').any(|segment| matches!(segment, "." | ".."))
            && (query.is_empty() || query.split('&').all(pair))
            && !self.target.contains("Signature=")
            && self.headers.iter().all(|(_, text)| value(text))
            && self.has_each_header_once()
    }

    /// Whether its body is all that follows, by its length.
    fn is_whole(&self) -> bool {
        let length = self
            .header("content-length")
            .map_or(Some(0), |length| length.parse().ok());
        length == Some(self.body.len()) && self.header("transfer-encoding").is_none()
    }
}

/// Names and values that a signature adds.
type Added = Vec<(String, String)>;

/// What AWS's signer adds to a request; `None` if it signs no such request.
fn signature(
    wire: &Wire<'_>,
    service: &str,
    secret: &str,
    at: SystemTime,
    digest: Option<&str>,
) -> Option<Added> {
    let identity = Credentials::new(KEY, secret, None, None, "fuzz").into();
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    settings.excluded_headers = Some(
        [
            "content-length",
            "expect",
            "authorization",
            "connection",
            "transfer-encoding",
        ]
        .map(Cow::Borrowed)
        .to_vec(),
    );
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGIONS[0])
        .name(service)
        .time(at)
        .settings(settings)
        .build()
        .expect("nothing is missing");
    let url = format!("http://{}{}", wire.header("host")?, wire.target);
    url.parse::<http::Uri>().ok()?;
    let names = |(name, _): &&(&str, &str)| !name.eq_ignore_ascii_case("host");
    let lower: Vec<(String, &str)> = wire
        .headers
        .iter()
        .filter(names)
        .map(|(name, value)| (name.to_ascii_lowercase(), *value))
        .collect();
    let headers = lower.iter().map(|(name, value)| (name.as_str(), *value));
    let body = match digest {
        Some(digest) => SignableBody::Precomputed(digest.to_owned()),
        None => SignableBody::Bytes(wire.body),
    };
    let signable = SignableRequest::new(wire.method, url.as_str(), headers, body).ok()?;
    let (instructions, _) = sign(signable, &params.into()).ok()?.into_parts();
    let added = instructions
        .headers()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some(added.collect())
}

fn with_headers(wire: &Wire<'_>, added: &Added) -> Vec<u8> {
    let mut bytes = wire.head.to_vec();
    for (name, value) in added {
        bytes.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(wire.body);
    bytes
}

/// An answer, as far as its head and length tell.
struct Answer<'a> {
    status: u16,
    headers: Vec<(&'a str, &'a str)>,
    body: &'a [u8],
}

impl Answer<'_> {
    /// The first of `bytes`. `to_head` says that it has no body, whatever it says.
    fn read(bytes: &[u8], to_head: bool) -> Result<Answer<'_>, String> {
        let end = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .ok_or("its head does not end")?;
        let head = std::str::from_utf8(&bytes[..end]).map_err(|error| error.to_string())?;
        let mut lines = head.split("\r\n");
        let line = lines.next().unwrap_or_default();
        let status = line
            .strip_prefix("HTTP/1.1 ")
            .or_else(|| line.strip_prefix("HTTP/1.0 "));
        let status = status
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .ok_or("it has no status")?;
        let headers = lines.map(|line| {
            line.split_once(": ")
                .or_else(|| line.split_once(':'))
                .ok_or("a header without a name")
        });
        let headers = headers.collect::<Result<Vec<_>, _>>()?;
        let find = |name: &str| {
            headers
                .iter()
                .find(|(other, _)| other.eq_ignore_ascii_case(name))
                .map(|(_, value)| *value)
        };
        let rest = &bytes[end + 4..];
        let body = match (find("content-length"), find("transfer-encoding")) {
            _ if to_head || matches!(status, 204 | 304 | 100..200) => &rest[..0],
            (Some(length), None) => {
                let length: usize = length.parse().map_err(|_| "its length is no number")?;
                rest.get(..length)
                    .ok_or(format!("its body has {} of {length} bytes", rest.len()))?
            }
            (Some(_), Some(_)) => return Err("it has two lengths".to_owned()),
            _ => rest,
        };
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    fn is_xml(&self) -> bool {
        let kind = self
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        kind.is_some_and(|(_, value)| value.contains("xml"))
    }
}

/// So many turns has the gateway to answer before the client closes its side. All that it does is done in some.
const TURNS: usize = 200;

/// All that is answered to bytes on one connection.
async fn converse(gateway: &Arc<Gateway>, bytes: &[u8]) -> Vec<u8> {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let serving = gateway.clone().serve_stream(REGIONS[0], theirs);
    let (mut reader, mut writer) = tokio::io::split(ours);
    let writing = async {
        // The gateway may hang up at any time.
        let _ = writer.write_all(bytes).await;
        // A server may leave a client unanswered that closes its side meanwhile: it has its turns first.
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
        let _ = writer.shutdown().await;
    };
    let mut answers = Vec::new();
    let reading = reader.read_to_end(&mut answers);
    let ((), (), read) = tokio::join!(serving, writing, reading);
    read.expect("it comes to an end in order");
    answers
}

fn check(input: &[u8]) -> &'static str {
    let (prefix, requests) = match input.split_first_chunk::<PREFIX>() {
        Some((prefix, requests)) => (*prefix, requests),
        None => ([0; PREFIX], input),
    };
    let place = Place::of(prefix[0]);
    let service = SERVICES[usize::from(prefix[1]) % SERVICES.len()];
    let secret = match place {
        Place::Signed | Place::Changed => SECRET,
        _ => UNKNOWN.as_str(),
    };
    let is_signed = matches!(place, Place::Signed | Place::Changed | Place::Forged);
    let now = SystemTime::UNIX_EPOCH + Duration::from_micros(wall::now_us().unsigned_abs());
    let mut sent = Vec::new();
    let mut all_signed = is_signed;
    for request in split(requests) {
        let wire = Wire::of(request).filter(|_| is_signed);
        let wire = wire.filter(|wire| {
            wire.header("authorization").is_none()
                && wire.header("x-amz-date").is_none()
                && wire.header("x-amz-content-sha256").is_none()
        });
        let added = wire
            .as_ref()
            .and_then(|wire| signature(wire, service, SECRET, now, None));
        match (wire, added) {
            (Some(wire), Some(added)) => sent.push(with_headers(&wire, &added)),
            _ => {
                all_signed = false;
                sent.push(request.to_vec());
            }
        }
    }
    if place == Place::Changed
        && let Some(last) = sent.last_mut()
        && !last.is_empty()
    {
        let at = usize::from(u16::from_le_bytes([prefix[2], prefix[3]])) % last.len();
        last[at] = prefix[4];
    }
    let with_functions = sent
        .iter()
        .any(|request| request.windows(10).any(|part| part == b"/functions"));
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let tokio = tokio.expect("a runtime can be made");
    let (gateway, answers) = tokio.block_on(async {
        let gateway = cloud(secret, place == Place::Anonymous, with_functions).await;
        let answers = converse(&gateway, &sent.concat()).await;
        (gateway, answers)
    });
    let counts = gateway.counts();
    assert!(counts.answers.iter().map(|class| class.total()).sum::<u64>() <= counts.requests.total());
    let succeeded = counts.answers[0].total() + counts.answers[1].total();
    if matches!(place, Place::Unsigned | Place::Forged) {
        assert_eq!(
            succeeded,
            0,
            "something is let in without a secret: {}",
            answers.escape_ascii()
        );
    }
    if answers.is_empty() {
        assert_eq!(
            counts.requests.total(),
            counts.requests.total().min(1),
            "requests without an answer"
        );
        return "hung up on";
    }
    // Empty lines before a request are no part of it (RFC 9112, 2.2), nor are pieces of nothing else.
    let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let begins = |part: &Vec<u8>| part.iter().position(|byte| !is_break(byte));
    let first = sent.iter().find_map(|part| Some(&part[begins(part)?..]));
    check_first(place, first.unwrap_or_default(), &answers, all_signed, service)
}

fn split(requests: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = requests;
    while let Some(at) = rest.windows(NEXT.len()).position(|part| part == NEXT) {
        parts.push(&rest[..at]);
        rest = &rest[at + NEXT.len()..];
    }
    parts.push(rest);
    parts
}

fn check_first(place: Place, request: &[u8], answers: &[u8], signed: bool, service: &str) -> &'static str {
    let mut answers = answers;
    while let Some(rest) = answers.strip_prefix(b"HTTP/1.1 100 Continue\r\n\r\n") {
        answers = rest;
    }
    if answers.is_empty() {
        return "told to go on, and hung up on";
    }
    let to_head = request.starts_with(b"HEAD ");
    let answer =
        Answer::read(answers, to_head).unwrap_or_else(|why| panic!("{why}: {}", answers.escape_ascii()));
    assert!(
        STATUSES.contains(&answer.status),
        "status {}: {}",
        answer.status,
        answers.escape_ascii()
    );
    let text = String::from_utf8_lossy(answer.body);
    if answer.status >= 400 && !to_head && !answer.body.is_empty() {
        if answer.is_xml() {
            let document = roxmltree::Document::parse(&text);
            let document =
                document.unwrap_or_else(|error| panic!("an error that is no XML: {error}: {text}"));
            let has_code = document
                .descendants()
                .any(|node| node.has_tag_name("Code") || node.tag_name().name() == "Code");
            assert!(has_code, "an error without a code: {text}");
        } else {
            serde_json::from_str::<serde_json::Value>(&text)
                .unwrap_or_else(|error| panic!("no JSON: {error}: {text}"));
        }
    }
    let wrong =
        text.contains("SignatureDoesNotMatch") || text.contains("The request signature we calculated");
    let usual = |wire: &Wire<'_>| wire.is_whole() && wire.is_plain();
    if place == Place::Signed && signed && Wire::of(request).is_some_and(|wire| usual(&wire)) {
        assert!(
            !wrong,
            "what AWS's signer signed is refused: {text}\n{}",
            request.escape_ascii()
        );
    }
    let good = (200..400).contains(&answer.status);
    if good && matches!(place, Place::Signed | Place::Changed) {
        is_signed_by_aws(request, service);
    }
    match (place, answer.status) {
        (Place::Signed, 200..300) => "signed: done",
        (Place::Signed, _) if wrong => "signed: another signature",
        (Place::Signed, 403) => "signed: denied",
        (Place::Signed, _) => "signed: refused in its content",
        (Place::Changed, 200..300) => "signed, a byte changed that is not signed: done",
        (Place::Changed, _) if wrong => "signed, changed: another signature",
        (Place::Changed, _) => "signed, changed: refused",
        (Place::Anonymous, 200..300) => "anonymous: done",
        (Place::Anonymous, _) => "anonymous: refused",
        (Place::Unsigned, 403) => "unsigned: denied",
        (Place::Unsigned, _) => "unsigned: refused otherwise",
        (_, 403) => "forged: denied",
        (_, _) => "forged: refused otherwise",
    }
}

/// The signature of a request is what AWS's signer computes for it, as it arrived.
fn is_signed_by_aws(request: &[u8], service: &str) {
    let Some(wire) = Wire::of(request).filter(Wire::is_plain) else {
        return;
    };
    let header = wire.header("authorization");
    let header = header.unwrap_or_else(|| panic!("served unsigned: {}", request.escape_ascii()));
    let field = |name: &str| {
        let mut fields = header.split([',', ' ']);
        fields
            .find_map(|field| field.strip_prefix(name))
            .unwrap_or_default()
            .to_owned()
    };
    let (names, signature_found) = (field("SignedHeaders="), field("Signature="));
    let at = wire
        .header("x-amz-date")
        .and_then(instant)
        .expect("what is signed is dated");
    let listed = |name: &str| names.split(';').any(|other| other.eq_ignore_ascii_case(name));
    let is_added = |name: &str| {
        ["x-amz-date", "x-amz-content-sha256"]
            .iter()
            .any(|added| name.eq_ignore_ascii_case(added))
    };
    let covered = Wire {
        headers: wire
            .headers
            .iter()
            .copied()
            .filter(|(name, _)| (listed(name) && !is_added(name)) || name.eq_ignore_ascii_case("host"))
            .collect(),
        ..wire
    };
    let digest = Wire::of(request).and_then(|wire| wire.header("x-amz-content-sha256").map(str::to_owned));
    let computed = signature(&covered, service, SECRET, at, digest.as_deref());
    let computed = computed.and_then(|added| added.into_iter().find(|(name, _)| name == "authorization"));
    let computed = computed.map(|(_, value)| value).unwrap_or_default();
    assert!(
        computed
            .to_lowercase()
            .contains(&format!("signature={}", signature_found.to_lowercase())),
        "served with another signature than AWS computes ({computed}): {}",
        request.escape_ascii()
    );
}

/// `20261121T140812Z`.
fn instant(text: &str) -> Option<SystemTime> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    // Days since 1970, after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let seconds = days * 86_400 + number(9..11)? * 3600 + number(11..13)? * 60 + number(13..15)?;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objection;

    #[test]
    fn answers_that_no_request_should_get_are_seen() {
        let answer = |status: &str, kind: &str, body: &str| {
            format!(
                "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        let unsigned = b"GET /west/k HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let checked = |place, answer: &str| check_first(place, unsigned, answer.as_bytes(), false, "s3");
        let done = answer("200 OK", "text/plain", "the content of k");
        assert_eq!(checked(Place::Anonymous, &done), "anonymous: done");
        for (place, wrong, word) in [
            (Place::Signed, done, "served unsigned"),
            (
                Place::Anonymous,
                answer("500 Oops", "text/plain", ""),
                "status 500",
            ),
            (
                Place::Anonymous,
                answer("404 Not Found", "application/xml", "<Error>"),
                "no XML",
            ),
            (
                Place::Anonymous,
                answer("404 Not Found", "application/xml", "<Error/>"),
                "without a code",
            ),
            (
                Place::Anonymous,
                answer("400 Bad Request", "application/json", "{"),
                "no JSON",
            ),
            (Place::Anonymous, "HTTP/1.1 200 OK\r\n".to_owned(), "does not end"),
        ] {
            let said = objection(|| {
                checked(place, &wrong);
            });
            assert!(said.contains(word), "{wrong}: {said}");
        }
    }
}
