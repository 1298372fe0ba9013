//! What a new bucket is like.

use crate::expectation::{Expectation, expect, s3_api, s3_guide};

pub(super) fn expectations() -> Vec<Expectation> {
    let ownership = || {
        s3_guide(
            "Controlling ownership of objects and disabling ACLs for your bucket",
            "about-object-ownership",
        )
    };
    let public = || {
        s3_guide(
            "Blocking public access to your Amazon S3 storage",
            "access-control-block-public-access",
        )
    };
    let encryption = || {
        s3_guide(
            "Setting default server-side encryption behavior for Amazon S3 buckets",
            "bucket-encryption",
        )
    };
    vec![
        expect(
            "who owns what is in a new bucket",
            ownership(),
            "BucketOwnerEnforced",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let answer = lab.get(format!("{bucket}?ownershipControls")).done().await?;
                Ok(answer.element("ObjectOwnership").unwrap_or_default())
            },
        ),
        expect(
            "an object with a public ACL",
            ownership(),
            "400 AccessControlListNotSupported",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let put = lab.put(format!("{bucket}/k"), "x");
                put.header("x-amz-acl", "public-read").summary().await
            },
        )
        .differs("LocalStack takes ACLs where they are disabled."),
        expect(
            "an object over which the bucket's owner has full control",
            ownership(),
            "200",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let put = lab.put(format!("{bucket}/k"), "x");
                put.header("x-amz-acl", "bucket-owner-full-control")
                    .summary()
                    .await
            },
        ),
        expect(
            "public access to a new bucket",
            public(),
            "blocked in all four ways",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let answer = lab.get(format!("{bucket}?publicAccessBlock")).done().await?;
                let blocked = [
                    "BlockPublicAcls",
                    "IgnorePublicAcls",
                    "BlockPublicPolicy",
                    "RestrictPublicBuckets",
                ]
                .map(|setting| answer.element(setting).as_deref() == Some("true"));
                Ok(match blocked {
                    [true, true, true, true] => "blocked in all four ways".to_owned(),
                    _ => format!("{blocked:?}"),
                })
            },
        ),
        expect(
            "a policy that opens a new bucket to everybody",
            public(),
            "403 AccessDenied",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let name = &bucket[1..];
                let policy = format!(
                    "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Principal\":\"*\",\
                     \"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::{name}/*\"}}]}}"
                );
                lab.put(format!("{bucket}?policy"), policy).summary().await
            },
        )
        .differs("LocalStack takes policies that its block of public access forbids."),
        expect(
            "the default encryption of a new bucket, and of what is written there",
            encryption(),
            "AES256, x-amz-server-side-encryption AES256",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let default = lab.get(format!("{bucket}?encryption")).done().await?;
                let put = lab.put(format!("{bucket}/k"), "x").done().await?;
                Ok(format!(
                    "{}, {}",
                    default.element("SSEAlgorithm").unwrap_or_default(),
                    put.shown("x-amz-server-side-encryption")
                ))
            },
        ),
        expect(
            "a bucket that belongs to another account than expected",
            s3_guide(
                "Verifying bucket ownership with bucket owner condition",
                "bucket-owner-condition",
            ),
            "403 AccessDenied",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let key = format!("{bucket}/k");
                lab.stored(key.as_str(), "x").await?;
                let get = lab.get(key);
                get.header("x-amz-expected-bucket-owner", "111122223333")
                    .summary()
                    .await
            },
        )
        .differs("LocalStack does not look at the account that is expected."),
        expect(
            "the entity tag among an object's attributes",
            s3_api("GetObjectAttributes"),
            "without quotes",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.stored(format!("{bucket}/k"), "x").await?;
                let get = lab.get(format!("{bucket}/k?attributes"));
                let answer = get.header("x-amz-object-attributes", "ETag").done().await?;
                let tag = answer.element("ETag").unwrap_or_default();
                Ok(match tag.len() {
                    32 => "without quotes".to_owned(),
                    _ => tag,
                })
            },
        ),
    ]
}
