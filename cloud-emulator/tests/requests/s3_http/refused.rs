//! Settings that would have no effect: refused, unless they say that nothing is to be done.

use super::with_bucket;

#[test]
fn what_would_not_be_done_is_refused() {
    let bench = with_bucket();
    let queue = "<QueueConfiguration><Id>1</Id><Queue>arn:aws:sqs:us-west-2:000000000000:q</Queue>\
                 <Event>s3:ObjectCreated:*</Event></QueueConfiguration>";
    let rule = |status: &str| {
        format!(
            "<LifecycleConfiguration><Rule><ID>1</ID><Status>{status}</Status><Filter><Prefix></Prefix></Filter>\
             <Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>"
        )
    };
    let notify = |what: &str| format!("<NotificationConfiguration>{what}</NotificationConfiguration>");
    let log =
        "<LoggingEnabled><TargetBucket>bucket</TargetBucket><TargetPrefix>l/</TargetPrefix></LoggingEnabled>";
    let log = |what: &str| format!("<BucketLoggingStatus>{what}</BucketLoggingStatus>").replace("ON", log);
    let mfa = "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>";
    for (query, document, named) in [
        ("notification", notify(queue), "event notifications"),
        (
            "notification",
            notify("<EventBridgeConfiguration></EventBridgeConfiguration>"),
            "event notifications",
        ),
        ("lifecycle", rule("Enabled"), "Lifecycle"),
        ("logging", log("ON"), "access logs"),
        ("versioning", mfa.to_owned(), "MFA"),
    ] {
        let refused = bench.put(&format!("/bucket?{query}"), document.as_bytes());
        let text = refused.text();
        assert_eq!(
            (refused.status, refused.element("Code").as_deref()),
            (501, Some("NotImplemented")),
            "{query}: {text}"
        );
        assert!(text.contains(named), "{query}: {text}");
    }
    for query in ["inventory", "metrics", "intelligent-tiering"] {
        assert_eq!(bench.get(&format!("/bucket?{query}")).status, 501, "{query}");
        assert_eq!(bench.get(&format!("/bucket?{query}&id=1")).status, 501, "{query}");
    }
    for (query, document) in [
        ("notification", notify("")),
        ("lifecycle", rule("Disabled")),
        ("logging", log("")),
    ] {
        let taken = bench.put(&format!("/bucket?{query}"), document.as_bytes());
        assert_eq!(taken.status, 200, "{query}: {}", taken.text());
        assert_eq!(bench.get(&format!("/bucket?{query}")).status, 200, "{query}");
    }
    assert!(!bench.get("/bucket?versioning").text().contains("Enabled"));
}

#[test]
fn grants_that_no_canned_acl_has_are_refused() {
    let bench = with_bucket();
    bench.put("/bucket/k", b"");
    let grant = [(
        "x-amz-grant-read",
        "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"",
    )];
    let document = bench.get("/bucket?acl").text();
    for (path, headers, body) in [
        ("/new", &grant[..], ""),
        ("/bucket/new", &grant, ""),
        ("/bucket/k?acl", &grant, ""),
        ("/bucket?acl", &[], &*document),
    ] {
        let refused = bench.send("PUT", path, headers, body.as_bytes());
        assert_eq!(
            (refused.status, refused.element("Code").as_deref()),
            (501, Some("NotImplemented")),
            "{path}: {}",
            refused.text()
        );
    }
}
