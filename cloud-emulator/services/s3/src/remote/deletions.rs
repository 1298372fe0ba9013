//! Deletions at foreign endpoints.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{Delete as AskedDelete, ObjectIdentifier};
use http::{Request, Response};
use s3s::Body;
use s3s::dto::{Delete, DeleteObjectsOutput, DeletedObject, Error};

use super::about::{About, DELETE_MARKER, NULL, version_of};
use super::documents::{document, parsed, whole};
use super::index::Written;
use super::refusals::{refused, unbuildable};
use super::remote_s3::Remote;
use super::turns::Turn;
use crate::embedded::{Change, ChangeKind};
use cloud_gateway::AwsError;

/// One deletion that the endpoint acknowledged.
struct Gone<'a> {
    key: &'a str,
    /// The version that was asked to be removed.
    asked: Option<&'a str>,
    /// The marker that was put instead.
    marker: Option<&'a str>,
}

impl Remote {
    pub(super) async fn delete_object(
        &self,
        request: Request<Body>,
        about: &About<'_>,
    ) -> Result<Response<Body>, AwsError> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let turn = self.turns.client(about.bucket, about.key).await;
        let answer = self.pass(about.region, request).await?;
        if answer.status().is_success() {
            let asked = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "versionId");
            let marked = answer
                .headers()
                .get(DELETE_MARKER)
                .is_some_and(|value| value == "true");
            self.gone(
                about.bucket,
                Gone {
                    key: about.key,
                    asked: asked.as_ref().map(|(_, id)| &**id),
                    marker: marked.then(|| version_of(&answer).unwrap_or(NULL)),
                },
                &turn,
            )
            .await;
        }
        Ok(answer)
    }

    /// Remembers a deletion.
    async fn gone(&self, bucket: &str, gone: Gone<'_>, turn: &Turn<'_>) {
        let now = self.clock.now();
        match gone {
            Gone {
                asked: None,
                marker: Some(marker),
                key,
            } => {
                let marker = Written {
                    marker: true,
                    ..Written::now(marker, now)
                };
                self.wrote(bucket, key, marker, turn).await;
            }
            Gone { asked, key, .. } => {
                let id = asked.unwrap_or(NULL);
                let mut index = self.index.lock();
                let Some(version) = index.version_called(bucket, key, Some(id)) else {
                    return;
                };
                let change = Change {
                    bucket: bucket.into(),
                    key: key.into(),
                    version: version.number,
                    kind: ChangeKind::VersionDeleted,
                    modified_us: self.clock.calendar_us(),
                    replica: false,
                    copy_to: Vec::new(),
                };
                index.remove_version(bucket, key, id);
                self.report(change);
            }
        }
    }

    /// Deletes many. The endpoint is asked to name each deletion, also where the client asked it to be quiet: only so
    /// is it known which markers there are.
    pub(super) async fn delete_objects(
        &self,
        request: Request<Body>,
        about: &About<'_>,
    ) -> Result<Response<Body>, AwsError> {
        let asked: Delete = parsed(&whole(request.into_body()).await?)?;
        let quiet = asked.quiet == Some(true);
        let objects = asked.objects.into_iter().map(|object| {
            let identifier = ObjectIdentifier::builder().key(object.key);
            identifier.set_version_id(object.version_id).build()
        });
        let objects: Vec<ObjectIdentifier> = objects.collect::<Result<_, _>>().map_err(unbuildable)?;
        let output = self.delete_many(about.bucket, about.region, objects).await?;
        Ok(document(&DeleteObjectsOutput {
            deleted: (!quiet).then_some(output.deleted).flatten(),
            ..output
        }))
    }

    /// Deletes many objects or versions, and remembers it.
    pub(super) async fn delete_many(
        &self,
        bucket: &str,
        region: &str,
        objects: Vec<ObjectIdentifier>,
    ) -> Result<DeleteObjectsOutput, AwsError> {
        let mut turns = BTreeMap::new();
        for object in &objects {
            if !turns.contains_key(object.key()) {
                let turn = self.turns.client(bucket, object.key()).await;
                turns.insert(object.key().to_owned(), turn);
            }
        }
        let delete = AskedDelete::builder()
            .set_objects(Some(objects))
            .quiet(false)
            .build();
        let answer = self
            .region_or_first(region)
            .direct()?
            .delete_objects()
            .bucket(bucket)
            .delete(delete.map_err(unbuildable)?)
            .send()
            .await
            .map_err(|error| refused("DeleteObjects", &error))?;
        for one in answer.deleted() {
            let Some((key, turn)) = one.key().and_then(|key| Some((key, turns.get(key)?))) else {
                continue;
            };
            self.gone(
                bucket,
                Gone {
                    key,
                    asked: one.version_id(),
                    marker: match one.delete_marker() {
                        Some(true) => Some(one.delete_marker_version_id().unwrap_or(NULL)),
                        _ => None,
                    },
                },
                turn,
            )
            .await;
        }
        let deleted = answer.deleted().iter().map(|one| DeletedObject {
            key: one.key().map(str::to_owned),
            version_id: one.version_id().map(str::to_owned),
            delete_marker: one.delete_marker(),
            delete_marker_version_id: one.delete_marker_version_id().map(str::to_owned),
        });
        let errors = answer.errors().iter().map(|error| Error {
            code: error.code().map(str::to_owned),
            key: error.key().map(str::to_owned),
            message: error.message().map(str::to_owned),
            version_id: error.version_id().map(str::to_owned),
        });
        let errors: Vec<Error> = errors.collect();
        Ok(DeleteObjectsOutput {
            deleted: Some(deleted.collect()),
            errors: (!errors.is_empty()).then_some(errors),
            ..DeleteObjectsOutput::default()
        })
    }
}
