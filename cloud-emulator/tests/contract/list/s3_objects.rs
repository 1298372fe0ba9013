//! Objects: written, read, in part, with what is stored beside them.

use crate::expectation::{Expectation, expect, s3_api, s3_errors, s3_guide};
use crate::lab::Lab;

pub(super) fn expectations() -> Vec<Expectation> {
    let names = || s3_guide("Naming Amazon S3 objects", "object-keys");
    let mut rows = vec![
        expect(
            "a key that is not there",
            s3_api("GetObject"),
            "404 NoSuchKey",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.get(format!("{bucket}/k")).summary().await
            },
        ),
        expect(
            "HEAD of a key that is not there",
            s3_api("HeadObject"),
            "404, no body",
            |lab| async move {
                let bucket = lab.bucket().await?;
                let answer = lab.head(format!("{bucket}/k")).send().await?;
                Ok(format!("{}, {}", answer.status.as_u16(), answer.body_shown()))
            },
        ),
        expect(
            "HEAD of an object: size, and no body",
            s3_api("HeadObject"),
            "200, content-length 5, no body",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.stored(format!("{bucket}/k"), "12345").await?;
                let answer = lab.head(format!("{bucket}/k")).send().await?;
                Ok(format!(
                    "{}, {}, {}",
                    answer.summary(),
                    answer.shown("content-length"),
                    answer.body_shown()
                ))
            },
        ),
        expect(
            "a write is read back at once, and so is the one over it",
            s3_guide("What is Amazon S3? (consistency model)", "Welcome"),
            "one, two",
            |lab| async move {
                let key = format!("{}/k", lab.bucket().await?);
                let mut seen = Vec::new();
                for body in ["one", "two"] {
                    lab.stored(key.as_str(), body).await?;
                    seen.push(lab.get(key.as_str()).done().await?.text());
                }
                Ok(seen.join(", "))
            },
        ),
        expect(
            "an ETag is the MD5 of the body",
            s3_api("Object"),
            "\"900150983cd24fb0d6963f7d28e17f72\"",
            |lab| async move {
                let bucket = lab.bucket().await?;
                Ok(lab.stored(format!("{bucket}/k"), "abc").await?.value("etag"))
            },
        ),
        expect(
            "the content type of an object that was given none",
            s3_guide("Working with object metadata", "UsingMetadata"),
            "binary/octet-stream",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.stored(format!("{bucket}/k"), "x").await?;
                Ok(lab.get(format!("{bucket}/k")).done().await?.value("content-type"))
            },
        ),
        expect(
            "metadata comes back, with names in lower case",
            s3_guide("Working with object metadata", "UsingMetadata"),
            "iot, no-store",
            |lab| async move {
                let key = format!("{}/k", lab.bucket().await?);
                let put = lab
                    .put(key.as_str(), "x")
                    .header("x-amz-meta-Plan", "iot")
                    .header("cache-control", "no-store");
                put.done().await?;
                let answer = lab.get(key).done().await?;
                Ok(format!(
                    "{}, {}",
                    answer.value("x-amz-meta-plan"),
                    answer.value("cache-control")
                ))
            },
        ),
        expect(
            "tags of the request are counted when the object is read",
            s3_api("GetObject"),
            "x-amz-tagging-count 2",
            |lab| async move {
                let key = format!("{}/k", lab.bucket().await?);
                lab.put(key.as_str(), "x")
                    .header("x-amz-tagging", "a=1&b=2")
                    .done()
                    .await?;
                Ok(lab.get(key).done().await?.shown("x-amz-tagging-count"))
            },
        ),
        expect(
            "tags are put, read and removed",
            s3_api("PutObjectTagging"),
            "v, then none",
            |lab| async move {
                let key = format!("{}/k", lab.bucket().await?);
                lab.stored(key.as_str(), "x").await?;
                let tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
                lab.put(format!("{key}?tagging"), tags).done().await?;
                let values = lab
                    .get(format!("{key}?tagging"))
                    .done()
                    .await?
                    .elements("Value")
                    .join(", ");
                lab.delete(format!("{key}?tagging")).done().await?;
                let left = lab.get(format!("{key}?tagging")).done().await?.elements("Value");
                Ok(format!(
                    "{values}, then {}",
                    if left.is_empty() {
                        "none".to_owned()
                    } else {
                        left.join(", ")
                    }
                ))
            },
        ),
        expect(
            "a read may say what content type it wants",
            s3_api("GetObject"),
            "text/x-plan",
            |lab| async move {
                let key = format!("{}/k", lab.bucket().await?);
                lab.stored(key.as_str(), "x").await?;
                Ok(lab
                    .get(format!("{key}?response-content-type=text%2Fx-plan"))
                    .done()
                    .await?
                    .value("content-type"))
            },
        ),
        expect(
            "deleting a key that is not there",
            s3_api("DeleteObject"),
            "204",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.delete(format!("{bucket}/k")).summary().await
            },
        ),
        expect("a key of 1,024 bytes", names(), "200", |lab| async move {
            let bucket = lab.bucket().await?;
            lab.put(format!("{bucket}/{}", "k".repeat(1024)), "x")
                .summary()
                .await
        }),
        expect(
            "a key of 1,025 bytes",
            s3_errors(),
            "400 KeyTooLongError",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.put(format!("{bucket}/{}", "k".repeat(1025)), "x")
                    .summary()
                    .await
            },
        ),
        expect(
            "keys may hold any UTF-8, and their slashes are their own",
            names(),
            "a b/ü+&%//c.txt",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.stored(format!("{bucket}/a%20b/%C3%BC%2B%26%25//c.txt"), "x")
                    .await?;
                Ok(lab.get(bucket).done().await?.keys().join(", "))
            },
        ),
        expect(
            "a method that S3 has not for objects",
            s3_errors(),
            "405 MethodNotAllowed",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.post(format!("{bucket}/k"), "").summary().await
            },
        )
        .differs(
            "Requests that are no operation of S3 are answered by the protocol libraries (s3s here, \
             LocalStack's parser there). No client of AWS sends them.",
        ),
        expect(
            "a storage class that does not exist",
            s3_errors(),
            "400 InvalidStorageClass",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.put(format!("{bucket}/k"), "x")
                    .header("x-amz-storage-class", "ATTIC")
                    .summary()
                    .await
            },
        ),
        expect(
            "reading an archived object",
            s3_api("GetObject"),
            "403 InvalidObjectState",
            |lab| async move {
                let key = format!("{}/k", lab.bucket().await?);
                lab.put(key.as_str(), "x")
                    .header("x-amz-storage-class", "GLACIER")
                    .done()
                    .await?;
                lab.get(key).summary().await
            },
        ),
    ];
    rows.extend(ranges());
    rows
}

fn ranges() -> Vec<Expectation> {
    vec![
        expect(
            "a range in the middle",
            s3_api("GetObject"),
            "206, content-range bytes 2-4/10, body 234",
            |lab| range(lab, "bytes=2-4"),
        ),
        expect(
            "a range of the last bytes",
            s3_api("GetObject"),
            "206, content-range bytes 7-9/10, body 789",
            |lab| range(lab, "bytes=-3"),
        ),
        expect(
            "a range that goes beyond the end",
            s3_api("GetObject"),
            "206, content-range bytes 8-9/10, body 89",
            |lab| range(lab, "bytes=8-99"),
        ),
        expect(
            "the last bytes of an empty object",
            s3_errors(),
            "416 InvalidRange",
            |lab| async move {
                let key = format!("{}/k", lab.bucket().await?);
                let empty = lab.put(key.as_str(), "").header("content-length", "0");
                empty.done().await?;
                lab.get(key).header("range", "bytes=-5").summary().await
            },
        )
        .differs("LocalStack gives nothing as the last bytes of nothing."),
        expect(
            "a range that begins beyond the end",
            s3_errors(),
            "416 InvalidRange",
            |lab| async move {
                let key = format!("{}/k", lab.bucket().await?);
                lab.stored(key.as_str(), "0123456789").await?;
                lab.get(key).header("range", "bytes=10-20").summary().await
            },
        ),
    ]
}

async fn range(lab: Lab, range: &str) -> crate::expectation::Observation {
    let key = format!("{}/k", lab.bucket().await?);
    lab.stored(key.as_str(), "0123456789").await?;
    let answer = lab.get(key).header("range", range).send().await?;
    Ok(format!(
        "{}, {}, {}",
        answer.summary(),
        answer.shown("content-range"),
        answer.body_shown()
    ))
}
