//! `DeleteObjects`: up to a thousand keys at once, each for itself.

use base64_simd::STANDARD;
use md5::{Digest, Md5};

use crate::expectation::{Expectation, Stop, expect, s3_api};
use crate::lab::{HttpAnswer, Lab, within};

pub(super) fn expectations() -> Vec<Expectation> {
    let api = || s3_api("DeleteObjects");
    vec![
        expect(
            "keys are deleted, whether they are there or not",
            api(),
            "200, deleted a, b; left: none",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.stored(format!("{bucket}/a"), "x").await?;
                let answer = delete(&lab, &bucket, &["<Key>a</Key>", "<Key>b</Key>"], false).await?;
                let left = lab.get(bucket).done().await?.keys();
                let left = if left.is_empty() {
                    "none".to_owned()
                } else {
                    left.join(", ")
                };
                Ok(format!(
                    "{}, deleted {}; left: {left}",
                    answer.summary(),
                    answer.keys().join(", ")
                ))
            },
        ),
        expect(
            "quiet answers name errors alone",
            api(),
            "200, deleted none",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.stored(format!("{bucket}/a"), "x").await?;
                let answer = delete(&lab, &bucket, &["<Key>a</Key>"], true).await?;
                let deleted = if answer.keys().is_empty() {
                    "none".to_owned()
                } else {
                    answer.keys().join(", ")
                };
                Ok(format!("{}, deleted {deleted}", answer.summary()))
            },
        ),
        expect(
            "with versions, each key gets a marker, which the answer names",
            api(),
            "DeleteMarker true, a DeleteMarkerVersionId",
            |lab| async move {
                let bucket = lab.versioned().await?;
                lab.stored(format!("{bucket}/a"), "x").await?;
                let answer = delete(&lab, &bucket, &["<Key>a</Key>"], false).await?;
                let marker = answer
                    .element("DeleteMarker")
                    .unwrap_or_else(|| "none".to_owned());
                let id = answer.element("DeleteMarkerVersionId").map_or("no", |_| "a");
                Ok(format!("DeleteMarker {marker}, {id} DeleteMarkerVersionId"))
            },
        ),
        expect(
            "versions are deleted by their ids",
            api(),
            "deleted as asked; read: 404 NoSuchKey",
            |lab| async move {
                let key = format!("{}/a", lab.versioned().await?);
                let id = super::s3_versions::version(&lab.stored(key.as_str(), "x").await?)?;
                let what = format!("<Key>a</Key><VersionId>{id}</VersionId>");
                let answer = delete(&lab, key.trim_end_matches("/a"), &[&what], false)
                    .await?
                    .done()?;
                let told = answer
                    .element("Deleted")
                    .and_then(|xml| within(&xml, "VersionId"));
                let as_asked = if told == Some(id) {
                    "as asked"
                } else {
                    "without its id"
                };
                Ok(format!(
                    "deleted {as_asked}; read: {}",
                    lab.get(key).summary().await?
                ))
            },
        ),
        expect(
            "a version id that is none fails alone",
            api(),
            "200, deleted a, an error for b",
            |lab| async move {
                let bucket = lab.versioned().await?;
                lab.stored(format!("{bucket}/a"), "x").await?;
                let keys = ["<Key>a</Key>", "<Key>b</Key><VersionId>nonsense</VersionId>"];
                let answer = delete(&lab, &bucket, &keys, false).await?;
                let of = |name: &str| {
                    let entries = answer.elements(name);
                    let keys: Vec<String> = entries.iter().filter_map(|xml| within(xml, "Key")).collect();
                    keys.join(", ")
                };
                let errors = match of("Error") {
                    none if none.is_empty() => "no error".to_owned(),
                    keys => format!("an error for {keys}"),
                };
                Ok(format!(
                    "{}, deleted {}, {errors}",
                    answer.summary(),
                    of("Deleted")
                ))
            },
        ),
        expect(
            "a request without any digest of its body",
            api(),
            "400 InvalidRequest",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let document = "<Delete><Object><Key>a</Key></Object></Delete>";
                lab.post(format!("{bucket}?delete"), document).summary().await
            },
        )
        .differs("Neither cloud insists; all SDKs and the AWS CLI send one."),
        expect(
            "more than a thousand keys",
            api(),
            "400 MalformedXML",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let keys: Vec<String> = (0..1001).map(|n| format!("<Key>{n}</Key>")).collect();
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                Ok(delete(&lab, &bucket, &keys, false).await?.summary())
            },
        )
        .differs("LocalStack sets no limit."),
    ]
}

/// Deletes what these pieces of XML name.
async fn delete(lab: &Lab, bucket: &str, objects: &[&str], quiet: bool) -> Result<HttpAnswer, Stop> {
    let objects: String = objects
        .iter()
        .map(|object| format!("<Object>{object}</Object>"))
        .collect();
    let document = format!("<Delete><Quiet>{quiet}</Quiet>{objects}</Delete>");
    let md5 = STANDARD.encode_to_string(Md5::digest(document.as_bytes()));
    lab.post(format!("{bucket}?delete"), document)
        .header("content-md5", md5)
        .send()
        .await
}
