//! `s3.sync`: what `aws s3 sync` does between two buckets.
//!
//! An object is copied if the destination lacks it, has another size of it, or has an older one; with
//! `delete`, what the source lacks is deleted at the destination. Contents are never compared: damage of
//! the same size and date stays, and writes that never reached the source are deleted.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cloud_emulator::client::ask::{self as s3, Listed, api_error};
use drill::journal::StepError;
use drill::scenario::{Location, S3Sync};
use futures::StreamExt;

use super::buckets;
use crate::conductor::runbook::{KeyOutcomes, RunbookAction, StepContext};

enum Change {
    Copy(String),
    Delete(String),
}

#[async_trait]
impl RunbookAction for S3Sync {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let name = |location: &Location| buckets::bucket(step, &location.bucket).name_in(&location.region);
        let (from, to) = (name(&self.from), name(&self.to));
        let source = by_key(s3::list(&step.client, &from).await?);
        let destination = by_key(s3::list(&step.client, &to).await?);
        let changes = changes(&source, &destination, self.delete);
        let (copies, all) = (
            changes
                .iter()
                .filter(|change| matches!(change, Change::Copy(_)))
                .count(),
            changes.len(),
        );
        let done = s3::side_by_side(changes, async |change| match change {
            Change::Copy(key) => {
                let copied = s3::copy(&step.client, (&from, &key, None), (&to, &key)).await;
                copied.map_err(|error| (key, error))
            }
            Change::Delete(key) => {
                let deleted = step.client.delete_object().bucket(&to).key(&key).send().await;
                deleted
                    .map(drop)
                    .map_err(|error| (key, api_error("DeleteObject", &error)))
            }
        });
        let outcomes = done.collect::<KeyOutcomes>().await;
        outcomes.into_result("synced", "could not be synced")?;
        let same = source.len() - copies;
        Ok(format!(
            "{copies} copied, {} deleted, {same} left as they are: same size, not newer",
            all - copies
        ))
    }
}

fn by_key(listed: Vec<Listed>) -> BTreeMap<String, Listed> {
    listed
        .into_iter()
        .map(|object| (object.key.clone(), object))
        .collect()
}

fn changes(
    source: &BTreeMap<String, Listed>,
    destination: &BTreeMap<String, Listed>,
    delete: bool,
) -> Vec<Change> {
    let stale = |object: &Listed| match destination.get(&object.key) {
        None => true,
        // `aws s3 sync` compares what listings show: sizes, and dates in whole seconds.
        Some(there) => {
            let seconds = |object: &Listed| object.last_modified.map(|date| date.secs());
            there.size != object.size || seconds(there) < seconds(object)
        }
    };
    let copies = source
        .values()
        .filter(|object| stale(object))
        .map(|object| Change::Copy(object.key.clone()));
    let gone = destination
        .keys()
        .filter(|key| delete && !source.contains_key(*key));
    copies
        .chain(gone.map(|key| Change::Delete(key.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::primitives::DateTime;

    use super::*;

    fn listing(objects: &[(&str, i64, i64)]) -> BTreeMap<String, Listed> {
        let listed = objects.iter().map(|(key, size, secs)| Listed {
            key: (*key).to_owned(),
            size: *size,
            last_modified: Some(DateTime::from_secs(*secs)),
            etag: String::new(),
        });
        by_key(listed.collect())
    }

    fn describe(changes: &[Change]) -> Vec<String> {
        changes
            .iter()
            .map(|change| match change {
                Change::Copy(key) => format!("copy {key}"),
                Change::Delete(key) => format!("delete {key}"),
            })
            .collect()
    }

    #[test]
    fn a_sync_sees_absence_size_and_age_and_nothing_else() {
        let source = listing(&[
            ("absent", 1, 10),
            ("size", 2, 10),
            ("newer", 1, 11),
            ("same", 1, 10),
            ("older", 1, 9),
        ]);
        let destination = listing(&[
            ("size", 1, 10),
            ("newer", 1, 10),
            ("same", 1, 10),
            ("older", 1, 10),
            ("extra", 1, 1),
        ]);
        assert_eq!(
            describe(&changes(&source, &destination, false)),
            ["copy absent", "copy newer", "copy size"]
        );
        let all = changes(&source, &destination, true);
        assert_eq!(
            describe(&all),
            ["copy absent", "copy newer", "copy size", "delete extra"]
        );
    }
}
