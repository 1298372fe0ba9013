//! Buckets: their names, their life, their errors.

use crate::expectation::{Expectation, Observation, expect, s3_api, s3_errors, s3_guide};
use crate::lab::{CLASSIC, HOME, Lab, located};

pub(super) fn expectations() -> Vec<Expectation> {
    let naming = || s3_guide("General purpose bucket naming rules", "bucketnamingrules");
    vec![
        expect(
            "reading from a bucket that is not there",
            s3_errors(),
            "404 NoSuchBucket",
            |lab| async move { lab.get(format!("/{}/k", lab.fresh())).summary().await },
        ),
        expect(
            "HEAD of a bucket that is not there",
            s3_api("HeadBucket"),
            "404, no body",
            |lab| async move {
                let answer = lab.head(format!("/{}", lab.fresh())).send().await?;
                Ok(format!("{}, {}", answer.status.as_u16(), answer.body_shown()))
            },
        ),
        expect(
            "HEAD of a bucket names its region",
            s3_api("HeadBucket"),
            "200, x-amz-bucket-region us-west-2",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let answer = lab.head(bucket).send().await?;
                Ok(format!(
                    "{}, {}",
                    answer.summary(),
                    answer.shown("x-amz-bucket-region")
                ))
            },
        ),
        expect(
            "creating a bucket answers its location",
            s3_api("CreateBucket"),
            "200, location /name",
            |lab| async move {
                let bucket = format!("/{}", lab.fresh());
                let answer = lab.put(bucket.as_str(), "").region(CLASSIC).send().await?;
                let location = answer.value("location").replace(&bucket, "/name");
                Ok(format!("{}, location {location}", answer.summary()))
            },
        ),
        expect(
            "creating one's own bucket again",
            s3_api("CreateBucket"),
            "409 BucketAlreadyOwnedByYou",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.put(bucket, located(HOME)).summary().await
            },
        ),
        expect(
            "creating one's own bucket again in us-east-1",
            s3_api("CreateBucket"),
            "200",
            |lab| async move {
                let bucket = lab.bucket_in(CLASSIC).await?;
                lab.put(bucket, "").region(CLASSIC).summary().await
            },
        ),
        expect(
            "a bucket's name in capitals",
            naming(),
            "400 InvalidBucketName",
            |lab| named(lab, "Bad-Name"),
        ),
        expect(
            "a bucket's name of two characters",
            naming(),
            "400 InvalidBucketName",
            |lab| named(lab, "ab"),
        ),
        expect(
            "a bucket's name that is an IP address",
            naming(),
            "400 InvalidBucketName",
            |lab| named(lab, "192.168.5.4"),
        ),
        expect(
            "a bucket's name of 64 characters",
            naming(),
            "400 InvalidBucketName",
            |lab| {
                named(
                    lab,
                    "a234567890123456789012345678901234567890123456789012345678901234",
                )
            },
        ),
        expect(
            "a bucket's name with the reserved prefix xn--",
            naming(),
            "400 InvalidBucketName",
            |lab| {
                let name = format!("xn--{}", lab.name);
                async move { named(lab, &name).await }
            },
        )
        .differs("LocalStack checks length and characters of names, and not the reserved prefixes."),
        expect(
            "deleting a bucket, then again",
            s3_api("DeleteBucket"),
            "204, then 404 NoSuchBucket",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let first = lab.delete(bucket.as_str()).summary().await?;
                let second = lab.delete(bucket).summary().await?;
                Ok(format!("{first}, then {second}"))
            },
        ),
        expect(
            "deleting a bucket that has an object",
            s3_api("DeleteBucket"),
            "409 BucketNotEmpty",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.stored(format!("{bucket}/k"), "x").await?;
                lab.delete(bucket).summary().await
            },
        ),
        expect(
            "deleting a bucket whose only object is under a delete marker",
            s3_api("DeleteBucket"),
            "409 BucketNotEmpty",
            |lab| async move {
                let bucket = lab.versioned().await?;
                lab.stored(format!("{bucket}/k"), "x").await?;
                lab.delete(format!("{bucket}/k")).done().await?;
                lab.delete(bucket).summary().await
            },
        ),
        expect(
            "a list of buckets that asks for a page names their regions",
            s3_api("ListBuckets"),
            "us-west-2",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let answer = lab
                    .get(format!("/?max-buckets=10&prefix={}", &bucket[1..]))
                    .done()
                    .await?;
                Ok(answer.elements("BucketRegion").join(", "))
            },
        ),
    ]
}

async fn named(lab: Lab, name: &str) -> Observation {
    lab.put(format!("/{name}"), located(HOME)).summary().await
}
