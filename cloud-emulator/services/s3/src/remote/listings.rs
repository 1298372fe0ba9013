//! Listings of versions whose keys are to be shown encoded, as the AWS CLI and boto3 always want them. LocalStack
//! compares the marker of such a page with keys as they are shown, so that pages repeat and never end: there it is asked
//! for keys as they are, and they are encoded here.

use std::collections::HashMap;

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput as Listed;
use aws_sdk_s3::primitives::DateTime;
use http::{Request, Response, StatusCode};
use s3s::Body;
use s3s::dto::{
    CommonPrefix, DeleteMarkerEntry, ETag, EncodingType, ListObjectVersionsOutput, ObjectVersion,
    ObjectVersionStorageClass, Owner, Timestamp,
};

use super::about::About;
use super::documents::document;
use super::refusals::refused;
use super::remote_s3::Remote;
use crate::embedded::{timestamp, url_encoded};
use cloud_gateway::AwsError;

impl Remote {
    pub(super) async fn list_versions(
        &self,
        request: Request<Body>,
        about: &About<'_>,
    ) -> Result<Response<Body>, AwsError> {
        let query = request.uri().query().unwrap_or_default();
        let query: HashMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let asked = |name: &str| query.get(name).filter(|value| !value.is_empty()).cloned();
        if asked("encoding-type").as_deref() != Some("url") {
            return self.pass(about.region, request).await;
        }
        let most = match asked("max-keys").map(|most| most.parse::<i32>()) {
            None => None,
            Some(Ok(most)) if most >= 0 => Some(most),
            Some(_) => return self.pass(about.region, request).await,
        };
        let region = self.region_or_first(about.region);
        let listed = region
            .direct()?
            .list_object_versions()
            .bucket(about.bucket)
            .set_prefix(asked("prefix"))
            .set_delimiter(asked("delimiter"))
            .set_key_marker(asked("key-marker"))
            .set_version_id_marker(asked("version-id-marker"))
            .set_max_keys(most)
            .send()
            .await;
        match listed {
            Ok(listed) => Ok(document(&shown(about.bucket, &listed))),
            Err(error) => match refused("ListObjectVersions", &error) {
                // A key that XML cannot hold is only shown encoded.
                told if told.status == StatusCode::OK => self.pass(about.region, request).await,
                told => Err(told),
            },
        }
    }
}

fn shown(bucket: &str, listed: &Listed) -> ListObjectVersionsOutput {
    let encoded = |text: Option<&str>| text.map(url_encoded);
    let own = |text: Option<&str>| text.map(str::to_owned);
    let owner = |owner: Option<&aws_sdk_s3::types::Owner>| {
        owner.map(|owner| Owner {
            display_name: own(owner.display_name()),
            id: own(owner.id()),
        })
    };
    let versions = listed.versions().iter().map(|one| ObjectVersion {
        e_tag: one
            .e_tag()
            .map(|etag| ETag::Strong(etag.trim_matches('"').to_owned())),
        is_latest: one.is_latest(),
        key: encoded(one.key()),
        last_modified: one.last_modified().map(date),
        owner: owner(one.owner()),
        size: one.size(),
        storage_class: one
            .storage_class()
            .map(|class| ObjectVersionStorageClass::from(class.as_str().to_owned())),
        version_id: own(one.version_id()),
        ..ObjectVersion::default()
    });
    let markers = listed.delete_markers().iter().map(|one| DeleteMarkerEntry {
        is_latest: one.is_latest(),
        key: encoded(one.key()),
        last_modified: one.last_modified().map(date),
        owner: owner(one.owner()),
        version_id: own(one.version_id()),
    });
    let prefixes = listed.common_prefixes().iter().map(|one| CommonPrefix {
        prefix: encoded(one.prefix()),
    });
    ListObjectVersionsOutput {
        is_truncated: listed.is_truncated(),
        next_key_marker: encoded(listed.next_key_marker()),
        next_version_id_marker: own(listed.next_version_id_marker()),
        versions: Some(versions.collect()),
        delete_markers: Some(markers.collect()),
        common_prefixes: Some(prefixes.collect()),
        key_marker: encoded(listed.key_marker()),
        version_id_marker: own(listed.version_id_marker()),
        prefix: encoded(listed.prefix()),
        delimiter: encoded(listed.delimiter()),
        max_keys: listed.max_keys(),
        name: Some(bucket.to_owned()),
        encoding_type: Some(EncodingType::from_static(EncodingType::URL)),
        ..ListObjectVersionsOutput::default()
    }
}

/// Dates of listings are those of the endpoint, to the microsecond.
fn date(date: &DateTime) -> Timestamp {
    timestamp(date.secs() * 1_000_000 + i64::from(date.subsec_nanos() / 1_000))
}
