//! Presigned URLs.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;

use super::why::UNVERIFIED;
use crate::expectation::{Expectation, Observation, Stop, expect, s3_errors, s3_guide};
use crate::lab::{HOME, Lab, need, sdk_error};

pub(super) fn expectations() -> Vec<Expectation> {
    let guide = || {
        s3_guide(
            "Download and upload objects with presigned URLs",
            "using-presigned-url",
        )
    };
    vec![
        expect(
            "a presigned URL reads without headers",
            guide(),
            "200, body x",
            |lab| async move {
                let path = presign(&lab).await?;
                let answer = lab.get(path).unsigned().send().await?;
                Ok(format!("{}, {}", answer.summary(), answer.body_shown()))
            },
        ),
        expect(
            "a presigned URL whose key was changed",
            s3_errors(),
            "403 SignatureDoesNotMatch",
            |lab| async move {
                let path = presign(&lab).await?.replace("/k?", "/other?");
                lab.get(path).unsigned().summary().await
            },
        )
        .differs(UNVERIFIED),
        expect(
            "a presigned URL that has expired",
            guide(),
            "403 AccessDenied",
            |lab| async move {
                let path = presign(&lab).await?;
                let date = need(
                    "X-Amz-Date",
                    path.split("X-Amz-Date=").nth(1).and_then(|rest| rest.get(..16)),
                )?;
                let path = path
                    .replace(date, "20200101T000000Z")
                    .replace(&date[..8], "20200101");
                lab.get(path).unsigned().summary().await
            },
        )
        .differs(UNVERIFIED),
    ]
}

/// A presigned URL of an object with body `x`: its path and query.
async fn presign(lab: &Lab) -> Observation {
    let key = format!("{}/k", lab.bucket().await?);
    lab.stored(key.as_str(), "x").await?;
    let config = PresigningConfig::expires_in(Duration::from_secs(60));
    let config = config.map_err(|error| Stop(format!("SDK: {error}")))?;
    let get = lab
        .sdk()
        .get_object()
        .bucket(key[1..].trim_end_matches("/k"))
        .key("k");
    let signed = get.presigned(config).await.map_err(|error| sdk_error(&error))?;
    Ok(signed.uri().replace(lab.reach.endpoint(HOME), ""))
}
