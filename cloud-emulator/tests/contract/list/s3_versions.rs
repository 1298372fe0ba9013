//! Versions: what recovery stands on.

use crate::expectation::{Expectation, Stop, expect, s3_api, s3_errors, s3_guide};
use crate::lab::{HttpAnswer, Lab, need};

pub(super) fn expectations() -> Vec<Expectation> {
    vec![
        expect(
            "the versioning of a bucket that never had it",
            s3_api("GetBucketVersioning"),
            "no Status",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let answer = lab.get(format!("{bucket}?versioning")).done().await?;
                Ok(answer.element("Status").unwrap_or_else(|| "no Status".to_owned()))
            },
        ),
        expect(
            "versioning is turned on",
            s3_api("PutBucketVersioning"),
            "Enabled",
            |lab| async move {
                let bucket = lab.versioned().await?;
                Ok(lab
                    .get(format!("{bucket}?versioning"))
                    .done()
                    .await?
                    .element("Status")
                    .unwrap_or_default())
            },
        ),
        expect(
            "a write without versioning has no version id",
            s3_api("PutObject"),
            "no x-amz-version-id",
            |lab| async move {
                let bucket = lab.bucket().await?;
                Ok(lab
                    .stored(format!("{bucket}/k"), "x")
                    .await?
                    .shown("x-amz-version-id"))
            },
        ),
        expect(
            "each write is a version that can be read",
            s3_guide(
                "Retrieving object versions from a versioning-enabled bucket",
                "RetrievingObjectVersions",
            ),
            "one, two",
            |lab| async move {
                let key = format!("{}/k", lab.versioned().await?);
                let first = version(&lab.stored(key.as_str(), "one").await?)?;
                let second = version(&lab.stored(key.as_str(), "two").await?)?;
                Ok(format!(
                    "{}, {}",
                    at(&lab, &key, &first).await?.text(),
                    at(&lab, &key, &second).await?.text()
                ))
            },
        ),
        expect(
            "what was there before versioning has the version id null",
            s3_guide(
                "Adding objects to versioning-enabled buckets",
                "AddingObjectstoVersioningEnabledBuckets",
            ),
            "before",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let key = format!("{bucket}/k");
                lab.stored(key.as_str(), "before").await?;
                lab.versioning(&bucket, "Enabled").await?;
                lab.stored(key.as_str(), "after").await?;
                Ok(at(&lab, &key, "null").await?.text())
            },
        ),
        expect(
            "a version that is not there",
            s3_errors(),
            "404 NoSuchVersion",
            |lab| async move {
                let key = format!("{}/k", lab.versioned().await?);
                let gone = version(&lab.stored(key.as_str(), "one").await?)?;
                lab.stored(key.as_str(), "two").await?;
                lab.delete(format!("{key}?versionId={gone}")).done().await?;
                Ok(at(&lab, &key, &gone).await?.summary())
            },
        ),
        expect(
            "a version id that is none",
            s3_errors(),
            "400 InvalidArgument",
            |lab| async move {
                let key = format!("{}/k", lab.versioned().await?);
                lab.stored(key.as_str(), "one").await?;
                Ok(at(&lab, &key, "nonsense").await?.summary())
            },
        )
        .differs("LocalStack looks for any version id, well formed or not."),
        expect(
            "deleting a version brings back the one before",
            s3_guide(
                "Deleting object versions from a versioning-enabled bucket",
                "DeletingObjectVersions",
            ),
            "204, the same x-amz-version-id, body one",
            |lab| async move {
                let key = format!("{}/k", lab.versioned().await?);
                lab.stored(key.as_str(), "one").await?;
                let second = version(&lab.stored(key.as_str(), "two").await?)?;
                let deleted = lab.delete(format!("{key}?versionId={second}")).send().await?;
                let same = if deleted.header("x-amz-version-id") == Some(&second) {
                    "the same"
                } else {
                    "no or another"
                };
                Ok(format!(
                    "{}, {same} x-amz-version-id, {}",
                    deleted.summary(),
                    lab.get(key).done().await?.body_shown()
                ))
            },
        ),
        expect(
            "an old version copied over the current one restores it",
            s3_guide("Restoring previous versions", "RestoringPreviousVersions"),
            "one, of the version asked for",
            |lab| async move {
                let key = format!("{}/k", lab.versioned().await?);
                let first = version(&lab.stored(key.as_str(), "one").await?)?;
                lab.stored(key.as_str(), "two").await?;
                let copy = lab
                    .put(key.as_str(), "")
                    .header("x-amz-copy-source", format!("{key}?versionId={first}"));
                let copied = copy.done().await?;
                let told = copied.header("x-amz-copy-source-version-id") == Some(&first);
                let of = if told {
                    "of the version asked for"
                } else {
                    "without telling of which version"
                };
                Ok(format!("{}, {of}", lab.get(key).done().await?.text()))
            },
        )
        .differs(
            "LocalStack takes a copy of an old version onto its own key for a copy onto itself, unless \
             something else is changed. Restoring by copies works with `--metadata-directive REPLACE` \
             there.",
        ),
        expect(
            "suspending versioning under a replication configuration",
            s3_guide(
                "Requirements and considerations for replication",
                "replication-requirements",
            ),
            "409 InvalidBucketState",
            |lab| async move {
                let (source, target) = (lab.versioned().await?, lab.versioned().await?);
                super::replication::configure(&lab, &source, &target, "Enabled", "Disabled").await?;
                lab.put(
                    format!("{source}?versioning"),
                    crate::lab::versioning("Suspended"),
                )
                .summary()
                .await
            },
        )
        .differs(
            "LocalStack lets versioning be suspended, so that a plan whose recovery begins so works there, and fails at AWS.",
        ),
    ]
}

/// The version id that an answer names.
pub(super) fn version(answer: &HttpAnswer) -> Result<String, Stop> {
    need(
        "x-amz-version-id",
        answer.header("x-amz-version-id").map(str::to_owned),
    )
}

/// Reads a version.
pub(super) async fn at(lab: &Lab, key: &str, version: &str) -> Result<HttpAnswer, Stop> {
    lab.get(format!("{key}?versionId={version}")).send().await
}
