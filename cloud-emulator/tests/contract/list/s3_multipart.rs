//! Multipart uploads.

use bytes::Bytes;

use crate::expectation::{Expectation, Observation, Stop, expect, s3_api, s3_errors, s3_guide};
use crate::lab::{HttpAnswer, Lab, need};

/// The least size of a part that is not the last.
const PART: usize = 5 << 20;

pub(super) fn expectations() -> Vec<Expectation> {
    let complete = || s3_api("CompleteMultipartUpload");
    vec![
        expect(
            "parts become an object",
            s3_guide(
                "Uploading and copying objects using multipart upload",
                "mpuoverview",
            ),
            "200, content-length 5242883",
            |lab| async move {
                let upload = Upload::of_two(&lab).await?;
                let said = upload.complete(&[1, 2]).await?.summary();
                Ok(format!(
                    "{said}, {}",
                    lab.head(upload.key).done().await?.shown("content-length")
                ))
            },
        ),
        expect(
            "its ETag ends with the number of parts",
            s3_api("Object"),
            "-2",
            |lab| async move {
                let upload = Upload::of_two(&lab).await?;
                upload.complete(&[1, 2]).await?.done()?;
                let etag = lab.head(upload.key).done().await?.value("etag");
                Ok(etag.trim_matches('"').get(32..).unwrap_or("no suffix").to_owned())
            },
        ),
        expect(
            "a part is read by its number",
            s3_api("GetObject"),
            "206, x-amz-mp-parts-count 2, body end",
            |lab| async move {
                let upload = Upload::of_two(&lab).await?;
                upload.complete(&[1, 2]).await?.done()?;
                let answer = lab.get(format!("{}?partNumber=2", upload.key)).send().await?;
                let body = if answer.body.len() < 100 {
                    answer.body_shown()
                } else {
                    "the whole body".to_owned()
                };
                Ok(format!(
                    "{}, {}, {body}",
                    answer.summary(),
                    answer.shown("x-amz-mp-parts-count")
                ))
            },
        ),
        expect(
            "nothing is there before the upload is complete",
            s3_guide(
                "Uploading and copying objects using multipart upload",
                "mpuoverview",
            ),
            "404 NoSuchKey",
            |lab| async move {
                let upload = Upload::of_two(&lab).await?;
                lab.get(upload.key).summary().await
            },
        ),
        expect(
            "parts are listed with their sizes",
            s3_api("ListParts"),
            "1, 2; 5242880, 3",
            |lab| async move {
                let upload = Upload::of_two(&lab).await?;
                let answer = lab.get(upload.path("")).done().await?;
                Ok(format!(
                    "{}; {}",
                    answer.elements("PartNumber").join(", "),
                    answer.elements("Size").join(", ")
                ))
            },
        ),
        expect(
            "uploads are listed until they are over",
            s3_api("ListMultipartUploads"),
            "1, then 0",
            |lab| async move {
                let upload = Upload::begun(&lab).await?;
                let list = || lab.get(format!("{}?uploads", upload.key.trim_end_matches("/k")));
                let before = list().done().await?.elements("UploadId").len();
                lab.delete(upload.path("")).done().await?;
                Ok(format!(
                    "{before}, then {}",
                    list().done().await?.elements("UploadId").len()
                ))
            },
        ),
        expect(
            "an aborted upload is gone",
            s3_api("AbortMultipartUpload"),
            "204, then 404 NoSuchUpload",
            |lab| async move {
                let upload = Upload::begun(&lab).await?;
                let aborted = lab.delete(upload.path("")).summary().await?;
                Ok(format!(
                    "{aborted}, then {}",
                    lab.get(upload.path("")).summary().await?
                ))
            },
        ),
        expect(
            "a part for an upload that is not there",
            s3_api("UploadPart"),
            "404 NoSuchUpload",
            |lab| async move {
                let upload = Upload::begun(&lab).await?;
                lab.delete(upload.path("")).done().await?;
                lab.put(upload.path("partNumber=1&"), "x").summary().await
            },
        ),
        expect(
            "a part of less than 5 MiB that is not the last",
            complete(),
            "400 EntityTooSmall",
            |lab| async move {
                let mut upload = Upload::begun(&lab).await?;
                upload.part(1, "small".into()).await?;
                upload.part(2, "end".into()).await?;
                Ok(upload.complete(&[1, 2]).await?.summary())
            },
        ),
        expect(
            "parts out of order",
            complete(),
            "400 InvalidPartOrder",
            |lab| async move {
                let upload = Upload::of_two(&lab).await?;
                Ok(upload.complete(&[2, 1]).await?.summary())
            },
        ),
        expect(
            "a part that was never uploaded",
            complete(),
            "400 InvalidPart",
            |lab| async move {
                let mut upload = Upload::begun(&lab).await?;
                upload.part(1, "end".into()).await?;
                upload
                    .etags
                    .push("\"00000000000000000000000000000000\"".to_owned());
                Ok(upload.complete(&[1, 2]).await?.summary())
            },
        )
        .differs("LocalStack looks at sizes before it looks whether all parts are there."),
        expect(
            "a part with another ETag",
            complete(),
            "400 InvalidPart",
            |lab| async move {
                let mut upload = Upload::begun(&lab).await?;
                upload.part(1, "end".into()).await?;
                upload.etags[0] = "\"00000000000000000000000000000000\"".to_owned();
                Ok(upload.complete(&[1]).await?.summary())
            },
        ),
        expect(
            "a completion that lists no parts",
            s3_errors(),
            "400 MalformedXML",
            |lab| async move {
                let upload = Upload::of_two(&lab).await?;
                Ok(upload.complete(&[]).await?.summary())
            },
        )
        .differs("LocalStack has another code for it."),
        expect(
            "a part uploaded again replaces the first",
            s3_api("UploadPart"),
            "second",
            |lab| async move {
                let mut upload = Upload::begun(&lab).await?;
                upload.part(1, "first".into()).await?;
                upload.etags.clear();
                upload.part(1, "second".into()).await?;
                upload.complete(&[1]).await?.done()?;
                Ok(lab.get(upload.key).done().await?.text())
            },
        ),
        expect(
            "a part copied from a range of another object",
            s3_api("UploadPartCopy"),
            "234",
            |lab| async move { copied_part(&lab).await },
        ),
        expect(
            "a completion with If-None-Match: * over an object",
            s3_guide(
                "How to prevent object overwrites with conditional writes",
                "conditional-writes",
            ),
            "412 PreconditionFailed",
            |lab| async move {
                let mut upload = Upload::begun(&lab).await?;
                upload.part(1, "new".into()).await?;
                lab.stored(upload.key.as_str(), "old").await?;
                let post = lab
                    .post(upload.path(""), upload.document(&[1]))
                    .header("if-none-match", "*");
                post.summary().await
            },
        ),
        expect(
            "the metadata of an upload is that of its beginning",
            s3_api("CreateMultipartUpload"),
            "iot",
            |lab| async move {
                let key = format!("{}/k", lab.bucket().await?);
                let begin = lab
                    .post(format!("{key}?uploads"), "")
                    .header("x-amz-meta-plan", "iot");
                let mut upload = Upload::from(&lab, key, &begin.done().await?)?;
                upload.part(1, "x".into()).await?;
                upload.complete(&[1]).await?.done()?;
                Ok(lab.head(upload.key).done().await?.value("x-amz-meta-plan"))
            },
        ),
    ]
}

async fn copied_part(lab: &Lab) -> Observation {
    let mut upload = Upload::begun(lab).await?;
    let source = upload.key.replace("/k", "/source");
    lab.stored(source.as_str(), "0123456789").await?;
    let copy = lab
        .put(upload.path("partNumber=1&"), "")
        .header("x-amz-copy-source", source);
    let answer = copy.header("x-amz-copy-source-range", "bytes=2-4").done().await?;
    upload
        .etags
        .push(need("ETag of the part", answer.element("ETag"))?);
    upload.complete(&[1]).await?.done()?;
    Ok(lab.get(upload.key).done().await?.text())
}

/// An upload under way.
struct Upload {
    lab: Lab,
    key: String,
    id: String,
    etags: Vec<String>,
}

impl Upload {
    async fn begun(lab: &Lab) -> Result<Upload, Stop> {
        let key = format!("{}/k", lab.bucket().await?);
        let answer = lab.post(format!("{key}?uploads"), "").done().await?;
        Upload::from(lab, key, &answer)
    }

    fn from(lab: &Lab, key: String, begun: &HttpAnswer) -> Result<Upload, Stop> {
        Ok(Upload {
            lab: lab.clone(),
            key,
            id: need("UploadId", begun.element("UploadId"))?,
            etags: Vec::new(),
        })
    }

    /// With a first part of 5 MiB, and a second of three bytes.
    async fn of_two(lab: &Lab) -> Result<Upload, Stop> {
        let mut upload = Upload::begun(lab).await?;
        upload.part(1, vec![b'x'; PART].into()).await?;
        upload.part(2, "end".into()).await?;
        Ok(upload)
    }

    fn path(&self, parameters: &str) -> String {
        format!("{}?{parameters}uploadId={}", self.key, self.id)
    }

    async fn part(&mut self, number: usize, body: Bytes) -> Result<(), Stop> {
        let answer = self
            .lab
            .put(self.path(&format!("partNumber={number}&")), body)
            .done()
            .await?;
        self.etags.push(answer.value("etag"));
        Ok(())
    }

    fn document(&self, numbers: &[usize]) -> String {
        let part = |n: &usize| {
            format!(
                "<Part><PartNumber>{n}</PartNumber><ETag>{}</ETag></Part>",
                self.etags[n - 1]
            )
        };
        let parts: String = numbers.iter().map(part).collect();
        format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
    }

    async fn complete(&self, numbers: &[usize]) -> Result<HttpAnswer, Stop> {
        self.lab.post(self.path(""), self.document(numbers)).send().await
    }
}
