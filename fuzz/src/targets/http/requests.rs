//! Generated requests: methods, paths, queries, headers and documents, alone or as they belong together.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;

use super::input::{NEXT, PREFIX};
use crate::mutate::{changed, changes, noise};

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

pub(super) fn inputs() -> BoxedStrategy<Vec<u8>> {
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
