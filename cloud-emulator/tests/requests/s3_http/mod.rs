//! The S3 API as it is on the wire: statuses, headers and documents, without any SDK.

mod bench;
mod defaults;
mod documents;
mod hostile;
mod objects;
mod refused;
mod replication;
mod restore;
mod versions;

use bench::Bench;

const MANY: usize = 64;
const LARGE: u64 = 64 << 20;

fn with_bucket() -> Bench {
    let bench = Bench::new(MANY, LARGE);
    assert_eq!(bench.put("/bucket", b"").status, 200);
    bench
}

#[test]
fn each_listener_serves_the_buckets_of_all_regions() {
    let bench = Bench::new(MANY, LARGE);
    let [west, east] = bench.listeners;
    bench.send_to(west, "PUT", "/west", &[], b"");
    bench.send_to(east, "PUT", "/east", &[], b"");
    for endpoint in bench.listeners {
        for (bucket, region) in [("/west", "us-west-2"), ("/east", "us-east-1")] {
            let head = bench.send_to(endpoint, "HEAD", bucket, &[], b"");
            assert_eq!(
                (head.status, head.headers["x-amz-bucket-region"].as_str()),
                (200, region)
            );
        }
    }
    assert_eq!(
        bench
            .get("/west?location")
            .element("LocationConstraint")
            .as_deref(),
        None
    );
    assert!(
        bench
            .get("/west?location")
            .text()
            .contains(">us-west-2</LocationConstraint>")
    );
    assert!(!bench.get("/east?location").text().contains("us-east-1"));
    let constraint = b"<CreateBucketConfiguration><LocationConstraint>mars-1</LocationConstraint></CreateBucketConfiguration>";
    let refused = bench.put("/third", constraint);
    assert_eq!(
        (refused.status, refused.element("Code").as_deref()),
        (400, Some("InvalidLocationConstraint"))
    );
}

#[test]
fn buckets_are_also_hosts() {
    let bench = with_bucket();
    let host = [("Host", "bucket.localhost:4566")];
    assert_eq!(bench.send("PUT", "/folder/key", &host, b"hosted").status, 200);
    assert_eq!(bench.get("/bucket/folder/key").body, b"hosted");
    assert!(
        bench
            .send("GET", "/", &host, b"")
            .text()
            .contains("<Key>folder/key</Key>")
    );
}

#[test]
fn listings_come_in_pages() {
    let bench = with_bucket();
    for key in ["a", "b/1", "b/2", "c%2Bd%20e", "f"] {
        bench.put(&format!("/bucket/{key}"), b"");
    }
    let first = bench.get("/bucket?list-type=2&delimiter=/&max-keys=2&encoding-type=url");
    assert_eq!(first.element("KeyCount").as_deref(), Some("2"));
    assert_eq!(first.element("IsTruncated").as_deref(), Some("true"));
    assert!(
        first
            .text()
            .contains("<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>"),
        "{}",
        first.text()
    );
    let token = first.element("NextContinuationToken").unwrap();
    let second = bench.get(&format!(
        "/bucket?list-type=2&delimiter=/&encoding-type=url&continuation-token={token}"
    ));
    assert!(
        second.text().contains("<Key>c%2Bd%20e</Key>"),
        "{}",
        second.text()
    );
    assert_eq!(second.element("IsTruncated").as_deref(), Some("false"));
    let refused = bench.get("/bucket?list-type=2&max-keys=-1");
    assert_eq!(
        (refused.status, refused.element("Code").as_deref()),
        (400, Some("InvalidArgument"))
    );
}

#[test]
fn everything_is_counted() {
    let bench = with_bucket();
    bench.put("/bucket/k", &[0; 5000]);
    bench.get("/bucket/k");
    bench.get("/bucket/missing");
    let counts = bench.gateway.counts();
    assert_eq!((counts.requests.total(), counts.requests.unsigned()), (4, 4));
    assert_eq!((counts.client_errors, counts.server_errors), (1, 0));
    assert!(counts.bytes_in > 5000 && counts.bytes_out > 5000, "{counts:?}");
}
