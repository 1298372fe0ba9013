//! Listings, page by page: pages of endpoints that are not ours may have no end.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::DateTime;
use drill::journal::StepError;

use super::error::api_error;

/// How much is asked for in one page. S3 gives a thousand all the same; other endpoints give everything at once, and so
/// lose nothing between pages (LocalStack loses keys that are not ASCII there).
const IN_ONE_PAGE: i32 = 1_000_000;

/// The most objects or versions that a listing has: several times what a drill may have in all.
const MOST_LISTED: usize = 4_000_000;

/// Pages in a row that hold nothing and say that more follows. S3 gives some behind many keys that do not count.
const MOST_EMPTY_PAGES: usize = 100;

/// One current object in a listing.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Bytes.
    pub size: i64,
    /// When it was written.
    pub last_modified: Option<DateTime>,
    /// Its entity tag, which bodies of other bytes do not share.
    pub etag: String,
}

/// One version, or delete marker, in a listing; newest first within a key.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its key.
    pub key: String,
    /// Its version id.
    pub id: String,
    /// Whether it is the current one.
    pub latest: bool,
    /// Whether it is a delete marker.
    pub marker: bool,
    /// When it was written.
    pub last_modified: Option<DateTime>,
}

/// How far a listing has come, and how far it may go.
struct Bounds {
    operation: &'static str,
    most: usize,
    listed: usize,
    empty: usize,
}

impl Bounds {
    fn new(operation: &'static str, most: usize) -> Bounds {
        Bounds {
            operation,
            most,
            listed: 0,
            empty: 0,
        }
    }

    /// A page of so many entries came. It is counted before anything of it is kept.
    fn page(&mut self, entries: usize) -> Result<(), StepError> {
        self.listed += entries;
        self.empty = if entries == 0 { self.empty + 1 } else { 0 };
        let message = match () {
            () if self.listed > self.most => format!("more than {} are listed", self.most),
            () if self.empty > MOST_EMPTY_PAGES => {
                format!(
                    "{} pages in a row are empty, and there are still more",
                    self.empty
                )
            }
            () => return Ok(()),
        };
        Err(StepError {
            operation: self.operation.to_owned(),
            code: "EndlessListing".to_owned(),
            message,
        })
    }
}

/// All current objects of a bucket.
///
/// # Errors
/// S3's error.
pub async fn list(client: &Client, bucket: &str) -> Result<Vec<Listed>, StepError> {
    list_after(client, bucket, "", "").await
}

/// The current objects of a bucket whose keys begin with `prefix` and sort after `after`.
///
/// # Errors
/// S3's error.
pub async fn list_after(
    client: &Client,
    bucket: &str,
    prefix: &str,
    after: &str,
) -> Result<Vec<Listed>, StepError> {
    list_within(client, bucket, prefix, after, MOST_LISTED).await
}

async fn list_within(
    client: &Client,
    bucket: &str,
    prefix: &str,
    after: &str,
    most: usize,
) -> Result<Vec<Listed>, StepError> {
    let mut bounds = Bounds::new("ListObjectsV2", most);
    let mut listed = Vec::new();
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let request = client
        .list_objects_v2()
        .bucket(bucket)
        .max_keys(IN_ONE_PAGE)
        .set_prefix(some(prefix))
        .set_start_after(some(after));
    let mut pages = request.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| api_error("ListObjectsV2", &error))?;
        bounds.page(page.contents().len())?;
        listed.extend(
            page.contents
                .unwrap_or_default()
                .into_iter()
                .filter_map(|object| {
                    Some(Listed {
                        key: object.key?,
                        size: object.size.unwrap_or(0),
                        last_modified: object.last_modified,
                        etag: object.e_tag.unwrap_or_default(),
                    })
                }),
        );
    }
    Ok(listed)
}

/// All versions and delete markers of a bucket.
///
/// # Errors
/// S3's error.
pub async fn list_versions(client: &Client, bucket: &str) -> Result<Vec<Version>, StepError> {
    list_versions_within(client, bucket, MOST_LISTED).await
}

async fn list_versions_within(client: &Client, bucket: &str, most: usize) -> Result<Vec<Version>, StepError> {
    let mut bounds = Bounds::new("ListObjectVersions", most);
    let mut versions: Vec<Version> = Vec::new();
    let mut listed = std::collections::HashSet::new();
    let (mut key_marker, mut id_marker) = (None, None);
    loop {
        let request = client.list_object_versions().bucket(bucket).max_keys(IN_ONE_PAGE);
        let page = request
            .set_key_marker(key_marker.take())
            .set_version_id_marker(id_marker.take())
            .send()
            .await
            .map_err(|error| api_error("ListObjectVersions", &error))?;
        let before = versions.len();
        bounds.page(page.versions().len() + page.delete_markers().len())?;
        let bodies = page
            .versions
            .unwrap_or_default()
            .into_iter()
            .filter_map(|version| {
                Some(Version {
                    key: version.key?,
                    id: version.version_id?,
                    latest: version.is_latest.unwrap_or(false),
                    marker: false,
                    last_modified: version.last_modified,
                })
            });
        let markers = page
            .delete_markers
            .unwrap_or_default()
            .into_iter()
            .filter_map(|marker| {
                Some(Version {
                    key: marker.key?,
                    id: marker.version_id?,
                    latest: marker.is_latest.unwrap_or(false),
                    marker: true,
                    last_modified: marker.last_modified,
                })
            });
        let new = bodies
            .chain(markers)
            .filter(|version| listed.insert((version.key.clone(), version.id.clone())));
        versions.extend(new);
        // A page that brings nothing new is the last: pages of other endpoints may repeat what they said, for ever.
        if !page.is_truncated.unwrap_or(false) || versions.len() == before {
            break;
        }
        (key_marker, id_marker) = (page.next_key_marker, page.next_version_id_marker);
    }
    // A key's markers and versions come in two lists: put them in one order again, newest first. The
    // sort is stable, so versions of one instant stay in the order in which S3 gave them.
    versions.sort_by(|a, b| {
        let newest_first = b.last_modified.cmp(&a.last_modified);
        a.key.cmp(&b.key).then(b.latest.cmp(&a.latest)).then(newest_first)
    });
    Ok(versions)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::{Connections, KeyPair, RetryPolicy, S3};

    /// What a page of a listing holds, by its number.
    type Page = fn(usize) -> String;

    fn listing(number: usize, content: &str) -> String {
        format!(
            "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t{number}</NextContinuationToken>\
             {content}</ListBucketResult>"
        )
    }

    fn objects(number: usize) -> String {
        let content = (0..10).map(|n| format!("<Contents><Key>{number}/{n}</Key><Size>1</Size></Contents>"));
        listing(number, &content.collect::<String>())
    }

    fn versions(number: usize) -> String {
        let content = (0..5).map(|n| {
            let one = format!("<Key>{number}/{n}</Key><VersionId>v</VersionId><IsLatest>true</IsLatest>");
            format!("<Version>{one}<Size>1</Size></Version><DeleteMarker>{one}</DeleteMarker>")
        });
        format!(
            "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>{number}</NextKeyMarker>\
             <NextVersionIdMarker>v</NextVersionIdMarker>{}</ListVersionsResult>",
            content
                .collect::<String>()
                .replace("<DeleteMarker><Key>", "<DeleteMarker><Key>m")
        )
    }

    /// An endpoint that answers each request with a further page, and counts them.
    async fn endless(page: Page) -> (S3, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let pages = Arc::new(AtomicUsize::new(0));
        let count = pages.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, page, count.clone()));
            }
        });
        let keys = KeyPair {
            access_key: "KEY".to_owned(),
            secret_key: "secret".to_owned(),
        };
        let client = S3::new(
            &Connections::new(),
            &endpoint,
            "us-west-2",
            &keys,
            RetryPolicy::ONCE,
        );
        (client, pages)
    }

    async fn answer(mut stream: TcpStream, page: Page, count: Arc<AtomicUsize>) -> std::io::Result<()> {
        let mut asked = Vec::new();
        while stream.read_buf(&mut asked).await? > 0 {
            if asked.ends_with(b"\r\n\r\n") {
                asked.clear();
                let body = page(count.fetch_add(1, Ordering::SeqCst));
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                stream.write_all((head + &body).as_bytes()).await?;
            }
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_listing_ends_with_the_page_that_is_too_many() {
        let (s3, pages) = endless(objects).await;
        let error = list_within(s3.client(), "b", "", "", 30).await.unwrap_err();
        assert_eq!(
            (error.operation.as_str(), error.code.as_str()),
            ("ListObjectsV2", "EndlessListing")
        );
        assert_eq!(error.message, "more than 30 are listed");
        assert_eq!(
            pages.load(Ordering::SeqCst),
            4,
            "three pages of ten are as many as there may be"
        );
        let (s3, pages) = endless(versions).await;
        let error = list_versions_within(s3.client(), "b", 30).await.unwrap_err();
        assert_eq!(
            (error.operation.as_str(), error.code.as_str()),
            ("ListObjectVersions", "EndlessListing")
        );
        assert_eq!(pages.load(Ordering::SeqCst), 4);
    }

    #[tokio::test]
    async fn pages_without_anything_have_an_end() {
        let (s3, pages) = endless(|number| listing(number, "")).await;
        let error = list(s3.client(), "b").await.unwrap_err();
        assert_eq!(error.code, "EndlessListing");
        assert_eq!(pages.load(Ordering::SeqCst), MOST_EMPTY_PAGES + 1);
    }
}
