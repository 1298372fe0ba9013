//! `CopyObject`, with which plans restore and fail back.

use super::s3_markers::deleted;
use crate::expectation::{Expectation, Stop, expect, s3_api, s3_errors};
use crate::lab::{CLASSIC, Lab};

pub(super) fn expectations() -> Vec<Expectation> {
    let api = || s3_api("CopyObject");
    vec![
        expect(
            "a copy has the body and the ETag of its source",
            api(),
            "x, same ETag",
            |lab| async move {
                let key = source(&lab).await?;
                let etag = lab.head(key.as_str()).done().await?.value("etag");
                let copy = lab
                    .put(format!("{key}2"), "")
                    .header("x-amz-copy-source", key.as_str())
                    .done()
                    .await?;
                let same = if copy.element("ETag") == Some(etag) {
                    "same ETag"
                } else {
                    "another ETag"
                };
                Ok(format!(
                    "{}, {same}",
                    lab.get(format!("{key}2")).done().await?.text()
                ))
            },
        ),
        expect(
            "metadata and tags are copied",
            api(),
            "iot, 1 tag",
            |lab| async move {
                let key = source(&lab).await?;
                lab.put(format!("{key}2"), "")
                    .header("x-amz-copy-source", key.as_str())
                    .done()
                    .await?;
                let copy = lab.get(format!("{key}2")).done().await?;
                let tags = copy.header("x-amz-tagging-count").unwrap_or("no");
                Ok(format!("{}, {tags} tag", copy.value("x-amz-meta-plan")))
            },
        ),
        expect(
            "metadata is replaced when the request says so",
            api(),
            "other",
            |lab| async move {
                let key = source(&lab).await?;
                let copy = lab
                    .put(format!("{key}2"), "")
                    .header("x-amz-copy-source", key.as_str());
                let copy = copy
                    .header("x-amz-metadata-directive", "REPLACE")
                    .header("x-amz-meta-plan", "other");
                copy.done().await?;
                Ok(lab.head(format!("{key}2")).done().await?.value("x-amz-meta-plan"))
            },
        ),
        expect(
            "a copy onto itself that changes nothing",
            api(),
            "400 InvalidRequest",
            |lab| async move {
                let key = source(&lab).await?;
                lab.put(key.as_str(), "")
                    .header("x-amz-copy-source", key.as_str())
                    .summary()
                    .await
            },
        ),
        expect(
            "a copy onto itself that replaces its metadata",
            api(),
            "200",
            |lab| async move {
                let key = source(&lab).await?;
                let copy = lab
                    .put(key.as_str(), "")
                    .header("x-amz-copy-source", key.as_str());
                copy.header("x-amz-metadata-directive", "REPLACE").summary().await
            },
        ),
        expect(
            "a source that is not there",
            s3_errors(),
            "404 NoSuchKey",
            |lab| async move {
                let key = source(&lab).await?;
                lab.put(format!("{key}2"), "")
                    .header("x-amz-copy-source", format!("{key}3"))
                    .summary()
                    .await
            },
        ),
        expect(
            "a source in a bucket that is not there",
            s3_errors(),
            "404 NoSuchBucket",
            |lab| async move {
                let key = source(&lab).await?;
                let nowhere = format!("/{}/k", lab.fresh());
                lab.put(format!("{key}2"), "")
                    .header("x-amz-copy-source", nowhere)
                    .summary()
                    .await
            },
        ),
        expect(
            "a source whose current version is a delete marker",
            api(),
            "404 NoSuchKey",
            |lab| async move {
                let (key, _) = deleted(&lab).await?;
                lab.put(format!("{key}2"), "")
                    .header("x-amz-copy-source", key)
                    .summary()
                    .await
            },
        ),
        expect(
            "a source that is a delete marker by its version id",
            api(),
            "400 InvalidRequest",
            |lab| async move {
                let (key, marker) = deleted(&lab).await?;
                let copy = lab.put(format!("{key}2"), "");
                copy.header("x-amz-copy-source", format!("{key}?versionId={marker}"))
                    .summary()
                    .await
            },
        ),
        expect(
            "a source that is archived",
            api(),
            "403 ObjectNotInActiveTierError",
            |lab| async move {
                let key = format!("{}/k", lab.bucket().await?);
                let put = lab
                    .put(key.as_str(), "x")
                    .header("x-amz-storage-class", "GLACIER");
                put.done().await?;
                lab.put(format!("{key}2"), "")
                    .header("x-amz-copy-source", key)
                    .summary()
                    .await
            },
        )
        .differs("LocalStack answers a copy as it answers a read."),
        expect(
            "a copy into a bucket of another region",
            api(),
            "x",
            |lab| async move {
                let (key, other) = (source(&lab).await?, lab.bucket_in(CLASSIC).await?);
                let copy = lab
                    .put(format!("{other}/k"), "")
                    .region(CLASSIC)
                    .header("x-amz-copy-source", key);
                copy.done().await?;
                Ok(lab.get(format!("{other}/k")).region(CLASSIC).done().await?.text())
            },
        ),
        expect(
            "a copy has a date and, with versions, an id of its own",
            api(),
            "an id of its own, its date in the answer",
            |lab| async move {
                let key = format!("{}/k", lab.versioned().await?);
                let id = super::s3_versions::version(&lab.stored(key.as_str(), "x").await?)?;
                let copy = lab
                    .put(format!("{key}2"), "")
                    .header("x-amz-copy-source", key)
                    .done()
                    .await?;
                let own = copy.header("x-amz-version-id").is_some_and(|copy| *copy != *id);
                let date = copy.element("LastModified").map_or("no date", |_| "its date");
                Ok(format!(
                    "{} id of its own, {date} in the answer",
                    if own { "an" } else { "no" }
                ))
            },
        ),
    ]
}

/// An object with metadata and a tag.
async fn source(lab: &Lab) -> Result<String, Stop> {
    let key = format!("{}/k", lab.bucket().await?);
    let put = lab
        .put(key.as_str(), "x")
        .header("x-amz-meta-plan", "iot")
        .header("x-amz-tagging", "a=1");
    put.done().await?;
    Ok(key)
}
