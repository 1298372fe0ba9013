//! Archived objects, and how they are restored.

use crate::expectation::{Expectation, Observation, expect, s3_api};
use crate::lab::Lab;

const ARCHIVED: &str = "GLACIER";

pub(super) fn expectations() -> Vec<Expectation> {
    let api = || s3_api("RestoreObject");
    vec![
        expect("an archived object is restored", api(), "202", |lab| async move {
            let key = stored(&lab, ARCHIVED).await?;
            restored(&lab, &key, "Bulk").await
        }),
        expect(
            "HEAD of an object that is being restored",
            s3_api("HeadObject"),
            "x-amz-restore ongoing-request=\"true\"",
            |lab| async move {
                let key = stored(&lab, ARCHIVED).await?;
                restored(&lab, &key, "Bulk").await?;
                Ok(lab.head(key).done().await?.shown("x-amz-restore"))
            },
        )
        .differs("LocalStack restores at once."),
        expect(
            "an object is restored that is being restored",
            api(),
            "409 RestoreAlreadyInProgress",
            |lab| async move {
                let key = stored(&lab, ARCHIVED).await?;
                restored(&lab, &key, "Bulk").await?;
                restored(&lab, &key, "Bulk").await
            },
        )
        .differs("LocalStack restores at once."),
        expect(
            "an object is restored that is not archived",
            api(),
            "403 InvalidObjectState",
            |lab| async move {
                let key = stored(&lab, "STANDARD").await?;
                restored(&lab, &key, "Standard").await
            },
        ),
    ]
}

async fn stored(lab: &Lab, class: &str) -> Result<String, crate::expectation::Stop> {
    let key = format!("{}/k", lab.bucket().await?);
    let put = lab.put(key.as_str(), "x");
    put.header("x-amz-storage-class", class).done().await?;
    Ok(key)
}

async fn restored(lab: &Lab, key: &str, tier: &str) -> Observation {
    let document = format!(
        "<RestoreRequest><Days>1</Days><GlacierJobParameters><Tier>{tier}</Tier></GlacierJobParameters></RestoreRequest>"
    );
    let ask = lab.ask("POST", format!("{key}?restore"));
    ask.body(document).summary().await
}
