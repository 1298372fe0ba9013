//! Versions, markers, and what object lock forbids.

use crate::s3_http::bench::{Bench, HttpAnswer};
use crate::s3_http::with_bucket;

fn versioning(bench: &Bench, status: &str) -> HttpAnswer {
    let body = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
    bench.put("/bucket?versioning", body.as_bytes())
}

#[test]
fn a_suspended_bucket_replaces_only_the_null_version() {
    let bench = with_bucket();
    assert_eq!(bench.get("/bucket?versioning").element("Status"), None);
    bench.put("/bucket/k", b"before");
    versioning(&bench, "Enabled");
    let id = bench.put("/bucket/k", b"kept").headers["x-amz-version-id"].clone();
    versioning(&bench, "Suspended");
    bench.put("/bucket/k", b"first");
    bench.put("/bucket/k", b"second");
    assert_eq!(bench.get("/bucket/k").text(), "second");
    assert_eq!(bench.get("/bucket/k?versionId=null").text(), "second");
    assert_eq!(bench.get(&format!("/bucket/k?versionId={id}")).text(), "kept");
    assert_eq!(
        bench.get("/bucket?versions").text().matches("<Version>").count(),
        2
    );
    let deleted = bench.send("DELETE", "/bucket/k", &[], b"");
    assert_eq!(deleted.headers["x-amz-version-id"], "null");
    assert_eq!(
        bench.get("/bucket?versions").text().matches("<Version>").count(),
        1
    );
    bench.send("DELETE", "/bucket/k?versionId=null", &[], b"");
    assert_eq!(bench.get("/bucket/k").text(), "kept");
}

#[test]
fn markers_hide_and_tell_so() {
    let bench = with_bucket();
    versioning(&bench, "Enabled");
    bench.put("/bucket/k", b"x");
    let deleted = bench.send("DELETE", "/bucket/k", &[], b"");
    assert_eq!(
        (deleted.status, deleted.headers["x-amz-delete-marker"].as_str()),
        (204, "true")
    );
    let marker = &deleted.headers["x-amz-version-id"];
    let hidden = bench.get("/bucket/k");
    assert_eq!(
        (hidden.status, hidden.element("Code").as_deref()),
        (404, Some("NoSuchKey"))
    );
    assert_eq!(hidden.headers["x-amz-delete-marker"], "true");
    assert_eq!(bench.get(&format!("/bucket/k?versionId={marker}")).status, 405);
    let unknown = bench.get("/bucket/k?versionId=00000000000000000000000000000001");
    assert_eq!(
        (unknown.status, unknown.element("Code").as_deref()),
        (404, Some("NoSuchVersion"))
    );
    assert_eq!(bench.get("/bucket/k?versionId=nonsense").status, 400);
    let refused = bench.send("DELETE", "/bucket", &[], b"");
    assert_eq!(
        (refused.status, refused.element("Code").as_deref()),
        (409, Some("BucketNotEmpty"))
    );
}

#[test]
fn what_is_locked_stays() {
    let bench = Bench::new(8, 1 << 20);
    bench.send(
        "PUT",
        "/bucket",
        &[("x-amz-bucket-object-lock-enabled", "true")],
        b"",
    );
    let lock = [
        ("x-amz-object-lock-mode", "GOVERNANCE"),
        ("x-amz-object-lock-retain-until-date", "2026-01-02T00:00:00Z"),
    ];
    let id = bench.send("PUT", "/bucket/k", &lock, b"x").headers["x-amz-version-id"].clone();
    let path = format!("/bucket/k?versionId={id}");
    assert_eq!(bench.send("DELETE", &path, &[], b"").status, 403);
    assert_eq!(
        bench.send("DELETE", "/bucket/k", &[], b"").status,
        204,
        "a marker takes nothing away"
    );
    assert_eq!(
        versioning(&bench, "Suspended").element("Code").as_deref(),
        Some("InvalidBucketState")
    );
    let bypass = [("x-amz-bypass-governance-retention", "true")];
    assert_eq!(bench.send("DELETE", &path, &bypass, b"").status, 204);
}
