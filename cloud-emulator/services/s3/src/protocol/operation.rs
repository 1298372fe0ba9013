//! The names of S3's operations, from what a request says in its method, query and headers.

use http::{Method, request};

/// What a path is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// All buckets.
    Service,
    /// A bucket.
    Bucket,
    /// An object.
    Object,
}

impl Subject {
    pub(crate) fn new(bucket: bool, key: bool) -> Subject {
        match (bucket, key) {
            (true, true) => Subject::Object,
            (true, false) => Subject::Bucket,
            (false, _) => Subject::Service,
        }
    }
}

/// A parameter of the query, and the operations that it makes of GET, PUT and DELETE (none: empty).
type Subresource = (&'static str, [&'static str; 3]);

const OF_OBJECTS: [Subresource; 6] = [
    ("acl", ["GetObjectAcl", "PutObjectAcl", ""]),
    (
        "tagging",
        ["GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging"],
    ),
    ("retention", ["GetObjectRetention", "PutObjectRetention", ""]),
    ("legal-hold", ["GetObjectLegalHold", "PutObjectLegalHold", ""]),
    ("attributes", ["GetObjectAttributes", "", ""]),
    ("torrent", ["GetObjectTorrent", "", ""]),
];

const OF_BUCKETS: [Subresource; 22] = [
    (
        "analytics",
        [
            "GetBucketAnalyticsConfiguration",
            "PutBucketAnalyticsConfiguration",
            "DeleteBucketAnalyticsConfiguration",
        ],
    ),
    (
        "intelligent-tiering",
        [
            "GetBucketIntelligentTieringConfiguration",
            "PutBucketIntelligentTieringConfiguration",
            "DeleteBucketIntelligentTieringConfiguration",
        ],
    ),
    (
        "inventory",
        [
            "GetBucketInventoryConfiguration",
            "PutBucketInventoryConfiguration",
            "DeleteBucketInventoryConfiguration",
        ],
    ),
    (
        "metrics",
        [
            "GetBucketMetricsConfiguration",
            "PutBucketMetricsConfiguration",
            "DeleteBucketMetricsConfiguration",
        ],
    ),
    ("versioning", ["GetBucketVersioning", "PutBucketVersioning", ""]),
    (
        "replication",
        [
            "GetBucketReplication",
            "PutBucketReplication",
            "DeleteBucketReplication",
        ],
    ),
    ("location", ["GetBucketLocation", "", ""]),
    (
        "lifecycle",
        [
            "GetBucketLifecycleConfiguration",
            "PutBucketLifecycleConfiguration",
            "DeleteBucketLifecycle",
        ],
    ),
    (
        "policy",
        ["GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"],
    ),
    ("policyStatus", ["GetBucketPolicyStatus", "", ""]),
    (
        "tagging",
        ["GetBucketTagging", "PutBucketTagging", "DeleteBucketTagging"],
    ),
    ("acl", ["GetBucketAcl", "PutBucketAcl", ""]),
    ("cors", ["GetBucketCors", "PutBucketCors", "DeleteBucketCors"]),
    (
        "encryption",
        [
            "GetBucketEncryption",
            "PutBucketEncryption",
            "DeleteBucketEncryption",
        ],
    ),
    ("logging", ["GetBucketLogging", "PutBucketLogging", ""]),
    (
        "notification",
        [
            "GetBucketNotificationConfiguration",
            "PutBucketNotificationConfiguration",
            "",
        ],
    ),
    (
        "object-lock",
        ["GetObjectLockConfiguration", "PutObjectLockConfiguration", ""],
    ),
    (
        "publicAccessBlock",
        [
            "GetPublicAccessBlock",
            "PutPublicAccessBlock",
            "DeletePublicAccessBlock",
        ],
    ),
    (
        "ownershipControls",
        [
            "GetBucketOwnershipControls",
            "PutBucketOwnershipControls",
            "DeleteBucketOwnershipControls",
        ],
    ),
    (
        "accelerate",
        [
            "GetBucketAccelerateConfiguration",
            "PutBucketAccelerateConfiguration",
            "",
        ],
    ),
    (
        "requestPayment",
        ["GetBucketRequestPayment", "PutBucketRequestPayment", ""],
    ),
    (
        "website",
        ["GetBucketWebsite", "PutBucketWebsite", "DeleteBucketWebsite"],
    ),
];

/// The operation that a request to S3 asks for; what S3 does not know goes by the plainest name of its
/// method.
pub(crate) fn name(head: &request::Parts, subject: Subject) -> &'static str {
    match subject {
        Subject::Service => "ListBuckets",
        Subject::Bucket => of_bucket(head),
        Subject::Object => of_object(head),
    }
}

fn of_bucket(head: &request::Parts) -> &'static str {
    let query = Query::from_head(head);
    if let Some(name) = query.subresource(&OF_BUCKETS, &head.method) {
        return name;
    }
    match head.method {
        Method::HEAD => "HeadBucket",
        Method::PUT => "CreateBucket",
        Method::DELETE => "DeleteBucket",
        Method::POST if query.has("delete") => "DeleteObjects",
        Method::POST => "PostObject",
        _ if query.has("uploads") => "ListMultipartUploads",
        _ if query.has("versions") => "ListObjectVersions",
        _ if query.has("list-type") => "ListObjectsV2",
        _ => "ListObjects",
    }
}

fn of_object(head: &request::Parts) -> &'static str {
    let query = Query::from_head(head);
    if let Some(name) = query.subresource(&OF_OBJECTS, &head.method) {
        return name;
    }
    let copies = head.headers.contains_key("x-amz-copy-source");
    match (&head.method, query.has("uploadId")) {
        (&Method::HEAD, _) => "HeadObject",
        (&Method::PUT, true) if copies => "UploadPartCopy",
        (&Method::PUT, true) => "UploadPart",
        (&Method::PUT, false) if copies => "CopyObject",
        (&Method::PUT, false) => "PutObject",
        (&Method::POST, true) => "CompleteMultipartUpload",
        (&Method::POST, false) if query.has("uploads") => "CreateMultipartUpload",
        (&Method::POST, false) if query.has("restore") => "RestoreObject",
        (&Method::POST, false) => "SelectObjectContent",
        (&Method::DELETE, true) => "AbortMultipartUpload",
        (&Method::DELETE, false) => "DeleteObject",
        (_, true) => "ListParts",
        (_, false) => "GetObject",
    }
}

/// The parameters of a query by their names.
struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    fn from_head(head: &'a request::Parts) -> Query<'a> {
        Query(head.uri.query().unwrap_or_default())
    }

    fn has(&self, name: &str) -> bool {
        self.0
            .split('&')
            .map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name))
            .any(|known| percent_encoding::percent_decode_str(known).eq(name.bytes()))
    }

    fn subresource(&self, table: &[Subresource], method: &Method) -> Option<&'static str> {
        if self.0.is_empty() {
            return None;
        }
        let place = match *method {
            Method::GET => 0,
            Method::PUT => 1,
            Method::DELETE => 2,
            _ => return None,
        };
        let (_, names) = table.iter().find(|(name, _)| self.has(name))?;
        Some(names[place]).filter(|name| !name.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(method: &str, path: &str, copies: bool) -> &'static str {
        let mut request = http::Request::builder().method(method).uri(path);
        if copies {
            request = request.header("x-amz-copy-source", "b/k");
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let path = head.uri.path().trim_start_matches('/').to_owned();
        let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
        name(&head, Subject::new(!bucket.is_empty(), !key.is_empty()))
    }

    #[test]
    fn operations_have_the_names_that_aws_gives_them() {
        let cases = [
            ("GET", "/", "ListBuckets"),
            ("GET", "/b", "ListObjects"),
            ("GET", "/b?list-type=2&prefix=versions", "ListObjectsV2"),
            ("GET", "/b?versions", "ListObjectVersions"),
            ("GET", "/b?uploads=", "ListMultipartUploads"),
            ("GET", "/b?location", "GetBucketLocation"),
            ("PUT", "/b", "CreateBucket"),
            ("PUT", "/b?versioning", "PutBucketVersioning"),
            ("DELETE", "/b?lifecycle", "DeleteBucketLifecycle"),
            ("DELETE", "/b?location", "DeleteBucket"),
            (
                "DELETE",
                "/b?inventory&id=1",
                "DeleteBucketInventoryConfiguration",
            ),
            ("PUT", "/b?%69nventory&id=1", "PutBucketInventoryConfiguration"),
            ("HEAD", "/b", "HeadBucket"),
            ("POST", "/b?delete", "DeleteObjects"),
            ("GET", "/b/k", "GetObject"),
            ("GET", "/b/k?versionId=7", "GetObject"),
            ("GET", "/b/k?uploadId=7", "ListParts"),
            ("GET", "/b/k?tagging", "GetObjectTagging"),
            ("HEAD", "/b/k", "HeadObject"),
            ("PUT", "/b/k", "PutObject"),
            ("PUT", "/b/k?partNumber=1&uploadId=7", "UploadPart"),
            ("POST", "/b/k?uploads", "CreateMultipartUpload"),
            ("POST", "/b/k?uploadId=7", "CompleteMultipartUpload"),
            ("DELETE", "/b/k", "DeleteObject"),
            ("DELETE", "/b/k?uploadId=7", "AbortMultipartUpload"),
        ];
        for (method, path, expected) in cases {
            assert_eq!(named(method, path, false), expected, "{method} {path}");
        }
        assert_eq!(named("PUT", "/b/k", true), "CopyObject");
        assert_eq!(
            named("PUT", "/b/k?partNumber=1&uploadId=7", true),
            "UploadPartCopy"
        );
    }
}
