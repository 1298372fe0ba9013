//! Conditions on reads, writes and deletes.

use crate::expectation::{Expectation, Observation, Stop, expect, s3_api, s3_guide};
use crate::lab::Lab;

/// Before any object here was written.
const LONG_AGO: &str = "Wed, 01 Jan 2020 00:00:00 GMT";

pub(super) fn expectations() -> Vec<Expectation> {
    let mut rows = reads();
    rows.extend(writes());
    rows
}

fn reads() -> Vec<Expectation> {
    vec![
        expect(
            "If-None-Match with the object's ETag",
            s3_api("GetObject"),
            "304, no body",
            |lab| async move {
                let (key, etag) = object(&lab).await?;
                let answer = lab.get(key).header("if-none-match", etag).send().await?;
                Ok(format!("{}, {}", answer.summary(), answer.body_shown()))
            },
        ),
        expect(
            "If-Match with another ETag",
            s3_api("GetObject"),
            "412 PreconditionFailed",
            |lab| read(lab, &[("if-match", "\"0\"")]),
        ),
        expect(
            "If-Modified-Since before the write",
            s3_api("GetObject"),
            "200",
            |lab| read(lab, &[("if-modified-since", LONG_AGO)]),
        ),
        expect(
            "If-Modified-Since the write",
            s3_api("GetObject"),
            "304",
            |lab| async move {
                let (key, _) = object(&lab).await?;
                let written = lab.head(key.as_str()).done().await?.value("last-modified");
                lab.get(key).header("if-modified-since", written).summary().await
            },
        ),
        expect(
            "If-Unmodified-Since before the write",
            s3_api("GetObject"),
            "412 PreconditionFailed",
            |lab| read(lab, &[("if-unmodified-since", LONG_AGO)]),
        ),
        expect(
            "If-Match that holds overrules If-Unmodified-Since that does not",
            s3_api("GetObject"),
            "200",
            |lab| async move {
                let (key, etag) = object(&lab).await?;
                lab.get(key)
                    .header("if-match", etag)
                    .header("if-unmodified-since", LONG_AGO)
                    .summary()
                    .await
            },
        )
        .differs("LocalStack checks each condition for itself."),
        expect(
            "If-None-Match that fails overrules If-Modified-Since that holds",
            s3_api("GetObject"),
            "304",
            |lab| async move {
                let (key, etag) = object(&lab).await?;
                lab.get(key)
                    .header("if-none-match", etag)
                    .header("if-modified-since", LONG_AGO)
                    .summary()
                    .await
            },
        ),
    ]
}

fn writes() -> Vec<Expectation> {
    let writes = || {
        s3_guide(
            "How to prevent object overwrites with conditional writes",
            "conditional-writes",
        )
    };
    vec![
        expect(
            "a write with If-None-Match: * of a new key",
            writes(),
            "200",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.put(format!("{bucket}/k"), "x")
                    .header("if-none-match", "*")
                    .summary()
                    .await
            },
        ),
        expect(
            "a write with If-None-Match: * over an object",
            writes(),
            "412 PreconditionFailed, object as before",
            |lab| async move {
                let (key, _) = object(&lab).await?;
                let said = lab
                    .put(key.as_str(), "y")
                    .header("if-none-match", "*")
                    .summary()
                    .await?;
                let kept = lab.get(key).done().await?.text() == "x";
                Ok(format!(
                    "{said}, object {}",
                    if kept { "as before" } else { "overwritten" }
                ))
            },
        ),
        expect(
            "a write with If-None-Match: * over a delete marker",
            writes(),
            "200",
            |lab| async move {
                let key = format!("{}/k", lab.versioned().await?);
                lab.stored(key.as_str(), "x").await?;
                lab.delete(key.as_str()).done().await?;
                lab.put(key, "y").header("if-none-match", "*").summary().await
            },
        ),
        expect(
            "a write with If-Match of the object's ETag",
            writes(),
            "200",
            |lab| async move {
                let (key, etag) = object(&lab).await?;
                lab.put(key, "y").header("if-match", etag).summary().await
            },
        ),
        expect(
            "a write with If-Match of another ETag",
            writes(),
            "412 PreconditionFailed",
            |lab| async move {
                let (key, _) = object(&lab).await?;
                lab.put(key, "y")
                    .header("if-match", "\"0123456789abcdef0123456789abcdef\"")
                    .summary()
                    .await
            },
        ),
        expect(
            "a write with If-Match of a key that is not there",
            writes(),
            "404 NoSuchKey",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let put = lab.put(format!("{bucket}/k"), "y");
                put.header("if-match", "\"0123456789abcdef0123456789abcdef\"")
                    .summary()
                    .await
            },
        ),
        expect(
            "a delete with If-Match of another ETag",
            s3_guide("How to perform conditional deletes", "conditional-deletes"),
            "412 PreconditionFailed, object as before",
            |lab| async move {
                let (key, _) = object(&lab).await?;
                let delete = lab
                    .delete(key.as_str())
                    .header("if-match", "\"0123456789abcdef0123456789abcdef\"");
                let said = delete.summary().await?;
                let kept = lab.get(key).send().await?.status.is_success();
                Ok(format!(
                    "{said}, object {}",
                    if kept { "as before" } else { "deleted" }
                ))
            },
        )
        .differs("LocalStack has conditional deletes for directory buckets alone, and says so."),
        expect(
            "a copy with If-Match of another ETag on its source",
            s3_api("CopyObject"),
            "412 PreconditionFailed",
            |lab| async move {
                let (key, _) = object(&lab).await?;
                let copy = lab.put(format!("{key}2"), "").header("x-amz-copy-source", key);
                copy.header(
                    "x-amz-copy-source-if-match",
                    "\"0123456789abcdef0123456789abcdef\"",
                )
                .summary()
                .await
            },
        ),
    ]
}

/// An object: its path and ETag.
async fn object(lab: &Lab) -> Result<(String, String), Stop> {
    let key = format!("{}/k", lab.bucket().await?);
    let etag = lab.stored(key.as_str(), "x").await?.value("etag");
    Ok((key, etag))
}

async fn read(lab: Lab, conditions: &[(&str, &str)]) -> Observation {
    let (key, _) = object(&lab).await?;
    let get = lab.get(key);
    conditions
        .iter()
        .fold(get, |get, (name, value)| get.header(name, *value))
        .summary()
        .await
}
