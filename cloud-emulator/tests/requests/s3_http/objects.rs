//! Reading and writing objects.

use crate::s3_http::bench::Bench;
use crate::s3_http::{LARGE, MANY, with_bucket};

#[test]
fn writes_may_have_conditions() {
    let bench = with_bucket();
    let put = |path: &str, name, value| {
        let answer = bench.send("PUT", path, &[(name, value)], b"x");
        (answer.status, answer.element("Code").unwrap_or_default())
    };
    assert_eq!(
        put("/bucket/k", "If-Match", "\"00\"").0,
        404,
        "there is nothing to match"
    );
    assert_eq!(put("/bucket/k", "If-None-Match", "*").0, 200);
    assert_eq!(
        put("/bucket/k", "If-None-Match", "*"),
        (412, "PreconditionFailed".to_owned())
    );
    let etag = bench.get("/bucket/k").headers["etag"].clone();
    assert_eq!(put("/bucket/k", "If-Match", "\"00\"").0, 412);
    assert_eq!(put("/bucket/k", "If-Match", &etag).0, 200);
}

#[test]
fn what_has_not_changed_says_what_it_is() {
    let bench = with_bucket();
    let cached = [("Cache-Control", "max-age=9")];
    let etag = bench.send("PUT", "/bucket/k", &cached, b"body").headers["etag"].clone();
    for method in ["GET", "HEAD"] {
        let same = bench.send(method, "/bucket/k", &[("If-None-Match", &etag)], b"");
        let told = |name: &str| same.headers.get(name).map(String::as_str);
        assert_eq!((same.status, same.body.len()), (304, 0));
        assert_eq!(told("etag"), Some(etag.as_str()));
        assert_eq!(told("last-modified"), Some("Thu, 01 Jan 2026 00:00:00 GMT"));
        assert_eq!(told("cache-control"), Some("max-age=9"));
        assert_eq!((told("content-type"), told("content-length")), (None, None));
    }
}

#[test]
fn an_empty_object_has_no_range() {
    let bench = with_bucket();
    bench.put("/bucket/empty", b"");
    for range in ["bytes=-5", "bytes=0-", "bytes=0-0", "bytes=-0"] {
        let refused = bench.send("GET", "/bucket/empty", &[("Range", range)], b"");
        assert_eq!(
            (refused.status, refused.element("Code").as_deref()),
            (416, Some("InvalidRange")),
            "{range}"
        );
        assert_eq!(refused.headers["content-range"], "bytes */0");
    }
    bench.put("/bucket/short", b"ab");
    let all = bench.send("GET", "/bucket/short", &[("Range", "bytes=-5")], b"");
    assert_eq!((all.status, &all.body[..]), (206, &b"ab"[..]));
}

#[test]
fn attributes_name_the_entity_tag_without_quotes() {
    let bench = with_bucket();
    let etag = bench.put("/bucket/k", b"body").headers["etag"].clone();
    let asked = [("x-amz-object-attributes", "ETag,ObjectSize")];
    let answer = bench.send("GET", "/bucket/k?attributes", &asked, b"");
    assert_eq!(answer.element("ETag").as_deref(), Some(etag.trim_matches('"')));
    assert_eq!(answer.element("ObjectSize").as_deref(), Some("4"));
}

#[test]
fn buckets_of_others_than_expected_are_refused() {
    let bench = with_bucket();
    bench.put("/bucket/k", b"body");
    let (ours, others) = ("000000000000", "111111111111");
    let said = |method: &str, path: &str, headers: &[(&str, &str)]| {
        let answer = bench.send(method, path, headers, b"");
        (answer.status, answer.element("Code"))
    };
    let denied = (403, Some("AccessDenied".to_owned()));
    let owner = "x-amz-expected-bucket-owner";
    for (method, path) in [
        ("GET", "/bucket/k"),
        ("PUT", "/bucket/new"),
        ("GET", "/bucket?list-type=2"),
        ("GET", "/bucket?versioning"),
    ] {
        assert_eq!(said(method, path, &[(owner, others)]), denied, "{method} {path}");
        assert_eq!(
            said(method, path, &[(owner, ours)]),
            (200, None),
            "{method} {path}"
        );
    }
    assert_eq!(bench.send("HEAD", "/bucket", &[(owner, others)], b"").status, 403);
    assert_eq!(said("GET", "/none", &[(owner, others)]).0, 404);
    let source = ("x-amz-copy-source", "/bucket/k");
    let of_source = "x-amz-source-expected-bucket-owner";
    assert_eq!(
        said("PUT", "/bucket/copy", &[source, (of_source, others)]),
        denied
    );
    assert_eq!(
        said("PUT", "/bucket/copy", &[source, (of_source, ours)]),
        (200, None)
    );
}

#[test]
fn reads_may_have_conditions() {
    let bench = with_bucket();
    let etag = bench.put("/bucket/k", b"body").headers["etag"].clone();
    let read = |name, value: &str| bench.send("GET", "/bucket/k", &[(name, value)], b"").status;
    assert_eq!(read("If-None-Match", &etag), 304);
    assert_eq!(read("If-None-Match", "\"other\""), 200);
    assert_eq!(read("If-Match", "\"other\""), 412);
    // The calendar stands at midnight on 2026-01-01.
    assert_eq!(read("If-Modified-Since", "Thu, 01 Jan 2026 00:00:00 GMT"), 304);
    assert_eq!(read("If-Modified-Since", "Wed, 31 Dec 2025 23:59:59 GMT"), 200);
    assert_eq!(read("If-Unmodified-Since", "Wed, 31 Dec 2025 23:59:59 GMT"), 412);
    assert_eq!(
        bench.get("/bucket/k").headers["last-modified"],
        "Thu, 01 Jan 2026 00:00:00 GMT"
    );
}

#[test]
fn ranges_are_cut_out() {
    let bench = with_bucket();
    bench.put("/bucket/k", b"0123456789");
    let range = |range| bench.send("GET", "/bucket/k", &[("Range", range)], b"");
    let middle = range("bytes=2-4");
    assert_eq!((middle.status, middle.text()), (206, "234".to_owned()));
    assert_eq!(middle.headers["content-range"], "bytes 2-4/10");
    assert_eq!(range("bytes=-3").text(), "789");
    assert_eq!(range("bytes=7-").text(), "789");
    assert_eq!(range("bytes=5-100").text(), "56789");
    let beyond = range("bytes=10-20");
    assert_eq!(
        (beyond.status, beyond.element("Code").as_deref()),
        (416, Some("InvalidRange"))
    );
}

#[test]
fn what_a_client_claims_of_a_body_is_verified() {
    let bench = with_bucket();
    // SHA-256 of "abc", by FIPS 180.
    let sha256 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    let put = |name, value, body: &[u8]| {
        let answer = bench.send("PUT", "/bucket/k", &[(name, value)], body);
        (answer.status, answer.element("Code").unwrap_or_default())
    };
    assert_eq!(
        put("x-amz-checksum-sha256", sha256, b"abd"),
        (400, "BadDigest".to_owned())
    );
    assert_eq!(
        put("x-amz-checksum-sha256", "nonsense", b"abc"),
        (400, "InvalidRequest".to_owned())
    );
    assert_eq!(
        put("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==", b"abc"),
        (400, "BadDigest".to_owned())
    );
    assert_eq!(
        put("Content-MD5", "short", b"abc"),
        (400, "InvalidDigest".to_owned())
    );
    assert_eq!(bench.get("/bucket/k").status, 404, "nothing of it was stored");
    assert_eq!(put("x-amz-checksum-sha256", sha256, b"abc").0, 200);
    let read = bench.send("HEAD", "/bucket/k", &[("x-amz-checksum-mode", "ENABLED")], b"");
    assert_eq!(read.headers["x-amz-checksum-sha256"], sha256);
    assert!(
        !bench
            .get("/bucket/k")
            .headers
            .contains_key("x-amz-checksum-sha256"),
        "only when asked"
    );
}

#[test]
fn attributes_come_back_and_are_copied() {
    let bench = with_bucket();
    let headers = [
        ("Content-Type", "text/plain"),
        ("Cache-Control", "no-store"),
        ("x-amz-meta-plan", "iot"),
        ("x-amz-tagging", "a=1&b=2"),
    ];
    bench.send("PUT", "/bucket/k", &headers, b"x");
    bench.send(
        "PUT",
        "/bucket/copy%20of%20k",
        &[("x-amz-copy-source", "/bucket/k")],
        b"",
    );
    for path in ["/bucket/k", "/bucket/copy%20of%20k"] {
        let read = bench.get(path);
        assert_eq!(read.headers["content-type"], "text/plain");
        assert_eq!(read.headers["cache-control"], "no-store");
        assert_eq!(read.headers["x-amz-meta-plan"], "iot");
        assert_eq!(read.headers["x-amz-tagging-count"], "2");
        assert!(
            bench
                .get(&format!("{path}?tagging"))
                .text()
                .contains("<Key>b</Key><Value>2</Value>")
        );
    }
    let onto_itself = bench.send("PUT", "/bucket/k", &[("x-amz-copy-source", "/bucket/k")], b"");
    assert_eq!(
        (onto_itself.status, onto_itself.element("Code").as_deref()),
        (400, Some("InvalidRequest"))
    );
}

#[test]
fn what_does_not_fit_is_refused_and_costs_nothing() {
    let bench = Bench::new(MANY, 1 << 20);
    bench.put("/bucket", b"");
    let claimed = bench.send("PUT", "/bucket/k", &[("Content-Length", "600000")], b"");
    assert_eq!(
        (claimed.status, claimed.element("Code").as_deref()),
        (400, Some("EntityTooLarge"))
    );
    let body = vec![0; 400_000];
    assert_eq!(bench.put("/bucket/1", &body).status, 200);
    assert_eq!(bench.put("/bucket/2", &body).status, 200);
    let full = bench.put("/bucket/3", &body);
    assert_eq!(
        (full.status, full.element("Code").as_deref()),
        (507, Some("InsufficientStorage"))
    );
    assert_eq!(bench.send("DELETE", "/bucket/1", &[], b"").status, 204);
    assert_eq!(bench.put("/bucket/3", &body).status, 200);
}

#[test]
fn parts_become_an_object() {
    let bench = Bench::new(MANY, LARGE);
    bench.put("/bucket", b"");
    let id = bench
        .send("POST", "/bucket/k?uploads", &[], b"")
        .element("UploadId")
        .unwrap();
    let part = |n: u8, size: usize| {
        let answer = bench.put(&format!("/bucket/k?partNumber={n}&uploadId={id}"), &vec![n; size]);
        answer.headers["etag"].clone()
    };
    let (first, second) = (part(1, 5 << 20), part(2, 10));
    let complete = |parts: &[(u8, &str)]| {
        let part =
            |(n, tag): &(u8, &str)| format!("<Part><PartNumber>{n}</PartNumber><ETag>{tag}</ETag></Part>");
        let list: String = parts.iter().map(part).collect();
        let body = format!("<CompleteMultipartUpload>{list}</CompleteMultipartUpload>");
        let answer = bench.send("POST", &format!("/bucket/k?uploadId={id}"), &[], body.as_bytes());
        (answer.status, answer.element("Code").unwrap_or_default())
    };
    assert_eq!(complete(&[(2, &second), (1, &first)]).1, "InvalidPartOrder");
    assert_eq!(complete(&[(1, "\"00\"")]).1, "InvalidPart");
    assert_eq!(complete(&[]).1, "MalformedXML");
    assert_eq!(bench.get("/bucket/k").status, 404);
    assert_eq!(complete(&[(1, &first), (2, &second)]).0, 200);
    assert_eq!(complete(&[(1, &first), (2, &second)]).1, "NoSuchUpload");
    let tail = bench.get("/bucket/k?partNumber=2");
    assert_eq!((tail.status, tail.body.as_slice()), (206, [2; 10].as_slice()));
    assert_eq!(tail.headers["x-amz-mp-parts-count"], "2");
    assert!(tail.headers["etag"].ends_with("-2\""));
    assert!(!bench.get("/bucket?uploads").text().contains("<UploadId>"));
}
