//! What of S3 belongs to a region, and what to all of them.

use crate::expectation::{Expectation, expect, s3_api, s3_errors, s3_guide, s3_reference};
use crate::lab::{CLASSIC, HOME, located};

pub(super) fn expectations() -> Vec<Expectation> {
    vec![
        expect(
            "the location of a bucket of us-east-1 is null",
            s3_api("GetBucketLocation"),
            "200, an empty LocationConstraint",
            |lab| async move {
                let bucket = lab.bucket_in(CLASSIC).await?;
                let answer = lab
                    .get(format!("{bucket}?location"))
                    .region(CLASSIC)
                    .send()
                    .await?;
                let shown = match answer.element("LocationConstraint") {
                    None => "no LocationConstraint".to_owned(),
                    Some(text) if text.is_empty() => "an empty LocationConstraint".to_owned(),
                    Some(text) => format!("LocationConstraint {text}"),
                };
                Ok(format!("{}, {shown}", answer.summary()))
            },
        ),
        expect(
            "the location of a bucket elsewhere is its region",
            s3_api("GetBucketLocation"),
            "us-west-2",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let answer = lab.get(format!("{bucket}?location")).done().await?;
                Ok(answer.element("LocationConstraint").unwrap_or_default())
            },
        ),
        expect(
            "us-east-1 creates a bucket in the region that its location names",
            s3_api("CreateBucket"),
            "us-west-2",
            |lab| async move {
                let bucket = format!("/{}", lab.fresh());
                lab.put(bucket.as_str(), located(HOME))
                    .region(CLASSIC)
                    .done()
                    .await?;
                Ok(lab.head(bucket).done().await?.value("x-amz-bucket-region"))
            },
        ),
        expect(
            "a location that is no region",
            s3_errors(),
            "400 InvalidLocationConstraint",
            |lab| async move {
                lab.put(format!("/{}", lab.fresh()), located("mars-1"))
                    .region(CLASSIC)
                    .summary()
                    .await
            },
        ),
        expect(
            "us-east-1 as a location, which is the one without a name",
            s3_reference("CreateBucketConfiguration", "API_CreateBucketConfiguration"),
            "400 InvalidLocationConstraint",
            |lab| async move {
                lab.put(format!("/{}", lab.fresh()), located(CLASSIC))
                    .region(CLASSIC)
                    .summary()
                    .await
            },
        ),
        expect(
            "a location other than the region of the endpoint",
            s3_errors(),
            "400 IllegalLocationConstraintException",
            |lab| async move {
                lab.put(format!("/{}", lab.fresh()), located("eu-west-1"))
                    .summary()
                    .await
            },
        ),
        expect(
            "no location at an endpoint other than that of us-east-1",
            s3_errors(),
            "400 IllegalLocationConstraintException",
            |lab| async move { lab.put(format!("/{}", lab.fresh()), "").summary().await },
        ),
        expect(
            "a bucket's name is taken in all regions",
            s3_guide("General purpose buckets overview", "UsingBucket"),
            "409 BucketAlreadyOwnedByYou",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.put(bucket, "").region(CLASSIC).summary().await
            },
        )
        .differs(
            "LocalStack answers us-east-1's «it is yours already» by the region of the request, AWS by \
             that of the bucket.",
        ),
        expect(
            "a bucket of another region through this region's endpoint",
            s3_reference("Request routing", "UsingRouting"),
            "301 PermanentRedirect",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.stored(format!("{bucket}/k"), "x").await?;
                lab.get(format!("{bucket}/k")).region(CLASSIC).summary().await
            },
        )
        .differs(
            "Intended: a drill has one endpoint for each script, through which an `aws s3 sync` between \
             regions must go. Each endpoint of the embedded cloud serves the buckets of all regions, \
             and so does LocalStack. That a plan asks the wrong region is not found out by a drill.",
        ),
        expect(
            "buckets of all regions are listed by each",
            s3_api("ListBuckets"),
            "1 of 1",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let answer = lab.get("/").region(CLASSIC).done().await?;
                let found = answer
                    .elements("Name")
                    .iter()
                    .filter(|name| **name == bucket[1..])
                    .count();
                Ok(format!("{found} of 1"))
            },
        ),
    ]
}
