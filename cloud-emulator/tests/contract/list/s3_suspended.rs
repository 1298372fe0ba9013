//! Suspended versioning: old versions stay, and writes take the place of the null version.

use crate::expectation::{Expectation, Stop, expect, s3_guide};
use crate::lab::{Lab, within};

pub(super) fn expectations() -> Vec<Expectation> {
    let adding = || {
        s3_guide(
            "Adding objects to versioning-suspended buckets",
            "AddingObjectstoVersionSuspendedBuckets",
        )
    };
    let deleting = || {
        s3_guide(
            "Deleting objects from versioning-suspended buckets",
            "DeletingObjectsfromVersioningSuspendedBuckets",
        )
    };
    vec![
        expect(
            "a write has the version id null and hides older versions",
            adding(),
            "two, then one; ids null, another",
            |lab| async move {
                let key = suspended(&lab).await?;
                lab.stored(key.as_str(), "two").await?;
                let (ids, bodies) = versions(&lab, &key).await?;
                Ok(format!("{}; ids {ids}", bodies.join(", then ")))
            },
        ),
        expect(
            "a second write replaces the null version",
            adding(),
            "three, then one; ids null, another",
            |lab| async move {
                let key = suspended(&lab).await?;
                lab.stored(key.as_str(), "two").await?;
                lab.stored(key.as_str(), "three").await?;
                let (ids, bodies) = versions(&lab, &key).await?;
                Ok(format!("{}; ids {ids}", bodies.join(", then ")))
            },
        ),
        expect(
            "a delete replaces the null version by a marker of id null",
            deleting(),
            "204, x-amz-delete-marker true, x-amz-version-id null; left: one",
            |lab| async move {
                let key = suspended(&lab).await?;
                lab.stored(key.as_str(), "two").await?;
                let answer = lab.delete(key.as_str()).send().await?;
                let (_, bodies) = versions(&lab, &key).await?;
                Ok(format!(
                    "{}, {}, {}; left: {}",
                    answer.summary(),
                    answer.shown("x-amz-delete-marker"),
                    answer.shown("x-amz-version-id"),
                    bodies.join(", ")
                ))
            },
        ),
        expect(
            "versioning may be turned on again, and the null version stays",
            adding(),
            "three, then two, then one; ids another, null, another",
            |lab| async move {
                let key = suspended(&lab).await?;
                lab.stored(key.as_str(), "two").await?;
                lab.versioning(key.trim_end_matches("/k"), "Enabled").await?;
                lab.stored(key.as_str(), "three").await?;
                let (ids, bodies) = versions(&lab, &key).await?;
                Ok(format!("{}; ids {ids}", bodies.join(", then ")))
            },
        ),
    ]
}

/// A key with one version, `one`, in a bucket whose versioning was suspended afterwards.
async fn suspended(lab: &Lab) -> Result<String, Stop> {
    let bucket = lab.versioned().await?;
    let key = format!("{bucket}/k");
    lab.stored(key.as_str(), "one").await?;
    lab.versioning(&bucket, "Suspended").await?;
    Ok(key)
}

/// The ids of a key's versions, newest first (all but null are «another»), and their bodies.
async fn versions(lab: &Lab, key: &str) -> Result<(String, Vec<String>), Stop> {
    let bucket = key.trim_end_matches("/k");
    let listing = lab.get(format!("{bucket}?versions")).done().await?;
    let (mut ids, mut bodies) = (Vec::new(), Vec::new());
    for version in listing.elements("Version") {
        let id = within(&version, "VersionId").unwrap_or_default();
        bodies.push(lab.get(format!("{key}?versionId={id}")).done().await?.text());
        ids.push(if id == "null" { "null" } else { "another" });
    }
    Ok((ids.join(", "), bodies))
}
