//! Digests: what clients claim, what the store keeps, what a flipped bit gets.

use crate::expectation::{Expectation, Observation, expect, s3_api, s3_errors, s3_guide};
use crate::lab::{Lab, sdk_error};

/// SHA-256 of "abc", by FIPS 180.
const ABC: &str = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";

pub(super) fn expectations() -> Vec<Expectation> {
    let guide = || {
        s3_guide(
            "Checking object integrity in Amazon S3",
            "checking-object-integrity",
        )
    };
    vec![
        expect(
            "a Content-MD5 of another body",
            s3_errors(),
            "400 BadDigest",
            |lab| claimed(lab, "content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ),
        expect(
            "a Content-MD5 that is none",
            s3_errors(),
            "400 InvalidDigest",
            |lab| claimed(lab, "content-md5", "short"),
        ),
        expect(
            "a SHA-256 checksum of another body",
            s3_errors(),
            "400 BadDigest",
            |lab| {
                claimed(
                    lab,
                    "x-amz-checksum-sha256",
                    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                )
            },
        ),
        expect(
            "a refused body leaves the object as it was",
            guide(),
            "400 BadDigest, body before",
            |lab| async move {
                let key = format!("{}/k", lab.bucket().await?);
                lab.stored(key.as_str(), "before").await?;
                let put = lab
                    .put(key.as_str(), "after")
                    .header("x-amz-checksum-sha256", ABC);
                let said = put.summary().await?;
                let read = lab.get(key).done().await;
                let body = read.map_or_else(|stop| stop.to_string(), |answer| answer.body_shown());
                Ok(format!("{said}, {body}"))
            },
        )
        .differs(
            "LocalStack writes a body over the one that is there before it compares checksums, and then \
             removes it: in a bucket without versions, an upload that is refused destroys the object, and \
             reading it waits for bytes that never come.",
        ),
        expect(
            "a body other than the signed one",
            s3_errors(),
            "400 XAmzContentSHA256Mismatch",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.put(format!("{bucket}/k"), "signed")
                    .instead("sent")
                    .summary()
                    .await
            },
        )
        .differs("LocalStack verifies neither signatures nor the digest that they cover."),
        expect(
            "a checksum is kept, and told when asked",
            s3_api("HeadObject"),
            "asked: kept, FULL_OBJECT; not asked: not told",
            |lab| async move {
                let key = format!("{}/k", lab.bucket().await?);
                lab.put(key.as_str(), "abc")
                    .header("x-amz-checksum-sha256", ABC)
                    .done()
                    .await?;
                let asked = lab
                    .head(key.as_str())
                    .header("x-amz-checksum-mode", "ENABLED")
                    .done()
                    .await?;
                let plain = lab.head(key).done().await?;
                let name = "x-amz-checksum-sha256";
                let kept = if asked.header(name) == Some(ABC) {
                    "kept"
                } else {
                    "not told"
                };
                let told = if plain.header(name).is_some() {
                    "told"
                } else {
                    "not told"
                };
                Ok(format!(
                    "asked: {kept}, {}; not asked: {told}",
                    asked.value("x-amz-checksum-type")
                ))
            },
        ),
        expect(
            "S3 computes a CRC-64/NVME where the client gave no checksum",
            guide(),
            "a checksum, FULL_OBJECT",
            |lab| async move {
                let key = format!("{}/k", lab.bucket().await?);
                lab.stored(key.as_str(), "abc").await?;
                let head = lab
                    .head(key)
                    .header("x-amz-checksum-mode", "ENABLED")
                    .done()
                    .await?;
                let found = if head.header("x-amz-checksum-crc64nvme").is_some() {
                    "a checksum"
                } else {
                    "no checksum"
                };
                Ok(format!("{found}, {}", head.value("x-amz-checksum-type")))
            },
        ),
        expect(
            "GetObjectAttributes tells ETag, checksum and size",
            s3_api("GetObjectAttributes"),
            "900150983cd24fb0d6963f7d28e17f72, SHA-256 kept, 3",
            |lab| async move {
                let key = format!("{}/k", lab.bucket().await?);
                lab.put(key.as_str(), "abc")
                    .header("x-amz-checksum-sha256", ABC)
                    .done()
                    .await?;
                let get = lab.get(format!("{key}?attributes"));
                let answer = get
                    .header("x-amz-object-attributes", "ETag,Checksum,ObjectSize")
                    .done()
                    .await?;
                let element = |name: &str| answer.element(name).unwrap_or_else(|| format!("no {name}"));
                let kept = if element("ChecksumSHA256") == ABC {
                    "kept"
                } else {
                    "not told"
                };
                Ok(format!(
                    "{}, SHA-256 {kept}, {}",
                    element("ETag").trim_matches('"'),
                    element("ObjectSize")
                ))
            },
        ),
        expect(
            "the SDK's upload in chunks with a trailing checksum",
            s3_guide(
                "Checking object integrity for data uploads in Amazon S3",
                "checking-object-integrity-upload",
            ),
            "body whole, checksum CRC32, no content-encoding",
            |lab| async move {
                let key = format!("{}/k", lab.bucket().await?);
                let bucket = key[1..].trim_end_matches("/k");
                let put = lab
                    .sdk()
                    .put_object()
                    .bucket(bucket)
                    .key("k")
                    .body(b"in chunks".to_vec().into());
                put.send().await.map_err(|error| sdk_error(&error))?;
                let read = lab
                    .get(key)
                    .header("x-amz-checksum-mode", "ENABLED")
                    .done()
                    .await?;
                let whole = if read.text() == "in chunks" {
                    "whole".to_owned()
                } else {
                    read.text()
                };
                let checksum = if read.header("x-amz-checksum-crc32").is_some() {
                    "CRC32"
                } else {
                    "not told"
                };
                Ok(format!(
                    "body {whole}, checksum {checksum}, {}",
                    read.shown("content-encoding")
                ))
            },
        ),
    ]
}

/// Writes `abc` with a claim about it.
async fn claimed(lab: Lab, name: &str, value: &str) -> Observation {
    let bucket = lab.bucket().await?;
    lab.put(format!("{bucket}/k"), "abc")
        .header(name, value)
        .summary()
        .await
}
