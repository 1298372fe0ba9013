//! Delete markers: deleting hides, and undeleting shows again.

use super::s3_versions::{at, version};
use crate::expectation::{Expectation, Stop, expect, s3_api, s3_guide};
use crate::lab::Lab;

pub(super) fn expectations() -> Vec<Expectation> {
    let guide = || s3_guide("Working with delete markers", "DeleteMarker");
    vec![
        expect(
            "deleting adds a marker",
            s3_api("DeleteObject"),
            "204, x-amz-delete-marker true, a version id",
            |lab| async move {
                let key = format!("{}/k", lab.versioned().await?);
                lab.stored(key.as_str(), "x").await?;
                let answer = lab.delete(key).send().await?;
                let id = answer
                    .header("x-amz-version-id")
                    .map_or("no version id", |_| "a version id");
                Ok(format!(
                    "{}, {}, {id}",
                    answer.summary(),
                    answer.shown("x-amz-delete-marker")
                ))
            },
        ),
        expect(
            "deleting a key that never was adds a marker, too",
            s3_guide(
                "Deleting object versions from a versioning-enabled bucket",
                "DeletingObjectVersions",
            ),
            "204, 1 marker",
            |lab| async move {
                let bucket = lab.versioned().await?;
                let said = lab.delete(format!("{bucket}/k")).summary().await?;
                let markers = lab
                    .get(format!("{bucket}?versions"))
                    .done()
                    .await?
                    .elements("DeleteMarker");
                Ok(format!("{said}, {} marker", markers.len()))
            },
        ),
        expect(
            "reading a deleted key",
            guide(),
            "404 NoSuchKey, x-amz-delete-marker true",
            |lab| async move {
                let (key, _) = deleted(&lab).await?;
                let answer = lab.get(key).send().await?;
                Ok(format!(
                    "{}, {}",
                    answer.summary(),
                    answer.shown("x-amz-delete-marker")
                ))
            },
        ),
        expect(
            "reading a marker by its version id",
            guide(),
            "405 MethodNotAllowed, x-amz-delete-marker true, a last-modified",
            |lab| async move {
                let (key, marker) = deleted(&lab).await?;
                let answer = at(&lab, &key, &marker).await?;
                let date = answer
                    .header("last-modified")
                    .map_or("no last-modified", |_| "a last-modified");
                Ok(format!(
                    "{}, {}, {date}",
                    answer.summary(),
                    answer.shown("x-amz-delete-marker")
                ))
            },
        )
        .differs("LocalStack gives no date of the marker."),
        expect(
            "HEAD of a marker by its version id",
            s3_api("HeadObject"),
            "405, x-amz-delete-marker true",
            |lab| async move {
                let (key, marker) = deleted(&lab).await?;
                let answer = lab.head(format!("{key}?versionId={marker}")).send().await?;
                Ok(format!(
                    "{}, {}",
                    answer.summary(),
                    answer.shown("x-amz-delete-marker")
                ))
            },
        )
        .differs("LocalStack leaves the header out of answers to HEAD."),
        expect(
            "deleting the marker undeletes",
            s3_guide("Managing delete markers", "ManagingDelMarkers"),
            "204, x-amz-delete-marker true, body x",
            |lab| async move {
                let (key, marker) = deleted(&lab).await?;
                let answer = lab.delete(format!("{key}?versionId={marker}")).send().await?;
                let read = lab.get(key).done().await?;
                Ok(format!(
                    "{}, {}, {}",
                    answer.summary(),
                    answer.shown("x-amz-delete-marker"),
                    read.body_shown()
                ))
            },
        ),
        expect(
            "a marker deleted without its version id gets another above it",
            s3_guide("Managing delete markers", "ManagingDelMarkers"),
            "2 markers",
            |lab| async move {
                let (key, _) = deleted(&lab).await?;
                lab.delete(key.as_str()).done().await?;
                let bucket = key.trim_end_matches("/k");
                let markers = lab
                    .get(format!("{bucket}?versions"))
                    .done()
                    .await?
                    .elements("DeleteMarker");
                Ok(format!("{} markers", markers.len()))
            },
        ),
    ]
}

/// A key with one version under a marker: its path, and the marker's id.
pub(super) async fn deleted(lab: &Lab) -> Result<(String, String), Stop> {
    let key = format!("{}/k", lab.versioned().await?);
    lab.stored(key.as_str(), "x").await?;
    let marker = version(&lab.delete(key.as_str()).done().await?)?;
    Ok((key, marker))
}
